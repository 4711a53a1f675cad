/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_writer - what writes SQLite's form of a statement of the system catalog.
 *
 * Tokens are written one after the other. Each parenthesis that is open has a frame, which knows
 * what the tokens within it are: an expression, or a clause of a query.
 */
#ifndef WR_SERVER_PG_CATALOG_WRITER_H
#define WR_SERVER_PG_CATALOG_WRITER_H

#include "server/pg_catalog_inner.h"

#define WR_PGS_DEPTH_MAX  200
#define WR_PGS_RENAME_MAX 16

/* What stands at a place of a query. */
enum wr_pgs_clause {
	WR_PGS_PLAIN, /* no query of this parenthesis: a list or an expression */
	WR_PGS_LIST,  /* what a SELECT gives */
	WR_PGS_FROM,  /* what it reads */
	WR_PGS_OTHER  /* WHERE and what follows */
};

/* Calls whose arguments have words between them. */
enum wr_pgs_call { WR_PGS_NO_CALL, WR_PGS_CAST, WR_PGS_SUBSTRING, WR_PGS_POSITION, WR_PGS_AGG };

struct wr_pgs_frame {
	size_t operand;     /* where what the parenthesis belongs to began */
	size_t begin;       /* behind the parenthesis, in the text written */
	const char *closes; /* what goes before the parenthesis' end; NULL: nothing */
	uint8_t clause;     /* enum wr_pgs_clause */
	uint8_t call;       /* enum wr_pgs_call */
	bool from;          /* its query has a FROM */
	bool sorts, turned; /* WR_PGS_AGG: within ORDER BY; the key has said its direction */
	uint32_t row_first; /* number of its first function that gives rows */
	struct wr_text row; /* those of the SELECT list, to be joined; empty: none */
};

/* f(x) WITH ORDINALITY AS alias (column, ordinal), as tokens; 0: not there. */
struct wr_pgs_row_call {
	uint32_t name, close, behind, alias, column, ordinal;
	bool numbered; /* WITH ORDINALITY */
	bool lateral;  /* its arguments name columns of what stands before it */
};

struct wr_pgs_writer {
	const struct wr_pgs_conn *conn;     /* whose statement it is */
	const struct wr_pgs_tokens *tokens; /* of the client */
	struct wr_text *out;                /* what SQLite gets */
	uint32_t end;                       /* behind the last token */
	size_t operand;                     /* where the last one began; SIZE_MAX: none */
	uint32_t depth;                     /* parentheses open */
	uint32_t row_next;                  /* number of the next function that gives rows */
	struct wr_pgs_frame frame[WR_PGS_DEPTH_MAX];      /* 0: of the statement */
	struct wr_pgs_row_call rename[WR_PGS_RENAME_MAX]; /* lateral ones in FROM */
	uint32_t rename_count;
	struct wr_text value; /* scratch */
};

/* --- pg_catalog_sql.c --- */

/* One token, or several that belong together; behind them. */
uint32_t wr_pgs_writer_put(struct wr_pgs_writer *writer, uint32_t i);
void wr_pgs_writer_range(struct wr_pgs_writer *writer, uint32_t i, uint32_t end);
struct wr_pgs_frame *wr_pgs_writer_frame(struct wr_pgs_writer *writer);
/* Writes `text`, which ends with the parenthesis; a call's `operand` is where its name began. */
struct wr_pgs_frame *wr_pgs_writer_open(struct wr_pgs_writer *writer, const char *text,
					size_t operand, const char *closes);
/* What a name or string says; good until the next one is asked for. */
const char *wr_pgs_writer_value(struct wr_pgs_writer *writer, uint32_t i);
/* The parenthesis that closes the one at `i`. */
uint32_t wr_pgs_writer_closing(const struct wr_pgs_writer *writer, uint32_t i);

/* --- pg_catalog_rows.c: functions that give rows --- */

/* The clause behind token `i`, that of it and what stands before being `clause`. */
enum wr_pgs_clause wr_pgs_clause_next(const struct wr_pgs_tokens *tokens, uint32_t i,
				      enum wr_pgs_clause clause);
/* Finds those whose columns get other names. Before anything is written. */
void wr_pgs_rows_begin(struct wr_pgs_writer *writer);
/* Those of the query's SELECT list are joined, where its FROM ends. */
void wr_pgs_rows_join(struct wr_pgs_writer *writer);
/* One that stands at the token, or a column of one; behind it. UINT32_MAX: neither does. */
uint32_t wr_pgs_rows_put(struct wr_pgs_writer *writer, uint32_t i);

/* --- pg_catalog_call.c: words within calls --- */

/* UINT32_MAX: there is none at the token. */
uint32_t wr_pgs_call_put(struct wr_pgs_writer *writer, uint32_t i);
/* Before the parenthesis of a call ends. */
void wr_pgs_call_close(struct wr_pgs_writer *writer);

#endif
