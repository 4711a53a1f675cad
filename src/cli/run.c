/* SPDX-License-Identifier: Apache-2.0
 *
 * run - weir run, check and explain: the script through a session, its results to standard output,
 * everything about the run to standard error.
 *
 * Signals: the first SIGINT or SIGTERM cancels the job (sources stop, what is complete is written),
 * a second one ends the process at once.
 */
#include <signal.h>
#include <unistd.h>

#include "base/env.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/progress.h"
#include "cli/telemetry.h"
#include "engine/lineage_events.h"
#include "engine/session.h"
#include "cli/script.h"

/* What the callbacks need. */
struct run {
	const struct wr_command *command;
	struct wr_session *session;
	struct wr_output output;
	struct wr_cli_telemetry *telemetry;
	struct wr_progress *progress;
	struct wr_control *control;
};

/* The session that signals cancel: a handler has no other way to find it. */
static struct wr_session *signal_session;

static void on_signal(int number)
{
	if (signal_session == NULL || wr_session_cancelled(signal_session))
		_exit(WR_EXIT_INTERRUPTED);
	wr_session_cancel(signal_session);
}

static wr_status *run_result_begin(void *user, const struct wr_schema *schema, bool updating,
				   bool ordered)
{
	struct run *run = user;

	return wr_output_begin(&run->output, schema, updating, ordered,
			       wr_session_result_zone(run->session));
}

static wr_status *run_result_rows(void *user, const struct wr_batch *batch)
{
	return wr_output_rows(&((struct run *)user)->output, batch);
}

static wr_status *run_result_mark(void *user, const struct wr_mark *mark)
{
	return wr_output_flush(&((struct run *)user)->output);
}

static wr_status *run_result_end(void *user)
{
	return wr_output_end(&((struct run *)user)->output);
}

static wr_status *run_text(void *user, const char *text)
{
	fputs(text, stdout);
	return fflush(stdout) == 0
		   ? NULL
		   : wr_status_new(WR_USER_ERROR, "Cannot write to standard output");
}

static void run_job_begin(void *user, struct wr_job *job, const char *name)
{
	struct run *run = user;
	wr_status *status;

	wr_cli_telemetry_job(run->telemetry, name);
	wr_progress_begin(run->progress, job, name);
	status = wr_control_job(run->control, job, name);
	if (status != NULL)
		wr_progress_note(run->progress, status->text);
	wr_status_free(status);
}

static void run_job_end(void *user, const struct wr_job_stats *stats, bool ok)
{
	struct run *run = user;

	wr_status_free(wr_control_job(run->control, NULL, NULL));
	wr_progress_end(run->progress, stats, ok);
}

static void run_notice(void *user, const char *text)
{
	wr_progress_note(((struct run *)user)->progress, text);
}

static void run_checkpoint(void *user, const struct wr_checkpoint_event *event)
{
	wr_progress_checkpoint(((struct run *)user)->progress, event);
}

/* The script's text; owned by the caller. */
static wr_status *read_script(const struct wr_command *command, char **text, size_t *len)
{
	if (command->text != NULL) {
		*text = wr_strdup(command->text);
		*len = strlen(*text);
		return NULL;
	}
	return wr_env_read_file(wr_env_system(), command->file, WR_SQL_BYTES_MAX, text, len);
}

/* Why it failed: with its place in the script, or as a line of the log. */
static void report(struct run *run, struct wr_str script, const wr_status *status)
{
	const struct wr_command *command = run->command;
	const char *file = command->text != NULL             ? "-e"
			   : strcmp(command->file, "-") == 0 ? "stdin"
							     : command->file;

	if (wr_log_is_json(wr_cli_telemetry_log(run->telemetry))) {
		wr_cli_telemetry_say(run->telemetry, WR_LOG_ERROR, 0, status->text, status->hint);
		return;
	}
	wr_log_flush(wr_cli_telemetry_log(run->telemetry));
	wr_command_report(file, script, status);
}

static enum wr_script_goal command_goal(const struct wr_command *command)
{
	if (strcmp(command->name, "check") == 0)
		return WR_SCRIPT_CHECK;
	if (strcmp(command->name, "explain") == 0)
		return command->analyze ? WR_SCRIPT_ANALYZE
		       : command->json  ? WR_SCRIPT_EXPLAIN_JSON
					: WR_SCRIPT_EXPLAIN;
	return WR_SCRIPT_RUN;
}

static enum wr_exit exit_code(const struct run *run, const wr_status *status)
{
	if (status != NULL)
		return wr_session_ran(run->session) ? WR_EXIT_FAILED : WR_EXIT_SCRIPT;
	return wr_session_cancelled(run->session) ? WR_EXIT_INTERRUPTED : WR_EXIT_DONE;
}

static wr_status *set_setting(void *session, const char *key, const char *value)
{
	return wr_session_set(session, key, value);
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

enum wr_exit wr_command_run(const struct wr_command *command)
{
	struct run run = {.command = command};
	struct wr_listener listener = {.result_begin = run_result_begin,
				       .result_rows = run_result_rows,
				       .result_mark = run_result_mark,
				       .result_end = run_result_end,
				       .text = run_text,
				       .job_begin = run_job_begin,
				       .job_end = run_job_end,
				       .checkpoint = run_checkpoint,
				       .notice = run_notice,
				       .user = &run};
	struct wr_variables variables = {command->variable_name, command->variable_value,
					 command->variable_count};
	enum wr_result_format format = command->format;
	struct wr_str script = {"", 0};
	char *text = NULL;
	wr_status *status;
	enum wr_exit code;

	if (format == WR_FORMAT_AUTO)
		format = isatty(STDOUT_FILENO) ? WR_FORMAT_TABLE : WR_FORMAT_JSON;
	run.session = wr_session_new(&listener);
	run.telemetry = wr_cli_telemetry_new(command, run.session, &status);
	run.progress = wr_progress_new(command->quiet, run.telemetry);
	run.control = wr_control_new(run.session);
	wr_output_init(&run.output, stdout, command->mode, format);
	catch_signals(run.session);
	if (status == NULL)
		status = wr_lineage_environment(run.session, set_setting);
	if (status == NULL)
		status = wr_command_settings(command, run.session);
	if (status == NULL)
		status = read_script(command, &text, &script.len);
	if (status == NULL) {
		script.data = text;
		status = wr_session_script(run.session, script, &variables, command_goal(command));
	}
	code = exit_code(&run, status);
	if (status != NULL)
		report(&run, script, status);
	signal_session = NULL;
	wr_control_free(run.control);
	wr_status_free(status);
	wr_cli_telemetry_free(run.telemetry);
	wr_output_release(&run.output);
	wr_progress_free(run.progress);
	wr_session_free(run.session);
	wr_free(text);
	return code;
}
