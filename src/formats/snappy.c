/* SPDX-License-Identifier: Apache-2.0
 *
 * snappy - packing and unpacking.
 *
 * Packing goes over pieces of 64 KiB, so that distances fit two bytes; a table remembers where the
 * four bytes at each place were seen last.
 */
#include "formats/snappy.h"

#include "base/macros.h"

#define PIECE_BYTES 65536u
#define TABLE_BITS  13
#define COPY_MAX    64u
#define MATCH_MIN   4u

static bool get_length(const char **p, const char *end, size_t *out)
{
	size_t value = 0;

	for (uint32_t shift = 0; shift < 35 && *p < end; shift += 7) {
		uint8_t c = (uint8_t) * (*p)++;
		value |= (size_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*out = value;
			return true;
		}
	}
	return false;
}

bool wr_snappy_length(const char *data, size_t len, size_t *out)
{
	return get_length(&data, data + len, out);
}

/* A number of `bytes` bytes, the lowest first. */
static uint32_t get_little(const char *p, uint32_t bytes)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < bytes; i++)
		value |= (uint32_t)(uint8_t)p[i] << (8 * i);
	return value;
}

bool wr_snappy_unpack(const char *data, size_t len, char *out, size_t out_len)
{
	const char *end = data + len;
	size_t done = 0, size, distance = 0;

	if (!get_length(&data, end, &size) || size != out_len)
		return false;
	while (data < end) {
		uint8_t tag = (uint8_t)*data++;
		uint32_t extra = (tag & 3) == 3 ? 4 : tag & 3;

		size = (size_t)(tag >> 2) + 1;
		if ((tag & 3) == 0)
			extra = size > 60 ? (uint32_t)(size - 60) : 0;
		if ((size_t)(end - data) < extra)
			return false;
		if ((tag & 3) == 0) {
			if (extra != 0)
				size = (size_t)get_little(data, extra) + 1;
			data += extra;
			if (size > (size_t)(end - data) || size > out_len - done)
				return false;
			memcpy(out + done, data, size);
			data += size;
			done += size;
			continue;
		}
		distance = get_little(data, extra);
		if ((tag & 3) == 1) {
			size = (size_t)(tag >> 2 & 7) + MATCH_MIN;
			distance |= (size_t)(tag >> 5) << 8;
		}
		data += extra;
		if (distance == 0 || distance > done || size > out_len - done)
			return false;
		for (size_t i = 0; i < size; i++, done++) /* may overlap itself */
			out[done] = out[done - distance];
	}
	return done == out_len;
}

static void put_literal(struct wr_text *out, const char *data, size_t len)
{
	if (len == 0)
		return;
	size_t n = len - 1;
	if (n < 60) {
		wr_text_putc(out, (char)(n << 2));
	} else if (n < 256) {
		wr_text_putc(out, (char)(60 << 2));
		wr_text_putc(out, (char)n);
	} else {
		wr_text_putc(out, (char)(61 << 2));
		wr_text_putc(out, (char)n);
		wr_text_putc(out, (char)(n >> 8));
	}
	wr_text_add(out, data, len);
}

static void put_copy(struct wr_text *out, size_t distance, size_t len)
{
	while (len != 0) {
		size_t part = WR_MIN(len, (size_t)COPY_MAX);
		const char copy[3] = {(char)((part - 1) << 2 | 2), (char)distance,
				      (char)(distance >> 8)};
		wr_text_add(out, copy, sizeof copy);
		len -= part;
	}
}

/* One piece of up to 64 KiB. */
static void pack_piece(struct wr_text *out, const char *data, size_t len)
{
	uint16_t table[1 << TABLE_BITS] = {0};
	size_t literal = 0; /* first byte that is not written yet */
	size_t at = 1;
	uint32_t word, other;

	while (at + MATCH_MIN <= len) {
		memcpy(&word, data + at, sizeof word);
		uint32_t slot = word * 0x1e35a7bdu >> (32 - TABLE_BITS);
		size_t seen = table[slot];
		table[slot] = (uint16_t)at;
		memcpy(&other, data + seen, sizeof other);
		if (word != other || seen >= at) {
			at += 1 + ((at - literal) >> 6); /* faster over what does not repeat */
			continue;
		}
		size_t match = MATCH_MIN;
		while (at + match < len && data[seen + match] == data[at + match])
			match++;
		put_literal(out, data + literal, at - literal);
		put_copy(out, at - seen, match);
		at += match;
		literal = at;
	}
	put_literal(out, data + literal, len - literal);
}

void wr_snappy_pack(struct wr_text *out, const char *data, size_t len)
{
	size_t rest = len;

	for (; rest >= 0x80; rest >>= 7)
		wr_text_putc(out, (char)(rest | 0x80));
	wr_text_putc(out, (char)rest);
	for (size_t at = 0; at < len; at += PIECE_BYTES)
		pack_piece(out, data + at, WR_MIN(len - at, (size_t)PIECE_BYTES));
}
