/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_show - what all backends do while a result is shown: drawing, keys, plans as trees.
 *
 * Thread: that of main.
 */
#ifndef WR_CLI_SHELL_SHOW_H
#define WR_CLI_SHELL_SHOW_H

#include "cli/shell_view.h"

/* What a statement gives, by its first words. */
enum wr_shell_gives {
	WR_SHELL_GIVES_ROWS,   /* SELECT, SHOW TABLES ... */
	WR_SHELL_GIVES_PLAN,   /* EXPLAIN */
	WR_SHELL_GIVES_TEXT,   /* SHOW CREATE */
	WR_SHELL_GIVES_NOTHING /* declarations, INSERT */
};
enum wr_shell_gives wr_shell_gives(const char *sql);

struct wr_shell_show {
	struct wr_shell_view *view;
	int64_t looked_us; /* when keys were looked at last */
	bool between;      /* a -U has come and its +U not yet: nothing is drawn */
};
/* Draws and looks at the keys, if it is time. `trouble`: stands below a live table; NULL: nothing.
 * false: the user wants no more. */
bool wr_shell_show_turn(struct wr_shell_show *show, const char *trouble);
/* One row more. */
void wr_shell_show_row(struct wr_shell_show *show, enum weir_row_kind kind,
		       const char *const *cells);
/* A plan: as a tree where a person looks at it. */
void wr_shell_show_plan(struct wr_shell_view *view, const char *plan);
/* Why the result cannot be shown: an error, freed with wr_free; NULL: it can. `bounded`: it ends by
 * itself. */
char *wr_shell_show_refuse(const struct wr_shell_view *view, uint32_t columns, bool bounded);

#endif
