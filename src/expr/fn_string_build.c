/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string_build - strings made of strings: CONCAT, CONCAT_WS, REPEAT, LPAD, RPAD, REPLACE,
 * TRANSLATE, OVERLAY, REVERSE, ELT.
 *
 * LPAD, RPAD, OVERLAY and an empty REPLACE count UTF-16 units (fn_string.h); the rest bytes or code
 * points. A result is at most WR_RECORD_BYTES_MAX bytes.
 */
#include "expr/fn_string.h"

wr_status *wr_fn_concat(struct wr_eval *eval, const struct wr_call *call,
			struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		uint64_t len = 0;
		if (wr_skips(eval, out, i))
			continue;
		for (uint32_t k = 0; k < call->arg_count; k++)
			len += WR_AT(arg[k], struct wr_view, i).len;
		if (!wr_str_fits(eval, call, i, len))
			continue;
		char *at = wr_strout_reserve(&writer, len);
		for (uint32_t k = 0; k < call->arg_count; k++) {
			struct wr_str part = wr_str_at(arg[k], i);
			memcpy(at, part.data, part.len);
			at += part.len;
		}
		wr_strout_commit(&writer, i, (uint32_t)len);
	}
	return NULL;
}

/* CONCAT_WS(separator, ...): NULLs are left out; only a NULL separator gives NULL. */
wr_status *wr_fn_concat_ws(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		uint64_t len = 0;
		bool first = true;
		if (wr_skips(eval, out, i))
			continue;
		if (!wr_column_is_valid(arg[0], i)) {
			wr_out_null(out, i);
			continue;
		}
		struct wr_str separator = wr_str_at(arg[0], i);
		for (uint32_t k = 1; k < call->arg_count; k++)
			len += separator.len + WR_AT(arg[k], struct wr_view, i).len;
		if (!wr_str_fits(eval, call, i, len))
			continue;
		char *start = wr_strout_reserve(&writer, len), *at = start;
		for (uint32_t k = 1; k < call->arg_count; k++) {
			if (!wr_column_is_valid(arg[k], i))
				continue;
			struct wr_str part = wr_str_at(arg[k], i);
			if (!first) {
				memcpy(at, separator.data, separator.len);
				at += separator.len;
			}
			memcpy(at, part.data, part.len);
			at += part.len;
			first = false;
		}
		wr_strout_commit(&writer, i, (uint32_t)(at - start));
	}
	return NULL;
}

wr_status *wr_fn_repeat(struct wr_eval *eval, const struct wr_call *call,
			struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		int64_t times = WR_MIN(WR_MAX(wr_int_at(arg[1], i), 0), INT32_MAX);
		uint64_t len = s.len * (uint64_t)times;
		if (!wr_str_fits(eval, call, i, len))
			continue;
		char *at = wr_strout_reserve(&writer, len);
		for (uint64_t k = 0; s.len > 0 && k < (uint64_t)times; k++, at += s.len)
			memcpy(at, s.data, s.len);
		wr_strout_commit(&writer, i, (uint32_t)len);
	}
	return NULL;
}

/* The padding: `units` characters of `pad` over and over. All ASCII. */
static void fill_ascii(char *out, uint64_t units, struct wr_str pad)
{
	for (uint64_t i = 0; i < units; i++)
		out[i] = pad.data[i % pad.len];
}

/* LPAD or RPAD over UTF-16 units. */
static void pad_wide(struct wr_eval *eval, uint32_t row, struct wr_str s, int64_t width,
		     struct wr_str pad, bool right, struct wr_strout *writer)
{
	struct wr_arena *arena = wr_eval_arena(eval);
	uint32_t have, pad_units;
	uint16_t *base = wr_utf16_of(arena, s, &have);
	uint16_t *fill = wr_utf16_of(arena, pad, &pad_units);
	uint16_t *all = wr_arena_alloc(arena, ((size_t)width + 1) * sizeof *all);
	uint32_t kept = (uint32_t)WR_MIN((int64_t)have, width);
	uint32_t missing = (uint32_t)width - kept;

	memcpy(all + (right ? 0 : missing), base, kept * sizeof *all);
	for (uint32_t i = 0; i < missing; i++)
		all[(right ? kept : 0) + i] = fill[i % pad_units];
	char *out = wr_strout_reserve(writer, (size_t)width * 3);
	wr_strout_commit(writer, row, (uint32_t)wr_utf16_write(out, all, (uint32_t)width));
}

/* LPAD and RPAD(text, width, pad): NULL for a negative width or an empty pad. */
wr_status *wr_fn_pad(struct wr_eval *eval, const struct wr_call *call, struct wr_column *const *arg,
		     uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;
	bool right = call->plan->i64 != 0;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), pad = wr_str_at(arg[2], i);
		int64_t width = wr_int_at(arg[1], i);
		if (width < 0 || pad.len == 0) {
			wr_out_null(out, i);
			continue;
		}
		if (!wr_str_fits(eval, call, i, (uint64_t)width))
			continue;
		if (!wr_utf_is_ascii(s) || !wr_utf_is_ascii(pad)) {
			pad_wide(eval, i, s, width, pad, right, &writer);
			continue;
		}
		uint64_t kept = WR_MIN((uint64_t)width, s.len), missing = (uint64_t)width - kept;
		char *data = wr_strout_reserve(&writer, (size_t)width);
		memcpy(data + (right ? 0 : missing), s.data, kept);
		fill_ascii(data + (right ? kept : 0), missing, pad);
		wr_strout_commit(&writer, i, (uint32_t)width);
	}
	return NULL;
}

/* REPLACE with an empty search string: the replacement goes around every UTF-16 unit. */
static void replace_nothing(struct wr_str s, struct wr_str with, uint32_t row,
			    struct wr_strout *writer)
{
	char *start = wr_strout_reserve(writer, s.len * (with.len + 3) + with.len), *at = start;
	uint32_t size;

	memcpy(at, with.data, with.len);
	at += with.len;
	for (size_t i = 0; i < s.len; i += size) {
		uint32_t code = wr_utf_decode((struct wr_str){s.data + i, s.len - i}, &size);
		for (int half = code >= 0x10000 ? 2 : 1; half > 0; half--) {
			at += wr_utf_encode(at, code >= 0x10000 ? 0xd800 : code);
			memcpy(at, with.data, with.len);
			at += with.len;
		}
	}
	wr_strout_commit(writer, row, (uint32_t)(at - start));
}

/* Number of appearances of `old`, from left to right without overlap. */
static uint64_t appearances(struct wr_str s, struct wr_str old)
{
	uint64_t count = 0;

	for (size_t at = 0; (at = wr_str_find(s, old, at)) != SIZE_MAX; at += old.len)
		count++;
	return count;
}

wr_status *wr_fn_replace(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), old = wr_str_at(arg[1], i);
		struct wr_str with = wr_str_at(arg[2], i);
		if (old.len == 0) {
			if (wr_str_fits(eval, call, i, (uint64_t)s.len * (with.len + 3)))
				replace_nothing(s, with, i, &writer);
			continue;
		}
		uint64_t count = appearances(s, old);
		uint64_t len = s.len - count * old.len + count * with.len;
		if (count == 0) {
			wr_out_part(out, i, s);
			continue;
		}
		if (!wr_str_fits(eval, call, i, len))
			continue;
		char *at = wr_strout_reserve(&writer, len);
		size_t from = 0, hit;
		while ((hit = wr_str_find(s, old, from)) != SIZE_MAX) {
			memcpy(at, s.data + from, hit - from);
			at += hit - from;
			memcpy(at, with.data, with.len);
			at += with.len;
			from = hit + old.len;
		}
		memcpy(at, s.data + from, s.len - from);
		wr_strout_commit(&writer, i, (uint32_t)len);
	}
	return NULL;
}

/* --- TRANSLATE -------------------------------------------------------------------------------- */

/* What each character of `from` becomes; the first mention of a character counts. */
struct dictionary {
	struct wr_str from;      /* as given; the dictionary is rebuilt when it changes */
	struct wr_str to;        /* likewise */
	bool is_set;             /* from and to are those of an earlier row */
	struct wr_str byte[128]; /* for ASCII: the replacement; data NULL: stays */
	uint32_t count;          /* other characters */
	struct wr_str *key;      /* count of them, in the run's arena */
	struct wr_str *value;    /* likewise */
};

static void build_dictionary(struct dictionary *words, struct wr_arena *arena, struct wr_str from,
			     struct wr_str to)
{
	size_t at_to = 0;

	*words = (struct dictionary){.from = from, .to = to, .is_set = true};
	words->key = WR_NEW_ARRAY(arena, struct wr_str, from.len);
	words->value = WR_NEW_ARRAY(arena, struct wr_str, from.len);
	for (size_t at = 0; at < from.len;) {
		struct wr_str key = {from.data + at, wr_utf_step(from.data + at, from.len - at)};
		struct wr_str value = {"", 0};
		if (at_to < to.len)
			value = (struct wr_str){to.data + at_to,
						wr_utf_step(to.data + at_to, to.len - at_to)};
		at += key.len;
		at_to += value.len;
		if (key.len == 1 && (uint8_t)key.data[0] < 128) {
			if (words->byte[(uint8_t)key.data[0]].data == NULL)
				words->byte[(uint8_t)key.data[0]] = value;
		} else {
			words->key[words->count] = key; /* a later mention is never reached */
			words->value[words->count++] = value;
		}
	}
}

static struct wr_str translated(const struct dictionary *words, struct wr_str character)
{
	if (character.len == 1 && (uint8_t)character.data[0] < 128) {
		struct wr_str value = words->byte[(uint8_t)character.data[0]];
		return value.data != NULL ? value : character;
	}
	for (uint32_t i = 0; i < words->count; i++) {
		if (wr_str_same(words->key[i], character))
			return words->value[i];
	}
	return character;
}

/* TRANSLATE(text, from, to): a NULL or empty `from` leaves the text, a NULL `to` counts as empty.
 */
wr_status *wr_fn_translate(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;
	struct dictionary *words = WR_NEW(wr_eval_arena(eval), struct dictionary);

	(void)call;
	wr_strout_init(&writer, out);
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		if (!wr_column_is_valid(arg[0], i)) {
			wr_out_null(out, i);
			continue;
		}
		struct wr_str s = wr_str_at(arg[0], i), from = {"", 0}, to = {"", 0};
		if (wr_column_is_valid(arg[1], i))
			from = wr_str_at(arg[1], i);
		if (wr_column_is_valid(arg[2], i))
			to = wr_str_at(arg[2], i);
		if (from.len == 0 || s.len == 0) {
			wr_out_part(out, i, s);
			continue;
		}
		if (!words->is_set || !wr_str_same(words->from, from) ||
		    !wr_str_same(words->to, to))
			build_dictionary(words, wr_eval_arena(eval), from, to);
		char *start = wr_strout_reserve(&writer, s.len * 4), *at = start;
		for (size_t k = 0; k < s.len;) {
			struct wr_str character = {s.data + k, wr_utf_step(s.data + k, s.len - k)};
			struct wr_str value = translated(words, character);
			memcpy(at, value.data, value.len);
			at += value.len;
			k += character.len;
		}
		wr_strout_commit(&writer, i, (uint32_t)(at - start));
	}
	return NULL;
}

/* --- OVERLAY, REVERSE, ELT -------------------------------------------------------------------- */

/* Bytes (or UTF-16 units) of the three parts of an OVERLAY result. */
struct overlay_cut {
	bool is_same;  /* the text stays as it is */
	uint32_t head; /* units kept before the new part */
	uint32_t tail; /* unit from which the rest is kept; the length: nothing */
};

static struct overlay_cut overlay_at(uint32_t units, int64_t start, int64_t len)
{
	struct overlay_cut cut = {.is_same = start <= 0 || start > units};

	if (cut.is_same)
		return cut;
	cut.head = (uint32_t)start - 1;
	cut.tail = units;
	if (len > 0 && len <= units && start + len <= units)
		cut.tail = cut.head + (uint32_t)len;
	return cut;
}

/* OVERLAY of one row over UTF-16 units. */
static void overlay_wide(struct wr_eval *eval, uint32_t row, struct wr_str s, struct wr_str part,
			 int64_t start, const int64_t *len, struct wr_strout *writer)
{
	struct wr_arena *arena = wr_eval_arena(eval);
	uint32_t units, part_units;
	uint16_t *text = wr_utf16_of(arena, s, &units);
	uint16_t *placed = wr_utf16_of(arena, part, &part_units);
	struct overlay_cut cut = overlay_at(units, start, len != NULL ? *len : part_units);

	if (cut.is_same) {
		wr_strout_put(writer, row, s.data, (uint32_t)s.len);
		return;
	}
	uint16_t *all = wr_arena_alloc(arena, ((size_t)units + part_units + 1) * sizeof *all);
	memcpy(all, text, cut.head * sizeof *all);
	memcpy(all + cut.head, placed, part_units * sizeof *all);
	memcpy(all + cut.head + part_units, text + cut.tail, (units - cut.tail) * sizeof *all);
	uint32_t total = cut.head + part_units + units - cut.tail;
	char *out = wr_strout_reserve(writer, (size_t)total * 3);
	wr_strout_commit(writer, row, (uint32_t)wr_utf16_write(out, all, total));
}

/* OVERLAY(text, part, start[, length]); without a length that of the part. */
wr_status *wr_fn_overlay(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;
	bool with_len = call->arg_count > 3;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), part = wr_str_at(arg[1], i);
		int64_t start = wr_int_at(arg[2], i);
		int64_t len = with_len ? wr_int_at(arg[3], i) : (int64_t)part.len;
		if (!wr_utf_is_ascii(s) || !wr_utf_is_ascii(part)) {
			overlay_wide(eval, i, s, part, start, with_len ? &len : NULL, &writer);
			continue;
		}
		struct overlay_cut cut = overlay_at((uint32_t)s.len, start, len);
		if (cut.is_same) {
			wr_strout_put(&writer, i, s.data, (uint32_t)s.len);
			continue;
		}
		size_t tail = s.len - cut.tail;
		char *data = wr_strout_reserve(&writer, cut.head + part.len + tail);
		memcpy(data, s.data, cut.head);
		memcpy(data + cut.head, part.data, part.len);
		memcpy(data + cut.head + part.len, s.data + cut.tail, tail);
		wr_strout_commit(&writer, i, (uint32_t)(cut.head + part.len + tail));
	}
	return NULL;
}

wr_status *wr_fn_reverse(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	(void)call;
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		char *data = wr_strout_reserve(&writer, s.len), *end = data + s.len;
		if (wr_utf_is_ascii(s)) {
			for (size_t at = 0; at < s.len; at++)
				data[at] = s.data[s.len - 1 - at];
			wr_strout_commit(&writer, i, (uint32_t)s.len);
			continue;
		}
		for (size_t at = 0; at < s.len;) {
			uint32_t size = wr_utf_step(s.data + at, s.len - at);
			end -= size;
			memcpy(end, s.data + at, size);
			at += size;
		}
		wr_strout_commit(&writer, i, (uint32_t)s.len);
	}
	return NULL;
}

/* ELT(index, ...): the index-th of the values; NULL when there is none. */
wr_status *wr_fn_elt(struct wr_eval *eval, const struct wr_call *call, struct wr_column *const *arg,
		     uint32_t rows, struct wr_column *out)
{
	for (uint32_t k = 1; k < call->arg_count; k++)
		wr_out_share(out, arg[k]);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		int64_t index = wr_column_is_valid(arg[0], i) ? wr_int_at(arg[0], i) : 0;
		if (index < 1 || index >= call->arg_count || !wr_column_is_valid(arg[index], i))
			wr_out_null(out, i);
		else
			WR_DATA(out, struct wr_view)[i] = WR_AT(arg[index], struct wr_view, i);
	}
	return NULL;
}
