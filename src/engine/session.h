/* SPDX-License-Identifier: Apache-2.0
 *
 * session - executes scripts: settings, catalog, one statement after the other.
 *
 * A script is parsed as a whole, then checked as a whole against a copy of the session (every
 * statement is analyzed and planned, nothing runs), and only then executed: an error anywhere shows
 * before anything has happened.
 *
 * Thread: one owner; wr_session_cancel may be called from any thread or a signal handler.
 */
#ifndef WR_ENGINE_SESSION_H
#define WR_ENGINE_SESSION_H

#include "analyze/analyze.h"
#include "base/option.h"
#include "runtime/job.h"
#include "sql/source.h"

struct wr_session;

/* What a session tells its user. Every member may be NULL. */
struct wr_listener {
	/* A bare SELECT begins: `updating` when rows may be taken back, `ordered` when they come in
	 * the order of an ORDER BY. */
	wr_status *(*result_begin)(void *user, const struct wr_schema *schema, bool updating,
				   bool ordered);
	wr_status *(*result_rows)(void *user, const struct wr_batch *batch);
	wr_status *(*result_mark)(void *user, const struct wr_mark *mark);
	wr_status *(*result_end)(void *user);
	/* Output of SHOW, DESCRIBE, EXPLAIN and SET: lines. */
	wr_status *(*text)(void *user, const char *text);
	/* A job runs: stats may be asked for from any thread until job_end returns. */
	void (*job_begin)(void *user, struct wr_job *job, const char *name);
	void (*job_end)(void *user, const struct wr_job_stats *stats, bool ok);
	/* Something that the user should know while a job runs: a line. Any thread. */
	void (*notice)(void *user, const char *text);
	void *user;
};

struct wr_session *wr_session_new(const struct wr_listener *listener);
/* What all scripts and jobs run on; before the first script. Without: the real system. */
void wr_session_use(struct wr_session *session, struct wr_env *env);
void wr_session_free(struct wr_session *session);
/* As SET; for --set. */
wr_status *wr_session_set(struct wr_session *session, const char *key, const char *value);
const struct wr_options *wr_session_settings(const struct wr_session *session);

enum wr_script_goal {
	WR_SCRIPT_RUN,     /* check, then execute */
	WR_SCRIPT_CHECK,   /* parse, analyze and plan only */
	WR_SCRIPT_EXPLAIN, /* print the plans of all queries and inserts */
	WR_SCRIPT_EXPLAIN_JSON,
	WR_SCRIPT_ANALYZE /* execute, and print the plans with what was measured; rows are not shown
			   */
};
wr_status *wr_session_script(struct wr_session *session, struct wr_str text,
			     const struct wr_variables *variables, enum wr_script_goal goal);
/* Session time zone as it was at the statement whose result is being delivered. */
const char *wr_session_result_zone(const struct wr_session *session);
/* Whether the last script got as far as running: before that nothing has happened outside the
 * process. */
bool wr_session_ran(const struct wr_session *session);
void wr_session_cancel(struct wr_session *session);
bool wr_session_cancelled(const struct wr_session *session);

#endif
