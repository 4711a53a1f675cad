/* SPDX-License-Identifier: Apache-2.0
 *
 * batch - up to WR_BATCH_ROWS_MAX rows on their way through a pipeline.
 *
 * Columns are shared by reference. A selection vector, when present, lists the physical rows that
 * count, in order. `kind` (indexed by physical row, like the columns) gives each row's change kind;
 * NULL: all inserts.
 *
 * Lateness travels with the rows (P1): `row_watermark[i]` is the watermark of the stream just
 * before physical row i was read, as a single reader going record by record would have seen it.
 * NULL: `watermark` holds for all rows (the source proves that no window boundary lies between
 * them). Operators that decide lateness compare against it; state is fired only at marks.
 *
 * Thread: a batch belongs to one worker; it moves to another through an exchange. Its columns may
 * be shared.
 *
 * Invariants
 *   B1  every column is const or has len == rows
 *   B2  sel entries are < rows and strictly increasing
 *   B3  row_watermark is non-decreasing
 */
#ifndef WR_DATA_BATCH_H
#define WR_DATA_BATCH_H

#include "data/column.h"
#include "data/traced.h"

enum wr_row_kind {
	WR_INSERT = 0,        /* +I */
	WR_UPDATE_BEFORE = 1, /* -U */
	WR_UPDATE_AFTER = 2,  /* +U */
	WR_DELETE = 3         /* -D */
};
static inline bool wr_kind_is_add(uint8_t kind)
{
	return kind == WR_INSERT || kind == WR_UPDATE_AFTER;
}
/* "+I" "-U" "+U" "-D" */
const char *wr_row_kind_str(uint8_t kind);

#define WR_WATERMARK_MIN INT64_MIN /* nothing known yet */
#define WR_WATERMARK_MAX INT64_MAX /* end of input: every window may fire */

struct wr_batch {
	uint32_t rows; /* physical rows, 0..WR_BATCH_ROWS_MAX (scan results of a decoder may hold
			  fewer) */
	uint32_t column_count; /* columns */
	struct wr_column *
	    *column; /* references held; an entry may be NULL when nobody downstream reads it */
	uint32_t sel_count;     /* rows that count; meaningful when sel is set */
	uint32_t *sel;          /* NULL: all rows count */
	uint8_t *kind;          /* per physical row, enum wr_row_kind; NULL: all +I */
	int64_t watermark;      /* ms; watermark before every row when row_watermark is NULL */
	int64_t *row_watermark; /* ms per physical row, or NULL */
	uint64_t *hash; /* key hash per physical row, carried through an exchange; or NULL */
	struct wr_traced *traced; /* rows whose way is traced; owned; NULL: none */
	int64_t ingest_us;        /* monotonic clock when the source read it; for latency metrics */
};

/* An empty batch with `column_count` NULL columns. */
struct wr_batch *wr_batch_new(uint32_t column_count, uint32_t rows);
void wr_batch_free(struct wr_batch *batch); /* NULL allowed; drops all references */
/* Number of rows that count. */
static inline uint32_t wr_batch_count(const struct wr_batch *batch)
{
	return batch->sel != NULL ? batch->sel_count : batch->rows;
}
/* Physical row of the i-th row that counts. */
static inline uint32_t wr_batch_row(const struct wr_batch *batch, uint32_t i)
{
	return batch->sel != NULL ? batch->sel[i] : i;
}
static inline uint8_t wr_batch_kind(const struct wr_batch *batch, uint32_t row)
{
	return batch->kind != NULL ? batch->kind[row] : WR_INSERT;
}
static inline int64_t wr_batch_watermark(const struct wr_batch *batch, uint32_t row)
{
	return batch->row_watermark != NULL ? batch->row_watermark[row] : batch->watermark;
}
/* Replaces the columns by dense ones holding only the selected rows, and drops the selection. */
void wr_batch_compact(struct wr_batch *batch);
/* A new batch with the physical rows index[0..count): columns, kind, row_watermark and hash
 * gathered. */
struct wr_batch *wr_batch_gather(const struct wr_batch *batch, const uint32_t *index,
				 uint32_t count);
/* A new batch with the physical rows [start, start+count); the batch has no selection. Columns are
 * shared. */
struct wr_batch *wr_batch_slice(const struct wr_batch *batch, uint32_t start, uint32_t count);
/* A second batch with the same content: columns are shared, the small arrays copied. */
struct wr_batch *wr_batch_share(const struct wr_batch *batch);
/* About how many bytes it holds, whoever else may hold them too. */
uint64_t wr_batch_bytes(const struct wr_batch *batch);
/* Allocates `kind` (all +I) if absent. */
uint8_t *wr_batch_kinds(struct wr_batch *batch);

/* Builds batches row by row from other batches' rows or from state; see builder.h. */

#endif
