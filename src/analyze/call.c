/* SPDX-License-Identifier: Apache-2.0
 *
 * call - function calls: scalar functions by the registry; aggregate, OVER and window calls as what
 * they have been settled to.
 *
 * Clauses of the JSON functions become SYMBOL arguments, in the shapes that expr/fn_json.c lists.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "analyze/user_function.h"
#include "expr/function.h"
#include "expr/missing.h"

/* Room for the clauses of a JSON function behind its arguments. */
#define CLAUSE_ARGS_MAX 8

/* --- clauses of JSON functions
 * ------------------------------------------------------------------------ */

struct args {
	struct wr_conv *conv;
	struct wr_expr **item; /* arguments so far */
	uint32_t count;
};

static void add_symbol(struct args *args, const char *symbol)
{
	args->item[args->count++] = wr_expr_symbol(args->conv->a->pool, symbol);
}

/* "NULL_ON_EMPTY", and the value behind DEFAULT_ON_EMPTY. */
static wr_status *add_behavior(struct args *args, enum wr_ast_json_behavior behavior,
			       const char *on, const struct wr_ast_expr *fallback)
{
	static const char *const name[] = {
	    [WR_AST_JSON_NULL] = "NULL",
	    [WR_AST_JSON_ERROR] = "ERROR",
	    [WR_AST_JSON_DEFAULT] = "DEFAULT",
	    [WR_AST_JSON_EMPTY_ARRAY] = "EMPTY_ARRAY",
	    [WR_AST_JSON_EMPTY_OBJECT] = "EMPTY_OBJECT",
	    [WR_AST_JSON_TRUE] = "TRUE",
	    [WR_AST_JSON_FALSE] = "FALSE",
	    [WR_AST_JSON_UNKNOWN] = "UNKNOWN",
	};

	if (behavior == WR_AST_JSON_UNSAID)
		return NULL;
	add_symbol(args, wr_arena_printf(args->conv->a->arena, "%s_ON_%s", name[behavior], on));
	if (behavior != WR_AST_JSON_DEFAULT)
		return NULL;
	return wr_convert(args->conv, fallback, &args->item[args->count++]);
}

/* RETURNING, WRAPPER, ON EMPTY, ON ERROR. */
static wr_status *add_clauses(struct args *args, const struct wr_ast_json *json)
{
	static const char *const wrapper[] = {
	    [WR_AST_WRAPPER_WITHOUT] = "WITHOUT_WRAPPER",
	    [WR_AST_WRAPPER_CONDITIONAL] = "WITH_CONDITIONAL_WRAPPER",
	    [WR_AST_WRAPPER_UNCONDITIONAL] = "WITH_UNCONDITIONAL_WRAPPER",
	};
	const struct wr_type *type;

	if (json->returning != NULL) {
		WR_TRY(wr_convert_type(args->conv->a, json->returning, &type));
		add_symbol(args, "RETURNING");
		args->item[args->count++] = wr_expr_null(args->conv->a->pool, type);
	}
	if (json->wrapper != WR_AST_WRAPPER_UNSAID)
		add_symbol(args, wrapper[json->wrapper]);
	WR_TRY(add_behavior(args, json->on_empty, "EMPTY", json->default_on_empty));
	return add_behavior(args, json->on_error, "ERROR", json->default_on_error);
}

/* --- scalar functions
 * ---------------------------------------------------------------------------------- */

/* With the nearest of all scalar and aggregate functions. */
static wr_status *unknown_function(struct wr_conv *conv, const struct wr_ast_call *call)
{
	const char *name = call->name.parts[call->name.count - 1].text;
	uint32_t scalar_count, agg_count, n = 0;
	const struct wr_function *const *scalar = wr_function_list(&scalar_count);
	const struct wr_agg_function *const *agg = wr_agg_list(&agg_count);
	const struct wr_catalog *catalog = conv->a->env->catalog;
	uint32_t user_count = wr_catalog_function_count(catalog);
	const char **names =
	    WR_NEW_ARRAY(conv->a->arena, const char *, scalar_count + agg_count + user_count + 1);
	char *upper = wr_arena_strdup(conv->a->arena, name);

	for (uint32_t i = 0; i < wr_missing_function_count; i++) {
		if (wr_name_is(name, wr_missing_functions[i].name))
			return wr_status_hint(wr_unsupported(call->name_pos, "The function %s",
							     wr_missing_functions[i].name),
					      "The reason: %s", wr_missing_functions[i].reason);
	}

	if (wr_name_is(name, "SOURCE_WATERMARK"))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, call->name_pos,
				 "SOURCE_WATERMARK() stands only, and alone, in the watermark of a "
				 "table: the connector says its value"),
		    "Write WATERMARK FOR <column> AS SOURCE_WATERMARK()");
	for (char *c = upper; *c != '\0'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	for (uint32_t i = 0; i < scalar_count; i++) {
		if ((scalar[i]->flags & WR_F_OPERATOR) == 0)
			names[n++] = scalar[i]->name;
	}
	for (uint32_t i = 0; i < agg_count; i++)
		names[n++] = agg[i]->name;
	for (uint32_t i = 0; i < user_count; i++)
		names[n++] = wr_catalog_function_at(catalog, i)->name;
	return wr_hint_nearest(wr_status_because(wr_status_at(WR_USER_ERROR, call->name_pos,
							      "There is no function '%s'", name),
						 WR_NO_FUNCTION),
			       upper, names, n);
}

/* What a scalar function does not take. */
static wr_status *check_scalar(const struct wr_ast_expr *ast)
{
	const struct wr_ast_call *call = &ast->call;
	const char *name = call->name.parts[call->name.count - 1].text;

	if (call->distinct)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "DISTINCT is for aggregate functions, and %s is none", name);
	if (call->nulls != WR_AST_NULLS_TREATMENT_UNSAID)
		return wr_null_treatment(ast->pos, name);
	if (call->filter != NULL || call->within_group.count > 0)
		return wr_status_at(
		    WR_USER_ERROR, ast->pos,
		    "FILTER and WITHIN GROUP are for aggregate functions, and %s is "
		    "none",
		    name);
	return NULL;
}

/* A function of the registry, with its clauses as symbols. */
static wr_status *convert_scalar(struct wr_conv *conv, const struct wr_ast_expr *ast,
				 struct wr_expr **out)
{
	const struct wr_ast_call *call = &ast->call;
	struct wr_found_function found = wr_function_lookup(conv->a->env->catalog, &call->name);
	const struct wr_function *function = found.scalar;
	struct args args = {.conv = conv};

	if (function == NULL || (function->flags & WR_F_OPERATOR) != 0)
		return unknown_function(conv, call);
	WR_TRY(check_scalar(ast));
	args.item =
	    WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, call->args.count + CLAUSE_ARGS_MAX);
	if (call->json != NULL && call->json->nulls != WR_AST_JSON_NULLS_UNSAID)
		add_symbol(&args, call->json->nulls == WR_AST_JSON_NULLS_KEPT ? "NULL_ON_NULL"
									      : "ABSENT_ON_NULL");
	WR_TRY(wr_convert_list(conv, &call->args, args.item + args.count));
	args.count += call->args.count;
	if (call->json != NULL)
		WR_TRY(add_clauses(&args, call->json));
	if (found.user == NULL)
		WR_TRY(wr_check_nulls(function->name, args.item, args.count));
	return wr_status_place(
	    wr_expr_call(conv->a->pool, function, args.item, args.count, ast->pos, out), ast->pos);
}

wr_status *wr_convert_table_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
				 struct wr_expr **out)
{
	return convert_scalar(conv, ast, out);
}

/* One of the session's that gives a value. */
static wr_status *convert_user(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       const struct wr_user_function *user, struct wr_expr **out)
{
	if (user->kind == WEIR_SCALAR)
		return convert_scalar(conv, ast, out);
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, ast->pos,
			 "'%s' is a table function: it gives rows, not a value", user->name),
	    user->kind == WEIR_TABLE ? "Write it in FROM: LATERAL TABLE(%s(...))"
				     : "Write it in FROM: %s(TABLE t PARTITION BY k, ...)",
	    user->name);
}

/* --- the others
 * ---------------------------------------------------------------------------------------- */

static bool is_grouping_name(const char *name)
{
	return wr_name_is(name, "GROUPING") || wr_name_is(name, "GROUPING_ID") ||
	       wr_name_is(name, "GROUP_ID");
}

/* Functions that mean something only with OVER. */
static bool is_over_only(const char *name)
{
	static const char *const names[] = {"ROW_NUMBER", "RANK",  "DENSE_RANK",   "LAG",
					    "LEAD",       "NTILE", "PERCENT_RANK", "CUME_DIST"};

	for (uint32_t i = 0; i < WR_COUNT(names); i++) {
		if (wr_name_is(name, names[i]))
			return true;
	}
	return false;
}

/* An aggregate or OVER call: settled when the clause may have one. */
static wr_status *convert_settled(struct wr_conv *conv, const struct wr_ast_expr *ast,
				  struct wr_expr **out)
{
	*out = wr_settled_find(conv->settled, ast);
	if (*out != NULL)
		return NULL;
	if (ast->call.over != NULL)
		return wr_status_at(
		    WR_USER_ERROR, ast->pos,
		    "OVER calls may stand in SELECT, QUALIFY and ORDER BY, not in %s",
		    conv->clause);
	return wr_status_at(WR_USER_ERROR, ast->pos, "Aggregate expression is illegal in %s clause",
			    conv->clause);
}

/* By the kind of call. */
wr_status *wr_convert_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
			   struct wr_expr **out)
{
	const char *name = wr_call_name(ast);
	const struct wr_user_function *user;

	/* A word such as USER that stands for no function of ours is a column's name. */
	if (ast->call.no_parens && wr_function_find(name, (uint32_t)strlen(name)) == NULL)
		return wr_scope_resolve(conv->a, conv->scope, &ast->call.name, out);
	WR_TRY(wr_convert_match_call(conv, ast, out));
	if (*out != NULL)
		return NULL;
	if (ast->call.over != NULL || wr_is_aggregate_call(conv->a, ast))
		return convert_settled(conv, ast, out);
	user = wr_function_lookup(conv->a->env->catalog, &ast->call.name).user;
	if (user != NULL)
		return convert_user(conv, ast, user, out);
	if (is_grouping_name(name))
		return wr_convert_grouping(conv, ast, out);
	if (is_over_only(name))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos, "%s needs an OVER clause", name),
		    "Write %s(...) OVER (PARTITION BY ... ORDER BY ...)", name);
	WR_TRY(wr_convert_legacy_call(conv, ast, out));
	if (*out != NULL)
		return NULL;
	return convert_scalar(conv, ast, out);
}
