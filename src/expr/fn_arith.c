/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_arith - the operators + - * / % and unary minus.
 *
 * Types as Flink's: integers take the wider type and wrap, FLOAT and DOUBLE the common type,
 * anything exact with a DECIMAL is DECIMAL, a DECIMAL with a FLOAT is DOUBLE. The remainder of two
 * integers has the type of the divisor. Division by zero is an error for integers and DECIMAL and
 * IEEE's answer for the others; a divisor that is a constant other than zero cannot fail, and runs
 * without any check.
 */
#include "base/macros.h"
#include "data/print.h"
#include "expr/arith.h"
#include "expr/kernel.h"
#include "expr/tables.h"

/* --- kernels that cannot fail
 * --------------------------------------------------------------------- */

/* The three shapes of a binary loop; x and y are the operands of a row. */
#define BINARY_LOOPS(ctype, expr)                                                                  \
	const ctype *restrict a = arg[0]->data;                                                    \
	const ctype *restrict b = arg[1]->data;                                                    \
	ctype *restrict to = out->data;                                                            \
	if (arg[1]->is_const) {                                                                    \
		const ctype y = b[0];                                                              \
		const uint32_t step = arg[0]->is_const ? 0 : 1;                                    \
		for (uint32_t i = 0; i < rows && step == 1; i++) {                                 \
			const ctype x = a[i];                                                      \
			to[i] = (ctype)(expr);                                                     \
		}                                                                                  \
		for (uint32_t i = 0; i < rows && step == 0; i++) {                                 \
			const ctype x = a[0];                                                      \
			to[i] = (ctype)(expr);                                                     \
		}                                                                                  \
	} else if (arg[0]->is_const) {                                                             \
		const ctype x = a[0];                                                              \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			const ctype y = b[i];                                                      \
			to[i] = (ctype)(expr);                                                     \
		}                                                                                  \
	} else {                                                                                   \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			const ctype x = a[i], y = b[i];                                            \
			to[i] = (ctype)(expr);                                                     \
		}                                                                                  \
	}

#define BINARY_KERNEL(name, ctype, expr)                                                           \
	WR_MULTIVERSION static void name##_loop(struct wr_column *const *arg, uint32_t rows,       \
						struct wr_column *out)                             \
	{                                                                                          \
		BINARY_LOOPS(ctype, expr)                                                          \
	}                                                                                          \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		name##_loop(arg, rows, out);                                                       \
		return NULL;                                                                       \
	}

/* Integers wrap: computed unsigned. */
#define WRAPPING_KERNELS(suffix, ctype, utype)                                                     \
	BINARY_KERNEL(add_##suffix, ctype, (utype)((utype)x + (utype)y))                           \
	BINARY_KERNEL(sub_##suffix, ctype, (utype)((utype)x - (utype)y))                           \
	BINARY_KERNEL(mul_##suffix, ctype, (utype)((utype)x * (utype)y))

WRAPPING_KERNELS(i8, int8_t, uint32_t)
WRAPPING_KERNELS(i16, int16_t, uint32_t)
WRAPPING_KERNELS(i32, int32_t, uint32_t)
WRAPPING_KERNELS(i64, int64_t, uint64_t)
BINARY_KERNEL(add_f32, float, x + y)
BINARY_KERNEL(sub_f32, float, x - y)
BINARY_KERNEL(mul_f32, float, x *y)
BINARY_KERNEL(div_f32, float, x / y)
BINARY_KERNEL(add_f64, double, x + y)
BINARY_KERNEL(sub_f64, double, x - y)
BINARY_KERNEL(mul_f64, double, x *y)
BINARY_KERNEL(div_f64, double, x / y)

/* --- integer division
 * ----------------------------------------------------------------------------- */

/* Divides by a constant that is not zero (blindly), or row by row with the check. -1 is apart: the
 * smallest value has no opposite and wraps to itself. */
#define DIVISION_KERNELS(suffix, ctype, utype)                                                     \
	static wr_status *div_##suffix(struct wr_eval *eval, const struct wr_call *call,           \
				       struct wr_column *const *arg, uint32_t rows,                \
				       struct wr_column *out)                                      \
	{                                                                                          \
		ctype *to = out->data;                                                             \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			ctype x = WR_AT(arg[0], ctype, i), y = WR_AT(arg[1], ctype, i);            \
			if (WR_UNLIKELY(y == 0 || y == -1)) {                                      \
				to[i] = y == 0 ? 0 : (ctype)(0 - (utype)x);                        \
				if (y == 0 && !wr_skips(eval, out, i))                             \
					wr_arith_zero(eval, call, arg, i);                         \
			} else {                                                                   \
				to[i] = (ctype)(x / y);                                            \
			}                                                                          \
		}                                                                                  \
		return NULL;                                                                       \
	}                                                                                          \
	static wr_status *mod_##suffix(struct wr_eval *eval, const struct wr_call *call,           \
				       struct wr_column *const *arg, uint32_t rows,                \
				       struct wr_column *out)                                      \
	{                                                                                          \
		ctype *to = out->data;                                                             \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			ctype x = WR_AT(arg[0], ctype, i), y = WR_AT(arg[1], ctype, i);            \
			if (WR_UNLIKELY(y == 0 || y == -1)) {                                      \
				to[i] = 0;                                                         \
				if (y == 0 && !wr_skips(eval, out, i))                             \
					wr_arith_zero(eval, call, arg, i);                         \
			} else {                                                                   \
				to[i] = (ctype)(x % y);                                            \
			}                                                                          \
		}                                                                                  \
		return NULL;                                                                       \
	}

DIVISION_KERNELS(i8, int8_t, uint32_t)
DIVISION_KERNELS(i16, int16_t, uint32_t)
DIVISION_KERNELS(i32, int32_t, uint32_t)
DIVISION_KERNELS(i64, int64_t, uint64_t)

void wr_arith_zero(struct wr_eval *eval, const struct wr_call *call, struct wr_column *const *arg,
		   uint32_t row)
{
	bool remainder = call->function->name[0] != '/';
	struct wr_text text;

	wr_text_init(&text);
	wr_value_print(&text, arg[0], row, eval->zone);
	wr_text_puts(&text, remainder ? " % " : " / ");
	wr_value_print(&text, arg[1], row, eval->zone);
	wr_eval_fail_because(eval, row, WR_ZERO_DIVISION, "Division by zero: %s",
			     wr_text_str(&text));
	wr_text_release(&text);
}

/* The remainder of two integers of different widths: computed wide, kept in the divisor's type (it
 * always fits). */
static wr_status *mod_mixed(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		int64_t x = wr_int_at(arg[0], i), y = wr_int_at(arg[1], i);
		int64_t r = y == 0 || y == -1 ? 0 : x % y;
		if (y == 0 && !wr_skips(eval, out, i))
			wr_arith_zero(eval, call, arg, i);
		switch (out->phys) {
		case WR_P_I8: WR_DATA(out, int8_t)[i] = (int8_t)r; break;
		case WR_P_I16: WR_DATA(out, int16_t)[i] = (int16_t)r; break;
		case WR_P_I32: WR_DATA(out, int32_t)[i] = (int32_t)r; break;
		default: WR_DATA(out, int64_t)[i] = r; break;
		}
	}
	return NULL;
}

/* --- unary minus
 * ---------------------------------------------------------------------------------- */

#define NEGATE_KERNEL(suffix, ctype, expr)                                                         \
	static wr_status *negate_##suffix(struct wr_eval *eval, const struct wr_call *call,        \
					  struct wr_column *const *arg, uint32_t rows,             \
					  struct wr_column *out)                                   \
	{                                                                                          \
		ctype *restrict to = out->data;                                                    \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			const ctype x = WR_AT(arg[0], ctype, i);                                   \
			to[i] = (ctype)(expr);                                                     \
		}                                                                                  \
		return NULL;                                                                       \
	}

NEGATE_KERNEL(i8, int8_t, 0u - (uint32_t)x)
NEGATE_KERNEL(i16, int16_t, 0u - (uint32_t)x)
NEGATE_KERNEL(i32, int32_t, 0u - (uint32_t)x)
NEGATE_KERNEL(i64, int64_t, UINT64_C(0) - (uint64_t)x)
NEGATE_KERNEL(f32, float, -x)
NEGATE_KERNEL(f64, double, -x)

/* --- signatures
 * ----------------------------------------------------------------------------------- */

static const wr_kernel kernels[][WR_ARITH_MOD + 1] = {
    [WR_P_I8] = {add_i8, sub_i8, mul_i8, div_i8, mod_i8},
    [WR_P_I16] = {add_i16, sub_i16, mul_i16, div_i16, mod_i16},
    [WR_P_I32] = {add_i32, sub_i32, mul_i32, div_i32, mod_i32},
    [WR_P_I64] = {add_i64, sub_i64, mul_i64, div_i64, mod_i64},
    [WR_P_F32] = {add_f32, sub_f32, mul_f32, div_f32, NULL},
    [WR_P_F64] = {add_f64, sub_f64, mul_f64, div_f64, NULL},
};

/* Whether argument `i` is a numeric constant other than zero. */
static bool is_nonzero_const(const struct wr_infer *infer, uint32_t i)
{
	const struct wr_expr *expr = infer->arg[i];

	if (expr->kind != WR_E_CONST || !wr_column_is_valid(expr->value, 0))
		return false;
	if (expr->value->phys == WR_P_I128)
		return WR_DATA(expr->value, wr_i128)[0] != 0;
	return wr_kind_is_integer(expr->type->kind) && wr_int_at(expr->value, 0) != 0;
}

/* An integer as the DECIMAL of its digits. */
static const struct wr_type *as_decimal(struct wr_arena *arena, const struct wr_type *type)
{
	static const int digits[] = {
	    [WR_TINYINT] = 3, [WR_SMALLINT] = 5, [WR_INT] = 10, [WR_BIGINT] = 19};

	return type->kind == WR_DECIMAL ? type : wr_type_decimal(arena, digits[type->kind], 0);
}

static wr_status *infer_decimal(struct wr_infer *infer, enum wr_arith_op op)
{
	infer->want[0] = as_decimal(infer->arena, infer->want[0]);
	infer->want[1] = as_decimal(infer->arena, infer->want[1]);
	infer->result = wr_arith_decimal_type(infer->arena, op, infer->want[0], infer->want[1]);
	infer->plan->kernel = wr_arith_decimal_kernel(op);
	return NULL;
}

/* Integer % integer: the divisor's type. */
static wr_status *infer_int_mod(struct wr_infer *infer)
{
	infer->result = infer->want[1];
	infer->plan->kernel = infer->want[0]->kind == infer->want[1]->kind
				  ? kernels[wr_type_phys(infer->result)][WR_ARITH_MOD]
				  : mod_mixed;
	return NULL;
}

static wr_status *infer_binary(struct wr_infer *infer, enum wr_arith_op op)
{
	for (uint32_t i = 0; i < 2; i++) {
		if (infer->want[i] == NULL)
			return wr_infer_mismatch(infer);
		if (infer->want[i]->kind == WR_NULL)
			infer->want[i] =
			    infer->want[1 - i] != NULL && infer->want[1 - i]->kind != WR_NULL
				? infer->want[1 - i]
				: &WR_T_INT;
	}
	const struct wr_type *a = infer->want[0], *b = infer->want[1];
	infer->plan->cannot_fail = op < WR_ARITH_DIV || is_nonzero_const(infer, 1);
	if (!wr_kind_is_numeric(a->kind) || !wr_kind_is_numeric(b->kind))
		return wr_arith_time_infer(infer, op) ? NULL : wr_infer_mismatch(infer);
	if (wr_kind_is_approx(a->kind) || wr_kind_is_approx(b->kind)) {
		if (op == WR_ARITH_MOD)
			return wr_infer_mismatch(infer);
		infer->plan->cannot_fail = true;
	} else if (a->kind == WR_DECIMAL || b->kind == WR_DECIMAL) {
		return infer_decimal(infer, op);
	} else if (op == WR_ARITH_MOD) {
		return infer_int_mod(infer);
	}
	infer->result = wr_type_common(infer->arena, (const struct wr_type *[]){a, b}, 2);
	for (uint32_t i = 0; i < 2; i++)
		if (infer->want[i]->kind != infer->result->kind)
			infer->want[i] = infer->result;
	infer->plan->kernel = kernels[wr_type_phys(infer->result)][op];
	return NULL;
}

static wr_status *infer_mul(struct wr_infer *infer)
{
	return infer_binary(infer, WR_ARITH_MUL);
}

static wr_status *infer_div(struct wr_infer *infer)
{
	return infer_binary(infer, WR_ARITH_DIV);
}

static wr_status *infer_mod(struct wr_infer *infer)
{
	return infer_binary(infer, WR_ARITH_MOD);
}

static wr_status *identity(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint32_t width = wr_phys_size(out->phys);

	for (uint32_t i = 0; i < rows; i++)
		memcpy((char *)out->data + (size_t)i * width,
		       (const char *)arg[0]->data + (size_t)(i & arg[0]->mask) * width, width);
	return NULL;
}

/* -x and +x. */
static wr_status *infer_unary(struct wr_infer *infer, bool minus)
{
	static const wr_kernel negate[] = {
	    [WR_P_I8] = negate_i8,   [WR_P_I16] = negate_i16, [WR_P_I32] = negate_i32,
	    [WR_P_I64] = negate_i64, [WR_P_F32] = negate_f32, [WR_P_F64] = negate_f64};
	const struct wr_type *type = infer->want[0];

	if (type != NULL && type->kind == WR_NULL)
		infer->want[0] = type = &WR_T_INT;
	if (type == NULL || (!wr_kind_is_numeric(type->kind) && !wr_kind_is_interval(type->kind)))
		return wr_infer_mismatch(infer);
	infer->plan->cannot_fail = true;
	infer->result = type;
	if (!minus)
		infer->plan->kernel = identity;
	else if (type->kind == WR_DECIMAL)
		infer->plan->kernel = wr_arith_decimal_negate();
	else
		infer->plan->kernel = negate[wr_type_phys(type)];
	return NULL;
}

static wr_status *infer_add(struct wr_infer *infer)
{
	return infer->arg_count == 1 ? infer_unary(infer, false)
				     : infer_binary(infer, WR_ARITH_ADD);
}

static wr_status *infer_sub(struct wr_infer *infer)
{
	return infer->arg_count == 1 ? infer_unary(infer, true) : infer_binary(infer, WR_ARITH_SUB);
}

static const char zero_hint[] = "Divide by NULLIF(divisor, 0), which gives NULL for zero";

#define OPERATOR(id, symbol, text, help, min, what, next)                                          \
	static const struct wr_function id = {                                                     \
	    .name = symbol,                                                                        \
	    .category = "arithmetic",                                                              \
	    .syntax = text,                                                                        \
	    .doc = help,                                                                           \
	    .flags = WR_F_STRICT | WR_F_FALLIBLE | WR_F_OPERATOR | WR_F_BLIND,                     \
	    .min_args = min,                                                                       \
	    .max_args = (min) < 2 ? 2 : (min),                                                     \
	    .infer = what,                                                                         \
	    .fail_hint = next,                                                                     \
	}

OPERATOR(op_add, "+", "numeric1 + numeric2, datetime + interval, + numeric", "The sum.", 1,
	 infer_add, NULL);
OPERATOR(op_sub, "-", "numeric1 - numeric2, datetime - interval, - numeric", "The difference.", 1,
	 infer_sub, NULL);
OPERATOR(op_mul, "*", "numeric1 * numeric2, interval * numeric", "The product.", 2, infer_mul,
	 NULL);
OPERATOR(op_div, "/", "numeric1 / numeric2, interval / numeric",
	 "The quotient; of two integers without its fraction.", 2, infer_div, zero_hint);
OPERATOR(op_mod, "%", "numeric1 % numeric2",
	 "The remainder of a division; its sign is that of the dividend.", 2, infer_mod, zero_hint);
OPERATOR(op_minus_date, "MINUS_DATE", "(datetime1 - datetime2) unit",
	 "The interval between two dates, times or timestamps.", 3, wr_arith_minus_date_infer,
	 NULL);

static const struct wr_function fn_mod = {
    .name = "MOD",
    .category = "arithmetic",
    .syntax = "MOD(numeric1, numeric2)",
    .doc = "The remainder of numeric1 divided by numeric2, with the sign of numeric1.",
    .flags = WR_F_STRICT | WR_F_FALLIBLE | WR_F_BLIND,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_mod,
    .fail_hint = zero_hint,
};

const struct wr_function *const wr_fn_arith[] = {&op_add, &op_sub, &op_mul,       &op_div,
						 &op_mod, &fn_mod, &op_minus_date};
const uint32_t wr_fn_arith_count = WR_COUNT(wr_fn_arith);
