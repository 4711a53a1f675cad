/* SPDX-License-Identifier: Apache-2.0
 *
 * packed - see packed.h.
 *
 * The codes of the kinds are part of the file format: they are never changed, whatever becomes of
 * enum wr_kind.
 */
#include "state/packed.h"

#include "base/limits.h"
#include "base/macros.h"
#include "state/value.h"

#define NOT_NULL         128
#define TYPE_NESTING_MAX 200 /* as deep as types in SQL can be */

static const uint8_t code_of[WR_KIND_COUNT] = {
    [WR_NULL] = 1,
    [WR_BOOLEAN] = 2,
    [WR_TINYINT] = 3,
    [WR_SMALLINT] = 4,
    [WR_INT] = 5,
    [WR_BIGINT] = 6,
    [WR_FLOAT] = 7,
    [WR_DOUBLE] = 8,
    [WR_DECIMAL] = 9,
    [WR_CHAR] = 10,
    [WR_VARCHAR] = 11,
    [WR_BINARY] = 12,
    [WR_VARBINARY] = 13,
    [WR_DATE] = 14,
    [WR_TIME] = 15,
    [WR_TIMESTAMP] = 16,
    [WR_TIMESTAMP_LTZ] = 17,
    [WR_INTERVAL_MONTH] = 18,
    [WR_INTERVAL_DAY] = 19,
    [WR_ARRAY] = 20,
    [WR_MAP] = 21,
    [WR_MULTISET] = 22,
    [WR_ROW] = 23,
};

/* --- writing */

void wr_pack_number(struct wr_text *out, uint64_t value)
{
	wr_varint_put(out, value);
}

void wr_pack_signed(struct wr_text *out, int64_t value)
{
	wr_varint_put(out, wr_zigzag(value));
}

void wr_pack_bytes(struct wr_text *out, struct wr_str bytes)
{
	wr_varint_put_piece(out, bytes);
}

void wr_pack_text(struct wr_text *out, const char *text)
{
	wr_pack_bytes(out, (struct wr_str){text, text != NULL ? strlen(text) : 0});
}

void wr_pack_type(struct wr_text *out, const struct wr_type *type)
{
	uint8_t code = code_of[type->kind];

	WR_ASSERT(code != 0);
	wr_text_putc(out, (char)(code + (type->nullable ? 0 : NOT_NULL)));
	switch (type->kind) {
	case WR_DECIMAL:
		wr_text_putc(out, (char)type->precision);
		wr_text_putc(out, (char)type->scale);
		break;
	case WR_TIME:
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: wr_text_putc(out, (char)type->precision); break;
	case WR_CHAR:
	case WR_VARCHAR:
	case WR_BINARY:
	case WR_VARBINARY: wr_pack_number(out, (uint64_t)type->length); break;
	case WR_ARRAY:
	case WR_MULTISET: wr_pack_type(out, type->child[0]); break;
	case WR_MAP:
		wr_pack_type(out, type->child[0]);
		wr_pack_type(out, type->child[1]);
		break;
	case WR_ROW:
		wr_pack_number(out, type->child_count);
		for (uint32_t i = 0; i < type->child_count; i++) {
			wr_pack_text(out, type->name[i]);
			wr_pack_type(out, type->child[i]);
		}
		break;
	default: break;
	}
}

/* --- reading */

static void set_bad(struct wr_packed *in)
{
	in->bad = true;
	in->at = in->end;
}

uint64_t wr_unpack_number(struct wr_packed *in)
{
	uint64_t value;
	const char *at = wr_varint_get(in->at, in->end, &value);

	if (at == NULL) {
		set_bad(in);
		return 0;
	}
	in->at = at;
	return value;
}

int64_t wr_unpack_signed(struct wr_packed *in)
{
	return wr_unzigzag(wr_unpack_number(in));
}

uint32_t wr_unpack_count(struct wr_packed *in)
{
	uint64_t count = wr_unpack_number(in);

	if (count > (uint64_t)(in->end - in->at) || count > UINT32_MAX) {
		set_bad(in);
		return 0;
	}
	return (uint32_t)count;
}

uint8_t wr_unpack_byte(struct wr_packed *in)
{
	if (in->at == in->end) {
		set_bad(in);
		return 0;
	}
	return (uint8_t)*in->at++;
}

struct wr_str wr_unpack_bytes(struct wr_packed *in)
{
	uint64_t size = wr_unpack_number(in);
	struct wr_str out = {NULL, 0};

	if (size == 0)
		return out;
	if (size - 1 > (uint64_t)(in->end - in->at)) {
		set_bad(in);
		return out;
	}
	out.len = size - 1;
	out.data = wr_arena_strndup(in->arena, in->at, out.len);
	in->at += out.len;
	return out;
}

const char *wr_unpack_text(struct wr_packed *in)
{
	return wr_unpack_bytes(in).data;
}

static const struct wr_type *unpack_type(struct wr_packed *in, uint32_t depth);

/* The fields of a ROW. */
static const struct wr_type *unpack_row(struct wr_packed *in, uint32_t depth)
{
	uint32_t count = wr_unpack_count(in);

	if (count > WR_COLUMNS_MAX) {
		set_bad(in);
		return &WR_T_NULL;
	}
	const char **name = WR_NEW_ARRAY(in->arena, const char *, count + 1);
	const struct wr_type **type = WR_NEW_ARRAY(in->arena, const struct wr_type *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		name[i] = wr_unpack_text(in);
		type[i] = unpack_type(in, depth);
		if (name[i] == NULL)
			set_bad(in);
	}
	return in->bad ? &WR_T_NULL : wr_type_row(in->arena, count, name, type);
}

static const struct wr_type *unpack_decimal(struct wr_packed *in)
{
	int precision = wr_unpack_byte(in);
	int scale = wr_unpack_byte(in);

	if (precision >= 1 && precision <= WR_DECIMAL_PRECISION_MAX && scale <= precision)
		return wr_type_decimal(in->arena, precision, scale);
	set_bad(in);
	return &WR_T_NULL;
}

static const struct wr_type *unpack_length(struct wr_packed *in, enum wr_kind kind)
{
	uint64_t length = wr_unpack_number(in);

	if (length <= WR_LENGTH_MAX && !in->bad) /* CHAR(0) is the type of '' */
		return wr_type_length(in->arena, kind, (int32_t)length);
	set_bad(in);
	return &WR_T_NULL;
}

static const struct wr_type *unpack_time(struct wr_packed *in, enum wr_kind kind)
{
	int precision = wr_unpack_byte(in);

	if (precision <= 9)
		return wr_type_precision(in->arena, kind, precision);
	set_bad(in);
	return &WR_T_NULL;
}

/* What follows the code; always nullable. */
static const struct wr_type *unpack_kind(struct wr_packed *in, enum wr_kind kind, uint32_t depth)
{
	const struct wr_type *key;
	struct wr_type *plain;

	switch (kind) {
	case WR_DECIMAL: return unpack_decimal(in);
	case WR_CHAR:
	case WR_VARCHAR:
	case WR_BINARY:
	case WR_VARBINARY: return unpack_length(in, kind);
	case WR_TIME:
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return unpack_time(in, kind);
	case WR_ARRAY: return wr_type_array(in->arena, unpack_type(in, depth));
	case WR_MULTISET: return wr_type_multiset(in->arena, unpack_type(in, depth));
	case WR_MAP:
		key = unpack_type(in, depth);
		return wr_type_map(in->arena, key, unpack_type(in, depth));
	case WR_ROW: return unpack_row(in, depth);
	default: break;
	}
	plain = WR_NEW(in->arena, struct wr_type);
	*plain = (struct wr_type){.kind = kind, .nullable = true};
	return plain;
}

static const struct wr_type *unpack_type(struct wr_packed *in, uint32_t depth)
{
	uint8_t code = wr_unpack_byte(in);
	const struct wr_type *type;

	for (uint32_t kind = 0; kind < WR_KIND_COUNT; kind++) {
		if (code_of[kind] != (code & ~NOT_NULL) || depth == TYPE_NESTING_MAX || in->bad)
			continue;
		type = unpack_kind(in, (enum wr_kind)kind, depth + 1);
		return wr_type_nullable(in->arena, type, (code & NOT_NULL) == 0);
	}
	set_bad(in);
	return &WR_T_NULL;
}

const struct wr_type *wr_unpack_type(struct wr_packed *in)
{
	return unpack_type(in, 0);
}
