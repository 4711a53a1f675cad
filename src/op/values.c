/* SPDX-License-Identifier: Apache-2.0
 *
 * values - constant rows (VALUES, a SELECT without FROM): emitted at the first mark, once. How far
 * it has come is remembered, so that a job that goes on from a checkpoint does not repeat them.
 *
 * The rows are evaluated column by column when the operator starts; a row that fails to evaluate
 * fails the job.
 */
#include "op/op.h"

#include "base/mem.h"

struct op_values {
	struct wr_op op;
	uint32_t next; /* first row that has not been emitted */
};

static void values_save(struct wr_op *op, struct wr_snapshot_out *out)
{
	wr_value_put_number(wr_op_put_begin(out, NULL, 0), ((const struct op_values *)op)->next);
	wr_op_put_end(out);
}

static wr_status *values_load(struct wr_op *op, const struct wr_op_record *record)
{
	struct op_values *self = (struct op_values *)op;
	int64_t next;

	if (!wr_value_number(record->value->field[0], &next) || next < 0 ||
	    next > op->node->u.values.row_count)
		return wr_status_new(WR_FATAL, "The rows emitted by VALUES are damaged");
	self->next = WR_MAX(self->next, (uint32_t)next);
	return NULL;
}

static wr_status *values_init(struct wr_op *op)
{
	static const struct wr_state_field field = {.name = "emitted", .kind = WR_FIELD_NUMBER};
	static const struct wr_state_codec codec = {.field_count = 1, .field = &field};
	struct wr_state_decl decl = {
	    .name = "progress", .meaning = op->node->state_name, .codec = &codec};

	wr_op_extra(op, &decl, values_save, values_load);
	return NULL;
}

static wr_status *values_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	WR_REQUIRE(!"values has no input");
	return NULL;
}

/* The cells [from, from + count) of one column as a column. */
static wr_status *values_column(struct op_values *self, uint32_t column, uint32_t from,
				uint32_t count, struct wr_column **out)
{
	const struct wr_node *node = self->op.node;
	struct wr_builder *builder = wr_builder_new(node->schema.field[column].type, count);
	wr_status *status = NULL;

	for (uint32_t i = 0; i < count && status == NULL; i++) {
		const struct wr_expr *cell =
		    node->u.values.expr[(from + i) * node->schema.count + column];
		struct wr_column *value = NULL;

		status = wr_expr_evaluate(cell, self->op.env->zone_id, &value);
		if (status == NULL)
			wr_builder_append(builder, value, 0);
		wr_column_unref(value);
	}
	if (status == NULL)
		*out = wr_builder_finish(builder);
	wr_builder_free(builder);
	return status;
}

static wr_status *values_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_values *self = (struct op_values *)op;
	const struct wr_node *node = op->node;
	uint32_t left = node->u.values.row_count - self->next;
	uint32_t count = WR_MIN(left, op->env->batch_rows_max);
	struct wr_batch *batch;

	if (count == 0)
		return NULL;
	batch = wr_batch_new(node->schema.count, count);
	for (uint32_t c = 0; c < node->schema.count; c++) {
		wr_status *status = values_column(self, c, self->next, count, &batch->column[c]);

		if (status != NULL) {
			wr_batch_free(batch);
			return wr_status_place(status, node->pos);
		}
	}
	self->next += count;
	*more = count < left;
	return wr_out_emit(&op->out, batch);
}

static void values_release(struct wr_op *op)
{
}

const struct wr_op_type wr_op_values = {
    .name = "values",
    .version = 1,
    .size = sizeof(struct op_values),
    .init = values_init,
    .process = values_process,
    .on_mark = values_on_mark,
    .release = values_release,
};
