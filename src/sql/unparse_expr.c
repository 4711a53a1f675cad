/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_expr - literals, constructs and operators.
 */
#include "sql/unparse_core.h"

/* ---- constructs ------------------------------------------------------------------------------ */

/* CASE [operand] WHEN .. END */
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

/* INTERVAL '1' DAY, INTERVAL (a) DAY */
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
	case WR_AST_QUANTIFIED: return WR_PREC_IN;
	default: return WR_PREC_ATOM;
	}
}

static void put_binary(const struct wr_ast_expr *expr, struct wr_text *out)
{
	enum wr_precedence precedence = precedence_of(expr);
	bool chain = expr->binary.op == WR_AST_OP_AND || expr->binary.op == WR_AST_OP_OR;
	wr_unparse_above(expr->binary.left, precedence, out);
	wr_text_printf(out, " %s ", wr_ast_op_name(expr->binary.op));
	wr_unparse_above(expr->binary.right, chain ? precedence : precedence + 1, out);
}

static void put_unary(const struct wr_ast_expr *expr, struct wr_text *out)
{
	enum wr_ast_op op = expr->unary.op;
	bool sign = op == WR_AST_OP_MINUS || op == WR_AST_OP_PLUS;
	wr_text_puts(out, wr_ast_op_name(op));
	if (!sign || expr->unary.operand->kind == WR_AST_UNARY)
		wr_text_putc(out, ' ');
	wr_unparse_above(expr->unary.operand, precedence_of(expr), out);
}

/* x IS [NOT] test */
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
	wr_unparse_above(expr->is.operand, WR_PREC_IS, out);
	wr_text_printf(out, " IS %s%s", expr->is.negated ? "NOT " : "", tests[expr->is.test]);
}

static void put_between(const struct wr_ast_expr *expr, struct wr_text *out)
{
	wr_unparse_above(expr->between.operand, WR_PREC_IN + 1, out);
	wr_text_puts(out, expr->between.negated ? " NOT BETWEEN " : " BETWEEN ");
	wr_text_puts(out, expr->between.symmetric ? "SYMMETRIC " : "ASYMMETRIC ");
	wr_unparse_above(expr->between.low, WR_PREC_IN + 1, out);
	wr_text_puts(out, " AND ");
	wr_unparse_above(expr->between.high, WR_PREC_IN + 1, out);
}

/* x [NOT] LIKE pattern [ESCAPE c] */
static void put_like(const struct wr_ast_expr *expr, struct wr_text *out)
{
	wr_unparse_above(expr->like.operand, WR_PREC_IN + 1, out);
	wr_text_puts(out, expr->like.negated ? " NOT" : "");
	wr_text_puts(out, expr->like.similar ? " SIMILAR TO " : " LIKE ");
	wr_unparse_above(expr->like.pattern, WR_PREC_IN + 1, out);
	if (expr->like.escape != NULL) {
		wr_text_puts(out, " ESCAPE ");
		wr_unparse_above(expr->like.escape, WR_PREC_IN + 1, out);
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
		wr_unparse_above(expr->in.operand, WR_PREC_IN + 1, out);
		wr_text_puts(out, expr->in.negated ? " NOT IN " : " IN ");
		put_list_or_query(&expr->in.list, expr->in.query, out);
		break;
	case WR_AST_LIKE: put_like(expr, out); break;
	case WR_AST_QUANTIFIED:
		wr_unparse_above(expr->quantified.operand, WR_PREC_IN + 1, out);
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

/* Operand, then [index] or .field: in front of a point, a column keeps its parentheses (a.b would
 * be another column) and so does a number (2. would be another number). */
static void put_postfix(const struct wr_ast_expr *expr, struct wr_text *out)
{
	if (expr->kind == WR_AST_SUBSCRIPT) {
		wr_unparse_above(expr->subscript.operand, WR_PREC_ATOM, out);
		put_list("[",
			 &(struct wr_ast_exprs){(struct wr_ast_expr **)&expr->subscript.index, 1},
			 ']', out);
		return;
	}
	enum wr_ast_expr_kind kind = expr->field.operand->kind;
	bool parentheses = kind == WR_AST_COLUMN || kind == WR_AST_NUMBER;
	wr_text_puts(out, parentheses ? "(" : "");
	wr_unparse_above(expr->field.operand, WR_PREC_ATOM, out);
	wr_text_puts(out, parentheses ? ")." : ".");
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
	case WR_AST_CALL: wr_unparse_call(&expr->call, out); break;
	case WR_AST_ROW: put_list("ROW(", &expr->list, ')', out); break;
	case WR_AST_ARRAY: put_list("ARRAY[", &expr->list, ']', out); break;
	case WR_AST_MAP: put_list("MAP[", &expr->list, ']', out); break;
	default: put_argument(expr, out);
	}
}

/* Operators may need parentheses, all the rest does not. */
void wr_unparse_above(const struct wr_ast_expr *expr, enum wr_precedence min, struct wr_text *out)
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
	wr_unparse_above(expr, WR_PREC_ANY, out);
}
