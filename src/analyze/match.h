/* SPDX-License-Identifier: Apache-2.0
 *
 * match - what a MATCH node knows: MATCH_RECOGNIZE after analysis.
 *
 * A pattern is a sequence of distinct variables, each with its quantifier. A condition (DEFINE) or
 * the list of measures is an ordinary expression over a virtual row; struct wr_match_exprs says
 * what each column of that row is: a column of some row of the match so far (the n-th first or last
 * one of a variable), an aggregate over a variable's rows, or the time of the match. Everything
 * that it reads may be missing, so all of it is nullable.
 *
 * Arguments of aggregates are plain columns of the input (or constants): the analyzer puts a
 * projection below the node.
 */
#ifndef WR_ANALYZE_MATCH_H
#define WR_ANALYZE_MATCH_H

#include "analyze/node.h"

#define WR_MATCH_VARIABLES_MAX 64 /* pattern variables: sets of them are bits of a word */
#define WR_MATCH_STATES_MAX                                                                        \
	100000 /* of the automaton: a{1000} takes 1,000 of them; bounds its memory */
#define WR_MATCH_ALL UINT32_MAX /* in place of a variable: all rows of the match */
#define WR_MATCH_OFFSET_MAX                                                                        \
	1000000 /* of FIRST and LAST; rows of a match beyond it are nobody's business */

enum wr_match_ref_kind {
	WR_MATCH_ROW,    /* `column` of a row of `variable` */
	WR_MATCH_AGG,    /* aggregate `item` of group `group` */
	WR_MATCH_ROWTIME /* MATCH_ROWTIME() */
};

/* One column of the virtual row. */
struct wr_match_ref {
	enum wr_match_ref_kind kind;
	uint32_t variable; /* ROW: its place in the pattern, or WR_MATCH_ALL */
	bool first;        /* ROW: counted from the variable's first row; else back from its last */
	uint32_t offset;   /* ROW: how many rows further */
	uint32_t column;   /* ROW: of the input */
	uint32_t group, item;       /* AGG */
	const struct wr_type *type; /* nullable, but for COUNT and MATCH_ROWTIME() */
	const char *name;           /* for EXPLAIN: "LAST(A.price, 1)" */
};

/* The aggregates over the rows of one variable. */
struct wr_match_group {
	uint32_t variable;        /* its place in the pattern, or WR_MATCH_ALL */
	struct wr_agg_item *item; /* arguments are columns of the input or constants */
	uint32_t item_count;      /* number of item */
};

/* Expressions and the virtual row that they are over. */
struct wr_match_exprs {
	struct wr_match_ref *ref;
	uint32_t ref_count;
	struct wr_match_group *group;
	uint32_t group_count;
	struct wr_expr **expr; /* over the refs */
	uint32_t expr_count;
};

struct wr_match_variable {
	const char *name;
	uint32_t min, max;              /* repetitions; max UINT32_MAX: no bound */
	bool greedy;                    /* takes rows as long as its condition holds */
	struct wr_match_exprs *defined; /* one BOOLEAN expression; NULL: any row */
};

enum wr_match_skip {
	WR_MATCH_SKIP_PAST_LAST_ROW,
	WR_MATCH_SKIP_TO_NEXT_ROW,
	WR_MATCH_SKIP_TO_FIRST, /* skip_to */
	WR_MATCH_SKIP_TO_LAST   /* skip_to */
};

struct wr_match {
	const uint32_t *partition; /* input columns; the first output columns */
	uint32_t partition_count;
	const struct wr_sort_key *order; /* the first one is the time attribute, ascending */
	uint32_t order_count;
	bool processing_time;               /* ordered by the clock */
	struct wr_match_variable *variable; /* in pattern order */
	uint32_t variable_count;
	enum wr_match_skip skip;
	uint32_t skip_to;               /* a variable */
	int64_t within_ms;              /* from the first row; 0: no bound */
	struct wr_match_exprs measures; /* one expression per output column behind the keys */
};

/* Marks used[i] for every input column that the match reads. */
void wr_match_columns(const struct wr_match *match, bool *used);
/* Renumbers the input columns: i becomes map[i]. */
void wr_match_remap(struct wr_plan *plan, struct wr_match *match, const uint32_t *map);
/* Whether the value is of the row being tested for `variable`, as far as its condition sees it. */
static inline bool wr_match_ref_is_current(const struct wr_match_ref *ref, uint32_t variable)
{
	return ref->kind == WR_MATCH_ROW && !ref->first && ref->offset == 0 &&
	       (ref->variable == variable || ref->variable == WR_MATCH_ALL);
}

#endif
