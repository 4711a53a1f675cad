/* SPDX-License-Identifier: Apache-2.0
 *
 * physical - brings rows to the worker that owns their key, and notes on the way which changes and
 * which upsert keys each node has.
 *
 * Bottom up. A node that keeps state by key needs its input distributed by that key (or all on one
 * worker); where the input is not, an exchange goes in between. Joins always get one on each side.
 */
#include "analyze/match.h"
#include "analyze/user_node.h"
#include "plan/passes.h"

static bool same_keys(const struct wr_traits *traits, const uint32_t *key, uint32_t count)
{
	return traits->distribution == WR_D_KEYS && traits->keys.count == count &&
	       memcmp(traits->keys.column, key, count * sizeof *key) == 0;
}

void wr_plan_exchange(struct wr_passes *passes, struct wr_node *node, uint32_t i,
		      enum wr_distribution to, const uint32_t *key, uint32_t count)
{
	struct wr_node *input = node->input[i],
		       *exchange = wr_node_new(passes->plan, WR_N_EXCHANGE, 1, node->pos);

	exchange->input[0] = input;
	exchange->schema = input->schema;
	exchange->traits = input->traits;
	exchange->u.exchange.to = to;
	exchange->u.exchange.key = key;
	exchange->u.exchange.key_count = count;
	exchange->traits.distribution = exchange->u.exchange.to;
	exchange->traits.keys = (struct wr_column_set){count, key};
	node->input[i] = exchange;
	wr_plan_changes(exchange);
	wr_plan_upsert_keys(passes, exchange);
}

void wr_plan_distribute(struct wr_passes *passes, struct wr_node *node, uint32_t i,
			const uint32_t *key, uint32_t count)
{
	const struct wr_traits *traits = &node->input[i]->traits;

	if (node->input_count == 1 && traits->distribution == WR_D_SINGLE)
		return;
	if (node->input_count == 1 && count > 0 && same_keys(traits, key, count))
		return;
	wr_plan_exchange(passes, node, i, count > 0 ? WR_D_KEYS : WR_D_SINGLE, key, count);
}

static uint32_t *all_columns(struct wr_passes *passes, uint32_t count)
{
	uint32_t *out = wr_plan_u32(passes->plan, count);

	for (uint32_t i = 0; i < count; i++)
		out[i] = i;
	return out;
}

/* Windows whose offset is no multiple of their size depend on the order of all rows
 * (op/window_offset.c): one worker. */
static bool needs_whole_stream(const struct wr_node *node)
{
	const struct wr_window *window = node->u.agg.window;

	return node->kind == WR_N_WINDOW_AGG && !node->u.agg.attached &&
	       window->kind == WR_W_TUMBLE && node->u.agg.allowed_lateness_ms == 0 &&
	       window->offset_ms % window->size_ms != 0;
}

static void add_exchanges(struct wr_passes *passes, struct wr_node *node)
{
	switch (node->kind) {
	case WR_N_GROUP_AGG:
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG:
		if (needs_whole_stream(node))
			wr_plan_distribute(passes, node, 0, NULL, 0);
		else
			wr_plan_distribute(passes, node, 0, node->u.agg.key, node->u.agg.key_count);
		break;
	case WR_N_WINDOW:
		if (node->u.window->kind == WR_W_SESSION)
			wr_plan_distribute(passes, node, 0, node->u.window->partition,
					   node->u.window->partition_count);
		break;
	case WR_N_RANK:
	case WR_N_WINDOW_RANK:
	case WR_N_DEDUP:
		wr_plan_distribute(passes, node, 0, node->u.sort.partition,
				   node->u.sort.partition_count);
		break;
	case WR_N_SORT: wr_plan_distribute(passes, node, 0, NULL, 0); break;
	case WR_N_OVER:
		wr_plan_distribute(passes, node, 0, node->u.over.partition,
				   node->u.over.partition_count);
		break;
	case WR_N_MATCH:
		wr_plan_distribute(passes, node, 0, node->u.match->partition,
				   node->u.match->partition_count);
		break;
	case WR_N_USER: wr_user_exchanges(passes, node); break;
	case WR_N_MULTI_JOIN:
		for (uint32_t i = 0; i < node->input_count; i++)
			wr_plan_distribute(passes, node, i, node->u.multi.key[i],
					   node->u.multi.key_count);
		break;
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_TEMPORAL_JOIN:
		wr_plan_distribute(passes, node, 0, node->u.join.left_key, node->u.join.key_count);
		wr_plan_distribute(passes, node, 1, node->u.join.right_key, node->u.join.key_count);
		break;
	case WR_N_SET_OP:
		for (uint32_t i = 0; i < node->input_count; i++)
			wr_plan_distribute(passes, node, i, all_columns(passes, node->schema.count),
					   node->schema.count);
		break;
	default: break;
	}
}

/* The first rows of a source are among the first ones of the workers that read it. */
static void local_limit(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_node *exchange = node->input[0], *local;

	if (!wr_pass_on(passes, WR_PASS_LIMIT) || exchange->kind != WR_N_EXCHANGE ||
	    node->u.sort.order_count > 0 || node->u.sort.fetch < 0 ||
	    exchange->traits.changes != WR_CHANGES_INSERT ||
	    !wr_node_arrival_counts(exchange->input[0]))
		return;
	local = wr_node_new(passes->plan, WR_N_LOCAL_LIMIT, 1, node->pos);
	local->input[0] = exchange->input[0];
	local->schema = exchange->schema;
	local->traits = exchange->input[0]->traits;
	local->u.sort = node->u.sort;
	exchange->input[0] = local;
	wr_pass_note(passes, WR_PASS_LIMIT);
}

/* Distribution keys through a calc: every key column must be passed on. */
static void calc_distribution(struct wr_passes *passes, struct wr_node *node)
{
	const struct wr_traits *input = &node->input[0]->traits;
	uint32_t *key;

	node->traits.distribution = input->distribution;
	if (input->distribution != WR_D_KEYS)
		return;
	key = wr_plan_u32(passes->plan, input->keys.count);
	for (uint32_t k = 0; k < input->keys.count; k++) {
		bool found = node->u.calc.expr == NULL;

		key[k] = input->keys.column[k];
		for (uint32_t i = 0; !found && i < node->schema.count; i++)
			if (node->u.calc.expr[i]->kind == WR_E_COLUMN &&
			    node->u.calc.expr[i]->column == input->keys.column[k]) {
				key[k] = i;
				found = true;
			}
		if (!found) {
			node->traits.distribution = WR_D_ANY;
			return;
		}
	}
	node->traits.keys = (struct wr_column_set){input->keys.count, key};
}

static bool is_limit(const struct wr_node *node)
{
	return node->u.sort.fetch >= 0 || node->u.sort.offset > 0;
}

static void node_distribution(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_traits *traits = &node->traits;

	traits->distribution = WR_D_ANY;
	switch (node->kind) {
	case WR_N_VALUES: traits->distribution = WR_D_SINGLE; return;
	case WR_N_CALC: calc_distribution(passes, node); return;
	case WR_N_GROUP_AGG:
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG:
		traits->distribution = node->input[0]->traits.distribution;
		traits->keys = (struct wr_column_set){node->u.agg.key_count,
						      all_columns(passes, node->u.agg.key_count)};
		if (node->u.agg.key_count == 0 && traits->distribution == WR_D_KEYS)
			traits->distribution = WR_D_ANY;
		return;
	case WR_N_MATCH:
		traits->distribution = node->input[0]->traits.distribution;
		traits->keys =
		    (struct wr_column_set){node->u.match->partition_count,
					   all_columns(passes, node->u.match->partition_count)};
		if (node->u.match->partition_count == 0 && traits->distribution == WR_D_KEYS)
			traits->distribution = WR_D_ANY;
		return;
	case WR_N_USER: /* columns are the program's: only a filter's are known to be the input's */
		if (node->input[0]->traits.distribution == WR_D_SINGLE && node->input_count == 1)
			traits->distribution = WR_D_SINGLE;
		if (node->u.user.op->kind == WR_U_FILTER) {
			traits->distribution = node->input[0]->traits.distribution;
			traits->keys = node->input[0]->traits.keys;
		}
		return;
	case WR_N_UNION_ALL:
	case WR_N_SCAN:
	case WR_N_MULTI_JOIN:
	case WR_N_SINK: return;
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_TEMPORAL_JOIN:
		traits->distribution = node->u.join.key_count == 0 ? WR_D_SINGLE : WR_D_ANY;
		return;
	default:
		if (node->input_count > 0) {
			traits->distribution = node->input[0]->traits.distribution;
			traits->keys = node->input[0]->traits.keys;
		}
		return;
	}
}

/* Aggregates over changing inputs take implementations that can retract. */
static wr_status *infer_aggregates(struct wr_passes *passes, struct wr_node *node)
{
	bool retract = node->input[0]->traits.changes != WR_CHANGES_INSERT;

	if (!retract)
		return NULL;
	for (uint32_t i = 0; i < node->u.agg.item_count; i++) {
		struct wr_agg_item *item = &node->u.agg.item[i];

		WR_TRY(wr_agg_call_retracting(&passes->plan->pool, item->call, item->pos,
					      &item->call));
	}
	return NULL;
}

/* Windows whose results are merged of several accumulators: functions of the program may not know
 * how to. */
static wr_status *check_merges(const struct wr_node *node)
{
	const struct wr_window *window = node->u.agg.window;

	if (window == NULL || (node->kind == WR_N_WINDOW_AGG && window->kind == WR_W_TUMBLE &&
			       node->u.agg.allowed_lateness_ms == 0))
		return NULL;
	for (uint32_t i = 0; i < node->u.agg.item_count; i++) {
		const struct wr_agg_item *item = &node->u.agg.item[i];
		const struct wr_agg_call *call =
		    item->call->inner != NULL ? item->call->inner : item->call;

		if (call->agg->merge == NULL)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, item->pos,
							   "'%s' cannot be merged, which %s needs",
							   item->function->name,
							   window->kind == WR_W_TUMBLE
							       ? "a window that late rows "
								 "may correct"
							       : "this window"),
					      "Give the function a `merge` callback");
	}
	return NULL;
}

/* ORDER BY without LIMIT is possible by time, and over rows that are never taken back. */
static wr_status *check_sort(const struct wr_node *node)
{
	const struct wr_sort_key *first = node->u.sort.order;
	enum wr_time_attr attr = WR_TIME_NONE;

	if (is_limit(node))
		return NULL;
	if (node->u.sort.order_count > 0)
		attr = node->input[0]->schema.field[first->column].type->time;
	if (attr == WR_TIME_NONE || first->descending)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, node->pos, "%s",
				 attr == WR_TIME_NONE
				     ? "Sort on a non-time-attribute field is not supported: an "
				       "endless stream has no end at which it could be sorted"
				     : "The primary sort order of a streaming table must be "
				       "ascending on time"),
		    "Add LIMIT, order by the time attribute ascending, or, if all inputs end, "
		    "SET 'execution.runtime-mode' = 'batch'");
	if (node->input[0]->traits.changes == WR_CHANGES_INSERT)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, node->pos,
					   "ORDER BY a time attribute takes only new rows, but its "
					   "input is updated"),
			      "Add LIMIT, or order the rows before they are aggregated");
}

/* An interval join keeps its rows for a while and takes nothing back. */
static wr_status *check_interval_join(const struct wr_node *node)
{
	const struct wr_node *maker = NULL;

	for (uint32_t i = 0; i < node->input_count && maker == NULL; i++)
		if (node->input[i]->traits.changes != WR_CHANGES_INSERT)
			maker = wr_plan_change_maker(node->input[i]);
	if (maker == NULL)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, node->pos,
			 "An interval join takes only new rows, but %s makes updates",
			 wr_node_kind_str(maker->kind)),
	    "Cast the time attributes, CAST(ts AS TIMESTAMP(3)), to make it a "
	    "regular join, which keeps all rows");
}

/* A row that is taken back may have been part of a match that has been shown. */
static wr_status *check_match(const struct wr_node *node)
{
	if (node->input[0]->traits.changes == WR_CHANGES_INSERT)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, node->pos,
			 "MATCH_RECOGNIZE takes only new rows, but %s makes updates",
			 wr_node_kind_str(wr_plan_change_maker(node->input[0])->kind)),
	    "Match the rows before they are aggregated, or aggregate over a window");
}

/* Rows that may be taken back must all be kept: operators that forget give way to those that do
 * not. */
static void take_changes(struct wr_node *node)
{
	bool changing = false;

	for (uint32_t i = 0; i < node->input_count; i++)
		changing = changing || node->input[i]->traits.changes != WR_CHANGES_INSERT;
	if (!changing)
		return;
	if (node->kind == WR_N_DEDUP || node->kind == WR_N_WINDOW_RANK)
		node->kind = WR_N_RANK;
	else if (node->kind == WR_N_WINDOW_JOIN)
		node->kind = WR_N_HASH_JOIN;
}

wr_status *wr_pass_physical(struct wr_passes *passes, struct wr_node **at, bool *done)
{
	struct wr_node *node = *at, *above = NULL;

	if (done[node->id]) {
		if (node->id < passes->over_count && passes->over[node->id] != NULL &&
		    node->kind != WR_N_SCAN)
			*at = passes->over[node->id];
		return NULL;
	}
	done[node->id] = true;
	if (node->kind == WR_N_LOOKUP_JOIN)
		node->input_count = 1;
	for (uint32_t i = 0; i < node->input_count; i++) {
		WR_TRY(wr_pass_physical(passes, &node->input[i], done));
		if (node->input[i]->kind == WR_N_SCAN)
			WR_TRY(wr_plan_normalize(passes, &node->input[i]));
	}
	for (uint32_t i = 0; i < node->input_count; i++)
		if (wr_batch_needs_collapse(passes, node, i) && wr_batch_collapse(passes, node, i))
			wr_plan_distribute(passes, node->input[i], 0,
					   all_columns(passes, node->input[i]->schema.count),
					   node->input[i]->schema.count);
	take_changes(node);
	if (node->kind == WR_N_SORT && !node->u.sort.at_end)
		WR_TRY(check_sort(node));
	if (node->kind == WR_N_INTERVAL_JOIN)
		WR_TRY(check_interval_join(node));
	if (node->kind == WR_N_OVER)
		WR_TRY(wr_over_check_input(node));
	if ((node->kind == WR_N_WINDOW_AGG || node->kind == WR_N_SESSION_AGG) &&
	    node->input[0]->traits.changes != WR_CHANGES_INSERT)
		WR_TRY(wr_plan_skip_empty(passes, node, &above));
	if (node->kind == WR_N_MATCH)
		WR_TRY(check_match(node));
	if (node->kind == WR_N_USER)
		WR_TRY(wr_user_check_input(node));
	add_exchanges(passes, node);
	wr_plan_changes(node);
	if (passes->options->batch)
		wr_batch_changes(node);
	wr_plan_upsert_keys(passes, node);
	node_distribution(passes, node);
	if (node->kind == WR_N_GROUP_AGG || node->kind == WR_N_WINDOW_AGG ||
	    node->kind == WR_N_SESSION_AGG)
		WR_TRY(infer_aggregates(passes, node));
	if (node->kind == WR_N_WINDOW_AGG || node->kind == WR_N_SESSION_AGG)
		WR_TRY(check_merges(node));
	if (node->kind == WR_N_GROUP_AGG || node->kind == WR_N_WINDOW_AGG)
		wr_plan_two_phase(passes, node);
	if (node->kind == WR_N_SORT)
		local_limit(passes, node);
	if (above == NULL)
		return NULL;
	wr_plan_window_traits(above);
	wr_plan_changes(above);
	wr_plan_upsert_keys(passes, above);
	node_distribution(passes, above);
	WR_ASSERT(node->id < passes->over_count);
	passes->over[node->id] = *at = above;
	return NULL;
}
