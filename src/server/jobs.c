/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs - the list of jobs: submitted, found, begun with the server and ended with it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/wait.h"
#include "server/jobs_inner.h"
#include "server/jobs_stream.h"

const char *wr_server_job_state_name(enum wr_server_job_state state)
{
	static const char *const names[] = {"CREATED", "RUNNING",  "RESTARTING", "FINISHED",
					    "FAILED",  "CANCELED", "SUSPENDED"};

	return names[state];
}

/* --- one job ------------------------------------------------------------------------------------
 */

void wr_server_job_set_text(char **at, const char *text)
{
	char *copy = text != NULL ? wr_strdup(text) : NULL;

	wr_free(*at);
	*at = copy;
}

void wr_server_job_set_settings(struct wr_server_job *job, const char *const *key,
				const char *const *value, uint32_t count)
{
	for (uint32_t i = 0; i < job->setting_count; i++) {
		wr_free(job->key[i]);
		wr_free(job->value[i]);
	}
	wr_free(job->key);
	wr_free(job->value);
	job->setting_count = count;
	job->key = wr_calloc(count + 1, sizeof *job->key);
	job->value = wr_calloc(count + 1, sizeof *job->value);
	for (uint32_t i = 0; i < count; i++) {
		job->key[i] = wr_strdup(key[i]);
		job->value[i] = wr_strdup(value[i]);
	}
}

struct wr_server_job *wr_server_job_new(struct wr_jobs *jobs)
{
	struct wr_server_job *job = wr_calloc(1, sizeof *job);

	job->jobs = jobs;
	job->created_ms = wr_wall_us(jobs->env) / 1000;
	job->generation = 1;
	job->state = WR_JOB_CREATED;
	return job;
}

void wr_server_job_free(struct wr_server_job *job)
{
	wr_server_job_set_settings(job, NULL, NULL, 0);
	wr_free(job->key);
	wr_free(job->value);
	wr_free(job->owner);
	wr_free(job->request_id);
	wr_free(job->name);
	wr_free(job->sql);
	wr_free(job->restore);
	wr_free(job->folder);
	wr_free(job->error);
	wr_free(job->hint);
	wr_free(job->trouble);
	wr_free(job->damage);
	wr_free(job->report);
	for (uint32_t i = 0; i < WR_JOB_LOG_LINES && job->line != NULL; i++)
		wr_free(job->line[i].text);
	wr_free(job->line);
	wr_free(job->past);
	wr_free(job);
}

bool wr_server_job_has_ended(const struct wr_server_job *job)
{
	return !job->active && job->state != WR_JOB_CREATED;
}

enum wr_server_job_state wr_server_job_state_now(const struct wr_server_job *job)
{
	bool restarting = job->active && job->run != NULL && job->state == WR_JOB_RUNNING &&
			  atomic_load(&job->run->run.restarting);

	/* Its end counts when it is in the store. */
	if (job->active && job->state >= WR_JOB_FINISHED)
		return WR_JOB_RUNNING;
	return restarting ? WR_JOB_RESTARTING : job->state;
}

/* --- the list -----------------------------------------------------------------------------------
 */

struct wr_server_job *wr_jobs_find(struct wr_jobs *jobs, const char *name)
{
	struct wr_server_job *found = NULL;

	for (uint32_t i = jobs->count; i-- > 0;) {
		struct wr_server_job *job = jobs->job[i];

		if (job->leaving)
			continue;
		if (strcmp(job->id, name) == 0)
			return job;
		if (strcmp(job->name, name) == 0 &&
		    (found == NULL ||
		     (wr_server_job_has_ended(found) && !wr_server_job_has_ended(job))))
			found = job;
	}
	return found;
}

wr_status *wr_jobs_unknown(const char *name)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "There is no job '%s'", name),
			      "SHOW JOBS has those that there are");
}

wr_status *wr_server_job_conflict(const char *format, ...)
{
	wr_status *status;
	va_list args;

	va_start(args, format);
	status = wr_status_vnew(WR_RETRY, format, args);
	va_end(args);
	return status;
}

wr_status *wr_server_job_name_taken(const struct wr_jobs *jobs, const struct wr_server_job *job)
{
	for (uint32_t i = 0; i < jobs->count; i++)
		if (jobs->job[i] != job && !wr_server_job_has_ended(jobs->job[i]) &&
		    strcmp(jobs->job[i]->name, job->name) == 0)
			return wr_status_hint(
			    wr_server_job_conflict("A job that has not ended is called '%s'",
						   job->name),
			    "Stop that one, or set 'pipeline.name' for another name");
	return NULL;
}

/* Adds it, unless something is in the way. */
static wr_status *list_add(struct wr_jobs *jobs, struct wr_server_job *job)
{
	if (jobs->closing)
		return wr_server_stopping();
	if (jobs->count == WR_JOBS_MAX)
		return wr_status_hint(
		    wr_server_job_conflict("There are %d jobs, and no room for more", WR_JOBS_MAX),
		    "Forget some that have ended");
	WR_TRY(wr_server_job_name_taken(jobs, job));
	if (jobs->count == jobs->capacity) {
		jobs->capacity = jobs->capacity * 2 + 16;
		jobs->job = wr_realloc(jobs->job, jobs->capacity * sizeof *jobs->job);
	}
	jobs->job[jobs->count++] = job;
	return NULL;
}

void wr_server_job_remove(struct wr_jobs *jobs, struct wr_server_job *job)
{
	for (uint32_t i = 0; i < jobs->count; i++) {
		if (jobs->job[i] != job)
			continue;
		memmove(&jobs->job[i], &jobs->job[i + 1],
			(jobs->count - i - 1) * sizeof *jobs->job);
		jobs->count--;
		break;
	}
	if (job->run != NULL)
		wr_server_job_run_unref(jobs, job->run);
	wr_server_job_free(job);
}

void wr_server_job_leave(struct wr_jobs *jobs, struct wr_server_job *job)
{
	WR_ASSERT(job->users > 0 && !job->active);
	job->leaving = true;
	pthread_cond_broadcast(&jobs->changed);
	while (job->users > 1)
		pthread_cond_wait(&jobs->changed, &jobs->lock);
	wr_server_job_remove(jobs, job);
}

/* --- submit -------------------------------------------------------------------------------------
 */

static void make_id(struct wr_env *env, char id[WR_JOB_ID_LEN + 1])
{
	unsigned char bytes[WR_JOB_ID_LEN / 2];

	env->ops->random(env, bytes, sizeof bytes);
	for (uint32_t i = 0; i < sizeof bytes; i++)
		snprintf(id + (size_t)i * 2, 3, "%02x", bytes[i]);
}

/* The oldest job that may be forgotten, when there are too many of those: its id. */
static bool find_old(struct wr_jobs *jobs, uint32_t keep, char id[WR_JOB_ID_LEN + 1])
{
	uint32_t count = 0;

	pthread_mutex_lock(&jobs->lock);
	for (uint32_t i = jobs->count; i-- > 0 && count <= keep;) {
		const struct wr_server_job *job = jobs->job[i];

		if (job->active || job->users > 0 ||
		    (job->state != WR_JOB_FINISHED && job->state != WR_JOB_CANCELED))
			continue;
		count++;
		memcpy(id, job->id, sizeof job->id);
	}
	pthread_mutex_unlock(&jobs->lock);
	return count > keep;
}

/* As server.jobs.retained says. */
static void forget_old(struct wr_jobs *jobs)
{
	const struct wr_options *options = &jobs->server->config->options;
	uint32_t keep = (uint32_t)wr_options_i64(options, "server.jobs.retained");
	char id[WR_JOB_ID_LEN + 1];
	wr_status *status = NULL;

	while (status == NULL && find_old(jobs, keep, id))
		status = wr_jobs_forget(jobs, id);
	wr_status_free(status); /* the next one tries again */
}

wr_status *wr_jobs_submit(struct wr_jobs *jobs, const struct wr_job_spec *spec,
			  char id[WR_JOB_ID_LEN + 1])
{
	struct wr_server_job *job = wr_server_job_new(jobs);
	struct wr_job_run *run = NULL;
	struct wr_text restore;
	wr_status *status = NULL;

	wr_text_init(&restore);
	make_id(jobs->env, job->id);
	wr_server_job_set_text(&job->owner, spec->owner != NULL ? spec->owner : "");
	wr_server_job_set_text(&job->sql, spec->sql);
	if (spec->name != NULL && *spec->name != '\0')
		wr_server_job_set_text(&job->name, spec->name);
	wr_server_job_set_settings(job, spec->key, spec->value, spec->setting_count);
	if (spec->restore != NULL && strcmp(spec->restore, "latest") == 0)
		wr_text_puts(&restore, spec->restore);
	else if (spec->restore != NULL)
		status = wr_recovery_folder(spec->restore, &restore);
	wr_server_job_set_text(&job->restore, restore.data);
	wr_text_release(&restore);
	job->upgrade = spec->upgrade;
	job->wanted = true;
	wr_server_job_set_text(&job->request_id, spec->origin.request_id);
	job->trace = spec->origin.trace;
	if (status == NULL)
		status = wr_server_job_prepare(job, &run);
	if (status != NULL) {
		wr_server_job_free(job);
		return status;
	}
	pthread_mutex_lock(&jobs->lock);
	status = list_add(jobs, job);
	if (status == NULL) {
		/* It can be found before it has begun: who would restart it now would begin it
		 * twice, who would forget it would free it under its thread. */
		job->users++;
		job->changing = "A start";
	}
	pthread_mutex_unlock(&jobs->lock);
	if (status != NULL) {
		wr_server_job_run_free(run);
		wr_server_job_free(job);
		return status;
	}
	memcpy(id, job->id, sizeof job->id);
	forget_old(jobs);
	status = wr_server_job_put(job);
	if (status == NULL)
		status = wr_server_job_begin(job, run);
	else
		wr_server_job_run_free(run);
	if (status == NULL) {
		wr_server_job_done(job, true);
		return NULL;
	}
	pthread_mutex_lock(&jobs->lock);
	wr_server_job_leave(jobs, job);
	pthread_mutex_unlock(&jobs->lock);
	return status;
}

/* --- with the server ----------------------------------------------------------------------------
 */

/* A job of the store; one that cannot be read is said, and stays there. */
static wr_status *read_one(void *own, const char *name, const char *json)
{
	struct wr_jobs *jobs = own;
	struct wr_server_job *job = wr_server_job_new(jobs);
	struct wr_text line;
	wr_status *status;

	snprintf(job->id, sizeof job->id, "%s", name);
	status = wr_server_job_read(job, json);
	if (status == NULL) {
		pthread_mutex_lock(&jobs->lock);
		status = list_add(jobs, job);
		pthread_mutex_unlock(&jobs->lock);
	}
	if (status == NULL)
		return NULL;
	wr_text_init(&line);
	wr_text_printf(&line, "the job %s of the catalog cannot be read: %s", name, status->text);
	wr_log_say(jobs->server->telemetry.log, WR_LOG_ERROR, NULL, wr_text_str(&line));
	wr_text_release(&line);
	wr_status_free(status);
	wr_server_job_free(job);
	return NULL;
}

/* Reads the jobs; none begins. */
wr_status *wr_jobs_open(struct wr_server *server, struct wr_jobs **out)
{
	struct wr_jobs *jobs = wr_calloc(1, sizeof *jobs);
	const char *data = wr_options_str(&server->config->options, "server.data");
	char *path = realpath(data, NULL);

	*out = jobs;
	jobs->server = server;
	jobs->env = server->env;
	jobs->data = wr_strdup(path != NULL ? path : data);
	free(path);
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_mutex_init(&jobs->store_lock, NULL);
	pthread_mutex_init(&jobs->log_lock, NULL);
	wr_cond_init(&jobs->changed);
	jobs->streams = wr_job_streams_new(jobs);
	return wr_meta_each_document(server->store, "job", read_one, jobs);
}

wr_status *wr_jobs_start(struct wr_jobs *jobs)
{
	uint32_t count;

	pthread_mutex_lock(&jobs->lock);
	count = jobs->count; /* nobody submits yet */
	pthread_mutex_unlock(&jobs->lock);
	wr_job_streams_begin(jobs->streams);
	for (uint32_t i = 0; i < count; i++)
		if (jobs->job[i]->wanted)
			WR_TRY(wr_server_job_begin(jobs->job[i], NULL));
	return NULL;
}

void wr_jobs_suspend(struct wr_jobs *jobs)
{
	struct wr_server_job **job;
	uint32_t count;

	if (jobs == NULL)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->closing = true; /* no job begins, but some may be forgotten */
	count = jobs->count;
	job = wr_calloc(count + 1, sizeof *job);
	for (uint32_t i = 0; i < count; i++)
		(job[i] = jobs->job[i])->users++;
	pthread_mutex_unlock(&jobs->lock);
	for (uint32_t i = 0; i < count; i++)
		wr_server_job_end(job[i], WR_ENDING_SUSPEND);
	for (uint32_t i = 0; i < count; i++) {
		wr_server_job_wait(job[i]);
		wr_server_job_done(job[i], false);
	}
	wr_free(job);
}

void wr_jobs_close(struct wr_jobs *jobs)
{
	if (jobs == NULL)
		return;
	wr_job_streams_free(jobs->streams);
	wr_jobs_suspend(jobs);
	pthread_mutex_lock(&jobs->lock);
	while (jobs->count > 0) {
		struct wr_server_job *job = jobs->job[jobs->count - 1];

		if (job->users > 0)
			pthread_cond_wait(&jobs->changed, &jobs->lock);
		else
			wr_server_job_remove(jobs, job);
	}
	pthread_mutex_unlock(&jobs->lock);
	wr_free(jobs->job);
	wr_free(jobs->data);
	pthread_cond_destroy(&jobs->changed);
	pthread_mutex_destroy(&jobs->log_lock);
	pthread_mutex_destroy(&jobs->store_lock);
	pthread_mutex_destroy(&jobs->lock);
	wr_free(jobs);
}

struct wr_job_streams *wr_jobs_streams(struct wr_jobs *jobs)
{
	return jobs->streams;
}

/* --- runs that are looked at --------------------------------------------------------------------
 */

void wr_server_job_run_unref(struct wr_jobs *jobs, struct wr_job_run *run)
{
	if (--run->refs == 0)
		wr_server_job_run_free(run);
}

struct wr_run *wr_jobs_hold(struct wr_jobs *jobs, const char *name)
{
	struct wr_server_job *job;
	struct wr_job_run *run;

	pthread_mutex_lock(&jobs->lock);
	job = wr_jobs_find(jobs, name);
	run = job != NULL ? job->run : NULL;
	if (run != NULL)
		run->refs++;
	pthread_mutex_unlock(&jobs->lock);
	return run != NULL ? &run->run : NULL;
}

void wr_jobs_let(struct wr_jobs *jobs, struct wr_run *run)
{
	if (run == NULL)
		return;
	pthread_mutex_lock(&jobs->lock);
	wr_server_job_run_unref(jobs, (struct wr_job_run *)run);
	pthread_mutex_unlock(&jobs->lock);
}

/* What is told of a job outside the lock. */
struct told {
	char id[WR_JOB_ID_LEN + 1];
	char *name;
	enum wr_server_job_state state;
	struct wr_job_run *run;
};

void wr_jobs_each(struct wr_jobs *jobs,
		  void (*each)(void *own, const char *id, const char *name,
			       enum wr_server_job_state state, struct wr_run *run),
		  void *own)
{
	struct told *told;
	uint32_t count = 0;

	pthread_mutex_lock(&jobs->lock);
	told = wr_calloc(jobs->count + 1, sizeof *told);
	for (uint32_t i = 0; i < jobs->count; i++) {
		struct wr_server_job *job = jobs->job[i];

		if (job->run == NULL)
			continue;
		memcpy(told[count].id, job->id, sizeof job->id);
		told[count].name = wr_strdup(job->name);
		told[count].state = wr_server_job_state_now(job);
		told[count].run = job->run;
		told[count++].run->refs++;
	}
	pthread_mutex_unlock(&jobs->lock);
	for (uint32_t i = 0; i < count; i++) {
		each(own, told[i].id, told[i].name, told[i].state, &told[i].run->run);
		wr_jobs_let(jobs, &told[i].run->run);
		wr_free(told[i].name);
	}
	wr_free(told);
}

/* What is to be said of a job to those who wait for its end; NULL: it is not there. Under lock. */
static enum wr_jobs_waited waited(const struct wr_jobs *jobs, const struct wr_server_job *job)
{
	if (job == NULL)
		return WR_JOBS_ENDED;
	if (!wr_server_job_has_ended(job))
		return WR_JOBS_RUNS;
	if (job->state != WR_JOB_SUSPENDED || !job->wanted)
		return WR_JOBS_ENDED;
	return jobs->closing ? WR_JOBS_STOPPING : WR_JOBS_RUNS;
}

enum wr_jobs_waited wr_jobs_wait(struct wr_jobs *jobs, const char *name, int64_t timeout_ms,
				 enum wr_server_job_state *state, struct wr_text *error)
{
	struct timespec deadline = wr_deadline(timeout_ms * 1000);
	enum wr_jobs_waited found;
	struct wr_server_job *job;

	pthread_mutex_lock(&jobs->lock);
	do {
		job = wr_jobs_find(jobs, name);
		found = waited(jobs, job);
	} while (found == WR_JOBS_RUNS &&
		 wr_cond_wait_until(&jobs->changed, &jobs->lock, &deadline));
	*state = job != NULL ? wr_server_job_state_now(job) : WR_JOB_CANCELED;
	if (found == WR_JOBS_ENDED && job != NULL && job->error != NULL)
		wr_text_puts(error, job->error);
	pthread_mutex_unlock(&jobs->lock);
	return found;
}
