/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_collection_set - arrays as sets: ARRAY_DISTINCT, ARRAY_UNION, ARRAY_EXCEPT, ARRAY_INTERSECT.
 *
 * Each result holds an element once, in the order of first appearance. NULL equals NULL; NaN equals
 * nothing, so it is always kept (and is in no intersection). All arrays are cast to their common
 * type and joined into one column, so that an element is a row number of it.
 */
#include "base/macros.h"
#include "expr/fn_collection.h"

enum set_mode { SET_UNION, SET_EXCEPT, SET_INTERSECT };

/* The work of one batch. */
struct work {
	struct wr_column *joined; /* the elements of all arguments */
	uint32_t base[2];         /* where those of an argument begin in it */
	struct wr_elements seen;  /* given out, or not to be given out */
	struct wr_elements other; /* INTERSECT: of the second array */
	struct wr_picks picks;    /* the result */
};

static void pick_if_new(struct work *work, uint32_t element)
{
	if (wr_elements_add(&work->seen, element))
		wr_picks_add(&work->picks, element);
}

/* Elements of the first array that are (intersect) or are not in the second. */
static void pick_by_second(struct work *work, enum set_mode mode, struct wr_span a,
			   struct wr_span b)
{
	struct wr_elements *second = mode == SET_INTERSECT ? &work->other : &work->seen;

	if (mode == SET_INTERSECT)
		wr_elements_begin(second, b.len);
	for (uint32_t e = 0; e < b.len; e++)
		wr_elements_add(second, work->base[1] + b.start + e);
	for (uint32_t e = 0; e < a.len; e++) {
		uint32_t element = work->base[0] + a.start + e;
		if (mode == SET_EXCEPT || wr_elements_has(&work->other, element))
			pick_if_new(work, element);
	}
}

/* UNION and DISTINCT look at one array after the other; the rest at the second first. */
static void pick_row(struct work *work, enum set_mode mode, const struct wr_call *call,
		     struct wr_column *const *arg, uint32_t i)
{
	struct wr_span a = wr_span_at(arg[0], i);
	struct wr_span b = call->arg_count > 1 ? wr_span_at(arg[1], i) : (struct wr_span){0, 0};

	wr_elements_begin(&work->seen, a.len + b.len);
	if (mode != SET_UNION) {
		pick_by_second(work, mode, a, b);
		return;
	}
	for (uint32_t e = 0; e < a.len; e++)
		pick_if_new(work, work->base[0] + a.start + e);
	for (uint32_t e = 0; e < b.len; e++)
		pick_if_new(work, work->base[1] + b.start + e);
}

/* The hash of each element is computed once, whatever the number of rows it is in. */
static wr_status *set_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	enum set_mode mode = (enum set_mode)call->plan->i64;
	struct wr_column *part[2];
	uint32_t lens[2] = {0, 0};
	struct work work = {.base = {0, 0}};
	uint64_t total = 0;

	for (uint32_t k = 0; k < call->arg_count; k++) {
		part[k] = arg[k]->child[0];
		lens[k] = part[k]->len;
		total += wr_list_total(eval, out, arg[k], rows);
	}
	work.base[1] = lens[0];
	WR_TRY(wr_picks_init(&work.picks, eval, total));
	work.joined = wr_column_concat(part, lens, call->arg_count);
	wr_elements_init(&work.seen, eval, work.joined);
	work.other = work.seen;
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t start = work.picks.count;
		if (wr_skips(eval, out, i))
			continue;
		pick_row(&work, mode, call, arg, i);
		WR_DATA(out, struct wr_span)
		[i] = (struct wr_span){start, work.picks.count - start};
	}
	wr_picks_finish(&work.picks, out, 0, work.joined);
	wr_column_unref(work.joined);
	return NULL;
}

static wr_status *infer_set(struct wr_infer *infer, enum set_mode mode)
{
	infer->plan->i64 = mode;
	return wr_infer_common_array(infer, &infer->result);
}

static wr_status *infer_union(struct wr_infer *infer)
{
	return infer_set(infer, SET_UNION);
}

static wr_status *infer_except(struct wr_infer *infer)
{
	return infer_set(infer, SET_EXCEPT);
}

static wr_status *infer_intersect(struct wr_infer *infer)
{
	return infer_set(infer, SET_INTERSECT);
}

#define SET(id, sql, form, arguments, infer_of, text)                                              \
	const struct wr_function id = {.name = (sql),                                              \
				       .category = "collection",                                   \
				       .syntax = (form),                                           \
				       .doc = (text),                                              \
				       .flags = WR_F_STRICT,                                       \
				       .min_args = (arguments),                                    \
				       .max_args = (arguments),                                    \
				       .infer = (infer_of),                                        \
				       .kernel = set_kernel}

SET(wr_fn_array_distinct, "ARRAY_DISTINCT", "ARRAY_DISTINCT(array)", 1, infer_union,
    "The array with each element once, in order.");
SET(wr_fn_array_union, "ARRAY_UNION", "ARRAY_UNION(array1, array2)", 2, infer_union,
    "The elements of both arrays, each once.");
SET(wr_fn_array_except, "ARRAY_EXCEPT", "ARRAY_EXCEPT(array1, array2)", 2, infer_except,
    "The elements of array1 that are not in array2, each once.");
SET(wr_fn_array_intersect, "ARRAY_INTERSECT", "ARRAY_INTERSECT(array1, array2)", 2, infer_intersect,
    "The elements that are in both arrays, each once.");
