/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_bits - see arrow_bits.h.
 */
#include "data/arrow_bits.h"

#include <string.h>

#define LOW_BITS UINT64_C(0x0101010101010101) /* bit 0 of each byte */
#define HIGH_BITS                                                                                  \
	UINT64_C(0x7f7f7f7f7f7f7f7f)          /* added, they carry any bit of a byte into bit 7    \
					       */
#define DIAGONAL UINT64_C(0x8040201008040201) /* bit i of byte i */
#define GATHER   UINT64_C(0x0102040810204080) /* moves bit 0 of byte i to bit 56 + i */

int64_t wr_bits_pack(uint8_t *bits, const uint8_t *bytes, size_t count)
{
	size_t whole = count / 8;
	int64_t ones = 0;

	for (size_t i = 0; i < whole; i++) {
		uint64_t eight;

		memcpy(&eight, bytes + i * 8, sizeof eight);
		bits[i] = (uint8_t)((eight & LOW_BITS) * GATHER >> 56);
		ones += __builtin_popcount(bits[i]);
	}
	if (count % 8 != 0) {
		uint8_t last = 0;

		for (size_t i = whole * 8; i < count; i++)
			last |= (uint8_t)((bytes[i] & 1) << (i % 8));
		bits[whole] = last;
		ones += __builtin_popcount(last);
	}
	return (int64_t)count - ones;
}

int64_t wr_bits_unpack(uint8_t *bytes, const uint8_t *bits, int64_t start, size_t count)
{
	size_t i = 0;
	int64_t ones = 0;

	/* up to the first whole byte, whole bytes, the rest */
	for (; i < count && (start + (int64_t)i) % 8 != 0; i++)
		ones += bytes[i] = wr_bit(bits, start + (int64_t)i);
	for (const uint8_t *at = bits + (start + (int64_t)i) / 8; count - i >= 8; i += 8, at++) {
		uint64_t eight = ((*at * LOW_BITS & DIAGONAL) + HIGH_BITS) >> 7 & LOW_BITS;

		memcpy(bytes + i, &eight, sizeof eight);
		ones += __builtin_popcount(*at);
	}
	for (; i < count; i++)
		ones += bytes[i] = wr_bit(bits, start + (int64_t)i);
	return (int64_t)count - ones;
}
