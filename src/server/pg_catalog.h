/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog - the system catalog that clients of PostgreSQL ask: pg_class, pg_attribute,
 * information_schema.columns and so on, made of what the session sees.
 *
 * Such statements are PostgreSQL's through and through (correlated subqueries, regular expressions,
 * casts to regclass), so that SQLite answers them, in memory, over tables that are filled from the
 * session's catalog, with PostgreSQL's functions added. SQLite is there anyway: it keeps the
 * server's catalog.
 *
 * Thread: the connection's.
 */
#ifndef WR_SERVER_PG_CATALOG_H
#define WR_SERVER_PG_CATALOG_H

#include "server/pg_query.h"

/* Whether the statement asks the system catalog. */
bool wr_pgs_catalog_asked(const struct wr_pgs_statement *statement);
struct wr_pgs_error *wr_pgs_catalog_describe(struct wr_pgs_conn *conn,
					     struct wr_pgs_statement *statement);
struct wr_pgs_error *wr_pgs_catalog_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal);
/* The session's catalog may be another now. */
void wr_pgs_catalog_changed(struct wr_pgs_conn *conn);
void wr_pgs_catalog_free(struct wr_pgs_catalog *catalog); /* NULL allowed */

#endif
