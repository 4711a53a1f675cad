/* SPDX-License-Identifier: Apache-2.0
 *
 * source - see source.h.
 */
#include <strings.h>

#include "base/env.h"
#include "base/mem.h"
#include "runtime/bad_row.h"
#include "runtime/source_inner.h"

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
	wr_free(shared->seen);
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
	wr_source_publish_view(shared);
	wr_source_publish_low(shared, &(struct wr_idleness){.now_us = shared->carry_us}, ended);
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
		WR_TRY(wr_program_clocked(node->u.scan.expr, columns,
					  node->u.scan.args->wanted_count, env->zone_id, env->env,
					  &task->program));
	if (node->u.scan.watermark != NULL)
		WR_TRY(wr_program_clocked((struct wr_expr *const *)&node->u.scan.watermark, 1,
					  columns, env->zone_id, env->env, &task->watermark));
	if (node->u.scan.condition != NULL)
		WR_TRY(wr_program_clocked((struct wr_expr *const *)&node->u.scan.condition, 1,
					  columns, env->zone_id, env->env, &task->condition));
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

/* Applies the pushed-down filter to a batch, the first row of which is row `first` of the block;
 * rows that fail to evaluate go to the error handling. */
static wr_status *source_filter(struct wr_source_task *task, struct wr_batch *batch, uint64_t first)
{
	struct wr_eval *eval;
	uint32_t *sel, known = task->block != NULL ? task->block->range.bad.count : 0;
	uint32_t before = wr_batch_count(batch);
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
	before -= WR_MIN(before, batch->sel_count + eval->error_count);
	wr_count(&task->filtered, before);
	task->block_filtered += before;
	for (uint32_t i = 0; i < eval->error_count; i++)
		wr_bad_row_failed(task, first == UINT64_MAX ? first : first + eval->error[i].row,
				  &eval->error[i]);
	return wr_source_bad_records(task, known);
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
	if (atomic_load(&shared->wait_until_us) != 0 &&
	    atomic_load(&shared->wait_until_us) > wr_mono_us(shared->env) &&
	    !atomic_load(&shared->ended_seen) && !wr_source_is_over(shared) &&
	    !wr_source_is_due(shared))
		return NULL;
	pthread_mutex_lock(&shared->lock);
	status = wr_source_claim_locked(task, &claimed);
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
	return task->block != NULL ? wr_source_decode(task) : NULL;
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
		return wr_source_take_carry(task);
	case WR_SOURCE_PUSH:
		if (task->batch_next == task->batch_count) {
			task->state = WR_SOURCE_MARK;
			return NULL;
		}
		*batch = task->batch[task->batch_next];
		*step = WR_STEP_BATCH;
		return source_filter(task, *batch, task->batch_row[task->batch_next++]);
	case WR_SOURCE_MARK:
		*mark = (struct wr_mark){.epoch = task->epoch,
					 .watermark_ms = task->watermark_ms,
					 .flags = task->flags,
					 .born_us = task->born_us};
		*step = WR_STEP_MARK;
		wr_source_note_block(task);
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
		if (until <= now_us || wr_source_is_over(task->shared))
			return true;
		*wait_until_us = WR_MIN(*wait_until_us, until);
		return false;
	default: return true;
	}
}
