/* SPDX-License-Identifier: Apache-2.0
 *
 * print - any value as text; see print.h for the forms.
 */
#include "data/print.h"

#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"

static void print_bytes(struct wr_text *text, const struct wr_view *view)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *bytes = (const unsigned char *)wr_view_data(view);
	char *to = wr_text_reserve(text, 2 * (size_t)view->len + 3);

	*to++ = 'x';
	*to++ = '\'';
	for (uint32_t i = 0; i < view->len; i++) {
		*to++ = hex[bytes[i] >> 4];
		*to++ = hex[bytes[i] & 15];
	}
	*to++ = '\'';
	*to = '\0';
	text->len += 2 * (size_t)view->len + 3;
}

/* A timestamp of either layout, in local time for TIMESTAMP_LTZ. */
static size_t print_timestamp(char *out, const struct wr_column *column, uint32_t row,
			      const struct wr_zone *zone)
{
	int32_t nano = 0;
	int64_t ms;

	if (column->phys == WR_P_I128)
		ms = wr_ns_split(WR_DATA(column, wr_i128)[row], &nano);
	else
		ms = WR_DATA(column, int64_t)[row];
	if (column->type->kind == WR_TIMESTAMP_LTZ)
		ms = wr_zone_to_local(zone, ms);
	return wr_timestamp_print(out, ms, nano, column->type->precision);
}

static void print_list(struct wr_text *text, const struct wr_column *column, uint32_t row,
		       const struct wr_zone *zone)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	bool map = column->phys == WR_P_MAP;

	wr_text_putc(text, map ? '{' : '[');
	for (uint32_t i = 0; i < span.len; i++) {
		if (i != 0)
			wr_text_puts(text, ", ");
		wr_value_print(text, column->child[0], span.start + i, zone);
		if (map) {
			wr_text_putc(text, '=');
			wr_value_print(text, column->child[1], span.start + i, zone);
		}
	}
	wr_text_putc(text, map ? '}' : ']');
}

static void print_row(struct wr_text *text, const struct wr_column *column, uint32_t row,
		      const struct wr_zone *zone)
{
	wr_text_putc(text, '(');
	for (uint32_t i = 0; i < column->child_count; i++) {
		if (i != 0)
			wr_text_puts(text, ", ");
		wr_value_print(text, column->child[i], row, zone);
	}
	wr_text_putc(text, ')');
}

static int64_t integer_at(const struct wr_column *column, uint32_t row)
{
	switch (column->phys) {
	case WR_P_I8: return WR_DATA(column, int8_t)[row];
	case WR_P_I16: return WR_DATA(column, int16_t)[row];
	case WR_P_I32: return WR_DATA(column, int32_t)[row];
	default: WR_ASSERT(column->phys == WR_P_I64); return WR_DATA(column, int64_t)[row];
	}
}

/* Values whose text is short; returns its length in `out` (WR_TIME_TEXT_MAX bytes hold any of
 * them). */
static size_t print_short(char *out, const struct wr_column *column, uint32_t row,
			  const struct wr_zone *zone)
{
	_Static_assert(WR_TIME_TEXT_MAX >= WR_DECIMAL_TEXT_MAX &&
			   WR_TIME_TEXT_MAX >= WR_DOUBLE_TEXT_MAX,
		       "one buffer for all");
	switch (column->type->kind) {
	case WR_FLOAT: return wr_float_print(out, WR_DATA(column, float)[row]);
	case WR_DOUBLE: return wr_double_print(out, WR_DATA(column, double)[row]);
	case WR_DECIMAL:
		return wr_decimal_print(out, WR_DATA(column, wr_i128)[row], column->type->scale);
	case WR_DATE: return wr_date_print(out, WR_DATA(column, int32_t)[row]);
	case WR_TIME:
		return wr_time_print(out, WR_DATA(column, int32_t)[row], column->type->precision);
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return print_timestamp(out, column, row, zone);
	case WR_INTERVAL_MONTH: return wr_interval_month_print(out, WR_DATA(column, int32_t)[row]);
	case WR_INTERVAL_DAY: return wr_interval_day_print(out, WR_DATA(column, int64_t)[row]);
	default: return wr_i64_print(out, integer_at(column, row));
	}
}

void wr_value_print(struct wr_text *text, const struct wr_column *column, uint32_t row,
		    const struct wr_zone *zone)
{
	row &= column->mask;
	if (!wr_column_is_valid(column, row)) {
		wr_text_puts(text, "NULL");
		return;
	}
	switch (column->type->kind) {
	case WR_NULL: wr_text_puts(text, "NULL"); break;
	case WR_BOOLEAN:
		wr_text_puts(text, WR_DATA(column, uint8_t)[row] ? "TRUE" : "FALSE");
		break;
	case WR_CHAR:
	case WR_VARCHAR: {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
		wr_text_add(text, wr_view_data(view), view->len);
		break;
	}
	case WR_BINARY:
	case WR_VARBINARY: print_bytes(text, &WR_DATA(column, struct wr_view)[row]); break;
	case WR_ARRAY:
	case WR_MAP:
	case WR_MULTISET: print_list(text, column, row, zone); break;
	case WR_ROW: print_row(text, column, row, zone); break;
	default:
		text->len +=
		    print_short(wr_text_reserve(text, WR_TIME_TEXT_MAX), column, row, zone);
		break;
	}
}

/* The letter behind the backslash, or 0. */
static char tsv_escape(char c)
{
	switch (c) {
	case '\t': return 't';
	case '\n': return 'n';
	case '\r': return 'r';
	case '\\': return '\\';
	default: return 0;
	}
}

/* Prints first, then makes room for the escapes from the back, if there are any. */
void wr_value_print_tsv(struct wr_text *text, const struct wr_column *column, uint32_t row,
			const struct wr_zone *zone)
{
	size_t start = text->len;
	size_t escapes = 0;

	if (!wr_column_is_valid(column, row)) {
		wr_text_puts(text, "\\N");
		return;
	}
	wr_value_print(text, column, row, zone);
	for (size_t i = start; i < text->len; i++)
		escapes += tsv_escape(text->data[i]) != 0;
	if (escapes == 0)
		return;
	wr_text_reserve(text, escapes);
	size_t from = text->len;
	text->len += escapes;
	text->data[text->len] = '\0';
	for (size_t to = text->len; from > start && to > from;) {
		char c = text->data[--from];
		char letter = tsv_escape(c);
		text->data[--to] = letter != 0 ? letter : c;
		if (letter != 0)
			text->data[--to] = '\\';
	}
}
