/* SPDX-License-Identifier: Apache-2.0
 *
 * window - the window table functions without aggregation: every row once per window it belongs to,
 * with window_start, window_end and window_time appended.
 *
 * TUMBLE, HOP and CUMULATE look at the row alone; nothing is kept and nothing is late. (SESSION
 * needs state: session_agg, or session_rows when rows themselves are asked for.)
 *
 * Output: the input's columns, window_start, window_end, window_time.
 */
#include "base/mem.h"
#include "data/zone.h"
#include "op/op.h"
#include "op/windowing.h"

struct op_window {
	struct wr_op op;
	struct wr_window window;
	struct wr_zone *zone; /* over TIMESTAMP_LTZ; NULL: none needed */
};

/* Rows being put together: the input row and the window of each output row. */
struct expansion {
	uint32_t *row;
	int64_t *start, *end, *time;
	uint32_t count;
};

static wr_status *window_init(struct wr_op *op)
{
	struct op_window *self = (struct op_window *)op;
	const struct wr_node *node = op->node;

	self->window = *node->u.window;
	if (node->input[0]->schema.field[self->window.time_column].type->kind == WR_TIMESTAMP_LTZ)
		return wr_zone_open(op->env->zone_id, &self->zone);
	return NULL;
}

static wr_status *expansion_emit(struct op_window *self, const struct wr_batch *batch,
				 struct expansion *expansion)
{
	const struct wr_schema *schema = &self->op.node->schema;
	uint32_t at = schema->count - 3, count = expansion->count;
	struct wr_batch *out = wr_batch_gather(batch, expansion->row, count);

	out->column = wr_realloc(out->column, schema->count * sizeof *out->column);
	out->column[at] = wr_window_time_column(schema->field[at].type, expansion->start, count);
	out->column[at + 1] =
	    wr_window_time_column(schema->field[at + 1].type, expansion->end, count);
	out->column[at + 2] =
	    wr_window_time_column(schema->field[at + 2].type, expansion->time, count);
	out->column_count = schema->count;
	wr_free(out->hash);
	out->hash = NULL;
	expansion->count = 0;
	return wr_out_emit(&self->op.out, out);
}

/* Appends the windows of one row, emitting when the batch is full. */
static wr_status *window_row(struct op_window *self, const struct wr_batch *batch, uint32_t row,
			     int64_t ms, struct expansion *expansion)
{
	int64_t slice_ms = wr_window_slice_ms(&self->window);
	int64_t slice_end = wr_window_start(ms, slice_ms, self->window.offset_ms) + slice_ms;
	struct wr_window_range range = {
	    .first_end = slice_end, .last_end = slice_end, .step_ms = 1};

	if (self->window.kind != WR_W_TUMBLE)
		range = wr_window_of_slice(&self->window, slice_end);
	for (int64_t end = range.first_end; end <= range.last_end; end += range.step_ms) {
		uint32_t i = expansion->count++;

		expansion->row[i] = row;
		expansion->start[i] = wr_window_start_of(&self->window, end);
		expansion->end[i] = end;
		expansion->time[i] =
		    self->zone != NULL ? wr_zone_to_utc(self->zone, end - 1) : end - 1;
		if (expansion->count == WR_MIN(self->op.env->batch_rows_max, WR_BATCH_ROWS_MAX))
			WR_TRY(expansion_emit(self, batch, expansion));
	}
	return NULL;
}

static wr_status *window_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_window *self = (struct op_window *)op;
	struct expansion expansion = {0};
	int64_t *times;
	wr_status *status = NULL;

	wr_batch_compact(batch);
	times = wr_malloc(((size_t)batch->rows + 1) * sizeof *times);
	expansion.row = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *expansion.row);
	expansion.start = wr_malloc((size_t)WR_BATCH_ROWS_MAX * 3 * sizeof *expansion.start);
	expansion.end = expansion.start + WR_BATCH_ROWS_MAX;
	expansion.time = expansion.end + WR_BATCH_ROWS_MAX;
	wr_window_times(batch->column[self->window.time_column], batch->rows, times);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		int64_t ms = self->zone != NULL ? wr_zone_to_local(self->zone, times[i]) : times[i];

		status = window_row(self, batch, i, ms, &expansion);
	}
	if (status == NULL && expansion.count > 0)
		status = expansion_emit(self, batch, &expansion);
	wr_free(times);
	wr_free(expansion.row);
	wr_free(expansion.start);
	wr_batch_free(batch);
	return status;
}

static void window_release(struct wr_op *op)
{
	wr_zone_close(((struct op_window *)op)->zone);
}

const struct wr_op_type wr_op_window = {
    .name = "window",
    .version = 1,
    .size = sizeof(struct op_window),
    .keeps_rows = true,
    .init = window_init,
    .process = window_process,
    .release = window_release,
};
