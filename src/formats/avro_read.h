/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_read - values of one Avro schema straight into columns.
 *
 * The schema that a message was written with is matched once with the columns that are wanted; what
 * comes out is a program: a list of steps in the order of the bytes, each reading a value into a
 * column, or skipping it. A column that the schema lacks gets its default, or NULL.
 *
 * The writer's schema alone decides what the bytes mean: its logical types say the unit of a
 * timestamp, the table's type the unit that is kept. (Flink reads both as the table's type.)
 *
 * Order of calls: new -> row* -> release. Thread: one owner; the schema is shared.
 */
#ifndef WR_FORMATS_AVRO_READ_H
#define WR_FORMATS_AVRO_READ_H

#include "catalog/format.h"
#include "formats/avro_schema.h"
#include "formats/json_read.h"
#include "formats/messages.h"
#include "formats/vec.h"

struct wr_avro_in {
	const char *p;                  /* next byte */
	const char *end;                /* of the record; readable for 64 bytes behind it */
	bool copies;                    /* the bytes do not stay: texts are copied */
	uint32_t depth;                 /* of the value being skipped */
	struct wr_message_fault *fault; /* filled when something is wrong */
};

enum wr_avro_op {
	WR_AVRO_SKIP,    /* a value that nobody wants */
	WR_AVRO_TO_NULL, /* a null, or nothing at all: the column is NULL */
	WR_AVRO_REFUSE,  /* a value that the column cannot take: `message` */
	WR_AVRO_TO_BOOL,
	WR_AVRO_TO_I8,
	WR_AVRO_TO_I16,
	WR_AVRO_TO_I32,
	WR_AVRO_TO_I64,
	WR_AVRO_TO_TIME,    /* ms of a day; divided by `factor` */
	WR_AVRO_TO_MS,      /* ms, multiplied by `factor` or (negative) divided */
	WR_AVRO_TO_NS,      /* ns in 128 bits, multiplied by `factor` */
	WR_AVRO_INT_TO_F32, /* from int or long */
	WR_AVRO_INT_TO_F64, /* the same */
	WR_AVRO_F32_TO_F32,
	WR_AVRO_F32_TO_F64,
	WR_AVRO_F64_TO_F64,
	WR_AVRO_TO_TEXT,  /* string or bytes that must be UTF-8 */
	WR_AVRO_TO_BYTES, /* string or bytes */
	WR_AVRO_FIXED_TO_BYTES,
	WR_AVRO_ENUM_TO_TEXT,
	WR_AVRO_BYTES_TO_DECIMAL,
	WR_AVRO_FIXED_TO_DECIMAL,
	WR_AVRO_TO_LIST,
	WR_AVRO_TO_MAP,
	WR_AVRO_TO_ROW,   /* steps, and the row is there */
	WR_AVRO_UNION_OF, /* a step for each branch */
	WR_AVRO_CONSTANT  /* one step that reads `constant` */
};

struct wr_avro_step {
	uint8_t op;         /* enum wr_avro_op */
	int8_t null_branch; /* a union of two, one of them null: which; -1: no union */
	bool may_be_null;   /* with a null_branch: the column takes NULL */
	int32_t scale;      /* DECIMAL: the writer's */
	int32_t factor;     /* see the ops */
	uint32_t count;     /* child steps */
	struct wr_avro_step *child;
	struct wr_vec *vec;              /* where the value goes */
	const struct wr_avro_type *type; /* the writer's */
	const char *column;              /* of the table; for messages */
	const char *message;             /* REFUSE */
	struct wr_str constant;          /* CONSTANT */
	struct wr_json_keys *keys;       /* MAP: those of the row being read */
};

struct wr_avro_program {
	struct wr_arena arena;      /* of the steps */
	struct wr_avro_step root;   /* the record's steps */
	uint32_t map_count;         /* of keys, which need to be released */
	struct wr_json_keys **keys; /* map_count of them */
};

/* A column that is wanted. */
struct wr_avro_want {
	const char *name;
	const struct wr_type *type;
	struct wr_vec *vec;
};

/* A program that reads records of `writer` (its root; a record). `reader` (a record, or NULL) has
 * defaults and aliases. */
struct wr_avro_program *wr_avro_program_new(const struct wr_avro_type *writer,
					    const struct wr_avro_type *reader,
					    const struct wr_avro_want *want, uint32_t count);
void wr_avro_program_free(struct wr_avro_program *program); /* NULL allowed */

/* Reads one record into row `row`. false: in->fault says why. */
bool wr_avro_read_row(struct wr_avro_program *program, struct wr_avro_in *in, uint32_t row);
/* Skips a value. */
bool wr_avro_skip(struct wr_avro_in *in, const struct wr_avro_type *type);
/* Notes a fault; the macro is false, which the compiler is to know. */
void wr_avro_note(struct wr_avro_in *in, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define wr_avro_fail(...) (wr_avro_note(__VA_ARGS__), false)

/* A number as Avro writes it. */
bool wr_avro_get_long_slow(struct wr_avro_in *in, int64_t *out);
static inline bool wr_avro_get_long(struct wr_avro_in *in, int64_t *out)
{
	if (WR_LIKELY(in->p < in->end && (uint8_t)*in->p < 0x80)) {
		uint8_t c = (uint8_t)*in->p++;
		*out = (int64_t)(c >> 1) ^ -(int64_t)(c & 1);
		return true;
	}
	return wr_avro_get_long_slow(in, out);
}

#endif
