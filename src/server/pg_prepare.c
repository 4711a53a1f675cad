/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_prepare - statements: what they are, and what columns they give.
 *
 * A SELECT is asked for its final result first (execution.runtime-mode batch), which is what a
 * client of PostgreSQL expects; where there is none, since a source does not end, it gives rows as
 * they come, and with changes a first column that says what each row does.
 */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/mem.h"
#include "data/view.h"
#include "server/pg_catalog.h"
#include "server/pg_cursor.h"
#include "server/pg_lookup.h"
#include "server/pg_query.h"
#include "server/pg_subscribe.h"

/* --- made and freed -----------------------------------------------------------------------------
 */

void wr_pgs_statement_unref(struct wr_pgs_statement *statement)
{
	if (statement == NULL || --statement->refs > 0)
		return;
	wr_pgs_lookup_free(statement->lookup);
	wr_pgs_cursor_free(statement->cursor);
	wr_pgs_tokens_release(&statement->tokens);
	wr_arena_release(&statement->arena);
	wr_free(statement->param_oid);
	wr_free(statement->param_bare);
	wr_free(statement->param_compared);
	wr_free(statement->sql);
	wr_free(statement);
}

/* COPY (query) TO STDOUT: the query. Other COPYs are refused. */
static struct wr_pgs_error *look_at_copy(struct wr_pgs_statement *statement)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	uint32_t depth = 1, i = 2;

	if (!wr_pgs_is_op(tokens, 1, "("))
		goto refused;
	for (; i < tokens->count && depth > 0; i++) {
		depth += wr_pgs_is_op(tokens, i, "(");
		depth -= wr_pgs_is_op(tokens, i, ")");
	}
	if (depth > 0 || !wr_pgs_are_words(tokens, i, "TO STDOUT"))
		goto refused;
	if (i + 2 < tokens->count)
		return wr_pgs_error_hint(wr_pgs_error_new("0A000", "COPY has no options here"),
					 "Leave out what follows STDOUT: rows come as text");
	statement->copy = true;
	statement->first = 2;
	statement->last = i - 1;
	return NULL;
refused:
	return wr_pgs_error_hint(
	    wr_pgs_error_new("0A000", "COPY is for COPY (query) TO STDOUT alone"),
	    "Write rows with INSERT INTO, or let a table of a connector read them");
}

/* Numbers its parameters, and notes where only plain numbers may stand. */
static struct wr_pgs_error *look_at_params(struct wr_pgs_statement *statement, const uint32_t *oid,
					   uint32_t oid_count)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	uint32_t count = oid_count;

	for (uint32_t i = 0; i < tokens->count; i++) {
		if (tokens->token[i].kind != WR_PG_PARAM)
			continue;
		if (tokens->token[i].param == 0 || tokens->token[i].param > WR_PG_PARAMS_MAX)
			return wr_pgs_error_new("42P02", "there is no parameter %.*s",
						(int)tokens->token[i].len,
						tokens->sql + tokens->token[i].at);
		count = WR_MAX(count, tokens->token[i].param);
	}
	statement->param_count = count;
	statement->param_oid = wr_calloc(count + 1, sizeof *statement->param_oid);
	statement->param_bare = wr_calloc(count + 1, sizeof *statement->param_bare);
	statement->param_compared = wr_calloc(count + 1, sizeof *statement->param_compared);
	for (uint32_t i = 0; i < oid_count; i++)
		statement->param_oid[i] = oid[i] == 705 ? 0 : oid[i];
	for (uint32_t i = 1; i < tokens->count; i++)
		if (tokens->token[i].kind == WR_PG_PARAM &&
		    (wr_pgs_is_word(tokens, i - 1, "limit") ||
		     wr_pgs_is_word(tokens, i - 1, "offset") ||
		     wr_pgs_is_word(tokens, i - 1, "first") ||
		     wr_pgs_is_word(tokens, i - 1, "next")))
			statement->param_bare[tokens->token[i].param - 1] = true;
	return NULL;
}

static struct wr_pgs_error *classify(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;

	statement->last = tokens->count;
	if (tokens->count == 0) {
		statement->kind = WR_PG_EMPTY;
		return NULL;
	}
	if (wr_pgs_is_word(tokens, 0, "copy")) {
		struct wr_pgs_error *error = look_at_copy(statement);

		if (error != NULL)
			return error;
	}
	if (wr_pgs_is_word(tokens, statement->first, "subscribe")) {
		statement->kind = WR_PG_SUBSCRIBE;
		return NULL;
	}
	statement->is_select = wr_pgs_is_word(tokens, statement->first, "select") ||
			       wr_pgs_is_word(tokens, statement->first, "with") ||
			       wr_pgs_is_word(tokens, statement->first, "values") ||
			       wr_pgs_is_op(tokens, statement->first, "(");
	if (wr_pgs_cursor_asked(statement))
		statement->kind = WR_PG_CURSOR;
	else if (wr_pgs_is_command(statement))
		statement->kind = WR_PG_COMMAND;
	else if (wr_pgs_catalog_asked(statement))
		statement->kind = WR_PG_CATALOG;
	else
		statement->kind = WR_PG_QUERY;
	(void)conn;
	return NULL;
}

struct wr_pgs_error *wr_pgs_prepare(struct wr_pgs_conn *conn, const char *sql, size_t len,
				    uint32_t base, const uint32_t *oid, uint32_t oid_count,
				    struct wr_pgs_statement **out)
{
	struct wr_pgs_statement *statement = wr_calloc(1, sizeof *statement);
	struct wr_pgs_error *error = NULL;

	*out = NULL;
	statement->refs = 1;
	statement->sql = wr_strndup(sql, len);
	statement->base = base;
	wr_arena_init(&statement->arena);
	wr_pgs_scan(statement->sql, len, &statement->tokens);
	while (statement->tokens.count > 0 &&
	       wr_pgs_is_op(&statement->tokens, statement->tokens.count - 1, ";"))
		statement->tokens.count--;
	if (statement->tokens.open)
		error =
		    wr_pgs_error_new("42601", "a string, a quoted name or a comment has no end");
	if (error == NULL)
		error = classify(conn, statement);
	if (error == NULL)
		error = look_at_params(statement, oid, oid_count);
	if (error == NULL && statement->kind == WR_PG_CURSOR)
		error = wr_pgs_cursor_prepare(conn, statement);
	if (error == NULL && statement->kind == WR_PG_QUERY && statement->is_select)
		error = wr_pgs_lookup_find(conn, statement);
	if (error == NULL && statement->param_count > 0 &&
	    (statement->kind == WR_PG_QUERY || statement->kind == WR_PG_LOOKUP ||
	     statement->kind == WR_PG_CATALOG))
		wr_pgs_infer(conn, statement);
	if (error == NULL)
		*out = statement;
	else
		wr_pgs_statement_unref(statement);
	return error;
}

/* --- for the engine -----------------------------------------------------------------------------
 */

struct literals {
	struct wr_pgs_conn *conn;
	struct wr_pgs_statement *statement;
	const struct wr_pgs_portal *portal; /* NULL: stand-ins */
	struct wr_pgs_error *error;
};

static void put_param(void *own, uint32_t number, struct wr_text *out)
{
	struct literals *literals = own;
	struct wr_pgs_statement *statement = literals->statement;
	uint32_t i = number - 1;
	char type[64] = "STRING";
	struct wr_text text;

	if (literals->error != NULL)
		return;
	if (literals->portal != NULL) {
		literals->error = wr_pgs_param_literal(literals->conn, statement, i,
						       &literals->portal->param[i], out);
		return;
	}
	if (statement->param_bare[i]) {
		wr_text_putc(out, '1');
		return;
	}
	wr_text_init(&text);
	if (wr_pgs_type_of(statement->param_oid[i]) != NULL) {
		wr_type_print(&text, wr_pgs_type_of(statement->param_oid[i]));
		snprintf(type, sizeof type, "%s", wr_text_str(&text));
	}
	wr_text_release(&text);
	wr_text_printf(out, "CAST(NULL AS %s)", type);
}

/* A string that is compared with a time: '2024-01-01T00:00:00Z' is none in Flink. */
static bool put_string(void *own, uint32_t token, struct wr_text *out)
{
	struct literals *literals = own;

	return wr_pgs_string_time(literals->conn, literals->statement, token, out);
}

struct wr_pgs_error *wr_pgs_flink_sql(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement,
				      const struct wr_pgs_portal *portal, struct wr_pgs_sql *out)
{
	struct literals literals = {conn, statement, portal, NULL};
	struct wr_pgs_dialect_calls calls;

	calls = (struct wr_pgs_dialect_calls){put_param, put_string, &literals};
	wr_pgs_translate(&statement->tokens, statement->first, statement->last, &calls, out);
	return literals.error;
}

struct wr_pgs_error *wr_pgs_error_at(struct wr_pgs_error *error,
				     const struct wr_pgs_statement *statement,
				     const struct wr_pgs_sql *sql, uint32_t line, uint32_t column)
{
	uint32_t position = wr_pgs_sql_position(sql, statement->sql, line, column);

	if (position > 0)
		error->position = statement->base + position;
	return error;
}

void wr_pgs_mode(struct wr_pgs_conn *conn, bool changes)
{
	const char *now = wr_client_get(conn->client, "execution.runtime-mode");

	if (!changes)
		conn->batch = now != NULL && strcasecmp(now, "batch") == 0;
	wr_status_free(wr_client_set(conn->client, "execution.runtime-mode",
				     changes && !conn->batch ? "streaming" : "batch"));
}

/* --- columns ------------------------------------------------------------------------------------
 */

struct wr_pgs_column *wr_pgs_columns_of(struct wr_arena *arena, const struct wr_schema *schema,
					bool with_kind, uint32_t *count)
{
	struct wr_pgs_column *column =
	    WR_NEW_ARRAY(arena, struct wr_pgs_column, schema->count + with_kind + 1);

	*count = schema->count + with_kind;
	if (with_kind)
		column[0] = (struct wr_pgs_column){"op", &WR_T_STRING, WR_PG_TEXT};
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct wr_type *type = wr_type_copy(arena, schema->field[i].type);

		column[i + with_kind] = (struct wr_pgs_column){
		    wr_arena_strdup(arena, schema->field[i].name), type, wr_pgs_value_oid(type)};
	}
	return column;
}

/* Of the engine's statement, in one mode. */
static enum weir_code describe_as(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement,
				  const struct wr_pgs_sql *sql, struct weir_error **error)
{
	const struct weir_result *result;
	struct weir_statement *prepared;
	enum weir_code code =
	    wr_client_describe(conn->client, wr_text_str(&sql->text), &prepared, error);

	if (code != WEIR_OK || prepared == NULL)
		return code;
	result = weir_statement_result(prepared);
	if (result != NULL)
		statement->column = wr_pgs_columns_of(&statement->arena, result->schema,
						      result->updating, &statement->column_count);
	weir_statement_free(prepared);
	return code;
}

static struct wr_pgs_error *describe_query(struct wr_pgs_conn *conn,
					   struct wr_pgs_statement *statement)
{
	struct wr_pgs_sql sql;
	struct wr_pgs_error *failed = wr_pgs_flink_sql(conn, statement, NULL, &sql);
	struct weir_error *error = NULL;
	enum weir_code code = WEIR_OK;
	uint32_t line, column;

	if (failed == NULL && statement->is_select) {
		wr_pgs_mode(conn, false);
		code = describe_as(conn, statement, &sql, &error);
		wr_pgs_mode(conn, true);
	}
	if (failed == NULL && (!statement->is_select || code != WEIR_OK)) {
		weir_error_free(error);
		error = NULL;
		code = describe_as(conn, statement, &sql, &error);
	}
	if (failed == NULL && code != WEIR_OK) {
		line = error != NULL ? weir_error_line(error) : 0;
		column = error != NULL ? weir_error_column(error) : 0;
		failed =
		    wr_pgs_error_at(wr_pgs_error_weir(code, error), statement, &sql, line, column);
	}
	wr_pgs_sql_release(&sql);
	return failed;
}

struct wr_pgs_error *wr_pgs_describe(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement)
{
	struct wr_pgs_error *error = NULL;

	if (statement->described)
		return NULL;
	if (statement->kind == WR_PG_CURSOR) { /* asked each time: the cursor may be another one */
		statement->column = (struct wr_pgs_column *)(uintptr_t)wr_pgs_cursor_columns(
		    conn, statement, &statement->column_count);
		return NULL;
	}
	switch (statement->kind) {
	case WR_PG_EMPTY:
	case WR_PG_CURSOR: break;
	case WR_PG_COMMAND: wr_pgs_command_describe(statement); break;
	case WR_PG_CATALOG: error = wr_pgs_catalog_describe(conn, statement); break;
	case WR_PG_SUBSCRIBE: error = wr_pgs_subscribe_describe(conn, statement); break;
	case WR_PG_LOOKUP: wr_pgs_lookup_describe(statement); break;
	case WR_PG_QUERY: error = describe_query(conn, statement); break;
	}
	statement->described = error == NULL;
	return error;
}
