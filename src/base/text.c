/* SPDX-License-Identifier: Apache-2.0
 *
 * text - a growing byte string, and the comparison of names that error messages need.
 */
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/mem.h"

#define TEXT_CAPACITY_MIN 64u
#define NEAREST_LEN_MAX   64u /* longer names are not compared */

void wr_text_init(struct wr_text *text)
{
	*text = (struct wr_text){0};
}

void wr_text_release(struct wr_text *text)
{
	wr_free(text->data);
	wr_text_init(text);
}

char *wr_text_reserve(struct wr_text *text, size_t more)
{
	if (WR_UNLIKELY(text->capacity < text->len + more + 1)) {
		size_t want = text->capacity + text->capacity / 2;
		want = WR_MAX(want, TEXT_CAPACITY_MIN);
		want = WR_MAX(want, text->len + more + 1);
		text->data = wr_realloc(text->data, want);
		text->capacity = want;
		text->data[text->len] = '\0';
	}
	return text->data + text->len;
}

void wr_text_add(struct wr_text *text, const void *bytes, size_t len)
{
	char *to = wr_text_reserve(text, len);

	if (len != 0)
		memcpy(to, bytes, len);
	to[len] = '\0';
	text->len += len;
}

void wr_text_puts(struct wr_text *text, const char *string)
{
	wr_text_add(text, string, strlen(string));
}

void wr_text_putc(struct wr_text *text, char c)
{
	char *to = wr_text_reserve(text, 1);

	to[0] = c;
	to[1] = '\0';
	text->len++;
}

void wr_text_printf(struct wr_text *text, const char *format, ...)
{
	va_list args;
	va_list again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	WR_REQUIRE(len >= 0);
	char *to = wr_text_reserve(text, (size_t)len);
	vsnprintf(to, (size_t)len + 1, format, again);
	va_end(again);
	text->len += (size_t)len;
}

/* Digits from the back; the magnitude is unsigned so that INT64_MIN needs no exception. */
void wr_text_i64(struct wr_text *text, int64_t value)
{
	char digits[24];
	char *p = digits + sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	if (value < 0)
		*--p = '-';
	wr_text_add(text, p, (size_t)(digits + sizeof digits - p));
}

void wr_reason_format(char *out, size_t size, const char *format, va_list args)
{
	int len = vsnprintf(out, size, format, args);

	if (len < 0)
		out[0] = '\0';
	if (len < (int)size)
		return;
	size--;
	while (size > 0 && ((unsigned char)out[size - 1] & 0xC0) == 0x80)
		size--;
	if (size > 0 && (unsigned char)out[size - 1] >= 0xC0)
		size--; /* the first byte of a character that did not fit, or just did */
	out[size] = '\0';
}

const char *wr_text_str(const struct wr_text *text)
{
	return text->data != NULL ? text->data : "";
}

bool wr_str_eq(struct wr_str a, const char *b)
{
	return strlen(b) == a.len && (a.len == 0 || memcmp(a.data, b, a.len) == 0);
}

bool wr_str_eq_nocase(struct wr_str a, const char *b)
{
	if (strlen(b) != a.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (tolower((unsigned char)a.data[i]) != tolower((unsigned char)b[i]))
			return false;
	}
	return true;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Letters to add, drop, change or swap with their neighbour (optimal string alignment; three rows
 * of the usual table are kept). Upper and lower case are the same. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NEAREST_LEN_MAX + 1];

	WR_ASSERT(a_len <= NEAREST_LEN_MAX && b_len <= NEAREST_LEN_MAX);
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i - 1) % 3], *swap = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = same_letter(a[i - 1], b[j - 1]);

			row[j] = above[j - 1] + (same ? 0 : 1);
			row[j] = WR_MIN(row[j], above[j] + 1);
			row[j] = WR_MIN(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = WR_MIN(row[j], swap[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

/* Near means: at most a third of the name's letters differ (at least one may, at most five), and
 * some letter is the same: 'x' is not near 'y'. */
const char *wr_nearest(const char *name, const char *const *names, size_t count)
{
	size_t len = strlen(name);
	unsigned limit = (unsigned)WR_MIN(WR_MAX(len / 3, 1), 5);
	const char *best = NULL;

	if (len > NEAREST_LEN_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(names[i]);
		if (other > NEAREST_LEN_MAX)
			continue;
		unsigned distance = edit_distance(name, len, names[i], other);
		if (distance >= WR_MAX(len, other))
			continue;
		if (distance < limit || (distance == limit && best == NULL)) {
			best = names[i];
			limit = distance;
		}
	}
	return best;
}

/* Bytes of the character of UTF-8 that begins here (RFC 3629, section 4); 0: none does. A text's
 * final zero is in none of the ranges. */
static size_t utf8_size(const unsigned char *at)
{
	size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	unsigned char least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;

	if (at[0] > 0xf4 || (size > 1 && (at[1] < least || at[1] > most)))
		return 0;
	for (size_t i = 2; i < size; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return size;
}

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What is UTF-8 goes in one piece from `from` on; most texts are. */
void wr_text_utf8(struct wr_text *text, const char *string)
{
	const char *from = string, *at = string;

	while (*at != '\0') {
		size_t size = utf8_size((const unsigned char *)at);

		if (size > 0) {
			at += size;
			continue;
		}
		wr_text_add(text, from, (size_t)(at - from));
		wr_text_puts(text, REPLACEMENT);
		from = ++at;
	}
	wr_text_add(text, from, (size_t)(at - from));
}

/* JSON is UTF-8 (RFC 8259, section 8.1), but a text may quote bytes of a request or of a record, or
 * have been cut within a character. */
void wr_text_json(struct wr_text *text, const char *string)
{
	wr_text_putc(text, '"');
	for (const char *at = string; *at != '\0';) {
		unsigned char c = (unsigned char)*at;
		size_t size = utf8_size((const unsigned char *)at);

		if (size == 0)
			wr_text_puts(text, REPLACEMENT);
		else if (c == '"' || c == '\\')
			wr_text_printf(text, "\\%c", c);
		else if (c < 0x20)
			wr_text_printf(text, "\\u%04x", c);
		else
			wr_text_add(text, at, size);
		at += size > 0 ? size : 1;
	}
	wr_text_putc(text, '"');
}

void wr_text_names(struct wr_text *text, const char *const *names, size_t count)
{
	size_t shown = WR_MIN(count, (size_t)WR_NAMES_SHOWN);

	for (size_t i = 0; i < shown; i++)
		wr_text_printf(text, "%s%.64s", i > 0 ? ", " : "", names[i]);
	if (shown < count)
		wr_text_printf(text, " and %zu more", count - shown);
}
