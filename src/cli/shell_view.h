/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_view - results in the shell: printed row by row, or a table on the terminal that changes in
 * place.
 *
 *     begin -> row* / draw* -> end
 *
 * Ways to show: a result that only grows is printed as it comes; of one that takes rows back the
 * table is kept (WR_SHELL_ROWS_MAX rows, of which the oldest leave) and drawn again as it changes,
 * ten times a second at most, or printed once at the end where there is no terminal; `changelog`
 * prints every change with its kind. A row that is replaced (-U, +U) stays where it is.
 *
 * Thread: one owner.
 */
#ifndef WR_CLI_SHELL_VIEW_H
#define WR_CLI_SHELL_VIEW_H

#include <stdio.h>

#include "base/map.h"
#include "base/text.h"
#include "weir/weir.h"

#define WR_SHELL_ROWS_MAX    1000000
#define WR_SHELL_COLUMNS_MAX 1024

enum wr_shell_mode { WR_SHELL_AUTO, WR_SHELL_CHANGELOG, WR_SHELL_TABLE };
enum wr_shell_format {
	WR_SHELL_ALIGNED,
	WR_SHELL_EXPANDED, /* a line for each column */
	WR_SHELL_TSV,
	WR_SHELL_CSV,
	WR_SHELL_JSON
};

struct wr_shell_column {
	const char *name, *type; /* as long as the result */
	bool number;             /* shown at the right; JSON: without quotes */
	bool boolean;            /* JSON: without quotes */
};

struct wr_shell_view {
	FILE *file;                  /* where results go; not owned */
	bool live;                   /* it is a terminal that can be drawn on */
	enum wr_shell_mode mode;     /* as the user wants it */
	enum wr_shell_format format; /* the same */
	uint32_t cell_max;           /* characters of a cell shown */
	bool watched;                /* \watch: what does not end is refused */
	/* Of the result at hand. */
	bool keeps;   /* the table is kept */
	bool changes; /* every change is shown with its kind */
	uint32_t count;
	struct wr_shell_column *column; /* `count`; owned */
	uint32_t *width;                /* characters of each; owned */
	char **line;    /* kept or held back: cells with WR_SHELL_CELL between; NULL: gone */
	uint32_t *next; /* of each line, the next one of the same text, +1; 0: none */
	uint32_t line_count, line_capacity;
	uint32_t alive;      /* lines that are not NULL */
	struct wr_map index; /* text of a line -> the first such line, +1 */
	int64_t replaced;    /* the line that a -U has just taken out; -1: none */
	bool header_done;
	uint32_t drawn;   /* lines of the terminal that are to be drawn over */
	uint32_t top;     /* the first line shown, counted among those alive */
	uint64_t rows;    /* that came, of all kinds */
	uint64_t dropped; /* rows that had to leave */
	int64_t began_us, drawn_us;
};

void wr_shell_view_init(struct wr_shell_view *view, FILE *file);
void wr_shell_view_release(struct wr_shell_view *view);
/* The columns are copied, their texts stay. `updating`: rows may be taken back. */
void wr_shell_view_begin(struct wr_shell_view *view, const struct wr_shell_column *columns,
			 uint32_t count, bool updating);
/* cells[count]; a NULL is NULL. */
void wr_shell_view_row(struct wr_shell_view *view, enum weir_row_kind kind,
		       const char *const *cells);
/* Shows what has changed, if it is time; `note` stands below a live table. Not between a -U and its
 * +U. */
void wr_shell_view_draw(struct wr_shell_view *view, const char *note, bool now);
/* Whether the table is drawn in place, and keys move through it. */
bool wr_shell_view_is_live(const struct wr_shell_view *view);
/* Moves through a live table. */
void wr_shell_view_scroll(struct wr_shell_view *view, int lines);
/* The rest is shown. Returns how many rows the result has, or had when it was left. */
uint64_t wr_shell_view_end(struct wr_shell_view *view);

#endif
