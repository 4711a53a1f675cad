/* SPDX-License-Identifier: Apache-2.0
 *
 * http_stream - see http_stream.h: a ring of bytes under a lock.
 */
#include "base/env.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wait.h"
#include "server/http_stream_inner.h"

struct wr_http_stream *wr_http_stream_new(size_t room, const char *type)
{
	struct wr_http_stream *stream = wr_calloc(1, sizeof *stream);

	atomic_init(&stream->refs, 1);
	pthread_mutex_init(&stream->lock, NULL);
	wr_cond_init(&stream->taken);
	stream->ring = wr_malloc(room);
	stream->room = stream->most = room;
	stream->type = type;
	return stream;
}

void wr_http_stream_stretch(struct wr_http_stream *stream, size_t most)
{
	stream->most = WR_MAX(most, stream->room);
}

struct wr_http_stream *wr_http_stream_ref(struct wr_http_stream *stream)
{
	atomic_fetch_add(&stream->refs, 1);
	return stream;
}

void wr_http_stream_unref(struct wr_http_stream *stream)
{
	if (stream == NULL || atomic_fetch_sub(&stream->refs, 1) > 1)
		return;
	pthread_cond_destroy(&stream->taken);
	pthread_mutex_destroy(&stream->lock);
	wr_free(stream->ring);
	wr_free(stream);
}

/* Under the lock: the connection goes on, if it sleeps. */
static void wake(struct wr_http_stream *stream)
{
	if (stream->sleeping) {
		stream->sleeping = false;
		stream->resume(stream->connection);
	}
}

/* Under the lock. A ring with nothing in it may be made larger. */
static bool fits(struct wr_http_stream *stream, size_t len)
{
	if (stream->len + len <= stream->room)
		return true;
	if (stream->len > 0 || len > stream->most)
		return false;
	wr_free(stream->ring);
	stream->ring = wr_malloc(len);
	stream->room = len;
	stream->start = 0;
	return true;
}

static void put(struct wr_http_stream *stream, const char *bytes, size_t len)
{
	size_t end = (stream->start + stream->len) % stream->room;
	size_t first = WR_MIN(len, stream->room - end);

	memcpy(stream->ring + end, bytes, first);
	memcpy(stream->ring, bytes + first, len - first);
	stream->len += len;
	stream->written = true;
}

bool wr_http_stream_write(struct wr_http_stream *stream, const void *bytes, size_t len,
			  int64_t wait_ms)
{
	struct timespec deadline = wr_deadline(WR_MAX(wait_ms, 0) * 1000);
	bool taken;

	pthread_mutex_lock(&stream->lock);
	while (!stream->closed && len <= stream->most && wait_ms != 0 && !fits(stream, len)) {
		if (wait_ms < 0)
			pthread_cond_wait(&stream->taken, &stream->lock);
		else if (!wr_cond_wait_until(&stream->taken, &stream->lock, &deadline))
			break;
	}
	taken = !stream->closed && fits(stream, len);
	if (taken) {
		put(stream, bytes, len);
		wake(stream);
	}
	pthread_mutex_unlock(&stream->lock);
	return taken;
}

bool wr_http_stream_event(struct wr_http_stream *stream, const char *name, uint64_t id,
			  const char *text, int64_t wait_ms)
{
	struct wr_text event;
	bool fits;

	wr_text_init(&event);
	wr_text_printf(&event, "event: %s\n", name);
	if (id != 0)
		wr_text_printf(&event, "id: %llu\n", (unsigned long long)id);
	for (;;) {
		size_t len = strcspn(text, "\r\n");

		wr_text_puts(&event, "data: ");
		wr_text_add(&event, text, len);
		wr_text_putc(&event, '\n');
		text += len;
		if (*text == '\0')
			break;
		text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
	}
	wr_text_putc(&event, '\n');
	fits = wr_http_stream_write(stream, event.data, event.len, wait_ms);
	wr_text_release(&event);
	return fits;
}

void wr_http_stream_end(struct wr_http_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	stream->ended = true;
	wake(stream);
	pthread_mutex_unlock(&stream->lock);
}

bool wr_http_stream_closed(struct wr_http_stream *stream)
{
	bool closed;

	pthread_mutex_lock(&stream->lock);
	closed = stream->closed;
	pthread_mutex_unlock(&stream->lock);
	return closed;
}

/* --- the connection's side */

ptrdiff_t wr_http_stream_read(struct wr_http_stream *stream, char *out, size_t max)
{
	size_t len, first;

	pthread_mutex_lock(&stream->lock);
	len = WR_MIN(max, stream->len);
	if (len == 0 && !stream->ended && !stream->closed) {
		stream->sleeping = true;
		stream->suspend(stream->connection);
		pthread_mutex_unlock(&stream->lock);
		return 0;
	}
	first = WR_MIN(len, stream->room - stream->start);
	memcpy(out, stream->ring + stream->start, first);
	memcpy(out + first, stream->ring, len - first);
	stream->start = (stream->start + len) % stream->room;
	stream->len -= len;
	pthread_cond_broadcast(&stream->taken);
	pthread_mutex_unlock(&stream->lock);
	return len > 0 ? (ptrdiff_t)len : -1;
}

void wr_http_stream_close(struct wr_http_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	stream->closed = true;
	wake(stream);
	pthread_cond_broadcast(&stream->taken);
	pthread_mutex_unlock(&stream->lock);
}

void wr_http_stream_beat(struct wr_http_stream *stream)
{
	static const char comment[] = ":\n\n";

	pthread_mutex_lock(&stream->lock);
	if (!stream->written && strcmp(stream->type, "text/event-stream") == 0 &&
	    stream->len + sizeof comment - 1 <= stream->room) {
		put(stream, comment, sizeof comment - 1);
		wake(stream);
	}
	stream->written = false;
	pthread_mutex_unlock(&stream->lock);
}
