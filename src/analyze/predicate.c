/* SPDX-License-Identifier: Apache-2.0
 *
 * predicate - IS, BETWEEN, IN, ANY/ALL over lists, LIKE.
 */
#include "analyze/analyzer.h"
#include "expr/function.h"

static wr_status *negate(struct wr_conv *conv, bool negated, struct wr_pos pos,
			 struct wr_expr **out)
{
	struct wr_expr *arg[1] = {*out};

	return negated ? wr_build_call(conv->a, "NOT", arg, 1, pos, out) : NULL;
}

/* Tests that exist only in the positive form are negated with NOT. */
static wr_status *convert_is(struct wr_conv *conv, const struct wr_ast_expr *ast,
			     struct wr_expr **out)
{
	static const char *const name[][2] = {
	    [WR_AST_IS_NULL] = {"IS NULL", "IS NOT NULL"},
	    [WR_AST_IS_TRUE] = {"IS TRUE", "IS NOT TRUE"},
	    [WR_AST_IS_FALSE] = {"IS FALSE", "IS NOT FALSE"},
	    [WR_AST_IS_UNKNOWN] = {"IS UNKNOWN", "IS NOT UNKNOWN"},
	    [WR_AST_IS_JSON_VALUE] = {"IS JSON VALUE", NULL},
	    [WR_AST_IS_JSON_OBJECT] = {"IS JSON OBJECT", NULL},
	    [WR_AST_IS_JSON_ARRAY] = {"IS JSON ARRAY", NULL},
	    [WR_AST_IS_JSON_SCALAR] = {"IS JSON SCALAR", NULL},
	};
	bool direct = name[ast->is.test][ast->is.negated] != NULL;
	struct wr_expr *arg[1];

	WR_TRY(wr_convert(conv, ast->is.operand, &arg[0]));
	WR_TRY(wr_build_call(conv->a, name[ast->is.test][direct && ast->is.negated], arg, 1,
			     ast->pos, out));
	return negate(conv, ast->is.negated && !direct, ast->pos, out);
}

/* low <= x AND x <= high */
static wr_status *range(struct wr_conv *conv, struct wr_expr *x, struct wr_expr *low,
			struct wr_expr *high, struct wr_pos pos, struct wr_expr **out)
{
	struct wr_expr *from[2] = {x, low}, *to[2] = {x, high}, *both[2];

	WR_TRY(wr_build_call(conv->a, ">=", from, 2, pos, &both[0]));
	WR_TRY(wr_build_call(conv->a, "<=", to, 2, pos, &both[1]));
	return wr_expr_logic(conv->a->pool, WR_E_AND, both, 2, pos, out);
}

/* SYMMETRIC takes the bounds in either order. */
static wr_status *convert_between(struct wr_conv *conv, const struct wr_ast_expr *ast,
				  struct wr_expr **out)
{
	struct wr_expr *x, *low, *high, *either[2];

	WR_TRY(wr_convert(conv, ast->between.operand, &x));
	WR_TRY(wr_convert(conv, ast->between.low, &low));
	WR_TRY(wr_convert(conv, ast->between.high, &high));
	WR_TRY(range(conv, x, low, high, ast->pos, out));
	if (ast->between.symmetric) {
		either[0] = *out;
		WR_TRY(range(conv, x, high, low, ast->pos, &either[1]));
		WR_TRY(wr_expr_logic(conv->a->pool, WR_E_OR, either, 2, ast->pos, out));
	}
	return negate(conv, ast->between.negated, ast->pos, out);
}

/* (a, b) = (c, d), field by field. */
static wr_status *rows_equal(struct wr_conv *conv, const struct wr_ast_expr *left,
			     const struct wr_ast_expr *right, struct wr_expr **out)
{
	uint32_t count = left->list.count;
	struct wr_expr **equal = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, count);

	if (right->kind != WR_AST_ROW || right->list.count != count)
		return wr_status_at(WR_USER_ERROR, right->pos,
				    "The values of the IN list must be rows of %u values", count);
	for (uint32_t i = 0; i < count; i++) {
		struct wr_expr *pair[2];
		WR_TRY(wr_convert(conv, left->list.items[i], &pair[0]));
		WR_TRY(wr_convert(conv, right->list.items[i], &pair[1]));
		WR_TRY(wr_build_call(conv->a, "=", pair, 2, right->list.items[i]->pos, &equal[i]));
	}
	return wr_expr_logic(conv->a->pool, WR_E_AND, equal, count, right->pos, out);
}

/* x IN (a, b): the function IN over values of one type; comparisons for rows and where the registry
 * has no such function. */
static wr_status *convert_in(struct wr_conv *conv, const struct wr_ast_expr *ast,
			     struct wr_expr **out)
{
	const struct wr_ast_exprs *list = &ast->in.list;
	struct wr_expr **arg;

	*out = wr_settled_find(conv->settled, ast);
	if (*out != NULL)
		return NULL;
	if (ast->in.query != NULL)
		return wr_unsupported(ast->pos,
				      "IN with a subquery in this place of %s (only a condition of "
				      "WHERE joined by AND)",
				      conv->clause);
	arg = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, list->count + 1);
	if (ast->in.operand->kind == WR_AST_ROW) {
		for (uint32_t i = 0; i < list->count; i++)
			WR_TRY(rows_equal(conv, ast->in.operand, list->items[i], &arg[i]));
	} else {
		WR_TRY(wr_convert(conv, ast->in.operand, &arg[0]));
		WR_TRY(wr_convert_list(conv, list, arg + 1));
		if (wr_function_find("IN", 2) != NULL) {
			WR_TRY(wr_build_call(conv->a, "IN", arg, list->count + 1, ast->pos, out));
			return negate(conv, ast->in.negated, ast->pos, out);
		}
		struct wr_expr *x = arg[0];
		for (uint32_t i = 0; i < list->count; i++) {
			struct wr_expr *pair[2] = {x, arg[i + 1]};
			WR_TRY(wr_build_call(conv->a, "=", pair, 2, list->items[i]->pos, &arg[i]));
		}
	}
	WR_TRY(wr_expr_logic(conv->a->pool, WR_E_OR, arg, list->count, ast->pos, out));
	return negate(conv, ast->in.negated, ast->pos, out);
}

/* Over a list: comparisons joined by OR (ANY) or AND (ALL). */
static wr_status *convert_quantified(struct wr_conv *conv, const struct wr_ast_expr *ast,
				     struct wr_expr **out)
{
	static const char *const name[] = {
	    [WR_AST_OP_EQ] = "=",  [WR_AST_OP_NE] = "<>", [WR_AST_OP_LT] = "<",
	    [WR_AST_OP_LE] = "<=", [WR_AST_OP_GT] = ">",  [WR_AST_OP_GE] = ">=",
	};
	const struct wr_ast_exprs *list = &ast->quantified.list;
	struct wr_expr **test;
	struct wr_expr *x;

	*out = wr_settled_find(conv->settled, ast);
	if (*out != NULL)
		return NULL;
	if (ast->quantified.query != NULL)
		return wr_unsupported(ast->pos, "ANY and ALL over a subquery");
	test = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, list->count + 1);
	WR_TRY(wr_convert(conv, ast->quantified.operand, &x));
	for (uint32_t i = 0; i < list->count; i++) {
		struct wr_expr *pair[2] = {x, NULL};
		WR_TRY(wr_convert(conv, list->items[i], &pair[1]));
		WR_TRY(wr_build_call(conv->a, name[ast->quantified.op], pair, 2,
				     list->items[i]->pos, &test[i]));
	}
	return wr_expr_logic(conv->a->pool,
			     ast->quantified.quantifier == WR_AST_ALL ? WR_E_AND : WR_E_OR, test,
			     list->count, ast->pos, out);
}

/* LIKE and SIMILAR TO, with ESCAPE as a third argument. */
static wr_status *convert_like(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	struct wr_expr *arg[3];
	uint32_t count = 2;

	WR_TRY(wr_convert(conv, ast->like.operand, &arg[0]));
	WR_TRY(wr_convert(conv, ast->like.pattern, &arg[1]));
	if (ast->like.escape != NULL)
		WR_TRY(wr_convert(conv, ast->like.escape, &arg[count++]));
	WR_TRY(wr_build_call(conv->a, ast->like.similar ? "SIMILAR TO" : "LIKE", arg, count,
			     ast->pos, out));
	return negate(conv, ast->like.negated, ast->pos, out);
}

wr_status *wr_convert_predicate(struct wr_conv *conv, const struct wr_ast_expr *ast,
				struct wr_expr **out)
{
	switch (ast->kind) {
	case WR_AST_IS: return convert_is(conv, ast, out);
	case WR_AST_BETWEEN: return convert_between(conv, ast, out);
	case WR_AST_IN: return convert_in(conv, ast, out);
	case WR_AST_QUANTIFIED: return convert_quantified(conv, ast, out);
	default: return convert_like(conv, ast, out);
	}
}
