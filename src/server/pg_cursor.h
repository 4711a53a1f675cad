/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cursor - DECLARE, FETCH, MOVE and CLOSE: results that a client takes in portions by SQL.
 *
 * A cursor is a portal under its name (as in PostgreSQL, where Describe and Close take it as well).
 * Its query begins with DECLARE and waits when nobody fetches, with server.results.max-size bytes
 * of rows at most. Cursors end with their transaction; those WITH HOLD go on behind a COMMIT.
 *
 * Rows go forward only: SCROLL and what would go back are refused.
 *
 * Thread: the connection's.
 */
#ifndef WR_SERVER_PG_CURSOR_H
#define WR_SERVER_PG_CURSOR_H

#include "server/pg_query.h"

/* Whether the statement is one of these. */
bool wr_pgs_cursor_asked(const struct wr_pgs_statement *statement);
/* Reads the statement; its parameters are those of the query of DECLARE. */
struct wr_pgs_error *wr_pgs_cursor_prepare(struct wr_pgs_conn *conn,
					   struct wr_pgs_statement *statement);
void wr_pgs_cursor_free(struct wr_pgs_cursor *cursor); /* NULL allowed */
/* The columns that a portal gives: of FETCH those of its cursor; *count 0: none. Valid until
 * something is closed. */
const struct wr_pgs_column *wr_pgs_cursor_columns(struct wr_pgs_conn *conn,
						  const struct wr_pgs_statement *statement,
						  uint32_t *count);
/* DECLARE and CLOSE are done; FETCH and MOVE are looked at. */
struct wr_pgs_error *wr_pgs_cursor_begin(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal);
/* Rows of FETCH, at most rows_max; *suspended: there may be more. */
struct wr_pgs_error *wr_pgs_cursor_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				       uint64_t rows_max, bool *suspended);
/* All that are open, and other portals. */
void wr_pgs_cursors_close(struct wr_pgs_conn *conn, const struct wr_pgs_portal *running);
/* Appends statements that put them into pg_cursors. */
void wr_pgs_cursors_list(struct wr_pgs_conn *conn, struct wr_text *sql);
/* The transaction has ended; `running` is the portal that ends it, NULL: none. */
void wr_pgs_cursors_end(struct wr_pgs_conn *conn, const struct wr_pgs_portal *running,
			bool committed);

#endif
