/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog - see pg_catalog.h: statements over SQLite, and their rows.
 *
 * SQLite's columns have types only where they are columns of tables. What expressions are is told
 * by the statement (pg_catalog_types.c), and else by what they give: numbers, arrays or texts. So a
 * statement is run to be described, with NULL for parameters that have no value yet.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "server/client_inner.h"
#include "server/pg_catalog_function.h"
#include "server/pg_cursor.h"

#define ROWS_MAX  200000u /* of a result */
#define STEPS_MAX 50000   /* thousands of SQLite's steps of a query: some seconds */
#define LOOK_MAX  1000u   /* rows that are looked at for types */

static const char *const sqlite_names[] = {WR_PGS_SQLITE(WR_MODULE_NAME)};
static const struct wr_module_spec sqlite_module = {
    .what = "The system catalog of the PostgreSQL protocol",
    .package = "libsqlite3-0",
    .sonames = {"libsqlite3.so.0"},
    .names = sqlite_names,
    .count = WR_COUNT(sqlite_names),
};

wr_status *wr_pgs_catalog_failed(struct wr_pgs_catalog *catalog)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The system catalog cannot answer this: %s",
			  catalog->call.sqlite3_errmsg(catalog->db)),
	    "docs/SERVER.md tells what of pg_catalog there is; SHOW TABLES and DESCRIBE tell the "
	    "same in Flink's words");
}

/* --- opened and filled --------------------------------------------------------------------------
 */

/* Long queries end, and those that were cancelled. */
static int on_progress(void *own)
{
	struct wr_pgs_catalog *catalog = own;

	return atomic_load(&catalog->conn->cancelled) || ++catalog->steps > STEPS_MAX;
}

static wr_status *open_catalog(struct wr_pgs_conn *conn, struct wr_pgs_catalog *catalog)
{
	struct wr_pgs_sqlite *call = &catalog->call;
	struct wr_text sql;
	int code;

	WR_TRY(wr_module_open(&sqlite_module, call));
	catalog->conn = conn;
	if (call->sqlite3_open_v2(":memory:", &catalog->db,
				  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				  NULL) != SQLITE_OK)
		return wr_pgs_catalog_failed(catalog);
	wr_text_init(&sql);
	wr_text_puts(&sql, "ATTACH ':memory:' AS information_schema; CREATE TABLE "
			   "pg_weir_definition(oid oid, def text);");
	for (uint32_t i = 0; wr_pgs_catalog_tables[i] != NULL; i++)
		wr_text_printf(&sql, "CREATE TABLE %s;", wr_pgs_catalog_tables[i]);
	code = call->sqlite3_exec(catalog->db, wr_text_str(&sql), NULL, NULL, NULL);
	wr_text_release(&sql);
	if (code != SQLITE_OK)
		return wr_pgs_catalog_failed(catalog);
	WR_TRY(wr_pgs_catalog_functions(catalog));
	call->sqlite3_limit(catalog->db, SQLITE_LIMIT_LENGTH, 16 << 20);
	call->sqlite3_limit(catalog->db, SQLITE_LIMIT_ATTACHED, 1);
	call->sqlite3_progress_handler(catalog->db, 1000, on_progress, catalog);
	return NULL;
}

/* There, with what the session sees now. */
static wr_status *refresh(struct wr_pgs_conn *conn)
{
	struct wr_pgs_catalog *catalog = conn->catalog;
	bool same;

	if (catalog == NULL) {
		wr_status *status;

		catalog = wr_calloc(1, sizeof *catalog);
		status = open_catalog(conn, catalog);
		if (status != NULL) {
			wr_pgs_catalog_free(catalog);
			return status;
		}
		conn->catalog = catalog;
	}
	catalog->steps = 0;
	pthread_mutex_lock(&conn->client->statement);
	wr_status_free(wr_client_look(conn->client));
	same = catalog->filled && catalog->version == conn->client->version &&
	       catalog->generation == conn->generation;
	pthread_mutex_unlock(&conn->client->statement);
	if (same)
		return NULL;
	WR_TRY(wr_pgs_catalog_fill(catalog));
	catalog->filled = true;
	catalog->generation = conn->generation;
	return NULL;
}

void wr_pgs_catalog_changed(struct wr_pgs_conn *conn)
{
	conn->generation++;
}

void wr_pgs_catalog_free(struct wr_pgs_catalog *catalog)
{
	if (catalog == NULL)
		return;
	if (catalog->db != NULL)
		catalog->call.sqlite3_close_v2(catalog->db);
	wr_free(catalog);
}

/* --- statements ---------------------------------------------------------------------------------
 */

bool wr_pgs_catalog_asked(const struct wr_pgs_statement *statement)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	bool asked = false;
	struct wr_text name;

	if (!statement->is_select)
		return false;
	wr_text_init(&name);
	for (uint32_t i = statement->first; i < statement->last && !asked; i++) {
		if (tokens->token[i].kind > WR_PG_BACK)
			continue;
		wr_text_clear(&name);
		wr_pgs_token_value(tokens, i, &name);
		if (i > 0 && wr_pgs_is_op(tokens, i - 1, "::"))
			asked = strcmp(wr_text_str(&name), "regclass") == 0 ||
				strcmp(wr_text_str(&name), "regtype") == 0;
		else if (wr_pgs_is_op(tokens, i + 1, "."))
			asked = strcasecmp(wr_text_str(&name), "pg_catalog") == 0 ||
				strcasecmp(wr_text_str(&name), "information_schema") == 0;
		else if (wr_pgs_is_op(tokens, i + 1, "("))
			asked = wr_pgs_catalog_has_function(wr_text_str(&name)) ||
				wr_pgs_rows_only_here(wr_text_str(&name));
		else if (i > 0)
			asked = (wr_pgs_is_word(tokens, i - 1, "from") ||
				 wr_pgs_is_word(tokens, i - 1, "join") ||
				 wr_pgs_is_op(tokens, i - 1, ",")) &&
				wr_pgs_catalog_has_table(wr_text_str(&name));
		if (tokens->count - statement->first == 2)
			asked = asked || strcasecmp(wr_text_str(&name), "current_user") == 0 ||
				strcasecmp(wr_text_str(&name), "session_user") == 0;
	}
	wr_text_release(&name);
	return asked;
}

/* Cursors come and go more often than the catalog is filled. */
static wr_status *list_cursors(struct wr_pgs_conn *conn, const struct wr_pgs_tokens *tokens)
{
	struct wr_text sql;
	bool asked = false;
	int code;

	for (uint32_t i = 0; i < tokens->count && !asked; i++)
		asked = wr_pgs_is_word(tokens, i, "pg_cursors");
	if (!asked)
		return NULL;
	wr_text_init(&sql);
	wr_pgs_cursors_list(conn, &sql);
	code = conn->catalog->call.sqlite3_exec(conn->catalog->db, wr_text_str(&sql), NULL, NULL,
						NULL);
	wr_text_release(&sql);
	return code == SQLITE_OK ? NULL : wr_pgs_catalog_failed(conn->catalog);
}

static wr_status *prepare(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement,
			  sqlite3_stmt **out)
{
	struct wr_text sql;
	int code;

	*out = NULL;
	WR_TRY(refresh(conn));
	WR_TRY(list_cursors(conn, &statement->tokens));
	wr_text_init(&sql);
	wr_pgs_catalog_sql(conn, statement, &sql);
	code = conn->catalog->call.sqlite3_prepare_v2(conn->catalog->db, wr_text_str(&sql), -1, out,
						      NULL);
	wr_text_release(&sql);
	return code == SQLITE_OK && *out != NULL ? NULL : wr_pgs_catalog_failed(conn->catalog);
}

/* A column of a table that is declared so; type NULL: an expression of type `oid`. */
static bool declared(const char *type, uint32_t oid, struct wr_pgs_column *column)
{
	static const struct {
		const char *name;
		const struct wr_type *type;
		uint32_t oid;
	} known[] = {{"oid", &WR_T_BIGINT, WR_PG_OID},     {"text_name", &WR_T_STRING, WR_PG_NAME},
		     {"bool", &WR_T_BOOLEAN, WR_PG_BOOL},  {"char", &WR_T_STRING, WR_PG_CHAR},
		     {"int2", &WR_T_SMALLINT, WR_PG_INT2}, {"int4", &WR_T_INT, WR_PG_INT4},
		     {"int8", &WR_T_BIGINT, WR_PG_INT8},   {"float4", &WR_T_FLOAT, WR_PG_FLOAT4},
		     {"text", &WR_T_STRING, WR_PG_TEXT}};

	for (size_t i = 0; i < WR_COUNT(known); i++)
		if (type != NULL ? strcmp(known[i].name, type) == 0 : known[i].oid == oid) {
			column->type = known[i].type;
			column->oid = known[i].oid;
			return true;
		}
	return false;
}

/* SQLite calls an expression by its text, PostgreSQL by its function. */
static const char *name_of(struct wr_arena *arena, const char *given)
{
	size_t word = strspn(given, "abcdefghijklmnopqrstuvwxyz_0123456789");

	if (word > 0 && given[word] == '(')
		return wr_arena_strndup(arena, given, word);
	if (strncasecmp(given, "CASE ", 5) == 0)
		return "case";
	return given[word] == '\0' || strpbrk(given, "()|+'") == NULL
		   ? wr_arena_strdup(arena, given)
		   : "?column?";
}

/* 8: an array of integers, 16: another one; 4: no array. */
static uint8_t seen_text(const char *text)
{
	if (text == NULL || *text != WR_PGS_ARRAY)
		return 4;
	return wr_pgs_array_is_numbers(text) ? 8 : 16;
}

/* Types of expressions, by what they give. */
static void look(struct wr_pgs_catalog *catalog, sqlite3_stmt *stmt, struct wr_arena *arena,
		 struct wr_pgs_column *columns, uint32_t count)
{
	struct wr_pgs_sqlite *call = &catalog->call;
	uint8_t *seen = wr_calloc(count + 1, 1);

	for (uint32_t rows = 0; rows < LOOK_MAX && call->sqlite3_step(stmt) == SQLITE_ROW; rows++)
		for (uint32_t i = 0; i < count; i++) {
			int type = call->sqlite3_column_type(stmt, (int)i);

			seen[i] |=
			    type == SQLITE_INTEGER ? 1
			    : type == SQLITE_FLOAT ? 2
			    : type == SQLITE_NULL  ? 0
			    : type == SQLITE_TEXT
				? seen_text((const char *)call->sqlite3_column_text(stmt, (int)i))
				: 4;
		}
	for (uint32_t i = 0; i < count; i++) {
		struct wr_pgs_column *column = &columns[i];

		if (column->type != NULL)
			continue;
		column->type = seen[i] == 1   ? &WR_T_BIGINT
			       : seen[i] == 8 ? wr_type_array(arena, &WR_T_BIGINT)
			       : (seen[i] & 24) != 0 && (seen[i] & 7) == 0
				   ? wr_type_array(arena, &WR_T_STRING)
			       : seen[i] == 0 || seen[i] >= 4 ? &WR_T_STRING
							      : &WR_T_DOUBLE;
		column->oid = wr_pgs_value_oid(column->type);
	}
	wr_free(seen);
}

/* What the statement gives, in the arena; it is at its beginning again then. */
static struct wr_pgs_column *columns_of(struct wr_pgs_conn *conn,
					const struct wr_pgs_statement *statement,
					sqlite3_stmt *stmt, struct wr_arena *arena, uint32_t *count)
{
	struct wr_pgs_sqlite *call = &conn->catalog->call;
	struct wr_pgs_column *column;
	uint32_t *said;

	*count = (uint32_t)call->sqlite3_column_count(stmt);
	column = WR_NEW_ARRAY(arena, struct wr_pgs_column, *count + 1);
	said = wr_calloc(*count + 1, sizeof *said);
	wr_pgs_catalog_types(statement, *count, said);
	for (uint32_t i = 0; i < *count; i++) {
		const char *type = call->sqlite3_column_decltype(stmt, (int)i);

		column[i].name = name_of(arena, call->sqlite3_column_name(stmt, (int)i));
		if (type != NULL && strcmp(type, "int2_array") == 0) {
			column[i].type = wr_type_array(arena, &WR_T_BIGINT);
			column[i].oid = wr_pgs_value_oid(column[i].type);
		} else if (type != NULL || said[i] != 0)
			declared(type, said[i], &column[i]);
	}
	wr_free(said);
	look(conn->catalog, stmt, arena, column, *count);
	call->sqlite3_reset(stmt);
	return column;
}

struct wr_pgs_error *wr_pgs_catalog_describe(struct wr_pgs_conn *conn,
					     struct wr_pgs_statement *statement)
{
	sqlite3_stmt *stmt;
	wr_status *status = prepare(conn, statement, &stmt);

	if (status != NULL)
		return wr_pgs_error_status(status);
	statement->column =
	    columns_of(conn, statement, stmt, &statement->arena, &statement->column_count);
	conn->catalog->call.sqlite3_finalize(stmt);
	return NULL;
}

/* --- rows ---------------------------------------------------------------------------------------
 */

static const char *text_of(struct wr_pgs_sqlite *call, sqlite3_stmt *stmt, int i)
{
	const unsigned char *text = call->sqlite3_column_text(stmt, i);

	return text != NULL ? (const char *)text : "";
}

static void put_cell(struct wr_pgs_sqlite *call, sqlite3_stmt *stmt, int i,
		     struct wr_builder *builder)
{
	if (call->sqlite3_column_type(stmt, i) == SQLITE_NULL) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->type->kind) {
	case WR_BOOLEAN: wr_builder_bool(builder, call->sqlite3_column_int64(stmt, i) != 0); break;
	case WR_SMALLINT:
		wr_builder_i16(builder, (int16_t)call->sqlite3_column_int64(stmt, i));
		break;
	case WR_INT: wr_builder_i32(builder, (int32_t)call->sqlite3_column_int64(stmt, i)); break;
	case WR_BIGINT: wr_builder_i64(builder, call->sqlite3_column_int64(stmt, i)); break;
	case WR_FLOAT: wr_builder_f32(builder, (float)call->sqlite3_column_double(stmt, i)); break;
	case WR_DOUBLE: wr_builder_f64(builder, call->sqlite3_column_double(stmt, i)); break;
	case WR_ARRAY: wr_pgs_array_build(text_of(call, stmt, i), builder); break;
	default: {
		const char *text = text_of(call, stmt, i);

		text += *text == WR_PGS_ARRAY;
		wr_builder_str(builder, text, strlen(text));
		break;
	}
	}
}

static bool is_integer(uint32_t oid)
{
	return oid == WR_PG_INT2 || oid == WR_PG_INT4 || oid == WR_PG_INT8 || oid == WR_PG_OID;
}

static struct wr_pgs_error *bind_all(struct wr_pgs_conn *conn, const struct wr_pgs_portal *portal,
				     sqlite3_stmt *stmt)
{
	const struct wr_pgs_statement *statement = portal->statement;
	struct wr_pgs_sqlite *call = &conn->catalog->call;
	struct wr_pgs_error *error = NULL;
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < statement->param_count && error == NULL; i++) {
		if (portal->param[i].data == NULL)
			continue;
		wr_text_clear(&text);
		error = wr_pgs_param_text(conn, statement->param_oid[i], &portal->param[i], &text);
		if (error == NULL && statement->param_oid[i] == WR_PG_BOOL)
			call->sqlite3_bind_int64(stmt, (int)i + 1, wr_text_str(&text)[0] == 't');
		else if (error == NULL && is_integer(statement->param_oid[i]))
			call->sqlite3_bind_int64(stmt, (int)i + 1,
						 strtoll(wr_text_str(&text), NULL, 10));
		else if (error == NULL)
			call->sqlite3_bind_text(stmt, (int)i + 1, wr_text_str(&text), -1,
						SQLITE_TRANSIENT);
	}
	wr_text_release(&text);
	return error;
}

static struct wr_pgs_error *read_rows(struct wr_pgs_conn *conn, const struct wr_pgs_column *column,
				      uint32_t count, sqlite3_stmt *stmt, struct wr_batch **out)
{
	uint32_t rows = 0;
	struct wr_pgs_sqlite *call = &conn->catalog->call;
	struct wr_builder **builder = wr_calloc(count + 1, sizeof(struct wr_builder *));
	int code;

	for (uint32_t i = 0; i < count; i++)
		builder[i] = wr_builder_new(column[i].type, 16);
	while ((code = call->sqlite3_step(stmt)) == SQLITE_ROW && rows < ROWS_MAX) {
		for (uint32_t i = 0; i < count; i++)
			put_cell(call, stmt, (int)i, builder[i]);
		rows++;
	}
	*out = wr_batch_new(count, rows);
	for (uint32_t i = 0; i < count; i++) {
		(*out)->column[i] = wr_builder_finish(builder[i]);
		wr_builder_free(builder[i]);
	}
	wr_free(builder);
	if (code == SQLITE_DONE)
		return NULL;
	wr_batch_free(*out);
	*out = NULL;
	if (atomic_load(&conn->cancelled))
		return wr_pgs_error_weir(WEIR_CANCELLED, NULL);
	if (code == SQLITE_ROW || code == SQLITE_INTERRUPT)
		return wr_pgs_error_new("53400", "The query of the system catalog is too large");
	return wr_pgs_error_status(wr_pgs_catalog_failed(conn->catalog));
}

/* Columns are as the client was told them, or else as the values that the parameters have show. */
struct wr_pgs_error *wr_pgs_catalog_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	struct wr_pgs_statement *statement = portal->statement;
	struct wr_pgs_column *column = statement->column;
	uint32_t count = statement->column_count;
	struct wr_pgs_error *error;
	struct wr_batch *batch = NULL;
	struct wr_arena arena;
	sqlite3_stmt *stmt;
	wr_status *status = prepare(conn, statement, &stmt);

	if (status != NULL)
		return wr_pgs_error_status(status);
	wr_arena_init(&arena);
	error = bind_all(conn, portal, stmt);
	if (error == NULL && !statement->described)
		column = columns_of(conn, statement, stmt, &arena, &count);
	if (error == NULL)
		error = read_rows(conn, column, count, stmt, &batch);
	conn->catalog->call.sqlite3_finalize(stmt);
	if (error != NULL) {
		wr_arena_release(&arena);
		return error;
	}
	portal->result = wr_pgs_result_rows(batch);
	wr_arena_release(&portal->result->arena);
	portal->result->arena = arena;
	portal->result->column = column;
	portal->result->column_count = count;
	return NULL;
}
