/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_value - values that accumulators keep, as bytes.
 */
#include "expr/agg_internal.h"

static const uint32_t f32_nan = 0x7fc00000u;
static const uint64_t f64_nan = 0x7ff8000000000000ull;

/* Only nested values are written anew. */
struct wr_str wr_agg_value_get(const struct wr_column *column, uint32_t row,
			       struct wr_text *scratch)
{
	uint32_t at = row & column->mask;

	if (!wr_column_is_valid(column, at))
		return (struct wr_str){0};
	switch (column->phys) {
	case WR_P_STR: {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[at];
		return (struct wr_str){wr_view_data(view), view->len};
	}
	case WR_P_F32:
		if (WR_DATA(column, float)[at] != WR_DATA(column, float)[at])
			return (struct wr_str){(const char *)&f32_nan, sizeof f32_nan};
		break;
	case WR_P_F64:
		if (WR_DATA(column, double)[at] != WR_DATA(column, double)[at])
			return (struct wr_str){(const char *)&f64_nan, sizeof f64_nan};
		break;
	case WR_P_LIST:
	case WR_P_MAP:
	case WR_P_ROW: {
		size_t start = scratch->len;
		wr_codec_put_value(scratch, column, at);
		return (struct wr_str){scratch->data + start, scratch->len - start};
	}
	default: break;
	}
	uint32_t width = wr_phys_size(column->phys);
	return (struct wr_str){(const char *)column->data + (size_t)at * width, width};
}

/* A fixed-width value out of bytes that need not be aligned. */
#define PUT_FIXED(suffix, ctype)                                                                   \
	do {                                                                                       \
		ctype fixed;                                                                       \
		memcpy(&fixed, value.data, sizeof fixed);                                          \
		wr_builder_##suffix(builder, fixed);                                               \
	} while (0)

/* The inverse of wr_agg_value_get. */
void wr_agg_value_put(struct wr_builder *builder, struct wr_str value)
{
	if (value.data == NULL) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->phys) {
	case WR_P_BOOL: PUT_FIXED(bool, uint8_t); break;
	case WR_P_I8: PUT_FIXED(i8, int8_t); break;
	case WR_P_I16: PUT_FIXED(i16, int16_t); break;
	case WR_P_I32: PUT_FIXED(i32, int32_t); break;
	case WR_P_I64: PUT_FIXED(i64, int64_t); break;
	case WR_P_I128: PUT_FIXED(i128, wr_i128); break;
	case WR_P_F32: PUT_FIXED(f32, float); break;
	case WR_P_F64: PUT_FIXED(f64, double); break;
	case WR_P_STR: wr_builder_str(builder, value.data, value.len); break;
	case WR_P_LIST:
	case WR_P_MAP:
	case WR_P_ROW: {
		const char *end = wr_codec_get_value(value.data, value.data + value.len, builder);
		WR_REQUIRE(end == value.data + value.len);
		break;
	}
	}
}

bool wr_agg_value_fits(const struct wr_type *type, struct wr_str value)
{
	enum wr_phys phys = wr_type_phys(type);

	if (value.data == NULL || phys == WR_P_STR)
		return true;
	if (phys < WR_P_STR)
		return value.len == wr_phys_size(phys);
	return wr_codec_skip_value(type, value.data, value.data + value.len) ==
	       value.data + value.len;
}

/* Data and validity are copied, children and string bytes shared. */
void wr_agg_out_adopt(struct wr_column *out, struct wr_column *from)
{
	uint32_t width = wr_phys_size(out->phys);

	WR_ASSERT(from->phys == out->phys && from->len == out->len && !from->is_const);
	if (width > 0)
		memcpy(out->data, from->data, (size_t)width * from->len);
	if (from->valid != NULL)
		memcpy(wr_column_validity(out), from->valid, from->len);
	for (uint32_t i = 0; i < from->child_count; i++)
		wr_column_set_child(out, i, wr_column_ref(from->child[i]));
	wr_column_keep_all(out, from);
	wr_column_unref(from);
}

void wr_agg_out_null(struct wr_column *out, uint32_t i)
{
	uint32_t width = wr_phys_size(out->phys);

	wr_column_validity(out)[i] = 0;
	if (width > 0)
		memset((char *)out->data + (size_t)i * width, 0, width);
}

void wr_agg_put_number(struct wr_text *text, wr_i128 value)
{
	unsigned __int128 rest =
	    ((unsigned __int128)value << 1) ^ (unsigned __int128)(value >> 127);
	char bytes[19];
	uint32_t len = 0;

	for (; rest >= 0x80; rest >>= 7)
		bytes[len++] = (char)(rest | 0x80);
	bytes[len++] = (char)rest;
	wr_text_add(text, bytes, len);
}

const char *wr_agg_get_number(const char *bytes, const char *end, wr_i128 *value)
{
	unsigned __int128 rest = 0;

	for (uint32_t shift = 0; shift < 128 && bytes < end; shift += 7) {
		uint8_t byte = (uint8_t)*bytes++;

		rest |= (unsigned __int128)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*value = (wr_i128)(rest >> 1) ^ -(wr_i128)(rest & 1);
			return bytes;
		}
	}
	return NULL;
}

const char *wr_agg_get_times(const char *bytes, const char *end, int64_t *times)
{
	const wr_i128 most = (wr_i128)1 << 47;
	wr_i128 number;

	bytes = wr_agg_get_number(bytes, end, &number);
	if (bytes == NULL || number == 0 || number > most || number < -most)
		return NULL;
	*times = (int64_t)number;
	return bytes;
}
