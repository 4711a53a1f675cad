/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_lookup - SELECT columns FROM view WHERE key = value [AND ...] [LIMIT n]: the rows of a
 * materialized table by its whole key, without a plan or a job.
 *
 * Such a statement is known by its shape when it is parsed. Anything else about it (an expression,
 * a further condition, another table) makes it a query of the engine, with the same answer.
 *
 * Thread: the connection's.
 */
#ifndef WR_SERVER_PG_LOOKUP_H
#define WR_SERVER_PG_LOOKUP_H

#include "server/pg_query.h"

/* Makes the statement a look-up when it is one. */
struct wr_pgs_error *wr_pgs_lookup_find(struct wr_pgs_conn *conn,
					struct wr_pgs_statement *statement);
void wr_pgs_lookup_describe(struct wr_pgs_statement *statement);
struct wr_pgs_error *wr_pgs_lookup_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal);
void wr_pgs_lookup_free(struct wr_pgs_lookup *lookup); /* NULL allowed */

#endif
