/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json_steps - what a JSON path is compiled to: steps, and the tests of its filters. For
 * fn_json_compile.c, which makes them, and fn_json_path.c, which walks along them.
 */
#ifndef WR_EXPR_FN_JSON_STEPS_H
#define WR_EXPR_FN_JSON_STEPS_H

#include "expr/fn_json_path.h"

enum wr_json_step_kind {
	WR_JSON_STEP_NAMES,   /* .name, ['a','b'] */
	WR_JSON_STEP_INDEXES, /* [1], [0,2] */
	WR_JSON_STEP_SLICE,   /* [from:to] */
	WR_JSON_STEP_ALL,     /* .*, [*] */
	WR_JSON_STEP_SCAN,    /* .. */
	WR_JSON_STEP_FILTER,  /* [?(...)] */
	WR_JSON_STEP_LENGTH   /* .length() */
};

enum wr_json_test_kind {
	WR_JSON_TEST_OR,
	WR_JSON_TEST_AND,
	WR_JSON_TEST_NOT,
	WR_JSON_TEST_EXISTS, /* left path finds something */
	WR_JSON_TEST_EQ,
	WR_JSON_TEST_NE,
	WR_JSON_TEST_LT,
	WR_JSON_TEST_LE,
	WR_JSON_TEST_GT,
	WR_JSON_TEST_GE
};

/* One side of a comparison. */
struct wr_json_operand {
	struct wr_json_path *path; /* a path; NULL: a literal */
	bool from_root;            /* the path begins with $, not @ */
	enum wr_json_kind kind;    /* of the literal */
	struct wr_str text;        /* of a number or string */
};

struct wr_json_test {
	enum wr_json_test_kind kind;
	struct wr_json_test *a, *b;         /* OR, AND, NOT (a) */
	struct wr_json_operand left, right; /* the others */
};

struct wr_json_step {
	enum wr_json_step_kind kind;
	bool after_definite;       /* all steps before this one are definite */
	bool is_definite;          /* this one is */
	uint32_t count;            /* names or indexes */
	struct wr_str *name;       /* NAMES */
	int64_t *index;            /* INDEXES; SLICE: from, to */
	bool has_from;             /* SLICE: a first index is given */
	bool has_to;               /* SLICE: a last one is */
	struct wr_json_test *test; /* FILTER */
};

#endif
