/* SPDX-License-Identifier: Apache-2.0
 *
 * parser - the entry points, and what all productions use: tokens, messages, nodes.
 */
#include "sql/parser_core.h"

#define SHOWN_BYTES_MAX     40  /* of a token in a message */
#define UNDERLINE_BYTES_MAX 500 /* of a node that spans lines: enough for any terminal */

/* ---- tokens ---------------------------------------------------------------------------------- */

bool wr_tok_take2(struct wr_parser *p, enum wr_keyword first, enum wr_keyword second)
{
	bool found = wr_tok_ahead_is(p, 0, first) && wr_tok_ahead_is(p, 1, second);
	if (found)
		p->at += 2;
	return found;
}

struct wr_str wr_tok_text(const struct wr_parser *p, const struct wr_token *token)
{
	return (struct wr_str){p->source.text.data + token->offset, token->len};
}

const char *wr_tok_string(struct wr_parser *p, const struct wr_token *token)
{
	struct wr_str text = wr_tok_text(p, token);
	return wr_arena_strndup(p->arena, text.data, text.len);
}

/* The token in words: "FROM", the string 'abc', the end of the script. */
static const char *describe(struct wr_parser *p, const struct wr_token *token)
{
	struct wr_str text = wr_tok_text(p, token);
	size_t shown = text.len;
	const char *dots = "";
	if (shown > SHOWN_BYTES_MAX) {
		shown = SHOWN_BYTES_MAX;
		while (shown > 0 && ((unsigned char)text.data[shown] & 0xC0) == 0x80)
			shown--;
		dots = "...";
	}
	int len = (int)shown;
	switch ((enum wr_token_kind)token->kind) {
	case WR_TOKEN_END: return "the end of the script";
	case WR_TOKEN_WORD:
		if (wr_keyword_is_reserved(token->code))
			return wr_keyword_name(token->code);
		return wr_arena_printf(p->arena, "\"%.*s%s\"", len, text.data, dots);
	case WR_TOKEN_QUOTED:
		return wr_arena_printf(p->arena, "the name %.*s%s", len, text.data, dots);
	case WR_TOKEN_NUMBER:
		return wr_arena_printf(p->arena, "the number %.*s%s", len, text.data, dots);
	case WR_TOKEN_STRING:
	case WR_TOKEN_UNICODE_STRING:
	case WR_TOKEN_BYTES:
		return wr_arena_printf(p->arena, "the string %.*s%s", len, text.data, dots);
	case WR_TOKEN_HINT: return "a hint";
	case WR_TOKEN_HINT_END: return "the end of the hint";
	case WR_TOKEN_SYMBOL:
		if (token->code == WR_SYMBOL1(';'))
			return "the end of the statement";
		break;
	}
	return wr_arena_printf(p->arena, "\"%.*s\"", len, text.data);
}

/* Words that begin a clause, so that quoting them is hardly what the user wants. */
static bool is_clause_word(enum wr_keyword keyword)
{
	static const enum wr_keyword words[] = {
	    WR_KW_FROM,  WR_KW_WHERE,  WR_KW_GROUP,     WR_KW_HAVING,   WR_KW_ORDER, WR_KW_LIMIT,
	    WR_KW_UNION, WR_KW_SELECT, WR_KW_INSERT,    WR_KW_AS,       WR_KW_ON,    WR_KW_AND,
	    WR_KW_OR,    WR_KW_THEN,   WR_KW_WHEN,      WR_KW_ELSE,     WR_KW_END,   WR_KW_JOIN,
	    WR_KW_WITH,  WR_KW_BY,     WR_KW_IN,        WR_KW_NOT,      WR_KW_IS,    WR_KW_INTO,
	    WR_KW_FETCH, WR_KW_EXCEPT, WR_KW_INTERSECT, WR_KW_DISTINCT,
	};
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (words[i] == keyword)
			return true;
	}
	return false;
}

/* The same letters in another order: FORM, SELCET. */
static bool is_shuffled(const char *a, const char *b)
{
	int counts[128] = {0};
	if (strlen(a) != strlen(b))
		return false;
	for (size_t i = 0; a[i] != '\0'; i++) {
		counts[a[i] & 0x7F]++;
		counts[b[i] & 0x7F]--;
	}
	for (size_t i = 0; i < WR_COUNT(counts); i++) {
		if (counts[i] != 0)
			return false;
	}
	return true;
}

/* The keyword that a word was perhaps meant to be; NULL: none is near. */
static const char *near_clause(struct wr_parser *p, const struct wr_token *token)
{
	static const char *const words[] = {"SELECT", "FROM",  "WHERE",  "GROUP",  "HAVING",
					    "ORDER",  "LIMIT", "UNION",  "JOIN",   "INSERT",
					    "VALUES", "WITH",  "CREATE", "WINDOW", "OFFSET",
					    "LEFT",   "INNER", "TABLE",  "CROSS",  "DISTINCT"};
	if (token->kind != WR_TOKEN_WORD || token->code != WR_NO_KEYWORD || token->len < 3)
		return NULL;
	struct wr_str text = wr_tok_text(p, token);
	char *upper = wr_arena_strndup(p->arena, text.data, text.len);
	for (size_t i = 0; i < text.len; i++) {
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	}
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (is_shuffled(upper, words[i]))
			return words[i];
	}
	const char *near = wr_nearest(upper, words, WR_COUNT(words));
	bool longer = near != NULL && strncmp(upper, near, strlen(near)) == 0;
	return longer ? NULL : near; /* orders is a good name, not a misspelt ORDER */
}

/* Whether what is behind the next word shows that it was meant as a name. */
static bool ends_name(const struct wr_parser *p)
{
	return wr_tok_ahead(p, 1)->kind == WR_TOKEN_END || wr_tok_ahead_is_sym(p, 1, ";") ||
	       wr_tok_ahead_is_sym(p, 1, ",") || wr_tok_ahead_is_sym(p, 1, ")");
}

/* A next action that fits what was found, if there is one. */
static wr_status *add_hint(struct wr_parser *p, wr_status *status, const char *what,
			   const struct wr_token *found)
{
	const struct wr_token *before = p->at > 0 ? found - 1 : NULL;
	struct wr_str text = wr_tok_text(p, found);
	bool reserved = found->kind == WR_TOKEN_WORD && wr_keyword_is_reserved(found->code);
	bool after_comma =
	    before != NULL && before->kind == WR_TOKEN_SYMBOL && before->code == WR_SYMBOL1(',');
	bool closing = found->kind == WR_TOKEN_SYMBOL && found->code == WR_SYMBOL1(')');
	if (after_comma && (closing || (reserved && is_clause_word(found->code))))
		return wr_status_hint(status, "Remove the comma in front of it");
	bool name = strstr(what, "name") != NULL || strstr(what, "expression") != NULL ||
		    strstr(what, "variable") != NULL || strncmp(what, "a table", 7) == 0;
	bool declared = strcmp(what, "a column's name") == 0 || strcmp(what, "a field's name") == 0;
	if (strncmp(what, "a table", 7) == 0 && is_clause_word(found->code))
		declared = ends_name(p); /* FROM order; */
	if (name && reserved && (declared || !is_clause_word(found->code)))
		return wr_status_hint(
		    status, "%s is a reserved word; as a name it is written in backquotes: `%.*s`",
		    wr_keyword_name(found->code), (int)text.len, text.data);
	if (found->kind == WR_TOKEN_HINT)
		return wr_status_hint(
		    status, "Hints stand directly behind SELECT or behind a table's name");
	const char *near = before == NULL ? NULL : near_clause(p, before);
	if (near != NULL)
		return wr_status_hint(status, "Did you mean %s instead of %s?", near,
				      wr_tok_string(p, before));
	near = near_clause(p, found);
	return near == NULL ? status : wr_status_hint(status, "Did you mean %s?", near);
}

wr_status *wr_tok_expected(struct wr_parser *p, const char *what)
{
	const struct wr_token *found = wr_tok_ahead(p, 0);
	wr_status *status = wr_status_at(WR_USER_ERROR, found->pos, "Expected %s, found %s", what,
					 describe(p, found));
	return add_hint(p, status, what, found);
}

wr_status *wr_tok_need(struct wr_parser *p, enum wr_keyword keyword)
{
	if (wr_tok_take(p, keyword))
		return NULL;
	return wr_tok_expected(p, wr_keyword_name(keyword));
}

wr_status *wr_tok_need_sym(struct wr_parser *p, const char *symbol)
{
	if (wr_tok_take_sym(p, symbol))
		return NULL;
	return wr_tok_expected(p, wr_arena_printf(p->arena, "\"%s\"", symbol));
}

wr_status *wr_tok_unsupported(struct wr_parser *p, uint32_t first, const char *what)
{
	struct wr_pos pos = p->at > first ? wr_tok_span(p, first) : p->tokens.items[first].pos;
	return wr_status_because(wr_status_at(WR_USER_ERROR, pos, "%s is not supported", what),
				 WR_NOT_SUPPORTED);
}

struct wr_pos wr_tok_span(const struct wr_parser *p, uint32_t first)
{
	struct wr_pos pos;
	wr_node_span(p, first, p->at, &pos, NULL);
	return pos;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

wr_status *wr_nest_error(struct wr_parser *p, struct wr_pos pos)
{
	wr_status *status =
	    wr_status_at(WR_USER_ERROR, pos, "The statement is nested deeper than %d levels",
			 WR_SQL_NESTING_MAX);
	return wr_status_hint(status, "Split it with views or WITH");
}

wr_status *wr_nest_enter(struct wr_parser *p)
{
	if (p->depth >= WR_SQL_NESTING_MAX)
		return wr_nest_error(p, wr_tok_ahead(p, 0)->pos);
	p->depth++;
	return NULL;
}

struct wr_node_mark wr_node_open(struct wr_parser *p)
{
	struct wr_node_mark mark = {p->at, p->height};
	p->height = 0;
	return mark;
}

/* The place is cut at the end of the first line, and not longer than anybody would underline. */
void wr_node_span(const struct wr_parser *p, uint32_t first, uint32_t end, struct wr_pos *pos,
		  struct wr_str *text)
{
	WR_ASSERT(first < p->tokens.count);
	const struct wr_token *from = &p->tokens.items[first];
	const struct wr_token *to = end > first ? &p->tokens.items[end - 1] : from;
	*pos = from->pos;
	uint32_t length = to->pos.offset + to->pos.length - from->pos.offset;
	if (to->pos.line != from->pos.line || length > UNDERLINE_BYTES_MAX) {
		length = WR_MIN(length, UNDERLINE_BYTES_MAX);
		const char *start = p->source.user.data + from->pos.offset;
		const char *newline = memchr(start, '\n', length);
		if (newline != NULL)
			length = (uint32_t)(newline - start);
	}
	pos->length = length;
	if (text != NULL)
		*text = (struct wr_str){p->source.text.data + from->offset,
					to->offset + to->len - from->offset};
}

wr_status *wr_node_raise(struct wr_parser *p, struct wr_node_mark mark, uint32_t levels)
{
	p->height += levels;
	if (p->height > WR_SQL_HEIGHT_MAX)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, p->tokens.items[mark.token].pos,
				 "A chain of operators or joins is longer than %d",
				 WR_SQL_HEIGHT_MAX),
		    "Split it with views or WITH, or put parts of it in parentheses");
	return NULL;
}

wr_status *wr_node_finish(struct wr_parser *p, struct wr_node_mark mark, struct wr_pos *pos,
			  struct wr_str *text)
{
	wr_node_span(p, mark.token, p->at, pos, text);
	return wr_node_raise(p, mark, 1);
}

void wr_node_close(struct wr_parser *p, struct wr_node_mark mark)
{
	p->height = WR_MAX(p->height, mark.height);
}

void *wr_grow_add(struct wr_parser *p, struct wr_grow *grow, size_t size)
{
	if (grow->count == grow->capacity) {
		uint32_t capacity = grow->capacity == 0 ? 4 : grow->capacity * 2;
		char *items = wr_arena_zalloc(p->arena, capacity * size);
		if (grow->count > 0)
			memcpy(items, grow->items, grow->count * size);
		grow->items = items;
		grow->capacity = capacity;
	}
	return (char *)grow->items + size * grow->count++;
}

/* ---- entry ----------------------------------------------------------------------------------- */

/* Finds the ")" of each "(". Unbalanced ones are left to the productions, which know what is
 * missing. */
static void match_parentheses(struct wr_parser *p)
{
	p->closing = WR_NEW_ARRAY(p->arena, uint32_t, p->tokens.count);
	uint32_t open = 0; /* the innermost open "(", whose `closing` links to the one around it
			      until it closes */
	for (uint32_t i = 0; i < p->tokens.count; i++) {
		const struct wr_token *token = &p->tokens.items[i];
		if (token->kind != WR_TOKEN_SYMBOL)
			continue;
		if (token->code == WR_SYMBOL1('(')) {
			p->closing[i] = open;
			open = i + 1;
		} else if (token->code == WR_SYMBOL1(')') && open != 0) {
			uint32_t around = p->closing[open - 1];
			p->closing[open - 1] = i;
			open = around;
		} else if (token->code == WR_SYMBOL1(';')) {
			while (open != 0) {
				uint32_t around = p->closing[open - 1];
				p->closing[open - 1] = 0;
				open = around;
			}
		}
	}
	while (open != 0) {
		uint32_t around = p->closing[open - 1];
		p->closing[open - 1] = 0;
		open = around;
	}
}

wr_status *wr_parser_open(struct wr_arena *arena, struct wr_str text,
			  const struct wr_variables *variables, uint32_t script,
			  struct wr_parser **parser)
{
	struct wr_parser *p = WR_NEW(arena, struct wr_parser);
	p->arena = arena;
	WR_TRY(wr_source_open(&p->source, arena, text, variables, script));
	WR_TRY(wr_status_because(wr_lex(&p->source, arena, &p->tokens), WR_BAD_SYNTAX));
	match_parentheses(p);
	*parser = p;
	return NULL;
}

/* Moves behind the semicolon that ends a broken statement. */
static void skip_statement(struct wr_parser *p)
{
	while (!wr_tok_is_kind(p, WR_TOKEN_END)) {
		if (wr_tok_take_sym(p, ";"))
			return;
		p->at++;
	}
}

/* The next word begins a statement: the semicolon in front of it is missing. */
static bool is_stmt_word(const struct wr_parser *p)
{
	static const enum wr_keyword words[] = {
	    WR_KW_SELECT,   WR_KW_INSERT, WR_KW_CREATE,  WR_KW_DROP,  WR_KW_SET,
	    WR_KW_SHOW,     WR_KW_RESET,  WR_KW_EXECUTE, WR_KW_BEGIN, WR_KW_EXPLAIN,
	    WR_KW_DESCRIBE, WR_KW_ALTER,  WR_KW_USE};
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (wr_tok_is(p, words[i]))
			return true;
	}
	return false;
}

/* The end of the text, or a semicolon. */
static wr_status *need_end(struct wr_parser *p, const char *end)
{
	if (wr_tok_is_kind(p, WR_TOKEN_END))
		return NULL;
	if (p->follow != NULL)
		end = wr_arena_printf(p->arena, "%s or %s", p->follow, end);
	wr_status *status = wr_tok_expected(p, end);
	return is_stmt_word(p)
		   ? wr_status_hint(status, "End the statement in front of it with a semicolon")
		   : status;
}

wr_status *wr_parser_next(struct wr_parser *p, struct wr_ast_stmt **stmt)
{
	*stmt = NULL;
	while (wr_tok_take_sym(p, ";"))
		;
	if (wr_tok_is_kind(p, WR_TOKEN_END))
		return NULL;
	p->depth = 0;
	p->height = 0;
	p->follow = NULL;
	p->in_match = false;
	p->options_hint = (struct wr_pos){0};
	wr_status *status = wr_parse_stmt(p, stmt);
	if (status == NULL && !wr_tok_take_sym(p, ";"))
		status = need_end(p, "the end of the statement");
	if (status != NULL) {
		*stmt = NULL;
		skip_statement(p);
	}
	return wr_status_because(status, WR_BAD_SYNTAX);
}

wr_status *wr_parse_script(struct wr_arena *arena, struct wr_str text,
			   const struct wr_variables *variables, struct wr_ast_script *script)
{
	return wr_parse_numbered(arena, text, variables, 0, script);
}

wr_status *wr_parse_numbered(struct wr_arena *arena, struct wr_str text,
			     const struct wr_variables *variables, uint32_t number,
			     struct wr_ast_script *script)
{
	struct wr_parser *p = NULL;
	struct wr_grow grow = {0};
	WR_TRY(wr_parser_open(arena, text, variables, number, &p));
	for (;;) {
		struct wr_ast_stmt *stmt = NULL;
		WR_TRY(wr_parser_next(p, &stmt));
		if (stmt == NULL)
			break;
		*(struct wr_ast_stmt **)wr_grow_add(p, &grow, sizeof(stmt)) = stmt;
	}
	*script = (struct wr_ast_script){grow.items, grow.count};
	return NULL;
}

wr_status *wr_parse_expr_text(struct wr_arena *arena, struct wr_str text, struct wr_ast_expr **expr)
{
	struct wr_parser *p = NULL;
	WR_TRY(wr_parser_open(arena, text, NULL, 0, &p));
	WR_TRY(wr_parse_expr(p, expr));
	return need_end(p, "an operator or the end of the expression");
}

wr_status *wr_parse_type_text(struct wr_arena *arena, struct wr_str text, struct wr_ast_type **type)
{
	struct wr_parser *p = NULL;
	WR_TRY(wr_parser_open(arena, text, NULL, 0, &p));
	WR_TRY(wr_parse_type(p, true, type));
	return need_end(p, "the end of the type");
}

wr_status *wr_parse_query_text(struct wr_arena *arena, struct wr_str text, uint32_t script,
			       struct wr_ast_query **query)
{
	struct wr_parser *p = NULL;
	WR_TRY(wr_parser_open(arena, text, NULL, script, &p));
	WR_TRY(wr_parse_query(p, query));
	return need_end(p, "the end of the query");
}

wr_status *wr_parse_columns_text(struct wr_arena *arena, struct wr_str text,
				 struct wr_ast_fields *fields)
{
	struct wr_grow grow = {0};
	struct wr_parser *p = NULL;

	WR_TRY(wr_parser_open(arena, text, NULL, 0, &p));
	p->any_word = true;
	do {
		struct wr_ast_field field = {0};

		WR_TRY(wr_parse_ident(p, "a column's name", &field.name));
		WR_TRY(wr_parse_type(p, true, &field.type));
		*(struct wr_ast_field *)wr_grow_add(p, &grow, sizeof field) = field;
	} while (wr_tok_take_sym(p, ","));
	*fields = (struct wr_ast_fields){grow.items, grow.count};
	return need_end(p, "a comma or the end of the columns");
}

wr_status *wr_parse_table_text(struct wr_arena *arena, struct wr_str columns,
			       const struct wr_ast_create_table **create)
{
	const char *sql =
	    wr_arena_printf(arena, "CREATE TABLE t (%.*s\n)", (int)columns.len, columns.data);
	struct wr_ast_stmt *stmt = NULL, *more = NULL;
	struct wr_parser *p = NULL;

	WR_TRY(wr_parser_open(arena, wr_str_of(sql), NULL, 0, &p));
	p->any_word = true;
	WR_TRY(wr_parser_next(p, &stmt));
	WR_TRY(wr_parser_next(p, &more));
	if (stmt == NULL || more != NULL || stmt->kind != WR_AST_CREATE_TABLE)
		return wr_status_new(WR_USER_ERROR, "There is more than columns");
	*create = &stmt->create_table;
	return NULL;
}

wr_status *wr_parse_names_text(struct wr_arena *arena, struct wr_str text,
			       struct wr_ast_idents *names)
{
	struct wr_grow grow = {0};
	struct wr_parser *p = NULL;

	WR_TRY(wr_parser_open(arena, text, NULL, 0, &p));
	p->any_word = true;
	do {
		struct wr_ast_ident name = {0};

		WR_TRY(wr_parse_ident(p, "a column's name", &name));
		*(struct wr_ast_ident *)wr_grow_add(p, &grow, sizeof name) = name;
	} while (wr_tok_take_sym(p, ","));
	*names = (struct wr_ast_idents){grow.items, grow.count};
	return need_end(p, "a comma or the end of the names");
}
