/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_schema - Protobuf's message types, as a table of fields for each.
 *
 * They come from a FileDescriptorSet (what `protoc --descriptor_set_out` writes) or from the text
 * of .proto files, which is what a schema registry has. Both are read here and not by libprotobuf:
 * of a type, reading and writing messages needs no more than numbers, names and kinds of fields, a
 * descriptor is itself a message of a dozen fields, and a C++ library would have to be there in the
 * version it was built with.
 *
 * Order of calls: builder init -> (add a file)* -> finish. A schema is immutable once it is made,
 * counts its holders, and may be used by any thread. Types may refer to themselves: walks over
 * values must bound their depth.
 */
#ifndef WR_FORMATS_PROTO_SCHEMA_H
#define WR_FORMATS_PROTO_SCHEMA_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "base/text.h"

#define WR_PROTO_DEPTH_MAX  100        /* messages within messages, as in Google's own readers */
#define WR_PROTO_FIELDS_MAX 1000000u   /* of one schema: hostile ones */
#define WR_PROTO_NUMBER_MAX 536870911u /* of a field: 29 bits */

/* As FieldDescriptorProto numbers them. */
enum wr_proto_kind {
	WR_PROTO_UNKNOWN = 0, /* named, and not yet known to be a message or an enum */
	WR_PROTO_DOUBLE = 1,
	WR_PROTO_FLOAT = 2,
	WR_PROTO_INT64 = 3,
	WR_PROTO_UINT64 = 4,
	WR_PROTO_INT32 = 5,
	WR_PROTO_FIXED64 = 6,
	WR_PROTO_FIXED32 = 7,
	WR_PROTO_BOOL = 8,
	WR_PROTO_STRING = 9,
	WR_PROTO_GROUP = 10,
	WR_PROTO_MESSAGE = 11,
	WR_PROTO_BYTES = 12,
	WR_PROTO_UINT32 = 13,
	WR_PROTO_ENUM = 14,
	WR_PROTO_SFIXED32 = 15,
	WR_PROTO_SFIXED64 = 16,
	WR_PROTO_SINT32 = 17,
	WR_PROTO_SINT64 = 18
};

struct wr_proto_message;

struct wr_proto_enum {
	const char *name; /* full */
	uint32_t count;
	uint32_t capacity;
	const char **symbol;
	int32_t *number; /* of each symbol */
};

struct wr_proto_field {
	const char *name;
	uint32_t number;
	enum wr_proto_kind kind;
	bool repeated;
	bool packed;                    /* written so; read in either way */
	bool presence;                  /* whether it is there can be told from its default */
	bool optional;                  /* the word stands there */
	int32_t oneof;                  /* which one of its message it is in; -1: none */
	const char *type_name;          /* of MESSAGE and ENUM, as written */
	const char *scope;              /* where type_name is looked for: inside of this */
	const char *fallback;           /* the default as text; NULL: the type's */
	uint32_t fallback_len;          /* bytes of it */
	struct wr_proto_message *child; /* of MESSAGE and GROUP */
	struct wr_proto_enum *symbols;  /* of ENUM */
	int8_t packed_said;             /* [packed = ...]: 1, 0; -1: not said */
};

struct wr_proto_message {
	const char *name; /* full: "package.Outer.Inner" */
	bool is_map;      /* the entry of a map: fields 1 (key) and 2 (value) */
	bool proto3;      /* of its file */
	uint32_t oneof_count;
	uint32_t count; /* of fields */
	uint32_t capacity;
	struct wr_proto_field *field;
	uint32_t child_count;           /* messages declared within, in their order */
	struct wr_proto_message *first; /* of them */
	struct wr_proto_message *last;  /* of them */
	struct wr_proto_message *next;  /* declared behind it, in the same place */
};

struct wr_proto_schema {
	atomic_uint refs;               /* holders */
	struct wr_arena arena;          /* of everything below */
	struct wr_map message;          /* full name -> struct wr_proto_message, all of them */
	struct wr_map symbols;          /* full name -> struct wr_proto_enum */
	struct wr_proto_message *first; /* of the last file, in its order */
};

/* --- making one
 * ----------------------------------------------------------------------------------- */

struct wr_proto_builder {
	struct wr_proto_schema *schema; /* being made */
	uint32_t fields;                /* so far */
	bool proto3;                    /* the file being read */
	struct wr_proto_message *first; /* messages of the file being read */
	struct wr_proto_message *last;
	uint32_t import_count; /* of all files */
	uint32_t import_capacity;
	const char **import; /* names */
};

void wr_proto_builder_init(struct wr_proto_builder *builder);
/* Parts, as a reader of a file finds them. `parent` NULL: of the file; `scope` is the package or
 * the parent's name. */
wr_status *wr_proto_add_message(struct wr_proto_builder *builder, struct wr_proto_message *parent,
				const char *scope, const char *name, struct wr_proto_message **out);
wr_status *wr_proto_add_enum(struct wr_proto_builder *builder, const char *scope, const char *name,
			     struct wr_proto_enum **out);
void wr_proto_add_symbol(struct wr_proto_builder *builder, struct wr_proto_enum *symbols,
			 const char *name, int32_t number);
wr_status *wr_proto_add_field(struct wr_proto_builder *builder, struct wr_proto_message *message,
			      const struct wr_proto_field *field);
void wr_proto_add_import(struct wr_proto_builder *builder, const char *name);

/* A whole FileDescriptorSet. */
wr_status *wr_proto_add_descriptors(struct wr_proto_builder *builder, struct wr_str bytes);
/* The text of a .proto file. */
wr_status *wr_proto_add_text(struct wr_proto_builder *builder, struct wr_str text);
/* Adds the files of "google/protobuf/" that were imported and are known here, then finds what the
 * type names stand for. The builder is empty again. */
wr_status *wr_proto_builder_finish(struct wr_proto_builder *builder, struct wr_proto_schema **out);
void wr_proto_builder_release(struct wr_proto_builder *builder);

struct wr_proto_schema *wr_proto_schema_ref(struct wr_proto_schema *schema);
void wr_proto_schema_unref(struct wr_proto_schema *schema); /* NULL allowed; any thread */

/* The message of a full name, or the only one of a last name; a user error that lists names. */
wr_status *wr_proto_find(const struct wr_proto_schema *schema, const char *name,
			 const struct wr_proto_message **out);
const struct wr_proto_field *wr_proto_field_named(const struct wr_proto_message *message,
						  const char *name);
/* "int32", "repeated string", "message 'a.B'": for messages. */
const char *wr_proto_field_word(const struct wr_proto_field *field, char *text, size_t size);

/* Whether a column of such values is written as one piece of bytes. */
static inline bool wr_proto_can_pack(enum wr_proto_kind kind)
{
	return kind != WR_PROTO_STRING && kind != WR_PROTO_BYTES && kind != WR_PROTO_MESSAGE &&
	       kind != WR_PROTO_GROUP;
}

/* --- the wire
 * --------------------------------------------------------------------------------------- */

enum wr_proto_wire {
	WR_WIRE_VARINT = 0,
	WR_WIRE_64 = 1,
	WR_WIRE_BYTES = 2,
	WR_WIRE_GROUP = 3,
	WR_WIRE_END = 4,
	WR_WIRE_32 = 5
};
enum wr_proto_wire wr_proto_wire_of(enum wr_proto_kind kind);

struct wr_wire {
	const char *p;   /* next byte */
	const char *end; /* of the message */
};

bool wr_wire_varint_slow(struct wr_wire *in, uint64_t *out);
/* Groups of 7 bits from the lowest on; false: it does not end, or has more than 64 bits. */
static inline bool wr_wire_varint(struct wr_wire *in, uint64_t *out)
{
	if (in->p < in->end && (uint8_t)*in->p < 0x80) {
		*out = (uint8_t)*in->p++;
		return true;
	}
	return wr_wire_varint_slow(in, out);
}
/* The bytes behind a length. */
static inline bool wr_wire_bytes(struct wr_wire *in, struct wr_wire *out)
{
	uint64_t size;

	if (!wr_wire_varint(in, &size) || size > (uint64_t)(in->end - in->p))
		return false;
	*out = (struct wr_wire){in->p, in->p + size};
	in->p += size;
	return true;
}
/* Skips a value; `tag` is that of its field. */
bool wr_wire_skip(struct wr_wire *in, uint64_t tag, uint32_t depth);

#endif
