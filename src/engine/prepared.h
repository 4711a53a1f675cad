/* SPDX-License-Identifier: Apache-2.0
 *
 * prepared - a script after preparation: what will be shown and which jobs will run, in order.
 *
 * Preparation applies declarations and settings and plans every query; nothing outside the process
 * has changed when it is done, so an error in the last statement leaves no half-run script behind.
 *
 * What was prepared does not change while it runs, and needs nothing of the session any more: it
 * may run several times, also at once, whatever becomes of the session's tables and settings.
 */
#ifndef WR_ENGINE_PREPARED_H
#define WR_ENGINE_PREPARED_H

#include "catalog/catalog.h"
#include "engine/recovery.h"
#include "engine/run.h"
#include "engine/session.h"
#include "engine/shown.h"
#include "weir/weir.h"

struct wr_action {
	char *text;            /* to be shown; NULL: a job */
	struct wr_shown shown; /* the same as rows */
	struct wr_plan *plan;  /* of a job; owned */
	struct wr_job_options
	    options;     /* of the job, from the settings at its place in the script */
	bool is_select;  /* the job's rows go to the listener */
	bool updating;   /* the rows may be taken back */
	bool ordered;    /* the rows come in the order of an ORDER BY */
	char *name;      /* for messages: "INSERT INTO totals" */
	const char *sql; /* of a job: its statement without secrets, in the arena; NULL: none */
	struct wr_recovery recovery; /* of a job: what to go on from, and what after a failure */
};

struct wr_prepared {
	uint32_t count, capacity;
	struct wr_action *action;
	struct wr_map job_names; /* folders of checkpoints: how often each name was given */
	struct wr_arena arena;   /* of the script, which plans may refer to */
	struct wr_tables tables; /* that the plans were made from, dropped ones too */
	uint64_t script_hash;    /* of its text */
	const char *script;      /* its text without secrets, in the arena */
	uint32_t script_number;  /* of the session's scripts; in the places of its parts */
	bool analyze;            /* jobs show what was measured in place of their rows */
};

void wr_prepared_init(struct wr_prepared *prepared);
void wr_prepared_release(struct wr_prepared *prepared);
void wr_prepared_text(struct wr_prepared *prepared, char *text_moved);
/* A piece of the script as others may see it: without secrets; in the arena. */
const char *wr_prepared_show(struct wr_prepared *prepared, struct wr_str sql);
/* A status of the script without the place that it has in another one: tables and views of earlier
 * scripts have places there, which nobody can look at now. */
wr_status *wr_prepared_own_place(const struct wr_prepared *prepared, wr_status *status);
struct wr_action *wr_prepared_job(struct wr_prepared *prepared, struct wr_plan *plan_moved);

/* What a session does with dead letters (letters.h); all NULL and false: nothing. */
struct wr_session_letters {
	bool look;           /* statements other than declarations and SET do not run */
	const char *dead;    /* look: the table of them, where the caller knows; else NULL */
	const char *table;   /* replay: the table; NULL: no replay */
	const char *file;    /* replay: of the letters */
	uint32_t statements; /* replay: that read the table so far */
	const struct wr_connector **connectors; /* the registry with one more; owned */
};

struct wr_session {
	struct wr_run run; /* of wr_session_script; has the environment of all that is prepared */
	struct wr_registry registry;
	struct wr_catalog *catalog;
	bool embedded;         /* of a program: its tables may have rows of the program */
	struct wr_arena arena; /* of the settings */
	struct wr_options settings;
	struct wr_session_letters letters;
	struct wr_budget_pool *memory;  /* shared with other sessions; NULL: with none */
	struct wr_languages *languages; /* of functions; owned */
	struct wr_plugins *plugins;     /* that are loaded; owned */
	struct wr_mviews *views;        /* of materialized tables; a reference; NULL: none so far */
	enum wr_materialize_mode materialize; /* what their declarations do */
	struct wr_catalogs *catalogs;         /* besides the default one; owned */
	struct wr_arena script;               /* scratch of the statement being prepared */
	uint32_t script_number;               /* of the last script: 1, 2 ... */
};

/* Parses and prepares a whole script; *prepared is to be released in any case. */
wr_status *wr_session_prepare(struct wr_session *session, struct wr_str text,
			      const struct wr_variables *variables, enum wr_script_goal goal,
			      struct wr_prepared *prepared);
/* prepare.c: how statements are analyzed, with the settings as they are now. */
struct wr_analyze_env wr_session_analyze_env(struct wr_session *session);
/* prepare.c: a table of the session by what the program or an option calls it: "t", "database.t",
 * or "catalog.database.t". NULL: there is none. */
const struct wr_table *wr_session_table(struct wr_session *session, const char *name);
/* prepare.c: one statement. */
wr_status *wr_prepare_statement(struct wr_session *session, struct wr_prepared *prepared,
				const struct wr_ast_stmt *stmt, enum wr_script_goal goal);
/* prepare.c: the settings as the analyzer sees them. */
struct wr_analyze_env wr_session_analyze_env(struct wr_session *session);
/* prepare.c: optimizes the plan and makes it an action with the settings as they are now. */
wr_status *wr_prepare_plan(struct wr_session *session, struct wr_prepared *prepared,
			   struct wr_plan *plan_moved, const char *name);
/* prepare.c: the plan of a query or of a materialized table's job as an action, or its EXPLAIN. */
wr_status *wr_prepare_query(struct wr_session *session, struct wr_prepared *prepared,
			    const struct wr_ast_stmt *stmt, enum wr_script_goal goal);
/* api.c */
struct wr_session *wr_session_of(struct weir_session *session);
/* show.c: SHOW and DESCRIBE. */
wr_status *wr_prepare_show(struct wr_session *session, struct wr_prepared *prepared,
			   const struct wr_ast_show *show, struct wr_pos pos);
wr_status *wr_prepare_describe(struct wr_session *session, struct wr_prepared *prepared,
			       const struct wr_ast_name *name, struct wr_pos pos);

#endif
