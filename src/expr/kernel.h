/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel - what the authors of kernels share: reading arguments that may be constant or vectors,
 * writing results, NULLs.
 *
 * The usual shape of a strict kernel:
 *
 *	struct wr_strout writer;
 *	wr_strout_init(&writer, out);
 *	for (uint32_t i = 0; i < rows; i++) {
 *		if (wr_skips(eval, out, i))
 *			continue;
 *		struct wr_str s = wr_str_at(arg[0], i);
 *		... wr_strout_put(&writer, i, data, len);   or   wr_out_null(out, i);
 *	}
 *
 * Rows that are skipped keep the zero (or the empty view) that the evaluator put there; a function
 * with WR_F_BLIND promises to write every row and gets memory that is not cleared. Strings of the
 * arguments may be shared in place of copied: wr_out_share(out, arg) once, then store views with
 * wr_view_of() that point into the argument's long strings (inline ones are copied by it).
 */
#ifndef WR_EXPR_KERNEL_H
#define WR_EXPR_KERNEL_H

#include "data/column.h"
#include "data/datetime.h"
#include "expr/program.h"

/* Row i of a fixed-width column, constant or not. */
#define WR_AT(column, ctype, i) (((const ctype *)(column)->data)[(i) & (column)->mask])

/* The bytes of string row i; they stay valid as long as the column does. */
static inline struct wr_str wr_str_at(const struct wr_column *column, uint32_t i)
{
	const struct wr_view *view = &WR_AT(column, struct wr_view, i);
	return (struct wr_str){wr_view_data(view), view->len};
}

/* Row i of an integer column of any width (DATE, TIME, intervals and millisecond timestamps too).
 */
static inline int64_t wr_int_at(const struct wr_column *column, uint32_t i)
{
	switch (column->phys) {
	case WR_P_BOOL: return WR_AT(column, uint8_t, i);
	case WR_P_I8: return WR_AT(column, int8_t, i);
	case WR_P_I16: return WR_AT(column, int16_t, i);
	case WR_P_I32: return WR_AT(column, int32_t, i);
	default: return WR_AT(column, int64_t, i);
	}
}

/* Whether row i may be left out: a lazy parent does not need it, or it is NULL already. */
static inline bool wr_skips(const struct wr_eval *eval, const struct wr_column *out, uint32_t i)
{
	return (eval->live != NULL && eval->live[i] == 0) ||
	       (out->valid != NULL && out->valid[i] == 0);
}

/* Turns row i of the result NULL. */
static inline void wr_out_null(struct wr_column *out, uint32_t i)
{
	wr_column_validity(out)[i] = 0;
}

/* Lets views of `out` point into the string bytes that `arg` holds. */
static inline void wr_out_share(struct wr_column *out, const struct wr_column *arg)
{
	wr_column_keep_all(out, arg);
}

/* Rows [start, start + len) of string `s` as a view for `out`: no copy of long ones (needs
 * wr_out_share). */
static inline void wr_out_view(struct wr_column *out, uint32_t i, const char *data, uint32_t len)
{
	WR_DATA(out, struct wr_view)[i] = wr_view_of(data, len);
}

/* A timestamp of precision p: milliseconds when p <= 3, else nanoseconds in 128 bits (type.h). */
static inline int64_t wr_ts_ms_at(const struct wr_column *column, uint32_t i, int32_t *nano)
{
	if (column->phys == WR_P_I64) {
		*nano = 0;
		return WR_AT(column, int64_t, i);
	}
	return wr_ns_split(WR_AT(column, wr_i128, i), nano);
}
/* Stores a timestamp as the column's type keeps it; digits beyond its precision are the caller's to
 * cut. */
static inline void wr_ts_put(struct wr_column *out, uint32_t i, int64_t ms, int32_t nano)
{
	if (out->phys == WR_P_I64)
		WR_DATA(out, int64_t)[i] = ms;
	else
		WR_DATA(out, wr_i128)[i] = wr_ns_join(ms, nano);
}

/* Physical row of the batch behind row i of the run. */
static inline uint32_t wr_eval_row(const struct wr_eval *eval, uint32_t i)
{
	return eval->sel != NULL ? eval->sel[i] : i;
}
/* The watermark that row i saw; WR_WATERMARK_MIN: none yet. */
static inline int64_t wr_eval_watermark(const struct wr_eval *eval, uint32_t i)
{
	return eval->context.row_watermark != NULL
		   ? eval->context.row_watermark[wr_eval_row(eval, i)]
		   : eval->context.watermark;
}
/* Wall clock in microseconds since 1970. */
int64_t wr_eval_now_us(const struct wr_eval *eval);

/* The constant column of argument `index`, or NULL when it is not constant (or is a NULL constant).
 */
static inline const struct wr_column *wr_call_const(const struct wr_call *call, uint32_t index)
{
	const struct wr_column *column = index < call->arg_count ? call->const_arg[index] : NULL;
	return column != NULL && wr_column_is_valid(column, 0) ? column : NULL;
}

#endif
