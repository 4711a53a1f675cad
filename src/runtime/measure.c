/* SPDX-License-Identifier: Apache-2.0
 *
 * measure - what the operators of a job have done, added up per node of the plan: EXPLAIN ANALYZE.
 */
#include "runtime/job_inner.h"

static void measure_source(const struct wr_task *task, struct wr_node_measure *measure)
{
	struct wr_node_measure *own = &measure[task->stage->source->node->id];

	own->seen = true;
	own->rows_in += task->source.rows;
	own->rows_out += task->head.rows;
}

static void measure_task(const struct wr_task *task, struct wr_node_measure *measure)
{
	if (task->stage->source != NULL)
		measure_source(task, measure);
	for (uint32_t s = 0; s < task->stage->step_count; s++) {
		const struct wr_task_step *step = &task->step[s];
		struct wr_node_measure *own;
		uint64_t bytes;

		if (step->plan->kind != WR_STEP_OP || step->op == NULL)
			continue;
		own = &measure[step->op->node->id];
		bytes = wr_op_state_bytes(step->op);
		own->seen = true;
		own->rows_in += step->op->rows_in;
		own->rows_out += step->op->out.rows;
		own->rows_late += step->op->late_rows;
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
