/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_values - random columns of every type that Arrow can hold: values within their types'
 * precision, keys of maps that are not NULL, counts of 1 and more.
 */
#ifndef WR_TESTS_ARROW_VALUES_H
#define WR_TESTS_ARROW_VALUES_H

#include "data/decimal.h"
#include "random_column.h"

/* One value of a TIMESTAMP in 128 bits, in whole units of its precision. */
static inline void arrow_nanos(struct wr_builder *builder, uint64_t *seed)
{
	int64_t unit = 1;

	for (int i = builder->type->precision; i < 9; i++)
		unit *= 10;
	wr_builder_i128(builder,
			(wr_i128)((int64_t)(random_next(seed) % 2000000) - 1000000) * unit);
}

static inline void arrow_value(struct wr_builder *builder, int nulls, uint64_t *seed)
{
	const struct wr_type *type = builder->type;
	uint64_t number = random_next(seed) % 20;
	uint32_t count = (uint32_t)(number % 4);

	if (type->kind == WR_NULL || (type->nullable && (int)(random_next(seed) % 10) < nulls)) {
		wr_builder_null(builder);
	} else if (type->kind == WR_TIME) {
		int32_t ms = (int32_t)(random_next(seed) % 86400000);

		wr_builder_i32(builder, type->precision >= 3 ? ms : ms / 1000 * 1000);
	} else if (wr_kind_is_timestamp(type->kind) && builder->phys == WR_P_I128) {
		arrow_nanos(builder, seed);
	} else if (wr_kind_is_timestamp(type->kind)) {
		wr_builder_i64(builder, ((int64_t)number - 10) * 86400000000);
	} else if (type->kind == WR_DECIMAL) {
		wr_builder_i128(builder, ((wr_i128)number - 10) * wr_pow10[type->precision - 2]);
	} else if (builder->phys == WR_P_LIST || builder->phys == WR_P_MAP) {
		for (uint32_t i = 0; i < count; i++) {
			arrow_value(builder->child[0], builder->phys == WR_P_MAP ? 0 : nulls, seed);
			if (type->kind == WR_MULTISET)
				wr_builder_i32(builder->child[1], (int32_t)number + 1);
			else if (builder->phys == WR_P_MAP)
				arrow_value(builder->child[1], nulls, seed);
		}
		wr_builder_list(builder, count);
	} else if (builder->phys == WR_P_ROW) {
		for (uint32_t c = 0; c < builder->child_count; c++)
			arrow_value(builder->child[c], nulls, seed);
		wr_builder_row(builder);
	} else {
		random_value(builder, 0, seed);
	}
}

static inline struct wr_column *arrow_column(const struct wr_type *type, uint32_t rows, int nulls,
					     uint64_t *seed)
{
	struct wr_builder *builder = wr_builder_new(type, 1);

	for (uint32_t i = 0; i < rows; i++)
		arrow_value(builder, nulls, seed);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* Every type: random_types, NULL, precisions, NOT NULL. */
static inline uint32_t arrow_types(struct wr_arena *arena, const struct wr_type **types)
{
	uint32_t count = random_types(arena, types);

	types[count++] = &WR_T_NULL;
	types[count++] = &WR_T_INT_NN;
	types[count++] = &WR_T_STRING_NN;
	types[count++] = wr_type_precision(arena, WR_TIME, 3);
	types[count++] = wr_type_precision(arena, WR_TIMESTAMP_LTZ, 7);
	types[count++] = wr_type_length(arena, WR_BINARY, 16);
	types[count++] = wr_type_array(arena, &WR_T_DOUBLE_NN);
	return count;
}

#endif
