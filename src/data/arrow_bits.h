/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_bits - Arrow's bits (least significant first) to and from our byte for each value.
 *
 * Eight values at a time: a multiplication gathers the low bits of eight bytes into one, and
 * another one spreads a byte over eight. Thread: any.
 */
#ifndef WR_DATA_ARROW_BITS_H
#define WR_DATA_ARROW_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool wr_bit(const uint8_t *bits, int64_t i)
{
	return (bits[i >> 3] >> (i & 7) & 1) != 0;
}
/* bits[0..count) of bytes (0 or 1); the bits behind them in the last byte are 0. Returns
 * how many are 0. */
int64_t wr_bits_pack(uint8_t *bits, const uint8_t *bytes, size_t count);
/* bytes[0..count) of the bits from `start` on. Returns how many are 0. */
int64_t wr_bits_unpack(uint8_t *bytes, const uint8_t *bits, int64_t start, size_t count);

#endif
