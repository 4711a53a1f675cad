/* SPDX-License-Identifier: Apache-2.0
 *
 * plan - logical plan -> physical plan, by named passes.
 *
 * WR_PASS_LIST names the passes that may be switched off (SET 'weir.optimizer.<name>' = 'false'):
 * without them the answer is the same and the work more. What turns logical operators into physical
 * ones (windows, joins, Top-N, exchanges, change modes) always runs. plan.c holds the order.
 *
 * All passes rewrite the plan in place and note what they changed; EXPLAIN shows it.
 */
#ifndef WR_PLAN_PLAN_H
#define WR_PLAN_PLAN_H

#include "analyze/node.h"

/* X(id, name, on by default, what it does) */
#define WR_PASS_LIST(X)                                                                            \
	X(FILTER, "filter-push-down", "true",                                                      \
	  "Filters move below projections, unions, windows, aggregates and joins, as far as "      \
	  "their columns allow.")                                                                  \
	X(PROJECTION, "projection-push-down", "true",                                              \
	  "Columns that nobody reads are not made, and not read from the source.")                 \
	X(CALC, "calc-merging", "true",                                                            \
	  "Projections and filters that stand on each other become one operator.")                 \
	X(TRIVIAL, "trivial-projections", "true", "Projections that change nothing are removed.")  \
	X(SCAN, "filter-into-scan", "true", "A filter right above a scan is part of the scan.")    \
	X(SUBFIELD, "subfield-push-down", "true",                                                  \
	  "Of ROW columns only the fields that are read are made or parsed.")                      \
	X(SHARE, "scan-sharing", "true",                                                           \
	  "Scans of one table with the same options become one scan.")                             \
	X(REUSE, "subplan-sharing", "true",                                                        \
	  "Equal parts of a statement, or of the statements of a set, are computed once.")         \
	X(DISTINCT, "distinct-splitting", "true",                                                  \
	  "With 'table.optimizer.distinct-agg.split.enabled': aggregates with DISTINCT first by "  \
	  "key and bucket of the value, then by key.")                                             \
	X(LIMIT, "limit-push-down", "true",                                                        \
	  "In front of LIMIT without ORDER BY each worker passes on no more rows than it shows.")  \
	X(HAND_OVER, "connector-push-down", "true",                                                \
	  "Conditions and limits that a database can evaluate with the same result are handed "    \
	  "over to it.")                                                                           \
	X(TWO_PHASE, "two-phase-aggregation", "true",                                              \
	  "Aggregates that allow it get a local half in front of the exchange, which folds the "   \
	  "rows of a batch when many of them have the same key.")

enum wr_pass {
#define WR_PASS_ID(id, name, on, doc) WR_PASS_##id,
	WR_PASS_LIST(WR_PASS_ID)
#undef WR_PASS_ID
	    WR_PASS_COUNT
};

/* table.exec.sink.upsert-materialize */
enum wr_materialize { WR_MATERIALIZE_AUTO, WR_MATERIALIZE_NONE, WR_MATERIALIZE_FORCE };
/* table.optimizer.agg-phase-strategy */
enum wr_agg_phase {
	WR_AGG_AUTO,      /* a local half, which folds when it pays */
	WR_AGG_ONE_PHASE, /* none */
	WR_AGG_TWO_PHASE  /* it folds always */
};

struct wr_plan_options {
	int64_t allowed_lateness_ms;       /* weir.late-rows.allowed */
	const struct wr_table *late_table; /* weir.late-rows.table; NULL: none */
	int64_t state_ttl_ms;              /* table.exec.state.ttl; 0: kept for ever */
	bool zone_is_utc;                  /* session time zone */
	enum wr_agg_phase agg_phase;       /* table.optimizer.agg-phase-strategy */
	bool batch;                        /* execution.runtime-mode: see batch.c */
	int32_t distinct_buckets;        /* table.optimizer.distinct-agg.split.*; 0: no splitting */
	bool off[WR_PASS_COUNT];         /* passes that are switched off */
	enum wr_materialize materialize; /* table.exec.sink.upsert-materialize */
	bool require_on_conflict;        /* table.exec.sink.require-on-conflict */
	bool source_repeats;             /* table.exec.source.cdc-events-duplicate */
	bool multi_join;                 /* table.optimizer.multi-join.enabled */
};

wr_status *wr_plan_physical(struct wr_plan *plan, const struct wr_plan_options *options);

const char *wr_pass_name(enum wr_pass pass);

/* EXPLAIN: the names of the passes that changed the plan, as a line of text or a JSON array. */
void wr_plan_print_passes(struct wr_text *text, const struct wr_plan *plan, bool json);

/* Whether an OVER node is ordered by a time attribute, ascending, and nothing else. */
bool wr_over_by_time(const struct wr_node *node);

/* EXPLAIN: the tree as text (two spaces per level) or as JSON. `physical`: with traits and state.
 */
void wr_plan_print(struct wr_text *text, const struct wr_plan *plan, bool physical);
/* What a run has measured of a node, over all workers. */
struct wr_node_measure {
	bool seen;                 /* the node ran as an operator of its own */
	uint64_t rows_in;          /* of a scan: read */
	uint64_t rows_out;         /* emitted; of a sink: written */
	uint64_t rows_late;        /* dropped as late, or sent to the late table */
	uint64_t state_bytes;      /* at the end */
	uint64_t state_peak_bytes; /* the most that was noted on the way */
	bool timed;                /* `busy` was measured */
	bool is_head; /* the first of its stage: `idle` and `blocked` are the stage's */
	/* Milliseconds per second of one worker's time: what the operator itself took, what its
	 * stage waited for input, what for room behind it. */
	int64_t busy, idle, blocked;
};
/* The physical plan with what was measured behind every node; measure: by node id. */
void wr_plan_print_measured(struct wr_text *text, const struct wr_plan *plan,
			    const struct wr_node_measure *measure);
/* One operator as the tree has it, without its name: "select=[a, b], where=[(a > 1)]". */
void wr_plan_print_node(struct wr_text *text, const struct wr_node *node);
void wr_plan_print_json(struct wr_text *text, const struct wr_plan *plan, bool physical);

#endif
