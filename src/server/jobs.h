/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs - the jobs of a server: submitted, watched, stopped, restored, changed.
 *
 * A job is a script of its own: settings, what it needs that is not in the catalog, and its INSERTs
 * or one STATEMENT SET. Its script, name and wanted state are in the store, so that it begins again
 * with the server; its checkpoints are in a folder of its own below the server's.
 *
 *     CREATED -> RUNNING <-> RESTARTING -> FINISHED | FAILED | CANCELED
 *                RUNNING -> SUSPENDED (the server stopped, or a savepoint ended it) -> RUNNING
 *
 * The words are Flink's. A job is known by its id (32 hexadecimal digits, as in Flink) or its name.
 *
 * Thread: any.
 */
#ifndef WR_SERVER_JOBS_H
#define WR_SERVER_JOBS_H

#include "base/text.h"
#include "engine/run.h"
#include "server/auth.h"

#define WR_JOB_ID_LEN 32

struct wr_server;
struct wr_jobs;

enum wr_server_job_state {
	WR_JOB_CREATED,
	WR_JOB_RUNNING,
	WR_JOB_RESTARTING,
	WR_JOB_FINISHED,
	WR_JOB_FAILED,
	WR_JOB_CANCELED,
	WR_JOB_SUSPENDED
};
const char *wr_server_job_state_name(enum wr_server_job_state state);

/* The error for a name that no job has. */
wr_status *wr_jobs_unknown(const char *name);

/* The request that a job begins with: its log and its trace go on from there. */
struct wr_job_origin {
	const char *request_id;        /* NULL: unknown */
	struct wr_trace_context trace; /* not set: it has none */
};

/* What to run; copied. */
struct wr_job_spec {
	const char *name; /* NULL or "": of its sinks; a name that is taken by a job that has not
			     ended is refused */
	const char *sql;  /* what it executes */
	const char *const *key, *const *value; /* settings besides those of the server */
	uint32_t setting_count;
	const char *restore; /* a savepoint or checkpoint, "latest", or NULL: begins anew */
	bool upgrade;        /* what of its state does not fit is dropped or rebuilt */
	const char *owner;   /* the user */
	struct wr_job_origin origin;
};

wr_status *wr_jobs_open(struct wr_server *server, struct wr_jobs **out);
/* Begins those that ran when the server ended. */
wr_status *wr_jobs_start(struct wr_jobs *jobs);
/* Every job makes a last checkpoint and ends, no other begins: for a server that is about to close
 * its ports. Returns when they have ended; who waits for something is answered. */
void wr_jobs_suspend(struct wr_jobs *jobs);
/* The same, and everything is freed. */
void wr_jobs_close(struct wr_jobs *jobs);

/* The script is checked as a whole; when this returns well the job is in the store and begins. */
wr_status *wr_jobs_submit(struct wr_jobs *jobs, const struct wr_job_spec *spec,
			  char id[WR_JOB_ID_LEN + 1]);

enum wr_job_stop { WR_STOP_CANCEL, WR_STOP_SAVEPOINT, WR_STOP_DRAIN };
/* Waits until it has ended. `folder`: of the savepoint; NULL: beside the checkpoints; its path is
 * appended to `path`. */
wr_status *wr_jobs_stop(struct wr_jobs *jobs, const char *job, enum wr_job_stop how,
			const char *folder, struct wr_text *path);
wr_status *wr_jobs_savepoint(struct wr_jobs *jobs, const char *job, const char *folder,
			     struct wr_text *path);
/* One that has ended begins again: from `restore`, "latest", or (NULL) anew. */
wr_status *wr_jobs_restart(struct wr_jobs *jobs, const char *job, const char *restore);
/* Stops with a savepoint and goes on from it with as many workers. */
wr_status *wr_jobs_rescale(struct wr_jobs *jobs, const char *job, uint32_t parallelism);
/* What `sql` would keep of the job's state, as check-upgrade says it, is appended to `report` as
 * the members "report" (an array of {job, part, name, state, verdict, reason}) and "misfits" (those
 * that do not go on as they are) of a JSON object. `apply`: the job goes on with it, from a
 * savepoint made now; what does not fit is dropped or rebuilt. One that has ended begins, from
 * where it was.
 */
wr_status *wr_jobs_update(struct wr_jobs *jobs, const char *job, const char *sql, bool apply,
			  struct wr_text *report);
/* One that has ended is forgotten, its checkpoints are removed. */
wr_status *wr_jobs_forget(struct wr_jobs *jobs, const char *job);

/* How a wait for a job's end has come out. */
enum wr_jobs_waited {
	WR_JOBS_RUNS, /* it has not ended, nor has one that is rescaled and about to go on */
	WR_JOBS_ENDED,
	WR_JOBS_STOPPING /* the server ends, and the job goes on with its next start */
};
/* Waits until a job has ended, at most so long. *state as it is then (of a job that is not there
 * CANCELED); why it failed is appended to `error`. */
enum wr_jobs_waited wr_jobs_wait(struct wr_jobs *jobs, const char *job, int64_t timeout_ms,
				 enum wr_server_job_state *state, struct wr_text *error);

/* Appends JSON: all jobs in short, or one whole; false: there is none. */
void wr_jobs_list(struct wr_jobs *jobs, struct wr_text *out);
/* `secrets`: passwords in its script and settings are shown, for who may change it. */
bool wr_jobs_describe(struct wr_jobs *jobs, const char *job, bool secrets, struct wr_text *out);
bool wr_jobs_describe_short(struct wr_jobs *jobs, const char *job, struct wr_text *out);
/* The members of its log, of its history: {"lines":[...]}, {"checkpoints":[...]}, newest first;
 * {"exceptions":[...]}. An error when there is no such job. */
wr_status *wr_jobs_logs(struct wr_jobs *jobs, const char *job, struct wr_text *out);
wr_status *wr_jobs_checkpoints(struct wr_jobs *jobs, const char *job, struct wr_text *out);
wr_status *wr_jobs_exceptions(struct wr_jobs *jobs, const char *job, struct wr_text *out);
/* Its tables and columns, and where those come from: jobs_lineage.c. */
wr_status *wr_jobs_lineage(struct wr_jobs *jobs, const char *job, struct wr_text *out);
/* Those who look on: jobs_stream.h. */
struct wr_job_streams *wr_jobs_streams(struct wr_jobs *jobs);

/* For those who look into a job: its run stays until let. NULL: there is none, or it has no run. */
struct wr_run *wr_jobs_hold(struct wr_jobs *jobs, const char *job);
void wr_jobs_let(struct wr_jobs *jobs, struct wr_run *run);
/* A job as it is, for who watches over all of them; its run is held meanwhile. */
struct wr_job_known {
	char id[WR_JOB_ID_LEN + 1];
	char *name;
	enum wr_server_job_state state; /* CANCELED of one that failed and has a successor */
	char *error;                    /* its last failure; NULL: none */
	uint64_t damages;               /* words on checkpoints that are damaged, so far */
	char *damage;                   /* the last of them; NULL: none */
	struct wr_run *run;             /* NULL: it has none */
};
void wr_jobs_each_known(struct wr_jobs *jobs,
			void (*each)(void *own, const struct wr_job_known *job), void *own);
/* Every job that has a run, held meanwhile. */
void wr_jobs_each(struct wr_jobs *jobs,
		  void (*each)(void *own, const char *id, const char *name,
			       enum wr_server_job_state state, struct wr_run *run),
		  void *own);

#endif
