/* SPDX-License-Identifier: Apache-2.0
 *
 * script - see script.h.
 */
#include "cli/script.h"
#include "telemetry/settings.h"

#include "sql/diagnostic.h"

wr_status *wr_command_settings(const struct wr_command *command, struct wr_session *session)
{
	for (uint32_t i = 0; i < command->setting_count; i++)
		if (!wr_telemetry_is_option(command->setting[i].key))
			WR_TRY(wr_session_set(session, command->setting[i].key,
					      command->setting[i].value));
	return NULL;
}

void wr_command_report(const char *file, struct wr_str script, const wr_status *status)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_sql_render_error(file, script, status, &text);
	fputs(wr_text_str(&text), stderr);
	wr_text_release(&text);
}
