/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_list - values in order of arrival, and FIRST_VALUE and LAST_VALUE over changing inputs.
 */
#include "expr/agg_list.h"

#define ITEMS_MIN 48u

/* Room for `more` bytes behind the end. The gap at the front is closed when that is enough. */
static void items_reserve(struct wr_agg_pool *pool, struct wr_agg_items *items, uint32_t more)
{
	uint32_t used = items->end - items->start;

	if (items->capacity - items->end >= more && items->data != NULL)
		return;
	WR_REQUIRE((uint64_t)used + more < UINT32_MAX / 2);
	if (items->capacity >= used + more && items->start >= items->capacity / 2) {
		memmove(items->data, items->data + items->start, used);
	} else {
		uint32_t capacity = WR_MAX(ITEMS_MIN, items->capacity);
		while (capacity < used + more)
			capacity *= 2;
		char *data = wr_agg_pool_alloc(pool, capacity);
		if (items->data != NULL) {
			memcpy(data, items->data + items->start, used);
			wr_agg_pool_drop(pool, items->data, items->capacity);
		}
		items->data = data;
		items->capacity = capacity;
	}
	items->start = 0;
	items->end = used;
}

/* The length stands on both sides of the bytes. */
static void items_append(struct wr_agg_pool *pool, struct wr_agg_items *items, struct wr_str value)
{
	WR_REQUIRE(value.len < UINT32_MAX / 4);
	uint32_t len1 = value.data != NULL ? (uint32_t)value.len + 1 : 0;
	uint32_t size = (uint32_t)(value.len + 2 * sizeof len1);
	items_reserve(pool, items, size);
	char *to = items->data + items->end;
	memcpy(to, &len1, sizeof len1);
	if (value.len > 0)
		memcpy(to + sizeof len1, value.data, value.len);
	memcpy(to + sizeof len1 + value.len, &len1, sizeof len1);
	items->end += size;
	items->count++;
}

static void items_drop(struct wr_agg_pool *pool, struct wr_agg_items *items)
{
	if (items->data != NULL)
		wr_agg_pool_drop(pool, items->data, items->capacity);
	*items = (struct wr_agg_items){0};
}

/* Takes out the first value equal to `value`; false: there is none. */
static bool items_remove(struct wr_agg_pool *pool, struct wr_agg_items *items, struct wr_str value)
{
	uint32_t at = items->start;
	uint32_t next = at;
	struct wr_str have;

	for (; wr_items_next(items, &next, &have); at = next) {
		if (!wr_agg_str_equal(have, value))
			continue;
		if (--items->count == 0) {
			items_drop(pool, items);
		} else if (at == items->start) {
			items->start = next;
		} else {
			memmove(items->data + at, items->data + next, items->end - next);
			items->end -= next - at;
		}
		return true;
	}
	return false;
}

struct wr_str wr_items_last(const struct wr_agg_items *items)
{
	uint32_t len1;

	WR_ASSERT(items->count > 0);
	memcpy(&len1, items->data + items->end - sizeof len1, sizeof len1);
	if (len1 == 0)
		return (struct wr_str){0};
	return (struct wr_str){items->data + items->end - sizeof len1 - (len1 - 1), len1 - 1};
}

void wr_list_add(struct wr_agg_pool *pool, struct wr_agg_list *list, struct wr_str value)
{
	if (list->debt.count == 0 || !items_remove(pool, &list->debt, value))
		items_append(pool, &list->in, value);
}

void wr_list_retract(struct wr_agg_pool *pool, struct wr_agg_list *list, struct wr_str value)
{
	if (!items_remove(pool, &list->in, value))
		items_append(pool, &list->debt, value);
}

void wr_list_merge(struct wr_agg_pool *pool, struct wr_agg_list *to, const struct wr_agg_list *from)
{
	struct wr_str value;

	for (uint32_t at = from->debt.start; wr_items_next(&from->debt, &at, &value);)
		wr_list_retract(pool, to, value);
	for (uint32_t at = from->in.start; wr_items_next(&from->in, &at, &value);)
		wr_list_add(pool, to, value);
}

void wr_list_drop(struct wr_agg_pool *pool, struct wr_agg_list *list)
{
	items_drop(pool, &list->in);
	items_drop(pool, &list->debt);
}

static void items_save(const struct wr_agg_items *items, struct wr_text *text)
{
	struct wr_str value;

	wr_varint_put(text, items->count);
	for (uint32_t at = items->start; wr_items_next(items, &at, &value);)
		wr_varint_put_piece(text, value);
}

/* Values as they were saved, NULLs too. */
static const char *items_load(struct wr_agg_pool *pool, struct wr_agg_items *items,
			      const char *bytes, const char *end)
{
	uint64_t count;
	struct wr_str value;

	bytes = wr_varint_get(bytes, end, &count);
	for (; bytes != NULL && count > 0; count--) {
		bytes = wr_varint_get_piece(bytes, end, &value);
		if (bytes != NULL)
			items_append(pool, items, value);
	}
	return bytes;
}

void wr_list_save(const struct wr_agg_list *list, struct wr_text *text)
{
	items_save(&list->in, text);
	items_save(&list->debt, text);
}

const char *wr_list_load(struct wr_agg_pool *pool, struct wr_agg_list *list, const char *bytes,
			 const char *end)
{
	bytes = items_load(pool, &list->in, bytes, end);
	return bytes != NULL ? items_load(pool, &list->debt, bytes, end) : NULL;
}

static bool items_fit(const struct wr_agg_items *items, const struct wr_type *type)
{
	struct wr_str value;

	for (uint32_t at = items->start; wr_items_next(items, &at, &value);)
		if (!wr_agg_value_fits(type, value))
			return false;
	return true;
}

bool wr_list_fits(const struct wr_agg_list *list, const struct wr_type *type)
{
	return items_fit(&list->in, type) && items_fit(&list->debt, type);
}

/* --- as an accumulator
 * ----------------------------------------------------------------------------- */

static inline struct wr_agg_list *list_at(uint8_t *slot, uint32_t offset)
{
	return (struct wr_agg_list *)(slot + offset);
}

uint32_t wr_agg_list_size(const struct wr_agg_call *call)
{
	return sizeof(struct wr_agg_list);
}

/* Row by row, since a retraction must find what came before it. */
void wr_agg_list_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			const uint8_t *retract, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (call->ignore_nulls && !wr_agg_valid(arg[0], i))
			continue;
		struct wr_str value = wr_agg_value_get(arg[0], i, wr_agg_pool_scratch(pool, 0));
		if (wr_agg_is_retract(retract, i))
			wr_list_retract(pool, list_at(slot[i], offset), value);
		else
			wr_list_add(pool, list_at(slot[i], offset), value);
	}
}

void wr_agg_list_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
		       uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		wr_list_merge(pool, list_at(dst[i], offset), wr_agg_list_at(src[i], offset));
}

void wr_agg_list_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		      uint32_t offset)
{
	wr_list_drop(pool, list_at(slot, offset));
}

void wr_agg_list_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		      struct wr_text *text)
{
	wr_list_save(wr_agg_list_at(slot, offset), text);
}

const char *wr_agg_list_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			     uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	bytes = wr_list_load(pool, list_at(slot, offset), bytes, end);
	return wr_list_fits(list_at(slot, offset), call->arg_type[0]) ? bytes : NULL;
}

/* --- FIRST_VALUE, LAST_VALUE
 * ------------------------------------------------------------------------ */

/* Either end of the list; NULL when it is empty. */
static void edge_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		       uint32_t n, struct wr_column *out, bool is_last)
{
	struct wr_builder *builder = wr_builder_new(call->type, n);

	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_items *items = &wr_agg_list_at(slot[i], offset)->in;
		struct wr_str value = {0};
		uint32_t at = items->start;
		if (items->count > 0 && is_last)
			value = wr_items_last(items);
		else if (items->count > 0)
			wr_items_next(items, &at, &value);
		wr_agg_value_put(builder, value);
	}
	wr_agg_out_adopt(out, wr_builder_finish(builder));
	wr_builder_free(builder);
}

static void first_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			uint32_t n, struct wr_column *out)
{
	edge_value(call, slot, offset, n, out, false);
}

static void last_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		       uint32_t n, struct wr_column *out)
{
	edge_value(call, slot, offset, n, out, true);
}

const struct wr_agg wr_agg_first_list = {
    .name = "first_list",
    WR_AGG_LIST_COMMON,
    .value = first_value,
};
const struct wr_agg wr_agg_last_list = {
    .name = "last_list",
    WR_AGG_LIST_COMMON,
    .value = last_value,
};
