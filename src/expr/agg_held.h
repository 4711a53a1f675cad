/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_held - one value that an accumulator keeps: inline up to 16 bytes, else in the pool.
 *
 * Zeroed: nothing is held. The block in the pool is kept when a shorter value comes.
 */
#ifndef WR_EXPR_AGG_HELD_H
#define WR_EXPR_AGG_HELD_H

#include "expr/agg_internal.h"

#define WR_HELD_INLINE 16u

struct wr_agg_held {
	uint32_t len1;     /* bytes + 1; 0: nothing */
	uint32_t capacity; /* bytes of the block; 0: inline */
	union {
		char inlined[WR_HELD_INLINE];
		char *ptr; /* in the pool */
	} u;
};

/* data NULL: nothing is held. */
static inline struct wr_str wr_agg_held_get(const struct wr_agg_held *held)
{
	if (held->len1 == 0)
		return (struct wr_str){0};
	return (struct wr_str){held->capacity != 0 ? held->u.ptr : held->u.inlined, held->len1 - 1};
}
/* Replaces the value; data NULL: holds nothing. */
void wr_agg_held_set(struct wr_agg_pool *pool, struct wr_agg_held *held, struct wr_str value);
void wr_agg_held_drop(struct wr_agg_pool *pool, struct wr_agg_held *held);
void wr_agg_held_save(const struct wr_agg_held *held, struct wr_text *text);
const char *wr_agg_held_load(struct wr_agg_pool *pool, struct wr_agg_held *held, const char *bytes,
			     const char *end);
/* The held values at slot[i] + offset as column `out`; NULL where nothing is held. */
void wr_agg_held_value(const struct wr_type *type, uint8_t *const *slot, uint32_t offset,
		       uint32_t n, struct wr_column *out);

#endif
