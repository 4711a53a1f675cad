/* SPDX-License-Identifier: Apache-2.0
 *
 * http_stream_inner - a stream as its connection sees it.
 *
 * Thread: those that serve connections.
 */
#ifndef WR_SERVER_HTTP_STREAM_INNER_H
#define WR_SERVER_HTTP_STREAM_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "server/http_stream.h"

struct wr_http_stream {
	atomic_uint refs;
	const char *type; /* Content-Type */
	pthread_mutex_t lock;
	pthread_cond_t taken; /* bytes were read, or it is closed */
	char *ring;           /* under lock, as all below; owned */
	size_t room, start, len;
	size_t most; /* that the room may become */
	bool ended, closed;
	bool written;                      /* since the last beat */
	bool sleeping;                     /* the connection waits for wake */
	void (*suspend)(void *connection); /* set before the first read */
	void (*resume)(void *connection);
	void *connection;
	struct wr_http_stream *next, *previous; /* in the list of http.c, under its lock */
};

/* 0: nothing now, the connection sleeps; -1: nothing follows. */
ptrdiff_t wr_http_stream_read(struct wr_http_stream *stream, char *out, size_t max);
/* No more reads: writes fail from here on. */
void wr_http_stream_close(struct wr_http_stream *stream);
/* Every WR_STREAM_BEAT_S. */
void wr_http_stream_beat(struct wr_http_stream *stream);

#endif
