/* SPDX-License-Identifier: Apache-2.0
 *
 * window_offset - tumbling windows with an offset that is not a multiple of their size, with
 * Flink's answer.
 *
 * Flink aggregates such windows in two phases, each behind a buffer that is emptied when the
 * watermark passes a multiple of the window size, not counting the offset. A window that ends
 * between two such moments has fired before the rest of its rows arrives, and those rows are lost
 * there. Results must be equal (P2), but nothing may be lost silently (P3): here the same rows
 * count as late, and go where late rows go.
 *
 * What decides is the order of rows and watermarks of the whole stream, so such an aggregate runs
 * on one worker and gets the watermark of every row.
 *
 * The model, event by event (fired(E, W): window end E - 1 <= W):
 *   a row goes into the first buffer
 *   a watermark W (the one before: V) at or past `trigger`: trigger = the end of the size-aligned
 * interval that W lies in, less 1 ms; then first buffer:  if fired(its earliest end, W), its rows
 * leave: those with fired(E, V) are late, the others go into the second buffer second buffer: if
 * fired(its earliest end, W), its rows leave: those with fired(E, V) are late, the others are
 * folded
 *
 * Memory: the rows held; past HELD_ROWS_MAX both buffers are emptied early, as full buffers are
 * there.
 */
#include "base/mem.h"
#include "op/window_agg.h"

#define HELD_ROWS_MAX 1000000

bool wr_window_is_offset(const struct wr_node *node)
{
	const struct wr_window *window = node->u.agg.window;

	return window != NULL && !node->u.agg.attached && window->kind == WR_W_TUMBLE &&
	       node->u.agg.allowed_lateness_ms == 0 && window->offset_ms % window->size_ms != 0;
}

static int64_t next_trigger(int64_t watermark_ms, int64_t size_ms)
{
	int64_t trigger;

	if (watermark_ms == WR_WATERMARK_MAX)
		return watermark_ms;
	trigger = wr_window_start(watermark_ms, size_ms, 0) + size_ms - 1;
	return trigger > watermark_ms ? trigger : trigger + size_ms;
}

static int64_t row_end(const struct op_window_agg *self, int64_t ms)
{
	return wr_window_start(ms, self->window.size_ms, self->window.offset_ms) +
	       self->window.size_ms;
}

/* Sends rows of a batch to where late rows go. */
static wr_status *too_late(struct op_window_agg *self, const struct wr_batch *batch,
			   const uint32_t *row, const int64_t *end, uint32_t count)
{
	if (count == 0)
		return NULL;
	wr_count(&self->op.late_rows, count);
	return self->op.env->late(self->op.env, &self->op, batch, row, end, count);
}

/* Appends a batch whose earliest window end is `first_end`. */
static void held_add(struct wr_window_held *held, struct wr_batch *batch, int64_t first_end)
{
	if (held->count == held->capacity) {
		held->capacity = WR_MAX(8, 2 * held->capacity);
		held->batch = wr_realloc(held->batch, held->capacity * sizeof *held->batch);
	}
	held->batch[held->count++] = batch;
	held->rows += batch->rows;
	held->first_end = WR_MIN(held->first_end, first_end);
}

/* Puts rows of a batch into a buffer. */
static void hold(struct wr_window_held *held, const struct wr_batch *batch, const uint32_t *row,
		 const int64_t *end, uint32_t count)
{
	int64_t first_end = INT64_MAX;

	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++)
		first_end = WR_MIN(first_end, end[row[i]]);
	held_add(held, wr_batch_gather(batch, row, count), first_end);
}

void wr_window_offset_hold(struct op_window_agg *self, uint32_t phase, struct wr_batch *batch)
{
	int64_t *end = wr_malloc(((size_t)batch->rows + 1) * sizeof *end), first_end = INT64_MAX;

	wr_window_times(batch->column[self->time_column], batch->rows, end);
	for (uint32_t i = 0; i < batch->rows; i++)
		first_end = WR_MIN(first_end, row_end(self, end[i]));
	held_add(&self->held[phase], batch, first_end);
	wr_free(end);
}

/* One held batch leaves its buffer: late rows out, the others to the next buffer, or folded when
 * there is none. */
static wr_status *release_batch(struct op_window_agg *self, struct wr_window_held *next,
				const struct wr_batch *batch, int64_t before_ms)
{
	size_t room = (size_t)batch->rows + 1;
	int64_t *end = wr_malloc(2 * room * sizeof *end), *late_end = end + room;
	uint32_t *late = wr_malloc(2 * room * sizeof *late), *now = late + room, late_count = 0,
		 now_count = 0;
	wr_status *status;

	wr_window_times(batch->column[self->time_column], batch->rows, end);
	for (uint32_t i = 0; i < batch->rows; i++) {
		end[i] = row_end(self, end[i]);
		if (wr_window_fired(end[i], before_ms)) {
			late_end[late_count] = end[i];
			late[late_count++] = i;
		} else {
			now[now_count++] = i;
		}
	}
	status = too_late(self, batch, late, late_end, late_count);
	if (status == NULL && next != NULL)
		hold(next, batch, now, end, now_count);
	else if (status == NULL)
		status = wr_window_agg_fold(self, batch, end, now, now_count);
	wr_free(end);
	wr_free(late);
	return status;
}

static wr_status *release_all(struct op_window_agg *self, uint32_t phase, int64_t before_ms)
{
	struct wr_window_held held = self->held[phase];
	wr_status *status = NULL;

	self->held[phase] = (struct wr_window_held){.first_end = INT64_MAX};
	for (uint32_t i = 0; i < held.count; i++) {
		if (status == NULL)
			status = release_batch(self, phase == 0 ? &self->held[1] : NULL,
					       held.batch[i], before_ms);
		wr_batch_free(held.batch[i]);
	}
	wr_free(held.batch);
	return status;
}

wr_status *wr_window_offset_watermark(struct op_window_agg *self, int64_t watermark_ms)
{
	int64_t before_ms = self->seen_ms;

	if (watermark_ms == WR_WATERMARK_MIN || watermark_ms <= before_ms)
		return NULL;
	self->seen_ms = watermark_ms;
	if (watermark_ms < self->trigger_ms)
		return NULL;
	self->trigger_ms = next_trigger(watermark_ms, self->window.size_ms);
	for (uint32_t phase = 0; phase < 2; phase++)
		if (self->held[phase].count > 0 &&
		    wr_window_fired(self->held[phase].first_end, watermark_ms))
			WR_TRY(release_all(self, phase, before_ms));
	return NULL;
}

wr_status *wr_window_offset_rows(struct op_window_agg *self, const struct wr_batch *batch)
{
	size_t room = (size_t)batch->rows + 1;
	int64_t *end = wr_malloc(room * sizeof *end);
	uint32_t *row = wr_malloc(room * sizeof *row), count = 0;
	wr_status *status = NULL;

	wr_window_times(batch->column[self->time_column], batch->rows, end);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		int64_t watermark_ms = wr_batch_watermark(batch, i);

		end[i] = row_end(self, end[i]);
		if (watermark_ms > self->seen_ms) {
			hold(&self->held[0], batch, row, end, count);
			count = 0;
			status = wr_window_offset_watermark(self, watermark_ms);
		}
		row[count++] = i;
	}
	hold(&self->held[0], batch, row, end, count);
	if (status == NULL && self->held[0].rows + self->held[1].rows > HELD_ROWS_MAX)
		for (uint32_t phase = 0; phase < 2 && status == NULL; phase++)
			status = release_all(self, phase, self->seen_ms);
	wr_free(end);
	wr_free(row);
	return status;
}

void wr_window_offset_release(struct op_window_agg *self)
{
	for (uint32_t phase = 0; phase < 2; phase++) {
		for (uint32_t i = 0; i < self->held[phase].count; i++)
			wr_batch_free(self->held[phase].batch[i]);
		wr_free(self->held[phase].batch);
	}
}
