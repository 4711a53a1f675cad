/* SPDX-License-Identifier: Apache-2.0
 *
 * observe - see observe.h.
 *
 * Shares are those since the look before the last: a look is kept when the one kept last is
 * KEEP_US old. So two who look every second do not see each other's slivers of time.
 */
#include "runtime/observe.h"

#include <math.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "runtime/job_inner.h"

#define KEEP_US 2000000 /* between two looks that are kept */

/* --- which operators there are ------------------------------------------------------------------
 */

/* Index of the operator of a node, made when it is new. */
static uint32_t op_index(struct wr_observed *observed, uint32_t *index, const struct wr_node *node,
			 uint32_t stage)
{
	struct wr_observed_op *op;

	if (index[node->id] != 0)
		return index[node->id] - 1;
	op = &observed->op[observed->op_count++];
	index[node->id] = observed->op_count;
	*op = (struct wr_observed_op){
	    .node = node, .name = wr_node_str(node), .stage = stage, .next_ms = INT64_MAX};
	op->sum.watermark_ms = WR_WATERMARK_MAX;
	return observed->op_count - 1;
}

static struct wr_subtask *subtask_of(struct wr_observed_op *op, uint32_t worker)
{
	for (uint32_t i = 0; i < op->subtask_count; i++)
		if (op->subtask[i].worker == worker)
			return &op->subtask[i];
	op->subtask = wr_realloc(op->subtask, (op->subtask_count + 1) * sizeof *op->subtask);
	op->subtask[op->subtask_count] = (struct wr_subtask){.worker = worker};
	op->subtask[op->subtask_count].figures.watermark_ms = WR_WATERMARK_MAX;
	return &op->subtask[op->subtask_count++];
}

/* --- figures ------------------------------------------------------------------------------------
 */

/* What the task did and waited for; once for each of its operators. */
static void add_load(const struct wr_task *task, int64_t now_us, struct wr_observed_op *op,
		     struct wr_op_figures *figures)
{
	int64_t at_us = atomic_load_explicit(&task->load.blocked_at_us, memory_order_relaxed);
	struct wr_stage_load load = {0};

	wr_load_look(&task->load, now_us, &load);
	figures->task_busy_us += load.busy_us;
	figures->blocked_us += load.blocked_us;
	op->running_for_us = WR_MAX(op->running_for_us, wr_load_running_us(&task->load, now_us));
	figures->incidents += atomic_load_explicit(&task->load.incidents, memory_order_relaxed);
	if (at_us != 0)
		op->blocked_for_us = WR_MAX(op->blocked_for_us, WR_MAX(now_us - at_us, 1));
}

/* What a worker has read of a source. */
static void add_source(const struct wr_task *task, int64_t now_us, struct wr_observed_op *op)
{
	struct wr_op_figures *figures = &subtask_of(op, task->worker)->figures;

	figures->rows_in += atomic_load_explicit(&task->rows_source, memory_order_relaxed);
	figures->rows_out += wr_counted(&task->head.rows);
	figures->filtered += wr_counted(&task->source.filtered);
	figures->bad += wr_counted(&task->source.bad);
	figures->busy_us += wr_noted(&task->head_us);
	figures->watermark_ms = atomic_load_explicit(&task->watermark_seen, memory_order_relaxed);
	wr_histogram_read(task->took, &op->took);
	add_load(task, now_us, op, figures);
}

/* A step's own time, with that of taking things out of queues if it is the first one. */
static int64_t step_busy_us(const struct wr_task *task, const struct wr_task_step *step)
{
	bool first = step == task->step && task->stage->source == NULL;

	return wr_noted(&step->busy_us) + (first ? wr_noted(&task->head_us) : 0);
}

/* Of the unit under way, where it is that step's alone. */
static int64_t step_running_us(const struct wr_task *task, int64_t now_us)
{
	bool alone = task->stage->source == NULL && task->stage->step_count == 1;

	return alone ? wr_load_running_us(&task->load, now_us) : 0;
}

/* What a worker's instance of a step has done. */
static void add_step(const struct wr_task *task, const struct wr_task_step *step, int64_t now_us,
		     struct wr_observed_op *op)
{
	struct wr_op_figures *figures = &subtask_of(op, task->worker)->figures;
	enum wr_step_kind kind = step->plan->kind;

	if (kind != WR_STEP_WRITE || step->plan->sink->connector == NULL) {
		figures->rows_in += wr_counted(&step->op->rows_in);
		figures->batches += wr_counted(&step->batches);
	}
	if (kind == WR_STEP_OP)
		figures->rows_out += wr_counted(&step->op->out.rows);
	else if (kind == WR_STEP_WRITE)
		figures->rows_out +=
		    atomic_load_explicit(&step->plan->sink->rows, memory_order_relaxed);
	figures->late += wr_counted(&step->op->late_rows);
	figures->bad += wr_counted(&step->bad);
	figures->busy_us += step_busy_us(task, step) + step_running_us(task, now_us);
	figures->state_bytes += (uint64_t)wr_noted(&step->state_bytes);
	figures->watermark_ms = WR_MIN(figures->watermark_ms, wr_noted(&step->watermark_ms));
	op->next_ms = WR_MIN(op->next_ms, wr_noted(&step->next_ms));
	wr_histogram_read(step->took, &op->took);
	/* A sink is where it is written: in front of it rows are encoded among other operators. */
	if (kind == WR_STEP_ENCODE)
		figures->task_busy_us += wr_noted(&step->busy_us);
	else
		add_load(task, now_us, op, figures);
	if (kind == WR_STEP_WRITE)
		op->stage = task->stage->id;
}

/* The source and the steps of a task. */
static void add_task(struct wr_observed *observed, uint32_t *index, const struct wr_task *task,
		     int64_t now_us)
{
	const struct wr_stage *stage = task->stage;

	if (stage->source != NULL && stage->source->source != NULL) {
		uint32_t i = op_index(observed, index, stage->source->node, stage->id);

		add_source(task, now_us, &observed->op[i]);
	}
	for (uint32_t s = 0; s < stage->step_count; s++) {
		const struct wr_task_step *step = &task->step[s];

		if (step->op == NULL)
			continue;
		add_step(task, step, now_us,
			 &observed->op[op_index(observed, index, step->plan->node, stage->id)]);
	}
}

/* `scan`: it is one, or chained to one. */
static void sum_up(struct wr_observed_op *op, bool scan)
{

	for (uint32_t i = 0; i < op->subtask_count; i++) {
		const struct wr_op_figures *one = &op->subtask[i].figures;
		struct wr_op_figures *sum = &op->sum;

		sum->rows_in += one->rows_in;
		sum->rows_out += one->rows_out;
		sum->batches += one->batches;
		sum->late += one->late;
		sum->bad += one->bad;
		sum->filtered += one->filtered;
		sum->state_bytes += one->state_bytes;
		sum->busy_us += one->busy_us;
		sum->task_busy_us += one->task_busy_us;
		sum->blocked_us += one->blocked_us;
		sum->incidents += one->incidents;
		/* Each worker knows the watermark of its last block: the highest is the source's.
		 */
		if (scan && i == 0)
			sum->watermark_ms = one->watermark_ms;
		else
			sum->watermark_ms = scan ? WR_MAX(sum->watermark_ms, one->watermark_ms)
						 : WR_MIN(sum->watermark_ms, one->watermark_ms);
	}
}

/* --- shares of time -----------------------------------------------------------------------------
 */

/* Times of a subtask when it was looked at. */
struct wr_past {
	uint32_t id, worker;                       /* of the operator, and which of its subtasks */
	int64_t busy_us, task_busy_us, blocked_us; /* as in wr_op_figures */
};

void wr_look_release(struct wr_look *look)
{
	wr_free(look->past);
	*look = (struct wr_look){0};
}

/* Keeps the times as they are now. */
static void look_keep(struct wr_look *look, const struct wr_observed *observed, int64_t now_us)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < observed->op_count; i++)
		count += observed->op[i].subtask_count;
	wr_look_release(look);
	look->at_us = now_us;
	look->past = wr_calloc(count + 1, sizeof *look->past);
	for (uint32_t i = 0; i < observed->op_count; i++) {
		const struct wr_observed_op *op = &observed->op[i];

		for (uint32_t k = 0; k < op->subtask_count; k++)
			look->past[look->count++] =
			    (struct wr_past){.id = op->node->id,
					     .worker = op->subtask[k].worker,
					     .busy_us = op->subtask[k].figures.busy_us,
					     .task_busy_us = op->subtask[k].figures.task_busy_us,
					     .blocked_us = op->subtask[k].figures.blocked_us};
	}
}

static double share_of(int64_t us, int64_t whole_us)
{
	double share = whole_us > 0 ? (double)us / (double)whole_us : 0;

	return WR_MAX(0, WR_MIN(1, share));
}

/* The operators come in the same order every time, as the stages do. */
static void add_shares(struct wr_observed *observed, const struct wr_look *look, int64_t since_us)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < observed->op_count; i++) {
		struct wr_observed_op *op = &observed->op[i];

		for (uint32_t k = 0; k < op->subtask_count; k++, next++) {
			static const struct wr_past none;
			const struct wr_past *past = look->past != NULL ? &look->past[next] : &none;
			const struct wr_op_figures *figures = &op->subtask[k].figures;
			struct wr_op_shares *shares = &op->subtask[k].shares;
			double task =
			    share_of(figures->task_busy_us - past->task_busy_us, since_us);

			shares->busy = WR_MIN(share_of(figures->busy_us - past->busy_us, since_us),
					      WR_MAX(task, 0));
			shares->blocked = WR_MIN(
			    share_of(figures->blocked_us - past->blocked_us, since_us), 1 - task);
			shares->idle = 1 - task - shares->blocked;
			op->shares.busy += shares->busy / op->subtask_count;
			op->shares.blocked += shares->blocked / op->subtask_count;
			op->shares.idle += shares->idle / op->subtask_count;
		}
	}
}

/* Shares of the time since the look that was kept before the last. */
static void look_at_time(struct wr_job *job, struct wr_observed *observed, int64_t now_us)
{
	struct wr_looks *looks = &job->looks;
	int64_t begin_us = job->begin_us;

	pthread_mutex_lock(&looks->lock);
	add_shares(observed, &looks->before,
		   now_us - (looks->before.past != NULL ? looks->before.at_us : begin_us));
	if (looks->last.past == NULL || now_us - looks->last.at_us >= KEEP_US) {
		wr_look_release(&looks->before);
		looks->before = looks->last;
		looks->last = (struct wr_look){0};
		look_keep(&looks->last, observed, now_us);
	}
	pthread_mutex_unlock(&looks->lock);
}

/* --- how they hang together ---------------------------------------------------------------------
 */

static void add_edge(struct wr_observed *observed, uint32_t from, uint32_t to, const char *kind)
{
	if (from == to)
		return;
	for (uint32_t i = 0; i < observed->edge_count; i++)
		if (observed->edge[i].from == from && observed->edge[i].to == to)
			return;
	observed->edge =
	    wr_realloc(observed->edge, (observed->edge_count + 1) * sizeof *observed->edge);
	observed->edge[observed->edge_count++] = (struct wr_observed_edge){from, to, kind};
	observed->op[to].keyed |= strcmp(kind, "hash") == 0;
}

static const char *edge_kind(const struct wr_edge *edge)
{
	switch (edge->to) {
	case WR_D_KEYS: return "hash";
	case WR_D_BROADCAST: return "broadcast";
	case WR_D_SINGLE: return "single";
	case WR_D_ANY: break;
	}
	return "forward";
}

/* The operator whose output a step gets, and whether that is its main one; false: it has none of
 * its own stage. */
static bool parent_of(struct wr_observed *observed, uint32_t *index, const struct wr_stage *stage,
		      int32_t parent, uint32_t *from, const char **aside)
{
	const struct wr_node *node = NULL;

	*aside = parent == WR_PARENT_LATE ? "late" : parent == WR_PARENT_DEAD ? "dead" : NULL;
	if (parent >= 0 && stage->step[parent].kind != WR_STEP_SEND)
		node = stage->step[parent].node;
	else if (parent < 0 && parent != WR_PARENT_LATE && stage->source != NULL)
		node = stage->source->node;
	else if (parent == WR_PARENT_LATE)
		node = stage->step[0].node;
	if (node == NULL || index[node->id] == 0)
		return false;
	*from = op_index(observed, index, node, stage->id);
	return true;
}

/* The stage that takes what comes out of an edge. */
static const struct wr_stage *consumer_of(const struct wr_graph *graph, const struct wr_edge *edge)
{
	for (uint32_t i = 0; i < graph->stage_count; i++)
		for (uint32_t k = 0; k < graph->stage[i]->input_count; k++)
			if (graph->stage[i]->input[k].edge == edge)
				return graph->stage[i];
	return NULL;
}

/* What leads from and to the operators of a stage. */
static void add_stage_edges(struct wr_observed *observed, uint32_t *index,
			    const struct wr_graph *graph, const struct wr_stage *stage)
{
	for (uint32_t s = 0; s < stage->step_count; s++) {
		const struct wr_stage_step *step = &stage->step[s];
		const struct wr_stage *to = stage;
		const struct wr_node *node = step->node;
		const char *kind = "forward", *aside;
		uint32_t from;

		if (!parent_of(observed, index, stage, step->parent, &from, &aside))
			continue;
		if (step->kind == WR_STEP_SEND) {
			to = consumer_of(graph, step->edge);
			node = to != NULL ? to->step[0].node : NULL;
			kind = edge_kind(step->edge);
		}
		if (node != NULL && index[node->id] != 0)
			add_edge(observed, from, index[node->id] - 1, aside != NULL ? aside : kind);
	}
}

/* --- sinks --------------------------------------------------------------------------------------
 */

static int64_t ago_us(const int64_t *at_us, int64_t now_us)
{
	int64_t at = wr_noted(at_us);

	return at == 0 ? -1 : WR_MAX(now_us - at, 0);
}

/* Whether rows that are written are seen later only. */
static bool shows_late(const struct wr_job *job, const struct wr_sink_shared *sink)
{
	enum wr_sink_shows shows;

	if (sink->connector == NULL || sink->connector->shows == NULL)
		return false;
	shows = sink->connector->shows(sink->node->u.sink.args);
	return shows == WR_SHOWS_WHOLE || (shows == WR_SHOWS_AT_COMMIT && job->checkpoint != NULL);
}

/* What is known of a sink as a whole. */
static void add_sink(struct wr_observed *observed, const struct wr_job *job,
		     const struct wr_sink_shared *sink, int64_t now_us)
{
	struct wr_observed_sink *out = &observed->sink[observed->sink_count++];

	*out = (struct wr_observed_sink){
	    .node = sink->node,
	    .table = sink->node->u.sink.table != NULL ? sink->node->u.sink.table->name : "*result*",
	    .rows = atomic_load_explicit(&sink->rows, memory_order_relaxed),
	    .held_rows = wr_counted(&sink->held_rows),
	    .uncommitted_rows = wr_counted(&sink->pending_rows) + wr_counted(&sink->prepared_rows),
	    .rejected = wr_counted(&sink->rejected),
	    .slow_rows =
		wr_counted(&sink->slow_rows[shows_late(job, sink) && job->checkpoint != NULL]),
	    .transactional = shows_late(job, sink),
	    .commits = wr_counted(&sink->commits),
	    .written_ago_us = ago_us(&sink->written_us, now_us),
	    .committed_ago_us = ago_us(&sink->committed_us, now_us)};
	wr_histogram_read(out->transactional && job->checkpoint != NULL ? &sink->committed
									: &sink->written,
			  &out->latency);
}

struct wr_observed *wr_observe(struct wr_job *job)
{
	struct wr_observed *observed = wr_calloc(1, sizeof *observed);
	uint32_t nodes = job->plan->next_id + 1;
	uint32_t *index =
	    wr_calloc(nodes, sizeof *index); /* by node id: index of the operator + 1 */
	int64_t begin_us = job->begin_us, now_us = job->end_us;

	if (now_us == 0 || begin_us == 0)
		now_us = wr_mono_us(job->options.env);
	observed->elapsed_us = begin_us != 0 ? now_us - begin_us : 0;
	observed->op = wr_calloc(nodes, sizeof *observed->op);
	for (uint32_t s = 0; s < job->graph.stage_count; s++)
		for (uint32_t w = 0; w < job->worker_count; w++)
			for (uint32_t i = 0; i < job->worker[w].task_count; i++)
				if (job->worker[w].task[i].stage->id == s)
					add_task(observed, index, &job->worker[w].task[i], now_us);
	for (uint32_t i = 0; i < observed->op_count; i++)
		sum_up(&observed->op[i], job->graph.stage[observed->op[i].stage]->source != NULL);
	look_at_time(job, observed, now_us);
	for (uint32_t s = 0; s < job->graph.stage_count; s++)
		add_stage_edges(observed, index, &job->graph, job->graph.stage[s]);
	observed->sink = wr_calloc(job->graph.sink_count + 1, sizeof *observed->sink);
	for (uint32_t i = 0; i < job->graph.sink_count; i++)
		add_sink(observed, job, job->graph.sink[i], now_us);
	if (job->checkpoint != NULL)
		wr_histogram_read(&job->checkpoint->durations, &observed->checkpoints);
	wr_free(index);
	return observed;
}

void wr_observed_free(struct wr_observed *observed)
{
	if (observed == NULL)
		return;
	for (uint32_t i = 0; i < observed->op_count; i++)
		wr_free(observed->op[i].subtask);
	wr_free(observed->op);
	wr_free(observed->edge);
	wr_free(observed->sink);
	wr_free(observed);
}

const struct wr_observed_op *wr_observed_find(const struct wr_observed *observed, uint32_t id)
{
	for (uint32_t i = 0; i < observed->op_count; i++)
		if (observed->op[i].node->id == id)
			return &observed->op[i];
	return NULL;
}

double wr_observed_skew(const struct wr_observed_op *op)
{
	uint64_t most = 0;

	if (!op->keyed)
		return NAN;
	for (uint32_t i = 0; i < op->subtask_count; i++)
		most = WR_MAX(most, op->subtask[i].figures.rows_in);
	return op->sum.rows_in > 0 ? (double)most * op->subtask_count / (double)op->sum.rows_in : 1;
}
