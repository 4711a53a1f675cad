/* SPDX-License-Identifier: Apache-2.0
 *
 * job - see job.h.
 */
#include "runtime/job.h"

#include <stdio.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "runtime/job_inner.h"

/* Wakes one that sleeps and has a source to ask; false: there is none. */
static bool wake_claimer(struct wr_job *job)
{
	for (uint32_t i = 0; i < job->options.workers; i++) {
		struct wr_worker *worker = &job->worker[i];

		if (!atomic_load(&worker->asleep) || !atomic_load(&worker->claims))
			continue;
		wr_worker_wake(worker);
		return true;
	}
	return false;
}

/* wr_wakeup. */
static void job_wake(void *user, uint32_t index)
{
	struct wr_job *job = user;

	if (job->options.polled) {
		atomic_store(&job->poll.woken, true);
		return;
	}
	atomic_thread_fence(memory_order_seq_cst);
	if (index == WR_WAKE_CLAIMER) {
		(void)wake_claimer(job);
		return;
	}
	for (uint32_t i = 0; i < job->worker_count; i++)
		if (index == WR_WAKE_ALL || index == i)
			wr_worker_wake(&job->worker[i]);
}

void wr_job_fail(struct wr_job *job, wr_status *status, uint64_t epoch)
{
	pthread_mutex_lock(&job->error_lock);
	if (job->error == NULL || epoch < job->error_epoch) {
		wr_status_free(job->error);
		job->error = status;
		job->error_epoch = epoch;
	} else {
		wr_status_free(status);
	}
	pthread_mutex_unlock(&job->error_lock);
	atomic_store(&job->failed, true);
	atomic_store(&job->stop, true);
	job_wake(job, WR_WAKE_ALL);
}

void wr_job_leave(struct wr_job *job)
{
	atomic_store(&job->left, true);
	atomic_store(&job->stop, true);
	job_wake(job, WR_WAKE_ALL);
}

void wr_job_task_failed(struct wr_task *task, wr_status *status)
{
	const struct wr_stage *stage = task->stage;

	if (stage->step_count > 0 && stage->step[0].kind == WR_STEP_WRITE &&
	    stage->step[0].sink->host.ready && wr_table_host_left(&stage->step[0].sink->host)) {
		wr_status_free(status);
		wr_job_leave(task->job);
		return;
	}
	wr_job_fail(task->job, status, task->epoch);
}

static bool sink_blocks(const struct wr_node *sink)
{
	return sink != NULL && sink->u.sink.table != NULL && sink->u.sink.table->connector->blocks;
}

/* Sinks that get a worker of their own. They are counted before anything is opened: connectors may
 * wake workers from then on. */
static uint32_t count_writers(const struct wr_plan *plan, const struct wr_job_options *options)
{
	uint32_t count = sink_blocks(options->late_sink) + sink_blocks(options->dead_sink);

	for (uint32_t r = 0; r < plan->root_count; r++)
		count += sink_blocks(plan->root[r]);
	return count;
}

static void say_nothing(void *user, const char *path, const wr_status *why)
{
}

/* Goes on from the checkpoint. Another run of the job may still have been at work when it was
 * looked for; but now sinks and folder are this run's, and nothing newer can come. */
static wr_status *restore(struct wr_job *job, const struct wr_restore_options *given)
{
	struct wr_restore_options options = *given;
	struct wr_manifest *newest = NULL;
	wr_status *status = NULL;

	for (int verify = 0; verify < 2 && status == NULL; verify++) {
		if (!options.latest || job->checkpoint == NULL ||
		    (verify && newest->number <= options.manifest->number))
			break;
		wr_manifest_free(newest);
		status = wr_store_find(job->options.env, job->options.checkpoint.dir, verify,
				       say_nothing, NULL, &newest);
	}
	if (newest != NULL && newest->number > options.manifest->number)
		options.manifest = newest;
	if (status == NULL)
		status = wr_restore(job, &options);
	if (status == NULL && job->checkpoint != NULL)
		status = wr_checkpoint_forget(job->checkpoint, options.manifest);
	wr_manifest_free(newest);
	return status;
}

wr_status *wr_job_open(const struct wr_plan *plan, const struct wr_job_options *options,
		       struct wr_job **out)
{
	struct wr_job *job = wr_calloc(1, sizeof *job);
	struct wr_graph_options graph = {.workers = options->workers,
					 .max_parallelism = options->max_parallelism,
					 .wakeup = {.wake = job_wake, .user = job},
					 .cancel = &job->drain,
					 .hosts = &job->hosts,
					 .watch = &job->watch,
					 .error_mode = options->error_mode,
					 .until_ms = options->until_ms,
					 .late_sink = options->late_sink,
					 .dead_sink = options->dead_sink,
					 .dry = options->dry};

	WR_ASSERT(options->workers >= 1 && options->workers <= WR_WORKERS_MAX);
	WR_ASSERT(options->batch_rows_max >= 1 && options->batch_rows_max <= WR_BATCH_ROWS_MAX);
	*out = job;
	job->options = *options;
	job->plan = plan;
	job->hosts = (struct wr_hosts){.env = options->env,
				       .wakeup = graph.wakeup,
				       .failed = &job->failed,
				       .cancelled = &job->cancel,
				       .given_up = options->given_up,
				       .job = options->checkpoint.job_name,
				       .checkpoints = options->checkpoint.on,
				       .checkpoint_ms = options->checkpoint.pace.interval_ms,
				       .say = options->say,
				       .user = options->user};
	job->sampler = (struct wr_row_sampler){
	    .tracer = options->tracer,
	    .env = options->env,
	    .job = options->checkpoint.job_name != NULL ? options->checkpoint.job_name : "",
	    .share = options->trace_share,
	    .per_second = options->trace_rate};
	if (options->tracer != NULL && options->trace_rate > 0)
		job->hosts.traces = &job->sampler;
	pthread_mutex_init(&job->error_lock, NULL);
	wr_watch_init(&job->watch, job);
	pthread_mutex_init(&job->ask.lock, NULL);
	wr_cond_init(&job->ask.done);
	pthread_mutex_init(&job->looks.lock, NULL);
	job->worker_count = options->workers + count_writers(plan, options);
	job->worker = wr_calloc(job->worker_count, sizeof *job->worker);
	for (uint32_t i = 0; i < job->worker_count; i++)
		wr_worker_init_wake(&job->worker[i]);
	WR_TRY(wr_graph_open(&job->graph, plan, &graph));
	WR_ASSERT(job->worker_count == options->workers + job->graph.writer_count);
	job->nap_us = wr_job_choose_nap(job);
	for (uint32_t i = 0; i < job->graph.source_count; i++)
		job->graph.source[i]->finish = &job->finish;
	for (uint32_t i = 0; i < job->worker_count; i++)
		WR_TRY(wr_worker_init(&job->worker[i], job, i));
	if (options->checkpoint.on || options->restore.manifest != NULL || options->dry)
		wr_job_names_init(&job->names, job);
	if (options->dry)
		return NULL;
	if (options->checkpoint.on)
		WR_TRY(wr_checkpoint_open(job, &job->checkpoint));
	if (options->restore.manifest != NULL)
		WR_TRY(restore(job, &options->restore));
	/* From here on the job is shown to others; a savepoint asked for now is made when it has
	 * begun. */
	if (job->checkpoint != NULL && !job->finished && !wr_env_picks(options->env))
		wr_savepoint_doors(job->checkpoint, true);
	return NULL;
}

/* Runs the workers on threads of their own, the first one on this. */
static void job_run_threads(struct wr_job *job)
{
	for (uint32_t i = 1; i < job->worker_count; i++) {
		struct wr_worker *worker = &job->worker[i];
		char name[32];

		snprintf(name, sizeof name, "weir-worker-%u", i);
		worker->started = wr_thread_start(&worker->thread, name, wr_worker_main, worker);
		if (!worker->started) {
			wr_job_fail(job,
				    wr_status_new(WR_FATAL, "Cannot start worker thread %u", i), 0);
			break;
		}
	}
	wr_worker_main(&job->worker[0]);
	for (uint32_t i = 1; i < job->worker_count; i++)
		if (job->worker[i].started)
			pthread_join(job->worker[i].thread, NULL);
}

/* The first failure, which is the caller's from now on. */
static wr_status *take_error(struct wr_job *job)
{
	wr_status *status;

	pthread_mutex_lock(&job->error_lock);
	status = job->error;
	job->error = NULL;
	pthread_mutex_unlock(&job->error_lock);
	return status;
}

/* The workers have ended: the last checkpoint. */
static wr_status *end_checkpoints(struct wr_job *job)
{
	wr_status *status;

	wr_checkpoint_stop(job->checkpoint);
	status = take_error(job); /* its last act may have been a failure */
	job->finishing = true;
	if (status == NULL && !job->checkpoint->stopped && !atomic_load(&job->drain) &&
	    !atomic_load(&job->left))
		status = wr_checkpoint_finish(job->checkpoint);
	return status;
}

wr_status *wr_job_begin(struct wr_job *job)
{
	job->begin_us = wr_mono_us(job->options.env);
	job->end_us = job->begin_us;
	if (job->finished)
		return NULL;
	job->end_us = 0;
	return job->checkpoint != NULL ? wr_checkpoint_start(job->checkpoint) : NULL;
}

wr_status *wr_job_end(struct wr_job *job)
{
	wr_status *status = take_error(job);

	if (job->finished)
		return status;
	if (job->options.polled && !job->poll.ended)
		atomic_store(&job->left, true);
	if (job->checkpoint != NULL && status != NULL)
		wr_checkpoint_stop(job->checkpoint);
	else if (job->checkpoint != NULL)
		status = end_checkpoints(job);
	job->end_us = wr_mono_us(job->options.env);
	return status;
}

wr_status *wr_job_run(struct wr_job *job)
{
	wr_status *status = wr_job_begin(job);

	if (status == NULL && !job->finished) {
		if (wr_env_picks(job->options.env))
			wr_job_run_stepped(job);
		else
			job_run_threads(job);
	} else if (status != NULL) {
		wr_job_fail(job, status, 0);
	}
	return wr_job_end(job);
}

/* With checkpoints it is the checkpoint thread that answers; this may run in a signal handler. */
void wr_job_cancel(struct wr_job *job)
{
	atomic_store(&job->cancel, true);
	if (job->checkpoint == NULL)
		atomic_store(&job->drain, true);
}

void wr_job_hurry(struct wr_job *job)
{
	job_wake(job, WR_WAKE_ALL);
	if (job->checkpoint != NULL)
		wr_checkpoint_look_now(job->checkpoint);
}

void wr_job_drain(struct wr_job *job)
{
	atomic_store(&job->finish, true);
	job_wake(job, WR_WAKE_ALL);
}

bool wr_job_cancelled(const struct wr_job *job)
{
	return atomic_load(&job->cancel);
}

const struct wr_objectives *wr_job_objectives(const struct wr_job *job)
{
	return &job->options.objectives;
}

void wr_job_waiting(struct wr_job *job, struct wr_text *out)
{
	for (uint32_t i = 0; i < job->graph.source_count; i++)
		wr_table_host_waits(&job->graph.source[i]->host, out);
	for (uint32_t i = 0; i < job->graph.sink_count; i++)
		wr_table_host_waits(&job->graph.sink[i]->host, out);
}

void wr_job_stats(struct wr_job *job, struct wr_job_stats *stats)
{
	int64_t begin_us = job->begin_us, end_us = job->end_us;
	bool any = false;

	*stats = (struct wr_job_stats){.watermark_ms = WR_WATERMARK_MAX};
	for (uint32_t w = 0; w < job->worker_count; w++) {
		struct wr_worker *worker = &job->worker[w];

		stats->state_bytes +=
		    atomic_load_explicit(&worker->state_bytes, memory_order_relaxed);
		for (uint32_t i = 0; i < worker->task_count; i++) {
			struct wr_task *task = &worker->task[i];
			int64_t seen =
			    atomic_load_explicit(&task->watermark_seen, memory_order_relaxed);

			stats->rows_in +=
			    atomic_load_explicit(&task->rows_source, memory_order_relaxed);
			stats->rows_late +=
			    atomic_load_explicit(&task->rows_late, memory_order_relaxed);
			stats->rows_bad +=
			    atomic_load_explicit(&task->rows_bad, memory_order_relaxed);
			if (task->stage->input_count > 0 && task->stage->single) {
				stats->watermark_ms = WR_MIN(stats->watermark_ms, seen);
				any = true;
			}
		}
	}
	if (!any)
		stats->watermark_ms = WR_WATERMARK_MIN;
	for (uint32_t i = 0; i < job->graph.sink_count; i++)
		if (job->graph.sink[i]->node->u.sink.late_for == NULL)
			stats->rows_out +=
			    atomic_load_explicit(&job->graph.sink[i]->rows, memory_order_relaxed);
	if (job->checkpoint != NULL)
		wr_checkpoint_stats(job->checkpoint, &stats->checkpoint);
	stats->checkpoint.restored = job->restored;
	stats->checkpoint.job = job->options.checkpoint.job_name;
	stats->checkpoint.folder = job->options.checkpoint.savepoint_base;
	stats->paused = job->options.checkpoint.every > 0 && end_us != 0 &&
			job->checkpoint->stopped && !atomic_load(&job->cancel);
	if (end_us == 0)
		end_us = wr_mono_us(job->options.env);
	stats->elapsed_us = begin_us != 0 ? end_us - begin_us : 0;
}

wr_status *wr_job_close(struct wr_job *job, bool commit)
{
	wr_status *status;

	if (job == NULL)
		return NULL;
	for (uint32_t i = 0; i < job->worker_count; i++)
		wr_worker_release(&job->worker[i]);
	wr_checkpoint_close(job->checkpoint);
	wr_watch_release(&job->watch);
	pthread_cond_destroy(&job->ask.done);
	pthread_mutex_destroy(&job->ask.lock);
	status = wr_graph_close(&job->graph, commit, job->finished);
	wr_job_names_release(&job->names);
	for (uint32_t i = 0; i < job->worker_count; i++)
		wr_worker_release_wake(&job->worker[i]);
	wr_look_release(&job->looks.before);
	wr_look_release(&job->looks.last);
	pthread_mutex_destroy(&job->looks.lock);
	wr_free(job->worker);
	pthread_mutex_destroy(&job->error_lock);
	wr_status_free(job->error);
	wr_free(job);
	return status;
}
