/* SPDX-License-Identifier: Apache-2.0
 *
 * over_save - what a checkpoint has of an OVER window by time: per key its accumulators, the rows
 * in its frames and its times; the queue as an extra: rows and cleanups with their keys, in the
 * order of arrival.
 *
 * Thread: the worker's.
 */
#include "base/mem.h"
#include "op/over_inner.h"

/* Fields of a slot: these, then those of the frames. `passed`: rows have gone by. */
enum { FIELD_LAST, FIELD_CLEANUP, FIELD_CLEANUP_FIRE, FIELD_PASSED, FIELDS };

static void slot_save(void *ctx, const uint8_t *bytes, struct wr_text *out)
{
	struct wr_over *self = ctx;
	const struct wr_over_slot *slot = (const struct wr_over_slot *)bytes;

	wr_value_put_number(out, slot->last_time);
	wr_value_put_number(out, slot->cleanup_time);
	wr_value_put_number(out, slot->cleanup_fire);
	wr_value_put_number(out, slot->group != 0);
	wr_over_frames_save(&self->frames, bytes, out);
}

/* Entries of the queue count themselves in when they come. */
static bool slot_load(void *ctx, struct wr_agg_pool *pool, uint8_t *bytes,
		      const struct wr_value *value)
{
	struct wr_over *self = ctx;
	struct wr_over_slot *slot = (struct wr_over_slot *)bytes;
	int64_t passed;

	if (!wr_value_number(value->field[FIELD_LAST], &slot->last_time) ||
	    !wr_value_number(value->field[FIELD_CLEANUP], &slot->cleanup_time) ||
	    !wr_value_number(value->field[FIELD_CLEANUP_FIRE], &slot->cleanup_fire) ||
	    !wr_value_number(value->field[FIELD_PASSED], &passed))
		return false;
	slot->group = passed != 0;
	return wr_over_frames_load(&self->frames, pool, bytes, value->field + FIELDS);
}

static void slot_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *bytes)
{
	const struct wr_over *self = ctx;

	wr_over_frames_reset(&self->frames, pool, bytes);
}

/* Fields of a record of the queue; a cleanup has no row. */
enum { QUEUED_ROW, QUEUED_FIRE, QUEUED_TIME, QUEUED_FIELDS };

/* Writes an entry; `key`: encoded. */
static void entry_save(const struct wr_over *self, const struct wr_over_entry *entry,
		       struct wr_snapshot_out *out, struct wr_text *scratch)
{
	struct wr_text *text = wr_op_put_begin(out, wr_text_str(scratch), scratch->len);

	if (entry->row == WR_OVER_CLEANUP) {
		wr_value_put_absent(text);
	} else {
		wr_text_clear(scratch);
		wr_codec_encode(&self->input, scratch, entry->at.store->batch->column, entry->row);
		wr_value_put_bytes(text, wr_text_str(scratch), scratch->len);
	}
	wr_value_put_number(text, entry->fire);
	wr_value_put_number(text, entry->time);
	wr_op_put_end(out);
}

static void queue_save(struct wr_op *op, struct wr_snapshot_out *out)
{
	struct wr_over *self = (struct wr_over *)op;
	uint32_t keys = op->node->u.over.partition_count;
	struct wr_column **key = wr_calloc((size_t)keys + 1, sizeof(struct wr_column *));
	struct wr_over_entry *entry;
	struct wr_text scratch;
	uint64_t count;

	wr_text_init(&scratch);
	entry = wr_over_queue_list(&self->queue, &count);
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *slot = entry[i].row == WR_OVER_CLEANUP
				    ? entry[i].at.slot
				    : entry[i].at.store->slot[entry[i].row];

		wr_text_clear(&scratch);
		wr_state_slot_keys(self->state, 0, &slot, 1, key);
		wr_codec_encode(&self->key, &scratch, key, 0);
		for (uint32_t k = 0; k < keys; k++)
			wr_column_unref(key[k]);
		entry_save(self, &entry[i], out, &scratch);
	}
	wr_text_release(&scratch);
	wr_free(entry);
	wr_free(key);
}

static wr_status *queue_load(struct wr_op *op, const struct wr_op_record *record)
{
	struct wr_over *self = (struct wr_over *)op;
	const struct wr_node *node = op->node;
	const struct wr_str *field = record->value->field;
	int64_t number[2];

	if (self->back.row == NULL)
		wr_rows_back_init(&self->back, &node->input[0]->schema, node->u.over.partition,
				  node->u.over.partition_count, 2);
	if (!wr_value_number(field[QUEUED_FIRE], &number[0]) ||
	    !wr_value_number(field[QUEUED_TIME], &number[1]) ||
	    !wr_rows_back_add(&self->back, record->key, field[QUEUED_ROW], number))
		return wr_record_damaged(op, "a waiting row");
	return NULL;
}

/* The entries of a chunk take their places in the queue. */
static wr_status *chunk_restored(struct wr_over *self, struct wr_back_chunk *chunk)
{
	uint32_t rows = chunk->batch->rows;
	uint8_t **slot = wr_malloc(((size_t)rows + 1) * sizeof *slot), *is_new;
	uint64_t *hash = wr_malloc(((size_t)rows + 1) * sizeof *hash);
	struct wr_keys keys = {.rows = rows, .column = chunk->key, .hash = hash};
	struct wr_over_store *store;
	wr_status *status;

	is_new = wr_calloc((size_t)rows + 1, 1);
	wr_keys_hash(chunk->key, self->op.node->u.over.partition_count, rows, hash);
	status = wr_state_upsert(self->state, 0, &keys, slot, is_new);
	store = wr_over_store_new(&self->queue, chunk->batch, slot);
	chunk->batch = NULL;
	for (uint32_t i = 0; i < rows && status == NULL; i++) {
		struct wr_over_entry entry = {.fire = chunk->number[2 * i],
					      .time = chunk->number[2 * i + 1],
					      .at.store = store,
					      .row = i};

		if (is_new[i])
			wr_over_frames_start(&self->frames, slot[i]);
		((struct wr_over_slot *)slot[i])->waiting++;
		if (!chunk->has_row[i]) {
			entry.at.slot = slot[i];
			entry.row = WR_OVER_CLEANUP;
		}
		wr_over_queue_add(&self->queue, entry);
	}
	wr_over_store_drop(&self->queue, store);
	wr_free(is_new);
	wr_free(hash);
	return status;
}

wr_status *wr_over_restored(struct wr_op *op)
{
	struct wr_over *self = (struct wr_over *)op;
	wr_status *status = NULL;

	if (self->back.row == NULL)
		return NULL;
	wr_rows_back_finish(&self->back);
	for (uint32_t c = 0; c < self->back.count && status == NULL; c++)
		status = chunk_restored(self, &self->back.chunk[c]);
	wr_rows_back_release(&self->back);
	return status;
}

static struct wr_state_field number_field(const char *name)
{
	return (struct wr_state_field){.name = name, .kind = WR_FIELD_NUMBER};
}

wr_status *wr_over_open_state(struct wr_over *self)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *input = &node->input[0]->schema;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = self->frames.slot_size,
				     .pinned = true, /* rows that wait know their slots */
				     .codec = &self->saved,
				     .codec_ctx = self};
	uint32_t count = FIELDS + wr_over_frames_field_count(&self->frames);
	struct wr_state_field *field = WR_NEW_ARRAY(&self->arena, struct wr_state_field, count),
			      *queued =
				  WR_NEW_ARRAY(&self->arena, struct wr_state_field, QUEUED_FIELDS);

	field[FIELD_LAST] = number_field("last_ms");
	field[FIELD_CLEANUP] = number_field("cleanup_ms");
	field[FIELD_CLEANUP_FIRE] = number_field("cleanup_fire_ms");
	field[FIELD_PASSED] = number_field("passed");
	wr_over_frames_fields(&self->frames, &self->arena, field + FIELDS);
	self->saved = (struct wr_state_codec){count, field, slot_save, slot_load, slot_drop};
	wr_op_key_columns(&self->op, 0, node->u.over.partition, node->u.over.partition_count,
			  &self->arena, &decl);
	wr_codec_init(&self->key, &self->arena, decl.key_type, decl.key_count);
	WR_TRY(wr_op_state_open(&self->op, &decl, &self->state));
	queued[QUEUED_ROW] = wr_field_of(&self->arena, "row", WR_FIELD_ROW, input);
	queued[QUEUED_FIRE] = number_field("fire_ms");
	queued[QUEUED_TIME] = number_field("time_ms");
	wr_codec_init(&self->input, &self->arena, queued[QUEUED_ROW].type, input->count);
	self->queued = (struct wr_state_codec){.field_count = QUEUED_FIELDS, .field = queued};
	decl.name = "waiting";
	decl.value_size = 0;
	decl.codec = &self->queued;
	wr_op_extra(&self->op, &decl, queue_save, queue_load);
	wr_op_clock(&self->op, "clock", &self->clock);
	wr_op_clock(&self->op, "watermark_ms", &self->sent_ms);
	return NULL;
}
