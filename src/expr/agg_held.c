/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_held - one value that an accumulator keeps, and the aggregates that are just that:
 * FIRST_VALUE and LAST_VALUE of insert-only inputs, SINGLE_VALUE.
 *
 * FIRST_VALUE and LAST_VALUE go by order of arrival and pass NULLs over, as in Flink.
 */
#include "expr/agg_held.h"

void wr_agg_held_drop(struct wr_agg_pool *pool, struct wr_agg_held *held)
{
	if (held->capacity != 0)
		wr_agg_pool_drop(pool, held->u.ptr, held->capacity);
	*held = (struct wr_agg_held){0};
}

/* A block is replaced by a larger one, never shrunk. */
void wr_agg_held_set(struct wr_agg_pool *pool, struct wr_agg_held *held, struct wr_str value)
{
	if (value.data == NULL) {
		wr_agg_held_drop(pool, held);
		return;
	}
	WR_REQUIRE(value.len < UINT32_MAX);
	if (value.len > (held->capacity != 0 ? held->capacity : WR_HELD_INLINE)) {
		uint32_t capacity = (uint32_t)((value.len + 15) / 16 * 16);
		wr_agg_held_drop(pool, held);
		held->u.ptr = wr_agg_pool_alloc(pool, capacity);
		held->capacity = capacity;
	}
	memcpy(held->capacity != 0 ? held->u.ptr : held->u.inlined, value.data, value.len);
	held->len1 = (uint32_t)value.len + 1;
}

void wr_agg_held_save(const struct wr_agg_held *held, struct wr_text *text)
{
	wr_varint_put_piece(text, wr_agg_held_get(held));
}

const char *wr_agg_held_load(struct wr_agg_pool *pool, struct wr_agg_held *held, const char *bytes,
			     const char *end)
{
	struct wr_str value;

	bytes = wr_varint_get_piece(bytes, end, &value);
	if (bytes != NULL)
		wr_agg_held_set(pool, held, value);
	return bytes;
}

/* Fixed-width values are copied as they are; the others go through a builder. */
void wr_agg_held_value(const struct wr_type *type, uint8_t *const *slot, uint32_t offset,
		       uint32_t n, struct wr_column *out)
{
	uint32_t width = wr_phys_size(out->phys);

	if (out->phys < WR_P_STR) {
		for (uint32_t i = 0; i < n; i++) {
			const struct wr_agg_held *held = (const void *)(slot[i] + offset);
			if (held->len1 == 0)
				wr_agg_out_null(out, i);
			else
				memcpy((char *)out->data + (size_t)i * width, held->u.inlined,
				       width);
		}
		return;
	}
	struct wr_builder *builder = wr_builder_new(type, n);
	for (uint32_t i = 0; i < n; i++)
		wr_agg_value_put(builder, wr_agg_held_get((const void *)(slot[i] + offset)));
	wr_agg_out_adopt(out, wr_builder_finish(builder));
	wr_builder_free(builder);
}

/* --- FIRST_VALUE, LAST_VALUE ---------------------------------------------------------------------
 */

static uint32_t held_size(const struct wr_agg_call *call)
{
	return sizeof(struct wr_agg_held);
}

static inline struct wr_agg_held *held_at(uint8_t *slot, uint32_t offset)
{
	return (struct wr_agg_held *)(slot + offset);
}

static void first_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			 uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			 const uint8_t *retract, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct wr_agg_held *held = held_at(slot[i], offset);
		if (held->len1 == 0 && wr_agg_valid(arg[0], i))
			wr_agg_held_set(pool, held,
					wr_agg_value_get(arg[0], i, wr_agg_pool_scratch(pool, 0)));
	}
}

static void last_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			const uint8_t *retract, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (wr_agg_valid(arg[0], i))
			wr_agg_held_set(pool, held_at(slot[i], offset),
					wr_agg_value_get(arg[0], i, wr_agg_pool_scratch(pool, 0)));
	}
}

static void first_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (held_at(dst[i], offset)->len1 == 0)
			wr_agg_held_set(pool, held_at(dst[i], offset),
					wr_agg_held_get(held_at(src[i], offset)));
	}
}

static void last_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
		       uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (held_at(src[i], offset)->len1 != 0)
			wr_agg_held_set(pool, held_at(dst[i], offset),
					wr_agg_held_get(held_at(src[i], offset)));
	}
}

static void held_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		       uint32_t n, struct wr_column *out)
{
	wr_agg_held_value(call->type, slot, offset, n, out);
}

static void held_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		      uint32_t offset)
{
	wr_agg_held_drop(pool, held_at(slot, offset));
}

static void held_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		      struct wr_text *text)
{
	wr_agg_held_save((const struct wr_agg_held *)(slot + offset), text);
}

static const char *held_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			     uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	bytes = wr_agg_held_load(pool, held_at(slot, offset), bytes, end);
	return wr_agg_value_fits(call->arg_type[0], wr_agg_held_get(held_at(slot, offset))) ? bytes
											    : NULL;
}

static const struct wr_agg first_held = {
    .name = "first",
    .size = held_size,
    .update = first_update,
    .merge = first_merge,
    .value = held_value,
    .drop = held_drop,
    .save = held_save,
    .load = held_load,
};
static const struct wr_agg last_held = {
    .name = "last",
    .size = held_size,
    .update = last_update,
    .merge = last_merge,
    .value = held_value,
    .drop = held_drop,
    .save = held_save,
    .load = held_load,
};

static wr_status *first_infer(struct wr_agg_infer *infer)
{
	infer->call->agg = infer->retract ? &wr_agg_first_list : &first_held;
	infer->call->ignore_nulls = true;
	wr_agg_result_like_arg(infer, infer->want[0]);
	return NULL;
}

static wr_status *last_infer(struct wr_agg_infer *infer)
{
	infer->call->agg = infer->retract ? &wr_agg_last_list : &last_held;
	infer->call->ignore_nulls = true;
	wr_agg_result_like_arg(infer, infer->want[0]);
	return NULL;
}

/* --- SINGLE_VALUE --------------------------------------------------------------------------------
 */

/* Rows are counted, so that a second one that is taken out again does no harm, and their value is
 * kept as the last one that came (NULL or not). */
struct single {
	int64_t count;           /* rows in */
	struct wr_agg_held held; /* the value; nothing: NULL */
};

static uint32_t single_size(const struct wr_agg_call *call)
{
	return sizeof(struct single);
}

/* The value of the last row that came in is held. */
static void single_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			  const uint8_t *retract, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct single *single = (struct single *)(slot[i] + offset);
		if (wr_agg_is_retract(retract, i)) {
			if (--single->count == 0)
				wr_agg_held_drop(pool, &single->held);
			continue;
		}
		single->count++;
		wr_agg_held_set(pool, &single->held,
				wr_agg_value_get(arg[0], i, wr_agg_pool_scratch(pool, 0)));
	}
}

/* The later piece has the say, unless it only took out. */
static void single_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			 uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct single *to = (struct single *)(dst[i] + offset);
		const struct single *from = (const struct single *)(src[i] + offset);
		to->count += from->count;
		if (from->count > 0)
			wr_agg_held_set(pool, &to->held, wr_agg_held_get(&from->held));
		else if (to->count == 0)
			wr_agg_held_drop(pool, &to->held);
	}
}

static void single_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			 uint32_t n, struct wr_column *out)
{
	wr_agg_held_value(call->type, slot, offset + (uint32_t)offsetof(struct single, held), n,
			  out);
}

static void single_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			uint32_t offset)
{
	wr_agg_held_drop(pool, &((struct single *)(slot + offset))->held);
}

static void single_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
			struct wr_text *text)
{
	const struct single *single = (const struct single *)(slot + offset);

	wr_text_add(text, &single->count, sizeof single->count);
	wr_agg_held_save(&single->held, text);
}

static const char *single_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			       uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	struct single *single = (struct single *)(slot + offset);

	if ((size_t)(end - bytes) < sizeof single->count)
		return NULL;
	memcpy(&single->count, bytes, sizeof single->count);
	bytes = wr_agg_held_load(pool, &single->held, bytes + sizeof single->count, end);
	return wr_agg_value_fits(call->arg_type[0], wr_agg_held_get(&single->held)) ? bytes : NULL;
}

static const char *single_fault(const struct wr_agg_call *call, const uint8_t *slot,
				uint32_t offset)
{
	if (((const struct single *)(slot + offset))->count > 1)
		return "SINGLE_VALUE received more than one row (a scalar subquery returned more "
		       "than one).";
	return NULL;
}

static const struct wr_agg single_held = {
    .name = "single",
    .size = single_size,
    .update = single_update,
    .merge = single_merge,
    .value = single_value,
    .drop = single_drop,
    .save = single_save,
    .load = single_load,
    .fault = single_fault,
};

static wr_status *single_infer(struct wr_agg_infer *infer)
{
	infer->call->agg = &single_held;
	wr_agg_result_like_arg(infer, infer->want[0]);
	return NULL;
}

const struct wr_agg_function wr_agg_function_first_value = {
    .name = "FIRST_VALUE",
    .category = "aggregate",
    .syntax = "FIRST_VALUE(value)",
    .doc = "The first value that is not NULL, by order of arrival.",
    .min_args = 1,
    .max_args = 1,
    .infer = first_infer,
};
const struct wr_agg_function wr_agg_function_last_value = {
    .name = "LAST_VALUE",
    .category = "aggregate",
    .syntax = "LAST_VALUE(value)",
    .doc = "The last value that is not NULL, by order of arrival.",
    .min_args = 1,
    .max_args = 1,
    .infer = last_infer,
};
const struct wr_agg_function wr_agg_function_single_value = {
    .name = "SINGLE_VALUE",
    .category = "aggregate",
    .syntax = "SINGLE_VALUE(value)",
    .doc = "The value of the only row; more than one row is an error.",
    .min_args = 1,
    .max_args = 1,
    .infer = single_infer,
};
