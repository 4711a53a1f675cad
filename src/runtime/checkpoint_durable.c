/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_durable - steps 5 and 6 of the story in checkpoint.h: what a checkpoint says of
 * sources and sinks, the manifest that makes it durable, and then the commits of the sinks (K3).
 *
 * Thread: the checkpoint thread; at the end that of the job.
 */
#include "base/fault.h"
#include "base/mem.h"
#include "runtime/checkpoint_inner.h"
#include "runtime/job_inner.h"

static void save_splits(const struct wr_splits *splits, struct wr_arena *arena,
			struct wr_saved_source *out)
{
	struct wr_saved_split *split =
	    WR_NEW_ARRAY(arena, struct wr_saved_split, splits->count + 1);

	for (uint32_t i = 0; i < splits->count; i++)
		split[i] = (struct wr_saved_split){.watermark_ms = splits->split[i].watermark_ms,
						   .ended = splits->split[i].ended};
	out->split_count = splits->count;
	out->split = split;
}

/* What is saved of source `index`: at the epoch, or where it ended before that. */
static wr_status *save_source(struct wr_checkpoint *checkpoint, uint32_t index,
			      struct wr_arena *arena, struct wr_saved_source *out)
{
	struct wr_source_shared *shared = checkpoint->job->graph.source[index];
	struct wr_text position;
	wr_status *status = NULL;

	wr_text_init(&position);
	*out = (struct wr_saved_source){.name = checkpoint->job->names.source_name[index],
					.connector = shared->connector->name,
					.replayable = shared->replayable};
	pthread_mutex_lock(&shared->lock);
	if (shared->mark.epoch != WR_EPOCH_NONE &&
	    shared->mark.epoch == atomic_load(&checkpoint->epoch)) {
		wr_text_add(&position, shared->mark.position.data, shared->mark.position.len);
		out->watermark_ms = shared->mark.carry.watermark_ms;
		out->lines = shared->mark.carry.lines;
		out->rows = shared->mark.carry.rows;
		out->ended = shared->mark.ended;
		save_splits(&shared->mark.splits, arena, out);
		status = shared->mark.status;
		shared->mark.status = NULL;
	} else {
		WR_ASSERT(shared->ended);
		out->watermark_ms = shared->carry.watermark_ms;
		out->lines = shared->carry.lines;
		out->rows = shared->carry.rows;
		out->ended = true;
		save_splits(&shared->splits, arena, out);
		if (out->replayable)
			status = shared->connector->position(shared->source, &position);
	}
	pthread_mutex_unlock(&shared->lock);
	out->position = (struct wr_str){
	    wr_arena_strndup(arena, position.data != NULL ? position.data : "", position.len),
	    position.len};
	wr_text_release(&position);
	return status;
}

/* Fills in the manifest; everything that is not the coordinator's own lies in `arena`. */
static wr_status *make_manifest(struct wr_checkpoint *checkpoint, struct wr_arena *arena,
				bool finished, struct wr_manifest *manifest)
{
	const struct wr_job *job = checkpoint->job;
	const struct wr_graph *graph = &job->graph;
	struct wr_saved_source *source =
	    WR_NEW_ARRAY(arena, struct wr_saved_source, graph->source_count + 1);
	struct wr_saved_sink *sink =
	    WR_NEW_ARRAY(arena, struct wr_saved_sink, graph->sink_count + 1);

	for (uint32_t i = 0; i < graph->source_count; i++)
		WR_TRY(save_source(checkpoint, i, arena, &source[i]));
	for (uint32_t i = 0; i < graph->sink_count; i++) {
		const struct wr_connector *connector = graph->sink[i]->connector;
		const struct wr_text *bytes = &checkpoint->prepared[i];

		sink[i] = (struct wr_saved_sink){
		    .name = checkpoint->job->names.sink_name[i],
		    .connector = connector != NULL ? connector->name : "",
		    .prepared = connector != NULL && connector->prepare != NULL,
		    .bytes = {wr_text_str(bytes), bytes->len}};
	}
	*manifest = (struct wr_manifest){
	    .kind = checkpoint->side != NULL ? WR_MANIFEST_SAVEPOINT : WR_MANIFEST_CHECKPOINT,
	    .weir_version = job->options.checkpoint.weir_version,
	    .job = job->options.checkpoint.job_name,
	    .script_hash = job->options.checkpoint.script_hash,
	    .backend = job->options.backend->name,
	    .finished = finished,
	    .max_parallelism = job->options.max_parallelism,
	    .workers = job->options.workers,
	    .state_count = finished ? 0 : job->names.state_count, /* nobody will ask for it */
	    .state = job->names.state,
	    .source_count = graph->source_count,
	    .source = source,
	    .sink_count = graph->sink_count,
	    .sink = sink,
	};
	return NULL;
}

wr_status *wr_checkpoint_make_durable(struct wr_checkpoint *checkpoint, bool finished,
				      uint64_t *bytes)
{
	struct wr_manifest manifest;
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = make_manifest(checkpoint, &arena, finished, &manifest);
	for (uint32_t i = 0; status == NULL && i < manifest.source_count; i++) {
		wr_text_clear(&checkpoint->position[i]);
		wr_text_add(&checkpoint->position[i], manifest.source[i].position.data,
			    manifest.source[i].position.len);
	}
	*bytes = wr_store_writer_bytes(checkpoint->writer);
	if (status == NULL)
		status = wr_store_commit(checkpoint->writer, &manifest);
	else
		wr_store_abort(checkpoint->writer);
	checkpoint->writer = NULL;
	wr_arena_release(&arena);
	return status;
}

/* One sink commits what it has prepared. */
static wr_status *commit_sink(struct wr_checkpoint *checkpoint, struct wr_sink_shared *sink,
			      const struct wr_text *bytes)
{
	struct wr_trace_span span;
	wr_status *status;

	wr_trace_begin(&span, checkpoint->span.tracer, "commit sink", WR_TRACE_INTERNAL,
		       wr_trace_context_of(&checkpoint->part));
	wr_trace_text(&span, "weir.table", sink->node->u.sink.table->name);
	wr_trace_text(&span, "weir.connector", sink->connector->name);
	status = sink->connector->commit(sink->sink, wr_text_str(bytes), bytes->len);
	if (status != NULL)
		wr_trace_error(&span, status->text);
	wr_trace_end(&span);
	return status;
}

wr_status *wr_checkpoint_commit_sinks(struct wr_checkpoint *checkpoint)
{
	const struct wr_graph *graph = &checkpoint->job->graph;

	for (uint32_t i = 0; i < graph->sink_count; i++) {
		struct wr_sink_shared *sink = graph->sink[i];
		const struct wr_text *bytes = &checkpoint->prepared[i];

		if (sink->connector == NULL || sink->connector->prepare == NULL)
			continue;
		WR_TRY(commit_sink(checkpoint, sink, bytes));
		pthread_mutex_lock(&checkpoint->lock);
		wr_sink_committed(sink, wr_mono_us(checkpoint->env),
				  checkpoint->job->options.slo_latency_us);
		pthread_mutex_unlock(&checkpoint->lock);
		WR_TRY(wr_fault_pass(WR_FAULT_SINK_COMMITTED));
	}
	return NULL;
}

void wr_checkpoint_only_restore_helps(wr_status *status)
{
	if (status->class != WR_FATAL)
		status->class = WR_RESTART;
}

void wr_checkpoint_forget_prepared(struct wr_checkpoint *checkpoint)
{
	pthread_mutex_lock(&checkpoint->lock);
	for (uint32_t i = 0; i < checkpoint->job->graph.sink_count; i++)
		wr_text_release(&checkpoint->prepared[i]);
	pthread_mutex_unlock(&checkpoint->lock);
}

bool wr_checkpoint_sinks_left(struct wr_checkpoint *checkpoint)
{
	const struct wr_graph *graph = &checkpoint->job->graph;
	bool left = false;

	for (uint32_t i = 0; i < graph->sink_count && !left; i++)
		left = graph->sink[i]->host.ready && wr_table_host_left(&graph->sink[i]->host);
	if (left)
		wr_job_leave(checkpoint->job);
	return left;
}

void wr_checkpoint_confirm(struct wr_checkpoint *checkpoint)
{
	const struct wr_graph *graph = &checkpoint->job->graph;

	for (uint32_t i = 0; i < graph->source_count; i++) {
		const struct wr_source_shared *source = graph->source[i];
		const struct wr_text *position = &checkpoint->position[i];

		if (source->connector->confirm != NULL && position->len > 0)
			source->connector->confirm(source->source, position->data, position->len);
	}
}
