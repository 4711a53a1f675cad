/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_window - ORDER BY lists and the specification of OVER windows.
 */
#include "sql/parser_core.h"

/* expr [ASC | DESC] [NULLS FIRST | LAST] */
static wr_status *parse_order_item(struct wr_parser *p, struct wr_ast_order_item *item)
{
	WR_TRY(wr_parse_expr(p, &item->expr));
	if (!wr_tok_take(p, WR_KW_ASC))
		item->descending = wr_tok_take(p, WR_KW_DESC);
	if (wr_tok_take2(p, WR_KW_NULLS, WR_KW_FIRST))
		item->nulls = WR_AST_NULLS_FIRST;
	else if (wr_tok_take2(p, WR_KW_NULLS, WR_KW_LAST))
		item->nulls = WR_AST_NULLS_LAST;
	else if (wr_tok_take(p, WR_KW_NULLS))
		return wr_tok_expected(p, "FIRST or LAST");
	return NULL;
}

wr_status *wr_parse_order(struct wr_parser *p, struct wr_ast_order *order)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_order_item item = {0};
		WR_TRY(parse_order_item(p, &item));
		memcpy(wr_grow_add(p, &grow, sizeof(item)), &item, sizeof(item));
	} while (wr_tok_take_sym(p, ","));
	*order = (struct wr_ast_order){grow.items, grow.count};
	return NULL;
}

/* UNBOUNDED PRECEDING, n PRECEDING, CURRENT ROW, n FOLLOWING, UNBOUNDED FOLLOWING */
static wr_status *parse_bound(struct wr_parser *p, enum wr_ast_bound *bound,
			      struct wr_ast_expr **expr)
{
	if (wr_tok_take2(p, WR_KW_CURRENT, WR_KW_ROW)) {
		*bound = WR_AST_CURRENT_ROW;
		return NULL;
	}
	bool preceding_next =
	    wr_tok_ahead_is(p, 1, WR_KW_PRECEDING) || wr_tok_ahead_is(p, 1, WR_KW_FOLLOWING);
	bool unbounded = wr_tok_is(p, WR_KW_UNBOUNDED) && preceding_next;
	if (unbounded)
		wr_tok_skip(p);
	else
		WR_TRY(wr_parse_expr(p, expr));
	if (wr_tok_take(p, WR_KW_PRECEDING)) {
		*bound = unbounded ? WR_AST_UNBOUNDED_PRECEDING : WR_AST_PRECEDING;
		return NULL;
	}
	if (wr_tok_take(p, WR_KW_FOLLOWING)) {
		*bound = unbounded ? WR_AST_UNBOUNDED_FOLLOWING : WR_AST_FOLLOWING;
		return NULL;
	}
	return wr_tok_expected(p, "PRECEDING or FOLLOWING");
}

/* [ROWS | RANGE] bound, or BETWEEN bound AND bound */
static wr_status *parse_frame(struct wr_parser *p, struct wr_ast_window *window)
{
	uint32_t first = p->at;
	if (wr_tok_take(p, WR_KW_GROUPS))
		return wr_status_hint(wr_tok_unsupported(p, first, "GROUPS in a window's frame"),
				      "Use ROWS or RANGE");
	if (wr_tok_take(p, WR_KW_ROWS))
		window->frame = WR_AST_FRAME_ROWS;
	else if (wr_tok_take(p, WR_KW_RANGE))
		window->frame = WR_AST_FRAME_RANGE;
	else
		return NULL;
	window->frame_between = wr_tok_take(p, WR_KW_BETWEEN);
	window->end = WR_AST_CURRENT_ROW;
	if (!window->frame_between)
		return parse_bound(p, &window->start, &window->start_expr);
	WR_TRY(parse_bound(p, &window->start, &window->start_expr));
	WR_TRY(wr_tok_need(p, WR_KW_AND));
	return parse_bound(p, &window->end, &window->end_expr);
}

/* [base] [PARTITION BY ..] [ORDER BY ..] [frame], behind the "(" */
static wr_status *parse_specification(struct wr_parser *p, struct wr_ast_window *window)
{
	if (wr_tok_is_name(p, 0))
		WR_TRY(wr_parse_ident(p, "a window's name", &window->base));
	if (wr_tok_take(p, WR_KW_PARTITION)) {
		WR_TRY(wr_tok_need(p, WR_KW_BY));
		WR_TRY(wr_parse_exprs(p, &window->partition));
	}
	if (wr_tok_take(p, WR_KW_ORDER)) {
		WR_TRY(wr_tok_need(p, WR_KW_BY));
		WR_TRY(wr_parse_order(p, &window->order));
	}
	WR_TRY(parse_frame(p, window));
	if (wr_tok_is(p, WR_KW_ALLOW) || wr_tok_is(p, WR_KW_DISALLOW))
		return wr_tok_unsupported(p, p->at, "ALLOW PARTIAL in a window");
	if (wr_tok_is(p, WR_KW_EXCLUDE))
		return wr_tok_unsupported(p, p->at, "EXCLUDE in a window's frame");
	if (wr_tok_take_sym(p, ")"))
		return NULL;
	if (window->frame != WR_AST_FRAME_UNSAID)
		return wr_tok_expected(p, "\")\" behind the window's frame");
	return wr_tok_expected(p, window->order.count > 0
				      ? "ROWS, RANGE or \")\""
				      : "PARTITION BY, ORDER BY, ROWS, RANGE or \")\"");
}

wr_status *wr_parse_window(struct wr_parser *p, struct wr_ast_window **out)
{
	uint32_t first = p->at;
	struct wr_ast_window *window = WR_NEW(p->arena, struct wr_ast_window);
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(parse_specification(p, window));
	window->pos = wr_tok_span(p, first);
	*out = window;
	return NULL;
}

wr_status *wr_parse_over(struct wr_parser *p, struct wr_ast_window **out)
{
	if (wr_tok_is_sym(p, "("))
		return wr_parse_window(p, out);
	struct wr_ast_window *window = WR_NEW(p->arena, struct wr_ast_window);
	WR_TRY(wr_parse_ident(p, "a window's name or \"(\" behind OVER", &window->base));
	window->bare = true;
	window->pos = window->base.pos;
	*out = window;
	return NULL;
}
