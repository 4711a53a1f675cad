/* SPDX-License-Identifier: Apache-2.0
 *
 * windowing - the arithmetic of windows and slices, shared by the window operators.
 *
 * All times are ms since 1970 (or of the local time line for TIMESTAMP). A window [start, end)
 * fires when the watermark reaches end - 1. A slice is the smallest interval that all windows are
 * made of: TUMBLE's window, HOP's gcd(size, slide) piece, CUMULATE's step; each row lies in exactly
 * one slice, named by its end.
 */
#ifndef WR_OP_WINDOWING_H
#define WR_OP_WINDOWING_H

#include "analyze/node.h"
#include "data/batch.h"
#include "op/op.h"

/* Start of the interval of length `step_ms` that `ms` lies in, intervals starting at offset_ms. */
static inline int64_t wr_window_start(int64_t ms, int64_t step_ms, int64_t offset_ms)
{
	int64_t rest = (ms - offset_ms) % step_ms;

	return ms - (rest < 0 ? rest + step_ms : rest);
}

/* Slice length of a window. */
int64_t wr_window_slice_ms(const struct wr_window *window);

/* The windows that contain the slice ending at slice_end, in order of their ends: first and last
 * end, and the distance. */
struct wr_window_range {
	int64_t first_end;
	int64_t last_end;
	int64_t step_ms; /* between ends */
};
struct wr_window_range wr_window_of_slice(const struct wr_window *window, int64_t slice_end);
/* Start of the window that ends at `end`. */
int64_t wr_window_start_of(const struct wr_window *window, int64_t end);

/* Whether the node's windows have an offset that is no multiple of their size: see window_offset.c.
 */
bool wr_window_is_offset(const struct wr_node *node);

/* out[i] = milliseconds of physical row i of a TIMESTAMP or TIMESTAMP_LTZ column (dense or const).
 * NULL rows give 0. */
void wr_window_times(const struct wr_column *column, uint32_t rows, int64_t *out);
/* A column of `type` (TIMESTAMP or TIMESTAMP_LTZ of any precision) from milliseconds. */
struct wr_column *wr_window_time_column(const struct wr_type *type, const int64_t *ms,
					uint32_t count);

/* Takes the rows with the end of the first one out of row[0..*count) into `some` (room for *count);
 * the order of both stays. Returns how many; *count is what is left. */
uint32_t wr_window_pick(const int64_t *end, uint32_t *row, uint32_t *count, uint32_t *some);

/* What a window operator takes as its watermark at a mark: the mark's, or the clock for windows
 * over processing time. */
int64_t wr_window_watermark(const struct wr_window *window, const struct wr_op *op,
			    const struct wr_mark *mark);

/* Whether a window ending at `end` has fired at this watermark. */
static inline bool wr_window_fired(int64_t end, int64_t watermark_ms)
{
	return watermark_ms != WR_WATERMARK_MIN && end - 1 <= watermark_ms;
}

#endif
