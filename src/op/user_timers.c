/* SPDX-License-Identifier: Apache-2.0
 *
 * user_timers - see user_timers.h.
 */
#include "op/user_timers.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define PREFETCH 8u         /* entries ahead */
#define SWEEP    (1u << 16) /* entries more than after the last sweep, before the next one */

/* Several times of a key, in order, from `first` on. */
struct wr_timer_many {
	uint32_t first, count, capacity;
	uint32_t unused;
	uint64_t tick[];
};

/* --- sets */

static struct wr_timer_many *many_of(const struct wr_timer_set *set)
{
	return set->times == 0 || set->times >= WR_TICK_POINTER
		   ? NULL
		   : (struct wr_timer_many *)(uintptr_t)set->times;
}

static size_t many_size(uint32_t capacity)
{
	return sizeof(struct wr_timer_many) + capacity * sizeof(uint64_t);
}

static struct wr_timer_many *many_new(struct wr_agg_pool *pool, uint32_t capacity)
{
	struct wr_timer_many *many = wr_agg_pool_alloc(pool, many_size(capacity));

	WR_REQUIRE((uintptr_t)many < WR_TICK_POINTER);
	many->capacity = capacity;
	return many;
}

/* How many times are below `tick`. */
static uint32_t below(const struct wr_timer_many *many, uint64_t tick)
{
	const uint64_t *at = many->tick + many->first;
	uint32_t low = 0, high = many->count;

	if (high > 0 && at[high - 1] < tick)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (at[middle] < tick)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Room for one more behind the last. */
static struct wr_timer_many *many_grow(struct wr_timer_set *set, struct wr_agg_pool *pool,
				       struct wr_timer_many *many)
{
	struct wr_timer_many *larger;

	if (many->first + many->count < many->capacity)
		return many;
	if (many->first > many->capacity / 2) {
		memmove(many->tick, many->tick + many->first, many->count * sizeof *many->tick);
		many->first = 0;
		return many;
	}
	larger = many_new(pool, 2 * many->capacity + 2);
	memcpy(larger->tick, many->tick + many->first, many->count * sizeof *many->tick);
	larger->count = many->count;
	wr_agg_pool_drop(pool, many, many_size(many->capacity));
	set->times = (uint64_t)(uintptr_t)larger;
	return larger;
}

/* A set with one time needs no memory until there is a second one; that stays until the set is
 * empty, for a key that sets its next timer before it deletes the last does so again. */
bool wr_timer_set_add(struct wr_timer_set *set, struct wr_agg_pool *pool, uint64_t tick)
{
	struct wr_timer_many *many = many_of(set);
	uint32_t at;

	if (set->times == 0 && tick >= WR_TICK_POINTER) {
		set->times = tick;
		return true;
	}
	if (many == NULL) {
		if (set->times == tick)
			return false;
		many = many_new(pool, 4);
		many->tick[0] = set->times;
		many->count = set->times != 0;
		set->times = (uint64_t)(uintptr_t)many;
	}
	at = below(many, tick);
	if (at < many->count && many->tick[many->first + at] == tick)
		return false;
	many = many_grow(set, pool, many);
	memmove(many->tick + many->first + at + 1, many->tick + many->first + at,
		(many->count - at) * sizeof *many->tick);
	many->tick[many->first + at] = tick;
	many->count++;
	return true;
}

bool wr_timer_set_remove(struct wr_timer_set *set, struct wr_agg_pool *pool, uint64_t tick)
{
	struct wr_timer_many *many = many_of(set);
	uint32_t at;

	if (many == NULL) {
		if (set->times != tick)
			return false;
		set->times = 0;
		return true;
	}
	at = below(many, tick);
	if (at == many->count || many->tick[many->first + at] != tick)
		return false;
	if (many->count == 1) {
		wr_timer_set_clear(set, pool);
		return true;
	}
	if (at == 0)
		many->first++;
	else
		memmove(many->tick + many->first + at, many->tick + many->first + at + 1,
			(many->count - at - 1) * sizeof *many->tick);
	many->count--;
	return true;
}

void wr_timer_set_clear(struct wr_timer_set *set, struct wr_agg_pool *pool)
{
	struct wr_timer_many *many = many_of(set);

	if (many != NULL)
		wr_agg_pool_drop(pool, many, many_size(many->capacity));
	set->times = 0;
}

uint32_t wr_timer_set_count(const struct wr_timer_set *set)
{
	const struct wr_timer_many *many = many_of(set);

	return many != NULL ? many->count : set->times != 0;
}

uint64_t wr_timer_set_at(const struct wr_timer_set *set, uint32_t i)
{
	const struct wr_timer_many *many = many_of(set);

	return many != NULL ? many->tick[many->first + i] : set->times;
}

uint64_t wr_timer_set_first(const struct wr_timer_set *set)
{
	return set->times == 0 ? 0 : wr_timer_set_at(set, 0);
}

uint64_t wr_timer_set_above(const struct wr_timer_set *set, uint64_t tick)
{
	const struct wr_timer_many *many = many_of(set);
	uint32_t at;

	if (many == NULL)
		return set->times > tick ? set->times : 0;
	at = below(many, tick + 1);
	return at < many->count ? many->tick[many->first + at] : 0;
}

/* --- the calendar */

void wr_calendar_init(struct wr_calendar *calendar, uint32_t set_at, bool apart)
{
	*calendar = (struct wr_calendar){.next = UINT64_MAX, .set_at = set_at, .apart = apart};
	for (uint32_t b = 0; b < WR_CALENDAR_BUCKETS; b++)
		calendar->bucket[b].low = UINT64_MAX;
}

void wr_calendar_release(struct wr_calendar *calendar)
{
	for (uint32_t b = 0; b < WR_CALENDAR_BUCKETS; b++)
		wr_free(calendar->bucket[b].entry);
	*calendar = (struct wr_calendar){0};
}

uint64_t wr_calendar_bytes(const struct wr_calendar *calendar)
{
	uint64_t bytes = 0;

	for (uint32_t b = 0; b < WR_CALENDAR_BUCKETS; b++)
		bytes += calendar->bucket[b].capacity * sizeof(struct wr_calendar_entry);
	return bytes;
}

static struct wr_timer_set *set_of(const struct wr_calendar *calendar, uint8_t *slot)
{
	void *at = slot + calendar->set_at;

	return calendar->apart ? *(struct wr_timer_set **)at : at;
}

/* Puts an entry where it belongs. */
static void put(struct wr_calendar *calendar, struct wr_calendar_entry entry)
{
	uint64_t differs = entry.tick ^ calendar->last;
	uint32_t b = differs == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(differs);
	struct wr_calendar_bucket *bucket = &calendar->bucket[b];

	if (bucket->count == bucket->capacity) {
		bucket->capacity = WR_MAX(16, 2 * bucket->capacity);
		bucket->entry =
		    wr_realloc(bucket->entry, (size_t)bucket->capacity * sizeof *bucket->entry);
	}
	bucket->entry[bucket->count++] = entry;
	bucket->low = WR_MIN(bucket->low, entry.tick);
	calendar->used[b / 64] |= (uint64_t)1 << (b % 64);
}

/* An empty bucket gives memory back that it may not need again soon. */
static void empty(struct wr_calendar *calendar, uint32_t b)
{
	struct wr_calendar_bucket *bucket = &calendar->bucket[b];

	bucket->count = bucket->next = 0;
	bucket->low = UINT64_MAX;
	calendar->used[b / 64] &= ~((uint64_t)1 << (b % 64));
	if (bucket->capacity > 4 * (calendar->count + SWEEP)) {
		wr_free(bucket->entry);
		bucket->entry = NULL;
		bucket->capacity = 0;
	}
}

/* The lowest bucket that has entries; WR_CALENDAR_BUCKETS: none. */
static uint32_t lowest(const struct wr_calendar *calendar)
{
	if (calendar->used[0] != 0)
		return (uint32_t)__builtin_ctzll(calendar->used[0]);
	return calendar->used[1] != 0 ? 64 : WR_CALENDAR_BUCKETS;
}

static bool counts(const struct wr_calendar *calendar, const struct wr_calendar_entry *entry)
{
	const struct wr_timer_set *set = set_of(calendar, entry->slot);

	return set != NULL && set->scheduled == entry->tick;
}

/* Throws stale entries away; those that count keep their order. */
static void sweep(struct wr_calendar *calendar)
{
	calendar->next = UINT64_MAX;
	calendar->count = 0;
	for (uint32_t b = 0; b < WR_CALENDAR_BUCKETS; b++) {
		struct wr_calendar_bucket *bucket = &calendar->bucket[b];
		uint32_t kept = 0;

		bucket->low = UINT64_MAX;
		for (uint32_t i = bucket->next; i < bucket->count; i++) {
			if (i + PREFETCH < bucket->count)
				__builtin_prefetch(bucket->entry[i + PREFETCH].slot +
						   calendar->set_at);
			if (!counts(calendar, &bucket->entry[i]))
				continue;
			bucket->low = WR_MIN(bucket->low, bucket->entry[i].tick);
			bucket->entry[kept++] = bucket->entry[i];
		}
		bucket->count = kept;
		bucket->next = 0;
		calendar->count += kept;
		calendar->next = WR_MIN(calendar->next, bucket->low);
		if (kept == 0)
			empty(calendar, b);
	}
	calendar->swept = calendar->count;
}

void wr_calendar_schedule(struct wr_calendar *calendar, uint8_t *slot, uint64_t tick)
{
	struct wr_timer_set *set = set_of(calendar, slot);

	tick = WR_MAX(tick, calendar->last); /* T3: a clock that was set back */
	if (set->scheduled != 0 && set->scheduled <= tick)
		return;
	set->scheduled = tick;
	put(calendar, (struct wr_calendar_entry){tick, slot});
	calendar->next = WR_MIN(calendar->next, tick);
	if (++calendar->count > 2 * calendar->swept + SWEEP)
		sweep(calendar);
}

/* The entries of the lowest bucket go to lower ones: those at the lowest tick into bucket 0. */
static void spread(struct wr_calendar *calendar, uint32_t b)
{
	struct wr_calendar_bucket *bucket = &calendar->bucket[b];

	calendar->last = bucket->low;
	for (uint32_t i = 0; i < bucket->count; i++) {
		if (bucket->entry[i].tick == calendar->last) /* comes up next */
			__builtin_prefetch(bucket->entry[i].slot + calendar->set_at);
		put(calendar, bucket->entry[i]);
	}
	empty(calendar, b);
}

/* The next entry at or below `tick`, counting or not. */
static bool take(struct wr_calendar *calendar, uint64_t tick, struct wr_calendar_entry *out)
{
	struct wr_calendar_bucket *now = &calendar->bucket[0];
	uint32_t b;

	if (calendar->next > tick)
		return false;
	if (now->count == 0)
		spread(calendar, lowest(calendar));
	*out = now->entry[now->next++];
	if (now->next + PREFETCH < now->count)
		__builtin_prefetch(now->entry[now->next + PREFETCH].slot + calendar->set_at);
	calendar->count--;
	if (now->next < now->count)
		return true;
	empty(calendar, 0);
	b = lowest(calendar);
	calendar->next = b == WR_CALENDAR_BUCKETS ? UINT64_MAX : calendar->bucket[b].low;
	return true;
}

uint8_t *wr_calendar_pop(struct wr_calendar *calendar, uint64_t tick, uint64_t *due)
{
	struct wr_calendar_entry entry;

	while (take(calendar, tick, &entry)) {
		if (!counts(calendar, &entry))
			continue;
		set_of(calendar, entry.slot)->scheduled = 0;
		*due = entry.tick;
		return entry.slot;
	}
	return NULL;
}

uint32_t wr_calendar_peek(const struct wr_calendar *calendar, uint8_t **slot, uint32_t max)
{
	const struct wr_calendar_bucket *now = &calendar->bucket[0];
	uint32_t count = 0;

	for (uint32_t i = now->next; i < now->count && count < max; i++)
		if (counts(calendar, &now->entry[i]))
			slot[count++] = now->entry[i].slot;
	return count;
}
