/* SPDX-License-Identifier: Apache-2.0
 *
 * task - one worker's instance of a stage: its head, its operators, its senders, run one unit of
 * work at a time.
 *
 * A unit is: one batch through the whole tree, one decoded block, or one call of on_mark or resume
 * of one step. Before each unit all senders must have drained, so that what a unit emits is all
 * that can pile up (bounded: one unit). A task never blocks.
 *
 * Thread: the worker's own; `stats` counters are read by others (relaxed atomics).
 */
#ifndef WR_RUNTIME_TASK_H
#define WR_RUNTIME_TASK_H

#include "base/histogram.h"
#include "runtime/graph.h"
#include "runtime/load.h"

struct wr_job;

/* The instance of a step. */
struct wr_task_step {
	const struct wr_stage_step *plan;
	struct wr_op *op;        /* OP, ENCODE, WRITE: an operator; SEND: NULL */
	struct wr_sender sender; /* SEND */
	uint32_t child_count;
	uint32_t *child;            /* indexes of the steps below */
	struct wr_out out;          /* to the children */
	struct wr_trace_span takes; /* linked to the traced rows that it took in this epoch */
	int64_t watermark_ms;       /* of the mark as the steps below see it; wr_noted */
	uint64_t state_peak;        /* most bytes of state that were noted */
	/* Looked at by any thread (base/counter.h). */
	uint64_t batches;          /* taken */
	uint64_t bad;              /* rows that could not be evaluated, or were refused */
	int64_t state_bytes;       /* at the last look */
	int64_t next_ms;           /* wr_op_type.next_ms at the last look; INT64_MAX: none */
	int64_t busy_us;           /* its own time */
	struct wr_histogram *took; /* us of its calls; owned; SEND: NULL */
};

struct wr_task {
	const struct wr_stage *stage;
	struct wr_job *job;
	uint32_t worker;
	struct wr_op_env env;         /* handed to the operators; env.job is this task */
	struct wr_table_host host;    /* of the table that an operator of it looks things up in */
	struct wr_source_task source; /* head is a source */
	struct wr_receiver *receiver; /* per input edge */
	uint32_t input;               /* edge being read in this epoch */
	struct wr_task_step *step;
	struct wr_out head;  /* to the steps below the head */
	struct wr_out late;  /* to the steps below WR_PARENT_LATE; emit NULL: none */
	struct wr_out dead;  /* to the steps below WR_PARENT_DEAD; emit NULL: none */
	bool in_mark;        /* a mark is on its way through the steps */
	uint32_t mark_step;  /* the next step to see it */
	struct wr_mark mark; /* that mark */
	uint64_t epoch;      /* of what is being processed */
	bool finished;
	int64_t watermark_ms;        /* of the last mark; WR_WATERMARK_MIN: none */
	atomic_llong watermark_seen; /* the same, for the progress line */
	atomic_ullong rows_source, rows_late, rows_bad;
	bool wrote;                 /* the stage writes and has chunks to flush */
	struct wr_load load;        /* where its time goes */
	uint32_t units;             /* of a polled job: done since their time was shared out */
	bool blocked;               /* it was not run, for a queue behind it is full */
	struct wr_step_clock clock; /* of its steps */
	uint32_t dice;              /* which units are taken by the clock */
	int64_t unit_us;            /* how long one takes, lately; times 8 */
	int64_t head_us;            /* time of the head: reading, decoding; wr_noted */
	struct wr_histogram *took;  /* us of a source's units; owned; NULL: it has none */
	uint64_t checkpoint;        /* number of the last one that all steps have begun */
	uint64_t marking;           /* number of the one that they begin at the mark on its way */
};

wr_status *wr_task_init(struct wr_task *task, const struct wr_stage *stage, struct wr_job *job,
			uint32_t worker);
void wr_task_release(struct wr_task *task);
/* Before the first unit: the task goes on behind `epoch`, or had finished by then. */
void wr_task_restore(struct wr_task *task, uint64_t epoch, bool finished);
/* Runs one unit if one is there; *worked tells. */
wr_status *wr_task_run(struct wr_task *task, bool *worked);
/* When the task next wants to be looked at although nothing wakes it (monotonic us). */
int64_t wr_task_wait_until(struct wr_task *task, int64_t now_us);

#endif
