/* SPDX-License-Identifier: Apache-2.0
 *
 * cast_nested - ARRAY, MAP, MULTISET and ROW by casting their elements.
 *
 * Elements live in child columns with row numbers of their own. While a child is cast, eval->live
 * tells which elements are needed and eval->row_map which row of the run an element belongs to, so
 * that an element that fails is reported for its row (and under TRY_CAST turns the whole row NULL).
 */
#include "base/macros.h"
#include "expr/cast.h"

/* What a child is cast under, and what to put back afterwards. */
struct scope {
	const uint8_t *live;     /* of the parent */
	const uint32_t *row_map; /* of the parent */
};

static struct scope scope_enter(struct wr_eval *eval, const uint8_t *live, const uint32_t *row_map)
{
	struct scope outer = {eval->live, eval->row_map};

	eval->live = live;
	eval->row_map = row_map;
	return outer;
}

static void scope_leave(struct wr_eval *eval, struct scope outer)
{
	eval->live = outer.live;
	eval->row_map = outer.row_map;
}

/* Notes for each element of the lists which row it is of. */
static void map_elements(struct wr_eval *eval, const struct wr_column *list, uint32_t rows,
			 const struct wr_column *out, uint8_t *live, uint32_t *row_map)
{
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		const struct wr_span span = WR_AT(list, struct wr_span, i);
		for (uint32_t e = span.start; e < span.start + span.len; e++) {
			live[e] = 1;
			row_map[e] = eval->row_map != NULL ? eval->row_map[i] : i;
		}
	}
}

static wr_status *list_to_list(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_column *list = wr_column_flatten(arg[0], rows);
	wr_status *status = NULL;

	memcpy(out->data, list->data, (size_t)rows * sizeof(struct wr_span));
	for (uint32_t c = 0; c < list->child_count && status == NULL; c++) {
		struct wr_column *child = list->child[c], *cast = NULL;
		uint8_t *live = wr_arena_zalloc(&eval->arena, child->len + 1);
		uint32_t *row_map = WR_NEW_ARRAY(&eval->arena, uint32_t, child->len + 1);
		map_elements(eval, list, rows, out, live, row_map);
		struct scope outer = scope_enter(eval, live, row_map);
		status = wr_cast_column(eval, child, call->type->child[c], child->len, &cast);
		scope_leave(eval, outer);
		if (status == NULL)
			wr_column_set_child(out, c, cast);
	}
	wr_column_unref(list);
	return status;
}

static wr_status *row_to_row(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint8_t *live = wr_arena_alloc(&eval->arena, rows + 1);
	struct wr_column *row = wr_column_flatten(arg[0], rows);
	wr_status *status = NULL;

	for (uint32_t i = 0; i < rows; i++)
		live[i] = !wr_skips(eval, out, i);
	for (uint32_t c = 0; c < row->child_count && status == NULL; c++) {
		struct wr_column *cast = NULL;
		struct scope outer = scope_enter(eval, live, eval->row_map);
		status = wr_cast_column(eval, row->child[c], call->type->child[c], rows, &cast);
		scope_leave(eval, outer);
		if (status == NULL)
			wr_column_set_child(out, c, cast);
	}
	wr_column_unref(row);
	return status;
}

wr_kernel wr_cast_nested_kernel(const struct wr_type *from, const struct wr_type *to)
{
	if (from->kind != to->kind || from->child_count != to->child_count)
		return NULL;
	if (from->kind == WR_ROW)
		return row_to_row;
	return from->child_count > 0 ? list_to_list : NULL;
}
