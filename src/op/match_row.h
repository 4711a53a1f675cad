/* SPDX-License-Identifier: Apache-2.0
 *
 * match_row - the rows of a key that its partial matches hold: just the columns that conditions and
 * measures will look at, one block of memory each.
 *
 * A row is a head, a byte per column that says whether it has a value, a cell of 16 bytes per
 * column (fixed-width values as they are; strings as views; nested values as views of their
 * encoding), then the bytes that views point to.
 *
 * Matches have no gaps: the rows held by a key are consecutive, and numbered.
 *
 * Thread: one owner.
 */
#ifndef WR_OP_MATCH_ROW_H
#define WR_OP_MATCH_ROW_H

#include "base/text.h"
#include "data/batch.h"
#include "data/builder.h"
#include "expr/agg.h"

struct wr_match_row {
	int64_t ms;     /* its time */
	uint32_t bytes; /* of the block */
	uint32_t unused;
};

/* Which columns of the input are kept, and where. */
struct wr_match_layout {
	uint32_t count;              /* columns kept */
	uint32_t *column;            /* of the input, behind each */
	const struct wr_type **type; /* of each */
	enum wr_phys *phys;          /* of each */
	uint32_t *place;             /* per input column: its place here; UINT32_MAX: not kept */
	uint32_t cells;              /* where cells begin */
	struct wr_text scratch;      /* nested values being encoded */
};

/* `keep` says which of the schema's columns are kept. */
void wr_match_layout_init(struct wr_match_layout *layout, struct wr_arena *arena,
			  const struct wr_schema *schema, const bool *keep);
void wr_match_layout_release(struct wr_match_layout *layout);
/* A copy of a batch's row in the pool. */
struct wr_match_row *wr_match_row_new(struct wr_match_layout *layout, struct wr_agg_pool *pool,
				      const struct wr_batch *batch, uint32_t row, int64_t ms);
/* Appends the column at `place` to a builder of its type; row NULL: NULL. */
void wr_match_row_append(const struct wr_match_layout *layout, const struct wr_match_row *row,
			 uint32_t place, struct wr_builder *builder);

/* Writes the column at `place` to row `at` of a column of its type, which the caller made and
 * nobody else holds; values must be no nested ones. Views point into the row. */
void wr_match_row_put(const struct wr_match_layout *layout, const struct wr_match_row *row,
		      uint32_t place, struct wr_column *column, uint32_t at);

/* Rows first .. first + count - 1 of a key. Zeroed: none. */
struct wr_match_rows {
	struct wr_match_row **row; /* in the pool; the first one at `head` */
	uint32_t head, count, capacity;
	uint32_t unused;
	uint64_t first; /* number of the first row */
};
void wr_match_rows_push(struct wr_match_rows *rows, struct wr_agg_pool *pool,
			struct wr_match_row *row_moved);
static inline const struct wr_match_row *wr_match_rows_at(const struct wr_match_rows *rows,
							  uint64_t number)
{
	WR_ASSERT(number - rows->first < rows->count);
	return rows->row[rows->head + (uint32_t)(number - rows->first)];
}
/* Forgets the rows before `number`. */
void wr_match_rows_trim(struct wr_match_rows *rows, struct wr_agg_pool *pool, uint64_t number);

#endif
