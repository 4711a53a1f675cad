/* SPDX-License-Identifier: Apache-2.0
 *
 * packed - the small values that manifests are made of: numbers, texts and types as bytes.
 *
 *   number   a varint (7 bits a byte, low first); signed ones zigzag
 *   text     a varint of its length + 1, then its bytes; one byte 0: NULL
 *   type     one byte: the code of the kind (see packed.c), + 128 when NOT NULL; then
 *              DECIMAL         precision, scale: one byte each
 *              CHAR, VARCHAR, BINARY, VARBINARY   the length, a number
 *              TIME, TIMESTAMP, TIMESTAMP_LTZ     precision: one byte
 *              ARRAY, MULTISET                    the element's type
 *              MAP                                key type, value type
 *              ROW                                number of fields, a number; each a text and a
 * type
 *
 * Reading never fails in between: what is missing or wrong sets `bad` and reads as 0, "" or
 * WR_T_NULL, so that a struct is read in one go and checked once. Thread: one owner.
 */
#ifndef WR_STATE_PACKED_H
#define WR_STATE_PACKED_H

#include "base/arena.h"
#include "base/text.h"
#include "data/type.h"

void wr_pack_number(struct wr_text *out, uint64_t value);
void wr_pack_signed(struct wr_text *out, int64_t value);
void wr_pack_text(struct wr_text *out, const char *text); /* NULL allowed */
void wr_pack_bytes(struct wr_text *out, struct wr_str bytes);
void wr_pack_type(struct wr_text *out, const struct wr_type *type);

struct wr_packed {
	const char *at, *end;   /* what is left */
	struct wr_arena *arena; /* where texts and types go */
	bool bad;               /* something did not fit */
};

uint64_t wr_unpack_number(struct wr_packed *in);
/* A number of things of at least one byte each that follow: never more than there are bytes. */
uint32_t wr_unpack_count(struct wr_packed *in);
int64_t wr_unpack_signed(struct wr_packed *in);
uint8_t wr_unpack_byte(struct wr_packed *in);
const char *wr_unpack_text(struct wr_packed *in);    /* may be NULL; a copy, NUL-terminated */
struct wr_str wr_unpack_bytes(struct wr_packed *in); /* a copy; data NULL: none */
const struct wr_type *wr_unpack_type(struct wr_packed *in);

#endif
