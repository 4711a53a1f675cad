/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_run - portals: statements run, and their rows go to the client.
 *
 * Rows are made into messages batch by batch, and sent when there is some 32 KB of them; a client
 * that does not take them blocks the sender, so that the query's queue fills up and the query waits
 * (server.results.max-size). While a query has nothing to give, its connection looks every
 * WAIT_MS whether the client is still there, and whether it has cancelled.
 */
#include <stdio.h>

#include "base/macros.h"
#include "base/mem.h"
#include "data/view.h"
#include "engine/api_cursor.h"
#include "server/pg_catalog.h"
#include "server/pg_cursor.h"
#include "server/pg_lookup.h"
#include "server/pg_query.h"
#include "server/pg_subscribe.h"

#define WAIT_MS 100

/* --- messages -----------------------------------------------------------------------------------
 */

void wr_pgs_complete(struct wr_pgs_conn *conn, const char *tag)
{
	wr_pgs_begin(&conn->wire, 'C');
	wr_pgs_add_string(&conn->wire, tag);
	wr_pgs_end(&conn->wire);
}

static bool is_binary(const uint16_t *format, uint32_t format_count, uint32_t column)
{
	return format_count == 0 ? false : format[format_count == 1 ? 0 : column] == 1;
}

void wr_pgs_send_columns(struct wr_pgs_conn *conn, const struct wr_pgs_column *column,
			 uint32_t count, const uint16_t *format, uint32_t format_count)
{
	struct wr_pgs_wire *wire = &conn->wire;

	wr_pgs_begin(wire, count == 0 ? 'n' : 'T');
	if (count > 0)
		wr_pgs_add_u16(wire, (uint16_t)count);
	for (uint32_t i = 0; i < count; i++) {
		wr_pgs_add_string(wire, column[i].name);
		wr_pgs_add_u32(wire, 0);
		wr_pgs_add_u16(wire, 0);
		wr_pgs_add_u32(wire, column[i].oid);
		wr_pgs_add_u16(wire, (uint16_t)wr_pgs_oid_size(column[i].oid));
		wr_pgs_add_u32(wire, (uint32_t)wr_pgs_type_modifier(column[i].type));
		wr_pgs_add_u16(wire, is_binary(format, format_count, i));
	}
	wr_pgs_end(wire);
}

/* A row of COPY: columns with tabs between, \N for NULL. */
static void send_copy_row(struct wr_pgs_conn *conn, struct wr_pgs_result *result, uint32_t row)
{
	struct wr_text *out = &conn->wire.out;
	struct wr_text text;

	wr_text_init(&text);
	wr_pgs_begin(&conn->wire, 'd');
	for (uint32_t i = 0; i < result->column_count; i++) {
		uint32_t at = i - result->with_kind;
		const struct wr_column *column;

		if (i > 0)
			wr_text_putc(out, '\t');
		if (i == 0 && result->with_kind) {
			wr_text_puts(out, wr_row_kind_str(wr_batch_kind(result->batch, row)));
			continue;
		}
		column = result->batch->column[at];
		if (column == NULL || !wr_column_is_valid(column, row)) {
			wr_text_puts(out, "\\N");
			continue;
		}
		wr_text_clear(&text);
		wr_pgs_put_text(&text, column, row, conn->zone);
		for (size_t k = 0; k < text.len; k++) {
			char c = text.data[k];
			const char *escaped = c == '\\'   ? "\\\\"
					      : c == '\t' ? "\\t"
					      : c == '\n' ? "\\n"
					      : c == '\r' ? "\\r"
							  : NULL;

			if (escaped != NULL)
				wr_text_puts(out, escaped);
			else
				wr_text_putc(out, c);
		}
	}
	wr_text_putc(out, '\n');
	wr_pgs_end(&conn->wire);
	wr_text_release(&text);
}

static void send_row(struct wr_pgs_conn *conn, const struct wr_pgs_portal *portal,
		     const struct wr_pgs_result *result, uint32_t row)
{
	struct wr_pgs_wire *wire = &conn->wire;
	uint32_t first = result->with_kind;

	wr_pgs_begin(wire, 'D');
	wr_pgs_add_u16(wire, (uint16_t)result->column_count);
	if (first) {
		wr_pgs_add_u32(wire, 2);
		wr_text_add(&wire->out, wr_row_kind_str(wr_batch_kind(result->batch, row)), 2);
	}
	for (uint32_t i = first; i < result->column_count; i++)
		wr_pgs_put_value(&wire->out, &result->column[i], result->batch->column[i - first],
				 row, is_binary(portal->format, portal->format_count, i),
				 conn->zone);
	wr_pgs_end(wire);
}

/* --- results ------------------------------------------------------------------------------------
 */

struct wr_pgs_result *wr_pgs_result_new(const struct wr_pgs_result_type *type, void *own)
{
	struct wr_pgs_result *result = wr_calloc(1, sizeof *result);

	result->type = type;
	result->own = own;
	wr_arena_init(&result->arena);
	return result;
}

void wr_pgs_result_free(struct wr_pgs_conn *conn, struct wr_pgs_result *result)
{
	if (result == NULL)
		return;
	wr_batch_free(result->batch);
	result->type->close(conn, result);
	wr_arena_release(&result->arena);
	wr_free(result);
}

static struct wr_pgs_error *rows_take(struct wr_pgs_conn *conn, struct wr_pgs_result *result,
				      struct wr_batch **out, bool *nothing)
{
	(void)conn;
	(void)nothing;
	*out = result->own;
	result->own = NULL;
	return NULL;
}

static void rows_close(struct wr_pgs_conn *conn, struct wr_pgs_result *result)
{
	(void)conn;
	wr_batch_free(result->own);
}

struct wr_pgs_result *wr_pgs_result_rows(struct wr_batch *batch_moved)
{
	static const struct wr_pgs_result_type type = {rows_take, rows_close};

	return wr_pgs_result_new(&type, batch_moved);
}

static struct wr_pgs_error *cursor_take(struct wr_pgs_conn *conn, struct wr_pgs_result *result,
					struct wr_batch **out, bool *nothing)
{
	struct weir_error *error = NULL;
	enum weir_code code = wr_cursor_take(result->own, WAIT_MS, out, &error);

	(void)conn;
	*nothing = code == WEIR_TIMEOUT;
	if (code == WEIR_OK)
		return NULL;
	*out = NULL;
	if (code == WEIR_END || code == WEIR_TIMEOUT) {
		weir_error_free(error);
		return NULL;
	}
	return wr_pgs_error_weir(code, error);
}

static void cursor_close(struct wr_pgs_conn *conn, struct wr_pgs_result *result)
{
	wr_client_done(conn->client, result->own);
}

/* --- portals ------------------------------------------------------------------------------------
 */

struct wr_pgs_portal *wr_pgs_portal_new(struct wr_pgs_statement *statement)
{
	struct wr_pgs_portal *portal = wr_calloc(1, sizeof *portal);

	statement->refs++;
	portal->statement = statement;
	portal->param = wr_calloc(statement->param_count + 1, sizeof *portal->param);
	wr_text_init(&portal->bytes);
	portal->word = "SELECT";
	return portal;
}

void wr_pgs_portal_free(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	if (portal == NULL)
		return;
	wr_pgs_result_free(conn, portal->result);
	wr_pgs_statement_unref(portal->statement);
	wr_text_release(&portal->bytes);
	wr_free(portal->param);
	wr_free(portal->format);
	wr_free(portal);
}

/* What the engine made of a statement, in one mode. */
static enum weir_code execute_as(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				 const struct wr_pgs_sql *sql, struct weir_error **error)
{
	static const struct wr_pgs_result_type type = {cursor_take, cursor_close};
	struct wr_outcome outcome;
	enum weir_code code =
	    wr_client_execute(conn->client, wr_text_str(&sql->text), NULL, &outcome, error);
	struct wr_pgs_result *result;

	if (code != WEIR_OK)
		return code;
	portal->word = outcome.word;
	if (outcome.kind == WR_OUTCOME_JOB) {
		char line[80];

		snprintf(line, sizeof line, "job %s runs", outcome.job);
		wr_pgs_send_notice(conn, "00000", line);
	}
	if (outcome.kind != WR_OUTCOME_ROWS)
		return code;
	if (!outcome.bounded)
		wr_pgs_send_notice(conn, "00000",
				   "the result does not end: its rows come until the query is "
				   "cancelled; psql shows them with COPY (...) TO STDOUT");
	result = wr_pgs_result_new(&type, outcome.cursor);
	result->with_kind = weir_result_updating(weir_cursor_result(outcome.cursor));
	result->column = wr_pgs_columns_of(&result->arena, wr_cursor_schema(outcome.cursor),
					   result->with_kind, &result->column_count);
	portal->result = result;
	return code;
}

/* How many rows INSERT INTO .. VALUES writes; 0: it is another statement. */
static uint64_t values_of(const struct wr_pgs_statement *statement)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	uint32_t depth = 0, i = 0;
	uint64_t rows = 0;

	if (!wr_pgs_is_word(tokens, 0, "insert"))
		return 0;
	while (i < statement->last && !wr_pgs_is_word(tokens, i, "values"))
		i++;
	for (; i < statement->last; i++) {
		if (wr_pgs_is_word(tokens, i, "from"))
			return 0;
		rows += wr_pgs_is_op(tokens, i, "(") && depth == 0;
		depth += wr_pgs_is_op(tokens, i, "(");
		depth -= wr_pgs_is_op(tokens, i, ")");
	}
	return rows;
}

/* INSERT INTO .. VALUES is done when its rows are written; other INSERTs run on. */
static enum weir_code execute_insert(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				     const struct wr_pgs_sql *sql, struct weir_error **error)
{
	const char *now = wr_client_get(conn->client, "table.dml-sync");
	char *before = now != NULL ? wr_strdup(now) : NULL;
	enum weir_code code;

	wr_status_free(wr_client_set(conn->client, "table.dml-sync", "true"));
	code = execute_as(conn, portal, sql, error);
	wr_status_free(
	    wr_client_set(conn->client, "table.dml-sync", before != NULL ? before : "false"));
	wr_free(before);
	if (code == WEIR_OK)
		portal->rows = values_of(portal->statement);
	return code;
}

struct wr_pgs_error *wr_pgs_query_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	struct wr_pgs_statement *statement = portal->statement;
	struct wr_pgs_sql sql;
	struct wr_pgs_error *failed = wr_pgs_flink_sql(conn, statement, portal, &sql);
	struct weir_error *error = NULL;
	enum weir_code code = WEIR_OK;
	uint32_t line, column;

	if (failed == NULL && statement->is_select) {
		wr_pgs_mode(conn, false);
		code = execute_as(conn, portal, &sql, &error);
		wr_pgs_mode(conn, true);
	}
	if (failed == NULL && (!statement->is_select || code != WEIR_OK)) {
		weir_error_free(error);
		error = NULL;
		code = values_of(statement) > 0 ? execute_insert(conn, portal, &sql, &error)
						: execute_as(conn, portal, &sql, &error);
	}
	if (failed == NULL && code != WEIR_OK) {
		line = error != NULL ? weir_error_line(error) : 0;
		column = error != NULL ? weir_error_column(error) : 0;
		failed =
		    wr_pgs_error_at(wr_pgs_error_weir(code, error), statement, &sql, line, column);
	}
	if (!statement->is_select)
		wr_pgs_catalog_changed(conn);
	wr_pgs_sql_release(&sql);
	return failed;
}

struct wr_pgs_error *wr_pgs_portal_begin(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	struct wr_pgs_error *error = NULL;

	if (conn->status == 'E' && portal->statement->kind != WR_PG_COMMAND)
		return wr_pgs_error_new("25P02", "current transaction is aborted, commands ignored "
						 "until end of transaction block");
	if (portal->begun)
		return NULL;
	portal->begun = true;
	switch (portal->statement->kind) {
	case WR_PG_EMPTY: break;
	case WR_PG_COMMAND: error = wr_pgs_command_run(conn, portal); break;
	case WR_PG_CURSOR: error = wr_pgs_cursor_begin(conn, portal); break;
	case WR_PG_CATALOG: error = wr_pgs_catalog_run(conn, portal); break;
	case WR_PG_SUBSCRIBE: error = wr_pgs_subscribe_run(conn, portal); break;
	case WR_PG_LOOKUP: error = wr_pgs_lookup_run(conn, portal); break;
	case WR_PG_QUERY: error = wr_pgs_query_run(conn, portal); break;
	}
	if (error == NULL && portal->statement->copy && portal->result != NULL) {
		wr_pgs_begin(&conn->wire, 'H');
		wr_pgs_add_u8(&conn->wire, 0);
		wr_pgs_add_u16(&conn->wire, (uint16_t)portal->result->column_count);
		for (uint32_t i = 0; i < portal->result->column_count; i++)
			wr_pgs_add_u16(&conn->wire, 0);
		wr_pgs_end(&conn->wire);
	}
	return error;
}

/* The next batch that has rows; *end: there is none. */
static struct wr_pgs_error *next_batch(struct wr_pgs_conn *conn, struct wr_pgs_result *result,
				       bool *end)
{
	*end = false;
	for (;;) {
		struct wr_pgs_error *error;
		bool nothing = false;

		wr_batch_free(result->batch);
		result->batch = NULL;
		result->next = 0;
		error = result->type->take(conn, result, &result->batch, &nothing);
		if (error != NULL)
			return error;
		if (atomic_load(&conn->cancelled))
			return wr_pgs_error_weir(WEIR_CANCELLED, NULL);
		if (result->batch != NULL && wr_batch_count(result->batch) > 0)
			return NULL;
		if (result->batch == NULL && !nothing) {
			*end = true;
			return NULL;
		}
		if (nothing) {
			wr_pgs_wire_flush(&conn->wire);
			if (wr_pgs_wire_gone(&conn->wire))
				return wr_pgs_error_new("08006", "the client is gone");
		}
	}
}

struct wr_pgs_error *wr_pgs_give_rows(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				      struct wr_pgs_result *result, bool leaves_out, uint64_t max,
				      uint64_t *given, bool *end)
{
	struct wr_pgs_error *error;

	*given = 0;
	*end = false;
	while (*given < max) {
		if (result->batch == NULL || result->next == wr_batch_count(result->batch)) {
			error = next_batch(conn, result, end);
			if (error != NULL || *end)
				return error;
		}
		while (result->next < wr_batch_count(result->batch) && *given < max) {
			uint32_t row = wr_batch_row(result->batch, result->next++);

			++*given;
			if (leaves_out)
				continue;
			if (portal->statement->copy)
				send_copy_row(conn, result, row);
			else
				send_row(conn, portal, result, row);
			if (conn->wire.broken)
				return wr_pgs_error_new("08006", "the client is gone");
		}
		if (atomic_load(&conn->cancelled))
			return wr_pgs_error_weir(WEIR_CANCELLED, NULL);
	}
	return NULL;
}

/* *suspended: there may be more. */
static struct wr_pgs_error *send_rows(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				      uint64_t rows_max, bool *suspended)
{
	struct wr_pgs_error *error;
	uint64_t given;
	bool end;

	error = wr_pgs_give_rows(conn, portal, portal->result, false,
				 rows_max > 0 ? rows_max : UINT64_MAX, &given, &end);
	portal->rows += given;
	*suspended = error == NULL && !end;
	return error;
}

static void complete(struct wr_pgs_conn *conn, const struct wr_pgs_portal *portal)
{
	char tag[64];

	if (portal->statement->copy) {
		wr_pgs_begin(&conn->wire, 'c');
		wr_pgs_end(&conn->wire);
		snprintf(tag, sizeof tag, "COPY %llu", (unsigned long long)portal->rows);
	} else if (portal->result != NULL && portal->statement->kind != WR_PG_COMMAND) {
		snprintf(tag, sizeof tag, "SELECT %llu", (unsigned long long)portal->rows);
	} else if (strcmp(portal->word, "FETCH") == 0 || strcmp(portal->word, "MOVE") == 0) {
		snprintf(tag, sizeof tag, "%s %llu", portal->word,
			 (unsigned long long)portal->rows);
	} else if (strcmp(portal->word, "INSERT") == 0) {
		/* 0: how many there will be is not known, the job runs on. */
		snprintf(tag, sizeof tag, "INSERT 0 %llu", (unsigned long long)portal->rows);
	} else {
		snprintf(tag, sizeof tag, "%s", portal->word);
	}
	wr_pgs_complete(conn, tag);
}

struct wr_pgs_error *wr_pgs_portal_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				       uint64_t rows_max)
{
	struct wr_pgs_error *error = NULL;
	bool suspended = false;

	if (portal->statement->kind == WR_PG_EMPTY) {
		wr_pgs_begin(&conn->wire, 'I');
		wr_pgs_end(&conn->wire);
		return NULL;
	}
	error = wr_pgs_portal_begin(conn, portal);
	if (error == NULL && portal->statement->kind == WR_PG_CURSOR && !portal->done)
		error = wr_pgs_cursor_run(conn, portal, rows_max, &suspended);
	else if (error == NULL && portal->result != NULL && !portal->done)
		error = send_rows(conn, portal, rows_max, &suspended);
	if (error != NULL) {
		portal->done = portal->failed = true;
		return error;
	}
	if (suspended) {
		wr_pgs_begin(&conn->wire, 's');
		wr_pgs_end(&conn->wire);
		return NULL;
	}
	portal->done = true;
	complete(conn, portal);
	return NULL;
}
