/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_dialect - Flink SQL of what clients of PostgreSQL write.
 *
 *     "Name"            `Name`
 *     E'..' $$..$$      '..'
 *     x::type           CAST(x AS type), with PostgreSQL's names of types
 *     != now()          <> CURRENT_TIMESTAMP
 *     public.t          t
 *     $1                what the caller puts there
 *     a ILIKE b         LOWER(a) LIKE LOWER(b), NOT ILIKE as well
 *     a = ANY (array)   a IN (..), <> ALL: a NOT IN (..); of a parameter, '{..}' or ARRAY[..]
 *     date_trunc('hour', a)   FLOOR(a TO HOUR)
 *     interval '5 minutes'    INTERVAL '5' MINUTE; '5 minutes'::interval as well
 *
 * All else stays as it is, so Flink's own SQL goes through. Where a byte of the result comes from
 * is kept, so that errors point into what the client wrote.
 *
 * Thread: one.
 */
#ifndef WR_SERVER_PG_DIALECT_H
#define WR_SERVER_PG_DIALECT_H

#include "server/pg_scan.h"

struct wr_pgs_piece {
	uint32_t to, from; /* offsets: in the result, in the client's text */
};

struct wr_pgs_sql {
	struct wr_text text;        /* the result */
	struct wr_pgs_piece *piece; /* ascending in `to`; owned */
	uint32_t count, room;
};

void wr_pgs_sql_release(struct wr_pgs_sql *sql);
/* What the writer asks its caller. */
struct wr_pgs_dialect_calls {
	/* The value of $number. */
	void (*param)(void *own, uint32_t number, struct wr_text *out);
	/* The string of a token, where it is not to be written as it is; else false. */
	bool (*string)(void *own, uint32_t token, struct wr_text *out);
	void *own;
};
/* Tokens [begin, end). */
void wr_pgs_translate(const struct wr_pgs_tokens *tokens, uint32_t begin, uint32_t end,
		      const struct wr_pgs_dialect_calls *calls, struct wr_pgs_sql *out);
/* Of a place in the result, line and column as errors have them: the 1-based character of the
 * client's text; 0: unknown. */
uint32_t wr_pgs_sql_position(const struct wr_pgs_sql *sql, const char *original, uint32_t line,
			     uint32_t column);
/* A string literal. */
void wr_pgs_put_literal(struct wr_text *out, const char *text, size_t len);

#endif
