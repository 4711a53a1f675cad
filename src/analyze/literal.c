/* SPDX-License-Identifier: Apache-2.0
 *
 * literal - constants as written -> typed constants, by Flink's rules.
 *
 * Whole numbers are INT or BIGINT by their size; numbers with a point are DECIMAL with all written
 * digits (leading zeros count); numbers with an exponent are DOUBLE. Strings are CHAR(n). The
 * precision of a timestamp is that of its fraction; TIME is TIME(0) whatever is written. A minus in
 * front belongs to the number, so that -2147483648 is an INT.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze/analyzer.h"
#include "data/datetime.h"
#include "data/number.h"
#include "data/zone.h"

/* An uninitialised constant of the type, NOT NULL. */
static struct wr_column *constant(struct wr_analyzer *a, const struct wr_type *type)
{
	return wr_column_new(wr_type_nullable(a->arena, type, false), 1);
}

static struct wr_expr *constant_done(struct wr_analyzer *a, struct wr_column *column,
				     struct wr_pos pos)
{
	struct wr_expr *expr;

	wr_column_make_const(column);
	expr = wr_expr_const(a->pool, column);
	expr->pos = pos;
	return expr;
}

static wr_status *out_of_range(const struct wr_ast_expr *ast, bool negative)
{
	return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->pos,
					   "Numeric literal '%s%s' out of range",
					   negative ? "-" : "", ast->number.text),
			      "Write it as a string and CAST it, or with an exponent as a DOUBLE");
}

/* INT, else BIGINT, else an error. */
static wr_status *integer_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast,
				  const char *digits, size_t len, bool negative,
				  struct wr_expr **out)
{
	char text[WR_I64_TEXT_MAX];
	int64_t value;

	while (len > 1 && *digits == '0') {
		digits++;
		len--;
	}
	if (len + 2 > sizeof text)
		return out_of_range(ast, negative);
	text[0] = '-';
	memcpy(text + 1, digits, len);
	if (!wr_i64_read(negative ? text : text + 1, len + negative, &value))
		return out_of_range(ast, negative);
	if (value >= INT32_MIN && value <= INT32_MAX)
		*out = wr_expr_i32(a->pool, (int32_t)value);
	else
		*out = wr_expr_i64(a->pool, value);
	(*out)->pos = ast->pos;
	return NULL;
}

/* DECIMAL(digits written, digits behind the point). */
static wr_status *decimal_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast,
				  bool negative, struct wr_expr **out)
{
	const char *text = ast->number.text;
	const char *point = strchr(text, '.');
	size_t len = strlen(text);
	wr_i128 value = 0;

	WR_ASSERT(point != NULL);
	if (point[1] == '\0')
		return integer_literal(a, ast, text, len - 1, negative, out);
	if (len - 1 > WR_DECIMAL_PRECISION_MAX)
		return out_of_range(ast, negative);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c != '.')
			value = value * 10 + (*c - '0');
	}
	if (value > INT64_MAX)
		return out_of_range(ast, negative);
	struct wr_column *column =
	    constant(a, wr_type_decimal(a->arena, (int)len - 1, (int)(text + len - point - 1)));
	WR_DATA(column, wr_i128)[0] = negative ? -value : value;
	*out = constant_done(a, column, ast->pos);
	return NULL;
}

static wr_status *double_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast,
				 bool negative, struct wr_expr **out)
{
	struct wr_column *column = constant(a, &WR_T_DOUBLE);
	double value = strtod(ast->number.text, NULL);

	WR_DATA(column, double)[0] = negative ? -value : value;
	*out = constant_done(a, column, ast->pos);
	return NULL;
}

/* BINARY(n). */
static wr_status *bytes_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast,
				struct wr_expr **out)
{
	struct wr_str bytes = ast->string.bytes;
	struct wr_column *column =
	    constant(a, wr_type_length(a->arena, WR_BINARY, (int32_t)bytes.len));
	struct wr_strout writer;

	memset(column->data, 0, sizeof(struct wr_view));
	wr_strout_init(&writer, column);
	wr_strout_put(&writer, 0, bytes.data, (uint32_t)bytes.len);
	*out = constant_done(a, column, ast->pos);
	return NULL;
}

static wr_status *bad_time(const struct wr_ast_expr *ast, const char *what, const char *form)
{
	return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->pos,
					   "Illegal %s literal '%.*s': not in format '%s'", what,
					   (int)WR_MIN(ast->string.bytes.len, 60u),
					   ast->string.bytes.data, form),
			      "Write %s '%s'", what, form);
}

/* Literals are read as leniently as CAST does ('2024-1-5'), but none of their parts may be missing.
 */
static bool has_parts(struct wr_str text, char mark, uint32_t count)
{
	uint32_t found = 0;

	for (size_t i = 1; i < text.len; i++)
		found += text.data[i] == mark;
	return found == count;
}

/* DATE. */
static wr_status *date_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	int32_t days;

	if (!has_parts(ast->string.bytes, '-', 2) ||
	    !wr_date_parse(ast->string.bytes.data, ast->string.bytes.len, &days))
		return bad_time(ast, "DATE", "yyyy-MM-dd");
	struct wr_column *column = constant(a, &WR_T_DATE);
	WR_DATA(column, int32_t)[0] = days;
	*out = constant_done(a, column, ast->pos);
	return NULL;
}

/* TIME(0), whatever the fraction. */
static wr_status *time_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	int32_t ms;

	if (!has_parts(ast->string.bytes, ':', 2) ||
	    !wr_time_parse(ast->string.bytes.data, ast->string.bytes.len, &ms))
		return bad_time(ast, "TIME", "HH:mm:ss");
	struct wr_column *column = constant(a, &WR_T_TIME);
	WR_DATA(column, int32_t)[0] = ms;
	*out = constant_done(a, column, ast->pos);
	return NULL;
}

/* TIMESTAMP '...' and TIMESTAMP WITH LOCAL TIME ZONE '...' (local time of the session). */
static wr_status *timestamp_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast,
				    struct wr_expr **out)
{
	bool local = ast->kind == WR_AST_TIMESTAMP_LTZ;
	struct wr_str text = ast->string.bytes;
	const char *point = memchr(text.data, '.', text.len);
	int precision = point == NULL ? 0 : (int)WR_MIN(text.data + text.len - point - 1, 9);
	struct wr_zone *zone = NULL;
	int64_t ms;
	int32_t nano;

	if (!has_parts(text, '-', 2) || !(has_parts(text, ':', 2) || has_parts(text, ':', 0)) ||
	    !wr_timestamp_parse(text.data, text.len, &ms, &nano))
		return bad_time(ast, "TIMESTAMP", "yyyy-MM-dd HH:mm:ss");
	if (local) {
		WR_TRY(wr_status_place(wr_zone_open(a->env->zone_id, &zone), ast->pos));
		ms = wr_zone_to_utc(zone, ms);
		wr_zone_close(zone);
	}
	struct wr_column *column = constant(
	    a, wr_type_precision(a->arena, local ? WR_TIMESTAMP_LTZ : WR_TIMESTAMP, precision));
	if (column->phys == WR_P_I64)
		WR_DATA(column, int64_t)[0] = ms;
	else
		WR_DATA(column, wr_i128)[0] = wr_ns_join(ms, nano);
	*out = constant_done(a, column, ast->pos);
	return NULL;
}

wr_status *wr_convert_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast, bool negative,
			      struct wr_expr **out)
{
	switch (ast->kind) {
	case WR_AST_NUMBER:
		if (ast->number.kind == WR_AST_NUMBER_INTEGER)
			return integer_literal(a, ast, ast->number.text, strlen(ast->number.text),
					       negative, out);
		if (ast->number.kind == WR_AST_NUMBER_DECIMAL)
			return decimal_literal(a, ast, negative, out);
		return double_literal(a, ast, negative, out);
	case WR_AST_STRING:
		*out = wr_expr_string(a->pool, ast->string.bytes.data,
				      (uint32_t)ast->string.bytes.len);
		break;
	case WR_AST_BYTES: return bytes_literal(a, ast, out);
	case WR_AST_BOOLEAN: *out = wr_expr_bool(a->pool, ast->boolean); break;
	case WR_AST_UNKNOWN: *out = wr_expr_null(a->pool, &WR_T_BOOLEAN); break;
	case WR_AST_NULL: *out = wr_expr_null(a->pool, &WR_T_NULL); break;
	case WR_AST_DATE: return date_literal(a, ast, out);
	case WR_AST_TIME: return time_literal(a, ast, out);
	default: return timestamp_literal(a, ast, out);
	}
	(*out)->pos = ast->pos;
	return NULL;
}

/* --- intervals
 * -------------------------------------------------------------------------------------- */

static enum wr_unit unit_of(enum wr_ast_unit unit)
{
	const char *name = wr_ast_unit_name(unit);
	enum wr_unit out = WR_UNIT_DAY;
	bool known = wr_unit_parse(name, strlen(name), &out);

	WR_ASSERT(known);
	(void)known;
	return out;
}

static bool unit_is_months(enum wr_ast_unit unit)
{
	return unit == WR_AST_UNIT_YEAR || unit == WR_AST_UNIT_QUARTER || unit == WR_AST_UNIT_MONTH;
}

/* The leading field must fit its precision, 2 digits unless written: DAY(3). */
static wr_status *interval_check(const struct wr_ast_expr *ast, const char *value)
{
	const struct wr_ast_interval *unit = &ast->interval.qualifier;
	int precision = unit->leading_precision < 0 ? 2 : unit->leading_precision;
	int digits = 0;

	while (*value == ' ' || *value == '-' || *value == '+')
		value++;
	while (*value == '0')
		value++;
	while (value[digits] >= '0' && value[digits] <= '9')
		digits++;
	if (digits <= precision)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->interval.value_pos,
					   "Interval field value %.*s exceeds precision of %s(%d) "
					   "field",
					   digits, value, wr_ast_unit_name(unit->from), precision),
			      "Write %s(%d) behind the value", wr_ast_unit_name(unit->from),
			      digits);
}

static struct wr_expr *interval_constant(struct wr_analyzer *a, bool months, int64_t value,
					 struct wr_pos pos)
{
	struct wr_column *column = constant(a, months ? &WR_T_INTERVAL_MONTH : &WR_T_INTERVAL_DAY);

	if (months)
		WR_DATA(column, int32_t)[0] = (int32_t)value;
	else
		WR_DATA(column, int64_t)[0] = value;
	return constant_done(a, column, pos);
}

/* INTERVAL x DAY with an expression x: one unit times x. */
static wr_status *interval_product(struct wr_conv *conv, const struct wr_ast_expr *ast,
				   struct wr_expr **out)
{
	enum wr_unit unit = unit_of(ast->interval.qualifier.from);
	struct wr_expr *arg[2];
	int64_t one;

	if (ast->interval.qualifier.to != WR_AST_UNIT_NONE ||
	    !wr_interval_parse("1", 1, unit, unit, &one))
		return wr_unsupported(ast->pos, "An interval of this unit over an expression");
	arg[0] =
	    interval_constant(conv->a, unit_is_months(ast->interval.qualifier.from), one, ast->pos);
	WR_TRY(wr_convert(conv, ast->interval.amount, &arg[1]));
	return wr_build_call(conv->a, "*", arg, 2, ast->pos, out);
}

/* Months or milliseconds, by the leading unit. */
wr_status *wr_convert_interval(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_expr **out)
{
	const struct wr_ast_interval *qualifier = &ast->interval.qualifier;
	const struct wr_ast_expr *amount = ast->interval.amount;
	enum wr_unit from = unit_of(qualifier->from);
	enum wr_unit to = qualifier->to == WR_AST_UNIT_NONE ? from : unit_of(qualifier->to);
	const char *text = ast->interval.value;
	int64_t value;

	if (text == NULL && amount->kind == WR_AST_NUMBER &&
	    amount->number.kind == WR_AST_NUMBER_INTEGER)
		text = amount->number.text;
	if (text == NULL)
		return interval_product(conv, ast, out);
	if (!wr_interval_parse(text, strlen(text), from, to, &value))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->interval.value_pos,
				 "Illegal interval literal '%.60s' for %s%s%s", text,
				 wr_ast_unit_name(qualifier->from), from != to ? " TO " : "",
				 from != to ? wr_ast_unit_name(qualifier->to) : ""),
		    from == to ? "Write for example INTERVAL '10' %s"
			       : "Write for example INTERVAL '1 10:00' DAY TO MINUTE%.0s",
		    wr_ast_unit_name(qualifier->from));
	WR_TRY(interval_check(ast, text));
	*out = interval_constant(conv->a, unit_is_months(qualifier->from),
				 ast->interval.negative ? -value : value, ast->pos);
	return NULL;
}

/* Folded first: INTERVAL '1' DAY * 2 is fine. */
wr_status *wr_constant_interval(struct wr_conv *conv, const struct wr_ast_expr *ast,
				const char *what, int64_t *ms)
{
	struct wr_expr *expr;

	WR_TRY(wr_convert(conv, ast, &expr));
	expr = wr_expr_fold(conv->a->pool, expr);
	if (expr->kind != WR_E_CONST || !wr_column_is_valid(expr->value, 0) ||
	    expr->type->kind != WR_INTERVAL_DAY)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos,
				 "%s must be a constant interval of days, hours, minutes or "
				 "seconds",
				 what),
		    "Write for example INTERVAL '10' SECOND");
	*ms = WR_DATA(expr->value, int64_t)[0];
	return NULL;
}
