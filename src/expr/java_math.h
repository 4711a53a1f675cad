/* SPDX-License-Identifier: Apache-2.0
 *
 * java_math - elementary functions and pseudo-random numbers, bit for bit as java.lang gives them.
 *
 * DOUBLE results are printed with all their digits, so being one unit off in the last place shows.
 * The C library is nearly always the closest double, and so is Java for sin, cos, tan, exp, ln and
 * pow; but Java's inverse and hyperbolic functions follow fdlibm (Sun's freely distributable
 * library) to the letter, which often is one unit off. Those are computed here by its methods.
 *
 * Thread: pure functions, except that a generator belongs to one owner.
 */
#ifndef WR_EXPR_JAVA_MATH_H
#define WR_EXPR_JAVA_MATH_H

#include <stdint.h>

double wr_java_asin(double x);
double wr_java_acos(double x);
double wr_java_atan(double x);
double wr_java_atan2(double y, double x);
double wr_java_sinh(double x);
double wr_java_cosh(double x);
double wr_java_tanh(double x);
double wr_java_log10(double x);

/* java.util.Random: a linear congruential generator of 48 bits. */
struct wr_java_random {
	uint64_t state; /* 48 bits */
};
void wr_java_random_seed(struct wr_java_random *random, int64_t seed);
/* 0 <= x < 1, 53 bits. */
double wr_java_random_double(struct wr_java_random *random);
/* 0 <= n < bound; bound > 0. */
int32_t wr_java_random_below(struct wr_java_random *random, int32_t bound);

#endif
