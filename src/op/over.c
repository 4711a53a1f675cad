/* SPDX-License-Identifier: Apache-2.0
 *
 * over - OVER windows ordered by an ascending time attribute: every row comes out once, with the
 * results of its frames, when the watermark has reached it.
 *
 * Rows wait in a queue (over_queue.h) and go by in the order of time, equal times in the order of
 * arrival; behind operators whose rows arrive in another order with more workers, in the order of
 * their values. Rows of one key with the same time are peers: frames of RANGE have one result for
 * all of them, frames of ROWS one for each.
 *
 * Late rows, as in Flink. With frames that have no lower bound alone, a row at or below the
 * watermark is late. With others a row is late only when its time is not above that of the last row
 * of its key that went by; otherwise it goes by at the next rise of the watermark. What has gone by
 * is decided as if record by record (P1): every row knows the watermark before it, and before a row
 * behind the watermark is judged, the queue is worked off to that watermark. That is the same
 * wherever the marks are: whatever is due then has arrived already.
 *
 * Forgetting. When all frames are RANGE with a lower bound, a key is forgotten when its rows are in
 * no frame any more, at a time that is set as Flink sets it: 1.5 times the longest frame (the
 * reach) after the row that set it, and anew by a row that the plan would leave less than the
 * reach. A cleanup that has been put off still counts as something that went by at its time.
 *
 * By processing time rows go by as they come; with a bounded RANGE when their millisecond is over.
 *
 * Rounds. Rows that go by are collected as long as no key comes twice, except for peers, and then
 * folded and read by batch calls.
 *
 * Saved: per key its accumulators, the rows in its frames and its times; the queue as an extra:
 * rows and cleanups with their keys, in the order of arrival.
 *
 * Memory: the rows above the watermark; per key the accumulators and the arguments of the rows in
 * its frames.
 *
 * Invariants
 *   V1  slot->round == self->round_no iff the key has a row in the round
 *   V2  rows of one key in the round are peers
 *   V3  round rows [group_start, count) are all rows of the current (fire, time) that were not
 *       flushed, none of which shares its key with an earlier one
 */
#include <stdlib.h>

#include "base/env.h"
#include "base/mem.h"
#include "op/over_frame.h"
#include "op/over_queue.h"
#include "op/rows_back.h"
#include "op/windowing.h"

/* A row that has gone by. */
struct gone {
	struct wr_over_store *store; /* held */
	uint32_t row;                /* in it */
	int64_t fire;                /* the lowest watermark that lets it go */
	int64_t time;                /* ms */
	uint64_t number;             /* within its key; when rows are kept */
};

struct op_over {
	struct wr_op op;
	struct wr_arena arena;        /* of what describes the state */
	struct wr_state *state;       /* partition -> struct wr_over_slot */
	struct wr_state_codec saved;  /* of it */
	struct wr_state_codec queued; /* fields of a queue's record */
	struct wr_codec key, input;   /* of a key; of a row */
	struct wr_rows_back back;     /* the queue on its way back */
	struct wr_over_frames frames;
	struct wr_over_queue queue;
	bool by_clock;    /* the order is processing time */
	bool waits;       /* rows wait in the queue */
	bool strict;      /* a row at or below the watermark is late */
	bool expires;     /* keys are forgotten */
	int64_t reach_ms; /* of the longest frame, where keys are forgotten */

	struct gone *round; /* rows to be folded; owned */
	uint8_t **slot;     /* their keys' slots; owned */
	uint32_t *row;      /* scratch of the same length; owned */
	uint32_t count, capacity;
	uint32_t group_start; /* V3 */
	bool peers;           /* some key comes twice in the round */
	uint64_t round_no, group_no;
	int64_t group_fire, group_time; /* of the current group */

	struct gone *out;            /* rows of the batch being written; room for a batch */
	uint32_t out_count, limit;   /* rows in it; rows of a full one */
	struct wr_builder **builder; /* per call: its results; owned */

	bool by_arrival;            /* arrival orders rows of the same time */
	struct wr_over_entry *peer; /* rows of one time; owned */
	uint32_t peer_capacity;

	uint8_t **idle; /* slots that may be forgotten at the mark; owned */
	uint32_t idle_count, idle_capacity;
	int64_t clock;   /* numbers rows that do not wait */
	int64_t sent_ms; /* watermark of the last mark */
};

/* --- set up
 * --------------------------------------------------------------------------------------- */

/* Which of the ways to treat time the frames ask for. */
static void choose_ways(struct op_over *self)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *input = &node->input[0]->schema;
	bool range = false, other = false;

	self->by_clock = input->field[node->u.over.order[0].column].type->time == WR_TIME_PROC;
	for (uint32_t f = 0; f < self->frames.count; f++) {
		const struct wr_over_frame *frame = &self->frames.frame[f];

		if (frame->bounded && !frame->rows) {
			range = true;
			self->reach_ms = WR_MAX(self->reach_ms, frame->preceding);
		} else {
			other = true;
		}
	}
	self->waits = !self->by_clock || range;
	self->strict = !self->frames.bounded;
	self->expires = range && !other;
}

/* --- saving and loading
 * --------------------------------------------------------------------------- */

/* Fields of a slot: these, then those of the frames. `passed`: rows have gone by. */
enum { FIELD_LAST, FIELD_CLEANUP, FIELD_CLEANUP_FIRE, FIELD_PASSED, FIELDS };

static void slot_save(void *ctx, const uint8_t *bytes, struct wr_text *out)
{
	struct op_over *self = ctx;
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
	struct op_over *self = ctx;
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
	const struct op_over *self = ctx;

	wr_over_frames_reset(&self->frames, pool, bytes);
}

/* Fields of a record of the queue; a cleanup has no row. */
enum { QUEUED_ROW, QUEUED_FIRE, QUEUED_TIME, QUEUED_FIELDS };

/* Writes an entry; `key`: encoded. */
static void entry_save(const struct op_over *self, const struct wr_over_entry *entry,
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
	struct op_over *self = (struct op_over *)op;
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
	struct op_over *self = (struct op_over *)op;
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
static wr_status *chunk_restored(struct op_over *self, struct wr_back_chunk *chunk)
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

static wr_status *over_restored(struct wr_op *op)
{
	struct op_over *self = (struct op_over *)op;
	wr_status *status = NULL;

	if (self->back.row == NULL)
		return NULL;
	wr_rows_back_finish(&self->back);
	for (uint32_t c = 0; c < self->back.count && status == NULL; c++)
		status = chunk_restored(self, &self->back.chunk[c]);
	wr_rows_back_release(&self->back);
	return status;
}

/* --- set up
 * --------------------------------------------------------------------------------------- */

static struct wr_state_field number_field(const char *name)
{
	return (struct wr_state_field){.name = name, .kind = WR_FIELD_NUMBER};
}

/* What is kept and how it is saved: the state, the queue, the clocks. */
static wr_status *open_state(struct op_over *self)
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

/* State and scratch; nothing is fallible but the state. */
static wr_status *over_init(struct wr_op *op)
{
	struct op_over *self = (struct op_over *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;

	wr_arena_init(&self->arena);
	wr_over_frames_init(&self->frames, node);
	wr_over_queue_init(&self->queue, input);
	choose_ways(self);
	self->sent_ms = WR_WATERMARK_MIN;
	self->round_no = 1;
	self->by_arrival = wr_node_arrival_counts(node->input[0]);
	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	self->out = wr_malloc(self->limit * sizeof *self->out);
	self->builder = wr_calloc(node->u.over.item_count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < node->u.over.item_count; i++)
		self->builder[i] = wr_builder_new(node->u.over.item[i].call->type, 64);
	return open_state(self);
}

/* --- emission
 * ------------------------------------------------------------------------------------- */

/* Rows from `from` on that lie in one store. */
static uint32_t same_store(const struct gone *gone, uint32_t from, uint32_t count)
{
	uint32_t to = from + 1;

	while (to < count && gone[to].store == gone[from].store)
		to++;
	return to - from;
}

/* Input column c of the rows that go out. */
static struct wr_column *out_column(struct op_over *self, uint32_t c, uint32_t *row)
{
	const struct wr_column *first = self->out[0].store->batch->column[c];
	uint32_t n = same_store(self->out, 0, self->out_count);
	struct wr_builder *builder;
	struct wr_column *column;

	if (first == NULL)
		return NULL;
	for (uint32_t i = 0; i < self->out_count; i++)
		row[i] = self->out[i].row;
	if (n == self->out_count)
		return wr_column_gather(first, row, n);
	builder = wr_builder_new(first->type, self->out_count);
	for (uint32_t i = 0; i < self->out_count; i += n) {
		n = same_store(self->out, i, self->out_count);
		wr_builder_append_rows(builder, self->out[i].store->batch->column[c], row + i, n);
	}
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* The watermarks that a reader going record by record has seen before the rows that go out: one
 * that came behind the watermark goes at the next rise, so the one before had passed its time, and
 * an operator above may find it late. The others are above every watermark before them. */
static void out_watermarks(const struct op_over *self, struct wr_batch *batch)
{
	bool behind = false;

	batch->watermark = self->sent_ms;
	for (uint32_t i = 0; i < self->out_count && !self->by_clock; i++)
		behind = behind || self->out[i].fire > self->out[i].time;
	if (!behind)
		return;
	batch->row_watermark = wr_malloc(self->out_count * sizeof *batch->row_watermark);
	for (uint32_t i = 0; i < self->out_count; i++)
		batch->row_watermark[i] = WR_MAX(self->sent_ms, self->out[i].fire - 1);
	batch->watermark = batch->row_watermark[0];
}

/* Writes the batch: the rows with their results. */
static wr_status *over_emit(struct op_over *self)
{
	const struct wr_node *node = self->op.node;
	uint32_t columns = node->input[0]->schema.count, *row;
	struct wr_batch *batch;

	if (self->out_count == 0)
		return NULL;
	row = wr_malloc(self->out_count * sizeof *row);
	batch = wr_batch_new(node->schema.count, self->out_count);
	for (uint32_t c = 0; c < columns; c++)
		batch->column[c] = out_column(self, c, row);
	for (uint32_t i = 0; i < node->u.over.item_count; i++)
		batch->column[columns + i] = wr_builder_finish(self->builder[i]);
	wr_free(row);
	for (uint32_t i = 0; i < self->out_count; i++)
		wr_over_store_drop(&self->queue, self->out[i].store);
	out_watermarks(self, batch);
	self->out_count = 0;
	return wr_out_emit(&self->op.out, batch);
}

/* --- rounds
 * --------------------------------------------------------------------------------------- */

/* Adds round rows [from, to) to a frame. */
static void update_rows(struct op_over *self, struct wr_over_frame *frame, uint32_t from,
			uint32_t to)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	for (uint32_t i = from, n; i < to; i += n) {
		n = same_store(self->round, i, to);
		wr_over_frame_update(frame, pool, self->slot + i, self->round[i].store->batch,
				     self->row + i, n);
	}
}

static void retract_rows(struct op_over *self, struct wr_over_frame *frame, uint32_t from,
			 uint32_t to)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	for (uint32_t i = from; frame->bounded && i < to; i++)
		wr_over_frame_retract(&self->frames, frame, pool, self->slot[i],
				      self->round[i].number, self->round[i].time);
}

/* Results of round rows [from, to), which fit the batch being written. */
static wr_status *read_rows(struct op_over *self, uint32_t from, uint32_t to)
{
	for (uint32_t f = 0; f < self->frames.count; f++) {
		struct wr_over_frame *frame = &self->frames.frame[f];

		if (!frame->rows || !self->peers) {
			WR_TRY(wr_over_frame_values(frame, self->slot + from, to - from,
						    self->builder));
			continue;
		}
		for (uint32_t i = from; i < to; i++) { /* each peer has its own result */
			retract_rows(self, frame, i, i + 1);
			update_rows(self, frame, i, i + 1);
			WR_TRY(wr_over_frame_values(frame, self->slot + i, 1, self->builder));
		}
	}
	memcpy(self->out + self->out_count, self->round + from, (to - from) * sizeof *self->out);
	self->out_count += to - from;
	return self->out_count == self->limit ? over_emit(self) : NULL;
}

/* Moves the rows from `count` on to the front: the next round. */
static void round_shift(struct op_over *self, uint32_t count)
{
	self->count -= count;
	memmove(self->round, self->round + count, self->count * sizeof *self->round);
	memmove(self->slot, self->slot + count, self->count * sizeof *self->slot);
	self->group_start = 0;
	self->peers = false;
	self->round_no++;
	for (uint32_t i = 0; i < self->count; i++) {
		struct wr_over_slot *slot = (struct wr_over_slot *)self->slot[i];

		self->peers = self->peers || slot->round == self->round_no;
		slot->round = self->round_no;
	}
}

/* Folds and reads the first `count` rows of the round. */
static wr_status *round_flush(struct op_over *self, uint32_t count)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	wr_status *status = NULL;

	if (count == 0)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		struct gone *gone = &self->round[i];

		self->row[i] = gone->row;
		if (self->frames.bounded)
			gone->number =
			    wr_over_frames_keep(&self->frames, pool, self->slot[i],
						gone->store->batch, gone->row, gone->time);
	}
	for (uint32_t f = 0; f < self->frames.count; f++) {
		struct wr_over_frame *frame = &self->frames.frame[f];

		if (frame->rows && self->peers)
			continue; /* row by row in read_rows */
		retract_rows(self, frame, 0, count);
		update_rows(self, frame, 0, count);
	}
	for (uint32_t i = 0, n; i < count && status == NULL; i += n) {
		n = WR_MIN(count - i, self->limit - self->out_count);
		status = read_rows(self, i, i + n);
	}
	for (uint32_t i = 0; self->frames.bounded && i < count; i++)
		wr_over_frames_trim(&self->frames, pool, self->slot[i]);
	round_shift(self, count);
	return status;
}

static void round_grow(struct op_over *self)
{
	if (self->count < self->capacity)
		return;
	self->capacity = WR_MAX(256, 2 * self->capacity);
	self->round = wr_realloc(self->round, self->capacity * sizeof *self->round);
	self->slot = wr_realloc(self->slot, self->capacity * sizeof *self->slot);
	self->row = wr_realloc(self->row, self->capacity * sizeof *self->row);
}

/* A row goes by; its hold on the store goes to the round. */
static wr_status *round_add(struct op_over *self, const struct wr_over_entry *entry)
{
	uint8_t *bytes = entry->at.store->slot[entry->row];
	struct wr_over_slot *slot = (struct wr_over_slot *)bytes;

	if (self->group_no == 0 || entry->fire != self->group_fire ||
	    entry->time != self->group_time || !self->frames.ranges) {
		if (self->count >= WR_BATCH_ROWS_MAX)
			WR_TRY(round_flush(self, self->count));
		self->group_no++;
		self->group_fire = entry->fire;
		self->group_time = entry->time;
		self->group_start = self->count;
	}
	if (slot->round == self->round_no && slot->group != self->group_no)
		WR_TRY(round_flush(self, self->group_start));
	else if (slot->round == self->round_no)
		self->peers = true;
	round_grow(self);
	wr_state_touch(self->state, 0, &bytes, 1);
	slot->round = self->round_no;
	slot->group = self->group_no;
	slot->last_time = entry->time;
	self->slot[self->count] = bytes;
	self->round[self->count++] = (struct gone){
	    .store = entry->at.store, .row = entry->row, .fire = entry->fire, .time = entry->time};
	return NULL;
}

/* --- time
 * ----------------------------------------------------------------------------------------- */

/* Remembers a slot that may be empty at the mark. */
static void note_idle(struct op_over *self, uint8_t *slot)
{
	if (((struct wr_over_slot *)slot)->listed)
		return;
	((struct wr_over_slot *)slot)->listed = 1;
	if (self->idle_count == self->idle_capacity) {
		self->idle_capacity = WR_MAX(64, 2 * self->idle_capacity);
		self->idle = wr_realloc(self->idle, self->idle_capacity * sizeof *self->idle);
	}
	self->idle[self->idle_count++] = slot;
}

/* A key's cleanup falls due. */
static wr_status *cleanup(struct op_over *self, const struct wr_over_entry *entry)
{
	struct wr_over_slot *slot = (struct wr_over_slot *)entry->at.slot;
	uint8_t *bytes = entry->at.slot;

	slot->waiting--;
	wr_state_touch(self->state, 0, &bytes, 1);
	if (slot->cleanup_time != entry->time) { /* put off meanwhile */
		slot->last_time = entry->time;
		return NULL;
	}
	if (slot->round == self->round_no)
		WR_TRY(round_flush(self, self->count));
	wr_over_frames_reset(&self->frames, wr_state_pool(self->state, 0), entry->at.slot);
	note_idle(self, entry->at.slot);
	return NULL;
}

/* The order of peers where that of their arrival depends on workers: by their values. */
static int compare_peers(const void *a, const void *b, void *user)
{
	const struct wr_over_entry *x = a, *y = b;
	const struct wr_schema *schema = user;

	if (x->row == WR_OVER_CLEANUP || y->row == WR_OVER_CLEANUP)
		return (x->row == WR_OVER_CLEANUP) - (y->row == WR_OVER_CLEANUP);
	for (uint32_t c = 0; c < schema->count; c++) {
		const struct wr_column *p = x->at.store->batch->column[c];
		const struct wr_column *q = y->at.store->batch->column[c];
		int order = p != NULL && q != NULL
				? wr_value_compare(p, x->row & p->mask, q, y->row & q->mask)
				: 0;

		if (order != 0)
			return order;
	}
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Takes the next entries that are to go together: one, or all peers in the order of their values.
 */
static uint32_t take_peers(struct op_over *self)
{
	uint32_t count = 0;

	do {
		const struct wr_over_entry *first;

		if (count == self->peer_capacity) {
			self->peer_capacity = WR_MAX(16, 2 * self->peer_capacity);
			self->peer =
			    wr_realloc(self->peer, self->peer_capacity * sizeof *self->peer);
		}
		self->peer[count++] = wr_over_queue_take(&self->queue);
		first = wr_over_queue_first(&self->queue);
		if (self->by_arrival || first == NULL || first->fire != self->peer[0].fire ||
		    first->time != self->peer[0].time)
			break;
	} while (true);
	if (count > 1)
		qsort_r(self->peer, count, sizeof *self->peer, compare_peers,
			(void *)&self->op.node->input[0]->schema);
	return count;
}

/* One entry goes by. */
static wr_status *entry_goes(struct op_over *self, const struct wr_over_entry *entry)
{
	if (entry->row == WR_OVER_CLEANUP)
		return cleanup(self, entry);
	((struct wr_over_slot *)entry->at.store->slot[entry->row])->waiting--;
	return round_add(self, entry);
}

/* Lets go what is due at the watermark, at most about `most` rows: peers stay together. */
static wr_status *over_fire(struct op_over *self, int64_t watermark_ms, uint64_t most)
{
	const struct wr_over_entry *first;
	uint64_t rows = 0;

	while ((first = wr_over_queue_first(&self->queue)) != NULL && first->fire <= watermark_ms) {
		uint32_t count;

		if (rows >= most &&
		    (first->fire != self->group_fire || first->time != self->group_time))
			break;
		count = take_peers(self);
		rows += count;
		for (uint32_t i = 0; i < count; i++)
			WR_TRY(entry_goes(self, &self->peer[i]));
	}
	return round_flush(self, self->count);
}

/* When the key is to be forgotten, now that a row of `time` has come. */
static wr_status *plan_cleanup(struct op_over *self, uint8_t *bytes, int64_t time,
			       int64_t watermark_ms)
{
	struct wr_over_slot *slot = (struct wr_over_slot *)bytes;
	int64_t when;

	if (slot->cleanup_time != 0 && slot->cleanup_fire <= watermark_ms)
		WR_TRY(over_fire(self, watermark_ms, UINT64_MAX)); /* it is forgotten already */
	if (slot->cleanup_time != 0 && slot->cleanup_time >= time + self->reach_ms + 1)
		return NULL;
	when = time + (int64_t)((double)self->reach_ms * 1.5) + 1;
	slot->cleanup_time = when;
	slot->cleanup_fire = when <= watermark_ms ? watermark_ms + 1 : when;
	slot->waiting++;
	wr_over_queue_add(&self->queue, (struct wr_over_entry){.fire = slot->cleanup_fire,
							       .time = when,
							       .at.slot = bytes,
							       .row = WR_OVER_CLEANUP});
	return NULL;
}

/* One row in the order of its time: it waits, or it is late. */
static wr_status *over_row(struct op_over *self, struct wr_over_store *store, uint32_t row,
			   int64_t time, bool *late)
{
	int64_t watermark_ms = wr_batch_watermark(store->batch, row);
	bool behind = watermark_ms != WR_WATERMARK_MIN && time <= watermark_ms;
	struct wr_over_slot *slot = (struct wr_over_slot *)store->slot[row];

	*late = behind;
	if (!self->strict) {
		if (behind)
			WR_TRY(over_fire(self, watermark_ms, UINT64_MAX));
		*late = time <= slot->last_time;
	}
	if (*late) {
		note_idle(self, store->slot[row]);
		return NULL;
	}
	if (self->expires)
		WR_TRY(plan_cleanup(self, store->slot[row], time, watermark_ms));
	slot->waiting++;
	wr_over_queue_add(&self->queue,
			  (struct wr_over_entry){.fire = behind ? watermark_ms + 1 : time,
						 .time = time,
						 .at.store = store,
						 .row = row});
	return NULL;
}

/* --- batches and marks
 * ---------------------------------------------------------------------------- */

/* The rows of a batch; late ones are reported together. */
static wr_status *rows_by_time(struct op_over *self, struct wr_over_store *store)
{
	const struct wr_batch *batch = store->batch;
	uint32_t *late = wr_malloc(((size_t)batch->rows + 1) * sizeof *late), late_count = 0;
	int64_t *time = wr_malloc(((size_t)batch->rows + 1) * 2 * sizeof *time);
	int64_t *end = time + batch->rows + 1;
	wr_status *status = NULL;

	wr_window_times(batch->column[self->op.node->u.over.order[0].column], batch->rows, time);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		bool is_late = false;

		status = over_row(self, store, i, time[i], &is_late);
		end[late_count] = WR_WATERMARK_MIN;
		late[late_count] = i;
		late_count += is_late;
	}
	self->op.late_rows += late_count;
	if (late_count > 0 && status == NULL)
		status = self->op.env->late(self->op.env, &self->op, batch, late, end, late_count);
	wr_free(late);
	wr_free(time);
	return status;
}

/* By processing time: a row waits until its millisecond is over, or not at all. */
static wr_status *rows_by_clock(struct op_over *self, struct wr_over_store *store)
{
	int64_t now = self->waits ? wr_op_wall_ms(&self->op) : 0;

	self->clock = WR_MAX(self->clock, now); /* the clock may be set back */
	for (uint32_t i = 0; i < store->batch->rows; i++) {
		struct wr_over_entry entry = {.at.store = store, .row = i};

		if (self->waits) {
			bool late = false;

			WR_TRY(over_row(self, store, i, self->clock, &late));
			WR_ASSERT(!late);
			continue;
		}
		entry.time = ++self->clock;
		wr_over_store_hold(&self->queue, store);
		WR_TRY(round_add(self, &entry));
	}
	return round_flush(self, self->count);
}

/* Finds the keys, then takes row by row; the batch goes to a store. */
static wr_status *over_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_over *self = (struct op_over *)op;
	const struct wr_node *node = op->node;
	struct wr_over_store *store;
	struct wr_op_keys keys;
	uint8_t **slot, *is_new;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	if (self->by_clock) { /* nothing is behind it */
		wr_free(batch->row_watermark);
		batch->row_watermark = NULL;
		batch->watermark = WR_WATERMARK_MIN;
	}
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	is_new = wr_calloc((size_t)batch->rows + 1, 1);
	wr_op_keys_take(&keys, batch, node->u.over.partition, node->u.over.partition_count, NULL,
			batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, is_new);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++)
		if (is_new[i])
			wr_over_frames_start(&self->frames, slot[i]);
	wr_op_keys_release(&keys);
	wr_free(is_new);
	store = wr_over_store_new(&self->queue, batch, slot);
	if (status == NULL)
		status = self->by_clock ? rows_by_clock(self, store) : rows_by_time(self, store);
	wr_over_store_drop(&self->queue, store);
	return status == NULL ? over_emit(self) : status;
}

/* Removes keys without rows and plans. */
static wr_status *forget_idle(struct op_over *self)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < self->idle_count; i++) {
		struct wr_over_slot *slot = (struct wr_over_slot *)self->idle[i];

		slot->listed = 0;
		if (slot->waiting == 0 && slot->group == 0 && slot->last_time == 0)
			self->idle[count++] = self->idle[i];
	}
	self->idle_count = 0;
	return count > 0 ? wr_state_remove(self->state, 0, self->idle, count) : NULL;
}

/* Lets go what the watermark allows. */
static wr_status *over_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_over *self = (struct op_over *)op;
	const struct wr_over_entry *first;
	int64_t watermark_ms = mark->watermark_ms;

	if (self->by_clock && self->waits && !(mark->flags & WR_MARK_END)) {
		watermark_ms = wr_op_wall_ms(&self->op) - 1;
		self->clock = WR_MAX(self->clock, watermark_ms + 1);
	}
	WR_TRY(over_fire(self, watermark_ms, WR_OP_EMIT_ROWS));
	WR_TRY(over_emit(self));
	first = wr_over_queue_first(&self->queue);
	*more = first != NULL && first->fire <= watermark_ms;
	if (*more)
		return NULL;
	self->sent_ms = mark->watermark_ms;
	wr_over_queue_tidy(&self->queue);
	return forget_idle(self);
}

/* Holds on rows go with the queue. */
static void over_release(struct wr_op *op)
{
	struct op_over *self = (struct op_over *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->u.over.item_count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->round);
	wr_free(self->slot);
	wr_free(self->row);
	wr_free(self->out);
	wr_free(self->idle);
	wr_free(self->peer);
	wr_over_queue_release(&self->queue);
	wr_over_frames_release(&self->frames);
	wr_state_close(self->state);
	if (self->back.row != NULL)
		wr_rows_back_release(&self->back);
	wr_arena_release(&self->arena);
}

static uint64_t over_state_bytes(const struct wr_op *op)
{
	const struct op_over *self = (const struct op_over *)op;

	return wr_state_bytes(self->state) + wr_over_queue_bytes(&self->queue);
}

const struct wr_op_type wr_op_over = {
    .name = "over",
    .version = 1,
    .size = sizeof(struct op_over),
    .init = over_init,
    .process = over_process,
    .on_mark = over_on_mark,
    .restored = over_restored,
    .release = over_release,
    .state_bytes = over_state_bytes,
};
