/* SPDX-License-Identifier: Apache-2.0
 *
 * hand_over - what a connector can do in the place where the rows are: conditions of a scan that
 * mean the same there, and a limit on its rows.
 *
 * The scan evaluates its condition in any case, so a connector may leave out what it was handed;
 * but what it does evaluate keeps rows away. A scan with a watermark keeps its rows: those that the
 * condition drops move the watermark, too. A limit is handed over only if all of the condition was,
 * and nobody else reads the scan.
 */
#include "plan/passes.h"

/* The terms of a condition that the connector takes; NULL entries: none. Returns how many. */
static uint32_t take_terms(struct wr_passes *passes, const struct wr_node *scan,
			   const struct wr_expr **out, uint32_t *total)
{
	struct wr_expr *condition = scan->u.scan.condition;
	const struct wr_connector *connector = scan->u.scan.table->connector;
	bool list = condition->kind == WR_E_AND;
	uint32_t count = 0;
	struct wr_text shown;

	*total = list ? condition->arg_count : 1;
	wr_text_init(&shown);
	for (uint32_t i = 0; i < *total; i++) {
		struct wr_expr *term = list ? condition->arg[i] : condition;

		if (wr_expr_can_fail(term) || !wr_expr_is_deterministic(term))
			continue;
		term = wr_expr_substitute(&passes->plan->pool, term, scan->u.scan.expr);
		if (connector->push_filter(scan->u.scan.args, term, &shown))
			out[count++] = term;
	}
	wr_text_release(&shown);
	return count;
}

static struct wr_connector_args *own_args(struct wr_passes *passes, struct wr_node *scan)
{
	struct wr_connector_args *args = WR_NEW(&passes->plan->arena, struct wr_connector_args);

	*args = *scan->u.scan.args;
	scan->u.scan.args = args;
	return args;
}

static void hand_over_terms(struct wr_passes *passes, struct wr_node *scan)
{
	const struct wr_expr *condition = scan->u.scan.condition, **term;
	uint32_t count, total;

	if (condition == NULL || scan->u.scan.watermark != NULL || scan->u.scan.source_watermark ||
	    scan->u.scan.lookup || scan->u.scan.table->connector->push_filter == NULL)
		return;
	total = condition->kind == WR_E_AND ? condition->arg_count : 1;
	term = WR_NEW_ARRAY(&passes->plan->arena, const struct wr_expr *, total + 1);
	count = take_terms(passes, scan, term, &total);
	if (count == 0)
		return;
	struct wr_connector_args *args = own_args(passes, scan);
	args->pushed = term;
	args->pushed_count = count;
	wr_pass_note(passes, WR_PASS_HAND_OVER);
}

/* Whether all of the scan's condition was handed over. */
static bool is_whole(const struct wr_node *scan)
{
	const struct wr_expr *condition = scan->u.scan.condition;
	uint32_t terms = condition == NULL             ? 0
			 : condition->kind == WR_E_AND ? condition->arg_count
						       : 1;

	return scan->u.scan.args->pushed_count == terms;
}

static uint32_t readers(const struct wr_node *node, const struct wr_node *of)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < node->input_count; i++)
		count += (node->input[i] == of) + readers(node->input[i], of);
	return count;
}

/* A LIMIT without an order, right above a scan or above one whose rows only change their columns.
 */
static void hand_over_limit(struct wr_passes *passes, const struct wr_node *limit)
{
	struct wr_node *node = limit->input[0];
	uint32_t count = 0;

	while (node->kind == WR_N_CALC && node->u.calc.condition == NULL)
		node = node->input[0];
	if (node->kind != WR_N_SCAN || !node->u.scan.table->connector->takes_limit ||
	    node->u.scan.watermark != NULL || node->u.scan.source_watermark || !is_whole(node) ||
	    limit->u.sort.fetch <= 0)
		return;
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		count += readers(passes->plan->root[r], node);
	if (count != 1)
		return;
	own_args(passes, node)->limit =
	    (uint64_t)limit->u.sort.fetch + (uint64_t)WR_MAX(limit->u.sort.offset, 0);
	wr_pass_note(passes, WR_PASS_HAND_OVER);
}

/* Below a node first: a limit looks at what was taken of the condition. */
static void visit(struct wr_passes *passes, struct wr_node *node)
{
	for (uint32_t i = 0; i < node->input_count; i++)
		visit(passes, node->input[i]);
	if (node->kind == WR_N_SCAN && node->u.scan.args->pushed == NULL)
		hand_over_terms(passes, node);
	if (node->kind == WR_N_LOCAL_LIMIT)
		hand_over_limit(passes, node);
}

wr_status *wr_pass_hand_over(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		visit(passes, passes->plan->root[r]);
	return NULL;
}
