/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_multiset - values in order, each with the number of times it is in.
 */
#include "expr/agg_multiset.h"

#define LEAF_MAX   64u
#define LEAVES_MIN 4u

static inline int key_compare(bool strings, const struct wr_ms_key *a, const struct wr_ms_key *b)
{
	if (strings)
		return wr_view_compare(&a->u.view, &b->u.view);
	return (a->u.number > b->u.number) - (a->u.number < b->u.number);
}

/* Floats become integers in the same order; FLOAT goes by way of DOUBLE, which is exact. */
struct wr_ms_key wr_ms_key_of(const struct wr_column *column, uint32_t row)
{
	uint32_t at = row & column->mask;

	switch (column->phys) {
	case WR_P_BOOL: return (struct wr_ms_key){.u.number = WR_DATA(column, uint8_t)[at]};
	case WR_P_I8: return (struct wr_ms_key){.u.number = WR_DATA(column, int8_t)[at]};
	case WR_P_I16: return (struct wr_ms_key){.u.number = WR_DATA(column, int16_t)[at]};
	case WR_P_I32: return (struct wr_ms_key){.u.number = WR_DATA(column, int32_t)[at]};
	case WR_P_I64: return (struct wr_ms_key){.u.number = WR_DATA(column, int64_t)[at]};
	case WR_P_I128: return (struct wr_ms_key){.u.number = WR_DATA(column, wr_i128)[at]};
	case WR_P_F32: return wr_ms_key_of_f64((double)WR_DATA(column, float)[at]);
	case WR_P_F64: return wr_ms_key_of_f64(WR_DATA(column, double)[at]);
	default: break;
	}
	WR_ASSERT(column->phys == WR_P_STR);
	return (struct wr_ms_key){.u.view = WR_DATA(column, struct wr_view)[at]};
}

static size_t leaf_size(uint32_t capacity)
{
	return sizeof(struct wr_ms_leaf) + capacity * sizeof(struct wr_ms_entry);
}

static struct wr_ms_leaf *leaf_new(struct wr_agg_pool *pool, uint32_t capacity)
{
	struct wr_ms_leaf *leaf = wr_agg_pool_alloc(pool, leaf_size(capacity));

	leaf->capacity = capacity;
	return leaf;
}

static void leaf_drop(struct wr_agg_pool *pool, struct wr_ms_leaf *leaf)
{
	wr_agg_pool_drop(pool, leaf, leaf_size(leaf->capacity));
}

static void leaf_set(struct wr_agg_multiset *set, uint32_t i, struct wr_ms_leaf *leaf)
{
	if (set->capacity == 0)
		set->u.one = leaf;
	else
		set->u.many[i] = leaf;
}

/* The last leaf whose first key is not above `key`; 0 when there is none. */
static uint32_t find_leaf(const struct wr_agg_multiset *set, bool strings,
			  const struct wr_ms_key *key)
{
	uint32_t low = 0;
	uint32_t high = set->leaf_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (key_compare(strings, &wr_ms_leaf_at(set, middle)->entry[0].key, key) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The first entry of a leaf that is not below `key`. */
static uint32_t find_entry(const struct wr_ms_leaf *leaf, bool strings, const struct wr_ms_key *key)
{
	uint32_t low = 0;
	uint32_t high = leaf->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (key_compare(strings, &leaf->entry[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Makes leaf i + 1 out of the upper half of leaf i. */
static void split_leaf(struct wr_agg_pool *pool, struct wr_agg_multiset *set, uint32_t i)
{
	struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
	struct wr_ms_leaf *upper = leaf_new(pool, LEAF_MAX);

	if (set->leaf_count >= set->capacity) {
		uint32_t capacity = WR_MAX(LEAVES_MIN, set->capacity * 2);
		struct wr_ms_leaf **many = wr_agg_pool_alloc(pool, capacity * sizeof *many);
		for (uint32_t j = 0; j < set->leaf_count; j++)
			many[j] = wr_ms_leaf_at(set, j);
		if (set->capacity != 0)
			wr_agg_pool_drop(pool, set->u.many, set->capacity * sizeof *many);
		set->u.many = many;
		set->capacity = capacity;
	}
	upper->count = leaf->count / 2;
	leaf->count -= upper->count;
	memcpy(upper->entry, leaf->entry + leaf->count, upper->count * sizeof *upper->entry);
	memmove(set->u.many + i + 2, set->u.many + i + 1,
		(set->leaf_count - i - 1) * sizeof *set->u.many);
	set->u.many[i + 1] = upper;
	set->leaf_count++;
}

/* Room for one more entry in the leaf for `key`; returns that leaf. */
static struct wr_ms_leaf *make_room(struct wr_agg_pool *pool, struct wr_agg_multiset *set,
				    bool strings, const struct wr_ms_key *key)
{
	if (set->leaf_count == 0) {
		leaf_set(set, 0, leaf_new(pool, 1));
		set->leaf_count = 1;
		return wr_ms_leaf_at(set, 0);
	}
	uint32_t i = find_leaf(set, strings, key);
	struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
	if (leaf->count < leaf->capacity)
		return leaf;
	if (leaf->capacity == LEAF_MAX) {
		split_leaf(pool, set, i);
		return wr_ms_leaf_at(set, find_leaf(set, strings, key));
	}
	uint32_t capacity = leaf->capacity * 2;
	leaf = wr_agg_pool_grow(pool, leaf, leaf_size(leaf->capacity), leaf_size(capacity));
	leaf->capacity = capacity;
	leaf_set(set, i, leaf);
	return leaf;
}

/* Takes entry e out of leaf i. */
static void remove_entry(struct wr_agg_pool *pool, struct wr_agg_multiset *set, bool strings,
			 uint32_t i, uint32_t e)
{
	struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
	struct wr_ms_entry *entry = &leaf->entry[e];

	if (strings && entry->key.u.view.len > WR_VIEW_INLINE)
		wr_agg_pool_drop(pool, (void *)(uintptr_t)entry->key.u.view.u.ref.ptr,
				 entry->key.u.view.len);
	leaf->count--;
	memmove(entry, entry + 1, (leaf->count - e) * sizeof *entry);
	if (leaf->count > 0)
		return;
	leaf_drop(pool, leaf);
	set->leaf_count--;
	if (set->capacity == 0) {
		set->u.one = NULL;
	} else {
		memmove(set->u.many + i, set->u.many + i + 1,
			(set->leaf_count - i) * sizeof *set->u.many);
		if (set->leaf_count == 0) {
			wr_agg_pool_drop(pool, set->u.many, set->capacity * sizeof *set->u.many);
			set->u.one = NULL;
			set->capacity = 0;
		}
	}
}

static inline int64_t shown(int64_t count)
{
	return count > 0 ? count : 0;
}

/* Mostly the key is there, or there is room in its leaf. */
void wr_ms_add(struct wr_agg_pool *pool, struct wr_agg_multiset *set, bool strings,
	       struct wr_ms_key key, int64_t delta)
{
	WR_ASSERT(delta != 0);
	if (set->leaf_count > 0) {
		uint32_t i = find_leaf(set, strings, &key);
		struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
		uint32_t e = find_entry(leaf, strings, &key);
		if (e < leaf->count && key_compare(strings, &leaf->entry[e].key, &key) == 0) {
			int64_t count = leaf->entry[e].count + delta;
			set->total += shown(count) - shown(leaf->entry[e].count);
			leaf->entry[e].count = count;
			if (count == 0)
				remove_entry(pool, set, strings, i, e);
			return;
		}
	}
	struct wr_ms_leaf *leaf = make_room(pool, set, strings, &key);
	uint32_t e = find_entry(leaf, strings, &key);
	struct wr_ms_entry *entry = &leaf->entry[e];
	memmove(entry + 1, entry, (leaf->count - e) * sizeof *entry);
	if (strings && key.u.view.len > WR_VIEW_INLINE) {
		char *copy = wr_agg_pool_alloc(pool, key.u.view.len);
		memcpy(copy, key.u.view.u.ref.ptr, key.u.view.len);
		key.u.view.u.ref.ptr = copy;
	}
	*entry = (struct wr_ms_entry){.key = key, .count = delta};
	leaf->count++;
	set->total += shown(delta);
}

const struct wr_ms_entry *wr_ms_first(const struct wr_agg_multiset *set)
{
	for (uint32_t i = 0; i < set->leaf_count; i++) {
		const struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
		for (uint32_t e = 0; e < leaf->count; e++) {
			if (leaf->entry[e].count > 0)
				return &leaf->entry[e];
		}
	}
	return NULL;
}

const struct wr_ms_entry *wr_ms_last(const struct wr_agg_multiset *set)
{
	for (uint32_t i = set->leaf_count; i-- > 0;) {
		const struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
		for (uint32_t e = leaf->count; e-- > 0;) {
			if (leaf->entry[e].count > 0)
				return &leaf->entry[e];
		}
	}
	return NULL;
}

void wr_ms_merge(struct wr_agg_pool *pool, struct wr_agg_multiset *to, bool strings,
		 const struct wr_agg_multiset *from)
{
	for (uint32_t i = 0; i < from->leaf_count; i++) {
		const struct wr_ms_leaf *leaf = wr_ms_leaf_at(from, i);
		for (uint32_t e = 0; e < leaf->count; e++)
			wr_ms_add(pool, to, strings, leaf->entry[e].key, leaf->entry[e].count);
	}
}

/* Long strings, leaves, the array. */
void wr_ms_drop(struct wr_agg_pool *pool, struct wr_agg_multiset *set, bool strings)
{
	for (uint32_t i = 0; i < set->leaf_count; i++) {
		struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
		for (uint32_t e = 0; strings && e < leaf->count; e++) {
			const struct wr_view *view = &leaf->entry[e].key.u.view;
			if (view->len > WR_VIEW_INLINE)
				wr_agg_pool_drop(pool, (void *)(uintptr_t)view->u.ref.ptr,
						 view->len);
		}
		leaf_drop(pool, leaf);
	}
	if (set->capacity != 0)
		wr_agg_pool_drop(pool, set->u.many, set->capacity * sizeof *set->u.many);
	*set = (struct wr_agg_multiset){0};
}

/* In order, so that loading only ever adds at the end. */
void wr_ms_save(const struct wr_agg_multiset *set, bool strings, struct wr_text *text)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < set->leaf_count; i++)
		count += wr_ms_leaf_at(set, i)->count;
	wr_varint_put(text, count);
	for (uint32_t i = 0; i < set->leaf_count; i++) {
		const struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
		for (uint32_t e = 0; e < leaf->count; e++) {
			const struct wr_ms_entry *entry = &leaf->entry[e];
			if (strings)
				wr_varint_put_piece(
				    text, (struct wr_str){wr_view_data(&entry->key.u.view),
							  entry->key.u.view.len});
			else
				wr_agg_put_number(text, entry->key.u.number);
			wr_agg_put_number(text, entry->count);
		}
	}
}

/* Counts are checked; keys that come twice add up. */
const char *wr_ms_load(struct wr_agg_pool *pool, struct wr_agg_multiset *set, bool strings,
		       const char *bytes, const char *end)
{
	uint64_t count;

	bytes = wr_varint_get(bytes, end, &count);
	for (; bytes != NULL && count > 0; count--) {
		struct wr_ms_key key;
		int64_t times;
		if (strings) {
			struct wr_str value;
			bytes = wr_varint_get_piece(bytes, end, &value);
			if (bytes == NULL || value.data == NULL)
				return NULL;
			key.u.view = wr_view_of(value.data, (uint32_t)value.len);
		} else {
			bytes = wr_agg_get_number(bytes, end, &key.u.number);
			if (bytes == NULL)
				return NULL;
		}
		bytes = wr_agg_get_times(bytes, end, &times);
		if (bytes != NULL)
			wr_ms_add(pool, set, strings, key, times);
	}
	return bytes;
}
