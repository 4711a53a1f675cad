/* SPDX-License-Identifier: Apache-2.0
 *
 * source_claim - which block a source takes next, and when it takes an empty one.
 *
 * The connector is asked unless something speaks against it for the moment: it had nothing a short
 * while ago, 'scan.rate-limit', 'scan.priority', alignment, memory. An epoch comes all the same, as
 * an empty block, when somebody waits for one: another source that is ahead, a checkpoint, windows
 * by the clock.
 *
 * Thread: under the source's lock, but for wr_source_is_over and wr_source_is_due.
 */
#include "base/env.h"
#include "runtime/source_inner.h"

/* Between empty epochs of an idle source: the epoch's usual bound. */
#define WR_SOURCE_TICK_US 20000
/* Blocks that a source may be behind when a checkpoint begins: more than rows that meet can be
 * apart for long, little to wait for. */
#define WR_SOURCE_LAG_MAX 16
#define WR_SOURCE_SLOW_US 50000 /* from block to block, at the limit of the memory */
#define WR_SOURCE_HELD_US 10000 /* between two looks whether alignment still holds it */
/* An idle connector that names no time is asked again after this. */
#define WR_SOURCE_RETRY_US 1000

/* Whether another source of the job has claimed an epoch that this one has not; one that has ended
 * is ahead up to its last one only. */
static bool source_peer_ahead(const struct wr_source_shared *shared, uint64_t epoch)
{
	for (uint32_t i = 0; i < shared->peer_count; i++)
		if (atomic_load_explicit(&shared->peer[i]->reached, memory_order_acquire) > epoch)
			return true;
	return false;
}

static bool is_finishing(const struct wr_source_shared *shared)
{
	return shared->finish != NULL && atomic_load(shared->finish);
}

bool wr_source_is_over(const struct wr_source_shared *shared)
{
	return atomic_load(shared->cancel) || is_finishing(shared) ||
	       atomic_load(&shared->until_passed);
}

/* Whether an idle source owes an empty epoch: for windows by the clock, or to be noticed as idle.
 */
static bool source_tick_due(const struct wr_source_shared *shared)
{
	if (shared->idle_timeout_ms == 0 && !shared->node->traits.ticks)
		return false;
	return wr_mono_us(shared->env) - atomic_load(&shared->epoch_us) >= WR_SOURCE_TICK_US;
}

/* Whether the checkpoint under way waits for the source's next epoch. */
static bool source_owes_epoch(const struct wr_source_shared *shared)
{
	uint64_t epoch =
	    shared->checkpoint_epoch != NULL ? atomic_load(shared->checkpoint_epoch) : UINT64_MAX;

	return epoch != UINT64_MAX && atomic_load(&shared->reached) <= epoch;
}

/* Whether rows of states are to leave before many more come. They leave at marks. */
static bool source_is_slowed(const struct wr_source_shared *shared)
{
	return atomic_load_explicit(&shared->host.shared->memory_tight, memory_order_relaxed) > 0;
}

/* Whether the source waits for its connector whatever the checkpoint wants. A run that ends after
 * a few epochs (weir.test.restore-every) would have used them up while the connector still gets in
 * touch with the other side, and so would the next one, and nothing would ever come. So such a run
 * makes no epoch of its own before the first block, and then only after a while without one. */
static bool source_is_patient(const struct wr_source_shared *shared)
{
	if (!shared->patient || atomic_load(shared->host.shared->cancelled))
		return false;
	return !atomic_load(&shared->delivered) ||
	       wr_mono_us(shared->env) - atomic_load(&shared->epoch_us) < WR_SOURCE_TICK_US;
}

/* Asked in every round of a worker: the clock is read where it matters only. */
bool wr_source_is_due(const struct wr_source_shared *shared)
{
	if (source_peer_ahead(shared, atomic_load(&shared->reached)))
		return true;
	if (source_is_patient(shared))
		return false;
	return source_owes_epoch(shared) || source_tick_due(shared) ||
	       (source_is_slowed(shared) &&
		wr_mono_us(shared->env) - atomic_load(&shared->epoch_us) >= WR_SOURCE_RETRY_US);
}

/* Whether the checkpoint under way would have to wait for many blocks of this source, since another
 * one, whose rows never meet those of this one, is far ahead: then it catches up by empty blocks.
 */
static bool source_hurries(const struct wr_source_shared *shared)
{
	if (!source_owes_epoch(shared))
		return false;
	for (uint32_t i = 0; i < shared->peer_count; i++)
		if (atomic_load(&shared->peer[i]->reached) > shared->next_epoch + WR_SOURCE_LAG_MAX)
			return true;
	return false;
}

/* The epoch just claimed is that of a checkpoint: where the connector stands is behind it. */
static void source_take_mark(struct wr_source_shared *shared, uint64_t epoch)
{
	struct wr_source_mark *mark = &shared->mark;

	if (shared->checkpoint_epoch == NULL || epoch != atomic_load(shared->checkpoint_epoch))
		return;
	wr_source_mark_release(mark);
	mark->epoch = epoch;
	mark->ended = shared->ended;
	if (shared->replayable)
		mark->status = shared->connector->position(shared->source, &mark->position);
}

/* Whether it is to wait before the next block, as a test wishes (weir.test.block-delay); but when
 * another source has gone ahead, it follows. */
static bool source_rests(struct wr_source_shared *shared)
{
	int64_t delay_us = shared->node->u.scan.args->block_delay_us;
	int64_t until_us = atomic_load(&shared->epoch_us) + delay_us;

	if (delay_us == 0 || wr_mono_us(shared->env) >= until_us || source_owes_epoch(shared))
		return false;
	for (uint32_t i = 0; i < shared->peer_count; i++) {
		uint64_t claimed = atomic_load(&shared->peer[i]->claimed);

		if (claimed > shared->next_epoch && claimed != UINT64_MAX)
			return false;
	}
	atomic_store(&shared->wait_until_us, until_us);
	return true;
}

/* Whether a source of a higher priority has rows. */
static bool source_higher_has_rows(const struct wr_source_shared *shared)
{
	for (uint32_t i = 0; i < shared->peer_count; i++) {
		const struct wr_source_shared *peer = shared->peer[i];

		if (peer->node->u.scan.pace.priority > shared->node->u.scan.pace.priority &&
		    atomic_load(&peer->has_rows) && !atomic_load(&peer->ended_seen))
			return true;
	}
	return false;
}

/* Notes whether the connector has rows; those of lower priorities may have waited for its last. */
static void source_note_rows(struct wr_source_shared *shared, bool has_rows)
{
	if (atomic_exchange(&shared->has_rows, has_rows) == has_rows || has_rows)
		return;
	for (uint32_t i = 0; i < shared->peer_count; i++)
		if (shared->peer[i]->node->u.scan.pace.priority <
		    shared->node->u.scan.pace.priority)
			wr_source_wake(shared->peer[i]);
}

/* Whether the connector may be asked now, by the options for its pace; fills in the ask. Else, how
 * long to wait. Under the lock. */
static bool source_may_ask(struct wr_source_task *task, struct wr_claim_ask *ask, int64_t now_us)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_priority_facts facts = {.higher_has_rows = source_higher_has_rows(shared),
					  .given_way = shared->given_way,
					  .since_us = now_us - shared->block_us};
	bool all_held = wr_source_view(shared, ask);

	if (wr_gives_way(&facts)) {
		task->gives_way = true;
		return false;
	}
	shared->given_way = 0;
	if (facts.since_us < WR_SOURCE_SLOW_US && source_is_slowed(shared)) {
		atomic_store(&shared->wait_until_us, now_us + WR_SOURCE_RETRY_US);
		return false;
	}
	if (all_held && !shared->connector->splits) {
		atomic_store(&shared->wait_until_us, now_us + WR_SOURCE_HELD_US);
		source_note_rows(shared, false);
		return false;
	}
	if (shared->bucket.rate > 0) {
		int64_t wait_us;

		ask->rows_max = wr_bucket_take(&shared->bucket, now_us, &wait_us);
		if (ask->rows_max == 0) {
			atomic_store(&shared->wait_until_us, now_us + wait_us);
			source_note_rows(shared, false);
			return false;
		}
	}
	return true;
}

/* The connector has been asked for a block. */
static void source_asked(struct wr_source_task *task, const struct wr_claim_ask *ask,
			 enum wr_claim result)
{
	struct wr_source_shared *shared = task->shared;

	task->split_total = shared->connector->splits ? ask->split_total : 0;
	source_note_rows(shared, result == WR_CLAIM_BLOCK);
	if (result == WR_CLAIM_BLOCK) {
		atomic_store(&shared->delivered, true);
		task->asked = ask->rows_max;
		shared->block_us = wr_mono_us(shared->env);
		/* There seems to be more than one worker can take. */
		if (++shared->streak > 1)
			shared->host.shared->wakeup.wake(shared->host.shared->wakeup.user,
							 WR_WAKE_CLAIMER);
		return;
	}
	shared->streak = 0;
	if (ask->rows_max > 0)
		wr_bucket_settle(&shared->bucket, ask->rows_max, 0);
}

/* Asks the connector, unless it is too early for that. */
static wr_status *source_ask(struct wr_source_task *task, enum wr_claim *result)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_claim_ask ask = {.split_total = 1, .wait_us = WR_SOURCE_RETRY_US};
	unsigned wakes = atomic_load(&shared->host.wakes);
	int64_t now_us = wr_mono_us(shared->env);

	*result = WR_CLAIM_WAIT;
	if (shared->node->u.scan.args->block_delay_us == 0 &&
	    atomic_load(&shared->wait_until_us) > now_us) {
		task->paced = shared->paced;
		return NULL;
	}
	shared->paced = task->paced = !source_may_ask(task, &ask, now_us);
	if (!task->paced) {
		WR_TRY(shared->connector->claim(shared->source, &ask, &task->block, result));
		source_asked(task, &ask, *result);
		if (*result == WR_CLAIM_WAIT)
			atomic_store(&shared->wait_until_us, wr_mono_us(shared->env) + ask.wait_us);
	}
	if (*result == WR_CLAIM_WAIT && atomic_load(&shared->host.wakes) != wakes)
		atomic_store(&shared->wait_until_us, 0);
	return NULL;
}

void wr_source_settle(struct wr_source_task *task, uint64_t rows)
{
	struct wr_source_shared *shared = task->shared;

	if (task->asked == 0 || task->asked == rows)
		return;
	pthread_mutex_lock(&shared->lock);
	wr_bucket_settle(&shared->bucket, task->asked, rows);
	pthread_mutex_unlock(&shared->lock);
}

wr_status *wr_source_claim_locked(struct wr_source_task *task, bool *claimed)
{
	struct wr_source_shared *shared = task->shared;
	enum wr_claim result = WR_CLAIM_END;
	bool over = wr_source_is_over(shared);

	if (shared->ended) {
		task->state = WR_SOURCE_DONE;
		return NULL;
	}
	task->block = NULL;
	task->paced = task->gives_way = false;
	task->asked = 0;
	task->split_total = 0;
	if (shared->next_epoch > shared->last_epoch && shared->last_epoch != UINT64_MAX)
		return NULL;
	if (!over && source_rests(shared))
		return NULL;
	if (!over && source_hurries(shared))
		result = WR_CLAIM_WAIT;
	else if (!over)
		WR_TRY(source_ask(task, &result));
	if (result == WR_CLAIM_WAIT && !wr_source_is_due(shared))
		return NULL;
	shared->given_way += task->gives_way;
	atomic_store(&shared->epoch_us, wr_mono_us(shared->env));
	task->epoch = shared->next_epoch++;
	task->flags = result == WR_CLAIM_END ? WR_MARK_END : 0;
	if (result == WR_CLAIM_END) {
		shared->ended = true;
		atomic_store(&shared->ended_seen, true);
	}
	atomic_store_explicit(&shared->claimed,
			      result == WR_CLAIM_END ? UINT64_MAX : shared->next_epoch,
			      memory_order_release);
	atomic_store(&shared->reached, shared->next_epoch);
	source_take_mark(shared, task->epoch);
	task->born_us = task->block != NULL ? shared->block_us : 0;
	*claimed = true;
	return NULL;
}
