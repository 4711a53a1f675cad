/* SPDX-License-Identifier: Apache-2.0
 *
 * cast_to_text - everything to CHAR and VARCHAR.
 *
 * The text is the one that results show (data/print.h), cut to VARCHAR(n) or CHAR(n) and, for
 * CHAR(n), padded with spaces; n counts code points. Bytes become the text they encode, with
 * U+FFFD for what encodes nothing. A NULL that
 * reaches a kernel is one of a type that is NOT NULL: an empty text.
 */
#include "base/limits.h"
#include "base/macros.h"
#include "data/number.h"
#include "data/print.h"
#include "expr/cast.h"
#include "expr/fn_string.h"

/* Bytes of the first `points` code points; *seen tells how many there are, up to that. */
static uint32_t prefix_bytes(const char *text, uint32_t len, int32_t points, int32_t *seen)
{
	uint32_t i = 0;
	int32_t n = 0;

	while (i < len && n < points) {
		i++;
		while (i < len && ((unsigned char)text[i] & 0xC0) == 0x80)
			i++;
		n++;
	}
	*seen = n;
	return i;
}

bool wr_cast_fits(struct wr_eval *eval, uint32_t row, uint64_t len)
{
	if (WR_LIKELY(len <= WR_RECORD_BYTES_MAX))
		return true;
	wr_eval_fail(eval, row, "The result would have %llu bytes, more than the %u allowed",
		     (unsigned long long)len, WR_RECORD_BYTES_MAX);
	return false;
}

/* Stores a text as the target type wants it. */
static void put_fitted(struct wr_eval *eval, struct wr_strout *writer, const struct wr_type *type,
		       uint32_t row, const char *text, uint32_t len)
{
	int32_t points;

	if (type->kind == WR_VARCHAR && len <= (uint32_t)type->length) {
		wr_strout_put(writer, row, text, len);
		return;
	}
	len = prefix_bytes(text, len, type->length, &points);
	uint32_t pad = type->kind == WR_CHAR ? (uint32_t)(type->length - points) : 0;
	if (!wr_cast_fits(eval, row, (uint64_t)len + pad))
		return;
	char *to = wr_strout_reserve(writer, (size_t)len + pad + 1);
	memcpy(to, text, len);
	memset(to + len, ' ', pad);
	wr_strout_commit(writer, row, len + pad);
}

static wr_status *text_to_text(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		int32_t points;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		uint32_t len = prefix_bytes(s.data, (uint32_t)s.len, call->type->length, &points);
		if (call->type->kind == WR_CHAR && points < call->type->length)
			put_fitted(eval, &writer, call->type, i, s.data, (uint32_t)s.len);
		else
			wr_out_view(out, i, s.data, len);
	}
	return NULL;
}

static wr_status *bytes_to_text(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		size_t len = 0;
		uint32_t size;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (wr_utf_is_ascii(s)) {
			put_fitted(eval, &writer, call->type, i, s.data, (uint32_t)s.len);
			continue;
		}
		char *text = wr_arena_alloc(&eval->arena, s.len * 3);
		for (size_t at = 0; at < s.len; at += size)
			len += wr_utf_encode(
			    text + len,
			    wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size));
		put_fitted(eval, &writer, call->type, i, text, (uint32_t)len);
	}
	return NULL;
}

static wr_status *int_to_text(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;
	char text[WR_I64_TEXT_MAX];

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++)
		if (!wr_skips(eval, out, i) && wr_column_is_valid(arg[0], i))
			put_fitted(eval, &writer, call->type, i, text,
				   (uint32_t)wr_i64_print(text, wr_int_at(arg[0], i)));
	return NULL;
}

static wr_status *value_to_text(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;
	struct wr_text text;

	wr_strout_init(&writer, out);
	wr_text_init(&text);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i) || !wr_column_is_valid(arg[0], i))
			continue;
		wr_text_clear(&text);
		wr_value_print(&text, arg[0], i & arg[0]->mask, eval->zone);
		put_fitted(eval, &writer, call->type, i, wr_text_str(&text), (uint32_t)text.len);
	}
	wr_text_release(&text);
	return NULL;
}

wr_kernel wr_cast_to_text_kernel(const struct wr_type *from, const struct wr_type *to)
{
	if (!wr_kind_is_string(to->kind))
		return NULL;
	if (wr_kind_is_bytes(from->kind))
		return bytes_to_text;
	if (wr_kind_is_string(from->kind))
		return text_to_text;
	return wr_kind_is_integer(from->kind) ? int_to_text : value_to_text;
}
