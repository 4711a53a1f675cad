/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_schema - an Avro schema as a graph of types.
 *
 * The JSON text is read here and not by avro-c: that library keeps neither defaults nor aliases nor
 * logical types, which is what schema evolution is made of.
 *
 * A schema is immutable once it is made, counts its holders, and may be used by any thread. Types
 * may refer to themselves (a record with a field of its own type), so walks over values must bound
 * their depth; the limit of nesting of JSON bounds that of anonymous types.
 *
 * A field's default is kept as the bytes that Avro would write for it: a reader that needs it reads
 * those in place of the message's.
 */
#ifndef WR_FORMATS_AVRO_SCHEMA_H
#define WR_FORMATS_AVRO_SCHEMA_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "data/type.h"

#define WR_AVRO_DEPTH_MAX 200 /* levels of a value: hostile data of a recursive schema */

enum wr_avro_kind {
	WR_AVRO_NULL,
	WR_AVRO_BOOLEAN,
	WR_AVRO_INT,
	WR_AVRO_LONG,
	WR_AVRO_FLOAT,
	WR_AVRO_DOUBLE,
	WR_AVRO_BYTES,
	WR_AVRO_STRING,
	WR_AVRO_RECORD,
	WR_AVRO_ENUM,
	WR_AVRO_ARRAY,
	WR_AVRO_MAP,
	WR_AVRO_UNION,
	WR_AVRO_FIXED
};

enum wr_avro_logical {
	WR_AVRO_PLAIN, /* none, or one that means nothing here */
	WR_AVRO_DECIMAL,
	WR_AVRO_DATE,
	WR_AVRO_TIME_MILLIS,
	WR_AVRO_TIME_MICROS,
	WR_AVRO_MILLIS, /* timestamp-millis and local-timestamp-millis */
	WR_AVRO_MICROS, /* timestamp-micros and local-timestamp-micros */
	WR_AVRO_NANOS,  /* timestamp-nanos and local-timestamp-nanos */
	WR_AVRO_UUID
};

struct wr_avro_type;

struct wr_avro_field {
	const char *name;
	uint32_t alias_count;
	const char *const *alias;        /* other names, of a reader's field */
	const struct wr_avro_type *type; /* never NULL */
	bool has_default;                /* `fallback` holds */
	struct wr_str fallback;          /* the default as Avro writes it */
};

struct wr_avro_type {
	enum wr_avro_kind kind;
	enum wr_avro_logical logical;
	int32_t precision;                       /* DECIMAL */
	int32_t scale;                           /* DECIMAL */
	uint32_t size;                           /* FIXED: bytes */
	const char *name;                        /* RECORD, ENUM, FIXED: full name; else NULL */
	uint32_t count;                          /* of field, symbol or child */
	const struct wr_avro_field *field;       /* RECORD */
	const char *const *symbol;               /* ENUM */
	const struct wr_avro_type *const *child; /* ARRAY, MAP: 1; UNION: branches */
};

struct wr_avro_schema {
	atomic_uint refs;                /* holders */
	struct wr_arena arena;           /* of everything below it */
	const struct wr_avro_type *root; /* never NULL */
};

/* Reads text[count - 1]; those before it define named types that it refers to, each before its
 * first use. The error says what is wrong and where. */
wr_status *wr_avro_schema_parse(const struct wr_str *text, uint32_t count,
				struct wr_avro_schema **out);
struct wr_avro_schema *wr_avro_schema_ref(struct wr_avro_schema *schema);
void wr_avro_schema_unref(struct wr_avro_schema *schema); /* NULL allowed; any thread */

/* "string", "record 'x.Y'", "timestamp-millis": for messages. */
const char *wr_avro_type_word(const struct wr_avro_type *type, char *text, size_t size);
static inline bool wr_avro_named(const struct wr_avro_type *type)
{
	return type->name != NULL;
}

/* The branch that is null; -1: none, or no union. */
int wr_avro_null_branch(const struct wr_avro_type *type);

/* The schema that a table's columns have in Avro, as JSON text: nullable ones are unions with null.
 * `legacy`: TIMESTAMP is an instant of milliseconds, and there is no TIMESTAMP_LTZ
 * ('timestamp_mapping.legacy'). A type that Avro does not have is a user error that names the
 * column. */
wr_status *wr_avro_derive(struct wr_text *out, const struct wr_schema *schema, const char *name,
			  bool legacy);
/* The name that a table's record has. */
#define WR_AVRO_RECORD_NAME "org.apache.flink.avro.generated.record"

/* Zigzag: 0, -1, 1, -2 ... are 0, 1, 2, 3 ..., in groups of 7 bits from the lowest on, each in a
 * byte whose top bit says that there are more. Writes up to 10 bytes and returns their end. */
static inline char *wr_avro_put_long(char *p, int64_t value)
{
	uint64_t v = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

	while (v >= 0x80) {
		*p++ = (char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (char)v;
	return p;
}

#endif
