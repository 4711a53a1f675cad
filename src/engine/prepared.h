/* SPDX-License-Identifier: Apache-2.0
 *
 * prepared - a script after preparation: what will be shown and which jobs will run, in order.
 *
 * Preparation applies declarations and settings and plans every query; nothing outside the process
 * has changed when it is done, so an error in the last statement leaves no half-run script behind.
 */
#ifndef WR_ENGINE_PREPARED_H
#define WR_ENGINE_PREPARED_H

#include "engine/recovery.h"
#include "engine/session.h"
#include "weir/weir.h"

struct wr_action {
	char *text;           /* to be shown; NULL: a job */
	struct wr_plan *plan; /* of a job; owned */
	struct wr_job_options
	    options;                 /* of the job, from the settings at its place in the script */
	bool is_select;              /* the job's rows go to the listener */
	bool updating;               /* the rows may be taken back */
	bool ordered;                /* the rows come in the order of an ORDER BY */
	char *name;                  /* for messages: "INSERT INTO totals" */
	struct wr_recovery recovery; /* of a job: what to go on from, and what after a failure */
};

struct wr_prepared {
	uint32_t count, capacity;
	struct wr_action *action;
	struct wr_map job_names; /* folders of checkpoints: how often each name was given */
	struct wr_table *
	    *dropped; /* tables dropped by the script: plans before the DROP still use them */
	uint32_t dropped_count, dropped_capacity;
};

void wr_prepared_release(struct wr_prepared *prepared);
void wr_prepared_text(struct wr_prepared *prepared, char *text_moved);
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
	struct wr_listener listener;
	struct wr_env *env; /* clocks, files and what schedules the jobs */
	struct wr_registry registry;
	struct wr_catalog *catalog;
	bool embedded;         /* of a program: its tables may have rows of the program */
	struct wr_arena arena; /* of the settings */
	struct wr_options settings;
	struct wr_job
	    *_Atomic job;        /* running; NULL: none. Set before run and cleared before close */
	atomic_uint cancelling;  /* calls of cancel that may be using `job` */
	const char *result_zone; /* time zone at the place of the job being run */
	bool analyze;            /* jobs show what was measured in place of their rows */
	bool ran;                /* the last script was prepared and began to execute */
	atomic_bool cancelled;
	struct wr_session_letters letters;
	struct wr_arena script; /* of the script being executed */
	uint64_t script_hash;   /* of its text */
	uint32_t script_number; /* of that script: 1, 2 ...; in the places of its parts */
};

/* The job has run and is about to be closed: nobody cancels it from here on. */
void wr_session_forget_job(struct wr_session *session);

/* Parses and prepares a whole script; *prepared is to be released in any case, before the session's
 * next script. */
wr_status *wr_session_prepare(struct wr_session *session, struct wr_str text,
			      const struct wr_variables *variables, enum wr_script_goal goal,
			      struct wr_prepared *prepared);
/* prepare.c: how statements are analyzed, with the settings as they are now. */
struct wr_analyze_env wr_session_analyze_env(struct wr_session *session);
/* prepare.c: one statement. */
wr_status *wr_prepare_statement(struct wr_session *session, struct wr_prepared *prepared,
				const struct wr_ast_stmt *stmt, enum wr_script_goal goal);
/* prepare.c: the settings as the analyzer sees them. */
struct wr_analyze_env wr_session_analyze_env(struct wr_session *session);
/* prepare.c: optimizes the plan and makes it an action with the settings as they are now. */
wr_status *wr_prepare_plan(struct wr_session *session, struct wr_prepared *prepared,
			   struct wr_plan *plan_moved, const char *name);
/* api.c */
struct wr_session *wr_session_of(struct weir_session *session);
/* show.c: SHOW and DESCRIBE as text. */
wr_status *wr_prepare_show(struct wr_session *session, struct wr_prepared *prepared,
			   const struct wr_ast_show *show, struct wr_pos pos);
wr_status *wr_prepare_describe(struct wr_session *session, struct wr_prepared *prepared,
			       const struct wr_ast_name *name, struct wr_pos pos);

#endif
