/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_rank - RANK and DENSE_RANK of OVER windows in batch mode, as aggregates of the ORDER BY
 * values: rows come in that order, and whenever the values differ from those of the row before, the
 * rank goes on: to the number of the row, or by one.
 *
 * (Over streams Flink's RANK and DENSE_RANK count rows: plan/over.c.)
 */
#include "expr/agg_held.h"

struct rank_acc {
	struct wr_agg_held last; /* the values of the last row; nothing: no row yet */
	int64_t rows;            /* rows in */
	int64_t rank;            /* of the last row */
};

static uint32_t rank_size(const struct wr_agg_call *call)
{
	return sizeof(struct rank_acc);
}

/* call->i64: 1 for DENSE_RANK. */
static void rank_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			const uint8_t *retract, uint32_t n)
{
	WR_ASSERT(retract == NULL);
	for (uint32_t i = 0; i < n; i++) {
		struct rank_acc *acc = (struct rank_acc *)(slot[i] + offset);
		struct wr_text *tuple = wr_agg_pool_scratch(pool, 1);

		for (uint32_t a = 0; a < call->arg_count; a++)
			wr_varint_put_piece(
			    tuple, wr_agg_value_get(arg[a], i, wr_agg_pool_scratch(pool, 0)));
		struct wr_str values = {tuple->data, (uint32_t)tuple->len};
		acc->rows++;
		if (acc->rows > 1 && wr_agg_str_equal(wr_agg_held_get(&acc->last), values))
			continue;
		wr_agg_held_set(pool, &acc->last, values);
		acc->rank = call->i64 == 1 ? acc->rank + 1 : acc->rows;
	}
}

static void rank_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		       uint32_t n, struct wr_column *out)
{
	for (uint32_t i = 0; i < n; i++)
		WR_DATA(out, int64_t)[i] = ((const struct rank_acc *)(slot[i] + offset))->rank;
}

static void rank_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		      uint32_t offset)
{
	wr_agg_held_drop(pool, &((struct rank_acc *)(slot + offset))->last);
}

static void rank_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		      struct wr_text *text)
{
	const struct rank_acc *acc = (const struct rank_acc *)(slot + offset);

	wr_agg_held_save(&acc->last, text);
	wr_varint_put(text, (uint64_t)acc->rows);
	wr_varint_put(text, (uint64_t)acc->rank);
}

static const char *rank_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			     uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	struct rank_acc *acc = (struct rank_acc *)(slot + offset);
	uint64_t rows = 0, rank = 0;

	bytes = wr_agg_held_load(pool, &acc->last, bytes, end);
	if (bytes != NULL)
		bytes = wr_varint_get(bytes, end, &rows);
	if (bytes != NULL)
		bytes = wr_varint_get(bytes, end, &rank);
	acc->rows = (int64_t)rows;
	acc->rank = (int64_t)rank;
	return bytes;
}

static const struct wr_agg rank_agg = {
    .name = "rank",
    .ordered = true,
    .size = rank_size,
    .update = rank_update,
    .value = rank_value,
    .drop = rank_drop,
    .save = rank_save,
    .load = rank_load,
};

static wr_status *rank_infer(struct wr_agg_infer *infer)
{
	infer->call->agg = &rank_agg;
	infer->call->type = &WR_T_BIGINT_NN;
	infer->call->i64 = infer->function == &wr_agg_function_dense_rank;
	return NULL;
}

const struct wr_agg_function wr_agg_function_rank = {
    .name = "RANK",
    .category = "aggregate",
    .syntax = "RANK() OVER (... ORDER BY ...)",
    .doc = "The number of the first row with the same ORDER BY values.",
    .min_args = 1,
    .max_args = WR_AGG_ARGS_MAX,
    .infer = rank_infer,
};
const struct wr_agg_function wr_agg_function_dense_rank = {
    .name = "DENSE_RANK",
    .category = "aggregate",
    .syntax = "DENSE_RANK() OVER (... ORDER BY ...)",
    .doc = "The number of different ORDER BY values up to the row.",
    .min_args = 1,
    .max_args = WR_AGG_ARGS_MAX,
    .infer = rank_infer,
};
