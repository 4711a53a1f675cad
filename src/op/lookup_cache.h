/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_cache - the rows of a looked-up table that a worker has at hand, by key.
 *
 *   NONE     a batch's answers, forgotten after it
 *   PARTIAL  answers until they expire, or are the ones not used for longest when there are too
 * many FULL     the whole table, read anew from time to time
 *
 * A batch's keys are a turn: begin asks the table for what is not at hand, take waits for the
 * answer, then the slots are used, and end forgets what is not to be kept. Up to turns_max turns
 * may be begun and not ended, so that the questions of several batches are under way; they are
 * taken and ended in the order in which they were begun.
 *
 * Saved: nothing. What is at hand is a copy of the table, which is asked again.
 *
 * Thread: the worker's.
 *
 * Invariants
 *   K1  A slot that a turn uses stays until the turn has ended, and its rows with it.
 *   K2  A key is asked for by the first turn that misses it; later ones find it answered.
 */
#ifndef WR_OP_LOOKUP_CACHE_H
#define WR_OP_LOOKUP_CACHE_H

#include "op/row_list.h"

/* One key. */
struct wr_lookup_slot {
	struct wr_row_list list;      /* its rows, encoded */
	int64_t written_ms, used_ms;  /* monotonic clock */
	uint64_t turn;                /* number of the last one that uses it; 0: none */
	struct wr_lookup_slot *newer; /* used after this one; NULL: none */
	struct wr_lookup_slot *older; /* used before */
	uint64_t state;               /* enum slot_state of the .c */
};

struct wr_lookup_cache {
	struct wr_op *op; /* whose node says what to ask */
	const struct wr_lookup_options *options;
	const struct wr_connector *connector; /* of the table */
	struct wr_lookup *lookup;             /* the connector's */
	struct wr_arena arena;                /* of the codec and lists */
	struct wr_codec codec;                /* of the scan's rows */
	struct wr_program *program;           /* the scan's columns over those of the connector */
	const struct wr_type **key_type;
	struct wr_state *state; /* key -> struct wr_lookup_slot; NONE: a namespace per turn */
	struct wr_lookup_slot *newest, *oldest; /* PARTIAL */
	uint64_t count;                         /* keys in the list */
	int64_t loaded_ms;                      /* FULL: when; 0: not yet */
	uint32_t turns_max;                     /* begun and not ended, at most */
	uint64_t begun, ended;                  /* turns so far */
	uint64_t answer_bytes;                  /* of the answer being taken */
};

/* The keys of a batch. Zeroed before begin; released at any time. */
struct wr_lookup_turn {
	uint64_t number; /* from 1 on */
	/* slot[i] = the rows of key i; NULL: the table has none. Valid from take to end. */
	struct wr_lookup_slot **slot;
	uint32_t count;                  /* keys */
	struct wr_column **key;          /* asked for: a column for each of the key's; NULL: none */
	struct wr_lookup_slot **missing; /* asked for: missing_count of them */
	uint32_t missing_count;
};

wr_status *wr_lookup_cache_init(struct wr_lookup_cache *cache, struct wr_op *op);
void wr_lookup_cache_release(struct wr_lookup_cache *cache);
/* keys: columns of the left side, no NULLs. Asks the table for what is not at hand. */
wr_status *wr_lookup_cache_begin(struct wr_lookup_cache *cache, const struct wr_keys *keys,
				 struct wr_lookup_turn *turn);
/* Waits for the answer, if something was asked for. The turn is the oldest that has not ended. */
wr_status *wr_lookup_cache_take(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn);
/* Forgets what is not to be kept, and releases the turn. */
wr_status *wr_lookup_cache_end(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn);
void wr_lookup_turn_release(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn);
uint64_t wr_lookup_cache_bytes(const struct wr_lookup_cache *cache);

#endif
