/* SPDX-License-Identifier: Apache-2.0
 *
 * timed_list - rows kept under one key in the order of their times, encoded, in the state's pool.
 *
 * Rows come nearly in order and go from the front, so the list is an array with a moving start.
 * Rows of the same time stay in the order of arrival.
 *
 * Zeroed: empty. Thread: the owner's.
 */
#ifndef WR_OP_TIMED_LIST_H
#define WR_OP_TIMED_LIST_H

#include "op/row_list.h"

struct wr_timed_list {
	struct wr_kept_row *row; /* capacity of them, in the pool; time_ms is set */
	uint32_t first;          /* index of the earliest row */
	uint32_t count;          /* rows from there on */
	uint32_t capacity;
};

/* Adds a copy of the bytes at its place in time. */
struct wr_kept_row *wr_timed_list_add(struct wr_timed_list *list, struct wr_agg_pool *pool,
				      int64_t time_ms, const char *bytes, uint32_t len);
/* Takes the first `count` rows out. */
void wr_timed_list_drop(struct wr_timed_list *list, struct wr_agg_pool *pool, uint32_t count);
/* Rows with a time of at most `time_ms`: how many there are. */
uint32_t wr_timed_list_until(const struct wr_timed_list *list, int64_t time_ms);
/* The rows of [from_ms, to_ms]: a view, valid until the list changes. */
struct wr_row_list wr_timed_list_range(const struct wr_timed_list *list, int64_t from_ms,
				       int64_t to_ms);
static inline struct wr_kept_row *wr_timed_list_at(const struct wr_timed_list *list, uint32_t i)
{
	return &list->row[list->first + i];
}
/* Gives everything back. */
static inline void wr_timed_list_clear(struct wr_timed_list *list, struct wr_agg_pool *pool)
{
	wr_timed_list_drop(list, pool, list->count);
}

/* --- as a field of a saved slot: rows with two numbers, what `matches` means and "time_ms" */

/* `number`: the names of both. */
struct wr_state_field wr_timed_list_field(struct wr_arena *arena, const char *name,
					  const struct wr_schema *schema,
					  const char *const *number);
void wr_timed_list_save(const struct wr_timed_list *list, struct wr_text *out);
/* Fills an empty list. false: the bytes are damaged; the list is empty then. */
bool wr_timed_list_load(struct wr_timed_list *list, struct wr_agg_pool *pool,
			const struct wr_codec *codec, struct wr_str field);

#endif
