/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_case - what the tests of aggregates share: calls made by name, accumulators in plain memory,
 * results as text.
 */
#ifndef TEST_AGG_CASE_H
#define TEST_AGG_CASE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/decimal.h"
#include "data/print.h"
#include "expr/agg.h"

#define SLOT_OFFSET 16u /* accumulators lie at an offset, as in real slots */

/* A call with the memory that belongs to it. */
struct agg_case {
	struct wr_arena arena;
	struct wr_expr_pool pool;
	struct wr_agg_call *call;
	uint32_t slot_size;
	struct wr_agg_pool *memory;
};

/* Arguments are columns 0.. of the types; `constant` (may be NULL) is a last argument. */
static inline void agg_case_args(struct agg_case *c, const char *name,
				 const struct wr_type *const *type, uint32_t count,
				 struct wr_expr *constant, const char *word, bool distinct,
				 bool grouped, bool retract)
{
	struct wr_expr *arg[8];
	const struct wr_agg_function *function = wr_agg_find(name, (uint32_t)strlen(name));
	struct wr_pos pos = {0};

	assert_non_null(function);
	for (uint32_t i = 0; i < count; i++)
		arg[i] = wr_expr_column(&c->pool, i, type[i]);
	if (constant != NULL)
		arg[count++] = constant;
	if (word != NULL)
		arg[count++] = wr_expr_symbol(&c->pool, word);
	wr_status *status = wr_agg_call_new(&c->pool, function, arg, count, distinct, grouped,
					    retract, pos, &c->call);
	if (status != NULL)
		fail_msg("%s: %s", name, status->text);
	c->slot_size = SLOT_OFFSET + (c->call->agg->size(c->call) + 15) / 16 * 16;
}

static inline void agg_case_init(struct agg_case *c)
{
	*c = (struct agg_case){0};
	wr_arena_init(&c->arena);
	wr_expr_pool_init(&c->pool, &c->arena);
	c->memory = wr_agg_pool_new();
}

static inline void agg_case_release(struct agg_case *c)
{
	wr_agg_pool_free(c->memory);
	wr_expr_pool_release(&c->pool);
	wr_arena_release(&c->arena);
}

static inline uint8_t *agg_slot_new(const struct agg_case *c)
{
	uint8_t *slot = aligned_alloc(16, c->slot_size);

	memset(slot, 0, c->slot_size);
	if (c->call->agg->init != NULL)
		c->call->agg->init(c->call, slot + SLOT_OFFSET);
	return slot;
}

/* Gives the parts back, then the slot. */
static inline void agg_slot_free(const struct agg_case *c, uint8_t *slot)
{
	if (c->call->agg->drop != NULL)
		c->call->agg->drop(c->call, c->memory, slot, SLOT_OFFSET);
	free(slot);
}

/* The result of one accumulator as text. */
static inline void agg_slot_print(const struct agg_case *c, uint8_t *slot, struct wr_text *text)
{
	struct wr_column *out = wr_column_new(c->call->type, 1);

	c->call->agg->value(c->call, &slot, SLOT_OFFSET, 1, out);
	wr_text_clear(text);
	wr_value_print(text, out, 0, NULL);
	wr_column_unref(out);
}

/* The accumulator through its saved form and back. */
static inline uint8_t *agg_slot_copy(const struct agg_case *c, uint8_t *slot)
{
	uint8_t *copy = agg_slot_new(c);
	uint32_t size = c->call->agg->size(c->call);
	struct wr_text text;

	if (c->call->agg->save == NULL) {
		memcpy(copy + SLOT_OFFSET, slot + SLOT_OFFSET, size);
		return copy;
	}
	wr_text_init(&text);
	c->call->agg->save(c->call, slot, SLOT_OFFSET, &text);
	const char *end = text.data + text.len;
	assert_ptr_equal(c->call->agg->load(c->call, c->memory, copy, SLOT_OFFSET, text.data, end),
			 end);
	/* Cut off anywhere, it is recognised as damaged or at least does no harm. */
	for (size_t cut = 0; cut < text.len; cut += 1 + text.len / 7) {
		char *part = malloc(cut + 1);
		uint8_t *damaged = agg_slot_new(c);
		memcpy(part, text.data, cut);
		assert_null(
		    c->call->agg->load(c->call, c->memory, damaged, SLOT_OFFSET, part, part + cut));
		agg_slot_free(c, damaged);
		free(part);
	}
	wr_text_release(&text);
	return copy;
}

/* A value from text: a number, or the string itself; NULL: NULL. */
static inline void agg_put(struct wr_builder *builder, const char *text)
{
	wr_i128 decimal;

	if (text == NULL) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->type->kind) {
	case WR_BOOLEAN: wr_builder_bool(builder, text[0] == 'T'); break;
	case WR_TINYINT: wr_builder_i8(builder, (int8_t)strtoll(text, NULL, 10)); break;
	case WR_SMALLINT: wr_builder_i16(builder, (int16_t)strtoll(text, NULL, 10)); break;
	case WR_INT: wr_builder_i32(builder, (int32_t)strtoll(text, NULL, 10)); break;
	case WR_BIGINT: wr_builder_i64(builder, strtoll(text, NULL, 10)); break;
	case WR_FLOAT: wr_builder_f32(builder, strtof(text, NULL)); break;
	case WR_DOUBLE: wr_builder_f64(builder, strtod(text, NULL)); break;
	case WR_DECIMAL:
		assert_int_equal(wr_decimal_parse(text, strlen(text), builder->type->precision,
						  builder->type->scale, &decimal),
				 WR_DECIMAL_OK);
		wr_builder_i128(builder, decimal);
		break;
	default: wr_builder_str(builder, text, strlen(text));
	}
}

#endif
