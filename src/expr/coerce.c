/* SPDX-License-Identifier: Apache-2.0
 *
 * coerce - common types and the casts that exist, observed on Flink 2.1.
 *
 * There are two sets of rules for a common type. The planner's own (CASE, UNION, VALUES, IN, ARRAY)
 * comes from SQL: FLOAT with DECIMAL is DOUBLE, of two floating types the first wins, and of
 * TIMESTAMP and TIMESTAMP_LTZ with different precisions the later kind wins. That of functions
 * (COALESCE, IFNULL, GREATEST, LEAST) merges implicit casts: DECIMAL, then FLOAT is FLOAT; a DATE
 * swallows a TIMESTAMP. Both fold from the left, and both ignore NULL but for nullability.
 */
#include <string.h>

#include "base/macros.h"
#include "expr/expr.h"

struct folder {
	struct wr_arena *arena; /* of the new types */
	bool merge;             /* the rules of functions */
};

static const struct wr_type *common_two(const struct folder *f, const struct wr_type *a,
					const struct wr_type *b);

/* Digits of an exact type as a DECIMAL. */
static void exact_shape(const struct wr_type *type, int *precision, int *scale)
{
	static const int digits[] = {
	    [WR_TINYINT] = 3, [WR_SMALLINT] = 5, [WR_INT] = 10, [WR_BIGINT] = 19};

	*scale = type->kind == WR_DECIMAL ? type->scale : 0;
	*precision = type->kind == WR_DECIMAL ? type->precision : digits[type->kind];
}

static const struct wr_type *common_exact(const struct folder *f, const struct wr_type *a,
					  const struct wr_type *b)
{
	int pa, sa, pb, sb;

	if (a->kind != WR_DECIMAL && b->kind != WR_DECIMAL)
		return a->kind >= b->kind ? a : b;
	exact_shape(a, &pa, &sa);
	exact_shape(b, &pb, &sb);
	int whole = WR_MIN(WR_MAX(pa - sa, pb - sb), WR_DECIMAL_PRECISION_MAX);
	int scale = WR_MIN(WR_MAX(sa, sb), WR_DECIMAL_PRECISION_MAX - whole);
	return wr_type_decimal(f->arena, whole + scale, scale);
}

static const struct wr_type *common_numeric(const struct folder *f, const struct wr_type *a,
					    const struct wr_type *b)
{
	bool a_approx = wr_kind_is_approx(a->kind), b_approx = wr_kind_is_approx(b->kind);

	if (!a_approx && !b_approx)
		return common_exact(f, a, b);
	if (f->merge) {
		if (a->kind == WR_DOUBLE || b->kind == WR_DOUBLE || b->kind == WR_DECIMAL)
			return &WR_T_DOUBLE;
		return &WR_T_FLOAT;
	}
	if (a->kind == WR_DECIMAL || b->kind == WR_DECIMAL)
		return &WR_T_DOUBLE;
	return a_approx ? a : b;
}

/* Strings among themselves, or bytes. `fixed` and `varying` are the two kinds. */
static const struct wr_type *common_lengths(const struct folder *f, const struct wr_type *a,
					    const struct wr_type *b, enum wr_kind fixed,
					    enum wr_kind varying)
{
	int32_t length = WR_MAX(a->length, b->length);
	bool same = a->kind == fixed && b->kind == fixed && a->length == b->length;

	return wr_type_length(f->arena, same ? fixed : varying, length);
}

static const struct wr_type *common_time(const struct folder *f, const struct wr_type *a,
					 const struct wr_type *b)
{
	int precision = WR_MAX(a->precision, b->precision);
	enum wr_kind kind = a->kind;

	if (wr_kind_is_timestamp(a->kind) && wr_kind_is_timestamp(b->kind)) {
		if (a->kind != b->kind)
			kind = f->merge                       ? WR_TIMESTAMP_LTZ
			       : a->precision == b->precision ? a->kind
							      : b->kind;
		return wr_type_precision(f->arena, kind, precision);
	}
	if (a->kind == b->kind)
		return a->kind == WR_TIME ? wr_type_precision(f->arena, WR_TIME, precision) : a;
	if (!f->merge)
		return NULL;
	if (b->kind == WR_TIMESTAMP)
		return a->kind == WR_DATE || a->kind == WR_TIME ? a : NULL;
	return a->kind == WR_TIMESTAMP && (b->kind == WR_DATE || b->kind == WR_TIME) ? b : NULL;
}

static const struct wr_type *common_nested(const struct folder *f, const struct wr_type *a,
					   const struct wr_type *b)
{
	const struct wr_type **child;

	if (a->child_count != b->child_count)
		return NULL;
	child = WR_NEW_ARRAY(f->arena, const struct wr_type *, a->child_count + 1);
	for (uint32_t i = 0; i < a->child_count; i++) {
		child[i] = common_two(f, a->child[i], b->child[i]);
		if (child[i] == NULL)
			return NULL;
	}
	switch (a->kind) {
	case WR_ARRAY: return wr_type_array(f->arena, child[0]);
	case WR_MAP: return wr_type_map(f->arena, child[0], child[1]);
	case WR_MULTISET: return wr_type_multiset(f->arena, child[0]);
	default: return wr_type_row(f->arena, a->child_count, a->name, child);
	}
}

/* The common type with the nullability of either; NULL: none. */
static const struct wr_type *common_two(const struct folder *f, const struct wr_type *a,
					const struct wr_type *b)
{
	const struct wr_type *common = NULL;
	bool nullable = a->nullable || b->nullable;

	if (a->kind == WR_NULL)
		common = b;
	else if (b->kind == WR_NULL || wr_type_equal(a, b, true))
		common = a;
	else if (wr_kind_is_numeric(a->kind) && wr_kind_is_numeric(b->kind))
		common = common_numeric(f, a, b);
	else if (wr_kind_is_string(a->kind) && wr_kind_is_string(b->kind))
		common = common_lengths(f, a, b, WR_CHAR, WR_VARCHAR);
	else if (wr_kind_is_bytes(a->kind) && wr_kind_is_bytes(b->kind))
		common = common_lengths(f, a, b, WR_BINARY, WR_VARBINARY);
	else if (a->kind >= WR_DATE && a->kind <= WR_TIMESTAMP_LTZ && b->kind >= WR_DATE &&
		 b->kind <= WR_TIMESTAMP_LTZ)
		common = common_time(f, a, b);
	else if (a->kind == b->kind)
		common = a->child_count > 0 ? common_nested(f, a, b) : a;
	return common != NULL ? wr_type_nullable(f->arena, common, nullable) : NULL;
}

static const struct wr_type *common_all(const struct folder *f, const struct wr_type *const *types,
					uint32_t count)
{
	const struct wr_type *common = count > 0 ? types[0] : NULL;

	for (uint32_t i = 1; i < count && common != NULL; i++)
		common = common_two(f, common, types[i]);
	return common;
}

const struct wr_type *wr_type_common(struct wr_arena *arena, const struct wr_type *const *types,
				     uint32_t count)
{
	return common_all(&(struct folder){arena, false}, types, count);
}

const struct wr_type *wr_type_merge(struct wr_arena *arena, const struct wr_type *const *types,
				    uint32_t count)
{
	return common_all(&(struct folder){arena, true}, types, count);
}

/* --- which casts exist
 * ---------------------------------------------------------------------------- */

static bool all_children(const struct wr_type *from, const struct wr_type *to,
			 bool (*test)(const struct wr_type *from, const struct wr_type *to))
{
	if (from->kind != to->kind || from->child_count != to->child_count)
		return false;
	for (uint32_t i = 0; i < from->child_count; i++)
		if (!test(from->child[i], to->child[i]))
			return false;
	return true;
}

bool wr_type_castable(const struct wr_type *from, const struct wr_type *to)
{
	enum wr_kind a = from->kind, b = to->kind;
	bool a_number = wr_kind_is_numeric(a) || a == WR_BOOLEAN;
	bool b_number = wr_kind_is_numeric(b) || b == WR_BOOLEAN;

	if (a == WR_NULL || wr_kind_is_string(b) || wr_type_equal(from, to, false))
		return true;
	if (b == WR_NULL)
		return false;
	if (wr_kind_is_string(a))
		return b_number || wr_kind_is_bytes(b) || (b >= WR_DATE && b <= WR_TIMESTAMP_LTZ);
	if (a_number)
		return b_number;
	if (wr_kind_is_interval(a))
		return a == b || wr_kind_is_integer(b) || b == WR_DECIMAL;
	if (wr_kind_is_bytes(a))
		return wr_kind_is_bytes(b);
	if (wr_kind_is_timestamp(a))
		return b >= WR_DATE && b <= WR_TIMESTAMP_LTZ;
	if (a == WR_DATE || a == WR_TIME)
		return a == b || wr_kind_is_timestamp(b);
	return all_children(from, to, wr_type_castable);
}

bool wr_type_implicitly_castable(const struct wr_type *from, const struct wr_type *to)
{
	enum wr_kind a = from->kind, b = to->kind;

	if (a == WR_NULL || wr_type_equal(from, to, false))
		return true;
	switch (b) {
	case WR_VARCHAR: return wr_kind_is_string(a);
	case WR_VARBINARY: return wr_kind_is_bytes(a);
	case WR_DECIMAL:
	case WR_DOUBLE: return wr_kind_is_numeric(a);
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT: return wr_kind_is_integer(a) && a <= b;
	case WR_FLOAT: return wr_kind_is_numeric(a) && a != WR_DOUBLE;
	case WR_DATE: return a == WR_TIMESTAMP;
	case WR_TIME: return a == WR_TIMESTAMP || a == WR_TIME;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return wr_kind_is_timestamp(a);
	case WR_CHAR: return a == WR_CHAR;
	case WR_BINARY: return a == WR_BINARY;
	case WR_INTERVAL_DAY:
	case WR_INTERVAL_MONTH: return a == b;
	case WR_ARRAY:
	case WR_MAP:
	case WR_MULTISET:
	case WR_ROW: return all_children(from, to, wr_type_implicitly_castable);
	default: return false;
	}
}
