/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_lag - LAG(value [, offset [, default]]) as an aggregate of OVER: the value that came `offset`
 * rows before the last one.
 *
 * The last offset + 1 values are kept; the first of them is the result. Offset and default are
 * those of the last row, so that peers of a RANGE frame all get the result of the last of them, as
 * in Flink. When the offset shrinks, what is then too much goes for good.
 *
 * The default is kept as a list of one value, because NULL is one too.
 *
 * With a default that is NOT NULL the result is NOT NULL in Flink's eyes, whatever the values are.
 * A NULL among them then shows as what its code holds in the place of the value: -1, an empty
 * string, FALSE.
 */
#include "expr/agg_list.h"

enum { FAULT_NONE, FAULT_NULL, FAULT_NEGATIVE };

struct lag_acc {
	struct wr_agg_list values;  /* at most offset + 1, in order */
	struct wr_agg_list missing; /* the default, or empty */
	int64_t offset;             /* of the last row */
	uint64_t fault;             /* FAULT_...; stays */
};

static struct lag_acc *lag_at(uint8_t *slot, uint32_t offset)
{
	return (struct lag_acc *)(slot + offset);
}

static uint32_t lag_size(const struct wr_agg_call *call)
{
	return sizeof(struct lag_acc);
}

static void lag_init(const struct wr_agg_call *call, void *acc)
{
	((struct lag_acc *)acc)->offset = 1;
}

/* Takes the first value of a list out. */
static void list_shift(struct wr_agg_pool *pool, struct wr_agg_list *list)
{
	uint32_t at = list->in.start;
	struct wr_str value;

	if (wr_items_next(&list->in, &at, &value))
		wr_list_retract(pool, list, value);
}

/* Takes one row in, and out what is then too far back. */
static void lag_row(const struct wr_agg_call *call, struct wr_agg_pool *pool, struct lag_acc *acc,
		    struct wr_column *const *arg, uint32_t i)
{
	struct wr_text *scratch = wr_agg_pool_scratch(pool, 0);

	if (call->arg_count > 1) {
		if (!wr_agg_valid(arg[1], i))
			acc->fault = FAULT_NULL;
		else if (WR_DATA(arg[1], int64_t)[i & arg[1]->mask] < 0)
			acc->fault = FAULT_NEGATIVE;
		else
			acc->offset = WR_DATA(arg[1], int64_t)[i & arg[1]->mask];
	}
	if (call->arg_count > 2) {
		list_shift(pool, &acc->missing);
		wr_list_add(pool, &acc->missing, wr_agg_value_get(arg[2], i, scratch));
		wr_text_clear(scratch);
	}
	wr_list_add(pool, &acc->values, wr_agg_value_get(arg[0], i, scratch));
	while ((int64_t)acc->values.in.count - 1 > acc->offset)
		list_shift(pool, &acc->values);
}

static void lag_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
		       uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
		       const uint8_t *retract, uint32_t n)
{
	WR_ASSERT(retract == NULL);
	for (uint32_t i = 0; i < n; i++)
		lag_row(call, pool, lag_at(slot[i], offset), arg, i);
}

/* A NULL value, see above. */
static void put_null(struct wr_builder *builder)
{
	if (builder->type->nullable) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->phys) {
	case WR_P_BOOL: wr_builder_bool(builder, false); break;
	case WR_P_I8: wr_builder_i8(builder, -1); break;
	case WR_P_I16: wr_builder_i16(builder, -1); break;
	case WR_P_I32: wr_builder_i32(builder, -1); break;
	case WR_P_F32: wr_builder_f32(builder, -1); break;
	case WR_P_F64: wr_builder_f64(builder, -1); break;
	case WR_P_STR: wr_builder_str(builder, "", 0); break;
	case WR_P_I64:
		if (builder->type->kind == WR_BIGINT) {
			wr_builder_i64(builder, -1);
			break;
		}
		/* fall through */
	default: wr_builder_null(builder); break;
	}
}

/* What came `offset` rows before the last one; else the default, if there is one. */
static void lag_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		      uint32_t n, struct wr_column *out)
{
	struct wr_builder *builder = wr_builder_new(call->type, n);

	for (uint32_t i = 0; i < n; i++) {
		const struct lag_acc *acc = lag_at(slot[i], offset);
		const struct wr_agg_items *items = (int64_t)acc->values.in.count - 1 < acc->offset
						       ? &acc->missing.in
						       : &acc->values.in;
		struct wr_str value = {0};
		uint32_t at = items->start;

		if (items->count > 0)
			wr_items_next(items, &at, &value);
		if (value.data != NULL)
			wr_agg_value_put(builder, value);
		else
			put_null(builder);
	}
	wr_agg_out_adopt(out, wr_builder_finish(builder));
	wr_builder_free(builder);
}

static void lag_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		     uint32_t offset)
{
	wr_list_drop(pool, &lag_at(slot, offset)->values);
	wr_list_drop(pool, &lag_at(slot, offset)->missing);
}

static void lag_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		     struct wr_text *text)
{
	const struct lag_acc *acc = (const struct lag_acc *)(slot + offset);

	wr_list_save(&acc->values, text);
	wr_list_save(&acc->missing, text);
	wr_varint_put(text, (uint64_t)acc->offset);
	wr_varint_put(text, acc->fault);
}

/* The inverse of lag_save. */
static const char *lag_load(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			    uint32_t offset, const char *bytes, const char *end)
{
	struct lag_acc *acc = lag_at(slot, offset);
	uint64_t number = 0;

	bytes = wr_list_load(pool, &acc->values, bytes, end);
	if (bytes != NULL)
		bytes = wr_list_load(pool, &acc->missing, bytes, end);
	if (bytes != NULL)
		bytes = wr_varint_get(bytes, end, &number);
	acc->offset = (int64_t)number;
	if (bytes != NULL)
		bytes = wr_varint_get(bytes, end, &acc->fault);
	if (bytes == NULL || acc->offset < 0 || acc->fault > FAULT_NEGATIVE ||
	    !wr_list_fits(&acc->values, call->arg_type[0]) ||
	    !wr_list_fits(&acc->missing, call->type))
		return NULL;
	return bytes;
}

static const char *lag_fault(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset)
{
	switch (((const struct lag_acc *)(slot + offset))->fault) {
	case FAULT_NULL: return "The offset of LAG is NULL";
	case FAULT_NEGATIVE: return "The offset of LAG must not be negative";
	default: return NULL;
	}
}

static const struct wr_agg lag_agg = {
    .name = "lag",
    .ordered = true,
    .size = lag_size,
    .init = lag_init,
    .update = lag_update,
    .value = lag_value,
    .drop = lag_drop,
    .save = lag_save,
    .load = lag_load,
    .fault = lag_fault,
};

/* Types are given: the analyzer knows them. */
static wr_status *lag_infer(struct wr_agg_infer *infer)
{
	bool nullable = infer->arg_count < 3 || infer->arg[2]->type->nullable;

	infer->call->agg = &lag_agg;
	infer->call->type = wr_type_time_attr(
	    infer->arena, wr_type_nullable(infer->arena, infer->arg[0]->type, nullable),
	    WR_TIME_NONE);
	if (infer->arg_count > 1)
		infer->want[1] =
		    wr_type_nullable(infer->arena, &WR_T_BIGINT, infer->arg[1]->type->nullable);
	return NULL;
}

/* Not in the registry: LAG is none without OVER. */
const struct wr_agg_function wr_agg_function_lag = {
    .name = "LAG",
    .category = "aggregate",
    .syntax = "LAG(value [, offset [, default]]) OVER (... ORDER BY time)",
    .doc = "The value of the row `offset` (1) rows before this one; the default (NULL) when there "
	   "is none.",
    .min_args = 1,
    .max_args = 3,
    .infer = lag_infer,
};
