/* SPDX-License-Identifier: Apache-2.0
 *
 * command - see command.h. Options may stand before or behind the script, `--name value` or
 * `--name=value`.
 */
#include "cli/command.h"

#include <string.h>

#include "base/mem.h"
#include "cli/control.h"
#include "cli/diff.h"
#include "cli/dlq.h"
#include "cli/serve.h"
#include "cli/shell.h"
#include "cli/state.h"
#include "cli/test.h"

static const char *const command_names[] = {
    "run",       "check", "explain", "check-upgrade", "diff", "state", "jobs", "status", "why",
    "savepoint", "stop",  "version", "help",          "docs", "dlq",   "sql",  "serve",  "test"};

static const char help_overview[] =
    "weir - stateful stream processing with Flink SQL, in one binary\n"
    "\n"
    "usage: weir COMMAND [options]\n"
    "\n"
    "  run            run a script of SQL statements\n"
    "  sql            a shell: statements that are typed, results that change in place\n"
    "  serve          a server with jobs, a REST API and a web page\n"
    "  check          parse and type-check a script; nothing runs\n"
    "  explain        show the logical and physical plans of a script's queries\n"
    "  check-upgrade  what a changed script takes over of its state\n"
    "  diff           compare two outputs: rows missing, extra, changed\n"
    "  state          show what is in a checkpoint: states, keys, values, positions\n"
    "  test           run tests of scripts\n"
    "  dlq            show the dead letters of a script, or replay them\n"
    "  jobs           list the jobs that run\n"
    "  status         show what a running job does\n"
    "  why            why a running job has no output\n"
    "  savepoint      make a savepoint of a running job\n"
    "  stop           end a running job, with a savepoint or drained\n"
    "  docs           print the manual of functions or options (Markdown)\n"
    "  version        print the version\n"
    "  help           show this, or the help of a command: weir help run\n"
    "\n"
    "example: weir run -e \"SELECT 1 + 1 AS two\"\n";

static const char help_script[] =
    "  FILE                   the script; - reads standard input\n"
    "  -e SQL                 the script itself\n"
    "  -v NAME=VALUE          replaces ${NAME} in the script; may be repeated\n"
    "  --set KEY=VALUE        as SET 'KEY' = 'VALUE' before the script; may be repeated\n"
    "                         (the options: weir docs options)\n";

static const char help_run[] =
    "usage: weir run [options] FILE | -e SQL | -\n"
    "\n"
    "Runs the statements of a script in their order. The whole script is checked first: when a\n"
    "statement is wrong, nothing has run.\n"
    "\n";

static const char help_run_options[] =
    "  --parallelism N        workers (default: one per core); the result does not depend on it\n"
    "  --plugin PATH          a shared object with connectors or functions; may be there\n"
    "                         several times\n"
    "  --restore PATH|latest  goes on from a checkpoint: the file, the folder of a job, or the\n"
    "                         newest one of execution.checkpointing.dir, if there is one\n"
    "  --from-savepoint PATH  goes on from there too, but with sinks that begin anew: history "
    "once\n"
    "                         more, for a script whose tables have other paths\n"
    "  --until TIMESTAMP      ends when the watermark has come so far; open windows stay open\n"
    "  --log-format F         of standard error: text or json; --log-level L: debug, info, warn "
    "or\n"
    "                         error. otel.* options and OTEL_* variables: docs/TELEMETRY.md\n"
    "  --upgrade              with --restore: takes over what still fits a changed script\n"
    "  --result MODE          of a bare SELECT: changelog (every change, row kind first) or final\n"
    "                         (the table at the end, sorted); without it rows show as they come,\n"
    "                         and an updating query shows its final table\n"
    "  --format FORMAT        table, tsv, csv or json (default: table on a terminal, else json)\n"
    "  --quiet                no progress line and no summary\n"
    "  --help                 this text\n"
    "\n"
    "Exit codes: 0 done, 1 the job failed, 2 the script is wrong (nothing has run), 130 "
    "interrupted\n"
    "(SIGINT, SIGTERM; what was complete has been written).\n";

static const char help_upgrade[] =
    "usage: weir check-upgrade [options] OLD.sql NEW.sql\n"
    "       weir check-upgrade [options] --checkpoint PATH NEW.sql\n"
    "\n"
    "Shows, state by state, what NEW.sql takes over (kept, kept in part), begins anew (rebuilt, "
    "new)\nand leaves behind (dropped) when it is run with --restore --upgrade in place of "
    "OLD.sql. Nothing\nruns.\n"
    "\n"
    "  --checkpoint PATH      what is there: a checkpoint, the folder of a job's checkpoints, or\n"
    "                         that of all jobs; without it: what OLD.sql keeps\n"
    "  -v NAME=VALUE          replaces ${NAME} in the scripts; may be repeated\n"
    "  --set KEY=VALUE        as SET 'KEY' = 'VALUE' before each script; may be repeated\n"
    "  --format FORMAT        table, tsv, csv or json (default: table on a terminal, else json)\n"
    "  --quiet                no summary\n"
    "  --help                 this text\n"
    "\n"
    "Exit codes: 0 everything goes on as it is, 1 something does not, 2 a script or the "
    "checkpoint\ncannot be read.\n";

void wr_command_help(FILE *file, const char *name)
{
	if (name != NULL && strcmp(name, "run") == 0) {
		fprintf(file, "%s%s%s", help_run, help_script, help_run_options);
	} else if (name != NULL && strcmp(name, "check") == 0) {
		fprintf(file,
			"usage: weir check [options] FILE | -e SQL | -\n\nParses and type-checks a "
			"script. Exit code 2 "
			"when it is wrong.\n\n%s  --help                 this text\n",
			help_script);
	} else if (name != NULL && strcmp(name, "explain") == 0) {
		fprintf(
		    file,
		    "usage: weir explain [options] FILE | -e SQL | -\n\nShows the logical plan "
		    "and the physical plan "
		    "of every query and INSERT, with change mode, time\nattribute, keys and "
		    "state of each operator.\n\n"
		    "%s  --analyze              runs the script, and shows its plans with rows and "
		    "bytes of state\n"
		    "                         of every operator; rows of a SELECT are not shown\n"
		    "  --format text|json     default: text\n  --help                 this "
		    "text\n",
		    help_script);
	} else if (name != NULL && strcmp(name, "docs") == 0) {
		fprintf(file, "usage: weir docs functions|options\n\nPrints the manual page of all "
			      "functions, or of all options, "
			      "as Markdown.\n");
	} else if (name != NULL && strcmp(name, "check-upgrade") == 0) {
		fputs(help_upgrade, file);
	} else if (name != NULL && strcmp(name, "diff") == 0) {
		wr_diff_help(file);
	} else if (name != NULL && wr_jobs_is(name)) {
		wr_jobs_help(file, name);
	} else if (name != NULL && strcmp(name, "sql") == 0) {
		wr_shell_help(file);
	} else if (name != NULL && strcmp(name, "serve") == 0) {
		wr_serve_help(file);
	} else if (name != NULL && strcmp(name, "test") == 0) {
		wr_test_help(file);
	} else if (name != NULL && strcmp(name, "dlq") == 0) {
		wr_dlq_help(file);
	} else if (name != NULL && strcmp(name, "state") == 0) {
		wr_state_help(file);
	} else if (name != NULL && strcmp(name, "version") == 0) {
		fprintf(file, "usage: weir version\n\nPrints the version.\n");
	} else {
		fputs(help_overview, file);
	}
}

static bool complain(const struct wr_command *command, const char *format, const char *what,
		     const char *near)
{
	fputs("weir: ", stderr);
	fprintf(stderr, format, what);
	if (near != NULL)
		fprintf(stderr, "; did you mean '%s'?", near);
	fprintf(stderr, "\nhint: weir help%s%s shows what is there.\n",
		command->name != NULL ? " " : "", command->name != NULL ? command->name : "");
	return false;
}

static void add_setting(struct wr_command *command, const char *key, const char *value)
{
	command->setting =
	    wr_realloc(command->setting, (command->setting_count + 1) * sizeof *command->setting);
	command->setting[command->setting_count++] = (struct wr_setting_given){key, value};
}

/* Splits KEY=VALUE in place; NULL: no '='. */
static char *split_pair(char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || equals == text)
		return NULL;
	*equals = '\0';
	return equals + 1;
}

static bool add_pair(struct wr_command *command, const char *option, char *text)
{
	char *value = split_pair(text);

	if (value == NULL)
		return complain(command, "'%s' needs NAME=VALUE", option, NULL);
	if (strcmp(option, "--set") == 0) {
		add_setting(command, text, value);
		return true;
	}
	command->variable_name = wr_realloc(
	    command->variable_name, (command->variable_count + 1) * sizeof *command->variable_name);
	command->variable_value =
	    wr_realloc(command->variable_value,
		       (command->variable_count + 1) * sizeof *command->variable_value);
	command->variable_name[command->variable_count] = text;
	command->variable_value[command->variable_count++] = value;
	return true;
}

static bool read_result(struct wr_command *command, const char *value)
{
	if (strcmp(value, "changelog") == 0)
		command->mode = WR_RESULT_CHANGELOG;
	else if (strcmp(value, "final") == 0)
		command->mode = WR_RESULT_FINAL;
	else
		return complain(command, "'--result' is changelog or final, not '%s'", value, NULL);
	return true;
}

static bool read_format(struct wr_command *command, const char *value)
{
	static const char *const names[] = {"auto", "table", "tsv", "csv", "json"};

	if (command->name != NULL && strcmp(command->name, "explain") == 0) {
		command->json = strcmp(value, "json") == 0;
		return command->json || strcmp(value, "text") == 0 ||
		       complain(command, "'--format' of explain is text or json, not '%s'", value,
				NULL);
	}
	for (uint32_t i = 1; i < WR_COUNT(names); i++)
		if (strcmp(value, names[i]) == 0) {
			command->format = (enum wr_result_format)i;
			return true;
		}
	return complain(command, "'--format' is table, tsv, csv or json, not '%s'", value,
			wr_nearest(value, names + 1, WR_COUNT(names) - 1));
}

/* An option that takes a value. */
static bool read_valued(struct wr_command *command, const char *option, char *value)
{
	if (strcmp(option, "-e") == 0)
		command->text = value;
	else if (strcmp(option, "-v") == 0 || strcmp(option, "--set") == 0)
		return add_pair(command, option, value);
	else if (strcmp(option, "--parallelism") == 0)
		add_setting(command, "parallelism.default", value);
	else if (strcmp(option, "--plugin") == 0)
		add_setting(command, "weir.plugins", value);
	else if (strcmp(option, "--restore") == 0)
		add_setting(command, "execution.state-recovery.path", value);
	else if (strcmp(option, "--until") == 0)
		add_setting(command, "weir.run.until", value);
	else if (strcmp(option, "--log-format") == 0)
		add_setting(command, "log.format", value);
	else if (strcmp(option, "--log-level") == 0)
		add_setting(command, "log.level", value);
	else if (strcmp(option, "--from-savepoint") == 0) {
		add_setting(command, "execution.state-recovery.path", value);
		add_setting(command, "weir.state.replay", "true");
	} else if (strcmp(option, "--checkpoint") == 0)
		command->checkpoint = value;
	else if (strcmp(option, "--result") == 0)
		return read_result(command, value);
	else
		return read_format(command, value);
	return true;
}

static bool is_valued(const char *option)
{
	static const char *const valued[] = {
	    "-e",       "-v",        "--set",        "--parallelism", "--result",
	    "--plugin", "--format",  "--restore",    "--checkpoint",  "--from-savepoint",
	    "--until",  "--analyze", "--log-format", "--log-level"};

	for (size_t i = 0; i < WR_COUNT(valued); i++)
		if (strcmp(option, valued[i]) == 0)
			return true;
	return false;
}

static bool read_option(struct wr_command *command, int argc, char **argv, int *at)
{
	static const char *const known[] = {"-e",
					    "-v",
					    "--set",
					    "--parallelism",
					    "--result",
					    "--format",
					    "--plugin",
					    "--quiet",
					    "--help",
					    "--restore",
					    "--upgrade",
					    "--checkpoint",
					    "--from-savepoint",
					    "--until",
					    "--log-format",
					    "--log-level"};
	char *option = argv[*at],
	     *value = strncmp(option, "--", 2) == 0 ? strchr(option, '=') : NULL;

	if (strcmp(option, "--quiet") == 0 || strcmp(option, "-q") == 0) {
		command->quiet = true;
		return true;
	}
	if (strcmp(option, "--analyze") == 0) {
		command->analyze = true;
		return true;
	}
	if (strcmp(option, "--upgrade") == 0) {
		add_setting(command, "weir.state.upgrade", "true");
		return true;
	}
	if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
		command->help = true;
		return true;
	}
	if (value != NULL)
		*value++ = '\0';
	if (!is_valued(option))
		return complain(command, "There is no option '%s'", option,
				wr_nearest(option, known, WR_COUNT(known)));
	if (value == NULL && *at + 1 < argc)
		value = argv[++*at];
	if (value == NULL)
		return complain(command, "'%s' needs a value", option, NULL);
	return read_valued(command, option, value);
}

static bool read_name(struct wr_command *command, const char *name)
{
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	for (size_t i = 0; i < WR_COUNT(command_names); i++)
		if (strcmp(name, command_names[i]) == 0) {
			command->name = command_names[i];
			return true;
		}
	return complain(command, "There is no command '%s'", name,
			wr_nearest(name, command_names, WR_COUNT(command_names)));
}

bool wr_command_read(struct wr_command *command, int argc, char **argv)
{
	bool script;

	*command = (struct wr_command){0};
	if (argc < 2) {
		wr_command_help(stderr, NULL);
		return false;
	}
	if (!read_name(command, argv[1]))
		return false;
	for (int i = 2; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '\0') {
			if (!read_option(command, argc, argv, &i))
				return false;
		} else if (command->file != NULL && command->old_file == NULL &&
			   strcmp(command->name, "check-upgrade") == 0) {
			command->old_file = command->file;
			command->file = argv[i];
		} else if (command->file != NULL) {
			return complain(command, "One script is enough: what is '%s'?", argv[i],
					NULL);
		} else {
			command->file = argv[i];
		}
	}
	if (strcmp(command->name, "check-upgrade") == 0 && !command->help &&
	    (command->file == NULL || (command->old_file == NULL && command->checkpoint == NULL)))
		return complain(command, "'%s' needs two scripts, or --checkpoint and a script",
				command->name, NULL);
	script = strcmp(command->name, "run") == 0 || strcmp(command->name, "check") == 0 ||
		 strcmp(command->name, "explain") == 0;
	if (script && !command->help && command->file == NULL && command->text == NULL)
		return complain(command, "'%s' needs a script: a file, - or -e SQL", command->name,
				NULL);
	if (script && command->file != NULL && command->text != NULL)
		return complain(command,
				"Both -e and the file '%s' are given: one script is enough",
				command->file, NULL);
	return true;
}

void wr_command_release(struct wr_command *command)
{
	wr_free(command->setting);
	wr_free(command->variable_name);
	wr_free(command->variable_value);
}
