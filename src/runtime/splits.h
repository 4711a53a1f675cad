/* SPDX-License-Identifier: Apache-2.0
 *
 * splits - the watermark of a source that has several ordered streams (the partitions of a topic).
 *
 * Each split has a watermark of its own: the highest value of the watermark expression among its
 * rows. The source's is the lowest of those splits that neither are idle nor have ended, and never
 * goes back. So a row is late only if it is behind all splits, however far one is ahead.
 *
 * Before row i of a block of split p, one reader would know
 *
 *     max(source so far, min(lowest of the other splits, max(p so far, values of the rows before)))
 *
 * which is struct wr_fold applied to the block's own running maximum. A source without splits is
 * the same with nobody else.
 *
 * Thread: struct wr_splits goes from worker to worker with the carry; the rest are pure functions.
 */
#ifndef WR_RUNTIME_SPLITS_H
#define WR_RUNTIME_SPLITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct wr_split {
	int64_t watermark_ms; /* of its rows so far; WR_WATERMARK_MIN: none */
	int64_t active_us;    /* monotonic time of its last row, for idleness */
	bool ended;           /* nothing more comes of it */
	int64_t row_us;       /* monotonic time of its last row; 0: none in this run */
	uint64_t rows;        /* in this run */
};

struct wr_splits {
	struct wr_split *split; /* by number; owned */
	uint32_t count, capacity;
};

/* When a split counts as idle. */
struct wr_idleness {
	int64_t timeout_ms; /* 0: never */
	int64_t now_us;     /* monotonic */
};

void wr_splits_release(struct wr_splits *splits);
/* At least `count` splits; new ones have no watermark and were active just now. */
void wr_splits_grow(struct wr_splits *splits, uint32_t count, int64_t now_us);
void wr_splits_copy(struct wr_splits *to, const struct wr_splits *from);
bool wr_split_is_idle(const struct wr_split *split, const struct wr_idleness *idleness);
/* The lowest watermark of those that neither are idle nor have ended, but for number `except`
 * (UINT32_MAX: of all); INT64_MAX: there is none. */
int64_t wr_splits_lowest(const struct wr_splits *splits, uint32_t except,
			 const struct wr_idleness *idleness);

/* What is known at the start of a block about the watermark. */
struct wr_fold {
	int64_t source_ms; /* of the source so far */
	int64_t own_ms;    /* of the block's split so far */
	int64_t others_ms; /* the lowest of the other splits; INT64_MAX: there are none */
};

/* The watermark when `block_ms` is the highest value of the block so far. */
static inline int64_t wr_fold(const struct wr_fold *fold, int64_t block_ms)
{
	return WR_MAX(fold->source_ms, WR_MIN(fold->others_ms, WR_MAX(fold->own_ms, block_ms)));
}

#endif
