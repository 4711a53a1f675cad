/* SPDX-License-Identifier: Apache-2.0
 *
 * compare_in - the IN operator: a few values become equalities, many constants a hashed set.
 */
#ifndef WR_EXPR_COMPARE_IN_H
#define WR_EXPR_COMPARE_IN_H

#include "expr/function.h"

/* x IN (v1, v2, ...): arg[0] is x. */
wr_status *wr_rewrite_in(struct wr_expr_pool *pool, const struct wr_function *function,
			 struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
			 struct wr_expr **out);
/* "IN SET"(x, constant array), which the rewrite makes. */
extern const struct wr_function wr_op_in_set;

#endif
