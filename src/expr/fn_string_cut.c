/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string_cut - parts of strings: SUBSTRING, LEFT, RIGHT, TRIM and its kin, SPLIT_INDEX, SPLIT.
 *
 * Positions count code points from 1. Results are views into the argument's bytes, so long strings
 * are never copied.
 */
#include "expr/fn_string.h"

#include "data/builder.h"

/* SUBSTRING(s, pos[, count]) of one string; false: NULL. */
static bool cut(struct wr_str s, int64_t pos, int64_t count, struct wr_str *part)
{
	uint64_t start = 0;

	*part = (struct wr_str){s.data, 0};
	if (count < 0)
		return false;
	if (pos > 0) {
		start = (uint64_t)pos - 1;
	} else if (pos < 0) {
		int64_t total = wr_utf_count(s);
		if (total + pos < 0)
			return true;
		start = (uint64_t)(total + pos);
	}
	if (wr_utf_is_ascii(s)) {
		if (start < s.len) {
			part->data += start;
			part->len = (size_t)WR_MIN((uint64_t)count, s.len - start);
		}
		return true;
	}
	size_t from = wr_utf_offset(s, start);
	struct wr_str rest = {s.data + from, s.len - from};
	*part = (struct wr_str){rest.data, wr_utf_offset(rest, (uint64_t)count)};
	return true;
}

wr_status *wr_fn_substring(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str part;
		if (wr_skips(eval, out, i))
			continue;
		int64_t count = call->arg_count > 2 ? wr_int_at(arg[2], i) : INT64_MAX;
		if (cut(wr_str_at(arg[0], i), wr_int_at(arg[1], i), count, &part))
			wr_out_part(out, i, part);
		else
			wr_out_null(out, i);
	}
	return NULL;
}

wr_status *wr_fn_left(struct wr_eval *eval, const struct wr_call *call,
		      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)call;
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str part;
		if (wr_skips(eval, out, i))
			continue;
		int64_t count = wr_int_at(arg[1], i);
		if (cut(wr_str_at(arg[0], i), 1, WR_MAX(count, 0), &part))
			wr_out_part(out, i, part);
	}
	return NULL;
}

wr_status *wr_fn_right(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)call;
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), part = {s.data, 0};
		int64_t count = wr_int_at(arg[1], i), total = wr_utf_count(s);
		if (count >= total)
			part = s;
		else if (count > 0)
			cut(s, -count, INT64_MAX, &part);
		wr_out_part(out, i, part);
	}
	return NULL;
}

/* Whether the character of `size` bytes at `at` is one of `set`. */
static bool in_set(struct wr_str set, const char *at, uint32_t size)
{
	if (size == 1)
		return memchr(set.data, *at, set.len) != NULL;
	for (size_t i = 0; i < set.len; i += wr_utf_size(set.data[i])) {
		if (wr_utf_step(set.data + i, set.len - i) == size &&
		    memcmp(set.data + i, at, size) == 0)
			return true;
	}
	return false;
}

/* Takes characters of `set` off the ends of `s`. */
static struct wr_str trim(struct wr_str s, struct wr_str set, int64_t ends)
{
	if (set.len == 0)
		return s;
	if (ends & WR_TRIM_LEADING) {
		while (s.len > 0) {
			uint32_t size = wr_utf_step(s.data, s.len);
			if (!in_set(set, s.data, size))
				break;
			s.data += size;
			s.len -= size;
		}
	}
	if (ends & WR_TRIM_TRAILING) {
		while (s.len > 0) {
			uint32_t size = 1;
			while (size < 4 && size < s.len &&
			       ((uint8_t)s.data[s.len - size] & 0xc0) == 0x80)
				size++;
			if (!in_set(set, s.data + s.len - size, size))
				break;
			s.len -= size;
		}
	}
	return s;
}

/* Trims argument `text` by the characters in argument `set` (NULL: spaces). */
static wr_status *trim_rows(struct wr_eval *eval, const struct wr_column *text,
			    const struct wr_column *set, int64_t ends, uint32_t rows,
			    struct wr_column *out)
{
	struct wr_str characters = {" ", 1};

	wr_out_share(out, text);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		if (set != NULL)
			characters = wr_str_at(set, i);
		wr_out_part(out, i, trim(wr_str_at(text, i), characters, ends));
	}
	return NULL;
}

wr_status *wr_fn_trim(struct wr_eval *eval, const struct wr_call *call,
		      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return trim_rows(eval, arg[0], call->arg_count > 1 ? arg[1] : NULL, call->plan->i64, rows,
			 out);
}

wr_status *wr_fn_trim_sql(struct wr_eval *eval, const struct wr_call *call,
			  struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return trim_rows(eval, arg[2], arg[1], call->plan->i64, rows, out);
}

static bool is_java_space(uint32_t code)
{
	return (code >= 9 && code <= 13) || (code >= 28 && code <= 32) || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200a && code != 0x2007) || code == 0x2028 ||
	       code == 0x2029 || code == 0x205f || code == 0x3000;
}

/* End of the token that begins at `at`; *next: where the following one begins (SIZE_MAX: none). An
 * empty separator stands for any white space. */
static size_t token_end(struct wr_str s, struct wr_str separator, size_t at, size_t *next)
{
	uint32_t size;

	if (separator.len > 0) {
		size_t end = wr_str_find(s, separator, at);
		*next = end == SIZE_MAX ? SIZE_MAX : end + separator.len;
		return end == SIZE_MAX ? s.len : end;
	}
	for (; at < s.len; at += size) {
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		if (is_java_space(code)) {
			*next = at + size;
			return at;
		}
	}
	*next = SIZE_MAX;
	return s.len;
}

/* The high bit of each byte of `word` that is `byte`; the others are 0. */
static inline uint64_t bytes_that_are(uint64_t word, uint8_t byte)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7full;
	uint64_t other = word ^ (0x0101010101010101ull * byte);

	return ~(((other & low) + low) | other | low);
}

/* The index-th token between separators of one byte, eight bytes at a time. */
static bool token_at_byte(struct wr_str s, uint8_t separator, int64_t index, struct wr_str *part)
{
	size_t start = 0;

	for (size_t at = 0; at < s.len; at += 8) {
		size_t count = WR_MIN(s.len - at, 8u);
		uint64_t word = 0, hits;

		if (count == 8)
			memcpy(&word, s.data + at, 8);
		else
			memcpy(&word, s.data + at, count);
		hits = bytes_that_are(word, separator);
		if (count < 8)
			hits &= (1ull << (8 * count)) - 1;
		for (; hits != 0; hits &= hits - 1) {
			size_t hit = at + (size_t)__builtin_ctzll(hits) / 8;

			if (index-- == 0) {
				*part = (struct wr_str){s.data + start, hit - start};
				return true;
			}
			start = hit + 1;
		}
	}
	*part = (struct wr_str){s.data + start, s.len - start};
	return index == 0;
}

/* The index-th token; false: there is none. An empty string has no tokens. */
static bool token_at(struct wr_str s, struct wr_str separator, int64_t index, struct wr_str *part)
{
	size_t at = 0;

	if (s.len == 0 || index < 0)
		return false;
	if (separator.len == 1)
		return token_at_byte(s, (uint8_t)separator.data[0], index, part);
	for (;;) {
		size_t next, end = token_end(s, separator, at, &next);
		if (index-- == 0) {
			*part = (struct wr_str){s.data + at, end - at};
			return true;
		}
		if (next == SIZE_MAX)
			return false;
		at = next;
	}
}

/* SPLIT_INDEX(text, separator, index): the separator is a string, or the code of one character. */
wr_status *wr_fn_split_index(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	bool by_code = !wr_kind_is_string(call->arg_type[1]->kind);

	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		char buffer[4];
		struct wr_str separator, part;
		if (wr_skips(eval, out, i))
			continue;
		if (by_code) {
			int64_t code = wr_int_at(arg[1], i);
			if (code < 1 || code > 255) {
				wr_out_null(out, i);
				continue;
			}
			separator = (struct wr_str){buffer, wr_utf_encode(buffer, (uint32_t)code)};
		} else {
			separator = wr_str_at(arg[1], i);
		}
		if (token_at(wr_str_at(arg[0], i), separator, wr_int_at(arg[2], i), &part))
			wr_out_part(out, i, part);
		else
			wr_out_null(out, i);
	}
	return NULL;
}

/* One list element per UTF-16 unit: what an empty separator means. */
static uint32_t split_units(struct wr_builder *item, struct wr_str s)
{
	uint32_t count = 0, size;

	for (size_t at = 0; at < s.len; at += size) {
		char buffer[4];
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		if (code >= 0x10000) {
			wr_builder_str(item, "?", 1);
			wr_builder_str(item, "?", 1);
			count += 2;
		} else {
			wr_builder_str(item, buffer, wr_utf_encode(buffer, code));
			count++;
		}
	}
	return count;
}

wr_status *wr_fn_split(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_builder *list = wr_builder_new(call->type, rows);

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i)) {
			wr_builder_null(list);
			continue;
		}
		struct wr_str s = wr_str_at(arg[0], i), separator = wr_str_at(arg[1], i);
		uint32_t count = 0;
		if (separator.len == 0) {
			count = split_units(list->child[0], s);
		} else if (s.len > 0) {
			size_t next = 0;
			while (next != SIZE_MAX) {
				size_t at = next, end = token_end(s, separator, at, &next);
				wr_builder_str(list->child[0], s.data + at, end - at);
				count++;
			}
		}
		wr_builder_list(list, count);
	}
	wr_out_adopt(out, list);
	wr_builder_free(list);
	return NULL;
}
