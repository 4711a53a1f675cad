/* SPDX-License-Identifier: Apache-2.0
 *
 * spill_index - see spill_index.h.
 */
#include "state/spill_index.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define HOMES_MIN  16u
#define EXTRA      16u        /* places behind the last home, at least */
#define SPLIT_AT   (1u << 15) /* rows of an index that gets parts */
#define SPLIT_BITS 8u

void wr_spill_index_init(struct wr_spill_index *index)
{
	*index = (struct wr_spill_index){0};
	index->part = wr_calloc(1, sizeof *index->part);
	index->bytes = sizeof *index->part;
}

void wr_spill_index_release(struct wr_spill_index *index)
{
	for (uint32_t i = 0; index->part != NULL && i < 1u << index->bits; i++)
		wr_free(index->part[i].entry);
	wr_free(index->part);
	*index = (struct wr_spill_index){0};
}

static struct wr_spill_part *part_of(const struct wr_spill_index *index, uint32_t hash)
{
	return &index->part[index->bits == 0 ? 0 : hash >> (32 - index->bits)];
}

static uint32_t home_of(const struct wr_spill_index *index, const struct wr_spill_part *part,
			uint32_t hash)
{
	return (uint32_t)(((uint64_t)(uint32_t)(hash << index->bits) * part->homes) >> 32);
}

/* Makes a part one with this many homes. Entries stay in order, so that the next one never goes
 * left of the last. */
static void part_resize(struct wr_spill_index *index, struct wr_spill_part *part, uint32_t homes,
			uint32_t extra)
{
	struct wr_spill_part old = *part;
	uint32_t next = 0;

	*part = (struct wr_spill_part){.homes = homes, .places = homes + extra, .count = old.count};
	part->entry = wr_calloc(part->places, sizeof *part->entry);
	for (uint32_t i = 0; i < old.places; i++) {
		uint32_t home;

		if (old.entry[i].position == 0)
			continue;
		home = home_of(index, part, old.entry[i].hash);
		next = WR_MAX(next, home);
		if (next == part->places) { /* too many of the largest hashes: more room for them */
			wr_free(part->entry);
			*part = old;
			part_resize(index, part, homes, extra * 4);
			return;
		}
		part->entry[next++] = old.entry[i];
	}
	index->bytes += (part->places - (size_t)old.places) * sizeof *part->entry;
	wr_free(old.entry);
}

/* The place of the first entry with a hash of at least `hash`, or of the free place where it would
 * be; places: there is no room right of the last home. */
static uint32_t seek(const struct wr_spill_index *index, const struct wr_spill_part *part,
		     uint32_t hash)
{
	uint32_t place = home_of(index, part, hash);

	while (place < part->places && part->entry[place].position != 0 &&
	       part->entry[place].hash < hash)
		place++;
	return place;
}

/* Puts an entry where the order wants it; false: no room at the end. */
static bool part_add(struct wr_spill_index *index, struct wr_spill_part *part, uint32_t hash,
		     uint32_t position)
{
	uint32_t place = seek(index, part, hash), end = place;

	while (end < part->places && part->entry[end].position != 0)
		end++;
	if (end == part->places)
		return false;
	memmove(&part->entry[place + 1], &part->entry[place], (end - place) * sizeof *part->entry);
	part->entry[place] = (struct wr_spill_entry){hash, position};
	part->count++;
	return true;
}

/* A large index gets parts: all entries go into them. */
static void split(struct wr_spill_index *index)
{
	struct wr_spill_part old = index->part[0];
	uint32_t homes = (uint32_t)(index->count >> SPLIT_BITS) * 2;

	wr_free(index->part);
	index->bits = SPLIT_BITS;
	index->part = wr_calloc(1u << SPLIT_BITS, sizeof *index->part);
	index->bytes = sizeof *index->part << SPLIT_BITS;
	for (uint32_t i = 0; i < 1u << SPLIT_BITS; i++)
		part_resize(index, &index->part[i], WR_MAX(homes, HOMES_MIN), EXTRA);
	for (uint32_t i = 0; i < old.places; i++) {
		struct wr_spill_part *part = part_of(index, old.entry[i].hash);

		if (old.entry[i].position == 0)
			continue;
		while (!part_add(index, part, old.entry[i].hash, old.entry[i].position))
			part_resize(index, part, part->homes, part->places - part->homes + EXTRA);
	}
	wr_free(old.entry);
}

void wr_spill_index_add(struct wr_spill_index *index, uint32_t hash, uint32_t position)
{
	struct wr_spill_part *part;

	WR_ASSERT(position != 0);
	if (index->bits == 0 && index->count == SPLIT_AT)
		split(index);
	part = part_of(index, hash);
	if (part->count >= part->homes - part->homes / 8)
		part_resize(index, part, WR_MAX(HOMES_MIN, part->homes + part->homes / 4),
			    EXTRA + part->homes / 64);
	while (!part_add(index, part, hash, position))
		part_resize(index, part, part->homes, 2 * (part->places - part->homes));
	index->count++;
}

/* The place of an entry, or UINT32_MAX. */
static uint32_t part_find(const struct wr_spill_index *index, const struct wr_spill_part *part,
			  uint32_t hash, uint32_t position)
{
	uint32_t place;

	if (part->entry == NULL)
		return UINT32_MAX;
	place = seek(index, part, hash);
	for (; place < part->places && part->entry[place].position != 0 &&
	       part->entry[place].hash == hash;
	     place++)
		if (part->entry[place].position == position)
			return place;
	return UINT32_MAX;
}

/* The gap is closed by those right of it that are not at home. */
void wr_spill_index_remove(struct wr_spill_index *index, uint32_t hash, uint32_t position)
{
	struct wr_spill_part *part = part_of(index, hash);
	uint32_t place = part_find(index, part, hash, position), end;

	WR_REQUIRE(place != UINT32_MAX);
	for (end = place + 1; end < part->places && part->entry[end].position != 0 &&
			      home_of(index, part, part->entry[end].hash) < end;)
		end++;
	memmove(&part->entry[place], &part->entry[place + 1],
		(end - place - 1) * sizeof *part->entry);
	part->entry[end - 1] = (struct wr_spill_entry){0};
	part->count--;
	index->count--;
}

bool wr_spill_index_has(struct wr_spill_index *index, uint32_t hash, uint32_t position,
			uint32_t moved)
{
	struct wr_spill_part *part = part_of(index, hash);
	uint32_t place = part_find(index, part, hash, position);

	if (place == UINT32_MAX)
		return false;
	if (moved != 0)
		part->entry[place].position = moved;
	return true;
}

uint32_t wr_spill_index_find(const struct wr_spill_index *index, uint32_t hash, uint32_t skip,
			     uint32_t *position, uint32_t max)
{
	const struct wr_spill_part *part = part_of(index, hash);
	uint32_t count = 0;

	if (part->entry == NULL)
		return 0;
	for (uint32_t place = seek(index, part, hash);
	     place < part->places && part->entry[place].position != 0 &&
	     part->entry[place].hash == hash && count < max;
	     place++) {
		if (skip > 0)
			skip--;
		else
			position[count++] = part->entry[place].position;
	}
	return count;
}

void wr_spill_index_prefetch(const struct wr_spill_index *index, uint32_t hash)
{
	const struct wr_spill_part *part = part_of(index, hash);

	if (part->entry != NULL)
		__builtin_prefetch(&part->entry[home_of(index, part, hash)]);
}

/* Takes off the end a hash of which only a part fitted, and says where to go on. */
static uint32_t scan_cut(const struct wr_spill_entry *entry, uint32_t count, uint64_t *hash,
			 uint32_t *skip)
{
	uint32_t last = entry[count - 1].hash, whole = count;

	while (whole > 0 && entry[whole - 1].hash == last)
		whole--;
	if (whole > 0) {
		*skip = 0;
	} else { /* one hash fills it all */
		*skip = (last == *hash ? *skip : 0) + count;
		whole = count;
	}
	*hash = last;
	return whole;
}

uint32_t wr_spill_index_scan(const struct wr_spill_index *index, uint64_t *hash, uint32_t *skip,
			     struct wr_spill_entry *entry, uint32_t max)
{
	uint32_t first = index->bits == 0 ? 0 : (uint32_t)(*hash >> (32 - index->bits));
	uint32_t count = 0, skipped = 0;

	if (*hash > UINT32_MAX)
		return 0;
	for (uint32_t i = first; i < 1u << index->bits; i++) {
		const struct wr_spill_part *part = &index->part[i];
		uint32_t place = i == first ? seek(index, part, (uint32_t)*hash) : 0;

		for (; place < part->places; place++) {
			struct wr_spill_entry at = part->entry[place];

			if (at.position == 0 || at.hash < *hash)
				continue;
			if (at.hash == *hash && skipped < *skip) {
				skipped++;
				continue;
			}
			if (count == max)
				return scan_cut(entry, count, hash, skip);
			entry[count++] = at;
		}
	}
	*hash = (uint64_t)UINT32_MAX + 1;
	return count;
}
