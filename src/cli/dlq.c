/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq - see dlq.h: the command line, and `weir dlq show`.
 */
#include "cli/dlq.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/letters.h"

void wr_dlq_help(FILE *file)
{
	fputs(
	    "usage: weir dlq show [options] SCRIPT\n"
	    "       weir dlq replay --table TABLE [options] SCRIPT\n"
	    "\n"
	    "Looks at the rows that a script could not read, evaluate or write, in the table "
	    "where\n"
	    "'error-handling.mode' = 'log' keeps them; reads them once more when what was wrong "
	    "is\n"
	    "mended.\n"
	    "\n"
	    "  show                   counts them by table and kind of error, with the first and "
	    "the\n"
	    "                         last time\n"
	    "  replay                 runs the INSERT statements of SCRIPT that read TABLE, with "
	    "the\n"
	    "                         letters in place of its rows: same format, same query, same\n"
	    "                         sinks. What fails again is a dead letter again, with one "
	    "more\n"
	    "                         attempt\n"
	    "\n"
	    "  --table TABLE          only letters of this table\n"
	    "  --from TABLE           the table of dead letters (default: as the script says)\n"
	    "  --into TABLE           replay: writes the letters to TABLE as they are, and runs\n"
	    "                         nothing; it has one column, and 'format' = 'raw'\n"
	    "  --done FILE            replay: where it is noted which letters were replayed\n"
	    "                         (default: SCRIPT.replayed)\n"
	    "  --again                replay: also letters that were replayed before\n"
	    "  --limit N              replay: the first N letters\n"
	    "  -v NAME=VALUE          replaces ${NAME} in the script; may be repeated\n"
	    "  --set KEY=VALUE        as SET 'KEY' = 'VALUE' before the script; may be repeated\n"
	    "  --format FORMAT        show: table, tsv, csv or json (default: table on a "
	    "terminal,\n"
	    "                         else json)\n"
	    "  --quiet                no summary\n"
	    "  --help                 this text\n"
	    "\n"
	    "Exit codes: 0 done, 1 the replay failed, 2 the script or the command line is wrong.\n",
	    file);
}

/* --- the command line */

static wr_status *bad_use(const char *format, const char *what)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, format, what), "See weir help dlq");
}

/* NAME=VALUE of -v and --set. */
static wr_status *read_pair(struct wr_command *options, const char *option, char *value)
{
	char *equals = strchr(value, '=');
	uint32_t n;

	if (equals == NULL || equals == value)
		return bad_use("'%s' is not NAME=VALUE", value);
	*equals = '\0';
	if (strcmp(option, "-v") == 0) {
		n = options->variable_count++;
		options->variable_name =
		    wr_realloc(options->variable_name, (n + 1) * sizeof(char *));
		options->variable_value =
		    wr_realloc(options->variable_value, (n + 1) * sizeof(char *));
		options->variable_name[n] = value;
		options->variable_value[n] = equals + 1;
		return NULL;
	}
	n = options->setting_count++;
	options->setting = wr_realloc(options->setting, (n + 1) * sizeof *options->setting);
	options->setting[n] = (struct wr_setting_given){value, equals + 1};
	return NULL;
}

static wr_status *read_format(struct wr_dlq *dlq, const char *value)
{
	static const char *const names[] = {"auto", "table", "tsv", "csv", "json"};

	for (uint32_t i = 1; i < WR_COUNT(names); i++) {
		if (strcmp(names[i], value) == 0) {
			dlq->format = (enum wr_result_format)i;
			return NULL;
		}
	}
	return bad_use("'%s' is not a value of '--format'", value);
}

static wr_status *read_limit(struct wr_dlq *dlq, const char *value)
{
	char *end;

	dlq->limit = strtoull(value, &end, 10);
	return *end == '\0' && value[0] >= '0' && value[0] <= '9'
		   ? NULL
		   : bad_use("'%s' is not a number of letters", value);
}

static wr_status *read_valued(struct wr_dlq *dlq, const char *option, char *value)
{
	const struct {
		const char *name;
		const char **to;
	} names[] = {{"--table", &dlq->table},
		     {"--from", &dlq->dead},
		     {"--into", &dlq->target},
		     {"--done", &dlq->done}};

	if (value == NULL)
		return bad_use("'%s' needs a value", option);
	if (strcmp(option, "-v") == 0 || strcmp(option, "--set") == 0)
		return read_pair(&dlq->options, option, value);
	if (strcmp(option, "--format") == 0)
		return read_format(dlq, value);
	if (strcmp(option, "--limit") == 0)
		return read_limit(dlq, value);
	for (uint32_t i = 0; i < WR_COUNT(names); i++)
		if (strcmp(names[i].name, option) == 0)
			*names[i].to = value;
	return NULL;
}

static wr_status *read_option(struct wr_dlq *dlq, char **argv, int *at)
{
	static const char *const valued[] = {"-v",     "--set",  "--table", "--from",
					     "--into", "--done", "--limit", "--format"};
	char *option = argv[*at], *value = option[1] == '-' ? strchr(option, '=') : NULL;

	if (strcmp(option, "--again") == 0) {
		dlq->again = true;
		return NULL;
	}
	if (strcmp(option, "--quiet") == 0 || strcmp(option, "-q") == 0) {
		dlq->quiet = true;
		return NULL;
	}
	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < WR_COUNT(valued); i++)
		if (strcmp(option, valued[i]) == 0)
			return read_valued(dlq, option, value != NULL ? value : argv[++*at]);
	return bad_use("There is no option '%s'", option);
}

static wr_status *read_command(struct wr_dlq *dlq, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			WR_TRY(read_option(dlq, argv, &i));
		else if (dlq->command == NULL)
			dlq->command = argv[i];
		else if (dlq->file == NULL)
			dlq->file = argv[i];
		else
			return bad_use("What is '%s'?", argv[i]);
	}
	if (dlq->command == NULL)
		return bad_use("'weir dlq' needs a command: %s", "show or replay");
	if (strcmp(dlq->command, "show") != 0 && strcmp(dlq->command, "replay") != 0)
		return bad_use("There is no command 'weir dlq %s'", dlq->command);
	if (dlq->file == NULL)
		return bad_use("'weir dlq %s' needs the script whose letters they are",
			       dlq->command);
	if (strcmp(dlq->command, "replay") == 0 && dlq->table == NULL)
		return bad_use("'weir dlq replay' needs %s: the table that is read once more",
			       "--table TABLE");
	return NULL;
}

/* --- show */

struct show {
	struct wr_session *session;
	struct wr_output output;
};

static wr_status *show_begin(void *user, const struct wr_schema *schema, bool updating,
			     bool ordered)
{
	struct show *show = user;

	return wr_output_begin(&show->output, schema, updating, ordered,
			       wr_session_result_zone(show->session));
}

static wr_status *show_rows(void *user, const struct wr_batch *batch)
{
	return wr_output_rows(&((struct show *)user)->output, batch);
}

static wr_status *show_end(void *user)
{
	return wr_output_end(&((struct show *)user)->output);
}

static wr_status *run_show(const struct wr_dlq *dlq)
{
	struct show show = {0};
	struct wr_listener listener = {.result_begin = show_begin,
				       .result_rows = show_rows,
				       .result_end = show_end,
				       .user = &show};
	enum wr_result_format format = dlq->format;
	struct wr_text sql;
	const char *dead;
	wr_status *status;

	if (format == WR_FORMAT_AUTO)
		format = isatty(STDOUT_FILENO) ? WR_FORMAT_TABLE : WR_FORMAT_JSON;
	wr_text_init(&sql);
	show.session = wr_session_new(&listener);
	wr_output_init(&show.output, stdout, WR_RESULT_FINAL, format);
	WR_TRY_OUT(status, wr_dlq_look(dlq, show.session, &dead));
	WR_TRY_OUT(status, wr_letters_summary(show.session, dead, dlq->table, &sql));
	status = wr_session_script(show.session, (struct wr_str){sql.data, sql.len}, NULL,
				   WR_SCRIPT_RUN);
out:
	wr_output_release(&show.output);
	wr_session_free(show.session);
	wr_text_release(&sql);
	return status;
}

static wr_status *run(struct wr_dlq *dlq, int *code)
{
	WR_TRY(wr_env_read_file(wr_env_system(), dlq->file, WR_SQL_BYTES_MAX, &dlq->text,
				&dlq->script.len));
	dlq->script.data = dlq->text;
	return strcmp(dlq->command, "show") == 0 ? run_show(dlq) : wr_dlq_replay(dlq, code);
}

int wr_dlq_main(int argc, char **argv)
{
	struct wr_dlq dlq = {0};
	int code = WR_EXIT_DONE;
	wr_status *status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			wr_dlq_help(stdout);
			return WR_EXIT_DONE;
		}
	}
	status = read_command(&dlq, argc, argv);
	if (status == NULL)
		status = run(&dlq, &code);
	if (status != NULL) {
		wr_command_report(dlq.file != NULL ? dlq.file : "weir dlq", dlq.script, status);
		if (code == WR_EXIT_DONE)
			code = WR_EXIT_SCRIPT;
	}
	wr_status_free(status);
	wr_command_release(&dlq.options);
	wr_free(dlq.text);
	return code;
}
