/* SPDX-License-Identifier: Apache-2.0
 *
 * csv - the format 'csv': options, checks, and where records end.
 */
#include "formats/csv.h"

#include "formats/formats.h"
#include "formats/scan.h"

static const struct wr_option csv_options[] = {
    {.name = "field-delimiter",
     .type = WR_OPTION_STRING,
     .fallback = ",",
     .doc = "The character between fields; '\\t' is a tab."},
    {.name = "disable-quote-character",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Fields are never quoted, and a quote is a character like others."},
    {.name = "quote-character",
     .type = WR_OPTION_STRING,
     .fallback = "\"",
     .doc = "The character around fields that hold separators or line ends."},
    {.name = "allow-comments",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Skip lines that begin with '#'."},
    {.name = "ignore-parse-errors",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "A field that cannot be read becomes NULL, a record that is no CSV is skipped; both "
	    "are counted."},
    {.name = "array-element-delimiter",
     .type = WR_OPTION_STRING,
     .fallback = ";",
     .doc = "The text between the elements of an ARRAY and the fields of a ROW."},
    {.name = "escape-character",
     .type = WR_OPTION_STRING,
     .doc = "The character that makes the next one ordinary; unset: none."},
    {.name = "null-literal",
     .type = WR_OPTION_STRING,
     .doc = "The text of a NULL; unset: nothing is NULL when read, NULL is written empty."},
    {.name = "write-bigdecimal-in-scientific-notation",
     .type = WR_OPTION_BOOL,
     .fallback = "true",
     .doc = "Accepted for scripts that set it; decimals are written as Flink 2.1 writes them "
	    "either way."},
    {.name = "header",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "The first line of a file holds names and is skipped when reading."},
    {.name = "skip-lines",
     .type = WR_OPTION_INT,
     .fallback = "0",
     .max = 1000,
     .doc = "Lines to skip at the start of a file, before a header."},
};

/* A record ends at the first line end outside of quotes, so quotes are followed from the start of
 * the data, which is the start of a record. *quoted only tells whether this is the start of the
 * stream: a byte order mark may stand before the first quote there. */
static size_t csv_frame(const struct wr_format_args *args, const char *data, size_t len,
			uint32_t *quoted)
{
	struct wr_csv_dialect dialect;
	const char *limit = wr_scan_last_line(data, len);
	const char *p = data;
	bool mark = *quoted == 0 && len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0;
	wr_status *status = wr_csv_dialect_read(&dialect, args->options);

	WR_ASSERT(status == NULL); /* csv_check has seen the options */
	if (status != NULL) {
		wr_status_free(status);
		return (size_t)(limit - data);
	}
	if (limit == data)
		return 0;
	if (dialect.quote == '\n' || memchr(data, dialect.quote, (size_t)(limit - data)) == NULL)
		return (size_t)(limit - data);
	p += mark ? 3 : 0;
	while (p < limit) {
		/* Lines without a quote need no look. */
		const char *hit = dialect.escape == '\n' && !dialect.comments
				      ? wr_scan_any3(p, dialect.quote, '\n', '\n')
				      : p;
		if (*hit == '\n') {
			p = hit + 1;
			continue;
		}
		const char *next = wr_csv_record_end(&dialect, p, limit);
		if (next == NULL)
			break;
		p = next;
	}
	if (p == data + 3 && mark)
		return 0;
	*quoted = p != data;
	return (size_t)(p - data);
}

static bool fits_csv(const struct wr_type *type, bool nested)
{
	if (type->kind == WR_ARRAY || type->kind == WR_ROW) {
		for (uint32_t i = 0; i < type->child_count; i++) {
			if (nested || !fits_csv(type->child[i], true))
				return false;
		}
		return true;
	}
	return type->kind != WR_MAP && type->kind != WR_MULTISET && type->kind != WR_NULL;
}

static wr_status *csv_check(const struct wr_format_args *args, bool for_sink)
{
	struct wr_csv_dialect dialect;

	WR_TRY(wr_csv_dialect_read(&dialect, args->options));
	for (uint32_t i = 0; i < args->schema->count; i++) {
		const struct wr_field *field = &args->schema->field[i];
		if (fits_csv(field->type, false))
			continue;
		wr_status *status =
		    wr_status_new(WR_USER_ERROR, "Format 'csv' cannot %s column '%s': it is a %s",
				  for_sink ? "write" : "read", field->name,
				  field->type->kind == WR_MAP || field->type->kind == WR_MULTISET
				      ? "MAP"
				      : "nested ARRAY or ROW");
		return wr_status_hint(status, "Use the format 'json', or another type");
	}
	return NULL;
}

const struct wr_format wr_format_csv = {
    .name = "csv",
    .doc = "Fields separated by commas (or another character), a record a line.",
    .options = csv_options,
    .option_count = WR_COUNT(csv_options),
    .check = csv_check,
    .messages = true,
    .frame = csv_frame,
    .decoder_new = wr_csv_decoder_new,
    .decode = wr_csv_decode,
    .decoder_free = wr_csv_decoder_free,
    .encoder_new = wr_csv_encoder_new,
    .encode = wr_csv_encode,
    .encoder_free = wr_csv_encoder_free,
};
