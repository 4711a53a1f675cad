/* SPDX-License-Identifier: Apache-2.0
 *
 * poster - what arrives, what is tried again, what fails and what is dropped; over HTTP (a receiver
 * on a thread of the test, which answers as it is told) and to files.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/poster.h"
#include "base/text.h"
#include "base/thread.h"

#define LONG_US 60000000

/* A receiver of one request per connection. */
struct receiver {
	int listener;
	char url[64];
	pthread_t thread;
	const int *codes;    /* of the answers, in their order, 0-terminated; then it ends */
	struct wr_text seen; /* the requests */
};

/* Takes one request and answers it with `code`. */
static void answer_one(struct receiver *receiver, int code)
{
	int peer = accept(receiver->listener, NULL, NULL);
	char bytes[4096];
	size_t len = 0;
	ssize_t got;

	assert_true(peer >= 0);
	while ((got = read(peer, bytes + len, sizeof bytes - 1 - len)) > 0) {
		bytes[len += (size_t)got] = '\0';
		char *body = strstr(bytes, "\r\n\r\n"), *size = strstr(bytes, "Content-Length: ");
		if (body != NULL && size != NULL &&
		    strlen(body + 4) >= strtoul(size + 16, NULL, 10))
			break;
	}
	wr_text_puts(&receiver->seen, bytes);
	wr_text_putc(&receiver->seen, '\n');
	int n = snprintf(bytes, sizeof bytes,
			 "HTTP/1.1 %d What\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwords",
			 code);
	assert_int_equal(write(peer, bytes, (size_t)n), n);
	close(peer);
}

static void *receive(void *own)
{
	struct receiver *receiver = own;

	for (const int *code = receiver->codes; *code != 0; code++)
		answer_one(receiver, *code);
	return NULL;
}

/* At a port that the system picks. */
static void listen_to(struct receiver *receiver, const int *codes)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;

	wr_text_init(&receiver->seen);
	receiver->codes = codes;
	receiver->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(receiver->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(receiver->listener, 8), 0);
	getsockname(receiver->listener, (struct sockaddr *)&address, &size);
	snprintf(receiver->url, sizeof receiver->url, "http://127.0.0.1:%d/api/",
		 ntohs(address.sin_port));
	assert_true(wr_thread_start(&receiver->thread, "receiver", receive, receiver));
}

static void listen_no_more(struct receiver *receiver)
{
	pthread_join(receiver->thread, NULL);
	close(receiver->listener);
}

static void heard(void *own, const char *reason)
{
	wr_text_printf(own, "[%s]", reason != NULL ? "fails" : "works");
}

/* Without the library for HTTP there is nothing to test. */
static struct wr_poster *open_poster(const struct wr_poster_options *options)
{
	struct wr_poster *poster;
	wr_status *status = wr_poster_open(wr_env_system(), options, &poster);

	if (status != NULL) {
		print_message("%s\n", status->text);
		wr_status_free(status);
		skip();
	}
	return poster;
}

/* A busy receiver is asked again; one that refuses is not; the order stays. */
static void test_http(void **state)
{
	static const int codes[] = {503, 429, 200, 400, 201, 0};
	static const char *const headers[] = {"X-Own: yes", NULL};
	struct receiver receiver;
	struct wr_text told;
	struct wr_poster_counts count;
	char reason[200];

	wr_text_init(&told);
	listen_to(&receiver, codes);
	struct wr_poster *poster = open_poster(&(struct wr_poster_options){.what = "Tests",
									   .url = receiver.url,
									   .headers = headers,
									   .token = "t0ken",
									   .pause_us = 1000,
									   .told = heard,
									   .own = &told});
	assert_true(wr_poster_send(poster, "/one", "application/json", "{1}", 3));
	assert_true(wr_poster_send(poster, "/two", "text/plain", "{2}", 3));
	assert_true(wr_poster_send(poster, "/three", "text/plain", "{3}", 3));
	assert_true(wr_poster_drain(poster, LONG_US));
	wr_poster_counts(poster, &count);
	assert_int_equal(count.sent, 3);
	assert_int_equal(count.posted, 2);
	assert_int_equal(count.failed, 1);
	assert_int_equal(count.dropped, 0);
	assert_int_equal(count.waiting, 0);
	assert_int_equal(count.retries, 2);
	wr_poster_reason(poster, reason, sizeof reason);
	assert_non_null(strstr(reason, "/api/two answers with HTTP 400 words"));
	wr_poster_close(poster, 0);
	listen_no_more(&receiver);
	assert_string_equal(wr_text_str(&told), "[fails][works][fails][works]");
	const char *seen = wr_text_str(&receiver.seen);
	assert_non_null(strstr(seen, "POST /api/one "));
	assert_non_null(strstr(seen, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(seen, "X-Own: yes\r\n"));
	assert_non_null(strstr(seen, "Authorization: Bearer t0ken\r\n"));
	assert_true(strstr(seen, "{1}") < strstr(seen, "{2}"));
	assert_true(strstr(seen, "{2}") < strstr(seen, "{3}"));
	wr_text_release(&receiver.seen);
	wr_text_release(&told);
}

/* Nobody answers: the queue fills, what has no room is dropped, and the end does not wait. */
static void test_away(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct wr_poster_counts count;
	char url[64];

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 8), 0);
	getsockname(listener, (struct sockaddr *)&address, &size);
	snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
	struct wr_poster *poster = open_poster(&(struct wr_poster_options){
	    .what = "Tests", .url = url, .messages_max = 2, .bytes_max = 10});
	assert_false(wr_poster_send(poster, "", "text/plain", "longer than all", 15));
	assert_true(wr_poster_send(poster, "", "text/plain", "12345", 5));
	assert_false(wr_poster_send(poster, "", "text/plain", "123456", 6));
	assert_true(wr_poster_send(poster, "", "text/plain", "1234", 4));
	assert_false(wr_poster_send(poster, "", "text/plain", "1", 1));
	assert_false(wr_poster_drain(poster, 1000));
	wr_poster_counts(poster, &count);
	assert_int_equal(count.sent, 5);
	assert_int_equal(count.dropped, 3);
	assert_int_equal(count.waiting, 2);
	wr_poster_close(poster, 1000);
	close(listener);
}

/* Lines are appended; a folder that is not there fails after all attempts. */
static void test_file(void **state)
{
	char folder[] = "/tmp/weir-poster-XXXXXX", url[100];
	struct wr_poster_counts count;
	struct wr_poster *poster;
	char *data;
	size_t len;

	assert_non_null(mkdtemp(folder));
	snprintf(url, sizeof url, "file://%s/events.jsonl", folder);
	poster = open_poster(&(struct wr_poster_options){.what = "Tests", .url = url});
	for (int i = 0; i < 3; i++)
		assert_true(wr_poster_send(poster, "/ignored", "application/json", "{}", 2));
	wr_poster_close(poster, LONG_US);
	assert_null(wr_env_read_file(wr_env_system(), url + 7, 1000, &data, &len));
	assert_string_equal(data, "{}\n{}\n{}\n");
	wr_free(data);
	unlink(url + 7);
	rmdir(folder);

	poster = open_poster(&(struct wr_poster_options){
	    .what = "Tests", .url = url, .attempts = 2, .pause_us = 1000});
	assert_true(wr_poster_send(poster, "", "application/json", "{}", 2));
	assert_true(wr_poster_drain(poster, LONG_US));
	wr_poster_counts(poster, &count);
	assert_int_equal(count.failed, 1);
	assert_int_equal(count.retries, 1);
	wr_poster_close(poster, 0);
}

static void test_addresses(void **state)
{
	static const char *const none[] = {"", "ftp://host", "localhost:80", "file:", "file://"};

	for (size_t i = 0; i < WR_COUNT(none); i++) {
		struct wr_poster *poster;
		wr_status *status = wr_poster_open(
		    wr_env_system(), &(struct wr_poster_options){.what = "Tests", .url = none[i]},
		    &poster);

		assert_non_null(status);
		assert_null(poster);
		wr_status_free(status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_away),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
