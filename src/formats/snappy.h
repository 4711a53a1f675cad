/* SPDX-License-Identifier: Apache-2.0
 *
 * snappy - the compression that Avro's files have by default: no library, as the format is a page.
 *
 * A packed text is the unpacked length (a number in groups of 7 bits), then pieces. A piece begins
 * with a byte whose lowest two bits say what it is:
 *
 *	00  bytes as they are; the upper six bits are their count less one, or 60..63: the count
 *less one stands in the next 1..4 bytes 01  a copy of 4..11 bytes, 3 bits of length and 11 of
 *distance back (8 in the next byte) 10  a copy of 1..64 bytes, the distance in the next 2 bytes 11
 *the same with 4 bytes
 *
 * Thread: pure functions.
 */
#ifndef WR_FORMATS_SNAPPY_H
#define WR_FORMATS_SNAPPY_H

#include <stdbool.h>

#include "base/text.h"

/* The unpacked length; false: the text does not begin with one. */
bool wr_snappy_length(const char *data, size_t len, size_t *out);
/* Unpacks into `out`, which has room for that length; false: damaged. */
bool wr_snappy_unpack(const char *data, size_t len, char *out, size_t out_len);
/* Appends the packed text. */
void wr_snappy_pack(struct wr_text *out, const char *data, size_t len);

#endif
