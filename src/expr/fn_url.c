/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_url - PARSE_URL, URL_ENCODE, URL_DECODE.
 *
 * PARSE_URL takes a URL apart as java.net.URL does: the protocols it knows are http, https, ftp,
 * file, jar and mailto; anything else is no URL and gives NULL. The parts are views into the
 * argument.
 */
#include "expr/fn_string.h"

#include <strings.h>

/* --- PARSE_URL -------------------------------------------------------------------------------- */

/* The parts of a URL; data NULL: it has none. */
struct url {
	struct wr_str protocol; /* as written */
	struct wr_str authority, user, host, path, query, ref;
};

static struct wr_str between(const char *start, const char *end)
{
	return (struct wr_str){start, (size_t)(end - start)};
}

static const char *find(const char *start, const char *end, char c)
{
	const char *hit = start < end ? memchr(start, c, (size_t)(end - start)) : NULL;

	return hit != NULL ? hit : end;
}

/* Integer.parseInt of a port; an empty one is allowed. */
static bool port_ok(const char *at, const char *end)
{
	int64_t value = 0;
	bool digits = false;

	if (at == end)
		return true;
	if (*at == '+' || *at == '-') {
		/* -1 means none to java.net.URL; less is refused */
		if (*at == '-')
			return end - at == 2 && (at[1] == '1' || at[1] == '0');
		at++;
	}
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		value = value * 10 + (*at - '0');
		digits = true;
		if (value > INT32_MAX)
			return false;
	}
	return digits;
}

/* [user@]host[:port] */
static bool read_authority(struct url *url, const char *at, const char *end)
{
	const char *sign = find(at, end, '@');

	url->authority = between(at, end);
	if (sign < end) {
		if (find(sign + 1, end, '@') < end) {
			url->host = between(end, end); /* more than one @: no host, no user */
			return true;
		}
		url->user = between(at, sign);
		at = sign + 1;
	}
	if (at < end && *at == '[') {
		const char *close = find(at, end, ']');
		if (close == end || close - at <= 2)
			return false;
		for (const char *c = at + 1; c < close; c++) {
			if (strchr("0123456789abcdefABCDEF:.%", *c) == NULL || *c == '\0')
				return false;
		}
		url->host = between(at, close + 1);
		return close + 1 == end || (close[1] == ':' && port_ok(close + 2, end));
	}
	const char *colon = find(at, end, ':');
	url->host = between(at, colon);
	return colon == end || port_ok(colon + 1, end);
}

/* What follows a protocol that has hosts. */
static bool read_hierarchy(struct url *url, const char *at, const char *end)
{
	const char *question = find(at, end, '?');
	bool is_unc = end - at >= 4 && memcmp(at, "////", 4) == 0;

	if (question < end) {
		url->query = between(question + 1, end);
		end = question;
	}
	url->host = between(at, at);
	if (!is_unc && end - at >= 2 && at[0] == '/' && at[1] == '/') {
		at += 2;
		const char *slash = find(at, end, '/');
		if (!read_authority(url, at, slash))
			return false;
		at = slash;
	}
	url->path = between(at, end);
	return true;
}

/* jar: and mailto:, whose path is all the rest up to the last question mark. */
static bool read_opaque(struct url *url, const char *at, const char *end, bool is_jar)
{
	const char *question = memrchr(at, '?', (size_t)(end - at));
	const char *mark = at;

	while (mark < end && (uint8_t)*mark <= ' ')
		mark++;
	if (mark == end)
		return false;
	if (is_jar && memmem(at, (size_t)(end - at), "!/", 2) == NULL)
		return false;
	url->host = between(at, at);
	url->path = between(at, question != NULL ? question : end);
	if (question != NULL)
		url->query = between(question + 1, end);
	return true;
}

/* Whether a name of letters, digits, '.', '+', '-' is one of the protocols. */
static bool protocol_known(struct wr_str name)
{
	static const char *const known[] = {"http", "https", "ftp", "file", "jar", "mailto"};

	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (wr_str_eq_nocase(name, known[i]))
			return true;
	}
	return false;
}

static bool parse(struct url *url, struct wr_str s)
{
	const char *at = s.data, *end = s.data + s.len;

	*url = (struct url){0};
	while (at < end && (uint8_t)end[-1] <= ' ')
		end--;
	while (at < end && (uint8_t)*at <= ' ')
		at++;
	if (end - at >= 4 && strncasecmp(at, "url:", 4) == 0)
		at += 4;
	const char *colon = find(at, end, ':');
	url->protocol = between(at, colon);
	if (colon == end || !protocol_known(url->protocol))
		return false;
	at = colon + 1;
	const char *hash = find(at, end, '#');
	if (hash < end) {
		url->ref = between(hash + 1, end);
		end = hash;
	}
	bool is_jar = wr_str_eq_nocase(url->protocol, "jar");
	if (is_jar || wr_str_eq_nocase(url->protocol, "mailto"))
		return read_opaque(url, at, end, is_jar);
	return read_hierarchy(url, at, end);
}

/* A part by its name; data NULL: there is none. */
static struct wr_str part_of(const struct url *url, struct wr_str name)
{
	static const char *const names[] = {"HOST",     "PATH", "QUERY",     "REF",
					    "PROTOCOL", "FILE", "AUTHORITY", "USERINFO"};
	const struct wr_str parts[] = {url->host,     url->path, url->query,     url->ref,
				       url->protocol, url->path, url->authority, url->user};

	for (size_t i = 0; i < WR_COUNT(names); i++) {
		if (!wr_str_eq(name, names[i]))
			continue;
		struct wr_str part = parts[i];
		if (i == 5 && url->query.data != NULL) /* FILE: path and query */
			part.len = (size_t)(url->query.data + url->query.len - part.data);
		return part;
	}
	return (struct wr_str){NULL, 0};
}

/* The value of `key` in a query: between "key=" at its start or behind a &, and the next &. */
static struct wr_str query_value(struct wr_str query, struct wr_str key)
{
	const char *at = query.data, *end = query.data + query.len;

	while (at != NULL) {
		if ((size_t)(end - at) > key.len && memcmp(at, key.data, key.len) == 0 &&
		    at[key.len] == '=')
			return between(at + key.len + 1, find(at + key.len + 1, end, '&'));
		at = find(at, end, '&');
		at = at < end ? at + 1 : NULL;
	}
	return (struct wr_str){NULL, 0};
}

static wr_status *parse_url(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		struct url url;
		struct wr_str part = {NULL, 0};
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str name = wr_str_at(arg[1], i);
		if (parse(&url, wr_str_at(arg[0], i)))
			part = part_of(&url, name);
		if (call->arg_count > 2)
			part = wr_str_eq(name, "QUERY") && part.data != NULL
				   ? query_value(part, wr_str_at(arg[2], i))
				   : (struct wr_str){NULL, 0};
		if (part.data == NULL) {
			wr_out_null(out, i);
		} else if (part.data == url.protocol.data) {
			char *data = wr_strout_reserve(&writer, part.len);
			for (size_t k = 0; k < part.len; k++)
				data[k] = (char)(part.data[k] | 0x20);
			wr_strout_commit(&writer, i, (uint32_t)part.len);
		} else {
			wr_out_part(out, i, part);
		}
	}
	return NULL;
}

/* --- URL_ENCODE, URL_DECODE ------------------------------------------------------------------- */

static wr_status *url_encode(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	static const char HEX[] = "0123456789ABCDEF";
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (!wr_str_fits(eval, call, i, (uint64_t)s.len * 3))
			continue;
		char *data = wr_strout_reserve(&writer, s.len * 9), *at = data;
		uint32_t size;
		for (size_t k = 0; k < s.len; k += size) {
			char bytes[4];
			uint32_t code =
			    wr_utf_decode((struct wr_str){s.data + k, s.len - k}, &size);
			bool plain = (code | 0x20) - 'a' < 26 || code - '0' < 10 || code == '.' ||
				     code == '-' || code == '*' || code == '_';
			if (plain || code == ' ') {
				*at++ = code == ' ' ? '+' : (char)code;
				continue;
			}
			uint32_t count = wr_utf_encode(bytes, code);
			for (uint32_t b = 0; b < count; b++) {
				*at++ = '%';
				*at++ = HEX[(uint8_t)bytes[b] >> 4];
				*at++ = HEX[(uint8_t)bytes[b] & 15];
			}
		}
		wr_strout_commit(&writer, i, (uint32_t)(at - data));
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

/* Reads a run of %XX at *at into bytes; false: one of them is malformed. */
static bool read_escapes(struct wr_str s, size_t *at, char *bytes, size_t *count)
{
	*count = 0;
	while (*at < s.len && s.data[*at] == '%') {
		int high = *at + 2 < s.len ? hex_digit(s.data[*at + 1]) : -1;
		int low = *at + 2 < s.len ? hex_digit(s.data[*at + 2]) : -1;
		if (*at + 2 < s.len && s.data[*at + 1] == '+')
			high = 0; /* Integer.parseInt takes a sign */
		if (high < 0 || low < 0)
			return false;
		bytes[(*count)++] = (char)(high * 16 + low);
		*at += 3;
	}
	return true;
}

/* Decodes into `out` (3 bytes a byte); SIZE_MAX: malformed. */
static size_t decode(char *out, struct wr_str s, char *bytes)
{
	size_t len = 0, count;
	uint32_t size;

	for (size_t at = 0; at < s.len;) {
		if (s.data[at] != '%') {
			out[len++] = s.data[at] == '+' ? ' ' : s.data[at];
			at++;
			continue;
		}
		if (!read_escapes(s, &at, bytes, &count))
			return SIZE_MAX;
		for (size_t k = 0; k < count; k += size) {
			uint32_t code = wr_utf_decode((struct wr_str){bytes + k, count - k}, &size);
			len += wr_utf_encode(out + len, code);
		}
	}
	return len;
}

static wr_status *url_decode(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	(void)call;
	wr_strout_init(&writer, out);
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (memchr(s.data, '%', s.len) == NULL && memchr(s.data, '+', s.len) == NULL) {
			wr_out_part(out, i, s);
			continue;
		}
		char *bytes = wr_arena_alloc(wr_eval_arena(eval), s.len / 3 + 1);
		size_t len = decode(wr_strout_reserve(&writer, s.len), s, bytes);
		if (len == SIZE_MAX)
			wr_out_null(out, i);
		else
			wr_strout_commit(&writer, i, (uint32_t)len);
	}
	return NULL;
}

/* --- the functions ---------------------------------------------------------------------------- */

static const struct wr_function fn_parse_url = {
    .name = "PARSE_URL",
    .category = "string",
    .syntax = "PARSE_URL(url, part[, key])",
    .doc = "A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO; with a "
	   "key the value of it in the QUERY.",
    .flags = WR_F_STRICT | WR_F_NULLABLE,
    .min_args = 2,
    .max_args = 3,
    .infer = wr_infer_string_to_string,
    .kernel = parse_url,
};
static const struct wr_function fn_url_encode = {
    .name = "URL_ENCODE",
    .category = "string",
    .syntax = "URL_ENCODE(string)",
    .doc = "The string as form data (application/x-www-form-urlencoded, UTF-8).",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE,
    .min_args = 1,
    .max_args = 1,
    .infer = wr_infer_string_to_string,
    .kernel = url_encode,
};
static const struct wr_function fn_url_decode = {
    .name = "URL_DECODE",
    .category = "string",
    .syntax = "URL_DECODE(string)",
    .doc = "The string that the form data stands for; NULL if it is malformed.",
    .flags = WR_F_STRICT | WR_F_NULLABLE,
    .min_args = 1,
    .max_args = 1,
    .infer = wr_infer_string_to_string,
    .kernel = url_decode,
};

const struct wr_function *const wr_fn_url[] = {&fn_parse_url, &fn_url_encode, &fn_url_decode};
const uint32_t wr_fn_url_count = WR_COUNT(wr_fn_url);
