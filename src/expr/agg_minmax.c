/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_minmax - MIN and MAX of inputs that only grow; over changing ones see agg_extreme.c.
 *
 * Numbers compare as Java's < and > do: a NaN that comes first stays, later ones are passed over;
 * of -0.0 and 0.0 the first stays. Strings and bytes compare by their bytes.
 */
#include "expr/agg_held.h"

/* MIN and MAX of one fixed-width layout. The flag takes a whole word of the value's alignment. */
#define MINMAX_FIXED(name, ctype, flag, op)                                                        \
	struct name {                                                                              \
		ctype value;                                                                       \
		flag has; /* 1: a value is in */                                                   \
	};                                                                                         \
	static uint32_t name##_size(const struct wr_agg_call *call)                                \
	{                                                                                          \
		return (sizeof(struct name) + 7) / 8 * 8;                                          \
	}                                                                                          \
	static inline void name##_fold(struct name *acc, ctype value)                              \
	{                                                                                          \
		if (!acc->has || value op acc->value)                                              \
			acc->value = value;                                                        \
		acc->has = 1;                                                                      \
	}                                                                                          \
	static void name##_update(                                                                 \
	    const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *const *slot,        \
	    uint32_t offset, struct wr_column *const *arg, const uint8_t *retract, uint32_t n)     \
	{                                                                                          \
		const ctype *in = arg[0]->data;                                                    \
		uint32_t mask = arg[0]->mask;                                                      \
		if (arg[0]->valid == NULL) {                                                       \
			for (uint32_t i = 0; i < n; i++)                                           \
				name##_fold((struct name *)(slot[i] + offset), in[i & mask]);      \
			return;                                                                    \
		}                                                                                  \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			if (wr_agg_valid(arg[0], i))                                               \
				name##_fold((struct name *)(slot[i] + offset), in[i & mask]);      \
		}                                                                                  \
	}                                                                                          \
	static void name##_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,         \
				 uint8_t *const *dst, uint8_t *const *src, uint32_t offset,        \
				 uint32_t n)                                                       \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct name *from = (const struct name *)(src[i] + offset);          \
			if (from->has)                                                             \
				name##_fold((struct name *)(dst[i] + offset), from->value);        \
		}                                                                                  \
	}                                                                                          \
	static void name##_value(const struct wr_agg_call *call, uint8_t *const *slot,             \
				 uint32_t offset, uint32_t n, struct wr_column *out)               \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct name *acc = (const struct name *)(slot[i] + offset);          \
			if (acc->has)                                                              \
				((ctype *)out->data)[i] = acc->value;                              \
			else                                                                       \
				wr_agg_out_null(out, i);                                           \
		}                                                                                  \
	}
MINMAX_FIXED(min_bool, uint8_t, uint8_t, <)
MINMAX_FIXED(max_bool, uint8_t, uint8_t, >)
MINMAX_FIXED(min_i8, int8_t, uint8_t, <)
MINMAX_FIXED(max_i8, int8_t, uint8_t, >)
MINMAX_FIXED(min_i16, int16_t, uint16_t, <)
MINMAX_FIXED(max_i16, int16_t, uint16_t, >)
MINMAX_FIXED(min_i32, int32_t, uint32_t, <)
MINMAX_FIXED(max_i32, int32_t, uint32_t, >)
MINMAX_FIXED(min_i64, int64_t, uint64_t, <)
MINMAX_FIXED(max_i64, int64_t, uint64_t, >)
MINMAX_FIXED(min_i128, wr_i128, uint64_t, <)
MINMAX_FIXED(max_i128, wr_i128, uint64_t, >)
MINMAX_FIXED(min_f32, float, uint32_t, <)
MINMAX_FIXED(max_f32, float, uint32_t, >)
MINMAX_FIXED(min_f64, double, uint64_t, <)
MINMAX_FIXED(max_f64, double, uint64_t, >)

/* --- strings -------------------------------------------------------------------------------------
 */

static uint32_t str_size(const struct wr_agg_call *call)
{
	return sizeof(struct wr_agg_held);
}

static int str_compare(struct wr_str a, struct wr_str b)
{
	int order = memcmp(a.data, b.data, WR_MIN(a.len, b.len));

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* sign < 0: MIN. */
static inline void str_fold(struct wr_agg_pool *pool, struct wr_agg_held *held, struct wr_str value,
			    int sign)
{
	if (held->len1 == 0 || str_compare(value, wr_agg_held_get(held)) * sign > 0)
		wr_agg_held_set(pool, held, value);
}

static inline void str_update(struct wr_agg_pool *pool, uint8_t *const *slot, uint32_t offset,
			      const struct wr_column *column, uint32_t n, int sign)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct wr_view *view =
		    &((const struct wr_view *)column->data)[i & column->mask];
		if (wr_agg_valid(column, i))
			str_fold(pool, (struct wr_agg_held *)(slot[i] + offset),
				 (struct wr_str){wr_view_data(view), view->len}, sign);
	}
}

static inline void str_merge(struct wr_agg_pool *pool, uint8_t *const *dst, uint8_t *const *src,
			     uint32_t offset, uint32_t n, int sign)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_held *from = (const struct wr_agg_held *)(src[i] + offset);
		if (from->len1 != 0)
			str_fold(pool, (struct wr_agg_held *)(dst[i] + offset),
				 wr_agg_held_get(from), sign);
	}
}

static void min_str_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			   uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			   const uint8_t *retract, uint32_t n)
{
	str_update(pool, slot, offset, arg[0], n, -1);
}

static void max_str_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			   uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			   const uint8_t *retract, uint32_t n)
{
	str_update(pool, slot, offset, arg[0], n, 1);
}

static void min_str_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	str_merge(pool, dst, src, offset, n, -1);
}

static void max_str_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	str_merge(pool, dst, src, offset, n, 1);
}

static void str_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		      uint32_t n, struct wr_column *out)
{
	wr_agg_held_value(call->type, slot, offset, n, out);
}

static void str_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		     uint32_t offset)
{
	wr_agg_held_drop(pool, (struct wr_agg_held *)(slot + offset));
}

static void str_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		     struct wr_text *text)
{
	wr_agg_held_save((const struct wr_agg_held *)(slot + offset), text);
}

static const char *str_load(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			    uint32_t offset, const char *bytes, const char *end)
{
	return wr_agg_held_load(pool, (struct wr_agg_held *)(slot + offset), bytes, end);
}

/* --- choice --------------------------------------------------------------------------------------
 */

#define MINMAX_AGG(name_)                                                                          \
	{                                                                                          \
		.name = #name_, .size = name_##_size, .update = name_##_update,                    \
		.merge = name_##_merge, .value = name_##_value                                     \
	}
#define MINMAX_STR(name_)                                                                          \
	{                                                                                          \
		.name = #name_, .size = str_size, .update = name_##_update,                        \
		.merge = name_##_merge, .value = str_value, .drop = str_drop, .save = str_save,    \
		.load = str_load                                                                   \
	}
#define MINMAX_PAIR(suffix)                                                                        \
	{                                                                                          \
		MINMAX_AGG(min_##suffix), MINMAX_AGG(max_##suffix)                                 \
	}

static const struct wr_agg minmax_agg[][2] = {
    [WR_P_BOOL] = MINMAX_PAIR(bool),
    [WR_P_I8] = MINMAX_PAIR(i8),
    [WR_P_I16] = MINMAX_PAIR(i16),
    [WR_P_I32] = MINMAX_PAIR(i32),
    [WR_P_I64] = MINMAX_PAIR(i64),
    [WR_P_I128] = MINMAX_PAIR(i128),
    [WR_P_F32] = MINMAX_PAIR(f32),
    [WR_P_F64] = MINMAX_PAIR(f64),
    [WR_P_STR] = {MINMAX_STR(min_str), MINMAX_STR(max_str)},
};

/* Anything but nested values; DISTINCT changes nothing. */
static wr_status *infer_side(struct wr_agg_infer *infer, bool is_max)
{
	const struct wr_type *type = infer->want[0];
	enum wr_phys phys = wr_type_phys(type);

	if (phys > WR_P_STR || type->kind == WR_NULL)
		return wr_agg_mismatch(infer);
	if (infer->retract)
		infer->call->agg = is_max ? &wr_agg_max_multiset : &wr_agg_min_multiset;
	else
		infer->call->agg = &minmax_agg[phys][is_max];
	infer->call->distinct = false;
	infer->call->ignore_nulls = true;
	wr_agg_result_like_arg(infer, type);
	return NULL;
}

static wr_status *min_infer(struct wr_agg_infer *infer)
{
	return infer_side(infer, false);
}

static wr_status *max_infer(struct wr_agg_infer *infer)
{
	return infer_side(infer, true);
}

const struct wr_agg_function wr_agg_function_min = {
    .name = "MIN",
    .category = "aggregate",
    .syntax = "MIN(value)",
    .doc = "The smallest value that is not NULL.",
    .min_args = 1,
    .max_args = 1,
    .infer = min_infer,
};
const struct wr_agg_function wr_agg_function_max = {
    .name = "MAX",
    .category = "aggregate",
    .syntax = "MAX(value)",
    .doc = "The largest value that is not NULL.",
    .min_args = 1,
    .max_args = 1,
    .infer = max_infer,
};
