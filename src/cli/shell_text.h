/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_text - SQL as it is being typed: where a statement ends, its first words, one line of it.
 *
 * Thread: pure functions.
 */
#ifndef WR_CLI_SHELL_TEXT_H
#define WR_CLI_SHELL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* What is open at the end of a text that is no whole statement yet; its first character is shown in
 * the prompt. */
enum wr_shell_open {
	WR_OPEN_NOTHING, /* only spaces and comments */
	WR_OPEN_STATEMENT,
	WR_OPEN_STRING,  /* '... */
	WR_OPEN_NAME,    /* `... */
	WR_OPEN_COMMENT, /* slash-star ... */
	WR_OPEN_SET      /* BEGIN ... without END */
};

/* The length of the first statement with its semicolon; 0: it is not whole, see *open. Semicolons
 * in strings, names, comments and between BEGIN and END do not end a statement. */
size_t wr_shell_statement(const char *text, size_t len, enum wr_shell_open *open);
/* The first `max` words of a statement, in capitals, one space in between; comments are skipped. */
void wr_shell_words(const char *text, size_t len, uint32_t max, struct wr_text *out);
/* The statement on one line, for the history: line ends are spaces, comments to the end of a line
 * are left out. */
void wr_shell_one_line(const char *text, size_t len, struct wr_text *out);

#endif
