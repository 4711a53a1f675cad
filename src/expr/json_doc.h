/* SPDX-License-Identifier: Apache-2.0
 *
 * json_doc - one JSON text as a flat list of nodes, read and written the way Jackson does for
 * Flink's JSON functions.
 *
 * Why not simdjson here: Flink reads the first value of a text and ignores what follows it ("{} x"
 * is JSON), keeps numbers as written (2.50 stays 2.50), lets the last of equal keys win at the
 * place of the first, and writes objects with sorted keys. A reader of exactly that is smaller than
 * the bridge would be, and a text of a few hundred bytes needs no padding copy.
 *
 * Nodes lie in document order: a container is followed by its subtree; an object's subtree is key,
 * value, key, value... `end` is the index behind the subtree. Text of strings without escapes
 * points into the source, which must outlive the document's use; the others into `strings`.
 *
 * Order of calls: init -> (parse -> read...)* -> release. Thread: one owner. Nesting is bounded by
 * WR_JSON_NESTING_MAX, numbers by 1,000 characters as in Jackson.
 */
#ifndef WR_EXPR_JSON_DOC_H
#define WR_EXPR_JSON_DOC_H

#include "base/arena.h"
#include "base/text.h"

enum wr_json_kind {
	WR_JSON_NULL,
	WR_JSON_TRUE,
	WR_JSON_FALSE,
	WR_JSON_INTEGER, /* text: as written, "-0" for 0 */
	WR_JSON_DECIMAL, /* has a fraction or an exponent */
	WR_JSON_STRING,  /* text: unescaped; also an object's keys */
	WR_JSON_ARRAY,
	WR_JSON_OBJECT
};

struct wr_json_node {
	uint8_t kind;     /* enum wr_json_kind */
	uint32_t len;     /* bytes of text */
	const char *text; /* numbers and strings */
	uint32_t end;     /* index of the node behind the subtree */
	uint32_t count;   /* elements of an array, members of an object (with duplicates) */
};

struct wr_json_doc {
	struct wr_json_node *node; /* node 0 is the root; owned */
	uint32_t count;            /* nodes used */
	uint32_t capacity;         /* nodes allocated */
	struct wr_arena strings;   /* unescaped strings of the current text */
	const char *error;         /* why the last parse failed; static text */
	size_t error_at;           /* byte of the text where it failed */
};

/* A member of an object: nodes of its key and value. */
struct wr_json_member {
	uint32_t key;   /* of the first appearance of the key */
	uint32_t value; /* of the last one */
};

void wr_json_init(struct wr_json_doc *doc);
void wr_json_release(struct wr_json_doc *doc);
/* Reads the first value of the text; false: there is none, see doc->error. */
bool wr_json_parse(struct wr_json_doc *doc, const char *text, size_t len);

/* The value of a key: the last one of that name; UINT32_MAX: none. */
uint32_t wr_json_get(const struct wr_json_doc *doc, uint32_t object, struct wr_str key);
/* The members of an object without duplicates, in document order or sorted by key; in `arena`. */
struct wr_json_member *wr_json_members(const struct wr_json_doc *doc, uint32_t object, bool sorted,
				       struct wr_arena *arena, uint32_t *count);

/* Appends the subtree as JSON, keys sorted, numbers as BigDecimal prints them. `arena` is scratch.
 */
void wr_json_write(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		   struct wr_arena *arena);
/* Appends a string with its quotes, escaped as Jackson does. */
void wr_json_write_string(struct wr_text *out, struct wr_str s);
/* Appends a number given as decimal text ("1.50", "1e2", "-0.0") as BigDecimal.toString prints it:
 * "1.50", "1E+2", "0.0". */
void wr_json_write_decimal(struct wr_text *out, struct wr_str number);
/* Java's order of strings: by UTF-16 units. */
int wr_json_compare_keys(struct wr_str a, struct wr_str b);

#endif
