/* SPDX-License-Identifier: Apache-2.0
 *
 * view_keep - remembers what a sink shows that has no memory of its own: the rows of a materialized
 * table.
 *
 * Rows pass as they come. By key the last one is kept; without a key (the node is not `keyed`: its
 * key is all columns) equal rows are counted. After a restore everything is sent on again, as
 * inserts, before the first row of the input; so the first mark behind it shows the whole table.
 *
 * Saved: the columns that are no key, or the count, of each key.
 *
 * Memory: one row per key; cold ones leave for the disk like any state.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "data/codec.h"
#include "op/aggregate.h"
#include "op/fields.h"

struct keep_slot {
	char *bytes;      /* the rest of the row, encoded; in the pool; NULL: none */
	uint32_t len;     /* of it */
	uint32_t touched; /* scratch of forget */
	int64_t count;    /* not keyed: equal rows; keyed: 1 or 0 */
	int64_t unused;
};

struct op_keep {
	struct wr_op op;
	struct wr_arena arena;      /* of the codec and the next ones */
	uint32_t *rest, rest_count; /* columns that are no key */
	struct wr_schema rest_schema;
	struct wr_codec codec;       /* of the rest */
	struct wr_state *state;      /* key -> struct keep_slot */
	struct wr_state_field field; /* of a saved slot */
	struct wr_state_codec saved;
	struct wr_builder **builder; /* per column of the rest */
	struct wr_column **column;   /* scratch: those of the rest */
	uint32_t limit;              /* rows of a batch */
	uint64_t cursor;             /* of what is sent again */
	uint8_t **slot;              /* scratch: of a batch of it */
	int64_t again;               /* of its next slot: rows that were sent already */
	uint32_t next, count;        /* of slot: [next, count) are to be sent */
	struct wr_text scratch;
};

/* --- saving -------------------------------------------------------------------------------- */

static void rest_set(struct wr_agg_pool *pool, struct keep_slot *slot, const char *bytes,
		     uint32_t len)
{
	slot->bytes = wr_agg_pool_alloc(pool, (size_t)len + 1);
	slot->len = len;
	memcpy(slot->bytes, bytes, len);
}

static void rest_drop(struct wr_agg_pool *pool, struct keep_slot *slot)
{
	if (slot->bytes != NULL)
		wr_agg_pool_drop(pool, slot->bytes, (size_t)slot->len + 1);
	slot->bytes = NULL;
	slot->len = 0;
}

static bool is_keyed(const struct op_keep *self)
{
	return self->op.node->u.changelog.keyed;
}

static void keep_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct keep_slot *kept = (const struct keep_slot *)slot;

	if (is_keyed(ctx))
		wr_field_put_row(out, kept->bytes, kept->len);
	else
		wr_value_put_number(out, kept->count);
}

static bool keep_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	const struct op_keep *self = ctx;
	struct keep_slot *kept = (struct keep_slot *)slot;
	struct wr_str row = value->field[0];

	if (!is_keyed(self))
		return wr_value_number(row, &kept->count);
	if (!wr_value_is_row(&self->codec, row))
		return false;
	rest_set(pool, kept, row.data, (uint32_t)row.len);
	kept->count = 1;
	return true;
}

static void keep_discard(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	(void)ctx;
	rest_drop(pool, (struct keep_slot *)slot);
}

/* --- making -------------------------------------------------------------------------------- */

/* The columns that are no key. */
static void find_rest(struct op_keep *self)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *schema = &node->schema;
	const struct wr_type **types =
	    WR_NEW_ARRAY(&self->arena, const struct wr_type *, schema->count + 1);

	self->rest = WR_NEW_ARRAY(&self->arena, uint32_t, schema->count + 1);
	self->rest_schema.field = WR_NEW_ARRAY(&self->arena, struct wr_field, schema->count + 1);
	self->builder = wr_calloc(schema->count + 1, sizeof *self->builder);
	self->column = wr_calloc(schema->count + 1, sizeof(struct wr_column *));
	for (uint32_t i = 0; i < schema->count; i++) {
		bool is_key = false;

		for (uint32_t k = 0; k < node->u.changelog.key_count; k++)
			is_key = is_key || node->u.changelog.key[k] == i;
		if (is_key)
			continue;
		types[self->rest_count] = schema->field[i].type;
		self->rest_schema.field[self->rest_count] = schema->field[i];
		self->builder[self->rest_count] = wr_builder_new(schema->field[i].type, 64);
		self->rest[self->rest_count++] = i;
	}
	self->rest_schema.count = self->rest_count;
	wr_codec_init(&self->codec, &self->arena, types, self->rest_count);
}

/* One state by key. */
static wr_status *keep_init(struct wr_op *op)
{
	struct op_keep *self = (struct op_keep *)op;
	const struct wr_node *node = op->node;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct keep_slot),
				     .codec = &self->saved,
				     .codec_ctx = self};

	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	self->slot = wr_malloc((self->limit + 1) * sizeof *self->slot);
	find_rest(self);
	self->field = is_keyed(self)
			  ? wr_field_of(&self->arena, "row", WR_FIELD_ROW, &self->rest_schema)
			  : (struct wr_state_field){.name = "count", .kind = WR_FIELD_NUMBER};
	self->saved = (struct wr_state_codec){1, &self->field, keep_save, keep_load, keep_discard};
	wr_op_key_columns(op, 0, node->u.changelog.key, node->u.changelog.key_count, &self->arena,
			  &decl);
	_Static_assert(sizeof(struct keep_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	return wr_op_state_open(op, &decl, &self->state);
}

/* --- rows ---------------------------------------------------------------------------------- */

/* The rest of the row takes the place of the key's. */
static void keep_row(struct op_keep *self, struct keep_slot *slot, const struct wr_batch *batch,
		     uint32_t i)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	uint8_t *at = (uint8_t *)slot;
	bool add = wr_kind_is_add(wr_batch_kind(batch, i));

	if (!is_keyed(self)) {
		wr_state_touch(self->state, 0, &at, 1);
		slot->count += add ? 1 : -1;
		return;
	}
	if (!add) {
		if (slot->count > 0)
			wr_state_touch(self->state, 0, &at, 1);
		rest_drop(pool, slot);
		slot->count = 0;
		return;
	}
	wr_text_clear(&self->scratch);
	for (uint32_t c = 0; c < self->rest_count; c++)
		self->column[c] = batch->column[self->rest[c]];
	wr_codec_encode(&self->codec, &self->scratch, self->column, i);
	if (slot->count > 0 && slot->len == self->scratch.len &&
	    memcmp(slot->bytes, wr_text_str(&self->scratch), slot->len) == 0)
		return;
	wr_state_touch(self->state, 0, &at, 1);
	rest_drop(pool, slot);
	rest_set(pool, slot, wr_text_str(&self->scratch), (uint32_t)self->scratch.len);
	slot->count = 1;
}

/* Keys without a row are forgotten; each slot once. */
static wr_status *keep_forget(struct op_keep *self, uint8_t **slot, uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct keep_slot *at = (struct keep_slot *)slot[i];

		if (at->count != 0 || at->touched != 0)
			continue;
		at->touched = 1;
		slot[doomed++] = slot[i];
	}
	return wr_state_remove(self->state, 0, slot, doomed);
}

static wr_status *keep_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_keep *self = (struct op_keep *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	wr_op_keys_take(&keys, batch, node->u.changelog.key, node->u.changelog.key_count, NULL,
			batch->rows, true);
	status = wr_op_keys_slots(&keys, op, self->state, slot, NULL);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++)
		keep_row(self, (struct keep_slot *)slot[i], batch, i);
	if (status == NULL)
		status = keep_forget(self, slot, batch->rows);
	wr_op_keys_release(&keys);
	wr_free(slot);
	if (status != NULL) {
		wr_batch_free(batch);
		return status;
	}
	return wr_out_emit(&op->out, batch);
}

/* --- after a restore ----------------------------------------------------------------------- */

static wr_status *keep_restored(struct wr_op *op)
{
	op->pending = true;
	return NULL;
}

/* A batch of the slots [next, count): keyed ones once each, others as often as they count. */
static struct wr_batch *again_batch(struct op_keep *self)
{
	const struct wr_node *node = self->op.node;
	struct wr_column *key[WR_COLUMNS_MAX];
	uint8_t **slot = wr_malloc((self->limit + 1) * sizeof *slot);
	struct wr_batch *batch;
	uint32_t rows = 0;

	while (self->next < self->count && rows < self->limit) {
		const struct keep_slot *kept = (const struct keep_slot *)self->slot[self->next];

		if (self->again >= kept->count) {
			self->next++;
			self->again = 0;
			continue;
		}
		if (is_keyed(self))
			WR_REQUIRE(wr_codec_decode(&self->codec, kept->bytes,
						   kept->bytes + kept->len, self->builder) != NULL);
		slot[rows++] = self->slot[self->next];
		self->again++;
	}
	batch = wr_batch_new(node->schema.count, rows);
	if (rows > 0)
		wr_state_slot_keys(self->state, 0, slot, rows, key);
	for (uint32_t i = 0; i < node->u.changelog.key_count && rows > 0; i++)
		batch->column[node->u.changelog.key[i]] = key[i];
	for (uint32_t i = 0; i < self->rest_count; i++)
		batch->column[self->rest[i]] = wr_builder_finish(self->builder[i]);
	batch->watermark = WR_WATERMARK_MIN;
	wr_free(slot);
	return batch;
}

/* Sends everything on, piece by piece. */
static wr_status *keep_resume(struct wr_op *op)
{
	struct op_keep *self = (struct op_keep *)op;
	uint64_t emitted = op->out.rows;

	while (op->out.rows - emitted < WR_OP_EMIT_ROWS) {
		struct wr_batch *batch;

		if (self->next == self->count) {
			self->next = 0;
			self->count =
			    wr_state_scan(self->state, 0, &self->cursor, self->slot, self->limit);
		}
		if (self->count == 0) {
			op->pending = false;
			return NULL;
		}
		batch = again_batch(self);
		if (batch->rows == 0)
			wr_batch_free(batch);
		else
			WR_TRY(wr_out_emit(&op->out, batch));
	}
	return NULL;
}

/* Accepts a half-made operator. */
static void keep_release(struct wr_op *op)
{
	struct op_keep *self = (struct op_keep *)op;

	for (uint32_t i = 0; self->builder != NULL && i < self->rest_count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->column);
	wr_free(self->slot);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

/* With what the sink has in memory, which counts in the job's budget: one worker says it. */
static uint64_t keep_state_bytes(const struct wr_op *op)
{
	const struct wr_connector_args *sink = op->node->u.changelog.sink;
	uint64_t bytes = wr_state_bytes(((const struct op_keep *)op)->state);

	if (op->env->worker == 0 && sink->connector->remembers != NULL)
		bytes += sink->connector->remembers(sink);
	return bytes;
}

const struct wr_op_type wr_op_view_keep = {
    .name = "view_keep",
    .version = 1,
    .size = sizeof(struct op_keep),
    .init = keep_init,
    .process = keep_process,
    .resume = keep_resume,
    .release = keep_release,
    .state_bytes = keep_state_bytes,
    .restored = keep_restored,
};
