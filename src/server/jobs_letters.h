/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_letters - rows of a job that did not take the usual way: its dead letters, looked at and
 * replayed, and its late rows.
 *
 * The tables are read with a session that declares what the job's script declares. Which letters
 * were replayed is noted in DATA/letters/NAME.replayed, by the job's name, so that another job of
 * that name goes on with it.
 *
 * Thread: any; they read tables, and wait for that.
 */
#ifndef WR_SERVER_JOBS_LETTERS_H
#define WR_SERVER_JOBS_LETTERS_H

#include "engine/letters_read.h"
#include "server/jobs.h"
#include "server/operations.h"

#define WR_LETTERS_PAGE_MAX   500
#define WR_LETTERS_REPLAY_MAX 1000000 /* letters of one replay */

struct wr_letters_page {
	struct wr_letters_filter filter;
	uint32_t limit;     /* 1..WR_LETTERS_PAGE_MAX */
	const char *before; /* `next` of the page before; NULL: the newest */
};
/* Appends {"table","letters":[...],"total","next"}: the newest first. */
wr_status *wr_jobs_letters(struct wr_jobs *jobs, const char *job,
			   const struct wr_letters_page *page, struct wr_text *out);
/* Appends {"rows_late","recent":[...],"table","columns","rows":[...]}; at most `limit` rows of the
 * table, its last ones. */
wr_status *wr_jobs_late_rows(struct wr_jobs *jobs, const char *job, uint32_t limit,
			     struct wr_text *out);

struct wr_replay_ask {
	struct wr_letters_filter filter;
	const char *into;      /* a table that gets them as they are; NULL: the job's statements */
	struct wr_str payload; /* in place of the one letter; data NULL: as they are */
	bool again, dry_run;
	uint64_t limit; /* 1..WR_LETTERS_REPLAY_MAX */
};
/* Appends {"table","replayed","failed","reasons":[...],...}. `operation` can be cancelled. */
wr_status *wr_jobs_replay(struct wr_jobs *jobs, const char *job, const struct wr_replay_ask *ask,
			  struct wr_operation *operation, struct wr_text *out);

/* --- for both files */

struct wr_server_job;
/* The session is new, and listens; it declares what the script does. */
wr_status *wr_letters_declare(struct wr_server_job *job, struct wr_session *session);
/* The file of what was replayed. */
void wr_letters_notes(const struct wr_server_job *job, struct wr_text *path);

#endif
