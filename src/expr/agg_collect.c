/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_collect - aggregates whose result holds the values: LISTAGG, ARRAY_AGG, COLLECT.
 *
 * LISTAGG joins strings in order of arrival; NULLs are passed over, no value at all gives NULL.
 * Over insert-only inputs the accumulator is the joined text itself, else the list of its parts.
 * ARRAY_AGG keeps NULLs unless the call says IGNORE NULLS; no element gives NULL. COLLECT passes
 * NULLs over and gives an empty multiset for no value.
 */
#include "expr/agg_list.h"
#include "expr/agg_set.h"

#define JOINED_MIN 32u

/* --- LISTAGG -------------------------------------------------------------------------------------
 */

struct joined {
	char *data;        /* in the pool; NULL while there is no value */
	uint32_t len;      /* bytes of the text */
	uint32_t capacity; /* bytes of the block */
};

static uint32_t joined_size(const struct wr_agg_call *call)
{
	return sizeof(struct joined);
}

/* The constant second argument; "," when there is none. */
static struct wr_str separator_of(const struct wr_agg_call *call)
{
	if (call->arg_count < 2)
		return wr_str_of(",");
	return wr_agg_value_get(call->const_arg[1], 0, NULL);
}

/* Adds a part, with a separator in front of it unless it is the first. */
static void joined_add(struct wr_agg_pool *pool, struct joined *joined, struct wr_str separator,
		       struct wr_str part)
{
	bool first = joined->data == NULL;
	uint64_t len = joined->len + part.len + (first ? 0 : separator.len);

	WR_REQUIRE(len < UINT32_MAX / 2);
	if (first || len > joined->capacity) {
		uint32_t capacity = WR_MAX(JOINED_MIN, joined->capacity);
		while (capacity < len)
			capacity *= 2;
		joined->data = wr_agg_pool_grow(pool, joined->data, joined->capacity, capacity);
		joined->capacity = capacity;
	}
	char *to = joined->data + joined->len;
	if (!first && separator.len > 0) {
		memcpy(to, separator.data, separator.len);
		to += separator.len;
	}
	if (part.len > 0)
		memcpy(to, part.data, part.len);
	joined->len = (uint32_t)len;
}

/* Only the column of strings is read: the separator is constant. */
static void joined_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			  const uint8_t *retract, uint32_t n)
{
	struct wr_str separator = separator_of(call);

	for (uint32_t i = 0; i < n; i++) {
		const struct wr_view *view =
		    &WR_DATA(arg[0], const struct wr_view)[i & arg[0]->mask];
		if (wr_agg_valid(arg[0], i))
			joined_add(pool, (struct joined *)(slot[i] + offset), separator,
				   (struct wr_str){wr_view_data(view), view->len});
	}
}

static void joined_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			 uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct joined *from = (const struct joined *)(src[i] + offset);
		if (from->data != NULL)
			joined_add(pool, (struct joined *)(dst[i] + offset), separator_of(call),
				   (struct wr_str){from->data, from->len});
	}
}

/* NULL where there is no part. */
static void joined_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			 uint32_t n, struct wr_column *out)
{
	struct wr_strout strout;

	wr_strout_init(&strout, out);
	for (uint32_t i = 0; i < n; i++) {
		const struct joined *joined = (const struct joined *)(slot[i] + offset);
		if (joined->data == NULL)
			wr_agg_out_null(out, i);
		else
			wr_strout_put(&strout, i, joined->data, joined->len);
	}
}

static void joined_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			uint32_t offset)
{
	struct joined *joined = (struct joined *)(slot + offset);

	wr_agg_pool_drop(pool, joined->data, joined->capacity);
	*joined = (struct joined){0};
}

static void joined_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
			struct wr_text *text)
{
	const struct joined *joined = (const struct joined *)(slot + offset);

	wr_varint_put_piece(text, (struct wr_str){joined->data, joined->len});
}

static const char *joined_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			       uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	struct wr_str value;

	bytes = wr_varint_get_piece(bytes, end, &value);
	if (bytes != NULL && value.data != NULL)
		joined_add(pool, (struct joined *)(slot + offset), separator_of(call), value);
	return bytes;
}

static const struct wr_agg listagg_joined = {
    .name = "listagg",
    .size = joined_size,
    .update = joined_update,
    .merge = joined_merge,
    .value = joined_value,
    .drop = joined_drop,
    .save = joined_save,
    .load = joined_load,
};

/* Parts and separators are copied straight into the result. */
static void listagg_list_value(const struct wr_agg_call *call, uint8_t *const *slot,
			       uint32_t offset, uint32_t n, struct wr_column *out)
{
	struct wr_str separator = separator_of(call);
	struct wr_strout strout;

	wr_strout_init(&strout, out);
	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_items *items = &wr_agg_list_at(slot[i], offset)->in;
		struct wr_str part;
		uint32_t len = 0;
		if (items->count == 0) {
			wr_agg_out_null(out, i);
			continue;
		}
		/* The lengths around the parts leave room enough for all but long separators. */
		char *to = wr_strout_reserve(&strout, items->end - items->start +
							  items->count * separator.len);
		for (uint32_t at = items->start; wr_items_next(items, &at, &part);) {
			if (at - part.len - 2 * sizeof(uint32_t) != items->start) {
				memcpy(to + len, separator.data, separator.len);
				len += (uint32_t)separator.len;
			}
			memcpy(to + len, part.data, part.len);
			len += (uint32_t)part.len;
		}
		wr_strout_commit(&strout, i, len);
	}
}

static const struct wr_agg listagg_list = {
    .name = "listagg_list",
    WR_AGG_LIST_COMMON,
    .value = listagg_list_value,
};

/* As Flink, the separator must be a literal. */
static wr_status *listagg_infer(struct wr_agg_infer *infer)
{
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		if (!wr_kind_is_string(infer->want[i]->kind))
			return wr_agg_mismatch(infer);
	}
	if (infer->arg_count == 2) {
		const struct wr_column *separator = infer->call->const_arg[1];
		if (separator == NULL)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "The separator of LISTAGG is not a literal"),
			    "Write it as a string: LISTAGG(name, '; ')");
		if (!wr_column_is_valid(separator, 0))
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR, "The separator of LISTAGG is NULL"),
			    "Write it as a string: LISTAGG(name, '; ')");
	}
	infer->call->agg = infer->retract ? &listagg_list : &listagg_joined;
	infer->call->ignore_nulls = true;
	wr_agg_result_like_arg(infer, infer->want[0]);
	return NULL;
}

/* --- ARRAY_AGG -----------------------------------------------------------------------------------
 */

/* No element: NULL. */
static void array_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			uint32_t n, struct wr_column *out)
{
	struct wr_builder *builder = wr_builder_new(call->type, n);

	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_items *items = &wr_agg_list_at(slot[i], offset)->in;
		struct wr_str value;
		if (items->count == 0) {
			wr_builder_null(builder);
			continue;
		}
		for (uint32_t at = items->start; wr_items_next(items, &at, &value);)
			wr_agg_value_put(builder->child[0], value);
		wr_builder_list(builder, items->count);
	}
	wr_agg_out_adopt(out, wr_builder_finish(builder));
	wr_builder_free(builder);
}

static const struct wr_agg array_list = {
    .name = "array",
    WR_AGG_LIST_COMMON,
    .value = array_value,
};

static wr_status *array_infer(struct wr_agg_infer *infer)
{
	infer->call->agg = &array_list;
	infer->call->ignore_nulls = infer->call->words & WR_AGG_SKIP_NULLS;
	wr_agg_result_like_arg(infer, wr_type_array(infer->arena, infer->want[0]));
	return NULL;
}

/* --- COLLECT -------------------------------------------------------------------------------------
 */

static uint32_t collect_size(const struct wr_agg_call *call)
{
	return sizeof(struct wr_agg_set);
}

static inline struct wr_agg_set *set_at(uint8_t *slot, uint32_t offset)
{
	return (struct wr_agg_set *)(slot + offset);
}

static void collect_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			   uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			   const uint8_t *retract, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (wr_agg_valid(arg[0], i))
			wr_set_add(pool, set_at(slot[i], offset),
				   wr_agg_value_get(arg[0], i, wr_agg_pool_scratch(pool, 0)),
				   wr_agg_is_retract(retract, i) ? -1 : 1);
	}
}

static void collect_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		wr_set_merge(pool, set_at(dst[i], offset), set_at(src[i], offset));
}

/* Values whose count is not positive do not show. */
static void collect_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			  uint32_t n, struct wr_column *out)
{
	struct wr_builder *builder = wr_builder_new(call->type, n);

	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_set *set = set_at(slot[i], offset);
		uint32_t count = 0;
		for (uint32_t e = 0; e < set->used; e++) {
			const struct wr_set_entry *entry = &set->entry[e];
			if (entry->count <= 0)
				continue;
			wr_agg_value_put(builder->child[0], wr_set_value(entry));
			wr_builder_i32(builder->child[1], (int32_t)WR_MIN(entry->count, INT32_MAX));
			count++;
		}
		wr_builder_list(builder, count);
	}
	wr_agg_out_adopt(out, wr_builder_finish(builder));
	wr_builder_free(builder);
}

static void collect_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			 uint32_t offset)
{
	wr_set_drop(pool, set_at(slot, offset));
}

static void collect_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
			 struct wr_text *text)
{
	wr_set_save((const struct wr_agg_set *)(slot + offset), text);
}

static const char *collect_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
				uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	struct wr_agg_set *set = set_at(slot, offset);

	bytes = wr_set_load(pool, set, bytes, end);
	for (uint32_t e = 0; e < set->used; e++)
		if (set->entry[e].count != 0 &&
		    !wr_agg_value_fits(call->arg_type[0], wr_set_value(&set->entry[e])))
			return NULL;
	return bytes;
}

static const struct wr_agg collect_set = {
    .name = "collect",
    .size = collect_size,
    .update = collect_update,
    .merge = collect_merge,
    .value = collect_value,
    .drop = collect_drop,
    .save = collect_save,
    .load = collect_load,
};

static wr_status *collect_infer(struct wr_agg_infer *infer)
{
	const struct wr_type *type = wr_type_multiset(infer->arena, infer->want[0]);

	infer->call->agg = &collect_set;
	infer->call->ignore_nulls = true;
	infer->call->type = wr_type_nullable(infer->arena, type, false);
	return NULL;
}

const struct wr_agg_function wr_agg_function_listagg = {
    .name = "LISTAGG",
    .category = "aggregate",
    .syntax = "LISTAGG([DISTINCT] string[, separator])",
    .doc = "The strings that are not NULL joined in order of arrival; the separator is a comma.",
    .min_args = 1,
    .max_args = 2,
    .infer = listagg_infer,
};
const struct wr_agg_function wr_agg_function_array_agg = {
    .name = "ARRAY_AGG",
    .category = "aggregate",
    .syntax = "ARRAY_AGG([DISTINCT] value) [RESPECT NULLS | IGNORE NULLS]",
    .doc = "The values in order of arrival as an array, NULLs included.",
    .min_args = 1,
    .max_args = 1,
    .infer = array_infer,
};
const struct wr_agg_function wr_agg_function_collect = {
    .name = "COLLECT",
    .category = "aggregate",
    .syntax = "COLLECT([DISTINCT] value)",
    .doc = "A multiset of the values that are not NULL.",
    .min_args = 1,
    .max_args = 1,
    .infer = collect_infer,
};
