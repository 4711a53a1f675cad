/* SPDX-License-Identifier: Apache-2.0
 *
 * registry - tests: every function of the registry, with every combination of argument types that
 * it accepts, over vectors, constants, NULLs and a selection. What a function computes is not
 * looked at; that its columns keep the rules of data/column.h is, and that the three ways to run it
 * agree.
 */
#include "expr_case.h"

#define ROWS       6
#define ARGS_MAX   3
#define TYPES      14
#define CANDIDATES (TYPES + 1) /* the types, and a word */

struct world {
	struct fixture f;
	const struct wr_type *type[TYPES];
	struct wr_column *column[TYPES]; /* ROWS rows of each type, the last one NULL */
	uint32_t runs;                   /* since world_init */
	const struct wr_function *wrong; /* the last one that was reported */
	uint32_t wrong_count;            /* differences */
};

static struct wr_column *list_column(struct fixture *f, const struct wr_type *type)
{
	struct wr_builder *builder = wr_builder_new(type, ROWS);

	for (uint32_t i = 0; i + 1 < ROWS; i++) {
		for (uint32_t k = 0; k < i; k++) {
			for (uint32_t c = 0; c < builder->child_count; c++) {
				bool text = builder->child[c]->phys == WR_P_STR;
				const char *word = wr_arena_printf(&f->arena, "%u", k);
				if (k == 2 && c + 1 == builder->child_count)
					wr_builder_null(builder->child[c]);
				else if (text)
					wr_builder_str(builder->child[c], word, strlen(word));
				else
					wr_builder_i32(builder->child[c], (int32_t)k);
			}
		}
		wr_builder_list(builder, i);
	}
	wr_builder_null(builder);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

static void world_add(struct world *w, uint32_t at, const struct wr_type *type,
		      const char *const *values)
{
	w->type[at] = type;
	w->column[at] =
	    values != NULL ? column_of(&w->f, type, values, ROWS) : list_column(&w->f, type);
}

static void world_init(struct world *w)
{
	static const char *const numbers[] = {"0", "1", "-3", "100", "12", NULL};
	static const char *const big[] = {
	    "0", "1", "-9223372036854775808", "9223372036854775807", "1700000000000", NULL};
	static const char *const reals[] = {"0", "1.5", "-2.25", "1e300", "NaN", NULL};
	static const char *const exact[] = {"0", "1.50", "-99999999.99", "12.34", "0.01", NULL};
	static const char *const texts[] = {"",
					    "hello, World of many words",
					    "2024-02-29 12:34:56",
					    "{\"a\":[1,2]}",
					    "\xC3\xA4%s(",
					    NULL};
	static const char *const dates[] = {"1970-01-01", "2024-02-29", "0001-01-01",
					    "9999-12-31", "1969-12-31", NULL};
	static const char *const times[] = {"00:00:00", "23:59:59.999", "12:00:00",
					    "1:2:3",    "11:11:11",     NULL};
	static const char *const stamps[] = {"1970-01-01 00:00:00",     "2024-02-29 12:34:56.789",
					     "0001-01-01 00:00:00",     "9999-12-31 23:59:59.999",
					     "1969-12-31 23:59:59.999", NULL};
	static const char *const bools[] = {"true", "false", "true", "false", "true", NULL};
	struct wr_arena *arena = &w->f.arena;

	*w = (struct world){0};
	fixture_init(&w->f);
	world_add(w, 0, &WR_T_BOOLEAN, bools);
	world_add(w, 1, &WR_T_TINYINT, numbers);
	world_add(w, 2, &WR_T_INT, numbers);
	world_add(w, 3, &WR_T_BIGINT, big);
	world_add(w, 4, &WR_T_DOUBLE, reals);
	world_add(w, 5, wr_type_decimal(arena, 10, 2), exact);
	world_add(w, 6, &WR_T_STRING, texts);
	world_add(w, 7, &WR_T_BYTES, texts);
	world_add(w, 8, &WR_T_DATE, dates);
	world_add(w, 9, &WR_T_TIME, times);
	world_add(w, 10, &WR_T_TIMESTAMP3, stamps);
	world_add(w, 11, &WR_T_LTZ9, stamps);
	world_add(w, 12, wr_type_array(arena, &WR_T_INT), NULL);
	world_add(w, 13, wr_type_map(arena, &WR_T_STRING, &WR_T_INT), NULL);
}

static void world_release(struct world *w)
{
	for (uint32_t i = 0; i < TYPES; i++)
		wr_column_unref(w->column[i]);
	fixture_release(&w->f);
}

/* What is wrong with row i by itself; NULL: nothing. Reads all that it shows. */
static const char *row_fault(const struct wr_column *column, uint32_t i)
{
	volatile char seen = 0; /* so that the compiler reads every byte */

	if (column->valid != NULL && column->valid[i] > 1)
		return "a validity that is not 0 or 1";
	if (column->phys == WR_P_BOOL && WR_DATA(column, uint8_t)[i] > 1)
		return "a BOOLEAN that is not 0 or 1";
	if (column->phys == WR_P_STR) {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[i];
		const char *bytes = wr_view_data(view);
		for (uint32_t k = 0; k < view->len; k++)
			seen ^= bytes[k];
		for (uint32_t k = view->len; k < WR_VIEW_INLINE; k++)
			if (view->u.inlined[k] != 0)
				return "bytes behind a short string";
	}
	(void)seen;
	if (column->phys == WR_P_LIST || column->phys == WR_P_MAP) {
		const struct wr_span *span = &WR_DATA(column, struct wr_span)[i];
		for (uint32_t c = 0; c < column->child_count; c++)
			if (!column->child[c]->is_const &&
			    span->start + span->len > column->child[c]->len)
				return "a span beyond the elements";
	}
	return NULL;
}

/* What breaks the invariants of data/column.h; NULL: nothing. */
static const char *column_fault(const struct wr_column *column, const struct wr_type *type,
				uint32_t rows)
{
	const char *fault = NULL;

	if (column->phys != wr_type_phys(type))
		return "another layout than the type's";
	if (column->mask != (column->is_const ? 0 : UINT32_MAX))
		return "a wrong mask";
	if (column->len != (column->is_const ? 1 : rows))
		return "a wrong length";
	for (uint32_t i = 0; i < column->len && fault == NULL; i++)
		fault = row_fault(column, i);
	for (uint32_t c = 0; c < column->child_count && fault == NULL; c++) {
		if (column->child[c] == NULL)
			return "no child";
		bool is_row = column->phys == WR_P_ROW && !column->child[c]->is_const;
		fault = column_fault(column->child[c], type->child[c],
				     is_row ? column->len : column->child[c]->len);
	}
	return fault;
}

static bool has_failed(const struct wr_eval *eval, uint32_t row)
{
	for (uint32_t i = 0; i < eval->error_count; i++)
		if (eval->error[i].row == row)
			return true;
	return false;
}

/* Reports a difference, once per function. */
static void wrong(struct world *w, const struct wr_function *function, const char *how,
		  const char *got, const char *want)
{
	if (w->wrong != function || function == NULL)
		print_error("%s: '%s' %s, '%s' otherwise\n",
			    function != NULL ? function->name : "a rewritten call", got, how, want);
	w->wrong = function;
	w->wrong_count++;
}

/* Runs an expression over the columns; texts of the rows, "!" where it failed. sel: rows, or NULL.
 */
static void run(struct world *w, struct wr_expr *expr, uint32_t *sel, uint32_t sel_count,
		const char **texts)
{
	struct wr_batch batch = {.rows = ROWS,
				 .column_count = TYPES,
				 .column = w->column,
				 .sel = sel,
				 .sel_count = sel_count};
	struct wr_program *program = NULL;
	struct wr_column *out = NULL;

	wr_status *status = wr_program_new(&expr, 1, TYPES, "UTC", &program);
	if (status != NULL) { /* a constant that the function cannot be prepared with */
		wr_status_free(status);
		for (uint32_t i = 0; i < ROWS; i++)
			texts[i] = "!";
		return;
	}
	must(wr_program_run(program, &batch, &out));
	const char *fault = column_fault(out, expr->type, wr_batch_count(&batch));
	if (fault != NULL)
		wrong(w, expr->function, "in its column", fault, "none");
	for (uint32_t i = 0; i < wr_batch_count(&batch); i++)
		texts[i] = has_failed(wr_program_eval(program), i) ? "!" : shown(&w->f, out, i);
	wr_column_unref(out);
	wr_program_free(program);
}

/* Row `row` of column t as a constant. */
static struct wr_expr *constant(struct world *w, uint32_t t, uint32_t row)
{
	struct wr_column *value = wr_column_gather(w->column[t], &row, 1);

	wr_column_make_const(value);
	return wr_expr_const(&w->f.pool, value);
}

/* The call over the chosen columns (constants of row `row` when `as_const`, argument by bit). */
static struct wr_expr *make(struct world *w, const struct wr_function *function,
			    const uint32_t *choice, uint32_t count, uint32_t as_const, uint32_t row)
{
	struct wr_expr *arg[ARGS_MAX + 1], *out = NULL;

	for (uint32_t i = 0; i < count; i++) {
		if (choice[i] == TYPES)
			arg[i] = wr_expr_symbol(&w->f.pool, "DAY");
		else if (as_const & (1u << i))
			arg[i] = constant(w, choice[i], row);
		else
			arg[i] = wr_expr_column(&w->f.pool, choice[i], w->type[choice[i]]);
	}
	wr_status *status =
	    wr_expr_call(&w->f.pool, function, arg, count, (struct wr_pos){0}, &out);
	if (status == NULL)
		return out;
	assert_non_null(status->text);
	wr_status_free(status);
	return NULL;
}

static void exercise(struct world *w, const struct wr_function *function, const uint32_t *choice,
		     uint32_t count)
{
	static uint32_t sel[] = {0, 2, 3, 5};
	const char *whole[ROWS], *part[ROWS], *mixed[ROWS];
	struct wr_expr *expr = make(w, function, choice, count, 0, 0);

	if (expr == NULL)
		return;
	run(w, expr, NULL, 0, whole);
	run(w, expr, sel, 4, part);
	w->runs++;
	if (!wr_expr_is_deterministic(expr))
		return;
	for (uint32_t i = 0; i < 4; i++)
		if (strcmp(part[i], whole[sel[i]]) != 0)
			wrong(w, function, "under a selection", part[i], whole[sel[i]]);
	for (uint32_t as_const = 1; as_const < (1u << count); as_const++) {
		uint32_t row = 1 + w->runs % (ROWS - 1);
		struct wr_expr *call_of = make(w, function, choice, count, as_const, row);
		if (call_of == NULL)
			continue; /* refused for this constant */
		run(w, call_of, NULL, 0, mixed);
		/* A literal may be refused where a column is NULL (dates next to strings). */
		if (wr_type_equal(call_of->type, expr->type, false) &&
		    strcmp(mixed[row], whole[row]) != 0 && strcmp(mixed[row], "!") != 0)
			wrong(w, function, "with constants", mixed[row], whole[row]);
	}
}

/* Every choice of `count` candidates. */
static void exercise_all(struct world *w, const struct wr_function *function, uint32_t count)
{
	uint32_t choice[ARGS_MAX] = {0}, total = 1;

	for (uint32_t i = 0; i < count; i++)
		total *= CANDIDATES;
	for (uint32_t n = 0; n < total; n++) {
		bool word = false;
		for (uint32_t i = 0, rest = n; i < count; i++, rest /= CANDIDATES) {
			choice[i] = rest % CANDIDATES;
			word |= choice[i] == TYPES;
		}
		/* The parser makes words only of the units of time that a syntax has room for. */
		if (word && strstr(function->syntax, "unit") == NULL)
			continue;
		exercise(w, function, choice, count);
		if (w->runs > 200) {
			const struct world old = *w;
			world_release(w);
			world_init(w);
			w->wrong = old.wrong;
			w->wrong_count = old.wrong_count;
		}
	}
}

static void all_functions(void **state)
{
	uint32_t count;
	const struct wr_function *const *list = wr_function_list(&count);
	struct world w;

	(void)state;
	world_init(&w);
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t n = list[i]->min_args; n <= ARGS_MAX && n <= list[i]->max_args; n++)
			exercise_all(&w, list[i], n);
	uint32_t wrong_count = w.wrong_count;
	world_release(&w);
	assert_int_equal(wrong_count, 0);
}

/* Names are unique, in capitals, and described; each is found by any spelling. */
static void names(void **state)
{
	uint32_t count;
	const struct wr_function *const *list = wr_function_list(&count);

	(void)state;
	assert_true(count > 40);
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_function *function = list[i];
		assert_true(strlen(function->name) > 0);
		for (const char *c = function->name; *c != '\0'; c++)
			assert_false(*c >= 'a' && *c <= 'z');
		assert_non_null(function->category);
		assert_non_null(function->syntax);
		assert_non_null(function->doc);
		assert_true(function->min_args <= function->max_args);
		assert_true(function->infer != NULL || function->rewrite != NULL);
		if (wr_function_find(function->name, (uint32_t)strlen(function->name)) != function)
			fail_msg("%s is there twice", function->name);
	}
	assert_ptr_equal(wr_function_find("greatest", 8), wr_function_find("GREATEST", 8));
	assert_null(wr_function_find("NO_SUCH_FUNCTION", 16));
	assert_null(wr_function_find("GREAT", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(all_functions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
