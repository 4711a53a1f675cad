/* SPDX-License-Identifier: Apache-2.0
 *
 * changelog - which kinds of changes every node emits, and that each gets what it needs.
 *
 * Three walks over the plan, in this order:
 *
 *   wr_plan_changes    bottom up, with the exchanges: which kinds a node makes of those it gets
 *   settle             top down: whether -U is needed. A sink that keeps the last row of each key
 *                      needs none if its PRIMARY KEY is an upsert key of what it gets and nothing
 * on the way would lose an update: a filter on other columns would, since the +U that it holds back
 * leaves the old row behind drop               where a node makes -U all the same (a source, a part
 * that others read too), it is taken out in front of the one who needs none
 *
 * A sink whose PRIMARY KEY does not contain an upsert key may get changes of several rows under one
 * key, mixed: SINK_MATERIALIZE then knows all of them and shows the one that counts.
 */
#include "analyze/user_node.h"
#include "expr/function.h"
#include "plan/passes.h"

/* --- bottom up ----------------------------------------------------------------------------- */

/* LIMIT or OFFSET: rows move in and out. */
static bool is_limit(const struct wr_node *node)
{
	return node->u.sort.fetch >= 0 || node->u.sort.offset > 0;
}

/* What all inputs make together. */
static void pass_on(struct wr_node *node)
{
	for (uint32_t i = 0; i < node->input_count; i++) {
		node->traits.updates = node->traits.updates || node->input[i]->traits.updates;
		node->traits.deletes = node->traits.deletes || node->input[i]->traits.deletes;
	}
}

/* Rows of an inner join come and go with those that they are made of. */
static void join_changes(struct wr_node *node)
{
	enum wr_join_kind join = node->u.join.join;

	pass_on(node);
	if (join == WR_J_INNER ||
	    (join == WR_J_SEMI && !node->traits.updates && !node->traits.deletes))
		return;
	node->traits.deletes = true; /* what was shown alone, or as long as there is a match */
}

/* By kind; others hand on what they get. */
static void make_kinds(struct wr_node *node, bool changing)
{
	struct wr_traits *traits = &node->traits;

	switch (node->kind) {
	case WR_N_SCAN:
		traits->updates = traits->deletes = wr_plan_source(node) != WR_SOURCE_INSERTS;
		break;
	case WR_N_VALUES:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_MATCH:
	case WR_N_WINDOW_RANK: break;
	case WR_N_GROUP_AGG:
		traits->updates = node->u.agg.item_count > 0;
		traits->deletes = changing;
		break;
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG:
		traits->updates =
		    node->kind == WR_N_WINDOW_AGG && node->u.agg.allowed_lateness_ms > 0;
		/* A session that changes is another one: the old one goes. */
		traits->deletes = node->u.agg.allowed_lateness_ms > 0 &&
				  (changing || node->kind == WR_N_SESSION_AGG);
		break;
	case WR_N_WINDOW:
		pass_on(node);
		traits->deletes = traits->deletes || node->u.window->allowed_lateness_ms > 0;
		break;
	case WR_N_RANK:
		traits->updates = node->u.sort.emit_rank;
		traits->deletes = changing || !node->u.sort.emit_rank;
		break;
	case WR_N_DEDUP: traits->updates = node->u.sort.keep_last; break;
	case WR_N_SET_OP: traits->deletes = changing || node->u.set_op.except; break;
	case WR_N_OVER: /* by time every row comes out once; else later rows change it */
		traits->updates = !wr_over_by_time(node);
		traits->deletes = traits->updates && changing;
		break;
	case WR_N_HASH_JOIN: join_changes(node); break;
	case WR_N_MULTI_JOIN:
		pass_on(node);
		for (uint32_t i = 1; i < node->input_count; i++)
			if (node->u.multi.join[i] == WR_J_LEFT)
				traits->deletes = true;
		break;
	case WR_N_LOOKUP_JOIN:
	case WR_N_TEMPORAL_JOIN: /* each left row once, with its own kind of change */
		traits->updates = node->input[0]->traits.updates;
		traits->deletes = node->input[0]->traits.deletes;
		break;
	case WR_N_SORT:
		/* The first rows to come stay the first; without LIMIT nothing is taken back. */
		if (is_limit(node))
			traits->deletes = changing || node->u.sort.order_count > 0;
		else
			pass_on(node);
		break;
	case WR_N_CHANGELOG_NORMALIZE:
	case WR_N_SINK_MATERIALIZE: traits->updates = traits->deletes = true; break;
	case WR_N_EPOCH_CHANGES:
		traits->updates = node->u.changelog.keyed;
		traits->deletes = true;
		break;
	case WR_N_USER: wr_user_changes(node); break;
	default: pass_on(node); break;
	}
}

/* Without the second walk everything has -U. */
void wr_plan_changes(struct wr_node *node)
{
	bool changing = false;

	for (uint32_t i = 0; i < node->input_count; i++)
		changing = changing || node->input[i]->traits.changes != WR_CHANGES_INSERT;
	node->traits.updates = node->traits.deletes = false;
	make_kinds(node, changing);
	node->traits.changes =
	    node->traits.updates || node->traits.deletes ? WR_CHANGES_ALL : WR_CHANGES_INSERT;
	node->traits.needs_update_before = node->traits.updates;
}

/* --- what a sink takes --------------------------------------------------------------------- */

/* ALL: every kind. UPDATE_AFTER: the last row of each key, no -U. INSERT: new rows alone. */
static enum wr_changes sink_takes(const struct wr_node *sink)
{
	const struct wr_table *table = sink->u.sink.table;

	if (table == NULL || (table->format != NULL && table->format->changelog))
		return WR_CHANGES_ALL;
	if (table->connector->remembered)
		return table->primary_key_count > 0 ? WR_CHANGES_UPDATE_AFTER : WR_CHANGES_ALL;
	if (table->connector->accepts_updates)
		return table->connector->ignores_update_before ? WR_CHANGES_UPDATE_AFTER
							       : WR_CHANGES_ALL;
	if (table->primary_key_count > 0 && (table->connector->keeps_keys == NULL ||
					     table->connector->keeps_keys(sink->u.sink.args)))
		return WR_CHANGES_UPDATE_AFTER;
	return WR_CHANGES_INSERT;
}

/* The node below that first makes changes, for messages. */
const struct wr_node *wr_plan_change_maker(const struct wr_node *node)
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

/* The operator in the words of SQL: "the aggregation by customer". */
static const char *maker_words(struct wr_plan *plan, const struct wr_node *node)
{
	switch (node->kind) {
	case WR_N_SCAN:
		return wr_arena_printf(&plan->arena, "the changelog of table '%s' makes",
				       node->u.scan.table->name);
	case WR_N_GROUP_AGG:
		return node->u.agg.item_count == 0 ? "DISTINCT (GroupAggregate) makes"
						   : "the aggregation (GroupAggregate) makes";
	case WR_N_WINDOW:
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG:
		return "the correction of windows by late rows ('weir.late-rows.allowed') makes";
	case WR_N_MULTI_JOIN: return "the left join (MultiJoin) makes";
	case WR_N_HASH_JOIN: return "the outer or semi join (HashJoin) makes";
	case WR_N_RANK: return "Top-N (Rank) makes";
	case WR_N_DEDUP: return "the deduplication that keeps the last row (Deduplicate) makes";
	case WR_N_OVER: return "the OVER window that is not ordered by time (Over) makes";
	case WR_N_SET_OP: return "INTERSECT or EXCEPT (SetOp) makes";
	case WR_N_SORT: return "ORDER BY with LIMIT (Sort) makes";
	case WR_N_USER:
		return wr_arena_printf(&plan->arena, "'%s' (%s) makes", node->u.user.op->name,
				       wr_node_str(node));
	default: return wr_arena_printf(&plan->arena, "%s makes", wr_node_kind_str(node->kind));
	}
}

/* A sink that takes inserts only must get inserts only. */
static wr_status *refuse_sink(struct wr_passes *passes, const struct wr_node *sink)
{
	const struct wr_table *table = sink->u.sink.table;
	const struct wr_node *maker = wr_plan_change_maker(sink->input[0]);
	wr_status *status = wr_status_at(
	    WR_USER_ERROR, maker->pos.line > 0 ? maker->pos : sink->pos,
	    "Table '%s' (connector '%s'%s%s%s) takes only new rows, but %s updates", table->name,
	    table->connector->name, table->format != NULL ? ", format '" : "",
	    table->format != NULL ? table->format->name : "", table->format != NULL ? "'" : "",
	    maker_words(passes->plan, maker));

	if (strcmp(table->connector->name, "sink-function") == 0)
		return wr_status_hint(status, "Set `accepts_changes` of the struct weir_sink, and "
					      "look at weir_batch_kind, or aggregate over a "
					      "window");
	if (table->primary_key_count > 0)
		return wr_status_hint(status,
				      "PARTITIONED BY and streams such as '-' cannot keep the last "
				      "row of each PRIMARY KEY: write one file or folder without "
				      "partitions, or use a changelog format such as "
				      "'debezium-json'");
	if (strcmp(table->connector->name, "kafka") == 0)
		return wr_status_hint(status,
				      "Use connector 'upsert-kafka' with a PRIMARY KEY (the last "
				      "message of each key counts) or a changelog format such as "
				      "'debezium-json', or aggregate over a window");
	return wr_status_hint(
	    status,
	    "Declare a PRIMARY KEY on '%s' (the last row of each key is kept), use a changelog "
	    "format such as 'debezium-json', or aggregate over a window",
	    table->name);
}

/* --- ON CONFLICT --------------------------------------------------------------------------- */

static bool all_have_watermarks(const struct wr_node *node)
{
	if (node->kind == WR_N_SCAN)
		return node->u.scan.watermark != NULL || node->u.scan.source_watermark;
	for (uint32_t i = 0; i < node->input_count; i++)
		if (!all_have_watermarks(node->input[i]))
			return false;
	return true;
}

/* Whether the clause makes sense here. */
static wr_status *check_conflict(struct wr_passes *passes, const struct wr_node *sink)
{
	enum wr_changes takes = sink_takes(sink);
	enum wr_conflict conflict = sink->u.sink.conflict;

	if (conflict == WR_CONFLICT_NONE)
		return NULL;
	if (takes != WR_CHANGES_UPDATE_AFTER || sink->u.sink.table->primary_key_count == 0)
		return wr_status_at(
		    WR_USER_ERROR, sink->u.sink.conflict_pos,
		    "ON CONFLICT clause is only allowed for upsert sinks. The sink '%s' is not an "
		    "upsert sink because %s",
		    sink->u.sink.table->name,
		    takes == WR_CHANGES_INSERT ? "it only accepts INSERT (append-only) changes"
		    : takes == WR_CHANGES_ALL  ? "it requires UPDATE_BEFORE (retract mode)"
					       : "it has no PRIMARY KEY");
	if (passes->options->materialize == WR_MATERIALIZE_NONE)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, sink->u.sink.conflict_pos,
						   "ON CONFLICT has no effect with "
						   "'table.exec.sink.upsert-materialize' = 'NONE'"),
				      "Set the option to 'AUTO', or leave the clause out");
	if (conflict != WR_CONFLICT_DEDUPLICATE && !passes->options->batch &&
	    !all_have_watermarks(sink))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, sink->u.sink.conflict_pos,
				 "ON CONFLICT DO %s requires all source tables to define "
				 "watermarks",
				 conflict == WR_CONFLICT_ERROR ? "ERROR" : "NOTHING"),
		    "Declare WATERMARK FOR in every source table, or use ON CONFLICT DO "
		    "DEDUPLICATE");
	return NULL;
}

/* "[a, b]" */
static void name_columns(struct wr_text *text, const struct wr_schema *schema,
			 const uint32_t *column, uint32_t count)
{
	wr_text_putc(text, '[');
	for (uint32_t i = 0; i < count; i++)
		wr_text_printf(text, "%s%s", i > 0 ? ", " : "", schema->field[column[i]].name);
	wr_text_putc(text, ']');
}

/* table.exec.sink.require-on-conflict */
static wr_status *ask_conflict(const struct wr_node *sink)
{
	const struct wr_connector_args *args = sink->u.sink.args;
	const struct wr_upsert_keys *keys = &sink->input[0]->traits.upsert_keys;
	struct wr_text primary, upsert;
	wr_status *status;

	wr_text_init(&primary);
	wr_text_init(&upsert);
	name_columns(&primary, &sink->schema, args->primary_key, args->primary_key_count);
	for (uint32_t i = 0; i < keys->count; i++) {
		wr_text_puts(&upsert, i > 0 ? " or " : "");
		name_columns(&upsert, &sink->schema, keys->set[i].column, keys->set[i].count);
	}
	status = wr_status_hint(
	    wr_status_at(WR_USER_ERROR, sink->pos,
			 "The query has an upsert key that differs from the primary key of the "
			 "sink table '%s'. Primary key: %s, upsert key: %s",
			 sink->u.sink.table->name, wr_text_str(&primary),
			 keys->count > 0 ? wr_text_str(&upsert) : "none"),
	    "Add ON CONFLICT DO DEDUPLICATE (the last row counts), DO NOTHING (the first) or DO "
	    "ERROR; or set 'table.exec.sink.require-on-conflict' to 'false'");
	wr_text_release(&primary);
	wr_text_release(&upsert);
	return status;
}

/* --- top down ------------------------------------------------------------------------------ */

/* Whether rows go through the node one by one, -U as they come. */
static bool is_transparent(enum wr_node_kind kind)
{
	return kind == WR_N_CALC || kind == WR_N_EXCHANGE || kind == WR_N_UNION_ALL ||
	       kind == WR_N_VIEW_KEEP;
}

/* Whether the condition decides alike for all changes of a row: it reads a key alone. */
static bool by_key(struct wr_passes *passes, const struct wr_expr *condition,
		   const struct wr_upsert_keys *keys, uint32_t columns)
{
	bool *read = WR_NEW_ARRAY(&passes->plan->arena, bool, columns + 1);
	uint32_t *column = wr_plan_u32(passes->plan, columns), count = 0;

	if (condition == NULL)
		return true;
	if (!wr_expr_is_deterministic(condition))
		return false;
	wr_expr_columns(condition, read);
	for (uint32_t i = 0; i < columns; i++)
		if (read[i])
			column[count++] = i;
	for (uint32_t i = 0; i < keys->count; i++)
		if (wr_column_set_contains(&keys->set[i], column, count))
			return true;
	return false;
}

/* Whether the node can do without -U. */
static bool can_omit(struct wr_passes *passes, const struct wr_node *node)
{
	if (!node->traits.updates)
		return true;
	switch (node->kind) {
	case WR_N_SCAN:
		return node->traits.upsert_keys.count > 0 &&
		       by_key(passes, node->u.scan.condition, &node->traits.upsert_keys,
			      node->schema.count);
	case WR_N_GROUP_AGG:
	case WR_N_WINDOW_AGG:
	case WR_N_RANK:
	case WR_N_DEDUP:
	case WR_N_CHANGELOG_NORMALIZE:
	case WR_N_EPOCH_CHANGES:
	case WR_N_SINK_MATERIALIZE: return true;
	case WR_N_CALC:
		if (!by_key(passes, node->u.calc.condition, &node->input[0]->traits.upsert_keys,
			    node->input[0]->schema.count))
			return false;
		break;
	default:
		if (!is_transparent(node->kind))
			return false;
		break;
	}
	for (uint32_t i = 0; i < node->input_count; i++)
		if (!can_omit(passes, node->input[i]))
			return false;
	return true;
}

/* Once one consumer needs -U, all get it. */
static void set_mode(struct wr_node *node, bool update_before)
{
	struct wr_traits *traits = &node->traits;

	traits->needs_update_before =
	    traits->updates && (update_before || traits->needs_update_before);
	if (traits->updates && !traits->needs_update_before)
		traits->changes = WR_CHANGES_UPDATE_AFTER;
	else if (traits->updates)
		traits->changes = WR_CHANGES_ALL;
}

/* What the node asks of its inputs. */
static bool asks_update_before(const struct wr_node *node)
{
	if (node->kind == WR_N_SINK || is_transparent(node->kind))
		return node->traits.needs_update_before;
	return node->kind != WR_N_CHANGELOG_NORMALIZE && node->kind != WR_N_DROP_UPDATE_BEFORE;
}

/* Not needed until someone asks. */
static void reset(struct wr_node *node, bool *seen)
{
	if (seen[node->id])
		return;
	seen[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++) {
		node->input[i]->traits.needs_update_before = false;
		reset(node->input[i], seen);
	}
}

/* Tells the inputs what is asked of them. A source makes what it makes. */
static void settle(struct wr_node *node, bool *seen)
{
	seen[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++) {
		struct wr_node *input = node->input[i];
		bool asks = asks_update_before(node), before = input->traits.needs_update_before;

		if (input->kind == WR_N_SCAN)
			asks = wr_plan_source(input) == WR_SOURCE_CHANGES;
		set_mode(input, asks);
		if (!seen[input->id] || input->traits.needs_update_before != before)
			settle(input, seen);
	}
}

/* Takes -U out in front of those who do not need it. */
static void drop(struct wr_passes *passes, struct wr_node *node, bool *seen)
{
	if (seen[node->id])
		return;
	seen[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++) {
		struct wr_node *input = node->input[i], *filter;
		const struct wr_upsert_keys *keys = &input->traits.upsert_keys;

		drop(passes, input, seen);
		if (asks_update_before(node) || !input->traits.needs_update_before ||
		    (node->kind != WR_N_SINK && !is_transparent(node->kind)))
			continue;
		filter = wr_node_new(passes->plan, WR_N_DROP_UPDATE_BEFORE, 1, input->pos);
		filter->input[0] = input;
		filter->schema = input->schema;
		filter->traits = input->traits;
		filter->traits.changes = WR_CHANGES_UPDATE_AFTER;
		filter->traits.needs_update_before = false;
		if (keys->count > 0) {
			filter->u.changelog.key = keys->set[0].column;
			filter->u.changelog.key_count = keys->set[0].count;
		}
		node->input[i] = filter;
	}
}

/* --- sinks --------------------------------------------------------------------------------- */

/* Puts SINK_MATERIALIZE in front of the sink. */
static void materialize(struct wr_passes *passes, struct wr_node *sink)
{
	const struct wr_connector_args *args = sink->u.sink.args;
	struct wr_node *input = sink->input[0], *node;

	node = wr_node_new(passes->plan, WR_N_SINK_MATERIALIZE, 1, sink->pos);
	node->input[0] = input;
	node->schema = input->schema;
	node->state_name = wr_arena_printf(&passes->plan->arena, "sink %s", args->table);
	node->u.changelog.key = args->primary_key;
	node->u.changelog.key_count = args->primary_key_count;
	node->u.changelog.conflict = sink->u.sink.conflict;
	node->u.changelog.table = args->table;
	if (input->traits.upsert_keys.count > 0)
		node->u.changelog.row_key = input->traits.upsert_keys.set[0];
	node->u.changelog.by_arrival = wr_node_arrival_counts(input);
	wr_plan_distribute(passes, node, 0, args->primary_key, args->primary_key_count);
	node->traits.distribution = node->input[0]->traits.distribution;
	node->traits.keys = node->input[0]->traits.keys;
	wr_plan_changes(node);
	wr_plan_upsert_keys(passes, node);
	sink->input[0] = node;
}

/* Puts EPOCH_CHANGES in front of a sink that shows whole epochs only. */
static void net_changes(struct wr_passes *passes, struct wr_node *sink)
{
	struct wr_node *input = sink->input[0], *node;
	const struct wr_upsert_keys *keys = &input->traits.upsert_keys;
	uint32_t *all = wr_plan_u32(passes->plan, input->schema.count);

	for (uint32_t i = 0; i < input->schema.count; i++)
		all[i] = i;
	node = wr_node_new(passes->plan, WR_N_EPOCH_CHANGES, 1, sink->pos);
	node->input[0] = input;
	node->schema = input->schema;
	node->u.changelog.keyed = keys->count > 0;
	node->u.changelog.key = keys->count > 0 ? keys->set[0].column : all;
	node->u.changelog.key_count = keys->count > 0 ? keys->set[0].count : input->schema.count;
	wr_plan_distribute(passes, node, 0, node->u.changelog.key, node->u.changelog.key_count);
	node->traits.distribution = node->input[0]->traits.distribution;
	node->traits.keys = node->input[0]->traits.keys;
	wr_plan_changes(node);
	wr_plan_upsert_keys(passes, node);
	sink->input[0] = node;
}

/* Puts VIEW_KEEP in front of a sink that has no memory of its own. */
static void keep_rows(struct wr_passes *passes, struct wr_node *sink)
{
	const struct wr_connector_args *args = sink->u.sink.args;
	struct wr_node *input = sink->input[0], *node;
	uint32_t *all = wr_plan_u32(passes->plan, input->schema.count);

	for (uint32_t i = 0; i < input->schema.count; i++)
		all[i] = i;
	node = wr_node_new(passes->plan, WR_N_VIEW_KEEP, 1, sink->pos);
	node->input[0] = input;
	node->schema = input->schema;
	node->state_name = wr_arena_printf(&passes->plan->arena, "sink %s", args->table);
	node->u.changelog.keyed = args->primary_key_count > 0;
	node->u.changelog.sink = args;
	node->u.changelog.key = node->u.changelog.keyed ? args->primary_key : all;
	node->u.changelog.key_count =
	    node->u.changelog.keyed ? args->primary_key_count : input->schema.count;
	wr_plan_distribute(passes, node, 0, node->u.changelog.key, node->u.changelog.key_count);
	node->traits.distribution = node->input[0]->traits.distribution;
	node->traits.keys = node->input[0]->traits.keys;
	wr_plan_changes(node);
	wr_plan_upsert_keys(passes, node);
	sink->input[0] = node;
}

/* Whether the sink needs all rows of its keys to be known. */
static bool wants_materialize(struct wr_passes *passes, const struct wr_node *sink)
{
	const struct wr_connector_args *args = sink->u.sink.args;
	const struct wr_traits *input = &sink->input[0]->traits;
	enum wr_conflict conflict = sink->u.sink.conflict;

	if (passes->options->materialize != WR_MATERIALIZE_AUTO)
		return passes->options->materialize == WR_MATERIALIZE_FORCE;
	if (wr_upsert_key_within(&input->upsert_keys, args->primary_key, args->primary_key_count))
		return false;
	if (passes->options->batch && !wr_node_arrival_counts(sink->input[0]))
		return true; /* which row comes last depends on the number of workers */
	return input->changes != WR_CHANGES_INSERT || conflict == WR_CONFLICT_NOTHING ||
	       conflict == WR_CONFLICT_ERROR;
}

/* Whether the calc only picks columns, so that rows which have their key alone pass it. */
static bool only_picks(const struct wr_node *calc, const struct wr_column_set *key)
{
	if (calc->u.calc.condition != NULL || calc->u.calc.expr == NULL)
		return false;
	for (uint32_t i = 0; i < calc->schema.count; i++) {
		const struct wr_expr *expr = calc->u.calc.expr[i];

		if (expr->kind == WR_E_CALL &&
		    strcmp(expr->function->name, "NOT NULL CHECK") == 0 &&
		    expr->arg[0]->kind == WR_E_COLUMN &&
		    wr_column_set_contains(key, &expr->arg[0]->column, 1))
			continue;
		if (expr->kind != WR_E_COLUMN)
			return false;
	}
	return true;
}

/* Rows that replace each other by the very key of the sink may go there as they are: it keeps the
 * last row of each key by itself, and takes back by the key alone. */
static void skip_normalize(struct wr_passes *passes, struct wr_node *sink)
{
	struct wr_node *calc = sink->input[0], *node = calc, *scan;

	if (node->kind == WR_N_CALC)
		node = node->input[0];
	if (node->kind != WR_N_CHANGELOG_NORMALIZE || node->u.changelog.condition != NULL)
		return;
	for (scan = node->input[0]; scan->kind != WR_N_SCAN; scan = scan->input[0])
		;
	if (wr_plan_source(scan) != WR_SOURCE_UPSERTS ||
	    (calc != node && !only_picks(calc, &node->traits.upsert_keys.set[0])))
		return;
	if (calc == node) {
		sink->input[0] = scan;
		return;
	}
	node = wr_node_new(passes->plan, WR_N_CALC, 1, calc->pos); /* others may read the calc */
	node->schema = calc->schema;
	node->u.calc = calc->u.calc;
	node->traits = calc->traits;
	node->traits.distribution = WR_D_ANY;
	node->input[0] = scan;
	sink->input[0] = node;
}

/* Settles what the sink gets. */
static wr_status *settle_sink(struct wr_passes *passes, struct wr_node *sink)
{
	const struct wr_connector_args *args = sink->u.sink.args;
	enum wr_changes takes = sink_takes(sink);
	bool keyed = args != NULL && args->primary_key_count > 0;
	const struct wr_node *input;

	if (sink->input_count == 0)
		return NULL;
	WR_TRY(check_conflict(passes, sink));
	if (takes == WR_CHANGES_INSERT && sink->traits.changes != WR_CHANGES_INSERT)
		return refuse_sink(passes, sink);
	if (takes == WR_CHANGES_UPDATE_AFTER && keyed) {
		if (passes->options->require_on_conflict &&
		    sink->u.sink.conflict == WR_CONFLICT_NONE &&
		    !wr_upsert_key_within(&sink->input[0]->traits.upsert_keys, args->primary_key,
					  args->primary_key_count))
			return ask_conflict(sink);
		if (wants_materialize(passes, sink))
			materialize(passes, sink);
	}
	if (args != NULL && sink->u.sink.table->connector->remembered) {
		sink->u.sink.epoch = false; /* it shows nothing else */
		keep_rows(passes, sink);
	}
	if (sink->u.sink.epoch && sink->input[0]->traits.changes != WR_CHANGES_INSERT)
		net_changes(passes, sink);
	input = sink->input[0];
	wr_plan_changes(sink);
	wr_plan_upsert_keys(passes, sink);
	sink->traits.needs_update_before = false;
	set_mode(sink,
		 takes == WR_CHANGES_ALL || !can_omit(passes, input) ||
		     (keyed && !wr_upsert_key_is(&input->traits.upsert_keys, args->primary_key,
						 args->primary_key_count)));
	if (!sink->traits.needs_update_before && keyed)
		skip_normalize(passes, sink);
	return NULL;
}

/* Shared parts must know all who read them before anything is taken out. */
wr_status *wr_pass_changelog(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	bool *seen; /* per node id; new nodes are not looked at */

	for (uint32_t r = 0; r < plan->root_count; r++)
		WR_TRY(settle_sink(passes, plan->root[r]));
	seen = WR_NEW_ARRAY(&plan->arena, bool, plan->next_id);
	for (uint32_t r = 0; r < plan->root_count; r++)
		reset(plan->root[r], seen);
	memset(seen, 0, plan->next_id * sizeof *seen);
	for (uint32_t r = 0; r < plan->root_count; r++)
		settle(plan->root[r], seen);
	memset(seen, 0, plan->next_id * sizeof *seen);
	for (uint32_t r = 0; r < plan->root_count; r++)
		drop(passes, plan->root[r], seen);
	return NULL;
}
