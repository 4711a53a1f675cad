/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_schema - the tables of types, their names, and the wire.
 *
 * A type's name is looked for as in C++: within the message where it is used, then in what is
 * around that, up to the root; a leading dot is the root.
 */
#include "formats/proto_schema.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/mem.h"

/* --- parts
 * ------------------------------------------------------------------------------------------ */

void wr_proto_builder_init(struct wr_proto_builder *builder)
{
	struct wr_proto_schema *schema = wr_calloc(1, sizeof *schema);

	*builder = (struct wr_proto_builder){.schema = schema};
	atomic_init(&schema->refs, 1);
	wr_arena_init(&schema->arena);
	wr_map_init(&schema->message);
	wr_map_init(&schema->symbols);
}

void wr_proto_builder_release(struct wr_proto_builder *builder)
{
	wr_proto_schema_unref(builder->schema);
	wr_free(builder->import);
	*builder = (struct wr_proto_builder){0};
}

static const char *join(struct wr_proto_builder *builder, const char *scope, const char *name)
{
	struct wr_arena *arena = &builder->schema->arena;

	return scope[0] == '\0' ? wr_arena_strdup(arena, name)
				: wr_arena_printf(arena, "%s.%s", scope, name);
}

static wr_status *twice(const char *name)
{
	return wr_status_new(WR_USER_ERROR, "The Protobuf schema defines '%.200s' twice", name);
}

/* Puts an empty message behind its siblings. */
wr_status *wr_proto_add_message(struct wr_proto_builder *builder, struct wr_proto_message *parent,
				const char *scope, const char *name, struct wr_proto_message **out)
{
	struct wr_proto_message *message = WR_NEW(&builder->schema->arena, struct wr_proto_message);
	struct wr_proto_message **first = parent != NULL ? &parent->first : &builder->first;
	struct wr_proto_message **last = parent != NULL ? &parent->last : &builder->last;

	message->name = join(builder, scope, name);
	message->proto3 = builder->proto3;
	if (wr_map_put(&builder->schema->message, message->name, message) != NULL)
		return twice(message->name);
	if (*last != NULL)
		(*last)->next = message;
	else
		*first = message;
	*last = message;
	if (parent != NULL)
		parent->child_count++;
	*out = message;
	return NULL;
}

wr_status *wr_proto_add_enum(struct wr_proto_builder *builder, const char *scope, const char *name,
			     struct wr_proto_enum **out)
{
	struct wr_proto_enum *symbols = WR_NEW(&builder->schema->arena, struct wr_proto_enum);

	symbols->name = join(builder, scope, name);
	*out = symbols;
	return wr_map_put(&builder->schema->symbols, symbols->name, symbols) != NULL
		   ? twice(symbols->name)
		   : NULL;
}

/* A larger array in the arena with what was there. */
static void *grow(struct wr_arena *arena, const void *old, uint32_t count, uint32_t *capacity,
		  size_t size)
{
	*capacity = WR_MAX(count * 2, 8u);
	char *array = wr_arena_zalloc(arena, *capacity * size);
	if (count != 0)
		memcpy(array, old, count * size);
	return array;
}

void wr_proto_add_symbol(struct wr_proto_builder *builder, struct wr_proto_enum *symbols,
			 const char *name, int32_t number)
{
	struct wr_arena *arena = &builder->schema->arena;
	uint32_t capacity;

	if (symbols->count == symbols->capacity) {
		symbols->symbol = grow(arena, symbols->symbol, symbols->count, &capacity,
				       sizeof *symbols->symbol);
		symbols->number = grow(arena, symbols->number, symbols->count, &symbols->capacity,
				       sizeof *symbols->number);
	}
	symbols->symbol[symbols->count] = wr_arena_strdup(arena, name);
	symbols->number[symbols->count++] = number;
}

/* Copies the field; its texts must be the arena's. */
wr_status *wr_proto_add_field(struct wr_proto_builder *builder, struct wr_proto_message *message,
			      const struct wr_proto_field *field)
{
	if (++builder->fields > WR_PROTO_FIELDS_MAX)
		return wr_status_new(WR_USER_ERROR, "The Protobuf schema has more than %u fields",
				     WR_PROTO_FIELDS_MAX);
	if (field->name == NULL || field->number == 0 || field->number > WR_PROTO_NUMBER_MAX)
		return wr_status_new(WR_USER_ERROR,
				     "A field of message '%.200s' has no name or no number from 1 "
				     "to %u",
				     message->name, WR_PROTO_NUMBER_MAX);
	if (message->count == message->capacity)
		message->field = grow(&builder->schema->arena, message->field, message->count,
				      &message->capacity, sizeof *message->field);
	message->field[message->count++] = *field;
	return NULL;
}

void wr_proto_add_import(struct wr_proto_builder *builder, const char *name)
{
	if (builder->import_count == builder->import_capacity) {
		builder->import_capacity = WR_MAX(builder->import_capacity * 2, 8u);
		builder->import =
		    wr_realloc(builder->import, builder->import_capacity * sizeof *builder->import);
	}
	builder->import[builder->import_count++] = wr_arena_strdup(&builder->schema->arena, name);
}

/* --- names
 * ------------------------------------------------------------------------------------------- */

/* Files that every compiler of .proto texts has. */
static const struct {
	const char *name;
	const char *has; /* one of its messages: tells whether the file itself was given */
	const char *text;
} known_files[] = {
    {"google/protobuf/timestamp.proto", "google.protobuf.Timestamp",
     "syntax = \"proto3\"; package google.protobuf;"
     "message Timestamp { int64 seconds = 1; int32 nanos = 2; }"},
    {"google/protobuf/duration.proto", "google.protobuf.Duration",
     "syntax = \"proto3\"; package google.protobuf;"
     "message Duration { int64 seconds = 1; int32 nanos = 2; }"},
    {"google/protobuf/empty.proto", "google.protobuf.Empty",
     "syntax = \"proto3\"; package google.protobuf; message Empty {}"},
    {"google/protobuf/any.proto", "google.protobuf.Any",
     "syntax = \"proto3\"; package google.protobuf;"
     "message Any { string type_url = 1; bytes value = 2; }"},
    {"google/protobuf/wrappers.proto", "google.protobuf.DoubleValue",
     "syntax = \"proto3\"; package google.protobuf;"
     "message DoubleValue { double value = 1; } message FloatValue { float value = 1; }"
     "message Int64Value { int64 value = 1; } message UInt64Value { uint64 value = 1; }"
     "message Int32Value { int32 value = 1; } message UInt32Value { uint32 value = 1; }"
     "message BoolValue { bool value = 1; } message StringValue { string value = 1; }"
     "message BytesValue { bytes value = 1; }"},
};

static wr_status *add_known_files(struct wr_proto_builder *builder)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < builder->import_count; i++) {
		for (uint32_t k = 0; k < WR_COUNT(known_files); k++) {
			if ((seen >> k & 1) != 0 ||
			    strcmp(builder->import[i], known_files[k].name) != 0)
				continue;
			seen |= 1u << k;
			if (wr_map_get(&builder->schema->message, known_files[k].has) == NULL)
				WR_TRY(wr_proto_add_text(builder, wr_str_of(known_files[k].text)));
		}
	}
	return NULL;
}

/* What a name in a scope stands for: a message or an enum. */
static bool find_type(const struct wr_proto_schema *schema, struct wr_proto_field *field,
		      struct wr_text *scratch)
{
	const char *name = field->type_name;
	size_t scope = name[0] == '.' ? 0 : strlen(field->scope);

	name += name[0] == '.';
	for (;;) {
		wr_text_clear(scratch);
		wr_text_add(scratch, field->scope, scope);
		wr_text_puts(scratch, scope != 0 ? "." : "");
		wr_text_puts(scratch, name);
		field->child = wr_map_get_n(&schema->message, scratch->data, scratch->len);
		field->symbols = wr_map_get_n(&schema->symbols, scratch->data, scratch->len);
		if (field->child != NULL || field->symbols != NULL)
			return true;
		if (scope == 0)
			return false;
		do
			scope--;
		while (scope != 0 && field->scope[scope] != '.');
	}
}

/* What remains to be said of a field when all types are known. */
static wr_status *finish_field(const struct wr_proto_schema *schema,
			       const struct wr_proto_message *message, struct wr_proto_field *field,
			       struct wr_text *scratch)
{
	bool named = field->kind == WR_PROTO_UNKNOWN || field->kind == WR_PROTO_MESSAGE ||
		     field->kind == WR_PROTO_ENUM || field->kind == WR_PROTO_GROUP;

	if (named && (field->type_name == NULL || !find_type(schema, field, scratch)))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Field '%.100s' of message '%.200s' is of the type '%.200s', "
				  "which the schema does not define",
				  field->name, message->name,
				  field->type_name != NULL ? field->type_name : ""),
		    "Give the files that it imports, too ('protoc --include_imports')");
	if (named && field->kind != WR_PROTO_GROUP)
		field->kind = field->child != NULL ? WR_PROTO_MESSAGE : WR_PROTO_ENUM;
	field->packed = field->repeated && wr_proto_can_pack(field->kind) &&
			(field->packed_said >= 0 ? field->packed_said != 0 : message->proto3);
	field->presence = !message->proto3 || field->optional || field->oneof >= 0 ||
			  field->kind == WR_PROTO_MESSAGE || field->kind == WR_PROTO_GROUP;
	return NULL;
}

wr_status *wr_proto_builder_finish(struct wr_proto_builder *builder, struct wr_proto_schema **out)
{
	struct wr_proto_schema *schema = builder->schema;
	struct wr_text scratch;

	*out = NULL;
	schema->first = builder->first;
	builder->first = builder->last = NULL;
	wr_status *status = add_known_files(builder);
	wr_text_init(&scratch);
	for (uint32_t i = 0; status == NULL && i < schema->message.count; i++) {
		struct wr_proto_message *message = schema->message.entry[i].value;
		for (uint32_t k = 0; status == NULL && k < message->count; k++)
			status = finish_field(schema, message, &message->field[k], &scratch);
	}
	wr_text_release(&scratch);
	if (status == NULL) {
		*out = schema;
		builder->schema = NULL;
	}
	wr_proto_builder_release(builder);
	return status;
}

struct wr_proto_schema *wr_proto_schema_ref(struct wr_proto_schema *schema)
{
	atomic_fetch_add(&schema->refs, 1);
	return schema;
}

void wr_proto_schema_unref(struct wr_proto_schema *schema)
{
	if (schema == NULL || atomic_fetch_sub(&schema->refs, 1) != 1)
		return;
	wr_map_release(&schema->message);
	wr_map_release(&schema->symbols);
	wr_arena_release(&schema->arena);
	wr_free(schema);
}

/* The last name of a full one; Java's nested classes have a dollar. */
static const char *last_name(const char *name)
{
	const char *last = name;

	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '.' || *p == '$')
			last = p + 1;
	}
	return last;
}

wr_status *wr_proto_find(const struct wr_proto_schema *schema, const char *name,
			 const struct wr_proto_message **out)
{
	const char *names[64];
	uint32_t count = 0;
	uint32_t fits = 0;

	*out = wr_map_get(&schema->message, name[0] == '.' ? name + 1 : name);
	if (*out != NULL)
		return NULL;
	for (uint32_t i = 0; i < schema->message.count; i++) {
		const struct wr_proto_message *message = schema->message.entry[i].value;
		if (message->is_map)
			continue;
		if (count < WR_COUNT(names))
			names[count++] = message->name;
		if (strcmp(last_name(message->name), last_name(name)) == 0 && fits++ == 0)
			*out = message;
	}
	if (fits == 1)
		return NULL;
	struct wr_text list;
	wr_text_init(&list);
	wr_text_names(&list, names, count);
	wr_status *status =
	    wr_status_new(WR_USER_ERROR, "The Protobuf schema has no message '%s'", name);
	wr_status_hint(status, "It has %s", count != 0 ? wr_text_str(&list) : "none");
	wr_text_release(&list);
	*out = NULL;
	return status;
}

const struct wr_proto_field *wr_proto_field_named(const struct wr_proto_message *message,
						  const char *name)
{
	for (uint32_t i = 0; i < message->count; i++) {
		if (strcmp(message->field[i].name, name) == 0)
			return &message->field[i];
	}
	return NULL;
}

const char *wr_proto_field_word(const struct wr_proto_field *field, char *text, size_t size)
{
	static const char *const word[] = {"?",        "double",   "float",   "int64",  "uint64",
					   "int32",    "fixed64",  "fixed32", "bool",   "string",
					   "group",    "message",  "bytes",   "uint32", "enum",
					   "sfixed32", "sfixed64", "sint32",  "sint64"};
	const char *name = field->child != NULL     ? field->child->name
			   : field->symbols != NULL ? field->symbols->name
						    : NULL;

	if (field->child != NULL && field->child->is_map)
		snprintf(text, size, "map");
	else
		snprintf(text, size, "%s%s%s%.60s%s", field->repeated ? "repeated " : "",
			 word[field->kind], name != NULL ? " '" : "", name != NULL ? name : "",
			 name != NULL ? "'" : "");
	return text;
}

/* --- the wire
 * --------------------------------------------------------------------------------------- */

enum wr_proto_wire wr_proto_wire_of(enum wr_proto_kind kind)
{
	switch (kind) {
	case WR_PROTO_DOUBLE:
	case WR_PROTO_FIXED64:
	case WR_PROTO_SFIXED64: return WR_WIRE_64;
	case WR_PROTO_FLOAT:
	case WR_PROTO_FIXED32:
	case WR_PROTO_SFIXED32: return WR_WIRE_32;
	case WR_PROTO_STRING:
	case WR_PROTO_BYTES:
	case WR_PROTO_MESSAGE: return WR_WIRE_BYTES;
	case WR_PROTO_GROUP: return WR_WIRE_GROUP;
	default: return WR_WIRE_VARINT;
	}
}

bool wr_wire_varint_slow(struct wr_wire *in, uint64_t *out)
{
	uint64_t value = 0;
	const char *p = in->p;

	*out = 0;
	for (uint32_t shift = 0; shift < 70 && p < in->end; shift += 7) {
		uint8_t c = (uint8_t)*p++;
		value |= (uint64_t)(c & 0x7f) << shift;
		if (c >= 0x80)
			continue;
		in->p = p;
		*out = value;
		return true;
	}
	return false;
}

/* Up to the end tag of the same number. */
static bool skip_group(struct wr_wire *in, uint64_t number, uint32_t depth)
{
	uint64_t tag;

	while (wr_wire_varint(in, &tag)) {
		if ((tag & 7) == WR_WIRE_END)
			return tag >> 3 == number;
		if (!wr_wire_skip(in, tag, depth + 1))
			return false;
	}
	return false;
}

bool wr_wire_skip(struct wr_wire *in, uint64_t tag, uint32_t depth)
{
	struct wr_wire inner;
	uint64_t value;
	size_t size = 8;

	switch (tag & 7) {
	case WR_WIRE_VARINT: return wr_wire_varint(in, &value);
	case WR_WIRE_BYTES: return wr_wire_bytes(in, &inner);
	case WR_WIRE_GROUP: return depth < WR_PROTO_DEPTH_MAX && skip_group(in, tag >> 3, depth);
	case WR_WIRE_32: size = 4; break;
	case WR_WIRE_64: break;
	default: return false;
	}
	if ((size_t)(in->end - in->p) < size)
		return false;
	in->p += size;
	return true;
}
