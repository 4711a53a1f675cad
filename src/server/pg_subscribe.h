/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_subscribe - SUBSCRIBE [TO] view [WITH (SNAPSHOT = false)]: the rows of a materialized table,
 * then its changes, for as long as the client listens.
 *
 * Columns: `version` (of the view, that the change makes), `op` (+I, -U, +U, -D), those of the
 * view. The changes of a version come together. It never ends by itself: cancel it, take it with a
 * row limit of Execute, or close the connection.
 *
 * Thread: the connection's.
 */
#ifndef WR_SERVER_PG_SUBSCRIBE_H
#define WR_SERVER_PG_SUBSCRIBE_H

#include "server/pg_query.h"

struct wr_pgs_error *wr_pgs_subscribe_describe(struct wr_pgs_conn *conn,
					       struct wr_pgs_statement *statement);
struct wr_pgs_error *wr_pgs_subscribe_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal);

#endif
