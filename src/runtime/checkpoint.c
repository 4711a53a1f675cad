/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint - the checkpoint thread: begins checkpoints, writes what workers send, ends them or
 * gives them up. See checkpoint.h for the story.
 */
#include "base/env.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "runtime/checkpoint_inner.h"
#include "runtime/job_inner.h"

#define LOOK_LONG_US 100000 /* where cancels are told (wr_job_hurry) */
#define LOOK_US      10000  /* between two looks for a cancel: signal handlers cannot tell */

void wr_checkpoint_say(struct wr_checkpoint *checkpoint, const char *text)
{
	const struct wr_checkpoint_options *options = &checkpoint->job->options.checkpoint;

	if (options->say != NULL)
		options->say(options->user, text);
}

/* "TEXT: cause (hint)"; takes the status over. */
static void say_status(struct wr_checkpoint *checkpoint, const char *text, wr_status *status)
{
	struct wr_text line;

	wr_text_init(&line);
	wr_text_printf(&line, "%s: %s", text, status->text);
	if (status->hint != NULL)
		wr_text_printf(&line, " (%s)", status->hint);
	wr_checkpoint_say(checkpoint, line.data);
	wr_text_release(&line);
	wr_status_free(status);
}

static void wake_workers(struct wr_checkpoint *checkpoint)
{
	const struct wr_wakeup *wakeup = &checkpoint->job->graph.options.wakeup;

	wakeup->wake(wakeup->user, WR_WAKE_ALL);
}

static void lock_sources(struct wr_graph *graph)
{
	for (uint32_t i = 0; i < graph->source_count; i++)
		pthread_mutex_lock(&graph->source[i]->lock);
}

static void unlock_sources(struct wr_graph *graph)
{
	for (uint32_t i = graph->source_count; i > 0; i--)
		pthread_mutex_unlock(&graph->source[i - 1]->lock);
}

void wr_checkpoint_span_part(struct wr_checkpoint *checkpoint, const char *part)
{
	wr_trace_end(&checkpoint->part);
	if (part != NULL)
		wr_trace_begin(&checkpoint->part, checkpoint->span.tracer, part, WR_TRACE_INTERNAL,
			       wr_trace_context_of(&checkpoint->span));
}

/* Each is a trace of its own, linked to the job: one that runs for months would have a trace
 * without end. */
void wr_checkpoint_span_begin(struct wr_checkpoint *checkpoint, const char *name, const char *part)
{
	const struct wr_job_options *options = &checkpoint->job->options;

	wr_trace_begin(&checkpoint->span, options->tracer, name, WR_TRACE_INTERNAL, NULL);
	wr_trace_text(&checkpoint->span, "weir.job.name", checkpoint->job->hosts.job);
	wr_trace_link(&checkpoint->span, &options->trace);
	wr_checkpoint_span_part(checkpoint, part);
}

void wr_checkpoint_span_end(struct wr_checkpoint *checkpoint, const wr_status *why)
{
	if (why != NULL) {
		wr_trace_error(&checkpoint->part, why->text);
		wr_trace_error(&checkpoint->span, why->text);
	}
	wr_trace_end(&checkpoint->part);
	wr_trace_end(&checkpoint->span);
}

/* Under all locks of sources: the epoch of a checkpoint that would begin now. */
static uint64_t choose_epoch(const struct wr_graph *graph)
{
	struct wr_source_fact *fact = wr_calloc(graph->source_count + 1, sizeof *fact);
	uint64_t epoch;

	for (uint32_t i = 0; i < graph->source_count; i++)
		fact[i] = (struct wr_source_fact){.next_epoch = graph->source[i]->next_epoch,
						  .ended = graph->source[i]->ended};
	epoch = wr_checkpoint_epoch(fact, graph->source_count);
	wr_free(fact);
	return epoch;
}

/* A step has failed: what workers still send is thrown away, and they are told to stop. */
static void give_up(struct wr_checkpoint *checkpoint, wr_status *status_moved)
{
	if (checkpoint->failure == NULL)
		checkpoint->failure = status_moved;
	else
		wr_status_free(status_moved);
	if (checkpoint->writer != NULL)
		wr_store_abort(checkpoint->writer);
	checkpoint->writer = NULL;
	atomic_store_explicit(&checkpoint->given_up, atomic_load(&checkpoint->number),
			      memory_order_release);
	wake_workers(checkpoint);
}

/* Steps 1 and 2 of the story. False: there is nothing to make one of, for all input has ended.
 * stop_after: 0, or the job is to end with the last of so many epochs, the next one counted. */
static bool checkpoint_begin(struct wr_checkpoint *checkpoint, uint64_t stop_after)
{
	struct wr_graph *graph = &checkpoint->job->graph;
	wr_status *status;
	uint64_t epoch;

	wr_checkpoint_span_begin(checkpoint, checkpoint->side != NULL ? "savepoint" : "checkpoint",
				 "trigger");
	lock_sources(graph);
	epoch = choose_epoch(graph);
	if (epoch != WR_EPOCH_NONE) {
		epoch += stop_after > 0 ? stop_after - 1 : 0;
		for (uint32_t i = 0; i < graph->source_count; i++) {
			wr_source_mark_release(&graph->source[i]->mark);
			if (stop_after > 0)
				graph->source[i]->last_epoch = epoch;
		}
		checkpoint->aside = checkpoint->side != NULL;
		checkpoint->full = checkpoint->aside || wr_store_wants_full(checkpoint->store);
		checkpoint->stops = stop_after > 0;
		checkpoint->done_count = 0;
		checkpoint->superseded = false;
		for (uint32_t i = 0; i < graph->sink_count; i++)
			wr_text_clear(&checkpoint->prepared[i]);
		atomic_store(&checkpoint->epoch, epoch);
		atomic_store_explicit(&checkpoint->number, ++checkpoint->serial,
				      memory_order_release);
	}
	unlock_sources(graph);
	if (epoch == WR_EPOCH_NONE) {
		wr_trace_forget(&checkpoint->part);
		wr_trace_forget(&checkpoint->span);
		return false;
	}
	wr_trace_int(&checkpoint->span, "weir.epoch", (int64_t)epoch);
	wr_checkpoint_span_part(checkpoint, "snapshot");
	atomic_store(&checkpoint->job->hosts.checkpoint_wanted, false);
	checkpoint->times.begin_us = wr_mono_us(checkpoint->env);
	wr_fault_crash(WR_FAULT_CHECKPOINT_BEGUN);
	status = wr_store_begin(checkpoint->aside ? checkpoint->side : checkpoint->store, epoch,
				checkpoint->full, &checkpoint->writer);
	if (status != NULL)
		give_up(checkpoint, status);
	else
		wake_workers(checkpoint);
	return true;
}

/* One has ended: who wants to know is told. */
static void tell(struct wr_checkpoint *checkpoint, struct wr_checkpoint_event event)
{
	const struct wr_checkpoint_options *options = &checkpoint->job->options.checkpoint;
	struct wr_text path;

	if (options->event == NULL)
		return;
	wr_text_init(&path);
	if (event.savepoint)
		wr_text_puts(&path, checkpoint->asked->dir);
	else if (event.number != 0)
		wr_text_printf(&path, "%s/chk-%llu.manifest", options->dir,
			       (unsigned long long)event.number);
	event.path = wr_text_str(&path);
	event.duration_us = wr_mono_us(checkpoint->env) - checkpoint->times.begin_us;
	options->event(options->user, &event);
	wr_text_release(&path);
}

void wr_checkpoint_note_good(struct wr_checkpoint *checkpoint, uint64_t number, uint64_t bytes)
{
	int64_t now_us = wr_mono_us(checkpoint->env);

	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->stats.number = number;
	checkpoint->stats.done++;
	checkpoint->stats.bytes = bytes;
	checkpoint->stats.duration_us = now_us - checkpoint->times.begin_us;
	wr_histogram_add(&checkpoint->durations, (uint64_t)checkpoint->stats.duration_us, 1);
	checkpoint->durable_us = now_us;
	pthread_mutex_unlock(&checkpoint->lock);
	checkpoint->failed_in_row = 0;
	tell(checkpoint, (struct wr_checkpoint_event){.number = number, .bytes = bytes});
}

void wr_checkpoint_note_failure(struct wr_checkpoint *checkpoint, wr_status *status)
{
	const struct wr_checkpoint_options *options = &checkpoint->job->options.checkpoint;

	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->stats.failed++;
	pthread_mutex_unlock(&checkpoint->lock);
	checkpoint->failed_in_row++;
	tell(checkpoint, (struct wr_checkpoint_event){.failure = status});
	if (status->class == WR_FATAL) {
		wr_job_fail(checkpoint->job, status, WR_EPOCH_NONE);
		return;
	}
	if (wr_checkpoint_is_hopeless(options->tolerable, checkpoint->failed_in_row))
		wr_job_fail(checkpoint->job,
			    wr_status_new(WR_RESTART,
					  "%llu checkpoints in a row have failed, more than "
					  "'execution.checkpointing.tolerable-failed-checkpoints' "
					  "allows: %s",
					  (unsigned long long)checkpoint->failed_in_row,
					  status->text),
			    WR_EPOCH_NONE);
	say_status(checkpoint, "A checkpoint failed, the job goes on", status);
}

/* A cancel could not be answered by a checkpoint: the sources end here and now. */
static void drain_instead(struct wr_checkpoint *checkpoint)
{
	struct wr_graph *graph = &checkpoint->job->graph;

	lock_sources(graph);
	for (uint32_t i = 0; i < graph->source_count; i++)
		graph->source[i]->last_epoch = WR_EPOCH_NONE;
	unlock_sources(graph);
	atomic_store(&checkpoint->job->drain, true);
	wake_workers(checkpoint);
}

/* Steps 5 and 6. */
static void checkpoint_complete(struct wr_checkpoint *checkpoint)
{
	uint64_t bytes, number = wr_store_next(checkpoint->store),
			epoch = atomic_load(&checkpoint->epoch);
	wr_status *status = wr_fault_pass(WR_FAULT_CHECKPOINT_ACKED);

	wr_checkpoint_span_part(checkpoint, "write");
	if (status == NULL)
		status = wr_checkpoint_make_durable(checkpoint, false, &bytes);
	if (status != NULL) {
		give_up(checkpoint, status);
		return;
	}
	wr_trace_int(&checkpoint->span, "weir.checkpoint.bytes", (int64_t)bytes);
	if (!checkpoint->aside)
		wr_trace_int(&checkpoint->span, "weir.checkpoint.number", (int64_t)number);
	wr_checkpoint_span_part(checkpoint, NULL);
	if (checkpoint->aside)
		tell(checkpoint, (struct wr_checkpoint_event){.savepoint = true,
							      .stops = checkpoint->stops,
							      .bytes = bytes});
	else
		wr_checkpoint_note_good(checkpoint, number, bytes);
	if (checkpoint->aside && !checkpoint->stops) /* the next checkpoint commits */
		return;
	status = wr_fault_pass(WR_FAULT_CHECKPOINT_DURABLE);
	wr_checkpoint_span_part(checkpoint, "commit");
	if (status == NULL)
		status = wr_checkpoint_commit_sinks(checkpoint);
	if (status != NULL && wr_checkpoint_sinks_left(checkpoint)) {
		wr_status_free(status);
		return;
	}
	if (status != NULL) {
		wr_checkpoint_span_end(checkpoint, status);
		wr_checkpoint_only_restore_helps(status);
		wr_job_fail(checkpoint->job, status, epoch);
		return;
	}
	wr_checkpoint_confirm(checkpoint);
	wr_checkpoint_forget_prepared(checkpoint);
	wr_fault_crash(WR_FAULT_CHECKPOINT_DONE);
	if (checkpoint->stops) {
		checkpoint->stopped = true;
		atomic_store(&checkpoint->job->stop, true);
	}
}

/* A savepoint has been made, or not: then the job goes on. */
static void savepoint_end(struct wr_checkpoint *checkpoint)
{
	struct wr_graph *graph = &checkpoint->job->graph;
	wr_status *status = checkpoint->failure;

	checkpoint->failure = NULL;
	if (status == NULL && checkpoint->superseded)
		status = wr_status_new(WR_USER_ERROR,
				       "The input has ended before the savepoint was made");
	if (status != NULL && checkpoint->stops) {
		lock_sources(graph);
		for (uint32_t i = 0; i < graph->source_count; i++)
			graph->source[i]->last_epoch = WR_EPOCH_NONE;
		unlock_sources(graph);
	}
	wr_savepoint_answer(checkpoint, status);
}

/* All workers are done with the checkpoint under way. */
static void checkpoint_end(struct wr_checkpoint *checkpoint)
{
	if (checkpoint->failure == NULL && !checkpoint->superseded)
		checkpoint_complete(checkpoint);
	else if (checkpoint->writer != NULL)
		wr_store_abort(checkpoint->writer);
	checkpoint->writer = NULL;
	if (checkpoint->superseded)
		wr_trace_event(&checkpoint->span, "the input has ended meanwhile", NULL, NULL);
	wr_checkpoint_span_end(checkpoint, checkpoint->failure);
	if (checkpoint->aside)
		savepoint_end(checkpoint);
	if (checkpoint->failure != NULL) {
		wr_checkpoint_note_failure(checkpoint, checkpoint->failure);
		checkpoint->failure = NULL;
		if (checkpoint->stops)
			drain_instead(checkpoint);
	}
	checkpoint->times.end_us = wr_mono_us(checkpoint->env);
	lock_sources(&checkpoint->job->graph);
	atomic_store(&checkpoint->number, 0);
	atomic_store(&checkpoint->epoch, WR_EPOCH_NONE);
	unlock_sources(&checkpoint->job->graph);
	wake_workers(checkpoint);
}

/* Takes a message; called without the lock. */
static void take_message(struct wr_checkpoint *checkpoint, struct wr_checkpoint_message *message)
{
	wr_status *status = NULL;

	switch (message->what) {
	case WR_CK_BLOCK:
		if (checkpoint->writer != NULL && checkpoint->failure == NULL)
			status = wr_fault_pass(WR_FAULT_SEGMENT_BLOCK);
		if (checkpoint->writer != NULL && checkpoint->failure == NULL && status == NULL)
			status =
			    wr_store_block(checkpoint->writer, message->worker, message->block);
		wr_snapshot_block_free(message->block);
		break;
	case WR_CK_FAILED: status = message->status; break;
	case WR_CK_LEFT: checkpoint->superseded = true; /* fall through */
	case WR_CK_DONE:
		checkpoint->done_count++;
		wr_trace_event(&checkpoint->part, "a worker has written its state", NULL, NULL);
		pthread_mutex_lock(&checkpoint->lock);
		checkpoint->stats.pause_us = WR_MAX(checkpoint->stats.pause_us, message->pause_us);
		pthread_mutex_unlock(&checkpoint->lock);
		break;
	}
	wr_free(message);
	if (status != NULL)
		give_up(checkpoint, status);
}

/* The oldest message, or NULL. Under the lock. */
static struct wr_checkpoint_message *next_message(struct wr_checkpoint *checkpoint)
{
	struct wr_checkpoint_message *message = checkpoint->first;

	if (message == NULL)
		return NULL;
	checkpoint->first = message->next;
	if (checkpoint->first == NULL)
		checkpoint->end = &checkpoint->first;
	if (message->block != NULL)
		atomic_fetch_sub(&checkpoint->queued_bytes, message->block->bytes.len);
	pthread_cond_broadcast(&checkpoint->room);
	return message;
}

static void wait_a_moment(struct wr_checkpoint *checkpoint, int64_t until_us)
{
	int64_t wait_us = until_us - wr_mono_us(checkpoint->env);

	wr_cond_wait_us(
	    &checkpoint->arrived, &checkpoint->lock,
	    WR_MIN(wait_us, checkpoint->job->options.nap_us > 0 ? LOOK_LONG_US : LOOK_US));
}

/* What is due, no message being there. Returns until when there is nothing else to do. */
static int64_t checkpoint_look(struct wr_checkpoint *checkpoint)
{
	const struct wr_checkpoint_pace *pace = &checkpoint->job->options.checkpoint.pace;
	int64_t now_us = wr_mono_us(checkpoint->env), next_us;
	bool cancelled = wr_job_cancelled(checkpoint->job), stop;

	if (atomic_load(&checkpoint->number) != 0) {
		if (checkpoint->done_count == checkpoint->job->worker_count)
			checkpoint_end(checkpoint);
		else if (checkpoint->failure == NULL &&
			 wr_checkpoint_expired(pace, checkpoint->times.begin_us, now_us))
			give_up(
			    checkpoint,
			    wr_status_hint(wr_status_new(WR_RETRY, "It took longer than %lld ms",
							 (long long)pace->timeout_ms),
					   "Raise 'execution.checkpointing.timeout'"));
		return now_us + LOOK_US;
	}
	if (atomic_load(&checkpoint->job->stop) || checkpoint->stopped ||
	    atomic_load(&checkpoint->job->drain))
		return now_us + LOOK_US;
	if (!cancelled && checkpoint->job->options.checkpoint.every > 0)
		return now_us + LOOK_US;
	if (!cancelled && wr_savepoint_open(checkpoint, &stop)) {
		if (!checkpoint_begin(checkpoint, stop ? 1 : 0))
			wr_savepoint_answer(checkpoint,
					    wr_status_new(WR_USER_ERROR,
							  "The input has ended: there is nothing "
							  "to make a savepoint of"));
		return now_us;
	}
	next_us =
	    cancelled
		? now_us
		: wr_checkpoint_next_us(pace, &checkpoint->times,
					atomic_load(&checkpoint->job->hosts.checkpoint_wanted));
	if (next_us <= now_us) {
		if (!checkpoint_begin(checkpoint,
				      cancelled ? 1 : 0)) /* the end is near: no more of it */
			checkpoint->times.begin_us = now_us;
		return now_us + LOOK_US;
	}
	return next_us;
}

bool wr_checkpoint_step(struct wr_checkpoint *checkpoint, int64_t *until_us)
{
	struct wr_checkpoint_message *message;

	pthread_mutex_lock(&checkpoint->lock);
	message = next_message(checkpoint);
	pthread_mutex_unlock(&checkpoint->lock);
	if (message != NULL)
		take_message(checkpoint, message);
	else
		*until_us = checkpoint_look(checkpoint);
	return message != NULL;
}

static void *checkpoint_main(void *argument)
{
	struct wr_checkpoint *checkpoint = argument;

	pthread_mutex_lock(&checkpoint->lock);
	while (checkpoint->first != NULL || !checkpoint->shutdown) {
		int64_t until_us;
		bool worked;

		pthread_mutex_unlock(&checkpoint->lock);
		worked = wr_checkpoint_step(checkpoint, &until_us);
		pthread_mutex_lock(&checkpoint->lock);
		if (!worked && checkpoint->first == NULL && !checkpoint->shutdown)
			wait_a_moment(checkpoint, until_us);
	}
	pthread_mutex_unlock(&checkpoint->lock);
	return NULL;
}

static void tell_damaged(void *user, const char *path, const wr_status *why)
{
	const struct wr_checkpoint *checkpoint = user;
	const struct wr_checkpoint_options *options = &checkpoint->job->options.checkpoint;

	wr_store_say_damaged(options->say, options->user, path, why);
}

/* Positions are known to be there or not before the first row. */
static void find_replayable(struct wr_checkpoint *checkpoint)
{
	const struct wr_graph *graph = &checkpoint->job->graph;
	struct wr_text line;

	for (uint32_t i = 0; i < graph->source_count; i++) {
		struct wr_source_shared *shared = graph->source[i];
		wr_status *status = NULL;

		wr_text_init(&line);
		if (shared->connector->position != NULL)
			status = shared->connector->position(shared->source, &line);
		shared->replayable = shared->connector->position != NULL && status == NULL;
		wr_text_clear(&line);
		if (!shared->replayable) {
			wr_text_printf(&line,
				       "Table '%s' cannot be read again: after a restart its rows "
				       "since the last checkpoint are missing",
				       checkpoint->job->names.source_name[i]);
			wr_checkpoint_say(checkpoint, line.data);
		}
		wr_status_free(status);
		wr_text_release(&line);
	}
}

wr_status *wr_checkpoint_open(struct wr_job *job, struct wr_checkpoint **out)
{
	const struct wr_checkpoint_options *options = &job->options.checkpoint;
	struct wr_checkpoint *checkpoint = wr_calloc(1, sizeof *checkpoint);
	struct wr_store_config config = {.env = job->options.env,
					 .dir = options->dir,
					 .retained = options->retained,
					 .compression = options->compression,
					 .damaged = tell_damaged,
					 .user = checkpoint};

	*out = checkpoint;
	checkpoint->job = job;
	checkpoint->env = config.env;
	checkpoint->end = &checkpoint->first;
	checkpoint->stats = (struct wr_checkpoint_stats){.on = true, .age_us = -1};
	atomic_store(&checkpoint->epoch, WR_EPOCH_NONE);
	pthread_mutex_init(&checkpoint->lock, NULL);
	wr_cond_init(&checkpoint->arrived);
	wr_cond_init(&checkpoint->room);
	wr_cond_init(&checkpoint->answered);
	checkpoint->prepared = wr_calloc(job->graph.sink_count + 1, sizeof *checkpoint->prepared);
	checkpoint->position = wr_calloc(job->graph.source_count + 1, sizeof *checkpoint->position);
	find_replayable(checkpoint);
	for (uint32_t i = 0; i < job->graph.source_count; i++)
		job->graph.source[i]->checkpoint_epoch = &checkpoint->epoch;
	return wr_store_open(&config, &checkpoint->store);
}

wr_status *wr_checkpoint_forget(struct wr_checkpoint *checkpoint,
				const struct wr_manifest *manifest)
{
	struct wr_env *env = checkpoint->env;
	struct wr_file_info own, from;

	WR_TRY(env->ops->stat(env, checkpoint->job->options.checkpoint.dir, &own));
	WR_TRY(env->ops->stat(env, manifest->dir, &from));
	if (!from.exists || own.inode != from.inode)
		return NULL;
	return wr_store_forget(checkpoint->store, manifest->number);
}

wr_status *wr_checkpoint_start(struct wr_checkpoint *checkpoint)
{
	const struct wr_graph *graph = &checkpoint->job->graph;
	uint64_t every = checkpoint->job->options.checkpoint.every;

	checkpoint->times = (struct wr_checkpoint_times){.job_us = wr_mono_us(checkpoint->env)};
	for (uint32_t i = 0; i < graph->source_count; i++)
		graph->source[i]->patient = every > 0;
	if (every > 0)
		(void)checkpoint_begin(checkpoint, every);
	if (wr_env_picks(checkpoint->env) || checkpoint->job->options.polled)
		return NULL;
	checkpoint->started =
	    wr_thread_start(&checkpoint->thread, "weir-ckpt", checkpoint_main, checkpoint);
	return checkpoint->started ? NULL
				   : wr_status_new(WR_FATAL, "Cannot start the checkpoint thread");
}

bool wr_checkpoint_is_quiet(const struct wr_checkpoint *checkpoint)
{
	return checkpoint->first == NULL && atomic_load(&checkpoint->number) == 0 &&
	       !atomic_load(&checkpoint->job->hosts.checkpoint_wanted);
}

void wr_checkpoint_look_now(struct wr_checkpoint *checkpoint)
{
	pthread_mutex_lock(&checkpoint->lock);
	pthread_cond_signal(&checkpoint->arrived);
	pthread_mutex_unlock(&checkpoint->lock);
}

void wr_checkpoint_stop(struct wr_checkpoint *checkpoint)
{
	struct wr_checkpoint_message *message;

	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->shutdown = true;
	pthread_cond_broadcast(&checkpoint->arrived);
	pthread_cond_broadcast(&checkpoint->room);
	pthread_mutex_unlock(&checkpoint->lock);
	if (checkpoint->started)
		pthread_join(checkpoint->thread, NULL);
	checkpoint->started = false;
	while ((message = next_message(checkpoint)) != NULL)
		take_message(checkpoint, message);
	wr_store_abort(checkpoint->writer);
	checkpoint->writer = NULL;
	if (atomic_load(&checkpoint->number) != 0)
		wr_trace_event(&checkpoint->span, "the job has ended meanwhile", NULL, NULL);
	wr_checkpoint_span_end(checkpoint, checkpoint->failure);
	wr_status_free(checkpoint->failure);
	checkpoint->failure = NULL;
	wr_savepoint_doors(checkpoint, false);
}

void wr_checkpoint_stats(struct wr_checkpoint *checkpoint, struct wr_checkpoint_stats *stats)
{
	pthread_mutex_lock(&checkpoint->lock);
	*stats = checkpoint->stats;
	if (checkpoint->durable_us != 0)
		stats->age_us = wr_mono_us(checkpoint->env) - checkpoint->durable_us;
	pthread_mutex_unlock(&checkpoint->lock);
}

void wr_checkpoint_close(struct wr_checkpoint *checkpoint)
{
	struct wr_checkpoint_message *message;

	if (checkpoint == NULL)
		return;
	while ((message = next_message(checkpoint)) != NULL) {
		wr_snapshot_block_free(message->block);
		wr_status_free(message->status);
		wr_free(message);
	}
	for (uint32_t i = 0; i < checkpoint->job->graph.sink_count; i++)
		wr_text_release(&checkpoint->prepared[i]);
	wr_free(checkpoint->prepared);
	for (uint32_t i = 0; i < checkpoint->job->graph.source_count; i++)
		wr_text_release(&checkpoint->position[i]);
	wr_free(checkpoint->position);
	wr_store_close(checkpoint->store);
	pthread_cond_destroy(&checkpoint->answered);
	pthread_cond_destroy(&checkpoint->room);
	pthread_cond_destroy(&checkpoint->arrived);
	pthread_mutex_destroy(&checkpoint->lock);
	wr_free(checkpoint);
}
