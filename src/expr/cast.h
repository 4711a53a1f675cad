/* SPDX-License-Identifier: Apache-2.0
 *
 * cast - CAST between all types, as a choice of kernel per pair of types.
 *
 * A cast kernel is an ordinary strict kernel (expr/function.h) with one argument: call->arg_type[0]
 * is the source type and call->type the target. It reports bad rows with wr_eval_fail; TRY_CAST is
 * the same kernel run with eval->caught set, which turns reported rows NULL. Nested values are cast
 * by running the kernel of the element types over the child columns.
 */
#ifndef WR_EXPR_CAST_H
#define WR_EXPR_CAST_H

#include "expr/function.h"
#include "expr/kernel.h"

/* Chooses the kernel for a cast that exists (wr_type_castable). plan->kernel is left NULL when the
 * column only has to be given another type. */
void wr_cast_plan(const struct wr_type *from, const struct wr_type *to, struct wr_call_plan *plan);
/* Whether some value makes the cast fail. */
bool wr_cast_can_fail(const struct wr_type *from, const struct wr_type *to);
/* Whether a NULL of the source type has a text: Flink prints the NULL of a type that is NOT NULL (a
 * decimal that overflowed) as the empty string. The kernel is not strict then. */
bool wr_cast_prints_null(const struct wr_type *from, const struct wr_type *to);
/* Whether it parses or prints, or is nested: worth being skipped for rows that do not need it. */
bool wr_cast_is_expensive(const struct wr_type *from, const struct wr_type *to);
/* Casts rows [0, rows) of `from` to `type`, as a new column: what nested casts run per child. */
wr_status *wr_cast_column(struct wr_eval *eval, struct wr_column *from, const struct wr_type *type,
			  uint32_t rows, struct wr_column **out);

/* The families of kernels, one file each; NULL: the pair is not theirs. */
wr_kernel wr_cast_number_kernel(const struct wr_type *from, const struct wr_type *to);
wr_kernel wr_cast_decimal_kernel(const struct wr_type *from, const struct wr_type *to);
wr_kernel wr_cast_to_text_kernel(const struct wr_type *from, const struct wr_type *to);
wr_kernel wr_cast_from_text_kernel(const struct wr_type *from, const struct wr_type *to);
wr_kernel wr_cast_bytes_kernel(const struct wr_type *from, const struct wr_type *to);
/* Whether a text or bytes that are filled up to the length of their type may be so long; if not,
 * the row has failed. */
bool wr_cast_fits(struct wr_eval *eval, uint32_t row, uint64_t len);
wr_kernel wr_cast_time_kernel(const struct wr_type *from, const struct wr_type *to);
wr_kernel wr_cast_nested_kernel(const struct wr_type *from, const struct wr_type *to);

/* Reports row `row` of `out` as failed and turns it NULL. */
#define WR_CAST_FAIL_BECAUSE(eval, out, row, reason, ...)                                          \
	do {                                                                                       \
		wr_eval_fail_because(eval, row, reason, __VA_ARGS__);                              \
		wr_out_null(out, row);                                                             \
	} while (0)
#define WR_CAST_FAIL(eval, out, row, ...)                                                          \
	do {                                                                                       \
		wr_eval_fail(eval, row, __VA_ARGS__);                                              \
		wr_out_null(out, row);                                                             \
	} while (0)

#endif
