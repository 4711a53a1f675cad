/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_list - values in order of arrival, NULLs included if they are given: ARRAY_AGG,
 * JSON_ARRAYAGG, and FIRST_VALUE, LAST_VALUE, LISTAGG over changing inputs.
 *
 * All values lie in one block, each as
 *   length + 1 (u32; 0: NULL) | bytes | length + 1 again
 * so that the list can be read from both ends. A retraction takes out the first equal value, as in
 * Flink. A list takes the values of a group that the user wants to see in one cell, so searching it
 * is affordable; taking from its front is cheap however long it is.
 *
 * A retraction that finds nothing (it has overtaken its addition, or this is a partial result) is
 * kept as a debt, which the next equal value pays. So the values of merged pieces are those of the
 * whole stream, but a value that left and came again in one piece keeps its place in an earlier
 * one.
 *
 * Zeroed: empty. Memory: the pool given. Thread: the state's owner.
 */
#ifndef WR_EXPR_AGG_LIST_H
#define WR_EXPR_AGG_LIST_H

#include "expr/agg_internal.h"

struct wr_agg_items {
	char *data;        /* in the pool; NULL while empty */
	uint32_t start;    /* first byte in use */
	uint32_t end;      /* behind the last byte in use */
	uint32_t capacity; /* bytes of the block; 0: none */
	uint32_t count;    /* values */
};
struct wr_agg_list {
	struct wr_agg_items in;   /* the values */
	struct wr_agg_items debt; /* retractions that wait for their value */
};

/* Adds a value, or pays a debt with it. */
void wr_list_add(struct wr_agg_pool *pool, struct wr_agg_list *list, struct wr_str value);
void wr_list_retract(struct wr_agg_pool *pool, struct wr_agg_list *list, struct wr_str value);
/* Adds what `from` holds: its debts first, then its values. */
void wr_list_merge(struct wr_agg_pool *pool, struct wr_agg_list *to,
		   const struct wr_agg_list *from);
void wr_list_drop(struct wr_agg_pool *pool, struct wr_agg_list *list);
void wr_list_save(const struct wr_agg_list *list, struct wr_text *text);
const char *wr_list_load(struct wr_agg_pool *pool, struct wr_agg_list *list, const char *bytes,
			 const char *end);
/* Whether all that it holds can be values of the type: what was loaded may be damaged. */
bool wr_list_fits(const struct wr_agg_list *list, const struct wr_type *type);

/* Walks the values: `at` is items->start at first. false: no more. */
static inline bool wr_items_next(const struct wr_agg_items *items, uint32_t *at,
				 struct wr_str *value)
{
	uint32_t len1;

	if (*at == items->end)
		return false;
	memcpy(&len1, items->data + *at, sizeof len1);
	*value = (struct wr_str){0};
	if (len1 != 0)
		*value = (struct wr_str){items->data + *at + sizeof len1, len1 - 1};
	*at += (uint32_t)(2 * sizeof len1 + value->len);
	return true;
}
/* The last value; the list is not empty. */
struct wr_str wr_items_last(const struct wr_agg_items *items);

/* update() and the rest for aggregates whose accumulator is a list of argument 0. NULLs are passed
 * over when call->ignore_nulls. */
uint32_t wr_agg_list_size(const struct wr_agg_call *call);
void wr_agg_list_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			const uint8_t *retract, uint32_t n);
void wr_agg_list_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
		       uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n);
void wr_agg_list_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		      uint32_t offset);
void wr_agg_list_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		      struct wr_text *text);
const char *wr_agg_list_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			     uint8_t *slot, uint32_t offset, const char *bytes, const char *end);
static inline const struct wr_agg_list *wr_agg_list_at(const uint8_t *slot, uint32_t offset)
{
	return (const struct wr_agg_list *)(slot + offset);
}
/* Everything of a `struct wr_agg` but its name and value(). */
#define WR_AGG_LIST_COMMON                                                                         \
	.ordered = true, .size = wr_agg_list_size, .update = wr_agg_list_update,                   \
	.merge = wr_agg_list_merge, .drop = wr_agg_list_drop, .save = wr_agg_list_save,            \
	.load = wr_agg_list_load

#endif
