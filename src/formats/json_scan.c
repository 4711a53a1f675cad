/* SPDX-License-Identifier: Apache-2.0
 *
 * json_scan - strings, numbers and whole values of JSON.
 */
#include "formats/json_scan.h"

#include "base/limits.h"
#include "data/utf8.h"

/* Value of a hexadecimal digit, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits, or -1. */
static int hex4(const char *p)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* The byte behind the escape at `p` (a backslash), or NULL. */
static const char *skip_escape(const char *p)
{
	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't': return p + 2;
	case 'u': return hex4(p + 2) >= 0 ? p + 6 : NULL;
	default: return NULL;
	}
}

/* A string with escapes, with bytes beyond ASCII, or broken. */
const char *wr_json_string_slow(const char *p, struct wr_json_string *out,
				struct wr_json_fault *fault)
{
	const char *start = p + 1;
	bool other = false;
	bool escaped = false;

	for (p = start;;) {
		p = wr_scan_json_string(p, &other);
		if (*p == '"')
			break;
		escaped = true;
		const char *next = *p == '\\' ? skip_escape(p) : NULL;
		if (next == NULL)
			return wr_json_broken(fault, p);
		p = next;
	}
	*out = (struct wr_json_string){start, (size_t)(p - start), escaped};
	if (other && !wr_utf8_valid(start, out->len)) {
		*fault = (struct wr_json_fault){WR_JSON_ENCODING, start - 1};
		return NULL;
	}
	return p + 1;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *skip_digits(const char *p)
{
	while (is_digit(*p))
		p++;
	return p;
}

const char *wr_json_number(const char *p, bool *integer, struct wr_json_fault *fault)
{
	*integer = true;
	p += *p == '-';
	if (*p == '0')
		p++;
	else if (is_digit(*p))
		p = skip_digits(p);
	else
		return wr_json_broken(fault, p);
	if (*p == '.') {
		*integer = false;
		if (!is_digit(*++p))
			return wr_json_broken(fault, p);
		p = skip_digits(p);
	}
	if (*p == 'e' || *p == 'E') {
		*integer = false;
		p++;
		p += *p == '+' || *p == '-';
		if (!is_digit(*p))
			return wr_json_broken(fault, p);
		p = skip_digits(p);
	}
	return p;
}

/* A string, number or word; NULL: not one. */
static inline const char *skip_scalar(const char *p, struct wr_json_fault *fault)
{
	struct wr_json_string string;
	bool integer;

	switch (*p) {
	case '"': return wr_json_string(p, &string, fault);
	case 't': return memcmp(p, "true", 4) == 0 ? p + 4 : wr_json_broken(fault, p);
	case 'f': return memcmp(p, "false", 5) == 0 ? p + 5 : wr_json_broken(fault, p);
	case 'n': return memcmp(p, "null", 4) == 0 ? p + 4 : wr_json_broken(fault, p);
	default: return wr_json_number(p, &integer, fault);
	}
}

/* A key and its colon, with the space around; `p` is at the quote. */
static inline const char *skip_key(const char *p, struct wr_json_fault *fault)
{
	struct wr_json_string key;

	if (*p != '"')
		return wr_json_broken(fault, p);
	if ((p = wr_json_string(p, &key, fault)) == NULL)
		return NULL;
	p = wr_json_space(p);
	return *p == ':' ? wr_json_space(p + 1) : wr_json_broken(fault, p);
}

/* Walks over nested values without recursion: `kinds` remembers which of the open ones are objects.
 * Every turn of the loop stands at the beginning of a value. */
static const char *skip_nested(const char *p, struct wr_json_fault *fault)
{
	bool kinds[WR_JSON_NESTING_MAX + 1];
	int depth = 0;

	for (;;) {
		if (*p == '{' || *p == '[') {
			bool object = *p == '{';
			p = wr_json_space(p + 1);
			if (*p != (object ? '}' : ']')) {
				if (depth == WR_JSON_NESTING_MAX) {
					*fault = (struct wr_json_fault){WR_JSON_DEPTH, p};
					return NULL;
				}
				kinds[depth++] = object;
				if (object && (p = skip_key(p, fault)) == NULL)
					return NULL;
				continue;
			}
			p++;
		} else if ((p = skip_scalar(p, fault)) == NULL) {
			return NULL;
		}
		/* A value has ended: close what ends with it, or go on to the next one. */
		for (;;) {
			if (depth == 0)
				return p;
			p = wr_json_space(p);
			bool object = kinds[depth - 1];
			if (*p == ',') {
				p = wr_json_space(p + 1);
				if (object && (p = skip_key(p, fault)) == NULL)
					return NULL;
				break;
			}
			if (*p != (object ? '}' : ']'))
				return wr_json_broken(fault, p);
			p++;
			depth--;
		}
	}
}

const char *wr_json_skip(const char *p, struct wr_json_fault *fault)
{
	return *p == '{' || *p == '[' ? skip_nested(p, fault) : skip_scalar(p, fault);
}

/* --- what strings stand for ------------------------------------------------------------------- */

static char *put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xC0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3F));
	} else if (code < 0x10000) {
		*out++ = (char)(0xE0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3F));
		*out++ = (char)(0x80 | (code & 0x3F));
	} else {
		*out++ = (char)(0xF0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3F));
		*out++ = (char)(0x80 | (code >> 6 & 0x3F));
		*out++ = (char)(0x80 | (code & 0x3F));
	}
	return out;
}

/* The character of \uXXXX at `p` (behind the backslash), which may take a second escape. */
static const char *unescape_unicode(const char *p, char **out)
{
	uint32_t code = (uint32_t)hex4(p + 1);

	p += 5;
	if (code >= 0xD800 && code < 0xDC00 && p[0] == '\\' && p[1] == 'u') {
		uint32_t low = (uint32_t)hex4(p + 2);
		if (low >= 0xDC00 && low < 0xE000) {
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
			p += 6;
		}
	}
	*out = put_utf8(*out, code >= 0xD800 && code < 0xE000 ? '?' : code);
	return p;
}

size_t wr_json_unescape(char *out, const struct wr_json_string *string)
{
	const char *p = string->data;
	const char *end = p + string->len;
	char *start = out;

	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((slash != NULL ? slash : end) - p);
		memmove(out, p, plain);
		out += plain;
		p += plain;
		if (slash == NULL)
			break;
		switch (*++p) {
		case 'b': *out++ = '\b'; break;
		case 'f': *out++ = '\f'; break;
		case 'n': *out++ = '\n'; break;
		case 'r': *out++ = '\r'; break;
		case 't': *out++ = '\t'; break;
		case 'u': p = unescape_unicode(p, &out); continue;
		default: *out++ = *p; break;
		}
		p++;
	}
	return (size_t)(out - start);
}

/* --- strings out ------------------------------------------------------------------------------ */

/* Writes the escape of a quote, a backslash or a control character. */
static char *put_escape(char *out, char c)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char letter[32] = {
	    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	*out++ = '\\';
	if (c == '"' || c == '\\') {
		*out++ = c;
	} else if (letter[(uint8_t)c] != 0) {
		*out++ = letter[(uint8_t)c];
	} else {
		memcpy(out, "u00", 3);
		out[3] = hex[(uint8_t)c >> 4];
		out[4] = hex[(uint8_t)c & 15];
		out += 5;
	}
	return out;
}

/* Copies 16 bytes at a time and looks at them on the way; the bytes behind an escape are copied
 * again. */
char *wr_json_quote_into(char *out, const char *data, size_t len)
{
	const char *end = data + len;

	*out++ = '"';
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i slash = _mm_set1_epi8('\\');
	const __m128i low = _mm_set1_epi8(0x1f);
	while (end - data >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)data);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, low), v));
		uint32_t stop = (uint32_t)_mm_movemask_epi8(hit);
		_mm_storeu_si128((__m128i *)(void *)out, v);
		if (WR_LIKELY(stop == 0)) {
			data += 16;
			out += 16;
			continue;
		}
		unsigned plain = (unsigned)__builtin_ctz(stop);
		data += plain;
		out = put_escape(out + plain, *data++);
	}
#endif
	for (; data < end; data++) {
		if (WR_UNLIKELY(*data == '"' || *data == '\\' || (uint8_t)*data < 0x20))
			out = put_escape(out, *data);
		else
			*out++ = *data;
	}
	*out++ = '"';
	return out;
}

void wr_json_quote(struct wr_text *out, const char *data, size_t len)
{
	char *start = wr_text_reserve(out, wr_json_quote_max(len) + 16);
	char *end = wr_json_quote_into(start, data, len);

	*end = '\0';
	out->len += (size_t)(end - start);
}
