/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_scan - SQL as PostgreSQL's clients write it, as tokens: "names", E'strings', $$strings$$, $1,
 * ::casts and nested comments, beside what Flink has.
 *
 * What is no token of either is one of a single character: whoever reads the statement says so.
 *
 * Thread: pure functions.
 */
#ifndef WR_SERVER_PG_SCAN_H
#define WR_SERVER_PG_SCAN_H

#include "base/text.h"

enum wr_pgs_token_kind {
	WR_PG_END,     /* behind the last one */
	WR_PG_WORD,    /* a name or keyword */
	WR_PG_QUOTED,  /* "name" */
	WR_PG_BACK,    /* `name` */
	WR_PG_STRING,  /* 'text', E'text', $$text$$ */
	WR_PG_LITERAL, /* x'00', U&'text', N'text': as they are */
	WR_PG_NUMBER,
	WR_PG_PARAM, /* $1 */
	WR_PG_HINT,  /* a hint comment of Flink's, whole */
	WR_PG_OP     /* ( ) , . ; :: <= and so on */
};

struct wr_pgs_token {
	uint8_t kind;     /* enum wr_pgs_token_kind */
	uint32_t at, len; /* in the text */
	uint32_t param;   /* PARAM: its number; 0: none that there can be */
};

struct wr_pgs_tokens {
	const char *sql; /* as long as the tokens are used */
	struct wr_pgs_token *token;
	uint32_t count; /* without the END, which is there */
	bool open;      /* a string, name or comment does not end */
};

void wr_pgs_scan(const char *sql, size_t len, struct wr_pgs_tokens *out);
void wr_pgs_tokens_release(struct wr_pgs_tokens *tokens);

/* Of token `i`, which may be behind the end. */
bool wr_pgs_is_word(const struct wr_pgs_tokens *tokens, uint32_t i, const char *word);
bool wr_pgs_is_op(const struct wr_pgs_tokens *tokens, uint32_t i, const char *op);
/* Whether from `i` on the words stand there ("BEGIN STATEMENT SET"). */
bool wr_pgs_are_words(const struct wr_pgs_tokens *tokens, uint32_t i, const char *words);
/* Appends what a name or string says: without quotes, words in lower case. */
void wr_pgs_token_value(const struct wr_pgs_tokens *tokens, uint32_t i, struct wr_text *out);
/* The end of the statement that begins with token `i`: its semicolon, or the END. */
uint32_t wr_pgs_statement_end(const struct wr_pgs_tokens *tokens, uint32_t i);

#endif
