/* SPDX-License-Identifier: Apache-2.0
 *
 * over_inner - the operator of OVER windows by time as its parts see it; only for them.
 *
 *     over             when rows go by: the queue, late rows, keys that are forgotten
 *     over_round       rows that go by are folded, and leave with their results
 *     over_save        what is in a checkpoint
 *
 * Invariants
 *   V1  slot->round == self->round_no iff the key has a row in the round
 *   V2  rows of one key in the round are peers
 *   V3  round rows [group_start, count) are all rows of the current (fire, time) that were not
 *       flushed, none of which shares its key with an earlier one
 */
#ifndef WR_OP_OVER_INNER_H
#define WR_OP_OVER_INNER_H

#include "op/over_frame.h"
#include "op/over_queue.h"
#include "op/rows_back.h"

/* A row that has gone by. */
struct wr_over_gone {
	struct wr_over_store *store; /* held */
	uint32_t row;                /* in it */
	int64_t fire;                /* the lowest watermark that lets it go */
	int64_t time;                /* ms */
	uint64_t number;             /* within its key; when rows are kept */
};

struct wr_over {
	struct wr_op op;
	struct wr_arena arena;        /* of what describes the state */
	struct wr_state *state;       /* partition -> struct wr_over_slot */
	struct wr_state_codec saved;  /* of it */
	struct wr_state_codec queued; /* fields of a queue's record */
	struct wr_codec key, input;   /* of a key; of a row */
	struct wr_rows_back back;     /* the queue on its way back */
	struct wr_over_frames frames;
	struct wr_over_queue queue;
	bool by_clock;    /* the order is processing time */
	bool waits;       /* rows wait in the queue */
	bool strict;      /* a row at or below the watermark is late */
	bool expires;     /* keys are forgotten */
	int64_t reach_ms; /* of the longest frame, where keys are forgotten */

	struct wr_over_gone *round; /* rows to be folded; owned */
	uint8_t **slot;             /* their keys' slots; owned */
	uint32_t *row;              /* scratch of the same length; owned */
	uint32_t count, capacity;
	uint32_t group_start; /* V3 */
	bool peers;           /* some key comes twice in the round */
	uint64_t round_no, group_no;
	int64_t group_fire, group_time; /* of the current group */

	struct wr_over_gone *out;    /* rows of the batch being written; room for a batch */
	uint32_t out_count, limit;   /* rows in it; rows of a full one */
	struct wr_builder **builder; /* per call: its results; owned */

	bool by_arrival;            /* arrival orders rows of the same time */
	struct wr_over_entry *peer; /* rows of one time; owned */
	uint32_t peer_capacity;

	uint8_t **idle; /* slots that may be forgotten at the mark; owned */
	uint32_t idle_count, idle_capacity;
	int64_t clock;   /* numbers rows that do not wait */
	int64_t sent_ms; /* watermark of the last mark */
};

/* --- over_round ---------------------------------------------------------------------------------
 */

/* A row goes by; its hold on the store goes to the round. */
wr_status *wr_over_round_add(struct wr_over *self, const struct wr_over_entry *entry);
/* Folds and reads the first `count` rows of the round. */
wr_status *wr_over_round_flush(struct wr_over *self, uint32_t count);
/* Writes the batch: the rows with their results. */
wr_status *wr_over_emit(struct wr_over *self);

/* --- over_save ----------------------------------------------------------------------------------
 */

/* What is kept and how it is saved: the state, the queue, the clocks. */
wr_status *wr_over_open_state(struct wr_over *self);
/* The queue is put together again, behind the last of its records. */
wr_status *wr_over_restored(struct wr_op *op);

#endif
