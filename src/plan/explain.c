/* SPDX-License-Identifier: Apache-2.0
 *
 * explain - a plan as text or JSON: one node a line, children indented, with expressions in SQL
 * and, for physical plans, the change mode, keys, distribution and state of every operator.
 *
 * A node with several parents is printed once and referred to as "reused #n" after that.
 */
#include "plan/passes.h"

#include "analyze/user_node.h"

#include "base/mem.h"
#include "expr/user_function.h"

struct printer {
	struct wr_text *text;
	bool physical;
	uint32_t *seen; /* per node id: number given to a printed node; 0: not printed */
	uint32_t next;
	const struct wr_node_measure *measure; /* by node id; NULL: none */
};

/* The rows of UNNEST are those of a table function. */
static bool is_table_call(const struct wr_node *node)
{
	const struct wr_expr *expr = node->u.unnest.expr;

	return expr->kind == WR_E_CALL && expr->function->kernel == wr_user_table_kernel;
}

/* A name per column of all inputs together, for expressions. */
static const char **input_names(const struct wr_node *node)
{
	uint32_t count = 0, at = 0;
	const char **names;

	uint32_t inputs = node->kind == WR_N_LOOKUP_JOIN ? 2 : node->input_count;

	for (uint32_t i = 0; i < inputs; i++)
		count += node->input[i]->schema.count;
	names = wr_calloc(count + 1, sizeof *names);
	for (uint32_t i = 0; i < inputs; i++)
		for (uint32_t c = 0; c < node->input[i]->schema.count; c++)
			names[at++] = node->input[i]->schema.field[c].name;
	return names;
}

static void print_list(struct wr_text *text, const char *label, const struct wr_node *input,
		       const uint32_t *column, uint32_t count)
{
	wr_text_printf(text, ", %s=[", label);
	for (uint32_t i = 0; i < count; i++)
		wr_text_printf(text, "%s%s", i > 0 ? ", " : "",
			       input->schema.field[column[i]].name);
	wr_text_putc(text, ']');
}

static void print_exprs(struct wr_text *text, const struct wr_node *node, const char *const *names)
{
	wr_text_puts(text, "select=[");
	for (uint32_t i = 0; i < node->schema.count; i++) {
		const struct wr_expr *expr = node->u.calc.expr[i];
		const char *name = node->schema.field[i].name;

		if (i > 0)
			wr_text_puts(text, ", ");
		wr_expr_print(text, expr, names);
		if (expr->kind != WR_E_COLUMN || strcmp(names[expr->column], name) != 0)
			wr_text_printf(text, " AS %s", name);
	}
	wr_text_putc(text, ']');
}

static void print_window(struct wr_text *text, const struct wr_node *node,
			 const struct wr_window *window)
{
	static const char *const kind[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};

	wr_text_printf(text, "window=[%s(%s, %s=%lld ms", kind[window->kind],
		       node->input[0]->schema.field[window->time_column].name,
		       window->kind == WR_W_SESSION ? "gap" : "size", (long long)window->size_ms);
	if (window->kind == WR_W_HOP || window->kind == WR_W_CUMULATE)
		wr_text_printf(text, ", %s=%lld ms", window->kind == WR_W_HOP ? "slide" : "step",
			       (long long)window->slide_ms);
	if (window->offset_ms != 0)
		wr_text_printf(text, ", offset=%lld ms", (long long)window->offset_ms);
	wr_text_puts(text, ")]");
}

static void print_agg(struct wr_text *text, const struct wr_node *node, const char *const *names)
{
	const struct wr_node *input = node->input[0];

	wr_text_puts(text, "groupBy=[");
	for (uint32_t i = 0; i < node->u.agg.key_count; i++)
		wr_text_printf(text, "%s%s", i > 0 ? ", " : "",
			       input->schema.field[node->u.agg.key[i]].name);
	wr_text_putc(text, ']');
	if (node->u.agg.window != NULL && !node->u.agg.attached) {
		wr_text_puts(text, ", ");
		print_window(text, node, node->u.agg.window);
	}
	if (node->u.agg.attached)
		wr_text_printf(text, ", window=[attached(%s, %s)]",
			       input->schema.field[node->u.agg.attached_start].name,
			       input->schema.field[node->u.agg.attached_end].name);
	if (node->u.agg.allowed_lateness_ms > 0)
		wr_text_printf(text, ", allowedLateness=%lld ms",
			       (long long)node->u.agg.allowed_lateness_ms);
	wr_text_puts(text, ", aggregates=[");
	for (uint32_t i = 0; i < node->u.agg.item_count; i++) {
		const struct wr_agg_item *item = &node->u.agg.item[i];

		wr_text_printf(text, "%s%s(%s", i > 0 ? ", " : "", item->function->name,
			       item->distinct ? "DISTINCT " : "");
		if (item->arg_count == 0)
			wr_text_putc(text, '*');
		for (uint32_t a = 0; a < item->arg_count; a++) {
			wr_text_puts(text, a > 0 ? ", " : "");
			wr_expr_print(text, item->arg[a], names);
		}
		wr_text_putc(text, ')');
		if (item->filter != NULL) {
			wr_text_puts(text, " FILTER ");
			wr_expr_print(text, item->filter, names);
		}
	}
	wr_text_putc(text, ']');
	if (node->kind == WR_N_AGGREGATE && node->u.agg.set != NULL)
		wr_text_printf(text, ", groupingSets=%u", node->u.agg.set_count);
}

/* What the connector does in the place where the rows are. */
static void print_handed_over(struct wr_text *text, const struct wr_node *scan)
{
	const struct wr_connector_args *args = scan->u.scan.args;

	for (uint32_t i = 0; i < args->pushed_count; i++) {
		wr_text_puts(text, i == 0 ? ", pushed=[" : " AND ");
		(void)scan->u.scan.table->connector->push_filter(args, args->pushed[i], text);
	}
	if (args->pushed_count > 0)
		wr_text_putc(text, ']');
	if (args->limit > 0)
		wr_text_printf(text, ", limit=[%llu]", (unsigned long long)args->limit);
}

/* How it is read, where an option says so. */
static void print_pace(struct wr_text *text, const struct wr_scan_pace *pace)
{
	if (pace->group != NULL)
		wr_text_printf(text, ", alignment=[%s, maxDrift=%lld ms]", pace->group,
			       (long long)pace->max_drift_ms);
	if (pace->rate_limit > 0)
		wr_text_printf(text, ", rateLimit=[%lld rows/s]", (long long)pace->rate_limit);
	if (pace->priority != 0)
		wr_text_printf(text, ", priority=[%d]", (int)pace->priority);
}

static void print_scan(struct wr_text *text, const struct wr_node *node)
{
	const char **names = wr_calloc(node->schema.count + 1, sizeof *names);

	wr_text_printf(text, "table=[%s], fields=[", node->u.scan.table->name);
	for (uint32_t i = 0; i < node->schema.count; i++) {
		names[i] = node->schema.field[i].name;
		wr_text_printf(text, "%s%s", i > 0 ? ", " : "", names[i]);
	}
	wr_text_putc(text, ']');
	if (node->u.scan.watermark != NULL) {
		wr_text_printf(text, ", watermark=[%s AS ",
			       node->u.scan.rowtime >= 0 ? names[node->u.scan.rowtime] : "?");
		wr_expr_print(text, node->u.scan.watermark, names);
		wr_text_putc(text, ']');
	}
	if (node->u.scan.source_watermark)
		wr_text_printf(text, ", watermark=[%s AS SOURCE_WATERMARK()]",
			       node->u.scan.rowtime >= 0 ? names[node->u.scan.rowtime] : "?");
	if (node->u.scan.condition != NULL) {
		wr_text_puts(text, ", filter=[");
		wr_expr_print(text, node->u.scan.condition, names);
		wr_text_putc(text, ']');
	}
	print_handed_over(text, node);
	print_pace(text, &node->u.scan.pace);
	wr_free(names);
}

/* The bounds, and how long that makes rows stay: until no row of the other side can match. */
static void print_interval(struct wr_text *text, const struct wr_node *node)
{
	const struct wr_interval *interval = &node->u.join.interval;

	wr_text_printf(text,
		       ", windowBounds=[isRowTime=%s, leftLowerBound=%lld ms, "
		       "leftUpperBound=%lld ms, leftTime=%s, rightTime=%s]",
		       interval->processing_time ? "false" : "true", (long long)interval->lower_ms,
		       (long long)interval->upper_ms,
		       node->input[0]->schema.field[interval->left_time].name,
		       node->input[1]->schema.field[interval->right_time].name);
}

/* The table that is asked, and what is kept of it. */
static void print_lookup(struct wr_text *text, const struct wr_node *node)
{
	const struct wr_lookup_options *options = node->u.join.lookup;
	const struct wr_node *scan = node->input[1];

	wr_text_printf(text, ", lookup=[%s](", scan->u.scan.table->name);
	for (uint32_t i = 0; i < scan->schema.count; i++)
		wr_text_printf(text, "%s%s", i > 0 ? ", " : "", scan->schema.field[i].name);
	wr_text_puts(text, ")");
	if (options->cache == WR_CACHE_FULL)
		wr_text_printf(text, ", cache=[FULL, reload %lld ms]",
			       (long long)options->reload_ms);
	if (options->cache != WR_CACHE_PARTIAL)
		return;
	wr_text_puts(text, ", cache=[PARTIAL");
	if (options->max_rows > 0)
		wr_text_printf(text, ", max %lld", (long long)options->max_rows);
	if (options->expire_write_ms > 0)
		wr_text_printf(text, ", after write %lld ms", (long long)options->expire_write_ms);
	if (options->expire_access_ms > 0)
		wr_text_printf(text, ", after access %lld ms",
			       (long long)options->expire_access_ms);
	wr_text_puts(text, "]");
}

/* Each input with its join, key and condition. */
static void print_multi(struct wr_text *text, const struct wr_node *node, const char *const *names)
{
	for (uint32_t i = 0; i < node->input_count; i++) {
		const struct wr_schema *schema = &node->input[i]->schema;

		wr_text_printf(text, "%s%s(", i == 0 ? "joins=[" : ", ",
			       i == 0                               ? "FROM"
			       : node->u.multi.join[i] == WR_J_LEFT ? "LEFT"
								    : "INNER");
		for (uint32_t k = 0; k < node->u.multi.key_count; k++)
			wr_text_printf(text, "%s%s", k > 0 ? ", " : "",
				       schema->field[node->u.multi.key[i][k]].name);
		if (node->u.multi.condition[i] != NULL) {
			wr_text_puts(text, " where ");
			wr_expr_print(text, node->u.multi.condition[i], names);
		}
		if (node->u.multi.ttl_ms[i] > 0)
			wr_text_printf(text, " ttl %lld ms", (long long)node->u.multi.ttl_ms[i]);
		wr_text_putc(text, ')');
	}
	wr_text_putc(text, ']');
}

static void print_join(struct wr_text *text, const struct wr_node *node, const char *const *names)
{
	static const char *const kind[] = {"INNER", "LEFT", "RIGHT", "FULL", "SEMI", "ANTI"};

	if (node->kind == WR_N_MULTI_JOIN) {
		print_multi(text, node, names);
		return;
	}
	wr_text_printf(text, "joinType=[%s]", kind[node->u.join.join]);
	if (node->u.join.key_count > 0) {
		print_list(text, "leftKeys", node->input[0], node->u.join.left_key,
			   node->u.join.key_count);
		print_list(text, "rightKeys", node->input[1], node->u.join.right_key,
			   node->u.join.key_count);
	}
	if (node->kind == WR_N_INTERVAL_JOIN)
		print_interval(text, node);
	if (node->kind == WR_N_LOOKUP_JOIN)
		print_lookup(text, node);
	if (node->kind == WR_N_TEMPORAL_JOIN)
		wr_text_printf(text, ", asOf=[%s], versionTime=[%s]%s",
			       node->input[0]->schema.field[node->u.join.interval.left_time].name,
			       node->input[1]->schema.field[node->u.join.interval.right_time].name,
			       node->u.join.in_order ? ", keepLast=[true]" : "");
	if (node->u.join.condition != NULL) {
		wr_text_puts(text, ", where=[");
		wr_expr_print(text, node->u.join.condition, names);
		wr_text_putc(text, ']');
	}
}

static void print_sort(struct wr_text *text, const struct wr_node *node)
{
	const struct wr_node *input = node->input[0];

	wr_text_puts(text, "orderBy=[");
	for (uint32_t i = 0; i < node->u.sort.order_count; i++)
		wr_text_printf(text, "%s%s %s", i > 0 ? ", " : "",
			       input->schema.field[node->u.sort.order[i].column].name,
			       node->u.sort.order[i].descending ? "DESC" : "ASC");
	wr_text_putc(text, ']');
	if (node->u.sort.partition_count > 0)
		print_list(text, "partitionBy", input, node->u.sort.partition,
			   node->u.sort.partition_count);
	if (node->u.sort.offset > 0)
		wr_text_printf(text, ", offset=%lld", (long long)node->u.sort.offset);
	if (node->u.sort.fetch >= 0)
		wr_text_printf(text, ", fetch=%lld", (long long)node->u.sort.fetch);
}

static const char *conflict_str(enum wr_conflict conflict)
{
	static const char *const name[] = {"DEDUPLICATE", "DEDUPLICATE", "NOTHING", "ERROR"};

	return name[conflict];
}

/* Operators of changelogs: key, and what is special to each. */
static void print_changelog(struct wr_text *text, const struct wr_node *node,
			    const char *const *names)
{
	wr_text_puts(text, "key=[");
	for (uint32_t i = 0; i < node->u.changelog.key_count; i++)
		wr_text_printf(text, "%s%s", i > 0 ? ", " : "",
			       node->schema.field[node->u.changelog.key[i]].name);
	wr_text_putc(text, ']');
	if (node->u.changelog.condition != NULL) {
		wr_text_puts(text, ", condition=[");
		wr_expr_print(text, node->u.changelog.condition, names);
		wr_text_putc(text, ']');
	}
	if (node->kind == WR_N_SINK_MATERIALIZE)
		wr_text_printf(text, ", conflictStrategy=[%s]",
			       conflict_str(node->u.changelog.conflict));
}

/* A call with its frame. */
static void print_over_item(struct wr_text *text, const struct wr_over_item *item,
			    const char *const *names)
{
	static const char *const ranking[] = {
	    [WR_OVER_ROW_NUMBER] = "ROW_NUMBER",
	    [WR_OVER_RANK] = "RANK",
	    [WR_OVER_DENSE_RANK] = "DENSE_RANK",
	    [WR_OVER_LAG] = "LAG",
	    [WR_OVER_LEAD] = "LEAD",
	    [WR_OVER_NTILE] = "NTILE",
	    [WR_OVER_PERCENT_RANK] = "PERCENT_RANK",
	    [WR_OVER_CUME_DIST] = "CUME_DIST",
	};

	wr_text_printf(text, "%s(%s",
		       item->what == WR_OVER_AGG ? item->function->name : ranking[item->what],
		       item->distinct ? "DISTINCT " : "");
	if (item->arg_count == 0 && item->what == WR_OVER_AGG)
		wr_text_putc(text, '*');
	for (uint32_t a = 0; a < item->arg_count; a++) {
		wr_text_puts(text, a > 0 ? ", " : "");
		wr_expr_print(text, item->arg[a], names);
	}
	wr_text_putc(text, ')');
	if (item->filter != NULL) {
		wr_text_puts(text, " FILTER ");
		wr_expr_print(text, item->filter, names);
	}
	if (item->what != WR_OVER_AGG)
		return;
	wr_text_puts(text, item->rows ? " ROWS" : " RANGE");
	if (item->preceding == INT64_MAX)
		wr_text_puts(text, " UNBOUNDED PRECEDING");
	else
		wr_text_printf(text, " %lld%s PRECEDING", (long long)item->preceding,
			       item->rows ? "" : " ms");
}

/* Order, partition and calls of an OVER window. */
static void print_over(struct wr_text *text, const struct wr_node *node, const char *const *names)
{
	const struct wr_node *input = node->input[0];

	wr_text_puts(text, "orderBy=[");
	for (uint32_t i = 0; i < node->u.over.order_count; i++)
		wr_text_printf(text, "%s%s %s", i > 0 ? ", " : "",
			       input->schema.field[node->u.over.order[i].column].name,
			       node->u.over.order[i].descending ? "DESC" : "ASC");
	wr_text_putc(text, ']');
	if (node->u.over.partition_count > 0)
		print_list(text, "partitionBy", input, node->u.over.partition,
			   node->u.over.partition_count);
	wr_text_puts(text, ", aggregates=[");
	for (uint32_t i = 0; i < node->u.over.item_count; i++) {
		wr_text_puts(text, i > 0 ? ", " : "");
		print_over_item(text, &node->u.over.item[i], names);
	}
	wr_text_putc(text, ']');
}

static void print_sink(struct wr_text *text, const struct wr_node *node)
{
	wr_text_printf(text, "table=[%s]",
		       node->u.sink.table != NULL ? node->u.sink.table->name : "*result*");
	if (node->u.sink.conflict != WR_CONFLICT_NONE)
		wr_text_printf(text, ", conflictStrategy=[%s]",
			       conflict_str(node->u.sink.conflict));
	if (node->u.sink.epoch)
		wr_text_puts(text, ", consistency=[epoch]");
}

/* "name=[detector], key=[account], state=[flag, since]" */
static void print_user(struct wr_text *text, const struct wr_node *node)
{
	const struct wr_user_op *op = node->u.user.op;

	wr_text_printf(text, "name=[%s]", op->name);
	if (node->u.user.key_count > 0)
		print_list(text, "key", node->input[0], node->u.user.key[0],
			   node->u.user.key_count);
	if (op->broadcast)
		wr_text_puts(text, ", broadcast=[second]");
	for (uint32_t i = 0; i < op->state_count; i++)
		wr_text_printf(text, "%s%s", i == 0 ? ", state=[" : ", ", op->state[i].given.name);
	if (op->state_count > 0)
		wr_text_putc(text, ']');
	for (uint32_t i = 0; i < op->side_count; i++)
		wr_text_printf(text, "%s%s", i == 0 ? ", side=[" : ", ", op->side_name[i]);
	if (op->side_count > 0)
		wr_text_putc(text, ']');
}

static void print_exchange(struct wr_text *text, const struct wr_node *node)
{
	static const char *const name[] = {[WR_D_ANY] = "forward",
					   [WR_D_KEYS] = "hash",
					   [WR_D_SINGLE] = "single",
					   [WR_D_BROADCAST] = "broadcast"};

	wr_text_printf(text, "distribution=[%s]", name[node->u.exchange.to]);
	if (node->u.exchange.to == WR_D_KEYS)
		print_list(text, "keys", node->input[0], node->u.exchange.key,
			   node->u.exchange.key_count);
}

/* The condition of a filter or calc. */
static void print_where(struct wr_text *text, const struct wr_node *node, const char *const *names)
{
	if (node->u.calc.condition == NULL)
		return;
	wr_text_puts(text, node->u.calc.expr != NULL ? ", where=[" : "where=[");
	wr_expr_print(text, node->u.calc.condition, names);
	wr_text_putc(text, ']');
}

static void print_details(struct wr_text *text, const struct wr_node *node)
{
	const char **names = input_names(node);

	switch (node->kind) {
	case WR_N_SCAN: print_scan(text, node); break;
	case WR_N_FILTER:
	case WR_N_PROJECT:
	case WR_N_CALC:
		if (node->u.calc.expr != NULL)
			print_exprs(text, node, names);
		print_where(text, node, names);
		break;
	case WR_N_AGGREGATE:
	case WR_N_LOCAL_AGG:
	case WR_N_GROUP_AGG:
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG: print_agg(text, node, names); break;
	case WR_N_JOIN:
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_TEMPORAL_JOIN:
	case WR_N_LOOKUP_JOIN:
	case WR_N_MULTI_JOIN: print_join(text, node, names); break;
	case WR_N_LOCAL_LIMIT:
	case WR_N_SORT:
	case WR_N_RANK:
	case WR_N_WINDOW_RANK:
	case WR_N_DEDUP: print_sort(text, node); break;
	case WR_N_WINDOW:
		print_window(text, node, node->u.window);
		if (node->u.window->partition_count > 0)
			print_list(text, "partitionBy", node->input[0], node->u.window->partition,
				   node->u.window->partition_count);
		break;
	case WR_N_OVER: print_over(text, node, names); break;
	case WR_N_SET_OP:
		wr_text_printf(text, "%s%s", node->u.set_op.except ? "except" : "intersect",
			       node->u.set_op.all ? ", all" : "");
		break;
	case WR_N_UNNEST:
		wr_text_puts(text, is_table_call(node) ? "invocation=[" : "invocation=[UNNEST(");
		wr_expr_print(text, node->u.unnest.expr, names);
		wr_text_printf(text, "%s], joinType=[%s]", is_table_call(node) ? "" : ")",
			       node->u.unnest.left ? "LEFT" : "INNER");
		break;
	case WR_N_VALUES: wr_text_printf(text, "rows=%u", node->u.values.row_count); break;
	case WR_N_MATCH: wr_print_match(text, node); break;
	case WR_N_SINK: print_sink(text, node); break;
	case WR_N_CHANGELOG_NORMALIZE:
	case WR_N_DROP_UPDATE_BEFORE:
	case WR_N_EPOCH_CHANGES:
	case WR_N_VIEW_KEEP:
	case WR_N_SINK_MATERIALIZE: print_changelog(text, node, names); break;
	case WR_N_EXCHANGE: print_exchange(text, node); break;
	case WR_N_USER: print_user(text, node); break;
	default: break;
	}
	wr_free(names);
}

static bool keeps_state(const struct wr_node *node)
{
	return (node->kind >= WR_N_GROUP_AGG || node->kind == WR_N_SET_OP ||
		node->kind == WR_N_SORT || node->kind == WR_N_OVER || node->kind == WR_N_MATCH ||
		(node->kind == WR_N_WINDOW && node->u.window->kind == WR_W_SESSION)) &&
	       node->kind != WR_N_DROP_UPDATE_BEFORE && node->kind != WR_N_LOOKUP_JOIN &&
	       node->kind != WR_N_USER; /* names its own */
}

/* The name of the state, or what it holds. */
static const char *state_str(const struct wr_node *node)
{
	switch (node->kind) {
	case WR_N_CHANGELOG_NORMALIZE:
	case WR_N_VIEW_KEEP:
	case WR_N_SINK_MATERIALIZE: return node->state_name;
	case WR_N_GROUP_AGG: return "groups";
	case WR_N_WINDOW_AGG: return "slices";
	case WR_N_SESSION_AGG: return "sessions";
	case WR_N_HASH_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_WINDOW_JOIN: return "left, right";
	case WR_N_MULTI_JOIN: return "rows of each input";
	case WR_N_TEMPORAL_JOIN: return "left until the watermark, versions from it on";
	case WR_N_MATCH: return "matches";
	default: return "rows";
	}
}

/* The kinds of changes as Flink writes them: "I,UB,UA,D". */
static const char *mode_str(const struct wr_traits *traits)
{
	static const char *const name[2][3] = {{"I", "I,UA", "I,UB,UA"},
					       {"I,D", "I,UA,D", "I,UB,UA,D"}};

	return name[traits->deletes][!traits->updates ? 0 : traits->needs_update_before ? 2 : 1];
}

/* "(a, b), (c)" */
static void print_keys(struct wr_text *text, const struct wr_node *node)
{
	const struct wr_upsert_keys *keys = &node->traits.upsert_keys;

	for (uint32_t i = 0; i < keys->count; i++) {
		wr_text_puts(text, i > 0 ? ", (" : "(");
		for (uint32_t k = 0; k < keys->set[i].count; k++)
			wr_text_printf(text, "%s%s", k > 0 ? ", " : "",
				       node->schema.field[keys->set[i].column[k]].name);
		wr_text_putc(text, ')');
	}
}

static void print_traits(struct wr_text *text, const struct wr_node *node)
{
	if (node->kind == WR_N_SCAN && node->u.scan.table->connector->show_access != NULL)
		node->u.scan.table->connector->show_access(node->u.scan.args, text);
	wr_text_printf(text, ", changelogMode=[%s]", mode_str(&node->traits));
	if (node->traits.upsert_keys.count > 0) {
		wr_text_puts(text, ", upsertKeys=[");
		print_keys(text, node);
		wr_text_putc(text, ']');
	}
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (node->schema.field[i].type->time == WR_TIME_EVENT)
			wr_text_printf(text, ", rowtime=%s", node->schema.field[i].name);
	if (!keeps_state(node))
		return;
	wr_text_printf(text, ", state=[%s", state_str(node));
	if (node->kind == WR_N_INTERVAL_JOIN)
		wr_text_printf(text, ", left until %s + %lld ms, right until %s + %lld ms",
			       node->input[0]->schema.field[node->u.join.interval.left_time].name,
			       -(long long)node->u.join.interval.lower_ms,
			       node->input[1]->schema.field[node->u.join.interval.right_time].name,
			       (long long)node->u.join.interval.upper_ms);
	if (node->kind == WR_N_HASH_JOIN &&
	    (node->u.join.left_ttl_ms > 0 || node->u.join.right_ttl_ms > 0))
		wr_text_printf(text, ", ttl %lld ms, %lld ms", (long long)node->u.join.left_ttl_ms,
			       (long long)node->u.join.right_ttl_ms);
	if (node->kind == WR_N_GROUP_AGG && node->u.agg.state_ttl_ms > 0)
		wr_text_printf(text, ", ttl %lld ms", (long long)node->u.agg.state_ttl_ms);
	wr_text_putc(text, ']');
}

/* Nodes that are part of another one's step (exchanges) were not measured. */
static void print_measure(struct wr_text *text, const struct wr_node_measure *measure)
{
	if (!measure->seen)
		return;
	wr_text_printf(text, ", rows=[in %llu, out %llu", (unsigned long long)measure->rows_in,
		       (unsigned long long)measure->rows_out);
	if (measure->rows_late > 0)
		wr_text_printf(text, ", late %llu", (unsigned long long)measure->rows_late);
	wr_text_putc(text, ']');
	if (measure->state_peak_bytes > 0)
		wr_text_printf(text, ", bytes=[at the end %llu, most %llu]",
			       (unsigned long long)measure->state_bytes,
			       (unsigned long long)measure->state_peak_bytes);
	if (measure->timed)
		wr_text_printf(text, ", busyTimeMsPerSecond=%lld", (long long)measure->busy);
	if (measure->timed && measure->is_head)
		wr_text_printf(text,
			       ", idleTimeMsPerSecond=%lld, backPressuredTimeMsPerSecond=%lld",
			       (long long)measure->idle, (long long)measure->blocked);
}

/* What stands for the node: streams that only pass on are not shown. */
static const struct wr_node *shown(const struct wr_node *node)
{
	while (node->kind == WR_N_USER && node->u.user.op->kind == WR_U_STREAM)
		node = node->input[0];
	return node;
}

static void print_node(struct printer *printer, const struct wr_node *node, uint32_t depth)
{
	struct wr_text *text = printer->text;

	for (uint32_t i = 0; i < depth; i++)
		wr_text_puts(text, "  ");
	if (printer->seen[node->id] != 0) {
		wr_text_printf(text, "%s(reused #%u)\n", wr_node_str(node),
			       printer->seen[node->id]);
		return;
	}
	printer->seen[node->id] = ++printer->next;
	wr_text_printf(text, "%s(", wr_node_str(node));
	print_details(text, node);
	wr_text_putc(text, ')');
	if (printer->physical)
		print_traits(text, node);
	if (printer->measure != NULL)
		print_measure(text, &printer->measure[node->id]);
	wr_text_putc(text, '\n');
	for (uint32_t i = 0; i < node->input_count; i++)
		print_node(printer, shown(node->input[i]), depth + 1);
}

static void print_plan(struct printer *printer, const struct wr_plan *plan)
{
	printer->seen = wr_calloc(plan->next_id + 1, sizeof *printer->seen);
	for (uint32_t r = 0; r < plan->root_count; r++)
		print_node(printer, plan->root[r], 0);
	wr_free(printer->seen);
}

void wr_plan_print(struct wr_text *text, const struct wr_plan *plan, bool physical)
{
	struct printer printer = {.text = text, .physical = physical};

	print_plan(&printer, plan);
}

void wr_plan_print_node(struct wr_text *text, const struct wr_node *node)
{
	print_details(text, node);
}

void wr_plan_print_measured(struct wr_text *text, const struct wr_plan *plan,
			    const struct wr_node_measure *measure)
{
	struct printer printer = {.text = text, .physical = true, .measure = measure};

	print_plan(&printer, plan);
}

/* What is known of the output, as JSON members. */
static void json_traits(struct wr_text *text, const struct wr_node *node)
{
	const struct wr_upsert_keys *keys = &node->traits.upsert_keys;

	wr_text_printf(text, ",\"changelogMode\":\"%s\",\"upsertKeys\":[", mode_str(&node->traits));
	for (uint32_t i = 0; i < keys->count; i++) {
		wr_text_puts(text, i > 0 ? ",[" : "[");
		for (uint32_t k = 0; k < keys->set[i].count; k++) {
			if (k > 0)
				wr_text_putc(text, ',');
			wr_text_json(text, node->schema.field[keys->set[i].column[k]].name);
		}
		wr_text_putc(text, ']');
	}
	wr_text_puts(text, "],\"state\":");
	if (keeps_state(node))
		wr_text_json(text, state_str(node));
	else
		wr_text_puts(text, "null");
}

static void json_node(struct wr_text *text, const struct wr_node *node, bool physical)
{
	struct wr_text details, type;

	wr_text_init(&details);
	wr_text_init(&type);
	print_details(&details, node);
	wr_text_printf(text, "{\"id\":%u,\"type\":", node->id);
	wr_text_json(text, wr_node_str(node));
	wr_text_puts(text, ",\"details\":");
	wr_text_json(text, wr_text_str(&details));
	wr_text_puts(text, ",\"columns\":[");
	for (uint32_t i = 0; i < node->schema.count; i++) {
		wr_text_puts(text, i > 0 ? ",{\"name\":" : "{\"name\":");
		wr_text_json(text, node->schema.field[i].name);
		wr_text_puts(text, ",\"type\":");
		wr_text_clear(&type);
		wr_type_print(&type, node->schema.field[i].type);
		wr_text_json(text, wr_text_str(&type));
		wr_text_putc(text, '}');
	}
	wr_text_putc(text, ']');
	if (physical)
		json_traits(text, node);
	wr_text_puts(text, ",\"inputs\":[");
	for (uint32_t i = 0; i < node->input_count; i++) {
		if (i > 0)
			wr_text_putc(text, ',');
		json_node(text, shown(node->input[i]), physical);
	}
	wr_text_puts(text, "]}");
	wr_text_release(&details);
	wr_text_release(&type);
}

void wr_plan_print_json(struct wr_text *text, const struct wr_plan *plan, bool physical)
{
	wr_text_putc(text, '[');
	for (uint32_t r = 0; r < plan->root_count; r++) {
		if (r > 0)
			wr_text_putc(text, ',');
		json_node(text, plan->root[r], physical);
	}
	wr_text_putc(text, ']');
}

void wr_plan_print_passes(struct wr_text *text, const struct wr_plan *plan, bool json)
{
	bool any = false;

	wr_text_puts(text, json ? "[" : "\n== Optimizer ==\n");
	for (int i = 0; i < WR_PASS_COUNT; i++) {
		const char *name = wr_pass_name((enum wr_pass)i);

		if (plan->pass_changes == NULL || plan->pass_changes[i] == 0)
			continue;
		wr_text_printf(text, json ? "%s\"%s\"" : "%s%s", any ? json ? "," : ", " : "",
			       name);
		any = true;
	}
	if (!json && !any)
		wr_text_puts(text, "(no changes)");
	wr_text_putc(text, json ? ']' : '\n');
}
