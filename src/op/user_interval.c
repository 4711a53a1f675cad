/* SPDX-License-Identifier: Apache-2.0
 *
 * user_interval - the interval join whose pairs go to a callback (weir_interval_join): the inner
 * join of interval_join.c, which collects pairs as rows of both inputs; each such batch is shown to
 * the callback as two, row by row.
 *
 * Times: lower_ms <= time of right - time of left <= upper_ms; interval_join.c counts left - right.
 *
 * Saved: as interval_join.c does.
 */
#include "analyze/user_node.h"
#include "base/mem.h"
#include "expr/appender.h"
#include "op/interval_join.h"

struct op_user_interval {
	struct op_interval_join join;
	struct weir_result side[2]; /* how the callback sees rows of either input */
	struct weir_appender out;   /* what it appends */
	int64_t watermark_ms;       /* of the pairs at hand */
};

static wr_status *emit(struct op_user_interval *self)
{
	struct wr_batch *batch = wr_appender_take(&self->out);

	if (batch == NULL)
		return NULL;
	batch->watermark = self->watermark_ms;
	return wr_out_emit(&self->join.op.out, batch);
}

static wr_status *out_full(void *user, struct weir_appender *out)
{
	(void)out;
	return emit(user);
}

/* The callback has failed, or has appended what cannot be. */
static wr_status *fault(struct op_user_interval *self, bool failed)
{
	wr_status *mistake = wr_appender_mistake(&self->out);

	if (mistake != NULL || !failed)
		return mistake;
	return wr_status_new(WR_USER_ERROR, "The callback of interval join '%s' has failed",
			     self->join.op.node->u.user.op->name);
}

/* wr_join_writer.take: shows the pairs to the callback. */
static wr_status *take_pairs(struct wr_join_writer *writer, struct wr_batch *pairs)
{
	struct op_user_interval *self = (struct op_user_interval *)writer->op;
	const struct wr_user_op *user = writer->op->node->u.user.op;
	uint32_t left = writer->side[0].columns;
	struct wr_batch half[2] = {*pairs, *pairs};
	struct weir_row row[2];
	wr_status *status = NULL;

	half[0].column_count = left;
	half[1].column = pairs->column + left;
	half[1].column_count = pairs->column_count - left;
	self->watermark_ms = pairs->watermark;
	for (uint32_t s = 0; s < 2; s++)
		row[s] = (struct weir_row){.result = &self->side[s], .batch = &half[s]};
	for (uint32_t i = 0; i < pairs->rows && status == NULL; i++) {
		bool failed;

		row[0].row = row[1].row = i;
		failed =
		    user->u.interval.join(user->u.interval.user, &row[0], &row[1], &self->out) != 0;
		if (failed || self->out.bad || self->out.at > 0 || self->out.mistake != NULL)
			status = fault(self, failed);
	}
	if (status == NULL)
		status = emit(self);
	wr_batch_free(pairs);
	return status;
}

static wr_status *user_init(struct wr_op *op)
{
	struct op_user_interval *self = (struct op_user_interval *)op;
	const struct wr_node *node = op->node;
	const struct wr_user_op *user = node->u.user.op;
	int32_t left = wr_user_time_column(&node->input[0]->schema);
	int32_t right = wr_user_time_column(&node->input[1]->schema);
	struct wr_interval_join_config config = {
	    .interval = {.left_time = (uint32_t)left,
			 .right_time = (uint32_t)right,
			 .lower_ms = -user->u.interval.upper_ms,
			 .upper_ms = -user->u.interval.lower_ms},
	    .key = {node->u.user.key[0], node->u.user.key[1]},
	    .key_count = node->u.user.key_count,
	    .join = WR_J_INNER};

	if (left < 0 || right < 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, node->pos,
				 "Interval join '%s': the %s stream has no event time", user->name,
				 left < 0 ? "left" : "right"),
		    "Keep the column of WATERMARK FOR in the columns of both streams");
	for (uint32_t s = 0; s < 2; s++)
		WR_TRY(wr_result_init(&self->side[s], &node->input[s]->schema, false,
				      op->env->zone_id));
	WR_TRY(wr_appender_init(&self->out, &node->schema, op->env->zone_id,
				WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX)));
	self->out.full = out_full;
	self->out.user = self;
	WR_TRY(wr_interval_join_open(&self->join, &config, NULL));
	self->join.writer.take = take_pairs;
	return NULL;
}

static void user_release(struct wr_op *op)
{
	struct op_user_interval *self = (struct op_user_interval *)op;

	wr_interval_join_release(op);
	wr_appender_release(&self->out);
	for (uint32_t s = 0; s < 2; s++)
		wr_result_release(&self->side[s]);
}

const struct wr_op_type wr_op_user_interval = {
    .name = "interval_join",
    .version = 1,
    .size = sizeof(struct op_user_interval),
    .init = user_init,
    .process = wr_interval_join_process,
    .on_mark = wr_interval_join_on_mark,
    .restored = wr_interval_join_restored,
    .release = user_release,
    .state_bytes = wr_interval_join_bytes,
};
