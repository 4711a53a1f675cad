/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_replay - weir dlq replay: the letters into a file, the script over it, and a note of what was
 * replayed.
 *
 * A crash between the end of the job and the note has the same letters replayed by the next call.
 *
 * Signals: as in run.c.
 */
#include <signal.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "cli/dlq.h"
#include "cli/progress.h"
#include "engine/letters.h"

struct replay {
	struct wr_session *session;
	struct wr_progress *progress;
	uint64_t bad; /* rows that failed, of all jobs */
};

/* The session that signals cancel: a handler has no other way to find it. */
static struct wr_session *signal_session;

static void on_signal(int number)
{
	if (signal_session == NULL || wr_session_cancelled(signal_session))
		_exit(WR_EXIT_INTERRUPTED);
	wr_session_cancel(signal_session);
}

static void catch_signals(struct wr_session *session)
{
	struct sigaction action = {.sa_handler = on_signal};

	signal_session = session;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void replay_begin(void *user, struct wr_job *job, const char *name)
{
	wr_progress_begin(((struct replay *)user)->progress, job, name);
}

static void replay_end(void *user, const struct wr_job_stats *stats, bool ok)
{
	struct replay *replay = user;

	replay->bad += stats->rows_bad;
	wr_progress_end(replay->progress, stats, ok);
}

static void replay_notice(void *user, const char *text)
{
	wr_progress_note(((struct replay *)user)->progress, text);
}

/* Runs the statements of the script that read the table. */
static wr_status *run_script(const struct wr_dlq *dlq, struct wr_session *session)
{
	struct wr_variables variables = {dlq->options.variable_name, dlq->options.variable_value,
					 dlq->options.variable_count};

	WR_TRY(wr_session_script(session, dlq->script, &variables, WR_SCRIPT_RUN));
	if (wr_letters_statements(session) > 0)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "No INSERT of the script reads table '%s'", dlq->table),
	    "Name a table that one reads, or write the letters to a table with "
	    "--into TABLE");
}

/* Writes the letters to the table of --into. */
static wr_status *run_into(const struct wr_dlq *dlq, struct wr_session *session, const char *file)
{
	struct wr_variables variables = {dlq->options.variable_name, dlq->options.variable_value,
					 dlq->options.variable_count};
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_session_look(session, NULL);
	WR_TRY_OUT(status, wr_session_script(session, dlq->script, &variables, WR_SCRIPT_RUN));
	wr_session_look_done(session);
	WR_TRY_OUT(status, wr_letters_into(session, dlq->target, file, &sql));
	status =
	    wr_session_script(session, (struct wr_str){sql.data, sql.len}, NULL, WR_SCRIPT_RUN);
out:
	wr_text_release(&sql);
	return status;
}

static void say(const struct wr_dlq *dlq, const struct wr_dlq_letters *letters,
		const struct replay *replay)
{
	if (dlq->quiet)
		return;
	fprintf(stderr, "%llu letter%s of '%s' replayed", (unsigned long long)letters->taking.taken,
		letters->taking.taken == 1 ? "" : "s", dlq->table);
	if (replay != NULL && replay->bad > 0)
		fprintf(stderr, ", %llu row%s failed again", (unsigned long long)replay->bad,
			replay->bad == 1 ? "" : "s");
	if (letters->taking.skipped > 0)
		fprintf(stderr, "; %llu were replayed before",
			(unsigned long long)letters->taking.skipped);
	if (letters->taking.unknown > 0)
		fprintf(stderr, "; %llu have no bytes that could be",
			(unsigned long long)letters->taking.unknown);
	fputc('\n', stderr);
}

/* Runs the job over the letters in `file`. */
static wr_status *run_letters(const struct wr_dlq *dlq, const struct wr_dlq_letters *letters,
			      const char *file, int *code)
{
	struct replay replay = {0};
	struct wr_listener listener = {.job_begin = replay_begin,
				       .job_end = replay_end,
				       .notice = replay_notice,
				       .user = &replay};
	wr_status *status;

	replay.session = wr_session_new(&listener);
	replay.progress = wr_progress_new(dlq->quiet, NULL);
	catch_signals(replay.session);
	status = wr_command_settings(&dlq->options, replay.session);
	if (status == NULL) {
		wr_session_replay(replay.session, dlq->target == NULL ? dlq->table : NULL, file);
		status = dlq->target == NULL ? run_script(dlq, replay.session)
					     : run_into(dlq, replay.session, file);
	}
	if (status != NULL && wr_session_ran(replay.session))
		*code = WR_EXIT_FAILED;
	else if (status == NULL && wr_session_cancelled(replay.session))
		*code = WR_EXIT_INTERRUPTED;
	else if (status == NULL)
		status = wr_dlq_done(dlq, letters);
	if (status == NULL && *code == WR_EXIT_DONE)
		say(dlq, letters, &replay);
	signal_session = NULL;
	wr_progress_free(replay.progress);
	wr_session_free(replay.session);
	return status;
}

wr_status *wr_dlq_replay(struct wr_dlq *dlq, int *code)
{
	struct wr_dlq_letters letters;
	struct wr_text file;
	wr_status *status = wr_dlq_read(dlq, &letters);

	wr_text_init(&file);
	if (status == NULL && letters.taking.taken == 0) {
		say(dlq, &letters, NULL);
	} else if (status == NULL) {
		status = wr_letters_file(wr_env_system(), &letters.taking, &file);
		if (status == NULL)
			status = run_letters(dlq, &letters, file.data, code);
		wr_status_free(wr_env_system()->ops->remove(wr_env_system(), file.data));
	}
	wr_text_release(&file);
	wr_dlq_letters_release(&letters);
	return status;
}
