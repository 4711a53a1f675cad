/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string - what the files of string functions share: UTF-8 walks, UTF-16 copies, and the kernels
 * that the one table in fn_string.c points to.
 *
 * Flink keeps strings as UTF-8 but defers to java.lang.String in many functions. Those count UTF-16
 * units, which differ from code points only where a character takes four bytes; so they take the
 * UTF-8 path unless wr_utf_has_pairs() finds one, and else work on a copy in UTF-16. A lone half of
 * a pair that is left over becomes '?', as it does there.
 *
 * Bytes that are no UTF-8 are walked by the length that their first byte announces, as Flink's
 * BinaryStringData does; nothing here reads beyond the end of a string.
 */
#ifndef WR_EXPR_FN_STRING_H
#define WR_EXPR_FN_STRING_H

#include "expr/kernel.h"
#include "expr/tables.h"

/* --- UTF-8 ------------------------------------------------------------------------------------ */

/* Bytes of the character that begins with `first`. */
static inline uint32_t wr_utf_size(char first)
{
	uint8_t byte = (uint8_t)first;

	if (byte < 0x80)
		return 1;
	if (byte >> 5 == 0x06)
		return 2;
	if (byte >> 4 == 0x0e)
		return 3;
	return byte >> 3 == 0x1e ? 4 : 1;
}

/* The same, not beyond `left` bytes (at least 1 of which is there). */
static inline uint32_t wr_utf_step(const char *at, size_t left)
{
	uint32_t size = wr_utf_size(*at);

	return size <= left ? size : (uint32_t)left;
}

bool wr_utf_is_ascii(struct wr_str s);
/* Whether any character needs two UTF-16 units. */
bool wr_utf_has_pairs(struct wr_str s);
/* Number of code points. */
uint32_t wr_utf_count(struct wr_str s);
/* Bytes of the first `count` code points (all of them when there are fewer). */
size_t wr_utf_offset(struct wr_str s, uint64_t count);
/* The code point at s.data (s.len > 0), U+FFFD where it is malformed; *size: its bytes, at least 1.
 */
uint32_t wr_utf_decode(struct wr_str s, uint32_t *size);
/* Writes a code point (at most 4 bytes); a surrogate becomes '?'. Returns the bytes. */
uint32_t wr_utf_encode(char *out, uint32_t code);
/* A copy in UTF-16; malformed bytes become U+FFFD. */
uint16_t *wr_utf16_of(struct wr_arena *arena, struct wr_str s, uint32_t *units);
/* Writes UTF-16 as UTF-8 (at most 3 bytes a unit); lone halves become '?'. Returns the bytes. */
size_t wr_utf16_write(char *out, const uint16_t *text, uint32_t units);
/* Position of `needle` in `s` from byte `from` on, or SIZE_MAX. */
size_t wr_str_find(struct wr_str s, struct wr_str needle, size_t from);

static inline bool wr_str_same(struct wr_str a, struct wr_str b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* Whether a result of `len` bytes is within bounds; reports the row when it is not. */
bool wr_str_fits(struct wr_eval *eval, const struct wr_call *call, uint32_t row, uint64_t len);
/* A view of part of `source`'s row, sharing its bytes; short ones are inlined. */
static inline void wr_out_part(struct wr_column *out, uint32_t i, struct wr_str part)
{
	wr_out_view(out, i, part.data, (uint32_t)part.len);
}
/* A builder of ARRAY<STRING> and MAP<STRING, STRING> results, in place of `out`'s own buffers. */
void wr_out_adopt(struct wr_column *out, struct wr_builder *builder);

/* --- kernels ---------------------------------------------------------------------------------- */

#define WR_STRING_KERNEL(name)                                                                     \
	wr_status *wr_fn_##name(struct wr_eval *eval, const struct wr_call *call,                  \
				struct wr_column *const *arg, uint32_t rows,                       \
				struct wr_column *out)

/* fn_string_case.c */
WR_STRING_KERNEL(upper);
WR_STRING_KERNEL(lower);
WR_STRING_KERNEL(initcap);
wr_status *wr_fn_case_prepare(struct wr_call *call, void **state);
void wr_fn_case_release(void *state);
/* fn_string_cut.c */
WR_STRING_KERNEL(substring);
WR_STRING_KERNEL(left);
WR_STRING_KERNEL(right);
WR_STRING_KERNEL(trim);     /* plan->i64: WR_TRIM_*; characters in argument 1, if there is one */
WR_STRING_KERNEL(trim_sql); /* (symbol, characters, text) */
WR_STRING_KERNEL(split_index);
WR_STRING_KERNEL(split);
/* fn_string_build.c */
WR_STRING_KERNEL(concat);
WR_STRING_KERNEL(concat_ws);
WR_STRING_KERNEL(repeat);
WR_STRING_KERNEL(pad); /* plan->i64: 0 left, 1 right */
WR_STRING_KERNEL(replace);
WR_STRING_KERNEL(translate);
WR_STRING_KERNEL(overlay);
WR_STRING_KERNEL(reverse);
WR_STRING_KERNEL(elt);
/* fn_string_find.c */
WR_STRING_KERNEL(char_length);
WR_STRING_KERNEL(position); /* (needle, text [, from]) */
WR_STRING_KERNEL(instr);
WR_STRING_KERNEL(starts_with);
WR_STRING_KERNEL(ends_with);
WR_STRING_KERNEL(ascii);
WR_STRING_KERNEL(is_alpha);
WR_STRING_KERNEL(is_digit);
WR_STRING_KERNEL(is_decimal);
/* fn_string_code.c */
WR_STRING_KERNEL(chr);
WR_STRING_KERNEL(bin);
WR_STRING_KERNEL(hex);
WR_STRING_KERNEL(unhex);
WR_STRING_KERNEL(to_base64);
WR_STRING_KERNEL(from_base64);
WR_STRING_KERNEL(encode);
WR_STRING_KERNEL(decode);
/* Appends `len` bytes in base64 with padding. */
void wr_base64_add(struct wr_text *text, const char *data, size_t len);
/* fn_string_printf.c */
WR_STRING_KERNEL(printf);

#define WR_TRIM_LEADING  1
#define WR_TRIM_TRAILING 2
#define WR_TRIM_BOTH     3

#endif
