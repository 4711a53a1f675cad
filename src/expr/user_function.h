/* SPDX-License-Identifier: Apache-2.0
 *
 * user_function - functions of the program (weir/function.h) as entries beside those of the
 * registries.
 *
 * A function has forms, one for each list of argument types. A scalar or table function is a
 * wr_function whose `rewrite` picks the form; each form is a wr_function of its own, with the flags
 * that it has. A table function is a scalar function whose result is an ARRAY of ROWs, which UNNEST
 * then makes rows of. An aggregate is a wr_agg_function whose infer() picks the form.
 *
 * Life: counted. The catalog holds a function by name; an expression pool (a plan, a table) holds
 * those that its expressions call, so that a function that is dropped stays as long as a job uses
 * it.
 *
 * Thread: functions and forms are made and found on the session's; what is in them does not change
 * once it is used, but for forms that are added behind the others.
 */
#ifndef WR_EXPR_USER_FUNCTION_H
#define WR_EXPR_USER_FUNCTION_H

#include <stdatomic.h>

#include "base/limits.h"
#include "data/view.h"
#include "expr/agg.h"
#include "expr/function.h"

struct wr_user_function;

/* The accumulator of an aggregate, as its columns describe it. */
struct wr_user_accumulator {
	uint32_t count;              /* members */
	const struct wr_type **type; /* of each */
	uint32_t *offset;            /* of each in the struct */
	uint32_t size;               /* of the struct */
	bool bytes;                  /* it has STRING or BYTES members */
	const char *text;            /* the columns, one by one: what checkpoints compare */
};

/* One form of a function. */
struct wr_user_form {
	struct wr_user_form *next; /* NULL: the last one */
	struct wr_user_function *owner;
	struct weir_function given; /* its texts are copies */
	struct wr_function scalar;  /* SCALAR, TABLE: the function of the calls */
	struct wr_agg aggregate;    /* AGGREGATE: the implementation of the calls */
	bool typed;                 /* `arguments` holds: else infer settles them */
	bool variadic;              /* the last of `arguments` comes any number of times */
	struct wr_schema arguments;
	const struct wr_type *result; /* TABLE: an ARRAY of ROWs; NULL: infer settles it */
	const char *syntax;           /* "F(x DOUBLE)" */
	struct wr_user_accumulator accumulator; /* AGGREGATE */
};

struct wr_user_function {
	atomic_uint refs;
	struct wr_arena arena; /* of everything here */
	const char *name;      /* as given */
	enum weir_function_kind kind;
	bool system;          /* goes before built-in functions */
	bool temporary;       /* as said by CREATE */
	const char *language; /* NULL: registered by the program */
	struct wr_user_form *form;
	struct wr_function scalar;        /* SCALAR, TABLE: picks the form */
	struct wr_agg_function aggregate; /* AGGREGATE: picks the form */
	void (*release)(void *held);      /* MAY: with the last reference */
	void *held;                       /* for it */
	/* How texts of types are read; of the layer that reads SQL. */
	wr_status *(*read_type)(struct wr_arena *arena, const char *text, const char *what,
				const struct wr_type **out);
	wr_status *(*read_columns)(struct wr_arena *arena, const char *text, const char *what,
				   struct wr_schema *out);
};

struct wr_user_function *wr_user_function_ref(struct wr_user_function *function);
void wr_user_function_unref(struct wr_user_function *function); /* NULL is allowed */
/* Fills what the calls need of a form whose texts have been read, and adds it. */
void wr_user_form_add(struct wr_user_function *function, struct wr_user_form *form);
/* Whether the two take the same arguments. */
bool wr_user_form_same(const struct wr_user_form *a, const struct wr_user_form *b);

/* What calls of a form have settled: plan->bind, wr_agg_call.bind. */
struct wr_user_bind {
	struct wr_user_form *form;
	const char *zone_id;
	struct wr_schema arguments;  /* with the types that the form takes */
	struct wr_schema results;    /* SCALAR, AGGREGATE: one column; TABLE: those of a row */
	struct wr_user_spare *spare; /* AGGREGATE: instances that nobody uses at the moment */
};

/* What makes a call: an instance of the function and what it reads and writes. */
struct wr_user_instance {
	const struct wr_user_bind *bind;
	void *self;                        /* of the function */
	bool opened;                       /* close is due */
	bool unusable;                     /* open has failed */
	struct weir_result arguments;      /* for getters */
	struct weir_appender *out;         /* for results; owned */
	struct wr_user_instance *next;     /* among spare ones */
	char failure[WR_REASON_BYTES_MAX]; /* why open failed, in its words */
};
/* Opens the function. constant: per argument, of the types that the form takes; NULL: no constant.
 * *out is to be freed in any case. */
wr_status *wr_user_instance_new(const struct wr_user_bind *bind, struct wr_column *const *constant,
				struct wr_user_instance **out);
void wr_user_instance_free(struct wr_user_instance *instance); /* NULL is allowed */

/* The form that takes such arguments; NULL: none. */
struct wr_user_form *wr_user_form_find(const struct wr_user_function *function,
				       const struct wr_type *const *type, uint32_t count);
/* Settles the types of a call of a form. want: in the types as they are, out those to cast to.
 * constant: per argument; NULL: none. result: with the nullability that the form says. */
wr_status *wr_user_bind_new(struct wr_expr_pool *pool, struct wr_user_form *form,
			    const struct wr_type **want, struct wr_column *const *constant,
			    uint32_t count, const struct wr_type **result,
			    struct wr_user_bind **out);
/* The result as its text says; of a table function an ARRAY of ROWs. */
wr_status *wr_user_result_read(struct wr_arena *arena, const struct wr_user_function *function,
			       const char *text, const struct wr_type **out);
/* "Cannot apply 'F' to arguments of type (...)", with the forms. */
wr_status *wr_user_mismatch(struct wr_arena *arena, const struct wr_user_function *function,
			    const struct wr_type *const *type, uint32_t count);

/* The kernels and slots of the kinds (user_scalar.c, user_aggregate.c). */
wr_status *wr_user_scalar_rewrite(struct wr_expr_pool *pool, const struct wr_function *function,
				  struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				  struct wr_expr **out);
wr_status *wr_user_scalar_infer(struct wr_infer *infer);
wr_status *wr_user_scalar_prepare(struct wr_call *call, void **state);
void wr_user_scalar_release(void *state);
wr_status *wr_user_scalar_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows,
				 struct wr_column *out);
wr_status *wr_user_table_kernel(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out);
void wr_user_aggregate_fill(struct wr_user_form *form, struct wr_arena *arena);
wr_status *wr_user_aggregate_infer(struct wr_agg_infer *infer);

#endif
