/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_cache - the rows of a looked-up table that a worker has at hand, by key.
 *
 *   NONE     a batch's answers, forgotten after it
 *   PARTIAL  answers until they expire, or are the ones not used for longest when there are too
 * many FULL     the whole table, read anew from time to time
 *
 * Call wr_lookup_cache_find for the keys of a batch, use the slots, then wr_lookup_cache_trim.
 *
 * Saved: nothing. What is at hand is a copy of the table, which is asked again.
 *
 * Thread: the worker's.
 */
#ifndef WR_OP_LOOKUP_CACHE_H
#define WR_OP_LOOKUP_CACHE_H

#include "op/row_list.h"

/* One key. */
struct wr_lookup_slot {
	struct wr_row_list list;      /* its rows, encoded */
	int64_t written_ms, used_ms;  /* monotonic clock */
	struct wr_lookup_slot *newer; /* used after this one; NULL: none */
	struct wr_lookup_slot *older; /* used before */
	uint64_t state;               /* enum slot_state of the .c */
	uint64_t unused;
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
	struct wr_state *state; /* key -> struct wr_lookup_slot */
	struct wr_lookup_slot *newest, *oldest;
	uint64_t count;    /* keys in the list */
	int64_t loaded_ms; /* FULL: when; 0: not yet */
};

wr_status *wr_lookup_cache_init(struct wr_lookup_cache *cache, struct wr_op *op);
void wr_lookup_cache_release(struct wr_lookup_cache *cache);
/* slot[i] = the rows of key i (columns of the left side, no NULLs); NULL: the table has none. Asks
 * the table for what is not at hand. */
wr_status *wr_lookup_cache_find(struct wr_lookup_cache *cache, const struct wr_keys *keys,
				struct wr_lookup_slot **slot);
/* Forgets what is not to be kept. The slots that find gave are not valid any more. */
wr_status *wr_lookup_cache_trim(struct wr_lookup_cache *cache);
uint64_t wr_lookup_cache_bytes(const struct wr_lookup_cache *cache);

#endif
