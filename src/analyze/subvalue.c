/* SPDX-License-Identifier: Apache-2.0
 *
 * subvalue - subqueries as values, in any place: scalar ones, and IN, EXISTS, ANY and ALL where
 * they are no condition of their own (those are joins: subquery.c).
 *
 * What is asked about the subquery's rows is an aggregate of them: their single value, how many
 * there are, whether one equals x, the least and the greatest. So the subquery becomes an aggregate
 * that is joined (LEFT) to the rows around, and the answer an expression over the joined columns.
 *
 * A subquery may refer to the query around in equalities of its WHERE, inner = outer. The inner
 * sides are then keys of the aggregate, and the equalities the join condition. Where no row
 * matches, counts are 0 and other aggregates NULL: just what the aggregate of no rows is.
 *
 * x IN (...) is NULL when no row equals x, and x or some row is NULL; but FALSE over no rows at
 * all. That takes two joins: one by the value, and one for the counts of rows and of values.
 * Comparisons with ANY and ALL go by the least or the greatest value and the same counts.
 */
#include "analyze/analyzer.h"
#include "base/limits.h"
#include "expr/function.h"

/* Where the subquery stands. */
struct place {
	struct wr_analyzer *a;
	struct wr_conv *conv;         /* of the query around */
	const struct wr_group *group; /* of the query around, which is above it; NULL: none */
	struct wr_node **node;        /* gives the rows around; grows by joins */
	enum wr_join_kind join;       /* LEFT, but for LATERAL */
	bool lateral;                 /* without a match counts are NULL, too */
	uint32_t mark;                /* added to the column numbers of what is settled */
	wr_status *status;            /* first error */
};

/* A subquery up to its WHERE, or as a whole. */
struct inner {
	struct wr_node *node;
	struct wr_scope *scope; /* names inside; NULL: `node` is the finished query */
	uint32_t key_count;     /* equalities with the query around */
	struct wr_expr **key;   /* their inner sides, over `node` */
	struct wr_expr **outer; /* their outer sides, over *place->node */
	bool aggregated;        /* its select list has aggregates and no GROUP BY: always one row */
};

/* --- the subquery
 * --------------------------------------------------------------------------------- */

/* Whether the rows are those of FROM and WHERE, or one aggregate of all of them. */
static bool is_simple(const struct wr_ast_query *query, bool any_distinct)
{
	const struct wr_ast_select *select;

	if (query->kind != WR_AST_QUERY_SELECT || query->cte_count > 0 || query->limit != NULL ||
	    query->offset != NULL)
		return false;
	select = query->select;
	return select->from != NULL && !select->has_group_by && select->having == NULL &&
	       select->qualify == NULL && (any_distinct || !select->distinct);
}

bool wr_is_aggregate_query(const struct wr_analyzer *a, const struct wr_ast_query *query)
{
	bool found = false;

	if (!is_simple(query, true))
		return false;
	for (uint32_t i = 0; i < query->select->item_count; i++)
		found = found || wr_has_aggregate(a, query->select->items[i].expr);
	return found;
}

/* An expression with references to the query around alone, over *place->node. */
static wr_status *around(struct place *place, struct wr_expr *expr, struct wr_expr **out)
{
	expr = wr_shift_columns(place->a, expr, WR_MARK_OUTER, WR_MARK_OUTER + WR_COLUMNS_MAX + 1,
				-(int64_t)WR_MARK_OUTER);
	return wr_lift(place->a, place->group, expr, out);
}

/* One condition between inside and around: inner = outer. */
static wr_status *add_key(struct place *place, struct inner *inner, const struct wr_expr *term,
			  struct wr_pos pos)
{
	bool is_equal = term->kind == WR_E_CALL && term->arg_count == 2 &&
			strcmp(term->function->name, "=") == 0;

	for (uint32_t side = 0; is_equal && side < 2; side++) {
		struct wr_expr *here = term->arg[side], *there = term->arg[1 - side];

		if (wr_reads_from(here, WR_MARK_OUTER, UINT32_MAX) ||
		    wr_reads_from(there, 0, WR_MARK_OUTER))
			continue;
		inner->key[inner->key_count] = here;
		return around(place, there, &inner->outer[inner->key_count++]);
	}
	return wr_status_hint(wr_unsupported(pos, "A subquery in this place that refers to the "
						  "query around other than by equality"),
			      "Compare one of its columns with = in its WHERE, or write a join");
}

/* Plans a subquery up to its WHERE where that is possible. */
static wr_status *plan_inner(struct place *place, const struct wr_ast_query *query,
			     bool any_distinct, struct inner *inner)
{
	struct wr_analyzer *a = place->a;
	struct wr_expr *correlated = NULL, *one[1];

	*inner = (struct inner){0};
	a->null_allowed = false;
	if (!is_simple(query, any_distinct))
		return wr_plan_query(a, query, &inner->node);
	WR_TRY(wr_plan_from(a, query->select->from, &inner->scope));
	inner->scope->outer = place->conv->scope;
	if (query->select->where != NULL)
		WR_TRY(wr_plan_where(a, inner->scope, query->select->where, &correlated));
	inner->node = inner->scope->node;
	inner->aggregated = wr_is_aggregate_query(a, query);
	if (correlated == NULL)
		return NULL;
	one[0] = correlated;
	struct wr_expr **term = correlated->kind == WR_E_AND ? correlated->arg : one;
	uint32_t count = correlated->kind == WR_E_AND ? correlated->arg_count : 1;
	inner->key = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 2);
	inner->outer = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 2);
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(add_key(place, inner, term[i], query->pos));
	return NULL;
}

/* The single column that the subquery gives, over inner->node. */
static wr_status *inner_value(struct place *place, const struct wr_ast_query *query,
			      struct inner *inner, struct wr_pos pos, struct wr_expr **out)
{
	struct wr_conv conv = {.a = place->a, .scope = inner->scope, .clause = "SELECT"};
	uint32_t columns = 1;
	const struct wr_ast_expr *item = NULL;

	if (inner->scope == NULL) {
		columns = inner->node->schema.count;
	} else {
		columns = query->select->item_count;
		item = query->select->items[0].expr;
		if (columns == 1 && item->kind == WR_AST_STAR)
			columns = inner->scope->star_count;
	}
	if (columns != 1)
		return wr_status_at(WR_USER_ERROR, pos,
				    "A subquery in this place gives one column, this one %u",
				    columns);
	if (inner->scope == NULL)
		*out = wr_column_of(place->a, inner->node, 0);
	else if (item->kind == WR_AST_STAR)
		*out = inner->scope->star[0].expr;
	else
		WR_TRY(wr_convert(&conv, item, out));
	if (wr_reads_from(*out, WR_MARK_OUTER, UINT32_MAX))
		return wr_unsupported(pos, "A subquery in this place that gives a value of the "
					   "query around");
	return NULL;
}

/* --- aggregates joined to the rows around
 * --------------------------------------------------------- */

/* Adds an aggregate of `arg` (NULL: COUNT(*)). Returns its number. */
static wr_status *add_item(struct place *place, struct wr_group *group, const char *name,
			   struct wr_expr *arg, struct wr_pos pos, uint32_t *index)
{
	struct wr_analyzer *a = place->a;
	struct wr_agg_item *grown =
	    WR_NEW_ARRAY(a->arena, struct wr_agg_item, group->item_count + 1);
	struct wr_agg_item *item = &grown[group->item_count];

	if (group->item_count > 0)
		memcpy(grown, group->item, group->item_count * sizeof *grown);
	*item = (struct wr_agg_item){.name = name, .pos = pos, .arg_count = arg != NULL};
	item->function = wr_agg_find(name, (uint32_t)strlen(name));
	item->arg = WR_NEW_ARRAY(a->arena, struct wr_expr *, 1);
	item->arg[0] = arg;
	WR_TRY(wr_status_place(wr_agg_call_new(a->pool, item->function, item->arg, item->arg_count,
					       false, false, false, pos, &item->call),
			       pos));
	group->item = grown;
	*index = group->item_count++;
	return NULL;
}

/* Joins the aggregate, grouped by the keys of `inner`, to the rows around. *base: the column of its
 * first item. */
static wr_status *attach(struct place *place, struct inner *inner, struct wr_group *group,
			 struct wr_pos pos, uint32_t *base)
{
	struct wr_analyzer *a = place->a;
	struct wr_node *left = *place->node;
	struct wr_expr **test = WR_NEW_ARRAY(a->arena, struct wr_expr *, inner->key_count + 1);
	struct wr_expr *condition = NULL;

	group->key = group->match = inner->key;
	group->key_count = inner->key_count;
	WR_TRY(wr_group_node(a, group, inner->node, pos));
	for (uint32_t i = 0; i < inner->key_count; i++) {
		struct wr_expr *pair[2] = {inner->outer[i], wr_column_of(a, group->node, i)};

		pair[1] = wr_shift_columns(a, pair[1], 0, WR_COLUMNS_MAX + 1, left->schema.count);
		WR_TRY(wr_build_call(a, "=", pair, 2, pos, &test[i]));
	}
	if (inner->key_count > 0)
		WR_TRY(wr_expr_logic(a->pool, WR_E_AND, test, inner->key_count, pos, &condition));
	WR_TRY(wr_join_nodes(a, place->join, left, group->node, condition, pos, place->node));
	/* Rows keep their time here: the subquery only adds values to them. */
	for (uint32_t i = 0; i < left->schema.count; i++)
		(*place->node)->schema.field[i] = left->schema.field[i];
	(*place->node)->traits = left->traits;
	*base = left->schema.count + inner->key_count;
	return NULL;
}

/* A joined aggregate; counts are 0 where nothing was joined. */
static wr_status *joined(struct place *place, uint32_t column, bool is_count, struct wr_pos pos,
			 struct wr_expr **out)
{
	struct wr_expr *both[2] = {wr_column_of(place->a, *place->node, column), NULL};

	*out = both[0];
	if (!is_count)
		return NULL;
	both[1] = wr_expr_i64(place->a->pool, 0);
	return wr_expr_coalesce(place->a->pool, both, 2, pos, out);
}

/* A call of up to two arguments. */
static wr_status *call(struct place *place, const char *name, struct wr_expr *x, struct wr_expr *y,
		       struct wr_pos pos, struct wr_expr **out)
{
	struct wr_expr *arg[2] = {x, y};

	return wr_build_call(place->a, name, arg, y != NULL ? 2 : 1, pos, out);
}

static wr_status *logic(struct place *place, enum wr_expr_kind kind, struct wr_expr *x,
			struct wr_expr *y, struct wr_pos pos, struct wr_expr **out)
{
	struct wr_expr *arg[2] = {x, y};

	return wr_expr_logic(place->a->pool, kind, arg, 2, pos, out);
}

/* --- scalar subqueries
 * ---------------------------------------------------------------------------- */

/* Whether an aggregate of no rows is 0. */
static bool counts(const struct wr_agg_item *item)
{
	return strcmp(item->function->name, "COUNT") == 0 ||
	       strcmp(item->function->name, "$SUM0") == 0 ||
	       strcmp(item->function->name, "APPROX_COUNT_DISTINCT") == 0;
}

/* One f(aggregates): its aggregates are joined columns by now. */
static wr_status *value_above(struct place *place, struct wr_conv *conv,
			      const struct wr_ast_expr *item, struct wr_expr **out)
{
	WR_TRY(wr_convert(conv, item, out));
	if (wr_reads_from(*out, 0, WR_MARK_AGG))
		return wr_status_hint(
		    wr_status_because(wr_status_at(WR_USER_ERROR, item->pos,
						   "A column of the subquery is not being grouped"),
				      WR_NOT_GROUPED),
		    "Aggregate it, for example with MAX(...)");
	WR_TRY(around(place, *out, out));
	*out = wr_shift_columns(place->a, *out, WR_MARK_SUBQUERY,
				WR_MARK_SUBQUERY + WR_COLUMNS_MAX + 1, -(int64_t)WR_MARK_SUBQUERY);
	return NULL;
}

/* SELECT f(aggregates), ... FROM ... WHERE ...: the aggregates are joined, f is computed above.
 * out[i]: the value of item i. */
static wr_status *aggregate_values(struct place *place, const struct wr_ast_query *query,
				   struct inner *inner, struct wr_pos pos, struct wr_expr **out)
{
	const struct wr_ast_select *select = query->select;
	struct wr_settled calls = {0}, values = {0};
	struct wr_conv conv = {
	    .a = place->a, .scope = inner->scope, .clause = "SELECT", .settled = &calls};
	struct wr_group group = {.key_count = inner->key_count, .key = inner->key};
	uint32_t base = 0;

	for (uint32_t i = 0; i < select->item_count; i++)
		WR_TRY(wr_group_collect(&conv, &group, select->items[i].expr));
	WR_TRY(attach(place, inner, &group, pos, &base));
	for (uint32_t i = 0; i < calls.count; i++) {
		uint32_t number = calls.entry[i].expr->column - WR_MARK_AGG;
		struct wr_expr *value;

		WR_TRY(joined(place, base + number, !place->lateral && counts(&group.item[number]),
			      pos, &value));
		value = wr_shift_columns(place->a, value, 0, WR_COLUMNS_MAX + 1, WR_MARK_SUBQUERY);
		wr_settled_add(place->a, &values, calls.entry[i].ast, value);
	}
	conv.settled = &values;
	for (uint32_t i = 0; i < select->item_count; i++)
		WR_TRY(value_above(place, &conv, select->items[i].expr, &out[i]));
	return NULL;
}

wr_status *wr_join_aggregates(struct wr_conv *conv, enum wr_join_kind join,
			      const struct wr_ast_query *query, struct wr_pos pos,
			      struct wr_node **node, struct wr_expr **out)
{
	struct place place = {
	    .a = conv->a, .conv = conv, .node = node, .join = join, .lateral = true};
	struct inner inner;

	WR_TRY(plan_inner(&place, query, true, &inner));
	return aggregate_values(&place, query, &inner, pos, out);
}

/* The value of a correlated scalar subquery; *out stays NULL when it refers to nothing around. */
static wr_status *correlated_value(struct place *place, const struct wr_ast_query *query,
				   struct wr_pos pos, struct wr_expr **out)
{
	struct wr_group group = {0};
	struct inner inner;
	struct wr_expr *value;
	uint32_t index, base;

	*out = NULL;
	if (!is_simple(query, false))
		return NULL;
	WR_TRY(plan_inner(place, query, false, &inner));
	if (inner.key_count == 0)
		return NULL;
	if (query->select->item_count != 1)
		return wr_status_at(WR_USER_ERROR, pos,
				    "A scalar subquery gives one column, this one %u",
				    query->select->item_count);
	if (inner.aggregated)
		return aggregate_values(place, query, &inner, pos, out);
	WR_TRY(inner_value(place, query, &inner, pos, &value));
	WR_TRY(add_item(place, &group, "SINGLE_VALUE", value, pos, &index));
	WR_TRY(attach(place, &inner, &group, pos, &base));
	return joined(place, base + index, false, pos, out);
}

static wr_status *plan_scalar(struct place *place, const struct wr_ast_query *query,
			      struct wr_pos pos, struct wr_expr **out)
{
	WR_TRY(correlated_value(place, query, pos, out));
	if (*out != NULL)
		return NULL;
	return wr_join_scalar(place->a, place->node, query, pos, out);
}

/* --- EXISTS, IN, ANY, ALL
 * ------------------------------------------------------------------------- */

static wr_status *plan_exists(struct place *place, const struct wr_ast_expr *ast,
			      struct wr_expr **out)
{
	struct wr_group group = {0};
	struct inner inner;
	struct wr_expr *count;
	uint32_t index, base;

	WR_TRY(plan_inner(place, ast->query, true, &inner));
	if (inner.aggregated) {
		*out = wr_expr_bool(place->a->pool, true);
		return NULL;
	}
	WR_TRY(add_item(place, &group, "COUNT", NULL, ast->pos, &index));
	WR_TRY(attach(place, &inner, &group, ast->pos, &base));
	WR_TRY(joined(place, base + index, true, ast->pos, &count));
	return call(place, ">", count, wr_expr_i64(place->a->pool, 0), ast->pos, out);
}

/* What a comparison with the rows of a subquery needs to know about them. */
struct rows {
	struct wr_expr *any;    /* there are rows */
	struct wr_expr *nulls;  /* some value is NULL */
	struct wr_expr *lowest; /* value; NULL: not asked for */
	struct wr_expr *highest;
	bool nullable; /* values may be NULL */
};

/* Joins counts, and when `edges` the least and greatest value. */
static wr_status *join_rows(struct place *place, const struct wr_ast_query *query, bool edges,
			    struct wr_pos pos, struct rows *rows)
{
	struct wr_group group = {0};
	struct inner inner;
	struct wr_expr *value, *all, *valid;
	uint32_t n, of, low = 0, high = 0, base;

	*rows = (struct rows){0};
	WR_TRY(plan_inner(place, query, true, &inner));
	WR_TRY(inner_value(place, query, &inner, pos, &value));
	rows->nullable = value->type->nullable;
	WR_TRY(add_item(place, &group, "COUNT", NULL, pos, &n));
	WR_TRY(add_item(place, &group, "COUNT", value, pos, &of));
	if (edges) {
		WR_TRY(add_item(place, &group, "MIN", value, pos, &low));
		WR_TRY(add_item(place, &group, "MAX", value, pos, &high));
	}
	WR_TRY(attach(place, &inner, &group, pos, &base));
	WR_TRY(joined(place, base + n, true, pos, &all));
	WR_TRY(joined(place, base + of, true, pos, &valid));
	WR_TRY(call(place, ">", all, wr_expr_i64(place->a->pool, 0), pos, &rows->any));
	WR_TRY(call(place, "<", valid, all, pos, &rows->nulls));
	if (!edges)
		return NULL;
	WR_TRY(joined(place, base + low, false, pos, &rows->lowest));
	return joined(place, base + high, false, pos, &rows->highest);
}

/* x over *place->node. */
static wr_status *plan_operand(struct place *place, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	struct wr_expr *expr;

	if (ast->kind == WR_AST_ROW)
		return wr_status_hint(wr_unsupported(ast->pos, "A row compared with a subquery in "
							       "this place"),
				      "As a condition of WHERE joined by AND it is possible");
	WR_TRY(wr_convert(place->conv, ast, &expr));
	WR_TRY(wr_lift(place->a, place->group, expr, out));
	/* Columns of joined subqueries are marked where the query around is grouped. */
	*out = wr_shift_columns(place->a, *out, WR_MARK_SUBQUERY,
				WR_MARK_SUBQUERY + WR_COLUMNS_MAX + 1, -(int64_t)WR_MARK_SUBQUERY);
	return NULL;
}

/* Whether some row equals x: never NULL. */
static wr_status *plan_match(struct place *place, const struct wr_ast_query *query,
			     struct wr_expr *x, struct wr_pos pos, struct wr_expr **out,
			     bool *nullable)
{
	struct wr_group group = {0};
	struct inner inner;
	struct wr_expr *value, *count;
	struct wr_expr **key, **outer;
	uint32_t index, base;

	WR_TRY(plan_inner(place, query, true, &inner));
	WR_TRY(inner_value(place, query, &inner, pos, &value));
	*nullable = value->type->nullable || x->type->nullable;
	key = WR_NEW_ARRAY(place->a->arena, struct wr_expr *, inner.key_count + 1);
	outer = WR_NEW_ARRAY(place->a->arena, struct wr_expr *, inner.key_count + 1);
	for (uint32_t i = 0; i < inner.key_count; i++) {
		key[i] = inner.key[i];
		outer[i] = inner.outer[i];
	}
	key[inner.key_count] = value;
	outer[inner.key_count++] = x;
	inner.key = key;
	inner.outer = outer;
	WR_TRY(add_item(place, &group, "COUNT", NULL, pos, &index));
	WR_TRY(attach(place, &inner, &group, pos, &base));
	WR_TRY(joined(place, base + index, false, pos, &count));
	return call(place, "IS NOT NULL", count, NULL, pos, out);
}

/* `known`, or NULL where `doubt` holds and `known` is not TRUE. */
static wr_status *or_unknown(struct place *place, struct wr_expr *known, struct wr_expr *doubt,
			     struct wr_pos pos, struct wr_expr **out)
{
	struct wr_expr *unknown = wr_expr_null(place->a->pool, &WR_T_BOOLEAN);

	WR_TRY(logic(place, WR_E_AND, doubt, unknown, pos, &unknown));
	return logic(place, WR_E_OR, known, unknown, pos, out);
}

static wr_status *plan_in(struct place *place, const struct wr_ast_expr *operand,
			  const struct wr_ast_query *query, struct wr_pos pos, struct wr_expr **out)
{
	struct wr_expr *x, *match, *doubt, *scalar;
	struct rows rows;
	bool nullable;

	WR_TRY(plan_operand(place, operand, &x));
	if (wr_is_aggregate_query(place->a, query)) {
		WR_TRY(plan_scalar(place, query, pos, &scalar));
		return call(place, "=", x, scalar, pos, out);
	}
	WR_TRY(plan_match(place, query, x, pos, &match, &nullable));
	*out = match;
	if (!nullable)
		return NULL;
	WR_TRY(join_rows(place, query, false, pos, &rows));
	WR_TRY(call(place, "IS NULL", x, NULL, pos, &doubt));
	WR_TRY(logic(place, WR_E_OR, doubt, rows.nulls, pos, &doubt));
	WR_TRY(logic(place, WR_E_AND, rows.any, doubt, pos, &doubt));
	return or_unknown(place, match, doubt, pos, out);
}

/* x op edge: what the comparison with all rows comes down to. */
static wr_status *compare_edges(struct place *place, const struct wr_ast_expr *ast,
				struct wr_expr *x, const struct rows *rows, struct wr_expr **out)
{
	bool all = ast->quantified.quantifier == WR_AST_ALL;
	struct wr_expr *low, *high;

	switch (ast->quantified.op) {
	case WR_AST_OP_GT:
		return call(place, ">", x, all ? rows->highest : rows->lowest, ast->pos, out);
	case WR_AST_OP_GE:
		return call(place, ">=", x, all ? rows->highest : rows->lowest, ast->pos, out);
	case WR_AST_OP_LT:
		return call(place, "<", x, all ? rows->lowest : rows->highest, ast->pos, out);
	case WR_AST_OP_LE:
		return call(place, "<=", x, all ? rows->lowest : rows->highest, ast->pos, out);
	case WR_AST_OP_EQ: /* = ALL */
		WR_TRY(call(place, "=", x, rows->lowest, ast->pos, &low));
		WR_TRY(call(place, "=", x, rows->highest, ast->pos, &high));
		return logic(place, WR_E_AND, low, high, ast->pos, out);
	default: /* <> ANY */
		WR_TRY(call(place, "<>", x, rows->lowest, ast->pos, &low));
		WR_TRY(call(place, "<>", x, rows->highest, ast->pos, &high));
		return logic(place, WR_E_OR, low, high, ast->pos, out);
	}
}

/* = ANY is IN, <> ALL is NOT IN; others: over no rows ANY is FALSE and ALL is TRUE. */
static wr_status *plan_quantified(struct place *place, const struct wr_ast_expr *ast,
				  struct wr_expr **out)
{
	bool all = ast->quantified.quantifier == WR_AST_ALL;
	struct wr_pos pos = ast->pos;
	struct wr_expr *x, *known, *none, *certain, *unknown;
	struct rows rows;

	if (ast->quantified.op == (all ? WR_AST_OP_NE : WR_AST_OP_EQ)) {
		WR_TRY(plan_in(place, ast->quantified.operand, ast->quantified.query, pos, out));
		return all ? call(place, "NOT", *out, NULL, pos, out) : NULL;
	}
	WR_TRY(plan_operand(place, ast->quantified.operand, &x));
	WR_TRY(join_rows(place, ast->quantified.query, true, pos, &rows));
	WR_TRY(compare_edges(place, ast, x, &rows, &known));
	if (!all) {
		WR_TRY(or_unknown(place, known, rows.nulls, pos, &known));
		return logic(place, WR_E_AND, rows.any, known, pos, out);
	}
	WR_TRY(call(place, "NOT", rows.any, NULL, pos, &none));
	WR_TRY(call(place, "NOT", rows.nulls, NULL, pos, &certain));
	unknown = wr_expr_null(place->a->pool, &WR_T_BOOLEAN);
	WR_TRY(logic(place, WR_E_OR, certain, unknown, pos, &certain));
	WR_TRY(logic(place, WR_E_AND, known, certain, pos, &known));
	return logic(place, WR_E_OR, none, known, pos, out);
}

/* --- the walk
 * ------------------------------------------------------------------------------------- */

static bool visit(void *user, const struct wr_ast_expr *ast);

/* The value of one subquery; operands first, for their own subqueries. */
static wr_status *plan_value(struct place *place, const struct wr_ast_expr *ast,
			     struct wr_expr **out)
{
	switch (ast->kind) {
	case WR_AST_QUERY: return plan_scalar(place, ast->query, ast->pos, out);
	case WR_AST_EXISTS: return plan_exists(place, ast, out);
	case WR_AST_IN:
		wr_ast_walk(ast->in.operand, visit, place);
		WR_TRY(place->status);
		WR_TRY(plan_in(place, ast->in.operand, ast->in.query, ast->pos, out));
		return ast->in.negated ? call(place, "NOT", *out, NULL, ast->pos, out) : NULL;
	default:
		wr_ast_walk(ast->quantified.operand, visit, place);
		WR_TRY(place->status);
		return plan_quantified(place, ast, out);
	}
}

static bool visit(void *user, const struct wr_ast_expr *ast)
{
	struct place *place = user;
	bool is_subquery = ast->kind == WR_AST_QUERY || ast->kind == WR_AST_EXISTS ||
			   (ast->kind == WR_AST_IN && ast->in.query != NULL) ||
			   (ast->kind == WR_AST_QUANTIFIED && ast->quantified.query != NULL);
	struct wr_expr *value = NULL;

	if (place->status != NULL || !is_subquery)
		return place->status == NULL;
	place->status = plan_value(place, ast, &value);
	if (place->status != NULL)
		return false;
	if (place->mark != 0)
		value = wr_shift_columns(place->a, value, 0, WR_COLUMNS_MAX + 1, place->mark);
	value->pos = ast->pos;
	wr_settled_add(place->a, place->conv->settled, ast, value);
	return false;
}

wr_status *wr_plan_subqueries(struct wr_conv *conv, const struct wr_group *group,
			      const struct wr_ast_expr *ast, uint32_t mark, struct wr_node **node)
{
	struct place place = {.a = conv->a,
			      .conv = conv,
			      .group = group,
			      .node = node,
			      .join = WR_J_LEFT,
			      .mark = mark};

	wr_ast_walk(ast, visit, &place);
	return place.status;
}
