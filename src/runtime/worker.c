/* SPDX-License-Identifier: Apache-2.0
 *
 * worker - a worker of a job (job_inner.h), and its thread.
 *
 * A worker goes round its tasks, downstream ones first so that what is in flight leaves before more
 * comes in, and sleeps when a whole round found nothing to do. Whoever fills or empties a queue
 * wakes the other side.
 *
 * The sleep, told as a story: (1) the worker sets `asleep`, (2) looks at every task once more, (3)
 * waits unless `signalled`. A waker (a) changes the queue, (b) reads `asleep`, (c) sets `signalled`
 * and signals. Either (b) comes after (1) and the worker is woken, or (a) comes before (2) and the
 * worker sees the change. A bounded wait stands behind that.
 *
 * A worker without a thread is taken round by others (stepped.c, inline.c).
 */
#include "base/env.h"
#include "base/mem.h"
#include "base/wait.h"
#include "runtime/ask.h"
#include "runtime/job_inner.h"

#define NOTE_US 100000 /* between two looks at the states */
#define NAP_US  20000  /* longest sleep, usually: how soon a cancel of a signal handler is seen */

void wr_worker_wake(struct wr_worker *worker)
{
	if (!atomic_load(&worker->asleep))
		return;
	pthread_mutex_lock(&worker->lock);
	worker->signalled = true;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
}

/* Where the time of a task has gone since the worker looked at the clock. */
static void note_load(struct wr_worker *worker, struct wr_task *task, bool worked)
{
	int64_t from_us = worker->now_us;

	if (worked && worker->job->options.polled) {
		task->units++;
	} else if (worked) {
		worker->now_us = wr_mono_us(worker->job->options.env);
		wr_load_worked(&task->load, from_us, worker->now_us);
		task->unit_us += worker->now_us - from_us - task->unit_us / 8;
	}
	wr_load_seen(&task->load, task->blocked, worker->now_us);
}

void wr_worker_share_time(struct wr_worker *worker, int64_t now_us)
{
	uint64_t units = 0;

	for (uint32_t i = 0; i < worker->task_count; i++)
		units += worker->task[i].units;
	for (uint32_t i = 0; i < worker->task_count && units > 0; i++) {
		struct wr_task *task = &worker->task[i];
		double share = (double)task->units / (double)units;

		wr_load_worked(&task->load, 0,
			       (int64_t)((double)(now_us - worker->now_us) * share));
		task->units = 0;
	}
	if (units > 0)
		worker->now_us = now_us;
}

bool wr_worker_round(struct wr_worker *worker, bool *left)
{
	bool any = false, busy = false, polled = worker->job->options.polled;

	*left = false;
	if (atomic_load_explicit(&worker->asked, memory_order_relaxed))
		wr_worker_answer(worker);
	if (worker->job->checkpoint != NULL)
		any = wr_part_round(worker, worker->idle);
	for (uint32_t i = 0; i < worker->task_count; i++) {
		struct wr_task *task = &worker->task[i];
		bool worked = false;
		wr_status *status;

		wr_load_running(&task->load, polled ? 0 : worker->now_us);
		status = wr_task_run(task, &worked);
		wr_load_running(&task->load, 0);
		if (status != NULL) {
			wr_job_task_failed(task, status);
			return true;
		}
		note_load(worker, task, worked);
		busy = busy || worked;
		*left = *left || !task->finished;
	}
	worker->idle = !busy;
	return any || busy;
}

bool wr_worker_has_overflow(const struct wr_worker *worker)
{
	for (uint32_t i = 0; i < worker->task_count; i++) {
		const struct wr_task *task = &worker->task[i];

		for (uint32_t s = 0; s < task->stage->step_count; s++) {
			const struct wr_sender *sender = &task->step[s].sender;

			for (uint32_t c = 0; sender->edge != NULL && c < sender->edge->consumers;
			     c++)
				if (sender->overflow_count[c] > 0)
					return true;
		}
	}
	return false;
}

void wr_worker_note_state(struct wr_worker *worker)
{
	uint64_t bytes = 0;

	worker->noted_us = worker->now_us;
	for (uint32_t i = 0; i < worker->task_count; i++)
		for (uint32_t s = 0; s < worker->task[i].stage->step_count; s++) {
			struct wr_task_step *step = &worker->task[i].step[s];
			uint64_t own = step->op != NULL ? wr_op_state_bytes(step->op) : 0;

			bytes += own;
			wr_note(&step->state_bytes, (int64_t)own);
			if (step->op != NULL && step->op->type->next_ms != NULL)
				wr_note(&step->next_ms, step->op->type->next_ms(step->op));
			step->state_peak = WR_MAX(step->state_peak, own);
		}
	atomic_store_explicit(&worker->state_bytes, bytes, memory_order_relaxed);
}

/* Whether a worker has to look at the stage although nothing wakes it: epochs by the clock, sinks
 * that are to be asked at idle times, answers from outside. */
static bool stage_needs_naps(const struct wr_stage *stage)
{
	const struct wr_source_shared *source = stage->source;

	if (source != NULL && (source->idle_timeout_ms > 0 || source->node->traits.ticks ||
			       source->group != UINT32_MAX))
		return true;
	for (uint32_t i = 0; i < stage->step_count; i++) {
		const struct wr_stage_step *step = &stage->step[i];

		if (step->kind == WR_STEP_WRITE && step->sink->connector != NULL &&
		    step->sink->connector->idle != NULL)
			return true;
		if (step->kind == WR_STEP_OP &&
		    (step->node->kind == WR_N_USER || step->node->kind == WR_N_LOOKUP_JOIN))
			return true;
	}
	return false;
}

int64_t wr_job_choose_nap(const struct wr_job *job)
{
	int64_t nap_us = job->options.nap_us;

	if (job->options.checkpoint.every > 0)
		return NAP_US;
	for (uint32_t i = 0; i < job->graph.stage_count; i++)
		if (stage_needs_naps(job->graph.stage[i]))
			return NAP_US;
	return WR_MAX(nap_us, NAP_US);
}

int64_t wr_worker_wait_until(struct wr_worker *worker, int64_t now_us)
{
	int64_t until_us = now_us + worker->job->nap_us;

	for (uint32_t i = 0; i < worker->task_count; i++)
		until_us = WR_MIN(until_us, wr_task_wait_until(&worker->task[i], now_us));
	return until_us;
}

static void worker_sleep(struct wr_worker *worker)
{
	int64_t now_us = wr_mono_us(worker->job->options.env);
	int64_t until_us = wr_worker_wait_until(worker, now_us);
	struct timespec deadline;

	if (until_us <= now_us)
		return;
	deadline = wr_deadline(until_us - now_us);
	pthread_mutex_lock(&worker->lock);
	while (!worker->signalled && !atomic_load(&worker->job->stop))
		if (!wr_cond_wait_until(&worker->wake, &worker->lock, &deadline))
			break;
	worker->signalled = false;
	pthread_mutex_unlock(&worker->lock);
	worker->now_us = wr_mono_us(worker->job->options.env);
}

/* Whether a source of it is ready for its next block. */
static bool worker_claims(const struct wr_worker *worker)
{
	for (uint32_t i = 0; i < worker->task_count; i++) {
		const struct wr_task *task = &worker->task[i];

		if (task->stage->source != NULL && !task->finished && !task->in_mark &&
		    task->source.state == WR_SOURCE_CLAIM)
			return true;
	}
	return false;
}

void *wr_worker_main(void *argument)
{
	struct wr_worker *worker = argument;
	struct wr_job *job = worker->job;
	bool left = true;

	worker->now_us = wr_mono_us(job->options.env);
	while (!atomic_load_explicit(&job->stop, memory_order_relaxed)) {
		bool worked = wr_worker_round(worker, &left);

		if (!left && !wr_worker_has_overflow(worker))
			break;
		if (worker->now_us - worker->noted_us >= NOTE_US)
			wr_worker_note_state(worker);
		if (worked)
			continue;
		atomic_store(&worker->claims, worker_claims(worker));
		atomic_store(&worker->asleep, true);
		atomic_thread_fence(memory_order_seq_cst);
		if (!wr_worker_round(worker, &left))
			worker_sleep(worker);
		atomic_store(&worker->asleep, false);
	}
	wr_worker_note_state(worker);
	if (job->checkpoint != NULL && !left)
		wr_part_leave(worker);
	wr_worker_answer_no_more(worker);
	return NULL;
}

void wr_worker_init_wake(struct wr_worker *worker)
{
	pthread_mutex_init(&worker->lock, NULL);
	wr_cond_init(&worker->wake);
}

wr_status *wr_worker_init(struct wr_worker *worker, struct wr_job *job, uint32_t index)
{
	uint32_t count = job->graph.stage_count;

	worker->job = job;
	worker->index = index;
	wr_budget_init(&worker->budget, &job->options.budget, job->options.env,
		       job->options.workers, &job->hosts.memory_tight);
	worker->task = wr_calloc(count + 1, sizeof *worker->task);
	for (uint32_t i = 0; i < count; i++) { /* stages are numbered sources first */
		const struct wr_stage *stage = job->graph.stage[count - 1 - i];

		if (stage->single ? stage->worker != index : index >= job->options.workers)
			continue;
		WR_TRY(wr_task_init(&worker->task[worker->task_count++], stage, job, index));
	}
	return NULL;
}

void wr_worker_release(struct wr_worker *worker)
{
	if (worker->job == NULL)
		return;
	wr_part_release(worker);
	for (uint32_t i = 0; i < worker->task_count; i++)
		wr_task_release(&worker->task[i]);
	wr_budget_release(&worker->budget);
	wr_free(worker->task);
}

void wr_worker_release_wake(struct wr_worker *worker)
{
	pthread_cond_destroy(&worker->wake);
	pthread_mutex_destroy(&worker->lock);
}
