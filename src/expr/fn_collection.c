/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_collection - access to elements, and the table of collection functions.
 *
 * Shapes
 *   a[i]         "[]"(array, integer): from 1; a constant below 1 is an error, any other index
 *                without an element is NULL
 *   m[k]         "[]"(map, key): the key is cast to the map's unless both are strings
 *   r['f'] r[1]  "[]"(row, constant string or constant integer from 1)
 *   r.f          "."(row, SYMBOL f), f as written, case-sensitive; or "."(row, constant integer
 *                from 0), for planners that know the field's place
 *   ARRAY[a, b]  "ARRAY"(a, b); MAP[k, v, ...] "MAP"(k, v, ...); ROW(a, b) and (a, b) "ROW"(a, b)
 *   all others   plain calls
 */
#include "expr/fn_collection.h"

#include <string.h>

#include "base/macros.h"
#include "expr/fn_math.h"
#include "expr/tables.h"

/* --- CARDINALITY, ELEMENT -------------------------------------------------------------------- */

static bool is_list(const struct wr_type *type)
{
	return type != NULL &&
	       (type->kind == WR_ARRAY || type->kind == WR_MAP || type->kind == WR_MULTISET);
}

static wr_status *cardinality_kernel(struct wr_eval *eval, const struct wr_call *call,
				     struct wr_column *const *arg, uint32_t rows,
				     struct wr_column *out)
{
	(void)eval;
	(void)call;
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int32_t)[i] = (int32_t)wr_span_at(arg[0], i).len;
	return NULL;
}

static wr_status *infer_cardinality(struct wr_infer *infer)
{
	if (!is_list(infer->arg[0]->type))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_INT;
	return NULL;
}

/* More than one element is an error of the row. */
static wr_status *element_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint32_t *index = WR_NEW_ARRAY(&eval->arena, uint32_t, rows);

	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		index[i] = span.start;
		if (span.len > 1)
			wr_eval_fail(eval, i, "ELEMENT: the array has %u elements, not one",
				     span.len);
		if (span.len == 0)
			wr_out_null(out, i);
	}
	wr_collection_pick(out, arg[0]->child[0], index);
	return NULL;
}

static wr_status *infer_array_element(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (!is_list(type) || type->kind == WR_MAP)
		return wr_infer_mismatch(infer);
	infer->result = wr_type_nullable(infer->arena, type->child[0],
					 type->nullable || type->child[0]->nullable);
	infer->keep_null = true;
	return NULL;
}

/* --- a[i] ------------------------------------------------------------------------------------ */

static wr_status *array_item_kernel(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	uint32_t *index = WR_NEW_ARRAY(&eval->arena, uint32_t, rows);

	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		if (out->valid != NULL && out->valid[i] == 0)
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		int64_t at = wr_int_at(arg[1], i);
		if (at >= 1 && at <= (int64_t)span.len)
			index[i] = span.start + (uint32_t)at - 1;
		else
			wr_out_null(out, i);
	}
	wr_collection_pick(out, arg[0]->child[0], index);
	return NULL;
}

/* A constant index below 1 is a mistake that is told at once. */
static wr_status *infer_array_item(struct wr_infer *infer)
{
	const struct wr_type *by = infer->arg[1]->type;
	int64_t at;

	if (by == NULL || !(wr_kind_is_integer(by->kind) || by->kind == WR_NULL))
		return wr_infer_mismatch(infer);
	if (wr_infer_const_int(infer->arg[1], &at) && at < 1)
		return wr_status_new(
		    WR_USER_ERROR, "Array element access needs an index starting at 1 but was %lld",
		    (long long)at);
	if (by->kind == WR_NULL)
		infer->want[1] = &WR_T_INT;
	infer->plan->kernel = array_item_kernel;
	infer->result = wr_type_nullable(infer->arena, infer->arg[0]->type->child[0], true);
	infer->keep_null = true;
	return NULL;
}

/* --- m[k] ------------------------------------------------------------------------------------ */

/* Of equal keys (which only MAP_FROM_ARRAYS makes) the first one counts. */
static wr_status *map_item_kernel(struct wr_eval *eval, const struct wr_call *call,
				  struct wr_column *const *arg, uint32_t rows,
				  struct wr_column *out)
{
	uint32_t *index = WR_NEW_ARRAY(&eval->arena, uint32_t, rows);
	const struct wr_column *key = arg[0]->child[0];

	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		if (out->valid != NULL && out->valid[i] == 0)
			continue;
		struct wr_span span = wr_span_at(arg[0], i);
		uint32_t e = span.start, end = span.start + span.len;
		while (e < end && !wr_value_equal(key, e, arg[1], i))
			e++;
		index[i] = e;
		if (e == end)
			wr_out_null(out, i);
	}
	wr_collection_pick(out, arg[0]->child[1], index);
	return NULL;
}

/* Strings are compared as they are: CHAR keys are not padded. */
static wr_status *infer_map_item(struct wr_infer *infer)
{
	const struct wr_type *map = infer->arg[0]->type, *by = infer->arg[1]->type;
	bool strings;

	if (by == NULL)
		return wr_infer_mismatch(infer);
	strings = wr_kind_is_string(by->kind) && wr_kind_is_string(map->child[0]->kind);
	if (!strings) {
		bool numbers =
		    wr_kind_is_numeric(by->kind) && wr_kind_is_numeric(map->child[0]->kind);
		if (!numbers && !wr_type_implicitly_castable(by, map->child[0]))
			return wr_infer_mismatch(infer);
		infer->want[1] = wr_type_nullable(infer->arena, map->child[0], true);
	}
	infer->plan->kernel = map_item_kernel;
	infer->result = wr_type_nullable(infer->arena, map->child[1], true);
	infer->keep_null = true;
	return NULL;
}

/* --- r.f ------------------------------------------------------------------------------------- */

static wr_status *field_kernel(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_column *row = wr_column_flatten(arg[0], rows);
	struct wr_column *field = wr_column_flatten(row->child[call->plan->i64], rows);

	(void)eval;
	if (row->valid != NULL) {
		uint8_t *valid = wr_column_validity(out);
		for (uint32_t i = 0; i < rows; i++)
			valid[i] &= row->valid[i];
	}
	wr_collection_adopt(out, field);
	wr_column_unref(field);
	wr_column_unref(row);
	return NULL;
}

/* The result of field `at`. */
static wr_status *infer_field(struct wr_infer *infer, int64_t at)
{
	const struct wr_type *row = infer->arg[0]->type;

	if (at < 0 || at >= (int64_t)row->child_count)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The row has no field %lld", (long long)at + 1),
		    "It has %u fields: %s", row->child_count, wr_type_str(infer->arena, row));
	infer->plan->i64 = at;
	infer->plan->kernel = field_kernel;
	infer->result = wr_type_nullable(infer->arena, row->child[at],
					 row->nullable || row->child[at]->nullable);
	infer->keep_null = true;
	return NULL;
}

/* Fields are found by their exact name. */
static wr_status *infer_field_name(struct wr_infer *infer, const char *name, size_t len)
{
	const struct wr_type *row = infer->arg[0]->type;
	const char *text = wr_arena_strndup(infer->arena, name, len);

	for (uint32_t c = 0; c < row->child_count; c++)
		if (strcmp(row->name[c], text) == 0)
			return infer_field(infer, c);
	const char *near = wr_nearest(text, row->name, row->child_count);
	wr_status *status = wr_status_new(WR_USER_ERROR, "The row has no field '%s'", text);
	if (near != NULL)
		return wr_status_hint(status, "Did you mean '%s'?", near);
	return wr_status_hint(status, "Its type is %s", wr_type_str(infer->arena, row));
}

/* By name or by place, see the shapes above. */
static wr_status *infer_dot(struct wr_infer *infer)
{
	int64_t at;

	if (wr_arg_of_kind(infer, 0, WR_ROW) == NULL)
		return wr_infer_mismatch(infer);
	if (infer->arg[1]->kind == WR_E_SYMBOL)
		return infer_field_name(infer, infer->arg[1]->symbol,
					strlen(infer->arg[1]->symbol));
	if (!wr_infer_const_int(infer->arg[1], &at))
		return wr_infer_mismatch(infer);
	return infer_field(infer, at);
}

/* r['f'] or r[1]: the field must be known now, since it decides the type. */
static wr_status *infer_row_item(struct wr_infer *infer)
{
	const struct wr_expr *by = infer->arg[1];
	int64_t at;

	if (wr_infer_const_int(by, &at))
		return infer_field(infer, at - 1);
	if (by->kind != WR_E_CONST || !wr_kind_is_string(by->type->kind) ||
	    !wr_column_is_valid(by->value, 0))
		return wr_infer_mismatch(infer);
	struct wr_str name = wr_str_at(by->value, 0);
	return infer_field_name(infer, name.data, name.len);
}

static wr_status *infer_item(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	switch (type != NULL ? type->kind : WR_NULL) {
	case WR_ARRAY: return infer_array_item(infer);
	case WR_MAP: return infer_map_item(infer);
	case WR_ROW: return infer_row_item(infer);
	default: return wr_infer_mismatch(infer);
	}
}

/* --- entries --------------------------------------------------------------------------------- */

static const struct wr_function fn_cardinality = {
    .name = "CARDINALITY",
    .category = "collection",
    .syntax = "CARDINALITY(array | map)",
    .doc = "The number of elements or entries.",
    .flags = WR_F_STRICT | WR_F_BLIND,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_cardinality,
    .kernel = cardinality_kernel,
};

static const struct wr_function fn_element = {
    .name = "ELEMENT",
    .category = "collection",
    .syntax = "ELEMENT(array)",
    .doc = "The only element of an array; NULL of an empty one; more than one is an error.",
    .flags = WR_F_STRICT | WR_F_FALLIBLE,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_array_element,
    .kernel = element_kernel,
};

static const struct wr_function fn_item = {
    .name = "[]",
    .category = "collection",
    .syntax = "array[integer] | map[key] | row['field']",
    .doc = "The element at a place (from 1), the value of a key, or a field.",
    .flags = WR_F_STRICT | WR_F_OPERATOR,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_item,
};

static const struct wr_function fn_dot = {
    .name = ".",
    .category = "value access",
    .syntax = "row.field",
    .doc = "A field of a row.",
    .flags = WR_F_STRICT | WR_F_OPERATOR | WR_F_BLIND,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_dot,
};

const struct wr_function *const wr_fn_collection[] = {
    &fn_cardinality,
    &fn_item,
    &fn_element,
    &wr_fn_array_append,
    &wr_fn_array_contains,
    &wr_fn_array_distinct,
    &wr_fn_array_position,
    &wr_fn_array_prepend,
    &wr_fn_array_remove,
    &wr_fn_array_reverse,
    &wr_fn_array_slice,
    &wr_fn_array_sort,
    &wr_fn_array_union,
    &wr_fn_array_concat,
    &wr_fn_array_except,
    &wr_fn_array_intersect,
    &wr_fn_array_max,
    &wr_fn_array_join,
    &wr_fn_array_min,
    &wr_fn_map_keys,
    &wr_fn_map_values,
    &wr_fn_map_entries,
    &wr_fn_map_from_arrays,
    &wr_fn_map_union,
    &wr_fn_array,
    &wr_fn_map,
    &wr_fn_row,
    &fn_dot,
};
const uint32_t wr_fn_collection_count = WR_COUNT(wr_fn_collection);
