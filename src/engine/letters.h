/* SPDX-License-Identifier: Apache-2.0
 *
 * letters - scripts run for their dead letters: to look at them, or to read them once more.
 *
 * A session reads letters in one of two ways.
 *
 *   look:    wr_session_look, then the script (its tables are declared, nothing else happens), then
 *            wr_letters_table finds the table of dead letters, and queries of wr_letters_query and
 *            wr_letters_summary read it.
 *   replay:  wr_session_replay, then the script: of its statements those run that read the replayed
 *            table, which gives the letters of a file (connectors/letters.h) in place of its rows.
 *
 * Columns of a table of dead letters are known by name or METADATA key, as when they are written.
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_LETTERS_H
#define WR_ENGINE_LETTERS_H

#include "engine/session.h"

struct wr_plan;
struct wr_ast_stmt;

/* Before the script. The names live as long as the session. `dead`: NULL: not known. */
void wr_session_look(struct wr_session *session, const char *dead);
/* The tables are declared: scripts run again. */
void wr_session_look_done(struct wr_session *session);
/* `table` NULL: none is, the letters are only there to be written (wr_letters_into). */
void wr_session_replay(struct wr_session *session, const char *table, const char *file);
void wr_letters_release(struct wr_session *session);

/* The name of the table of dead letters after the script: of `table` (NULL: of any), as the tables
 * or the settings say; an error if there is none. */
wr_status *wr_letters_table(struct wr_session *session, const char *table, const char **dead);

/* Appends a query of all rows of a table that the job writes on the side (late ones), in the order
 * of the table; an error if there is none of that name. */
wr_status *wr_letters_side_query(struct wr_session *session, const char *name, struct wr_text *sql);
/* Of a replay that is only tried: appends a query of the letters that can be read, all of their
 * columns. Behind it the statements of the script are run no more. */
void wr_letters_try_query(struct wr_session *session, const char *table, struct wr_text *sql);
/* The path of a table of files; NULL: it is none. */
const char *wr_letters_path(struct wr_session *session, const char *dead);
/* Of a replay: statements that read the table. */
uint32_t wr_letters_statements(const struct wr_session *session);

/* The columns of wr_letters_query. */
enum {
	WR_LETTER_RAW,       /* STRING or BYTES */
	WR_LETTER_KEY,       /* " */
	WR_LETTER_ORIGIN,    /* STRING */
	WR_LETTER_TABLE,     /* STRING */
	WR_LETTER_PARTITION, /* the others BIGINT, in milliseconds where they are times */
	WR_LETTER_OFFSET,
	WR_LETTER_TIMESTAMP,
	WR_LETTER_ATTEMPTS,
	WR_LETTER_TIME, /* up to here they say which letter it is (wr_letter_id) */
	WR_LETTER_LINE,
	WR_LETTER_KIND,  /* STRING, of the error */
	WR_LETTER_ERROR, /* " */
	WR_LETTER_COLUMNS
};
/* Appends a query of all letters, in the order of the table; what it has no column for is NULL. */
wr_status *wr_letters_query(struct wr_session *session, const char *dead, struct wr_text *sql);
/* Appends a query that counts them by table and kind; `table`: of that one only, NULL: all. */
wr_status *wr_letters_summary(struct wr_session *session, const char *dead, const char *table,
			      struct wr_text *sql);
/* Appends a statement that writes the letters of `file` to `target`, a table of one column, as they
 * are. */
wr_status *wr_letters_into(struct wr_session *session, const char *target, const char *file,
			   struct wr_text *sql);

/* --- for prepare.c */

/* What goes behind the job's name: WR_LETTERS_SUFFIX for a replay. */
#define WR_LETTERS_SUFFIX "-replay"
const char *wr_letters_suffix(const struct wr_session *session);
/* A table has been declared. */
wr_status *wr_letters_declared(struct wr_session *session, const char *name);
/* Whether the statement is left out altogether. */
bool wr_letters_skip(const struct wr_session *session, const struct wr_ast_stmt *stmt);
/* The plan's last root has been made: it stays if it reads the replayed table. */
wr_status *wr_letters_planned(struct wr_session *session, struct wr_plan *plan);

#endif
