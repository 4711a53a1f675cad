/* SPDX-License-Identifier: Apache-2.0
 *
 * not_null - the check that a NOT NULL column of a sink gets no NULL.
 *
 * Types allow a nullable query to fill a NOT NULL column, as in Flink; each value is looked at when
 * it is written. The check is a function that hands its argument on and reports rows that are NULL,
 * so that they take the way of all errors of evaluation. It is not in the registry: only INSERT
 * uses it.
 */
#include "analyze/analyzer.h"
#include "base/macros.h"
#include "expr/kernel.h"

static wr_status *infer_not_null(struct wr_infer *infer)
{
	infer->result = wr_type_nullable(infer->arena, infer->arg[0]->type, false);
	infer->keep_null = true;
	infer->plan->bind = infer->arg[1]->symbol;
	return NULL;
}

/* Shares the argument's strings and children. */
static wr_status *check_not_null(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_column *from = arg[0];
	uint32_t size = wr_phys_size(out->phys);

	for (uint32_t i = 0; from->valid != NULL && i < rows; i++) {
		if (wr_column_is_valid(from, i) || (eval->live != NULL && eval->live[i] == 0))
			continue;
		wr_eval_fail(eval, i,
			     "Column '%s' is NOT NULL, however, a null value is being written "
			     "into it",
			     (const char *)call->plan->bind);
		wr_out_null(out, i);
	}
	for (uint32_t i = 0; size > 0 && i < rows; i++)
		memcpy((char *)out->data + (size_t)i * size,
		       (const char *)from->data + (size_t)(i & from->mask) * size, size);
	for (uint32_t i = 0; i < from->child_count; i++)
		wr_column_set_child(out, i,
				    out->phys == WR_P_ROW && from->is_const
					? wr_column_flatten(from->child[i], rows)
					: wr_column_ref(from->child[i]));
	wr_out_share(out, from);
	return NULL;
}

static const struct wr_function not_null = {
    .name = "NOT NULL CHECK",
    .category = "auxiliary",
    .syntax = "value",
    .doc = "The value, which must not be NULL.",
    .flags = WR_F_FALLIBLE | WR_F_OPERATOR,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_not_null,
    .kernel = check_not_null,
    .fail_hint = "Set 'table.exec.sink.not-null-enforcer' = 'DROP' to drop such rows",
};

wr_status *wr_not_null_check(struct wr_analyzer *a, struct wr_expr *expr,
			     const struct wr_table_column *column, struct wr_expr **out)
{
	struct wr_expr *arg[2] = {expr, wr_expr_symbol(a->pool, column->name)};

	*out = expr;
	if (column->type->nullable || !expr->type->nullable)
		return NULL;
	return wr_expr_call(a->pool, &not_null, arg, 2,
			    expr->pos.line > 0 ? expr->pos : column->pos, out);
}
