/* SPDX-License-Identifier: Apache-2.0
 *
 * java_math - see java_math.h.
 *
 * Methods and coefficients of the elementary functions: fdlibm 5.3 (K. C. Ng, Sun Microsystems),
 * which java.lang.StrictMath prescribes. The order of the operations is part of the result: do not
 * tidy the formulas. Random numbers: Knuth, The Art of Computer Programming 2, section 3.2.1, with
 * the constants that java.util.Random documents.
 */
#include "expr/java_math.h"

#include <math.h>
#include <string.h>

static const double PI_HI = 3.14159265358979311600e+00;
static const double PI_LO = 1.2246467991473531772e-16;
static const double HALF_PI_HI = 1.57079632679489655800e+00;
static const double HALF_PI_LO = 6.12323399573676603587e-17;
static const double QUARTER_PI = 7.85398163397448278999e-01;
static const double LN2_HI = 6.93147180369123816490e-01;
static const double LN2_LO = 1.90821492927058770002e-10;
static const double INV_LN2 = 1.44269504088896338700e+00;

static uint64_t bits_of(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static double from_bits(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

/* Upper word of |x|: fdlibm compares these in place of the numbers. */
static uint32_t high_abs(double x)
{
	return (uint32_t)(bits_of(x) >> 32) & 0x7fffffffu;
}

/* x with the lower half of its bits cleared. */
static double high_half(double x)
{
	return from_bits(bits_of(x) & 0xffffffff00000000u);
}

/* x * 2^k by adding to the exponent. */
static double add_exponent(double x, int k)
{
	return from_bits(bits_of(x) + ((uint64_t)(int64_t)k << 52));
}

/* --- exp and expm1 as the hyperbolic functions need them ------------------------------------- */

/* e^x. Reduces to |r| <= ln2 / 2 and uses a Remez polynomial for r * coth(r / 2). */
static double java_exp(double x)
{
	uint32_t ix = high_abs(x);
	double hi = 0, lo = 0, r = x;
	int k = 0;

	if (isnan(x))
		return x;
	if (x > 7.09782712893383973096e+02)
		return INFINITY;
	if (x < -7.45133219101941108420e+02)
		return 0;
	if (ix > 0x3fd62e42u) {
		if (ix < 0x3ff0a2b2u) {
			k = x < 0 ? -1 : 1;
			hi = x - k * LN2_HI;
			lo = k * LN2_LO;
		} else {
			k = (int)(INV_LN2 * x + (x < 0 ? -0.5 : 0.5));
			hi = x - k * LN2_HI;
			lo = k * LN2_LO;
		}
		r = hi - lo;
	} else if (ix < 0x3e300000u) {
		return 1.0 + x;
	}
	double t = r * r;
	double c =
	    r - t * (1.66666666666666019037e-01 +
		     t * (-2.77777777770155933842e-03 +
			  t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 +
								 t * 4.13813679705723846039e-08))));
	if (k == 0)
		return 1.0 - ((r * c) / (c - 2.0) - r);
	double y = 1.0 - ((lo - (r * c) / (2.0 - c)) - hi);
	if (k >= -1021)
		return add_exponent(y, k);
	return add_exponent(y, k + 1000) * 9.33263618503218878990e-302;
}

/* e^r - 1 for |r| <= ln2 / 2 (c is what rounding took from r), scaled by 2^k. */
static double expm1_reduced(double r, double c, int k)
{
	double hfx = 0.5 * r;
	double hxs = r * hfx;
	double r1 = 1.0 + hxs * (-3.33333333333331316428e-02 +
				 hxs * (1.58730158725481460165e-03 +
					hxs * (-7.93650757867487942473e-05 +
					       hxs * (4.00821782732936239552e-06 +
						      hxs * -2.01099218183624371326e-07))));
	double t = 3.0 - r1 * hfx;
	double e = hxs * ((r1 - t) / (6.0 - r * t));

	if (k == 0)
		return r - (r * e - hxs);
	e = r * (e - c) - c;
	e -= hxs;
	if (k == -1)
		return 0.5 * (r - e) - 0.5;
	if (k == 1)
		return r < -0.25 ? -2.0 * (e - (r + 0.5)) : 1.0 + 2.0 * (r - e);
	if (k <= -2 || k > 56)
		return add_exponent(1.0 - (e - r), k) - 1.0;
	if (k < 20) {
		t = from_bits((uint64_t)(0x3ff00000u - (0x200000u >> k)) << 32);
		return add_exponent(t - (e - r), k);
	}
	t = from_bits((uint64_t)(uint32_t)(0x3ff - k) << 52);
	return add_exponent((r - (e + t)) + 1.0, k);
}

/* e^x - 1 */
static double java_expm1(double x)
{
	uint32_t ix = high_abs(x);

	if (ix >= 0x4043687au) { /* |x| >= 56 ln2 */
		if (isnan(x))
			return x;
		if (x > 7.09782712893383973096e+02)
			return INFINITY;
		if (x < 0)
			return -1.0;
	}
	if (ix > 0x3fd62e42u) {
		int k;
		if (ix < 0x3ff0a2b2u)
			k = x < 0 ? -1 : 1;
		else
			k = (int)(INV_LN2 * x + (x < 0 ? -0.5 : 0.5));
		double hi = x - k * LN2_HI;
		double lo = k * LN2_LO;
		double r = hi - lo;
		return expm1_reduced(r, (hi - r) - lo, k);
	}
	if (ix < 0x3c900000u)
		return x;
	return expm1_reduced(x, 0, 0);
}

/* --- hyperbolic functions -------------------------------------------------------------------- */

/* The part beyond 22, where e^-x no longer counts; `half` carries the sign. */
static double half_exp(double ax, double half)
{
	if (ax <= 7.09782712893383973096e+02)
		return half * java_exp(ax);
	if (ax <= 7.10475860073943863426e+02) {
		double w = java_exp(0.5 * ax);
		return half * w * w;
	}
	return half * INFINITY;
}

/* Through e^x - 1 below 22, where e^-x counts. */
double wr_java_sinh(double x)
{
	double ax = fabs(x), half = x < 0 ? -0.5 : 0.5;

	if (isnan(x) || isinf(x) || high_abs(x) < 0x3e300000u)
		return x;
	if (ax >= 22)
		return half_exp(ax, half);
	double t = java_expm1(ax);
	if (ax < 1)
		return half * (2.0 * t - t * t / (t + 1.0));
	return half * (t + t / (t + 1.0));
}

/* Near 0 through e^x - 1, which keeps the digits. */
double wr_java_cosh(double x)
{
	double ax = fabs(x);

	if (isnan(x) || isinf(x))
		return x * x;
	if (high_abs(x) < 0x3fd62e43u) {
		double t = java_expm1(ax);
		double w = 1.0 + t;
		return high_abs(x) < 0x3c800000u ? w : 1.0 + (t * t) / (w + w);
	}
	if (ax < 22) {
		double t = java_exp(ax);
		return 0.5 * t + 0.5 / t;
	}
	return half_exp(ax, 0.5);
}

/* 1 beyond 22. */
double wr_java_tanh(double x)
{
	double ax = fabs(x), z = 1.0;

	if (isnan(x))
		return x;
	if (high_abs(x) < 0x3c800000u)
		return x * (1.0 + x);
	if (ax < 22 && ax >= 1) {
		z = 1.0 - 2.0 / (java_expm1(2.0 * ax) + 2.0);
	} else if (ax < 1) {
		double t = java_expm1(-2.0 * ax);
		z = -t / (t + 2.0);
	}
	return x < 0 ? -z : z;
}

/* --- inverse functions ----------------------------------------------------------------------- */

/* R(t) = (asin(x) - x) / x^3 as a quotient of polynomials in t = x * x, times t. */
static double asin_quotient(double t)
{
	double p =
	    t *
	    (1.66666666666666657415e-01 +
	     t * (-3.25565818622400915405e-01 +
		  t * (2.01212532134862925881e-01 +
		       t * (-4.00555345006794114027e-02 +
			    t * (7.91534994289814532176e-04 + t * 3.47933107596021167570e-05)))));
	double q =
	    1.0 + t * (-2.40339491173441421878e+00 +
		       t * (2.02094576023350569471e+00 +
			    t * (-6.88283971605453293030e-01 + t * 7.70381505559019352791e-02)));
	return p / q;
}

/* From one half on through the square root of (1 - |x|) / 2. */
double wr_java_asin(double x)
{
	uint32_t ix = high_abs(x);
	double ax = fabs(x);

	if (ax == 1)
		return x * HALF_PI_HI + x * HALF_PI_LO;
	if (isnan(x) || ax > 1)
		return NAN;
	if (ix < 0x3e400000u)
		return x;
	if (ix < 0x3fe00000u)
		return x + x * asin_quotient(x * x);
	double t = (1.0 - ax) * 0.5;
	double r = asin_quotient(t);
	double s = sqrt(t);
	if (ix >= 0x3fef3333u) {
		t = HALF_PI_HI - (2.0 * (s + s * r) - HALF_PI_LO);
	} else {
		double w = high_half(s);
		double c = (t - w * w) / (s + w);
		double p = 2.0 * s * r - (HALF_PI_LO - 2.0 * c);
		double q = QUARTER_PI - 2.0 * w;
		t = QUARTER_PI - (p - q);
	}
	return x > 0 ? t : -t;
}

/* As asin, in three ranges. */
double wr_java_acos(double x)
{
	uint32_t ix = high_abs(x);

	if (x == 1)
		return 0;
	if (x == -1)
		return PI_HI + 2.0 * HALF_PI_LO;
	if (isnan(x) || fabs(x) > 1)
		return NAN;
	if (ix < 0x3fe00000u) {
		if (ix <= 0x3c600000u)
			return HALF_PI_HI + HALF_PI_LO;
		return HALF_PI_HI - (x - (HALF_PI_LO - x * asin_quotient(x * x)));
	}
	if (x < 0) {
		double z = (1.0 + x) * 0.5;
		double s = sqrt(z);
		return PI_HI - 2.0 * (s + (asin_quotient(z) * s - HALF_PI_LO));
	}
	double z = (1.0 - x) * 0.5;
	double s = sqrt(z);
	double df = high_half(s);
	double c = (z - df * df) / (s + df);
	return 2.0 * (df + (asin_quotient(z) * s + c));
}

/* atan(x) - x, negated, divided by x, for |x| < 0.4375. */
static double atan_series(double x)
{
	double z = x * x;
	double w = z * z;
	double s1 =
	    z *
	    (3.33333333333329318027e-01 +
	     w * (1.42857142725034663711e-01 +
		  w * (9.09088713343650656196e-02 +
		       w * (6.66107313738753120669e-02 +
			    w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02)))));
	double s2 =
	    w * (-1.99999999998764832476e-01 +
		 w * (-1.11111104054623557880e-01 +
		      w * (-7.69187620504482999495e-02 +
			   w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))));
	return s1 + s2;
}

/* Reduces to one of four intervals by the angles at 0.5, 1, 1.5 and infinity. */
double wr_java_atan(double x)
{
	static const double hi[4] = {4.63647609000806093515e-01, 7.85398163397448278999e-01,
				     9.82793723247329054082e-01, 1.57079632679489655800e+00};
	static const double lo[4] = {2.26987774529616870924e-17, 3.06161699786838301793e-17,
				     1.39033110312309984516e-17, 6.12323399573676603587e-17};
	uint32_t ix = high_abs(x);
	double ax = fabs(x), r;
	int id;

	if (isnan(x))
		return x;
	if (ix >= 0x44100000u)
		return x > 0 ? hi[3] + lo[3] : -hi[3] - lo[3];
	if (ix < 0x3fdc0000u)
		return ix < 0x3e200000u ? x : x - x * atan_series(x);
	if (ix < 0x3fe60000u) {
		id = 0;
		r = (2.0 * ax - 1.0) / (2.0 + ax);
	} else if (ix < 0x3ff30000u) {
		id = 1;
		r = (ax - 1.0) / (ax + 1.0);
	} else if (ix < 0x40038000u) {
		id = 2;
		r = (ax - 1.5) / (1.0 + 1.5 * ax);
	} else {
		id = 3;
		r = -1.0 / ax;
	}
	double z = hi[id] - ((r * atan_series(r) - lo[id]) - r);
	return x < 0 ? -z : z;
}

/* The quadrant follows from the signs. */
double wr_java_atan2(double y, double x)
{
	if (isnan(x) || isnan(y) || x == 0 || y == 0 || isinf(x) || isinf(y))
		return atan2(y, x); /* exact multiples of pi / 4 */
	if (x == 1)
		return wr_java_atan(y);
	int32_t k = ((int32_t)high_abs(y) - (int32_t)high_abs(x)) >> 20;
	double z;
	if (k > 60)
		z = HALF_PI_HI + 0.5 * PI_LO;
	else if (x < 0 && k < -60)
		z = 0;
	else
		z = wr_java_atan(fabs(y / x));
	if (x > 0)
		return y < 0 ? -z : z;
	return y < 0 ? (z - PI_LO) - PI_HI : PI_HI - (z - PI_LO);
}

double wr_java_log10(double x)
{
	return (double)log10l((long double)x);
}

/* --- random numbers -------------------------------------------------------------------------- */

#define RANDOM_MULTIPLIER 0x5deece66dull
#define RANDOM_MASK       ((1ull << 48) - 1)

void wr_java_random_seed(struct wr_java_random *random, int64_t seed)
{
	random->state = ((uint64_t)seed ^ RANDOM_MULTIPLIER) & RANDOM_MASK;
}

/* The upper `bits` bits of the next state, as a signed int. */
static int32_t next_bits(struct wr_java_random *random, int bits)
{
	random->state = (random->state * RANDOM_MULTIPLIER + 0xb) & RANDOM_MASK;
	return (int32_t)(uint32_t)(random->state >> (48 - bits));
}

double wr_java_random_double(struct wr_java_random *random)
{
	int64_t high = (int64_t)next_bits(random, 26) << 27;

	return (double)(high + next_bits(random, 27)) * 0x1.0p-53;
}

int32_t wr_java_random_below(struct wr_java_random *random, int32_t bound)
{
	int32_t value = next_bits(random, 31);

	if ((bound & (bound - 1)) == 0)
		return (int32_t)(((int64_t)bound * value) >> 31);
	/* Draws from the incomplete last range are repeated: they would favour small numbers. */
	for (int32_t draw = value; draw - (value = draw % bound) > INT32_MAX - (bound - 1);)
		draw = next_bits(random, 31);
	return value;
}
