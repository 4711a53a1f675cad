/* SPDX-License-Identifier: Apache-2.0
 *
 * push - filters move towards the sources, term by term, over the logical plan.
 *
 * A term is one part of the AND of a filter (or of a join's condition). `sink_term` tries to place
 * it below a node; what cannot go below stays where it was. Through
 *
 *     projections   rewritten over the projection's input
 *     unions, set operations   into every branch
 *     window functions   if it reads no window column (SESSION: only partition columns)
 *     aggregates    if it reads plain group keys only
 *     OVER          if it reads partition columns only
 *     joins         into the side that it reads, where rows of that side are not kept unmatched;
 *                   over both sides of an inner join it becomes part of the condition
 *
 * A term that can fail, or that is not deterministic, never moves: below, it could meet rows that
 * it would not have met above.
 */
#include "plan/passes.h"

static wr_status *sink_term(struct wr_passes *passes, struct wr_node **at, struct wr_expr *term,
			    bool *taken);

static bool may_move(const struct wr_expr *term)
{
	return wr_expr_is_deterministic(term) && !wr_expr_can_fail(term);
}

/* Whether the expression reads columns, and all of them are among those with allowed[i]. */
static bool reads_only(const struct wr_expr *expr, const bool *allowed)
{
	if (expr->kind == WR_E_COLUMN)
		return allowed[expr->column];
	for (uint32_t i = 0; i < expr->arg_count; i++)
		if (!reads_only(expr->arg[i], allowed))
			return false;
	return true;
}

static bool *bools(struct wr_passes *passes, uint32_t count)
{
	return WR_NEW_ARRAY(&passes->plan->arena, bool, count + 1);
}

/* Places a term above *at, or below it as far as it goes. */
static wr_status *put_term(struct wr_passes *passes, struct wr_node **at, struct wr_expr *term)
{
	struct wr_node *filter;
	bool taken = false;

	WR_TRY(sink_term(passes, at, term, &taken));
	if (taken)
		return NULL;
	filter = wr_node_new(passes->plan, WR_N_FILTER, 1, (*at)->pos);
	filter->input[0] = *at;
	filter->schema = (*at)->schema;
	filter->u.calc.condition = term;
	filter->traits = (*at)->traits;
	*at = filter;
	return NULL;
}

/* Below a node whose first columns are those of its input; allowed[] is over the input. */
static wr_status *sink_same(struct wr_passes *passes, struct wr_node *node, struct wr_expr *term,
			    const bool *allowed, bool *taken)
{
	*taken = reads_only(term, allowed);
	return *taken ? put_term(passes, &node->input[0], term) : NULL;
}

static wr_status *sink_project(struct wr_passes *passes, struct wr_node *node, struct wr_expr *term,
			       bool *taken)
{
	bool *used = bools(passes, node->schema.count);
	struct wr_expr *below;

	wr_expr_columns(term, used);
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (used[i] && !may_move(node->u.calc.expr[i]))
			return NULL;
	below = wr_expr_substitute(&passes->plan->pool, term, node->u.calc.expr);
	*taken = true;
	return put_term(passes, &node->input[0], below);
}

/* allowed[] for a node that appends columns to those of its input: all of the input's, or those
 * listed. */
static bool *input_columns(struct wr_passes *passes, const struct wr_node *node,
			   const uint32_t *list, uint32_t count, bool all)
{
	bool *allowed = bools(passes, node->schema.count);

	for (uint32_t i = 0; all && i < node->input[0]->schema.count; i++)
		allowed[i] = true;
	for (uint32_t i = 0; i < count; i++)
		allowed[list[i]] = true;
	return allowed;
}

/* Below an aggregate: over group keys that are no window columns. */
static wr_status *sink_aggregate(struct wr_passes *passes, struct wr_node *node,
				 struct wr_expr *term, bool *taken)
{
	const struct wr_traits *traits = &node->input[0]->traits;
	bool *allowed = bools(passes, node->schema.count);
	uint32_t *map = wr_plan_u32(passes->plan, node->schema.count);

	if (node->u.agg.set != NULL)
		return NULL;
	for (uint32_t i = 0; i < node->u.agg.key_count; i++) {
		int32_t column = (int32_t)node->u.agg.key[i];

		map[i] = node->u.agg.key[i];
		allowed[i] = column != traits->window_start && column != traits->window_end &&
			     column != traits->window_time;
	}
	*taken = reads_only(term, allowed);
	if (!*taken)
		return NULL;
	return put_term(passes, &node->input[0], wr_expr_remap(&passes->plan->pool, term, map));
}

/* Which sides a term over left ++ right reads: 1 left, 2 right, 3 both. */
static uint32_t sides(const struct wr_expr *expr, uint32_t left_count)
{
	uint32_t found = 0;

	if (expr->kind == WR_E_COLUMN)
		return expr->column < left_count ? 1 : 2;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		found |= sides(expr->arg[i], left_count);
	return found;
}

/* Puts a term that reads one side of a join into that side. */
static wr_status *put_side(struct wr_passes *passes, struct wr_node *join, struct wr_expr *term,
			   uint32_t side)
{
	uint32_t left = join->input[0]->schema.count, total = left + join->input[1]->schema.count;
	uint32_t *map = wr_plan_u32(passes->plan, total);

	if (side == 1)
		return put_term(passes, &join->input[0], term);
	for (uint32_t i = 0; i < total; i++)
		map[i] = i >= left ? i - left : 0;
	return put_term(passes, &join->input[1], wr_expr_remap(&passes->plan->pool, term, map));
}

/* A filter above a join. */
static wr_status *sink_join(struct wr_passes *passes, struct wr_node *node, struct wr_expr *term,
			    bool *taken)
{
	enum wr_join_kind join = node->u.join.join;
	uint32_t side = sides(term, node->input[0]->schema.count);
	bool left =
	    join == WR_J_INNER || join == WR_J_LEFT || join == WR_J_SEMI || join == WR_J_ANTI;
	bool right = (join == WR_J_INNER || join == WR_J_RIGHT) &&
		     node->u.join.snapshot == WR_SNAPSHOT_NONE; /* versions stay whole */

	if ((side == 1 && left) || (side == 2 && right)) {
		*taken = true;
		return put_side(passes, node, term, side);
	}
	if (side != 3 || join != WR_J_INNER)
		return NULL;
	*taken = true;
	if (node->u.join.condition != NULL) {
		struct wr_expr *both[2] = {node->u.join.condition, term};

		return wr_expr_logic(&passes->plan->pool, WR_E_AND, both, 2, node->pos,
				     &node->u.join.condition);
	}
	node->u.join.condition = term;
	return NULL;
}

/* Into every branch. */
static wr_status *sink_branches(struct wr_passes *passes, struct wr_node *node,
				struct wr_expr *term, bool *taken)
{
	*taken = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(put_term(passes, &node->input[i], term));
	return NULL;
}

/* Tries to place a term over the output of *at below it. */
static wr_status *sink_term(struct wr_passes *passes, struct wr_node **at, struct wr_expr *term,
			    bool *taken)
{
	struct wr_node *node = *at;
	const struct wr_window *window;

	switch (node->kind) {
	case WR_N_FILTER: return sink_term(passes, &node->input[0], term, taken);
	case WR_N_PROJECT: return sink_project(passes, node, term, taken);
	case WR_N_UNION_ALL:
	case WR_N_SET_OP: return sink_branches(passes, node, term, taken);
	case WR_N_AGGREGATE: return sink_aggregate(passes, node, term, taken);
	case WR_N_JOIN: return sink_join(passes, node, term, taken);
	case WR_N_WINDOW:
		window = node->u.window;
		return sink_same(passes, node, term,
				 input_columns(passes, node, window->partition,
					       window->partition_count,
					       window->kind != WR_W_SESSION),
				 taken);
	case WR_N_OVER:
		return sink_same(passes, node, term,
				 input_columns(passes, node, node->u.over.partition,
					       node->u.over.partition_count, false),
				 taken);
	case WR_N_UNNEST:
		return sink_same(passes, node, term, input_columns(passes, node, NULL, 0, true),
				 taken);
	default: return NULL;
	}
}

/* The AND of terms; NULL for none. */
static wr_status *conjunction(struct wr_passes *passes, struct wr_expr **term, uint32_t count,
			      struct wr_pos pos, struct wr_expr **out)
{
	*out = count == 0 ? NULL : term[0];
	if (count < 2)
		return NULL;
	return wr_expr_logic(&passes->plan->pool, WR_E_AND, term, count, pos, out);
}

/* The terms of a condition, as a list of our own. */
static struct wr_expr **split(struct wr_passes *passes, struct wr_expr *condition, uint32_t *count)
{
	struct wr_expr **term;

	*count = condition == NULL ? 0 : condition->kind == WR_E_AND ? condition->arg_count : 1;
	term = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, *count + 1);
	for (uint32_t i = 0; i < *count; i++)
		term[i] = condition->kind == WR_E_AND ? condition->arg[i] : condition;
	return term;
}

static wr_status *push_filter(struct wr_passes *passes, struct wr_node **at)
{
	struct wr_node *node = *at;
	uint32_t count, kept = 0;
	struct wr_expr **term = split(passes, node->u.calc.condition, &count);

	for (uint32_t i = 0; i < count; i++) {
		bool taken = false;

		if (may_move(term[i]))
			WR_TRY(sink_term(passes, &node->input[0], term[i], &taken));
		if (!taken)
			term[kept++] = term[i];
	}
	if (kept == count)
		return NULL;
	wr_pass_note(passes, WR_PASS_FILTER);
	WR_TRY(conjunction(passes, term, kept, node->pos, &node->u.calc.condition));
	if (kept == 0)
		*at = node->input[0];
	return NULL;
}

/* Terms of a join's own condition that read one side only. */
static wr_status *push_condition(struct wr_passes *passes, struct wr_node *node)
{
	enum wr_join_kind join = node->u.join.join;
	bool left = join == WR_J_INNER || join == WR_J_RIGHT || join == WR_J_SEMI;
	bool right =
	    join != WR_J_RIGHT && join != WR_J_FULL && node->u.join.snapshot == WR_SNAPSHOT_NONE;
	uint32_t count, kept = 0;
	struct wr_expr **term = split(passes, node->u.join.condition, &count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t side = sides(term[i], node->input[0]->schema.count);

		if (may_move(term[i]) && ((side == 1 && left) || (side == 2 && right)))
			WR_TRY(put_side(passes, node, term[i], side));
		else
			term[kept++] = term[i];
	}
	if (kept == count)
		return NULL;
	wr_pass_note(passes, WR_PASS_FILTER);
	return conjunction(passes, term, kept, node->pos, &node->u.join.condition);
}

static wr_status *push(struct wr_passes *passes, struct wr_node **at)
{
	if ((*at)->kind == WR_N_FILTER)
		WR_TRY(push_filter(passes, at));
	if ((*at)->kind == WR_N_JOIN)
		WR_TRY(push_condition(passes, *at));
	for (uint32_t i = 0; i < (*at)->input_count; i++)
		WR_TRY(push(passes, &(*at)->input[i]));
	return NULL;
}

wr_status *wr_pass_filter(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(push(passes, &passes->plan->root[r]));
	return NULL;
}
