/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_default - the default of a field, JSON, as the bytes that Avro writes for such a value; and
 * Avro's numbers.
 */
#ifndef WR_FORMATS_AVRO_DEFAULT_H
#define WR_FORMATS_AVRO_DEFAULT_H

#include "base/text.h"
#include "expr/json_doc.h"
#include "formats/avro_schema.h"

/* Appends the value of node `index` as a value of `type` (a union: of its first branch that takes
 * it). false: it is none. */
bool wr_avro_default(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		     const struct wr_avro_type *type);

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
