/* SPDX-License-Identifier: Apache-2.0
 *
 * fold - computes what does not depend on any row, before the first row comes.
 *
 * A sub-tree without columns and without dynamic functions is evaluated once, by the very kernels
 * that would run on it later, so that folding never changes a result. One that fails is left as it
 * is: it fails at run time, if a row ever needs it. On top of that: TRUE AND x, FALSE AND x and
 * their duals, CASE branches whose condition is constant, COALESCE arguments that are NULL.
 */
#include <string.h>

#include "base/macros.h"
#include "expr/expr.h"
#include "expr/program.h"

/* Whether the tree is worth evaluating now. */
static bool is_foldable(const struct wr_expr *expr)
{
	return (expr->traits & (WR_EX_COLUMNS | WR_EX_DYNAMIC)) == 0 && expr->kind != WR_E_CONST &&
	       expr->kind != WR_E_SYMBOL;
}

static struct wr_expr *fold_const(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	struct wr_column *value;
	wr_status *status = wr_expr_evaluate(expr, pool->zone_id, &value);
	struct wr_expr *folded;

	if (status != NULL) {
		wr_status_free(status);
		return NULL;
	}
	if (value->type != expr->type) {
		struct wr_column *retyped = wr_column_retype(value, expr->type);
		wr_column_unref(value);
		value = retyped;
	}
	folded = wr_expr_const(pool, value);
	folded->pos = expr->pos;
	return folded;
}

/* 1: constant TRUE, 0: constant FALSE, -1: constant NULL, 2: not constant. */
static int const_bool(const struct wr_expr *expr)
{
	if (expr->kind != WR_E_CONST)
		return 2;
	return !wr_column_is_valid(expr->value, 0) ? -1 : WR_DATA(expr->value, uint8_t)[0];
}

/* x AND TRUE is x; FALSE ends the list: what stands behind it is never evaluated. */
static struct wr_expr *fold_logic(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	int neutral = expr->kind == WR_E_AND ? 1 : 0;
	struct wr_expr **arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count);
	uint32_t n = 0;
	struct wr_expr *out;

	for (uint32_t i = 0; i < expr->arg_count; i++) {
		int value = const_bool(expr->arg[i]);
		if (value == neutral)
			continue;
		arg[n++] = expr->arg[i];
		if (value == !neutral)
			break;
	}
	if (n == expr->arg_count)
		return expr;
	if (n == 0)
		return wr_expr_bool(pool, neutral);
	if (const_bool(arg[0]) == !neutral)
		return arg[0];
	wr_status *status = wr_expr_logic(pool, expr->kind, arg, n, expr->pos, &out);
	WR_ASSERT(status == NULL);
	wr_status_free(status);
	return out;
}

/* Drops branches that cannot be taken, and ends at one that always is. */
static struct wr_expr *fold_case(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	struct wr_expr **arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count);
	struct wr_expr *otherwise = expr->arg[expr->arg_count - 1];
	uint32_t n = 0, seen = 0;
	struct wr_expr copy = *expr;

	for (; seen + 1 < expr->arg_count; seen += 2) {
		int value = const_bool(expr->arg[seen]);
		if (value == 1) {
			otherwise = expr->arg[seen + 1];
			break;
		}
		if (value != 2)
			continue;
		arg[n++] = expr->arg[seen];
		arg[n++] = expr->arg[seen + 1];
	}
	if (n + 1 == expr->arg_count)
		return expr;
	if (n == 0) {
		if (wr_type_equal(otherwise->type, expr->type, true))
			return otherwise;
		arg[n++] = wr_expr_bool(pool, false); /* keeps the declared type */
		arg[n++] = otherwise;
	}
	arg[n++] = otherwise;
	if (n == expr->arg_count && memcmp(arg, expr->arg, n * sizeof *arg) == 0)
		return expr;
	copy.arg_count = n;
	return wr_expr_with_args(pool, &copy, arg);
}

static struct wr_expr *fold_coalesce(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	struct wr_expr **arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count);
	struct wr_expr copy = *expr;
	uint32_t n = 0;

	for (uint32_t i = 0; i < expr->arg_count; i++) {
		const struct wr_expr *a = expr->arg[i];
		if (a->kind == WR_E_CONST && !wr_column_is_valid(a->value, 0) &&
		    i + 1 < expr->arg_count)
			continue;
		arg[n++] = expr->arg[i];
		if (a->kind == WR_E_CONST)
			break;
	}
	if (n == expr->arg_count)
		return expr;
	if (n == 1 && wr_type_equal(arg[0]->type, expr->type, true))
		return arg[0];
	copy.arg_count = n;
	return wr_expr_with_args(pool, &copy, arg);
}

static struct wr_expr *fold_args(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	struct wr_expr **arg;
	bool changed = false;

	if (expr->arg_count == 0)
		return expr;
	arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		arg[i] = wr_expr_fold(pool, expr->arg[i]);
		changed |= arg[i] != expr->arg[i];
	}
	return changed ? wr_expr_with_args(pool, expr, arg) : expr;
}

struct wr_expr *wr_expr_fold(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	if (is_foldable(expr)) {
		struct wr_expr *value = fold_const(pool, expr);
		if (value != NULL)
			return value;
	}
	expr = fold_args(pool, expr);
	switch (expr->kind) {
	case WR_E_AND:
	case WR_E_OR: return fold_logic(pool, expr);
	case WR_E_CASE: return fold_case(pool, expr);
	case WR_E_COALESCE: return fold_coalesce(pool, expr);
	default: return expr;
	}
}
