/* SPDX-License-Identifier: Apache-2.0
 *
 * agg - aggregate functions over fixed-width accumulators in keyed state.
 *
 * An accumulator is `size` bytes inside a state row ("slot"), zeroed before init(). What does not
 * fit (strings, sets, lists) is allocated from the wr_agg_pool of the state that holds the slot and
 * goes with it. All calls are by batch: row i of the arguments goes to the accumulator at slot[i] +
 * offset; several rows may share a slot, in order.
 *
 * Alignment: offsets are multiples of 8, and of 16 where the accumulator's size is a multiple
 * of 16.
 *
 * Which implementation an aggregate gets depends on its input: over changing inputs (retractions)
 * MIN/MAX need an ordered multiset, FIRST/LAST_VALUE and LISTAGG an ordered list, and so on:
 * infer() is told and picks.
 */
#ifndef WR_EXPR_AGG_H
#define WR_EXPR_AGG_H

#include "base/text.h"
#include "data/codec.h"
#include "data/column.h"
#include "expr/expr.h"

/* Memory of variable-size accumulator parts: size-class free lists over chunks, released as a whole
 * with its state. Thread: the state's owner. */
struct wr_agg_pool;
struct wr_agg_pool *wr_agg_pool_new(void);
void wr_agg_pool_free(struct wr_agg_pool *pool);
void *wr_agg_pool_alloc(struct wr_agg_pool *pool, size_t size);             /* zeroed */
void wr_agg_pool_drop(struct wr_agg_pool *pool, void *memory, size_t size); /* size as allocated */
size_t wr_agg_pool_bytes(const struct wr_agg_pool *pool);
size_t wr_agg_pool_used(const struct wr_agg_pool *pool); /* of them, what is not dropped */

struct wr_agg;

enum wr_agg_words {
	WR_AGG_SKIP_NULLS = 1 << 0, /* IGNORE NULLS, ABSENT ON NULL */
	WR_AGG_KEEP_NULLS = 1 << 1, /* RESPECT NULLS, NULL ON NULL */
	WR_AGG_FORMAT_JSON =
	    1 << 2 /* the value is JSON text already: it came from JSON_OBJECT() ... */
};

/* One compiled aggregate call (immutable, shared by workers). */
struct wr_agg_call {
	const struct wr_agg *agg;               /* the implementation */
	const struct wr_agg_function *function; /* for EXPLAIN */
	const struct wr_type *type;             /* of the result */
	uint32_t arg_count;                     /* 0: COUNT(*) */
	const struct wr_type *const *arg_type;  /* after implicit casts */
	struct wr_column *const
	    *const_arg; /* constants among the arguments (a separator), else NULL */
	bool distinct;  /* DISTINCT: `agg` is the distinct wrapper around `inner` */
	const struct wr_agg_call *inner; /* of the distinct wrapper */
	bool retract;                    /* the implementation takes retractions */
	bool ignore_nulls;               /* rows with a NULL argument change nothing */
	bool splittable;  /* merging the partial results of pieces of a stream, in order, gives the
			     result of the whole stream; false: of disjoint slices only */
	bool grouped;     /* as given to wr_agg_call_new */
	uint32_t words;   /* what follows the arguments: enum wr_agg_words */
	int64_t i64;      /* free for the implementation */
	const void *bind; /* free for the implementation; lives in the plan's arena */
};

struct wr_agg {
	const char
	    *name;    /* of the implementation, for EXPLAIN of state: "sum_i64", "max_multiset" */
	bool ordered; /* depends on which of several equal values a retraction takes out: see
			 wr_agg_call.splittable */
	uint32_t (*size)(
	    const struct wr_agg_call *call); /* bytes of an accumulator, a multiple of 8 */
	/* Makes a zeroed accumulator the empty one. NULL: zero is empty. */
	void (*init)(const struct wr_agg_call *call, void *acc);
	/* Folds n rows in. retract[i] != 0 takes row i out again (only if call->retract); NULL: all
	 * are additions. */
	void (*update)(const struct wr_agg_call *call, struct wr_agg_pool *pool,
		       uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
		       const uint8_t *retract, uint32_t n);
	/* dst[i] += src[i], for slices and local/global; src stays as it is. Memory of dst comes
	 * from `pool`. NULL: cannot merge. */
	void (*merge)(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *const *dst,
		      uint8_t *const *src, uint32_t offset, uint32_t n);
	/* Writes the results of n accumulators to rows [0, n) of `out` (dense, of call->type). */
	void (*value)(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		      uint32_t n, struct wr_column *out);
	/* Gives the variable parts of one accumulator back to the pool (key removed). NULL: none.
	 */
	void (*drop)(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		     uint32_t offset);
	/* Appends the accumulator to `text` / reads it back (checkpoints, exchange of partial
	 * results). NULL: plain bytes. */
	void (*save)(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		     struct wr_text *text);
	const char *(*load)(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			    uint32_t offset, const char *bytes,
			    const char *end); /* NULL: malformed */
	/* Why the job must fail because of this accumulator (SINGLE_VALUE of two rows, a key twice
	 * in JSON_OBJECTAGG), or NULL. Operators that emit ask it, where it is set, before value().
	 * NULL: cannot fail. */
	const char *(*fault)(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset);
};

/* --- DISTINCT calls over the same values, with one set for all of them */

#define WR_AGG_SHARED_MAX 63 /* calls: bits of a positive count */

struct feed;
struct wr_agg_shared {
	uint32_t count;                  /* calls */
	const struct wr_agg_call **call; /* the DISTINCT calls; owned array */
	uint32_t *offset;                /* of their INNER accumulators in the slot; owned */
	uint32_t set_offset;             /* of the set in the slot; zeroed: empty */
	struct feed *feed;               /* scratch, one per call; owned */
};
/* Whether two calls over the same argument columns can share a set. */
bool wr_agg_shares(const struct wr_agg_call *a, const struct wr_agg_call *b);
uint32_t wr_agg_shared_size(void); /* of the set in the slot */
/* Of a call's inner accumulator, rounded up to 16. It is call->inner's: init, value and fault go
 * there. */
uint32_t wr_agg_shared_inner_size(const struct wr_agg_call *call);
/* Room for `count` calls, which the caller then fills in. */
void wr_agg_shared_init(struct wr_agg_shared *shared, uint32_t count);
void wr_agg_shared_release(struct wr_agg_shared *shared);
/* Row i counts for call k when bit k of mask[i] is set. */
void wr_agg_shared_update(const struct wr_agg_shared *shared, struct wr_agg_pool *pool,
			  uint8_t *const *slot, struct wr_column *const *arg, const uint64_t *mask,
			  uint32_t n);
/* Sets and inner accumulators of dst += those of src. */
void wr_agg_shared_merge(const struct wr_agg_shared *shared, struct wr_agg_pool *pool, uint8_t *dst,
			 uint8_t *src);
/* Gives the set's memory back. */
void wr_agg_shared_drop(const struct wr_agg_shared *shared, struct wr_agg_pool *pool,
			uint8_t *slot);

/* Appends what call k has kept, as the call alone would. */
void wr_agg_shared_save(const struct wr_agg_shared *shared, uint32_t k, const uint8_t *slot,
			struct wr_text *text);
/* Fills a slot that has been started; saved[k] (data NULL: nothing is known of call k) is what was
 * saved of call k. false: damaged. */
bool wr_agg_shared_load(const struct wr_agg_shared *shared, struct wr_agg_pool *pool, uint8_t *slot,
			const struct wr_str *saved);

struct wr_agg_infer {
	struct wr_arena *arena;
	struct wr_expr_pool *pool;
	const struct wr_agg_function *function;
	uint32_t arg_count; /* without trailing words */
	struct wr_expr **arg;
	const struct wr_type **want; /* in: argument types; out: types to cast to */
	bool grouped; /* GROUP BY keys present: decides nullability of results over non-null
			 arguments, as Flink */
	bool distinct;
	bool retract;             /* the input has retractions; or DISTINCT over such */
	struct wr_agg_call *call; /* out: type, agg, i64, bind */
};

struct wr_agg_function {
	const char *name;     /* upper case */
	const char *category; /* "aggregate" */
	const char *syntax;
	const char *doc;
	uint16_t min_args;
	uint16_t max_args;
	wr_status *(*infer)(struct wr_agg_infer *infer); /* MUST */
	const char *const *aliases;
};

const struct wr_agg_function *wr_agg_find(const char *name, uint32_t len);
const struct wr_agg_function *const *wr_agg_list(uint32_t *count);
/* LAG(value [, offset [, default]]), and RANK and DENSE_RANK of the ORDER BY values: aggregates
 * only for OVER, not among those above. */
extern const struct wr_agg_function wr_agg_function_lag, wr_agg_function_rank,
    wr_agg_function_dense_rank;
/* The arguments may be followed by words (WR_E_SYMBOL): IGNORE NULLS, RESPECT NULLS, ABSENT [ON
 * NULL], NULL [ON NULL]; they are no arguments of the result (call->arg_count leaves them out).
 * `grouped` is true when every result has at least one row behind it: GROUP BY keys and no FILTER.
 * Infers types and picks the implementation, wrapping it for DISTINCT. `*arg` is replaced by
 * implicit casts. Called by the analyzer with retract false (for the result type), again by the
 * planner once the input's changelog mode is known. */
wr_status *wr_agg_call_new(struct wr_expr_pool *pool, const struct wr_agg_function *function,
			   struct wr_expr **arg, uint32_t arg_count, bool distinct, bool grouped,
			   bool retract, struct wr_pos pos, struct wr_agg_call **out);

/* The same call with an implementation that takes retractions: what the planner wants once the
 * input's changelog mode is known. Words, constants and types are those of `call`; no expression is
 * needed. */
wr_status *wr_agg_call_retracting(struct wr_expr_pool *pool, const struct wr_agg_call *call,
				  struct wr_pos pos, struct wr_agg_call **out);

/* A call with the function, constants, argument types and words of `call`, of which nothing else is
 * looked at: the implementation is picked anew. For accumulators that were saved. */
wr_status *wr_agg_call_like(struct wr_expr_pool *pool, const struct wr_agg_call *call, bool retract,
			    struct wr_pos pos, struct wr_agg_call **out);

/* Whether accumulators of pieces of a stream may be made apart and merged, wherever the pieces were
 * cut, with the result of the whole stream to the last bit. They are plain bytes then. */
bool wr_agg_call_splits(const struct wr_agg_call *call);

#endif
