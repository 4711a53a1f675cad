/* SPDX-License-Identifier: Apache-2.0
 *
 * interval_join - the join of SQL (interval_join.c), for the one with a callback, which begins with
 * its struct and takes the pairs from its writer (user_interval.c).
 *
 * Thread: the owner's.
 */
#ifndef WR_OP_INTERVAL_JOIN_H
#define WR_OP_INTERVAL_JOIN_H

#include "op/timed_list.h"
#include "op/timers.h"

/* What is joined by what. */
struct wr_interval_join_config {
	struct wr_interval interval; /* times and bounds */
	const uint32_t *key[2];      /* columns of the left and right input */
	uint32_t key_count;          /* of each */
	enum wr_join_kind join;      /* INNER, LEFT, RIGHT, FULL */
};

struct op_interval_join {
	struct wr_op op;                       /* first */
	struct wr_interval_join_config config; /* as it was opened */
	struct wr_join_writer writer;
	struct wr_state *state;         /* key -> struct slot */
	struct wr_state_field field[2]; /* of a saved slot: a list per side */
	struct wr_state_codec saved;
	struct wr_timers timers;   /* when keys have rows to drop */
	struct wr_encoded encoded; /* rows of the batch */
	int64_t reach_ms[2];       /* per side: its rows can meet rows up to their time + this */
	int64_t watermark_ms;      /* of the last mark, or the clock then */
};

/* init of either; condition: the rest, over left ++ right; NULL: none. */
wr_status *wr_interval_join_open(struct op_interval_join *self,
				 const struct wr_interval_join_config *config,
				 struct wr_expr *condition);
wr_status *wr_interval_join_restored(struct wr_op *op);
wr_status *wr_interval_join_process(struct wr_op *op, uint32_t input, struct wr_batch *batch_moved);
wr_status *wr_interval_join_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more);
void wr_interval_join_release(struct wr_op *op);
uint64_t wr_interval_join_bytes(const struct wr_op *op);

#endif
