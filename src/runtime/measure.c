/* SPDX-License-Identifier: Apache-2.0
 *
 * measure - what the operators of a job have done, added up per node of the plan: EXPLAIN ANALYZE;
 * where the time of its stages goes, and how far its tables are: weir status.
 */
#include "runtime/job_inner.h"

/* Milliseconds per second of what an operator took, over the tasks of its stage. `head`: it is
 * where the waiting of the stage is shown. */
static void add_time(const struct wr_task *task, struct wr_node_measure *own, int64_t busy_us,
		     bool head)
{
	const struct wr_job *job = task->job;
	int64_t elapsed_us = WR_MAX(job->end_us - job->begin_us, 1);
	struct wr_stage_load load, none = {0};
	struct wr_load_rates rates;

	if (!job->options.measure)
		return;
	wr_job_stage_load(job, task->stage->id, &load);
	own->timed = true;
	own->busy += busy_us * 1000 / (elapsed_us * load.tasks);
	if (!head)
		return;
	rates = wr_load_rates(&none, &load, elapsed_us);
	own->is_head = true;
	own->idle = rates.idle;
	own->blocked = rates.blocked;
}

static void measure_source(const struct wr_task *task, struct wr_node_measure *measure)
{
	struct wr_node_measure *own = &measure[task->stage->source->node->id];

	own->seen = true;
	own->rows_in += task->source.rows;
	own->rows_out += task->head.rows;
	add_time(task, own, task->head_us, true);
}

static void measure_task(const struct wr_task *task, struct wr_node_measure *measure)
{
	int64_t head_us = task->stage->source == NULL ? task->head_us : 0;

	if (task->stage->source != NULL)
		measure_source(task, measure);
	for (uint32_t s = 0; s < task->stage->step_count; s++) {
		const struct wr_task_step *step = &task->step[s];
		struct wr_node_measure *own;
		uint64_t bytes;

		if (step->op == NULL)
			continue;
		own = &measure[step->plan->node->id];
		add_time(task, own, step->busy_us + (s == 0 ? head_us : 0),
			 s == 0 && task->stage->source == NULL);
		if (step->plan->kind != WR_STEP_OP)
			continue;
		bytes = wr_op_state_bytes(step->op);
		own->seen = true;
		own->rows_in += step->op->rows_in;
		own->rows_out += step->op->out.rows;
		own->rows_late += wr_counted(&step->op->late_rows);
		own->state_bytes += bytes;
		own->state_peak_bytes += WR_MAX(step->state_peak, bytes);
	}
}

void wr_job_measure(const struct wr_job *job, struct wr_node_measure *measure)
{
	for (uint32_t w = 0; w < job->worker_count; w++)
		for (uint32_t i = 0; i < job->worker[w].task_count; i++)
			measure_task(&job->worker[w].task[i], measure);
	for (uint32_t i = 0; i < job->graph.sink_count; i++) {
		const struct wr_sink_shared *sink = job->graph.sink[i];
		struct wr_node_measure *own = &measure[sink->node->id];

		own->seen = true;
		own->rows_out += atomic_load_explicit(&sink->rows, memory_order_relaxed);
		own->rows_in = own->rows_out;
	}
}

uint32_t wr_job_stage_count(const struct wr_job *job)
{
	return job->graph.stage_count;
}

void wr_job_stage_load(const struct wr_job *job, uint32_t stage, struct wr_stage_load *load)
{
	int64_t now_us = job->end_us;

	if (now_us == 0)
		now_us = wr_mono_us(job->options.env);
	*load = (struct wr_stage_load){0};
	for (uint32_t w = 0; w < job->worker_count; w++)
		for (uint32_t i = 0; i < job->worker[w].task_count; i++)
			if (job->worker[w].task[i].stage->id == stage)
				wr_load_look(&job->worker[w].task[i].load, now_us, load);
}

struct wr_worker_load wr_job_load(const struct wr_job *job)
{
	int64_t begin_us = job->begin_us, end_us = job->end_us, left_us;
	struct wr_worker_load load = {0};

	if (begin_us == 0)
		return load;
	if (end_us == 0)
		end_us = wr_mono_us(job->options.env);
	for (uint32_t i = 0; i < job->graph.stage_count; i++) {
		struct wr_stage_load stage;

		wr_job_stage_load(job, i, &stage);
		load.busy_us += stage.busy_us;
		load.blocked_us += stage.blocked_us;
	}
	/* Several tasks of a worker may be held up while another one runs. */
	left_us = WR_MAX((end_us - begin_us) * job->worker_count - load.busy_us, 0);
	load.blocked_us = WR_MIN(load.blocked_us, left_us);
	load.idle_us = left_us - load.blocked_us;
	return load;
}

void wr_job_stage_name(const struct wr_job *job, uint32_t stage, struct wr_text *out)
{
	const struct wr_stage *own = job->graph.stage[stage];
	size_t before = out->len;

	if (own->source != NULL)
		wr_text_printf(out, "Scan(%s)", own->source->node->u.scan.table->name);
	for (uint32_t i = 0; i < own->step_count; i++) {
		const struct wr_stage_step *step = &own->step[i];

		if (step->kind != WR_STEP_OP && step->kind != WR_STEP_WRITE)
			continue;
		wr_text_printf(out, "%s%s", out->len > before ? " -> " : "",
			       wr_node_kind_str(step->node->kind));
		if (step->kind == WR_STEP_WRITE)
			wr_text_printf(out, "(%s)",
				       step->node->u.sink.table != NULL
					   ? step->node->u.sink.table->name
					   : "*result*");
	}
}

/* --- tables -------------------------------------------------------------------------------------
 */

uint32_t wr_job_table_count(const struct wr_job *job)
{
	return job->graph.source_count + job->graph.sink_count;
}

/* What all workers have read of a source. */
static void add_source(const struct wr_job *job, const struct wr_source_shared *source,
		       struct wr_table_stats *stats)
{
	for (uint32_t w = 0; w < job->worker_count; w++)
		for (uint32_t i = 0; i < job->worker[w].task_count; i++) {
			const struct wr_task *task = &job->worker[w].task[i];
			int64_t seen_ms =
			    atomic_load_explicit(&task->watermark_seen, memory_order_relaxed);

			if (task->stage->source != source)
				continue;
			stats->rows +=
			    atomic_load_explicit(&task->rows_source, memory_order_relaxed);
			/* Each worker knows that of its last block: the highest is the source's. */
			stats->watermark_ms = WR_MAX(stats->watermark_ms, seen_ms);
		}
}

void wr_job_table_stats(const struct wr_job *job, uint32_t table, struct wr_table_stats *stats)
{
	const struct wr_sink_shared *sink;

	WR_ASSERT(table < wr_job_table_count(job));
	*stats = (struct wr_table_stats){.is_source = table < job->graph.source_count,
					 .watermark_ms = WR_WATERMARK_MIN};
	if (stats->is_source) {
		stats->table = job->graph.source[table]->node->u.scan.table->name;
		add_source(job, job->graph.source[table], stats);
		return;
	}
	sink = job->graph.sink[table - job->graph.source_count];
	stats->table =
	    sink->node->u.sink.table != NULL ? sink->node->u.sink.table->name : "*result*";
	stats->rows = atomic_load_explicit(&sink->rows, memory_order_relaxed);
}

void wr_job_table_lag(const struct wr_job *job, uint32_t table,
		      void (*each)(void *own, const struct wr_split_lag *lag), void *own)
{
	const struct wr_source_shared *source;

	if (table >= job->graph.source_count)
		return;
	source = job->graph.source[table];
	if (source->source != NULL && source->connector->lag != NULL)
		source->connector->lag(source->source, each, own);
}
