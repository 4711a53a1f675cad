/* SPDX-License-Identifier: Apache-2.0
 *
 * node - the life of a plan and its nodes.
 */
#include "analyze/node.h"

#include "analyze/user_node.h"
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"

struct wr_plan *wr_plan_new(void)
{
	struct wr_plan *plan = wr_calloc(1, sizeof *plan);

	wr_arena_init(&plan->arena);
	wr_expr_pool_init(&plan->pool, &plan->arena);
	plan->zone_id = "UTC";
	return plan;
}

void wr_plan_free(struct wr_plan *plan)
{
	if (plan == NULL)
		return;
	for (uint32_t i = 0; i < plan->kept_count; i++)
		wr_embed_unref(plan->kept[i]);
	wr_free(plan->kept);
	wr_expr_pool_release(&plan->pool);
	wr_arena_release(&plan->arena);
	wr_free(plan);
}

void wr_plan_keep(struct wr_plan *plan, struct wr_embed *embed)
{
	plan->kept = wr_realloc(plan->kept, (plan->kept_count + 1) * sizeof(struct wr_embed *));
	plan->kept[plan->kept_count++] = embed;
}

void wr_plan_ended(const struct wr_plan *plan, const void *run)
{
	for (uint32_t i = 0; i < plan->kept_count; i++)
		if (plan->kept[i]->ended != NULL)
			plan->kept[i]->ended(plan->kept[i], run);
}

/* Traits start as unknown. */
struct wr_node *wr_node_new(struct wr_plan *plan, enum wr_node_kind kind, uint32_t input_count,
			    struct wr_pos pos)
{
	struct wr_node *node = WR_NEW(&plan->arena, struct wr_node);

	WR_ASSERT(kind < WR_N_KIND_COUNT);
	node->kind = kind;
	node->id = plan->next_id++;
	node->pos = pos;
	node->input_count = input_count;
	if (input_count > 0)
		node->input = WR_NEW_ARRAY(&plan->arena, struct wr_node *, input_count);
	node->traits.rowtime = -1;
	node->traits.window_start = -1;
	node->traits.window_end = -1;
	node->traits.window_time = -1;
	return node;
}

void wr_schema_init(struct wr_arena *arena, struct wr_schema *schema, uint32_t count)
{
	schema->count = count;
	schema->field = count > 0 ? WR_NEW_ARRAY(arena, struct wr_field, count) : NULL;
}

const char *wr_node_kind_str(enum wr_node_kind kind)
{
	static const char *const name[WR_N_KIND_COUNT] = {
	    [WR_N_SCAN] = "Scan",
	    [WR_N_VALUES] = "Values",
	    [WR_N_FILTER] = "Filter",
	    [WR_N_PROJECT] = "Project",
	    [WR_N_WINDOW] = "Window",
	    [WR_N_AGGREGATE] = "Aggregate",
	    [WR_N_JOIN] = "Join",
	    [WR_N_UNION_ALL] = "UnionAll",
	    [WR_N_SET_OP] = "SetOp",
	    [WR_N_OVER] = "Over",
	    [WR_N_SORT] = "Sort",
	    [WR_N_UNNEST] = "Unnest",
	    [WR_N_MATCH] = "Match",
	    [WR_N_SINK] = "Sink",
	    [WR_N_CALC] = "Calc",
	    [WR_N_EXCHANGE] = "Exchange",
	    [WR_N_LOCAL_LIMIT] = "LocalLimit",
	    [WR_N_LOCAL_AGG] = "LocalAggregate",
	    [WR_N_GROUP_AGG] = "GroupAggregate",
	    [WR_N_WINDOW_AGG] = "WindowAggregate",
	    [WR_N_SESSION_AGG] = "SessionAggregate",
	    [WR_N_WINDOW_RANK] = "WindowRank",
	    [WR_N_RANK] = "Rank",
	    [WR_N_DEDUP] = "Deduplicate",
	    [WR_N_HASH_JOIN] = "HashJoin",
	    [WR_N_WINDOW_JOIN] = "WindowJoin",
	    [WR_N_INTERVAL_JOIN] = "IntervalJoin",
	    [WR_N_CHANGELOG_NORMALIZE] = "ChangelogNormalize",
	    [WR_N_DROP_UPDATE_BEFORE] = "DropUpdateBefore",
	    [WR_N_EPOCH_CHANGES] = "EpochChanges",
	    [WR_N_SINK_MATERIALIZE] = "SinkMaterialize",
	    [WR_N_VIEW_KEEP] = "ViewKeep",
	    [WR_N_COLLAPSE] = "Collapse",
	    [WR_N_TEMPORAL_JOIN] = "TemporalJoin",
	    [WR_N_LOOKUP_JOIN] = "LookupJoin",
	    [WR_N_USER] = "User",
	    [WR_N_MULTI_JOIN] = "MultiJoin",
	};
	WR_ASSERT(kind < WR_N_KIND_COUNT && name[kind] != NULL);
	return name[kind];
}

const char *wr_node_str(const struct wr_node *node)
{
	static const char *const name[WR_U_KIND_COUNT] = {
	    [WR_U_MAP] = "Map",       [WR_U_FLAT_MAP] = "FlatMap",
	    [WR_U_FILTER] = "Filter", [WR_U_PROCESS] = "Process",
	    [WR_U_WINDOW] = "Window", [WR_U_INTERVAL_JOIN] = "IntervalJoin",
	    [WR_U_ASYNC] = "Async",   [WR_U_TABLE_FUNCTION] = "TableFunction",
	    [WR_U_STREAM] = "Stream",
	};

	if (node->kind != WR_N_USER)
		return wr_node_kind_str(node->kind);
	return name[node->u.user.op->kind];
}

bool wr_node_arrival_counts(const struct wr_node *node)
{
	for (;;) {
		switch (node->kind) {
		case WR_N_SCAN:
		case WR_N_VALUES: return true;
		case WR_N_CALC:
		case WR_N_UNNEST:
		case WR_N_LOCAL_LIMIT:
		case WR_N_EXCHANGE: break;
		case WR_N_WINDOW:
			if (node->u.window->kind == WR_W_SESSION)
				return false;
			break;
		case WR_N_USER:
			if (!wr_user_is_by_row(node->u.user.op))
				return false;
			break;
		default: return false;
		}
		node = node->input[0];
	}
}
