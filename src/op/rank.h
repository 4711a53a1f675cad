/* SPDX-License-Identifier: Apache-2.0
 *
 * rank - the updating Top-N, shared by RANK (ROW_NUMBER() <= N) and by SORT with LIMIT or OFFSET.
 */
#ifndef WR_OP_RANK_H
#define WR_OP_RANK_H

#include "data/codec.h"
#include "op/ranking.h"
#include "op/touched.h"

struct op_rank {
	struct wr_op op;
	struct wr_arena arena;       /* of the codec and the order */
	struct wr_codec codec;       /* of the input row */
	struct wr_state *state;      /* partition -> struct rank_slot (rank.c) */
	struct wr_state_field field; /* of a saved slot */
	struct wr_state_codec saved;
	struct wr_sort_key *order; /* ORDER BY, and what breaks ties */
	uint32_t order_count;
	bool by_arrival;           /* ties are broken by arrival */
	uint64_t seq;              /* rows that have arrived */
	uint64_t first, keep;      /* ranks wanted: those in [first, keep) counted from 0 */
	bool forgets;              /* rows of rank >= keep can never come back: they are not kept */
	struct wr_touched touched; /* slots of this epoch */
	struct wr_builder **builder; /* per input column */
	struct wr_builder *rank;     /* of the rank column */
	uint8_t *kind;               /* of the rows written; room for a batch */
	uint32_t rows;               /* written */
	struct wr_ranked_row **now;  /* scratch: the rows of a partition that are to be shown */
	size_t now_capacity;
	struct wr_text scratch;
};

wr_status *wr_rank_init(struct wr_op *op);
wr_status *wr_rank_process(struct wr_op *op, uint32_t input, struct wr_batch *batch_moved);
wr_status *wr_rank_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more);
void wr_rank_release(struct wr_op *op);
uint64_t wr_rank_state_bytes(const struct wr_op *op);

/* ORDER BY followed by all other columns that can be sorted, ascending: an order of rows that does
 * not depend on their arrival. In the arena. */
struct wr_sort_key *wr_rank_total_order(struct wr_arena *arena, const struct wr_node *node,
					uint32_t *count);

#endif
