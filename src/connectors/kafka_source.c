/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_source - see kafka_source.h.
 */
#include "connectors/kafka_source.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/wait.h"

#define CLAIM_ROWS      8192      /* messages of a block: two batches */
#define CLAIM_BYTES_MAX (8 << 20) /* of them; what is more waits for the next block */
#define USUAL_BYTES     256       /* of a message, before one was seen */
#define WAIT_US         100000    /* the host is woken when something comes: this is a second net */

/* --- opening and closing ------------------------------------------------------------------------
 */

bool wr_kafka_is_bounded(const struct wr_connector_args *args)
{
	return wr_options_i64(args->options, "scan.bounded.mode") != WR_KAFKA_UNBOUNDED;
}

wr_status *wr_kafka_source_check(const struct wr_connector_args *args, bool upsert)
{
	struct wr_kafka_plan plan;
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_kafka_plan(args, upsert, &arena, &plan);
	wr_arena_release(&arena);
	return status != NULL ? status : wr_kafka_check(args, false);
}

static wr_status *source_open(const struct wr_connector_args *args, struct wr_host *host,
			      bool upsert, struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);
	wr_status *status;

	source->args = args;
	wr_arena_init(&source->arena);
	pthread_mutex_init(&source->lock, NULL);
	wr_cond_init(&source->changed);
	source->wants = wr_message_wants_of(args);
	source->message = wr_malloc(CLAIM_ROWS * sizeof(rd_kafka_message_t *));
	status = wr_kafka_plan(args, upsert, &source->arena, &source->plan);
	if (status == NULL)
		status = wr_kafka_client_init(&source->client, args, host);
	if (status == NULL)
		*out = source;
	else
		wr_kafka_source_close(source);
	return status;
}

wr_status *wr_kafka_source_open(const struct wr_connector_args *args, struct wr_host *host,
				struct wr_source **out)
{
	return source_open(args, host, false, out);
}

wr_status *wr_upsert_kafka_source_open(const struct wr_connector_args *args, struct wr_host *host,
				       struct wr_source **out)
{
	return source_open(args, host, true, out);
}

void wr_kafka_source_close(struct wr_source *source)
{
	wr_kafka_keeper_end(source);
	wr_kafka_splits_release(source);
	wr_kafka_client_release(&source->client);
	wr_status_free(source->failure);
	pthread_cond_destroy(&source->changed);
	pthread_mutex_destroy(&source->lock);
	wr_arena_release(&source->arena);
	wr_free(source->message);
	wr_free(source);
}

/* --- claiming -----------------------------------------------------------------------------------
 */

/* Tells the keeper. */
static void tend(struct wr_source *source)
{
	source->tend = true;
	pthread_cond_signal(&source->changed);
}

/* The split to read next: of those that have something and are not held back, the one that is
 * furthest behind. NULL: none has anything. */
static struct wr_kafka_split *choose(const struct wr_source *source, const struct wr_claim_ask *ask)
{
	struct wr_kafka_split *best = NULL;
	int64_t lowest = INT64_MAX;

	for (uint32_t i = 0; i < source->split_count; i++) {
		uint32_t number = (source->split_turn + i) % source->split_count;
		struct wr_kafka_split *split = source->split[number];
		int64_t watermark_ms = INT64_MIN;

		if (split->ended || split->lost || split->handle == NULL)
			continue;
		if (split->held == NULL &&
		    !atomic_load_explicit(&split->ready, memory_order_acquire))
			continue;
		if (number < ask->split_count) {
			if (ask->split[number].held)
				continue;
			watermark_ms = ask->split[number].watermark_ms;
		}
		if (best == NULL || watermark_ms < lowest) {
			best = split;
			lowest = watermark_ms;
		}
	}
	return best;
}

/* Up to `max` messages of the split into source->message. */
static wr_status *take(struct wr_source *source, struct wr_kafka_split *split, uint32_t max,
		       uint32_t *count)
{
	const struct wr_kafka_calls *call = &source->client.call;
	ssize_t got;

	if (split->held != NULL) {
		*count = WR_MIN(split->held_count - split->held_next, max);
		memcpy(source->message, split->held + split->held_next,
		       *count * sizeof(rd_kafka_message_t *));
		split->held_next += *count;
		if (split->held_next < split->held_count)
			return NULL;
		wr_free(split->held);
		split->held = NULL;
		split->held_count = split->held_next = 0;
		return NULL;
	}
	/* What comes after this sets it again. */
	atomic_store_explicit(&split->ready, false, memory_order_release);
	got = call->rd_kafka_consume_batch_queue(split->queue, 0, source->message, max);
	if (got < 0)
		return wr_kafka_status(&source->client, split->topic, "it cannot be read",
				       call->rd_kafka_last_error(), NULL);
	*count = (uint32_t)got;
	if (*count == max)
		atomic_store_explicit(&split->ready, true, memory_order_release);
	return NULL;
}

/* Puts back messages [from, count) of source->message, in front of what is held. */
static void put_back(struct wr_source *source, struct wr_kafka_split *split, uint32_t from,
		     uint32_t count)
{
	uint32_t more = count - from, held = split->held_count - split->held_next;
	rd_kafka_message_t **all = wr_malloc((more + held) * sizeof(rd_kafka_message_t *));

	memcpy(all, source->message + from, more * sizeof(rd_kafka_message_t *));
	if (held > 0)
		memcpy(all + more, split->held + split->held_next,
		       held * sizeof(rd_kafka_message_t *));
	wr_free(split->held);
	split->held = all;
	split->held_count = more + held;
	split->held_next = 0;
}

/* What librdkafka says of a split in place of a message. */
static wr_status *event(struct wr_source *source, struct wr_kafka_split *split,
			const rd_kafka_message_t *message)
{
	switch (message->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		/* Behind the last message there may be others that nobody sees: ends of
		 * transactions, and messages of those that were given up. */
		split->next = WR_MAX(split->next, message->offset);
		wr_kafka_client_works(&source->client);
		return NULL;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
		split->lost = true;
		tend(source);
		return NULL;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		atomic_store(&source->unknown, true);
		return NULL;
	default:
		if (wr_kafka_passes(message->err))
			return NULL;
		return wr_kafka_status(&source->client, split->topic, "it cannot be read",
				       message->err,
				       source->client.call.rd_kafka_message_errstr(message));
	}
}

/* Leaves the messages that belong to the block at the beginning of source->message, and gives back
 * the others; moves the split on. *count: how many there were, then how many are left. */
static wr_status *sift(struct wr_source *source, struct wr_kafka_split *split, uint32_t *count)
{
	const struct wr_kafka_calls *call = &source->client.call;
	rd_kafka_message_t **message = source->message;
	uint32_t kept = 0, total = *count, i;
	wr_status *status = NULL;
	size_t bytes = 0;

	for (i = 0; i < total && status == NULL && bytes < CLAIM_BYTES_MAX; i++) {
		bool wanted = false;

		if (message[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
			status = event(source, split, message[i]);
		} else if (message[i]->offset >= split->next) {
			wanted =
			    split->end == WR_KAFKA_NO_OFFSET || message[i]->offset < split->end;
			split->next = message[i]->offset + 1;
		}
		if (!wanted) {
			call->rd_kafka_message_destroy(message[i]);
			continue;
		}
		bytes += message[i]->len + message[i]->key_len;
		message[kept++] = message[i];
	}
	if (i < total && status == NULL)
		put_back(source, split, i, total);
	for (; i < total && status != NULL; i++)
		call->rd_kafka_message_destroy(message[i]);
	if (kept > 0) {
		split->message_bytes = (double)bytes / kept;
		wr_kafka_client_works(&source->client);
	}
	*count = kept;
	return status;
}

/* Notices a queue that was full and has room again. */
static void watch_queue(struct wr_source *source, struct wr_kafka_split *split, uint32_t taken)
{
	size_t left = source->client.call.rd_kafka_queue_length(split->queue);
	double limit = source->queue_rows;

	if (split->message_bytes > 0)
		limit = WR_MIN(limit, source->queue_bytes / split->message_bytes);
	if ((double)(left + taken) >= limit)
		split->was_full = true;
	if (!split->was_full || (double)left > limit / 2)
		return;
	split->was_full = false;
	split->hungry = true;
	source->poke = true;
	pthread_cond_signal(&source->changed);
}

/* Messages of a block of the split. */
static uint32_t rows_of(const struct wr_source *source, const struct wr_kafka_split *split,
			const struct wr_claim_ask *ask)
{
	uint64_t block_bytes =
	    source->args->block_bytes > 0 ? source->args->block_bytes : WR_BLOCK_BYTES;
	double each = split->message_bytes > 1 ? split->message_bytes : USUAL_BYTES;
	uint64_t rows = (uint64_t)((double)block_bytes / each);

	rows = WR_MIN(WR_MAX(rows, 1), CLAIM_ROWS);
	if (ask->rows_max > 0)
		rows = WR_MIN(rows, ask->rows_max);
	return (uint32_t)rows;
}

/* A block of the split, or NULL: nothing came out of its queue but events. */
static wr_status *claim_split(struct wr_source *source, struct wr_kafka_split *split,
			      const struct wr_claim_ask *ask, struct wr_block **out)
{
	uint32_t count = 0, taken;
	wr_status *status;
	bool ends;

	WR_TRY(take(source, split, rows_of(source, split, ask), &count));
	taken = count;
	status = sift(source, split, &count);
	ends = split->end != WR_KAFKA_NO_OFFSET && split->next >= split->end;
	if (status == NULL && taken > 0)
		watch_queue(source, split, taken);
	if (status == NULL && count == 0 && !ends)
		return NULL;
	source->split_turn = split->number + 1;
	*out = wr_kafka_block(source, split, source->message, count);
	if (status != NULL) {
		wr_kafka_block_free(source, *out);
		*out = NULL;
		return status;
	}
	if (ends) {
		(*out)->split_ends = true;
		split->ended = true;
		source->live_count--;
		tend(source);
	}
	return NULL;
}

/* A claim, under the lock. */
static wr_status *claim_locked(struct wr_source *source, struct wr_claim_ask *ask,
			       struct wr_block **out)
{
	struct wr_kafka_split *split;
	wr_status *failure = source->failure;

	source->failure = NULL;
	if (failure != NULL || !source->started)
		return failure;
	ask->split_total = WR_MAX(source->split_count, 1u);
	while (*out == NULL) {
		split = choose(source, ask);
		if (split == NULL)
			return NULL;
		WR_TRY(claim_split(source, split, ask, out));
	}
	return NULL;
}

wr_status *wr_kafka_claim(struct wr_source *source, struct wr_claim_ask *ask, struct wr_block **out,
			  enum wr_claim *result)
{
	wr_status *status = NULL;

	*out = NULL;
	if (!source->keeper_runs)
		status = wr_kafka_keeper_begin(source);
	if (status != NULL)
		return status;
	pthread_mutex_lock(&source->lock);
	status = claim_locked(source, ask, out);
	*result = WR_CLAIM_BLOCK;
	if (*out == NULL) {
		*result = source->started && source->live_count == 0 &&
				  source->plan.bound != WR_KAFKA_UNBOUNDED
			      ? WR_CLAIM_END
			      : WR_CLAIM_WAIT;
		ask->wait_us = WAIT_US;
	}
	pthread_mutex_unlock(&source->lock);
	return status;
}

/* --- the group's offsets ------------------------------------------------------------------------
 */

struct commit {
	const struct wr_kafka_calls *call;
	rd_kafka_topic_partition_list_t *list;
};

static void commit_add(void *own, const struct wr_kafka_split *split)
{
	struct commit *commit = own;

	commit->call
	    ->rd_kafka_topic_partition_list_add(commit->list, split->topic, split->partition)
	    ->offset = split->next;
}

void wr_kafka_confirm(struct wr_source *source, const char *bytes, size_t len)
{
	const struct wr_kafka_calls *call = &source->client.call;
	struct wr_kafka_position position;
	struct commit commit = {.call = call};
	bool started;

	pthread_mutex_lock(&source->lock);
	started = source->started;
	pthread_mutex_unlock(&source->lock);
	if (source->client.group == NULL || !started)
		return;
	commit.list = call->rd_kafka_topic_partition_list_new(1);
	if (wr_kafka_position_read((struct wr_str){bytes, len}, &position, commit_add, &commit) &&
	    commit.list->cnt > 0)
		call->rd_kafka_commit(source->group, commit.list, 1); /* answer: on_commit */
	call->rd_kafka_topic_partition_list_destroy(commit.list);
}
