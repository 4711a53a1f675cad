/* SPDX-License-Identifier: Apache-2.0
 *
 * user_window - windows of weir_window, in four files: user_window.c runs the operator and puts
 * rows into their windows, user_window_session.c those of sessions, which merge; user_trigger.c
 * says when a window fires; user_window_fire.c shows its content, evicts, and ends it;
 * user_window_codec.c saves it.
 *
 * A window of a key is a slot of one state, whose key is that of the stream with the window's start
 * (WEIR_ASSIGN: and end; WEIR_GLOBAL, WEIR_COUNT: neither) behind it: so savepoints show windows,
 * and the states of a trigger are fields as those of a process function. In a slot lie its timers,
 * its elements or its accumulator, what a built-in trigger counts, and the block of the states that
 * the program declared: the trigger's, behind them the accumulator.
 *
 * Time. Timers are the trigger's; the time at which a window of bounded time ends for good (its
 * end, and the allowed lateness) is computed. A slot is scheduled at the earlier of both. What is
 * due at the watermark before a row fires before that row is put into the window, the rest at the
 * mark: so a window sees the same order of rows and timers whatever the batches are. During a timer
 * the watermark is its time, for how far it will have come then depends on batches.
 *
 * Windows by the clock take their time when a batch begins, and fire at marks. At the end of the
 * input each of their timers fires once.
 *
 * A slot in which nothing is left (no element, timer, count or state) goes at the end of the batch:
 * it would be the same when made again. Not so a session, whose bounds others may touch.
 *
 * Thread: the operator's.
 *
 * Invariants
 *   W1  a slot has timers[d].scheduled != 0 if anything of domain d is to come, not after it
 *   W2  sessions of a key in the index do not touch, are ordered by start, and are the slots there
 * are
 *   W3  a window that has ended for good has no slot
 */
#ifndef WR_OP_USER_WINDOW_H
#define WR_OP_USER_WINDOW_H

#include "op/aggregate.h"
#include "op/row_list.h"
#include "op/user_codec.h"
#include "op/user_context.h"
#include "op/user_timers.h"

/* A slot; the block of the program's states is behind it. */
struct wr_uw {
	struct weir_span span;         /* from when to when */
	struct wr_timer_set timers[2]; /* the trigger's, by enum weir_time */
	struct wr_row_list rows;       /* elements with time_ms; none with an accumulator */
	uint64_t count;                /* of a built-in trigger: elements since it has fired */
	uint64_t next;                 /* tick at which it fires next before the end; 0: none */
	struct wr_uw_sessions *home;   /* of a session: its key in the index */
	uint64_t unused;
};

/* The sessions of a key, in the index. */
struct wr_uw_sessions {
	struct wr_uw **window; /* in the pool */
	uint32_t count, capacity;
	bool used; /* by the batch at hand: it stays until its end */
	uint64_t unused[1];
};

struct op_window {
	struct wr_op op;                /* first */
	const struct weir_window *spec; /* the program's */
	struct weir_trigger trigger;    /* the default one resolved */
	struct weir_evictor evictor;
	enum weir_time time; /* domain of the windows */
	bool bounded;        /* they end */
	bool in_order;       /* rows know the watermark before them, else it moves at marks alone */
	int64_t watermark_ms;  /* of the last mark */
	bool ended;            /* the input has: nothing is scheduled any more by the clock */
	uint32_t key_count;    /* columns of the key */
	uint32_t extra;        /* columns behind them in the key of a slot: start, end */
	struct wr_arena arena; /* of what describes the states */
	struct weir_context context;
	struct wr_user_store store; /* of the states in a block */
	struct wr_user_codec fields;
	struct wr_state_codec saved; /* of slots: user_window_codec.c */
	struct wr_codec row_codec;   /* of elements */
	struct wr_encoded encoded;   /* rows of the batch, when they are kept */
	struct wr_state *windows;    /* key, extra -> struct wr_uw */
	struct wr_state *index;      /* key -> struct wr_uw_sessions; NULL: no sessions */
	struct wr_calendar calendar[2];
	struct weir_result input;      /* how callbacks see rows */
	struct wr_schema key_schema;   /* columns of the key */
	struct weir_result key_result; /* how callbacks see it */
	struct wr_batch key_batch;     /* rows of keys: of the batch at hand, or of what is due */
	struct weir_row key_row;       /* of key_batch: the key at hand */
	struct wr_column **key_column; /* of key_batch; owned if key_owned */
	bool key_owned;
	uint8_t **due;                  /* the windows that come up together: due_count of them */
	uint32_t due_count;             /* 0: a batch is at hand */
	struct wr_uw *at;               /* the window whose callback runs */
	struct weir_elements *elements; /* scratch of user_window_fire.c */
	uint32_t *late;                 /* rows of the batch that are late: late_count of them */
	int64_t *late_end;              /* the end of the last window of each */
	uint32_t late_count;
};

static inline uint8_t *wr_uw_block(struct wr_uw *window)
{
	return (uint8_t *)(window + 1);
}
static inline struct wr_agg_pool *wr_uw_pool(const struct op_window *self)
{
	return wr_state_pool(self->windows, 0);
}
/* The last time of a window. */
static inline int64_t wr_uw_max(const struct weir_span *span)
{
	return span->end == INT64_MAX ? INT64_MAX : span->end - 1;
}
/* Whether it ends at all. */
static inline bool wr_uw_ends(const struct op_window *self, const struct wr_uw *window)
{
	return self->bounded && window->span.end != INT64_MAX;
}
/* When a window goes for good; INT64_MAX: never. */
static inline int64_t wr_uw_gone(const struct op_window *self, const struct weir_span *span)
{
	int64_t max = wr_uw_max(span), gone;

	if (!self->bounded)
		return INT64_MAX;
	if (self->time == WEIR_PROCESSING_TIME)
		return max;
	return __builtin_add_overflow(max, self->spec->allowed_lateness_ms, &gone) ? INT64_MAX
										   : gone;
}
/* Elements are kept, and not only an accumulator. */
static inline bool wr_uw_keeps_rows(const struct op_window *self)
{
	return self->spec->accumulate == NULL;
}
/* The accumulator's state: behind the trigger's. */
static inline uint32_t wr_uw_accumulator(const struct op_window *self)
{
	return self->store.count - 1;
}

/* --- user_trigger.c: each returns enum weir_trigger_result, after purging was added */

int wr_uw_on_element(struct op_window *self, struct wr_uw *window, const struct weir_row *row);
int wr_uw_on_timer(struct op_window *self, struct wr_uw *window, enum weir_time time,
		   int64_t time_ms);
int wr_uw_on_merge(struct op_window *self, struct wr_uw *window);
/* wr_context.timer: of the window at hand. */
void wr_uw_timer(struct weir_context *context, enum weir_time time, int64_t time_ms, bool set);
/* Schedules a window at the next thing of each domain (W1). */
void wr_uw_schedule(struct op_window *self, struct wr_uw *window);

/* --- user_window_fire.c */

/* Callbacks are about this window from now on. */
void wr_uw_enter(struct op_window *self, struct wr_uw *window);
/* Does what a trigger said. */
wr_status *wr_uw_apply(struct op_window *self, struct wr_uw *window, int result, const char *what);
/* Fires what is due at the watermark, or the clock's time. *gone: the window has ended for good:
 * nothing is left in the slot, which is still there. */
wr_status *wr_uw_fire_due(struct op_window *self, struct wr_uw *window, enum weir_time time,
			  int64_t now_ms, bool *gone);
/* Forgets everything that the window holds. */
void wr_uw_clear(struct op_window *self, struct wr_uw *window);
/* Nothing is left in the slot: it may go. */
bool wr_uw_is_blank(const struct op_window *self, struct wr_uw *window);
void wr_uw_elements_free(struct weir_elements *elements); /* NULL is allowed */

/* --- user_window.c */

/* A row goes into a window, whose callbacks it is about: content, trigger, what it says. */
wr_status *wr_uw_add(struct op_window *self, struct wr_uw *window, const struct weir_row *row,
		     int64_t time_ms);
/* Finds or makes the windows span[0..count) of rows row[i]. */
wr_status *wr_uw_slots(struct op_window *self, const struct wr_batch *batch, const uint32_t *row,
		       const struct weir_span *span, uint32_t count, struct wr_uw **out);
/* Notes a row as late; end_ms: of its last window. */
void wr_uw_late(struct op_window *self, uint32_t row, int64_t end_ms);
/* The watermark before a row (P1). */
static inline int64_t wr_uw_watermark(const struct op_window *self, const struct wr_batch *batch,
				      uint32_t row)
{
	int64_t watermark_ms = self->in_order ? wr_batch_watermark(batch, row) : INT64_MIN;

	return WR_MAX(watermark_ms, self->watermark_ms);
}
/* Callbacks are about this row of the batch from now on. */
void wr_uw_at_row(struct op_window *self, const struct weir_row *row, int64_t time_ms);
/* What is due before the row at hand fires: see the head. */
wr_status *wr_uw_catch_up(struct op_window *self, struct wr_uw *window, bool *gone);
/* What is wrong with the description; NULL: nothing. has_time: the input has an event time. */
wr_status *wr_uw_check(const struct weir_window *spec, bool has_time);

/* --- user_window_session.c */

wr_status *wr_uw_sessions_open(struct op_window *self);
/* Puts the rows of a batch into sessions; time_ms per row. */
wr_status *wr_uw_sessions_process(struct op_window *self, const struct wr_batch *batch,
				  const int64_t *time_ms);
/* A session has gone: out of the index. */
wr_status *wr_uw_sessions_drop(struct op_window *self, struct wr_uw *window);
/* The index is made of the windows that have been loaded. */
wr_status *wr_uw_sessions_restored(struct op_window *self);

/* --- user_window_codec.c */

/* Describes how slots are saved. */
void wr_uw_codec_init(struct op_window *self);

#endif
