/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_run - one run of a job: its script is prepared with the catalog as it is now, it goes on
 * where the generation was, a thread goes through it, and what became of it is put into the store.
 *
 * Thread: see jobs_inner.h; job_main and what it calls are the job's own.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "connectors/filesystem_path.h"
#include "engine/lineage_events.h"
#include "server/catalog_session.h"
#include "server/jobs_inner.h"
#include "state/store.h"

#define PAUSE_US     1000000 /* before a job that could not begin with the server is tried again */
#define PAUSE_MAX_US 60000000
#define INTERVAL     "10 s" /* between checkpoints, where nobody says another */

/* --- what it tells ------------------------------------------------------------------------------
 */

/* The trace of its run, as digits; "": there is none. */
static void trace_of(struct wr_server_job *job, char out[WR_TRACE_ID_LEN + 1])
{
	struct wr_trace_context trace = {0};

	pthread_mutex_lock(&job->jobs->log_lock);
	trace = job->run_trace;
	pthread_mutex_unlock(&job->jobs->log_lock);
	out[0] = '\0';
	if (wr_trace_is_set(&trace))
		wr_trace_id_write(&trace, out);
}

void wr_server_job_tell(struct wr_server_job *job, enum wr_log_level level, uint64_t checkpoint,
			const char *message)
{
	struct wr_jobs *jobs = job->jobs;
	struct wr_log *log = jobs->server->telemetry.log;
	struct wr_job_line *line;
	struct wr_text text;
	char trace[WR_TRACE_ID_LEN + 1];

	trace_of(job, trace);
	wr_log_say(log, level,
		   &(struct wr_log_about){.job = job->name != NULL ? job->name : job->id,
					  .job_id = job->id,
					  .checkpoint = checkpoint,
					  .request_id = job->request_id,
					  .trace_id = trace[0] != '\0' ? trace : NULL},
		   message);
	if (!wr_log_shows(log, level))
		return;
	wr_text_init(&text);
	wr_text_puts(&text, message);
	pthread_mutex_lock(&jobs->log_lock);
	if (job->line == NULL)
		job->line = wr_calloc(WR_JOB_LOG_LINES, sizeof *job->line);
	line = &job->line[job->line_count++ % WR_JOB_LOG_LINES];
	wr_free(line->text);
	*line = (struct wr_job_line){wr_wall_us(jobs->env) / 1000, text.data};
	if (wr_store_tells_damage(text.data)) {
		job->damages++;
		wr_server_job_set_text(&job->damage, text.data);
	}
	pthread_mutex_unlock(&jobs->log_lock);
}

void wr_server_job_log(struct wr_server_job *job, const char *format, ...)
{
	char buffer[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(buffer, sizeof buffer, format, args);
	va_end(args);
	wr_server_job_tell(job, WR_LOG_INFO, 0, buffer);
}

static void on_notice(void *user, const char *text)
{
	struct wr_job_run *run = user;

	wr_server_job_log(run->job, "%s", text);
}

static void on_miss(void *own, const struct wr_meta_object *object, const wr_status *why)
{
	wr_server_job_log(own, "The %s %s of the catalog is left out: %s", object->kind,
			  object->name, why->text);
}

/* --- preparing ----------------------------------------------------------------------------------
 */

/* What holds for a job of a server unless weir.yaml or the job say something else. */
static wr_status *set_defaults(const struct wr_jobs *jobs, struct wr_session *session)
{
	struct wr_text path;
	wr_status *status;

	WR_TRY(wr_session_set(session, "execution.checkpointing.interval", INTERVAL));
	wr_text_init(&path);
	wr_text_printf(&path, "%s/checkpoints", jobs->data);
	status = wr_session_set(session, "execution.checkpointing.dir", path.data);
	wr_text_release(&path);
	return status;
}

/* A setting of server.slo.rules. */
static wr_status *set_rule(void *own, const char *key, const char *value)
{
	return wr_session_set(own, key, value);
}

wr_status *wr_server_job_fill(struct wr_server_job *job, struct wr_session *session)
{
	struct wr_server *server = job->jobs->server;
	struct wr_catalog_miss miss = {on_miss, job};

	WR_TRY(set_defaults(job->jobs, session));
	WR_TRY(wr_catalog_session_settings(server, session));
	if (job->name != NULL)
		WR_TRY(wr_config_slo_rules(server->config, job->name, set_rule, session));
	for (uint32_t i = 0; i < job->setting_count; i++)
		WR_TRY(wr_session_set(session, job->key[i], job->value[i]));
	if (job->name != NULL)
		WR_TRY(wr_session_set(session, "pipeline.name", job->name));
	wr_session_views(session, server->views, WR_MATERIALIZE_DECLARE);
	WR_TRY(wr_catalog_session_load(server->store, session, 0, &miss, NULL, NULL));
	wr_session_views(session, server->views, WR_MATERIALIZE_JOB);
	return NULL;
}

wr_status *wr_server_job_session(struct wr_server_job *job, struct wr_session **out)
{
	struct wr_listener nobody = {0};
	wr_status *status;

	*out = wr_session_new(&nobody);
	status = wr_server_job_fill(job, *out);
	if (status != NULL) {
		wr_session_free(*out);
		*out = NULL;
	}
	return status;
}

/* The script is one that a server can run beside others: it writes into tables. */
static wr_status *check_actions(const struct wr_prepared *prepared)
{
	uint32_t jobs = 0;

	for (uint32_t i = 0; i < prepared->count; i++) {
		jobs += prepared->action[i].plan != NULL;
		if (prepared->action[i].is_select)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "A job writes into tables, and this script has a SELECT "
					  "alone"),
			    "Put INSERT INTO in front of it, or run it as a statement");
	}
	return jobs > 0 ? NULL
			: wr_status_hint(wr_status_new(WR_USER_ERROR, "The script has no job"),
					 "Give one with an INSERT or a statement set");
}

/* Its name, if it has none: that of its checkpoints, which is made of its sinks. */
static wr_status *name_it(struct wr_server_job *job, const struct wr_prepared *prepared)
{
	const struct wr_action *action = NULL;
	const char *name;

	for (uint32_t i = 0; i < prepared->count && action == NULL; i++)
		if (prepared->action[i].plan != NULL)
			action = &prepared->action[i];
	name = action->recovery.job_name != NULL ? action->recovery.job_name : action->name;
	if (job->name == NULL)
		wr_server_job_set_text(&job->name, name);
	if (strlen(job->name) > WR_JOB_NAME_MAX)
		return wr_status_new(WR_USER_ERROR, "The name of a job has at most %d bytes",
				     WR_JOB_NAME_MAX);
	for (const char *c = job->name; *c != '\0'; c++)
		if ((unsigned char)*c < ' ')
			return wr_status_new(WR_USER_ERROR,
					     "The name '%s' of a job has a control character",
					     job->name);
	return NULL;
}

/* A new job that is to go on from "latest": where the last one of its name is. */
static wr_status *resolve_latest(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	struct wr_server_job *before;
	char *place = NULL;
	wr_status *status;

	if (job->restore == NULL || strcmp(job->restore, "latest") != 0)
		return NULL;
	pthread_mutex_lock(&jobs->lock);
	before = wr_jobs_find(jobs, job->name);
	status = before == NULL                    ? wr_jobs_unknown(job->name)
		 : wr_server_job_has_ended(before) ? wr_server_job_place(before, &place)
						   : wr_server_job_name_taken(jobs, job);
	pthread_mutex_unlock(&jobs->lock);
	if (status == NULL) {
		wr_free(job->restore);
		job->restore = place;
	}
	return status;
}

/* Checkpoints of action number `index` of the script go to the generation's folder. */
static void place_checkpoints(struct wr_server_job *job, struct wr_prepared *prepared,
			      struct wr_action *action, uint32_t index)
{
	char *slash = strrchr(action->recovery.folder, '/');
	struct wr_text path;

	wr_text_init(&path);
	wr_text_add(&path, action->recovery.folder, (size_t)(slash - action->recovery.folder));
	wr_text_printf(&path, "/%s", job->id);
	if (job->folder == NULL)
		wr_server_job_set_text(&job->folder, path.data);
	action->options.checkpoint.savepoint_base =
	    wr_arena_strdup(&prepared->arena, wr_text_str(&path));
	wr_text_printf(&path, "/%lld", (long long)job->generation);
	if (index > 0)
		wr_text_printf(&path, ".%u", index);
	wr_free(action->recovery.folder);
	action->recovery.folder = path.data;
	action->options.checkpoint.dir = path.data;
}

/* Where the generation is: its newest checkpoint, or where it began. *there: it has one. */
static wr_status *find_place(struct wr_server_job *job, struct wr_action *action, bool *there)
{
	struct wr_env *env = job->jobs->env;
	struct wr_file_info info = {0};
	const char *from;
	bool any;

	WR_TRY(wr_recovery_has_checkpoint(env, &action->recovery, &any));
	*there = *there || any;
	from = any ? "latest" : job->restore;
	if (from == job->restore && from != NULL) {
		WR_TRY(wr_fs_local(from, &from));
		WR_TRY(env->ops->stat(env, from, &info));
		if (!info.exists)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR, "There is no savepoint '%s'", from),
			    "Give the folder of a savepoint, or of a job's checkpoints, as the "
			    "server sees it");
	}
	if (from != NULL) {
		wr_free(action->recovery.from);
		action->recovery.from = wr_strdup(from);
	}
	action->recovery.upgrade = action->recovery.upgrade || job->upgrade;
	return NULL;
}

/* Events of all jobs go to one place; a job may keep quiet. */
static wr_status *tell_lineage(struct wr_server_job *job, struct wr_job_run *run)
{
	struct wr_lineage_events *events = job->jobs->server->lineage;
	const char *url = wr_options_str(wr_session_settings(run->session), "lineage.url");
	uint32_t jobs = 0;

	if (url == NULL || *url == '\0')
		return NULL;
	if (events == NULL || strcmp(url, wr_lineage_events_url(events)) != 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The job's 'lineage.url' is not that of the server, whose "
				  "jobs all tell one receiver"),
		    "Set it in weir.yaml; SET 'lineage.url' = '' in a job tells nobody of it");
	run->run.lineage = events;
	for (uint32_t i = 0; i < run->prepared.count; i++)
		jobs += run->prepared.action[i].plan != NULL;
	if (jobs == 1) /* else each statement has a name of its own */
		run->run.job_name = wr_arena_strdup(&run->prepared.arena, job->name);
	run->run.job_owner =
	    job->owner != NULL ? wr_arena_strdup(&run->prepared.arena, job->owner) : NULL;
	return NULL;
}

/* Makes the prepared script one of this job. */
static wr_status *fit(struct wr_server_job *job, struct wr_prepared *prepared)
{
	uint32_t index = 0;
	bool there = false;

	WR_TRY(check_actions(prepared));
	WR_TRY(name_it(job, prepared));
	WR_TRY(resolve_latest(job));
	for (uint32_t i = 0; i < prepared->count; i++) {
		struct wr_action *action = &prepared->action[i];

		if (action->plan == NULL)
			continue;
		if (job->parallelism > 0)
			action->options.workers =
			    WR_MIN(job->parallelism, action->options.max_parallelism);
		if (action->recovery.folder == NULL)
			continue;
		place_checkpoints(job, prepared, action, index++);
		WR_TRY(find_place(job, action, &there));
	}
	pthread_mutex_lock(&job->jobs->lock);
	job->inserts = index;
	pthread_mutex_unlock(&job->jobs->lock);
	if (!there && job->restore != NULL)
		WR_TRY(wr_recovery_fits_script(job->jobs->env, job->restore, index));
	if (job->checkpointed && index > 0 && !there)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The job has made checkpoints, and '%s' has none any more",
				  job->folder),
		    "Put them back, or restart the job from a savepoint or anew");
	return NULL;
}

/* A savepoint of a script of several INSERTs is the folder around that of the one that runs. */
static void on_checkpoint(void *user, const struct wr_checkpoint_event *event)
{
	struct wr_job_run *run = user;
	struct wr_checkpoint_event own = *event;
	char *path = wr_strdup(event->path), *slash = strrchr(path, '/');

	if (event->number != 0 && event->failure == NULL) {
		char text[96];

		snprintf(text, sizeof text, "Checkpoint %llu: %llu bytes in %lld ms",
			 (unsigned long long)event->number, (unsigned long long)event->bytes,
			 (long long)(event->duration_us / 1000));
		wr_server_job_tell(run->job, WR_LOG_DEBUG, event->number, text);
	}
	if (event->savepoint && slash != NULL && wr_run_which(&run->run).count > 1)
		*slash = '\0';
	own.path = path;
	wr_server_job_note_checkpoint(run->job, &own);
	wr_free(path);
}

/* An attempt begins: what is said from here on belongs to its trace. */
static void on_begin(void *user, struct wr_job *job, const char *name)
{
	struct wr_job_run *run = user;
	struct wr_jobs *jobs = run->job->jobs;
	struct wr_trace_context trace = wr_run_trace(&run->run);

	pthread_mutex_lock(&jobs->log_lock);
	run->job->run_trace = trace;
	pthread_mutex_unlock(&jobs->log_lock);
}

static void on_failed(void *user, const wr_status *why)
{
	struct wr_job_run *run = user;

	wr_server_job_note_exception(run->job, why, true);
}

/* With the settings that hold for the name that it has now. */
static wr_status *prepare(struct wr_server_job *job, struct wr_job_run **out)
{
	struct wr_job_run *run = wr_calloc(1, sizeof *run);
	struct wr_listener listener = {.job_begin = on_begin,
				       .notice = on_notice,
				       .checkpoint = on_checkpoint,
				       .job_failed = on_failed,
				       .user = run};
	wr_status *status;

	run->job = job;
	run->refs = 1;
	wr_run_init(&run->run, job->jobs->env, &listener);
	run->run.tracer = wr_otlp_tracer(job->jobs->server->telemetry.otlp);
	run->run.trace_parent = job->trace;
	WR_TRY_OUT(status, wr_server_job_session(job, &run->session));
	run->is_prepared = true;
	WR_TRY_OUT(status, wr_session_prepare(run->session, wr_str_of(job->sql), NULL,
					      WR_SCRIPT_RUN, &run->prepared));
	WR_TRY_OUT(status, fit(job, &run->prepared));
	status = tell_lineage(job, run);
out:
	if (status != NULL) {
		wr_server_job_run_free(run);
		run = NULL;
	}
	*out = run;
	return status;
}

/* Whether weir.yaml has a rule for a job of its name. */
static wr_status *has_rule(void *own, const char *key, const char *value)
{
	*(bool *)own = true;
	return NULL;
}

wr_status *wr_server_job_prepare(struct wr_server_job *job, struct wr_job_run **out)
{
	bool named = job->name != NULL, again = false;

	WR_TRY(prepare(job, out));
	if (named) /* else the name is of its sinks, and not known before */
		return NULL;
	WR_TRY(wr_config_slo_rules(job->jobs->server->config, job->name, has_rule, &again));
	if (!again)
		return NULL;
	wr_server_job_run_free(*out);
	return prepare(job, out);
}

wr_status *wr_server_job_check(struct wr_server_job *job)
{
	struct wr_prepared prepared = {0};
	struct wr_session *session;
	wr_status *status;

	WR_TRY(wr_server_job_session(job, &session));
	status = wr_session_prepare(session, wr_str_of(job->sql), NULL, WR_SCRIPT_RUN, &prepared);
	wr_prepared_release(&prepared);
	wr_session_free(session);
	return status;
}

void wr_server_job_run_free(struct wr_job_run *run)
{
	if (run == NULL)
		return;
	wr_run_release(&run->run);
	if (run->is_prepared)
		wr_prepared_release(&run->prepared);
	wr_session_free(run->session);
	wr_free(run);
}

/* --- the thread ---------------------------------------------------------------------------------
 */

/* Its figures stay. Under lock. */
static void keep_figures(struct wr_server_job *job, struct wr_job_run *run)
{
	struct wr_run_sums sums;
	struct wr_job_stats stats;
	struct wr_text report;

	wr_run_look(&run->run, &sums, &stats);
	job->figures = (struct wr_job_figures){.rows_in = (int64_t)sums.rows_in,
					       .rows_out = (int64_t)sums.rows_out,
					       .rows_late = (int64_t)sums.rows_late,
					       .rows_bad = (int64_t)sums.rows_bad,
					       .restarts = (int64_t)sums.restarts,
					       .checkpoints = (int64_t)sums.checkpoints};
	wr_text_init(&report);
	wr_run_report(&run->run, &report);
	wr_free(job->report);
	job->report = report.data;
}

/* What the job is, its run having come to `status`. Under lock. */
static enum wr_server_job_state end_state(const struct wr_server_job *job, const wr_status *status)
{
	switch (job->ending) {
	case WR_ENDING_CANCEL: return WR_JOB_CANCELED;
	case WR_ENDING_SUSPEND: return WR_JOB_SUSPENDED;
	case WR_ENDING_SAVEPOINT:
		if (status == NULL)
			return WR_JOB_SUSPENDED;
		break;
	case WR_ENDING_ASKED:
	case WR_ENDING_NONE: break;
	}
	return status == NULL ? WR_JOB_FINISHED : WR_JOB_FAILED;
}

/* The run has come to its end; what became of the job is put into the store. */
static void job_ended(struct wr_server_job *job, struct wr_job_run *run, wr_status *status)
{
	struct wr_jobs *jobs = job->jobs;
	wr_status *stored;

	if (status != NULL) {
		wr_server_job_tell(job, WR_LOG_ERROR, 0, status->text);
		wr_server_job_note_exception(job, status, false);
	}
	pthread_mutex_lock(&jobs->lock);
	while (job->ending == WR_ENDING_ASKED)
		pthread_cond_wait(&jobs->changed, &jobs->lock);
	if (run != NULL)
		keep_figures(job, run);
	job->state = end_state(job, status);
	job->wanted = job->ending == WR_ENDING_SUSPEND ||
		      (job->ending == WR_ENDING_SAVEPOINT && job->goes_on);
	job->ended_ms = wr_wall_us(jobs->env) / 1000;
	if (status != NULL && job->state != WR_JOB_CANCELED) {
		wr_server_job_set_text(&job->error, status->text);
		wr_server_job_set_text(&job->hint, status->hint);
	}
	pthread_mutex_unlock(&jobs->lock);
	stored = wr_server_job_put(job);
	if (stored != NULL)
		wr_server_job_log(job, "Its end is not in the catalog: %s", stored->text);
	wr_status_free(stored);
	wr_status_free(status);
	pthread_mutex_lock(&jobs->lock);
	job->run = NULL;
	job->active = false;
	if (run != NULL)
		wr_server_job_run_unref(jobs, run);
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
}

/* From here on the run can be ended by others; it is, if somebody wanted that before. A savepoint
 * that is to end it needs it first. */
static void show_run(struct wr_server_job *job, struct wr_job_run *run)
{
	struct wr_jobs *jobs = job->jobs;
	bool end;

	pthread_mutex_lock(&jobs->lock);
	job->run = run;
	job->state = WR_JOB_RUNNING;
	end = job->ending != WR_ENDING_NONE && job->ending != WR_ENDING_ASKED;
	pthread_mutex_unlock(&jobs->lock);
	if (end)
		wr_run_cancel(&run->run);
}

/* With the server, jobs begin when what they need may not be there yet (another machine that
 * starts, too): what can pass is waited for. */
static wr_status *prepare_patiently(struct wr_server_job *job, struct wr_job_run **run)
{
	struct wr_jobs *jobs = job->jobs;
	int64_t pause_us = PAUSE_US;
	wr_status *status;
	bool ending;

	while ((status = wr_server_job_prepare(job, run)) != NULL) {
		struct timespec deadline = wr_deadline(pause_us);

		pthread_mutex_lock(&jobs->lock);
		ending = job->ending != WR_ENDING_NONE;
		pthread_mutex_unlock(&jobs->lock);
		if (ending || !wr_restart_can_help(status))
			return status;
		wr_server_job_log(job, "It cannot begin yet: %s", status->text);
		wr_server_job_note_exception(job, status, true);
		wr_status_free(status);
		pthread_mutex_lock(&jobs->lock);
		job->state = WR_JOB_RESTARTING;
		while (job->ending == WR_ENDING_NONE &&
		       wr_cond_wait_until(&jobs->changed, &jobs->lock, &deadline))
			;
		pthread_mutex_unlock(&jobs->lock);
		pause_us = WR_MIN(pause_us * 2, PAUSE_MAX_US);
	}
	return NULL;
}

/* Goes through the run, which is prepared first if nobody has done so. */
static void *job_main(void *argument)
{
	struct wr_server_job *job = argument;
	struct wr_jobs *jobs = job->jobs;
	struct wr_job_run *run;
	wr_status *status = NULL;

	pthread_mutex_lock(&jobs->lock);
	run = job->run;
	pthread_mutex_unlock(&jobs->lock);
	if (run == NULL)
		status = prepare_patiently(job, &run);
	if (status == NULL) {
		show_run(job, run);
		status = wr_run_script(&run->run, &run->prepared);
		atomic_store(&run->over, true);
	}
	job_ended(job, run, status);
	return NULL;
}

wr_status *wr_server_job_begin(struct wr_server_job *job, struct wr_job_run *run)
{
	struct wr_jobs *jobs = job->jobs;
	bool started;

	pthread_mutex_lock(&jobs->lock);
	WR_ASSERT(!job->active && !job->has_thread && job->run == NULL);
	job->run = run;
	job->active = true;
	job->ending = WR_ENDING_NONE;
	job->state = WR_JOB_CREATED;
	job->started_ms = wr_wall_us(jobs->env) / 1000;
	job->ended_ms = 0;
	wr_server_job_set_text(&job->error, NULL);
	wr_server_job_set_text(&job->hint, NULL);
	memset(job->sample, 0, sizeof job->sample);
	job->figures = (struct wr_job_figures){0};
	wr_server_job_set_text(&job->report, NULL);
	started = wr_thread_start(&job->thread, "weir-job", job_main, job);
	job->has_thread = started;
	if (!started) {
		job->active = false;
		job->run = NULL;
		job->state = WR_JOB_FAILED;
	}
	pthread_mutex_unlock(&jobs->lock);
	if (started)
		return NULL;
	wr_server_job_run_free(run);
	return wr_status_new(WR_FATAL, "Cannot start a thread for the job");
}

void wr_server_job_end(struct wr_server_job *job, enum wr_job_ending ending)
{
	struct wr_jobs *jobs = job->jobs;
	struct wr_job_run *run;

	pthread_mutex_lock(&jobs->lock);
	if (job->active && (job->ending == WR_ENDING_NONE ||
			    (job->ending == WR_ENDING_ASKED && ending == WR_ENDING_CANCEL)))
		job->ending = ending;
	pthread_cond_broadcast(&jobs->changed);
	run = job->active ? job->run : NULL;
	if (run != NULL)
		run->refs++;
	pthread_mutex_unlock(&jobs->lock);
	if (run == NULL)
		return;
	wr_run_cancel(&run->run);
	wr_run_hurry(&run->run);
	wr_jobs_let(jobs, &run->run);
}

void wr_server_job_wait(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	pthread_t thread;
	bool join;

	pthread_mutex_lock(&jobs->lock);
	while (job->active)
		pthread_cond_wait(&jobs->changed, &jobs->lock);
	join = job->has_thread;
	job->has_thread = false;
	thread = job->thread; /* behind the lock it may be that of the next run */
	pthread_mutex_unlock(&jobs->lock);
	if (join)
		pthread_join(thread, NULL);
}
