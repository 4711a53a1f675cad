/* SPDX-License-Identifier: Apache-2.0
 *
 * csv_scan - where fields and records end.
 */
#include "formats/csv_scan.h"

#include "formats/scan.h"

#define NONE '\n' /* stands for a character that is switched off */

/* A delimiter of one byte: a character, or the escape of one as Flink's options write it. */
static bool read_char(const char *text, char *out)
{
	size_t len = strlen(text);

	if (len == 1) {
		*out = text[0];
	} else if (len == 2 && text[0] == '\\') {
		*out = text[1] == 't'   ? '\t'
		       : text[1] == 'n' ? '\n'
		       : text[1] == 'r' ? '\r'
		       : text[1] == '0' ? '\0'
					: text[1];
	} else if (len == 6 && memcmp(text, "\\u00", 4) == 0) {
		int value = 0;
		for (int i = 4; i < 6; i++) {
			char c = text[i] | 0x20;
			if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
				return false;
			value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
		}
		*out = (char)value;
	} else {
		return false;
	}
	return (uint8_t)*out < 0x80 && *out != '\n' && *out != '\r';
}

static wr_status *option_char(const struct wr_options *options, const char *name, char *out)
{
	const char *text = wr_options_str(options, name);

	if (text == NULL || read_char(text, out))
		return NULL;
	wr_status *status =
	    wr_status_new(WR_USER_ERROR, "'csv.%s' = '%s' is not a single character", name, text);
	return wr_status_hint(status,
			      "Use one ASCII character that is no line end, or '\\t' for a tab");
}

wr_status *wr_csv_dialect_read(struct wr_csv_dialect *dialect, const struct wr_options *options)
{
	*dialect = (struct wr_csv_dialect){.separator = ',', .quote = '"', .escape = NONE};
	WR_TRY(option_char(options, "field-delimiter", &dialect->separator));
	WR_TRY(option_char(options, "quote-character", &dialect->quote));
	WR_TRY(option_char(options, "escape-character", &dialect->escape));
	if (wr_options_bool(options, "disable-quote-character"))
		dialect->quote = NONE;
	dialect->comments = wr_options_bool(options, "allow-comments");
	dialect->ignore_errors = wr_options_bool(options, "ignore-parse-errors");
	dialect->null_literal = wr_options_str(options, "null-literal");
	dialect->null_len = dialect->null_literal != NULL ? strlen(dialect->null_literal) : 0;
	dialect->element = wr_options_str(options, "array-element-delimiter");
	dialect->element_len = strlen(dialect->element);
	return NULL;
}

/* --- fields ------------------------------------------------------------------------------------
 */

static const char *read_quoted(const struct wr_csv_dialect *dialect, const char *p,
			       const char *limit, struct wr_csv_field *field, const char **fault)
{
	const char *start = p;
	char quote = dialect->quote;
	char escape = dialect->escape != NONE ? dialect->escape : quote;

	*field = (struct wr_csv_field){.data = p + 1, .quoted = true};
	for (p++;;) {
		/* an escape may stand before the last line end */
		p = p < limit ? wr_scan_any3(p, quote, escape, '\n') : limit;
		if (p >= limit - 1) {
			*fault = start;
			return NULL;
		}
		if (*p == quote) {
			if (p[1] != quote)
				break;
			field->escaped = true;
			p += 2;
		} else if (*p == '\n') {
			p++;
		} else {
			field->escaped = true;
			p += 2;
		}
	}
	field->len = (size_t)(p - field->data);
	for (p++; *p == ' ' && dialect->separator != ' '; p++)
		;
	if (*p == dialect->separator || *p == '\n' || *p == '\r')
		return p;
	*fault = p;
	return NULL;
}

/* An unquoted field where characters may be escaped, but not line ends: a line is cut into blocks
 * without a look at what stands before its end. */
static const char *read_escaped(const struct wr_csv_dialect *dialect, const char *p,
				struct wr_csv_field *field)
{
	while (*p != dialect->separator && *p != '\n' && *p != '\r') {
		bool escape = *p++ == dialect->escape;
		if (escape && *p != '\n' && *p != '\r') {
			field->escaped = true;
			p++;
		}
	}
	field->len = (size_t)(p - field->data);
	return p;
}

const char *wr_csv_read_field(const struct wr_csv_dialect *dialect, const char *p,
			      const char *limit, struct wr_csv_field *field, const char **fault)
{
	if (*p == dialect->quote && dialect->quote != NONE)
		return read_quoted(dialect, p, limit, field, fault);
	*field = (struct wr_csv_field){.data = p};
	if (WR_UNLIKELY(dialect->escape != NONE))
		return read_escaped(dialect, p, field);
	p = wr_scan_any3(p, dialect->separator, '\r', '\n');
	field->len = (size_t)(p - field->data);
	return p;
}

size_t wr_csv_unescape(const struct wr_csv_dialect *dialect, const struct wr_csv_field *field,
		       char *out)
{
	const char *p = field->data;
	const char *end = p + field->len;
	char *start = out;

	while (p < end) {
		if (*p == dialect->escape && dialect->escape != NONE && p + 1 < end) {
			char c = *++p;
			*out++ = c == 'n'   ? '\n'
				 : c == 'r' ? '\r'
				 : c == 't' ? '\t'
				 : c == '0' ? '\0'
					    : c;
			p++;
			continue;
		}
		if (field->quoted && *p == dialect->quote)
			p++; /* the first of two */
		*out++ = *p++;
	}
	return (size_t)(out - start);
}

/* --- records -----------------------------------------------------------------------------------
 */

bool wr_csv_is_comment(const struct wr_csv_dialect *dialect, const char *p)
{
	if (!dialect->comments)
		return false;
	while (*p == ' ' || *p == '\t')
		p++;
	return *p == '#';
}

/* The byte behind the line end at `p`. */
static const char *behind_line_end(const char *p)
{
	return p + 1 + (p[0] == '\r' && p[1] == '\n');
}

const char *wr_csv_record_end(const struct wr_csv_dialect *dialect, const char *p,
			      const char *limit)
{
	struct wr_csv_field field;
	const char *fault = NULL;

	if (wr_csv_is_comment(dialect, p))
		return (const char *)memchr(p, '\n', (size_t)(limit - p)) + 1;
	for (;;) {
		const char *end = wr_csv_read_field(dialect, p, limit, &field, &fault);
		if (end == NULL && fault == p)
			return NULL; /* not closed */
		if (end == NULL)
			return (const char *)memchr(fault, '\n', (size_t)(limit - fault)) + 1;
		if (*end != dialect->separator)
			return behind_line_end(end);
		p = end + 1;
	}
}
