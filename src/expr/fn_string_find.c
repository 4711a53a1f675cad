/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string_find - questions about strings: lengths, positions, prefixes, kinds of characters.
 *
 * Positions count code points from 1; 0 means not found. An empty string is found at 1 whatever the
 * start, as in Flink.
 */
#include "expr/fn_string.h"

#include "data/number.h"
#include <unicode/uchar.h>

wr_status *wr_fn_char_length(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int32_t *result = out->data;

	(void)eval, (void)call;
	for (uint32_t i = 0; i < rows; i++)
		result[i] = (int32_t)wr_utf_count(wr_str_at(arg[0], i));
	return NULL;
}

/* Position of `needle` from character `from` (1-based) on. */
static int32_t position(struct wr_str s, struct wr_str needle, int64_t from)
{
	if (needle.len == 0)
		return 1;
	size_t start = from > 1 ? wr_utf_offset(s, (uint64_t)from - 1) : 0;
	size_t hit = wr_str_find(s, needle, start);
	return hit == SIZE_MAX ? 0 : (int32_t)wr_utf_count((struct wr_str){s.data, hit}) + 1;
}

wr_status *wr_fn_position(struct wr_eval *eval, const struct wr_call *call,
			  struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int32_t *result = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		result[i] = position(wr_str_at(arg[1], i), wr_str_at(arg[0], i),
				     call->arg_count > 2 ? wr_int_at(arg[2], i) : 1);
	}
	return NULL;
}

/* The same characters, last first. */
static struct wr_str reversed(struct wr_arena *arena, struct wr_str s)
{
	char *data = wr_arena_alloc(arena, s.len + 1);
	uint32_t size;

	for (size_t at = 0; at < s.len; at += size) {
		size = wr_utf_step(s.data + at, s.len - at);
		memcpy(data + s.len - at - size, s.data + at, size);
	}
	return (struct wr_str){data, s.len};
}

/* INSTR counting forward: the nth appearance at or behind `start`. */
static int32_t instr_forward(struct wr_str s, struct wr_str needle, int64_t start, int64_t nth)
{
	int32_t at = 0;

	if (needle.len == 0)
		return 1;
	for (int64_t i = 0; i < nth; i++) {
		at = position(s, needle, start);
		if (at == 0)
			return 0;
		start = at + 1;
	}
	return at;
}

/* INSTR(text, part[, start[, nth]]): a negative start searches backward from the end. */
wr_status *wr_fn_instr(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int32_t *result = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), needle = wr_str_at(arg[1], i);
		int64_t start = call->arg_count > 2 ? wr_int_at(arg[2], i) : 1;
		int64_t nth = call->arg_count > 3 ? wr_int_at(arg[3], i) : 1;
		if (nth <= 0) {
			wr_eval_fail(eval, i,
				     "INSTR: the appearance to look for is %lld, but it "
				     "counts from 1",
				     (long long)nth);
		} else if (start > 0) {
			result[i] = instr_forward(s, needle, start, nth);
		} else if (start < 0) {
			struct wr_arena *arena = wr_eval_arena(eval);
			int32_t back = instr_forward(reversed(arena, s), reversed(arena, needle),
						     start == INT64_MIN ? INT64_MAX : -start, nth);
			result[i] = back == 0 ? 0
					      : (int32_t)wr_utf_count(s) + 2 - back -
						    (int32_t)wr_utf_count(needle);
		}
	}
	return NULL;
}

wr_status *wr_fn_starts_with(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint8_t *result = out->data;

	(void)eval, (void)call;
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str s = wr_str_at(arg[0], i), part = wr_str_at(arg[1], i);
		result[i] = part.len <= s.len && memcmp(s.data, part.data, part.len) == 0;
	}
	return NULL;
}

wr_status *wr_fn_ends_with(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint8_t *result = out->data;

	(void)eval, (void)call;
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str s = wr_str_at(arg[0], i), part = wr_str_at(arg[1], i);
		result[i] = part.len <= s.len &&
			    memcmp(s.data + s.len - part.len, part.data, part.len) == 0;
	}
	return NULL;
}

/* The first byte as a signed number; 0 for the empty string. */
wr_status *wr_fn_ascii(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int32_t *result = out->data;

	(void)eval, (void)call;
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str s = wr_str_at(arg[0], i);
		result[i] = s.len > 0 ? (int8_t)s.data[0] : 0;
	}
	return NULL;
}

/* Whether all UTF-16 units of a non-empty string are letters (or else digits) to Java. */
static bool all_of(struct wr_str s, bool letters)
{
	uint32_t size;

	for (size_t at = 0; at < s.len; at += size) {
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		bool is;
		if (code < 0x80)
			is = letters ? (code | 0x20) - 'a' < 26 : code - '0' < 10;
		else if (code >= 0x10000)
			is = false;
		else
			is = letters ? u_isalpha((UChar32)code) : u_isdigit((UChar32)code);
		if (!is)
			return false;
	}
	return s.len > 0;
}

/* The three IS_ functions: `test` for strings, one answer for all numbers. */
static wr_status *is_kind(struct wr_column *const *arg, uint32_t rows, struct wr_column *out,
			  bool (*test)(struct wr_str s), bool of_number)
{
	uint8_t *result = out->data;
	bool is_string = arg[0]->phys == WR_P_STR;

	for (uint32_t i = 0; i < rows; i++) {
		if (!is_string)
			result[i] = of_number;
		else
			result[i] = wr_column_is_valid(arg[0], i) && test(wr_str_at(arg[0], i));
	}
	return NULL;
}

static bool test_alpha(struct wr_str s)
{
	return all_of(s, true);
}

static bool test_digit(struct wr_str s)
{
	return all_of(s, false);
}

wr_status *wr_fn_is_alpha(struct wr_eval *eval, const struct wr_call *call,
			  struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval, (void)call;
	return is_kind(arg, rows, out, test_alpha, false);
}

wr_status *wr_fn_is_digit(struct wr_eval *eval, const struct wr_call *call,
			  struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	return is_kind(arg, rows, out, test_digit, wr_kind_is_integer(call->arg_type[0]->kind));
}

/* Long.parseLong: a sign and digits of any script, within 64 bits. */
static bool is_java_long(struct wr_str s)
{
	__int128 value = 0;
	bool negative = s.len > 0 && s.data[0] == '-';
	uint32_t size;

	if (s.len > 0 && (s.data[0] == '-' || s.data[0] == '+'))
		s = (struct wr_str){s.data + 1, s.len - 1};
	for (size_t at = 0; at < s.len; at += size) {
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		int32_t digit = code < 0x10000 ? u_charDigitValue((UChar32)code) : -1;
		if (digit < 0)
			return false;
		value = value * 10 + digit;
		if (value > (__int128)INT64_MAX + negative)
			return false;
	}
	return s.len > 0;
}

/* Double.parseDouble's hexadecimal form: [+-]0xH.HpD with an optional f or d, spaces around. */
static bool is_java_hex_double(struct wr_str s)
{
	size_t i = 0, end = s.len, digits = 0, points = 0;

	while (end > 0 && (uint8_t)s.data[end - 1] <= ' ')
		end--;
	while (i < end && (uint8_t)s.data[i] <= ' ')
		i++;
	if (i < end && (s.data[i] == '+' || s.data[i] == '-'))
		i++;
	if (end - i < 2 || s.data[i] != '0' || (s.data[i + 1] | 0x20) != 'x')
		return false;
	for (i += 2; i < end && (u_isxdigit((uint8_t)s.data[i]) || s.data[i] == '.'); i++) {
		if (s.data[i] == '.')
			points++;
		else
			digits++;
	}
	if (digits == 0 || points > 1 || i >= end || (s.data[i] | 0x20) != 'p')
		return false;
	i++;
	if (i < end && (s.data[i] == '+' || s.data[i] == '-'))
		i++;
	size_t exponent = i;
	while (i < end && s.data[i] >= '0' && s.data[i] <= '9')
		i++;
	if (i == exponent)
		return false;
	if (i < end && ((s.data[i] | 0x20) == 'f' || (s.data[i] | 0x20) == 'd'))
		i++;
	return i == end;
}

static bool test_decimal(struct wr_str s)
{
	double value;

	return s.len > 0 &&
	       (wr_double_parse(s.data, s.len, &value) || is_java_long(s) || is_java_hex_double(s));
}

wr_status *wr_fn_is_decimal(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)eval;
	return is_kind(arg, rows, out, test_decimal, call->arg_type[0]->kind != WR_DECIMAL);
}
