/* SPDX-License-Identifier: Apache-2.0
 *
 * nodes - building blocks of the passes.
 */
#include "analyze/user_node.h"
#include "plan/passes.h"

struct wr_node *wr_plan_project(struct wr_plan *plan, struct wr_node *input,
				struct wr_expr *const *expr, const char *const *names,
				uint32_t count)
{
	struct wr_node *node = wr_node_new(plan, WR_N_PROJECT, 1, input->pos);

	node->input[0] = input;
	wr_schema_init(&plan->arena, &node->schema, count);
	node->u.calc.expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		const char *name = names != NULL ? names[i] : NULL;

		node->u.calc.expr[i] = expr[i];
		if (name == NULL && expr[i]->kind == WR_E_COLUMN)
			name = input->schema.field[expr[i]->column].name;
		if (name == NULL)
			name = wr_arena_printf(&plan->arena, "f%u", i);
		wr_plan_field(node, i, name, expr[i]->type);
	}
	wr_plan_window_traits(node);
	return node;
}

struct wr_expr **wr_plan_columns(struct wr_plan *plan, const struct wr_node *input)
{
	struct wr_expr **expr =
	    WR_NEW_ARRAY(&plan->arena, struct wr_expr *, input->schema.count + 1);

	for (uint32_t i = 0; i < input->schema.count; i++)
		expr[i] = wr_expr_column(&plan->pool, i, input->schema.field[i].type);
	return expr;
}

uint32_t *wr_plan_u32(struct wr_plan *plan, uint32_t count)
{
	return WR_NEW_ARRAY(&plan->arena, uint32_t, count + 1);
}

void wr_plan_field(struct wr_node *node, uint32_t i, const char *name, const struct wr_type *type)
{
	WR_ASSERT(i < node->schema.count);
	node->schema.field[i].name = name;
	node->schema.field[i].type = type;
}

bool wr_plan_is_calc(const struct wr_node *node)
{
	return node->kind == WR_N_FILTER || node->kind == WR_N_PROJECT || node->kind == WR_N_CALC;
}

static void no_window(struct wr_traits *traits)
{
	traits->window = NULL;
	traits->window_start = traits->window_end = traits->window_time = -1;
}

/* The output column that passes input column `column` on, or -1. */
static int32_t passed(const struct wr_node *node, int32_t column)
{
	if (column < 0)
		return -1;
	if (node->u.calc.expr == NULL)
		return column;
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (node->u.calc.expr[i]->kind == WR_E_COLUMN &&
		    node->u.calc.expr[i]->column == (uint32_t)column)
			return (int32_t)i;
	return -1;
}

void wr_plan_window_traits(struct wr_node *node)
{
	uint32_t in;

	no_window(&node->traits);
	switch (node->kind) {
	case WR_N_FILTER:
	case WR_N_PROJECT:
	case WR_N_CALC:
		node->traits.window = node->input[0]->traits.window;
		node->traits.window_start = passed(node, node->input[0]->traits.window_start);
		node->traits.window_end = passed(node, node->input[0]->traits.window_end);
		node->traits.window_time = passed(node, node->input[0]->traits.window_time);
		return;
	case WR_N_WINDOW:
		in = node->input[0]->schema.count;
		node->traits.window = node->u.window;
		node->traits.window_start = (int32_t)in;
		node->traits.window_end = (int32_t)in + 1;
		node->traits.window_time = (int32_t)in + 2;
		return;
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG:
		in = node->schema.count;
		node->traits.window = node->u.agg.window;
		node->traits.window_start = (int32_t)in - 3;
		node->traits.window_end = (int32_t)in - 2;
		node->traits.window_time = (int32_t)in - 1;
		return;
	case WR_N_USER: /* rows go through as they are */
		if (node->u.user.op->kind != WR_U_STREAM && node->u.user.op->kind != WR_U_FILTER)
			return;
		/* fallthrough */
	case WR_N_WINDOW_RANK:
	case WR_N_OVER:
	case WR_N_UNNEST:
	case WR_N_WINDOW_JOIN:
		node->traits.window = node->input[0]->traits.window;
		node->traits.window_start = node->input[0]->traits.window_start;
		node->traits.window_end = node->input[0]->traits.window_end;
		node->traits.window_time = node->input[0]->traits.window_time;
		return;
	default: return;
	}
}
