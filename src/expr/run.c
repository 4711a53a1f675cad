/* SPDX-License-Identifier: Apache-2.0
 *
 * run - runs a compiled program over one batch.
 *
 * Load the input columns (gathered when the batch has a selection), run the steps in order, hand
 * out the results. Rows that fail are noted in eval->error and everything else goes on.
 *
 * Calls on constants only: a kernel that cannot fail runs for one row and its result is constant.
 * One that can fail runs for every row, since each row that needs it fails by itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "expr/kernel.h"
#include "expr/steps.h"

/* --- the evaluator as kernels see it
 * -------------------------------------------------------------- */

static struct wr_program *program_of(struct wr_eval *eval)
{
	return (struct wr_program *)((char *)eval - offsetof(struct wr_program, eval));
}

static void fail_with(struct wr_eval *eval, uint32_t row, enum wr_status_reason reason,
		      const char *format, va_list args)
{
	struct wr_program *program = program_of(eval);
	char text[512];

	if (eval->row_map != NULL)
		row = eval->row_map[row];
	WR_ASSERT(row < program->rows);
	if (eval->caught != NULL) {
		eval->caught[row] = 1;
		return;
	}
	if (program->failed == NULL)
		program->failed = wr_arena_zalloc(&eval->arena, program->rows);
	if (program->failed[row])
		return;
	program->failed[row] = 1;
	if (eval->error_count == eval->error_capacity) {
		eval->error_capacity = eval->error_capacity == 0 ? 16 : eval->error_capacity * 2;
		eval->error = wr_realloc(eval->error, eval->error_capacity * sizeof *eval->error);
	}
	struct wr_eval_error *error = &eval->error[eval->error_count++];
	*error = (struct wr_eval_error){.row = row, .reason = reason, .expr = eval->at};
	if (eval->error_count > WR_EVAL_ERRORS_TEXT)
		return;
	vsnprintf(text, sizeof text, format, args);
	for (char *c = text; *c != '\0'; c++) /* one line, whatever the data holds */
		if ((unsigned char)*c < ' ')
			*c = ' ';
	error->text = wr_arena_strdup(&eval->arena, text);
}

void wr_eval_fail(struct wr_eval *eval, uint32_t row, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail_with(eval, row, WR_NO_REASON, format, args);
	va_end(args);
}

void wr_eval_fail_because(struct wr_eval *eval, uint32_t row, enum wr_status_reason reason,
			  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail_with(eval, row, reason, format, args);
	va_end(args);
}

const char *wr_eval_hint(const struct wr_expr *expr)
{
	if (expr->kind == WR_E_CAST)
		return "Use TRY_CAST, which gives NULL for what cannot be cast";
	return expr->kind == WR_E_CALL ? expr->function->fail_hint : NULL;
}

bool wr_eval_skips(const struct wr_eval *eval, const struct wr_column *out, uint32_t row)
{
	return wr_skips(eval, out, row);
}

struct wr_arena *wr_eval_arena(struct wr_eval *eval)
{
	return &eval->arena;
}

int64_t wr_eval_now_us(const struct wr_eval *eval)
{
	if (eval->context.now_us != NULL)
		return eval->context.now_us(eval->context.user);
	return wr_wall_us(wr_env_system());
}

/* --- steps
 * ---------------------------------------------------------------------------------------- */

/* valid[i] &= more[i] */
WR_MULTIVERSION static void valid_and(uint8_t *restrict valid, const uint8_t *restrict more,
				      uint32_t rows)
{
	for (uint32_t i = 0; i < rows; i++)
		valid[i] &= more[i];
}

/* Fills the result's validity from the arguments'. false: an argument is a constant NULL. */
static bool strict_validity(struct wr_column *const *arg, uint32_t count, struct wr_column *out)
{
	bool first = true;

	for (uint32_t i = 0; i < count; i++) {
		if (arg[i] == NULL || arg[i]->valid == NULL)
			continue;
		if (arg[i]->is_const) {
			if (arg[i]->valid[0] == 0)
				return false;
		} else if (first) {
			memcpy(wr_column_validity(out), arg[i]->valid, out->len);
			first = false;
		} else {
			valid_and(out->valid, arg[i]->valid, out->len);
		}
	}
	return true;
}

/* Clears the result when the kernel may leave rows out. */
static void clear_data(const struct wr_eval *eval, const struct wr_step *step,
		       struct wr_column *out)
{
	uint32_t width = wr_phys_size(out->phys);
	bool whole =
	    (step->flags & WR_F_BLIND) != 0 ||
	    (out->valid == NULL && eval->live == NULL &&
	     (step->flags & (WR_F_FALLIBLE | WR_F_STRICT)) == WR_F_STRICT && out->phys < WR_P_STR);

	if (!whole && width > 0)
		memset(out->data, 0, (size_t)width * out->len);
}

static bool all_const(struct wr_column *const *arg, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (arg[i] != NULL && !arg[i]->is_const)
			return false;
	return true;
}

/* TRY_CAST: rows that the kernel reported become NULL. */
static void null_caught(const uint8_t *caught, struct wr_column *out)
{
	for (uint32_t i = 0; i < out->len; i++)
		if (caught[i])
			wr_out_null(out, i);
}

static wr_status *run_kernel(struct wr_program *program, const struct wr_step *step,
			     struct wr_column *const *arg, uint32_t rows, bool is_const)
{
	struct wr_eval *eval = &program->eval;
	struct wr_column *out = wr_column_new(step->type, rows);

	if ((step->flags & WR_F_STRICT) && !strict_validity(arg, step->in_count, out)) {
		wr_column_unref(out);
		program->reg[step->out] = wr_column_null(step->type);
		return NULL;
	}
	eval->live = is_const ? NULL : program->mask[step->mask];
	eval->caught = step->try_cast ? wr_arena_zalloc(&eval->arena, program->rows) : NULL;
	eval->at = step->expr;
	clear_data(eval, step, out);
	wr_status *status = step->kernel(eval, &step->call, arg, rows, out);
	if (eval->caught != NULL)
		null_caught(eval->caught, out);
	eval->live = NULL;
	eval->caught = NULL;
	if (status != NULL) {
		wr_column_unref(out);
		return status;
	}
	if (is_const)
		wr_column_make_const(out);
	program->reg[step->out] = out;
	return NULL;
}

static wr_status *run_call(struct wr_program *program, const struct wr_step *step)
{
	struct wr_column *few[8];
	struct wr_column **arg = few;
	bool is_const;

	if (step->mask != 0 && program->mask_empty[step->mask]) {
		program->reg[step->out] = wr_column_null(step->type);
		return NULL;
	}
	if (step->in_count > WR_COUNT(few))
		arg = WR_NEW_ARRAY(&program->eval.arena, struct wr_column *, step->in_count);
	for (uint32_t i = 0; i < step->in_count; i++)
		arg[i] = step->in[i] != WR_NO_REG ? program->reg[step->in[i]] : NULL;
	is_const = (step->flags & WR_F_DYNAMIC) == 0 && all_const(arg, step->in_count) &&
		   ((step->flags & WR_F_FALLIBLE) == 0 || program->rows == 1);
	return run_kernel(program, step, arg, is_const ? 1 : program->rows, is_const);
}

static wr_status *run_step(struct wr_program *program, const struct wr_step *step)
{
	switch (step->kind) {
	case WR_STEP_CALL: return run_call(program, step);
	case WR_STEP_RETYPE:
		program->reg[step->out] = wr_column_retype(program->reg[step->in[0]], step->type);
		break;
	case WR_STEP_CASE: wr_step_case(program, step); break;
	case WR_STEP_AND:
	case WR_STEP_OR: wr_step_logic(program, step); break;
	case WR_STEP_COALESCE: wr_step_coalesce(program, step); break;
	case WR_STEP_MASK: wr_step_mask(program, step); break;
	}
	return NULL;
}

/* --- a run
 * ---------------------------------------------------------------------------------------- */

static void load(struct wr_program *program, const struct wr_batch *batch)
{
	for (uint32_t i = 0; i < program->load_count; i++) {
		struct wr_column *column = batch->column[program->load_column[i]];
		WR_ASSERT(column != NULL);
		program->reg[program->load_reg[i]] =
		    batch->sel != NULL && !column->is_const
			? wr_column_gather(column, batch->sel, batch->sel_count)
			: wr_column_ref(column);
	}
	for (uint32_t i = 0; i < program->const_count; i++)
		program->reg[program->const_reg[i]] = wr_column_ref(program->const_value[i]);
}

static int by_row(const void *a, const void *b)
{
	uint32_t x = ((const struct wr_eval_error *)a)->row;
	uint32_t y = ((const struct wr_eval_error *)b)->row;

	return (x > y) - (x < y);
}

wr_status *wr_program_run(struct wr_program *program, const struct wr_batch *batch,
			  struct wr_column **out)
{
	struct wr_eval *eval = &program->eval;
	wr_status *status = NULL;

	wr_arena_reset(&eval->arena);
	eval->error_count = 0;
	eval->sel = batch->sel;
	program->failed = NULL;
	program->rows = wr_batch_count(batch);
	load(program, batch);
	for (uint32_t i = 0; i < program->step_count && status == NULL; i++) {
		const struct wr_step *step = &program->step[i];
		status = run_step(program, step);
		for (uint32_t k = 0; k < step->drop_count; k++) {
			wr_column_unref(program->reg[step->drop[k]]);
			program->reg[step->drop[k]] = NULL;
		}
	}
	for (uint32_t i = 0; i < program->result_count; i++)
		out[i] = status == NULL ? wr_column_ref(program->reg[program->result[i]]) : NULL;
	for (uint32_t i = 0; i < program->reg_count; i++) {
		wr_column_unref(program->reg[i]);
		program->reg[i] = NULL;
	}
	if (eval->error_count > 1)
		qsort(eval->error, eval->error_count, sizeof *eval->error, by_row);
	return status;
}

wr_status *wr_expr_evaluate(const struct wr_expr *expr, const char *zone_id, struct wr_column **out)
{
	struct wr_expr *root = (struct wr_expr *)expr;
	struct wr_batch batch = {.rows = 1};
	struct wr_program *program;
	struct wr_column *value = NULL;
	wr_status *status;

	WR_TRY(wr_program_compile(&root, 1, 0, zone_id, false, &program));
	status = wr_program_run(program, &batch, &value);
	if (status == NULL && program->eval.error_count > 0)
		status = wr_status_at(WR_USER_ERROR, expr->pos, "%s", program->eval.error[0].text);
	if (status == NULL && !value->is_const) {
		struct wr_column *dense = value;
		value = wr_column_gather(dense, (const uint32_t[]){0}, 1);
		wr_column_make_const(value);
		wr_column_unref(dense);
	}
	if (status != NULL) {
		wr_column_unref(value);
		value = NULL;
	}
	wr_program_free(program);
	*out = value;
	return status;
}
