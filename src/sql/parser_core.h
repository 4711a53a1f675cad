/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_core - what the files of the parser share: looking at tokens, making nodes, and the list
 * of productions.
 *
 * The parser is a recursive descent over the token array, one function per construct, named
 * wr_parse_*. Each leaves the position behind what it read. Errors end the statement, so nobody
 * restores anything after one.
 *
 *   parser.c            entry, tokens, errors       parser_names.c      names, options, hints,
 * literals parser_stmt.c       statements                  parser_ddl.c        CREATE, DROP
 *   parser_query.c      queries, GROUP BY           parser_table.c      FROM
 *   parser_match.c      MATCH_RECOGNIZE             parser_window.c     ORDER BY, OVER
 *   parser_expr.c       operators                   parser_primary.c    literals, names, constructs
 *   parser_call.c       function calls              parser_json.c       JSON functions
 *   parser_type.c       data types                  parser_function.c   functions, modules
 *
 * Nodes. A production opens a mark at its first token and finishes its node with it, which sets the
 * node's place and counts its height (A1 of ast.h):
 *
 *   mark = wr_node_open(p);          height of children starts from 0
 *   ... parse the children ...       each adds its height when it closes
 *   WR_TRY(wr_node_finish(p, mark, &pos, &text));    height = tallest child + 1
 *   wr_node_close(p, mark);          tells the parent
 */
#ifndef WR_SQL_PARSER_CORE_H
#define WR_SQL_PARSER_CORE_H

#include "base/limits.h"
#include "base/macros.h"
#include "sql/ast.h"
#include "sql/lexer.h"
#include "sql/parser.h"

struct wr_parser {
	struct wr_arena *arena;  /* holds everything */
	struct wr_source source; /* the text */
	struct wr_tokens tokens; /* all of it */
	uint32_t at;             /* index of the next token */
	uint32_t depth;          /* open recursive productions; at most WR_SQL_NESTING_MAX */
	uint32_t height;         /* of the tallest node finished since the last mark was opened */
	uint32_t *closing;       /* by token: the index of the ")" that belongs to a "(", 0: none */
	struct wr_pos options_hint; /* of the statement; line 0: none so far */
	bool in_match;              /* inside MEASURES or DEFINE: FINAL is an operator */
	bool any_word;              /* where a name must stand, reserved words are names, too */
	const char
	    *follow; /* what else could stand where a query ended, for the message; NULL: nothing */
};

struct wr_node_mark {
	uint32_t token;  /* index of the node's first token */
	uint32_t height; /* of the tallest sibling before it */
};

/* A growing array in the arena. */
struct wr_grow {
	void *items;       /* the elements */
	uint32_t count;    /* number of elements */
	uint32_t capacity; /* room */
};

/* ---- tokens ---------------------------------------------------------------------------------- */

/* The token `ahead` of the next one; the END repeats for ever. */
static inline const struct wr_token *wr_tok_ahead(const struct wr_parser *p, uint32_t ahead)
{
	uint32_t last = p->tokens.count - 1;
	return &p->tokens.items[WR_MIN(p->at + ahead, last)];
}

static inline uint16_t wr_tok_code(const char *symbol)
{
	return symbol[1] == '\0' ? WR_SYMBOL1(symbol[0]) : WR_SYMBOL(symbol[0], symbol[1]);
}

static inline bool wr_tok_ahead_is(const struct wr_parser *p, uint32_t ahead,
				   enum wr_keyword keyword)
{
	const struct wr_token *token = wr_tok_ahead(p, ahead);
	return token->kind == WR_TOKEN_WORD && token->code == keyword;
}

static inline bool wr_tok_ahead_is_sym(const struct wr_parser *p, uint32_t ahead,
				       const char *symbol)
{
	const struct wr_token *token = wr_tok_ahead(p, ahead);
	return token->kind == WR_TOKEN_SYMBOL && token->code == wr_tok_code(symbol);
}

/* Is the next token this keyword? this sign? */
static inline bool wr_tok_is(const struct wr_parser *p, enum wr_keyword keyword)
{
	return wr_tok_ahead_is(p, 0, keyword);
}

static inline bool wr_tok_is_sym(const struct wr_parser *p, const char *symbol)
{
	return wr_tok_ahead_is_sym(p, 0, symbol);
}

static inline bool wr_tok_is_kind(const struct wr_parser *p, enum wr_token_kind kind)
{
	return wr_tok_ahead(p, 0)->kind == kind;
}

/* Moves behind the next token and returns it. */
static inline const struct wr_token *wr_tok_skip(struct wr_parser *p)
{
	const struct wr_token *token = wr_tok_ahead(p, 0);
	if (token->kind != WR_TOKEN_END)
		p->at++;
	return token;
}

/* Skips the keyword or sign if it is the next token. */
static inline bool wr_tok_take(struct wr_parser *p, enum wr_keyword keyword)
{
	bool found = wr_tok_is(p, keyword);
	if (found)
		p->at++;
	return found;
}

static inline bool wr_tok_take_sym(struct wr_parser *p, const char *symbol)
{
	bool found = wr_tok_is_sym(p, symbol);
	if (found)
		p->at++;
	return found;
}

/* Skips two keywords if both are next. */
bool wr_tok_take2(struct wr_parser *p, enum wr_keyword first, enum wr_keyword second);
/* Skips the keyword or sign, or says that it was expected. */
wr_status *wr_tok_need(struct wr_parser *p, enum wr_keyword keyword);
wr_status *wr_tok_need_sym(struct wr_parser *p, const char *symbol);
/* "expected <what>, found <the next token>". */
wr_status *wr_tok_expected(struct wr_parser *p, const char *what);
/* "<what> is not supported" about the tokens from `first` to the one before the next (at least
 * one). */
wr_status *wr_tok_unsupported(struct wr_parser *p, uint32_t first, const char *what);
/* The place from token `first` to the last one read. */
struct wr_pos wr_tok_span(const struct wr_parser *p, uint32_t first);
/* The bytes of a token. */
struct wr_str wr_tok_text(const struct wr_parser *p, const struct wr_token *token);
/* Its bytes as a C string in the arena. */
const char *wr_tok_string(struct wr_parser *p, const struct wr_token *token);

/* ---- nodes ----------------------------------------------------------------------------------- */

/* One level deeper; an error past the limit. Each success is paired with wr_nest_leave. */
wr_status *wr_nest_enter(struct wr_parser *p);
/* The error for what is nested too deeply. */
wr_status *wr_nest_error(struct wr_parser *p, struct wr_pos pos);
static inline void wr_nest_leave(struct wr_parser *p)
{
	WR_ASSERT(p->depth > 0);
	p->depth--;
}

struct wr_node_mark wr_node_open(struct wr_parser *p);
/* Place and source of the node that began at the mark; text may be NULL. Errors: nested too deeply.
 */
wr_status *wr_node_finish(struct wr_parser *p, struct wr_node_mark mark, struct wr_pos *pos,
			  struct wr_str *text);
void wr_node_close(struct wr_parser *p, struct wr_node_mark mark);
/* Place and source of the tokens [first, end). */
void wr_node_span(const struct wr_parser *p, uint32_t first, uint32_t end, struct wr_pos *pos,
		  struct wr_str *text);
/* The tallest node grew by `levels` without a node being finished (balanced chains). */
wr_status *wr_node_raise(struct wr_parser *p, struct wr_node_mark mark, uint32_t levels);

/* A new zeroed element; valid until the next call for this array. */
void *wr_grow_add(struct wr_parser *p, struct wr_grow *grow, size_t size);

/* ---- names, options, literals (parser_names.c)
 * ----------------------------------------------------------------- */

/* The next token can be a name: a word that is not reserved, or one in backquotes. */
bool wr_tok_is_name(const struct wr_parser *p, uint32_t ahead);
wr_status *wr_parse_ident(struct wr_parser *p, const char *what, struct wr_ast_ident *ident);
/* a.b.c */
wr_status *wr_parse_name(struct wr_parser *p, const char *what, struct wr_ast_name *name);
/* (a, b); at least one */
wr_status *wr_parse_idents(struct wr_parser *p, const char *what, struct wr_ast_idents *idents);
/* [AS] alias [(a, b)]; leaves alias->text NULL when there is none. `columns` NULL: no list allowed.
 */
wr_status *wr_parse_alias(struct wr_parser *p, struct wr_ast_ident *alias,
			  struct wr_ast_idents *columns);
/* A string literal of any form, decoded; several on lines of their own are one. */
wr_status *wr_parse_string(struct wr_parser *p, const char *what, const char **string);
bool wr_tok_is_string(const struct wr_parser *p);
/* x'0aff' */
wr_status *wr_parse_bytes(struct wr_parser *p, struct wr_str *bytes);
/* A whole number of at most `max`. */
wr_status *wr_parse_uint(struct wr_parser *p, const char *what, uint32_t max, uint32_t *value);
/* ('k' = 'v', ...); may be empty */
wr_status *wr_parse_options(struct wr_parser *p, struct wr_ast_options *options);
/* 'k' = 'v' */
wr_status *wr_parse_option(struct wr_parser *p, struct wr_ast_option *option);
/* Hint comment, if there is one. */
wr_status *wr_parse_hints(struct wr_parser *p, struct wr_ast_hints *hints);

/* ---- expressions ----------------------------------------------------------------------------- */

/* Precedences of Calcite's operators: what binds tighter has the larger number. */
enum wr_precedence {
	WR_PREC_ANY = 0,
	WR_PREC_OR = 22,
	WR_PREC_AND = 24,
	WR_PREC_NOT = 26,
	WR_PREC_IS = 28,      /* postfix: IS NULL, IS JSON */
	WR_PREC_COMPARE = 30, /* = < IS DISTINCT FROM OVERLAPS */
	WR_PREC_IN = 32,      /* IN BETWEEN LIKE and quantified comparisons */
	WR_PREC_ADD = 40,
	WR_PREC_MUL = 60, /* * / % || */
	WR_PREC_UNARY = 80,
	WR_PREC_ATOM = 100
};

wr_status *wr_parse_expr(struct wr_parser *p, struct wr_ast_expr **expr);
/* An expression of operators that bind at least as tight as `precedence`. */
wr_status *wr_parse_expr_above(struct wr_parser *p, enum wr_precedence precedence,
			       struct wr_ast_expr **expr);
/* a, b, c; at least one */
wr_status *wr_parse_exprs(struct wr_parser *p, struct wr_ast_exprs *exprs);
/* A new node of that kind. */
struct wr_ast_expr *wr_expr_new(struct wr_parser *p, enum wr_ast_expr_kind kind);
/* Ends the node that began at the mark. */
wr_status *wr_expr_finish(struct wr_parser *p, struct wr_node_mark mark, struct wr_ast_expr *expr);
/* A literal, name, call or construct, without operators and subscripts. Finishes it with the
 * caller's mark. */
wr_status *wr_parse_primary(struct wr_parser *p, struct wr_node_mark mark,
			    struct wr_ast_expr **expr);
/* A call: the name has been read, "(" is next. */
wr_status *wr_parse_call(struct wr_parser *p, struct wr_node_mark mark, struct wr_ast_name name,
			 struct wr_ast_expr **expr);
/* A call whose name is a keyword with a syntax of its own; *found false: it is not one. */
wr_status *wr_parse_special_call(struct wr_parser *p, struct wr_node_mark mark, bool *found,
				 struct wr_ast_expr **expr);
/* The arguments of a JSON function; "(" is next. */
wr_status *wr_parse_json_args(struct wr_parser *p, enum wr_keyword function,
			      struct wr_ast_call *call);
/* WITHIN GROUP, IGNORE NULLS, FILTER, OVER behind the ")" of a call. */
wr_status *wr_parse_call_tail(struct wr_parser *p, struct wr_ast_call *call);
/* DAY TO SECOND(3) of intervals; errors for units that intervals do not have. */
wr_status *wr_parse_interval_qualifier(struct wr_parser *p, struct wr_ast_interval *interval);
/* The unit that a word names, SQL_TSI_ included; WR_AST_UNIT_NONE: none. `plural`: HOURS too. */
enum wr_ast_unit wr_unit_find(struct wr_str word, bool plural);

/* ---- types, windows, queries, tables, statements
 * --------------------------------------------------------------- */

/* `nullability`: [NOT] NULL may follow. */
wr_status *wr_parse_type(struct wr_parser *p, bool nullability, struct wr_ast_type **type);
/* ORDER BY has been read. */
wr_status *wr_parse_order(struct wr_parser *p, struct wr_ast_order *order);
/* OVER has been read: a name or ( specification ). */
wr_status *wr_parse_over(struct wr_parser *p, struct wr_ast_window **window);
/* ( specification ) */
wr_status *wr_parse_window(struct wr_parser *p, struct wr_ast_window **window);
/* A query begins here, or a "(" whose content is a query (and not an expression over one). */
bool wr_tok_is_query(const struct wr_parser *p);
wr_status *wr_parse_query(struct wr_parser *p, struct wr_ast_query **query);
/* ( query ) */
wr_status *wr_parse_subquery(struct wr_parser *p, struct wr_ast_query **query);
/* FROM has been read. */
wr_status *wr_parse_from(struct wr_parser *p, struct wr_ast_table **table);
/* TABLE name | ( query ), with PARTITION BY and ORDER BY: an argument of a table function. */
wr_status *wr_parse_table_arg(struct wr_parser *p, struct wr_node_mark mark,
			      struct wr_ast_expr **expr);
/* MATCH_RECOGNIZE is next. */
wr_status *wr_parse_match(struct wr_parser *p, struct wr_ast_match **match);
/* parser_ddl.c: (columns, watermark, key), if it is there; IF NOT EXISTS, if it is there. */
wr_status *wr_parse_schema(struct wr_parser *p, struct wr_ast_create_table *create);
/* One of these: a column is added to `columns` (struct wr_ast_column). */
wr_status *wr_parse_element(struct wr_parser *p, struct wr_ast_create_table *create,
			    struct wr_grow *columns);
wr_status *wr_parse_if_not_exists(struct wr_parser *p, bool *found);
/* parser_materialized.c: behind CREATE MATERIALIZED TABLE; ALTER as a statement. */
wr_status *wr_parse_create_materialized(struct wr_parser *p, struct wr_ast_create_table *create);
wr_status *wr_parse_stop_job(struct wr_parser *p, struct wr_ast_stmt *stmt);     /* behind STOP */
wr_status *wr_parse_describe_job(struct wr_parser *p, struct wr_ast_stmt *stmt); /* behind JOB */
wr_status *wr_parse_explain_why(struct wr_parser *p, struct wr_ast_stmt *stmt);  /* behind WHY */
wr_status *wr_parse_alter_materialized(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found);
/* parser_alter.c: ALTER is next; *found false: of something else. */
wr_status *wr_parse_alter_table(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found);
wr_status *wr_parse_alter_view(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found);
wr_status *wr_parse_alter_database(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found);
/* parser_function.c: behind FUNCTION, and ALTER, LOAD and UNLOAD as statements. */
wr_status *wr_parse_create_function(struct wr_parser *p, struct wr_ast_create_function *create);
wr_status *wr_parse_alter_function(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found);
wr_status *wr_parse_drop_function(struct wr_parser *p, struct wr_ast_drop *drop);
wr_status *wr_parse_module(struct wr_parser *p, struct wr_ast_stmt *stmt, bool load);
wr_status *wr_parse_catalog(struct wr_parser *p, struct wr_ast_stmt *stmt, bool create);
wr_status *wr_parse_database(struct wr_parser *p, struct wr_ast_stmt *stmt, bool create);
wr_status *wr_parse_use(struct wr_parser *p, struct wr_ast_stmt *stmt);
/* CREATE, DROP is next. */
wr_status *wr_parse_create(struct wr_parser *p, struct wr_ast_stmt *stmt);
wr_status *wr_parse_drop(struct wr_parser *p, struct wr_ast_stmt *stmt);
wr_status *wr_parse_stmt(struct wr_parser *p, struct wr_ast_stmt **stmt);

#endif
