/* SPDX-License-Identifier: Apache-2.0
 *
 * walk - over the parts of AST expressions, and over the columns of typed ones.
 *
 * Subqueries are places of their own: a walk shows the node that holds one and does not enter it.
 */
#include "analyze/analyzer.h"

static void walk_list(const struct wr_ast_exprs *list, wr_ast_visitor visit, void *user)
{
	for (uint32_t i = 0; i < list->count; i++)
		wr_ast_walk(list->items[i], visit, user);
}

static void walk_order(const struct wr_ast_order *order, wr_ast_visitor visit, void *user)
{
	for (uint32_t i = 0; i < order->count; i++)
		wr_ast_walk(order->items[i].expr, visit, user);
}

/* Arguments, FILTER, ORDER BY and OVER of a call. */
static void walk_call(const struct wr_ast_call *call, wr_ast_visitor visit, void *user)
{
	walk_list(&call->args, visit, user);
	walk_order(&call->within_group, visit, user);
	wr_ast_walk(call->filter, visit, user);
	if (call->json != NULL) {
		wr_ast_walk(call->json->default_on_empty, visit, user);
		wr_ast_walk(call->json->default_on_error, visit, user);
	}
	if (call->over != NULL) {
		walk_list(&call->over->partition, visit, user);
		walk_order(&call->over->order, visit, user);
	}
}

static void walk_case(const struct wr_ast_expr *ast, wr_ast_visitor visit, void *user)
{
	wr_ast_walk(ast->case_.operand, visit, user);
	for (uint32_t i = 0; i < ast->case_.when_count; i++) {
		wr_ast_walk(ast->case_.whens[i].when, visit, user);
		wr_ast_walk(ast->case_.whens[i].then, visit, user);
	}
	wr_ast_walk(ast->case_.otherwise, visit, user);
}

/* Depth is bounded by the parser (A1). */
void wr_ast_walk(const struct wr_ast_expr *ast, wr_ast_visitor visit, void *user)
{
	if (ast == NULL || !visit(user, ast))
		return;
	switch (ast->kind) {
	case WR_AST_INTERVAL: wr_ast_walk(ast->interval.amount, visit, user); break;
	case WR_AST_FIELD: wr_ast_walk(ast->field.operand, visit, user); break;
	case WR_AST_SUBSCRIPT:
		wr_ast_walk(ast->subscript.operand, visit, user);
		wr_ast_walk(ast->subscript.index, visit, user);
		break;
	case WR_AST_UNARY: wr_ast_walk(ast->unary.operand, visit, user); break;
	case WR_AST_BINARY:
		wr_ast_walk(ast->binary.left, visit, user);
		wr_ast_walk(ast->binary.right, visit, user);
		break;
	case WR_AST_IS: wr_ast_walk(ast->is.operand, visit, user); break;
	case WR_AST_BETWEEN:
		wr_ast_walk(ast->between.operand, visit, user);
		wr_ast_walk(ast->between.low, visit, user);
		wr_ast_walk(ast->between.high, visit, user);
		break;
	case WR_AST_IN:
		wr_ast_walk(ast->in.operand, visit, user);
		walk_list(&ast->in.list, visit, user);
		break;
	case WR_AST_QUANTIFIED:
		wr_ast_walk(ast->quantified.operand, visit, user);
		walk_list(&ast->quantified.list, visit, user);
		break;
	case WR_AST_LIKE:
		wr_ast_walk(ast->like.operand, visit, user);
		wr_ast_walk(ast->like.pattern, visit, user);
		wr_ast_walk(ast->like.escape, visit, user);
		break;
	case WR_AST_CASE: walk_case(ast, visit, user); break;
	case WR_AST_CAST: wr_ast_walk(ast->cast.operand, visit, user); break;
	case WR_AST_CALL: walk_call(&ast->call, visit, user); break;
	case WR_AST_ROW:
	case WR_AST_ARRAY:
	case WR_AST_MAP: walk_list(&ast->list, visit, user); break;
	case WR_AST_NAMED_ARG: wr_ast_walk(ast->named_arg.value, visit, user); break;
	default: break;
	}
}

bool wr_reads_from(const struct wr_expr *expr, uint32_t mark, uint32_t end)
{
	if ((expr->traits & WR_EX_COLUMNS) == 0)
		return false;
	if (expr->kind == WR_E_COLUMN)
		return expr->column >= mark && expr->column < end;
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		if (wr_reads_from(expr->arg[i], mark, end))
			return true;
	}
	return false;
}

struct wr_expr *wr_shift_columns(struct wr_analyzer *a, struct wr_expr *expr, uint32_t from,
				 uint32_t to, int64_t delta)
{
	struct wr_expr *copy;
	struct wr_expr **arg;

	if (!wr_reads_from(expr, from, to))
		return expr;
	if (expr->kind == WR_E_COLUMN) {
		copy = wr_expr_column(a->pool, (uint32_t)(expr->column + delta), expr->type);
		copy->pos = expr->pos;
		return copy;
	}
	arg = WR_NEW_ARRAY(a->arena, struct wr_expr *, expr->arg_count + 1);
	for (uint32_t i = 0; i < expr->arg_count; i++)
		arg[i] = wr_shift_columns(a, expr->arg[i], from, to, delta);
	return wr_expr_with_args(a->pool, expr, arg);
}
