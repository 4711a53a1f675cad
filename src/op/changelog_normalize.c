/* SPDX-License-Identifier: Apache-2.0
 *
 * changelog_normalize - rows that replace each other by key become a whole changelog.
 *
 *     comes in              the key has no row      the key has a row
 *     +I or +U              +I                      -U of that row, +U; nothing if they are equal
 *     -D (key alone)        nothing                 -D of that row
 *     -U                    a -D, unless the +U of the same key stands right behind it
 *
 * A row that does not fulfil the node's condition is no row: it counts as the deletion of its key.
 *
 * Rows go on at once, each with the watermark that it met. -U is left out where nobody needs it.
 *
 * Saved: the row of each key. A row that is there already does not make its key part of the next
 * checkpoint.
 *
 * Memory: one row per key.
 */
#include "base/mem.h"
#include "data/codec.h"
#include "op/aggregate.h"
#include "op/fields.h"

struct normal_slot {
	char *bytes; /* the encoded row; in the pool; NULL: none */
	uint32_t len, unused;
};

struct op_normalize {
	struct wr_op op;
	struct wr_arena arena;        /* of the codec */
	struct wr_codec codec;        /* of the row */
	struct wr_program *condition; /* NULL: none */
	struct wr_state *state;       /* key -> struct normal_slot */
	struct wr_state_field field;  /* of a saved slot */
	struct wr_state_codec saved;
	struct wr_builder **builder; /* per column */
	uint8_t *kind;               /* of the rows written; room for a batch */
	int64_t *watermark;          /* the same */
	uint32_t rows, limit;        /* written; at most */
	struct wr_text scratch;
};

static void slot_set(struct wr_agg_pool *pool, struct normal_slot *slot, const char *bytes,
		     uint32_t len)
{
	slot->bytes = wr_agg_pool_alloc(pool, (size_t)len + 1);
	slot->len = len;
	memcpy(slot->bytes, bytes, len);
}

static void slot_drop(struct wr_agg_pool *pool, struct normal_slot *slot)
{
	if (slot->bytes != NULL)
		wr_agg_pool_drop(pool, slot->bytes, (size_t)slot->len + 1);
	*slot = (struct normal_slot){0};
}

static void normal_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct normal_slot *kept = (const struct normal_slot *)slot;

	(void)ctx;
	wr_field_put_row(out, kept->bytes, kept->len);
}

static bool normal_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
			const struct wr_value *value)
{
	const struct op_normalize *self = ctx;
	struct wr_str row = value->field[0];

	if (!wr_value_is_row(&self->codec, row))
		return false;
	slot_set(pool, (struct normal_slot *)slot, row.data, (uint32_t)row.len);
	return true;
}

static void normal_discard(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	(void)ctx;
	slot_drop(pool, (struct normal_slot *)slot);
}

/* One state by key. */
static wr_status *normal_init(struct wr_op *op)
{
	struct op_normalize *self = (struct op_normalize *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *schema = &node->schema;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct normal_slot),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type **types;

	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, schema->count + 1);
	self->builder = wr_calloc(schema->count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < schema->count; i++) {
		types[i] = schema->field[i].type;
		self->builder[i] = wr_builder_new(types[i], 64);
	}
	self->kind = wr_malloc(self->limit + 1);
	self->watermark = wr_malloc((self->limit + 1) * sizeof *self->watermark);
	wr_codec_init(&self->codec, &self->arena, types, schema->count);
	self->field = wr_field_of(&self->arena, "row", WR_FIELD_ROW, schema);
	self->saved =
	    (struct wr_state_codec){1, &self->field, normal_save, normal_load, normal_discard};
	wr_op_key_columns(op, 0, node->u.changelog.key, node->u.changelog.key_count, &self->arena,
			  &decl);
	_Static_assert(sizeof(struct normal_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	if (node->u.changelog.condition != NULL)
		WR_TRY(wr_program_clocked((struct wr_expr *const *)&node->u.changelog.condition, 1,
					  schema->count, op->env->zone_id, op->env->env,
					  &self->condition));
	return wr_op_state_open(op, &decl, &self->state);
}

/* Emits what has been written. */
static wr_status *normal_flush(struct op_normalize *self)
{
	uint32_t columns = self->op.node->schema.count;
	struct wr_batch *batch;

	if (self->rows == 0)
		return NULL;
	batch = wr_batch_new(columns, self->rows);
	for (uint32_t i = 0; i < columns; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	memcpy(wr_batch_kinds(batch), self->kind, self->rows);
	batch->watermark = self->watermark[0];
	if (self->watermark[self->rows - 1] != self->watermark[0]) {
		batch->row_watermark = wr_malloc(self->rows * sizeof *batch->row_watermark);
		memcpy(batch->row_watermark, self->watermark,
		       self->rows * sizeof *batch->row_watermark);
	}
	self->rows = 0;
	return wr_out_emit(&self->op.out, batch);
}

static wr_status *normal_put(struct op_normalize *self, const char *bytes, size_t len,
			     enum wr_row_kind kind, int64_t watermark)
{
	WR_REQUIRE(wr_codec_decode(&self->codec, bytes, bytes + len, self->builder) != NULL);
	self->kind[self->rows] = (uint8_t)kind;
	self->watermark[self->rows++] = watermark;
	return self->rows == self->limit ? normal_flush(self) : NULL;
}

/* The row in `scratch` takes the place of the key's row. */
static wr_status *normal_set(struct op_normalize *self, struct normal_slot *slot, int64_t watermark)
{
	const char *bytes = self->scratch.data;
	uint32_t len = (uint32_t)self->scratch.len;
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	uint8_t *at = (uint8_t *)slot;
	bool had = slot->bytes != NULL;

	if (had && slot->len == len && memcmp(slot->bytes, bytes, len) == 0)
		return NULL;
	if (had && self->op.node->traits.needs_update_before)
		WR_TRY(normal_put(self, slot->bytes, slot->len, WR_UPDATE_BEFORE, watermark));
	wr_state_touch(self->state, 0, &at, 1);
	slot_drop(pool, slot);
	slot_set(pool, slot, bytes, len);
	return normal_put(self, bytes, len, had ? WR_UPDATE_AFTER : WR_INSERT, watermark);
}

/* The key's row goes. */
static wr_status *normal_delete(struct op_normalize *self, struct normal_slot *slot,
				int64_t watermark)
{
	uint8_t *at = (uint8_t *)slot;

	if (slot->bytes == NULL)
		return NULL;
	WR_TRY(normal_put(self, slot->bytes, slot->len, WR_DELETE, watermark));
	wr_state_touch(self->state, 0, &at, 1);
	slot_drop(wr_state_pool(self->state, 0), slot);
	return NULL;
}

/* counts[i]: whether row i of the dense batch is there and fulfils the condition. Rows that go are
 * not asked: they may have their key alone. */
static wr_status *normal_test(struct op_normalize *self, struct wr_batch *batch, uint8_t *counts)
{
	uint32_t *sel, kept = 0;
	struct wr_eval *eval;
	wr_status *status;

	for (uint32_t i = 0; i < batch->rows; i++)
		counts[i] = wr_kind_is_add(batch->kind[i]);
	if (self->condition == NULL)
		return NULL;
	sel = wr_malloc(((size_t)batch->rows + 1) * sizeof *sel);
	batch->sel = wr_malloc(((size_t)batch->rows + 1) * sizeof *batch->sel);
	batch->sel_count = 0;
	for (uint32_t i = 0; i < batch->rows; i++)
		if (counts[i])
			batch->sel[batch->sel_count++] = i;
	eval = wr_program_eval(self->condition);
	status = wr_program_filter(self->condition, batch, sel, &kept);
	memset(counts, 0, batch->rows);
	for (uint32_t i = 0; i < kept && status == NULL; i++)
		counts[sel[i]] = 1;
	for (uint32_t i = 0; i < eval->error_count && status == NULL; i++)
		status = self->op.env->row_error(self->op.env, &self->op, &eval->error[i]);
	wr_free(sel);
	wr_free(batch->sel);
	batch->sel = NULL;
	return status;
}

/* A -U whose +U stands right behind it says nothing. */
static bool is_idle(const struct wr_batch *batch, uint8_t *const *slot, uint32_t i)
{
	return batch->kind[i] == WR_UPDATE_BEFORE && i + 1 < batch->rows &&
	       batch->kind[i + 1] == WR_UPDATE_AFTER && slot[i] == slot[i + 1];
}

/* Keys without a row are forgotten; each slot once. */
static wr_status *normal_forget(struct op_normalize *self, uint8_t **slot, uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct normal_slot *at = (struct normal_slot *)slot[i];

		if (at->bytes != NULL || at->unused != 0)
			continue;
		at->unused = 1;
		slot[doomed++] = slot[i];
	}
	return wr_state_remove(self->state, 0, slot, doomed);
}

/* Row by row, in their order. */
static wr_status *normal_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_normalize *self = (struct op_normalize *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot, *counts;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	(void)wr_batch_kinds(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	counts = wr_malloc((size_t)batch->rows + 1);
	status = normal_test(self, batch, counts);
	wr_op_keys_take(&keys, batch, node->u.changelog.key, node->u.changelog.key_count, NULL,
			batch->rows, true);
	if (status == NULL)
		status = wr_op_keys_slots(&keys, op, self->state, slot, NULL);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		struct normal_slot *at = (struct normal_slot *)slot[i];
		int64_t watermark = wr_batch_watermark(batch, i);

		if (is_idle(batch, slot, i))
			continue;
		if (!counts[i]) {
			status = normal_delete(self, at, watermark);
			continue;
		}
		wr_text_clear(&self->scratch);
		wr_codec_encode(&self->codec, &self->scratch, batch->column, i);
		status = normal_set(self, at, watermark);
	}
	if (status == NULL)
		status = normal_forget(self, slot, batch->rows);
	if (status == NULL)
		status = normal_flush(self);
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(counts);
	wr_batch_free(batch);
	return status;
}

/* Accepts a half-made operator. */
static void normal_release(struct wr_op *op)
{
	struct op_normalize *self = (struct op_normalize *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_program_free(self->condition);
	wr_free(self->kind);
	wr_free(self->watermark);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

static uint64_t normal_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_normalize *)op)->state);
}

const struct wr_op_type wr_op_changelog_normalize = {
    .name = "changelog_normalize",
    .version = 1,
    .size = sizeof(struct op_normalize),
    .init = normal_init,
    .process = normal_process,
    .release = normal_release,
    .state_bytes = normal_state_bytes,
};
