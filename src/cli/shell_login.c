/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_login - see shell_login.h.
 */
#include "cli/shell_login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"

#define SECRET_MAX 65536 /* bytes of a token file */

/* A copy; the original is overwritten, so that lists of processes do not show it. */
static char *take_secret(char *value)
{
	char *copy = wr_strdup(value);

	for (char *at = value; *at != '\0'; at++)
		*at = '*';
	return copy;
}

static void set(char **to, char *value)
{
	wr_free(*to);
	*to = value;
}

bool wr_shell_login_option(struct wr_shell_login *login, const char *option, char *value)
{
	if (strcmp(option, "--server") == 0)
		set(&login->server, wr_strdup(value));
	else if (strcmp(option, "--user") == 0)
		set(&login->user, take_secret(value));
	else if (strcmp(option, "--token") == 0)
		set(&login->token, take_secret(value));
	else if (strcmp(option, "--token-file") == 0)
		login->token_file = value;
	else if (strcmp(option, "--ca-file") == 0)
		login->ca_file = value;
	else
		return false;
	return true;
}

void wr_shell_login_release(struct wr_shell_login *login)
{
	wr_free(login->server);
	wr_free(login->user);
	wr_free(login->token);
}

static wr_status *check_server(struct wr_shell_login *login)
{
	const char *host = strstr(login->server, "://");
	size_t len = strlen(login->server);

	if (host == NULL || (strncmp(login->server, "http://", 7) != 0 &&
			     strncmp(login->server, "https://", 8) != 0))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' is no address of a server", login->server),
		    "Write http://HOST:PORT or https://HOST:PORT");
	if (strchr(host, '@') != NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The server's address has a login in it"),
		    "Give it as --user NAME, and the password when it is asked for");
	while (len > 0 && login->server[len - 1] == '/')
		login->server[--len] = '\0';
	return NULL;
}

static wr_status *read_token(struct wr_shell_login *login)
{
	size_t len;
	char *text;

	WR_TRY(wr_env_read_file(wr_env_system(), login->token_file, SECRET_MAX, &text, &len));
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
	set(&login->token, text);
	if (len > 0 && strcspn(text, " \t\r\n") == len)
		return NULL;
	return wr_status_new(WR_USER_ERROR, "'%s' is to have a token, and nothing else",
			     login->token_file);
}

/* What is typed on the terminal, unseen. */
static wr_status *ask_password(const char *name, struct wr_text *out)
{
	FILE *terminal = fopen("/dev/tty", "r+");
	struct termios before, unseen;
	char line[1024];
	bool given;

	if (terminal == NULL || tcgetattr(fileno(terminal), &before) != 0) {
		if (terminal != NULL)
			fclose(terminal);
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The password of '%s' is missing", name),
		    "Put it into WEIR_PASSWORD, or write --user NAME:PASSWORD");
	}
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fileno(terminal), TCSAFLUSH, &unseen);
	fprintf(terminal, "Password of %s: ", name);
	fflush(terminal);
	given = fgets(line, sizeof line, terminal) != NULL;
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputc('\n', terminal);
	fclose(terminal);
	if (!given)
		return wr_status_new(WR_USER_ERROR, "No password was given");
	line[strcspn(line, "\r\n")] = '\0';
	wr_text_puts(out, line);
	explicit_bzero(line, sizeof line);
	return NULL;
}

/* "name" becomes "name:password". */
static wr_status *complete_user(struct wr_shell_login *login)
{
	const char *password = getenv("WEIR_PASSWORD");
	struct wr_text both;
	wr_status *status = NULL;

	if (strchr(login->user, ':') != NULL)
		return NULL;
	wr_text_init(&both);
	wr_text_printf(&both, "%s:", login->user);
	if (password != NULL)
		wr_text_puts(&both, password);
	else
		status = ask_password(login->user, &both);
	set(&login->user, both.data);
	return status;
}

/* The environment has a part only when the command line has no login. */
static void read_environment(struct wr_shell_login *login)
{
	const char *user = getenv("WEIR_USER"), *token = getenv("WEIR_TOKEN");

	if (login->user != NULL || login->token != NULL || login->token_file != NULL)
		return;
	if (token != NULL)
		login->token = wr_strdup(token);
	else if ((login->token_file = getenv("WEIR_TOKEN_FILE")) == NULL && user != NULL)
		login->user = wr_strdup(user);
}

wr_status *wr_shell_login_complete(struct wr_shell_login *login)
{
	if (login->server == NULL) {
		if (login->user == NULL && login->token == NULL && login->token_file == NULL &&
		    login->ca_file == NULL && !login->insecure)
			return NULL;
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "A login, --ca-file and --insecure are of a server"),
		    "Say which one: --server URL");
	}
	WR_TRY(check_server(login));
	read_environment(login);
	if (login->user != NULL && (login->token != NULL || login->token_file != NULL))
		return wr_status_new(WR_USER_ERROR,
				     "Both --user and a token are given: one is enough");
	if (login->token == NULL && login->token_file != NULL)
		WR_TRY(read_token(login));
	return login->user != NULL ? complete_user(login) : NULL;
}
