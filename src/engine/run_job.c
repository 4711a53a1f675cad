/* SPDX-License-Identifier: Apache-2.0
 *
 * run_job - see run_job.h.
 */
#include "engine/run_job.h"

#include "base/env.h"
#include "base/mem.h"
#include "weir/version.h"

#define NAP_US 20000 /* while a restart waits: how soon a cancel is seen */

/* Rows of a bare SELECT, on a worker thread of the job. */
static wr_status *session_rows(void *user, const struct wr_node *sink, const struct wr_batch *batch)
{
	struct wr_session *session = user;

	if (session->listener.result_rows == NULL || session->analyze)
		return NULL;
	return session->listener.result_rows(session->listener.user, batch);
}

static wr_status *session_mark(void *user, const struct wr_mark *mark)
{
	struct wr_session *session = user;

	if (session->listener.result_mark == NULL || session->analyze)
		return NULL;
	return session->listener.result_mark(session->listener.user, mark);
}

/* What the user should know, from any thread. */
static void session_say(void *user, const char *text)
{
	struct wr_session *session = user;

	if (session->listener.notice != NULL)
		session->listener.notice(session->listener.user, text);
}

/* The plan with what has been measured. */
static wr_status *show_measures(struct wr_session *session, const struct wr_action *action,
				const struct wr_job *job)
{
	const struct wr_listener *listener = &session->listener;
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

/* Runs the job once, from open to commit. *made: number of the last checkpoint of this run;
 * *paused: it ended with that one and is to go on from it. */
static wr_status *run_once(struct wr_session *session, struct wr_action *action, uint64_t *made,
			   bool *paused)
{
	const struct wr_listener *listener = &session->listener;
	struct wr_job *job = NULL;
	struct wr_job_stats stats = {0};
	wr_status *closed, *status = wr_job_open(action->plan, &action->options, &job);
	bool whole; /* what a stopped batch job has written is no result */

	if (status == NULL) {
		session->ran = true;
		session->job = job;
		if (listener->job_begin != NULL)
			listener->job_begin(listener->user, job, action->name);
		if (atomic_load(&session->cancelled))
			wr_job_cancel(job);
		status = wr_job_run(job);
		wr_session_forget_job(session);
		wr_job_stats(job, &stats);
		if (status == NULL && session->analyze)
			status = show_measures(session, action, job);
		if (listener->job_end != NULL)
			listener->job_end(listener->user, &stats, status == NULL);
	}
	if (stats.checkpoint.number != 0)
		*made = stats.checkpoint.number;
	*paused = status == NULL && stats.paused;
	whole = status == NULL && !*paused && !(action->options.batch && wr_job_cancelled(job));
	closed = wr_job_close(job, whole);
	if (status == NULL)
		return closed;
	wr_status_free(closed);
	return status;
}

/* Waits before a restart; false: cancelled meanwhile. */
static bool wait_restart(struct wr_session *session, int64_t delay_ms)
{
	struct wr_env *env = session->env;
	int64_t until_us = wr_mono_us(env) + delay_ms * 1000, now_us;

	while ((now_us = wr_mono_us(env)) < until_us && !atomic_load(&session->cancelled))
		env->ops->sleep_us(env, WR_MIN(until_us - now_us, NAP_US));
	return !atomic_load(&session->cancelled);
}

/* Whether the failed job begins again; says so. */
static bool decide_restart(struct wr_session *session, const struct wr_action *action,
			   struct wr_restart_history *history, const wr_status *failure,
			   int64_t *delay_ms)
{
	struct wr_env *env = session->env;
	uint32_t chance;
	struct wr_text line;

	if (!wr_restart_can_help(failure) || atomic_load(&session->cancelled))
		return false;
	env->ops->random(env, &chance, sizeof chance);
	if (!wr_restart_decide(&action->recovery.restart, history, wr_mono_us(env),
			       (double)chance / UINT32_MAX, delay_ms))
		return false;
	wr_text_init(&line);
	wr_text_printf(&line, "%s failed and restarts in %.1f s (restart %llu): %s", action->name,
		       (double)*delay_ms / 1000, (unsigned long long)history->attempts,
		       failure->text);
	session_say(session, line.data);
	wr_text_release(&line);
	return true;
}

static void say_damaged(void *user, const char *path, const wr_status *why)
{
	wr_store_say_damaged(session_say, user, path, why);
}

static void say_from(struct wr_session *session, const struct wr_action *action,
		     const struct wr_manifest *manifest)
{
	struct wr_text line;

	wr_text_init(&line);
	wr_text_printf(&line, "%s goes on from checkpoint %llu", action->recovery.job_name,
		       (unsigned long long)manifest->number);
	session_say(session, line.data);
	wr_text_release(&line);
}

/* Runs the job until it ends well or for good. */
static wr_status *run_with_restarts(struct wr_session *session, struct wr_action *action,
				    const struct wr_manifest *first)
{
	struct wr_restart_history *history = wr_calloc(1, sizeof *history);
	struct wr_manifest *newest = NULL;
	wr_status *status;
	uint64_t made = 0;

	for (;;) {
		bool paused;
		int64_t delay_ms;

		action->options.restore = (struct wr_restore_options){
		    .manifest = newest != NULL ? newest : first,
		    .latest = newest != NULL || wr_recovery_is_latest(&action->recovery),
		    .replay = action->recovery.replay,
		    .upgrade = action->recovery.upgrade,
		    .say = session_say,
		    .user = session};
		status = run_once(session, action, &made, &paused);
		wr_manifest_free(newest);
		newest = NULL;
		if (!paused && (status == NULL ||
				!decide_restart(session, action, history, status, &delay_ms)))
			break;
		wr_status_free(status);
		status = NULL;
		if (!paused && !wait_restart(session, delay_ms))
			break;
		if (made != 0)
			status = wr_store_find(session->env, action->options.checkpoint.dir, true,
					       say_damaged, session, &newest);
		if (status != NULL)
			break;
		if (newest != NULL && !paused)
			say_from(session, action, newest);
	}
	wr_free(history);
	return status;
}

wr_status *wr_session_run_job(struct wr_session *session, struct wr_action *action)
{
	const struct wr_listener *listener = &session->listener;
	struct wr_checkpoint_options *checkpoint = &action->options.checkpoint;
	struct wr_manifest *first = NULL;
	char *temporary = NULL;
	wr_status *status = NULL;

	action->options.collect =
	    (struct wr_collect){.rows = session_rows, .mark = session_mark, .user = session};
	action->options.say = session_say;
	action->options.measure = session->analyze;
	action->options.user = session;
	session->result_zone = action->options.zone_id;
	checkpoint->say = session_say;
	checkpoint->user = session;
	checkpoint->weir_version = WEIR_VERSION;
	checkpoint->script_hash = session->script_hash;
	if (action->is_select && !session->analyze && listener->result_begin != NULL)
		WR_TRY(listener->result_begin(listener->user,
					      &action->plan->root[0]->input[0]->schema,
					      action->updating, action->ordered));
	WR_TRY_OUT(status,
		   wr_recovery_find(session->env, &action->recovery, session_say, session, &first));
	if (checkpoint->on && checkpoint->dir == NULL) {
		WR_TRY_OUT(status, wr_recovery_temporary(session->env, &temporary));
		checkpoint->dir = temporary;
		if (checkpoint->every == 0)
			session_say(session, "Checkpoints go with this run: "
					     "'execution.checkpointing.dir' would keep them");
	}
	status = run_with_restarts(session, action, first);
	if (status == NULL && action->is_select && !session->analyze &&
	    listener->result_end != NULL &&
	    !(action->options.batch && atomic_load(&session->cancelled)))
		status = listener->result_end(listener->user);
out:
	if (temporary != NULL) {
		checkpoint->dir = NULL;
		wr_recovery_remove(session->env, temporary);
	}
	wr_free(temporary);
	wr_manifest_free(first);
	return status;
}

wr_status *wr_session_check_restore(struct wr_session *session, const struct wr_prepared *prepared)
{
	uint32_t jobs = 0;
	bool one = false;

	for (uint32_t i = 0; i < prepared->count; i++) {
		const struct wr_recovery *recovery = &prepared->action[i].recovery;

		if (prepared->action[i].plan == NULL || recovery->from == NULL)
			continue;
		WR_TRY(wr_recovery_is_of_one_job(session->env, recovery, &one));
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
