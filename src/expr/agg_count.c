/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_count - COUNT(*), COUNT(x), COUNT(x, y): rows in which no argument is NULL.
 *
 * Accumulator: int64_t.
 */
#include "expr/agg_internal.h"

static uint32_t count_size(const struct wr_agg_call *call)
{
	return sizeof(int64_t);
}

static inline int64_t *count_at(uint8_t *slot, uint32_t offset)
{
	return (int64_t *)(slot + offset);
}

static void count_star_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			      uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			      const uint8_t *retract, uint32_t n)
{
	if (retract == NULL) {
		for (uint32_t i = 0; i < n; i++)
			*count_at(slot[i], offset) += 1;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		*count_at(slot[i], offset) += retract[i] ? -1 : 1;
}

/* Counts rows with 0/1 in `valid`. */
static void count_valid(uint8_t *const *slot, uint32_t offset, const struct wr_column *column,
			const uint8_t *retract, uint32_t n)
{
	const uint8_t *valid = column->valid;
	uint32_t mask = column->mask;

	if (retract == NULL) {
		for (uint32_t i = 0; i < n; i++)
			*count_at(slot[i], offset) += valid[i & mask];
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		*count_at(slot[i], offset) += retract[i] ? -valid[i & mask] : valid[i & mask];
}

/* One or more arguments; those that cannot be NULL in this batch cost nothing. */
static void count_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			 uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			 const uint8_t *retract, uint32_t n)
{
	uint32_t nullable = 0;
	const struct wr_column *only = NULL;

	for (uint32_t c = 0; c < call->arg_count; c++) {
		if (arg[c]->valid != NULL) {
			nullable++;
			only = arg[c];
		}
	}
	if (nullable == 0) {
		count_star_update(call, pool, slot, offset, arg, retract, n);
		return;
	}
	if (nullable == 1) {
		count_valid(slot, offset, only, retract, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		bool counts = true;
		for (uint32_t c = 0; c < call->arg_count; c++)
			counts = counts && wr_agg_valid(arg[c], i);
		if (counts)
			*count_at(slot[i], offset) += wr_agg_is_retract(retract, i) ? -1 : 1;
	}
}

static void count_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		*count_at(dst[i], offset) += *count_at(src[i], offset);
}

static void count_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			uint32_t n, struct wr_column *out)
{
	int64_t *result = out->data;

	for (uint32_t i = 0; i < n; i++)
		result[i] = *count_at(slot[i], offset);
}

static const struct wr_agg count_star = {
    .name = "count_star",
    .size = count_size,
    .update = count_star_update,
    .merge = count_merge,
    .value = count_value,
};
static const struct wr_agg count = {
    .name = "count",
    .size = count_size,
    .update = count_update,
    .merge = count_merge,
    .value = count_value,
};

/* Arguments that cannot be NULL are not looked at. */
static wr_status *count_infer(struct wr_agg_infer *infer)
{
	bool nullable = false;

	if (infer->arg_count == 0 && infer->distinct)
		return wr_agg_mismatch(infer);
	for (uint32_t i = 0; i < infer->arg_count; i++)
		nullable = nullable || infer->want[i]->nullable;
	infer->call->type = &WR_T_BIGINT_NN;
	infer->call->ignore_nulls = true;
	infer->call->agg = nullable ? &count : &count_star;
	return NULL;
}

const struct wr_agg_function wr_agg_function_count = {
    .name = "COUNT",
    .category = "aggregate",
    .syntax = "COUNT(*) | COUNT([DISTINCT] value[, value]*)",
    .doc = "The number of rows; with arguments, of rows in which none of them is NULL.",
    .min_args = 0,
    .max_args = UINT16_MAX,
    .infer = count_infer,
};
