/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_collection_find - elements looked for, ordered and joined: ARRAY_CONTAINS, ARRAY_POSITION,
 * ARRAY_MAX, ARRAY_MIN, ARRAY_SORT, ARRAY_JOIN.
 *
 * ARRAY_CONTAINS finds a NULL among the elements; ARRAY_POSITION of NULL is NULL. Orders exist for
 * numbers, strings, bytes, dates and times, not for BOOLEAN, intervals and nested types. MAX and
 * MIN leave out NULLs, and a NaN that comes first wins, as in Flink (nothing is larger than it).
 */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "expr/fn_collection.h"

/* --- ARRAY_CONTAINS, ARRAY_POSITION ---------------------------------------------------------- */

/* Place of the first equal element, from 1; 0: none. */
static uint32_t find_element(const struct wr_column *list, const struct wr_column *value,
			     uint32_t i)
{
	struct wr_span span = wr_span_at(list, i);

	for (uint32_t e = 0; e < span.len; e++)
		if (wr_element_equal(list->child[0], span.start + e, value, i))
			return e + 1;
	return 0;
}

static wr_status *contains_kernel(struct wr_eval *eval, const struct wr_call *call,
				  struct wr_column *const *arg, uint32_t rows,
				  struct wr_column *out)
{
	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		if (!wr_column_is_valid(arg[0], i))
			wr_out_null(out, i);
		else if (!wr_skips(eval, out, i))
			WR_DATA(out, uint8_t)[i] = find_element(arg[0], arg[1], i) != 0;
	}
	return NULL;
}

static wr_status *infer_contains(struct wr_infer *infer)
{
	const struct wr_type *array;

	WR_TRY(wr_infer_element(infer, 1, &array));
	infer->result = array->nullable ? &WR_T_BOOLEAN : &WR_T_BOOLEAN_NN;
	infer->keep_null = true;
	return NULL;
}

static wr_status *position_kernel(struct wr_eval *eval, const struct wr_call *call,
				  struct wr_column *const *arg, uint32_t rows,
				  struct wr_column *out)
{
	(void)call;
	for (uint32_t i = 0; i < rows; i++)
		if (!wr_skips(eval, out, i))
			WR_DATA(out, int32_t)[i] = (int32_t)find_element(arg[0], arg[1], i);
	return NULL;
}

static wr_status *infer_position(struct wr_infer *infer)
{
	const struct wr_type *array;

	WR_TRY(wr_infer_element(infer, 1, &array));
	infer->result = &WR_T_INT;
	return NULL;
}

/* --- ARRAY_MAX, ARRAY_MIN -------------------------------------------------------------------- */

/* Whether element a is beyond element b in the direction asked for; false with a NaN. */
static bool beyond(const struct wr_column *column, uint32_t a, uint32_t b, bool up)
{
	if (column->phys == WR_P_F64) {
		double x = WR_AT(column, double, a), y = WR_AT(column, double, b);
		return up ? x > y : x < y;
	}
	if (column->phys == WR_P_F32) {
		float x = WR_AT(column, float, a), y = WR_AT(column, float, b);
		return up ? x > y : x < y;
	}
	int order = wr_value_compare(column, a, column, b);
	return up ? order > 0 : order < 0;
}

/* plan->i64: 1 the largest, 0 the smallest. */
static wr_status *extreme_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_column *elements = arg[0]->child[0];
	uint32_t *index = WR_NEW_ARRAY(&eval->arena, uint32_t, rows);
	bool up = call->plan->i64 != 0;

	for (uint32_t i = 0; i < rows; i++) {
		uint32_t best = UINT32_MAX;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		for (uint32_t e = span.start; e < span.start + span.len; e++)
			if (wr_column_is_valid(elements, e) &&
			    (best == UINT32_MAX || beyond(elements, e, best, up)))
				best = e;
		index[i] = best;
		if (best == UINT32_MAX)
			wr_out_null(out, i);
	}
	wr_collection_pick(out, arg[0]->child[0], index);
	return NULL;
}

/* Types that Flink orders elements by. */
static bool is_ordered(const struct wr_type *type)
{
	switch (type->kind) {
	case WR_DATE:
	case WR_TIME:
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return true;
	default:
		return wr_kind_is_numeric(type->kind) || wr_kind_is_string(type->kind) ||
		       wr_kind_is_bytes(type->kind);
	}
}

static wr_status *infer_extreme(struct wr_infer *infer, bool up)
{
	const struct wr_type *array = wr_arg_of_kind(infer, 0, WR_ARRAY);

	if (array == NULL || !is_ordered(array->child[0]))
		return wr_infer_mismatch(infer);
	infer->plan->i64 = up;
	infer->result = array->child[0];
	return NULL;
}

static wr_status *infer_max(struct wr_infer *infer)
{
	return infer_extreme(infer, true);
}

static wr_status *infer_min(struct wr_infer *infer)
{
	return infer_extreme(infer, false);
}

/* --- ARRAY_SORT ------------------------------------------------------------------------------ */

/* How to order the elements of a row. */
struct order {
	const struct wr_column *column; /* the elements */
	bool ascending;                 /* small ones first */
	bool nulls_first;               /* whatever the direction */
};

/* Compares two elements for qsort_r. */
static int by_order(const void *a, const void *b, void *context)
{
	const struct order *order = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	bool valid_x = wr_column_is_valid(order->column, x);
	bool valid_y = wr_column_is_valid(order->column, y);

	if (!valid_x || !valid_y)
		return (valid_x - valid_y) * (order->nulls_first ? 1 : -1);
	int result = wr_value_compare(order->column, x, order->column, y);
	return order->ascending ? result : -result;
}

/* Direction and place of the NULLs may differ from row to row. */
static wr_status *sort_kernel(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct order order = {.column = arg[0]->child[0]};
	struct wr_picks picks;

	WR_TRY(wr_picks_init(&picks, eval, wr_list_total(eval, out, arg[0], rows)));
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t start = picks.count;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		order.ascending = call->arg_count < 2 || wr_int_at(arg[1], i) != 0;
		order.nulls_first =
		    call->arg_count < 3 ? order.ascending : wr_int_at(arg[2], i) != 0;
		for (uint32_t e = 0; e < span.len; e++)
			wr_picks_add(&picks, span.start + e);
		qsort_r(picks.index + start, span.len, sizeof(uint32_t), by_order, &order);
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){start, span.len};
	}
	wr_picks_finish(&picks, out, 0, arg[0]->child[0]);
	return NULL;
}

/* An array of ordered elements and up to two BOOLEANs. */
static wr_status *infer_sort(struct wr_infer *infer)
{
	const struct wr_type *array = wr_arg_of_kind(infer, 0, WR_ARRAY);

	if (array == NULL || !is_ordered(array->child[0]))
		return wr_infer_mismatch(infer);
	for (uint32_t i = 1; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		if (type == NULL || (type->kind != WR_BOOLEAN && type->kind != WR_NULL))
			return wr_infer_mismatch(infer);
		infer->want[i] = &WR_T_BOOLEAN;
	}
	infer->result = array;
	return NULL;
}

/* --- ARRAY_JOIN ------------------------------------------------------------------------------ */

/* The text of element e, or what stands for NULL; false: it is left out. */
static bool join_part(const struct wr_column *elements, uint32_t e, const struct wr_str *null_text,
		      struct wr_str *part)
{
	if (wr_column_is_valid(elements, e)) {
		*part = wr_str_at(elements, e);
		return true;
	}
	if (null_text != NULL)
		*part = *null_text;
	return null_text != NULL;
}

/* Measures, then writes; a delimiter too many is taken back at the end. */
static void join_row(const struct wr_column *elements, struct wr_span span, struct wr_str between,
		     const struct wr_str *null_text, uint32_t i, struct wr_strout *writer)
{
	struct wr_str part;
	size_t len = 0;

	for (uint32_t e = span.start; e < span.start + span.len; e++)
		if (join_part(elements, e, null_text, &part))
			len += part.len + between.len;
	char *start = wr_strout_reserve(writer, len + 1), *to = start;
	for (uint32_t e = span.start; e < span.start + span.len; e++) {
		if (!join_part(elements, e, null_text, &part))
			continue;
		memcpy(to, part.data, part.len);
		to += part.len;
		memcpy(to, between.data, between.len);
		to += between.len;
	}
	if (to > start)
		to -= between.len;
	wr_strout_commit(writer, i, (uint32_t)(to - start));
}

/* Without a third argument NULL elements are left out. */
static wr_status *join_kernel(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str null_text = {"", 0};
		if (wr_skips(eval, out, i))
			continue;
		if (call->arg_count == 3)
			null_text = wr_str_at(arg[2], i);
		join_row(arg[0]->child[0], wr_span_at(arg[0], i), wr_str_at(arg[1], i),
			 call->arg_count == 3 ? &null_text : NULL, i, &writer);
	}
	return NULL;
}

/* An array of strings and strings. */
static wr_status *infer_join(struct wr_infer *infer)
{
	const struct wr_type *array = wr_arg_of_kind(infer, 0, WR_ARRAY);

	if (array == NULL || !wr_kind_is_string(array->child[0]->kind))
		return wr_infer_mismatch(infer);
	for (uint32_t i = 1; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		if (type == NULL || (!wr_kind_is_string(type->kind) && type->kind != WR_NULL))
			return wr_infer_mismatch(infer);
		if (type->kind == WR_NULL)
			infer->want[i] = &WR_T_STRING;
	}
	infer->result = &WR_T_STRING;
	return NULL;
}

/* --- entries --------------------------------------------------------------------------------- */

#define FIND(id, sql, form, flag, least, most, infer_of, kernel_of, text)                          \
	const struct wr_function id = {.name = (sql),                                              \
				       .category = "collection",                                   \
				       .syntax = (form),                                           \
				       .doc = (text),                                              \
				       .flags = (flag),                                            \
				       .min_args = (least),                                        \
				       .max_args = (most),                                         \
				       .infer = (infer_of),                                        \
				       .kernel = (kernel_of)}

FIND(wr_fn_array_contains, "ARRAY_CONTAINS", "ARRAY_CONTAINS(array, element)", 0, 2, 2,
     infer_contains, contains_kernel, "Whether an element is in the array; NULL may be one.");
FIND(wr_fn_array_position, "ARRAY_POSITION", "ARRAY_POSITION(array, element)", WR_F_STRICT, 2, 2,
     infer_position, position_kernel, "The place of the first equal element, from 1; 0: none.");
FIND(wr_fn_array_max, "ARRAY_MAX", "ARRAY_MAX(array)", WR_F_STRICT | WR_F_NULLABLE, 1, 1, infer_max,
     extreme_kernel, "The largest element, leaving out NULLs.");
FIND(wr_fn_array_min, "ARRAY_MIN", "ARRAY_MIN(array)", WR_F_STRICT | WR_F_NULLABLE, 1, 1, infer_min,
     extreme_kernel, "The smallest element, leaving out NULLs.");
FIND(wr_fn_array_sort, "ARRAY_SORT", "ARRAY_SORT(array[, ascending[, nulls first]])", WR_F_STRICT,
     1, 3, infer_sort, sort_kernel,
     "The array in order, ascending by default; NULLs first when ascending, by default.");
FIND(wr_fn_array_join, "ARRAY_JOIN", "ARRAY_JOIN(array, delimiter[, null text])", WR_F_STRICT, 2, 3,
     infer_join, join_kernel,
     "The strings of an array joined; NULLs are left out, or written as the null text.");
