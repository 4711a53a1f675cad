/* SPDX-License-Identifier: Apache-2.0
 *
 * run - see run.h.
 */
#include "engine/run.h"

#include "base/env.h"
#include "base/mem.h"
#include "engine/lineage_events.h"
#include "engine/prepared.h"
#include "runtime/job_report.h"
#include "state/store_files.h"
#include "weir/version.h"

#define NAP_US 20000 /* while a restart waits: how soon a cancel is seen */

/* Where a job stands. */
enum attempts_state {
	ATTEMPTS_OPEN, /* the next attempt is to be opened */
	ATTEMPTS_RUN,  /* one is open and has begun */
	ATTEMPTS_WAIT  /* one has failed, `again_us` is waited for */
};

/* A job on its way from its first attempt to its end. */
struct wr_attempts {
	const struct wr_action *action;
	enum attempts_state state;
	struct wr_job_options options;      /* the action's, and what belongs to the run */
	char *temporary;                    /* folder of checkpoints that goes with the run; NULL */
	struct wr_manifest *first;          /* what the first attempt goes on from; NULL: nothing */
	struct wr_manifest *newest;         /* the same of the next one; NULL: `first` */
	struct wr_lineage_run *lineage;     /* tells of it; NULL: nobody is told */
	struct wr_restart_history *history; /* NULL: no attempt has failed */
	struct wr_job *job;                 /* of this attempt; NULL: not open */
	uint64_t made;                      /* number of the last checkpoint; 0: none */
	char *stop_path;   /* of the savepoint that the job ends with: an attempt that failed behind
			      it has left its commits to the next, which does them and nothing else;
			      NULL: there is none; owned */
	bool stop_hurried; /* that was tried at once, for one who is in a hurry */
	bool paused;       /* the last attempt is to be gone on from */
	int64_t again_us;  /* WAIT: monotonic, until then */
	struct wr_trace_span span; /* from the first attempt's begin to the last one's end */
};

void wr_run_init(struct wr_run *run, struct wr_env *env, const struct wr_listener *listener)
{
	*run = (struct wr_run){.env = env};
	if (listener != NULL)
		run->listener = *listener;
	pthread_mutex_init(&run->lock, NULL);
	wr_text_init(&run->report);
}

void wr_run_release(struct wr_run *run)
{
	WR_ASSERT(run->attempts == NULL && run->job == NULL);
	wr_text_release(&run->report);
	pthread_mutex_destroy(&run->lock);
}

/* --- what the run tells -------------------------------------------------------------------------
 */

/* Rows of a bare SELECT, on a worker thread of the job. */
static wr_status *run_rows(void *user, const struct wr_node *sink, const struct wr_batch *batch)
{
	struct wr_run *run = user;

	if (run->listener.result_rows == NULL || run->analyze)
		return NULL;
	return run->listener.result_rows(run->listener.user, batch);
}

static wr_status *run_mark(void *user, const struct wr_mark *mark)
{
	struct wr_run *run = user;

	if (run->listener.result_mark == NULL || run->analyze)
		return NULL;
	return run->listener.result_mark(run->listener.user, mark);
}

/* What the user should know, from any thread. */
static void run_say(void *user, const char *text)
{
	struct wr_run *run = user;

	if (run->listener.notice != NULL)
		run->listener.notice(run->listener.user, text);
}

static void run_bad_row(void *user, const char *kind, const char *table, const char *text)
{
	struct wr_run *run = user;

	run->listener.bad_row(run->listener.user, kind, table, text);
}

/* A checkpoint has ended, from its thread. */
static void run_checkpoint(void *user, const struct wr_checkpoint_event *event)
{
	struct wr_run *run = user;

	if (event->stops)
		run->attempts->stop_path = wr_strdup(event->path);
	if (run->listener.checkpoint != NULL)
		run->listener.checkpoint(run->listener.user, event);
}

/* The plan with what has been measured. */
static wr_status *show_measures(struct wr_run *run, const struct wr_action *action,
				const struct wr_job *job)
{
	const struct wr_listener *listener = &run->listener;
	struct wr_node_measure *measure = wr_calloc(action->plan->next_id + 1, sizeof *measure);
	wr_status *status = NULL;
	struct wr_text text;

	wr_job_measure(job, measure);
	wr_text_init(&text);
	wr_text_printf(&text, "== Physical Plan of %s, measured ==\n", action->name);
	wr_plan_print_measured(&text, action->plan, measure);
	if (listener->text != NULL)
		status = listener->text(listener->user, text.data);
	wr_text_release(&text);
	wr_free(measure);
	return status;
}

/* --- one attempt --------------------------------------------------------------------------------
 */

/* Opens the job and tells so. */
static wr_status *attempt_open(struct wr_run *run, struct wr_attempts *self)
{
	const struct wr_action *action = self->action;

	self->options.restore = (struct wr_restore_options){
	    .manifest = self->newest != NULL ? self->newest : self->first,
	    .latest = self->stop_path == NULL &&
		      (self->newest != NULL || wr_recovery_is_latest(&action->recovery)),
	    .replay = action->recovery.replay,
	    .upgrade = action->recovery.upgrade,
	    .say = run_say,
	    .user = run};
	atomic_store(&run->restarting, false);
	WR_TRY(wr_job_open(action->plan, &self->options, &self->job));
	run->ran = true;
	pthread_mutex_lock(&run->lock);
	run->job = self->job;
	pthread_mutex_unlock(&run->lock);
	if (run->listener.job_begin != NULL)
		run->listener.job_begin(run->listener.user, self->job, action->name);
	if (atomic_load(&run->cancelled))
		wr_job_cancel(self->job);
	if (atomic_load(&run->drained))
		wr_job_drain(self->job);
	return NULL;
}

static void sums_add(struct wr_run_sums *sums, const struct wr_job_stats *stats,
		     const struct wr_worker_load *load)
{
	sums->rows_in += stats->rows_in;
	sums->rows_out += stats->rows_out;
	sums->rows_late += stats->rows_late;
	sums->rows_bad += stats->rows_bad;
	sums->checkpoints += stats->checkpoint.done;
	sums->elapsed_us += stats->elapsed_us;
	sums->load.busy_us += load->busy_us;
	sums->load.blocked_us += load->blocked_us;
	sums->load.idle_us += load->idle_us;
}

/* Nobody looks at the job from here on; its figures stay. */
static void forget_job(struct wr_run *run, struct wr_job_stats *stats)
{
	struct wr_worker_load load = wr_job_load(run->job);
	struct wr_text report;

	wr_job_stats(run->job, stats);
	wr_text_init(&report);
	wr_report_stages(&report, run->job);
	wr_report_tables(&report, run->job);
	pthread_mutex_lock(&run->lock);
	sums_add(&run->sums, stats, &load);
	run->stats = *stats;
	run->stats.checkpoint.job = run->stats.checkpoint.folder = NULL;
	wr_text_release(&run->report);
	run->report = report;
	run->job = NULL;
	pthread_mutex_unlock(&run->lock);
	while (atomic_load(&run->holders) > 0)
		run->env->ops->sleep_us(run->env, 100);
}

/* The attempt has come to `status`: closes it. self->paused: it is to be gone on from its last
 * checkpoint. */
static wr_status *attempt_close(struct wr_run *run, struct wr_attempts *self, wr_status *status)
{
	struct wr_job_stats stats = {0};
	struct wr_job *job = self->job;
	wr_status *closed;
	bool whole; /* what a stopped batch job has written is no result */

	if (run->job != NULL) {
		forget_job(run, &stats);
		wr_lineage_note(self->lineage, job);
		if (status == NULL && run->analyze)
			status = show_measures(run, self->action, job);
		if (run->listener.job_end != NULL)
			run->listener.job_end(run->listener.user, &stats, status == NULL);
	}
	if (stats.checkpoint.number != 0)
		self->made = stats.checkpoint.number;
	self->paused = status == NULL && stats.paused;
	whole = status == NULL && !self->paused && !(self->options.batch && wr_job_cancelled(job));
	self->job = NULL;
	wr_manifest_free(self->newest);
	self->newest = NULL;
	closed = wr_job_close(job, whole);
	if (status == NULL)
		return closed;
	wr_status_free(closed);
	return status;
}

/* --- one job ------------------------------------------------------------------------------------
 */

/* Whether the failed job begins again; says so. */
static bool decide_restart(struct wr_run *run, struct wr_attempts *self, const wr_status *failure)
{
	const struct wr_action *action = self->action;
	struct wr_env *env = run->env;
	int64_t now_us = wr_mono_us(env), delay_ms;
	struct wr_text line;
	uint32_t chance;

	bool cancelled = atomic_load(&run->cancelled);

	if (!wr_restart_can_help(failure))
		return false;
	if (cancelled && (self->stop_path == NULL || self->stop_hurried))
		return false;
	self->stop_hurried = cancelled;
	if (self->history == NULL)
		self->history = wr_calloc(1, sizeof *self->history);
	env->ops->random(env, &chance, sizeof chance);
	if (!wr_restart_decide(&action->recovery.restart, self->history, now_us,
			       (double)chance / UINT32_MAX, &delay_ms))
		return false;
	self->again_us = now_us + delay_ms * 1000;
	atomic_store(&run->restarting, true);
	pthread_mutex_lock(&run->lock);
	run->sums.restarts++;
	pthread_mutex_unlock(&run->lock);
	wr_trace_event(&self->span, "restart", "exception.message", failure->text);
	if (run->listener.job_failed != NULL)
		run->listener.job_failed(run->listener.user, failure);
	wr_text_init(&line);
	wr_text_printf(&line, "%s failed and restarts in %.1f s (restart %llu): %s", action->name,
		       (double)delay_ms / 1000, (unsigned long long)self->history->attempts,
		       failure->text);
	run_say(run, line.data);
	wr_text_release(&line);
	return true;
}

static void say_damaged(void *user, const char *path, const wr_status *why)
{
	wr_store_say_damaged(run_say, user, path, why);
}

static void say_from(struct wr_run *run, const struct wr_action *action,
		     const struct wr_manifest *manifest)
{
	struct wr_text line;

	wr_text_init(&line);
	wr_text_printf(&line, "%s goes on from checkpoint %llu", action->recovery.job_name,
		       (unsigned long long)manifest->number);
	run_say(run, line.data);
	wr_text_release(&line);
}

/* The next attempt goes on from the newest checkpoint that the job has made, or from the savepoint
 * that ends it. */
static wr_status *find_newest(struct wr_run *run, struct wr_attempts *self)
{
	const char *from = self->stop_path != NULL ? self->stop_path
			   : self->made != 0       ? self->options.checkpoint.dir
						   : NULL;

	if (from != NULL)
		WR_TRY(wr_store_find(run->env, from, true, say_damaged, run, &self->newest));
	if (self->newest != NULL && !self->paused)
		say_from(run, self->action, self->newest);
	return NULL;
}

/* Whether rows of a table, or functions of the program that are one per worker, are below. */
static bool node_reads(const struct wr_node *node)
{
	bool any = node->kind == WR_N_SCAN || node->kind == WR_N_USER;

	for (uint32_t i = 0; i < node->input_count && !any; i++)
		any = node_reads(node->input[i]);
	return any;
}

/* What comes of the rows of a VALUES alone is no work for threads. */
static bool reads_tables(const struct wr_plan *plan)
{
	bool any = false;

	for (uint32_t i = 0; i < plan->root_count && !any; i++)
		any = node_reads(plan->root[i]);
	return any;
}

/* The job's span begins; those of what it does refer to it. */
static void trace_begin(struct wr_run *run, struct wr_attempts *self)
{
	const struct wr_action *action = self->action;

	wr_trace_begin(&self->span, run->tracer, "job", WR_TRACE_INTERNAL, &run->trace_parent);
	wr_trace_text(&self->span, "weir.job.name",
		      action->recovery.job_name != NULL ? action->recovery.job_name : action->name);
	wr_trace_text(&self->span, "weir.job.statement", action->name);
	self->options.tracer = run->tracer;
	self->options.trace = self->span.context;
	pthread_mutex_lock(&run->lock);
	run->trace = self->span.context;
	pthread_mutex_unlock(&run->lock);
}

/* It has come to `status`. */
static void trace_end(struct wr_run *run, struct wr_attempts *self, const wr_status *status)
{
	struct wr_run_sums sums;

	pthread_mutex_lock(&run->lock);
	sums = run->sums;
	pthread_mutex_unlock(&run->lock);
	wr_trace_int(&self->span, "weir.rows_in", (int64_t)sums.rows_in);
	wr_trace_int(&self->span, "weir.rows_out", (int64_t)sums.rows_out);
	wr_trace_int(&self->span, "weir.restarts", (int64_t)sums.restarts);
	if (atomic_load(&run->cancelled))
		wr_trace_event(&self->span, "canceled", NULL, NULL);
	if (status != NULL)
		wr_trace_error(&self->span, status->text);
	wr_trace_end(&self->span);
}

/* Makes ready for the first attempt. *over: there is none, the job had finished. */
static wr_status *job_begin(struct wr_run *run, const struct wr_action *action, bool *over)
{
	struct wr_attempts *self = wr_calloc(1, sizeof *self);
	struct wr_checkpoint_options *checkpoint = &self->options.checkpoint;
	const struct wr_listener *listener = &run->listener;

	run->attempts = self;
	self->action = action;
	self->options = action->options;
	self->options.env = run->env;
	trace_begin(run, self);
	self->options.collect =
	    (struct wr_collect){.rows = run_rows, .mark = run_mark, .user = run};
	self->options.say = checkpoint->say = run_say;
	self->options.user = checkpoint->user = run;
	checkpoint->event = run_checkpoint;
	self->options.bad_row = listener->bad_row != NULL ? run_bad_row : NULL;
	self->options.given_up = &run->cancelled;
	self->options.measure = run->analyze;
	self->options.polled = run->polled;
	self->options.nap_us = run->nap_us;
	if (run->polled || !reads_tables(action->plan))
		self->options.workers = 1;
	checkpoint->weir_version = WEIR_VERSION;
	checkpoint->script_hash = run->script_hash;
	run->result_zone = action->options.zone_id;
	if (action->is_select && !run->analyze && listener->result_begin != NULL)
		WR_TRY(listener->result_begin(listener->user,
					      &action->plan->root[0]->input[0]->schema,
					      action->updating, action->ordered));
	WR_TRY(wr_recovery_find(run->env, &action->recovery, wr_run_which(run), run_say, run,
				&self->first, over));
	if (!*over)
		self->lineage = wr_lineage_begin(
		    run->lineage,
		    &(struct wr_lineage_subject){.run = run,
						 .action = action,
						 .name = run->job_name,
						 .owner = run->job_owner,
						 .script = atomic_load(&run->prepared)->script});
	if (!checkpoint->on || checkpoint->dir != NULL)
		return NULL;
	WR_TRY(wr_recovery_temporary(run->env, &self->temporary));
	checkpoint->dir = self->temporary;
	if (checkpoint->every == 0)
		run_say(run, "Checkpoints go with this run: "
			     "'execution.checkpointing.dir' would keep them");
	return NULL;
}

/* One step of the job under way. *over: it has come to its end, as returned; else, there is nothing
 * more to do now. */
static wr_status *job_step(struct wr_run *run, struct wr_attempts *self, bool *over)
{
	wr_status *status = NULL;
	bool ended = true, commits = false;

	*over = false;
	if (self->state == ATTEMPTS_WAIT) {
		if (wr_mono_us(run->env) < self->again_us && !atomic_load(&run->cancelled))
			return NULL;
		*over = true;
		if (!self->paused && self->stop_path == NULL && atomic_load(&run->cancelled))
			return NULL;
		WR_TRY(find_newest(run, self));
		*over = false;
		self->state = ATTEMPTS_OPEN;
	}
	if (self->state == ATTEMPTS_OPEN) {
		self->state = ATTEMPTS_RUN;
		status = attempt_open(run, self);
		commits = status == NULL && self->stop_path != NULL;
		if (status == NULL && !commits && run->polled)
			status = wr_job_begin(self->job);
	}
	if (commits) {
		; /* the restore has done all that was left */
	} else if (status == NULL && run->polled) {
		wr_job_poll(self->job, &ended);
		if (!ended)
			return NULL;
		status = wr_job_end(self->job);
	} else if (status == NULL) {
		status = wr_job_run(self->job);
	}
	status = attempt_close(run, self, status);
	self->state = ATTEMPTS_WAIT;
	self->again_us = 0;
	*over = !self->paused && (status == NULL || !decide_restart(run, self, status));
	if (*over)
		return status;
	wr_status_free(status);
	return NULL;
}

/* What those who are told of jobs hear of its end. */
static enum wr_lineage_end lineage_end(struct wr_run *run, const wr_status *status)
{
	if (status != NULL)
		return WR_LINEAGE_FAIL;
	return atomic_load(&run->cancelled) || atomic_load(&run->last) ? WR_LINEAGE_ABORT
								       : WR_LINEAGE_COMPLETE;
}

/* The job has ended as `status` says, or is given up. */
static wr_status *job_end(struct wr_run *run, wr_status *status)
{
	const struct wr_listener *listener = &run->listener;
	struct wr_attempts *self = run->attempts;

	atomic_store(&run->restarting, false);
	run->attempts = NULL;
	wr_plan_ended(self->action->plan, run);
	if (status == NULL && self->action->is_select && !run->analyze &&
	    listener->result_end != NULL && !(self->options.batch && atomic_load(&run->cancelled)))
		status = listener->result_end(listener->user);
	wr_plan_ended(self->action->plan, run);
	trace_end(run, self, status);
	wr_lineage_end(self->lineage, lineage_end(run, status), status);
	if (self->temporary != NULL)
		wr_store_remove(run->env, self->temporary);
	wr_free(self->temporary);
	wr_free(self->stop_path);
	wr_free(self->history);
	wr_manifest_free(self->first);
	wr_manifest_free(self->newest);
	wr_free(self);
	return status;
}

/* --- the script ---------------------------------------------------------------------------------
 */

/* The state of one job cannot be what several go on from. */
static wr_status *check_restore(struct wr_run *run, const struct wr_prepared *prepared)
{
	uint32_t jobs = 0;
	bool one = false;

	for (uint32_t i = 0; i < prepared->count; i++) {
		const struct wr_recovery *recovery = &prepared->action[i].recovery;

		if (prepared->action[i].plan == NULL || recovery->from == NULL)
			continue;
		WR_TRY(wr_recovery_is_of_one_job(run->env, recovery, &one));
		jobs += one;
		if (jobs > 1)
			return wr_status_hint(
			    wr_status_new(
				WR_USER_ERROR,
				"'%s' is the state of one job, but the script has several",
				recovery->from),
			    "Give the folder above, which has those of all jobs");
	}
	return NULL;
}

static wr_status *run_start(struct wr_run *run, const struct wr_prepared *prepared)
{
	WR_ASSERT(run->attempts == NULL);
	run->prepared = prepared;
	run->next = 0;
	run->ran = false;
	run->script_hash = prepared->script_hash;
	run->analyze = prepared->analyze;
	pthread_mutex_lock(&run->lock);
	run->sums = (struct wr_run_sums){.began_us = wr_mono_us(run->env)};
	run->stats = (struct wr_job_stats){.watermark_ms = WR_WATERMARK_MIN};
	wr_text_clear(&run->report);
	pthread_mutex_unlock(&run->lock);
	return check_restore(run, prepared);
}

/* Goes on with the script. *ended: it is over, as returned; else there is nothing more to do now.
 */
static wr_status *run_step(struct wr_run *run, bool *ended)
{
	const struct wr_prepared *prepared = run->prepared;
	wr_status *status = NULL;
	bool over = false;

	*ended = true;
	while (status == NULL && (run->attempts != NULL ||
				  (run->next < prepared->count && !atomic_load(&run->cancelled) &&
				   !atomic_load(&run->last)))) {
		const struct wr_action *action = &prepared->action[run->next];

		if (run->attempts == NULL && action->plan == NULL) {
			if (run->listener.text != NULL)
				status = run->listener.text(run->listener.user, action->text);
			run->ran = true;
			run->next++;
			continue;
		}
		if (run->attempts == NULL)
			status = job_begin(run, action, &over);
		if (status == NULL && !over)
			status = job_step(run, run->attempts, &over);
		if (!over && status == NULL) {
			*ended = false;
			return NULL;
		}
		status = job_end(run, status);
		run->ran = run->ran || status == NULL;
		run->next++;
		over = false;
	}
	return wr_prepared_own_place(prepared, status);
}

wr_status *wr_run_script(struct wr_run *run, const struct wr_prepared *prepared)
{
	bool ended = false;
	wr_status *status;

	run->polled = false;
	WR_TRY(wr_prepared_own_place(prepared, run_start(run, prepared)));
	for (;;) {
		status = run_step(run, &ended);
		if (status != NULL || ended)
			return status;
		/* A restart waits. */
		run->env->ops->sleep_us(
		    run->env,
		    WR_MAX(WR_MIN(run->attempts->again_us - wr_mono_us(run->env), NAP_US), 0));
	}
}

wr_status *wr_run_begin(struct wr_run *run, const struct wr_prepared *prepared)
{
	run->polled = true;
	return wr_prepared_own_place(prepared, run_start(run, prepared));
}

wr_status *wr_run_poll(struct wr_run *run, bool *ended)
{
	WR_ASSERT(run->polled && run->prepared != NULL);
	return run_step(run, ended);
}

void wr_run_end(struct wr_run *run)
{
	wr_status *status;

	if (run->attempts != NULL) {
		if (run->attempts->job != NULL) {
			status = wr_status_new(WR_USER_ERROR, "The job was given up");
			wr_status_free(wr_job_end(run->attempts->job));
			wr_status_free(attempt_close(run, run->attempts, status));
		}
		wr_status_free(job_end(run, wr_status_new(WR_USER_ERROR, "The job was given up")));
	}
}

int64_t wr_run_idle_until(const struct wr_run *run)
{
	const struct wr_attempts *attempts = run->attempts;

	if (attempts == NULL)
		return 0;
	if (attempts->state == ATTEMPTS_WAIT)
		return attempts->again_us;
	return attempts->job != NULL ? wr_job_idle_until(attempts->job) : 0;
}

void wr_run_tick(struct wr_run *run)
{
	if (run->attempts != NULL && run->attempts->job != NULL)
		wr_job_tick(run->attempts->job);
}

/* --- from other threads -------------------------------------------------------------------------
 */

void wr_run_cancel(struct wr_run *run)
{
	struct wr_job *job;

	atomic_store(&run->cancelled, true); /* seen by a job that begins now */
	job = wr_run_hold(run);
	if (job != NULL)
		wr_job_cancel(job);
	wr_run_let(run);
}

void wr_run_hurry(struct wr_run *run)
{
	struct wr_job *job = wr_run_hold(run);

	if (job != NULL)
		wr_job_hurry(job);
	wr_run_let(run);
}

struct wr_job *wr_run_hold(struct wr_run *run)
{
	atomic_fetch_add(&run->holders, 1);
	return run->job;
}

void wr_run_let(struct wr_run *run)
{
	atomic_fetch_sub(&run->holders, 1);
}

void wr_run_drain(struct wr_run *run)
{
	struct wr_job *job;

	atomic_store(&run->drained, true);
	job = wr_run_hold(run);
	if (job != NULL)
		wr_job_drain(job);
	wr_run_let(run);
}

void wr_run_look(struct wr_run *run, struct wr_run_sums *sums, struct wr_job_stats *stats)
{
	struct wr_job *job;

	pthread_mutex_lock(&run->lock);
	*sums = run->sums;
	*stats = run->stats;
	job = wr_run_hold(run);
	pthread_mutex_unlock(&run->lock);
	if (job != NULL) {
		struct wr_worker_load load = wr_job_load(job);

		wr_job_stats(job, stats);
		sums_add(sums, stats, &load);
		stats->checkpoint.job = stats->checkpoint.folder = NULL; /* the job's */
	}
	wr_run_let(run);
}

struct wr_trace_context wr_run_trace(struct wr_run *run)
{
	struct wr_trace_context trace;

	pthread_mutex_lock(&run->lock);
	trace = run->trace;
	pthread_mutex_unlock(&run->lock);
	return trace;
}

struct wr_script_job wr_run_which(const struct wr_run *run)
{
	const struct wr_prepared *prepared = run->prepared;
	uint32_t next = atomic_load(&run->next);
	struct wr_script_job which = {0};

	for (uint32_t i = 0; i < prepared->count; i++) {
		which.count += prepared->action[i].plan != NULL;
		if (i == next)
			which.at = which.count;
	}
	return which;
}

const char *wr_run_name(struct wr_run *run)
{
	const struct wr_prepared *prepared = run->prepared;
	uint32_t next = atomic_load(&run->next);

	if (prepared == NULL || prepared->count == 0)
		return NULL;
	return prepared->action[WR_MIN(next, prepared->count - 1)].name;
}

void wr_run_report(struct wr_run *run, struct wr_text *out)
{
	struct wr_job *job;

	pthread_mutex_lock(&run->lock);
	job = wr_run_hold(run);
	if (job == NULL)
		wr_text_puts(out, wr_text_str(&run->report));
	pthread_mutex_unlock(&run->lock);
	if (job != NULL) {
		wr_report_stages(out, job);
		wr_report_tables(out, job);
	}
	wr_run_let(run);
}
