/* SPDX-License-Identifier: Apache-2.0
 *
 * project - the small nodes that the analyzer puts between the others: filters, projections,
 * casts, and the naming of columns.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "base/limits.h"
#include "base/map.h"
#include "expr/function.h"

wr_status *wr_check_width(uint64_t columns, struct wr_pos pos)
{
	if (columns <= WR_COLUMNS_MAX)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, pos,
					   "A table or query has at most %d columns",
					   WR_COLUMNS_MAX),
			      "Select the columns that are needed before joining");
}

/* Bounds the number of nodes. */
wr_status *wr_make_node(struct wr_analyzer *a, enum wr_node_kind kind, struct wr_node *input,
			struct wr_pos pos, struct wr_node **out)
{
	if (a->plan->next_id >= WR_PLAN_NODES_MAX)
		return wr_status_hint(
		    wr_status_at(
			WR_USER_ERROR, pos,
			"The query is too large: more than %d operators once its views and "
			"WITH entries are expanded",
			WR_PLAN_NODES_MAX),
		    "Write intermediate results to a table");
	*out = wr_node_new(a->plan, kind, input != NULL, pos);
	if (input != NULL) {
		(*out)->input[0] = input;
		(*out)->schema = input->schema;
		(*out)->traits = input->traits;
	}
	return NULL;
}

struct wr_expr *wr_column_of(struct wr_analyzer *a, const struct wr_node *node, uint32_t column)
{
	WR_ASSERT(column < node->schema.count);
	return wr_expr_column(a->pool, column, node->schema.field[column].type);
}

wr_status *wr_make_filter(struct wr_analyzer *a, struct wr_node *input, struct wr_expr *condition,
			  struct wr_pos pos, struct wr_node **out)
{
	*out = input;
	if (condition == NULL)
		return NULL;
	WR_TRY(wr_make_node(a, WR_N_FILTER, input, pos, out));
	(*out)->u.calc.condition = condition;
	return NULL;
}

/* --- names
 * -------------------------------------------------------------------------------------------- */

const char *wr_uniquify_one(struct wr_arena *arena, const char *const *used, uint32_t count,
			    const char *name)
{
	const char *candidate = name;

	for (uint32_t attempt = 0;; attempt++) {
		uint32_t i = 0;
		while (i < count && strcmp(used[i], candidate) != 0)
			i++;
		if (i == count)
			return candidate;
		candidate = wr_arena_printf(arena, "%s%u", name, attempt);
	}
}

void wr_uniquify(struct wr_arena *arena, const char **name, uint32_t count)
{
	struct wr_map used;

	wr_map_init(&used);
	for (uint32_t i = 0; i < count; i++) {
		const char *original = name[i];
		for (uint32_t attempt = 0; wr_map_get(&used, name[i]) != NULL; attempt++)
			name[i] = wr_arena_printf(arena, "%s%u", original, attempt);
		wr_map_put(&used, name[i], (void *)original);
	}
	wr_map_release(&used);
}

/* --- projections
 * -------------------------------------------------------------------------------------- */

/* Whether the value is a time attribute as it stands: a column that is one, or PROCTIME(). */
static bool keeps_time(const struct wr_expr *expr)
{
	return expr->kind == WR_E_COLUMN ||
	       (expr->kind == WR_E_CALL && strcmp(expr->function->name, "PROCTIME") == 0);
}

/* Where a plain column of the input went, -1: nowhere. */
static int32_t follow(struct wr_expr *const *expr, uint32_t count, int32_t column)
{
	for (uint32_t i = 0; column >= 0 && i < count; i++) {
		if (expr[i]->kind == WR_E_COLUMN && expr[i]->column == (uint32_t)column)
			return (int32_t)i;
	}
	return -1;
}

/* Traits follow the columns that are handed on. */
wr_status *wr_make_project(struct wr_analyzer *a, struct wr_node *input, struct wr_expr **expr,
			   const char **name, uint32_t count, struct wr_pos pos,
			   struct wr_node **out)
{
	const struct wr_traits *from = &input->traits;
	struct wr_traits *traits;

	WR_TRY(wr_check_width(count, pos));
	WR_TRY(wr_make_node(a, WR_N_PROJECT, input, pos, out));
	wr_schema_init(a->arena, &(*out)->schema, count);
	wr_uniquify(a->arena, name, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_type *type = expr[i]->type;
		if (!keeps_time(expr[i]))
			type = wr_type_time_attr(a->arena, type, WR_TIME_NONE);
		(*out)->schema.field[i] = (struct wr_field){.name = name[i], .type = type};
	}
	(*out)->u.calc.expr = expr;
	traits = &(*out)->traits;
	traits->rowtime = follow(expr, count, from->rowtime);
	traits->window_start = follow(expr, count, from->window_start);
	traits->window_end = follow(expr, count, from->window_end);
	traits->window_time = follow(expr, count, from->window_time);
	return NULL;
}

/* A column of `node` that holds `expr` already: a plain column, or one that an earlier
 * wr_make_columns computed (below window and OVER nodes, which keep column numbers). */
static int32_t existing_column(const struct wr_node *node, const struct wr_expr *expr)
{
	if (expr->kind == WR_E_COLUMN)
		return (int32_t)expr->column;
	while (node->kind == WR_N_WINDOW || node->kind == WR_N_OVER)
		node = node->input[0];
	if (node->kind != WR_N_PROJECT)
		return -1;
	uint32_t count = node->input[0]->schema.count;
	for (uint32_t i = 0; i < count; i++) {
		if (i >= node->schema.count || node->u.calc.expr[i]->kind != WR_E_COLUMN ||
		    node->u.calc.expr[i]->column != i)
			return -1;
	}
	for (uint32_t i = count; i < node->schema.count; i++) {
		if (wr_expr_is_deterministic(expr) && wr_expr_equal(node->u.calc.expr[i], expr))
			return (int32_t)i;
	}
	return -1;
}

/* New columns go behind the input's, which keep their numbers. */
wr_status *wr_make_columns(struct wr_analyzer *a, struct wr_node *input, struct wr_expr **expr,
			   uint32_t count, struct wr_pos pos, uint32_t *column,
			   struct wr_node **out)
{
	uint32_t base = input->schema.count, total = base;
	struct wr_expr **all = WR_NEW_ARRAY(a->arena, struct wr_expr *, base + count + 1);
	const char **name = WR_NEW_ARRAY(a->arena, const char *, base + count + 1);

	*out = input;
	for (uint32_t i = 0; i < count; i++) {
		int32_t found = existing_column(input, expr[i]);
		for (uint32_t j = base; found < 0 && j < total; j++) {
			if (wr_expr_equal(all[j], expr[i]) && wr_expr_is_deterministic(expr[i]))
				found = (int32_t)j;
		}
		if (found < 0) {
			found = (int32_t)total;
			name[total] = wr_arena_printf(a->arena, "$f%u", total);
			all[total++] = expr[i];
		}
		column[i] = (uint32_t)found;
	}
	if (total == base)
		return NULL;
	for (uint32_t i = 0; i < base; i++) {
		all[i] = wr_column_of(a, input, i);
		name[i] = input->schema.field[i].name;
	}
	return wr_make_project(a, input, all, name, total, pos, out);
}

wr_status *wr_cast_columns(struct wr_analyzer *a, struct wr_node *input,
			   const struct wr_type *const *type, struct wr_pos pos,
			   struct wr_node **out)
{
	uint32_t count = input->schema.count;
	struct wr_expr **expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);
	const char **name = WR_NEW_ARRAY(a->arena, const char *, count + 1);
	bool same = true;

	for (uint32_t i = 0; i < count; i++) {
		struct wr_expr *column = wr_column_of(a, input, i);
		expr[i] = column;
		name[i] = input->schema.field[i].name;
		if (!wr_type_equal(column->type, type[i], false))
			WR_TRY(wr_status_place(
			    wr_expr_cast(a->pool, column, type[i], false, &expr[i]), pos));
		same = same && expr[i] == column;
	}
	*out = input;
	return same ? NULL : wr_make_project(a, input, expr, name, count, pos, out);
}

wr_status *wr_make_one_row(struct wr_analyzer *a, struct wr_pos pos, struct wr_node **out)
{
	WR_TRY(wr_make_node(a, WR_N_VALUES, NULL, pos, out));
	wr_schema_init(a->arena, &(*out)->schema, 1);
	(*out)->schema.field[0] = (struct wr_field){.name = "ZERO", .type = &WR_T_INT_NN};
	(*out)->u.values.row_count = 1;
	(*out)->u.values.expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, 1);
	(*out)->u.values.expr[0] = wr_expr_i32(a->pool, 0);
	return NULL;
}
