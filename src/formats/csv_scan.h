/* SPDX-License-Identifier: Apache-2.0
 *
 * csv_scan - the fields and records of CSV, as Jackson cuts them.
 *
 * A field that begins with the quote character is quoted: separators and line ends in it are text,
 * a doubled quote is one. Elsewhere a quote is an ordinary character. Behind the closing quote only
 * spaces may follow. '\n', '\r\n' and '\r' end a record. The escape character, if there is one,
 * makes the next character ordinary anywhere (and \n, \r, \t, \0 the control characters).
 *
 * Texts end with '\n' before `limit`, and 32 bytes behind are readable. Thread: pure functions.
 */
#ifndef WR_FORMATS_CSV_SCAN_H
#define WR_FORMATS_CSV_SCAN_H

#include "base/text.h"
#include "catalog/format.h"

/* How the options say that the text is written. */
struct wr_csv_dialect {
	char separator;           /* between fields */
	char quote;               /* '\n': none (it cannot be found within a field) */
	char escape;              /* '\n': none */
	bool comments;            /* lines that begin with '#' are skipped */
	const char *null_literal; /* text that is NULL, or NULL */
	size_t null_len;          /* of it */
	const char *element;      /* between the elements of an ARRAY or ROW */
	size_t element_len;       /* of it; 0: nothing is cut */
	bool ignore_errors;       /* ignore-parse-errors */
};
/* A status when a delimiter is not one character. */
wr_status *wr_csv_dialect_read(struct wr_csv_dialect *dialect, const struct wr_options *options);

struct wr_csv_field {
	const char *data; /* without the quotes */
	size_t len;
	bool quoted;  /* it had quotes */
	bool escaped; /* doubled quotes or escapes: see wr_csv_unescape */
};
/* Reads the field at `p`; returns its separator or line end. NULL: a quote is not closed, or
 * something follows it; *fault is where. */
const char *wr_csv_read_field(const struct wr_csv_dialect *dialect, const char *p,
			      const char *limit, struct wr_csv_field *field, const char **fault);
/* The text of an escaped field, at most field->len bytes. Returns their number. */
size_t wr_csv_unescape(const struct wr_csv_dialect *dialect, const struct wr_csv_field *field,
		       char *out);

/* The byte behind the line end of the record at `p`, or NULL when it does not end before `limit`
 * (within quotes). Broken records end with their line. */
const char *wr_csv_record_end(const struct wr_csv_dialect *dialect, const char *p,
			      const char *limit);
/* Whether the line at `p` is a comment. */
bool wr_csv_is_comment(const struct wr_csv_dialect *dialect, const char *p);

#endif
