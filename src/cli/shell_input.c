/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_input - what a person types: lines with history and completion (libedit), until a statement
 * is whole. Without libedit lines are read as they are.
 */
#include <editline/readline.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/module.h"
#include "catalog/catalog.h"
#include "cli/shell.h"
#include "cli/shell_text.h"
#include "sql/keyword.h"

#define HISTORY_MAX 5000 /* statements */

/* clang-format off */
#define EDIT_CALLS(X)                                                                              \
	X(readline)                                                                                \
	X(add_history)                                                                             \
	X(read_history)                                                                            \
	X(write_history)                                                                           \
	X(stifle_history)                                                                          \
	X(using_history)                                                                           \
	X(rl_completion_matches)                                                                   \
	X(rl_attempted_completion_function)                                                        \
	X(rl_attempted_completion_over)                                                            \
	X(rl_completer_word_break_characters)                                                      \
	X(rl_completion_append_character)                                                          \
	X(rl_line_buffer)                                                                          \
	X(rl_readline_name)
/* clang-format on */

struct edit_calls {
	EDIT_CALLS(WR_MODULE_FIELD)
};
static const char *const edit_names[] = {EDIT_CALLS(WR_MODULE_NAME)};
static const struct wr_module_spec edit_module = {
    .what = "Editing of lines",
    .package = "libedit2",
    .sonames = {"libedit.so.2", "libedit.so.0"},
    .names = edit_names,
    .count = WR_COUNT(edit_names),
};

/* libedit calls back without an argument. */
static struct {
	struct edit_calls call;
	struct wr_shell *shell;
	struct wr_map names; /* that fit at the moment */
	uint32_t next;
	sigjmp_buf typing;
	volatile sig_atomic_t can_jump;
} input;

/* --- completion ---------------------------------------------------------------------------------
 */

static void add_name(const char *name)
{
	if (input.names.count < WR_SHELL_NAMES_MAX)
		wr_map_put(&input.names, name, (void *)1);
}

/* Whether what is being typed is the key of SET. */
static bool is_option_key(int begin)
{
	const char *line = *input.call.rl_line_buffer;

	return begin > 0 && line[begin - 1] == '\'' &&
	       (strncasecmp(line, "set ", 4) == 0 || strncasecmp(line, "reset ", 6) == 0);
}

/* Whether it is what \stop needs. */
static bool is_job(int begin)
{
	return begin > 0 && strncmp(*input.call.rl_line_buffer, "\\stop ", 6) == 0;
}

/* The names that could stand at `begin` of the line. */
static void collect(int begin)
{
	struct wr_backend *backend = input.shell->backend;

	wr_map_release(&input.names);
	wr_map_init(&input.names);
	if (is_option_key(begin) || is_job(begin)) {
		backend->names(backend,
			       is_job(begin) ? WR_SHELL_NAMES_JOBS : WR_SHELL_NAMES_OPTIONS,
			       &input.names);
		return;
	}
	backend->names(backend, WR_SHELL_NAMES_SQL, &input.names);
	for (int k = WR_NO_KEYWORD + 1; k < WR_KW_COUNT_OF; k++)
		add_name(wr_keyword_name((enum wr_keyword)k));
}

/* Each call the next name that begins so, in any case; libedit frees it. */
static char *next_name(const char *begin, int state)
{
	size_t len = strlen(begin);
	bool lower = len > 0 && begin[0] >= 'a' && begin[0] <= 'z';

	if (state == 0)
		input.next = 0;
	while (input.next < input.names.count) {
		const char *name = input.names.entry[input.next++].key;
		char *found;

		if (strncasecmp(name, begin, len) != 0)
			continue;
		found = strdup(name);
		if (lower && wr_keyword_find(wr_str_of(name)) != WR_NO_KEYWORD)
			for (char *c = found; *c != '\0'; c++)
				*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
		return found;
	}
	return NULL;
}

static char **complete(const char *text, int begin, int end)
{
	*input.call.rl_attempted_completion_over = 1;
	*input.call.rl_completion_append_character = ' ';
	input.can_jump = 0; /* Ctrl-C does not break into what a backend does */
	collect(begin);
	input.can_jump = 1;
	return input.call.rl_completion_matches(text, next_name);
}

/* --- lines --------------------------------------------------------------------------------------
 */

static void on_interrupt(int number)
{
	if (input.can_jump)
		siglongjmp(input.typing, 1);
}

/* The name of the backend, or below it what is open. */
static const char *prompt_of(struct wr_shell *shell, char *out, size_t max)
{
	static const char marks[] = {'>', '-', '\'', '`', '*', '('};
	enum wr_shell_open open = WR_OPEN_NOTHING;

	if (shell->whole.len > 0)
		wr_shell_statement(shell->whole.data, shell->whole.len, &open);
	if (open == WR_OPEN_NOTHING)
		snprintf(out, max, "%s> ", shell->backend->prompt);
	else
		snprintf(out, max, "%*s%c ", (int)strlen(shell->backend->prompt), "", marks[open]);
	return out;
}

/* A line without its end, freed by free(); NULL: the input has ended. */
static char *read_line(struct wr_shell *shell, bool edits)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	char prompt[128], *line = NULL;
	size_t capacity = 0;
	ssize_t len;

	sigemptyset(&action.sa_mask);
	if (sigsetjmp(input.typing, 1) != 0) { /* Ctrl-C: the line is begun anew */
		fputc('\n', stdout);
		wr_text_clear(&shell->whole);
	}
	input.can_jump = 1;
	sigaction(SIGINT, &action, NULL);
	prompt_of(shell, prompt, sizeof prompt);
	if (edits) {
		line = input.call.readline(prompt);
	} else {
		fputs(prompt, stdout);
		fflush(stdout);
		len = getline(&line, &capacity, stdin);
		if (len < 0) {
			free(line);
			line = NULL;
		} else if (len > 0 && line[len - 1] == '\n') {
			line[len - 1] = '\0';
		}
	}
	input.can_jump = 0;
	wr_shell_interrupts();
	return line;
}

static void remember(const char *text, size_t len, bool edits)
{
	struct wr_text line;

	if (!edits)
		return;
	wr_text_init(&line);
	wr_shell_one_line(text, len, &line);
	if (line.len > 0)
		input.call.add_history(line.data);
	wr_text_release(&line);
}

/* Executes the statements that are whole; the rest stays. */
static void take_whole(struct wr_shell *shell, bool edits)
{
	enum wr_shell_open open;
	size_t len;

	while (!shell->quit && (len = wr_shell_statement(wr_text_str(&shell->whole),
							 shell->whole.len, &open)) > 0) {
		char *sql = wr_strndup(shell->whole.data, len);
		size_t rest = shell->whole.len - len;

		remember(sql, len, edits);
		memmove(shell->whole.data, shell->whole.data + len, rest + 1);
		shell->whole.len = rest;
		wr_shell_script(shell, sql, strlen(sql));
		wr_free(sql);
	}
	if (open == WR_OPEN_NOTHING)
		wr_text_clear(&shell->whole);
}

void wr_shell_interact(struct wr_shell *shell, const char *history)
{
	wr_status *missing = wr_module_open(&edit_module, &input.call);
	bool edits = missing == NULL;
	char *line;

	input.shell = shell;
	wr_map_init(&input.names);
	if (edits) {
		*input.call.rl_readline_name = "weir";
		*input.call.rl_attempted_completion_function = complete;
		*input.call.rl_completer_word_break_characters = (char *)" \t\n\"'`@$><=;|&{(),.";
		input.call.using_history();
		input.call.stifle_history(HISTORY_MAX);
		if (history != NULL)
			input.call.read_history(history);
	} else {
		fprintf(stderr, "weir: %s; lines cannot be edited\n", missing->text);
		wr_status_free(missing);
	}
	while (!shell->quit && (line = read_line(shell, edits)) != NULL) {
		if (shell->whole.len == 0 && line[strspn(line, " \t")] == '\\') {
			remember(line, strlen(line), edits);
			wr_shell_command(shell, line + strspn(line, " \t"));
		} else {
			wr_text_puts(&shell->whole, line);
			wr_text_putc(&shell->whole, '\n');
			take_whole(shell, edits);
		}
		free(line);
	}
	if (!shell->quit)
		fputc('\n', stdout);
	if (edits && history != NULL)
		input.call.write_history(history);
	wr_map_release(&input.names);
}
