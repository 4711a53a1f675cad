/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_expr - operators, by climbing precedences.
 *
 * wr_parse_expr_above(min) reads one operand and then, as long as the operator that follows binds
 * at least as tight as min, that operator and its right side, which is read with a larger min
 * (operators of one level lean left). The precedences are Calcite's, some of them surprising: `a =
 * b IS NULL` is `(a = b) IS NULL`, and || binds like *.
 *
 * Chains of AND and OR are read into a list and then made a tree: generated conditions have
 * thousands of terms, and a balanced tree keeps them within the height limit (A1 of ast.h).
 */
#include "sql/parser_core.h"

#define CHAIN_LEANING_MAX 32 /* longer chains of AND and OR are balanced */

/* ---- the table of binary operators
 * ----------------------------------------------------------------------------- */

struct binary_op {
	enum wr_ast_op op;             /* 0: the next token is no such operator */
	enum wr_precedence precedence; /* how tight it binds */
	uint32_t tokens;               /* it is written with */
};

/* The binary operator at the next token, without those with special right sides. */
static struct binary_op find_binary(const struct wr_parser *p)
{
	static const struct {
		const char *symbol;            /* as written */
		enum wr_ast_op op;             /* what it means */
		enum wr_precedence precedence; /* how tight it binds */
	} symbols[] = {
	    {"=", WR_AST_OP_EQ, WR_PREC_COMPARE},  {"<>", WR_AST_OP_NE, WR_PREC_COMPARE},
	    {"!=", WR_AST_OP_NE, WR_PREC_COMPARE}, {"<", WR_AST_OP_LT, WR_PREC_COMPARE},
	    {"<=", WR_AST_OP_LE, WR_PREC_COMPARE}, {">", WR_AST_OP_GT, WR_PREC_COMPARE},
	    {">=", WR_AST_OP_GE, WR_PREC_COMPARE}, {"+", WR_AST_OP_ADD, WR_PREC_ADD},
	    {"-", WR_AST_OP_SUB, WR_PREC_ADD},     {"*", WR_AST_OP_MUL, WR_PREC_MUL},
	    {"/", WR_AST_OP_DIV, WR_PREC_MUL},     {"%", WR_AST_OP_MOD, WR_PREC_MUL},
	    {"||", WR_AST_OP_CONCAT, WR_PREC_MUL},
	};
	const struct wr_token *token = wr_tok_ahead(p, 0);
	if (token->kind == WR_TOKEN_SYMBOL) {
		for (size_t i = 0; i < WR_COUNT(symbols); i++) {
			if (token->code == wr_tok_code(symbols[i].symbol))
				return (struct binary_op){symbols[i].op, symbols[i].precedence, 1};
		}
	}
	if (token->kind != WR_TOKEN_WORD)
		return (struct binary_op){0};
	if (token->code == WR_KW_AND)
		return (struct binary_op){WR_AST_OP_AND, WR_PREC_AND, 1};
	if (token->code == WR_KW_OR)
		return (struct binary_op){WR_AST_OP_OR, WR_PREC_OR, 1};
	if (token->code == WR_KW_OVERLAPS)
		return (struct binary_op){WR_AST_OP_OVERLAPS, WR_PREC_COMPARE, 1};
	if (token->code == WR_KW_IS && wr_tok_ahead_is(p, 1, WR_KW_DISTINCT))
		return (struct binary_op){WR_AST_OP_DISTINCT, WR_PREC_COMPARE, 3};
	if (token->code == WR_KW_IS && wr_tok_ahead_is(p, 1, WR_KW_NOT) &&
	    wr_tok_ahead_is(p, 2, WR_KW_DISTINCT))
		return (struct binary_op){WR_AST_OP_NOT_DISTINCT, WR_PREC_COMPARE, 4};
	return (struct binary_op){0};
}

/* Infix words that Calcite knows and the engine does not; NULL: not one of them. */
static const char *unsupported_infix(const struct wr_parser *p)
{
	static const enum wr_keyword words[] = {WR_KW_ILIKE,    WR_KW_RLIKE,       WR_KW_CONTAINS,
						WR_KW_PRECEDES, WR_KW_SUCCEEDS,    WR_KW_EQUALS,
						WR_KW_MEMBER,   WR_KW_SUBMULTISET, WR_KW_MULTISET,
						WR_KW_COLLATE,  WR_KW_FORMAT};
	if (wr_tok_ahead(p, 0)->kind != WR_TOKEN_WORD)
		return NULL;
	enum wr_keyword keyword = wr_tok_ahead(p, 0)->code;
	if (keyword == WR_KW_NOT)
		keyword = wr_tok_ahead(p, 1)->kind == WR_TOKEN_WORD ? wr_tok_ahead(p, 1)->code
								    : WR_NO_KEYWORD;
	if (keyword == WR_KW_FORMAT && !wr_tok_ahead_is(p, 1, WR_KW_JSON))
		return NULL;
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (keyword == words[i])
			return keyword == WR_KW_FORMAT ? "FORMAT JSON" : wr_keyword_name(keyword);
	}
	return NULL;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

struct wr_ast_expr *wr_expr_new(struct wr_parser *p, enum wr_ast_expr_kind kind)
{
	struct wr_ast_expr *expr = WR_NEW(p->arena, struct wr_ast_expr);
	expr->kind = kind;
	return expr;
}

wr_status *wr_expr_finish(struct wr_parser *p, struct wr_node_mark mark, struct wr_ast_expr *expr)
{
	return wr_node_finish(p, mark, &expr->pos, &expr->text);
}

static struct wr_ast_expr *new_binary(struct wr_parser *p, enum wr_ast_op op, struct wr_pos op_pos,
				      struct wr_ast_expr *left, struct wr_ast_expr *right)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_BINARY);
	expr->binary.op = op;
	expr->binary.op_pos = op_pos;
	expr->binary.left = left;
	expr->binary.right = right;
	return expr;
}

/* ---- chains of AND and OR
 * -------------------------------------------------------------------------------------- */

struct chain_item {
	struct wr_ast_expr *expr; /* an operand */
	struct wr_pos op_pos;     /* of the operator before it */
	uint32_t first;           /* its first token */
	uint32_t end;             /* the token behind it */
};

/* The tree of items [from, to): leaning left, or balanced. Recursion is as deep as the tree is
 * high. */
static struct wr_ast_expr *build_chain(struct wr_parser *p, enum wr_ast_op op,
				       const struct chain_item *items, uint32_t from, uint32_t to)
{
	WR_ASSERT(from < to);
	if (to - from == 1)
		return items[from].expr;
	uint32_t middle = to - from <= CHAIN_LEANING_MAX ? to - 1 : from + (to - from) / 2;
	struct wr_ast_expr *left = build_chain(p, op, items, from, middle);
	struct wr_ast_expr *right = build_chain(p, op, items, middle, to);
	struct wr_ast_expr *expr = new_binary(p, op, items[middle].op_pos, left, right);
	wr_node_span(p, items[from].first, items[to - 1].end, &expr->pos, &expr->text);
	return expr;
}

/* left AND b AND c ...: the operator is next. */
static wr_status *parse_chain(struct wr_parser *p, struct wr_node_mark mark, struct binary_op op,
			      struct wr_ast_expr **left)
{
	struct wr_grow grow = {0};
	struct chain_item item = {.expr = *left, .first = mark.token, .end = p->at};
	memcpy(wr_grow_add(p, &grow, sizeof(item)), &item, sizeof(item));
	while (find_binary(p).op == op.op) {
		item.op_pos = wr_tok_skip(p)->pos;
		item.first = p->at;
		WR_TRY(wr_parse_expr_above(p, op.precedence + 1, &item.expr));
		item.end = p->at;
		memcpy(wr_grow_add(p, &grow, sizeof(item)), &item, sizeof(item));
	}
	uint32_t levels = 0;
	uint32_t count = grow.count;
	for (; count > CHAIN_LEANING_MAX; count -= count / 2)
		levels++;
	WR_TRY(wr_node_raise(p, mark, levels + count - 1));
	*left = build_chain(p, op.op, grow.items, 0, grow.count);
	return NULL;
}

/* ---- predicates ------------------------------------------------------------------------------ */

/* IS [NOT] NULL, TRUE, FALSE, UNKNOWN, JSON ..: IS is next. */
static wr_status *parse_is(struct wr_parser *p, struct wr_node_mark mark, struct wr_ast_expr **left)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_IS);
	uint32_t first = p->at;
	wr_tok_skip(p);
	expr->is.operand = *left;
	expr->is.negated = wr_tok_take(p, WR_KW_NOT);
	if (wr_tok_take(p, WR_KW_NULL))
		expr->is.test = WR_AST_IS_NULL;
	else if (wr_tok_take(p, WR_KW_TRUE))
		expr->is.test = WR_AST_IS_TRUE;
	else if (wr_tok_take(p, WR_KW_FALSE))
		expr->is.test = WR_AST_IS_FALSE;
	else if (wr_tok_take(p, WR_KW_UNKNOWN))
		expr->is.test = WR_AST_IS_UNKNOWN;
	else if (wr_tok_take2(p, WR_KW_JSON, WR_KW_OBJECT))
		expr->is.test = WR_AST_IS_JSON_OBJECT;
	else if (wr_tok_take2(p, WR_KW_JSON, WR_KW_ARRAY))
		expr->is.test = WR_AST_IS_JSON_ARRAY;
	else if (wr_tok_take2(p, WR_KW_JSON, WR_KW_SCALAR))
		expr->is.test = WR_AST_IS_JSON_SCALAR;
	else if (wr_tok_take2(p, WR_KW_JSON, WR_KW_VALUE) || wr_tok_take(p, WR_KW_JSON))
		expr->is.test = WR_AST_IS_JSON_VALUE;
	else if (wr_tok_is(p, WR_KW_EMPTY))
		return wr_tok_unsupported(p, first, "IS EMPTY");
	else if (wr_tok_ahead(p, 0)->kind == WR_TOKEN_WORD && wr_tok_ahead_is(p, 1, WR_KW_SET))
		return wr_tok_unsupported(p, first, "IS A SET");
	else
		return wr_tok_expected(p, "NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM or JSON");
	*left = expr;
	return wr_expr_finish(p, mark, expr);
}

/* [SYMMETRIC | ASYMMETRIC] low AND high: behind BETWEEN. */
static wr_status *parse_between(struct wr_parser *p, bool negated, struct wr_ast_expr **left)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_BETWEEN);
	expr->between.negated = negated;
	expr->between.operand = *left;
	expr->between.symmetric = wr_tok_take(p, WR_KW_SYMMETRIC);
	if (!expr->between.symmetric)
		wr_tok_take(p, WR_KW_ASYMMETRIC);
	WR_TRY(wr_parse_expr_above(p, WR_PREC_NOT, &expr->between.low));
	if (!wr_tok_take(p, WR_KW_AND))
		return wr_tok_expected(p, "AND and the upper bound of BETWEEN");
	WR_TRY(wr_parse_expr_above(p, WR_PREC_IN + 1, &expr->between.high));
	*left = expr;
	return NULL;
}

/* pattern [ESCAPE c]: behind LIKE or SIMILAR TO. */
static wr_status *parse_like(struct wr_parser *p, bool negated, bool similar,
			     struct wr_ast_expr **left)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_LIKE);
	expr->like.negated = negated;
	expr->like.similar = similar;
	expr->like.operand = *left;
	WR_TRY(wr_parse_expr_above(p, WR_PREC_IN + 1, &expr->like.pattern));
	if (wr_tok_take(p, WR_KW_ESCAPE))
		WR_TRY(wr_parse_expr_above(p, WR_PREC_IN + 1, &expr->like.escape));
	*left = expr;
	return NULL;
}

/* (query) or (a, b, ..): "(" is next. */
static wr_status *parse_list_or_query(struct wr_parser *p, struct wr_ast_exprs *list,
				      struct wr_ast_query **query)
{
	if (!wr_tok_is_sym(p, "("))
		return wr_tok_expected(p, "\"(\" with a list or a query");
	if (wr_tok_is_query(p))
		return wr_parse_subquery(p, query);
	wr_tok_skip(p);
	WR_TRY(wr_parse_exprs(p, list));
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a comma or \")\"");
	return NULL;
}

/* Behind IN. */
static wr_status *parse_in(struct wr_parser *p, bool negated, struct wr_ast_expr **left)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_IN);
	expr->in.negated = negated;
	expr->in.operand = *left;
	WR_TRY(parse_list_or_query(p, &expr->in.list, &expr->in.query));
	*left = expr;
	return NULL;
}

/* [NOT] IN, BETWEEN, LIKE, SIMILAR TO; *found false: none of them is next. */
static wr_status *parse_predicate(struct wr_parser *p, struct wr_node_mark mark, bool *found,
				  struct wr_ast_expr **left)
{
	bool negated = wr_tok_is(p, WR_KW_NOT);
	uint32_t word = negated ? 1 : 0;
	bool in = wr_tok_ahead_is(p, word, WR_KW_IN);
	bool between = wr_tok_ahead_is(p, word, WR_KW_BETWEEN);
	bool like = wr_tok_ahead_is(p, word, WR_KW_LIKE);
	bool similar = wr_tok_ahead_is(p, word, WR_KW_SIMILAR);
	*found = in || between || like || similar;
	if (!*found)
		return NULL;
	p->at += word + 1;
	if (similar)
		WR_TRY(wr_tok_need(p, WR_KW_TO));
	if (in)
		WR_TRY(parse_in(p, negated, left));
	else if (between)
		WR_TRY(parse_between(p, negated, left));
	else
		WR_TRY(parse_like(p, negated, similar, left));
	return wr_expr_finish(p, mark, *left);
}

/* x > ALL (..): the quantifier is next, the comparison before it has been read. */
static wr_status *parse_quantified(struct wr_parser *p, struct wr_node_mark mark, enum wr_ast_op op,
				   struct wr_ast_expr **left)
{
	struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_QUANTIFIED);
	expr->quantified.op = op;
	expr->quantified.operand = *left;
	expr->quantified.quantifier = wr_tok_is(p, WR_KW_ALL) ? WR_AST_ALL : WR_AST_ANY;
	wr_tok_skip(p);
	WR_TRY(parse_list_or_query(p, &expr->quantified.list, &expr->quantified.query));
	*left = expr;
	return wr_expr_finish(p, mark, expr);
}

/* ---- operands -------------------------------------------------------------------------------- */

/* a[1], expr.field behind a primary. */
static wr_status *parse_postfix(struct wr_parser *p, struct wr_node_mark mark,
				struct wr_ast_expr **left)
{
	for (;;) {
		struct wr_ast_expr *expr = NULL;
		if (wr_tok_take_sym(p, "[")) {
			expr = wr_expr_new(p, WR_AST_SUBSCRIPT);
			expr->subscript.operand = *left;
			WR_TRY(wr_parse_expr(p, &expr->subscript.index));
			if (!wr_tok_take_sym(p, "]"))
				return wr_tok_expected(p, "an operator or \"]\"");
		} else if ((*left)->kind != WR_AST_STAR && wr_tok_take_sym(p, ".")) {
			expr = wr_expr_new(p, WR_AST_FIELD);
			expr->field.operand = *left;
			WR_TRY(wr_parse_ident(p, "a field's name behind the point",
					      &expr->field.name));
		} else {
			return NULL;
		}
		WR_TRY(wr_expr_finish(p, mark, expr));
		*left = expr;
	}
}

/* +x, -x, NOT x, EXISTS (..), or a primary with what hangs on it. */
static wr_status *parse_operand(struct wr_parser *p, struct wr_node_mark mark,
				struct wr_ast_expr **out)
{
	enum wr_ast_op op = 0;
	enum wr_precedence precedence = WR_PREC_UNARY;
	if (wr_tok_is_sym(p, "-"))
		op = WR_AST_OP_MINUS;
	else if (wr_tok_is_sym(p, "+"))
		op = WR_AST_OP_PLUS;
	else if (wr_tok_is(p, WR_KW_NOT)) {
		op = WR_AST_OP_NOT;
		precedence = WR_PREC_NOT;
	} else if (wr_tok_is(p, WR_KW_RUNNING))
		op = WR_AST_OP_RUNNING;
	else if (p->in_match && wr_tok_is(p, WR_KW_FINAL) &&
		 wr_tok_ahead(p, 1)->kind == WR_TOKEN_WORD)
		op = WR_AST_OP_FINAL;
	if (op != 0) {
		struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_UNARY);
		expr->unary.op = op;
		wr_tok_skip(p);
		WR_TRY(wr_parse_expr_above(p, precedence, &expr->unary.operand));
		*out = expr;
		return wr_expr_finish(p, mark, expr);
	}
	if (wr_tok_take(p, WR_KW_EXISTS)) {
		struct wr_ast_expr *expr = wr_expr_new(p, WR_AST_EXISTS);
		if (!wr_tok_is_query(p))
			return wr_tok_expected(p, "a query in parentheses behind EXISTS");
		WR_TRY(wr_parse_subquery(p, &expr->query));
		*out = expr;
		return wr_expr_finish(p, mark, expr);
	}
	WR_TRY(wr_parse_primary(p, mark, out));
	return parse_postfix(p, mark, out);
}

/* ---- climbing -------------------------------------------------------------------------------- */

/* The comparison at the next token is followed by ALL ( , ANY ( or SOME ( . */
static bool is_quantified(const struct wr_parser *p, struct binary_op op)
{
	if (op.op < WR_AST_OP_EQ || op.op > WR_AST_OP_GE || !wr_tok_ahead_is_sym(p, 2, "("))
		return false;
	return wr_tok_ahead_is(p, 1, WR_KW_ALL) || wr_tok_ahead_is(p, 1, WR_KW_ANY) ||
	       wr_tok_ahead_is(p, 1, WR_KW_SOME);
}

/* One operator behind *left and its right side; *found false: none binds tight enough. */
static wr_status *parse_operator(struct wr_parser *p, struct wr_node_mark mark,
				 enum wr_precedence min, bool *found, struct wr_ast_expr **left)
{
	struct binary_op op = find_binary(p);
	bool quantified = op.op != 0 && is_quantified(p, op);
	if (quantified)
		op.precedence = WR_PREC_IN;
	*found = op.op != 0 && op.precedence >= min;
	if (*found && (op.op == WR_AST_OP_AND || op.op == WR_AST_OP_OR))
		return parse_chain(p, mark, op, left);
	if (*found) {
		uint32_t first = p->at;
		if (op.tokens > 1 && !wr_tok_ahead_is(p, op.tokens - 1, WR_KW_FROM)) {
			p->at += op.tokens - 1;
			return wr_tok_expected(p, "FROM behind IS DISTINCT");
		}
		p->at += op.tokens;
		struct wr_pos op_pos = wr_tok_span(p, first);
		if (quantified)
			return parse_quantified(p, mark, op.op, left);
		struct wr_ast_expr *right = NULL;
		WR_TRY(wr_parse_expr_above(p, op.precedence + 1, &right));
		*left = new_binary(p, op.op, op_pos, *left, right);
		return wr_expr_finish(p, mark, *left);
	}
	if (op.op == 0 && wr_tok_is(p, WR_KW_IS) && min <= WR_PREC_IS) {
		*found = true;
		return parse_is(p, mark, left);
	}
	if (op.op == 0 && min <= WR_PREC_IN)
		return parse_predicate(p, mark, found, left);
	return NULL;
}

wr_status *wr_parse_expr_above(struct wr_parser *p, enum wr_precedence min,
			       struct wr_ast_expr **expr)
{
	WR_TRY(wr_nest_enter(p));
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_expr *left = NULL;
	WR_TRY(parse_operand(p, mark, &left));
	bool found = true;
	while (found)
		WR_TRY(parse_operator(p, mark, min, &found, &left));
	const char *unsupported = unsupported_infix(p);
	if (unsupported != NULL) {
		uint32_t first = p->at;
		p->at += wr_tok_is(p, WR_KW_NOT) ? 2 : 1;
		return wr_tok_unsupported(
		    p, first, wr_arena_printf(p->arena, "The operator %s", unsupported));
	}
	wr_node_close(p, mark);
	wr_nest_leave(p);
	*expr = left;
	return NULL;
}

wr_status *wr_parse_expr(struct wr_parser *p, struct wr_ast_expr **expr)
{
	return wr_parse_expr_above(p, WR_PREC_ANY, expr);
}

wr_status *wr_parse_exprs(struct wr_parser *p, struct wr_ast_exprs *exprs)
{
	struct wr_grow grow = {0};
	do {
		struct wr_ast_expr *expr = NULL;
		WR_TRY(wr_parse_expr(p, &expr));
		*(struct wr_ast_expr **)wr_grow_add(p, &grow, sizeof(expr)) = expr;
	} while (wr_tok_take_sym(p, ","));
	*exprs = (struct wr_ast_exprs){grow.items, grow.count};
	return NULL;
}
