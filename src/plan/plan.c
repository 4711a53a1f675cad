/* SPDX-License-Identifier: Apache-2.0
 *
 * plan - runs the passes in their order over every statement of the plan.
 */
#include "plan/passes.h"

/* Whether the user has switched a pass off: weir.optimizer.disabled = 'share,calc'. */
static bool enabled(const struct wr_passes *passes, const char *name)
{
	const char *list = passes->options->disabled;
	size_t len = strlen(name);

	while (list != NULL && *list != '\0') {
		size_t part = strcspn(list, ", ");

		if (part == len && memcmp(list, name, len) == 0)
			return false;
		list += part + strspn(list + part, ", ");
	}
	return true;
}

static wr_status *prune_root(struct wr_passes *passes, struct wr_node **root)
{
	uint32_t count = (*root)->schema.count;
	bool *all = WR_NEW_ARRAY(&passes->plan->arena, bool, count + 1);

	memset(all, 1, count);
	return wr_pass_prune(passes, root, all, wr_plan_u32(passes->plan, count));
}

wr_status *wr_plan_physical(struct wr_plan *plan, const struct wr_plan_options *options)
{
	struct wr_passes passes = {.plan = plan, .options = options};
	bool *done;

	for (uint32_t r = 0; r < plan->root_count; r++) {
		WR_TRY(wr_pass_rewrite(&passes, plan->root[r], &plan->root[r]));
		if (enabled(&passes, "prune"))
			WR_TRY(prune_root(&passes, &plan->root[r]));
		WR_TRY(wr_pass_calc(&passes, &plan->root[r]));
		if (enabled(&passes, "prune")) /* merged calcs read less */
			WR_TRY(prune_root(&passes, &plan->root[r]));
		WR_TRY(wr_pass_calc(&passes, &plan->root[r]));
		WR_TRY(wr_pass_element(&passes, plan->root[r]));
	}
	if (enabled(&passes, "share"))
		WR_TRY(wr_pass_share(&passes));
	done = WR_NEW_ARRAY(&plan->arena, bool, 4 * plan->next_id + 64);
	for (uint32_t r = 0; r < plan->root_count; r++)
		WR_TRY(wr_pass_physical(&passes, &plan->root[r], done));
	wr_pass_quantum(&passes);
	return NULL;
}
