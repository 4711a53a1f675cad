/* SPDX-License-Identifier: Apache-2.0
 *
 * map - a small hash map from strings to pointers: entries in order, and an index of open
 * addressing over them.
 */
#include "base/map.h"

#include <string.h>
#include <xxhash.h>

#include "base/macros.h"
#include "base/mem.h"

#define MAP_SLOTS_MIN 8u

void wr_map_init(struct wr_map *map)
{
	*map = (struct wr_map){0};
}

void wr_map_release(struct wr_map *map)
{
	for (uint32_t i = 0; i < map->count; i++)
		wr_free(map->entry[i].key);
	wr_free(map->entry);
	wr_free(map->slot);
	wr_map_init(map);
}

static uint64_t key_hash(const char *key, size_t len)
{
	return XXH3_64bits(key, len);
}

/* The slot that holds `key`, or the free one where it belongs. The index is never full. */
static uint32_t map_slot(const struct wr_map *map, const char *key, size_t len, uint64_t hash)
{
	uint32_t mask = map->slot_count - 1;
	uint32_t at = (uint32_t)hash & mask;

	while (map->slot[at] != 0) {
		const struct wr_map_entry *entry = &map->entry[map->slot[at] - 1];
		if (entry->hash == hash && strlen(entry->key) == len &&
		    memcmp(entry->key, key, len) == 0)
			break;
		at = (at + 1) & mask;
	}
	return at;
}

static void map_index(struct wr_map *map, uint32_t slot_count)
{
	wr_free(map->slot);
	map->slot = wr_calloc(slot_count, sizeof *map->slot);
	map->slot_count = slot_count;
	for (uint32_t i = 0; i < map->count; i++) {
		uint32_t at = (uint32_t)map->entry[i].hash & (slot_count - 1);
		while (map->slot[at] != 0)
			at = (at + 1) & (slot_count - 1);
		map->slot[at] = i + 1;
	}
}

void *wr_map_get_n(const struct wr_map *map, const char *key, size_t len)
{
	if (map->count == 0)
		return NULL;
	uint32_t at = map_slot(map, key, len, key_hash(key, len));
	return map->slot[at] != 0 ? map->entry[map->slot[at] - 1].value : NULL;
}

void *wr_map_get(const struct wr_map *map, const char *key)
{
	return wr_map_get_n(map, key, strlen(key));
}

/* The index is kept at most half full. */
void *wr_map_put(struct wr_map *map, const char *key, void *value)
{
	size_t len = strlen(key);
	uint64_t hash = key_hash(key, len);

	if (2 * (map->count + 1) > map->slot_count)
		map_index(map, WR_MAX(map->slot_count * 2, MAP_SLOTS_MIN));
	uint32_t at = map_slot(map, key, len, hash);
	if (map->slot[at] != 0) {
		struct wr_map_entry *entry = &map->entry[map->slot[at] - 1];
		void *before = entry->value;
		entry->value = value;
		return before;
	}
	if (map->count == map->capacity) {
		map->capacity = WR_MAX(map->capacity * 2, 4u);
		map->entry = wr_realloc(map->entry, map->capacity * sizeof *map->entry);
	}
	map->entry[map->count] =
	    (struct wr_map_entry){.key = wr_strndup(key, len), .value = value, .hash = hash};
	map->slot[at] = ++map->count;
	return NULL;
}

void *wr_map_remove(struct wr_map *map, const char *key)
{
	size_t len = strlen(key);

	if (map->count == 0)
		return NULL;
	uint32_t at = map_slot(map, key, len, key_hash(key, len));
	if (map->slot[at] == 0)
		return NULL;
	uint32_t i = map->slot[at] - 1;
	void *value = map->entry[i].value;
	wr_free(map->entry[i].key);
	memmove(map->entry + i, map->entry + i + 1, (map->count - i - 1) * sizeof *map->entry);
	map->count--;
	map_index(map, map->slot_count);
	return value;
}
