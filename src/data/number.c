/* SPDX-License-Identifier: Apache-2.0
 *
 * number - numbers from text and to text, as Java and Flink write them.
 *
 * Doubles: java_digits.c chooses the digits; here they are put into Java's form. Most doubles
 * in data are read as "digits.digits" with at most 15 digits: those take a path of one
 * multiplication or division, which is exact because both the digits and the power of ten are.
 */
#include "data/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "data/digits.h"
#include "data/java_digits.h"

/* --- integers to text
 * -------------------------------------------------------------------------------- */

/* "00" "01" ... "99" one after another. */
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
				  "25262728293031323334353637383940414243444546474849"
				  "50515253545556575859606162636465666768697071727374"
				  "75767778798081828384858687888990919293949596979899";

/* Writes the digits of `value` so that they end before `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, digit_pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, digit_pairs + 2 * value, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

size_t wr_i64_print(char *out, int64_t value)
{
	char digits[WR_I64_TEXT_MAX];
	char *end = digits + sizeof digits;
	char *p = digits_before(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);

	if (value < 0)
		*--p = '-';
	size_t len = (size_t)(end - p);
	memcpy(out, p, len);
	out[len] = '\0';
	return len;
}

/* In pieces of 18 digits, which fit a uint64_t. */
size_t wr_i128_print(char *out, wr_i128 value)
{
	const uint64_t piece = 1000000000000000000ull;
	char digits[WR_I128_TEXT_MAX];
	char *end = digits + sizeof digits;
	char *p = end;
	unsigned __int128 rest =
	    value < 0 ? 0 - (unsigned __int128)value : (unsigned __int128)value;

	while (rest >= piece) {
		char *stop = p - 18;
		p = digits_before(p, (uint64_t)(rest % piece));
		while (p > stop)
			*--p = '0';
		rest /= piece;
	}
	p = digits_before(p, (uint64_t)rest);
	if (value < 0)
		*--p = '-';
	size_t len = (size_t)(end - p);
	memcpy(out, p, len);
	out[len] = '\0';
	return len;
}

/* --- doubles to text
 * --------------------------------------------------------------------------------- */

int wr_double_digits(double value, char digits[WR_DOUBLE_DIGITS_MAX], int *exponent)
{
	char java[WR_JAVA_DIGITS_MAX];

	if (value == 0) {
		memcpy(digits, "0", 2);
		*exponent = 1;
		return 1;
	}
	int count = wr_java_digits_f64(fabs(value), java, exponent);
	memcpy(digits, java, (size_t)count);
	digits[count] = '\0';
	return count;
}

/* 10^-3 <= value < 10^7: "123.4", with at least one digit on both sides. */
static char *put_plain(char *out, const char *digits, int count, int exponent)
{
	int i = 0;

	if (exponent <= 0)
		*out++ = '0';
	for (; i < exponent; i++)
		*out++ = i < count ? digits[i] : '0';
	*out++ = '.';
	for (int zeros = exponent; zeros < 0; zeros++)
		*out++ = '0';
	if (i >= count)
		*out++ = '0';
	for (; i < count; i++)
		*out++ = digits[i];
	return out;
}

/* "1.234E10", "1.0E-5". */
static char *put_scientific(char *out, const char *digits, int count, int exponent)
{
	*out++ = digits[0];
	*out++ = '.';
	if (count == 1)
		*out++ = '0';
	for (int i = 1; i < count; i++)
		*out++ = digits[i];
	*out++ = 'E';
	return out + wr_i64_print(out, exponent - 1);
}

/* Java's form of sign and digits. */
static size_t put_java(char *out, bool negative, const char *digits, int count, int exponent)
{
	char *p = out;

	if (negative)
		*p++ = '-';
	if (exponent > -3 && exponent <= 7)
		p = put_plain(p, digits, count, exponent);
	else
		p = put_scientific(p, digits, count, exponent);
	*p = '\0';
	return (size_t)(p - out);
}

static size_t put_special(char *out, double value)
{
	const char *word = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
	size_t len = strlen(word);

	memcpy(out, word, len + 1);
	return len;
}

size_t wr_double_print(char *out, double value)
{
	char digits[WR_JAVA_DIGITS_MAX];
	int exponent = 1;
	int count = 1;

	if (!isfinite(value))
		return put_special(out, value);
	if (value != 0)
		count = wr_java_digits_f64(fabs(value), digits, &exponent);
	else
		digits[0] = '0';
	return put_java(out, signbit(value), digits, count, exponent);
}

size_t wr_float_print(char *out, float value)
{
	char digits[WR_JAVA_DIGITS_MAX];
	int exponent = 1;
	int count = 1;

	if (!isfinite(value))
		return put_special(out, (double)value);
	if (value != 0)
		count = wr_java_digits_f32(fabsf(value), digits, &exponent);
	else
		digits[0] = '0';
	return put_java(out, signbit(value), digits, count, exponent);
}

/* --- doubles from text
 * ------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "[-]digits[.digits]" with at most 15 digits and a power of ten up to 10^22: one exact operation.
 */
static bool read_short(const char *text, size_t len, double *out)
{
	static const double pow10[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	const char *p = text;
	const char *end = text + len;
	bool negative = len != 0 && *p == '-';
	uint64_t digits = 0;
	int scale = 0;

	if (len == 0 || len > 16)
		return false;
	p += negative;
	const char *first = p;
	while (p < end && is_digit(*p))
		digits = digits * 10 + (uint64_t)(*p++ - '0');
	if (p == first)
		return false;
	if (p < end && *p == '.') {
		const char *point = p++;
		while (p < end && is_digit(*p))
			digits = digits * 10 + (uint64_t)(*p++ - '0');
		scale = (int)(p - point - 1);
		if (scale == 0)
			return false;
	}
	if (p != end || digits >= 1000000000000000ull)
		return false;
	double value = (double)digits / pow10[scale];
	*out = negative ? -value : value;
	return true;
}

/* Whether the digits of a number that is out of range are too large (rather than too small): the
 * decimal exponent of its first nonzero digit is positive. */
static bool is_huge(const char *text, size_t len)
{
	int64_t before = 0; /* digits before the point, counted from the first nonzero one */
	int64_t zeros = 0;  /* zeros behind the point, before the first nonzero digit */
	int64_t exponent = 0;
	bool point = false;
	bool seen = false;
	size_t i = 0;

	for (; i < len && text[i] != 'e' && text[i] != 'E'; i++) {
		if (text[i] == '.')
			point = true;
		if (!is_digit(text[i]))
			continue;
		seen = seen || text[i] != '0';
		before += seen && !point;
		zeros += !seen && point;
	}
	bool negative = i + 1 < len && text[i + 1] == '-';
	for (i++; i < len; i++) {
		if (is_digit(text[i]) && exponent < 1000000)
			exponent = exponent * 10 + (text[i] - '0');
	}
	return before - zeros + (negative ? -exponent : exponent) > 0;
}

/* The words that Java reads; sign already taken off. */
static bool read_word(const char *text, size_t len, double *out)
{
	if (len == 3 && memcmp(text, "NaN", 3) == 0)
		*out = NAN;
	else if (len == 8 && memcmp(text, "Infinity", 8) == 0)
		*out = INFINITY;
	else
		return false;
	return true;
}

/* Takes off one sign; from_chars would accept a '-' but no '+', and "+-1" must not pass. */
static const char *take_sign(const char *text, size_t *len, bool *negative)
{
	*negative = *len != 0 && *text == '-';
	if (*len != 0 && (*text == '-' || *text == '+')) {
		(*len)--;
		return text + 1;
	}
	return text;
}

/* "0x1.8p3": only the exact form with an exponent, as Java wants it. */
static bool read_hex(const char *text, size_t len, double *out)
{
	char copy[64];
	char *end;

	if (len < 5 || len >= sizeof copy || text[0] != '0' || (text[1] != 'x' && text[1] != 'X') ||
	    (memchr(text, 'p', len) == NULL && memchr(text, 'P', len) == NULL))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*out = strtod(copy, &end);
	return end == copy + len;
}

/* from_chars also reads "inf", "nan" and "-": a number begins with a digit or a point. */
static bool begins_number(const char *text, size_t len)
{
	return len != 0 && (is_digit(text[0]) || text[0] == '.');
}

bool wr_double_read(const char *text, size_t len, double *out)
{
	bool negative;
	bool range;
	double value;

	if (read_short(text, len, out))
		return true;
	text = take_sign(text, &len, &negative);
	if (!read_word(text, len, &value) && !read_hex(text, len, &value)) {
		if (!begins_number(text, len) || !wr_digits_read_f64(text, len, &value, &range))
			return false;
		if (range)
			value = is_huge(text, len) ? INFINITY : 0.0;
	}
	*out = negative ? -value : value;
	return true;
}

bool wr_float_read(const char *text, size_t len, float *out)
{
	bool negative;
	bool range;
	double word;
	float value;

	text = take_sign(text, &len, &negative);
	if (read_word(text, len, &word) || read_hex(text, len, &word)) {
		value = (float)word;
	} else {
		if (!begins_number(text, len) || !wr_digits_read_f32(text, len, &value, &range))
			return false;
		if (range)
			value = is_huge(text, len) ? INFINITY : 0.0f;
	}
	*out = negative ? -value : value;
	return true;
}

/* Skips what Java's trim() skips: everything up to the space character. */
static const char *trim(const char *text, size_t *len)
{
	while (*len != 0 && (unsigned char)text[*len - 1] <= ' ')
		(*len)--;
	while (*len != 0 && (unsigned char)*text <= ' ') {
		text++;
		(*len)--;
	}
	return text;
}

/* Takes off spaces and one of Java's type suffixes (not from a word: "Infinityf" is no number). */
static const char *java_number(const char *text, size_t *len)
{
	text = trim(text, len);
	if (*len > 1 && strchr("dDfF", text[*len - 1]) != NULL &&
	    (is_digit(text[*len - 2]) || text[*len - 2] == '.'))
		(*len)--;
	return text;
}

bool wr_double_parse(const char *text, size_t len, double *out)
{
	text = java_number(text, &len);
	return wr_double_read(text, len, out);
}

bool wr_float_parse(const char *text, size_t len, float *out)
{
	text = java_number(text, &len);
	return wr_float_read(text, len, out);
}

/* --- integers from text
 * ------------------------------------------------------------------------------ */

/* Digits into a magnitude; returns false when there is none or it exceeds 2^63. *used: characters
 * taken. */
static bool read_magnitude(const char *text, size_t len, uint64_t *magnitude, size_t *used)
{
	const uint64_t limit = (uint64_t)1 << 63;
	uint64_t value = 0;
	size_t i = 0;
	bool fits = true;

	for (; i < len && is_digit(text[i]); i++) {
		uint64_t digit = (uint64_t)(text[i] - '0');
		if (WR_UNLIKELY(value > (limit - digit) / 10))
			fits = false;
		else
			value = value * 10 + digit;
	}
	*magnitude = value;
	*used = i;
	return fits;
}

static bool signed_value(uint64_t magnitude, bool negative, int64_t *out)
{
	if (!negative && magnitude > INT64_MAX)
		return false;
	*out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

bool wr_i64_read(const char *text, size_t len, int64_t *out)
{
	bool negative;
	uint64_t magnitude;
	size_t used;

	text = take_sign(text, &len, &negative);
	if (!read_magnitude(text, len, &magnitude, &used) || used == 0 || used != len)
		return false;
	return signed_value(magnitude, negative, out);
}

/* A fraction is checked to be digits and dropped; "5." and ".5" are numbers, "." and "+" are not.
 */
enum wr_int_result wr_int_parse(const char *text, size_t len, int64_t min, int64_t max,
				int64_t *out)
{
	bool negative;
	uint64_t magnitude;
	size_t used;
	int64_t value;

	while (len != 0 && *text == ' ') {
		text++;
		len--;
	}
	while (len != 0 && text[len - 1] == ' ')
		len--;
	text = take_sign(text, &len, &negative);
	if (len == 0)
		return WR_INT_INVALID;
	bool fits = read_magnitude(text, len, &magnitude, &used);
	if (used < len) {
		if (text[used] != '.')
			return WR_INT_INVALID;
		for (size_t i = used + 1; i < len; i++) {
			if (!is_digit(text[i]))
				return WR_INT_INVALID;
		}
	}
	if (!fits || !signed_value(magnitude, negative, &value) || value < min || value > max)
		return WR_INT_RANGE;
	*out = value;
	return WR_INT_OK;
}

/* --- casts
 * ------------------------------------------------------------------------------------------- */

int64_t wr_double_to_i64(double value)
{
	if (isnan(value))
		return 0;
	if (value >= 9223372036854775808.0)
		return INT64_MAX;
	if (value <= -9223372036854775808.0)
		return INT64_MIN;
	return (int64_t)value;
}

int32_t wr_double_to_i32(double value)
{
	if (isnan(value))
		return 0;
	if (value >= 2147483647.0)
		return INT32_MAX;
	if (value <= -2147483648.0)
		return INT32_MIN;
	return (int32_t)value;
}
