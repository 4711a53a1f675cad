/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_replay - dead letters of a job once more, as `weir dlq replay` does it (engine/letters.h):
 * the statements of the job's script that read their table, over the letters alone, beside the job;
 * or the letters as they are into a table. Then it is noted which they were.
 *
 * At least once: a server that dies between the last row and the note makes the same replay again
 * when it is asked to. One replay of a job at a time, so that none takes what another one has.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/jobs_inner.h"
#include "server/jobs_letters.h"

#define REASONS_MAX 20           /* that are told apart */
#define BYTES_MAX   (256u << 20) /* of letters: they are held in memory */

/* Why rows failed again. */
struct reason {
	char *kind, *table, *text; /* owned; table NULL: unknown */
	uint64_t rows;
};

struct replay {
	struct wr_server_job *job;
	const struct wr_replay_ask *ask;
	struct wr_operation *operation;
	struct wr_letters_done done;
	struct wr_letters_taking taking;
	const char *table; /* whose letters they are */
	uint64_t good;     /* of a try: letters that can be read */
	/* Under lock: several threads tell. */
	pthread_mutex_t lock;
	uint64_t failed; /* rows */
	struct reason reason[REASONS_MAX];
	uint32_t reason_count;
};

/* --- what fails ---------------------------------------------------------------------------------
 */

static bool is_same(const struct reason *reason, const char *kind, const char *table,
		    const char *text)
{
	return strcmp(reason->kind, kind) == 0 && strcmp(reason->text, text) == 0 &&
	       (table == NULL) == (reason->table == NULL) &&
	       (table == NULL || strcmp(table, reason->table) == 0);
}

/* Counts the row to the others that failed so; of too many reasons those behind are only counted.
 */
static void on_bad(void *user, const char *kind, const char *table, const char *text)
{
	struct replay *replay = user;
	uint32_t i = 0;

	pthread_mutex_lock(&replay->lock);
	replay->failed++;
	while (i < replay->reason_count && !is_same(&replay->reason[i], kind, table, text))
		i++;
	if (i < REASONS_MAX) {
		struct reason *reason = &replay->reason[i];

		if (i == replay->reason_count)
			replay->reason[replay->reason_count++] = (struct reason){
			    wr_strdup(kind), table != NULL ? wr_strdup(table) : NULL,
			    wr_strdup(text), 0};
		reason->rows++;
	}
	pthread_mutex_unlock(&replay->lock);
}

/* Of a try: what can be read. */
static wr_status *on_rows(void *user, const struct wr_batch *batch)
{
	((struct replay *)user)->good += wr_batch_count(batch);
	return NULL;
}

static void on_notice(void *user, const char *text)
{
	struct replay *replay = user;

	wr_server_job_log(replay->job, "replay: %s", text);
}

/* --- which letters ------------------------------------------------------------------------------
 */

/* What is asked for does not fit what was found. */
static wr_status *check_found(const struct replay *replay)
{
	const struct wr_letters_taking *taking = &replay->taking;

	if (taking->others > 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The letters are of '%s' and of other tables: one replay is of "
				  "one table",
				  taking->table),
		    "Say which with 'table'");
	if (replay->ask->payload.data != NULL && taking->taken + taking->skipped != 1)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "A payload stands for one letter, and there are %llu of these",
				  (unsigned long long)(taking->taken + taking->skipped)),
		    "Give the 'ids' of one");
	if (replay->ask->filter.id_count > 0 &&
	    taking->taken + taking->skipped + taking->unknown + taking->left == 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "There are no letters with these ids"),
		    "GET /v1/jobs/{job}/dead-letters has those that there are");
	if (replay->table == NULL && taking->taken > 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The letters do not say of which table they are"),
		    "Say it with 'table'");
	return NULL;
}

static wr_status *find_letters(struct replay *replay)
{
	struct wr_env *env = replay->job->jobs->env;
	struct wr_listener listener = {.result_rows = wr_letters_take, .user = &replay->taking};
	struct wr_session *session = wr_session_new(&listener);
	const char *dead;
	struct wr_text sql, path;
	wr_status *status;

	wr_text_init(&sql);
	wr_letters_notes(replay->job, &path);
	WR_TRY_OUT(status, wr_letters_done_read(env, path.data, &replay->done));
	WR_TRY_OUT(status, wr_letters_declare(replay->job, session));
	WR_TRY_OUT(status, wr_letters_table(session, replay->ask->filter.table, &dead));
	if (replay->ask->into == NULL)
		WR_TRY_OUT(status, wr_letters_check_folder(env, session, dead));
	WR_TRY_OUT(status, wr_letters_query(session, dead, &sql));
	WR_TRY_OUT(status, wr_session_script(session, wr_str_of(sql.data), NULL, WR_SCRIPT_RUN));
	replay->table =
	    replay->ask->filter.table != NULL ? replay->ask->filter.table : replay->taking.table;
	status = check_found(replay);
out:
	wr_text_release(&path);
	wr_text_release(&sql);
	wr_session_free(session);
	return status;
}

/* --- the replay ---------------------------------------------------------------------------------
 */

/* The job's statements that read the table. */
static wr_status *run_statements(struct replay *replay, struct wr_session *session)
{
	wr_status *status;
	char *sql;

	pthread_mutex_lock(&replay->job->jobs->lock);
	sql = wr_strdup(replay->job->sql);
	pthread_mutex_unlock(&replay->job->jobs->lock);
	status = wr_server_job_fill(replay->job, session);
	if (status == NULL)
		status = wr_session_script(session, wr_str_of(sql), NULL, WR_SCRIPT_RUN);
	wr_free(sql);
	if (status != NULL || wr_letters_statements(session) > 0)
		return status;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "No INSERT of the job reads table '%s'", replay->table),
	    "Name a table that one reads, or write the letters to a table with 'into'");
}

/* Into a table as they are, or (a try) to nowhere. */
static wr_status *run_query(struct replay *replay, struct wr_session *session, const char *file)
{
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	WR_TRY_OUT(status, wr_letters_declare(replay->job, session));
	if (replay->ask->into != NULL)
		WR_TRY_OUT(status, wr_letters_into(session, replay->ask->into, file, &sql));
	else
		wr_letters_try_query(session, replay->table, &sql);
	status = wr_session_script(session, wr_str_of(sql.data), NULL, WR_SCRIPT_RUN);
out:
	wr_text_release(&sql);
	return status;
}

static void cancel_session(void *session)
{
	wr_session_cancel(session);
}

static wr_status *run_letters(struct replay *replay, const char *file)
{
	const struct wr_replay_ask *ask = replay->ask;
	struct wr_listener listener = {
	    .result_rows = on_rows, .bad_row = on_bad, .notice = on_notice, .user = replay};
	struct wr_session *session = wr_session_new(&listener);
	wr_status *status = NULL;

	wr_session_replay(session, ask->into == NULL ? replay->table : NULL, file);
	if (!wr_operation_on_cancel(replay->operation, cancel_session, session))
		wr_session_cancel(session);
	else if (ask->into != NULL || ask->dry_run)
		status = run_query(replay, session, file);
	else
		status = run_statements(replay, session);
	(void)wr_operation_on_cancel(replay->operation, NULL, NULL);
	if (status == NULL && wr_session_cancelled(session))
		status = wr_status_hint(
		    wr_server_job_conflict("The replay was cancelled: the letters do not count as "
					   "replayed"),
		    "Sinks that are not exactly once may have some of its rows");
	wr_session_free(session);
	return status;
}

/* They are replayed: that is noted. */
static wr_status *note(struct replay *replay)
{
	struct wr_env *env = replay->job->jobs->env;
	struct wr_text path, folder;
	wr_status *status;

	wr_text_init(&folder);
	wr_text_printf(&folder, "%s/letters", replay->job->jobs->data);
	wr_letters_notes(replay->job, &path);
	status = env->ops->make_dirs(env, folder.data);
	if (status == NULL)
		status =
		    wr_letters_done_write(env, path.data, &replay->done, &replay->taking.fresh);
	wr_text_release(&path);
	wr_text_release(&folder);
	return status;
}

static wr_status *run(struct replay *replay)
{
	const struct wr_replay_ask *ask = replay->ask;
	struct wr_env *env = replay->job->jobs->env;
	struct wr_text file;
	wr_status *status;

	WR_TRY(find_letters(replay));
	if (replay->taking.taken == 0 || (ask->dry_run && ask->into != NULL))
		return NULL;
	wr_text_init(&file);
	status = wr_letters_file(env, &replay->taking, &file);
	if (status == NULL)
		status = run_letters(replay, file.data);
	wr_status_free(env->ops->remove(env, file.data));
	wr_text_release(&file);
	if (status == NULL && !ask->dry_run)
		status = note(replay);
	return status;
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static void put_text(struct wr_text *out, const char *name, const char *text)
{
	wr_text_printf(out, ",\"%s\":", name);
	if (text != NULL)
		wr_text_json(out, text);
	else
		wr_text_puts(out, "null");
}

static void put_answer(const struct replay *replay, struct wr_text *out)
{
	const struct wr_letters_taking *taking = &replay->taking;
	const struct wr_replay_ask *ask = replay->ask;

	wr_text_printf(out, "{\"dry_run\":%s", ask->dry_run ? "true" : "false");
	put_text(out, "table", replay->table);
	put_text(out, "into", ask->into);
	wr_text_printf(out,
		       ",\"letters\":%llu,\"failed\":%llu,\"replayed_before\":%llu,"
		       "\"without_bytes\":%llu,\"left\":%llu,\"readable\":",
		       (unsigned long long)taking->taken, (unsigned long long)replay->failed,
		       (unsigned long long)taking->skipped, (unsigned long long)taking->unknown,
		       (unsigned long long)taking->left);
	if (ask->dry_run && ask->into == NULL)
		wr_text_printf(out, "%llu", (unsigned long long)replay->good);
	else
		wr_text_puts(out, "null");
	wr_text_puts(out, ",\"reasons\":[");
	for (uint32_t i = 0; i < replay->reason_count; i++) {
		const struct reason *reason = &replay->reason[i];

		wr_text_printf(out, "%s{\"rows\":%llu", i > 0 ? "," : "",
			       (unsigned long long)reason->rows);
		put_text(out, "kind", reason->kind);
		put_text(out, "table", reason->table);
		put_text(out, "error", reason->text);
		wr_text_putc(out, '}');
	}
	wr_text_puts(out, "]}");
}

/* Nobody else replays letters of jobs of that name. */
static wr_status *begin_alone(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	wr_status *status = NULL;

	pthread_mutex_lock(&jobs->lock);
	for (uint32_t i = 0; i < jobs->count && status == NULL; i++)
		if (jobs->job[i]->replaying && strcmp(jobs->job[i]->name, job->name) == 0)
			status =
			    wr_status_hint(wr_server_job_conflict(
					       "Letters of job '%s' are being replayed", job->name),
					   "Try again when that is done: GET /v1/operations");
	job->replaying = job->replaying || status == NULL;
	pthread_mutex_unlock(&jobs->lock);
	return status;
}

static void end_alone(struct wr_server_job *job)
{
	pthread_mutex_lock(&job->jobs->lock);
	job->replaying = false;
	pthread_mutex_unlock(&job->jobs->lock);
}

wr_status *wr_jobs_replay(struct wr_jobs *jobs, const char *name, const struct wr_replay_ask *ask,
			  struct wr_operation *operation, struct wr_text *out)
{
	struct replay replay = {.ask = ask, .operation = operation};
	wr_status *status;

	WR_TRY(wr_server_job_work(jobs, name, NULL, &replay.job));
	status = begin_alone(replay.job);
	if (status == NULL) {
		pthread_mutex_init(&replay.lock, NULL);
		wr_letters_taking_init(&replay.taking);
		replay.taking.filter = ask->filter;
		replay.taking.done = &replay.done;
		replay.taking.again = ask->again;
		replay.taking.limit = ask->limit;
		replay.taking.bytes_max = BYTES_MAX;
		replay.taking.payload = ask->payload;
		status = run(&replay);
		if (status == NULL)
			put_answer(&replay, out);
		for (uint32_t i = 0; i < replay.reason_count; i++) {
			wr_free(replay.reason[i].kind);
			wr_free(replay.reason[i].table);
			wr_free(replay.reason[i].text);
		}
		wr_letters_done_release(&replay.done);
		wr_letters_taking_release(&replay.taking);
		pthread_mutex_destroy(&replay.lock);
		end_alone(replay.job);
	}
	wr_server_job_done(replay.job, false);
	return status;
}
