/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_format - see shell_format.h. A line has its cells with CELL in between; a NULL is NONE.
 */
#include "cli/shell_format.h"

#include <string.h>
#include <wchar.h>

#include "base/macros.h"
#include "base/mem.h"

#define CELL "\x1f"
#define NONE "\x1e"

static const char *const kinds[] = {"+I", "-U", "+U", "-D"};

static uint32_t cells_of(const struct wr_shell_view *view)
{
	return view->count + (view->changes ? 1 : 0);
}

static const char *name_of(const struct wr_shell_view *view, uint32_t cell)
{
	if (view->changes && cell == 0)
		return "op";
	return view->column[view->changes ? cell - 1 : cell].name;
}

static bool is_number(const struct wr_shell_view *view, uint32_t cell)
{
	if (view->changes && cell == 0)
		return false;
	return view->column[view->changes ? cell - 1 : cell].number;
}

void wr_shell_line(const struct wr_shell_view *view, enum weir_row_kind kind,
		   const char *const *cells, struct wr_text *out)
{
	if (view->changes)
		wr_text_printf(out, "%s" CELL, kinds[kind]);
	for (uint32_t i = 0; i < view->count; i++) {
		const char *cell = cells[i] != NULL ? cells[i] : NONE;

		if (i > 0)
			wr_text_puts(out, CELL);
		if (strpbrk(cell, CELL) == NULL) {
			wr_text_puts(out, cell);
			continue;
		}
		for (; *cell != '\0'; cell++)
			wr_text_putc(out, (char)(*cell == CELL[0] ? ' ' : *cell));
	}
}

/* The cell at *line, which moves behind it. */
static struct wr_str cell(const char **line, bool *none)
{
	size_t len = strcspn(*line, CELL);
	struct wr_str found = {*line, len};

	*line += len + ((*line)[len] != '\0');
	*none = len == 1 && found.data[0] == NONE[0];
	return *none ? wr_str_of("NULL") : found;
}

/* Bytes of the character at `text`, and its width. */
static size_t character(const char *text, size_t len, uint32_t *width)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t used = mbrtowc(&wide, text, len, &state);
	int columns;

	if (used == 0 || used > len) {
		*width = 1;
		return 1;
	}
	columns = wcwidth(wide);
	*width = columns < 0 ? 1 : (uint32_t)columns;
	return used;
}

/* Characters on a terminal of a text in UTF-8. */
static uint32_t width_of(const char *text, size_t len)
{
	uint32_t total = 0, width;

	for (size_t i = 0; i < len; total += width)
		i += character(text + i, len - i, &width);
	return total;
}

void wr_shell_widths_begin(struct wr_shell_view *view)
{
	uint32_t cells = cells_of(view);

	for (uint32_t c = 0; c < cells; c++) {
		uint32_t width = width_of(name_of(view, c), strlen(name_of(view, c)));

		view->width[c] = WR_MAX(view->width[c], WR_MIN(width, view->cell_max));
	}
}

void wr_shell_widths_add(struct wr_shell_view *view, const char *line)
{
	for (uint32_t c = 0; c < cells_of(view); c++) {
		bool none;
		struct wr_str text = cell(&line, &none);
		uint32_t width = width_of(text.data, text.len);

		view->width[c] = WR_MAX(view->width[c], WR_MIN(width, view->cell_max));
	}
}

void wr_shell_fit(struct wr_shell_view *view, uint32_t columns)
{
	uint32_t cells = cells_of(view), total = 1;

	for (uint32_t c = 0; c < cells; c++)
		total += view->width[c] + 3;
	while (total > columns) {
		uint32_t widest = 0;

		for (uint32_t c = 1; c < cells; c++)
			if (view->width[c] > view->width[widest])
				widest = c;
		if (cells == 0 || view->width[widest] <= 3)
			return;
		view->width[widest]--;
		total--;
	}
}

/* --- printing -----------------------------------------------------------------------------------
 */

void wr_shell_print_rule(struct wr_shell_view *view)
{
	for (uint32_t c = 0; c < cells_of(view); c++) {
		fputs(c == 0 ? "+" : "", view->file);
		for (uint32_t k = 0; k < view->width[c] + 2; k++)
			fputc('-', view->file);
		fputc('+', view->file);
	}
	fputc('\n', view->file);
}

/* One cell, cut to `width`; control characters become spaces. */
static void aligned_cell(struct wr_shell_view *view, uint32_t c, struct wr_str text)
{
	uint32_t width = view->width[c], total = width_of(text.data, text.len), done = 0;
	uint32_t pad = total < width ? width - total : 0;
	bool right = is_number(view, c);

	fputs(c == 0 ? "| " : " ", view->file);
	for (uint32_t i = 0; right && i < pad; i++)
		fputc(' ', view->file);
	for (size_t i = 0; i < text.len;) {
		uint32_t one;
		size_t used = character(text.data + i, text.len - i, &one);

		if (done + one > width)
			break;
		if (used == 1 && (unsigned char)text.data[i] < 0x20)
			fputc(' ', view->file);
		else
			fwrite(text.data + i, 1, used, view->file);
		done += one;
		i += used;
	}
	for (uint32_t i = done + (right ? pad : 0); i < width; i++)
		fputc(' ', view->file);
	fputs(" |", view->file);
}

/* A field of CSV (RFC 4180): in quotes when it needs them. */
static void csv_cell(FILE *file, struct wr_str text, bool none)
{
	bool quotes = none ? false : text.len == 0;

	for (size_t i = 0; i < text.len && !none; i++)
		quotes |= strchr(",\"\r\n", text.data[i]) != NULL;
	if (quotes)
		fputc('"', file);
	for (size_t i = 0; i < text.len && !none; i++) {
		if (text.data[i] == '"')
			fputc('"', file);
		fputc(text.data[i], file);
	}
	if (quotes)
		fputc('"', file);
}

static void tsv_cell(FILE *file, struct wr_str text, bool none)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.data[i]) {
		case '\t': fputs("\\t", file); break;
		case '\n': fputs("\\n", file); break;
		case '\r': fputs("\\r", file); break;
		case '\\': fputs("\\\\", file); break;
		default: fputc(text.data[i], file);
		}
	}
}

/* A member of the object that the line is. */
static void json_cell(struct wr_shell_view *view, uint32_t c, struct wr_str text, bool none)
{
	const struct wr_shell_column *column =
	    view->changes && c == 0 ? NULL : &view->column[view->changes ? c - 1 : c];
	struct wr_text out;
	char *copy;

	wr_text_init(&out);
	wr_text_puts(&out, c == 0 ? "{" : ",");
	wr_text_json(&out, name_of(view, c));
	wr_text_putc(&out, ':');
	if (none) {
		wr_text_puts(&out, "null");
	} else if (column != NULL && column->boolean) {
		wr_text_puts(&out, text.data[0] == 't' || text.data[0] == 'T' ? "true" : "false");
	} else if (column != NULL && column->number && strcspn(text.data, "NI") >= text.len) {
		wr_text_add(&out, text.data, text.len);
	} else { /* NaN and Infinity, too */
		copy = wr_strndup(text.data, text.len);
		wr_text_json(&out, copy);
		wr_free(copy);
	}
	fputs(wr_text_str(&out), view->file);
	wr_text_release(&out);
}

static void expanded_cell(struct wr_shell_view *view, uint32_t c, struct wr_str text)
{
	uint32_t width = 0;

	for (uint32_t i = 0; i < cells_of(view); i++)
		width = WR_MAX(width, width_of(name_of(view, i), strlen(name_of(view, i))));
	fprintf(view->file, "%s%*s | %.*s\n", name_of(view, c),
		(int)(width - width_of(name_of(view, c), strlen(name_of(view, c)))), "",
		(int)text.len, text.data);
}

void wr_shell_print_header(struct wr_shell_view *view)
{
	uint32_t cells = cells_of(view);

	if (view->format == WR_SHELL_ALIGNED)
		wr_shell_print_rule(view);
	for (uint32_t c = 0; c < cells; c++) {
		struct wr_str name = wr_str_of(name_of(view, c));

		if (view->format == WR_SHELL_ALIGNED) {
			aligned_cell(view, c, name);
		} else if (view->format == WR_SHELL_CSV || view->format == WR_SHELL_TSV) {
			fputs(c == 0 ? "" : view->format == WR_SHELL_CSV ? "," : "\t", view->file);
			(view->format == WR_SHELL_CSV ? csv_cell : tsv_cell)(view->file, name,
									     false);
		}
	}
	if (view->format != WR_SHELL_JSON && view->format != WR_SHELL_EXPANDED)
		fputc('\n', view->file);
	if (view->format == WR_SHELL_ALIGNED)
		wr_shell_print_rule(view);
}

void wr_shell_print_line(struct wr_shell_view *view, const char *line)
{
	uint32_t cells = cells_of(view);

	for (uint32_t c = 0; c < cells; c++) {
		bool none;
		struct wr_str text = cell(&line, &none);

		switch (view->format) {
		case WR_SHELL_ALIGNED: aligned_cell(view, c, text); break;
		case WR_SHELL_EXPANDED: expanded_cell(view, c, text); break;
		case WR_SHELL_JSON: json_cell(view, c, text, none); break;
		case WR_SHELL_CSV:
			fputs(c > 0 ? "," : "", view->file);
			csv_cell(view->file, text, none);
			break;
		case WR_SHELL_TSV:
			fputs(c > 0 ? "\t" : "", view->file);
			tsv_cell(view->file, text, none);
			break;
		}
	}
	fputs(view->format == WR_SHELL_JSON ? "}\n" : "\n", view->file);
}
