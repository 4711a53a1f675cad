/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_inner - what the parts of the jobs share: the jobs, their runs, and who does what.
 *
 *     jobs.c          the list: submit, find, hold, boot and end of the server
 *     jobs_run.c      one run of a job: prepared, gone through on a thread, ended
 *     jobs_change.c   stop, savepoint, restart, rescale, update, forget
 *     jobs_store.c    a job as a document of the store, its history
 *     jobs_report.c   a job as JSON
 *     jobs_known.c    all of them, for alerts
 *
 * Generations. A job begins at a place: anew, or from a savepoint or checkpoint (`restore`). All
 * checkpoints that it makes from there on are of one generation, and in a folder of their own:
 *
 *     CHECKPOINTS/ID/GENERATION      of its first INSERT; ".1", ".2" behind it of the others
 *     CHECKPOINTS/ID-savepoint-1     savepoints
 *     CHECKPOINTS/ID/GENERATION.place  which INSERT of several the job was in (script_place.h)
 *
 * A savepoint that ends the job begins the next generation before its sinks commit: from then on,
 * an older checkpoint would be one too old.
 *
 * So "where it was" is never in doubt: the newest checkpoint of the generation, or if there is none
 * yet, the generation's `restore`. A restart from somewhere else, an update, a rescale begin a new
 * generation; the checkpoints of the one before are kept until the next.
 *
 * Locks: jobs->lock is around all that is said to be under it, and held for moments only (requests
 * that must answer at once take it); jobs->store_lock is around making and writing a document, so
 * that an older one does not overwrite a newer; jobs->log_lock is around the lines of a job's log,
 * which anybody writes who holds whatever. store_lock before lock, log_lock after all others.
 *
 * Who works on a job counts itself in `users`; changes that exclude each other name themselves in
 * `changing`. A job goes only when it has no others.
 */
#ifndef WR_SERVER_JOBS_INNER_H
#define WR_SERVER_JOBS_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/prepared.h"
#include "server/jobs.h"
#include "server/server.h"

#define WR_JOBS_MAX       10000 /* that are known, also ended ones */
#define WR_JOB_NAME_MAX   200   /* bytes */
#define WR_JOB_LOG_LINES  200   /* that are kept of a job */
#define WR_JOB_EXCEPTIONS 100   /* kept in the store */
#define WR_JOB_NOTES      200   /* checkpoints kept in the store's history */

/* Why a run is to end. */
enum wr_job_ending {
	WR_ENDING_NONE,     /* by itself */
	WR_ENDING_CANCEL,   /* somebody cancels it */
	WR_ENDING_SUSPEND,  /* the server ends; it goes on with the next one */
	WR_ENDING_ASKED,    /* a savepoint that is to end it is under way: the end waits for what
			       comes of that */
	WR_ENDING_SAVEPOINT /* a savepoint ended it */
};

/* One run of a job. */
struct wr_job_run {
	struct wr_run run;         /* first: wr_jobs_let finds the rest by it */
	struct wr_server_job *job; /* until the run has ended */
	uint32_t refs;             /* jobs->lock: the job's, and of those who hold it */
	struct wr_session *session;
	struct wr_prepared prepared;
	bool is_prepared;
	atomic_bool over; /* its script has come to an end: no statement of it begins any more */
};

/* A line of the log. */
struct wr_job_line {
	int64_t at_ms;
	char *text; /* owned; NULL: none yet */
};

/* What is shown of a job that has no run (any more). */
struct wr_job_figures {
	int64_t rows_in, rows_out, rows_late, rows_bad, restarts, checkpoints;
};

#define WR_JOB_PAST_POINTS 120 /* seconds; a page draws one or two minutes */

/* How fast it was at a time. */
struct wr_job_point {
	int64_t at_ms;
	float in_s, out_s; /* rows in a second */
};

struct wr_job_past {
	uint64_t count;                                /* points so far */
	struct wr_job_point point[WR_JOB_PAST_POINTS]; /* a ring */
};

struct wr_server_job {
	struct wr_jobs *jobs;
	/* Never change. */
	char id[WR_JOB_ID_LEN + 1];
	char *owner;
	int64_t created_ms;
	char *request_id;              /* that asked for it in this process; owned; NULL: unknown */
	struct wr_trace_context trace; /* the same */

	/* Under jobs->lock, and changed only by who has `changing` (or before it is in the list).
	 */
	char *name, *sql;
	char **key, **value; /* settings besides those of the server; owned */
	uint32_t setting_count;
	uint32_t parallelism; /* over what the script says; 0: as it says */
	bool upgrade;         /* what of a restored state does not fit is dropped or rebuilt */
	char *restore;        /* where the generation begins; NULL: anew */
	int64_t generation;   /* 1, 2 ... */
	bool checkpointed;    /* the generation has made a checkpoint */
	int64_t inserts;      /* of the script, which run one after the other; 0: not known yet */
	char *folder;         /* CHECKPOINTS/ID; NULL: not known yet */

	/* Under jobs->lock. */
	enum wr_server_job_state state;
	bool wanted; /* begins with the server */
	int64_t started_ms, ended_ms;
	char *error, *hint;            /* why it failed; NULL: it did not */
	struct wr_job_figures figures; /* of the last run that ended */
	char *report; /* the stages and tables of that run, members of an object; NULL: unknown */
	enum wr_job_ending ending;
	bool goes_on;           /* when a savepoint has ended it: the end is part of a change */
	struct wr_job_run *run; /* NULL: it has ended, or is not prepared yet */
	bool active;            /* it has begun, and not ended */
	pthread_t thread;
	bool has_thread; /* to be joined */
	uint32_t users;
	const char *changing; /* "a rescale"; NULL: nothing changes it */
	bool replaying;       /* its dead letters are being replayed */
	bool leaving;         /* nobody finds it any more: it goes when its users have gone */
	/* Under jobs->log_lock. */
	struct wr_job_line *line; /* WR_JOB_LOG_LINES of them; NULL: nothing was said; owned */
	uint64_t line_count;      /* lines so far */
	struct wr_trace_context run_trace; /* of its run; not set: there is none */
	char *trouble;    /* its last exception; NULL: none since the server began; owned */
	uint64_t damages; /* lines on checkpoints that are damaged, so far */
	char *damage;     /* the last of them; NULL: none; owned */
	/* Under jobs->lock. For rates: the counts a moment ago, and at the last look before that.
	 */
	struct {
		int64_t at_us;
		uint64_t rows_in, rows_out;
	} sample[2];
	struct wr_job_past *past; /* under jobs->lock; owned; NULL: it never ran here */
};

struct wr_jobs {
	struct wr_server *server;
	struct wr_env *env;
	char *data; /* the server's folder, absolute */
	pthread_mutex_t lock;
	pthread_cond_t changed;     /* a job has ended, or nobody changes it any more */
	pthread_mutex_t store_lock; /* see above */
	pthread_mutex_t log_lock;   /* the same */
	struct wr_server_job **job; /* under lock: in the order in which they came */
	uint32_t count, capacity;
	bool closing; /* under lock: nothing begins any more */
	struct wr_job_streams *streams;
};

/* --- jobs.c; under lock */

/* By id, else by name: the one that has not ended, else the newest. NULL: there is none. */
struct wr_server_job *wr_jobs_find(struct wr_jobs *jobs, const char *name);
bool wr_server_job_has_ended(const struct wr_server_job *job);
/* RUNNING or RESTARTING, as the run is now. */
enum wr_server_job_state wr_server_job_state_now(const struct wr_server_job *job);
/* What is in the way passes: 409 for those who ask by HTTP. */
wr_status *wr_server_job_conflict(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Another job that has not ended has the name. */
wr_status *wr_server_job_name_taken(const struct wr_jobs *jobs, const struct wr_server_job *job);
/* Takes it out of the list and frees it. Nobody uses it. */
void wr_server_job_remove(struct wr_jobs *jobs, struct wr_server_job *job);
/* The same by its last user, who waits for the others: those who want something of it are told that
 * it is no more. */
void wr_server_job_leave(struct wr_jobs *jobs, struct wr_server_job *job);
void wr_server_job_run_unref(struct wr_jobs *jobs, struct wr_job_run *run);
struct wr_server_job *wr_server_job_new(struct wr_jobs *jobs);
void wr_server_job_free(struct wr_server_job *job);
void wr_server_job_set_text(char **at, const char *text);
void wr_server_job_set_settings(struct wr_server_job *job, const char *const *key,
				const char *const *value, uint32_t count);

/* --- jobs_folder.c; without locks, by who has `changing` */

/* Where the job is: the folder of its generation if that has a checkpoint, else where the
 * generation began; NULL: nowhere, it would begin anew. Freed by the caller. */
wr_status *wr_server_job_place(struct wr_server_job *job, char **place);
/* Removes the checkpoints of generations before the last two, but none that is gone on from. */
void wr_server_job_trim(struct wr_server_job *job);
/* Removes all its checkpoints; savepoints stay. */
void wr_server_job_remove_checkpoints(struct wr_server_job *job);

/* --- jobs_run.c; without locks */

/* Prepares the job's script with the catalog as it is now: an error of the script. The name is
 * filled in if it has none. */
wr_status *wr_server_job_prepare(struct wr_server_job *job, struct wr_job_run **out);
void wr_server_job_run_free(struct wr_job_run *run);
/* Whether its script can be prepared with the catalog as it is now; nothing is kept. */
wr_status *wr_server_job_check(struct wr_server_job *job);
/* A new session gets the server's settings, the job's, and the catalog. */
wr_status *wr_server_job_fill(struct wr_server_job *job, struct wr_session *session);
/* The same with a session that listens to nothing. */
wr_status *wr_server_job_session(struct wr_server_job *job, struct wr_session **out);
/* Begins with a run that was prepared, or (NULL) prepares on the job's own thread. */
wr_status *wr_server_job_begin(struct wr_server_job *job, struct wr_job_run *run_moved);
/* Waits until the run has ended, and its thread. */
void wr_server_job_wait(struct wr_server_job *job);
/* The run is to end, as `ending` says; it goes on until the job's next look. */
void wr_server_job_end(struct wr_server_job *job, enum wr_job_ending ending);
/* A line of its log; any thread. `checkpoint`: it is about; 0: none. */
void wr_server_job_tell(struct wr_server_job *job, enum wr_log_level level, uint64_t checkpoint,
			const char *text);
/* The same in short: WR_LOG_INFO. */
void wr_server_job_log(struct wr_server_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- jobs_change.c; without locks */

/* Finds the job, to be let with wr_server_job_done. `change`: what excludes other changes, "A
 * rescale"; NULL: it goes beside them. */
wr_status *wr_server_job_work(struct wr_jobs *jobs, const char *name, const char *change,
			      struct wr_server_job **out);
void wr_server_job_done(struct wr_server_job *job, bool changed);
/* All jobs, each to be let with wr_server_job_done; the list is the caller's. */
struct wr_server_job **wr_server_jobs_hold(struct wr_jobs *jobs, uint32_t *count);
/* How fast it is; false: it does not run. */
bool wr_server_job_rates(struct wr_server_job *job, double *in_s, double *out_s);
bool wr_server_job_is_active(struct wr_server_job *job);
/* The rest is for who has `changing`. Ends it, and waits for that; folder as in wr_jobs_stop. The
 * job is at the savepoint then, also for a server that comes behind a crash; `goes_on`: that one
 * would begin it. */
wr_status *wr_server_job_stop_with_savepoint(struct wr_server_job *job, const char *folder,
					     bool goes_on, struct wr_text *path);
/* One that has ended is in a new generation from now on, which begins at `restore` (NULL: anew). */
wr_status *wr_server_job_move(struct wr_server_job *job, const char *restore);
/* One that has ended begins where its generation is. */
wr_status *wr_server_job_go_on(struct wr_server_job *job);
/* The same for one that was stopped in order to go on: if it cannot begin, it has failed. */
wr_status *wr_server_job_must_go_on(struct wr_server_job *job);

/* --- jobs_store.c; without locks */

wr_status *wr_server_job_put(struct wr_server_job *job);
/* Fills in a job that is not in the list yet. */
wr_status *wr_server_job_read(struct wr_server_job *job, const char *json);
/* Removes it, and what is told of it. */
wr_status *wr_server_job_drop(struct wr_server_job *job);
/* A checkpoint has ended; the first one of a generation is noted in the document, too. */
void wr_server_job_note_checkpoint(struct wr_server_job *job,
				   const struct wr_checkpoint_event *event);
void wr_server_job_note_exception(struct wr_server_job *job, const wr_status *why, bool restarts);

#endif
