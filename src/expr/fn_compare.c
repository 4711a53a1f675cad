/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_compare - = <> < <= > >=, IS [NOT] DISTINCT FROM, IS [NOT] NULL/TRUE/FALSE/UNKNOWN, BETWEEN,
 * GREATEST and LEAST. IN is in compare_in.c.
 */
#include "base/macros.h"
#include "expr/compare.h"
#include "expr/compare_in.h"
#include "expr/kernel.h"
#include "expr/tables.h"

#define COMPARISON(id, symbol, op, text, help, ...)                                                \
	static wr_status *infer_##id(struct wr_infer *infer)                                       \
	{                                                                                          \
		return wr_compare_infer(infer, op);                                                \
	}                                                                                          \
	static const struct wr_function op_##id = {.name = symbol,                                 \
						   .category = "comparison",                       \
						   .syntax = text,                                 \
						   .doc = help,                                    \
						   .flags =                                        \
						       WR_F_STRICT | WR_F_OPERATOR | WR_F_BLIND,   \
						   .min_args = 2,                                  \
						   .max_args = 2,                                  \
						   .infer = infer_##id,                            \
						   __VA_ARGS__}

static const char *const ne_aliases[] = {"!=", NULL};

COMPARISON(eq, "=", WR_CMP_EQ, "value1 = value2", "Whether the values are equal.");
COMPARISON(ne, "<>", WR_CMP_NE, "value1 <> value2", "Whether the values differ.",
	   .aliases = ne_aliases);
COMPARISON(lt, "<", WR_CMP_LT, "value1 < value2", "Whether value1 is less than value2.");
COMPARISON(le, "<=", WR_CMP_LE, "value1 <= value2", "Whether value1 is not greater than value2.");
COMPARISON(gt, ">", WR_CMP_GT, "value1 > value2", "Whether value1 is greater than value2.");
COMPARISON(ge, ">=", WR_CMP_GE, "value1 >= value2", "Whether value1 is not less than value2.");

/* --- IS [NOT] DISTINCT FROM
 * ----------------------------------------------------------------------- */

/* The validity of row i as 0/1. */
static inline uint8_t valid_at(const struct wr_column *column, uint32_t i)
{
	return column->valid == NULL ? 1 : column->valid[i & column->mask];
}

/* Equality of the values, then NULLs put right: two NULLs are the same, one is distinct. plan->bind
 * is the plan of the equality. */
static wr_status *same_rows(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out,
			    uint8_t flip)
{
	const struct wr_call_plan *equality = call->plan->bind;
	struct wr_call inner = *call;
	uint8_t *to = out->data;

	inner.plan = equality;
	WR_TRY(equality->kernel(eval, &inner, arg, rows, out));
	for (uint32_t i = 0; i < rows; i++) {
		uint8_t a = valid_at(arg[0], i), b = valid_at(arg[1], i);
		to[i] = (((a & b) & to[i]) | ((a | b) ^ 1)) ^ flip;
	}
	return NULL;
}

static wr_status *not_distinct(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return same_rows(eval, call, arg, rows, out, 0);
}

static wr_status *distinct(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return same_rows(eval, call, arg, rows, out, 1);
}

static wr_status *infer_distinct(struct wr_infer *infer)
{
	struct wr_call_plan *equality = WR_NEW(infer->arena, struct wr_call_plan);
	struct wr_call_plan *own = infer->plan;

	infer->plan = equality;
	wr_status *status = wr_compare_infer(infer, WR_CMP_EQ);
	infer->plan = own;
	own->bind = equality;
	return status;
}

#define DISTINCTION(id, symbol, text, help)                                                        \
	static const struct wr_function op_##id = {                                                \
	    .name = symbol,                                                                        \
	    .category = "comparison",                                                              \
	    .syntax = text,                                                                        \
	    .doc = help,                                                                           \
	    .flags = WR_F_NOT_NULL | WR_F_OPERATOR | WR_F_BLIND,                                   \
	    .min_args = 2,                                                                         \
	    .max_args = 2,                                                                         \
	    .infer = infer_distinct,                                                               \
	    .kernel = id,                                                                          \
	}

DISTINCTION(distinct, "IS DISTINCT FROM", "value1 IS DISTINCT FROM value2",
	    "Whether the values differ; NULL counts as a value.");
DISTINCTION(not_distinct, "IS NOT DISTINCT FROM", "value1 IS NOT DISTINCT FROM value2",
	    "Whether the values are the same; NULL counts as a value.");

/* --- IS ...
 * --------------------------------------------------------------------------------------- */

static wr_status *is_null(struct wr_eval *eval, const struct wr_call *call,
			  struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, uint8_t)[i] = valid_at(arg[0], i) ^ 1;
	return NULL;
}

static wr_status *is_not_null(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, uint8_t)[i] = valid_at(arg[0], i);
	return NULL;
}

/* x: the value, v: whether it is valid; both 0/1. */
#define TRUTH_KERNEL(name, expr)                                                                   \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			uint8_t x = WR_AT(arg[0], uint8_t, i) != 0, v = valid_at(arg[0], i);       \
			WR_DATA(out, uint8_t)[i] = (expr);                                         \
		}                                                                                  \
		return NULL;                                                                       \
	}

TRUTH_KERNEL(is_true, x &v)
TRUTH_KERNEL(is_not_true, (x & v) ^ 1)
TRUTH_KERNEL(is_false, (x ^ 1) & v)
TRUTH_KERNEL(is_not_false, ((x ^ 1) & v) ^ 1)

static wr_status *infer_any(struct wr_infer *infer)
{
	if (infer->want[0] == NULL)
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_BOOLEAN;
	return NULL;
}

static wr_status *infer_truth(struct wr_infer *infer)
{
	if (infer->want[0] == NULL ||
	    (infer->want[0]->kind != WR_BOOLEAN && infer->want[0]->kind != WR_NULL))
		return wr_infer_mismatch(infer);
	infer->want[0] = wr_type_nullable(infer->arena, &WR_T_BOOLEAN, infer->want[0]->nullable);
	infer->result = &WR_T_BOOLEAN;
	return NULL;
}

#define TEST(id, symbol, group, what, text, help)                                                  \
	static const struct wr_function op_##id = {                                                \
	    .name = symbol,                                                                        \
	    .category = group,                                                                     \
	    .syntax = text,                                                                        \
	    .doc = help,                                                                           \
	    .flags = WR_F_NOT_NULL | WR_F_OPERATOR | WR_F_BLIND,                                   \
	    .min_args = 1,                                                                         \
	    .max_args = 1,                                                                         \
	    .infer = what,                                                                         \
	    .kernel = id,                                                                          \
	}

TEST(is_null, "IS NULL", "comparison", infer_any, "value IS NULL", "Whether the value is NULL.");
TEST(is_not_null, "IS NOT NULL", "comparison", infer_any, "value IS NOT NULL",
     "Whether the value is not NULL.");
TEST(is_true, "IS TRUE", "logical", infer_truth, "boolean IS TRUE", "Whether it is TRUE.");
TEST(is_not_true, "IS NOT TRUE", "logical", infer_truth, "boolean IS NOT TRUE",
     "Whether it is FALSE or UNKNOWN.");
TEST(is_false, "IS FALSE", "logical", infer_truth, "boolean IS FALSE", "Whether it is FALSE.");
TEST(is_not_false, "IS NOT FALSE", "logical", infer_truth, "boolean IS NOT FALSE",
     "Whether it is TRUE or UNKNOWN.");

static const struct wr_function op_is_unknown = {
    .name = "IS UNKNOWN",
    .category = "logical",
    .syntax = "boolean IS UNKNOWN",
    .doc = "Whether the truth value is UNKNOWN.",
    .flags = WR_F_NOT_NULL | WR_F_OPERATOR | WR_F_BLIND,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_truth,
    .kernel = is_null,
};
static const struct wr_function op_is_not_unknown = {
    .name = "IS NOT UNKNOWN",
    .category = "logical",
    .syntax = "boolean IS NOT UNKNOWN",
    .doc = "Whether the truth value is TRUE or FALSE.",
    .flags = WR_F_NOT_NULL | WR_F_OPERATOR | WR_F_BLIND,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_truth,
    .kernel = is_not_null,
};

/* --- BETWEEN
 * -------------------------------------------------------------------------------------- */

/* low <= x AND x <= high */
static wr_status *within(struct wr_expr_pool *pool, struct wr_expr *x, struct wr_expr *low,
			 struct wr_expr *high, struct wr_pos pos, struct wr_expr **out)
{
	struct wr_expr *side[2];

	WR_TRY(wr_expr_call(pool, &op_ge, (struct wr_expr *[]){x, low}, 2, pos, &side[0]));
	WR_TRY(wr_expr_call(pool, &op_le, (struct wr_expr *[]){x, high}, 2, pos, &side[1]));
	return wr_expr_logic(pool, WR_E_AND, side, 2, pos, out);
}

static wr_status *rewrite_between(struct wr_expr_pool *pool, const struct wr_function *function,
				  struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				  struct wr_expr **out)
{
	return within(pool, arg[0], arg[1], arg[2], pos, out);
}

static wr_status *rewrite_symmetric(struct wr_expr_pool *pool, const struct wr_function *function,
				    struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				    struct wr_expr **out)
{
	struct wr_expr *either[2];

	WR_TRY(within(pool, arg[0], arg[1], arg[2], pos, &either[0]));
	WR_TRY(within(pool, arg[0], arg[2], arg[1], pos, &either[1]));
	return wr_expr_logic(pool, WR_E_OR, either, 2, pos, out);
}

/* NOT BETWEEN and the like: NOT around the operator behind "NOT ". */
static wr_status *rewrite_not(struct wr_expr_pool *pool, const struct wr_function *function,
			      struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
			      struct wr_expr **out)
{
	struct wr_expr *inner;

	WR_TRY(wr_expr_call_name(pool, function->name + 4, arg, arg_count, pos, &inner));
	return wr_expr_call_name(pool, "NOT", &inner, 1, pos, out);
}

#define REWRITTEN(id, symbol, min, max, how, text, help)                                           \
	static const struct wr_function op_##id = {                                                \
	    .name = symbol,                                                                        \
	    .category = "comparison",                                                              \
	    .syntax = text,                                                                        \
	    .doc = help,                                                                           \
	    .flags = WR_F_OPERATOR,                                                                \
	    .min_args = min,                                                                       \
	    .max_args = max,                                                                       \
	    .rewrite = how,                                                                        \
	}

REWRITTEN(between, "BETWEEN", 3, 3, rewrite_between, "value1 BETWEEN value2 AND value3",
	  "Whether value1 is in the range, both ends included.");
REWRITTEN(between_symmetric, "BETWEEN SYMMETRIC", 3, 3, rewrite_symmetric,
	  "value1 BETWEEN SYMMETRIC value2 AND value3",
	  "Whether value1 is in the range, whichever end is the lower one.");
REWRITTEN(not_between, "NOT BETWEEN", 3, 3, rewrite_not, "value1 NOT BETWEEN value2 AND value3",
	  "Whether value1 is outside the range.");
REWRITTEN(not_between_symmetric, "NOT BETWEEN SYMMETRIC", 3, 3, rewrite_not,
	  "value1 NOT BETWEEN SYMMETRIC value2 AND value3",
	  "Whether value1 is outside the range, whichever end is the lower one.");
REWRITTEN(in, "IN", 2, UINT16_MAX, wr_rewrite_in, "value1 IN (value2, ...)",
	  "Whether value1 equals one of the values.");
REWRITTEN(not_in, "NOT IN", 2, UINT16_MAX, rewrite_not, "value1 NOT IN (value2, ...)",
	  "Whether value1 equals none of the values.");
REWRITTEN(not_like, "NOT LIKE", 2, 3, rewrite_not, "string NOT LIKE pattern [ESCAPE char]",
	  "Whether the string does not match the pattern.");
REWRITTEN(not_similar, "NOT SIMILAR TO", 2, 3, rewrite_not,
	  "string NOT SIMILAR TO regex [ESCAPE char]",
	  "Whether the string does not match the SQL regular expression.");

/* --- GREATEST, LEAST
 * ------------------------------------------------------------------------------ */

/* The row of the argument that wins; sign 1: the greatest. */
static wr_status *extreme(const struct wr_call *call, struct wr_column *const *arg, uint32_t rows,
			  struct wr_column *out, int sign)
{
	uint32_t width = wr_phys_size(out->phys);

	if (out->phys == WR_P_STR)
		for (uint32_t k = 0; k < call->arg_count; k++)
			wr_out_share(out, arg[k]);
	for (uint32_t i = 0; i < rows; i++) {
		const struct wr_column *best = arg[0];
		for (uint32_t k = 1; k < call->arg_count; k++)
			if (sign *
				wr_value_compare(arg[k], i & arg[k]->mask, best, i & best->mask) >
			    0)
				best = arg[k];
		memcpy((char *)out->data + (size_t)i * width,
		       (const char *)best->data + (size_t)(i & best->mask) * width, width);
	}
	return NULL;
}

static wr_status *greatest(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return extreme(call, arg, rows, out, 1);
}

static wr_status *least(struct wr_eval *eval, const struct wr_call *call,
			struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return extreme(call, arg, rows, out, -1);
}

static wr_status *infer_extreme(struct wr_infer *infer)
{
	const struct wr_type *type;

	for (uint32_t i = 0; i < infer->arg_count; i++)
		if (infer->want[i] == NULL)
			return wr_infer_mismatch(infer);
	type = wr_type_merge(infer->arena, infer->want, infer->arg_count);
	if (type == NULL || wr_type_phys(type) >= WR_P_LIST)
		return wr_infer_mismatch(infer);
	for (uint32_t i = 0; i < infer->arg_count; i++)
		infer->want[i] = type;
	infer->result = type;
	return NULL;
}

#define EXTREME(id, symbol, text, help)                                                            \
	static const struct wr_function fn_##id = {                                                \
	    .name = symbol,                                                                        \
	    .category = "comparison",                                                              \
	    .syntax = text,                                                                        \
	    .doc = help,                                                                           \
	    .flags = WR_F_STRICT,                                                                  \
	    .min_args = 1,                                                                         \
	    .max_args = UINT16_MAX,                                                                \
	    .infer = infer_extreme,                                                                \
	    .kernel = id,                                                                          \
	}

EXTREME(greatest, "GREATEST", "GREATEST(value1[, value2, ...])",
	"The greatest of the values; NULL when one is NULL.");
EXTREME(least, "LEAST", "LEAST(value1[, value2, ...])",
	"The least of the values; NULL when one is NULL.");

const struct wr_function *const wr_fn_compare[] = {
    &op_eq,
    &op_ne,
    &op_lt,
    &op_le,
    &op_gt,
    &op_ge,
    &op_is_null,
    &op_is_not_null,
    &op_distinct,
    &op_not_distinct,
    &op_between,
    &op_not_between,
    &op_between_symmetric,
    &op_not_between_symmetric,
    &op_in,
    &op_not_in,
    &wr_op_in_set,
    &op_not_like,
    &op_not_similar,
    &op_is_true,
    &op_is_not_true,
    &op_is_false,
    &op_is_not_false,
    &op_is_unknown,
    &op_is_not_unknown,
    &fn_greatest,
    &fn_least,
};
const uint32_t wr_fn_compare_count = WR_COUNT(wr_fn_compare);
