/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_view - see shell_view.h. How a line is laid out is in shell_format.c.
 */
#include "cli/shell_view.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "base/macros.h"
#include "base/mem.h"
#include "cli/shell_format.h"
#include "cli/shell_paint.h"

#define DRAW_US   100000 /* between two drawings */
#define HELD_MAX  1000   /* rows that are looked at to learn widths */
#define CELL_MAX  60
#define CLEAN_MIN 4096 /* lines that are gone, from which on they are left */
#define AROUND    5    /* lines around a live table: two rules, names, a rule, the note */

void wr_shell_view_init(struct wr_shell_view *view, FILE *file)
{
	const char *term = getenv("TERM");

	*view = (struct wr_shell_view){.file = file, .cell_max = CELL_MAX};
	view->live = isatty(fileno(file)) && term != NULL && strcmp(term, "dumb") != 0;
	wr_map_init(&view->index);
}

static void forget(struct wr_shell_view *view)
{
	for (uint32_t i = 0; i < view->line_count; i++)
		wr_free(view->line[i]);
	wr_free(view->line);
	wr_free(view->next);
	wr_free(view->column);
	wr_free(view->width);
	wr_map_release(&view->index);
}

void wr_shell_view_release(struct wr_shell_view *view)
{
	forget(view);
}

void wr_shell_view_begin(struct wr_shell_view *view, const struct wr_shell_column *columns,
			 uint32_t count, bool updating)
{
	struct wr_shell_view fresh = {.file = view->file,
				      .live = view->live,
				      .mode = view->mode,
				      .format = view->format,
				      .watched = view->watched,
				      .cell_max = view->cell_max};

	forget(view);
	*view = fresh;
	wr_map_init(&view->index);
	view->changes = view->mode == WR_SHELL_CHANGELOG;
	view->keeps = view->mode == WR_SHELL_TABLE || (view->mode == WR_SHELL_AUTO && updating);
	view->count = count;
	view->column = wr_calloc(count + 1, sizeof *view->column);
	memcpy(view->column, columns, count * sizeof *columns);
	view->width = wr_calloc(count + 2, sizeof *view->width);
	view->replaced = -1;
	view->began_us = view->drawn_us = wr_mono_us(wr_env_system());
}

/* --- lines --------------------------------------------------------------------------------------
 */

/* A copy of the text as the last line; its number. */
static uint32_t add_line(struct wr_shell_view *view, const char *text)
{
	uint32_t at = view->line_count;

	if (at == view->line_capacity) {
		view->line_capacity = WR_MAX(256, 2 * at);
		view->line = wr_realloc(view->line, view->line_capacity * sizeof *view->line);
		view->next = wr_realloc(view->next, view->line_capacity * sizeof *view->next);
	}
	view->line[at] = wr_strdup(text);
	view->next[at] = 0;
	view->line_count++;
	view->alive++;
	return at;
}

/* The line is found by its text from here on. */
static void index_line(struct wr_shell_view *view, uint32_t at)
{
	view->next[at] = (uint32_t)(uintptr_t)wr_map_get(&view->index, view->line[at]);
	wr_map_put(&view->index, view->line[at], (void *)(uintptr_t)(at + 1));
}

/* The line is not found by its text any more. */
static void unindex_line(struct wr_shell_view *view, uint32_t at)
{
	const char *text = view->line[at];
	uint32_t first = (uint32_t)(uintptr_t)wr_map_get(&view->index, text);

	if (first == at + 1) {
		wr_map_put(&view->index, text, (void *)(uintptr_t)view->next[at]);
		return;
	}
	while (first != 0 && view->next[first - 1] != at + 1)
		first = view->next[first - 1];
	if (first != 0)
		view->next[first - 1] = view->next[at];
}

static void remove_line(struct wr_shell_view *view, uint32_t at)
{
	wr_free(view->line[at]);
	view->line[at] = NULL;
	view->alive--;
}

/* Lines that are gone make room; the index is made anew: texts that no line has are keys of it. */
static void compact(struct wr_shell_view *view)
{
	uint32_t kept = 0;

	wr_map_release(&view->index);
	wr_map_init(&view->index);
	for (uint32_t i = 0; i < view->line_count; i++) {
		if (view->line[i] == NULL)
			continue;
		view->line[kept] = view->line[i];
		index_line(view, kept++);
	}
	view->line_count = kept;
}

/* What a -U has taken out is not coming back. */
static void settle(struct wr_shell_view *view)
{
	if (view->replaced < 0)
		return;
	remove_line(view, (uint32_t)view->replaced);
	view->replaced = -1;
}

/* Lines and keys that are gone are left when there are more of them than others. */
static void clean(struct wr_shell_view *view)
{
	if (view->replaced < 0 && (view->line_count > 2 * view->alive + CLEAN_MIN ||
				   view->index.count > 2 * view->alive + CLEAN_MIN))
		compact(view);
}

/* A full table loses its oldest thousand. */
static void make_room(struct wr_shell_view *view)
{
	if (view->alive < WR_SHELL_ROWS_MAX)
		return;
	for (uint32_t i = 0; i < view->line_count; i++) {
		if (view->line[i] == NULL)
			continue;
		unindex_line(view, i);
		remove_line(view, i);
		if (++view->dropped % 1000 == 0)
			break;
	}
	compact(view);
}

/* A change of the kept table. */
static void keep(struct wr_shell_view *view, enum weir_row_kind kind, const char *text)
{
	bool added = kind == WEIR_INSERT || kind == WEIR_UPDATE_AFTER;
	uint32_t at;

	if (kind == WEIR_UPDATE_AFTER && view->replaced >= 0) {
		at = (uint32_t)view->replaced;
		view->replaced = -1;
		wr_free(view->line[at]);
		view->line[at] = wr_strdup(text);
		index_line(view, at);
		return;
	}
	settle(view);
	if (added) {
		make_room(view);
		at = add_line(view, text);
		index_line(view, at);
		return;
	}
	at = (uint32_t)(uintptr_t)wr_map_get(&view->index, text);
	if (at == 0)
		return; /* it had to leave before */
	unindex_line(view, --at);
	if (kind == WEIR_UPDATE_BEFORE)
		view->replaced = at;
	else
		remove_line(view, at);
}

/* --- showing ------------------------------------------------------------------------------------
 */

/* Lines held back to learn the widths are printed. */
static void release_held(struct wr_shell_view *view)
{
	if (view->format == WR_SHELL_ALIGNED && !view->header_done) {
		wr_shell_widths_begin(view);
		for (uint32_t i = 0; i < view->line_count; i++)
			if (view->line[i] != NULL)
				wr_shell_widths_add(view, view->line[i]);
	}
	if (!view->header_done)
		wr_shell_print_header(view);
	for (uint32_t i = 0; i < view->line_count; i++) {
		if (view->line[i] == NULL)
			continue;
		wr_shell_print_line(view, view->line[i]);
		remove_line(view, i);
	}
	view->line_count = 0;
	view->header_done = true;
	fflush(view->file);
}

void wr_shell_view_row(struct wr_shell_view *view, enum weir_row_kind kind,
		       const char *const *cells)
{
	struct wr_text line;

	view->rows++;
	wr_text_init(&line);
	wr_shell_line(view, kind, cells, &line);
	if (view->keeps) {
		keep(view, kind, wr_text_str(&line));
		clean(view);
	} else if (view->format == WR_SHELL_ALIGNED && !view->header_done) {
		add_line(view, wr_text_str(&line));
		if (view->line_count == HELD_MAX)
			release_held(view);
	} else {
		if (!view->header_done)
			wr_shell_print_header(view);
		view->header_done = true;
		wr_shell_print_line(view, wr_text_str(&line));
	}
	wr_text_release(&line);
}

bool wr_shell_view_is_live(const struct wr_shell_view *view)
{
	return view->live && view->keeps && view->format == WR_SHELL_ALIGNED;
}

/* Goes back over what was drawn last. */
static void draw_over(struct wr_shell_view *view)
{
	if (view->drawn > 0)
		fprintf(view->file, "\r\033[%uA\033[J", view->drawn);
	view->drawn = 0;
}

/* Takes `max` lines that are alive, from the top; their first and last. */
static uint32_t shown_lines(struct wr_shell_view *view, uint32_t max, uint32_t *list)
{
	uint32_t skip, count = 0;

	if (view->top + max > view->alive)
		view->top = view->alive > max ? view->alive - max : 0;
	skip = view->top;
	for (uint32_t i = 0; i < view->line_count && count < max; i++) {
		if (view->line[i] == NULL)
			continue;
		if (skip > 0)
			skip--;
		else
			list[count++] = i;
	}
	return count;
}

/* As many rows as the terminal has lines for. */
static void draw_table(struct wr_shell_view *view, const char *note)
{
	uint32_t rows, columns, *list, count;
	struct wr_shell_paint paint;
	FILE *terminal = view->file;

	wr_shell_terminal(&rows, &columns);
	rows = rows > AROUND + 1 ? rows - AROUND - 1 : 1;
	list = wr_calloc(rows, sizeof *list);
	count = shown_lines(view, rows, list);
	wr_shell_paint_begin(&paint, terminal);
	view->file = paint.file;
	wr_shell_widths_begin(view);
	for (uint32_t i = 0; i < count; i++)
		wr_shell_widths_add(view, view->line[list[i]]);
	wr_shell_fit(view, columns);
	wr_shell_print_header(view);
	for (uint32_t i = 0; i < count; i++)
		wr_shell_print_line(view, view->line[list[i]]);
	wr_shell_print_rule(view);
	fprintf(view->file, "%s", note);
	if (view->alive > count)
		fprintf(view->file, ", rows %u to %u of %u", view->top + 1, view->top + count,
			view->alive);
	fputc('\n', view->file);
	view->file = terminal;
	view->drawn = wr_shell_paint_end(&paint, view->drawn, UINT32_MAX);
	wr_free(list);
}

void wr_shell_view_draw(struct wr_shell_view *view, const char *note, bool now)
{
	int64_t now_us = wr_mono_us(wr_env_system());

	if (!now && now_us - view->drawn_us < DRAW_US)
		return;
	view->drawn_us = now_us;
	settle(view);
	if (wr_shell_view_is_live(view))
		draw_table(view, note);
	else if (!view->keeps && view->line_count > 0)
		release_held(view);
	fflush(view->file);
}

void wr_shell_view_scroll(struct wr_shell_view *view, int lines)
{
	if (lines < 0 && (uint32_t)-lines > view->top)
		view->top = 0;
	else
		view->top += (uint32_t)lines;
}

uint64_t wr_shell_view_end(struct wr_shell_view *view)
{
	uint64_t rows = view->rows;

	settle(view);
	draw_over(view);
	if (view->keeps)
		rows = view->alive;
	if (view->line_count > 0 || !view->header_done)
		release_held(view);
	if (view->format == WR_SHELL_ALIGNED)
		wr_shell_print_rule(view);
	fflush(view->file);
	return rows;
}
