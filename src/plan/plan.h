/* SPDX-License-Identifier: Apache-2.0
 *
 * plan - logical plan -> physical plan, by named passes.
 *
 *   fold        constant expressions are computed once
 *   windows     window aggregates, Top-N, deduplication and joins are recognised; GROUPING SETS are
 * expanded prune       columns that nobody reads are not made, and not read from the source calc
 * projections and filters become one calc each; filters move into the scan share       scans of one
 * table by several statements become one exchange    rows are brought to the worker that owns their
 * key changelog   which row kinds flow where; aggregates get the implementation that takes
 * retractions where needed
 *
 * All passes rewrite the plan in place.
 */
#ifndef WR_PLAN_PLAN_H
#define WR_PLAN_PLAN_H

#include "analyze/node.h"

struct wr_plan_options {
	int64_t allowed_lateness_ms;       /* weir.late-rows.allowed */
	const struct wr_table *late_table; /* weir.late-rows.table; NULL: none */
	int64_t state_ttl_ms;              /* table.exec.state.ttl; 0: kept for ever */
	bool zone_is_utc;                  /* session time zone */
	const char *disabled; /* weir.optimizer.disabled: comma-separated pass names; NULL: none */
};

wr_status *wr_plan_physical(struct wr_plan *plan, const struct wr_plan_options *options);

/* EXPLAIN: the tree as text (two spaces per level) or as JSON. `physical`: with traits and state.
 */
void wr_plan_print(struct wr_text *text, const struct wr_plan *plan, bool physical);
void wr_plan_print_json(struct wr_text *text, const struct wr_plan *plan, bool physical);

#endif
