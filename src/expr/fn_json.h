/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json - what the files of JSON functions share. fn_json.c has the table and the shapes of the
 * arguments, fn_json_read.c the functions that look into documents, fn_json_make.c those that make
 * them.
 */
#ifndef WR_EXPR_FN_JSON_H
#define WR_EXPR_FN_JSON_H

#include "expr/fn_json_path.h"
#include "expr/kernel.h"
#include "expr/tables.h"

/* What a clause says to do when nothing is found, or on an error. */
enum wr_json_answer {
	WR_JSON_ANSWER_NULL,
	WR_JSON_ANSWER_ERROR,
	WR_JSON_ANSWER_DEFAULT, /* the value of an argument */
	WR_JSON_ANSWER_EMPTY_ARRAY,
	WR_JSON_ANSWER_EMPTY_OBJECT,
	WR_JSON_ANSWER_TRUE,
	WR_JSON_ANSWER_FALSE
};

enum wr_json_wrapper {
	WR_JSON_WRAP_NONE,
	WR_JSON_WRAP_CONDITIONAL,  /* unless the value is an array */
	WR_JSON_WRAP_UNCONDITIONAL /* always */
};

/* The clauses of JSON_EXISTS, JSON_VALUE, JSON_QUERY: call_plan.bind. */
struct wr_json_clauses {
	enum wr_json_answer on_empty; /* nothing found */
	enum wr_json_answer on_error; /* no JSON, a bad path, nothing found on a strict path */
	uint32_t default_on_empty;    /* argument with the value of DEFAULT ... ON EMPTY */
	uint32_t default_on_error;    /* likewise ON ERROR */
	enum wr_json_wrapper wrapper; /* JSON_QUERY */
};

/* What JSON_OBJECT and JSON_ARRAY know of their arguments: call_plan.bind. */
struct wr_json_parts {
	uint32_t first;      /* argument with the first key or value */
	bool absent_on_null; /* leave NULLs out */
	bool *is_raw; /* per argument: its text is JSON already (JSON(), JSON_OBJECT() ...) */
};

#define WR_JSON_KERNEL(name)                                                                       \
	wr_status *wr_fn_json_##name(struct wr_eval *eval, const struct wr_call *call,             \
				     struct wr_column *const *arg, uint32_t rows,                  \
				     struct wr_column *out)

/* fn_json_read.c; all of them need the state of wr_fn_json_prepare. */
WR_JSON_KERNEL(is); /* plan->i64: 'v' any value, 'o' object, 'a' array, 's' scalar */
WR_JSON_KERNEL(exists);
WR_JSON_KERNEL(value);
WR_JSON_KERNEL(query);
WR_JSON_KERNEL(canonical); /* JSON(text) */
WR_JSON_KERNEL(quote);
WR_JSON_KERNEL(unquote);
wr_status *wr_fn_json_prepare(struct wr_call *call, void **state);
void wr_fn_json_release(void *state);

/* fn_json_make.c */
WR_JSON_KERNEL(string);
WR_JSON_KERNEL(object);
WR_JSON_KERNEL(array);
/* Whether values of a type can be written as JSON. */
bool wr_json_type_ok(const struct wr_type *type);

#endif
