/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_primary - operands: literals, names, CASE, CAST, constructors, parentheses.
 *
 * Every function finishes its node with the caller's mark, so that subscripts and operators behind
 * it can wrap it.
 */
#include "sql/parser_core.h"

/* ---- literals -------------------------------------------------------------------------------- */

/* Digits as written; their form gives the kind. */
static wr_status *parse_number(struct wr_parser *p, struct wr_node_mark mark,
			       struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_NUMBER);
	expr->number.text = wr_tok_string(p, wr_tok_skip(p));
	if (strpbrk(expr->number.text, "eE") != NULL)
		expr->number.kind = WR_AST_NUMBER_DOUBLE;
	else if (strchr(expr->number.text, '.') != NULL)
		expr->number.kind = WR_AST_NUMBER_DECIMAL;
	else
		expr->number.kind = WR_AST_NUMBER_INTEGER;
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* A string as the whole of a node of `kind`; what introduces it has been read. */
static wr_status *parse_string_node(struct wr_parser *p, struct wr_node_mark mark,
				    enum wr_ast_expr_kind kind, struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, kind);
	const char *string = NULL;
	WR_TRY(wr_parse_string(p, "a value between single quotes", &string));
	expr->string.bytes = wr_str_of(string);
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* DATE '..', TIME '..', TIMESTAMP '..', TIMESTAMP WITH LOCAL TIME ZONE '..'; *found false: none of
 * them. */
static wr_status *parse_datetime(struct wr_parser *p, struct wr_node_mark mark, bool *found,
				 struct wr_ast_expr **out)
{
	enum wr_ast_expr_kind kind = 0;
	bool string = wr_tok_ahead(p, 1)->kind == WR_TOKEN_STRING;
	*found = true;
	if (string && wr_tok_is(p, WR_KW_DATE))
		kind = WR_AST_DATE;
	else if (string && wr_tok_is(p, WR_KW_TIME))
		kind = WR_AST_TIME;
	else if (string && wr_tok_is(p, WR_KW_TIMESTAMP))
		kind = WR_AST_TIMESTAMP;
	if (kind != 0) {
		wr_tok_skip(p);
		return parse_string_node(p, mark, kind, out);
	}
	if (string && (wr_tok_is(p, WR_KW_TIMESTAMP_LTZ) || wr_tok_is(p, WR_KW_DATETIME)))
		return wr_status_hint(
		    wr_tok_unsupported(p, p->at,
				       wr_arena_printf(p->arena, "A literal with the word %s",
						       wr_tok_string(p, wr_tok_ahead(p, 0)))),
		    "Write TIMESTAMP '...', or CAST it");
	if (wr_tok_is(p, WR_KW_TIMESTAMP) && wr_tok_ahead_is(p, 1, WR_KW_WITH)) {
		wr_tok_skip(p);
		wr_tok_skip(p);
		WR_TRY(wr_tok_need(p, WR_KW_LOCAL));
		WR_TRY(wr_tok_need(p, WR_KW_TIME));
		WR_TRY(wr_tok_need(p, WR_KW_ZONE));
		return parse_string_node(p, mark, WR_AST_TIMESTAMP_LTZ, out);
	}
	*found = false;
	return NULL;
}

/* TRUE, FALSE, UNKNOWN, NULL; *found false: none of them. */
static wr_status *parse_constant(struct wr_parser *p, struct wr_node_mark mark, bool *found,
				 struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = NULL;
	*found = wr_tok_is(p, WR_KW_TRUE) || wr_tok_is(p, WR_KW_FALSE) ||
		 wr_tok_is(p, WR_KW_UNKNOWN) || wr_tok_is(p, WR_KW_NULL);
	if (!*found)
		return NULL;
	if (wr_tok_is(p, WR_KW_NULL)) {
		expr = wr_expr_new(p, WR_AST_NULL);
	} else if (wr_tok_is(p, WR_KW_UNKNOWN)) {
		expr = wr_expr_new(p, WR_AST_UNKNOWN);
	} else {
		expr = wr_expr_new(p, WR_AST_BOOLEAN);
		expr->boolean = wr_tok_is(p, WR_KW_TRUE);
	}
	wr_tok_skip(p);
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* ---- intervals ------------------------------------------------------------------------------- */

struct unit_word {
	const char *name;      /* upper case */
	enum wr_ast_unit unit; /* what it means */
};

static const struct unit_word unit_words[] = {
    {"YEAR", WR_AST_UNIT_YEAR},
    {"QUARTER", WR_AST_UNIT_QUARTER},
    {"MONTH", WR_AST_UNIT_MONTH},
    {"WEEK", WR_AST_UNIT_WEEK},
    {"DAY", WR_AST_UNIT_DAY},
    {"HOUR", WR_AST_UNIT_HOUR},
    {"MINUTE", WR_AST_UNIT_MINUTE},
    {"SECOND", WR_AST_UNIT_SECOND},
    {"MILLISECOND", WR_AST_UNIT_MILLISECOND},
    {"MICROSECOND", WR_AST_UNIT_MICROSECOND},
    {"NANOSECOND", WR_AST_UNIT_NANOSECOND},
    {"DOY", WR_AST_UNIT_DOY},
    {"DOW", WR_AST_UNIT_DOW},
    {"ISODOW", WR_AST_UNIT_ISODOW},
    {"ISOYEAR", WR_AST_UNIT_ISOYEAR},
    {"EPOCH", WR_AST_UNIT_EPOCH},
    {"DECADE", WR_AST_UNIT_DECADE},
    {"CENTURY", WR_AST_UNIT_CENTURY},
    {"MILLENNIUM", WR_AST_UNIT_MILLENNIUM},
    {"FRAC_SECOND", WR_AST_UNIT_MICROSECOND},
};

const char *wr_ast_unit_name(enum wr_ast_unit unit)
{
	for (size_t i = 0; i < WR_COUNT(unit_words); i++) {
		if (unit_words[i].unit == unit)
			return unit_words[i].name;
	}
	return "";
}

enum wr_ast_unit wr_unit_find(struct wr_str word, bool plural)
{
	struct wr_str prefix = {word.data, WR_MIN(word.len, (size_t)8)};
	if (word.len > 8 && wr_str_eq_nocase(prefix, "SQL_TSI_")) {
		word.data += 8;
		word.len -= 8;
	}
	for (size_t i = 0; i < WR_COUNT(unit_words); i++) {
		if (wr_str_eq_nocase(word, unit_words[i].name))
			return unit_words[i].unit;
	}
	if (plural && word.len > 2 && (word.data[word.len - 1] | 0x20) == 's') {
		word.len--;
		return wr_unit_find(word, false);
	}
	return WR_AST_UNIT_NONE;
}

/* The unit of an interval at the next token. */
static wr_status *parse_interval_unit(struct wr_parser *p, enum wr_ast_unit *unit)
{
	const struct wr_token *token = wr_tok_ahead(p, 0);
	*unit = token->kind == WR_TOKEN_WORD ? wr_unit_find(wr_tok_text(p, token), true)
					     : WR_AST_UNIT_NONE;
	if (*unit == WR_AST_UNIT_NONE || *unit > WR_AST_UNIT_SECOND) {
		wr_status *status =
		    wr_tok_expected(p, "YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND");
		if (*unit == WR_AST_UNIT_MILLISECOND)
			return wr_status_hint(
			    status, "Write milliseconds as a fraction: INTERVAL '0.001' SECOND");
		return status;
	}
	wr_tok_skip(p);
	return NULL;
}

/* (n) or, for seconds, (n, fraction) */
static wr_status *parse_interval_precision(struct wr_parser *p, struct wr_ast_interval *interval)
{
	uint32_t number = 0;
	if (!wr_tok_take_sym(p, "("))
		return NULL;
	WR_TRY(wr_parse_uint(p, "the number of digits", 1000, &number));
	interval->leading_precision = (int32_t)number;
	if (interval->from == WR_AST_UNIT_SECOND && wr_tok_take_sym(p, ",")) {
		WR_TRY(wr_parse_uint(p, "the number of digits", 1000, &number));
		interval->fraction_precision = (int32_t)number;
	}
	return wr_tok_need_sym(p, ")");
}

wr_status *wr_parse_interval_qualifier(struct wr_parser *p, struct wr_ast_interval *interval)
{
	*interval = (struct wr_ast_interval){.leading_precision = -1, .fraction_precision = -1};
	WR_TRY(parse_interval_unit(p, &interval->from));
	WR_TRY(parse_interval_precision(p, interval));
	if (!wr_tok_is(p, WR_KW_TO))
		return NULL;
	wr_tok_skip(p);
	uint32_t first = p->at;
	WR_TRY(parse_interval_unit(p, &interval->to));
	enum wr_ast_unit from = interval->from;
	enum wr_ast_unit to = interval->to;
	bool months = from == WR_AST_UNIT_YEAR && to == WR_AST_UNIT_MONTH;
	bool days = from >= WR_AST_UNIT_DAY && to > from;
	if (!months && !days)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, p->tokens.items[first].pos,
						   "An interval cannot go from %s to %s",
						   wr_ast_unit_name(from), wr_ast_unit_name(to)),
				      "The ranges are YEAR TO MONTH and those from DAY to SECOND");
	if (to == WR_AST_UNIT_SECOND && wr_tok_take_sym(p, "(")) {
		uint32_t number = 0;
		WR_TRY(wr_parse_uint(p, "the number of digits", 1000, &number));
		interval->fraction_precision = (int32_t)number;
		return wr_tok_need_sym(p, ")");
	}
	return NULL;
}

/* INTERVAL '1:30' HOUR TO MINUTE, INTERVAL -'1' DAY, INTERVAL a DAY, INTERVAL (a + 1) DAY: behind
 * INTERVAL. */
static wr_status *parse_interval(struct wr_parser *p, struct wr_node_mark mark,
				 struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_INTERVAL);
	uint32_t first = p->at;
	bool sign = wr_tok_is_sym(p, "-") || wr_tok_is_sym(p, "+");
	expr->interval.negative = wr_tok_is_sym(p, "-");
	if (sign)
		wr_tok_skip(p);
	if (wr_tok_is_string(p)) {
		WR_TRY(wr_parse_string(p, "the length of the interval", &expr->interval.value));
	} else if (!sign && wr_tok_take_sym(p, "(")) {
		WR_TRY(wr_parse_expr(p, &expr->interval.amount));
		WR_TRY(wr_tok_need_sym(p, ")"));
	} else if (!sign && (wr_tok_is_kind(p, WR_TOKEN_NUMBER) || wr_tok_is_name(p, 0))) {
		struct wr_node_mark amount = wr_node_open(p);
		WR_TRY(wr_parse_primary(p, amount, &expr->interval.amount));
		wr_node_close(p, amount);
	} else {
		return wr_status_hint(
		    wr_tok_expected(p, "the length of the interval between single quotes"),
		    "Write it as INTERVAL '5' MINUTE");
	}
	expr->interval.value_pos = wr_tok_span(p, first);
	wr_status *status = wr_parse_interval_qualifier(p, &expr->interval.qualifier);
	if (status != NULL)
		return status->hint != NULL
			   ? status
			   : wr_status_hint(status, "The unit stands behind the length: INTERVAL "
						    "'5' MINUTE");
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* ---- constructs ------------------------------------------------------------------------------ */

/* WHEN a[, b ..] THEN c: one entry for each of a, b. */
static wr_status *parse_when(struct wr_parser *p, bool simple, struct wr_grow *whens)
{
	struct wr_ast_exprs values = {0};
	struct wr_ast_expr *then = NULL;
	WR_TRY(wr_tok_need(p, WR_KW_WHEN));
	WR_TRY(wr_parse_exprs(p, &values));
	if (!simple && values.count > 1)
		return wr_status_at(WR_USER_ERROR, values.items[1]->pos,
				    "Several values behind WHEN need an operand behind CASE");
	if (!wr_tok_take(p, WR_KW_THEN))
		return wr_tok_expected(p, "THEN");
	WR_TRY(wr_parse_expr(p, &then));
	for (uint32_t i = 0; i < values.count; i++) {
		struct wr_ast_when *when = wr_grow_add(p, whens, sizeof(*when));
		*when = (struct wr_ast_when){values.items[i], then};
	}
	return NULL;
}

/* Behind CASE. */
static wr_status *parse_case(struct wr_parser *p, struct wr_node_mark mark,
			     struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_CASE);
	struct wr_grow whens = {0};
	if (!wr_tok_is(p, WR_KW_WHEN))
		WR_TRY(wr_parse_expr(p, &expr->case_.operand));
	do {
		WR_TRY(parse_when(p, expr->case_.operand != NULL, &whens));
	} while (wr_tok_is(p, WR_KW_WHEN));
	expr->case_.whens = whens.items;
	expr->case_.when_count = whens.count;
	if (wr_tok_take(p, WR_KW_ELSE))
		WR_TRY(wr_parse_expr(p, &expr->case_.otherwise));
	if (!wr_tok_take(p, WR_KW_END))
		return wr_tok_expected(p,
				       expr->case_.otherwise == NULL ? "WHEN, ELSE or END" : "END");
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* (expr AS type): behind CAST or TRY_CAST. */
static wr_status *parse_cast(struct wr_parser *p, struct wr_node_mark mark, bool try_cast,
			     struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_CAST);
	expr->cast.try_cast = try_cast;
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(wr_parse_expr(p, &expr->cast.operand));
	if (!wr_tok_take(p, WR_KW_AS))
		return wr_tok_expected(p, "AS and a data type");
	WR_TRY(wr_parse_type(p, false, &expr->cast.type));
	if (wr_tok_is(p, WR_KW_NOT) || wr_tok_is(p, WR_KW_NULL))
		return wr_status_hint(
		    wr_tok_expected(p, "\")\""),
		    "CAST takes a type without NOT NULL; the result is nullable if its input is");
	WR_TRY(wr_tok_need_sym(p, ")"));
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* [a, b, ..]: "[" is next. */
static wr_status *parse_brackets(struct wr_parser *p, struct wr_ast_exprs *list)
{
	WR_TRY(wr_tok_need_sym(p, "["));
	if (!wr_tok_is_sym(p, "]"))
		WR_TRY(wr_parse_exprs(p, list));
	if (!wr_tok_take_sym(p, "]"))
		return wr_tok_expected(p, "a comma or \"]\"");
	return NULL;
}

/* ARRAY[..], ARRAY(query), MAP[..], MULTISET[..]; *found false: none of them. */
static wr_status *parse_collection(struct wr_parser *p, struct wr_node_mark mark, bool *found,
				   struct wr_ast_expr **out)
{
	bool bracket = wr_tok_ahead_is_sym(p, 1, "[");
	bool paren = wr_tok_ahead_is_sym(p, 1, "(");
	bool array = wr_tok_is(p, WR_KW_ARRAY);
	bool map = wr_tok_is(p, WR_KW_MAP);
	*found = (array || map || wr_tok_is(p, WR_KW_MULTISET)) && (bracket || paren);
	if (!*found)
		return NULL;
	uint32_t first = p->at;
	wr_tok_skip(p);
	if (paren && !wr_tok_is_query(p))
		return wr_status_hint(wr_tok_expected(p, "\"[\""),
				      "Elements stand in brackets: ARRAY[1, 2], MAP['k', 1]");
	if (!array && (paren || !map))
		return wr_tok_unsupported(p, first, map ? "MAP(query)" : "A MULTISET constructor");
	struct wr_ast_expr *expr = wr_expr_new(p, paren   ? WR_AST_ARRAY_QUERY
						  : array ? WR_AST_ARRAY
							  : WR_AST_MAP);
	if (paren)
		WR_TRY(wr_parse_subquery(p, &expr->query));
	else
		WR_TRY(parse_brackets(p, &expr->list));
	*out = expr;
	WR_TRY(wr_expr_finish(p, mark, expr));
	if (map && expr->list.count % 2 != 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, expr->pos, "The last key of MAP has no value"),
		    "Write keys and values in turn: MAP['k1', 1, 'k2', 2]");
	return NULL;
}

/* ROW(a, b) behind ROW; (a, b), (a), (query). "(" is next. */
static wr_status *parse_parentheses(struct wr_parser *p, struct wr_node_mark mark, bool row,
				    struct wr_ast_expr **out)
{
	if (!row && wr_tok_is_query(p)) {
		struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_QUERY);
		WR_TRY(wr_parse_subquery(p, &expr->query));
		*out = expr;
		return wr_expr_finish(p, mark, expr);
	}
	struct wr_ast_exprs list = {0};
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(wr_parse_exprs(p, &list));
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "an operator, a comma or \")\"");
	if (list.count == 1 && !row) {
		*out = list.items[0];
		return NULL;
	}
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_ROW);
	expr->list = list;
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* (a, b) behind DESCRIPTOR */
static wr_status *parse_descriptor(struct wr_parser *p, struct wr_node_mark mark,
				   struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_DESCRIPTOR);
	WR_TRY(wr_parse_idents(p, "a column's name", &expr->descriptor.columns));
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* ---- words ----------------------------------------------------------------------------------- */

/* CURRENT_DATE and its like without parentheses. */
static bool is_context_variable(const struct wr_parser *p)
{
	static const enum wr_keyword words[] = {
	    WR_KW_CURRENT_DATE,    WR_KW_CURRENT_TIME,   WR_KW_CURRENT_TIMESTAMP,
	    WR_KW_LOCALTIME,       WR_KW_LOCALTIMESTAMP, WR_KW_USER,
	    WR_KW_CURRENT_USER,    WR_KW_SESSION_USER,   WR_KW_SYSTEM_USER,
	    WR_KW_CURRENT_CATALOG, WR_KW_CURRENT_SCHEMA, WR_KW_CURRENT_ROLE,
	    WR_KW_CURRENT_PATH};
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (wr_tok_is(p, words[i]))
			return !wr_tok_ahead_is_sym(p, 1, "(");
	}
	return false;
}

/* The next word as a name of one part, whatever it is. */
static struct wr_ast_name take_word(struct wr_parser *p)
{
	const struct wr_token *token = wr_tok_skip(p);
	struct wr_ast_ident *part = WR_NEW(p->arena, struct wr_ast_ident);
	part->text = wr_tok_string(p, token);
	part->pos = token->pos;
	return (struct wr_ast_name){part, 1, token->pos};
}

/* A column, or the name of a call. */
static wr_status *parse_name_or_call(struct wr_parser *p, struct wr_node_mark mark,
				     struct wr_ast_expr **out)
{
	struct wr_ast_name name = {0};
	const struct wr_token *token = wr_tok_ahead(p, 0);
	if (is_context_variable(p)) {
		struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_CALL);
		expr->call.name = take_word(p);
		expr->call.name_pos = expr->call.name.pos;
		expr->call.no_parens = true;
		*out = expr;
		return wr_expr_finish(p, mark, expr);
	}
	if (token->kind == WR_TOKEN_WORD && wr_keyword_is_function(token->code) &&
	    wr_tok_ahead_is_sym(p, 1, "(")) {
		name = take_word(p);
		return wr_parse_call(p, mark, name, out);
	}
	WR_TRY(wr_parse_name(p, "an expression", &name));
	if (wr_tok_is_sym(p, "("))
		return wr_parse_call(p, mark, name, out);
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_COLUMN);
	expr->column = name;
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* Constructs that are known by their first words but not there. */
static wr_status *refuse_words(struct wr_parser *p)
{
	bool paren = wr_tok_ahead_is_sym(p, 1, "(");
	if (wr_tok_is(p, WR_KW_NEXT) && wr_tok_ahead_is(p, 1, WR_KW_VALUE))
		return wr_tok_unsupported(p, p->at, "NEXT VALUE FOR");
	if (paren && (wr_tok_is(p, WR_KW_CURSOR) || wr_tok_is(p, WR_KW_UNIQUE) ||
		      wr_tok_is(p, WR_KW_CONVERT)))
		return wr_tok_unsupported(p, p->at, wr_keyword_name(wr_tok_ahead(p, 0)->code));
	if (wr_tok_is(p, WR_KW_SELECT) || wr_tok_is(p, WR_KW_WITH) || wr_tok_is(p, WR_KW_VALUES))
		return wr_status_hint(wr_tok_expected(p, "an expression"),
				      "A query inside an expression stands in parentheses");
	return NULL;
}

/* An operand that begins with a word that is no plain name. */
static wr_status *parse_word(struct wr_parser *p, struct wr_node_mark mark,
			     struct wr_ast_expr **out)
{
	bool found = false;
	bool paren = wr_tok_ahead_is_sym(p, 1, "(");
	WR_TRY(parse_constant(p, mark, &found, out));
	if (!found)
		WR_TRY(parse_datetime(p, mark, &found, out));
	if (!found)
		WR_TRY(parse_collection(p, mark, &found, out));
	if (!found && paren)
		WR_TRY(wr_parse_special_call(p, mark, &found, out));
	if (found)
		return NULL;
	if (wr_tok_take(p, WR_KW_INTERVAL))
		return parse_interval(p, mark, out);
	if (wr_tok_take(p, WR_KW_CASE))
		return parse_case(p, mark, out);
	if (paren && wr_tok_take(p, WR_KW_CAST))
		return parse_cast(p, mark, false, out);
	if (paren && wr_tok_take(p, WR_KW_TRY_CAST))
		return parse_cast(p, mark, true, out);
	if (paren && (wr_tok_take(p, WR_KW_ROW) || wr_tok_take(p, WR_KW_PERIOD)))
		return parse_parentheses(p, mark, true, out);
	if (paren && wr_tok_take(p, WR_KW_DESCRIPTOR))
		return parse_descriptor(p, mark, out);
	WR_TRY(refuse_words(p));
	return parse_name_or_call(p, mark, out);
}

wr_status *wr_parse_primary(struct wr_parser *p, struct wr_node_mark mark, struct wr_ast_expr **out)
{
	switch ((enum wr_token_kind)wr_tok_ahead(p, 0)->kind) {
	case WR_TOKEN_NUMBER: return parse_number(p, mark, out);
	case WR_TOKEN_STRING:
	case WR_TOKEN_UNICODE_STRING: return parse_string_node(p, mark, WR_AST_STRING, out);
	case WR_TOKEN_BYTES: {
		struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_BYTES);
		WR_TRY(wr_parse_bytes(p, &expr->string.bytes));
		*out = expr;
		return wr_expr_finish(p, mark, expr);
	}
	case WR_TOKEN_WORD: return parse_word(p, mark, out);
	case WR_TOKEN_QUOTED: return parse_name_or_call(p, mark, out);
	default: break;
	}
	if (wr_tok_is_sym(p, "("))
		return parse_parentheses(p, mark, false, out);
	if (wr_tok_is_sym(p, "?"))
		return wr_status_hint(wr_tok_unsupported(p, p->at, "The parameter ?"),
				      "Write ${NAME} and set it: weir run -v NAME=VALUE; in a "
				      "program weir_set_variable");
	if (wr_tok_is_sym(p, "{"))
		return wr_tok_unsupported(p, p->at, "The escape syntax of JDBC, {...},");
	if (wr_tok_is_sym(p, "["))
		return wr_status_hint(wr_tok_expected(p, "an expression"),
				      "An array is written ARRAY[1, 2]");
	return wr_tok_expected(p, "an expression");
}
