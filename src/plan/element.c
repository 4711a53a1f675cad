/* SPDX-License-Identifier: Apache-2.0
 *
 * element - what a[i] and m[k] show when there is no such element and elements are NOT NULL.
 *
 * Flink takes the result for NOT NULL then and shows what its code holds in the place of the value:
 * -1, an empty string, FALSE. Inside of other functions it is NULL, as everywhere else. So this
 * concerns whole output columns only: constants at once, others just below the sink.
 */
#include "expr/function.h"
#include "plan/passes.h"

static bool is_item(const struct wr_expr *expr)
{
	const struct wr_type *from;

	if (expr->kind != WR_E_CALL || strcmp(expr->function->name, "[]") != 0)
		return false;
	from = expr->arg[0]->type;
	return (from->kind == WR_ARRAY && !from->child[0]->nullable) ||
	       (from->kind == WR_MAP && !from->child[1]->nullable);
}

/* The value of a missing element; NULL: it stays NULL. */
static struct wr_expr *missing_value(struct wr_expr_pool *pool, const struct wr_type *type)
{
	switch (type->kind) {
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT:
	case WR_FLOAT:
	case WR_DOUBLE: return wr_expr_i32(pool, -1);
	case WR_BOOLEAN: return wr_expr_bool(pool, false);
	case WR_CHAR:
	case WR_VARCHAR: return wr_expr_string(pool, "", 0);
	default: return NULL;
	}
}

/* A DATE of -1. */
static struct wr_expr *missing_date(struct wr_expr_pool *pool)
{
	struct wr_column *column = wr_column_new(&WR_T_DATE_NN, 1);

	WR_DATA(column, int32_t)[0] = -1;
	wr_column_make_const(column);
	return wr_expr_const(pool, column);
}

wr_status *wr_plan_element(struct wr_passes *passes, struct wr_expr **expr)
{
	struct wr_expr_pool *pool = &passes->plan->pool;
	struct wr_expr *both[2] = {*expr, NULL};

	if (!is_item(*expr))
		return NULL;
	both[1] = (*expr)->type->kind == WR_DATE ? missing_date(pool)
						 : missing_value(pool, (*expr)->type);
	if (both[1] == NULL)
		return NULL;
	WR_TRY(wr_expr_cast(pool, both[1], (*expr)->type, false, &both[1]));
	return wr_expr_coalesce(pool, both, 2, (*expr)->pos, expr);
}

wr_status *wr_pass_element(struct wr_passes *passes, struct wr_node *root)
{
	struct wr_node *calc = root->kind == WR_N_SINK ? root->input[0] : NULL;

	if (calc == NULL || calc->kind != WR_N_CALC || calc->u.calc.expr == NULL)
		return NULL;
	for (uint32_t i = 0; i < calc->schema.count; i++)
		WR_TRY(wr_plan_element(passes, &calc->u.calc.expr[i]));
	return NULL;
}
