/* SPDX-License-Identifier: Apache-2.0
 *
 * lazy - CASE, AND, OR, COALESCE and the masks below them, over whole columns.
 *
 * By the time these run their arguments are there, computed for (at least) the rows that need them.
 * CASE and COALESCE blend their branches from the last to the first: each overwrites the rows that
 * it wins. AND and OR work on bytes: a row is FALSE, TRUE or NULL; a row that an earlier argument
 * has decided holds whatever in the later ones, and the decision dominates it.
 */
#include <string.h>

#include "base/macros.h"
#include "expr/steps.h"

/* --- choosing rows
 * -------------------------------------------------------------------------------- */

enum row_test { IS_TRUE, IS_NOT_TRUE, IS_NOT_FALSE, IS_NULL, IS_NOT_NULL };

/* Writes 0/1 per row: whether the row of `column` is as asked. */
WR_MULTIVERSION static void test_rows(const struct wr_column *column, enum row_test test,
				      uint8_t *restrict to, uint32_t rows)
{
	const uint8_t *value = column->data;
	const uint8_t *valid = column->valid;

	if (test == IS_NULL || test == IS_NOT_NULL) {
		if (valid == NULL)
			memset(to, test == IS_NOT_NULL, rows);
		else
			for (uint32_t i = 0; i < rows; i++)
				to[i] = valid[i] ^ (test == IS_NULL);
		return;
	}
	if (valid == NULL) {
		for (uint32_t i = 0; i < rows; i++)
			to[i] = (value[i] != 0) ^ (test == IS_NOT_TRUE);
		return;
	}
	for (uint32_t i = 0; i < rows; i++) {
		uint8_t is_true = (value[i] != 0) & valid[i];
		uint8_t is_false = (value[i] == 0) & valid[i];
		to[i] = test == IS_TRUE ? is_true : test == IS_NOT_TRUE ? !is_true : !is_false;
	}
}

/* The same for columns that may be constant. */
static void test_column(const struct wr_column *column, enum row_test test, uint8_t *to,
			uint32_t rows)
{
	if (!column->is_const) {
		test_rows(column, test, to, rows);
		return;
	}
	uint8_t one;
	test_rows(column, test, &one, 1);
	memset(to, one, rows);
}

void wr_step_mask(struct wr_program *program, const struct wr_step *step)
{
	static const enum row_test tests[] = {[WR_MASK_TRUE] = IS_TRUE,
					      [WR_MASK_NOT_TRUE] = IS_NOT_TRUE,
					      [WR_MASK_NOT_FALSE] = IS_NOT_FALSE,
					      [WR_MASK_NULL] = IS_NULL};
	const uint8_t *parent = program->mask[step->mask];
	uint8_t *to = wr_arena_alloc(&program->eval.arena, program->rows + 1);
	uint32_t set = 0;

	test_column(program->reg[step->in[0]], tests[step->op], to, program->rows);
	if (parent != NULL)
		for (uint32_t i = 0; i < program->rows; i++)
			to[i] &= parent[i];
	for (uint32_t i = 0; i < program->rows; i++)
		set += to[i];
	program->mask[step->out] = set == program->rows ? NULL : to;
	program->mask_empty[step->out] = set == 0;
}

/* --- blending
 * ------------------------------------------------------------------------------------- */

#define BLEND_LOOP(ctype)                                                                          \
	do {                                                                                       \
		const ctype *from = column->data;                                                  \
		ctype *restrict to = out->data;                                                    \
		if (column->is_const) {                                                            \
			ctype value = from[0];                                                     \
			for (uint32_t i = 0; i < rows; i++)                                        \
				to[i] = wins[i] ? value : to[i];                                   \
		} else {                                                                           \
			for (uint32_t i = 0; i < rows; i++)                                        \
				to[i] = wins[i] ? from[i] : to[i];                                 \
		}                                                                                  \
	} while (0)

/* out[i] = column[i] where wins[i], for columns of fixed width (views count as such). */
WR_MULTIVERSION static void blend(struct wr_column *out, const struct wr_column *column,
				  const uint8_t *restrict wins, uint32_t rows)
{
	switch (wr_phys_size(out->phys)) {
	case 1: BLEND_LOOP(uint8_t); break;
	case 2: BLEND_LOOP(uint16_t); break;
	case 4: BLEND_LOOP(uint32_t); break;
	case 8: BLEND_LOOP(uint64_t); break;
	default: BLEND_LOOP(wr_i128); break;
	}
}

WR_MULTIVERSION static void blend_valid(struct wr_column *out, const struct wr_column *column,
					const uint8_t *restrict wins, uint32_t rows)
{
	const uint8_t *restrict from = column->valid;
	uint8_t *restrict to;

	if (from == NULL && out->valid == NULL)
		return;
	to = wr_column_validity(out);
	if (from == NULL || column->is_const) {
		uint8_t value = from == NULL || from[0];
		for (uint32_t i = 0; i < rows; i++)
			to[i] = wins[i] ? value : to[i];
	} else {
		for (uint32_t i = 0; i < rows; i++)
			to[i] = wins[i] ? from[i] : to[i];
	}
}

#define FILL_LOOP(ctype)                                                                           \
	do {                                                                                       \
		const ctype same = *(const ctype *)value;                                          \
		for (uint32_t i = 0; i < rows; i++)                                                \
			((ctype *)out->data)[i] = same;                                            \
	} while (0)

/* Every row gets one value. */
static void fill(struct wr_column *out, const void *value, uint32_t rows)
{
	switch (wr_phys_size(out->phys)) {
	case 1: FILL_LOOP(uint8_t); break;
	case 2: FILL_LOOP(uint16_t); break;
	case 4: FILL_LOOP(uint32_t); break;
	case 8: FILL_LOOP(uint64_t); break;
	default: FILL_LOOP(wr_i128); break;
	}
}

/* All rows of `column`, for the branch that is blended over. */
static void copy_rows(struct wr_column *out, const struct wr_column *column, uint32_t rows)
{
	uint32_t width = wr_phys_size(out->phys);

	if (column->is_const)
		fill(out, column->data, rows);
	else
		memcpy(out->data, column->data, (size_t)rows * width);
	if (column->valid == NULL)
		return;
	if (column->is_const)
		memset(wr_column_validity(out), column->valid[0], rows);
	else
		memcpy(wr_column_validity(out), column->valid, rows);
}

/* Nested types: the branches one after another, then one gather. */
static struct wr_column *pick_nested(struct wr_program *program, struct wr_column *const *branch,
				     uint8_t *const *wins, uint32_t count,
				     const struct wr_type *type)
{
	uint32_t rows = program->rows;
	struct wr_arena *arena = &program->eval.arena;
	struct wr_column **dense = WR_NEW_ARRAY(arena, struct wr_column *, count);
	uint32_t *lens = WR_NEW_ARRAY(arena, uint32_t, count);
	uint32_t *index = WR_NEW_ARRAY(arena, uint32_t, rows + 1);

	for (uint32_t k = count; k-- > 0;) {
		struct wr_column *typed = wr_column_retype(branch[k], type);
		dense[k] = wr_column_flatten(typed, rows);
		wr_column_unref(typed);
		lens[k] = rows;
		for (uint32_t i = 0; i < rows; i++)
			if (wins[k] == NULL || wins[k][i])
				index[i] = k * rows + i;
	}
	struct wr_column *joined = wr_column_concat(dense, lens, count);
	struct wr_column *out = wr_column_gather(joined, index, rows);
	wr_column_unref(joined);
	for (uint32_t k = 0; k < count; k++)
		wr_column_unref(dense[k]);
	return out;
}

/* Row i of the result is that of the first branch k with wins[k][i]; the last one (wins NULL) takes
 * the rest. */
static struct wr_column *pick(struct wr_program *program, struct wr_column *const *branch,
			      uint8_t *const *wins, uint32_t count, const struct wr_type *type)
{
	uint32_t rows = program->rows;
	const struct wr_column *last = branch[count - 1];
	struct wr_column *out;

	if (count == 1)
		return wr_column_retype(branch[0], type);
	if (wr_type_phys(type) >= WR_P_LIST)
		return pick_nested(program, branch, wins, count, type);
	out = wr_column_new(type, rows);
	copy_rows(out, last, rows);
	wr_column_keep_all(out, last);
	for (uint32_t k = count - 1; k-- > 0;) {
		blend(out, branch[k], wins[k], rows);
		blend_valid(out, branch[k], wins[k], rows);
		wr_column_keep_all(out, branch[k]);
	}
	return out;
}

void wr_step_case(struct wr_program *program, const struct wr_step *step)
{
	struct wr_arena *arena = &program->eval.arena;
	uint32_t pairs = step->in_count / 2, count = 0;
	struct wr_column **branch = WR_NEW_ARRAY(arena, struct wr_column *, pairs + 1);
	uint8_t **wins = WR_NEW_ARRAY(arena, uint8_t *, pairs + 1);

	for (uint32_t k = 0; k < pairs; k++) {
		const struct wr_column *when = program->reg[step->in[2 * k]];
		if (when->is_const) {
			if (!wr_column_is_valid(when, 0) || WR_DATA(when, uint8_t)[0] == 0)
				continue;
			branch[count++] = program->reg[step->in[2 * k + 1]];
			break;
		}
		wins[count] = wr_arena_alloc(arena, program->rows + 1);
		test_column(when, IS_TRUE, wins[count], program->rows);
		branch[count++] = program->reg[step->in[2 * k + 1]];
	}
	if (count == 0 || wins[count - 1] != NULL)
		branch[count++] = program->reg[step->in[step->in_count - 1]];
	program->reg[step->out] = pick(program, branch, wins, count, step->type);
}

void wr_step_coalesce(struct wr_program *program, const struct wr_step *step)
{
	struct wr_arena *arena = &program->eval.arena;
	struct wr_column **branch = WR_NEW_ARRAY(arena, struct wr_column *, step->in_count);
	uint8_t **wins = WR_NEW_ARRAY(arena, uint8_t *, step->in_count);
	uint32_t count = 0;

	for (uint32_t k = 0; k < step->in_count; k++) {
		struct wr_column *column = program->reg[step->in[k]];
		bool is_last = k + 1 == step->in_count || column->valid == NULL ||
			       (column->is_const && column->valid[0]);
		if (column->is_const && !is_last)
			continue; /* a constant NULL */
		branch[count] = column;
		if (!is_last) {
			wins[count] = wr_arena_alloc(arena, program->rows + 1);
			test_column(column, IS_NOT_NULL, wins[count], program->rows);
		}
		count++;
		if (is_last)
			break;
	}
	program->reg[step->out] = pick(program, branch, wins, count, step->type);
}

/* --- AND, OR
 * -------------------------------------------------------------------------------------- */

/* decided: a row is TRUE for OR, FALSE for AND. */
WR_MULTIVERSION static void logic_fold(const struct wr_column *column, uint8_t deciding,
				       uint8_t *restrict decided, uint8_t *restrict unknown,
				       uint32_t rows)
{
	const uint8_t *restrict value = column->data;
	const uint8_t *restrict valid = column->valid;

	if (column->is_const) {
		uint8_t known = valid == NULL || valid[0];
		uint8_t hit = known && (value[0] != 0) == deciding;
		for (uint32_t i = 0; i < rows; i++) {
			decided[i] |= hit;
			unknown[i] |= !known;
		}
	} else if (valid == NULL) {
		for (uint32_t i = 0; i < rows; i++)
			decided[i] |= (value[i] != 0) == deciding;
	} else {
		for (uint32_t i = 0; i < rows; i++) {
			decided[i] |= valid[i] & ((value[i] != 0) == deciding);
			unknown[i] |= valid[i] ^ 1;
		}
	}
}

/* The result's bytes from what was found; `unknown` becomes the validity. true: some row is NULL.
 */
WR_MULTIVERSION static bool logic_finish(uint8_t deciding, uint8_t *restrict decided,
					 uint8_t *restrict unknown, uint32_t rows)
{
	uint8_t any = 0;

	for (uint32_t i = 0; i < rows; i++) {
		uint8_t null = unknown[i] & (decided[i] ^ 1);
		any |= null;
		unknown[i] = null ^ 1;
		decided[i] = deciding ? decided[i] : (decided[i] | null) ^ 1;
	}
	return any != 0;
}

void wr_step_logic(struct wr_program *program, const struct wr_step *step)
{
	uint8_t deciding = step->kind == WR_STEP_OR;
	bool is_const = true;
	uint32_t rows = program->rows;

	for (uint32_t k = 0; k < step->in_count; k++)
		is_const &= program->reg[step->in[k]]->is_const;
	if (is_const)
		rows = 1;
	struct wr_column *out = wr_column_new(step->type, rows);
	uint8_t *unknown = wr_column_validity(out);
	memset(out->data, 0, rows);
	memset(unknown, 0, rows);
	for (uint32_t k = 0; k < step->in_count; k++)
		logic_fold(program->reg[step->in[k]], deciding, out->data, unknown, rows);
	if (!logic_finish(deciding, out->data, unknown, rows)) {
		wr_buf_unref(out->valid_buf);
		out->valid_buf = NULL;
		out->valid = NULL;
	}
	if (is_const)
		wr_column_make_const(out);
	program->reg[step->out] = out;
}
