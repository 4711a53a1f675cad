/* SPDX-License-Identifier: Apache-2.0
 *
 * collection - what the functions on arrays, maps and rows share; see fn_collection.h.
 *
 * Elements are never copied one by one: a result is a list of spans over the argument's child
 * column where its elements follow each other there, else the child gathered by row numbers.
 */
#include "base/macros.h"
#include "expr/fn_collection.h"

#include <math.h>

void wr_collection_set_child(struct wr_column *out, uint32_t c, struct wr_column *child_moved)
{
	struct wr_column *child = wr_column_retype(child_moved, out->type->child[c]);

	wr_column_unref(child_moved);
	wr_column_set_child(out, c, child);
}

/* Shares what can be shared: the data of nested and string columns. */
void wr_collection_adopt(struct wr_column *out, struct wr_column *rows_of)
{
	uint32_t width = wr_phys_size(out->phys);

	WR_ASSERT(out->phys == rows_of->phys && out->len == rows_of->len && !rows_of->is_const);
	if (width > 0)
		memcpy(out->data, rows_of->data, (size_t)out->len * width);
	if (rows_of->valid != NULL) {
		uint8_t *valid = wr_column_validity(out);
		for (uint32_t i = 0; i < out->len; i++)
			valid[i] &= rows_of->valid[i];
	}
	wr_column_keep_all(out, rows_of);
	for (uint32_t c = 0; c < rows_of->child_count; c++)
		wr_collection_set_child(out, c, wr_column_ref(rows_of->child[c]));
}

/* An empty `from` has no row to point at, so its case is apart. */
void wr_collection_pick(struct wr_column *out, struct wr_column *from, uint32_t *index)
{
	struct wr_column *picked, *flat;

	if (from->len == 0) { /* then no row picks anything */
		struct wr_column *null = wr_column_null(out->type);
		picked = wr_column_flatten(null, out->len);
		wr_column_unref(null);
	} else {
		for (uint32_t i = 0; i < out->len; i++)
			if (out->valid != NULL && out->valid[i] == 0)
				index[i] = 0;
		picked = wr_column_gather(from, index, out->len);
	}
	flat = wr_column_flatten(picked, out->len);
	wr_collection_adopt(out, flat);
	wr_column_unref(flat);
	wr_column_unref(picked);
}

/* --- picks ----------------------------------------------------------------------------------- */

wr_status *wr_picks_init(struct wr_picks *picks, struct wr_eval *eval, uint64_t capacity)
{
	if (capacity >= UINT32_MAX / 2)
		return wr_status_hint(
		    wr_status_new(WR_FATAL, "The arrays of one batch would have %llu elements",
				  (unsigned long long)capacity),
		    "Set 'weir.batch.max-rows' to a smaller number");
	*picks = (struct wr_picks){.index = WR_NEW_ARRAY(&eval->arena, uint32_t, capacity + 1),
				   .capacity = (uint32_t)capacity};
	return NULL;
}

void wr_picks_finish(const struct wr_picks *picks, struct wr_column *out, uint32_t c,
		     const struct wr_column *from)
{
	struct wr_column *picked = wr_column_gather(from, picks->index, picks->count);

	wr_collection_set_child(out, c, picked);
}

uint64_t wr_list_total(const struct wr_eval *eval, const struct wr_column *out,
		       const struct wr_column *list, uint32_t rows)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < rows; i++)
		if (!wr_skips(eval, out, i))
			total += wr_span_at(list, i).len;
	return total;
}

/* --- sets of elements ------------------------------------------------------------------------ */

static bool is_nan(const struct wr_column *column, uint32_t row)
{
	if (column->phys == WR_P_F64)
		return isnan(WR_AT(column, double, row));
	return column->phys == WR_P_F32 && isnan(WR_AT(column, float, row));
}

bool wr_element_equal(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
		      uint32_t row_b)
{
	if (!wr_value_equal(a, row_a, b, row_b))
		return false;
	return !wr_column_is_valid(a, row_a) || !is_nan(a, row_a);
}

void wr_elements_init(struct wr_elements *set, struct wr_eval *eval, const struct wr_column *column)
{
	*set = (struct wr_elements){.column = column, .eval = eval};
	set->hash = wr_arena_zalloc(&eval->arena, sizeof(uint64_t) * ((size_t)column->len + 1));
	wr_column_hash(column, column->len, set->hash);
}

/* At most half of the slots are ever used. */
void wr_elements_begin(struct wr_elements *set, uint32_t count)
{
	uint32_t slots = 8;

	while (slots < count * 2)
		slots *= 2;
	if (slots > set->capacity) {
		set->slot = WR_NEW_ARRAY(&set->eval->arena, uint32_t, slots);
		set->capacity = slots;
	} else {
		memset(set->slot, 0, sizeof(uint32_t) * slots);
	}
	set->mask = slots - 1;
}

/* The slot of an equal element, or the free one where it would go. */
static uint32_t find_slot(const struct wr_elements *set, uint32_t element)
{
	uint32_t at = (uint32_t)set->hash[element] & set->mask;

	for (; set->slot[at] != 0; at = (at + 1) & set->mask) {
		uint32_t other = set->slot[at] - 1;
		if (set->hash[other] == set->hash[element] &&
		    wr_element_equal(set->column, other, set->column, element))
			break;
	}
	return at;
}

bool wr_elements_add(struct wr_elements *set, uint32_t element)
{
	uint32_t at = find_slot(set, element);

	if (set->slot[at] != 0)
		return false;
	set->slot[at] = element + 1;
	return true;
}

bool wr_elements_has(const struct wr_elements *set, uint32_t element)
{
	return set->slot[find_slot(set, element)] != 0;
}

uint32_t wr_elements_find(const struct wr_elements *set, uint32_t element)
{
	uint32_t slot = set->slot[find_slot(set, element)];

	return slot == 0 ? UINT32_MAX : slot - 1;
}

/* --- infer ----------------------------------------------------------------------------------- */

wr_status *wr_infer_common_array(struct wr_infer *infer, const struct wr_type **common)
{
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		if (type == NULL || (type->kind != WR_ARRAY && type->kind != WR_NULL))
			return wr_infer_mismatch(infer);
	}
	*common = wr_type_common(infer->arena, infer->want, infer->arg_count);
	if (*common == NULL || (*common)->kind != WR_ARRAY)
		return wr_infer_mismatch(infer);
	for (uint32_t i = 0; i < infer->arg_count; i++)
		infer->want[i] = *common;
	return NULL;
}

wr_status *wr_infer_element(struct wr_infer *infer, uint32_t index, const struct wr_type **array)
{
	const struct wr_type *type = wr_arg_of_kind(infer, 0, WR_ARRAY);
	const struct wr_type *value = infer->arg[index]->type;

	if (type == NULL || value == NULL || !wr_type_implicitly_castable(value, type->child[0]))
		return wr_infer_mismatch(infer);
	infer->want[index] = wr_type_nullable(infer->arena, type->child[0], true);
	*array = type;
	return NULL;
}

wr_status *wr_infer_ints(struct wr_infer *infer, uint32_t from)
{
	for (uint32_t i = from; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		if (type == NULL || !(type->kind == WR_TINYINT || type->kind == WR_SMALLINT ||
				      type->kind == WR_INT || type->kind == WR_NULL))
			return wr_infer_mismatch(infer);
		infer->want[i] = &WR_T_INT;
	}
	return NULL;
}
