/* SPDX-License-Identifier: Apache-2.0
 *
 * shell - see shell.h: the command line of weir sql.
 */
#include "cli/shell.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/env.h"
#include "cli/command.h"
#include "weir/version.h"

void wr_shell_help(FILE *file)
{
	fputs(
	    "usage: weir sql [options] [FILE]\n"
	    "\n"
	    "Executes statements as they are typed, or those of a file, of -e or of standard "
	    "input.\n"
	    "\n"
	    "  --server URL      the statements are those of a running weir serve, "
	    "http://HOST:PORT\n"
	    "  --user NAME       logs in there; the password is asked for, or in WEIR_PASSWORD\n"
	    "  --token TOKEN     logs in by a token; --token-file FILE: by the one in a file\n"
	    "  --ca-file FILE    authorities of the server's certificate (PEM)\n"
	    "  --insecure        the server's certificate is not looked at\n"
	    "  -e SQL            executes this\n"
	    "  -v NAME=VALUE     replaces ${NAME} in statements; may be repeated\n"
	    "  --set KEY=VALUE   as SET 'KEY' = 'VALUE' at the beginning; may be repeated\n"
	    "  --init FILE       executes a file first, and then reads what is typed\n"
	    "  --mode MODE       auto, changelog (every change with its kind) or table (as it is\n"
	    "                    now); auto: a table where rows may be taken back\n"
	    "  --format FORMAT   table, expanded, tsv, csv or json\n"
	    "  --history FILE    where statements that were typed are kept (default:\n"
	    "                    $XDG_STATE_HOME/weir/history or ~/.local/state/weir/history)\n"
	    "  --timing          shows how long each statement takes\n"
	    "  --help            this text\n"
	    "\n"
	    "WEIR_USER, WEIR_TOKEN and WEIR_TOKEN_FILE log in where the command line does not.\n"
	    "\\? lists the commands of the shell. Exit codes: 0 done, 1 a statement of a script\n"
	    "failed, 2 the command line is wrong.\n",
	    file);
}

static int complain(const char *format, const char *what)
{
	fputs("weir: ", stderr);
	fprintf(stderr, format, what);
	fputs("\nhint: weir sql --help shows what is there\n", stderr);
	return WR_EXIT_SCRIPT;
}

/* KEY=VALUE in place; false: it is none. */
static bool add_pair(const char ***keys, const char ***values, uint32_t *count, char *pair)
{
	char *equals = strchr(pair, '=');

	if (equals == NULL || equals == pair)
		return false;
	*equals = '\0';
	*keys = wr_realloc(*keys, (*count + 1) * sizeof **keys);
	*values = wr_realloc(*values, (*count + 1) * sizeof **values);
	(*keys)[*count] = pair;
	(*values)[(*count)++] = equals + 1;
	return true;
}

static int index_of(const char *word, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	return -1;
}

/* An option with its value; an exit code other than 0 when it is wrong. */
static int read_option(struct wr_shell_options *options, const char *option, char *value)
{
	static const char *const modes[] = {"auto", "changelog", "table"};
	static const char *const formats[] = {"table", "expanded", "tsv", "csv", "json"};
	int number;

	if (wr_shell_login_option(&options->login, option, value)) {
		return 0;
	} else if (strcmp(option, "-e") == 0) {
		options->text = value;
	} else if (strcmp(option, "--init") == 0) {
		options->init = value;
	} else if (strcmp(option, "--history") == 0) {
		options->history = value;
	} else if (strcmp(option, "-v") == 0) {
		if (!add_pair(&options->variable_name, &options->variable_value,
			      &options->variable_count, value))
			return complain("-v takes NAME=VALUE, not '%s'", value);
	} else if (strcmp(option, "--set") == 0) {
		if (!add_pair(&options->key, &options->value, &options->setting_count, value))
			return complain("--set takes KEY=VALUE, not '%s'", value);
	} else if (strcmp(option, "--mode") == 0) {
		if ((number = index_of(value, modes, 3)) < 0)
			return complain("--mode is auto, changelog or table, not '%s'", value);
		options->mode = (enum wr_shell_mode)number;
	} else if (strcmp(option, "--format") == 0) {
		if ((number = index_of(value, formats, 5)) < 0)
			return complain("--format is table, expanded, tsv, csv or json, not '%s'",
					value);
		options->format = (enum wr_shell_format)number;
		options->format_given = true;
	} else {
		return complain("There is no option '%s'", option);
	}
	return 0;
}

/* The command line; an exit code other than 0 when it is wrong. */
static int read_options(struct wr_shell_options *options, char **argv, bool *timing, bool *help)
{
	int code;

	for (int i = 1; argv[i] != NULL; i++) {
		char *option = argv[i];

		if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
			*help = true;
		} else if (strcmp(option, "--timing") == 0) {
			*timing = true;
		} else if (strcmp(option, "--insecure") == 0) {
			options->login.insecure = true;
		} else if (option[0] != '-' || option[1] == '\0') {
			if (options->file != NULL)
				return complain("One file is enough: what is '%s'?", option);
			options->file = option;
		} else if (argv[i + 1] == NULL) {
			return complain("'%s' is no option, or needs a value", option);
		} else if ((code = read_option(options, option, argv[++i])) != 0) {
			return code;
		}
	}
	if (options->file != NULL && options->text != NULL)
		return complain("Both -e and the file '%s' are given: one is enough",
				options->file);
	return 0;
}

/* Where statements are kept, with its folder made; "": nowhere. */
static void history_path(const char *given, struct wr_text *path)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct wr_env *env = wr_env_system();

	if (given != NULL) {
		wr_text_puts(path, given);
		return;
	}
	if (state != NULL && *state == '/')
		wr_text_printf(path, "%s/weir", state);
	else if (home != NULL && *home == '/')
		wr_text_printf(path, "%s/.local/state/weir", home);
	else
		return;
	wr_status_free(env->ops->make_dirs(env, path->data)); /* then there is no history */
	wr_text_puts(path, "/history");
}

static void interact(struct wr_shell *shell, const struct wr_shell_options *options)
{
	struct wr_text history;

	wr_text_init(&history);
	history_path(options->history, &history);
	fputs("Weir " WEIR_VERSION ". Statements end with a semicolon; \\? lists the commands, "
	      "Tab completes.\n",
	      stdout);
	wr_shell_interact(shell, history.data);
	wr_text_release(&history);
}

/* Everything that was asked for, then the exit code. */
static int run(struct wr_shell *shell, const struct wr_shell_options *options)
{
	bool typed = options->file == NULL && options->text == NULL;

	if (options->init != NULL)
		wr_shell_file(shell, options->init);
	if (options->text != NULL)
		wr_shell_script(shell, options->text, strlen(options->text));
	else if (!typed || !isatty(STDIN_FILENO))
		wr_shell_file(shell, typed ? "-" : options->file);
	else
		interact(shell, options);
	return shell->failed && !shell->interactive            ? WR_EXIT_FAILED
	       : wr_shell_interrupted() && !shell->interactive ? WR_EXIT_INTERRUPTED
							       : WR_EXIT_DONE;
}

/* The backend, or NULL and an exit code, when that has been said. */
static struct wr_backend *open_backend(struct wr_shell_options *options, int *code)
{
	struct wr_backend *backend;
	char *error;
	wr_status *status = wr_shell_login_complete(&options->login);

	*code = WR_EXIT_SCRIPT;
	if (status != NULL) {
		fprintf(stderr, "weir: %s\n", status->text);
		if (status->hint != NULL)
			fprintf(stderr, "hint: %s\n", status->hint);
		wr_status_free(status);
		return NULL;
	}
	backend = options->login.server != NULL ? wr_backend_remote(options, &error)
						: wr_backend_local(options, &error);
	if (backend == NULL) {
		fputs(error, stderr);
		wr_free(error);
	}
	return backend;
}

/* The shell from its beginning to its end; its exit code. */
static int start(struct wr_shell *shell, struct wr_shell_options *options)
{
	int code;

	shell->backend = open_backend(options, &code);
	if (shell->backend == NULL)
		return code;
	shell->interactive = options->file == NULL && options->text == NULL &&
			     isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	wr_shell_view_init(&shell->view, stdout);
	shell->view.mode = options->mode;
	shell->view.format = options->format;
	wr_shell_interrupts();
	code = run(shell, options);
	wr_shell_view_release(&shell->view);
	shell->backend->free(shell->backend);
	return code;
}

int wr_shell_main(int argc, char **argv)
{
	struct wr_shell_options options = {0};
	struct wr_shell shell = {0};
	bool help = false;
	int code;

	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	code = read_options(&options, argv, &shell.timing, &help);
	if (help)
		wr_shell_help(stdout);
	if (code == 0 && !help)
		code = start(&shell, &options);
	wr_text_release(&shell.whole);
	wr_free(shell.last);
	wr_free(options.key);
	wr_free(options.value);
	wr_free(options.variable_name);
	wr_free(options.variable_value);
	wr_shell_login_release(&options.login);
	return code;
}
