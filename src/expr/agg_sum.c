/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_sum - SUM, AVG and $SUM0.
 *
 * SUM has the type of its argument (DECIMAL(p, s): DECIMAL(38, s)) and wraps around as that type
 * does; a decimal sum that leaves 38 digits is NULL from then on. AVG is that sum divided by the
 * count, as Flink's planner writes it, so it wraps too, and its integer division truncates;
 * AVG(DECIMAL(p, s)) is DECIMAL(38, max(s, 6)). FLOAT adds in single precision.
 *
 * Integers of all widths add into 64 bits and are cut to their width at the end: modulo a power of
 * two that is the same. The count of values tells whether anything is (still) in: if not, NULL.
 */
#include "data/decimal.h"
#include "expr/agg_internal.h"

enum sum_mode { MODE_SUM, MODE_SUM0, MODE_AVG };

struct sum_int {
	uint64_t sum;  /* two's complement, wraps */
	int64_t count; /* values in */
};
struct sum_f32 {
	float sum;
	float unused;
	int64_t count; /* values in */
};
struct sum_f64 {
	double sum;
	int64_t count; /* values in */
};
struct sum_dec {
	wr_i128 sum;
	int64_t count;    /* values in */
	int64_t overflow; /* 1: the sum has left DECIMAL(38): NULL for good */
};

static inline void dec_add(struct sum_dec *acc, wr_i128 value)
{
	/* Both are below 10^38, so that a sum that wraps around does not fit either. */
	acc->sum = (wr_i128)((unsigned __int128)acc->sum + (unsigned __int128)value);
	if (WR_UNLIKELY(!wr_decimal_fits(acc->sum, WR_DECIMAL_PRECISION_MAX))) {
		acc->overflow = 1;
		acc->sum = 0;
	}
}

#define ADD_INT(acc, x) ((acc)->sum += (uint64_t)(int64_t)(x))
#define SUB_INT(acc, x) ((acc)->sum -= (uint64_t)(int64_t)(x))
#define ADD_FLT(acc, x) ((acc)->sum += (x))
#define SUB_FLT(acc, x) ((acc)->sum -= (x))
#define ADD_DEC(acc, x) dec_add(acc, x)
#define SUB_DEC(acc, x) dec_add(acc, -(x))

/* update() of one layout: a tight loop for plain rows, another for NULLs and retractions. */
#define SUM_UPDATE(name, ctype, atype, add, sub)                                                   \
	static void name##_update(                                                                 \
	    const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *const *slot,        \
	    uint32_t offset, struct wr_column *const *arg, const uint8_t *retract, uint32_t n)     \
	{                                                                                          \
		const ctype *in = arg[0]->data;                                                    \
		uint32_t mask = arg[0]->mask;                                                      \
		if (arg[0]->valid == NULL && retract == NULL) {                                    \
			for (uint32_t i = 0; i < n; i++) {                                         \
				struct atype *acc = (struct atype *)(slot[i] + offset);            \
				add(acc, in[i & mask]);                                            \
				acc->count++;                                                      \
			}                                                                          \
			return;                                                                    \
		}                                                                                  \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			struct atype *acc = (struct atype *)(slot[i] + offset);                    \
			if (!wr_agg_valid(arg[0], i))                                              \
				continue;                                                          \
			if (wr_agg_is_retract(retract, i)) {                                       \
				sub(acc, in[i & mask]);                                            \
				acc->count--;                                                      \
			} else {                                                                   \
				add(acc, in[i & mask]);                                            \
				acc->count++;                                                      \
			}                                                                          \
		}                                                                                  \
	}
SUM_UPDATE(sum_i8, int8_t, sum_int, ADD_INT, SUB_INT)
SUM_UPDATE(sum_i16, int16_t, sum_int, ADD_INT, SUB_INT)
SUM_UPDATE(sum_i32, int32_t, sum_int, ADD_INT, SUB_INT)
SUM_UPDATE(sum_i64, int64_t, sum_int, ADD_INT, SUB_INT)
SUM_UPDATE(sum_f32, float, sum_f32, ADD_FLT, SUB_FLT)
SUM_UPDATE(sum_f64, double, sum_f64, ADD_FLT, SUB_FLT)
SUM_UPDATE(sum_dec, wr_i128, sum_dec, ADD_DEC, SUB_DEC)

#define SUM_MERGE(atype)                                                                           \
	static void atype##_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,        \
				  uint8_t *const *dst, uint8_t *const *src, uint32_t offset,       \
				  uint32_t n)                                                      \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			struct atype *to = (struct atype *)(dst[i] + offset);                      \
			const struct atype *from = (const struct atype *)(src[i] + offset);        \
			to->sum += from->sum;                                                      \
			to->count += from->count;                                                  \
		}                                                                                  \
	}                                                                                          \
	static uint32_t atype##_size(const struct wr_agg_call *call)                               \
	{                                                                                          \
		return sizeof(struct atype);                                                       \
	}
SUM_MERGE(sum_int)
SUM_MERGE(sum_f32)
SUM_MERGE(sum_f64)

static void sum_dec_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct sum_dec *to = (struct sum_dec *)(dst[i] + offset);
		const struct sum_dec *from = (const struct sum_dec *)(src[i] + offset);
		dec_add(to, from->sum);
		to->count += from->count;
		to->overflow |= from->overflow;
	}
}

static uint32_t sum_dec_size(const struct wr_agg_call *call)
{
	return sizeof(struct sum_dec);
}

/* value() of one layout. `x` is the sum, cut to the type. */
#define DIV_FLT(a, b) ((a) / (b))
#define SUM_VALUE(name, ctype, atype, div)                                                         \
	static void name##_value(const struct wr_agg_call *call, uint8_t *const *slot,             \
				 uint32_t offset, uint32_t n, struct wr_column *out)               \
	{                                                                                          \
		ctype *result = out->data;                                                         \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct atype *acc = (const struct atype *)(slot[i] + offset);        \
			if (acc->count == 0 && call->i64 != MODE_SUM0)                             \
				wr_agg_out_null(out, i);                                           \
			else if (call->i64 == MODE_AVG)                                            \
				result[i] = (ctype)div((ctype)acc->sum, acc->count);               \
			else                                                                       \
				result[i] = (ctype)acc->sum;                                       \
		}                                                                                  \
	}
SUM_VALUE(sum_i8, int8_t, sum_int, wr_agg_div)
SUM_VALUE(sum_i16, int16_t, sum_int, wr_agg_div)
SUM_VALUE(sum_i32, int32_t, sum_int, wr_agg_div)
SUM_VALUE(sum_i64, int64_t, sum_int, wr_agg_div)
SUM_VALUE(sum_f32, float, sum_f32, DIV_FLT)
SUM_VALUE(sum_f64, double, sum_f64, DIV_FLT)

/* AVG rounds half up to its scale; what does not fit is NULL. */
static void sum_dec_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			  uint32_t n, struct wr_column *out)
{
	wr_i128 *result = out->data;
	int from = call->arg_type[0]->scale;
	int scale = call->type->scale;

	for (uint32_t i = 0; i < n; i++) {
		const struct sum_dec *acc = (const struct sum_dec *)(slot[i] + offset);
		bool fits = !acc->overflow && (acc->count != 0 || call->i64 == MODE_SUM0);
		result[i] = acc->sum;
		if (fits && call->i64 == MODE_AVG) {
			fits =
			    wr_decimal_rescale(acc->sum, from, 38, scale, &result[i]) &&
			    wr_decimal_div(result[i], scale, acc->count, 0, 38, scale, &result[i]);
		}
		if (!fits)
			wr_agg_out_null(out, i);
	}
}

#define SUM_AGG(name_, atype)                                                                      \
	{                                                                                          \
		.name = #name_, .size = atype##_size, .update = name_##_update,                    \
		.merge = atype##_merge, .value = name_##_value                                     \
	}
static const struct wr_agg sum_agg[] = {
    [WR_P_I8] = SUM_AGG(sum_i8, sum_int),    [WR_P_I16] = SUM_AGG(sum_i16, sum_int),
    [WR_P_I32] = SUM_AGG(sum_i32, sum_int),  [WR_P_I64] = SUM_AGG(sum_i64, sum_int),
    [WR_P_F32] = SUM_AGG(sum_f32, sum_f32),  [WR_P_F64] = SUM_AGG(sum_f64, sum_f64),
    [WR_P_I128] = SUM_AGG(sum_dec, sum_dec),
};

/* The common part: numeric arguments only; the result as described above. */
static wr_status *infer_mode(struct wr_agg_infer *infer, enum sum_mode mode)
{
	const struct wr_type *type = infer->want[0];

	if (!wr_kind_is_numeric(type->kind))
		return wr_agg_mismatch(infer);
	infer->call->agg = &sum_agg[wr_type_phys(type)];
	infer->call->i64 = mode;
	infer->call->ignore_nulls = true;
	if (type->kind == WR_DECIMAL) {
		int scale = mode == MODE_AVG ? WR_MAX(type->scale, 6) : type->scale;
		type = wr_type_decimal(infer->arena, WR_DECIMAL_PRECISION_MAX, scale);
	}
	wr_agg_result_like_arg(infer, type);
	return NULL;
}

static wr_status *sum_infer(struct wr_agg_infer *infer)
{
	return infer_mode(infer, MODE_SUM);
}

static wr_status *sum0_infer(struct wr_agg_infer *infer)
{
	WR_TRY(infer_mode(infer, MODE_SUM0));
	infer->call->type = wr_type_nullable(infer->arena, infer->call->type,
					     infer->call->type->kind == WR_DECIMAL);
	return NULL;
}

static wr_status *avg_infer(struct wr_agg_infer *infer)
{
	return infer_mode(infer, MODE_AVG);
}

const struct wr_agg_function wr_agg_function_sum = {
    .name = "SUM",
    .category = "aggregate",
    .syntax = "SUM([DISTINCT] numeric)",
    .doc = "The sum of the values that are not NULL; NULL when there is none.",
    .min_args = 1,
    .max_args = 1,
    .infer = sum_infer,
};
const struct wr_agg_function wr_agg_function_sum0 = {
    .name = "$SUM0",
    .category = "aggregate",
    .syntax = "$SUM0([DISTINCT] numeric)",
    .doc = "The sum of the values that are not NULL; 0 when there is none.",
    .min_args = 1,
    .max_args = 1,
    .infer = sum0_infer,
};
const struct wr_agg_function wr_agg_function_avg = {
    .name = "AVG",
    .category = "aggregate",
    .syntax = "AVG([DISTINCT] numeric)",
    .doc = "The mean of the values that are not NULL, in their own type: integers truncate.",
    .min_args = 1,
    .max_args = 1,
    .infer = avg_infer,
};
