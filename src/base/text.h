/* SPDX-License-Identifier: Apache-2.0
 *
 * text - a growing byte string, for messages, encoders and EXPLAIN.
 *
 * The bytes are NUL-terminated after every call except the *_unsafe ones. Thread: one owner.
 */
#ifndef WR_BASE_TEXT_H
#define WR_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr_text {
	char *data;      /* owned; NULL while empty and never written */
	size_t len;      /* bytes used */
	size_t capacity; /* bytes allocated, at least len + 1 once data is set */
};

void wr_text_init(struct wr_text *text);
void wr_text_release(struct wr_text *text);
static inline void wr_text_clear(struct wr_text *text)
{
	text->len = 0;
	if (text->data != NULL)
		text->data[0] = '\0';
}
/* Makes room for `more` bytes behind len (plus the NUL) and returns where they go. */
char *wr_text_reserve(struct wr_text *text, size_t more);
void wr_text_add(struct wr_text *text, const void *bytes, size_t len);
void wr_text_puts(struct wr_text *text, const char *string);
void wr_text_putc(struct wr_text *text, char c);
void wr_text_printf(struct wr_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends a string as UTF-8: U+FFFD stands for bytes that are none. */
void wr_text_utf8(struct wr_text *text, const char *string);
/* Appends a JSON string, in quotes. */
void wr_text_json(struct wr_text *text, const char *string);
void wr_text_i64(struct wr_text *text, int64_t value);
/* The bytes as a C string; "" while empty. Still owned by the text. */
const char *wr_text_str(const struct wr_text *text);

/* Formats what a program says of its own failure into `size` bytes, NUL included: what does not fit
 * is cut between two characters. */
void wr_reason_format(char *out, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* A view of bytes that someone else owns. */
struct wr_str {
	const char *data; /* not NUL-terminated in general */
	size_t len;
};
static inline struct wr_str wr_str_of(const char *string)
{
	return (struct wr_str){string, strlen(string)};
}
bool wr_str_eq(struct wr_str a, const char *b);
/* ASCII case-insensitive. */
bool wr_str_eq_nocase(struct wr_str a, const char *b);
/* The nearest of `count` names to `name` by edit distance, or NULL when none is near: for "did you
 * mean". */
const char *wr_nearest(const char *name, const char *const *names, size_t count);
/* Appends "a, b, c" for a message: at most WR_NAMES_SHOWN of the names, then "and 7 more". */
void wr_text_names(struct wr_text *text, const char *const *names, size_t count);
#define WR_NAMES_SHOWN 20

#endif
