/* SPDX-License-Identifier: Apache-2.0
 *
 * rewrite - the bottom-up pass that recognises shapes: windows, Top-N, joins, set operations.
 */
#include "plan/passes.h"

/* FILTER over PROJECT: the filter goes below, unless it would repeat work that is not
 * deterministic. */
static struct wr_node *sink_filter(struct wr_passes *passes, struct wr_node *filter)
{
	struct wr_node *project = filter->input[0], *below;
	struct wr_expr *condition;

	for (uint32_t i = 0; i < project->schema.count; i++)
		if (!wr_expr_is_deterministic(project->u.calc.expr[i]))
			return NULL;
	condition =
	    wr_expr_substitute(&passes->plan->pool, filter->u.calc.condition, project->u.calc.expr);
	below = wr_node_new(passes->plan, WR_N_FILTER, 1, filter->pos);
	below->input[0] = project->input[0];
	below->schema = below->input[0]->schema;
	below->u.calc.condition = condition;
	project->input[0] = below;
	return project;
}

static wr_status *rewrite_filter(struct wr_passes *passes, struct wr_node *node,
				 struct wr_node **out)
{
	struct wr_node *rank = NULL;

	*out = node;
	if (node->input[0]->kind == WR_N_PROJECT) {
		struct wr_node *project = sink_filter(passes, node);

		if (project != NULL) {
			WR_TRY(rewrite_filter(passes, project->input[0], &project->input[0]));
			wr_plan_window_traits(project->input[0]);
			wr_plan_window_traits(project);
			*out = project;
			return NULL;
		}
	}
	if (node->input[0]->kind == WR_N_FILTER && node->input[0]->input[0]->kind == WR_N_OVER) {
		/* One of them may be the rank's bound. */
		struct wr_node *lower = node->input[0];
		struct wr_expr *both[2] = {lower->u.calc.condition, node->u.calc.condition};

		WR_TRY(wr_expr_logic(&passes->plan->pool, WR_E_AND, both, 2, node->pos,
				     &node->u.calc.condition));
		node->input[0] = lower->input[0];
	}
	if (node->input[0]->kind == WR_N_OVER) {
		WR_TRY(wr_rewrite_rank(passes, node, &rank));
		if (rank != NULL) {
			*out = rank;
			return NULL;
		}
	}
	wr_plan_window_traits(node);
	return NULL;
}

/* FILTERs over each other become one, the lower condition first: what bounds a rank from both
 * sides must be seen at once. */
static wr_status *merge_filters(struct wr_passes *passes, struct wr_node *node)
{
	while (node->kind == WR_N_FILTER && node->input[0]->kind == WR_N_FILTER) {
		struct wr_node *below = node->input[0];
		struct wr_expr *both[2] = {below->u.calc.condition, node->u.calc.condition};

		WR_TRY(wr_expr_logic(&passes->plan->pool, WR_E_AND, both, 2, node->pos,
				     &node->u.calc.condition));
		node->input[0] = below->input[0];
	}
	return NULL;
}

wr_status *wr_pass_rewrite(struct wr_passes *passes, struct wr_node *node, struct wr_node **out)
{
	WR_TRY(merge_filters(passes, node));
	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(wr_pass_rewrite(passes, node->input[i], &node->input[i]));
	*out = node;
	switch (node->kind) {
	case WR_N_AGGREGATE: return wr_rewrite_aggregate(passes, node, out);
	case WR_N_JOIN: return wr_rewrite_join(passes, node, out);
	case WR_N_FILTER: return rewrite_filter(passes, node, out);
	case WR_N_WINDOW:
		if (node->u.window->kind == WR_W_SESSION)
			node->u.window->allowed_lateness_ms = passes->options->allowed_lateness_ms;
		wr_plan_window_traits(node);
		return NULL;
	default: wr_plan_window_traits(node); return NULL;
	}
}
