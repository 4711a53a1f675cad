/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_call - calls, in the syntax that they were written in.
 */
#include "sql/unparse_core.h"

/* args[i] of a call with a word in front of it, if there are so many. */
static void put_arg(const struct wr_ast_call *call, uint32_t i, const char *word,
		    struct wr_text *out)
{
	if (i >= call->args.count)
		return;
	wr_text_puts(out, word);
	wr_unparse_expr(call->args.items[i], out);
}

/* The arguments of the syntaxes that ast.h lists; false: the call has none of them. */
static bool put_special_args(const struct wr_ast_call *call, struct wr_text *out)
{
	static const struct {
		const char *name;     /* of the call */
		const char *words[4]; /* in front of each argument; NULL: not that many */
	} forms[] = {
	    {"EXTRACT", {"", " FROM "}},
	    {"FLOOR", {"", " TO "}},
	    {"CEIL", {"", " TO "}},
	    {"TRIM", {"", " ", " FROM "}},
	    {"SUBSTRING", {"", " FROM ", " FOR "}},
	    {"OVERLAY", {"", " PLACING ", " FROM ", " FOR "}},
	};
	if (!call->special_syntax)
		return false;
	const char *name = call->name.parts[0].text;
	if (strcmp(name, "POSITION") == 0) {
		wr_unparse_above(call->args.items[0], WR_PREC_IN + 1, out);
		put_arg(call, 1, " IN ", out);
		put_arg(call, 2, " FROM ", out);
		return true;
	}
	for (size_t i = 0; i < WR_COUNT(forms); i++) {
		if (strcmp(name, forms[i].name) != 0)
			continue;
		for (uint32_t a = 0; a < call->args.count; a++)
			put_arg(call, a, forms[i].words[a], out);
		return true;
	}
	return false;
}

/* The words in front of ON EMPTY and ON ERROR. */
static const char *behavior_words(enum wr_ast_json_behavior behavior)
{
	static const char *const words[] = {
	    [WR_AST_JSON_UNSAID] = "",
	    [WR_AST_JSON_NULL] = "NULL",
	    [WR_AST_JSON_ERROR] = "ERROR",
	    [WR_AST_JSON_DEFAULT] = "DEFAULT ",
	    [WR_AST_JSON_EMPTY_ARRAY] = "EMPTY ARRAY",
	    [WR_AST_JSON_EMPTY_OBJECT] = "EMPTY OBJECT",
	    [WR_AST_JSON_TRUE] = "TRUE",
	    [WR_AST_JSON_FALSE] = "FALSE",
	    [WR_AST_JSON_UNKNOWN] = "UNKNOWN",
	};
	return words[behavior];
}

static void put_behavior(enum wr_ast_json_behavior behavior, const struct wr_ast_expr *value,
			 const char *when, struct wr_text *out)
{
	if (behavior == WR_AST_JSON_UNSAID)
		return;
	wr_text_printf(out, " %s", behavior_words(behavior));
	if (value != NULL)
		wr_unparse_expr(value, out);
	wr_text_puts(out, when);
}

/* RETURNING, wrapper, ON EMPTY, ON ERROR, NULL ON NULL */
static void put_json_clauses(const struct wr_ast_json *json, struct wr_text *out)
{
	static const char *const wrappers[] = {
	    [WR_AST_WRAPPER_UNSAID] = "",
	    [WR_AST_WRAPPER_WITHOUT] = " WITHOUT ARRAY WRAPPER",
	    [WR_AST_WRAPPER_CONDITIONAL] = " WITH CONDITIONAL ARRAY WRAPPER",
	    [WR_AST_WRAPPER_UNCONDITIONAL] = " WITH UNCONDITIONAL ARRAY WRAPPER",
	};
	if (json->returning != NULL) {
		wr_text_puts(out, " RETURNING ");
		wr_unparse_type(json->returning, out);
	}
	wr_text_puts(out, wrappers[json->wrapper]);
	put_behavior(json->on_empty, json->default_on_empty, " ON EMPTY", out);
	put_behavior(json->on_error, json->default_on_error, " ON ERROR", out);
	if (json->nulls == WR_AST_JSON_NULLS_UNSAID)
		return;
	wr_unparse_space(out);
	wr_text_puts(out,
		     json->nulls == WR_AST_JSON_NULLS_KEPT ? "NULL ON NULL" : "ABSENT ON NULL");
}

/* KEY k VALUE v, .. of JSON_OBJECT and JSON_OBJECTAGG; false: another function */
static bool put_pairs(const struct wr_ast_call *call, struct wr_text *out)
{
	const char *name = call->name.parts[0].text;
	if (call->json == NULL || strncmp(name, "JSON_OBJECT", 11) != 0)
		return false;
	for (uint32_t i = 0; i + 1 < call->args.count; i += 2) {
		wr_text_puts(out, i > 0 ? ", KEY " : "KEY ");
		wr_unparse_expr(call->args.items[i], out);
		wr_text_puts(out, " VALUE ");
		wr_unparse_expr(call->args.items[i + 1], out);
	}
	return true;
}

/* What stands behind the ")" of a call. */
static void put_call_tail(const struct wr_ast_call *call, bool order_inside, struct wr_text *out)
{
	if (call->nulls != WR_AST_NULLS_TREATMENT_UNSAID)
		wr_text_puts(out, call->nulls == WR_AST_IGNORE_NULLS ? " IGNORE NULLS"
								     : " RESPECT NULLS");
	if (call->within_group.count > 0 && !order_inside) {
		wr_text_puts(out, " WITHIN GROUP (ORDER BY ");
		wr_unparse_order(&call->within_group, out);
		wr_text_putc(out, ')');
	}
	if (call->filter != NULL) {
		wr_text_puts(out, " FILTER (WHERE ");
		wr_unparse_expr(call->filter, out);
		wr_text_putc(out, ')');
	}
	if (call->over != NULL) {
		wr_text_puts(out, " OVER ");
		wr_unparse_window(call->over, out);
	}
}

/* The name: as it is when the parser reads it again as a call's name, otherwise in backquotes. */
static void put_call_name(const struct wr_ast_call *call, struct wr_text *out)
{
	const struct wr_ast_ident *part = &call->name.parts[0];
	if (call->name.count == 1 && !part->quoted)
		wr_text_puts(out, part->text);
	else
		wr_unparse_name(&call->name, out);
}

/* TRIM(b) keeps its short form; JSON_ARRAYAGG has its order inside the parentheses. */
void wr_unparse_call(const struct wr_ast_call *call, struct wr_text *out)
{
	put_call_name(call, out);
	if (call->no_parens)
		return;
	wr_text_putc(out, '(');
	if (call->distinct)
		wr_text_puts(out, "DISTINCT ");
	bool trim = !call->special_syntax && call->args.count == 3 &&
		    call->args.items[0]->kind == WR_AST_SYMBOL &&
		    call->args.items[0]->symbol.unit == WR_AST_UNIT_NONE;
	if (trim)
		wr_unparse_expr(call->args.items[2], out);
	else if (!put_special_args(call, out) && !put_pairs(call, out))
		wr_unparse_exprs(&call->args, out);
	bool order_inside = call->json != NULL && call->within_group.count > 0;
	if (order_inside) {
		wr_text_puts(out, " ORDER BY ");
		wr_unparse_order(&call->within_group, out);
	}
	if (call->json != NULL)
		put_json_clauses(call->json, out);
	wr_text_putc(out, ')');
	put_call_tail(call, order_inside, out);
}
