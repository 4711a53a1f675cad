/* SPDX-License-Identifier: Apache-2.0
 *
 * session - executes scripts: settings, catalog, one statement after the other.
 *
 * A script is parsed as a whole, then checked as a whole against a copy of the session (every
 * statement is analyzed and planned, nothing runs), and only then executed: an error anywhere shows
 * before anything has happened.
 *
 * Execution itself is a run (run.h), which leaves the session alone: wr_session_script runs here,
 * with the session's listener; wr_session_prepare and a wr_run beside it.
 *
 * Thread: one owner; wr_session_cancel may be called from any thread or a signal handler.
 */
#ifndef WR_ENGINE_SESSION_H
#define WR_ENGINE_SESSION_H

#include "analyze/analyze.h"
#include "base/option.h"
#include "engine/listener.h"
#include "sql/source.h"

struct wr_session;
struct wr_run;

struct wr_session *wr_session_new(const struct wr_listener *listener);
/* What all scripts and jobs run on; before the first script. Without: the real system. */
void wr_session_use(struct wr_session *session, struct wr_env *env);
void wr_session_free(struct wr_session *session);
/* What its scripts run with, for who looks on: as long as the session. */
struct wr_run *wr_session_run(struct wr_session *session);
/* As SET; for --set. */
wr_status *wr_session_set(struct wr_session *session, const char *key, const char *value);
const struct wr_options *wr_session_settings(const struct wr_session *session);

struct wr_mviews;

/* What CREATE MATERIALIZED TABLE does. */
enum wr_materialize_mode {
	WR_MATERIALIZE_SCRIPT, /* declares it, and runs the job that fills it, as INSERT would */
	WR_MATERIALIZE_JOB,    /* the same; the catalog may have the table already */
	WR_MATERIALIZE_DECLARE /* declares it: a job elsewhere fills it */
};
/* Where materialized tables of the session have their rows: a reference is taken; and what becomes
 * of their jobs. Without, the session has views of its own. */
void wr_session_views(struct wr_session *session, struct wr_mviews *views,
		      enum wr_materialize_mode mode);

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
