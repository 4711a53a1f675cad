/* SPDX-License-Identifier: Apache-2.0
 *
 * table_as - see table_as.h.
 */
#include "engine/table_as.h"

#include "analyze/analyzer.h"
#include "base/mem.h"
#include "engine/catalogs.h"
#include "engine/letters.h"

/* Declares the table and gives its INSERT. *table NULL: one of that name is there already, and
 * takes the rows, as in Flink. */
static wr_status *declare(struct wr_session *session, struct wr_prepared *prepared,
			  const struct wr_ast_stmt *stmt, const struct wr_table **table,
			  struct wr_ast_stmt *insert)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	const struct wr_ast_create_table *ast = &stmt->create_table;
	struct wr_ast_create_table create;
	const struct wr_table *found;
	struct wr_full_name full;

	*table = NULL;
	WR_TRY(wr_catalogs_own(session, &ast->name, ast->temporary, "CREATE TABLE"));
	if (ast->temporary)
		return wr_status_hint(
		    wr_unsupported(ast->name.pos, "CREATE TEMPORARY TABLE ... AS"),
		    "Create the temporary table, and INSERT INTO it");
	if (ast->or_replace)
		return wr_status_hint(
		    wr_unsupported(ast->name.pos, "CREATE OR REPLACE TABLE"),
		    "Write DROP TABLE IF EXISTS, and CREATE TABLE ... AS behind it");
	WR_TRY(wr_find_to_declare(&env, &ast->name, ast->temporary, &full, &found));
	*insert = *stmt;
	insert->kind = WR_AST_INSERT;
	if (found != NULL && ast->if_not_exists) {
		insert->insert = (struct wr_ast_insert){.table = ast->name, .query = ast->query};
		return NULL;
	}
	if (found != NULL)
		return wr_table_exists(found->name, ast->name.pos,
				       "Drop it first, or write CREATE TABLE IF NOT EXISTS");
	WR_TRY(wr_analyze_table_as(&env, ast, &prepared->arena, &create, &insert->insert));
	WR_TRY(wr_analyze_create_table(&env, &create));
	*table = wr_find_kept(&env, &full);
	return NULL;
}

wr_status *wr_table_as_create(struct wr_session *session, struct wr_prepared *prepared,
			      const struct wr_ast_stmt *stmt, enum wr_script_goal goal)
{
	const struct wr_table *table;
	const char *name = NULL;
	struct wr_ast_stmt insert;
	wr_status *status;

	WR_TRY(declare(session, prepared, stmt, &table, &insert));
	if (table != NULL) {
		name = wr_arena_strdup(&prepared->arena, table->name);
		WR_TRY(wr_letters_declared(session, name));
	}
	if (wr_letters_skip(session, &insert))
		return NULL;
	status = wr_prepare_query(session, prepared, &insert, goal);
	if (status != NULL && name != NULL)
		wr_table_free(wr_catalog_take(session->catalog, name));
	return status;
}

wr_status *wr_table_as_explain(struct wr_session *session, struct wr_prepared *prepared,
			       const struct wr_ast_stmt *explain, enum wr_script_goal goal)
{
	struct wr_ast_stmt insert, other = *explain;
	const struct wr_table *table;
	wr_status *status;

	WR_TRY(declare(session, prepared, explain->explain.stmt, &table, &insert));
	other.explain.stmt = &insert;
	status = wr_prepare_statement(session, prepared, &other, goal);
	if (table != NULL)
		wr_table_free(wr_catalog_take(session->catalog, table->name));
	return status;
}
