/* SPDX-License-Identifier: Apache-2.0
 *
 * map - a small hash map from strings to pointers, for catalogs, options and registries.
 *
 * Entries keep the order in which they were put, which is the order of iteration: `for (i <
 * map.count) map.entry[i]`. Keys are copied. Removal keeps the order (and is linear). Thread: one
 * owner.
 */
#ifndef WR_BASE_MAP_H
#define WR_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct wr_map_entry {
	char *key;     /* NUL-terminated; owned by the map */
	void *value;   /* the caller's */
	uint64_t hash; /* of the key */
};
struct wr_map {
	uint32_t count;             /* entries */
	uint32_t capacity;          /* slots at entry */
	struct wr_map_entry *entry; /* in order of insertion; owned */
	uint32_t slot_count;        /* power of two; 0 while empty */
	uint32_t *slot;             /* entry index + 1; 0: free; owned */
};

void wr_map_init(struct wr_map *map);
/* Frees the keys, not the values. */
void wr_map_release(struct wr_map *map);
/* The value or NULL. */
void *wr_map_get(const struct wr_map *map, const char *key);
void *wr_map_get_n(const struct wr_map *map, const char *key, size_t len);
/* Sets the value of `key`; returns the one it replaces, or NULL. */
void *wr_map_put(struct wr_map *map, const char *key, void *value);
/* Removes `key`; returns its value, or NULL. */
void *wr_map_remove(struct wr_map *map, const char *key);

#endif
