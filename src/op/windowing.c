/* SPDX-License-Identifier: Apache-2.0
 *
 * windowing - see windowing.h.
 */
#include "op/windowing.h"

#include "base/env.h"
#include "base/mem.h"

static int64_t gcd(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

int64_t wr_window_slice_ms(const struct wr_window *window)
{
	switch (window->kind) {
	case WR_W_TUMBLE: return window->size_ms;
	case WR_W_HOP: return gcd(window->size_ms, window->slide_ms);
	case WR_W_CUMULATE: return window->slide_ms;
	case WR_W_SESSION: return 1;
	}
	return 1;
}

struct wr_window_range wr_window_of_slice(const struct wr_window *window, int64_t slice_end)
{
	int64_t last_row = slice_end - 1; /* the latest time in the slice */
	int64_t start, earlier;

	switch (window->kind) {
	case WR_W_HOP:
		/* Windows start at multiples of the slide; the last one that contains the slice
		 * starts at or before it. With slide > size a slice may lie in a gap: then last_end
		 * < slice_end and the range is empty. */
		start = wr_window_start(slice_end - wr_window_slice_ms(window), window->slide_ms,
					window->offset_ms);
		earlier = start + window->size_ms - slice_end;
		earlier = earlier < 0 ? -1 : earlier / window->slide_ms;
		return (struct wr_window_range){.first_end = start + window->size_ms -
							     earlier * window->slide_ms,
						.last_end = start + window->size_ms,
						.step_ms = window->slide_ms};
	case WR_W_CUMULATE:
		start = wr_window_start(last_row, window->size_ms, window->offset_ms);
		return (struct wr_window_range){.first_end = slice_end,
						.last_end = start + window->size_ms,
						.step_ms = window->slide_ms};
	default:
		return (struct wr_window_range){
		    .first_end = slice_end, .last_end = slice_end, .step_ms = 1};
	}
}

int64_t wr_window_watermark(const struct wr_window *window, const struct wr_op *op,
			    const struct wr_mark *mark)
{
	if (!window->processing_time || (mark->flags & WR_MARK_END))
		return mark->watermark_ms;
	/* Rows to come carry this time or a later one: windows that end by now are complete. */
	return wr_op_wall_ms(op) - 1;
}

int64_t wr_window_start_of(const struct wr_window *window, int64_t end)
{
	if (window->kind == WR_W_CUMULATE)
		return wr_window_start(end - 1, window->size_ms, window->offset_ms);
	return end - window->size_ms;
}

static int64_t floor_ms(wr_i128 ns)
{
	wr_i128 ms = ns / 1000000;

	return (int64_t)(ns < 0 && ms * 1000000 != ns ? ms - 1 : ms);
}

void wr_window_times(const struct wr_column *column, uint32_t rows, int64_t *out)
{
	uint32_t mask = column->mask;

	if (column->phys == WR_P_I64)
		for (uint32_t i = 0; i < rows; i++)
			out[i] = WR_DATA(column, const int64_t)[i & mask];
	else
		for (uint32_t i = 0; i < rows; i++)
			out[i] = floor_ms(WR_DATA(column, const wr_i128)[i & mask]);
}

struct wr_column *wr_window_time_column(const struct wr_type *type, const int64_t *ms,
					uint32_t count)
{
	struct wr_column *column = wr_column_new(type, count);

	if (column->phys == WR_P_I64)
		memcpy(column->data, ms, count * sizeof *ms);
	else
		for (uint32_t i = 0; i < count; i++)
			WR_DATA(column, wr_i128)[i] = (wr_i128)ms[i] * 1000000;
	return column;
}

uint32_t wr_window_pick(const int64_t *end, uint32_t *row, uint32_t *count, uint32_t *some)
{
	int64_t one = end[row[0]];
	uint32_t picked = 0, left = 0;

	for (uint32_t i = 0; i < *count; i++) {
		uint32_t r = row[i];

		if (end[r] == one)
			some[picked++] = r;
		else
			row[left++] = r;
	}
	*count = left;
	return picked;
}
