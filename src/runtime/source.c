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
	shared->idle_timeout_ms = node->u.scan.idle_timeout_ms;
	shared->error_mode = mode;
	pthread_mutex_init(&shared->lock, NULL);
	return source_error_mode(shared);
}

wr_status *wr_source_shared_open(struct wr_source_shared *shared, struct wr_hosts *hosts)
{
	wr_table_host_init(&shared->host, hosts, shared->node->u.scan.table->name,
			   &shared->wait_until_us);
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
	pthread_mutex_destroy(&shared->lock);
	*shared = (struct wr_source_shared){0};
}

void wr_source_mark_release(struct wr_source_mark *mark)
{
	wr_text_release(&mark->position);
	wr_status_free(mark->status);
	*mark = (struct wr_source_mark){.epoch = UINT64_MAX};
}

wr_status *wr_source_restore(struct wr_source_shared *shared, uint64_t epoch, bool ended,
			     struct wr_str position, const struct wr_carry *carry)
{
	WR_ASSERT(shared->next_epoch == 0);
	shared->next_epoch = epoch + 1;
	shared->ended = ended;
	shared->carry = *carry;
	shared->carry.active_us = wr_mono_us(shared->env);
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
	wr_program_free(task->program);
	wr_program_free(task->watermark);
	wr_program_free(task->condition);
	*task = (struct wr_source_task){0};
}

/* Whether another source of the job has claimed an epoch that this one has not. */
static bool source_peer_ahead(const struct wr_source_shared *shared, uint64_t epoch)
{
	for (uint32_t i = 0; i < shared->peer_count; i++)
		if (atomic_load_explicit(&shared->peer[i]->claimed, memory_order_acquire) > epoch)
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

/* Whether an epoch is to come although the connector has nothing. */
static bool source_is_due(const struct wr_source_shared *shared)
{
	return source_peer_ahead(shared, atomic_load(&shared->reached)) ||
	       source_owes_epoch(shared) || source_tick_due(shared, wr_mono_us(shared->env));
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

/* Asks the connector, unless it is too early for that. */
static wr_status *source_ask(struct wr_source_task *task, enum wr_claim *result)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_claim_ask ask = {.wait_us = WR_SOURCE_RETRY_US};
	unsigned wakes = atomic_load(&shared->host.wakes);

	*result = WR_CLAIM_WAIT;
	if (shared->node->u.scan.args->block_delay_us == 0 &&
	    atomic_load(&shared->wait_until_us) > wr_mono_us(shared->env))
		return NULL;
	WR_TRY(shared->connector->claim(shared->source, &ask, &task->block, result));
	if (*result != WR_CLAIM_WAIT) {
		/* There seems to be more than one worker can take. */
		if (++shared->streak > 1)
			shared->host.shared->wakeup.wake(shared->host.shared->wakeup.user,
							 WR_WAKE_CLAIMER);
		return NULL;
	}
	shared->streak = 0;
	atomic_store(&shared->wait_until_us, wr_mono_us(shared->env) + ask.wait_us);
	if (atomic_load(&shared->host.wakes) != wakes)
		atomic_store(&shared->wait_until_us, 0);
	return NULL;
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
static void source_apply_carry(struct wr_source_task *task, struct wr_batch *batch,
			       int64_t carry_ms)
{
	int64_t first, last;

	if (batch->row_watermark == NULL) {
		batch->watermark = carry_ms;
		return;
	}
	if (batch->rows == 0)
		return;
	first = WR_MAX(carry_ms, batch->row_watermark[0]);
	last = WR_MAX(carry_ms, batch->row_watermark[batch->rows - 1]);
	batch->watermark = first;
	if (same_quantum(first, last, task->shared->node->traits.window_quantum_ms)) {
		wr_free(batch->row_watermark);
		batch->row_watermark = NULL;
		return;
	}
	for (uint32_t i = 0; i < batch->rows && batch->row_watermark[i] < carry_ms; i++)
		batch->row_watermark[i] = carry_ms;
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
static void source_cut(struct wr_source_task *task, int64_t carry_ms)
{
	int64_t until_ms = task->shared->until_ms;

	if (until_ms == INT64_MAX || task->watermark == NULL)
		return;
	for (uint32_t b = 0; b < task->batch_count; b++) {
		struct wr_batch *batch = task->batch[b];
		uint32_t rows = 0;

		while (rows < batch->rows &&
		       WR_MAX(carry_ms, batch->row_watermark[rows]) < until_ms)
			rows++;
		if (rows == batch->rows)
			continue;
		task->watermark_ms = WR_MAX(carry_ms, batch->row_watermark[rows]);
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

/* Takes the carry of this block, publishes the next one, and makes the batches ready to be pushed.
 */
static wr_status *source_take_carry(struct wr_source_task *task)
{
	struct wr_source_shared *shared = task->shared;
	struct wr_carry carry = shared->carry, next;
	int64_t now_us = wr_mono_us(shared->env);
	uint64_t rows = 0;

	if (task->block != NULL && task->block->origin_starts)
		carry.lines = 0;
	next = carry;
	source_cut(task, carry.watermark_ms);
	for (uint32_t i = 0; i < task->batch_count; i++)
		rows += wr_batch_count(task->batch[i]);
	if (task->block != NULL)
		next.lines += task->block->range.lines;
	next.rows += rows;
	next.watermark_ms = WR_MAX(carry.watermark_ms, task->watermark_ms);
	if (rows > 0)
		next.active_us = now_us;
	if (next.watermark_ms >= shared->until_ms)
		atomic_store(&shared->until_passed, true);
	if ((task->flags & WR_MARK_END) && !atomic_load(shared->cancel) &&
	    !atomic_load(&shared->until_passed))
		next.watermark_ms = WR_WATERMARK_MAX;
	else if (shared->idle_timeout_ms > 0 &&
		 now_us - next.active_us > shared->idle_timeout_ms * 1000)
		task->flags |= WR_MARK_IDLE;
	shared->carry = next;
	if (shared->checkpoint_epoch != NULL &&
	    task->epoch == atomic_load(shared->checkpoint_epoch))
		shared->mark.carry = next;
	source_publish_carry(task);
	task->start = carry;
	WR_TRY(source_bad_records(task, 0));
	for (uint32_t i = 0; i < task->batch_count; i++)
		source_apply_carry(task, task->batch[i], carry.watermark_ms);
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
