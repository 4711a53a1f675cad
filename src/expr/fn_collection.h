/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_collection - functions that fn_collection.c lists and its sister files hold, and what they
 * share: rows picked from a child column, lists of picked elements, sets of elements.
 */
#ifndef WR_EXPR_FN_COLLECTION_H
#define WR_EXPR_FN_COLLECTION_H

#include "expr/function.h"
#include "expr/kernel.h"

/* fn_collection_make.c */
extern const struct wr_function wr_fn_array, wr_fn_map, wr_fn_row, wr_fn_map_from_arrays,
    wr_fn_map_keys, wr_fn_map_values, wr_fn_map_entries, wr_fn_map_union;
/* fn_collection_edit.c */
extern const struct wr_function wr_fn_array_append, wr_fn_array_prepend, wr_fn_array_concat,
    wr_fn_array_slice, wr_fn_array_reverse, wr_fn_array_remove;
/* fn_collection_set.c */
extern const struct wr_function wr_fn_array_distinct, wr_fn_array_union, wr_fn_array_except,
    wr_fn_array_intersect;
/* fn_collection_find.c */
extern const struct wr_function wr_fn_array_contains, wr_fn_array_position, wr_fn_array_max,
    wr_fn_array_min, wr_fn_array_sort, wr_fn_array_join;

static inline struct wr_span wr_span_at(const struct wr_column *list, uint32_t i)
{
	return WR_AT(list, struct wr_span, i);
}
/* Argument `index` of infer() when it is of that kind, else NULL. */
static inline const struct wr_type *wr_arg_of_kind(const struct wr_infer *infer, uint32_t index,
						   enum wr_kind kind)
{
	const struct wr_type *type = infer->arg[index]->type;

	return type != NULL && type->kind == kind ? type : NULL;
}

/* Makes `out` (made by the evaluator, children absent) hold the rows of `rows_of`, a dense column
 * of out->len rows of the same layout; what is NULL in either is NULL. */
void wr_collection_adopt(struct wr_column *out, struct wr_column *rows_of);
/* The same with rows index[i] of `from`; rows that are NULL in `out` already may have any index. */
void wr_collection_pick(struct wr_column *out, struct wr_column *from, uint32_t *index);
/* Sets child `c` of a list column to `child` under the type that out has for it. */
void wr_collection_set_child(struct wr_column *out, uint32_t c, struct wr_column *child_moved);

/* Elements picked for list after list. */
struct wr_picks {
	uint32_t *index;   /* rows of the child column, in order; in the evaluator's arena */
	uint32_t count;    /* of them */
	uint32_t capacity; /* room at index */
};
/* Room for `capacity` elements. A fatal status: more than a column can hold. */
wr_status *wr_picks_init(struct wr_picks *picks, struct wr_eval *eval, uint64_t capacity);
static inline void wr_picks_add(struct wr_picks *picks, uint32_t element)
{
	WR_ASSERT(picks->count < picks->capacity);
	picks->index[picks->count++] = element;
}
/* Makes the elements picked out's child `c`, gathered from `from`. */
void wr_picks_finish(const struct wr_picks *picks, struct wr_column *out, uint32_t c,
		     const struct wr_column *from);
/* Number of elements in all rows of a list column (of those not skipped). */
uint64_t wr_list_total(const struct wr_eval *eval, const struct wr_column *out,
		       const struct wr_column *list, uint32_t rows);

/* A set of elements of one column, emptied for each row. NaN equals nothing, NULL equals NULL. */
struct wr_elements {
	const struct wr_column *column; /* the elements */
	uint64_t *hash;                 /* of each row of column */
	uint32_t *slot;                 /* open addressing: element + 1; 0: free */
	uint32_t mask;                  /* slots in use for this row, less one */
	uint32_t capacity;              /* slots allocated */
	struct wr_eval *eval;           /* whose arena serves */
};
void wr_elements_init(struct wr_elements *set, struct wr_eval *eval,
		      const struct wr_column *column);
/* Empties the set and makes room for `count` elements. */
void wr_elements_begin(struct wr_elements *set, uint32_t count);
/* Adds an element; false: an equal one is in already. */
bool wr_elements_add(struct wr_elements *set, uint32_t element);
bool wr_elements_has(const struct wr_elements *set, uint32_t element);
/* The element equal to `element` that is in the set; UINT32_MAX: none. */
uint32_t wr_elements_find(const struct wr_elements *set, uint32_t element);
/* Whether two values are equal as elements are. */
bool wr_element_equal(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
		      uint32_t row_b);

/* infer(): arguments [0, count) are arrays; they and *common become their common type. */
wr_status *wr_infer_common_array(struct wr_infer *infer, const struct wr_type **common);
/* infer(): argument 0 is an array, argument `index` is cast to its elements' type. */
wr_status *wr_infer_element(struct wr_infer *infer, uint32_t index, const struct wr_type **array);
/* infer(): arguments from `from` on are integers up to INT. */
wr_status *wr_infer_ints(struct wr_infer *infer, uint32_t from);

#endif
