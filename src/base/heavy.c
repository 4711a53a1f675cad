/* SPDX-License-Identifier: Apache-2.0
 *
 * heavy - see heavy.h. Entries are looked for one after the other: it is used while somebody looks,
 * on a sample of the rows.
 */
#include "base/heavy.h"

#include <stdlib.h>

struct wr_heavy_key *wr_heavy_add(struct wr_heavy *heavy, uint64_t hash, bool *named)
{
	struct wr_heavy_key *least = &heavy->key[0];

	heavy->total++;
	*named = true;
	for (uint32_t i = 0; i < heavy->count; i++) {
		struct wr_heavy_key *key = &heavy->key[i];

		if (key->hash == hash) {
			key->count++;
			return key;
		}
		if (key->count < least->count)
			least = key;
	}
	*named = false;
	if (heavy->count < WR_HEAVY_KEYS) {
		least = &heavy->key[heavy->count++];
		*least = (struct wr_heavy_key){.hash = hash, .count = 1};
		wr_text_init(&least->text);
		return least;
	}
	least->hash = hash;
	least->over = least->count++;
	wr_text_clear(&least->text);
	return least;
}

static int by_count(const void *a, const void *b)
{
	const struct wr_heavy_key *left = a, *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return left->hash < right->hash ? -1 : left->hash > right->hash;
}

void wr_heavy_sort(struct wr_heavy *heavy)
{
	qsort(heavy->key, heavy->count, sizeof heavy->key[0], by_count);
}

void wr_heavy_release(struct wr_heavy *heavy)
{
	for (uint32_t i = 0; i < heavy->count; i++)
		wr_text_release(&heavy->key[i].text);
	heavy->count = 0;
	heavy->total = 0;
}
