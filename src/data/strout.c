/* SPDX-License-Identifier: Apache-2.0
 *
 * strout - writes the results of a string column: short ones into their views, long ones into
 * chunks.
 *
 * Chunks double from 4 KiB, so that a batch of one row costs little and a full one few allocations.
 */
#include "data/column.h"

#define STROUT_CHUNK_MIN 4096u
#define STROUT_CHUNK_MAX (256u << 10)

void wr_strout_init(struct wr_strout *out, struct wr_column *column)
{
	WR_ASSERT(column->phys == WR_P_STR);
	*out = (struct wr_strout){.column = column};
}

char *wr_strout_reserve(struct wr_strout *out, size_t max_len)
{
	if (WR_LIKELY((size_t)(out->end - out->next) >= max_len && out->next != NULL))
		return out->next;
	size_t size = out->chunk != NULL ? out->chunk->size * 2 : STROUT_CHUNK_MIN;
	size = WR_MIN(size, STROUT_CHUNK_MAX);
	size = WR_MAX(size, max_len);
	struct wr_buf *chunk = wr_buf_new(size);
	wr_column_keep(out->column, chunk);
	wr_buf_unref(chunk); /* the column's reference keeps it */
	out->chunk = chunk;
	out->next = chunk->data;
	out->end = chunk->data + size;
	return out->next;
}

void wr_strout_commit(struct wr_strout *out, uint32_t row, uint32_t len)
{
	WR_ASSERT(row < out->column->len && len <= (size_t)(out->end - out->next));
	WR_DATA(out->column, struct wr_view)[row] = wr_view_of(out->next, len);
	if (len > WR_VIEW_INLINE)
		out->next += len;
}

void wr_strout_put(struct wr_strout *out, uint32_t row, const char *data, uint32_t len)
{
	if (len <= WR_VIEW_INLINE) {
		WR_DATA(out->column, struct wr_view)[row] = wr_view_of(data, len);
		return;
	}
	memcpy(wr_strout_reserve(out, len), data, len);
	wr_strout_commit(out, row, len);
}
