/* SPDX-License-Identifier: Apache-2.0
 *
 * epoch_changes - the net change of an epoch, for sinks that show only whole epochs.
 *
 * Changes of an epoch are added up per key and row: what was added and taken back again, and what
 * was taken back and added again, is no change. At the mark the rest goes on: a row of the key that
 * took the place of another one as -U and +U, others as -D and +I.
 *
 * The key is an upsert key of the query, or all columns where there is none (then there are only
 * -D and +I).
 *
 * Saved: nothing. At every mark all has gone on.
 *
 * Memory: the changes of one epoch.
 */
#include "base/mem.h"
#include "data/codec.h"
#include "op/aggregate.h"
#include "op/touched.h"

struct net_row {
	char *bytes; /* encoded; in the pool */
	uint32_t len, unused;
	uint64_t hash; /* of the bytes */
	int64_t net;   /* additions less retractions in this epoch */
};

struct net_slot {
	struct net_row *row; /* in the pool; NULL while capacity is 0 */
	uint32_t count, capacity;
};

struct op_epoch {
	struct wr_op op;
	struct wr_arena arena;           /* of the codec */
	struct wr_codec codec;           /* of a row */
	const struct wr_type **key_type; /* owned array */
	struct wr_state *state;          /* key -> struct net_slot; empty between epochs */
	struct wr_touched touched;       /* slots of this epoch */
	struct wr_builder **builder;     /* per column */
	uint8_t *kind;                   /* of the rows written; room for a batch */
	uint32_t rows, limit;            /* written; at most */
	struct wr_text scratch;
};

static wr_status *epoch_init(struct wr_op *op)
{
	struct op_epoch *self = (struct op_epoch *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *schema = &node->schema;
	struct wr_state_decl decl = {.name = "changes",
				     .meaning = node->state_name,
				     .key_count = node->u.changelog.key_count,
				     .value_size = sizeof(struct net_slot)};
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
	wr_codec_init(&self->codec, &self->arena, types, schema->count);
	self->key_type = wr_calloc(decl.key_count + 1, sizeof *self->key_type);
	for (uint32_t i = 0; i < decl.key_count; i++)
		self->key_type[i] = types[node->u.changelog.key[i]];
	decl.key_type = self->key_type;
	_Static_assert(sizeof(struct net_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	return wr_op_state_open(op, &decl, &self->state);
}

/* The entry of the row in `scratch`; a new one when it is not there. */
static struct net_row *net_row_of(struct op_epoch *self, struct net_slot *slot)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	uint32_t len = (uint32_t)self->scratch.len;
	uint64_t hash = wr_codec_hash(wr_text_str(&self->scratch), len);
	struct net_row *row;

	for (uint32_t i = 0; i < slot->count; i++)
		if (slot->row[i].hash == hash && slot->row[i].len == len &&
		    memcmp(slot->row[i].bytes, self->scratch.data, len) == 0)
			return &slot->row[i];
	if (slot->count == slot->capacity) {
		uint32_t capacity = slot->capacity == 0 ? 2 : 2 * slot->capacity;
		struct net_row *grown = wr_agg_pool_alloc(pool, capacity * sizeof *grown);

		if (slot->count > 0) {
			memcpy(grown, slot->row, slot->count * sizeof *grown);
			wr_agg_pool_drop(pool, slot->row, slot->capacity * sizeof *grown);
		}
		slot->row = grown;
		slot->capacity = capacity;
	}
	row = &slot->row[slot->count++];
	*row =
	    (struct net_row){.bytes = wr_agg_pool_alloc(pool, len + 8), .len = len, .hash = hash};
	memcpy(row->bytes, wr_text_str(&self->scratch), len);
	return row;
}

static wr_status *epoch_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_epoch *self = (struct op_epoch *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot, *is_new;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	is_new = wr_calloc((size_t)batch->rows + 1, 1);
	wr_op_keys_take(&keys, batch, node->u.changelog.key, node->u.changelog.key_count, NULL,
			batch->rows, false);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, is_new);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		if (is_new[i])
			wr_touched_add(&self->touched, slot[i]);
		wr_text_clear(&self->scratch);
		wr_codec_encode(&self->codec, &self->scratch, batch->column, i);
		net_row_of(self, (struct net_slot *)slot[i])->net +=
		    wr_kind_is_add(wr_batch_kind(batch, i)) ? 1 : -1;
	}
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(is_new);
	wr_batch_free(batch);
	return status;
}

static wr_status *epoch_flush(struct op_epoch *self)
{
	struct wr_batch *batch;

	if (self->rows == 0)
		return NULL;
	batch = wr_batch_new(self->op.node->schema.count, self->rows);
	for (uint32_t i = 0; i < batch->column_count; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	memcpy(wr_batch_kinds(batch), self->kind, self->rows);
	self->rows = 0;
	batch->watermark = WR_WATERMARK_MIN;
	return wr_out_emit(&self->op.out, batch);
}

/* The rows of a key that were added (or taken back), each as often as it was. */
static wr_status *epoch_put(struct op_epoch *self, const struct net_slot *slot, bool added,
			    enum wr_row_kind kind)
{
	for (uint32_t i = 0; i < slot->count; i++) {
		const struct net_row *row = &slot->row[i];

		for (int64_t n = added ? row->net : -row->net; n > 0; n--) {
			WR_REQUIRE(wr_codec_decode(&self->codec, row->bytes, row->bytes + row->len,
						   self->builder) != NULL);
			self->kind[self->rows++] = (uint8_t)kind;
			if (self->rows == self->limit)
				WR_TRY(epoch_flush(self));
		}
	}
	return NULL;
}

static wr_status *epoch_key(struct op_epoch *self, const struct net_slot *slot)
{
	const struct wr_node *node = self->op.node;
	int64_t added = 0, taken = 0;
	bool update;

	for (uint32_t i = 0; i < slot->count; i++) {
		added += WR_MAX(slot->row[i].net, 0);
		taken -= WR_MIN(slot->row[i].net, 0);
	}
	update = node->u.changelog.keyed && added == 1 && taken == 1;
	if (!update || node->traits.needs_update_before)
		WR_TRY(epoch_put(self, slot, false, update ? WR_UPDATE_BEFORE : WR_DELETE));
	return epoch_put(self, slot, true, update ? WR_UPDATE_AFTER : WR_INSERT);
}

static wr_status *epoch_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_epoch *self = (struct op_epoch *)op;
	uint64_t emitted = op->out.rows;

	(void)mark;
	while (self->touched.next < self->touched.count && op->out.rows - emitted < WR_OP_EMIT_ROWS)
		WR_TRY(
		    epoch_key(self, (struct net_slot *)self->touched.slot[self->touched.next++]));
	WR_TRY(epoch_flush(self));
	*more = self->touched.next < self->touched.count;
	if (!*more && self->touched.count > 0) {
		wr_touched_clear(&self->touched);
		wr_state_drop_namespace(self->state, 0);
	}
	return NULL;
}

static void epoch_release(struct wr_op *op)
{
	struct op_epoch *self = (struct op_epoch *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->kind);
	wr_touched_release(&self->touched);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_free(self->key_type);
	wr_arena_release(&self->arena);
}

static uint64_t epoch_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_epoch *)op)->state);
}

const struct wr_op_type wr_op_epoch_changes = {
    .name = "epoch_changes",
    .version = 1,
    .size = sizeof(struct op_epoch),
    .init = epoch_init,
    .process = epoch_process,
    .on_mark = epoch_on_mark,
    .release = epoch_release,
    .state_bytes = epoch_state_bytes,
};
