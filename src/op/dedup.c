/* SPDX-License-Identifier: Apache-2.0
 *
 * dedup - the first or the last row of each key by a time attribute.
 *
 * Keep first, by row time: a row below the watermark just before it is late and dropped (P1); the
 * earliest of the others waits until the watermark reaches its time, is emitted (+I), and its key
 * is closed: inserts only. Ties: the first arrival.
 * Keep last, by row time: the latest row so far, whatever the watermark; at the mark its change is
 * emitted (+I, then -U/+U). Ties: the last arrival.
 * By processing time arrival alone decides: keep first emits at once.
 *
 * Where the order of arrival depends on how rows were batched (rank.h), ties go to the lower bytes,
 * so that the answer does not.
 *
 * Saved: the row of each key, its time, and whether it is closed. What was shown last is that row;
 * timers follow from the times.
 *
 * Memory: keep last, two rows per key at most; keep first, one row per open key and a mark per
 * closed one.
 *
 * Invariants
 *   D1  keep first: an open key has a timer at its row's time; later timers of it are stale
 *   D2  keep last: a slot is in `touched` iff `touched` is set; `shown` is what was last emitted
 */
#include "base/mem.h"
#include "data/codec.h"
#include "op/aggregate.h"
#include "op/fields.h"
#include "op/rank.h"
#include "op/timers.h"
#include "op/touched.h"
#include "op/windowing.h"

struct row {
	char *bytes; /* encoded; in the pool; NULL: none */
	uint32_t len, unused;
};

struct dedup_slot {
	struct row now;   /* the best row so far */
	struct row shown; /* keep last: as last emitted */
	int64_t time_ms;  /* of `now` */
	uint32_t touched; /* keep last: D2 */
	uint32_t closed;  /* keep first: emitted */
};

struct op_dedup {
	struct wr_op op;
	struct wr_arena arena;          /* of the codec */
	struct wr_codec codec;          /* of the input row */
	struct wr_state *state;         /* key -> struct dedup_slot */
	struct wr_state_field field[3]; /* of a saved slot */
	struct wr_state_codec saved;
	bool by_clock;               /* the time attribute is processing time */
	bool by_arrival;             /* ties go to the first or last arrival; else by bytes */
	struct wr_timers timers;     /* keep first */
	uint64_t seq;                /* numbers the timers */
	struct wr_touched touched;   /* slots of this epoch */
	struct wr_builder **builder; /* per input column */
	uint8_t *kind;               /* of the rows written; room for a batch */
	uint32_t rows;               /* written */
	int64_t sent_ms;             /* watermark of the last mark */
	struct wr_text scratch;
};

static void row_drop(struct wr_agg_pool *pool, struct row *row)
{
	if (row->bytes != NULL)
		wr_agg_pool_drop(pool, row->bytes, (size_t)row->len + 1);
	*row = (struct row){0};
}

static struct row row_new(struct wr_agg_pool *pool, const char *bytes, uint32_t len)
{
	struct row row = {.len = len};

	row.bytes = wr_agg_pool_alloc(pool, (size_t)len + 1);
	memcpy(row.bytes, bytes, len);
	return row;
}

static void dedup_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct dedup_slot *kept = (const struct dedup_slot *)slot;

	(void)ctx;
	WR_ASSERT(!kept->touched);
	wr_field_put_row(out, kept->now.bytes, kept->now.len);
	wr_value_put_number(out, kept->time_ms);
	wr_value_put_number(out, kept->closed);
}

static bool dedup_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		       const struct wr_value *value)
{
	struct op_dedup *self = ctx;
	struct dedup_slot *kept = (struct dedup_slot *)slot;
	struct wr_str row = value->field[0];
	int64_t closed;

	if (!wr_value_number(value->field[1], &kept->time_ms) ||
	    !wr_value_number(value->field[2], &closed))
		return false;
	kept->closed = closed != 0;
	if (row.data == NULL)
		return kept->closed;
	if (!wr_value_is_row(&self->codec, row))
		return false;
	kept->now = row_new(pool, row.data, (uint32_t)row.len);
	if (self->op.node->u.sort.keep_last)
		kept->shown = row_new(pool, row.data, (uint32_t)row.len);
	return true;
}

static void dedup_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct dedup_slot *kept = (struct dedup_slot *)slot;

	(void)ctx;
	row_drop(pool, &kept->now);
	row_drop(pool, &kept->shown);
}

/* Notes when the row of an open key is to be emitted. */
static void dedup_timer(struct op_dedup *self, struct dedup_slot *slot)
{
	wr_timers_push(
	    &self->timers,
	    (struct wr_timer){.time = slot->time_ms, .id = self->seq++, .slot = (uint8_t *)slot});
}

static wr_status *dedup_init(struct wr_op *op)
{
	struct op_dedup *self = (struct op_dedup *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct dedup_slot),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type **types;

	WR_REQUIRE(node->u.sort.order_count == 1);
	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	self->sent_ms = WR_WATERMARK_MIN;
	self->by_clock = input->field[node->u.sort.order[0].column].type->time == WR_TIME_PROC;
	self->by_arrival = self->by_clock || wr_node_arrival_counts(node->input[0]);
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, input->count + 1);
	self->builder = wr_calloc(input->count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < input->count; i++) {
		types[i] = input->field[i].type;
		self->builder[i] = wr_builder_new(types[i], 64);
	}
	self->kind = wr_malloc(WR_BATCH_ROWS_MAX);
	wr_codec_init(&self->codec, &self->arena, types, input->count);
	self->field[0] = wr_field_of(&self->arena, "row", WR_FIELD_ROW, input);
	self->field[1] = (struct wr_state_field){.name = "time_ms", .kind = WR_FIELD_NUMBER};
	self->field[2] = (struct wr_state_field){.name = "closed", .kind = WR_FIELD_NUMBER};
	self->saved = (struct wr_state_codec){3, self->field, dedup_save, dedup_load, dedup_drop};
	_Static_assert(sizeof(struct dedup_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_op_key_columns(op, 0, node->u.sort.partition, node->u.sort.partition_count, &self->arena,
			  &decl);
	wr_op_clock(op, "watermark_ms", &self->sent_ms);
	decl.pinned = !node->u.sort.keep_last && !self->by_clock; /* timers know their slots */
	return wr_op_state_open(op, &decl, &self->state);
}

/* Keep first: open keys get their timers back (D1). */
static wr_status *dedup_restored(struct wr_op *op)
{
	struct op_dedup *self = (struct op_dedup *)op;
	uint64_t cursor = 0;
	uint8_t *slot;

	while (!op->node->u.sort.keep_last && wr_state_scan(self->state, 0, &cursor, &slot, 1) == 1)
		if (!((struct dedup_slot *)slot)->closed)
			dedup_timer(self, (struct dedup_slot *)slot);
	return NULL;
}

/* Whether the row in `scratch` beats the one kept. */
static bool better(const struct op_dedup *self, const struct dedup_slot *slot, int64_t time_ms)
{
	bool last = self->op.node->u.sort.keep_last;
	int order;

	if (slot->now.bytes == NULL)
		return true;
	if (!self->by_clock && time_ms != slot->time_ms)
		return last ? time_ms > slot->time_ms : time_ms < slot->time_ms;
	if (self->by_arrival)
		return last;
	order =
	    memcmp(self->scratch.data, slot->now.bytes, WR_MIN(self->scratch.len, slot->now.len));
	return order != 0 ? order < 0 : self->scratch.len < slot->now.len;
}

static wr_status *dedup_flush(struct op_dedup *self)
{
	const struct wr_node *node = self->op.node;
	uint32_t columns = node->input[0]->schema.count;
	struct wr_batch *batch;

	if (self->rows == 0)
		return NULL;
	batch = wr_batch_new(node->schema.count, self->rows);
	for (uint32_t i = 0; i < columns; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	if (node->u.sort.emit_rank) {
		struct wr_column *rank = wr_column_new(&WR_T_BIGINT_NN, 1);

		WR_DATA(rank, int64_t)[0] = 1;
		wr_column_make_const(rank);
		batch->column[columns] = rank;
	}
	if (node->u.sort.keep_last)
		memcpy(wr_batch_kinds(batch), self->kind, self->rows);
	self->rows = 0;
	batch->watermark = self->sent_ms;
	return wr_out_emit(&self->op.out, batch);
}

static wr_status *dedup_put(struct op_dedup *self, const struct row *row, enum wr_row_kind kind)
{
	WR_REQUIRE(wr_codec_decode(&self->codec, row->bytes, row->bytes + row->len,
				   self->builder) != NULL);
	self->kind[self->rows++] = (uint8_t)kind;
	if (self->rows < WR_MIN(self->op.env->batch_rows_max, WR_BATCH_ROWS_MAX))
		return NULL;
	return dedup_flush(self);
}

/* The slot is about to be changed; keep last: D2. */
static void touch(struct op_dedup *self, struct dedup_slot *slot)
{
	uint8_t *at = (uint8_t *)slot;

	if (slot->touched)
		return;
	wr_state_touch(self->state, 0, &at, 1);
	if (!self->op.node->u.sort.keep_last)
		return;
	slot->touched = 1;
	wr_touched_add(&self->touched, at);
}

/* One row that is not late. */
static wr_status *dedup_row(struct op_dedup *self, struct dedup_slot *slot,
			    const struct wr_batch *batch, uint32_t row, int64_t time_ms)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	if (slot->closed)
		return NULL;
	wr_text_clear(&self->scratch);
	wr_codec_encode(&self->codec, &self->scratch, batch->column, row);
	if (!better(self, slot, time_ms))
		return NULL;
	touch(self, slot);
	row_drop(pool, &slot->now);
	slot->now = row_new(pool, self->scratch.data, (uint32_t)self->scratch.len);
	slot->time_ms = time_ms;
	if (self->op.node->u.sort.keep_last)
		return NULL;
	if (!self->by_clock) {
		dedup_timer(self, slot);
		return NULL;
	}
	slot->closed = 1;
	WR_TRY(dedup_put(self, &slot->now, WR_INSERT));
	row_drop(pool, &slot->now);
	return NULL;
}

/* Splits off the late rows: keep[0..*count) are the others. */
static wr_status *dedup_late(struct op_dedup *self, const struct wr_batch *batch,
			     const int64_t *time, uint32_t *keep, uint32_t *count)
{
	bool first = !self->op.node->u.sort.keep_last && !self->by_clock;
	uint32_t *late = wr_malloc(((size_t)batch->rows + 1) * sizeof *late), late_count = 0;
	int64_t *end = wr_malloc(((size_t)batch->rows + 1) * sizeof *end);
	wr_status *status = NULL;

	*count = 0;
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (!first || time[i] >= wr_batch_watermark(batch, i)) {
			keep[(*count)++] = i;
			continue;
		}
		end[late_count] = WR_WATERMARK_MIN;
		late[late_count++] = i;
	}
	wr_count(&self->op.late_rows, late_count);
	if (late_count > 0)
		status = self->op.env->late(self->op.env, &self->op, batch, late, end, late_count);
	wr_free(late);
	wr_free(end);
	return status;
}

/* The times of rows; no time (batch mode knows such rows) is before all others. */
static void dedup_times(const struct wr_column *column, uint32_t rows, int64_t *time)
{
	wr_window_times(column, rows, time);
	for (uint32_t i = 0; column->valid != NULL && i < rows; i++)
		if (!wr_column_is_valid(column, i))
			time[i] = INT64_MIN;
}

static wr_status *dedup_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_dedup *self = (struct op_dedup *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot;
	uint32_t *keep, count;
	int64_t *time;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	keep = wr_malloc(((size_t)batch->rows + 1) * sizeof *keep);
	time = wr_calloc((size_t)batch->rows + 1, sizeof *time);
	if (!self->by_clock)
		dedup_times(batch->column[node->u.sort.order[0].column], batch->rows, time);
	status = dedup_late(self, batch, time, keep, &count);
	wr_op_keys_take(&keys, batch, node->u.sort.partition, node->u.sort.partition_count, keep,
			count, true);
	if (status == NULL)
		status = wr_op_keys_slots(&keys, op, self->state, slot, NULL);
	for (uint32_t i = 0; i < count && status == NULL; i++)
		status =
		    dedup_row(self, (struct dedup_slot *)slot[i], batch, keep[i], time[keep[i]]);
	if (status == NULL)
		status = dedup_flush(self);
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(keep);
	wr_free(time);
	wr_batch_free(batch);
	return status;
}

/* Keep first: the rows whose time has come. */
static wr_status *fire_first(struct op_dedup *self, int64_t watermark_ms, bool *more)
{
	uint64_t emitted = self->op.out.rows;

	while (wr_timers_due(&self->timers, watermark_ms) &&
	       self->op.out.rows - emitted < WR_OP_EMIT_ROWS) {
		struct wr_timer timer = wr_timers_pop(&self->timers);
		struct dedup_slot *slot = (struct dedup_slot *)timer.slot;

		if (slot->closed || slot->time_ms != timer.time)
			continue; /* an earlier row has taken its place */
		touch(self, slot);
		slot->closed = 1;
		WR_TRY(dedup_put(self, &slot->now, WR_INSERT));
		row_drop(wr_state_pool(self->state, 0), &slot->now);
	}
	*more = wr_timers_due(&self->timers, watermark_ms);
	return NULL;
}

/* Keep last: the changes of the epoch. */
static wr_status *show_last(struct op_dedup *self, bool *more)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	uint64_t emitted = self->op.out.rows;

	while (self->touched.next < self->touched.count &&
	       self->op.out.rows - emitted < WR_OP_EMIT_ROWS) {
		struct dedup_slot *slot =
		    (struct dedup_slot *)self->touched.slot[self->touched.next++];
		struct row *now = &slot->now, *shown = &slot->shown;

		slot->touched = 0;
		if (shown->bytes != NULL && shown->len == now->len &&
		    memcmp(shown->bytes, now->bytes, now->len) == 0)
			continue;
		if (shown->bytes != NULL && self->op.node->traits.needs_update_before)
			WR_TRY(dedup_put(self, shown, WR_UPDATE_BEFORE));
		WR_TRY(dedup_put(self, now, shown->bytes != NULL ? WR_UPDATE_AFTER : WR_INSERT));
		row_drop(pool, shown);
		*shown = row_new(pool, now->bytes, now->len);
	}
	*more = self->touched.next < self->touched.count;
	if (!*more)
		wr_touched_clear(&self->touched);
	return NULL;
}

static wr_status *dedup_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_dedup *self = (struct op_dedup *)op;

	if (op->node->u.sort.keep_last)
		WR_TRY(show_last(self, more));
	else if (mark->watermark_ms != WR_WATERMARK_MIN)
		WR_TRY(fire_first(self, mark->watermark_ms, more));
	WR_TRY(dedup_flush(self));
	if (!*more)
		self->sent_ms = mark->watermark_ms;
	return NULL;
}

static void dedup_release(struct wr_op *op)
{
	struct op_dedup *self = (struct op_dedup *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->input[0]->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->kind);
	wr_touched_release(&self->touched);
	wr_timers_release(&self->timers);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

static uint64_t dedup_state_bytes(const struct wr_op *op)
{
	const struct op_dedup *self = (const struct op_dedup *)op;

	return wr_state_bytes(self->state) +
	       (uint64_t)self->timers.capacity * sizeof *self->timers.heap +
	       (uint64_t)self->touched.capacity * sizeof *self->touched.slot;
}

const struct wr_op_type wr_op_dedup = {
    .name = "dedup",
    .version = 1,
    .size = sizeof(struct op_dedup),
    .init = dedup_init,
    .process = dedup_process,
    .on_mark = dedup_on_mark,
    .restored = dedup_restored,
    .release = dedup_release,
    .state_bytes = dedup_state_bytes,
};
