/* SPDX-License-Identifier: Apache-2.0
 *
 * arith_decimal - + - * / % on DECIMAL.
 *
 * Result types are SQL's, limited to 38 digits: when more would be needed the fraction gives way,
 * down to 6 digits. Where the type has room for every result, sums and products are plain 128-bit
 * operations; otherwise the data layer's exact ones, and what does not fit is NULL.
 */
#include "base/macros.h"
#include "data/decimal.h"
#include "expr/arith.h"
#include "expr/kernel.h"

#define SCALE_KEPT 6 /* digits of fraction that are not given up for whole digits */

/* The shape without the limit of 38 digits. */
static void wide_shape(enum wr_arith_op op, const struct wr_type *a, const struct wr_type *b,
		       int *precision, int *scale)
{
	int whole_a = a->precision - a->scale, whole_b = b->precision - b->scale;

	*precision = *scale = 0;
	switch (op) {
	case WR_ARITH_ADD:
	case WR_ARITH_SUB:
		*scale = WR_MAX(a->scale, b->scale);
		*precision = WR_MAX(whole_a, whole_b) + *scale + 1;
		break;
	case WR_ARITH_MUL:
		*scale = a->scale + b->scale;
		*precision = a->precision + b->precision + 1;
		break;
	case WR_ARITH_DIV:
		*scale = WR_MAX(SCALE_KEPT, a->scale + b->precision + 1);
		*precision = whole_a + b->scale + *scale;
		break;
	case WR_ARITH_MOD:
		*scale = WR_MAX(a->scale, b->scale);
		*precision = WR_MIN(whole_a, whole_b) + *scale;
		break;
	}
}

const struct wr_type *wr_arith_decimal_type(struct wr_arena *arena, enum wr_arith_op op,
					    const struct wr_type *a, const struct wr_type *b)
{
	int precision, scale;

	wide_shape(op, a, b, &precision, &scale);
	if (precision > WR_DECIMAL_PRECISION_MAX) {
		int whole = precision - scale;
		scale = WR_MAX(WR_DECIMAL_PRECISION_MAX - whole, WR_MIN(scale, SCALE_KEPT));
		precision = WR_DECIMAL_PRECISION_MAX;
	}
	return wr_type_decimal(arena, precision, scale);
}

/* Whether no result can overflow the type, nor any step on the way. */
static bool has_room(const struct wr_call *call, enum wr_arith_op op)
{
	int precision, scale;

	wide_shape(op, call->arg_type[0], call->arg_type[1], &precision, &scale);
	return precision <= WR_DECIMAL_PRECISION_MAX;
}

#define EXACT_KERNEL(name, op, roomy)                                                              \
	static wr_status *name##_decimal(struct wr_eval *eval, const struct wr_call *call,         \
					 struct wr_column *const *arg, uint32_t rows,              \
					 struct wr_column *out)                                    \
	{                                                                                          \
		int sa = call->arg_type[0]->scale, sb = call->arg_type[1]->scale;                  \
		int precision = call->type->precision, scale = call->type->scale;                  \
		wr_i128 *to = out->data;                                                           \
		if (has_room(call, op)) {                                                          \
			wr_i128 fa = wr_pow10[scale - sa], fb = wr_pow10[scale - sb];              \
			(void)fa, (void)fb;                                                        \
			for (uint32_t i = 0; i < rows; i++) {                                      \
				wr_i128 x = WR_AT(arg[0], wr_i128, i);                             \
				wr_i128 y = WR_AT(arg[1], wr_i128, i);                             \
				to[i] = (roomy);                                                   \
			}                                                                          \
			return NULL;                                                               \
		}                                                                                  \
		for (uint32_t i = 0; i < rows; i++)                                                \
			if (!wr_decimal_##name(WR_AT(arg[0], wr_i128, i), sa,                      \
					       WR_AT(arg[1], wr_i128, i), sb, precision, scale,    \
					       &to[i]))                                            \
				wr_out_null(out, i);                                               \
		return NULL;                                                                       \
	}

EXACT_KERNEL(add, WR_ARITH_ADD, x *fa + y * fb)
EXACT_KERNEL(sub, WR_ARITH_SUB, x *fa - y * fb)
EXACT_KERNEL(mul, WR_ARITH_MUL, x *y)

#define DIVISION_KERNEL(name)                                                                      \
	static wr_status *name##_decimal(struct wr_eval *eval, const struct wr_call *call,         \
					 struct wr_column *const *arg, uint32_t rows,              \
					 struct wr_column *out)                                    \
	{                                                                                          \
		int sa = call->arg_type[0]->scale, sb = call->arg_type[1]->scale;                  \
		int precision = call->type->precision, scale = call->type->scale;                  \
		wr_i128 *to = out->data;                                                           \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			wr_i128 y = WR_AT(arg[1], wr_i128, i);                                     \
			to[i] = 0;                                                                 \
			if (wr_skips(eval, out, i))                                                \
				continue;                                                          \
			if (y == 0)                                                                \
				wr_arith_zero(eval, call, arg, i);                                 \
			else if (!wr_decimal_##name(WR_AT(arg[0], wr_i128, i), sa, y, sb,          \
						    precision, scale, &to[i]))                     \
				wr_out_null(out, i);                                               \
		}                                                                                  \
		return NULL;                                                                       \
	}

DIVISION_KERNEL(div)
DIVISION_KERNEL(mod)

wr_kernel wr_arith_decimal_kernel(enum wr_arith_op op)
{
	static const wr_kernel kernels[] = {add_decimal, sub_decimal, mul_decimal, div_decimal,
					    mod_decimal};

	return kernels[op];
}

static wr_status *negate_decimal(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	wr_i128 *to = out->data;

	for (uint32_t i = 0; i < rows; i++)
		to[i] = -WR_AT(arg[0], wr_i128, i);
	return NULL;
}

wr_kernel wr_arith_decimal_negate(void)
{
	return negate_decimal;
}
