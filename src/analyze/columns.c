/* SPDX-License-Identifier: Apache-2.0
 *
 * columns - see columns.h.
 */
#include "analyze/columns.h"

#include <stdalign.h>

#include "analyze/analyzer.h"
#include "base/limits.h"
#include "sql/parser.h"

/* The text is no part of a script: what its parser says goes into a sentence about the whole. */
static wr_status *about(wr_status *status, const char *what, const char *text)
{
	wr_status *told;

	if (status == NULL)
		return NULL;
	told = wr_status_new(WR_USER_ERROR, "%s, '%s': %s", what, text, status->text);
	if (status->hint != NULL)
		wr_status_hint(told, "%s", status->hint);
	wr_status_free(status);
	return told;
}

static wr_status *check_text(const char *text, const char *what)
{
	if (text == NULL || *text == '\0')
		return wr_status_new(WR_USER_ERROR, "%s are missing", what);
	return NULL;
}

static int32_t find(const struct wr_schema *schema, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(schema->field[i].name, name) == 0)
			return (int32_t)i;
	return -1;
}

static wr_status *columns_read(struct wr_arena *arena, const char *columns, struct wr_schema *out)
{
	struct wr_analyzer a = {.arena = arena};
	struct wr_ast_fields list;

	WR_TRY(wr_parse_columns_text(arena, wr_str_of(columns), &list));
	WR_TRY(wr_check_width(list.count, (struct wr_pos){0}));
	wr_schema_init(arena, out, list.count);
	for (uint32_t i = 0; i < list.count; i++) {
		struct wr_field *field = &out->field[i];

		field->name = wr_arena_strdup(arena, list.items[i].name.text);
		WR_TRY(wr_convert_type(&a, list.items[i].type, &field->type));
		if (find(out, i, field->name) >= 0)
			return wr_status_new(WR_USER_ERROR, "The column '%s' is there twice",
					     field->name);
	}
	return NULL;
}

wr_status *wr_columns_parse(struct wr_arena *arena, const char *columns, const char *what,
			    struct wr_schema *out)
{
	wr_status *status;

	WR_TRY(check_text(columns, what));
	status = columns_read(arena, columns, out);
	if (status != NULL && status->hint == NULL)
		wr_status_hint(status, "Each column is a name and a type: 'word STRING, n INT'");
	return about(status, what, columns);
}

static wr_status *names_find(struct wr_arena *arena, const char *names,
			     const struct wr_schema *schema, uint32_t **out, uint32_t *count)
{
	const char **known = WR_NEW_ARRAY(arena, const char *, schema->count + 1);
	struct wr_ast_idents list;

	WR_TRY(wr_parse_names_text(arena, wr_str_of(names), &list));
	for (uint32_t i = 0; i < schema->count; i++)
		known[i] = schema->field[i].name;
	*out = WR_NEW_ARRAY(arena, uint32_t, list.count + 1);
	*count = list.count;
	for (uint32_t i = 0; i < list.count; i++) {
		int32_t at = find(schema, schema->count, list.items[i].text);

		if (at < 0)
			return wr_hint_names(
			    wr_status_because(wr_status_new(WR_USER_ERROR,
							    "There is no column '%s'",
							    list.items[i].text),
					      WR_NO_COLUMN),
			    list.items[i].text, "The columns are", known, schema->count);
		for (uint32_t k = 0; k < i; k++)
			if ((*out)[k] == (uint32_t)at)
				return wr_status_new(WR_USER_ERROR,
						     "The column '%s' is there twice",
						     list.items[i].text);
		(*out)[i] = (uint32_t)at;
	}
	return NULL;
}

wr_status *wr_columns_find(struct wr_arena *arena, const char *names, const char *what,
			   const struct wr_schema *schema, uint32_t **out, uint32_t *count)
{
	WR_TRY(check_text(names, what));
	return about(names_find(arena, names, schema, out, count), what, names);
}

static wr_status *type_read(struct wr_arena *arena, const char *text, const struct wr_type **out)
{
	struct wr_analyzer a = {.arena = arena};
	struct wr_ast_type *ast;

	WR_TRY(wr_parse_type_text(arena, wr_str_of(text), &ast));
	return wr_convert_type(&a, ast, out);
}

wr_status *wr_type_parse(struct wr_arena *arena, const char *type, const char *what,
			 const struct wr_type **out)
{
	if (type == NULL || *type == '\0')
		return wr_status_new(WR_USER_ERROR, "%s is missing", what);
	return about(type_read(arena, type, out), what, type);
}

/* --- structs ------------------------------------------------------------------------------- */

/* A member as C has it. */
struct member {
	const char *name; /* of its C type */
	uint32_t size, align;
};

#define MEMBER(type) ((struct member){#type, sizeof(type), alignof(type)})

/* false: the type has no C form here. */
static bool member_of(const struct wr_type *type, struct member *out)
{
	bool whole = type->length == WR_LENGTH_MAX;

	switch (type->kind) {
	case WR_BOOLEAN: *out = MEMBER(bool); return true;
	case WR_TINYINT: *out = MEMBER(int8_t); return true;
	case WR_SMALLINT: *out = MEMBER(int16_t); return true;
	case WR_INT:
	case WR_DATE:
	case WR_TIME: *out = MEMBER(int32_t); return true;
	case WR_BIGINT: *out = MEMBER(int64_t); return true;
	case WR_FLOAT: *out = MEMBER(float); return true;
	case WR_DOUBLE: *out = MEMBER(double); return true;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: *out = MEMBER(int64_t); return type->precision <= 3;
	case WR_VARCHAR:
	case WR_VARBINARY: *out = MEMBER(struct weir_bytes); return whole;
	default: return false;
	}
}

static wr_status *no_member(struct wr_arena *arena, const struct wr_field *field)
{
	wr_status *status = wr_status_new(WR_USER_ERROR, "%s (of '%s') cannot be kept in a struct",
					  wr_type_str(arena, field->type), field->name);

	if (wr_kind_is_timestamp(field->type->kind))
		return wr_status_hint(status, "TIMESTAMP(3) and TIMESTAMP_LTZ(3) can");
	return wr_status_hint(status, "Members are BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, "
				      "DOUBLE, DATE, TIME, TIMESTAMP(3), TIMESTAMP_LTZ(3), STRING "
				      "and BYTES");
}

static uint32_t round_up(uint32_t value, uint32_t align)
{
	return (value + align - 1) / align * align;
}

/* "struct { bool set; int64_t timer; }" */
static const char *struct_text(struct wr_arena *arena, const struct wr_schema *schema)
{
	const char *text = "struct {";
	struct member member;

	for (uint32_t i = 0; i < schema->count; i++) {
		if (!member_of(schema->field[i].type, &member))
			continue;
		text =
		    wr_arena_printf(arena, "%s %s %s;", text, member.name, schema->field[i].name);
	}
	return wr_arena_printf(arena, "%s }", text);
}

static wr_status *layout_make(struct wr_arena *arena, const char *columns, size_t size, bool bytes,
			      struct wr_user_layout *out)
{
	uint32_t at = 0, align = 1;

	WR_TRY(columns_read(arena, columns, &out->schema));
	out->offset = WR_NEW_ARRAY(arena, uint32_t, out->schema.count);
	for (uint32_t i = 0; i < out->schema.count; i++) {
		struct wr_field *field = &out->schema.field[i];
		struct member member;

		if (!member_of(field->type, &member))
			return no_member(arena, field);
		if (member.size == sizeof(struct weir_bytes))
			out->bytes = true;
		at = round_up(at, member.align);
		out->offset[i] = at;
		at += member.size;
		align = WR_MAX(align, member.align);
		field->type = wr_type_nullable(arena, field->type, false);
	}
	out->size = round_up(at, align);
	if (out->bytes && !bytes)
		return wr_status_new(WR_USER_ERROR, "STRING and BYTES are not possible here");
	if (out->size != size)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The struct of the program has %zu bytes, these columns %u", size,
				  out->size),
		    "It must be %s", struct_text(arena, &out->schema));
	return NULL;
}

wr_status *wr_layout_parse(struct wr_arena *arena, const char *columns, const char *what,
			   size_t size, bool bytes, struct wr_user_layout *out)
{
	*out = (struct wr_user_layout){0};
	WR_TRY(check_text(columns, what));
	return about(layout_make(arena, columns, size, bytes, out), what, columns);
}
