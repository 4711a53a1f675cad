/* SPDX-License-Identifier: Apache-2.0
 *
 * java_regex_read - reads a Java pattern and writes it for PCRE2; classes and properties are in
 * java_regex_class.c.
 *
 * PCRE2 runs with UTF and UCP and without flags but (?i): the others are resolved here.
 */
#include "expr/java_regex.h"

#include "base/macros.h"
#include "expr/fn_string.h"
#include <stdio.h>

#define DEPTH_MAX 200 /* nested groups; bounds recursion */

bool wr_regex_bad(struct wr_regex_reader *in, const char *why)
{
	if (in->error->text[0] == '\0') {
		in->error->is_invalid = true;
		snprintf(in->error->text, sizeof in->error->text, "%s near character %u", why,
			 wr_utf_count((struct wr_str){in->start, (size_t)(in->at - in->start)}) +
			     1);
	}
	return false;
}

/* Notes that the pattern is one of Java's but cannot be run. */
static bool unsupported(struct wr_regex_reader *in, const char *what)
{
	wr_regex_bad(in, what);
	in->error->is_invalid = false;
	return false;
}

uint32_t wr_regex_next(struct wr_regex_reader *in)
{
	uint32_t size;
	uint32_t code = wr_utf_decode((struct wr_str){in->at, (size_t)(in->end - in->at)}, &size);

	in->at += size;
	return code;
}

void wr_regex_literal(struct wr_text *out, uint32_t code)
{
	bool is_word = (code | 0x20) - 'a' < 26 || code - '0' < 10 || code == '_';

	if (code < 0x20 || code == 0x7f) {
		wr_text_printf(out, "\\x{%x}", code);
	} else if (code < 0x80) {
		if (!is_word)
			wr_text_putc(out, '\\');
		wr_text_putc(out, (char)code);
	} else {
		char buffer[4];
		wr_text_add(out, buffer, wr_utf_encode(buffer, code));
	}
}

/* A literal outside classes: beyond ASCII its case matters unless (?u). */
static void write_character(struct wr_regex_reader *in, uint32_t code)
{
	bool keeps_case = code >= 0x80 && (in->flags & WR_REGEX_I) && !(in->flags & WR_REGEX_U);

	if (keeps_case)
		wr_text_puts(in->out, "(?-i:");
	wr_regex_literal(in->out, code);
	if (keeps_case)
		wr_text_putc(in->out, ')');
}

/* --- escapes ---------------------------------------------------------------------------------- */

/* Up to `most` digits of a base; the number of them. */
static int read_digits(struct wr_regex_reader *in, int base, int most, uint32_t *value)
{
	int count = 0;

	*value = 0;
	while (count < most && in->at < in->end) {
		char c = *in->at, lower = (char)(c | 0x20);
		int digit = c >= '0' && c <= '9'           ? c - '0'
			    : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
							   : 99;
		if (digit >= base)
			break;
		*value = *value * (uint32_t)base + (uint32_t)digit;
		in->at++;
		count++;
	}
	return count;
}

/* \0n, \0nn, \0mnn behind the 0. */
static bool read_octal(struct wr_regex_reader *in, uint32_t *code)
{
	int most = in->at < in->end && *in->at <= '3' ? 3 : 2;

	return read_digits(in, 8, most, code) > 0 ||
	       wr_regex_bad(in, "Illegal octal escape sequence");
}

/* \xhh or \x{h..h} behind the x. */
static bool read_hex(struct wr_regex_reader *in, uint32_t *code)
{
	if (in->at < in->end && *in->at == '{') {
		in->at++;
		int count = read_digits(in, 16, 6, code);
		if (count == 0 || in->at >= in->end || *in->at != '}' || *code > 0x10ffff)
			return wr_regex_bad(in, "Illegal hexadecimal escape sequence");
		in->at++;
		return true;
	}
	return read_digits(in, 16, 2, code) == 2 ||
	       wr_regex_bad(in, "Illegal hexadecimal escape sequence");
}

/* \uhhhh behind the u; a pair of them is one character. */
static bool read_unicode(struct wr_regex_reader *in, uint32_t *code)
{
	uint32_t low;

	if (read_digits(in, 16, 4, code) != 4)
		return wr_regex_bad(in, "Illegal Unicode escape sequence");
	if (*code >= 0xd800 && *code < 0xdc00 && in->end - in->at >= 6 && in->at[0] == '\\' &&
	    in->at[1] == 'u') {
		const char *back = in->at;
		in->at += 2;
		if (read_digits(in, 16, 4, &low) == 4 && low >= 0xdc00 && low < 0xe000)
			*code = 0x10000 + ((*code & 0x3ff) << 10 | (low & 0x3ff));
		else
			in->at = back;
	}
	if (*code >= 0xd800 && *code < 0xe000)
		return unsupported(in, "Half of a surrogate pair");
	return true;
}

bool wr_regex_escape(struct wr_regex_reader *in, uint32_t *code, bool *is_class)
{
	static const char CLASSES[] = "wWdDsShHvV";

	*is_class = false;
	if (in->at >= in->end)
		return wr_regex_bad(in, "Unexpected internal error: a \\ at the end");
	*code = wr_regex_next(in);
	switch (*code) {
	case 't': *code = '\t'; return true;
	case 'n': *code = '\n'; return true;
	case 'r': *code = '\r'; return true;
	case 'f': *code = '\f'; return true;
	case 'a': *code = 7; return true;
	case 'e': *code = 27; return true;
	case '0': return read_octal(in, code);
	case 'x': return read_hex(in, code);
	case 'u': return read_unicode(in, code);
	case 'c':
		if (in->at >= in->end)
			return wr_regex_bad(in, "Illegal control escape sequence");
		*code = wr_regex_next(in) ^ 64;
		return true;
	case 'N': return unsupported(in, "A character by name");
	default: break;
	}
	if (*code != 0 && *code < 0x80 && strchr(CLASSES, (int)*code) != NULL) {
		*is_class = true;
		return true;
	}
	if ((*code | 0x20) - 'a' < 26)
		return wr_regex_bad(in, "Illegal/unsupported escape sequence");
	return true;
}

void wr_regex_shorthand(struct wr_regex_reader *in, char letter, bool in_class)
{
	/* letter, inside of a class for it, inside of a class for its opposite */
	static const struct {
		char letter;
		const char *is, *is_not;
	} ascii[] = {
	    {'w', "A-Za-z0-9_", "\\x{0}-\\/:-@\\[-\\^`\\{-\\x{10ffff}"},
	    {'d', "0-9", "\\x{0}-\\/:-\\x{10ffff}"},
	    {'s', " \\t\\n\\x0b\\f\\r", "\\x{0}-\\x08\\x0e-\\x1f!-\\x{10ffff}"},
	};
	char lower = (char)(letter | 0x20);

	for (size_t i = 0; i < WR_COUNT(ascii) && !(in->flags & WR_REGEX_W); i++) {
		if (ascii[i].letter != lower)
			continue;
		if (in_class)
			wr_text_puts(in->out, letter == lower ? ascii[i].is : ascii[i].is_not);
		else
			wr_text_printf(in->out, letter == lower ? "[%s]" : "[^%s]", ascii[i].is);
		return;
	}
	wr_text_putc(in->out, '\\');
	wr_text_putc(in->out, letter);
}

/* --- places ----------------------------------------------------------------------------------- */

/* $ outside (?m), and \Z: at the end, or before a line end that is last. */
static void write_end(struct wr_regex_reader *in)
{
	if (in->flags & WR_REGEX_D)
		wr_text_puts(in->out, "(?=\\n?+\\z)");
	else
		wr_text_puts(in->out,
			     "(?=(?:\\r\\n|(?<!\\r)\\n|[\\r\\x{85}\\x{2028}\\x{2029}])?+\\z)");
}

static void write_dollar(struct wr_regex_reader *in)
{
	if (!(in->flags & WR_REGEX_M))
		write_end(in);
	else if (in->flags & WR_REGEX_D)
		wr_text_puts(in->out, "(?=\\n|\\z)");
	else
		wr_text_puts(in->out, "(?:(?<!\\r)(?=\\n)|(?=[\\r\\x{85}\\x{2028}\\x{2029}])|\\z)");
}

static void write_caret(struct wr_regex_reader *in)
{
	if (!(in->flags & WR_REGEX_M))
		wr_text_puts(in->out, "\\A");
	else if (in->flags & WR_REGEX_D)
		wr_text_puts(in->out, "(?:\\A|(?<=\\n)(?!\\z))");
	else
		wr_text_puts(in->out,
			     "(?:\\A|(?:(?<=[\\n\\x{85}\\x{2028}\\x{2029}])|(?<=\\r)(?!\\n))"
			     "(?!\\z))");
}

static void write_dot(struct wr_regex_reader *in)
{
	if (in->flags & WR_REGEX_S)
		wr_text_puts(in->out, "(?s:.)");
	else if (in->flags & WR_REGEX_D)
		wr_text_puts(in->out, "[^\\n]");
	else
		wr_text_puts(in->out, "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]");
}

/* --- groups ----------------------------------------------------------------------------------- */

/* Capturing groups of the pattern, to tell \11 from \1 and 1. */
static uint32_t count_groups(const char *at, const char *end)
{
	uint32_t count = 0, classes = 0;

	for (; at < end; at++) {
		if (*at == '\\') {
			if (at + 1 < end && at[1] == 'Q') {
				const char *close = memmem(at, (size_t)(end - at), "\\E", 2);
				at = close != NULL ? close : end - 1;
			}
			at++;
		} else if (*at == '[') {
			classes++;
		} else if (*at == ']' && classes > 0) {
			classes--;
		} else if (*at == '(' && classes == 0) {
			bool special = at + 1 < end && at[1] == '?';
			bool named =
			    special && at + 3 < end && at[2] == '<' && at[3] != '=' && at[3] != '!';
			count += !special || named;
		}
	}
	return count;
}

/* The letters of (?idmsuxU-...); stops at ')' or ':'. */
static bool read_flags(struct wr_regex_reader *in, uint32_t *flags)
{
	static const char LETTERS[] = "idmsuxU";
	bool off = false;

	for (; in->at < in->end && *in->at != ')' && *in->at != ':'; in->at++) {
		const char *known = *in->at != '\0' ? strchr(LETTERS, *in->at) : NULL;
		if (*in->at == '-' && !off) {
			off = true;
		} else if (known == NULL) {
			return wr_regex_bad(in, "Unknown inline modifier");
		} else {
			uint32_t bit = 1u << (known - LETTERS);
			bit |= bit == WR_REGEX_W ? WR_REGEX_U : 0;
			*flags = off ? *flags & ~bit : *flags | bit;
		}
	}
	return in->at < in->end || wr_regex_bad(in, "Unknown inline modifier");
}

static bool read_alternatives(struct wr_regex_reader *in);

/* The inside of a group up to and with its ')'. */
static bool read_group(struct wr_regex_reader *in)
{
	uint32_t flags = in->flags;

	if (++in->depth > DEPTH_MAX)
		return unsupported(in, "Groups nested too deeply");
	if (!read_alternatives(in))
		return false;
	if (in->at >= in->end)
		return wr_regex_bad(in, "Unclosed group");
	in->at++;
	in->depth--;
	in->flags = flags;
	wr_text_putc(in->out, ')');
	return true;
}

/* (?flags) and (?flags:...) behind the question mark. *is_atom: a quantifier may follow. */
static bool read_flag_group(struct wr_regex_reader *in, bool *is_atom)
{
	uint32_t before = in->flags, flags = in->flags;

	if (!read_flags(in, &flags))
		return false;
	bool whole = *in->at++ == ')';
	*is_atom = !whole;
	if (whole) {
		if ((flags ^ before) & WR_REGEX_I)
			wr_text_puts(in->out, flags & WR_REGEX_I ? "(?i)" : "(?-i)");
		in->flags = flags;
		return true;
	}
	wr_text_puts(in->out, flags & WR_REGEX_I ? "(?i:" : "(?-i:");
	in->flags = flags;
	bool done = read_group(in);
	in->flags = before;
	return done;
}

/* (?<name> behind the '<': letters and digits, a letter first. */
static bool read_name(struct wr_regex_reader *in)
{
	const char *start = in->at;

	while (in->at < in->end && ((uint8_t)((*in->at | 0x20) - 'a') < 26 ||
				    (in->at > start && *in->at >= '0' && *in->at <= '9')))
		in->at++;
	size_t len = (size_t)(in->at - start);
	if (len == 0 || in->at >= in->end || *in->at != '>')
		return wr_regex_bad(in, "A group's name is not letters and digits");
	if (len > 32)
		return unsupported(in, "A group's name of more than 32 letters");
	in->at++;
	wr_text_add(in->out, start, len);
	wr_text_putc(in->out, '>');
	return true;
}

/* A group behind its '('. */
static bool read_paren(struct wr_regex_reader *in, bool *is_atom)
{
	static const char *const plain[] = {"?:", "?=", "?!", "?>", "?<=", "?<!"};

	*is_atom = true;
	for (size_t i = 0; i < WR_COUNT(plain); i++) {
		size_t len = strlen(plain[i]);
		if ((size_t)(in->end - in->at) >= len && memcmp(in->at, plain[i], len) == 0) {
			in->at += len;
			wr_text_putc(in->out, '(');
			wr_text_puts(in->out, plain[i]);
			return read_group(in);
		}
	}
	if (in->end - in->at >= 2 && in->at[0] == '?' && in->at[1] == '<') {
		in->at += 2;
		wr_text_puts(in->out, "(?<");
		in->groups++;
		return read_name(in) && read_group(in);
	}
	if (in->at < in->end && *in->at == '?') {
		in->at++;
		return read_flag_group(in, is_atom);
	}
	wr_text_putc(in->out, '(');
	in->groups++;
	return read_group(in);
}

/* --- the rest --------------------------------------------------------------------------------- */

/* \Q..\E behind the Q: literal; a quantifier applies to the last character. */
static void read_quoted(struct wr_regex_reader *in)
{
	const char *close = memmem(in->at, (size_t)(in->end - in->at), "\\E", 2);
	const char *stop = close != NULL ? close : in->end;

	while (in->at < stop)
		write_character(in, wr_regex_next(in));
	in->at = close != NULL ? close + 2 : in->end;
}

/* \1 .. behind the backslash: as many digits as there are groups for. */
static void read_reference(struct wr_regex_reader *in)
{
	uint32_t group = (uint32_t)(*in->at++ - '0');

	while (in->at < in->end && *in->at >= '0' && *in->at <= '9' &&
	       group * 10 + (uint32_t)(*in->at - '0') <= in->groups)
		group = group * 10 + (uint32_t)(*in->at++ - '0');
	if (group <= in->total)
		wr_text_printf(in->out, "\\g{%u}", group);
	else
		wr_text_puts(in->out, "(?!)");
}

/* \k<name> behind the k. */
static bool read_named_reference(struct wr_regex_reader *in)
{
	if (in->at >= in->end || *in->at != '<')
		return wr_regex_bad(in, "\\k is not followed by '<' for named capturing group");
	in->at++;
	wr_text_puts(in->out, "\\k<");
	return read_name(in);
}

/* What follows a backslash outside classes. */
static bool read_backslash(struct wr_regex_reader *in)
{
	uint32_t code = 0;
	bool is_class = false;
	char c = in->at < in->end ? *in->at : '\0';

	switch (c) {
	case 'Q':
		in->at++;
		read_quoted(in);
		return true;
	case 'b':
	case 'B':
	case 'A':
	case 'G':
	case 'z':
	case 'R':
	case 'X':
		in->at++;
		wr_text_putc(in->out, '\\');
		wr_text_putc(in->out, c);
		return true;
	case 'Z':
		in->at++;
		write_end(in);
		return true;
	case 'p':
	case 'P': in->at++; return wr_regex_property(in, c == 'P', false);
	case 'k': in->at++; return read_named_reference(in);
	default: break;
	}
	if (c >= '1' && c <= '9') {
		read_reference(in);
		return true;
	}
	if (!wr_regex_escape(in, &code, &is_class))
		return false;
	if (is_class)
		wr_regex_shorthand(in, (char)code, false);
	else
		write_character(in, code);
	return true;
}

/* {n}, {n,} or {n,m}; in->at is at the '{'. */
static bool read_bounds(struct wr_regex_reader *in)
{
	const char *start = in->at++;
	uint32_t least, most;
	int digits = read_digits(in, 10, 9, &least);

	most = least;
	if (digits > 0 && in->at < in->end && *in->at == ',') {
		in->at++;
		if (read_digits(in, 10, 9, &most) == 0)
			most = least;
	}
	if (digits == 0 || in->at >= in->end || *in->at != '}' || most < least)
		return wr_regex_bad(in, "Illegal repetition");
	if (most > 65535)
		return unsupported(in, "A repetition of more than 65535 times");
	in->at++;
	wr_text_add(in->out, start, (size_t)(in->at - start));
	return true;
}

static bool is_quantifier(const struct wr_regex_reader *in)
{
	return in->at < in->end && *in->at != '\0' && strchr("*+?{", *in->at) != NULL;
}

/* Blanks and #comments of (?x). */
static void skip_comments(struct wr_regex_reader *in)
{
	while ((in->flags & WR_REGEX_X) && in->at < in->end) {
		if (*in->at == ' ' || (*in->at >= '\t' && *in->at <= '\r')) {
			in->at++;
		} else if (*in->at == '#') {
			while (in->at < in->end && *in->at != '\n' && *in->at != '\r')
				in->at++;
		} else {
			return;
		}
	}
}

/* The quantifier behind an atom, if there is one. */
static bool read_quantifier(struct wr_regex_reader *in)
{
	skip_comments(in);
	if (!is_quantifier(in))
		return true;
	if (*in->at == '{') {
		if (!read_bounds(in))
			return false;
	} else {
		wr_text_putc(in->out, *in->at++);
	}
	if (in->at < in->end && (*in->at == '?' || *in->at == '+'))
		wr_text_putc(in->out, *in->at++);
	skip_comments(in);
	return !is_quantifier(in) || wr_regex_bad(in, "Dangling meta character");
}

/* One atom; *is_atom: a quantifier may follow. */
static bool read_atom(struct wr_regex_reader *in, bool *is_atom)
{
	char c = *in->at;

	*is_atom = true;
	switch (c) {
	case '*':
	case '+':
	case '?':
	case '{':
		return wr_regex_bad(in,
				    c == '{' ? "Illegal repetition" : "Dangling meta character");
	case '(': in->at++; return read_paren(in, is_atom);
	case '[': in->at++; return wr_regex_class(in);
	case '\\': in->at++; return read_backslash(in);
	case '.':
		in->at++;
		write_dot(in);
		return true;
	case '^':
		in->at++;
		write_caret(in);
		return true;
	case '$':
		in->at++;
		write_dollar(in);
		return true;
	default: write_character(in, wr_regex_next(in)); return true;
	}
}

/* Alternatives up to a ')' that is not theirs, or the end. Recursion is bounded by DEPTH_MAX. */
static bool read_alternatives(struct wr_regex_reader *in)
{
	bool is_atom;

	for (skip_comments(in); in->at < in->end && *in->at != ')'; skip_comments(in)) {
		if (*in->at == '|') {
			in->at++;
			wr_text_putc(in->out, '|');
			continue;
		}
		if (!read_atom(in, &is_atom) || (is_atom && !read_quantifier(in)))
			return false;
	}
	return true;
}

bool wr_regex_translate(struct wr_regex_reader *in)
{
	in->total = count_groups(in->start, in->end);
	if (!read_alternatives(in))
		return false;
	if (in->at < in->end)
		return wr_regex_bad(in, "Unmatched closing ')'");
	return true;
}
