/* SPDX-License-Identifier: Apache-2.0
 *
 * varint - numbers and pieces of bytes as state and its files have them: a number in 7 bits a byte,
 * low first, the eighth bit saying that more follow; a piece as a number, its length + 1, and its
 * bytes, or the number 0: there is none.
 *
 * What is read may be damaged: reading ends within `end` whatever the bytes are.
 */
#ifndef WR_BASE_VARINT_H
#define WR_BASE_VARINT_H

#include "base/text.h"

#define WR_VARINT_MAX 10 /* bytes of the longest number */

/* Writes to memory with room for WR_VARINT_MAX bytes; returns the first byte behind. */
static inline char *wr_varint_write(char *to, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (char)(value | 0x80);
	*to++ = (char)value;
	return to;
}

void wr_varint_put(struct wr_text *out, uint64_t value);
/* data NULL: no piece. */
void wr_varint_put_piece(struct wr_text *out, struct wr_str piece);
/* Return the first byte behind, or NULL when the bytes are damaged. The piece is a view. */
const char *wr_varint_get(const char *bytes, const char *end, uint64_t *value);
const char *wr_varint_get_piece(const char *bytes, const char *end, struct wr_str *piece);

#endif
