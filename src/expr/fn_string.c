/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string - the table of string functions: types, NULL rules, manual.
 *
 * Argument shapes that come from special syntax:
 *	TRIM(symbol BOTH | LEADING | TRAILING, characters, text), or TRIM(text)
 *	SUBSTRING(text, start [, count])     POSITION(part, text [, from])
 *	OVERLAY(text, part, start [, count])
 *
 * Result types are Flink's: CHAR(n) stays CHAR(n) where the length cannot change, becomes
 * VARCHAR(n) where it can only shrink, else STRING. Where Flink takes INT positions, any integer
 * type is taken.
 */
#include "expr/fn_math.h"
#include "expr/fn_string.h"

#include "base/env.h"

/* --- infer ------------------------------------------------------------------------------------ */

/* Whether argument `i` is a string; a bare NULL becomes one. */
static bool want_string(struct wr_infer *infer, uint32_t i)
{
	const struct wr_type *type = infer->arg[i]->type;

	if (type != NULL && type->kind == WR_NULL) {
		infer->want[i] = &WR_T_STRING;
		return true;
	}
	return type != NULL && wr_kind_is_string(type->kind);
}

/* Whether argument `i` is a whole number; a bare NULL becomes one. */
static bool want_integer(struct wr_infer *infer, uint32_t i)
{
	const struct wr_type *type = infer->arg[i]->type;

	if (type != NULL && type->kind == WR_NULL) {
		infer->want[i] = &WR_T_INT;
		return true;
	}
	return type != NULL && wr_kind_is_integer(type->kind);
}

/* Checks the arguments against letters: s string, i whole number; further ones as the last. */
static bool want_all(struct wr_infer *infer, const char *letters)
{
	size_t last = strlen(letters) - 1;

	for (uint32_t i = 0; i < infer->arg_count; i++) {
		char letter = letters[WR_MIN((size_t)i, last)];
		if (!(letter == 's' ? want_string(infer, i) : want_integer(infer, i)))
			return false;
	}
	return true;
}

/* The string type of `kind` with a length that may be too large to be one. */
static const struct wr_type *string_of(struct wr_infer *infer, enum wr_kind kind, int64_t length)
{
	if (length >= WR_LENGTH_MAX)
		return &WR_T_STRING;
	return wr_type_length(infer->arena, kind, (int32_t)length);
}

static wr_status *infer_same(struct wr_infer *infer)
{
	if (!want_all(infer, "s"))
		return wr_infer_mismatch(infer);
	infer->result = infer->want[0];
	return NULL;
}

/* VARCHAR of the length of argument `i`. */
static void result_varying(struct wr_infer *infer, uint32_t i)
{
	infer->result = string_of(infer, WR_VARCHAR, infer->want[i]->length);
}

static wr_status *infer_part(struct wr_infer *infer)
{
	if (!want_all(infer, "sii"))
		return wr_infer_mismatch(infer);
	result_varying(infer, 0);
	return NULL;
}

static wr_status *infer_trim_side(struct wr_infer *infer, int64_t ends)
{
	if (!want_all(infer, "s"))
		return wr_infer_mismatch(infer);
	infer->plan->i64 = ends;
	result_varying(infer, 0);
	return NULL;
}

static wr_status *infer_ltrim(struct wr_infer *infer)
{
	return infer_trim_side(infer, WR_TRIM_LEADING);
}

static wr_status *infer_rtrim(struct wr_infer *infer)
{
	return infer_trim_side(infer, WR_TRIM_TRAILING);
}

static wr_status *infer_btrim(struct wr_infer *infer)
{
	WR_TRY(infer_trim_side(infer, WR_TRIM_BOTH));
	infer->result = &WR_T_STRING;
	return NULL;
}

static wr_status *infer_trim(struct wr_infer *infer)
{
	if (infer->arg_count == 1)
		return infer_trim_side(infer, WR_TRIM_BOTH);
	const char *symbol = infer->arg[0]->symbol;
	if (infer->arg_count != 3 || infer->arg[0]->kind != WR_E_SYMBOL || !want_string(infer, 1) ||
	    !want_string(infer, 2))
		return wr_infer_mismatch(infer);
	infer->plan->i64 = strcmp(symbol, "LEADING") == 0    ? WR_TRIM_LEADING
			   : strcmp(symbol, "TRAILING") == 0 ? WR_TRIM_TRAILING
							     : WR_TRIM_BOTH;
	infer->plan->kernel = wr_fn_trim_sql;
	result_varying(infer, 2);
	return NULL;
}

/* a || b: fixed lengths add up. */
static wr_status *infer_concat_operator(struct wr_infer *infer)
{
	int64_t length = 0;
	enum wr_kind kind = WR_CHAR;

	if (!want_all(infer, "s"))
		return wr_infer_mismatch(infer);
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		length += infer->want[i]->length;
		if (infer->want[i]->kind == WR_VARCHAR)
			kind = WR_VARCHAR;
	}
	infer->result = string_of(infer, kind, length);
	return NULL;
}

static wr_status *infer_overlay(struct wr_infer *infer)
{
	if (!want_all(infer, "ssi"))
		return wr_infer_mismatch(infer);
	infer->result =
	    string_of(infer, WR_VARCHAR, (int64_t)infer->want[0]->length + infer->want[1]->length);
	return NULL;
}

/* The shapes that give STRING. */
static wr_status *infer_string(struct wr_infer *infer, const char *letters, int64_t mode)
{
	if (!want_all(infer, letters))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_STRING;
	infer->plan->i64 = mode;
	return NULL;
}

static wr_status *infer_repeat(struct wr_infer *infer)
{
	return infer_string(infer, "si", 0);
}

static wr_status *infer_lpad(struct wr_infer *infer)
{
	return infer_string(infer, "sis", 0);
}

static wr_status *infer_rpad(struct wr_infer *infer)
{
	return infer_string(infer, "sis", 1);
}

static wr_status *infer_integer_to_string(struct wr_infer *infer)
{
	return infer_string(infer, "i", 0);
}

/* TRANSLATE is NULL only where its text is. */
static wr_status *infer_translate(struct wr_infer *infer)
{
	WR_TRY(infer_string(infer, "s", 0));
	infer->result = wr_type_nullable(infer->arena, &WR_T_STRING, infer->want[0]->nullable);
	infer->keep_null = true;
	return NULL;
}

static wr_status *infer_split_index(struct wr_infer *infer)
{
	if (!want_string(infer, 0) || (!want_string(infer, 1) && !want_integer(infer, 1)) ||
	    !want_integer(infer, 2))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_STRING;
	return NULL;
}

static wr_status *infer_split(struct wr_infer *infer)
{
	if (!want_all(infer, "s"))
		return wr_infer_mismatch(infer);
	infer->result = wr_type_array(infer->arena, &WR_T_STRING);
	return NULL;
}

/* ELT(index, ...): all strings or all binary; their common type. */
static wr_status *infer_elt(struct wr_infer *infer)
{
	bool binary = false, other = false;
	const struct wr_type **types = NULL;
	int64_t index;

	if (!want_integer(infer, 0))
		return wr_infer_mismatch(infer);
	if (wr_infer_const_int(infer->arg[0], &index) && index < 0)
		return wr_status_new(WR_USER_ERROR,
				     "Index must be an integer starting from '0', but was '%lld'",
				     (long long)index);
	types = WR_NEW_ARRAY(infer->arena, const struct wr_type *, infer->arg_count);
	for (uint32_t i = 1; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		if (type == NULL)
			return wr_infer_mismatch(infer);
		binary = binary || wr_kind_is_bytes(type->kind);
		other = other || !wr_kind_is_bytes(type->kind);
		if (!wr_kind_is_bytes(type->kind) && !want_string(infer, i))
			return wr_infer_mismatch(infer);
		types[i - 1] = infer->want[i];
	}
	if (binary && other)
		return wr_infer_mismatch(infer);
	infer->result = wr_type_common(infer->arena, types, infer->arg_count - 1);
	return infer->result == NULL ? wr_infer_mismatch(infer) : NULL;
}

static wr_status *infer_position(struct wr_infer *infer)
{
	if (!want_all(infer, "ssi"))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_INT;
	return NULL;
}

/* STARTSWITH and ENDSWITH: two strings or two binary values. */
static wr_status *infer_affix(struct wr_infer *infer)
{
	const struct wr_type *a = infer->arg[0]->type, *b = infer->arg[1]->type;

	infer->result = &WR_T_BOOLEAN;
	if (a != NULL && b != NULL && wr_kind_is_bytes(a->kind) && wr_kind_is_bytes(b->kind))
		return NULL;
	return want_all(infer, "s") ? NULL : wr_infer_mismatch(infer);
}

static wr_status *infer_is(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (!want_string(infer, 0) && (type == NULL || !wr_kind_is_numeric(type->kind)))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_BOOLEAN;
	return NULL;
}

static wr_status *infer_hex(struct wr_infer *infer)
{
	if (!want_string(infer, 0) && !want_integer(infer, 0))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_STRING;
	return NULL;
}

static wr_status *infer_unhex(struct wr_infer *infer)
{
	if (!want_all(infer, "s"))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_BYTES;
	return NULL;
}

static wr_status *infer_base64(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (!want_string(infer, 0) && (type == NULL || !wr_kind_is_bytes(type->kind)))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_STRING;
	return NULL;
}

static wr_status *infer_encode(struct wr_infer *infer)
{
	if (!want_all(infer, "s"))
		return wr_infer_mismatch(infer);
	infer->result = wr_type_length(infer->arena, WR_BINARY, 1);
	return NULL;
}

static wr_status *infer_decode(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (type == NULL || !wr_kind_is_bytes(type->kind) || !want_string(infer, 1))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_STRING;
	return NULL;
}

static wr_status *infer_printf(struct wr_infer *infer)
{
	if (!want_string(infer, 0))
		return wr_infer_mismatch(infer);
	for (uint32_t i = 1; i < infer->arg_count; i++) {
		if (infer->arg[i]->type == NULL)
			return wr_infer_mismatch(infer);
	}
	infer->result = &WR_T_STRING;
	return NULL;
}

static wr_status *infer_uuid(struct wr_infer *infer)
{
	infer->result = wr_type_length(infer->arena, WR_CHAR, 36);
	return NULL;
}

/* A random UUID (version 4) per row. */
static wr_status *uuid(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	static const char HEX[] = "0123456789abcdef";
	struct wr_env *env = wr_env_system();
	uint8_t *bytes = wr_arena_alloc(wr_eval_arena(eval), (size_t)rows * 16 + 1);
	struct wr_strout writer;

	(void)call, (void)arg;
	env->ops->random(env, bytes, (size_t)rows * 16);
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++, bytes += 16) {
		char *data = wr_strout_reserve(&writer, 36), *at = data;
		bytes[6] = (bytes[6] & 0x0f) | 0x40;
		bytes[8] = (bytes[8] & 0x3f) | 0x80;
		for (int k = 0; k < 16; k++) {
			if (k == 4 || k == 6 || k == 8 || k == 10)
				*at++ = '-';
			*at++ = HEX[bytes[k] >> 4];
			*at++ = HEX[bytes[k] & 15];
		}
		wr_strout_commit(&writer, i, 36);
	}
	return NULL;
}

/* --- the functions ---------------------------------------------------------------------------- */

#define ANY_NUMBER UINT16_MAX

/* One function: identifier, name, syntax, flags, fewest and most arguments, infer, kernel, doc. */
#define DEFINE(ident, NAME, SYNTAX, FLAGS, MIN, MAX, INFER, KERNEL, DOC, ...)                      \
	static const struct wr_function ident = {.name = NAME,                                     \
						 .category = "string",                             \
						 .syntax = SYNTAX,                                 \
						 .doc = DOC,                                       \
						 .flags = FLAGS,                                   \
						 .min_args = MIN,                                  \
						 .max_args = MAX,                                  \
						 .infer = INFER,                                   \
						 .kernel = KERNEL,                                 \
						 __VA_ARGS__}

static const char *const char_length_aliases[] = {"CHARACTER_LENGTH", NULL};
static const char *const substring_aliases[] = {"SUBSTR", NULL};
static const char *const translate_aliases[] = {"TRANSLATE3", NULL};

DEFINE(fn_concat_op, "||", "string1 || string2", WR_F_STRICT | WR_F_FALLIBLE | WR_F_OPERATOR, 2, 2,
       infer_concat_operator, wr_fn_concat, "Both strings, one after the other.");
DEFINE(fn_char_length, "CHAR_LENGTH", "CHAR_LENGTH(string)", WR_F_STRICT, 1, 1,
       wr_infer_string_to_int, wr_fn_char_length, "Number of characters.",
       .aliases = char_length_aliases);
DEFINE(fn_upper, "UPPER", "UPPER(string)", WR_F_STRICT | WR_F_FALLIBLE, 1, 1, infer_same,
       wr_fn_upper, "The string in upper case.", .prepare = wr_fn_case_prepare,
       .release = wr_fn_case_release);
DEFINE(fn_lower, "LOWER", "LOWER(string)", WR_F_STRICT | WR_F_FALLIBLE, 1, 1, infer_same,
       wr_fn_lower, "The string in lower case.", .prepare = wr_fn_case_prepare,
       .release = wr_fn_case_release);
DEFINE(fn_initcap, "INITCAP", "INITCAP(string)", WR_F_STRICT, 1, 1, infer_same, wr_fn_initcap,
       "Each word with its first letter in upper and the others in lower case.");
DEFINE(fn_position, "POSITION", "POSITION(string1 IN string2)", WR_F_STRICT, 2, 3, infer_position,
       wr_fn_position, "Where string1 first appears in string2, from 1; 0 if it does not.");
DEFINE(fn_trim, "TRIM", "TRIM([BOTH | LEADING | TRAILING] [characters FROM] string)", WR_F_STRICT,
       1, 3, infer_trim, wr_fn_trim, "The string without the characters (spaces) at its ends.");
DEFINE(fn_ltrim, "LTRIM", "LTRIM(string[, characters])", WR_F_STRICT, 1, 2, infer_ltrim, wr_fn_trim,
       "The string without the characters (spaces) at its start.");
DEFINE(fn_rtrim, "RTRIM", "RTRIM(string[, characters])", WR_F_STRICT, 1, 2, infer_rtrim, wr_fn_trim,
       "The string without the characters (spaces) at its end.");
DEFINE(fn_btrim, "BTRIM", "BTRIM(string[, characters])", WR_F_STRICT, 1, 2, infer_btrim, wr_fn_trim,
       "The string without the characters (spaces) at both ends.");
DEFINE(fn_repeat, "REPEAT", "REPEAT(string, count)", WR_F_STRICT | WR_F_FALLIBLE, 2, 2,
       infer_repeat, wr_fn_repeat, "The string count times over; empty for a negative count.");
DEFINE(fn_replace, "REPLACE", "REPLACE(string, old, new)", WR_F_STRICT | WR_F_FALLIBLE, 3, 3,
       wr_infer_string_to_string, wr_fn_replace, "The string with every old replaced by new.");
DEFINE(fn_translate, "TRANSLATE", "TRANSLATE(string, from, to)", 0, 3, 3, infer_translate,
       wr_fn_translate,
       "Each character that is in from replaced by the one at its place in to, or left out.",
       .aliases = translate_aliases);
DEFINE(fn_overlay, "OVERLAY", "OVERLAY(string1 PLACING string2 FROM start [FOR length])",
       WR_F_STRICT | WR_F_FALLIBLE, 3, 4, infer_overlay, wr_fn_overlay,
       "string1 with length characters (those of string2) from start on replaced by string2.");
DEFINE(fn_substring, "SUBSTRING", "SUBSTRING(string, start[, length])", WR_F_STRICT | WR_F_NULLABLE,
       2, 3, infer_part, wr_fn_substring,
       "length characters from start on; a negative start counts from the end.",
       .aliases = substring_aliases);
DEFINE(fn_left, "LEFT", "LEFT(string, count)", WR_F_STRICT | WR_F_NULLABLE, 2, 2, infer_part,
       wr_fn_left, "The first count characters.");
DEFINE(fn_right, "RIGHT", "RIGHT(string, count)", WR_F_STRICT | WR_F_NULLABLE, 2, 2, infer_part,
       wr_fn_right, "The last count characters.");
DEFINE(fn_concat, "CONCAT", "CONCAT(string1, string2, ...)", WR_F_STRICT | WR_F_FALLIBLE, 1,
       ANY_NUMBER, wr_infer_string_to_string, wr_fn_concat,
       "The strings one after another; NULL if one of them is.");
DEFINE(fn_concat_ws, "CONCAT_WS", "CONCAT_WS(separator, string1, ...)", WR_F_FALLIBLE, 1,
       ANY_NUMBER, wr_infer_string_to_string, wr_fn_concat_ws,
       "The strings that are not NULL, with the separator between them.");
DEFINE(fn_lpad, "LPAD", "LPAD(string, width, pad)", WR_F_STRICT | WR_F_FALLIBLE, 3, 3, infer_lpad,
       wr_fn_pad, "The string filled up on the left, or cut, to width characters.");
DEFINE(fn_rpad, "RPAD", "RPAD(string, width, pad)", WR_F_STRICT | WR_F_FALLIBLE, 3, 3, infer_rpad,
       wr_fn_pad, "The string filled up on the right, or cut, to width characters.");
DEFINE(fn_reverse, "REVERSE", "REVERSE(string)", WR_F_STRICT | WR_F_NULLABLE, 1, 1,
       wr_infer_string_to_string, wr_fn_reverse, "The characters in reverse order.");
DEFINE(
    fn_split_index, "SPLIT_INDEX", "SPLIT_INDEX(string, separator, index)",
    WR_F_STRICT | WR_F_NULLABLE, 3, 3, infer_split_index, wr_fn_split_index,
    "The part number index (from 0) of the string split by the separator; NULL if there is none.");
DEFINE(fn_split, "SPLIT", "SPLIT(string, separator)", WR_F_STRICT, 2, 2, infer_split, wr_fn_split,
       "An array of the parts between the separators; of the characters if it is empty.");
DEFINE(fn_elt, "ELT", "ELT(index, value1, ...)", WR_F_NULLABLE, 2, ANY_NUMBER, infer_elt, wr_fn_elt,
       "The value number index (from 1); NULL if there is none.");
DEFINE(fn_locate, "LOCATE", "LOCATE(string1, string2[, start])", WR_F_STRICT, 2, 3, infer_position,
       wr_fn_position,
       "Where string1 first appears in string2 at or behind start; 0 if it does not.");
DEFINE(fn_instr, "INSTR", "INSTR(string, part[, start[, nth]])", WR_F_STRICT | WR_F_FALLIBLE, 2, 4,
       infer_position, wr_fn_instr,
       "Where part appears in string for the nth time from start on; a negative start looks "
       "backward.");
DEFINE(fn_startswith, "STARTSWITH", "STARTSWITH(value, prefix)", WR_F_STRICT, 2, 2, infer_affix,
       wr_fn_starts_with, "Whether the string or binary value begins with the prefix.");
DEFINE(fn_endswith, "ENDSWITH", "ENDSWITH(value, suffix)", WR_F_STRICT, 2, 2, infer_affix,
       wr_fn_ends_with, "Whether the string or binary value ends with the suffix.");
DEFINE(fn_ascii, "ASCII", "ASCII(string)", WR_F_STRICT, 1, 1, wr_infer_string_to_int, wr_fn_ascii,
       "The first byte as a number; 0 for the empty string.");
DEFINE(fn_chr, "CHR", "CHR(integer)", WR_F_STRICT | WR_F_NULLABLE, 1, 1, infer_integer_to_string,
       wr_fn_chr, "The character of that code (its low eight bits); empty for negative ones.");
DEFINE(fn_bin, "BIN", "BIN(integer)", WR_F_STRICT, 1, 1, infer_integer_to_string, wr_fn_bin,
       "The number in binary digits, in two's complement if negative.");
DEFINE(fn_hex, "HEX", "HEX(value)", WR_F_STRICT | WR_F_FALLIBLE, 1, 1, infer_hex, wr_fn_hex,
       "A whole number, or the bytes of a string, in hexadecimal digits.");
DEFINE(fn_unhex, "UNHEX", "UNHEX(string)", WR_F_STRICT | WR_F_NULLABLE, 1, 1, infer_unhex,
       wr_fn_unhex, "The bytes that the hexadecimal digits stand for; NULL if one is not a digit.");
DEFINE(fn_to_base64, "TO_BASE64", "TO_BASE64(value)", WR_F_STRICT | WR_F_FALLIBLE, 1, 1,
       infer_base64, wr_fn_to_base64, "The bytes of the value in base64.");
DEFINE(fn_from_base64, "FROM_BASE64", "FROM_BASE64(string)", WR_F_STRICT | WR_F_FALLIBLE, 1, 1,
       infer_base64, wr_fn_from_base64, "The string that the base64 text stands for.");
DEFINE(fn_encode, "ENCODE", "ENCODE(string, charset)", WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE,
       2, 2, infer_encode, wr_fn_encode, "The string in the bytes of a character set.");
DEFINE(fn_decode, "DECODE", "DECODE(binary, charset)", WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE,
       2, 2, infer_decode, wr_fn_decode, "The string that the bytes are in a character set.");
DEFINE(fn_printf, "PRINTF", "PRINTF(format, value, ...)", WR_F_NULLABLE, 1, ANY_NUMBER,
       infer_printf, wr_fn_printf,
       "The values in a format as of java.util.Formatter; NULL if they do not fit it.");
DEFINE(fn_is_alpha, "IS_ALPHA", "IS_ALPHA(value)", WR_F_NOT_NULL, 1, 1, infer_is, wr_fn_is_alpha,
       "Whether all characters are letters.");
DEFINE(fn_is_digit, "IS_DIGIT", "IS_DIGIT(value)", WR_F_NOT_NULL, 1, 1, infer_is, wr_fn_is_digit,
       "Whether all characters are digits.");
DEFINE(fn_is_decimal, "IS_DECIMAL", "IS_DECIMAL(value)", WR_F_NOT_NULL, 1, 1, infer_is,
       wr_fn_is_decimal, "Whether the string is a number.");
DEFINE(fn_uuid, "UUID", "UUID()", WR_F_DYNAMIC | WR_F_NOT_NULL, 0, 0, infer_uuid, uuid,
       "A random UUID.");

const struct wr_function *const wr_fn_string[] = {
    &fn_concat_op, &fn_char_length, &fn_upper,       &fn_lower,    &fn_position,  &fn_trim,
    &fn_ltrim,     &fn_rtrim,       &fn_btrim,       &fn_repeat,   &fn_overlay,   &fn_substring,
    &fn_replace,   &fn_translate,   &fn_initcap,     &fn_concat,   &fn_concat_ws, &fn_lpad,
    &fn_rpad,      &fn_left,        &fn_right,       &fn_locate,   &fn_instr,     &fn_startswith,
    &fn_endswith,  &fn_reverse,     &fn_split_index, &fn_split,    &fn_elt,       &fn_ascii,
    &fn_chr,       &fn_bin,         &fn_hex,         &fn_unhex,    &fn_to_base64, &fn_from_base64,
    &fn_encode,    &fn_decode,      &fn_printf,      &fn_is_alpha, &fn_is_digit,  &fn_is_decimal,
    &fn_uuid,
};
const uint32_t wr_fn_string_count = WR_COUNT(wr_fn_string);
