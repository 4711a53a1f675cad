/* SPDX-License-Identifier: Apache-2.0
 *
 * source_carry - the decoded block is put where it belongs in the stream: its watermarks and line
 * numbers go on from those before it, and the carry of the next block is published.
 *
 * This is the one part that goes block after block (R2), so it is short: per batch one or two
 * numbers, and row by row only where a window boundary lies inside.
 *
 * Thread: the worker that has the block, while it has the carry.
 */
#include "base/env.h"
#include "base/mem.h"
#include "runtime/source_inner.h"

/* Whether two watermarks lie in the same window quantum, so that no window boundary is between
 * them. */
static bool same_quantum(int64_t a, int64_t b, int64_t quantum_ms)
{
	if (a == b || quantum_ms == 0)
		return true;
	if (a == WR_WATERMARK_MIN || b == WR_WATERMARK_MIN || quantum_ms == 1)
		return false;
	return (a + 1) / quantum_ms == (b + 1) / quantum_ms;
}

/* Folds the carry into a batch: one number when no window boundary lies inside, else row by row
 * (B3, R3). */
static void source_apply_carry(struct wr_source_task *task, struct wr_batch *batch)
{
	int64_t first, last;

	if (batch->row_watermark == NULL) {
		batch->watermark = wr_fold(&task->fold, batch->watermark);
		return;
	}
	if (batch->rows == 0)
		return;
	first = wr_fold(&task->fold, batch->row_watermark[0]);
	last = wr_fold(&task->fold, batch->row_watermark[batch->rows - 1]);
	batch->watermark = first;
	if (same_quantum(first, last, task->shared->node->traits.window_quantum_ms)) {
		wr_free(batch->row_watermark);
		batch->row_watermark = NULL;
		return;
	}
	for (uint32_t i = 0; i < batch->rows; i++)
		batch->row_watermark[i] = wr_fold(&task->fold, batch->row_watermark[i]);
}

wr_status *wr_source_bad_records(struct wr_source_task *task, uint32_t first)
{
	struct wr_bad_list *bad;

	if (task->block == NULL)
		return NULL;
	bad = &task->block->range.bad;
	for (uint32_t i = first; i < bad->count; i++) {
		wr_count(&task->bad, 1);
		task->block_bad++;
		WR_TRY(task->sink.bad(task->sink.user, task->shared, task->block, &bad->record[i],
				      &task->start));
	}
	return NULL;
}

/* Leaves the first rows of a dense batch. */
static void keep_first(struct wr_batch *batch, uint32_t rows)
{
	WR_ASSERT(batch->sel == NULL && rows < batch->rows);
	batch->sel = wr_malloc((rows + 1) * sizeof *batch->sel);
	for (uint32_t i = 0; i < rows; i++)
		batch->sel[i] = i;
	batch->sel_count = rows;
}

/* Drops the rows before which the watermark has reached the end of what is wanted, as one reader
 * would that stops there. */
static void source_cut(struct wr_source_task *task)
{
	int64_t until_ms = task->shared->until_ms;

	if (until_ms == INT64_MAX || task->watermark == NULL)
		return;
	for (uint32_t b = 0; b < task->batch_count; b++) {
		struct wr_batch *batch = task->batch[b];
		uint32_t rows = 0;

		while (rows < batch->rows &&
		       wr_fold(&task->fold, batch->row_watermark[rows]) < until_ms)
			rows++;
		if (rows == batch->rows)
			continue;
		task->watermark_ms = batch->row_watermark[rows];
		keep_first(batch, rows);
		while (++b < task->batch_count)
			keep_first(task->batch[b], 0);
	}
}

/* The carry of the next block is there: whoever has that block may be asleep. Either the waiter
 * counts itself first and is woken, or it sees the carry when it looks once more. */
static void source_publish_carry(struct wr_source_task *task)
{
	struct wr_source_shared *shared = task->shared;

	if (task->carry_waits)
		atomic_fetch_sub(&shared->carry_waiters, 1);
	task->carry_waits = false;
	atomic_store(&shared->carry_epoch, task->epoch + 1);
	if (atomic_load(&shared->carry_waiters) > 0)
		shared->host.shared->wakeup.wake(shared->host.shared->wakeup.user, WR_WAKE_ALL);
}

/* The watermark as it is known at the start of the block. New splits are taken up. */
static void source_fold(struct wr_source_task *task, const struct wr_idleness *idleness)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_splits *splits = &shared->splits;
	uint32_t split = task->block != NULL ? task->block->split : 0;

	task->fold = (struct wr_fold){.source_ms = shared->carry.watermark_ms,
				      .own_ms = WR_WATERMARK_MIN,
				      .others_ms = INT64_MAX};
	if (!shared->connector->splits)
		return;
	wr_splits_grow(splits, task->split_total, idleness->now_us);
	if (task->block == NULL)
		return;
	wr_splits_grow(splits, split + 1, idleness->now_us);
	task->fold.own_ms = splits->split[split].watermark_ms;
	task->fold.others_ms = wr_splits_lowest(splits, split, idleness);
}

/* Time in which nobody asked for rows does not count for idleness. */
static void source_rest_idleness(struct wr_source_task *task, int64_t now_us)
{
	struct wr_source_shared *shared = task->shared;
	int64_t rest_us = now_us - shared->carry_us, low_ms;

	shared->carry_us = now_us;
	if (task->paced)
		shared->carry.active_us += rest_us;
	if (!task->paced && !atomic_load(&shared->held))
		return;
	low_ms = wr_source_group_low(shared);
	for (uint32_t i = 0; i < shared->splits.count; i++) {
		struct wr_split *split = &shared->splits.split[i];

		if (task->paced || wr_is_ahead(split->watermark_ms, low_ms,
					       shared->node->u.scan.pace.max_drift_ms))
			split->active_us += rest_us;
	}
}

/* The block's rows are known: the source's watermark behind them. *idle: nobody speaks. */
static int64_t source_advance(struct wr_source_task *task, uint64_t rows,
			      const struct wr_idleness *idleness, int64_t active_us, bool *idle)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_splits *splits = &shared->splits;
	int64_t lowest_ms;

	if (task->block != NULL && shared->connector->splits) {
		struct wr_split *split = &splits->split[task->block->split];

		split->watermark_ms = WR_MAX(split->watermark_ms, task->watermark_ms);
		split->ended = split->ended || task->block->split_ends;
		split->rows += rows;
		if (rows > 0)
			split->active_us = split->row_us = idleness->now_us;
	}
	if (splits->count == 0) {
		struct wr_split whole = {.active_us = active_us};

		*idle = wr_split_is_idle(&whole, idleness);
		return wr_fold(&task->fold, task->watermark_ms);
	}
	lowest_ms = wr_splits_lowest(splits, UINT32_MAX, idleness);
	*idle = lowest_ms == INT64_MAX;
	return *idle ? wr_fold(&task->fold, task->watermark_ms)
		     : WR_MAX(task->fold.source_ms, lowest_ms);
}

/* What a checkpoint that ends with the task's epoch says of the source. It may be given up just
 * now, and the next one begin, which empties the mark: so the epoch is looked at under the lock,
 * too. */
static void source_mark_carry(struct wr_source_task *task, const struct wr_carry *carry)
{
	struct wr_source_shared *shared = task->shared;

	if (shared->checkpoint_epoch == NULL ||
	    task->epoch != atomic_load(shared->checkpoint_epoch))
		return;
	pthread_mutex_lock(&shared->lock);
	if (task->epoch == atomic_load(shared->checkpoint_epoch)) {
		shared->mark.carry = *carry;
		wr_splits_copy(&shared->mark.splits, &shared->splits);
	}
	pthread_mutex_unlock(&shared->lock);
}

wr_status *wr_source_take_carry(struct wr_source_task *task)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_idleness idleness = {shared->idle_timeout_ms, wr_mono_us(shared->env)};
	struct wr_carry carry, next;
	uint64_t rows = 0;
	bool idle;

	source_rest_idleness(task, idleness.now_us);
	carry = shared->carry;
	if (task->block != NULL && task->block->origin_starts)
		carry.lines = 0;
	next = carry;
	source_fold(task, &idleness);
	source_cut(task);
	for (uint32_t i = 0; i < task->batch_count; i++)
		rows += wr_batch_count(task->batch[i]);
	if (task->block != NULL)
		next.lines += task->block->range.lines;
	next.rows += rows;
	if (rows > 0) {
		next.active_us = idleness.now_us;
		wr_note(&shared->row_us, idleness.now_us);
	}
	next.watermark_ms = source_advance(task, rows, &idleness, next.active_us, &idle);
	if (shared->until_ms != INT64_MAX && next.watermark_ms >= shared->until_ms)
		atomic_store(&shared->until_passed, true);
	if ((task->flags & WR_MARK_END) && !atomic_load(shared->cancel) &&
	    !atomic_load(&shared->until_passed))
		next.watermark_ms = WR_WATERMARK_MAX;
	else if (idle)
		task->flags |= WR_MARK_IDLE;
	shared->carry = next;
	source_mark_carry(task, &next);
	wr_source_publish_view(shared);
	wr_source_publish_low(shared, &idleness, idle || (task->flags & WR_MARK_END));
	source_publish_carry(task);
	task->start = carry;
	WR_TRY(wr_source_bad_records(task, 0));
	for (uint32_t i = 0; i < task->batch_count; i++)
		source_apply_carry(task, task->batch[i]);
	task->watermark_ms = next.watermark_ms;
	task->state = WR_SOURCE_PUSH;
	return NULL;
}
