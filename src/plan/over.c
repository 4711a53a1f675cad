/* SPDX-License-Identifier: Apache-2.0
 *
 * over - OVER nodes that are no Top-N: what they compute becomes aggregates over plain columns.
 *
 *     OVER(item over expressions)   ->   PROJECT input columns, items
 *       input                              OVER(item over columns)
 *                                            PROJECT input columns, arguments
 *                                              input
 *
 * Ranking functions are aggregates too: ROW_NUMBER counts rows, RANK and DENSE_RANK count rows up
 * to the last peer of the current one (as Flink does over streams), LAG is agg_lag.c.
 *
 * There are two operators. Ordered by an ascending time attribute rows come out once, when the
 * watermark has reached them (op/over.c). Ordered by anything else a new row changes the results of
 * those behind it: the operator updates them (op/over_sorted.c), for frames without a lower bound.
 */
#include "plan/passes.h"

struct job {
	struct wr_passes *passes;
	struct wr_node *node;  /* the OVER node */
	struct wr_node *input; /* its input */
	struct wr_expr **expr; /* of the projection below: all input columns, then arguments */
	const char **name;
	uint32_t count;
};

bool wr_over_by_time(const struct wr_node *node)
{
	const struct wr_sort_key *order = node->u.over.order;

	return node->u.over.order_count == 1 && !order[0].descending &&
	       node->input[0]->schema.field[order[0].column].type->time != WR_TIME_NONE;
}

/* --- what is refused
 * ------------------------------------------------------------------------------ */

/* What looks ahead cannot run over a stream. */
static wr_status *check_item(const struct wr_passes *passes, const struct wr_over_item *item)
{
	static const char *const name[] = {
	    [WR_OVER_LEAD] = "LEAD",
	    [WR_OVER_NTILE] = "NTILE",
	    [WR_OVER_PERCENT_RANK] = "PERCENT_RANK",
	    [WR_OVER_CUME_DIST] = "CUME_DIST",
	};

	if ((size_t)item->what >= WR_COUNT(name) || name[item->what] == NULL)
		return NULL;
	if (passes->options->batch)
		return wr_status_at(WR_USER_ERROR, item->pos, "%s is not supported yet",
				    name[item->what]);
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, item->pos,
			 "%s Function is not supported in stream mode: it depends on "
			 "rows that are still to come",
			 name[item->what]),
	    "LAG, ROW_NUMBER, RANK and aggregates look back only");
}

/* One time attribute, ascending; or, for frames without a lower bound, any columns. */
static wr_status *check_order(const struct wr_passes *passes, const struct wr_node *node)
{
	const struct wr_sort_key *order = node->u.over.order;

	if (node->u.over.order_count == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, node->pos, "An OVER window needs an ORDER BY"),
		    "Write OVER (PARTITION BY ... ORDER BY time)");
	if (!passes->options->batch &&
	    node->input[0]->schema.field[order[0].column].type->time != WR_TIME_NONE) {
		if (node->u.over.order_count > 1)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, node->pos,
					 "The window can only be ordered by a single time column"),
			    "Order by the time attribute alone");
		if (order[0].descending)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, node->pos,
					 "The window can only be ordered in ASCENDING mode"),
			    "With ROW_NUMBER() in a subquery and a filter on it, DESC is "
			    "possible");
		return NULL;
	}
	if (wr_over_by_time(node))
		return NULL;
	for (uint32_t i = 0; i < node->u.over.item_count; i++) {
		const struct wr_over_item *item = &node->u.over.item[i];

		if (item->preceding != INT64_MAX)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, item->pos,
					 "Bounded OVER windows are not supported when sorting on a "
					 "non-time attribute column"),
			    "Order by a time attribute, or leave the frame out");
	}
	for (uint32_t i = 0; i < node->u.over.order_count; i++)
		if (wr_type_phys(node->input[0]->schema.field[order[i].column].type) > WR_P_STR)
			return wr_status_at(WR_USER_ERROR, node->pos,
					    "An OVER window cannot be ordered by nested values");
	return NULL;
}

/* By time rows come out once, so none may be taken back. */
wr_status *wr_over_check_input(const struct wr_node *node)
{
	if (!wr_over_by_time(node) || node->input[0]->traits.changes == WR_CHANGES_INSERT)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, node->pos,
			 "An OVER window ordered by time takes only new rows, but its input is "
			 "updated"),
	    "Use the OVER window below what makes the updates, or aggregate by window there");
}

/* --- the rewriting
 * -------------------------------------------------------------------------------- */

/* The column of the projection that has an expression; the same one twice is one column. */
static struct wr_expr *project(struct job *job, struct wr_expr *expr)
{
	uint32_t at;

	expr = wr_expr_fold(&job->passes->plan->pool, expr);
	if (expr->kind == WR_E_CONST || expr->kind == WR_E_SYMBOL || expr->kind == WR_E_COLUMN)
		return expr;
	for (at = job->input->schema.count; at < job->count; at++)
		if (wr_expr_is_deterministic(expr) && wr_expr_equal(job->expr[at], expr))
			break;
	if (at == job->count) {
		job->name[job->count] = NULL;
		job->expr[job->count++] = expr;
	}
	return wr_expr_column(&job->passes->plan->pool, at, expr->type);
}

/* RANK and DENSE_RANK in batch mode: of the ORDER BY values. */
static void rank_arguments(struct wr_passes *passes, const struct wr_node *node,
			   struct wr_over_item *item)
{
	item->arg_count = node->u.over.order_count;
	item->arg = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, item->arg_count + 1);
	for (uint32_t i = 0; i < item->arg_count; i++) {
		uint32_t column = node->u.over.order[i].column;

		item->arg[i] = wr_expr_column(&passes->plan->pool, column,
					      node->input[0]->schema.field[column].type);
	}
}

/* Gives a ranking function its aggregate. */
static wr_status *make_call(struct wr_passes *passes, const struct wr_node *node,
			    struct wr_over_item *item)
{
	bool batch = passes->options->batch;

	switch (item->what) {
	case WR_OVER_AGG: return NULL;
	case WR_OVER_LAG:
		item->function = &wr_agg_function_lag;
		item->rows = batch;
		break;
	case WR_OVER_ROW_NUMBER:
		item->function = wr_agg_find("COUNT", 5);
		item->rows = true;
		break;
	default:
		item->function = wr_agg_find("COUNT", 5);
		item->rows = false;
		if (!batch)
			break;
		item->function = item->what == WR_OVER_RANK ? &wr_agg_function_rank
							    : &wr_agg_function_dense_rank;
		rank_arguments(passes, node, item);
		break;
	}
	return wr_agg_call_new(&passes->plan->pool, item->function, item->arg, item->arg_count,
			       false, true, false, item->pos, &item->call);
}

/* The projection below and the calls over its columns. */
static wr_status *convert_items(struct job *job)
{
	struct wr_plan *plan = job->passes->plan;
	struct wr_node *node = job->node;
	struct wr_over_item *items =
	    WR_NEW_ARRAY(&plan->arena, struct wr_over_item, node->u.over.item_count + 1);
	uint32_t room = job->input->schema.count + 1;

	for (uint32_t i = 0; i < node->u.over.item_count; i++)
		room += node->u.over.item[i].arg_count + node->u.over.order_count + 1;
	job->expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, room);
	job->name = WR_NEW_ARRAY(&plan->arena, const char *, room);
	for (; job->count < job->input->schema.count; job->count++) {
		job->name[job->count] = job->input->schema.field[job->count].name;
		job->expr[job->count] = wr_expr_column(&plan->pool, job->count,
						       job->input->schema.field[job->count].type);
	}
	for (uint32_t i = 0; i < node->u.over.item_count; i++) {
		struct wr_over_item *item = &items[i];
		struct wr_expr **given;

		*item = node->u.over.item[i];
		WR_TRY(make_call(job->passes, node, item));
		given = item->arg;
		item->arg = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, item->arg_count + 1);
		for (uint32_t a = 0; a < item->arg_count; a++)
			item->arg[a] = project(job, given[a]);
		if (item->filter != NULL)
			item->filter = project(job, item->filter);
		if (wr_over_by_time(node) && item->preceding != INT64_MAX)
			WR_TRY(wr_agg_call_retracting(&plan->pool, item->call, item->pos,
						      &item->call));
	}
	node->u.over.item = items;
	return NULL;
}

/* One OVER node; *out has the columns it had. */
static wr_status *over_convert(struct wr_passes *passes, struct wr_node *node, struct wr_node **out)
{
	struct wr_plan *plan = passes->plan;
	struct job job = {.passes = passes, .node = node, .input = node->input[0]};
	uint32_t base = job.input->schema.count, items = node->u.over.item_count;
	struct wr_schema before = node->schema;
	struct wr_expr **expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, before.count + 1);
	const char **name = WR_NEW_ARRAY(&plan->arena, const char *, before.count + 1);

	for (uint32_t i = 0; i < items; i++)
		WR_TRY(check_item(passes, &node->u.over.item[i]));
	WR_TRY(check_order(passes, node));
	WR_TRY(convert_items(&job));
	*out = node;
	if (job.count == base)
		return NULL;
	node->input[0] = wr_plan_project(plan, job.input, job.expr, job.name, job.count);
	wr_schema_init(&plan->arena, &node->schema, job.count + items);
	memcpy(node->schema.field, node->input[0]->schema.field,
	       job.count * sizeof *node->schema.field);
	memcpy(node->schema.field + job.count, before.field + base,
	       items * sizeof *node->schema.field);
	wr_plan_window_traits(node);
	for (uint32_t i = 0; i < before.count; i++) {
		expr[i] = wr_expr_column(&plan->pool, i < base ? i : i + job.count - base,
					 before.field[i].type);
		name[i] = before.field[i].name;
	}
	*out = wr_plan_project(plan, node, expr, name, before.count);
	return NULL;
}

wr_status *wr_pass_over(struct wr_passes *passes, struct wr_node **at)
{
	struct wr_node *node = *at;

	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(wr_pass_over(passes, &node->input[i]));
	return node->kind == WR_N_OVER ? over_convert(passes, node, at) : NULL;
}

/* --- pruning
 * -------------------------------------------------------------------------------------- */

/* Calls that nobody asks for go; columns that the late-row table wants stay. */
static uint32_t prune_items(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			    bool *below, uint32_t *map)
{
	const struct wr_table *late = passes->options->late_table;
	const struct wr_schema *input = &node->input[0]->schema;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < node->u.over.partition_count; i++)
		below[node->u.over.partition[i]] = true;
	for (uint32_t i = 0; i < node->u.over.order_count; i++)
		below[node->u.over.order[i].column] = true;
	for (uint32_t c = 0; late != NULL && c < late->column_count; c++)
		for (uint32_t i = 0; i < input->count; i++)
			if (late->column[c].role == WR_COL_PHYSICAL &&
			    strcmp(input->field[i].name, late->column[c].name) == 0)
				below[i] = true;
	for (uint32_t i = 0; i < node->u.over.item_count; i++) {
		struct wr_over_item *item = &node->u.over.item[i];

		map[input->count + i] = kept;
		if (!needed[input->count + i])
			continue;
		for (uint32_t a = 0; a < item->arg_count; a++)
			wr_expr_columns(item->arg[a], below);
		if (item->filter != NULL)
			wr_expr_columns(item->filter, below);
		node->u.over.item[kept++] = *item;
	}
	return kept;
}

/* Partition, order and the arguments of the calls that stay are needed. */
wr_status *wr_prune_over(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			 uint32_t *map)
{
	struct wr_plan *plan = passes->plan;
	uint32_t columns = node->input[0]->schema.count, items = node->u.over.item_count, kept;
	bool *below = WR_NEW_ARRAY(&plan->arena, bool, columns + 1);
	uint32_t *moved = wr_plan_u32(plan, columns), now;
	uint32_t *partition = wr_plan_u32(plan, node->u.over.partition_count);
	struct wr_sort_key *order =
	    WR_NEW_ARRAY(&plan->arena, struct wr_sort_key, node->u.over.order_count + 1);
	struct wr_schema schema;

	memcpy(below, needed, columns * sizeof *below);
	kept = prune_items(passes, node, needed, below, map);
	WR_TRY(wr_pass_prune(passes, &node->input[0], below, moved));
	now = node->input[0]->schema.count;
	wr_schema_init(&plan->arena, &schema, now + kept);
	memcpy(schema.field, node->input[0]->schema.field, now * sizeof *schema.field);
	for (uint32_t i = 0; i < items; i++) {
		if (needed[columns + i])
			schema.field[now + map[columns + i]] = node->schema.field[columns + i];
		map[columns + i] += now;
	}
	for (uint32_t i = 0; i < kept; i++) {
		struct wr_over_item *item = &node->u.over.item[i];

		for (uint32_t a = 0; a < item->arg_count; a++)
			item->arg[a] = wr_expr_remap(&plan->pool, item->arg[a], moved);
		if (item->filter != NULL)
			item->filter = wr_expr_remap(&plan->pool, item->filter, moved);
	}
	for (uint32_t i = 0; i < node->u.over.partition_count; i++)
		partition[i] = moved[node->u.over.partition[i]];
	for (uint32_t i = 0; i < node->u.over.order_count; i++) {
		order[i] = node->u.over.order[i];
		order[i].column = moved[order[i].column];
	}
	memcpy(map, moved, columns * sizeof *map);
	node->u.over.partition = partition;
	node->u.over.order = order;
	node->u.over.item_count = kept;
	node->schema = schema;
	return NULL;
}
