/* SPDX-License-Identifier: Apache-2.0
 *
 * fold - computes what does not depend on any row, before the first row comes.
 *
 * A sub-tree without columns and without dynamic functions is evaluated once, by the very kernels
 * that would run on it later, so that folding never changes a result. One that fails is left as it
 * is: it fails at run time, if a row ever needs it. On top of that: TRUE AND x, FALSE AND x and
 * their duals, CASE branches whose condition is constant, COALESCE arguments that are NULL.
 *
 * Flink writes what it has computed as a literal of the expression's type, and so a folded constant
 * is cut to its CHAR(n), BINARY(n) or TIMESTAMP(p), and a FLOAT to the 7 digits that its literals
 * have: UPPER('straße') is 'STRASS'. What is computed on the way is not cut, and a whole array, map
 * or row is no literal: its elements are.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "data/number.h"
#include "expr/expr.h"
#include "expr/program.h"

/* Whether the tree is worth evaluating now. */
static bool is_foldable(const struct wr_expr *expr)
{
	return (expr->traits & (WR_EX_COLUMNS | WR_EX_DYNAMIC)) == 0 && expr->kind != WR_E_CONST &&
	       expr->kind != WR_E_SYMBOL;
}

/* The value of a constant expression under its own type; NULL: it fails. */
static struct wr_expr *evaluate(struct wr_expr_pool *pool, struct wr_expr *expr)
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

/* A type that holds any value that a constant of `type` may have before it is cut to it. */
static const struct wr_type *uncut_type(struct wr_arena *arena, const struct wr_type *type)
{
	switch (type->kind) {
	case WR_VARCHAR: return wr_type_nullable(arena, &WR_T_STRING, type->nullable);
	case WR_BINARY:
	case WR_VARBINARY: return wr_type_nullable(arena, &WR_T_BYTES, type->nullable);
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ:
		return wr_type_nullable(
		    arena,
		    wr_type_precision(arena, type->kind, wr_type_phys(type) == WR_P_I128 ? 9 : 3),
		    type->nullable);
	default: return type;
	}
}

/* A FLOAT literal: 7 digits. */
static struct wr_expr *settle_float(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	float value = WR_DATA(expr->value, float)[0];
	char digits[32];
	struct wr_column *column;

	if (!isfinite(value))
		return expr;
	int len = snprintf(digits, sizeof digits, "%.6e", (double)value);
	column = wr_column_new(expr->type, 1);
	if (!wr_float_parse(digits, (size_t)len, &WR_DATA(column, float)[0]))
		WR_DATA(column, float)[0] = value;
	wr_column_make_const(column);
	struct wr_expr *settled = wr_expr_const(pool, column);
	settled->pos = expr->pos;
	return settled;
}

/* A TIME(p) literal: p digits of the second, though a value keeps its milliseconds. */
static struct wr_expr *settle_time(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	static const int32_t unit[] = {1000, 100, 10, 1};
	int32_t value = WR_DATA(expr->value, int32_t)[0];
	struct wr_column *column;

	if (expr->type->precision >= 3 || value % unit[expr->type->precision] == 0)
		return expr;
	column = wr_column_new(expr->type, 1);
	WR_DATA(column, int32_t)[0] = value - value % unit[expr->type->precision];
	wr_column_make_const(column);
	struct wr_expr *settled = wr_expr_const(pool, column);
	settled->pos = expr->pos;
	return settled;
}

struct wr_expr *wr_expr_settle(struct wr_expr_pool *pool, struct wr_expr *expr, bool floats)
{
	const struct wr_type *type, *wide;
	struct wr_expr *whole, *settled;

	if (expr->kind != WR_E_CONST || !wr_column_is_valid(expr->value, 0))
		return expr;
	if (expr->type->kind == WR_FLOAT)
		return floats ? settle_float(pool, expr) : expr;
	if (expr->type->kind == WR_TIME)
		return settle_time(pool, expr);
	type = expr->type;
	if (type->kind == WR_CHAR) /* not filled up */
		type = wr_type_nullable(pool->arena,
					wr_type_length(pool->arena, WR_VARCHAR, type->length),
					type->nullable);
	wide = uncut_type(pool->arena, type);
	if (wr_type_equal(wide, type, true))
		return expr;
	whole = wr_expr_const(pool, wr_column_retype(expr->value, wide));
	wr_status *status = wr_expr_cast(pool, whole, type, false, &settled);
	if (status != NULL) {
		wr_status_free(status);
		return expr;
	}
	settled = evaluate(pool, settled);
	if (settled == NULL)
		return expr;
	settled = wr_expr_const(pool, wr_column_retype(settled->value, expr->type));
	settled->pos = expr->pos;
	return settled;
}

/* A number as written, cast to FLOAT: Flink keeps all of its digits. */
static bool is_float_literal(const struct wr_expr *expr)
{
	return expr->kind == WR_E_CAST && expr->type->kind == WR_FLOAT &&
	       expr->arg[0]->kind == WR_E_CONST && wr_kind_is_numeric(expr->arg[0]->type->kind);
}

/* Casts of constants to numbers become constants of their own, from the inside out. */
static struct wr_expr *fold_casts(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	struct wr_expr **arg, *value;
	bool changed = false;

	if (expr->arg_count == 0)
		return expr;
	arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		arg[i] = fold_casts(pool, expr->arg[i]);
		changed |= arg[i] != expr->arg[i];
	}
	if (changed)
		expr = wr_expr_with_args(pool, expr, arg);
	if (expr->kind != WR_E_CAST || !wr_kind_is_numeric(expr->type->kind) ||
	    expr->arg[0]->kind != WR_E_CONST)
		return expr;
	value = evaluate(pool, expr);
	return value == NULL ? expr : wr_expr_settle(pool, value, !is_float_literal(expr));
}

static struct wr_expr *fold_const(struct wr_expr_pool *pool, struct wr_expr *expr)
{
	struct wr_expr *value;

	expr = fold_casts(pool, expr);
	if (expr->kind == WR_E_CONST)
		return expr;
	value = evaluate(pool, expr);
	return value == NULL ? NULL : wr_expr_settle(pool, value, !is_float_literal(expr));
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
		bool is_nested = expr->type->child_count > 0;
		struct wr_expr *value = fold_const(pool, is_nested ? fold_args(pool, expr) : expr);
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
