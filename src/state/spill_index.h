/* SPDX-License-Identifier: Apache-2.0
 *
 * spill_index - where the rows of a namespace lie in a log: hash -> position, eight bytes a row.
 *
 * Places are in order of hash: the home of a hash is its share of the places, and an entry that
 * finds its home taken goes right, in front of larger hashes. So a search ends at the first larger
 * hash, a removal closes the gap, growing is one merge of old into new, and going through all rows
 * in order of hash is not disturbed by any of these. A large index has parts of its own for equal
 * upper bits, each of which grows by a quarter: the memory is never twice what is needed.
 *
 * Thread: the state's owner.
 *
 * Invariants
 *   X1  entries of a part are in order of hash; each lies at or right of its home, and no place
 *       between home and entry is free
 */
#ifndef WR_STATE_SPILL_INDEX_H
#define WR_STATE_SPILL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row: position 0 is a free place. */
struct wr_spill_entry {
	uint32_t hash;
	uint32_t position; /* in the log, in units of WR_SPILL_UNIT bytes */
};

struct wr_spill_part {
	struct wr_spill_entry *entry; /* homes, then some more for those pushed off the end; NULL:
					 none yet; owned */
	uint32_t homes;               /* number of different homes */
	uint32_t places;              /* entries of the array */
	uint32_t count;               /* entries in use */
};

struct wr_spill_index {
	struct wr_spill_part *part; /* 1 << bits of them; owned */
	uint32_t bits;              /* upper bits of a hash that choose the part */
	uint64_t count;             /* rows */
	size_t bytes;               /* of everything */
};

void wr_spill_index_init(struct wr_spill_index *index);
void wr_spill_index_release(struct wr_spill_index *index);
void wr_spill_index_add(struct wr_spill_index *index, uint32_t hash, uint32_t position);
/* The entry is there. */
void wr_spill_index_remove(struct wr_spill_index *index, uint32_t hash, uint32_t position);
/* Whether the row is there; with `moved` not 0 its position becomes that. */
bool wr_spill_index_has(struct wr_spill_index *index, uint32_t hash, uint32_t position,
			uint32_t moved);
/* The first `max` positions of a hash; returns how many there are. */
uint32_t wr_spill_index_find(const struct wr_spill_index *index, uint32_t hash, uint32_t skip,
			     uint32_t *position, uint32_t max);
void wr_spill_index_prefetch(const struct wr_spill_index *index, uint32_t hash);
/* Entries from (*hash, *skip) on, in order: skip many of the same hash have been there before.
 * Advances both; stops in front of a hash that does not fit as a whole unless it is the first.
 * Returns how many; 0: the end. */
uint32_t wr_spill_index_scan(const struct wr_spill_index *index, uint64_t *hash, uint32_t *skip,
			     struct wr_spill_entry *entry, uint32_t max);

#endif
