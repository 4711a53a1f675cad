/* SPDX-License-Identifier: Apache-2.0
 *
 * json_doc - reads a JSON text into nodes and writes nodes as JSON; json_doc.h says how and why.
 *
 * The reader keeps its place in containers on a stack of its own, so that hostile nesting costs
 * nothing but an error.
 */
#include "expr/json_doc.h"

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/status.h"
#include <stdlib.h>

#define NUMBER_MAX 1000 /* characters of a number, as in Jackson */

/* The reader's place. */
struct reader {
	struct wr_json_doc *doc;
	const char *start; /* of the text */
	const char *at;    /* next byte */
	const char *end;   /* of the text */
};

void wr_json_init(struct wr_json_doc *doc)
{
	*doc = (struct wr_json_doc){0};
	wr_arena_init(&doc->strings);
}

void wr_json_release(struct wr_json_doc *doc)
{
	wr_free(doc->node);
	wr_arena_release(&doc->strings);
	*doc = (struct wr_json_doc){0};
}

static bool fail(struct reader *in, const char *why)
{
	in->doc->error = why;
	in->doc->error_at = (size_t)(in->at - in->start);
	return false;
}

/* A new node behind the others. */
static uint32_t add_node(struct wr_json_doc *doc, enum wr_json_kind kind, const char *text,
			 uint32_t len)
{
	if (doc->count == doc->capacity) {
		doc->capacity = doc->capacity == 0 ? 64 : doc->capacity * 2;
		doc->node = wr_realloc(doc->node, doc->capacity * sizeof *doc->node);
	}
	doc->node[doc->count] = (struct wr_json_node){
	    .kind = (uint8_t)kind, .text = text, .len = len, .end = doc->count + 1};
	return doc->count++;
}

static inline void skip_space(struct reader *in)
{
	while (in->at < in->end &&
	       (*in->at == ' ' || *in->at == '\n' || *in->at == '\t' || *in->at == '\r'))
		in->at++;
}

static inline bool is_digit(const struct reader *in, const char *at)
{
	return at < in->end && *at >= '0' && *at <= '9';
}

/* A number; `root`: white space or the end has to follow. */
static bool read_number(struct reader *in, bool root)
{
	const char *start = in->at;
	enum wr_json_kind kind = WR_JSON_INTEGER;

	if (*in->at == '-')
		in->at++;
	if (!is_digit(in, in->at))
		return fail(in, "a number without digits");
	if (*in->at == '0' && is_digit(in, in->at + 1))
		return fail(in, "a number with leading zeros");
	while (is_digit(in, in->at))
		in->at++;
	if (in->at < in->end && *in->at == '.') {
		kind = WR_JSON_DECIMAL;
		in->at++;
		if (!is_digit(in, in->at))
			return fail(in, "a decimal point without digits behind it");
		while (is_digit(in, in->at))
			in->at++;
	}
	if (in->at < in->end && (*in->at | 0x20) == 'e') {
		kind = WR_JSON_DECIMAL;
		in->at++;
		if (in->at < in->end && (*in->at == '+' || *in->at == '-'))
			in->at++;
		if (!is_digit(in, in->at))
			return fail(in, "an exponent without digits");
		while (is_digit(in, in->at))
			in->at++;
	}
	if (in->at - start > NUMBER_MAX)
		return fail(in, "a number of more than 1,000 characters");
	if (root && in->at < in->end && strchr(" \t\r\n", *in->at) == NULL)
		return fail(in, "a number that does not end");
	add_node(in->doc, kind, start, (uint32_t)(in->at - start));
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits at `at`; -1: they are not. */
static int32_t read_unit(const struct reader *in, const char *at)
{
	int32_t unit = 0;

	if (in->end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(at[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* Writes the code point of a \u escape whose digits begin at in->at; a lone surrogate is '?'. */
static char *read_unicode(struct reader *in, char *out)
{
	int32_t code = read_unit(in, in->at);

	if (code < 0)
		return NULL;
	in->at += 4;
	if (code >= 0xd800 && code < 0xdc00 && in->end - in->at >= 6 && in->at[0] == '\\' &&
	    in->at[1] == 'u') {
		int32_t low = read_unit(in, in->at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			in->at += 6;
			code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
		}
	}
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else if (code >= 0xd800 && code < 0xe000) {
		*out++ = '?';
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* The rest of a string that has escapes; in->at is at the first backslash, `start` at its text. */
static bool read_escaped(struct reader *in, const char *start)
{
	static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
	const char *close = in->at;

	/* room: up to the closing quote, as no escape grows */
	while (close < in->end && *close != '"')
		close += *close == '\\' ? 2 : 1;
	if (close >= in->end)
		return fail(in, "a string without its closing quote");
	char *text = wr_arena_alloc(&in->doc->strings, (size_t)(close - start) + 1), *out = text;
	memcpy(out, start, (size_t)(in->at - start));
	out += in->at - start;
	while (in->at < close) {
		uint8_t c = (uint8_t)*in->at++;
		if (c < 0x20)
			return fail(in, "a control character within a string");
		if (c != '\\') {
			*out++ = (char)c;
			continue;
		}
		char escape = *in->at++;
		const char *known = escape != '\0' ? strchr(FROM, escape) : NULL;
		if (known != NULL) {
			*out++ = TO[known - FROM];
		} else if (escape == 'u') {
			out = read_unicode(in, out);
			if (out == NULL)
				return fail(in, "\\u without four hexadecimal digits");
		} else {
			return fail(in, "an unknown escape within a string");
		}
	}
	in->at = close + 1;
	add_node(in->doc, WR_JSON_STRING, text, (uint32_t)(out - text));
	return true;
}

/* A string; in->at is at its opening quote. */
static bool read_string(struct reader *in)
{
	const char *start = ++in->at;

	while (in->at < in->end) {
		uint8_t c = (uint8_t)*in->at;
		if (c == '"') {
			add_node(in->doc, WR_JSON_STRING, start, (uint32_t)(in->at - start));
			in->at++;
			return true;
		}
		if (c == '\\')
			return read_escaped(in, start);
		if (c < 0x20)
			return fail(in, "a control character within a string");
		in->at++;
	}
	return fail(in, "a string without its closing quote");
}

/* true, false or null, not followed by more of a word. */
static bool read_word(struct reader *in, const char *word, enum wr_json_kind kind)
{
	size_t len = strlen(word);

	if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0)
		return fail(in, "a word that is not true, false or null");
	in->at += len;
	if (in->at < in->end) {
		uint8_t c = (uint8_t)*in->at;
		bool letter = (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10;
		if (letter || c == '_' || c == '$' || c >= 0x80)
			return fail(in, "a word that is not true, false or null");
	}
	add_node(in->doc, kind, NULL, 0);
	return true;
}

/* A value that is no container. */
static bool read_scalar(struct reader *in, bool root)
{
	switch (*in->at) {
	case '"': return read_string(in);
	case 't': return read_word(in, "true", WR_JSON_TRUE);
	case 'f': return read_word(in, "false", WR_JSON_FALSE);
	case 'n': return read_word(in, "null", WR_JSON_NULL);
	case '-': return read_number(in, root);
	default:
		if (is_digit(in, in->at))
			return read_number(in, root);
		return fail(in, "a character that begins no value");
	}
}

/* A key and its colon. */
static bool read_key(struct reader *in)
{
	skip_space(in);
	if (in->at >= in->end || *in->at != '"')
		return fail(in, "a member of an object without a key in quotes");
	if (!read_string(in))
		return false;
	skip_space(in);
	if (in->at >= in->end || *in->at != ':')
		return fail(in, "a key without a colon");
	in->at++;
	return true;
}

/* Behind a value: commas go on, brackets close, as far as they do. *open: depth left. */
static bool after_value(struct reader *in, const uint32_t *stack, uint32_t *open)
{
	struct wr_json_doc *doc = in->doc;

	while (*open > 0) {
		struct wr_json_node *parent = &doc->node[stack[*open - 1]];
		bool is_object = parent->kind == WR_JSON_OBJECT;
		skip_space(in);
		if (in->at >= in->end)
			return fail(in, "an array or object that does not end");
		char c = *in->at++;
		if (c == ',')
			return !is_object || read_key(in);
		if (c != (is_object ? '}' : ']')) {
			in->at--;
			return fail(in, "something other than a comma or a closing bracket");
		}
		parent->end = doc->count;
		(*open)--;
	}
	return true;
}

bool wr_json_parse(struct wr_json_doc *doc, const char *text, size_t len)
{
	struct reader in = {doc, text, text, text + len};
	uint32_t stack[WR_JSON_NESTING_MAX];
	uint32_t open = 0;

	doc->count = 0;
	doc->error = NULL;
	wr_arena_reset(&doc->strings);
	do {
		skip_space(&in);
		if (in.at >= in.end)
			return fail(&in,
				    open > 0 ? "an array or object that does not end" : "no value");
		char c = *in.at;
		if (open > 0)
			doc->node[stack[open - 1]].count++;
		if (c != '[' && c != '{') {
			if (!read_scalar(&in, open == 0))
				return false;
		} else {
			bool is_object = c == '{';
			if (open == WR_JSON_NESTING_MAX)
				return fail(&in, "arrays and objects nested too deeply");
			stack[open++] =
			    add_node(doc, is_object ? WR_JSON_OBJECT : WR_JSON_ARRAY, NULL, 0);
			in.at++;
			skip_space(&in);
			if (in.at < in.end && *in.at == (is_object ? '}' : ']')) {
				in.at++;
				open--;
			} else {
				if (is_object && !read_key(&in))
					return false;
				continue;
			}
		}
		if (!after_value(&in, stack, &open))
			return false;
	} while (open > 0);
	return true;
}

/* --- access ----------------------------------------------------------------------------------- */

static struct wr_str text_of(const struct wr_json_doc *doc, uint32_t index)
{
	return (struct wr_str){doc->node[index].text, doc->node[index].len};
}

uint32_t wr_json_get(const struct wr_json_doc *doc, uint32_t object, struct wr_str key)
{
	uint32_t found = UINT32_MAX;

	WR_ASSERT(doc->node[object].kind == WR_JSON_OBJECT);
	for (uint32_t i = object + 1; i < doc->node[object].end; i = doc->node[i + 1].end) {
		if (doc->node[i].len == key.len &&
		    memcmp(doc->node[i].text, key.data, key.len) == 0)
			found = i + 1;
	}
	return found;
}

/* Ranks bytes so that characters of four bytes sort before U+E000..U+FFFF, as surrogates do. */
static int unit_rank(uint8_t byte)
{
	return byte >= 0xf0 ? 0xed * 2 + 1 : byte * 2;
}

int wr_json_compare_keys(struct wr_str a, struct wr_str b)
{
	size_t shared = WR_MIN(a.len, b.len);

	for (size_t i = 0; i < shared; i++) {
		uint8_t x = (uint8_t)a.data[i], y = (uint8_t)b.data[i];
		if (x == y)
			continue;
		if ((x >= 0xf0) != (y >= 0xf0))
			return unit_rank(x) < unit_rank(y) ? -1 : 1;
		return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

struct ranked {
	struct wr_str key;
	struct wr_json_member member;
	uint32_t place; /* order of appearance */
};

static int by_key(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int order = wr_json_compare_keys(a->key, b->key);

	return order != 0 ? order : a->place < b->place ? -1 : a->place > b->place;
}

static int by_place(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return a->place < b->place ? -1 : a->place > b->place;
}

struct wr_json_member *wr_json_members(const struct wr_json_doc *doc, uint32_t object, bool sorted,
				       struct wr_arena *arena, uint32_t *count)
{
	uint32_t members = doc->node[object].count, kept = 0;
	struct ranked *all = WR_NEW_ARRAY(arena, struct ranked, members + 1);
	struct wr_json_member *out = WR_NEW_ARRAY(arena, struct wr_json_member, members + 1);
	uint32_t n = 0;

	for (uint32_t i = object + 1; i < doc->node[object].end; i = doc->node[i + 1].end, n++)
		all[n] = (struct ranked){text_of(doc, i), {i, i + 1}, n};
	WR_ASSERT(n == members);
	qsort(all, n, sizeof *all, by_key);
	for (uint32_t i = 0; i < n; i++) {
		if (kept > 0 && wr_json_compare_keys(all[kept - 1].key, all[i].key) == 0)
			all[kept - 1].member.value = all[i].member.value;
		else
			all[kept++] = all[i];
	}
	if (!sorted)
		qsort(all, kept, sizeof *all, by_place);
	for (uint32_t i = 0; i < kept; i++)
		out[i] = all[i].member;
	*count = kept;
	return out;
}

/* --- writing ---------------------------------------------------------------------------------- */

void wr_json_write_string(struct wr_text *out, struct wr_str s)
{
	static const char HEX[] = "0123456789ABCDEF";
	size_t from = 0;

	wr_text_putc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.data[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		wr_text_add(out, s.data + from, i - from);
		from = i + 1;
		switch (c) {
		case '"': wr_text_puts(out, "\\\""); break;
		case '\\': wr_text_puts(out, "\\\\"); break;
		case '\b': wr_text_puts(out, "\\b"); break;
		case '\f': wr_text_puts(out, "\\f"); break;
		case '\n': wr_text_puts(out, "\\n"); break;
		case '\r': wr_text_puts(out, "\\r"); break;
		case '\t': wr_text_puts(out, "\\t"); break;
		default:
			wr_text_puts(out, "\\u00");
			wr_text_putc(out, HEX[c >> 4]);
			wr_text_putc(out, HEX[c & 15]);
		}
	}
	wr_text_add(out, s.data + from, s.len - from);
	wr_text_putc(out, '"');
}

/* Appends digits with the point `scale` places from their end (scale >= 0). */
static void write_plain(struct wr_text *out, const char *digits, size_t count, int64_t scale)
{
	int64_t before = (int64_t)count - scale;

	if (before <= 0) {
		wr_text_puts(out, "0.");
		for (; before < 0; before++)
			wr_text_putc(out, '0');
		wr_text_add(out, digits, count);
		return;
	}
	wr_text_add(out, digits, (size_t)before);
	if (scale > 0) {
		wr_text_putc(out, '.');
		wr_text_add(out, digits + before, (size_t)scale);
	}
}

void wr_json_write_decimal(struct wr_text *out, struct wr_str number)
{
	char digits[NUMBER_MAX + 1];
	size_t count = 0, i = 0;
	int64_t scale = 0, exponent = 0;
	bool negative = number.len > 0 && number.data[0] == '-', fraction = false;

	if (negative || (number.len > 0 && number.data[0] == '+'))
		i++;
	for (; i < number.len && (number.data[i] | 0x20) != 'e'; i++) {
		char c = number.data[i];
		if (c == '.') {
			fraction = true;
			continue;
		}
		scale += fraction;
		if ((c != '0' || count > 0) && count < NUMBER_MAX)
			digits[count++] = c;
	}
	if (i < number.len) {
		bool down = i + 1 < number.len && number.data[i + 1] == '-';
		for (i++; i < number.len; i++) {
			if (number.data[i] >= '0' && number.data[i] <= '9' && exponent < INT32_MAX)
				exponent = exponent * 10 + (number.data[i] - '0');
		}
		exponent = down ? -exponent : exponent;
	}
	scale -= exponent;
	if (count == 0)
		digits[count++] = '0';
	else if (negative)
		wr_text_putc(out, '-');
	int64_t adjusted = (int64_t)count - 1 - scale;
	if (scale >= 0 && adjusted >= -6) {
		write_plain(out, digits, count, scale);
		return;
	}
	wr_text_putc(out, digits[0]);
	if (count > 1) {
		wr_text_putc(out, '.');
		wr_text_add(out, digits + 1, count - 1);
	}
	if (adjusted != 0)
		wr_text_printf(out, "E%+lld", (long long)adjusted);
}

static void write_node(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		       struct wr_arena *arena);

static void write_object(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
			 struct wr_arena *arena)
{
	uint32_t count;
	struct wr_json_member *member = wr_json_members(doc, index, true, arena, &count);

	wr_text_putc(out, '{');
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			wr_text_putc(out, ',');
		wr_json_write_string(out, text_of(doc, member[i].key));
		wr_text_putc(out, ':');
		write_node(out, doc, member[i].value, arena);
	}
	wr_text_putc(out, '}');
}

/* Recursion is bounded by the reader's nesting limit. */
static void write_node(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		       struct wr_arena *arena)
{
	const struct wr_json_node *node = &doc->node[index];

	switch ((enum wr_json_kind)node->kind) {
	case WR_JSON_NULL: wr_text_puts(out, "null"); break;
	case WR_JSON_TRUE: wr_text_puts(out, "true"); break;
	case WR_JSON_FALSE: wr_text_puts(out, "false"); break;
	case WR_JSON_INTEGER:
	case WR_JSON_DECIMAL: wr_json_write_decimal(out, text_of(doc, index)); break;
	case WR_JSON_STRING: wr_json_write_string(out, text_of(doc, index)); break;
	case WR_JSON_OBJECT: write_object(out, doc, index, arena); break;
	case WR_JSON_ARRAY:
		wr_text_putc(out, '[');
		for (uint32_t i = index + 1; i < node->end; i = doc->node[i].end) {
			if (i > index + 1)
				wr_text_putc(out, ',');
			write_node(out, doc, i, arena);
		}
		wr_text_putc(out, ']');
		break;
	}
}

void wr_json_write(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		   struct wr_arena *arena)
{
	write_node(out, doc, index, arena);
}
