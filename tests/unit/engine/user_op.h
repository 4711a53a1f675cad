/* SPDX-License-Identifier: Apache-2.0
 *
 * user_op - operators of callbacks on their own, without a plan: a node made by hand, rows
 * (k, v, ts) and marks fed to it, and what it emits as texts.
 */
#ifndef WR_TEST_ENGINE_USER_OP_H
#define WR_TEST_ENGINE_USER_OP_H

#include "../op/restore_case.h"

#include "analyze/user_node.h"

/* An input: k BIGINT, v BIGINT, ts TIMESTAMP(3), by which event time goes. */
static inline struct wr_schema *input_schema(void)
{
	static struct wr_type ts;
	static struct wr_field field[3];
	static struct wr_schema schema = {3, field};

	ts = WR_T_TIMESTAMP3;
	ts.time = WR_TIME_EVENT;
	field[0] = (struct wr_field){"k", &WR_T_BIGINT};
	field[1] = (struct wr_field){"v", &WR_T_BIGINT};
	field[2] = (struct wr_field){"ts", &ts};
	return &schema;
}

/* A node, its inputs, and what it runs in. */
struct user_case {
	struct wr_user_op user;
	struct wr_node node, input[2];
	struct wr_node *inputs[2];
	struct wr_field out[8];
	struct op_plan plan;
};

static const uint32_t key_column[1] = {0};

/* A keyed node with BIGINT outputs. */
static inline void user_case_init(struct user_case *one, enum wr_user_kind kind, uint32_t inputs,
				  uint32_t outputs)
{
	static const char *const names[8] = {"a", "b", "c", "d", "e", "f", "g", "h"};

	*one = (struct user_case){0};
	for (uint32_t i = 0; i < inputs; i++) {
		one->input[i] = (struct wr_node){.kind = WR_N_VALUES, .schema = *input_schema()};
		one->input[i].traits.rowtime = 2;
		one->input[i].traits.distribution = WR_D_KEYS;
		one->input[i].traits.keys = (struct wr_column_set){1, key_column};
		one->inputs[i] = &one->input[i];
	}
	for (uint32_t i = 0; i < outputs; i++)
		one->out[i] = (struct wr_field){names[i], &WR_T_BIGINT};
	one->user = (struct wr_user_op){.kind = kind, .name = "test"};
	one->user.main = one->user.output = (struct wr_schema){outputs, one->out};
	one->node = (struct wr_node){.kind = WR_N_USER,
				     .schema = one->user.output,
				     .input_count = inputs,
				     .input = one->inputs,
				     .state_name = "test"};
	one->node.u.user.op = &one->user;
	for (uint32_t i = 0; i < inputs; i++)
		one->node.u.user.key[i] = key_column;
	one->node.u.user.key_count = 1;
	one->plan = (struct op_plan){.node = &one->node};
	one->plan.env = (struct wr_op_env){.workers = 1,
					   .batch_rows_max = 16,
					   .max_parallelism = 128,
					   .zone_id = "UTC",
					   .backend = &wr_state_memory,
					   .track = true,
					   .env = wr_env_system(),
					   .row_error = case_row_error,
					   .late = case_late,
					   .job = &one->plan};
}

/* A row and the watermark before it. */
struct event {
	int64_t k, v, ts, watermark;
};

/* Rows as a batch. */
static inline struct wr_batch *event_batch(const struct event *event, uint32_t count)
{
	const struct wr_schema *schema = input_schema();
	struct wr_batch *batch = wr_batch_new(3, count);
	struct wr_builder *builder[3];

	for (uint32_t c = 0; c < 3; c++)
		builder[c] = wr_builder_new(schema->field[c].type, 16);
	batch->row_watermark = wr_malloc((count + 1) * sizeof *batch->row_watermark);
	for (uint32_t i = 0; i < count; i++) {
		wr_builder_i64(builder[0], event[i].k);
		wr_builder_i64(builder[1], event[i].v);
		wr_builder_i64(builder[2], event[i].ts);
		batch->row_watermark[i] = event[i].watermark;
	}
	for (uint32_t c = 0; c < 3; c++) {
		batch->column[c] = wr_builder_finish(builder[c]);
		wr_builder_free(builder[c]);
	}
	return batch;
}

static inline wr_status *feed(struct fed_op *fed, uint32_t input, const struct event *event,
			      uint32_t count)
{
	wr_status *status = fed->op->type->process(fed->op, input, event_batch(event, count));

	while (status == NULL && fed->op->pending && !fed->op->waiting)
		status = fed->op->type->resume(fed->op);
	return status;
}

static inline void feed_mark(struct fed_op *fed, int64_t watermark, bool end)
{
	static uint64_t epoch;
	struct wr_mark mark = {.epoch = epoch++,
			       .watermark_ms = end ? WR_WATERMARK_MAX : watermark,
			       .flags = end ? WR_MARK_END : 0};

	mark_op(fed, &mark);
}

/* Everything emitted, sorted unless `ordered`, one row a line without kinds and watermarks. */
static inline void fed_text(struct fed_op *fed, bool ordered, struct wr_text *out)
{
	if (!ordered)
		for (uint32_t i = 0; i < fed->count; i++) {
			const char *from = strstr(wr_text_str(&fed->row[i]), " | ");
			char *copy = wr_strdup(from);

			wr_text_clear(&fed->row[i]);
			wr_text_puts(&fed->row[i], copy);
			wr_free(copy);
		}
	if (!ordered)
		sort_texts(fed->row, fed->count);
	for (uint32_t i = 0; i < fed->count; i++) {
		const char *row = strstr(wr_text_str(&fed->row[i]), " | ");

		wr_text_puts(out, row + 3);
		wr_text_putc(out, '\n');
	}
}

static inline void expect_rows(struct fed_op *fed, bool ordered, const char *want)
{
	struct wr_text text;

	wr_text_init(&text);
	fed_text(fed, ordered, &text);
	assert_string_equal(wr_text_str(&text), want);
	wr_text_release(&text);
	fed_clear(fed);
}

#endif
