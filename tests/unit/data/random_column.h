/* SPDX-License-Identifier: Apache-2.0
 *
 * random_column - columns of random values of every type, for property tests. Values are drawn from
 * few, so that equal ones occur.
 */
#ifndef WR_TESTS_RANDOM_COLUMN_H
#define WR_TESTS_RANDOM_COLUMN_H

#include <stdio.h>

#include "base/status.h"
#include "data/builder.h"

#define RANDOM_TYPES_MAX 40u

static inline uint64_t random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed ^ (*seed >> 31)) * 0x9e3779b97f4a7c15ull >> 3;
}

/* Fills types[] with every kind, nested ones among them; returns their number. */
static inline uint32_t random_types(struct wr_arena *arena, const struct wr_type **types)
{
	static const char *const names[] = {"x", "y z", "n"};
	const struct wr_type *simple[] = {
	    &WR_T_BOOLEAN, &WR_T_TINYINT,        &WR_T_SMALLINT,    &WR_T_INT,        &WR_T_BIGINT,
	    &WR_T_FLOAT,   &WR_T_DOUBLE,         &WR_T_STRING,      &WR_T_BYTES,      &WR_T_DATE,
	    &WR_T_TIME,    &WR_T_TIMESTAMP3,     &WR_T_TIMESTAMP6,  &WR_T_TIMESTAMP9, &WR_T_LTZ3,
	    &WR_T_LTZ9,    &WR_T_INTERVAL_MONTH, &WR_T_INTERVAL_DAY};
	uint32_t count = 0;

	for (size_t i = 0; i < WR_COUNT(simple); i++)
		types[count++] = simple[i];
	types[count++] = wr_type_decimal(arena, 10, 2);
	types[count++] = wr_type_decimal(arena, 38, 10);
	types[count++] = wr_type_length(arena, WR_CHAR, 4);
	types[count++] = wr_type_array(arena, &WR_T_INT);
	types[count++] = wr_type_array(arena, &WR_T_STRING);
	const struct wr_type *ints = types[count - 2];
	types[count++] = wr_type_array(arena, ints);
	types[count++] = wr_type_map(arena, &WR_T_STRING_NN, &WR_T_DOUBLE);
	types[count++] = wr_type_multiset(arena, &WR_T_STRING);
	const struct wr_type *fields[] = {&WR_T_INT, &WR_T_STRING, types[count - 1]};
	types[count++] = wr_type_row(arena, 3, names, fields);
	types[count++] = wr_type_row(arena, 0, names, fields);
	const struct wr_type *row = types[count - 2];
	types[count++] = wr_type_array(arena, row);
	const struct wr_type *deep[] = {types[count - 1], types[count - 3]};
	types[count++] = wr_type_row(arena, 2, names, deep);
	return count;
}

static inline void random_string(struct wr_builder *builder, uint64_t *seed)
{
	char text[64];
	uint64_t number = random_next(seed) % 30;
	int len = snprintf(text, sizeof text, "%llu%s", (unsigned long long)number,
			   number % 3 == 0 ? " and some text that is too long to be inline" : "");

	wr_builder_str(builder, text, number == 7 ? 0 : (size_t)len);
}

/* Appends one random value; `nulls` of 10 are NULL, at every level. */
static inline void random_value(struct wr_builder *builder, int nulls, uint64_t *seed)
{
	static const double doubles[] = {0, 1.5, -2.25, 1e300, 3};
	uint64_t number = random_next(seed) % 20;

	if ((int)(random_next(seed) % 10) < nulls) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->phys) {
	case WR_P_BOOL: wr_builder_bool(builder, number % 2); break;
	case WR_P_I8: wr_builder_i8(builder, (int8_t)(number - 10)); break;
	case WR_P_I16: wr_builder_i16(builder, (int16_t)(number * 999)); break;
	case WR_P_I32: wr_builder_i32(builder, (int32_t)number * 12345 - 7); break;
	case WR_P_I64: wr_builder_i64(builder, ((int64_t)number - 10) * 123456789012345); break;
	case WR_P_I128:
		wr_builder_i128(builder, ((wr_i128)number - 10) * 1234567890123456 *
					     (number % 2 ? 1000000 : 1));
		break;
	case WR_P_F32: wr_builder_f32(builder, (float)doubles[number % 5]); break;
	case WR_P_F64: wr_builder_f64(builder, doubles[number % 5]); break;
	case WR_P_STR: random_string(builder, seed); break;
	case WR_P_LIST:
	case WR_P_MAP: {
		uint32_t count = (uint32_t)(number % 4);
		for (uint32_t i = 0; i < count; i++) {
			for (uint32_t c = 0; c < builder->child_count; c++)
				random_value(builder->child[c], nulls, seed);
		}
		wr_builder_list(builder, count);
		break;
	}
	case WR_P_ROW:
		for (uint32_t c = 0; c < builder->child_count; c++)
			random_value(builder->child[c], nulls, seed);
		wr_builder_row(builder);
		break;
	}
}

static inline struct wr_column *random_column(const struct wr_type *type, uint32_t rows, int nulls,
					      uint64_t *seed)
{
	struct wr_builder *builder = wr_builder_new(type, 1);

	for (uint32_t i = 0; i < rows; i++)
		random_value(builder, nulls, seed);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

#endif
