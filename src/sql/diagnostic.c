/* SPDX-License-Identifier: Apache-2.0
 *
 * diagnostic - lays out one line of the script and the mark under it.
 */
#include "sql/diagnostic.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/secret.h"

#define SHOWN_COLUMNS  100 /* of the line */
#define BEFORE_COLUMNS 60  /* kept in front of the place when the line is cut */

/* A part of the line, in bytes from its start. */
struct window {
	size_t from;     /* first byte shown */
	size_t to;       /* behind the last byte shown */
	bool cut_before; /* something is left out in front */
	bool cut_after;  /* something is left out behind */
};

/* Columns that the character takes on a terminal. */
static int char_columns(UChar32 c)
{
	int8_t type = u_charType(c);
	if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR)
		return 0;
	int32_t width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
	return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

/* The next character of the line; broken bytes and control characters (but tab) come as U+FFFD and
 * a space. */
static UChar32 next_char(struct wr_str line, size_t *at)
{
	WR_ASSERT(*at < line.len);
	int32_t i = 0;
	UChar32 c;
	int32_t left = (int32_t)WR_MIN(line.len - *at, (size_t)8);
	U8_NEXT((const uint8_t *)line.data + *at, i, left, c);
	*at += (size_t)i;
	if (c < 0)
		return 0xFFFD;
	if (c != '\t' && (c < 0x20 || (c >= 0x7F && c < 0xA0)))
		return ' ';
	return c;
}

/* The line around `offset`; the place's offset in it goes to *in_line. */
static struct wr_str find_line(struct wr_str text, size_t offset, size_t *in_line)
{
	size_t start = WR_MIN(offset, text.len);
	while (start > 0 && text.data[start - 1] != '\n')
		start--;
	const char *newline = memchr(text.data + start, '\n', text.len - start);
	size_t end = newline == NULL ? text.len : (size_t)(newline - text.data);
	if (end > start && text.data[end - 1] == '\r')
		end--;
	*in_line = WR_MIN(offset, text.len) - start;
	if (*in_line > end - start)
		*in_line = end - start;
	return (struct wr_str){text.data + start, end - start};
}

/* Bytes of line[from, ..) that fit into `columns`. */
static size_t fit(struct wr_str line, size_t from, int columns)
{
	size_t at = from;
	while (at < line.len) {
		size_t next = at;
		columns -= char_columns(next_char(line, &next));
		if (columns < 0)
			break;
		at = next;
	}
	return at;
}

/* What of the line is shown: all of it, or some columns around the place. */
static struct window choose_window(struct wr_str line, size_t place)
{
	struct window window = {.from = 0};
	if (fit(line, 0, SHOWN_COLUMNS) < line.len) {
		window.from = place;
		for (int columns = 0; columns < BEFORE_COLUMNS && window.from > 0;) {
			window.from--;
			while (window.from > 0 &&
			       ((unsigned char)line.data[window.from] & 0xC0) == 0x80)
				window.from--;
			size_t at = window.from;
			int width = char_columns(next_char(line, &at));
			columns += WR_MAX(width, 1);
		}
	}
	window.to = fit(line, window.from, SHOWN_COLUMNS);
	window.cut_before = window.from > 0;
	window.cut_after = window.to < line.len;
	return window;
}

static void put_char(struct wr_text *out, UChar32 c)
{
	uint8_t bytes[4];
	int32_t len = 0;
	U8_APPEND_UNSAFE(bytes, len, c);
	wr_text_add(out, bytes, (size_t)len);
}

/* The mark: as many columns as the place has in the shown part, at least one. */
static void put_mark(struct wr_text *out, struct wr_str line, const struct window *window,
		     size_t place, size_t length)
{
	wr_text_puts(out, window->cut_before ? "     " : "  ");
	for (size_t at = window->from; at < place;) {
		UChar32 c = next_char(line, &at);
		if (c == '\t') {
			wr_text_putc(out, '\t');
			continue;
		}
		for (int i = char_columns(c); i > 0; i--)
			wr_text_putc(out, ' ');
	}
	int marks = 0;
	for (size_t at = place; at < window->to && at < place + length;)
		marks += char_columns(next_char(line, &at));
	for (int i = WR_MAX(marks, 1); i > 0; i--)
		wr_text_putc(out, '^');
	wr_text_putc(out, '\n');
}

/* The line and the mark under it; passwords in it are not shown. */
static void put_place(struct wr_text *out, struct wr_str text, struct wr_pos pos)
{
	size_t place = 0;
	struct wr_str line = find_line(text, pos.offset, &place);
	char *shown = wr_malloc(line.len + 1);
	memcpy(shown, line.data, line.len);
	wr_secret_blot(shown, line.len);
	line.data = shown;
	struct window window = choose_window(line, place);
	wr_text_puts(out, window.cut_before ? "  ..." : "  ");
	for (size_t at = window.from; at < window.to;)
		put_char(out, next_char(line, &at));
	wr_text_puts(out, window.cut_after ? "...\n" : "\n");
	put_mark(out, line, &window, place, pos.length);
	wr_free(shown);
}

/* file:line:column: error: message, the place, the hint. */
void wr_sql_render_error(const char *file, struct wr_str text, const wr_status *status,
			 struct wr_text *out)
{
	WR_ASSERT(status != NULL);
	if (file != NULL)
		wr_text_printf(out, "%s:", file);
	if (status->pos.line != 0)
		wr_text_printf(out, "%u:%u:", status->pos.line, status->pos.column);
	if (file != NULL || status->pos.line != 0)
		wr_text_putc(out, ' ');
	wr_text_printf(out, "error: %s\n", status->text);
	if (status->pos.line != 0)
		put_place(out, text, status->pos);
	if (status->hint != NULL)
		wr_text_printf(out, "hint: %s\n", status->hint);
}
