/* SPDX-License-Identifier: Apache-2.0
 *
 * source_decode - a block becomes batches of the scan's columns, with the watermarks that the block
 * has by itself.
 *
 * All that one reader would know from before the block comes later, with the carry. What cannot be
 * read or evaluated is put on the block's list of bad records, in order; it is reported when line
 * numbers are known.
 *
 * Thread: the worker that has the block.
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "runtime/bad_row.h"
#include "runtime/source_inner.h"

/* Appends a decoded batch to the block's list; `row`: rows of the block before it. */
static void source_add_batch(struct wr_source_task *task, struct wr_batch *batch, uint64_t row)
{
	if (task->batch_count == task->batch_capacity) {
		task->batch_capacity = task->batch_capacity == 0 ? 16 : task->batch_capacity * 2;
		task->batch = wr_realloc(task->batch, task->batch_capacity * sizeof *task->batch);
		task->batch_row =
		    wr_realloc(task->batch_row, task->batch_capacity * sizeof *task->batch_row);
	}
	task->batch_row[task->batch_count] = row;
	task->batch[task->batch_count++] = batch;
}

/* Rows whose evaluation failed leave the batch; they are reported with the block's bad records. */
static void source_eval_errors(struct wr_source_task *task, struct wr_eval *eval,
			       struct wr_batch *batch)
{
	uint32_t kept = 0, next = 0, rows = wr_batch_count(batch);
	uint64_t *first = &task->batch_row[task->batch_count - 1];
	uint32_t *sel;

	if (eval->error_count == 0)
		return;
	sel = wr_malloc((rows + 1) * sizeof *sel);
	for (uint32_t i = 0; i < rows; i++) {
		if (next < eval->error_count && eval->error[next].row == i)
			wr_bad_row_failed(task, *first + i, &eval->error[next++]);
		else
			sel[kept++] = wr_batch_row(batch, i);
	}
	*first = UINT64_MAX;
	wr_free(batch->sel);
	batch->sel = sel;
	batch->sel_count = kept;
}

/* Replaces the decoded columns by the scan's output columns. */
static wr_status *source_project(struct wr_source_task *task, struct wr_batch *batch)
{
	uint32_t count = task->shared->node->schema.count;
	struct wr_column **out;
	wr_status *status;

	if (task->program == NULL)
		return NULL;
	out = wr_calloc(count + 1, sizeof *out);
	status = wr_program_run(task->program, batch, out);
	if (status != NULL) {
		wr_free(out);
		return status;
	}
	for (uint32_t i = 0; i < batch->column_count; i++)
		wr_column_unref(batch->column[i]);
	wr_free(batch->column);
	batch->column = out;
	batch->column_count = count;
	source_eval_errors(task, wr_program_eval(task->program), batch);
	return NULL;
}

/* Milliseconds of a TIMESTAMP(_LTZ) column's row. */
static int64_t column_ms(const struct wr_column *column, uint32_t row)
{
	row &= column->mask;
	if (column->phys == WR_P_I64)
		return WR_DATA(column, int64_t)[row];
	wr_i128 ns = WR_DATA(column, wr_i128)[row];
	wr_i128 ms = ns / 1000000;

	return (int64_t)(ns < 0 && ms * 1000000 != ns ? ms - 1 : ms);
}

/* All times are there and near enough: one pass without a branch. false: they are to be looked at
 * one by one. */
static bool all_near(const struct wr_column *column, uint32_t rows)
{
	const int64_t *ms = column->data;
	uint64_t far = 0;

	if (column->valid != NULL || column->phys != WR_P_I64 || column->mask != UINT32_MAX)
		return false;
	for (uint32_t i = 0; i < rows; i++)
		far |=
		    (uint64_t)((uint64_t)ms[i] + WR_EVENT_TIME_MS_MAX > 2 * WR_EVENT_TIME_MS_MAX);
	return far == 0;
}

/* A NULL row time stops the job, as in Flink: its row could belong to any window; and so does one
 * so far away that windows around it would have no ends. It is reported with the block's bad
 * records. */
static void source_check_rowtime(struct wr_source_task *task, const struct wr_batch *batch)
{
	const struct wr_node *node = task->shared->node;
	const struct wr_column *column;
	uint64_t first = task->batch_row[task->batch_count - 1];

	if (node->u.scan.rowtime < 0)
		return;
	column = batch->column[node->u.scan.rowtime];
	if (column == NULL || all_near(column, batch->rows))
		return;
	for (uint32_t i = 0; i < batch->rows; i++) {
		bool valid = wr_column_is_valid(column, i);
		int64_t ms = valid ? column_ms(column, i) : 0;

		if (valid && ms >= -WR_EVENT_TIME_MS_MAX && ms <= WR_EVENT_TIME_MS_MAX)
			continue;
		struct wr_bad_record *bad =
		    wr_bad_row_add(task, first == UINT64_MAX ? first : first + i);
		bad->kind = "row-time";
		bad->column = node->schema.field[node->u.scan.rowtime].name;
		if (valid)
			snprintf(bad->text, sizeof bad->text, "%lld ms since 1970", (long long)ms);
		return;
	}
}

/* The connector has said the watermark before the rows, within the block. */
static void source_given_watermarks(struct wr_source_task *task, struct wr_batch *batch)
{
	int64_t high = task->watermark_ms;

	wr_batch_compact(batch);
	source_check_rowtime(task, batch);
	for (uint32_t i = 0; batch->row_watermark != NULL && i < batch->rows; i++) {
		high = WR_MAX(high, batch->row_watermark[i]);
		batch->row_watermark[i] = high;
	}
	if (batch->row_watermark == NULL)
		high = WR_MAX(high, batch->watermark);
	batch->watermark = high;
	task->watermark_ms = high;
}

/* Computes the block's own running watermark: row_watermark[i] = the highest value among the rows
 * before i, in this block. The carry is folded in later. */
static wr_status *source_watermarks(struct wr_source_task *task, struct wr_batch *batch)
{
	struct wr_column *value = NULL;
	uint32_t rows;
	int64_t high = task->watermark_ms;

	if (task->shared->node->u.scan.source_watermark) {
		source_given_watermarks(task, batch);
		return NULL;
	}
	if (task->watermark == NULL) {
		batch->watermark = WR_WATERMARK_MIN;
		return NULL;
	}
	wr_batch_compact(batch);
	rows = batch->rows;
	source_check_rowtime(task, batch);
	WR_TRY(wr_program_run(task->watermark, batch, &value));
	batch->row_watermark = wr_malloc((rows + 1) * sizeof *batch->row_watermark);
	for (uint32_t i = 0; i < rows; i++) {
		batch->row_watermark[i] = high;
		if (wr_column_is_valid(value, i)) {
			int64_t ms = column_ms(value, i);

			high = ms > high && ms > 0 ? ms : high;
		}
	}
	task->watermark_ms = high;
	wr_column_unref(value);
	return NULL;
}

/* Chance picks the rows whose way is traced, where the connector does not do so itself. */
static void source_trace(struct wr_source_task *task, struct wr_row_sampler *sampler,
			 struct wr_batch *batch)
{
	uint32_t rows = wr_batch_count(batch), next = 0;

	while ((next += wr_row_dice_next(&task->dice, sampler, rows - next)) < rows) {
		struct wr_trace_span span;

		if (wr_row_sampler_begin(sampler, &span, task->shared->host.table, NULL))
			wr_traced_add(&batch->traced, wr_batch_row(batch, next),
				      wr_row_trace_new(&span));
		next++;
	}
}

wr_status *wr_source_decode(struct wr_source_task *task)
{
	struct wr_row_sampler *sampler =
	    task->shared->connector->traces ? NULL : task->shared->host.host.traces;

	const struct wr_connector *connector = task->shared->connector;
	uint64_t rows = task->rows;

	task->watermark_ms = WR_WATERMARK_MIN;
	for (;;) {
		struct wr_batch *batch = NULL;
		uint64_t before = task->block->range.rows;

		WR_TRY(connector->decode(task->reader, task->block, &batch));
		if (batch == NULL)
			break;
		if (batch->rows == 0) {
			wr_batch_free(batch);
			continue;
		}
		source_add_batch(task, batch, before);
		task->rows += wr_batch_count(batch);
		WR_TRY(source_project(task, batch));
		WR_TRY(source_watermarks(task, batch));
		if (sampler != NULL)
			source_trace(task, sampler, batch);
	}
	if (task->shared->node->u.scan.source_watermark)
		task->watermark_ms = WR_MAX(task->watermark_ms, task->block->watermark_ms);
	wr_source_settle(task, task->rows - rows);
	wr_bad_row_sort(&task->block->range.bad);
	return NULL;
}
