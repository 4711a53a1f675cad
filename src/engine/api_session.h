/* SPDX-License-Identifier: Apache-2.0
 *
 * api_session - what the parts of the C API share: the session behind its handle, and the way from
 * what a run tells to the callbacks of a handler.
 *
 * What was made of a session (statements, jobs, cursors, inputs, flows) keeps it by a reference:
 * weir_session_free gives up only the program's own, so that handles may be freed in any order.
 *
 * Thread: the session's, but for references.
 */
#ifndef WR_ENGINE_API_SESSION_H
#define WR_ENGINE_API_SESSION_H

#include "data/view.h"
#include "engine/api_error.h"
#include "engine/prepared.h"

struct weir_session {
	struct wr_session *session; /* never NULL; owned */
	atomic_uint refs;           /* the program's, and of what was made of it */
	struct weir_stats stats;    /* of the last script executed */
	struct wr_run *running;     /* under lock: weir_execute's; NULL: none */
	bool cancelled;             /* under lock: the next script is to end at once */
	pthread_mutex_t lock;       /* around the two; any thread */
	char **name, **value;       /* variables, `variable_count` of each; owned */
	uint32_t variable_count;    /* names that are set */
};

struct weir_session *wr_api_session_ref(struct weir_session *session);
void wr_api_session_unref(struct weir_session *session);

/* Prepares a script with the session's variables; *prepared is to be released in any case. On an
 * error the code of the call. */
enum weir_code wr_api_prepare(struct weir_session *session, const char *sql,
			      struct wr_prepared *prepared, struct weir_error **error);
/* Executes it and returns when it has ended. `sql`: its text. */
enum weir_code wr_api_execute(struct weir_session *session, const struct wr_prepared *prepared,
			      const char *sql, const struct weir_handler *handler,
			      struct weir_error **error);
/* The action that gives rows; NULL: none does, or several do. */
const struct wr_action *wr_api_select(const struct wr_prepared *prepared);

/* A run that tells a handler. */
struct wr_api_listen {
	struct weir_handler handler; /* copied; what the caller's version has not is NULL */
	struct wr_run run;
	struct weir_result result; /* of the running SELECT */
	atomic_bool stopped;       /* a callback has ended the script */
};
/* Whether `given` (MAY be NULL) is one that can be used; else fills in *error. */
bool wr_api_handler_check(const struct weir_handler *given, struct weir_error **error);
void wr_api_listen_init(struct wr_api_listen *listen, struct weir_session *session,
			const struct weir_handler *given);
void wr_api_listen_release(struct wr_api_listen *listen);
/* How a run that has come to `status` (taken over) ended. `script`: its text. */
enum weir_code wr_api_ended(struct wr_api_listen *listen, struct wr_str script,
			    wr_status *status_moved, struct weir_error **error);
/* The same without making an error: the code, and *status becomes why. */
enum weir_code wr_api_ending(struct wr_api_listen *listen, wr_status **status);

/* The size that a caller's struct of `known` bytes gives, or MISUSE: it was not set. */
enum weir_code wr_api_size(size_t given, const char *name, struct weir_error **error);

/* --- jobs (api_job.c) --- */

/* Who else is told of a job. */
struct wr_api_job_hook {
	void (*over)(void *user); /* it has ended, weir_job_wait does not wait any more; on its
				     thread */
	void (*gone)(void *user); /* MAY: it has been freed */
	void *user;               /* of the callbacks */
};

/* What weir_submit does with a script that is prepared already (moved, in any case). `script`: its
 * text, for errors; "": there is none. `hook` (copied) may be NULL. */
enum weir_code wr_api_submit(struct weir_session *session, struct wr_prepared *prepared_moved,
			     const char *script, uint32_t flags, const struct weir_handler *handler,
			     const struct wr_api_job_hook *hook, struct weir_job **job,
			     struct weir_error **error);
/* As wr_job_tick; of an inline job. */
void wr_api_job_tick(struct weir_job *job);

#endif
