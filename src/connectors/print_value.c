/* SPDX-License-Identifier: Apache-2.0
 *
 * print_value - java's toString() of dates, times, decimals, bytes and nested rows.
 */
#include "connectors/print_value.h"

#include <stdio.h>

#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"

/* "07:08", "07:08:09", "07:08:09.120": seconds only when needed, fraction by groups of three. */
static void print_clock(struct wr_text *out, int64_t ms_of_day, int32_t nano, bool seconds)
{
	int hour = (int)(ms_of_day / WR_MS_HOUR);
	int minute = (int)(ms_of_day / WR_MS_MINUTE % 60);
	int second = (int)(ms_of_day / WR_MS_SECOND % 60);
	int fraction = (int)(ms_of_day % 1000) * WR_NS_MS + nano;

	wr_text_printf(out, "%02d:%02d", hour, minute);
	if (second == 0 && fraction == 0 && !seconds)
		return;
	wr_text_printf(out, ":%02d", second);
	if (fraction == 0)
		return;
	if (fraction % 1000000 == 0)
		wr_text_printf(out, ".%03d", fraction / 1000000);
	else if (fraction % 1000 == 0)
		wr_text_printf(out, ".%06d", fraction / 1000);
	else
		wr_text_printf(out, ".%09d", fraction);
}

static void print_timestamp(struct wr_text *out, const struct wr_column *column, uint32_t row)
{
	bool instant = column->type->kind == WR_TIMESTAMP_LTZ;
	char date[WR_TIME_TEXT_MAX];
	int32_t nano = 0;
	int64_t ms = column->phys == WR_P_I64 ? WR_DATA(column, int64_t)[row]
					      : wr_ns_split(WR_DATA(column, wr_i128)[row], &nano);

	wr_date_print(date, wr_floor_div(ms, WR_MS_DAY));
	wr_text_printf(out, "%sT", date);
	print_clock(out, wr_floor_mod(ms, WR_MS_DAY), nano, instant);
	if (instant)
		wr_text_putc(out, 'Z');
}

static void print_bytes(struct wr_text *out, const struct wr_view *view)
{
	const char *data = wr_view_data(view);

	wr_text_putc(out, '[');
	for (uint32_t i = 0; i < view->len; i++)
		wr_text_printf(out, i == 0 ? "%d" : ", %d", (signed char)data[i]);
	wr_text_putc(out, ']');
}

static void print_list(struct wr_text *out, const struct wr_column *column, uint32_t row)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	bool map = column->phys == WR_P_MAP;

	wr_text_putc(out, map ? '{' : '[');
	for (uint32_t i = 0; i < span.len; i++) {
		if (i != 0)
			wr_text_puts(out, ", ");
		wr_print_value(out, column->child[0], span.start + i);
		if (map) {
			wr_text_putc(out, '=');
			wr_print_value(out, column->child[1], span.start + i);
		}
	}
	wr_text_putc(out, map ? '}' : ']');
}

static void print_number(struct wr_text *out, const struct wr_column *column, uint32_t row)
{
	char *to = wr_text_reserve(out, WR_DECIMAL_TEXT_MAX);

	switch (column->phys) {
	case WR_P_I8: out->len += wr_i64_print(to, WR_DATA(column, int8_t)[row]); break;
	case WR_P_I16: out->len += wr_i64_print(to, WR_DATA(column, int16_t)[row]); break;
	case WR_P_I32: out->len += wr_i64_print(to, WR_DATA(column, int32_t)[row]); break;
	case WR_P_I64: out->len += wr_i64_print(to, WR_DATA(column, int64_t)[row]); break;
	case WR_P_F32: out->len += wr_float_print(to, WR_DATA(column, float)[row]); break;
	case WR_P_F64: out->len += wr_double_print(to, WR_DATA(column, double)[row]); break;
	default:
		out->len +=
		    wr_decimal_print(to, WR_DATA(column, wr_i128)[row], column->type->scale);
		break;
	}
}

void wr_print_value(struct wr_text *out, const struct wr_column *column, uint32_t row)
{
	char text[WR_TIME_TEXT_MAX];

	row &= column->mask;
	if (!wr_column_is_valid(column, row)) {
		wr_text_puts(out, "null");
		return;
	}
	switch (column->type->kind) {
	case WR_BOOLEAN: wr_text_puts(out, WR_DATA(column, uint8_t)[row] ? "true" : "false"); break;
	case WR_CHAR:
	case WR_VARCHAR: {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
		wr_text_add(out, wr_view_data(view), view->len);
		break;
	}
	case WR_BINARY:
	case WR_VARBINARY: print_bytes(out, &WR_DATA(column, struct wr_view)[row]); break;
	case WR_DATE:
		wr_date_print(text, WR_DATA(column, int32_t)[row]);
		wr_text_puts(out, text);
		break;
	case WR_TIME: print_clock(out, WR_DATA(column, int32_t)[row], 0, false); break;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: print_timestamp(out, column, row); break;
	case WR_ARRAY:
	case WR_MAP:
	case WR_MULTISET: print_list(out, column, row); break;
	case WR_ROW:
		wr_text_puts(out, "+I");
		wr_print_fields(out, column->child, column->child_count, row);
		break;
	default: print_number(out, column, row); break;
	}
}

void wr_print_fields(struct wr_text *out, struct wr_column *const *column, uint32_t count,
		     uint32_t row)
{
	wr_text_putc(out, '[');
	for (uint32_t i = 0; i < count; i++) {
		if (i != 0)
			wr_text_puts(out, ", ");
		wr_print_value(out, column[i], row);
	}
	wr_text_putc(out, ']');
}
