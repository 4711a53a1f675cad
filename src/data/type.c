/* SPDX-License-Identifier: Apache-2.0
 *
 * type - constructors, comparison and Flink's summary strings of the SQL types.
 */
#include "data/type.h"

#include <string.h>

#include "base/macros.h"

#define SIMPLE(id, k)    const struct wr_type id = {.kind = k, .nullable = true}
#define SIMPLE_NN(id, k) const struct wr_type id = {.kind = k}
#define TIMED(id, k, p)  const struct wr_type id = {.kind = k, .nullable = true, .precision = p}

SIMPLE(WR_T_NULL, WR_NULL);
SIMPLE(WR_T_BOOLEAN, WR_BOOLEAN);
SIMPLE(WR_T_TINYINT, WR_TINYINT);
SIMPLE(WR_T_SMALLINT, WR_SMALLINT);
SIMPLE(WR_T_INT, WR_INT);
SIMPLE(WR_T_BIGINT, WR_BIGINT);
SIMPLE(WR_T_FLOAT, WR_FLOAT);
SIMPLE(WR_T_DOUBLE, WR_DOUBLE);
const struct wr_type WR_T_STRING = {.kind = WR_VARCHAR, .nullable = true, .length = WR_LENGTH_MAX};
const struct wr_type WR_T_BYTES = {.kind = WR_VARBINARY, .nullable = true, .length = WR_LENGTH_MAX};
SIMPLE(WR_T_DATE, WR_DATE);
SIMPLE(WR_T_TIME, WR_TIME);
TIMED(WR_T_TIMESTAMP3, WR_TIMESTAMP, 3);
TIMED(WR_T_TIMESTAMP6, WR_TIMESTAMP, 6);
TIMED(WR_T_TIMESTAMP9, WR_TIMESTAMP, 9);
TIMED(WR_T_LTZ3, WR_TIMESTAMP_LTZ, 3);
TIMED(WR_T_LTZ6, WR_TIMESTAMP_LTZ, 6);
TIMED(WR_T_LTZ9, WR_TIMESTAMP_LTZ, 9);
SIMPLE(WR_T_INTERVAL_MONTH, WR_INTERVAL_MONTH);
SIMPLE(WR_T_INTERVAL_DAY, WR_INTERVAL_DAY);

SIMPLE_NN(WR_T_BOOLEAN_NN, WR_BOOLEAN);
SIMPLE_NN(WR_T_INT_NN, WR_INT);
SIMPLE_NN(WR_T_BIGINT_NN, WR_BIGINT);
SIMPLE_NN(WR_T_DOUBLE_NN, WR_DOUBLE);
const struct wr_type WR_T_STRING_NN = {.kind = WR_VARCHAR, .length = WR_LENGTH_MAX};
const struct wr_type WR_T_TIMESTAMP3_NN = {.kind = WR_TIMESTAMP, .precision = 3};
SIMPLE_NN(WR_T_DATE_NN, WR_DATE);
const struct wr_type WR_T_LTZ3_NN = {.kind = WR_TIMESTAMP_LTZ, .precision = 3};

static struct wr_type *type_new(struct wr_arena *arena, enum wr_kind kind)
{
	struct wr_type *type = WR_NEW(arena, struct wr_type);

	type->kind = kind;
	type->nullable = true;
	return type;
}

const struct wr_type *wr_type_decimal(struct wr_arena *arena, int precision, int scale)
{
	WR_ASSERT(precision >= 1 && precision <= WR_DECIMAL_PRECISION_MAX);
	WR_ASSERT(scale >= 0 && scale <= precision);
	struct wr_type *type = type_new(arena, WR_DECIMAL);
	type->precision = (uint8_t)precision;
	type->scale = (uint8_t)scale;
	return type;
}

const struct wr_type *wr_type_length(struct wr_arena *arena, enum wr_kind kind, int32_t length)
{
	WR_ASSERT(wr_kind_is_string(kind) || wr_kind_is_bytes(kind));
	WR_ASSERT(length >= 0);
	struct wr_type *type = type_new(arena, kind);
	type->length = length;
	return type;
}

const struct wr_type *wr_type_precision(struct wr_arena *arena, enum wr_kind kind, int precision)
{
	WR_ASSERT(kind == WR_TIME || wr_kind_is_timestamp(kind));
	WR_ASSERT(precision >= 0 && precision <= 9);
	struct wr_type *type = type_new(arena, kind);
	type->precision = (uint8_t)precision;
	return type;
}

/* A type of `kind` with copies of the child pointers. */
static struct wr_type *type_with_children(struct wr_arena *arena, enum wr_kind kind,
					  const struct wr_type *const *child, uint32_t count)
{
	struct wr_type *type = type_new(arena, kind);
	const struct wr_type **copy = WR_NEW_ARRAY(arena, const struct wr_type *, count);

	if (count != 0)
		memcpy(copy, child, count * sizeof *child);
	type->child = copy;
	type->child_count = count;
	return type;
}

const struct wr_type *wr_type_array(struct wr_arena *arena, const struct wr_type *element)
{
	return type_with_children(arena, WR_ARRAY, &element, 1);
}

const struct wr_type *wr_type_map(struct wr_arena *arena, const struct wr_type *key,
				  const struct wr_type *value)
{
	const struct wr_type *child[] = {key, value};

	return type_with_children(arena, WR_MAP, child, 2);
}

const struct wr_type *wr_type_multiset(struct wr_arena *arena, const struct wr_type *element)
{
	const struct wr_type *child[] = {element, &WR_T_INT_NN};

	return type_with_children(arena, WR_MULTISET, child, 2);
}

const struct wr_type *wr_type_row(struct wr_arena *arena, uint32_t count, const char *const *names,
				  const struct wr_type *const *types)
{
	struct wr_type *type = type_with_children(arena, WR_ROW, types, count);
	const char **copy = WR_NEW_ARRAY(arena, const char *, count);

	for (uint32_t i = 0; i < count; i++)
		copy[i] = wr_arena_strdup(arena, names[i]);
	type->name = copy;
	return type;
}

const struct wr_type *wr_type_nullable(struct wr_arena *arena, const struct wr_type *type,
				       bool nullable)
{
	if (type->nullable == nullable)
		return type;
	struct wr_type *copy = WR_NEW(arena, struct wr_type);
	*copy = *type;
	copy->nullable = nullable;
	return copy;
}

const struct wr_type *wr_type_time_attr(struct wr_arena *arena, const struct wr_type *type,
					enum wr_time_attr attr)
{
	if (type->time == attr)
		return type;
	WR_ASSERT(attr == WR_TIME_NONE || wr_kind_is_timestamp(type->kind));
	struct wr_type *copy = WR_NEW(arena, struct wr_type);
	*copy = *type;
	copy->time = attr;
	return copy;
}

const struct wr_type *wr_type_copy(struct wr_arena *arena, const struct wr_type *type)
{
	struct wr_type *copy = WR_NEW(arena, struct wr_type);
	const struct wr_type **child =
	    WR_NEW_ARRAY(arena, const struct wr_type *, type->child_count);

	*copy = *type;
	for (uint32_t i = 0; i < type->child_count; i++)
		child[i] = wr_type_copy(arena, type->child[i]);
	copy->child = child;
	if (type->name != NULL) {
		const char **name = WR_NEW_ARRAY(arena, const char *, type->child_count);
		for (uint32_t i = 0; i < type->child_count; i++)
			name[i] = wr_arena_strdup(arena, type->name[i]);
		copy->name = name;
	}
	return copy;
}

enum wr_phys wr_type_phys(const struct wr_type *type)
{
	static const uint8_t phys[WR_KIND_COUNT] = {
	    [WR_NULL] = WR_P_BOOL,         [WR_BOOLEAN] = WR_P_BOOL,
	    [WR_TINYINT] = WR_P_I8,        [WR_SMALLINT] = WR_P_I16,
	    [WR_INT] = WR_P_I32,           [WR_BIGINT] = WR_P_I64,
	    [WR_FLOAT] = WR_P_F32,         [WR_DOUBLE] = WR_P_F64,
	    [WR_DECIMAL] = WR_P_I128,      [WR_CHAR] = WR_P_STR,
	    [WR_VARCHAR] = WR_P_STR,       [WR_BINARY] = WR_P_STR,
	    [WR_VARBINARY] = WR_P_STR,     [WR_DATE] = WR_P_I32,
	    [WR_TIME] = WR_P_I32,          [WR_TIMESTAMP] = WR_P_I64,
	    [WR_TIMESTAMP_LTZ] = WR_P_I64, [WR_INTERVAL_MONTH] = WR_P_I32,
	    [WR_INTERVAL_DAY] = WR_P_I64,  [WR_ARRAY] = WR_P_LIST,
	    [WR_MAP] = WR_P_MAP,           [WR_MULTISET] = WR_P_MAP,
	    [WR_ROW] = WR_P_ROW,
	};

	WR_ASSERT(type->kind < WR_KIND_COUNT);
	if (wr_kind_is_timestamp(type->kind) && type->precision > 3)
		return WR_P_I128;
	return (enum wr_phys)phys[type->kind];
}

uint32_t wr_phys_size(enum wr_phys phys)
{
	static const uint8_t size[] = {
	    [WR_P_BOOL] = 1, [WR_P_I8] = 1,    [WR_P_I16] = 2, [WR_P_I32] = 4,
	    [WR_P_I64] = 8,  [WR_P_I128] = 16, [WR_P_F32] = 4, [WR_P_F64] = 8,
	    [WR_P_STR] = 16, [WR_P_LIST] = 8,  [WR_P_MAP] = 8, [WR_P_ROW] = 0,
	};

	WR_ASSERT(phys <= WR_P_ROW);
	return size[phys];
}

bool wr_type_equal(const struct wr_type *a, const struct wr_type *b, bool with_null)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->precision != b->precision || a->scale != b->scale ||
	    a->length != b->length || a->child_count != b->child_count)
		return false;
	if (with_null && a->nullable != b->nullable)
		return false;
	for (uint32_t i = 0; i < a->child_count; i++) {
		if (!wr_type_equal(a->child[i], b->child[i], with_null))
			return false;
		if (a->name != NULL && strcmp(a->name[i], b->name[i]) != 0)
			return false;
	}
	return true;
}

void wr_name_print(struct wr_text *text, const char *name)
{
	wr_text_putc(text, '`');
	for (; *name != '\0'; name++) {
		if (*name == '`')
			wr_text_putc(text, '`');
		wr_text_putc(text, *name);
	}
	wr_text_putc(text, '`');
}

static void print_children(struct wr_text *text, const struct wr_type *type, const char *word,
			   uint32_t count)
{
	wr_text_puts(text, word);
	wr_text_putc(text, '<');
	for (uint32_t i = 0; i < count; i++) {
		if (i != 0)
			wr_text_puts(text, ", ");
		if (type->name != NULL) {
			wr_name_print(text, type->name[i]);
			wr_text_putc(text, ' ');
		}
		wr_type_print(text, type->child[i]);
	}
	wr_text_putc(text, '>');
}

/* The words of types that have no parameters; NULL for the others. */
static const char *simple_name(enum wr_kind kind)
{
	static const char *const names[WR_KIND_COUNT] = {
	    [WR_NULL] = "NULL",
	    [WR_BOOLEAN] = "BOOLEAN",
	    [WR_TINYINT] = "TINYINT",
	    [WR_SMALLINT] = "SMALLINT",
	    [WR_INT] = "INT",
	    [WR_BIGINT] = "BIGINT",
	    [WR_FLOAT] = "FLOAT",
	    [WR_DOUBLE] = "DOUBLE",
	    [WR_DATE] = "DATE",
	    [WR_INTERVAL_MONTH] = "INTERVAL MONTH",
	    [WR_INTERVAL_DAY] = "INTERVAL SECOND(3)",
	};

	return names[kind];
}

static void print_length(struct wr_text *text, const struct wr_type *type)
{
	static const char *const names[WR_KIND_COUNT] = {
	    [WR_CHAR] = "CHAR",
	    [WR_VARCHAR] = "VARCHAR",
	    [WR_BINARY] = "BINARY",
	    [WR_VARBINARY] = "VARBINARY",
	};

	if (type->kind == WR_VARCHAR && type->length == WR_LENGTH_MAX)
		wr_text_puts(text, "STRING");
	else if (type->kind == WR_VARBINARY && type->length == WR_LENGTH_MAX)
		wr_text_puts(text, "BYTES");
	else
		wr_text_printf(text, "%s(%d)", names[type->kind], type->length);
}

void wr_type_print(struct wr_text *text, const struct wr_type *type)
{
	switch (type->kind) {
	case WR_DECIMAL:
		wr_text_printf(text, "DECIMAL(%d, %d)", type->precision, type->scale);
		break;
	case WR_CHAR:
	case WR_VARCHAR:
	case WR_BINARY:
	case WR_VARBINARY: print_length(text, type); break;
	case WR_TIME: wr_text_printf(text, "TIME(%d)", type->precision); break;
	case WR_TIMESTAMP: wr_text_printf(text, "TIMESTAMP(%d)", type->precision); break;
	case WR_TIMESTAMP_LTZ: wr_text_printf(text, "TIMESTAMP_LTZ(%d)", type->precision); break;
	case WR_ARRAY: print_children(text, type, "ARRAY", 1); break;
	case WR_MAP: print_children(text, type, "MAP", 2); break;
	case WR_MULTISET: print_children(text, type, "MULTISET", 1); break;
	case WR_ROW: print_children(text, type, "ROW", type->child_count); break;
	default: wr_text_puts(text, simple_name(type->kind)); break;
	}
	if (!type->nullable)
		wr_text_puts(text, " NOT NULL");
}

const char *wr_type_str(struct wr_arena *arena, const struct wr_type *type)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_type_print(&text, type);
	const char *copy = wr_arena_strndup(arena, text.data, text.len);
	wr_text_release(&text);
	return copy;
}
