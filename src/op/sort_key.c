/* SPDX-License-Identifier: Apache-2.0
 *
 * sort_key - see sort_key.h.
 */
#include "op/sort_key.h"

#include <math.h>

/* Appends the low `size` bytes of a value, highest first, each inverted when `flip`. */
static void put_big_endian(struct wr_text *out, unsigned __int128 value, uint32_t size,
			   uint8_t flip)
{
	char *to = wr_text_reserve(out, size);

	for (uint32_t i = 0; i < size; i++)
		to[i] = (char)((uint8_t)(value >> (8 * (size - 1 - i))) ^ flip);
	out->len += size;
	out->data[out->len] = '\0';
}

static void put_signed(struct wr_text *out, wr_i128 value, uint32_t size, uint8_t flip)
{
	put_big_endian(out, (unsigned __int128)value ^ ((unsigned __int128)1 << (8 * size - 1)),
		       size, flip);
}

static void put_double(struct wr_text *out, double value, uint8_t flip)
{
	uint64_t bits;

	if (value == 0)
		value = 0;
	if (isnan(value))
		value = NAN;
	memcpy(&bits, &value, sizeof bits);
	if (isnan(value))
		bits = 0x7fffffffffffffffull;
	bits = bits >> 63 ? ~bits : bits | (1ull << 63);
	put_big_endian(out, bits, 8, flip);
}

static void put_string(struct wr_text *out, const struct wr_view *view, uint8_t flip)
{
	const char *data = wr_view_data(view);
	char *to = wr_text_reserve(out, 2 * (size_t)view->len + 2), *start = to;

	if (flip == 0 && memchr(data, '\0', view->len) == NULL) {
		memcpy(to, data, view->len);
		to += view->len;
	} else {
		for (uint32_t i = 0; i < view->len; i++) {
			*to++ = (char)((uint8_t)data[i] ^ flip);
			if (data[i] == '\0')
				*to++ = (char)(0xff ^ flip);
		}
	}
	*to++ = (char)flip;
	*to++ = (char)flip;
	*to = '\0';
	out->len += (size_t)(to - start);
}

static void put_value(struct wr_text *out, const struct wr_column *column, uint32_t row,
		      uint8_t flip)
{
	row &= column->mask;
	switch (column->phys) {
	case WR_P_BOOL: put_big_endian(out, WR_DATA(column, uint8_t)[row], 1, flip); break;
	case WR_P_I8: put_signed(out, WR_DATA(column, int8_t)[row], 1, flip); break;
	case WR_P_I16: put_signed(out, WR_DATA(column, int16_t)[row], 2, flip); break;
	case WR_P_I32: put_signed(out, WR_DATA(column, int32_t)[row], 4, flip); break;
	case WR_P_I64: put_signed(out, WR_DATA(column, int64_t)[row], 8, flip); break;
	case WR_P_I128: put_signed(out, WR_DATA(column, wr_i128)[row], 16, flip); break;
	case WR_P_F32: put_double(out, WR_DATA(column, float)[row], flip); break;
	case WR_P_F64: put_double(out, WR_DATA(column, double)[row], flip); break;
	case WR_P_STR: put_string(out, &WR_DATA(column, struct wr_view)[row], flip); break;
	default: WR_REQUIRE(!"nested types do not sort");
	}
}

void wr_sort_key_put(struct wr_text *out, const struct wr_sort_key *order, uint32_t count,
		     struct wr_column *const *column, uint32_t row)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_column *from = column[order[i].column];

		if (!wr_column_is_valid(from, row)) {
			wr_text_putc(out, order[i].nulls_first ? 0 : 2);
			continue;
		}
		wr_text_putc(out, 1);
		put_value(out, from, row, order[i].descending ? 0xff : 0);
	}
}

int wr_sort_key_compare(const char *a, uint32_t a_len, const char *b, uint32_t b_len)
{
	int order = memcmp(a, b, WR_MIN(a_len, b_len));

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}
