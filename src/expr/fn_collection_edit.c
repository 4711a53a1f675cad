/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_collection_edit - arrays with elements added, taken away or in another order: ARRAY_APPEND,
 * ARRAY_PREPEND, ARRAY_CONCAT, ARRAY_SLICE, ARRAY_REVERSE, ARRAY_REMOVE.
 *
 * A NULL element may be added or removed like any other; a NULL array gives NULL. A new element is
 * cast to the array's type, so 'bcd' in an array of CHAR(1) becomes 'b'. ARRAY_SLICE shares the
 * elements.
 */
#include "base/macros.h"
#include "expr/fn_collection.h"

/* --- ARRAY_APPEND, ARRAY_PREPEND ------------------------------------------------------------- */

/* Copies the validity of the array: these functions are not strict in the element. */
static void null_like(struct wr_column *out, const struct wr_column *list, uint32_t rows)
{
	for (uint32_t i = 0; i < rows && list->valid != NULL; i++)
		if (!wr_column_is_valid(list, i))
			wr_out_null(out, i);
}

/* plan->i64: 1 the element comes last, 0 it comes first. */
static wr_status *add_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_column *elements = arg[0]->child[0];
	struct wr_column *part[2] = {elements, arg[1]};
	uint32_t lens[2] = {elements->len, rows};
	bool last = call->plan->i64 != 0;
	struct wr_picks picks;

	null_like(out, arg[0], rows);
	WR_TRY(wr_picks_init(&picks, eval, wr_list_total(eval, out, arg[0], rows) + rows));
	struct wr_column *joined = wr_column_concat(part, lens, 2);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){picks.count, span.len + 1};
		if (!last)
			wr_picks_add(&picks, elements->len + i);
		for (uint32_t e = 0; e < span.len; e++)
			wr_picks_add(&picks, span.start + e);
		if (last)
			wr_picks_add(&picks, elements->len + i);
	}
	wr_picks_finish(&picks, out, 0, joined);
	wr_column_unref(joined);
	return NULL;
}

/* The result is nullable when the array or the element is. */
static wr_status *infer_add(struct wr_infer *infer, bool last)
{
	const struct wr_type *array;

	WR_TRY(wr_infer_element(infer, 1, &array));
	bool nullable = array->child[0]->nullable || infer->arg[1]->type->nullable;
	infer->plan->i64 = last;
	infer->result =
	    wr_type_array(infer->arena, wr_type_nullable(infer->arena, array->child[0], nullable));
	infer->result = wr_type_nullable(infer->arena, infer->result,
					 array->nullable || infer->arg[1]->type->nullable);
	infer->keep_null = true;
	return NULL;
}

static wr_status *infer_append(struct wr_infer *infer)
{
	return infer_add(infer, true);
}

static wr_status *infer_prepend(struct wr_infer *infer)
{
	return infer_add(infer, false);
}

/* --- ARRAY_CONCAT ---------------------------------------------------------------------------- */

static wr_status *concat_kernel(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint32_t count = call->arg_count;
	struct wr_column **part = WR_NEW_ARRAY(&eval->arena, struct wr_column *, count);
	uint32_t *lens = WR_NEW_ARRAY(&eval->arena, uint32_t, count);
	struct wr_picks picks;
	uint64_t total = 0;

	for (uint32_t k = 0; k < count; k++) {
		part[k] = arg[k]->child[0];
		lens[k] = part[k]->len;
		total += wr_list_total(eval, out, arg[k], rows);
	}
	WR_TRY(wr_picks_init(&picks, eval, total));
	struct wr_column *joined = wr_column_concat(part, lens, count);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t base = 0, start = picks.count;
		if (wr_skips(eval, out, i))
			continue;
		for (uint32_t k = 0; k < count; base += lens[k++]) {
			struct wr_span span = wr_span_at(arg[k], i);
			for (uint32_t e = 0; e < span.len; e++)
				wr_picks_add(&picks, base + span.start + e);
		}
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){start, picks.count - start};
	}
	wr_picks_finish(&picks, out, 0, joined);
	wr_column_unref(joined);
	return NULL;
}

static wr_status *infer_concat(struct wr_infer *infer)
{
	return wr_infer_common_array(infer, &infer->result);
}

/* --- ARRAY_SLICE ----------------------------------------------------------------------------- */

/* Elements `from` to `to`, both from 1, or from the end when negative; 0 is 1. */
static struct wr_span slice_span(struct wr_span span, int64_t from, int64_t to)
{
	int64_t size = span.len;

	if (from < 0)
		from += size + 1;
	if (to < 0)
		to += size + 1;
	from = WR_MAX(1, from);
	to = to == 0 ? 1 : WR_MIN(to, size);
	if (to < from || size == 0)
		return (struct wr_span){0, 0};
	return (struct wr_span){span.start + (uint32_t)from - 1, (uint32_t)(to - from) + 1};
}

/* Only spans are made; the elements stay where they are. */
static wr_status *slice_kernel(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		int64_t to = call->arg_count == 3 ? wr_int_at(arg[2], i) : (int64_t)span.len;
		WR_DATA(out, struct wr_span)[i] = slice_span(span, wr_int_at(arg[1], i), to);
	}
	wr_collection_set_child(out, 0, wr_column_ref(arg[0]->child[0]));
	return NULL;
}

static wr_status *infer_slice(struct wr_infer *infer)
{
	infer->result = wr_arg_of_kind(infer, 0, WR_ARRAY);
	if (infer->result == NULL)
		return wr_infer_mismatch(infer);
	return wr_infer_ints(infer, 1);
}

/* --- ARRAY_REVERSE, ARRAY_REMOVE ------------------------------------------------------------- */

static wr_status *reverse_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_picks picks;

	(void)call;
	WR_TRY(wr_picks_init(&picks, eval, wr_list_total(eval, out, arg[0], rows)));
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){picks.count, span.len};
		for (uint32_t e = span.len; e > 0; e--)
			wr_picks_add(&picks, span.start + e - 1);
	}
	wr_picks_finish(&picks, out, 0, arg[0]->child[0]);
	return NULL;
}

static wr_status *infer_reverse(struct wr_infer *infer)
{
	infer->result = wr_arg_of_kind(infer, 0, WR_ARRAY);
	return infer->result != NULL ? NULL : wr_infer_mismatch(infer);
}

/* Keeps the elements that are not equal to the one given. */
static wr_status *remove_kernel(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_column *elements = arg[0]->child[0];
	struct wr_picks picks;

	(void)call;
	null_like(out, arg[0], rows);
	WR_TRY(wr_picks_init(&picks, eval, wr_list_total(eval, out, arg[0], rows)));
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t start = picks.count;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		for (uint32_t e = span.start; e < span.start + span.len; e++)
			if (!wr_element_equal(elements, e, arg[1], i))
				wr_picks_add(&picks, e);
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){start, picks.count - start};
	}
	wr_picks_finish(&picks, out, 0, elements);
	return NULL;
}

static wr_status *infer_remove(struct wr_infer *infer)
{
	WR_TRY(wr_infer_element(infer, 1, &infer->result));
	infer->keep_null = true;
	return NULL;
}

/* --- entries --------------------------------------------------------------------------------- */

#define EDIT(id, sql, form, flag, least, most, infer_of, kernel_of, text)                          \
	const struct wr_function id = {.name = (sql),                                              \
				       .category = "collection",                                   \
				       .syntax = (form),                                           \
				       .doc = (text),                                              \
				       .flags = (flag),                                            \
				       .min_args = (least),                                        \
				       .max_args = (most),                                         \
				       .infer = (infer_of),                                        \
				       .kernel = (kernel_of)}

EDIT(wr_fn_array_append, "ARRAY_APPEND", "ARRAY_APPEND(array, element)", 0, 2, 2, infer_append,
     add_kernel, "The array with an element added at its end.");
EDIT(wr_fn_array_prepend, "ARRAY_PREPEND", "ARRAY_PREPEND(array, element)", 0, 2, 2, infer_prepend,
     add_kernel, "The array with an element added at its beginning.");
EDIT(wr_fn_array_concat, "ARRAY_CONCAT", "ARRAY_CONCAT(array1[, array2]*)", WR_F_STRICT, 1,
     UINT16_MAX, infer_concat, concat_kernel, "The elements of all arrays, one after another.");
EDIT(wr_fn_array_slice, "ARRAY_SLICE", "ARRAY_SLICE(array, start[, end])", WR_F_STRICT, 2, 3,
     infer_slice, slice_kernel,
     "The elements from start to end, both counted from 1, or from the end when negative.");
EDIT(wr_fn_array_reverse, "ARRAY_REVERSE", "ARRAY_REVERSE(array)", WR_F_STRICT, 1, 1, infer_reverse,
     reverse_kernel, "The array in reverse order.");
EDIT(wr_fn_array_remove, "ARRAY_REMOVE", "ARRAY_REMOVE(array, element)", 0, 2, 2, infer_remove,
     remove_kernel, "The array without the elements that equal the one given.");
