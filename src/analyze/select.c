/* SPDX-License-Identifier: Apache-2.0
 *
 * select - one SELECT: FROM, WHERE, GROUP BY, HAVING, OVER, QUALIFY, the select list, DISTINCT and
 * ORDER BY, in this order of nodes.
 *
 * All expressions above the grouping are converted in one way: over the names of FROM, then lifted
 * to the aggregate (group.c). OVER calls and scalar subqueries append columns to the node below the
 * projection, so that expressions made before stay right.
 */
#include <ctype.h>
#include <string.h>

#include "analyze/analyzer.h"
#include "base/limits.h"
#include "expr/function.h"

/* A SELECT while it is planned. */
struct plan {
	struct wr_analyzer *a;
	const struct wr_ast_query *query;   /* ORDER BY and LIMIT */
	const struct wr_ast_select *select; /* the rest */
	struct wr_scope *scope;             /* names of FROM */
	struct wr_node *node;               /* planned so far */
	struct wr_settled settled;          /* aggregate and OVER calls, scalar subqueries */
	struct wr_legacy_window legacy;     /* GROUP BY TUMBLE(...) */
	struct wr_group group;              /* aggregation */
	bool aggregated;                    /* `group` is in use */
	bool null_allowed;                  /* bare NULLs may be selected */
	struct wr_conv conv;                /* over FROM; marks for the rest */
	uint32_t count;                     /* output columns, hidden sort columns behind them */
	uint32_t capacity;                  /* slots at expr and name */
	struct wr_expr **expr;              /* over `node` */
	const char **name;
};

/* Calls `visit` for every expression above the grouping: select list, HAVING, QUALIFY, ORDER BY. */
static wr_status *each_upper(struct plan *plan,
			     wr_status *(*visit)(struct plan *plan, const struct wr_ast_expr *ast))
{
	for (uint32_t i = 0; i < plan->select->item_count; i++)
		WR_TRY(visit(plan, plan->select->items[i].expr));
	if (plan->select->having != NULL)
		WR_TRY(visit(plan, plan->select->having));
	if (plan->select->qualify != NULL)
		WR_TRY(visit(plan, plan->select->qualify));
	for (uint32_t i = 0; i < plan->query->order.count; i++)
		WR_TRY(visit(plan, plan->query->order.items[i].expr));
	return NULL;
}

static wr_status *find_aggregate(struct plan *plan, const struct wr_ast_expr *ast)
{
	plan->aggregated |= wr_has_aggregate(plan->a, ast);
	return NULL;
}

static wr_status *collect_aggregates(struct plan *plan, const struct wr_ast_expr *ast)
{
	return wr_group_collect(&plan->conv, &plan->group, ast);
}

static wr_status *plan_subqueries(struct plan *plan, const struct wr_ast_expr *ast)
{
	return wr_plan_subqueries(&plan->conv, plan->aggregated ? &plan->group : NULL, ast,
				  plan->aggregated ? WR_MARK_SUBQUERY : 0, &plan->node);
}

static wr_status *plan_over(struct plan *plan, const struct wr_ast_expr *ast)
{
	return wr_plan_over(&plan->conv, plan->select, plan->aggregated ? &plan->group : NULL, ast,
			    &plan->node);
}

/* An expression above the grouping, over `node`. */
static wr_status *convert_upper(struct plan *plan, const struct wr_ast_expr *ast,
				struct wr_expr **out)
{
	WR_TRY(wr_convert(&plan->conv, ast, out));
	if ((*out)->type == NULL)
		return wr_status_at(WR_USER_ERROR, ast->pos, "A time unit is not a value");
	return wr_status_place(wr_lift(plan->a, plan->aggregated ? &plan->group : NULL, *out, out),
			       ast->pos);
}

/* HAVING or QUALIFY over the node so far. */
static wr_status *upper_filter(struct plan *plan, const struct wr_ast_expr *ast, const char *clause)
{
	struct wr_expr *condition;

	if (ast == NULL)
		return NULL;
	plan->conv.clause = clause;
	WR_TRY(wr_convert_condition(&plan->conv, ast, &condition));
	WR_TRY(wr_status_place(
	    wr_lift(plan->a, plan->aggregated ? &plan->group : NULL, condition, &condition),
	    ast->pos));
	WR_TRY(wr_make_filter(plan->a, plan->node, condition, ast->pos, &plan->node));
	plan->conv.clause = "SELECT";
	return NULL;
}

/* GROUP BY and the aggregate calls: the AGGREGATE node. */
static wr_status *plan_group(struct plan *plan)
{
	const struct wr_ast_select *select = plan->select;
	struct wr_conv conv = plan->conv;

	plan->aggregated = select->has_group_by || select->having != NULL;
	WR_TRY(each_upper(plan, find_aggregate));
	if (!plan->aggregated)
		return NULL;
	conv.settled = NULL;
	conv.clause = "GROUP BY";
	WR_TRY(wr_group_keys(&conv, select, &plan->group));
	plan->group.input = plan->node;
	plan->conv.group = &plan->group;
	WR_TRY(each_upper(plan, collect_aggregates));
	if (plan->group.nullable != NULL)
		plan->conv.scope = plan->group.nullable;
	return wr_group_node(plan->a, &plan->group, plan->node, select->group_pos);
}

/* --- the select list
 * ---------------------------------------------------------------------------------- */

/* Appends an output column. */
static wr_status *push(struct plan *plan, struct wr_expr *expr, const char *name, struct wr_pos pos)
{
	if (plan->count == plan->capacity) {
		uint32_t capacity = WR_MAX(16u, plan->capacity * 2);
		struct wr_expr **exprs = WR_NEW_ARRAY(plan->a->arena, struct wr_expr *, capacity);
		const char **names = WR_NEW_ARRAY(plan->a->arena, const char *, capacity);
		if (plan->count > 0) {
			memcpy(exprs, plan->expr, plan->count * sizeof(struct wr_expr *));
			memcpy(names, plan->name, plan->count * sizeof(const char *));
		}
		plan->expr = exprs;
		plan->name = names;
		plan->capacity = capacity;
	}
	plan->expr[plan->count] = expr;
	plan->name[plan->count] = name;
	plan->count++;
	return wr_check_width(plan->count, pos);
}

/* * and t.*: names already taken get a number behind at once, as in Flink. */
static wr_status *expand_star(struct plan *plan, const struct wr_ast_expr *star)
{
	const struct wr_scope *scope = plan->conv.scope;
	const struct wr_scope_column *column = scope->star;
	const struct wr_scope_table *table;
	uint32_t count = scope->star_count;

	if (plan->select->from == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, star->pos, "SELECT * requires a FROM clause"),
		    "Name the columns, or add FROM");
	if (star->column.count > 0) {
		WR_TRY(wr_scope_table_find(plan->a, scope, &star->column, &table));
		column = table->column;
		count = table->count;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct wr_expr *expr = WR_NEW(plan->a->arena, struct wr_expr);
		*expr = *column[i].expr;
		expr->pos = star->pos;
		WR_TRY(wr_status_place(
		    wr_lift(plan->a, plan->aggregated ? &plan->group : NULL, expr, &expr),
		    star->pos));
		const char *name =
		    wr_uniquify_one(plan->a->arena, plan->name, plan->count, column[i].name);
		WR_TRY(push(plan, expr, name, star->pos));
	}
	return NULL;
}

/* The name of an item without alias: the last part of a path, a function written without
 * parentheses, else EXPR$n. */
static const char *derive_name(struct plan *plan, const struct wr_ast_expr *ast)
{
	struct wr_arena *arena = plan->a->arena;
	char *name;

	if (ast->kind == WR_AST_COLUMN)
		return wr_arena_strdup(arena, ast->column.parts[ast->column.count - 1].text);
	if (ast->kind == WR_AST_CALL && ast->call.no_parens) {
		name = wr_arena_strdup(arena, wr_call_name(ast));
		if (wr_function_find(name, (uint32_t)strlen(name)) == NULL)
			return name;
		for (char *c = name; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
		return name;
	}
	return wr_arena_printf(arena, "EXPR$%u", plan->count);
}

/* The select list as output columns. */
static wr_status *plan_items(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->select->item_count; i++) {
		const struct wr_ast_select_item *item = &plan->select->items[i];
		struct wr_expr *expr;
		if (item->expr->kind == WR_AST_STAR) {
			WR_TRY(expand_star(plan, item->expr));
			continue;
		}
		WR_TRY(convert_upper(plan, item->expr, &expr));
		if (expr->type->kind == WR_NULL && !plan->null_allowed)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, item->pos, "Illegal use of 'NULL'"),
			    "Give it a type: CAST(NULL AS INT)");
		const char *name = item->alias.text != NULL
				       ? wr_arena_strdup(plan->a->arena, item->alias.text)
				       : derive_name(plan, item->expr);
		WR_TRY(push(plan, expr, name, item->pos));
	}
	return NULL;
}

/* --- ORDER BY
 * ----------------------------------------------------------------------------------------- */

/* The select item that an ORDER BY item names by position or name; count: none. */
static wr_status *order_item(struct plan *plan, const struct wr_ast_expr *ast, uint32_t count,
			     uint32_t *index)
{
	*index = count;
	if (ast->kind == WR_AST_NUMBER && ast->number.kind == WR_AST_NUMBER_INTEGER) {
		uint32_t position = 0;
		for (const char *c = ast->number.text; *c != '\0' && position <= count; c++)
			position = position * 10 + (uint32_t)(*c - '0');
		if (position < 1 || position > count)
			return wr_status_at(WR_USER_ERROR, ast->pos,
					    "Ordinal out of range: there are %u columns", count);
		*index = position - 1;
	} else if (ast->kind == WR_AST_COLUMN && ast->column.count == 1) {
		for (uint32_t i = 0; i < count && *index == count; i++) {
			if (strcmp(plan->name[i], ast->column.parts[0].text) == 0)
				*index = i;
		}
	}
	return NULL;
}

/* The sort keys, as columns of the projection (hidden ones are added behind the select list). */
static wr_status *plan_order(struct plan *plan, uint32_t visible, struct wr_sort_key *key)
{
	plan->conv.clause = "ORDER BY";
	for (uint32_t i = 0; i < plan->query->order.count; i++) {
		const struct wr_ast_order_item *item = &plan->query->order.items[i];
		struct wr_expr *expr;
		uint32_t index;
		WR_TRY(order_item(plan, item->expr, visible, &index));
		if (index == visible) {
			WR_TRY(convert_upper(plan, item->expr, &expr));
			index = 0;
			while (index < plan->count && !wr_expr_equal(plan->expr[index], expr))
				index++;
			if (index == plan->count && plan->select->distinct)
				return wr_status_at(
				    WR_USER_ERROR, item->expr->pos,
				    "With SELECT DISTINCT, ORDER BY can only use what is in "
				    "the select clause");
			if (index == plan->count)
				WR_TRY(push(plan, expr,
					    wr_arena_printf(plan->a->arena, "$sort%u", i),
					    item->expr->pos));
		}
		wr_sort_key_set(&key[i], item, index);
	}
	return NULL;
}

/* SELECT DISTINCT: grouping by all columns. */
static wr_status *plan_distinct(struct plan *plan, struct wr_node **node)
{
	struct wr_group group = {.key_count = (*node)->schema.count};

	group.key = WR_NEW_ARRAY(plan->a->arena, struct wr_expr *, group.key_count + 1);
	for (uint32_t i = 0; i < group.key_count; i++)
		group.key[i] = wr_column_of(plan->a, *node, i);
	WR_TRY(wr_group_node(plan->a, &group, *node, plan->query->pos));
	*node = group.node;
	return NULL;
}

/* Projection, DISTINCT, ORDER BY and the removal of hidden columns. */
static wr_status *plan_output(struct plan *plan, struct wr_node **out)
{
	uint32_t keys = plan->query->order.count;
	struct wr_sort_key *key = WR_NEW_ARRAY(plan->a->arena, struct wr_sort_key, keys + 1);
	struct wr_node *node;

	WR_TRY(plan_items(plan));
	uint32_t visible = plan->count;
	WR_TRY(plan_order(plan, visible, key));
	WR_TRY(wr_make_project(plan->a, plan->node, plan->expr, plan->name, plan->count,
			       plan->query->pos, &node));
	if (plan->select->distinct)
		WR_TRY(plan_distinct(plan, &node));
	if (wr_query_has_sort(plan->query))
		WR_TRY(wr_plan_sort(plan->a, plan->query, node, key, keys, &node));
	if (visible < plan->count) {
		struct wr_expr **expr = WR_NEW_ARRAY(plan->a->arena, struct wr_expr *, visible);
		const char **name = WR_NEW_ARRAY(plan->a->arena, const char *, visible);
		for (uint32_t i = 0; i < visible; i++) {
			expr[i] = wr_column_of(plan->a, node, i);
			name[i] = node->schema.field[i].name;
		}
		WR_TRY(
		    wr_make_project(plan->a, node, expr, name, visible, plan->query->pos, &node));
	}
	*out = node;
	return NULL;
}

/* FROM and WHERE, and the older window of GROUP BY on top. */
static wr_status *plan_source(struct plan *plan)
{
	const struct wr_ast_select *select = plan->select;

	if (select->from == NULL) {
		WR_TRY(wr_make_one_row(plan->a, plan->query->pos, &plan->node));
		plan->scope = WR_NEW(plan->a->arena, struct wr_scope);
		plan->scope->node = plan->node;
	} else {
		WR_TRY(wr_plan_from(plan->a, select->from, &plan->scope));
	}
	if (select->where != NULL)
		WR_TRY(wr_plan_where(plan->a, plan->scope, select->where, NULL));
	plan->conv.scope = plan->scope;
	WR_TRY(wr_plan_legacy_window(plan->a, plan->scope, select, &plan->legacy));
	if (plan->legacy.call != NULL)
		plan->conv.legacy = &plan->legacy;
	plan->node = plan->scope->node;
	return NULL;
}

/* The clauses in the order in which their nodes stack up. */
wr_status *wr_plan_select(struct wr_analyzer *a, const struct wr_ast_query *query,
			  struct wr_node **out)
{
	struct plan plan = {.a = a,
			    .query = query,
			    .select = query->select,
			    .null_allowed = a->null_allowed,
			    .conv = {.a = a, .clause = "SELECT"}};
	const struct wr_ast_hints *hints = a->hints;

	a->null_allowed = false;
	a->hints = &plan.select->hints;
	plan.conv.settled = &plan.settled;
	wr_status *status = plan_source(&plan);
	if (status == NULL)
		status = plan_group(&plan);
	a->hints = hints;
	if (status != NULL)
		return status;
	if (plan.aggregated)
		plan.node = plan.group.node;
	WR_TRY(each_upper(&plan, plan_subqueries));
	WR_TRY(upper_filter(&plan, plan.select->having, "HAVING"));
	WR_TRY(each_upper(&plan, plan_over));
	WR_TRY(upper_filter(&plan, plan.select->qualify, "QUALIFY"));
	return plan_output(&plan, out);
}
