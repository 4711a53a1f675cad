/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string_code - strings as codes and codes as strings: CHR, BIN, HEX, UNHEX, base64, character
 * sets.
 *
 * ENCODE's type is BINARY(1) in Flink although its value has all bytes; so it is here.
 */
#include "expr/fn_string.h"

static const char HEX_UPPER[] = "0123456789ABCDEF";

/* The character of the low byte; nothing for negative numbers. */
wr_status *wr_fn_chr(struct wr_eval *eval, const struct wr_call *call, struct wr_column *const *arg,
		     uint32_t rows, struct wr_column *out)
{
	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		char buffer[4];
		if (wr_skips(eval, out, i))
			continue;
		int64_t code = wr_int_at(arg[0], i);
		wr_out_view(out, i, buffer,
			    code < 0 ? 0 : wr_utf_encode(buffer, (uint32_t)(code & 0xff)));
	}
	return NULL;
}

wr_status *wr_fn_bin(struct wr_eval *eval, const struct wr_call *call, struct wr_column *const *arg,
		     uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	(void)call;
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		uint64_t value = (uint64_t)wr_int_at(arg[0], i);
		uint32_t digits = value == 0 ? 1 : 64 - (uint32_t)__builtin_clzll(value);
		char *data = wr_strout_reserve(&writer, 64);
		for (uint32_t k = 0; k < digits; k++)
			data[k] = (char)('0' + (value >> (digits - 1 - k) & 1));
		wr_strout_commit(&writer, i, digits);
	}
	return NULL;
}

/* HEX of a whole number (64 bits when negative) or of the bytes of a string. */
wr_status *wr_fn_hex(struct wr_eval *eval, const struct wr_call *call, struct wr_column *const *arg,
		     uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		if (arg[0]->phys != WR_P_STR) {
			uint64_t value = (uint64_t)wr_int_at(arg[0], i);
			uint32_t digits =
			    value == 0 ? 1 : (67 - (uint32_t)__builtin_clzll(value)) / 4;
			char *data = wr_strout_reserve(&writer, 16);
			for (uint32_t k = 0; k < digits; k++)
				data[k] = HEX_UPPER[value >> 4 * (digits - 1 - k) & 15];
			wr_strout_commit(&writer, i, digits);
			continue;
		}
		struct wr_str s = wr_str_at(arg[0], i);
		if (!wr_str_fits(eval, call, i, (uint64_t)s.len * 2))
			continue;
		char *data = wr_strout_reserve(&writer, s.len * 2);
		for (size_t k = 0; k < s.len; k++) {
			data[2 * k] = HEX_UPPER[(uint8_t)s.data[k] >> 4];
			data[2 * k + 1] = HEX_UPPER[(uint8_t)s.data[k] & 15];
		}
		wr_strout_commit(&writer, i, (uint32_t)s.len * 2);
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Pairs of digits from the end; a single first digit gives a zero byte unread, as in Flink. */
wr_status *wr_fn_unhex(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	(void)call;
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		bool valid = true;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		size_t len = (s.len + 1) / 2, odd = s.len & 1;
		char *data = wr_strout_reserve(&writer, len);
		if (odd)
			data[0] = 0;
		for (size_t k = odd; k < s.len; k += 2) {
			int high = hex_digit(s.data[k]), low = hex_digit(s.data[k + 1]);
			valid = valid && high >= 0 && low >= 0;
			data[(k + odd) / 2] = (char)(high * 16 + low);
		}
		if (valid)
			wr_strout_commit(&writer, i, (uint32_t)len);
		else
			wr_out_null(out, i);
	}
	return NULL;
}

/* --- base64 ----------------------------------------------------------------------------------- */

static size_t base64_write(char *out, const char *data, size_t len)
{
	static const char ALPHABET[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *byte = (const uint8_t *)data;
	char *at = out;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t word = (uint32_t)byte[i] << 16;
		word |= left > 1 ? (uint32_t)byte[i + 1] << 8 : 0;
		word |= left > 2 ? byte[i + 2] : 0;
		*at++ = ALPHABET[word >> 18];
		*at++ = ALPHABET[word >> 12 & 63];
		*at++ = left > 1 ? ALPHABET[word >> 6 & 63] : '=';
		*at++ = left > 2 ? ALPHABET[word & 63] : '=';
	}
	return (size_t)(at - out);
}

void wr_base64_add(struct wr_text *text, const char *data, size_t len)
{
	char *out = wr_text_reserve(text, (len + 2) / 3 * 4);

	text->len += base64_write(out, data, len);
	text->data[text->len] = '\0';
}

wr_status *wr_fn_to_base64(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		uint64_t len = ((uint64_t)s.len + 2) / 3 * 4;
		if (!wr_str_fits(eval, call, i, len))
			continue;
		char *data = wr_strout_reserve(&writer, len);
		wr_strout_commit(&writer, i, (uint32_t)base64_write(data, s.data, s.len));
	}
	return NULL;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes as java.util.Base64's basic decoder does: padding may be missing but not wrong. Returns
 * the bytes, or SIZE_MAX with the reason in *why. */
static size_t base64_read(char *out, struct wr_str s, const char **why)
{
	size_t len = 0, at = 0;
	uint32_t word = 0, digits = 0;

	for (; at < s.len && s.data[at] != '='; at++) {
		int digit = base64_digit((uint8_t)s.data[at]);
		*why = "it has a character that is not of the base64 alphabet";
		if (digit < 0)
			return SIZE_MAX;
		word = word << 6 | (uint32_t)digit;
		if (++digits == 4) {
			out[len++] = (char)(word >> 16);
			out[len++] = (char)(word >> 8);
			out[len++] = (char)word;
			word = digits = 0;
		}
	}
	size_t padding = s.len - at;
	*why = "its padding is wrong";
	if (digits == 1 || (padding > 0 && (digits < 2 || padding != 4 - digits)))
		return SIZE_MAX;
	for (; at < s.len; at++) {
		if (s.data[at] != '=')
			return SIZE_MAX;
	}
	if (digits >= 2)
		out[len++] = (char)(word >> (digits == 2 ? 4 : 10));
	if (digits == 3)
		out[len++] = (char)(word >> 2);
	return len;
}

wr_status *wr_fn_from_base64(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	(void)call;
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		const char *why = NULL;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		char *data = wr_strout_reserve(&writer, s.len + 3);
		size_t len = base64_read(data, s, &why);
		if (len == SIZE_MAX)
			wr_eval_fail(eval, i, "FROM_BASE64: '%.*s' is not base64: %s",
				     (int)WR_MIN(s.len, 60), s.data, why);
		else
			wr_strout_commit(&writer, i, (uint32_t)len);
	}
	return NULL;
}

/* --- character sets --------------------------------------------------------------------------- */

enum charset {
	CHARSET_NONE, /* unknown */
	CHARSET_ASCII,
	CHARSET_LATIN1,
	CHARSET_UTF8,
	CHARSET_UTF16, /* big-endian with a byte order mark */
	CHARSET_UTF16BE,
	CHARSET_UTF16LE
};

/* The character sets that Java has everywhere, with their usual other names. */
static enum charset charset_of(struct wr_str name)
{
	static const struct {
		const char *name;
		enum charset charset;
	} known[] = {
	    {"UTF-8", CHARSET_UTF8},        {"UTF8", CHARSET_UTF8},
	    {"US-ASCII", CHARSET_ASCII},    {"ASCII", CHARSET_ASCII},
	    {"ISO-8859-1", CHARSET_LATIN1}, {"ISO8859_1", CHARSET_LATIN1},
	    {"LATIN1", CHARSET_LATIN1},     {"ISO8859-1", CHARSET_LATIN1},
	    {"UTF-16", CHARSET_UTF16},      {"UTF16", CHARSET_UTF16},
	    {"UTF-16BE", CHARSET_UTF16BE},  {"UTF_16BE", CHARSET_UTF16BE},
	    {"UTF-16LE", CHARSET_UTF16LE},  {"UTF_16LE", CHARSET_UTF16LE},
	};

	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (wr_str_eq_nocase(name, known[i].name))
			return known[i].charset;
	}
	return CHARSET_NONE;
}

static void fail_charset(struct wr_eval *eval, const struct wr_call *call, uint32_t row,
			 struct wr_str name)
{
	wr_eval_fail(eval, row,
		     "%s: unknown character set '%.*s'; use US-ASCII, ISO-8859-1, UTF-8, UTF-16, "
		     "UTF-16BE or UTF-16LE",
		     call->function->name, (int)WR_MIN(name.len, 40), name.data);
}

/* Writes `code` in a two-byte form (surrogate pairs where needed). */
static size_t put_utf16(char *out, uint32_t code, bool big)
{
	uint16_t unit[2] = {(uint16_t)code, 0};
	size_t units = 1, len = 0;

	if (code >= 0x10000) {
		unit[0] = (uint16_t)(0xd7c0 + (code >> 10));
		unit[1] = (uint16_t)(0xdc00 | (code & 0x3ff));
		units = 2;
	}
	for (size_t i = 0; i < units; i++) {
		out[len++] = (char)(big ? unit[i] >> 8 : unit[i]);
		out[len++] = (char)(big ? unit[i] : unit[i] >> 8);
	}
	return len;
}

/* `s` in `charset`; what it cannot hold becomes '?'. Room: 4 bytes a byte, plus 2. */
static size_t encode(char *out, struct wr_str s, enum charset charset)
{
	size_t len = 0;
	uint32_t size;

	if (charset == CHARSET_UTF16 && s.len > 0) {
		memcpy(out, "\xfe\xff", 2);
		len = 2;
	}
	for (size_t at = 0; at < s.len; at += size) {
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		if (charset == CHARSET_UTF8)
			len += wr_utf_encode(out + len, code);
		else if (charset == CHARSET_ASCII || charset == CHARSET_LATIN1)
			out[len++] =
			    (char)(code < (charset == CHARSET_ASCII ? 0x80u : 0x100u) ? code : '?');
		else
			len += put_utf16(out + len, code, charset != CHARSET_UTF16LE);
	}
	return len;
}

wr_status *wr_fn_encode(struct wr_eval *eval, const struct wr_call *call,
			struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), name = wr_str_at(arg[1], i);
		enum charset charset = charset_of(name);
		if (charset == CHARSET_NONE) {
			fail_charset(eval, call, i, name);
			continue;
		}
		if (!wr_str_fits(eval, call, i, (uint64_t)s.len * 4))
			continue;
		char *data = wr_strout_reserve(&writer, s.len * 4 + 2);
		size_t len = encode(data, s, charset);
		wr_strout_commit(&writer, i, (uint32_t)len);
	}
	return NULL;
}

/* Two-byte text to UTF-8; a lone half or byte becomes U+FFFD. */
static size_t decode_utf16(char *out, struct wr_str s, bool big)
{
	const uint8_t *byte = (const uint8_t *)s.data;
	size_t len = 0, i = 0;

	for (; i + 1 < s.len; i += 2) {
		uint32_t unit = big ? byte[i] << 8 | byte[i + 1] : byte[i + 1] << 8 | byte[i];
		uint32_t next = 0;
		if (unit >= 0xd800 && unit < 0xdc00 && i + 3 < s.len)
			next =
			    big ? byte[i + 2] << 8 | byte[i + 3] : byte[i + 3] << 8 | byte[i + 2];
		if (next >= 0xdc00 && next < 0xe000) {
			unit = 0x10000 + ((unit & 0x3ff) << 10 | (next & 0x3ff));
			i += 2;
		} else if (unit >= 0xd800 && unit < 0xe000) {
			unit = 0xfffd;
		}
		len += wr_utf_encode(out + len, unit);
	}
	if (i < s.len)
		len += wr_utf_encode(out + len, 0xfffd);
	return len;
}

/* Bytes of `charset` as UTF-8. Room: 3 bytes a byte, plus 3. */
static size_t decode(char *out, struct wr_str s, enum charset charset)
{
	size_t len = 0;
	uint32_t size = 1;

	if (charset == CHARSET_UTF16 && s.len >= 2 && memcmp(s.data, "\xff\xfe", 2) == 0)
		return decode_utf16(out, (struct wr_str){s.data + 2, s.len - 2}, false);
	if (charset == CHARSET_UTF16 && s.len >= 2 && memcmp(s.data, "\xfe\xff", 2) == 0)
		return decode_utf16(out, (struct wr_str){s.data + 2, s.len - 2}, true);
	if (charset >= CHARSET_UTF16)
		return decode_utf16(out, s, charset != CHARSET_UTF16LE);
	for (size_t at = 0; at < s.len; at += size) {
		uint32_t code = (uint8_t)s.data[at];
		if (charset == CHARSET_UTF8)
			code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		else if (charset == CHARSET_ASCII && code >= 0x80)
			code = 0xfffd;
		len += wr_utf_encode(out + len, code);
	}
	return len;
}

wr_status *wr_fn_decode(struct wr_eval *eval, const struct wr_call *call,
			struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), name = wr_str_at(arg[1], i);
		enum charset charset = charset_of(name);
		if (charset == CHARSET_NONE) {
			fail_charset(eval, call, i, name);
			continue;
		}
		if (!wr_str_fits(eval, call, i, (uint64_t)s.len * 3))
			continue;
		char *data = wr_strout_reserve(&writer, s.len * 3 + 3);
		wr_strout_commit(&writer, i, (uint32_t)decode(data, s, charset));
	}
	return NULL;
}
