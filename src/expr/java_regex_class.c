/* SPDX-License-Identifier: Apache-2.0
 *
 * java_regex_class - Java's character classes: [a-z], unions [a-c[x-z]], intersections
 * [a-z&&[^aeiou]], and properties \p{...}.
 *
 * A class without nested ones passes through item by item. Unions and intersections are computed as
 * sets of code points by ICU and written as ranges; so are the properties that PCRE2 does not name
 * as Java does.
 */
#include "expr/java_regex.h"

#include "base/macros.h"
#include "expr/fn_string.h"
#include <strings.h>
#include <unicode/uchar.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>

#define CLASS_DEPTH_MAX 50

/* --- properties ------------------------------------------------------------------------------- */

/* Java's names for sets within ASCII, as the inside of a class. */
static const struct {
	const char *name;
	const char *inside;
} ascii_sets[] = {
    {"Lower", "a-z"},
    {"Upper", "A-Z"},
    {"ASCII", "\\x{0}-\\x{7f}"},
    {"Alpha", "a-zA-Z"},
    {"Digit", "0-9"},
    {"Alnum", "a-zA-Z0-9"},
    {"Punct", "!-\\/:-@\\[-`\\{-~"},
    {"Graph", "!-~"},
    {"Print", "\\x{20}-~"},
    {"Blank", "\\x{20}\\x{9}"},
    {"Cntrl", "\\x{0}-\\x{1f}\\x{7f}"},
    {"XDigit", "0-9a-fA-F"},
    {"Space", "\\x{20}\\x{9}-\\x{d}"},
    {"L1", "\\x{0}-\\x{ff}"},
    {"all", "\\x{0}-\\x{10ffff}"},
};

/* Other names whose set ICU has under its own. */
static const struct {
	const char *name;
	const char *pattern; /* of an ICU set */
} icu_sets[] = {
    {"LC", "[\\p{Lu}\\p{Ll}\\p{Lt}]"},
    {"LD", "[\\p{L}\\p{Nd}]"},
    {"javaLowerCase", "[\\p{Lowercase}]"},
    {"javaUpperCase", "[\\p{Uppercase}]"},
    {"javaAlphabetic", "[\\p{Alphabetic}]"},
    {"javaIdeographic", "[\\p{Ideographic}]"},
    {"javaTitleCase", "[\\p{Lt}]"},
    {"javaDigit", "[\\p{Nd}]"},
    {"javaDefined", "[^\\p{Cn}]"},
    {"javaLetter", "[\\p{L}]"},
    {"javaLetterOrDigit", "[\\p{L}\\p{Nd}]"},
    {"javaSpaceChar", "[\\p{Z}]"},
    {"javaWhitespace", "[[\\p{Z}\\u0009-\\u000d\\u001c-\\u001f]-[\\u00a0\\u2007\\u202f]]"},
    {"javaISOControl", "[\\p{Cc}]"},
    {"javaMirrored", "[\\p{Bidi_Mirrored}]"},
    {"IsLetter", "[\\p{L}]"},
    {"IsPunctuation", "[\\p{P}]"},
    {"IsControl", "[\\p{Cc}]"},
    {"IsDigit", "[\\p{Nd}]"},
    {"IsTitlecase", "[\\p{Lt}]"},
    {"IsAssigned", "[^\\p{Cn}]"},
    {"IsAlnum", "[\\p{Alphabetic}\\p{Nd}]"},
    {"IsWord", "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]"},
    {"IsBlank", "[\\p{Zs}\\u0009]"},
};

static bool is_category(const char *name)
{
	static const char *const known[] = {
	    "L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mn", "Mc", "Me", "N",  "Nd", "Nl",
	    "No", "P",  "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S",  "Sm", "Sc", "Sk",
	    "So", "Z",  "Zs", "Zl", "Zp", "C",  "Cc", "Cf", "Cs", "Co", "Cn"};

	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (strcmp(known[i], name) == 0)
			return true;
	}
	return false;
}

/* Writes a set's ranges as the inside of a class. */
static void write_set(struct wr_text *out, const USet *set)
{
	int32_t count = uset_getItemCount(set);

	for (int32_t i = 0; i < count; i++) {
		UChar32 first, last;
		UErrorCode error = U_ZERO_ERROR;
		if (uset_getItem(set, i, &first, &last, NULL, 0, &error) != 0 || U_FAILURE(error))
			continue;
		/* PCRE2 has no surrogates */
		if (first >= 0xd800 && first <= 0xdfff)
			first = 0xe000;
		if (last >= 0xd800 && last <= 0xdfff)
			last = 0xd7ff;
		if (first > last)
			continue;
		wr_text_printf(out, "\\x{%x}-\\x{%x}", (unsigned)first, (unsigned)last);
	}
}

/* A set by ICU's pattern; NULL: it knows no such. */
static USet *set_of(const char *pattern)
{
	UChar wide[160];
	UErrorCode error = U_ZERO_ERROR;
	size_t len = strlen(pattern);

	if (len >= WR_COUNT(wide))
		return NULL;
	u_charsToUChars(pattern, wide, (int32_t)len);
	USet *set = uset_openPattern(wide, (int32_t)len, &error);
	if (U_SUCCESS(error))
		return set;
	uset_close(set);
	return NULL;
}

static bool skip_word(const char **name, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(*name, word, len) != 0)
		return false;
	*name += len;
	return true;
}

/* The set of a property that is no category and not ASCII only. */
static USet *property_set(const char *name)
{
	char pattern[128];
	const char *rest = name, *kind = "";

	for (size_t i = 0; i < WR_COUNT(icu_sets); i++) {
		if (strcasecmp(icu_sets[i].name, name) == 0)
			return set_of(icu_sets[i].pattern);
	}
	if (skip_word(&rest, "script=") || skip_word(&rest, "sc="))
		kind = "script=";
	else if (skip_word(&rest, "block=") || skip_word(&rest, "blk="))
		kind = "block=";
	else if (skip_word(&rest, "general_category=") || skip_word(&rest, "gc="))
		kind = "gc=";
	else if (strncmp(rest, "In", 2) == 0 && skip_word(&rest, "In"))
		kind = "block=";
	else if (strncmp(rest, "Is", 2) != 0 || !skip_word(&rest, "Is"))
		return NULL;
	/* Is...: a category, a script or a binary property */
	struct wr_text text;
	wr_text_init(&text);
	wr_text_printf(&text, "[\\p{%s%s}]", kind, rest);
	USet *set = NULL;
	if (text.len < sizeof pattern) {
		memcpy(pattern, text.data, text.len + 1);
		set = set_of(pattern);
	}
	wr_text_release(&text);
	return set;
}

/* Reads the name behind \p: a letter, or {name}. */
static bool read_property_name(struct wr_regex_reader *in, char *name, size_t room)
{
	if (in->at >= in->end)
		return wr_regex_bad(in, "Unclosed character family");
	if (*in->at != '{') {
		name[0] = *in->at++;
		name[1] = '\0';
		return true;
	}
	const char *start = ++in->at;
	const char *close = memchr(start, '}', (size_t)(in->end - start));
	if (close == NULL || close == start || (size_t)(close - start) >= room)
		return wr_regex_bad(in, close == start ? "Empty character family"
						       : "Unclosed character family");
	for (size_t i = 0; start + i < close; i++) {
		uint8_t c = (uint8_t)start[i];
		bool plain = (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 ||
			     c == '_' || c == '=' || c == '-' || c == ' ';
		if (!plain)
			return wr_regex_bad(in, "Unknown character property name");
		name[i] = (char)c;
	}
	name[close - start] = '\0';
	in->at = close + 1;
	return true;
}

/* Writes a category; under (?i) the three cases are one. */
static void write_category(struct wr_regex_reader *in, const char *name, bool negated)
{
	bool cased = name[0] == 'L' && name[1] != '\0' && strchr("ult", name[1]) != NULL;

	if (cased && (in->flags & WR_REGEX_I))
		name = "L&";
	wr_text_printf(in->out, "\\%c{%s}", negated ? 'P' : 'p', name);
}

bool wr_regex_property(struct wr_regex_reader *in, bool negated, bool in_class)
{
	char name[80];
	const char *category = name;

	if (!read_property_name(in, name, sizeof name))
		return false;
	if (strncmp(name, "Is", 2) == 0 && is_category(name + 2))
		category = name + 2;
	if (is_category(category)) {
		write_category(in, category, negated);
		return true;
	}
	for (size_t i = 0; i < WR_COUNT(ascii_sets) && !(in->flags & WR_REGEX_W); i++) {
		if (strcmp(ascii_sets[i].name, name) != 0)
			continue;
		if (!in_class || !negated) {
			wr_text_printf(in->out,
				       in_class  ? "%s"
				       : negated ? "[^%s]"
						 : "[%s]",
				       ascii_sets[i].inside);
			return true;
		}
	}
	USet *set = NULL;
	for (size_t i = 0; i < WR_COUNT(ascii_sets); i++) {
		if (strcmp(ascii_sets[i].name, name) == 0) {
			struct wr_text text;
			bool wide = (in->flags & WR_REGEX_W) != 0 && strcmp(name, "ASCII") != 0;
			wr_text_init(&text);
			/* under (?U) they mean the properties of all scripts */
			wr_text_printf(&text, wide ? "[\\p{%s}]" : "[%s]",
				       wide ? strcmp(name, "Lower") == 0   ? "Lowercase"
					      : strcmp(name, "Upper") == 0 ? "Uppercase"
					      : strcmp(name, "Punct") == 0 ? "P"
					      : strcmp(name, "Space") == 0 ? "White_Space"
					      : strcmp(name, "Cntrl") == 0 ? "Cc"
									   : name
					    : ascii_sets[i].inside);
			set = set_of(wr_text_str(&text));
			wr_text_release(&text);
		}
	}
	if (set == NULL)
		set = property_set(name);
	if (set == NULL)
		return wr_regex_bad(in, "Unknown character property name");
	if (negated)
		uset_complement(set);
	if (!in_class)
		wr_text_putc(in->out, '[');
	write_set(in->out, set);
	if (!in_class)
		wr_text_putc(in->out, ']');
	uset_close(set);
	return true;
}

/* --- classes ---------------------------------------------------------------------------------- */

static void skip_blanks(struct wr_regex_reader *in)
{
	while ((in->flags & WR_REGEX_X) && in->at < in->end &&
	       (*in->at == ' ' || (*in->at >= '\t' && *in->at <= '\r')))
		in->at++;
}

/* Whether the class has nested ones or && before its end: then it is computed as a set. */
static bool is_compound(const char *at, const char *end)
{
	bool first = true;

	if (at < end && *at == '^')
		at++;
	for (; at < end; at++, first = false) {
		if (*at == '\\') {
			if (at + 1 < end && at[1] == 'Q') {
				const char *close = memmem(at, (size_t)(end - at), "\\E", 2);
				if (close == NULL)
					return false;
				at = close;
			}
			at++;
		} else if (*at == '[' || (*at == '&' && at + 1 < end && at[1] == '&')) {
			return true;
		} else if (*at == ']' && !first) {
			return false;
		}
	}
	return false;
}

/* One literal of a class, escaped or not; *is_class: a shorthand or property has been written to
 * in->out instead. */
static bool read_item(struct wr_regex_reader *in, uint32_t *code, bool *is_class)
{
	*is_class = false;
	if (*in->at != '\\') {
		*code = wr_regex_next(in);
		return true;
	}
	in->at++;
	if (in->at < in->end && (*in->at == 'p' || *in->at == 'P')) {
		bool negated = *in->at++ == 'P';
		*is_class = true;
		return wr_regex_property(in, negated, true);
	}
	if (!wr_regex_escape(in, code, is_class))
		return false;
	if (*is_class)
		wr_regex_shorthand(in, (char)*code, true);
	return true;
}

/* \Q..\E within a class. false: not there. */
static bool read_class_quote(struct wr_regex_reader *in)
{
	if (in->end - in->at < 2 || in->at[0] != '\\' || in->at[1] != 'Q')
		return false;
	in->at += 2;
	const char *close = memmem(in->at, (size_t)(in->end - in->at), "\\E", 2);
	const char *stop = close != NULL ? close : in->end;
	while (in->at < stop)
		wr_regex_literal(in->out, wr_regex_next(in));
	in->at = close != NULL ? close + 2 : in->end;
	return true;
}

/* Whether a '-' here makes a range with what follows it. */
static bool is_range(const struct wr_regex_reader *in)
{
	return in->end - in->at >= 2 && in->at[0] == '-' && in->at[1] != ']' && in->at[1] != '[';
}

/* One item or range, written to in->out. */
static bool read_range(struct wr_regex_reader *in)
{
	uint32_t first, last;
	bool is_class;

	if (!read_item(in, &first, &is_class))
		return false;
	if (is_class)
		return true;
	wr_regex_literal(in->out, first);
	skip_blanks(in);
	if (!is_range(in))
		return true;
	in->at++;
	skip_blanks(in);
	if (!read_item(in, &last, &is_class))
		return false;
	if (is_class || last < first)
		return wr_regex_bad(in, "Illegal character range");
	wr_text_putc(in->out, '-');
	wr_regex_literal(in->out, last);
	return true;
}

/* A class without nested ones. */
static bool read_simple(struct wr_regex_reader *in)
{
	bool first = true;

	wr_text_putc(in->out, '[');
	if (in->at < in->end && *in->at == '^') {
		in->at++;
		wr_text_putc(in->out, '^');
	}
	for (skip_blanks(in); in->at < in->end; skip_blanks(in), first = false) {
		if (*in->at == ']' && !first) {
			in->at++;
			wr_text_putc(in->out, ']');
			return true;
		}
		if (!read_class_quote(in) && !read_range(in))
			return false;
	}
	return wr_regex_bad(in, "Unclosed character class");
}

static USet *read_set(struct wr_regex_reader *in, uint32_t depth);

/* Items up to ']' or '&&' as a set. */
static USet *read_union(struct wr_regex_reader *in, uint32_t depth, bool *some)
{
	USet *set = uset_openEmpty();
	struct wr_text *out = in->out, items;
	bool fine = true;

	wr_text_init(&items);
	in->out = &items; /* items go to a pattern for ICU, which reads them the same way */
	wr_text_putc(&items, '[');
	for (skip_blanks(in); fine && in->at < in->end; skip_blanks(in)) {
		if ((*in->at == ']' && *some) ||
		    (in->end - in->at >= 2 && in->at[0] == '&' && in->at[1] == '&'))
			break;
		*some = true;
		if (*in->at == '[') {
			in->at++;
			USet *inner = read_set(in, depth + 1);
			fine = inner != NULL;
			if (fine)
				uset_addAll(set, inner);
			uset_close(inner);
		} else {
			fine = read_class_quote(in) || read_range(in);
		}
	}
	in->out = out;
	wr_text_putc(&items, ']');
	if (fine && items.len > 2) {
		UErrorCode error = U_ZERO_ERROR;
		uint32_t units;
		struct wr_arena arena;
		wr_arena_init(&arena);
		uint16_t *wide =
		    wr_utf16_of(&arena, (struct wr_str){items.data, items.len}, &units);
		USet *plain = uset_openPattern((const UChar *)wide, (int32_t)units, &error);
		fine = U_SUCCESS(error) || wr_regex_bad(in, "Bad class syntax");
		if (fine)
			uset_addAll(set, plain);
		uset_close(plain);
		wr_arena_release(&arena);
	}
	wr_text_release(&items);
	if (fine)
		return set;
	uset_close(set);
	return NULL;
}

/* A class behind its '[' as a set, up to and with its ']'. Recursion is bounded. */
static USet *read_set(struct wr_regex_reader *in, uint32_t depth)
{
	bool negated = in->at < in->end && *in->at == '^', some = false, joined = false;
	USet *set = NULL;

	if (depth > CLASS_DEPTH_MAX) {
		wr_regex_bad(in, "Classes nested too deeply");
		return NULL;
	}
	in->at += negated;
	while (in->at < in->end) {
		bool any = some;
		USet *part = read_union(in, depth, &any);
		if (part == NULL)
			break;
		if (set == NULL) {
			set = part;
			joined = any;
		} else {
			if (any || uset_isEmpty(part) == 0) {
				if (joined)
					uset_retainAll(set, part);
				else
					uset_addAll(set, part);
				joined = true;
			}
			uset_close(part);
		}
		if (in->at >= in->end)
			break;
		if (*in->at == ']') {
			in->at++;
			if (negated)
				uset_complement(set);
			return set;
		}
		in->at += 2; /* && */
		some = false;
		if (in->at < in->end && *in->at == ']') {
			in->at++;
			if (negated)
				uset_complement(set);
			return set;
		}
	}
	uset_close(set);
	wr_regex_bad(in, "Unclosed character class");
	return NULL;
}

bool wr_regex_class(struct wr_regex_reader *in)
{
	if (!is_compound(in->at, in->end))
		return read_simple(in);
	USet *set = read_set(in, 0);
	if (set == NULL)
		return false;
	if (uset_isEmpty(set)) {
		wr_text_puts(in->out, "(?!)");
	} else {
		wr_text_putc(in->out, '[');
		write_set(in->out, set);
		wr_text_putc(in->out, ']');
	}
	uset_close(set);
	return true;
}
