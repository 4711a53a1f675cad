/* SPDX-License-Identifier: Apache-2.0
 *
 * sql_test - what the tests of the SQL front end share: parse, print, compare.
 *
 * Most tests are tables: SQL in, and the text that its nodes unparse to, or the error with its
 * place.
 */
#ifndef WR_TEST_SQL_H
#define WR_TEST_SQL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the headers above it */
#include <cmocka.h>

#include "base/arena.h"
#include "base/macros.h"
#include "sql/parser.h"
#include "sql/unparse.h"

/* SQL and what it unparses to; NULL: the same text. */
struct round_trip {
	const char *sql;      /* input */
	const char *expected; /* output */
};

/* SQL and its error. */
struct sql_error {
	const char *sql;  /* input */
	uint32_t line;    /* of the place */
	uint32_t column;  /* of the place */
	const char *mark; /* the underlined text */
	const char *text; /* the whole message */
	const char *hint; /* the whole hint; NULL: none */
};

/* Fails the test with the status' text. */
static inline void fail_status(const char *sql, wr_status *status)
{
	char text[1000];
	snprintf(text, sizeof(text), "%u:%u: %s (%s)", status->pos.line, status->pos.column,
		 status->text, status->hint == NULL ? "no hint" : status->hint);
	wr_status_free(status);
	fail_msg("%s\n  in: %s", text, sql);
}

/* Parses a script that must be right. */
static inline struct wr_ast_script parse_ok(struct wr_arena *arena, const char *sql)
{
	struct wr_ast_script script = {0};
	wr_status *status = wr_parse_script(arena, wr_str_of(sql), NULL, &script);
	if (status != NULL)
		fail_status(sql, status);
	return script;
}

/* The only statement of a script. */
static inline struct wr_ast_stmt *parse_one(struct wr_arena *arena, const char *sql)
{
	struct wr_ast_script script = parse_ok(arena, sql);
	assert_int_equal(script.count, 1);
	return script.items[0];
}

static inline struct wr_ast_expr *parse_expr_ok(struct wr_arena *arena, const char *sql)
{
	struct wr_ast_expr *expr = NULL;
	wr_status *status = wr_parse_expr_text(arena, wr_str_of(sql), &expr);
	if (status != NULL)
		fail_status(sql, status);
	return expr;
}

/* The SELECT of the only statement. */
static inline const struct wr_ast_select *parse_select_ok(struct wr_arena *arena, const char *sql)
{
	struct wr_ast_stmt *stmt = parse_one(arena, sql);
	assert_int_equal(stmt->kind, WR_AST_SELECT);
	assert_int_equal(stmt->query->kind, WR_AST_QUERY_SELECT);
	return stmt->query->select;
}

/* The script's statements, one a line with a semicolon between them. */
static inline void unparse_script(const struct wr_ast_script *script, struct wr_text *out)
{
	for (uint32_t i = 0; i < script->count; i++) {
		wr_text_puts(out, i > 0 ? ";\n" : "");
		wr_unparse_stmt(script->items[i], out);
	}
	wr_text_putc(out, '\0');
}

/* Parses, unparses, compares; parses the output again, which must give itself. */
static inline void check_round_trips(const struct round_trip *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wr_arena arena;
		struct wr_text first;
		struct wr_text second;
		wr_arena_init(&arena);
		wr_text_init(&first);
		wr_text_init(&second);
		struct wr_ast_script script = parse_ok(&arena, cases[i].sql);
		unparse_script(&script, &first);
		assert_string_equal(wr_text_str(&first),
				    cases[i].expected == NULL ? cases[i].sql : cases[i].expected);
		script = parse_ok(&arena, wr_text_str(&first));
		unparse_script(&script, &second);
		assert_string_equal(wr_text_str(&first), wr_text_str(&second));
		wr_text_release(&first);
		wr_text_release(&second);
		wr_arena_release(&arena);
	}
}

/* The same for expressions, without SELECT around them. */
static inline void check_expr_round_trips(const struct round_trip *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wr_arena arena;
		struct wr_text first;
		struct wr_text second;
		wr_arena_init(&arena);
		wr_text_init(&first);
		wr_text_init(&second);
		wr_unparse_expr(parse_expr_ok(&arena, cases[i].sql), &first);
		assert_string_equal(wr_text_str(&first),
				    cases[i].expected == NULL ? cases[i].sql : cases[i].expected);
		wr_unparse_expr(parse_expr_ok(&arena, wr_text_str(&first)), &second);
		assert_string_equal(wr_text_str(&first), wr_text_str(&second));
		wr_text_release(&first);
		wr_text_release(&second);
		wr_arena_release(&arena);
	}
}

/* Compares one error with what is expected of it. */
static inline void check_error(const struct sql_error *expected, wr_status *status)
{
	char mark[600];
	if (status == NULL)
		fail_msg("no error in: %s", expected->sql);
	assert_non_null(status);
	assert_int_equal(status->class, WR_USER_ERROR);
	assert_string_equal(status->text, expected->text);
	if (expected->hint == NULL && status->hint != NULL)
		fail_msg("unexpected hint \"%s\" in: %s", status->hint, expected->sql);
	if (expected->hint != NULL) {
		assert_non_null(status->hint);
		assert_string_equal(status->hint, expected->hint);
	}
	snprintf(mark, sizeof(mark), "%.*s", (int)status->pos.length,
		 expected->sql + status->pos.offset);
	assert_string_equal(mark, expected->mark);
	assert_int_equal(status->pos.line, expected->line);
	assert_int_equal(status->pos.column, expected->column);
	wr_status_free(status);
}

static inline void check_errors(const struct sql_error *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wr_arena arena;
		struct wr_ast_script script = {0};
		wr_arena_init(&arena);
		check_error(&cases[i],
			    wr_parse_script(&arena, wr_str_of(cases[i].sql), NULL, &script));
		wr_arena_release(&arena);
	}
}

#endif
