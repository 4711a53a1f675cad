/* SPDX-License-Identifier: Apache-2.0
 *
 * graph - a physical plan cut into stages: what every worker instantiates.
 *
 * A stage is a tree of steps between exchanges: a head (a source, constant rows, or the inputs of
 * an exchange) and below it operators, each with a parent step; leaves are senders into edges or
 * the writer of a sink. Steps are listed parents first, which is the order in which a mark visits
 * them.
 *
 *     SCAN -> CALC -> [exchange] -> WINDOW_AGG -> SINK
 *     stage 0: source | calc, sender e0        stage 1: e0 | window_agg, encode, sender e1 stage 2:
 * e1 | write
 *
 * Nodes with several parents (shared scans of a statement set) become steps with several children.
 * UNION ALL is no step: what stands above it is instantiated once per branch, up to the next
 * exchange, where the branches become edges of one stage.
 *
 * A sink whose connector may wait for the outside world is written by a worker of its own, numbered
 * behind those of the job: whatever it waits for, the others are held up by full queues only.
 *
 * The graph is immutable while the job runs, but for the shared sources, sinks and queues it holds.
 */
#ifndef WR_RUNTIME_GRAPH_H
#define WR_RUNTIME_GRAPH_H

#include "base/histogram.h"
#include "runtime/exchange.h"
#include "runtime/host.h"
#include "runtime/source.h"

struct wr_sink_shared {
	const struct wr_node *node;           /* WR_N_SINK */
	const struct wr_connector *connector; /* NULL: collected result */
	struct wr_sink *sink;                 /* the connector's */
	atomic_ullong rows;                   /* written */
	/* Looked at by any thread (base/counter.h). The writer's: */
	struct wr_histogram written; /* us from the reading of a row's epoch to its writing */
	int64_t written_us;          /* monotonic: when rows were written last; 0: never */
	uint64_t pending_rows;       /* written since the last prepare */
	int64_t pending_born_us;     /* monotonic: when the first of them was read; 0: unknown */
	uint64_t held_rows;          /* kept back until their epoch is whole */
	uint64_t rejected;           /* given up */
	uint64_t slow_rows[2]; /* took longer than the job's slo_latency_us: to be written, to be
				  committed (the checkpoint thread's) */
	/* Of the last prepare that was not committed; under the checkpoint's lock: */
	uint64_t prepared_rows;
	int64_t prepared_born_us; /* monotonic; 0: unknown */
	/* The checkpoint thread's: */
	struct wr_histogram committed; /* us from the reading to the commit */
	int64_t committed_us;          /* monotonic: of the last commit; 0: none */
	uint64_t commits;              /* so far */
	struct wr_table_host host;     /* of the connector */
	enum wr_error_mode error_mode; /* of rows that it gives up */
};

enum wr_step_kind {
	WR_STEP_OP,     /* an operator of op/ */
	WR_STEP_ENCODE, /* batches -> chunks of a sink */
	WR_STEP_SEND,   /* into an edge */
	WR_STEP_WRITE   /* chunks or batches into a sink; head of a sink stage */
};

/* Parents that are no step. */
#define WR_PARENT_HEAD (-1) /* the stage's head */
#define WR_PARENT_LATE (-2) /* late rows of the stage's operators */
#define WR_PARENT_DEAD (-3) /* rows that the stage's source could not read, or its sink give up */

struct wr_stage_step {
	enum wr_step_kind kind;      /* which members are meant */
	const struct wr_node *node;  /* OP; ENCODE and WRITE: the SINK node */
	int32_t parent;              /* index of the parent step, or WR_PARENT_* */
	uint32_t parent_input;       /* OP: input index fed by the parent */
	struct wr_edge *edge;        /* SEND */
	struct wr_sink_shared *sink; /* ENCODE, WRITE */
};

struct wr_stage_input {
	struct wr_edge *edge;
	uint32_t input; /* of the head operator */
};

struct wr_stage {
	uint32_t id;                     /* index in the graph */
	bool single;                     /* runs on one worker only */
	uint32_t worker;                 /* that one: 0, or one that runs nothing else */
	struct wr_source_shared *source; /* head is a source; else NULL */
	uint32_t input_count;            /* edges; 0 and no source: constant rows */
	struct wr_stage_input *input;
	uint32_t step_count;        /* number of step */
	struct wr_stage_step *step; /* parents first */
};

struct wr_graph_options {
	uint32_t workers;                /* threads of the job */
	uint32_t max_parallelism;        /* key groups */
	struct wr_wakeup wakeup;         /* how queues wake workers */
	atomic_bool *cancel;             /* the job's */
	struct wr_hosts *hosts;          /* the job's */
	struct wr_watch *watch;          /* the job's */
	enum wr_error_mode error_mode;   /* of sources and sinks that name none */
	int64_t until_ms;                /* of sources; INT64_MAX: they are read to their ends */
	const struct wr_node *late_sink; /* SINK node that takes late rows, or NULL */
	const struct wr_node *dead_sink; /* SINK node that takes bad rows, or NULL */
	bool dry; /* sources and sinks are not opened: to look at, not to run */
};

struct wr_graph {
	struct wr_graph_options options; /* as given */
	struct wr_arena arena;           /* stages, steps, edges */
	uint32_t stage_count, stage_capacity;
	struct wr_stage **stage; /* sources before what reads them */
	uint32_t edge_count, edge_capacity;
	struct wr_edge **edge; /* owned */
	uint32_t source_count, source_capacity;
	struct wr_source_shared **source; /* owned */
	uint32_t writer_count; /* workers of their own: options.workers and those behind */
	uint32_t sink_count, sink_capacity;
	struct wr_sink_shared **sink; /* owned */
};

/* Cuts the plan and opens sources, sinks and edges. On error the graph must still be closed. */
wr_status *wr_graph_open(struct wr_graph *graph, const struct wr_plan *plan,
			 const struct wr_graph_options *options);
/* Ends the sinks (commit: what was written stands) and frees everything. `finished`: the job had
 * been finished before, and only dead letters may have come. Returns the first error of a commit.
 */
wr_status *wr_graph_close(struct wr_graph *graph, bool commit, bool finished);

#endif
