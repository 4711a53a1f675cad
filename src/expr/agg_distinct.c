/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_distinct - the DISTINCT wrapper: a set of the argument values that are in, in front of the
 * aggregate proper.
 *
 * A row goes on to the inner aggregate when its value comes in for the first time, and is taken out
 * of it when its last copy is retracted. Constant arguments but the first (a separator) are no part
 * of the value. Several arguments make up one value: their encodings one after the other.
 *
 * Accumulator: the set, then the inner accumulator, whose size and alignment are kept.
 *
 * Several calls over the same values that differ in their FILTER can share one set (wr_agg_shared):
 * the count of an entry is then a bit per call that has seen the value. Inputs that retract need
 * counts and cannot share.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "expr/agg_set.h"

#define FEED_ROWS   256u /* rows handed to the inner aggregate at a time */
#define LOOKUP_ROWS 64u  /* rows looked up together */

/* Bytes before the inner accumulator: keeps an alignment of 16. */
#define INNER_OFFSET ((uint32_t)((sizeof(struct wr_agg_set) + 15) / 16 * 16))

static uint32_t distinct_size(const struct wr_agg_call *call)
{
	return INNER_OFFSET + (call->inner->agg->size(call->inner) + 15) / 16 * 16;
}

static void distinct_init(const struct wr_agg_call *call, void *acc)
{
	if (call->inner->agg->init != NULL)
		call->inner->agg->init(call->inner, (char *)acc + INNER_OFFSET);
}

static inline struct wr_agg_set *set_at(uint8_t *slot, uint32_t offset)
{
	return (struct wr_agg_set *)(slot + offset);
}

/* Whether argument c is part of the value. */
static inline bool is_key(const struct wr_agg_call *call, uint32_t c)
{
	return c == 0 || call->const_arg[c] == NULL;
}

static uint32_t key_count(const struct wr_agg_call *call)
{
	uint32_t count = 0;

	for (uint32_t c = 0; c < call->arg_count; c++)
		count += is_key(call, c);
	return count;
}

/* The value of row i. */
static struct wr_str row_value(const struct wr_agg_call *call, uint32_t keys,
			       struct wr_agg_pool *pool, struct wr_column *const *arg, uint32_t i)
{
	if (keys == 1)
		return wr_agg_value_get(arg[0], i, wr_agg_pool_scratch(pool, 0));
	struct wr_text *text = wr_agg_pool_scratch(pool, 1);
	for (uint32_t c = 0; c < call->arg_count; c++) {
		if (is_key(call, c))
			wr_codec_put_value(text, arg[c], i & arg[c]->mask);
	}
	return (struct wr_str){text->data, text->len};
}

/* The values of some rows, looked up together: their places in the sets are fetched ahead, as each
 * lookup misses the cache twice. */
struct lookup {
	bool ahead; /* values lie in the argument column */
	struct wr_str value[LOOKUP_ROWS];
	uint32_t hash[LOOKUP_ROWS];
};

static void lookup_rows(struct lookup *lookup, const struct wr_agg_call *call, uint32_t keys,
			struct wr_agg_pool *pool, struct wr_column *const *arg,
			uint8_t *const *slot, uint32_t set_offset, uint32_t from, uint32_t count)
{
	lookup->ahead = keys == 1 && arg[0]->child_count == 0;
	if (!lookup->ahead)
		return;
	for (uint32_t i = 0; i < count; i++) {
		lookup->value[i] = row_value(call, keys, pool, arg, from + i);
		lookup->hash[i] = wr_set_hash(lookup->value[i]);
		wr_set_fetch_place(set_at(slot[from + i], set_offset), lookup->hash[i]);
	}
	for (uint32_t i = 0; i < count; i++)
		wr_set_fetch_entry(set_at(slot[from + i], set_offset), lookup->hash[i]);
}

/* The value of row from + i and its hash. */
static inline struct wr_str lookup_value(const struct lookup *lookup,
					 const struct wr_agg_call *call, uint32_t keys,
					 struct wr_agg_pool *pool, struct wr_column *const *arg,
					 uint32_t from, uint32_t i, uint32_t *hash)
{
	struct wr_str value;

	if (lookup->ahead) {
		*hash = lookup->hash[i];
		return lookup->value[i];
	}
	value = row_value(call, keys, pool, arg, from + i);
	*hash = wr_set_hash(value);
	return value;
}

/* Whether the inner aggregate passes the row over whatever the rest. */
static inline bool row_ignored(const struct wr_agg_call *call, struct wr_column *const *arg,
			       uint32_t i)
{
	if (!call->ignore_nulls)
		return false;
	for (uint32_t c = 0; c < call->arg_count; c++) {
		if (!wr_agg_valid(arg[c], i))
			return true;
	}
	return false;
}

/* Rows on their way to the inner aggregate. */
struct feed {
	const struct wr_agg_call *call; /* the wrapper */
	struct wr_agg_pool *pool;
	uint32_t offset; /* of the inner accumulator */
	struct wr_column *const *arg;
	uint32_t count; /* rows gathered */
	uint8_t *slot[FEED_ROWS];
	uint32_t row[FEED_ROWS];    /* in arg */
	uint8_t retract[FEED_ROWS]; /* 1: to be taken out */
};

/* Hands the gathered rows to the inner aggregate. */
static void feed_flush(struct feed *feed)
{
	const struct wr_agg_call *inner = feed->call->inner;
	struct wr_column *column[WR_AGG_ARGS_MAX];
	bool retracts = false;

	if (feed->count == 0)
		return;
	for (uint32_t c = 0; c < inner->arg_count; c++)
		column[c] = feed->arg[c]->is_const
				? wr_column_ref(feed->arg[c])
				: wr_column_gather(feed->arg[c], feed->row, feed->count);
	for (uint32_t i = 0; i < feed->count; i++)
		retracts = retracts || feed->retract[i];
	inner->agg->update(inner, feed->pool, feed->slot, feed->offset, column,
			   retracts ? feed->retract : NULL, feed->count);
	for (uint32_t c = 0; c < inner->arg_count; c++)
		wr_column_unref(column[c]);
	feed->count = 0;
}

/* Notes a change of a value's count from `before` to `after`. */
static inline void feed_change(struct feed *feed, uint8_t *slot, uint32_t row, int64_t before,
			       int64_t after)
{
	if ((before > 0) == (after > 0))
		return;
	feed->slot[feed->count] = slot;
	feed->row[feed->count] = row;
	feed->retract[feed->count] = after <= 0;
	if (++feed->count == FEED_ROWS)
		feed_flush(feed);
}

/* Rows whose value was in already stop here. */
static void distinct_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			    uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			    const uint8_t *retract, uint32_t n)
{
	uint32_t keys = key_count(call);
	struct lookup lookup;
	struct feed feed;

	feed.call = call;
	feed.pool = pool;
	feed.offset = offset + INNER_OFFSET;
	feed.arg = arg;
	feed.count = 0;
	for (uint32_t from = 0; from < n; from += LOOKUP_ROWS) {
		uint32_t count = WR_MIN(LOOKUP_ROWS, n - from), hash;

		lookup_rows(&lookup, call, keys, pool, arg, slot, offset, from, count);
		for (uint32_t i = from; i < from + count; i++) {
			int64_t delta = wr_agg_is_retract(retract, i) ? -1 : 1, after;
			struct wr_str value;

			if (row_ignored(call, arg, i))
				continue;
			value = lookup_value(&lookup, call, keys, pool, arg, from, i - from, &hash);
			after =
			    wr_set_add_hashed(pool, set_at(slot[i], offset), value, hash, delta);
			feed_change(&feed, slot[i], i, after - delta, after);
		}
	}
	feed_flush(&feed);
}

/* The values of a set as argument columns; const arguments are taken from the call. */
static void set_columns(const struct wr_agg_call *call, const struct wr_agg_set *set,
			struct wr_column **column)
{
	uint32_t keys = key_count(call);
	struct wr_builder *builder[WR_AGG_ARGS_MAX] = {0};

	for (uint32_t c = 0; c < call->arg_count; c++) {
		if (is_key(call, c))
			builder[c] = wr_builder_new(call->arg_type[c], set->live);
	}
	for (uint32_t i = 0; i < set->used; i++) {
		struct wr_str value = wr_set_value(&set->entry[i]);
		const char *at = value.data;
		if (set->entry[i].count == 0)
			continue;
		if (keys == 1) {
			wr_agg_value_put(builder[0], value);
			continue;
		}
		for (uint32_t c = 0; c < call->arg_count; c++) {
			if (is_key(call, c))
				at = wr_codec_get_value(at, value.data + value.len, builder[c]);
			WR_REQUIRE(at != NULL);
		}
	}
	for (uint32_t c = 0; c < call->arg_count; c++) {
		column[c] = builder[c] != NULL ? wr_builder_finish(builder[c])
					       : wr_column_ref(call->const_arg[c]);
		wr_builder_free(builder[c]);
	}
}

/* Adds the values of one set to another accumulator. */
static void merge_one(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *dst,
		      const struct wr_agg_set *from, uint32_t offset)
{
	struct wr_column *column[WR_AGG_ARGS_MAX];
	struct feed feed;
	uint32_t row = 0;

	if (from->live == 0)
		return;
	set_columns(call, from, column);
	feed.call = call;
	feed.pool = pool;
	feed.offset = offset + INNER_OFFSET;
	feed.arg = column;
	feed.count = 0;
	for (uint32_t i = 0; i < from->used; i++) {
		const struct wr_set_entry *entry = &from->entry[i];
		if (entry->count == 0)
			continue;
		int64_t after =
		    wr_set_add(pool, set_at(dst, offset), wr_set_value(entry), entry->count);
		feed_change(&feed, dst, row++, after - entry->count, after);
	}
	feed_flush(&feed);
	for (uint32_t c = 0; c < call->arg_count; c++)
		wr_column_unref(column[c]);
}

static void distinct_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			   uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		merge_one(call, pool, dst[i], set_at(src[i], offset), offset);
}

static void distinct_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			   uint32_t n, struct wr_column *out)
{
	call->inner->agg->value(call->inner, slot, offset + INNER_OFFSET, n, out);
}

static void distinct_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			  uint32_t offset)
{
	wr_set_drop(pool, set_at(slot, offset));
	if (call->inner->agg->drop != NULL)
		call->inner->agg->drop(call->inner, pool, slot, offset + INNER_OFFSET);
}

static void inner_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		       struct wr_text *text)
{
	const struct wr_agg *inner = call->inner->agg;

	if (inner->save != NULL)
		inner->save(call->inner, slot, offset, text);
	else
		wr_text_add(text, slot + offset, inner->size(call->inner));
}

static const char *inner_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			      uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	const struct wr_agg *inner = call->inner->agg;
	uint32_t size = inner->size(call->inner);

	if (inner->load != NULL)
		return inner->load(call->inner, pool, slot, offset, bytes, end);
	if ((size_t)(end - bytes) < size)
		return NULL;
	memcpy(slot + offset, bytes, size);
	return bytes + size;
}

/* Whether the bytes are a value: those of a file may be damaged. */
static bool is_value(const struct wr_agg_call *call, uint32_t keys, struct wr_str value)
{
	const char *at = value.data;

	if (keys == 1)
		return wr_agg_value_fits(call->arg_type[0], value);
	for (uint32_t c = 0; c < call->arg_count && at != NULL; c++)
		if (is_key(call, c))
			at = wr_codec_skip_value(call->arg_type[c], at, value.data + value.len);
	return at != NULL && at == value.data + value.len;
}

static bool are_values(const struct wr_agg_call *call, const struct wr_agg_set *set)
{
	uint32_t keys = key_count(call);

	for (uint32_t i = 0; i < set->used; i++)
		if (set->entry[i].count != 0 && !is_value(call, keys, wr_set_value(&set->entry[i])))
			return false;
	return true;
}

/* The set, then the inner accumulator. */
static void distinct_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
			  struct wr_text *text)
{
	wr_set_save((const struct wr_agg_set *)(slot + offset), text);
	inner_save(call, slot, offset + INNER_OFFSET, text);
}

/* Places in a common set may follow (wr_agg_shared_save): the order of the values says enough. */
static const char *distinct_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
				 uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	struct wr_agg_set *set = set_at(slot, offset);
	uint64_t place;

	bytes = wr_set_load(pool, set, bytes, end);
	if (bytes == NULL || !are_values(call, set))
		return NULL;
	bytes = inner_load(call, pool, slot, offset + INNER_OFFSET, bytes, end);
	if (bytes == NULL || bytes == end)
		return bytes;
	for (uint32_t i = 0; i < set->live && bytes != NULL; i++)
		bytes = wr_varint_get(bytes, end, &place);
	return bytes;
}

static const char *distinct_fault(const struct wr_agg_call *call, const uint8_t *slot,
				  uint32_t offset)
{
	const struct wr_agg *inner = call->inner->agg;

	return inner->fault != NULL ? inner->fault(call->inner, slot, offset + INNER_OFFSET) : NULL;
}

/* --- one set for several calls -------------------------------------------------------------------
 */

bool wr_agg_shares(const struct wr_agg_call *a, const struct wr_agg_call *b)
{
	if (a->agg != &wr_agg_distinct || b->agg != &wr_agg_distinct || a->retract || b->retract ||
	    a->arg_count != b->arg_count || a->ignore_nulls != b->ignore_nulls)
		return false;
	for (uint32_t c = 0; c < a->arg_count; c++)
		if (a->arg_type[c] != b->arg_type[c] || is_key(a, c) != is_key(b, c))
			return false;
	return true;
}

uint32_t wr_agg_shared_size(void)
{
	return INNER_OFFSET;
}

uint32_t wr_agg_shared_inner_size(const struct wr_agg_call *call)
{
	return (call->inner->agg->size(call->inner) + 15) / 16 * 16;
}

static void shared_feeds(const struct wr_agg_shared *shared, struct wr_agg_pool *pool,
			 struct wr_column *const *arg)
{
	for (uint32_t k = 0; k < shared->count; k++) {
		struct feed *feed = &shared->feed[k];

		feed->call = shared->call[k];
		feed->pool = pool;
		feed->offset = shared->offset[k];
		feed->arg = arg;
		feed->count = 0;
	}
}

/* Calls of `mask` see a value: those that have not before take it in. */
static inline void shared_see(const struct wr_agg_shared *shared, struct wr_set_entry *entry,
			      uint64_t mask, uint8_t *slot, uint32_t row)
{
	uint64_t fresh = mask & ~(uint64_t)entry->count;

	entry->count |= (int64_t)mask;
	for (; fresh != 0; fresh &= fresh - 1)
		feed_change(&shared->feed[__builtin_ctzll(fresh)], slot, row, 0, 1);
}

static void shared_flush(const struct wr_agg_shared *shared)
{
	for (uint32_t k = 0; k < shared->count; k++)
		feed_flush(&shared->feed[k]);
}

void wr_agg_shared_init(struct wr_agg_shared *shared, uint32_t count)
{
	shared->call = wr_calloc(count, sizeof *shared->call);
	shared->offset = wr_calloc(count, sizeof *shared->offset);
	shared->feed = wr_calloc(count, sizeof *shared->feed);
}

void wr_agg_shared_release(struct wr_agg_shared *shared)
{
	wr_free(shared->call);
	wr_free(shared->offset);
	wr_free(shared->feed);
}

void wr_agg_shared_update(const struct wr_agg_shared *shared, struct wr_agg_pool *pool,
			  uint8_t *const *slot, struct wr_column *const *arg, const uint64_t *mask,
			  uint32_t n)
{
	const struct wr_agg_call *call = shared->call[0];
	uint32_t keys = key_count(call);
	struct lookup lookup;

	shared_feeds(shared, pool, arg);
	for (uint32_t from = 0; from < n; from += LOOKUP_ROWS) {
		uint32_t count = WR_MIN(LOOKUP_ROWS, n - from), hash;

		lookup_rows(&lookup, call, keys, pool, arg, slot, shared->set_offset, from, count);
		for (uint32_t i = from; i < from + count; i++) {
			struct wr_agg_set *set = set_at(slot[i], shared->set_offset);
			struct wr_str value;

			if (mask[i] == 0 || row_ignored(call, arg, i))
				continue;
			value = lookup_value(&lookup, call, keys, pool, arg, from, i - from, &hash);
			shared_see(shared, wr_set_entry(pool, set, value, hash), mask[i], slot[i],
				   i);
		}
	}
	shared_flush(shared);
}

void wr_agg_shared_merge(const struct wr_agg_shared *shared, struct wr_agg_pool *pool, uint8_t *dst,
			 uint8_t *src)
{
	const struct wr_agg_set *from = set_at(src, shared->set_offset);
	struct wr_column *column[WR_AGG_ARGS_MAX];
	uint32_t row = 0;

	if (from->live == 0)
		return;
	set_columns(shared->call[0], from, column);
	shared_feeds(shared, pool, column);
	for (uint32_t i = 0; i < from->used; i++) {
		const struct wr_set_entry *entry = &from->entry[i];
		struct wr_agg_set *set = set_at(dst, shared->set_offset);

		if (entry->count == 0)
			continue;
		shared_see(shared, wr_set_entry(pool, set, wr_set_value(entry), entry->hash),
			   (uint64_t)entry->count, dst, row++);
	}
	shared_flush(shared);
	for (uint32_t c = 0; c < shared->call[0]->arg_count; c++)
		wr_column_unref(column[c]);
}

void wr_agg_shared_drop(const struct wr_agg_shared *shared, struct wr_agg_pool *pool, uint8_t *slot)
{
	wr_set_drop(pool, set_at(slot, shared->set_offset));
}

/* Saved as the call alone would be, values in the order of the common set; then per value how many
 * places of the set lie between it and the one before. So the calls of a group can be taken over
 * one by one, and together they have their set again as it was. */
void wr_agg_shared_save(const struct wr_agg_shared *shared, uint32_t k, const uint8_t *slot,
			struct wr_text *text)
{
	const struct wr_agg_set *set = (const struct wr_agg_set *)(slot + shared->set_offset);
	uint64_t bit = 1ull << k;
	uint32_t live = 0, place = 0, last = 0;

	for (uint32_t i = 0; i < set->used; i++)
		live += ((uint64_t)set->entry[i].count & bit) != 0;
	wr_varint_put(text, live);
	for (uint32_t i = 0; i < set->used; i++) {
		if (((uint64_t)set->entry[i].count & bit) == 0)
			continue;
		wr_varint_put_piece(text, wr_set_value(&set->entry[i]));
		wr_agg_put_number(text, 1);
	}
	inner_save(shared->call[k], slot, shared->offset[k], text);
	for (uint32_t i = 0; i < set->used; i++) {
		place += set->entry[i].count != 0;
		if (((uint64_t)set->entry[i].count & bit) == 0)
			continue;
		wr_varint_put(text, place - last);
		last = place;
	}
}

/* A value that some call has seen, on its way back into the common set. */
struct seen {
	uint64_t place;      /* in the set that was saved */
	uint64_t index;      /* among those read: settles ties */
	struct wr_str value; /* within the saved bytes */
	uint32_t call;       /* which one */
};
struct seen_list {
	struct seen *seen; /* owned */
	uint64_t count, capacity;
};

static void seen_add(struct seen_list *list, struct wr_str value, uint32_t call, uint64_t place)
{
	if (list->count == list->capacity) {
		list->capacity = WR_MAX(64, 2 * list->capacity);
		list->seen = wr_realloc(list->seen, list->capacity * sizeof *list->seen);
	}
	list->seen[list->count] =
	    (struct seen){.place = place, .index = list->count, .value = value, .call = call};
	list->count++;
}

static int by_place(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Reads what was saved of call k: values into the list, the inner accumulator into the slot. */
static bool seen_read(const struct wr_agg_shared *shared, uint32_t k, struct wr_agg_pool *pool,
		      uint8_t *slot, struct wr_str saved, struct seen_list *list)
{
	const struct wr_agg_call *call = shared->call[k];
	const char *bytes = saved.data, *end = saved.data + saved.len;
	uint64_t live, first = list->count, place = 0;
	uint32_t keys = key_count(call);

	bytes = wr_varint_get(bytes, end, &live);
	for (uint64_t i = 0; bytes != NULL && i < live; i++) {
		struct wr_str value;
		int64_t once;

		bytes = wr_varint_get_piece(bytes, end, &value);
		if (bytes != NULL)
			bytes = wr_agg_get_times(bytes, end, &once);
		if (bytes == NULL || !is_value(call, keys, value))
			return false;
		seen_add(list, value, k, i + 1);
	}
	if (bytes != NULL)
		bytes = inner_load(call, pool, slot, shared->offset[k], bytes, end);
	for (uint64_t i = first; bytes != NULL && bytes != end && i < list->count; i++) {
		uint64_t step;

		bytes = wr_varint_get(bytes, end, &step);
		place += bytes != NULL ? step : 0;
		list->seen[i].place = place;
	}
	return bytes == end;
}

bool wr_agg_shared_load(const struct wr_agg_shared *shared, struct wr_agg_pool *pool, uint8_t *slot,
			const struct wr_str *saved)
{
	struct wr_agg_set *set = set_at(slot, shared->set_offset);
	struct seen_list list = {0};
	bool good = true;

	for (uint32_t k = 0; k < shared->count && good; k++)
		if (saved[k].data != NULL)
			good = seen_read(shared, k, pool, slot, saved[k], &list);
	if (good && list.count > 0)
		qsort(list.seen, list.count, sizeof *list.seen, by_place);
	for (uint64_t i = 0; good && i < list.count; i++) {
		struct wr_str value = list.seen[i].value;
		struct wr_set_entry *entry = wr_set_entry(pool, set, value, wr_set_hash(value));

		entry->count |= (int64_t)(1ull << list.seen[i].call);
	}
	wr_free(list.seen);
	return good;
}

const struct wr_agg wr_agg_distinct = {
    .name = "distinct",
    .size = distinct_size,
    .init = distinct_init,
    .update = distinct_update,
    .merge = distinct_merge,
    .value = distinct_value,
    .drop = distinct_drop,
    .save = distinct_save,
    .load = distinct_load,
    .fault = distinct_fault,
};
