/* SPDX-License-Identifier: Apache-2.0
 *
 * user_rows - functions of the program by row: map, flat_map and filter.
 *
 * What a row becomes has its kind and its watermark: the appender notes with each row which one it
 * was made of. A filter narrows the selection; nothing is copied. A row whose function fails is a
 * bad row; nothing of what it appended counts.
 *
 * Nothing is kept between batches.
 */
#include "analyze/user_node.h"
#include "base/mem.h"
#include "expr/appender.h"
#include "op/op.h"

struct op_user_rows {
	struct wr_op op;
	struct weir_result in;    /* views of the input's rows */
	struct weir_appender out; /* MAP, FLAT_MAP */
	struct wr_arena arena;    /* texts of errors; empty between rows */
};

static wr_status *rows_init(struct wr_op *op)
{
	struct op_user_rows *self = (struct op_user_rows *)op;
	const struct wr_node *node = op->node;

	wr_arena_init(&self->arena);
	WR_TRY(wr_result_init(&self->in, &node->input[0]->schema,
			      node->input[0]->traits.changes != WR_CHANGES_INSERT,
			      op->env->zone_id));
	if (node->u.user.op->kind == WR_U_FILTER)
		return NULL;
	WR_TRY(wr_appender_init(&self->out, &node->schema, op->env->zone_id,
				WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX)));
	self->out.mark_rows = true;
	return NULL;
}

/* A row whose function failed; `why` is taken over; NULL: it did not say. */
static wr_status *row_failed(struct op_user_rows *self, uint32_t row, wr_status *why)
{
	const struct wr_op *op = &self->op;
	const struct wr_user_op *user = op->node->u.user.op;
	struct wr_eval_error error = {.row = row};
	wr_status *status;

	error.text = wr_arena_printf(&self->arena, "%s '%s': %s", wr_node_str(op->node), user->name,
				     why != NULL ? why->text : "The function failed");
	status = op->env->row_error(op->env, op, &error);
	wr_status_free(why);
	wr_arena_reset(&self->arena);
	return status;
}

/* --- filter */

static wr_status *filter_process(struct op_user_rows *self, struct wr_batch *batch)
{
	const struct wr_user_op *user = self->op.node->u.user.op;
	struct weir_row row = {.result = &self->in, .batch = batch};
	uint32_t count = wr_batch_count(batch), kept = 0;
	uint32_t *sel = batch->sel != NULL ? batch->sel : wr_malloc(count * sizeof *sel);
	wr_status *status = NULL;

	for (uint32_t i = 0; i < count && status == NULL; i++) {
		int keep;

		row.row = wr_batch_row(batch, i);
		keep = user->u.rows.keep(user->u.rows.user, &row);
		if (keep < 0)
			status = row_failed(self, row.row, NULL);
		else if (keep > 0)
			sel[kept++] = row.row;
	}
	batch->sel = sel;
	batch->sel_count = kept;
	if (status == NULL && kept > 0)
		return wr_out_emit(&self->op.out, batch);
	wr_batch_free(batch);
	return status;
}

/* --- map and flat_map */

/* Output rows [from, from + count) with what goes along with the rows they were made of. */
static struct wr_batch *rows_made(const struct op_user_rows *self, const struct wr_batch *batch,
				  struct wr_batch *made)
{
	const int64_t *mark = self->out.marks;

	made->watermark = batch->watermark;
	made->ingest_us = batch->ingest_us;
	for (uint32_t i = 0; batch->traced != NULL && i < made->rows; i++) {
		struct wr_row_trace *trace = wr_traced_find(batch->traced, (uint32_t)mark[i]);

		if (trace != NULL)
			wr_traced_add(&made->traced, i, wr_row_trace_ref(trace));
	}
	if (batch->row_watermark != NULL) {
		made->row_watermark = wr_malloc(made->rows * sizeof *made->row_watermark);
		for (uint32_t i = 0; i < made->rows; i++)
			made->row_watermark[i] = batch->row_watermark[mark[i]];
	}
	if (batch->kind != NULL) {
		uint8_t *kind = wr_batch_kinds(made);

		for (uint32_t i = 0; i < made->rows; i++)
			kind[i] = batch->kind[mark[i]];
	}
	return made;
}

/* Hands on what has been appended; a row may have become more than a batch. */
static wr_status *rows_emit(struct op_user_rows *self, const struct wr_batch *batch)
{
	struct wr_batch *made = wr_appender_take(&self->out);
	uint32_t limit = self->out.rows_max;
	wr_status *status = NULL;

	if (made == NULL)
		return NULL;
	rows_made(self, batch, made);
	if (made->rows <= limit)
		return wr_out_emit(&self->op.out, made);
	for (uint32_t from = 0; from < made->rows && status == NULL; from += limit)
		status = wr_out_emit(&self->op.out,
				     wr_batch_slice(made, from, WR_MIN(limit, made->rows - from)));
	wr_batch_free(made);
	return status;
}

/* Calls the function for a row. */
static wr_status *row_call(struct op_user_rows *self, const struct weir_row *row)
{
	const struct wr_user_op *user = self->op.node->u.user.op;
	struct weir_appender *out = &self->out;
	uint32_t before = out->rows, made;
	wr_status *why;
	int answer;

	out->mark = row->row;
	answer = user->u.rows.row(user->u.rows.user, row, out);
	made = out->rows - before;
	why = wr_appender_mistake(out);
	if (answer == 0 && why == NULL && user->kind == WR_U_MAP && made != 1)
		why = wr_status_new(WR_USER_ERROR, "The function appended %u rows in place of one",
				    made);
	if (WR_LIKELY(answer == 0 && why == NULL))
		return NULL;
	out->rows = before;
	weir_append_undo(out);
	return row_failed(self, row->row, why);
}

static wr_status *rows_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_user_rows *self = (struct op_user_rows *)op;
	struct weir_row row = {.result = &self->in, .batch = batch};
	uint32_t count = wr_batch_count(batch);
	wr_status *status = NULL;

	WR_ASSERT(input == 0);
	if (op->node->u.user.op->kind == WR_U_FILTER)
		return filter_process(self, batch);
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		row.row = wr_batch_row(batch, i);
		status = row_call(self, &row);
		if (status == NULL && self->out.rows >= self->out.rows_max)
			status = rows_emit(self, batch);
	}
	if (status == NULL)
		status = rows_emit(self, batch);
	wr_batch_free(batch);
	return status;
}

static void rows_release(struct wr_op *op)
{
	struct op_user_rows *self = (struct op_user_rows *)op;

	wr_appender_release(&self->out);
	wr_result_release(&self->in);
	wr_arena_release(&self->arena);
}

const struct wr_op_type wr_op_user_rows = {
    .name = "user_rows",
    .version = 1,
    .size = sizeof(struct op_user_rows),
    .keeps_rows = true,
    .init = rows_init,
    .process = rows_process,
    .release = rows_release,
};
