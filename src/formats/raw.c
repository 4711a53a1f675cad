/* SPDX-License-Identifier: Apache-2.0
 *
 * raw - the format 'raw': a line or message is the value of the table's only column as it is: a
 * text, bytes, or (of messages) the bytes of a number.
 *
 * Numbers have the width of their type and the order of bytes that 'raw.endianness' says; a BOOLEAN
 * is a byte. Of a line only texts and bytes can be made: any byte of a number could be a line end.
 * A message without bytes at all is NULL, and NULL is written as such.
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/charset.h"
#include "formats/formats.h"
#include "formats/json.h"
#include "data/utf8.h"

static const char *const raw_endian[] = {"big-endian", "little-endian", NULL};

static const struct wr_option raw_options[] = {
    {.name = "charset",
     .type = WR_OPTION_STRING,
     .fallback = "UTF-8",
     .doc = "The encoding of texts: UTF-8, UTF-16, ISO-8859-1 and what else ICU knows."},
    {.name = "endianness",
     .type = WR_OPTION_ENUM,
     .fallback = "big-endian",
     .values = raw_endian,
     .doc = "The order of the bytes of numbers; texts and bytes have none."},
};

struct wr_decoder {
	struct wr_rows rows;
	bool text;                  /* the column is a text */
	bool swap;                  /* numbers have the other order of bytes */
	uint32_t width;             /* bytes of a number; 0: a text or bytes */
	const char *type;           /* the column's, for messages */
	struct wr_charset *charset; /* of texts; NULL: UTF-8 */
	struct wr_text scratch;     /* a text in UTF-8 */
};

struct wr_encoder {
	bool swap;                  /* as above */
	uint32_t width;             /* as above */
	struct wr_charset *charset; /* as above */
};

/* Bytes of a number; 0: no number. */
static uint32_t raw_width(enum wr_kind kind)
{
	switch (kind) {
	case WR_BOOLEAN:
	case WR_TINYINT: return 1;
	case WR_SMALLINT: return 2;
	case WR_INT:
	case WR_FLOAT: return 4;
	case WR_BIGINT:
	case WR_DOUBLE: return 8;
	default: return 0;
	}
}

static bool raw_is_bytes(enum wr_kind kind)
{
	return wr_kind_is_string(kind) || wr_kind_is_bytes(kind);
}

/* Whether a line end is the one byte that lines are told apart by. */
static bool raw_has_lines(const char *name)
{
	struct wr_charset *charset = wr_charset_new(name);
	bool one = charset == NULL;
	struct wr_text text;

	wr_text_init(&text);
	if (charset != NULL) {
		wr_charset_write(charset, "\n", 1, &text);
		one = text.len == 1 && text.data[0] == '\n';
	}
	wr_text_release(&text);
	wr_charset_free(charset);
	return one;
}

static wr_status *raw_check(const struct wr_format_args *args, bool for_sink)
{
	const struct wr_schema *schema = args->schema;
	const char *charset = wr_options_str(args->options, "charset");
	enum wr_kind kind = schema->count == 1 ? schema->field[0].type->kind : WR_NULL;
	wr_status *status;

	if (!wr_charset_known(charset)) {
		status = wr_status_new(WR_USER_ERROR, "'raw.charset' = '%s' is no known charset",
				       charset);
		return wr_status_hint(status, "Use for example 'UTF-8' or 'ISO-8859-1'");
	}
	if (!args->messages && wr_kind_is_string(kind) && !raw_has_lines(charset)) {
		status = wr_status_new(WR_USER_ERROR,
				       "'raw.charset' = '%s': its line ends have several bytes, so "
				       "that lines of files cannot be told apart",
				       charset);
		return wr_status_hint(status, "Convert the files to UTF-8 (iconv)");
	}
	if (raw_is_bytes(kind) || (args->messages && raw_width(kind) != 0))
		return NULL;
	if (schema->count != 1 && args->is_key)
		status = wr_status_new(WR_USER_ERROR,
				       "Format 'raw' needs exactly one column for the key, not %u",
				       schema->count);
	else if (args->messages)
		status = wr_status_new(WR_USER_ERROR,
				       "Format 'raw' needs exactly one column of STRING, BYTES, "
				       "BOOLEAN, an integer type, FLOAT or DOUBLE");
	else
		status = wr_status_new(
		    WR_USER_ERROR, "Format 'raw' needs a table with one column of STRING or BYTES");
	return wr_status_hint(status, args->messages
					  ? "Use 'json' for several columns or other types"
					  : "Use 'csv' for several columns or other types");
}

/* Whether numbers have the order of bytes that this machine does not have (which is little). */
static bool raw_swap(const struct wr_format_args *args)
{
	return wr_options_i64(args->options, "endianness") == 0;
}

/* --- decode -----------------------------------------------------------------------------------
 */

static wr_status *raw_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	const struct wr_type *type = args->schema->field[0].type;
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);

	wr_rows_init(&decoder->rows, args, false);
	wr_text_init(&decoder->scratch);
	decoder->text = wr_kind_is_string(type->kind);
	decoder->width = raw_width(type->kind);
	decoder->swap = raw_swap(args);
	if (decoder->text)
		decoder->charset = wr_charset_new(wr_options_str(args->options, "charset"));
	decoder->type = wr_type_str(&decoder->rows.arena, type);
	*out = decoder;
	return NULL;
}

static void raw_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	wr_charset_free(decoder->charset);
	wr_text_release(&decoder->scratch);
	wr_rows_release(&decoder->rows);
	wr_free(decoder);
}

static void raw_bad(struct wr_decoder *decoder, struct wr_decode_range *range,
		    const struct wr_rows_text *text, const char *line, const char *end,
		    const char *kind)
{
	struct wr_bad_record *bad = wr_rows_bad(&decoder->rows, range, text, line, end);

	bad->kind = kind;
	bad->column = decoder->rows.schema->field[0].name;
	if (*kind == 't' && kind[1] == 'y')
		snprintf(bad->text, sizeof bad->text, "%td bytes are no %s, which has %u",
			 end - line, decoder->type, decoder->width);
	else
		snprintf(bad->text, sizeof bad->text, "the value is %s",
			 *kind == 't'               ? "too long"
			 : decoder->charset != NULL ? "not in the charset of the format"
						    : "not UTF-8");
}

/* The number whose bytes are at `from`, into row `row`. */
static void put_number(const struct wr_decoder *decoder, struct wr_vec *vec, uint32_t row,
		       const char *from)
{
	char *to = (char *)vec->data + (size_t)row * decoder->width;

	if (vec->phys == WR_P_BOOL)
		*to = *from != 0;
	else
		for (uint32_t i = 0; i < decoder->width; i++)
			to[i] = from[decoder->swap ? decoder->width - 1 - i : i];
	wr_vec_valid(vec, row);
}

/* Makes [line, end) a row, or notes what is wrong with it. */
static void raw_record(struct wr_decoder *decoder, struct wr_decode_range *range,
		       const struct wr_rows_text *text, const char *line, const char *end)
{
	struct wr_rows *rows = &decoder->rows;
	size_t len = (size_t)(end - line);
	const char *kind = NULL;

	if (len > WR_RECORD_BYTES_MAX)
		kind = "too-long";
	else if (decoder->width != 0 && len != decoder->width)
		kind = "type";
	else if (decoder->charset != NULL
		     ? !wr_charset_read(decoder->charset, line, len, &decoder->scratch)
		     : decoder->text && !wr_utf8_valid(line, len))
		kind = "encoding";
	if (kind != NULL) {
		raw_bad(decoder, range, text, line, end, kind);
		return;
	}
	wr_rows_next(rows);
	if (rows->count != 0 && decoder->width != 0)
		put_number(decoder, &rows->vec[0], rows->rows, line);
	else if (rows->count != 0 && decoder->charset != NULL)
		wr_vec_copy(&rows->vec[0], rows->rows, decoder->scratch.data, decoder->scratch.len);
	else if (rows->count != 0)
		wr_vec_view(&rows->vec[0], rows->rows, line, len);
	rows->rows++;
	range->rows++;
}

static void decode_lines(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;

	while (range->pos < range->len && rows->rows < rows->max_rows) {
		struct wr_rows_text text = wr_rows_text(rows, range);
		const char *p = text.at;
		while (p < text.limit && rows->rows < rows->max_rows) {
			const char *next =
			    (const char *)memchr(p, '\n', (size_t)(text.limit - p)) + 1;
			bool crlf = next - p > 1 && next[-2] == '\r';
			raw_record(decoder, range, &text, p, next - 1 - crlf);
			range->lines++;
			p = next;
		}
		range->pos = WR_MIN((size_t)(p - text.base), range->len);
	}
}

static void decode_messages(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;

	for (; range->span_next < range->span_count && rows->rows < rows->max_rows;
	     range->span_next++) {
		wr_rows_note(range, rows->rows);
		if (range->span[range->span_next].size == WR_RECORD_NONE) {
			wr_rows_next(rows);
			if (rows->count != 0)
				wr_vec_null(&rows->vec[0], rows->rows);
			rows->rows++;
			range->rows++;
			continue;
		}
		struct wr_rows_text text = wr_rows_message(rows, range);
		raw_record(decoder, range, &text, text.at, text.limit - 1);
	}
}

static wr_status *raw_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			     uint32_t max_rows, struct wr_batch **out)
{
	wr_rows_start(&decoder->rows, range);
	wr_rows_begin(&decoder->rows, max_rows, wr_rows_left(range));
	if (range->span != NULL)
		decode_messages(decoder, range);
	else
		decode_lines(decoder, range);
	*out = wr_rows_finish(&decoder->rows, range->buf);
	return NULL;
}

/* --- encode -----------------------------------------------------------------------------------
 */

static wr_status *raw_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	const struct wr_type *type = args->schema->field[0].type;
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);

	encoder->width = raw_width(type->kind);
	encoder->swap = raw_swap(args);
	if (wr_kind_is_string(type->kind))
		encoder->charset = wr_charset_new(wr_options_str(args->options, "charset"));
	*out = encoder;
	return NULL;
}

static void put_value(const struct wr_encoder *encoder, struct wr_text *out,
		      const struct wr_column *column, uint32_t row)
{
	if (encoder->width != 0) {
		const char *from = (const char *)column->data + (size_t)row * encoder->width;
		char *to = wr_text_reserve(out, encoder->width);

		for (uint32_t i = 0; i < encoder->width; i++)
			to[i] = from[encoder->swap ? encoder->width - 1 - i : i];
		out->len += encoder->width;
		return;
	}
	const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
	if (encoder->charset != NULL)
		wr_charset_write(encoder->charset, wr_view_data(view), view->len, out);
	else
		wr_text_add(out, wr_view_data(view), view->len);
}

static wr_status *raw_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			     struct wr_text *out, struct wr_record_span *span)
{
	const struct wr_column *column = batch->column[0];
	uint32_t count = wr_batch_count(batch);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i) & column->mask;
		bool valid = wr_column_is_valid(column, row);
		size_t start = out->len;

		if (valid)
			put_value(encoder, out, column, row);
		if (span != NULL)
			span[i] = (struct wr_record_span){
			    (uint32_t)start, valid ? (uint32_t)(out->len - start) : WR_RECORD_NONE};
		wr_text_putc(out, '\n');
	}
	return NULL;
}

static void raw_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_charset_free(encoder->charset);
	wr_free(encoder);
}

const struct wr_format wr_format_raw = {
    .name = "raw",
    .doc = "A line or message is the value of the only column.",
    .options = raw_options,
    .option_count = WR_COUNT(raw_options),
    .check = raw_check,
    .nulls = true,
    .messages = true,
    .lines = true,
    .frame = wr_lines_frame,
    .decoder_new = raw_decoder_new,
    .decode = raw_decode,
    .decoder_free = raw_decoder_free,
    .encoder_new = raw_encoder_new,
    .encode = raw_encode,
    .encoder_free = raw_encoder_free,
};
