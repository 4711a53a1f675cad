/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_math_round - functions that keep the type of their argument: ABS, SIGN, FLOOR, CEIL, ROUND,
 * TRUNCATE.
 *
 * Result types are Flink's. Of DECIMAL(p, s): ABS and SIGN the same; FLOOR and CEIL DECIMAL(p, 0);
 * ROUND and TRUNCATE to a constant number n of digits DECIMAL(min(38, p - s + 1 + n), n) when
 * 0 <= n < s, DECIMAL(min(38, p - s + 1), 0) when n < 0, else (and with n from a column) the same.
 *
 * DOUBLE is rounded as the decimal number that it prints as, half up: ROUND(1.005E0, 2) is 1.01.
 * Integers wrap: ROUND of the largest INT to tens is negative, as in Java.
 *
 * Shapes: FLOOR(x), CEIL(x); FLOOR(x TO unit) is FLOOR(x, SYMBOL unit), see fn_temporal_unit.c.
 */
#include <math.h>
#include <string.h>

#include "base/macros.h"
#include "data/decimal.h"
#include "data/number.h"
#include "expr/fn_math.h"
#include "expr/fn_temporal.h"
#include "expr/kernel.h"

/* Looks through casts and a minus sign. */
bool wr_infer_const_int(const struct wr_expr *arg, int64_t *value)
{
	if (arg->kind == WR_E_CAST && wr_kind_is_integer(arg->type->kind))
		return wr_infer_const_int(arg->arg[0], value);
	if (arg->kind == WR_E_CALL && arg->arg_count == 1 &&
	    strcmp(arg->function->name, "-") == 0) {
		if (!wr_infer_const_int(arg->arg[0], value))
			return false;
		*value = (int64_t)(0 - (uint64_t)*value);
		return true;
	}
	if (arg->kind != WR_E_CONST || !wr_kind_is_integer(arg->type->kind) ||
	    !wr_column_is_valid(arg->value, 0))
		return false;
	*value = wr_int_at(arg->value, 0);
	return true;
}

/* --- ABS ------------------------------------------------------------------------------------- */

#define ABS_CASE(phys, ctype, utype)                                                               \
	case phys:                                                                                 \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			ctype x = WR_AT(arg[0], ctype, i);                                         \
			WR_DATA(out, ctype)[i] = x < 0 ? (ctype)(utype)(0 - (utype)x) : x;         \
		}                                                                                  \
		break

/* The smallest integer of a type stays what it is. */
static wr_status *abs_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	(void)call;
	switch (out->phys) {
		ABS_CASE(WR_P_I8, int8_t, uint8_t);
		ABS_CASE(WR_P_I16, int16_t, uint16_t);
		ABS_CASE(WR_P_I32, int32_t, uint32_t);
		ABS_CASE(WR_P_I64, int64_t, uint64_t);
		ABS_CASE(WR_P_I128, wr_i128, unsigned __int128);
	case WR_P_F32:
		for (uint32_t i = 0; i < rows; i++)
			WR_DATA(out, float)[i] = fabsf(WR_AT(arg[0], float, i));
		break;
	default:
		for (uint32_t i = 0; i < rows; i++)
			WR_DATA(out, double)[i] = fabs(WR_AT(arg[0], double, i));
		break;
	}
	return NULL;
}

/* --- SIGN ------------------------------------------------------------------------------------ */

#define SIGN_CASE(phys, ctype)                                                                     \
	case phys:                                                                                 \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			ctype x = WR_AT(arg[0], ctype, i);                                         \
			WR_DATA(out, ctype)[i] = (ctype)((x > 0) - (x < 0));                       \
		}                                                                                  \
		break

/* Math.signum: zeros and NaN stay what they are. */
static double signum(double x)
{
	return x > 0 ? 1.0 : x < 0 ? -1.0 : x;
}

/* A DECIMAL without digits before the point has no room for 1: NULL. */
static wr_status *sign_kernel(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	switch (out->phys) {
		SIGN_CASE(WR_P_I8, int8_t);
		SIGN_CASE(WR_P_I16, int16_t);
		SIGN_CASE(WR_P_I32, int32_t);
		SIGN_CASE(WR_P_I64, int64_t);
	case WR_P_I128:
		for (uint32_t i = 0; i < rows; i++) {
			wr_i128 x = WR_AT(arg[0], wr_i128, i);
			wr_i128 *to = &WR_DATA(out, wr_i128)[i];
			*to = ((x > 0) - (x < 0)) * wr_pow10[call->type->scale];
			if (!wr_decimal_fits(*to, call->type->precision) && !wr_skips(eval, out, i))
				wr_out_null(out, i);
		}
		break;
	case WR_P_F32:
		for (uint32_t i = 0; i < rows; i++)
			WR_DATA(out, float)[i] = (float)signum(WR_AT(arg[0], float, i));
		break;
	default:
		for (uint32_t i = 0; i < rows; i++)
			WR_DATA(out, double)[i] = signum(WR_AT(arg[0], double, i));
		break;
	}
	return NULL;
}

/* ABS and SIGN: a number, the result of its type. */
static wr_status *infer_same(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (type == NULL || !wr_kind_is_numeric(type->kind))
		return wr_infer_mismatch(infer);
	infer->result = type;
	return NULL;
}

/* --- FLOOR and CEIL -------------------------------------------------------------------------- */

static void copy_column(struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint32_t width = wr_phys_size(out->phys);
	const char *from = arg[0]->data;

	for (uint32_t i = 0; i < rows; i++)
		memcpy((char *)out->data + (size_t)i * width,
		       from + (size_t)(i & arg[0]->mask) * width, width);
}

/* Integers are copied. */
static wr_status *floor_ceil(const struct wr_call *call, struct wr_column *const *arg,
			     uint32_t rows, struct wr_column *out, bool up)
{
	int scale = call->arg_type[0]->scale;

	switch (out->phys) {
	case WR_P_F32:
		for (uint32_t i = 0; i < rows; i++) {
			float x = WR_AT(arg[0], float, i);
			WR_DATA(out, float)[i] = up ? ceilf(x) : floorf(x);
		}
		break;
	case WR_P_F64:
		for (uint32_t i = 0; i < rows; i++) {
			double x = WR_AT(arg[0], double, i);
			WR_DATA(out, double)[i] = up ? ceil(x) : floor(x);
		}
		break;
	case WR_P_I128:
		for (uint32_t i = 0; i < rows; i++) {
			wr_i128 x = WR_AT(arg[0], wr_i128, i);
			WR_DATA(out, wr_i128)
			[i] = up ? wr_decimal_ceil(x, scale) : wr_decimal_floor(x, scale);
		}
		break;
	default: copy_column(arg, rows, out); break;
	}
	return NULL;
}

static wr_status *floor_kernel(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	return floor_ceil(call, arg, rows, out, false);
}

static wr_status *ceil_kernel(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	return floor_ceil(call, arg, rows, out, true);
}

/* One argument: a number; two: a time and a unit. */
static wr_status *infer_floor_ceil(struct wr_infer *infer, bool up)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (infer->arg_count == 2)
		return wr_infer_round_time(infer, up);
	if (type == NULL || !wr_kind_is_numeric(type->kind))
		return wr_infer_mismatch(infer);
	infer->result =
	    type->kind == WR_DECIMAL ? wr_type_decimal(infer->arena, type->precision, 0) : type;
	return NULL;
}

static wr_status *infer_floor(struct wr_infer *infer)
{
	return infer_floor_ceil(infer, false);
}

static wr_status *infer_ceil(struct wr_infer *infer)
{
	return infer_floor_ceil(infer, true);
}

/* --- ROUND and TRUNCATE ---------------------------------------------------------------------- */

/* An integer rounded to `digits` < 0; wraps at 64 bits. */
static int64_t round_integer(int64_t value, int64_t digits, bool truncate)
{
	if (digits >= 0)
		return value;
	if (digits < -19)
		return 0;
	wr_i128 unit = wr_pow10[-digits];
	wr_i128 size = value < 0 ? -(wr_i128)value : value;
	wr_i128 whole = (size + (truncate ? 0 : unit / 2)) / unit * unit;
	return (int64_t)(uint64_t)(value < 0 ? -whole : whole);
}

/* Writes the digits that a finite positive double prints with, rounded to `digits` behind the
 * point, as a number in text; false: nothing is left, the result is 0. */
static bool round_digits(double size, int64_t digits, bool truncate, char *text)
{
	char digit[WR_DOUBLE_DIGITS_MAX + 1];
	int exponent, count = wr_double_digits(size, digit + 1, &exponent);
	int64_t keep = exponent + digits;
	char *first = digit + 1;

	if (keep < 0)
		return false;
	if (keep < count) {
		bool up = !truncate && first[keep] >= '5';
		count = (int)keep;
		int i = count - 1;
		for (; up && i >= 0; i--) {
			up = first[i] == '9';
			first[i] = up ? '0' : (char)(first[i] + 1);
		}
		if (up) { /* all nines: one digit more in front */
			*--first = '1';
			count++;
			exponent++;
		}
	}
	if (count == 0)
		return false;
	memcpy(text, first, (size_t)count);
	text[count] = 'e';
	wr_i64_print(text + count + 1, (int64_t)exponent - count);
	return true;
}

/* By way of the decimal digits, as BigDecimal.valueOf does. */
static double round_double(double value, int64_t digits, bool truncate)
{
	char text[64];
	double result = 0;

	if (value == 0 || !round_digits(fabs(value), digits, truncate, text))
		return 0;
	bool ok = wr_double_read(text, strlen(text), &result);
	WR_ASSERT(ok);
	(void)ok;
	return value < 0 ? -result : result;
}

/* TRUNCATE of a double goes through DECIMAL(38, 18) where the number fits it. */
static double truncate_double(double value, int64_t digits)
{
	wr_i128 unscaled;

	if (!wr_decimal_from_double(value, 38, 18, &unscaled))
		return round_double(value, digits, true);
	if (digits < -19)
		return 0;
	if (digits < 18) {
		wr_i128 unit = wr_pow10[18 - digits];
		unscaled = unscaled / unit * unit;
	}
	return wr_decimal_to_double(unscaled, 18);
}

/* One row of ROUND or TRUNCATE. */
static void round_row(struct wr_eval *eval, const struct wr_call *call, const struct wr_column *arg,
		      uint32_t i, int64_t digits, bool truncate, struct wr_column *out)
{
	const struct wr_type *from = call->arg_type[0], *to = call->type;
	bool is_double = out->phys == WR_P_F64;
	wr_i128 decimal;

	switch (out->phys) {
	case WR_P_I8:
		WR_DATA(out, int8_t)
		[i] = (int8_t)round_integer(WR_AT(arg, int8_t, i), digits, truncate);
		return;
	case WR_P_I16:
		WR_DATA(out, int16_t)
		[i] = (int16_t)round_integer(WR_AT(arg, int16_t, i), digits, truncate);
		return;
	case WR_P_I32:
		WR_DATA(out, int32_t)
		[i] = (int32_t)round_integer(WR_AT(arg, int32_t, i), digits, truncate);
		return;
	case WR_P_I64:
		WR_DATA(out, int64_t)[i] = round_integer(WR_AT(arg, int64_t, i), digits, truncate);
		return;
	case WR_P_I128: {
		int n = (int)WR_MAX(-40, WR_MIN(40, digits));
		bool ok = truncate ? wr_decimal_trunc_digits(WR_AT(arg, wr_i128, i), from->scale, n,
							     to->precision, to->scale, &decimal)
				   : wr_decimal_round(WR_AT(arg, wr_i128, i), from->scale, n,
						      to->precision, to->scale, &decimal);
		WR_DATA(out, wr_i128)[i] = ok ? decimal : 0;
		if (!ok)
			wr_out_null(out, i);
		return;
	}
	default: break;
	}
	double value = is_double ? WR_AT(arg, double, i) : (double)WR_AT(arg, float, i);
	if (!isfinite(value)) {
		wr_eval_fail(eval, i, "%s cannot be applied to %s", call->function->name,
			     isnan(value) ? "NaN" : "an infinite number");
		return;
	}
	value = truncate ? truncate_double(value, digits) : round_double(value, digits, false);
	if (is_double)
		WR_DATA(out, double)[i] = value;
	else
		WR_DATA(out, float)[i] = (float)value;
}

/* ROUND, or TRUNCATE when plan->i64 is 1. */
static wr_status *round_kernel(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	bool truncate = call->plan->i64 != 0;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		int64_t digits = call->arg_count == 2 ? wr_int_at(arg[1], i) : 0;
		round_row(eval, call, arg[0], i, digits, truncate, out);
	}
	return NULL;
}

/* DECIMAL(p, s) rounded to a known number of digits. */
static const struct wr_type *rounded_decimal(struct wr_arena *arena, const struct wr_type *type,
					     int64_t digits)
{
	if (digits >= type->scale)
		return type;
	int scale = digits < 0 ? 0 : (int)digits;
	int precision = 1 + type->precision - type->scale + scale;
	return wr_type_decimal(arena, WR_MIN(WR_DECIMAL_PRECISION_MAX, precision), scale);
}

/* A constant number of digits decides the scale of a DECIMAL result. */
static wr_status *infer_round_digits(struct wr_infer *infer, bool truncate)
{
	const struct wr_type *type = infer->arg[0]->type;
	int64_t digits = 0;
	bool known = true;

	if (type == NULL || !wr_kind_is_numeric(type->kind))
		return wr_infer_mismatch(infer);
	if (infer->arg_count == 2) {
		const struct wr_type *by = infer->arg[1]->type;
		if (by == NULL || !(wr_kind_is_integer(by->kind) || by->kind == WR_NULL) ||
		    by->kind == WR_BIGINT)
			return wr_infer_mismatch(infer);
		infer->want[1] = &WR_T_INT;
		known = wr_infer_const_int(infer->arg[1], &digits);
	}
	infer->plan->i64 = truncate;
	infer->result = type;
	if (type->kind == WR_DECIMAL && known)
		infer->result = rounded_decimal(infer->arena, type, digits);
	return NULL;
}

static wr_status *infer_round(struct wr_infer *infer)
{
	return infer_round_digits(infer, false);
}

static wr_status *infer_truncate(struct wr_infer *infer)
{
	return infer_round_digits(infer, true);
}

/* --- entries --------------------------------------------------------------------------------- */

const struct wr_function wr_fn_abs = {
    .name = "ABS",
    .category = "arithmetic",
    .syntax = "ABS(numeric)",
    .doc = "The absolute value.",
    .flags = WR_F_STRICT | WR_F_BLIND,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_same,
    .kernel = abs_kernel,
};

const struct wr_function wr_fn_sign = {
    .name = "SIGN",
    .category = "arithmetic",
    .syntax = "SIGN(numeric)",
    .doc = "1, 0 or -1, in the argument's type.",
    .flags = WR_F_STRICT | WR_F_BLIND,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_same,
    .kernel = sign_kernel,
};

const struct wr_function wr_fn_floor = {
    .name = "FLOOR",
    .category = "arithmetic",
    .syntax = "FLOOR(numeric) | FLOOR(time TO unit)",
    .doc = "The largest whole number that is not larger; or a point of time rounded down.",
    .flags = WR_F_STRICT,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_floor,
    .kernel = floor_kernel,
    .prepare = wr_zone_prepare,
    .release = wr_zone_release,
};

static const char *const ceil_aliases[] = {"CEILING", NULL};

const struct wr_function wr_fn_ceil = {
    .name = "CEIL",
    .category = "arithmetic",
    .syntax = "CEIL(numeric) | CEIL(time TO unit)",
    .doc = "The smallest whole number that is not smaller; or a point of time rounded up.",
    .flags = WR_F_STRICT,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_ceil,
    .kernel = ceil_kernel,
    .prepare = wr_zone_prepare,
    .release = wr_zone_release,
    .aliases = ceil_aliases,
};

const struct wr_function wr_fn_round = {
    .name = "ROUND",
    .category = "arithmetic",
    .syntax = "ROUND(numeric[, integer])",
    .doc = "Rounds half up to a number of digits behind the point (negative: before it).",
    .flags = WR_F_STRICT | WR_F_FALLIBLE,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_round,
    .kernel = round_kernel,
};

const struct wr_function wr_fn_truncate = {
    .name = "TRUNCATE",
    .category = "arithmetic",
    .syntax = "TRUNCATE(numeric[, integer])",
    .doc = "Cuts off digits behind the point (negative: before it).",
    .flags = WR_F_STRICT | WR_F_FALLIBLE,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_truncate,
    .kernel = round_kernel,
};
