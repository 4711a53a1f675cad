/* SPDX-License-Identifier: Apache-2.0
 *
 * callback_table - the tables behind weir_from_source and weir_sink_to: made of callbacks, known to
 * no catalog.
 *
 * A table belongs to its flow, which outlives the plans and jobs made of it. The structs given are
 * copied with their texts.
 */
#ifndef WR_ENGINE_CALLBACK_TABLE_H
#define WR_ENGINE_CALLBACK_TABLE_H

#include "analyze/analyze.h"
#include "weir/weir.h"

/* For a SCAN (wr_plan_scan). Wrong members and columns are refused. Freed by wr_table_free. */
wr_status *wr_source_table_new(struct wr_analyze_env *env, const struct weir_source *source,
			       struct wr_table **out);
/* A read of it that had nothing is worth another try, in all jobs. Any thread. */
void wr_source_table_wake(const struct wr_table *source);
/* For a SINK (wr_analyze_table_args), with the columns of what is written to it. Freed by
 * wr_table_free. */
wr_status *wr_sink_table_new(const struct wr_schema *columns, const struct weir_sink *sink,
			     struct wr_table **out);

#endif
