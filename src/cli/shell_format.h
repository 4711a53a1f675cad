/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_format - a row of a result as text: cells on one line while it is kept, and what is printed
 * of it.
 *
 * Thread: that of the view.
 */
#ifndef WR_CLI_SHELL_FORMAT_H
#define WR_CLI_SHELL_FORMAT_H

#include "cli/shell_view.h"

/* Appends the cells of a row, the kind in front where changes are shown. */
void wr_shell_line(const struct wr_shell_view *view, enum weir_row_kind kind,
		   const char *const *cells, struct wr_text *out);
/* Columns become as wide as their names, or stay wider; the same with the cells of a line. */
void wr_shell_widths_begin(struct wr_shell_view *view);
void wr_shell_widths_add(struct wr_shell_view *view, const char *line);
/* Makes the widest columns narrower until a line has no more than `columns` characters. */
void wr_shell_fit(struct wr_shell_view *view, uint32_t columns);
void wr_shell_print_header(struct wr_shell_view *view);
void wr_shell_print_rule(struct wr_shell_view *view);
void wr_shell_print_line(struct wr_shell_view *view, const char *line);

#endif
