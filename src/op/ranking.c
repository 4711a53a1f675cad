/* SPDX-License-Identifier: Apache-2.0
 *
 * ranking - see ranking.h.
 */
#include "op/ranking.h"

#include "base/mem.h"
#include "op/sort_key.h"

#define LEAF_MIN   2u
#define LEAF_MAX   64u
#define LEAVES_MIN 1u

int wr_ranked_compare(const struct wr_ranked_row *row, const struct wr_ranked_probe *probe)
{
	int order = wr_sort_key_compare(row->bytes, row->key_len, probe->bytes, probe->key_len);

	if (order != 0)
		return order;
	if (row->seq != probe->seq)
		return row->seq < probe->seq ? -1 : 1;
	return wr_sort_key_compare(row->bytes + row->key_len, row->len - row->key_len,
				   probe->bytes + probe->key_len, probe->len - probe->key_len);
}

void wr_ranked_unref(struct wr_ranked_row *row, struct wr_agg_pool *pool)
{
	WR_ASSERT(row->refs > 0);
	if (--row->refs == 0)
		wr_agg_pool_drop(pool, row, sizeof *row + row->len);
}

static size_t leaf_size(uint32_t capacity)
{
	return sizeof(struct wr_ranked_leaf) + capacity * sizeof(struct wr_ranked_row *);
}

static struct wr_ranked_leaf *leaf_new(struct wr_agg_pool *pool, uint32_t capacity)
{
	struct wr_ranked_leaf *leaf = wr_agg_pool_alloc(pool, leaf_size(capacity));

	leaf->capacity = capacity;
	return leaf;
}

/* Puts a leaf into the array at `index`. */
static void insert_leaf(struct wr_ranking *ranking, struct wr_agg_pool *pool, uint32_t index,
			struct wr_ranked_leaf *leaf)
{
	struct wr_ranked_leaf **all = ranking->leaf;
	uint32_t capacity = WR_MAX(LEAVES_MIN, 2 * ranking->leaf_capacity);

	if (ranking->leaf_count == ranking->leaf_capacity) {
		all = wr_agg_pool_alloc(pool, capacity * sizeof(struct wr_ranked_leaf *));
		if (ranking->leaf_capacity > 0) {
			memcpy(all, ranking->leaf,
			       ranking->leaf_count * sizeof(struct wr_ranked_leaf *));
			wr_agg_pool_drop(pool, ranking->leaf,
					 ranking->leaf_capacity * sizeof(struct wr_ranked_leaf *));
		}
		ranking->leaf = all;
		ranking->leaf_capacity = capacity;
	}
	memmove(all + index + 1, all + index,
		(ranking->leaf_count - index) * sizeof(struct wr_ranked_leaf *));
	all[index] = leaf;
	ranking->leaf_count++;
}

/* A full leaf grows, or gives its upper half to a new one behind it. */
static void make_room(struct wr_ranking *ranking, struct wr_agg_pool *pool, uint32_t index)
{
	struct wr_ranked_leaf *leaf = ranking->leaf[index], *other;

	other = leaf_new(pool, leaf->capacity < LEAF_MAX ? 2 * leaf->capacity : (uint32_t)LEAF_MAX);
	if (leaf->capacity < LEAF_MAX) {
		other->count = leaf->count;
		memcpy(other->row, leaf->row, leaf->count * sizeof(struct wr_ranked_row *));
		wr_agg_pool_drop(pool, leaf, leaf_size(leaf->capacity));
		ranking->leaf[index] = other;
		return;
	}
	other->count = leaf->count / 2;
	leaf->count -= other->count;
	memcpy(other->row, leaf->row + leaf->count, other->count * sizeof(struct wr_ranked_row *));
	insert_leaf(ranking, pool, index + 1, other);
}

/* The first place whose row is behind the probe (`after`) or not before it. A place at the end of a
 * leaf may be answered: it is where such a row goes. */
static struct wr_ranked_place search(const struct wr_ranking *ranking,
				     const struct wr_ranked_probe *probe, bool after)
{
	uint32_t low = 0, high = ranking->leaf_count;
	struct wr_ranked_place place = {0};
	int limit = after ? 1 : 0; /* rows that compare lower come before the place */

	while (high - low > 1) { /* the last leaf whose first row comes before the place */
		uint32_t middle = low + (high - low) / 2;

		if (wr_ranked_compare(ranking->leaf[middle]->row[0], probe) < limit)
			low = middle;
		else
			high = middle;
	}
	place.leaf = low;
	if (ranking->leaf_count == 0)
		return place;
	high = ranking->leaf[low]->count;
	while (place.at < high) {
		uint32_t middle = place.at + (high - place.at) / 2;

		if (wr_ranked_compare(ranking->leaf[low]->row[middle], probe) < limit)
			place.at = middle + 1;
		else
			high = middle;
	}
	return place;
}

void wr_ranking_add(struct wr_ranking *ranking, struct wr_agg_pool *pool,
		    const struct wr_ranked_probe *probe)
{
	struct wr_ranked_place place = search(ranking, probe, true);
	struct wr_ranked_row *row = wr_agg_pool_alloc(pool, sizeof *row + probe->len);
	struct wr_ranked_leaf *leaf;

	row->refs = 1;
	row->key_len = probe->key_len;
	row->len = probe->len;
	row->seq = probe->seq;
	memcpy(row->bytes, probe->bytes, probe->len);
	if (ranking->leaf_count == 0)
		insert_leaf(ranking, pool, 0, leaf_new(pool, LEAF_MIN));
	if (ranking->leaf[place.leaf]->count == ranking->leaf[place.leaf]->capacity) {
		make_room(ranking, pool, place.leaf);
		if (place.at > ranking->leaf[place.leaf]->count) {
			place.at -= ranking->leaf[place.leaf]->count;
			place.leaf++;
		}
	}
	leaf = ranking->leaf[place.leaf];
	memmove(leaf->row + place.at + 1, leaf->row + place.at,
		(leaf->count - place.at) * sizeof(struct wr_ranked_row *));
	leaf->row[place.at] = row;
	leaf->count++;
	ranking->count++;
}

struct wr_ranked_place wr_ranking_search(const struct wr_ranking *ranking,
					 const struct wr_ranked_probe *probe)
{
	struct wr_ranked_place place = search(ranking, probe, false);

	if (place.leaf < ranking->leaf_count && place.at == ranking->leaf[place.leaf]->count)
		place = (struct wr_ranked_place){.leaf = place.leaf + 1};
	return place;
}

bool wr_ranking_find(const struct wr_ranking *ranking, const struct wr_ranked_probe *probe,
		     struct wr_ranked_place *place)
{
	struct wr_ranked_probe first = *probe;

	first.seq = 0;
	*place = wr_ranking_search(ranking, &first);
	for (; place->leaf < ranking->leaf_count; wr_ranking_next(ranking, place)) {
		const struct wr_ranked_row *row = wr_ranking_row(ranking, *place);

		if (wr_sort_key_compare(row->bytes, row->key_len, probe->bytes, probe->key_len) !=
		    0)
			return false;
		if (row->len == probe->len && memcmp(row->bytes, probe->bytes, row->len) == 0)
			return true;
	}
	return false;
}

void wr_ranking_remove(struct wr_ranking *ranking, struct wr_agg_pool *pool,
		       struct wr_ranked_place place)
{
	struct wr_ranked_leaf *leaf = ranking->leaf[place.leaf];

	wr_ranked_unref(leaf->row[place.at], pool);
	memmove(leaf->row + place.at, leaf->row + place.at + 1,
		(leaf->count - place.at - 1) * sizeof(struct wr_ranked_row *));
	ranking->count--;
	if (--leaf->count > 0)
		return;
	wr_agg_pool_drop(pool, leaf, leaf_size(leaf->capacity));
	memmove(ranking->leaf + place.leaf, ranking->leaf + place.leaf + 1,
		(ranking->leaf_count - place.leaf - 1) * sizeof(struct wr_ranked_leaf *));
	ranking->leaf_count--;
}

void wr_ranking_drop(struct wr_ranking *ranking, struct wr_agg_pool *pool)
{
	for (uint32_t i = 0; i < ranking->leaf_count; i++) {
		struct wr_ranked_leaf *leaf = ranking->leaf[i];

		for (uint32_t k = 0; k < leaf->count; k++)
			wr_ranked_unref(leaf->row[k], pool);
		wr_agg_pool_drop(pool, leaf, leaf_size(leaf->capacity));
	}
	if (ranking->leaf_capacity > 0)
		wr_agg_pool_drop(pool, ranking->leaf,
				 ranking->leaf_capacity * sizeof(struct wr_ranked_leaf *));
	*ranking = (struct wr_ranking){0};
}

struct wr_ranked_place wr_ranking_last(const struct wr_ranking *ranking)
{
	WR_ASSERT(ranking->count > 0);
	return (struct wr_ranked_place){
	    .leaf = ranking->leaf_count - 1,
	    .at = ranking->leaf[ranking->leaf_count - 1]->count - 1,
	};
}

struct wr_ranked_place wr_ranking_at(const struct wr_ranking *ranking, uint64_t index)
{
	struct wr_ranked_place place = {0};

	while (place.leaf < ranking->leaf_count && index >= ranking->leaf[place.leaf]->count)
		index -= ranking->leaf[place.leaf++]->count;
	if (place.leaf < ranking->leaf_count)
		place.at = (uint32_t)index;
	return place;
}

/* --- saving and loading */

static const char *const saved_numbers[] = {"arrival"};

struct wr_state_field wr_ranking_field(struct wr_arena *arena, const char *name,
				       const struct wr_schema *schema)
{
	return wr_field_rows(arena, name, schema, saved_numbers, WR_COUNT(saved_numbers));
}

void wr_ranking_save(const struct wr_ranking *ranking, struct wr_text *out)
{
	struct wr_ranked_place place = {0};
	size_t begin = wr_value_begin(out);

	for (; place.leaf < ranking->leaf_count; wr_ranking_next(ranking, &place)) {
		const struct wr_ranked_row *row = wr_ranking_row(ranking, place);

		wr_value_entry_number(out, (int64_t)row->seq);
		wr_value_entry_row(out, row->bytes + row->key_len, row->len - row->key_len);
	}
	wr_value_end(out, begin);
}

bool wr_ranking_load(struct wr_ranking *ranking, struct wr_agg_pool *pool,
		     const struct wr_ranked_form *form, struct wr_str field, uint64_t *seq)
{
	struct wr_column **column;
	const char *at = field.data;
	struct wr_str row;
	int64_t arrival;
	uint32_t number = 0;
	bool good;

	if (field.data == NULL)
		return true;
	column = wr_calloc((size_t)form->codec->count + 1, sizeof *column);
	/* sort keys are made of columns */
	good = wr_field_columns(form->codec, field, 1, form->builder, column);
	while (good && wr_value_next_row(field, &at, &arrival, 1, &row)) {
		struct wr_ranked_probe probe = {.seq = (uint64_t)arrival};

		wr_text_clear(form->scratch);
		wr_sort_key_put(form->scratch, form->order, form->order_count, column, number++);
		probe.key_len = (uint32_t)form->scratch->len;
		wr_text_add(form->scratch, row.data, row.len);
		probe.bytes = form->scratch->data;
		probe.len = (uint32_t)form->scratch->len;
		wr_ranking_add(ranking, pool, &probe);
		*seq = WR_MAX(*seq, probe.seq);
	}
	wr_field_columns_drop(form->codec, column);
	wr_free(column);
	return good;
}
