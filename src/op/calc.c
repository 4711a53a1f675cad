/* SPDX-License-Identifier: Apache-2.0
 *
 * calc - filter and projection in one, over batches.
 *
 * The condition narrows the selection; the expressions are then computed for the selected rows
 * only, densely. A row whose evaluation fails goes to the job's error handling and leaves the
 * batch. Row kinds and watermarks stay with their rows. A changed row's -U and +U may get different
 * fates from the filter: what they add up to stays right.
 */
#include "op/op.h"

#include "base/mem.h"

struct op_calc {
	struct wr_op op;
	struct wr_program *condition; /* NULL: none */
	struct wr_program *project;   /* NULL: columns pass as they are */
};

static wr_status *calc_init(struct wr_op *op)
{
	struct op_calc *self = (struct op_calc *)op;
	const struct wr_node *node = op->node;
	uint32_t columns = node->input[0]->schema.count;

	if (node->u.calc.condition != NULL)
		WR_TRY(wr_program_clocked((struct wr_expr *const *)&node->u.calc.condition, 1,
					  columns, op->env->zone_id, op->env->env,
					  &self->condition));
	if (node->u.calc.expr != NULL)
		WR_TRY(wr_program_clocked(node->u.calc.expr, node->schema.count, columns,
					  op->env->zone_id, op->env->env, &self->project));
	return NULL;
}

/* Tells the evaluator where the stream stands, for CURRENT_WATERMARK. */
static struct wr_eval *calc_eval(struct wr_program *program, const struct wr_batch *batch)
{
	struct wr_eval *eval = wr_program_eval(program);

	eval->context.watermark = batch->watermark;
	eval->context.row_watermark = batch->row_watermark;
	return eval;
}

static wr_status *calc_report(struct op_calc *self, const struct wr_eval *eval)
{
	for (uint32_t i = 0; i < eval->error_count; i++)
		WR_TRY(self->op.env->row_error(self->op.env, &self->op, &eval->error[i]));
	return NULL;
}

/* Narrows the selection to the rows that the condition keeps. */
static wr_status *calc_filter(struct op_calc *self, struct wr_batch *batch)
{
	struct wr_eval *eval = calc_eval(self->condition, batch);
	uint32_t *sel = wr_malloc(((size_t)batch->rows + 1) * sizeof *sel), count = 0;
	wr_status *status = wr_program_filter(self->condition, batch, sel, &count);

	wr_free(batch->sel);
	batch->sel = sel;
	batch->sel_count = count;
	return status != NULL ? status : calc_report(self, eval);
}

/* Puts the computed columns in place of the input's; they are dense over the selected rows. */
static void calc_replace(struct wr_batch *batch, struct wr_column **column, uint32_t count)
{
	uint32_t rows = wr_batch_count(batch);

	if (batch->sel != NULL) {
		for (uint32_t i = 0; i < rows; i++) {
			uint32_t row = batch->sel[i];

			if (batch->kind != NULL)
				batch->kind[i] = batch->kind[row];
			if (batch->row_watermark != NULL)
				batch->row_watermark[i] = batch->row_watermark[row];
		}
		if (batch->traced != NULL) {
			struct wr_traced *kept = wr_traced_gather(batch->traced, batch->sel, rows);

			wr_traced_free(batch->traced);
			batch->traced = kept;
		}
		wr_free(batch->sel);
		batch->sel = NULL;
	}
	for (uint32_t i = 0; i < batch->column_count; i++)
		wr_column_unref(batch->column[i]);
	wr_free(batch->column);
	wr_free(batch->hash);
	batch->hash = NULL;
	batch->column = column;
	batch->column_count = count;
	batch->rows = rows;
}

/* Takes the failed rows out of a dense batch. */
static wr_status *calc_drop_failed(struct op_calc *self, const struct wr_eval *eval,
				   struct wr_batch *batch)
{
	uint32_t next = 0;

	if (eval->error_count == 0)
		return NULL;
	batch->sel = wr_malloc(((size_t)batch->rows + 1) * sizeof *batch->sel);
	batch->sel_count = 0;
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (next < eval->error_count && eval->error[next].row == i)
			next++;
		else
			batch->sel[batch->sel_count++] = i;
	}
	return calc_report(self, eval);
}

static wr_status *calc_project(struct op_calc *self, struct wr_batch *batch)
{
	uint32_t count = self->op.node->schema.count;
	struct wr_eval *eval = calc_eval(self->project, batch);
	struct wr_column **column = wr_calloc(count + 1, sizeof *column);
	wr_status *status = wr_program_run(self->project, batch, column);

	if (status != NULL) {
		wr_free(column);
		return status;
	}
	calc_replace(batch, column, count);
	return calc_drop_failed(self, eval, batch);
}

static wr_status *calc_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_calc *self = (struct op_calc *)op;
	wr_status *status = NULL;

	WR_ASSERT(input == 0);
	if (self->condition != NULL)
		status = calc_filter(self, batch);
	if (status == NULL && wr_batch_count(batch) > 0 && self->project != NULL)
		status = calc_project(self, batch);
	if (status == NULL && wr_batch_count(batch) > 0)
		return wr_out_emit(&op->out, batch);
	wr_batch_free(batch);
	return status;
}

static void calc_release(struct wr_op *op)
{
	struct op_calc *self = (struct op_calc *)op;

	wr_program_free(self->condition);
	wr_program_free(self->project);
}

const struct wr_op_type wr_op_calc = {
    .name = "calc",
    .version = 1,
    .size = sizeof(struct op_calc),
    .keeps_rows = true,
    .init = calc_init,
    .process = calc_process,
    .release = calc_release,
};
