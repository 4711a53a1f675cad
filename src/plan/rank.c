/* SPDX-License-Identifier: Apache-2.0
 *
 * rank - recognises Top-N and deduplication: a filter that bounds ROW_NUMBER() from above.
 *
 *     FILTER rn <= N [AND rest]          FILTER rest
 *       OVER ROW_NUMBER()           ->     RANK / WINDOW_RANK / DEDUP
 *
 * Partitioned by an attached window it is a window Top-N (inserts only, emitted when the window
 * closes); N = 1 by a time attribute is a deduplication; everything else an updating Top-N.
 */
#include "expr/function.h"
#include "plan/passes.h"

struct bound {
	int64_t first; /* lowest rank wanted */
	int64_t last;  /* highest rank wanted; INT64_MAX: unbounded */
};

/* The value of an integer constant. */
static bool constant_i64(const struct wr_expr *expr, int64_t *out)
{
	if (expr->kind == WR_E_CAST && expr->arg_count == 1)
		return constant_i64(expr->arg[0], out);
	if (expr->kind != WR_E_CONST || !wr_column_is_valid(expr->value, 0))
		return false;
	switch (expr->value->phys) {
	case WR_P_I8: *out = WR_DATA(expr->value, int8_t)[0]; return true;
	case WR_P_I16: *out = WR_DATA(expr->value, int16_t)[0]; return true;
	case WR_P_I32: *out = WR_DATA(expr->value, int32_t)[0]; return true;
	case WR_P_I64: *out = WR_DATA(expr->value, int64_t)[0]; return true;
	default: return false;
	}
}

static bool is_rank(const struct wr_expr *expr, uint32_t column)
{
	while (expr->kind == WR_E_CAST)
		expr = expr->arg[0];
	return expr->kind == WR_E_COLUMN && expr->column == column;
}

/* Narrows the bound by one comparison; false: it is none of the rank column with a constant. */
static bool bound_by(const struct wr_expr *expr, uint32_t column, struct bound *bound)
{
	const char *name;
	int64_t value;
	bool mirrored = false;

	if (expr->kind != WR_E_CALL || expr->arg_count != 2)
		return false;
	name = expr->function->name;
	if (is_rank(expr->arg[1], column) && constant_i64(expr->arg[0], &value))
		mirrored = true;
	else if (!is_rank(expr->arg[0], column) || !constant_i64(expr->arg[1], &value))
		return false;
	if (strcmp(name, "=") == 0) {
		bound->first = WR_MAX(bound->first, value);
		bound->last = WR_MIN(bound->last, value);
	} else if (strcmp(name, mirrored ? ">=" : "<=") == 0) {
		bound->last = WR_MIN(bound->last, value);
	} else if (strcmp(name, mirrored ? ">" : "<") == 0) {
		bound->last = WR_MIN(bound->last, value - 1);
	} else if (strcmp(name, mirrored ? "<=" : ">=") == 0) {
		bound->first = WR_MAX(bound->first, value);
	} else if (strcmp(name, mirrored ? "<" : ">") == 0) {
		bound->first = WR_MAX(bound->first, value + 1);
	} else {
		return false;
	}
	return true;
}

/* Whether the partition holds both window columns of the input. */
static bool partition_has_window(const struct wr_node *over)
{
	const struct wr_traits *traits = &over->input[0]->traits;
	bool start = false, end = false;

	if (traits->window == NULL)
		return false;
	for (uint32_t i = 0; i < over->u.over.partition_count; i++) {
		start = start || (int32_t)over->u.over.partition[i] == traits->window_start;
		end = end || (int32_t)over->u.over.partition[i] == traits->window_end;
	}
	return start && end;
}

static struct wr_node *make_rank(struct wr_passes *passes, const struct wr_node *over,
				 const struct bound *bound)
{
	enum wr_time_attr attr = WR_TIME_NONE;
	enum wr_node_kind kind = WR_N_RANK;
	struct wr_node *node;

	if (over->u.over.order_count == 1)
		attr = over->schema.field[over->u.over.order[0].column].type->time;
	if (partition_has_window(over))
		kind = WR_N_WINDOW_RANK;
	else if (attr != WR_TIME_NONE && bound->first == 1 && bound->last == 1)
		kind = WR_N_DEDUP;
	node = wr_node_new(passes->plan, kind, 1, over->pos);
	node->input[0] = over->input[0];
	node->schema = over->schema;
	node->state_name = over->state_name;
	node->u.sort.partition = over->u.over.partition;
	node->u.sort.partition_count = over->u.over.partition_count;
	node->u.sort.order = over->u.over.order;
	node->u.sort.order_count = over->u.over.order_count;
	node->u.sort.offset = bound->first - 1;
	node->u.sort.fetch = WR_MAX(bound->last - bound->first + 1, 0);
	node->u.sort.emit_rank = true;
	node->u.sort.keep_last = attr != WR_TIME_NONE && bound->first == 1 && bound->last == 1 &&
				 over->u.over.order[0].descending;
	wr_plan_window_traits(node);
	return node;
}

wr_status *wr_rewrite_rank(struct wr_passes *passes, struct wr_node *filter, struct wr_node **out)
{
	struct wr_node *over = filter->input[0], *rank;
	struct wr_expr *condition = filter->u.calc.condition;
	struct bound bound = {.first = 1, .last = INT64_MAX};
	struct wr_expr **rest, *one[1] = {condition};
	struct wr_expr **term = condition->kind == WR_E_AND ? condition->arg : one;
	uint32_t count = condition->kind == WR_E_AND ? condition->arg_count : 1, left = 0;

	*out = NULL;
	if (over->u.over.item_count != 1 || over->u.over.item[0].what != WR_OVER_ROW_NUMBER)
		return NULL;
	rest = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, count);
	for (uint32_t i = 0; i < count; i++)
		if (!bound_by(term[i], over->schema.count - 1, &bound))
			rest[left++] = term[i];
	if (bound.last == INT64_MAX)
		return NULL;
	rank = make_rank(passes, over, &bound);
	*out = rank;
	if (left == 0)
		return NULL;
	filter->input[0] = rank;
	filter->u.calc.condition = rest[0];
	if (left > 1)
		WR_TRY(wr_expr_logic(&passes->plan->pool, WR_E_AND, rest, left, filter->pos,
				     &filter->u.calc.condition));
	wr_plan_window_traits(filter);
	*out = filter;
	return NULL;
}
