/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs - weir jobs, status, why, savepoint and stop: the other end of the socket of control.h.
 *
 * A job is named as `weir jobs` shows it, by the number of its process, or by the path of its
 * socket. Sockets of processes that were killed are removed on the way. With --server they are
 * those of a server: jobs_remote.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/jobs.h"
#include "engine/recovery.h"

static const char *const commands[] = {"jobs", "status", "why", "savepoint", "stop"};

bool wr_jobs_is(const char *command)
{
	for (size_t i = 0; i < WR_COUNT(commands); i++)
		if (strcmp(commands[i], command) == 0)
			return true;
	return false;
}

void wr_jobs_help(FILE *file, const char *command)
{
	fputs(
	    "usage: weir jobs [options]\n"
	    "       weir status [options] JOB\n"
	    "       weir why [options] JOB\n"
	    "       weir savepoint [options] JOB [PATH]\n"
	    "       weir stop [options] JOB\n"
	    "\n"
	    "Asks running jobs, of this machine or (--server) of a weir serve, or tells them\n"
	    "something.\n"
	    "\n"
	    "  jobs                   lists them\n"
	    "  status                 rows, watermark, state and checkpoints of one\n"
	    "  why                    why it has no output: one sentence, then what is known of "
	    "its\n"
	    "                         sources, operators and sinks\n"
	    "  savepoint              makes a savepoint in the folder PATH, which must not be "
	    "there\n"
	    "                         (default: beside the job's checkpoints), and prints its "
	    "path;\n"
	    "                         the job goes on\n"
	    "  stop                   ends it as Ctrl-C does: what is complete is written\n"
	    "\n"
	    "  JOB                    its name, the number of its process, or its socket; of a\n"
	    "                         server: its name or id\n"
	    "  --savepoint PATH       stop: with a savepoint; -: beside the checkpoints\n"
	    "  --drain                stop: the input ends, windows fire, the job ends well; it\n"
	    "                         cannot be gone on with\n"
	    "  --control DIR          folder of the sockets ('weir.control.dir'; default:\n"
	    "                         $XDG_RUNTIME_DIR/weir)\n"
	    "  --format FORMAT        jobs, status, why: table, tsv, csv or json (default: table "
	    "on a\n"
	    "                         terminal, else json)\n"
	    "  --server URL           jobs of a running weir serve, http://HOST:PORT; paths are "
	    "the\n"
	    "                         server's, and stop waits until the job has ended\n"
	    "  --user NAME            logs in there; the password is asked for, or in "
	    "WEIR_PASSWORD\n"
	    "  --token TOKEN          logs in by a token; --token-file FILE: by the one in a file\n"
	    "  --ca-file FILE         authorities of the server's certificate (PEM)\n"
	    "  --insecure             the server's certificate is not looked at\n"
	    "  --help                 this text\n"
	    "\n"
	    "WEIR_USER, WEIR_TOKEN and WEIR_TOKEN_FILE log in where the command line does not.\n"
	    "Exit codes: 0 done, 1 the job could not do it, 2 there is no such job or command, or\n"
	    "the server does not answer or does not let you.\n",
	    file);
}

/* --- the command line ---------------------------------------------------------------------------
 */

static wr_status *bad_use(const struct wr_jobs_command *jobs, const char *format, const char *what)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, format, what), "See weir help %s",
			      jobs->command);
}

static wr_status *read_valued(struct wr_jobs_command *jobs, const char *option, char *value)
{
	static const char *const names[] = {"auto", "table", "tsv", "csv", "json"};

	if (value == NULL)
		return bad_use(jobs, "'%s' needs a value", option);
	if (wr_shell_login_option(&jobs->login, option, value))
		return NULL;
	if (strcmp(option, "--control") == 0) {
		jobs->folder = value;
	} else if (strcmp(option, "--savepoint") == 0) {
		jobs->savepoint = value;
	} else {
		for (uint32_t i = 1; i < WR_COUNT(names); i++) {
			if (strcmp(names[i], value) == 0) {
				jobs->format = (enum wr_result_format)i;
				return NULL;
			}
		}
		return bad_use(jobs, "'%s' is not a value of '--format'", value);
	}
	return NULL;
}

static wr_status *read_option(struct wr_jobs_command *jobs, char **argv, int *at)
{
	static const char *const valued[] = {"--control", "--savepoint", "--format",
					     "--server",  "--user",      "--token",
					     "--ca-file", "--token-file"};
	char *option = argv[*at], *value = strchr(option, '=');

	if (strcmp(option, "--drain") == 0) {
		jobs->drain = true;
		return NULL;
	}
	if (strcmp(option, "--insecure") == 0) {
		jobs->login.insecure = true;
		return NULL;
	}
	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < WR_COUNT(valued); i++)
		if (strcmp(option, valued[i]) == 0)
			return read_valued(jobs, option, value != NULL ? value : argv[++*at]);
	return bad_use(jobs, "There is no option '%s'", option);
}

static wr_status *read_command(struct wr_jobs_command *jobs, int argc, char **argv)
{
	bool stop = strcmp(jobs->command, "stop") == 0;
	uint32_t words = 0, most = strcmp(jobs->command, "jobs") == 0        ? 0
				   : strcmp(jobs->command, "savepoint") == 0 ? 2
									     : 1;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			WR_TRY(read_option(jobs, argv, &i));
		else if (words == most)
			return bad_use(jobs, "What is '%s'?", argv[i]);
		else
			jobs->word[words++] = argv[i];
	}
	if (most > 0 && (words == 0 || jobs->word[0][0] == '\0'))
		return bad_use(jobs, "'%s' needs a job: a name of weir jobs", jobs->command);
	if (!stop && (jobs->drain || jobs->savepoint != NULL))
		return bad_use(jobs, "'%s' has neither --savepoint nor --drain", jobs->command);
	if (jobs->drain && jobs->savepoint != NULL)
		return bad_use(jobs, "'%s': a job that is drained has nothing left for a savepoint",
			       jobs->command);
	if (jobs->folder != NULL && jobs->login.server != NULL)
		return bad_use(jobs,
			       "'%s': --control is of processes of this machine, --server of "
			       "a server: one is enough",
			       jobs->command);
	return wr_shell_login_complete(&jobs->login);
}

/* --- answers ------------------------------------------------------------------------------------
 */

/* What stands behind "name": in an answer, or NULL. */
static const char *field_at(const char *line, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strchr(line, '"'); at != NULL; at = strchr(at + 1, '"'))
		if (strncmp(at + 1, name, len) == 0 && strncmp(at + 1 + len, "\":", 2) == 0)
			return at + len + 3;
	return NULL;
}

/* Appends a text of an answer; false: there is none. */
static bool field_text(const char *line, const char *name, struct wr_text *out)
{
	const char *at = field_at(line, name);

	if (at == NULL || *at++ != '"')
		return false;
	while (*at != '"' && *at != '\0') {
		char code[5] = {0};

		if (*at != '\\') {
			wr_text_putc(out, *at++);
		} else if (at[1] == 'u' && strlen(at) >= 6) {
			memcpy(code, at + 2, 4);
			wr_text_putc(out, (char)strtol(code, NULL, 16));
			at += 6;
		} else {
			wr_text_putc(out, at[1]);
			at += 2;
		}
	}
	return true;
}

/* The error of an answer; NULL: it is none. */
static wr_status *answer_error(const char *line)
{
	struct wr_text text, hint;
	wr_status *status = NULL;

	wr_text_init(&text);
	wr_text_init(&hint);
	if (field_text(line, "error", &text))
		status = wr_status_new(WR_RETRY, "%s", wr_text_str(&text));
	if (status != NULL && field_text(line, "hint", &hint))
		wr_status_hint(status, "%s", wr_text_str(&hint));
	wr_text_release(&hint);
	wr_text_release(&text);
	return status;
}

/* --- all jobs -----------------------------------------------------------------------------------
 */

static const char *const columns[] = {"job",      "pid#",      "state",       "elapsed_ms#",
				      "rows_in#", "rows_out#", "checkpoint#", "checkpoint_age_ms#",
				      "socket"};

static void add_row(struct wr_jobs_command *jobs, const char *answer, const char *socket)
{
	struct wr_text text;
	char name[32];

	wr_text_init(&text);
	for (uint32_t i = 0; i + 1 < WR_COUNT(columns); i++) {
		size_t len = strcspn(columns[i], "#");
		const char *at;

		memcpy(name, columns[i], len);
		name[len] = '\0';
		at = field_at(answer, name);
		wr_text_clear(&text);
		if (at == NULL || strncmp(at, "null", 4) == 0) {
			wr_sheet_null(&jobs->sheet, i);
		} else if (columns[i][len] == '#') {
			wr_sheet_number(&jobs->sheet, i, strtoll(at, NULL, 10));
		} else {
			field_text(answer, name, &text);
			wr_sheet_text(&jobs->sheet, i, wr_text_str(&text));
		}
	}
	wr_sheet_text(&jobs->sheet, WR_COUNT(columns) - 1, socket);
	wr_text_release(&text);
}

/* Whether the job that answers is the one that is looked for. */
static bool is_wanted(const struct wr_jobs_command *jobs, const char *answer)
{
	const char *pid = field_at(answer, "pid");
	struct wr_text name;
	bool same;
	char *end;

	if (pid != NULL && strtoll(jobs->word[0], &end, 10) == strtoll(pid, NULL, 10) &&
	    *end == '\0')
		return true;
	wr_text_init(&name);
	same = field_text(answer, "job", &name) && strcmp(wr_text_str(&name), jobs->word[0]) == 0;
	wr_text_release(&name);
	return same;
}

/* A socket that nobody answers at: it goes with its process, unless that was killed. */
static void remove_dead(const char *path, const char *name)
{
	long pid = strtol(name, NULL, 10);

	if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
		unlink(path);
}

/* A name in the folder of the sockets. */
static wr_status *look_at(void *ctx, const char *name)
{
	struct wr_jobs_command *jobs = ctx;
	size_t len = strlen(name);
	struct wr_text path;
	wr_status *status;

	if (len < 5 || strcmp(name + len - 5, ".sock") != 0)
		return NULL;
	wr_text_init(&path);
	wr_text_printf(&path, "%s/%s", jobs->sockets.data, name);
	wr_text_clear(&jobs->line);
	status = wr_control_ask(path.data, "status", &jobs->line);
	if (status == NULL && field_at(jobs->line.data, "error") == NULL) {
		if (jobs->word[0] == NULL)
			add_row(jobs, jobs->line.data, path.data);
		else if (is_wanted(jobs, jobs->line.data) && ++jobs->found_count > 0)
			wr_text_printf(&jobs->found, "%s\n", path.data);
	}
	if (status != NULL)
		remove_dead(path.data, name);
	wr_status_free(status);
	wr_text_release(&path);
	return NULL;
}

static wr_status *look_at_all(struct wr_jobs_command *jobs)
{
	struct wr_env *env = wr_env_system();
	struct wr_file_info info;

	if (!wr_control_folder(jobs->folder, NULL, &jobs->sockets))
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "There is no XDG_RUNTIME_DIR to look for "
						    "jobs in"),
				      "Name the folder of the sockets with --control DIR, or the "
				      "socket itself");
	WR_TRY(env->ops->stat(env, jobs->sockets.data, &info));
	return info.is_dir ? env->ops->list(env, jobs->sockets.data, look_at, jobs) : NULL;
}

static wr_status *list_jobs(struct wr_jobs_command *jobs)
{
	wr_sheet_init(&jobs->sheet, columns, WR_COUNT(columns));
	WR_TRY(look_at_all(jobs));
	return wr_sheet_show(&jobs->sheet, &jobs->output);
}

/* --- one job ------------------------------------------------------------------------------------
 */

/* The socket of the job into jobs->found. */
static wr_status *find_job(struct wr_jobs_command *jobs)
{
	const char *name = jobs->word[0];

	if (strchr(name, '/') != NULL) {
		wr_text_puts(&jobs->found, name);
		return NULL;
	}
	WR_TRY(look_at_all(jobs));
	if (jobs->found_count == 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "No job '%s' runs", name),
				      "See weir jobs for those that run (in '%s')",
				      jobs->sockets.data);
	jobs->found.data[--jobs->found.len] = '\0';
	if (jobs->found_count > 1)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "%u jobs are called '%s'",
						    jobs->found_count, name),
				      "Give the number of its process or one of the sockets:\n%s",
				      jobs->found.data);
	return NULL;
}

/* Appends a folder as it is seen from everywhere; "-" is the job's own choice. */
static wr_status *put_folder(struct wr_text *out, const char *path)
{
	if (strcmp(path, "-") != 0)
		return wr_recovery_folder(path, out);
	wr_text_puts(out, path);
	return NULL;
}

/* Where the time of each operator goes, a row each. */
static void add_operators(struct wr_jobs_command *jobs, const char *line)
{
	static const char *const words[] = {"busy", "idle", "backPressured"};
	static const char *const times[] = {"busyTimeMsPerSecond", "idleTimeMsPerSecond",
					    "backPressuredTimeMsPerSecond"};
	struct wr_text name, value;

	wr_text_init(&name);
	wr_text_init(&value);
	for (const char *at = strstr(line, "{\"name\":"); at != NULL;
	     at = strstr(at + 1, "{\"name\":")) {
		wr_text_clear(&name);
		wr_text_clear(&value);
		if (!field_text(at, "name", &name))
			break;
		for (uint32_t i = 0; i < WR_COUNT(times); i++) {
			const char *number = field_at(at, times[i]);

			if (number != NULL)
				wr_text_printf(&value, "%s %lld, ", words[i],
					       strtoll(number, NULL, 10));
		}
		wr_text_puts(&value, "ms per second");
		wr_sheet_text(&jobs->sheet, 0, wr_text_str(&name));
		wr_sheet_text(&jobs->sheet, 1, wr_text_str(&value));
	}
	wr_text_release(&value);
	wr_text_release(&name);
}

/* The tables, a row each: what was read or written, and how far behind it is. */
static void add_tables(struct wr_jobs_command *jobs, const char *line)
{
	static const char begin[] = "{\"table\":";
	static const char *const fields[] = {"rows_in", "rows_out", "watermark_ms", "lag"};
	struct wr_text own, name, value;

	wr_text_init(&own);
	wr_text_init(&name);
	wr_text_init(&value);
	for (const char *at = strstr(line, begin), *next; at != NULL; at = next) {
		const char *list = strstr(at, ",\"partitions\":");

		next = strstr(at + 1, begin);
		wr_text_clear(&own);
		wr_text_clear(&value);
		wr_text_puts(&own, at);
		if (list != NULL || next != NULL) /* the fields of this table alone */
			own.data[(list != NULL && (next == NULL || list < next) ? list : next) -
				 at] = '\0';
		wr_text_clear(&name);
		wr_text_puts(&name, "table ");
		field_text(own.data, "table", &name);
		for (uint32_t i = 0; i < WR_COUNT(fields); i++) {
			const char *number = field_at(own.data, fields[i]);

			if (number != NULL)
				wr_text_printf(&value, "%s%s %lld", value.len > 0 ? ", " : "",
					       fields[i], strtoll(number, NULL, 10));
		}
		wr_sheet_text(&jobs->sheet, 0, wr_text_str(&name));
		wr_sheet_text(&jobs->sheet, 1, wr_text_str(&value));
	}
	wr_text_release(&value);
	wr_text_release(&name);
	wr_text_release(&own);
}

/* status as two columns, or the line itself. */
static wr_status *show_status(struct wr_jobs_command *jobs, const char *line)
{
	static const char *const fields[] = {"job",
					     "pid",
					     "state",
					     "waiting",
					     "elapsed_ms",
					     "rows_in",
					     "rows_out",
					     "rows_late",
					     "rows_bad",
					     "state_bytes",
					     "watermark_ms",
					     "checkpoint",
					     "checkpoints_done",
					     "checkpoints_failed",
					     "checkpoint_bytes",
					     "checkpoint_duration_ms",
					     "checkpoint_age_ms",
					     "checkpoint_folder"};
	static const char *const names[] = {"what", "value"};
	struct wr_text text;

	if (jobs->format == WR_FORMAT_JSON) {
		printf("%s\n", line);
		return NULL;
	}
	wr_text_init(&text);
	wr_sheet_init(&jobs->sheet, names, WR_COUNT(names));
	for (uint32_t i = 0; i < WR_COUNT(fields); i++) {
		const char *at = field_at(line, fields[i]);

		if (at == NULL || strncmp(at, "null", 4) == 0)
			continue;
		wr_text_clear(&text);
		if (!field_text(line, fields[i], &text))
			wr_text_add(&text, at, strcspn(at, ",}"));
		wr_sheet_text(&jobs->sheet, 0, fields[i]);
		wr_sheet_text(&jobs->sheet, 1, wr_text_str(&text));
	}
	wr_text_release(&text);
	add_tables(jobs, line);
	add_operators(jobs, line);
	return wr_sheet_show(&jobs->sheet, &jobs->output);
}

/* The text for people, or the line itself. */
static void show_why(const char *line)
{
	struct wr_text text;

	wr_text_init(&text);
	if (field_text(line, "text", &text))
		fputs(wr_text_str(&text), stdout);
	else
		printf("%s\n", line);
	wr_text_release(&text);
}

static wr_status *tell_job(struct wr_jobs_command *jobs)
{
	struct wr_text question, path;
	wr_status *status;

	WR_TRY(find_job(jobs));
	wr_text_init(&question);
	wr_text_init(&path);
	wr_text_puts(&question, jobs->drain ? "drain" : jobs->command);
	if (strcmp(jobs->command, "why") == 0 && jobs->format != WR_FORMAT_JSON)
		wr_text_puts(&question, " text");
	if (jobs->savepoint != NULL || jobs->word[1] != NULL) {
		wr_text_putc(&question, ' ');
		WR_TRY_OUT(status, put_folder(&question, jobs->savepoint != NULL ? jobs->savepoint
										 : jobs->word[1]));
	}
	wr_text_clear(&jobs->line);
	WR_TRY_OUT(status, wr_control_ask(jobs->found.data, question.data, &jobs->line));
	WR_TRY_OUT(status, answer_error(jobs->line.data));
	if (strcmp(jobs->command, "status") == 0)
		status = show_status(jobs, jobs->line.data);
	else if (strcmp(jobs->command, "why") == 0)
		show_why(jobs->line.data);
	else if (field_text(jobs->line.data, "savepoint", &path))
		printf("%s\n", path.data);
out:
	wr_text_release(&path);
	wr_text_release(&question);
	return status;
}

int wr_jobs_main(int argc, char **argv)
{
	struct wr_jobs_command jobs = {.command = argv[0]};
	wr_status *status;
	int code;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			wr_jobs_help(stdout, argv[0]);
			return WR_EXIT_DONE;
		}
	}
	status = read_command(&jobs, argc, argv);
	if (jobs.format == WR_FORMAT_AUTO)
		jobs.format = isatty(STDOUT_FILENO) ? WR_FORMAT_TABLE : WR_FORMAT_JSON;
	wr_output_init(&jobs.output, stdout, WR_RESULT_ROWS, jobs.format);
	if (status == NULL)
		status = jobs.login.server != NULL           ? wr_jobs_remote(&jobs)
			 : strcmp(jobs.command, "jobs") == 0 ? list_jobs(&jobs)
							     : tell_job(&jobs);
	code = status == NULL              ? WR_EXIT_DONE
	       : status->class == WR_RETRY ? WR_EXIT_FAILED
					   : WR_EXIT_SCRIPT;
	if (status != NULL) {
		fprintf(stderr, "weir: %s\n", status->text);
		if (status->hint != NULL)
			fprintf(stderr, "hint: %s\n", status->hint);
	}
	wr_status_free(status);
	wr_shell_login_release(&jobs.login);
	wr_sheet_release(&jobs.sheet);
	wr_output_release(&jobs.output);
	wr_text_release(&jobs.found);
	wr_text_release(&jobs.line);
	wr_text_release(&jobs.sockets);
	return code;
}
