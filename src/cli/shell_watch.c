/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_watch - \watch: the last statement again and again, until Ctrl-C. On a terminal each result
 * is painted over the one before; elsewhere they follow each other.
 */
#include <stdlib.h>
#include <time.h>

#include "base/env.h"
#include "base/mem.h"
#include "cli/shell.h"
#include "cli/shell_paint.h"

/* The time of day, and how the watch is ended. */
static void print_head(FILE *file, double seconds)
{
	time_t now = (time_t)(wr_wall_us(wr_env_system()) / 1000000);
	char text[32];
	struct tm local;

	localtime_r(&now, &local);
	strftime(text, sizeof text, "%H:%M:%S", &local);
	fprintf(file, "%s, every %g s; Ctrl-C ends it\n\n", text, seconds);
}

/* Executes it once. */
static void look(struct wr_shell *shell, const char *sql, double seconds, bool first)
{
	struct wr_shell_paint paint;
	uint32_t rows, columns;
	FILE *file = shell->view.file;

	if (!shell->view.live) {
		wr_shell_execute(shell, sql);
		return;
	}
	wr_shell_paint_begin(&paint, file);
	shell->view.file = paint.file;
	shell->view.live = false;
	print_head(paint.file, seconds);
	wr_shell_execute(shell, sql);
	shell->view.file = file;
	shell->view.live = true;
	wr_shell_terminal(&rows, &columns);
	if (first && !shell->failed)
		fputs("\033[2J", file);
	wr_shell_paint_end(&paint, shell->failed ? 0 : WR_SHELL_PAINT_HOME, rows - 1);
}

void wr_shell_watch(struct wr_shell *shell, const char *text)
{
	char *sql, *end;
	double seconds = *text == '\0' ? 2 : strtod(text, &end);
	struct timespec nap;

	if (shell->last == NULL || !(seconds >= 0.1 && seconds <= 86400)) {
		fprintf(stderr, "weir: %s\n",
			shell->last == NULL ? "\\watch repeats the last statement: there is none"
					    : "\\watch takes seconds, 0.1 to 86400");
		shell->failed = true;
		return;
	}
	nap.tv_sec = (time_t)seconds;
	nap.tv_nsec = (long)((seconds - (double)nap.tv_sec) * 1e9);
	sql = wr_strdup(shell->last);
	shell->failed = false;
	shell->view.watched = true;
	for (bool first = true; !shell->failed; first = false) {
		look(shell, sql, seconds, first);
		if (shell->failed || wr_shell_interrupted() || nanosleep(&nap, NULL) != 0)
			break;
	}
	if (shell->view.live)
		fputc('\n', shell->view.file); /* behind the terminal's ^C */
	shell->view.watched = false;
	wr_free(sql);
}
