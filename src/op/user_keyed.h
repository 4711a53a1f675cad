/* SPDX-License-Identifier: Apache-2.0
 *
 * user_keyed - the keys of an operator that calls functions of the program: a slot for each, with
 * its timers and its states, and the calendars of all.
 *
 * Slot: the set of event-time timers, a pointer to that of processing time (in the pool; few
 * functions have any), and the block of user_state.h. A key goes when it has neither state nor
 * timers; not at once, for the rows of a batch have their slots already, but when the operator says
 * so (wr_user_keyed_forget).
 *
 * Calendars hold slots, so the state is pinned to memory: a timer that had to find its key would
 * cost a look-up, and a key with a timer will be needed in any case. Functions without a timer
 * callback have none, and their state may leave memory between marks.
 *
 * When an event timer is due: at its time; one that is set when the watermark has passed that
 * already, with the next watermark, a millisecond later.
 *
 * Saved: the states (user_codec.h), "$event timers" and "$clock timers", ROWS of one BIGINT.
 * Calendars are made anew.
 *
 * Thread: the operator's.
 */
#ifndef WR_OP_USER_KEYED_H
#define WR_OP_USER_KEYED_H

#include "base/mem.h"
#include "op/op.h"
#include "op/user_codec.h"
#include "op/user_timers.h"

struct wr_user_slot {
	struct wr_timer_set event;
	struct wr_timer_set *clock; /* in the pool; NULL: none */
	uint64_t present;           /* the block begins here */
};
#define WR_USER_BLOCK_AT offsetof(struct wr_user_slot, present)

struct wr_user_keyed {
	struct wr_op *op;
	struct wr_arena arena;          /* of what describes the state */
	struct wr_user_store store;     /* its states */
	struct wr_user_codec codec;     /* of a block */
	struct wr_state_codec saved;    /* of a slot */
	struct wr_codec times;          /* of a timer that is saved */
	struct wr_state *state;         /* NULL: not open */
	struct wr_agg_pool *pool;       /* of the state, since the last batch */
	bool timers;                    /* the function has timers */
	struct wr_calendar calendar[2]; /* by enum weir_time; with timers */
	uint8_t **doomed;               /* slots that may be empty; owned */
	uint32_t doomed_count, doomed_capacity;
	uint64_t swept;      /* where the sweep for what has expired goes on */
	struct wr_ttl sweep; /* its pace: the shortest time to live */
};

/* For an operator without keys, too: it may have broadcast states. `store` has been made. */
void wr_user_keyed_init(struct wr_user_keyed *keyed, struct wr_op *op);
/* Opens the states of the node's function, keyed by node->u.user.key. */
wr_status *wr_user_keyed_open(struct wr_user_keyed *keyed, bool timers);
/* All keys have been loaded, and the watermark. */
wr_status *wr_user_keyed_restored(struct wr_user_keyed *keyed, int64_t watermark_ms);
void wr_user_keyed_release(struct wr_user_keyed *keyed); /* zeroed is allowed */
uint64_t wr_user_keyed_bytes(const struct wr_user_keyed *keyed);

/* Sets or deletes a timer; now_ms: the watermark, WR_WATERMARK_MIN: none yet. */
void wr_user_keyed_timer(struct wr_user_keyed *keyed, uint8_t *slot, enum weir_time time,
			 int64_t time_ms, int64_t now_ms, bool set);
/* Whether something is due. */
static inline bool wr_user_keyed_is_due(const struct wr_user_keyed *keyed, enum weir_time time,
					uint64_t tick)
{
	return keyed->calendar[time].next <= tick;
}
/* The timers of a key that came up at `due` are over: its next one is noted. */
void wr_user_keyed_next(struct wr_user_keyed *keyed, uint8_t *slot, enum weir_time time,
			uint64_t due);
/* The earliest timer of a key; 0: none. */
static inline uint64_t wr_user_keyed_first(uint8_t *slot, enum weir_time time)
{
	const struct wr_user_slot *head = (const struct wr_user_slot *)(void *)slot;

	return time == WEIR_EVENT_TIME ? wr_timer_set_first(&head->event)
	       : head->clock != NULL   ? wr_timer_set_first(head->clock)
				       : 0;
}
/* The earliest one above `tick`; 0: none. */
static inline uint64_t wr_user_keyed_above(uint8_t *slot, enum weir_time time, uint64_t tick)
{
	const struct wr_user_slot *head = (const struct wr_user_slot *)(void *)slot;

	return time == WEIR_EVENT_TIME ? wr_timer_set_above(&head->event, tick)
	       : head->clock != NULL   ? wr_timer_set_above(head->clock, tick)
				       : 0;
}
static inline bool wr_user_keyed_is_empty(const uint8_t *slot)
{
	const struct wr_user_slot *head = (const struct wr_user_slot *)(const void *)slot;

	return head->present == 0 && head->event.times == 0 &&
	       (head->clock == NULL || head->clock->times == 0);
}
/* The key may have nothing left. */
static inline void wr_user_keyed_doom(struct wr_user_keyed *keyed, uint8_t *slot)
{
	if (WR_UNLIKELY(keyed->doomed_count == keyed->doomed_capacity)) {
		keyed->doomed_capacity = 2 * keyed->doomed_capacity + 64;
		keyed->doomed = wr_realloc(keyed->doomed,
					   (size_t)keyed->doomed_capacity * sizeof *keyed->doomed);
	}
	keyed->doomed[keyed->doomed_count++] = slot;
}
/* Removes the keys that have nothing left; nobody holds their slots. */
wr_status *wr_user_keyed_forget(struct wr_user_keyed *keyed);
/* At a mark: looks for what has expired, a piece at a time. */
wr_status *wr_user_keyed_sweep(struct wr_user_keyed *keyed);

#endif
