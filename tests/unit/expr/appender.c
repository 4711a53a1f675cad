/* SPDX-License-Identifier: Apache-2.0
 *
 * appender - tests: values of every type and into every type, nested values, rows with mistakes,
 * and what the getters, batches and weir_child show of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "expr/appender.h"

#define COLUMNS 12

/* A schema with a column of each layout. */
struct fixture {
	struct wr_arena arena;
	struct wr_field field[COLUMNS];
	struct wr_schema schema;
	struct weir_appender out;
	struct weir_result result;
};

static void open_fixture(struct fixture *f)
{
	static const char *const names[] = {"x", "y"};
	const struct wr_type *fields[] = {&WR_T_INT, &WR_T_STRING};
	const struct wr_type *types[COLUMNS];

	wr_arena_init(&f->arena);
	types[0] = &WR_T_BOOLEAN;
	types[1] = &WR_T_TINYINT;
	types[2] = &WR_T_BIGINT_NN;
	types[3] = &WR_T_DOUBLE;
	types[4] = wr_type_decimal(&f->arena, 10, 2);
	types[5] = &WR_T_STRING;
	types[6] = &WR_T_TIMESTAMP3;
	types[7] = &WR_T_LTZ9;
	types[8] = &WR_T_DATE;
	types[9] = wr_type_array(&f->arena, &WR_T_INT);
	types[10] = wr_type_map(&f->arena, &WR_T_STRING_NN, &WR_T_BIGINT);
	types[11] = wr_type_row(&f->arena, 2, names, fields);
	for (uint32_t i = 0; i < COLUMNS; i++)
		f->field[i] = (struct wr_field){"c", types[i]};
	f->schema = (struct wr_schema){COLUMNS, f->field};
	f->result = (struct weir_result){0};
	assert_null(wr_appender_init(&f->out, &f->schema, "UTC", 4096));
	assert_null(wr_result_init(&f->result, &f->schema, false, "UTC"));
}

static void close_fixture(struct fixture *f)
{
	wr_appender_release(&f->out);
	wr_result_release(&f->result);
	wr_arena_release(&f->arena);
}

/* The last three columns: [1, NULL], {a: 5}, (7, text). */
static void append_nested(struct weir_appender *out)
{
	weir_append_begin(out);
	weir_append_i64(out, 1);
	weir_append_null(out);
	weir_append_end_nested(out);
	weir_append_begin(out);
	weir_append_bytes(out, "a", 1);
	weir_append_i64(out, 5);
	weir_append_end_nested(out);
	weir_append_begin(out);
	weir_append_i64(out, 7);
	weir_append_text(out, "a text that is longer than a view holds");
	weir_append_end_nested(out);
}

static void append_row(struct weir_appender *out, int64_t number)
{
	weir_append_bool(out, true);
	weir_append_i64(out, -128);
	weir_append_i64(out, number);
	weir_append_f64(out, 0.5);
	weir_append_text(out, "12.345");
	weir_append_text(out, "Gr\xc3\xbc\xc3\x9f"
			      "e");
	weir_append_timestamp(out, -1, 0);
	weir_append_timestamp(out, 1000, 123456);
	weir_append_text(out, "2024-02-29");
	append_nested(out);
	assert_true(weir_append_end(out));
}

static void assert_mistake(struct weir_appender *out, const char *expected)
{
	wr_status *status = wr_appender_mistake(out);

	if (status == NULL)
		fail_msg("no mistake; expected: %s", expected);
	if (strstr(status->text, expected) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", status->text, expected);
	wr_status_free(status);
}

static void test_values(void **state)
{
	static const char *const expected[COLUMNS] = {
	    "TRUE",
	    "-128",
	    "42",
	    "0.5",
	    "12.35",
	    "Gr\xc3\xbc\xc3\x9f"
	    "e",
	    "1969-12-31 23:59:59.999",
	    "1970-01-01 00:00:01.000123456",
	    "2024-02-29",
	    "[1, NULL]",
	    "{a=5}",
	    "(7, a text that is longer than a view holds)"};
	struct fixture f;
	struct wr_batch *batch;
	struct weir_batch view;
	const struct weir_row *row, *child;
	struct weir_column column;
	int64_t number;

	open_fixture(&f);
	for (int64_t i = 0; i < 100; i++)
		append_row(&f.out, i);
	assert_null(wr_appender_mistake(&f.out));
	batch = wr_appender_take(&f.out);
	assert_non_null(batch);
	wr_batch_view(&view, &f.result, batch);
	assert_int_equal(weir_batch_rows(&view), 100);
	row = weir_batch_row(&view, 42);
	for (uint32_t i = 0; i < COLUMNS; i++)
		assert_string_equal(weir_get_text(row, i), expected[i]);
	assert_int_equal(weir_child_count(row, 9), 2);
	child = weir_child(row, 9, 1);
	assert_true(weir_is_null(child, 0));
	assert_null(weir_child(row, 9, 2));
	child = weir_child(row, 10, 0);
	assert_string_equal(weir_get_text(child, 0), "a");
	assert_true(weir_get_i64(child, 1, &number));
	assert_int_equal(number, 5);
	child = weir_child(row, 11, 0);
	assert_string_equal(weir_column_name(weir_row_result(child), 1), "y");
	assert_true(weir_get_i64(child, 0, &number) && number == 7);
	assert_int_equal(weir_child_count(row, 2), 0);
	assert_true(weir_batch_column(&view, 2, &column));
	assert_int_equal(column.layout, WEIR_LAYOUT_I64);
	assert_int_equal(((const int64_t *)column.data)[weir_batch_index(&view, 7) & column.mask],
			 7);
	assert_true(weir_batch_column(&view, 5, &column));
	assert_int_equal(((const struct weir_string *)column.data)[3].size, 7);
	assert_memory_equal(weir_string_data((const struct weir_string *)column.data + 3), "Gr", 2);
	assert_false(weir_batch_column(&view, COLUMNS, &column));
	wr_batch_free(batch);
	assert_null(wr_appender_take(&f.out));
	close_fixture(&f);
	(void)state;
}

/* A mistake drops its row alone, wherever in the row it is. */
static void test_mistakes(void **state)
{
	struct fixture f;
	struct wr_batch *batch;
	wr_status *status;

	open_fixture(&f);
	append_row(&f.out, 1);
	assert_false(weir_append_i64(&f.out, 1));
	assert_false(weir_append_bool(&f.out, true)); /* of the same row: nothing more */
	assert_false(weir_append_end(&f.out));
	assert_mistake(&f.out, "Column `c` of type BOOLEAN cannot take an integer");
	weir_append_null(&f.out);
	assert_false(weir_append_i64(&f.out, 128));
	weir_append_end(&f.out);
	assert_mistake(&f.out, "so large an integer");
	weir_append_null(&f.out);
	weir_append_null(&f.out);
	assert_false(weir_append_null(&f.out));
	weir_append_end(&f.out);
	append_row(&f.out, 2);
	assert_mistake(&f.out, "BIGINT NOT NULL cannot take NULL");
	weir_append_null(&f.out);
	assert_false(weir_append_end(&f.out));
	weir_append_bool(&f.out, true);
	weir_append_text(&f.out, "300");
	weir_append_end(&f.out);
	status = wr_appender_mistake(&f.out);
	assert_non_null(strstr(status->text, "1 values for 12 columns"));
	assert_non_null(strstr(status->hint, "2 rows"));
	wr_status_free(status);
	append_row(&f.out, 3);
	assert_false(weir_append_end_kind(&f.out, WEIR_DELETE));
	assert_mistake(&f.out, "only inserts are expected");
	weir_append_null(&f.out);
	assert_mistake(&f.out, "1 of its 12 values"); /* left open */
	batch = wr_appender_take(&f.out);
	assert_int_equal(batch->rows, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(WR_DATA(batch->column[2], int64_t)[i], i + 1);
	wr_batch_free(batch);
	close_fixture(&f);
	(void)state;
}

/* Mistakes within nested values leave no elements behind. */
static void test_nested_mistakes(void **state)
{
	struct fixture f;
	struct wr_batch *batch;
	struct weir_row row;

	open_fixture(&f);
	append_row(&f.out, 1);
	weir_append_bool(&f.out, true);
	weir_append_i64(&f.out, 1);
	weir_append_i64(&f.out, 2);
	for (uint32_t i = 3; i < 9; i++)
		weir_append_null(&f.out);
	append_nested(&f.out);
	weir_append_undo(&f.out);
	for (uint32_t i = 0; i < 2; i++)
		weir_append_null(&f.out);
	weir_append_i64(&f.out, 2);
	for (uint32_t i = 3; i < 9; i++)
		weir_append_null(&f.out);
	weir_append_begin(&f.out);
	weir_append_i64(&f.out, 9);
	assert_false(weir_append_f64(&f.out, 9.5));
	assert_false(weir_append_end(&f.out));
	assert_mistake(&f.out, "a value in it of type INT");
	for (uint32_t i = 0; i < 2; i++)
		weir_append_null(&f.out);
	weir_append_i64(&f.out, 2);
	for (uint32_t i = 3; i < 10; i++)
		weir_append_null(&f.out);
	weir_append_begin(&f.out);
	weir_append_bytes(&f.out, "k", 1);
	assert_false(weir_append_end_nested(&f.out));
	weir_append_end(&f.out);
	assert_mistake(&f.out, "a key without a value");
	append_row(&f.out, 2);
	batch = wr_appender_take(&f.out);
	assert_int_equal(batch->rows, 2);
	assert_int_equal(batch->column[9]->child[0]->len, 4);
	assert_int_equal(batch->column[10]->child[0]->len, 2);
	row = (struct weir_row){&f.result, batch, 1};
	assert_string_equal(weir_get_text(&row, 9), "[1, NULL]");
	assert_string_equal(weir_get_text(&row, 10), "{a=5}");
	wr_batch_free(batch);
	close_fixture(&f);
	(void)state;
}

static void test_utf8_and_kinds(void **state)
{
	static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					  "\xe2\x82", "\x80",         "\xff"};
	struct wr_field field = {"t", &WR_T_STRING};
	struct wr_schema schema = {1, &field};
	struct weir_appender out;
	struct wr_batch *batch;

	assert_null(wr_appender_init(&out, &schema, "UTC", 4096));
	for (uint32_t i = 0; i < 6; i++) {
		assert_false(weir_append_bytes(&out, bad[i], strlen(bad[i])));
		weir_append_end(&out);
		assert_mistake(&out, "not UTF-8");
	}
	assert_true(weir_append_bytes(&out, "\xf0\x9f\x98\x80\xed\x9f\xbf", 7));
	weir_append_undo(&out);
	out.changes = true;
	out.mark_rows = true;
	for (int64_t i = 0; i < 100; i++) {
		out.mark = i;
		weir_append_text(&out, "x");
		assert_true(weir_append_end_kind(&out, i < 40 ? WEIR_INSERT : WEIR_DELETE));
	}
	assert_int_equal(out.marks[99], 99);
	batch = wr_appender_take(&out);
	assert_int_equal(batch->rows, 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(wr_batch_kind(batch, i), i < 40 ? WR_INSERT : WR_DELETE);
	wr_batch_free(batch);
	wr_appender_release(&out);
	(void)state;
}

/* A value of a row, as it is and by the casts that SQL makes by itself. */
static void test_copied_values(void **state)
{
	struct wr_field to[2] = {{"big", &WR_T_BIGINT}, {"d", &WR_T_DOUBLE}};
	struct wr_field from[1] = {{"i", &WR_T_INT}};
	struct wr_schema to_schema = {2, to}, from_schema = {1, from};
	struct weir_appender source, out;
	struct weir_result result = {0};
	struct wr_batch *batch, *made;
	struct weir_row row;

	assert_null(wr_appender_init(&source, &from_schema, "UTC", 16));
	assert_null(wr_appender_init(&out, &to_schema, "UTC", 16));
	assert_null(wr_result_init(&result, &from_schema, false, "UTC"));
	weir_append_i64(&source, 11);
	weir_append_end(&source);
	batch = wr_appender_take(&source);
	row = (struct weir_row){&result, batch, 0};
	assert_true(weir_append_value(&out, &row, 0));
	assert_true(weir_append_value(&out, &row, 0));
	assert_true(weir_append_end(&out));
	made = wr_appender_take(&out);
	assert_int_equal(WR_DATA(made->column[0], int64_t)[0], 11);
	assert_true(WR_DATA(made->column[1], double)[0] == 11.0);
	assert_false(weir_append_value(&out, &row, 1));
	weir_append_end(&out);
	assert_mistake(&out, "not there");
	wr_batch_free(made);
	wr_batch_free(batch);
	wr_result_release(&result);
	wr_appender_release(&out);
	wr_appender_release(&source);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values), cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_nested_mistakes), cmocka_unit_test(test_utf8_and_kinds),
	    cmocka_unit_test(test_copied_values)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
