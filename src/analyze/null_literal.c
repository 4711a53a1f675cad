/* SPDX-License-Identifier: Apache-2.0
 *
 * null_literal - where a bare NULL may stand.
 *
 * A NULL without a type takes its type from its neighbours (1 = NULL, COALESCE(NULL, 1), ARRAY[1,
 * NULL]) or from a function that knows what it wants. Flink's older functions and operators refuse
 * it, and so do we: the same script must run there.
 */
#include "analyze/analyzer.h"
#include "base/macros.h"
#include "expr/function.h"

/* Functions and operators that refuse a bare NULL in any place. */
static const char *const refusing[] = {
    /* operators */
    "+", "-", "*", "/", "%", "||", "NOT", "IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE",
    "IS UNKNOWN", "IS NOT UNKNOWN", "LIKE", "SIMILAR TO", "IS JSON", "IS JSON VALUE",
    "IS JSON OBJECT", "IS JSON ARRAY", "IS JSON SCALAR", "OVERLAPS", "ROW",
    /* conditions */
    "IF", "GREATEST", "LEAST", "IS_ALPHA", "IS_DECIMAL", "IS_DIGIT",
    /* numbers */
    "ABS", "ACOS", "ASIN", "ATAN", "ATAN2", "BIN", "CEIL", "COS", "COSH", "COT", "DEGREES", "EXP",
    "FLOOR", "HEX", "LN", "LOG", "LOG10", "LOG2", "MOD", "POWER", "RADIANS", "RAND", "RAND_INTEGER",
    "ROUND", "SIGN", "SIN", "SINH", "SQRT", "TAN", "TANH", "TRUNCATE",
    /* strings */
    "ASCII", "CHAR_LENGTH", "CHR", "CONCAT", "CONCAT_WS", "DECODE", "ENCODE", "FROM_BASE64",
    "INITCAP", "INSTR", "LEFT", "LOCATE", "LOWER", "LPAD", "LTRIM", "OVERLAY", "PARSE_URL",
    "POSITION", "REGEXP", "REGEXP_EXTRACT", "REGEXP_REPLACE", "REPEAT", "REPLACE", "REVERSE",
    "RIGHT", "RPAD", "RTRIM", "SPLIT_INDEX", "STR_TO_MAP", "SUBSTRING", "TO_BASE64", "TRIM",
    "UPPER", "MD5", "SHA1", "SHA2", "SHA224", "SHA256", "SHA384", "SHA512",
    /* time */
    "CONVERT_TZ", "DATE_FORMAT", "DAYOFMONTH", "DAYOFWEEK", "DAYOFYEAR", "EXTRACT", "FROM_UNIXTIME",
    "HOUR", "MINUTE", "MONTH", "QUARTER", "SECOND", "TIMESTAMPADD", "TIMESTAMPDIFF", "TO_DATE",
    "TO_TIMESTAMP", "UNIX_TIMESTAMP", "WEEK", "YEAR",
    /* JSON and collections */
    "JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY", "JSON_VALUE", "CARDINALITY",
    "ELEMENT"};

/* Whether argument `at` of `count` must not be a bare NULL. */
static bool refuses(const char *name, uint32_t count, uint32_t at)
{
	for (uint32_t i = 0; i < WR_COUNT(refusing); i++) {
		if (wr_name_is(name, refusing[i]))
			return true;
	}
	if (wr_name_is(name, "NULLIF") || wr_name_is(name, "ARRAY_CONTAINS"))
		return at == 0;
	if (wr_name_is(name, "MAP")) /* keys and values have one type each, without help */
		return at % 2 == 0 || count > 2;
	return false;
}

bool wr_is_bare_null(const struct wr_expr *expr)
{
	return expr->kind == WR_E_CONST && expr->type->kind == WR_NULL;
}

wr_status *wr_illegal_null(struct wr_pos pos)
{
	return wr_status_hint(wr_status_at(WR_USER_ERROR, pos, "Illegal use of 'NULL'"),
			      "Give it a type, for example CAST(NULL AS INT)");
}

wr_status *wr_check_nulls(const char *name, struct wr_expr *const *arg, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (wr_is_bare_null(arg[i]) && refuses(name, count, i))
			return wr_illegal_null(arg[i]->pos);
	}
	return NULL;
}
