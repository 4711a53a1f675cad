/* SPDX-License-Identifier: Apache-2.0
 *
 * view_streams - see view_streams.h.
 *
 * One thread serves all: it sleeps until a view has something new (the subscription's `wake`), and
 * then goes round the streams. An event that has no room with a slow reader waits in its place, and
 * the stream is looked at again shortly; whoever stays behind loses his place in the view's log and
 * is told so.
 */
#include "server/view_streams.h"

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "data/view.h"
#include "server/json_rows.h"
#include "server/server.h"

#define ROOM        (1 << 20) /* bytes that wait for a reader; an event must fit */
#define PERIOD_US   1000000   /* a round for those who are gone */
#define AGAIN_US    10000     /* a round while somebody has no room */
#define ROUND_MAX   64        /* events of a stream in one round: others want theirs, too */
#define READERS_MAX 4096

struct reader {
	struct wr_http_stream *stream;              /* a reference */
	struct wr_mview *view;                      /* a reference */
	struct wr_log *log;                         /* hears why it was cut */
	struct wr_mview_subscription *subscription; /* owned */
	struct weir_result result;                  /* of the rows */
	struct wr_text event;                       /* that waits for room; empty: none does */
	const char *name;                           /* of it */
	uint64_t id;                                /* of it */
	bool last;                                  /* it ends the stream */
};

struct wr_view_streams {
	struct wr_log *log;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct reader *reader[READERS_MAX]; /* under lock: the first `count`; owned */
	uint32_t count;
	bool news; /* under lock: some view has something new */
	bool stopping;
	bool has_thread; /* to be joined */
	pthread_t thread;
};

/* From the writer of a view. */
static void on_news(void *own)
{
	struct wr_view_streams *streams = own;

	pthread_mutex_lock(&streams->lock);
	streams->news = true;
	pthread_cond_signal(&streams->wake);
	pthread_mutex_unlock(&streams->lock);
}

static void reader_free(struct reader *reader)
{
	wr_http_stream_end(reader->stream);
	wr_http_stream_unref(reader->stream);
	wr_mview_unsubscribe(reader->subscription);
	wr_result_release(&reader->result);
	wr_mview_unref(reader->view);
	wr_text_release(&reader->event);
	wr_free(reader);
}

/* --- events -------------------------------------------------------------------------------- */

static void put_rows(struct reader *reader, const struct wr_batch *batch)
{
	struct weir_batch view;

	wr_batch_view(&view, &reader->result, batch);
	wr_text_puts(&reader->event, "{\"rows\":[");
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (i > 0)
			wr_text_putc(&reader->event, ',');
		view.row.row = i;
		wr_json_row(&reader->event, &view.row, false);
	}
	wr_text_puts(&reader->event, "]}");
	reader->name = "rows";
}

static void put_shown(struct reader *reader, const struct wr_mview_change *change)
{
	wr_text_printf(&reader->event,
		       "{\"version\":%llu,\"watermark_ms\":", (unsigned long long)change->version);
	if (change->watermark_ms == WR_WATERMARK_MIN || change->watermark_ms == WR_WATERMARK_MAX)
		wr_text_puts(&reader->event, "null}");
	else
		wr_text_printf(&reader->event, "%lld}", (long long)change->watermark_ms);
	reader->name = "shown";
	reader->id = change->version;
}

static void put_end(struct reader *reader, const char *why)
{
	wr_text_puts(&reader->event, "{\"error\":");
	wr_text_json(&reader->event, why);
	wr_text_putc(&reader->event, '}');
	reader->name = "end";
	reader->last = true;
}

/* Makes the next event; false: there is none. */
static bool next_event(struct reader *reader)
{
	struct wr_mview_change change;
	wr_status *status = wr_mview_next(reader->subscription, 0, &change);

	reader->id = 0;
	if (status != NULL) {
		put_end(reader, status->text);
		wr_status_free(status);
		return true;
	}
	switch (change.event) {
	case WR_MVIEW_NOTHING: return false;
	case WR_MVIEW_ROWS:
		put_rows(reader, change.batch);
		wr_batch_free(change.batch);
		break;
	case WR_MVIEW_SHOWN: put_shown(reader, &change); break;
	case WR_MVIEW_CUT:
		wr_log_say(reader->log, WR_LOG_WARN,
			   &(struct wr_log_about){.table = wr_mview_name(reader->view)},
			   change.why);
		put_end(reader, change.why);
		break;
	case WR_MVIEW_DROPPED: put_end(reader, change.why); break;
	}
	if (reader->event.len > ROOM - 1024) { /* it would never fit */
		wr_text_clear(&reader->event);
		put_end(reader, "Rows of the materialized table are too large for a stream");
	}
	return true;
}

/* Hands over what there is and what has room. false: the stream is over. *behind: it has more. */
static bool serve(struct reader *reader, bool *behind)
{
	for (uint32_t i = 0; i < ROUND_MAX; i++) {
		if (wr_http_stream_closed(reader->stream))
			return false;
		if (reader->event.len == 0 && !next_event(reader))
			return true;
		if (!wr_http_stream_event(reader->stream, reader->name, reader->id,
					  wr_text_str(&reader->event), 0))
			break;
		wr_text_clear(&reader->event);
		if (reader->last)
			return false;
	}
	*behind = true;
	return true;
}

/* --- the thread ---------------------------------------------------------------------------- */

/* The lock is not held: the writers of views take it to say that there is something. Only this
 * thread takes readers out. */
static bool round_of(struct wr_view_streams *streams)
{
	bool behind = false;
	uint32_t i = 0;

	for (;;) {
		struct reader *reader = NULL;

		pthread_mutex_lock(&streams->lock);
		if (i < streams->count && !streams->stopping)
			reader = streams->reader[i];
		pthread_mutex_unlock(&streams->lock);
		if (reader == NULL)
			return behind;
		if (serve(reader, &behind)) {
			i++;
			continue;
		}
		pthread_mutex_lock(&streams->lock);
		streams->reader[i] = streams->reader[--streams->count];
		pthread_mutex_unlock(&streams->lock);
		reader_free(reader);
	}
}

static void *streams_main(void *argument)
{
	struct wr_view_streams *streams = argument;
	bool behind = false;

	pthread_mutex_lock(&streams->lock);
	while (!streams->stopping) {
		if (!streams->news && streams->count == 0)
			pthread_cond_wait(&streams->wake, &streams->lock);
		else if (!streams->news)
			wr_cond_wait_us(&streams->wake, &streams->lock,
					behind ? AGAIN_US : PERIOD_US);
		streams->news = false;
		pthread_mutex_unlock(&streams->lock);
		behind = round_of(streams);
		pthread_mutex_lock(&streams->lock);
	}
	pthread_mutex_unlock(&streams->lock);
	return NULL;
}

struct wr_view_streams *wr_view_streams_new(struct wr_log *log)
{
	struct wr_view_streams *streams = wr_calloc(1, sizeof *streams);

	streams->log = log;
	pthread_mutex_init(&streams->lock, NULL);
	wr_cond_init(&streams->wake);
	return streams;
}

/* After it no reader comes nor goes. */
static void stop_thread(struct wr_view_streams *streams)
{
	bool runs;

	pthread_mutex_lock(&streams->lock);
	streams->stopping = true;
	runs = streams->has_thread;
	streams->has_thread = false;
	pthread_cond_signal(&streams->wake);
	pthread_mutex_unlock(&streams->lock);
	if (runs)
		pthread_join(streams->thread, NULL);
}

void wr_view_streams_end(struct wr_view_streams *streams)
{
	if (streams == NULL)
		return;
	stop_thread(streams);
	for (uint32_t i = 0; i < streams->count; i++) {
		struct reader *reader = streams->reader[i];
		wr_status *why = wr_server_stopping();

		wr_text_clear(&reader->event);
		put_end(reader, why->text);
		wr_http_stream_event(reader->stream, reader->name, 0, wr_text_str(&reader->event),
				     0);
		wr_http_stream_end(reader->stream);
		wr_status_free(why);
	}
}

void wr_view_streams_free(struct wr_view_streams *streams)
{
	if (streams == NULL)
		return;
	stop_thread(streams);
	for (uint32_t i = 0; i < streams->count; i++)
		reader_free(streams->reader[i]);
	pthread_cond_destroy(&streams->wake);
	pthread_mutex_destroy(&streams->lock);
	wr_free(streams);
}

/* The event "columns", which comes first. */
static void put_columns(struct reader *reader)
{
	const struct wr_schema *schema = wr_mview_schema(reader->view);
	uint32_t count;
	const uint32_t *key = wr_mview_key(reader->view, &count);

	wr_text_puts(&reader->event, "{\"columns\":");
	wr_json_columns(&reader->event, &reader->result);
	wr_text_puts(&reader->event, ",\"key\":[");
	for (uint32_t k = 0; k < count; k++) {
		wr_text_puts(&reader->event, k > 0 ? "," : "");
		wr_text_json(&reader->event, schema->field[key[k]].name);
	}
	wr_text_puts(&reader->event, "]}");
	reader->name = "columns";
}

struct wr_http_stream *wr_view_streams_add(struct wr_view_streams *streams, struct wr_mview *view,
					   const char *zone_id)
{
	struct reader *reader = wr_calloc(1, sizeof *reader);
	struct wr_http_stream *stream;
	bool room;

	reader->view = wr_mview_ref(view);
	reader->log = streams->log;
	wr_status_free(wr_result_init(&reader->result, wr_mview_schema(view), true, zone_id));
	wr_text_init(&reader->event);
	put_columns(reader);
	reader->stream = wr_http_stream_new(ROOM, "text/event-stream");
	stream = wr_http_stream_ref(reader->stream);
	reader->subscription = wr_mview_subscribe(view, true, true, on_news, streams);
	pthread_mutex_lock(&streams->lock);
	if (!streams->stopping && !streams->has_thread)
		streams->has_thread =
		    wr_thread_start(&streams->thread, "weir-views", streams_main, streams);
	room = streams->has_thread && streams->count < READERS_MAX;
	if (room)
		streams->reader[streams->count++] = reader;
	streams->news = true;
	pthread_cond_signal(&streams->wake);
	pthread_mutex_unlock(&streams->lock);
	if (room)
		return stream;
	reader_free(reader);
	wr_http_stream_unref(stream);
	return NULL;
}
