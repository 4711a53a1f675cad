/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_command - lines that begin with a backslash.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "cli/shell.h"

struct command {
	const char *name;     /* without the backslash */
	const char *argument; /* as shown by \?; "" */
	const char *doc;
	void (*run)(struct wr_shell *shell, char *argument);
};

static void wrong(struct wr_shell *shell, const char *text)
{
	fprintf(stderr, "weir: %s\n", text);
	shell->failed = true;
}

/* --- what is there */

/* A statement made of a name that the user gave as it stands in SQL. */
static void run_about(struct wr_shell *shell, const char *statement, const char *name)
{
	struct wr_text sql;

	wr_text_init(&sql);
	wr_text_printf(&sql, "%s%s%s", statement, *name != '\0' ? " " : "", name);
	wr_shell_execute(shell, wr_text_str(&sql));
	wr_text_release(&sql);
}

static void run_describe(struct wr_shell *shell, char *name)
{
	run_about(shell, *name == '\0' ? "SHOW TABLES" : "DESCRIBE", name);
}

/* An error of the backend, which is freed. */
static void show_error(struct wr_shell *shell, char *error)
{
	if (error == NULL)
		return;
	fputs(error, stderr);
	shell->failed = true;
	wr_free(error);
}

static void run_describe_more(struct wr_shell *shell, char *name)
{
	if (*name == '\0') {
		show_error(shell, shell->backend->tables(shell->backend, &shell->view));
		return;
	}
	run_about(shell, "DESCRIBE", name);
	if (!shell->failed)
		run_about(shell, "SHOW CREATE TABLE", name);
}

static void run_ddl(struct wr_shell *shell, char *name)
{
	if (*name == '\0')
		wrong(shell, "\\ddl needs the name of a table");
	else
		run_about(shell, "SHOW CREATE TABLE", name);
}

static void run_tables(struct wr_shell *shell, char *argument)
{
	run_about(shell, "SHOW TABLES", "");
}

static void run_views(struct wr_shell *shell, char *argument)
{
	run_about(shell, "SHOW VIEWS", "");
}

static void run_functions(struct wr_shell *shell, char *argument)
{
	run_about(shell, "SHOW FUNCTIONS", "");
}

static void run_options(struct wr_shell *shell, char *argument)
{
	run_about(shell, "SET", "");
}

static void run_explain(struct wr_shell *shell, char *sql)
{
	if (*sql == '\0' && shell->last == NULL)
		wrong(shell, "\\e explains a statement, or the last one: there is none");
	else
		run_about(shell, "EXPLAIN", *sql != '\0' ? sql : shell->last);
}

static void run_jobs(struct wr_shell *shell, char *argument)
{
	show_error(shell, shell->backend->jobs(shell->backend, &shell->view));
}

/* JOB [--savepoint [FOLDER]] [--drain], in any order. */
static void run_stop(struct wr_shell *shell, char *words)
{
	struct wr_shell_stop stop = {0};
	char *rest, *word = strtok_r(words, " \t", &rest);

	for (; word != NULL; word = strtok_r(NULL, " \t", &rest)) {
		if (strcmp(word, "--savepoint") == 0) {
			stop.savepoint = true;
		} else if (strcmp(word, "--drain") == 0) {
			stop.drain = true;
		} else if (stop.job == NULL) {
			stop.job = word;
		} else if (stop.savepoint && stop.folder == NULL) {
			stop.folder = word;
		} else {
			wrong(shell, "\\stop takes JOB [--savepoint [FOLDER]] [--drain]");
			return;
		}
	}
	if (stop.job == NULL)
		wrong(shell, "\\stop needs a job: \\jobs lists them");
	else if (stop.savepoint && stop.drain)
		wrong(shell, "\\stop: a job is drained, or stopped with a savepoint");
	else
		show_error(shell, shell->backend->stop(shell->backend, &stop));
}

/* --- how it is shown */

/* The number of a word in a list; -1: it is not there, and that is said. */
static int choose(struct wr_shell *shell, const char *command, const char *word,
		  const char *const *names, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcasecmp(word, names[i]) == 0)
			return (int)i;
	fprintf(stderr, "weir: \\%s takes", command);
	for (uint32_t i = 0; i < count; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : i + 1 == count ? " or" : ",", names[i]);
	fprintf(stderr, ", not '%s'\n", word);
	shell->failed = true;
	return -1;
}

static void run_mode(struct wr_shell *shell, char *word)
{
	static const char *const names[] = {"auto", "changelog", "table"};
	int mode = choose(shell, "mode", word, names, 3);

	if (mode >= 0)
		shell->view.mode = (enum wr_shell_mode)mode;
}

static void run_format(struct wr_shell *shell, char *word)
{
	static const char *const names[] = {"table", "expanded", "tsv", "csv", "json"};
	int format = choose(shell, "format", word, names, 5);

	if (format >= 0)
		shell->view.format = (enum wr_shell_format)format;
}

static void run_expanded(struct wr_shell *shell, char *argument)
{
	bool expanded = shell->view.format != WR_SHELL_EXPANDED;

	shell->view.format = expanded ? WR_SHELL_EXPANDED : WR_SHELL_ALIGNED;
	fprintf(stderr, "Rows are shown %s\n", expanded ? "column by column" : "as a table");
}

static void run_timing(struct wr_shell *shell, char *argument)
{
	shell->timing = !shell->timing;
	fprintf(stderr, "Timing is %s\n", shell->timing ? "on" : "off");
}

static void run_output(struct wr_shell *shell, char *path)
{
	FILE *file = stdout;

	if (*path != '\0' && (file = fopen(path, "w")) == NULL) {
		fprintf(stderr, "weir: '%s' cannot be written\n", path);
		shell->failed = true;
		return;
	}
	if (shell->view.file != stdout)
		fclose(shell->view.file);
	shell->view.file = file;
	shell->view.live = *path == '\0' && shell->interactive;
}

/* --- what is done */

static void run_include(struct wr_shell *shell, char *path)
{
	if (*path == '\0')
		wrong(shell, "\\i needs a file");
	else
		wr_shell_file(shell, path);
}

static void run_watch(struct wr_shell *shell, char *seconds)
{
	wr_shell_watch(shell, seconds);
}

static void run_again(struct wr_shell *shell, char *argument)
{
	char *sql = shell->last != NULL ? wr_strdup(shell->last) : NULL;

	if (sql == NULL)
		wrong(shell, "\\g runs the last statement again: there is none");
	else
		wr_shell_execute(shell, sql);
	wr_free(sql);
}

static void run_quit(struct wr_shell *shell, char *argument)
{
	shell->quit = true;
}

static void run_help(struct wr_shell *shell, char *argument);

static const struct command commands[] = {
    {"?", "", "this list", run_help},
    {"help", "", "the same", run_help},
    {"d", "[NAME]", "the tables, or the columns of one", run_describe},
    {"d+", "[NAME]", "the same with kinds and comments, or with the declaration",
     run_describe_more},
    {"dt", "", "the tables", run_tables},
    {"dv", "", "the views", run_views},
    {"df", "", "the functions", run_functions},
    {"ddl", "NAME", "the statement that makes a table", run_ddl},
    {"options", "", "the options and their values", run_options},
    {"e", "[SQL]", "the plan of a statement, or of the last one, as a tree", run_explain},
    {"jobs", "", "the jobs of INSERTs", run_jobs},
    {"stop", "JOB ...", "ends a job; --savepoint [FOLDER]: with one; --drain: its input ends",
     run_stop},
    {"mode", "MODE", "auto, changelog (every change with its kind) or table (as it is now)",
     run_mode},
    {"format", "FORMAT", "table, expanded, tsv, csv or json", run_format},
    {"x", "", "rows column by column, or as a table again", run_expanded},
    {"timing", "", "how long each statement takes, or not", run_timing},
    {"o", "[FILE]", "results go to a file, or to the terminal again", run_output},
    {"i", "FILE", "executes a file", run_include},
    {"watch", "[SECONDS]", "the last statement again and again, every 2 seconds", run_watch},
    {"g", "", "the last statement again", run_again},
    {"q", "", "ends the shell, as Ctrl-D does", run_quit},
};

static void run_help(struct wr_shell *shell, char *argument)
{
	FILE *file = shell->view.file;

	fputs("Statements end with a semicolon. Ctrl-C ends what runs.\n\n", file);
	for (uint32_t i = 0; i < WR_COUNT(commands); i++)
		fprintf(file, "  \\%s %-*s %s\n", commands[i].name,
			(int)(18 - strlen(commands[i].name)), commands[i].argument,
			commands[i].doc);
}

void wr_shell_command(struct wr_shell *shell, const char *line)
{
	char *copy = wr_strdup(line + 1), *argument;
	size_t len = strlen(copy);

	while (len > 0 && strchr("; \t\r\n", copy[len - 1]) != NULL)
		copy[--len] = '\0';
	argument = copy + strcspn(copy, " \t");
	if (*argument != '\0')
		*argument++ = '\0';
	argument += strspn(argument, " \t");
	for (uint32_t i = 0; i < WR_COUNT(commands); i++) {
		if (strcmp(copy, commands[i].name) == 0) {
			wr_shell_interrupts();
			commands[i].run(shell, argument);
			fflush(shell->view.file);
			wr_free(copy);
			return;
		}
	}
	fprintf(stderr, "weir: There is no command '\\%s'\nhint: \\? lists them\n", copy);
	shell->failed = true;
	wr_free(copy);
}
