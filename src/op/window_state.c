/* SPDX-License-Identifier: Apache-2.0
 *
 * window_state - what a window aggregate saves and loads.
 *
 *   slices    namespace: slice end; the accumulators of each key
 *   merged    namespace: window end; the running results of CUMULATE, else scratch
 *   times     how far windows have been emitted, and what window_offset.c goes by
 *   held      rows that wait: in `waiting` (buffer 0), in the first and second buffer of
 *             window_offset.c (1, 2); one record each, under their key
 *
 * What is corrected within the allowed lateness is settled at every mark: `corrected` is scratch.
 *
 * All workers have emitted the same windows at a mark. Only by the clock some may be milliseconds
 * ahead: then the earliest one counts, so that no window is lost.
 *
 * A row that waits is never a partial result (local_agg.c lets rows pass that may be late).
 */
#include "base/mem.h"
#include "op/aggregate_codec.h"
#include "op/fields.h"
#include "op/partial.h"
#include "op/window_agg.h"

enum { BUFFERS = 3 };
enum { TIME_FIRED, TIME_SENT, TIME_SEEN, TIME_TRIGGER, TIMES };
enum { HELD_BUFFER, HELD_KIND, HELD_WATERMARK, HELD_ROW, HELDS };

/* Rows on their way back into one buffer. */
struct loading {
	struct wr_builder **builder; /* per input column */
	uint8_t kind[WR_BATCH_ROWS_MAX];
	int64_t watermark[WR_BATCH_ROWS_MAX];
	uint32_t rows;
};

struct wr_window_saved {
	struct wr_arena arena;
	struct wr_state_codec slots, times, held;
	struct wr_state_field time_field[TIMES], held_field[HELDS];
	struct wr_codec key, row;         /* of held rows */
	bool loaded;                      /* the times of some worker have been loaded */
	struct loading *loading[BUFFERS]; /* NULL: none yet */
};

/* --- slots */

static void slot_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	wr_aggs_save(&((const struct op_window_agg *)ctx)->aggs, slot, out);
}

static bool slot_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	return wr_aggs_load(&((const struct op_window_agg *)ctx)->aggs, pool, slot, value->field);
}

static void slot_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	wr_aggs_drop(&((const struct op_window_agg *)ctx)->aggs, pool, slot);
}

/* --- times */

static int64_t *time_at(struct op_window_agg *self, uint32_t i)
{
	int64_t *const at[TIMES] = {&self->fired_ms, &self->sent_ms, &self->seen_ms,
				    &self->trigger_ms};

	return at[i];
}

static void times_save(struct wr_op *op, struct wr_snapshot_out *out)
{
	struct op_window_agg *self = (struct op_window_agg *)op;
	struct wr_text *text = wr_op_put_begin(out, NULL, 0);

	WR_ASSERT(!self->firing);
	for (uint32_t i = 0; i < TIMES; i++)
		wr_value_put_number(text, *time_at(self, i));
	wr_op_put_end(out);
}

static wr_status *times_load(struct wr_op *op, const struct wr_op_record *record)
{
	struct op_window_agg *self = (struct op_window_agg *)op;

	for (uint32_t i = 0; i < TIMES; i++) {
		int64_t *at = time_at(self, i), saved;

		if (!wr_value_number(record->value->field[i], &saved))
			return wr_record_damaged(op, "times");
		if (i == TIME_FIRED && self->window.processing_time && self->saved->loaded)
			*at = WR_MIN(*at, saved);
		else
			*at = WR_MAX(*at, saved);
	}
	self->saved->loaded = true;
	return NULL;
}

/* --- rows that wait */

/* Saves rows [first, rows) of a batch. */
static void batch_save(struct op_window_agg *self, struct wr_snapshot_out *out,
		       const struct wr_batch *batch, uint32_t first, uint32_t buffer)
{
	struct wr_column **key = wr_calloc(self->key_count + 1, sizeof *key);
	struct wr_text bytes;

	WR_ASSERT(!wr_partial_is(self->op.node, batch));
	for (uint32_t k = 0; k < self->key_count; k++)
		key[k] = batch->column[self->key[k]];
	wr_text_init(&bytes);
	for (uint32_t i = first; i < batch->rows; i++) {
		struct wr_text *text;
		size_t begin;

		wr_text_clear(&bytes);
		wr_codec_encode(&self->saved->key, &bytes, key, i);
		text = wr_op_put_begin(out, wr_text_str(&bytes), bytes.len);
		wr_value_put_number(text, buffer);
		wr_value_put_number(text, wr_batch_kind(batch, i));
		wr_value_put_number(text, wr_batch_watermark(batch, i));
		begin = wr_value_begin(text);
		wr_codec_encode(&self->saved->row, text, batch->column, i);
		wr_value_end(text, begin);
		wr_op_put_end(out);
	}
	wr_text_release(&bytes);
	wr_free(key);
}

static void held_save(struct wr_op *op, struct wr_snapshot_out *out)
{
	struct op_window_agg *self = (struct op_window_agg *)op;

	for (uint32_t b = 0; b < self->waiting_count; b++)
		batch_save(self, out, self->waiting[b].batch, self->waiting[b].row, 0);
	for (uint32_t phase = 0; phase < 2; phase++)
		for (uint32_t b = 0; b < self->held[phase].count; b++)
			batch_save(self, out, self->held[phase].batch[b], 0, phase + 1);
}

static struct loading *loading_of(struct op_window_agg *self, uint32_t buffer)
{
	const struct wr_schema *schema = &self->op.node->input[0]->schema;
	struct loading *loading = self->saved->loading[buffer];

	if (loading != NULL)
		return loading;
	loading = wr_calloc(1, sizeof *loading);
	loading->builder = wr_calloc(schema->count + 1, sizeof *loading->builder);
	for (uint32_t c = 0; c < schema->count; c++)
		loading->builder[c] = wr_builder_new(schema->field[c].type, 64);
	self->saved->loading[buffer] = loading;
	return loading;
}

/* The rows gathered for a buffer go there as a batch. */
static void loading_flush(struct op_window_agg *self, uint32_t buffer)
{
	const struct wr_schema *schema = &self->op.node->input[0]->schema;
	struct loading *loading = self->saved->loading[buffer];
	struct wr_batch *batch;

	if (loading == NULL || loading->rows == 0)
		return;
	batch = wr_batch_new(schema->count, loading->rows);
	for (uint32_t c = 0; c < schema->count; c++)
		batch->column[c] = wr_builder_finish(loading->builder[c]);
	if (self->op.node->u.agg.global) {
		wr_column_unref(batch->column[schema->count - 1]);
		batch->column[schema->count - 1] = wr_column_null(&WR_T_BYTES);
	}
	for (uint32_t i = 0; i < loading->rows; i++)
		if (loading->kind[i] != WR_INSERT)
			wr_batch_kinds(batch)[i] = loading->kind[i];
	batch->watermark = loading->watermark[0];
	batch->row_watermark = wr_malloc(loading->rows * sizeof *batch->row_watermark);
	memcpy(batch->row_watermark, loading->watermark,
	       loading->rows * sizeof *batch->row_watermark);
	loading->rows = 0;
	if (buffer == 0)
		wr_window_agg_wait(self, batch);
	else
		wr_window_offset_hold(self, buffer - 1, batch);
}

static wr_status *held_load(struct wr_op *op, const struct wr_op_record *record)
{
	struct op_window_agg *self = (struct op_window_agg *)op;
	const struct wr_str *field = record->value->field, row = field[HELD_ROW];
	int64_t buffer, kind, watermark_ms;
	struct loading *loading;

	if (!wr_value_number(field[HELD_BUFFER], &buffer) ||
	    !wr_value_number(field[HELD_KIND], &kind) ||
	    !wr_value_number(field[HELD_WATERMARK], &watermark_ms) || buffer < 0 ||
	    buffer >= BUFFERS || kind < WR_INSERT || kind > WR_DELETE ||
	    !wr_value_is_row(&self->saved->row, row))
		return wr_record_damaged(op, "a row that waits");
	loading = loading_of(self, (uint32_t)buffer);
	if (loading->rows == WR_BATCH_ROWS_MAX ||
	    (loading->rows > 0 && loading->watermark[loading->rows - 1] > watermark_ms))
		loading_flush(self, (uint32_t)buffer);
	WR_REQUIRE(wr_codec_decode(&self->saved->row, row.data, row.data + row.len,
				   loading->builder) == row.data + row.len);
	loading->kind[loading->rows] = (uint8_t)kind;
	loading->watermark[loading->rows++] = watermark_ms;
	return NULL;
}

/* --- all of it */

static wr_status *window_row_states(struct op_window_agg *self, const struct wr_state_decl *slots)
{
	static const char *const time[TIMES] = {"fired ms", "sent ms", "seen ms", "trigger ms"};
	static const char *const held[HELDS] = {"buffer", "kind", "watermark ms", "row"};
	struct wr_window_saved *saved = self->saved;
	struct wr_op *op = &self->op;
	struct wr_state_decl decl = {.name = "times", .meaning = slots->meaning};
	struct wr_state_field row =
	    wr_field_of(&saved->arena, held[HELD_ROW], WR_FIELD_ROW, &op->node->input[0]->schema);

	for (uint32_t i = 0; i < TIMES; i++)
		saved->time_field[i] =
		    (struct wr_state_field){.name = time[i], .kind = WR_FIELD_NUMBER};
	saved->times = (struct wr_state_codec){.field_count = TIMES, .field = saved->time_field};
	decl.codec = &saved->times;
	wr_op_extra(op, &decl, times_save, times_load);

	for (uint32_t i = 0; i < HELDS; i++)
		saved->held_field[i] =
		    (struct wr_state_field){.name = held[i], .kind = WR_FIELD_NUMBER};
	saved->held_field[HELD_ROW] = row;
	saved->held = (struct wr_state_codec){.field_count = HELDS, .field = saved->held_field};
	wr_codec_init(&saved->key, &saved->arena, slots->key_type, slots->key_count);
	wr_codec_init(&saved->row, &saved->arena, row.type, row.column_count);
	decl = *slots;
	decl.name = "held";
	decl.value_size = 0;
	decl.codec = &saved->held;
	wr_op_extra(op, &decl, held_save, held_load);
	return NULL;
}

wr_status *wr_window_agg_states(struct op_window_agg *self)
{
	struct wr_window_saved *saved = wr_calloc(1, sizeof *saved);
	struct wr_state_field *field;
	struct wr_state_decl decl = {.name = "slices", .meaning = self->op.node->state_name};

	self->saved = saved;
	wr_arena_init(&saved->arena);
	field = WR_NEW_ARRAY(&saved->arena, struct wr_state_field, self->aggs.count + 1);
	wr_aggs_fields(&self->aggs, &saved->arena, field);
	saved->slots = (struct wr_state_codec){.field_count = self->aggs.count,
					       .field = field,
					       .save = slot_save,
					       .load = slot_load,
					       .drop = slot_drop};
	wr_op_key_columns(&self->op, 0, self->key, self->key_count, &saved->arena, &decl);
	decl.value_size = self->aggs.slot_size;
	decl.codec = &saved->slots;
	decl.codec_ctx = self;
	WR_TRY(wr_op_state_open(&self->op, &decl, &self->slices));
	decl.name = "merged";
	if (!wr_window_agg_runs(self))
		decl.codec = NULL;
	WR_TRY(wr_op_state_open(&self->op, &decl, &self->merged));
	decl.name = "corrected";
	decl.codec = NULL;
	WR_TRY(wr_op_state_open(&self->op, &decl, &self->corrected));
	return window_row_states(self, &decl);
}

wr_status *wr_window_agg_restored(struct wr_op *op)
{
	for (uint32_t buffer = 0; buffer < BUFFERS; buffer++)
		loading_flush((struct op_window_agg *)op, buffer);
	return NULL;
}

void wr_window_agg_states_release(struct op_window_agg *self)
{
	struct wr_window_saved *saved = self->saved;

	wr_state_close(self->slices);
	wr_state_close(self->merged);
	wr_state_close(self->corrected);
	for (uint32_t b = 0; saved != NULL && b < BUFFERS; b++) {
		struct loading *loading = saved->loading[b];

		for (uint32_t c = 0; loading != NULL && c < self->op.node->input[0]->schema.count;
		     c++)
			wr_builder_free(loading->builder[c]);
		if (loading != NULL)
			wr_free(loading->builder);
		wr_free(loading);
	}
	if (saved != NULL)
		wr_arena_release(&saved->arena);
	wr_free(saved);
}
