/* SPDX-License-Identifier: Apache-2.0
 *
 * query - WITH, set operations, VALUES, ORDER BY and LIMIT: queries as wholes.
 *
 * WITH entries are planned at each use (a plan is a tree), seeing the entries before them.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "base/limits.h"

/* --- ORDER BY, OFFSET, FETCH
 * --------------------------------------------------------------------------- */

bool wr_query_has_sort(const struct wr_ast_query *query)
{
	return query->order.count > 0 || query->limit != NULL || query->offset != NULL;
}

void wr_sort_key_set(struct wr_sort_key *key, const struct wr_ast_order_item *item, uint32_t column)
{
	key->column = column;
	key->descending = item->descending;
	key->nulls_first = item->nulls == WR_AST_NULLS_UNSAID ? !item->descending
							      : item->nulls == WR_AST_NULLS_FIRST;
}

/* The number of LIMIT or OFFSET; an absent one leaves *out. */
static wr_status *row_count(struct wr_analyzer *a, const struct wr_ast_expr *ast, int64_t *out)
{
	struct wr_conv conv = {.a = a, .clause = "LIMIT"};
	struct wr_expr *expr;

	if (ast == NULL)
		return NULL;
	WR_TRY(wr_convert(&conv, ast, &expr));
	if (expr->kind == WR_E_CONST && expr->type->kind == WR_INT)
		*out = WR_DATA(expr->value, int32_t)[0];
	else if (expr->kind == WR_E_CONST && expr->type->kind == WR_BIGINT)
		*out = WR_DATA(expr->value, int64_t)[0];
	else
		*out = -1;
	if (*out < 0)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "LIMIT, OFFSET and FETCH take a whole number that is not "
				    "negative");
	return NULL;
}

wr_status *wr_plan_sort(struct wr_analyzer *a, const struct wr_ast_query *query,
			struct wr_node *input, struct wr_sort_key *key, uint32_t key_count,
			struct wr_node **out)
{
	struct wr_pos pos = key_count > 0 ? query->order_pos : query->limit_pos;

	WR_TRY(wr_make_node(a, WR_N_SORT, input, pos, out));
	for (uint32_t i = 0; i < key_count; i++) {
		enum wr_kind kind = input->schema.field[key[i].column].type->kind;
		if (kind == WR_MAP || kind == WR_MULTISET || kind == WR_ARRAY || kind == WR_ROW)
			return wr_unsupported(
			    query->order.items[i].expr->pos, "ORDER BY a value of type %s",
			    wr_type_str(a->arena, input->schema.field[key[i].column].type));
	}
	(*out)->u.sort.order = key;
	(*out)->u.sort.order_count = key_count;
	(*out)->u.sort.fetch = -1;
	WR_TRY(row_count(a, query->offset, &(*out)->u.sort.offset));
	return row_count(a, query->limit, &(*out)->u.sort.fetch);
}

/* ORDER BY over the output columns: of set operations, VALUES and TABLE. */
static wr_status *sort_output(struct wr_analyzer *a, const struct wr_ast_query *query,
			      struct wr_node **node)
{
	uint32_t count = query->order.count, width = (*node)->schema.count;
	struct wr_sort_key *key = WR_NEW_ARRAY(a->arena, struct wr_sort_key, count + 1);
	struct wr_conv conv = {.a = a, .clause = "ORDER BY"};
	struct wr_scope *scope;

	WR_TRY(wr_scope_new(a, *node, NULL, false, NULL, &scope));
	conv.scope = scope;
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_ast_expr *ast = query->order.items[i].expr;
		struct wr_expr *expr;
		WR_TRY(wr_convert(&conv, ast, &expr));
		uint32_t column = expr->column;
		if (expr->kind == WR_E_CONST && expr->type->kind == WR_INT) {
			int32_t ordinal = WR_DATA(expr->value, int32_t)[0];
			if (ordinal < 1 || (uint32_t)ordinal > width)
				return wr_status_at(WR_USER_ERROR, ast->pos,
						    "Ordinal out of range: there are %u columns",
						    width);
			column = (uint32_t)ordinal - 1;
		} else if (expr->kind != WR_E_COLUMN) {
			return wr_unsupported(ast->pos,
					      "ORDER BY an expression behind a set operation");
		}
		wr_sort_key_set(&key[i], &query->order.items[i], column);
	}
	return wr_plan_sort(a, query, *node, key, count, node);
}

/* --- VALUES
 * --------------------------------------------------------------------------------------------- */

/* Column `column` of all rows, cast to their common type. */
static wr_status *values_column(struct wr_analyzer *a, const struct wr_ast_exprs *rows,
				struct wr_expr **expr, uint32_t column, uint32_t width,
				bool null_allowed, struct wr_field *field)
{
	const struct wr_type **type = WR_NEW_ARRAY(a->arena, const struct wr_type *, rows->count);
	bool nullable = false;

	for (uint32_t i = 0; i < rows->count; i++) {
		type[i] = expr[(size_t)i * width + column]->type;
		nullable |= type[i]->nullable;
	}
	const struct wr_type *common = wr_type_common(a->arena, type, rows->count);
	if (common == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, rows->items[0]->pos,
				 "Values passed to VALUES operator must have "
				 "compatible types: column %u mixes %s and others",
				 column + 1, wr_type_str(a->arena, type[0])),
		    "Cast the values of the column to one type");
	if (common->kind == WR_NULL && !null_allowed)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, rows->items[0]->pos,
				 "Illegal use of 'NULL': column %u of VALUES has no "
				 "type",
				 column + 1),
		    "Give it a type: CAST(NULL AS INT)");
	field->name = wr_arena_printf(a->arena, "EXPR$%u", column);
	field->type = wr_type_nullable(a->arena, common, nullable);
	for (uint32_t i = 0; i < rows->count; i++) {
		struct wr_expr **cell = &expr[(size_t)i * width + column];
		if (common->kind != WR_NULL && !wr_type_equal((*cell)->type, common, false))
			WR_TRY(wr_status_place(wr_expr_cast(a->pool, *cell, common, false, cell),
					       rows->items[i]->pos));
	}
	return NULL;
}

wr_status *wr_plan_values(struct wr_analyzer *a, const struct wr_ast_exprs *rows, struct wr_pos pos,
			  struct wr_node **out)
{
	uint32_t width = rows->items[0]->list.count;
	struct wr_conv conv = {.a = a, .clause = "VALUES"};
	bool null_allowed = a->null_allowed;
	struct wr_expr **expr;

	a->null_allowed = false;
	WR_TRY(wr_check_width(width, pos));
	WR_TRY(wr_make_node(a, WR_N_VALUES, NULL, pos, out));
	wr_schema_init(a->arena, &(*out)->schema, width);
	expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, (size_t)width * rows->count);
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct wr_ast_expr *row = rows->items[i];
		if (row->list.count != width)
			return wr_status_at(
			    WR_USER_ERROR, row->pos,
			    "Unequal number of entries in VALUES clause: the first row "
			    "has %u, this one %u",
			    width, row->list.count);
		WR_TRY(wr_convert_list(&conv, &row->list, expr + (size_t)i * width));
		for (uint32_t c = 0; c < width; c++) {
			if (expr[(size_t)i * width + c]->type == NULL)
				return wr_status_at(WR_USER_ERROR, row->list.items[c]->pos,
						    "A time unit is not a value");
		}
	}
	for (uint32_t c = 0; c < width; c++)
		WR_TRY(
		    values_column(a, rows, expr, c, width, null_allowed, &(*out)->schema.field[c]));
	(*out)->u.values.expr = expr;
	(*out)->u.values.row_count = rows->count;
	return NULL;
}

/* --- set operations
 * ------------------------------------------------------------------------------------ */

/* The common column types of both sides; names are those of the left. */
static wr_status *set_types(struct wr_analyzer *a, const struct wr_ast_query *ast,
			    const struct wr_node *left, const struct wr_node *right,
			    const char *name, const struct wr_type **type)
{
	for (uint32_t i = 0; i < left->schema.count; i++) {
		const struct wr_type *side[2] = {left->schema.field[i].type,
						 right->schema.field[i].type};
		bool attribute = side[0]->time != WR_TIME_NONE && side[0]->time == side[1]->time &&
				 wr_type_equal(side[0], side[1], false);
		type[i] = wr_type_common(a->arena, side, 2);
		if (type[i] == NULL)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, ast->set.right->pos,
					 "Type mismatch in column %u of %s: %s and %s", i + 1, name,
					 wr_type_str(a->arena, side[0]),
					 wr_type_str(a->arena, side[1])),
			    "Cast one of them");
		type[i] =
		    wr_type_nullable(a->arena, type[i], side[0]->nullable || side[1]->nullable);
		type[i] =
		    wr_type_time_attr(a->arena, type[i], attribute ? side[0]->time : WR_TIME_NONE);
	}
	return NULL;
}

/* Collects the branches of a left-leaning chain of UNION ALL into one node. */
static wr_status *union_node(struct wr_analyzer *a, const struct wr_ast_query *ast,
			     struct wr_node *left, struct wr_node *right, struct wr_node **out)
{
	bool flat = left->kind == WR_N_UNION_ALL && left->input_count < WR_TASK_INPUTS_MAX - 1;
	uint32_t inputs = flat ? left->input_count + 1 : 2;

	WR_TRY(wr_make_node(a, WR_N_UNION_ALL, NULL, ast->set.op_pos, out));
	(*out)->input_count = inputs;
	(*out)->input = WR_NEW_ARRAY(a->arena, struct wr_node *, inputs);
	if (flat)
		memcpy((*out)->input, left->input, left->input_count * sizeof(struct wr_node *));
	else
		(*out)->input[0] = left;
	(*out)->input[inputs - 1] = right;
	return NULL;
}

static wr_status *distinct_node(struct wr_analyzer *a, struct wr_pos pos, struct wr_node **node)
{
	struct wr_group group = {.key_count = (*node)->schema.count};

	group.key = WR_NEW_ARRAY(a->arena, struct wr_expr *, group.key_count + 1);
	for (uint32_t i = 0; i < group.key_count; i++)
		group.key[i] = wr_column_of(a, *node, i);
	WR_TRY(wr_group_node(a, &group, *node, pos));
	*node = group.node;
	return NULL;
}

/* The rows of a UNION before it makes them distinct; other queries as they are: A UNION B UNION C
 * needs to compare its rows once. */
static struct wr_node *before_distinct(const struct wr_ast_query *ast, struct wr_node *node)
{
	bool is_union =
	    ast->kind == WR_AST_QUERY_SET && ast->set.op == WR_AST_UNION && !ast->set.all;

	return is_union && node->kind == WR_N_AGGREGATE && node->u.agg.item_count == 0 &&
		       node->input[0]->kind == WR_N_UNION_ALL
		   ? node->input[0]
		   : node;
}

/* UNION, INTERSECT, EXCEPT: both sides cast to common types. */
static wr_status *plan_set(struct wr_analyzer *a, const struct wr_ast_query *ast,
			   struct wr_node **out)
{
	static const char *const names[][2] = {
	    [WR_AST_UNION] = {"UNION", "UNION ALL"},
	    [WR_AST_INTERSECT] = {"INTERSECT", "INTERSECT ALL"},
	    [WR_AST_EXCEPT] = {"EXCEPT", "EXCEPT ALL"},
	};
	const char *name = names[ast->set.op][ast->set.all];
	struct wr_node *left, *right;
	const struct wr_type **type;

	a->null_allowed = false;
	WR_TRY(wr_plan_query(a, ast->set.left, &left));
	WR_TRY(wr_plan_query(a, ast->set.right, &right));
	if (ast->set.op == WR_AST_UNION && !ast->set.all)
		left = before_distinct(ast->set.left, left);
	uint32_t count = left->schema.count;
	if (count != right->schema.count)
		return wr_status_at(WR_USER_ERROR, ast->set.right->pos,
				    "Column count mismatch in %s: %u and %u", name, count,
				    right->schema.count);
	type = WR_NEW_ARRAY(a->arena, const struct wr_type *, count + 1);
	WR_TRY(set_types(a, ast, left, right, name, type));
	/* A union that is to be extended must keep its types: cast above it, it is one branch. */
	WR_TRY(wr_cast_columns(a, left, type, ast->set.left->pos, &left));
	WR_TRY(wr_cast_columns(a, right, type, ast->set.right->pos, &right));
	if (ast->set.op == WR_AST_UNION) {
		WR_TRY(union_node(a, ast, left, right, out));
	} else {
		WR_TRY(wr_make_node(a, WR_N_SET_OP, left, ast->set.op_pos, out));
		(*out)->input_count = 2;
		(*out)->input = WR_NEW_ARRAY(a->arena, struct wr_node *, 2);
		(*out)->input[0] = left;
		(*out)->input[1] = right;
		(*out)->u.set_op.except = ast->set.op == WR_AST_EXCEPT;
		(*out)->u.set_op.all = ast->set.all;
		(*out)->traits = (struct wr_traits){.rowtime = -1, -1, -1, -1};
	}
	wr_schema_init(a->arena, &(*out)->schema, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_type *of = type[i];
		if (ast->set.op != WR_AST_UNION)
			of = wr_type_time_attr(a->arena, of, WR_TIME_NONE);
		(*out)->schema.field[i] =
		    (struct wr_field){.name = left->schema.field[i].name, .type = of};
		if (of->time == WR_TIME_EVENT && (*out)->traits.rowtime < 0)
			(*out)->traits.rowtime = (int32_t)i;
	}
	if (ast->set.op == WR_AST_UNION && !ast->set.all)
		return distinct_node(a, ast->set.op_pos, out);
	return NULL;
}

/* --- queries
 * -------------------------------------------------------------------------------------------- */

/* The query without its WITH. */
static wr_status *plan_body(struct wr_analyzer *a, const struct wr_ast_query *ast,
			    struct wr_node **out)
{
	switch (ast->kind) {
	case WR_AST_QUERY_SELECT: return wr_plan_select(a, ast, out);
	case WR_AST_QUERY_VALUES: WR_TRY(wr_plan_values(a, &ast->values, ast->pos, out)); break;
	case WR_AST_QUERY_SET: WR_TRY(plan_set(a, ast, out)); break;
	case WR_AST_QUERY_NESTED: WR_TRY(wr_plan_query(a, ast->nested, out)); break;
	case WR_AST_QUERY_TABLE:
		a->null_allowed = false;
		WR_TRY(wr_plan_table_name(a, &ast->table, NULL, NULL, out));
		break;
	}
	return wr_query_has_sort(ast) ? sort_output(a, ast, out) : NULL;
}

/* WITH entries are in sight while the body is planned. */
wr_status *wr_plan_query(struct wr_analyzer *a, const struct wr_ast_query *ast,
			 struct wr_node **out)
{
	const struct wr_cte_scope *before = a->ctes;

	for (uint32_t i = 0; i < ast->cte_count; i++) {
		struct wr_cte_scope *scope = WR_NEW(a->arena, struct wr_cte_scope);
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(ast->ctes[i].name.text, ast->ctes[j].name.text) == 0)
				return wr_status_at(WR_USER_ERROR, ast->ctes[i].name.pos,
						    "The WITH clause defines '%s' twice",
						    ast->ctes[i].name.text);
		}
		*scope = (struct wr_cte_scope){&ast->ctes[i], a->ctes, a->ctes};
		a->ctes = scope;
	}
	wr_status *status = plan_body(a, ast, out);
	a->ctes = before;
	return status;
}
