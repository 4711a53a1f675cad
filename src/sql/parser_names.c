/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_names - names, aliases, literals that stand for themselves, options and hints.
 */
#include "sql/parser_core.h"

/* ---- names ----------------------------------------------------------------------------------- */

bool wr_tok_is_name(const struct wr_parser *p, uint32_t ahead)
{
	const struct wr_token *token = wr_tok_ahead(p, ahead);
	return token->kind == WR_TOKEN_QUOTED ||
	       (token->kind == WR_TOKEN_WORD && !wr_keyword_is_reserved(token->code));
}

/* Copies text without the quotes around it, each doubled quote once. */
static char *unquote(struct wr_parser *p, struct wr_str quoted, char quote, size_t *len)
{
	WR_ASSERT(quoted.len >= 2 && quoted.data[0] == quote &&
		  quoted.data[quoted.len - 1] == quote);
	char *out = wr_arena_alloc(p->arena, quoted.len);
	size_t count = 0;
	for (size_t i = 1; i + 1 < quoted.len; i++) {
		out[count++] = quoted.data[i];
		if (quoted.data[i] == quote)
			i++;
	}
	out[count] = '\0';
	*len = count;
	return out;
}

wr_status *wr_parse_ident(struct wr_parser *p, const char *what, struct wr_ast_ident *ident)
{
	bool word = p->any_word && wr_tok_is_kind(p, WR_TOKEN_WORD);
	if (!word && !wr_tok_is_name(p, 0))
		return wr_tok_expected(p, what);
	const struct wr_token *token = wr_tok_skip(p);
	size_t len = 0;
	ident->quoted = token->kind == WR_TOKEN_QUOTED;
	ident->pos = token->pos;
	ident->text =
	    ident->quoted ? unquote(p, wr_tok_text(p, token), '`', &len) : wr_tok_string(p, token);
	return NULL;
}

wr_status *wr_parse_name(struct wr_parser *p, const char *what, struct wr_ast_name *name)
{
	uint32_t first = p->at;
	struct wr_grow grow = {0};
	do {
		WR_TRY(wr_parse_ident(p, what, wr_grow_add(p, &grow, sizeof(struct wr_ast_ident))));
		what = "a name behind the point";
	} while (!wr_tok_ahead_is_sym(p, 1, "*") && wr_tok_take_sym(p, "."));
	*name = (struct wr_ast_name){grow.items, grow.count, wr_tok_span(p, first)};
	return NULL;
}

/* (a, b) */
wr_status *wr_parse_idents(struct wr_parser *p, const char *what, struct wr_ast_idents *idents)
{
	struct wr_grow grow = {0};
	WR_TRY(wr_tok_need_sym(p, "("));
	do {
		WR_TRY(wr_parse_ident(p, what, wr_grow_add(p, &grow, sizeof(struct wr_ast_ident))));
	} while (wr_tok_take_sym(p, ","));
	*idents = (struct wr_ast_idents){grow.items, grow.count};
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a comma or \")\"");
	return NULL;
}

wr_status *wr_parse_alias(struct wr_parser *p, struct wr_ast_ident *alias,
			  struct wr_ast_idents *columns)
{
	bool as = wr_tok_take(p, WR_KW_AS);
	if (as && wr_tok_is_string(p))
		return wr_status_hint(wr_tok_expected(p, "a name"),
				      "Names are written in backquotes: `name`");
	if (!as && !wr_tok_is_name(p, 0))
		return NULL;
	WR_TRY(wr_parse_ident(p, "a name behind AS", alias));
	if (columns != NULL && wr_tok_is_sym(p, "("))
		WR_TRY(wr_parse_idents(p, "a column's name", columns));
	return NULL;
}

/* ---- strings --------------------------------------------------------------------------------- */

bool wr_tok_is_string(const struct wr_parser *p)
{
	return wr_tok_is_kind(p, WR_TOKEN_STRING) || wr_tok_is_kind(p, WR_TOKEN_UNICODE_STRING);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Four hexadecimal digits at text[at], or -1. */
static int32_t hex4(const char *text, size_t len, size_t at)
{
	int32_t value = 0;
	for (size_t i = at; i < at + 4; i++) {
		int digit = i < len ? hex_digit(text[i]) : -1;
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Writes one character; returns its bytes. */
static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3F));
		out[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3F));
	out[2] = (char)(0x80 | (c >> 6 & 0x3F));
	out[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

/* The code point written at text[*at] (behind the escape character); UINT32_MAX: not a valid
 * escape. */
static uint32_t read_escape(const char *text, size_t len, size_t *at, char escape)
{
	int32_t unit = hex4(text, len, *at);
	if (unit <= 0)
		return UINT32_MAX;
	*at += 4;
	if (unit < 0xD800 || unit > 0xDFFF)
		return (uint32_t)unit;
	int32_t low = *at < len && text[*at] == escape ? hex4(text, len, *at + 1) : -1;
	if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
		return UINT32_MAX;
	*at += 5;
	return 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
}

/* Resolves \XXXX and \\ in place (the result is never longer). */
static wr_status *resolve_escapes(char *text, size_t len, char escape, struct wr_pos pos,
				  size_t *out_len)
{
	size_t out = 0;
	for (size_t i = 0; i < len;) {
		if (text[i] != escape) {
			text[out++] = text[i++];
			continue;
		}
		i++;
		if (i < len && text[i] == escape) {
			text[out++] = text[i++];
			continue;
		}
		uint32_t c = read_escape(text, len, &i, escape);
		if (c == UINT32_MAX)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, pos,
					 "The string holds an escape that is no character"),
			    "%c is followed by four hexadecimal digits (not 0000), or by %c",
			    escape, escape);
		out += put_utf8(text + out, c);
	}
	text[out] = '\0';
	*out_len = out;
	return NULL;
}

/* The escape character of U&'..': UESCAPE 'c', or a backslash. */
static wr_status *parse_uescape(struct wr_parser *p, char *escape)
{
	*escape = '\\';
	if (!wr_tok_take(p, WR_KW_UESCAPE))
		return NULL;
	const struct wr_token *token = wr_tok_ahead(p, 0);
	struct wr_str text = wr_tok_text(p, token);
	if (token->kind != WR_TOKEN_STRING || text.len != 3 || hex_digit(text.data[1]) >= 0 ||
	    text.data[1] == '\'')
		return wr_tok_expected(p,
				       "the escape character, one character between single quotes");
	*escape = text.data[1];
	wr_tok_skip(p);
	return NULL;
}

/* One string token. */
static wr_status *parse_one_string(struct wr_parser *p, char **string, size_t *len)
{
	const struct wr_token *token = wr_tok_skip(p);
	struct wr_str text = wr_tok_text(p, token);
	const char *quote = memchr(text.data, '\'', text.len);
	WR_REQUIRE(quote != NULL);
	struct wr_str quoted = {quote, text.len - (size_t)(quote - text.data)};
	*string = unquote(p, quoted, '\'', len);
	if (token->kind != WR_TOKEN_UNICODE_STRING)
		return NULL;
	char escape = '\\';
	WR_TRY(parse_uescape(p, &escape));
	return resolve_escapes(*string, *len, escape, token->pos, len);
}

/* A line break lies between the last token read and the next one. */
static bool is_on_new_line(const struct wr_parser *p)
{
	const struct wr_token *next = wr_tok_ahead(p, 0);
	const struct wr_token *last = next - 1;
	const char *gap = p->source.text.data + last->offset + last->len;
	return memchr(gap, '\n', next->offset - (last->offset + last->len)) != NULL;
}

wr_status *wr_parse_string(struct wr_parser *p, const char *what, const char **string)
{
	if (!wr_tok_is_string(p))
		return wr_tok_expected(p, what);
	char *text = NULL;
	size_t len = 0;
	WR_TRY(parse_one_string(p, &text, &len));
	if (!wr_tok_is_string(p)) {
		*string = text;
		return NULL;
	}
	struct wr_grow grow = {0};
	memcpy(wr_grow_add(p, &grow, sizeof(text)), &text, sizeof(text));
	while (wr_tok_is_string(p)) {
		if (!is_on_new_line(p))
			return wr_status_hint(
			    wr_tok_expected(p, "a comma or an operator between the strings"),
			    "Strings are joined with ||; a quote inside a string is written twice");
		size_t more = 0;
		WR_TRY(parse_one_string(p, &text, &more));
		memcpy(wr_grow_add(p, &grow, sizeof(text)), &text, sizeof(text));
		len += more;
	}
	char *whole = wr_arena_alloc(p->arena, len + 1);
	size_t at = 0;
	for (uint32_t i = 0; i < grow.count; i++) {
		const char *part = ((char **)grow.items)[i];
		size_t part_len = strlen(part);
		memcpy(whole + at, part, part_len);
		at += part_len;
	}
	WR_ASSERT(at == len);
	whole[at] = '\0';
	*string = whole;
	return NULL;
}

wr_status *wr_parse_bytes(struct wr_parser *p, struct wr_str *bytes)
{
	WR_ASSERT(wr_tok_is_kind(p, WR_TOKEN_BYTES));
	const struct wr_token *token = wr_tok_skip(p);
	struct wr_str text = wr_tok_text(p, token);
	const char *digits = text.data + 2;
	size_t count = text.len - 3;
	char *out = wr_arena_alloc(p->arena, count / 2 + 1);
	if (count % 2 != 0)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, token->pos,
						   "The binary string has an odd number of digits"),
				      "Each byte is two hexadecimal digits: x'0aff'");
	for (size_t i = 0; i < count; i += 2) {
		int high = hex_digit(digits[i]);
		int low = hex_digit(digits[i + 1]);
		if (high < 0 || low < 0)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, token->pos,
					 "The binary string holds something else than digits"),
			    "Each byte is two hexadecimal digits: x'0aff'");
		out[i / 2] = (char)(high << 4 | low);
	}
	out[count / 2] = '\0';
	*bytes = (struct wr_str){out, count / 2};
	return NULL;
}

wr_status *wr_parse_uint(struct wr_parser *p, const char *what, uint32_t max, uint32_t *value)
{
	const struct wr_token *token = wr_tok_ahead(p, 0);
	struct wr_str text = wr_tok_text(p, token);
	if (token->kind != WR_TOKEN_NUMBER)
		return wr_tok_expected(p, what);
	uint64_t number = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return wr_tok_expected(p, what);
		number = number * 10 + (uint64_t)(text.data[i] - '0');
		if (number > max)
			return wr_status_at(WR_USER_ERROR, token->pos,
					    "%.*s is too large here: at most %u is allowed",
					    (int)text.len, text.data, max);
	}
	wr_tok_skip(p);
	*value = (uint32_t)number;
	return NULL;
}

/* ---- options and hints
 * ----------------------------------------------------------------------------------------- */

wr_status *wr_parse_option(struct wr_parser *p, struct wr_ast_option *option)
{
	uint32_t first = p->at;
	if (wr_tok_is_name(p, 0))
		return wr_status_hint(wr_tok_expected(p, "an option's key between single quotes"),
				      "Write '%s' = '...'", wr_tok_string(p, wr_tok_ahead(p, 0)));
	WR_TRY(wr_parse_string(p, "an option's key between single quotes", &option->key));
	option->key_pos = wr_tok_span(p, first);
	WR_TRY(wr_tok_need_sym(p, "="));
	first = p->at;
	if (!wr_tok_is_string(p)) {
		const char *found = wr_tok_string(p, wr_tok_ahead(p, 0));
		return wr_status_hint(
		    wr_tok_expected(p, "the option's value between single quotes"),
		    "Write '%s' = '%s'", option->key, found[0] == '\0' ? "..." : found);
	}
	WR_TRY(wr_parse_string(p, "the option's value", &option->value));
	option->value_pos = wr_tok_span(p, first);
	return NULL;
}

/* ('k' = 'v', ...) */
wr_status *wr_parse_options(struct wr_parser *p, struct wr_ast_options *options)
{
	struct wr_grow grow = {0};
	WR_TRY(wr_tok_need_sym(p, "("));
	if (!wr_tok_is_sym(p, ")")) {
		do {
			WR_TRY(wr_parse_option(
			    p, wr_grow_add(p, &grow, sizeof(struct wr_ast_option))));
		} while (wr_tok_take_sym(p, ","));
	}
	*options = (struct wr_ast_options){grow.items, grow.count};
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a comma or \")\"");
	return NULL;
}

/* A name, number or string of a hint's list. */
static wr_status *parse_hint_value(struct wr_parser *p, struct wr_ast_option *value)
{
	const struct wr_token *token = wr_tok_ahead(p, 0);
	value->value_pos = token->pos;
	if (wr_tok_is_string(p))
		return wr_parse_string(p, "a value", &value->value);
	if (token->kind == WR_TOKEN_NUMBER) {
		value->value = wr_tok_string(p, wr_tok_skip(p));
		return NULL;
	}
	struct wr_ast_ident ident = {0};
	WR_TRY(wr_parse_ident(p, "a name, number or string", &ident));
	value->value = ident.text;
	return NULL;
}

/* NAME, NAME('k' = 'v', ..), NAME(a, b) */
static wr_status *parse_hint(struct wr_parser *p, struct wr_ast_hint *hint)
{
	struct wr_ast_ident name = {0};
	WR_TRY(wr_parse_ident(p, "the name of a hint", &name));
	hint->name = name.text;
	hint->pos = name.pos;
	if (strcasecmp(name.text, "OPTIONS") == 0 && p->options_hint.line == 0)
		p->options_hint = name.pos;
	if (!wr_tok_is_sym(p, "("))
		return NULL;
	if (wr_tok_ahead_is_sym(p, 1, ")") || wr_tok_ahead_is_sym(p, 2, "="))
		return wr_parse_options(p, &hint->options);
	struct wr_grow grow = {0};
	wr_tok_skip(p);
	do {
		WR_TRY(parse_hint_value(p, wr_grow_add(p, &grow, sizeof(struct wr_ast_option))));
	} while (wr_tok_take_sym(p, ","));
	hint->values = (struct wr_ast_options){grow.items, grow.count};
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a comma or \")\"");
	return NULL;
}

wr_status *wr_parse_hints(struct wr_parser *p, struct wr_ast_hints *hints)
{
	if (!wr_tok_is_kind(p, WR_TOKEN_HINT))
		return NULL;
	struct wr_grow grow = {0};
	wr_tok_skip(p);
	do {
		WR_TRY(parse_hint(p, wr_grow_add(p, &grow, sizeof(struct wr_ast_hint))));
		wr_tok_take_sym(p, ",");
	} while (!wr_tok_is_kind(p, WR_TOKEN_HINT_END) && !wr_tok_is_kind(p, WR_TOKEN_END));
	if (!wr_tok_is_kind(p, WR_TOKEN_HINT_END))
		return wr_tok_expected(p, "the end of the hint");
	wr_tok_skip(p);
	*hints = (struct wr_ast_hints){grow.items, grow.count};
	return NULL;
}
