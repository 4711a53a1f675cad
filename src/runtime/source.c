/* SPDX-License-Identifier: Apache-2.0
 *
 * source - see source.h.
 */
#include "runtime/source.h"

#include <stdio.h>
#include <strings.h>

#include "base/env.h"
#include "base/mem.h"
#include "runtime/bad_row.h"

#define WR_SOURCE_TICK_US                                                                          \
	20000 /* between empty epochs of an idle source: the epoch's usual bound */
#define WR_SOURCE_LAG_MAX                                                                          \
	16 /* blocks that a source may be behind when a checkpoint begins: more than rows that     \
	    * meet can be apart for long, little to wait for */
#define WR_SOURCE_SLOW_US 50000 /* from block to block, at the limit of the memory */
#define WR_SOURCE_HELD_US 10000 /* between two looks whether alignment still holds it */
#define WR_SOURCE_RETRY_US                                                                         \
	1000 /* an idle connector that names no time is asked again after this                     \
	      */

wr_status *wr_error_mode_read(const char *text, enum wr_error_mode *mode)
{
	static const char *const names[] = {"fail", "ignore", "log"};

	for (uint32_t i = 0; i < WR_COUNT(names); i++)
		if (strcasecmp(text, names[i]) == 0) {
			*mode = (enum wr_error_mode)i;
			return NULL;
		}
	return wr_status_new(
	    WR_USER_ERROR, "'error-handling.mode' = '%s': must be 'fail', 'ignore' or 'log'", text);
}

/* The table's own error handling, if it names one. */
static wr_status *source_error_mode(struct wr_source_shared *shared)
{
	const struct wr_connector_args *args = shared->node->u.scan.args;

	for (uint32_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].key, "error-handling.mode") == 0)
			return wr_error_mode_read(args->given[i].value, &shared->error_mode);
	return NULL;
}

wr_status *wr_source_shared_init(struct wr_source_shared *shared, const struct wr_node *node,
				 enum wr_error_mode mode, int64_t until_ms, atomic_bool *cancel)
{
	WR_ASSERT(node->kind == WR_N_SCAN);
	*shared = (struct wr_source_shared){.node = node,
					    .connector = node->u.scan.table->connector,
					    .env = node->u.scan.args->env,
					    .until_ms = until_ms,
					    .cancel = cancel};
	shared->mark.epoch = shared->last_epoch = UINT64_MAX;
	shared->carry = (struct wr_carry){.watermark_ms = WR_WATERMARK_MIN,
					  .active_us = wr_mono_us(shared->env)};
	shared->idle_timeout_ms = node->u.scan.pace.idle_timeout_ms;
	shared->error_mode = mode;
	shared->group = UINT32_MAX;
	shared->carry_us = shared->block_us = shared->carry.active_us;
	wr_bucket_init(&shared->bucket, node->u.scan.pace.rate_limit, shared->carry_us);
	atomic_store(&shared->group_low_ms, WR_WATERMARK_MIN);
	pthread_mutex_init(&shared->lock, NULL);
	pthread_mutex_init(&shared->view_lock, NULL);
	return source_error_mode(shared);
}

wr_status *wr_source_shared_open(struct wr_source_shared *shared, struct wr_hosts *hosts,
				 const char *readers)
{
	wr_table_host_init(&shared->host, hosts, shared->node->u.scan.table->name,
			   &shared->wait_until_us);
	shared->host.host.readers = readers;
	return shared->connector->source_open(shared->node->u.scan.args, &shared->host.host,
					      &shared->source);
}

void wr_source_shared_close(struct wr_source_shared *shared)
{
	if (shared->connector == NULL)
		return;
	if (shared->source != NULL)
		shared->connector->source_close(shared->source);
	wr_table_host_release(&shared->host);
	wr_source_mark_release(&shared->mark);
	wr_splits_release(&shared->splits);
	wr_free(shared->seen_ms);
	wr_free(shared->view);
	pthread_mutex_destroy(&shared->view_lock);
	pthread_mutex_destroy(&shared->lock);
	*shared = (struct wr_source_shared){0};
}

void wr_source_mark_release(struct wr_source_mark *mark)
{
	wr_text_release(&mark->position);
	wr_splits_release(&mark->splits);
	wr_status_free(mark->status);
	*mark = (struct wr_source_mark){.epoch = UINT64_MAX};
}

/* Whoever has the carry shows what it knows of the splits to those who claim. */
static void source_publish_view(struct wr_source_shared *shared)
{
	uint32_t count = shared->connector->splits ? shared->splits.count : 1;

	if (!shared->connector->splits && shared->group == UINT32_MAX)
		return;
	pthread_mutex_lock(&shared->view_lock);
	if (count > shared->seen_capacity) {
		shared->seen_capacity = WR_MAX(count, 2 * shared->seen_capacity);
		shared->seen_ms =
		    wr_realloc(shared->seen_ms, shared->seen_capacity * sizeof *shared->seen_ms);
	}
	if (!shared->connector->splits)
		shared->seen_ms[0] = shared->carry.watermark_ms;
	for (uint32_t i = 0; i < shared->splits.count; i++)
		shared->seen_ms[i] = shared->splits.split[i].watermark_ms;
	shared->seen_count = count;
	pthread_mutex_unlock(&shared->view_lock);
}

/* The lowest watermark of the source's alignment group; INT64_MAX: there is none. */
static int64_t source_group_low(const struct wr_source_shared *shared)
{
	int64_t low_ms = INT64_MAX;

	for (uint32_t i = 0; i < shared->peer_count && shared->group != UINT32_MAX; i++)
		if (shared->peer[i]->group == shared->group)
			low_ms = WR_MIN(low_ms, atomic_load(&shared->peer[i]->group_low_ms));
	return low_ms;
}

static void source_wake(struct wr_source_shared *shared)
{
	shared->host.host.ops->wake(&shared->host.host);
}

/* Tells the alignment group how far the source is; those that waited for that look again. */
static void source_publish_low(struct wr_source_shared *shared, const struct wr_idleness *idleness,
			       bool out)
{
	int64_t low_ms = shared->carry.watermark_ms;

	if (shared->group == UINT32_MAX)
		return;
	if (shared->connector->splits && shared->splits.count > 0)
		low_ms = wr_splits_lowest(&shared->splits, UINT32_MAX, idleness);
	if (out)
		low_ms = INT64_MAX;
	if (low_ms == atomic_exchange(&shared->group_low_ms, low_ms))
		return;
	for (uint32_t i = 0; i < shared->peer_count; i++)
		if (shared->peer[i]->group == shared->group && atomic_load(&shared->peer[i]->held))
			source_wake(shared->peer[i]);
}

wr_status *wr_source_restore(struct wr_source_shared *shared, uint64_t epoch, bool ended,
			     struct wr_str position, const struct wr_carry *carry,
			     const struct wr_splits *splits)
{
	WR_ASSERT(shared->next_epoch == 0);
	wr_splits_copy(&shared->splits, splits);
	for (uint32_t i = 0; i < shared->splits.count; i++)
		shared->splits.split[i].active_us = shared->carry_us;
	shared->next_epoch = epoch + 1;
	shared->ended = ended;
	shared->carry = *carry;
	shared->carry.active_us = shared->carry_us;
	source_publish_view(shared);
	source_publish_low(shared, &(struct wr_idleness){.now_us = shared->carry_us}, ended);
	atomic_store(&shared->ended_seen, ended);
	atomic_store(&shared->claimed, ended ? UINT64_MAX : epoch + 1);
	atomic_store(&shared->reached, epoch + 1);
	atomic_store(&shared->carry_epoch, epoch + 1);
	if (position.len == 0 || shared->connector->seek == NULL)
		return NULL;
	return shared->connector->seek(shared->source, position.data, position.len);
}

/* Whether the scan's output is just the decoded columns in order. */
static bool scan_is_plain(const struct wr_node *node)
{
	const struct wr_connector_args *args = node->u.scan.args;

	if (args->wanted_count != node->schema.count)
		return false;
	for (uint32_t i = 0; i < node->schema.count; i++) {
		const struct wr_expr *expr = node->u.scan.expr[i];

		if (expr->kind != WR_E_COLUMN || expr->column != i)
			return false;
	}
	return true;
}

wr_status *wr_source_task_init(struct wr_source_task *task, struct wr_source_shared *shared,
			       const struct wr_op_env *env, struct wr_source_sink sink)
{
	const struct wr_node *node = shared->node;
	uint32_t columns = node->schema.count;

	*task = (struct wr_source_task){.shared = shared, .env = env, .sink = sink};
	WR_TRY(shared->connector->reader_new(shared->source, &task->reader));
	if (!scan_is_plain(node))
		WR_TRY(wr_program_new(node->u.scan.expr, columns, node->u.scan.args->wanted_count,
				      env->zone_id, &task->program));
	if (node->u.scan.watermark != NULL)
		WR_TRY(wr_program_new((struct wr_expr *const *)&node->u.scan.watermark, 1, columns,
				      env->zone_id, &task->watermark));
	if (node->u.scan.condition != NULL)
		WR_TRY(wr_program_new((struct wr_expr *const *)&node->u.scan.condition, 1, columns,
				      env->zone_id, &task->condition));
	return NULL;
}

static void source_drop_block(struct wr_source_task *task)
{
	for (uint32_t i = task->batch_next; i < task->batch_count; i++)
		wr_batch_free(task->batch[i]);
	task->batch_count = task->batch_next = 0;
	wr_bad_row_reset(task);
	if (task->block != NULL) {
		wr_bad_list_release(&task->block->range.bad);
		task->shared->connector->block_free(task->shared->source, task->block);
	}
	task->block = NULL;
}

void wr_source_task_release(struct wr_source_task *task)
{
	if (task->shared == NULL)
		return;
	source_drop_block(task);
	wr_free(task->batch);
	wr_free(task->batch_row);
	if (task->reader != NULL)
		task->shared->connector->reader_free(task->reader);
	if (task->again_reader != NULL)
		task->shared->connector->reader_free(task->again_reader);
	wr_program_free(task->program);
	wr_program_free(task->watermark);
	wr_program_free(task->condition);
	*task = (struct wr_source_task){0};
}

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

/* Whether the input ends here, whatever the connector has. */
static bool source_is_over(const struct wr_source_shared *shared)
{
	return atomic_load(shared->cancel) || is_finishing(shared) ||
	       atomic_load(&shared->until_passed);
}

/* Whether an idle source owes an empty epoch: for windows by the clock, or to be noticed as idle.
 */
static bool source_tick_due(const struct wr_source_shared *shared, int64_t now_us)
{
	if (shared->idle_timeout_ms == 0 && !shared->node->traits.ticks)
		return false;
	return now_us - atomic_load(&shared->epoch_us) >= WR_SOURCE_TICK_US;
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
static bool source_is_patient(const struct wr_source_shared *shared, int64_t now_us)
{
	if (!shared->patient || atomic_load(shared->host.shared->cancelled))
		return false;
	return !atomic_load(&shared->delivered) ||
	       now_us - atomic_load(&shared->epoch_us) < WR_SOURCE_TICK_US;
}

/* Whether an epoch is to come although the connector has nothing. */
static bool source_is_due(const struct wr_source_shared *shared)
{
	int64_t now_us = wr_mono_us(shared->env);

	if (source_peer_ahead(shared, atomic_load(&shared->reached)))
		return true;
	if (source_is_patient(shared, now_us))
		return false;
	return source_owes_epoch(shared) || source_tick_due(shared, now_us) ||
	       (source_is_slowed(shared) &&
		now_us - atomic_load(&shared->epoch_us) >= WR_SOURCE_RETRY_US);
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

/* What the connector is told about its splits. Under the lock; true: all are held. */
static bool source_view(struct wr_source_shared *shared, struct wr_claim_ask *ask)
{
	int64_t low_ms = source_group_low(shared);
	int64_t drift_ms = shared->node->u.scan.pace.max_drift_ms;
	bool any = false, all = true;
	uint32_t count;

	if (!shared->connector->splits && shared->group == UINT32_MAX)
		return false;
	pthread_mutex_lock(&shared->view_lock);
	count = shared->seen_count;
	if (count > shared->view_capacity) {
		shared->view_capacity = WR_MAX(count, 2 * shared->view_capacity);
		shared->view =
		    wr_realloc(shared->view, shared->view_capacity * sizeof *shared->view);
	}
	for (uint32_t i = 0; i < count; i++) {
		bool held = wr_is_ahead(shared->seen_ms[i], low_ms, drift_ms);

		shared->view[i] = (struct wr_split_view){shared->seen_ms[i], held};
		any = any || held;
		all = all && held;
	}
	pthread_mutex_unlock(&shared->view_lock);
	atomic_store(&shared->held, any);
	if (shared->connector->splits) {
		ask->split = shared->view;
		ask->split_count = count;
	}
	ask->split_total = WR_MAX(count, 1);
	return all && count > 0;
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
			source_wake(shared->peer[i]);
}

/* Whether the connector may be asked now, by the options for its pace; fills in the ask. Else, how
 * long to wait. Under the lock. */
static bool source_may_ask(struct wr_source_task *task, struct wr_claim_ask *ask, int64_t now_us)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_priority_facts facts = {.higher_has_rows = source_higher_has_rows(shared),
					  .given_way = shared->given_way,
					  .since_us = now_us - shared->block_us};
	bool all_held = source_view(shared, ask);

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

/* What the bucket was charged for and did not come is given back, or the other way round. */
static void source_settle(struct wr_source_task *task, uint64_t rows)
{
	struct wr_source_shared *shared = task->shared;

	if (task->asked == 0 || task->asked == rows)
		return;
	pthread_mutex_lock(&shared->lock);
	wr_bucket_settle(&shared->bucket, task->asked, rows);
	pthread_mutex_unlock(&shared->lock);
}

/* Claims the next epoch under the lock. *claimed stays false when there is nothing to do now. */
static wr_status *source_claim_locked(struct wr_source_task *task, bool *claimed)
{
	struct wr_source_shared *shared = task->shared;
	enum wr_claim result = WR_CLAIM_END;
	bool over = source_is_over(shared);

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
	if (result == WR_CLAIM_WAIT && !source_is_due(shared))
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
	*claimed = true;
	return NULL;
}

/* Appends a decoded batch to the block's list; `row`: rows of the block before it. */
static void source_add_batch(struct wr_source_task *task, struct wr_batch *batch, uint64_t row)
{
	if (task->batch_count == task->batch_capacity) {
		task->batch_capacity = task->batch_capacity == 0 ? 16 : task->batch_capacity * 2;
		task->batch = wr_realloc(task->batch, task->batch_capacity * sizeof *task->batch);
		task->batch_row =
		    wr_realloc(task->batch_row, task->batch_capacity * sizeof *task->batch_row);
	}
	task->batch_row[task->batch_count] = row;
	task->batch[task->batch_count++] = batch;
}

/* Rows whose evaluation failed leave the batch; they are reported with the block's bad records. */
static void source_eval_errors(struct wr_source_task *task, struct wr_eval *eval,
			       struct wr_batch *batch)
{
	uint32_t kept = 0, next = 0, rows = wr_batch_count(batch);
	uint64_t *first = &task->batch_row[task->batch_count - 1];
	uint32_t *sel;

	if (eval->error_count == 0)
		return;
	sel = wr_malloc((rows + 1) * sizeof *sel);
	for (uint32_t i = 0; i < rows; i++) {
		if (next < eval->error_count && eval->error[next].row == i)
			wr_bad_row_failed(task, *first + i, &eval->error[next++]);
		else
			sel[kept++] = wr_batch_row(batch, i);
	}
	*first = UINT64_MAX;
	wr_free(batch->sel);
	batch->sel = sel;
	batch->sel_count = kept;
}

/* Replaces the decoded columns by the scan's output columns. */
static wr_status *source_project(struct wr_source_task *task, struct wr_batch *batch)
{
	uint32_t count = task->shared->node->schema.count;
	struct wr_column **out;
	wr_status *status;

	if (task->program == NULL)
		return NULL;
	out = wr_calloc(count + 1, sizeof *out);
	status = wr_program_run(task->program, batch, out);
	if (status != NULL) {
		wr_free(out);
		return status;
	}
	for (uint32_t i = 0; i < batch->column_count; i++)
		wr_column_unref(batch->column[i]);
	wr_free(batch->column);
	batch->column = out;
	batch->column_count = count;
	source_eval_errors(task, wr_program_eval(task->program), batch);
	return NULL;
}

/* Milliseconds of a TIMESTAMP(_LTZ) column's row. */
static int64_t column_ms(const struct wr_column *column, uint32_t row)
{
	row &= column->mask;
	if (column->phys == WR_P_I64)
		return WR_DATA(column, int64_t)[row];
	wr_i128 ns = WR_DATA(column, wr_i128)[row];
	wr_i128 ms = ns / 1000000;

	return (int64_t)(ns < 0 && ms * 1000000 != ns ? ms - 1 : ms);
}

/* A NULL row time stops the job, as in Flink: its row could belong to any window. It is reported
 * with the block's bad records. */
static void source_check_rowtime(struct wr_source_task *task, const struct wr_batch *batch)
{
	const struct wr_node *node = task->shared->node;
	const struct wr_column *column;
	uint64_t first = task->batch_row[task->batch_count - 1];

	if (node->u.scan.rowtime < 0)
		return;
	column = batch->column[node->u.scan.rowtime];
	if (column == NULL || column->valid == NULL)
		return;
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (wr_column_is_valid(column, i))
			continue;
		struct wr_bad_record *bad =
		    wr_bad_row_add(task, first == UINT64_MAX ? first : first + i);
		bad->kind = "row-time";
		bad->column = node->schema.field[node->u.scan.rowtime].name;
		return;
	}
}

/* Computes the block's own running watermark: row_watermark[i] = the highest value among the rows
 * before i, in this block. The carry is folded in later. */
static wr_status *source_watermarks(struct wr_source_task *task, struct wr_batch *batch)
{
	struct wr_column *value = NULL;
	uint32_t rows;
	int64_t high = task->watermark_ms;

	if (task->watermark == NULL) {
		batch->watermark = WR_WATERMARK_MIN;
		return NULL;
	}
	wr_batch_compact(batch);
	rows = batch->rows;
	source_check_rowtime(task, batch);
	WR_TRY(wr_program_run(task->watermark, batch, &value));
	batch->row_watermark = wr_malloc((rows + 1) * sizeof *batch->row_watermark);
	for (uint32_t i = 0; i < rows; i++) {
		batch->row_watermark[i] = high;
		if (wr_column_is_valid(value, i)) {
			int64_t ms = column_ms(value, i);

			high = ms > high && ms > 0 ? ms : high;
		}
	}
	task->watermark_ms = high;
	wr_column_unref(value);
	return NULL;
}

/* Decodes the whole block into batches with local watermarks. */
static wr_status *source_decode(struct wr_source_task *task)
{
	const struct wr_connector *connector = task->shared->connector;
	uint64_t rows = task->rows;

	task->watermark_ms = WR_WATERMARK_MIN;
	for (;;) {
		struct wr_batch *batch = NULL;
		uint64_t before = task->block->range.rows;

		WR_TRY(connector->decode(task->reader, task->block, &batch));
		if (batch == NULL)
			break;
		if (batch->rows == 0) {
			wr_batch_free(batch);
			continue;
		}
		source_add_batch(task, batch, before);
		task->rows += wr_batch_count(batch);
		WR_TRY(source_project(task, batch));
		WR_TRY(source_watermarks(task, batch));
	}
	source_settle(task, task->rows - rows);
	wr_bad_row_sort(&task->block->range.bad);
	return NULL;
}

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
		batch->watermark = wr_fold(&task->fold, WR_WATERMARK_MIN);
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

/* Reports the block's bad records from `first` on, in order, now that line numbers are known. */
static wr_status *source_bad_records(struct wr_source_task *task, uint32_t first)
{
	struct wr_bad_list *bad;

	if (task->block == NULL)
		return NULL;
	bad = &task->block->range.bad;
	for (uint32_t i = first; i < bad->count; i++) {
		task->bad++;
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
	low_ms = source_group_low(shared);
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
		if (rows > 0)
			split->active_us = idleness->now_us;
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

/* Takes the carry of this block, publishes the next one, and makes the batches ready to be pushed.
 */
static wr_status *source_take_carry(struct wr_source_task *task)
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
	if (rows > 0)
		next.active_us = idleness.now_us;
	next.watermark_ms = source_advance(task, rows, &idleness, next.active_us, &idle);
	if (next.watermark_ms >= shared->until_ms)
		atomic_store(&shared->until_passed, true);
	if ((task->flags & WR_MARK_END) && !atomic_load(shared->cancel) &&
	    !atomic_load(&shared->until_passed))
		next.watermark_ms = WR_WATERMARK_MAX;
	else if (idle)
		task->flags |= WR_MARK_IDLE;
	shared->carry = next;
	if (shared->checkpoint_epoch != NULL &&
	    task->epoch == atomic_load(shared->checkpoint_epoch)) {
		shared->mark.carry = next;
		wr_splits_copy(&shared->mark.splits, &shared->splits);
	}
	source_publish_view(shared);
	source_publish_low(shared, &idleness, idle || (task->flags & WR_MARK_END));
	source_publish_carry(task);
	task->start = carry;
	WR_TRY(source_bad_records(task, 0));
	for (uint32_t i = 0; i < task->batch_count; i++)
		source_apply_carry(task, task->batch[i]);
	task->watermark_ms = next.watermark_ms;
	task->state = WR_SOURCE_PUSH;
	return NULL;
}

/* Applies the pushed-down filter to a batch, the first row of which is row `first` of the block;
 * rows that fail to evaluate go to the error handling. */
static wr_status *source_filter(struct wr_source_task *task, struct wr_batch *batch, uint64_t first)
{
	struct wr_eval *eval;
	uint32_t *sel, known = task->block != NULL ? task->block->range.bad.count : 0;
	wr_status *status;

	if (task->condition == NULL)
		return NULL;
	eval = wr_program_eval(task->condition);
	eval->context.watermark = batch->watermark;
	eval->context.row_watermark = batch->row_watermark;
	sel = wr_malloc((batch->rows + 1) * sizeof *sel);
	status = wr_program_filter(task->condition, batch, sel, &batch->sel_count);
	wr_free(batch->sel);
	batch->sel = sel;
	if (status != NULL)
		return status;
	for (uint32_t i = 0; i < eval->error_count; i++)
		wr_bad_row_failed(task, first == UINT64_MAX ? first : first + eval->error[i].row,
				  &eval->error[i]);
	return source_bad_records(task, known);
}

static bool source_carry_ready(const struct wr_source_task *task)
{
	return atomic_load(&task->shared->carry_epoch) == task->epoch;
}

/* Claims and decodes the next block. */
static wr_status *source_begin(struct wr_source_task *task, enum wr_source_step *step)
{
	struct wr_source_shared *shared = task->shared;
	bool claimed = false;
	wr_status *status;

	*step = WR_STEP_NOTHING;
	if (atomic_load(&shared->wait_until_us) > wr_mono_us(shared->env) &&
	    !atomic_load(&shared->ended_seen) && !source_is_over(shared) && !source_is_due(shared))
		return NULL;
	pthread_mutex_lock(&shared->lock);
	status = source_claim_locked(task, &claimed);
	pthread_mutex_unlock(&shared->lock);
	if (status != NULL)
		return status;
	*step = claimed ? WR_STEP_WORKED : WR_STEP_NOTHING;
	if (task->state == WR_SOURCE_DONE)
		*step = WR_STEP_DONE;
	if (!claimed)
		return NULL;
	task->state = WR_SOURCE_CARRY;
	task->watermark_ms = WR_WATERMARK_MIN;
	return task->block != NULL ? source_decode(task) : NULL;
}

wr_status *wr_source_task_step(struct wr_source_task *task, enum wr_source_step *step,
			       struct wr_batch **batch, struct wr_mark *mark)
{
	*step = WR_STEP_WORKED;
	switch (task->state) {
	case WR_SOURCE_CLAIM: return source_begin(task, step);
	case WR_SOURCE_CARRY:
		if (!task->carry_waits && !source_carry_ready(task)) {
			task->carry_waits = true;
			atomic_fetch_add(&task->shared->carry_waiters, 1);
		}
		if (!source_carry_ready(task)) {
			*step = WR_STEP_NOTHING;
			return NULL;
		}
		return source_take_carry(task);
	case WR_SOURCE_PUSH:
		if (task->batch_next == task->batch_count) {
			task->state = WR_SOURCE_MARK;
			return NULL;
		}
		*batch = task->batch[task->batch_next];
		*step = WR_STEP_BATCH;
		return source_filter(task, *batch, task->batch_row[task->batch_next++]);
	case WR_SOURCE_MARK:
		*mark = (struct wr_mark){
		    .epoch = task->epoch, .watermark_ms = task->watermark_ms, .flags = task->flags};
		*step = WR_STEP_MARK;
		source_drop_block(task);
		task->state = (task->flags & WR_MARK_END) ? WR_SOURCE_DONE : WR_SOURCE_CLAIM;
		return NULL;
	case WR_SOURCE_DONE: *step = WR_STEP_DONE; return NULL;
	}
	return NULL;
}

bool wr_source_task_ready(struct wr_source_task *task, int64_t now_us, int64_t *wait_until_us)
{
	int64_t until;

	switch (task->state) {
	case WR_SOURCE_CARRY: return source_carry_ready(task);
	case WR_SOURCE_CLAIM:
		until = atomic_load(&task->shared->wait_until_us);
		if (until <= now_us || source_is_over(task->shared))
			return true;
		*wait_until_us = WR_MIN(*wait_until_us, until);
		return false;
	default: return true;
	}
}
