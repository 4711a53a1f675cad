/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_match - MATCH_RECOGNIZE and the regular expression over rows inside it.
 */
#include "sql/parser_core.h"

#define QUANTIFIER_MAX                                                                             \
	1000000 /* repetitions that may be written; the automaton's own limit is smaller */

/* ---- the pattern ----------------------------------------------------------------------------- */

static wr_status *parse_alternation(struct wr_parser *p, struct wr_ast_pattern **out);

static struct wr_ast_pattern *new_pattern(struct wr_parser *p, enum wr_ast_pattern_kind kind)
{
	struct wr_ast_pattern *pattern = WR_NEW(p->arena, struct wr_ast_pattern);
	pattern->kind = kind;
	pattern->min = 1;
	pattern->max = 1;
	return pattern;
}

/* The pattern around `items`, or the only one of them. */
static struct wr_ast_pattern *wrap_pattern(struct wr_parser *p, enum wr_ast_pattern_kind kind,
					   const struct wr_grow *items, uint32_t first)
{
	if (items->count == 1)
		return *(struct wr_ast_pattern **)items->items;
	struct wr_ast_pattern *pattern = new_pattern(p, kind);
	pattern->items = items->items;
	pattern->item_count = items->count;
	pattern->pos = wr_tok_span(p, first);
	return pattern;
}

static void add_pattern(struct wr_parser *p, struct wr_grow *items, struct wr_ast_pattern *pattern)
{
	*(struct wr_ast_pattern **)wr_grow_add(p, items, sizeof(pattern)) = pattern;
}

/* {n} {n,} {n,m} {,m}: "{" is next */
static wr_status *parse_braces(struct wr_parser *p, uint32_t *min, uint32_t *max)
{
	uint32_t first = p->at;
	wr_tok_skip(p);
	*min = 0;
	*max = UINT32_MAX;
	bool has_min = wr_tok_is_kind(p, WR_TOKEN_NUMBER);
	if (has_min)
		WR_TRY(wr_parse_uint(p, "a number of repetitions", QUANTIFIER_MAX, min));
	bool comma = wr_tok_take_sym(p, ",");
	if (!has_min && !comma)
		return wr_tok_expected(p, "a number of repetitions or a comma");
	if (!comma)
		*max = *min;
	else if (wr_tok_is_kind(p, WR_TOKEN_NUMBER))
		WR_TRY(wr_parse_uint(p, "a number of repetitions", QUANTIFIER_MAX, max));
	else if (!has_min)
		return wr_tok_expected(p, "the largest number of repetitions");
	WR_TRY(wr_tok_need_sym(p, "}"));
	if (*max < *min || *max == 0)
		return wr_status_at(WR_USER_ERROR, wr_tok_span(p, first),
				    "The quantifier matches no number of rows");
	return NULL;
}

/* * + ? {..}, each perhaps with the reluctant ? behind it; *found false: none of them. */
static wr_status *parse_quantifier(struct wr_parser *p, bool *found,
				   struct wr_ast_pattern *quantified)
{
	*found = true;
	quantified->min = wr_tok_is_sym(p, "+") ? 1 : 0;
	quantified->max = wr_tok_is_sym(p, "?") ? 1 : UINT32_MAX;
	if (wr_tok_is_sym(p, "{") && !wr_tok_ahead_is_sym(p, 1, "-"))
		WR_TRY(parse_braces(p, &quantified->min, &quantified->max));
	else if (!wr_tok_take_sym(p, "*") && !wr_tok_take_sym(p, "+") && !wr_tok_take_sym(p, "?")) {
		*found = false;
		return NULL;
	}
	quantified->reluctant = wr_tok_take_sym(p, "?");
	return NULL;
}

/* PERMUTE(a, b): behind PERMUTE */
static wr_status *parse_permute(struct wr_parser *p, struct wr_ast_pattern **out)
{
	struct wr_grow items = {0};
	WR_TRY(wr_tok_need_sym(p, "("));
	do {
		struct wr_ast_pattern *item = NULL;
		WR_TRY(parse_alternation(p, &item));
		add_pattern(p, &items, item);
	} while (wr_tok_take_sym(p, ","));
	*out = new_pattern(p, WR_AST_PATTERN_PERMUTE);
	(*out)->items = items.items;
	(*out)->item_count = items.count;
	return wr_tok_need_sym(p, ")");
}

/* {- pattern -}: "{" is next */
static wr_status *parse_exclusion(struct wr_parser *p, struct wr_ast_pattern **out)
{
	struct wr_grow items = {0};
	struct wr_ast_pattern *item = NULL;
	p->at += 2;
	WR_TRY(parse_alternation(p, &item));
	add_pattern(p, &items, item);
	*out = new_pattern(p, WR_AST_PATTERN_EXCLUDE);
	(*out)->items = items.items;
	(*out)->item_count = 1;
	WR_TRY(wr_tok_need_sym(p, "-"));
	return wr_tok_need_sym(p, "}");
}

/* A variable, a group, PERMUTE or an exclusion. */
static wr_status *parse_atom(struct wr_parser *p, struct wr_ast_pattern **out)
{
	if (wr_tok_take(p, WR_KW_PERMUTE))
		return parse_permute(p, out);
	if (wr_tok_is_sym(p, "{") && wr_tok_ahead_is_sym(p, 1, "-"))
		return parse_exclusion(p, out);
	if (wr_tok_take_sym(p, "(")) {
		WR_TRY(parse_alternation(p, out));
		if (!wr_tok_take_sym(p, ")"))
			return wr_tok_expected(p, "a pattern variable, \"|\" or \")\"");
		return NULL;
	}
	*out = new_pattern(p, WR_AST_PATTERN_VARIABLE);
	return wr_parse_ident(p, "a pattern variable", &(*out)->variable);
}

/* An atom with its quantifier. */
static wr_status *parse_factor(struct wr_parser *p, struct wr_ast_pattern **out)
{
	uint32_t first = p->at;
	struct wr_ast_pattern quantifier = {0};
	bool found = false;
	WR_TRY(parse_atom(p, out));
	WR_TRY(parse_quantifier(p, &found, &quantifier));
	if (found && (*out)->quantified) {
		struct wr_grow items = {0};
		add_pattern(p, &items, *out);
		*out = new_pattern(p, WR_AST_PATTERN_SEQUENCE);
		(*out)->items = items.items;
		(*out)->item_count = 1;
	}
	if (found) {
		(*out)->quantified = true;
		(*out)->min = quantifier.min;
		(*out)->max = quantifier.max;
		(*out)->reluctant = quantifier.reluctant;
	}
	(*out)->pos = wr_tok_span(p, first);
	return NULL;
}

/* factor factor .. */
static wr_status *parse_sequence(struct wr_parser *p, struct wr_ast_pattern **out)
{
	struct wr_grow items = {0};
	uint32_t first = p->at;
	do {
		struct wr_ast_pattern *item = NULL;
		WR_TRY(parse_factor(p, &item));
		add_pattern(p, &items, item);
	} while (wr_tok_is_name(p, 0) || wr_tok_is_sym(p, "(") || wr_tok_is_sym(p, "{") ||
		 wr_tok_is(p, WR_KW_PERMUTE));
	*out = wrap_pattern(p, WR_AST_PATTERN_SEQUENCE, &items, first);
	return NULL;
}

/* sequence | sequence .. */
static wr_status *parse_alternation(struct wr_parser *p, struct wr_ast_pattern **out)
{
	struct wr_grow items = {0};
	uint32_t first = p->at;
	WR_TRY(wr_nest_enter(p));
	do {
		struct wr_ast_pattern *item = NULL;
		WR_TRY(parse_sequence(p, &item));
		add_pattern(p, &items, item);
	} while (wr_tok_take_sym(p, "|"));
	*out = wrap_pattern(p, WR_AST_PATTERN_ALTERNATION, &items, first);
	wr_nest_leave(p);
	return NULL;
}

/* PATTERN ([^] pattern [$]) */
static wr_status *parse_pattern(struct wr_parser *p, struct wr_ast_match *match)
{
	if (!wr_tok_take(p, WR_KW_PATTERN))
		return wr_tok_expected(p, "PATTERN");
	WR_TRY(wr_tok_need_sym(p, "("));
	match->strict_start = wr_tok_take_sym(p, "^");
	WR_TRY(parse_alternation(p, &match->pattern));
	match->strict_end = wr_tok_take_sym(p, "$");
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a pattern variable, a quantifier, \"|\" or \")\"");
	return NULL;
}

/* ---- the other clauses
 * ----------------------------------------------------------------------------------------- */

/* MEASURES expr AS name, ..: behind MEASURES */
static wr_status *parse_measures(struct wr_parser *p, struct wr_ast_match *match)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_named_expr item = {0};
		WR_TRY(wr_parse_expr(p, &item.expr));
		if (!wr_tok_take(p, WR_KW_AS))
			return wr_tok_expected(p, "an operator, or AS and the measure's name");
		WR_TRY(wr_parse_ident(p, "the measure's name", &item.name));
		memcpy(wr_grow_add(p, &grow, sizeof(item)), &item, sizeof(item));
	} while (wr_tok_take_sym(p, ","));
	match->measures = grow.items;
	match->measure_count = grow.count;
	return NULL;
}

/* DEFINE name AS expr, ..: behind DEFINE */
static wr_status *parse_definitions(struct wr_parser *p, struct wr_ast_match *match)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_named_expr item = {0};
		WR_TRY(wr_parse_ident(p, "a pattern variable", &item.name));
		WR_TRY(wr_tok_need(p, WR_KW_AS));
		WR_TRY(wr_parse_expr(p, &item.expr));
		memcpy(wr_grow_add(p, &grow, sizeof(item)), &item, sizeof(item));
	} while (wr_tok_take_sym(p, ","));
	match->definitions = grow.items;
	match->definition_count = grow.count;
	return NULL;
}

/* SUBSET u = (a, b), ..: behind SUBSET */
static wr_status *parse_subsets(struct wr_parser *p, struct wr_ast_match *match)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_subset item = {0};
		WR_TRY(wr_parse_ident(p, "the subset's name", &item.name));
		WR_TRY(wr_tok_need_sym(p, "="));
		WR_TRY(wr_parse_idents(p, "a pattern variable", &item.variables));
		memcpy(wr_grow_add(p, &grow, sizeof(item)), &item, sizeof(item));
	} while (wr_tok_take_sym(p, ","));
	match->subsets = grow.items;
	match->subset_count = grow.count;
	return NULL;
}

/* ONE ROW PER MATCH, ALL ROWS PER MATCH, if it is there */
static wr_status *parse_rows_per_match(struct wr_parser *p, struct wr_ast_match *match)
{
	if (wr_tok_take(p, WR_KW_ONE)) {
		match->rows = WR_AST_ROWS_ONE;
		WR_TRY(wr_tok_need(p, WR_KW_ROW));
	} else if (wr_tok_take(p, WR_KW_ALL)) {
		match->rows = WR_AST_ROWS_ALL;
		WR_TRY(wr_tok_need(p, WR_KW_ROWS));
	} else {
		return NULL;
	}
	WR_TRY(wr_tok_need(p, WR_KW_PER));
	return wr_tok_need(p, WR_KW_MATCH);
}

/* AFTER MATCH SKIP .., if it is there */
static wr_status *parse_skip(struct wr_parser *p, struct wr_ast_match *match)
{
	if (!wr_tok_take(p, WR_KW_AFTER))
		return NULL;
	WR_TRY(wr_tok_need(p, WR_KW_MATCH));
	WR_TRY(wr_tok_need(p, WR_KW_SKIP));
	if (wr_tok_take(p, WR_KW_PAST)) {
		match->skip = WR_AST_SKIP_PAST_LAST_ROW;
		WR_TRY(wr_tok_need(p, WR_KW_LAST));
		return wr_tok_need(p, WR_KW_ROW);
	}
	if (!wr_tok_take(p, WR_KW_TO))
		return wr_tok_expected(p, "PAST LAST ROW or TO");
	if (wr_tok_take(p, WR_KW_NEXT)) {
		match->skip = WR_AST_SKIP_TO_NEXT_ROW;
		return wr_tok_need(p, WR_KW_ROW);
	}
	bool variable_next = wr_tok_is_name(p, 1);
	match->skip = WR_AST_SKIP_TO_LAST;
	if (variable_next && wr_tok_take(p, WR_KW_FIRST))
		match->skip = WR_AST_SKIP_TO_FIRST;
	else if (variable_next)
		wr_tok_take(p, WR_KW_LAST);
	return wr_parse_ident(p, "NEXT ROW, FIRST, LAST or a pattern variable", &match->skip_to);
}

/* PARTITION BY, ORDER BY, MEASURES */
static wr_status *parse_head(struct wr_parser *p, struct wr_ast_match *match)
{
	if (wr_tok_take(p, WR_KW_PARTITION)) {
		WR_TRY(wr_tok_need(p, WR_KW_BY));
		WR_TRY(wr_parse_exprs(p, &match->partition));
	}
	if (wr_tok_take(p, WR_KW_ORDER)) {
		WR_TRY(wr_tok_need(p, WR_KW_BY));
		WR_TRY(wr_parse_order(p, &match->order));
	}
	return wr_tok_take(p, WR_KW_MEASURES) ? parse_measures(p, match) : NULL;
}

wr_status *wr_parse_match(struct wr_parser *p, struct wr_ast_match **out)
{
	struct wr_ast_match *match = WR_NEW(p->arena, struct wr_ast_match);
	bool outer = p->in_match;
	match->pos = wr_tok_ahead(p, 0)->pos;
	p->in_match = true;
	WR_TRY(wr_tok_need(p, WR_KW_MATCH_RECOGNIZE));
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(parse_head(p, match));
	WR_TRY(parse_rows_per_match(p, match));
	WR_TRY(parse_skip(p, match));
	WR_TRY(parse_pattern(p, match));
	if (wr_tok_take(p, WR_KW_WITHIN)) {
		if (!wr_tok_is(p, WR_KW_INTERVAL))
			return wr_tok_expected(p, "an interval such as INTERVAL '1' HOUR");
		struct wr_node_mark mark = wr_node_open(p);
		WR_TRY(wr_parse_primary(p, mark, &match->within));
		wr_node_close(p, mark);
	}
	if (wr_tok_take(p, WR_KW_SUBSET))
		WR_TRY(parse_subsets(p, match));
	if (!wr_tok_take(p, WR_KW_DEFINE))
		return wr_tok_expected(p, "DEFINE and the conditions of the pattern variables");
	WR_TRY(parse_definitions(p, match));
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "an operator, a comma or \")\"");
	p->in_match = outer;
	*out = match;
	return NULL;
}
