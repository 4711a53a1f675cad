/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_value - see pg_value.h. The binary forms are those of connectors/pg_encode.c, which writes
 * them to PostgreSQL itself; what it has not (intervals, json) is here.
 */
#include "server/pg_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/print.h"

static bool is_scalar(const struct wr_type *type)
{
	return type->kind != WR_ARRAY && type->kind != WR_MAP && type->kind != WR_MULTISET &&
	       type->kind != WR_ROW && type->kind != WR_NULL && type->kind != WR_INTERVAL_DAY &&
	       type->kind != WR_INTERVAL_MONTH;
}

uint32_t wr_pgs_value_oid(const struct wr_type *type)
{
	if (type->kind == WR_NULL)
		return WR_PG_TEXT;
	if (type->kind == WR_INTERVAL_DAY || type->kind == WR_INTERVAL_MONTH)
		return WR_PG_INTERVAL;
	if (is_scalar(type))
		return wr_pg_oid_of(type);
	if (type->kind == WR_ARRAY && is_scalar(type->child[0]))
		return wr_pg_array(wr_pg_oid_of(type->child[0]));
	return WR_PG_JSON;
}

int16_t wr_pgs_oid_size(uint32_t oid)
{
	switch (oid) {
	case WR_PG_BOOL:
	case WR_PG_CHAR: return 1;
	case WR_PG_INT2: return 2;
	case WR_PG_INT4:
	case WR_PG_OID:
	case WR_PG_FLOAT4:
	case WR_PG_DATE: return 4;
	case WR_PG_INT8:
	case WR_PG_FLOAT8:
	case WR_PG_TIME:
	case WR_PG_TIMESTAMP:
	case WR_PG_TIMESTAMPTZ: return 8;
	case WR_PG_INTERVAL: return 16;
	case WR_PG_NAME: return 64;
	default: return -1;
	}
}

int32_t wr_pgs_type_modifier(const struct wr_type *type)
{
	if (type->kind == WR_DECIMAL)
		return ((type->precision << 16) | type->scale) + 4;
	return -1;
}

const struct wr_type *wr_pgs_type_of(uint32_t oid)
{
	static const struct wr_type numeric = {
	    .kind = WR_DECIMAL, .nullable = true, .precision = 38, .scale = 18};

	switch (oid) {
	case WR_PG_BOOL: return &WR_T_BOOLEAN;
	case WR_PG_INT2: return &WR_T_SMALLINT;
	case WR_PG_INT4: return &WR_T_INT;
	case WR_PG_OID:
	case WR_PG_INT8: return &WR_T_BIGINT;
	case WR_PG_FLOAT4: return &WR_T_FLOAT;
	case WR_PG_FLOAT8: return &WR_T_DOUBLE;
	case WR_PG_NUMERIC: return &numeric;
	case WR_PG_BYTEA: return &WR_T_BYTES;
	case WR_PG_DATE: return &WR_T_DATE;
	case WR_PG_TIME: return &WR_T_TIME;
	case WR_PG_TIMESTAMP: return &WR_T_TIMESTAMP6;
	case WR_PG_TIMESTAMPTZ: return &WR_T_LTZ6;
	case 0:
	case 705: /* unknown */
	case WR_PG_CHAR:
	case WR_PG_NAME:
	case WR_PG_BPCHAR:
	case WR_PG_VARCHAR:
	case WR_PG_UUID:
	case WR_PG_JSON:
	case WR_PG_JSONB:
	case WR_PG_TEXT: return &WR_T_STRING;
	default: return NULL;
	}
}

/* --- text ---------------------------------------------------------------------------------------
 */

/* The shortest digits that read back the same. */
static void put_float(struct wr_text *out, double value, int least, int most, bool single)
{
	char text[40];

	if (isnan(value) || isinf(value)) {
		wr_text_puts(out, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
		return;
	}
	for (int digits = least; digits <= most; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
			break;
	}
	wr_text_puts(out, text);
}

/* Milliseconds since 1970 of a TIMESTAMP or TIMESTAMP_LTZ, and the rest in nanoseconds, to
 * microseconds. */
static int64_t moment(const struct wr_column *column, uint32_t row, int32_t *nano)
{
	int64_t ms;

	*nano = 0;
	if (column->phys == WR_P_I64)
		return WR_DATA(column, const int64_t)[row];
	ms = wr_ns_split(WR_DATA(column, const wr_i128)[row], nano);
	*nano -= *nano % 1000;
	return ms;
}

static void put_moment(struct wr_text *out, const struct wr_column *column, uint32_t row,
		       const struct wr_zone *zone)
{
	char text[WR_TIME_TEXT_MAX];
	int32_t nano, offset = 0;
	int64_t ms = moment(column, row, &nano);
	bool instant = column->type->kind == WR_TIMESTAMP_LTZ;

	if (instant) {
		offset = wr_zone_offset_ms(zone, ms);
		ms += offset;
	}
	wr_text_add(out, text, wr_timestamp_print_short(text, ms, nano, ' ', ""));
	if (!instant)
		return;
	wr_text_printf(out, "%c%02d", offset < 0 ? '-' : '+', abs(offset) / WR_MS_HOUR);
	if (offset % WR_MS_HOUR != 0)
		wr_text_printf(out, ":%02d", abs(offset) / WR_MS_MINUTE % 60);
}

static void put_interval(struct wr_text *out, const struct wr_column *column, uint32_t row)
{
	int64_t ms, whole;

	if (column->type->kind == WR_INTERVAL_MONTH) {
		int32_t months = WR_DATA(column, const int32_t)[row];

		wr_text_printf(out, "%d years %d mons", months / 12, months % 12);
		return;
	}
	ms = WR_DATA(column, const int64_t)[row];
	whole = ms / WR_MS_DAY;
	if (whole != 0)
		wr_text_printf(out, "%lld days ", (long long)whole);
	ms = ms % WR_MS_DAY;
	if (ms < 0)
		wr_text_putc(out, '-');
	ms = ms < 0 ? -ms : ms;
	wr_text_printf(out, "%02d:%02d:%02d", (int)(ms / WR_MS_HOUR), (int)(ms / WR_MS_MINUTE % 60),
		       (int)(ms / 1000 % 60));
	if (ms % 1000 != 0)
		wr_text_printf(out, ".%03d", (int)(ms % 1000));
}

static void put_hex(struct wr_text *out, const struct wr_view *view)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *at = (const unsigned char *)wr_view_data(view);

	wr_text_puts(out, "\\x");
	for (uint32_t i = 0; i < view->len; i++) {
		wr_text_putc(out, digit[at[i] >> 4]);
		wr_text_putc(out, digit[at[i] & 15]);
	}
}

/* As JSON; NULL as well. */
static void put_json(struct wr_text *out, const struct wr_column *column, uint32_t row,
		     const struct wr_zone *zone)
{
	const struct wr_type *type = column->type;
	struct wr_span span;
	struct wr_text text;

	row &= column->mask;
	if (!wr_column_is_valid(column, row)) {
		wr_text_puts(out, "null");
		return;
	}
	switch (type->kind) {
	case WR_ROW:
		for (uint32_t i = 0; i < type->child_count; i++) {
			wr_text_putc(out, i == 0 ? '{' : ',');
			wr_text_json(out, type->name[i]);
			wr_text_putc(out, ':');
			put_json(out, column->child[i], row, zone);
		}
		wr_text_puts(out, type->child_count == 0 ? "{}" : "}");
		return;
	case WR_ARRAY:
	case WR_MAP:
	case WR_MULTISET:
		span = WR_DATA(column, const struct wr_span)[row];
		wr_text_putc(out, type->kind == WR_ARRAY ? '[' : '{');
		for (uint32_t i = span.start; i < span.start + span.len; i++) {
			if (i > span.start)
				wr_text_putc(out, ',');
			if (type->kind != WR_ARRAY) {
				wr_text_init(&text);
				wr_value_print(&text, column->child[0], i, zone);
				wr_text_json(out, wr_text_str(&text));
				wr_text_release(&text);
				wr_text_putc(out, ':');
			}
			put_json(out, column->child[type->kind != WR_ARRAY], i, zone);
		}
		wr_text_putc(out, type->kind == WR_ARRAY ? ']' : '}');
		return;
	case WR_BOOLEAN:
		wr_text_puts(out, WR_DATA(column, const uint8_t)[row] ? "true" : "false");
		return;
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT:
	case WR_DECIMAL: wr_pgs_put_text(out, column, row, zone); return;
	default:
		wr_text_init(&text);
		wr_pgs_put_text(&text, column, row, zone);
		if ((type->kind == WR_DOUBLE || type->kind == WR_FLOAT) && text.data[0] != 'N' &&
		    strchr(text.data, 'I') == NULL)
			wr_text_puts(out, text.data);
		else
			wr_text_json(out, wr_text_str(&text));
		wr_text_release(&text);
		return;
	}
}

/* {1,NULL,"a b"} */
static void put_array(struct wr_text *out, const struct wr_column *column, uint32_t row,
		      const struct wr_zone *zone)
{
	struct wr_span span = WR_DATA(column, const struct wr_span)[row];
	const struct wr_column *element = column->child[0];
	struct wr_text text;

	wr_text_init(&text);
	wr_text_putc(out, '{');
	for (uint32_t i = span.start; i < span.start + span.len; i++) {
		const char *at;

		if (i > span.start)
			wr_text_putc(out, ',');
		if (!wr_column_is_valid(element, i)) {
			wr_text_puts(out, "NULL");
			continue;
		}
		wr_text_clear(&text);
		wr_pgs_put_text(&text, element, i, zone);
		at = wr_text_str(&text);
		if (*at != '\0' && at[strcspn(at, "{}\",\\ \t\n\r\v\f")] == '\0' &&
		    strcasecmp(at, "null") != 0) {
			wr_text_puts(out, at);
			continue;
		}
		wr_text_putc(out, '"');
		for (; *at != '\0'; at++) {
			if (*at == '"' || *at == '\\')
				wr_text_putc(out, '\\');
			wr_text_putc(out, *at);
		}
		wr_text_putc(out, '"');
	}
	wr_text_putc(out, '}');
	wr_text_release(&text);
}

void wr_pgs_put_text(struct wr_text *out, const struct wr_column *column, uint32_t row,
		     const struct wr_zone *zone)
{
	char text[WR_TIME_TEXT_MAX + WR_DECIMAL_TEXT_MAX];
	const struct wr_type *type = column->type;
	const struct wr_view *view;

	row &= column->mask;
	switch (type->kind) {
	case WR_BOOLEAN: wr_text_putc(out, WR_DATA(column, const uint8_t)[row] ? 't' : 'f'); break;
	case WR_TINYINT: wr_text_i64(out, WR_DATA(column, const int8_t)[row]); break;
	case WR_SMALLINT: wr_text_i64(out, WR_DATA(column, const int16_t)[row]); break;
	case WR_INT: wr_text_i64(out, WR_DATA(column, const int32_t)[row]); break;
	case WR_BIGINT: wr_text_i64(out, WR_DATA(column, const int64_t)[row]); break;
	case WR_FLOAT: put_float(out, (double)WR_DATA(column, const float)[row], 6, 9, true); break;
	case WR_DOUBLE: put_float(out, WR_DATA(column, const double)[row], 15, 17, false); break;
	case WR_DECIMAL:
		wr_text_add(
		    out, text,
		    wr_decimal_print(text, WR_DATA(column, const wr_i128)[row], type->scale));
		break;
	case WR_CHAR:
	case WR_VARCHAR:
		view = &WR_DATA(column, const struct wr_view)[row];
		wr_text_add(out, wr_view_data(view), view->len);
		break;
	case WR_BINARY:
	case WR_VARBINARY: put_hex(out, &WR_DATA(column, const struct wr_view)[row]); break;
	case WR_DATE:
		wr_text_add(out, text, wr_date_print(text, WR_DATA(column, const int32_t)[row]));
		break;
	case WR_TIME:
		wr_text_add(out, text,
			    wr_time_print_short(text, WR_DATA(column, const int32_t)[row]));
		break;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: put_moment(out, column, row, zone); break;
	case WR_INTERVAL_MONTH:
	case WR_INTERVAL_DAY: put_interval(out, column, row); break;
	case WR_ARRAY:
		if (is_scalar(type->child[0])) {
			put_array(out, column, row, zone);
			break;
		}
		put_json(out, column, row, zone);
		break;
	default: put_json(out, column, row, zone); break;
	}
}

/* --- with lengths -------------------------------------------------------------------------------
 */

/* Microseconds, days, months. */
static void put_interval_binary(struct wr_text *out, const struct wr_column *column, uint32_t row)
{
	bool months = column->type->kind == WR_INTERVAL_MONTH;
	int64_t ms = months ? 0 : WR_DATA(column, const int64_t)[row & column->mask];
	char bytes[20], *at = wr_pg_put32(bytes, 16);

	at = wr_pg_put64(at, (uint64_t)(ms % WR_MS_DAY * 1000));
	at = wr_pg_put32(at, (uint32_t)(ms / WR_MS_DAY));
	wr_pg_put32(at, months ? (uint32_t)WR_DATA(column, const int32_t)[row & column->mask] : 0);
	wr_text_add(out, bytes, sizeof bytes);
}

void wr_pgs_put_value(struct wr_text *out, const struct wr_pgs_column *what,
		      const struct wr_column *column, uint32_t row, bool binary,
		      const struct wr_zone *zone)
{
	struct wr_pg_encoder encoder;
	size_t before = out->len;
	char len[4];

	if (column == NULL || !wr_column_is_valid(column, row)) {
		wr_pg_put32(len, UINT32_MAX);
		wr_text_add(out, len, sizeof len);
		return;
	}
	if (binary && what->oid == WR_PG_OID && column->phys == WR_P_I64) {
		char bytes[8];

		wr_pg_put32(wr_pg_put32(bytes, 4),
			    (uint32_t)WR_DATA(column, const int64_t)[row & column->mask]);
		wr_text_add(out, bytes, sizeof bytes);
		return;
	}
	if (binary && what->oid == WR_PG_INTERVAL) {
		put_interval_binary(out, column, row);
		return;
	}
	if (binary && what->oid != WR_PG_JSON && what->oid != WR_PG_CHAR &&
	    wr_pg_encoder_init(&encoder, wr_pgs_value_oid(column->type), false, column->type, zone,
			       false) != WR_PG_UNFIT &&
	    wr_pg_encode(&encoder, column, row, out) == NULL)
		return;
	out->len = before;
	wr_text_reserve(out, sizeof len);
	out->len += sizeof len;
	wr_pgs_put_text(out, column, row, zone);
	wr_pg_put32(out->data + before, (uint32_t)(out->len - before - sizeof len));
}
