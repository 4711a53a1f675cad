/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_encode - values of columns in PostgreSQL's binary form, each with its length in front, as COPY
 * and arrays have them. The layouts are told in pg_decode.c.
 */
#include "connectors/pg_type.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/print.h"

#define EPOCH_DAYS       10957           /* 1970-01-01 to 2000-01-01 */
#define EPOCH_US         946684800000000 /* the same */
#define NUMERIC_GROUPS   12              /* of 38 digits, wherever the point is */
#define NUMERIC_NEGATIVE 0x4000
#define FIXED_MAX        64 /* bytes of the longest value of a fixed-width type, length included */

enum how {
	HOW_BOOL,
	HOW_INT2,
	HOW_INT4,
	HOW_INT8,
	HOW_FLOAT4,
	HOW_FLOAT8,
	HOW_INT_NUMERIC,
	HOW_NUMERIC,
	HOW_TEXT, /* and bytes */
	HOW_JSONB,
	HOW_UUID,
	HOW_DATE,
	HOW_TIME,
	HOW_TIMESTAMP,
	HOW_TO_LOCAL, /* an instant as local time of the session */
	HOW_TO_UTC,   /* a local time of the session as an instant */
	HOW_ARRAY,
	HOW_ARRAY_TEXT, /* "{1,2}" */
	HOW_NONE
};

/* Of numbers: every wider type, and narrower integers (checked by value). */
static enum how how_number(uint32_t oid, const struct wr_type *type)
{
	if (wr_kind_is_integer(type->kind)) {
		switch (oid) {
		case WR_PG_INT2: return HOW_INT2;
		case WR_PG_INT4: return HOW_INT4;
		case WR_PG_INT8: return HOW_INT8;
		case WR_PG_NUMERIC: return HOW_INT_NUMERIC;
		default: return HOW_NONE;
		}
	}
	if (type->kind == WR_DECIMAL)
		return oid == WR_PG_NUMERIC ? HOW_NUMERIC : HOW_NONE;
	if (oid == WR_PG_FLOAT8)
		return HOW_FLOAT8;
	return oid == WR_PG_FLOAT4 && type->kind == WR_FLOAT ? HOW_FLOAT4 : HOW_NONE;
}

static enum how how_text(uint32_t oid, bool is_enum)
{
	switch (oid) {
	case WR_PG_TEXT:
	case WR_PG_VARCHAR:
	case WR_PG_BPCHAR:
	case WR_PG_NAME:
	case WR_PG_JSON: return HOW_TEXT;
	case WR_PG_JSONB: return HOW_JSONB;
	case WR_PG_UUID: return HOW_UUID;
	default: return is_enum ? HOW_TEXT : HOW_NONE;
	}
}

static enum how how_of(uint32_t oid, bool is_enum, const struct wr_type *type)
{
	bool fits;

	switch (type->kind) {
	case WR_BOOLEAN: return oid == WR_PG_BOOL ? HOW_BOOL : HOW_NONE;
	case WR_CHAR:
	case WR_VARCHAR: return how_text(oid, is_enum);
	case WR_BINARY:
	case WR_VARBINARY: return oid == WR_PG_BYTEA ? HOW_TEXT : HOW_NONE;
	case WR_DATE: return oid == WR_PG_DATE ? HOW_DATE : HOW_NONE;
	case WR_TIME: return oid == WR_PG_TIME ? HOW_TIME : HOW_NONE;
	case WR_TIMESTAMP:
		return oid == WR_PG_TIMESTAMP     ? HOW_TIMESTAMP
		       : oid == WR_PG_TIMESTAMPTZ ? HOW_TO_UTC
						  : HOW_NONE;
	case WR_TIMESTAMP_LTZ:
		return oid == WR_PG_TIMESTAMPTZ ? HOW_TIMESTAMP
		       : oid == WR_PG_TIMESTAMP ? HOW_TO_LOCAL
						: HOW_NONE;
	case WR_ARRAY:
		fits = type->child[0]->kind != WR_ARRAY && wr_pg_element(oid) != 0 &&
		       how_of(wr_pg_element(oid), false, type->child[0]) != HOW_NONE;
		return fits ? HOW_ARRAY : HOW_NONE;
	case WR_MAP:
	case WR_MULTISET:
	case WR_ROW:
	case WR_NULL:
	case WR_INTERVAL_DAY:
	case WR_INTERVAL_MONTH: return HOW_NONE;
	default: return how_number(oid, type);
	}
}

/* Texts for an array of a type that is not known: of enums, of addresses. */
static bool is_other_array(uint32_t oid, const struct wr_type *type)
{
	return type->kind == WR_ARRAY && wr_kind_is_string(type->child[0]->kind) &&
	       wr_pg_element(oid) == 0;
}

enum wr_pg_fit wr_pg_encoder_init(struct wr_pg_encoder *encoder, uint32_t oid, bool is_enum,
				  const struct wr_type *type, const struct wr_zone *zone,
				  bool arrays_as_text)
{
	enum how how = how_of(oid, is_enum, type);
	bool as_text = how == HOW_NONE && wr_kind_is_string(type->kind);

	*encoder = (struct wr_pg_encoder){
	    .how = (uint8_t)(as_text ? HOW_TEXT : how),
	    .oid = as_text || is_enum ? WR_PG_TEXT : oid,
	    .type = type,
	    .zone = zone,
	};
	if (how == HOW_ARRAY) {
		encoder->element_oid = wr_pg_element(oid);
		encoder->element_how = (uint8_t)how_of(encoder->element_oid, false, type->child[0]);
	}
	if (is_other_array(oid, type) || (how == HOW_ARRAY && arrays_as_text)) {
		encoder->how = HOW_ARRAY_TEXT;
		encoder->oid = WR_PG_TEXT;
		as_text = true;
	}
	return as_text ? WR_PG_AS_TEXT : how == HOW_NONE ? WR_PG_UNFIT : WR_PG_FITS;
}

/* --- values ------------------------------------------------------------------------------------
 */

static int64_t int_at(const struct wr_column *column, uint32_t row)
{
	switch (column->phys) {
	case WR_P_I8: return WR_DATA(column, int8_t)[row];
	case WR_P_I16: return WR_DATA(column, int16_t)[row];
	case WR_P_I32: return WR_DATA(column, int32_t)[row];
	default: return WR_DATA(column, int64_t)[row];
	}
}

static double double_at(const struct wr_column *column, uint32_t row)
{
	return column->phys == WR_P_F32 ? WR_DATA(column, float)[row]
					: WR_DATA(column, double)[row];
}

/* The groups of an unscaled value, lowest first; returns their number. *behind: those behind the
 * point. */
static int split_groups(unsigned __int128 value, int scale, uint16_t *group, int *behind)
{
	static const uint32_t pow10[] = {1, 10, 100, 1000};
	int count = 0;
	uint64_t low;

	*behind = (scale + 3) / 4;
	if (scale % 4 != 0) {
		uint32_t part = pow10[scale % 4];

		group[count++] = (uint16_t)((uint32_t)(value % part) * pow10[4 - scale % 4]);
		value /= part;
	}
	while (value > UINT64_MAX) {
		group[count++] = (uint16_t)(value % 10000);
		value /= 10000;
	}
	for (low = (uint64_t)value; low > 0; low /= 10000)
		group[count++] = (uint16_t)(low % 10000);
	return count;
}

static char *put_numeric(char *to, wr_i128 value, int scale)
{
	uint16_t group[NUMERIC_GROUPS];
	int behind, first = 0;
	int count = split_groups(value < 0 ? -(unsigned __int128)value : (unsigned __int128)value,
				 scale, group, &behind);

	while (count > 0 && group[count - 1] == 0)
		count--;
	while (first < count && group[first] == 0)
		first++;
	to = wr_pg_put32(to, (uint32_t)(8 + 2 * (count - first)));
	to = wr_pg_put16(to, (uint16_t)(count - first));
	to = wr_pg_put16(to, (uint16_t)(count > first ? count - behind - 1 : 0));
	to = wr_pg_put16(to, value < 0 ? NUMERIC_NEGATIVE : 0);
	to = wr_pg_put16(to, (uint16_t)scale);
	for (int i = count - 1; i >= first; i--)
		to = wr_pg_put16(to, group[i]);
	return to;
}

/* A timestamp in microseconds since 2000; nanoseconds are rounded half up. */
static int64_t micros(enum how how, const struct wr_zone *zone, const struct wr_column *column,
		      uint32_t row)
{
	int64_t ms;
	int32_t nano = 0;

	if (column->phys == WR_P_I64)
		ms = WR_DATA(column, int64_t)[row];
	else
		ms = wr_ns_split(WR_DATA(column, wr_i128)[row], &nano);
	if (how == HOW_TO_UTC)
		ms = wr_zone_to_utc(zone, ms);
	else if (how == HOW_TO_LOCAL)
		ms = wr_zone_to_local(zone, ms);
	return ms * 1000 + (nano + 500) / 1000 - EPOCH_US;
}

/* Reads 32 hexadecimal digits, dashes and braces where anyone puts them. */
static bool read_uuid(const struct wr_view *view, char *to)
{
	const char *text = wr_view_data(view);
	uint32_t digits = 0;

	memset(to, 0, 16);
	for (uint32_t i = 0; i < view->len; i++) {
		char c = text[i];
		int value = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (value < 0 && (c == '-' || (c == '{' && i == 0) || (c == '}' && digits == 32)))
			continue;
		if (value < 0 || digits == 32)
			return false;
		to[digits / 2] = (char)((uint8_t)to[digits / 2] << 4 | value);
		digits++;
	}
	return digits == 32;
}

static char *put_f64(char *to, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	return wr_pg_put64(wr_pg_put32(to, 8), bits);
}

static char *put_f32(char *to, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return wr_pg_put32(wr_pg_put32(to, 4), bits);
}

/* Types of a fixed width, into FIXED_MAX bytes; *end is behind the value. */
static const char *put_fixed(enum how how, const struct wr_pg_encoder *encoder,
			     const struct wr_column *column, uint32_t row, char *to, char **end)
{
	int64_t value;

	switch (how) {
	case HOW_BOOL:
		to = wr_pg_put32(to, 1);
		*to++ = (char)(WR_DATA(column, uint8_t)[row] != 0);
		break;
	case HOW_INT2:
		value = int_at(column, row);
		if (value < INT16_MIN || value > INT16_MAX)
			return "the number is too large for smallint";
		to = wr_pg_put16(wr_pg_put32(to, 2), (uint16_t)value);
		break;
	case HOW_INT4:
		value = int_at(column, row);
		if (value < INT32_MIN || value > INT32_MAX)
			return "the number is too large for integer";
		to = wr_pg_put32(wr_pg_put32(to, 4), (uint32_t)value);
		break;
	case HOW_INT8: to = wr_pg_put64(wr_pg_put32(to, 8), (uint64_t)int_at(column, row)); break;
	case HOW_FLOAT4: to = put_f32(to, WR_DATA(column, float)[row]); break;
	case HOW_FLOAT8: to = put_f64(to, double_at(column, row)); break;
	case HOW_INT_NUMERIC: to = put_numeric(to, int_at(column, row), 0); break;
	case HOW_NUMERIC:
		to = put_numeric(to, WR_DATA(column, wr_i128)[row], column->type->scale);
		break;
	case HOW_DATE:
		to = wr_pg_put32(wr_pg_put32(to, 4),
				 (uint32_t)(WR_DATA(column, int32_t)[row] - EPOCH_DAYS));
		break;
	case HOW_TIME:
		to = wr_pg_put64(wr_pg_put32(to, 8),
				 (uint64_t)((int64_t)WR_DATA(column, int32_t)[row] * 1000));
		break;
	case HOW_UUID:
		to = wr_pg_put32(to, 16);
		if (!read_uuid(&WR_DATA(column, struct wr_view)[row], to))
			return "the text is no UUID";
		to += 16;
		break;
	default:
		to = wr_pg_put64(wr_pg_put32(to, 8),
				 (uint64_t)micros(how, encoder->zone, column, row));
		break;
	}
	*end = to;
	return NULL;
}

static void put_text(bool jsonb, const struct wr_view *view, struct wr_text *out)
{
	char *to = wr_text_reserve(out, (size_t)view->len + 5);

	to = wr_pg_put32(to, view->len + (jsonb ? 1 : 0));
	if (jsonb)
		*to++ = 1;
	memcpy(to, wr_view_data(view), view->len);
	out->len = (size_t)(to + view->len - out->data);
}

static const char *put_array(const struct wr_pg_encoder *encoder, const struct wr_column *column,
			     uint32_t row, struct wr_text *out);

/* An element in the text form of arrays: in quotes, with quotes and backslashes escaped. */
static void put_element_text(const struct wr_column *column, uint32_t row, struct wr_text *out)
{
	struct wr_text text;

	if (!wr_column_is_valid(column, row)) {
		wr_text_puts(out, "NULL");
		return;
	}
	wr_text_init(&text);
	if (wr_kind_is_bytes(column->type->kind)) {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row & column->mask];

		wr_text_puts(&text, "\\x");
		for (uint32_t i = 0; i < view->len; i++)
			wr_text_printf(&text, "%02x", (uint8_t)wr_view_data(view)[i]);
	} else {
		wr_value_print(&text, column, row, NULL);
		if (column->type->kind == WR_TIMESTAMP_LTZ)
			wr_text_puts(&text, "+00");
	}
	wr_text_putc(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			wr_text_putc(out, '\\');
		wr_text_putc(out, text.data[i]);
	}
	wr_text_putc(out, '"');
	wr_text_release(&text);
}

/* "{"1",NULL}" with its length. */
static void put_array_text(const struct wr_column *column, uint32_t row, struct wr_text *out)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	size_t start = out->len;

	wr_pg_put32(wr_text_reserve(out, 4), 0);
	out->len += 4;
	wr_text_putc(out, '{');
	for (uint32_t i = 0; i < span.len; i++) {
		if (i > 0)
			wr_text_putc(out, ',');
		put_element_text(column->child[0], span.start + i, out);
	}
	wr_text_putc(out, '}');
	wr_pg_put32(out->data + start, (uint32_t)(out->len - start - 4));
}

static const char *put(const struct wr_pg_encoder *encoder, enum how how,
		       const struct wr_column *column, uint32_t row, struct wr_text *out)
{
	const char *why;
	char *to, *end;

	row &= column->mask;
	if (column->valid != NULL && column->valid[row] == 0) {
		to = wr_text_reserve(out, 4);
		wr_pg_put32(to, UINT32_MAX);
		out->len += 4;
		return NULL;
	}
	if (how == HOW_TEXT || how == HOW_JSONB) {
		put_text(how == HOW_JSONB, &WR_DATA(column, struct wr_view)[row], out);
		return NULL;
	}
	if (how == HOW_ARRAY_TEXT) {
		put_array_text(column, row, out);
		return NULL;
	}
	if (how == HOW_ARRAY)
		return put_array(encoder, column, row, out);
	to = wr_text_reserve(out, FIXED_MAX);
	why = put_fixed(how, encoder, column, row, to, &end);
	if (why == NULL)
		out->len += (size_t)(end - to);
	return why;
}

static const char *put_array(const struct wr_pg_encoder *encoder, const struct wr_column *column,
			     uint32_t row, struct wr_text *out)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	const struct wr_column *child = column->child[0];
	size_t start = out->len;
	bool nulls = false;
	char *to;

	for (uint32_t i = 0; i < span.len && !nulls; i++)
		nulls = !wr_column_is_valid(child, span.start + i);
	to = wr_text_reserve(out, 24);
	to = wr_pg_put32(to, 0); /* length: filled in below */
	to = wr_pg_put32(to, span.len > 0 ? 1 : 0);
	to = wr_pg_put32(to, nulls ? 1 : 0);
	to = wr_pg_put32(to, encoder->element_oid);
	if (span.len > 0)
		to = wr_pg_put32(wr_pg_put32(to, span.len), 1);
	out->len = (size_t)(to - out->data);
	for (uint32_t i = 0; i < span.len; i++) {
		const char *why =
		    put(encoder, (enum how)encoder->element_how, child, span.start + i, out);

		if (why != NULL) {
			out->len = start;
			return why;
		}
	}
	wr_pg_put32(out->data + start, (uint32_t)(out->len - start - 4));
	return NULL;
}

const char *wr_pg_encode(const struct wr_pg_encoder *encoder, const struct wr_column *column,
			 uint32_t row, struct wr_text *out)
{
	return put(encoder, (enum how)encoder->how, column, row, out);
}
