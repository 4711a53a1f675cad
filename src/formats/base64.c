/* SPDX-License-Identifier: Apache-2.0
 *
 * base64 - groups of four characters and groups of three bytes.
 */
#include "formats/base64.h"

#include <stdint.h>

#include "base/macros.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0..63, or -1. */
static int letter_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes the group at `p`; returns the number of bytes it stands for, or 0. */
static size_t decode_group(const char *p, char *out)
{
	int a = letter_value(p[0]);
	int b = letter_value(p[1]);
	int c = letter_value(p[2]);
	int d = letter_value(p[3]);

	if (a < 0 || b < 0)
		return 0;
	out[0] = (char)(a << 2 | b >> 4);
	if (p[2] == '=' && p[3] == '=')
		return 1;
	if (c < 0)
		return 0;
	out[1] = (char)((b & 15) << 4 | c >> 2);
	if (p[3] == '=')
		return 2;
	if (d < 0)
		return 0;
	out[2] = (char)((c & 3) << 6 | d);
	return 3;
}

bool wr_base64_decode(const char *text, size_t len, char *out, size_t *out_len)
{
	const char *end = text + len;
	char *start = out;

	for (;;) {
		while (text < end && (uint8_t)*text <= ' ')
			text++;
		if (text == end)
			break;
		size_t count = end - text >= 4 ? decode_group(text, out) : 0;
		if (count == 0)
			return false;
		out += count;
		text += 4;
	}
	*out_len = (size_t)(out - start);
	WR_ASSERT(*out_len <= wr_base64_decoded_max(len));
	return true;
}

void wr_base64_encode(const char *data, size_t len, char *out)
{
	for (; len != 0; out += 4) {
		uint32_t a = (uint8_t)data[0];
		uint32_t b = len > 1 ? (uint8_t)data[1] : 0;
		uint32_t c = len > 2 ? (uint8_t)data[2] : 0;
		uint32_t word = a << 16 | b << 8 | c;
		out[0] = letters[word >> 18];
		out[1] = letters[word >> 12 & 63];
		out[2] = len > 1 ? letters[word >> 6 & 63] : '=';
		out[3] = len > 2 ? letters[word & 63] : '=';
		data += WR_MIN(len, 3);
		len -= WR_MIN(len, 3);
	}
}
