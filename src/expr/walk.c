/* SPDX-License-Identifier: Apache-2.0
 *
 * walk - questions about expression trees, and copies of them over other columns.
 *
 * Trees are bounded by WR_EXPR_SIZE_MAX nodes and as deep as the parser allows, so plain recursion
 * is fine. A copy shares every part that does not change.
 */
#include <string.h>

#include "base/macros.h"
#include "expr/expr.h"
#include "expr/function.h"

bool wr_expr_is_const(const struct wr_expr *expr)
{
	return expr->kind == WR_E_CONST;
}

bool wr_expr_is_deterministic(const struct wr_expr *expr)
{
	return (expr->traits & WR_EX_DYNAMIC) == 0;
}

bool wr_expr_can_fail(const struct wr_expr *expr)
{
	return (expr->traits & WR_EX_FAILS) != 0;
}

uint64_t wr_expr_hash(const struct wr_expr *expr)
{
	return expr->hash;
}

/* Constants are equal when type and value are: 0.0 and -0.0 differ, as 1/x tells them apart. */
static bool const_equal(const struct wr_column *a, const struct wr_column *b)
{
	if (!wr_value_equal(a, 0, b, 0))
		return false;
	if (a->phys == WR_P_F64)
		return memcmp(a->data, b->data, sizeof(double)) == 0;
	if (a->phys == WR_P_F32)
		return memcmp(a->data, b->data, sizeof(float)) == 0;
	return true;
}

bool wr_expr_equal(const struct wr_expr *a, const struct wr_expr *b)
{
	if (a == b)
		return true;
	if (a->hash != b->hash || a->kind != b->kind || a->arg_count != b->arg_count ||
	    a->column != b->column || a->try_cast != b->try_cast || a->function != b->function)
		return false;
	if ((a->type == NULL) != (b->type == NULL) ||
	    (a->type != NULL && !wr_type_equal(a->type, b->type, true)))
		return false;
	if ((a->symbol == NULL) != (b->symbol == NULL) ||
	    (a->symbol != NULL && strcmp(a->symbol, b->symbol) != 0))
		return false;
	if (a->kind == WR_E_CONST)
		return const_equal(a->value, b->value);
	for (uint32_t i = 0; i < a->arg_count; i++)
		if (!wr_expr_equal(a->arg[i], b->arg[i]))
			return false;
	return true;
}

void wr_expr_columns(const struct wr_expr *expr, bool *used)
{
	if ((expr->traits & WR_EX_COLUMNS) == 0)
		return;
	if (expr->kind == WR_E_COLUMN)
		used[expr->column] = true;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		wr_expr_columns(expr->arg[i], used);
}

/* What a column reference becomes in a copy. */
struct column_map {
	struct wr_expr *const *expr; /* by an expression; NULL: see number */
	const uint32_t *number;      /* by another column number */
};

static struct wr_expr *copy_over(struct wr_expr_pool *pool, const struct wr_expr *expr,
				 const struct column_map *map)
{
	struct wr_expr **arg;
	bool changed = false;

	if ((expr->traits & WR_EX_COLUMNS) == 0)
		return (struct wr_expr *)expr;
	if (expr->kind == WR_E_COLUMN) {
		if (map->expr != NULL) {
			WR_ASSERT(map->expr[expr->column] != NULL);
			return map->expr[expr->column];
		}
		if (map->number[expr->column] == expr->column)
			return (struct wr_expr *)expr;
		struct wr_expr *column =
		    wr_expr_column(pool, map->number[expr->column], expr->type);
		column->pos = expr->pos;
		return column;
	}
	arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		arg[i] = copy_over(pool, expr->arg[i], map);
		changed |= arg[i] != expr->arg[i];
	}
	return changed ? wr_expr_with_args(pool, expr, arg) : (struct wr_expr *)expr;
}

struct wr_expr *wr_expr_substitute(struct wr_expr_pool *pool, const struct wr_expr *expr,
				   struct wr_expr *const *map)
{
	return copy_over(pool, expr, &(struct column_map){.expr = map});
}

struct wr_expr *wr_expr_remap(struct wr_expr_pool *pool, const struct wr_expr *expr,
			      const uint32_t *map)
{
	return copy_over(pool, expr, &(struct column_map){.number = map});
}
