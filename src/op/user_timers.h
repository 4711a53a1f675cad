/* SPDX-License-Identifier: Apache-2.0
 *
 * user_timers - timers of keys: which times a key has asked for, and which key is due next.
 *
 * Two structures. A wr_timer_set lies in the slot of a key and knows its times: each once, in
 * order. A wr_calendar orders keys: a radix heap (Ahuja, Mehlhorn, Orlin, Tarjan: Faster
 * algorithms for the shortest path problem) of (time, slot), in which adding costs a few
 * instructions and taking out moves an entry some times through arrays that are read in order.
 *
 * A key has one entry that counts for each domain, at or before its earliest time; `scheduled` in
 * its set says which. A later timer needs no other one; when an entry comes up at which the key has
 * nothing due it is made anew at the next time. So a key that moves its timer on with every element
 * costs an entry for each time that one comes up, not for each element. Entries that do not count
 * are left where they are: the slot's owner keeps the memory, though not the key, and the calendar
 * is swept when most of it is stale.
 *
 * Times are kept as ticks, which are unsigned and not 0: what a zeroed set has is nothing. So the
 * first millisecond of all counts as the second. A lone time is kept in the set itself unless it
 * looks like a pointer, which only those of a watermark not yet known do (weir_now plus something).
 *
 * Thread: the owner's. Zeroed: empty.
 *
 * Invariants
 *   T1  the times of a set strictly increase
 *   T2  a set with a time has `scheduled` != 0, which is not above the tick at which its earliest
 *       time is due, and the calendar has that entry
 *   T3  what is added to a calendar is not below the last tick that came up
 */
#ifndef WR_OP_USER_TIMERS_H
#define WR_OP_USER_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "expr/agg.h"

/* --- ticks */

#define WR_TICK_MIN     ((uint64_t)1)
#define WR_TICK_MAX     (UINT64_MAX - 1)    /* UINT64_MAX: never */
#define WR_TICK_POINTER ((uint64_t)1 << 48) /* above all pointers */

static inline uint64_t wr_tick_of(int64_t ms)
{
	uint64_t tick = (uint64_t)ms ^ (uint64_t)1 << 63;

	return tick < WR_TICK_MIN ? WR_TICK_MIN : tick > WR_TICK_MAX ? WR_TICK_MAX : tick;
}
static inline int64_t wr_tick_ms(uint64_t tick)
{
	return (int64_t)(tick ^ (uint64_t)1 << 63);
}

/* --- the times of a key */

struct wr_timer_many; /* in the pool */

/* 16 bytes of a slot, for one domain. */
struct wr_timer_set {
	uint64_t times;     /* 0: none; below WR_TICK_POINTER: a struct wr_timer_many *; else
			       the only tick */
	uint64_t scheduled; /* tick of the entry that counts; 0: none */
};

static inline bool wr_timer_set_is_empty(const struct wr_timer_set *set)
{
	return set->times == 0;
}
/* false: it is there already. */
bool wr_timer_set_add(struct wr_timer_set *set, struct wr_agg_pool *pool, uint64_t tick);
/* false: it was not there. */
bool wr_timer_set_remove(struct wr_timer_set *set, struct wr_agg_pool *pool, uint64_t tick);
void wr_timer_set_clear(struct wr_timer_set *set, struct wr_agg_pool *pool);
uint32_t wr_timer_set_count(const struct wr_timer_set *set);
uint64_t wr_timer_set_at(const struct wr_timer_set *set, uint32_t i);
/* The first one; 0: there is none. */
uint64_t wr_timer_set_first(const struct wr_timer_set *set);
/* The first one above `tick`; 0: there is none. */
uint64_t wr_timer_set_above(const struct wr_timer_set *set, uint64_t tick);

/* --- the keys by time */

struct wr_calendar_entry {
	uint64_t tick;
	uint8_t *slot; /* of the key */
};

struct wr_calendar_bucket {
	struct wr_calendar_entry *entry; /* owned */
	uint32_t count, capacity;
	uint32_t next; /* bucket 0: the first that has not come up */
	uint64_t low;  /* the lowest tick; UINT64_MAX: none */
};

#define WR_CALENDAR_BUCKETS 65

struct wr_calendar {
	/* Bucket b: ticks whose highest bit that differs from `last` is b - 1; 0: equal to it. */
	struct wr_calendar_bucket bucket[WR_CALENDAR_BUCKETS];
	uint64_t used[2]; /* bit per bucket that is not empty */
	uint64_t last;    /* the last tick that came up */
	uint64_t next;    /* lowest tick of all; UINT64_MAX: none */
	uint64_t count;   /* entries */
	uint64_t swept;   /* entries left by the last sweep */
	uint32_t set_at;  /* of the set in a slot */
	bool apart;       /* the slot has a pointer to the set there; NULL: it has none */
};

/* set_at: offset of the wr_timer_set in a slot, or (`apart`) of a pointer to it. */
void wr_calendar_init(struct wr_calendar *calendar, uint32_t set_at, bool apart);
void wr_calendar_release(struct wr_calendar *calendar);
uint64_t wr_calendar_bytes(const struct wr_calendar *calendar);
/* Notes that the key is to come up at the tick, unless it does so before. */
void wr_calendar_schedule(struct wr_calendar *calendar, uint8_t *slot, uint64_t tick);
/* The next key that is due at `tick`, and when it was; its set is not scheduled then. NULL: none.
 */
uint8_t *wr_calendar_pop(struct wr_calendar *calendar, uint64_t tick, uint64_t *due);
/* Up to `max` of the keys that come up next, all at the time of the last one. */
uint32_t wr_calendar_peek(const struct wr_calendar *calendar, uint8_t **slot, uint32_t max);

#endif
