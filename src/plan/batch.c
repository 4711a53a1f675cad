/* SPDX-License-Identifier: Apache-2.0
 *
 * batch - execution.runtime-mode = 'batch': bounded inputs, final results, inserts only.
 *
 * The operators are those of streaming. What differs:
 *   - the watermark stays unknown until the end of the input, so that no row is late (scans lose
 *     their watermark expression), and operators see only the last mark (runtime/task.c): what they
 *     emit there is the net change of the whole input, inserts;
 *   - what still makes changes (changelog sources, outer joins) gets a COLLAPSE on top, which keeps
 *     the rows until the end and lets the remaining ones out: above it there are only inserts;
 *   - ORDER BY waits for the end, and so takes any key;
 *   - a global aggregate has a result even without rows, a row without a row time is in no window,
 *     and the clock stands still: all as in Flink's batch mode.
 */
#include "base/mem.h"
#include "expr/function.h"
#include "expr/program.h"
#include "plan/passes.h"

/* --- the clock */

static bool is_clock(const struct wr_expr *expr)
{
	static const char *const names[] = {"CURRENT_DATE",  "CURRENT_TIME",   "CURRENT_TIMESTAMP",
					    "LOCALTIME",     "LOCALTIMESTAMP", "NOW",
					    "UNIX_TIMESTAMP"};

	for (uint32_t i = 0; i < WR_COUNT(names); i++)
		if (strcmp(expr->function->name, names[i]) == 0)
			return expr->arg_count == 0;
	return false;
}

static int64_t planned_us(void *user)
{
	return ((const struct wr_expr_pool *)user)->now_us;
}

/* The value of a clock function at the time of planning. */
static wr_status *read_clock(struct wr_expr_pool *pool, struct wr_expr *expr, struct wr_expr **out)
{
	struct wr_program *program;
	struct wr_column *value = NULL;
	struct wr_batch *batch;
	struct wr_eval *eval;
	wr_status *status;

	WR_TRY(wr_program_new(&expr, 1, 0, pool->zone_id, &program));
	eval = wr_program_eval(program);
	eval->context.now_us = planned_us;
	eval->context.user = pool;
	batch = wr_batch_new(0, 1);
	status = wr_program_run(program, batch, &value);
	if (status == NULL) {
		struct wr_column *typed = wr_column_retype(value, expr->type);
		uint32_t first = 0;
		struct wr_column *one = wr_column_gather(typed, &first, 1);

		wr_column_make_const(one);
		*out = wr_expr_const(pool, one);
		(*out)->pos = expr->pos;
		wr_column_unref(typed);
	}
	wr_column_unref(value);
	wr_batch_free(batch);
	wr_program_free(program);
	return status;
}

/* The expression with the clock standing still. */
static wr_status *freeze(struct wr_expr_pool *pool, struct wr_expr **at)
{
	struct wr_expr *expr = *at, **arg;
	bool changed = false;

	if (expr == NULL || (expr->traits & WR_EX_DYNAMIC) == 0)
		return NULL;
	if (expr->kind == WR_E_CALL && is_clock(expr))
		return read_clock(pool, expr, at);
	arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count + 1);
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		arg[i] = expr->arg[i];
		WR_TRY(freeze(pool, &arg[i]));
		changed = changed || arg[i] != expr->arg[i];
	}
	if (changed)
		*at = wr_expr_with_args(pool, expr, arg);
	return NULL;
}

/* The same for a list, which is replaced: it may belong to a table. */
static wr_status *freeze_list(struct wr_expr_pool *pool, struct wr_expr ***list, uint32_t count)
{
	struct wr_expr **out;

	if (*list == NULL)
		return NULL;
	out = WR_NEW_ARRAY(pool->arena, struct wr_expr *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		out[i] = (*list)[i];
		WR_TRY(freeze(pool, &out[i]));
	}
	*list = out;
	return NULL;
}

static wr_status *freeze_node(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_expr_pool *pool = &passes->plan->pool;

	switch (node->kind) {
	case WR_N_SCAN: return freeze_list(pool, &node->u.scan.expr, node->schema.count);
	case WR_N_VALUES:
		return freeze_list(pool, &node->u.values.expr,
				   node->u.values.row_count * node->schema.count);
	case WR_N_FILTER:
	case WR_N_PROJECT:
		WR_TRY(freeze(pool, &node->u.calc.condition));
		return freeze_list(pool, &node->u.calc.expr, node->schema.count);
	case WR_N_JOIN: return freeze(pool, &node->u.join.condition);
	case WR_N_UNNEST:
		WR_TRY(freeze(pool, &node->u.unnest.expr));
		return freeze(pool, &node->u.unnest.condition);
	case WR_N_AGGREGATE:
		for (uint32_t i = 0; i < node->u.agg.item_count; i++) {
			struct wr_agg_item *item = &node->u.agg.item[i];

			WR_TRY(freeze_list(pool, &item->arg, item->arg_count));
			WR_TRY(freeze(pool, &item->filter));
		}
		return NULL;
	default: return NULL;
	}
}

/* --- inputs */

/* Only inputs that end; no watermarks on the way. */
static wr_status *batch_scan(struct wr_node *node)
{
	const struct wr_table *table = node->u.scan.table;
	const struct wr_connector *connector = table->connector;
	bool bounded = connector->is_bounded != NULL ? connector->is_bounded(node->u.scan.args)
						     : connector->bounded;

	if (!bounded)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, node->pos,
				 "Table '%s' never ends, and so batch mode cannot read it",
				 table->name),
		    "Give it an end (datagen and nexmark: a number of rows; filesystem: no "
		    "'source.monitor-interval'; kafka: 'scan.bounded.mode'), or SET "
		    "'execution.runtime-mode' = 'streaming'");
	node->u.scan.watermark = NULL;
	node->u.scan.source_watermark = false;
	node->u.scan.rowtime = -1;
	node->u.scan.pace.idle_timeout_ms = 0;
	node->u.scan.pace.group = NULL;
	return NULL;
}

/* Rows without a time are in no window. */
static wr_status *batch_window(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_plan *plan = passes->plan;
	struct wr_node *input = node->input[0], *filter;
	uint32_t column = node->u.window->time_column;
	struct wr_expr *arg[1];

	if (node->u.window->processing_time)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, node->pos,
				 "A window over processing time has no meaning in batch mode: the "
				 "rows of long ago are all read now"),
		    "Use a window over event time, or SET 'execution.runtime-mode' = 'streaming'");
	if (!input->schema.field[column].type->nullable)
		return NULL;
	arg[0] = wr_expr_column(&plan->pool, column, input->schema.field[column].type);
	filter = wr_node_new(plan, WR_N_FILTER, 1, node->pos);
	filter->input[0] = input;
	filter->schema = input->schema;
	node->input[0] = filter;
	return wr_expr_call_name(&plan->pool, "IS NOT NULL", arg, 1, node->pos,
				 &filter->u.calc.condition);
}

static wr_status *batch_node(struct wr_passes *passes, struct wr_node *node)
{
	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(batch_node(passes, node->input[i]));
	WR_TRY(freeze_node(passes, node));
	switch (node->kind) {
	case WR_N_SCAN: return batch_scan(node);
	case WR_N_WINDOW: return batch_window(passes, node);
	case WR_N_SORT: node->u.sort.at_end = true; return NULL;
	case WR_N_AGGREGATE:
		node->u.agg.row_if_empty = node->u.agg.key_count == 0 && node->u.agg.item_count > 0;
		return NULL;
	default: return NULL;
	}
}

wr_status *wr_pass_batch(struct wr_passes *passes)
{
	if (!passes->options->batch)
		return NULL;
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(batch_node(passes, passes->plan->root[r]));
	return NULL;
}

/* --- changes */

/* Operators that emit at marks see only one, and so make only insertions. */
void wr_batch_changes(struct wr_node *node)
{
	switch (node->kind) {
	case WR_N_GROUP_AGG:
	case WR_N_RANK:
	case WR_N_DEDUP:
	case WR_N_SET_OP:
	case WR_N_SORT:
	case WR_N_OVER:
	case WR_N_COLLAPSE:
		node->traits.updates = node->traits.deletes = false;
		node->traits.needs_update_before = false;
		node->traits.changes = WR_CHANGES_INSERT;
		return;
	default: return;
	}
}

/* Whether rows come as a source has read them: then any worker may have any of them. */
static bool is_raw(const struct wr_node *node)
{
	bool raw = node->kind == WR_N_SCAN;

	if (!wr_plan_is_calc(node) && node->kind != WR_N_UNION_ALL && node->kind != WR_N_UNNEST)
		return raw;
	for (uint32_t i = 0; i < node->input_count && !raw; i++)
		raw = is_raw(node->input[i]);
	return raw;
}

bool wr_batch_needs_collapse(const struct wr_passes *passes, const struct wr_node *node, uint32_t i)
{
	return passes->options->batch && node->kind != WR_N_COLLAPSE &&
	       node->input[i]->traits.changes != WR_CHANGES_INSERT;
}

bool wr_batch_collapse(struct wr_passes *passes, struct wr_node *node, uint32_t i)
{
	struct wr_node *input = node->input[i],
		       *collapse = wr_node_new(passes->plan, WR_N_COLLAPSE, 1, input->pos);

	collapse->input[0] = input;
	collapse->schema = input->schema;
	collapse->traits = input->traits;
	wr_batch_changes(collapse);
	node->input[i] = collapse;
	return is_raw(input);
}
