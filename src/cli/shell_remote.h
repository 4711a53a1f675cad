/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_remote - the shell's statements on a server, over its REST API: shell_remote.c has the
 * session and statements, shell_remote_job.c jobs, tables and names.
 *
 * The session is opened at the start and lasts as long as the shell. When the server has lost it
 * (it began anew, or the shell was idle for long), another one is opened; the statement is executed
 * there only if the old one had nothing that is missing now: options, a database, temporary
 * objects.
 *
 * Ctrl-C while a statement is executed goes to the server by a second connection.
 *
 * Thread: that of main.
 */
#ifndef WR_CLI_SHELL_REMOTE_H
#define WR_CLI_SHELL_REMOTE_H

#include "cli/shell.h"
#include "cli/shell_http.h"

struct wr_remote {
	struct wr_backend backend;
	const struct wr_shell_options *options; /* not owned */
	struct wr_shell_http *http;             /* statements and their rows */
	struct wr_shell_http *aside; /* short requests while that one waits, and of completion */
	char *session;               /* its id; owned */
	bool own;                    /* the session has what a new one would not have */
	char prompt[64];
	int64_t cancelled_us;   /* when the server was last told that Ctrl-C was pressed; 0: not */
	int64_t interrupted_us; /* when Ctrl-C was first seen; 0: not */
	struct wr_map words, keys; /* that can be completed: of SQL, of SET */
	int64_t words_us;          /* when they were asked for; 0: they are old */
};

/* A request without a statement, with an answer in self->http; NULL, or the error as a text. */
char *wr_remote_ask(struct wr_remote *self, const char *method, const char *path, const char *body);

/* The same for what may take its time: *result is the object of what came of it. */
char *wr_remote_operate(struct wr_remote *self, const char *path, const char *body,
			uint32_t *result);

/* shell_remote_job.c */
char *wr_remote_jobs(struct wr_backend *backend, struct wr_shell_view *view);
char *wr_remote_stop(struct wr_backend *backend, const struct wr_shell_stop *stop);
char *wr_remote_tables(struct wr_backend *backend, struct wr_shell_view *view);
void wr_remote_names(struct wr_backend *backend, enum wr_shell_names which, struct wr_map *names);

#endif
