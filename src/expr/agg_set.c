/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_set - values with the number of times each is in, in order of first arrival.
 */
#include "expr/agg_set.h"

#define LINEAR_MAX 8u

uint32_t wr_set_hash(struct wr_str value)
{
	uint64_t word = 0;

	if (value.len > sizeof word)
		return (uint32_t)wr_codec_hash(value.data, value.len);
	if (value.len > 0)
		memcpy(&word, value.data, value.len);
	word = (word ^ value.len ^ (value.data == NULL)) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(word >> 32);
}

static inline bool entry_equal(const struct wr_set_entry *entry, struct wr_str value, uint32_t hash)
{
	return entry->hash == hash && entry->count != 0 &&
	       wr_agg_str_equal(wr_set_value(entry), value);
}

/* The live entry of a value, or NULL. */
static struct wr_set_entry *find(const struct wr_agg_set *set, struct wr_str value, uint32_t hash)
{
	if (set->index == NULL) {
		for (uint32_t i = 0; i < set->used; i++) {
			if (entry_equal(&set->entry[i], value, hash))
				return &set->entry[i];
		}
		return NULL;
	}
	uint32_t mask = set->capacity * 2 - 1;
	for (uint32_t place = hash & mask; set->index[place] != 0; place = (place + 1) & mask) {
		struct wr_set_entry *entry = &set->entry[set->index[place] - 1];
		if (entry_equal(entry, value, hash))
			return entry;
	}
	return NULL;
}

static void index_put(struct wr_agg_set *set, uint32_t i)
{
	uint32_t mask = set->capacity * 2 - 1;
	uint32_t place = set->entry[i].hash & mask;

	while (set->index[place] != 0)
		place = (place + 1) & mask;
	set->index[place] = i + 1;
}

/* Closes gaps, doubles the array when that frees too little, and makes the index anew. */
static void make_room(struct wr_agg_pool *pool, struct wr_agg_set *set)
{
	struct wr_set_entry *old = set->entry;
	uint32_t old_capacity = set->capacity;
	uint32_t live = 0;

	if (set->live >= old_capacity - old_capacity / 4) {
		set->capacity = WR_MAX(1, old_capacity * 2);
		set->entry = wr_agg_pool_alloc(pool, set->capacity * sizeof *set->entry);
	}
	for (uint32_t i = 0; i < set->used; i++) {
		if (old[i].count != 0)
			set->entry[live++] = old[i];
	}
	WR_ASSERT(live == set->live);
	set->used = live;
	if (set->entry != old)
		wr_agg_pool_drop(pool, old, old_capacity * sizeof *old);
	if (set->capacity <= LINEAR_MAX)
		return;
	if (set->index != NULL)
		wr_agg_pool_drop(pool, set->index, (size_t)old_capacity * 2 * sizeof *set->index);
	set->index = wr_agg_pool_alloc(pool, (size_t)set->capacity * 2 * sizeof *set->index);
	for (uint32_t i = 0; i < live; i++)
		index_put(set, i);
}

static void value_drop(struct wr_agg_pool *pool, struct wr_set_entry *entry)
{
	if (entry->len1 > WR_SET_INLINE + 1)
		wr_agg_pool_drop(pool, entry->u.ptr, entry->len1 - 1);
}

/* A new entry behind the others. */
static struct wr_set_entry *append(struct wr_agg_pool *pool, struct wr_agg_set *set,
				   struct wr_str value, uint32_t hash)
{
	struct wr_set_entry *entry;

	WR_REQUIRE(value.len < UINT32_MAX);
	if (set->used == set->capacity)
		make_room(pool, set);
	entry = &set->entry[set->used++];
	*entry = (struct wr_set_entry){.hash = hash};
	if (value.data != NULL) {
		char *to = entry->u.inlined;
		entry->len1 = (uint32_t)value.len + 1;
		if (value.len > WR_SET_INLINE)
			to = entry->u.ptr = wr_agg_pool_alloc(pool, value.len);
		memcpy(to, value.data, value.len);
	}
	set->live++;
	if (set->index != NULL)
		index_put(set, set->used - 1);
	return entry;
}

struct wr_set_entry *wr_set_entry(struct wr_agg_pool *pool, struct wr_agg_set *set,
				  struct wr_str value, uint32_t hash)
{
	struct wr_set_entry *entry = find(set, value, hash);

	return entry != NULL ? entry : append(pool, set, value, hash);
}

/* A value whose count comes to 0 leaves a gap and gives its bytes back. */
int64_t wr_set_add_hashed(struct wr_agg_pool *pool, struct wr_agg_set *set, struct wr_str value,
			  uint32_t hash, int64_t delta)
{
	struct wr_set_entry *entry = wr_set_entry(pool, set, value, hash);

	entry->count += delta;
	if (entry->count != 0)
		return entry->count;
	value_drop(pool, entry);
	set->live--;
	return 0;
}

int64_t wr_set_add(struct wr_agg_pool *pool, struct wr_agg_set *set, struct wr_str value,
		   int64_t delta)
{
	return wr_set_add_hashed(pool, set, value, wr_set_hash(value), delta);
}

void wr_set_merge(struct wr_agg_pool *pool, struct wr_agg_set *to, const struct wr_agg_set *from)
{
	for (uint32_t e = 0; e < from->used; e++) {
		if (from->entry[e].count != 0)
			wr_set_add(pool, to, wr_set_value(&from->entry[e]), from->entry[e].count);
	}
}

/* Long values, entries, index. */
void wr_set_drop(struct wr_agg_pool *pool, struct wr_agg_set *set)
{
	for (uint32_t i = 0; i < set->used; i++) {
		if (set->entry[i].count != 0)
			value_drop(pool, &set->entry[i]);
	}
	if (set->entry != NULL)
		wr_agg_pool_drop(pool, set->entry, set->capacity * sizeof *set->entry);
	if (set->index != NULL)
		wr_agg_pool_drop(pool, set->index, (size_t)set->capacity * 2 * sizeof *set->index);
	*set = (struct wr_agg_set){0};
}

void wr_set_save(const struct wr_agg_set *set, struct wr_text *text)
{
	wr_varint_put(text, set->live);
	for (uint32_t i = 0; i < set->used; i++) {
		const struct wr_set_entry *entry = &set->entry[i];
		if (entry->count == 0)
			continue;
		wr_varint_put_piece(text, wr_set_value(entry));
		wr_agg_put_number(text, entry->count);
	}
}

/* Order of arrival is that of the saved entries. */
const char *wr_set_load(struct wr_agg_pool *pool, struct wr_agg_set *set, const char *bytes,
			const char *end)
{
	uint64_t live;

	bytes = wr_varint_get(bytes, end, &live);
	for (; bytes != NULL && live > 0; live--) {
		struct wr_str value;
		int64_t count;
		bytes = wr_varint_get_piece(bytes, end, &value);
		if (bytes != NULL)
			bytes = wr_agg_get_times(bytes, end, &count);
		if (bytes != NULL)
			wr_set_add(pool, set, value, count);
	}
	return bytes;
}
