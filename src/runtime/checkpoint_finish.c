/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_finish - the last checkpoint of a job whose input has been processed: all sinks
 * prepare for the last time, a manifest says `finished`, and they commit.
 *
 * Sinks that commit may still give up rows. So the dead letter table comes last: it takes those,
 * and a second last checkpoint says that it is complete, too.
 *
 * Thread: that of the job; workers and checkpoint thread have ended.
 */
#include "base/env.h"
#include "base/fault.h"
#include "runtime/checkpoint_inner.h"
#include "runtime/job_inner.h"

#define FINISH_ATTEMPTS 3      /* to write the last checkpoint */
#define FINISH_PAUSE_US 200000 /* between two of them */

/* The dead letter table, if other sinks may still give up rows while they commit; else NULL. */
static struct wr_sink_shared *late_letters(const struct wr_graph *graph)
{
	struct wr_sink_shared *dead = NULL;
	bool any = false;

	for (uint32_t i = 0; i < graph->sink_count; i++) {
		struct wr_sink_shared *sink = graph->sink[i];

		if (sink->node == graph->options.dead_sink)
			dead = sink;
		else if (sink->connector != NULL && sink->connector->blocks &&
			 sink->connector->prepare != NULL)
			any = true;
	}
	return any && dead != NULL && dead->connector->prepare != NULL ? dead : NULL;
}

/* The dead letter table comes behind all others, which may give up rows now. */
static wr_status *finish_prepare(struct wr_checkpoint *checkpoint,
				 const struct wr_sink_shared *open)
{
	const struct wr_graph *graph = &checkpoint->job->graph;

	for (uint32_t i = 0; i < graph->sink_count; i++) {
		struct wr_sink_shared *sink = graph->sink[i];

		wr_text_clear(&checkpoint->prepared[i]);
		if (sink->connector == NULL || sink->connector->prepare == NULL)
			continue;
		WR_TRY(
		    sink->connector->prepare(sink->sink, sink != open, &checkpoint->prepared[i]));
		wr_sink_prepared(sink);
	}
	return wr_fault_pass(WR_FAULT_FINISH_PREPARED);
}

/* The last checkpoint: that all is done. A disk that fails once is asked again. */
static wr_status *finish_durable(struct wr_checkpoint *checkpoint)
{
	struct wr_graph *graph = &checkpoint->job->graph;
	uint64_t epoch = 0;
	wr_status *status;

	checkpoint->times.begin_us = wr_mono_us(checkpoint->env);
	for (uint32_t i = 0; i < graph->source_count; i++)
		epoch = WR_MAX(epoch, graph->source[i]->next_epoch);
	for (int left = FINISH_ATTEMPTS;; left--) {
		uint64_t bytes, number = wr_store_next(checkpoint->store);

		wr_checkpoint_span_part(checkpoint, "write");
		status = wr_store_begin(checkpoint->store, epoch, true, &checkpoint->writer);
		if (status == NULL)
			status = wr_checkpoint_make_durable(checkpoint, true, &bytes);
		if (status == NULL) {
			wr_trace_int(&checkpoint->span, "weir.checkpoint.number", (int64_t)number);
			wr_checkpoint_note_good(checkpoint, number, bytes);
		} else {
			wr_trace_error(&checkpoint->part, status->text);
		}
		if (status == NULL || left == 1 || status->class == WR_FATAL)
			return status;
		wr_checkpoint_note_failure(checkpoint, status);
		checkpoint->env->ops->sleep_us(checkpoint->env, FINISH_PAUSE_US);
	}
}

/* If the last checkpoint cannot be written, the results are complete all the same and are shown, an
 * exception to K3 (but not when another run has taken over): were the process to die between two of
 * their files, a restore from an earlier checkpoint would remove those that were shown. Without
 * any, it is as in a run without them. */
static wr_status *finish_commit(struct wr_checkpoint *checkpoint)
{
	wr_status *status = finish_durable(checkpoint);

	if (status != NULL && status->class == WR_FATAL)
		return status;
	if (status != NULL) {
		wr_checkpoint_note_failure(checkpoint, status);
		wr_checkpoint_say(checkpoint, "The results are shown without a last checkpoint");
	}
	WR_TRY(wr_fault_pass(WR_FAULT_FINISH_DURABLE));
	wr_checkpoint_span_part(checkpoint, "commit");
	return wr_checkpoint_commit_sinks(checkpoint);
}

/* The sinks hand over what they gave up in their last commit; then the dead letters are complete,
 * and a second last checkpoint says so. */
static wr_status *finish_letters(struct wr_checkpoint *checkpoint, struct wr_sink_shared *dead)
{
	const struct wr_graph *graph = &checkpoint->job->graph;

	for (uint32_t i = 0; i < graph->sink_count; i++) {
		struct wr_sink_shared *sink = graph->sink[i];

		if (sink != dead && sink->connector != NULL && sink->connector->blocks &&
		    sink->connector->flush != NULL)
			WR_TRY(sink->connector->flush(sink->sink));
		if (sink != dead)
			continue;
		wr_text_clear(&checkpoint->prepared[i]);
		WR_TRY(sink->connector->prepare(sink->sink, true, &checkpoint->prepared[i]));
		wr_sink_prepared(sink);
	}
	return finish_commit(checkpoint);
}

/* All of it, within its span. */
static wr_status *finish(struct wr_checkpoint *checkpoint)
{
	struct wr_sink_shared *dead = late_letters(&checkpoint->job->graph);
	bool commits = false;
	wr_status *status = finish_prepare(checkpoint, dead);

	if (status == NULL) {
		commits = true;
		status = finish_commit(checkpoint);
	}
	if (status == NULL && dead != NULL)
		status = finish_letters(checkpoint, dead);
	if (status == NULL) {
		wr_checkpoint_confirm(checkpoint);
		return wr_fault_pass(WR_FAULT_FINISH_DONE);
	}
	if (wr_checkpoint_sinks_left(checkpoint)) {
		wr_status_free(status);
		return NULL;
	}
	if (commits)
		wr_checkpoint_only_restore_helps(status);
	return status;
}

wr_status *wr_checkpoint_finish(struct wr_checkpoint *checkpoint)
{
	wr_status *status;

	wr_checkpoint_span_begin(checkpoint, "checkpoint", "prepare");
	wr_trace_event(&checkpoint->span, "the last one", NULL, NULL);
	status = finish(checkpoint);
	wr_checkpoint_span_end(checkpoint, status);
	return status;
}
