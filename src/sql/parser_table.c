/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_table - FROM: tables, derived tables, table functions, UNNEST, joins.
 */
#include "sql/parser_core.h"

static wr_status *parse_joined(struct wr_parser *p, struct wr_ast_table **out);

/* ---- one table ------------------------------------------------------------------------------- */

/* UNNEST (a, b) [WITH ORDINALITY] */
static wr_status *parse_unnest(struct wr_parser *p, struct wr_ast_table *table)
{
	table->kind = WR_AST_TABLE_UNNEST;
	WR_TRY(wr_tok_need(p, WR_KW_UNNEST));
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(wr_parse_exprs(p, &table->unnest.args));
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "an operator, a comma or \")\"");
	table->unnest.ordinality = wr_tok_take2(p, WR_KW_WITH, WR_KW_ORDINALITY);
	return NULL;
}

/* name(arguments): a table function */
static wr_status *parse_function(struct wr_parser *p, struct wr_ast_table *table)
{
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_name name = {0};
	table->kind = WR_AST_TABLE_FUNCTION;
	WR_TRY(wr_parse_name(p, "a table function's name", &name));
	if (!wr_tok_is_sym(p, "("))
		return wr_tok_expected(p, "\"(\" and the arguments of the table function");
	WR_TRY(wr_parse_call(p, mark, name, &table->function.call));
	wr_node_close(p, mark);
	return NULL;
}

/* TABLE (function(..)): behind TABLE */
static wr_status *parse_table_function(struct wr_parser *p, struct wr_ast_table *table)
{
	if (!wr_tok_is_sym(p, "("))
		return wr_status_hint(wr_tok_expected(p, "\"(\" and a table function behind TABLE"),
				      "A plain table is written by its name alone");
	table->function.in_table = true;
	wr_tok_skip(p);
	WR_TRY(parse_function(p, table));
	return wr_tok_need_sym(p, ")");
}

/* FOR SYSTEM_TIME AS OF expr, if it is there */
static wr_status *parse_system_time(struct wr_parser *p, struct wr_ast_table *table)
{
	if (!wr_tok_take(p, WR_KW_FOR))
		return NULL;
	WR_TRY(wr_tok_need(p, WR_KW_SYSTEM_TIME));
	WR_TRY(wr_tok_need(p, WR_KW_AS));
	WR_TRY(wr_tok_need(p, WR_KW_OF));
	return wr_parse_expr(p, &table->name.system_time);
}

/* name [hints] [FOR SYSTEM_TIME AS OF expr] */
static wr_status *parse_named_table(struct wr_parser *p, struct wr_ast_table *table)
{
	table->kind = WR_AST_TABLE_NAME;
	WR_TRY(wr_parse_name(p, "a table, a query in parentheses or a table function",
			     &table->name.name));
	WR_TRY(wr_parse_hints(p, &table->name.hints));
	if (wr_tok_is(p, WR_KW_EXTEND))
		return wr_tok_unsupported(p, p->at, "EXTEND");
	return parse_system_time(p, table);
}

/* What may stand behind a table and is not there. */
static wr_status *refuse_suffix(struct wr_parser *p)
{
	static const enum wr_keyword words[] = {WR_KW_PIVOT, WR_KW_UNPIVOT, WR_KW_TABLESAMPLE};
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (wr_tok_is(p, words[i]))
			return wr_tok_unsupported(p, p->at, wr_keyword_name(words[i]));
	}
	return NULL;
}

/* A table in a name, function, UNNEST or query, without what may follow. */
static wr_status *parse_table_body(struct wr_parser *p, struct wr_ast_table *table)
{
	if (wr_tok_is(p, WR_KW_UNNEST))
		return parse_unnest(p, table);
	if (wr_tok_take(p, WR_KW_TABLE))
		return parse_table_function(p, table);
	if (wr_tok_is_sym(p, "(") && wr_tok_is_query(p)) {
		table->kind = WR_AST_TABLE_QUERY;
		return wr_parse_subquery(p, &table->query);
	}
	if (wr_tok_is(p, WR_KW_SELECT) ||
	    (wr_tok_is(p, WR_KW_VALUES) && wr_tok_ahead_is_sym(p, 1, "(")))
		return wr_status_hint(wr_tok_expected(p, "a table"),
				      "A query in FROM stands in parentheses");
	uint32_t ahead = 0;
	while (wr_tok_is_name(p, ahead) && wr_tok_ahead_is_sym(p, ahead + 1, "."))
		ahead += 2;
	if (wr_tok_is_name(p, ahead) && wr_tok_ahead_is_sym(p, ahead + 1, "("))
		return parse_function(p, table);
	if (table->lateral)
		return wr_tok_expected(
		    p,
		    "TABLE(function(...)), UNNEST(...) or a query in parentheses behind LATERAL");
	return parse_named_table(p, table);
}

/* table MATCH_RECOGNIZE (..) wraps the table before it. */
static wr_status *parse_match_suffix(struct wr_parser *p, struct wr_node_mark mark,
				     struct wr_ast_table **table)
{
	if (!wr_tok_is(p, WR_KW_MATCH_RECOGNIZE))
		return NULL;
	struct wr_ast_table *outer = WR_NEW(p->arena, struct wr_ast_table);
	struct wr_ast_match *match = NULL;
	outer->kind = WR_AST_TABLE_MATCH;
	outer->match.input = *table;
	WR_TRY(wr_parse_match(p, &match));
	outer->match.spec = match;
	*table = outer;
	return wr_node_finish(p, mark, &outer->pos, NULL);
}

/* (a JOIN b ON ..): has no alias of its own. "(" is next. */
static wr_status *parse_join_in_parentheses(struct wr_parser *p, struct wr_ast_table **out)
{
	uint32_t first = p->at;
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(parse_joined(p, out));
	if (wr_tok_is_sym(p, ","))
		return wr_status_hint(wr_tok_expected(p, "JOIN or \")\""),
				      "Write CROSS JOIN inside parentheses");
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "JOIN or \")\"");
	if ((*out)->kind != WR_AST_TABLE_JOIN)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, p->tokens.items[first].pos,
				 "Expected a query or a join in the parentheses, found one table"),
		    "Remove the parentheses");
	return NULL;
}

/* [LATERAL] table [MATCH_RECOGNIZE ..] [alias], or a join in parentheses */
static wr_status *parse_table(struct wr_parser *p, struct wr_ast_table **out)
{
	WR_TRY(wr_nest_enter(p));
	struct wr_node_mark mark = wr_node_open(p);
	bool lateral = wr_tok_take(p, WR_KW_LATERAL);
	struct wr_ast_table *table = NULL;
	if (!lateral && wr_tok_is_sym(p, "(") && !wr_tok_is_query(p)) {
		WR_TRY(parse_join_in_parentheses(p, &table));
	} else {
		table = WR_NEW(p->arena, struct wr_ast_table);
		table->lateral = lateral;
		WR_TRY(parse_table_body(p, table));
		WR_TRY(wr_node_finish(p, mark, &table->pos, NULL));
		WR_TRY(parse_match_suffix(p, mark, &table));
		WR_TRY(refuse_suffix(p));
		WR_TRY(wr_parse_alias(p, &table->alias, &table->columns));
		WR_TRY(refuse_suffix(p));
		if (wr_tok_is_kind(p, WR_TOKEN_HINT))
			return wr_status_hint(wr_tok_expected(p, "the end of the table reference"),
					      "A hint stands between the table's name and AS");
	}
	wr_node_close(p, mark);
	wr_nest_leave(p);
	*out = table;
	return NULL;
}

/* ---- joins ----------------------------------------------------------------------------------- */

/* The words before JOIN, which are skipped with it; 0: no join is next. */
static wr_status *parse_join_words(struct wr_parser *p, struct wr_ast_table *join, bool *found)
{
	enum wr_ast_join_kind kind = WR_AST_JOIN_INNER;
	*found = true;
	join->join.natural = wr_tok_take(p, WR_KW_NATURAL);
	if (wr_tok_take(p, WR_KW_LEFT))
		kind = WR_AST_JOIN_LEFT;
	else if (wr_tok_take(p, WR_KW_RIGHT))
		kind = WR_AST_JOIN_RIGHT;
	else if (wr_tok_take(p, WR_KW_FULL))
		kind = WR_AST_JOIN_FULL;
	else if (!join->join.natural && wr_tok_take(p, WR_KW_CROSS))
		kind = WR_AST_JOIN_CROSS;
	else if (!wr_tok_take(p, WR_KW_INNER) && !wr_tok_is(p, WR_KW_JOIN)) {
		*found = false;
		return join->join.natural ? wr_tok_expected(p, "JOIN behind NATURAL") : NULL;
	}
	if (kind == WR_AST_JOIN_LEFT || kind == WR_AST_JOIN_RIGHT || kind == WR_AST_JOIN_FULL)
		wr_tok_take(p, WR_KW_OUTER);
	if (kind == WR_AST_JOIN_LEFT && wr_tok_take(p, WR_KW_SEMI))
		kind = WR_AST_JOIN_LEFT_SEMI;
	else if (kind == WR_AST_JOIN_LEFT && wr_tok_take(p, WR_KW_ANTI))
		kind = WR_AST_JOIN_LEFT_ANTI;
	join->join.kind = kind;
	return wr_tok_need(p, WR_KW_JOIN);
}

/* ON expr, USING (a, b), or nothing where the join needs nothing */
static wr_status *parse_join_condition(struct wr_parser *p, struct wr_ast_table *join)
{
	bool none = join->join.natural || join->join.kind == WR_AST_JOIN_CROSS;
	if (none && (wr_tok_is(p, WR_KW_ON) || wr_tok_is(p, WR_KW_USING)))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, wr_tok_ahead(p, 0)->pos, "%s takes no condition",
				 join->join.natural ? "NATURAL JOIN" : "CROSS JOIN"),
		    "Write INNER JOIN, or put the condition into WHERE");
	if (none)
		return NULL;
	if (wr_tok_take(p, WR_KW_ON))
		return wr_parse_expr(p, &join->join.on);
	if (wr_tok_take(p, WR_KW_USING))
		return wr_parse_idents(p, "a column's name", &join->join.using);
	wr_status *status = wr_tok_expected(p, "ON or USING with the condition of the join");
	return wr_status_hint(status, "A join of every row with every row is written CROSS JOIN");
}

/* table (JOIN table condition)* */
static wr_status *parse_joined(struct wr_parser *p, struct wr_ast_table **out)
{
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_table *left = NULL;
	WR_TRY(parse_table(p, &left));
	for (;;) {
		struct wr_ast_table *join = WR_NEW(p->arena, struct wr_ast_table);
		uint32_t first = p->at;
		bool found = false;
		join->kind = WR_AST_TABLE_JOIN;
		if ((wr_tok_is(p, WR_KW_CROSS) || wr_tok_is(p, WR_KW_OUTER)) &&
		    !wr_tok_ahead_is(p, 1, WR_KW_JOIN))
			return wr_status_hint(wr_tok_unsupported(p, first, "APPLY"),
					      "Write JOIN LATERAL");
		WR_TRY(parse_join_words(p, join, &found));
		if (!found)
			break;
		join->join.word_pos = wr_tok_span(p, first);
		join->join.left = left;
		WR_TRY(parse_table(p, &join->join.right));
		WR_TRY(parse_join_condition(p, join));
		WR_TRY(wr_node_finish(p, mark, &join->pos, NULL));
		left = join;
	}
	wr_node_close(p, mark);
	*out = left;
	return NULL;
}

/* joined, joined, ..: a comma binds looser than JOIN */
wr_status *wr_parse_from(struct wr_parser *p, struct wr_ast_table **out)
{
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_table *left = NULL;
	WR_TRY(parse_joined(p, &left));
	while (wr_tok_is_sym(p, ",")) {
		struct wr_ast_table *join = WR_NEW(p->arena, struct wr_ast_table);
		join->kind = WR_AST_TABLE_JOIN;
		join->join.kind = WR_AST_JOIN_COMMA;
		join->join.word_pos = wr_tok_skip(p)->pos;
		join->join.left = left;
		WR_TRY(parse_joined(p, &join->join.right));
		WR_TRY(wr_node_finish(p, mark, &join->pos, NULL));
		left = join;
	}
	wr_node_close(p, mark);
	*out = left;
	return NULL;
}

/* ---- tables as arguments
 * --------------------------------------------------------------------------------------- */

/* a, or (a, b): a comma without parentheses ends the argument */
static wr_status *parse_arg_columns(struct wr_parser *p, struct wr_ast_exprs *exprs)
{
	if (wr_tok_take_sym(p, "(")) {
		WR_TRY(wr_parse_exprs(p, exprs));
		return wr_tok_need_sym(p, ")");
	}
	exprs->items = WR_NEW(p->arena, struct wr_ast_expr *);
	exprs->count = 1;
	return wr_parse_expr(p, &exprs->items[0]);
}

/* Behind ORDER BY: one item, or several in parentheses. */
static wr_status *parse_arg_order(struct wr_parser *p, struct wr_ast_order *order)
{
	if (wr_tok_take_sym(p, "(")) {
		WR_TRY(wr_parse_order(p, order));
		return wr_tok_need_sym(p, ")");
	}
	order->items = WR_NEW(p->arena, struct wr_ast_order_item);
	order->count = 1;
	WR_TRY(wr_parse_expr(p, &order->items[0].expr));
	if (!wr_tok_take(p, WR_KW_ASC))
		order->items[0].descending = wr_tok_take(p, WR_KW_DESC);
	return NULL;
}

wr_status *wr_parse_table_arg(struct wr_parser *p, struct wr_node_mark mark,
			      struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_TABLE_ARG);
	struct wr_ast_table *table = WR_NEW(p->arena, struct wr_ast_table);
	struct wr_node_mark table_mark = wr_node_open(p);
	if (wr_tok_take(p, WR_KW_TABLE)) {
		table->kind = WR_AST_TABLE_NAME;
		WR_TRY(wr_parse_name(p, "a table's name", &table->name.name));
		WR_TRY(wr_parse_hints(p, &table->name.hints));
	} else {
		table->kind = WR_AST_TABLE_QUERY;
		WR_TRY(wr_parse_subquery(p, &table->query));
	}
	WR_TRY(wr_node_finish(p, table_mark, &table->pos, NULL));
	wr_node_close(p, table_mark);
	expr->table_arg.table = table;
	if (wr_tok_take2(p, WR_KW_PARTITION, WR_KW_BY))
		WR_TRY(parse_arg_columns(p, &expr->table_arg.partition));
	if (wr_tok_take2(p, WR_KW_ORDER, WR_KW_BY))
		WR_TRY(parse_arg_order(p, &expr->table_arg.order));
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}
