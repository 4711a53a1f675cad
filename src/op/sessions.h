/* SPDX-License-Identifier: Apache-2.0
 *
 * sessions - the sessions of every key, shared by the operators that need them: which session a row
 * belongs to, which rows are late, and which sessions are due at a mark.
 *
 * A row opens [ts, ts + gap). It joins every session of its key that it touches and that had not
 * closed at the watermark just before the row (P1); joined sessions become one. A row that touches
 * none and whose own session had closed is late. A session is due when the watermark reaches its
 * end - 1 and closes after the allowed lateness; a change in between takes back what was shown and
 * makes the session due again: its bounds may have moved.
 *
 * What a session holds (its `load`: an accumulator, rows) is the operator's: see struct
 * wr_session_load. Slot of a key: its open sessions, a small array in the state's pool. The order
 * of firing comes from a heap of (end, session) with one entry per session, corrected lazily when
 * an entry turns out to be stale.
 *
 * A key is saved with the bounds of its sessions, one field "sessions", and what the operator makes
 * of their loads, in fields of its own. Ids and timers are made anew after loading.
 *
 * Order of calls: init -> [restored] -> (process | (due -> shown)*)* -> release.
 * Thread: the owner's.
 *
 * Memory: one load per open session, and one heap entry.
 *
 * Invariants
 *   E1  sessions of a key that are open at the same watermark do not touch
 *   E2  every session that is not shown has a heap entry with end <= its own end
 *   E3  a slot is removed when it has no sessions and no heap entries point to it
 */
#ifndef WR_OP_SESSIONS_H
#define WR_OP_SESSIONS_H

#include "data/zone.h"
#include "op/aggregate.h"
#include "op/windowing.h"

struct wr_session {
	int64_t start, end; /* on the windows' time line */
	uint64_t id;        /* unique in the operator */
	uint8_t *load;      /* the operator's, in the pool */
	bool shown;         /* emitted and not taken back */
	bool picked;        /* is among those being emitted: a second timer does not count */
};

/* Sessions picked for output: parallel arrays. */
struct wr_picked {
	uint32_t count, capacity; /* sessions, and room for them */
	uint8_t **slot, **load;   /* key and load of each */
	int64_t *start, *end;     /* bounds of each */
	uint64_t *id;             /* of each */
};
void wr_picked_init(struct wr_picked *picked, uint32_t capacity);
void wr_picked_release(struct wr_picked *picked);

/* What an operator does with the loads of sessions. */
struct wr_session_load {
	uint8_t *(*open)(struct wr_op *op); /* of a new session */
	/* Folds one row in, or notes that it is to be folded in at the next flush. */
	void (*add)(struct wr_op *op, const struct wr_batch *batch, uint32_t row, uint8_t *load);
	/* Folds in what was noted: before loads are merged or taken back, and at the end of a
	 * batch. */
	void (*flush)(struct wr_op *op, const struct wr_batch *batch);
	void (*merge)(struct wr_op *op, uint8_t *into, uint8_t *from); /* `from` is dropped next */
	void (*drop)(struct wr_op *op, uint8_t *load);
	/* Takes back sessions that were shown. */
	wr_status *(*take_back)(struct wr_op *op, const struct wr_picked *picked);
	/* Appends the operator's fields for the sessions of a key. */
	void (*save)(struct wr_op *op, const struct wr_session *session, uint32_t count,
		     struct wr_text *out);
	/* Fills the loads, which have just been opened, from these fields. false: damaged. */
	bool (*fill)(struct wr_op *op, const struct wr_session *session, uint32_t count,
		     const struct wr_str *field);
};

struct wr_session_timer;

struct wr_sessions {
	struct wr_op *op;                   /* the operator */
	const struct wr_session_load *load; /* what it does with loads */
	struct wr_window window;            /* kind SESSION */
	int64_t allowed_ms;                 /* allowed lateness */
	const uint32_t *key;                /* columns of the input */
	uint32_t key_count;                 /* number of key */
	struct wr_arena arena;              /* of what describes the state */
	struct wr_state_codec codec;        /* of the state */
	struct wr_zone *zone;               /* sessions over TIMESTAMP_LTZ; NULL: none needed */
	struct wr_state *state;             /* key -> its sessions */
	uint64_t next_id;                   /* of the next session */
	struct wr_session_timer *heap;      /* min-heap by (end, id) */
	uint32_t heap_count, heap_capacity; /* entries, and room for them */
	int64_t sent_ms;                    /* watermark of the last mark */
};

/* What it is made for. */
struct wr_sessions_config {
	const struct wr_session_load *load;
	const struct wr_window *window;
	const uint32_t *key; /* columns of the input; key_count of them */
	uint32_t key_count;
	int64_t allowed_ms;                 /* allowed lateness */
	const struct wr_state_field *field; /* of the loads; copied */
	uint32_t field_count;               /* number of field */
};
wr_status *wr_sessions_init(struct wr_sessions *self, struct wr_op *op,
			    const struct wr_sessions_config *config);
/* All keys have been loaded. */
wr_status *wr_sessions_restored(struct wr_sessions *self);
void wr_sessions_release(struct wr_sessions *self); /* a zeroed one is allowed */
uint64_t wr_sessions_bytes(const struct wr_sessions *self);
/* Where loads lie. */
struct wr_agg_pool *wr_sessions_pool(struct wr_sessions *self);

/* Puts the rows of a batch into their sessions; late ones are counted and sent aside. */
wr_status *wr_sessions_process(struct wr_sessions *self, struct wr_batch *batch_moved);

/* The watermark of a mark on the windows' time line. */
int64_t wr_sessions_watermark(const struct wr_sessions *self, const struct wr_mark *mark);
/* Picks due sessions until `picked` is full, which replaces what it held. Each must be shown before
 * anything else is called. */
wr_status *wr_sessions_due(struct wr_sessions *self, int64_t watermark_ms,
			   struct wr_picked *picked);
/* The picked sessions have been emitted: closes them, or keeps them for corrections. */
wr_status *wr_sessions_shown(struct wr_sessions *self, int64_t watermark_ms,
			     const struct wr_picked *picked);
/* The watermark at which the next one may be due; INT64_MAX: there is none. */
int64_t wr_sessions_next_ms(const struct wr_sessions *self);
/* Whether more may be due. */
bool wr_sessions_more(const struct wr_sessions *self, int64_t watermark_ms);
/* window_time of a session that ends at `end`. */
int64_t wr_sessions_time(const struct wr_sessions *self, int64_t end);

#endif
