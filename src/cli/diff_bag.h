/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_bag - the rows of both sides of a comparison as hashes: a table from keys to what each side
 * has under them.
 *
 * Without a key the row itself is the key and its rows are counted; with one the last row of the
 * key counts, as in a table with a PRIMARY KEY. Rows are known by their hashes only (128 bits for a
 * key, 64 for a row below its key), so that the table takes 48 bytes for each key, however long the
 * rows are.
 *
 * Thread: one owner.
 */
#ifndef WR_CLI_DIFF_BAG_H
#define WR_CLI_DIFF_BAG_H

#include <stdbool.h>
#include <stdint.h>

struct wr_diff_hash {
	uint64_t key[2]; /* of the key, or of the row */
	uint64_t row;    /* of the row */
};

struct wr_diff_entry {
	uint64_t key[2];
	int64_t count[2]; /* rows of each side; with a key 0 or 1 */
	uint64_t row[2];  /* hash of each side's row, where count is not 0 */
};

struct wr_diff_bag {
	struct wr_diff_entry *entry; /* slot_count of them; free ones have the key 0, 0; owned */
	uint64_t slot_count;         /* power of two */
	uint64_t count;              /* slots in use */
	uint64_t count_max;          /* entries allowed */
};

/* `entries_max`: how many keys it may hold. */
void wr_diff_bag_init(struct wr_diff_bag *bag, uint64_t entries_max);
void wr_diff_bag_release(struct wr_diff_bag *bag);
/* The entry of a key, made when it is new; NULL: it would be one too many. */
struct wr_diff_entry *wr_diff_bag_put(struct wr_diff_bag *bag, const struct wr_diff_hash *hash);
/* Whether both sides have the same under the key. */
static inline bool wr_diff_entry_same(const struct wr_diff_entry *entry)
{
	return entry->count[0] == entry->count[1] &&
	       (entry->count[0] == 0 || entry->row[0] == entry->row[1]);
}

#endif
