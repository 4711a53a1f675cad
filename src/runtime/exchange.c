/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange - see exchange.h.
 *
 * Splitting: one pass computes each row's worker from its key hash and counts, a second lays the
 * row numbers out by worker, then each part is gathered column by column. With one consumer nothing
 * is split or copied.
 */
#include "runtime/exchange.h"

#include "base/mem.h"
#include "runtime/watch.h"

/* What a message carries. */
static void content_free(const struct wr_message *message)
{
	wr_batch_free(message->batch);
	if (message->chunk == NULL)
		return;
	if (message->chunk_free != NULL)
		message->chunk_free(message->chunk);
	wr_traced_free(message->chunk->traced);
	wr_text_release(&message->chunk->bytes);
	wr_free(message->chunk);
}

void wr_message_free(struct wr_message *message)
{
	if (message == NULL)
		return;
	content_free(message);
	wr_free(message);
}

wr_status *wr_edge_open(struct wr_edge *edge)
{
	uint32_t count = edge->producers * edge->consumers;

	WR_ASSERT(edge->producers >= 1 && edge->consumers >= 1);
	edge->queue = wr_calloc(count, sizeof *edge->queue);
	for (uint32_t i = 0; i < count; i++)
		edge->queue[i] = wr_queue_new(WR_EDGE_QUEUE);
	return NULL;
}

void wr_edge_close(struct wr_edge *edge)
{
	uint32_t count = edge->producers * edge->consumers;

	for (uint32_t i = 0; edge->queue != NULL && i < count; i++) {
		struct wr_message *message;

		while ((message = wr_queue_pop(edge->queue[i])) != NULL)
			wr_message_free(message);
		wr_queue_free(edge->queue[i]);
	}
	wr_free(edge->queue);
	edge->queue = NULL;
}

static void wake(const struct wr_edge *edge, uint32_t worker)
{
	edge->wakeup.wake(edge->wakeup.user, worker);
}

void wr_sender_init(struct wr_sender *sender, struct wr_edge *edge, uint32_t worker)
{
	uint32_t n = edge->consumers;

	WR_ASSERT(worker - edge->first_producer < edge->producers);
	*sender = (struct wr_sender){.edge = edge, .worker = worker - edge->first_producer};
	sender->overflow = wr_calloc(n, sizeof *sender->overflow);
	sender->overflow_count = wr_calloc(n, sizeof *sender->overflow_count);
	sender->overflow_sent = wr_calloc(n, sizeof *sender->overflow_sent);
	sender->overflow_capacity = wr_calloc(n, sizeof *sender->overflow_capacity);
	sender->index =
	    n > 1 ? wr_calloc((size_t)WR_BATCH_ROWS_MAX * 2, sizeof *sender->index) : NULL;
}

void wr_sender_release(struct wr_sender *sender)
{
	for (uint32_t c = 0; sender->edge != NULL && c < sender->edge->consumers; c++) {
		struct wr_message *list = sender->overflow[c];

		for (uint32_t i = 0; i < sender->overflow_count[c]; i++)
			content_free(&list[sender->overflow_sent[c] + i]);
		wr_free(list);
	}
	wr_free(sender->overflow);
	wr_free(sender->overflow_count);
	wr_free(sender->overflow_sent);
	wr_free(sender->overflow_capacity);
	wr_free(sender->index);
	*sender = (struct wr_sender){0};
}

/* Puts a message into the overflow list of a consumer. */
static void sender_overflow(struct wr_sender *sender, uint32_t consumer,
			    const struct wr_message *message)
{
	uint32_t *count = &sender->overflow_count[consumer],
		 *sent = &sender->overflow_sent[consumer],
		 *capacity = &sender->overflow_capacity[consumer];

	if (*sent + *count == *capacity && *sent > *capacity / 2) {
		memmove(sender->overflow[consumer], sender->overflow[consumer] + *sent,
			*count * sizeof **sender->overflow);
		*sent = 0;
	} else if (*sent + *count == *capacity) {
		*capacity = *capacity == 0 ? 16 : *capacity * 2;
		sender->overflow[consumer] =
		    wr_realloc(sender->overflow[consumer], *capacity * sizeof **sender->overflow);
	}
	sender->overflow[consumer][*sent + (*count)++] = *message;
}

/* Sends one message to one consumer, in order behind what already waits. */
static void sender_push(struct wr_sender *sender, uint32_t consumer, struct wr_message message)
{
	struct wr_queue *queue =
	    sender->edge->queue[sender->worker * sender->edge->consumers + consumer];
	struct wr_message *heap;

	message.mark.epoch = sender->epoch;
	if (sender->overflow_count[consumer] > 0 || !wr_queue_has_room(queue)) {
		sender->stalls++;
		sender_overflow(sender, consumer, &message);
		return;
	}
	heap = wr_malloc(sizeof *heap);
	*heap = message;
	WR_REQUIRE(wr_queue_push(queue, heap));
	wake(sender->edge, sender->edge->first_consumer + consumer);
}

bool wr_sender_drain(struct wr_sender *sender)
{
	bool empty = true;

	for (uint32_t c = 0; c < sender->edge->consumers; c++) {
		struct wr_queue *queue =
		    sender->edge->queue[sender->worker * sender->edge->consumers + c];
		uint32_t sent = 0, count = sender->overflow_count[c];
		const struct wr_message *first = sender->overflow[c] + sender->overflow_sent[c];

		while (sent < count && wr_queue_has_room(queue)) {
			struct wr_message *heap = wr_malloc(sizeof *heap);

			*heap = first[sent++];
			WR_REQUIRE(wr_queue_push(queue, heap));
		}
		if (sent > 0) {
			sender->overflow_count[c] = count - sent;
			sender->overflow_sent[c] =
			    sent < count ? sender->overflow_sent[c] + sent : 0;
			wake(sender->edge, sender->edge->first_consumer + c);
		}
		empty = empty && sender->overflow_count[c] == 0;
	}
	return empty;
}

/* Hashes the key columns of a compacted batch; columns that are absent do not occur among keys. */
static void sender_hash(struct wr_sender *sender, struct wr_batch *batch)
{
	const struct wr_edge *edge = sender->edge;
	struct wr_column *key[WR_COLUMNS_MAX];

	if (edge->hashed && batch->hash != NULL)
		return;
	for (uint32_t i = 0; i < edge->key_count; i++)
		key[i] = batch->column[edge->key[i]];
	wr_free(batch->hash);
	batch->hash = wr_malloc((size_t)batch->rows * sizeof *batch->hash);
	wr_keys_hash(key, edge->key_count, batch->rows, batch->hash);
}

/* Splits a hashed batch over the consumers; a selection is not compacted before. */
static void sender_split(struct wr_sender *sender, struct wr_batch *batch)
{
	const struct wr_edge *edge = sender->edge;
	uint32_t start[WR_WORKERS_MAX + 1] = {0};
	uint32_t *row_worker = sender->index, *order = sender->index + WR_BATCH_ROWS_MAX;
	uint32_t next[WR_WORKERS_MAX], rows = wr_batch_count(batch);

	WR_REQUIRE(batch->rows <= WR_BATCH_ROWS_MAX);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t group =
		    wr_key_group(batch->hash[wr_batch_row(batch, i)], edge->max_parallelism);

		row_worker[i] = wr_key_group_worker(group, edge->max_parallelism, edge->consumers);
		start[row_worker[i] + 1]++;
	}
	for (uint32_t c = 0; c < edge->consumers; c++) {
		start[c + 1] += start[c];
		next[c] = start[c];
	}
	for (uint32_t i = 0; i < rows; i++)
		order[next[row_worker[i]]++] = wr_batch_row(batch, i);
	for (uint32_t c = 0; c < edge->consumers; c++) {
		uint32_t count = start[c + 1] - start[c];

		if (count == batch->rows && batch->sel == NULL) {
			sender_push(sender, c, (struct wr_message){.batch = batch});
			return;
		}
		if (count > 0)
			sender_push(sender, c,
				    (struct wr_message){
					.batch = wr_batch_gather(batch, order + start[c], count)});
	}
	wr_batch_free(batch);
}

/* The same rows to all. */
static void sender_broadcast(struct wr_sender *sender, struct wr_batch *batch)
{
	uint32_t last = sender->edge->consumers - 1;

	for (uint32_t c = 0; c < last; c++)
		sender_push(sender, c, (struct wr_message){.batch = wr_batch_share(batch)});
	sender_push(sender, last, (struct wr_message){.batch = batch});
}

void wr_sender_batch(struct wr_sender *sender, struct wr_batch *batch)
{
	if (wr_batch_count(batch) == 0) {
		wr_batch_free(batch);
		return;
	}
	if (sender->edge->to != WR_D_KEYS || sender->edge->consumers == 1 ||
	    !sender->edge->hashed || batch->hash == NULL)
		wr_batch_compact(batch);
	if (sender->edge->to == WR_D_KEYS) {
		sender_hash(sender, batch);
		if (sender->edge->watch != NULL && wr_watch_is_on(sender->edge->watch))
			wr_watch_keys(sender->edge, batch);
	}
	if (sender->edge->to == WR_D_KEYS && sender->edge->consumers > 1)
		sender_split(sender, batch);
	else if (sender->edge->to == WR_D_BROADCAST)
		sender_broadcast(sender, batch);
	else if (sender->edge->to == WR_D_ANY)
		sender_push(sender, WR_MIN(sender->worker, sender->edge->consumers - 1),
			    (struct wr_message){.batch = batch});
	else
		sender_push(sender, 0, (struct wr_message){.batch = batch});
}

void wr_sender_chunk(struct wr_sender *sender, struct wr_chunk *chunk,
		     void (*chunk_free)(struct wr_chunk *chunk))
{
	sender_push(sender, 0, (struct wr_message){.chunk = chunk, .chunk_free = chunk_free});
}

void wr_sender_mark(struct wr_sender *sender, const struct wr_mark *mark)
{
	for (uint32_t c = 0; c < sender->edge->consumers; c++)
		sender_push(sender, c, (struct wr_message){.mark = *mark});
}

void wr_receiver_init(struct wr_receiver *receiver, struct wr_edge *edge, uint32_t worker)
{
	WR_ASSERT(worker - edge->first_consumer < edge->consumers);
	*receiver = (struct wr_receiver){.edge = edge,
					 .worker = worker - edge->first_consumer,
					 .producer = edge->sequenced ? -1 : 0};
	receiver->mark.watermark_ms = WR_WATERMARK_MAX;
	receiver->seen_ms = WR_WATERMARK_MIN;
	receiver->stash = wr_calloc(edge->producers, sizeof *receiver->stash);
}

static struct wr_queue *receiver_queue(const struct wr_receiver *receiver, uint32_t producer)
{
	return receiver->edge->queue[producer * receiver->edge->consumers + receiver->worker];
}

/* Sequenced edges: the worker whose queue holds the expected epoch; -1 while it has not arrived. */
static int32_t receiver_find(const struct wr_receiver *receiver)
{
	for (uint32_t p = 0; p < receiver->edge->producers; p++) {
		const struct wr_message *head = wr_queue_peek(receiver_queue(receiver, p));

		if (head != NULL && head->mark.epoch == receiver->epoch)
			return (int32_t)p;
	}
	return -1;
}

/* Takes a mark in: the epoch is done when all producers that have to have sent it. */
static void receiver_mark(struct wr_receiver *receiver, const struct wr_mark *mark)
{
	WR_REQUIRE(mark->epoch == receiver->epoch);
	receiver->mark.watermark_ms = WR_MIN(receiver->mark.watermark_ms, mark->watermark_ms);
	receiver->mark.flags |= mark->flags;
	receiver->mark.born_us = wr_born_first(receiver->mark.born_us, mark->born_us);
	if (receiver->edge->sequenced ||
	    (uint32_t)receiver->producer + 1 == receiver->edge->producers)
		receiver->done = true;
	else
		receiver->producer++;
	if (receiver->done && (receiver->mark.flags & WR_MARK_END))
		receiver->ended = true;
}

/* The next message in a producer's queue; tells the producer when it has room again. */
static struct wr_message *receiver_pop(struct wr_receiver *receiver, uint32_t producer)
{
	struct wr_queue *queue = receiver_queue(receiver, producer);
	struct wr_message *message = wr_queue_pop(queue);

	if (message != NULL && wr_queue_count(queue) == WR_EDGE_QUEUE / 2)
		wake(receiver->edge, receiver->edge->first_producer + producer);
	return message;
}

/* Keeps what a producer has sent of the current epoch. */
static void stash_producer(struct wr_receiver *receiver, uint32_t producer)
{
	struct wr_stash *stash = &receiver->stash[producer];
	struct wr_message *message;

	while (!stash->complete && (message = receiver_pop(receiver, producer)) != NULL) {
		if (stash->count == stash->capacity) {
			stash->capacity = WR_MAX(32, 2 * stash->capacity);
			stash->message = wr_realloc(stash->message,
						    stash->capacity * sizeof(struct wr_message *));
		}
		stash->message[stash->count++] = message;
		stash->complete = message->batch == NULL && message->chunk == NULL;
	}
}

void wr_receiver_stash(struct wr_receiver *receiver)
{
	if (receiver->done || receiver->ended)
		return;
	if (receiver->producer < 0)
		receiver->producer = receiver_find(receiver);
	if (receiver->producer < 0)
		return;
	for (uint32_t p = (uint32_t)receiver->producer; p < receiver->edge->producers; p++) {
		stash_producer(receiver, p);
		if (receiver->edge->sequenced)
			return;
	}
}

/* The next message of a producer: one that was kept, or from its queue. */
static struct wr_message *receiver_take(struct wr_receiver *receiver, uint32_t producer)
{
	struct wr_stash *stash = &receiver->stash[producer];

	if (stash->next < stash->count)
		return stash->message[stash->next++];
	return stash->complete ? NULL : receiver_pop(receiver, producer);
}

struct wr_message *wr_receiver_next(struct wr_receiver *receiver)
{
	while (!receiver->done && !receiver->ended) {
		struct wr_message *message;

		if (receiver->producer < 0)
			receiver->producer = receiver_find(receiver);
		if (receiver->producer < 0)
			return NULL;
		message = receiver_take(receiver, (uint32_t)receiver->producer);
		if (message == NULL) {
			wr_receiver_stash(receiver);
			message = receiver_take(receiver, (uint32_t)receiver->producer);
		}
		if (message == NULL)
			return NULL;
		if (message->batch != NULL || message->chunk != NULL)
			return message;
		receiver_mark(receiver, &message->mark);
		wr_message_free(message);
	}
	return NULL;
}

void wr_receiver_release(struct wr_receiver *receiver)
{
	for (uint32_t p = 0; receiver->stash != NULL && p < receiver->edge->producers; p++) {
		struct wr_stash *stash = &receiver->stash[p];

		for (uint32_t i = stash->next; i < stash->count; i++)
			wr_message_free(stash->message[i]);
		wr_free(stash->message);
	}
	wr_free(receiver->stash);
	*receiver = (struct wr_receiver){0};
}

void wr_receiver_end(struct wr_receiver *receiver)
{
	receiver->ended = receiver->done = true;
	receiver->mark = (struct wr_mark){
	    .epoch = receiver->epoch, .watermark_ms = WR_WATERMARK_MAX, .flags = WR_MARK_END};
}

void wr_receiver_advance(struct wr_receiver *receiver)
{
	WR_ASSERT(receiver->done || receiver->ended);
	receiver->epoch++;
	for (uint32_t p = 0; p < receiver->edge->producers; p++) {
		struct wr_stash *stash = &receiver->stash[p];

		WR_ASSERT(stash->next == stash->count);
		stash->next = stash->count = 0;
		stash->complete = false;
	}
	receiver->done = receiver->ended;
	receiver->producer = receiver->edge->sequenced ? -1 : 0;
	receiver->mark.born_us = 0;
	if (!receiver->ended)
		receiver->mark = (struct wr_mark){.watermark_ms = WR_WATERMARK_MAX};
}
