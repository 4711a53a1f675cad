/* SPDX-License-Identifier: Apache-2.0
 *
 * table_as - CREATE TABLE ... AS query in a session: a declaration, and the job of an INSERT.
 *
 * The job runs at the statement's place, as that of an INSERT would; the table is there from then
 * on, whatever becomes of the job. When the job cannot be planned, there is no table.
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_TABLE_AS_H
#define WR_ENGINE_TABLE_AS_H

#include "engine/prepared.h"

/* CREATE TABLE with a query. */
wr_status *wr_table_as_create(struct wr_session *session, struct wr_prepared *prepared,
			      const struct wr_ast_stmt *stmt, enum wr_script_goal goal);
/* EXPLAIN of such a statement: of its INSERT; the table is gone again afterwards. */
wr_status *wr_table_as_explain(struct wr_session *session, struct wr_prepared *prepared,
			       const struct wr_ast_stmt *explain, enum wr_script_goal goal);

#endif
