/* SPDX-License-Identifier: Apache-2.0
 *
 * source - the script's text after ${NAME} was replaced, and the way back to what the user wrote.
 *
 * Replacement is textual and happens before anything else reads the script, inside strings and
 * backquotes too, but not in comments. "${" that is not followed by a name and "}" stays as it is.
 * A byte order mark at the start is skipped.
 *
 * Every place shown to the user is a place in the user's text: wr_source_place turns an offset of
 * the replaced text into line, column and offset there. It moves a cursor forward, so offsets must
 * be asked for in growing order; a place inside a replaced value is that of its ${NAME}.
 *
 * Memory: the arena's. Thread: one owner.
 */
#ifndef WR_SQL_SOURCE_H
#define WR_SQL_SOURCE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

/* What ${NAME} may stand for. */
struct wr_variables {
	const char *const *names;  /* `count` names */
	const char *const *values; /* and their values, in the same order */
	size_t count;              /* 0: none; the arrays may then be NULL */
};

/* One replaced ${NAME}. */
struct wr_source_patch {
	size_t start;      /* offset of the value in the replaced text */
	size_t len;        /* bytes of the value */
	size_t user_start; /* offset of "${" in the user's text */
	size_t user_len;   /* bytes of "${NAME}" */
};

struct wr_source {
	struct wr_str user;              /* as the user wrote it; the caller's memory */
	struct wr_str text;              /* what is read: replaced; NUL-terminated, in the arena */
	struct wr_source_patch *patches; /* by start */
	size_t patch_count;              /* number of patches */
	size_t next_patch; /* cursor: the first patch that ends behind the last asked offset */
	size_t cursor;     /* cursor: offset in the user's text that line and column are about */
	uint32_t line;     /* cursor: 1-based */
	uint32_t column;   /* cursor: 1-based, in code points */
	uint32_t script;   /* the number that places carry */
};

/* Checks the size and the encoding (UTF-8, no NUL), and replaces variables. */
wr_status *wr_source_open(struct wr_source *source, struct wr_arena *arena, struct wr_str user,
			  const struct wr_variables *variables, uint32_t script);
/* The place of text[start, end): start must not be smaller than in the call before. */
struct wr_pos wr_source_place(struct wr_source *source, size_t start, size_t end);

#endif
