/* SPDX-License-Identifier: Apache-2.0
 *
 * partial - accumulators of many rows on their way from a local to a global aggregate.
 *
 * The last column of such a stream (`$partial`, BYTES) is NULL throughout a batch of plain rows. In
 * a batch of partial results each row stands for all rows of its key in one batch of the input: its
 * key (and time) columns are set, its argument columns are absent, and the view in the last column
 * points at a slot with the layout of wr_aggs behind a header of 16 bytes: the rows it stands for,
 * additions less retractions. Batches never mix the two.
 */
#ifndef WR_OP_PARTIAL_H
#define WR_OP_PARTIAL_H

#include "op/aggregate.h"

struct wr_partial {
	int64_t rows;   /* additions less retractions */
	int64_t unused; /* 0 */
};

/* Whether the batch of a node's input holds partial results. */
static inline bool wr_partial_is(const struct wr_node *node, const struct wr_batch *batch)
{
	return node->u.agg.global && !batch->column[batch->column_count - 1]->is_const;
}
/* The slot of row `row`. */
static inline uint8_t *wr_partial_slot(const struct wr_batch *batch, uint32_t row)
{
	const struct wr_column *column = batch->column[batch->column_count - 1];

	return (uint8_t *)wr_view_data(&WR_DATA(column, const struct wr_view)[row]);
}

#endif
