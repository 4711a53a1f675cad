/* SPDX-License-Identifier: Apache-2.0
 *
 * over - calls with OVER (...): one OVER node per window, which appends a column per call.
 *
 * Keys and order of the window become columns below the node. Calls that follow each other with the
 * same PARTITION BY and ORDER BY share a node.
 */
#include <string.h>

#include "analyze/analyzer.h"

/* A window as a call sees it: OVER (...) with what it takes from the WINDOW clause. */
struct window {
	const struct wr_ast_exprs *partition; /* count 0: one partition */
	const struct wr_ast_order *order;     /* count 0: none */
	const struct wr_ast_window *frame;    /* whose frame holds; NULL: none written */
	struct wr_pos pos;                    /* of the call's OVER */
};

struct walk {
	struct wr_conv *conv;               /* of the select list */
	const struct wr_ast_select *select; /* its WINDOW clause */
	const struct wr_group *group;       /* lifts arguments; NULL: none */
	struct wr_node **node;              /* grows upwards */
	wr_status *status;                  /* first error */
};

static const struct wr_ast_window *window_find(const struct wr_ast_select *select,
					       const struct wr_ast_ident *name)
{
	for (uint32_t i = 0; i < select->window_count; i++) {
		if (strcmp(select->windows[i].name.text, name->text) == 0)
			return select->windows[i].window;
	}
	return NULL;
}

/* Merges a window with those it is based on (the WINDOW clause is bounded by its length). */
static wr_status *window_resolve(const struct wr_ast_select *select,
				 const struct wr_ast_window *ast, struct window *out)
{
	static const struct wr_ast_exprs no_partition;
	static const struct wr_ast_order no_order;

	*out = (struct window){&no_partition, &no_order, NULL, ast->pos};
	for (uint32_t depth = 0; ast != NULL; depth++) {
		if (out->partition->count == 0)
			out->partition = &ast->partition;
		if (out->order->count == 0)
			out->order = &ast->order;
		if (out->frame == NULL && ast->frame != WR_AST_FRAME_UNSAID)
			out->frame = ast;
		if (ast->base.text == NULL)
			break;
		const struct wr_ast_window *base = window_find(select, &ast->base);
		if (base == NULL || depth > select->window_count) {
			const char *names[64];
			uint32_t n = 0;
			for (; n < select->window_count && n < WR_COUNT(names); n++)
				names[n] = select->windows[n].name.text;
			return wr_hint_nearest(wr_status_at(WR_USER_ERROR, ast->base.pos,
							    "Window '%s' not found",
							    ast->base.text),
					       ast->base.text, names, n);
		}
		ast = base;
	}
	return NULL;
}

static wr_status *convert_lifted(struct walk *walk, const struct wr_ast_expr *ast,
				 struct wr_expr **out)
{
	WR_TRY(wr_convert(walk->conv, ast, out));
	return wr_lift(walk->conv->a, walk->group, *out, out);
}

/* --- frames
 * -------------------------------------------------------------------------------------------- */

/* How far back the frame goes: rows, or milliseconds. */
static wr_status *frame_bound(struct walk *walk, const struct wr_ast_window *frame,
			      struct wr_over_item *item)
{
	struct wr_conv conv = {.a = walk->conv->a, .clause = "OVER"};
	struct wr_expr *expr;

	if (frame->start == WR_AST_UNBOUNDED_PRECEDING || frame->start == WR_AST_CURRENT_ROW) {
		item->preceding = frame->start == WR_AST_CURRENT_ROW ? 0 : INT64_MAX;
		return NULL;
	}
	if (!item->rows)
		return wr_constant_interval(&conv, frame->start_expr, "The bound of a RANGE frame",
					    &item->preceding);
	WR_TRY(wr_convert(&conv, frame->start_expr, &expr));
	expr = wr_expr_fold(conv.a->pool, expr);
	if (expr->kind != WR_E_CONST || !wr_kind_is_integer(expr->type->kind) ||
	    !wr_column_is_valid(expr->value, 0))
		return wr_status_at(WR_USER_ERROR, frame->start_expr->pos,
				    "The bound of a ROWS frame must be a constant whole number");
	WR_TRY(wr_expr_cast(conv.a->pool, expr, &WR_T_BIGINT, false, &expr));
	expr = wr_expr_fold(conv.a->pool, expr);
	item->preceding = WR_DATA(expr->value, int64_t)[0];
	return NULL;
}

/* The frame as written; without one, everything up to the current row. */
static wr_status *frame_convert(struct walk *walk, const struct window *window,
				struct wr_over_item *item)
{
	const struct wr_ast_window *frame = window->frame;

	item->preceding = INT64_MAX;
	if (frame == NULL)
		return NULL;
	item->rows = frame->frame == WR_AST_FRAME_ROWS;
	if (frame->start == WR_AST_FOLLOWING || frame->start == WR_AST_UNBOUNDED_FOLLOWING ||
	    (frame->frame_between && frame->end != WR_AST_CURRENT_ROW))
		return wr_status_hint(
		    wr_unsupported(frame->pos, "An OVER frame that does not end at CURRENT ROW"),
		    "Write BETWEEN ... PRECEDING AND CURRENT ROW");
	WR_TRY(frame_bound(walk, frame, item));
	if (item->preceding < 0)
		return wr_status_at(WR_USER_ERROR, frame->start_expr->pos,
				    "The bound of a frame must not be negative");
	return NULL;
}

/* --- calls
 * --------------------------------------------------------------------------------------------- */

struct ranking {
	const char *name; /* of the function */
	int what;         /* WR_OVER_... */
	uint32_t min;     /* arguments */
	uint32_t max;
};

static const struct ranking rankings[] = {
    {"ROW_NUMBER", WR_OVER_ROW_NUMBER, 0, 0},
    {"RANK", WR_OVER_RANK, 0, 0},
    {"DENSE_RANK", WR_OVER_DENSE_RANK, 0, 0},
    {"LAG", WR_OVER_LAG, 1, 3},
    {"LEAD", WR_OVER_LEAD, 1, 3},
    {"NTILE", WR_OVER_NTILE, 1, 1},
    {"PERCENT_RANK", WR_OVER_PERCENT_RANK, 0, 0},
    {"CUME_DIST", WR_OVER_CUME_DIST, 0, 0},
};

/* Arguments and type of a ranking function. */
static wr_status *ranking_item(struct walk *walk, const struct wr_ast_expr *ast,
			       const struct ranking *ranking, struct wr_over_item *item)
{
	struct wr_arena *arena = walk->conv->a->arena;

	item->what = ranking->what;
	if (ast->call.nulls == WR_AST_IGNORE_NULLS)
		return wr_status_hint(wr_unsupported(ast->pos, "IGNORE NULLS of %s", ranking->name),
				      "Filter the NULLs out below, or use LAST_VALUE, which passes "
				      "over them");
	if (item->filter != NULL || item->distinct)
		return wr_status_at(WR_USER_ERROR, ast->pos, "%s takes no FILTER and no DISTINCT",
				    ranking->name);
	if (item->arg_count < ranking->min || item->arg_count > ranking->max)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "Invalid number of arguments to function '%s': %u given",
				    ranking->name, item->arg_count);
	if (ast->call.over->order.count == 0 && ast->call.over->base.text == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos, "%s needs an ORDER BY in its OVER clause",
				 ranking->name),
		    "Write %s OVER (PARTITION BY ... ORDER BY ...)", ranking->name);
	switch (item->what) {
	case WR_OVER_LAG:
	case WR_OVER_LEAD:
		item->type = wr_type_time_attr(
		    arena, wr_type_nullable(arena, item->arg[0]->type, true), WR_TIME_NONE);
		if (item->arg_count < 3)
			return NULL;
		item->type = wr_type_nullable(arena, item->type, item->arg[2]->type->nullable);
		return wr_expr_implicit_cast(walk->conv->a->pool, item->arg[2], item->type,
					     "The default of LAG and LEAD", &item->arg[2]);
	case WR_OVER_PERCENT_RANK:
	case WR_OVER_CUME_DIST: item->type = &WR_T_DOUBLE_NN; return NULL;
	default: item->type = &WR_T_BIGINT_NN; return NULL;
	}
}

/* What is called: a ranking function or an aggregate. */
static wr_status *item_convert(struct walk *walk, const struct wr_ast_expr *ast,
			       struct wr_over_item *item)
{
	const struct wr_ast_exprs *args = &ast->call.args;
	const char *name = wr_call_name(ast);
	struct wr_analyzer *a = walk->conv->a;
	bool star = args->count == 1 && args->items[0]->kind == WR_AST_STAR;

	item->pos = ast->pos;
	item->distinct = ast->call.distinct;
	if (star && (name == NULL || !wr_name_is(name, "COUNT") || item->distinct))
		return wr_status_at(WR_USER_ERROR, args->items[0]->pos,
				    "A star can be an argument of COUNT(*) only");
	item->arg_count = star ? 0 : args->count;
	item->arg = WR_NEW_ARRAY(a->arena, struct wr_expr *, args->count + 3);
	for (uint32_t i = 0; i < item->arg_count; i++)
		WR_TRY(convert_lifted(walk, args->items[i], &item->arg[i]));
	if (ast->call.filter != NULL) {
		WR_TRY(convert_lifted(walk, ast->call.filter, &item->filter));
		if (item->filter->type->kind != WR_BOOLEAN)
			return wr_status_at(WR_USER_ERROR, ast->call.filter->pos,
					    "FILTER needs a condition");
	}
	for (uint32_t i = 0; i < WR_COUNT(rankings); i++) {
		if (wr_name_is(name, rankings[i].name))
			return ranking_item(walk, ast, &rankings[i], item);
	}
	if (ast->call.json != NULL && ast->call.json->nulls != WR_AST_JSON_NULLS_UNSAID)
		item->arg[item->arg_count++] = wr_expr_symbol(
		    a->pool, ast->call.json->nulls == WR_AST_JSON_NULLS_KEPT ? "NULL" : "ABSENT");
	if (ast->call.nulls != WR_AST_NULLS_TREATMENT_UNSAID)
		item->arg[item->arg_count++] = wr_expr_symbol(
		    a->pool,
		    ast->call.nulls == WR_AST_IGNORE_NULLS ? "IGNORE NULLS" : "RESPECT NULLS");
	item->what = WR_OVER_AGG;
	item->function = wr_aggregate_of(a, ast);
	if (item->function == NULL)
		return wr_status_at(WR_USER_ERROR, ast->call.name_pos,
				    "'%s' cannot be used with OVER: it is no aggregate or ranking "
				    "function",
				    ast->call.name.parts[ast->call.name.count - 1].text);
	WR_TRY(wr_status_place(wr_agg_call_new(a->pool, item->function, item->arg, item->arg_count,
					       item->distinct, item->filter == NULL, false,
					       ast->pos, &item->call),
			       ast->pos));
	item->type = item->call->type;
	return NULL;
}

static bool by_time(const struct wr_node *node, const struct wr_sort_key *order,
		    uint32_t order_count)
{
	return order_count == 1 && !order[0].descending &&
	       node->schema.field[order[0].column].type->time != WR_TIME_NONE;
}

static bool by_row(const struct wr_over_item *item)
{
	return item->rows || item->what == WR_OVER_ROW_NUMBER || item->what == WR_OVER_LAG;
}

/* Whether the node on top takes one more call with this window. Ordered by other columns than time,
 * a node has calls over ROWS or over RANGE. */
static bool node_matches(const struct wr_node *node, const struct wr_over_item *item,
			 const uint32_t *partition, uint32_t partition_count,
			 const struct wr_sort_key *order, uint32_t order_count)
{
	if (node->kind != WR_N_OVER || node->u.over.partition_count != partition_count ||
	    (!by_time(node, order, order_count) && by_row(&node->u.over.item[0]) != by_row(item)) ||
	    node->u.over.order_count != order_count)
		return false;
	for (uint32_t i = 0; i < order_count; i++) {
		const struct wr_sort_key *key = &node->u.over.order[i];
		if (key->column != order[i].column || key->descending != order[i].descending ||
		    key->nulls_first != order[i].nulls_first)
			return false;
	}
	return memcmp(node->u.over.partition, partition, partition_count * sizeof *partition) == 0;
}

/* Appends the call to an OVER node: its item and its column. */
static wr_status *node_append(struct walk *walk, struct wr_node *node,
			      const struct wr_over_item *item)
{
	struct wr_arena *arena = walk->conv->a->arena;
	uint32_t n = node->u.over.item_count, width = node->schema.count;
	struct wr_over_item *items = WR_NEW_ARRAY(arena, struct wr_over_item, n + 1);
	struct wr_field *field = WR_NEW_ARRAY(arena, struct wr_field, width + 1);

	WR_TRY(wr_check_width(width + 1, item->pos));
	if (n > 0)
		memcpy(items, node->u.over.item, n * sizeof *items);
	items[n] = *item;
	memcpy(field, node->schema.field, width * sizeof *field);
	field[width] =
	    (struct wr_field){.name = wr_arena_printf(arena, "$o%u", width), .type = item->type};
	node->u.over.item = items;
	node->u.over.item_count = n + 1;
	node->schema.field = field;
	node->schema.count = width + 1;
	return NULL;
}

/* PARTITION BY and ORDER BY as columns of *node, which gets a projection where they are not. */
static wr_status *window_columns(struct walk *walk, const struct window *window, uint32_t *column,
				 struct wr_node **node)
{
	uint32_t keys = window->partition->count, orders = window->order->count;
	struct wr_analyzer *a = walk->conv->a;
	struct wr_expr **expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, keys + orders + 1);

	for (uint32_t i = 0; i < keys; i++)
		WR_TRY(convert_lifted(walk, window->partition->items[i], &expr[i]));
	for (uint32_t i = 0; i < orders; i++)
		WR_TRY(convert_lifted(walk, window->order->items[i].expr, &expr[keys + i]));
	return wr_make_columns(a, *node, expr, keys + orders, window->pos, column, node);
}

/* One OVER call: its window's columns, its node, its item. */
static wr_status *call_plan(struct walk *walk, const struct wr_ast_expr *ast)
{
	struct wr_analyzer *a = walk->conv->a;
	struct wr_over_item item = {0};
	struct window window;
	struct wr_node *node = *walk->node;

	WR_TRY(window_resolve(walk->select, ast->call.over, &window));
	uint32_t keys = window.partition->count, orders = window.order->count;
	uint32_t *column = WR_NEW_ARRAY(a->arena, uint32_t, keys + orders + 1);
	struct wr_sort_key *order = WR_NEW_ARRAY(a->arena, struct wr_sort_key, orders + 1);
	WR_TRY(item_convert(walk, ast, &item));
	WR_TRY(frame_convert(walk, &window, &item));
	if (item.what != WR_OVER_AGG && window.frame != NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, window.frame->pos,
				 "ROW/RANGE is not allowed with ranking functions"),
		    "Leave the frame out: its rows are all up to the current one");
	WR_TRY(window_columns(walk, &window, column, &node));
	for (uint32_t i = 0; i < orders; i++)
		wr_sort_key_set(&order[i], &window.order->items[i], column[keys + i]);
	if (!node_matches(node, &item, column, keys, order, orders)) {
		WR_TRY(wr_make_node(a, WR_N_OVER, node, window.pos, &node));
		node->u.over.partition = column;
		node->u.over.partition_count = keys;
		node->u.over.order = order;
		node->u.over.order_count = orders;
	}
	WR_TRY(node_append(walk, node, &item));
	struct wr_expr *result = wr_column_of(a, node, node->schema.count - 1);
	/* Above the aggregate already: wr_lift must leave it alone. */
	if (walk->group != NULL)
		result =
		    wr_expr_column(a->pool, WR_MARK_SUBQUERY + node->schema.count - 1, item.type);
	wr_settled_add(a, walk->conv->settled, ast, result);
	*walk->node = node;
	return NULL;
}

static bool visit(void *user, const struct wr_ast_expr *ast)
{
	struct walk *walk = user;

	if (walk->status != NULL)
		return false;
	if (ast->kind != WR_AST_CALL || ast->call.over == NULL)
		return true;
	walk->status = call_plan(walk, ast);
	return false;
}

wr_status *wr_plan_over(struct wr_conv *conv, const struct wr_ast_select *select,
			const struct wr_group *group, const struct wr_ast_expr *ast,
			struct wr_node **node)
{
	struct walk walk = {.conv = conv, .select = select, .group = group, .node = node};

	wr_ast_walk(ast, visit, &walk);
	return walk.status;
}
