/* SPDX-License-Identifier: Apache-2.0
 *
 * job_inner - the job as its tasks see it; only for runtime/.
 */
#ifndef WR_RUNTIME_JOB_INNER_H
#define WR_RUNTIME_JOB_INNER_H

#include <pthread.h>

#include "runtime/job.h"
#include "runtime/side.h"
#include "runtime/task.h"
#include "runtime/watch.h"

/* A worker thread and how to wake it. */
struct wr_worker {
	struct wr_job *job;
	uint32_t index;
	pthread_t thread;
	bool started; /* thread is to be joined */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_bool asleep;   /* waits on `wake` or is about to */
	atomic_bool claims;   /* asleep: a source of it is ready for its next block */
	bool signalled;       /* under lock: something changed since it looked */
	bool done;            /* polled: it has nothing left to do */
	bool idle;            /* the last round found no rows and no marks */
	int64_t now_us;       /* monotonic: at the end of its last unit of work, or sleep */
	int64_t noted_us;     /* monotonic: when it looked at its operators' states */
	struct wr_task *task; /* downstream stages first */
	uint32_t task_count;
	atomic_ullong state_bytes; /* of this worker's operators, at the last look */
	struct wr_checkpoint_part part;
	struct wr_budget budget;
	atomic_bool asked;  /* somebody wants to know of a key (ask.h) */
	struct wr_ask *ask; /* job->ask.lock: the questions */
	bool ask_closed;    /* job->ask.lock: nobody answers any more */
};

/* Questions for keys (ask.h). */
struct wr_asks {
	pthread_mutex_t lock;
	pthread_cond_t done; /* a question is done */
};

/* Of a job without threads (inline.c). */
struct wr_poll {
	atomic_bool woken;     /* something has come since the last turn */
	int64_t until_us;      /* monotonic: nothing to do before, unless woken */
	int64_t checkpoint_us; /* the same of the checkpoints */
	uint64_t count;        /* of polls that did something */
	bool cancelled;        /* the wish has been seen */
	bool ended;            /* nothing is left to do */
};

/* The times of all subtasks at a look (observe.c). */
struct wr_look {
	int64_t at_us; /* monotonic */
	uint32_t count;
	struct wr_past *past; /* owned; NULL: there was no look */
};
void wr_look_release(struct wr_look *look);

struct wr_looks {
	pthread_mutex_t lock;        /* around the others */
	struct wr_look before, last; /* kept */
};

struct wr_job {
	struct wr_job_options options;
	const struct wr_plan *plan;
	struct wr_graph graph;
	struct wr_poll poll;
	struct wr_worker *worker;  /* options.workers of them, and behind them the sinks' own */
	uint32_t worker_count;     /* of all */
	atomic_bool cancel;        /* the user wants the job to stop */
	atomic_bool drain;         /* sources end at once, what is begun is finished */
	atomic_bool finish;        /* sources end as if they had no more */
	struct wr_job_names names; /* with checkpoints or a restore */
	struct wr_checkpoint *checkpoint; /* NULL: there are none */
	uint64_t restored;                /* number of the checkpoint gone on from; 0: none */
	bool finished;      /* that checkpoint had seen the end: nothing is left to run */
	atomic_bool stop;   /* leave at once: a worker has failed */
	atomic_bool failed; /* a worker, or the checkpoint thread, has failed */
	atomic_bool left;   /* a sink has left its wait: the job ends in the middle */
	int64_t nap_us;     /* longest sleep of a worker that nothing wakes */
	bool finishing;     /* the workers have ended: what sinks give up is written directly */
	struct wr_row_sampler sampler; /* of the rows that are traced */
	struct wr_hosts hosts;         /* of sources and sinks */
	struct wr_asks ask;            /* for states by key */
	struct wr_watch watch;         /* rows and keys, while somebody looks */
	struct wr_looks looks;         /* of those who observe it */
	pthread_mutex_t error_lock;
	wr_status *error;                 /* under error_lock: the failure with the lowest epoch */
	uint64_t error_epoch;             /* of `error` */
	_Atomic int64_t begin_us, end_us; /* monotonic; end 0 while running */
};

/* Keeps the failure that came first in the stream and stops all workers. Takes the status over. */
void wr_job_fail(struct wr_job *job, wr_status *status_moved, uint64_t epoch);

/* A task has failed. A sink that left its wait has not: the job ends there. */
void wr_job_task_failed(struct wr_task *task, wr_status *status_moved);
/* The job ends in the middle, although nothing has failed. */
void wr_job_leave(struct wr_job *job);
/* --- worker.c; thread: the worker's, but for wake --- */

/* What a wake-up needs: connectors send them as soon as they are opened. */
void wr_worker_init_wake(struct wr_worker *worker);
wr_status *wr_worker_init(struct wr_worker *worker, struct wr_job *job, uint32_t index);
/* Any thread; no effect on a worker that is not asleep. */
void wr_worker_wake(struct wr_worker *worker);
/* Of its thread. */
void *wr_worker_main(void *worker);
/* One round over the tasks; true: something was done. *left: some task is not finished. */
bool wr_worker_round(struct wr_worker *worker, bool *left);
/* Of a polled job: the time since worker->now_us was that of the tasks that have worked since. A
 * clock reading per unit would be much of what a single row costs. */
void wr_worker_share_time(struct wr_worker *worker, int64_t now_us);
/* The longest sleep of the workers of an open job. */
int64_t wr_job_choose_nap(const struct wr_job *job);
/* Notes how much state its operators have. */
void wr_worker_note_state(struct wr_worker *worker);
void wr_worker_release(struct wr_worker *worker);
/* Nobody wakes it any more: the connectors are closed. */
void wr_worker_release_wake(struct wr_worker *worker);
/* Whether senders still hold what would not fit: finished tasks may have some. */
bool wr_worker_has_overflow(const struct wr_worker *worker);
/* How long a worker that found nothing to do may sleep (monotonic). */
int64_t wr_worker_wait_until(struct wr_worker *worker, int64_t now_us);
/* stepped.c: runs all workers and the checkpoints on this thread. */
void wr_job_run_stepped(struct wr_job *job);

#endif
