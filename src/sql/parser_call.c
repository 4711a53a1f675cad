/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_call - calls of functions: arguments, what may stand behind them, and the syntaxes of
 * their own that EXTRACT, TRIM, POSITION and others have. The shapes these become are listed in
 * ast.h.
 */
#include "sql/parser_core.h"

/* ---- plain arguments
 * ------------------------------------------------------------------------------------------- */

/* Adds an argument to the list in the making. */
static void add_arg(struct wr_parser *p, struct wr_grow *args, struct wr_ast_expr *expr)
{
	*(struct wr_ast_expr **)wr_grow_add(p, args, sizeof(expr)) = expr;
}

/* An argument that only some functions take; *found false: an expression is next. */
static wr_status *parse_odd_arg(struct wr_parser *p, struct wr_node_mark mark, bool *found,
				struct wr_ast_expr **out)
{
	*found = true;
	if (wr_tok_is_sym(p, "*") || wr_tok_is(p, WR_KW_DEFAULT)) {
		*out = wr_expr_new(p, wr_tok_is_sym(p, "*") ? WR_AST_STAR : WR_AST_DEFAULT);
		wr_tok_skip(p);
		return wr_expr_finish(p, mark, *out);
	}
	if (wr_tok_is(p, WR_KW_MODEL) && wr_tok_is_name(p, 1))
		return wr_tok_unsupported(p, p->at, "A MODEL argument");
	uint32_t close = p->closing[p->at];
	bool set_query = wr_tok_is_sym(p, "(") && close != 0 && wr_tok_is_query(p) &&
			 (wr_tok_ahead_is(p, close + 1 - p->at, WR_KW_PARTITION) ||
			  wr_tok_ahead_is(p, close + 1 - p->at, WR_KW_ORDER));
	if (wr_tok_is(p, WR_KW_TABLE) || set_query)
		return wr_parse_table_arg(p, mark, out);
	if (wr_tok_is_query(p) && !wr_tok_is_sym(p, "(")) {
		*out = wr_expr_new(p, WR_AST_QUERY);
		WR_TRY(wr_parse_query(p, &(*out)->query));
		return wr_expr_finish(p, mark, *out);
	}
	*found = false;
	return NULL;
}

/* One argument: [name =>] expression | * | DEFAULT | TABLE t */
static wr_status *parse_arg(struct wr_parser *p, struct wr_ast_expr **out)
{
	WR_TRY(wr_nest_enter(p));
	struct wr_node_mark mark = wr_node_open(p);
	bool found = false;
	if (wr_tok_is_name(p, 0) && wr_tok_ahead_is_sym(p, 1, "=>")) {
		struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_NAMED_ARG);
		WR_TRY(wr_parse_ident(p, "an argument's name", &expr->named_arg.name));
		wr_tok_skip(p);
		WR_TRY(parse_arg(p, &expr->named_arg.value));
		WR_TRY(wr_expr_finish(p, mark, expr));
		*out = expr;
		found = true;
	} else {
		WR_TRY(parse_odd_arg(p, mark, &found, out));
	}
	wr_node_close(p, mark);
	wr_nest_leave(p);
	return found ? NULL : wr_parse_expr(p, out);
}

/* ([DISTINCT | ALL] a, b): "(" is next. */
static wr_status *parse_args(struct wr_parser *p, struct wr_ast_call *call)
{
	struct wr_grow args = {0};
	WR_TRY(wr_tok_need_sym(p, "("));
	call->distinct = wr_tok_take(p, WR_KW_DISTINCT);
	call->all = !call->distinct && wr_tok_take(p, WR_KW_ALL);
	if (!wr_tok_is_sym(p, ")") || call->distinct || call->all) {
		do {
			struct wr_ast_expr *arg = NULL;
			WR_TRY(parse_arg(p, &arg));
			add_arg(p, &args, arg);
		} while (wr_tok_take_sym(p, ","));
	}
	call->args = (struct wr_ast_exprs){args.items, args.count};
	if (wr_tok_take_sym(p, ")"))
		return NULL;
	if (wr_tok_is(p, WR_KW_ORDER))
		return wr_status_hint(wr_tok_unsupported(p, p->at, "ORDER BY among the arguments"),
				      "Write it behind the call: WITHIN GROUP (ORDER BY ...)");
	return wr_tok_expected(p, "an operator, a comma or \")\"");
}

/* ---- behind the arguments
 * -------------------------------------------------------------------------------------- */

/* WITHIN GROUP (ORDER BY ..) */
static wr_status *parse_within_group(struct wr_parser *p, struct wr_ast_call *call)
{
	uint32_t first = p->at;
	wr_tok_skip(p);
	if (wr_tok_take(p, WR_KW_DISTINCT))
		return wr_tok_unsupported(p, first, "WITHIN DISTINCT");
	WR_TRY(wr_tok_need(p, WR_KW_GROUP));
	WR_TRY(wr_tok_need_sym(p, "("));
	WR_TRY(wr_tok_need(p, WR_KW_ORDER));
	WR_TRY(wr_tok_need(p, WR_KW_BY));
	WR_TRY(wr_parse_order(p, &call->within_group));
	return wr_tok_need_sym(p, ")");
}

wr_status *wr_parse_call_tail(struct wr_parser *p, struct wr_ast_call *call)
{
	if (wr_tok_ahead_is(p, 1, WR_KW_NULLS)) {
		if (wr_tok_take(p, WR_KW_IGNORE))
			call->nulls = WR_AST_IGNORE_NULLS;
		else if (wr_tok_take(p, WR_KW_RESPECT))
			call->nulls = WR_AST_RESPECT_NULLS;
		if (call->nulls != WR_AST_NULLS_TREATMENT_UNSAID)
			wr_tok_skip(p);
	}
	if (wr_tok_is(p, WR_KW_WITHIN) &&
	    (wr_tok_ahead_is(p, 1, WR_KW_GROUP) || wr_tok_ahead_is(p, 1, WR_KW_DISTINCT)))
		WR_TRY(parse_within_group(p, call));
	if (wr_tok_take(p, WR_KW_FILTER)) {
		WR_TRY(wr_tok_need_sym(p, "("));
		WR_TRY(wr_tok_need(p, WR_KW_WHERE));
		WR_TRY(wr_parse_expr(p, &call->filter));
		if (!wr_tok_take_sym(p, ")"))
			return wr_tok_expected(p, "an operator or \")\"");
	}
	if (wr_tok_take(p, WR_KW_OVER)) {
		struct wr_ast_window *window = NULL;
		WR_TRY(wr_parse_over(p, &window));
		call->over = window;
	}
	return NULL;
}

wr_status *wr_parse_call(struct wr_parser *p, struct wr_node_mark mark, struct wr_ast_name name,
			 struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_CALL);
	expr->call.name = name;
	expr->call.name_pos = name.pos;
	WR_TRY(parse_args(p, &expr->call));
	WR_TRY(wr_parse_call_tail(p, &expr->call));
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}

/* ---- syntaxes of their own
 * ------------------------------------------------------------------------------------- */

/* A call that is being read: its node and its arguments so far. */
struct special {
	struct wr_parser *p;      /* the parser */
	struct wr_ast_call *call; /* in its node */
	struct wr_grow args;      /* struct wr_ast_expr * each */
};

/* Reads one expression as the next argument. */
static wr_status *take_arg(struct special *s, enum wr_precedence precedence)
{
	struct wr_ast_expr *arg = NULL;
	WR_TRY(wr_parse_expr_above(s->p, precedence, &arg));
	add_arg(s->p, &s->args, arg);
	return NULL;
}

/* Adds a node that has no tokens of its own, or is the last token. */
static void add_symbol(struct special *s, enum wr_ast_unit unit, const char *word,
		       struct wr_pos pos)
{
	struct wr_ast_expr *expr = wr_expr_new(s->p, WR_AST_SYMBOL);
	expr->symbol.unit = unit;
	expr->symbol.word = word;
	expr->pos = pos;
	expr->text = wr_str_of(word);
	add_arg(s->p, &s->args, expr);
}

/* A unit of time as the next argument. */
static wr_status *take_unit(struct special *s)
{
	struct wr_parser *p = s->p;
	const struct wr_token *token = wr_tok_ahead(p, 0);
	struct wr_str word = wr_tok_text(p, token);
	if (token->kind != WR_TOKEN_WORD)
		return wr_tok_expected(p, "a unit of time such as DAY or SECOND");
	enum wr_ast_unit unit = wr_unit_find(word, false);
	if (unit == WR_AST_UNIT_NONE) {
		wr_status *status =
		    wr_status_at(WR_USER_ERROR, token->pos, "%.*s is not a unit of time",
				 (int)word.len, word.data);
		unit = wr_unit_find(word, true);
		if (unit != WR_AST_UNIT_NONE)
			return wr_status_hint(status, "Did you mean %s?", wr_ast_unit_name(unit));
		return wr_status_hint(
		    status,
		    "Units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, "
		    "MILLISECOND, MICROSECOND, NANOSECOND, DOY, DOW, ISODOW, ISOYEAR, EPOCH, "
		    "DECADE, CENTURY, MILLENNIUM");
	}
	wr_tok_skip(p);
	add_symbol(s, unit, wr_ast_unit_name(unit), token->pos);
	return NULL;
}

/* EXTRACT(unit FROM x) */
static wr_status *parse_extract(struct special *s)
{
	WR_TRY(take_unit(s));
	WR_TRY(wr_tok_need(s->p, WR_KW_FROM));
	return take_arg(s, WR_PREC_ANY);
}

/* FLOOR(x), FLOOR(x TO unit) */
static wr_status *parse_floor(struct special *s)
{
	WR_TRY(take_arg(s, WR_PREC_ANY));
	s->call->special_syntax = wr_tok_take(s->p, WR_KW_TO);
	return s->call->special_syntax ? take_unit(s) : NULL;
}

/* POSITION(a IN b [FROM n]) */
static wr_status *parse_position(struct special *s)
{
	WR_TRY(take_arg(s, WR_PREC_IN + 1));
	if (!wr_tok_take(s->p, WR_KW_IN))
		return wr_tok_expected(s->p, "IN and the string to search");
	WR_TRY(take_arg(s, WR_PREC_ANY));
	return wr_tok_take(s->p, WR_KW_FROM) ? take_arg(s, WR_PREC_ANY) : NULL;
}

/* TRIM([BOTH | LEADING | TRAILING] [a] [FROM] b) */
static wr_status *parse_trim(struct special *s)
{
	struct wr_parser *p = s->p;
	const struct wr_token *token = wr_tok_ahead(p, 0);
	bool flag =
	    wr_tok_is(p, WR_KW_BOTH) || wr_tok_is(p, WR_KW_LEADING) || wr_tok_is(p, WR_KW_TRAILING);
	const char *word = flag ? wr_keyword_name(token->code) : "BOTH";
	if (flag)
		wr_tok_skip(p);
	add_symbol(s, WR_AST_UNIT_NONE, word, token->pos);
	struct wr_ast_expr *space = wr_expr_new(p, WR_AST_STRING);
	space->string.bytes = wr_str_of(" ");
	space->pos = token->pos;
	space->text = wr_str_of("' '");
	bool from = flag && wr_tok_take(p, WR_KW_FROM);
	s->call->special_syntax = flag;
	struct wr_ast_expr *first = NULL;
	WR_TRY(wr_parse_expr(p, &first));
	if (!from && wr_tok_take(p, WR_KW_FROM)) {
		s->call->special_syntax = true;
		add_arg(p, &s->args, first);
		return take_arg(s, WR_PREC_ANY);
	}
	add_arg(p, &s->args, space);
	add_arg(p, &s->args, first);
	return NULL;
}

/* SUBSTRING(a FROM b [FOR c]), SUBSTRING(a, b [, c]) */
static wr_status *parse_substring(struct special *s)
{
	struct wr_parser *p = s->p;
	WR_TRY(take_arg(s, WR_PREC_ANY));
	bool from = wr_tok_take(p, WR_KW_FROM);
	s->call->special_syntax = from;
	if (!from && !wr_tok_take_sym(p, ","))
		return wr_tok_expected(p, "FROM or a comma, and where to begin");
	WR_TRY(take_arg(s, WR_PREC_ANY));
	if (from ? wr_tok_take(p, WR_KW_FOR) : wr_tok_take_sym(p, ","))
		return take_arg(s, WR_PREC_ANY);
	return NULL;
}

/* OVERLAY(a PLACING b FROM c [FOR d]) */
static wr_status *parse_overlay(struct special *s)
{
	WR_TRY(take_arg(s, WR_PREC_ANY));
	WR_TRY(wr_tok_need(s->p, WR_KW_PLACING));
	WR_TRY(take_arg(s, WR_PREC_ANY));
	WR_TRY(wr_tok_need(s->p, WR_KW_FROM));
	WR_TRY(take_arg(s, WR_PREC_ANY));
	return wr_tok_take(s->p, WR_KW_FOR) ? take_arg(s, WR_PREC_ANY) : NULL;
}

/* TIMESTAMPADD(unit, n, x), TIMESTAMPDIFF(unit, a, b) */
static wr_status *parse_timestamp_unit(struct special *s)
{
	WR_TRY(take_unit(s));
	for (int i = 0; i < 2; i++) {
		if (!wr_tok_take_sym(s->p, ","))
			return wr_tok_expected(s->p, "a comma and the next argument");
		WR_TRY(take_arg(s, WR_PREC_ANY));
	}
	return NULL;
}

/* TRANSLATE(a, b, c); the form with USING changes character sets, of which there is one. */
static wr_status *parse_translate(struct special *s)
{
	WR_TRY(take_arg(s, WR_PREC_ANY));
	if (wr_tok_is(s->p, WR_KW_USING))
		return wr_tok_unsupported(s->p, s->p->at, "TRANSLATE(... USING ...)");
	s->call->special_syntax = false;
	while (wr_tok_take_sym(s->p, ","))
		WR_TRY(take_arg(s, WR_PREC_ANY));
	return NULL;
}

static const struct special_form {
	enum wr_keyword keyword;                /* the function's word */
	const char *name;                       /* what the call is named */
	wr_status *(*parse)(struct special *s); /* NULL: a JSON function */
} special_forms[] = {
    {WR_KW_EXTRACT, "EXTRACT", parse_extract},
    {WR_KW_FLOOR, "FLOOR", parse_floor},
    {WR_KW_CEIL, "CEIL", parse_floor},
    {WR_KW_CEILING, "CEIL", parse_floor},
    {WR_KW_POSITION, "POSITION", parse_position},
    {WR_KW_TRIM, "TRIM", parse_trim},
    {WR_KW_SUBSTRING, "SUBSTRING", parse_substring},
    {WR_KW_OVERLAY, "OVERLAY", parse_overlay},
    {WR_KW_TRANSLATE, "TRANSLATE", parse_translate},
    {WR_KW_TIMESTAMPADD, "TIMESTAMPADD", parse_timestamp_unit},
    {WR_KW_TIMESTAMPDIFF, "TIMESTAMPDIFF", parse_timestamp_unit},
    {WR_KW_JSON_EXISTS, "JSON_EXISTS", NULL},
    {WR_KW_JSON_VALUE, "JSON_VALUE", NULL},
    {WR_KW_JSON_QUERY, "JSON_QUERY", NULL},
    {WR_KW_JSON_OBJECT, "JSON_OBJECT", NULL},
    {WR_KW_JSON_ARRAY, "JSON_ARRAY", NULL},
    {WR_KW_JSON_OBJECTAGG, "JSON_OBJECTAGG", NULL},
    {WR_KW_JSON_ARRAYAGG, "JSON_ARRAYAGG", NULL},
};

static const struct special_form *find_form(const struct wr_parser *p)
{
	for (size_t i = 0; i < WR_COUNT(special_forms); i++) {
		if (wr_tok_is(p, special_forms[i].keyword))
			return &special_forms[i];
	}
	return NULL;
}

/* The word is next, and "(" behind it. */
wr_status *wr_parse_special_call(struct wr_parser *p, struct wr_node_mark mark, bool *found,
				 struct wr_ast_expr **out)
{
	const struct special_form *form = find_form(p);
	*found = form != NULL;
	if (form == NULL)
		return NULL;
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_CALL);
	struct wr_ast_call *call = &expr->call;
	call->name_pos = wr_tok_skip(p)->pos;
	call->name.parts = WR_NEW(p->arena, struct wr_ast_ident);
	call->name.parts[0] = (struct wr_ast_ident){.text = form->name, .pos = call->name_pos};
	call->name.count = 1;
	call->name.pos = call->name_pos;
	call->special_syntax = true;
	if (form->parse == NULL) {
		WR_TRY(wr_parse_json_args(p, form->keyword, call));
	} else {
		struct special s = {.p = p, .call = call};
		WR_TRY(wr_tok_need_sym(p, "("));
		WR_TRY(form->parse(&s));
		call->args = (struct wr_ast_exprs){s.args.items, s.args.count};
		if (!wr_tok_take_sym(p, ")"))
			return wr_tok_expected(p, "an operator or \")\"");
	}
	WR_TRY(wr_parse_call_tail(p, call));
	*out = expr;
	return wr_expr_finish(p, mark, expr);
}
