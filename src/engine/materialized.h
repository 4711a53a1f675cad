/* SPDX-License-Identifier: Apache-2.0
 *
 * materialized - CREATE, ALTER and DROP MATERIALIZED TABLE in a session.
 *
 * The statement declares a table of the connector 'view' (connectors/mview.h) with the columns of
 * its query, and plans the job that fills it. Its key is the PRIMARY KEY that it declares, else an
 * upsert key of the query's plan; without either it is a bag of rows.
 *
 * In a script (`weir run`, weir_execute) the job runs at the statement's place, as an INSERT would:
 * a query over bounded tables ends, and what follows reads its rows; one over a stream runs until
 * the script is stopped. In a server the job is one of the server's, and sessions declare alone
 * (enum wr_materialize_mode).
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_MATERIALIZED_H
#define WR_ENGINE_MATERIALIZED_H

#include "engine/prepared.h"

wr_status *wr_materialized_create(struct wr_session *session, struct wr_prepared *prepared,
				  const struct wr_ast_stmt *stmt, enum wr_script_goal goal);
/* The plan of the job of a table that is declared already. */
wr_status *wr_materialized_plan(struct wr_session *session, const struct wr_ast_create_table *ast,
				struct wr_plan *plan);
wr_status *wr_materialized_drop(struct wr_session *session, const struct wr_ast_drop *drop);
/* SUSPEND, RESUME: only that there is such a table, in a session that declares alone. */
wr_status *wr_materialized_alter(struct wr_session *session, const struct wr_ast_name *name);

#endif
