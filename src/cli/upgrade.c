/* SPDX-License-Identifier: Apache-2.0
 *
 * upgrade - weir check-upgrade: what a changed script takes over of what the one before remembers.
 */
#include <unistd.h>

#include "base/env.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/sheet.h"
#include "engine/session.h"
#include "engine/upgrade.h"
#include "cli/script.h"

enum { COL_JOB, COL_PART, COL_NAME, COL_STATE, COL_VERDICT, COL_REASON, COL_COUNT };

static wr_status *on_row(void *user, const char *job, const struct wr_fit_row *row)
{
	static const char *const parts[] = {
	    [WR_FIT_STATE] = "operator", [WR_FIT_SOURCE] = "source", [WR_FIT_SINK] = "sink"};
	struct wr_sheet *sheet = user;

	wr_sheet_text(sheet, COL_JOB, job);
	wr_sheet_text(sheet, COL_PART, parts[row->part]);
	wr_sheet_text(sheet, COL_NAME, row->name);
	wr_sheet_text(sheet, COL_STATE, row->state);
	wr_sheet_text(sheet, COL_VERDICT, wr_fit_name(row->fit));
	wr_sheet_text(sheet, COL_REASON, row->reason);
	return NULL;
}

static void on_say(void *user, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static wr_status *read_file(const char *path, char **text, struct wr_str *out)
{
	size_t len;

	WR_TRY(wr_env_read_file(wr_env_system(), path, WR_SQL_BYTES_MAX, text, &len));
	*out = (struct wr_str){*text, len};
	return NULL;
}

/* Compares and shows the sheet. */
static wr_status *check(const struct wr_command *command, struct wr_upgrade *upgrade,
			struct wr_sheet *sheet)
{
	struct wr_listener listener = {0};
	struct wr_session *session = wr_session_new(&listener),
			  *old_session = wr_session_new(&listener);
	enum wr_result_format format = command->format;
	struct wr_output output;
	wr_status *status;

	if (format == WR_FORMAT_AUTO)
		format = isatty(STDOUT_FILENO) ? WR_FORMAT_TABLE : WR_FORMAT_JSON;
	wr_output_init(&output, stdout, WR_RESULT_AUTO, format);
	WR_TRY_OUT(status, wr_command_settings(command, session));
	WR_TRY_OUT(status, wr_command_settings(command, old_session));
	WR_TRY_OUT(status, wr_session_upgrade(session, old_session, upgrade));
	status = wr_sheet_show(sheet, &output);
out:
	wr_output_release(&output);
	wr_session_free(session);
	wr_session_free(old_session);
	return status;
}

enum wr_exit wr_command_upgrade(const struct wr_command *command)
{
	static const char *const columns[COL_COUNT] = {"job",   "part",    "name",
						       "state", "verdict", "reason"};
	struct wr_variables variables = {command->variable_name, command->variable_value,
					 command->variable_count};
	struct wr_sheet sheet;
	struct wr_upgrade upgrade = {.checkpoint = command->checkpoint,
				     .variables = &variables,
				     .row = on_row,
				     .say = on_say,
				     .user = &sheet};
	char *text = NULL, *old_text = NULL;
	wr_status *status = NULL;
	enum wr_exit code;

	wr_sheet_init(&sheet, columns, COL_COUNT);
	if (command->old_file != NULL)
		status = read_file(command->old_file, &old_text, &upgrade.old);
	upgrade.in_old = status != NULL;
	if (status != NULL)
		goto out;
	WR_TRY_OUT(status, read_file(command->file, &text, &upgrade.script));
	status = check(command, &upgrade, &sheet);
	if (status == NULL && !command->quiet && upgrade.misfits == 0)
		fprintf(stderr, "everything goes on as it is\n");
	else if (status == NULL && !command->quiet)
		fprintf(stderr, "%u %s as before\n", upgrade.misfits,
			upgrade.misfits == 1 ? "part does not go on" : "parts do not go on");
out:
	code = status != NULL        ? WR_EXIT_SCRIPT
	       : upgrade.misfits > 0 ? WR_EXIT_FAILED
				     : WR_EXIT_DONE;
	if (status != NULL)
		wr_command_report(upgrade.in_old ? command->old_file : command->file,
				  upgrade.in_old ? upgrade.old : upgrade.script, status);
	wr_status_free(status);
	wr_sheet_release(&sheet);
	wr_free(text);
	wr_free(old_text);
	return code;
}
