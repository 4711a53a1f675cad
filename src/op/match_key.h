/* SPDX-License-Identifier: Apache-2.0
 *
 * match_key - the partial matches of one key, and how a row moves them on.
 *
 * Every partial match takes the row, hands it on, or dies: matches have no gaps. What takes it may
 * branch where a reluctant quantifier leaves the choice. A match that is complete waits until no
 * partial match that started before it is alive; then it is shown, and the skip rule ends the
 * partial and complete matches that start before the row to go on from.
 *
 * Time passes for a key in steps: a partial match ends exactly WITHIN after its first row, each at
 * its own time and before any row of that time. So it makes no difference how often somebody looks.
 *
 * Thread: one owner.
 *
 * Invariants
 *   K1  `partial` and `complete` are heaps (match_heap.h); a key without partial matches has count
 *       0, one with some also has the one that has no row yet
 *   K2  partial matches end with the key's last row: else they would have died
 *   K3  the rows held are those from the earliest start on
 */
#ifndef WR_OP_MATCH_KEY_H
#define WR_OP_MATCH_KEY_H

#include "op/match_eval.h"

struct wr_match_key {
	struct wr_match_run **partial; /* in the pool */
	struct wr_match_run **complete;
	uint32_t partial_count, partial_capacity;
	uint32_t complete_count, complete_capacity;
	struct wr_match_rows rows;
	uint32_t timers; /* that point here: the slot stays while there are any */
	uint32_t doomed; /* 1: noted for removal at the end of the mark */
	uint32_t busy;   /* 1: has a row among those at work */
	uint32_t unused;
};

/* A row on its way into a key. */
struct wr_match_event {
	const struct wr_batch *batch;
	uint32_t row;              /* of the batch */
	uint64_t bits;             /* wr_match_eval_bits */
	int64_t ms;                /* its time */
	struct wr_match_key *key;  /* of the row */
	struct wr_match_row *kept; /* its copy, once somebody needs it; in the pool */
	uint32_t first;            /* answer of the key's first partial match */
};

/* What is known of a row's conditions, as one partial match sees them: bits by variable. */
struct wr_match_answer {
	uint64_t tested;
	uint64_t met; /* of those tested */
};

/* The automaton at work; shared by all keys of an operator. */
struct wr_matcher {
	struct wr_match_nfa nfa;
	struct wr_match_eval eval;
	struct wr_agg_pool *pool;                      /* of the keys' state */
	struct wr_match_run *nothing;                  /* the partial match that has no row yet */
	struct wr_match_heap partial, found, complete; /* while a row is at work */
	struct wr_match_run **pruned;                  /* room for a heap */
	uint32_t pruned_capacity;
	struct wr_match_answer *answer; /* of the rows at work, per partial match */
	uint32_t answer_count, answer_capacity;
	struct wr_match_view *view;     /* conditions being computed: a batch */
	uint32_t *asker;                /* whose answer each is */
	bool *met;                      /* and what it is */
	wr_status *(*emit)(void *user); /* the batch of measures is full: takes it */
	void *user;
	uint32_t batch_rows; /* matches per batch */
};

wr_status *wr_matcher_init(struct wr_matcher *matcher, struct wr_op *op, struct wr_arena *arena);
void wr_matcher_release(struct wr_matcher *matcher);
/* Whether the row can matter to a key that has no matches under way. */
static inline bool wr_matcher_may_start(const struct wr_matcher *matcher, uint64_t bits)
{
	return (bits & matcher->nfa.starters) != 0;
}
#define WR_MATCH_EVENTS_MAX 1024 /* rows at work together: conditions are computed for all */
/* Moves keys on by one row each; no two rows are of one key, and those of a key come in order. */
wr_status *wr_matcher_rows(struct wr_matcher *matcher, struct wr_match_event *event,
			   uint32_t count);
/* Time has come to `ms`: partial matches end, complete ones may be shown. */
wr_status *wr_matcher_time(struct wr_matcher *matcher, struct wr_match_key *key, int64_t ms);
/* When wr_matcher_time will have something to do; false: never. */
bool wr_matcher_deadline(const struct wr_matcher *matcher, const struct wr_match_key *key,
			 int64_t *ms);
/* --- for match_codec.c */

/* Makes what is in the matcher's heap of partial (or complete) matches the zeroed key's own. */
void wr_match_key_take(struct wr_matcher *matcher, struct wr_agg_pool *pool,
		       struct wr_match_key *key, bool complete);
/* Gives back what a key has in the pool. */
void wr_match_key_drop(struct wr_matcher *matcher, struct wr_agg_pool *pool,
		       struct wr_match_key *key);
static inline bool wr_match_key_is_idle(const struct wr_match_key *key)
{
	return key->partial_count == 0 && key->complete_count == 0 && key->timers == 0;
}

#endif
