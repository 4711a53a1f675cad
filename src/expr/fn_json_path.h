/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json_path - JSON paths as Flink takes them: SQL's mode word, then Jayway JsonPath.
 *
 *	[strict | lax] $ .name ['name', "name"] [0] [-1] [0,2] [1:3] [*] .* ..name ..*
 *	[?(@.price < 10 && @.kind == 'x')] .length()
 *
 * Without a mode word a path is strict. A path is definite when it can find at most one value; the
 * others find a list. A path without the leading $ is taken as $.path.
 *
 * compile once -> find per document -> release. Thread: one owner.
 */
#ifndef WR_EXPR_FN_JSON_PATH_H
#define WR_EXPR_FN_JSON_PATH_H

#include "expr/json_doc.h"

struct wr_json_step;

struct wr_json_path {
	struct wr_arena arena;     /* holds the steps */
	bool is_lax;               /* nothing found is empty, not an error */
	bool is_definite;          /* finds at most one value */
	uint32_t count;            /* steps behind the $ */
	struct wr_json_step *step; /* count of them */
	const char *error;   /* NULL: usable; else what is wrong with it (in arena or static) */
	bool is_unsupported; /* error is about something that JsonPath has and this has not */
};

/* A value found: a node of the document, an object merged of several keys, or a number. */
struct wr_json_hit {
	uint32_t node;                 /* UINT32_MAX: not a node */
	struct wr_json_member *member; /* of a merged object; NULL: a number */
	uint32_t count;                /* members, or the number */
};

struct wr_json_found {
	struct wr_json_hit *hit; /* in the arena given to wr_json_find */
	uint32_t count;          /* hits */
	uint32_t capacity;       /* slots */
	const char *error;       /* NULL: fine; else why nothing is found; static text */
};

/* Reads a path; see path->error. */
void wr_json_path_compile(struct wr_json_path *path, const char *text, size_t len);
void wr_json_path_release(struct wr_json_path *path);
/* Evaluates over a parsed document. A definite path gives one hit or an error; others any number.
 */
void wr_json_find(const struct wr_json_path *path, const struct wr_json_doc *doc,
		  struct wr_arena *arena, struct wr_json_found *found);

#endif
