/* SPDX-License-Identifier: Apache-2.0
 *
 * json_scan - JSON text, token by token, on lines that end in '\n'.
 *
 * Why not simdjson's parser: decoding a record means knowing that all of it is well-formed (also
 * the fields nobody reads), and that a broken line spoils no other. Its on-demand parser checks
 * only what is read, and its index of a block is lost when one line has an open string or a wrong
 * byte. A line read once from left to right, with the fields expected where the line before had
 * them, needs no index: measured on the clicks input (bench/json_bench.c) it is faster as well.
 *
 * All functions take a pointer to the next byte and return the one behind what they read, or NULL
 * when the text is not JSON. '\n' is a stop byte for all of them: it is allowed nowhere within a
 * record, so nothing runs over the end of its line. Up to 32 bytes behind are read blindly.
 *
 * Text is UTF-8, checked string by string (`WR_JSON_ENCODING`). Thread: pure functions.
 */
#ifndef WR_FORMATS_JSON_SCAN_H
#define WR_FORMATS_JSON_SCAN_H

#include "base/text.h"
#include "formats/scan.h"

enum wr_json_fault_kind {
	WR_JSON_SYNTAX,   /* not JSON */
	WR_JSON_ENCODING, /* a string that is not UTF-8 */
	WR_JSON_DEPTH     /* more than WR_JSON_NESTING_MAX levels */
};

/* Set by whoever returns NULL. */
struct wr_json_fault {
	enum wr_json_fault_kind kind;
	const char *at; /* the byte that is wrong, or the string that it is in */
};
/* Notes a fault of syntax and returns NULL. */
static inline const char *wr_json_broken(struct wr_json_fault *fault, const char *at)
{
	*fault = (struct wr_json_fault){WR_JSON_SYNTAX, at};
	return NULL;
}

/* A string token. */
struct wr_json_string {
	const char *data; /* bytes between the quotes */
	size_t len;       /* of them */
	bool escaped;     /* there are backslashes: see wr_json_unescape */
};

/* Spaces, tabs and carriage returns. */
static inline const char *wr_json_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

/* `p` is at the opening quote. */
const char *wr_json_string_slow(const char *p, struct wr_json_string *out,
				struct wr_json_fault *fault);
static inline const char *wr_json_string(const char *p, struct wr_json_string *out,
					 struct wr_json_fault *fault)
{
	bool other = false;
	const char *end = wr_scan_json_string(p + 1, &other);

	if (WR_UNLIKELY(*end != '"' || other))
		return wr_json_string_slow(p, out, fault);
	*out = (struct wr_json_string){p + 1, (size_t)(end - p - 1), false};
	return end + 1;
}

/* A number token; *integer: no fraction and no exponent. */
const char *wr_json_number(const char *p, bool *integer, struct wr_json_fault *fault);
/* Any value, checked all through. */
const char *wr_json_skip(const char *p, struct wr_json_fault *fault);

/* Writes the bytes that an escaped string stands for; at most string->len of them. Returns their
 * number. A half of a surrogate pair becomes '?', as Java writes it. */
size_t wr_json_unescape(char *out, const struct wr_json_string *string);

/* Appends the value at `p` as Jackson prints a tree: no spaces, keys once (the last value at the
 * first place), numbers in Java's forms: decimals without trailing zeros when `decimals` (the table
 * has a DECIMAL column), else doubles. Returns the byte behind the value, which must be known to be
 * JSON (wr_json_skip). */
const char *wr_json_print_tree(struct wr_text *out, const char *p, bool decimals);

/* Appends `len` bytes as a JSON string with quotes, escaped as Jackson does. */
void wr_json_quote(struct wr_text *out, const char *data, size_t len);
/* The same into memory with room for wr_json_quote_max(len) bytes and 16 more; returns the end. */
char *wr_json_quote_into(char *out, const char *data, size_t len);
static inline size_t wr_json_quote_max(size_t len)
{
	return len * 6 + 2;
}

#endif
