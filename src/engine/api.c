/* SPDX-License-Identifier: Apache-2.0
 *
 * api - weir.h over a session: sessions, options, scripts that are executed at once.
 *
 * Jobs beside the program are in api_job.c, prepared scripts in api_statement.c, results that are
 * pulled in api_cursor.c; rows and batches in data/view.c, errors in data/error.c.
 */
#include "base/mem.h"
#include "engine/api_session.h"

WR_PUBLIC const char *weir_version(void)
{
	return WEIR_VERSION;
}

WR_PUBLIC void weir_free(void *memory)
{
	wr_free(memory);
}

/* --- sessions -----------------------------------------------------------------------------------
 */

WR_PUBLIC struct weir_session *weir_session_new(void)
{
	struct weir_session *session = wr_calloc(1, sizeof *session);

	atomic_init(&session->refs, 1);
	pthread_mutex_init(&session->lock, NULL);
	session->session = wr_session_new(NULL);
	session->session->embedded = true;
	return session;
}

struct wr_session *wr_session_of(struct weir_session *session)
{
	return session->session;
}

struct weir_session *wr_api_session_ref(struct weir_session *session)
{
	atomic_fetch_add_explicit(&session->refs, 1, memory_order_relaxed);
	return session;
}

void wr_api_session_unref(struct weir_session *session)
{
	if (session == NULL ||
	    atomic_fetch_sub_explicit(&session->refs, 1, memory_order_acq_rel) > 1)
		return;
	for (uint32_t i = 0; i < session->variable_count; i++) {
		wr_free(session->name[i]);
		wr_free(session->value[i]);
	}
	wr_free(session->name);
	wr_free(session->value);
	wr_session_free(session->session);
	pthread_mutex_destroy(&session->lock);
	wr_free(session);
}

WR_PUBLIC void weir_session_free(struct weir_session *session)
{
	wr_api_session_unref(session);
}

WR_PUBLIC enum weir_code weir_set_option(struct weir_session *session, const char *key,
					 const char *value, struct weir_error **error)
{
	wr_status *status;

	if (key == NULL || value == NULL)
		return wr_error_misuse(error, "An option needs a key and a value");
	status = wr_session_set(session->session, key, value);
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

	if (name == NULL)
		return;
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

/* --- scripts ------------------------------------------------------------------------------------
 */

enum weir_code wr_api_prepare(struct weir_session *session, const char *sql,
			      struct wr_prepared *prepared, struct weir_error **error)
{
	struct wr_variables variables = {(const char *const *)session->name,
					 (const char *const *)session->value,
					 session->variable_count};
	struct wr_str script;
	wr_status *status;

	*prepared = (struct wr_prepared){0};
	if (sql == NULL)
		return wr_error_misuse(error, "The script is missing: it is NULL");
	script = wr_str_of(sql);
	status = wr_session_prepare(session->session, script, &variables, WR_SCRIPT_RUN, prepared);

	return status == NULL ? WEIR_OK : wr_api_fail(error, WEIR_ERROR_SCRIPT, script, status);
}

const struct wr_action *wr_api_select(const struct wr_prepared *prepared)
{
	const struct wr_action *found = NULL;

	for (uint32_t i = 0; i < prepared->count; i++) {
		if (!prepared->action[i].is_select)
			continue;
		if (found != NULL)
			return NULL;
		found = &prepared->action[i];
	}
	return found;
}

/* weir_cancel reaches the run from here on. A cancel that came before is for it, too. */
static void announce(struct weir_session *session, struct wr_run *run)
{
	pthread_mutex_lock(&session->lock);
	session->running = run;
	if (run != NULL && session->cancelled)
		wr_run_cancel(run);
	session->cancelled = false;
	pthread_mutex_unlock(&session->lock);
}

enum weir_code wr_api_execute(struct weir_session *session, const struct wr_prepared *prepared,
			      const char *sql, const struct weir_handler *handler,
			      struct weir_error **error)
{
	struct wr_api_listen listen;
	enum weir_code code;
	wr_status *status;

	wr_api_listen_init(&listen, session, handler);
	announce(session, &listen.run);
	status = wr_run_script(&listen.run, prepared);
	announce(session, NULL);
	session->stats = (struct weir_stats){.rows_in = listen.run.sums.rows_in,
					     .rows_out = listen.run.sums.rows_out,
					     .rows_late = listen.run.sums.rows_late,
					     .rows_bad = listen.run.sums.rows_bad};
	code = wr_api_ended(&listen, wr_str_of(sql), status, error);
	wr_api_listen_release(&listen);
	return code;
}

WR_PUBLIC enum weir_code weir_execute(struct weir_session *session, const char *sql,
				      const struct weir_handler *handler, struct weir_error **error)
{
	struct wr_prepared prepared;
	enum weir_code code;

	if (error != NULL)
		*error = NULL;
	session->stats = (struct weir_stats){0};
	if (!wr_api_handler_check(handler, error))
		return WEIR_MISUSE;
	code = wr_api_prepare(session, sql, &prepared, error);
	if (code == WEIR_OK)
		code = wr_api_execute(session, &prepared, sql, handler, error);
	else
		announce(session, NULL);
	wr_prepared_release(&prepared);
	return code;
}

WR_PUBLIC void weir_cancel(struct weir_session *session)
{
	pthread_mutex_lock(&session->lock);
	if (session->running != NULL) {
		wr_run_cancel(session->running);
		wr_run_hurry(session->running);
	} else {
		session->cancelled = true;
	}
	pthread_mutex_unlock(&session->lock);
}

WR_PUBLIC struct weir_stats weir_session_stats(const struct weir_session *session)
{
	return session->stats;
}
