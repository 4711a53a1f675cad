/* SPDX-License-Identifier: Apache-2.0
 *
 * compare - comparisons of columns: operand types and vector kernels.
 *
 * Operands of one kind are compared as they are, numbers in their common type, timestamps of
 * different precision in the wider one, TIMESTAMP with TIMESTAMP_LTZ as instants. A string next to
 * anything else is cast to it, with Flink's exceptions: = and <> with a number are refused, and
 * with a date or time an unreadable string that is no literal makes the result NULL in place of an
 * error.
 *
 * There are four kernels per layout (=, <>, <, <=); > and >= swap the operands. DOUBLE compares as
 * IEEE does: NaN equals nothing.
 */
#include "expr/compare.h"

#include "base/macros.h"
#include "data/decimal.h"
#include "expr/kernel.h"

#define MODE_SWAP 1 /* plan->i64: the second operand stands left */

/* --- kernels
 * -------------------------------------------------------------------------------------- */

#define COMPARE_LOOPS(ctype, op)                                                                   \
	do {                                                                                       \
		const ctype *restrict a = left->data;                                              \
		const ctype *restrict b = right->data;                                             \
		if (right->is_const) {                                                             \
			const ctype y = b[0];                                                      \
			if (left->is_const) {                                                      \
				memset(to, a[0] op y, rows);                                       \
				break;                                                             \
			}                                                                          \
			for (uint32_t i = 0; i < rows; i++)                                        \
				to[i] = a[i] op y;                                                 \
		} else if (left->is_const) {                                                       \
			const ctype x = a[0];                                                      \
			for (uint32_t i = 0; i < rows; i++)                                        \
				to[i] = x op b[i];                                                 \
		} else {                                                                           \
			for (uint32_t i = 0; i < rows; i++)                                        \
				to[i] = a[i] op b[i];                                              \
		}                                                                                  \
	} while (0)

#define COMPARE_KERNEL(name, ctype, op)                                                            \
	WR_MULTIVERSION static void name##_loop(const struct wr_column *left,                      \
						const struct wr_column *right,                     \
						uint8_t *restrict to, uint32_t rows)               \
	{                                                                                          \
		COMPARE_LOOPS(ctype, op);                                                          \
	}                                                                                          \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		int swap = (int)(call->plan->i64 & MODE_SWAP);                                     \
		name##_loop(arg[swap], arg[1 - swap], out->data, rows);                            \
		return NULL;                                                                       \
	}

#define COMPARE_KERNELS(suffix, ctype)                                                             \
	COMPARE_KERNEL(eq_##suffix, ctype, ==)                                                     \
	COMPARE_KERNEL(ne_##suffix, ctype, !=)                                                     \
	COMPARE_KERNEL(lt_##suffix, ctype, <)                                                      \
	COMPARE_KERNEL(le_##suffix, ctype, <=)

COMPARE_KERNELS(u8, uint8_t)
COMPARE_KERNELS(i8, int8_t)
COMPARE_KERNELS(i16, int16_t)
COMPARE_KERNELS(i32, int32_t)
COMPARE_KERNELS(i64, int64_t)
COMPARE_KERNELS(i128, wr_i128)
COMPARE_KERNELS(f32, float)
COMPARE_KERNELS(f64, double)

/* Strings, and everything that takes a look at each row: `test` sees left, right, x and y (the
 * rows). */
#define ROW_KERNEL(name, test)                                                                     \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		int swap = (int)(call->plan->i64 & MODE_SWAP);                                     \
		const struct wr_column *left = arg[swap], *right = arg[1 - swap];                  \
		uint8_t *to = out->data;                                                           \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			uint32_t x = i & left->mask, y = i & right->mask;                          \
			to[i] = (test);                                                            \
		}                                                                                  \
		return NULL;                                                                       \
	}

#define VIEW(column, row) (&WR_DATA(column, struct wr_view)[row])

ROW_KERNEL(eq_str, wr_view_equal(VIEW(left, x), VIEW(right, y)))
ROW_KERNEL(ne_str, !wr_view_equal(VIEW(left, x), VIEW(right, y)))
ROW_KERNEL(lt_str, wr_view_compare(VIEW(left, x), VIEW(right, y)) < 0)
ROW_KERNEL(le_str, wr_view_compare(VIEW(left, x), VIEW(right, y)) <= 0)

#define DECIMALS                                                                                   \
	wr_decimal_compare(WR_DATA(left, wr_i128)[x], left->type->scale,                           \
			   WR_DATA(right, wr_i128)[y], right->type->scale)

ROW_KERNEL(eq_decimal, DECIMALS == 0)
ROW_KERNEL(ne_decimal, DECIMALS != 0)
ROW_KERNEL(lt_decimal, DECIMALS < 0)
ROW_KERNEL(le_decimal, DECIMALS <= 0)

ROW_KERNEL(lt_nested, wr_value_compare(left, x, right, y) < 0)
ROW_KERNEL(le_nested, wr_value_compare(left, x, right, y) <= 0)

static bool nested_equal(const struct wr_column *a, uint32_t x, const struct wr_column *b,
			 uint32_t y);

/* Whether every entry of map row x is in map row y. */
static bool map_within(const struct wr_column *a, uint32_t x, const struct wr_column *b, uint32_t y)
{
	struct wr_span from = WR_DATA(a, struct wr_span)[x], in = WR_DATA(b, struct wr_span)[y];

	for (uint32_t i = from.start; i < from.start + from.len; i++) {
		uint32_t k = in.start;
		while (k < in.start + in.len && !(wr_value_equal(a->child[0], i, b->child[0], k) &&
						  nested_equal(a->child[1], i, b->child[1], k)))
			k++;
		if (k == in.start + in.len)
			return false;
	}
	return true;
}

/* Equality of nested values. A NULL element of an array equals nothing, not even NULL; the order of
 * a map's entries does not matter. */
static bool nested_equal(const struct wr_column *a, uint32_t x, const struct wr_column *b,
			 uint32_t y)
{
	if (!wr_column_is_valid(a, x) || !wr_column_is_valid(b, y))
		return false;
	if (a->phys != WR_P_MAP && a->phys != WR_P_LIST)
		return wr_value_equal(a, x, b, y);
	struct wr_span left = WR_AT(a, struct wr_span, x), right = WR_AT(b, struct wr_span, y);
	if (left.len != right.len)
		return false;
	if (a->phys == WR_P_MAP)
		return map_within(a, x, b, y);
	for (uint32_t i = 0; i < left.len; i++)
		if (!nested_equal(a->child[0], left.start + i, b->child[0], right.start + i))
			return false;
	return true;
}

ROW_KERNEL(eq_nested, nested_equal(left, x, right, y))
ROW_KERNEL(ne_nested, !nested_equal(left, x, right, y))

/* Values of types that have nothing in common: never equal. */
ROW_KERNEL(eq_never, ((void)x, (void)y, 0))
ROW_KERNEL(ne_always, ((void)x, (void)y, 1))

wr_kernel wr_compare_kernel(enum wr_compare_op op, const struct wr_type *a, const struct wr_type *b,
			    int64_t *mode)
{
	static const wr_kernel table[][4] = {
	    [WR_P_BOOL] = {eq_u8, ne_u8, lt_u8, le_u8},
	    [WR_P_I8] = {eq_i8, ne_i8, lt_i8, le_i8},
	    [WR_P_I16] = {eq_i16, ne_i16, lt_i16, le_i16},
	    [WR_P_I32] = {eq_i32, ne_i32, lt_i32, le_i32},
	    [WR_P_I64] = {eq_i64, ne_i64, lt_i64, le_i64},
	    [WR_P_I128] = {eq_i128, ne_i128, lt_i128, le_i128},
	    [WR_P_F32] = {eq_f32, ne_f32, lt_f32, le_f32},
	    [WR_P_F64] = {eq_f64, ne_f64, lt_f64, le_f64},
	    [WR_P_STR] = {eq_str, ne_str, lt_str, le_str},
	    [WR_P_LIST] = {eq_nested, ne_nested, lt_nested, le_nested},
	    [WR_P_MAP] = {eq_nested, ne_nested, lt_nested, le_nested},
	    [WR_P_ROW] = {eq_nested, ne_nested, lt_nested, le_nested}};
	static const wr_kernel decimals[] = {eq_decimal, ne_decimal, lt_decimal, le_decimal};
	uint32_t index = op >= WR_CMP_GT ? op - 2 : op;

	*mode = op >= WR_CMP_GT ? MODE_SWAP : 0;
	if (a->kind == WR_DECIMAL && b->kind == WR_DECIMAL && a->scale != b->scale)
		return decimals[index];
	WR_ASSERT(wr_type_phys(a) == wr_type_phys(b));
	return table[wr_type_phys(a)][index];
}

/* --- operand types
 * -------------------------------------------------------------------------------- */

const struct wr_type *wr_compare_type(struct wr_arena *arena, const struct wr_type *a,
				      const struct wr_type *b)
{
	bool a_text = wr_kind_is_string(a->kind), b_text = wr_kind_is_string(b->kind);

	if (a_text != b_text && a->kind != WR_NULL && b->kind != WR_NULL) {
		const struct wr_type *other = a_text ? b : a;
		if (wr_kind_is_bytes(other->kind))
			return NULL;
		return wr_type_castable(a_text ? a : b, other) ? other : NULL;
	}
	if (wr_kind_is_timestamp(a->kind) && wr_kind_is_timestamp(b->kind) && a->kind != b->kind)
		return wr_type_precision(arena, WR_TIMESTAMP_LTZ,
					 WR_MAX(a->precision, b->precision));
	if (a->kind != b->kind && (a->kind == WR_DATE || b->kind == WR_DATE) &&
	    a->kind != WR_NULL && b->kind != WR_NULL)
		return NULL;
	return wr_type_common(arena, (const struct wr_type *[]){a, b}, 2);
}

static wr_status *no_conversion(struct wr_infer *infer)
{
	return wr_status_hint(
	    wr_status_because(
		wr_status_new(WR_USER_ERROR,
			      "Implicit type conversion between %s and %s is not supported",
			      wr_type_str(infer->arena, infer->want[0]),
			      wr_type_str(infer->arena, infer->want[1])),
		WR_NO_FUNCTION),
	    "Write CAST(...) around one of the operands");
}

/* = and <> between a string and something else. true: settled, *status says how. */
static bool infer_text_equality(struct wr_infer *infer, enum wr_compare_op op, wr_status **status)
{
	const struct wr_type *a = infer->want[0], *b = infer->want[1];
	bool a_text = wr_kind_is_string(a->kind), b_text = wr_kind_is_string(b->kind);
	const struct wr_type *other = a_text ? b : a;

	*status = NULL;
	if (op > WR_CMP_NE || a_text == b_text || other->kind == WR_NULL)
		return false;
	if (wr_kind_is_numeric(other->kind)) {
		*status = no_conversion(infer);
		return true;
	}
	infer->try_strings = true;
	if (other->kind != WR_BOOLEAN && !wr_kind_is_interval(other->kind))
		return false;
	infer->result = &WR_T_BOOLEAN;
	infer->plan->kernel = op == WR_CMP_EQ ? eq_never : ne_always;
	return true;
}

wr_status *wr_compare_infer(struct wr_infer *infer, enum wr_compare_op op)
{
	wr_status *status;

	if (infer->want[0] == NULL || infer->want[1] == NULL)
		return wr_infer_mismatch(infer);
	if (infer_text_equality(infer, op, &status))
		return status;
	const struct wr_type *a = infer->want[0], *b = infer->want[1];
	const struct wr_type *type = wr_compare_type(infer->arena, a, b);
	if (type == NULL)
		return wr_infer_mismatch(infer);
	if (type->kind == WR_NULL)
		type = &WR_T_BOOLEAN;
	for (uint32_t i = 0; i < 2; i++) {
		const struct wr_type *own = infer->want[i];
		bool as_it_is = own->kind != WR_NULL &&
				((wr_kind_is_string(own->kind) && wr_kind_is_string(type->kind)) ||
				 (wr_kind_is_bytes(own->kind) && wr_kind_is_bytes(type->kind)) ||
				 (own->kind == WR_DECIMAL && type->kind == WR_DECIMAL) ||
				 wr_type_equal(own, type, false));
		if (!as_it_is)
			infer->want[i] = type->kind == WR_DECIMAL && wr_kind_is_integer(own->kind)
					     ? wr_type_decimal(infer->arena, 19, 0)
					     : type;
	}
	infer->result = &WR_T_BOOLEAN;
	infer->plan->kernel =
	    wr_compare_kernel(op, infer->want[0], infer->want[1], &infer->plan->i64);
	return NULL;
}
