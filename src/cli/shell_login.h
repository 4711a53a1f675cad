/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_login - which server the shell is of, and as whom: options of the command line, the
 * environment, a password that is asked for.
 *
 * The command line wins over the environment: WEIR_USER, WEIR_PASSWORD, WEIR_TOKEN,
 * WEIR_TOKEN_FILE. Secrets are wiped from the command line, where other users could read them.
 *
 * Thread: that of main.
 */
#ifndef WR_CLI_SHELL_LOGIN_H
#define WR_CLI_SHELL_LOGIN_H

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

struct wr_shell_login {
	char *server; /* "http://host:port", without a slash at its end; NULL: none; owned */
	char *user;   /* "name" or "name:password"; NULL: none; owned */
	char *token;  /* NULL: none; owned */
	const char *token_file; /* NULL: none */
	const char *ca_file;    /* PEM; NULL: the system's authorities */
	bool insecure;          /* whoever answers is believed */
};

/* An option that has a value, which is wiped if it is a secret; false: it is none of these. */
bool wr_shell_login_option(struct wr_shell_login *login, const char *option, char *value);
/* Checks it, and gets what is missing: from the environment, a file, or the person at the terminal.
 */
wr_status *wr_shell_login_complete(struct wr_shell_login *login);
void wr_shell_login_release(struct wr_shell_login *login);

#endif
