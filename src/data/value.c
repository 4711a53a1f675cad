/* SPDX-License-Identifier: Apache-2.0
 *
 * value - comparing and hashing values in columns.
 *
 * The hash of a row is folded column by column: h = mix(value ^ (h * K)). The mixer is a bijection,
 * so two different 64-bit keys never collide in all 64 bits; strings of up to 12 bytes are hashed
 * as the two words of their view, longer ones with XXH3.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "data/column.h"

#define HASH_NULL  0x9e3779b97f4a7c15ull
#define HASH_CHAIN 0xff51afd7ed558ccdull

/* The 64-bit finaliser with the constants of David Stafford's variant 13. */
static inline uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static inline uint64_t fold(uint64_t hash, uint64_t value)
{
	return mix(value ^ (hash * HASH_CHAIN));
}

static inline uint64_t f64_bits(double value)
{
	uint64_t bits;

	if (value != value)
		return 0x7ff8000000000000ull;
	value += 0.0; /* -0.0 becomes 0.0 */
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static inline uint64_t i128_word(wr_i128 value)
{
	uint64_t high = (uint64_t)((unsigned __int128)value >> 64);

	return (uint64_t)value ^ mix(high ^ (high >> 63));
}

static inline uint64_t view_word(const struct wr_view *view)
{
	uint64_t word[2];

	if (view->len > WR_VIEW_INLINE)
		return XXH3_64bits(view->u.ref.ptr, view->len);
	memcpy(word, view, sizeof word);
	return mix(word[0]) ^ word[1];
}

static uint64_t value_hash(const struct wr_column *column, uint32_t row, uint64_t hash);

/* Elements of all children of a list or map row, and their number. */
static uint64_t list_hash(const struct wr_column *column, struct wr_span span, uint64_t hash)
{
	hash = fold(hash, span.len);
	for (uint32_t c = 0; c < column->child_count; c++) {
		for (uint32_t i = 0; i < span.len; i++)
			hash = value_hash(column->child[c], span.start + i, hash);
	}
	return hash;
}

/* One value, mixed into `hash`. */
static uint64_t value_hash(const struct wr_column *column, uint32_t row, uint64_t hash)
{
	row &= column->mask;
	if (!wr_column_is_valid(column, row))
		return fold(hash, HASH_NULL);
	switch (column->phys) {
	case WR_P_BOOL: return fold(hash, WR_DATA(column, uint8_t)[row]);
	case WR_P_I8: return fold(hash, (uint64_t)WR_DATA(column, int8_t)[row]);
	case WR_P_I16: return fold(hash, (uint64_t)WR_DATA(column, int16_t)[row]);
	case WR_P_I32: return fold(hash, (uint64_t)WR_DATA(column, int32_t)[row]);
	case WR_P_I64: return fold(hash, (uint64_t)WR_DATA(column, int64_t)[row]);
	case WR_P_I128: return fold(hash, i128_word(WR_DATA(column, wr_i128)[row]));
	case WR_P_F32: return fold(hash, f64_bits(WR_DATA(column, float)[row]));
	case WR_P_F64: return fold(hash, f64_bits(WR_DATA(column, double)[row]));
	case WR_P_STR: return fold(hash, view_word(&WR_DATA(column, struct wr_view)[row]));
	case WR_P_LIST:
	case WR_P_MAP: return list_hash(column, WR_DATA(column, struct wr_span)[row], hash);
	case WR_P_ROW:
		for (uint32_t c = 0; c < column->child_count; c++)
			hash = value_hash(column->child[c], row, hash);
		return hash;
	}
	return hash;
}

#define HASH_LOOP(ctype, word)                                                                     \
	do {                                                                                       \
		const ctype *restrict in = column->data;                                           \
		const uint8_t *restrict valid = column->valid;                                     \
		if (valid == NULL) {                                                               \
			for (uint32_t i = 0; i < rows; i++)                                        \
				hash[i] = fold(hash[i], word(in[i]));                              \
		} else {                                                                           \
			for (uint32_t i = 0; i < rows; i++)                                        \
				hash[i] = fold(hash[i], valid[i] ? word(in[i]) : HASH_NULL);       \
		}                                                                                  \
	} while (0)
#define AS_WORD(x) ((uint64_t)(x))
#define AS_VIEW(x) view_word(&(x))

/* Dense columns: one loop per layout. */
static void hash_dense(const struct wr_column *column, uint32_t rows, uint64_t *restrict hash)
{
	switch (column->phys) {
	case WR_P_BOOL: HASH_LOOP(uint8_t, AS_WORD); break;
	case WR_P_I8: HASH_LOOP(int8_t, AS_WORD); break;
	case WR_P_I16: HASH_LOOP(int16_t, AS_WORD); break;
	case WR_P_I32: HASH_LOOP(int32_t, AS_WORD); break;
	case WR_P_I64: HASH_LOOP(int64_t, AS_WORD); break;
	case WR_P_I128: HASH_LOOP(wr_i128, i128_word); break;
	case WR_P_F32: HASH_LOOP(float, f64_bits); break;
	case WR_P_F64: HASH_LOOP(double, f64_bits); break;
	case WR_P_STR: HASH_LOOP(struct wr_view, AS_VIEW); break;
	default:
		for (uint32_t i = 0; i < rows; i++)
			hash[i] = value_hash(column, i, hash[i]);
		break;
	}
}

void wr_column_hash(const struct wr_column *column, uint32_t rows, uint64_t *hash)
{
	if (!column->is_const) {
		WR_ASSERT(rows <= column->len);
		hash_dense(column, rows, hash);
		return;
	}
	for (uint32_t i = 0; i < rows; i++)
		hash[i] = value_hash(column, 0, hash[i]);
}

/* --- comparison
 * ------------------------------------------------------------------------------------ */

int wr_view_compare(const struct wr_view *a, const struct wr_view *b)
{
	uint32_t len = WR_MIN(a->len, b->len);
	int order = memcmp(wr_view_data(a), wr_view_data(b), len);

	if (order != 0)
		return order;
	return (a->len > b->len) - (a->len < b->len);
}

/* NaN is the largest and equals itself; zeros are equal. */
static int f64_compare(double a, double b)
{
	if (a < b)
		return -1;
	if (a > b)
		return 1;
	if (a == b)
		return 0;
	return (a != a) - (b != b);
}

static int list_compare(const struct wr_column *a, struct wr_span sa, const struct wr_column *b,
			struct wr_span sb)
{
	uint32_t len = WR_MIN(sa.len, sb.len);

	for (uint32_t i = 0; i < len; i++) {
		for (uint32_t c = 0; c < a->child_count; c++) {
			int order =
			    wr_value_compare(a->child[c], sa.start + i, b->child[c], sb.start + i);
			if (order != 0)
				return order;
		}
	}
	return (sa.len > sb.len) - (sa.len < sb.len);
}

static int row_compare(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
		       uint32_t row_b)
{
	for (uint32_t c = 0; c < a->child_count; c++) {
		int order = wr_value_compare(a->child[c], row_a, b->child[c], row_b);
		if (order != 0)
			return order;
	}
	return 0;
}

#define COMPARE(ctype)                                                                             \
	((WR_DATA(a, ctype)[row_a] > WR_DATA(b, ctype)[row_b]) -                                   \
	 (WR_DATA(a, ctype)[row_a] < WR_DATA(b, ctype)[row_b]))

int wr_value_compare(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
		     uint32_t row_b)
{
	WR_ASSERT(a->phys == b->phys && a->child_count == b->child_count);
	row_a &= a->mask;
	row_b &= b->mask;
	bool valid_a = wr_column_is_valid(a, row_a);
	bool valid_b = wr_column_is_valid(b, row_b);
	if (!valid_a || !valid_b)
		return valid_a - valid_b;
	switch (a->phys) {
	case WR_P_BOOL: return COMPARE(uint8_t);
	case WR_P_I8: return COMPARE(int8_t);
	case WR_P_I16: return COMPARE(int16_t);
	case WR_P_I32: return COMPARE(int32_t);
	case WR_P_I64: return COMPARE(int64_t);
	case WR_P_I128: return COMPARE(wr_i128);
	case WR_P_F32: return f64_compare(WR_DATA(a, float)[row_a], WR_DATA(b, float)[row_b]);
	case WR_P_F64: return f64_compare(WR_DATA(a, double)[row_a], WR_DATA(b, double)[row_b]);
	case WR_P_STR:
		return wr_view_compare(&WR_DATA(a, struct wr_view)[row_a],
				       &WR_DATA(b, struct wr_view)[row_b]);
	case WR_P_LIST:
	case WR_P_MAP:
		return list_compare(a, WR_DATA(a, struct wr_span)[row_a], b,
				    WR_DATA(b, struct wr_span)[row_b]);
	case WR_P_ROW: return row_compare(a, row_a, b, row_b);
	}
	return 0;
}

bool wr_value_equal(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
		    uint32_t row_b)
{
	if (a->phys == WR_P_STR) { /* the common case, cheaper than ordering */
		bool valid_a = wr_column_is_valid(a, row_a);
		bool valid_b = wr_column_is_valid(b, row_b);
		if (!valid_a || !valid_b)
			return valid_a == valid_b;
		return wr_view_equal(&WR_DATA(a, struct wr_view)[row_a & a->mask],
				     &WR_DATA(b, struct wr_view)[row_b & b->mask]);
	}
	return wr_value_compare(a, row_a, b, row_b) == 0;
}
