/* SPDX-License-Identifier: Apache-2.0
 *
 * http_stream - an answer that goes on: a bounded buffer between who makes bytes and a connection.
 *
 *     maker:       wr_http_stream_write ... wr_http_stream_end, wr_http_stream_unref
 *     connection:  reads as the client takes; while there is nothing it sleeps at no cost
 *
 * A client that does not read fills the buffer: then the maker waits, or gives the client up. A
 * client that has gone is noticed with the next byte; therefore a stream that is silent for
 * WR_STREAM_BEAT_S gets a comment line of server-sent events (":\n\n").
 *
 * Thread: makers any, the library's threads read.
 */
#ifndef WR_SERVER_HTTP_STREAM_H
#define WR_SERVER_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WR_STREAM_BEAT_S 15

struct wr_http_stream;

/* One reference. `room`: bytes; `type`: a literal, as "text/event-stream" (which gets beats). */
struct wr_http_stream *wr_http_stream_new(size_t room, const char *type);
struct wr_http_stream *wr_http_stream_ref(struct wr_http_stream *stream);
void wr_http_stream_unref(struct wr_http_stream *stream);

/* Up to so many bytes also fit when nothing waits: for frames that may be larger than what is to
 * wait. */
void wr_http_stream_stretch(struct wr_http_stream *stream, size_t most);

/* All of the bytes or none; more than the room never fit. false: the client is gone, or there was
 * no room for `wait_ms` (0: does not wait; below 0: however long). */
bool wr_http_stream_write(struct wr_http_stream *stream, const void *bytes, size_t len,
			  int64_t wait_ms);
/* "event: NAME\ndata: TEXT\n\n"; a text of several lines gets several "data:". `id` MAY be 0. */
bool wr_http_stream_event(struct wr_http_stream *stream, const char *name, uint64_t id,
			  const char *text, int64_t wait_ms);
/* Nothing follows: the connection ends when all is read. */
void wr_http_stream_end(struct wr_http_stream *stream);
/* The client is gone, or the server stops. */
bool wr_http_stream_closed(struct wr_http_stream *stream);

#endif
