/* SPDX-License-Identifier: Apache-2.0
 *
 * cast_number - between BOOLEAN, the integers, FLOAT and DOUBLE.
 *
 * As Java converts primitives: narrowing an integer wraps; a floating value saturates at INT or
 * BIGINT (NaN is 0) and wraps from INT to the smaller ones; anything but zero is TRUE. None of it
 * can fail.
 */
#include "data/number.h"
#include "expr/cast.h"

#define TO_INT(type, x)      ((type)(x))
#define TO_FLOATING(type, x) ((type)(x))
#define TO_SMALL(type, x)    ((type)wr_double_to_i32((double)(x)))
#define TO_BIG(type, x)      ((type)wr_double_to_i64((double)(x)))
#define TO_BOOL(type, x)     ((type)((x) != 0))

/* One kernel: every row, NULL or not. */
#define CAST_KERNEL(name, from_type, to_type, convert)                                             \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		const from_type *from = arg[0]->data;                                              \
		to_type *restrict to = out->data;                                                  \
		if (arg[0]->is_const) {                                                            \
			to_type value = convert(to_type, from[0]);                                 \
			for (uint32_t i = 0; i < rows; i++)                                        \
				to[i] = value;                                                     \
		} else {                                                                           \
			for (uint32_t i = 0; i < rows; i++)                                        \
				to[i] = convert(to_type, from[i]);                                 \
		}                                                                                  \
		return NULL;                                                                       \
	}

#define CAST_FROM_INT(from, from_type)                                                             \
	CAST_KERNEL(from##_to_bool, from_type, uint8_t, TO_BOOL)                                   \
	CAST_KERNEL(from##_to_i8, from_type, int8_t, TO_INT)                                       \
	CAST_KERNEL(from##_to_i16, from_type, int16_t, TO_INT)                                     \
	CAST_KERNEL(from##_to_i32, from_type, int32_t, TO_INT)                                     \
	CAST_KERNEL(from##_to_i64, from_type, int64_t, TO_INT)                                     \
	CAST_KERNEL(from##_to_f32, from_type, float, TO_FLOATING)                                  \
	CAST_KERNEL(from##_to_f64, from_type, double, TO_FLOATING)

#define CAST_FROM_FLOATING(from, from_type)                                                        \
	CAST_KERNEL(from##_to_bool, from_type, uint8_t, TO_BOOL)                                   \
	CAST_KERNEL(from##_to_i8, from_type, int8_t, TO_SMALL)                                     \
	CAST_KERNEL(from##_to_i16, from_type, int16_t, TO_SMALL)                                   \
	CAST_KERNEL(from##_to_i32, from_type, int32_t, TO_SMALL)                                   \
	CAST_KERNEL(from##_to_i64, from_type, int64_t, TO_BIG)                                     \
	CAST_KERNEL(from##_to_f32, from_type, float, TO_FLOATING)                                  \
	CAST_KERNEL(from##_to_f64, from_type, double, TO_FLOATING)

CAST_FROM_INT(bool, uint8_t)
CAST_FROM_INT(i8, int8_t)
CAST_FROM_INT(i16, int16_t)
CAST_FROM_INT(i32, int32_t)
CAST_FROM_INT(i64, int64_t)
CAST_FROM_FLOATING(f32, float)
CAST_FROM_FLOATING(f64, double)

#define CAST_ROW(from)                                                                             \
	{                                                                                          \
		from##_to_bool, from##_to_i8, from##_to_i16, from##_to_i32, from##_to_i64,         \
		    from##_to_f32, from##_to_f64                                                   \
	}

/* Row or column of the table below; -1: not one of these types. */
static int number_index(const struct wr_type *type)
{
	switch (type->kind) {
	case WR_BOOLEAN: return 0;
	case WR_TINYINT: return 1;
	case WR_SMALLINT: return 2;
	case WR_INT:
	case WR_INTERVAL_MONTH: return 3;
	case WR_BIGINT:
	case WR_INTERVAL_DAY: return 4;
	case WR_FLOAT: return 5;
	case WR_DOUBLE: return 6;
	default: return -1;
	}
}

wr_kernel wr_cast_number_kernel(const struct wr_type *from, const struct wr_type *to)
{
	static const wr_kernel table[7][7] = {CAST_ROW(bool), CAST_ROW(i8),  CAST_ROW(i16),
					      CAST_ROW(i32),  CAST_ROW(i64), CAST_ROW(f32),
					      CAST_ROW(f64)};
	int row = number_index(from), column = number_index(to);

	return row < 0 || column < 0 ? NULL : table[row][column];
}
