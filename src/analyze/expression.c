/* SPDX-License-Identifier: Apache-2.0
 *
 * expression - AST expressions -> typed expressions.
 *
 * One switch over the kinds of AST nodes; calls, predicates and literals have files of their own.
 * Types, implicit casts and argument checks come from the builders of expr/; here they get their
 * place in the script.
 */
#include <string.h>
#include <strings.h>

#include "analyze/analyzer.h"
#include "expr/function.h"

void wr_settled_add(struct wr_analyzer *a, struct wr_settled *settled, const void *ast,
		    struct wr_expr *expr)
{
	if (settled->count == settled->capacity) {
		uint32_t capacity = settled->capacity == 0 ? 8 : settled->capacity * 2;
		void *grown = wr_arena_zalloc(a->arena, capacity * sizeof *settled->entry);
		if (settled->count > 0)
			memcpy(grown, settled->entry, settled->count * sizeof *settled->entry);
		settled->entry = grown;
		settled->capacity = capacity;
	}
	settled->entry[settled->count].ast = ast;
	settled->entry[settled->count].expr = expr;
	settled->count++;
}

struct wr_expr *wr_settled_find(const struct wr_settled *settled, const void *ast)
{
	if (settled == NULL)
		return NULL;
	for (uint32_t i = 0; i < settled->count; i++) {
		if (settled->entry[i].ast == ast)
			return settled->entry[i].expr;
	}
	return NULL;
}

bool wr_name_is(const char *name, const char *upper)
{
	return name != NULL && strcasecmp(name, upper) == 0;
}

wr_status *wr_build_call(struct wr_analyzer *a, const char *name, struct wr_expr **arg,
			 uint32_t count, struct wr_pos pos, struct wr_expr **out)
{
	WR_TRY(wr_check_nulls(name, arg, count));
	return wr_status_place(wr_expr_call_name(a->pool, name, arg, count, pos, out), pos);
}

wr_status *wr_convert_list(struct wr_conv *conv, const struct wr_ast_exprs *list,
			   struct wr_expr **out)
{
	for (uint32_t i = 0; i < list->count; i++)
		WR_TRY(wr_convert(conv, list->items[i], &out[i]));
	return NULL;
}

wr_status *wr_convert_condition(struct wr_conv *conv, const struct wr_ast_expr *ast,
				struct wr_expr **out)
{
	WR_TRY(wr_convert(conv, ast, out));
	if ((*out)->type->kind == WR_NULL)
		return wr_expr_cast(conv->a->pool, *out, &WR_T_BOOLEAN, false, out);
	if ((*out)->type->kind != WR_BOOLEAN)
		return wr_status_hint(
		    wr_status_because(
			wr_status_at(WR_USER_ERROR, ast->pos,
				     "%s clause must be a condition, but this is of type %s",
				     conv->clause, wr_type_str(conv->a->arena, (*out)->type)),
			WR_WRONG_TYPE),
		    "Compare the value with something, or CAST it to BOOLEAN");
	return NULL;
}

/* --- operators
 * ----------------------------------------------------------------------------------------- */

static wr_status *convert_logic(struct wr_conv *conv, const struct wr_ast_expr *ast,
				struct wr_expr **out)
{
	struct wr_expr *arg[2];

	WR_TRY(wr_convert(conv, ast->binary.left, &arg[0]));
	WR_TRY(wr_convert(conv, ast->binary.right, &arg[1]));
	if (wr_is_bare_null(arg[0]) || wr_is_bare_null(arg[1]))
		return wr_illegal_null(arg[wr_is_bare_null(arg[0]) ? 0 : 1]->pos);
	return wr_status_place(wr_expr_logic(conv->a->pool,
					     ast->binary.op == WR_AST_OP_AND ? WR_E_AND : WR_E_OR,
					     arg, 2, ast->binary.op_pos, out),
			       ast->pos);
}

/* (a, b) OVERLAPS (c, d) is OVERLAPS(a, b, c, d). */
static wr_status *convert_overlaps(struct wr_conv *conv, const struct wr_ast_expr *ast,
				   struct wr_expr **out)
{
	const struct wr_ast_expr *side[2] = {ast->binary.left, ast->binary.right};
	struct wr_expr *arg[4];

	for (int i = 0; i < 2; i++) {
		if (side[i]->kind != WR_AST_ROW || side[i]->list.count != 2)
			return wr_status_at(WR_USER_ERROR, side[i]->pos,
					    "OVERLAPS compares two periods (start, end)");
		WR_TRY(wr_convert_list(conv, &side[i]->list, arg + 2 * i));
	}
	return wr_build_call(conv->a, "OVERLAPS", arg, 4, ast->pos, out);
}

/* Operators are functions named by their symbol. */
static wr_status *convert_binary(struct wr_conv *conv, const struct wr_ast_expr *ast,
				 struct wr_expr **out)
{
	static const char *const name[] = {
	    [WR_AST_OP_EQ] = "=",
	    [WR_AST_OP_NE] = "<>",
	    [WR_AST_OP_LT] = "<",
	    [WR_AST_OP_LE] = "<=",
	    [WR_AST_OP_GT] = ">",
	    [WR_AST_OP_GE] = ">=",
	    [WR_AST_OP_DISTINCT] = "IS DISTINCT FROM",
	    [WR_AST_OP_NOT_DISTINCT] = "IS NOT DISTINCT FROM",
	    [WR_AST_OP_CONCAT] = "||",
	    [WR_AST_OP_ADD] = "+",
	    [WR_AST_OP_SUB] = "-",
	    [WR_AST_OP_MUL] = "*",
	    [WR_AST_OP_DIV] = "/",
	    [WR_AST_OP_MOD] = "%",
	};
	struct wr_expr *arg[2];

	if (ast->binary.op == WR_AST_OP_AND || ast->binary.op == WR_AST_OP_OR)
		return convert_logic(conv, ast, out);
	if (ast->binary.op == WR_AST_OP_OVERLAPS)
		return convert_overlaps(conv, ast, out);
	WR_ASSERT(ast->binary.op < WR_COUNT(name) && name[ast->binary.op] != NULL);
	WR_TRY(wr_convert(conv, ast->binary.left, &arg[0]));
	WR_TRY(wr_convert(conv, ast->binary.right, &arg[1]));
	return wr_build_call(conv->a, name[ast->binary.op], arg, 2, ast->pos, out);
}

/* A minus in front of a number belongs to the literal. */
static wr_status *convert_unary(struct wr_conv *conv, const struct wr_ast_expr *ast,
				struct wr_expr **out)
{
	const struct wr_ast_expr *operand = ast->unary.operand;
	struct wr_expr *arg[1];

	switch (ast->unary.op) {
	case WR_AST_OP_MINUS:
		if (operand->kind == WR_AST_NUMBER)
			return wr_convert_literal(conv->a, operand, true, out);
		WR_TRY(wr_convert(conv, operand, &arg[0]));
		return wr_build_call(conv->a, "-", arg, 1, ast->pos, out);
	case WR_AST_OP_PLUS:
		WR_TRY(wr_convert(conv, operand, out));
		if (!wr_kind_is_numeric((*out)->type->kind) &&
		    !wr_kind_is_interval((*out)->type->kind))
			return wr_status_at(WR_USER_ERROR, ast->pos,
					    "Cannot apply '+' to a value of type %s",
					    wr_type_str(conv->a->arena, (*out)->type));
		return NULL;
	case WR_AST_OP_NOT:
		WR_TRY(wr_convert(conv, operand, &arg[0]));
		return wr_build_call(conv->a, "NOT", arg, 1, ast->pos, out);
	default: return wr_convert_match_unary(conv, ast, out);
	}
}

/* --- constructs
 * ---------------------------------------------------------------------------------------- */

/* The simple form compares its operand with each value. */
static wr_status *convert_case(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	uint32_t count = ast->case_.when_count;
	struct wr_expr **when = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, count);
	struct wr_expr **then = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, count);
	struct wr_expr *otherwise = NULL, *operand = NULL;

	if (ast->case_.operand != NULL)
		WR_TRY(wr_convert(conv, ast->case_.operand, &operand));
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_ast_when *branch = &ast->case_.whens[i];
		WR_TRY(wr_convert(conv, branch->when, &when[i]));
		if (operand != NULL) {
			struct wr_expr *pair[2] = {operand, when[i]};
			WR_TRY(wr_build_call(conv->a, "=", pair, 2, branch->when->pos, &when[i]));
		}
		WR_TRY(wr_convert(conv, branch->then, &then[i]));
	}
	if (ast->case_.otherwise != NULL)
		WR_TRY(wr_convert(conv, ast->case_.otherwise, &otherwise));
	return wr_status_place(
	    wr_expr_case(conv->a->pool, when, then, count, otherwise, ast->pos, out), ast->pos);
}

/* CAST and TRY_CAST. */
static wr_status *convert_cast(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	const struct wr_type *type;
	struct wr_expr *operand;

	WR_TRY(wr_convert_type(conv->a, ast->cast.type, &type));
	WR_TRY(wr_convert(conv, ast->cast.operand, &operand));
	if (operand->type == NULL)
		return wr_status_at(WR_USER_ERROR, ast->cast.operand->pos,
				    "A time unit is not a value");
	WR_TRY(wr_status_place(wr_expr_cast(conv->a->pool, operand, type, ast->cast.try_cast, out),
			       ast->pos));
	if (*out != operand)
		(*out)->pos = ast->pos;
	return NULL;
}

/* ROW(...), ARRAY[...], MAP[...]: functions of these names. */
static wr_status *convert_constructor(struct wr_conv *conv, const struct wr_ast_expr *ast,
				      const char *name, struct wr_expr **out)
{
	struct wr_expr **arg = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, ast->list.count + 1);

	WR_TRY(wr_convert_list(conv, &ast->list, arg));
	return wr_build_call(conv->a, name, arg, ast->list.count, ast->pos, out);
}

static wr_status *convert_subscript(struct wr_conv *conv, const struct wr_ast_expr *ast,
				    struct wr_expr **out)
{
	struct wr_expr *arg[2];

	WR_TRY(wr_convert(conv, ast->subscript.operand, &arg[0]));
	WR_TRY(wr_convert(conv, ast->subscript.index, &arg[1]));
	return wr_build_call(conv->a, "[]", arg, 2, ast->pos, out);
}

static wr_status *convert_field(struct wr_conv *conv, const struct wr_ast_expr *ast,
				struct wr_expr **out)
{
	struct wr_expr *row;

	if (strcmp(ast->field.name.text, "*") == 0 && !ast->field.name.quoted)
		return wr_unsupported(ast->pos, "Expanding the fields of a row with .*");
	WR_TRY(wr_convert(conv, ast->field.operand, &row));
	return wr_field_access(conv->a, row, &ast->field.name, out);
}

/* A subquery as a value: settled before, or not possible here. */
static wr_status *convert_subquery(struct wr_conv *conv, const struct wr_ast_expr *ast,
				   struct wr_expr **out)
{
	*out = wr_settled_find(conv->settled, ast);
	if (*out != NULL)
		return NULL;
	if (ast->kind == WR_AST_ARRAY_QUERY)
		return wr_unsupported(ast->pos, "ARRAY(SELECT ...)");
	return wr_unsupported(ast->pos, "%s in this place of %s",
			      ast->kind == WR_AST_EXISTS ? "EXISTS" : "A subquery", conv->clause);
}

wr_status *wr_convert(struct wr_conv *conv, const struct wr_ast_expr *ast, struct wr_expr **out)
{
	switch (ast->kind) {
	case WR_AST_NUMBER:
	case WR_AST_STRING:
	case WR_AST_BYTES:
	case WR_AST_BOOLEAN:
	case WR_AST_UNKNOWN:
	case WR_AST_NULL:
	case WR_AST_DATE:
	case WR_AST_TIME:
	case WR_AST_TIMESTAMP:
	case WR_AST_TIMESTAMP_LTZ: return wr_convert_literal(conv->a, ast, false, out);
	case WR_AST_INTERVAL: return wr_convert_interval(conv, ast, out);
	case WR_AST_COLUMN: return wr_scope_resolve(conv->a, conv->scope, &ast->column, out);
	case WR_AST_STAR:
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "A star stands for columns only in the SELECT list and in "
				    "COUNT(*)");
	case WR_AST_FIELD: return convert_field(conv, ast, out);
	case WR_AST_SUBSCRIPT: return convert_subscript(conv, ast, out);
	case WR_AST_UNARY: return convert_unary(conv, ast, out);
	case WR_AST_BINARY: return convert_binary(conv, ast, out);
	case WR_AST_IS:
	case WR_AST_BETWEEN:
	case WR_AST_IN:
	case WR_AST_QUANTIFIED:
	case WR_AST_LIKE: return wr_convert_predicate(conv, ast, out);
	case WR_AST_EXISTS:
	case WR_AST_QUERY:
	case WR_AST_ARRAY_QUERY: return convert_subquery(conv, ast, out);
	case WR_AST_CASE: return convert_case(conv, ast, out);
	case WR_AST_CAST: return convert_cast(conv, ast, out);
	case WR_AST_CALL: return wr_convert_call(conv, ast, out);
	case WR_AST_ROW: return convert_constructor(conv, ast, "ROW", out);
	case WR_AST_ARRAY: return convert_constructor(conv, ast, "ARRAY", out);
	case WR_AST_MAP: return convert_constructor(conv, ast, "MAP", out);
	case WR_AST_SYMBOL: *out = wr_expr_symbol(conv->a->pool, ast->symbol.word); return NULL;
	case WR_AST_DESCRIPTOR:
	case WR_AST_TABLE_ARG:
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "TABLE and DESCRIPTOR are arguments of table functions only");
	case WR_AST_NAMED_ARG: return wr_unsupported(ast->pos, "A named argument of this function");
	case WR_AST_DEFAULT: return wr_unsupported(ast->pos, "DEFAULT in this place");
	}
	return wr_unsupported(ast->pos, "This expression");
}
