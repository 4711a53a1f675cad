/* SPDX-License-Identifier: Apache-2.0
 *
 * inline - a job on its caller's thread: it is entered, does what can be done now, and is left
 * again. For programs that push rows and want their results at once: nothing is handed from thread
 * to thread.
 *
 * A poll takes each worker round its tasks (worker.c), and the checkpoint thread's steps besides,
 * until a whole turn has found nothing to do, or POLL_US have passed. Then it notes until when
 * there is nothing to do unless somebody wakes the job, so that the next poll can tell that at a
 * glance. A wake-up is not lost: it is taken back before the turn that finds nothing.
 *
 * Thread: the caller's, one at a time; wake-ups from any.
 */
#include "base/env.h"
#include "base/mem.h"
#include "runtime/job_inner.h"

#define CLOCK_ROUNDS 63     /* of rounds between two looks at the clock, less one */
#define POLL_US      100000 /* longest poll: an input that never pauses does not keep its caller */

/* One round of a worker that is not done; true: it did something. */
static bool worker_turn(struct wr_job *job, struct wr_worker *worker)
{
	bool left = true, worked;

	if (worker->done)
		return false;
	worked = wr_worker_round(worker, &left);
	if (left || wr_worker_has_overflow(worker) || atomic_load(&job->stop))
		return worked;
	worker->done = true;
	wr_worker_note_state(worker);
	if (job->checkpoint != NULL)
		wr_part_leave(worker);
	return true;
}

/* The checkpoint thread's steps, as far as there is something to do. */
static bool checkpoint_turn(struct wr_job *job, int64_t now_us)
{
	struct wr_poll *poll = &job->poll;
	bool worked = false;

	if (job->checkpoint == NULL ||
	    (now_us < poll->checkpoint_us && wr_checkpoint_is_quiet(job->checkpoint)))
		return false;
	while (wr_checkpoint_step(job->checkpoint, &poll->checkpoint_us))
		worked = true;
	return worked || poll->checkpoint_us <= now_us;
}

static bool all_done(const struct wr_job *job)
{
	for (uint32_t i = 0; i < job->worker_count; i++)
		if (!job->worker[i].done)
			return false;
	return true;
}

/* Until when nothing is to be done. */
static int64_t idle_until(struct wr_job *job, int64_t now_us)
{
	int64_t until_us = job->checkpoint != NULL ? job->poll.checkpoint_us : INT64_MAX;

	for (uint32_t i = 0; i < job->worker_count; i++)
		if (!job->worker[i].done)
			until_us = WR_MIN(until_us, wr_worker_wait_until(&job->worker[i], now_us));
	return until_us;
}

/* One turn of everybody; true: somebody did something. */
static bool turn(struct wr_job *job, int64_t now_us)
{
	bool worked = false;

	for (uint32_t i = 0; i < job->worker_count && !atomic_load(&job->stop); i++)
		worked = worker_turn(job, &job->worker[i]) || worked;
	return checkpoint_turn(job, now_us) || worked;
}

void wr_job_poll(struct wr_job *job, bool *ended)
{
	struct wr_poll *poll = &job->poll;
	int64_t now_us = wr_mono_us(job->options.env), begin_us = now_us;
	bool worked = true;
	uint32_t rounds = 0;

	WR_ASSERT(job->options.polled);
	*ended = poll->ended = poll->ended || job->finished;
	if (poll->ended || (now_us < poll->until_us && !atomic_load(&poll->woken) &&
			    atomic_load(&job->cancel) == poll->cancelled))
		return;
	poll->cancelled = atomic_load(&job->cancel);
	if (atomic_load(&poll->woken) || poll->cancelled)
		poll->checkpoint_us = 0; /* somebody may want one */
	for (uint32_t i = 0; i < job->worker_count; i++)
		job->worker[i].now_us = now_us;
	while (worked && now_us - begin_us < POLL_US) {
		atomic_store(&poll->woken, false);
		worked = turn(job, now_us);
		poll->ended = atomic_load(&job->stop) || all_done(job);
		if (poll->ended)
			break;
		if ((++rounds & CLOCK_ROUNDS) == 0)
			now_us = wr_mono_us(job->options.env);
	}
	now_us = wr_mono_us(job->options.env);
	for (uint32_t i = 0; i < job->worker_count; i++)
		wr_worker_share_time(&job->worker[i], now_us);
	if ((++poll->count & 255) == 0 || now_us >= poll->until_us)
		wr_worker_note_state(&job->worker[0]);
	poll->until_us = worked ? 0 : idle_until(job, now_us);
	*ended = poll->ended;
}

int64_t wr_job_idle_until(const struct wr_job *job)
{
	return job->poll.ended || atomic_load(&job->poll.woken) ? 0 : job->poll.until_us;
}

void wr_job_tick(struct wr_job *job)
{
	for (uint32_t i = 0; i < job->graph.source_count; i++)
		atomic_store(&job->graph.source[i]->epoch_us, INT64_MIN / 2);
	atomic_store(&job->poll.woken, true);
}
