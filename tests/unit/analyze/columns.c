/* SPDX-License-Identifier: Apache-2.0
 *
 * columns - lists of columns and names as programs write them, and the structs that they describe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/columns.h"

struct all {
	bool flag;
	int8_t tiny;
	int16_t small;
	int32_t whole;
	int64_t big;
	float real;
	double exact;
	int32_t day;
	int64_t at;
	struct weir_bytes name;
	bool last;
};

static void expect_text(const wr_status *status, const char *text, const char *hint)
{
	assert_non_null(status);
	assert_string_equal(status->text, text);
	if (hint != NULL)
		assert_string_equal(status->hint, hint);
}

static void columns_become_a_schema(void **state)
{
	struct wr_schema schema;
	struct wr_arena arena;

	wr_arena_init(&arena);
	assert_null(wr_columns_parse(&arena,
				     "account BIGINT NOT NULL, `at` TIMESTAMP(3), tags ARRAY<INT>",
				     "The columns", &schema));
	assert_int_equal(schema.count, 3);
	assert_string_equal(schema.field[1].name, "at");
	assert_string_equal(wr_type_str(&arena, schema.field[0].type), "BIGINT NOT NULL");
	assert_string_equal(wr_type_str(&arena, schema.field[1].type), "TIMESTAMP(3)");
	assert_string_equal(wr_type_str(&arena, schema.field[2].type), "ARRAY<INT>");
	wr_arena_release(&arena);
}

static void wrong_columns_are_told(void **state)
{
	struct wr_schema schema;
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_columns_parse(&arena, "", "The columns of map 'm'", &schema);
	expect_text(status, "The columns of map 'm' are missing", NULL);
	wr_status_free(status);
	status = wr_columns_parse(&arena, "a INT, a INT", "The columns of map 'm'", &schema);
	expect_text(status, "The columns of map 'm', 'a INT, a INT': The column 'a' is there twice",
		    NULL);
	wr_status_free(status);
	status = wr_columns_parse(&arena, "a INT b INT", "The columns of map 'm'", &schema);
	assert_non_null(status);
	assert_non_null(strstr(status->text, "The columns of map 'm', 'a INT b INT': "));
	wr_status_free(status);
	status = wr_columns_parse(&arena, "a INTT", "The columns of map 'm'", &schema);
	assert_non_null(status);
	wr_status_free(status);
	status = wr_columns_parse(&arena, "a DECIMAL(50, 2)", "The columns of map 'm'", &schema);
	assert_non_null(strstr(status->text, "Decimal precision must be between 1 and 38"));
	wr_status_free(status);
	wr_arena_release(&arena);
}

static void names_are_found(void **state)
{
	struct wr_schema schema;
	struct wr_arena arena;
	wr_status *status;
	uint32_t *at, count;

	wr_arena_init(&arena);
	assert_null(wr_columns_parse(&arena, "region STRING, shop INT, n INT", "Columns", &schema));
	assert_null(wr_columns_find(&arena, "n, region", "The key", &schema, &at, &count));
	assert_int_equal(count, 2);
	assert_int_equal(at[0], 2);
	assert_int_equal(at[1], 0);
	status = wr_columns_find(&arena, "regoin", "The key", &schema, &at, &count);
	assert_non_null(status);
	assert_string_equal(status->text, "The key, 'regoin': There is no column 'regoin'");
	assert_non_null(strstr(status->hint, "region"));
	wr_status_free(status);
	status = wr_columns_find(&arena, "n, n", "The key", &schema, &at, &count);
	expect_text(status, "The key, 'n, n': The column 'n' is there twice", NULL);
	wr_status_free(status);
	wr_arena_release(&arena);
}

static void layouts_are_those_of_c(void **state)
{
	struct wr_user_layout layout;
	struct wr_arena arena;

	wr_arena_init(&arena);
	assert_null(wr_layout_parse(
	    &arena,
	    "flag BOOLEAN, tiny TINYINT, small SMALLINT, whole INT, big BIGINT, `real` FLOAT, "
	    "exact DOUBLE, `day` DATE, `at` TIMESTAMP(3), name STRING, `last` BOOLEAN",
	    "The columns", sizeof(struct all), true, &layout));
	assert_true(layout.bytes);
	assert_int_equal(layout.offset[1], offsetof(struct all, tiny));
	assert_int_equal(layout.offset[2], offsetof(struct all, small));
	assert_int_equal(layout.offset[4], offsetof(struct all, big));
	assert_int_equal(layout.offset[6], offsetof(struct all, exact));
	assert_int_equal(layout.offset[8], offsetof(struct all, at));
	assert_int_equal(layout.offset[9], offsetof(struct all, name));
	assert_int_equal(layout.offset[10], offsetof(struct all, last));
	assert_false(layout.schema.field[0].type->nullable);
	wr_arena_release(&arena);
}

static void wrong_layouts_show_the_struct(void **state)
{
	struct wr_user_layout layout;
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_layout_parse(&arena, "flag BOOLEAN, timer BIGINT",
				 "The columns of state 'flag'", 12, true, &layout);
	expect_text(status,
		    "The columns of state 'flag', 'flag BOOLEAN, timer BIGINT': The struct of the "
		    "program has 12 bytes, these columns 16",
		    "It must be struct { bool flag; int64_t timer; }");
	wr_status_free(status);
	status = wr_layout_parse(&arena, "a DECIMAL(10, 2)", "The columns of state 'flag'", 8, true,
				 &layout);
	assert_non_null(strstr(status->text, "DECIMAL(10, 2) (of 'a') cannot be kept in a struct"));
	wr_status_free(status);
	status = wr_layout_parse(&arena, "a TIMESTAMP(6)", "The columns of state 'flag'", 8, true,
				 &layout);
	assert_non_null(strstr(status->hint, "TIMESTAMP(3)"));
	wr_status_free(status);
	status = wr_layout_parse(&arena, "a STRING", "The key columns of state 'flag'", 16, false,
				 &layout);
	assert_non_null(strstr(status->text, "STRING and BYTES are not possible here"));
	wr_status_free(status);
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_become_a_schema),
	    cmocka_unit_test(wrong_columns_are_told),
	    cmocka_unit_test(names_are_found),
	    cmocka_unit_test(layouts_are_those_of_c),
	    cmocka_unit_test(wrong_layouts_show_the_struct),
	};

	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
