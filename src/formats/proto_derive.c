/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_derive - columns as a Protobuf type: proto3, fields numbered in the columns' order,
 * nullable ones optional, rows as messages within.
 */
#include "formats/proto_derive.h"

#include <ctype.h>

static wr_status *derive_fields(struct wr_text *out, const char *const *names,
				const struct wr_type *const *types, uint32_t count);

/* Names of fields and messages: letters, digits and underscores. */
static bool is_name(const char *name)
{
	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (; *name != '\0'; name++) {
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	}
	return true;
}

/* The word of a type that is no list; NULL: there is none. Rows are messages named by their field.
 */
static const char *word_of(const struct wr_type *type)
{
	switch (type->kind) {
	case WR_BOOLEAN: return "bool";
	case WR_INT: return "int32";
	case WR_BIGINT: return "int64";
	case WR_FLOAT: return "float";
	case WR_DOUBLE: return "double";
	case WR_CHAR:
	case WR_VARCHAR: return "string";
	case WR_BINARY:
	case WR_VARBINARY: return "bytes";
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return "google.protobuf.Timestamp";
	default: return NULL;
	}
}

static wr_status *refuse(const char *name, const struct wr_type *type)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_type_print(&text, type);
	wr_status *status = wr_status_new(WR_USER_ERROR, "Column '%s': Protobuf has no type for %s",
					  name, wr_text_str(&text));
	wr_text_release(&text);
	return wr_status_hint(status, "Use CAST to make it another one, for example STRING");
}

/* One field; the message of a ROW comes before it. */
static wr_status *derive_field(struct wr_text *out, const char *name, const struct wr_type *type,
			       uint32_t number)
{
	const struct wr_type *value = type->kind == WR_ARRAY ? type->child[0]
				      : type->kind == WR_MAP ? type->child[1]
							     : type;
	const char *word = word_of(value);
	bool key = type->kind != WR_MAP || wr_kind_is_string(type->child[0]->kind) ||
		   type->child[0]->kind == WR_INT || type->child[0]->kind == WR_BIGINT ||
		   type->child[0]->kind == WR_BOOLEAN;

	if (!is_name(name))
		return wr_status_new(WR_USER_ERROR,
				     "'%s' is no name that a field of Protobuf can have", name);
	if ((word == NULL && value->kind != WR_ROW) || !key)
		return refuse(name, type);
	if (word == NULL) {
		wr_text_printf(out, "message %s_row {\n", name);
		WR_TRY(derive_fields(out, value->name, value->child, value->child_count));
		wr_text_puts(out, "}\n");
	}
	if (type->kind == WR_MAP)
		wr_text_printf(out, "map<%s, ", word_of(type->child[0]));
	else if (type->kind == WR_ARRAY)
		wr_text_puts(out, "repeated ");
	else if (type->nullable && type->kind != WR_ROW)
		wr_text_puts(out, "optional ");
	wr_text_printf(out, "%s%s", word != NULL ? word : name, word != NULL ? "" : "_row");
	wr_text_printf(out, "%s %s = %u;\n", type->kind == WR_MAP ? ">" : "", name, number);
	return NULL;
}

static wr_status *derive_fields(struct wr_text *out, const char *const *names,
				const struct wr_type *const *types, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(derive_field(out, names[i], types[i], i + 1));
	return NULL;
}

static bool has_time(const struct wr_type *type)
{
	bool found = wr_kind_is_timestamp(type->kind);

	for (uint32_t i = 0; i < type->child_count; i++)
		found |= has_time(type->child[i]);
	return found;
}

wr_status *wr_proto_derive(struct wr_text *out, const struct wr_schema *schema)
{
	bool time = false;

	for (uint32_t i = 0; i < schema->count; i++)
		time |= has_time(schema->field[i].type);
	wr_text_puts(out, "syntax = \"proto3\";\n");
	if (time)
		wr_text_puts(out, "import \"google/protobuf/timestamp.proto\";\n");
	wr_text_puts(out, "message record {\n");
	for (uint32_t i = 0; i < schema->count; i++)
		WR_TRY(derive_field(out, schema->field[i].name, schema->field[i].type, i + 1));
	wr_text_puts(out, "}\n");
	return NULL;
}
