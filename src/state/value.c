/* SPDX-License-Identifier: Apache-2.0
 *
 * value - see value.h.
 */
#include "state/value.h"

#include "base/macros.h"

/* Where `more` bytes and a NUL may be written behind the text; nearly always they fit. */
static inline char *room(struct wr_text *out, size_t more)
{
	if (out->capacity - out->len > more)
		return out->data + out->len;
	return wr_text_reserve(out, more);
}

/* The text ends at `end` now. */
static inline void ends(struct wr_text *out, char *end)
{
	*end = '\0';
	out->len = (size_t)(end - out->data);
}

void wr_value_put_absent(struct wr_text *out)
{
	char *to = room(out, 1);

	*to = 0;
	ends(out, to + 1);
}

void wr_value_put_bytes(struct wr_text *out, const void *bytes, size_t len)
{
	char *to = wr_varint_write(room(out, len + WR_VARINT_MAX), (uint64_t)len + 1);

	if (len > 0)
		memcpy(to, bytes, len);
	ends(out, to + len);
}

size_t wr_value_begin(struct wr_text *out)
{
	wr_value_put_absent(out);
	return out->len;
}

/* Nearly all lengths fit the one byte that was left free. */
void wr_value_end(struct wr_text *out, size_t begin)
{
	size_t len = out->len - begin;
	char bytes[WR_VARINT_MAX];
	size_t more;

	WR_ASSERT(begin > 0 && begin <= out->len);
	if (len + 1 < 0x80) {
		out->data[begin - 1] = (char)(len + 1);
		return;
	}
	more = (size_t)(wr_varint_write(bytes, (uint64_t)len + 1) - bytes) - 1;
	(void)room(out, more);
	memmove(out->data + begin + more, out->data + begin, len);
	memcpy(out->data + begin - 1, bytes, more + 1);
	ends(out, out->data + out->len + more);
}

void wr_value_put_number(struct wr_text *out, int64_t value)
{
	char *to = room(out, WR_VARINT_MAX + 1), *end = wr_varint_write(to + 1, wr_zigzag(value));

	*to = (char)(end - to); /* length + 1: below 0x80 */
	ends(out, end);
}

void wr_value_put_accumulator(struct wr_text *out, const struct wr_agg_call *call,
			      const uint8_t *slot, uint32_t offset)
{
	size_t begin;

	if (call->agg->save == NULL) {
		wr_value_put_bytes(out, slot + offset, call->agg->size(call));
		return;
	}
	begin = wr_value_begin(out);
	call->agg->save(call, slot, offset, out);
	wr_value_end(out, begin);
}

bool wr_value_cut(const char *bytes, size_t len, struct wr_str *field, uint32_t count)
{
	const char *end = bytes + len;

	for (uint32_t i = 0; i < count; i++) {
		bytes = wr_varint_get_piece(bytes, end, &field[i]);
		if (bytes == NULL)
			return false;
	}
	return bytes == end;
}

bool wr_value_number(struct wr_str field, int64_t *value)
{
	uint64_t out;

	if (field.data == NULL ||
	    wr_varint_get(field.data, field.data + field.len, &out) != field.data + field.len)
		return false;
	*value = wr_unzigzag(out);
	return true;
}

bool wr_value_next_row(struct wr_str field, const char **at, int64_t *number, uint32_t number_count,
		       struct wr_str *row)
{
	const char *end = field.data + field.len;
	uint64_t value;

	if (*at == NULL || *at == end)
		return false;
	for (uint32_t i = 0; i <= number_count; i++) {
		*at = wr_varint_get(*at, end, &value);
		if (*at == NULL)
			return false;
		if (i < number_count)
			number[i] = wr_unzigzag(value);
	}
	if (value > (uint64_t)(end - *at)) {
		*at = NULL;
		return false;
	}
	*row = (struct wr_str){*at, value};
	*at += value;
	return true;
}

bool wr_value_is_row(const struct wr_codec *codec, struct wr_str row)
{
	if (row.data == NULL || row.len < codec->null_size) /* a length of 0 says damaged */
		return false;
	return wr_codec_row_len(codec, row.data, row.data + row.len) == row.len;
}

bool wr_value_accumulator(struct wr_str field, const struct wr_agg_call *call,
			  struct wr_agg_pool *pool, uint8_t *slot, uint32_t offset)
{
	if (field.data == NULL)
		return false;
	if (call->agg->load != NULL)
		return call->agg->load(call, pool, slot, offset, field.data,
				       field.data + field.len) == field.data + field.len;
	if (field.len != call->agg->size(call))
		return false;
	memcpy(slot + offset, field.data, field.len);
	return true;
}
