/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_keys - which keys of a materialized table the conditions of a query name, so that rows are
 * looked up in place of being scanned.
 *
 * `column = value`, `column IN (values)` and an OR of them count, with the column as it is or below
 * a cast that changes no value; of whole numbers, strings, booleans, decimals, dates and timestamps
 * of the column's own type. Keys are named when every key column is; of several columns every
 * combination. The query evaluates its conditions again, so keys that name too much do no harm.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/mview_table.h"
#include "data/print.h"
#include "expr/function.h"

#define KEYS_MAX  WR_BATCH_ROWS_MAX /* more are scanned for */
#define SHOWN_MAX 8                 /* values in EXPLAIN */

/* The column below casts between whole numbers, or to a string. NULL: there is none. */
static const struct wr_expr *plain_column(const struct wr_expr *expr)
{
	while (expr->kind == WR_E_CAST && !expr->try_cast) {
		const struct wr_type *to = expr->type, *from = expr->arg[0]->type;

		if (!(wr_kind_is_integer(to->kind) && wr_kind_is_integer(from->kind) &&
		      to->kind >= from->kind) &&
		    !(to->kind == WR_VARCHAR && from->kind == WR_VARCHAR &&
		      to->length >= from->length))
			return NULL;
		expr = expr->arg[0];
	}
	return expr->kind == WR_E_COLUMN ? expr : NULL;
}

/* Whether values of the type can be keys of the column. */
static bool fits(const struct wr_type *column, const struct wr_type *value)
{
	if (wr_kind_is_integer(column->kind))
		return wr_kind_is_integer(value->kind);
	if (column->kind == WR_VARCHAR)
		return wr_kind_is_string(value->kind);
	return column->kind == value->kind &&
	       (column->kind == WR_BOOLEAN || column->kind == WR_DATE ||
		(column->kind == WR_DECIMAL && column->precision == value->precision &&
		 column->scale == value->scale) ||
		(wr_kind_is_timestamp(column->kind) && column->precision == value->precision));
}

/* The values that a condition names for a column: of one comparison, or of all below an OR. */
struct named {
	uint32_t column;       /* of args->schema */
	uint32_t count;        /* values */
	struct wr_builder *to; /* of the column's type: gets them; NULL: they are only counted */
};

static void put_value(struct wr_builder *to, const struct wr_column *column, uint32_t row);

/* `column = value`, `column IN (values)`. */
static bool read_comparison(const struct wr_connector_args *args, const struct wr_expr *expr,
			    struct named *named)
{
	const struct wr_expr *column, *value;
	const struct wr_column *values;
	uint32_t first = 0, count = 1;
	bool in;

	if (expr->kind != WR_E_CALL || expr->arg_count != 2)
		return false;
	in = strcmp(expr->function->name, "IN SET") == 0;
	if (!in && strcmp(expr->function->name, "=") != 0)
		return false;
	column = plain_column(expr->arg[0]);
	value = expr->arg[1];
	if (column == NULL && !in) {
		column = plain_column(expr->arg[1]);
		value = expr->arg[0];
	}
	if (column == NULL || value->kind != WR_E_CONST || !wr_column_is_valid(value->value, 0))
		return false;
	values = value->value;
	if (in) {
		first = WR_DATA(values, struct wr_span)[0].start;
		count = WR_DATA(values, struct wr_span)[0].len;
		values = values->child[0];
	}
	if (named->count > 0 && named->column != args->wanted[column->column])
		return false;
	named->column = args->wanted[column->column];
	named->count += count;
	for (uint32_t i = 0; i < count && named->to != NULL; i++)
		put_value(named->to, values, first + i);
	return named->count > 0 && named->count <= KEYS_MAX &&
	       fits(args->schema->field[named->column].type, values->type);
}

static bool read_named(const struct wr_connector_args *args, const struct wr_expr *expr,
		       struct named *named)
{
	if (expr->kind != WR_E_OR)
		return read_comparison(args, expr, named);
	for (uint32_t i = 0; i < expr->arg_count; i++)
		if (!read_comparison(args, expr->arg[i], named))
			return false;
	return true;
}

static bool is_key(const struct wr_connector_args *args, uint32_t column)
{
	for (uint32_t i = 0; i < args->primary_key_count; i++)
		if (args->primary_key[i] == column)
			return true;
	return false;
}

/* The values that the condition names, each once. */
static struct wr_column *values_of(const struct wr_connector_args *args, const struct wr_expr *expr,
				   uint32_t column)
{
	struct named named = {.to = wr_builder_new(args->schema->field[column].type, 16)};
	struct wr_column *all, *once;
	uint32_t *row, rows = 0;

	(void)read_named(args, expr, &named);
	all = wr_builder_finish(named.to);
	wr_builder_free(named.to);
	row = wr_malloc(((size_t)all->len + 1) * sizeof *row);
	for (uint32_t i = 0; i < all->len; i++) {
		bool before = false;

		for (uint32_t j = 0; j < rows && !before; j++)
			before = wr_value_equal(all, row[j], all, i);
		if (!before)
			row[rows++] = i;
	}
	once = wr_column_gather(all, row, rows);
	wr_column_unref(all);
	wr_free(row);
	return once;
}

bool wr_mview_names_key(const struct wr_connector_args *args, const struct wr_expr *condition,
			struct wr_text *shown)
{
	struct wr_column *values;
	struct named named = {0};

	if (!read_named(args, condition, &named) || !is_key(args, named.column))
		return false;
	if (shown == NULL)
		return true;
	values = values_of(args, condition, named.column);
	wr_text_printf(shown, "%s %s", args->schema->field[named.column].name,
		       values->len == 1 ? "= " : "IN (");
	for (uint32_t i = 0; i < values->len && i < SHOWN_MAX; i++) {
		wr_text_puts(shown, i > 0 ? ", " : "");
		wr_value_print(shown, values, i, NULL);
	}
	if (values->len > SHOWN_MAX)
		wr_text_printf(shown, ", %u more", values->len - SHOWN_MAX);
	wr_text_puts(shown, values->len == 1 ? "" : ")");
	wr_column_unref(values);
	return true;
}

/* --- keys ---------------------------------------------------------------------------------- */

static int64_t whole(const struct wr_column *column, uint32_t row)
{
	switch (column->type->kind) {
	case WR_TINYINT: return WR_DATA(column, int8_t)[row];
	case WR_SMALLINT: return WR_DATA(column, int16_t)[row];
	case WR_INT: return WR_DATA(column, int32_t)[row];
	default: return WR_DATA(column, int64_t)[row];
	}
}

/* A whole number that the type has not. */
static bool is_outside(const struct wr_type *type, int64_t value)
{
	return (type->kind == WR_TINYINT && value != (int8_t)value) ||
	       (type->kind == WR_SMALLINT && value != (int16_t)value) ||
	       (type->kind == WR_INT && value != (int32_t)value);
}

/* Appends a value as one of the builder's type; none if no row can have it. */
static void put_value(struct wr_builder *to, const struct wr_column *column, uint32_t row)
{
	int64_t value;

	row &= column->mask;
	if (!wr_column_is_valid(column, row))
		return;
	if (wr_kind_is_string(to->type->kind)) {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];

		wr_builder_str(to, wr_view_data(view), view->len);
		return;
	}
	if (!wr_kind_is_integer(to->type->kind)) {
		wr_builder_append(to, column, row);
		return;
	}
	value = whole(column, row);
	if (is_outside(to->type, value))
		return;
	switch (to->type->kind) {
	case WR_TINYINT: wr_builder_i8(to, (int8_t)value); break;
	case WR_SMALLINT: wr_builder_i16(to, (int16_t)value); break;
	case WR_INT: wr_builder_i32(to, (int32_t)value); break;
	default: wr_builder_i64(to, value); break;
	}
}

/* The values of a key column that some condition names; NULL: none does. */
static struct wr_column *column_values(const struct wr_connector_args *args, uint32_t column)
{
	for (uint32_t i = 0; i < args->pushed_count; i++) {
		struct named named = {0};

		if (read_named(args, args->pushed[i], &named) && named.column == column)
			return values_of(args, args->pushed[i], column);
	}
	return NULL;
}

/* Each of the keys so far with each of the values: all combinations. */
static void combine(struct wr_mview_keys *keys, uint32_t column, struct wr_column *values_moved)
{
	uint32_t count = keys->count * values_moved->len;
	uint32_t *old = wr_malloc(((size_t)count + 1) * sizeof *old);
	uint32_t *new = wr_malloc(((size_t)count + 1) * sizeof *new);

	for (uint32_t i = 0; i < count; i++) {
		old[i] = i / values_moved->len;
		new[i] = i % values_moved->len;
	}
	for (uint32_t k = 0; k < column; k++) {
		struct wr_column *before = keys->key[k];

		keys->key[k] = wr_column_gather(before, old, count);
		wr_column_unref(before);
	}
	keys->key[column] = wr_column_gather(values_moved, new, count);
	wr_column_unref(values_moved);
	keys->count = count;
	wr_free(old);
	wr_free(new);
}

bool wr_mview_keys_read(const struct wr_connector_args *args, struct wr_mview_keys *keys)
{
	*keys = (struct wr_mview_keys){.key_count = args->primary_key_count, .count = 1};
	if (args->primary_key_count == 0 || args->pushed_count == 0)
		return false;
	keys->key = wr_calloc((size_t)keys->key_count + 1, sizeof(struct wr_column *));
	for (uint32_t k = 0; k < keys->key_count; k++) {
		struct wr_column *values = column_values(args, args->primary_key[k]);

		if (values == NULL || (uint64_t)values->len * keys->count > KEYS_MAX) {
			wr_column_unref(values);
			wr_mview_keys_release(keys);
			return false;
		}
		combine(keys, k, values);
	}
	return true;
}

void wr_mview_keys_release(struct wr_mview_keys *keys)
{
	for (uint32_t k = 0; k < keys->key_count && keys->key != NULL; k++)
		wr_column_unref(keys->key[k]);
	wr_free(keys->key);
	*keys = (struct wr_mview_keys){0};
}
