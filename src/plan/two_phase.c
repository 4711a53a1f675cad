/* SPDX-License-Identifier: Apache-2.0
 *
 * two_phase - gives aggregates a local half in front of their exchange:
 *
 *     GROUP_AGG / WINDOW_AGG   global: takes rows, and accumulators of many rows
 *       EXCHANGE
 *         LOCAL_AGG            folds the rows of a batch that have the same key, when there are
 * many input
 *
 * The local half has the input's columns and one more, `$partial`: NULL for a row that passes as it
 * is, else the accumulators of the rows that it stands for (op/local_agg.c). Which of the two is
 * decided batch by batch at run time, so a hot key is folded on every worker, and distinct keys
 * cost nothing.
 *
 * Only aggregates whose result cannot depend on where the stream was cut are split: counts, sums
 * and averages of integers and decimals, MIN and MAX over inserts. Sums of doubles round
 * differently when they are added in another order, FIRST_VALUE and the like hold values of
 * variable size.
 */
#include "base/limits.h"
#include "plan/passes.h"

static bool splits(const struct wr_node *node)
{
	const struct wr_node *exchange = node->input[0];

	if (exchange->kind != WR_N_EXCHANGE || exchange->input[0]->kind == WR_N_VALUES ||
	    exchange->schema.count >= WR_COLUMNS_MAX)
		return false;
	for (uint32_t i = 0; i < node->u.agg.item_count; i++)
		if (!wr_agg_call_splits(node->u.agg.item[i].call))
			return false;
	return true;
}

/* Windows by event time in UTC, each row in one slice that can be told from its time alone; rows
 * that correct a fired window are taken one by one. */
static bool window_splits(const struct wr_passes *passes, const struct wr_node *node)
{
	const struct wr_window *window = node->u.agg.window;
	const struct wr_type *time;

	if (node->u.agg.attached || node->u.agg.allowed_lateness_ms > 0 ||
	    window->processing_time || window->offset_ms % window->size_ms != 0)
		return false;
	time = node->input[0]->schema.field[window->time_column].type;
	return time->kind == WR_TIMESTAMP || passes->options->zone_is_utc;
}

void wr_plan_two_phase(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_plan *plan = passes->plan;
	struct wr_node *exchange = node->input[0], *input, *local;
	uint32_t count;

	if (!wr_pass_on(passes, WR_PASS_TWO_PHASE) ||
	    passes->options->agg_phase == WR_AGG_ONE_PHASE || !splits(node) ||
	    (node->kind == WR_N_WINDOW_AGG && !window_splits(passes, node)))
		return;
	input = exchange->input[0];
	count = input->schema.count;
	local = wr_node_new(plan, WR_N_LOCAL_AGG, 1, node->pos);
	local->input[0] = input;
	local->traits = input->traits;
	wr_schema_init(&plan->arena, &local->schema, count + 1);
	if (count > 0)
		memcpy(local->schema.field, input->schema.field,
		       count * sizeof *local->schema.field);
	wr_plan_field(local, count, "$partial", &WR_T_BYTES);
	local->u.agg = node->u.agg;
	local->u.agg.local = true;
	local->u.agg.always = passes->options->agg_phase == WR_AGG_TWO_PHASE;
	node->u.agg.global = true;
	exchange->input[0] = local;
	exchange->schema = local->schema;
	exchange->u.exchange.hashed = true;
	wr_pass_note(passes, WR_PASS_TWO_PHASE);
}
