/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string_utf - walks over UTF-8 and copies in UTF-16 for the string functions (fn_string.h says
 * why both).
 */
#include "expr/fn_string.h"

#include "base/limits.h"
#include "data/builder.h"

#define WORD_HIGH_BITS 0x8080808080808080ull /* the top bit of each byte of a word */

bool wr_utf_is_ascii(struct wr_str s)
{
	size_t i = 0;
	uint64_t seen = 0;

	for (; i + 8 <= s.len; i += 8) {
		uint64_t word;
		memcpy(&word, s.data + i, 8);
		seen |= word;
	}
	for (; i < s.len; i++)
		seen |= (uint64_t)(uint8_t)s.data[i];
	return (seen & WORD_HIGH_BITS) == 0;
}

bool wr_utf_has_pairs(struct wr_str s)
{
	uint8_t most = 0;

	for (size_t i = 0; i < s.len; i++)
		most = WR_MAX(most, (uint8_t)s.data[i]);
	return most >= 0xf0;
}

uint32_t wr_utf_count(struct wr_str s)
{
	uint32_t count = 0;

	if (wr_utf_is_ascii(s))
		return (uint32_t)s.len;
	for (size_t i = 0; i < s.len; i += wr_utf_size(s.data[i]))
		count++;
	return count;
}

size_t wr_utf_offset(struct wr_str s, uint64_t count)
{
	size_t at = 0;

	while (at < s.len && count > 0) {
		at += wr_utf_size(s.data[at]);
		count--;
	}
	return WR_MIN(at, s.len);
}

static inline bool is_tail(char byte)
{
	return ((uint8_t)byte & 0xc0) == 0x80;
}

/* One code point, the malformed ones replaced as Java's decoder does: per longest valid prefix. */
uint32_t wr_utf_decode(struct wr_str s, uint32_t *size)
{
	const uint8_t *at = (const uint8_t *)s.data;
	uint8_t first = at[0];

	*size = 1;
	if (first < 0x80)
		return first;
	if (first < 0xc2 || first > 0xf4)
		return 0xfffd;
	if (s.len < 2 || !is_tail(s.data[1]))
		return 0xfffd;
	if (first < 0xe0) {
		*size = 2;
		return (uint32_t)(first & 0x1f) << 6 | (at[1] & 0x3f);
	}
	if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] >= 0xa0) ||
	    (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] >= 0x90))
		return 0xfffd;
	*size = 2;
	if (s.len < 3 || !is_tail(s.data[2]))
		return 0xfffd;
	*size = 3;
	if (first < 0xf0)
		return (uint32_t)(first & 0x0f) << 12 | (uint32_t)(at[1] & 0x3f) << 6 |
		       (at[2] & 0x3f);
	if (s.len < 4 || !is_tail(s.data[3]))
		return 0xfffd;
	*size = 4;
	return (uint32_t)(first & 0x07) << 18 | (uint32_t)(at[1] & 0x3f) << 12 |
	       (uint32_t)(at[2] & 0x3f) << 6 | (at[3] & 0x3f);
}

uint32_t wr_utf_encode(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code >= 0xd800 && code < 0xe000) {
		out[0] = '?';
		return 1;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

uint16_t *wr_utf16_of(struct wr_arena *arena, struct wr_str s, uint32_t *units)
{
	uint16_t *text = wr_arena_alloc(arena, (s.len + 1) * sizeof *text);
	uint32_t count = 0, size;

	for (size_t at = 0; at < s.len; at += size) {
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		if (code >= 0x10000) {
			text[count++] = (uint16_t)(0xd7c0 + (code >> 10));
			text[count++] = (uint16_t)(0xdc00 | (code & 0x3ff));
		} else {
			text[count++] = (uint16_t)code;
		}
	}
	*units = count;
	return text;
}

size_t wr_utf16_write(char *out, const uint16_t *text, uint32_t units)
{
	size_t len = 0;

	for (uint32_t i = 0; i < units; i++) {
		uint32_t code = text[i];
		if (code >= 0xd800 && code < 0xdc00 && i + 1 < units && text[i + 1] >= 0xdc00 &&
		    text[i + 1] < 0xe000)
			code = 0x10000 + ((code & 0x3ff) << 10 | (text[++i] & 0x3ffu));
		len += wr_utf_encode(out + len, code);
	}
	return len;
}

size_t wr_str_find(struct wr_str s, struct wr_str needle, size_t from)
{
	const char *hit;

	if (from > s.len || needle.len > s.len - from)
		return SIZE_MAX;
	if (needle.len == 0)
		return from;
	if (needle.len == 1)
		hit = memchr(s.data + from, needle.data[0], s.len - from);
	else
		hit = memmem(s.data + from, s.len - from, needle.data, needle.len);
	return hit != NULL ? (size_t)(hit - s.data) : SIZE_MAX;
}

bool wr_str_fits(struct wr_eval *eval, const struct wr_call *call, uint32_t row, uint64_t len)
{
	if (WR_LIKELY(len <= WR_RECORD_BYTES_MAX))
		return true;
	wr_eval_fail(eval, row, "The result of %s would have %llu bytes, more than the %u allowed",
		     call->function->name, (unsigned long long)len, WR_RECORD_BYTES_MAX);
	return false;
}

/* Moves what the builder has made into `out`, whose header the evaluator owns. */
void wr_out_adopt(struct wr_column *out, struct wr_builder *builder)
{
	struct wr_column *made = wr_builder_finish(builder);

	WR_ASSERT(made->phys == out->phys && made->len == out->len);
	memcpy(out->data, made->data, (size_t)made->len * wr_phys_size(made->phys));
	for (uint32_t i = 0; i < made->child_count; i++)
		wr_column_set_child(out, i, wr_column_ref(made->child[i]));
	if (made->valid != NULL)
		memcpy(wr_column_validity(out), made->valid, made->len);
	wr_column_unref(made);
}
