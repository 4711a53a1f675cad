/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_text - see shell_text.h. The lexer cannot be asked: it takes whole scripts only.
 */
#include "cli/shell_text.h"

#include <ctype.h>
#include <strings.h>

/* What stands at a place of a text. */
enum piece { PIECE_SPACE, PIECE_COMMENT, PIECE_WORD, PIECE_QUOTED, PIECE_OTHER };

struct scan {
	const char *text;
	size_t len, at;    /* `at`: behind the last piece */
	size_t begin;      /* of the last piece */
	bool open;         /* the last piece does not end */
	bool line_comment; /* it is a comment to the end of its line */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Behind a quoted piece: the quote twice stands for itself. */
static void skip_quoted(struct scan *scan, char quote)
{
	for (scan->at++; scan->at < scan->len; scan->at++) {
		if (scan->text[scan->at] != quote)
			continue;
		if (scan->at + 1 < scan->len && scan->text[scan->at + 1] == quote) {
			scan->at++;
			continue;
		}
		scan->at++;
		return;
	}
	scan->open = true;
}

static void skip_comment(struct scan *scan)
{
	for (scan->at += 2; scan->at + 1 < scan->len; scan->at++) {
		if (scan->text[scan->at] == '*' && scan->text[scan->at + 1] == '/') {
			scan->at += 2;
			return;
		}
	}
	scan->at = scan->len;
	scan->open = true;
}

/* The next piece of the text; false: there is none. */
static bool next(struct scan *scan, enum piece *piece)
{
	const char *text = scan->text;
	char c, after;

	if (scan->at >= scan->len)
		return false;
	c = text[scan->at];
	after = scan->at + 1 < scan->len ? text[scan->at + 1] : '\0';
	scan->begin = scan->at;
	scan->open = scan->line_comment = false;
	if (isspace((unsigned char)c)) {
		*piece = PIECE_SPACE;
		scan->at++;
	} else if (c == '-' && after == '-') {
		*piece = PIECE_COMMENT;
		scan->line_comment = true;
		while (scan->at < scan->len && text[scan->at] != '\n')
			scan->at++;
	} else if (c == '/' && after == '*') {
		*piece = PIECE_COMMENT;
		skip_comment(scan);
	} else if (c == '\'' || c == '`') {
		*piece = PIECE_QUOTED;
		skip_quoted(scan, c);
	} else if (is_word(c)) {
		*piece = PIECE_WORD;
		while (scan->at < scan->len && is_word(text[scan->at]))
			scan->at++;
	} else {
		*piece = PIECE_OTHER;
		scan->at++;
	}
	return true;
}

static bool word_is(const struct scan *scan, const char *word)
{
	return scan->at - scan->begin == strlen(word) &&
	       strncasecmp(scan->text + scan->begin, word, strlen(word)) == 0;
}

size_t wr_shell_statement(const char *text, size_t len, enum wr_shell_open *open)
{
	struct scan scan = {.text = text, .len = len};
	bool inside = false; /* between BEGIN and END */
	uint32_t cases = 0;  /* CASEs that are open: each has an END, too */
	enum piece piece;

	*open = WR_OPEN_NOTHING;
	while (next(&scan, &piece)) {
		if (scan.open) {
			*open = piece == PIECE_COMMENT     ? WR_OPEN_COMMENT
				: text[scan.begin] == '\'' ? WR_OPEN_STRING
							   : WR_OPEN_NAME;
			return 0;
		}
		if (piece == PIECE_SPACE || piece == PIECE_COMMENT)
			continue;
		if (piece == PIECE_OTHER && text[scan.begin] == ';' && !inside)
			return scan.at;
		if (*open == WR_OPEN_NOTHING)
			*open = WR_OPEN_STATEMENT;
		if (piece != PIECE_WORD)
			continue;
		/* EXECUTE STATEMENT SET BEGIN ... END, BEGIN STATEMENT SET; ... END */
		if (word_is(&scan, "BEGIN"))
			inside = true;
		else if (word_is(&scan, "CASE"))
			cases++;
		else if (word_is(&scan, "END") && cases > 0)
			cases--;
		else if (word_is(&scan, "END"))
			inside = false;
	}
	if (inside)
		*open = WR_OPEN_SET;
	return 0;
}

void wr_shell_words(const char *text, size_t len, uint32_t max, struct wr_text *out)
{
	struct scan scan = {.text = text, .len = len};
	enum piece piece;

	for (uint32_t count = 0; count < max && next(&scan, &piece);) {
		if (piece == PIECE_SPACE || piece == PIECE_COMMENT)
			continue;
		if (piece != PIECE_WORD && (piece != PIECE_OTHER || text[scan.begin] != '('))
			break;
		if (count++ > 0)
			wr_text_putc(out, ' ');
		for (size_t i = scan.begin; i < scan.at; i++)
			wr_text_putc(out, (char)toupper((unsigned char)text[i]));
	}
}

void wr_shell_one_line(const char *text, size_t len, struct wr_text *out)
{
	struct scan scan = {.text = text, .len = len};
	enum piece piece;

	while (next(&scan, &piece)) {
		if (piece == PIECE_COMMENT && scan.line_comment)
			continue;
		if (piece == PIECE_SPACE && out->len == 0)
			continue;
		for (size_t i = scan.begin; i < scan.at; i++)
			wr_text_putc(out, text[i] == '\n' || text[i] == '\r' ? ' ' : text[i]);
	}
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}
