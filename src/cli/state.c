/* SPDX-License-Identifier: Apache-2.0
 *
 * state - see state.h: the command line, the choice of states, the exit code.
 */
#include "cli/state.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"

#define WIDTH_MAX 200 /* characters of a cell shown: names of operators are long */

void wr_state_help(FILE *file)
{
	fputs(
	    "usage: weir state ls|schema|dump [options] PATH\n"
	    "       weir state diff [options] PATH PATH\n"
	    "\n"
	    "Shows what is in a checkpoint or savepoint: a .manifest file, or the newest good one "
	    "of\na folder.\n"
	    "\n"
	    "  ls                     checkpoints of the folder; states with their records and "
	    "bytes,\n"
	    "                         positions of sources, what sinks prepared, counters\n"
	    "  schema                 columns of the states: keys, namespace, fields\n"
	    "  dump                   the entries of the states\n"
	    "  diff                   what makes the first one the second: -D gone, +I new,\n"
	    "                         -U +U changed\n"
	    "\n"
	    "  --operator NAME        only states of this operator\n"
	    "  --state NAME           only states of this name\n"
	    "  --limit N              entries of a state shown at most (default: 100; 0: all)\n"
	    "  --format FORMAT        table, tsv, csv or json (default: table on a terminal, else\n"
	    "                         json); schema: also sql, the CREATE TABLE statements to "
	    "query "
	    "it\n"
	    "  --quiet                no summary\n"
	    "  --help                 this text\n"
	    "\n"
	    "Exit codes: 0 done, and for diff: nothing differs; 1 something differs; 2 something "
	    "cannot\nbe read.\n",
	    file);
}

/* --- the choice of states */

bool wr_state_is_chosen(const struct wr_state_view *view, const struct wr_saved_state *state)
{
	return (view->operator_name == NULL || strcmp(view->operator_name, state->op) == 0) &&
	       (view->state_name == NULL || strcmp(view->state_name, state->name) == 0);
}

wr_status *wr_state_none_chosen(const struct wr_state_view *view)
{
	const struct wr_manifest *m = view->manifest[0];
	const char *near = NULL;
	wr_status *status;

	if (m->state_count == 0)
		return wr_status_new(WR_USER_ERROR, "'%s' has no states", m->path);
	status = wr_status_new(WR_USER_ERROR, "'%s' has no such state", m->path);
	for (uint32_t i = 0; i < m->state_count && near == NULL; i++) {
		if (view->operator_name != NULL)
			near = wr_nearest(view->operator_name, &m->state[i].op, 1);
		else
			near = wr_nearest(view->state_name, &m->state[i].name, 1);
	}
	if (near != NULL)
		return wr_status_hint(status, "Did you mean '%s'?", near);
	return wr_status_hint(status, "See weir state ls for the operators and their states");
}

/* --- the command line */

static wr_status *bad_use(const char *format, const char *what)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, format, what), "See weir help state");
}

/* --format: those of all results, and sql for schema. */
static wr_status *read_format(struct wr_state_view *view, const char *value)
{
	static const char *const names[] = {"auto", "table", "tsv", "csv", "json"};

	view->sql = strcmp(value, "sql") == 0 && strcmp(view->what, "schema") == 0;
	for (uint32_t i = 1; i < WR_COUNT(names) && !view->sql; i++) {
		if (strcmp(names[i], value) == 0) {
			view->format = (enum wr_result_format)i;
			return NULL;
		}
	}
	return view->sql ? NULL : bad_use("'%s' is not a value of '--format'", value);
}

/* An option with a value; NULL: it was the last word. */
static wr_status *read_valued(struct wr_state_view *view, const char *option, const char *value)
{
	char *end;

	if (value == NULL)
		return bad_use("'%s' needs a value", option);
	if (strcmp(option, "--format") == 0)
		return read_format(view, value);
	if (strcmp(option, "--operator") == 0) {
		view->operator_name = value;
	} else if (strcmp(option, "--state") == 0) {
		view->state_name = value;
	} else {
		view->limit = strtoull(value, &end, 10);
		if (*value < '0' || *value > '9' || *end != '\0')
			return bad_use("'--limit' is a number, not '%s'", value);
		view->limit = view->limit == 0 ? UINT64_MAX : view->limit;
	}
	return NULL;
}

/* Reads the option at argv[*at], and its value where it has one. */
static wr_status *read_option(struct wr_state_view *view, char **argv, int *at)
{
	static const char *const valued[] = {"--operator", "--state", "--limit", "--format"};
	char *option = argv[*at], *value = strchr(option, '=');

	if (strcmp(option, "--quiet") == 0 || strcmp(option, "-q") == 0)
		return view->quiet = true, NULL;
	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < WR_COUNT(valued); i++) {
		if (strcmp(option, valued[i]) != 0)
			continue;
		if (value == NULL)
			value = argv[++*at];
		return read_valued(view, option, value);
	}
	return bad_use("There is no option '%s'", option);
}

/* The word behind `state`, then options and paths in any order. */
static wr_status *read_command(struct wr_state_view *view, int argc, char **argv)
{
	static const char *const whats[] = {"ls", "schema", "dump", "diff"};
	uint32_t paths = 0, needed;

	for (size_t i = 0; i < WR_COUNT(whats) && argc > 1; i++)
		if (strcmp(argv[1], whats[i]) == 0)
			view->what = whats[i];
	if (view->what == NULL)
		return bad_use("'%s' needs one of ls, schema, dump and diff", "state");
	needed = strcmp(view->what, "diff") == 0 ? 2 : 1;
	for (int i = 2; i < argc; i++) {
		if (argv[i][0] == '-')
			WR_TRY(read_option(view, argv, &i));
		else if (paths == needed)
			return bad_use("What is '%s'?", argv[i]);
		else
			view->path[paths++] = argv[i];
		if (i >= argc)
			break;
	}
	if (paths == needed)
		return NULL;
	return bad_use(needed == 1 ? "'%s' needs a checkpoint: a .manifest file or a folder"
				   : "'%s' needs two checkpoints: .manifest files or folders",
		       view->what);
}

/* --- the command */

static void tell_damaged(void *user, const char *path, const wr_status *why)
{
	fprintf(stderr, "weir: '%s' is passed over: %s\n", path, why->text);
}

/* Finds the checkpoints, then does what was asked for. */
static wr_status *run_view(struct wr_state_view *view, bool *differ)
{
	for (uint32_t i = 0; i < 2 && view->path[i] != NULL; i++)
		WR_TRY(wr_store_find(view->env, view->path[i], false, tell_damaged, NULL,
				     &view->manifest[i]));
	if (strcmp(view->what, "ls") == 0)
		return wr_state_ls(view);
	if (strcmp(view->what, "schema") == 0)
		return wr_state_schema(view);
	if (strcmp(view->what, "dump") == 0)
		return wr_state_dump(view);
	return wr_state_diff(view, differ);
}

int wr_state_main(int argc, char **argv)
{
	struct wr_state_view view = {.env = wr_env_system(), .limit = 100};
	bool differ = false;
	wr_status *status;
	int code;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			wr_state_help(stdout);
			return WR_EXIT_DONE;
		}
	}
	status = read_command(&view, argc, argv);
	if (view.format == WR_FORMAT_AUTO)
		view.format = isatty(STDOUT_FILENO) ? WR_FORMAT_TABLE : WR_FORMAT_JSON;
	wr_output_init(&view.output, stdout,
		       argc > 1 && strcmp(argv[1], "diff") == 0 ? WR_RESULT_CHANGELOG
								: WR_RESULT_ROWS,
		       view.format);
	view.output.width_max = WIDTH_MAX;
	if (status == NULL)
		status = run_view(&view, &differ);
	code = status != NULL ? WR_EXIT_SCRIPT : differ ? WR_EXIT_FAILED : WR_EXIT_DONE;
	if (status != NULL) {
		fprintf(stderr, "weir: %s\n", status->text);
		if (status->hint != NULL)
			fprintf(stderr, "hint: %s\n", status->hint);
	}
	wr_status_free(status);
	wr_output_release(&view.output);
	wr_manifest_free(view.manifest[0]);
	wr_manifest_free(view.manifest[1]);
	return code;
}
