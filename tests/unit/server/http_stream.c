/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams: bytes come out as they went in whatever the pieces, slow readers are waited for or given
 * up, sleeping connections are woken once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/http_stream_inner.h"

/* In place of a connection. */
struct reader {
	struct wr_http_stream *stream;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool asleep;
	uint32_t wakes;
	char *got; /* owned */
	size_t len, piece;
};

static void reader_suspend(void *argument)
{
	struct reader *reader = argument;

	pthread_mutex_lock(&reader->lock);
	assert_false(reader->asleep);
	reader->asleep = true;
	pthread_mutex_unlock(&reader->lock);
}

static void reader_resume(void *argument)
{
	struct reader *reader = argument;

	pthread_mutex_lock(&reader->lock);
	assert_true(reader->asleep);
	reader->asleep = false;
	reader->wakes++;
	pthread_cond_signal(&reader->woken);
	pthread_mutex_unlock(&reader->lock);
}

static void reader_init(struct reader *reader, struct wr_http_stream *stream, size_t max)
{
	*reader = (struct reader){.stream = stream, .got = malloc(max), .piece = 7};
	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->woken, NULL);
	stream->suspend = reader_suspend;
	stream->resume = reader_resume;
	stream->connection = reader;
}

/* Reads to the end, sleeping where there is nothing. */
static void *reader_main(void *argument)
{
	struct reader *reader = argument;
	ptrdiff_t got;

	while ((got = wr_http_stream_read(reader->stream, reader->got + reader->len,
					  reader->piece)) >= 0) {
		reader->len += (size_t)got;
		reader->piece = reader->piece * 5 % 61 + 1;
		pthread_mutex_lock(&reader->lock);
		while (reader->asleep)
			pthread_cond_wait(&reader->woken, &reader->lock);
		pthread_mutex_unlock(&reader->lock);
	}
	return NULL;
}

static void in_order(void **state)
{
	struct wr_http_stream *stream = wr_http_stream_new(64, "text/plain");
	size_t total = 0, max = 200000;
	char *want = malloc(max);
	struct reader reader;
	pthread_t thread;

	reader_init(&reader, stream, max);
	assert_int_equal(pthread_create(&thread, NULL, reader_main, &reader), 0);
	for (uint32_t i = 0; total + 64 < max; i++) {
		size_t len = i * 7919 % 65;

		for (size_t b = 0; b < len; b++)
			want[total + b] = (char)(i + b);
		assert_true(wr_http_stream_write(stream, want + total, len, -1));
		total += len;
		if (i % 500 == 0)
			usleep(1000); /* the reader falls asleep */
	}
	wr_http_stream_end(stream);
	pthread_join(thread, NULL);
	assert_int_equal(reader.len, total);
	assert_memory_equal(reader.got, want, total);
	assert_true(reader.wakes > 0);
	wr_http_stream_unref(stream);
	free(reader.got);
	free(want);
}

static void full(void **state)
{
	struct wr_http_stream *stream = wr_http_stream_new(10, "text/plain");
	struct reader reader;
	char out[16];

	reader_init(&reader, stream, 1);
	assert_false(wr_http_stream_write(stream, "12345678901", 11, -1)); /* never fits */
	assert_true(wr_http_stream_write(stream, "12345678", 8, 0));
	assert_false(wr_http_stream_write(stream, "abc", 3, 0));
	assert_false(wr_http_stream_write(stream, "abc", 3, 5));
	assert_int_equal(wr_http_stream_read(stream, out, 4), 4);
	assert_true(wr_http_stream_write(stream, "abc", 3, 0));
	assert_int_equal(wr_http_stream_read(stream, out, 16), 7);
	assert_memory_equal(out, "5678abc", 7);
	wr_http_stream_end(stream);
	assert_int_equal(wr_http_stream_read(stream, out, 16), -1);
	assert_false(wr_http_stream_closed(stream));
	wr_http_stream_unref(stream);
	free(reader.got);
}

/* A frame that is larger than the room goes when nothing waits. */
static void stretched(void **state)
{
	struct wr_http_stream *stream = wr_http_stream_new(4, "text/plain");
	struct reader reader;
	char out[16];

	reader_init(&reader, stream, 1);
	wr_http_stream_stretch(stream, 12);
	assert_true(wr_http_stream_write(stream, "abc", 3, 0));
	assert_int_equal(wr_http_stream_read(stream, out, 2), 2);
	assert_false(wr_http_stream_write(stream, "0123456789", 10, 0)); /* c waits */
	assert_int_equal(wr_http_stream_read(stream, out, 16), 1);
	assert_true(wr_http_stream_write(stream, "0123456789", 10, 0));
	assert_int_equal(wr_http_stream_read(stream, out, 16), 10);
	assert_memory_equal(out, "0123456789", 10);
	assert_false(wr_http_stream_write(stream, "0123456789abc", 13, -1));
	wr_http_stream_unref(stream);
	free(reader.got);
}

static void *writer_main(void *argument)
{
	struct wr_http_stream *stream = argument;

	return wr_http_stream_write(stream, "12345678", 8, -1) ? stream : NULL;
}

/* The client goes: who waits for room is told. */
static void closed(void **state)
{
	struct wr_http_stream *stream = wr_http_stream_new(10, "text/plain");
	pthread_t thread;
	void *fits;

	assert_true(wr_http_stream_write(stream, "12345678", 8, 0));
	assert_int_equal(pthread_create(&thread, NULL, writer_main, stream), 0);
	usleep(2000);
	wr_http_stream_close(stream);
	pthread_join(thread, &fits);
	assert_null(fits);
	assert_true(wr_http_stream_closed(stream));
	assert_false(wr_http_stream_write(stream, "1", 1, 0));
	wr_http_stream_unref(stream);
}

static void events(void **state)
{
	static const char want[] = "event: rows\nid: 7\ndata: a\ndata: \ndata: b\n\n"
				   "event: end\ndata: \n\n"
				   ":\n\n";
	struct wr_http_stream *stream = wr_http_stream_new(1000, "text/event-stream");
	struct reader reader;
	char out[1000];

	reader_init(&reader, stream, 1);
	assert_true(wr_http_stream_event(stream, "rows", 7, "a\n\r\nb", 0));
	assert_true(wr_http_stream_event(stream, "end", 0, "", 0));
	wr_http_stream_beat(stream); /* there was something */
	wr_http_stream_beat(stream);
	assert_int_equal(wr_http_stream_read(stream, out, sizeof out), sizeof want - 1);
	assert_memory_equal(out, want, sizeof want - 1);
	wr_http_stream_unref(stream);
	free(reader.got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_order), cmocka_unit_test(full),   cmocka_unit_test(stretched),
	    cmocka_unit_test(closed),   cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
