/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_descriptor - reads a FileDescriptorSet, which is itself a message: files of messages of
 * fields. The numbers of its fields are those of google/protobuf/descriptor.proto.
 *
 *	FileDescriptorSet    file = 1
 *	FileDescriptorProto  package = 2, dependency = 3, message_type = 4, enum_type = 5, syntax =
 *12 DescriptorProto      name = 1, field = 2, nested_type = 3, enum_type = 4, options = 7,
 *	                     oneof_decl = 8         MessageOptions  map_entry = 7
 *	FieldDescriptorProto name = 1, number = 3, label = 4, type = 5, type_name = 6,
 *	                     default_value = 7, options = 8, oneof_index = 9, proto3_optional = 17
 *	                                            FieldOptions    packed = 2
 *	EnumDescriptorProto  name = 1, value = 2    EnumValueDescriptorProto  name = 1, number = 2
 */
#include "base/macros.h"
#include "formats/proto_schema.h"

#define LABEL_REPEATED 3

/* A field of a descriptor: either a number or bytes. */
struct part {
	uint32_t number;
	uint64_t value;       /* of a varint */
	struct wr_wire bytes; /* of a length-delimited one; p NULL: none */
};

static wr_status *damaged(void)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The descriptor file is no FileDescriptorSet"),
	    "Make one with 'protoc --include_imports --descriptor_set_out=FILE'");
}

/* The next field; false at the end, with *status when the bytes are damaged. */
static bool next(struct wr_wire *in, struct part *part, wr_status **status)
{
	uint64_t tag;

	*status = NULL;
	if (in->p == in->end)
		return false;
	*part = (struct part){0};
	bool good = wr_wire_varint(in, &tag) && tag >> 3 != 0 && tag >> 3 <= WR_PROTO_NUMBER_MAX;
	if (good) {
		part->number = (uint32_t)(tag >> 3);
		if ((tag & 7) == WR_WIRE_VARINT)
			good = wr_wire_varint(in, &part->value);
		else if ((tag & 7) == WR_WIRE_BYTES)
			good = wr_wire_bytes(in, &part->bytes);
		else
			good = wr_wire_skip(in, tag, 0);
	}
	if (!good)
		*status = damaged();
	return good;
}

static const char *text_of(struct wr_proto_builder *builder, const struct part *part)
{
	return part->bytes.p == NULL ? ""
				     : wr_arena_strndup(&builder->schema->arena, part->bytes.p,
							(size_t)(part->bytes.end - part->bytes.p));
}

/* The number of a field of a small message; `fallback` when it is not there. */
static int64_t number_in(struct wr_wire in, uint32_t number, int64_t fallback)
{
	wr_status *status;
	struct part part;

	while (next(&in, &part, &status)) {
		if (part.number == number)
			fallback = (int64_t)part.value;
	}
	wr_status_free(status);
	return fallback;
}

static wr_status *read_symbol(struct wr_proto_builder *builder, struct wr_wire in,
			      struct wr_proto_enum *symbols)
{
	const char *name = "";
	int32_t number = 0;
	wr_status *status;
	struct part part;

	while (next(&in, &part, &status)) {
		if (part.number == 1)
			name = text_of(builder, &part);
		else if (part.number == 2)
			number = (int32_t)part.value;
	}
	if (status == NULL)
		wr_proto_add_symbol(builder, symbols, name, number);
	return status;
}

/* The text in field 1: a name, which parts before it may need. */
static const char *name_in(struct wr_proto_builder *builder, struct wr_wire in)
{
	wr_status *status;
	struct part part;
	const char *name = "";

	while (next(&in, &part, &status)) {
		if (part.number == 1)
			name = text_of(builder, &part);
	}
	wr_status_free(status);
	return name;
}

static wr_status *read_enum(struct wr_proto_builder *builder, struct wr_wire in, const char *scope)
{
	struct wr_proto_enum *symbols;
	wr_status *status;
	struct part part;

	WR_TRY(wr_proto_add_enum(builder, scope, name_in(builder, in), &symbols));
	while (next(&in, &part, &status)) {
		if (part.number == 2)
			WR_TRY(read_symbol(builder, part.bytes, symbols));
	}
	return status;
}

static wr_status *read_field(struct wr_proto_builder *builder, struct wr_wire in,
			     struct wr_proto_message *message)
{
	struct wr_proto_field field = {.oneof = -1, .scope = message->name, .packed_said = -1};
	bool optional = false;
	wr_status *status;
	struct part part;

	while (next(&in, &part, &status)) {
		switch (part.number) {
		case 1: field.name = text_of(builder, &part); break;
		case 3: field.number = (uint32_t)WR_MIN(part.value, UINT32_MAX); break;
		case 4: field.repeated = part.value == LABEL_REPEATED; break;
		case 5: field.kind = (enum wr_proto_kind)(part.value <= 18 ? part.value : 0); break;
		case 6: field.type_name = text_of(builder, &part); break;
		case 7:
			field.fallback = text_of(builder, &part);
			field.fallback_len = (uint32_t)(part.bytes.end - part.bytes.p);
			break;
		case 8: field.packed_said = (int8_t)number_in(part.bytes, 2, -1); break;
		case 9: field.oneof = (int32_t)WR_MIN(part.value, 1000000u); break;
		case 17: optional = part.value != 0; break;
		default: break;
		}
	}
	if (status != NULL)
		return status;
	field.optional = optional;
	if (optional)
		field.oneof = -1; /* one of its own, made up by the compiler */
	else if (field.oneof >= (int32_t)message->oneof_count)
		message->oneof_count = (uint32_t)field.oneof + 1;
	return wr_proto_add_field(builder, message, &field);
}

static wr_status *read_message(struct wr_proto_builder *builder, struct wr_wire in,
			       struct wr_proto_message *parent, const char *scope, int depth)
{
	struct wr_proto_message *message;
	wr_status *status;
	struct part part;

	if (depth > WR_PROTO_DEPTH_MAX)
		return damaged();
	WR_TRY(wr_proto_add_message(builder, parent, scope, name_in(builder, in), &message));
	while (next(&in, &part, &status)) {
		switch (part.number) {
		case 2: WR_TRY(read_field(builder, part.bytes, message)); break;
		case 3:
			WR_TRY(
			    read_message(builder, part.bytes, message, message->name, depth + 1));
			break;
		case 4: WR_TRY(read_enum(builder, part.bytes, message->name)); break;
		case 7: message->is_map = number_in(part.bytes, 7, 0) != 0; break;
		default: break;
		}
	}
	return status;
}

/* Package and syntax first: what is within needs them. */
static wr_status *read_file(struct wr_proto_builder *builder, struct wr_wire in)
{
	struct wr_wire all = in;
	const char *package = "";
	wr_status *status;
	struct part part;

	builder->proto3 = false;
	while (next(&in, &part, &status)) {
		if (part.number == 2)
			package = text_of(builder, &part);
		else if (part.number == 3)
			wr_proto_add_import(builder, text_of(builder, &part));
		else if (part.number == 12)
			builder->proto3 = strcmp(text_of(builder, &part), "proto3") == 0;
	}
	if (status != NULL)
		return status;
	builder->first = builder->last = NULL;
	while (next(&all, &part, &status)) {
		if (part.number == 4)
			WR_TRY(read_message(builder, part.bytes, NULL, package, 0));
		else if (part.number == 5)
			WR_TRY(read_enum(builder, part.bytes, package));
	}
	return status;
}

wr_status *wr_proto_add_descriptors(struct wr_proto_builder *builder, struct wr_str bytes)
{
	struct wr_wire in = {bytes.data, bytes.data + bytes.len};
	wr_status *status;
	struct part part;

	if (bytes.len == 0)
		return damaged();
	while (next(&in, &part, &status)) {
		if (part.number != 1 || part.bytes.p == NULL)
			return damaged();
		WR_TRY(read_file(builder, part.bytes));
	}
	return status;
}
