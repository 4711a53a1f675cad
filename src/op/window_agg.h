/* SPDX-License-Identifier: Apache-2.0
 *
 * window_agg - the operator's own struct, shared with window_correct.c (corrections of fired
 * windows), window_offset.c (unaligned offsets) and window_state.c (what is saved).
 */
#ifndef WR_OP_WINDOW_AGG_H
#define WR_OP_WINDOW_AGG_H

#include "data/zone.h"
#include "op/aggregate.h"
#include "op/windowing.h"

#define WR_WINDOW_CHUNK 512 /* slots merged at a time: their keys and pointers fit the L1 cache */
#define WR_WINDOW_PER_CALL                                                                         \
	1024 /* windows fired per call of on_mark: bounds what a jump of the watermark emits at    \
		once */

/* Rows that wait in a buffer (window_offset.c). */
struct wr_window_held {
	struct wr_batch **batch;  /* in the order of arrival; owned */
	uint32_t count, capacity; /* batches */
	uint64_t rows;            /* in all batches */
	int64_t first_end;        /* earliest window end among them; INT64_MAX: none */
};

/* Rows too late for some of their windows: folded between two firings. */
struct wr_waiting {
	struct wr_batch *batch; /* owned */
	uint32_t row;           /* first one left */
};

struct op_window_agg {
	struct wr_op op;
	struct wr_window window; /* the node's */
	int64_t allowed_ms;      /* allowed lateness */
	uint32_t time_column;    /* row time, or the attached window end */
	uint32_t key_count;      /* group keys, and the attached window start */
	uint32_t *key;           /* input columns; owned */
	struct wr_zone
	    *zone; /* windows over TIMESTAMP_LTZ; NULL: times are what they are (or UTC) */
	struct wr_aggs aggs;
	struct wr_state *slices; /* namespace: slice end */
	struct wr_state *merged; /* namespace: window end; while it fires, of CUMULATE as long as
				    it is open */
	struct wr_state
	    *corrected; /* namespace: window end; values before this epoch's corrections */
	struct wr_window_saved *saved; /* how that is saved: window_state.c; owned */
	int64_t fired_ms;              /* W1; local time line */
	int64_t sent_ms;               /* watermark of the last mark, as downstream has seen it */
	bool firing;                   /* a window is being emitted */
	int64_t firing_end;            /* its end */
	uint64_t cursor;               /* how far */
	struct wr_waiting *waiting;    /* W3 */
	uint32_t waiting_count, waiting_capacity;
	/* Tumbling windows with an unaligned offset: window_offset.c. */
	bool offset;                   /* this is one */
	int64_t seen_ms;               /* watermark of the last event */
	int64_t trigger_ms;            /* the next watermark that may release */
	struct wr_window_held held[2]; /* the two buffers */
};

/* CUMULATE with a running result per window: see window_agg.c. */
bool wr_window_agg_runs(const struct op_window_agg *self);
/* Takes over rows that are to be folded between two firings. */
void wr_window_agg_wait(struct op_window_agg *self, struct wr_batch *batch_moved);
/* window_state.c: opens the states and registers all that is to be saved. */
wr_status *wr_window_agg_states(struct op_window_agg *self);
wr_status *wr_window_agg_restored(struct wr_op *op);
void wr_window_agg_states_release(struct op_window_agg *self); /* half-initialised: allowed */

/* Folds rows row[0..count) of the batch (the list is used up), each into the slice slice_end[row].
 */
wr_status *wr_window_agg_fold(struct op_window_agg *self, const struct wr_batch *batch,
			      const int64_t *slice_end, uint32_t *row, uint32_t count);
/* window_offset.c: rows, and a watermark, in Flink's order of events. */
wr_status *wr_window_offset_rows(struct op_window_agg *self, const struct wr_batch *batch);
wr_status *wr_window_offset_watermark(struct op_window_agg *self, int64_t watermark_ms);
/* Takes over rows of a buffer. */
void wr_window_offset_hold(struct op_window_agg *self, uint32_t phase,
			   struct wr_batch *batch_moved);
void wr_window_offset_release(struct op_window_agg *self);

struct wr_window_range wr_window_agg_range(const struct op_window_agg *self, int64_t slice_end);
wr_status *wr_window_agg_merge(struct op_window_agg *self, int64_t end);
struct wr_batch *wr_window_agg_rows(struct op_window_agg *self, struct wr_state *state, int64_t end,
				    uint8_t *const *slot, uint32_t count);
/* Before rows of a slice are folded: keeps what the fired but not closed windows of the slice
 * showed for these keys. */
wr_status *wr_window_agg_before_correction(struct op_window_agg *self, int64_t slice_end,
					   int64_t watermark_ms, const struct wr_keys *keys);
/* Emits the corrections of the windows that have closed at this watermark; WR_WATERMARK_MAX: of all
 * (at the mark). */
wr_status *wr_window_agg_correct(struct op_window_agg *self, int64_t watermark_ms);

#endif
