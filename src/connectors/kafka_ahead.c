/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_ahead - see kafka_ahead.h.
 */
#include "connectors/kafka_ahead.h"

#include "base/macros.h"
#include "base/thread.h"
#include "base/wait.h"

static int64_t now_us(const struct wr_kafka_ahead *ahead)
{
	return wr_mono_us(ahead->transaction->producer->args->env);
}

/* --- the queue, under lock ----------------------------------------------------------------------
 */

/* Nothing is in it; the next record that is added will be. */
static void queue_clear(struct wr_kafka_ahead *ahead)
{
	wr_text_clear(&ahead->queue);
	ahead->queue_prepared = 0;
	ahead->queued = ahead->queue_end = ahead->added;
}

/* Takes the first `bytes` of it, `count` records, out into `going` (which is empty). */
static void queue_take(struct wr_kafka_ahead *ahead, size_t bytes, uint64_t count)
{
	struct wr_text swap = ahead->going;

	if (bytes == ahead->queue.len) {
		ahead->going = ahead->queue;
		ahead->queue = swap;
	} else {
		wr_text_add(&ahead->going, ahead->queue.data, bytes);
		memmove(ahead->queue.data, ahead->queue.data + bytes, ahead->queue.len - bytes);
		ahead->queue.len -= bytes;
	}
	ahead->queue_prepared -= WR_MIN(bytes, ahead->queue_prepared);
	ahead->queued += count;
}

/* Drops what is in front of the last prepare. */
static void queue_drop_prepared(struct wr_kafka_ahead *ahead)
{
	if (ahead->queued >= ahead->at_prepare)
		return;
	queue_take(ahead, ahead->queue_prepared, ahead->at_prepare - ahead->queued);
	wr_text_clear(&ahead->going);
}

/* --- the thread ---------------------------------------------------------------------------------
 */

/* A transaction is held, or it has come to nothing. Under lock. */
static void note_held(struct wr_kafka_ahead *ahead, bool held)
{
	if (!held) {
		ahead->broken = true;
		ahead->begun_us = 0;
	} else if (ahead->begun_us == 0) {
		ahead->begun_us = now_us(ahead);
	}
}

static void begin_work(struct wr_kafka_ahead *ahead)
{
	ahead->busy = true;
	pthread_mutex_unlock(&ahead->lock);
}

static void end_work(struct wr_kafka_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->busy = false;
	pthread_cond_broadcast(&ahead->changed);
}

/* Until the records that wait are to be sent, though no piece is full. Under lock. */
static int64_t piece_left_us(const struct wr_kafka_ahead *ahead)
{
	return ahead->sent == 0 ? 0 : ahead->sent_us + ahead->piece_us - now_us(ahead);
}

/* Bytes of records that may be sent ahead, now or soon. Under lock. */
static size_t streamable(const struct wr_kafka_ahead *ahead)
{
	if (ahead->broken || ahead->queued != ahead->sent)
		return 0;
	return ahead->prepared ? ahead->queue_prepared : ahead->queue.len;
}

static bool is_due(const struct wr_kafka_ahead *ahead, size_t bytes)
{
	return bytes > 0 &&
	       (ahead->prepared || bytes >= WR_KAFKA_PIECE_BYTES || piece_left_us(ahead) <= 0);
}

/* Under lock, which is free meanwhile; so are the next two. */
static void stream(struct wr_kafka_ahead *ahead, size_t bytes)
{
	uint64_t count = (ahead->prepared ? ahead->at_prepare : ahead->queue_end) - ahead->queued;
	struct wr_commit_mark mark = ahead->mark;
	bool held;

	queue_take(ahead, bytes, count);
	ahead->sent += count;
	ahead->sent_us = now_us(ahead);
	begin_work(ahead);
	held = wr_kafka_transaction_stream(ahead->transaction, &mark,
					   (struct wr_str){ahead->going.data, ahead->going.len});
	wr_text_clear(&ahead->going);
	end_work(ahead);
	note_held(ahead, held);
}

/* All that was prepared. */
static void finish(struct wr_kafka_ahead *ahead)
{
	struct wr_commit_mark mark = ahead->mark;
	struct wr_text bytes = ahead->bytes;
	uint64_t count = ahead->at_prepare;
	bool held;

	ahead->finished = true;
	if (ahead->sent < count && bytes.len == 0)
		return; /* left to the commit */
	wr_text_init(&ahead->bytes);
	begin_work(ahead);
	held = wr_kafka_transaction_hold(ahead->transaction, &mark,
					 bytes.len > 0 ? bytes.data : NULL, bytes.len);
	wr_text_release(&bytes);
	end_work(ahead);
	ahead->sent = count;
	note_held(ahead, held);
}

static void throw_away(struct wr_kafka_ahead *ahead)
{
	begin_work(ahead);
	wr_kafka_transaction_drop(ahead->transaction);
	end_work(ahead);
	note_held(ahead, false);
}

/* Waits for something to do, under lock; false: what is held has been held for too long. */
static bool wait_changed(struct wr_kafka_ahead *ahead, size_t bytes)
{
	int64_t left_us = INT64_MAX;

	if (!ahead->busy && ahead->begun_us != 0) {
		left_us = ahead->begun_us + ahead->hold_us - now_us(ahead);
		if (left_us <= 0)
			return false;
	}
	if (!ahead->busy && bytes > 0)
		left_us = WR_MIN(left_us, piece_left_us(ahead));
	if (left_us == INT64_MAX)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	else
		wr_cond_wait_us(&ahead->changed, &ahead->lock, left_us);
	return true;
}

static void *ahead_run(void *user)
{
	struct wr_kafka_ahead *ahead = user;

	pthread_mutex_lock(&ahead->lock);
	while (!ahead->ends) {
		size_t bytes = streamable(ahead);

		if (!ahead->busy && is_due(ahead, bytes))
			stream(ahead, bytes);
		else if (!ahead->busy && !ahead->broken && ahead->prepared && !ahead->finished)
			finish(ahead);
		else if (!wait_changed(ahead, bytes))
			throw_away(ahead);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

/* --- the others ---------------------------------------------------------------------------------
 */

void wr_kafka_ahead_init(struct wr_kafka_ahead *ahead, struct wr_kafka_transaction *transaction,
			 const struct wr_commit_mark *mark, int64_t checkpoint_ms)
{
	int64_t stream_ms = WR_MIN(WR_KAFKA_STREAM_MS, transaction->producer->transaction_ms / 4);

	*ahead = (struct wr_kafka_ahead){.transaction = transaction, .mark = *mark};
	ahead->streams = checkpoint_ms > 0 && checkpoint_ms <= stream_ms;
	ahead->piece_us = WR_MAX(checkpoint_ms / WR_KAFKA_PIECES, WR_KAFKA_PIECE_MS) * 1000;
	ahead->hold_us =
	    (WR_KAFKA_HOLD_MS + (ahead->streams ? 2 * checkpoint_ms : 0)) * INT64_C(1000);
	pthread_mutex_init(&ahead->lock, NULL);
	wr_cond_init(&ahead->changed);
	ahead->started = wr_thread_start(&ahead->thread, "weir-kafka-txn", ahead_run, ahead);
}

void wr_kafka_ahead_release_all(struct wr_kafka_ahead *ahead)
{
	if (ahead->transaction == NULL)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->ends = true;
	atomic_store(&ahead->transaction->leave, true);
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	if (ahead->started)
		pthread_join(ahead->thread, NULL);
	wr_kafka_transaction_drop(ahead->transaction);
	wr_text_release(&ahead->queue);
	wr_text_release(&ahead->going);
	wr_text_release(&ahead->bytes);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
}

void wr_kafka_ahead_add(struct wr_kafka_ahead *ahead, struct wr_str record)
{
	uint32_t len = (uint32_t)record.len;

	WR_ASSERT(record.len <= UINT32_MAX);
	pthread_mutex_lock(&ahead->lock);
	if (ahead->streams && ahead->started && ahead->queue_end == ahead->added &&
	    ahead->queue.len + sizeof len + record.len <= WR_KAFKA_AHEAD_BYTES) {
		wr_text_add(&ahead->queue, (const char *)&len, sizeof len);
		wr_text_add(&ahead->queue, record.data, record.len);
		ahead->queue_end++;
		pthread_cond_broadcast(&ahead->changed);
	}
	ahead->added++;
	pthread_mutex_unlock(&ahead->lock);
}

void wr_kafka_ahead_prepare(struct wr_kafka_ahead *ahead, const struct wr_commit_mark *mark,
			    struct wr_str bytes)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->mark = *mark;
	if (ahead->added == 0) { /* no commit comes of it */
		wr_commit_mark_next(&ahead->mark);
		pthread_mutex_unlock(&ahead->lock);
		return;
	}
	ahead->at_prepare = ahead->added;
	ahead->prepared = true;
	ahead->finished = false;
	wr_text_clear(&ahead->bytes);
	if (ahead->queued != ahead->sent || ahead->queue_end != ahead->added) {
		queue_clear(ahead);
		if (bytes.len <= WR_KAFKA_AHEAD_BYTES && ahead->started && !ahead->broken)
			wr_text_add(&ahead->bytes, bytes.data, bytes.len);
	}
	ahead->queue_prepared = ahead->queue.len;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

void wr_kafka_ahead_claim(struct wr_kafka_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	while (ahead->busy)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	ahead->busy = true;
	pthread_mutex_unlock(&ahead->lock);
}

/* The commit of the last prepare has happened. Under lock. */
static void committed(struct wr_kafka_ahead *ahead, uint64_t records)
{
	WR_ASSERT(records == ahead->at_prepare);
	queue_drop_prepared(ahead);
	ahead->added -= records;
	ahead->queued -= records;
	ahead->queue_end -= records;
	ahead->at_prepare = ahead->sent = 0;
	ahead->prepared = ahead->broken = false;
	wr_text_clear(&ahead->bytes);
	wr_commit_mark_next(&ahead->mark);
}

void wr_kafka_ahead_release(struct wr_kafka_ahead *ahead, const struct wr_commit_mark *mark,
			    uint64_t records)
{
	const struct wr_commit_part *own = &ahead->mark.part[ahead->mark.count - 1];
	const struct wr_commit_part *part = mark != NULL ? &mark->part[mark->count - 1] : NULL;

	pthread_mutex_lock(&ahead->lock);
	ahead->busy = false;
	ahead->begun_us = 0;
	if (part != NULL && ahead->prepared && part->run == own->run && part->number == own->number)
		committed(ahead, records);
	else
		ahead->broken = ahead->broken || ahead->sent > 0 || part == NULL;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}
