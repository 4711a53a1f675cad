/* SPDX-License-Identifier: Apache-2.0
 *
 * casts - tests: CAST and TRY_CAST between all types.
 */
#include "cast_rules.h"
#include "expr_case.h"

static const struct {
	const char *name;
	enum wr_kind kind;
	int parameters;
} names[] = {{"BOOLEAN", WR_BOOLEAN, 0},     {"TINYINT", WR_TINYINT, 0},
	     {"SMALLINT", WR_SMALLINT, 0},   {"INT", WR_INT, 0},
	     {"BIGINT", WR_BIGINT, 0},       {"FLOAT", WR_FLOAT, 0},
	     {"DOUBLE", WR_DOUBLE, 0},       {"DECIMAL", WR_DECIMAL, 2},
	     {"CHAR", WR_CHAR, 1},           {"VARCHAR", WR_VARCHAR, 1},
	     {"STRING", WR_VARCHAR, 0},      {"BINARY", WR_BINARY, 1},
	     {"VARBINARY", WR_VARBINARY, 1}, {"BYTES", WR_VARBINARY, 0},
	     {"DATE", WR_DATE, 0},           {"TIME", WR_TIME, 1},
	     {"TIMESTAMP", WR_TIMESTAMP, 1}, {"TIMESTAMP_LTZ", WR_TIMESTAMP_LTZ, 1}};

/* "DECIMAL(10,2)", "STRING", ... */
static const struct wr_type *type_named(struct fixture *f, const char *text)
{
	size_t len = strcspn(text, "(");
	char *rest = (char *)text + len;
	int a = rest[0] == '(' ? (int)strtol(rest + 1, &rest, 10) : 0;
	int b = rest[0] == ',' ? (int)strtol(rest + 1, &rest, 10) : 0;

	for (size_t i = 0; i < WR_COUNT(names); i++) {
		if (strlen(names[i].name) != len || strncmp(names[i].name, text, len) != 0)
			continue;
		enum wr_kind kind = names[i].kind;
		if (kind == WR_DECIMAL)
			return wr_type_decimal(&f->arena, a, b);
		if (wr_kind_is_string(kind) || wr_kind_is_bytes(kind))
			return wr_type_length(&f->arena, kind,
					      names[i].parameters ? a : WR_LENGTH_MAX);
		if (kind == WR_TIME || wr_kind_is_timestamp(kind))
			return wr_type_precision(&f->arena, kind, a);
		static const struct wr_type *const plain[] = {
		    [WR_BOOLEAN] = &WR_T_BOOLEAN,   [WR_TINYINT] = &WR_T_TINYINT,
		    [WR_SMALLINT] = &WR_T_SMALLINT, [WR_INT] = &WR_T_INT,
		    [WR_BIGINT] = &WR_T_BIGINT,     [WR_FLOAT] = &WR_T_FLOAT,
		    [WR_DOUBLE] = &WR_T_DOUBLE,     [WR_DATE] = &WR_T_DATE};
		return plain[kind];
	}
	fail_msg("no type %s", text);
	return NULL;
}

/* What CAST(value AS to) gives, in the words of the rules. */
static const char *cast_result(struct fixture *f, const char *value, const char *from,
			       const char *to, bool try_cast)
{
	struct wr_expr *source = value_of(f, value, type_named(f, from)), *made;
	wr_status *status = wr_expr_cast(&f->pool, source, type_named(f, to), try_cast, &made);

	if (status != NULL) {
		wr_status_free(status);
		return "refused";
	}
	const char *out = result_of(f, made);
	return strncmp(out, "ERROR", 5) == 0 ? "ERROR" : out;
}

static void rules(void **state)
{
	struct fixture f;
	uint32_t wrong = 0;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < WR_COUNT(cast_rules); i++) {
		const char *got = cast_result(&f, cast_rules[i].value, cast_rules[i].from,
					      cast_rules[i].to, false);
		if (strcmp(got, cast_rules[i].result) != 0) {
			print_error("CAST('%s' %s AS %s): '%s', not '%s'\n", cast_rules[i].value,
				    cast_rules[i].from, cast_rules[i].to, got,
				    cast_rules[i].result);
			wrong++;
		}
	}
	fixture_release(&f);
	assert_int_equal(wrong, 0);
}

struct cast_case {
	const char *value;
	const char *from;
	const char *to;
	const char *result;
};

static void check_all(const struct cast_case *cases, size_t count, bool try_cast)
{
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(
		    cast_result(&f, cases[i].value, cases[i].from, cases[i].to, try_cast),
		    cases[i].result);
	fixture_release(&f);
}

static void edges(void **state)
{
	static const struct cast_case cases[] = {
	    {"1.0E300", "DOUBLE", "BIGINT", "9223372036854775807"},
	    {"1.0E300", "DOUBLE", "INT", "2147483647"},
	    {"NaN", "DOUBLE", "INT", "0"},
	    {"1.0E300", "DOUBLE", "FLOAT", "Infinity"},
	    {"1.0E300", "DOUBLE", "DECIMAL(38,0)", "NULL"},
	    {"9223372036854775807", "BIGINT", "INT", "-1"},
	    {"300", "INT", "TINYINT", "44"},
	    {"123.455", "DECIMAL(6,3)", "DECIMAL(5,2)", "123.46"},
	    {"-1.9", "DECIMAL(2,1)", "INT", "-1"},
	    {"12345.6", "DECIMAL(6,1)", "DECIMAL(4,1)", "NULL"},
	    {"1.9", "STRING", "INT", "1"},
	    {"yes", "STRING", "BOOLEAN", "TRUE"},
	    {"F", "STRING", "BOOLEAN", "FALSE"},
	    {"1e3", "STRING", "DECIMAL(10,2)", "1000.00"},
	    {"2024-01-01 00:00:00.9999", "STRING", "TIMESTAMP(3)", "2024-01-01 00:00:00.999"},
	    {"2024-1-1 1:2:3", "STRING", "TIMESTAMP(3)", "2024-01-01 01:02:03.000"},
	    {"2024-01-01T00:00:00", "STRING", "TIMESTAMP(3)", "ERROR"},
	    {"2147483648", "STRING", "INT", "ERROR"},
	    {"12345.67", "STRING", "DECIMAL(4,1)", "NULL"},
	    {"12x", "STRING", "DECIMAL(4,1)", "ERROR"},
	    {"NaN", "DOUBLE", "DECIMAL(4,1)", "ERROR"},
	    {"x", "STRING", "CHAR(3)", "x  "},
	    {"xyz", "STRING", "VARCHAR(2)", "xy"},
	    {"\xC3\xA4\xC3\xB6\xC3\xBC", "STRING", "VARCHAR(2)", "\xC3\xA4\xC3\xB6"},
	    {"\xC3\xA4", "STRING", "CHAR(2)", "\xC3\xA4 "},
	    {"abc", "STRING", "BYTES", "x'616263'"},
	    {"abc", "STRING", "BINARY(5)", "x'6162630000'"},
	    {"abc", "STRING", "VARBINARY(2)", "x'6162'"},
	    {"a", "BYTES", "BINARY(2)", "x'6100'"},
	};

	(void)state;
	check_all(cases, WR_COUNT(cases), false);
}

static void try_casts(void **state)
{
	static const struct cast_case cases[] = {
	    {"abc", "STRING", "INT", "NULL"},          {"12", "STRING", "INT", "12"},
	    {"x", "STRING", "BOOLEAN", "NULL"},        {"no date", "STRING", "DATE", "NULL"},
	    {"abc", "STRING", "DECIMAL(5,2)", "NULL"}, {"5", "INT", "STRING", "5"},
	    {"z", "STRING", "DOUBLE", "NULL"},         {"25:61", "STRING", "TIMESTAMP(3)", "NULL"}};

	(void)state;
	check_all(cases, WR_COUNT(cases), true);
}

/* ARRAY[texts...] as a constant. */
static struct wr_expr *text_array(struct fixture *f, const char *const *values, uint32_t n)
{
	const struct wr_type *type = wr_type_array(&f->arena, &WR_T_STRING);
	struct wr_builder *builder = wr_builder_new(type, 1);

	for (uint32_t i = 0; i < n; i++) {
		if (values[i] == NULL)
			wr_builder_null(builder->child[0]);
		else
			wr_builder_str(builder->child[0], values[i], strlen(values[i]));
	}
	wr_builder_list(builder, n);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	wr_column_make_const(column);
	return wr_expr_const(&f->pool, column);
}

static void nested(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *good = text_array(&f, (const char *[]){"1", NULL, "300"}, 3);
	struct wr_expr *bad = text_array(&f, (const char *[]){"1", "x"}, 2);
	const struct wr_type *ints = wr_type_array(&f.arena, &WR_T_INT);
	const struct wr_type *bytes = wr_type_array(&f.arena, &WR_T_TINYINT);

	assert_string_equal(result_of(&f, cast(&f, good, ints, false)), "[1, NULL, 300]");
	assert_string_equal(result_of(&f, cast(&f, cast(&f, good, ints, false), bytes, false)),
			    "[1, NULL, 44]");
	assert_string_equal(result_of(&f, cast(&f, good, &WR_T_STRING, false)), "[1, NULL, 300]");
	assert_string_equal(result_of(&f, cast(&f, bad, ints, true)), "NULL");
	assert_string_equal(result_of(&f, cast(&f, bad, ints, false)),
			    "ERROR 'x' cannot be cast to INT");
	assert_string_equal(type_of(&f, cast(&f, bad, ints, true)), "ARRAY<INT>");
	fixture_release(&f);
}

/* An error in an element is that of its row, and only of rows that count. */
static void nested_errors_by_row(void **state)
{
	const struct wr_type *ints, *texts;
	struct wr_column *results[1];
	struct wr_program *program;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	texts = wr_type_array(&f.arena, &WR_T_STRING);
	ints = wr_type_array(&f.arena, &WR_T_INT);
	struct wr_builder *builder = wr_builder_new(texts, 4);
	static const char *const rows[][2] = {{"1", "2"}, {"3", "bad"}, {"4", "5"}, {"worse", "6"}};
	for (uint32_t i = 0; i < 4; i++) {
		for (uint32_t k = 0; k < 2; k++)
			wr_builder_str(builder->child[0], rows[i][k], strlen(rows[i][k]));
		wr_builder_list(builder, 2);
	}
	struct wr_batch *batch = wr_batch_new(1, 4);
	batch->column[0] = wr_builder_finish(builder);
	wr_builder_free(builder);
	struct wr_expr *expr = cast(&f, wr_expr_column(&f.pool, 0, texts), ints, false);
	must(wr_program_new(&expr, 1, 1, "UTC", &program));
	must(wr_program_run(program, batch, results));
	struct wr_eval *eval = wr_program_eval(program);
	assert_int_equal(eval->error_count, 2);
	assert_int_equal(eval->error[0].row, 1);
	assert_int_equal(eval->error[1].row, 3);
	assert_non_null(strstr(eval->error[1].text, "worse"));
	assert_string_equal(shown(&f, results[0], 2), "[4, 5]");
	wr_column_unref(results[0]);
	wr_program_free(program);
	wr_batch_free(batch);
	fixture_release(&f);
}

static void implicit(void **state)
{
	static const struct {
		const char *from;
		const char *to;
		bool allowed;
	} cases[] = {{"INT", "BIGINT", true},          {"BIGINT", "INT", false},
		     {"INT", "DOUBLE", true},          {"DOUBLE", "INT", false},
		     {"CHAR(3)", "STRING", true},      {"STRING", "INT", false},
		     {"DECIMAL(5,2)", "DOUBLE", true}, {"DATE", "TIMESTAMP(3)", false},
		     {"TIMESTAMP(3)", "DATE", true},   {"TIMESTAMP(3)", "TIMESTAMP_LTZ(3)", true}};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < WR_COUNT(cases); i++)
		assert_int_equal(wr_type_implicitly_castable(type_named(&f, cases[i].from),
							     type_named(&f, cases[i].to)),
				 cases[i].allowed);
	struct wr_expr *out, *column = wr_expr_column(&f.pool, 0, &WR_T_STRING);
	wr_status *status =
	    wr_expr_implicit_cast(&f.pool, column, &WR_T_INT, "Column 'x' of the sink", &out);
	assert_string_equal(status->text,
			    "Column 'x' of the sink is of type STRING, but INT is expected");
	assert_non_null(status->hint);
	wr_status_free(status);
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules),
	    cmocka_unit_test(edges),
	    cmocka_unit_test(try_casts),
	    cmocka_unit_test(nested),
	    cmocka_unit_test(nested_errors_by_row),
	    cmocka_unit_test(implicit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
