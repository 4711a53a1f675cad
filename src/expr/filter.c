/* SPDX-License-Identifier: Apache-2.0
 *
 * filter - a condition straight to a selection vector.
 *
 * The conjuncts of the condition are cut into stages. Cheap ones next to each other (comparisons of
 * fixed-width columns) form one stage: computing all of them for every row is faster than keeping
 * books. One that is dear or may fail is a stage of its own and sees only the rows that have passed
 * what stands before it. Each stage is a program of its own over the columns that it reads.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/limits.h"
#include "expr/steps.h"

struct wr_filter {
	uint32_t stage_count;      /* programs */
	struct wr_program **stage; /* owned */
	uint32_t *origin;  /* run rows behind those that passed, when the batch has a selection */
	uint32_t capacity; /* slots at origin */
};

void wr_filter_free(struct wr_filter *filter)
{
	if (filter == NULL)
		return;
	for (uint32_t i = 0; i < filter->stage_count; i++)
		wr_program_free(filter->stage[i]);
	wr_free(filter->stage);
	wr_free(filter->origin);
	wr_free(filter);
}

/* Whether the conjunct may run for all rows together with its neighbours. */
static bool is_cheap(const struct wr_expr *expr)
{
	if (expr->traits & (WR_EX_FAILS | WR_EX_EXPENSIVE | WR_EX_DYNAMIC) || expr->size > 12)
		return false;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		if (expr->arg[i]->type != NULL && wr_type_phys(expr->arg[i]->type) >= WR_P_STR)
			return false;
	return true;
}

static wr_status *filter_new(struct wr_program *program, struct wr_filter **out)
{
	struct wr_filter *filter = wr_calloc(1, sizeof *filter);
	struct wr_expr *condition = program->expr[0];
	bool is_and = condition->kind == WR_E_AND;
	struct wr_expr **part = is_and ? condition->arg : &condition;
	uint32_t count = is_and ? condition->arg_count : 1;
	wr_status *status = NULL;

	filter->stage = wr_calloc(count, sizeof *filter->stage);
	for (uint32_t i = 0; i < count && status == NULL;) {
		uint32_t n = 1;
		while (is_cheap(part[i]) && i + n < count && is_cheap(part[i + n]))
			n++;
		status =
		    wr_program_compile(part + i, n, program->column_count, program->pool.zone_id,
				       false, &filter->stage[filter->stage_count]);
		if (status == NULL)
			filter->stage_count++;
		i += n;
	}
	if (status != NULL) {
		wr_filter_free(filter);
		filter = NULL;
	}
	*out = filter;
	return status;
}

/* keep[i] &= row i is TRUE */
WR_MULTIVERSION static void keep_true(const struct wr_column *column, uint8_t *restrict keep,
				      uint32_t rows)
{
	const uint8_t *restrict value = column->data;
	const uint8_t *restrict valid = column->valid;

	if (column->is_const) {
		uint8_t pass = value[0] && (valid == NULL || valid[0]);
		if (!pass)
			memset(keep, 0, rows);
	} else if (valid == NULL) {
		for (uint32_t i = 0; i < rows; i++)
			keep[i] &= value[i];
	} else {
		for (uint32_t i = 0; i < rows; i++)
			keep[i] &= value[i] & valid[i];
	}
}

/* Lists the set bytes: index[] gets their positions and has room for rows + 8. Eight at a time:
 * most filters keep few rows, or nearly all. */
static uint32_t list_kept(const uint8_t *keep, uint32_t rows, uint32_t *index)
{
	uint32_t n = 0, i = 0;

	for (; i + 8 <= rows; i += 8) {
		uint64_t eight;
		memcpy(&eight, keep + i, 8);
		if (eight == 0)
			continue;
		if (eight == UINT64_C(0x0101010101010101)) {
			for (uint32_t k = 0; k < 8; k++)
				index[n + k] = i + k;
			n += 8;
			continue;
		}
		for (uint32_t k = i; k < i + 8; k++) {
			index[n] = k;
			n += keep[k];
		}
	}
	for (; i < rows; i++) {
		index[n] = i;
		n += keep[i];
	}
	return n;
}

/* Copies the errors of a stage; origin: run rows behind the stage's rows, NULL: the same. */
static void take_errors(struct wr_program *program, const struct wr_program *stage,
			const uint32_t *origin)
{
	struct wr_eval *eval = &program->eval;

	for (uint32_t i = 0; i < stage->eval.error_count; i++) {
		if (eval->error_count == eval->error_capacity) {
			eval->error_capacity =
			    eval->error_capacity == 0 ? 16 : eval->error_capacity * 2;
			eval->error =
			    wr_realloc(eval->error, eval->error_capacity * sizeof *eval->error);
		}
		const struct wr_eval_error *from = &stage->eval.error[i];
		eval->error[eval->error_count++] = (struct wr_eval_error){
		    .row = origin != NULL ? origin[from->row] : from->row,
		    .expr = from->expr,
		    .reason = from->reason,
		    .text = from->text != NULL ? wr_arena_strdup(&eval->arena, from->text) : NULL};
	}
}

/* Narrows sel (and origin) to the rows of the stage that are listed in index. */
static void take_rows(struct wr_filter *filter, const struct wr_batch *batch, bool whole,
		      const uint32_t *index, uint32_t count, uint32_t *sel)
{
	if (batch->sel == NULL) {
		for (uint32_t i = 0; i < count; i++)
			sel[i] = whole ? index[i] : sel[index[i]];
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		filter->origin[i] = whole ? index[i] : filter->origin[index[i]];
		sel[i] = whole ? batch->sel[index[i]] : sel[index[i]];
	}
}

/* Runs one stage over the rows that passed: those in sel[0..*passed), or all of the batch when
 * `whole`. Narrows them. */
static wr_status *run_stage(struct wr_program *program, struct wr_program *stage,
			    const struct wr_batch *batch, bool whole, uint32_t *sel,
			    uint32_t *passed)
{
	struct wr_filter *filter = program->filter;
	struct wr_batch view = *batch;
	struct wr_arena *arena = &program->eval.arena;
	struct wr_column **result = WR_NEW_ARRAY(arena, struct wr_column *, stage->result_count);
	uint32_t rows, *index;
	uint8_t *keep;

	if (!whole) {
		view.sel = sel;
		view.sel_count = *passed;
	}
	stage->eval.context = program->eval.context;
	WR_TRY(wr_program_run(stage, &view, result));
	rows = wr_batch_count(&view);
	keep = wr_arena_alloc(arena, rows + 8);
	memset(keep, 1, rows);
	for (uint32_t i = 0; i < stage->result_count; i++) {
		keep_true(result[i], keep, rows);
		wr_column_unref(result[i]);
	}
	for (uint32_t i = 0; i < stage->eval.error_count; i++)
		keep[stage->eval.error[i].row] = 0;
	take_errors(program, stage, whole ? NULL : batch->sel != NULL ? filter->origin : sel);
	index = wr_arena_alloc(arena, (rows + 8) * sizeof *index);
	*passed = list_kept(keep, rows, index);
	take_rows(filter, batch, whole, index, *passed, sel);
	return NULL;
}

static int by_row(const void *a, const void *b)
{
	uint32_t x = ((const struct wr_eval_error *)a)->row;
	uint32_t y = ((const struct wr_eval_error *)b)->row;

	return (x > y) - (x < y);
}

wr_status *wr_program_filter(struct wr_program *program, const struct wr_batch *batch,
			     uint32_t *sel, uint32_t *sel_count)
{
	struct wr_eval *eval = &program->eval;
	uint32_t rows = wr_batch_count(batch), passed = rows;
	bool whole = true;

	if (program->filter == NULL)
		WR_TRY(filter_new(program, &program->filter));
	struct wr_filter *filter = program->filter;
	if (batch->sel != NULL && filter->capacity < rows) {
		filter->capacity = WR_MAX(rows, WR_BATCH_ROWS_MAX);
		filter->origin =
		    wr_realloc(filter->origin, filter->capacity * sizeof *filter->origin);
	}
	wr_arena_reset(&eval->arena);
	eval->error_count = 0;
	for (uint32_t i = 0; i < filter->stage_count && passed > 0; i++) {
		WR_TRY(run_stage(program, filter->stage[i], batch, whole, sel, &passed));
		whole = whole && passed == rows;
	}
	*sel_count = passed;
	if (eval->error_count > 1)
		qsort(eval->error, eval->error_count, sizeof *eval->error, by_row);
	return NULL;
}
