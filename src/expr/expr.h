/* SPDX-License-Identifier: Apache-2.0
 *
 * expr - the typed expression tree: what the analyzer makes of SQL expressions and the program
 * compiler eats.
 *
 * Nodes are immutable once built, live in the plan's arena and may be shared between parents. Every
 * implicit cast is an explicit WR_E_CAST node by the time a tree is complete; argument types of a
 * call are exactly what its function's infer() settled on. Column references count the columns of
 * the operator's input (for joins: left columns, then right).
 *
 * Lazy evaluation: CASE, AND, OR, COALESCE evaluate an argument only for rows that need it; an
 * error (a failing CAST, a division by zero) in a row that does not need it does not happen.
 */
#ifndef WR_EXPR_EXPR_H
#define WR_EXPR_EXPR_H

#include "base/arena.h"
#include "base/status.h"
#include "data/column.h"
#include "data/type.h"

struct wr_function;
struct wr_call_plan;

enum wr_expr_kind {
	WR_E_COLUMN, /* input column `column` */
	WR_E_CONST,  /* `value`: a const column */
	WR_E_CALL,   /* function(arg...) */
	WR_E_CAST,   /* arg[0] to `type`; `try_cast`: NULL in place of an error */
	WR_E_CASE,   /* arg: when1, then1, when2, then2, ..., else; whens BOOLEAN, thens and else of
			`type` */
	WR_E_AND,    /* n-ary, BOOLEAN */
	WR_E_OR,     /* n-ary, BOOLEAN */
	WR_E_COALESCE, /* n-ary, all of `type` but for nullability */
	WR_E_SYMBOL    /* a word that a function takes as an argument (a time unit, JSON behaviour);
			  never evaluated */
};

/* What holds for a node or anything below it; settled when the node is made. */
enum wr_expr_traits {
	WR_EX_COLUMNS = 1 << 0,  /* reads a column */
	WR_EX_FAILS = 1 << 1,    /* some row may make it fail */
	WR_EX_DYNAMIC = 1 << 2,  /* not deterministic */
	WR_EX_EXPENSIVE = 1 << 3 /* worth being skipped for rows that do not need it */
};

/* Nodes of a tree, shared ones counted as often as they are reached: bounds every walk over it. */
#define WR_EXPR_SIZE_MAX 1000000
/* Levels of a tree: bounds the stack that a walk takes (long chains like a + b + c ... are deep).
 */
#define WR_EXPR_DEPTH_MAX 5000

struct wr_expr {
	enum wr_expr_kind kind;
	bool try_cast;              /* CAST: TRY_CAST */
	const struct wr_type *type; /* of the result; NULL only for SYMBOL */
	struct wr_pos pos;          /* in the script; line 0: made by the planner */
	uint32_t traits;            /* enum wr_expr_traits */
	uint32_t size;              /* nodes of the tree, at most WR_EXPR_SIZE_MAX */
	uint32_t depth;             /* levels, at most WR_EXPR_DEPTH_MAX */
	uint64_t hash;              /* of the structure; equal trees have equal hashes */
	uint32_t column;            /* COLUMN: index */
	struct wr_column
	    *value;         /* CONST: 1 row; the tree's arena owner releases it, see wr_expr_own */
	const char *symbol; /* SYMBOL: upper case */
	const struct wr_function *function; /* CALL */
	const struct wr_call_plan *plan;    /* CALL: what infer() decided (kernel, bind data) */
	uint32_t arg_count;                 /* CALL, CAST (1), CASE, AND, OR, COALESCE */
	struct wr_expr **arg;
};

/* Everything below allocates from `arena`. Constants hold a refcounted column; the list `consts` of
 * a wr_expr_pool owns them and drops them when the plan goes (arena memory has no destructors). */
struct wr_expr_deferred {
	void (*release)(void *what);
	void *what;
};
struct wr_expr_pool {
	struct wr_arena *arena;    /* where nodes live */
	struct wr_column **consts; /* references held until release */
	uint32_t const_count;
	uint32_t const_capacity;
	struct wr_expr_deferred *deferred; /* what goes with the pool */
	uint32_t deferred_count;
	uint32_t deferred_capacity;
	int64_t now_us; /* wall clock at planning: CURRENT_TIMESTAMP etc. are per row in streaming,
			   per query in batch */
	const char *zone_id;  /* table.local-time-zone; "UTC" by default */
	const char *database; /* CURRENT_DATABASE(); NULL: default_database */
};
void wr_expr_pool_init(struct wr_expr_pool *pool, struct wr_arena *arena);
void wr_expr_pool_release(struct wr_expr_pool *pool);
/* Calls release(what) when the pool goes: for what its expressions point to. */
void wr_expr_pool_defer(struct wr_expr_pool *pool, void (*release)(void *what), void *what);

struct wr_expr *wr_expr_column(struct wr_expr_pool *pool, uint32_t column,
			       const struct wr_type *type);
/* Takes over the reference of `value` (a const column). */
struct wr_expr *wr_expr_const(struct wr_expr_pool *pool, struct wr_column *value_moved);
struct wr_expr *wr_expr_null(struct wr_expr_pool *pool, const struct wr_type *type);
struct wr_expr *wr_expr_bool(struct wr_expr_pool *pool, bool value);
struct wr_expr *wr_expr_i32(struct wr_expr_pool *pool, int32_t value);
struct wr_expr *wr_expr_i64(struct wr_expr_pool *pool, int64_t value);
/* CHAR(n) NOT NULL as Flink types string literals. */
struct wr_expr *wr_expr_string(struct wr_expr_pool *pool, const char *text, uint32_t len);
struct wr_expr *wr_expr_symbol(struct wr_expr_pool *pool, const char *symbol);
/* A cast to `type` (nullability is derived from the argument and try_cast). Returns `arg` itself
 * when the types are equal but for nullability. Fails (user error) when Flink has no such cast,
 * naming both types. */
wr_status *wr_expr_cast(struct wr_expr_pool *pool, struct wr_expr *arg, const struct wr_type *type,
			bool try_cast, struct wr_expr **out);
/* As wr_expr_cast but only casts that Flink makes by itself; `what` names the place for the
 * message. */
wr_status *wr_expr_implicit_cast(struct wr_expr_pool *pool, struct wr_expr *arg,
				 const struct wr_type *type, const char *what,
				 struct wr_expr **out);
/* A call by registry entry: runs infer(), inserts the implicit casts it wants, and rewrites lazy
 * functions (IF, IFNULL, NULLIF, COALESCE ...) into CASE/COALESCE nodes. */
wr_status *wr_expr_call(struct wr_expr_pool *pool, const struct wr_function *function,
			struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
			struct wr_expr **out);
/* The same by name among the built-in scalar functions and operators ("+", "=", "IS NULL", "LIKE",
 * "UPPER" ...). */
wr_status *wr_expr_call_name(struct wr_expr_pool *pool, const char *name, struct wr_expr **arg,
			     uint32_t arg_count, struct wr_pos pos, struct wr_expr **out);
/* AND/OR: flattens nested ones; arguments must be BOOLEAN (checked, named by `what`). */
wr_status *wr_expr_logic(struct wr_expr_pool *pool, enum wr_expr_kind kind, struct wr_expr **arg,
			 uint32_t arg_count, struct wr_pos pos, struct wr_expr **out);
/* CASE from whens/thens/else (else NULL: NULL of the common type); settles the common type of the
 * branches. */
wr_status *wr_expr_case(struct wr_expr_pool *pool, struct wr_expr **when, struct wr_expr **then,
			uint32_t count, struct wr_expr *otherwise, struct wr_pos pos,
			struct wr_expr **out);

/* COALESCE: settles the common type (wr_type_merge) and drops what can never be reached. */
wr_status *wr_expr_coalesce(struct wr_expr_pool *pool, struct wr_expr **arg, uint32_t arg_count,
			    struct wr_pos pos, struct wr_expr **out);
/* A node of the same kind with other arguments (of the same types); keeps what infer() decided. */
struct wr_expr *wr_expr_with_args(struct wr_expr_pool *pool, const struct wr_expr *expr,
				  struct wr_expr **arg);

/* Flink's least restrictive common type of n types (CASE, UNION, VALUES, IN, ARRAY[...]); NULL:
 * there is none. */
const struct wr_type *wr_type_common(struct wr_arena *arena, const struct wr_type *const *types,
				     uint32_t count);
/* The same by the rules of functions (COALESCE, IFNULL, GREATEST), which differ for FLOAT with
 * DECIMAL and for dates with timestamps. */
const struct wr_type *wr_type_merge(struct wr_arena *arena, const struct wr_type *const *types,
				    uint32_t count);
/* Whether CAST from -> to exists at all (explicit), or is made implicitly. */
bool wr_type_castable(const struct wr_type *from, const struct wr_type *to);
bool wr_type_implicitly_castable(const struct wr_type *from, const struct wr_type *to);

bool wr_expr_is_const(const struct wr_expr *expr); /* a WR_E_CONST node */
bool wr_expr_is_deterministic(
    const struct wr_expr *expr); /* no RAND, UUID, PROCTIME, CURRENT_WATERMARK ... inside */
bool wr_expr_can_fail(const struct wr_expr *expr); /* some row may make it fail */
/* Structural equality and hash (positions ignored). */
bool wr_expr_equal(const struct wr_expr *a, const struct wr_expr *b);
uint64_t wr_expr_hash(const struct wr_expr *expr);
/* Marks used[i] for every input column i that the expression reads. */
void wr_expr_columns(const struct wr_expr *expr, bool *used);
/* A copy with column i replaced by map[i] (an expression; NULL entries must not occur among the
 * used ones). */
struct wr_expr *wr_expr_substitute(struct wr_expr_pool *pool, const struct wr_expr *expr,
				   struct wr_expr *const *map);
/* A copy with column i renumbered to map[i]. */
struct wr_expr *wr_expr_remap(struct wr_expr_pool *pool, const struct wr_expr *expr,
			      const uint32_t *map);
/* Evaluates constant sub-trees (those that do not fail; a failing one is left for run time, where
 * it fails if reached) and simplifies TRUE AND x, CASE with constant conditions, casts of
 * constants. */
struct wr_expr *wr_expr_fold(struct wr_expr_pool *pool, struct wr_expr *expr);
/* A constant as a literal of its type has it: cut to CHAR(n), BINARY(n), TIMESTAMP(p), TIME(0) and,
 * with `floats`, a FLOAT to 7 digits. Folding does so with what it computes. Others: as they are.
 */
struct wr_expr *wr_expr_settle(struct wr_expr_pool *pool, struct wr_expr *expr, bool floats);
/* Appends SQL-like text for EXPLAIN; `names` are the input's column names (NULL: $0, $1 ...). */
void wr_expr_print(struct wr_text *text, const struct wr_expr *expr, const char *const *names);

#endif
