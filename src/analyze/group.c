/* SPDX-License-Identifier: Apache-2.0
 *
 * group - GROUP BY and aggregate calls: keys, grouping sets, the AGGREGATE node, and the rewriting
 * of the select list to its output.
 *
 * Expressions of the select list are converted over the FROM clause, with marks in place of
 * aggregate calls, and then lifted: the largest parts that equal a key become that key's column; a
 * column that is left over is not grouped. Under GROUPING SETS the select list is converted over
 * names with nullable types, since a key is NULL in the sets that leave it out.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "analyze/user_function.h"

/* The mark of `$e`, the mask of left-out keys. */
#define MARK_SETS (WR_MARK_AGG + 0xFFFF)

/* --- aggregate calls
 * ---------------------------------------------------------------------------------- */

const char *wr_call_name(const struct wr_ast_expr *ast)
{
	return ast->kind == WR_AST_CALL && ast->call.name.count == 1 ? ast->call.name.parts[0].text
								     : NULL;
}

const struct wr_agg_function *wr_aggregate_of(const struct wr_analyzer *a,
					      const struct wr_ast_expr *ast)
{
	if (ast->kind != WR_AST_CALL)
		return NULL;
	return wr_function_lookup(a->env->catalog, &ast->call.name).aggregate;
}

bool wr_is_aggregate_call(const struct wr_analyzer *a, const struct wr_ast_expr *ast)
{
	return ast->kind == WR_AST_CALL && ast->call.over == NULL &&
	       wr_aggregate_of(a, ast) != NULL;
}

/* The search for an aggregate call. */
struct finder {
	const struct wr_analyzer *a;
	const struct wr_ast_expr *found; /* NULL: none so far */
};

static bool find_aggregate(void *user, const struct wr_ast_expr *ast)
{
	struct finder *finder = user;

	if (finder->found == NULL && wr_is_aggregate_call(finder->a, ast))
		finder->found = ast;
	return finder->found == NULL;
}

const struct wr_ast_expr *wr_first_aggregate(const struct wr_analyzer *a,
					     const struct wr_ast_expr *ast)
{
	struct finder finder = {.a = a};

	wr_ast_walk(ast, find_aggregate, &finder);
	return finder.found;
}

bool wr_has_aggregate(const struct wr_analyzer *a, const struct wr_ast_expr *ast)
{
	return wr_first_aggregate(a, ast) != NULL;
}

static bool same_item(const struct wr_agg_item *a, const struct wr_agg_item *b)
{
	if (a->function != b->function || a->distinct != b->distinct ||
	    a->arg_count != b->arg_count || (a->filter == NULL) != (b->filter == NULL))
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++) {
		if (!wr_expr_equal(a->arg[i], b->arg[i]) || !wr_expr_is_deterministic(a->arg[i]))
			return false;
	}
	return a->filter == NULL || wr_expr_equal(a->filter, b->filter);
}

/* What an aggregate call may not have. */
static wr_status *check_aggregate(const struct wr_analyzer *a, const struct wr_ast_expr *ast)
{
	const struct wr_ast_call *call = &ast->call;

	for (uint32_t i = 0; i < call->args.count; i++) {
		if (wr_has_aggregate(a, call->args.items[i]))
			return wr_status_hint(wr_status_at(WR_USER_ERROR, call->args.items[i]->pos,
							   "Aggregate expressions cannot be "
							   "nested"),
					      "Compute the inner aggregate in a subquery");
	}
	if (call->nulls != WR_AST_NULLS_TREATMENT_UNSAID &&
	    !wr_name_is(call->name.parts[0].text, "ARRAY_AGG"))
		return wr_null_treatment(ast->pos, call->name.parts[0].text);
	if (call->within_group.count > 0)
		return wr_unsupported(ast->pos, "WITHIN GROUP (ORDER BY ...) of %s",
				      call->name.parts[0].text);
	return NULL;
}

/* Arguments; COUNT(*) has none. */
static wr_status *convert_item(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_agg_item *item)
{
	const struct wr_ast_exprs *args = &ast->call.args;
	struct wr_conv inner = *conv;
	const char *name = ast->call.name.parts[ast->call.name.count - 1].text;
	bool star = args->count == 1 && args->items[0]->kind == WR_AST_STAR;

	inner.settled = NULL;
	item->function = wr_aggregate_of(conv->a, ast);
	item->pos = ast->pos;
	item->name = wr_arena_strndup(conv->a->arena, ast->text.data, ast->text.len);
	item->distinct = ast->call.distinct;
	item->arg_count = star ? 0 : args->count;
	if (star && (!wr_name_is(name, "COUNT") || item->distinct))
		return wr_status_at(WR_USER_ERROR, args->items[0]->pos,
				    "A star can be an argument of COUNT(*) only");
	item->arg = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, args->count + 3);
	if (!star)
		WR_TRY(wr_convert_list(&inner, args, item->arg));
	if (ast->call.json != NULL && ast->call.json->nulls != WR_AST_JSON_NULLS_UNSAID)
		item->arg[item->arg_count++] = wr_expr_symbol(
		    conv->a->pool,
		    ast->call.json->nulls == WR_AST_JSON_NULLS_KEPT ? "NULL" : "ABSENT");
	if (ast->call.nulls != WR_AST_NULLS_TREATMENT_UNSAID)
		item->arg[item->arg_count++] = wr_expr_symbol(
		    conv->a->pool,
		    ast->call.nulls == WR_AST_IGNORE_NULLS ? "IGNORE NULLS" : "RESPECT NULLS");
	if (ast->call.filter != NULL) {
		inner.clause = "FILTER";
		WR_TRY(wr_convert_condition(&inner, ast->call.filter, &item->filter));
	}
	return NULL;
}

struct collect {
	struct wr_conv *conv;   /* of the select list */
	struct wr_group *group; /* gets the items */
	wr_status *status;      /* first error; NULL: none */
};

/* One call: an item of its own, or that of an equal call before. */
static wr_status *collect_item(struct wr_conv *conv, struct wr_group *group,
			       const struct wr_ast_expr *ast)
{
	struct wr_agg_item item = {0};
	uint32_t i = 0;

	WR_TRY(check_aggregate(conv->a, ast));
	WR_TRY(convert_item(conv, ast, &item));
	while (i < group->item_count && !same_item(&group->item[i], &item))
		i++;
	if (i == group->item_count) {
		bool grouped = group->key_count > 0;
		WR_TRY(wr_status_place(wr_agg_call_new(conv->a->pool, item.function, item.arg,
						       item.arg_count, item.distinct,
						       grouped && item.filter == NULL, false,
						       ast->pos, &item.call),
				       ast->pos));
		if (group->item_count == group->item_capacity) {
			uint32_t capacity = WR_MAX(8u, group->item_capacity * 2);
			struct wr_agg_item *grown =
			    WR_NEW_ARRAY(conv->a->arena, struct wr_agg_item, capacity);
			if (group->item_count > 0)
				memcpy(grown, group->item, group->item_count * sizeof *grown);
			group->item = grown;
			group->item_capacity = capacity;
		}
		group->item[group->item_count++] = item;
	}
	WR_TRY(wr_check_width(group->item_count, ast->pos));
	struct wr_expr *mark =
	    wr_expr_column(conv->a->pool, WR_MARK_AGG + i, group->item[i].call->type);
	mark->pos = ast->pos;
	wr_settled_add(conv->a, conv->settled, ast, mark);
	return NULL;
}

static bool collect_visit(void *user, const struct wr_ast_expr *ast)
{
	struct collect *collect = user;

	if (collect->status != NULL)
		return false;
	if (!wr_is_aggregate_call(collect->conv->a, ast))
		return true;
	collect->status = collect_item(collect->conv, collect->group, ast);
	return false;
}

wr_status *wr_group_collect(struct wr_conv *conv, struct wr_group *group,
			    const struct wr_ast_expr *ast)
{
	struct collect collect = {.conv = conv, .group = group};

	wr_ast_walk(ast, collect_visit, &collect);
	return collect.status;
}

/* --- GROUPING
 * ----------------------------------------------------------------------------------------- */

/* Bit of the key that `ast` names in GROUPING_ID's order. */
static wr_status *grouping_bit(struct wr_conv *conv, const struct wr_ast_expr *ast, uint32_t *bit)
{
	struct wr_conv inner = *conv;
	struct wr_expr *expr;

	inner.settled = NULL;
	WR_TRY(wr_convert(&inner, ast, &expr));
	for (uint32_t i = 0; i < conv->group->key_count; i++) {
		if (wr_expr_equal(conv->group->match[i], expr)) {
			*bit = conv->group->key_count - 1 - i;
			return NULL;
		}
	}
	return wr_status_at(WR_USER_ERROR, ast->pos,
			    "Argument to operator 'GROUPING' must be a grouped expression");
}

/* ($e / 2^bit) % 2 * 2^to */
static wr_status *grouping_term(struct wr_conv *conv, uint32_t bit, uint32_t to, struct wr_pos pos,
				struct wr_expr **out)
{
	struct wr_expr_pool *pool = conv->a->pool;
	struct wr_expr *arg[2] = {wr_expr_column(pool, MARK_SETS, &WR_T_BIGINT_NN),
				  wr_expr_i64(pool, (int64_t)1 << bit)};

	WR_TRY(wr_build_call(conv->a, "/", arg, 2, pos, &arg[0]));
	arg[1] = wr_expr_i64(pool, 2);
	WR_TRY(wr_build_call(conv->a, "%", arg, 2, pos, out));
	if (to == 0)
		return NULL;
	arg[0] = *out;
	arg[1] = wr_expr_i64(pool, (int64_t)1 << to);
	return wr_build_call(conv->a, "*", arg, 2, pos, out);
}

/* The arguments' bits out of `$e`, the first argument highest. */
wr_status *wr_convert_grouping(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	const struct wr_ast_exprs *args = &ast->call.args;
	struct wr_expr *sum[2];
	uint32_t bit = 0;

	if (conv->group == NULL)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "%s may only occur in an aggregate query, in SELECT, HAVING or "
				    "ORDER BY",
				    wr_call_name(ast));
	*out = wr_expr_i64(conv->a->pool, 0);
	if (wr_name_is(wr_call_name(ast), "GROUP_ID"))
		return NULL;
	if (args->count == 0 || args->count > WR_GROUPING_KEYS_MAX)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "%s takes the GROUP BY expressions that it is about",
				    wr_call_name(ast));
	for (uint32_t i = 0; i < args->count; i++) {
		WR_TRY(grouping_bit(conv, args->items[i], &bit));
		if (conv->group->set == NULL)
			continue;
		sum[0] = *out;
		WR_TRY(grouping_term(conv, bit, args->count - 1 - i, ast->pos, &sum[1]));
		*out = sum[1];
		if (i > 0)
			WR_TRY(wr_build_call(conv->a, "+", sum, 2, ast->pos, out));
	}
	return NULL;
}

/* --- the node
 * ----------------------------------------------------------------------------------------- */

/* A key's type in the output. Time attributes end at an aggregation, except for the time of a
 * window that the aggregation is by. */
static const struct wr_type *key_type(struct wr_analyzer *a, const struct wr_group *group,
				      const struct wr_node *input, uint32_t key, uint32_t column,
				      bool by_window)
{
	const struct wr_type *type = input->schema.field[column].type;
	bool keep = by_window && (int32_t)column == input->traits.window_time;

	if (!keep)
		type = wr_type_time_attr(a->arena, type, WR_TIME_NONE);
	for (uint32_t i = 0; i < group->set_count; i++) {
		if ((group->set[i] >> key & 1) == 0)
			return wr_type_nullable(a->arena, type, true);
	}
	return type;
}

/* Where column `column` of the input stands among the keys, -1: it is none. */
static int32_t key_place(const uint32_t *key, uint32_t count, int32_t column)
{
	for (uint32_t i = 0; i < count; i++) {
		if (column >= 0 && key[i] == (uint32_t)column)
			return (int32_t)i;
	}
	return -1;
}

/* Slices of an aggregate over HOP must fit its windows. */
static wr_status *check_hop(const struct wr_window *window, struct wr_pos pos)
{
	if (window == NULL || window->kind != WR_W_HOP || window->size_ms % window->slide_ms == 0)
		return NULL;
	return wr_status_hint(
	    wr_status_at(
		WR_USER_ERROR, pos,
		"HOP table function based aggregate requires size must be an integral multiple "
		"of slide, but got size %lld ms and slide %lld ms",
		(long long)window->size_ms, (long long)window->slide_ms),
	    "Choose a slide that divides the size");
}

/* Output: keys, items, and with grouping sets `$e`. */
wr_status *wr_group_node(struct wr_analyzer *a, struct wr_group *group, struct wr_node *input,
			 struct wr_pos pos)
{
	uint32_t *key = WR_NEW_ARRAY(a->arena, uint32_t, group->key_count + 1);
	uint32_t count = group->key_count + group->item_count + (group->set != NULL);
	struct wr_node *node;

	WR_TRY(wr_make_columns(a, input, group->key, group->key_count, pos, key, &input));
	WR_TRY(wr_check_width(count, pos));
	WR_TRY(wr_make_node(a, WR_N_AGGREGATE, input, pos, &node));
	wr_schema_init(a->arena, &node->schema, count);
	node->traits.rowtime = -1;
	node->traits.window_start = key_place(key, group->key_count, input->traits.window_start);
	node->traits.window_end = key_place(key, group->key_count, input->traits.window_end);
	node->traits.window_time = key_place(key, group->key_count, input->traits.window_time);
	bool by_window = node->traits.window_start >= 0 && node->traits.window_end >= 0;
	if (by_window)
		WR_TRY(check_hop(input->traits.window, pos));
	for (uint32_t i = 0; i < group->key_count; i++)
		node->schema.field[i] =
		    (struct wr_field){.name = input->schema.field[key[i]].name,
				      .type = key_type(a, group, input, i, key[i], by_window)};
	for (uint32_t i = 0; i < group->item_count; i++)
		node->schema.field[group->key_count + i] =
		    (struct wr_field){.name = wr_arena_printf(a->arena, "$a%u", i),
				      .type = group->item[i].call->type};
	if (group->set != NULL)
		node->schema.field[count - 1] =
		    (struct wr_field){.name = "$e", .type = &WR_T_BIGINT_NN};
	if (by_window && node->traits.window_time >= 0)
		node->traits.rowtime = node->traits.window_time;
	node->u.agg.key = key;
	node->u.agg.key_count = group->key_count;
	node->u.agg.item = group->item;
	node->u.agg.item_count = group->item_count;
	node->u.agg.set = group->set;
	node->u.agg.set_count = group->set_count;
	node->u.agg.state_ttl_ms = wr_hint_ttl(a, input);
	group->node = node;
	group->sets_column = count - 1;
	return NULL;
}

static wr_status *not_grouped(const struct wr_group *group, const struct wr_expr *expr)
{
	const char *name = "?";

	if (group->input != NULL && expr->column < group->input->schema.count)
		name = group->input->schema.field[expr->column].name;
	return wr_status_hint(
	    wr_status_because(wr_status_at(WR_USER_ERROR, expr->pos,
					   "Expression '%s' is not being grouped", name),
			      WR_NOT_GROUPED),
	    "Add it to GROUP BY, or aggregate it, for example with MAX(%s)", name);
}

/* From the top: a subtree that is a key is not looked into. */
wr_status *wr_lift(struct wr_analyzer *a, const struct wr_group *group, struct wr_expr *expr,
		   struct wr_expr **out)
{
	struct wr_expr **arg;

	*out = expr;
	if (group == NULL)
		return NULL;
	for (uint32_t i = 0; i < group->key_count && expr->kind != WR_E_CONST; i++) {
		if (wr_expr_equal(group->match[i], expr)) {
			*out = wr_column_of(a, group->node, i);
			(*out)->pos = expr->pos;
			return NULL;
		}
	}
	if (expr->kind == WR_E_COLUMN && expr->column == MARK_SETS) {
		*out = wr_column_of(a, group->node, group->sets_column);
		return NULL;
	}
	if (expr->kind == WR_E_COLUMN && expr->column < WR_MARK_AGG)
		return not_grouped(group, expr);
	if (expr->kind == WR_E_COLUMN && expr->column < WR_MARK_SUBQUERY) {
		*out = wr_column_of(a, group->node, group->key_count + expr->column - WR_MARK_AGG);
		return NULL;
	}
	if (expr->kind == WR_E_COLUMN && expr->column < WR_MARK_OUTER) {
		*out = wr_expr_column(a->pool, expr->column - WR_MARK_SUBQUERY, expr->type);
		return NULL;
	}
	if (expr->arg_count == 0 || (expr->traits & WR_EX_COLUMNS) == 0)
		return NULL;
	arg = WR_NEW_ARRAY(a->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++)
		WR_TRY(wr_lift(a, group, expr->arg[i], &arg[i]));
	*out = wr_expr_with_args(a->pool, expr, arg);
	return NULL;
}
