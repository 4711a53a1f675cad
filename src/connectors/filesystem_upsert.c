/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_upsert - see filesystem_upsert.h.
 *
 * Linear probing from the slot that the hash's high bits point at (a multiplication spreads them
 * over any capacity); a removed key's followers move up, so that there are no tombstones.
 */
#include "connectors/filesystem_upsert.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"

#define CAPACITY_MIN 64u

void wr_fs_upsert_release(struct wr_fs_upsert *upsert)
{
	wr_free(upsert->slot);
	*upsert = (struct wr_fs_upsert){0};
}

static uint64_t home(const struct wr_fs_upsert *upsert, uint64_t low)
{
	return (uint64_t)((unsigned __int128)low * upsert->capacity >> 64);
}

static uint64_t next(const struct wr_fs_upsert *upsert, uint64_t at)
{
	return at + 1 == upsert->capacity ? 0 : at + 1;
}

/* The key's slot, or the free one where it belongs. */
static uint64_t find(const struct wr_fs_upsert *upsert, struct wr_fs_key key)
{
	uint64_t at = home(upsert, key.low);

	while (upsert->slot[at].len != 0 &&
	       (upsert->slot[at].low != key.low || upsert->slot[at].high != key.high))
		at = next(upsert, at);
	return at;
}

/* Moves all entries of `from[0..count)` into a new table. */
static void fill(struct wr_fs_upsert *upsert, const struct wr_fs_live *from, uint64_t count,
		 uint64_t capacity)
{
	upsert->slot = wr_calloc(capacity, sizeof *upsert->slot);
	upsert->capacity = capacity;
	for (uint64_t i = 0; i < count; i++) {
		struct wr_fs_key key = {from[i].low, from[i].high};

		if (from[i].len != 0)
			upsert->slot[find(upsert, key)] = from[i];
	}
}

void wr_fs_upsert_put(struct wr_fs_upsert *upsert, struct wr_fs_key key, uint64_t offset,
		      uint32_t len)
{
	struct wr_fs_live *slot;

	WR_ASSERT(len != 0);
	if (upsert->count >= upsert->capacity - upsert->capacity / 8) {
		struct wr_fs_live *old = upsert->slot;

		fill(upsert, old, upsert->capacity,
		     WR_MAX(upsert->capacity + upsert->capacity / 2, CAPACITY_MIN));
		wr_free(old);
	}
	slot = &upsert->slot[find(upsert, key)];
	if (slot->len != 0) {
		upsert->dead++;
		upsert->live_bytes -= slot->len;
	} else {
		upsert->count++;
	}
	upsert->live_bytes += len;
	*slot = (struct wr_fs_live){key.low, key.high, len, offset};
}

void wr_fs_upsert_remove(struct wr_fs_upsert *upsert, struct wr_fs_key key)
{
	uint64_t hole, at;

	if (upsert->count == 0)
		return;
	hole = find(upsert, key);
	if (upsert->slot[hole].len == 0)
		return;
	upsert->dead++;
	upsert->count--;
	upsert->live_bytes -= upsert->slot[hole].len;
	for (at = next(upsert, hole); upsert->slot[at].len != 0; at = next(upsert, at)) {
		uint64_t want = home(upsert, upsert->slot[at].low);
		/* It stays when its home lies behind the hole, seen around the ring. */
		bool stays = hole <= at ? want > hole && want <= at : want > hole || want <= at;

		if (stays)
			continue;
		upsert->slot[hole] = upsert->slot[at];
		hole = at;
	}
	upsert->slot[hole].len = 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct wr_fs_live *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void wr_fs_upsert_sort(struct wr_fs_upsert *upsert)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < upsert->capacity; i++)
		if (upsert->slot[i].len != 0)
			upsert->slot[count++] = upsert->slot[i];
	WR_ASSERT(count == upsert->count);
	if (count != 0)
		qsort(upsert->slot, count, sizeof *upsert->slot, by_offset);
}

void wr_fs_upsert_rebuild(struct wr_fs_upsert *upsert)
{
	struct wr_fs_live *old = upsert->slot;
	uint64_t offset = 0;

	for (uint64_t i = 0; i < upsert->count; i++) {
		old[i].offset = offset;
		offset += old[i].len;
	}
	upsert->dead = 0;
	fill(upsert, old, upsert->count,
	     WR_MAX(upsert->count + upsert->count / 2, (uint64_t)CAPACITY_MIN));
	wr_free(old);
}
