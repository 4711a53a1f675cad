/* SPDX-License-Identifier: Apache-2.0
 *
 * physical - brings rows to the worker that owns their key, and decides for every node which
 * changes it emits.
 *
 * Bottom up. A node that keeps state by key needs its input distributed by that key (or all on one
 * worker); where the input is not, an exchange goes in between. Joins always get one on each side.
 */
#include "plan/passes.h"

static bool same_keys(const struct wr_traits *traits, const uint32_t *key, uint32_t count)
{
	return traits->distribution == WR_D_KEYS && traits->keys.count == count &&
	       memcmp(traits->keys.column, key, count * sizeof *key) == 0;
}

static void add_exchange(struct wr_passes *passes, struct wr_node *node, uint32_t i,
			 const uint32_t *key, uint32_t count)
{
	struct wr_node *input = node->input[i],
		       *exchange = wr_node_new(passes->plan, WR_N_EXCHANGE, 1, node->pos);

	exchange->input[0] = input;
	exchange->schema = input->schema;
	exchange->traits = input->traits;
	exchange->u.exchange.to = count > 0 ? WR_D_KEYS : WR_D_SINGLE;
	exchange->u.exchange.key = key;
	exchange->u.exchange.key_count = count;
	exchange->traits.distribution = exchange->u.exchange.to;
	exchange->traits.keys = (struct wr_column_set){count, key};
	node->input[i] = exchange;
}

/* Makes sure that input i is distributed by the key. */
static void require(struct wr_passes *passes, struct wr_node *node, uint32_t i, const uint32_t *key,
		    uint32_t count)
{
	const struct wr_traits *traits = &node->input[i]->traits;

	if (node->input_count == 1 && traits->distribution == WR_D_SINGLE)
		return;
	if (node->input_count == 1 && count > 0 && same_keys(traits, key, count))
		return;
	add_exchange(passes, node, i, key, count);
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
			require(passes, node, 0, NULL, 0);
		else
			require(passes, node, 0, node->u.agg.key, node->u.agg.key_count);
		break;
	case WR_N_WINDOW:
		if (node->u.window->kind == WR_W_SESSION)
			require(passes, node, 0, node->u.window->partition,
				node->u.window->partition_count);
		break;
	case WR_N_RANK:
	case WR_N_WINDOW_RANK:
	case WR_N_DEDUP:
		require(passes, node, 0, node->u.sort.partition, node->u.sort.partition_count);
		break;
	case WR_N_SORT: require(passes, node, 0, NULL, 0); break;
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
		require(passes, node, 0, node->u.join.left_key, node->u.join.key_count);
		require(passes, node, 1, node->u.join.right_key, node->u.join.key_count);
		break;
	case WR_N_SET_OP:
		for (uint32_t i = 0; i < node->input_count; i++)
			require(passes, node, i, all_columns(passes, node->schema.count),
				node->schema.count);
		break;
	default: break;
	}
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

static enum wr_changes join_changes(const struct wr_node *node)
{
	bool inserts = node->input[0]->traits.changes == WR_CHANGES_INSERT &&
		       node->input[1]->traits.changes == WR_CHANGES_INSERT;

	if (!inserts)
		return WR_CHANGES_ALL;
	return node->u.join.join == WR_J_INNER || node->u.join.join == WR_J_SEMI ? WR_CHANGES_INSERT
										 : WR_CHANGES_ALL;
}

static bool is_limit(const struct wr_node *node)
{
	return node->u.sort.fetch >= 0 || node->u.sort.offset > 0;
}

/* Which changes the node emits, given those of its inputs. */
static enum wr_changes node_changes(const struct wr_node *node)
{
	const struct wr_format *format;
	enum wr_changes changes = WR_CHANGES_INSERT;

	switch (node->kind) {
	case WR_N_SCAN:
		format = node->u.scan.table->format;
		return format != NULL && format->changelog ? WR_CHANGES_ALL : WR_CHANGES_INSERT;
	case WR_N_VALUES:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_WINDOW_RANK: return WR_CHANGES_INSERT;
	case WR_N_GROUP_AGG:
	case WR_N_RANK:
	case WR_N_SET_OP: return WR_CHANGES_ALL;
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG:
		return node->u.agg.allowed_lateness_ms > 0 ? WR_CHANGES_ALL : WR_CHANGES_INSERT;
	case WR_N_WINDOW:
		return node->u.window->allowed_lateness_ms > 0 ? WR_CHANGES_ALL
							       : node->input[0]->traits.changes;
	case WR_N_HASH_JOIN: return join_changes(node);
	case WR_N_DEDUP:
		return node->u.sort.keep_last || node->input[0]->traits.changes != WR_CHANGES_INSERT
			   ? WR_CHANGES_ALL
			   : WR_CHANGES_INSERT;
	case WR_N_SORT:
		/* The first rows to come stay the first; without LIMIT nothing is taken back. */
		return node->u.sort.order_count > 0 && is_limit(node)
			   ? WR_CHANGES_ALL
			   : node->input[0]->traits.changes;
	default:
		for (uint32_t i = 0; i < node->input_count; i++)
			changes = WR_MAX(changes, node->input[i]->traits.changes);
		return changes;
	}
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
	case WR_N_UNION_ALL:
	case WR_N_SCAN:
	case WR_N_SINK: return;
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
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

/* The node below that first makes changes, for messages. */
static const struct wr_node *change_maker(const struct wr_node *node)
{
	for (;;) {
		const struct wr_node *below = NULL;

		for (uint32_t i = 0; i < node->input_count && below == NULL; i++)
			if (node->input[i]->traits.changes != WR_CHANGES_INSERT)
				below = node->input[i];
		if (below == NULL)
			return node;
		node = below;
	}
}

/* A sink that takes inserts only must get inserts only. */
static wr_status *check_sink(const struct wr_node *node)
{
	const struct wr_table *table = node->u.sink.table;
	const struct wr_node *maker;

	if (table == NULL || node->input[0]->traits.changes == WR_CHANGES_INSERT ||
	    table->connector->accepts_updates ||
	    (table->format != NULL && table->format->changelog) || table->primary_key_count > 0)
		return NULL;
	maker = change_maker(node->input[0]);
	return wr_status_hint(
	    wr_status_at(
		WR_USER_ERROR, maker->pos.line > 0 ? maker->pos : node->pos,
		"Table '%s' (connector '%s'%s%s%s) takes only new rows, but %s makes updates",
		table->name, table->connector->name, table->format != NULL ? ", format '" : "",
		table->format != NULL ? table->format->name : "", table->format != NULL ? "'" : "",
		wr_node_kind_str(maker->kind)),
	    "Declare a PRIMARY KEY on '%s' (the last row of each key is kept), use a changelog "
	    "format such as "
	    "'debezium-json', or aggregate over a window",
	    table->name);
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
		    "Add LIMIT, order by the time attribute ascending, or sort what comes out");
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
			maker = change_maker(node->input[i]);
	if (maker == NULL)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, node->pos,
			 "An interval join takes only new rows, but %s makes updates",
			 wr_node_kind_str(maker->kind)),
	    "Cast the time attributes, CAST(ts AS TIMESTAMP(3)), to make it a "
	    "regular join, which keeps all rows");
}

wr_status *wr_pass_physical(struct wr_passes *passes, struct wr_node **at, bool *done)
{
	struct wr_node *node = *at;

	if (done[node->id])
		return NULL;
	done[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(wr_pass_physical(passes, &node->input[i], done));
	if (node->kind == WR_N_DEDUP && node->input[0]->traits.changes != WR_CHANGES_INSERT)
		node->kind = WR_N_RANK; /* rows that may be taken back: all must be kept */
	if (node->kind == WR_N_SORT)
		WR_TRY(check_sort(node));
	if (node->kind == WR_N_INTERVAL_JOIN)
		WR_TRY(check_interval_join(node));
	add_exchanges(passes, node);
	node->traits.changes = node_changes(node);
	node->traits.needs_update_before = true;
	node_distribution(passes, node);
	if (node->kind == WR_N_GROUP_AGG || node->kind == WR_N_WINDOW_AGG ||
	    node->kind == WR_N_SESSION_AGG)
		WR_TRY(infer_aggregates(passes, node));
	return node->kind == WR_N_SINK ? check_sink(node) : NULL;
}
