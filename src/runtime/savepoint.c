/* SPDX-License-Identifier: Apache-2.0
 *
 * savepoint - a checkpoint that somebody asks for, in a folder of its own.
 *
 * Whoever asks puts a request into the coordinator and waits; the checkpoint thread makes it when
 * no checkpoint is under way, and answers. It is full, what has changed since the last checkpoint
 * stays noted, and sinks do not commit: that is for the checkpoints of the job, unless the job ends
 * with the savepoint.
 *
 * Thread: wr_job_savepoint any but the job's own; the rest the checkpoint thread.
 */
#include "base/env.h"
#include "base/mem.h"
#include "runtime/job_inner.h"
#include "state/store_files.h"

static wr_status *job_over(void)
{
	return wr_status_new(WR_USER_ERROR, "The job has ended before a savepoint could be made");
}

/* The folder: as given, or beside those of the checkpoints. */
static wr_status *savepoint_path(const struct wr_job *job, const char *given, struct wr_text *path)
{
	const struct wr_checkpoint_options *options = &job->options.checkpoint;
	struct wr_env *env = job->checkpoint->env;
	struct wr_file_info info;
	uint32_t number = 0;

	if (given != NULL) {
		wr_text_puts(path, given);
		WR_TRY(env->ops->stat(env, given, &info));
		return info.exists ? wr_status_hint(wr_status_new(WR_USER_ERROR,
								  "'%s' is there already", given),
						    "Name a folder that is not there")
				   : NULL;
	}
	if (options->savepoint_base == NULL)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "The job has no folder of checkpoints that a "
						    "savepoint could go to"),
				      "Name a path, or run the job with "
				      "'execution.checkpointing.dir'");
	do {
		wr_text_clear(path);
		wr_text_printf(path, "%s-savepoint-%u", options->savepoint_base, ++number);
		WR_TRY(env->ops->stat(env, path->data, &info));
	} while (info.exists);
	return NULL;
}

/* Waits until nobody asks. *turn: how many have asked before. False: the job takes no questions.
 * Leaves the lock held. */
static bool wait_turn(struct wr_checkpoint *checkpoint, uint64_t *turn)
{
	pthread_mutex_lock(&checkpoint->lock);
	while (checkpoint->asked != NULL)
		pthread_cond_wait(&checkpoint->answered, &checkpoint->lock);
	*turn = checkpoint->asks;
	return checkpoint->takes_questions;
}

/* The folder is chosen without the lock, which workers need; when somebody else has asked
 * meanwhile, it may be theirs, and another one is chosen. */
wr_status *wr_job_savepoint_ask(struct wr_job *job, struct wr_savepoint *savepoint,
				const char *given, bool stop, struct wr_text *path)
{
	struct wr_checkpoint *checkpoint = job->checkpoint;
	uint64_t chosen, turn;
	bool open;

	if (checkpoint == NULL)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "The job runs without checkpoints: it has no "
						    "savepoints either"),
				      "Run it with 'execution.checkpointing.interval'");
	(void)wait_turn(checkpoint, &turn);
	do {
		chosen = turn;
		pthread_mutex_unlock(&checkpoint->lock);
		wr_text_clear(path);
		WR_TRY(savepoint_path(job, given, path));
		open = wait_turn(checkpoint, &turn);
	} while (open && turn != chosen);
	if (open) {
		*savepoint = (struct wr_savepoint){.dir = path->data, .stop = stop};
		checkpoint->asked = savepoint;
		checkpoint->asks++;
		pthread_cond_signal(&checkpoint->arrived);
	}
	pthread_mutex_unlock(&checkpoint->lock);
	if (!open)
		return job_over();
	wr_job_hurry(job);
	return NULL;
}

bool wr_job_savepoint_done(struct wr_job *job, struct wr_savepoint *savepoint, wr_status **status)
{
	struct wr_checkpoint *checkpoint = job->checkpoint;
	bool done;

	pthread_mutex_lock(&checkpoint->lock);
	done = savepoint->done;
	*status = savepoint->status;
	pthread_mutex_unlock(&checkpoint->lock);
	return done;
}

wr_status *wr_job_savepoint_give_up(struct wr_job *job, struct wr_savepoint *savepoint)
{
	struct wr_checkpoint *checkpoint = job->checkpoint;
	wr_status *status;

	WR_ASSERT(job->options.polled);
	wr_store_abort(checkpoint->writer);
	checkpoint->writer = NULL;
	wr_savepoint_doors(checkpoint, false);
	WR_REQUIRE(wr_job_savepoint_done(job, savepoint, &status));
	return status;
}

wr_status *wr_job_savepoint(struct wr_job *job, const char *given, bool stop, struct wr_text *path)
{
	struct wr_checkpoint *checkpoint = job->checkpoint;
	struct wr_savepoint savepoint;

	WR_TRY(wr_job_savepoint_ask(job, &savepoint, given, stop, path));
	pthread_mutex_lock(&checkpoint->lock);
	while (!savepoint.done)
		pthread_cond_wait(&checkpoint->answered, &checkpoint->lock);
	pthread_mutex_unlock(&checkpoint->lock);
	return savepoint.status;
}

/* A folder in which there is no savepoint goes: the next one may be asked for under its name. */
void wr_savepoint_answer(struct wr_checkpoint *checkpoint, wr_status *status_moved)
{
	struct wr_savepoint *asked;
	bool made = checkpoint->side != NULL;

	wr_store_close(checkpoint->side);
	checkpoint->side = NULL;
	pthread_mutex_lock(&checkpoint->lock);
	asked = checkpoint->asked;
	pthread_mutex_unlock(&checkpoint->lock);
	WR_ASSERT(asked != NULL);
	if (made && status_moved != NULL)
		wr_store_remove_unused(checkpoint->env, asked->dir);
	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->asked = NULL;
	asked->status = status_moved;
	asked->done = true;
	pthread_cond_broadcast(&checkpoint->answered);
	pthread_mutex_unlock(&checkpoint->lock);
}

bool wr_savepoint_open(struct wr_checkpoint *checkpoint, bool *stop)
{
	struct wr_store_config config = {
	    .env = checkpoint->env, .compression = checkpoint->job->options.checkpoint.compression};
	wr_status *status;

	pthread_mutex_lock(&checkpoint->lock);
	config.dir = checkpoint->asked != NULL ? checkpoint->asked->dir : NULL;
	*stop = checkpoint->asked != NULL && checkpoint->asked->stop;
	pthread_mutex_unlock(&checkpoint->lock);
	if (config.dir == NULL)
		return false;
	status = wr_store_open(&config, &checkpoint->side);
	if (status != NULL)
		wr_savepoint_answer(checkpoint, status);
	return status == NULL;
}

void wr_savepoint_doors(struct wr_checkpoint *checkpoint, bool open)
{
	bool asked;

	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->takes_questions = open;
	asked = checkpoint->asked != NULL;
	pthread_mutex_unlock(&checkpoint->lock);
	if (!open && asked)
		wr_savepoint_answer(checkpoint, job_over());
}
