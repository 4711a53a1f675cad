/* SPDX-License-Identifier: Apache-2.0
 *
 * observe - a job at a glance: its operators with what each of their subtasks has done, how they
 * hang together, and its sinks.
 *
 * An operator is a node of the physical plan that the runtime runs: scans, operators, sinks; its id
 * is the node's. A subtask is its instance on a worker. Figures are those of the workers themselves
 * (base/counter.h): always kept, each read for itself, so that sums may be a batch apart.
 *
 * Time: what an operator took itself is measured of a sample of its calls where they are short
 * (task.c). What its task waited for is the same for all operators of a task.
 *
 * Thread: any, between open and close of the job.
 */
#ifndef WR_RUNTIME_OBSERVE_H
#define WR_RUNTIME_OBSERVE_H

#include "base/histogram.h"
#include "base/text.h"
#include "runtime/job.h"

struct wr_op_figures {
	uint64_t rows_in;     /* of a scan: read */
	uint64_t rows_out;    /* emitted; of a sink: written */
	uint64_t batches;     /* taken */
	uint64_t late;        /* rows dropped as late, or sent to the late table */
	uint64_t bad;         /* records or rows that failed */
	uint64_t filtered;    /* rows that a scan's own condition left out */
	uint64_t state_bytes; /* at the last look, every 100 ms or so */
	int64_t watermark_ms; /* behind it; WR_WATERMARK_MIN: none, WR_WATERMARK_MAX: ended */
	int64_t busy_us;      /* its own time */
	int64_t task_busy_us; /* of its task, with the operators beside it */
	int64_t blocked_us;   /* of its task: waited for room behind it */
	uint64_t incidents;   /* waits of its task of a second or more */
};

/* Shares of the time since an earlier look, 0 to 1. */
struct wr_op_shares {
	double busy;    /* its own */
	double idle;    /* of its task: no input */
	double blocked; /* of its task: back pressure */
};

struct wr_subtask {
	uint32_t worker;              /* that it runs on */
	struct wr_op_figures figures; /* of the subtask */
	struct wr_op_shares shares;   /* the same */
};

struct wr_observed_op {
	const struct wr_node *node;   /* as long as the job */
	const char *name;             /* Flink's word: "WindowAggregate" */
	uint32_t stage;               /* index in the graph: chained operators have one */
	struct wr_op_figures sum;     /* of its subtasks; the watermark: the lowest */
	struct wr_op_shares shares;   /* on average */
	struct wr_histogram_sum took; /* us of its calls: a batch, or a part of a mark */
	int64_t next_ms;              /* watermark at which it next emits; INT64_MAX: none */
	int64_t blocked_for_us;       /* a task of it has been waiting for room; 0: none is */
	int64_t running_for_us;       /* a task of it has been at one unit of work; 0: none is */
	bool keyed;                   /* its rows come by key: it can have a hot one */
	uint32_t subtask_count;       /* number of subtask */
	struct wr_subtask *subtask;   /* by worker */
};

/* What lies between two operators. */
struct wr_observed_edge {
	uint32_t from, to; /* indexes of operators */
	const char *kind;  /* "forward", "hash", "single", "broadcast"; "late", "dead": aside */
};

struct wr_observed_sink {
	const char *table;          /* its name; "*result*": that of a query */
	const struct wr_node *node; /* as long as the job */
	uint64_t rows;              /* written */
	uint64_t held_rows;         /* kept until their epoch is whole */
	uint64_t uncommitted_rows;  /* written, but to be shown by a commit */
	uint64_t rejected;          /* rows that the other side refused */
	uint64_t slow_rows;         /* took longer than 'weir.slo.latency' */
	bool transactional;         /* shows its rows at commits, or when the job ends */
	uint64_t commits;
	int64_t written_ago_us;   /* since rows were last written; -1: never */
	int64_t committed_ago_us; /* since the last commit; -1: none */
	/* us from the reading of the first row of an epoch to the writing, or (transactional, with
	 * checkpoints) to the commit, of its rows. */
	struct wr_histogram_sum latency;
};

struct wr_observed {
	int64_t elapsed_us; /* of the job */
	uint32_t op_count;  /* operators, sources first */
	struct wr_observed_op *op;
	uint32_t edge_count; /* number of edge */
	struct wr_observed_edge *edge;
	uint32_t sink_count;                 /* number of sink */
	struct wr_observed_sink *sink;       /* in the order of the job's tables */
	struct wr_histogram_sum checkpoints; /* us that the good ones took */
};

/* A look; wr_observed_free. */
struct wr_observed *wr_observe(struct wr_job *job);
void wr_observed_free(struct wr_observed *observed);
/* The operator of that id; NULL: there is none. */
const struct wr_observed_op *wr_observed_find(const struct wr_observed *observed, uint32_t id);

/* How unevenly the rows lie on the subtasks: the most that one has, over the average; 1: evenly. Of
 * operators whose rows come by key; others have no skew but that of their input's parts: NAN. */
double wr_observed_skew(const struct wr_observed_op *op);

/* --- as JSON (observe_report.c) --- */

/* {"nodes":[{id, stage, name, detail, table, sql_line, parallelism}],"edges":[{from, to, kind}]} */
void wr_report_graph(struct wr_text *out, struct wr_job *job);
/* {"operators":[...],"sinks":[...]} with the figures of each, and (`subtasks`) of their subtasks.
 */
void wr_report_operators(struct wr_text *out, struct wr_job *job, bool subtasks);
/* The last rows that were late, the newest first: an array. */
void wr_report_late_rows(struct wr_text *out, struct wr_job *job);
/* {"columns":{"in":[...],"out":[...]},"in":[rows],"out":[rows]}: opens the watch (watch.h). false:
 * there is no such operator. */
bool wr_report_samples(struct wr_text *out, struct wr_job *job, uint32_t id, uint32_t max);
/* {"keys":[{key, share, count, over}],"key_groups":[...],"rows":n}: of the exchange by key in
 * front of the operator, or of its chain; no keys where there is none. Opens the watch. */
bool wr_report_hot_keys(struct wr_text *out, struct wr_job *job, uint32_t id);
/* p50_us, p95_us, p99_us as members of an object, each with a comma in front. */
void wr_report_quantiles(struct wr_text *out, const struct wr_histogram_sum *sum);

#endif
