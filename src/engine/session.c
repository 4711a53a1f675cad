/* SPDX-License-Identifier: Apache-2.0
 *
 * session - see session.h.
 */
#include "engine/session.h"

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/registry.h"
#include "engine/letters.h"
#include "engine/prepared.h"
#include "engine/run_job.h"
#include "engine/settings.h"
#include "formats/formats.h"
#include "sql/parser.h"

struct wr_session *wr_session_new(const struct wr_listener *listener)
{
	struct wr_session *session = wr_calloc(1, sizeof *session);

	session->env = wr_env_system();
	if (listener != NULL)
		session->listener = *listener;
	session->registry =
	    (struct wr_registry){.connectors = wr_connectors, .formats = wr_formats};
	session->catalog = wr_catalog_new(&session->registry);
	wr_arena_init(&session->arena);
	wr_arena_init(&session->script);
	wr_options_init(&session->settings, &session->arena, "option", wr_settings,
			wr_settings_count);
	return session;
}

void wr_session_use(struct wr_session *session, struct wr_env *env)
{
	session->env = env;
}

void wr_session_free(struct wr_session *session)
{
	if (session == NULL)
		return;
	wr_catalog_free(session->catalog);
	wr_letters_release(session);
	wr_arena_release(&session->script);
	wr_arena_release(&session->arena);
	wr_free(session);
}

const struct wr_options *wr_session_settings(const struct wr_session *session)
{
	return &session->settings;
}

wr_status *wr_session_set(struct wr_session *session, const char *key, const char *value)
{
	if (wr_option_find(wr_settings, wr_settings_count, key) == NULL &&
	    wr_setting_is_accepted(key))
		return NULL;
	WR_TRY(wr_options_set(&session->settings, key, value));
	if (strcmp(key, "table.local-time-zone") == 0) {
		struct wr_zone *zone = NULL;

		WR_TRY(wr_zone_open(value, &zone));
		wr_zone_close(zone);
	}
	return NULL;
}

static wr_status *session_execute(struct wr_session *session, struct wr_prepared *prepared)
{
	WR_TRY(wr_session_check_restore(session, prepared));
	for (uint32_t i = 0; i < prepared->count && !atomic_load(&session->cancelled); i++) {
		struct wr_action *action = &prepared->action[i];

		if (action->plan != NULL)
			WR_TRY(wr_session_run_job(session, action));
		else if (session->listener.text != NULL)
			WR_TRY(session->listener.text(session->listener.user, action->text));
		session->ran = true;
	}
	return NULL;
}

/* Tables and views of earlier scripts have places there, which nobody can look at now. */
static wr_status *own_place(const struct wr_session *session, wr_status *status)
{
	if (status != NULL && status->pos.line > 0 && status->pos.script != session->script_number)
		status->pos = (struct wr_pos){0};
	return status;
}

wr_status *wr_session_prepare(struct wr_session *session, struct wr_str text,
			      const struct wr_variables *variables, enum wr_script_goal goal,
			      struct wr_prepared *prepared)
{
	struct wr_ast_script script = {0};
	wr_status *status;

	*prepared = (struct wr_prepared){0};
	session->ran = false;
	session->analyze = goal == WR_SCRIPT_ANALYZE;
	session->script_number++;
	session->script_hash = wr_codec_hash(text.data, text.len);
	wr_arena_reset(&session->script);
	status =
	    wr_parse_numbered(&session->script, text, variables, session->script_number, &script);
	for (uint32_t i = 0; i < script.count && status == NULL; i++)
		status =
		    wr_status_place(own_place(session, wr_prepare_statement(session, prepared,
									    script.items[i], goal)),
				    script.items[i]->pos);
	return own_place(session, status);
}

wr_status *wr_session_script(struct wr_session *session, struct wr_str text,
			     const struct wr_variables *variables, enum wr_script_goal goal)
{
	struct wr_prepared prepared;
	wr_status *status = wr_session_prepare(session, text, variables, goal, &prepared);

	if (status == NULL && goal != WR_SCRIPT_CHECK)
		status = session_execute(session, &prepared);
	wr_prepared_release(&prepared);
	return own_place(session, status);
}

const char *wr_session_result_zone(const struct wr_session *session)
{
	return session->result_zone;
}

bool wr_session_ran(const struct wr_session *session)
{
	return session->ran;
}

/* A signal handler may run this on any thread, so that it cannot take a lock. Instead it is counted
 * while it may use the job, which is closed only when nobody is counted (wr_session_forget_job):
 * either the count is seen there, or here that there is no job any more. */
void wr_session_cancel(struct wr_session *session)
{
	struct wr_job *job;

	atomic_fetch_add(&session->cancelling, 1);
	job = session->job;
	atomic_store(&session->cancelled, true);
	if (job != NULL)
		wr_job_cancel(job);
	atomic_fetch_sub(&session->cancelling, 1);
}

void wr_session_forget_job(struct wr_session *session)
{
	session->job = NULL;
	while (atomic_load(&session->cancelling) > 0)
		session->env->ops->sleep_us(session->env, 100);
}

bool wr_session_cancelled(const struct wr_session *session)
{
	return atomic_load(&session->cancelled);
}
