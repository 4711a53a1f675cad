/* SPDX-License-Identifier: Apache-2.0
 *
 * weir/function.h - functions of the program for SQL. Included by weir.h.
 *
 *     static int square(void *self, const struct weir_row *args, struct weir_appender *out)
 *     {
 *             double x;
 *
 *             if (weir_get_f64(args, 0, &x))
 *                     weir_append_f64(out, x * x);
 *             return 0;
 *     }
 *     const struct weir_function weir_square = {.size = sizeof(struct weir_function),
 *                                               .kind = WEIR_SCALAR,
 *                                               .flags = WEIR_NULL_IN_NULL_OUT,
 *                                               .arguments = "x DOUBLE",
 *                                               .result = "DOUBLE",
 *                                               .eval = square};
 *     ...
 *     weir_register_function(session, "SQUARE", &weir_square, &error);
 *
 * or, from a shared object that exports it:
 *
 *     CREATE FUNCTION SQUARE AS 'weir_square' LANGUAGE C USING FILE './square.so';
 *
 * Callbacks return 0, or anything else for "failed", after having said why (weir_function_fail,
 * weir_vector_fail, weir_call_fail): the row goes the way of 'error-handling.mode', as for a
 * division by zero; of aggregates and process table functions the job fails.
 *
 * Threads: a scalar or table function has an instance (`self`) for each place of the plan that
 * calls it and each worker, whose calls are never concurrent; `user` is shared by all of them. An
 * aggregate has one instance for each place, which all workers share: what it keeps is in
 * accumulators.
 */
#ifndef WEIR_FUNCTION_H
#define WEIR_FUNCTION_H

#include "weir/weir.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weir_bytes;     /* stream.h */
struct weir_process;   /* stream.h */
struct weir_signature; /* a call whose types are being settled */
struct weir_call;      /* a call at work */

enum weir_function_kind {
	WEIR_SCALAR,       /* one value for each row */
	WEIR_TABLE,        /* any number of rows for each row: LATERAL TABLE(f(x)) */
	WEIR_AGGREGATE,    /* one value for many rows */
	WEIR_PROCESS_TABLE /* a keyed process function: f(TABLE t PARTITION BY k, 5) */
};

/* Flags of struct weir_function. */
enum weir_function_flags {
	WEIR_NOT_DETERMINISTIC = 1, /* never computed once for several rows */
	WEIR_NULL_IN_NULL_OUT =
	    2,                   /* SCALAR: not called when an argument is NULL, the result is
				    NULL. TABLE: no rows then. AGGREGATE: such rows do not count */
	WEIR_EXPENSIVE = 4,      /* worth being skipped for rows that do not need it */
	WEIR_RESULT_NOT_NULL = 8 /* SCALAR, AGGREGATE: whatever the arguments are */
};

/* The result of a vector variant: `rows` values, row i at [i] of data. */
struct weir_vector {
	uint32_t rows;           /* number of values */
	enum weir_type type;     /* what they mean */
	enum weir_layout layout; /* how they lie in `data` */
	void *data; /* of the layout, zeroed; STRING: written by weir_vector_string alone; NESTED:
		       NULL, such results need the row variant */
	void *own;  /* the library's */
};

/* A function of SQL: what it takes and gives, and its callbacks. */
struct weir_function {
	size_t size;                  /* sizeof(struct weir_function) */
	enum weir_function_kind kind; /* what it makes of what */
	uint32_t flags;               /* enum weir_function_flags */
	const char *arguments; /* "x DOUBLE, y DOUBLE NOT NULL", "" for none; the last one may come
				  any number of times, also none: "format STRING, rest STRING ...".
				  Arguments are cast implicitly, as for built-in functions. NULL:
				  `infer` settles them. PROCESS_TABLE: a table is "t TABLE AS SET"
				  (PARTITION BY: its columns are the key) or "t TABLE AS ROW" */
	const char *result; /* its type, "DOUBLE NOT NULL" (with WEIR_NULL_IN_NULL_OUT: as long as
			       no argument is NULL); TABLE: its columns, "word STRING, n INT".
			       NULL: `infer` settles it. PROCESS_TABLE: that of `process` */
	/* A further form of the function, for other arguments: the first one that takes a call's
	 * arguments is called, preferably without casts. NULL: there is none. */
	const struct weir_function *next;
	/* Settles the types that are not told by texts. MAY, else MUST. */
	int (*infer)(void *user, struct weir_signature *signature);
	void *user; /* for infer and open, and `self` where there is no open */
	/* MAY; *self is `user` at first. constants: the arguments; those that are not constant in
	 * the statement are NULL. */
	int (*open)(void *user, const struct weir_row *constants, void **self);
	void (*close)(void *self); /* MAY; also after a failure, if open was called */

	/* SCALAR: appends one value (no weir_append_end); none is NULL. TABLE: any number of rows,
	 * each closed by weir_append_end. */
	int (*eval)(void *self, const struct weir_row *args, struct weir_appender *out);
	/* SCALAR, in place of eval or beside it: all rows at once. Row i of `args` is at index i of
	 * its columns (& mask). */
	int (*eval_batch)(void *self, const struct weir_batch *args, struct weir_vector *out);

	/* AGGREGATE: a struct of the program, all zero at first, told as columns (see "state" in
	 * weir/stream.h), and its sizeof. */
	const char *accumulator;
	size_t accumulator_size; /* see accumulator */
	/* AGGREGATE: takes a row in. */
	int (*accumulate)(void *self, struct weir_call *call, void *accumulator,
			  const struct weir_row *args);
	/* MAY: takes a row out again. Without, updating inputs and OVER with a lower bound are
	 * refused. */
	int (*retract)(void *self, struct weir_call *call, void *accumulator,
		       const struct weir_row *args);
	/* MAY: *into becomes the two together. Without, windows that are made of pieces (HOP,
	 * CUMULATE, SESSION) are refused. */
	int (*merge)(void *self, struct weir_call *call, void *into, const void *from);
	/* Appends one value; none is NULL. */
	int (*get_result)(void *self, struct weir_call *call, const void *accumulator,
			  struct weir_appender *out);

	/* PROCESS_TABLE. open above gets the constant arguments; what it makes is `user` of
	 * process->open and, as long as that makes nothing else, self; process->close ends it.
	 * Columns of PARTITION BY, of each table, stand before those of process->columns in the
	 * result; behind them, where the call has on_time => DESCRIPTOR(ts), `rowtime`: the time of
	 * the row or timer at hand (of a timer by the clock: the watermark). They are not appended.
	 * With on_time late rows do not come. One or two tables; no side outputs. */
	const struct weir_process *process;

	/* AGGREGATE, MAY: behind the last of some calls of accumulate, retract or merge, for every
	 * accumulator that one of them has had, also several times and where one has failed: what
	 * the function has kept back of it, so as to work on many rows at once, it puts into it.
	 * Between them the accumulators are nobody else's. */
	int (*settle)(void *self, struct weir_call *call, void *accumulator);
};

/* name: one word of letters, digits, _ and $, no digit in front; a reserved word is called in
 * backquotes. WEIR_MISUSE and the reason in *error: the name, the descriptor or a flag is wrong.
 * Makes a function known to the session, as CREATE TEMPORARY SYSTEM FUNCTION does: before built-in
 * ones, in any case of letters. The descriptor and its texts are copied; `user` must live until the
 * session and its jobs are gone. A name that is there gets a further form, unless it has one of the
 * same arguments: an error, as a descriptor that is wrong. */
enum weir_code weir_register_function(struct weir_session *session, const char *name,
				      const struct weir_function *function,
				      struct weir_error **error);
/* Forgets it; plans and jobs that use it keep it. */
enum weir_code weir_drop_function(struct weir_session *session, const char *name,
				  struct weir_error **error);

/* --- in `infer` --- */

/* The arguments of the call: their types, by weir_column_*. */
const struct weir_result *weir_signature_arguments(const struct weir_signature *signature);
/* Their values where they are constant, else NULL. */
const struct weir_row *weir_signature_constants(const struct weir_signature *signature);
/* Argument number `argument` is to come as this type: "DECIMAL(10, 2)". */
int weir_signature_take(struct weir_signature *signature, uint32_t argument, const char *type);
/* The result: a type, or the columns of a TABLE. */
int weir_signature_return(struct weir_signature *signature, const char *result);
/* Refuses the call; returns -1. */
int weir_signature_fail(struct weir_signature *signature, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- in open, eval, eval_batch --- */

/* Says why open is about to fail; returns -1. */
int weir_open_fail(const struct weir_row *constants, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says why eval is about to fail; returns -1. */
int weir_function_fail(struct weir_appender *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Row i is NULL. */
void weir_vector_null(struct weir_vector *out, uint32_t row);
/* Per row 1 or 0: NULL; all 1 at first but where WEIR_NULL_IN_NULL_OUT has decided. */
uint8_t *weir_vector_valid(struct weir_vector *out);
/* Row i is a copy of the bytes, at most 64 MiB (more: the row fails). */
void weir_vector_string(struct weir_vector *out, uint32_t row, const char *data, size_t size);
/* Row i fails; the others go on. Returns 0. */
int weir_vector_fail(struct weir_vector *out, uint32_t row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Whether row i needs no value, being NULL already or in a branch of CASE that is not taken: a dear
 * function asks. What is said of such a row is ignored. */
bool weir_vector_skips(const struct weir_vector *out, uint32_t row);

/* --- in callbacks of aggregates --- */

/* Says why the callback is about to fail; returns -1. */
int weir_call_fail(struct weir_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes a STRING or BYTES member of an accumulator a copy of the bytes, at most 64 MiB (more: the
 * callback has failed). */
void weir_call_bytes(struct weir_call *call, struct weir_bytes *member, const char *data,
		     size_t size);

/* --- functions of other languages --- */

/* What knows the functions of a language: for
 *
 *     CREATE FUNCTION f AS 'fraud.score' LANGUAGE PYTHON USING FILE './fraud.py'
 *
 * `load` is given "fraud.score" and "./fraud.py". Until a session has one for PYTHON, it takes the
 * module libweir-python.so, whose symbol `weir_language` is such a struct. */
struct weir_language {
	size_t size;      /* sizeof(struct weir_language) */
	const char *name; /* "PYTHON", in any case of letters */
	void *user;       /* for load and release */
	/* Finds a function and fills *function (zeroed, its size set); what it points to, and its
	 * `user`, live until `release`. Failed: other than 0, and why in `error`. Any thread that
	 * uses a session, also several at once. */
	int (*load)(void *user, const char *symbol, const char *const *files, uint32_t file_count,
		    struct weir_function *function, char *error, size_t error_size);
	/* Plans and jobs that use it are gone. */
	void (*release)(void *user, struct weir_function *function);
};
/* Functions of this language, in this session, from now on. The struct and its name are copied;
 * `user` must live until the session and its jobs are gone. */
enum weir_code weir_register_language(struct weir_session *session,
				      const struct weir_language *language,
				      struct weir_error **error);

#ifdef __cplusplus
}
#endif

#endif
