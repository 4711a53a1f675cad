/* SPDX-License-Identifier: Apache-2.0
 *
 * calc - projections and filters that stand on each other become one calc; a filter right above a
 * scan moves into it; a calc that changes nothing goes away. Constants are computed; those of a
 * single row of VALUES too.
 *
 * Merging substitutes expressions, so an expression that is not deterministic, or that is used
 * twice and costs something, keeps its own calc.
 */
#include "plan/passes.h"

/* How often `expr` reads column `column`. */
static uint32_t reads(const struct wr_expr *expr, uint32_t column)
{
	uint32_t count = 0;

	if (expr->kind == WR_E_COLUMN)
		return expr->column == column;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		count += reads(expr->arg[i], column);
	return count;
}

/* Whether the upper calc may be expressed over the lower one's input. Common subexpressions are
 * computed once by the program of one calc, so reading a column twice is no reason against it. */
static bool can_merge(const struct wr_node *upper, const struct wr_node *lower)
{
	for (uint32_t i = 0; lower->u.calc.expr != NULL && i < lower->schema.count; i++) {
		uint32_t count = 0;

		if (wr_expr_is_deterministic(lower->u.calc.expr[i]))
			continue;
		if (upper->u.calc.condition != NULL)
			count += 2 * reads(upper->u.calc.condition, i);
		for (uint32_t c = 0; upper->u.calc.expr != NULL && c < upper->schema.count; c++)
			count += reads(upper->u.calc.expr[c], i);
		if (count > 1)
			return false;
	}
	/* A lower filter guards the upper expressions: they run only on its rows, which one calc
	 * keeps to. An upper filter that can fail must not see rows that the lower one takes out:
	 * AND is lazy, so that holds too. */
	return true;
}

static wr_status *merge(struct wr_passes *passes, struct wr_node *upper, struct wr_node *lower)
{
	struct wr_expr_pool *pool = &passes->plan->pool;
	struct wr_expr *condition = upper->u.calc.condition;

	if (lower->u.calc.expr != NULL) {
		for (uint32_t i = 0; i < lower->schema.count; i++)
			lower->u.calc.expr[i] = wr_expr_settle(pool, lower->u.calc.expr[i], true);
		if (condition != NULL)
			condition = wr_expr_substitute(pool, condition, lower->u.calc.expr);
		if (upper->u.calc.expr != NULL)
			for (uint32_t i = 0; i < upper->schema.count; i++)
				upper->u.calc.expr[i] = wr_expr_substitute(
				    pool, upper->u.calc.expr[i], lower->u.calc.expr);
		else
			upper->u.calc.expr = lower->u.calc.expr;
	}
	if (lower->u.calc.condition != NULL && condition != NULL) {
		struct wr_expr *both[2] = {lower->u.calc.condition, condition};

		WR_TRY(wr_expr_logic(pool, WR_E_AND, both, 2, upper->pos, &condition));
	} else if (condition == NULL) {
		condition = lower->u.calc.condition;
	}
	upper->u.calc.condition = condition;
	upper->input[0] = lower->input[0];
	return NULL;
}

/* Cells become constants where they can. */
static void fold_values(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_expr_pool *pool = &passes->plan->pool;

	for (uint32_t i = 0; i < node->u.values.row_count * node->schema.count; i++)
		node->u.values.expr[i] =
		    wr_expr_settle(pool, wr_expr_fold(pool, node->u.values.expr[i]), false);
}

/* The constants of a single row take the place of the columns that they stand in. */
static void take_row(struct wr_passes *passes, struct wr_node *node, const struct wr_node *values)
{
	struct wr_expr_pool *pool = &passes->plan->pool;
	uint32_t count = values->schema.count;
	struct wr_expr **map = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, count + 1);

	for (uint32_t i = 0; i < count; i++)
		map[i] = wr_expr_is_const(values->u.values.expr[i])
			     ? wr_expr_settle(pool, values->u.values.expr[i], true)
			     : wr_expr_column(pool, i, values->schema.field[i].type);
	if (node->u.calc.condition != NULL)
		node->u.calc.condition = wr_expr_substitute(pool, node->u.calc.condition, map);
	for (uint32_t i = 0; node->u.calc.expr != NULL && i < node->schema.count; i++) {
		struct wr_expr *expr = node->u.calc.expr[i];

		node->u.calc.expr[i] = wr_expr_substitute(pool, expr, map);
		if (expr->type->kind == WR_FLOAT && (expr->traits & WR_EX_COLUMNS))
			node->u.calc.expr[i] =
			    wr_expr_settle(pool, wr_expr_fold(pool, node->u.calc.expr[i]), true);
	}
}

static wr_status *fold(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_expr_pool *pool = &passes->plan->pool;

	if (node->u.calc.condition != NULL)
		node->u.calc.condition = wr_expr_fold(pool, node->u.calc.condition);
	for (uint32_t i = 0; node->u.calc.expr != NULL && i < node->schema.count; i++) {
		struct wr_expr **expr = &node->u.calc.expr[i];

		if (((*expr)->traits & WR_EX_COLUMNS) == 0)
			WR_TRY(wr_plan_element(passes, expr));
		*expr = wr_expr_settle(pool, wr_expr_fold(pool, *expr), false);
	}
	return NULL;
}

/* A condition that is TRUE for every row. */
static bool is_true(const struct wr_expr *condition)
{
	return condition->kind == WR_E_CONST && wr_column_is_valid(condition->value, 0) &&
	       condition->type->kind == WR_BOOLEAN && WR_DATA(condition->value, uint8_t)[0] != 0;
}

static bool changes_nothing(const struct wr_node *node)
{
	const struct wr_node *input = node->input[0];

	if (node->u.calc.condition != NULL)
		return false;
	if (node->u.calc.expr == NULL)
		return true;
	if (node->schema.count != input->schema.count || input->kind == WR_N_USER)
		return false; /* others may read the names of a USER node */
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (node->u.calc.expr[i]->kind != WR_E_COLUMN || node->u.calc.expr[i]->column != i)
			return false;
	return true;
}

/* Moves the condition into the scan below. */
static wr_status *push_filter(struct wr_passes *passes, struct wr_node *node, struct wr_node *scan)
{
	struct wr_expr *both[2] = {scan->u.scan.condition, node->u.calc.condition};

	if (both[0] == NULL)
		scan->u.scan.condition = both[1];
	else
		WR_TRY(wr_expr_logic(&passes->plan->pool, WR_E_AND, both, 2, node->pos,
				     &scan->u.scan.condition));
	node->u.calc.condition = NULL;
	return NULL;
}

wr_status *wr_pass_calc(struct wr_passes *passes, struct wr_node **at)
{
	struct wr_node *node = *at;

	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(wr_pass_calc(passes, &node->input[i]));
	if (node->kind == WR_N_SCAN)
		for (uint32_t i = 0; i < node->schema.count; i++)
			node->u.scan.expr[i] =
			    wr_expr_fold(&passes->plan->pool, node->u.scan.expr[i]);
	if (node->kind == WR_N_VALUES)
		fold_values(passes, node);
	if (!wr_plan_is_calc(node))
		return NULL;
	node->kind = WR_N_CALC;
	if (node->input[0]->kind == WR_N_VALUES && node->input[0]->u.values.row_count == 1)
		take_row(passes, node, node->input[0]);
	if (node->input[0]->kind == WR_N_CALC && wr_pass_on(passes, WR_PASS_CALC) &&
	    can_merge(node, node->input[0])) {
		WR_TRY(merge(passes, node, node->input[0]));
		wr_pass_note(passes, WR_PASS_CALC);
	}
	WR_TRY(fold(passes, node));
	if (node->u.calc.condition != NULL && is_true(node->u.calc.condition))
		node->u.calc.condition = NULL;
	if (node->u.calc.condition != NULL && node->input[0]->kind == WR_N_SCAN &&
	    wr_pass_on(passes, WR_PASS_SCAN)) {
		WR_TRY(push_filter(passes, node, node->input[0]));
		wr_pass_note(passes, WR_PASS_SCAN);
	}
	wr_plan_window_traits(node);
	if (wr_pass_on(passes, WR_PASS_TRIVIAL) && changes_nothing(node)) {
		struct wr_node *input = node->input[0];

		wr_pass_note(passes, WR_PASS_TRIVIAL);
		for (uint32_t i = 0; i < node->schema.count; i++)
			input->schema.field[i].name = node->schema.field[i].name;
		*at = input;
	}
	return NULL;
}

/* Calcs that sharing has put above the scans merge with those above them. Nothing enters the scan.
 */
static wr_status *merge_calcs(struct wr_passes *passes, struct wr_node *node, bool *done)
{
	if (done[node->id])
		return NULL;
	done[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(merge_calcs(passes, node->input[i], done));
	if (node->kind != WR_N_CALC || node->input[0]->kind != WR_N_CALC ||
	    !can_merge(node, node->input[0]))
		return NULL;
	WR_TRY(merge(passes, node, node->input[0]));
	WR_TRY(fold(passes, node));
	wr_plan_window_traits(node);
	return NULL;
}

wr_status *wr_pass_merge(struct wr_passes *passes)
{
	bool *done = WR_NEW_ARRAY(&passes->plan->arena, bool, passes->plan->next_id + 1);

	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(merge_calcs(passes, passes->plan->root[r], done));
	return NULL;
}
