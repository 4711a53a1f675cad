/* SPDX-License-Identifier: Apache-2.0
 *
 * heavy - which keys of a stream are the most frequent ones, in fixed memory: the space-saving
 * sketch of Metwally, Agrawal and El Abbadi (2005).
 *
 * WR_HEAVY_KEYS keys are counted. One that is not among them takes the place of the least frequent
 * one, and its count from there on: it may have come as often while nobody counted it. So a count
 * is never too low, and too high by at most `over`; a key that is more than one in WR_HEAVY_KEYS of
 * all is always there.
 *
 * Thread: one at a time.
 */
#ifndef WR_BASE_HEAVY_H
#define WR_BASE_HEAVY_H

#include <stdbool.h>

#include "base/text.h"

#define WR_HEAVY_KEYS 128

struct wr_heavy_key {
	uint64_t hash;       /* of the key: keys are told apart by it */
	uint64_t count;      /* times it came, at most */
	uint64_t over;       /* by how much `count` may be too high */
	struct wr_text text; /* what it is called; owned */
};

struct wr_heavy {
	struct wr_heavy_key key[WR_HEAVY_KEYS]; /* most frequent ones anywhere */
	uint32_t count;                         /* of key */
	uint64_t total;                         /* of all that came */
};

/* `heavy` zeroed to begin with. A key has come: its entry; *named false: the caller has to fill in
 * its (empty) text. */
struct wr_heavy_key *wr_heavy_add(struct wr_heavy *heavy, uint64_t hash, bool *named);
/* The most frequent ones first. */
void wr_heavy_sort(struct wr_heavy *heavy);
void wr_heavy_release(struct wr_heavy *heavy); /* back to zero */

#endif
