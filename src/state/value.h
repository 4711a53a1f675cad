/* SPDX-License-Identifier: Apache-2.0
 *
 * value - what a slot remembers, as bytes that any backend, any version and any tool can read.
 *
 * An operator says once what its slots hold, field by field (wr_state_field), and gives functions
 * that write a slot as the bytes of these fields and read it back (wr_state_codec). Everything
 * that leaves memory goes through them: checkpoints, savepoints, slots that are spilled to disk,
 * `weir state dump`. Fields are known by their names, which say what they mean ("rows",
 * "SUM(amount)"), not by their place: a changed query takes over those that it still has.
 *
 * Layout of a value: the fields in the order of their declaration; each a varint (7 bits a byte,
 * low first) of its length + 1, then its bytes; or one byte 0 when it is absent.
 *   NUMBER       a zigzag varint
 *   ROW          one row of data/codec.h over the field's columns
 *   ROWS         entries: `numbers` zigzag varints, a varint with the row's length, the row as
 * above ACCUMULATOR  what wr_agg.save wrote, or the plain bytes of the accumulator BYTES        the
 * operator's own
 *
 * Thread: fields and codecs are immutable; the ctx belongs to its operator.
 */
#ifndef WR_STATE_VALUE_H
#define WR_STATE_VALUE_H

#include "base/varint.h"
#include "data/codec.h"
#include "expr/agg.h"

enum wr_field_kind {
	WR_FIELD_NUMBER = 1,      /* an integer */
	WR_FIELD_ROW = 2,         /* one row */
	WR_FIELD_ROWS = 3,        /* a list of rows, each with numbers of its own */
	WR_FIELD_ACCUMULATOR = 4, /* of an aggregate call */
	WR_FIELD_BYTES = 5        /* opaque */
};

struct wr_state_field {
	const char *name; /* unique in its state; says what it means; lives as long as the state */
	enum wr_field_kind kind;
	uint32_t column_count;             /* ROW, ROWS: columns of a row */
	const char *const *column;         /* their names */
	const struct wr_type *const *type; /* and types */
	uint32_t number_count;             /* ROWS: numbers in front of every row */
	const char *const *number;         /* their names: "matches", "time" */
	const struct wr_agg_call *call;    /* ACCUMULATOR */
	bool may_miss;                     /* a checkpoint without it is fine: it is absent then */
};

/* A value cut into its fields, in the order of the DECLARATION of the state that reads it. */
struct wr_value {
	const struct wr_str
	    *field; /* data NULL: absent (also: the saved state had no such field) */
	uint32_t count;
};

struct wr_state_codec {
	uint32_t field_count;
	const struct wr_state_field *field;
	/* Appends the fields of a slot, each exactly once and in order, by wr_value_put_* or
	 * wr_value_begin / wr_value_end. Changes nothing. */
	void (*save)(void *ctx, const uint8_t *slot, struct wr_text *out);
	/* Fills a zeroed slot; variable parts come from the pool. false: the bytes are damaged or
	 * do not fit; the slot is then as if dropped. Rows that have been on disk are loaded in the
	 * middle of look-ups and scans: what the operator is writing then is not to be touched. */
	bool (*load)(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		     const struct wr_value *value);
	/* Gives the variable parts of a slot back. NULL: there are none. */
	void (*drop)(void *ctx, struct wr_agg_pool *pool, uint8_t *slot);
};

/* --- writing */

static inline uint64_t wr_zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}
static inline int64_t wr_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}
void wr_value_put_absent(struct wr_text *out);
void wr_value_put_number(struct wr_text *out, int64_t value);
void wr_value_put_bytes(struct wr_text *out, const void *bytes, size_t len);
/* A field whose length is known only afterwards: everything appended between the two calls. */
size_t wr_value_begin(struct wr_text *out);
void wr_value_end(struct wr_text *out, size_t begin);
/* Within ROWS: one number of an entry, then its row. */
static inline void wr_value_entry_number(struct wr_text *out, int64_t value)
{
	wr_varint_put(out, wr_zigzag(value));
}
static inline void wr_value_entry_row(struct wr_text *out, const void *bytes, size_t len)
{
	wr_varint_put(out, len);
	wr_text_add(out, bytes, len);
}
/* The accumulator of `call` at slot + offset, as a field. */
void wr_value_put_accumulator(struct wr_text *out, const struct wr_agg_call *call,
			      const uint8_t *slot, uint32_t offset);

/* --- reading: all return NULL or false when the bytes are damaged */

/* Cuts a value into `count` fields. */
bool wr_value_cut(const char *bytes, size_t len, struct wr_str *field, uint32_t count);
bool wr_value_number(struct wr_str field, int64_t *value);
/* Goes through the entries of ROWS: *at is field.data at first. Reads the numbers of an entry and
 * views its row; false at the end (then *at is NULL if the bytes are damaged). */
bool wr_value_next_row(struct wr_str field, const char **at, int64_t *number, uint32_t number_count,
		       struct wr_str *row);
/* Whether the bytes are one row of the codec: what was read from a file may be damaged. */
bool wr_value_is_row(const struct wr_codec *codec, struct wr_str row);
bool wr_value_accumulator(struct wr_str field, const struct wr_agg_call *call,
			  struct wr_agg_pool *pool, uint8_t *slot, uint32_t offset);

#endif
