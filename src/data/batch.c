/* SPDX-License-Identifier: Apache-2.0
 *
 * batch - making, compacting and gathering batches.
 */
#include "data/batch.h"

#include "base/mem.h"

const char *wr_row_kind_str(uint8_t kind)
{
	static const char *const names[] = {
	    [WR_INSERT] = "+I",
	    [WR_UPDATE_BEFORE] = "-U",
	    [WR_UPDATE_AFTER] = "+U",
	    [WR_DELETE] = "-D",
	};

	WR_ASSERT(kind <= WR_DELETE);
	return names[kind];
}

struct wr_batch *wr_batch_new(uint32_t column_count, uint32_t rows)
{
	struct wr_batch *batch = wr_calloc(1, sizeof *batch);

	batch->rows = rows;
	batch->column_count = column_count;
	batch->column = wr_calloc(column_count, sizeof(struct wr_column *));
	batch->watermark = WR_WATERMARK_MIN;
	return batch;
}

void wr_batch_free(struct wr_batch *batch)
{
	if (batch == NULL)
		return;
	for (uint32_t i = 0; i < batch->column_count; i++)
		wr_column_unref(batch->column[i]);
	wr_free(batch->column);
	wr_free(batch->sel);
	wr_free(batch->kind);
	wr_free(batch->row_watermark);
	wr_free(batch->hash);
	wr_traced_free(batch->traced);
	wr_free(batch);
}

uint8_t *wr_batch_kinds(struct wr_batch *batch)
{
	_Static_assert(WR_INSERT == 0, "calloc makes inserts");
	if (batch->kind == NULL)
		batch->kind = wr_calloc(batch->rows, 1);
	return batch->kind;
}

struct wr_batch *wr_batch_gather(const struct wr_batch *batch, const uint32_t *index,
				 uint32_t count)
{
	struct wr_batch *out = wr_batch_new(batch->column_count, count);

	out->watermark = batch->watermark;
	out->ingest_us = batch->ingest_us;
	out->traced = wr_traced_gather(batch->traced, index, count);
	for (uint32_t c = 0; c < batch->column_count; c++) {
		if (batch->column[c] != NULL)
			out->column[c] = wr_column_gather(batch->column[c], index, count);
	}
	if (batch->kind != NULL) {
		out->kind = wr_malloc(count);
		for (uint32_t i = 0; i < count; i++)
			out->kind[i] = batch->kind[index[i]];
	}
	if (batch->row_watermark != NULL) {
		out->row_watermark = wr_malloc(count * sizeof *out->row_watermark);
		for (uint32_t i = 0; i < count; i++)
			out->row_watermark[i] = batch->row_watermark[index[i]];
	}
	if (batch->hash != NULL) {
		out->hash = wr_malloc(count * sizeof *out->hash);
		for (uint32_t i = 0; i < count; i++)
			out->hash[i] = batch->hash[index[i]];
	}
	return out;
}

/* A copy of `count` items, or NULL of NULL. */
static void *copy_of(const void *items, size_t size, uint32_t count)
{
	void *copy;

	if (items == NULL)
		return NULL;
	copy = wr_malloc(size * count + 1);
	memcpy(copy, items, size * count);
	return copy;
}

struct wr_batch *wr_batch_slice(const struct wr_batch *batch, uint32_t start, uint32_t count)
{
	struct wr_batch *out = wr_batch_new(batch->column_count, count);

	WR_ASSERT(batch->sel == NULL);
	WR_ASSERT(start <= batch->rows && count <= batch->rows - start);
	for (uint32_t c = 0; c < batch->column_count; c++)
		if (batch->column[c] != NULL)
			out->column[c] = wr_column_slice(batch->column[c], start, count);
	if (batch->kind != NULL)
		out->kind = copy_of(batch->kind + start, 1, count);
	out->watermark = batch->watermark;
	if (batch->row_watermark != NULL)
		out->row_watermark =
		    copy_of(batch->row_watermark + start, sizeof *out->row_watermark, count);
	if (batch->hash != NULL)
		out->hash = copy_of(batch->hash + start, sizeof *out->hash, count);
	out->ingest_us = batch->ingest_us;
	out->traced = wr_traced_slice(batch->traced, start, count);
	return out;
}

struct wr_batch *wr_batch_share(const struct wr_batch *batch)
{
	struct wr_batch *out = wr_batch_new(batch->column_count, batch->rows);

	for (uint32_t c = 0; c < batch->column_count; c++)
		if (batch->column[c] != NULL)
			out->column[c] = wr_column_ref(batch->column[c]);
	out->sel_count = batch->sel_count;
	out->sel = copy_of(batch->sel, sizeof *batch->sel, batch->sel_count);
	out->kind = copy_of(batch->kind, 1, batch->rows);
	out->watermark = batch->watermark;
	out->row_watermark =
	    copy_of(batch->row_watermark, sizeof *batch->row_watermark, batch->rows);
	out->hash = copy_of(batch->hash, sizeof *batch->hash, batch->rows);
	out->ingest_us = batch->ingest_us;
	out->traced = wr_traced_slice(batch->traced, 0, batch->rows);
	return out;
}

static uint64_t column_bytes(const struct wr_column *column)
{
	uint64_t bytes = sizeof *column + (uint64_t)column->len * wr_phys_size(column->phys);

	if (column->valid != NULL)
		bytes += column->len;
	for (uint32_t i = 0; column->phys == WR_P_STR && i < column->len; i++)
		if (WR_DATA(column, const struct wr_view)[i].len > WR_VIEW_INLINE)
			bytes += WR_DATA(column, const struct wr_view)[i].len;
	for (uint32_t c = 0; c < column->child_count; c++)
		bytes += column_bytes(column->child[c]);
	return bytes;
}

uint64_t wr_batch_bytes(const struct wr_batch *batch)
{
	uint64_t bytes = sizeof *batch;

	for (uint32_t c = 0; c < batch->column_count; c++)
		if (batch->column[c] != NULL)
			bytes += column_bytes(batch->column[c]);
	if (batch->row_watermark != NULL)
		bytes += (uint64_t)batch->rows * sizeof *batch->row_watermark;
	if (batch->kind != NULL)
		bytes += batch->rows;
	return bytes;
}

void wr_batch_compact(struct wr_batch *batch)
{
	if (batch->sel == NULL)
		return;
	struct wr_batch *dense = wr_batch_gather(batch, batch->sel, batch->sel_count);
	struct wr_batch before = *batch;
	*batch = *dense;
	*dense = before;
	wr_batch_free(dense);
}

_Static_assert(sizeof(struct wr_batch) <= 128, "a batch header stays within two cache lines");
