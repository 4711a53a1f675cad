/* SPDX-License-Identifier: Apache-2.0
 *
 * plan - runs the passes in their order over every statement of the plan.
 */
#include "plan/passes.h"

static const char *const pass_names[] = {
#define WR_PASS_NAME(id, name, on, doc) [WR_PASS_##id] = name,
    WR_PASS_LIST(WR_PASS_NAME)
#undef WR_PASS_NAME
};

const char *wr_pass_name(enum wr_pass pass)
{
	WR_ASSERT(pass < WR_PASS_COUNT);
	return pass_names[pass];
}

static wr_status *prune_root(struct wr_passes *passes, struct wr_node **root)
{
	uint32_t count = (*root)->schema.count;
	bool *all = WR_NEW_ARRAY(&passes->plan->arena, bool, count + 1);

	memset(all, 1, count);
	return wr_pass_prune(passes, root, all, wr_plan_u32(passes->plan, count));
}

/* Unused columns go; merged calcs read less, so this runs after merging again. */
static wr_status *run_prune(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(prune_root(passes, &passes->plan->root[r]));
	return NULL;
}

static wr_status *run_rewrite(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++) {
		WR_TRY(wr_pass_rewrite(passes, passes->plan->root[r], &passes->plan->root[r]));
		if (r < passes->cut_count) /* what is above it looks at them */
			wr_plan_window_traits(passes->cut[r].node);
	}
	return NULL;
}

static wr_status *run_over(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(wr_pass_over(passes, &passes->plan->root[r]));
	return NULL;
}

static wr_status *run_calc(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(wr_pass_calc(passes, &passes->plan->root[r]));
	return NULL;
}

static wr_status *run_element(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(wr_pass_element(passes, passes->plan->root[r]));
	return NULL;
}

static wr_status *run_physical(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	bool *done = WR_NEW_ARRAY(&plan->arena, bool, 4 * plan->next_id + 64);

	passes->over_count = plan->next_id;
	passes->over = WR_NEW_ARRAY(&plan->arena, struct wr_node *, plan->next_id + 1);
	for (uint32_t r = 0; r < plan->root_count; r++)
		WR_TRY(wr_pass_physical(passes, &plan->root[r], done));
	WR_TRY(wr_pass_changelog(passes));
	wr_pass_quantum(passes);
	return NULL;
}

/* One step of the optimizer. */
struct step {
	int pass; /* enum wr_pass that switches it; -1: always runs (it may ask for others inside)
		   */
	wr_status *(*run)(struct wr_passes *passes);
};

/* The order. Constants are folded wherever calcs are looked at: that settles their values, as in
 * Flink, and is no matter of speed alone. */
static const struct step steps[] = {
    {-1, wr_pass_cut},
    {-1, wr_pass_batch},
    {WR_PASS_FILTER, wr_pass_filter},
    {-1, run_rewrite},
    {-1, run_over},
    {WR_PASS_PROJECTION, run_prune},
    {-1, run_calc},
    {WR_PASS_SUBFIELD, wr_pass_subfields},
    {WR_PASS_PROJECTION, run_prune},
    {-1, run_calc},
    {-1, run_element},
    {-1, wr_pass_uncut},
    {WR_PASS_SHARE, wr_pass_share},
    {WR_PASS_CALC, wr_pass_merge},
    {WR_PASS_SUBFIELD, wr_pass_narrow},
    {-1, wr_pass_multi_join},
    {WR_PASS_REUSE, wr_pass_reuse},
    {WR_PASS_DISTINCT, wr_pass_distinct},
    {WR_PASS_CALC, wr_pass_merge},
    {-1, run_physical},
    {-1, wr_pass_meaning},
    {WR_PASS_HAND_OVER, wr_pass_hand_over},
};

wr_status *wr_plan_physical(struct wr_plan *plan, const struct wr_plan_options *options)
{
	struct wr_passes passes = {.plan = plan, .options = options};

	plan->pass_changes = wr_plan_u32(plan, WR_PASS_COUNT);
	memset(plan->pass_changes, 0, WR_PASS_COUNT * sizeof *plan->pass_changes);
	for (uint32_t i = 0; i < WR_COUNT(steps); i++)
		if (steps[i].pass < 0 || wr_pass_on(&passes, (enum wr_pass)steps[i].pass))
			WR_TRY(steps[i].run(&passes));
	return NULL;
}
