/* SPDX-License-Identifier: Apache-2.0
 *
 * api_job - weir.h: jobs beside the program.
 *
 * A job is a prepared script, a run of it, and either the thread "weir-run" that goes through the
 * run, or the program's own thread that polls it (WEIR_JOB_INLINE).
 *
 * Thread: see each function in weir.h. `ended`, `code` and `status` are written once, under the
 * lock, when the run is over; who has seen `ended` may read the others.
 */
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "engine/api_session.h"
#include "engine/recovery.h"
#include "runtime/job_inner.h"
#include "runtime/job_report.h"

#define INLINE_NAP_US 1000 /* of weir_job_wait between two polls, at most */
#define BEGIN_NAP_US  200  /* while a savepoint waits for its job to begin */

struct weir_job {
	struct weir_session *session; /* one reference */
	char *sql;                    /* for errors; owned */
	bool is_inline;               /* has no thread */
	struct wr_prepared prepared;
	struct wr_api_listen listen;
	struct wr_api_job_hook hook; /* over NULL: there is none */
	pthread_t thread;            /* not inline: to be joined */
	pthread_mutex_t lock;
	pthread_cond_t over; /* `ended` */
	atomic_bool ended;   /* the run is over; set under lock */
	enum weir_code code; /* under lock: how it ended */
	wr_status *status;   /* under lock: why; NULL: well; owned */
	bool stopped;        /* under lock: by a savepoint */
	atomic_bool polling; /* inline: weir_job_poll is at work, up the stack */
	bool orphan;         /* under lock: freed by a callback; whoever ends the run releases it */
};

/* Whether the caller is a callback of the job: it must not wait for the job's end. */
static bool is_inside(const struct weir_job *job)
{
	return job->is_inline ? job->polling : wr_thread_works_for() == job;
}

/* The run has come to its end. */
static void job_over(struct weir_job *job, wr_status *status)
{
	enum weir_code code = wr_api_ending(&job->listen, &status);

	pthread_mutex_lock(&job->lock);
	job->code = code;
	job->status = status;
	atomic_store(&job->ended, true);
	pthread_cond_broadcast(&job->over);
	pthread_mutex_unlock(&job->lock);
	if (job->hook.over != NULL)
		job->hook.over(job->hook.user);
}

/* How the job ended, as an error of its own for each who asks. */
static enum weir_code job_code(struct weir_job *job, struct weir_error **error)
{
	wr_status *status;
	enum weir_code code;

	pthread_mutex_lock(&job->lock);
	code = job->code;
	status = wr_status_copy(job->status);
	pthread_mutex_unlock(&job->lock);
	return status == NULL ? code : wr_api_fail(error, code, wr_str_of(job->sql), status);
}

static void job_release(struct weir_job *job)
{
	struct wr_api_job_hook hook = job->hook;

	wr_api_listen_release(&job->listen);
	wr_prepared_release(&job->prepared);
	pthread_cond_destroy(&job->over);
	pthread_mutex_destroy(&job->lock);
	wr_status_free(job->status);
	wr_free(job->sql);
	wr_api_session_unref(job->session);
	wr_free(job);
	if (hook.gone != NULL)
		hook.gone(hook.user);
}

static bool is_orphan(struct weir_job *job)
{
	bool orphan;

	pthread_mutex_lock(&job->lock);
	orphan = job->orphan;
	pthread_mutex_unlock(&job->lock);
	return orphan;
}

static void *job_main(void *argument)
{
	struct weir_job *job = argument;

	wr_thread_work_for(job);
	job_over(job, wr_run_script(&job->listen.run, &job->prepared));
	if (is_orphan(job)) {
		pthread_detach(pthread_self());
		job_release(job);
	}
	return NULL;
}

enum weir_code wr_api_submit(struct weir_session *session, struct wr_prepared *prepared,
			     const char *script, uint32_t flags, const struct weir_handler *handler,
			     const struct wr_api_job_hook *hook, struct weir_job **out,
			     struct weir_error **error)
{
	struct weir_job *job;
	wr_status *status = NULL;

	if ((flags & ~(uint32_t)WEIR_JOB_INLINE) != 0)
		return wr_error_misuse(error, "There is no job flag %#x",
				       flags & ~(uint32_t)WEIR_JOB_INLINE);
	job = wr_calloc(1, sizeof *job);
	job->session = wr_api_session_ref(session);
	job->sql = wr_strdup(script);
	job->is_inline = (flags & WEIR_JOB_INLINE) != 0;
	job->prepared = *prepared;
	wr_prepared_init(prepared);
	wr_api_listen_init(&job->listen, session, handler);
	if (hook != NULL)
		job->hook = *hook;
	pthread_mutex_init(&job->lock, NULL);
	wr_cond_init(&job->over);
	if (job->is_inline)
		status = wr_run_begin(&job->listen.run, &job->prepared);
	else if (!wr_thread_start(&job->thread, "weir-run", job_main, job))
		status = wr_status_new(WR_FATAL, "Cannot start a thread for the job");
	if (status != NULL) {
		job->hook = (struct wr_api_job_hook){0};
		job_release(job);
		return wr_api_fail(error, WEIR_ERROR_JOB, wr_str_of(script), status);
	}
	*out = job;
	return WEIR_OK;
}

WR_PUBLIC enum weir_code weir_submit(struct weir_session *session, const char *sql, uint32_t flags,
				     const struct weir_handler *handler, struct weir_job **job,
				     struct weir_error **error)
{
	struct wr_prepared prepared;
	enum weir_code code;

	if (error != NULL)
		*error = NULL;
	*job = NULL;
	if (!wr_api_handler_check(handler, error))
		return WEIR_MISUSE;
	code = wr_api_prepare(session, sql, &prepared, error);
	if (code == WEIR_OK)
		code = wr_api_submit(session, &prepared, sql, flags, handler, NULL, job, error);
	wr_prepared_release(&prepared);
	return code;
}

/* --- polling ------------------------------------------------------------------------------------
 */

/* A callback of the turn that has ended has freed the job. */
static enum weir_code end_orphan(struct weir_job *job, struct weir_error **error)
{
	enum weir_code code = weir_job_wait(job, -1, error);

	job_release(job);
	return code == WEIR_OK ? WEIR_END : code;
}

WR_PUBLIC enum weir_code weir_job_poll(struct weir_job *job, struct weir_error **error)
{
	bool ended = false;
	wr_status *status;

	if (error != NULL)
		*error = NULL;
	if (!job->is_inline)
		return wr_error_misuse(error, "The job has a thread of its own: only one that was "
					      "submitted with WEIR_JOB_INLINE is polled");
	if (job->polling)
		return wr_error_misuse(error, "A callback of the job polls it");
	if (!job->ended) {
		job->polling = true;
		status = wr_run_poll(&job->listen.run, &ended);
		if (ended || status != NULL) {
			wr_run_end(&job->listen.run);
			job_over(job, status);
		}
		job->polling = false;
		if (job->orphan) {
			job->orphan = false;
			return end_orphan(job, error);
		}
	}
	if (!job->ended)
		return WEIR_OK;
	return job->code == WEIR_OK ? WEIR_END : job_code(job, error);
}

void wr_api_job_tick(struct weir_job *job)
{
	if (!job->ended)
		wr_run_tick(&job->listen.run);
}

/* Polls until the job has ended or the time has passed. */
static enum weir_code wait_inline(struct weir_job *job, int64_t until_us, struct weir_error **error)
{
	struct wr_env *env = job->listen.run.env;
	enum weir_code code;

	while ((code = weir_job_poll(job, error)) == WEIR_OK) {
		int64_t now_us = wr_mono_us(env);
		int64_t nap_us = WR_MIN(wr_run_idle_until(&job->listen.run), until_us) - now_us;

		if (now_us >= until_us)
			return WEIR_TIMEOUT;
		if (nap_us > 0)
			env->ops->sleep_us(env, WR_MIN(nap_us, INLINE_NAP_US));
	}
	return code == WEIR_END ? WEIR_OK : code;
}

/* Waits for the thread to come to the end; false: the time has passed. */
static bool wait_thread(struct weir_job *job, int64_t timeout_ms)
{
	struct timespec deadline = wr_deadline(timeout_ms * 1000);

	pthread_mutex_lock(&job->lock);
	while (!job->ended) {
		if (timeout_ms < 0)
			pthread_cond_wait(&job->over, &job->lock);
		else if (!wr_cond_wait_until(&job->over, &job->lock, &deadline))
			break;
	}
	pthread_mutex_unlock(&job->lock);
	return job->ended;
}

#define WAIT_MAX_MS (INT64_MAX / 4000) /* longer is for ever */

WR_PUBLIC enum weir_code weir_job_wait(struct weir_job *job, int64_t timeout_ms,
				       struct weir_error **error)
{
	int64_t until_us = INT64_MAX;

	if (error != NULL)
		*error = NULL;
	if (is_inside(job))
		return wr_error_misuse(error, "A callback of the job waits for its end");
	if (timeout_ms > WAIT_MAX_MS)
		timeout_ms = -1;
	if (job->is_inline) {
		if (timeout_ms >= 0)
			until_us = wr_mono_us(job->listen.run.env) + timeout_ms * 1000;
		return wait_inline(job, until_us, error);
	}
	return wait_thread(job, timeout_ms) ? job_code(job, error) : WEIR_TIMEOUT;
}

WR_PUBLIC void weir_job_cancel(struct weir_job *job)
{
	wr_run_cancel(&job->listen.run);
	wr_run_hurry(&job->listen.run);
}

WR_PUBLIC void weir_job_drain(struct weir_job *job)
{
	wr_run_drain(&job->listen.run);
}

WR_PUBLIC void weir_job_free(struct weir_job *job)
{
	if (job == NULL)
		return;
	if (!job->ended)
		weir_job_cancel(job);
	if (is_inside(job)) {
		pthread_mutex_lock(&job->lock);
		job->orphan = true;
		pthread_mutex_unlock(&job->lock);
		return;
	}
	if (job->is_inline)
		(void)weir_job_wait(job, -1, NULL);
	else
		pthread_join(job->thread, NULL);
	job_release(job);
}

/* --- savepoints ---------------------------------------------------------------------------------
 */

/* The program's thread is the job's: it goes on until the savepoint is there. */
static wr_status *savepoint_inline(struct weir_job *job, struct wr_job *running, const char *folder,
				   bool stop, struct wr_text *path)
{
	struct wr_savepoint savepoint;
	wr_status *status = NULL;

	WR_TRY(wr_job_savepoint_ask(running, &savepoint, folder, stop, path));
	while (!wr_job_savepoint_done(running, &savepoint, &status)) {
		bool ended;

		job->polling = true;
		wr_job_poll(running, &ended);
		job->polling = false;
		if (ended && !wr_job_savepoint_done(running, &savepoint, &status)) {
			/* The end answers it. */
			return wr_job_savepoint_give_up(running, &savepoint);
		}
	}
	return status;
}

static wr_status *not_running(void)
{
	return wr_status_new(WR_USER_ERROR, "No job runs that a savepoint could be made of");
}

/* The job of the run, held (wr_run_let); one that is about to begin is waited for. NULL: none will
 * begin now. */
static struct wr_job *hold_running(struct weir_job *job)
{
	struct wr_run *run = &job->listen.run;
	struct wr_job *running;

	for (;;) {
		running = wr_run_hold(run);
		if (running != NULL || job->is_inline || atomic_load(&job->ended) ||
		    atomic_load(&run->restarting))
			return running;
		wr_run_let(run);
		run->env->ops->sleep_us(run->env, BEGIN_NAP_US);
	}
}

/* `running` may be NULL, `folder` too: the job's own choice. */
static wr_status *savepoint_of(struct weir_job *job, struct wr_job *running, const char *folder,
			       bool stop, struct wr_text *path)
{
	if (running == NULL)
		return not_running();
	return job->is_inline ? savepoint_inline(job, running, folder, stop, path)
			      : wr_job_savepoint(running, folder, stop, path);
}

WR_PUBLIC enum weir_code weir_job_savepoint(struct weir_job *job, const char *folder, bool stop,
					    char **path, struct weir_error **error)
{
	struct wr_run *run = &job->listen.run;
	struct wr_text made, place;
	enum weir_code code = WEIR_OK;
	struct wr_job *running;
	wr_status *status;

	if (error != NULL)
		*error = NULL;
	if (path != NULL)
		*path = NULL;
	if (is_inside(job))
		return wr_error_misuse(error, "A callback of the job asks for its savepoint");
	wr_text_init(&made);
	wr_text_init(&place);
	running = hold_running(job);
	status = folder != NULL ? wr_recovery_folder(folder, &place) : NULL;
	if (status == NULL)
		status =
		    savepoint_of(job, running, folder != NULL ? place.data : NULL, stop, &made);
	if (status == NULL && stop)
		atomic_store(&run->last, true);
	wr_run_let(run);
	wr_text_release(&place);
	if (status != NULL) {
		wr_text_release(&made);
		code = wr_api_fail(error, WEIR_ERROR_JOB, wr_str_of(job->sql), status);
	} else if (path != NULL) {
		*path = made.data;
	} else {
		wr_text_release(&made);
	}
	if (job->is_inline && job->orphan) {
		job->orphan = false;
		(void)end_orphan(job, NULL);
	}
	return code;
}

/* --- metrics ------------------------------------------------------------------------------------
 */

static enum weir_job_state job_state(struct weir_job *job)
{
	if (!atomic_load(&job->ended))
		return atomic_load(&job->listen.run.restarting) ? WEIR_JOB_RESTARTING
								: WEIR_JOB_RUNNING;
	switch (job->code) {
	case WEIR_OK: return WEIR_JOB_FINISHED;
	case WEIR_CANCELLED:
	case WEIR_STOPPED: return WEIR_JOB_CANCELLED;
	default: return WEIR_JOB_FAILED;
	}
}

WR_PUBLIC void weir_job_metrics(struct weir_job *job, struct weir_job_metrics *metrics)
{
	struct weir_job_metrics all = {.state = job_state(job)};
	struct wr_run_sums sums;
	struct wr_job_stats stats;
	size_t size = WR_MIN(metrics->size, sizeof all);

	wr_run_look(&job->listen.run, &sums, &stats);
	all.size = metrics->size;
	all.rows_in = sums.rows_in;
	all.rows_out = sums.rows_out;
	all.rows_late = sums.rows_late;
	all.rows_bad = sums.rows_bad;
	all.state_bytes = stats.state_bytes;
	all.watermark_ms = stats.watermark_ms;
	all.elapsed_us = sums.elapsed_us;
	all.restarts = sums.restarts;
	all.checkpoints = sums.checkpoints;
	all.checkpoint_bytes = stats.checkpoint.bytes;
	all.checkpoint_us = stats.checkpoint.duration_us;
	all.busy_us = sums.load.busy_us;
	all.blocked_us = sums.load.blocked_us;
	all.idle_us = sums.load.idle_us;
	memcpy(metrics, &all, size);
}

WR_PUBLIC char *weir_job_metrics_json(struct weir_job *job)
{
	static const char *const states[] = {"running", "restarting", "finished", "cancelled",
					     "failed"};
	struct wr_run_sums sums;
	struct wr_job_stats stats;
	struct wr_text out;

	wr_run_look(&job->listen.run, &sums, &stats);
	stats.rows_in = sums.rows_in;
	stats.rows_out = sums.rows_out;
	stats.rows_late = sums.rows_late;
	stats.rows_bad = sums.rows_bad;
	stats.elapsed_us = sums.elapsed_us;
	wr_text_init(&out);
	wr_text_printf(&out, "{\"state\":\"%s\"", states[job_state(job)]);
	if (wr_run_name(&job->listen.run) != NULL) {
		wr_text_puts(&out, ",\"job\":");
		wr_text_json(&out, wr_run_name(&job->listen.run));
	}
	wr_report_stats(&out, &stats);
	wr_report_number(&out, "restarts", sums.restarts);
	wr_report_number(&out, "busy_us", (uint64_t)sums.load.busy_us);
	wr_report_number(&out, "blocked_us", (uint64_t)sums.load.blocked_us);
	wr_report_number(&out, "idle_us", (uint64_t)sums.load.idle_us);
	wr_run_report(&job->listen.run, &out);
	wr_text_putc(&out, '}');
	return out.data;
}
