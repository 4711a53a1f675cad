/* SPDX-License-Identifier: Apache-2.0
 *
 * view - CREATE VIEW and ALTER VIEW: a query under a name.
 *
 * The query is planned when it is given, for its columns and its mistakes, and again wherever the
 * view is used. So other views may be left without something that they need; as in Flink, that is
 * said when they are used. A view that would be part of its own query is refused at once.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "sql/parser.h"

/* The view's columns, from the plan of its query. */
static wr_status *view_columns(struct wr_table *view, const struct wr_ast_create_view *ast,
			       const struct wr_schema *schema)
{
	struct wr_arena *arena = &view->arena;

	if (ast->columns.count > 0 && ast->columns.count != schema->count)
		return wr_status_at(WR_USER_ERROR, ast->columns.items[0].pos,
				    "VIEW definition and input fields not match: the view lists %u "
				    "columns, its query gives %u",
				    ast->columns.count, schema->count);
	view->column_count = schema->count;
	view->column = WR_NEW_ARRAY(arena, struct wr_table_column, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++) {
		const char *name =
		    ast->columns.count > 0 ? ast->columns.items[i].text : schema->field[i].name;
		view->column[i] =
		    (struct wr_table_column){.name = wr_arena_strdup(arena, name),
					     .type = wr_type_copy(arena, schema->field[i].type),
					     .role = WR_COL_PHYSICAL,
					     .pos = ast->name.pos};
		for (uint32_t j = 0; j < i && ast->columns.count > 0; j++) {
			if (strcmp(view->column[j].name, name) == 0)
				return wr_status_at(WR_USER_ERROR, ast->columns.items[i].pos,
						    "The view has the column '%s' twice", name);
		}
	}
	return NULL;
}

/* The view's text behind as many line ends and spaces as stand before it in the script: so the
 * places of its parts, in messages about plans that use the view, are those in the script. */
static struct wr_str placed_text(struct wr_arena *arena, struct wr_str text, struct wr_pos pos)
{
	size_t lines = pos.line > 0 ? pos.line - 1 : 0;
	size_t spaces = pos.column > 0 ? pos.column - 1 : 0;
	size_t before = WR_MAX((size_t)pos.offset, lines + spaces);
	char *all = wr_arena_alloc(arena, before + text.len + 1);

	/* Bytes that are neither line ends nor in the last line pad the first line. */
	memset(all, ' ', before);
	memset(all + before - spaces - lines, '\n', lines);
	memcpy(all + before, text.data, text.len);
	all[before + text.len] = '\0';
	return (struct wr_str){all, before + text.len};
}

/* Plans the query once for its columns and errors, and keeps its text. */
static wr_status *view_fill(struct wr_analyze_env *env, const struct wr_ast_create_view *ast,
			    struct wr_table *view)
{
	struct wr_plan *plan = wr_plan_new();
	struct wr_analyzer a = wr_analyzer_of(env, plan);
	const struct wr_current *current = &wr_catalog_databases(env->catalog)->current;
	struct wr_str text = ast->query->text;
	struct wr_ast_query *query;
	struct wr_node *node;
	wr_status *status;

	WR_TRY_OUT(status, wr_plan_query(&a, ast->query, &node));
	WR_TRY_OUT(status, view_columns(view, ast, &node->schema));
	view->view_sql = wr_arena_strndup(&view->arena, text.data, text.len);
	WR_TRY_OUT(status, wr_parse_query_text(&view->arena,
					       placed_text(&view->arena, text, ast->query->pos),
					       ast->query->pos.script, &query));
	view->view_query = query;
	view->view_current = (struct wr_current){wr_arena_strdup(&view->arena, current->catalog),
						 wr_arena_strdup(&view->arena, current->database)};
out:
	wr_plan_free(plan);
	return status;
}

wr_status *wr_analyze_create_view(struct wr_analyze_env *env, const struct wr_ast_create_view *ast)
{
	const struct wr_table *found;
	struct wr_full_name full;
	struct wr_table *view;

	WR_TRY(wr_find_to_declare(env, &ast->name, ast->temporary, &full, &found));
	if (found != NULL) {
		if (ast->if_not_exists)
			return NULL;
		return wr_table_exists(found->name, ast->name.pos,
				       "Drop it first, or write CREATE VIEW IF NOT EXISTS");
	}
	view = wr_new_table(&full);
	view->is_view = true;
	view->temporary = ast->temporary;
	view->pos = ast->name.pos;
	view->comment = ast->comment != NULL ? wr_arena_strdup(&view->arena, ast->comment) : NULL;
	wr_status *status = view_fill(env, ast, view);
	if (status != NULL) {
		wr_table_free(view);
		return status;
	}
	return wr_catalog_add(env->catalog, view);
}

/* --- ALTER VIEW ---------------------------------------------------------------------------------
 */

/* The view, which a statement may change. */
static wr_status *find_view(struct wr_analyze_env *env, const struct wr_ast_name *name,
			    struct wr_full_name *full, const struct wr_table **out)
{
	const struct wr_ast_ident *last = &name->parts[name->count - 1];
	const struct wr_table *found;

	WR_TRY(wr_full_name(env, name, full));
	WR_TRY(wr_check_database(env, full));
	*out = found = wr_find_kept(env, full);
	if (found == NULL)
		return wr_catalog_unknown(env->catalog, last->text, last->pos);
	if (!found->is_view)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, name->pos, "'%s' is %s, not a view", found->name,
				 found->materialized ? "a materialized table" : "a table"),
		    found->materialized ? "Write CREATE OR REPLACE MATERIALIZED TABLE"
					: "Write ALTER TABLE");
	if (found->temporary || found->stream != NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, name->pos, "'%s' is %s",
						   found->name,
						   found->stream != NULL ? "a view of the program"
									 : "a temporary view"),
				      "Drop it, and create another one");
	return NULL;
}

/* The same view under another name; its query is not looked at, as it has not changed. */
static wr_status *copy_view(const struct wr_table *from, const struct wr_full_name *full,
			    struct wr_table **out)
{
	struct wr_table *view = wr_new_table(full);
	struct wr_arena *arena = &view->arena;
	struct wr_pos pos = from->view_query->pos;
	struct wr_str text = wr_str_of(from->view_sql);
	struct wr_ast_query *query;
	wr_status *status;

	view->is_view = true;
	view->pos = full->name.pos;
	view->comment = from->comment != NULL ? wr_arena_strdup(arena, from->comment) : NULL;
	view->column_count = from->column_count;
	view->column = WR_NEW_ARRAY(arena, struct wr_table_column, from->column_count + 1);
	for (uint32_t i = 0; i < from->column_count; i++)
		view->column[i] =
		    (struct wr_table_column){.name = wr_arena_strdup(arena, from->column[i].name),
					     .type = wr_type_copy(arena, from->column[i].type),
					     .role = WR_COL_PHYSICAL,
					     .pos = full->name.pos};
	view->view_sql = wr_arena_strdup(arena, from->view_sql);
	view->view_current =
	    (struct wr_current){wr_arena_strdup(arena, from->view_current.catalog),
				wr_arena_strdup(arena, from->view_current.database)};
	status = wr_parse_query_text(arena, placed_text(arena, text, pos), pos.script, &query);
	if (status != NULL) {
		wr_table_free(view);
		return status;
	}
	view->view_query = query;
	*out = view;
	return NULL;
}

static wr_status *rename_view(struct wr_analyze_env *env, const struct wr_ast_alter_view *ast,
			      const struct wr_table *view)
{
	const struct wr_table *taken;
	struct wr_full_name full;
	struct wr_table *renamed;

	WR_TRY(wr_renamed(env, &ast->name, &ast->to, &full));
	taken = wr_find_kept(env, &full);
	if (taken != NULL)
		return wr_table_exists(taken->name, ast->to.pos,
				       "Drop it first, or take another name");
	WR_TRY(copy_view(view, &full, &renamed));
	wr_table_free(wr_catalog_take(env->catalog, view->name));
	return wr_catalog_add(env->catalog, renamed);
}

/* Whether the query is right, with the view as it was. */
static wr_status *check_query(struct wr_analyze_env *env, const struct wr_ast_query *query)
{
	struct wr_plan *plan = wr_plan_new();
	wr_status *status = wr_analyze_query(env, query, plan);

	wr_plan_free(plan);
	return status;
}

/* The new view is made while there is none of its name: what is right with the old one, and wrong
 * without it, uses it, maybe by way of other views. */
static wr_status *change_view(struct wr_analyze_env *env, const struct wr_ast_alter_view *ast,
			      const struct wr_full_name *full, const struct wr_table *view)
{
	struct wr_ast_create_view create = {.name = ast->name, .query = ast->query};
	struct wr_table *old, *changed;
	wr_status *status;

	WR_TRY(check_query(env, ast->query));
	old = wr_catalog_take(env->catalog, view->name);
	changed = wr_new_table(full);
	changed->is_view = true;
	changed->pos = ast->name.pos;
	if (old->comment != NULL)
		changed->comment = wr_arena_strdup(&changed->arena, old->comment);
	status = view_fill(env, &create, changed);
	if (status == NULL) {
		wr_table_free(old);
		return wr_catalog_add(env->catalog, changed);
	}
	wr_status_free(status);
	wr_table_free(changed);
	status = wr_status_hint(wr_status_at(WR_USER_ERROR, ast->query->pos,
					     "View '%s' would be part of its own query", old->name),
				"Create a view of another name");
	wr_status_free(wr_catalog_add(env->catalog, old)); /* it was there before */
	return status;
}

wr_status *wr_analyze_alter_view(struct wr_analyze_env *env, const struct wr_ast_alter_view *ast)
{
	const struct wr_table *view;
	struct wr_full_name full;

	WR_TRY(find_view(env, &ast->name, &full, &view));
	return ast->query != NULL ? change_view(env, ast, &full, view)
				  : rename_view(env, ast, view);
}
