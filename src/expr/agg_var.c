/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_var - VAR_POP, VAR_SAMP (VARIANCE), STDDEV_POP, STDDEV_SAMP (STDDEV).
 *
 * The formula and the types are those that Flink's planner rewrites them to:
 *   (SUM(x * x) - SUM(x) * SUM(x) / COUNT(x)) / COUNT(x)        or / (COUNT(x) - 1) for samples
 * x * x, the sums and SUM(x) * SUM(x) wrap around in the argument's type; from the division on
 * integers have 64 bits and truncate; the result is cut to the argument's type. The deviation is
 * POWER(variance, 0.5) through DOUBLE. FLOAT is computed in single precision. For DECIMAL(p, s) the
 * argument is taken as DECIMAL(38, S), S = max(s, 6), the squares have the scale q that
 * DECIMAL(38, S) * DECIMAL(38, S) has, and the result is DECIMAL(38, S).
 *
 * A sample of one value has no variance: NULL. (Where the argument is NOT NULL Flink gives -1 or
 * fails there; the result is nullable here in place of that.)
 */
#include <math.h>

#include "data/decimal.h"
#include "data/number.h"
#include "expr/agg_internal.h"

#define VAR_SAMPLE 1 /* bits of call->i64 */
#define VAR_ROOT   2

struct var_int {
	uint64_t sum;    /* of x; wraps */
	uint64_t square; /* of x * x; wraps */
	int64_t count;   /* values in */
};
struct var_f32 {
	float sum;     /* of x */
	float square;  /* of x * x */
	int64_t count; /* values in */
};
struct var_f64 {
	double sum;    /* of x */
	double square; /* of x * x */
	int64_t count; /* values in */
};
struct var_dec {
	wr_i128 sum;      /* of x, scale s */
	wr_i128 square;   /* of x * x, scale q */
	int64_t count;    /* values in */
	int64_t overflow; /* 1: something has left DECIMAL(38): NULL for good */
};

/* The scale of DECIMAL(38, S) * DECIMAL(38, S), S = max(s, 6). */
static int square_scale(const struct wr_agg_call *call)
{
	return WR_MAX(2 * call->type->scale - 39, 6);
}

#define VAR_FOLD(acc, x, op, step)                                                                 \
	do {                                                                                       \
		(acc)->sum op(x);                                                                  \
		(acc)->square op(x) * (x);                                                         \
		(acc)->count step;                                                                 \
	} while (0)

/* update(), merge() and size() of the layouts that plain arithmetic serves. */
#define VAR_PLAIN(name, ctype, wide, atype)                                                        \
	static void name##_update(                                                                 \
	    const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *const *slot,        \
	    uint32_t offset, struct wr_column *const *arg, const uint8_t *retract, uint32_t n)     \
	{                                                                                          \
		const ctype *in = arg[0]->data;                                                    \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			struct atype *acc = (struct atype *)(slot[i] + offset);                    \
			wide x = (wide)in[i & arg[0]->mask];                                       \
			if (!wr_agg_valid(arg[0], i))                                              \
				continue;                                                          \
			if (wr_agg_is_retract(retract, i))                                         \
				VAR_FOLD(acc, x, -=, --);                                          \
			else                                                                       \
				VAR_FOLD(acc, x, +=, ++);                                          \
		}                                                                                  \
	}
VAR_PLAIN(var_i8, int8_t, uint64_t, var_int)
VAR_PLAIN(var_i16, int16_t, uint64_t, var_int)
VAR_PLAIN(var_i32, int32_t, uint64_t, var_int)
VAR_PLAIN(var_i64, int64_t, uint64_t, var_int)
VAR_PLAIN(var_f32, float, float, var_f32)
VAR_PLAIN(var_f64, double, double, var_f64)

#define VAR_MERGE(atype)                                                                           \
	static void atype##_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,        \
				  uint8_t *const *dst, uint8_t *const *src, uint32_t offset,       \
				  uint32_t n)                                                      \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			struct atype *to = (struct atype *)(dst[i] + offset);                      \
			const struct atype *from = (const struct atype *)(src[i] + offset);        \
			to->sum += from->sum;                                                      \
			to->square += from->square;                                                \
			to->count += from->count;                                                  \
		}                                                                                  \
	}                                                                                          \
	static uint32_t atype##_size(const struct wr_agg_call *call)                               \
	{                                                                                          \
		return sizeof(struct atype);                                                       \
	}
VAR_MERGE(var_int)
VAR_MERGE(var_f32)
VAR_MERGE(var_f64)

static void dec_add(struct var_dec *acc, wr_i128 sum, wr_i128 square)
{
	/* All are below 10^38, so that a sum that wraps around does not fit either. */
	acc->sum = (wr_i128)((unsigned __int128)acc->sum + (unsigned __int128)sum);
	acc->square = (wr_i128)((unsigned __int128)acc->square + (unsigned __int128)square);
	if (!wr_decimal_fits(acc->sum, 38) || !wr_decimal_fits(acc->square, 38)) {
		acc->overflow = 1;
		acc->sum = acc->square = 0;
	}
}

/* A square beyond DECIMAL(38) makes the result NULL for good. */
static void var_dec_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			   uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			   const uint8_t *retract, uint32_t n)
{
	int scale = call->arg_type[0]->scale;
	int to = square_scale(call);

	for (uint32_t i = 0; i < n; i++) {
		struct var_dec *acc = (struct var_dec *)(slot[i] + offset);
		if (!wr_agg_valid(arg[0], i))
			continue;
		wr_i128 x = WR_DATA(arg[0], wr_i128)[i & arg[0]->mask];
		wr_i128 square;
		if (!wr_decimal_mul(x, scale, x, scale, 38, to, &square))
			acc->overflow = 1;
		if (wr_agg_is_retract(retract, i)) {
			dec_add(acc, -x, -square);
			acc->count--;
		} else {
			dec_add(acc, x, square);
			acc->count++;
		}
	}
}

static void var_dec_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct var_dec *to = (struct var_dec *)(dst[i] + offset);
		const struct var_dec *from = (const struct var_dec *)(src[i] + offset);
		dec_add(to, from->sum, from->square);
		to->count += from->count;
		to->overflow |= from->overflow;
	}
}

static uint32_t var_dec_size(const struct wr_agg_call *call)
{
	return sizeof(struct var_dec);
}

/* The divisor, or 0: no result. */
static int64_t divisor(const struct wr_agg_call *call, int64_t count)
{
	return call->i64 & VAR_SAMPLE ? count - (count > 0) : count;
}

#define VAR_INT_VALUE(name, ctype, utype, cast)                                                    \
	static void name##_value(const struct wr_agg_call *call, uint8_t *const *slot,             \
				 uint32_t offset, uint32_t n, struct wr_column *out)               \
	{                                                                                          \
		ctype *result = out->data;                                                         \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct var_int *acc = (const struct var_int *)(slot[i] + offset);    \
			int64_t by = divisor(call, acc->count);                                    \
			if (by == 0) {                                                             \
				wr_agg_out_null(out, i);                                           \
				continue;                                                          \
			}                                                                          \
			int64_t mean = (ctype)(acc->sum * acc->sum);                               \
			uint64_t rest = (uint64_t)(int64_t)(ctype)acc->square -                    \
					(uint64_t)wr_agg_div(mean, acc->count);                    \
			int64_t var = wr_agg_div((int64_t)rest, by);                               \
			result[i] = call->i64 & VAR_ROOT ? (ctype)cast(pow((double)var, 0.5))      \
							 : (ctype)var;                             \
		}                                                                                  \
	}
VAR_INT_VALUE(var_i8, int8_t, uint8_t, wr_double_to_i32)
VAR_INT_VALUE(var_i16, int16_t, uint16_t, wr_double_to_i32)
VAR_INT_VALUE(var_i32, int32_t, uint32_t, wr_double_to_i32)
VAR_INT_VALUE(var_i64, int64_t, uint64_t, wr_double_to_i64)

#define VAR_FLT_VALUE(name, ctype)                                                                 \
	static void name##_value(const struct wr_agg_call *call, uint8_t *const *slot,             \
				 uint32_t offset, uint32_t n, struct wr_column *out)               \
	{                                                                                          \
		ctype *result = out->data;                                                         \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct name *acc = (const struct name *)(slot[i] + offset);          \
			int64_t by = divisor(call, acc->count);                                    \
			if (by == 0) {                                                             \
				wr_agg_out_null(out, i);                                           \
				continue;                                                          \
			}                                                                          \
			ctype mean = acc->sum * acc->sum / (ctype)acc->count;                      \
			ctype var = (acc->square - mean) / (ctype)by;                              \
			result[i] = call->i64 & VAR_ROOT ? (ctype)pow((double)var, 0.5) : var;     \
		}                                                                                  \
	}
VAR_FLT_VALUE(var_f32, float)
VAR_FLT_VALUE(var_f64, double)

/* The formula in decimals; false: NULL. */
static bool dec_variance(const struct wr_agg_call *call, const struct var_dec *acc, wr_i128 *out)
{
	int scale = call->type->scale;
	int q = square_scale(call);
	int64_t by = divisor(call, acc->count);
	wr_i128 x;

	if (by == 0 || acc->overflow)
		return false;
	if (!wr_decimal_rescale(acc->sum, call->arg_type[0]->scale, 38, scale, &x) ||
	    !wr_decimal_mul(x, scale, x, scale, 38, q, &x) ||
	    !wr_decimal_div(x, q, acc->count, 0, 38, q, &x) ||
	    !wr_decimal_sub(acc->square, q, x, q, 38, q, &x) ||
	    !wr_decimal_div(x, q, by, 0, 38, q, &x))
		return false;
	if (call->i64 & VAR_ROOT)
		return wr_decimal_from_double(pow(wr_decimal_to_double(x, q), 0.5), 38, scale, out);
	return wr_decimal_rescale(x, q, 38, scale, out);
}

static void var_dec_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			  uint32_t n, struct wr_column *out)
{
	wr_i128 *result = out->data;

	for (uint32_t i = 0; i < n; i++) {
		const struct var_dec *acc = (const struct var_dec *)(slot[i] + offset);
		if (!dec_variance(call, acc, &result[i]))
			wr_agg_out_null(out, i);
	}
}

#define VAR_AGG(name_, atype)                                                                      \
	{                                                                                          \
		.name = #name_, .size = atype##_size, .update = name_##_update,                    \
		.merge = atype##_merge, .value = name_##_value                                     \
	}
static const struct wr_agg var_agg[] = {
    [WR_P_I8] = VAR_AGG(var_i8, var_int),    [WR_P_I16] = VAR_AGG(var_i16, var_int),
    [WR_P_I32] = VAR_AGG(var_i32, var_int),  [WR_P_I64] = VAR_AGG(var_i64, var_int),
    [WR_P_F32] = VAR_AGG(var_f32, var_f32),  [WR_P_F64] = VAR_AGG(var_f64, var_f64),
    [WR_P_I128] = VAR_AGG(var_dec, var_dec),
};

/* The result is like the argument, but for the scale of decimals. */
static wr_status *infer_mode(struct wr_agg_infer *infer, int64_t mode)
{
	const struct wr_type *type = infer->want[0];

	if (!wr_kind_is_numeric(type->kind))
		return wr_agg_mismatch(infer);
	infer->call->agg = &var_agg[wr_type_phys(type)];
	infer->call->i64 = mode;
	infer->call->ignore_nulls = true;
	if (type->kind == WR_DECIMAL)
		type =
		    wr_type_decimal(infer->arena, WR_DECIMAL_PRECISION_MAX, WR_MAX(type->scale, 6));
	wr_agg_result_like_arg(infer, type);
	if (mode & VAR_SAMPLE)
		infer->call->type = wr_type_nullable(infer->arena, infer->call->type, true);
	return NULL;
}

static wr_status *var_pop_infer(struct wr_agg_infer *infer)
{
	return infer_mode(infer, 0);
}

static wr_status *var_samp_infer(struct wr_agg_infer *infer)
{
	return infer_mode(infer, VAR_SAMPLE);
}

static wr_status *stddev_pop_infer(struct wr_agg_infer *infer)
{
	return infer_mode(infer, VAR_ROOT);
}

static wr_status *stddev_samp_infer(struct wr_agg_infer *infer)
{
	return infer_mode(infer, VAR_SAMPLE | VAR_ROOT);
}

static const char *const var_samp_aliases[] = {"VARIANCE", NULL};
static const char *const stddev_samp_aliases[] = {"STDDEV", NULL};

const struct wr_agg_function wr_agg_function_var_pop = {
    .name = "VAR_POP",
    .category = "aggregate",
    .syntax = "VAR_POP([DISTINCT] numeric)",
    .doc = "The population variance: the square of STDDEV_POP.",
    .min_args = 1,
    .max_args = 1,
    .infer = var_pop_infer,
};
const struct wr_agg_function wr_agg_function_var_samp = {
    .name = "VAR_SAMP",
    .category = "aggregate",
    .syntax = "VAR_SAMP([DISTINCT] numeric)",
    .doc = "The sample variance; NULL for fewer than two values.",
    .min_args = 1,
    .max_args = 1,
    .infer = var_samp_infer,
    .aliases = var_samp_aliases,
};
const struct wr_agg_function wr_agg_function_stddev_pop = {
    .name = "STDDEV_POP",
    .category = "aggregate",
    .syntax = "STDDEV_POP([DISTINCT] numeric)",
    .doc = "The population standard deviation, in the type of the argument.",
    .min_args = 1,
    .max_args = 1,
    .infer = stddev_pop_infer,
};
const struct wr_agg_function wr_agg_function_stddev_samp = {
    .name = "STDDEV_SAMP",
    .category = "aggregate",
    .syntax = "STDDEV_SAMP([DISTINCT] numeric)",
    .doc = "The sample standard deviation; NULL for fewer than two values.",
    .min_args = 1,
    .max_args = 1,
    .infer = stddev_samp_infer,
    .aliases = stddev_samp_aliases,
};
