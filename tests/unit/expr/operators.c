/* SPDX-License-Identifier: Apache-2.0
 *
 * operators - tests: values of operators that are not plain arithmetic: NULL logic, IS ..., IN,
 * BETWEEN, LIKE, SIMILAR TO, GREATEST, dates and intervals, conditional functions.
 */
#include "expr_case.h"

static const char *of1(struct fixture *f, const char *name, struct wr_expr *a)
{
	return result_of(f, call(f, name, a, NULL, NULL));
}

static const char *of2(struct fixture *f, const char *name, struct wr_expr *a, struct wr_expr *b)
{
	return result_of(f, call(f, name, a, b, NULL));
}

/* TRUE, FALSE or NULL as a constant. */
static struct wr_expr *truth(struct fixture *f, char word)
{
	return word == 'N' ? wr_expr_null(&f->pool, &WR_T_BOOLEAN)
			   : wr_expr_bool(&f->pool, word == 'T');
}

/* The first letter of AND/OR over the two, evaluated as columns so that nothing is folded away. */
static char logic_of(struct fixture *f, enum wr_expr_kind kind, char a, char b)
{
	struct wr_expr *arg[] = {wr_expr_column(&f->pool, 0, &WR_T_BOOLEAN),
				 wr_expr_column(&f->pool, 1, &WR_T_BOOLEAN)};
	struct wr_batch *batch = wr_batch_new(2, 1);
	const char words[] = {a, b};
	struct wr_program *program;
	struct wr_column *out;
	struct wr_expr *expr;

	for (uint32_t i = 0; i < 2; i++)
		batch->column[i] = column_of(f, &WR_T_BOOLEAN,
					     (const char *[]){words[i] == 'N'   ? NULL
							      : words[i] == 'T' ? "true"
										: "false"},
					     1);
	must(wr_expr_logic(&f->pool, kind, arg, 2, (struct wr_pos){0}, &expr));
	must(wr_program_new(&expr, 1, 2, "UTC", &program));
	must(wr_program_run(program, batch, &out));
	char letter = shown(f, out, 0)[0];
	wr_column_unref(out);
	wr_program_free(program);
	wr_batch_free(batch);
	return letter;
}

static void three_valued_logic(void **state)
{
	static const char and_table[][4] = {"TTT", "TFF", "TNN", "FTF", "FFF",
					    "FNF", "NTN", "NFF", "NNN"};
	static const char or_table[][4] = {"TTT", "TFT", "TNT", "FTT", "FFF",
					   "FNN", "NTT", "NFN", "NNN"};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < WR_COUNT(and_table); i++) {
		assert_int_equal(logic_of(&f, WR_E_AND, and_table[i][0], and_table[i][1]),
				 and_table[i][2]);
		assert_int_equal(logic_of(&f, WR_E_OR, or_table[i][0], or_table[i][1]),
				 or_table[i][2]);
	}
	fixture_release(&f);
}

static void truth_tests(void **state)
{
	static const struct {
		const char *name;
		const char *results; /* for TRUE, FALSE, NULL */
	} cases[] = {{"NOT", "FTN"},      {"IS TRUE", "TFF"},        {"IS NOT TRUE", "FTT"},
		     {"IS FALSE", "FTF"}, {"IS NOT FALSE", "TFT"},   {"IS UNKNOWN", "FFT"},
		     {"IS NULL", "FFT"},  {"IS NOT UNKNOWN", "TTF"}, {"IS NOT NULL", "TTF"}};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < WR_COUNT(cases); i++)
		for (uint32_t k = 0; k < 3; k++)
			assert_int_equal(of1(&f, cases[i].name, truth(&f, "TFN"[k]))[0],
					 cases[i].results[k]);
	assert_string_equal(type_of(&f, call(&f, "IS NULL", truth(&f, 'N'), NULL, NULL)),
			    "BOOLEAN NOT NULL");
	fixture_release(&f);
}

static void distinct(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *one = wr_expr_i32(&f.pool, 1), *two = wr_expr_i64(&f.pool, 2);
	struct wr_expr *null = wr_expr_null(&f.pool, &WR_T_INT);
	assert_string_equal(of2(&f, "IS DISTINCT FROM", one, two), "TRUE");
	assert_string_equal(of2(&f, "IS DISTINCT FROM", one, wr_expr_i32(&f.pool, 1)), "FALSE");
	assert_string_equal(of2(&f, "IS DISTINCT FROM", one, null), "TRUE");
	assert_string_equal(of2(&f, "IS DISTINCT FROM", null, null), "FALSE");
	assert_string_equal(of2(&f, "IS NOT DISTINCT FROM", null, null), "TRUE");
	assert_string_equal(of2(&f, "=", null, null), "NULL");
	fixture_release(&f);
}

static const char *in_of(struct fixture *f, const char *name, struct wr_expr *x, const char *values,
			 bool null)
{
	struct wr_expr *arg[24] = {x}, *out;
	uint32_t count = 1;

	for (const char *at = values; *at != '\0'; at += strspn(at, " ")) {
		char *end;
		arg[count++] = wr_expr_i64(&f->pool, strtoll(at, &end, 10));
		at = end;
	}
	if (null)
		arg[count++] = wr_expr_null(&f->pool, &WR_T_INT);
	must(wr_expr_call_name(&f->pool, name, arg, count, (struct wr_pos){0}, &out));
	return result_of(f, out);
}

static void in_lists(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *seven = wr_expr_i32(&f.pool, 7), *eight = wr_expr_i32(&f.pool, 8);
	struct wr_expr *null = wr_expr_null(&f.pool, &WR_T_INT);
	static const char *const lists[] = {
	    "1 7", "1 2 3 4 5 6 7 9 10 11 12 13 14 15"}; /* equalities, a set */
	for (size_t i = 0; i < WR_COUNT(lists); i++) {
		assert_string_equal(in_of(&f, "IN", seven, lists[i], false), "TRUE");
		assert_string_equal(in_of(&f, "IN", eight, lists[i], false), "FALSE");
		assert_string_equal(in_of(&f, "IN", eight, lists[i], true), "NULL");
		assert_string_equal(in_of(&f, "IN", seven, lists[i], true), "TRUE");
		assert_string_equal(in_of(&f, "IN", null, lists[i], false), "NULL");
		assert_string_equal(in_of(&f, "NOT IN", eight, lists[i], false), "TRUE");
		assert_string_equal(in_of(&f, "NOT IN", eight, lists[i], true), "NULL");
		assert_string_equal(in_of(&f, "NOT IN", seven, lists[i], true), "FALSE");
	}
	struct wr_expr *words[8] = {text(&f, "fig")}, *out;
	for (uint32_t i = 1; i < 8; i++)
		words[i] = text(&f, (const char *[]){"a", "bb", "ccc", "a word that is not short",
						     "fig", "e", "f"}[i - 1]);
	must(wr_expr_call_name(&f.pool, "IN", words, 8, (struct wr_pos){0}, &out));
	assert_string_equal(result_of(&f, out), "TRUE");
	words[0] = text(&f, "a word that is not short");
	must(wr_expr_call_name(&f.pool, "IN", words, 5, (struct wr_pos){0}, &out));
	assert_string_equal(result_of(&f, out), "TRUE");
	words[0] = text(&f, "a word that is not there");
	must(wr_expr_call_name(&f.pool, "IN", words, 8, (struct wr_pos){0}, &out));
	assert_string_equal(result_of(&f, out), "FALSE");
	fixture_release(&f);
}

static void between(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *one = wr_expr_i32(&f.pool, 1), *five = wr_expr_i64(&f.pool, 5);
	struct wr_expr *three = value_of(&f, "3.5", wr_type_decimal(&f.arena, 3, 1));
	struct wr_expr *null = wr_expr_null(&f.pool, &WR_T_INT);
	assert_string_equal(result_of(&f, call(&f, "BETWEEN", three, one, five)), "TRUE");
	assert_string_equal(result_of(&f, call(&f, "BETWEEN", three, five, one)), "FALSE");
	assert_string_equal(result_of(&f, call(&f, "BETWEEN SYMMETRIC", three, five, one)), "TRUE");
	assert_string_equal(result_of(&f, call(&f, "NOT BETWEEN", three, one, five)), "FALSE");
	assert_string_equal(result_of(&f, call(&f, "BETWEEN", one, five, null)), "FALSE");
	assert_string_equal(result_of(&f, call(&f, "BETWEEN", five, one, null)), "NULL");
	fixture_release(&f);
}

/* Runs over a constant pattern (compiled once) and over a pattern that comes with the rows. */
static void like_case(struct fixture *f, const char *name, const char *s, const char *pattern,
		      const char *escape, const char *result)
{
	struct wr_batch *batch = wr_batch_new(2, 1);
	struct wr_column *out[2];
	struct wr_program *program;

	batch->column[0] = column_of(f, &WR_T_STRING, &s, 1);
	batch->column[1] = column_of(f, &WR_T_STRING, &pattern, 1);
	struct wr_expr *x = wr_expr_column(&f->pool, 0, &WR_T_STRING);
	struct wr_expr *p = wr_expr_column(&f->pool, 1, &WR_T_STRING);
	struct wr_expr *e = escape != NULL ? text(f, escape) : NULL;
	struct wr_expr *list[] = {call(f, name, x, text(f, pattern), e), call(f, name, x, p, e)};
	must(wr_program_new(list, 2, 2, "UTC", &program));
	must(wr_program_run(program, batch, out));
	for (uint32_t i = 0; i < 2; i++) {
		bool failed = wr_program_eval(program)->error_count > 0;
		const char *got = failed ? "ERROR" : shown(f, out[i], 0);
		if (strcmp(got, result) != 0)
			fail_msg("'%s' %s '%s' (%u): %s", s, name, pattern, i, got);
		wr_column_unref(out[i]);
	}
	wr_program_free(program);
	wr_batch_free(batch);
}

static void like(void **state)
{
	static const char *const cases[][4] = {{"foobar", "foo%", NULL, "TRUE"},
					       {"foobar", "%bar", NULL, "TRUE"},
					       {"foobar", "%ob%", NULL, "TRUE"},
					       {"foobar", "foobar", NULL, "TRUE"},
					       {"foobar", "foo", NULL, "FALSE"},
					       {"foobar", "bar%", NULL, "FALSE"},
					       {"foobar", "f%o%r", NULL, "TRUE"},
					       {"foobar", "f%z%r", NULL, "FALSE"},
					       {"foobar", "f__b_r", NULL, "TRUE"},
					       {"foobar", "_oo%_", NULL, "TRUE"},
					       {"foobar", "%", NULL, "TRUE"},
					       {"", "%", NULL, "TRUE"},
					       {"", "", NULL, "TRUE"},
					       {"", "_", NULL, "FALSE"},
					       {"foobar", "%%", NULL, "TRUE"},
					       {"aab", "%ab", NULL, "TRUE"},
					       {"abab", "ab%ab", NULL, "TRUE"},
					       {"aba", "ab%ba", NULL, "FALSE"},
					       {"\xC3\xA4x", "_x", NULL, "TRUE"},
					       {"a\nb", "a_b", NULL, "FALSE"},
					       {"a\nb", "a%b", NULL, "TRUE"},
					       {"100%", "100#%", "#", "TRUE"},
					       {"1000", "100#%", "#", "FALSE"},
					       {"a_b", "a#_b", "#", "TRUE"},
					       {"axb", "a#_b", "#", "FALSE"},
					       {"a#b", "a##b", "#", "TRUE"},
					       {"ab", "a#b", "#", "ERROR"},
					       {"ab", "ab#", "#", "ERROR"},
					       {"a\\b", "a\\b", NULL, "TRUE"},
					       {"mississippi", "%iss%ip%i", NULL, "TRUE"},
					       {"mississippi", "%s_i%", NULL, "TRUE"},
					       {"mississippi", "%s_p_p", NULL, "FALSE"}};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < WR_COUNT(cases); i++)
		like_case(&f, "LIKE", cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
	assert_string_equal(of2(&f, "NOT LIKE", text(&f, "abc"), text(&f, "b%")), "TRUE");
	fixture_release(&f);
}

static void similar(void **state)
{
	static const char *const cases[][4] = {{"foobar", "(foo|bar)+", NULL, "TRUE"},
					       {"foo", "fo", NULL, "FALSE"},
					       {"foo", "f_o", NULL, "TRUE"},
					       {"foo", "%", NULL, "TRUE"},
					       {"a.c", "a.c", NULL, "TRUE"},
					       {"abc", "a.c", NULL, "TRUE"},
					       {"abc", "[a-c]+", NULL, "TRUE"},
					       {"abd", "[a-c]+", NULL, "FALSE"},
					       {"123", "[[:DIGIT:]]{3}", NULL, "TRUE"},
					       {"12a", "[[:DIGIT:]]{3}", NULL, "FALSE"},
					       {"a%", "a#%", "#", "TRUE"},
					       {"ab", "a#%", "#", "FALSE"},
					       {"a", "a?b*", NULL, "TRUE"},
					       {"a", "(a", NULL, "ERROR"},
					       {"a^c", "a^c", NULL, "FALSE"},
					       {"a.c", "a\\.c", NULL, "FALSE"},
					       {"a$", "a$", NULL, "TRUE"},
					       {"a-b", "a#-b", "#", "TRUE"},
					       {"ab", "a#b", "#", "ERROR"},
					       {"a\nb", "a%b", NULL, "TRUE"},
					       {"a\nb", "a_b", NULL, "FALSE"}};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < WR_COUNT(cases); i++)
		like_case(&f, "SIMILAR TO", cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
	fixture_release(&f);
}

static void extremes(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *two = wr_expr_i32(&f.pool, 2), *three = wr_expr_i64(&f.pool, 3);
	struct wr_expr *half = value_of(&f, "2.5", wr_type_decimal(&f.arena, 2, 1));
	assert_string_equal(result_of(&f, call(&f, "GREATEST", two, half, three)), "3.0");
	assert_string_equal(result_of(&f, call(&f, "LEAST", two, half, three)), "2.0");
	assert_string_equal(of2(&f, "GREATEST", two, wr_expr_null(&f.pool, &WR_T_INT)), "NULL");
	assert_string_equal(of2(&f, "LEAST", text(&f, "a longer string here"), text(&f, "b")),
			    "a longer string here");
	fixture_release(&f);
}

static struct wr_expr *interval(struct fixture *f, int64_t value, bool months)
{
	const struct wr_type *type = months ? &WR_T_INTERVAL_MONTH : &WR_T_INTERVAL_DAY;
	struct wr_column *column = wr_column_new(type, 1);

	if (months)
		WR_DATA(column, int32_t)[0] = (int32_t)value;
	else
		WR_DATA(column, int64_t)[0] = value;
	wr_column_make_const(column);
	return wr_expr_const(&f->pool, column);
}

static void dates_and_intervals(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *date = value_of(&f, "2024-02-29", &WR_T_DATE);
	struct wr_expr *ts = value_of(&f, "2024-01-31 12:00:00.5", &WR_T_TIMESTAMP3);
	struct wr_expr *ts9 = value_of(&f, "2024-01-31 12:00:00.123456789", &WR_T_TIMESTAMP9);
	struct wr_expr *time = value_of(&f, "23:30:00", &WR_T_TIME);
	struct wr_expr *year = interval(&f, 12, true), *month = interval(&f, 1, true);
	struct wr_expr *day = interval(&f, 86400000, false), *hour = interval(&f, 3600000, false);
	assert_string_equal(of2(&f, "+", date, year), "2025-02-28");
	assert_string_equal(of2(&f, "-", date, day), "2024-02-28");
	assert_string_equal(of2(&f, "+", date, hour), "2024-02-29");
	assert_string_equal(of2(&f, "+", ts, month), "2024-02-29 12:00:00.500");
	assert_string_equal(of2(&f, "+", month, ts), "2024-02-29 12:00:00.500");
	assert_string_equal(of2(&f, "-", ts, hour), "2024-01-31 11:00:00.500");
	assert_string_equal(of2(&f, "+", ts9, day), "2024-02-01 12:00:00.123456789");
	assert_string_equal(of2(&f, "-", ts9, month), "2023-12-31 12:00:00.123456789");
	assert_string_equal(of2(&f, "+", time, hour), "00:30:00");
	assert_string_equal(of2(&f, "+", day, hour), "+1 01:00:00.000");
	assert_string_equal(of2(&f, "*", day, wr_expr_i32(&f.pool, 2)), "+2 00:00:00.000");
	assert_string_equal(of2(&f, "*", f64(&f, 0.5), day), "+0 12:00:00.000");
	assert_string_equal(of2(&f, "/", day, wr_expr_i32(&f.pool, 2)), "+0 12:00:00.000");
	assert_string_equal(of1(&f, "-", month), "-0-01");
	assert_string_equal(
	    result_of(&f, call(&f, "MINUS_DATE", ts,
			       value_of(&f, "2024-01-30 12:00:00", &WR_T_TIMESTAMP3),
			       wr_expr_symbol(&f.pool, "DAY"))),
	    "+1 00:00:00.500");
	assert_string_equal(
	    result_of(&f, call(&f, "MINUS_DATE", date, value_of(&f, "2022-12-31", &WR_T_DATE),
			       wr_expr_symbol(&f.pool, "MONTH"))),
	    "+1-02");
	assert_string_equal(of2(&f, "=", date, text(&f, "2024-02-29")), "TRUE");
	assert_string_equal(of2(&f, "<", ts, ts9), "FALSE");
	fixture_release(&f);
}

static void conditionals(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *one = wr_expr_i32(&f.pool, 1), *two = wr_expr_i32(&f.pool, 2);
	struct wr_expr *null = wr_expr_null(&f.pool, &WR_T_NULL);
	assert_string_equal(of2(&f, "NULLIF", one, wr_expr_i32(&f.pool, 1)), "NULL");
	assert_string_equal(of2(&f, "NULLIF", one, two), "1");
	assert_string_equal(type_of(&f, call(&f, "NULLIF", one, two, NULL)), "INT");
	assert_string_equal(of2(&f, "IFNULL", null, text(&f, "x")), "x");
	assert_string_equal(type_of(&f, call(&f, "IFNULL", null, text(&f, "x"), NULL)),
			    "CHAR(1) NOT NULL");
	assert_string_equal(result_of(&f, call(&f, "COALESCE", null, one, two)), "1");
	assert_string_equal(result_of(&f, call(&f, "IF", call(&f, ">", one, two, NULL),
					       text(&f, "a"), text(&f, "bb"))),
			    "bb");
	struct wr_expr *maybe = wr_expr_column(&f.pool, 0, &WR_T_BOOLEAN);
	assert_string_equal(type_of(&f, call(&f, "IF", maybe, text(&f, "a"), text(&f, "bb"))),
			    "VARCHAR(2)");
	assert_string_equal(of1(&f, "TYPEOF", call(&f, "+", one, two, NULL)), "INT NOT NULL");
	fixture_release(&f);
}

static void divisions(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	const struct wr_type *d2 = wr_type_decimal(&f.arena, 10, 2);
	struct wr_expr *ten = value_of(&f, "10", d2), *three = value_of(&f, "3", d2);
	struct wr_expr *zero = wr_expr_i32(&f.pool, 0);
	assert_string_equal(of2(&f, "/", ten, three), "3.3333333333333");
	assert_string_equal(of2(&f, "*", ten, three), "30.0000");
	assert_string_equal(of2(&f, "%", value_of(&f, "7.5", d2), wr_expr_i32(&f.pool, -2)),
			    "1.50");
	assert_string_equal(of2(&f, "/", ten, zero), "ERROR Division by zero: 10.00 / 0");
	assert_string_equal(of2(&f, "/", wr_expr_i32(&f.pool, 1), zero),
			    "ERROR Division by zero: 1 / 0");
	assert_string_equal(of2(&f, "MOD", wr_expr_i32(&f.pool, 1), zero),
			    "ERROR Division by zero: 1 % 0");
	assert_string_equal(of2(&f, "/", f64(&f, -1), zero), "-Infinity");
	const struct wr_type *wide = wr_type_decimal(&f.arena, 38, 10);
	struct wr_expr *huge = value_of(&f, "9999999999999999999999999999", wide);
	assert_string_equal(of2(&f, "*", huge, huge), "NULL");
	assert_string_equal(of2(&f, "*", value_of(&f, "10", wide), value_of(&f, "3", wide)),
			    "30.000000");
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_valued_logic),
	    cmocka_unit_test(truth_tests),
	    cmocka_unit_test(distinct),
	    cmocka_unit_test(in_lists),
	    cmocka_unit_test(between),
	    cmocka_unit_test(like),
	    cmocka_unit_test(similar),
	    cmocka_unit_test(extremes),
	    cmocka_unit_test(dates_and_intervals),
	    cmocka_unit_test(conditionals),
	    cmocka_unit_test(divisions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
