/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_in_number - booleans, integers, floating point and decimals out of Arrow.
 *
 * Integers of the column's own width are shared. Others are converted in one loop that also notes
 * whether any value did not fit; only then is the first one that counts looked for.
 */
#include "data/arrow_bits.h"
#include "data/arrow_in.h"
#include "data/decimal.h"

wr_status *wr_arrow_in_bool(const struct wr_arrow_source *source, struct wr_column **column)
{
	const void *bits;

	if (source->format.kind != WR_ARROW_BOOL)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(wr_arrow_in_buffer(source, 1, &bits));
	*column = wr_arrow_in_new(source);
	wr_bits_unpack((*column)->data, bits, source->start, source->rows);
	wr_arrow_in_clear(source, *column);
	return NULL;
}

/* --- integers --- */

/* One value of any integer format. */
static wr_i128 integer_at(const struct wr_arrow_source *source, const void *values, uint32_t i)
{
	const char *at = (const char *)values + (size_t)i * (source->format.bits / 8);
	bool is_signed = source->format.is_signed;

#define READ_AS(signed_type, unsigned_type)                                                        \
	do {                                                                                       \
		unsigned_type value;                                                               \
		memcpy(&value, at, sizeof value);                                                  \
		return is_signed ? (wr_i128)(signed_type)value : (wr_i128)value;                   \
	} while (0)
	switch (source->format.bits) {
	case 8: READ_AS(int8_t, uint8_t);
	case 16: READ_AS(int16_t, uint16_t);
	case 32: READ_AS(int32_t, uint32_t);
	default: READ_AS(int64_t, uint64_t);
	}
}

static wr_status *integer_misfit(const struct wr_arrow_source *source, uint32_t row, wr_i128 value)
{
	char text[WR_DECIMAL_TEXT_MAX];

	text[wr_decimal_print_plain(text, value, 0)] = '\0';
	return wr_arrow_in_misfit(source, row, text);
}

/* to[i] = from[i] for the widths of both; true: all fitted. Values of NULL rows become 0. */
#define CONVERT_LOOP(from_type, from_signed, to_type)                                              \
	do {                                                                                       \
		to_type *restrict to = out;                                                        \
		for (uint32_t i = 0; i < count; i++) {                                             \
			from_type value;                                                           \
			memcpy(&value, from + i * sizeof value, sizeof value);                     \
			value = valid == NULL || valid[i] ? value : 0;                             \
			to[i] = (to_type)value;                                                    \
			lost |= (from_type)to[i] != value || (!(from_signed) && to[i] < 0);        \
		}                                                                                  \
	} while (0)

#define CONVERT_FROM(name, from_type, from_signed)                                                 \
	static bool from_##name(const char *restrict from, void *restrict out, enum wr_phys phys,  \
				const uint8_t *restrict valid, uint32_t count)                     \
	{                                                                                          \
		bool lost = false;                                                                 \
		switch (phys) {                                                                    \
		case WR_P_I8: CONVERT_LOOP(from_type, from_signed, int8_t); break;                 \
		case WR_P_I16: CONVERT_LOOP(from_type, from_signed, int16_t); break;               \
		case WR_P_I32: CONVERT_LOOP(from_type, from_signed, int32_t); break;               \
		default: CONVERT_LOOP(from_type, from_signed, int64_t); break;                     \
		}                                                                                  \
		return !lost;                                                                      \
	}

CONVERT_FROM(i8, int8_t, true)
CONVERT_FROM(u8, uint8_t, false)
CONVERT_FROM(i16, int16_t, true)
CONVERT_FROM(u16, uint16_t, false)
CONVERT_FROM(i32, int32_t, true)
CONVERT_FROM(u32, uint32_t, false)
CONVERT_FROM(i64, int64_t, true)
CONVERT_FROM(u64, uint64_t, false)

/* Converts integers of another width or sign; false: not all fitted. */
static bool convert_integers(const struct wr_arrow_source *source, const void *values,
			     struct wr_column *column)
{
	bool is_signed = source->format.is_signed;

#define CONVERT_AS(bits)                                                                           \
	(is_signed ? from_i##bits : from_u##bits)(values, column->data, column->phys,              \
						  source->valid, source->rows)
	switch (source->format.bits) {
	case 8: return CONVERT_AS(8);
	case 16: return CONVERT_AS(16);
	case 32: return CONVERT_AS(32);
	default: return CONVERT_AS(64);
	}
}

wr_status *wr_arrow_in_integer(const struct wr_arrow_source *source, struct wr_column **column)
{
	uint32_t width = wr_phys_size(wr_type_phys(source->type));
	const void *data;
	const char *values;

	if (source->format.kind != WR_ARROW_INT)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(wr_arrow_in_buffer(source, 1, &data));
	values = data;
	if (source->rows != 0)
		values += source->start * (source->format.bits / 8);
	if (source->format.is_signed && source->format.bits == width * 8) {
		*column = wr_arrow_in_share(source, values);
		return NULL;
	}
	*column = wr_arrow_in_new(source);
	if (convert_integers(source, values, *column))
		return NULL;
	for (uint32_t i = 0;; i++) {
		wr_i128 value = integer_at(source, values, i);
		wr_i128 limit = (wr_i128)1 << (width * 8 - 1);

		WR_ASSERT(i < source->rows);
		if (wr_arrow_is_valid(source, i) && (value >= limit || value < -limit))
			return integer_misfit(source, i, value);
	}
}

/* --- FLOAT and DOUBLE --- */

/* to[i] = from[i] for floating point formats; NULL rows become 0. */
#define APPROX_LOOP(from_type, to_type)                                                            \
	do {                                                                                       \
		to_type *to = (*column)->data;                                                     \
		for (uint32_t i = 0; i < source->rows; i++) {                                      \
			from_type value;                                                           \
			memcpy(&value, values + (size_t)i * sizeof value, sizeof value);           \
			to[i] = wr_arrow_is_valid(source, i) ? (to_type)value : 0;                 \
		}                                                                                  \
	} while (0)

wr_status *wr_arrow_in_approx(const struct wr_arrow_source *source, struct wr_column **column)
{
	bool is_double = source->type->kind == WR_DOUBLE;
	enum wr_arrow_kind kind = source->format.kind;
	size_t width = kind == WR_ARROW_INT     ? source->format.bits / 8
		       : kind == WR_ARROW_FLOAT ? 4
						: 8;
	const void *data;
	const char *values;

	if (kind == WR_ARROW_HALF)
		return wr_arrow_in_refuse(source, "Cast it to float before");
	if (kind != WR_ARROW_FLOAT && kind != WR_ARROW_DOUBLE && kind != WR_ARROW_INT)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(wr_arrow_in_buffer(source, 1, &data));
	values = data;
	if (source->rows != 0)
		values += (size_t)source->start * width;
	if (kind == (is_double ? WR_ARROW_DOUBLE : WR_ARROW_FLOAT)) {
		*column = wr_arrow_in_share(source, values);
		return NULL;
	}
	*column = wr_arrow_in_new(source);
	if (kind == WR_ARROW_FLOAT)
		APPROX_LOOP(float, double);
	else if (kind == WR_ARROW_DOUBLE)
		APPROX_LOOP(double, float);
	else
		for (uint32_t i = 0; i < source->rows; i++) {
			wr_i128 value =
			    wr_arrow_is_valid(source, i) ? integer_at(source, values, i) : 0;

			if (is_double)
				WR_DATA(*column, double)[i] = (double)value;
			else
				WR_DATA(*column, float)[i] = (float)value;
		}
	return NULL;
}

/* --- DECIMAL --- */

/* A decimal of `bits`, or an integer; false: it has more than 128 bits. */
static bool unscaled_at(const struct wr_arrow_source *source, const char *values, uint32_t i,
			wr_i128 *value)
{
	int64_t word[4] = {0};
	const char *at = values + (size_t)i * (source->format.bits / 8);

	if (source->format.kind == WR_ARROW_INT) {
		*value = integer_at(source, values, i);
		return true;
	}
	memcpy(word, at, source->format.bits / 8);
	switch (source->format.bits) {
	case 32: *value = (int32_t)word[0]; return true;
	case 64: *value = word[0]; return true;
	case 128: memcpy(value, at, sizeof *value); return true;
	default:
		memcpy(value, at, sizeof *value);
		return word[2] == word[3] && word[3] == (*value < 0 ? -1 : 0);
	}
}

/* Whether all values that count have at most the type's digits. */
static bool all_fit(const struct wr_arrow_source *source, const char *values)
{
	wr_i128 limit = wr_pow10[source->type->precision];
	bool bad = false;

	for (uint32_t i = 0; i < source->rows; i++) {
		wr_i128 value;

		memcpy(&value, values + (size_t)i * sizeof value, sizeof value);
		bad |= wr_arrow_is_valid(source, i) && (value >= limit || value <= -limit);
	}
	return !bad;
}

wr_status *wr_arrow_in_decimal(const struct wr_arrow_source *source, struct wr_column **column)
{
	const struct wr_type *type = source->type;
	int scale = source->format.kind == WR_ARROW_INT ? 0 : source->format.scale;
	const void *data;
	const char *values;
	wr_i128 value, *to;

	if (source->format.kind != WR_ARROW_DECIMAL && source->format.kind != WR_ARROW_INT)
		return wr_arrow_in_refuse(source, NULL);
	if (scale < 0 || scale > WR_DECIMAL_PRECISION_MAX)
		return wr_arrow_in_refuse(source, "Scales of 0 to 38 are taken");
	WR_TRY(wr_arrow_in_buffer(source, 1, &data));
	values = data;
	if (source->rows != 0)
		values += source->start * (source->format.bits / 8);
	if (source->format.kind == WR_ARROW_DECIMAL && source->format.bits == 128 &&
	    scale == type->scale && all_fit(source, values)) {
		*column = wr_arrow_in_share(source, values);
		return NULL;
	}
	*column = wr_arrow_in_new(source);
	to = (*column)->data;
	for (uint32_t i = 0; i < source->rows; i++) {
		to[i] = 0;
		if (!wr_arrow_is_valid(source, i))
			continue;
		if (!unscaled_at(source, values, i, &value) ||
		    !wr_decimal_fits(value, WR_DECIMAL_PRECISION_MAX))
			return wr_arrow_in_misfit(source, i, "it has more than 38 digits");
		if (!wr_decimal_rescale(value, scale, type->precision, type->scale, &to[i])) {
			char text[WR_DECIMAL_TEXT_MAX];

			text[wr_decimal_print_plain(text, value, scale)] = '\0';
			return wr_arrow_in_misfit(source, i, text);
		}
	}
	return NULL;
}
