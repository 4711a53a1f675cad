/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_change - what is done to a job by those who may: stop, savepoint, restart, rescale, forget.
 * An update is in jobs_update.c.
 */
#include "base/mem.h"
#include "engine/script_place.h"
#include "server/jobs_inner.h"

#define NAP_US 200 /* while a savepoint waits for its job to begin */

/* --- who works on a job -------------------------------------------------------------------------
 */

wr_status *wr_server_job_work(struct wr_jobs *jobs, const char *name, const char *change,
			      struct wr_server_job **out)
{
	struct wr_server_job *job;
	wr_status *status = NULL;

	pthread_mutex_lock(&jobs->lock);
	job = wr_jobs_find(jobs, name);
	if (job == NULL)
		status = wr_jobs_unknown(name);
	else if (change != NULL && jobs->closing)
		status = wr_server_stopping();
	else if (change != NULL && job->changing != NULL)
		status = wr_status_hint(
		    wr_server_job_conflict("%s of job '%s' is under way", job->changing, job->name),
		    "Try again when it is done");
	if (status == NULL) {
		job->users++;
		if (change != NULL)
			job->changing = change;
		*out = job;
	}
	pthread_mutex_unlock(&jobs->lock);
	return status;
}

void wr_server_job_done(struct wr_server_job *job, bool changed)
{
	struct wr_jobs *jobs = job->jobs;

	pthread_mutex_lock(&jobs->lock);
	job->users--;
	if (changed)
		job->changing = NULL;
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
}

/* Under lock. */
static wr_status *not_running(const struct wr_server_job *job)
{
	return wr_status_hint(
	    wr_server_job_conflict("The job '%s' does not run: it is %s", job->name,
				   wr_server_job_state_name(wr_server_job_state_now(job))),
	    job->active ? "Try again when it runs" : "Restart it");
}

bool wr_server_job_is_active(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	bool active;

	pthread_mutex_lock(&jobs->lock);
	active = job->active;
	pthread_mutex_unlock(&jobs->lock);
	return active;
}

/* --- savepoints ---------------------------------------------------------------------------------
 */

/* The run, one more reference; an error when there is none. */
static wr_status *hold_run(struct wr_server_job *job, struct wr_job_run **out)
{
	struct wr_jobs *jobs = job->jobs;
	wr_status *status = NULL;

	pthread_mutex_lock(&jobs->lock);
	if (job->run == NULL || !job->active)
		status = not_running(job);
	else
		(*out = job->run)->refs++;
	pthread_mutex_unlock(&jobs->lock);
	return status;
}

/* The job that runs, held; one that is about to begin is waited for. NULL: none will begin now.
 *
 *     1  a stop with savepoint asks (ENDING_ASKED) and waits here, the job is being opened
 *     2  that fails: the run is over
 *     3  its thread waits in job_ended for what comes of the savepoint, the job being active
 *
 * So it is the run that is asked whether it is over, and not the job. */
static struct wr_job *hold_job(struct wr_job_run *own)
{
	struct wr_run *run = &own->run;

	for (;;) {
		bool over = atomic_load(&own->over);
		struct wr_job *running = wr_run_hold(run);

		if (running != NULL || atomic_load(&run->restarting) || over)
			return running;
		wr_run_let(run);
		run->env->ops->sleep_us(run->env, NAP_US);
	}
}

/* Why it has no job that a savepoint could be made of. */
static wr_status *nothing_to_save(struct wr_server_job *job, const struct wr_job_run *run)
{
	wr_status *status;

	if (atomic_load(&run->over))
		return wr_status_hint(
		    wr_server_job_conflict(
			"The job '%s' has come to its end before a savepoint could be made",
			job->name),
		    "See its state and its exceptions");
	pthread_mutex_lock(&job->jobs->lock);
	status = not_running(job);
	pthread_mutex_unlock(&job->jobs->lock);
	return status;
}

/* The folder of a script's savepoint, which nobody else has: with the place in it, and the path of
 * the savepoint that goes there. */
static wr_status *make_script_folder(struct wr_server_job *job, struct wr_script_job which,
				     const char *given, struct wr_text *folder,
				     struct wr_text *inner)
{
	struct wr_script_place place = {which.at, which.count, NULL};
	struct wr_jobs *jobs = job->jobs;
	struct wr_file_info info = {0};
	struct wr_text name;
	uint32_t number = 0;
	wr_status *status;

	wr_text_init(&name);
	wr_text_printf(&name, "%u", which.at);
	place.path = name.data;
	pthread_mutex_lock(&jobs->store_lock); /* nobody else chooses meanwhile */
	do {
		wr_text_clear(folder);
		if (given != NULL)
			wr_text_puts(folder, given);
		else
			wr_text_printf(folder, "%s-savepoint-%u", job->folder, ++number);
		status = jobs->env->ops->stat(jobs->env, folder->data, &info);
	} while (status == NULL && info.exists && given == NULL);
	if (status == NULL && info.exists)
		status =
		    wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s' is there already", given),
				   "Name a folder that is not there");
	if (status == NULL)
		status = wr_script_place_write(jobs->env, folder->data, &place);
	pthread_mutex_unlock(&jobs->store_lock);
	wr_text_printf(inner, "%s/%s", folder->data, name.data);
	wr_text_release(&name);
	return status;
}

/* Of the job that runs; if it is one of several INSERTs, with a note which one. */
static wr_status *savepoint_of(struct wr_server_job *job, struct wr_run *run,
			       struct wr_job *running, const char *folder, bool stop,
			       struct wr_text *path)
{
	struct wr_script_job which = wr_run_which(run);
	struct wr_text inner, made;
	wr_status *status;

	if (which.count == 1)
		return wr_job_savepoint(running, folder, stop, path);
	wr_text_init(&inner);
	wr_text_init(&made);
	status = make_script_folder(job, which, folder, path, &inner);
	if (status == NULL) {
		status = wr_job_savepoint(running, inner.data, stop, &made);
		if (status != NULL)
			wr_script_place_remove(job->jobs->env, path->data);
	}
	wr_text_release(&inner);
	wr_text_release(&made);
	return status;
}

/* Makes a savepoint; `stop`: nothing runs behind it. */
static wr_status *make_savepoint(struct wr_server_job *job, const char *folder, bool stop,
				 struct wr_text *path)
{
	struct wr_job_run *run = NULL;
	struct wr_job *running;
	wr_status *status;

	WR_TRY(hold_run(job, &run));
	running = hold_job(run);
	status = running != NULL ? savepoint_of(job, &run->run, running, folder, stop, path)
				 : nothing_to_save(job, run);
	if (status == NULL && stop)
		atomic_store(&run->run.last, true);
	wr_run_let(&run->run);
	wr_jobs_let(job->jobs, &run->run);
	return status;
}

wr_status *wr_jobs_savepoint(struct wr_jobs *jobs, const char *name, const char *folder,
			     struct wr_text *path)
{
	struct wr_server_job *job;
	struct wr_text given;
	wr_status *status;

	wr_text_init(&given);
	WR_TRY(wr_server_job_work(jobs, name, NULL, &job));
	status = folder != NULL ? wr_recovery_folder(folder, &given) : NULL;
	if (status == NULL)
		status = make_savepoint(job, given.data, false, path);
	wr_server_job_done(job, false);
	wr_text_release(&given);
	return status;
}

/* From ASKED, or whatever somebody else wants meanwhile. */
static void set_ending(struct wr_server_job *job, enum wr_job_ending from, enum wr_job_ending to)
{
	struct wr_jobs *jobs = job->jobs;

	pthread_mutex_lock(&jobs->lock);
	if (job->ending == from)
		job->ending = to;
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
}

/* Where a job is, to be put back. */
struct place {
	char *restore;
	int64_t generation;
	bool checkpointed;
};

static struct place keep_place(struct wr_server_job *job)
{
	struct place place;

	pthread_mutex_lock(&job->jobs->lock);
	place = (struct place){job->restore != NULL ? wr_strdup(job->restore) : NULL,
			       job->generation, job->checkpointed};
	pthread_mutex_unlock(&job->jobs->lock);
	return place;
}

static void put_place_back(struct wr_server_job *job, const struct place *place)
{
	bool moved;

	pthread_mutex_lock(&job->jobs->lock);
	moved = job->generation != place->generation;
	if (moved) {
		wr_server_job_set_text(&job->restore, place->restore);
		job->generation = place->generation;
		job->checkpointed = place->checkpointed;
	}
	pthread_mutex_unlock(&job->jobs->lock);
	if (moved)
		wr_status_free(wr_server_job_put(job));
}

/* The savepoint is there; an error when somebody does not want the job to go on from it. */
static wr_status *wait_stopped(struct wr_server_job *job, bool goes_on)
{
	bool cancelled;

	wr_server_job_wait(job);
	pthread_mutex_lock(&job->jobs->lock);
	cancelled = job->ending == WR_ENDING_CANCEL;
	pthread_mutex_unlock(&job->jobs->lock);
	return cancelled && goes_on
		   ? wr_server_job_conflict("The job '%s' was cancelled meanwhile", job->name)
		   : NULL;
}

wr_status *wr_server_job_stop_with_savepoint(struct wr_server_job *job, const char *folder,
					     bool goes_on, struct wr_text *path)
{
	struct place place = keep_place(job);
	wr_status *status;

	pthread_mutex_lock(&job->jobs->lock);
	job->goes_on = goes_on;
	pthread_mutex_unlock(&job->jobs->lock);
	set_ending(job, WR_ENDING_NONE, WR_ENDING_ASKED);
	status = make_savepoint(job, folder, true, path);
	if (status != NULL)
		put_place_back(job, &place);
	set_ending(job, WR_ENDING_ASKED, status == NULL ? WR_ENDING_SAVEPOINT : WR_ENDING_NONE);
	if (status == NULL)
		status = wait_stopped(job, goes_on);
	wr_free(place.restore);
	return status;
}

/* --- stop ---------------------------------------------------------------------------------------
 */

/* Ends it, whatever it does. What changes it comes to its end first, but for a savepoint that is
 * to end it: that may wait for what does not come, and is given up. */
static wr_status *cancel(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	wr_status *status = NULL;

	pthread_mutex_lock(&jobs->lock);
	while (job->changing != NULL && job->ending != WR_ENDING_ASKED && !job->leaving &&
	       !jobs->closing)
		pthread_cond_wait(&jobs->changed, &jobs->lock);
	if (job->leaving)
		status = wr_jobs_unknown(job->id);
	else if (!job->active)
		status = not_running(job);
	pthread_mutex_unlock(&jobs->lock);
	if (status == NULL) {
		wr_server_job_end(job, WR_ENDING_CANCEL);
		wr_server_job_wait(job);
	}
	return status;
}

static wr_status *drain(struct wr_server_job *job)
{
	struct wr_job_run *run = NULL;

	WR_TRY(hold_run(job, &run));
	wr_run_drain(&run->run);
	wr_run_hurry(&run->run);
	wr_jobs_let(job->jobs, &run->run);
	wr_server_job_wait(job);
	return NULL;
}

wr_status *wr_jobs_stop(struct wr_jobs *jobs, const char *name, enum wr_job_stop how,
			const char *folder, struct wr_text *path)
{
	struct wr_server_job *job;
	wr_status *status = NULL;
	bool change = how == WR_STOP_SAVEPOINT;
	struct wr_text given;

	wr_text_init(&given);
	WR_TRY(wr_server_job_work(jobs, name, change ? "A stop" : NULL, &job));
	switch (how) {
	case WR_STOP_CANCEL: status = cancel(job); break;
	case WR_STOP_DRAIN: status = drain(job); break;
	case WR_STOP_SAVEPOINT:
		if (folder != NULL)
			status = wr_recovery_folder(folder, &given);
		if (status == NULL)
			status = wr_server_job_stop_with_savepoint(job, given.data, false, path);
		break;
	}
	wr_server_job_done(job, change);
	wr_text_release(&given);
	return status;
}

/* --- where it goes on ---------------------------------------------------------------------------
 */

wr_status *wr_server_job_move(struct wr_server_job *job, const char *restore)
{
	struct wr_jobs *jobs = job->jobs;

	pthread_mutex_lock(&jobs->lock);
	wr_server_job_set_text(&job->restore, restore);
	job->generation++;
	job->checkpointed = false;
	pthread_mutex_unlock(&jobs->lock);
	return wr_server_job_put(job);
}

wr_status *wr_server_job_go_on(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	struct wr_job_run *run = NULL;
	wr_status *status;

	WR_TRY(wr_server_job_prepare(job, &run));
	pthread_mutex_lock(&jobs->lock);
	status = jobs->closing ? wr_server_stopping() : wr_server_job_name_taken(jobs, job);
	if (status == NULL)
		job->wanted = true;
	pthread_mutex_unlock(&jobs->lock);
	if (status == NULL)
		status = wr_server_job_put(job);
	if (status != NULL) {
		wr_server_job_run_free(run);
		return status;
	}
	wr_server_job_trim(job);
	return wr_server_job_begin(job, run);
}

wr_status *wr_server_job_must_go_on(struct wr_server_job *job)
{
	wr_status *status = wr_server_job_go_on(job);
	struct wr_jobs *jobs = job->jobs;

	if (status == NULL)
		return NULL;
	wr_server_job_note_exception(job, status, false);
	pthread_mutex_lock(&jobs->lock);
	if (!jobs->closing) { /* else the next server tries */
		job->wanted = false;
		job->state = WR_JOB_FAILED;
		wr_server_job_set_text(&job->error, status->text);
		wr_server_job_set_text(&job->hint, status->hint);
	}
	pthread_mutex_unlock(&jobs->lock);
	wr_status_free(wr_server_job_put(job));
	return status;
}

/* It has ended, and is waited for. */
static wr_status *check_ended(struct wr_server_job *job, const char *then)
{
	if (wr_server_job_is_active(job))
		return wr_status_hint(wr_server_job_conflict("The job '%s' runs", job->name),
				      "Stop it, then %s it", then);
	wr_server_job_wait(job);
	return NULL;
}

/* As wr_jobs_restart. A job that cannot begin from there stays where it was. */
static wr_status *restart(struct wr_server_job *job, const char *restore)
{
	bool latest = restore != NULL && strcmp(restore, "latest") == 0;
	struct wr_text given;
	struct place place;
	wr_status *status;

	WR_TRY(check_ended(job, "restart"));
	if (latest)
		return wr_server_job_go_on(job);
	wr_text_init(&given);
	if (restore != NULL)
		WR_TRY(wr_recovery_folder(restore, &given));
	place = keep_place(job);
	status = wr_server_job_move(job, given.data);
	wr_text_release(&given);
	if (status == NULL)
		status = wr_server_job_go_on(job);
	if (status != NULL)
		put_place_back(job, &place);
	wr_free(place.restore);
	return status;
}

wr_status *wr_jobs_restart(struct wr_jobs *jobs, const char *name, const char *restore)
{
	struct wr_server_job *job;
	wr_status *status;

	WR_TRY(wr_server_job_work(jobs, name, "A restart", &job));
	status = restart(job, restore);
	wr_server_job_done(job, true);
	return status;
}

/* As wr_jobs_rescale, of a job that runs. One that could not begin again, because a table of it was
 * dropped meanwhile, is not stopped. */
static wr_status *rescale(struct wr_server_job *job, uint32_t parallelism)
{
	struct wr_text path;
	wr_status *status;

	if (parallelism < 1 || parallelism > WR_WORKERS_MAX)
		return wr_status_new(WR_USER_ERROR, "A job has 1 to %d workers", WR_WORKERS_MAX);
	if (wr_server_job_is_active(job))
		WR_TRY(wr_server_job_check(job));
	wr_text_init(&path);
	status = wr_server_job_stop_with_savepoint(job, NULL, true, &path);
	if (status == NULL) {
		pthread_mutex_lock(&job->jobs->lock);
		job->parallelism = parallelism;
		pthread_mutex_unlock(&job->jobs->lock);
		status = wr_server_job_must_go_on(job);
	}
	wr_text_release(&path);
	return status;
}

wr_status *wr_jobs_rescale(struct wr_jobs *jobs, const char *name, uint32_t parallelism)
{
	struct wr_server_job *job;
	wr_status *status;

	WR_TRY(wr_server_job_work(jobs, name, "A rescale", &job));
	status = rescale(job, parallelism);
	wr_server_job_done(job, true);
	return status;
}

/* --- forget -------------------------------------------------------------------------------------
 */

wr_status *wr_jobs_forget(struct wr_jobs *jobs, const char *name)
{
	struct wr_server_job *job;
	wr_status *status;

	WR_TRY(wr_server_job_work(jobs, name, "A removal", &job));
	status = check_ended(job, "forget");
	if (status == NULL)
		status = wr_server_job_drop(job);
	if (status != NULL) {
		wr_server_job_done(job, true);
		return status;
	}
	wr_server_job_remove_checkpoints(job);
	pthread_mutex_lock(&jobs->lock);
	wr_server_job_leave(jobs, job);
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}
