/* SPDX-License-Identifier: Apache-2.0
 *
 * user_list - states of kind WEIR_LIST: a growing array in the pool. What is removed at its start
 * only moves `first` on, so that a list may be used as a queue.
 *
 * Elements whose life reading does not prolong are in the order of their stamps, and expire from
 * the start.
 */
#include "op/user_state.h"

#include "base/macros.h"

/* Drops the bytes of elements [from, from + count). */
static void drop_values(const struct wr_user_at *at, uint32_t from, uint32_t count)
{
	for (uint32_t i = 0; at->place->state->value.bytes && i < count; i++)
		wr_user_struct_drop(&at->place->state->value, at->pool,
				    wr_user_list_item(at, from + i));
}

void wr_user_list_clear(const struct wr_user_at *at)
{
	struct wr_user_list *list = wr_user_list_of(at);

	drop_values(at, 0, list->count);
	if (list->item != NULL)
		wr_agg_pool_drop(at->pool, list->item, (size_t)list->capacity * at->place->stride);
	*list = (struct wr_user_list){0};
	*wr_user_present(at->block) &= ~at->bit;
}

/* Moves elements so that there is room for one more at the end at least. */
static void make_room(const struct wr_user_at *at, uint32_t more)
{
	struct wr_user_list *list = wr_user_list_of(at);
	size_t stride = at->place->stride;
	uint32_t capacity = list->capacity, need = list->count + more;
	uint8_t *item;

	if (list->first + need <= capacity)
		return;
	if (list->first >= capacity / 2 && need <= capacity) {
		memmove(list->item, list->item + list->first * stride, list->count * stride);
		list->first = 0;
		return;
	}
	capacity = WR_MAX(WR_MAX(4, 2 * list->count), need);
	item = wr_agg_pool_alloc(at->pool, capacity * stride);
	if (list->item != NULL) {
		memcpy(item, list->item + list->first * stride, list->count * stride);
		wr_agg_pool_drop(at->pool, list->item, list->capacity * stride);
	}
	list->item = item;
	list->capacity = capacity;
	list->first = 0;
}

uint8_t *wr_user_list_grow(const struct wr_user_at *at, uint32_t count)
{
	struct wr_user_list *list = wr_user_list_of(at);
	uint8_t *item;

	make_room(at, count);
	item = wr_user_list_item(at, list->count);
	memset(item, 0, (size_t)count * at->place->stride);
	list->count += count;
	if (list->count > 0)
		*wr_user_present(at->block) |= at->bit;
	return item;
}

/* Takes expired elements out, wherever they are. */
void wr_user_list_expire(const struct wr_user_at *at)
{
	const struct wr_user_place *place = at->place;
	struct wr_user_list *list = wr_user_list_of(at);
	uint32_t kept = 0;

	if (list->count == 0 || !wr_ttl_expired(&place->ttl, list->oldest))
		return;
	list->oldest = place->ttl.now;
	while (kept < list->count &&
	       wr_ttl_expired(&place->ttl, *wr_user_stamp(wr_user_list_item(at, kept), place)))
		kept++;
	wr_user_list_remove(at, 0, kept);
	kept = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		uint8_t *item = wr_user_list_item(at, i);
		uint32_t stamp = *wr_user_stamp(item, place);

		if (wr_ttl_expired(&place->ttl, stamp)) {
			drop_values(at, i, 1);
			continue;
		}
		if (place->ttl.now - stamp > place->ttl.now - list->oldest)
			list->oldest = stamp;
		if (kept != i)
			memcpy(wr_user_list_item(at, kept), item, place->stride);
		kept++;
	}
	list->count = kept;
	if (kept == 0)
		wr_user_list_clear(at);
}

/* Reading all of it may prolong the life of all. */
static struct wr_user_list *list_ready(const struct wr_user_at *at)
{
	if (at->place->mortal)
		wr_user_list_expire(at);
	return wr_user_list_of(at);
}

/* A copy of the value at the end. It may be an element of this list, which moves meanwhile. */
void wr_user_list_add(const struct wr_user_at *at, const void *value)
{
	const struct wr_user_place *place = at->place;
	struct wr_user_list *list = list_ready(at);
	uintptr_t from =
	    list->count > 0 ? (uintptr_t)value - (uintptr_t)wr_user_list_item(at, 0) : UINTPTR_MAX;
	uint8_t *item;

	if (list->count == 0)
		list->oldest = place->ttl.now;
	make_room(at, 1);
	if (from < (size_t)list->count * place->stride)
		value = wr_user_list_item(at, 0) + from;
	item = wr_user_list_item(at, list->count++);
	memcpy(item, value, place->state->value.size);
	wr_user_struct_own(&place->state->value, at->pool, item);
	if (place->mortal)
		*wr_user_stamp(item, place) = place->ttl.now;
	*wr_user_present(at->block) |= at->bit;
}

uint32_t wr_user_list_count(const struct wr_user_at *at)
{
	return list_ready(at)->count;
}

void *wr_user_list_at(const struct wr_user_at *at, uint32_t i)
{
	const struct wr_user_place *place = at->place;
	struct wr_user_list *list = list_ready(at);
	uint8_t *item;

	if (i >= list->count)
		return NULL;
	item = wr_user_list_item(at, i);
	if (place->mortal && place->on_read)
		*wr_user_stamp(item, place) = place->ttl.now;
	return item;
}

void wr_user_list_remove(const struct wr_user_at *at, uint32_t from, uint32_t count)
{
	struct wr_user_list *list = wr_user_list_of(at);
	size_t stride = at->place->stride;

	if (from >= list->count)
		return;
	count = WR_MIN(count, list->count - from);
	if (count == list->count) {
		wr_user_list_clear(at);
		return;
	}
	drop_values(at, from, count);
	if (from == 0)
		list->first += count;
	else
		memmove(wr_user_list_item(at, from), wr_user_list_item(at, from + count),
			(list->count - from - count) * stride);
	list->count -= count;
}
