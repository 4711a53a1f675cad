/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_json - JSON_ARRAYAGG and JSON_OBJECTAGG.
 *
 * Values are turned into JSON text as JSON_STRING does when they come in; what JSON_OBJECT() and
 * its like have made is JSON already. JSON_ARRAYAGG leaves NULLs out unless the call says NULL ON
 * NULL, JSON_OBJECTAGG writes them unless it says ABSENT ON NULL. Objects have their keys in order.
 *
 * JSON_OBJECTAGG keeps pairs of key and text, with counts, so that pairs can be taken out again. A
 * key that is NULL, or that is in twice, is a fault of the accumulator as long as it lasts.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "expr/agg_list.h"
#include "expr/agg_set.h"
#include "expr/fn_json.h"
#include "expr/json_doc.h"

#define JSON_LENGTH 2000 /* of the result's type, as in Flink; longer texts are not cut */

/* The values of an argument as JSON text; NULL stays NULL. A new reference. */
static struct wr_column *json_text(const struct wr_agg_call *call, struct wr_column *arg,
				   uint32_t rows)
{
	struct wr_eval eval = {0};
	struct wr_call string = {.type = &WR_T_STRING, .arg_count = 1};

	if (call->words & WR_AGG_FORMAT_JSON)
		return wr_column_ref(arg);
	if (arg->is_const)
		rows = 1;
	struct wr_column *out = wr_column_new(&WR_T_STRING, rows);
	memset(out->data, 0, rows * sizeof(struct wr_view));
	if (arg->valid != NULL)
		memcpy(wr_column_validity(out), arg->valid, rows);
	wr_arena_init(&eval.arena);
	wr_status *status = wr_fn_json_string(&eval, &string, &arg, rows, out);
	WR_REQUIRE(status ==
		   NULL); /* it reports rows only, and none of a type that infer() let in */
	wr_arena_release(&eval.arena);
	if (arg->is_const)
		wr_column_make_const(out);
	return out;
}

/* Whether an argument comes out of a function that makes JSON. */
static bool is_json_call(const struct wr_expr *arg)
{
	static const char *const names[] = {"JSON", "JSON_OBJECT", "JSON_ARRAY"};

	for (uint32_t i = 0; arg->kind == WR_E_CALL && i < WR_COUNT(names); i++) {
		if (strcmp(arg->function->name, names[i]) == 0)
			return true;
	}
	return false;
}

/* What both have in common: argument `value` and the result. */
static wr_status *infer_value(struct wr_agg_infer *infer, uint32_t value)
{
	const struct wr_type *type = wr_type_length(infer->arena, WR_VARCHAR, JSON_LENGTH);

	if (!wr_json_type_ok(infer->want[value]))
		return wr_agg_mismatch(infer);
	if (is_json_call(infer->arg[value]))
		infer->call->words |= WR_AGG_FORMAT_JSON;
	infer->call->type = wr_type_nullable(infer->arena, type, false);
	return NULL;
}

/* --- JSON_ARRAYAGG
 * --------------------------------------------------------------------------------- */

static void array_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			 uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			 const uint8_t *retract, uint32_t n)
{
	struct wr_column *text = json_text(call, arg[0], n);

	wr_agg_list_update(call, pool, slot, offset, &text, retract, n);
	wr_column_unref(text);
}

/* An empty array when nothing is in. */
static void array_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			uint32_t n, struct wr_column *out)
{
	struct wr_strout strout;
	struct wr_text text;

	wr_strout_init(&strout, out);
	wr_text_init(&text);
	for (uint32_t i = 0; i < n; i++) {
		const struct wr_agg_items *items = &wr_agg_list_at(slot[i], offset)->in;
		struct wr_str value;
		wr_text_clear(&text);
		wr_text_putc(&text, '[');
		for (uint32_t at = items->start; wr_items_next(items, &at, &value);) {
			if (text.len > 1)
				wr_text_putc(&text, ',');
			if (value.data == NULL)
				wr_text_puts(&text, "null");
			else
				wr_text_add(&text, value.data, value.len);
		}
		wr_text_putc(&text, ']');
		wr_strout_put(&strout, i, text.data, (uint32_t)text.len);
	}
	wr_text_release(&text);
}

/* What is kept are texts, whatever the argument is. */
static const char *array_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			      uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	return wr_list_load(pool, (struct wr_agg_list *)(slot + offset), bytes, end);
}

static const struct wr_agg json_array = {
    .name = "json_array",
    .ordered = true,
    .size = wr_agg_list_size,
    .update = array_update,
    .merge = wr_agg_list_merge,
    .value = array_value,
    .drop = wr_agg_list_drop,
    .save = wr_agg_list_save,
    .load = array_load,
};

static wr_status *array_infer(struct wr_agg_infer *infer)
{
	WR_TRY(infer_value(infer, 0));
	infer->call->agg = &json_array;
	infer->call->ignore_nulls = !(infer->call->words & WR_AGG_KEEP_NULLS);
	return NULL;
}

/* --- JSON_OBJECTAGG
 * -------------------------------------------------------------------------------- */

/* A pair as a value of the set: the key with its length, then the JSON text with its length. */
static struct wr_str pair_of(struct wr_agg_pool *pool, struct wr_str key, struct wr_str text)
{
	struct wr_text *pair = wr_agg_pool_scratch(pool, 1);

	wr_varint_put_piece(pair, key);
	wr_varint_put_piece(pair, text);
	return (struct wr_str){pair->data, pair->len};
}

/* false: damaged. */
static bool pair_read(struct wr_str pair, struct wr_str *key, struct wr_str *text)
{
	const char *end = pair.data + pair.len, *at = NULL;

	if (pair.data != NULL)
		at = wr_varint_get_piece(pair.data, end, key);
	at = at != NULL ? wr_varint_get_piece(at, end, text) : NULL;
	return at != NULL && at == end;
}

static uint32_t object_size(const struct wr_agg_call *call)
{
	return sizeof(struct wr_agg_set);
}

static inline struct wr_agg_set *set_at(uint8_t *slot, uint32_t offset)
{
	return (struct wr_agg_set *)(slot + offset);
}

/* A NULL key comes in too: fault() tells of it. */
static void object_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			  uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			  const uint8_t *retract, uint32_t n)
{
	struct wr_column *text = json_text(call, arg[1], n);

	for (uint32_t i = 0; i < n; i++) {
		if ((call->words & WR_AGG_SKIP_NULLS) && !wr_agg_valid(text, i))
			continue;
		struct wr_str pair = pair_of(pool, wr_agg_value_get(arg[0], i, NULL),
					     wr_agg_value_get(text, i, NULL));
		wr_set_add(pool, set_at(slot[i], offset), pair,
			   wr_agg_is_retract(retract, i) ? -1 : 1);
	}
	wr_column_unref(text);
}

static void object_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			 uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		wr_set_merge(pool, set_at(dst[i], offset), set_at(src[i], offset));
}

struct pair {
	struct wr_str key;  /* data NULL: NULL */
	struct wr_str text; /* data NULL: NULL */
};

static int by_key(const void *a, const void *b)
{
	struct wr_str x = ((const struct pair *)a)->key;
	struct wr_str y = ((const struct pair *)b)->key;

	if (x.data == NULL || y.data == NULL)
		return (x.data != NULL) - (y.data != NULL);
	return wr_json_compare_keys(x, y);
}

/* The pairs that are in, by key; wr_free them. */
static struct pair *sorted_pairs(const struct wr_agg_set *set, uint32_t *count)
{
	struct pair *pair = wr_malloc((set->live + 1) * sizeof *pair);

	*count = 0;
	for (uint32_t e = 0; e < set->used; e++) {
		if (set->entry[e].count <= 0)
			continue;
		WR_REQUIRE(
		    pair_read(wr_set_value(&set->entry[e]), &pair[*count].key, &pair[*count].text));
		++*count;
	}
	qsort(pair, *count, sizeof *pair, by_key);
	return pair;
}

/* Keys in order, as Flink writes them. */
static void object_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
			 uint32_t n, struct wr_column *out)
{
	struct wr_strout strout;
	struct wr_text text;

	wr_strout_init(&strout, out);
	wr_text_init(&text);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t count;
		struct pair *pair = sorted_pairs(set_at(slot[i], offset), &count);
		wr_text_clear(&text);
		wr_text_putc(&text, '{');
		for (uint32_t p = 0; p < count; p++) {
			if (p > 0)
				wr_text_putc(&text, ',');
			wr_json_write_string(&text, pair[p].key);
			wr_text_putc(&text, ':');
			if (pair[p].text.data == NULL)
				wr_text_puts(&text, "null");
			else
				wr_text_add(&text, pair[p].text.data, pair[p].text.len);
		}
		wr_text_putc(&text, '}');
		wr_strout_put(&strout, i, text.data, (uint32_t)text.len);
		wr_free(pair);
	}
	wr_text_release(&text);
}

static void object_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
			uint32_t offset)
{
	wr_set_drop(pool, set_at(slot, offset));
}

static void object_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
			struct wr_text *text)
{
	wr_set_save((const struct wr_agg_set *)(slot + offset), text);
}

static const char *object_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			       uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	struct wr_agg_set *set = set_at(slot, offset);
	struct wr_str key, value;

	bytes = wr_set_load(pool, set, bytes, end);
	for (uint32_t e = 0; e < set->used; e++)
		if (set->entry[e].count != 0 &&
		    !pair_read(wr_set_value(&set->entry[e]), &key, &value))
			return NULL;
	return bytes;
}

/* Counts first, since two rows may bring the very same pair. */
static const char *object_fault(const struct wr_agg_call *call, const uint8_t *slot,
				uint32_t offset)
{
	const struct wr_agg_set *set = (const struct wr_agg_set *)(slot + offset);
	const char *fault = NULL;
	uint32_t count;
	struct pair *pair;

	for (uint32_t e = 0; e < set->used; e++) {
		if (set->entry[e].count > 1)
			return "A key is in a JSON_OBJECTAGG more than once.";
	}
	pair = sorted_pairs(set, &count);
	for (uint32_t p = 0; p < count && fault == NULL; p++) {
		if (pair[p].key.data == NULL)
			fault = "A key of a JSON_OBJECTAGG is NULL.";
		else if (p > 0 && wr_agg_str_equal(pair[p - 1].key, pair[p].key))
			fault = "A key is in a JSON_OBJECTAGG more than once.";
	}
	wr_free(pair);
	return fault;
}

static const struct wr_agg json_object = {
    .name = "json_object",
    .size = object_size,
    .update = object_update,
    .merge = object_merge,
    .value = object_value,
    .drop = object_drop,
    .save = object_save,
    .load = object_load,
    .fault = object_fault,
};

static wr_status *object_infer(struct wr_agg_infer *infer)
{
	if (!wr_kind_is_string(infer->want[0]->kind))
		return wr_agg_mismatch(infer);
	WR_TRY(infer_value(infer, 1));
	infer->call->agg = &json_object;
	return NULL;
}

const struct wr_agg_function wr_agg_function_json_arrayagg = {
    .name = "JSON_ARRAYAGG",
    .category = "aggregate",
    .syntax = "JSON_ARRAYAGG(value [{ NULL | ABSENT } ON NULL])",
    .doc = "The values as a JSON array, in order of arrival; NULLs are left out by default.",
    .min_args = 1,
    .max_args = 1,
    .infer = array_infer,
};
const struct wr_agg_function wr_agg_function_json_objectagg = {
    .name = "JSON_OBJECTAGG",
    .category = "aggregate",
    .syntax = "JSON_OBJECTAGG([KEY] key VALUE value [{ NULL | ABSENT } ON NULL])",
    .doc = "A JSON object of the keys, which must differ, and values.",
    .min_args = 2,
    .max_args = 2,
    .infer = object_infer,
};
