/* SPDX-License-Identifier: Apache-2.0
 *
 * job - runs a physical plan to its end on worker threads.
 *
 * Order of calls: open -> (restore) -> run -> stats* -> close. wr_job_cancel may be called at any
 * time from any thread or signal handler; wr_job_stats from any thread between open and close.
 *
 * Instead of run, a job without threads is taken through its work by its caller: begin -> poll
 * until it has ended -> end (inline.c).
 */
#ifndef WR_RUNTIME_JOB_H
#define WR_RUNTIME_JOB_H

#include "base/trace.h"
#include "runtime/checkpoint.h"
#include "runtime/budget.h"
#include "plan/plan.h"
#include "runtime/graph.h"
#include "runtime/load.h"
#include "runtime/objectives.h"
#include "runtime/restore.h"
#include "runtime/sink.h"

struct wr_job_options {
	struct wr_env *env;              /* clocks, files and what schedules the workers */
	uint32_t workers;                /* 1..WR_WORKERS_MAX */
	uint32_t max_parallelism;        /* key groups */
	uint32_t batch_rows_max;         /* 1..WR_BATCH_ROWS_MAX */
	int64_t slo_latency_us;          /* rows that take longer are counted (graph.h); 0: none */
	struct wr_objectives objectives; /* that the server watches over */
	const char *zone_id;
	const struct wr_state_backend *backend;
	enum wr_error_mode error_mode;   /* of evaluation errors, and of sources that name none */
	bool error_mode_given;           /* by SET: holds for sources that name none */
	const struct wr_node *late_sink; /* SINK node, or NULL */
	const struct wr_node *dead_sink; /* SINK node, or NULL */
	struct wr_collect collect;       /* rows of a bare SELECT */
	bool batch;                      /* operators see the last mark only */
	int64_t until_ms; /* sources end when their watermark has reached it, and windows that are
			     open stay so; INT64_MAX: they are read to their ends */
	void (*say)(void *user, const char *text); /* MAY: what the user should know; any thread */
	/* MAY: a row was bad, as in wr_listener; any thread. */
	void (*bad_row)(void *user, const char *kind, const char *table, const char *text);
	void *user;                  /* of the callbacks */
	const atomic_bool *given_up; /* MAY: it is to end while it is still being opened, when
					wr_job_cancel cannot tell it; NULL: it never is */
	struct wr_tracer *tracer;    /* gets spans of what the job does; NULL: nobody wants any */
	double trace_share;          /* of the rows that come without a trace; 0: none is traced */
	uint32_t trace_rate;         /* traces of rows that begin in a second at most; 0: none */
	struct wr_trace_context trace; /* of the job's own span; other spans are linked to it */
	bool measure;   /* each operator's time is to be told apart: wr_job_measure */
	int64_t nap_us; /* longest sleep of a worker that nothing wakes, where nothing of the job
			   needs shorter ones; 0: the usual */
	bool polled;    /* no threads: wr_job_begin and wr_job_poll in place of wr_job_run */
	bool dry; /* the job will not run: it is opened to see what it would remember, and neither
		     reads nor writes anything */
	struct wr_budget_options budget; /* memory of states */
	struct wr_checkpoint_options checkpoint;
	struct wr_restore_options restore; /* what to go on from */
};

struct wr_job_stats {
	uint64_t rows_in;     /* read from sources */
	uint64_t rows_out;    /* written to the sinks of the statements */
	uint64_t rows_late;   /* dropped as late or sent to the late table */
	uint64_t rows_bad;    /* records or rows that failed: ignored or logged */
	uint64_t state_bytes; /* of all operators, at the last mark */
	int64_t watermark_ms; /* lowest of the sources; WR_WATERMARK_MIN: none, WR_WATERMARK_MAX:
				 ended */
	int64_t elapsed_us;   /* since run began */
	bool paused;          /* the job has ended because of checkpoint.every */
	struct wr_checkpoint_stats checkpoint;
};

/* A table as a statement of the job reads or writes it. */
struct wr_table_stats {
	const char *table;    /* its name; as long as the job */
	bool is_source;       /* else a sink */
	uint64_t rows;        /* read, or written */
	int64_t watermark_ms; /* of a source; as in wr_job_stats */
};

struct wr_job;
wr_status *wr_job_open(const struct wr_plan *plan, const struct wr_job_options *options,
		       struct wr_job **out);
/* Runs to the end of the input, an error or a cancel. The first error in the order of the stream is
 * returned. */
wr_status *wr_job_run(struct wr_job *job);
/* options.polled. What can be done now is done, on this thread; *ended: nothing is left to do. */
wr_status *wr_job_begin(struct wr_job *job);
void wr_job_poll(struct wr_job *job, bool *ended);
/* Until when (monotonic) a poll has nothing to do unless something happens. */
int64_t wr_job_idle_until(const struct wr_job *job);
/* The clock has been moved: sources that are idle make an epoch with the next poll, and are not
 * waited for until it is time. */
void wr_job_tick(struct wr_job *job);
/* As the result of wr_job_run; before the end: what was not finished is left. */
wr_status *wr_job_end(struct wr_job *job);
void wr_job_cancel(struct wr_job *job);
/* After a cancel, but not in a signal handler: workers that sleep look at once. */
void wr_job_hurry(struct wr_job *job);
/* The input ends here: what is open fires, and the job ends as if there were no more rows. Any
 * thread. */
void wr_job_drain(struct wr_job *job);
/* A question for a savepoint: asked, waited for, answered. As wr_job_savepoint in steps, for who
 * has to see to it that the job goes on meanwhile. `savepoint` stays until wr_job_savepoint_done.
 */
struct wr_savepoint;
wr_status *wr_job_savepoint_ask(struct wr_job *job, struct wr_savepoint *savepoint,
				const char *given, bool stop, struct wr_text *path);
/* True: it is answered, *status. */
bool wr_job_savepoint_done(struct wr_job *job, struct wr_savepoint *savepoint, wr_status **status);
/* The polled job has ended without an answer: there is none, and why. */
wr_status *wr_job_savepoint_give_up(struct wr_job *job, struct wr_savepoint *savepoint);
/* Makes a savepoint and waits for it. `given`: a folder that is not there; NULL: one beside the
 * job's checkpoints; its name is appended to `path`. `stop`: the job ends with it, and shows what
 * it has. Any thread but the job's own, between job_begin and job_end. */
wr_status *wr_job_savepoint(struct wr_job *job, const char *given, bool stop, struct wr_text *path);
bool wr_job_cancelled(const struct wr_job *job);
void wr_job_stats(struct wr_job *job, struct wr_job_stats *stats);
/* What it is to hold; as long as the job. Any thread. */
const struct wr_objectives *wr_job_objectives(const struct wr_job *job);
/* Appends what waits for the outside world, "table 'x': reason; table 'y': reason", to an empty
 * text. Any thread, between open and close. */
void wr_job_waiting(struct wr_job *job, struct wr_text *out);
/* The stages of the job in the order of the flow, each with its tasks' time so far. Any thread,
 * between open and close. */
uint32_t wr_job_stage_count(const struct wr_job *job);
void wr_job_stage_load(const struct wr_job *job, uint32_t stage, struct wr_stage_load *load);
/* Appends the operators of a stage: "Scan(orders) -> Calc -> Sink(out)". */
void wr_job_stage_name(const struct wr_job *job, uint32_t stage, struct wr_text *out);
/* Of all its workers. Any thread, between open and close. */
struct wr_worker_load wr_job_load(const struct wr_job *job);
/* The tables of the job, sources first. Any thread, between open and close. */
uint32_t wr_job_table_count(const struct wr_job *job);
void wr_job_table_stats(const struct wr_job *job, uint32_t table, struct wr_table_stats *stats);
/* How far behind the table's splits are: wr_connector.lag, where there is such a thing. */
void wr_job_table_lag(const struct wr_job *job, uint32_t table,
		      void (*each)(void *own, const struct wr_split_lag *lag), void *own);
/* What the operators have done, by node id: measure[0..plan->next_id), zeroed. After run, before
 * close. */
void wr_job_measure(const struct wr_job *job, struct wr_node_measure *measure);
/* Commits (after a successful run) or undoes the sinks, and frees. */
wr_status *wr_job_close(struct wr_job *job, bool commit);

#endif
