/* SPDX-License-Identifier: Apache-2.0
 *
 * csv_encode - rows as CSV, to the byte as Flink's writer (Jackson) writes them.
 *
 * Its rule for quotes looks odd and is kept: a text is quoted when it is longer than 24 UTF-16
 * units, holds a backslash, or holds any character up to the largest of separator, quote and line
 * feed (so with '|' nearly every text is). Numbers and booleans are never quoted. NULL is empty, or
 * the null literal.
 */
#include "base/mem.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"
#include "data/print.h"
#include "formats/base64.h"
#include "formats/csv.h"
#include "formats/fast_print.h"

#define QUOTE_LENGTH 24 /* longer texts are quoted without a look */

struct wr_encoder {
	struct wr_csv_dialect dialect;
	uint8_t safe;           /* smallest character that needs no quotes */
	struct wr_text scratch; /* an ARRAY or ROW on its way */
};

wr_status *wr_csv_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	struct wr_csv_dialect dialect;

	WR_TRY(wr_csv_dialect_read(&dialect, args->options));
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);
	encoder->dialect = dialect;
	encoder->safe = (uint8_t)WR_MAX((uint8_t)dialect.separator, (uint8_t)dialect.quote);
	encoder->safe = (uint8_t)(WR_MAX(encoder->safe, (uint8_t)'\n') + 1);
	wr_text_init(&encoder->scratch);
	*out = encoder;
	return NULL;
}

void wr_csv_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_text_release(&encoder->scratch);
	wr_free(encoder);
}

static bool needs_quotes(const struct wr_encoder *encoder, const char *data, size_t len)
{
	size_t units = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)data[i];
		if (c < encoder->safe || c == '\\')
			return true;
		units += (c & 0xC0) != 0x80;
		units += c >= 0xF0;
	}
	return units > QUOTE_LENGTH;
}

static void put_text(const struct wr_encoder *encoder, struct wr_text *out, const char *data,
		     size_t len)
{
	const struct wr_csv_dialect *dialect = &encoder->dialect;

	if (dialect->quote == '\n' || !needs_quotes(encoder, data, len)) {
		wr_text_add(out, data, len);
		return;
	}
	char *start = wr_text_reserve(out, 2 * len + 2);
	char *p = start;
	*p++ = dialect->quote;
	for (size_t i = 0; i < len; i++) {
		if (data[i] == dialect->quote)
			*p++ = dialect->quote;
		else if (data[i] == dialect->escape && dialect->escape != '\n')
			*p++ = dialect->escape;
		*p++ = data[i];
	}
	*p++ = dialect->quote;
	*p = '\0';
	out->len += (size_t)(p - start);
}

static void put_value(struct wr_encoder *encoder, struct wr_text *out,
		      const struct wr_column *column, uint32_t row, bool nested);

/* Appends elements or fields, joined. */
static void put_elements(struct wr_encoder *encoder, struct wr_text *out,
			 const struct wr_column *column, uint32_t row)
{
	const struct wr_csv_dialect *dialect = &encoder->dialect;
	struct wr_span span = {0, column->child_count};
	bool list = column->phys == WR_P_LIST;

	if (list)
		span = WR_DATA(column, struct wr_span)[row];
	for (uint32_t i = 0; i < span.len; i++) {
		if (i != 0)
			wr_text_add(out, dialect->element, dialect->element_len);
		if (list)
			put_value(encoder, out, column->child[0], span.start + i, true);
		else
			put_value(encoder, out, column->child[i], row, true);
	}
}

/* The whole is one text; within another one its elements are elements of that. */
static void put_nested(struct wr_encoder *encoder, struct wr_text *out,
		       const struct wr_column *column, uint32_t row, bool nested)
{
	if (nested) {
		put_elements(encoder, out, column, row);
		return;
	}
	wr_text_clear(&encoder->scratch);
	put_elements(encoder, &encoder->scratch, column, row);
	put_text(encoder, out, wr_text_str(&encoder->scratch), encoder->scratch.len);
}

/* A text of ours: quoted by the same rule, or as it is within a list. */
static void put_short(const struct wr_encoder *encoder, struct wr_text *out, const char *data,
		      size_t len, bool nested)
{
	if (nested)
		wr_text_add(out, data, len);
	else
		put_text(encoder, out, data, len);
}

static void put_view(const struct wr_encoder *encoder, struct wr_text *out,
		     const struct wr_column *column, uint32_t row, bool nested)
{
	const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];

	if (wr_kind_is_string(column->type->kind)) {
		put_short(encoder, out, wr_view_data(view), view->len, nested);
		return;
	}
	size_t len = wr_base64_encoded_size(view->len);
	char *text = wr_malloc(len + 1);
	wr_base64_encode(wr_view_data(view), view->len, text);
	put_short(encoder, out, text, len, nested);
	wr_free(text);
}

/* Tables of csv cannot have them; results on the screen can: as CAST to STRING writes them. */
static void put_map(const struct wr_encoder *encoder, struct wr_text *out,
		    const struct wr_column *column, uint32_t row, bool nested)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_value_print(&text, column, row, NULL);
	put_short(encoder, out, wr_text_str(&text), text.len, nested);
	wr_text_release(&text);
}

static size_t print_timestamp(char *text, const struct wr_column *column, uint32_t row)
{
	const char *suffix = column->type->kind == WR_TIMESTAMP_LTZ ? "Z" : "";
	int32_t nano = 0;
	int64_t ms = column->phys == WR_P_I64 ? WR_DATA(column, int64_t)[row]
					      : wr_ns_split(WR_DATA(column, wr_i128)[row], &nano);

	return wr_timestamp_print_short(text, ms, nano, ' ', suffix);
}

/* Appends one value; NULL as the options say. */
static void put_value(struct wr_encoder *encoder, struct wr_text *out,
		      const struct wr_column *column, uint32_t row, bool nested)
{
	char text[WR_TIME_TEXT_MAX];
	char *number;

	row &= column->mask;
	if (!wr_column_is_valid(column, row)) {
		if (encoder->dialect.null_literal != NULL)
			wr_text_add(out, encoder->dialect.null_literal, encoder->dialect.null_len);
		return;
	}
	switch (column->type->kind) {
	case WR_BOOLEAN:
		wr_text_puts(out, WR_DATA(column, uint8_t)[row] ? "true" : "false");
		return;
	case WR_CHAR:
	case WR_VARCHAR:
	case WR_BINARY:
	case WR_VARBINARY: put_view(encoder, out, column, row, nested); return;
	case WR_DATE:
		put_short(encoder, out, text, wr_date_print(text, WR_DATA(column, int32_t)[row]),
			  nested);
		return;
	case WR_TIME:
		put_short(encoder, out, text,
			  wr_time_print_short(text, WR_DATA(column, int32_t)[row]), nested);
		return;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ:
		put_short(encoder, out, text, print_timestamp(text, column, row), nested);
		return;
	case WR_ARRAY:
	case WR_ROW: put_nested(encoder, out, column, row, nested); return;
	case WR_MAP:
	case WR_MULTISET: put_map(encoder, out, column, row, nested); return;
	default: break;
	}
	number = wr_text_reserve(out, WR_DECIMAL_TEXT_MAX);
	switch (column->phys) {
	case WR_P_I8: out->len += wr_i64_print(number, WR_DATA(column, int8_t)[row]); break;
	case WR_P_I16: out->len += wr_i64_print(number, WR_DATA(column, int16_t)[row]); break;
	case WR_P_I32: out->len += wr_i64_print(number, WR_DATA(column, int32_t)[row]); break;
	case WR_P_I64: out->len += wr_i64_print(number, WR_DATA(column, int64_t)[row]); break;
	case WR_P_F32: out->len += wr_float_print(number, WR_DATA(column, float)[row]); break;
	case WR_P_F64:
		out->len += (size_t)(wr_put_double(number, WR_DATA(column, double)[row]) - number);
		out->data[out->len] = '\0';
		break;
	default:
		out->len += wr_decimal_print_stripped(number, WR_DATA(column, wr_i128)[row],
						      column->type->scale);
		break;
	}
}

wr_status *wr_csv_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			 struct wr_text *out, struct wr_record_span *span)
{
	uint32_t count = wr_batch_count(batch);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i);
		size_t start = out->len;
		for (uint32_t k = 0; k < batch->column_count; k++) {
			if (k != 0)
				wr_text_putc(out, encoder->dialect.separator);
			put_value(encoder, out, batch->column[k], row, false);
		}
		if (span != NULL)
			span[i] = wr_record_span_of(out, start, out->data + out->len);
		wr_text_putc(out, '\n');
	}
	return NULL;
}
