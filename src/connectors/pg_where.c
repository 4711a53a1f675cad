/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_where - conditions as SQL that means exactly the same to PostgreSQL.
 *
 * What can be said: comparisons of a column with a constant (=, <>, <, <=, >, >=, IN), IS [NOT]
 * NULL, truth values, AND, OR and NOT over them; of whole and decimal numbers, booleans, dates,
 * timestamps and strings. Strings are compared by their bytes, so an order asks for COLLATE "C".
 * Not said: floating-point numbers (NaN differs), CHAR columns of the database (blanks do not count
 * there), columns whose type in the database has more digits than the declared one.
 *
 * What the database has is known only when the table is opened; so a condition that was handed over
 * by the planner may be dropped then. The engine evaluates it in any case.
 */
#include "connectors/pg_where.h"

#include "data/datetime.h"
#include "data/decimal.h"
#include "expr/function.h"
#include "connectors/pg_type.h"

#define IN_MAX 10000 /* values of an IN: a statement stays below a megabyte */

struct where {
	const struct wr_connector_args *args;
	const struct wr_pg_where_column *column; /* per wanted column; NULL: while planning */
	struct wr_text *sql;
};

static bool put_condition(struct where *where, const struct wr_expr *expr);

static bool is_named(const struct wr_expr *expr, const char *name)
{
	return expr->kind == WR_E_CALL && strcmp(expr->function->name, name) == 0;
}

/* The column below casts that change no value. */
static const struct wr_expr *plain_column(const struct wr_expr *expr)
{
	while (expr->kind == WR_E_CAST && !expr->try_cast) {
		const struct wr_type *to = expr->type, *from = expr->arg[0]->type;
		bool same = (wr_kind_is_integer(to->kind) && wr_kind_is_integer(from->kind) &&
			     to->kind >= from->kind) ||
			    (to->kind == WR_VARCHAR && wr_kind_is_string(from->kind) &&
			     to->length >= from->length) ||
			    (to->kind == WR_DECIMAL && wr_kind_is_integer(from->kind) &&
			     to->precision - to->scale >= 19) ||
			    (to->kind == WR_DECIMAL && from->kind == WR_DECIMAL &&
			     to->scale >= from->scale &&
			     to->precision - to->scale >= from->precision - from->scale) ||
			    (to->kind == from->kind && wr_kind_is_timestamp(to->kind) &&
			     to->precision >= from->precision);

		if (!same)
			return NULL;
		expr = expr->arg[0];
	}
	return expr->kind == WR_E_COLUMN ? expr : NULL;
}

/* Whether what the database has is compared as the declared type is. */
static bool compares_alike(const struct wr_pg_where_column *column, const struct wr_type *type)
{
	int scale;

	switch (type->kind) {
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT:
		return column->oid == WR_PG_INT2 || column->oid == WR_PG_INT4 ||
		       column->oid == WR_PG_INT8;
	case WR_DECIMAL:
		if (column->oid != WR_PG_NUMERIC || column->modifier < 4)
			return column->oid == WR_PG_INT2 || column->oid == WR_PG_INT4 ||
			       column->oid == WR_PG_INT8;
		scale = (column->modifier - 4) & 0x7ff; /* 11 bits with a sign */
		return (scale >= 1024 ? scale - 2048 : scale) <= type->scale;
	case WR_BOOLEAN: return column->oid == WR_PG_BOOL;
	case WR_DATE: return column->oid == WR_PG_DATE;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ:
		return column->oid ==
			   (type->kind == WR_TIMESTAMP ? WR_PG_TIMESTAMP : WR_PG_TIMESTAMPTZ) &&
		       (column->modifier < 0 ? 6 : column->modifier) <= type->precision;
	case WR_CHAR:
	case WR_VARCHAR: return column->oid == WR_PG_TEXT || column->oid == WR_PG_VARCHAR;
	default: return false;
	}
}

/* Whether values of the declared type can be said at all. */
static bool has_literals(const struct wr_type *type)
{
	return wr_kind_is_integer(type->kind) || type->kind == WR_DECIMAL ||
	       type->kind == WR_BOOLEAN || type->kind == WR_DATE ||
	       wr_kind_is_timestamp(type->kind) || wr_kind_is_string(type->kind);
}

static void put_column(struct where *where, const struct wr_expr *column)
{
	const struct wr_connector_args *args = where->args;

	wr_pg_put_name(where->sql, where->column != NULL
				       ? where->column[column->column].name
				       : args->schema->field[args->wanted[column->column]].name);
}

/* A column that may be compared; NULL: none. */
static const struct wr_expr *comparable(const struct where *where, const struct wr_expr *expr)
{
	const struct wr_expr *column = plain_column(expr);

	if (column == NULL || !has_literals(column->type) || !has_literals(expr->type))
		return NULL;
	if (where->column != NULL && !compares_alike(&where->column[column->column], column->type))
		return NULL;
	return column;
}

static bool put_time(struct wr_text *sql, const struct wr_column *value, uint32_t row)
{
	static const int64_t first_ms = -62135596800000, last_ms = 253402300799999; /* 1..9999 */
	char text[WR_TIME_TEXT_MAX];
	int32_t nano = 0;
	int64_t ms;

	if (value->phys == WR_P_I64)
		ms = WR_DATA(value, int64_t)[row];
	else
		ms = wr_ns_split(WR_DATA(value, wr_i128)[row], &nano);
	if (ms < first_ms || ms > last_ms || nano % 1000 != 0)
		return false;
	wr_timestamp_print(text, ms, nano, 6);
	wr_text_printf(sql, "%s '%s%s'",
		       value->type->kind == WR_TIMESTAMP ? "TIMESTAMP" : "TIMESTAMPTZ", text,
		       value->type->kind == WR_TIMESTAMP ? "" : "+00");
	return true;
}

static bool put_string(struct wr_text *sql, const struct wr_view *view)
{
	const char *text = wr_view_data(view);

	if (memchr(text, '\0', view->len) != NULL || memchr(text, '\\', view->len) != NULL)
		return false;
	wr_text_putc(sql, '\'');
	for (uint32_t i = 0; i < view->len; i++) {
		if (text[i] == '\'')
			wr_text_putc(sql, '\'');
		wr_text_putc(sql, text[i]);
	}
	wr_text_putc(sql, '\'');
	return true;
}

/* A constant that is not NULL; false: it cannot be said. */
static bool put_value(struct wr_text *sql, const struct wr_column *value, uint32_t row)
{
	char text[WR_DECIMAL_TEXT_MAX > WR_TIME_TEXT_MAX ? WR_DECIMAL_TEXT_MAX : WR_TIME_TEXT_MAX];
	int32_t days;

	if (!wr_column_is_valid(value, row))
		return false;
	switch (value->type->kind) {
	case WR_TINYINT: wr_text_i64(sql, WR_DATA(value, int8_t)[row]); return true;
	case WR_SMALLINT: wr_text_i64(sql, WR_DATA(value, int16_t)[row]); return true;
	case WR_INT: wr_text_i64(sql, WR_DATA(value, int32_t)[row]); return true;
	case WR_BIGINT: wr_text_i64(sql, WR_DATA(value, int64_t)[row]); return true;
	case WR_DECIMAL:
		wr_decimal_print(text, WR_DATA(value, wr_i128)[row], value->type->scale);
		wr_text_puts(sql, text);
		return true;
	case WR_BOOLEAN:
		wr_text_puts(sql, WR_DATA(value, uint8_t)[row] ? "TRUE" : "FALSE");
		return true;
	case WR_DATE:
		days = WR_DATA(value, int32_t)[row];
		if (days < -719162 || days > 2932896) /* years 1 to 9999 */
			return false;
		wr_date_print(text, days);
		wr_text_printf(sql, "DATE '%s'", text);
		return true;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return put_time(sql, value, row);
	case WR_CHAR:
	case WR_VARCHAR: return put_string(sql, &WR_DATA(value, struct wr_view)[row]);
	default: return false;
	}
}

/* The operator with its sides changed. */
static const char *mirrored(const char *symbol)
{
	static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};

	for (uint32_t i = 0; i < WR_COUNT(pairs); i++)
		if (strcmp(symbol, pairs[i][0]) == 0)
			return pairs[i][1];
	return symbol;
}

/* Types that the database compares as the engine does. */
static bool alike(const struct wr_type *a, const struct wr_type *b)
{
	bool numbers = (wr_kind_is_integer(a->kind) || a->kind == WR_DECIMAL) &&
		       (wr_kind_is_integer(b->kind) || b->kind == WR_DECIMAL);

	return numbers || a->kind == b->kind ||
	       (wr_kind_is_string(a->kind) && wr_kind_is_string(b->kind));
}

static bool put_comparison(struct where *where, const struct wr_expr *expr)
{
	const char *symbol = expr->function->name;
	const struct wr_expr *value = expr->arg[1], *column = comparable(where, expr->arg[0]);
	bool order = *symbol == '<' || *symbol == '>';

	order = order && strcmp(symbol, "<>") != 0;
	if (column == NULL) {
		column = comparable(where, expr->arg[1]);
		value = expr->arg[0];
		symbol = mirrored(symbol);
	}
	if (column == NULL || value->kind != WR_E_CONST || !alike(column->type, value->type))
		return false;
	put_column(where, column);
	if (order && wr_kind_is_string(column->type->kind))
		wr_text_puts(where->sql, " COLLATE \"C\"");
	wr_text_printf(where->sql, " %s ", symbol);
	return put_value(where->sql, value->value, 0);
}

/* "IN SET"(column, constant array). */
static bool put_in(struct where *where, const struct wr_expr *expr)
{
	const struct wr_expr *column = comparable(where, expr->arg[0]);
	const struct wr_column *array = expr->arg[1]->value;
	struct wr_span span;

	if (column == NULL || array == NULL || !alike(column->type, array->type->child[0]))
		return false;
	span = WR_DATA(array, struct wr_span)[0];
	if (span.len == 0 || span.len > IN_MAX)
		return false;
	put_column(where, column);
	wr_text_puts(where->sql, " IN (");
	for (uint32_t i = 0; i < span.len; i++) {
		if (i > 0)
			wr_text_puts(where->sql, ", ");
		if (!put_value(where->sql, array->child[0], span.start + i))
			return false;
	}
	wr_text_putc(where->sql, ')');
	return true;
}

/* AND, OR. */
static bool put_logic(struct where *where, const struct wr_expr *expr)
{
	wr_text_putc(where->sql, '(');
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		if (i > 0)
			wr_text_puts(where->sql, expr->kind == WR_E_AND ? " AND " : " OR ");
		if (!put_condition(where, expr->arg[i]))
			return false;
	}
	wr_text_putc(where->sql, ')');
	return true;
}

/* IS NULL of any column, IS TRUE and so on of a condition. */
static bool put_test(struct where *where, const struct wr_expr *expr)
{
	const struct wr_expr *column = plain_column(expr->arg[0]);
	bool null = is_named(expr, "IS NULL") || is_named(expr, "IS NOT NULL");

	if (null && column == NULL)
		return false;
	if (null)
		put_column(where, column);
	else if (!put_condition(where, expr->arg[0]))
		return false;
	wr_text_printf(where->sql, " %s", expr->function->name);
	return true;
}

static bool put_condition(struct where *where, const struct wr_expr *expr)
{
	static const char *const comparisons[] = {"=", "<>", "<", "<=", ">", ">="};
	static const char *const tests[] = {"IS NULL",  "IS NOT NULL", "IS TRUE",
					    "IS FALSE", "IS NOT TRUE", "IS NOT FALSE"};

	if (expr->kind == WR_E_AND || expr->kind == WR_E_OR)
		return put_logic(where, expr);
	if (expr->type->kind == WR_BOOLEAN && comparable(where, expr) != NULL) {
		put_column(where, plain_column(expr));
		return true;
	}
	if (expr->kind != WR_E_CALL)
		return false;
	for (uint32_t i = 0; i < WR_COUNT(comparisons); i++)
		if (is_named(expr, comparisons[i]))
			return put_comparison(where, expr);
	for (uint32_t i = 0; i < WR_COUNT(tests); i++)
		if (is_named(expr, tests[i]))
			return put_test(where, expr);
	if (is_named(expr, "IN SET"))
		return put_in(where, expr);
	if (!is_named(expr, "NOT"))
		return false;
	wr_text_puts(where->sql, "NOT (");
	if (!put_condition(where, expr->arg[0]))
		return false;
	wr_text_putc(where->sql, ')');
	return true;
}

bool wr_pg_where(const struct wr_connector_args *args, const struct wr_pg_where_column *column,
		 const struct wr_expr *expr, struct wr_text *sql)
{
	struct where where = {.args = args, .column = column, .sql = sql};
	size_t start = sql->len;

	if (put_condition(&where, expr))
		return true;
	sql->len = start;
	if (sql->data != NULL)
		sql->data[start] = '\0';
	return false;
}

void wr_pg_put_name(struct wr_text *sql, const char *name)
{
	wr_text_putc(sql, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"')
			wr_text_putc(sql, '"');
		wr_text_putc(sql, *name);
	}
	wr_text_putc(sql, '"');
}
