/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_percentile - PERCENTILE(value, percentage[, frequency]): exact, with linear interpolation.
 *
 * All values are kept in order with their frequencies. With n values, the position of percentage p
 * is (n - 1) * p; between two neighbours the result is weighted by the distance to each. Rows whose
 * value or frequency is NULL, or whose frequency is not positive, do not count.
 */
#include <math.h>

#include "data/decimal.h"
#include "expr/agg_multiset.h"

/* What infer() settles; in the plan's arena. */
struct percentile {
	bool is_array;    /* an array of percentages gives an array of results */
	uint32_t count;   /* percentages */
	double percent[]; /* 0..1 each */
};

static uint32_t percentile_size(const struct wr_agg_call *call)
{
	return sizeof(struct wr_agg_multiset);
}

static inline struct wr_agg_multiset *set_at(uint8_t *slot, uint32_t offset)
{
	return (struct wr_agg_multiset *)(slot + offset);
}

/* A retraction takes out as many copies as its row brought. */
static void percentile_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			      uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			      const uint8_t *retract, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int64_t times = 1;
		if (!wr_agg_valid(arg[0], i))
			continue;
		if (call->arg_count > 2) {
			times = WR_DATA(arg[2], int64_t)[i & arg[2]->mask];
			if (!wr_agg_valid(arg[2], i) || times <= 0)
				continue;
		}
		wr_ms_add(pool, set_at(slot[i], offset), false, wr_ms_key_of(arg[0], i),
			  wr_agg_is_retract(retract, i) ? -times : times);
	}
}

static void percentile_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			     uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		wr_ms_merge(pool, set_at(dst[i], offset), false, set_at(src[i], offset));
}

/* The value at position `rank` (from 0) of all copies in order. */
static double value_at(const struct wr_agg_multiset *set, int64_t rank)
{
	double value = 0;

	for (uint32_t i = 0; i < set->leaf_count; i++) {
		const struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
		for (uint32_t e = 0; e < leaf->count; e++) {
			if (leaf->entry[e].count <= 0)
				continue;
			value = wr_ms_key_f64(&leaf->entry[e].key);
			rank -= leaf->entry[e].count;
			if (rank < 0)
				return value;
		}
	}
	return value;
}

/* Weighted as Flink does, term by term, so that the last digit agrees. */
static double percentile_of(const struct wr_agg_multiset *set, double percent)
{
	double position = (double)(set->total - 1) * percent;
	double low = floor(position);
	double high = ceil(position);
	double at_low = value_at(set, (int64_t)low);

	if (low == high)
		return at_low;
	double at_high = value_at(set, (int64_t)high);
	if (at_low == at_high)
		return at_low;
	return (high - position) * at_low + (position - low) * at_high;
}

/* NULL where no value is in. */
static void percentile_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			     uint32_t n, struct wr_column *out)
{
	const struct percentile *bind = call->bind;
	struct wr_builder *builder = wr_builder_new(call->type, n);

	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_multiset *set = set_at(slot[i], offset);
		if (set->total <= 0) {
			wr_builder_null(builder);
		} else if (!bind->is_array) {
			wr_builder_f64(builder, percentile_of(set, bind->percent[0]));
		} else {
			for (uint32_t p = 0; p < bind->count; p++)
				wr_builder_f64(builder->child[0],
					       percentile_of(set, bind->percent[p]));
			wr_builder_list(builder, bind->count);
		}
	}
	wr_agg_out_adopt(out, wr_builder_finish(builder));
	wr_builder_free(builder);
}

static void percentile_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			    uint32_t offset)
{
	wr_ms_drop(pool, set_at(slot, offset), false);
}

static void percentile_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
			    struct wr_text *text)
{
	wr_ms_save((const struct wr_agg_multiset *)(slot + offset), false, text);
}

static const char *percentile_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
				   uint8_t *slot, uint32_t offset, const char *bytes,
				   const char *end)
{
	return wr_ms_load(pool, set_at(slot, offset), false, bytes, end);
}

static const struct wr_agg percentile_multiset = {
    .name = "percentile",
    .size = percentile_size,
    .update = percentile_update,
    .merge = percentile_merge,
    .value = percentile_value,
    .drop = percentile_drop,
    .save = percentile_save,
    .load = percentile_load,
};

/* A constant number as a double; false: NULL or no number. */
static bool number_at(const struct wr_column *column, uint32_t row, double *out)
{
	if (!wr_column_is_valid(column, row))
		return false;
	switch (column->type->kind) {
	case WR_TINYINT: *out = WR_DATA(column, int8_t)[row]; return true;
	case WR_SMALLINT: *out = WR_DATA(column, int16_t)[row]; return true;
	case WR_INT: *out = WR_DATA(column, int32_t)[row]; return true;
	case WR_BIGINT: *out = (double)WR_DATA(column, int64_t)[row]; return true;
	case WR_FLOAT: *out = (double)WR_DATA(column, float)[row]; return true;
	case WR_DOUBLE: *out = WR_DATA(column, double)[row]; return true;
	case WR_DECIMAL:
		*out = wr_decimal_to_double(WR_DATA(column, wr_i128)[row], column->type->scale);
		return true;
	default: return false;
	}
}

/* Reads the percentages out of the constant argument. */
static wr_status *read_percentages(struct wr_agg_infer *infer)
{
	const struct wr_column *column = infer->call->const_arg[1];
	struct wr_span span = {0, 1};
	bool ok = column != NULL && wr_column_is_valid(column, 0);

	if (ok && column->type->kind == WR_ARRAY) {
		span = WR_DATA(column, struct wr_span)[0];
		column = column->child[0];
	}
	struct percentile *bind =
	    wr_arena_zalloc(infer->arena, sizeof *bind + span.len * sizeof bind->percent[0]);
	bind->is_array = infer->want[1]->kind == WR_ARRAY;
	bind->count = span.len;
	for (uint32_t i = 0; ok && i < span.len; i++) {
		double *percent = &bind->percent[i];
		ok = number_at(column, span.start + i, percent) && *percent >= 0 && *percent <= 1;
	}
	if (!ok)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "The percentage of PERCENTILE is not a literal "
						    "between 0 and 1, or an array of such"),
				      "Supported form: %s", infer->function->syntax);
	infer->call->bind = bind;
	return NULL;
}

/* The percentage must be settled by now: it is part of the call, not of the rows. */
static wr_status *percentile_infer(struct wr_agg_infer *infer)
{
	if (!wr_kind_is_numeric(infer->want[0]->kind))
		return wr_agg_mismatch(infer);
	if (infer->arg_count > 2) {
		if (!wr_kind_is_numeric(infer->want[2]->kind))
			return wr_agg_mismatch(infer);
		infer->want[2] = &WR_T_BIGINT;
	}
	WR_TRY(read_percentages(infer));
	infer->want[0] = &WR_T_DOUBLE;
	infer->call->agg = &percentile_multiset;
	infer->call->ignore_nulls = true;
	infer->call->type = infer->want[1]->kind == WR_ARRAY
				? wr_type_array(infer->arena, &WR_T_DOUBLE)
				: &WR_T_DOUBLE;
	return NULL;
}

const struct wr_agg_function wr_agg_function_percentile = {
    .name = "PERCENTILE",
    .category = "aggregate",
    .syntax = "PERCENTILE(numeric, percentage[, frequency])",
    .doc = "The exact percentile, interpolated; the percentage is a literal between 0 and 1 or an "
	   "array of such.",
    .min_args = 2,
    .max_args = 3,
    .infer = percentile_infer,
};
