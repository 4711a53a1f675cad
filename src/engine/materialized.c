/* SPDX-License-Identifier: Apache-2.0
 *
 * materialized - see materialized.h.
 */
#include "engine/materialized.h"

#include <string.h>

#include "analyze/analyzer.h"
#include "base/mem.h"
#include "connectors/mview.h"
#include "connectors/registry.h"
#include "engine/catalogs.h"
#include "plan/plan.h"

static struct wr_mviews *views_of(struct wr_session *session)
{
	if (session->views == NULL)
		session->views = wr_mviews_new();
	return session->views;
}

/* What the statement may not say. */
static wr_status *check_clauses(const struct wr_ast_create_table *ast)
{
	if (ast->refresh == WR_AST_REFRESH_FULL)
		return wr_status_hint(
		    wr_unsupported(ast->refresh_pos, "REFRESH_MODE = FULL"),
		    "Leave it out: the table is kept up to date all the time, with every change of "
		    "its input");
	if (ast->partitioned_by.count > 0)
		return wr_status_hint(wr_unsupported(ast->partitioned_by.items[0].pos,
						     "PARTITIONED BY of a materialized table"),
				      "Leave it out: rows are kept in memory, by key");
	for (uint32_t i = 0; i < ast->options.count; i++)
		if (strcmp(ast->options.items[i].key, "connector") == 0)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, ast->options.items[i].key_pos,
					 "A materialized table has no 'connector': its rows are "
					 "kept in memory by its job"),
			    "Leave the option out; to write elsewhere, use CREATE TABLE and "
			    "INSERT INTO");
	return NULL;
}

/* --- columns and key ----------------------------------------------------------------------- */

static void set_columns(struct wr_table *table, const struct wr_ast_create_table *ast,
			const struct wr_schema *schema)
{
	struct wr_arena *arena = &table->arena;

	table->column_count = schema->count;
	table->column = WR_NEW_ARRAY(arena, struct wr_table_column, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct wr_type *type = wr_type_time_attr(
		    arena, wr_type_copy(arena, schema->field[i].type), WR_TIME_NONE);

		table->column[i] =
		    (struct wr_table_column){.name = wr_arena_strdup(arena, schema->field[i].name),
					     .type = type,
					     .role = WR_COL_PHYSICAL,
					     .pos = ast->query->pos};
	}
}

/* PRIMARY KEY as declared: of columns that are never NULL, as elsewhere. */
static wr_status *declared_key(struct wr_table *table, const struct wr_ast_create_table *ast)
{
	uint32_t *key = WR_NEW_ARRAY(&table->arena, uint32_t, ast->primary_key.count + 1);

	if (ast->primary_key_enforced)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->primary_key_pos,
						   "PRIMARY KEY must be NOT ENFORCED"),
				      "Write PRIMARY KEY (...) NOT ENFORCED");
	for (uint32_t k = 0; k < ast->primary_key.count; k++) {
		const struct wr_ast_ident *name = &ast->primary_key.items[k];
		uint32_t i = 0;

		while (i < table->column_count && strcmp(table->column[i].name, name->text) != 0)
			i++;
		if (i == table->column_count)
			return wr_status_at(WR_USER_ERROR, name->pos,
					    "Column '%s' of the PRIMARY KEY is none of the query",
					    name->text);
		key[k] = i;
		table->column[i].type =
		    wr_type_nullable(&table->arena, table->column[i].type, false);
	}
	table->primary_key = key;
	table->primary_key_count = ast->primary_key.count;
	if (ast->primary_key_name.text != NULL)
		table->primary_key_name =
		    wr_arena_strdup(&table->arena, ast->primary_key_name.text);
	return NULL;
}

/* The first key that the plan of the query has, the shortest of them. */
static void found_key(struct wr_table *table, const struct wr_upsert_keys *keys)
{
	const struct wr_column_set *best = NULL;
	uint32_t *key;

	for (uint32_t i = 0; i < keys->count; i++)
		if (keys->set[i].count > 0 && (best == NULL || keys->set[i].count < best->count))
			best = &keys->set[i];
	if (best == NULL)
		return;
	key = WR_NEW_ARRAY(&table->arena, uint32_t, best->count + 1);
	memcpy(key, best->column, best->count * sizeof *key);
	table->primary_key = key;
	table->primary_key_count = best->count;
	table->key_found = true;
}

/* Plans the query once, for its columns and keys. */
static wr_status *resolve_query(struct wr_session *session, const struct wr_ast_create_table *ast,
				struct wr_table *table)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	struct wr_plan *plan = wr_plan_new();
	struct wr_prepared scratch;
	wr_status *status;

	wr_prepared_init(&scratch);
	status = wr_analyze_query(&env, ast->query, plan);
	if (status != NULL) {
		wr_plan_free(plan);
		goto out;
	}
	set_columns(table, ast, &plan->root[0]->schema);
	WR_TRY_OUT(status, wr_prepare_plan(session, &scratch, plan, "CREATE MATERIALIZED TABLE"));
	if (ast->has_primary_key)
		status = declared_key(table, ast);
	else
		found_key(table, &plan->root[0]->traits.upsert_keys);
out:
	wr_prepared_release(&scratch);
	return status;
}

/* --- the table ----------------------------------------------------------------------------- */

static void set_options(struct wr_table *table, const struct wr_ast_create_table *ast)
{
	struct wr_given *given =
	    WR_NEW_ARRAY(&table->arena, struct wr_given, ast->options.count + 1);

	for (uint32_t i = 0; i < ast->options.count; i++)
		given[i] =
		    (struct wr_given){wr_arena_strdup(&table->arena, ast->options.items[i].key),
				      wr_arena_strdup(&table->arena, ast->options.items[i].value),
				      ast->options.items[i].key_pos};
	table->given = given;
	table->given_count = ast->options.count;
}

/* The view behind the table. */
static wr_status *set_view(struct wr_session *session, struct wr_table *table)
{
	struct wr_schema schema = {.count = table->column_count};
	struct wr_mview *view;

	schema.field = WR_NEW_ARRAY(&table->arena, struct wr_field, schema.count + 1);
	for (uint32_t i = 0; i < schema.count; i++)
		schema.field[i] = (struct wr_field){table->column[i].name, table->column[i].type};
	view = wr_mviews_make(views_of(session), table->name, &schema, table->primary_key,
			      table->primary_key_count);
	table->embed = wr_mview_embed(view);
	wr_mview_unref(view);
	return NULL;
}

static wr_status *fill(struct wr_session *session, const struct wr_ast_create_table *ast,
		       struct wr_table *table)
{
	table->materialized = true;
	table->connector = &wr_connector_view;
	table->pos = ast->name.pos;
	table->comment = ast->comment != NULL ? wr_arena_strdup(&table->arena, ast->comment) : NULL;
	table->view_sql =
	    wr_arena_strndup(&table->arena, ast->query->text.data, ast->query->text.len);
	WR_TRY(resolve_query(session, ast, table));
	set_options(table, ast);
	WR_TRY(wr_check_declared_options(wr_catalog_registry(session->catalog), table));
	return set_view(session, table);
}

/* Whether a table of that name may give way. *done: there is one, and it stays. */
static wr_status *check_name(struct wr_session *session, const struct wr_ast_create_table *ast,
			     const struct wr_table *found, bool *done)
{
	bool replace = ast->or_replace || session->materialize == WR_MATERIALIZE_JOB;

	*done = found != NULL && ast->if_not_exists && session->materialize != WR_MATERIALIZE_JOB;
	if (found == NULL || *done || (found->materialized && replace))
		return NULL;
	return wr_table_exists(found->name, ast->name.pos,
			       found->materialized
				   ? "Drop it first, or write CREATE OR REPLACE MATERIALIZED TABLE"
				   : "Drop it first, or take another name");
}

wr_status *wr_materialized_create(struct wr_session *session, struct wr_prepared *prepared,
				  const struct wr_ast_stmt *stmt, enum wr_script_goal goal)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	const struct wr_ast_create_table *ast = &stmt->create_table;
	const struct wr_table *found;
	struct wr_full_name full;
	struct wr_table *table;
	wr_status *status;
	bool done;

	WR_TRY(wr_catalogs_own(session, &ast->name, false, "CREATE MATERIALIZED TABLE"));
	WR_TRY(check_clauses(ast));
	WR_TRY(wr_find_to_declare(&env, &ast->name, false, &full, &found));
	WR_TRY(check_name(session, ast, found, &done));
	if (done)
		return NULL;
	table = wr_new_table(&full);
	status = fill(session, ast, table);
	if (status != NULL) {
		wr_table_free(table);
		return status;
	}
	if (found != NULL)
		wr_table_free(wr_catalog_take(session->catalog, found->name));
	WR_TRY(wr_catalog_add(session->catalog, table));
	if (session->materialize == WR_MATERIALIZE_DECLARE)
		return NULL;
	return wr_prepare_query(session, prepared, stmt, goal);
}

wr_status *wr_materialized_plan(struct wr_session *session, const struct wr_ast_create_table *ast,
				struct wr_plan *plan)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	struct wr_ast_insert insert = {.table = ast->name, .query = ast->query};
	const char *local;

	WR_TRY(wr_find_table(&env, &ast->name, &local, &env.keeps));
	if (env.keeps == NULL || !env.keeps->materialized)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->name.pos,
						   "Materialized table '%s' is not declared",
						   local),
				      "EXPLAIN its query, or create it first");
	return wr_analyze_insert(&env, &insert, plan);
}

/* --- DROP, ALTER --------------------------------------------------------------------------- */

static wr_status *find(struct wr_session *session, const struct wr_ast_name *name, bool may_miss,
		       const struct wr_table **out)
{
	const struct wr_ast_ident *last = &name->parts[name->count - 1];
	struct wr_analyze_env env = wr_session_analyze_env(session);
	struct wr_full_name full;

	WR_TRY(wr_full_name(&env, name, &full));
	*out = wr_find_kept(&env, &full);
	if (*out == NULL)
		return may_miss ? NULL
				: wr_catalog_unknown(session->catalog, last->text, last->pos);
	if (!(*out)->materialized)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, last->pos, "'%s' is %s, not a materialized table",
				 last->text, (*out)->is_view ? "a view" : "a table"),
		    "Write DROP %s %s", (*out)->is_view ? "VIEW" : "TABLE", last->text);
	return NULL;
}

/* Where only declarations are made, the rows are the job's: who keeps the jobs drops them. */
wr_status *wr_materialized_drop(struct wr_session *session, const struct wr_ast_drop *drop)
{
	const struct wr_table *table;

	WR_TRY(find(session, &drop->name, drop->if_exists, &table));
	if (table == NULL)
		return NULL;
	if (session->materialize != WR_MATERIALIZE_DECLARE)
		wr_mviews_drop(views_of(session), table->name);
	wr_table_free(wr_catalog_take(session->catalog, table->name));
	return NULL;
}

wr_status *wr_materialized_alter(struct wr_session *session, const struct wr_ast_name *name)
{
	const struct wr_table *table;

	WR_TRY(find(session, name, false, &table));
	if (session->materialize == WR_MATERIALIZE_DECLARE)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, name->pos,
			 "A materialized table of a script has no job that could be suspended or "
			 "resumed"),
	    "Create it in a server (weir serve)");
}
