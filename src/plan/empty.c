/* SPDX-License-Identifier: Apache-2.0
 *
 * empty - windows over changing rows whose rows have all been taken back are not shown.
 *
 *     WINDOW_AGG  ->  CALC where $rows > 0 (WINDOW_AGG with COUNT(*) AS $rows)
 *
 * An aggregate without a window forgets a group with its last row by itself. A window fires with
 * what is known of it; how many rows it has must be counted. A COUNT(*) of the query's own does as
 * well.
 */
#include "expr/function.h"
#include "plan/passes.h"

/* The query's own COUNT(*), or the number of items. */
static uint32_t own_count(const struct wr_node *node)
{
	uint32_t i = 0;

	for (; i < node->u.agg.item_count; i++) {
		const struct wr_agg_item *item = &node->u.agg.item[i];

		if (strcmp(item->function->name, "COUNT") == 0 && item->arg_count == 0 &&
		    item->filter == NULL)
			break;
	}
	return i;
}

/* Appends COUNT(*) to the items, and its column in front of those of the window. */
static wr_status *add_count(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_plan *plan = passes->plan;
	uint32_t count = node->u.agg.item_count, at = node->u.agg.key_count + count;
	struct wr_agg_item *item = WR_NEW_ARRAY(&plan->arena, struct wr_agg_item, count + 1);
	struct wr_schema old = node->schema;

	if (count > 0)
		memcpy(item, node->u.agg.item, count * sizeof *item);
	item[count] = (struct wr_agg_item){.function = wr_agg_find("COUNT", 5),
					   .arg = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, 1),
					   .pos = node->pos,
					   .name = "COUNT(*)"};
	WR_TRY(wr_agg_call_new(&plan->pool, item[count].function, item[count].arg, 0, false, false,
			       false, node->pos, &item[count].call));
	node->u.agg.item = item;
	node->u.agg.item_count = count + 1;
	wr_schema_init(&plan->arena, &node->schema, old.count + 1);
	for (uint32_t i = 0; i < old.count; i++)
		node->schema.field[i < at ? i : i + 1] = old.field[i];
	wr_plan_field(node, at, "$rows", &WR_T_BIGINT_NN);
	wr_plan_window_traits(node);
	return NULL;
}

wr_status *wr_plan_skip_empty(struct wr_passes *passes, struct wr_node *node, struct wr_node **out)
{
	struct wr_plan *plan = passes->plan;
	uint32_t columns = node->schema.count, own = own_count(node),
		 at = node->u.agg.key_count + own;
	bool added = own == node->u.agg.item_count;
	struct wr_node *calc = wr_node_new(plan, WR_N_CALC, 1, node->pos);
	struct wr_expr *arg[2];

	calc->schema = node->schema;
	if (added)
		WR_TRY(add_count(passes, node));
	calc->input[0] = node;
	calc->u.calc.expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, columns + 1);
	for (uint32_t i = 0; i < columns; i++)
		calc->u.calc.expr[i] = wr_expr_column(&plan->pool, added && i >= at ? i + 1 : i,
						      calc->schema.field[i].type);
	arg[0] = wr_expr_column(&plan->pool, at, node->schema.field[at].type);
	arg[1] = wr_expr_i64(&plan->pool, 0);
	WR_TRY(wr_expr_call(&plan->pool, wr_function_find(">", 1), arg, 2, node->pos,
			    &calc->u.calc.condition));
	*out = calc;
	return NULL;
}
