/* SPDX-License-Identifier: Apache-2.0
 *
 * lookups - asks a server for rows of a materialized table by key, over connections that stay open:
 * answers per second, and how long they take.
 *
 *     gcc -O2 -o lookups bench/views/lookups.c -lpthread
 *     lookups PORT VIEW KEY-COLUMN KEYS CONNECTIONS SECONDS (keys from 1 to KEYS, all there)
 *
 * Each connection has a thread that asks, waits for the whole answer, and asks again.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LATENCIES_MAX 2000000

struct asker {
	pthread_t thread;
	const char *view, *column;
	uint32_t keys, seed;
	uint16_t port;
	double until;
	uint32_t count;
	float *us; /* of each answer */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_connection(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

/* Reads one answer; false: it was not "200 OK" with a row. */
static int read_answer(int fd)
{
	char buffer[65536];
	size_t len = 0, want = 0;

	for (;;) {
		ssize_t got = read(fd, buffer + len, sizeof buffer - 1 - len);
		char *body, *length;

		if (got <= 0)
			return 0;
		len += (size_t)got;
		buffer[len] = '\0';
		body = strstr(buffer, "\r\n\r\n");
		if (body == NULL)
			continue;
		length = strcasestr(buffer, "content-length:");
		want = (size_t)(body + 4 - buffer) + strtoul(length + 15, NULL, 10);
		if (len >= want)
			return strncmp(buffer, "HTTP/1.1 200", 12) == 0 &&
			       strstr(body, "\"rows\":[[") != NULL;
	}
}

static void *ask(void *own)
{
	struct asker *asker = own;
	int fd = open_connection(asker->port);

	while (asker->count < LATENCIES_MAX) {
		double began = now(), ended;
		char request[512];
		int len;

		if (began > asker->until)
			break;
		asker->seed = asker->seed * 1664525u + 1013904223u;
		len = snprintf(request, sizeof request,
			       "GET /v1/views/%s/row?%s=%u HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
			       asker->view, asker->column, 1 + (asker->seed >> 8) % asker->keys,
			       asker->port);
		if (write(fd, request, (size_t)len) != len || !read_answer(fd)) {
			fprintf(stderr, "a wrong answer\n");
			exit(1);
		}
		ended = now();
		asker->us[asker->count++] = (float)((ended - began) * 1e6);
	}
	close(fd);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	uint32_t connections, total = 0;
	struct asker *asker;
	double seconds;
	float *all;

	if (argc != 7) {
		fprintf(stderr, "usage: lookups PORT VIEW KEY-COLUMN KEYS CONNECTIONS SECONDS\n");
		return 2;
	}
	connections = (uint32_t)strtoul(argv[5], NULL, 10);
	seconds = strtod(argv[6], NULL);
	asker = calloc(connections, sizeof *asker);
	for (uint32_t i = 0; i < connections; i++) {
		asker[i] = (struct asker){.view = argv[2],
					  .column = argv[3],
					  .keys = (uint32_t)strtoul(argv[4], NULL, 10),
					  .seed = i * 7919u,
					  .port = (uint16_t)strtoul(argv[1], NULL, 10),
					  .until = now() + seconds,
					  .us = malloc(LATENCIES_MAX * sizeof(float))};
		pthread_create(&asker[i].thread, NULL, ask, &asker[i]);
	}
	for (uint32_t i = 0; i < connections; i++) {
		pthread_join(asker[i].thread, NULL);
		total += asker[i].count;
	}
	all = malloc((total + 1) * sizeof *all);
	total = 0;
	for (uint32_t i = 0; i < connections; i++) {
		memcpy(all + total, asker[i].us, asker[i].count * sizeof *all);
		total += asker[i].count;
	}
	qsort(all, total, sizeof *all, by_value);
	printf("%u connections: %.0f answers/s, p50 %.0f us, p99 %.0f us, p99.9 %.0f us\n",
	       connections, total / seconds, all[total / 2], all[(size_t)(total * 0.99)],
	       all[(size_t)(total * 0.999)]);
	return 0;
}
