/* SPDX-License-Identifier: Apache-2.0
 *
 * base64 - bytes as text in JSON and CSV, as Jackson reads and writes them: with padding, white
 * space allowed between groups of four. Thread: pure functions.
 */
#ifndef WR_FORMATS_BASE64_H
#define WR_FORMATS_BASE64_H

#include <stdbool.h>
#include <stddef.h>

static inline size_t wr_base64_decoded_max(size_t len)
{
	return len / 4 * 3 + 3;
}
static inline size_t wr_base64_encoded_size(size_t len)
{
	return (len + 2) / 3 * 4;
}
/* `out` has wr_base64_decoded_max(len) bytes; false: not base64. */
bool wr_base64_decode(const char *text, size_t len, char *out, size_t *out_len);
/* Writes wr_base64_encoded_size(len) bytes. */
void wr_base64_encode(const char *data, size_t len, char *out);

#endif
