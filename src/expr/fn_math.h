/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_math - functions that fn_math.c lists and fn_math_round.c holds, and what FLOOR and CEIL take
 * from fn_temporal_unit.c.
 */
#ifndef WR_EXPR_FN_MATH_H
#define WR_EXPR_FN_MATH_H

#include "expr/function.h"

extern const struct wr_function wr_fn_abs, wr_fn_sign, wr_fn_floor, wr_fn_ceil, wr_fn_round,
    wr_fn_truncate;
extern const struct wr_function wr_fn_rand, wr_fn_rand_integer;

/* infer() of FLOOR(x TO unit) (up false) and CEIL: a date, time or timestamp and a SYMBOL. */
wr_status *wr_infer_round_time(struct wr_infer *infer, bool up);

/* The integer of a constant argument, also as -5 or CAST(5 AS INT); false: not a constant integer
 * (or NULL). */
bool wr_infer_const_int(const struct wr_expr *arg, int64_t *value);

#endif
