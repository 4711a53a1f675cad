/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_sink - see kafka_sink.h.
 *
 * Where a row goes, by guarantee:
 *
 *   none, at-least-once   write -> [latest] -> producer                       prepare: drain
 *   exactly-once          write -> [latest] -> outbox   prepare: its bytes    commit: transaction
 *
 * [latest]: of 'upsert-kafka' with 'sink.buffer-flush.*', the last message of each key is held for
 * a while (kafka_latest.h). Where rows go to the producer, a thread of the sink sends them when the
 * interval is over, for no row may come to do it; `lock` is for that thread.
 *
 * With exactly-once the producer belongs to the transactions as soon as the sink is open; write
 * only looks at what a message may have for a size. Messages are sent by a thread of the sink, as
 * they come or from prepare on (kafka_ahead.h); commit makes them visible.
 *
 * The bytes of prepare: those of the outbox, whose note is the commit's mark, a space and the
 * transactional id. Other guarantees leave none.
 */
#include "connectors/kafka_sink.h"

#include <pthread.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "connectors/kafka_ahead.h"
#include "connectors/kafka_latest.h"

#define LATEST_BYTES_MAX (64u << 20) /* held for 'sink.buffer-flush.*' at most */
#define STOP_MS          5000        /* a sink that ends well waits so long before it says so */

struct wr_sink {
	const struct wr_connector_args *args;
	struct wr_host *host;
	bool upsert;
	enum wr_kafka_guarantee guarantee;
	struct wr_kafka_client client;
	struct wr_kafka_producer producer;
	char *transactional_id; /* exactly-once; owned */
	int64_t message_max;    /* bytes that the topic takes; fixed at open */

	struct wr_outbox *outbox;                /* exactly-once */
	struct wr_commit_mark marked;            /* of the last prepare, on write's thread */
	struct wr_kafka_transaction transaction; /* the commits' */
	struct wr_kafka_ahead ahead;             /* sends while a checkpoint is made durable */

	struct wr_kafka_latest *latest; /* NULL: nothing is held */
	uint32_t latest_max;            /* keys */
	int64_t interval_us;
	int64_t held_us; /* monotonic: since when something is held; 0: nothing is */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t timer;
	bool has_timer, ends; /* ends: under lock */
	wr_status *late;      /* under lock: what the timer's thread met */
};

struct wr_writer {
	struct wr_message_writer *messages;
};

/* --- before a run -------------------------------------------------------------------------------
 */

static bool is_exactly_once(const struct wr_connector_args *args)
{
	return wr_options_i64(args->options, "sink.delivery-guarantee") == WR_KAFKA_EXACTLY_ONCE;
}

enum wr_sink_shows wr_kafka_sink_shows(const struct wr_connector_args *args)
{
	return is_exactly_once(args) ? WR_SHOWS_AT_COMMIT : WR_SHOWS_AT_ONCE;
}

/* One topic, by its name. */
static wr_status *check_topic(const struct wr_connector_args *args)
{
	const char *topic = wr_options_str(args->options, "topic");

	if (topic == NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, args->pos,
						   "Table '%s' does not say which topic to write",
						   args->table),
				      "Add 'topic' = 'name'");
	if (strchr(topic, ';') != NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, args->pos,
						   "Table '%s' names several topics: they can be "
						   "read but not written",
						   args->table),
				      "Make a table for each topic that is written");
	return NULL;
}

static wr_status *check_buffer(const struct wr_connector_args *args)
{
	bool rows = wr_options_i64(args->options, "sink.buffer-flush.max-rows") > 0;
	bool interval = wr_options_i64(args->options, "sink.buffer-flush.interval") > 0;

	if (rows == interval)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, args->pos,
					   "Table '%s': of 'sink.buffer-flush.max-rows' and "
					   "'sink.buffer-flush.interval' only one is set",
					   args->table),
			      "Set both above 0, or none");
}

wr_status *wr_kafka_sink_check(const struct wr_connector_args *args, bool upsert)
{
	struct wr_outbox_config outbox = {0};
	struct wr_retry_options retry;

	WR_TRY(wr_kafka_check(args, true));
	WR_TRY(check_topic(args));
	WR_TRY(wr_retry_options_read(args->options, args->table, args->pos, &retry));
	WR_TRY(wr_outbox_options_read(args->options, args->table, args->pos, &outbox));
	if (retry.on_failure == WR_ON_FAILURE_DEAD_LETTER && is_exactly_once(args))
		return wr_status_hint(
		    wr_status_at(
			WR_USER_ERROR, args->pos,
			"Table '%s': with 'exactly-once' messages are sent in "
			"transactions, which cannot be given up in part: 'sink.on-failure' "
			"= 'dead-letter' cannot be held",
			args->table),
		    "Leave 'sink.on-failure' out: the sink tries again without end");
	if (retry.on_failure == WR_ON_FAILURE_DEAD_LETTER)
		return wr_status_hint(
		    wr_status_at(
			WR_USER_ERROR, args->pos,
			"Table '%s': messages that are under way cannot be taken back from the "
			"client, which tries again without end: 'sink.on-failure' = 'dead-letter' "
			"cannot be held",
			args->table),
		    "Leave it out, or bound the time by 'properties.delivery.timeout.ms', after "
		    "which the job fails");
	if (upsert)
		return check_buffer(args);
	if (args->key_format != NULL &&
	    wr_options_i64(args->options, "sink.partitioner") == WR_KAFKA_SPREAD_ROUND_ROBIN)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, args->pos,
						   "Table '%s': 'sink.partitioner' = 'round-robin' "
						   "does not go with 'key.fields'",
						   args->table),
				      "Leave 'sink.partitioner' out: messages go where their keys "
				      "belong");
	return NULL;
}

/* --- opening ------------------------------------------------------------------------------------
 */

/* 'sink.transactional-id-prefix', or a name made of job and table. */
static char *transactional_id(const struct wr_connector_args *args, const struct wr_host *host)
{
	const char *given = wr_options_str(args->options, "sink.transactional-id-prefix");
	struct wr_text text;
	char *id;

	if (given != NULL && given[0] != '\0')
		return wr_strdup(given);
	wr_text_init(&text);
	wr_text_printf(&text, "weir-%s%s%s", host->job, host->job[0] != '\0' ? "-" : "",
		       args->table);
	id = wr_strdup(text.data);
	wr_text_release(&text);
	return id;
}

static wr_status *open_exactly_once(struct wr_sink *sink)
{
	const struct wr_connector_args *args = sink->args;
	struct wr_outbox_config config = {
	    .env = args->env, .host = sink->host, .table = args->table};
	struct wr_retry_options retry;
	struct wr_commit_mark first;

	WR_TRY(wr_outbox_options_read(args->options, args->table, args->pos, &config));
	WR_TRY(wr_retry_options_read(args->options, args->table, args->pos, &retry));
	sink->outbox = wr_outbox_new(&config);
	sink->transactional_id = transactional_id(args, sink->host);
	sink->producer.transactional_id = sink->transactional_id;
	wr_kafka_transaction_init(&sink->transaction, &sink->producer, &retry);
	sink->marked = sink->transaction.commit.own;
	WR_TRY(wr_kafka_transaction_announce(&sink->transaction));
	first = sink->marked;
	wr_commit_mark_next(&first);
	wr_kafka_ahead_init(&sink->ahead, &sink->transaction, &first, sink->host->checkpoint_ms);
	return NULL;
}

static wr_status *open_plain(struct wr_sink *sink)
{
	sink->producer.rejects = true;
	WR_TRY(wr_kafka_producer_open(&sink->producer));
	WR_TRY(wr_kafka_producer_learn(&sink->producer));
	return sink->producer.spread.count > 0 ? NULL : wr_status_new(WR_RETRY, "The job stops");
}

static void *timer_run(void *user);

/* 'sink.buffer-flush.*'. */
static void open_latest(struct wr_sink *sink)
{
	const struct wr_options *options = sink->args->options;

	sink->latest_max = (uint32_t)wr_options_i64(options, "sink.buffer-flush.max-rows");
	sink->interval_us = wr_options_i64(options, "sink.buffer-flush.interval") * 1000;
	if (sink->latest_max == 0)
		return;
	sink->latest = wr_kafka_latest_new();
	if (sink->guarantee != WR_KAFKA_EXACTLY_ONCE)
		sink->has_timer = wr_thread_start(&sink->timer, "weir-kafka-out", timer_run, sink);
}

static void sink_free(struct wr_sink *sink)
{
	if (sink->has_timer) {
		pthread_mutex_lock(&sink->lock);
		sink->ends = true;
		pthread_cond_signal(&sink->changed);
		pthread_mutex_unlock(&sink->lock);
		pthread_join(sink->timer, NULL);
	}
	wr_kafka_ahead_release_all(&sink->ahead);
	wr_kafka_producer_release(&sink->producer);
	wr_kafka_client_release(&sink->client);
	wr_outbox_free(sink->outbox);
	wr_kafka_latest_free(sink->latest);
	wr_status_free(sink->late);
	pthread_cond_destroy(&sink->changed);
	pthread_mutex_destroy(&sink->lock);
	wr_free(sink->transactional_id);
	wr_free(sink);
}

wr_status *wr_kafka_sink_open(const struct wr_connector_args *args, struct wr_host *host,
			      bool upsert, struct wr_sink **out)
{
	struct wr_sink *sink = wr_calloc(1, sizeof *sink);
	wr_status *status;

	sink->args = args;
	sink->host = host;
	sink->upsert = upsert;
	sink->guarantee =
	    (enum wr_kafka_guarantee)wr_options_i64(args->options, "sink.delivery-guarantee");
	pthread_mutex_init(&sink->lock, NULL);
	wr_cond_init(&sink->changed);
	WR_TRY_OUT(status, wr_kafka_client_init(&sink->client, args, host));
	wr_kafka_producer_init(&sink->producer, &sink->client, args);
	if (!upsert)
		sink->producer.spread.kind =
		    (enum wr_kafka_spread_kind)wr_options_i64(args->options, "sink.partitioner");
	status =
	    sink->guarantee == WR_KAFKA_EXACTLY_ONCE ? open_exactly_once(sink) : open_plain(sink);
	if (status == NULL && upsert)
		open_latest(sink);
	sink->message_max = WR_MIN(sink->producer.message_max, sink->producer.limit);
out:
	if (status != NULL) {
		sink_free(sink);
		return status;
	}
	*out = sink;
	return NULL;
}

/* --- encoding -----------------------------------------------------------------------------------
 */

wr_status *wr_kafka_sink_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	struct wr_writer *writer = wr_calloc(1, sizeof *writer);
	wr_status *status = wr_message_writer_new(sink->args, sink->upsert, &writer->messages);

	if (status != NULL) {
		wr_free(writer);
		return status;
	}
	*out = writer;
	return NULL;
}

wr_status *wr_kafka_sink_encode(struct wr_writer *writer, const struct wr_batch *batch,
				struct wr_chunk *chunk)
{
	return wr_message_encode(writer->messages, batch, chunk);
}

void wr_kafka_sink_writer_free(struct wr_writer *writer)
{
	if (writer == NULL)
		return;
	wr_message_writer_free(writer->messages);
	wr_free(writer);
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* Sends a list, or holds it for the next commit. Under lock. */
static wr_status *pass_on(struct wr_sink *sink, struct wr_str bytes)
{
	struct wr_message_list list;
	bool good = wr_message_list_open(&list, bytes);

	WR_REQUIRE(good);
	if (list.count == 0)
		return NULL;
	if (sink->guarantee != WR_KAFKA_EXACTLY_ONCE)
		return wr_kafka_producer_send(&sink->producer, &list);
	wr_outbox_add(sink->outbox, bytes, list.count);
	wr_kafka_ahead_add(&sink->ahead, bytes);
	return NULL;
}

/* Sends what is held of 'sink.buffer-flush.*'. Under lock. */
static wr_status *pass_on_latest(struct wr_sink *sink)
{
	struct wr_text bytes;
	wr_status *status;

	sink->held_us = 0;
	if (sink->latest == NULL || wr_kafka_latest_count(sink->latest) == 0)
		return NULL;
	wr_text_init(&bytes);
	wr_kafka_latest_take(sink->latest, &bytes);
	status = pass_on(sink, (struct wr_str){bytes.data, bytes.len});
	wr_text_release(&bytes);
	return status;
}

static int64_t now_us(const struct wr_sink *sink)
{
	return wr_mono_us(sink->args->env);
}

/* Whether what is held has to go. */
static bool is_due(const struct wr_sink *sink)
{
	return wr_kafka_latest_count(sink->latest) >= sink->latest_max ||
	       wr_kafka_latest_bytes(sink->latest) > LATEST_BYTES_MAX ||
	       (sink->held_us != 0 && now_us(sink) - sink->held_us >= sink->interval_us);
}

static void *timer_run(void *user)
{
	struct wr_sink *sink = user;

	pthread_mutex_lock(&sink->lock);
	while (!sink->ends) {
		int64_t wait_us = sink->interval_us;
		wr_status *status = NULL;

		if (sink->held_us != 0 && is_due(sink)) {
			status = pass_on_latest(sink);
			if (sink->late == NULL)
				sink->late = status;
			else
				wr_status_free(status);
		}
		if (sink->held_us != 0)
			wait_us = sink->held_us + sink->interval_us - now_us(sink);
		wait_us = WR_MAX(WR_MIN(wait_us, 1000000), 1000);
		wr_cond_wait_us(&sink->changed, &sink->lock, wait_us);
	}
	pthread_mutex_unlock(&sink->lock);
	return NULL;
}

/* The messages of a list that the topic takes, in `out`; the others are given up. *all: all are,
 * and `out` is not needed. */
static wr_status *drop_large(struct wr_sink *sink, const struct wr_message_list *list,
			     struct wr_text *out, bool *all)
{
	struct wr_message_pick *pick = NULL;
	struct wr_message message;
	uint32_t count = 0;
	wr_status *status = NULL;

	*all = true;
	for (uint32_t i = 0; i < list->count && status == NULL; i++) {
		int64_t size;

		wr_message_at(list, i, &message);
		size = wr_kafka_producer_size(list, i, &message);
		if (WR_UNLIKELY(size > sink->message_max)) {
			if (*all) {
				pick = wr_calloc(list->count, sizeof *pick);
				for (; count < i; count++)
					pick[count] = (struct wr_message_pick){list, count};
				*all = false;
			}
			status = wr_kafka_producer_reject(&sink->producer, &message, size,
							  sink->message_max);
		} else if (!*all) {
			pick[count++] = (struct wr_message_pick){list, i};
		}
	}
	if (status == NULL && !*all)
		wr_message_list_pick(pick, count, out);
	wr_free(pick);
	return status;
}

/* The messages of a chunk that are not too large. Under lock. */
static wr_status *take_list(struct wr_sink *sink, struct wr_text *bytes)
{
	if (sink->latest == NULL)
		return pass_on(sink, (struct wr_str){bytes->data, bytes->len});
	wr_kafka_latest_add(sink->latest, bytes);
	if (sink->held_us == 0)
		sink->held_us = now_us(sink);
	return is_due(sink) ? pass_on_latest(sink) : NULL;
}

/* What the timer's thread met, once. Under lock. */
static wr_status *take_late(struct wr_sink *sink)
{
	wr_status *status = sink->late;

	sink->late = NULL;
	return status;
}

wr_status *wr_kafka_sink_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	struct wr_message_list list;
	struct wr_text fitting;
	wr_status *status;
	bool all, good;

	if (chunk->bytes.len == 0)
		return NULL;
	good = wr_message_list_open(&list, (struct wr_str){chunk->bytes.data, chunk->bytes.len});
	WR_REQUIRE(good);
	wr_text_init(&fitting);
	if (sink->outbox != NULL)
		WR_TRY(wr_outbox_wait(sink->outbox));
	pthread_mutex_lock(&sink->lock);
	status = take_late(sink);
	if (status == NULL)
		status = drop_large(sink, &list, &fitting, &all);
	if (status == NULL)
		status = take_list(sink, all ? &chunk->bytes : &fitting);
	pthread_mutex_unlock(&sink->lock);
	wr_text_release(&fitting);
	return status;
}

/* Nothing is kept back but what 'sink.buffer-flush.*' says: this only takes what has come back. */
wr_status *wr_kafka_sink_flush(struct wr_sink *sink)
{
	wr_status *status;

	if (sink->guarantee == WR_KAFKA_EXACTLY_ONCE)
		return NULL;
	pthread_mutex_lock(&sink->lock);
	status = take_late(sink);
	if (status == NULL)
		status = wr_kafka_producer_poll(&sink->producer);
	wr_kafka_producer_refresh(&sink->producer);
	pthread_mutex_unlock(&sink->lock);
	return status;
}

/* --- checkpoints --------------------------------------------------------------------------------
 */

/* All messages are with the brokers. Under lock. */
static wr_status *drain(struct wr_sink *sink)
{
	WR_TRY(take_late(sink));
	WR_TRY(pass_on_latest(sink));
	if (sink->guarantee == WR_KAFKA_NONE)
		return wr_kafka_producer_poll(&sink->producer);
	WR_TRY(wr_kafka_producer_drain(&sink->producer));
	if (sink->producer.messages == 0 && !sink->producer.dropped)
		return NULL;
	return wr_status_new(WR_RETRY, "The job stops before topic '%s' has taken all messages",
			     sink->producer.topic);
}

/* What is held becomes the next commit. */
static wr_status *prepare_commit(struct wr_sink *sink, struct wr_text *out)
{
	struct wr_text note;
	uint64_t number;
	size_t begin = out->len;

	WR_TRY(pass_on_latest(sink));
	wr_commit_mark_next(&sink->marked);
	wr_text_init(&note);
	wr_commit_mark_put(&sink->marked, &note);
	wr_text_printf(&note, "\n%s", sink->transactional_id);
	number = wr_outbox_take(sink->outbox, (struct wr_str){note.data, note.len}, out);
	/* The announcement was number 1. */
	WR_REQUIRE(number + 1 == sink->marked.part[sink->marked.count - 1].number);
	wr_text_release(&note);
	wr_kafka_ahead_prepare(&sink->ahead, &sink->marked,
			       (struct wr_str){out->data + begin, out->len - begin});
	return NULL;
}

wr_status *wr_kafka_sink_prepare(struct wr_sink *sink, bool last, struct wr_text *out)
{
	wr_status *status;

	pthread_mutex_lock(&sink->lock);
	status = sink->guarantee == WR_KAFKA_EXACTLY_ONCE ? prepare_commit(sink, out) : drain(sink);
	pthread_mutex_unlock(&sink->lock);
	return status;
}

/* Reads the note of an outbox: the mark, and whose it is. */
static bool read_note(struct wr_str note, struct wr_commit_mark *mark, struct wr_str *id)
{
	const char *end = note.len > 0 ? memchr(note.data, '\n', note.len) : NULL;

	if (end == NULL)
		return false;
	*id = (struct wr_str){end + 1, note.len - (size_t)(end + 1 - note.data)};
	return wr_commit_mark_get(mark, (struct wr_str){note.data, (size_t)(end - note.data)}) &&
	       mark->count > 0;
}

/* Whether messages of a checkpoint may be sent: the sink must be what it was, or what was sent of
 * them could not be found. */
static wr_status *check_same(const struct wr_sink *sink, uint64_t rows, struct wr_str id)
{
	if (sink->guarantee != WR_KAFKA_EXACTLY_ONCE)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s': the checkpoint has %llu rows that are to be written "
				  "exactly once, and the table no longer is 'exactly-once'",
				  sink->args->table, (unsigned long long)rows),
		    "Start it once with 'sink.delivery-guarantee' = 'exactly-once', stop it with a "
		    "savepoint, and then change it");
	if (!wr_str_eq(id, sink->transactional_id))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s': the checkpoint has %llu rows of transactions named "
				  "'%.*s', and now they are named '%s'",
				  sink->args->table, (unsigned long long)rows, (int)id.len, id.data,
				  sink->transactional_id),
		    "Set 'sink.transactional-id-prefix' = '%.*s'", (int)id.len, id.data);
	return NULL;
}

wr_status *wr_kafka_sink_commit(struct wr_sink *sink, const char *bytes, size_t len)
{
	struct wr_outbox_reader reader;
	struct wr_commit_mark mark = {0};
	struct wr_str id = {0};
	uint64_t records, run = sink->marked.count > 0 ? sink->marked.part[0].run : 0;
	bool claimed = false;
	wr_status *status;

	if (len == 0)
		return NULL;
	status = wr_outbox_open(&reader, bytes, len);
	records = reader.records;
	if (status == NULL && !read_note(reader.note, &mark, &id))
		status = wr_status_new(WR_USER_ERROR,
				       "Table '%s': what the checkpoint has of it is not of a "
				       "Kafka sink",
				       sink->args->table);
	if (status == NULL && records > 0)
		status = check_same(sink, reader.rows, id);
	wr_outbox_close(&reader);
	if (status == NULL && records > 0) {
		claimed = true;
		wr_kafka_ahead_claim(&sink->ahead);
		status = wr_kafka_transaction_commit(&sink->transaction, &mark, bytes, len);
	}
	if (status == NULL && sink->outbox != NULL && mark.part[mark.count - 1].run == run)
		wr_outbox_done(sink->outbox, mark.part[mark.count - 1].number - 1);
	if (claimed)
		wr_kafka_ahead_release(&sink->ahead, status == NULL ? &mark : NULL, records);
	return status;
}

/* Nothing was sent behind the checkpoint that is not committed: there is nothing to take back. */
wr_status *wr_kafka_sink_restore(struct wr_sink *sink, const char *bytes, size_t len)
{
	return NULL;
}

/* Makes visible what no checkpoint has. */
static wr_status *close_exactly_once(struct wr_sink *sink)
{
	struct wr_text bytes;
	wr_status *status = pass_on_latest(sink);

	if (status != NULL || wr_outbox_is_empty(sink->outbox))
		return status;
	wr_text_init(&bytes);
	status = prepare_commit(sink, &bytes);
	if (status == NULL)
		status = wr_kafka_sink_commit(sink, bytes.data, bytes.len);
	wr_text_release(&bytes);
	return status;
}

wr_status *wr_kafka_sink_close(struct wr_sink *sink, bool commit)
{
	wr_status *status = NULL;

	if (commit) {
		pthread_mutex_lock(&sink->lock);
		if (sink->guarantee == WR_KAFKA_EXACTLY_ONCE) {
			status = close_exactly_once(sink);
		} else {
			status = pass_on_latest(sink);
			if (status == NULL)
				status = wr_kafka_producer_drain(&sink->producer);
		}
		pthread_mutex_unlock(&sink->lock);
	}
	sink_free(sink);
	return status;
}
