/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8 - whether bytes are UTF-8: the C side of utf8.cpp.
 */
#ifndef WR_DATA_UTF8_H
#define WR_DATA_UTF8_H

#ifdef __cplusplus
#include <cstddef>
extern "C" {
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#endif

/* No overlong forms, no surrogates, nothing beyond U+10FFFF. Any thread. */
bool wr_utf8_valid(const char *data, size_t len);

#ifdef __cplusplus
}
#else
/* The same for texts that are mostly short and ASCII, with 15 bytes behind them that may be read:
 * they are not looked at. */
static inline bool wr_utf8_valid_padded(const char *data, size_t len)
{
	uint64_t word[2], low, high;

	if (len > sizeof word)
		return wr_utf8_valid(data, len);
	memcpy(word, data, sizeof word);
	low = len >= 8 ? UINT64_MAX : (UINT64_C(1) << len * 8) - 1;
	high = len <= 8 ? 0 : len == 16 ? UINT64_MAX : (UINT64_C(1) << (len - 8) * 8) - 1;
	return (((word[0] & low) | (word[1] & high)) & UINT64_C(0x8080808080808080)) == 0 ||
	       wr_utf8_valid(data, len);
}
#endif

#endif
