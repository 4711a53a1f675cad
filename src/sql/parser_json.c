/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_json - the arguments of the JSON functions with their clauses.
 */
#include "sql/parser_core.h"

/* A JSON call that is being read. */
struct json_call {
	struct wr_parser *p;      /* the parser */
	enum wr_keyword function; /* which of them */
	struct wr_ast_json *json; /* the clauses */
	struct wr_grow args;      /* struct wr_ast_expr * each */
	struct wr_ast_call *call; /* in its node */
};

static wr_status *take_arg(struct json_call *j)
{
	struct wr_ast_expr *expr = NULL;
	WR_TRY(wr_parse_expr(j->p, &expr));
	*(struct wr_ast_expr **)wr_grow_add(j->p, &j->args, sizeof(expr)) = expr;
	return NULL;
}

/* ---- JSON_EXISTS, JSON_VALUE, JSON_QUERY
 * ----------------------------------------------------------------------- */

/* The word that says what happens; WR_AST_JSON_UNSAID: none is next. */
static wr_status *parse_behavior(struct json_call *j, enum wr_ast_json_behavior *behavior,
				 struct wr_ast_expr **value)
{
	struct wr_parser *p = j->p;
	bool exists = j->function == WR_KW_JSON_EXISTS;
	bool query = j->function == WR_KW_JSON_QUERY;
	*behavior = WR_AST_JSON_UNSAID;
	if (wr_tok_take(p, WR_KW_ERROR))
		*behavior = WR_AST_JSON_ERROR;
	else if (!exists && wr_tok_take(p, WR_KW_NULL))
		*behavior = WR_AST_JSON_NULL;
	else if (exists && wr_tok_take(p, WR_KW_TRUE))
		*behavior = WR_AST_JSON_TRUE;
	else if (exists && wr_tok_take(p, WR_KW_FALSE))
		*behavior = WR_AST_JSON_FALSE;
	else if (exists && wr_tok_take(p, WR_KW_UNKNOWN))
		*behavior = WR_AST_JSON_UNKNOWN;
	else if (query && wr_tok_take2(p, WR_KW_EMPTY, WR_KW_ARRAY))
		*behavior = WR_AST_JSON_EMPTY_ARRAY;
	else if (query && wr_tok_take2(p, WR_KW_EMPTY, WR_KW_OBJECT))
		*behavior = WR_AST_JSON_EMPTY_OBJECT;
	else if (j->function == WR_KW_JSON_VALUE && wr_tok_take(p, WR_KW_DEFAULT)) {
		*behavior = WR_AST_JSON_DEFAULT;
		return wr_parse_expr(p, value);
	}
	return NULL;
}

/* Any number of "behavior ON EMPTY" and "behavior ON ERROR". */
static wr_status *parse_behaviors(struct json_call *j)
{
	struct wr_parser *p = j->p;
	for (;;) {
		enum wr_ast_json_behavior behavior = WR_AST_JSON_UNSAID;
		struct wr_ast_expr *value = NULL;
		WR_TRY(parse_behavior(j, &behavior, &value));
		if (behavior == WR_AST_JSON_UNSAID)
			return NULL;
		WR_TRY(wr_tok_need(p, WR_KW_ON));
		if (wr_tok_take(p, WR_KW_ERROR)) {
			j->json->on_error = behavior;
			j->json->default_on_error = value;
		} else if (j->function != WR_KW_JSON_EXISTS && wr_tok_take(p, WR_KW_EMPTY)) {
			j->json->on_empty = behavior;
			j->json->default_on_empty = value;
		} else {
			return wr_tok_expected(
			    p, j->function == WR_KW_JSON_EXISTS ? "ERROR" : "EMPTY or ERROR");
		}
	}
}

/* WITHOUT [ARRAY] WRAPPER, WITH [CONDITIONAL | UNCONDITIONAL] [ARRAY] WRAPPER */
static wr_status *parse_wrapper(struct json_call *j)
{
	struct wr_parser *p = j->p;
	if (wr_tok_take(p, WR_KW_WITHOUT))
		j->json->wrapper = WR_AST_WRAPPER_WITHOUT;
	else if (!wr_tok_take(p, WR_KW_WITH))
		return NULL;
	else if (wr_tok_take(p, WR_KW_CONDITIONAL))
		j->json->wrapper = WR_AST_WRAPPER_CONDITIONAL;
	else {
		wr_tok_take(p, WR_KW_UNCONDITIONAL);
		j->json->wrapper = WR_AST_WRAPPER_UNCONDITIONAL;
	}
	wr_tok_take(p, WR_KW_ARRAY);
	return wr_tok_need(p, WR_KW_WRAPPER);
}

/* (input, path clauses) */
static wr_status *parse_path_function(struct json_call *j)
{
	struct wr_parser *p = j->p;
	WR_TRY(take_arg(j));
	if (!wr_tok_take_sym(p, ","))
		return wr_tok_expected(p, "a comma and the JSON path");
	WR_TRY(take_arg(j));
	if (wr_tok_is(p, WR_KW_PASSING))
		return wr_tok_unsupported(p, p->at, "PASSING in JSON functions");
	if (j->function != WR_KW_JSON_EXISTS && wr_tok_take(p, WR_KW_RETURNING))
		WR_TRY(wr_parse_type(p, false, &j->json->returning));
	if (j->function == WR_KW_JSON_QUERY)
		WR_TRY(parse_wrapper(j));
	return parse_behaviors(j);
}

/* ---- JSON_OBJECT, JSON_ARRAY and their aggregates
 * -------------------------------------------------------------- */

/* [KEY] k VALUE v, or k : v */
static wr_status *parse_pair(struct json_call *j)
{
	struct wr_parser *p = j->p;
	bool key = wr_tok_is(p, WR_KW_KEY) && !wr_tok_ahead_is(p, 1, WR_KW_VALUE) &&
		   !wr_tok_ahead_is_sym(p, 1, ":");
	if (key)
		wr_tok_skip(p);
	WR_TRY(take_arg(j));
	if (!wr_tok_take(p, WR_KW_VALUE) && (key || !wr_tok_take_sym(p, ":")))
		return wr_status_hint(wr_tok_expected(p, "VALUE and the key's value"),
				      "Write KEY 'k' VALUE v");
	return take_arg(j);
}

/* [NULL ON NULL | ABSENT ON NULL] */
static wr_status *parse_nulls(struct json_call *j)
{
	struct wr_parser *p = j->p;
	if (wr_tok_take(p, WR_KW_NULL))
		j->json->nulls = WR_AST_JSON_NULLS_KEPT;
	else if (wr_tok_take(p, WR_KW_ABSENT))
		j->json->nulls = WR_AST_JSON_NULLS_ABSENT;
	else
		return NULL;
	WR_TRY(wr_tok_need(p, WR_KW_ON));
	return wr_tok_need(p, WR_KW_NULL);
}

/* No element is next, only the clause about NULL or the end. */
static bool is_at_end(const struct wr_parser *p)
{
	return wr_tok_is_sym(p, ")") ||
	       (wr_tok_ahead_is(p, 1, WR_KW_ON) && wr_tok_ahead_is(p, 2, WR_KW_NULL));
}

/* JSON_OBJECT(pairs), JSON_ARRAY(elements) */
static wr_status *parse_elements(struct json_call *j)
{
	if (is_at_end(j->p))
		return parse_nulls(j);
	do {
		if (j->function == WR_KW_JSON_OBJECT)
			WR_TRY(parse_pair(j));
		else
			WR_TRY(take_arg(j));
	} while (wr_tok_take_sym(j->p, ","));
	return parse_nulls(j);
}

/* JSON_ARRAYAGG(x [ORDER BY ..]) */
static wr_status *parse_array_aggregate(struct json_call *j)
{
	WR_TRY(take_arg(j));
	if (wr_tok_take(j->p, WR_KW_ORDER)) {
		WR_TRY(wr_tok_need(j->p, WR_KW_BY));
		WR_TRY(wr_parse_order(j->p, &j->call->within_group));
	}
	return parse_nulls(j);
}

wr_status *wr_parse_json_args(struct wr_parser *p, enum wr_keyword function,
			      struct wr_ast_call *call)
{
	struct json_call j = {.p = p, .function = function, .call = call};
	j.json = WR_NEW(p->arena, struct wr_ast_json);
	WR_TRY(wr_tok_need_sym(p, "("));
	if (function == WR_KW_JSON_OBJECT || function == WR_KW_JSON_ARRAY) {
		WR_TRY(parse_elements(&j));
	} else if (function == WR_KW_JSON_OBJECTAGG) {
		WR_TRY(parse_pair(&j));
		WR_TRY(parse_nulls(&j));
	} else if (function == WR_KW_JSON_ARRAYAGG) {
		WR_TRY(parse_array_aggregate(&j));
	} else {
		WR_TRY(parse_path_function(&j));
	}
	call->json = j.json;
	call->args = (struct wr_ast_exprs){j.args.items, j.args.count};
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a comma, a clause of the JSON function or \")\"");
	return NULL;
}
