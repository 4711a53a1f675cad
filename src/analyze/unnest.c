/* SPDX-License-Identifier: Apache-2.0
 *
 * unnest - UNNEST(collection): a row per element, joined to the row that the collection is in.
 *
 * An ARRAY or MULTISET of rows gives a column per field, of other values one column; a MAP gives
 * KEY and VALUE. WITH ORDINALITY appends the element's number, from 1.
 *
 * A call of a table function is an ARRAY of rows here (expr/user_function.h), with its own words in
 * messages.
 */
#include "analyze/analyzer.h"
#include "analyze/user_function.h"

/* The columns that the elements give. */
static wr_status *element_columns(struct wr_analyzer *a, const struct wr_expr *collection,
				  bool ordinality, struct wr_schema *out)
{
	const struct wr_type *type = collection->type;
	const struct wr_type *element;
	uint32_t n = 0;

	if (type == NULL ||
	    (type->kind != WR_ARRAY && type->kind != WR_MULTISET && type->kind != WR_MAP))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, collection->pos,
				 "Cannot apply UNNEST to a value of type %s",
				 type != NULL ? wr_type_str(a->arena, type) : "SYMBOL"),
		    "UNNEST takes an ARRAY, a MAP or a MULTISET");
	element = type->child[0];
	if (type->kind == WR_MAP) {
		wr_schema_init(a->arena, out, 2 + ordinality);
		out->field[n++] = (struct wr_field){"KEY", type->child[0]};
		out->field[n++] = (struct wr_field){"VALUE", type->child[1]};
	} else if (element->kind == WR_ROW) {
		wr_schema_init(a->arena, out, element->child_count + ordinality);
		for (; n < element->child_count; n++)
			out->field[n] = (struct wr_field){
			    element->name[n],
			    wr_type_nullable(a->arena, element->child[n],
					     element->nullable || element->child[n]->nullable)};
	} else {
		wr_schema_init(a->arena, out, 1 + ordinality);
		out->field[n++] = (struct wr_field){"EXPR$0", element};
	}
	if (ordinality)
		out->field[n] = (struct wr_field){"ORDINALITY", &WR_T_INT_NN};
	return NULL;
}

/* The names: those of the left side, then the elements' under the alias of UNNEST. */
static wr_status *unnest_scope(struct wr_analyzer *a, const struct wr_scope *left,
			       const struct wr_ast_table *ast, struct wr_node *node, uint32_t base,
			       struct wr_scope **out)
{
	uint32_t count = node->schema.count - base;
	uint32_t tables = left != NULL ? left->table_count : 0;
	uint32_t stars = left != NULL ? left->star_count : 0;
	struct wr_scope *scope = WR_NEW(a->arena, struct wr_scope);
	struct wr_scope_table *table;

	if (ast->columns.count > 0 && ast->columns.count != count)
		return wr_status_at(
		    WR_USER_ERROR, ast->columns.items[0].pos,
		    "List of column aliases must have the same degree as the table: "
		    "%s gives %u columns, the list %u",
		    ast->kind == WR_AST_TABLE_UNNEST ? "UNNEST" : "The function", count,
		    ast->columns.count);
	scope->node = node;
	scope->table_count = tables + 1;
	scope->table = WR_NEW_ARRAY(a->arena, struct wr_scope_table, tables + 1);
	scope->star_count = stars + count;
	scope->star = WR_NEW_ARRAY(a->arena, struct wr_scope_column, stars + count);
	for (uint32_t i = 0; i < tables; i++)
		scope->table[i] = left->table[i];
	for (uint32_t i = 0; i < stars; i++)
		scope->star[i] = left->star[i];
	table = &scope->table[tables];
	table->name = ast->alias.text != NULL ? wr_arena_strdup(a->arena, ast->alias.text) : NULL;
	table->count = count;
	table->column = scope->star + stars;
	for (uint32_t i = 0; i < count; i++) {
		const char *name = node->schema.field[base + i].name;
		if (ast->columns.count > 0)
			name = wr_arena_strdup(a->arena, ast->columns.items[i].text);
		table->column[i] = (struct wr_scope_column){name, wr_column_of(a, node, base + i)};
	}
	*out = scope;
	return NULL;
}

bool wr_is_table_call(struct wr_analyzer *a, const struct wr_ast_table *ast)
{
	const struct wr_user_function *user;

	if (ast->kind != WR_AST_TABLE_FUNCTION)
		return false;
	user = wr_function_lookup(a->env->catalog, &ast->function.call->call.name).user;
	return user != NULL && user->kind != WEIR_PROCESS_TABLE; /* process_call.c */
}

/* What the rows come from: a collection, or the call of a table function. */
static wr_status *convert_collection(struct wr_conv *conv, const struct wr_ast_table *ast,
				     struct wr_expr **out)
{
	const struct wr_user_function *user;

	if (ast->kind == WR_AST_TABLE_UNNEST) {
		if (ast->unnest.args.count != 1)
			return wr_unsupported(ast->pos,
					      "UNNEST of several collections side by side");
		return wr_convert(conv, ast->unnest.args.items[0], out);
	}
	user = wr_function_lookup(conv->a->env->catalog, &ast->function.call->call.name).user;
	if (user->kind != WEIR_TABLE)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos, "'%s' is no table function", user->name),
		    "It gives a value: write it in SELECT or WHERE");
	return wr_convert_table_call(conv, ast->function.call, out);
}

/* Without a left side the input is one row. */
wr_status *wr_plan_unnest(struct wr_analyzer *a, struct wr_scope *left,
			  const struct wr_ast_table *ast, bool outer_join,
			  const struct wr_ast_expr *on, struct wr_scope **out)
{
	struct wr_conv conv = {.a = a, .scope = left, .clause = "UNNEST"};
	bool ordinality = ast->kind == WR_AST_TABLE_UNNEST && ast->unnest.ordinality;
	struct wr_node *input, *node;
	struct wr_schema element;
	struct wr_expr *collection, *condition;

	if (ast->kind == WR_AST_TABLE_FUNCTION)
		conv.clause = "the arguments of a table function";
	WR_TRY(convert_collection(&conv, ast, &collection));
	WR_TRY(wr_status_place(element_columns(a, collection, ordinality, &element), ast->pos));
	if (left != NULL)
		input = left->node;
	else
		WR_TRY(wr_make_one_row(a, ast->pos, &input));
	uint32_t base = input->schema.count;
	WR_TRY(wr_check_width((uint64_t)base + element.count, ast->pos));
	WR_TRY(wr_make_node(a, WR_N_UNNEST, input, ast->pos, &node));
	wr_schema_init(a->arena, &node->schema, base + element.count);
	for (uint32_t i = 0; i < base; i++)
		node->schema.field[i] = input->schema.field[i];
	for (uint32_t i = 0; i < element.count; i++) {
		node->schema.field[base + i] = element.field[i];
		if (outer_join)
			node->schema.field[base + i].type =
			    wr_type_nullable(a->arena, element.field[i].type, true);
	}
	node->u.unnest.expr = collection;
	node->u.unnest.left = outer_join;
	node->u.unnest.ordinality = ordinality;
	WR_TRY(unnest_scope(a, left, ast, node, base, out));
	if (on == NULL || (on->kind == WR_AST_BOOLEAN && on->boolean))
		return NULL;
	conv.scope = *out;
	conv.clause = "ON";
	WR_TRY(wr_convert_condition(&conv, on, &condition));
	if (outer_join) {
		node->u.unnest.condition = condition;
		return NULL;
	}
	WR_TRY(wr_make_filter(a, node, condition, on->pos, &node));
	wr_scope_rebase(*out, node);
	return NULL;
}
