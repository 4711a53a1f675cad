/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_like - LIKE and SIMILAR TO.
 *
 * A LIKE pattern is cut at its % signs into segments of bytes and single-character holes (_). The
 * first segment must stand at the start, the last one at the end, those between are searched from
 * left to right, each at its first place: with nothing but % between them that is enough, there is
 * no backtracking. 'abc%', '%abc', '%abc%' and 'abc' fall out as one memcmp or memmem.
 *
 * SIMILAR TO becomes a PCRE2 pattern that must match the whole string.
 *
 * A constant pattern is compiled once per worker, one that comes with the rows whenever it changes.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/text.h"
#include "expr/kernel.h"
#include "expr/tables.h"

/* An escape is one UTF-16 unit, as in Java: a character outside of the BMP is none. */
static bool is_escape(struct wr_str escape)
{
	unsigned char first = escape.len > 0 ? (unsigned char)escape.data[0] : 0;

	return escape.len <= 1 || (escape.len == 2 && first >= 0xC0 && first < 0xE0) ||
	       (escape.len == 3 && first >= 0xE0 && first < 0xF0);
}

/* Whether the escape stands at i; an empty one never does. */
static bool escape_here(struct wr_str pattern, size_t i, struct wr_str escape)
{
	return escape.len > 0 && pattern.len - i >= escape.len &&
	       memcmp(pattern.data + i, escape.data, escape.len) == 0;
}

/* --- LIKE
 * ----------------------------------------------------------------------------------------- */

struct segment {
	const char *bytes; /* with a 0 in each hole */
	const char *hole;  /* 1 where any one character goes; NULL: no holes */
	uint32_t len;      /* bytes and holes */
};

struct like {
	bool has_percent;        /* there is at least one %: segments are first, middle..., last */
	uint32_t count;          /* segments; 1 without % */
	struct segment *segment; /* in order; empty middle ones are left out */
};

static const char *const bad_escape = "Invalid escape in the pattern '%.*s'.";

/* Cuts a pattern. escape: one character, or empty. false: a misplaced escape. */
static bool like_compile(struct wr_arena *arena, struct wr_str pattern, struct wr_str escape,
			 struct like *like)
{
	char *bytes = wr_arena_zalloc(arena, pattern.len + 1);
	char *hole = wr_arena_zalloc(arena, pattern.len + 1);
	uint32_t start = 0, n = 0;
	bool holes = false;

	*like = (struct like){0};
	if (!is_escape(escape))
		return false;
	like->segment = WR_NEW_ARRAY(arena, struct segment, pattern.len + 2);
	for (size_t i = 0; i < pattern.len; i++) {
		char c = pattern.data[i];
		if (escape_here(pattern, i, escape)) {
			i += escape.len;
			if (i < pattern.len && escape_here(pattern, i, escape)) {
				memcpy(bytes + n, escape.data, escape.len);
				n += (uint32_t)escape.len;
				i += escape.len - 1;
				continue;
			}
			if (i == pattern.len || (pattern.data[i] != '%' && pattern.data[i] != '_'))
				return false;
			bytes[n++] = pattern.data[i];
		} else if (c == '%') {
			if (n > start || like->count == 0)
				like->segment[like->count++] = (struct segment){
				    bytes + start, holes ? hole + start : NULL, n - start};
			like->has_percent = true;
			start = n;
			holes = false;
		} else {
			hole[n] = c == '_';
			holes |= c == '_';
			bytes[n++] = c;
		}
	}
	like->segment[like->count++] =
	    (struct segment){bytes + start, holes ? hole + start : NULL, n - start};
	return true;
}

/* Bytes of the character at `text`. */
static uint32_t char_len(const char *text, const char *end)
{
	const char *at = text + 1;

	while (at < end && ((unsigned char)*at & 0xC0) == 0x80)
		at++;
	return (uint32_t)(at - text);
}

/* Whether a hole takes the character at `text`: any but the ends of lines, as Java's '.' has it. */
static bool hole_takes(const char *text, uint32_t len)
{
	if (len == 1)
		return *text != '\n' && *text != '\r';
	if (len == 2)
		return memcmp(text, "\xC2\x85", 2) != 0;
	return len != 3 ||
	       (memcmp(text, "\xE2\x80\xA8", 3) != 0 && memcmp(text, "\xE2\x80\xA9", 3) != 0);
}

/* The end of the segment when it matches at `text`, or NULL. */
static const char *segment_at(const struct segment *segment, const char *text, const char *end)
{
	if (segment->hole == NULL) {
		if ((size_t)(end - text) < segment->len ||
		    memcmp(text, segment->bytes, segment->len) != 0)
			return NULL;
		return text + segment->len;
	}
	for (uint32_t i = 0; i < segment->len; i++) {
		if (text == end)
			return NULL;
		if (segment->hole[i]) {
			uint32_t len = char_len(text, end);
			if (!hole_takes(text, len))
				return NULL;
			text += len;
		} else if (*text++ != segment->bytes[i]) {
			return NULL;
		}
	}
	return text;
}

/* The end of the first place where the segment matches, or NULL. */
static const char *segment_find(const struct segment *segment, const char *text, const char *end)
{
	if (segment->hole == NULL) {
		const char *last = end - segment->len; /* memchr and a look beat memmem here */
		if (segment->len == 0)
			return text;
		while (text <= last && (text = memchr(text, segment->bytes[0],
						      (size_t)(last - text) + 1)) != NULL) {
			if (memcmp(text, segment->bytes, segment->len) == 0)
				return text + segment->len;
			text++;
		}
		return NULL;
	}
	for (;; text += char_len(text, end)) {
		const char *behind = segment_at(segment, text, end);
		if (behind != NULL || text == end)
			return behind;
	}
}

/* Whether the segment matches at the very end, not before `text`. */
static bool segment_ends(const struct segment *segment, const char *text, const char *end)
{
	if (segment->hole == NULL)
		return (size_t)(end - text) >= segment->len &&
		       memcmp(end - segment->len, segment->bytes, segment->len) == 0;
	for (const char *at = text;; at += char_len(at, end)) {
		if (segment_at(segment, at, end) == end)
			return true;
		if (at == end)
			return false;
	}
}

static bool like_match(const struct like *like, struct wr_str s)
{
	const char *text = s.data, *end = s.data + s.len;

	text = segment_at(&like->segment[0], text, end);
	if (!like->has_percent)
		return text == end && text != NULL;
	for (uint32_t i = 1; i + 1 < like->count && text != NULL; i++)
		text = segment_find(&like->segment[i], text, end);
	return text != NULL &&
	       (like->count == 1 || segment_ends(&like->segment[like->count - 1], text, end));
}

struct like_state {
	struct wr_arena arena; /* of the pattern */
	struct like like;      /* compiled */
	bool is_bad;           /* it does not compile: every row fails */
};

/* The escape character of row i: empty without one. */
static struct wr_str escape_at(const struct wr_call *call, struct wr_column *const *arg, uint32_t i)
{
	return call->arg_count > 2 ? wr_str_at(arg[2], i) : (struct wr_str){"", 0};
}

static bool same_text(struct wr_str a, struct wr_str b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static wr_status *like_prepare(struct wr_call *call, void **state)
{
	const struct wr_column *pattern = wr_call_const(call, 1);
	struct like_state *like;

	if (pattern == NULL || (call->arg_count > 2 && wr_call_const(call, 2) == NULL))
		return NULL;
	like = wr_calloc(1, sizeof *like);
	wr_arena_init(&like->arena);
	like->is_bad = !like_compile(&like->arena, wr_str_at(pattern, 0),
				     escape_at(call, call->const_arg, 0), &like->like);
	*state = like;
	return NULL;
}

static void like_release(void *state)
{
	struct like_state *like = state;

	wr_arena_release(&like->arena);
	wr_free(like);
}

/* The pattern comes with the rows. */
static void like_rows(struct wr_eval *eval, const struct wr_call *call,
		      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_view *last = NULL;
	struct like like = {0};
	struct wr_str last_escape = {"", 0};
	bool good = false;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		const struct wr_view *view = &WR_AT(arg[1], struct wr_view, i);
		struct wr_str escape = escape_at(call, arg, i);
		if (last == NULL || !wr_view_equal(last, view) || !same_text(escape, last_escape))
			good = like_compile(&eval->arena, wr_str_at(arg[1], i), escape, &like);
		last = view;
		last_escape = escape;
		if (good)
			WR_DATA(out, uint8_t)[i] = like_match(&like, wr_str_at(arg[0], i));
		else
			wr_eval_fail(eval, i, bad_escape, (int)WR_MIN(view->len, 80u),
				     wr_view_data(view));
	}
}

static wr_status *like_kernel(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct like_state *state = call->state;

	if (state == NULL || state->is_bad) {
		like_rows(eval, call, arg, rows, out);
		return NULL;
	}
	for (uint32_t i = 0; i < rows; i++)
		if (!wr_skips(eval, out, i))
			WR_DATA(out, uint8_t)[i] = like_match(&state->like, wr_str_at(arg[0], i));
	return NULL;
}

/* --- SIMILAR TO
 * ----------------------------------------------------------------------------------- */

#define SQL_SPECIALS  "[]()|^-+*_%?{}"
#define PCRE_SPECIALS "[]()|^-+*?{}$\\."

/* [:NAME:] of SQL and what it is inside a class of PCRE2. */
static const char *class_name(const char *text, size_t len, size_t *taken)
{
	static const struct {
		const char *sql;
		const char *pcre;
	} names[] = {{"[:ALPHA:]", "[:alpha:]"},     {"[:UPPER:]", "[:upper:]"},
		     {"[:LOWER:]", "[:lower:]"},     {"[:DIGIT:]", "[:digit:]"},
		     {"[:ALNUM:]", "[:alnum:]"},     {"[:SPACE:]", " "},
		     {"[:WHITESPACE:]", "[:space:]"}};

	for (size_t i = 0; i < WR_COUNT(names); i++) {
		*taken = strlen(names[i].sql);
		if (len >= *taken && strncmp(text, names[i].sql, *taken) == 0)
			return names[i].pcre;
	}
	return NULL;
}

/* The character behind the escape at *i, which moves to the last byte used: one that is special in
 * SQL, or the escape itself. */
static bool put_escaped(struct wr_text *out, struct wr_str p, size_t *i, struct wr_str escape)
{
	*i += escape.len;
	if (*i >= p.len)
		return false;
	if (escape.len > 1 && escape_here(p, *i, escape)) {
		wr_text_add(out, escape.data, escape.len);
		*i += escape.len - 1;
		return true;
	}
	if (strchr(SQL_SPECIALS, p.data[*i]) == NULL && !escape_here(p, *i, escape))
		return false;
	if (strchr(PCRE_SPECIALS, p.data[*i]) != NULL)
		wr_text_putc(out, '\\');
	wr_text_putc(out, p.data[*i]);
	return true;
}

/* Translates a class from behind its '['; returns the index of its ']', or 0: malformed. */
static size_t similar_class(struct wr_str p, size_t i, struct wr_str escape, struct wr_text *out)
{
	wr_text_putc(out, '[');
	for (; i < p.len && p.data[i] != ']'; i++) {
		size_t taken = 0;
		char c = p.data[i];
		const char *name = class_name(p.data + i, p.len - i, &taken);
		if (escape_here(p, i, escape)) {
			if (!put_escaped(out, p, &i, escape))
				return 0;
		} else if (name != NULL) {
			wr_text_puts(out, name);
			i += taken - 1;
		} else if (c != '-' && c != '^' && strchr(SQL_SPECIALS, c) != NULL) {
			return 0;
		} else {
			if (c == '\\')
				wr_text_putc(out, '\\');
			wr_text_putc(out, c);
		}
	}
	wr_text_putc(out, ']');
	return i < p.len ? i : 0;
}

/* SQL's regular expression as PCRE2's. As in Flink, what SQL gives no meaning keeps that of the
 * regular expression ('.', '^'), except for '$' and the backslash. false: malformed. */
static bool similar_translate(struct wr_str p, struct wr_str escape, struct wr_text *out)
{
	for (size_t i = 0; i < p.len; i++) {
		char c = p.data[i];
		if (escape_here(p, i, escape)) {
			if (!put_escaped(out, p, &i, escape))
				return false;
		} else if (c == '%') {
			wr_text_puts(out, "(?s:.*)");
		} else if (c == '_' || c == '.') {
			wr_text_puts(out, "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]");
		} else if (c == '[') {
			i = similar_class(p, i + 1, escape, out);
			if (i == 0)
				return false;
		} else if (c == ']') {
			return false;
		} else {
			if (c == '\\' || c == '$')
				wr_text_putc(out, '\\');
			wr_text_putc(out, c);
		}
	}
	return true;
}

/* NULL: malformed. */
static pcre2_code *similar_compile(struct wr_str pattern, struct wr_str escape)
{
	pcre2_code *code = NULL;
	struct wr_text text;
	PCRE2_SIZE offset;
	int error;

	wr_text_init(&text);
	if (is_escape(escape) && similar_translate(pattern, escape, &text))
		code = pcre2_compile((PCRE2_SPTR)wr_text_str(&text), text.len,
				     PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
					 PCRE2_MATCH_INVALID_UTF,
				     &error, &offset, NULL);
	if (code != NULL)
		pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	wr_text_release(&text);
	return code;
}

struct similar_state {
	pcre2_code *code;        /* NULL: not compiled yet, or malformed */
	pcre2_match_data *match; /* scratch of a match */
	struct wr_text pattern;  /* what `code` is of, the escape in front */
	size_t escape_len;       /* bytes of the escape in `pattern` */
	bool is_set;             /* `pattern` is */
};

static wr_status *similar_prepare(struct wr_call *call, void **state)
{
	struct similar_state *similar = wr_calloc(1, sizeof *similar);

	similar->match = pcre2_match_data_create(1, NULL);
	wr_text_init(&similar->pattern);
	*state = similar;
	return NULL;
}

static void similar_release(void *state)
{
	struct similar_state *similar = state;

	pcre2_code_free(similar->code);
	pcre2_match_data_free(similar->match);
	wr_text_release(&similar->pattern);
	wr_free(similar);
}

/* Makes `code` that of the pattern. */
static void similar_use(struct similar_state *similar, struct wr_str pattern, struct wr_str escape)
{
	struct wr_text *seen = &similar->pattern;

	if (similar->is_set && similar->escape_len == escape.len &&
	    seen->len == pattern.len + escape.len &&
	    memcmp(wr_text_str(seen), escape.data, escape.len) == 0 &&
	    memcmp(wr_text_str(seen) + escape.len, pattern.data, pattern.len) == 0)
		return;
	wr_text_clear(seen);
	wr_text_add(seen, escape.data, escape.len);
	wr_text_add(seen, pattern.data, pattern.len);
	similar->escape_len = escape.len;
	similar->is_set = true;
	pcre2_code_free(similar->code);
	similar->code = similar_compile(pattern, escape);
}

static wr_status *similar_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct similar_state *similar = call->state;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), pattern = wr_str_at(arg[1], i);
		similar_use(similar, pattern, escape_at(call, arg, i));
		if (similar->code == NULL) {
			wr_eval_fail(eval, i, "Invalid regular expression '%.*s'",
				     (int)WR_MIN(pattern.len, (size_t)80), pattern.data);
			continue;
		}
		WR_DATA(out, uint8_t)
		[i] = pcre2_match(similar->code, (PCRE2_SPTR)s.data, s.len, 0, 0, similar->match,
				  NULL) >= 0;
	}
	return NULL;
}

/* --- signatures
 * ----------------------------------------------------------------------------------- */

static wr_status *infer_pattern(struct wr_infer *infer)
{
	wr_status *status = wr_infer_string_to_bool(infer);

	/* A constant pattern that compiles never fails; without ESCAPE every LIKE pattern does. */
	if (status == NULL && infer->arg_count == 2 && infer->function->kernel == like_kernel)
		infer->plan->cannot_fail = true;
	return status;
}

#define PATTERN(id, word, text, help)                                                              \
	static const struct wr_function op_##id = {                                                \
	    .name = word,                                                                          \
	    .category = "comparison",                                                              \
	    .syntax = text,                                                                        \
	    .doc = help,                                                                           \
	    .flags = WR_F_STRICT | WR_F_FALLIBLE | WR_F_OPERATOR | WR_F_EXPENSIVE,                 \
	    .min_args = 2,                                                                         \
	    .max_args = 3,                                                                         \
	    .infer = infer_pattern,                                                                \
	    .kernel = id##_kernel,                                                                 \
	    .prepare = id##_prepare,                                                               \
	    .release = id##_release,                                                               \
	}

PATTERN(like, "LIKE", "string LIKE pattern [ESCAPE char]",
	"Whether the string matches: % stands for any characters, _ for one.");
PATTERN(similar, "SIMILAR TO", "string SIMILAR TO regex [ESCAPE char]",
	"Whether the whole string matches the SQL regular expression.");

const struct wr_function *const wr_fn_like[] = {&op_like, &op_similar};
const uint32_t wr_fn_like_count = WR_COUNT(wr_fn_like);
