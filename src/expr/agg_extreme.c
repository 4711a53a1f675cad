/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_extreme - MIN and MAX of changing inputs: all values in order, with their counts.
 */
#include "expr/agg_multiset.h"

static uint32_t extreme_size(const struct wr_agg_call *call)
{
	return sizeof(struct wr_agg_multiset);
}

static bool has_strings(const struct wr_agg_call *call)
{
	return wr_type_phys(call->arg_type[0]) == WR_P_STR;
}

static inline struct wr_agg_multiset *set_at(uint8_t *slot, uint32_t offset)
{
	return (struct wr_agg_multiset *)(slot + offset);
}

static void extreme_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			   uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			   const uint8_t *retract, uint32_t n)
{
	bool strings = has_strings(call);

	for (uint32_t i = 0; i < n; i++) {
		if (wr_agg_valid(arg[0], i))
			wr_ms_add(pool, set_at(slot[i], offset), strings, wr_ms_key_of(arg[0], i),
				  wr_agg_is_retract(retract, i) ? -1 : 1);
	}
}

static void extreme_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		wr_ms_merge(pool, set_at(dst[i], offset), has_strings(call),
			    set_at(src[i], offset));
}

/* Writes a key to row i of a fixed-width column. */
static void key_store(const struct wr_ms_key *key, struct wr_column *out, uint32_t i)
{
	switch (out->phys) {
	case WR_P_BOOL: WR_DATA(out, uint8_t)[i] = (uint8_t)key->u.number; break;
	case WR_P_I8: WR_DATA(out, int8_t)[i] = (int8_t)key->u.number; break;
	case WR_P_I16: WR_DATA(out, int16_t)[i] = (int16_t)key->u.number; break;
	case WR_P_I32: WR_DATA(out, int32_t)[i] = (int32_t)key->u.number; break;
	case WR_P_I64: WR_DATA(out, int64_t)[i] = (int64_t)key->u.number; break;
	case WR_P_I128: WR_DATA(out, wr_i128)[i] = key->u.number; break;
	case WR_P_F32: WR_DATA(out, float)[i] = (float)wr_ms_key_f64(key); break;
	case WR_P_F64: WR_DATA(out, double)[i] = wr_ms_key_f64(key); break;
	default: WR_ASSERT(false);
	}
}

/* The first or last value that is in; NULL when there is none. */
static void extreme_value(uint8_t *const *slot, uint32_t offset, uint32_t n, struct wr_column *out,
			  bool is_max)
{
	struct wr_strout strout = {0};

	if (out->phys == WR_P_STR)
		wr_strout_init(&strout, out);
	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_multiset *set = set_at(slot[i], offset);
		const struct wr_ms_entry *entry = is_max ? wr_ms_last(set) : wr_ms_first(set);
		if (entry == NULL)
			wr_agg_out_null(out, i);
		else if (out->phys == WR_P_STR)
			wr_strout_put(&strout, i, wr_view_data(&entry->key.u.view),
				      entry->key.u.view.len);
		else
			key_store(&entry->key, out, i);
	}
}

static void min_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		      uint32_t n, struct wr_column *out)
{
	extreme_value(slot, offset, n, out, false);
}

static void max_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		      uint32_t n, struct wr_column *out)
{
	extreme_value(slot, offset, n, out, true);
}

static void extreme_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			 uint32_t offset)
{
	wr_ms_drop(pool, set_at(slot, offset), has_strings(call));
}

static void extreme_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
			 struct wr_text *text)
{
	wr_ms_save((const struct wr_agg_multiset *)(slot + offset), has_strings(call), text);
}

static const char *extreme_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
				uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	return wr_ms_load(pool, set_at(slot, offset), has_strings(call), bytes, end);
}

const struct wr_agg wr_agg_min_multiset = {
    .name = "min_multiset",
    .size = extreme_size,
    .update = extreme_update,
    .merge = extreme_merge,
    .value = min_value,
    .drop = extreme_drop,
    .save = extreme_save,
    .load = extreme_load,
};
const struct wr_agg wr_agg_max_multiset = {
    .name = "max_multiset",
    .size = extreme_size,
    .update = extreme_update,
    .merge = extreme_merge,
    .value = max_value,
    .drop = extreme_drop,
    .save = extreme_save,
    .load = extreme_load,
};
