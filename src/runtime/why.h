/* SPDX-License-Identifier: Apache-2.0
 *
 * why - why there is no output: the facts about a job's sources, operators and sinks, and what
 * follows from them, in one sentence.
 *
 *     look (why_facts.c)  reads the facts of a job that runs
 *     decide (why.c)      a function of the facts: the cause nearest to the sink that waits
 *     report              both as JSON
 *
 * Thread: look any, between open and close of the job; the rest pure functions.
 */
#ifndef WR_RUNTIME_WHY_H
#define WR_RUNTIME_WHY_H

#include "runtime/observe.h"

#define WR_WHY_SPLITS_MAX 1000 /* partitions of a table that are looked at */

/* A partition of a source, or all of one that has none. */
struct wr_why_split {
	char name[64];        /* "partition 3 of topic 'orders'"; "": the source as a whole */
	int64_t partition;    /* -1: it is none */
	int64_t last_row_us;  /* since its last row; -1: none came in this run */
	uint64_t rows;        /* that came */
	uint64_t filtered;    /* of them, those that the scan's condition left out */
	uint64_t bad;         /* records that were bad */
	int64_t watermark_ms; /* WR_WATERMARK_MIN: none */
	bool idle;            /* it holds nothing back, by 'scan.watermark.idle-timeout' */
	bool ended;           /* nothing more comes */
	bool holds_back;      /* set by decide: the watermark waits for it */
};

struct wr_why_source {
	const struct wr_observed_op *op; /* the scan */
	const char *table;
	struct wr_text waits; /* what its connector waits for; empty: nothing */
	bool has_watermark;   /* the table declares one */
	bool idle_timeout;    /* 'scan.watermark.idle-timeout' is set */
	bool ended;           /* its input is finished */
	uint64_t late;        /* rows that were late in operators behind it */
	uint32_t split_count; /* number of split */
	struct wr_why_split *split;
};

/* An input of a stage that has several: a side of a join, a branch of a union. */
struct wr_why_side {
	uint32_t op;          /* index of the operator that they come together at */
	uint32_t from;        /* index of the operator that the rows come from */
	int64_t watermark_ms; /* of the last whole epoch; WR_WATERMARK_MIN: none */
	bool idle, ended;
	bool holds_back; /* set by decide */
};

struct wr_why_sink {
	const struct wr_observed_sink *sink; /* what it has written */
	uint32_t op;                         /* index of the operator */
	struct wr_text waits;                /* what its connector waits for; empty: nothing */
};

enum wr_why_cause {
	WR_WHY_UNKNOWN, /* rows go in and none come out, as far as can be told by the query itself
			 */
	WR_WHY_FLOWS,   /* there is output */
	WR_WHY_ENDED,   /* the job is done */
	WR_WHY_SINK_WAITS,    /* the other side of a sink does not answer */
	WR_WHY_COMMIT,        /* rows are written and wait for a checkpoint */
	WR_WHY_BACK_PRESSURE, /* something does not keep up */
	WR_WHY_SOURCE_WAITS,  /* the other side of a source does not answer */
	WR_WHY_NO_ROWS,       /* nothing comes in */
	WR_WHY_BAD,           /* all records are bad */
	WR_WHY_FILTERED,      /* a condition leaves out every row */
	WR_WHY_LATE,          /* all rows are late */
	WR_WHY_NO_WATERMARK,  /* a window waits, and no table has a watermark */
	WR_WHY_HELD_BY_SPLIT, /* a window waits, a partition holds the watermark back */
	WR_WHY_HELD_BY_SIDE,  /* ... a side of a join */
	WR_WHY_WINDOW_OPEN,   /* a window waits for the watermark, which is on its way */
	WR_WHY_NO_MATCH,      /* a join has found no pairs */
	WR_WHY_QUIET          /* there was output, and nothing new has come in since */
};

struct wr_why {
	/* Facts. */
	struct wr_observed *observed;
	bool running;              /* else it has ended */
	bool checkpoints;          /* the job makes them */
	int64_t checkpoint_ms;     /* interval; 0: none, only savepoints */
	int64_t checkpoint_age_us; /* -1: none yet */
	uint64_t checkpoints_failed;
	uint32_t source_count, side_count, sink_count;
	struct wr_why_source *source;
	struct wr_why_side *side;
	struct wr_why_sink *sink;
	/* What follows. */
	enum wr_why_cause cause;
	uint32_t about;          /* index of the sink that it is about */
	struct wr_text sentence; /* one plain one */
	struct wr_text hint;     /* what to do; empty: nothing */
};

/* Looks and decides; wr_why_release. */
void wr_why_look(struct wr_why *why, struct wr_job *job);
/* From the facts alone: cause, sentence, hint. */
void wr_why_decide(struct wr_why *why);
void wr_why_release(struct wr_why *why);
/* "no-rows" */
const char *wr_why_name(enum wr_why_cause cause);
/* {"cause":..., "sentence":..., "hint":..., "sources":[...], "operators":[...], "sinks":[...]} */
void wr_report_why(struct wr_text *out, struct wr_job *job);
/* The same as lines of text, the sentence first: for people. */
void wr_why_print(struct wr_text *out, struct wr_job *job);

#endif
