/* SPDX-License-Identifier: Apache-2.0
 *
 * java_digits - the decimal digits that Java 17 chooses; see java_digits.h for what is special
 * about them.
 *
 * The rule Java follows is Steele and White's (and Dragon4's): write the value as B/S, the half
 * distance to its neighbours as M/S, and produce digits of B/S until what is left is smaller than M
 * or larger than S - M. Three ways lead there:
 *   1. an integer below 2^63: its digits, less those beyond the precision of the binary form;
 *   2. a value with a fraction that is no power of two: the shortest digits, which the standard
 * library finds fast. They end at the same digit, because a decimal of so few digits never lies
 * exactly on the border M;
 *   3. the rest (powers of two, subnormals, 2^63 and above, single digits in E notation): the
 * digits one by one, with integers of up to 1,280 bits.
 */
#include "data/java_digits.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"
#include "data/digits.h"

#define TEXT_MAX 32 /* bytes of the library's scientific form */

/* A positive binary number: fraction * 2^(exponent - 52), fraction normalised to 53 bits. */
struct binary {
	uint64_t fraction; /* 2^52 <= fraction < 2^53 */
	int exponent;      /* of the leading bit */
	int precision;     /* bits that count: 53, 24, or fewer for subnormal values */
};

/* --- large integers
 * ---------------------------------------------------------------------------------- */

#define BIG_WORDS 20

struct big {
	uint64_t word[BIG_WORDS]; /* low first */
	int count;                /* words in use; the highest is not 0 */
};

static void big_mul(struct big *big, uint64_t factor)
{
	unsigned __int128 carry = 0;

	for (int i = 0; i < big->count; i++) {
		carry += (unsigned __int128)big->word[i] * factor;
		big->word[i] = (uint64_t)carry;
		carry >>= 64;
	}
	if (carry != 0) {
		WR_ASSERT(big->count < BIG_WORDS);
		big->word[big->count++] = (uint64_t)carry;
	}
}

static void big_shift(struct big *big, int bits)
{
	int words = bits / 64;
	int rest = bits % 64;

	WR_ASSERT(big->count + words < BIG_WORDS);
	memmove(big->word + words, big->word, (size_t)big->count * sizeof *big->word);
	memset(big->word, 0, (size_t)words * sizeof *big->word);
	big->count += words;
	if (rest != 0)
		big_mul(big, (uint64_t)1 << rest);
}

/* value * 5^fives * 2^twos */
static struct big big_make(uint64_t value, int fives, int twos)
{
	struct big big = {.word = {value}, .count = 1};

	for (; fives >= 27; fives -= 27)
		big_mul(&big, 7450580596923828125ull); /* 5^27 */
	for (; fives > 0; fives--)
		big_mul(&big, 5);
	big_shift(&big, twos);
	return big;
}

static int big_compare(const struct big *a, const struct big *b)
{
	if (a->count != b->count)
		return a->count > b->count ? 1 : -1;
	for (int i = a->count - 1; i >= 0; i--) {
		if (a->word[i] != b->word[i])
			return a->word[i] > b->word[i] ? 1 : -1;
	}
	return 0;
}

/* a -= b; a >= b */
static void big_sub(struct big *a, const struct big *b)
{
	uint64_t borrow = 0;

	for (int i = 0; i < a->count; i++) {
		uint64_t y = i < b->count ? b->word[i] : 0;
		uint64_t x = a->word[i];
		a->word[i] = x - y - borrow;
		borrow = x < y || (x == y && borrow != 0);
	}
	while (a->count > 1 && a->word[a->count - 1] == 0)
		a->count--;
}

static struct big big_add(const struct big *a, const struct big *b)
{
	struct big sum = *a;
	unsigned __int128 carry = 0;
	int count = WR_MAX(a->count, b->count);

	for (int i = 0; i < count; i++) {
		carry += i < a->count ? a->word[i] : 0;
		carry += i < b->count ? b->word[i] : 0;
		sum.word[i] = (uint64_t)carry;
		carry >>= 64;
	}
	sum.count = count;
	if (carry != 0)
		sum.word[sum.count++] = (uint64_t)carry;
	return sum;
}

/* The digit b / s (0..9) leaving the rest in b. */
static int big_digit(struct big *b, const struct big *s)
{
	int digit = 0;

	for (; big_compare(b, s) >= 0; digit++)
		big_sub(b, s);
	WR_ASSERT(digit <= 10);
	return digit;
}

/* --- the ways to the digits
 * -------------------------------------------------------------------------- */

/* Adds one to the last digit, carrying; "999" becomes "1" of one power more. */
static int round_up(char *digits, int count, int *exponent)
{
	while (count > 0 && digits[count - 1] == '9')
		count--;
	if (count == 0) {
		digits[0] = '1';
		(*exponent)++;
		return 1;
	}
	digits[count - 1]++;
	return count;
}

/* How many decimal digits 2^bits has beyond the first: digits that bits below the precision cannot
 * tell apart. */
static int surplus_digits(int bits)
{
	return bits > 1 ? bits * 30103 / 100000 : 0;
}

/* Way 1. */
static int integer_digits(const struct binary *in, char *digits, int *exponent)
{
	uint64_t value = in->exponent >= 52 ? in->fraction << (in->exponent - 52)
					    : in->fraction >> (52 - in->exponent);
	int dropped =
	    in->exponent > in->precision ? surplus_digits(in->exponent - in->precision - 1) : 0;
	char text[WR_JAVA_DIGITS_MAX];
	int count = 0;

	if (dropped != 0) {
		uint64_t unit = 1;
		for (int i = 0; i < dropped; i++)
			unit *= 10;
		value = value / unit + (value % unit >= unit / 2);
	}
	for (; value != 0; value /= 10)
		text[count++] = (char)('0' + value % 10);
	*exponent = count + dropped;
	int zeros = 0;
	while (zeros < count - 1 && text[zeros] == '0')
		zeros++;
	for (int i = 0; i < count - zeros; i++)
		digits[i] = text[count - 1 - i];
	return count - zeros;
}

/* The power of ten of the first digit, or one too large: Java's estimate, a line through log10
 * near 1.5. */
static int estimate_exponent(const struct binary *in)
{
	double mantissa = ldexp((double)in->fraction, -52);

	return (int)floor((mantissa - 1.5) * 0.289529654 + 0.176091259 +
			  in->exponent * 0.301029995663981);
}

/* The state of way 3, all over the common denominator s. */
struct dragon {
	struct big b;    /* what is left of the value */
	struct big m;    /* half the distance to the next value */
	struct big s;    /* one unit of the digit to come */
	struct big tens; /* ten times s */
	bool strict;     /* "larger than" instead of "not smaller than" at the upper border */
};

static int bits_of_five(int power)
{
	static const int8_t bits[] = {0,  3,  5,  7,  10, 12, 14, 17, 19, 21, 24, 26, 28, 31,
				      33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61};

	return power < (int)sizeof bits ? bits[power] : power * 3;
}

/* Sets up the fractions for a first digit at 10^exp10. Where everything fits 64 bits Java compares
 * strictly. */
static void dragon_init(struct dragon *d, const struct binary *in, int exp10)
{
	int tail = __builtin_ctzll(in->fraction);
	int fraction_bits = 53 - tail;
	int tiny_bits = WR_MAX(0, fraction_bits - in->exponent - 1);
	int b5 = WR_MAX(0, -exp10), s5 = WR_MAX(0, exp10);
	int b2 = b5 + tiny_bits + in->exponent;
	int s2 = s5 + tiny_bits;
	int m2 = b2 - in->precision;

	b2 -= fraction_bits - 1;
	int common = WR_MIN(b2, s2);
	b2 -= common;
	s2 -= common;
	m2 -= common;
	if (fraction_bits == 1)
		m2--; /* a power of two: its lower neighbour is nearer, and both sides are treated
			 so */
	if (m2 < 0) {
		b2 -= m2;
		s2 -= m2;
		m2 = 0;
	}
	d->b = big_make(in->fraction >> tail, b5, b2);
	d->m = big_make(1, b5, m2);
	d->s = big_make(1, s5, s2);
	d->tens = d->s;
	big_mul(&d->tens, 10);
	d->strict =
	    fraction_bits + b2 + bits_of_five(b5) < 64 && s2 + 1 + bits_of_five(s5 + 1) < 64;
}

/* The next digit; tells whether the digits so far are near enough from below (low) or, rounded up,
 * from above (high). */
static int dragon_step(struct dragon *d, bool *low, bool *high)
{
	int digit = big_digit(&d->b, &d->s);

	big_mul(&d->b, 10);
	big_mul(&d->m, 10);
	struct big sum = big_add(&d->b, &d->m);
	int order = big_compare(&sum, &d->tens);
	*low = big_compare(&d->b, &d->m) < 0;
	*high = d->strict ? order > 0 : order >= 0;
	return digit;
}

/* Way 3. */
static int dragon_digits(const struct binary *in, char *digits, int *exponent)
{
	struct dragon d;
	bool low, high;
	int exp10 = estimate_exponent(in);
	int count = 0;

	dragon_init(&d, in, exp10);
	int digit = dragon_step(&d, &low, &high);
	if (digit == 0 && !high)
		exp10--;
	else
		digits[count++] = (char)('0' + digit);
	if (exp10 < -3 || exp10 >= 8)
		low = high = false; /* E notation wants a second digit */
	while (!low && !high) {
		WR_ASSERT(count < WR_JAVA_DIGITS_MAX);
		digits[count++] = (char)('0' + dragon_step(&d, &low, &high));
	}
	*exponent = exp10 + 1;
	if (high && low) {
		struct big twice = big_add(&d.b, &d.b);
		int order = big_compare(&twice, &d.tens);
		high = order > 0 || (order == 0 && (digits[count - 1] & 1) != 0);
	}
	if (high)
		count = round_up(digits, count, exponent);
	while (count > 1 && digits[count - 1] == '0')
		count--;
	return count;
}

/* Splits "d.ddde+xx" into digits and exponent. */
static int split_scientific(const char *text, size_t len, char *digits, int *exponent)
{
	int count = 0;
	int exp = 0;
	size_t i = 0;

	for (; i < len && text[i] != 'e'; i++) {
		if (text[i] != '.')
			digits[count++] = text[i];
	}
	bool negative = text[i + 1] == '-';
	for (i += 2; i < len; i++)
		exp = exp * 10 + (text[i] - '0');
	*exponent = (negative ? -exp : exp) + 1;
	return count;
}

/* Picks the way. `text` is the library's shortest form. */
static int pick_digits(const struct binary *in, const char *text, size_t len, char *digits,
		       int *exponent)
{
	int tail = __builtin_ctzll(in->fraction);
	bool whole = 52 - tail <= in->exponent;
	bool subnormal = in->precision != 53 && in->precision != 24;

	if (whole && in->exponent <= 62)
		return integer_digits(in, digits, exponent);
	if (whole || tail == 52 || subnormal)
		return dragon_digits(in, digits, exponent);
	int count = split_scientific(text, len, digits, exponent);
	bool scientific = *exponent <= -3 || *exponent > 7;
	if (count == 1 && scientific)
		return dragon_digits(in, digits, exponent);
	return count;
}

/* Normalises a fraction that has its leading bit below bit 52. */
static void normalise(struct binary *in)
{
	int shift = __builtin_clzll(in->fraction) - 11;

	in->fraction <<= shift;
	in->exponent -= shift;
	in->precision -= shift;
}

int wr_java_digits_f64(double value, char digits[WR_JAVA_DIGITS_MAX], int *exponent)
{
	char text[TEXT_MAX];
	uint64_t bits;

	WR_ASSERT(isfinite(value) && value > 0);
	memcpy(&bits, &value, sizeof bits);
	struct binary in = {
	    .fraction = bits & (((uint64_t)1 << 52) - 1),
	    .exponent = (int)(bits >> 52) - 1023,
	    .precision = 53,
	};
	if (in.exponent == -1023) {
		in.exponent++;
		normalise(&in);
	} else {
		in.fraction |= (uint64_t)1 << 52;
	}
	return pick_digits(&in, text, wr_digits_f64(text, sizeof text, value), digits, exponent);
}

int wr_java_digits_f32(float value, char digits[WR_JAVA_DIGITS_MAX], int *exponent)
{
	char text[TEXT_MAX];
	uint32_t bits;

	WR_ASSERT(isfinite(value) && value > 0);
	memcpy(&bits, &value, sizeof bits);
	struct binary in = {
	    .fraction = (uint64_t)(bits & 0x7fffff) << 29,
	    .exponent = (int)(bits >> 23) - 127,
	    .precision = 24,
	};
	if (in.exponent == -127) {
		in.exponent++;
		normalise(&in);
	} else {
		in.fraction |= (uint64_t)1 << 52;
	}
	return pick_digits(&in, text, wr_digits_f32(text, sizeof text, value), digits, exponent);
}
