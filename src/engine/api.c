/* SPDX-License-Identifier: Apache-2.0
 *
 * api - weir.h over a session: sessions, scripts and errors. Rows are in data/view.c.
 *
 * A cancel from another thread must not meet a job that is being freed. The story:
 *   1  the session makes the job and tells job_begin, which keeps it in `job` under `lock`;
 *   2  weir_cancel takes `lock`, notes the wish in the session and cancels `job` if there is one;
 *   3  the job ends and job_end clears `job` under `lock`, so it waits for a cancel in step 2;
 *   4  only then does the session free the job.
 * A cancel before step 1 is seen by the session when it looks at the wish, behind job_begin.
 */
#include <pthread.h>

#include "base/mem.h"
#include "data/view.h"
#include "engine/api_error.h"
#include "engine/prepared.h"

struct weir_session {
	struct wr_session *session;         /* never NULL; owned */
	const struct weir_handler *handler; /* of the running script; NULL: none is given */
	struct weir_result result;          /* of the running SELECT */
	struct weir_stats stats;            /* of the last script */
	bool stopped;                       /* a callback has ended the script */
	pthread_mutex_t lock;               /* around `job`; see above */
	struct wr_job *job;                 /* running; NULL: none */
	char **name, **value;               /* variables, `variable_count` of each; owned */
	uint32_t variable_count;            /* names that are set */
};

struct wr_session *wr_session_of(struct weir_session *session)
{
	return session->session;
}

/* --- what the session tells --- */

/* The answer of a callback as a status. */
static wr_status *heard(struct weir_session *session, int answer)
{
	if (answer == 0)
		return NULL;
	session->stopped = true;
	return wr_status_new(WR_USER_ERROR, "The script was stopped by its caller");
}

static wr_status *on_begin(void *user, const struct wr_schema *schema, bool updating, bool ordered)
{
	struct weir_session *session = user;
	const char *zone =
	    wr_options_str(wr_session_settings(session->session), "table.local-time-zone");

	wr_result_release(&session->result);
	WR_TRY(wr_result_init(&session->result, schema, updating, zone));
	if (session->handler == NULL || session->handler->begin == NULL)
		return NULL;
	return heard(session, session->handler->begin(session->handler->user, &session->result));
}

static wr_status *on_rows(void *user, const struct wr_batch *batch)
{
	struct weir_session *session = user;
	struct weir_row row = {.result = &session->result, .batch = batch};

	if (session->handler == NULL || session->handler->row == NULL)
		return NULL;
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		row.row = wr_batch_row(batch, i);
		WR_TRY(heard(session, session->handler->row(session->handler->user, &row)));
	}
	return NULL;
}

static wr_status *on_end(void *user)
{
	struct weir_session *session = user;

	if (session->handler == NULL || session->handler->end == NULL)
		return NULL;
	return heard(session, session->handler->end(session->handler->user, &session->result));
}

static wr_status *on_text(void *user, const char *text)
{
	struct weir_session *session = user;

	if (session->handler == NULL || session->handler->text == NULL)
		return NULL;
	return heard(session, session->handler->text(session->handler->user, text));
}

static void on_job_begin(void *user, struct wr_job *job, const char *name)
{
	struct weir_session *session = user;

	pthread_mutex_lock(&session->lock);
	session->job = job;
	pthread_mutex_unlock(&session->lock);
}

static void on_job_end(void *user, const struct wr_job_stats *stats, bool ok)
{
	struct weir_session *session = user;

	pthread_mutex_lock(&session->lock);
	session->job = NULL;
	pthread_mutex_unlock(&session->lock);
	session->stats.rows_in += stats->rows_in;
	session->stats.rows_out += stats->rows_out;
	session->stats.rows_late += stats->rows_late;
	session->stats.rows_bad += stats->rows_bad;
}

/* --- sessions --- */

WR_PUBLIC const char *weir_version(void)
{
	return WEIR_VERSION;
}

WR_PUBLIC struct weir_session *weir_session_new(void)
{
	struct weir_session *session = wr_calloc(1, sizeof *session);
	struct wr_listener listener = {.result_begin = on_begin,
				       .result_rows = on_rows,
				       .result_end = on_end,
				       .text = on_text,
				       .job_begin = on_job_begin,
				       .job_end = on_job_end,
				       .user = session};

	pthread_mutex_init(&session->lock, NULL);
	session->session = wr_session_new(&listener);
	session->session->embedded = true;
	return session;
}

WR_PUBLIC void weir_session_free(struct weir_session *session)
{
	if (session == NULL)
		return;
	for (uint32_t i = 0; i < session->variable_count; i++) {
		wr_free(session->name[i]);
		wr_free(session->value[i]);
	}
	wr_free(session->name);
	wr_free(session->value);
	wr_result_release(&session->result);
	wr_session_free(session->session);
	pthread_mutex_destroy(&session->lock);
	wr_free(session);
}

WR_PUBLIC enum weir_code weir_set_option(struct weir_session *session, const char *key,
					 const char *value, struct weir_error **error)
{
	wr_status *status = wr_session_set(session->session, key, value);

	if (error != NULL)
		*error = NULL;
	return status == NULL ? WEIR_OK
			      : wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(""), status);
}

/* Takes variable i out. */
static void forget_variable(struct weir_session *session, uint32_t i)
{
	uint32_t last = --session->variable_count;

	wr_free(session->name[i]);
	wr_free(session->value[i]);
	session->name[i] = session->name[last];
	session->value[i] = session->value[last];
}

WR_PUBLIC void weir_set_variable(struct weir_session *session, const char *name, const char *value)
{
	uint32_t count;

	for (uint32_t i = 0; i < session->variable_count; i++) {
		if (strcmp(session->name[i], name) == 0) {
			forget_variable(session, i);
			break;
		}
	}
	if (value == NULL)
		return;
	count = session->variable_count++;
	session->name = wr_realloc(session->name, (count + 1) * sizeof *session->name);
	session->value = wr_realloc(session->value, (count + 1) * sizeof *session->value);
	session->name[count] = wr_strdup(name);
	session->value[count] = wr_strdup(value);
}

WR_PUBLIC enum weir_code weir_execute(struct weir_session *session, const char *sql,
				      const struct weir_handler *handler, struct weir_error **error)
{
	struct wr_variables variables = {(const char *const *)session->name,
					 (const char *const *)session->value,
					 session->variable_count};
	struct wr_str script = wr_str_of(sql);
	wr_status *status;
	bool cancelled;

	if (error != NULL)
		*error = NULL;
	session->handler = handler;
	session->stats = (struct weir_stats){0};
	session->stopped = false;
	status = wr_session_script(session->session, script, &variables, WR_SCRIPT_RUN);
	cancelled = atomic_exchange(&session->session->cancelled, false);
	wr_result_release(&session->result);
	session->handler = NULL;
	if (session->stopped)
		return wr_api_fail(error, WEIR_STOPPED, script, status);
	if (status != NULL)
		return wr_api_fail(
		    error, wr_session_ran(session->session) ? WEIR_ERROR_JOB : WEIR_ERROR_SCRIPT,
		    script, status);
	if (!cancelled)
		return WEIR_OK;
	return wr_api_fail(error, WEIR_CANCELLED, script,
			   wr_status_new(WR_USER_ERROR, "The script was cancelled"));
}

WR_PUBLIC void weir_cancel(struct weir_session *session)
{
	pthread_mutex_lock(&session->lock);
	atomic_store(&session->session->cancelled, true);
	if (session->job != NULL)
		wr_job_cancel(session->job);
	pthread_mutex_unlock(&session->lock);
}

WR_PUBLIC struct weir_stats weir_session_stats(const struct weir_session *session)
{
	return session->stats;
}
