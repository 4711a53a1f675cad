/* SPDX-License-Identifier: Apache-2.0
 *
 * timed_list - see timed_list.h.
 */
#include "op/timed_list.h"

uint32_t wr_timed_list_until(const struct wr_timed_list *list, int64_t time_ms)
{
	uint32_t low = 0, high = list->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (wr_timed_list_at(list, middle)->time_ms <= time_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Makes room for one more row behind the last: the rows move to the front of the array while it is
 * half empty, else the array grows. */
static void reserve(struct wr_timed_list *list, struct wr_agg_pool *pool)
{
	uint32_t capacity = list->capacity == 0 ? 2 : 2 * list->capacity;
	struct wr_kept_row *grown;

	if (list->first + list->count < list->capacity)
		return;
	if (list->first > 0 && list->first >= list->count) {
		memmove(list->row, list->row + list->first, list->count * sizeof *list->row);
		list->first = 0;
		return;
	}
	grown = wr_agg_pool_alloc(pool, capacity * sizeof *grown);
	if (list->count > 0)
		memcpy(grown, list->row + list->first, list->count * sizeof *grown);
	if (list->capacity > 0)
		wr_agg_pool_drop(pool, list->row, list->capacity * sizeof *grown);
	list->row = grown;
	list->first = 0;
	list->capacity = capacity;
}

struct wr_kept_row *wr_timed_list_add(struct wr_timed_list *list, struct wr_agg_pool *pool,
				      int64_t time_ms, const char *bytes, uint32_t len)
{
	uint32_t at = list->count;
	struct wr_kept_row *row;

	reserve(list, pool);
	if (at > 0 && wr_timed_list_at(list, at - 1)->time_ms > time_ms)
		at = wr_timed_list_until(list, time_ms);
	row = wr_timed_list_at(list, at);
	memmove(row + 1, row, (list->count - at) * sizeof *row);
	list->count++;
	*row = (struct wr_kept_row){
	    .bytes = wr_agg_pool_alloc(pool, len + 8), .len = len, .time_ms = time_ms};
	memcpy(row->bytes, bytes, len);
	return row;
}

void wr_timed_list_drop(struct wr_timed_list *list, struct wr_agg_pool *pool, uint32_t count)
{
	WR_ASSERT(count <= list->count);
	for (uint32_t i = 0; i < count; i++) {
		struct wr_kept_row *row = wr_timed_list_at(list, i);

		wr_agg_pool_drop(pool, row->bytes, row->len + 8);
	}
	list->first += count;
	list->count -= count;
	if (list->count > 0 || list->capacity == 0)
		return;
	wr_agg_pool_drop(pool, list->row, list->capacity * sizeof *list->row);
	*list = (struct wr_timed_list){0};
}

struct wr_row_list wr_timed_list_range(const struct wr_timed_list *list, int64_t from_ms,
				       int64_t to_ms)
{
	uint32_t from = wr_timed_list_until(list, from_ms - 1), to;

	if (from == list->count || wr_timed_list_at(list, from)->time_ms > to_ms)
		return (struct wr_row_list){0};
	to = wr_timed_list_until(list, to_ms);
	return (struct wr_row_list){.row = wr_timed_list_at(list, from), .count = to - from};
}

/* --- saving and loading */

struct wr_state_field wr_timed_list_field(struct wr_arena *arena, const char *name,
					  const struct wr_schema *schema, const char *const *number)
{
	return wr_field_rows(arena, name, schema, number, 2);
}

void wr_timed_list_save(const struct wr_timed_list *list, struct wr_text *out)
{
	size_t begin = wr_value_begin(out);

	for (uint32_t i = 0; i < list->count; i++) {
		const struct wr_kept_row *row = wr_timed_list_at(list, i);

		wr_value_entry_number(out, row->matches);
		wr_value_entry_number(out, row->time_ms);
		wr_value_entry_row(out, row->bytes, row->len);
	}
	wr_value_end(out, begin);
}

bool wr_timed_list_load(struct wr_timed_list *list, struct wr_agg_pool *pool,
			const struct wr_codec *codec, struct wr_str field)
{
	const char *at = field.data;
	int64_t number[2];
	struct wr_str row;

	if (field.data == NULL)
		return true;
	while (wr_value_next_row(field, &at, number, 2, &row)) {
		if (number[0] < 0 || number[0] > UINT32_MAX || !wr_value_is_row(codec, row)) {
			at = NULL;
			break;
		}
		wr_timed_list_add(list, pool, number[1], row.data, (uint32_t)row.len)->matches =
		    (uint32_t)number[0];
	}
	if (at == NULL)
		wr_timed_list_clear(list, pool);
	return at != NULL;
}
