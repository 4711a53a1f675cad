/* SPDX-License-Identifier: Apache-2.0
 *
 * window_agg - aggregates per window by stream slicing: TUMBLE, HOP, CUMULATE, and windows attached
 * by an operator below.
 *
 * Each row is folded into exactly one slice (state namespace = slice end). When the watermark
 * reaches a window's end - 1, the slices it is made of are merged and emitted; a slice is freed
 * when no window that is still open contains it. With TUMBLE the slice is the window and nothing is
 * merged.
 *
 * Lateness is decided per row, by the watermark just before it (P1): a row counts in a window that
 * had not closed then. A window closes when the watermark reaches end - 1 + allowed lateness; it
 * fires (first result) at end - 1, and in between rows correct it: at the mark the changed keys
 * emit -U/+U. A row all of whose windows had closed is late.
 *
 * HOP and CUMULATE share slices between windows, so a row that is too late for some of its windows
 * but not for all must not reach the slice before those have been emitted: it waits in `waiting`
 * and is folded between two firings.
 *
 * CUMULATE keeps one running result per window of full size (in `merged`): firing a step merges the
 * new slice into it and frees the slice, so each slice is merged once, not once per step. A row
 * that is late for some steps goes straight into the running result. With allowed lateness, where
 * fired windows are computed again, slices stay until the last window and are merged anew for each.
 *
 * Time line: windows over TIMESTAMP_LTZ are aligned to local time; row times and watermarks are
 * converted, once per row.
 *
 * Output: keys, aggregates, window_start, window_end, window_time.
 *
 * Memory: the slices between the watermark and the newest row; per firing window one merged table
 * (HOP, CUMULATE), of CUMULATE the running result in place of the slices that it is made of.
 *
 * Invariants
 *   W1  windows are emitted in the order of their ends; all with end - 1 <= fired_ms have been
 *   W2  a slice exists only while some window containing it has not closed
 *   W3  each batch in `waiting` is in order of row watermarks (not one after the other: inputs from
 *       several edges start again), and none is left after a mark with a watermark
 *   W4  after a mark no window is being emitted and nothing is to be corrected
 */
#include "op/window_agg.h"

#include "base/env.h"
#include "base/mem.h"
#include "op/partial.h"
#include "op/windowing.h"

static wr_status *window_init(struct wr_op *op)
{
	struct op_window_agg *self = (struct op_window_agg *)op;
	const struct wr_node *node = op->node;
	uint32_t keys = node->u.agg.key_count;

	self->window = *node->u.agg.window;
	self->allowed_ms = node->u.agg.allowed_lateness_ms;
	self->fired_ms = self->sent_ms = WR_WATERMARK_MIN;
	self->offset = wr_window_is_offset(node) && self->zone == NULL;
	self->seen_ms = self->trigger_ms = WR_WATERMARK_MIN;
	self->held[0].first_end = self->held[1].first_end = INT64_MAX;
	self->key_count = keys + (node->u.agg.attached ? 1 : 0);
	self->key = wr_calloc(self->key_count + 1, sizeof *self->key);
	memcpy(self->key, node->u.agg.key, keys * sizeof *self->key);
	if (node->u.agg.attached)
		self->key[keys] = node->u.agg.attached_start;
	self->time_column =
	    node->u.agg.attached ? node->u.agg.attached_end : self->window.time_column;
	if (!node->u.agg.attached &&
	    node->input[0]->schema.field[self->time_column].type->kind == WR_TIMESTAMP_LTZ)
		WR_TRY(wr_zone_open(op->env->zone_id, &self->zone));
	wr_aggs_init(&self->aggs, node,
		     self->allowed_ms > 0 ? 16 : 0); /* header: see window_correct.c */
	return wr_window_agg_states(self);
}

/* Windows of a slice; an attached window is its own only slice. */
struct wr_window_range wr_window_agg_range(const struct op_window_agg *self, int64_t slice_end)
{
	if (self->op.node->u.agg.attached || self->window.kind == WR_W_TUMBLE)
		return (struct wr_window_range){
		    .first_end = slice_end, .last_end = slice_end, .step_ms = 1};
	return wr_window_of_slice(&self->window, slice_end);
}

/* CUMULATE without corrections: see the head. */
bool wr_window_agg_runs(const struct op_window_agg *self)
{
	return self->window.kind == WR_W_CUMULATE && !self->op.node->u.agg.attached &&
	       self->allowed_ms == 0;
}

/* Namespace in `merged` of the window ending at `end`. */
static int64_t merged_namespace(const struct op_window_agg *self, int64_t end)
{
	return wr_window_agg_runs(self) ? wr_window_of_slice(&self->window, end).last_end : end;
}

/* Whether rows no longer count in the window ending at `end`. */
static bool window_closed(const struct op_window_agg *self, int64_t end, int64_t watermark_ms)
{
	return wr_window_fired(end + self->allowed_ms, watermark_ms);
}

/* The watermark on the windows' time line. */
static int64_t local_ms(const struct op_window_agg *self, int64_t ms)
{
	if (self->zone == NULL || ms == WR_WATERMARK_MIN || ms == WR_WATERMARK_MAX)
		return ms;
	return wr_zone_to_local(self->zone, ms);
}

/* Where each row of a batch belongs. */
struct placed {
	int64_t *slice_end; /* per row */
	uint32_t *now;      /* rows to fold at once */
	uint32_t now_count;
	uint32_t *wait; /* rows too late for some of their windows */
	uint32_t wait_count;
	uint32_t *late; /* rows too late for all */
	uint32_t late_count;
	int64_t *late_end; /* per late row: end of its last window */
};

static void placed_init(struct placed *placed, uint32_t rows)
{
	size_t room = rows + 1;

	*placed = (struct placed){0};
	placed->slice_end = wr_malloc(room * 2 * sizeof *placed->slice_end);
	placed->late_end = placed->slice_end + room;
	placed->now = wr_malloc(room * 3 * sizeof *placed->now);
	placed->wait = placed->now + room;
	placed->late = placed->wait + room;
}

static void placed_release(struct placed *placed)
{
	wr_free(placed->slice_end);
	wr_free(placed->now);
}

/* Computes slice ends of all rows. */
static void place_slices(struct op_window_agg *self, const struct wr_batch *batch,
			 int64_t *slice_end)
{
	int64_t slice_ms = wr_window_slice_ms(&self->window), offset_ms = self->window.offset_ms;
	int64_t start = INT64_MIN,
		end = INT64_MIN; /* of the slice found last: most rows are in it again */

	wr_window_times(batch->column[self->time_column], batch->rows, slice_end);
	if (self->op.node->u.agg.attached)
		return;
	for (uint32_t i = 0; i < batch->rows; i++) {
		int64_t ms =
		    self->zone != NULL ? wr_zone_to_local(self->zone, slice_end[i]) : slice_end[i];

		if (ms < start || ms >= end) {
			start = wr_window_start(ms, slice_ms, offset_ms);
			end = start + slice_ms;
		}
		slice_end[i] = end;
	}
}

/* Sorts rows into those to fold now, to fold between firings, and late. */
static void place_rows(struct op_window_agg *self, const struct wr_batch *batch,
		       struct placed *placed)
{
	struct wr_window_range range = {0};
	int64_t of_slice = INT64_MIN, watermark_ms = WR_WATERMARK_MIN, seen_ms = INT64_MAX;

	place_slices(self, batch, placed->slice_end);
	for (uint32_t i = 0; i < batch->rows; i++) {
		int64_t raw_ms = wr_batch_watermark(batch, i);

		if (raw_ms != seen_ms &&
		    !self->window.processing_time) { /* the clock is never late */
			seen_ms = raw_ms;
			watermark_ms = local_ms(self, raw_ms);
		}
		if (placed->slice_end[i] != of_slice) {
			of_slice = placed->slice_end[i];
			range = wr_window_agg_range(self, of_slice);
		}
		if (range.last_end < range.first_end)
			continue; /* in a gap between windows: it belongs to none */
		if (window_closed(self, range.last_end, watermark_ms)) {
			placed->late_end[placed->late_count] = range.last_end;
			placed->late[placed->late_count++] = i;
		} else if (range.first_end != range.last_end &&
			   window_closed(self, range.first_end, watermark_ms)) {
			placed->wait[placed->wait_count++] = i;
		} else {
			placed->now[placed->now_count++] = i;
		}
	}
}

/* Merges partial results of a local half into the slots of a slice. Their accumulators stand behind
 * a header that slots of windows without allowed lateness do not have. */
static void merge_partial(struct op_window_agg *self, struct wr_agg_pool *pool,
			  uint8_t *const *slot, const struct wr_batch *batch, const uint32_t *row,
			  uint32_t count)
{
	uint8_t **from = wr_malloc((count + 1) * sizeof *from);

	WR_ASSERT(self->allowed_ms == 0);
	for (uint32_t i = 0; i < count; i++)
		from[i] =
		    wr_partial_slot(batch, row != NULL ? row[i] : i) + sizeof(struct wr_partial);
	wr_aggs_merge(&self->aggs, pool, slot, from, count);
	wr_free(from);
}

/* Folds the rows of one slice: row[0..count) of the batch, or all of it when row is NULL. */
static wr_status *fold_slice(struct op_window_agg *self, const struct wr_batch *batch,
			     int64_t slice_end, const uint32_t *row, uint32_t count,
			     int64_t watermark_ms)
{
	struct wr_op_keys keys;
	uint8_t **slot = wr_malloc((count + 1) * sizeof *slot), *is_new = wr_calloc(count + 1, 1),
		*retract = NULL;
	bool hashed = !self->op.node->u.agg.attached;
	struct wr_state *state = self->slices;
	int64_t ns = slice_end;
	wr_status *status;

	if (wr_window_agg_runs(self) && wr_window_fired(slice_end, self->fired_ms)) {
		state = self->merged;
		ns = merged_namespace(self, slice_end);
	}

	wr_op_keys_take(&keys, batch, self->key, self->key_count, row, count, hashed);
	status = self->allowed_ms > 0
		     ? wr_window_agg_before_correction(self, slice_end, watermark_ms, &keys.keys)
		     : NULL;
	if (status == NULL)
		status = wr_state_upsert(state, ns, &keys.keys, slot, is_new);
	if (status == NULL) {
		for (uint32_t i = 0; i < count; i++)
			if (is_new[i])
				wr_aggs_start(&self->aggs, slot[i]);
		if (wr_partial_is(self->op.node, batch)) {
			merge_partial(self, wr_state_pool(state, ns), slot, batch, row, count);
			goto out;
		}
		if (batch->kind != NULL) {
			retract = wr_malloc(count + 1);
			for (uint32_t i = 0; i < count; i++)
				retract[i] = !wr_kind_is_add(batch->kind[row != NULL ? row[i] : i]);
		}
		wr_aggs_update(&self->aggs, wr_state_pool(state, ns), slot, batch, row, retract,
			       count);
	}
out:
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(is_new);
	wr_free(retract);
	return status;
}

/* Folds the given rows, slice by slice: one pass over what is left per slice. */
wr_status *wr_window_agg_fold(struct op_window_agg *self, const struct wr_batch *batch,
			      const int64_t *slice_end, uint32_t *row, uint32_t count)
{
	uint32_t *some = wr_malloc((count + 1) * sizeof *some);
	wr_status *status = NULL;

	while (count > 0 && status == NULL) {
		int64_t end = slice_end[row[0]];
		/* The first row of the slice has the lowest one: what it corrects is kept. */
		int64_t watermark_ms = local_ms(self, wr_batch_watermark(batch, row[0]));
		uint32_t picked = wr_window_pick(slice_end, row, &count, some);

		status = fold_slice(self, batch, end, picked == batch->rows ? NULL : some, picked,
				    watermark_ms);
	}
	wr_free(some);
	return status;
}

void wr_window_agg_wait(struct op_window_agg *self, struct wr_batch *batch)
{
	if (self->waiting_count == self->waiting_capacity) {
		self->waiting_capacity = WR_MAX(8, 2 * self->waiting_capacity);
		self->waiting =
		    wr_realloc(self->waiting, self->waiting_capacity * sizeof *self->waiting);
	}
	self->waiting[self->waiting_count++] = (struct wr_waiting){.batch = batch};
}

static wr_status *window_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_window_agg *self = (struct op_window_agg *)op;
	struct placed placed;
	wr_status *status = NULL;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	if (self->offset) {
		status = wr_window_offset_rows(self, batch);
		wr_batch_free(batch);
		return status;
	}
	placed_init(&placed, batch->rows);
	place_rows(self, batch, &placed);
	if (placed.late_count > 0) {
		wr_count(&op->late_rows, placed.late_count);
		status = op->env->late(op->env, op, batch, placed.late, placed.late_end,
				       placed.late_count);
	}
	if (placed.wait_count > 0)
		wr_window_agg_wait(self, wr_batch_gather(batch, placed.wait, placed.wait_count));
	if (status == NULL)
		status =
		    wr_window_agg_fold(self, batch, placed.slice_end, placed.now, placed.now_count);
	placed_release(&placed);
	wr_batch_free(batch);
	return status;
}

/* Rows of slices that have been merged go into the running result in the order of their arrival,
 * not slice by slice: they all get the last merged slice of their window. */
static void place_running(const struct op_window_agg *self, int64_t *slice_end, uint32_t from,
			  uint32_t to)
{
	int64_t step_ms = self->window.slide_ms, last_ms = self->fired_ms;

	for (uint32_t i = from; i < to; i++)
		if (wr_window_fired(slice_end[i], last_ms))
			slice_end[i] += (last_ms + 1 - slice_end[i]) / step_ms * step_ms;
}

/* Folds rows [from, to) of a waiting batch. With allowed lateness row by row: what a row's closed
 * windows still have to correct goes out before the row changes their slices. */
static wr_status *fold_waiting_rows(struct op_window_agg *self, struct wr_batch *batch,
				    uint32_t from, uint32_t to)
{
	struct placed placed;
	wr_status *status = NULL;

	placed_init(&placed, batch->rows);
	place_slices(self, batch, placed.slice_end);
	if (wr_window_agg_runs(self))
		place_running(self, placed.slice_end, from, to);
	for (uint32_t i = from; i < to && status == NULL; i++) {
		placed.now[placed.now_count++] = i;
		if (self->allowed_ms == 0 && i + 1 < to)
			continue;
		if (self->allowed_ms > 0)
			status = wr_window_agg_correct(
			    self, local_ms(self, wr_batch_watermark(batch, i)));
		if (status == NULL)
			status = wr_window_agg_fold(self, batch, placed.slice_end, placed.now,
						    placed.now_count);
		placed.now_count = 0;
	}
	placed_release(&placed);
	return status;
}

/* Folds the waiting rows that count in the window ending at `end` and in later ones: those read
 * before it closed. */
static wr_status *fold_waiting(struct op_window_agg *self, int64_t end)
{
	uint32_t left = 0;
	wr_status *status = NULL;

	for (uint32_t b = 0; b < self->waiting_count; b++) {
		struct wr_waiting *waiting = &self->waiting[b];
		struct wr_batch *batch = waiting->batch;
		uint32_t from = waiting->row, to = from;

		while (status == NULL && to < batch->rows &&
		       !window_closed(self, end, local_ms(self, wr_batch_watermark(batch, to))))
			to++;
		if (to > from)
			status = fold_waiting_rows(self, batch, from, to);
		waiting->row = to;
		if (to < batch->rows)
			self->waiting[left++] = *waiting;
		else
			wr_batch_free(batch);
	}
	self->waiting_count = left;
	return status;
}

/* The smallest end of a window that a slice has part in and that has not fired; INT64_MAX: none. */
static int64_t unfired_end(const struct op_window_agg *self, int64_t slice_end)
{
	struct wr_window_range range = wr_window_agg_range(self, slice_end);
	int64_t end = range.first_end;

	if (wr_window_fired(end, self->fired_ms))
		end += (self->fired_ms + 1 - end) / range.step_ms * range.step_ms + range.step_ms;
	return end <= range.last_end ? end : INT64_MAX;
}

/* The same over the rows that wait: their slices may not exist yet. */
static int64_t waiting_end(struct op_window_agg *self)
{
	int64_t best = INT64_MAX;

	for (uint32_t b = 0; b < self->waiting_count; b++) {
		const struct wr_batch *batch = self->waiting[b].batch;
		struct placed placed;

		placed_init(&placed, batch->rows);
		place_slices(self, batch, placed.slice_end);
		for (uint32_t i = self->waiting[b].row; i < batch->rows; i++) {
			int64_t watermark_ms = local_ms(self, wr_batch_watermark(batch, i));
			struct wr_window_range range =
			    wr_window_agg_range(self, placed.slice_end[i]);
			int64_t end = unfired_end(self, placed.slice_end[i]);

			while (end <= range.last_end && window_closed(self, end, watermark_ms))
				end += range.step_ms;
			if (end <= range.last_end)
				best = WR_MIN(best, end);
		}
		placed_release(&placed);
	}
	return best;
}

/* The same over running results: their next steps fire whether rows come or not. */
static int64_t running_end(const struct op_window_agg *self)
{
	int64_t ns = INT64_MIN, best = INT64_MAX;

	while (wr_state_first_namespace(self->merged, ns, &ns))
		best = WR_MIN(best,
			      unfired_end(self, ns - self->window.size_ms + self->window.slide_ms));
	return best;
}

/* The smallest window end that has rows and has not fired: W1. */
static bool window_next(struct op_window_agg *self, int64_t watermark_ms, int64_t *out)
{
	int64_t slice_end = INT64_MIN, best = INT64_MAX;

	while (wr_state_first_namespace(self->slices, slice_end, &slice_end)) {
		best = WR_MIN(best, unfired_end(self, slice_end));
		if (slice_end > best)
			break;
	}
	if (!self->offset && self->waiting_count > 0)
		best = WR_MIN(best, waiting_end(self));
	if (wr_window_agg_runs(self))
		best = WR_MIN(best, running_end(self));
	*out = best;
	return best != INT64_MAX && wr_window_fired(best, watermark_ms);
}

/* Merges the slices of the window ending at `end` into `merged`. */
wr_status *wr_window_agg_merge(struct op_window_agg *self, int64_t end)
{
	int64_t start = wr_window_start_of(&self->window, end), slice_end = start;
	int64_t ns = merged_namespace(self, end);
	uint8_t *src[WR_WINDOW_CHUNK], *dst[WR_WINDOW_CHUNK], is_new[WR_WINDOW_CHUNK];

	while (wr_state_first_namespace(self->slices, slice_end, &slice_end) && slice_end <= end) {
		uint64_t cursor = 0;
		uint32_t count;

		while ((count = wr_state_scan(self->slices, slice_end, &cursor, src,
					      WR_WINDOW_CHUNK)) > 0) {
			WR_TRY(wr_state_upsert_slots(self->merged, ns, self->slices, src, count,
						     dst, is_new));
			for (uint32_t i = 0; i < count; i++)
				if (is_new[i])
					wr_aggs_start(&self->aggs, dst[i]);
			wr_aggs_merge(&self->aggs, wr_state_pool(self->merged, ns), dst, src,
				      count);
		}
		if (wr_window_agg_runs(self))
			wr_state_drop_namespace(self->slices, slice_end);
	}
	return NULL;
}

/* Whether the window's slices have to be merged before it can be emitted. */
static bool window_merges(const struct op_window_agg *self)
{
	return !self->op.node->u.agg.attached && self->window.kind != WR_W_TUMBLE;
}

/* Rows of the firing window: keys, values, window columns. */
struct wr_batch *wr_window_agg_rows(struct op_window_agg *self, struct wr_state *state, int64_t end,
				    uint8_t *const *slot, uint32_t count)
{
	const struct wr_node *node = self->op.node;
	uint32_t keys = node->u.agg.key_count, items = self->aggs.count, at = keys + items;
	struct wr_batch *batch = wr_batch_new(at + 3, count);
	struct wr_column **key = wr_calloc(self->key_count + 1, sizeof *key);
	int64_t start_ms = wr_window_start_of(&self->window, end), end_ms = end;
	int64_t time_ms = self->zone != NULL ? wr_zone_to_utc(self->zone, end - 1) : end - 1;

	wr_state_slot_keys(state, state == self->merged ? merged_namespace(self, end) : end, slot,
			   count, key);
	memcpy(batch->column, key, keys * sizeof *key);
	wr_aggs_values(&self->aggs, slot, count, batch->column + keys);
	if (node->u.agg.attached)
		batch->column[at] = key[keys];
	else
		batch->column[at] =
		    wr_window_time_column(node->schema.field[at].type, &start_ms, 1);
	batch->column[at + 1] = wr_window_time_column(node->schema.field[at + 1].type, &end_ms, 1);
	batch->column[at + 2] = wr_window_time_column(node->schema.field[at + 2].type, &time_ms, 1);
	for (uint32_t i = node->u.agg.attached ? 1 : 0; i < 3; i++)
		wr_column_make_const(batch->column[at + i]);
	batch->watermark = self->sent_ms;
	wr_free(key);
	return batch;
}

/* Emits up to WR_OP_EMIT_ROWS rows of the firing window; *done when it is finished. */
static wr_status *window_emit(struct op_window_agg *self, bool *done)
{
	struct wr_state *state = window_merges(self) ? self->merged : self->slices;
	uint32_t limit = WR_MIN(self->op.env->batch_rows_max, WR_BATCH_ROWS_MAX), emitted = 0,
		 count;
	int64_t ns =
	    state == self->merged ? merged_namespace(self, self->firing_end) : self->firing_end;
	uint8_t *slot[WR_BATCH_ROWS_MAX];

	*done = false;
	while (emitted < WR_OP_EMIT_ROWS) {
		count = wr_state_scan(state, ns, &self->cursor, slot, limit);
		if (count == 0) {
			*done = true;
			return NULL;
		}
		emitted += count;
		WR_TRY(wr_aggs_fault(&self->aggs, slot, count));
		WR_TRY(wr_out_emit(&self->op.out,
				   wr_window_agg_rows(self, state, self->firing_end, slot, count)));
	}
	return NULL;
}

/* Frees the slices whose windows have all closed: W2. */
static void window_free_slices(struct op_window_agg *self, int64_t watermark_ms)
{
	int64_t slice_end;

	while (wr_state_first_namespace(self->slices, INT64_MIN, &slice_end)) {
		struct wr_window_range range = wr_window_agg_range(self, slice_end);

		if (!window_closed(self, range.last_end, watermark_ms))
			return;
		wr_state_drop_namespace(self->slices, slice_end);
	}
}

/* Fires what the watermark allows, window by window; *more when there is something left. */
static wr_status *window_fire(struct op_window_agg *self, int64_t watermark_ms, bool *more)
{
	uint32_t windows = 0;
	bool done = true;

	*more = false;
	for (;;) {
		if (!self->firing) {
			int64_t end;

			if (!window_next(self, watermark_ms, &end))
				return NULL;
			if (!self->offset)
				WR_TRY(fold_waiting(self, end));
			if (window_merges(self))
				WR_TRY(wr_window_agg_merge(self, end));
			self->firing = true;
			self->firing_end = end;
			self->cursor = 0;
		}
		WR_TRY(window_emit(self, &done));
		*more = true;
		if (!done)
			return NULL;
		self->firing = false;
		self->fired_ms = self->firing_end - 1;
		if (window_merges(self)) {
			if (!wr_window_agg_runs(self) ||
			    merged_namespace(self, self->firing_end) == self->firing_end)
				wr_state_drop_namespace(self->merged, self->firing_end);
		} else if (self->allowed_ms == 0)
			wr_state_drop_namespace(self->slices, self->firing_end);
		*more = false;
		if (++windows == WR_WINDOW_PER_CALL) {
			*more = true;
			return NULL;
		}
	}
}

static wr_status *window_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_window_agg *self = (struct op_window_agg *)op;
	int64_t watermark_ms = local_ms(self, wr_window_watermark(&self->window, op, mark));

	if (watermark_ms == WR_WATERMARK_MIN)
		return NULL;
	if (self->offset)
		WR_TRY(wr_window_offset_watermark(self, watermark_ms));
	WR_TRY(window_fire(self, watermark_ms, more));
	if (*more)
		return NULL;
	if (!self->offset)
		WR_TRY(fold_waiting(self, INT64_MAX - self->allowed_ms));
	WR_TRY(wr_window_agg_correct(self, WR_WATERMARK_MAX));
	self->fired_ms = WR_MAX(self->fired_ms, WR_MIN(watermark_ms, INT64_MAX - 1));
	self->sent_ms = mark->watermark_ms;
	window_free_slices(self, watermark_ms);
	return NULL;
}

static void window_release(struct wr_op *op)
{
	struct op_window_agg *self = (struct op_window_agg *)op;

	for (uint32_t i = 0; i < self->waiting_count; i++)
		wr_batch_free(self->waiting[i].batch);
	wr_free(self->waiting);
	wr_window_offset_release(self);
	wr_window_agg_states_release(self);
	wr_aggs_release(&self->aggs);
	wr_zone_close(self->zone);
	wr_free(self->key);
}

static uint64_t window_state_bytes(const struct wr_op *op)
{
	const struct op_window_agg *self = (const struct op_window_agg *)op;
	uint64_t bytes = wr_state_bytes(self->slices) + wr_state_bytes(self->merged) +
			 wr_state_bytes(self->corrected);

	for (uint32_t b = 0; b < self->waiting_count; b++)
		bytes += wr_batch_bytes(self->waiting[b].batch);
	for (uint32_t phase = 0; phase < 2; phase++)
		for (uint32_t b = 0; b < self->held[phase].count; b++)
			bytes += wr_batch_bytes(self->held[phase].batch[b]);
	return bytes;
}

/* The end of the next window, on the time line of the watermark. */
static int64_t window_next_ms(const struct wr_op *op)
{
	struct op_window_agg *self = (struct op_window_agg *)(uintptr_t)op;
	int64_t end;

	(void)window_next(self, WR_WATERMARK_MIN, &end);
	if (self->offset)
		end = WR_MIN(self->held[0].first_end, self->held[1].first_end);
	if (end == INT64_MAX)
		return INT64_MAX;
	return (self->zone != NULL ? wr_zone_to_utc(self->zone, end) : end) - 1;
}

const struct wr_op_type wr_op_window_agg = {
    .name = "window_agg",
    .version = 1,
    .size = sizeof(struct op_window_agg),
    .init = window_init,
    .process = window_process,
    .on_mark = window_on_mark,
    .release = window_release,
    .state_bytes = window_state_bytes,
    .next_ms = window_next_ms,
    .restored = wr_window_agg_restored,
};
