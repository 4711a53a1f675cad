/* SPDX-License-Identifier: Apache-2.0
 *
 * client_table_as - CREATE TABLE ... AS query of a session: a table of the catalog, and a job of
 * the server that fills it.
 *
 *     1. In the session the statement is executed, which plans its INSERT but does not run it.
 *     2. The table is put into the store, as one that was declared: sessions and restarts know
 *        nothing of the query.
 *     3. The INSERT is submitted as a job, which finds the table in the store. When that fails, the
 *        table is dropped again; what becomes of the job later does not matter to it.
 *
 * With IF NOT EXISTS and a table that is there, the third alone happens, as in Flink.
 */
#include "analyze/analyzer.h"
#include "analyze/describe.h"
#include "base/mem.h"
#include "server/client_inner.h"
#include "server/server.h"
#include "sql/unparse.h"

/* The table as it is declared now; texts are in client->arena. */
static struct wr_ast_stmt declaration_of(struct wr_client *client, const struct wr_ast_stmt *stmt,
					 const char *name)
{
	struct wr_ast_stmt declaration = *stmt;
	struct wr_text text;

	wr_text_init(&text);
	wr_declare_table(&text, wr_catalog_find(client->session->session->catalog, name));
	declaration.text = wr_str_of(wr_arena_strdup(&client->arena, wr_text_str(&text)));
	wr_text_release(&text);
	return declaration;
}

/* The INSERT alone; `columns` without any: by position. */
static struct wr_ast_stmt insert_of(struct wr_client *client, const struct wr_ast_stmt *stmt,
				    const struct wr_ast_idents *columns)
{
	const struct wr_ast_create_table *create = &stmt->create_table;
	struct wr_ast_stmt insert = *stmt;
	struct wr_text text;

	wr_text_init(&text);
	wr_text_puts(&text, "INSERT INTO ");
	wr_unparse_name(&create->name, &text);
	for (uint32_t i = 0; i < columns->count; i++) {
		wr_text_puts(&text, i > 0 ? ", " : " (");
		wr_unparse_ident(columns->items[i].text, &text);
	}
	wr_text_puts(&text, columns->count > 0 ? ")\n" : "\n");
	wr_text_add(&text, create->query->text.data, create->query->text.len);
	insert.text = wr_str_of(wr_arena_strdup(&client->arena, wr_text_str(&text)));
	wr_text_release(&text);
	return insert;
}

/* Out of the session and of the store. */
static void undo(struct wr_client *client, struct wr_client_change *change)
{
	const struct wr_ast_stmt drop = {.kind = WR_AST_DROP_TABLE, .text = wr_str_of("DROP")};

	change->there = true;
	wr_table_free(wr_catalog_take(client->session->session->catalog, change->name));
	wr_status_free(wr_client_changed(client, &drop, change));
}

/* The statement has been planned in the session. */
static wr_status *store_and_submit(struct wr_client *client, const struct wr_ast_stmt *stmt,
				   const struct wr_prepared *prepared,
				   struct wr_client_change *change, struct wr_outcome *outcome)
{
	struct wr_analyze_env env = wr_session_analyze_env(client->session->session);
	const char *name = wr_client_get(client, "pipeline.name");
	struct wr_ast_stmt declaration, job;
	struct wr_ast_insert insert = {0};
	struct wr_ast_create_table create;
	wr_status *status;

	if (change->there) {
		job = insert_of(client, stmt, &insert.columns);
		return wr_client_submit_as(client, &job, prepared, name, outcome->job);
	}
	WR_TRY(wr_analyze_table_as(&env, &stmt->create_table, &client->arena, &create, &insert));
	declaration = declaration_of(client, stmt, change->name);
	WR_TRY(wr_client_changed(client, &declaration, change));
	job = insert_of(client, stmt, &insert.columns);
	status = wr_client_submit_as(client, &job, prepared, name, outcome->job);
	if (status != NULL)
		undo(client, change);
	return status;
}

static wr_status *create(struct wr_client *client, const struct wr_ast_stmt *stmt, const char *sql,
			 struct wr_outcome *outcome)
{
	struct wr_client_change change;
	struct wr_prepared prepared;
	wr_status *status;

	WR_TRY(wr_client_look(client));
	WR_TRY(wr_client_about(client, stmt, &change));
	status = wr_session_prepare(client->session->session, wr_str_of(sql), NULL, WR_SCRIPT_CHECK,
				    &prepared);
	if (status == NULL)
		status = store_and_submit(client, stmt, &prepared, &change, outcome);
	wr_prepared_release(&prepared);
	return status;
}

enum weir_code wr_client_table_as(struct wr_client *client, const struct wr_ast_stmt *stmt,
				  const char *sql, struct wr_outcome *outcome,
				  struct weir_error **error)
{
	wr_status *status;

	wr_client_begin(client);
	pthread_mutex_lock(&client->clients->catalog);
	status = create(client, stmt, sql, outcome);
	pthread_mutex_unlock(&client->clients->catalog);
	if (status != NULL)
		return wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
	return wr_client_submitted(client, outcome, error);
}
