/* SPDX-License-Identifier: Apache-2.0
 *
 * stream - the streams of a flow (weir/stream.h) as descriptions, and how plans are made of them.
 *
 * A stream knows its columns from the moment it is made. It is immutable and lies in the flow's
 * arena; its nodes are made anew for every plan, once for each, however many read it: so a process
 * function whose rows go two ways is one operator.
 *
 * Streams end in sinks of a plan (wr_analyze_stream_insert), or in SQL: a view of the catalog may
 * stand for one (wr_table.stream).
 */
#ifndef WR_ANALYZE_STREAM_H
#define WR_ANALYZE_STREAM_H

#include "analyze/analyze.h"
#include "analyze/user_node.h"
#include "data/view.h"

enum wr_stream_kind {
	WR_STREAM_QUERY, /* query */
	WR_STREAM_TABLE, /* a source of the program */
	WR_STREAM_USER,  /* op over the inputs */
	WR_STREAM_PICK,  /* one output of an operator that has several: input 0 */
	WR_STREAM_UNION,
	WR_STREAM_SAME /* as input 0: keyed, or broadcast */
};

struct weir_stream {
	struct weir_flow *flow;                 /* it belongs to */
	enum wr_stream_kind kind;               /* which members below are meant */
	bool bad;                               /* a mistake was made; nothing else holds */
	const struct weir_stream *const *input; /* what it is made of */
	uint32_t input_count;                   /* number of input */
	const struct wr_ast_query *query;       /* QUERY */
	const struct wr_table *table;           /* TABLE */
	struct wr_user_op *op;                  /* USER */
	uint32_t pick;                          /* PICK: 0: the main output, k: side output k - 1 */
	const uint32_t *key;                    /* SAME: columns it is keyed by */
	uint32_t key_count;                     /* of key; 0: it is not */
	bool broadcast;                         /* SAME: every row goes to every worker */
	struct wr_schema schema;                /* time attributes included */
	struct weir_result result;              /* the schema as the program sees it */
	struct weir_stream *made;               /* of the flow, before this one */
};

/* The schema of a query of the session, copied into `arena`. */
wr_status *wr_analyze_query_schema(struct wr_analyze_env *env, const struct wr_ast_query *query,
				   struct wr_arena *arena, struct wr_schema *out);
/* Plans an INSERT of all columns of the stream by their position: adds a SINK root. `table`: of the
 * catalog, or of the flow. */
wr_status *wr_analyze_stream_insert(struct wr_analyze_env *env, const struct weir_stream *stream,
				    const struct wr_table *table, struct wr_plan *plan);

/* The node of a stream in the analyzer's plan. */
struct wr_analyzer;
wr_status *wr_stream_build(struct wr_analyzer *a, const struct weir_stream *stream,
			   struct wr_node **out);

#endif
