/* SPDX-License-Identifier: Apache-2.0
 *
 * why_facts - the facts about a job that why.c decides by.
 */
#include <stdio.h>

#include "base/env.h"
#include "base/mem.h"
#include "runtime/job_inner.h"
#include "runtime/why.h"

/* --- sources ------------------------------------------------------------------------------------
 */

/* The splits of a source, as their connector calls them. */
struct names {
	struct wr_why_source *source;
	uint32_t next;
};

/* wr_connector.lag: in the order of the splits. */
static void name_split(void *own, const struct wr_split_lag *lag)
{
	struct names *names = own;
	struct wr_why_split *split;

	if (names->next >= names->source->split_count)
		return;
	split = &names->source->split[names->next++];
	split->partition = lag->partition;
	if (lag->origin != NULL)
		snprintf(split->name, sizeof split->name, "partition %lld of topic '%.32s'",
			 (long long)lag->partition, lag->origin);
}

static int64_t since_us(int64_t at_us, int64_t now_us)
{
	return at_us == 0 ? -1 : WR_MAX(now_us - at_us, 0);
}

/* The splits as their last carry has shown them. */
static void look_at_splits(struct wr_source_shared *shared, struct wr_why_source *source,
			   int64_t now_us)
{
	struct wr_idleness idleness = {shared->idle_timeout_ms, now_us};

	pthread_mutex_lock(&shared->view_lock);
	source->split_count = WR_MIN(shared->seen_count, WR_WHY_SPLITS_MAX);
	source->split = wr_calloc(source->split_count + 1, sizeof *source->split);
	for (uint32_t i = 0; i < source->split_count; i++) {
		const struct wr_split_seen *seen = &shared->seen[i];
		struct wr_why_split *split = &source->split[i];

		split->partition = i;
		snprintf(split->name, sizeof split->name, "partition %u", i);
		split->last_row_us = since_us(seen->split.row_us, now_us);
		split->rows = seen->split.rows;
		split->filtered = seen->filtered;
		split->bad = seen->bad;
		split->watermark_ms = seen->split.watermark_ms;
		split->idle = wr_split_is_idle(&seen->split, &idleness);
		split->ended = seen->split.ended;
	}
	pthread_mutex_unlock(&shared->view_lock);
	if (shared->source != NULL && shared->connector->lag != NULL)
		shared->connector->lag(shared->source, name_split, &(struct names){source, 0});
}

/* A source without splits is one. */
static void look_at_whole(struct wr_source_shared *shared, struct wr_why_source *source,
			  int64_t now_us)
{
	const struct wr_op_figures *figures = &source->op->sum;
	int64_t row_us = wr_noted(&shared->row_us);
	struct wr_split whole = {.active_us = row_us};

	source->split_count = 1;
	source->split = wr_calloc(1, sizeof *source->split);
	source->split[0] = (struct wr_why_split){
	    .partition = -1,
	    .last_row_us = since_us(row_us, now_us),
	    .rows = figures->rows_in,
	    .filtered = figures->filtered,
	    .bad = figures->bad,
	    .watermark_ms = figures->watermark_ms,
	    .idle =
		row_us != 0 &&
		wr_split_is_idle(&whole, &(struct wr_idleness){shared->idle_timeout_ms, now_us}),
	    .ended = source->ended};
}

/* Rows that were late behind a scan. */
static uint64_t late_behind(const struct wr_observed *observed, const struct wr_observed_op *scan)
{
	bool *behind = wr_calloc(observed->op_count + 1, sizeof *behind), more = true;
	uint64_t late = 0;

	behind[scan - observed->op] = true;
	while (more) {
		more = false;
		for (uint32_t i = 0; i < observed->edge_count; i++) {
			const struct wr_observed_edge *edge = &observed->edge[i];

			if (!behind[edge->from] || behind[edge->to])
				continue;
			behind[edge->to] = more = true;
		}
	}
	for (uint32_t i = 0; i < observed->op_count; i++)
		late += behind[i] ? observed->op[i].sum.late : 0;
	wr_free(behind);
	return late;
}

/* A scan that runs, and what its connector waits for. */
static void look_at_source(struct wr_why *why, struct wr_source_shared *shared, int64_t now_us)
{
	const struct wr_node *node = shared->node;
	const struct wr_observed_op *op = wr_observed_find(why->observed, node->id);
	struct wr_why_source *source = &why->source[why->source_count];

	if (op == NULL)
		return;
	why->source_count++;
	*source = (struct wr_why_source){.op = op,
					 .table = node->u.scan.table->name,
					 .has_watermark = node->u.scan.watermark != NULL ||
							  node->u.scan.source_watermark,
					 .idle_timeout = shared->idle_timeout_ms > 0,
					 .ended = op->sum.watermark_ms == WR_WATERMARK_MAX,
					 .late = late_behind(why->observed, op)};
	wr_text_init(&source->waits);
	wr_table_host_waits(&shared->host, &source->waits);
	if (shared->connector->splits)
		look_at_splits(shared, source, now_us);
	else
		look_at_whole(shared, source, now_us);
}

/* --- inputs that come together ------------------------------------------------------------------
 */

/* The operator whose rows come through an edge; UINT32_MAX: none that is known. */
static uint32_t sender_of(const struct wr_why *why, const struct wr_graph *graph,
			  const struct wr_edge *edge)
{
	for (uint32_t i = 0; i < graph->stage_count; i++) {
		const struct wr_stage *stage = graph->stage[i];

		for (uint32_t s = 0; s < stage->step_count; s++) {
			const struct wr_observed_op *op;
			const struct wr_node *node =
			    stage->source != NULL ? stage->source->node : NULL;

			if (stage->step[s].kind != WR_STEP_SEND || stage->step[s].edge != edge)
				continue;
			if (stage->step[s].parent >= 0)
				node = stage->step[stage->step[s].parent].node;
			op = node != NULL ? wr_observed_find(why->observed, node->id) : NULL;
			return op != NULL ? (uint32_t)(op - why->observed->op) : UINT32_MAX;
		}
	}
	return UINT32_MAX;
}

/* What the instances of a stage have seen of one of its inputs. */
static void look_at_side(struct wr_why *why, const struct wr_job *job, const struct wr_stage *stage,
			 uint32_t input)
{
	const struct wr_observed_op *op = wr_observed_find(why->observed, stage->step[0].node->id);
	struct wr_why_side side = {.watermark_ms = WR_WATERMARK_MAX, .idle = true, .ended = true};

	side.from = sender_of(why, &job->graph, stage->input[input].edge);
	if (op == NULL || side.from == UINT32_MAX)
		return;
	side.op = (uint32_t)(op - why->observed->op);
	for (uint32_t w = 0; w < job->worker_count; w++)
		for (uint32_t i = 0; i < job->worker[w].task_count; i++) {
			const struct wr_task *task = &job->worker[w].task[i];
			int64_t state;

			if (task->stage != stage)
				continue;
			state = wr_noted(&task->receiver[input].seen_idle);
			side.watermark_ms =
			    WR_MIN(side.watermark_ms, wr_noted(&task->receiver[input].seen_ms));
			side.idle = side.idle && state == 1;
			side.ended = side.ended && state == 2;
		}
	why->side = wr_realloc(why->side, (why->side_count + 1) * sizeof *why->side);
	why->side[why->side_count++] = side;
}

/* --- sinks --------------------------------------------------------------------------------------
 */

/* A sink of the statements, and what its connector waits for. */
static void look_at_sink(struct wr_why *why, struct wr_job *job, uint32_t index)
{
	struct wr_sink_shared *shared = job->graph.sink[index];
	const struct wr_observed_op *op = wr_observed_find(why->observed, shared->node->id);
	struct wr_why_sink *sink = &why->sink[why->sink_count];

	/* Side tables get what went wrong: that nothing does is no question. */
	if (op == NULL || shared->node->u.sink.late_for != NULL ||
	    shared->node == job->options.dead_sink || shared->node == job->options.late_sink)
		return;
	why->sink_count++;
	*sink = (struct wr_why_sink){.sink = &why->observed->sink[index],
				     .op = (uint32_t)(op - why->observed->op)};
	wr_text_init(&sink->waits);
	if (shared->host.ready)
		wr_table_host_waits(&shared->host, &sink->waits);
}

void wr_why_look(struct wr_why *why, struct wr_job *job)
{
	const struct wr_graph *graph = &job->graph;
	struct wr_job_stats stats;
	int64_t now_us = wr_mono_us(job->options.env);

	*why = (struct wr_why){.observed = wr_observe(job), .running = job->end_us == 0};
	wr_text_init(&why->sentence);
	wr_text_init(&why->hint);
	wr_job_stats(job, &stats);
	why->checkpoints = job->checkpoint != NULL;
	why->checkpoint_ms = job->checkpoint != NULL ? job->hosts.checkpoint_ms : 0;
	why->checkpoint_age_us = job->checkpoint != NULL ? stats.checkpoint.age_us : -1;
	why->checkpoints_failed = stats.checkpoint.failed;
	why->source = wr_calloc(graph->source_count + 1, sizeof *why->source);
	for (uint32_t i = 0; i < graph->source_count; i++)
		look_at_source(why, graph->source[i], now_us);
	for (uint32_t s = 0; s < graph->stage_count; s++)
		for (uint32_t i = 0; graph->stage[s]->input_count > 1 &&
				     graph->stage[s]->step[0].kind == WR_STEP_OP &&
				     i < graph->stage[s]->input_count;
		     i++)
			look_at_side(why, job, graph->stage[s], i);
	why->sink = wr_calloc(graph->sink_count + 1, sizeof *why->sink);
	for (uint32_t i = 0; i < graph->sink_count; i++)
		look_at_sink(why, job, i);
	wr_why_decide(why);
}

void wr_why_release(struct wr_why *why)
{
	for (uint32_t i = 0; i < why->source_count; i++) {
		wr_text_release(&why->source[i].waits);
		wr_free(why->source[i].split);
	}
	for (uint32_t i = 0; i < why->sink_count; i++)
		wr_text_release(&why->sink[i].waits);
	wr_free(why->source);
	wr_free(why->side);
	wr_free(why->sink);
	wr_text_release(&why->sentence);
	wr_text_release(&why->hint);
	wr_observed_free(why->observed);
	*why = (struct wr_why){0};
}
