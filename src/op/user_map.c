/* SPDX-License-Identifier: Apache-2.0
 *
 * user_map - states of kind WEIR_MAP: entries in an array in the order of their making, and, when
 * there are more than a few, an index over it (open addressing, linear probing; never more than
 * half of it is used, for the array is made anew before that).
 *
 * An entry is its hash, its stamp, the key and the value. Keys are kept in a form that has nothing
 * between the members, whatever the program left there: so those without STRING and BYTES members
 * are equal if their bytes are. What is removed stays as a hole (hash 0) until a put makes room;
 * so removing does not disturb an iteration.
 *
 * Invariants
 *   P1  an entry that is in use has a hash other than 0
 *   P2  with an index every entry in use has a place in it; places hold the entry's number + 1, 0
 *       is free, GRAVE was used
 */
#include "op/user_state.h"

#include "base/macros.h"

#define SMALL 8u /* entries that are searched one by one */
#define GRAVE UINT32_MAX

struct wr_user_map {
	uint8_t *entry;    /* capacity of them; in the pool */
	uint32_t *index;   /* mask + 1 places; in the pool; NULL: none */
	uint32_t used;     /* entries made, holes included */
	uint32_t count;    /* those in use */
	uint32_t capacity; /* entries that fit */
	uint32_t mask;     /* of places */
	uint32_t oldest;   /* stamp (U3) */
};

/* A key that is looked for: its members, without what lies between them. */
struct sought {
	const void *key; /* the program's, or the copy */
	uint32_t hash;
	uint64_t copy[32]; /* of a key without STRING or BYTES, if it fits */
};

static struct wr_user_map **map_of(const struct wr_user_at *at)
{
	return (struct wr_user_map **)(void *)(at->block + at->place->offset);
}

static uint8_t *entry_at(const struct wr_user_at *at, const struct wr_user_map *map, uint32_t i)
{
	return map->entry + (size_t)i * at->place->stride;
}

static uint32_t *hash_of(uint8_t *entry)
{
	return (uint32_t *)(void *)entry;
}

static uint32_t member_size(const struct wr_user_layout *layout, uint32_t m)
{
	return wr_phys_size(wr_type_phys(layout->schema.field[m].type));
}

/* Copies the members, not what lies between them; `to` is zeroed. */
static void copy_members(const struct wr_user_layout *layout, void *to, const void *from)
{
	for (uint32_t m = 0; m < layout->schema.count; m++)
		memcpy((char *)to + layout->offset[m], (const char *)from + layout->offset[m],
		       member_size(layout, m));
}

/* The bytes of a member: its content, if it is a STRING. */
static const char *member_bytes(const struct wr_user_layout *layout, const void *key, uint32_t m,
				size_t *size)
{
	const char *at = (const char *)key + layout->offset[m];
	const struct weir_bytes *bytes = (const struct weir_bytes *)(const void *)at;

	if (wr_type_phys(layout->schema.field[m].type) == WR_P_STR) {
		*size = bytes->size;
		return bytes->size > 0 ? bytes->data : "";
	}
	*size = member_size(layout, m);
	return at;
}

static uint32_t mix(uint64_t value)
{
	value ^= value >> 32;
	value *= 0x9e3779b97f4a7c15ull;
	value ^= value >> 29;
	value *= 0xbf58476d1ce4e5b9ull;
	return (uint32_t)(value >> 32) | 1;
}

static uint32_t hash_members(const struct wr_user_layout *layout, const void *key)
{
	uint64_t hash = 0;

	for (uint32_t m = 0; m < layout->schema.count; m++) {
		size_t size;
		const char *bytes = member_bytes(layout, key, m, &size);

		hash = hash * 0x9e3779b97f4a7c15ull + wr_codec_hash(bytes, size);
	}
	return mix(hash);
}

/* Makes what a look-up compares. Keys that are too long for the copy are hashed by member. */
static void seek(const struct wr_user_place *place, const void *key, struct sought *sought)
{
	const struct wr_user_layout *layout = &place->state->key;

	sought->key = key;
	if (!place->dense_key || layout->size > sizeof sought->copy) {
		sought->hash = hash_members(layout, key);
		return;
	}
	sought->copy[0] = 0;
	memset(sought->copy, 0, layout->size);
	copy_members(layout, sought->copy, key);
	sought->key = sought->copy;
	sought->hash =
	    mix(layout->size <= 8 ? sought->copy[0]
				  : wr_codec_hash((const char *)sought->copy, layout->size));
}

/* Whether an entry is that of the key. */
static bool key_equal(const struct wr_user_place *place, const struct sought *sought,
		      uint8_t *entry)
{
	const struct wr_user_layout *layout = &place->state->key;

	if (*hash_of(entry) != sought->hash)
		return false;
	if (sought->key == sought->copy)
		return memcmp(entry + 8, sought->copy, layout->size) == 0;
	for (uint32_t m = 0; m < layout->schema.count; m++) {
		size_t a_size, b_size;
		const char *a = member_bytes(layout, sought->key, m, &a_size);
		const char *b = member_bytes(layout, entry + 8, m, &b_size);

		if (a_size != b_size || memcmp(a, b, a_size) != 0)
			return false;
	}
	return true;
}

/* The entry of a key, and its place in the index if there is one; NULL: there is none. */
static uint8_t *find(const struct wr_user_at *at, const struct wr_user_map *map,
		     const struct sought *sought, uint32_t *place)
{
	for (uint32_t i = 0; map->index == NULL && i < map->used; i++)
		if (key_equal(at->place, sought, entry_at(at, map, i)))
			return entry_at(at, map, i);
	if (map->index == NULL)
		return NULL;
	for (uint32_t i = sought->hash & map->mask; map->index[i] != 0; i = (i + 1) & map->mask) {
		uint8_t *entry;

		if (map->index[i] == GRAVE)
			continue;
		entry = entry_at(at, map, map->index[i] - 1);
		if (!key_equal(at->place, sought, entry))
			continue;
		*place = i;
		return entry;
	}
	return NULL;
}

/* --- making room */

static void index_drop(const struct wr_user_at *at, struct wr_user_map *map)
{
	if (map->index != NULL)
		wr_agg_pool_drop(at->pool, map->index,
				 ((size_t)map->mask + 1) * sizeof *map->index);
	map->index = NULL;
}

static void index_add(struct wr_user_map *map, uint32_t hash, uint32_t number)
{
	uint32_t i = hash & map->mask;

	while (map->index[i] != 0)
		i = (i + 1) & map->mask;
	map->index[i] = number + 1;
}

/* An index over all entries, with room for as many as fit the array. */
static void index_build(const struct wr_user_at *at, struct wr_user_map *map)
{
	uint32_t places = 4 * SMALL;

	index_drop(at, map);
	if (map->capacity <= SMALL)
		return;
	while (places < 2 * map->capacity)
		places *= 2;
	map->index = wr_agg_pool_alloc(at->pool, places * sizeof *map->index);
	map->mask = places - 1;
	for (uint32_t i = 0; i < map->used; i++)
		index_add(map, *hash_of(entry_at(at, map, i)), i);
}

/* Entries move together into an array that has room. */
static void make_room(const struct wr_user_at *at, struct wr_user_map *map)
{
	size_t stride = at->place->stride;
	uint32_t capacity = WR_MAX(4, map->count + WR_MAX(map->count, 1)), kept = 0;
	uint8_t *entry = wr_agg_pool_alloc(at->pool, capacity * stride);

	for (uint32_t i = 0; i < map->used; i++) {
		uint8_t *from = entry_at(at, map, i);

		if (*hash_of(from) != 0)
			memcpy(entry + stride * kept++, from, stride);
	}
	if (map->entry != NULL)
		wr_agg_pool_drop(at->pool, map->entry, map->capacity * stride);
	map->entry = entry;
	map->capacity = capacity;
	map->used = kept;
	index_build(at, map);
}

/* --- entries */

/* Gives back entries, index and head. */
void wr_user_map_clear(const struct wr_user_at *at)
{
	struct wr_user_map *map = *map_of(at);
	const struct wr_user_state *state = at->place->state;

	*wr_user_present(at->block) &= ~at->bit;
	*map_of(at) = NULL;
	if (map == NULL)
		return;
	for (uint32_t i = 0; (state->key.bytes || state->value.bytes) && i < map->used; i++) {
		uint8_t *entry = entry_at(at, map, i);

		wr_user_struct_drop(&state->key, at->pool, entry + 8);
		wr_user_struct_drop(&state->value, at->pool, entry + at->place->value_at);
	}
	index_drop(at, map);
	if (map->entry != NULL)
		wr_agg_pool_drop(at->pool, map->entry, (size_t)map->capacity * at->place->stride);
	wr_agg_pool_drop(at->pool, map, sizeof *map);
}

/* Makes a hole of an entry; what is left may be nothing. `place`: in the index. */
static void entry_remove(const struct wr_user_at *at, struct wr_user_map *map, uint8_t *entry,
			 uint32_t place)
{
	const struct wr_user_state *state = at->place->state;

	wr_user_struct_drop(&state->key, at->pool, entry + 8);
	wr_user_struct_drop(&state->value, at->pool, entry + at->place->value_at);
	memset(entry, 0, at->place->stride);
	if (map->index != NULL)
		map->index[place] = GRAVE;
	if (--map->count == 0)
		wr_user_map_clear(at);
}

/* Looks at all entries, and finds the oldest of those that stay. */
void wr_user_map_expire(const struct wr_user_at *at)
{
	const struct wr_ttl *ttl = &at->place->ttl;
	struct wr_user_map *map = *map_of(at);
	uint32_t oldest = ttl->now, place = 0;

	if (map == NULL || !wr_ttl_expired(ttl, map->oldest))
		return;
	for (uint32_t i = 0; *map_of(at) != NULL && i < map->used; i++) {
		uint8_t *entry = entry_at(at, map, i);
		uint32_t stamp = *wr_user_stamp(entry, at->place), hash = *hash_of(entry);

		if (hash == 0)
			continue;
		if (!wr_ttl_expired(ttl, stamp)) {
			if (ttl->now - stamp > ttl->now - oldest)
				oldest = stamp;
			continue;
		}
		for (place = hash & map->mask; map->index != NULL && map->index[place] != i + 1;)
			place = (place + 1) & map->mask;
		entry_remove(at, map, entry, place);
	}
	if (*map_of(at) != NULL)
		map->oldest = oldest;
}

bool wr_user_map_is_stale(const struct wr_user_at *at)
{
	const struct wr_user_map *map = *map_of(at);

	return map != NULL && wr_ttl_expired(&at->place->ttl, map->oldest);
}

/* The map without what has expired; NULL: it is empty. */
static struct wr_user_map *map_ready(const struct wr_user_at *at)
{
	if (at->place->mortal)
		wr_user_map_expire(at);
	return *map_of(at);
}

/* The value of a key, whose life may be prolonged by that. */
void *wr_user_map_get(const struct wr_user_at *at, const void *key)
{
	const struct wr_user_place *place = at->place;
	struct wr_user_map *map = map_ready(at);
	struct sought sought;
	uint32_t index;
	uint8_t *entry;

	if (map == NULL)
		return NULL;
	seek(place, key, &sought);
	entry = find(at, map, &sought, &index);
	if (entry == NULL)
		return NULL;
	if (place->mortal && place->on_read)
		*wr_user_stamp(entry, place) = place->ttl.now;
	return entry + place->value_at;
}

/* A new entry at the end. */
static uint8_t *entry_make(const struct wr_user_at *at, struct wr_user_map *map,
			   const struct sought *sought)
{
	const struct wr_user_layout *layout = &at->place->state->key;
	uint8_t *entry;

	if (map->used == map->capacity)
		make_room(at, map);
	entry = entry_at(at, map, map->used);
	memset(entry, 0, at->place->stride);
	*hash_of(entry) = sought->hash;
	if (sought->key == sought->copy) {
		memcpy(entry + 8, sought->copy, layout->size);
	} else {
		copy_members(layout, entry + 8, sought->key);
		wr_user_struct_own(layout, at->pool, entry + 8);
	}
	if (map->index != NULL)
		index_add(map, sought->hash, map->used);
	map->used++;
	map->count++;
	return entry;
}

/* The value of a key, old or new. */
void *wr_user_map_put(const struct wr_user_at *at, const void *key)
{
	const struct wr_user_place *place = at->place;
	struct wr_user_map *map = map_ready(at);
	struct sought sought;
	uint8_t *entry = NULL;
	uint32_t index;

	seek(place, key, &sought);
	if (map == NULL) {
		map = *map_of(at) = wr_agg_pool_alloc(at->pool, sizeof *map);
		map->oldest = place->ttl.now;
		*wr_user_present(at->block) |= at->bit;
	} else {
		entry = find(at, map, &sought, &index);
	}
	if (entry == NULL)
		entry = entry_make(at, map, &sought);
	*wr_user_stamp(entry, place) = place->ttl.now;
	return entry + place->value_at;
}

/* Leaves a hole. */
bool wr_user_map_remove(const struct wr_user_at *at, const void *key)
{
	struct wr_user_map *map = map_ready(at);
	struct sought sought;
	uint32_t index = 0;
	uint8_t *entry;

	if (map == NULL)
		return false;
	seek(at->place, key, &sought);
	entry = find(at, map, &sought, &index);
	if (entry == NULL)
		return false;
	entry_remove(at, map, entry, index);
	return true;
}

uint32_t wr_user_map_count(const struct wr_user_at *at)
{
	const struct wr_user_map *map = map_ready(at);

	return map != NULL ? map->count : 0;
}

uint8_t *wr_user_map_entry(const struct wr_user_at *at, uint32_t *place)
{
	const struct wr_user_map *map = *map_of(at);

	while (map != NULL && *place < map->used) {
		uint8_t *entry = entry_at(at, map, (*place)++);

		if (*hash_of(entry) != 0)
			return entry;
	}
	return NULL;
}

/* Goes through the entries in their order; holes are passed over. */
bool wr_user_map_next(const struct wr_user_at *at, uint32_t *place, const void **key, void **value)
{
	uint8_t *entry;

	(void)map_ready(at);
	entry = wr_user_map_entry(at, place);
	if (entry == NULL)
		return false;
	if (at->place->mortal && at->place->on_read)
		*wr_user_stamp(entry, at->place) = at->place->ttl.now;
	*key = entry + 8;
	*value = entry + at->place->value_at;
	return true;
}

bool wr_user_map_load(const struct wr_user_at *at, const void *key, int64_t wall_ms)
{
	const struct wr_user_place *place = at->place;
	uint32_t before = 0, oldest = place->ttl.now, stamp;
	struct wr_user_map *map = *map_of(at);
	uint8_t *value;

	if (map != NULL) { /* nothing is dropped now: the values are still to come */
		before = map->count;
		oldest = map->oldest;
		map->oldest = place->ttl.now;
	}
	value = wr_user_map_put(at, key);
	map = *map_of(at);
	stamp = place->mortal ? wr_ttl_load(&place->ttl, wall_ms) : place->ttl.now;
	*wr_user_stamp(value - place->value_at, place) = stamp;
	map->oldest = place->ttl.now - stamp > place->ttl.now - oldest ? stamp : oldest;
	return map->count > before;
}
