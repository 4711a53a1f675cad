/* SPDX-License-Identifier: Apache-2.0
 *
 * varint - see varint.h.
 */
#include "base/varint.h"

void wr_varint_put(struct wr_text *out, uint64_t value)
{
	char bytes[WR_VARINT_MAX];

	wr_text_add(out, bytes, (size_t)(wr_varint_write(bytes, value) - bytes));
}

void wr_varint_put_piece(struct wr_text *out, struct wr_str piece)
{
	wr_varint_put(out, piece.data != NULL ? (uint64_t)piece.len + 1 : 0);
	if (piece.data != NULL)
		wr_text_add(out, piece.data, piece.len);
}

const char *wr_varint_get(const char *bytes, const char *end, uint64_t *value)
{
	*value = 0;
	for (uint32_t shift = 0; bytes < end && shift < 64; shift += 7) {
		uint8_t byte = (uint8_t)*bytes++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return bytes;
	}
	return NULL;
}

const char *wr_varint_get_piece(const char *bytes, const char *end, struct wr_str *piece)
{
	uint64_t size;

	*piece = (struct wr_str){NULL, 0};
	bytes = wr_varint_get(bytes, end, &size);
	if (bytes == NULL || size == 0)
		return bytes;
	if (size - 1 > (uint64_t)(end - bytes))
		return NULL;
	*piece = (struct wr_str){bytes, (size_t)size - 1};
	return bytes + piece->len;
}
