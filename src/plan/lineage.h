/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage - which columns of source tables each column of a sink is made of, and how.
 *
 * It is read off the analyzer's plan, before the planner rewrites it: that is the query as it was
 * written, with names and views resolved. What a column is made of comes in two ways, in the terms
 * of OpenLineage's column lineage:
 *
 *     direct    its values go into the column: as they are (IDENTITY), through an expression
 *               (TRANSFORMATION) or an aggregate (AGGREGATION)
 *     indirect  it decides about the column, but its values do not go in: it chooses among values
 *               (CONDITIONAL), or is what an OVER window is made by (WINDOW)
 *
 * What decides which rows there are (JOIN, FILTER, GROUP_BY, SORT) holds for all columns of the
 * sink alike and is kept once for all of them.
 *
 * A column that is reached in several ways has all their kinds. Functions of the program may use
 * any of their arguments for any of their results, and are taken to do so.
 *
 * Memory: the plan's arena. A plan with more than WR_LINEAGE_MAX dependencies has no lineage but
 * for the mark `cut`.
 */
#ifndef WR_PLAN_LINEAGE_H
#define WR_PLAN_LINEAGE_H

#include "analyze/node.h"

#define WR_LINEAGE_MAX                                                                             \
	2000000u /* dependencies of all operators together: bounds time and memory                 \
		  */

/* How a column depends on one of a source; several may hold. */
enum wr_lineage_kind {
	WR_LINEAGE_IDENTITY = 1 << 0,
	WR_LINEAGE_TRANSFORMATION = 1 << 1,
	WR_LINEAGE_AGGREGATION = 1 << 2,
	/* The same behind a hash function: the value cannot be told from the result. */
	WR_LINEAGE_MASKED = 1 << 3,
	WR_LINEAGE_MASKED_AGGREGATION = 1 << 4,
	WR_LINEAGE_JOIN = 1 << 5,
	WR_LINEAGE_GROUP_BY = 1 << 6,
	WR_LINEAGE_FILTER = 1 << 7,
	WR_LINEAGE_SORT = 1 << 8,
	WR_LINEAGE_WINDOW = 1 << 9,
	WR_LINEAGE_CONDITIONAL = 1 << 10
};
#define WR_LINEAGE_DIRECT 0x1fu /* those that are direct */
#define WR_LINEAGE_KINDS  11    /* bits */

/* One kind in words. */
struct wr_lineage_words {
	const char *type;    /* DIRECT or INDIRECT */
	const char *subtype; /* IDENTITY, AGGREGATION ... */
	bool masking;
};
extern const struct wr_lineage_words wr_lineage_words[WR_LINEAGE_KINDS];

/* A column of a source. */
struct wr_lineage_source {
	const struct wr_table *table;         /* as long as the plan */
	const struct wr_connector_args *args; /* of its scan */
	uint32_t column;                      /* of args->schema */
};

struct wr_lineage_dep {
	uint32_t source; /* index */
	uint32_t kinds;  /* enum wr_lineage_kind, at least one */
};

/* Dependencies by source, ascending. */
struct wr_lineage_set {
	const struct wr_lineage_dep *dep;
	uint32_t count; /* number of dep */
};

struct wr_lineage_sink {
	const struct wr_table *table;         /* NULL: the result of a SELECT */
	const struct wr_connector_args *args; /* of the sink; NULL: as above */
	const struct wr_schema *schema;       /* its columns */
	const struct wr_lineage_set *column;  /* schema->count of them */
	struct wr_lineage_set all;            /* what holds for all columns */
};

struct wr_lineage {
	struct wr_lineage_source *source;
	uint32_t source_count;
	struct wr_lineage_sink *sink;
	uint32_t sink_count;
	bool cut; /* too large: the sets are empty */
};

/* Of a plan that the planner has not touched yet; in its arena. */
const struct wr_lineage *wr_lineage_of(struct wr_plan *plan);

/* --- lineage_print.c */

/* Lines for people, a sink after the other. */
void wr_lineage_print(struct wr_text *out, const struct wr_lineage *lineage);
/* [{"table":..., "columns":[{"name":..., "from":[{"table":..., "column":..., "type":...,
 * "subtype":..., "masking":true}]}], "rows":[...]}]: "rows" is what holds for all columns; "table"
 * null: the result of a SELECT. */
void wr_lineage_json(struct wr_text *out, const struct wr_lineage *lineage);
/* Calls `each` for every dependency and kind of the sinks: one row each. `column` NULL: for all
 * columns. */
void wr_lineage_each(const struct wr_lineage *lineage,
		     void (*each)(void *own, const struct wr_lineage_sink *sink, const char *column,
				  const struct wr_lineage_source *source,
				  const struct wr_lineage_words *words),
		     void *own);

#endif
