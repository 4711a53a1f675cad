/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_paint - see shell_paint.h.
 */
#include "cli/shell_paint.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

void wr_shell_terminal(uint32_t *rows, uint32_t *columns)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	*rows = size.ws_row;
	*columns = size.ws_col;
}

void wr_shell_paint_begin(struct wr_shell_paint *paint, FILE *terminal)
{
	*paint = (struct wr_shell_paint){.terminal = terminal};
	paint->file = open_memstream(&paint->text, &paint->len);
	if (paint->file == NULL)
		paint->file = terminal;
}

/* Lines that are longer than the terminal are cut: wrapping is off meanwhile. */
uint32_t wr_shell_paint_end(struct wr_shell_paint *paint, uint32_t up, uint32_t max)
{
	uint32_t count = 0;
	struct wr_text out;

	if (paint->file == paint->terminal)
		return 0;
	fclose(paint->file);
	wr_text_init(&out);
	wr_text_puts(&out, "\033[?7l");
	if (up == WR_SHELL_PAINT_HOME)
		wr_text_puts(&out, "\033[H");
	else if (up > 0)
		wr_text_printf(&out, "\r\033[%uA", up);
	for (const char *at = paint->text; *at != '\0' && count < max; count++) {
		size_t len = strcspn(at, "\n");

		wr_text_add(&out, at, len);
		wr_text_puts(&out, "\033[K\n");
		at += len + (at[len] == '\n');
	}
	wr_text_puts(&out, "\033[J\033[?7h");
	fwrite(out.data, 1, out.len, paint->terminal);
	fflush(paint->terminal);
	wr_text_release(&out);
	free(paint->text);
	return count;
}
