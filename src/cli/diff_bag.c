/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_bag - see diff_bag.h: open addressing, probed one by one, at most three quarters full.
 */
#include "cli/diff_bag.h"

#include "base/macros.h"
#include "base/mem.h"

#define SLOTS_FIRST 1024

void wr_diff_bag_init(struct wr_diff_bag *bag, uint64_t entries_max)
{
	*bag = (struct wr_diff_bag){.slot_count = SLOTS_FIRST, .count_max = entries_max};
	bag->entry = wr_calloc(SLOTS_FIRST, sizeof *bag->entry);
}

void wr_diff_bag_release(struct wr_diff_bag *bag)
{
	wr_free(bag->entry);
	*bag = (struct wr_diff_bag){0};
}

/* The slot of the key, or the free one where it belongs. */
static struct wr_diff_entry *find(const struct wr_diff_bag *bag, const uint64_t *key)
{
	for (uint64_t i = key[0];; i++) {
		struct wr_diff_entry *entry = &bag->entry[i & (bag->slot_count - 1)];

		if (entry->key[0] == key[0] && entry->key[1] == key[1])
			return entry;
		if (entry->key[0] == 0 && entry->key[1] == 0)
			return entry;
	}
}

static void grow(struct wr_diff_bag *bag)
{
	struct wr_diff_entry *old = bag->entry;
	uint64_t old_count = bag->slot_count;

	bag->slot_count *= 2;
	bag->entry = wr_calloc(bag->slot_count, sizeof *bag->entry);
	for (uint64_t i = 0; i < old_count; i++)
		if (old[i].key[0] != 0 || old[i].key[1] != 0)
			*find(bag, old[i].key) = old[i];
	wr_free(old);
}

struct wr_diff_entry *wr_diff_bag_put(struct wr_diff_bag *bag, const struct wr_diff_hash *hash)
{
	uint64_t key[2] = {hash->key[0], hash->key[1] | (hash->key[0] == 0)};
	struct wr_diff_entry *entry = find(bag, key);

	if (entry->key[0] != 0 || entry->key[1] != 0)
		return entry;
	if (bag->count == bag->count_max)
		return NULL;
	if (bag->count + 1 > bag->slot_count / 4 * 3) {
		grow(bag);
		entry = find(bag, key);
	}
	bag->count++;
	entry->key[0] = key[0];
	entry->key[1] = key[1];
	return entry;
}
