/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_multiset - values in order, each with the number of times it is in: MIN and MAX over changing
 * inputs, PERCENTILE.
 *
 * Entries lie sorted in leaves of at most 64; a sorted array points at the leaves. A change moves
 * entries within one leaf; a leaf that fills up is halved, one that empties goes. One leaf, which
 * starts at a single entry, needs no array. So a small group costs a few words, and a large one a
 * binary search and the move of half a leaf per change.
 *
 * A count may be negative while a retraction has overtaken its addition; such values do not show.
 *
 * Order: numbers by value (-0.0 before 0.0, NaN last, as Java's Double.compare), strings by bytes.
 * Zeroed: empty. Memory: the pool given. Thread: the state's owner.
 *
 * Invariants
 *   O1  keys strictly increase over all leaves
 *   O2  no leaf is empty and no count is 0
 */
#ifndef WR_EXPR_AGG_MULTISET_H
#define WR_EXPR_AGG_MULTISET_H

#include "expr/agg_internal.h"

struct wr_ms_key {
	union {
		wr_i128 number;      /* integers, decimals, times; floats as ordered bits */
		struct wr_view view; /* strings; longer ones than inline lie in the pool */
	} u;
};
struct wr_ms_entry {
	struct wr_ms_key key;
	int64_t count; /* times in; never 0 (O2) */
};
struct wr_ms_leaf {
	uint32_t count;    /* entries */
	uint32_t capacity; /* a power of two, 1..64 */
	uint64_t unused;
	struct wr_ms_entry entry[];
};
struct wr_agg_multiset {
	union {
		struct wr_ms_leaf *one;   /* capacity 0: the only leaf, or NULL */
		struct wr_ms_leaf **many; /* in order */
	} u;
	uint32_t leaf_count; /* leaves */
	uint32_t capacity;   /* slots at many; 0: no array */
	int64_t total;       /* sum of the positive counts */
};

/* The key of a value that is not NULL; strings are not copied. */
struct wr_ms_key wr_ms_key_of(const struct wr_column *column, uint32_t row);
static inline struct wr_ms_key wr_ms_key_of_f64(double value)
{
	int64_t bits;

	if (value != value)
		value = __builtin_nan("");
	memcpy(&bits, &value, sizeof bits);
	return (struct wr_ms_key){.u.number = bits < 0 ? bits ^ INT64_MAX : bits};
}
static inline double wr_ms_key_f64(const struct wr_ms_key *key)
{
	int64_t bits = (int64_t)key->u.number;
	double value;

	bits = bits < 0 ? bits ^ INT64_MAX : bits;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* Adds `delta` (not 0) to the count of a key. `strings`: keys are views. */
void wr_ms_add(struct wr_agg_pool *pool, struct wr_agg_multiset *set, bool strings,
	       struct wr_ms_key key, int64_t delta);
static inline struct wr_ms_leaf *wr_ms_leaf_at(const struct wr_agg_multiset *set, uint32_t i)
{
	return set->capacity == 0 ? set->u.one : set->u.many[i];
}
/* The first or last entry with a positive count, or NULL. */
const struct wr_ms_entry *wr_ms_first(const struct wr_agg_multiset *set);
const struct wr_ms_entry *wr_ms_last(const struct wr_agg_multiset *set);
/* Adds all counts of `from`. */
void wr_ms_merge(struct wr_agg_pool *pool, struct wr_agg_multiset *to, bool strings,
		 const struct wr_agg_multiset *from);
void wr_ms_drop(struct wr_agg_pool *pool, struct wr_agg_multiset *set, bool strings);
/* Number of entries, then per entry the key (a number, or a string with its length) and the count.
 */
void wr_ms_save(const struct wr_agg_multiset *set, bool strings, struct wr_text *text);
const char *wr_ms_load(struct wr_agg_pool *pool, struct wr_agg_multiset *set, bool strings,
		       const char *bytes, const char *end);

#endif
