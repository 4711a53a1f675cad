/* SPDX-License-Identifier: Apache-2.0
 *
 * compare - what the comparisons share: how two operands are brought to one type, and the kernels.
 */
#ifndef WR_EXPR_COMPARE_H
#define WR_EXPR_COMPARE_H

#include "expr/function.h"

enum wr_compare_op { WR_CMP_EQ, WR_CMP_NE, WR_CMP_LT, WR_CMP_LE, WR_CMP_GT, WR_CMP_GE };

/* Picks the kernel for operands of one physical layout (DECIMALs may differ in scale). It writes
 * 0/1 for every row, NULL or not. call->plan->i64 must be set to *mode. */
wr_kernel wr_compare_kernel(enum wr_compare_op op, const struct wr_type *a, const struct wr_type *b,
			    int64_t *mode);
/* Settles want[0] and want[1] for a comparison and picks the kernel. */
wr_status *wr_compare_infer(struct wr_infer *infer, enum wr_compare_op op);
/* The type that `values` are compared with `type` in; NULL: they cannot be. */
const struct wr_type *wr_compare_type(struct wr_arena *arena, const struct wr_type *a,
				      const struct wr_type *b);

#endif
