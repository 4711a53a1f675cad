/* SPDX-License-Identifier: Apache-2.0
 *
 * lexer - from text to tokens: all of a script at once, into one array.
 *
 * With the array the parser can look ahead as far as it needs (is "((" the start of a query?), and
 * errors of the lexer are known before anything runs. Comments and spaces vanish; hint comments
 * become tokens. Literals keep their source; literal.h decodes them.
 *
 * Invariants
 *
 *   L1  The last token is WR_TOKEN_END, and it is the only one.
 *
 *   L2  Tokens are in the order of the text and do not overlap.
 *
 *   L3  At most WR_SQL_TOKENS_MAX tokens.
 */
#ifndef WR_SQL_LEXER_H
#define WR_SQL_LEXER_H

#include "sql/keyword.h"
#include "sql/source.h"

enum wr_token_kind {
	WR_TOKEN_END = 0,        /* behind the last one */
	WR_TOKEN_WORD,           /* a name or keyword; code: its wr_keyword */
	WR_TOKEN_QUOTED,         /* `name` */
	WR_TOKEN_NUMBER,         /* 12, 1.5, .5, 1e3 */
	WR_TOKEN_STRING,         /* 'text', _UTF8'text', N'text' */
	WR_TOKEN_UNICODE_STRING, /* U&'text' */
	WR_TOKEN_BYTES,          /* x'0aff' */
	WR_TOKEN_HINT,           /* the opening mark of a hint comment */
	WR_TOKEN_HINT_END,       /* its closing mark */
	WR_TOKEN_SYMBOL          /* code: WR_SYMBOL of its characters */
};

/* The code of a symbol of one or two characters. */
#define WR_SYMBOL(first, second) ((uint16_t)((unsigned char)(first) << 8 | (unsigned char)(second)))
#define WR_SYMBOL1(first)        WR_SYMBOL(0, first)

struct wr_token {
	uint8_t kind;      /* enum wr_token_kind */
	uint16_t code;     /* WORD: enum wr_keyword; SYMBOL: WR_SYMBOL; otherwise 0 */
	uint32_t offset;   /* first byte in the replaced text */
	uint32_t len;      /* bytes in the replaced text */
	struct wr_pos pos; /* in the user's text */
};

struct wr_tokens {
	struct wr_token *items; /* in the arena */
	uint32_t count;         /* number of tokens, the END included */
};

/* Reads all of the source. Errors: characters and literals that no script can hold. */
wr_status *wr_lex(struct wr_source *source, struct wr_arena *arena, struct wr_tokens *tokens);

#endif
