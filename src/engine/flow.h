/* SPDX-License-Identifier: Apache-2.0
 *
 * flow - a flow as its files share it: the streams made so far, where they go, and the first
 * mistake.
 *
 * Streams are descriptions (analyze/stream.h); flow_rows.c, flow_keyed.c, flow_window.c and
 * flow_ends.c make them, flow_run.c makes a plan of all of them and runs it.
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_FLOW_H
#define WR_ENGINE_FLOW_H

#include "analyze/stream.h"
#include "base/mem.h"
#include "engine/prepared.h"

/* Where a stream goes. */
struct wr_flow_sink {
	const struct weir_stream *stream; /* whose rows go there */
	const char *name;                 /* of the table */
	const struct wr_table *table;     /* of the flow; NULL: the session's of that name */
	struct wr_flow_sink *next;        /* made after this one */
};

/* A source or sink of the program. */
struct wr_flow_table {
	struct wr_table *table;     /* owned */
	bool source;                /* else a sink */
	struct wr_flow_table *next; /* made before this one */
};

struct weir_flow {
	struct weir_session *owner;           /* as the program has it */
	struct wr_session *session;           /* its inside */
	const char *name;                     /* of the job */
	struct wr_arena arena;                /* of everything below but results */
	struct weir_stream *made;             /* the last one; the others behind it */
	struct weir_stream bad;               /* what comes of a mistake */
	struct wr_flow_sink *sink;            /* in the order of their making */
	struct wr_flow_sink **sinks;          /* where the next one is noted */
	struct wr_flow_table *_Atomic tables; /* of the program: its sources and sinks */
	struct wr_map names;                  /* of operators that keep state */
	wr_status *mistake;                   /* the first one; owned; NULL: none so far */
	const char *mistake_text;             /* the query that it is in; NULL: none */
};

/* Keeps the mistake, if it is the first one; returns the stream that stands for what is wrong. */
struct weir_stream *wr_flow_mistake(struct weir_flow *flow, wr_status *status_moved);
/* The same with printf's format. */
struct weir_stream *wr_flow_wrong(struct weir_flow *flow, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a stream; its fields are there but for `flow`, `result` and `made`. */
struct weir_stream *wr_flow_add(struct weir_flow *flow, const struct weir_stream *stream);
/* Adds the stream of an operator over `inputs`, and what stands for its main output. op->main and
 * ->side are there; the rest of the outputs is filled in. */
struct weir_stream *wr_flow_add_op(struct weir_flow *flow, struct wr_user_op *op,
				   struct weir_stream *const *inputs, uint32_t count);
/* op->output for the outputs it has now. */
void wr_flow_outputs(struct weir_flow *flow, struct wr_user_op *op);
/* Whether the inputs are fit to be read by something: of the flow, and without mistakes (else what
 * follows is bad, too). */
bool wr_flow_inputs(struct weir_flow *flow, const char *what, struct weir_stream *const *inputs,
		    uint32_t count);
/* The operator's name is there, and no other one's. */
wr_status *wr_flow_name(struct weir_flow *flow, const char *what, const char *name);

/* A copy of the caller's struct, whose first member is its size; longer or shorter ones are of
 * programs built with another version. */
wr_status *wr_flow_copy(void *to, size_t to_size, const void *from, const char *what);
/* NULL stays NULL. */
const char *wr_flow_text(struct weir_flow *flow, const char *text);
/* Copies states and works out their structs. */
wr_status *wr_flow_states(struct weir_flow *flow, const char *what, const struct weir_state *given,
			  uint32_t count, struct wr_user_op *op);

/* Notes where a stream goes; see wr_flow_sink. The name lives as long as the flow. */
void wr_flow_sink_add(struct weir_stream *stream, const char *name, const struct wr_table *table);
/* A logical plan of everything that has a sink. */
wr_status *wr_flow_plan(struct weir_flow *flow, struct wr_plan *plan);

#endif
