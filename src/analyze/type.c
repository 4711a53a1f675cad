/* SPDX-License-Identifier: Apache-2.0
 *
 * type - data types as written -> data types, with their limits checked at their own place.
 */
#include "analyze/analyzer.h"

static wr_status *range_error(const struct wr_ast_type *ast, const char *what, int low, int high)
{
	return wr_status_at(WR_USER_ERROR, ast->pos,
			    "%s must be between %d and %d (both inclusive)", what, low, high);
}

/* DECIMAL is DECIMAL(10, 0). */
static wr_status *decimal_type(struct wr_analyzer *a, const struct wr_ast_type *ast,
			       const struct wr_type **out)
{
	int precision = ast->precision < 0 ? 10 : ast->precision;
	int scale = ast->scale < 0 ? 0 : ast->scale;

	if (precision < 1 || precision > WR_DECIMAL_PRECISION_MAX)
		return range_error(ast, "Decimal precision", 1, WR_DECIMAL_PRECISION_MAX);
	if (scale > precision)
		return range_error(ast, "Decimal scale", 0, precision);
	*out = wr_type_decimal(a->arena, precision, scale);
	return NULL;
}

/* CHAR(n), VARBINARY(n) ...: without a length CHAR and BINARY have 1; VARCHAR is STRING and
 * VARBINARY is BYTES. */
static wr_status *length_type(struct wr_analyzer *a, const struct wr_ast_type *ast,
			      enum wr_kind kind, const struct wr_type **out)
{
	bool varies = kind == WR_VARCHAR || kind == WR_VARBINARY;
	int32_t length = ast->precision >= 0 ? ast->precision : varies ? WR_LENGTH_MAX : 1;

	if (length < 1)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "The length of a string or binary type must be at least 1");
	*out = wr_type_length(a->arena, kind, length);
	return NULL;
}

/* TIME, TIMESTAMP, TIMESTAMP_LTZ */
static wr_status *time_type(struct wr_analyzer *a, const struct wr_ast_type *ast, enum wr_kind kind,
			    const struct wr_type **out)
{
	int precision = ast->precision;

	if (precision < 0)
		precision = kind == WR_TIME ? 0 : 6;
	if (precision > 9)
		return range_error(ast, "The precision of times and timestamps", 0, 9);
	*out = wr_type_precision(a->arena, kind, precision);
	return NULL;
}

static wr_status *interval_type(const struct wr_ast_type *ast, const struct wr_type **out)
{
	enum wr_ast_unit from = ast->interval.from;

	*out = from == WR_AST_UNIT_YEAR || from == WR_AST_UNIT_QUARTER || from == WR_AST_UNIT_MONTH
		   ? &WR_T_INTERVAL_MONTH
		   : &WR_T_INTERVAL_DAY;
	return NULL;
}

/* Field names must differ. */
static wr_status *row_type(struct wr_analyzer *a, const struct wr_ast_type *ast,
			   const struct wr_type **out)
{
	const char **name = WR_NEW_ARRAY(a->arena, const char *, ast->field_count + 1);
	const struct wr_type **type =
	    WR_NEW_ARRAY(a->arena, const struct wr_type *, ast->field_count + 1);

	for (uint32_t i = 0; i < ast->field_count; i++) {
		name[i] = wr_arena_strdup(a->arena, ast->fields[i].name.text);
		for (uint32_t j = 0; j < i && ast->field_count <= 64; j++) {
			if (strcmp(name[i], name[j]) == 0)
				return wr_status_at(WR_USER_ERROR, ast->fields[i].name.pos,
						    "The field '%s' occurs twice in the ROW type",
						    name[i]);
		}
		WR_TRY(wr_convert_type(a, ast->fields[i].type, &type[i]));
	}
	*out = wr_type_row(a->arena, ast->field_count, name, type);
	return NULL;
}

/* Types with types inside. */
static wr_status *nested_type(struct wr_analyzer *a, const struct wr_ast_type *ast,
			      const struct wr_type **out)
{
	const struct wr_type *key, *element;

	if (ast->kind == WR_AST_TYPE_ROW)
		return row_type(a, ast, out);
	WR_TRY(wr_convert_type(a, ast->element, &element));
	if (ast->kind == WR_AST_TYPE_MAP) {
		WR_TRY(wr_convert_type(a, ast->key, &key));
		*out = wr_type_map(a->arena, key, element);
	} else if (ast->kind == WR_AST_TYPE_ARRAY) {
		*out = wr_type_array(a->arena, element);
	} else {
		*out = wr_type_multiset(a->arena, element);
	}
	return NULL;
}

/* The type without the nullability that is written behind it. */
static wr_status *bare_type(struct wr_analyzer *a, const struct wr_ast_type *ast,
			    const struct wr_type **out)
{
	switch (ast->kind) {
	case WR_AST_TYPE_BOOLEAN: *out = &WR_T_BOOLEAN; return NULL;
	case WR_AST_TYPE_TINYINT: *out = &WR_T_TINYINT; return NULL;
	case WR_AST_TYPE_SMALLINT: *out = &WR_T_SMALLINT; return NULL;
	case WR_AST_TYPE_INT: *out = &WR_T_INT; return NULL;
	case WR_AST_TYPE_BIGINT: *out = &WR_T_BIGINT; return NULL;
	case WR_AST_TYPE_FLOAT: *out = &WR_T_FLOAT; return NULL;
	case WR_AST_TYPE_DOUBLE: *out = &WR_T_DOUBLE; return NULL;
	case WR_AST_TYPE_STRING: *out = &WR_T_STRING; return NULL;
	case WR_AST_TYPE_BYTES: *out = &WR_T_BYTES; return NULL;
	case WR_AST_TYPE_DATE: *out = &WR_T_DATE; return NULL;
	case WR_AST_TYPE_NULL: *out = &WR_T_NULL; return NULL;
	case WR_AST_TYPE_DECIMAL: return decimal_type(a, ast, out);
	case WR_AST_TYPE_CHAR: return length_type(a, ast, WR_CHAR, out);
	case WR_AST_TYPE_VARCHAR: return length_type(a, ast, WR_VARCHAR, out);
	case WR_AST_TYPE_BINARY: return length_type(a, ast, WR_BINARY, out);
	case WR_AST_TYPE_VARBINARY: return length_type(a, ast, WR_VARBINARY, out);
	case WR_AST_TYPE_TIME: return time_type(a, ast, WR_TIME, out);
	case WR_AST_TYPE_TIMESTAMP: return time_type(a, ast, WR_TIMESTAMP, out);
	case WR_AST_TYPE_TIMESTAMP_LTZ: return time_type(a, ast, WR_TIMESTAMP_LTZ, out);
	case WR_AST_TYPE_INTERVAL: return interval_type(ast, out);
	case WR_AST_TYPE_ARRAY:
	case WR_AST_TYPE_MULTISET:
	case WR_AST_TYPE_MAP:
	case WR_AST_TYPE_ROW: return nested_type(a, ast, out);
	}
	return wr_unsupported(ast->pos, "This type");
}

wr_status *wr_convert_type(struct wr_analyzer *a, const struct wr_ast_type *ast,
			   const struct wr_type **out)
{
	WR_TRY(bare_type(a, ast, out));
	*out = wr_type_nullable(a->arena, *out, ast->nullability != WR_AST_NULL_FORBIDDEN);
	return NULL;
}
