/* SPDX-License-Identifier: Apache-2.0
 *
 * java_regex - regular expressions in the dialect of java.util.regex, run by PCRE2 with its JIT.
 *
 * The pattern is read as Java reads it and written again for PCRE2: what both spell alike passes
 * through; line ends, \w \d \s (ASCII in Java), \b (letters and digits of any script), class unions
 * and intersections, \p{...}, \uXXXX, \0n, \Q..\E, comments mode and the case of letters beyond
 * ASCII are spelled out. What Java would refuse is refused (is_invalid); what Java has and PCRE2
 * has not (look-behind of variable length) is told apart from that.
 *
 * A match is bounded by WR_REGEX_STEPS_MAX steps, so that a pattern such as (a+)+$ ends in an error
 * in place of a standstill. Bytes that are no UTF-8 never match, and never crash.
 *
 * Order of calls: compile -> find* -> free. Thread: one owner (it holds the match's scratch).
 */
#ifndef WR_EXPR_JAVA_REGEX_H
#define WR_EXPR_JAVA_REGEX_H

#include "base/status.h"
#include "base/text.h"

#define WR_REGEX_STEPS_MAX   20000000 /* well below a second of one core */
#define WR_REGEX_PATTERN_MAX 65536    /* bytes of a pattern */

struct wr_regex;

struct wr_regex_error {
	bool is_invalid; /* Java has no such pattern; else this engine cannot run it */
	char text[160];  /* what is wrong, and where */
};

/* Compiles a pattern; NULL: error says why. */
struct wr_regex *wr_regex_compile(struct wr_str pattern, struct wr_regex_error *error);
void wr_regex_free(struct wr_regex *regex); /* NULL allowed */
/* Number of groups, without group 0. */
uint32_t wr_regex_groups(const struct wr_regex *regex);

/* Finds the first match at or behind byte `from`: 1 found, 0 none, -1 given up (too many steps).
 */
int wr_regex_find(struct wr_regex *regex, struct wr_str subject, size_t from);
/* Bounds of a group of the match found; false: it took no part in it. */
bool wr_regex_group(const struct wr_regex *regex, uint32_t group, size_t *start, size_t *end);

/* --- the translation (java_regex_read.c, java_regex_class.c) ---------------------------------- */

/* Flags of a pattern, inline as in (?i). */
enum wr_regex_flags {
	WR_REGEX_I = 1,  /* letter case does not matter */
	WR_REGEX_D = 2,  /* only \n ends a line */
	WR_REGEX_M = 4,  /* ^ and $ at line ends */
	WR_REGEX_S = 8,  /* . matches line ends */
	WR_REGEX_U = 16, /* (?u): case beyond ASCII too */
	WR_REGEX_X = 32, /* blanks and comments are skipped */
	WR_REGEX_W = 64  /* (?U): \w \d \s \b of all scripts */
};

/* A pattern being read. */
struct wr_regex_reader {
	const char *start;   /* of the pattern */
	const char *at;      /* next byte */
	const char *end;     /* of the pattern */
	uint32_t flags;      /* enum wr_regex_flags in force */
	uint32_t depth;      /* open groups and classes */
	uint32_t groups;     /* capturing groups opened so far */
	uint32_t total;      /* capturing groups of the whole pattern */
	struct wr_text *out; /* for PCRE2 */
	struct wr_regex_error *error;
};

/* Notes an error at the current place; always false. */
bool wr_regex_bad(struct wr_regex_reader *in, const char *why);
/* Writes the whole pattern to in->out. */
bool wr_regex_translate(struct wr_regex_reader *in);
/* Reads a class behind its '[' and writes it. */
bool wr_regex_class(struct wr_regex_reader *in);
/* Reads a property behind \p or \P and writes it; in_class: within [ ]. */
bool wr_regex_property(struct wr_regex_reader *in, bool negated, bool in_class);
/* Reads the code point of an escape behind its backslash (\n, \x41, \u0041, \., ...). *is_class: it
 * is a class such as \w, of which the letter is *code. */
bool wr_regex_escape(struct wr_regex_reader *in, uint32_t *code, bool *is_class);
/* Writes \w \W \d \D \s \S \h \H \v \V; in_class: within [ ]. */
void wr_regex_shorthand(struct wr_regex_reader *in, char letter, bool in_class);
/* Writes one character so that PCRE2 takes it literally, inside and outside classes. */
void wr_regex_literal(struct wr_text *out, uint32_t code);
/* The next code point of the pattern (moves on); call with at < end. */
uint32_t wr_regex_next(struct wr_regex_reader *in);

#endif
