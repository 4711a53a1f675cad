/* SPDX-License-Identifier: Apache-2.0
 *
 * session - see session.h.
 */
#include "engine/session.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/mview.h"
#include "connectors/registry.h"
#include "engine/catalogs.h"
#include "engine/functions.h"
#include "engine/plugin.h"
#include "engine/letters.h"
#include "engine/lineage_events.h"
#include "engine/prepared.h"
#include "engine/settings.h"
#include "formats/formats.h"
#include "sql/parser.h"

struct wr_session *wr_session_new(const struct wr_listener *listener)
{
	struct wr_session *session = wr_calloc(1, sizeof *session);

	wr_run_init(&session->run, wr_env_system(), listener);
	session->registry =
	    (struct wr_registry){.connectors = wr_connectors, .formats = wr_formats};
	session->catalog = wr_catalog_new(&session->registry);
	session->languages = wr_languages_new();
	session->plugins = wr_plugins_new();
	session->catalogs = wr_catalogs_new();
	wr_arena_init(&session->arena);
	wr_arena_init(&session->script);
	wr_options_init(&session->settings, &session->arena, "option", wr_settings,
			wr_settings_count);
	return session;
}

void wr_session_use(struct wr_session *session, struct wr_env *env)
{
	session->run.env = env;
}

void wr_session_free(struct wr_session *session)
{
	if (session == NULL)
		return;
	wr_catalog_free(session->catalog);
	wr_languages_free(session->languages);
	wr_catalogs_free(session->catalogs);
	wr_plugins_free(session->plugins);
	wr_mviews_unref(session->views);
	wr_letters_release(session);
	wr_run_release(&session->run);
	wr_arena_release(&session->script);
	wr_arena_release(&session->arena);
	wr_free(session);
}

struct wr_run *wr_session_run(struct wr_session *session)
{
	return &session->run;
}

void wr_session_views(struct wr_session *session, struct wr_mviews *views,
		      enum wr_materialize_mode mode)
{
	wr_mviews_unref(session->views);
	session->views = wr_mviews_ref(views);
	session->materialize = mode;
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
	if (strcmp(key, "weir.plugins") == 0)
		return wr_plugin_load_list(session, value);
	if (strcmp(key, "table.local-time-zone") == 0) {
		struct wr_zone *zone = NULL;

		WR_TRY(wr_zone_open(value, &zone));
		wr_zone_close(zone);
	}
	return NULL;
}

wr_status *wr_session_prepare(struct wr_session *session, struct wr_str text,
			      const struct wr_variables *variables, enum wr_script_goal goal,
			      struct wr_prepared *prepared)
{
	struct wr_ast_script script = {0};
	wr_status *status;

	wr_prepared_init(prepared);
	prepared->analyze = goal == WR_SCRIPT_ANALYZE;
	prepared->script_number = ++session->script_number;
	prepared->script_hash = wr_codec_hash(text.data, text.len);
	prepared->script = wr_prepared_show(prepared, text);
	wr_arena_reset(&session->script);
	wr_catalog_keep(session->catalog, &prepared->tables);
	status =
	    wr_parse_numbered(&prepared->arena, text, variables, prepared->script_number, &script);
	for (uint32_t i = 0; i < script.count && status == NULL; i++)
		status = wr_status_place(
		    wr_prepared_own_place(
			prepared, wr_prepare_statement(session, prepared, script.items[i], goal)),
		    script.items[i]->pos);
	wr_catalog_keep(session->catalog, NULL);
	return wr_prepared_own_place(prepared, status);
}

/* Lineage events begin to fail, or arrive again. */
static void on_lineage(void *own, const char *reason)
{
	const struct wr_listener *listener = &((struct wr_session *)own)->run.listener;
	struct wr_text line;

	wr_text_init(&line);
	wr_text_puts(&line, reason != NULL ? "Lineage events do not arrive: "
					   : "Lineage events arrive again");
	wr_text_puts(&line, reason != NULL ? reason : "");
	if (listener->notice != NULL)
		listener->notice(listener->user, line.data);
	wr_text_release(&line);
}

/* Runs it, and tells others of its jobs if the settings say so. */
static wr_status *run_script(struct wr_session *session, const struct wr_prepared *prepared)
{
	const struct wr_listener *listener = &session->run.listener;
	struct wr_lineage_events *events;
	wr_status *status;
	uint64_t lost;

	WR_TRY(wr_lineage_events_open(session->run.env, &session->settings, on_lineage, session,
				      &events));
	session->run.lineage = events;
	status = wr_run_script(&session->run, prepared);
	session->run.lineage = NULL;
	lost = wr_lineage_events_close(events);
	if (lost > 0 && listener->notice != NULL) {
		char line[64];

		snprintf(line, sizeof line, "%llu lineage events did not arrive",
			 (unsigned long long)lost);
		listener->notice(listener->user, line);
	}
	return status;
}

wr_status *wr_session_script(struct wr_session *session, struct wr_str text,
			     const struct wr_variables *variables, enum wr_script_goal goal)
{
	struct wr_prepared prepared;
	wr_status *status;

	session->run.ran = false;
	status = wr_session_prepare(session, text, variables, goal, &prepared);
	if (status == NULL && goal != WR_SCRIPT_CHECK)
		status = run_script(session, &prepared);
	wr_prepared_release(&prepared);
	return status;
}

const char *wr_session_result_zone(const struct wr_session *session)
{
	return session->run.result_zone;
}

bool wr_session_ran(const struct wr_session *session)
{
	return session->run.ran;
}

void wr_session_cancel(struct wr_session *session)
{
	wr_run_cancel(&session->run);
}

bool wr_session_cancelled(const struct wr_session *session)
{
	return atomic_load(&session->run.cancelled);
}
