/* SPDX-License-Identifier: Apache-2.0
 *
 * lexer - one pass over the text; each function reads one kind of token.
 */
#include "sql/lexer.h"

#include <unicode/utf8.h>

#include "base/limits.h"
#include "base/macros.h"

struct lexer {
	struct wr_source *source; /* gives places */
	struct wr_arena *arena;   /* holds the tokens */
	struct wr_str text;       /* the source's replaced text */
	size_t at;                /* next byte to read */
	uint32_t hint_token;      /* index of the open hint's token */
	bool in_hint;             /* between the marks of a hint */
	struct wr_token *items;   /* tokens so far */
	uint32_t count;           /* number of them */
	uint32_t capacity;        /* room in items */
};

/* A character that looks like another one, and what to write instead. */
struct lookalike {
	const char *bytes; /* UTF-8 */
	const char *name;  /* for the message */
	const char *hint;  /* next action */
};

static const struct lookalike lookalikes[] = {
    {"\xE2\x80\x98", "a typographic quote", "Write strings between plain single quotes: 'text'"},
    {"\xE2\x80\x99", "a typographic quote", "Write strings between plain single quotes: 'text'"},
    {"\xE2\x80\x9C", "a typographic quote", "Write strings between plain single quotes: 'text'"},
    {"\xE2\x80\x9D", "a typographic quote", "Write strings between plain single quotes: 'text'"},
    {"\xC2\xA0", "a no-break space", "Replace it with a plain space"},
    {"\xE3\x80\x80", "an ideographic space", "Replace it with a plain space"},
    {"\xE2\x80\x8B", "a zero-width space", "Remove it"},
    {"\xE2\x80\x93", "a dash", "Write a plain minus sign: -"},
    {"\xE2\x80\x94", "a dash", "Write a plain minus sign: -"},
    {"\xE2\x88\x92", "a typographic minus sign", "Write a plain minus sign: -"},
    {"\xEF\xBC\x8C", "a full-width comma", "Write a plain comma: ,"},
    {"\xEF\xBC\x9B", "a full-width semicolon", "Write a plain semicolon: ;"},
    {"\xEF\xBC\x88", "a full-width parenthesis", "Write a plain parenthesis: ("},
    {"\xEF\xBC\x89", "a full-width parenthesis", "Write a plain parenthesis: )"},
};

static char peek(const struct lexer *lexer, size_t ahead)
{
	return lexer->at + ahead < lexer->text.len ? lexer->text.data[lexer->at + ahead] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The character above ASCII at `at`; its bytes go to *len. */
static UChar32 wide_char(const struct lexer *lexer, size_t at, size_t *len)
{
	int32_t i = 0, left = (int32_t)WR_MIN(lexer->text.len - at, (size_t)4);
	UChar32 c;

	U8_NEXT((const uint8_t *)lexer->text.data + at, i, left, c);
	*len = (size_t)i;
	return c;
}

/* Characters above ASCII that may stand in a name without backquotes, as Flink has them. */
static bool is_wide_letter(UChar32 c)
{
	static const UChar32 ranges[][2] = {
	    {0x00C0, 0x00D6}, {0x00D8, 0x00F6}, {0x00F8, 0x1FFF}, {0x3040, 0x318F},
	    {0x3300, 0x337F}, {0x3400, 0x3D2D}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF},
	};

	for (size_t i = 0; i < WR_COUNT(ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

/* Bytes of the letter at `at`: of those that names begin with; 0: there is none. */
static size_t letter_len(const struct lexer *lexer, size_t at)
{
	char c = at < lexer->text.len ? lexer->text.data[at] : '\0';
	size_t len;

	if ((c & 0x80) == 0)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
	return is_wide_letter(wide_char(lexer, at, &len)) ? len : 0;
}

static const struct lookalike *find_lookalike(const struct lexer *lexer, size_t at)
{
	for (size_t i = 0; i < WR_COUNT(lookalikes); i++) {
		size_t len = strlen(lookalikes[i].bytes);
		if (lexer->text.len - at >= len &&
		    memcmp(lexer->text.data + at, lookalikes[i].bytes, len) == 0)
			return &lookalikes[i];
	}
	return NULL;
}

/* An error about text[start, end). */
#define lex_error(lexer, start, end, ...)                                                          \
	wr_status_at(WR_USER_ERROR, wr_source_place((lexer)->source, (start), (end)), __VA_ARGS__)

/* Adds the token text[start, lexer->at). */
static wr_status *add_token(struct lexer *lexer, enum wr_token_kind kind, uint16_t code,
			    size_t start)
{
	if (lexer->count == WR_SQL_TOKENS_MAX)
		return wr_status_hint(lex_error(lexer, start, lexer->at,
						"The script has more than %d words and signs",
						WR_SQL_TOKENS_MAX),
				      "Split it into several scripts");
	if (lexer->count == lexer->capacity) {
		uint32_t capacity = lexer->capacity == 0 ? 64 : lexer->capacity * 2;
		struct wr_token *grown = wr_arena_alloc(lexer->arena, capacity * sizeof(*grown));
		if (lexer->count > 0)
			memcpy(grown, lexer->items, lexer->count * sizeof(*grown));
		lexer->items = grown;
		lexer->capacity = capacity;
	}
	lexer->items[lexer->count++] = (struct wr_token){
	    .kind = (uint8_t)kind,
	    .code = code,
	    .offset = (uint32_t)start,
	    .len = (uint32_t)(lexer->at - start),
	    .pos = wr_source_place(lexer->source, start, lexer->at),
	};
	return NULL;
}

/* Moves behind the closing quote; a doubled quote is part of the text. `start`: of the whole token.
 */
static wr_status *skip_quoted(struct lexer *lexer, size_t start, char quote)
{
	size_t i = lexer->at + 1;
	for (;;) {
		const char *found = memchr(lexer->text.data + i, quote, lexer->text.len - i);
		if (found == NULL)
			break;
		i = (size_t)(found - lexer->text.data) + 1;
		if (i >= lexer->text.len || lexer->text.data[i] != quote) {
			lexer->at = i;
			return NULL;
		}
		i++;
	}
	size_t shown = lexer->at + 1;
	if (quote == '`')
		return wr_status_hint(
		    lex_error(lexer, start, shown, "The name in backquotes has no end"),
		    "Close it with a backquote");
	return wr_status_hint(
	    lex_error(lexer, start, shown, "The string has no end"),
	    "Close it with a single quote; a quote inside a string is written twice: 'it''s'");
}

/* `name`: not empty, no line break needed to be checked; a doubled backquote stands for one. */
static wr_status *lex_backquoted(struct lexer *lexer)
{
	size_t start = lexer->at;
	WR_TRY(skip_quoted(lexer, start, '`'));
	if (lexer->at - start == 2)
		return lex_error(lexer, start, lexer->at, "The name in backquotes is empty");
	return add_token(lexer, WR_TOKEN_QUOTED, 0, start);
}

/* Digits, point, exponent. What follows without a space starts the next token, as in `1a`. */
static wr_status *lex_number(struct lexer *lexer)
{
	size_t start = lexer->at;
	while (is_digit(peek(lexer, 0)))
		lexer->at++;
	if (peek(lexer, 0) == '.') {
		lexer->at++;
		while (is_digit(peek(lexer, 0)))
			lexer->at++;
	}
	if (peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') {
		size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 1 : 0;
		if (is_digit(peek(lexer, 1 + sign))) {
			lexer->at += 1 + sign;
			while (is_digit(peek(lexer, 0)))
				lexer->at++;
		}
	}
	return add_token(lexer, WR_TOKEN_NUMBER, 0, start);
}

/* What kind of literal the word before a quote introduces; WR_TOKEN_WORD: none. */
static enum wr_token_kind introduced(const struct lexer *lexer, struct wr_str word)
{
	if (peek(lexer, 0) == '&' && peek(lexer, 1) == '\'' && wr_str_eq_nocase(word, "U"))
		return WR_TOKEN_UNICODE_STRING;
	if (peek(lexer, 0) != '\'')
		return WR_TOKEN_WORD;
	if (wr_str_eq_nocase(word, "X"))
		return WR_TOKEN_BYTES;
	if (wr_str_eq_nocase(word, "N") || word.data[0] == '_')
		return WR_TOKEN_STRING;
	return WR_TOKEN_WORD;
}

/* A name, a keyword, or a literal with an introducer: x'..', N'..', _UTF8'..', U&'..'. */
static wr_status *lex_word(struct lexer *lexer)
{
	size_t start = lexer->at;
	for (size_t len = 1; len > 0; lexer->at += len)
		len = is_digit(peek(lexer, 0)) ? 1 : letter_len(lexer, lexer->at);
	struct wr_str word = {lexer->text.data + start, lexer->at - start};
	WR_ASSERT(word.len > 0);
	enum wr_token_kind kind = introduced(lexer, word);
	if (kind == WR_TOKEN_WORD)
		return add_token(lexer, kind, (uint16_t)wr_keyword_find(word), start);
	if (kind == WR_TOKEN_UNICODE_STRING)
		lexer->at++;
	if (word.data[0] == '_' && !wr_str_eq_nocase(word, "_UTF8") &&
	    !wr_str_eq_nocase(word, "_UTF16"))
		return wr_status_hint(lex_error(lexer, start, start + word.len,
						"The character set %.*s is not supported",
						(int)word.len - 1, word.data + 1),
				      "Leave it out: strings are Unicode");
	WR_TRY(skip_quoted(lexer, start, '\''));
	return add_token(lexer, kind, 0, start);
}

/* Moves behind a block comment; a hint's mark becomes a token instead. */
static wr_status *lex_comment(struct lexer *lexer)
{
	size_t start = lexer->at;
	if (peek(lexer, 2) == '+') {
		if (lexer->in_hint)
			return lex_error(lexer, start, start + 3,
					 "A hint cannot stand inside another one");
		lexer->at += 3;
		lexer->in_hint = true;
		lexer->hint_token = lexer->count;
		return add_token(lexer, WR_TOKEN_HINT, 0, start);
	}
	const char *end = NULL;
	if (lexer->text.len - start >= 4)
		end = memmem(lexer->text.data + start + 2, lexer->text.len - start - 2, "*/", 2);
	if (end == NULL)
		return wr_status_hint(lex_error(lexer, start, start + 2, "The comment has no end"),
				      "Close it with */");
	lexer->at = (size_t)(end - lexer->text.data) + 2;
	return NULL;
}

/* Signs that other languages have; NULL: not one of them. */
static const char *foreign_sign_hint(char first, char second)
{
	if (first == ':' && second == ':')
		return "Convert with CAST(value AS type)";
	if (first == '=' && second == '=')
		return "Compare with a single =";
	if (first == '&')
		return "The logical operator is AND";
	if (first == '!')
		return "Negation is NOT; unequal is <> or !=";
	if (first == '"')
		return "Strings stand in single quotes: 'text'; names in backquotes: `name`";
	if (first == '-' && second == '>')
		return "The fields of a row are read with a point: row.field";
	if (first == '\\')
		return "A quote inside a string is written twice: 'it''s'";
	if (first == '@' || first == '#' || first == '~')
		return "Names with special characters stand in backquotes: `a name`";
	return NULL;
}

/* Operators and punctuation. */
static wr_status *lex_symbol(struct lexer *lexer)
{
	static const char *const doubles[] = {"<=", ">=", "<>", "!=", "||", "=>"};
	size_t start = lexer->at;
	char first = peek(lexer, 0);
	char second = peek(lexer, 1);
	for (size_t i = 0; i < WR_COUNT(doubles); i++) {
		if (first == doubles[i][0] && second == doubles[i][1]) {
			lexer->at += 2;
			return add_token(lexer, WR_TOKEN_SYMBOL, WR_SYMBOL(first, second), start);
		}
	}
	bool foreign = (first == ':' || first == '=') && second == first;
	foreign = foreign || (first == '-' && second == '>');
	if (!foreign && strchr("()[]{},;.+-*/%<>=?:|^", first) != NULL) {
		lexer->at++;
		return add_token(lexer, WR_TOKEN_SYMBOL, WR_SYMBOL1(first), start);
	}
	size_t len = foreign || (first == '&' && second == '&') ? 2 : 1;
	if (first < ' ' || first == 0x7F)
		return wr_status_hint(lex_error(lexer, start, start + 1,
						"The script holds the control character 0x%02X",
						(unsigned)first),
				      "Remove it");
	wr_status *status = lex_error(lexer, start, start + len, "%.*s has no meaning in SQL",
				      (int)len, lexer->text.data + start);
	const char *hint = foreign_sign_hint(first, second);
	return hint == NULL ? status : wr_status_hint(status, "%s", hint);
}

/* Spaces and comments: true when something was skipped; a hint's closing mark is a token. */
static wr_status *skip_blank(struct lexer *lexer, bool *skipped)
{
	char c = peek(lexer, 0);
	*skipped = true;
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
		lexer->at++;
		return NULL;
	}
	if ((c == '-' && peek(lexer, 1) == '-') || (c == '/' && peek(lexer, 1) == '/')) {
		const char *end =
		    memchr(lexer->text.data + lexer->at, '\n', lexer->text.len - lexer->at);
		lexer->at = end == NULL ? lexer->text.len : (size_t)(end - lexer->text.data) + 1;
		return NULL;
	}
	if (c == '/' && peek(lexer, 1) == '*')
		return lex_comment(lexer);
	if (c == '*' && peek(lexer, 1) == '/' && lexer->in_hint) {
		lexer->in_hint = false;
		lexer->at += 2;
		return add_token(lexer, WR_TOKEN_HINT_END, 0, lexer->at - 2);
	}
	*skipped = false;
	return NULL;
}

/* A character above ASCII that is no letter. */
static wr_status *foreign_char(struct lexer *lexer)
{
	const struct lookalike *odd = find_lookalike(lexer, lexer->at);
	size_t len;
	UChar32 c = wide_char(lexer, lexer->at, &len);

	if (odd != NULL)
		return wr_status_hint(lex_error(lexer, lexer->at, lexer->at + strlen(odd->bytes),
						"The script holds %s here", odd->name),
				      "%s", odd->hint);
	return wr_status_hint(
	    lex_error(
		lexer, lexer->at, lexer->at + len,
		"The character %.*s (U+%04X) has no meaning in SQL and cannot stand in a name",
		(int)len, lexer->text.data + lexer->at, (unsigned)c),
	    "Names with special characters stand in backquotes: `a name`");
}

/* One token, or some blanks. */
static wr_status *lex_next(struct lexer *lexer)
{
	bool skipped = false;
	WR_TRY(skip_blank(lexer, &skipped));
	if (skipped)
		return NULL;
	char c = peek(lexer, 0);
	if (c == '\'') {
		size_t start = lexer->at;
		WR_TRY(skip_quoted(lexer, start, '\''));
		return add_token(lexer, WR_TOKEN_STRING, 0, start);
	}
	if (c == '`')
		return lex_backquoted(lexer);
	if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
		return lex_number(lexer);
	size_t letter = letter_len(lexer, lexer->at);
	if ((c & 0x80) != 0 && letter == 0)
		return foreign_char(lexer);
	bool lone_dollar =
	    c == '$' && letter_len(lexer, lexer->at + 1) == 0 && !is_digit(peek(lexer, 1));
	if (lone_dollar) {
		lexer->at++;
		return add_token(lexer, WR_TOKEN_SYMBOL, WR_SYMBOL1('$'), lexer->at - 1);
	}
	return letter > 0 ? lex_word(lexer) : lex_symbol(lexer);
}

/* The whole text; a byte order mark in front is skipped. */
wr_status *wr_lex(struct wr_source *source, struct wr_arena *arena, struct wr_tokens *tokens)
{
	struct lexer lexer = {.source = source, .arena = arena, .text = source->text};
	if (lexer.text.len >= 3 && memcmp(lexer.text.data, "\xEF\xBB\xBF", 3) == 0)
		lexer.at = 3;
	while (lexer.at < lexer.text.len)
		WR_TRY(lex_next(&lexer));
	if (lexer.in_hint)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, lexer.items[lexer.hint_token].pos,
						   "The hint has no end"),
				      "Close it with */");
	WR_TRY(add_token(&lexer, WR_TOKEN_END, 0, lexer.at));
	*tokens = (struct wr_tokens){lexer.items, lexer.count};
	WR_ASSERT(tokens->items[tokens->count - 1].kind == WR_TOKEN_END);
	return NULL;
}
