/* SPDX-License-Identifier: Apache-2.0
 *
 * program - tests: the vector program against a row-by-row reference, in every shape of argument;
 * lazy evaluation, errors by row, sharing, folding, filters.
 */
#include <math.h>

#include "expr/kernel.h"
#include "expr/steps.h"
#include "expr_case.h"

#define ROWS 77

static uint64_t seed = 42;

static uint32_t random_below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % n;
}

/* Small numbers, zeros, limits, NULLs. */
static int64_t random_value(int64_t min, int64_t max)
{
	switch (random_below(8)) {
	case 0: return min;
	case 1: return max;
	case 2: return 0;
	case 3: return -1;
	default: return (int64_t)random_below(21) - 10;
	}
}

/* A random column of a numeric type; with `nulls` about a fifth of the rows are NULL. */
static struct wr_column *random_column(const struct wr_type *type, uint32_t rows, bool nulls)
{
	struct wr_column *column = wr_column_new(type, rows);

	for (uint32_t i = 0; i < rows; i++) {
		switch (column->phys) {
		case WR_P_I8:
			WR_DATA(column, int8_t)[i] = (int8_t)random_value(INT8_MIN, INT8_MAX);
			break;
		case WR_P_I16:
			WR_DATA(column, int16_t)[i] = (int16_t)random_value(INT16_MIN, INT16_MAX);
			break;
		case WR_P_I32:
			WR_DATA(column, int32_t)[i] = (int32_t)random_value(INT32_MIN, INT32_MAX);
			break;
		case WR_P_I64:
			WR_DATA(column, int64_t)[i] = random_value(INT64_MIN, INT64_MAX);
			break;
		case WR_P_F32:
			WR_DATA(column, float)[i] = (float)random_value(-1000, 1000) / 4;
			break;
		case WR_P_F64:
			WR_DATA(column, double)[i] = (double)random_value(-1000, 1000) / 4;
			break;
		default: WR_DATA(column, wr_i128)[i] = random_value(-99999, 99999); break;
		}
		if (nulls && random_below(5) == 0)
			wr_column_validity(column)[i] = 0;
	}
	return column;
}

/* --- reference
 * ------------------------------------------------------------------------------------ */

static double number_at(const struct wr_column *column, uint32_t i)
{
	switch (column->phys) {
	case WR_P_F32: return (double)WR_AT(column, float, i);
	case WR_P_F64: return WR_AT(column, double, i);
	case WR_P_I128: return (double)WR_AT(column, wr_i128, i) / pow(10, column->type->scale);
	default: return (double)wr_int_at(column, i);
	}
}

/* Wraps a 64-bit value to the width of the layout. */
static int64_t wrap(enum wr_phys phys, int64_t value)
{
	return phys == WR_P_I8    ? (int8_t)value
	       : phys == WR_P_I16 ? (int16_t)value
	       : phys == WR_P_I32 ? (int32_t)value
				  : value;
}

enum outcome { VALUE, IS_NULL_ROW, FAILS };

/* What integer arithmetic must give for one row. */
static enum outcome int_reference(char op, enum wr_phys phys, int64_t a, int64_t b, int64_t *out)
{
	switch (op) {
	case '+': *out = wrap(phys, (int64_t)((uint64_t)a + (uint64_t)b)); return VALUE;
	case '-': *out = wrap(phys, (int64_t)((uint64_t)a - (uint64_t)b)); return VALUE;
	case '*': *out = wrap(phys, (int64_t)((uint64_t)a * (uint64_t)b)); return VALUE;
	default: break;
	}
	if (b == 0)
		return FAILS;
	if (b == -1)
		*out = op == '/' ? wrap(phys, (int64_t)(0 - (uint64_t)a)) : 0;
	else
		*out = op == '/' ? a / b : a % b;
	return VALUE;
}

static bool failed_at(const struct wr_eval *eval, uint32_t row)
{
	for (uint32_t i = 0; i < eval->error_count; i++)
		if (eval->error[i].row == row)
			return true;
	return false;
}

/* --- shapes
 * --------------------------------------------------------------------------------------- */

/* How the two arguments come: vectors or constants, with a selection or without. */
struct shape {
	bool const_left;
	bool const_right;
	bool selected;
	bool nulls;
};

/* A batch of two columns in the given shape. */
static struct wr_batch *shaped_batch(const struct shape *shape, const struct wr_type *left,
				     const struct wr_type *right)
{
	struct wr_batch *batch = wr_batch_new(2, ROWS);

	batch->column[0] = random_column(left, shape->const_left ? 1 : ROWS, shape->nulls);
	batch->column[1] = random_column(right, shape->const_right ? 1 : ROWS, shape->nulls);
	if (shape->const_left)
		wr_column_make_const(batch->column[0]);
	if (shape->const_right)
		wr_column_make_const(batch->column[1]);
	if (shape->selected) {
		batch->sel = wr_malloc(ROWS * sizeof *batch->sel);
		for (uint32_t i = 0; i < ROWS; i++)
			if (random_below(3) == 0)
				batch->sel[batch->sel_count++] = i;
	}
	return batch;
}

static void each_shape(void (*test)(const struct shape *shape))
{
	for (uint32_t i = 0; i < 16; i++) {
		struct shape shape = {i & 1, i & 2, i & 4, i & 8};
		test(&shape);
	}
}

/* Runs `name` over the two columns of the batch. */
static struct wr_program *run_two(struct fixture *f, const char *name, const struct wr_batch *batch,
				  struct wr_column **out)
{
	struct wr_expr *a = wr_expr_column(&f->pool, 0, batch->column[0]->type);
	struct wr_expr *b = wr_expr_column(&f->pool, 1, batch->column[1]->type);
	struct wr_expr *expr = call(f, name, a, b, NULL);
	struct wr_program *program;

	must(wr_program_new(&expr, 1, 2, "UTC", &program));
	must(wr_program_run(program, batch, out));
	return program;
}

static void check_int_rows(char op, const struct wr_batch *batch, const struct wr_column *out,
			   const struct wr_eval *eval)
{
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);
		const struct wr_column *a = batch->column[0], *b = batch->column[1];
		int64_t want = 0;
		bool is_null = !wr_column_is_valid(a, row) || !wr_column_is_valid(b, row);
		enum outcome outcome = is_null ? IS_NULL_ROW
					       : int_reference(op, out->phys, wr_int_at(a, row),
							       wr_int_at(b, row), &want);
		assert_int_equal(failed_at(eval, i), outcome == FAILS);
		if (outcome == FAILS)
			continue;
		assert_int_equal(wr_column_is_valid(out, i), outcome == VALUE);
		if (outcome == VALUE)
			assert_int_equal(wr_int_at(out, i), want);
	}
}

static void int_shape(const struct shape *shape)
{
	static const struct wr_type *const types[] = {&WR_T_TINYINT, &WR_T_SMALLINT, &WR_T_INT,
						      &WR_T_BIGINT};
	static const char *const ops[] = {"+", "-", "*", "/", "%"};

	for (size_t t = 0; t < WR_COUNT(types); t++)
		for (size_t o = 0; o < WR_COUNT(ops); o++) {
			struct wr_column *out;
			struct fixture f;
			fixture_init(&f);
			struct wr_batch *batch = shaped_batch(shape, types[t], types[t]);
			struct wr_program *program = run_two(&f, ops[o], batch, &out);
			check_int_rows(ops[o][0], batch, out, wr_program_eval(program));
			wr_column_unref(out);
			wr_program_free(program);
			wr_batch_free(batch);
			fixture_release(&f);
		}
}

static void integers(void **state)
{
	(void)state;
	each_shape(int_shape);
}

/* Comparisons of all numeric types, also mixed. */
static bool compare_reference(const char *op, double a, double b)
{
	if (strcmp(op, "=") == 0)
		return a == b;
	if (strcmp(op, "<>") == 0)
		return a != b;
	if (strcmp(op, "<") == 0)
		return a < b;
	if (strcmp(op, "<=") == 0)
		return a <= b;
	return op[1] == '=' ? a >= b : a > b;
}

static void compare_one(const struct shape *shape, const char *op, const struct wr_type *left,
			const struct wr_type *right)
{
	struct wr_column *out;
	struct fixture f;

	fixture_init(&f);
	struct wr_batch *batch = shaped_batch(shape, left, right);
	struct wr_program *program = run_two(&f, op, batch, &out);
	uint32_t sel[ROWS], sel_count = 0, expected = 0;
	must(wr_program_filter(program, batch, sel, &sel_count));
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);
		const struct wr_column *a = batch->column[0], *b = batch->column[1];
		bool valid = wr_column_is_valid(a, row) && wr_column_is_valid(b, row);
		bool want = valid && compare_reference(op, number_at(a, row), number_at(b, row));
		assert_int_equal(wr_column_is_valid(out, i), valid);
		if (valid)
			assert_int_equal(WR_AT(out, uint8_t, i), want);
		if (want) {
			assert_true(expected < sel_count);
			assert_int_equal(sel[expected++], row);
		}
	}
	assert_int_equal(expected, sel_count);
	wr_column_unref(out);
	wr_program_free(program);
	wr_batch_free(batch);
	fixture_release(&f);
}

static void compare_shape(const struct shape *shape)
{
	static const char *const ops[] = {"=", "<>", "<", "<=", ">", ">="};
	struct wr_arena arena;

	wr_arena_init(&arena);
	const struct wr_type *d2 = wr_type_decimal(&arena, 10, 2),
			     *d4 = wr_type_decimal(&arena, 12, 4);
	const struct wr_type *pairs[][2] = {{&WR_T_TINYINT, &WR_T_TINYINT},
					    {&WR_T_SMALLINT, &WR_T_SMALLINT},
					    {&WR_T_INT, &WR_T_INT},
					    {&WR_T_FLOAT, &WR_T_FLOAT},
					    {&WR_T_DOUBLE, &WR_T_DOUBLE},
					    {&WR_T_TINYINT, &WR_T_BIGINT},
					    {&WR_T_INT, &WR_T_DOUBLE},
					    {d2, d2},
					    {d2, d4},
					    {&WR_T_SMALLINT, d4}};
	for (size_t p = 0; p < WR_COUNT(pairs); p++)
		for (size_t o = 0; o < WR_COUNT(ops); o++)
			compare_one(shape, ops[o], pairs[p][0], pairs[p][1]);
	wr_arena_release(&arena);
}

static void comparisons(void **state)
{
	(void)state;
	each_shape(compare_shape);
}

/* DECIMAL arithmetic is exact: checked against doubles, which hold these small numbers exactly. */
static void decimal_shape(const struct shape *shape)
{
	static const char *const ops[] = {"+", "-", "*"};
	struct wr_arena arena;

	wr_arena_init(&arena);
	const struct wr_type *left = wr_type_decimal(&arena, 10, 2);
	const struct wr_type *right = wr_type_decimal(&arena, 12, 1);
	for (size_t o = 0; o < WR_COUNT(ops); o++) {
		struct wr_column *out;
		struct fixture f;
		fixture_init(&f);
		struct wr_batch *batch = shaped_batch(shape, left, right);
		struct wr_program *program = run_two(&f, ops[o], batch, &out);
		for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
			uint32_t row = wr_batch_row(batch, i);
			double a = number_at(batch->column[0], row);
			double b = number_at(batch->column[1], row);
			double want = o == 0 ? a + b : o == 1 ? a - b : a * b;
			bool valid = wr_column_is_valid(batch->column[0], row) &&
				     wr_column_is_valid(batch->column[1], row);
			assert_int_equal(wr_column_is_valid(out, i), valid);
			if (valid)
				assert_true(fabs(number_at(out, i) - want) < 1e-6);
		}
		wr_column_unref(out);
		wr_program_free(program);
		wr_batch_free(batch);
		fixture_release(&f);
	}
	wr_arena_release(&arena);
}

static void decimals(void **state)
{
	(void)state;
	each_shape(decimal_shape);
}

/* --- lazy evaluation
 * ------------------------------------------------------------------------------ */

/* One INT column x: 0, 1, 2, NULL, -4, 0. */
static struct wr_batch *x_batch(struct fixture *f)
{
	struct wr_batch *batch = wr_batch_new(1, 6);

	batch->column[0] =
	    column_of(f, &WR_T_INT, (const char *[]){"0", "1", "2", NULL, "-4", "0"}, 6);
	return batch;
}

/* Runs one expression over x_batch; the texts of the rows, '|' between them; *errors: failed rows.
 */
static const char *run_x(struct fixture *f, struct wr_expr *expr, uint32_t *errors)
{
	struct wr_batch *batch = x_batch(f);
	struct wr_program *program;
	struct wr_column *out;
	const char *text = "";

	must(wr_program_new(&expr, 1, 1, "UTC", &program));
	must(wr_program_run(program, batch, &out));
	for (uint32_t i = 0; i < batch->rows; i++)
		text = wr_arena_printf(&f->arena, "%s%s%s", text, i > 0 ? "|" : "",
				       failed_at(wr_program_eval(program), i) ? "!"
									      : shown(f, out, i));
	*errors = wr_program_eval(program)->error_count;
	wr_column_unref(out);
	wr_program_free(program);
	wr_batch_free(batch);
	return text;
}

static void lazy(void **state)
{
	struct wr_expr *out;
	uint32_t errors;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	struct wr_expr *zero = wr_expr_i32(&f.pool, 0), *twelve = wr_expr_i32(&f.pool, 12);
	struct wr_expr *quotient = call(&f, "/", twelve, x, NULL);
	struct wr_expr *nonzero = call(&f, "<>", x, zero, NULL);
	struct wr_expr *big = call(&f, ">", quotient, wr_expr_i32(&f.pool, 5), NULL);
	struct wr_pos pos = {0};

	assert_string_equal(run_x(&f, quotient, &errors), "!|12|6|NULL|-3|!");
	assert_int_equal(errors, 2);
	must(wr_expr_case(&f.pool, &nonzero, &quotient, 1, wr_expr_i32(&f.pool, -1), pos, &out));
	assert_string_equal(run_x(&f, out, &errors), "-1|12|6|-1|-3|-1");
	assert_int_equal(errors, 0);
	must(wr_expr_logic(&f.pool, WR_E_AND, (struct wr_expr *[]){nonzero, big}, 2, pos, &out));
	assert_string_equal(run_x(&f, out, &errors), "FALSE|TRUE|TRUE|NULL|FALSE|FALSE");
	assert_int_equal(errors, 0);
	must(wr_expr_logic(&f.pool, WR_E_AND, (struct wr_expr *[]){big, nonzero}, 2, pos, &out));
	assert_string_equal(run_x(&f, out, &errors), "!|TRUE|TRUE|NULL|FALSE|!");
	struct wr_expr *is_zero = call(&f, "=", x, zero, NULL);
	must(wr_expr_logic(&f.pool, WR_E_OR, (struct wr_expr *[]){is_zero, big}, 2, pos, &out));
	assert_string_equal(run_x(&f, out, &errors), "TRUE|TRUE|TRUE|NULL|FALSE|TRUE");
	assert_int_equal(errors, 0);
	out = call(&f, "COALESCE", x, call(&f, "/", twelve, zero, NULL), NULL);
	assert_string_equal(run_x(&f, out, &errors), "0|1|2|!|-4|0");
	assert_int_equal(errors, 1);
	out = call(&f, "IF", nonzero, quotient, call(&f, "/", twelve, zero, NULL));
	assert_string_equal(run_x(&f, out, &errors), "!|12|6|!|-3|!");
	fixture_release(&f);
}

/* A failing part shared by a lazy and an eager place is computed for the eager one's rows. */
static void lazy_sharing(void **state)
{
	struct wr_expr *both[2];
	struct wr_column *out[2];
	struct wr_program *program;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	struct wr_expr *quotient = call(&f, "/", wr_expr_i32(&f.pool, 12), x, NULL);
	struct wr_expr *nonzero = call(&f, "<>", x, wr_expr_i32(&f.pool, 0), NULL);
	must(wr_expr_case(&f.pool, &nonzero, &quotient, 1, NULL, (struct wr_pos){0}, &both[0]));
	both[1] = quotient;
	for (uint32_t order = 0; order < 2; order++) {
		struct wr_expr *list[2] = {both[order], both[1 - order]};
		struct wr_batch *batch = x_batch(&f);
		must(wr_program_new(list, 2, 1, "UTC", &program));
		must(wr_program_run(program, batch, out));
		assert_int_equal(wr_program_eval(program)->error_count, 2);
		assert_string_equal(shown(&f, out[order], 1), "12");
		assert_string_equal(shown(&f, out[order], 0), "NULL");
		wr_column_unref(out[0]);
		wr_column_unref(out[1]);
		wr_program_free(program);
		wr_batch_free(batch);
	}
	fixture_release(&f);
}

static void sharing(void **state)
{
	struct wr_program *program;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	struct wr_expr *again = wr_expr_column(&f.pool, 0, &WR_T_INT);
	struct wr_expr *a = call(&f, "+", x, wr_expr_i32(&f.pool, 1), NULL);
	struct wr_expr *b = call(&f, "+", again, wr_expr_i32(&f.pool, 1), NULL);
	struct wr_expr *list[] = {call(&f, "*", a, b, NULL), a, b};
	assert_true(wr_expr_equal(a, b));
	assert_true(wr_expr_hash(a) == wr_expr_hash(b));
	assert_false(wr_expr_equal(a, call(&f, "-", x, wr_expr_i32(&f.pool, 1), NULL)));
	must(wr_program_new(list, 3, 1, "UTC", &program));
	assert_int_equal(program->step_count, 2);
	wr_program_free(program);
	fixture_release(&f);
}

/* --- folding
 * -------------------------------------------------------------------------------------- */

static const char *folded(struct fixture *f, struct wr_expr *expr)
{
	struct wr_text out;

	wr_text_init(&out);
	wr_expr_print(&out, wr_expr_fold(&f->pool, expr), (const char *[]){"x", "b"});
	const char *copy = wr_arena_strdup(&f->arena, wr_text_str(&out));
	wr_text_release(&out);
	return copy;
}

static void folding(void **state)
{
	struct wr_expr *out;
	struct fixture f;
	struct wr_pos pos = {0};

	(void)state;
	fixture_init(&f);
	struct wr_expr *x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	struct wr_expr *b = wr_expr_column(&f.pool, 1, &WR_T_BOOLEAN);
	struct wr_expr *one = wr_expr_i32(&f.pool, 1), *two = wr_expr_i32(&f.pool, 2);
	struct wr_expr *zero = wr_expr_i32(&f.pool, 0);
	struct wr_expr *yes = wr_expr_bool(&f.pool, true), *no = wr_expr_bool(&f.pool, false);

	assert_string_equal(folded(&f, call(&f, "+", one, two, NULL)), "3");
	assert_string_equal(folded(&f, call(&f, "+", x, call(&f, "*", two, two, NULL), NULL)),
			    "x + 4");
	assert_string_equal(folded(&f, call(&f, "/", one, zero, NULL)), "1 / 0");
	struct wr_expr *upper = call(&f, "UPPER", text(&f, "stra\xc3\x9f"), NULL, NULL);
	assert_string_equal(folded(&f, upper), "'STRAS'");
	assert_string_equal(folded(&f, call(&f, "CHAR_LENGTH", upper, NULL, NULL)), "6");
	assert_string_equal(folded(&f, cast(&f, text(&f, "16777217"), &WR_T_FLOAT, false)),
			    "1.677722E7");
	assert_string_equal(folded(&f, call(&f, "/", f64(&f, 10), f64(&f, 0), NULL)), "Infinity");
	must(wr_expr_logic(&f.pool, WR_E_AND, (struct wr_expr *[]){yes, b}, 2, pos, &out));
	assert_string_equal(folded(&f, out), "b");
	must(wr_expr_logic(&f.pool, WR_E_AND, (struct wr_expr *[]){b, no}, 2, pos, &out));
	assert_string_equal(folded(&f, out), "b AND FALSE");
	must(wr_expr_logic(&f.pool, WR_E_OR, (struct wr_expr *[]){yes, b}, 2, pos, &out));
	assert_string_equal(folded(&f, out), "TRUE");
	must(wr_expr_case(&f.pool, (struct wr_expr *[]){no, b}, (struct wr_expr *[]){one, two}, 2,
			  x, pos, &out));
	assert_string_equal(folded(&f, out), "CASE WHEN b THEN 2 ELSE x END");
	assert_string_equal(folded(&f, cast(&f, text(&f, "12"), &WR_T_INT, false)), "12");
	assert_string_equal(folded(&f, cast(&f, text(&f, "ab"), &WR_T_INT, false)),
			    "CAST('ab' AS INT)");
	fixture_release(&f);
}

/* --- filters
 * -------------------------------------------------------------------------------------- */

/* Conjuncts in stages: cheap ones, one that may fail, one that is dear. */
static void filter_stages(void **state)
{
	struct wr_program *program;
	struct fixture f;
	struct wr_expr *condition;
	uint32_t sel[ROWS], count;

	(void)state;
	fixture_init(&f);
	struct wr_expr *x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	struct wr_expr *part[] = {
	    call(&f, "<>", x, wr_expr_i32(&f.pool, 0), NULL),
	    call(&f, "<", x, wr_expr_i32(&f.pool, 100), NULL),
	    call(&f, ">=", call(&f, "/", wr_expr_i32(&f.pool, 12), x, NULL),
		 wr_expr_i32(&f.pool, -3), NULL),
	    call(&f, "LIKE", cast(&f, x, &WR_T_STRING, false), text(&f, "%4%"), NULL)};
	must(wr_expr_logic(&f.pool, WR_E_AND, part, 4, (struct wr_pos){0}, &condition));
	must(wr_program_new(&condition, 1, 1, "UTC", &program));
	struct wr_batch *batch = x_batch(&f);
	must(wr_program_filter(program, batch, sel, &count));
	assert_int_equal(count, 1);
	assert_int_equal(sel[0], 4);
	assert_int_equal(wr_program_eval(program)->error_count, 0);
	batch->sel = wr_malloc(3 * sizeof *batch->sel);
	memcpy(batch->sel, (const uint32_t[]){1, 2, 5}, 3 * sizeof *batch->sel);
	batch->sel_count = 3;
	must(wr_program_filter(program, batch, sel, &count));
	assert_int_equal(count, 0);
	wr_program_free(program);
	/* The failing conjunct first: errors name rows of the run, failed rows do not pass. */
	must(wr_expr_logic(&f.pool, WR_E_AND, (struct wr_expr *[]){part[1], part[2]}, 2,
			   (struct wr_pos){0}, &condition));
	must(wr_program_new(&condition, 1, 1, "UTC", &program));
	must(wr_program_filter(program, batch, sel, &count));
	assert_int_equal(count, 2);
	assert_int_equal(sel[1], 2);
	assert_int_equal(wr_program_eval(program)->error_count, 1);
	assert_int_equal(wr_program_eval(program)->error[0].row, 2);
	assert_string_equal(wr_program_eval(program)->error[0].text, "Division by zero: 12 / 0");
	wr_program_free(program);
	wr_batch_free(batch);
	fixture_release(&f);
}

/* --- what the context gives
 * ----------------------------------------------------------------------- */

static wr_status *watermark_kernel(struct wr_eval *eval, const struct wr_call *call_of,
				   struct wr_column *const *arg, uint32_t rows,
				   struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int64_t)[i] = wr_eval_watermark(eval, i);
	return NULL;
}

static wr_status *watermark_infer(struct wr_infer *infer)
{
	infer->result = &WR_T_BIGINT;
	return NULL;
}

static void row_watermarks(void **state)
{
	static const struct wr_function function = {.name = "WM",
						    .syntax = "WM()",
						    .flags = WR_F_DYNAMIC | WR_F_NOT_NULL,
						    .infer = watermark_infer,
						    .kernel = watermark_kernel};
	static const int64_t watermarks[] = {10, 20, 30, 40, 50, 60};
	struct wr_program *program;
	struct wr_expr *expr;
	struct wr_column *out;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	must(wr_expr_call(&f.pool, &function, NULL, 0, (struct wr_pos){0}, &expr));
	assert_false(wr_expr_is_deterministic(expr));
	must(wr_program_new(&expr, 1, 1, "UTC", &program));
	struct wr_batch *batch = x_batch(&f);
	batch->sel = wr_malloc(2 * sizeof *batch->sel);
	memcpy(batch->sel, (const uint32_t[]){2, 5}, 2 * sizeof *batch->sel);
	batch->sel_count = 2;
	wr_program_eval(program)->context.row_watermark = watermarks;
	must(wr_program_run(program, batch, &out));
	assert_int_equal(wr_int_at(out, 0), 30);
	assert_int_equal(wr_int_at(out, 1), 60);
	wr_column_unref(out);
	wr_program_free(program);
	wr_batch_free(batch);
	fixture_release(&f);
}

/* Trees that grow exponentially are refused, not walked. */
static void bounded(void **state)
{
	struct fixture f;
	wr_status *status = NULL;
	uint32_t depth = 0;

	(void)state;
	fixture_init(&f);
	struct wr_expr *x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	while (status == NULL && depth++ < 200)
		status = wr_expr_call_name(&f.pool, "NULLIF",
					   (struct wr_expr *[]){x, wr_expr_i32(&f.pool, 1)}, 2,
					   (struct wr_pos){0}, &x);
	assert_non_null(status);
	assert_true(depth < 40);
	wr_status_free(status);
	status = NULL;
	x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	for (depth = 1; status == NULL; depth++)
		status = wr_expr_call_name(&f.pool, "+",
					   (struct wr_expr *[]){x, wr_expr_i32(&f.pool, 1)}, 2,
					   (struct wr_pos){0}, &x);
	assert_int_equal(depth, WR_EXPR_DEPTH_MAX + 1);
	assert_non_null(strstr(status->text, "nested too deeply"));
	wr_status_free(status);
	fixture_release(&f);
}

/* A chain near the bound compiles and runs. */
static void deep(void **state)
{
	struct fixture f;
	uint32_t errors;

	(void)state;
	fixture_init(&f);
	struct wr_expr *x = wr_expr_column(&f.pool, 0, &WR_T_INT);
	for (uint32_t i = 0; i < WR_EXPR_DEPTH_MAX - 10; i++)
		x = call(&f, "+", x, wr_expr_i32(&f.pool, 1), NULL);
	assert_string_equal(run_x(&f, x, &errors), "4990|4991|4992|NULL|4986|4990");
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers),       cmocka_unit_test(comparisons),
	    cmocka_unit_test(decimals),       cmocka_unit_test(lazy),
	    cmocka_unit_test(lazy_sharing),   cmocka_unit_test(sharing),
	    cmocka_unit_test(folding),        cmocka_unit_test(filter_stages),
	    cmocka_unit_test(row_watermarks), cmocka_unit_test(bounded),
	    cmocka_unit_test(deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
