/* SPDX-License-Identifier: Apache-2.0
 *
 * function - the vtable of a scalar function, and the registry of all of them.
 *
 * A function is one const struct in one of expr/fn_*.c, listed in that file's table;
 * expr/registry.c lists the tables. SHOW FUNCTIONS and docs/FUNCTIONS.md are made from it.
 * Operators are functions whose name is their symbol ("+").
 *
 * Life of a call: infer() once at analysis (types, casts, kernel) -> prepare() once per compiled
 * program and worker (compiled regex of a constant pattern ...) -> kernel() per batch -> release().
 *
 * NULL rule: with WR_F_STRICT the evaluator sets a result row to NULL when any argument row is; the
 * kernel sees out->valid already filled in (or NULL when no row is NULL), must leave such rows
 * alone, and may turn further rows NULL through wr_column_validity(out).
 *
 * Errors: a kernel reports a bad row with wr_eval_fail(eval, row, format...) and goes on; rows that
 * the evaluator masked out (`eval->live[row] == 0`: a CASE branch not taken, a NULL row, ...) must
 * not report, so kernels that can fail or are dear skip rows with wr_eval_skips(eval, out, row).
 */
#ifndef WR_EXPR_FUNCTION_H
#define WR_EXPR_FUNCTION_H

#include "expr/expr.h"

struct wr_eval;

enum wr_function_flags {
	WR_F_STRICT =
	    1 << 0, /* NULL in, NULL out (see above); result type is nullable iff an argument is */
	WR_F_FALLIBLE = 1 << 1, /* the kernel may report failing rows */
	WR_F_DYNAMIC =
	    1 << 2, /* not deterministic: never folded, never shared (RAND, PROCTIME, NOW ...) */
	WR_F_NULLABLE =
	    1 << 3, /* the result is nullable even when no argument is (SPLIT_INDEX ...) */
	WR_F_NOT_NULL = 1 << 4,  /* the result is never NULL (IS NULL, COUNT-like ...) */
	WR_F_OPERATOR = 1 << 5,  /* an operator symbol: hidden from SHOW FUNCTIONS */
	WR_F_EXPENSIVE = 1 << 6, /* worth a mask: rows not needed are skipped (regex, JSON) */
	WR_F_BLIND = 1 << 7 /* the kernel writes every row, NULL or masked: no need to clear the
			       result first */
};

/* A call as the kernel sees it. */
struct wr_call {
	const struct wr_function *function;
	const struct wr_call_plan *plan; /* from infer() */
	const struct wr_type *type;      /* of the result */
	const struct wr_type *const *arg_type;
	uint32_t arg_count;                 /* symbols count; their arg column is NULL */
	struct wr_column *const *const_arg; /* per argument: its value when constant, else NULL */
	const char *const *symbol;          /* per argument: the word of a SYMBOL, else NULL */
	void *state;                        /* from prepare(); NULL without */
};

/* Computes rows [0, rows) of `out`. out is made by the evaluator: a dense column of call->type with
 * `rows` rows (rows is 1 and out const when all arguments are constant), data zeroed for STR.
 * LIST/MAP/ROW kernels set the children. */
typedef wr_status *(*wr_kernel)(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out);

/* What infer() decides. */
struct wr_call_plan {
	wr_kernel kernel; /* NULL: the function's own */
	int64_t i64;      /* free for the function (a unit, a mode) */
	bool cannot_fail; /* WR_F_FALLIBLE does not hold for these types or constants */
	const void *bind; /* free for the function; lives in the plan's arena */
};

struct wr_infer {
	struct wr_arena *arena;    /* the plan's */
	struct wr_expr_pool *pool; /* the plan's: what the call must keep goes with it */
	const struct wr_function *function;
	uint32_t arg_count;
	struct wr_expr *const *arg; /* the arguments as given: types and constants are visible */
	const struct wr_type *
	    *want; /* in: the arguments' types; out: types to cast them to implicitly */
	const struct wr_type
	    *result;      /* out: result type; nullability is set by the flags unless keep_null */
	bool try_strings; /* out: strings that are no constants are cast by TRY_CAST */
	bool try_consts;  /* out: constant strings too */
	bool keep_null;   /* out: infer() has decided the result's nullability itself */
	struct wr_call_plan *plan; /* out */
	const char *zone_id;       /* session time zone, when the function needs it */
};

struct wr_function {
	const char *name;     /* upper case, or the operator's symbol; never NULL */
	const char *category; /* Flink's page: comparison, logical, arithmetic, string, temporal,
				 conditional, conversion, collection, json, value access, hash,
				 auxiliary, bitmap, ... */
	const char *syntax;   /* as in the manual: "SUBSTRING(string, integer1[, integer2])" */
	const char *doc;      /* one or two sentences of our own */
	uint32_t flags;       /* enum wr_function_flags */
	uint16_t min_args;
	uint16_t max_args; /* UINT16_MAX: any number */
	/* Checks argument types, asks for casts, sets the result. On a mismatch return
	 * wr_infer_mismatch(infer). MUST. */
	wr_status *(*infer)(struct wr_infer *infer);
	wr_kernel
	    kernel; /* default kernel; NULL when infer() always picks one or `rewrite` is set */
	wr_status *(*prepare)(struct wr_call *call, void **state); /* MAY */
	void (*release)(void *state);                              /* MAY */
	/* A function that is other nodes (IF, NULLIF, IFNULL ...): builds them in place of a call.
	 * MAY. */
	wr_status *(*rewrite)(struct wr_expr_pool *pool, const struct wr_function *function,
			      struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
			      struct wr_expr **out);
	const char *const *aliases; /* NULL-terminated further names, or NULL */
	const char *fail_hint;      /* the next action when a row fails; NULL: none of its own */
};

/* Lookup by name, case-insensitive. NULL: none. */
const struct wr_function *wr_function_find(const char *name, uint32_t len);
/* All functions, in the registry's order. */
const struct wr_function *const *wr_function_list(uint32_t *count);
/* "Cannot apply 'UPPER' to arguments of type (INT). Supported form: UPPER(string)". */
wr_status *wr_infer_mismatch(const struct wr_infer *infer);

/* Ready-made infer() pieces for the common shapes (expr/infer.c). */
wr_status *wr_infer_string_to_string(
    struct wr_infer *infer); /* every argument STRING-castable; result STRING */
wr_status *wr_infer_string_to_int(struct wr_infer *infer);
wr_status *wr_infer_string_to_bool(struct wr_infer *infer);
wr_status *
wr_infer_double(struct wr_infer *infer); /* every argument numeric, cast to DOUBLE; result DOUBLE */

/* --- the evaluator as kernels see it (expr/program.h has the rest)
 * -------------------------------------------------- */

/* Reports row `row` (of this run) as failed. Cheap to call; the text is kept for a bounded number
 * of rows. */
void wr_eval_fail(struct wr_eval *eval, uint32_t row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a reason. */
void wr_eval_fail_because(struct wr_eval *eval, uint32_t row, enum wr_status_reason reason,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Whether the kernel may leave the row out: masked by a lazy parent, or already NULL in `out`. */
bool wr_eval_skips(const struct wr_eval *eval, const struct wr_column *out, uint32_t row);
/* An arena that is reset after each run: scratch for kernels. */
struct wr_arena *wr_eval_arena(struct wr_eval *eval);

#endif
