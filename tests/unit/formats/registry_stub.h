/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_stub - a schema registry on a free port of 127.0.0.1 that answers what a test tells it
 * to, and remembers what it was asked. One connection at a time, closed after each answer.
 */
#ifndef WR_TESTS_REGISTRY_STUB_H
#define WR_TESTS_REGISTRY_STUB_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message_case.h"

struct stub_answer {
	const char *request; /* "GET /schemas/ids/1": the first line's beginning */
	int code;
	const char *body;
	int times; /* how often it is given before the next one of that request; 0: always */
};

struct stub {
	int listener;
	char url[64];
	pthread_t thread;
	struct stub_answer answer[32];
	uint32_t count;
	atomic_uint asked; /* requests so far */
	char last[65536];  /* the last request, with its body */
};

static void stub_reply(struct stub *stub, int client)
{
	char head[256];
	const char *body = "{\"error_code\":40403,\"message\":\"not found\"}";
	int code = 404;

	for (uint32_t i = 0; i < stub->count; i++) {
		struct stub_answer *a = &stub->answer[i];
		size_t len = strlen(a->request);
		if (a->times < 0 || strncmp(stub->last, a->request, len) != 0 ||
		    (stub->last[len] != ' ' && stub->last[len] != '?'))
			continue;
		code = a->code;
		body = a->body;
		if (a->times > 0 && --a->times == 0)
			a->times = -1;
		break;
	}
	int n =
	    snprintf(head, sizeof head,
		     "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
		     "Connection: close\r\n\r\n",
		     code, strlen(body));
	assert_int_equal(write(client, head, (size_t)n), n);
	assert_int_equal(write(client, body, strlen(body)), strlen(body));
}

/* Reads a request with its body. */
static bool stub_read(struct stub *stub, int client)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = read(client, stub->last + len, sizeof stub->last - 1 - len);
		if (got <= 0)
			return false;
		len += (size_t)got;
		stub->last[len] = '\0';
		const char *end = strstr(stub->last, "\r\n\r\n");
		if (end == NULL)
			continue;
		const char *size = strstr(stub->last, "Content-Length: ");
		size_t body = size != NULL ? strtoul(size + 16, NULL, 10) : 0;
		if (len >= (size_t)(end + 4 - stub->last) + body)
			return true;
	}
}

static void *stub_run(void *arg)
{
	struct stub *stub = arg;

	for (;;) {
		int client = accept(stub->listener, NULL, NULL);
		if (client < 0)
			return NULL;
		if (stub_read(stub, client)) {
			atomic_fetch_add(&stub->asked, 1);
			stub_reply(stub, client);
		}
		close(client);
	}
}

static WR_UNUSED void stub_start(struct stub *stub)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;

	memset(stub, 0, sizeof *stub);
	stub->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(stub->listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(stub->listener, 16), 0);
	assert_int_equal(getsockname(stub->listener, (struct sockaddr *)&at, &len), 0);
	snprintf(stub->url, sizeof stub->url, "http://127.0.0.1:%d", ntohs(at.sin_port));
	assert_int_equal(pthread_create(&stub->thread, NULL, stub_run, stub), 0);
}

/* Only while nobody asks. */
static WR_UNUSED void stub_answer(struct stub *stub, const char *request, int code,
				  const char *body, int times)
{
	stub->answer[stub->count++] = (struct stub_answer){request, code, body, times};
}

static WR_UNUSED void stub_stop(struct stub *stub)
{
	shutdown(stub->listener, SHUT_RDWR);
	pthread_join(stub->thread, NULL);
	close(stub->listener);
}

#endif
