/* SPDX-License-Identifier: Apache-2.0
 *
 * over - OVER windows ordered by an ascending time attribute: every row comes out once, with the
 * results of its frames, when the watermark has reached it.
 *
 * Rows wait in a queue (over_queue.h) and go by in the order of time, equal times in the order of
 * arrival; behind operators whose rows arrive in another order with more workers, in the order of
 * their values. Rows of one key with the same time are peers: frames of RANGE have one result for
 * all of them, frames of ROWS one for each.
 *
 * Late rows, as in Flink. With frames that have no lower bound alone, a row at or below the
 * watermark is late. With others a row is late only when its time is not above that of the last row
 * of its key that went by; otherwise it goes by at the next rise of the watermark. What has gone by
 * is decided as if record by record (P1): every row knows the watermark before it, and before a row
 * behind the watermark is judged, the queue is worked off to that watermark. That is the same
 * wherever the marks are: whatever is due then has arrived already.
 *
 * Forgetting. When all frames are RANGE with a lower bound, a key is forgotten when its rows are in
 * no frame any more, at a time that is set as Flink sets it: 1.5 times the longest frame (the
 * reach) after the row that set it, and anew by a row that the plan would leave less than the
 * reach. A cleanup that has been put off still counts as something that went by at its time.
 *
 * By processing time rows go by as they come; with a bounded RANGE when their millisecond is over.
 *
 * Rows that go by go in rounds (over_round.c).
 *
 * Memory: the rows above the watermark; per key the accumulators and the arguments of the rows in
 * its frames.
 */
#include <stdlib.h>

#include "base/env.h"
#include "base/mem.h"
#include "op/over_inner.h"
#include "op/windowing.h"

/* --- set up -------------------------------------------------------------------------------------
 */

/* Which of the ways to treat time the frames ask for. */
static void choose_ways(struct wr_over *self)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *input = &node->input[0]->schema;
	bool range = false, other = false;

	self->by_clock = input->field[node->u.over.order[0].column].type->time == WR_TIME_PROC;
	for (uint32_t f = 0; f < self->frames.count; f++) {
		const struct wr_over_frame *frame = &self->frames.frame[f];

		if (frame->bounded && !frame->rows) {
			range = true;
			self->reach_ms = WR_MAX(self->reach_ms, frame->preceding);
		} else {
			other = true;
		}
	}
	self->waits = !self->by_clock || range;
	self->strict = !self->frames.bounded;
	self->expires = range && !other;
}

/* State and scratch; nothing is fallible but the state. */
static wr_status *over_init(struct wr_op *op)
{
	struct wr_over *self = (struct wr_over *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;

	wr_arena_init(&self->arena);
	wr_over_frames_init(&self->frames, node);
	wr_over_queue_init(&self->queue, input);
	choose_ways(self);
	self->sent_ms = WR_WATERMARK_MIN;
	self->round_no = 1;
	self->by_arrival = wr_node_arrival_counts(node->input[0]);
	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	self->out = wr_malloc(self->limit * sizeof *self->out);
	self->builder = wr_calloc(node->u.over.item_count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < node->u.over.item_count; i++)
		self->builder[i] = wr_builder_new(node->u.over.item[i].call->type, 64);
	return wr_over_open_state(self);
}

/* --- time ---------------------------------------------------------------------------------------
 */

/* Remembers a slot that may be empty at the mark. */
static void note_idle(struct wr_over *self, uint8_t *slot)
{
	if (((struct wr_over_slot *)slot)->listed)
		return;
	((struct wr_over_slot *)slot)->listed = 1;
	if (self->idle_count == self->idle_capacity) {
		self->idle_capacity = WR_MAX(64, 2 * self->idle_capacity);
		self->idle = wr_realloc(self->idle, self->idle_capacity * sizeof *self->idle);
	}
	self->idle[self->idle_count++] = slot;
}

/* A key's cleanup falls due. */
static wr_status *cleanup(struct wr_over *self, const struct wr_over_entry *entry)
{
	struct wr_over_slot *slot = (struct wr_over_slot *)entry->at.slot;
	uint8_t *bytes = entry->at.slot;

	slot->waiting--;
	wr_state_touch(self->state, 0, &bytes, 1);
	if (slot->cleanup_time != entry->time) { /* put off meanwhile */
		slot->last_time = entry->time;
		return NULL;
	}
	if (slot->round == self->round_no)
		WR_TRY(wr_over_round_flush(self, self->count));
	wr_over_frames_reset(&self->frames, wr_state_pool(self->state, 0), entry->at.slot);
	note_idle(self, entry->at.slot);
	return NULL;
}

/* The order of peers where that of their arrival depends on workers: by their values. */
static int compare_peers(const void *a, const void *b, void *user)
{
	const struct wr_over_entry *x = a, *y = b;
	const struct wr_schema *schema = user;

	if (x->row == WR_OVER_CLEANUP || y->row == WR_OVER_CLEANUP)
		return (x->row == WR_OVER_CLEANUP) - (y->row == WR_OVER_CLEANUP);
	for (uint32_t c = 0; c < schema->count; c++) {
		const struct wr_column *p = x->at.store->batch->column[c];
		const struct wr_column *q = y->at.store->batch->column[c];
		int order = p != NULL && q != NULL
				? wr_value_compare(p, x->row & p->mask, q, y->row & q->mask)
				: 0;

		if (order != 0)
			return order;
	}
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Takes the next entries that are to go together: one, or all peers in the order of their values.
 */
static uint32_t take_peers(struct wr_over *self)
{
	uint32_t count = 0;

	do {
		const struct wr_over_entry *first;

		if (count == self->peer_capacity) {
			self->peer_capacity = WR_MAX(16, 2 * self->peer_capacity);
			self->peer =
			    wr_realloc(self->peer, self->peer_capacity * sizeof *self->peer);
		}
		self->peer[count++] = wr_over_queue_take(&self->queue);
		first = wr_over_queue_first(&self->queue);
		if (self->by_arrival || first == NULL || first->fire != self->peer[0].fire ||
		    first->time != self->peer[0].time)
			break;
	} while (true);
	if (count > 1)
		qsort_r(self->peer, count, sizeof *self->peer, compare_peers,
			(void *)&self->op.node->input[0]->schema);
	return count;
}

/* One entry goes by. */
static wr_status *entry_goes(struct wr_over *self, const struct wr_over_entry *entry)
{
	if (entry->row == WR_OVER_CLEANUP)
		return cleanup(self, entry);
	((struct wr_over_slot *)entry->at.store->slot[entry->row])->waiting--;
	return wr_over_round_add(self, entry);
}

/* Lets go what is due at the watermark, at most about `most` rows: peers stay together. */
static wr_status *over_fire(struct wr_over *self, int64_t watermark_ms, uint64_t most)
{
	const struct wr_over_entry *first;
	uint64_t rows = 0;

	while ((first = wr_over_queue_first(&self->queue)) != NULL && first->fire <= watermark_ms) {
		uint32_t count;

		if (rows >= most &&
		    (first->fire != self->group_fire || first->time != self->group_time))
			break;
		count = take_peers(self);
		rows += count;
		for (uint32_t i = 0; i < count; i++)
			WR_TRY(entry_goes(self, &self->peer[i]));
	}
	return wr_over_round_flush(self, self->count);
}

/* When the key is to be forgotten, now that a row of `time` has come. */
static wr_status *plan_cleanup(struct wr_over *self, uint8_t *bytes, int64_t time,
			       int64_t watermark_ms)
{
	struct wr_over_slot *slot = (struct wr_over_slot *)bytes;
	int64_t when;

	if (slot->cleanup_time != 0 && slot->cleanup_fire <= watermark_ms)
		WR_TRY(over_fire(self, watermark_ms, UINT64_MAX)); /* it is forgotten already */
	if (slot->cleanup_time != 0 && slot->cleanup_time >= time + self->reach_ms + 1)
		return NULL;
	when = time + (int64_t)((double)self->reach_ms * 1.5) + 1;
	slot->cleanup_time = when;
	slot->cleanup_fire = when <= watermark_ms ? watermark_ms + 1 : when;
	slot->waiting++;
	wr_over_queue_add(&self->queue, (struct wr_over_entry){.fire = slot->cleanup_fire,
							       .time = when,
							       .at.slot = bytes,
							       .row = WR_OVER_CLEANUP});
	return NULL;
}

/* One row in the order of its time: it waits, or it is late. */
static wr_status *over_row(struct wr_over *self, struct wr_over_store *store, uint32_t row,
			   int64_t time, bool *late)
{
	int64_t watermark_ms = wr_batch_watermark(store->batch, row);
	bool behind = watermark_ms != WR_WATERMARK_MIN && time <= watermark_ms;
	struct wr_over_slot *slot = (struct wr_over_slot *)store->slot[row];

	*late = behind;
	if (!self->strict) {
		if (behind)
			WR_TRY(over_fire(self, watermark_ms, UINT64_MAX));
		*late = time <= slot->last_time;
	}
	if (*late) {
		note_idle(self, store->slot[row]);
		return NULL;
	}
	if (self->expires)
		WR_TRY(plan_cleanup(self, store->slot[row], time, watermark_ms));
	slot->waiting++;
	wr_over_queue_add(&self->queue,
			  (struct wr_over_entry){.fire = behind ? watermark_ms + 1 : time,
						 .time = time,
						 .at.store = store,
						 .row = row});
	return NULL;
}

/* --- batches and marks --------------------------------------------------------------------------
 */

/* The rows of a batch; late ones are reported together. */
static wr_status *rows_by_time(struct wr_over *self, struct wr_over_store *store)
{
	const struct wr_batch *batch = store->batch;
	uint32_t *late = wr_malloc(((size_t)batch->rows + 1) * sizeof *late), late_count = 0;
	int64_t *time = wr_malloc(((size_t)batch->rows + 1) * 2 * sizeof *time);
	int64_t *end = time + batch->rows + 1;
	wr_status *status = NULL;

	wr_window_times(batch->column[self->op.node->u.over.order[0].column], batch->rows, time);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		bool is_late = false;

		status = over_row(self, store, i, time[i], &is_late);
		end[late_count] = WR_WATERMARK_MIN;
		late[late_count] = i;
		late_count += is_late;
	}
	wr_count(&self->op.late_rows, late_count);
	if (late_count > 0 && status == NULL)
		status = self->op.env->late(self->op.env, &self->op, batch, late, end, late_count);
	wr_free(late);
	wr_free(time);
	return status;
}

/* By processing time: a row waits until its millisecond is over, or not at all. */
static wr_status *rows_by_clock(struct wr_over *self, struct wr_over_store *store)
{
	int64_t now = self->waits ? wr_op_wall_ms(&self->op) : 0;

	self->clock = WR_MAX(self->clock, now); /* the clock may be set back */
	for (uint32_t i = 0; i < store->batch->rows; i++) {
		struct wr_over_entry entry = {.at.store = store, .row = i};

		if (self->waits) {
			bool late = false;

			WR_TRY(over_row(self, store, i, self->clock, &late));
			WR_ASSERT(!late);
			continue;
		}
		entry.time = ++self->clock;
		wr_over_store_hold(&self->queue, store);
		WR_TRY(wr_over_round_add(self, &entry));
	}
	return wr_over_round_flush(self, self->count);
}

/* Finds the keys, then takes row by row; the batch goes to a store. */
static wr_status *over_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct wr_over *self = (struct wr_over *)op;
	const struct wr_node *node = op->node;
	struct wr_over_store *store;
	struct wr_op_keys keys;
	uint8_t **slot, *is_new;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	if (self->by_clock) { /* nothing is behind it */
		wr_free(batch->row_watermark);
		batch->row_watermark = NULL;
		batch->watermark = WR_WATERMARK_MIN;
	}
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	is_new = wr_calloc((size_t)batch->rows + 1, 1);
	wr_op_keys_take(&keys, batch, node->u.over.partition, node->u.over.partition_count, NULL,
			batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, is_new);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++)
		if (is_new[i])
			wr_over_frames_start(&self->frames, slot[i]);
	wr_op_keys_release(&keys);
	wr_free(is_new);
	store = wr_over_store_new(&self->queue, batch, slot);
	if (status == NULL)
		status = self->by_clock ? rows_by_clock(self, store) : rows_by_time(self, store);
	wr_over_store_drop(&self->queue, store);
	return status == NULL ? wr_over_emit(self) : status;
}

/* Removes keys without rows and plans. */
static wr_status *forget_idle(struct wr_over *self)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < self->idle_count; i++) {
		struct wr_over_slot *slot = (struct wr_over_slot *)self->idle[i];

		slot->listed = 0;
		if (slot->waiting == 0 && slot->group == 0 && slot->last_time == 0)
			self->idle[count++] = self->idle[i];
	}
	self->idle_count = 0;
	return count > 0 ? wr_state_remove(self->state, 0, self->idle, count) : NULL;
}

/* Lets go what the watermark allows. */
static wr_status *over_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct wr_over *self = (struct wr_over *)op;
	const struct wr_over_entry *first;
	int64_t watermark_ms = mark->watermark_ms;

	if (self->by_clock && self->waits && !(mark->flags & WR_MARK_END)) {
		watermark_ms = wr_op_wall_ms(&self->op) - 1;
		self->clock = WR_MAX(self->clock, watermark_ms + 1);
	}
	WR_TRY(over_fire(self, watermark_ms, WR_OP_EMIT_ROWS));
	WR_TRY(wr_over_emit(self));
	first = wr_over_queue_first(&self->queue);
	*more = first != NULL && first->fire <= watermark_ms;
	if (*more)
		return NULL;
	self->sent_ms = mark->watermark_ms;
	wr_over_queue_tidy(&self->queue);
	return forget_idle(self);
}

/* Holds on rows go with the queue. */
static void over_release(struct wr_op *op)
{
	struct wr_over *self = (struct wr_over *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->u.over.item_count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->round);
	wr_free(self->slot);
	wr_free(self->row);
	wr_free(self->out);
	wr_free(self->idle);
	wr_free(self->peer);
	wr_over_queue_release(&self->queue);
	wr_over_frames_release(&self->frames);
	wr_state_close(self->state);
	if (self->back.row != NULL)
		wr_rows_back_release(&self->back);
	wr_arena_release(&self->arena);
}

static uint64_t over_state_bytes(const struct wr_op *op)
{
	const struct wr_over *self = (const struct wr_over *)op;

	return wr_state_bytes(self->state) + wr_over_queue_bytes(&self->queue);
}

const struct wr_op_type wr_op_over = {
    .name = "over",
    .version = 1,
    .size = sizeof(struct wr_over),
    .init = over_init,
    .process = over_process,
    .on_mark = over_on_mark,
    .restored = wr_over_restored,
    .release = over_release,
    .state_bytes = over_state_bytes,
};
