/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint - makes the state of a running job durable, again and again, while it runs.
 *
 * A checkpoint is of an epoch C: it holds what has come of the epochs up to C and nothing of later
 * ones. One checkpoint, told as a story; K is the checkpoint thread, W a worker:
 *
 *   1  K locks all sources, picks an epoch C that none has passed, notes it in `epoch` and
 *      `number`, and unlocks.                                               (checkpoint.c)
 *   2  Whoever claims block C of a source notes, under that lock, the connector's position behind
 *      it, and later the carry of block C + 1. Sources without input owe empty blocks up to C.
 *                                                                           (source_claim.c)
 *   3  The mark of epoch C passes the steps of all tasks. Behind each one its states begin their
 *      snapshot, its extras are saved, its sink prepares. Tasks that had finished before, and those
 *      of a source that had nothing of epoch C, do the same by themselves.  (checkpoint_part.c)
 *   4  W goes on with epoch C + 1, and writes its snapshots between two units of work, a slice at a
 *      time. The blocks go through a bounded queue to K, which appends them to the segment file.
 *      When W has written everything it says so.
 *   5  All have: K makes segment and manifest durable (state/store.h).   (checkpoint_durable.c)
 *   6  K has the sinks commit. A crash between 5 and 6 is mended by the restore, which commits
 *      again.
 *
 * Given up: if a step fails, or takes longer than the timeout, K says so in `given_up`; workers
 * drop what they have not written (it counts as changed, so that the next one has it) and say that
 * they are done. The last good checkpoint stays; the job goes on.
 *
 * The end: when all input has been processed K is done; the thread that ran the job prepares all
 * sinks for the last time, writes a manifest that says `finished`, and commits
 * (checkpoint_finish.c).
 * A cancel: a checkpoint whose epoch is the last one that sources may claim; then the workers stop.
 * Its sinks are not prepared for the last time, so that the job can go on from it; closing them
 * shows what they have.
 *
 * Invariants
 *   K1  at most one checkpoint is under way; the next begins when all workers are done with it
 *   K2  `number` and `epoch` change only while all sources are locked or none is under way
 *   K3  no sink commits what no durable manifest names
 *
 * Thread: see each function.
 */
#ifndef WR_RUNTIME_CHECKPOINT_H
#define WR_RUNTIME_CHECKPOINT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/histogram.h"
#include "base/trace.h"
#include "runtime/checkpoint_rules.h"
#include "state/store.h"

struct wr_job;
struct wr_task;
struct wr_worker;

/* A checkpoint or savepoint that was made, or could not be. */
struct wr_checkpoint_event {
	bool savepoint;
	bool stops; /* a savepoint that the job ends with: sinks commit when it has been told */
	uint64_t number;          /* 0: it has failed, or is a savepoint */
	uint64_t bytes;           /* of what was written for it */
	int64_t duration_us;      /* since it began */
	const char *path;         /* of its manifest, or of the savepoint's folder */
	const wr_status *failure; /* why not; NULL: it was made */
};

/* What a job is told about its checkpoints. */
struct wr_checkpoint_options {
	bool on;        /* false: nothing is tracked or written */
	uint64_t every; /* 0; else the job makes one checkpoint, after so many epochs, and stops
			   there, with its sinks as they are: it is to be opened again with it */
	struct wr_checkpoint_pace pace;        /* how often */
	const char *dir;                       /* of this job's checkpoints */
	const char *savepoint_base;            /* of names of savepoints' folders; NULL: each must
						  be given one */
	uint32_t retained;                     /* checkpoints kept, at least 1 */
	enum wr_store_compression compression; /* of blocks */
	int64_t tolerable;                     /* failures in a row; < 0: any number */
	const char *weir_version;              /* for the manifest */
	const char *job_name;                  /* for the manifest */
	uint64_t script_hash;                  /* for the manifest */
	void (*say)(void *user, const char *text); /* MAY: what the user should know; any thread */
	/* MAY: one has ended; the thread of checkpoints, or at the end the job's. */
	void (*event)(void *user, const struct wr_checkpoint_event *event);
	void *user; /* of the callbacks */
};

struct wr_checkpoint_stats {
	bool on;
	uint64_t number;     /* of the last good one; 0: none yet */
	uint64_t done;       /* good ones of this run */
	uint64_t failed;     /* given up */
	uint64_t bytes;      /* of the last good one */
	int64_t duration_us; /* of the last good one */
	int64_t age_us;      /* since it was made durable; -1: none yet */
	int64_t pause_us;    /* the longest time that a worker spent on one at once */
	uint64_t restored;   /* number of the checkpoint that the run began from; 0: none */
	const char *job;     /* the job's name in them; NULL: none; lives as long as the job */
	const char *folder;  /* that outlives the run; NULL: none; lives as long as the job */
};

/* What a worker says to the checkpoint thread. */
struct wr_checkpoint_message {
	struct wr_checkpoint_message *next;
	enum { WR_CK_BLOCK, WR_CK_DONE, WR_CK_LEFT, WR_CK_FAILED } what;
	uint32_t worker;
	struct wr_snapshot_block *block; /* BLOCK */
	wr_status *status;               /* FAILED */
	int64_t pause_us;                /* DONE: the worker's longest */
};

/* A question for a savepoint. Lives with who asks and waits. */
struct wr_savepoint {
	const char *dir;   /* where */
	bool stop;         /* the job is to end with it */
	bool done;         /* under the coordinator's lock: answered */
	wr_status *status; /* the answer */
};

/* By what the parts of a job are known in its checkpoints. */
struct wr_job_names {
	struct wr_arena arena;        /* holds the rest, but for `state` */
	uint32_t state_count;         /* of all operators */
	struct wr_saved_state *state; /* as in the manifest: a state's index is its number; owned */
	uint32_t **first_state;       /* per stage and step: number of its first state */
	const char **source_name;     /* per source of the graph: semantic name */
	const char **sink_name;       /* per sink of the graph */
};

struct wr_checkpoint {
	struct wr_job *job;
	struct wr_env *env;
	struct wr_store *store;
	pthread_t thread;
	bool started; /* the thread is to be joined */
	bool stopped; /* a cancel was answered by a checkpoint; read when the thread has ended */

	/* Read by workers and sources (K2). */
	atomic_ullong number;   /* of the one under way, counted within the run; 0: none */
	atomic_ullong epoch;    /* of the one under way; WR_EPOCH_NONE: none */
	atomic_ullong given_up; /* highest number that was given up */
	bool full;              /* of `number`: all slots */
	bool aside;             /* of `number`: it is a savepoint */
	bool stops;             /* of `number`: the job ends with it */

	pthread_mutex_t lock;
	pthread_cond_t arrived;                     /* a message, or something to look at */
	pthread_cond_t room;                        /* the queue has become shorter */
	struct wr_checkpoint_message *first, **end; /* under lock: oldest first */
	atomic_size_t queued_bytes;                 /* of blocks; written under lock */
	bool shutdown;                              /* under lock: the thread is to end */
	bool takes_questions;                       /* under lock: for savepoints */
	struct wr_savepoint *asked;                 /* under lock; NULL: none */
	uint64_t asks;                              /* under lock: that there were so far */
	pthread_cond_t answered;                    /* `asked` is NULL again */
	struct wr_text *prepared;                   /* per sink, under lock: bytes of prepare */
	struct wr_text *position;                   /* per source: of the last one made durable */
	struct wr_checkpoint_stats stats;           /* under lock */
	int64_t durable_us;            /* under lock: when the last good one was done */
	struct wr_histogram durations; /* us of the good ones; the checkpoint thread's */

	/* The checkpoint thread's own. */
	uint64_t serial;                /* numbers given so far */
	struct wr_store *side;          /* of the savepoint under way; NULL: none is */
	struct wr_store_writer *writer; /* NULL: none, or it has failed */
	wr_status *failure;             /* why the one under way cannot be completed */
	bool superseded;                /* the input has ended meanwhile: no failure */
	uint32_t done_count;            /* workers that are done with it */
	uint64_t failed_in_row;         /* given up since the last good one */
	struct wr_checkpoint_times times;
	struct wr_trace_span span; /* of the one under way; nothing when nobody traces */
	struct wr_trace_span part; /* below it: trigger, snapshot, write, commit */
};

/* The worker's part; in struct wr_worker, used by its thread alone. */
struct wr_checkpoint_part {
	uint64_t seen;               /* highest number taken part in */
	uint64_t number;             /* of the one under way; 0: none, or done with it */
	uint32_t task_count;         /* tasks that have not begun yet */
	struct wr_snapshot snapshot; /* where the blocks go */
	uint32_t count, capacity, next;
	struct wr_state **state; /* being written: `next` and those behind it */
	int64_t slice_end_us;    /* monotonic: of the last slice */
	int64_t slice_us;        /* how long it took */
	int64_t pause_us;        /* the longest time spent on this checkpoint at once */
};

/* Makes the coordinator of a job whose graph and tasks are there. Thread: that of wr_job_open. */
wr_status *wr_checkpoint_open(struct wr_job *job, struct wr_checkpoint **out);
/* The job goes on from that checkpoint: later ones in the same folder contradict what it will do,
 * and go. */
wr_status *wr_checkpoint_forget(struct wr_checkpoint *checkpoint,
				const struct wr_manifest *manifest);
/* Starts and ends the checkpoint thread, before and after the workers' time. Where there are to be
 * no threads (wr_env_picks, or the job is polled), the caller takes its steps. */
wr_status *wr_checkpoint_start(struct wr_checkpoint *checkpoint);
void wr_checkpoint_stop(struct wr_checkpoint *checkpoint);
/* It looks at once what there is to do. Any thread. */
void wr_checkpoint_look_now(struct wr_checkpoint *checkpoint);
/* Whether none is under way, and no message has come. Thread: that of the steps, if it is the
 * workers', too. */
bool wr_checkpoint_is_quiet(const struct wr_checkpoint *checkpoint);
/* One step of it: takes a message, else does what is due. False: there was no message, and until
 * *until_us (monotonic) there is nothing to do, but for new ones. */
bool wr_checkpoint_step(struct wr_checkpoint *checkpoint, int64_t *until_us);
/* All rows of all sources have been processed: the last checkpoint and the last commit. Workers and
 * checkpoint thread have ended. */
wr_status *wr_checkpoint_finish(struct wr_checkpoint *checkpoint);
void wr_checkpoint_close(struct wr_checkpoint *checkpoint); /* NULL allowed */
/* Any thread. */
void wr_checkpoint_stats(struct wr_checkpoint *checkpoint, struct wr_checkpoint_stats *stats);

/* --- savepoints (savepoint.c); thread: the checkpoint thread */

/* Whether one is asked for: opens `side` for it. *stop: the job is to end with it. */
bool wr_savepoint_open(struct wr_checkpoint *checkpoint, bool *stop);
/* Tells who asked, and closes `side`. */
void wr_savepoint_answer(struct wr_checkpoint *checkpoint, wr_status *status_moved);
/* From now on questions are taken, or not any more. */
void wr_savepoint_doors(struct wr_checkpoint *checkpoint, bool open);

/* --- names and descriptions (checkpoint_names.c) */

/* Describes a job whose graph and tasks are there; what they point to must outlive the names. */
void wr_job_names_init(struct wr_job_names *names, const struct wr_job *job);
void wr_job_names_release(struct wr_job_names *names);

/* --- the worker's side (checkpoint_part.c); thread: the worker's */

/* A step has seen the mark that is on its way through the task. */
void wr_part_step(struct wr_task *task, uint32_t step);
/* Between two units of work: joins, gives up, lets tasks begin for which no mark comes, writes a
 * slice. `idle`: there was nothing else to do. True: it did something. */
bool wr_part_round(struct wr_worker *worker, bool idle);
/* Whether a checkpoint has begun whose mark the task has not seen yet. */
bool wr_part_is_due(const struct wr_task *task);
/* The worker has nothing left to do and ends. */
void wr_part_leave(struct wr_worker *worker);
void wr_part_release(struct wr_worker *worker);

#endif
