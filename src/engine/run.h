/* SPDX-License-Identifier: Apache-2.0
 *
 * run - a prepared script on its way: its jobs one after the other, and who listens.
 *
 * A session is what is declared: tables, settings, functions. A run is one execution of a script
 * that was prepared in it. Any number of runs go on beside each other, on threads of their own, and
 * none touches the session: what a run needs of it (plans, tables, options) is the prepared
 * script's, and is not changed by the run, so that several may share it.
 *
 * There are two ways to go through a run:
 *
 *     wr_run_script                              blocks until the last job has ended
 *     wr_run_begin, wr_run_poll ..., wr_run_end  on this thread alone: a poll does what can be done
 *                                                now (runtime/inline.c)
 *
 * A job, from its first attempt over its restarts to its end: an attempt that fails is taken down
 * as a whole; if the restart strategy says so, the job is made anew in the same process, from the
 * last checkpoint that it has made, or else from where its first attempt began. Failures that come
 * from the script or the data are not tried again.
 *
 * Who looks at the running job from another thread holds it meanwhile (wr_run_hold): it is closed
 * only when nobody holds it. A signal handler may cancel, so that this cannot take a lock. Either
 * the count of holders is seen by the run, or the holder sees that there is no job any more.
 *
 * Thread: that of wr_run_script or of the polls; cancel, drain, hold and let from any.
 */
#ifndef WR_ENGINE_RUN_H
#define WR_ENGINE_RUN_H

#include "engine/listener.h"
#include "runtime/job.h"

struct wr_action;
struct wr_prepared;
struct wr_attempts;
struct wr_lineage_events;

/* A job of a script: the number `at` of `count`, from 1. */
struct wr_script_job {
	uint32_t at, count;
};

/* What the jobs of a run have done so far. */
struct wr_run_sums {
	uint64_t rows_in, rows_out, rows_late, rows_bad; /* as in wr_job_stats */
	uint64_t restarts;                               /* of jobs, after failures */
	uint64_t checkpoints;                            /* completed */
	int64_t elapsed_us;                              /* of all attempts */
	int64_t began_us;                                /* monotonic: the run */
	struct wr_worker_load load;                      /* of all workers */
};

struct wr_run {
	struct wr_listener listener;
	struct wr_env *env; /* clocks, files and what schedules the jobs */
	bool polled;        /* begun by wr_run_begin */
	int64_t nap_us; /* of workers (wr_job_options): who cancels says so by wr_run_hurry; 0: the
			   usual */
	struct wr_lineage_events *lineage; /* told of jobs; NULL: nobody is. Not owned */
	const char *job_name;              /* what jobs are called there; NULL: as they are */
	const char *job_owner;             /* whose they are there; NULL: nobody's */
	const char *result_zone;           /* time zone at the place of the job being run */
	bool ran;                          /* something was executed, not only checked */
	uint64_t script_hash;              /* of the prepared script */
	bool analyze;                      /* jobs show what was measured in place of their rows */
	struct wr_tracer *tracer; /* gets the spans of the jobs; NULL: nobody wants any. Set before
				     the script runs */
	struct wr_trace_context trace_parent; /* who asked for it; not set: nobody who traces */
	struct wr_job *_Atomic job; /* running; NULL: none. Set before run, cleared before close */
	atomic_uint holders;        /* that may be using `job` */
	atomic_bool cancelled;      /* what runs stops, nothing else begins */
	atomic_bool drained;        /* the inputs end here */
	atomic_bool last;           /* nothing begins behind the running job */
	atomic_bool restarting;     /* an attempt has failed, the next one has not begun */
	pthread_mutex_t lock;       /* around the next four, and around changes of `job` */
	struct wr_run_sums sums;    /* of the attempts that have ended */
	struct wr_job_stats stats;  /* of the last one of those */
	struct wr_trace_context trace; /* of the running job's span, or the last one's */
	struct wr_text report;         /* the same as JSON (runtime/job_report.h); owned */
	struct wr_attempts *attempts;  /* of the job under way; NULL: none is */
	const struct wr_prepared *_Atomic prepared; /* begun; NULL: none */
	atomic_uint next;                           /* of its actions */
};

/* `listener` is copied; `env` outlives the run. */
void wr_run_init(struct wr_run *run, struct wr_env *env, const struct wr_listener *listener);
void wr_run_release(struct wr_run *run);

/* Executes a prepared script; a status of it has its places in that script. */
wr_status *wr_run_script(struct wr_run *run, const struct wr_prepared *prepared);

/* The same in steps: *ended is set with the last one, or with an error. `prepared` stays until
 * wr_run_end, which may come at any time and undoes what was not finished. */
wr_status *wr_run_begin(struct wr_run *run, const struct wr_prepared *prepared);
wr_status *wr_run_poll(struct wr_run *run, bool *ended);
void wr_run_end(struct wr_run *run);
/* Until when (monotonic) a poll has nothing to do unless something happens. */
int64_t wr_run_idle_until(const struct wr_run *run);
/* As wr_job_tick, of the job that runs. */
void wr_run_tick(struct wr_run *run);

/* Reading stops, what is complete is written, nothing else begins. Any thread, signal handlers too.
 */
void wr_run_cancel(struct wr_run *run);
/* After a cancel, but not in a signal handler: it is seen at once. Any thread. */
void wr_run_hurry(struct wr_run *run);
/* The inputs end here. Any thread. */
void wr_run_drain(struct wr_run *run);
/* The running job, NULL: none; it stays until wr_run_let. Any thread. */
struct wr_job *wr_run_hold(struct wr_run *run);
void wr_run_let(struct wr_run *run);
/* What has been done so far, the running job counted, and that job's figures or, if none runs,
 * those of the last. Any thread. */
void wr_run_look(struct wr_run *run, struct wr_run_sums *sums, struct wr_job_stats *stats);
/* Which of the script's jobs runs, or is the next to run. Any thread, while the run is prepared. */
struct wr_script_job wr_run_which(const struct wr_run *run);
/* What it does: "INSERT INTO totals"; NULL: nothing. As long as what was prepared. Any thread,
 * while it is. */
const char *wr_run_name(struct wr_run *run);
/* The trace of that job; not set: there is none. Any thread. */
struct wr_trace_context wr_run_trace(struct wr_run *run);
/* Appends the figures of that job as members of a JSON object, each with a comma in front. Any
 * thread. */
void wr_run_report(struct wr_run *run, struct wr_text *out);

#endif
