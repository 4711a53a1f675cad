/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_part - a worker's part in a checkpoint: its tasks begin at the mark, then it writes
 * its states slice by slice while rows are processed. See checkpoint.h for the story.
 *
 * When a task begins: each of its steps right behind the mark of epoch C. Two kinds of tasks do not
 * get to see that mark. One has finished in an earlier epoch. The other reads a source: block C
 * went to another worker, and this one begins once all epochs up to C have been claimed and it is
 * done with those it had, before the first row of a later one.
 *
 * Invariants
 *   Q1  every task begins exactly once, at a moment when it has processed what it ever gets of the
 *       epochs up to C and nothing else
 *   Q2  a worker says that it is done exactly once for each number that it has seen
 */
#include "base/env.h"
#include "base/fault.h"
#include "base/mem.h"
#include "runtime/job_inner.h"

#define SLICE_STEP_BYTES (64u << 10) /* written between two looks at the clock */

static struct wr_checkpoint *checkpoint_of(const struct wr_worker *worker)
{
	return worker->job->checkpoint;
}

/* Hands a message to the checkpoint thread. Waits while too much is queued, unless nobody wants it
 * any more: then a block is dropped. */
static void part_send(struct wr_worker *worker, struct wr_checkpoint_message message)
{
	struct wr_checkpoint *checkpoint = checkpoint_of(worker);
	size_t bytes = message.block != NULL ? message.block->bytes.len : 0;
	struct wr_checkpoint_message *heap = wr_malloc(sizeof *heap);

	message.worker = worker->index;
	*heap = message;
	pthread_mutex_lock(&checkpoint->lock);
	while (bytes > 0 && checkpoint->started && !checkpoint->shutdown &&
	       atomic_load(&checkpoint->queued_bytes) > WR_CHECKPOINT_QUEUE_HARD)
		pthread_cond_wait(&checkpoint->room, &checkpoint->lock);
	*checkpoint->end = heap;
	checkpoint->end = &heap->next;
	atomic_fetch_add(&checkpoint->queued_bytes, bytes);
	pthread_cond_signal(&checkpoint->arrived);
	pthread_mutex_unlock(&checkpoint->lock);
}

static void part_emit(struct wr_snapshot *snapshot, struct wr_snapshot_block *block)
{
	part_send(snapshot->user,
		  (struct wr_checkpoint_message){.what = WR_CK_BLOCK, .block = block});
}

/* Takes part in the checkpoint under way, if there is a new one. */
static void part_join(struct wr_worker *worker)
{
	struct wr_checkpoint *checkpoint = checkpoint_of(worker);
	struct wr_checkpoint_part *part = &worker->part;
	uint64_t number = atomic_load_explicit(&checkpoint->number, memory_order_acquire);

	if (number == 0 || number == part->seen)
		return;
	WR_ASSERT(part->number == 0);
	part->seen = part->number = number;
	part->task_count = worker->task_count;
	part->count = part->next = 0;
	part->slice_end_us = part->slice_us = part->pause_us = 0;
	part->snapshot = (struct wr_snapshot){.emit = part_emit,
					      .user = worker,
					      .full = checkpoint->full,
					      .keep_changes = checkpoint->aside};
}

static bool part_is_given_up(const struct wr_worker *worker)
{
	return atomic_load_explicit(&checkpoint_of(worker)->given_up, memory_order_acquire) >=
	       worker->part.number;
}

static void part_add_state(struct wr_checkpoint_part *part, struct wr_state *state)
{
	if (part->count == part->capacity) {
		part->capacity = WR_MAX(16, 2 * part->capacity);
		part->state = wr_realloc(part->state, part->capacity * sizeof *part->state);
	}
	part->state[part->count++] = state;
}

/* The sink of a `write` step makes durable what it has. */
static void part_prepare(struct wr_worker *worker, struct wr_sink_shared *sink)
{
	struct wr_checkpoint *checkpoint = checkpoint_of(worker);
	wr_status *status;
	struct wr_text bytes;
	uint32_t index = 0;

	if (sink->connector == NULL || sink->connector->prepare == NULL)
		return;
	while (worker->job->graph.sink[index] != sink)
		index++;
	wr_text_init(&bytes);
	status = sink->connector->prepare(sink->sink, false, &bytes);
	if (status == NULL)
		status = wr_fault_pass(WR_FAULT_SINK_PREPARED);
	pthread_mutex_lock(&checkpoint->lock);
	wr_text_release(&checkpoint->prepared[index]);
	checkpoint->prepared[index] = bytes;
	if (status == NULL)
		wr_sink_prepared(sink);
	pthread_mutex_unlock(&checkpoint->lock);
	if (status != NULL)
		part_send(worker,
			  (struct wr_checkpoint_message){.what = WR_CK_FAILED, .status = status});
}

/* Rows had to wait since begin_us. */
static void part_note_pause(struct wr_worker *worker, int64_t begin_us)
{
	int64_t pause_us = wr_mono_us(checkpoint_of(worker)->env) - begin_us;

	worker->part.pause_us = WR_MAX(worker->part.pause_us, pause_us);
}

/* The states of a step begin their snapshot: it stands right behind epoch C. */
static void part_begin_step(struct wr_worker *worker, struct wr_task *task, uint32_t index)
{
	const struct wr_stage_step *plan = &task->stage->step[index];
	struct wr_checkpoint_part *part = &worker->part;
	struct wr_op *op = task->step[index].op;
	int64_t begin_us = wr_mono_us(checkpoint_of(worker)->env);
	uint32_t first = worker->job->names.first_state[task->stage->id][index];

	for (uint32_t k = 0; op != NULL && k < op->kept_count; k++) {
		struct wr_op_kept *kept = &op->kept[k];

		if (kept->state != NULL) {
			wr_state_snapshot_begin(kept->state, &part->snapshot, first + k);
			part_add_state(part, kept->state);
		} else {
			struct wr_snapshot_out out = {.snapshot = &part->snapshot,
						      .state = first + k};

			kept->save(op, &out);
			wr_snapshot_out_flush(&out);
		}
	}
	if (plan->kind == WR_STEP_WRITE)
		part_prepare(worker, plan->sink);
	part_note_pause(worker, begin_us);
}

static void part_task_done(struct wr_worker *worker, struct wr_task *task)
{
	WR_ASSERT(task->checkpoint != worker->part.number);
	task->checkpoint = worker->part.number;
	worker->part.task_count--;
	wr_fault_crash(WR_FAULT_SNAPSHOT_BEGUN);
}

void wr_part_step(struct wr_task *task, uint32_t step)
{
	struct wr_worker *worker = &task->job->worker[task->worker];
	struct wr_checkpoint *checkpoint = task->job->checkpoint;

	part_join(worker);
	if (worker->part.number == 0 || part_is_given_up(worker) ||
	    task->mark.epoch != atomic_load(&checkpoint->epoch) ||
	    task->checkpoint == worker->part.number)
		return;
	/* A second checkpoint of the same epoch (the first was given up) may be noticed in the
	 * middle of the mark. The sources above have ended then: the task begins when it has. */
	if (step == 0)
		task->marking = worker->part.number;
	else if (task->marking != worker->part.number)
		return;
	part_begin_step(worker, task, step);
	if (step + 1 == task->stage->step_count)
		part_task_done(worker, task);
}

/* Whether a task that sees no mark of epoch C has everything up to C behind it. */
static bool task_is_due(const struct wr_task *task, uint64_t epoch)
{
	const struct wr_source_task *source = &task->source;

	if (task->in_mark)
		return false;
	if (task->finished)
		return true;
	if (task->stage->source == NULL)
		return false;
	if (source->state != WR_SOURCE_CLAIM)
		return source->epoch > epoch;
	return atomic_load_explicit(&source->shared->claimed, memory_order_acquire) > epoch;
}

static void part_begin_others(struct wr_worker *worker)
{
	uint64_t epoch = atomic_load(&checkpoint_of(worker)->epoch);

	for (uint32_t i = 0; i < worker->task_count; i++) {
		struct wr_task *task = &worker->task[i];

		if (task->checkpoint == worker->part.number || !task_is_due(task, epoch))
			continue;
		for (uint32_t s = 0; s < task->stage->step_count; s++)
			part_begin_step(worker, task, s);
		part_task_done(worker, task);
	}
}

static void part_abort(struct wr_checkpoint_part *part)
{
	for (uint32_t i = part->next; i < part->count; i++)
		wr_state_snapshot_abort(part->state[i]);
	part->number = 0;
	part->count = part->next = 0;
}

/* Writes for about `slice_us`. */
static void part_write(struct wr_worker *worker, int64_t slice_us)
{
	struct wr_checkpoint_part *part = &worker->part;
	struct wr_env *env = checkpoint_of(worker)->env;
	int64_t begin_us = wr_mono_us(env), now_us = begin_us;

	while (part->next < part->count && now_us - begin_us < slice_us) {
		if (wr_state_snapshot_step(part->state[part->next], SLICE_STEP_BYTES))
			part->next++;
		now_us = wr_mono_us(env);
	}
	part->slice_end_us = now_us;
	part->slice_us = now_us - begin_us;
	part->pause_us = WR_MAX(part->pause_us, part->slice_us);
}

bool wr_part_round(struct wr_worker *worker, bool idle)
{
	struct wr_checkpoint *checkpoint = checkpoint_of(worker);
	struct wr_checkpoint_part *part = &worker->part;
	int64_t slice_us = 0;

	part_join(worker);
	if (part->number == 0)
		return false;
	if (part_is_given_up(worker)) {
		part_abort(part);
		part_send(worker, (struct wr_checkpoint_message){.what = WR_CK_DONE});
		return true;
	}
	if (part->task_count > 0)
		part_begin_others(worker);
	if (part->next < part->count) {
		struct wr_slice_facts facts = {
		    .idle = idle,
		    .queued_bytes = atomic_load(&checkpoint->queued_bytes),
		    .since_us = wr_mono_us(checkpoint->env) - part->slice_end_us,
		    .last_slice_us = part->slice_us,
		};

		slice_us = wr_checkpoint_slice_us(&facts);
		if (slice_us > 0)
			part_write(worker, slice_us);
	}
	if (part->task_count == 0 && part->next == part->count) {
		part->number = 0;
		part_send(worker, (struct wr_checkpoint_message){.what = WR_CK_DONE,
								 .pause_us = part->pause_us});
		return true;
	}
	return slice_us > 0;
}

bool wr_part_is_due(const struct wr_task *task)
{
	const struct wr_checkpoint *checkpoint = task->job->checkpoint;
	const struct wr_checkpoint_part *part = &task->job->worker[task->worker].part;
	uint64_t number;

	if (checkpoint == NULL)
		return false;
	number = atomic_load_explicit(&checkpoint->number, memory_order_acquire);
	if (number == 0 || task->checkpoint == number)
		return false;
	/* Joined and left again: it was given up, and the next one can begin without us. */
	return part->seen != number || part->number == number;
}

/* All sources have ended, so that no later checkpoint begins: the one at the end of the job does in
 * its place. */
void wr_part_leave(struct wr_worker *worker)
{
	part_join(worker);
	if (worker->part.number == 0)
		return;
	part_abort(&worker->part);
	part_send(worker, (struct wr_checkpoint_message){.what = WR_CK_LEFT});
}

void wr_part_release(struct wr_worker *worker)
{
	if (worker->part.number != 0)
		part_abort(&worker->part);
	wr_free(worker->part.state);
}
