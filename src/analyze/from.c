/* SPDX-License-Identifier: Apache-2.0
 *
 * from - table references: tables, views, WITH entries, subqueries, table functions, UNNEST.
 */
#include <string.h>
#include <strings.h>

#include "analyze/analyzer.h"
#include "analyze/stream.h"
#include "base/limits.h"
#include "sql/parser.h"

/* --- scans
 * ---------------------------------------------------------------------------------------------- */

/* OPTIONS(...) hints of a table as options; other hints are for other places or advice. */
static wr_status *table_hints(struct wr_analyzer *a, const struct wr_ast_hints *hints,
			      struct wr_given **out, uint32_t *count)
{
	static const char *const known[] = {"OPTIONS", "STATE_TTL", "LOOKUP", "BROADCAST"};
	uint32_t total = 0;

	*count = 0;
	*out = NULL;
	for (uint32_t i = 0; hints != NULL && i < hints->count; i++)
		total += hints->items[i].options.count;
	for (uint32_t i = 0; hints != NULL && i < hints->count; i++) {
		const struct wr_ast_hint *hint = &hints->items[i];
		if (strcasecmp(hint->name, "OPTIONS") != 0)
			return wr_hint_nearest(
			    wr_status_at(WR_USER_ERROR, hint->pos,
					 "A table takes no hint '%s' (only OPTIONS)", hint->name),
			    hint->name, known, WR_COUNT(known));
		if (*out == NULL)
			*out = WR_NEW_ARRAY(a->arena, struct wr_given, total + 1);
		for (uint32_t j = 0; j < hint->options.count; j++) {
			const struct wr_ast_option *option = &hint->options.items[j];
			(*out)[(*count)++] = (struct wr_given){
			    wr_arena_strdup(a->arena, option->key),
			    wr_arena_strdup(a->arena, option->value), option->key_pos};
		}
	}
	return NULL;
}

/* Where each column of the table stands among the connector's: physical first, then metadata. */
static uint32_t *source_places(struct wr_analyzer *a, const struct wr_table *table)
{
	uint32_t *place = WR_NEW_ARRAY(a->arena, uint32_t, table->column_count + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < table->column_count; i++) {
		if (table->column[i].role == WR_COL_PHYSICAL)
			place[i] = n++;
	}
	for (uint32_t i = 0; i < table->column_count; i++) {
		if (table->column[i].role == WR_COL_METADATA)
			place[i] = n++;
	}
	return place;
}

/* The scan's output columns over what the connector gives. */
static wr_status *scan_columns(struct wr_analyzer *a, struct wr_node *node,
			       const struct wr_connector_args *args)
{
	const struct wr_table *table = node->u.scan.table;
	uint32_t *place = source_places(a, table);
	struct wr_expr **expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, table->column_count + 1);

	wr_schema_init(a->arena, &node->schema, table->column_count);
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		if (column->role == WR_COL_COMPUTED) {
			expr[i] = wr_expr_remap(a->pool, column->expr, place);
		} else {
			expr[i] =
			    wr_expr_column(a->pool, place[i], args->schema->field[place[i]].type);
			if (column->role == WR_COL_METADATA)
				WR_TRY(wr_status_place(
				    wr_expr_cast(a->pool, expr[i], column->type, false, &expr[i]),
				    column->pos));
		}
		node->schema.field[i] =
		    (struct wr_field){.name = column->name, .type = column->type};
	}
	node->u.scan.expr = expr;
	return NULL;
}

wr_status *wr_plan_scan(struct wr_analyzer *a, const struct wr_table *table,
			const struct wr_ast_hints *hints, const char *alias, struct wr_pos pos,
			struct wr_node **out)
{
	struct wr_connector_args *args;
	struct wr_given *given;
	uint32_t given_count;
	struct wr_node *node;

	WR_TRY(table_hints(a, hints, &given, &given_count));
	WR_TRY(wr_status_place(
	    wr_analyze_table_args(a->env, a->plan, table, given, given_count, false, &args), pos));
	WR_TRY(wr_make_node(a, WR_N_SCAN, NULL, pos, &node));
	node->u.scan.table = table;
	node->u.scan.alias = alias;
	node->u.scan.args = args;
	node->u.scan.watermark = table->watermark;
	node->u.scan.source_watermark = table->source_watermark;
	node->u.scan.rowtime = table->rowtime;
	node->traits.rowtime = table->rowtime;
	node->traits.has_watermark = table->rowtime >= 0;
	WR_TRY(wr_read_scan_pace(args, &node->u.scan.pace));
	WR_TRY(scan_columns(a, node, args));
	*out = node;
	return NULL;
}

/* --- names
 * ---------------------------------------------------------------------------------------------- */

/* Renames the columns of a node: a WITH entry's or view's own list. Shares everything but names. */
static wr_status *rename_columns(struct wr_analyzer *a, struct wr_node *input,
				 const char *const *names, uint32_t count, struct wr_pos pos,
				 struct wr_node **out)
{
	struct wr_expr **expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);
	const char **copy = WR_NEW_ARRAY(a->arena, const char *, count + 1);

	if (count != input->schema.count)
		return wr_status_at(WR_USER_ERROR, pos,
				    "The list of columns has %u names, but the query gives %u "
				    "columns",
				    count, input->schema.count);
	for (uint32_t i = 0; i < count; i++) {
		expr[i] = wr_column_of(a, input, i);
		copy[i] = names[i];
	}
	return wr_make_project(a, input, expr, copy, count, pos, out);
}

/* A WITH entry sees those before it only. */
static wr_status *plan_cte(struct wr_analyzer *a, const struct wr_cte_scope *scope,
			   struct wr_node **out)
{
	const struct wr_ast_idents *columns = &scope->cte->columns;
	const struct wr_cte_scope *before = a->ctes;
	const char **names = WR_NEW_ARRAY(a->arena, const char *, columns->count + 1);

	a->ctes = scope->visible;
	wr_status *status = wr_plan_query(a, scope->cte->query, out);
	a->ctes = before;
	if (status != NULL || columns->count == 0)
		return status;
	for (uint32_t i = 0; i < columns->count; i++)
		names[i] = wr_arena_strdup(a->arena, columns->items[i].text);
	return rename_columns(a, *out, names, columns->count, columns->items[0].pos, out);
}

/* A view: its stored text, parsed and planned anew. */
static wr_status *plan_view(struct wr_analyzer *a, const struct wr_table *view, struct wr_pos pos,
			    struct wr_node **out)
{
	struct wr_current *current = &wr_catalog_databases(a->env->catalog)->current;
	const struct wr_current outside = *current;
	const struct wr_cte_scope *before = a->ctes;
	const char **names = WR_NEW_ARRAY(a->arena, const char *, view->column_count + 1);
	wr_status *status;

	if (view->stream != NULL)
		return wr_stream_build(a, view->stream, out);
	if (a->view_depth >= WR_VIEW_NESTING_MAX)
		return wr_status_at(WR_USER_ERROR, pos, "Views are nested more than %d deep",
				    WR_VIEW_NESTING_MAX);
	a->ctes = NULL;
	*current = view->view_current;
	a->view_depth++;
	status = wr_plan_query(a, view->view_query, out);
	a->view_depth--;
	*current = outside;
	a->ctes = before;
	if (status != NULL) {
		/* Its places are those of the view's own text: point at the use instead. */
		wr_status *outer =
		    wr_status_at(WR_USER_ERROR, pos, "In view '%s': %s", view->name, status->text);
		if (status->hint != NULL)
			wr_status_hint(outer, "%s", status->hint);
		wr_status_free(status);
		return outer;
	}
	for (uint32_t i = 0; i < view->column_count; i++)
		names[i] = view->column[i].name;
	bool same = (*out)->schema.count == view->column_count;
	for (uint32_t i = 0; same && i < view->column_count; i++)
		same = strcmp((*out)->schema.field[i].name, names[i]) == 0;
	return same ? NULL : rename_columns(a, *out, names, view->column_count, pos, out);
}

/* WITH entries hide tables of the same name. */
wr_status *wr_plan_table_name(struct wr_analyzer *a, const struct wr_ast_name *name,
			      const struct wr_ast_hints *hints, const char *alias,
			      struct wr_node **out)
{
	const struct wr_table *table;
	const char *local;

	for (const struct wr_cte_scope *cte = a->ctes; cte != NULL && name->count == 1;
	     cte = cte->next) {
		if (strcmp(cte->cte->name.text, name->parts[0].text) == 0)
			return plan_cte(a, cte, out);
	}
	WR_TRY(wr_find_table(a->env, name, &local, &table));
	if (table == NULL)
		return wr_catalog_unknown(a->env->catalog, local, name->parts[name->count - 1].pos);
	if (!table->is_view)
		return wr_plan_scan(a, table, hints, alias, name->pos, out);
	if (hints != NULL && hints->count > 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, hints->items[0].pos, "A view takes no hints"),
		    "Write the hint at the table inside the view");
	return plan_view(a, table, name->pos, out);
}

/* A table without alias can also be qualified by its database. */
static wr_status *from_name(struct wr_analyzer *a, const struct wr_ast_table *ast,
			    struct wr_scope **out)
{
	const struct wr_ast_name *name = &ast->name.name;
	const char *alias = ast->alias.text;
	struct wr_full_name full;
	struct wr_node *node;

	alias =
	    wr_arena_strdup(a->arena, alias != NULL ? alias : name->parts[name->count - 1].text);
	WR_TRY(wr_plan_table_name(a, name, &ast->name.hints, alias, &node));
	WR_TRY(wr_scope_new(a, node, alias, ast->alias.text == NULL, &ast->columns, out));
	WR_TRY(wr_full_name(a->env, name, &full));
	(*out)->table[0].catalog = wr_arena_strdup(a->arena, full.part[0].text);
	(*out)->table[0].database = wr_arena_strdup(a->arena, full.part[1].text);
	return NULL;
}

static const char *alias_of(struct wr_analyzer *a, const struct wr_ast_table *ast)
{
	return ast->alias.text != NULL ? wr_arena_strdup(a->arena, ast->alias.text) : NULL;
}

/* The four window functions. */
static wr_status *from_function(struct wr_analyzer *a, const struct wr_ast_table *ast,
				struct wr_scope **out)
{
	static const char *const windows[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
	const char *name = wr_call_name(ast->function.call);
	struct wr_node *node;

	if (wr_is_table_call(a, ast))
		return wr_plan_unnest(a, NULL, ast, false, NULL, out);
	if (wr_is_process_call(a, ast)) {
		WR_TRY(wr_plan_process_call(a, ast, &node));
		return wr_scope_new(a, node, alias_of(a, ast), false, &ast->columns, out);
	}

	for (uint32_t i = 0; i < WR_COUNT(windows); i++) {
		if (!wr_name_is(name, windows[i]))
			continue;
		WR_TRY(wr_plan_window_function(a, ast, &node));
		return wr_scope_new(a, node, alias_of(a, ast), false, &ast->columns, out);
	}
	return wr_hint_nearest(
	    wr_unsupported(ast->pos, "The table function '%s'", name != NULL ? name : "?"),
	    name != NULL ? name : "?", windows, WR_COUNT(windows));
}

wr_status *wr_plan_snapshot(struct wr_analyzer *a, const struct wr_ast_table *ast,
			    struct wr_scope **out)
{
	WR_ASSERT(ast->kind == WR_AST_TABLE_NAME);
	return from_name(a, ast, out);
}

wr_status *wr_plan_from(struct wr_analyzer *a, const struct wr_ast_table *ast,
			struct wr_scope **out)
{
	struct wr_node *node;

	switch (ast->kind) {
	case WR_AST_TABLE_NAME:
		if (ast->name.system_time != NULL)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, ast->name.system_time->pos,
					 "FOR SYSTEM_TIME AS OF stands on the right side of a "
					 "join only"),
			    "Join it: FROM l JOIN t FOR SYSTEM_TIME AS OF l.ts ON ...");
		return from_name(a, ast, out);
	case WR_AST_TABLE_QUERY:
		a->null_allowed = false;
		WR_TRY(wr_plan_query(a, ast->query, &node));
		return wr_scope_new(a, node, alias_of(a, ast), false, &ast->columns, out);
	case WR_AST_TABLE_FUNCTION: return from_function(a, ast, out);
	case WR_AST_TABLE_UNNEST: return wr_plan_unnest(a, NULL, ast, false, NULL, out);
	case WR_AST_TABLE_JOIN: return wr_plan_join(a, ast, out);
	case WR_AST_TABLE_MATCH:
		WR_TRY(wr_plan_match(a, ast, &node));
		return wr_scope_new(a, node, alias_of(a, ast), false, &ast->columns, out);
	}
	return wr_unsupported(ast->pos, "This table reference");
}
