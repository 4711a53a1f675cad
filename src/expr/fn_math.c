/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_math - elementary functions over DOUBLE, and the table of arithmetic functions.
 *
 * Arguments of any numeric type are cast to DOUBLE; results are those of java.lang.Math. Nothing
 * fails: LN(-1) is NaN, LN(0) is -Infinity. Rounding is in fn_math_round.c, random numbers in
 * fn_math_rand.c; "+", "-", "%" are elsewhere.
 *
 * Shapes: all are plain calls. PI and PI() are the same call without arguments.
 */
#include "expr/fn_math.h"

#include <math.h>

#include "expr/java_math.h"
#include "expr/kernel.h"
#include "expr/tables.h"

/* A kernel of one argument `x`. */
#define KERNEL1(name, expression)                                                                  \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		double *to = WR_DATA(out, double);                                                 \
                                                                                                   \
		(void)eval;                                                                        \
		(void)call;                                                                        \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			double x = WR_AT(arg[0], double, i);                                       \
			to[i] = (expression);                                                      \
		}                                                                                  \
		return NULL;                                                                       \
	}

/* The same of two arguments `x` and `y`. */
#define KERNEL2(name, expression)                                                                  \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		double *to = WR_DATA(out, double);                                                 \
                                                                                                   \
		(void)eval;                                                                        \
		(void)call;                                                                        \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			double x = WR_AT(arg[0], double, i);                                       \
			double y = WR_AT(arg[1], double, i);                                       \
			to[i] = (expression);                                                      \
		}                                                                                  \
		return NULL;                                                                       \
	}

/* Math.pow: 1 and -1 to the power of NaN or infinity are NaN, unlike C's. */
static double java_pow(double x, double y)
{
	if (fabs(x) == 1 && !isfinite(y))
		return NAN;
	return pow(x, y);
}

KERNEL1(sqrt_kernel, sqrt(x))
KERNEL1(exp_kernel, exp(x))
KERNEL1(ln_kernel, log(x))
KERNEL1(log10_kernel, wr_java_log10(x))
KERNEL1(log2_kernel, log(x) / log(2.0))
KERNEL1(sin_kernel, sin(x))
KERNEL1(cos_kernel, cos(x))
KERNEL1(tan_kernel, tan(x))
KERNEL1(cot_kernel, 1.0 / tan(x))
KERNEL1(sinh_kernel, wr_java_sinh(x))
KERNEL1(cosh_kernel, wr_java_cosh(x))
KERNEL1(tanh_kernel, wr_java_tanh(x))
KERNEL1(asin_kernel, wr_java_asin(x))
KERNEL1(acos_kernel, wr_java_acos(x))
KERNEL1(atan_kernel, wr_java_atan(x))
KERNEL1(degrees_kernel, x * 57.29577951308232)
KERNEL1(radians_kernel, x * 0.017453292519943295)
KERNEL2(power_kernel, java_pow(x, y))
KERNEL2(atan2_kernel, wr_java_atan2(x, y))
KERNEL2(log_base_kernel, log(y) / log(x))

static wr_status *pi_kernel(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	(void)call;
	(void)arg;
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, double)[i] = 3.141592653589793;
	return NULL;
}

static wr_status *e_kernel(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	(void)call;
	(void)arg;
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, double)[i] = 2.718281828459045;
	return NULL;
}

static wr_status *infer_log(struct wr_infer *infer)
{
	infer->plan->kernel = infer->arg_count == 1 ? ln_kernel : log_base_kernel;
	return wr_infer_double(infer);
}

#define MATH(id, sql, form, arguments, kernel_of, text)                                            \
	static const struct wr_function id = {.name = (sql),                                       \
					      .category = "arithmetic",                            \
					      .syntax = (form),                                    \
					      .doc = (text),                                       \
					      .flags = WR_F_STRICT | WR_F_BLIND,                   \
					      .min_args = (arguments),                             \
					      .max_args = (arguments),                             \
					      .infer = wr_infer_double,                            \
					      .kernel = (kernel_of)}

MATH(fn_power, "POWER", "POWER(numeric1, numeric2)", 2, power_kernel,
     "numeric1 raised to the power of numeric2.");
MATH(fn_sqrt, "SQRT", "SQRT(numeric)", 1, sqrt_kernel, "The square root; NaN of negative numbers.");
MATH(fn_exp, "EXP", "EXP(numeric)", 1, exp_kernel, "e raised to the power of the argument.");
MATH(fn_ln, "LN", "LN(numeric)", 1, ln_kernel, "The natural logarithm.");
MATH(fn_log10, "LOG10", "LOG10(numeric)", 1, log10_kernel, "The logarithm to base 10.");
MATH(fn_log2, "LOG2", "LOG2(numeric)", 1, log2_kernel, "The logarithm to base 2.");
MATH(fn_sin, "SIN", "SIN(numeric)", 1, sin_kernel, "The sine of an angle in radians.");
MATH(fn_sinh, "SINH", "SINH(numeric)", 1, sinh_kernel, "The hyperbolic sine.");
MATH(fn_cos, "COS", "COS(numeric)", 1, cos_kernel, "The cosine of an angle in radians.");
MATH(fn_cosh, "COSH", "COSH(numeric)", 1, cosh_kernel, "The hyperbolic cosine.");
MATH(fn_tan, "TAN", "TAN(numeric)", 1, tan_kernel, "The tangent of an angle in radians.");
MATH(fn_tanh, "TANH", "TANH(numeric)", 1, tanh_kernel, "The hyperbolic tangent.");
MATH(fn_cot, "COT", "COT(numeric)", 1, cot_kernel, "The cotangent of an angle in radians.");
MATH(fn_asin, "ASIN", "ASIN(numeric)", 1, asin_kernel, "The arc sine, in radians.");
MATH(fn_acos, "ACOS", "ACOS(numeric)", 1, acos_kernel, "The arc cosine, in radians.");
MATH(fn_atan, "ATAN", "ATAN(numeric)", 1, atan_kernel, "The arc tangent, in radians.");
MATH(fn_atan2, "ATAN2", "ATAN2(numeric1, numeric2)", 2, atan2_kernel,
     "The angle of the point (numeric2, numeric1), in radians.");
MATH(fn_degrees, "DEGREES", "DEGREES(numeric)", 1, degrees_kernel, "Radians as degrees.");
MATH(fn_radians, "RADIANS", "RADIANS(numeric)", 1, radians_kernel, "Degrees as radians.");
MATH(fn_pi, "PI", "PI()", 0, pi_kernel, "The number closest to pi.");
MATH(fn_e, "E", "E()", 0, e_kernel, "The number closest to e.");

static const struct wr_function fn_log = {
    .name = "LOG",
    .category = "arithmetic",
    .syntax = "LOG([base, ]numeric)",
    .doc = "The natural logarithm, or the logarithm to the base given first.",
    .flags = WR_F_STRICT | WR_F_BLIND,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_log,
};

const struct wr_function *const wr_fn_math[] = {
    &wr_fn_abs,   &fn_power,       &fn_sqrt,    &fn_ln,       &fn_log10,   &fn_log2,
    &fn_log,      &fn_exp,         &wr_fn_ceil, &wr_fn_floor, &fn_sin,     &fn_sinh,
    &fn_cos,      &fn_cosh,        &fn_tan,     &fn_tanh,     &fn_cot,     &fn_asin,
    &fn_acos,     &fn_atan,        &fn_atan2,   &fn_degrees,  &fn_radians, &wr_fn_sign,
    &wr_fn_round, &wr_fn_truncate, &fn_pi,      &fn_e,        &wr_fn_rand, &wr_fn_rand_integer,
};
const uint32_t wr_fn_math_count = WR_COUNT(wr_fn_math);
