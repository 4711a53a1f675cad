/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_expr - expressions, types, windows.
 *
 * put(expr, min) prints the expression, in parentheses when its operator binds looser than `min`:
 * the mirror image of wr_parse_expr_above, with the same numbers.
 */
#include "sql/parser_core.h"
#include "sql/unparse.h"

static void put(const struct wr_ast_expr *expr, enum wr_precedence min, struct wr_text *out);

/* ---- names, strings, lists
 * ------------------------------------------------------------------------------------- */

/* The text between two quotes, each quote inside doubled. */
static void put_quoted(struct wr_str text, char quote, struct wr_text *out)
{
	wr_text_putc(out, quote);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == quote)
			wr_text_putc(out, quote);
		wr_text_putc(out, text.data[i]);
	}
	wr_text_putc(out, quote);
}

void wr_unparse_ident(const char *name, struct wr_text *out)
{
	put_quoted(wr_str_of(name), '`', out);
}

void wr_unparse_string(struct wr_str text, struct wr_text *out)
{
	put_quoted(text, '\'', out);
}

void wr_unparse_name(const struct wr_ast_name *name, struct wr_text *out)
{
	for (uint32_t i = 0; i < name->count; i++) {
		if (i > 0)
			wr_text_putc(out, '.');
		wr_unparse_ident(name->parts[i].text, out);
	}
}

void wr_unparse_exprs(const struct wr_ast_exprs *exprs, struct wr_text *out)
{
	for (uint32_t i = 0; i < exprs->count; i++) {
		if (i > 0)
			wr_text_puts(out, ", ");
		wr_unparse_expr(exprs->items[i], out);
	}
}

/* ---- types ----------------------------------------------------------------------------------- */

static const char *const type_words[] = {
    [WR_AST_TYPE_BOOLEAN] = "BOOLEAN",
    [WR_AST_TYPE_TINYINT] = "TINYINT",
    [WR_AST_TYPE_SMALLINT] = "SMALLINT",
    [WR_AST_TYPE_INT] = "INT",
    [WR_AST_TYPE_BIGINT] = "BIGINT",
    [WR_AST_TYPE_FLOAT] = "FLOAT",
    [WR_AST_TYPE_DOUBLE] = "DOUBLE",
    [WR_AST_TYPE_DECIMAL] = "DECIMAL",
    [WR_AST_TYPE_CHAR] = "CHAR",
    [WR_AST_TYPE_VARCHAR] = "VARCHAR",
    [WR_AST_TYPE_STRING] = "STRING",
    [WR_AST_TYPE_BINARY] = "BINARY",
    [WR_AST_TYPE_VARBINARY] = "VARBINARY",
    [WR_AST_TYPE_BYTES] = "BYTES",
    [WR_AST_TYPE_DATE] = "DATE",
    [WR_AST_TYPE_TIME] = "TIME",
    [WR_AST_TYPE_TIMESTAMP] = "TIMESTAMP",
    [WR_AST_TYPE_TIMESTAMP_LTZ] = "TIMESTAMP_LTZ",
    [WR_AST_TYPE_INTERVAL] = "INTERVAL",
    [WR_AST_TYPE_ARRAY] = "ARRAY",
    [WR_AST_TYPE_MULTISET] = "MULTISET",
    [WR_AST_TYPE_MAP] = "MAP",
    [WR_AST_TYPE_ROW] = "ROW",
    [WR_AST_TYPE_NULL] = "NULL",
};

void wr_unparse_interval(const struct wr_ast_interval *interval, struct wr_text *out)
{
	wr_text_puts(out, wr_ast_unit_name(interval->from));
	bool single = interval->to == WR_AST_UNIT_NONE;
	if (interval->leading_precision >= 0) {
		wr_text_printf(out, "(%d", interval->leading_precision);
		if (single && interval->fraction_precision >= 0)
			wr_text_printf(out, ", %d", interval->fraction_precision);
		wr_text_putc(out, ')');
	}
	if (single)
		return;
	wr_text_printf(out, " TO %s", wr_ast_unit_name(interval->to));
	if (interval->fraction_precision >= 0)
		wr_text_printf(out, "(%d)", interval->fraction_precision);
}

/* ROW<`a` INT 'comment', ..> */
static void put_fields(const struct wr_ast_type *type, struct wr_text *out)
{
	wr_text_putc(out, '<');
	for (uint32_t i = 0; i < type->field_count; i++) {
		if (i > 0)
			wr_text_puts(out, ", ");
		wr_unparse_ident(type->fields[i].name.text, out);
		wr_text_putc(out, ' ');
		wr_unparse_type(type->fields[i].type, out);
		if (type->fields[i].comment != NULL) {
			wr_text_putc(out, ' ');
			wr_unparse_string(wr_str_of(type->fields[i].comment), out);
		}
	}
	wr_text_putc(out, '>');
}

void wr_unparse_type(const struct wr_ast_type *type, struct wr_text *out)
{
	wr_text_puts(out, type_words[type->kind]);
	if (type->kind == WR_AST_TYPE_INTERVAL) {
		wr_text_putc(out, ' ');
		wr_unparse_interval(&type->interval, out);
	} else if (type->kind == WR_AST_TYPE_ROW) {
		put_fields(type, out);
	} else if (type->element != NULL) {
		wr_text_putc(out, '<');
		if (type->key != NULL) {
			wr_unparse_type(type->key, out);
			wr_text_puts(out, ", ");
		}
		wr_unparse_type(type->element, out);
		wr_text_putc(out, '>');
	} else if (type->scale >= 0) {
		wr_text_printf(out, "(%d, %d)", type->precision, type->scale);
	} else if (type->precision >= 0) {
		wr_text_printf(out, "(%d)", type->precision);
	}
	if (type->nullability != WR_AST_NULL_UNSAID)
		wr_text_puts(out,
			     type->nullability == WR_AST_NULL_FORBIDDEN ? " NOT NULL" : " NULL");
}

/* ---- windows --------------------------------------------------------------------------------- */

void wr_unparse_order(const struct wr_ast_order *order, struct wr_text *out)
{
	for (uint32_t i = 0; i < order->count; i++) {
		const struct wr_ast_order_item *item = &order->items[i];
		if (i > 0)
			wr_text_puts(out, ", ");
		wr_unparse_expr(item->expr, out);
		if (item->descending)
			wr_text_puts(out, " DESC");
		if (item->nulls != WR_AST_NULLS_UNSAID)
			wr_text_puts(out, item->nulls == WR_AST_NULLS_FIRST ? " NULLS FIRST"
									    : " NULLS LAST");
	}
}

static void put_bound(enum wr_ast_bound bound, const struct wr_ast_expr *expr, struct wr_text *out)
{
	switch (bound) {
	case WR_AST_UNBOUNDED_PRECEDING: wr_text_puts(out, "UNBOUNDED PRECEDING"); return;
	case WR_AST_UNBOUNDED_FOLLOWING: wr_text_puts(out, "UNBOUNDED FOLLOWING"); return;
	case WR_AST_CURRENT_ROW: wr_text_puts(out, "CURRENT ROW"); return;
	case WR_AST_PRECEDING:
	case WR_AST_FOLLOWING:
		wr_unparse_expr(expr, out);
		wr_text_puts(out, bound == WR_AST_PRECEDING ? " PRECEDING" : " FOLLOWING");
		return;
	}
}

/* Puts a space unless the parenthesis has just been opened. */
static void put_space(struct wr_text *out)
{
	if (out->len > 0 && out->data[out->len - 1] != '(')
		wr_text_putc(out, ' ');
}

void wr_unparse_window(const struct wr_ast_window *window, struct wr_text *out)
{
	if (window->bare) {
		wr_unparse_ident(window->base.text, out);
		return;
	}
	wr_text_putc(out, '(');
	if (window->base.text != NULL)
		wr_unparse_ident(window->base.text, out);
	if (window->partition.count > 0) {
		put_space(out);
		wr_text_puts(out, "PARTITION BY ");
		wr_unparse_exprs(&window->partition, out);
	}
	if (window->order.count > 0) {
		put_space(out);
		wr_text_puts(out, "ORDER BY ");
		wr_unparse_order(&window->order, out);
	}
	if (window->frame != WR_AST_FRAME_UNSAID) {
		put_space(out);
		wr_text_puts(out, window->frame == WR_AST_FRAME_ROWS ? "ROWS " : "RANGE ");
		wr_text_puts(out, window->frame_between ? "BETWEEN " : "");
		put_bound(window->start, window->start_expr, out);
		if (window->frame_between) {
			wr_text_puts(out, " AND ");
			put_bound(window->end, window->end_expr, out);
		}
	}
	wr_text_putc(out, ')');
}

/* ---- calls ----------------------------------------------------------------------------------- */

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
		put(call->args.items[0], WR_PREC_IN + 1, out);
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
	put_space(out);
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

static void put_call(const struct wr_ast_call *call, struct wr_text *out)
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

/* ---- constructs ------------------------------------------------------------------------------ */

static void put_case(const struct wr_ast_expr *expr, struct wr_text *out)
{
	wr_text_puts(out, "CASE");
	if (expr->case_.operand != NULL) {
		wr_text_putc(out, ' ');
		wr_unparse_expr(expr->case_.operand, out);
	}
	for (uint32_t i = 0; i < expr->case_.when_count; i++) {
		wr_text_puts(out, " WHEN ");
		wr_unparse_expr(expr->case_.whens[i].when, out);
		wr_text_puts(out, " THEN ");
		wr_unparse_expr(expr->case_.whens[i].then, out);
	}
	if (expr->case_.otherwise != NULL) {
		wr_text_puts(out, " ELSE ");
		wr_unparse_expr(expr->case_.otherwise, out);
	}
	wr_text_puts(out, " END");
}

static void put_interval(const struct wr_ast_expr *expr, struct wr_text *out)
{
	wr_text_puts(out, "INTERVAL ");
	if (expr->interval.negative)
		wr_text_putc(out, '-');
	if (expr->interval.value != NULL) {
		wr_unparse_string(wr_str_of(expr->interval.value), out);
	} else {
		wr_text_putc(out, '(');
		wr_unparse_expr(expr->interval.amount, out);
		wr_text_putc(out, ')');
	}
	wr_text_putc(out, ' ');
	wr_unparse_interval(&expr->interval.qualifier, out);
}

/* TABLE t PARTITION BY (a, b) ORDER BY (c) */
static void put_table_arg(const struct wr_ast_expr *expr, struct wr_text *out)
{
	if (expr->table_arg.table->kind == WR_AST_TABLE_NAME)
		wr_text_puts(out, "TABLE ");
	wr_unparse_table(expr->table_arg.table, out);
	if (expr->table_arg.partition.count > 0) {
		wr_text_puts(out, " PARTITION BY (");
		wr_unparse_exprs(&expr->table_arg.partition, out);
		wr_text_putc(out, ')');
	}
	if (expr->table_arg.order.count > 0) {
		wr_text_puts(out, " ORDER BY (");
		wr_unparse_order(&expr->table_arg.order, out);
		wr_text_putc(out, ')');
	}
}

/* 'a literal' behind a word; X'..' for bytes */
static void put_literal(const struct wr_ast_expr *expr, struct wr_text *out)
{
	struct wr_str bytes = expr->string.bytes;
	switch (expr->kind) {
	case WR_AST_BYTES:
		wr_text_puts(out, "X'");
		for (size_t i = 0; i < bytes.len; i++)
			wr_text_printf(out, "%02X", (unsigned char)bytes.data[i]);
		wr_text_putc(out, '\'');
		return;
	case WR_AST_DATE: wr_text_puts(out, "DATE "); break;
	case WR_AST_TIME: wr_text_puts(out, "TIME "); break;
	case WR_AST_TIMESTAMP: wr_text_puts(out, "TIMESTAMP "); break;
	case WR_AST_TIMESTAMP_LTZ: wr_text_puts(out, "TIMESTAMP WITH LOCAL TIME ZONE "); break;
	default: break;
	}
	wr_unparse_string(bytes, out);
}

/* (list) or (query) of IN and of quantified comparisons */
static void put_list_or_query(const struct wr_ast_exprs *list, const struct wr_ast_query *query,
			      struct wr_text *out)
{
	wr_text_putc(out, '(');
	if (query != NULL)
		wr_unparse_query(query, out);
	else
		wr_unparse_exprs(list, out);
	wr_text_putc(out, ')');
}

/* word(query) */
static void put_query(const char *word, const struct wr_ast_query *query, struct wr_text *out)
{
	wr_text_puts(out, word);
	put_list_or_query(NULL, query, out);
}

/* word, list, and the bracket that closes it */
static void put_list(const char *open, const struct wr_ast_exprs *list, char close,
		     struct wr_text *out)
{
	wr_text_puts(out, open);
	wr_unparse_exprs(list, out);
	wr_text_putc(out, close);
}

/* ---- operators ------------------------------------------------------------------------------- */

/* How tight the expression's outermost operator binds. */
static enum wr_precedence precedence_of(const struct wr_ast_expr *expr)
{
	switch (expr->kind) {
	case WR_AST_UNARY: return expr->unary.op == WR_AST_OP_NOT ? WR_PREC_NOT : WR_PREC_UNARY;
	case WR_AST_BINARY:
		switch (expr->binary.op) {
		case WR_AST_OP_OR: return WR_PREC_OR;
		case WR_AST_OP_AND: return WR_PREC_AND;
		case WR_AST_OP_ADD:
		case WR_AST_OP_SUB: return WR_PREC_ADD;
		case WR_AST_OP_MUL:
		case WR_AST_OP_DIV:
		case WR_AST_OP_MOD:
		case WR_AST_OP_CONCAT: return WR_PREC_MUL;
		default: return WR_PREC_COMPARE;
		}
	case WR_AST_IS: return WR_PREC_IS;
	case WR_AST_BETWEEN:
	case WR_AST_IN:
	case WR_AST_LIKE: return WR_PREC_IN;
	case WR_AST_QUANTIFIED: return WR_PREC_COMPARE;
	default: return WR_PREC_ATOM;
	}
}

static void put_binary(const struct wr_ast_expr *expr, struct wr_text *out)
{
	enum wr_precedence precedence = precedence_of(expr);
	bool chain = expr->binary.op == WR_AST_OP_AND || expr->binary.op == WR_AST_OP_OR;
	put(expr->binary.left, precedence, out);
	wr_text_printf(out, " %s ", wr_ast_op_name(expr->binary.op));
	put(expr->binary.right, chain ? precedence : precedence + 1, out);
}

static void put_unary(const struct wr_ast_expr *expr, struct wr_text *out)
{
	enum wr_ast_op op = expr->unary.op;
	bool sign = op == WR_AST_OP_MINUS || op == WR_AST_OP_PLUS;
	wr_text_puts(out, wr_ast_op_name(op));
	if (!sign || expr->unary.operand->kind == WR_AST_UNARY)
		wr_text_putc(out, ' ');
	put(expr->unary.operand, precedence_of(expr), out);
}

static void put_is(const struct wr_ast_expr *expr, struct wr_text *out)
{
	static const char *const tests[] = {
	    [WR_AST_IS_NULL] = "NULL",
	    [WR_AST_IS_TRUE] = "TRUE",
	    [WR_AST_IS_FALSE] = "FALSE",
	    [WR_AST_IS_UNKNOWN] = "UNKNOWN",
	    [WR_AST_IS_JSON_VALUE] = "JSON VALUE",
	    [WR_AST_IS_JSON_OBJECT] = "JSON OBJECT",
	    [WR_AST_IS_JSON_ARRAY] = "JSON ARRAY",
	    [WR_AST_IS_JSON_SCALAR] = "JSON SCALAR",
	};
	put(expr->is.operand, WR_PREC_IS, out);
	wr_text_printf(out, " IS %s%s", expr->is.negated ? "NOT " : "", tests[expr->is.test]);
}

static void put_between(const struct wr_ast_expr *expr, struct wr_text *out)
{
	put(expr->between.operand, WR_PREC_IN, out);
	wr_text_puts(out, expr->between.negated ? " NOT BETWEEN " : " BETWEEN ");
	wr_text_puts(out, expr->between.symmetric ? "SYMMETRIC " : "ASYMMETRIC ");
	put(expr->between.low, WR_PREC_IN + 1, out);
	wr_text_puts(out, " AND ");
	put(expr->between.high, WR_PREC_IN + 1, out);
}

static void put_like(const struct wr_ast_expr *expr, struct wr_text *out)
{
	put(expr->like.operand, WR_PREC_IN, out);
	wr_text_puts(out, expr->like.negated ? " NOT" : "");
	wr_text_puts(out, expr->like.similar ? " SIMILAR TO " : " LIKE ");
	put(expr->like.pattern, WR_PREC_IN + 1, out);
	if (expr->like.escape != NULL) {
		wr_text_puts(out, " ESCAPE ");
		put(expr->like.escape, WR_PREC_IN + 1, out);
	}
}

/* Operators and predicates; everything else goes to put_atom. */
static void put_operator(const struct wr_ast_expr *expr, struct wr_text *out)
{
	switch (expr->kind) {
	case WR_AST_UNARY: put_unary(expr, out); break;
	case WR_AST_BINARY: put_binary(expr, out); break;
	case WR_AST_IS: put_is(expr, out); break;
	case WR_AST_BETWEEN: put_between(expr, out); break;
	case WR_AST_IN:
		put(expr->in.operand, WR_PREC_IN, out);
		wr_text_puts(out, expr->in.negated ? " NOT IN " : " IN ");
		put_list_or_query(&expr->in.list, expr->in.query, out);
		break;
	case WR_AST_LIKE: put_like(expr, out); break;
	case WR_AST_QUANTIFIED:
		put(expr->quantified.operand, WR_PREC_COMPARE, out);
		wr_text_printf(out, " %s %s ", wr_ast_op_name(expr->quantified.op),
			       expr->quantified.quantifier == WR_AST_ALL ? "ALL" : "ANY");
		put_list_or_query(&expr->quantified.list, expr->quantified.query, out);
		break;
	default: WR_ASSERT(false);
	}
}

/* A name with what it is qualified by, * included. */
static void put_star(const struct wr_ast_expr *expr, struct wr_text *out)
{
	wr_unparse_name(&expr->column, out);
	wr_text_puts(out, expr->column.count > 0 ? ".*" : "*");
}

/* Operand, then [index] or .field: a column in front of a point keeps its parentheses. */
static void put_postfix(const struct wr_ast_expr *expr, struct wr_text *out)
{
	if (expr->kind == WR_AST_SUBSCRIPT) {
		put(expr->subscript.operand, WR_PREC_ATOM, out);
		put_list("[",
			 &(struct wr_ast_exprs){(struct wr_ast_expr **)&expr->subscript.index, 1},
			 ']', out);
		return;
	}
	bool column = expr->field.operand->kind == WR_AST_COLUMN;
	wr_text_puts(out, column ? "(" : "");
	put(expr->field.operand, WR_PREC_ATOM, out);
	wr_text_puts(out, column ? ")." : ".");
	wr_unparse_ident(expr->field.name.text, out);
}

/* What stands in arguments only. */
static void put_argument(const struct wr_ast_expr *expr, struct wr_text *out)
{
	switch (expr->kind) {
	case WR_AST_SYMBOL: wr_text_puts(out, expr->symbol.word); break;
	case WR_AST_DESCRIPTOR:
		wr_text_puts(out, "DESCRIPTOR(");
		for (uint32_t i = 0; i < expr->descriptor.columns.count; i++) {
			wr_text_puts(out, i > 0 ? ", " : "");
			wr_unparse_ident(expr->descriptor.columns.items[i].text, out);
		}
		wr_text_putc(out, ')');
		break;
	case WR_AST_TABLE_ARG: put_table_arg(expr, out); break;
	case WR_AST_NAMED_ARG:
		wr_unparse_ident(expr->named_arg.name.text, out);
		wr_text_puts(out, " => ");
		wr_unparse_expr(expr->named_arg.value, out);
		break;
	case WR_AST_DEFAULT: wr_text_puts(out, "DEFAULT"); break;
	default: WR_ASSERT(false);
	}
}

/* Everything that is no operator: it needs no parentheses around it. One case per kind. */
static void put_atom(const struct wr_ast_expr *expr, struct wr_text *out)
{
	switch (expr->kind) {
	case WR_AST_NUMBER: wr_text_puts(out, expr->number.text); break;
	case WR_AST_BOOLEAN: wr_text_puts(out, expr->boolean ? "TRUE" : "FALSE"); break;
	case WR_AST_UNKNOWN: wr_text_puts(out, "UNKNOWN"); break;
	case WR_AST_NULL: wr_text_puts(out, "NULL"); break;
	case WR_AST_STRING:
	case WR_AST_BYTES:
	case WR_AST_DATE:
	case WR_AST_TIME:
	case WR_AST_TIMESTAMP:
	case WR_AST_TIMESTAMP_LTZ: put_literal(expr, out); break;
	case WR_AST_INTERVAL: put_interval(expr, out); break;
	case WR_AST_COLUMN: wr_unparse_name(&expr->column, out); break;
	case WR_AST_STAR: put_star(expr, out); break;
	case WR_AST_FIELD:
	case WR_AST_SUBSCRIPT: put_postfix(expr, out); break;
	case WR_AST_EXISTS: put_query("EXISTS ", expr->query, out); break;
	case WR_AST_QUERY: put_query("", expr->query, out); break;
	case WR_AST_ARRAY_QUERY: put_query("ARRAY", expr->query, out); break;
	case WR_AST_CASE: put_case(expr, out); break;
	case WR_AST_CAST:
		wr_text_puts(out, expr->cast.try_cast ? "TRY_CAST(" : "CAST(");
		wr_unparse_expr(expr->cast.operand, out);
		wr_text_puts(out, " AS ");
		wr_unparse_type(expr->cast.type, out);
		wr_text_putc(out, ')');
		break;
	case WR_AST_CALL: put_call(&expr->call, out); break;
	case WR_AST_ROW: put_list("ROW(", &expr->list, ')', out); break;
	case WR_AST_ARRAY: put_list("ARRAY[", &expr->list, ']', out); break;
	case WR_AST_MAP: put_list("MAP[", &expr->list, ']', out); break;
	default: put_argument(expr, out);
	}
}

static void put(const struct wr_ast_expr *expr, enum wr_precedence min, struct wr_text *out)
{
	enum wr_precedence precedence = precedence_of(expr);
	bool parentheses = precedence < min;
	if (parentheses)
		wr_text_putc(out, '(');
	if (precedence == WR_PREC_ATOM)
		put_atom(expr, out);
	else
		put_operator(expr, out);
	if (parentheses)
		wr_text_putc(out, ')');
}

void wr_unparse_expr(const struct wr_ast_expr *expr, struct wr_text *out)
{
	put(expr, WR_PREC_ANY, out);
}
