/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - the aggregate calls of one node laid out in a slot, and their batch calls, shared by
 * all aggregating operators.
 *
 * The planner has projected every argument and filter to a plain input column (or a constant), so
 * nothing is evaluated here. A slot begins with `header` bytes of the operator's own, then the
 * accumulators at 16-byte offsets.
 *
 * Thread: the owner's.
 */
#ifndef WR_OP_AGGREGATE_H
#define WR_OP_AGGREGATE_H

#include "op/op.h"

struct wr_aggs {
	uint32_t count;
	const struct wr_agg_item *item; /* the node's */
	const struct wr_agg_call *
	    *call;                    /* per item: what its accumulator belongs to; owned array */
	uint32_t *offset;             /* of each accumulator in the slot; owned */
	uint32_t *group;              /* per item: 1 + its place in `shared`, 0: none; owned */
	struct wr_agg_shared *shared; /* DISTINCT items with a common set; owned */
	uint32_t shared_count;        /* of shared */
	bool share;                   /* DISTINCT items may have common sets */
	uint32_t slot_size;           /* header and accumulators, a multiple of 16 */
	struct wr_column ***arg;      /* scratch: argument columns of the current rows */
	struct wr_column ***constant; /* per item and argument: its constant column, or NULL;
					 borrowed from the plan */
};

void wr_aggs_init(struct wr_aggs *aggs, const struct wr_node *node, uint32_t header);
/* The same for any calls, which stay where they are. Without `share` item i has the accumulator of
 * its call at offset[i] whatever it is. */
void wr_aggs_init_items(struct wr_aggs *aggs, const struct wr_agg_item *item, uint32_t count,
			uint32_t header, bool share);
void wr_aggs_release(struct wr_aggs *aggs);
/* Makes a zeroed slot an empty one. */
void wr_aggs_start(const struct wr_aggs *aggs, uint8_t *slot);
/* Folds `count` rows in: row[i] (NULL: i) of the batch's columns into slot[i]. retract: a byte per
 * i, or NULL. */
void wr_aggs_update(struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *const *slot,
		    const struct wr_batch *batch, const uint32_t *row, const uint8_t *retract,
		    uint32_t count);
/* dst[i] += src[i]. */
void wr_aggs_merge(const struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *const *dst,
		   uint8_t *const *src, uint32_t count);
/* Why the job must fail because of one of the slots (SINGLE_VALUE over two rows ...), or NULL.
 * Asked before values. */
wr_status *wr_aggs_fault(const struct wr_aggs *aggs, uint8_t *const *slot, uint32_t count);
/* Result columns of `count` slots: out[0..aggs->count), new references. */
void wr_aggs_values(const struct wr_aggs *aggs, uint8_t *const *slot, uint32_t count,
		    struct wr_column **out);
/* Gives variable parts back (before a slot is removed alone). */
void wr_aggs_drop(const struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *slot);

/* The keys of rows row[0..count) (NULL: all) of a batch: gathered columns and their hashes. */
struct wr_op_keys {
	struct wr_keys keys;       /* what state calls take */
	struct wr_column **column; /* key_count references, held */
	uint64_t *hash;            /* owned when gathered or computed */
	uint32_t count;            /* key columns */
};
/* `use_hash`: the batch's carried hashes are of exactly these columns. */
void wr_op_keys_take(struct wr_op_keys *keys, const struct wr_batch *batch, const uint32_t *column,
		     uint32_t column_count, const uint32_t *row, uint32_t count, bool use_hash);
void wr_op_keys_release(struct wr_op_keys *keys);
/* Finds or makes the slots of the keys; is_new may be NULL. Slots that were there already are only
 * for reading until wr_state_touch: for operators to which most rows mean nothing new. */
wr_status *wr_op_keys_slots(const struct wr_op_keys *keys, const struct wr_op *op,
			    struct wr_state *state, uint8_t **slot, uint8_t *is_new);
/* Whether the key of row i of those taken has a NULL. */
bool wr_op_keys_have_null(const struct wr_op_keys *keys, uint32_t row);

#endif
