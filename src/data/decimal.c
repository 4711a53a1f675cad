/* SPDX-License-Identifier: Apache-2.0
 *
 * decimal - exact arithmetic on unscaled 128-bit integers; see decimal.h for the rules.
 *
 * Where operands are small the work is done in 128 bits directly. Otherwise magnitudes go through
 * struct wide (256 bits): 10^38 * 10^38 = 10^76 < 2^256, so no intermediate of two decimals can
 * overflow it. The one long division there is (256 by 128 bits) is Knuth's algorithm D with two
 * 64-bit digits of the divisor.
 */
#include "data/decimal.h"

#include <math.h>
#include <string.h>

#include "base/macros.h"
#include "data/digits.h"
#include "data/number.h"

typedef unsigned __int128 u128;

#define DIGITS_MAX WR_DECIMAL_PRECISION_MAX

#define E18 ((wr_i128)1000000000000000000ll)
const wr_i128 wr_pow10[DIGITS_MAX + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000ll,
    100000000000ll,
    1000000000000ll,
    10000000000000ll,
    100000000000000ll,
    1000000000000000ll,
    10000000000000000ll,
    100000000000000000ll,
    E18,
    E18 * 10,
    E18 * 100,
    E18 * 1000,
    E18 * 10000,
    E18 * 100000,
    E18 * 1000000,
    E18 * 10000000,
    E18 * 100000000,
    E18 * 1000000000,
    E18 * 10000000000ll,
    E18 * 100000000000ll,
    E18 * 1000000000000ll,
    E18 * 10000000000000ll,
    E18 * 100000000000000ll,
    E18 * 1000000000000000ll,
    E18 * 10000000000000000ll,
    E18 * 100000000000000000ll,
    E18 *E18,
    E18 *E18 * 10,
    E18 *E18 * 100,
};

static u128 magnitude(wr_i128 value)
{
	return value < 0 ? 0 - (u128)value : (u128)value;
}

static wr_i128 with_sign(u128 value, bool negative)
{
	return negative ? (wr_i128)(0 - value) : (wr_i128)value;
}

static int digit_count(u128 value)
{
	int count = 1;

	while (count < DIGITS_MAX && value >= (u128)wr_pow10[count])
		count++;
	return count;
}

/* --- 256 bits
 * -------------------------------------------------------------------------------------- */

struct wide {
	u128 high; /* bits 128..255 */
	u128 low;  /* bits 0..127 */
};

static struct wide wide_mul(u128 a, u128 b)
{
	uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
	uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
	u128 low = (u128)a0 * b0;
	u128 mid1 = (u128)a1 * b0 + (uint64_t)(low >> 64);
	u128 mid2 = (u128)a0 * b1 + (uint64_t)mid1;

	return (struct wide){
	    .high = (u128)a1 * b1 + (uint64_t)(mid1 >> 64) + (uint64_t)(mid2 >> 64),
	    .low = (mid2 << 64) | (uint64_t)low,
	};
}

static struct wide wide_add(struct wide a, struct wide b)
{
	struct wide sum = {.low = a.low + b.low};

	sum.high = a.high + b.high + (sum.low < a.low);
	return sum;
}

/* a >= b */
static struct wide wide_sub(struct wide a, struct wide b)
{
	return (struct wide){.high = a.high - b.high - (a.low < b.low), .low = a.low - b.low};
}

static int wide_compare(struct wide a, struct wide b)
{
	if (a.high != b.high)
		return a.high > b.high ? 1 : -1;
	return (a.low > b.low) - (a.low < b.low);
}

/* One digit of the quotient: (rest : next) / divisor, where rest < divisor and the divisor's top
 * bit is set. Knuth's step D3/D4: the estimate from the leading digits is at most two too large. */
static uint64_t div_step(u128 *rest, uint64_t next, u128 divisor)
{
	uint64_t d1 = (uint64_t)(divisor >> 64), d0 = (uint64_t)divisor;
	uint64_t r1 = (uint64_t)(*rest >> 64);
	u128 estimate = r1 >= d1 ? UINT64_MAX : *rest / d1;
	u128 remainder = *rest - estimate * d1; /* of the leading digits */

	while ((remainder >> 64) == 0 && estimate * d0 > ((remainder << 64) | next)) {
		estimate--;
		remainder += d1;
	}
	*rest = ((*rest << 64) | next) -
		estimate * divisor; /* exact modulo 2^128, and below the divisor */
	return (uint64_t)estimate;
}

/* value / divisor where value.high < divisor, so that the quotient has 128 bits. */
static u128 wide_div(struct wide value, u128 divisor, u128 *remainder)
{
	WR_ASSERT(value.high < divisor);
	if (value.high == 0) {
		*remainder = value.low % divisor;
		return value.low / divisor;
	}
	int shift = 0;
	while (((divisor << shift) >> 127) == 0)
		shift++;
	divisor <<= shift;
	u128 rest = value.high;
	u128 low = value.low;
	if (shift != 0) {
		rest = (rest << shift) | (low >> (128 - shift));
		low <<= shift;
	}
	u128 quotient = (u128)div_step(&rest, (uint64_t)(low >> 64), divisor) << 64;
	quotient |= div_step(&rest, (uint64_t)low, divisor);
	*remainder = rest >> shift;
	return quotient;
}

/* --- rounding and scales
 * ----------------------------------------------------------------------------- */

/* value / 10^k, rounded half up or cut; k >= 0. */
static u128 drop_digits(u128 value, int k, bool half_up)
{
	if (k > DIGITS_MAX)
		return 0; /* at most 10^38 / 10^39: below one half */
	u128 unit = (u128)wr_pow10[k];
	u128 quotient = value / unit;
	u128 rest = value % unit;
	return quotient + (half_up && rest != 0 && rest >= unit - rest);
}

/* value * 10^k; false when it has more than 38 digits. */
static bool add_zeros(u128 value, int k, u128 *out)
{
	*out = 0;
	if (value == 0)
		return true;
	if (k > DIGITS_MAX || value >= (u128)wr_pow10[DIGITS_MAX - k])
		return false;
	*out = value * (u128)wr_pow10[k];
	return true;
}

/* Stores a magnitude of scale `from` as DECIMAL(precision, scale). Scales may be outside 0..38
 * here. */
static bool store(u128 value, bool negative, int from, int precision, int scale, bool half_up,
		  wr_i128 *out)
{
	*out = 0;
	WR_ASSERT(precision >= 1 && precision <= DIGITS_MAX);
	if (from > scale)
		value = drop_digits(value, from - scale, half_up);
	else if (from < scale && !add_zeros(value, scale - from, &value))
		return false;
	if (value >= (u128)wr_pow10[precision])
		return false;
	*out = with_sign(value, negative);
	return true;
}

/* The same for 256 bits. */
static bool store_wide(struct wide value, bool negative, int from, int precision, int scale,
		       wr_i128 *out)
{
	u128 rest;
	int drop = from - scale;

	*out = 0;
	if (value.high == 0)
		return store(value.low, negative, from, precision, scale, true, out);
	if (drop <= 0)
		return false;
	/* cutting digits off first does not change whether the rest is half a unit or more */
	int first = WR_MIN(drop, DIGITS_MAX);
	u128 unit = (u128)wr_pow10[first];
	if (value.high >= unit)
		return false;
	u128 quotient = wide_div(value, unit, &rest);
	if (first == drop && rest >= unit - rest)
		quotient++;
	return store(quotient, negative, from - first, precision, scale, true, out);
}

bool wr_decimal_rescale(wr_i128 value, int from_scale, int precision, int scale, wr_i128 *out)
{
	return store(magnitude(value), value < 0, from_scale, precision, scale, true, out);
}

bool wr_decimal_truncate(wr_i128 value, int from_scale, int precision, int scale, wr_i128 *out)
{
	return store(magnitude(value), value < 0, from_scale, precision, scale, false, out);
}

/* Rounds to `digits` behind the point (which may be negative), then to the result type. */
static bool round_digits(wr_i128 value, int from_scale, int digits, int precision, int scale,
			 bool half_up, wr_i128 *out)
{
	u128 rounded = magnitude(value);

	if (digits >= from_scale)
		return store(rounded, value < 0, from_scale, precision, scale, half_up, out);
	/* far to the left everything is zero; the bound also keeps the subtraction from overflowing
	 */
	digits = WR_MAX(digits, -2 * DIGITS_MAX);
	rounded = drop_digits(rounded, from_scale - digits, half_up);
	return store(rounded, value < 0, digits, precision, scale, half_up, out);
}

bool wr_decimal_round(wr_i128 value, int from_scale, int digits, int precision, int scale,
		      wr_i128 *out)
{
	return round_digits(value, from_scale, digits, precision, scale, true, out);
}

bool wr_decimal_trunc_digits(wr_i128 value, int from_scale, int digits, int precision, int scale,
			     wr_i128 *out)
{
	return round_digits(value, from_scale, digits, precision, scale, false, out);
}

wr_i128 wr_decimal_floor(wr_i128 value, int scale)
{
	wr_i128 whole = value / wr_pow10[scale];

	return whole - (value < 0 && value % wr_pow10[scale] != 0);
}

wr_i128 wr_decimal_ceil(wr_i128 value, int scale)
{
	wr_i128 whole = value / wr_pow10[scale];

	return whole + (value > 0 && value % wr_pow10[scale] != 0);
}

/* --- arithmetic
 * -------------------------------------------------------------------------------------- */

/* Magnitude of value * 10^(to - from). */
static struct wide align(wr_i128 value, int from, int to)
{
	return wide_mul(magnitude(value), (u128)wr_pow10[to - from]);
}

static bool add_wide(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		     wr_i128 *out)
{
	int common = WR_MAX(a_scale, b_scale);
	struct wide wa = align(a, a_scale, common);
	struct wide wb = align(b, b_scale, common);

	if ((a < 0) == (b < 0))
		return store_wide(wide_add(wa, wb), a < 0, common, precision, scale, out);
	if (wide_compare(wa, wb) >= 0)
		return store_wide(wide_sub(wa, wb), a < 0, common, precision, scale, out);
	return store_wide(wide_sub(wb, wa), b < 0, common, precision, scale, out);
}

bool wr_decimal_add(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out)
{
	int common = WR_MAX(a_scale, b_scale);
	wr_i128 x, y, sum;

	if (__builtin_mul_overflow(a, wr_pow10[common - a_scale], &x) ||
	    __builtin_mul_overflow(b, wr_pow10[common - b_scale], &y) ||
	    __builtin_add_overflow(x, y, &sum))
		return add_wide(a, a_scale, b, b_scale, precision, scale, out);
	if (common == scale && wr_decimal_fits(sum, precision)) {
		*out = sum;
		return true;
	}
	struct wide wide = {.low = magnitude(sum)};
	return store_wide(wide, sum < 0, common, precision, scale, out);
}

bool wr_decimal_sub(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out)
{
	return wr_decimal_add(a, a_scale, -b, b_scale, precision, scale, out);
}

bool wr_decimal_mul(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out)
{
	int product_scale = a_scale + b_scale;
	wr_i128 product;

	if (product_scale == scale && !__builtin_mul_overflow(a, b, &product) &&
	    wr_decimal_fits(product, precision)) {
		*out = product;
		return true;
	}
	struct wide wide = wide_mul(magnitude(a), magnitude(b));
	return store_wide(wide, (a < 0) != (b < 0), product_scale, precision, scale, out);
}

/* Small operands: one division. With a divisor and a quotient below 10^18 the rounding to 38 digits
 * that Flink does first cannot turn a value below one half into one half: such a value is at least
 * 10^-18 / 2 away from it. */
static bool div_short(u128 a, u128 b, int shift, u128 *quotient)
{
	if (shift < 0 || shift > 19 || a >= (u128)E18 || b >= (u128)E18)
		return false;
	u128 scaled = a * (u128)wr_pow10[shift];
	u128 rest = scaled % b;
	*quotient = scaled / b;
	if (*quotient >= (u128)E18)
		return false;
	*quotient += rest >= b - rest;
	return true;
}

bool wr_decimal_div(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out)
{
	bool negative = (a < 0) != (b < 0);
	u128 x = magnitude(a), y = magnitude(b), quotient, rest;

	WR_ASSERT(b != 0);
	if (x == 0) {
		*out = 0;
		return true;
	}
	if (div_short(x, y, scale - a_scale + b_scale, &quotient))
		return store(quotient, negative, scale, precision, scale, true, out);
	/* both to 38 digits: the quotient is then within 0.1..10 and gets 38 digits exactly */
	int x_digits = digit_count(x), y_digits = digit_count(y);
	x *= (u128)wr_pow10[DIGITS_MAX - x_digits];
	y *= (u128)wr_pow10[DIGITS_MAX - y_digits];
	int more = x >= y ? DIGITS_MAX - 1 : DIGITS_MAX;
	quotient = wide_div(wide_mul(x, (u128)wr_pow10[more]), y, &rest);
	quotient += rest >= y - rest;
	int from = more - (x_digits - y_digits) + a_scale - b_scale;
	return store(quotient, negative, from, precision, scale, true, out);
}

bool wr_decimal_mod(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
		    wr_i128 *out)
{
	int common = WR_MAX(a_scale, b_scale);
	u128 x = magnitude(a), y = magnitude(b), rest;

	WR_ASSERT(b != 0);
	if (a_scale <= b_scale) {
		wide_div(wide_mul(x % y, (u128)wr_pow10[common - a_scale]), y, &rest);
	} else {
		struct wide divisor = align(b, b_scale, common);
		rest = divisor.high != 0 ? x : x % divisor.low;
	}
	return store(rest, a < 0, common, precision, scale, true, out);
}

bool wr_decimal_div_int(wr_i128 a, int a_scale, wr_i128 b, int b_scale, int precision, int scale,
			wr_i128 *out)
{
	int common = WR_MAX(a_scale, b_scale);
	u128 y = magnitude(b), quotient, rest;

	WR_ASSERT(b != 0);
	if (a_scale <= b_scale) {
		struct wide dividend = align(a, a_scale, common);
		*out = 0;
		if (dividend.high >= y)
			return false;
		quotient = wide_div(dividend, y, &rest);
	} else {
		struct wide divisor = align(b, b_scale, common);
		quotient = divisor.high != 0 ? 0 : magnitude(a) / divisor.low;
	}
	return store(quotient, (a < 0) != (b < 0), 0, precision, scale, true, out);
}

int wr_decimal_compare(wr_i128 a, int a_scale, wr_i128 b, int b_scale)
{
	if (a_scale == b_scale || (a < 0) != (b < 0))
		return (a > b) - (a < b);
	int common = WR_MAX(a_scale, b_scale);
	int order = wide_compare(align(a, a_scale, common), align(b, b_scale, common));
	return a < 0 ? -order : order;
}

/* --- other numbers
 * ----------------------------------------------------------------------------------- */

bool wr_decimal_from_i64(int64_t value, int precision, int scale, wr_i128 *out)
{
	return store(magnitude(value), value < 0, 0, precision, scale, true, out);
}

bool wr_decimal_from_double(double value, int precision, int scale, wr_i128 *out)
{
	char digits[WR_DOUBLE_DIGITS_MAX];
	int exponent;
	u128 number = 0;

	*out = 0;
	if (!isfinite(value))
		return false;
	int count = wr_double_digits(value, digits, &exponent);
	for (int i = 0; i < count; i++)
		number = number * 10 + (u128)(digits[i] - '0');
	return store(number, value < 0, count - exponent, precision, scale, true, out);
}

int64_t wr_decimal_to_i64(wr_i128 value, int scale)
{
	return (int64_t)(value / wr_pow10[scale]);
}

/* Up to 2^53 over up to 10^22 is one exactly rounded division; the rest goes through the digits. */
double wr_decimal_to_double(wr_i128 value, int scale)
{
	char text[WR_DECIMAL_TEXT_MAX + 8];
	bool range;
	double out = 0;

	if (scale <= 22 && magnitude(value) <= (u128)1 << 53) {
		static const double pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
		return (double)(int64_t)value / pow10[scale];
	}
	size_t len = wr_i128_print(text, value);
	text[len++] = 'e';
	len += wr_i64_print(text + len, -scale);
	if (!wr_digits_read_f64(text, len, &out, &range))
		WR_ASSERT(!"digits of a decimal are a number");
	return out;
}

/* --- text
 * -------------------------------------------------------------------------------------------- */

/* A scanned decimal: its digits are those in [begin, end) without the point. */
struct scan {
	const char *begin; /* first digit or point */
	const char *end;   /* behind the last digit or point */
	bool negative;     /* a '-' came first */
	int64_t whole;     /* digits before the point */
	int64_t exponent;  /* as written, bounded */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "[e[+-]digits]" up to `end`; true when that is all there is. */
static bool scan_exponent(const char *p, const char *end, int64_t *exponent)
{
	bool negative = false;

	*exponent = 0;
	if (p == end)
		return true;
	if (*p != 'e' && *p != 'E')
		return false;
	p++;
	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end)
		return false;
	for (; p < end && is_digit(*p); p++) {
		if (*exponent < 100000000)
			*exponent = *exponent * 10 + (*p - '0');
	}
	if (negative)
		*exponent = -*exponent;
	return p == end;
}

static bool scan_decimal(const char *text, size_t len, struct scan *scan)
{
	const char *p = text;
	const char *end = text + len;
	int64_t digits = 0;

	while (end > p && (unsigned char)end[-1] <= ' ')
		end--;
	while (p < end && (unsigned char)*p <= ' ')
		p++;
	scan->negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	scan->begin = p;
	for (; p < end && is_digit(*p); p++)
		digits++;
	scan->whole = digits;
	if (p < end && *p == '.') {
		for (p++; p < end && is_digit(*p); p++)
			digits++;
	}
	scan->end = p;
	return digits != 0 && scan_exponent(p, end, &scan->exponent);
}

/* Takes the digits down to weight 10^-scale; the next one decides the rounding. */
enum wr_decimal_result wr_decimal_parse(const char *text, size_t len, int precision, int scale,
					wr_i128 *out)
{
	struct scan scan;
	u128 value = 0;
	bool up = false;

	*out = 0;
	if (!scan_decimal(text, len, &scan))
		return WR_DECIMAL_INVALID;
	int64_t weight = scan.whole - 1 + scan.exponent; /* power of ten of the next digit */
	for (const char *p = scan.begin; p < scan.end; p++) {
		if (*p == '.')
			continue;
		if (weight < -scale) {
			up = weight == -scale - 1 && *p >= '5';
			break;
		}
		if (value >= (u128)wr_pow10[DIGITS_MAX - 1])
			return WR_DECIMAL_OVERFLOW;
		value = value * 10 + (u128)(*p - '0');
		weight--;
	}
	int64_t zeros = weight + 1 + scale; /* digits that were not written, above the scale */
	if (zeros > 0 && value != 0 && !add_zeros(value, (int)WR_MIN(zeros, 100), &value))
		return WR_DECIMAL_OVERFLOW;
	value += up;
	if (value >= (u128)wr_pow10[precision])
		return WR_DECIMAL_OVERFLOW;
	*out = with_sign(value, scan.negative);
	return WR_DECIMAL_OK;
}

bool wr_decimal_parse_exact(const char *text, size_t len, wr_i128 *out, int *precision, int *scale)
{
	struct scan scan;
	u128 value = 0;
	int fraction = 0;
	bool point = false;

	*out = 0;
	if (!scan_decimal(text, len, &scan) || scan.exponent != 0)
		return false;
	for (const char *p = scan.begin; p < scan.end; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if (value >= (u128)wr_pow10[DIGITS_MAX - 1] || fraction >= DIGITS_MAX)
			return false;
		value = value * 10 + (u128)(*p - '0');
		fraction += point;
	}
	*out = with_sign(value, scan.negative);
	*scale = fraction;
	*precision = WR_MAX(digit_count(value), fraction);
	return true;
}

/* sign, whole digits, point, `scale` digits */
size_t wr_decimal_print(char *out, wr_i128 value, int scale)
{
	char digits[WR_I128_TEXT_MAX];
	char *p = out;

	if (scale == 0)
		return wr_i128_print(out, value);
	size_t count = wr_i128_print(digits, (wr_i128)magnitude(value));
	if (value < 0)
		*p++ = '-';
	if (count > (size_t)scale) {
		memcpy(p, digits, count - scale);
		p += count - scale;
		*p++ = '.';
		memcpy(p, digits + count - scale, scale);
		p += scale;
	} else {
		*p++ = '0';
		*p++ = '.';
		memset(p, '0', scale - count);
		p += scale - count;
		memcpy(p, digits, count);
		p += count;
	}
	*p = '\0';
	return (size_t)(p - out);
}

/* Removes trailing zeros; the scale may become negative. Zero has scale 0. */
static wr_i128 strip(wr_i128 value, int *scale)
{
	if (value == 0)
		*scale = 0;
	while (value != 0 && value % 10 == 0) {
		value /= 10;
		(*scale)--;
	}
	return value;
}

size_t wr_decimal_print_plain(char *out, wr_i128 value, int scale)
{
	wr_i128 short_value = strip(value, &scale);

	if (scale < 0)
		return wr_i128_print(out, short_value * wr_pow10[-scale]);
	return wr_decimal_print(out, short_value, scale);
}

/* Java's canonical form: plain while the scale is not negative and the leading digit is at 10^-6 or
 * above. */
size_t wr_decimal_print_stripped(char *out, wr_i128 value, int scale)
{
	char digits[WR_I128_TEXT_MAX];
	char *p = out;

	value = strip(value, &scale);
	size_t count = wr_i128_print(digits, (wr_i128)magnitude(value));
	int exponent = (int)count - 1 - scale;
	if (scale >= 0 && exponent >= -6)
		return wr_decimal_print(out, value, scale);
	if (value < 0)
		*p++ = '-';
	*p++ = digits[0];
	if (count > 1) {
		*p++ = '.';
		memcpy(p, digits + 1, count - 1);
		p += count - 1;
	}
	*p++ = 'E';
	if (exponent >= 0)
		*p++ = '+';
	return (size_t)(p - out) + wr_i64_print(p, exponent);
}
