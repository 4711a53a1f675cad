/* SPDX-License-Identifier: Apache-2.0
 *
 * watch - a look at what flows: the last rows into and out of every operator, and which keys are
 * hot, while somebody asks for them.
 *
 * Asking opens the watch for WR_WATCH_US; without another question it closes by itself. While it is
 * closed, it costs a load and a branch per batch. While it is open, an operator shows some rows of
 * a batch every WR_WATCH_PACE_US, and an exchange by key counts the keys of some rows of each
 * batch.
 *
 * Thread: in, out and keys the workers'; the rest any, between open and close of the job.
 */
#ifndef WR_RUNTIME_WATCH_H
#define WR_RUNTIME_WATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/heavy.h"
#include "data/batch.h"
#include "data/zone.h"

#define WR_WATCH_US      15000000 /* open after a question */
#define WR_WATCH_PACE_US 100000   /* between two batches of an operator that are shown */
#define WR_WATCH_ROWS    20       /* kept, of each side of an operator */

struct wr_job;
struct wr_task;
struct wr_task_step;
struct wr_edge;
struct wr_op;
struct wr_schema;

/* The last rows of one side of an operator, as JSON; the oldest is row[next % WR_WATCH_ROWS]. */
struct wr_row_ring {
	struct wr_text row[WR_WATCH_ROWS]; /* {"kind":"+I","at_ms":1,"row":["a",null]} */
	uint64_t next;                     /* rows that were kept so far */
	int64_t shown_us;                  /* monotonic: when a batch was shown; wr_noted */
	const struct wr_schema *schema;    /* of the rows; NULL: none came */
};

/* The keys of an exchange. */
struct wr_edge_keys {
	struct wr_heavy heavy; /* by the hash that rows are spread by */
	uint64_t *group;       /* rows per key group; owned; NULL: none came */
};

struct wr_watch {
	atomic_bool on;
	struct wr_job *job;
	atomic_llong until_us;    /* monotonic: open till then */
	pthread_mutex_t lock;     /* around the rest */
	struct wr_zone *zone;     /* of the session, for times; NULL: UTC, or never opened */
	struct wr_row_ring *ring; /* per node of the plan: in, out; NULL: never opened */
	uint32_t node_count;      /* of the plan */
	struct wr_row_ring late;  /* late rows; its `schema` is unused */
	struct wr_edge_keys *key; /* per edge; NULL: never opened */
	uint32_t key_dice;        /* which rows are counted */
};

void wr_watch_init(struct wr_watch *watch, struct wr_job *job);
void wr_watch_release(struct wr_watch *watch);
/* Opens it, or keeps it open. True: it was closed, so that nothing has been seen yet. */
bool wr_watch_open(struct wr_watch *watch);

static inline bool wr_watch_is_on(const struct wr_watch *watch)
{
	return atomic_load_explicit(&watch->on, memory_order_relaxed);
}
/* Late rows of an operator: the last WR_WATCH_ROWS are always kept, as JSON, but not more often
 * than every WR_WATCH_PACE_US. */
void wr_watch_late(struct wr_task *task, const struct wr_op *op, const struct wr_batch *batch,
		   const uint32_t *row, const int64_t *end_ms, uint32_t count);
/* Appends them, the newest first: an array. */
void wr_watch_late_report(struct wr_watch *watch, struct wr_text *out);
void wr_watch_in(struct wr_task *task, const struct wr_task_step *step,
		 const struct wr_batch *batch);
/* `parent`: the step, or WR_PARENT_*. */
void wr_watch_out(struct wr_task *task, int32_t parent, const struct wr_batch *batch);
/* A batch with its hashes. */
void wr_watch_keys(struct wr_edge *edge, const struct wr_batch *batch);

#endif
