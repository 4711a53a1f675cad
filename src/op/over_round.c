/* SPDX-License-Identifier: Apache-2.0
 *
 * over_round - rows that go by in an OVER window: collected as long as no key comes twice, except
 * for peers, then folded and read by batch calls.
 *
 * Peers share one result in frames of RANGE. Frames of ROWS have one for each row: where a round
 * has peers, those are folded row by row.
 *
 * Thread: the worker's.
 */
#include "base/mem.h"
#include "op/over_inner.h"

/* --- emission -----------------------------------------------------------------------------------
 */

/* Rows from `from` on that lie in one store. */
static uint32_t same_store(const struct wr_over_gone *gone, uint32_t from, uint32_t count)
{
	uint32_t to = from + 1;

	while (to < count && gone[to].store == gone[from].store)
		to++;
	return to - from;
}

/* Input column c of the rows that go out. */
static struct wr_column *out_column(struct wr_over *self, uint32_t c, uint32_t *row)
{
	const struct wr_column *first = self->out[0].store->batch->column[c];
	uint32_t n = same_store(self->out, 0, self->out_count);
	struct wr_builder *builder;
	struct wr_column *column;

	if (first == NULL)
		return NULL;
	for (uint32_t i = 0; i < self->out_count; i++)
		row[i] = self->out[i].row;
	if (n == self->out_count)
		return wr_column_gather(first, row, n);
	builder = wr_builder_new(first->type, self->out_count);
	for (uint32_t i = 0; i < self->out_count; i += n) {
		n = same_store(self->out, i, self->out_count);
		wr_builder_append_rows(builder, self->out[i].store->batch->column[c], row + i, n);
	}
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* The watermarks that a reader going record by record has seen before the rows that go out: one
 * that came behind the watermark goes at the next rise, so the one before had passed its time, and
 * an operator above may find it late. The others are above every watermark before them. */
static void out_watermarks(const struct wr_over *self, struct wr_batch *batch)
{
	bool behind = false;

	batch->watermark = self->sent_ms;
	for (uint32_t i = 0; i < self->out_count && !self->by_clock; i++)
		behind = behind || self->out[i].fire > self->out[i].time;
	if (!behind)
		return;
	batch->row_watermark = wr_malloc(self->out_count * sizeof *batch->row_watermark);
	for (uint32_t i = 0; i < self->out_count; i++)
		batch->row_watermark[i] = WR_MAX(self->sent_ms, self->out[i].fire - 1);
	batch->watermark = batch->row_watermark[0];
}

wr_status *wr_over_emit(struct wr_over *self)
{
	const struct wr_node *node = self->op.node;
	uint32_t columns = node->input[0]->schema.count, *row;
	struct wr_batch *batch;

	if (self->out_count == 0)
		return NULL;
	row = wr_malloc(self->out_count * sizeof *row);
	batch = wr_batch_new(node->schema.count, self->out_count);
	for (uint32_t c = 0; c < columns; c++)
		batch->column[c] = out_column(self, c, row);
	for (uint32_t i = 0; i < node->u.over.item_count; i++)
		batch->column[columns + i] = wr_builder_finish(self->builder[i]);
	wr_free(row);
	for (uint32_t i = 0; i < self->out_count; i++)
		wr_over_store_drop(&self->queue, self->out[i].store);
	out_watermarks(self, batch);
	self->out_count = 0;
	return wr_out_emit(&self->op.out, batch);
}

/* --- rounds -------------------------------------------------------------------------------------
 */

/* Adds round rows [from, to) to a frame. */
static void update_rows(struct wr_over *self, struct wr_over_frame *frame, uint32_t from,
			uint32_t to)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	for (uint32_t i = from, n; i < to; i += n) {
		n = same_store(self->round, i, to);
		wr_over_frame_update(frame, pool, self->slot + i, self->round[i].store->batch,
				     self->row + i, n);
	}
}

static void retract_rows(struct wr_over *self, struct wr_over_frame *frame, uint32_t from,
			 uint32_t to)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	for (uint32_t i = from; frame->bounded && i < to; i++)
		wr_over_frame_retract(&self->frames, frame, pool, self->slot[i],
				      self->round[i].number, self->round[i].time);
}

/* Results of round rows [from, to), which fit the batch being written. */
static wr_status *read_rows(struct wr_over *self, uint32_t from, uint32_t to)
{
	for (uint32_t f = 0; f < self->frames.count; f++) {
		struct wr_over_frame *frame = &self->frames.frame[f];

		if (!frame->rows || !self->peers) {
			WR_TRY(wr_over_frame_values(frame, self->slot + from, to - from,
						    self->builder));
			continue;
		}
		for (uint32_t i = from; i < to; i++) { /* each peer has its own result */
			retract_rows(self, frame, i, i + 1);
			update_rows(self, frame, i, i + 1);
			WR_TRY(wr_over_frame_values(frame, self->slot + i, 1, self->builder));
		}
	}
	memcpy(self->out + self->out_count, self->round + from, (to - from) * sizeof *self->out);
	self->out_count += to - from;
	return self->out_count == self->limit ? wr_over_emit(self) : NULL;
}

/* Moves the rows from `count` on to the front: the next round. */
static void round_shift(struct wr_over *self, uint32_t count)
{
	self->count -= count;
	memmove(self->round, self->round + count, self->count * sizeof *self->round);
	memmove(self->slot, self->slot + count, self->count * sizeof *self->slot);
	self->group_start = 0;
	self->peers = false;
	self->round_no++;
	for (uint32_t i = 0; i < self->count; i++) {
		struct wr_over_slot *slot = (struct wr_over_slot *)self->slot[i];

		self->peers = self->peers || slot->round == self->round_no;
		slot->round = self->round_no;
	}
}

wr_status *wr_over_round_flush(struct wr_over *self, uint32_t count)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	wr_status *status = NULL;

	if (count == 0)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		struct wr_over_gone *gone = &self->round[i];

		self->row[i] = gone->row;
		if (self->frames.bounded)
			gone->number =
			    wr_over_frames_keep(&self->frames, pool, self->slot[i],
						gone->store->batch, gone->row, gone->time);
	}
	for (uint32_t f = 0; f < self->frames.count; f++) {
		struct wr_over_frame *frame = &self->frames.frame[f];

		if (frame->rows && self->peers)
			continue; /* row by row in read_rows */
		retract_rows(self, frame, 0, count);
		update_rows(self, frame, 0, count);
	}
	for (uint32_t i = 0, n; i < count && status == NULL; i += n) {
		n = WR_MIN(count - i, self->limit - self->out_count);
		status = read_rows(self, i, i + n);
	}
	for (uint32_t i = 0; self->frames.bounded && i < count; i++)
		wr_over_frames_trim(&self->frames, pool, self->slot[i]);
	round_shift(self, count);
	return status;
}

static void round_grow(struct wr_over *self)
{
	if (self->count < self->capacity)
		return;
	self->capacity = WR_MAX(256, 2 * self->capacity);
	self->round = wr_realloc(self->round, self->capacity * sizeof *self->round);
	self->slot = wr_realloc(self->slot, self->capacity * sizeof *self->slot);
	self->row = wr_realloc(self->row, self->capacity * sizeof *self->row);
}

wr_status *wr_over_round_add(struct wr_over *self, const struct wr_over_entry *entry)
{
	uint8_t *bytes = entry->at.store->slot[entry->row];
	struct wr_over_slot *slot = (struct wr_over_slot *)bytes;

	if (self->group_no == 0 || entry->fire != self->group_fire ||
	    entry->time != self->group_time || !self->frames.ranges) {
		if (self->count >= WR_BATCH_ROWS_MAX)
			WR_TRY(wr_over_round_flush(self, self->count));
		self->group_no++;
		self->group_fire = entry->fire;
		self->group_time = entry->time;
		self->group_start = self->count;
	}
	if (slot->round == self->round_no && slot->group != self->group_no)
		WR_TRY(wr_over_round_flush(self, self->group_start));
	else if (slot->round == self->round_no)
		self->peers = true;
	round_grow(self);
	wr_state_touch(self->state, 0, &bytes, 1);
	slot->round = self->round_no;
	slot->group = self->group_no;
	slot->last_time = entry->time;
	self->slot[self->count] = bytes;
	self->round[self->count++] = (struct wr_over_gone){
	    .store = entry->at.store, .row = entry->row, .fire = entry->fire, .time = entry->time};
	return NULL;
}
