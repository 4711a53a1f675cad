/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_set - values with the number of times each is in, in order of first arrival: DISTINCT,
 * COLLECT, JSON_OBJECTAGG.
 *
 * Entries lie in an array that doubles from one; up to 8 are searched one by one, more through an
 * index of hashes. Values of up to 16 bytes are inline. What is removed leaves a gap that is closed
 * when the array is full.
 *
 * A count may be negative while a retraction has overtaken its addition.
 *
 * Zeroed: empty. Memory: the pool given. Thread: the state's owner.
 *
 * Invariants
 *   E1  live entries have a count other than 0 and are pairwise different
 *   E2  index is there when capacity > 8, has 2 * capacity places, and holds every entry ever put
 *       into the array since it was made, removed ones included
 */
#ifndef WR_EXPR_AGG_SET_H
#define WR_EXPR_AGG_SET_H

#include "expr/agg_internal.h"

#define WR_SET_INLINE 16u

struct wr_set_entry {
	uint32_t hash;
	uint32_t len1; /* bytes + 1; 0: NULL */
	union {
		char inlined[WR_SET_INLINE]; /* rest zero */
		char *ptr;                   /* in the pool */
	} u;
	int64_t count; /* times in; 0: removed */
};
struct wr_agg_set {
	struct wr_set_entry *entry; /* capacity of them; NULL while empty */
	uint32_t *index;            /* entry + 1; 0: free; NULL: search one by one */
	uint32_t used;              /* entries, removed ones included */
	uint32_t live;              /* entries with a count other than 0 */
	uint32_t capacity;          /* a power of two; 0 while empty */
	uint32_t unused;
};

static inline struct wr_str wr_set_value(const struct wr_set_entry *entry)
{
	if (entry->len1 == 0)
		return (struct wr_str){0};
	return (struct wr_str){entry->len1 - 1 <= WR_SET_INLINE ? entry->u.inlined : entry->u.ptr,
			       entry->len1 - 1};
}

/* Adds `delta` to the count of a value (hash: wr_set_hash) and returns the new count. */
int64_t wr_set_add_hashed(struct wr_agg_pool *pool, struct wr_agg_set *set, struct wr_str value,
			  uint32_t hash, int64_t delta);
int64_t wr_set_add(struct wr_agg_pool *pool, struct wr_agg_set *set, struct wr_str value,
		   int64_t delta);
uint32_t wr_set_hash(struct wr_str value);
/* Fetch ahead what finding a value will touch first (where its entry is noted), and then (the entry
 * itself). */
static inline void wr_set_fetch_place(const struct wr_agg_set *set, uint32_t hash)
{
	if (set->index != NULL)
		__builtin_prefetch(&set->index[hash & (set->capacity * 2 - 1)]);
}
static inline void wr_set_fetch_entry(const struct wr_agg_set *set, uint32_t hash)
{
	uint32_t place = set->index != NULL ? set->index[hash & (set->capacity * 2 - 1)] : 0;

	if (place != 0)
		__builtin_prefetch(&set->entry[place - 1]);
}
/* The entry of a value with that hash, made with count 0 when it is absent: the caller sets its
 * count to something else at once. Valid until the next call. */
struct wr_set_entry *wr_set_entry(struct wr_agg_pool *pool, struct wr_agg_set *set,
				  struct wr_str value, uint32_t hash);
/* Adds all counts of `from`. */
void wr_set_merge(struct wr_agg_pool *pool, struct wr_agg_set *to, const struct wr_agg_set *from);
void wr_set_drop(struct wr_agg_pool *pool, struct wr_agg_set *set);
void wr_set_save(const struct wr_agg_set *set, struct wr_text *text);
const char *wr_set_load(struct wr_agg_pool *pool, struct wr_agg_set *set, const char *bytes,
			const char *end);

#endif
