/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_collection_make - values built from parts: ARRAY[...], MAP[...], ROW(...), and maps from and
 * into arrays.
 *
 * The elements of ARRAY and the keys and values of MAP are cast to their common types. Of equal
 * keys in MAP and MAP_UNION the last one counts (at the place of the first); MAP_FROM_ARRAYS keeps
 * them all, as Flink does. MAP_KEYS, MAP_VALUES and MAP_ENTRIES share the map's columns.
 */
#include "base/macros.h"
#include "expr/fn_collection.h"

static wr_status *not_same_type(const struct wr_infer *infer)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "%s: the elements have no common type",
					    infer->function->name),
			      "Cast them to one type");
}

/* Every `step`-th argument from `first` on is cast to the common type of these. NULL: none. */
static const struct wr_type *want_common(struct wr_infer *infer, uint32_t first, uint32_t step)
{
	uint32_t count = (infer->arg_count - first + step - 1) / step, k = 0;
	const struct wr_type **types = WR_NEW_ARRAY(infer->arena, const struct wr_type *, count);

	for (uint32_t i = first; i < infer->arg_count; i += step) {
		types[k] = infer->arg[i]->type;
		if (types[k++] == NULL)
			return NULL;
	}
	const struct wr_type *common = wr_type_common(infer->arena, types, count);
	if (common == NULL || common->kind == WR_NULL)
		return NULL;
	for (uint32_t i = first; i < infer->arg_count; i += step)
		infer->want[i] = common;
	return common;
}

/* Every `step`-th argument from `first` on, `rows` rows of each, one after another. */
static struct wr_column *join_arguments(struct wr_eval *eval, const struct wr_call *call,
					struct wr_column *const *arg, uint32_t rows, uint32_t first,
					uint32_t step)
{
	uint32_t count = (call->arg_count - first + step - 1) / step;
	struct wr_column **part = WR_NEW_ARRAY(&eval->arena, struct wr_column *, count);
	uint32_t *lens = WR_NEW_ARRAY(&eval->arena, uint32_t, count);

	for (uint32_t k = 0; k < count; k++) {
		part[k] = arg[first + k * step];
		lens[k] = rows;
	}
	return wr_column_concat(part, lens, count);
}

/* --- ARRAY ----------------------------------------------------------------------------------- */

static wr_status *array_kernel(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint32_t count = call->arg_count;
	struct wr_column *joined = join_arguments(eval, call, arg, rows, 0, 1);
	struct wr_picks picks;
	wr_status *status = wr_picks_init(&picks, eval, (uint64_t)rows * count);

	for (uint32_t i = 0; i < rows && status == NULL; i++) {
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){picks.count, count};
		for (uint32_t k = 0; k < count; k++)
			wr_picks_add(&picks, k * rows + i);
	}
	if (status == NULL)
		wr_picks_finish(&picks, out, 0, joined);
	wr_column_unref(joined);
	return status;
}

static wr_status *infer_array(struct wr_infer *infer)
{
	const struct wr_type *common = want_common(infer, 0, 1);

	if (common == NULL)
		return not_same_type(infer);
	infer->result = wr_type_array(infer->arena, common);
	return NULL;
}

/* --- MAP ------------------------------------------------------------------------------------- */

/* Picks the entries of one row: of equal keys the last value, at the place of the first key.
 * Candidate k has key and value `first + k * stride`. */
static uint32_t pick_entries(struct wr_elements *keys, struct wr_picks *key_picks,
			     struct wr_picks *value_picks, uint32_t *place, const uint32_t *entry,
			     uint32_t count)
{
	uint32_t start = key_picks->count;

	wr_elements_begin(keys, count);
	for (uint32_t k = 0; k < count; k++) {
		uint32_t same = wr_elements_find(keys, entry[k]);
		if (same != UINT32_MAX) {
			value_picks->index[place[same]] = entry[k];
			continue;
		}
		wr_elements_add(keys, entry[k]);
		place[entry[k]] = key_picks->count;
		wr_picks_add(key_picks, entry[k]);
		wr_picks_add(value_picks, entry[k]);
	}
	return key_picks->count - start;
}

/* What the makers of maps need. */
struct map_maker {
	struct wr_elements keys; /* of the row at hand */
	struct wr_picks key;     /* of all rows */
	struct wr_picks value;   /* of all rows */
	uint32_t *place;         /* per candidate key: where it was picked */
};

static wr_status *maker_init(struct map_maker *maker, struct wr_eval *eval,
			     const struct wr_column *key, uint64_t capacity)
{
	WR_TRY(wr_picks_init(&maker->key, eval, capacity));
	WR_TRY(wr_picks_init(&maker->value, eval, capacity));
	wr_elements_init(&maker->keys, eval, key);
	maker->place = WR_NEW_ARRAY(&eval->arena, uint32_t, (size_t)key->len + 1);
	return NULL;
}

/* Keys are joined apart from values; entry k of row i is row k * rows + i of both. */
static wr_status *map_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint32_t count = call->arg_count / 2;
	struct wr_column *key = join_arguments(eval, call, arg, rows, 0, 2);
	struct wr_column *value = join_arguments(eval, call, arg, rows, 1, 2);
	uint32_t *entry = WR_NEW_ARRAY(&eval->arena, uint32_t, count);
	struct map_maker maker;
	wr_status *status = maker_init(&maker, eval, key, (uint64_t)rows * count);

	for (uint32_t i = 0; i < rows && status == NULL; i++) {
		for (uint32_t k = 0; k < count; k++)
			entry[k] = k * rows + i;
		uint32_t start = maker.key.count;
		uint32_t len =
		    pick_entries(&maker.keys, &maker.key, &maker.value, maker.place, entry, count);
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){start, len};
	}
	if (status == NULL) {
		wr_picks_finish(&maker.key, out, 0, key);
		wr_picks_finish(&maker.value, out, 1, value);
	}
	wr_column_unref(key);
	wr_column_unref(value);
	return status;
}

static wr_status *infer_map(struct wr_infer *infer)
{
	if (infer->arg_count % 2 != 0)
		return wr_status_new(WR_USER_ERROR, "MAP requires an even number of arguments");
	const struct wr_type *key = want_common(infer, 0, 2), *value = want_common(infer, 1, 2);
	if (key == NULL || value == NULL)
		return not_same_type(infer);
	infer->result = wr_type_map(infer->arena, key, value);
	return NULL;
}

/* --- ROW ------------------------------------------------------------------------------------- */

static wr_status *row_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	for (uint32_t c = 0; c < call->arg_count; c++)
		wr_collection_set_child(out, c, wr_column_flatten(arg[c], rows));
	return NULL;
}

/* Fields are named EXPR$0, EXPR$1, ... as in Flink. */
static wr_status *infer_row(struct wr_infer *infer)
{
	const char **name = WR_NEW_ARRAY(infer->arena, const char *, infer->arg_count);

	for (uint32_t c = 0; c < infer->arg_count; c++) {
		name[c] = wr_arena_printf(infer->arena, "EXPR$%u", c);
		if (infer->arg[c]->type == NULL)
			return wr_infer_mismatch(infer);
	}
	infer->result = wr_type_row(infer->arena, infer->arg_count, name, infer->want);
	return NULL;
}

/* --- maps and arrays ------------------------------------------------------------------------- */

static wr_status *from_arrays_kernel(struct wr_eval *eval, const struct wr_call *call,
				     struct wr_column *const *arg, uint32_t rows,
				     struct wr_column *out)
{
	struct wr_picks key, value;

	(void)call;
	WR_TRY(wr_picks_init(&key, eval, wr_list_total(eval, out, arg[0], rows)));
	WR_TRY(wr_picks_init(&value, eval, wr_list_total(eval, out, arg[0], rows)));
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_span k = wr_span_at(arg[0], i), v = wr_span_at(arg[1], i);
		if (k.len != v.len) {
			wr_eval_fail(eval, i,
				     "MAP_FROM_ARRAYS: the length of the keys array %u is not "
				     "equal to the length of the values array %u",
				     k.len, v.len);
			continue;
		}
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){key.count, k.len};
		for (uint32_t e = 0; e < k.len; e++) {
			wr_picks_add(&key, k.start + e);
			wr_picks_add(&value, v.start + e);
		}
	}
	wr_picks_finish(&key, out, 0, arg[0]->child[0]);
	wr_picks_finish(&value, out, 1, arg[1]->child[0]);
	return NULL;
}

static wr_status *infer_from_arrays(struct wr_infer *infer)
{
	const struct wr_type *key = wr_arg_of_kind(infer, 0, WR_ARRAY);
	const struct wr_type *value = wr_arg_of_kind(infer, 1, WR_ARRAY);

	if (key == NULL || value == NULL)
		return wr_infer_mismatch(infer);
	infer->result = wr_type_map(infer->arena, key->child[0], value->child[0]);
	return NULL;
}

static void copy_spans(struct wr_column *out, const struct wr_column *list, uint32_t rows)
{
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, struct wr_span)[i] = wr_span_at(list, i);
}

/* MAP_KEYS (plan->i64 is 0) and MAP_VALUES (1). */
static wr_status *map_side_kernel(struct wr_eval *eval, const struct wr_call *call,
				  struct wr_column *const *arg, uint32_t rows,
				  struct wr_column *out)
{
	(void)eval;
	copy_spans(out, arg[0], rows);
	wr_collection_set_child(out, 0, wr_column_ref(arg[0]->child[call->plan->i64]));
	return NULL;
}

static wr_status *infer_map_side(struct wr_infer *infer, int64_t side)
{
	const struct wr_type *map = wr_arg_of_kind(infer, 0, WR_MAP);

	if (map == NULL)
		return wr_infer_mismatch(infer);
	infer->plan->i64 = side;
	infer->result = wr_type_array(infer->arena, map->child[side]);
	return NULL;
}

static wr_status *infer_map_keys(struct wr_infer *infer)
{
	return infer_map_side(infer, 0);
}

static wr_status *infer_map_values(struct wr_infer *infer)
{
	return infer_map_side(infer, 1);
}

/* The rows of the result are the key and value columns of the map, side by side. */
static wr_status *map_entries_kernel(struct wr_eval *eval, const struct wr_call *call,
				     struct wr_column *const *arg, uint32_t rows,
				     struct wr_column *out)
{
	const struct wr_type *row_type = out->type->child[0];
	struct wr_column *row = wr_column_new(row_type, arg[0]->child[0]->len);

	(void)eval;
	(void)call;
	copy_spans(out, arg[0], rows);
	for (uint32_t c = 0; c < 2; c++)
		wr_collection_set_child(row, c, wr_column_ref(arg[0]->child[c]));
	wr_column_set_child(out, 0, row);
	return NULL;
}

static wr_status *infer_map_entries(struct wr_infer *infer)
{
	static const char *const names[2] = {"key", "value"};
	const struct wr_type *map = wr_arg_of_kind(infer, 0, WR_MAP);

	if (map == NULL)
		return wr_infer_mismatch(infer);
	infer->result =
	    wr_type_array(infer->arena, wr_type_row(infer->arena, 2, names, map->child));
	return NULL;
}

/* --- MAP_UNION ------------------------------------------------------------------------------- */

static wr_status *map_union_kernel(struct wr_eval *eval, const struct wr_call *call,
				   struct wr_column *const *arg, uint32_t rows,
				   struct wr_column *out)
{
	uint32_t count = call->arg_count;
	struct wr_column **keys = WR_NEW_ARRAY(&eval->arena, struct wr_column *, count);
	struct wr_column **values = WR_NEW_ARRAY(&eval->arena, struct wr_column *, count);
	uint32_t *lens = WR_NEW_ARRAY(&eval->arena, uint32_t, count);
	uint64_t total = 0;

	for (uint32_t k = 0; k < count; k++) {
		keys[k] = arg[k]->child[0];
		values[k] = arg[k]->child[1];
		lens[k] = keys[k]->len;
		total += wr_list_total(eval, out, arg[k], rows);
	}
	struct wr_column *key = wr_column_concat(keys, lens, count);
	struct wr_column *value = wr_column_concat(values, lens, count);
	struct map_maker maker;
	wr_status *status = maker_init(&maker, eval, key, total);
	uint32_t *entry = status == NULL ? WR_NEW_ARRAY(&eval->arena, uint32_t, total + 1) : NULL;
	for (uint32_t i = 0; i < rows && status == NULL; i++) {
		uint32_t n = 0, base = 0, start = maker.key.count;
		if (wr_skips(eval, out, i))
			continue;
		for (uint32_t k = 0; k < count; base += lens[k++]) {
			struct wr_span span = wr_span_at(arg[k], i);
			for (uint32_t e = 0; e < span.len; e++)
				entry[n++] = base + span.start + e;
		}
		uint32_t len =
		    pick_entries(&maker.keys, &maker.key, &maker.value, maker.place, entry, n);
		WR_DATA(out, struct wr_span)[i] = (struct wr_span){start, len};
	}
	if (status == NULL) {
		wr_picks_finish(&maker.key, out, 0, key);
		wr_picks_finish(&maker.value, out, 1, value);
	}
	wr_column_unref(key);
	wr_column_unref(value);
	return status;
}

/* All maps are cast to their common type. */
static wr_status *infer_map_union(struct wr_infer *infer)
{
	for (uint32_t i = 0; i < infer->arg_count; i++)
		if (infer->arg[i]->type == NULL ||
		    (infer->arg[i]->type->kind != WR_MAP && infer->arg[i]->type->kind != WR_NULL))
			return wr_infer_mismatch(infer);
	const struct wr_type *common = wr_type_common(infer->arena, infer->want, infer->arg_count);
	if (common == NULL || common->kind != WR_MAP)
		return wr_infer_mismatch(infer);
	for (uint32_t i = 0; i < infer->arg_count; i++)
		infer->want[i] = common;
	infer->result = common;
	return NULL;
}

/* --- entries --------------------------------------------------------------------------------- */

#define MAKE(id, sql, group, form, flag, least, most, infer_of, kernel_of, text)                   \
	const struct wr_function id = {.name = (sql),                                              \
				       .category = (group),                                        \
				       .syntax = (form),                                           \
				       .doc = (text),                                              \
				       .flags = (flag),                                            \
				       .min_args = (least),                                        \
				       .max_args = (most),                                         \
				       .infer = (infer_of),                                        \
				       .kernel = (kernel_of)}

MAKE(wr_fn_array, "ARRAY", "value construction", "ARRAY[value1[, value2]*]",
     WR_F_NOT_NULL | WR_F_OPERATOR, 1, UINT16_MAX, infer_array, array_kernel,
     "An array of the values.");
MAKE(wr_fn_map, "MAP", "value construction", "MAP[key1, value1[, key2, value2]*]",
     WR_F_NOT_NULL | WR_F_OPERATOR, 2, UINT16_MAX, infer_map, map_kernel,
     "A map of keys to values.");
MAKE(wr_fn_row, "ROW", "value construction", "ROW(value1[, value2]*) | (value1, value2[, value3]*)",
     WR_F_NOT_NULL | WR_F_OPERATOR, 1, UINT16_MAX, infer_row, row_kernel, "A row of the values.");
MAKE(wr_fn_map_from_arrays, "MAP_FROM_ARRAYS", "collection", "MAP_FROM_ARRAYS(keys, values)",
     WR_F_STRICT | WR_F_FALLIBLE, 2, 2, infer_from_arrays, from_arrays_kernel,
     "A map of an array of keys and one of values, of equal length.");
MAKE(wr_fn_map_keys, "MAP_KEYS", "collection", "MAP_KEYS(map)", WR_F_STRICT | WR_F_BLIND, 1, 1,
     infer_map_keys, map_side_kernel, "The keys of a map as an array.");
MAKE(wr_fn_map_values, "MAP_VALUES", "collection", "MAP_VALUES(map)", WR_F_STRICT | WR_F_BLIND, 1,
     1, infer_map_values, map_side_kernel, "The values of a map as an array.");
MAKE(wr_fn_map_entries, "MAP_ENTRIES", "collection", "MAP_ENTRIES(map)", WR_F_STRICT | WR_F_BLIND,
     1, 1, infer_map_entries, map_entries_kernel, "The entries of a map as an array of rows.");
MAKE(wr_fn_map_union, "MAP_UNION", "collection", "MAP_UNION(map1[, map2]*)", WR_F_STRICT, 1,
     UINT16_MAX, infer_map_union, map_union_kernel,
     "One map of several; of equal keys the last one counts.");
