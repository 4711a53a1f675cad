/* SPDX-License-Identifier: Apache-2.0
 *
 * arith - the kernels behind + - * / % that live apart from their signatures (fn_arith.c): DECIMAL
 * in arith_decimal.c, dates, times and intervals in arith_time.c.
 */
#ifndef WR_EXPR_ARITH_H
#define WR_EXPR_ARITH_H

#include "expr/function.h"

enum wr_arith_op { WR_ARITH_ADD, WR_ARITH_SUB, WR_ARITH_MUL, WR_ARITH_DIV, WR_ARITH_MOD };

/* The type of `a op b` for DECIMAL operands (integers count as DECIMALs of their digits). */
const struct wr_type *wr_arith_decimal_type(struct wr_arena *arena, enum wr_arith_op op,
					    const struct wr_type *a, const struct wr_type *b);
/* The kernel; both arguments are DECIMAL. */
wr_kernel wr_arith_decimal_kernel(enum wr_arith_op op);
wr_kernel wr_arith_decimal_negate(void);

/* Settles a call with a date, time, timestamp or interval among its two arguments; false: it is
 * none that exists. */
bool wr_arith_time_infer(struct wr_infer *infer, enum wr_arith_op op);
/* MINUS_DATE(a, b, unit): (a - b) unit. */
wr_status *wr_arith_minus_date_infer(struct wr_infer *infer);

/* Reports row `row` of a division: "Division by zero: 7 / 0". */
void wr_arith_zero(struct wr_eval *eval, const struct wr_call *call, struct wr_column *const *arg,
		   uint32_t row);

#endif
