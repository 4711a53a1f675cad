/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_decode - values in PostgreSQL's binary form into columns.
 *
 * Fixed-width values and strings are stored at their row, so a row that turns out bad is simply
 * written over by the next one. Arrays are appended: they are checked first.
 *
 * Layouts (big-endian): integers and floats as they are; date: days, timestamps: microseconds since
 * 2000-01-01, with the extremes as infinities; numeric: count of digits, weight, sign, scale (16
 * bits each), then digits of base 10,000, the first of them times 10,000^weight; jsonb: a byte 1,
 * then text; arrays: dimensions, "has NULLs", type of the elements, per dimension size and lower
 * bound (32 bits each), then per element 32 bits of length (-1: NULL) and the value.
 */
#include "connectors/pg_type.h"
#include "data/decimal.h"
#include "data/datetime.h"

#define EPOCH_DAYS       10957           /* 1970-01-01 to 2000-01-01 */
#define EPOCH_US         946684800000000 /* the same */
#define DAY_US           86400000000
#define NUMERIC_HEAD     8
#define NUMERIC_NEGATIVE 0x4000
#define UUID_BYTES       16
#define UUID_TEXT        36
#define ARRAY_HEAD       12
#define ARRAY_DIMENSION  8

enum how {
	HOW_BOOL,
	HOW_INT, /* into I8..I64 */
	HOW_INT_DECIMAL,
	HOW_FLOAT,
	HOW_DOUBLE,
	HOW_NUMERIC,
	HOW_TEXT, /* and bytes */
	HOW_JSONB,
	HOW_UUID,
	HOW_DATE,
	HOW_TIME,
	HOW_TIMESTAMP,
	HOW_LOCAL, /* timestamptz into TIMESTAMP */
	HOW_ARRAY
};

static const char malformed[] = "the value is malformed";

static enum how how_of(uint32_t oid, const struct wr_type *type)
{
	switch (type->kind) {
	case WR_BOOLEAN: return HOW_BOOL;
	case WR_FLOAT: return HOW_FLOAT;
	case WR_DOUBLE: return HOW_DOUBLE;
	case WR_DECIMAL: return oid == WR_PG_NUMERIC ? HOW_NUMERIC : HOW_INT_DECIMAL;
	case WR_CHAR:
	case WR_VARCHAR:
		return oid == WR_PG_JSONB ? HOW_JSONB : oid == WR_PG_UUID ? HOW_UUID : HOW_TEXT;
	case WR_BINARY:
	case WR_VARBINARY: return HOW_TEXT;
	case WR_DATE: return HOW_DATE;
	case WR_TIME: return HOW_TIME;
	case WR_TIMESTAMP: return oid == WR_PG_TIMESTAMPTZ ? HOW_LOCAL : HOW_TIMESTAMP;
	case WR_TIMESTAMP_LTZ: return HOW_TIMESTAMP;
	case WR_ARRAY: return HOW_ARRAY;
	default: return HOW_INT;
	}
}

void wr_pg_decoder_init(struct wr_pg_decoder *decoder, uint32_t oid, const struct wr_type *type,
			const struct wr_zone *zone)
{
	*decoder =
	    (struct wr_pg_decoder){.how = (uint8_t)how_of(oid, type), .type = type, .zone = zone};
	if (decoder->how != HOW_ARRAY)
		return;
	decoder->element_oid = wr_pg_element(oid);
	decoder->element_how = (uint8_t)how_of(decoder->element_oid, type->child[0]);
	decoder->builder = wr_builder_new(type, 64);
}

void wr_pg_decoder_release(struct wr_pg_decoder *decoder)
{
	wr_column_unref(decoder->column);
	wr_builder_free(decoder->builder);
	*decoder = (struct wr_pg_decoder){0};
}

void wr_pg_decoder_begin(struct wr_pg_decoder *decoder, uint32_t rows, struct wr_buf *keep)
{
	if (decoder->how == HOW_ARRAY)
		return;
	WR_ASSERT(decoder->column == NULL);
	decoder->column = wr_column_new(decoder->type, rows);
	decoder->is_text =
	    decoder->column->phys == WR_P_STR && (decoder->how == HOW_UUID || keep == NULL);
	if (decoder->is_text)
		wr_strout_init(&decoder->text, decoder->column);
	else if (decoder->column->phys == WR_P_STR)
		wr_column_keep(decoder->column, keep);
}

struct wr_column *wr_pg_decoder_finish(struct wr_pg_decoder *decoder, uint32_t rows)
{
	struct wr_column *column = decoder->column;

	if (decoder->how == HOW_ARRAY) {
		column = wr_builder_finish(decoder->builder);
		WR_ASSERT(column->len == rows);
		return column;
	}
	WR_ASSERT(rows <= column->len);
	column->len = rows;
	decoder->column = NULL;
	return column;
}

/* --- values that need more than a copy -------------------------------------------------------- */

static bool get_int(const char *data, int32_t len, int64_t *out)
{
	switch (len) {
	case 2: *out = (int16_t)wr_pg_get16(data); return true;
	case 4: *out = (int32_t)wr_pg_get32(data); return true;
	case 8: *out = (int64_t)wr_pg_get64(data); return true;
	default: return false;
	}
}

/* Decimal digits of a group that is not 0. */
static int group_digits(uint32_t group)
{
	return group >= 1000 ? 4 : group >= 100 ? 3 : group >= 10 ? 2 : 1;
}

/* The groups of a numeric as an unscaled value of `scale` digits, rounded half up; false: too large
 * for 38 digits. */
static bool sum_groups(const char *group, uint32_t count, int weight, int scale, wr_i128 *out)
{
	int lead = count > 0 ? group_digits(wr_pg_get16(group)) : 0;
	int at = 4 * weight + scale; /* exponent of the group in the unscaled value */
	wr_i128 sum = 0;
	uint32_t i = 0;

	*out = 0;
	if (count == 0 || at < -4)
		return true;
	if (lead + at > WR_DECIMAL_PRECISION_MAX)
		return false;
	for (; i < count && at >= 0; i++, at -= 4)
		sum = sum * 10000 + wr_pg_get16(group + 2 * i);
	if (i == count) /* at is that of the group behind the last one */
		sum *= wr_pow10[at + 4];
	else { /* part of this group counts, the next digit rounds */
		static const uint32_t pow10[] = {1, 10, 100, 1000, 10000};
		uint32_t cut = (uint32_t)-at, value = wr_pg_get16(group + 2 * i);

		WR_ASSERT(cut >= 1 && cut <= 4);
		sum = sum * pow10[4 - cut] + value / pow10[cut];
		sum += value / pow10[cut - 1] % 10 >= 5;
	}
	*out = sum;
	return true;
}

static const char *get_numeric(const char *data, int32_t len, const struct wr_type *type,
			       wr_i128 *out)
{
	uint32_t count, sign;

	if (len < NUMERIC_HEAD)
		return malformed;
	count = wr_pg_get16(data);
	sign = wr_pg_get16(data + 4);
	if (sign != 0 && sign != NUMERIC_NEGATIVE)
		return sign == 0xC000 ? "NaN has no value in DECIMAL"
				      : "an infinite number has no value in DECIMAL";
	if (len != NUMERIC_HEAD + 2 * (int32_t)count)
		return malformed;
	if (!sum_groups(data + NUMERIC_HEAD, count, (int16_t)wr_pg_get16(data + 2), type->scale,
			out) ||
	    !wr_decimal_fits(*out, type->precision))
		return "the number is too large for the DECIMAL that is declared";
	if (sign == NUMERIC_NEGATIVE)
		*out = -*out;
	return NULL;
}

/* Microseconds since 1970, digits beyond the type's precision cut off. */
static const char *get_timestamp(const struct wr_type *type, const char *data, int32_t len,
				 int64_t *us)
{
	static const int64_t step[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	int64_t value;

	if (len != 8)
		return malformed;
	value = (int64_t)wr_pg_get64(data);
	if (value == INT64_MAX || value == INT64_MIN)
		return "an infinite time has no value in TIMESTAMP";
	if (value > INT64_MAX - EPOCH_US)
		return "the time is too late for TIMESTAMP";
	value += EPOCH_US;
	if (type->precision < 6)
		value -= wr_floor_mod(value, step[type->precision]);
	*us = value;
	return NULL;
}

/* The text of a UUID. */
static void put_uuid(char *to, const char *data)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = digits[(uint8_t)data[i] >> 4];
		*to++ = digits[(uint8_t)data[i] & 15];
	}
}

/* --- one value into its row --------------------------------------------------------------------
 */

static const char *set_int(struct wr_column *column, uint32_t row, const char *data, int32_t len)
{
	int64_t value;

	if (column->phys == WR_P_I32 && len == 4) { /* the usual ones first */
		WR_DATA(column, uint32_t)[row] = wr_pg_get32(data);
		return NULL;
	}
	if (column->phys == WR_P_I64 && len == 8) {
		WR_DATA(column, uint64_t)[row] = wr_pg_get64(data);
		return NULL;
	}
	if (!get_int(data, len, &value))
		return malformed;
	switch (column->phys) {
	case WR_P_I8:
		if (value < INT8_MIN || value > INT8_MAX)
			return "the number is too large for TINYINT";
		WR_DATA(column, int8_t)[row] = (int8_t)value;
		return NULL;
	case WR_P_I16: WR_DATA(column, int16_t)[row] = (int16_t)value; return NULL;
	case WR_P_I32: WR_DATA(column, int32_t)[row] = (int32_t)value; return NULL;
	default: WR_DATA(column, int64_t)[row] = value; return NULL;
	}
}

static const char *set_int_decimal(struct wr_column *column, uint32_t row, const char *data,
				   int32_t len)
{
	int64_t value;

	if (!get_int(data, len, &value))
		return malformed;
	return wr_decimal_from_i64(value, column->type->precision, column->type->scale,
				   &WR_DATA(column, wr_i128)[row])
		   ? NULL
		   : "the number is too large for the DECIMAL that is declared";
}

static const char *set_float(struct wr_column *column, uint32_t row, const char *data, int32_t len)
{
	uint32_t small;
	uint64_t large;
	float single;

	if (len == 4) {
		small = wr_pg_get32(data);
		memcpy(&single, &small, sizeof single);
		if (column->phys == WR_P_F32)
			WR_DATA(column, float)[row] = single;
		else
			WR_DATA(column, double)[row] = single;
		return NULL;
	}
	if (len != 8 || column->phys != WR_P_F64)
		return malformed;
	large = wr_pg_get64(data);
	memcpy(&WR_DATA(column, double)[row], &large, sizeof large);
	return NULL;
}

static const char *set_date(struct wr_column *column, uint32_t row, const char *data, int32_t len)
{
	int32_t days;

	if (len != 4)
		return malformed;
	days = (int32_t)wr_pg_get32(data);
	if (days == INT32_MAX || days == INT32_MIN)
		return "an infinite date has no value in DATE";
	if (days > INT32_MAX - EPOCH_DAYS) /* years after PostgreSQL's last one */
		return malformed;
	WR_DATA(column, int32_t)[row] = days + EPOCH_DAYS;
	return NULL;
}

static const char *set_time(struct wr_column *column, uint32_t row, const char *data, int32_t len)
{
	static const int32_t unit_ms[] = {1000, 100, 10, 1};
	int64_t us = len == 8 ? (int64_t)wr_pg_get64(data) : -1;
	int32_t ms;

	if (us < 0)
		return malformed;
	if (us >= DAY_US)
		return "24:00:00 has no value in TIME";
	ms = (int32_t)(us / 1000);
	WR_DATA(column, int32_t)[row] = ms - ms % unit_ms[WR_MIN(column->type->precision, 3)];
	return NULL;
}

static const char *set_timestamp(const struct wr_pg_decoder *decoder, struct wr_column *column,
				 uint32_t row, const char *data, int32_t len)
{
	int64_t us = 0, ms;
	const char *why = get_timestamp(column->type, data, len, &us);

	if (why != NULL)
		return why;
	ms = wr_floor_div(us, 1000);
	if (decoder->how == HOW_LOCAL || decoder->element_how == HOW_LOCAL)
		ms = wr_zone_to_local(decoder->zone, ms);
	if (column->phys == WR_P_I64)
		WR_DATA(column, int64_t)[row] = ms;
	else
		WR_DATA(column, wr_i128)
	[row] = wr_ns_join(ms, (int32_t)wr_floor_mod(us, 1000) * 1000);
	return NULL;
}

static const char *set_uuid(struct wr_pg_decoder *decoder, uint32_t row, const char *data,
			    int32_t len)
{
	if (len != UUID_BYTES)
		return malformed;
	put_uuid(wr_strout_reserve(&decoder->text, UUID_TEXT), data);
	wr_strout_commit(&decoder->text, row, UUID_TEXT);
	return NULL;
}

/* Anything but arrays. */
static const char *set(struct wr_pg_decoder *decoder, enum how how, struct wr_column *column,
		       uint32_t row, const char *data, int32_t len)
{
	switch (how) {
	case HOW_BOOL: WR_DATA(column, uint8_t)[row] = len > 0 && *data != 0; return NULL;
	case HOW_INT: return set_int(column, row, data, len);
	case HOW_INT_DECIMAL: return set_int_decimal(column, row, data, len);
	case HOW_FLOAT:
	case HOW_DOUBLE: return set_float(column, row, data, len);
	case HOW_NUMERIC:
		return get_numeric(data, len, column->type, &WR_DATA(column, wr_i128)[row]);
	case HOW_JSONB:
		if (len < 1 || *data != 1)
			return malformed;
		data++;
		len--;
		/* fallthrough */
	case HOW_TEXT:
		if (decoder->is_text)
			wr_strout_put(&decoder->text, row, data, (uint32_t)len);
		else
			WR_DATA(column, struct wr_view)[row] = wr_view_of(data, (uint32_t)len);
		return NULL;
	case HOW_UUID: return set_uuid(decoder, row, data, len);
	case HOW_DATE: return set_date(column, row, data, len);
	case HOW_TIME: return set_time(column, row, data, len);
	case HOW_TIMESTAMP:
	case HOW_LOCAL: return set_timestamp(decoder, column, row, data, len);
	case HOW_ARRAY: break;
	}
	return malformed;
}

static void set_null(struct wr_column *column, uint32_t row)
{
	uint32_t width = wr_phys_size(column->phys);

	wr_column_validity(column)[row] = 0;
	memset((char *)column->data + (size_t)row * width, 0, width);
}

/* --- arrays ------------------------------------------------------------------------------------
 */

/* Goes over the elements of an array: into one column (of `count` rows) if there is one. */
static const char *each_element(const struct wr_pg_decoder *decoder, const char *data, int32_t len,
				struct wr_column *to, uint32_t *count)
{
	const char *end = data + len;
	struct wr_column *one = to;
	struct wr_pg_decoder element = {.how = decoder->element_how, .zone = decoder->zone};
	const char *why = NULL;
	uint32_t dimensions;

	*count = 0;
	if (len < ARRAY_HEAD)
		return malformed;
	dimensions = wr_pg_get32(data);
	if (dimensions > 1)
		return "an array of several dimensions has no value in ARRAY";
	if (wr_pg_get32(data + 8) != decoder->element_oid)
		return malformed;
	if (dimensions == 0)
		return NULL;
	if (len < ARRAY_HEAD + ARRAY_DIMENSION)
		return malformed;
	*count = wr_pg_get32(data + ARRAY_HEAD);
	data += ARRAY_HEAD + ARRAY_DIMENSION;
	if (*count > (uint32_t)len / 4)
		return malformed;
	if (to == NULL)
		one = wr_column_new(decoder->type->child[0], 1);
	element.is_text = one->phys == WR_P_STR;
	if (element.is_text)
		wr_strout_init(&element.text, one);
	for (uint32_t i = 0; i < *count && why == NULL; i++) {
		int32_t size = end - data >= 4 ? (int32_t)wr_pg_get32(data) : -2;
		uint32_t row = to != NULL ? i : 0;

		data += 4;
		if (size < -1 || size > end - data)
			why = malformed;
		else if (size == -1)
			set_null(one, row);
		else
			why = set(&element, decoder->element_how, one, row, data, size);
		data += size > 0 ? size : 0;
	}
	if (to == NULL)
		wr_column_unref(one);
	return why;
}

const char *wr_pg_check(const struct wr_pg_decoder *decoder, const char *data, int32_t len)
{
	uint32_t count;

	if (decoder->how != HOW_ARRAY || len < 0)
		return NULL;
	return each_element(decoder, data, len, NULL, &count);
}

static const char *append_array(struct wr_pg_decoder *decoder, const char *data, int32_t len)
{
	struct wr_builder *builder = decoder->builder;
	struct wr_column *elements;
	const char *why;
	uint32_t count;

	if (len < 0) {
		wr_builder_null(builder);
		return NULL;
	}
	count = len >= ARRAY_HEAD + ARRAY_DIMENSION ? wr_pg_get32(data + ARRAY_HEAD) : 0;
	elements =
	    wr_column_new(decoder->type->child[0], WR_MAX(WR_MIN(count, (uint32_t)len / 4), 1u));
	why = each_element(decoder, data, len, elements, &count);
	if (why == NULL) {
		wr_builder_append_rows(builder->child[0], elements, NULL, count);
		wr_builder_list(builder, count);
	}
	wr_column_unref(elements);
	return why;
}

const char *wr_pg_decode(struct wr_pg_decoder *decoder, uint32_t row, const char *data, int32_t len)
{
	if (decoder->how == HOW_ARRAY)
		return append_array(decoder, data, len);
	if (len < 0) {
		set_null(decoder->column, row);
		return NULL;
	}
	if (decoder->column->valid != NULL) /* a bad row may have been NULL here */
		decoder->column->valid[row] = 1;
	return set(decoder, (enum how)decoder->how, decoder->column, row, data, len);
}
