/* SPDX-License-Identifier: Apache-2.0
 *
 * side - rows that leave the main road: late ones, and those that could not be read, evaluated or
 * written.
 *
 * Thread: that of the task.
 */
#ifndef WR_RUNTIME_SIDE_H
#define WR_RUNTIME_SIDE_H

#include "runtime/source.h"

struct wr_task;

/* Everything known about one bad row, for messages and the dead letter table. */
struct wr_bad_row {
	struct wr_place place; /* where it came from, or was going to, and what it was */
	const char *kind;      /* "parse", "evaluation", "constraint" ... */
	const char *text;      /* what is wrong, one sentence */
	const char *table;     /* of the script; NULL: unknown */
	int64_t line;          /* 1-based; -1: unknown */
};

extern const struct wr_place wr_place_unknown; /* nothing is known */

/* Counts it, and tells who wants to know. */
void wr_side_bad(struct wr_task *task, const struct wr_bad_row *bad);
/* Sends a bad row to the dead letter table, if there is one. */
wr_status *wr_side_dead_letter(struct wr_task *task, const struct wr_bad_row *bad);
/* The same as a batch of that table. */
struct wr_batch *wr_side_dead_batch(const struct wr_task *task, const struct wr_bad_row *bad);
/* wr_host_ops.reject, for the sink that the task writes. */
wr_status *wr_side_reject(struct wr_task *task, const struct wr_reject *reject);

/* What operators and sources report through their environment. `task` is env->job. */
wr_status *wr_side_row_error(const struct wr_op_env *env, const struct wr_op *op,
			     const struct wr_eval_error *error);
wr_status *wr_side_late(const struct wr_op_env *env, const struct wr_op *op,
			const struct wr_batch *batch, const uint32_t *row, const int64_t *end_ms,
			uint32_t count);
wr_status *wr_side_bad_record(void *user, const struct wr_source_shared *shared,
			      const struct wr_block *block, const struct wr_bad_record *record,
			      const struct wr_carry *carry);

#endif
