/* SPDX-License-Identifier: Apache-2.0
 *
 * timers - what falls due at which watermark: a heap of (time, number, slot).
 *
 * The slot's owner makes sure that it outlives the timers that point to it. A timer cannot be taken
 * back: its owner finds it stale when it is popped.
 *
 * Zeroed: empty. Thread: one owner.
 */
#ifndef WR_OP_TIMERS_H
#define WR_OP_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct wr_timer {
	int64_t time;  /* ms */
	uint64_t id;   /* orders timers of the same time; else the owner's */
	uint8_t *slot; /* the owner's */
};

struct wr_timers {
	struct wr_timer *heap; /* min-heap by (time, id); owned */
	uint32_t count, capacity;
};

void wr_timers_push(struct wr_timers *timers, struct wr_timer timer);
/* Whether the earliest timer is due at `time`. */
static inline bool wr_timers_due(const struct wr_timers *timers, int64_t time)
{
	return timers->count > 0 && timers->heap[0].time <= time;
}
/* Takes the earliest one; there is one. */
struct wr_timer wr_timers_pop(struct wr_timers *timers);
void wr_timers_release(struct wr_timers *timers);

#endif
