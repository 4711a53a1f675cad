/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of how an error is shown under its place in the script.
 */
#include "sql_test.h"

#include "sql/diagnostic.h"

/* Parses a script that is wrong and compares what the user sees. */
static void check_shown(const char *sql, const char *expected)
{
	struct wr_arena arena;
	struct wr_text out;
	struct wr_ast_script script = {0};
	wr_arena_init(&arena);
	wr_text_init(&out);
	wr_status *status = wr_parse_script(&arena, wr_str_of(sql), NULL, &script);
	assert_non_null(status);
	wr_sql_render_error("job.sql", wr_str_of(sql), status, &out);
	assert_string_equal(wr_text_str(&out), expected);
	wr_status_free(status);
	wr_text_release(&out);
	wr_arena_release(&arena);
}

/* Shows a status at `length` bytes from `offset`. */
static void check_place(const char *text, uint32_t offset, uint32_t length, const char *expected)
{
	struct wr_text out;
	struct wr_pos pos = {.line = 1, .column = 1, .offset = offset, .length = length};
	wr_status *status = wr_status_at(WR_USER_ERROR, pos, "x");
	wr_text_init(&out);
	wr_sql_render_error(NULL, wr_str_of(text), status, &out);
	assert_string_equal(wr_text_str(&out), expected);
	wr_text_release(&out);
	wr_status_free(status);
}

static void test_a_whole_message(void **state)
{
	check_shown("SELECT amount\nFORM orders;\n",
		    "job.sql:2:6: error: Expected an operator, a comma, FROM or the end of the "
		    "statement, found "
		    "\"orders\"\n"
		    "  FORM orders;\n"
		    "       ^^^^^^\n"
		    "hint: Did you mean FROM instead of FORM?\n");
	check_shown(
	    "SELECT date FROM t",
	    "job.sql:1:8: error: Expected an expression, found DATE\n"
	    "  SELECT date FROM t\n"
	    "         ^^^^\n"
	    "hint: DATE is a reserved word; as a name it is written in backquotes: `date`\n");
	check_shown(
	    "SELECT (1",
	    "job.sql:1:10: error: Expected an operator, a comma or \")\", found the end of the "
	    "script\n"
	    "  SELECT (1\n"
	    "           ^\n");
}

static void test_tabs_stay_tabs(void **state)
{
	check_place("\ta\tbb", 3, 2, "1:1: error: x\n  \ta\tbb\n  \t \t^^\n");
}

static void test_wide_characters_take_two_columns(void **state)
{
	check_place("'\xE5\x90\x8D' x", 6, 1, "1:1: error: x\n  '\xE5\x90\x8D' x\n       ^\n");
	check_place("a \xE5\x90\x8D\xE5\x90\x8D b", 2, 6,
		    "1:1: error: x\n  a \xE5\x90\x8D\xE5\x90\x8D b\n    ^^^^\n");
	check_place("\xF0\x9F\x98\x80 b", 5, 1, "1:1: error: x\n  \xF0\x9F\x98\x80 b\n     ^\n");
}

static void test_combining_characters_take_none(void **state)
{
	check_place("e\xCC\x81 b", 4, 1, "1:1: error: x\n  e\xCC\x81 b\n    ^\n");
}

static void test_odd_bytes_are_harmless(void **state)
{
	check_place("a\xFF b", 3, 1, "1:1: error: x\n  a\xEF\xBF\xBD b\n     ^\n");
	check_place("a\x1B[1m b", 1, 1, "1:1: error: x\n  a [1m b\n   ^\n");
}

static void test_places_at_the_edges(void **state)
{
	check_place("", 0, 0, "1:1: error: x\n  \n  ^\n");
	check_place("abc", 3, 0, "1:1: error: x\n  abc\n     ^\n");
	check_place("abc", 99, 5, "1:1: error: x\n  abc\n     ^\n");
	check_place("abc\ndef", 3, 1, "1:1: error: x\n  abc\n     ^\n");
	check_place("abc\r\ndef", 4, 1, "1:1: error: x\n  abc\n     ^\n");
	check_place("abc\r\ndef", 5, 99, "1:1: error: x\n  def\n  ^^^\n");
	check_place("abc def", 1, 0, "1:1: error: x\n  abc def\n   ^\n");
}

static void test_long_lines_are_cut(void **state)
{
	char line[601];
	struct wr_text out;
	memset(line, 'a', 600);
	line[600] = '\0';
	line[300] = 'X';
	struct wr_pos pos = {.line = 1, .column = 301, .offset = 300, .length = 1};
	wr_status *status = wr_status_at(WR_USER_ERROR, pos, "x");
	wr_text_init(&out);
	wr_sql_render_error(NULL, wr_str_of(line), status, &out);
	const char *shown = strchr(wr_text_str(&out), '\n') + 1;
	const char *mark = strchr(shown, '\n') + 1;
	assert_memory_equal(shown, "  ...a", 6);
	assert_int_equal(mark - shown, 2 + 3 + 100 + 3 + 1);
	/* the mark stands under the X */
	assert_int_equal(strchr(shown, 'X') - shown, strchr(mark, '^') - mark);
	wr_status_free(status);

	/* a mark that goes beyond what is shown ends with it */
	pos = (struct wr_pos){.line = 1, .column = 1, .offset = 0, .length = 600};
	status = wr_status_at(WR_USER_ERROR, pos, "x");
	wr_text_clear(&out);
	wr_sql_render_error(NULL, wr_str_of(line), status, &out);
	assert_int_equal(strlen(strchr(strchr(wr_text_str(&out), '\n') + 1, '\n') + 1),
			 2 + 100 + 1);
	wr_status_free(status);
	wr_text_release(&out);
}

static void test_a_status_without_place(void **state)
{
	struct wr_text out;
	wr_status *status =
	    wr_status_hint(wr_status_new(WR_USER_ERROR, "no such file"), "make one");
	wr_text_init(&out);
	wr_sql_render_error("job.sql", wr_str_of("SELECT 1"), status, &out);
	assert_string_equal(wr_text_str(&out), "job.sql: error: no such file\nhint: make one\n");
	wr_text_clear(&out);
	wr_sql_render_error(NULL, wr_str_of("SELECT 1"), status, &out);
	assert_string_equal(wr_text_str(&out), "error: no such file\nhint: make one\n");
	wr_status_free(status);
	wr_text_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_whole_message),
	    cmocka_unit_test(test_tabs_stay_tabs),
	    cmocka_unit_test(test_wide_characters_take_two_columns),
	    cmocka_unit_test(test_combining_characters_take_none),
	    cmocka_unit_test(test_odd_bytes_are_harmless),
	    cmocka_unit_test(test_places_at_the_edges),
	    cmocka_unit_test(test_long_lines_are_cut),
	    cmocka_unit_test(test_a_status_without_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
