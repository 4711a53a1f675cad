/* SPDX-License-Identifier: Apache-2.0
 *
 * json_rows - see json_rows.h.
 */
#include "server/json_rows.h"

#include <string.h>

#include "data/view.h"
#include "expr/json_doc.h"
#include "formats/base64.h"

void wr_json_columns(struct wr_text *out, const struct weir_result *result)
{
	wr_text_putc(out, '[');
	for (uint32_t c = 0; c < weir_column_count(result); c++) {
		wr_text_puts(out, c == 0 ? "{\"name\":" : ",{\"name\":");
		wr_text_json(out, weir_column_name(result, c));
		wr_text_puts(out, ",\"type\":");
		wr_text_json(out, weir_column_type_text(result, c));
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}

static void put_value(struct wr_text *out, const struct weir_row *row, uint32_t column);

/* Elements, pairs, or the fields of a row, by the type. */
static void put_nested(struct wr_text *out, const struct weir_row *row, uint32_t column)
{
	enum wr_kind kind = row->result->schema->field[column].type->kind;
	uint32_t count = weir_child_count(row, column);

	if (kind == WR_ROW) {
		const struct weir_row *fields = weir_child(row, column, 0);
		const struct weir_result *result = weir_row_result(fields);

		wr_text_putc(out, '{');
		for (uint32_t c = 0; c < weir_column_count(result); c++) {
			if (c > 0)
				wr_text_putc(out, ',');
			wr_text_json(out, weir_column_name(result, c));
			wr_text_putc(out, ':');
			put_value(out, fields, c);
		}
		wr_text_putc(out, '}');
		return;
	}
	wr_text_putc(out, '[');
	for (uint32_t i = 0; i < count; i++) {
		const struct weir_row *element = weir_child(row, column, i);

		if (i > 0)
			wr_text_putc(out, ',');
		if (kind == WR_ARRAY)
			put_value(out, element, 0);
		else
			wr_json_values(out, element);
	}
	wr_text_putc(out, ']');
}

static void put_base64(struct wr_text *out, const char *bytes, size_t len)
{
	size_t size = wr_base64_encoded_size(len);

	wr_text_putc(out, '"');
	wr_base64_encode(bytes, len, wr_text_reserve(out, size));
	out->len += size;
	wr_text_putc(out, '"');
}

static void put_value(struct wr_text *out, const struct weir_row *row, uint32_t column)
{
	const char *text;
	int64_t number;
	size_t len;
	bool yes;

	if (weir_is_null(row, column)) {
		wr_text_puts(out, "null");
		return;
	}
	switch (weir_column_type(weir_row_result(row), column)) {
	case WEIR_BOOLEAN:
		weir_get_bool(row, column, &yes);
		wr_text_puts(out, yes ? "true" : "false");
		return;
	case WEIR_INTEGER:
		weir_get_i64(row, column, &number);
		wr_text_i64(out, number);
		return;
	case WEIR_FLOAT:
		text = weir_get_text(row, column);
		if (strpbrk(text, "nN") != NULL) /* NaN, Infinity */
			wr_text_json(out, text);
		else
			wr_text_puts(out, text);
		return;
	case WEIR_STRING:
		weir_get_bytes(row, column, &text, &len);
		wr_json_write_string(out, (struct wr_str){text, len});
		return;
	case WEIR_BYTES:
		weir_get_bytes(row, column, &text, &len);
		put_base64(out, text, len);
		return;
	case WEIR_NESTED: put_nested(out, row, column); return;
	default: wr_text_json(out, weir_get_text(row, column)); return;
	}
}

void wr_json_values(struct wr_text *out, const struct weir_row *row)
{
	uint32_t count = weir_column_count(weir_row_result(row));

	wr_text_putc(out, '[');
	for (uint32_t c = 0; c < count; c++) {
		if (c > 0)
			wr_text_putc(out, ',');
		put_value(out, row, c);
	}
	wr_text_putc(out, ']');
}

/* Every value as CAST(... AS STRING) shows it. */
static void put_texts(struct wr_text *out, const struct weir_row *row)
{
	uint32_t count = weir_column_count(weir_row_result(row));

	wr_text_putc(out, '[');
	for (uint32_t c = 0; c < count; c++) {
		const char *text = weir_get_text(row, c);

		if (c > 0)
			wr_text_putc(out, ',');
		if (text == NULL)
			wr_text_puts(out, "null");
		else
			wr_json_write_string(out, wr_str_of(text));
	}
	wr_text_putc(out, ']');
}

void wr_json_row(struct wr_text *out, const struct weir_row *row, bool texts)
{
	static const char kinds[][3] = {"+I", "-U", "+U", "-D"};

	wr_text_printf(out, "{\"kind\":\"%s\",\"row\":", kinds[weir_row_kind(row)]);
	if (texts)
		put_texts(out, row);
	else
		wr_json_values(out, row);
	wr_text_putc(out, '}');
}
