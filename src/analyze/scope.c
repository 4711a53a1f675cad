/* SPDX-License-Identifier: Apache-2.0
 *
 * scope - names in sight of a query: which column does `a`, `t.a` or `t.row.field` mean?
 *
 * A dotted path is first tried with its leading parts as a table (its alias, or the name of a table
 * without alias, also qualified by database and catalog), the longest match first; if there is
 * none, its first part is a column and the rest are fields of it. What no table of the query has is
 * looked for in the query around (a correlated subquery), one level up.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "base/limits.h"

/* Names offered in "did you mean". */
#define NEAREST_NAMES_MAX 4096

wr_status *wr_scope_new(struct wr_analyzer *a, struct wr_node *node, const char *name,
			bool qualified, const struct wr_ast_idents *columns, struct wr_scope **out)
{
	struct wr_scope *scope = WR_NEW(a->arena, struct wr_scope);
	struct wr_scope_table *table = WR_NEW(a->arena, struct wr_scope_table);
	uint32_t count = node->schema.count;

	if (columns != NULL && columns->count > 0 && columns->count != count)
		return wr_status_at(
		    WR_USER_ERROR, columns->items[0].pos,
		    "List of column aliases must have the same degree as the table: "
		    "the table has %u columns, the list %u",
		    count, columns->count);
	table->name = name;
	table->qualified = qualified;
	table->count = count;
	table->column = WR_NEW_ARRAY(a->arena, struct wr_scope_column, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		table->column[i].name = columns != NULL && columns->count > 0
					    ? wr_arena_strdup(a->arena, columns->items[i].text)
					    : node->schema.field[i].name;
		table->column[i].expr = wr_column_of(a, node, i);
	}
	scope->node = node;
	scope->table_count = 1;
	scope->table = table;
	scope->star_count = count;
	scope->star = table->column;
	*out = scope;
	return NULL;
}

void wr_scope_rebase(struct wr_scope *scope, struct wr_node *node)
{
	WR_ASSERT(node->schema.count >= scope->node->schema.count);
	scope->node = node;
}

/* --- looking up
 * ------------------------------------------------------------------------------------- */

/* A copy of a column's expression that knows where it was written. */
static struct wr_expr *placed(struct wr_analyzer *a, const struct wr_expr *expr, struct wr_pos pos)
{
	struct wr_expr *copy = WR_NEW(a->arena, struct wr_expr);

	*copy = *expr;
	copy->pos = pos;
	return copy;
}

/* Index of the column in a list; `*found` counts how often the name occurs. */
static uint32_t column_index(const struct wr_scope_column *column, uint32_t count, const char *name,
			     uint32_t *found)
{
	uint32_t index = 0;

	*found = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (column[i].name != NULL && strcmp(column[i].name, name) == 0) {
			if (*found == 0)
				index = i;
			(*found)++;
		}
	}
	return index;
}

static wr_status *ambiguous(struct wr_pos pos, const char *name)
{
	return wr_status_hint(
	    wr_status_because(wr_status_at(WR_USER_ERROR, pos, "Column '%s' is ambiguous", name),
			      WR_AMBIGUOUS),
	    "Say which table is meant: table.%s", name);
}

/* The table that parts [0, count) of the name stand for, or NULL. */
static const struct wr_scope_table *table_match(const struct wr_scope *scope,
						const struct wr_ast_ident *part, uint32_t count)
{
	if (count > 3)
		return NULL;
	for (uint32_t i = 0; i < scope->table_count; i++) {
		const struct wr_scope_table *table = &scope->table[i];
		const char *database =
		    table->database != NULL ? table->database : "default_database";
		const char *catalog = table->catalog != NULL ? table->catalog : "default_catalog";

		if (table->name != NULL && (count == 1 || table->qualified) &&
		    strcmp(table->name, part[count - 1].text) == 0 &&
		    (count < 2 || strcmp(part[count - 2].text, database) == 0) &&
		    (count < 3 || strcmp(part[0].text, catalog) == 0))
			return table;
	}
	return NULL;
}

/* "Column 'x' not found in ..." with the nearest of the columns in sight. */
static wr_status *column_unknown(struct wr_analyzer *a, const struct wr_scope_column *column,
				 uint32_t count, const char *table,
				 const struct wr_ast_ident *ident)
{
	const char **names = WR_NEW_ARRAY(a->arena, const char *, count + 1);
	wr_status *status;
	uint32_t n = 0;

	for (uint32_t i = 0; i < count && n < NEAREST_NAMES_MAX; i++) {
		if (column[i].name != NULL)
			names[n++] = column[i].name;
	}
	if (table != NULL)
		status = wr_status_because(wr_status_at(WR_USER_ERROR, ident->pos,
							"Column '%s' not found in table '%s'",
							ident->text, table),
					   WR_NO_COLUMN);
	else
		status = wr_status_because(wr_status_at(WR_USER_ERROR, ident->pos,
							"Column '%s' not found in any table",
							ident->text),
					   WR_NO_COLUMN);
	return wr_hint_names(status, ident->text, "The columns here are", names, n);
}

/* The column that the path starts with in this scope alone. *used: parts taken; 0: none found. */
static wr_status *column_start(struct wr_analyzer *a, const struct wr_scope *scope,
			       const struct wr_ast_name *name, struct wr_expr **out, uint32_t *used)
{
	uint32_t index, found;

	*used = 0;
	for (uint32_t n = name->count - 1; n > 0; n--) {
		const struct wr_scope_table *table = table_match(scope, name->parts, n);
		if (table == NULL)
			continue;
		const struct wr_ast_ident *ident = &name->parts[n];
		index = column_index(table->column, table->count, ident->text, &found);
		if (found == 0)
			return column_unknown(a, table->column, table->count, table->name, ident);
		if (found > 1)
			return ambiguous(ident->pos, ident->text);
		*out = placed(a, table->column[index].expr, name->pos);
		*used = n + 1;
		return NULL;
	}
	index = column_index(scope->star, scope->star_count, name->parts[0].text, &found);
	if (found > 1)
		return ambiguous(name->parts[0].pos, name->parts[0].text);
	if (found == 1) {
		*out = placed(a, scope->star[index].expr, name->pos);
		*used = 1;
	}
	return NULL;
}

/* A path of which no part is known. */
static wr_status *path_unknown(struct wr_analyzer *a, const struct wr_scope *scope,
			       const struct wr_ast_name *name)
{
	const char **names;
	wr_status *status;
	uint32_t n = 0;

	if (name->count == 1)
		return column_unknown(a, scope->star, scope->star_count, NULL, &name->parts[0]);
	names = WR_NEW_ARRAY(a->arena, const char *, scope->table_count + scope->star_count + 1);
	for (uint32_t i = 0; i < scope->table_count; i++) {
		if (scope->table[i].name != NULL)
			names[n++] = scope->table[i].name;
	}
	for (uint32_t i = 0; i < scope->star_count; i++) {
		if (scope->star[i].name != NULL)
			names[n++] = scope->star[i].name;
	}
	status = wr_status_because(wr_status_at(WR_USER_ERROR, name->parts[0].pos,
						"There is no table or column '%s' here",
						name->parts[0].text),
				   WR_NO_COLUMN);
	return wr_hint_names(status, name->parts[0].text, "The tables and columns here are", names,
			     n);
}

/* Here first, then one query further out; the rest of the path are fields. */
wr_status *wr_scope_resolve(struct wr_analyzer *a, const struct wr_scope *scope,
			    const struct wr_ast_name *name, struct wr_expr **out)
{
	uint32_t used = 0;

	WR_ASSERT(name->count > 0);
	if (scope != NULL)
		WR_TRY(column_start(a, scope, name, out, &used));
	if (used == 0 && scope != NULL && scope->outer != NULL) {
		WR_TRY(column_start(a, scope->outer, name, out, &used));
		if (used > 0) {
			*out = wr_shift_columns(a, *out, 0, WR_COLUMNS_MAX + 1, WR_MARK_OUTER);
			(*out)->pos = name->pos;
		}
	}
	if (used == 0 && scope == NULL)
		return wr_status_at(WR_USER_ERROR, name->pos, "No columns can be used here");
	if (used == 0)
		return path_unknown(a, scope, name);
	for (; used < name->count; used++)
		WR_TRY(wr_field_access(a, *out, &name->parts[used], out));
	return NULL;
}

/* By the field's place, so that names need no look-up at run time. */
wr_status *wr_field_access(struct wr_analyzer *a, struct wr_expr *row,
			   const struct wr_ast_ident *name, struct wr_expr **out)
{
	struct wr_expr *arg[2] = {row, NULL};
	wr_status *status;

	if (row->type == NULL || row->type->kind != WR_ROW)
		return wr_status_at(
		    WR_USER_ERROR, name->pos,
		    "'%s' is looked up in a value of type %s, which has no fields", name->text,
		    row->type != NULL ? wr_type_str(a->arena, row->type) : "SYMBOL");
	for (uint32_t i = 0; i < row->type->child_count; i++) {
		if (strcmp(row->type->name[i], name->text) == 0) {
			arg[1] = wr_expr_i32(a->pool, (int32_t)i);
			return wr_build_call(a, ".", arg, 2, name->pos, out);
		}
	}
	status = wr_status_at(WR_USER_ERROR, name->pos, "Unknown field '%s' of %s", name->text,
			      wr_type_str(a->arena, row->type));
	return wr_hint_names(status, name->text, "Its fields are", row->type->name,
			     row->type->child_count);
}

wr_status *wr_scope_table_find(struct wr_analyzer *a, const struct wr_scope *scope,
			       const struct wr_ast_name *name, const struct wr_scope_table **out)
{
	const char **names = WR_NEW_ARRAY(a->arena, const char *, scope->table_count + 1);
	uint32_t n = 0;

	*out = table_match(scope, name->parts, name->count);
	if (*out != NULL)
		return NULL;
	for (uint32_t i = 0; i < scope->table_count; i++) {
		if (scope->table[i].name != NULL)
			names[n++] = scope->table[i].name;
	}
	return wr_hint_names(wr_status_at(WR_USER_ERROR, name->pos, "Table '%s' not found",
					  name->parts[name->count - 1].text),
			     name->parts[name->count - 1].text, "The tables here are", names, n);
}

wr_status *wr_scope_column_find(struct wr_analyzer *a, const struct wr_scope *scope,
				const struct wr_ast_ident *ident, struct wr_expr **out)
{
	uint32_t found;
	uint32_t index = column_index(scope->star, scope->star_count, ident->text, &found);

	if (found == 0)
		return column_unknown(a, scope->star, scope->star_count, NULL, ident);
	if (found > 1)
		return ambiguous(ident->pos, ident->text);
	*out = placed(a, scope->star[index].expr, ident->pos);
	return NULL;
}
