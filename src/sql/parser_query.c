/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_query - WITH, set operations, SELECT, VALUES, ORDER BY and LIMIT.
 *
 * "(" is the hard token: it begins a query, a join, or an expression over a query. All three are
 * told apart here by wr_tok_is_query, with the table of matching parentheses, before anything is
 * read.
 */
#include "sql/parser_core.h"

/* ---- what begins a query
 * --------------------------------------------------------------------------------------- */

static bool is_query_word(const struct wr_parser *p, uint32_t ahead)
{
	return wr_tok_ahead_is(p, ahead, WR_KW_SELECT) || wr_tok_ahead_is(p, ahead, WR_KW_VALUES) ||
	       wr_tok_ahead_is(p, ahead, WR_KW_WITH) ||
	       (wr_tok_ahead_is(p, ahead, WR_KW_TABLE) && wr_tok_is_name(p, ahead + 1));
}

/* What goes on with a query behind its closing parenthesis, so that "(" around it is part of a
 * query too. */
static bool continues_query(const struct wr_parser *p, uint32_t ahead)
{
	static const enum wr_keyword words[] = {WR_KW_UNION,  WR_KW_EXCEPT, WR_KW_INTERSECT,
						WR_KW_MINUS,  WR_KW_ORDER,  WR_KW_LIMIT,
						WR_KW_OFFSET, WR_KW_FETCH};
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (wr_tok_ahead_is(p, ahead, words[i]))
			return true;
	}
	return wr_tok_ahead_is_sym(p, ahead, ")");
}

/* Goes inwards to the first word, then outwards again: every "(" on the way must hold a query and
 * nothing else. */
bool wr_tok_is_query(const struct wr_parser *p)
{
	uint32_t inner = 0;
	while (wr_tok_ahead_is_sym(p, inner, "("))
		inner++;
	if (!is_query_word(p, inner))
		return false;
	for (uint32_t open = inner; open > 1; open--) {
		uint32_t close = p->closing[p->at + open - 1];
		if (close == 0)
			return true;
		if (!continues_query(p, close + 1 - p->at))
			return false;
	}
	return true;
}

/* ---- the select list
 * ------------------------------------------------------------------------------------------- */

/* * or t.*; *found false: neither. */
static wr_status *parse_star(struct wr_parser *p, struct wr_node_mark mark, bool *found,
			     struct wr_ast_expr **out)
{
	uint32_t ahead = 0;
	while (wr_tok_is_name(p, ahead) && wr_tok_ahead_is_sym(p, ahead + 1, "."))
		ahead += 2;
	*found = wr_tok_ahead_is_sym(p, ahead, "*");
	if (!*found)
		return NULL;
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_STAR);
	if (ahead > 0) {
		WR_TRY(wr_parse_name(p, "a table's name", &expr->column));
		WR_TRY(wr_tok_need_sym(p, "."));
	}
	WR_TRY(wr_tok_need_sym(p, "*"));
	*out = expr;
	WR_TRY(wr_expr_finish(p, mark, expr));
	bool list = wr_tok_ahead_is_sym(p, 1, "(") && wr_tok_is_name(p, 2);
	if (list && (wr_tok_is(p, WR_KW_EXCEPT) || wr_tok_is(p, WR_KW_EXCLUDE) ||
		     wr_tok_is(p, WR_KW_REPLACE)))
		return wr_tok_unsupported(
		    p, p->at,
		    wr_arena_printf(p->arena, "* %s (...)",
				    wr_keyword_name(wr_tok_ahead(p, 0)->code)));
	return NULL;
}

/* expr [[AS] alias] */
static wr_status *parse_item(struct wr_parser *p, struct wr_ast_select_item *item)
{
	struct wr_node_mark mark = wr_node_open(p);
	bool star = false;
	WR_TRY(parse_star(p, mark, &star, &item->expr));
	if (!star)
		WR_TRY(wr_parse_expr(p, &item->expr));
	wr_node_span(p, mark.token, p->at, &item->pos, &item->text);
	wr_node_close(p, mark);
	return star ? NULL : wr_parse_alias(p, &item->alias, NULL);
}

/* item, item, .. */
static wr_status *parse_items(struct wr_parser *p, struct wr_ast_select *select)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_select_item item = {0};
		WR_TRY(parse_item(p, &item));
		memcpy(wr_grow_add(p, &grow, sizeof(item)), &item, sizeof(item));
	} while (wr_tok_take_sym(p, ","));
	select->items = grow.items;
	select->item_count = grow.count;
	return NULL;
}

/* ---- GROUP BY -------------------------------------------------------------------------------- */

static wr_status *parse_groups(struct wr_parser *p, struct wr_ast_group **groups, uint32_t *count);

/* (element, ..) behind GROUPING SETS, ROLLUP or CUBE */
static wr_status *parse_nested_groups(struct wr_parser *p, enum wr_ast_group_kind kind,
				      struct wr_ast_group *group)
{
	group->kind = kind;
	WR_TRY(wr_nest_enter(p));
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(parse_groups(p, &group->items, &group->item_count));
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a comma or \")\"");
	wr_nest_leave(p);
	return NULL;
}

/* One expression, or (a, b): the columns of one grouping set. */
static wr_status *parse_group_exprs(struct wr_parser *p, struct wr_ast_group *group)
{
	group->kind = WR_AST_GROUP_EXPRS;
	if (wr_tok_is_sym(p, "(") && wr_tok_ahead_is_sym(p, 1, ")")) {
		p->at += 2;
		return NULL;
	}
	bool paren = wr_tok_is_sym(p, "(");
	struct wr_ast_expr *expr = NULL;
	WR_TRY(wr_parse_expr(p, &expr));
	if (paren && expr->kind == WR_AST_ROW && expr->text.data[0] == '(') {
		group->exprs = expr->list;
		return NULL;
	}
	group->exprs.items = WR_NEW(p->arena, struct wr_ast_expr *);
	group->exprs.items[0] = expr;
	group->exprs.count = 1;
	return NULL;
}

/* GROUPING SETS (..), ROLLUP (..), CUBE (..), or expressions */
static wr_status *parse_group(struct wr_parser *p, struct wr_ast_group *group)
{
	uint32_t first = p->at;
	if (wr_tok_take2(p, WR_KW_GROUPING, WR_KW_SETS))
		WR_TRY(parse_nested_groups(p, WR_AST_GROUP_SETS, group));
	else if (wr_tok_take(p, WR_KW_ROLLUP))
		WR_TRY(parse_nested_groups(p, WR_AST_GROUP_ROLLUP, group));
	else if (wr_tok_take(p, WR_KW_CUBE))
		WR_TRY(parse_nested_groups(p, WR_AST_GROUP_CUBE, group));
	else
		WR_TRY(parse_group_exprs(p, group));
	group->pos = wr_tok_span(p, first);
	return NULL;
}

/* element, .. */
static wr_status *parse_groups(struct wr_parser *p, struct wr_ast_group **groups, uint32_t *count)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_group group = {0};
		WR_TRY(parse_group(p, &group));
		memcpy(wr_grow_add(p, &grow, sizeof(group)), &group, sizeof(group));
	} while (wr_tok_take_sym(p, ","));
	*groups = grow.items;
	*count = grow.count;
	return NULL;
}

/* ---- SELECT ---------------------------------------------------------------------------------- */

/* WINDOW w AS (..), .. : behind WINDOW */
static wr_status *parse_named_windows(struct wr_parser *p, struct wr_ast_select *select)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_named_window named = {0};
		WR_TRY(wr_parse_ident(p, "a window's name", &named.name));
		WR_TRY(wr_tok_need(p, WR_KW_AS));
		WR_TRY(wr_parse_window(p, &named.window));
		memcpy(wr_grow_add(p, &grow, sizeof(named)), &named, sizeof(named));
	} while (wr_tok_take_sym(p, ","));
	select->windows = grow.items;
	select->window_count = grow.count;
	return NULL;
}

/* GROUP BY, if it is there. */
static wr_status *parse_group_by(struct wr_parser *p, struct wr_ast_select *select)
{
	uint32_t first = p->at;
	if (!wr_tok_take(p, WR_KW_GROUP))
		return NULL;
	WR_TRY(wr_tok_need(p, WR_KW_BY));
	select->has_group_by = true;
	select->group_pos = wr_tok_span(p, first);
	select->group_distinct = wr_tok_take(p, WR_KW_DISTINCT);
	if (!select->group_distinct)
		wr_tok_take(p, WR_KW_ALL);
	WR_TRY(parse_groups(p, &select->groups, &select->group_count));
	p->follow = "an operator, a comma, HAVING, ORDER BY, LIMIT";
	return NULL;
}

/* WHERE and the clauses behind it. */
static wr_status *parse_clauses(struct wr_parser *p, struct wr_ast_select *select)
{
	if (wr_tok_take(p, WR_KW_WHERE)) {
		WR_TRY(wr_parse_expr(p, &select->where));
		p->follow = "an operator, GROUP BY, ORDER BY, LIMIT";
	}
	WR_TRY(parse_group_by(p, select));
	if (wr_tok_take(p, WR_KW_HAVING)) {
		WR_TRY(wr_parse_expr(p, &select->having));
		p->follow = "an operator, ORDER BY, LIMIT";
	}
	if (wr_tok_take(p, WR_KW_WINDOW)) {
		WR_TRY(parse_named_windows(p, select));
		p->follow = "a comma, ORDER BY, LIMIT";
	}
	if (wr_tok_take(p, WR_KW_QUALIFY)) {
		WR_TRY(wr_parse_expr(p, &select->qualify));
		p->follow = "an operator, ORDER BY, LIMIT";
	}
	return NULL;
}

/* Behind SELECT. */
static wr_status *parse_select(struct wr_parser *p, struct wr_ast_query *query)
{
	struct wr_ast_select *select = WR_NEW(p->arena, struct wr_ast_select);
	query->kind = WR_AST_QUERY_SELECT;
	query->select = select;
	WR_TRY(wr_parse_hints(p, &select->hints));
	if (wr_tok_is(p, WR_KW_STREAM))
		return wr_tok_unsupported(p, p->at, "SELECT STREAM");
	select->distinct = wr_tok_take(p, WR_KW_DISTINCT);
	select->all = !select->distinct && wr_tok_take(p, WR_KW_ALL);
	if (select->distinct && wr_tok_is(p, WR_KW_ON))
		return wr_status_hint(
		    wr_tok_unsupported(p, p->at - 1, "DISTINCT ON"),
		    "Number the rows with ROW_NUMBER() OVER (...) and keep the first");
	WR_TRY(parse_items(p, select));
	p->follow = "an operator, a comma, FROM";
	if (wr_tok_is(p, WR_KW_WHERE) || wr_tok_is(p, WR_KW_GROUP) || wr_tok_is(p, WR_KW_HAVING))
		return wr_status_hint(
		    wr_tok_expected(p, "FROM in front of it"),
		    "For one row without a table write FROM (VALUES (1)) AS t (x)");
	if (!wr_tok_take(p, WR_KW_FROM))
		return NULL;
	WR_TRY(wr_parse_from(p, &select->from));
	p->follow = "a comma, JOIN, WHERE, GROUP BY, ORDER BY, LIMIT";
	return parse_clauses(p, select);
}

/* (a, b), ROW(a, b), a: one row of VALUES, as a WR_AST_ROW */
static wr_status *parse_row(struct wr_parser *p, struct wr_ast_expr **out)
{
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_expr *row = wr_expr_new(p, WR_AST_ROW);
	struct wr_grow items = {0};
	uint32_t open = wr_tok_is(p, WR_KW_ROW) && wr_tok_ahead_is_sym(p, 1, "(") ? 1 : 0;
	uint32_t close = wr_tok_ahead_is_sym(p, open, "(") ? p->closing[p->at + open] : 0;
	bool whole = wr_tok_ahead_is_sym(p, open, "(");
	if (whole && close != 0) {
		const struct wr_token *behind = wr_tok_ahead(p, close + 1 - p->at);
		whole = behind->kind == WR_TOKEN_END || behind->kind == WR_TOKEN_WORD ||
			(behind->kind == WR_TOKEN_SYMBOL && strchr(",);", behind->code) != NULL);
	}
	if (whole)
		p->at += open + 1;
	do {
		struct wr_ast_expr *item = NULL;
		if (whole && wr_tok_is(p, WR_KW_DEFAULT)) {
			struct wr_node_mark default_mark = wr_node_open(p);
			item = wr_expr_new(p, WR_AST_DEFAULT);
			wr_tok_skip(p);
			WR_TRY(wr_expr_finish(p, default_mark, item));
			wr_node_close(p, default_mark);
		} else {
			WR_TRY(wr_parse_expr(p, &item));
		}
		*(struct wr_ast_expr **)wr_grow_add(p, &items, sizeof(item)) = item;
	} while (whole && wr_tok_take_sym(p, ","));
	if (whole && !wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "an operator, a comma or \")\"");
	row->list = (struct wr_ast_exprs){items.items, items.count};
	*out = row;
	WR_TRY(wr_expr_finish(p, mark, row));
	wr_node_close(p, mark);
	return NULL;
}

/* Behind VALUES. */
static wr_status *parse_values(struct wr_parser *p, struct wr_ast_query *query)
{
	struct wr_grow rows = {0};
	query->kind = WR_AST_QUERY_VALUES;
	do {
		struct wr_ast_expr *row = NULL;
		WR_TRY(parse_row(p, &row));
		*(struct wr_ast_expr **)wr_grow_add(p, &rows, sizeof(row)) = row;
	} while (wr_tok_take_sym(p, ","));
	query->values = (struct wr_ast_exprs){rows.items, rows.count};
	p->follow = "a comma, ORDER BY, LIMIT";
	return NULL;
}

/* ---- set operations
 * -------------------------------------------------------------------------------------------- */

static struct wr_ast_query *new_query(struct wr_parser *p, enum wr_ast_query_kind kind)
{
	struct wr_ast_query *query = WR_NEW(p->arena, struct wr_ast_query);
	query->kind = kind;
	return query;
}

/* SELECT .., VALUES .., TABLE t, (query) */
static wr_status *parse_leaf(struct wr_parser *p, struct wr_ast_query **out)
{
	if (wr_tok_is_sym(p, "("))
		return wr_parse_subquery(p, out);
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_query *query = new_query(p, WR_AST_QUERY_TABLE);
	if (wr_tok_take(p, WR_KW_SELECT))
		WR_TRY(parse_select(p, query));
	else if (wr_tok_take(p, WR_KW_VALUES))
		WR_TRY(parse_values(p, query));
	else if (wr_tok_take(p, WR_KW_TABLE))
		WR_TRY(wr_parse_name(p, "a table's name", &query->table));
	else
		return wr_tok_expected(p, "SELECT, VALUES, WITH or a query in parentheses");
	*out = query;
	WR_TRY(wr_node_finish(p, mark, &query->pos, &query->text));
	wr_node_close(p, mark);
	return NULL;
}

/* The set operation at the next token; 0: none. INTERSECT binds tighter than the others. */
static enum wr_ast_set_op find_set_op(const struct wr_parser *p, bool intersect)
{
	if (intersect)
		return wr_tok_is(p, WR_KW_INTERSECT) ? WR_AST_INTERSECT : 0;
	if (wr_tok_is(p, WR_KW_UNION))
		return WR_AST_UNION;
	return wr_tok_is(p, WR_KW_EXCEPT) ? WR_AST_EXCEPT : 0;
}

/* left (op right)*, leaning left */
static wr_status *parse_set(struct wr_parser *p, bool intersect, struct wr_ast_query **out)
{
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_query *left = NULL;
	if (intersect)
		WR_TRY(parse_leaf(p, &left));
	else
		WR_TRY(parse_set(p, true, &left));
	if (wr_tok_is(p, WR_KW_MINUS))
		return wr_status_hint(wr_tok_unsupported(p, p->at, "MINUS"), "Write EXCEPT");
	enum wr_ast_set_op op;
	while ((op = find_set_op(p, intersect)) != 0) {
		struct wr_ast_query *set = new_query(p, WR_AST_QUERY_SET);
		uint32_t first = p->at;
		wr_tok_skip(p);
		set->set.op = op;
		set->set.all = wr_tok_take(p, WR_KW_ALL);
		if (!set->set.all)
			wr_tok_take(p, WR_KW_DISTINCT);
		set->set.op_pos = wr_tok_span(p, first);
		set->set.left = left;
		if (intersect)
			WR_TRY(parse_leaf(p, &set->set.right));
		else
			WR_TRY(parse_set(p, true, &set->set.right));
		WR_TRY(wr_node_finish(p, mark, &set->pos, &set->text));
		left = set;
	}
	wr_node_close(p, mark);
	*out = left;
	return NULL;
}

/* ---- ORDER BY, LIMIT
 * ------------------------------------------------------------------------------------------- */

/* A plain number, as LIMIT, OFFSET and FETCH take it. */
static wr_status *parse_row_count(struct wr_parser *p, struct wr_ast_expr **out)
{
	const struct wr_token *token = wr_tok_ahead(p, 0);
	struct wr_str text = wr_tok_text(p, token);
	if (token->kind != WR_TOKEN_NUMBER || memchr(text.data, '.', text.len) != NULL)
		return wr_tok_expected(p, "a number of rows");
	struct wr_node_mark mark = wr_node_open(p);
	WR_TRY(wr_parse_primary(p, mark, out));
	wr_node_close(p, mark);
	return NULL;
}

/* FETCH {FIRST | NEXT} n {ROW | ROWS} ONLY: behind FETCH */
static wr_status *parse_fetch(struct wr_parser *p, struct wr_ast_query *query)
{
	if (!wr_tok_take(p, WR_KW_FIRST) && !wr_tok_take(p, WR_KW_NEXT))
		return wr_tok_expected(p, "FIRST or NEXT");
	WR_TRY(parse_row_count(p, &query->limit));
	if (!wr_tok_take(p, WR_KW_ROW) && !wr_tok_take(p, WR_KW_ROWS))
		return wr_tok_expected(p, "ROWS");
	if (wr_tok_is(p, WR_KW_WITH))
		return wr_tok_unsupported(p, p->at, "FETCH ... WITH TIES");
	return wr_tok_need(p, WR_KW_ONLY);
}

/* [LIMIT n] [OFFSET n] [FETCH ..] */
static wr_status *parse_limit(struct wr_parser *p, struct wr_ast_query *query)
{
	query->limit_pos = wr_tok_ahead(p, 0)->pos;
	p->follow = NULL;
	bool limit = wr_tok_take(p, WR_KW_LIMIT);
	if (limit && !wr_tok_take(p, WR_KW_ALL))
		WR_TRY(parse_row_count(p, &query->limit));
	if (limit && wr_tok_is_sym(p, ","))
		return wr_status_hint(wr_tok_unsupported(p, p->at, "LIMIT start, count"),
				      "Write LIMIT count OFFSET start");
	if (wr_tok_take(p, WR_KW_OFFSET)) {
		WR_TRY(parse_row_count(p, &query->offset));
		if (!wr_tok_take(p, WR_KW_ROW))
			wr_tok_take(p, WR_KW_ROWS);
		if (wr_tok_is(p, WR_KW_LIMIT))
			return wr_status_hint(wr_tok_expected(p, "the end of the query"),
					      "Write LIMIT in front of OFFSET");
	}
	if (!limit && wr_tok_take(p, WR_KW_FETCH))
		return parse_fetch(p, query);
	return NULL;
}

static bool is_limit(const struct wr_parser *p)
{
	return wr_tok_is(p, WR_KW_LIMIT) || wr_tok_is(p, WR_KW_OFFSET) || wr_tok_is(p, WR_KW_FETCH);
}

/* ORDER BY and LIMIT of the query, if they are there. */
static wr_status *parse_query_tail(struct wr_parser *p, struct wr_ast_query *query)
{
	uint32_t first = p->at;
	if (wr_tok_take(p, WR_KW_ORDER)) {
		WR_TRY(wr_tok_need(p, WR_KW_BY));
		query->order_pos = wr_tok_span(p, first);
		WR_TRY(wr_parse_order(p, &query->order));
		p->follow = "an operator, ASC, DESC, a comma, LIMIT";
	}
	return is_limit(p) ? parse_limit(p, query) : NULL;
}

/* ---- the whole query
 * ------------------------------------------------------------------------------------------- */

/* WITH name [(a, b)] AS (query), .. : behind WITH */
static wr_status *parse_ctes(struct wr_parser *p, struct wr_grow *ctes)
{
	if (wr_tok_is(p, WR_KW_RECURSIVE))
		return wr_tok_unsupported(p, p->at, "WITH RECURSIVE");
	do {
		struct wr_ast_cte cte = {0};
		WR_TRY(wr_parse_ident(p, "a name behind WITH", &cte.name));
		if (wr_tok_is_sym(p, "("))
			WR_TRY(wr_parse_idents(p, "a column's name", &cte.columns));
		WR_TRY(wr_tok_need(p, WR_KW_AS));
		WR_TRY(wr_parse_subquery(p, &cte.query));
		memcpy(wr_grow_add(p, ctes, sizeof(cte)), &cte, sizeof(cte));
	} while (wr_tok_take_sym(p, ","));
	return NULL;
}

/* The query was in parentheses and has clauses of its own that must stay inside. */
static bool has_tail(const struct wr_ast_query *query)
{
	return query->cte_count > 0 || query->order.count > 0 || query->limit_pos.line != 0;
}

wr_status *wr_parse_query(struct wr_parser *p, struct wr_ast_query **out)
{
	WR_TRY(wr_nest_enter(p));
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_grow ctes = {0};
	struct wr_ast_query *query = NULL;
	p->follow = NULL;
	if (wr_tok_take(p, WR_KW_WITH))
		WR_TRY(parse_ctes(p, &ctes));
	WR_TRY(parse_set(p, false, &query));
	bool more = ctes.count > 0 || wr_tok_is(p, WR_KW_ORDER) || is_limit(p);
	if (more && has_tail(query)) {
		struct wr_ast_query *outer = new_query(p, WR_AST_QUERY_NESTED);
		outer->nested = query;
		query = outer;
	}
	if (more) {
		query->ctes = ctes.items;
		query->cte_count = ctes.count;
		WR_TRY(parse_query_tail(p, query));
		WR_TRY(wr_node_finish(p, mark, &query->pos, &query->text));
	}
	wr_node_close(p, mark);
	wr_nest_leave(p);
	*out = query;
	return NULL;
}

wr_status *wr_parse_subquery(struct wr_parser *p, struct wr_ast_query **out)
{
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(wr_parse_query(p, out));
	if (wr_tok_take_sym(p, ")")) {
		p->follow = NULL;
		return NULL;
	}
	if (p->follow != NULL)
		return wr_tok_expected(p, wr_arena_printf(p->arena, "%s or \")\"", p->follow));
	return wr_tok_expected(p, "\")\" behind the query");
}
