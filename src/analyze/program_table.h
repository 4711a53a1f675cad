/* SPDX-License-Identifier: Apache-2.0
 *
 * program_table - tables that a program makes of callbacks: they are in no catalog, and their
 * connector is handed over in place of WITH options.
 *
 * A SCAN of one comes from wr_plan_scan, a SINK's arguments from wr_analyze_table_args, as for any
 * other table. The caller owns the table, which outlives the plans and jobs made of it.
 */
#ifndef WR_ANALYZE_PROGRAM_TABLE_H
#define WR_ANALYZE_PROGRAM_TABLE_H

#include "analyze/analyze.h"

/* columns: as within CREATE TABLE (...), with WATERMARK FOR. `embed`: what the connector finds in
 * its arguments; taken over, also by a failure. */
wr_status *wr_program_source_table(struct wr_analyze_env *env, const char *name,
				   const char *columns, const struct wr_connector *connector,
				   struct wr_embed *embed_moved, struct wr_table **out);
/* The columns are copied. */
struct wr_table *wr_program_sink_table(const char *name, const struct wr_schema *schema,
				       const struct wr_connector *connector,
				       struct wr_embed *embed_moved);

#endif
