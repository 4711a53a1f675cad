/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_rules - the decisions of checkpoints, as functions of facts: when one begins, of which
 * epoch it is, when it has taken too long, how much of it a worker writes at a time.
 *
 * Thread: pure functions.
 */
#ifndef WR_RUNTIME_CHECKPOINT_RULES_H
#define WR_RUNTIME_CHECKPOINT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WR_EPOCH_NONE UINT64_MAX /* no epoch */

/* How often and how long, in milliseconds. */
struct wr_checkpoint_pace {
	int64_t interval_ms;  /* from begin to begin */
	int64_t min_pause_ms; /* at least between the end of one and the begin of the next */
	int64_t timeout_ms;   /* after which one is given up */
};

/* When things happened, monotonic microseconds; 0: not yet. */
struct wr_checkpoint_times {
	int64_t job_us;   /* the job began */
	int64_t begin_us; /* the last checkpoint began */
	int64_t end_us;   /* it ended, well or not */
};

/* When the next checkpoint begins (monotonic us), none being under way. `wanted`: much is held
 * until it comes, so the interval does not count, and of the pause a second at most. */
int64_t wr_checkpoint_next_us(const struct wr_checkpoint_pace *pace,
			      const struct wr_checkpoint_times *times, bool wanted);
/* Whether the one under way has taken too long. */
bool wr_checkpoint_expired(const struct wr_checkpoint_pace *pace, int64_t begin_us, int64_t now_us);

/* A source, seen under its lock. */
struct wr_source_fact {
	uint64_t next_epoch; /* the epoch of its next block */
	bool ended;          /* its last block, next_epoch - 1, was the END */
};
/* The epoch whose mark a checkpoint is of: the first one that no source has passed. WR_EPOCH_NONE:
 * all sources have ended, there is nothing behind which to save. */
uint64_t wr_checkpoint_epoch(const struct wr_source_fact *fact, uint32_t count);

/* Whether the job is to fail after so many failed checkpoints in a row; `tolerable` < 0: never. */
bool wr_checkpoint_is_hopeless(int64_t tolerable, uint64_t failed_in_row);

/* How long a worker may write of its snapshot now. */
struct wr_slice_facts {
	bool idle;             /* it found nothing else to do */
	size_t queued_bytes;   /* what waits for the checkpoint thread, of all workers */
	int64_t since_us;      /* since its last slice ended */
	int64_t last_slice_us; /* how long that one took */
};
int64_t wr_checkpoint_slice_us(const struct wr_slice_facts *facts); /* 0: not now */

/* Bytes that may wait for the checkpoint thread: beyond the first no worker writes of its own will;
 * beyond the second one that must (its state is about to change) waits. */
#define WR_CHECKPOINT_QUEUE_SOFT (8u << 20)
#define WR_CHECKPOINT_QUEUE_HARD (64u << 20)

#endif
