/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of the limits against hostile scripts: size, tokens, nesting; and that no tree is higher
 * than promised.
 */
#include "sql_test.h"

#include "base/limits.h"

/* `head`, `count` times `open`, `middle`, `count` times `close`. */
static void build(struct wr_text *text, const char *head, const char *open, const char *middle,
		  const char *close, int count)
{
	wr_text_clear(text);
	wr_text_puts(text, head);
	for (int i = 0; i < count; i++)
		wr_text_puts(text, open);
	wr_text_puts(text, middle);
	for (int i = 0; i < count; i++)
		wr_text_puts(text, close);
}

/* Parses; returns the message, or "" when it is right. */
static const char *message(struct wr_arena *arena, const struct wr_text *text)
{
	struct wr_ast_script script = {0};
	wr_status *status =
	    wr_parse_script(arena, (struct wr_str){wr_text_str(text), text->len}, NULL, &script);
	if (status == NULL)
		return "";
	const char *copy = wr_arena_strdup(arena, status->text);
	wr_status_free(status);
	return copy;
}

struct nesting {
	const char *head;   /* in front */
	const char *open;   /* repeated */
	const char *middle; /* in the middle */
	const char *close;  /* repeated */
	int fits; /* repetitions that are allowed; above 1000: a chain, nothing is nested */
};

static void test_nesting(void **state)
{
	static const struct nesting cases[] = {
	    {"SELECT ", "(", "1", ")", 150},
	    {"SELECT ", "NOT ", "a", "", 150},
	    {"SELECT ", "- ", "a", "", 150},
	    {"SELECT ", "", "a", "[1]", 3900},
	    {"SELECT ", "f(", "a", ")", 80},
	    {"SELECT ", "a + ", "a", "", 3900},
	    {"SELECT ", "a || ", "a", "", 3900},
	    {"SELECT ", "CASE WHEN a THEN ", "1", " END", 150},
	    {"SELECT ", "CAST(", "1", " AS INT)", 150},
	    {"SELECT ", "ARRAY[", "1", "]", 150},
	    {"SELECT ", "(SELECT ", "1", ")", 80},
	    {"SELECT CAST(1 AS ", "ARRAY<", "INT", ">", 150},
	    {"CREATE TABLE t (a INT", "", "", " ARRAY", 150},
	    {"SELECT 1 ", "UNION SELECT 1 ", "", "", 3900},
	    {"SELECT * FROM ", "(SELECT * FROM ", "t", ")", 50},
	    {"SELECT * FROM t ", "JOIN t ON a ", "", "", 3900},
	    {"SELECT * FROM t", ", t", "", "", 3900},
	    {"SELECT * FROM ", "(t JOIN ", "t ON a", ") ON a", 80},
	    {"SELECT 1 FROM t GROUP BY ", "ROLLUP(", "a", ")", 150},
	    {"SELECT * FROM t MATCH_RECOGNIZE (PATTERN (", "(", "A", ")", 100},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		const struct nesting *n = &cases[i];
		struct wr_arena arena;
		struct wr_text text;
		wr_arena_init(&arena);
		wr_text_init(&text);
		build(&text, n->head, n->open, n->middle, n->close, n->fits);
		assert_null(strstr(message(&arena, &text), "nested"));
		assert_null(strstr(message(&arena, &text), "longer than"));
		for (int count = n->fits > 1000 ? 5000 : 1000; count <= 100000; count *= 10) {
			build(&text, n->head, n->open, n->middle, n->close, count);
			assert_string_equal(
			    message(&arena, &text),
			    n->fits > 1000 ? "A chain of operators or joins is longer than 4000"
					   : "The statement is nested deeper than 200 levels");
		}
		wr_text_release(&text);
		wr_arena_release(&arena);
	}
}

/* Height of an expression's operators. */
static uint32_t height(const struct wr_ast_expr *expr)
{
	if (expr->kind == WR_AST_UNARY)
		return 1 + height(expr->unary.operand);
	if (expr->kind == WR_AST_SUBSCRIPT)
		return 1 + height(expr->subscript.operand);
	if (expr->kind == WR_AST_BINARY) {
		uint32_t left = height(expr->binary.left);
		uint32_t right = height(expr->binary.right);
		return 1 + WR_MAX(left, right);
	}
	return 1;
}

/* Levels that add up: a chain whose first operand is itself deep. */
static void test_heights_add_up(void **state)
{
	struct wr_arena arena;
	struct wr_text text;
	wr_arena_init(&arena);
	wr_text_init(&text);
	for (int count = 10; count < 250; count += 30) {
		wr_text_clear(&text);
		build(&text, "(", "a[1] + -", "a", "", count);
		wr_text_puts(&text, ")");
		for (int i = 0; i < count; i++)
			wr_text_puts(&text, " - b AND c OR d");
		struct wr_ast_expr *expr = NULL;
		wr_status *status =
		    wr_parse_expr_text(&arena, wr_str_of(wr_text_str(&text)), &expr);
		if (status == NULL)
			assert_in_range(height(expr), 1, WR_SQL_HEIGHT_MAX);
		else
			assert_non_null(strstr(status->text, "nested"));
		wr_status_free(status);
	}
	wr_text_release(&text);
	wr_arena_release(&arena);
}

static void test_long_but_flat(void **state)
{
	static const struct nesting cases[] = {
	    {"SELECT 1 FROM t WHERE a", " OR a = 1 AND b", "", "", 50000},
	    {"SELECT a IN (1", ", 2", ")", "", 100000},
	    {"SELECT 1", ", a + b", "", "", 50000},
	    {"VALUES (1)", ", (1, 'x')", "", "", 50000},
	    {"SELECT 1", ";;", "", "", 100000},
	    {"", "SELECT 1;\n", "", "", 50000},
	    {"SELECT f(1", ", 1", ")", "", 50000},
	    {"SELECT CASE a", " WHEN 1 THEN 2", " END", "", 50000},
	    {"CREATE TABLE t (a INT", ", b INT", ")", "", 50000},
	    {"SELECT 'a'", "\n'b'", "", "", 50000},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		const struct nesting *n = &cases[i];
		struct wr_arena arena;
		struct wr_text text;
		wr_arena_init(&arena);
		wr_text_init(&text);
		build(&text, n->head, n->open, n->middle, n->close, n->fits);
		assert_string_equal(message(&arena, &text), "");
		wr_text_release(&text);
		wr_arena_release(&arena);
	}
}

static void test_size(void **state)
{
	struct wr_arena arena;
	struct wr_text text;
	wr_arena_init(&arena);
	wr_text_init(&text);
	build(&text, "", " ", "", "", WR_SQL_BYTES_MAX);
	assert_string_equal(message(&arena, &text), "");
	wr_text_putc(&text, ' ');
	assert_string_equal(message(&arena, &text),
			    "The script has 4194305 bytes; at most 4194304 are read");
	build(&text, "", "+", "", "", WR_SQL_TOKENS_MAX + 1);
	assert_string_equal(message(&arena, &text),
			    "The script has more than 1000000 words and signs");
	wr_text_release(&text);
	wr_arena_release(&arena);
}

static void test_variables_cannot_blow_up_the_script(void **state)
{
	struct wr_arena arena;
	struct wr_text text;
	struct wr_text value;
	struct wr_ast_script script = {0};
	wr_arena_init(&arena);
	wr_text_init(&text);
	wr_text_init(&value);
	build(&value, "", "x", "", "", 100000);
	build(&text, "", "${V}", "", "", 1000);
	const char *name = "V";
	const char *values = wr_text_str(&value);
	struct wr_variables variables = {&name, &values, 1};
	wr_status *status =
	    wr_parse_script(&arena, wr_str_of(wr_text_str(&text)), &variables, &script);
	assert_non_null(status);
	assert_non_null(strstr(status->text, "when its variables are replaced"));
	wr_status_free(status);
	wr_text_release(&value);
	wr_text_release(&text);
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nesting),
	    cmocka_unit_test(test_heights_add_up),
	    cmocka_unit_test(test_long_but_flat),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_variables_cannot_blow_up_the_script),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
