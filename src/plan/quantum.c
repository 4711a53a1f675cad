/* SPDX-License-Identifier: Apache-2.0
 *
 * quantum - tells each scan which watermarks matter above it.
 *
 * A scan attaches the running watermark to rows only where it crosses a window boundary inside a
 * batch. Boundaries of all windows above lie on multiples of their quantum: the gcd of slice
 * lengths, offsets and the allowed lateness. 1 means every millisecond matters (sessions,
 * CURRENT_WATERMARK, windows on a zone's local time); 0 that nobody looks.
 */
#include "analyze/match.h"
#include "analyze/user_node.h"
#include "expr/function.h"
#include "plan/passes.h"

static int64_t gcd(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

static bool asks_watermark(const struct wr_expr *expr)
{
	if (expr == NULL)
		return false;
	if (expr->kind == WR_E_CALL && strcmp(expr->function->name, "CURRENT_WATERMARK") == 0)
		return true;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		if (asks_watermark(expr->arg[i]))
			return true;
	return false;
}

/* Of a window over the rows of `input`. */
static int64_t window_quantum(const struct wr_passes *passes, const struct wr_window *window,
			      const struct wr_node *input)
{
	const struct wr_type *time = input->schema.field[window->time_column].type;
	int64_t slice_ms;

	if (window->kind == WR_W_SESSION || window->offset_ms % window->size_ms != 0 ||
	    (time->kind == WR_TIMESTAMP_LTZ && !passes->options->zone_is_utc))
		return 1;
	slice_ms = window->kind == WR_W_HOP        ? gcd(window->size_ms, window->slide_ms)
		   : window->kind == WR_W_CUMULATE ? window->slide_ms
						   : window->size_ms;
	return gcd(slice_ms, window->offset_ms);
}

/* Attached windows count with the node that attaches them. */
static int64_t agg_quantum(const struct wr_passes *passes, const struct wr_node *node)
{
	int64_t allowed_ms = node->u.agg.allowed_lateness_ms;

	if (passes->options->late_table != NULL)
		return 1; /* late rows show the watermark that they met */
	if (node->u.agg.attached)
		return allowed_ms;
	return gcd(window_quantum(passes, node->u.agg.window, node->input[0]), allowed_ms);
}

static int64_t node_quantum(const struct wr_passes *passes, const struct wr_node *node)
{
	switch (node->kind) {
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG: return agg_quantum(passes, node);
	case WR_N_WINDOW: return window_quantum(passes, node->u.window, node->input[0]);
	case WR_N_CALC:
		for (uint32_t i = 0; node->u.calc.expr != NULL && i < node->schema.count; i++)
			if (asks_watermark(node->u.calc.expr[i]))
				return 1;
		return asks_watermark(node->u.calc.condition) ? 1 : 0;
	case WR_N_OVER:
	case WR_N_WINDOW_RANK:
	case WR_N_WINDOW_JOIN:
	case WR_N_DEDUP:
	case WR_N_MATCH:
	case WR_N_SORT: return 1;
	case WR_N_USER: return wr_user_quantum(node);
	default: return 0;
	}
}

/* Whether rows wait for the clock: those of a bounded RANGE until their millisecond is over. */
static bool over_by_clock(const struct wr_node *node)
{
	const struct wr_schema *input = &node->input[0]->schema;

	if (!wr_over_by_time(node) ||
	    input->field[node->u.over.order[0].column].type->time != WR_TIME_PROC)
		return false;
	for (uint32_t i = 0; i < node->u.over.item_count; i++)
		if (!node->u.over.item[i].rows && node->u.over.item[i].preceding != INT64_MAX)
			return true;
	return false;
}

/* What a node has been told by those above it. */
struct told {
	int64_t above; /* gcd so far; 0: nobody looks */
	bool seen, ticks;
};

static void spread(const struct wr_passes *passes, struct wr_node *node, int64_t above, bool ticks,
		   struct told *told)
{
	struct told *before = &told[node->id];
	int64_t here;

	above = before->above == 0 ? above : above == 0 ? before->above : gcd(before->above, above);
	ticks = ticks || before->ticks;
	if (before->seen && above == before->above && ticks == before->ticks)
		return;
	*before = (struct told){above, true, ticks};
	here = node_quantum(passes, node);

	if (node->kind == WR_N_WINDOW_AGG || node->kind == WR_N_SESSION_AGG)
		ticks = ticks || node->u.agg.window->processing_time;
	if (node->kind == WR_N_WINDOW && node->u.window->kind == WR_W_SESSION)
		ticks = ticks || node->u.window->processing_time;
	if (node->kind == WR_N_HASH_JOIN) /* expired state goes although nothing comes */
		ticks = ticks || node->u.join.left_ttl_ms > 0 || node->u.join.right_ttl_ms > 0;
	for (uint32_t i = 0; node->kind == WR_N_MULTI_JOIN && i < node->input_count; i++)
		ticks = ticks || node->u.multi.ttl_ms[i] > 0;
	if (node->kind == WR_N_GROUP_AGG)
		ticks = ticks || node->u.agg.state_ttl_ms > 0;
	if (node->kind == WR_N_USER)
		ticks = ticks || wr_user_ticks(node);
	if (node->kind == WR_N_MATCH)
		ticks = ticks || node->u.match->processing_time;
	if (node->kind == WR_N_INTERVAL_JOIN)
		ticks = ticks || node->u.join.interval.processing_time;
	if (node->kind == WR_N_OVER)
		ticks = ticks || over_by_clock(node);
	if (here != 0)
		above = above == 0 ? here : gcd(above, here);
	if (node->kind == WR_N_SCAN) {
		int64_t *quantum = &node->traits.window_quantum_ms;

		node->traits.ticks = node->traits.ticks || ticks;
		if (asks_watermark(node->u.scan.condition))
			above = 1;
		if (above != 0)
			*quantum = *quantum == 0 ? above : gcd(*quantum, above);
	}
	for (uint32_t i = 0; i < node->input_count; i++)
		spread(passes, node->input[i], above, ticks, told);
}

void wr_pass_quantum(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	struct told *told = WR_NEW_ARRAY(&plan->arena, struct told, plan->next_id);

	for (uint32_t r = 0; r < plan->root_count; r++)
		spread(passes, plan->root[r], 0, false, told);
}
