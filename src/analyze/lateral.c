/* SPDX-License-Identifier: Apache-2.0
 *
 * lateral - LATERAL (SELECT ...): a subquery in FROM that may refer to the tables on its left.
 *
 * It is a join whose condition is what the subquery's WHERE says about them, so its select list and
 * the rest of its WHERE must be about its own tables. A select list of aggregates without GROUP BY
 * gives one row for every row on the left: those are joined like correlated scalar subqueries
 * (subvalue.c). As in Flink such a row is not there when it would aggregate nothing: LEFT JOIN
 * keeps the row on the left, with NULLs (counts too), and the other joins do not.
 */
#include "analyze/analyzer.h"
#include "base/limits.h"

/* Whether its rows are those of its FROM and WHERE. */
static bool is_plain(const struct wr_ast_query *query)
{
	const struct wr_ast_select *select;

	if (query->kind != WR_AST_QUERY_SELECT || query->cte_count > 0 || query->limit != NULL ||
	    query->offset != NULL || query->order.count > 0)
		return false;
	select = query->select;
	return select->from != NULL && !select->has_group_by && select->having == NULL &&
	       select->qualify == NULL && !select->distinct;
}

/* The name of an item: alias, last part of a path, or EXPR$n. */
static const char *item_name(struct wr_analyzer *a, const struct wr_ast_select_item *item,
			     uint32_t index)
{
	const struct wr_ast_expr *expr = item->expr;

	if (item->alias.text != NULL)
		return wr_arena_strdup(a->arena, item->alias.text);
	if (expr->kind == WR_AST_COLUMN)
		return wr_arena_strdup(a->arena, expr->column.parts[expr->column.count - 1].text);
	return wr_arena_printf(a->arena, "EXPR$%u", index);
}

/* The names of the left side, and one table more of given values over `node`. */
static wr_status *add_table(struct wr_analyzer *a, const struct wr_scope *left, const char *name,
			    const struct wr_ast_table *ast, struct wr_node *node,
			    struct wr_expr **value, uint32_t count, struct wr_scope **out)
{
	const struct wr_ast_select *select = ast->query->select;
	struct wr_scope *scope = WR_NEW(a->arena, struct wr_scope);
	struct wr_scope_table *table;

	if (ast->columns.count > 0 && ast->columns.count != count)
		return wr_status_at(
		    WR_USER_ERROR, ast->columns.items[0].pos,
		    "List of column aliases must have the same degree as the table: "
		    "it gives %u columns, the list %u",
		    count, ast->columns.count);
	*scope = *left;
	scope->node = node;
	scope->table = WR_NEW_ARRAY(a->arena, struct wr_scope_table, left->table_count + 1);
	scope->star = WR_NEW_ARRAY(a->arena, struct wr_scope_column, left->star_count + count);
	memcpy(scope->table, left->table, left->table_count * sizeof *scope->table);
	memcpy(scope->star, left->star, left->star_count * sizeof *scope->star);
	table = &scope->table[scope->table_count++];
	*table = (struct wr_scope_table){
	    .name = name, .count = count, .column = scope->star + left->star_count};
	scope->star_count += count;
	for (uint32_t i = 0; i < count; i++) {
		table->column[i].expr = value[i];
		table->column[i].name = ast->columns.count > 0
					    ? wr_arena_strdup(a->arena, ast->columns.items[i].text)
					    : item_name(a, &select->items[i], i);
	}
	*out = scope;
	return NULL;
}

/* One row of aggregates per row on the left. */
static wr_status *lateral_aggregates(struct wr_analyzer *a, enum wr_join_kind join,
				     struct wr_scope **left, const struct wr_ast_table *ast,
				     const char *name)
{
	struct wr_conv conv = {.a = a, .scope = *left, .clause = "LATERAL"};
	uint32_t count = ast->query->select->item_count;
	struct wr_expr **value = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);
	struct wr_node *node = (*left)->node;

	WR_TRY(wr_join_aggregates(&conv, join, ast->query, ast->pos, &node, value));
	return add_table(a, *left, name, ast, node, value, count, left);
}

/* The select list as the first columns of a projection, the inner columns behind them. */
static wr_status *project_items(struct wr_analyzer *a, struct wr_scope *inner,
				const struct wr_ast_table *ast, const char *name,
				struct wr_scope **right, uint32_t *count)
{
	const struct wr_ast_select *select = ast->query->select;
	struct wr_conv conv = {.a = a, .scope = inner, .clause = "SELECT"};
	bool star = select->item_count == 1 && select->items[0].expr->kind == WR_AST_STAR;
	uint32_t width = inner->node->schema.count;
	struct wr_expr **expr;
	const char **names;
	struct wr_node *node;

	*count = star ? inner->star_count : select->item_count;
	expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, *count + width + 1);
	names = WR_NEW_ARRAY(a->arena, const char *, *count + width + 1);
	for (uint32_t i = 0; i < *count; i++) {
		if (star) {
			expr[i] = inner->star[i].expr;
			names[i] = inner->star[i].name;
			continue;
		}
		WR_TRY(wr_convert(&conv, select->items[i].expr, &expr[i]));
		names[i] = item_name(a, &select->items[i], i);
		if (wr_reads_from(expr[i], WR_MARK_OUTER, UINT32_MAX))
			return wr_status_hint(
			    wr_unsupported(
				select->items[i].pos,
				"A value of the left side in the select list of LATERAL"),
			    "Compute it in the query around");
	}
	WR_TRY(wr_make_project(a, inner->node, expr, names, *count, ast->pos, &node));
	WR_TRY(wr_scope_new(a, node, name, false, &ast->columns, right));
	for (uint32_t i = 0; i < width; i++) {
		expr[*count + i] = wr_column_of(a, inner->node, i);
		names[*count + i] = wr_arena_printf(a->arena, "$l%u", i);
	}
	WR_TRY(wr_make_project(a, inner->node, expr, names, *count + width, ast->pos, &node));
	wr_scope_rebase(*right, node);
	return NULL;
}

/* What ties it to the left comes out of its WHERE. */
wr_status *wr_plan_lateral(struct wr_analyzer *a, enum wr_join_kind join, struct wr_scope **left,
			   const struct wr_ast_table *ast, struct wr_scope **right,
			   struct wr_expr **condition)
{
	const char *name =
	    ast->alias.text != NULL ? wr_arena_strdup(a->arena, ast->alias.text) : NULL;
	struct wr_scope *inner;
	struct wr_node *node;
	uint32_t count;

	*right = NULL;
	*condition = NULL;
	a->null_allowed = false;
	if (wr_is_aggregate_query(a, ast->query))
		return lateral_aggregates(a, join, left, ast, name);
	if (!is_plain(ast->query)) {
		WR_TRY(wr_plan_query(a, ast->query, &node));
		return wr_scope_new(a, node, name, false, &ast->columns, right);
	}
	WR_TRY(wr_plan_from(a, ast->query->select->from, &inner));
	inner->outer = *left;
	if (ast->query->select->where != NULL)
		WR_TRY(wr_plan_where(a, inner, ast->query->select->where, condition));
	WR_TRY(project_items(a, inner, ast, name, right, &count));
	if (*condition != NULL)
		*condition = wr_shift_columns(a, *condition, 0, WR_COLUMNS_MAX + 1, count);
	return NULL;
}
