/* SPDX-License-Identifier: Apache-2.0
 *
 * datagen_make - columns of random values and sequences.
 *
 * A value is a hash of (seed, column, row number), so any range of rows can be made by anyone.
 * Lists take their elements' numbers from the row's hash.
 */
#include <stdio.h>

#include "connectors/datagen.h"
#include "data/column.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"

#define FIXED_TIME_MS 1704067200000 /* 2024-01-01: where timestamps begin when a seed is given */

/* What a row's values are made of. */
struct make {
	const struct wr_datagen *datagen;
	const uint64_t *number; /* per row: its number; of an element: a number of its own */
	uint32_t count;
	int64_t now_ms;
};

static inline uint64_t draw(const struct wr_datagen_node *node, uint64_t number)
{
	return wr_generator_mix(node->salt + number * 0x9E3779B97F4A7C15ull);
}

/* Evenly within [0, 1). */
static inline double unit(uint64_t random)
{
	return (double)(random >> 11) * 0x1p-53;
}

/* Evenly within [min, max]. */
static inline int64_t between(uint64_t random, int64_t min, int64_t max)
{
	uint64_t span = (uint64_t)max - (uint64_t)min + 1;

	if (span == 0)
		return (int64_t)random;
	return (int64_t)((uint64_t)min + (uint64_t)(((unsigned __int128)random * span) >> 64));
}

static int64_t integer_at(const struct wr_datagen_node *node, uint64_t number)
{
	if (node->sequence)
		return (int64_t)((uint64_t)node->min + number);
	return between(draw(node, number), node->min, node->max);
}

static double real_at(const struct wr_datagen_node *node, uint64_t number)
{
	if (node->sequence)
		return (double)(node->min + (int64_t)number);
	double u = unit(draw(node, number));
	return node->min_real * (1 - u) + node->max_real * u;
}

/* Hexadecimal digits, as Flink's generator writes. */
static void make_text(const struct make *make, const struct wr_datagen_node *node,
		      struct wr_column *column)
{
	static const char hex[] = "0123456789abcdef";
	bool bytes = wr_kind_is_bytes(node->type->kind);
	struct wr_strout out;

	wr_strout_init(&out, column);
	for (uint32_t row = 0; row < make->count; row++) {
		uint64_t random = draw(node, make->number[row]);
		if (node->sequence) {
			char text[WR_I64_TEXT_MAX];
			size_t len = wr_i64_print(text, integer_at(node, make->number[row]));
			wr_strout_put(&out, row, text, (uint32_t)len);
			continue;
		}
		uint32_t len = node->length;
		if (node->var_len && len != 0)
			len = 1 + wr_generator_below((uint32_t)random, len);
		char *text = wr_strout_reserve(&out, len);
		for (uint32_t i = 0; i < len; i++) {
			if (i % 8 == 0)
				random = wr_generator_mix(random);
			text[i] = bytes ? (char)random : hex[random & 15];
			random >>= 8;
		}
		wr_strout_commit(&out, row, len);
	}
}

/* The wall clock less a random time; with a seed, the row's own time. */
static int64_t time_at(const struct make *make, const struct wr_datagen_node *node, uint64_t number)
{
	int64_t now_ms = make->now_ms;

	if (make->datagen->fixed_time)
		now_ms = FIXED_TIME_MS +
			 (int64_t)((double)number * 1000 / (double)WR_MAX(make->datagen->rate, 1u));
	if (node->max_past_ms == 0)
		return now_ms;
	return now_ms - between(draw(node, number), 0, node->max_past_ms);
}

static void make_fixed(const struct make *make, const struct wr_datagen_node *node,
		       struct wr_column *column)
{
	for (uint32_t row = 0; row < make->count; row++) {
		uint64_t number = make->number[row];
		int64_t ms = 0;
		if (wr_kind_is_timestamp(node->type->kind) || node->type->kind == WR_DATE ||
		    node->type->kind == WR_TIME)
			ms = time_at(make, node, number);
		switch (node->type->kind) {
		case WR_BOOLEAN: WR_DATA(column, uint8_t)[row] = draw(node, number) >> 63; break;
		case WR_TINYINT:
			WR_DATA(column, int8_t)[row] = (int8_t)integer_at(node, number);
			break;
		case WR_SMALLINT:
			WR_DATA(column, int16_t)[row] = (int16_t)integer_at(node, number);
			break;
		case WR_INT:
		case WR_INTERVAL_MONTH:
			WR_DATA(column, int32_t)[row] = (int32_t)integer_at(node, number);
			break;
		case WR_FLOAT: WR_DATA(column, float)[row] = (float)real_at(node, number); break;
		case WR_DOUBLE: WR_DATA(column, double)[row] = real_at(node, number); break;
		case WR_DECIMAL:
			wr_decimal_from_double(real_at(node, number), node->type->precision,
					       node->type->scale, &WR_DATA(column, wr_i128)[row]);
			break;
		case WR_DATE:
			WR_DATA(column, int32_t)[row] = (int32_t)wr_floor_div(ms, WR_MS_DAY);
			break;
		case WR_TIME:
			WR_DATA(column, int32_t)[row] = (int32_t)wr_floor_mod(ms, WR_MS_DAY);
			break;
		case WR_TIMESTAMP:
		case WR_TIMESTAMP_LTZ:
			if (column->phys == WR_P_I64)
				WR_DATA(column, int64_t)[row] = ms;
			else
				WR_DATA(column, wr_i128)[row] = wr_ns_join(ms, 0);
			break;
		default: WR_DATA(column, int64_t)[row] = integer_at(node, number); break;
		}
	}
}

static struct wr_column *make_column(const struct make *make, const struct wr_datagen_node *node);

/* Spans over children whose elements get numbers of their own. */
static void make_list(const struct make *make, const struct wr_datagen_node *node,
		      struct wr_column *column)
{
	struct wr_column *numbers;
	uint32_t total = 0;

	for (uint32_t row = 0; row < make->count; row++) {
		uint32_t len = node->length;
		if (node->var_len && len != 0)
			len = 1 + wr_generator_below((uint32_t)draw(node, make->number[row]), len);
		WR_DATA(column, struct wr_span)[row] = (struct wr_span){total, len};
		total += len;
	}
	numbers = wr_column_new(&WR_T_BIGINT, WR_MAX(total, 1u));
	for (uint32_t row = 0; row < make->count; row++) {
		struct wr_span span = WR_DATA(column, struct wr_span)[row];
		for (uint32_t i = 0; i < span.len; i++)
			WR_DATA(numbers, uint64_t)
		[span.start + i] = wr_generator_mix(make->number[row] * 64 + i + 1);
	}
	struct make inner = {make->datagen, WR_DATA(numbers, uint64_t), total, make->now_ms};
	for (uint32_t i = 0; i < node->type->child_count; i++)
		wr_column_set_child(column, i, make_column(&inner, &node->child[i]));
	wr_column_unref(numbers);
}

/* NULLs, after the values; a NULL list has no elements and a NULL row is NULL in all fields. */
static void make_nulls(const struct make *make, const struct wr_datagen_node *node,
		       struct wr_column *column)
{
	uint8_t *valid = wr_column_validity(column);
	uint32_t width = wr_phys_size(column->phys);

	for (uint32_t row = 0; row < make->count; row++) {
		uint64_t random = wr_generator_mix(~draw(node, make->number[row]));
		if (unit(random) >= node->null_rate)
			continue;
		valid[row] = 0;
		if (width != 0)
			memset((char *)column->data + (size_t)row * width, 0, width);
	}
}

static struct wr_column *make_column(const struct make *make, const struct wr_datagen_node *node)
{
	struct wr_column *column = wr_column_new(node->type, make->count);

	switch (column->phys) {
	case WR_P_STR: make_text(make, node, column); break;
	case WR_P_LIST:
	case WR_P_MAP: make_list(make, node, column); break;
	case WR_P_ROW:
		for (uint32_t i = 0; i < node->type->child_count; i++)
			wr_column_set_child(column, i, make_column(make, &node->child[i]));
		break;
	default: make_fixed(make, node, column); break;
	}
	if (node->null_rate > 0)
		make_nulls(make, node, column);
	return column;
}

struct wr_column *wr_datagen_make(const struct wr_datagen *datagen,
				  const struct wr_datagen_node *node, uint64_t from, uint32_t count,
				  int64_t now_ms)
{
	struct wr_column *numbers = wr_column_new(&WR_T_BIGINT, count);

	for (uint32_t i = 0; i < count; i++)
		WR_DATA(numbers, uint64_t)[i] = from + i;
	struct make make = {datagen, WR_DATA(numbers, uint64_t), count, now_ms};
	struct wr_column *column = make_column(&make, node);
	wr_column_unref(numbers);
	return column;
}
