/* SPDX-License-Identifier: Apache-2.0
 *
 * stepped - a job on one thread, for simulation: workers and checkpoints take turns, and the
 * environment picks who is next (wr_env_ops.pick).
 *
 * A turn is what a thread does between two looks at what others did: one unit of one task, a
 * worker's part in a checkpoint, one step of the checkpoint thread. Each worker goes through its
 * tasks in the order of worker_round; between its turns anybody else may have theirs. Who has found
 * nothing to do in a whole round waits until somebody has done something; when all wait, the clock
 * is moved on.
 *
 * Thread: the caller's; there is no other.
 */
#include "base/env.h"
#include "base/mem.h"
#include "runtime/job_inner.h"

/* A worker, or behind them all the checkpoint thread. */
struct actor {
	struct wr_worker *worker; /* NULL: the checkpoint thread */
	uint32_t next;            /* of the round: 0 checkpoint, then the tasks */
	bool worked, busy, left;  /* in this round: did something, with rows; has something left */
	bool waits;               /* found nothing in a whole round */
	bool done;                /* nothing is left to do */
	int64_t until_us;         /* waits: wants to be asked again then (monotonic) */
};

/* A worker is through with all its tasks. */
static void round_end(struct wr_job *job, struct actor *actor)
{
	struct wr_worker *worker = actor->worker;

	worker->idle = !actor->busy;
	actor->next = 0;
	if (!actor->left && !wr_worker_has_overflow(worker)) {
		actor->done = true;
		if (job->checkpoint != NULL)
			wr_part_leave(worker);
	} else if (!actor->worked) {
		actor->waits = true;
		actor->until_us = wr_worker_wait_until(worker, wr_mono_us(job->options.env));
	}
}

/* One turn of a worker; true: it did something. */
static bool worker_turn(struct wr_job *job, struct actor *actor)
{
	struct wr_worker *worker = actor->worker;
	bool worked = false;

	if (actor->next == 0) {
		actor->worked = actor->busy = actor->left = false;
		if (job->checkpoint != NULL)
			worked = wr_part_round(worker, worker->idle);
	} else {
		struct wr_task *task = &worker->task[actor->next - 1];
		wr_status *status = wr_task_run(task, &worked);

		if (status != NULL) {
			wr_job_task_failed(task, status);
			return true;
		}
		actor->busy = actor->busy || worked;
		actor->left = actor->left || !task->finished;
	}
	actor->worked = actor->worked || worked;
	if (actor->next++ == worker->task_count)
		round_end(job, actor);
	return worked;
}

static bool checkpoint_turn(struct wr_job *job, struct actor *actor)
{
	bool worked = wr_checkpoint_step(job->checkpoint, &actor->until_us);

	actor->waits = !worked;
	return worked;
}

/* Picks one of those that do not wait; NULL: all do. */
static struct actor *next_actor(struct wr_env *env, struct actor *actor, uint32_t count)
{
	uint32_t ready = 0, index;

	for (uint32_t i = 0; i < count; i++)
		ready += !actor[i].done && !actor[i].waits;
	if (ready == 0)
		return NULL;
	index = env->ops->pick(env, ready);
	WR_REQUIRE(index < ready);
	for (;; actor++)
		if (!actor->done && !actor->waits && index-- == 0)
			return actor;
}

/* Nobody has anything to do now: until the first of them wants to be asked again. */
static void move_on(struct wr_env *env, struct actor *actor, uint32_t count)
{
	int64_t now_us = wr_mono_us(env), until_us = INT64_MAX;

	for (uint32_t i = 0; i < count; i++)
		if (!actor[i].done)
			until_us = WR_MIN(until_us, actor[i].until_us);
	env->ops->sleep_us(env, WR_MAX(until_us - now_us, 1));
	for (uint32_t i = 0; i < count; i++)
		actor[i].waits = false;
}

void wr_job_run_stepped(struct wr_job *job)
{
	struct wr_env *env = job->options.env;
	uint32_t workers = job->worker_count, count = workers + (job->checkpoint != NULL);
	struct actor *actor = wr_calloc(workers + 1, sizeof *actor);
	uint32_t left = workers;

	for (uint32_t i = 0; i < workers; i++)
		actor[i].worker = &job->worker[i];
	while (left > 0 && !atomic_load(&job->stop)) {
		struct actor *one = next_actor(env, actor, count);
		bool worked;

		if (one == NULL) {
			move_on(env, actor, count);
			continue;
		}
		worked = one->worker != NULL ? worker_turn(job, one) : checkpoint_turn(job, one);
		left -= one->done;
		for (uint32_t i = 0; i < count && worked; i++)
			actor[i].waits = false;
	}
	wr_free(actor);
}
