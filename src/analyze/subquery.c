/* SPDX-License-Identifier: Apache-2.0
 *
 * subquery - WHERE with IN and EXISTS as semi and anti joins; scalar subqueries that refer to
 * nothing around as joins with one row. In other places: subvalue.c.
 *
 * A condition of WHERE is cut at its ANDs. A part that is [NOT] IN (query) or [NOT] EXISTS (query)
 * becomes a join on top of the filter made of the other parts. A subquery may refer to the query
 * around in its own WHERE: such parts become part of the join's condition.
 *
 * x NOT IN (...) is NULL, and so not true, when no row equals x but a comparison is NULL: its anti
 * join also matches where the comparison is NULL.
 */
#include "analyze/analyzer.h"
#include "base/limits.h"

/* A subquery planned for a join: its node and what has to hold between its rows and those around,
 * in columns of the node and WR_MARK_OUTER ones. */
struct sub {
	struct wr_node *node;
	struct wr_scope *scope;     /* names inside; NULL: `node` is the finished query */
	struct wr_expr *correlated; /* NULL: none */
};

/* Whether the rows of the query are those of its FROM and WHERE alone. */
static bool is_plain(const struct wr_analyzer *a, const struct wr_ast_query *query)
{
	const struct wr_ast_select *select;

	if (query->kind != WR_AST_QUERY_SELECT || query->cte_count > 0 || query->limit != NULL ||
	    query->offset != NULL)
		return false;
	select = query->select;
	if (select->from == NULL || select->has_group_by || select->having != NULL ||
	    select->qualify != NULL)
		return false;
	for (uint32_t i = 0; i < select->item_count; i++) {
		if (wr_has_aggregate(a, select->items[i].expr))
			return false;
	}
	return true;
}

/* A plain query is planned up to its WHERE, others as a whole. */
static wr_status *plan_sub(struct wr_analyzer *a, const struct wr_scope *outer,
			   const struct wr_ast_query *query, struct sub *sub)
{
	*sub = (struct sub){0};
	a->null_allowed = true; /* EXISTS (SELECT NULL ...) */
	if (!is_plain(a, query)) {
		a->null_allowed = false;
		return wr_plan_query(a, query, &sub->node);
	}
	a->null_allowed = false;
	WR_TRY(wr_plan_from(a, query->select->from, &sub->scope));
	sub->scope->outer = outer;
	if (query->select->where != NULL)
		WR_TRY(wr_plan_where(a, sub->scope, query->select->where, &sub->correlated));
	sub->node = sub->scope->node;
	return NULL;
}

/* Joins the subquery to the scope. `condition` counts like sub->correlated. */
static wr_status *join_sub(struct wr_analyzer *a, struct wr_scope *scope, struct sub *sub,
			   struct wr_expr *condition, bool anti, struct wr_pos pos)
{
	uint32_t left = scope->node->schema.count;
	struct wr_expr *both[2] = {condition, sub->correlated};
	struct wr_node *node;

	if (condition != NULL && sub->correlated != NULL)
		WR_TRY(wr_expr_logic(a->pool, WR_E_AND, both, 2, pos, &condition));
	else if (condition == NULL)
		condition = sub->correlated;
	if (condition != NULL) {
		condition = wr_shift_columns(a, condition, 0, WR_COLUMNS_MAX + 1, left);
		condition =
		    wr_shift_columns(a, condition, WR_MARK_OUTER,
				     WR_MARK_OUTER + WR_COLUMNS_MAX + 1, -(int64_t)WR_MARK_OUTER);
	}
	WR_TRY(wr_join_nodes(a, anti ? WR_J_ANTI : WR_J_SEMI, scope->node, sub->node, condition,
			     pos, &node));
	wr_scope_rebase(scope, node);
	return NULL;
}

static wr_status *plan_exists(struct wr_analyzer *a, struct wr_scope *scope,
			      const struct wr_ast_expr *ast, bool negated)
{
	struct sub sub;

	WR_TRY(plan_sub(a, scope, ast->query, &sub));
	return join_sub(a, scope, &sub, NULL, negated, ast->pos);
}

/* operand = value, for NOT IN also true where that is NULL. */
static wr_status *membership(struct wr_analyzer *a, struct wr_expr *operand, struct wr_expr *value,
			     bool negated, struct wr_pos pos, struct wr_expr **out)
{
	struct wr_expr *pair[2] = {operand, value}, *either[2];

	WR_TRY(wr_build_call(a, "=", pair, 2, pos, &either[0]));
	*out = either[0];
	if (!negated || !either[0]->type->nullable)
		return NULL;
	struct wr_expr *test[1] = {either[0]};
	WR_TRY(wr_build_call(a, "IS NULL", test, 1, pos, &either[1]));
	return wr_expr_logic(a->pool, WR_E_OR, either, 2, pos, out);
}

/* The value that column `index` of the subquery gives. */
static wr_status *sub_value(struct wr_analyzer *a, struct sub *sub,
			    const struct wr_ast_query *query, uint32_t index, struct wr_expr **out)
{
	struct wr_conv conv = {.a = a, .scope = sub->scope, .clause = "SELECT"};
	const struct wr_ast_select *select = query->select;

	if (sub->scope == NULL) {
		*out = wr_column_of(a, sub->node, index);
		return NULL;
	}
	if (select->item_count == 1 && select->items[0].expr->kind == WR_AST_STAR) {
		struct wr_expr *expr = sub->scope->star[index].expr;
		*out = expr;
		return NULL;
	}
	return wr_convert(&conv, select->items[index].expr, out);
}

static uint32_t sub_width(const struct sub *sub, const struct wr_ast_query *query)
{
	if (sub->scope == NULL)
		return sub->node->schema.count;
	if (query->select->item_count == 1 && query->select->items[0].expr->kind == WR_AST_STAR)
		return sub->scope->star_count;
	return query->select->item_count;
}

/* IN, also of rows: each compared value becomes part of the condition. */
static wr_status *plan_in(struct wr_analyzer *a, struct wr_scope *scope,
			  const struct wr_ast_expr *ast, bool negated)
{
	bool is_in = ast->kind == WR_AST_IN;
	const struct wr_ast_expr *operand = is_in ? ast->in.operand : ast->quantified.operand;
	const struct wr_ast_query *query = is_in ? ast->in.query : ast->quantified.query;
	bool is_row = operand->kind == WR_AST_ROW;
	uint32_t count = is_row ? operand->list.count : 1;
	struct wr_expr **test = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);
	struct wr_expr **value = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);
	struct wr_conv conv = {.a = a, .scope = scope, .clause = "WHERE"};
	uint32_t column;
	struct wr_expr *condition;
	struct sub sub;

	WR_TRY(plan_sub(a, scope, query, &sub));
	if (sub_width(&sub, query) != count)
		return wr_status_at(WR_USER_ERROR, query->pos,
				    "The subquery of IN gives %u columns, but %u are compared",
				    sub_width(&sub, query), count);
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(sub_value(a, &sub, query, i, &value[i]));
	for (uint32_t i = 0; i < count; i++) {
		struct wr_expr *left;
		/* A value of the query around stays as it is; others become columns to be keys. */
		if (!wr_reads_from(value[i], WR_MARK_OUTER, UINT32_MAX)) {
			WR_TRY(wr_make_columns(a, sub.node, &value[i], 1, ast->pos, &column,
					       &sub.node));
			value[i] = wr_column_of(a, sub.node, column);
		}
		WR_TRY(wr_convert(&conv, is_row ? operand->list.items[i] : operand, &left));
		left = wr_shift_columns(a, left, 0, WR_COLUMNS_MAX + 1, WR_MARK_OUTER);
		WR_TRY(membership(a, left, value[i], negated, ast->pos, &test[i]));
	}
	WR_TRY(wr_expr_logic(a->pool, WR_E_AND, test, count, ast->pos, &condition));
	return join_sub(a, scope, &sub, condition, negated, ast->pos);
}

/* --- WHERE
 * --------------------------------------------------------------------------------------------- */

struct parts {
	uint32_t count;    /* conditions joined by AND */
	uint32_t capacity; /* slots */
	const struct wr_ast_expr **item;
};

/* Cuts a condition at its ANDs. */
static void part_add(struct wr_analyzer *a, struct parts *parts, const struct wr_ast_expr *ast)
{
	if (ast->kind == WR_AST_BINARY && ast->binary.op == WR_AST_OP_AND) {
		part_add(a, parts, ast->binary.left);
		part_add(a, parts, ast->binary.right);
		return;
	}
	if (parts->count == parts->capacity) {
		uint32_t capacity = WR_MAX(8u, parts->capacity * 2);
		const struct wr_ast_expr **grown =
		    WR_NEW_ARRAY(a->arena, const struct wr_ast_expr *, capacity);
		for (uint32_t i = 0; i < parts->count; i++)
			grown[i] = parts->item[i];
		parts->item = grown;
		parts->capacity = capacity;
	}
	parts->item[parts->count++] = ast;
}

/* The IN (= ANY, <> ALL) or EXISTS that a part is, below any NOTs; NULL: it is something else, or
 * about a single row: subvalue.c. */
static const struct wr_ast_expr *as_subquery(const struct wr_analyzer *a,
					     const struct wr_ast_expr *ast, bool *negated)
{
	*negated = false;
	while (ast->kind == WR_AST_UNARY && ast->unary.op == WR_AST_OP_NOT) {
		*negated = !*negated;
		ast = ast->unary.operand;
	}
	if (ast->kind == WR_AST_EXISTS)
		return wr_is_aggregate_query(a, ast->query) ? NULL : ast;
	if (ast->kind == WR_AST_QUANTIFIED && ast->quantified.query != NULL) {
		bool any =
		    ast->quantified.op == WR_AST_OP_EQ && ast->quantified.quantifier == WR_AST_ANY;
		bool all =
		    ast->quantified.op == WR_AST_OP_NE && ast->quantified.quantifier == WR_AST_ALL;
		*negated ^= all;
		return (any || all) && !wr_is_aggregate_query(a, ast->quantified.query) ? ast
											: NULL;
	}
	if (ast->kind != WR_AST_IN || ast->in.query == NULL ||
	    (wr_is_aggregate_query(a, ast->in.query) && ast->in.operand->kind != WR_AST_ROW))
		return NULL;
	*negated ^= ast->in.negated;
	return ast;
}

/* The parts that are no subqueries: a filter, and what refers to the query around. */
static wr_status *plan_filter(struct wr_analyzer *a, struct wr_scope *scope,
			      const struct parts *parts, struct wr_settled *settled,
			      struct wr_expr **correlated)
{
	struct wr_conv conv = {.a = a, .scope = scope, .clause = "WHERE", .settled = settled};
	struct wr_expr **here = WR_NEW_ARRAY(a->arena, struct wr_expr *, parts->count + 1);
	struct wr_expr **outer = WR_NEW_ARRAY(a->arena, struct wr_expr *, parts->count + 1);
	uint32_t here_count = 0, outer_count = 0;
	struct wr_expr *condition, *all;
	struct wr_node *node;
	bool negated;

	for (uint32_t i = 0; i < parts->count; i++) {
		if (as_subquery(a, parts->item[i], &negated) != NULL)
			continue;
		WR_TRY(wr_convert_condition(&conv, parts->item[i], &condition));
		if (wr_reads_from(condition, WR_MARK_OUTER, UINT32_MAX))
			outer[outer_count++] = condition;
		else
			here[here_count++] = condition;
	}
	if (outer_count > 0 && correlated == NULL)
		return wr_unsupported(outer[0]->pos, "A correlated subquery in this place");
	if (outer_count > 0)
		WR_TRY(wr_expr_logic(a->pool, WR_E_AND, outer, outer_count, parts->item[0]->pos,
				     correlated));
	WR_TRY(wr_join_push(a, scope, here, &here_count));
	if (here_count == 0)
		return NULL;
	WR_TRY(wr_expr_logic(a->pool, WR_E_AND, here, here_count, parts->item[0]->pos, &all));
	WR_TRY(wr_make_filter(a, scope->node, all, parts->item[0]->pos, &node));
	wr_scope_rebase(scope, node);
	return NULL;
}

/* Filters below the joins. */
wr_status *wr_plan_where(struct wr_analyzer *a, struct wr_scope *scope,
			 const struct wr_ast_expr *where, struct wr_expr **correlated)
{
	struct wr_settled settled = {0};
	struct parts parts = {0};
	struct wr_conv conv = {.a = a, .scope = scope, .clause = "WHERE", .settled = &settled};
	bool negated;

	if (wr_has_aggregate(a, where))
		return wr_status_hint(wr_status_at(WR_USER_ERROR, wr_first_aggregate(a, where)->pos,
						   "Aggregate expression is illegal in WHERE "
						   "clause"),
				      "Use HAVING for conditions over aggregates");
	part_add(a, &parts, where);
	for (uint32_t i = 0; i < parts.count; i++) {
		if (as_subquery(a, parts.item[i], &negated) != NULL)
			continue;
		struct wr_node *node = scope->node;
		WR_TRY(wr_plan_subqueries(&conv, NULL, parts.item[i], 0, &node));
		wr_scope_rebase(scope, node);
	}
	WR_TRY(plan_filter(a, scope, &parts, &settled, correlated));
	for (uint32_t i = 0; i < parts.count; i++) {
		const struct wr_ast_expr *ast = as_subquery(a, parts.item[i], &negated);
		if (ast == NULL)
			continue;
		if (ast->kind == WR_AST_EXISTS)
			WR_TRY(plan_exists(a, scope, ast, negated));
		else
			WR_TRY(plan_in(a, scope, ast, negated));
	}
	return NULL;
}

/* --- scalar subqueries
 * ------------------------------------------------------------------------------------- */

/* Whether the query gives exactly one row whatever its input is: an aggregate without GROUP BY, or
 * no FROM. */
static bool gives_one_row(const struct wr_analyzer *a, const struct wr_ast_query *query)
{
	const struct wr_ast_select *select;

	if (query->offset != NULL || query->limit != NULL)
		return false;
	if (query->kind == WR_AST_QUERY_VALUES)
		return query->values.count == 1;
	if (query->kind != WR_AST_QUERY_SELECT)
		return false;
	select = query->select;
	if (select->has_group_by || select->having != NULL)
		return false;
	return (select->from == NULL && select->where == NULL) ||
	       wr_has_aggregate(a, select->items[0].expr);
}

/* The one row of a query that may give more or none: SINGLE_VALUE fails on more, is NULL for none.
 */
static wr_status *single_value(struct wr_analyzer *a, struct wr_pos pos, struct wr_node **node)
{
	struct wr_agg_item *item = WR_NEW(a->arena, struct wr_agg_item);
	struct wr_group group = {.item_count = 1, .item = item};

	item->function = wr_agg_find("SINGLE_VALUE", 12);
	if (item->function == NULL)
		return wr_status_hint(
		    wr_unsupported(pos, "A scalar subquery that is not a single aggregate"),
		    "Aggregate it, for example with MAX(...), or write a join");
	item->arg = WR_NEW_ARRAY(a->arena, struct wr_expr *, 1);
	item->arg[0] = wr_column_of(a, *node, 0);
	item->arg_count = 1;
	item->name = "SINGLE_VALUE";
	item->pos = pos;
	WR_TRY(wr_status_place(wr_agg_call_new(a->pool, item->function, item->arg, 1, false, false,
					       false, pos, &item->call),
			       pos));
	WR_TRY(wr_group_node(a, &group, *node, pos));
	*node = group.node;
	return NULL;
}

/* Joins the one row that the subquery gives to every row. */
wr_status *wr_join_scalar(struct wr_analyzer *a, struct wr_node **node,
			  const struct wr_ast_query *query, struct wr_pos pos, struct wr_expr **out)
{
	struct wr_node *sub, *left = *node;

	WR_TRY(wr_plan_query(a, query, &sub));
	if (sub->schema.count != 1)
		return wr_status_at(WR_USER_ERROR, pos,
				    "A scalar subquery gives one column, this one %u",
				    sub->schema.count);
	if (!gives_one_row(a, query))
		WR_TRY(single_value(a, pos, &sub));
	WR_TRY(wr_join_nodes(a, WR_J_LEFT, left, sub, NULL, pos, node));
	/* Rows keep their time here: the subquery only adds a value to them. */
	for (uint32_t i = 0; i < left->schema.count; i++)
		(*node)->schema.field[i] = left->schema.field[i];
	(*node)->traits = left->traits;
	*out = wr_column_of(a, *node, left->schema.count);
	return NULL;
}
