/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_names - by what names states, sources and sinks of a job are known in its checkpoints.
 *
 * Operators are named by what they mean (wr_node.state_name), sources and sinks by their tables;
 * where a name comes again it gets "#2", "#3" in the order of the plan. So a state is found again
 * when the script has changed around it.
 */
#include "base/map.h"
#include "base/mem.h"
#include "runtime/job_inner.h"

/* `name`, or "name #2" where it was given before. */
static const char *unique_name(struct wr_arena *arena, struct wr_map *given, const char *name)
{
	uintptr_t count = (uintptr_t)wr_map_get(given, name) + 1;

	wr_map_put(given, name, (void *)count);
	return count == 1 ? wr_arena_strdup(arena, name)
			  : wr_arena_printf(arena, "%s #%u", name, (unsigned)count);
}

/* The instances of a stage's steps on the first worker that has it. */
static const struct wr_task *first_task(const struct wr_job *job, const struct wr_stage *stage)
{
	const struct wr_worker *worker = &job->worker[stage->worker];

	for (uint32_t i = 0; i < worker->task_count; i++)
		if (worker->task[i].stage == stage)
			return &worker->task[i];
	WR_REQUIRE(false);
	return NULL;
}

/* Describes what an operator keeps; its states get the next numbers. */
static void describe_op(struct wr_job_names *names, const struct wr_op *op, const char *name)
{
	names->state =
	    wr_realloc(names->state, (names->state_count + op->kept_count) * sizeof *names->state);
	for (uint32_t k = 0; k < op->kept_count; k++)
		wr_saved_state_of(&names->arena, &op->kept[k].decl, op->kept[k].state == NULL, name,
				  op->type->name, op->type->version,
				  &names->state[names->state_count++]);
}

static void describe_states(struct wr_job_names *names, const struct wr_job *job)
{
	const struct wr_graph *graph = &job->graph;
	struct wr_map given;

	wr_map_init(&given);
	names->first_state = WR_NEW_ARRAY(&names->arena, uint32_t *, graph->stage_count + 1);
	for (uint32_t s = 0; s < graph->stage_count; s++) {
		const struct wr_task *task = first_task(job, graph->stage[s]);
		uint32_t steps = graph->stage[s]->step_count;
		uint32_t *first = WR_NEW_ARRAY(&names->arena, uint32_t, steps + 1);

		names->first_state[s] = first;
		for (uint32_t i = 0; i < steps; i++) {
			const struct wr_op *op = task->step[i].op;

			first[i] = names->state_count;
			if (op == NULL || op->kept_count == 0)
				continue;
			describe_op(names, op,
				    unique_name(&names->arena, &given,
						op->node->state_name != NULL ? op->node->state_name
									     : op->type->name));
		}
	}
	wr_map_release(&given);
}

void wr_job_names_init(struct wr_job_names *names, const struct wr_job *job)
{
	const struct wr_graph *graph = &job->graph;
	struct wr_arena *arena = &names->arena;
	struct wr_map given;

	*names = (struct wr_job_names){0};
	wr_arena_init(arena);
	describe_states(names, job);
	names->source_name = WR_NEW_ARRAY(arena, const char *, graph->source_count + 1);
	names->sink_name = WR_NEW_ARRAY(arena, const char *, graph->sink_count + 1);
	wr_map_init(&given);
	for (uint32_t i = 0; i < graph->source_count; i++)
		names->source_name[i] =
		    unique_name(arena, &given, graph->source[i]->node->u.scan.table->name);
	wr_map_release(&given);
	wr_map_init(&given);
	for (uint32_t i = 0; i < graph->sink_count; i++) {
		const struct wr_table *table = graph->sink[i]->node->u.sink.table;

		names->sink_name[i] =
		    unique_name(arena, &given, table != NULL ? table->name : "result");
	}
	wr_map_release(&given);
}

void wr_job_names_release(struct wr_job_names *names)
{
	wr_free(names->state);
	wr_arena_release(&names->arena);
}
