/* SPDX-License-Identifier: Apache-2.0
 *
 * decimal - DECIMAL(p, s) arithmetic on unscaled 128-bit integers, with the answers of
 * java.math.BigDecimal as Flink uses it.
 *
 * A value is an unscaled wr_i128 and a scale that the caller knows from the type: 12.34 is (1234,
 * 2). Every operation works on exact intermediates (up to 256 bits), rounds half up (away from
 * zero) to the wanted scale, and returns false when the result does not fit the wanted precision:
 * SQL's NULL. `*out` is 0 then, so that vector kernels may store it blindly. Division by zero is
 * the caller's to check (asserted).
 *
 * Thread: pure functions. Scales are 0..38; precisions 1..38; |values| < 10^38.
 */
#ifndef WR_DATA_DECIMAL_H
#define WR_DATA_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/type.h"

/* 10^0 .. 10^38. */
extern const wr_i128 wr_pow10[WR_DECIMAL_PRECISION_MAX + 1];

#define WR_DECIMAL_TEXT_MAX 48 /* bytes of the longest printed decimal, NUL included */

/* Whether |value| has at most `precision` digits. */
static inline bool wr_decimal_fits(wr_i128 value, int precision)
{
	return value < wr_pow10[precision] && value > -wr_pow10[precision];
}

/* The same number with another scale, rounded half up. */
bool wr_decimal_rescale(wr_i128 value, int from_scale, int precision, int scale, wr_i128 *out);
/* The same, digits beyond `scale` cut off. */
bool wr_decimal_truncate(wr_i128 value, int from_scale, int precision, int scale, wr_i128 *out);

/* a (scale a_scale) op b (scale b_scale), as DECIMAL(precision, scale). */
bool wr_decimal_add(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out);
bool wr_decimal_sub(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out);
bool wr_decimal_mul(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out);
/* b != 0. As Flink: the quotient is rounded to 38 significant digits first, then to the scale. */
bool wr_decimal_div(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out);
/* b != 0. The sign is the dividend's. */
bool wr_decimal_mod(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out);
/* Integer quotient, truncated towards zero: DIV. b != 0. */
bool wr_decimal_div_int(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
			wr_i128 *out);

/* ROUND(value, digits): rounds half up to `digits` digits behind the point (negative: before it)
 * and gives the result as DECIMAL(precision, scale). */
bool wr_decimal_round(wr_i128 value, int from_scale, int digits, int precision, int scale,
		      wr_i128 *out);
/* TRUNCATE(value, digits), likewise. */
bool wr_decimal_trunc_digits(wr_i128 value, int from_scale, int digits, int precision, int scale,
			     wr_i128 *out);
/* FLOOR and CEIL to a whole number, as an unscaled value of scale 0. */
wr_i128 wr_decimal_floor(wr_i128 value, int scale);
wr_i128 wr_decimal_ceil(wr_i128 value, int scale);

/* <0, 0, >0 by number: 1.0 equals 1.00. */
int wr_decimal_compare(wr_i128 a, int a_scale, wr_i128 b, int b_scale);

bool wr_decimal_from_i64(int64_t value, int precision, int scale, wr_i128 *out);
/* Through the digits that the double prints with (BigDecimal.valueOf), as Flink's CAST does. NaN
 * and infinity: false. */
bool wr_decimal_from_double(double value, int precision, int scale, wr_i128 *out);
/* Cut off behind the point; beyond 64 bits it wraps, as BigDecimal.longValue does. */
int64_t wr_decimal_to_i64(wr_i128 value, int scale);
/* The nearest double. */
double wr_decimal_to_double(wr_i128 value, int scale);

enum wr_decimal_result {
	WR_DECIMAL_OK,
	WR_DECIMAL_OVERFLOW, /* a number, but too large for the precision: NULL in Flink */
	WR_DECIMAL_INVALID   /* not a number: an error in CAST, NULL in TRY_CAST */
};
/* Reads "[+-]digits[.digits][e[+-]digits]" (spaces around are skipped) as DECIMAL(precision,
 * scale), half up. */
enum wr_decimal_result wr_decimal_parse(const char *text, size_t len, int precision, int scale,
					wr_i128 *out);
/* Reads a decimal literal of SQL exactly and tells its precision and scale; false: more than 38
 * digits or no number. */
bool wr_decimal_parse_exact(const char *text, size_t len, wr_i128 *out, int *precision, int *scale);

/* Prints with all digits of the scale ("10.00"), as CAST to STRING does. `out` has
 * WR_DECIMAL_TEXT_MAX bytes. Returns the length; NUL-terminated. */
size_t wr_decimal_print(char *out, wr_i128 value, int scale);
/* Prints without trailing zeros as BigDecimal.stripTrailingZeros().toString() does, so with an
 * exponent where Java has one ("1E+1", "0.000001", "1E-7"): the JSON and CSV encoders' default. */
size_t wr_decimal_print_stripped(char *out, wr_i128 value, int scale);
/* Prints without trailing zeros and never with an exponent: 'json.encode.decimal-as-plain-number'.
 */
size_t wr_decimal_print_plain(char *out, wr_i128 value, int scale);

#endif
