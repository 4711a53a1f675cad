/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_paint - a picture on the terminal in place of the one before, without a moment in which
 * there is none: lines are written over each other, and the rest of each is erased behind its text.
 *
 *     begin (what is printed is gathered) -> end (it is painted)
 *
 * Thread: one owner.
 */
#ifndef WR_CLI_SHELL_PAINT_H
#define WR_CLI_SHELL_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WR_SHELL_PAINT_HOME UINT32_MAX

struct wr_shell_paint {
	FILE *terminal; /* where it is painted; not owned */
	FILE *file;     /* what is printed here is the picture; NULL: there is no memory */
	char *text;     /* of it */
	size_t len;     /* of text */
};

/* Lines and columns of the terminal. */
void wr_shell_terminal(uint32_t *rows, uint32_t *columns);
void wr_shell_paint_begin(struct wr_shell_paint *paint, FILE *terminal);
/* Paints at most `max` lines, from the one `up` lines above the cursor on, or from the top of the
 * screen (WR_SHELL_PAINT_HOME). What is below is erased. Returns how many lines there are. */
uint32_t wr_shell_paint_end(struct wr_shell_paint *paint, uint32_t up, uint32_t max);

#endif
