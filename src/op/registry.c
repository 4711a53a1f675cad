/* SPDX-License-Identifier: Apache-2.0
 *
 * registry - which operator runs which physical node, and how instances are made and freed.
 */
#include "analyze/user_node.h"
#include "op/make.h"

#include "base/mem.h"
#include "plan/plan.h"

static const struct wr_op_type *const op_of_kind[WR_N_KIND_COUNT] = {
    [WR_N_CALC] = &wr_op_calc,
    [WR_N_VALUES] = &wr_op_values,
    [WR_N_WINDOW] = &wr_op_window,
    [WR_N_LOCAL_LIMIT] = &wr_op_local_limit,
    [WR_N_LOCAL_AGG] = &wr_op_local_agg,
    [WR_N_GROUP_AGG] = &wr_op_group_agg,
    [WR_N_WINDOW_AGG] = &wr_op_window_agg,
    [WR_N_SESSION_AGG] = &wr_op_session_agg,
    [WR_N_HASH_JOIN] = &wr_op_hash_join,
    [WR_N_SET_OP] = &wr_op_set_op,
    [WR_N_COLLAPSE] = &wr_op_set_op,
    [WR_N_WINDOW_JOIN] = &wr_op_window_join,
    [WR_N_INTERVAL_JOIN] = &wr_op_interval_join,
    [WR_N_TEMPORAL_JOIN] = &wr_op_temporal_join,
    [WR_N_MULTI_JOIN] = &wr_op_multi_join,
    [WR_N_LOOKUP_JOIN] = &wr_op_lookup_join,
    [WR_N_WINDOW_RANK] = &wr_op_window_rank,
    [WR_N_RANK] = &wr_op_rank,
    [WR_N_DEDUP] = &wr_op_dedup,
    [WR_N_SORT] = &wr_op_sort,
    [WR_N_UNNEST] = &wr_op_unnest,
    [WR_N_MATCH] = &wr_op_match,
    [WR_N_CHANGELOG_NORMALIZE] = &wr_op_changelog_normalize,
    [WR_N_DROP_UPDATE_BEFORE] = &wr_op_drop_update_before,
    [WR_N_EPOCH_CHANGES] = &wr_op_epoch_changes,
    [WR_N_SINK_MATERIALIZE] = &wr_op_sink_materialize,
    [WR_N_VIEW_KEEP] = &wr_op_view_keep,
    [WR_N_OVER] = &wr_op_over,
};

/* Of USER nodes. */
static const struct wr_op_type *const op_of_user[WR_U_KIND_COUNT] = {
    [WR_U_MAP] = &wr_op_user_rows,      [WR_U_FLAT_MAP] = &wr_op_user_rows,
    [WR_U_FILTER] = &wr_op_user_rows,   [WR_U_PROCESS] = &wr_op_user_process,
    [WR_U_WINDOW] = &wr_op_user_window, [WR_U_INTERVAL_JOIN] = &wr_op_user_interval,
    [WR_U_ASYNC] = &wr_op_user_async,
};

/* One kind of node may have several operators. */
static const struct wr_op_type *pick(const struct wr_node *node)
{
	if (node->kind == WR_N_SORT && node->u.sort.at_end)
		return &wr_op_order;
	if (node->kind == WR_N_SORT && (node->u.sort.fetch >= 0 || node->u.sort.offset > 0))
		return &wr_op_rank;
	if (node->kind == WR_N_WINDOW && node->u.window->kind == WR_W_SESSION)
		return &wr_op_session_rows;
	if (node->kind == WR_N_OVER && !wr_over_by_time(node))
		return &wr_op_over_sorted;
	if (node->kind == WR_N_USER)
		return op_of_user[node->u.user.op->kind];
	return op_of_kind[node->kind];
}

wr_status *wr_op_make(const struct wr_op_type *type, const struct wr_node *node,
		      const struct wr_op_env *env, struct wr_op **out)
{
	struct wr_op *op = wr_calloc(1, type->size);
	wr_status *status;

	WR_ASSERT(type->size >= sizeof *op);
	op->type = type;
	op->node = node;
	op->env = env;
	status = type->init(op);
	if (status != NULL) {
		wr_op_free(op);
		op = NULL;
	}
	*out = op;
	return status;
}

bool wr_op_exists(const struct wr_node *node)
{
	return pick(node) != NULL;
}

wr_status *wr_op_new(const struct wr_node *node, const struct wr_op_env *env, struct wr_op **out)
{
	const struct wr_op_type *type = pick(node);

	if (type == NULL)
		return wr_status_at(WR_USER_ERROR, node->pos, "%s cannot run yet",
				    wr_node_kind_str(node->kind));
	return wr_op_make(type, node, env, out);
}

void wr_op_free(struct wr_op *op)
{
	if (op == NULL)
		return;
	op->type->release(op);
	wr_free(op->kept);
	wr_free(op->clocks);
	wr_free(op);
}

uint64_t wr_op_state_bytes(const struct wr_op *op)
{
	return op->type->state_bytes != NULL ? op->type->state_bytes(op) : 0;
}
