/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_run - statements of the shell, one after the other, from whom ever they come.
 */
#include <string.h>
#include <strings.h>

#include "base/env.h"
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "cli/shell.h"
#include "cli/shell_text.h"

static void show_error(struct wr_shell *shell, char *error)
{
	shell->failed = true;
	if (shell->interactive && wr_shell_interrupted())
		fputc('\n', stderr); /* behind the terminal's ^C */
	fputs(error, stderr);
	wr_free(error);
}

/* INSERTs and statement sets of a person go on beside the shell. */
static bool goes_on(const struct wr_shell *shell, const char *sql)
{
	struct wr_text words;
	bool found;

	if (!shell->interactive)
		return false;
	wr_text_init(&words);
	wr_shell_words(sql, strlen(sql), 2, &words);
	found = strncmp(wr_text_str(&words), "INSERT", 6) == 0 ||
		strcmp(wr_text_str(&words), "EXECUTE STATEMENT") == 0 ||
		strcmp(wr_text_str(&words), "BEGIN STATEMENT") == 0;
	wr_text_release(&words);
	return found;
}

void wr_shell_execute(struct wr_shell *shell, const char *sql)
{
	struct wr_backend *backend = shell->backend;
	int64_t began_us = wr_mono_us(wr_env_system());
	char *error, *last = wr_strdup(sql);

	wr_free(shell->last);
	shell->last = last;
	wr_shell_interrupts();
	error = backend->submit != NULL && goes_on(shell, sql)
		    ? backend->submit(backend, sql)
		    : backend->execute(backend, sql, &shell->view);
	fflush(shell->view.file);
	if (error != NULL)
		show_error(shell, error);
	if (shell->timing)
		fprintf(stderr, "Time: %.3f ms\n",
			(double)(wr_mono_us(wr_env_system()) - began_us) * 1e-3);
}

/* A statement without its semicolon. */
static void execute_piece(struct wr_shell *shell, const char *text, size_t len)
{
	char *sql;

	while (len > 0 && strchr("; \t\r\n", text[len - 1]) != NULL)
		len--;
	if (len == 0)
		return;
	sql = wr_strndup(text, len);
	wr_shell_execute(shell, sql);
	wr_free(sql);
}

/* A line that begins with a backslash, where a statement could begin; its length with the line end.
 * 0: there is none. */
static size_t command_line(const char *text, size_t len)
{
	const char *end;

	if (len == 0 || text[0] != '\\')
		return 0;
	end = memchr(text, '\n', len);
	return end == NULL ? len : (size_t)(end - text) + 1;
}

void wr_shell_script(struct wr_shell *shell, const char *text, size_t len)
{
	while (len > 0 && !shell->quit && (shell->interactive || !shell->failed) &&
	       !wr_shell_interrupted()) {
		size_t space = strspn(text, " \t\r\n"), piece;
		enum wr_shell_open open;

		text += WR_MIN(space, len);
		len -= WR_MIN(space, len);
		piece = command_line(text, len);
		if (piece > 0) {
			char *line = wr_strndup(text, piece);

			wr_shell_command(shell, line);
			wr_free(line);
		} else {
			piece = wr_shell_statement(text, len, &open);
			if (piece == 0) /* the last one needs no semicolon */
				piece = len;
			if (piece < len || open != WR_OPEN_NOTHING)
				execute_piece(shell, text, piece);
		}
		text += piece;
		len -= piece;
	}
}

void wr_shell_file(struct wr_shell *shell, const char *path)
{
	wr_status *status;
	char *text;
	size_t len;

	status = wr_env_read_file(wr_env_system(), path, WR_SQL_BYTES_MAX, &text, &len);
	if (status != NULL) {
		fprintf(stderr, "weir: %s\n", status->text);
		shell->failed = true;
		wr_status_free(status);
		return;
	}
	wr_shell_script(shell, text, len);
	wr_free(text);
}
