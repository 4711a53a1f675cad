/* SPDX-License-Identifier: Apache-2.0
 *
 * cast_decimal - numbers and booleans to and from DECIMAL, and between its precisions.
 *
 * Scales shrink by rounding half up; what does not fit the precision is NULL, never an error.
 * Towards integers the fraction is cut off, and the rest wraps.
 */
#include <math.h>

#include "data/decimal.h"
#include "expr/cast.h"

static wr_status *int_to_decimal(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int precision = call->type->precision, scale = call->type->scale;
	wr_i128 factor = wr_pow10[scale];
	wr_i128 *to = out->data;

	if (arg[0]->phys == WR_P_I64 && precision - scale >= 19) { /* nothing can overflow */
		for (uint32_t i = 0; i < rows; i++)
			to[i] = WR_AT(arg[0], int64_t, i) * factor;
		return NULL;
	}
	for (uint32_t i = 0; i < rows; i++) {
		to[i] = (wr_i128)wr_int_at(arg[0], i);
		if (!wr_decimal_fits(to[i], precision - scale)) {
			to[i] = 0;
			wr_out_null(out, i);
		}
		to[i] *= factor;
	}
	return NULL;
}

static wr_status *floating_to_decimal(struct wr_eval *eval, const struct wr_call *call,
				      struct wr_column *const *arg, uint32_t rows,
				      struct wr_column *out)
{
	wr_i128 *to = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		to[i] = 0;
		if (wr_skips(eval, out, i))
			continue;
		double value = arg[0]->phys == WR_P_F32 ? (double)WR_AT(arg[0], float, i)
							: WR_AT(arg[0], double, i);
		if (!isfinite(value))
			WR_CAST_FAIL(eval, out, i, "%s has no value as a DECIMAL",
				     isnan(value) ? "NaN" : "Infinity");
		else if (!wr_decimal_from_double(value, call->type->precision, call->type->scale,
						 &to[i]))
			wr_out_null(out, i);
	}
	return NULL;
}

static wr_status *decimal_to_decimal(struct wr_eval *eval, const struct wr_call *call,
				     struct wr_column *const *arg, uint32_t rows,
				     struct wr_column *out)
{
	int from_scale = call->arg_type[0]->scale;
	int precision = call->type->precision, scale = call->type->scale;
	wr_i128 *to = out->data;

	/* A wider type: one multiplication. */
	if (scale >= from_scale && precision - scale >= call->arg_type[0]->precision - from_scale) {
		wr_i128 factor = wr_pow10[scale - from_scale];
		for (uint32_t i = 0; i < rows; i++)
			to[i] = WR_AT(arg[0], wr_i128, i) * factor;
		return NULL;
	}
	for (uint32_t i = 0; i < rows; i++)
		if (!wr_decimal_rescale(WR_AT(arg[0], wr_i128, i), from_scale, precision, scale,
					&to[i]))
			wr_out_null(out, i);
	return NULL;
}

static wr_status *decimal_to_number(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	int scale = call->arg_type[0]->scale;

	for (uint32_t i = 0; i < rows; i++) {
		wr_i128 value = WR_AT(arg[0], wr_i128, i);
		switch (out->phys) {
		case WR_P_BOOL: WR_DATA(out, uint8_t)[i] = value != 0; break;
		case WR_P_I8:
			WR_DATA(out, int8_t)[i] = (int8_t)wr_decimal_to_i64(value, scale);
			break;
		case WR_P_I16:
			WR_DATA(out, int16_t)[i] = (int16_t)wr_decimal_to_i64(value, scale);
			break;
		case WR_P_I32:
			WR_DATA(out, int32_t)[i] = (int32_t)wr_decimal_to_i64(value, scale);
			break;
		case WR_P_I64: WR_DATA(out, int64_t)[i] = wr_decimal_to_i64(value, scale); break;
		case WR_P_F32:
			WR_DATA(out, float)[i] = (float)wr_decimal_to_double(value, scale);
			break;
		default: WR_DATA(out, double)[i] = wr_decimal_to_double(value, scale); break;
		}
	}
	return NULL;
}

wr_kernel wr_cast_decimal_kernel(const struct wr_type *from, const struct wr_type *to)
{
	if (to->kind == WR_DECIMAL) {
		if (from->kind == WR_DECIMAL)
			return decimal_to_decimal;
		if (wr_kind_is_integer(from->kind) || from->kind == WR_BOOLEAN ||
		    wr_kind_is_interval(from->kind))
			return int_to_decimal;
		if (wr_kind_is_approx(from->kind))
			return floating_to_decimal;
		return NULL;
	}
	if (from->kind == WR_DECIMAL && (wr_kind_is_numeric(to->kind) || to->kind == WR_BOOLEAN))
		return decimal_to_number;
	return NULL;
}
