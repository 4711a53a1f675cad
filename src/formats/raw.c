/* SPDX-License-Identifier: Apache-2.0
 *
 * raw - the format 'raw': a line is the value of the table's only column, a text or bytes, as it
 * is.
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/formats.h"
#include "formats/json.h"
#include "formats/utf8.h"

static const char *const raw_endian[] = {"big-endian", "little-endian", NULL};

static const struct wr_option raw_options[] = {
    {.name = "charset",
     .type = WR_OPTION_STRING,
     .fallback = "UTF-8",
     .doc = "The encoding of texts; only UTF-8 is there."},
    {.name = "endianness",
     .type = WR_OPTION_ENUM,
     .fallback = "big-endian",
     .values = raw_endian,
     .doc = "Accepted for scripts that set it; texts and bytes have no order of bytes."},
};

struct wr_decoder {
	struct wr_rows rows;
	bool text; /* the column is a text: it must be UTF-8 */
};

struct wr_encoder {
	char unused; /* there is nothing to remember */
};

static wr_status *raw_check(const struct wr_format_args *args, bool for_sink)
{
	const struct wr_schema *schema = args->schema;
	const char *charset = wr_options_str(args->options, "charset");
	enum wr_kind kind = schema->count == 1 ? schema->field[0].type->kind : WR_NULL;

	if (!wr_str_eq_nocase(wr_str_of(charset), "UTF-8"))
		return wr_status_new(WR_USER_ERROR, "'raw.charset' = '%s': only UTF-8 is there",
				     charset);
	if (wr_kind_is_string(kind) || wr_kind_is_bytes(kind))
		return NULL;
	wr_status *status =
	    wr_status_new(WR_USER_ERROR, "Format 'raw' needs a table with one column of STRING or "
					 "BYTES");
	return wr_status_hint(status, "Use 'csv' for several columns or other types");
}

static wr_status *raw_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);

	wr_rows_init(&decoder->rows, args, false);
	decoder->text = wr_kind_is_string(args->schema->field[0].type->kind);
	*out = decoder;
	return NULL;
}

static void raw_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	wr_rows_release(&decoder->rows);
	wr_free(decoder);
}

/* Makes the line [line, end) a row, or notes what is wrong with it. */
static void raw_line(struct wr_decoder *decoder, struct wr_decode_range *range,
		     const struct wr_rows_text *text, const char *line, const char *end)
{
	struct wr_rows *rows = &decoder->rows;
	size_t len = (size_t)(end - line);
	const char *kind = len > WR_RECORD_BYTES_MAX                    ? "too-long"
			   : decoder->text && !wr_utf8_valid(line, len) ? "encoding"
									: NULL;

	if (kind != NULL) {
		struct wr_bad_record *bad = wr_rows_bad(rows, range, text, line, end);
		bad->kind = kind;
		bad->column = rows->schema->field[0].name;
		snprintf(bad->text, sizeof bad->text, "%s",
			 *kind == 'e' ? "the line is not UTF-8" : "the line is too long");
		return;
	}
	wr_rows_next(rows);
	if (rows->count != 0)
		wr_vec_view(&rows->vec[0], rows->rows, line, len);
	rows->rows++;
	range->rows++;
}

static wr_status *raw_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			     uint32_t max_rows, struct wr_batch **out)
{
	struct wr_rows *rows = &decoder->rows;

	wr_rows_start(rows, range);
	wr_rows_begin(rows, max_rows, range->len - range->pos);
	while (range->pos < range->len && rows->rows < max_rows) {
		struct wr_rows_text text = wr_rows_text(rows, range);
		const char *p = text.at;
		while (p < text.limit && rows->rows < max_rows) {
			const char *next =
			    (const char *)memchr(p, '\n', (size_t)(text.limit - p)) + 1;
			bool crlf = next - p > 1 && next[-2] == '\r';
			raw_line(decoder, range, &text, p, next - 1 - crlf);
			range->lines++;
			p = next;
		}
		range->pos = WR_MIN((size_t)(p - text.base), range->len);
	}
	*out = wr_rows_finish(rows, range->buf);
	return NULL;
}

static wr_status *raw_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	*out = wr_calloc(1, sizeof **out);
	return NULL;
}

static wr_status *raw_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			     struct wr_text *out, struct wr_record_span *span)
{
	const struct wr_column *column = batch->column[0];
	uint32_t count = wr_batch_count(batch);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i) & column->mask;
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
		if (wr_column_is_valid(column, row))
			wr_text_add(out, wr_view_data(view), view->len);
		wr_text_putc(out, '\n');
	}
	return NULL;
}

static void raw_encoder_free(struct wr_encoder *encoder)
{
	wr_free(encoder);
}

const struct wr_format wr_format_raw = {
    .name = "raw",
    .doc = "A line is the value of the only column.",
    .options = raw_options,
    .option_count = WR_COUNT(raw_options),
    .check = raw_check,
    .lines = true,
    .frame = wr_lines_frame,
    .decoder_new = raw_decoder_new,
    .decode = raw_decode,
    .decoder_free = raw_decoder_free,
    .encoder_new = raw_encoder_new,
    .encode = raw_encode,
    .encoder_free = raw_encoder_free,
};
