/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_scan - see pg_scan.h.
 */
#include "server/pg_scan.h"

#include <ctype.h>
#include <strings.h>

#include "base/mem.h"

static bool is_name(unsigned char c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

/* Behind a comment or space that begins at `at`; `at`: neither does. */
static const char *skip_space(const char *at, const char *end, bool *open)
{
	int depth = 1;

	if (at < end && isspace((unsigned char)*at))
		return at + 1;
	if (end - at < 2)
		return at;
	if (at[0] == '-' && at[1] == '-') {
		const char *line = memchr(at, '\n', (size_t)(end - at));

		return line != NULL ? line + 1 : end;
	}
	if (at[0] != '/' || at[1] != '*' || (end - at > 2 && at[2] == '+'))
		return at;
	for (at += 2; at < end && depth > 0;) {
		if (end - at > 1 && at[0] == '/' && at[1] == '*') {
			depth++;
			at += 2;
		} else if (end - at > 1 && at[0] == '*' && at[1] == '/') {
			depth--;
			at += 2;
		} else {
			at++;
		}
	}
	*open = *open || depth > 0;
	return at;
}

/* Behind a quoted text that begins at `at` with its quote; doubled quotes stay in it. */
static const char *skip_quoted(const char *at, const char *end, bool backslash, bool *open)
{
	char quote = *at++;

	for (; at < end; at++) {
		if (backslash && *at == '\\' && at + 1 < end) {
			at++;
		} else if (*at == quote) {
			if (at + 1 < end && at[1] == quote)
				at++;
			else
				return at + 1;
		}
	}
	*open = true;
	return end;
}

/* Behind a $tag$ string $tag$; NULL: it is none. */
static const char *skip_dollar(const char *at, const char *end, bool *open)
{
	const char *body = at + 1, *found;
	size_t tag;

	while (body < end && is_name((unsigned char)*body))
		body++;
	if (body >= end || *body != '$')
		return NULL;
	body++;
	tag = (size_t)(body - at);
	found = memmem(body, (size_t)(end - body), at, tag);
	if (found == NULL)
		*open = true;
	return found == NULL ? end : found + tag;
}

static const char *skip_number(const char *at, const char *end)
{
	while (at < end && (isalnum((unsigned char)*at) || *at == '.' ||
			    ((*at == '+' || *at == '-') && (at[-1] | 32) == 'e')))
		at++;
	return at;
}

/* The longest operator of PostgreSQL's or Flink's that begins there. */
static size_t operator_len(const char *at, const char *end)
{
	static const char *const ops[] = {"!~~*", "!~~", "!~*", "~~*", "->>", "::", "<=",
					  ">=",   "<>",  "!=",  "||",  "~~",  "~*", "!~",
					  "->",   "=>",  "@>",  "<@",  "&&"};

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		size_t len = strlen(ops[i]);

		if ((size_t)(end - at) >= len && memcmp(at, ops[i], len) == 0)
			return len;
	}
	return 1;
}

/* Behind the token that begins at `at`, and what it is. */
static const char *one(const char *at, const char *end, struct wr_pgs_token *token, bool *open)
{
	unsigned char c = (unsigned char)*at;
	const char *next;

	token->kind = WR_PG_OP;
	if ((c == '\'' || c == '"' || c == '`')) {
		token->kind = c == '\'' ? WR_PG_STRING : c == '"' ? WR_PG_QUOTED : WR_PG_BACK;
		return skip_quoted(at, end, false, open);
	}
	if ((c == 'e' || c == 'E') && end - at > 1 && at[1] == '\'') {
		token->kind = WR_PG_STRING;
		return skip_quoted(at + 1, end, true, open);
	}
	if (strchr("xXbBnN", c) != NULL && c != '\0' && end - at > 1 && at[1] == '\'') {
		token->kind = WR_PG_LITERAL;
		return skip_quoted(at + 1, end, false, open);
	}
	if ((c | 32) == 'u' && end - at > 2 && at[1] == '&' && at[2] == '\'') {
		token->kind = WR_PG_LITERAL;
		return skip_quoted(at + 2, end, false, open);
	}
	if (isdigit(c) || (c == '.' && end - at > 1 && isdigit((unsigned char)at[1]))) {
		token->kind = WR_PG_NUMBER;
		return skip_number(at + 1, end);
	}
	if (is_name(c)) {
		token->kind = WR_PG_WORD;
		while (at < end && (is_name((unsigned char)*at) || *at == '$'))
			at++;
		return at;
	}
	if (c == '$' && end - at > 1 && isdigit((unsigned char)at[1])) {
		token->kind = WR_PG_PARAM;
		for (at++; at < end && isdigit((unsigned char)*at); at++)
			token->param = token->param > 100000
					   ? token->param
					   : token->param * 10 + (uint32_t)(*at - '0');
		return at;
	}
	if (c == '$' && (next = skip_dollar(at, end, open)) != NULL) {
		token->kind = WR_PG_STRING;
		return next;
	}
	if (c == '/' && end - at > 2 && at[1] == '*' && at[2] == '+') {
		token->kind = WR_PG_HINT;
		next = memmem(at + 3, (size_t)(end - at - 3), "*/", 2);
		*open = *open || next == NULL;
		return next != NULL ? next + 2 : end;
	}
	return at + operator_len(at, end);
}

void wr_pgs_scan(const char *sql, size_t len, struct wr_pgs_tokens *out)
{
	const char *at = sql, *end = sql + len;
	uint32_t room = 0;

	*out = (struct wr_pgs_tokens){.sql = sql};
	for (;;) {
		const char *behind = skip_space(at, end, &out->open);

		if (behind != at) {
			at = behind;
			continue;
		}
		if (out->count == room) {
			room = room * 2 + 32;
			out->token = wr_realloc(out->token, room * sizeof *out->token);
		}
		out->token[out->count] = (struct wr_pgs_token){.at = (uint32_t)(at - sql)};
		if (at == end)
			return;
		at = one(at, end, &out->token[out->count], &out->open);
		out->token[out->count].len = (uint32_t)(at - sql) - out->token[out->count].at;
		out->count++;
	}
}

void wr_pgs_tokens_release(struct wr_pgs_tokens *tokens)
{
	wr_free(tokens->token);
	*tokens = (struct wr_pgs_tokens){0};
}

bool wr_pgs_is_word(const struct wr_pgs_tokens *tokens, uint32_t i, const char *word)
{
	const struct wr_pgs_token *token = &tokens->token[i < tokens->count ? i : tokens->count];

	return token->kind == WR_PG_WORD && token->len == strlen(word) &&
	       strncasecmp(tokens->sql + token->at, word, token->len) == 0;
}

bool wr_pgs_is_op(const struct wr_pgs_tokens *tokens, uint32_t i, const char *op)
{
	const struct wr_pgs_token *token = &tokens->token[i < tokens->count ? i : tokens->count];

	return token->kind == WR_PG_OP && token->len == strlen(op) &&
	       memcmp(tokens->sql + token->at, op, token->len) == 0;
}

bool wr_pgs_are_words(const struct wr_pgs_tokens *tokens, uint32_t i, const char *words)
{
	char word[32];

	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		memcpy(word, words, len);
		word[len] = '\0';
		if (!wr_pgs_is_word(tokens, i++, word))
			return false;
		words += len + (words[len] == ' ');
	}
	return true;
}

/* One escape of an E'' string; behind it. */
static const char *put_escape(const char *at, const char *end, struct wr_text *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found = *at != '\0' ? strchr(from, *at) : NULL;
	unsigned value = 0;
	int digits = 0;

	if (found != NULL) {
		wr_text_putc(out, to[found - from]);
		return at + 1;
	}
	if (*at == 'x' || (*at >= '0' && *at <= '7')) {
		bool hex = *at == 'x';

		for (at += hex; at < end && digits < (hex ? 2 : 3) &&
				(hex ? isxdigit((unsigned char)*at) : *at >= '0' && *at <= '7');
		     at++, digits++)
			value = value * (hex ? 16 : 8) + (unsigned)(isdigit((unsigned char)*at)
									? *at - '0'
									: (*at | 32) - 'a' + 10);
		if (value != 0)
			wr_text_putc(out, (char)value);
		return at;
	}
	wr_text_putc(out, *at);
	return at + 1;
}

void wr_pgs_token_value(const struct wr_pgs_tokens *tokens, uint32_t i, struct wr_text *out)
{
	const struct wr_pgs_token *token = &tokens->token[i];
	const char *at = tokens->sql + token->at, *end = at + token->len;
	bool escapes;
	char quote;

	if (token->kind == WR_PG_WORD) {
		for (; at < end; at++)
			wr_text_putc(out, (char)tolower((unsigned char)*at));
		return;
	}
	if (token->kind == WR_PG_STRING && *at == '$') {
		size_t tag = (size_t)((const char *)memchr(at + 1, '$', token->len - 1) + 1 - at);

		if (token->len >= 2 * tag)
			wr_text_add(out, at + tag, token->len - 2 * tag);
		return;
	}
	escapes = (*at | 32) == 'e';
	if (token->kind != WR_PG_STRING && token->kind != WR_PG_QUOTED &&
	    token->kind != WR_PG_BACK) {
		wr_text_add(out, at, token->len);
		return;
	}
	at += escapes && token->kind == WR_PG_STRING;
	quote = *at++;
	end -= end > at && end[-1] == quote;
	while (at < end) {
		if (*at == '\\' && escapes && at + 1 < end && token->kind == WR_PG_STRING) {
			at = put_escape(at + 1, end, out);
		} else {
			wr_text_putc(out, *at);
			at += *at == quote && at + 1 < end ? 2 : 1;
		}
	}
}

uint32_t wr_pgs_statement_end(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	/* The statements of a set end with semicolons of their own; it ends with END. */
	bool set = wr_pgs_are_words(tokens, i, "EXECUTE STATEMENT SET BEGIN") ||
		   wr_pgs_are_words(tokens, i, "BEGIN STATEMENT SET");

	for (; i < tokens->count; i++) {
		if (set && wr_pgs_is_word(tokens, i, "END") && i > 0 &&
		    (wr_pgs_is_op(tokens, i - 1, ";") || wr_pgs_is_word(tokens, i - 1, "BEGIN")))
			set = false;
		if (!set && wr_pgs_is_op(tokens, i, ";"))
			return i;
	}
	return i;
}
