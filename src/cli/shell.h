/* SPDX-License-Identifier: Apache-2.0
 *
 * shell - weir sql: statements that are typed, and what they give.
 *
 *     input (lines, history, completion) -> statements and \commands -> backend -> view
 *
 * The backend is the engine in this process, or a server: shell_local.c, shell_remote.c. In this
 * process INSERTs become jobs that go on beside the shell when it is used by a person; from a file
 * or a pipe they are waited for. A server's jobs are its own, and go on without the shell.
 *
 * Ctrl-C ends what runs, or empties the line that is being typed; Ctrl-D ends the shell.
 *
 * Thread: that of main.
 */
#ifndef WR_CLI_SHELL_H
#define WR_CLI_SHELL_H

#include "base/status.h"
#include "base/text.h"
#include "cli/shell_login.h"
#include "cli/shell_view.h"

#define WR_SHELL_NAMES_MAX 20000 /* that are completed */

/* How a job is to be stopped. */
struct wr_shell_stop {
	const char *job;    /* its number, name or id */
	bool savepoint;     /* with one */
	const char *folder; /* of it; NULL: beside the checkpoints */
	bool drain;         /* its input ends */
};

enum wr_shell_names {
	WR_SHELL_NAMES_SQL,     /* tables, columns, functions */
	WR_SHELL_NAMES_OPTIONS, /* keys of SET */
	WR_SHELL_NAMES_JOBS
};

/* Where statements run. Errors are whole texts to be shown, with a line end; freed with wr_free. */
struct wr_backend {
	/* A statement that gives rows or text, or is a declaration: shows what it gives, returns
	 * when it has ended or was interrupted. */
	char *(*execute)(struct wr_backend *backend, const char *sql, struct wr_shell_view *view);
	/* An INSERT or statement set that goes on beside the shell; says its number. NULL: so they
	 * do when they are executed. */
	char *(*submit)(struct wr_backend *backend, const char *sql);
	/* \jobs, \stop. */
	char *(*jobs)(struct wr_backend *backend, struct wr_shell_view *view);
	char *(*stop)(struct wr_backend *backend, const struct wr_shell_stop *stop);
	/* \d+: the tables with kind, connector, columns and comment. */
	char *(*tables)(struct wr_backend *backend, struct wr_shell_view *view);
	/* Adds the names that can be completed. */
	void (*names)(struct wr_backend *backend, enum wr_shell_names which, struct wr_map *names);
	void (*free)(struct wr_backend *backend);
	const char *prompt; /* "weir", "weir@host:port" */
};

struct wr_shell_options {
	struct wr_shell_login login; /* its server NULL: the engine in this process */
	const char *text, *file;     /* -e, -f; NULL: standard input */
	const char *init;            /* statements to begin with; NULL */
	const char *history;         /* its file; NULL: the usual one */
	const char **key, **value;   /* --set */
	const char **variable_name, **variable_value; /* -v */
	uint32_t setting_count, variable_count;
	enum wr_shell_mode mode;
	enum wr_shell_format format;
	bool format_given;
};

struct wr_shell {
	struct wr_backend *backend;
	struct wr_shell_view view;
	bool interactive; /* a person types */
	bool timing;
	bool quit;
	bool failed;          /* a statement of a script has: the shell ends with 1 */
	struct wr_text whole; /* typed so far of a statement */
	char *last;           /* the statement before, for \watch and \g; owned */
};

/* shell_local.c, shell_remote.c: NULL: *error is to be shown. The options stay as long. */
struct wr_backend *wr_backend_local(const struct wr_shell_options *options, char **error);
struct wr_backend *wr_backend_remote(const struct wr_shell_options *options, char **error);

/* shell_run.c: one statement, or a line that begins with a backslash. */
void wr_shell_execute(struct wr_shell *shell, const char *sql);
void wr_shell_command(struct wr_shell *shell, const char *line);
/* Executes all of a script; stops at the first error unless a person types. */
void wr_shell_script(struct wr_shell *shell, const char *text, size_t len);
/* Reads a file, or standard input ("-"), and executes it. */
void wr_shell_file(struct wr_shell *shell, const char *path);

/* shell_watch.c: \watch. */
void wr_shell_watch(struct wr_shell *shell, const char *seconds);

/* shell_input.c: reads what is typed until the shell ends. */
void wr_shell_interact(struct wr_shell *shell, const char *history);

/* shell_signal.c: Ctrl-C while something runs. Set when it was pressed since the last call of
 * wr_shell_interrupts. */
bool wr_shell_interrupted(void);
void wr_shell_interrupts(void);
/* The next key that was pressed while a result is shown, 0: none; waits up to wait_ms. Other keys
 * are passed over. */
enum wr_shell_key {
	WR_KEY_NONE,
	WR_KEY_QUIT,
	WR_KEY_UP,
	WR_KEY_DOWN,
	WR_KEY_PAGE_UP,
	WR_KEY_PAGE_DOWN
};
void wr_shell_keys_begin(void);
enum wr_shell_key wr_shell_key(int wait_ms);
void wr_shell_keys_end(void);

/* main.c */
int wr_shell_main(int argc, char **argv);
void wr_shell_help(FILE *file);

#endif
