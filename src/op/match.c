/* SPDX-License-Identifier: Apache-2.0
 *
 * match - MATCH_RECOGNIZE: rows of a key in the order of their time go through the automaton of the
 * pattern; matches leave as new rows.
 *
 * Rows wait, in their batches, until the watermark has passed them. At a mark those that are due
 * are taken in the order of ORDER BY; rows of a key that has no match under way and that cannot
 * start one, which are most of them in a search for rare events, are dropped by a look at their
 * bits and one look-up. A row is late when its time is not above the watermark before it (P1).
 *
 * By processing time all rows are due at the next mark.
 *
 * Saved: the matches of each key (match_codec.h); the rows that wait as an extra with their keys;
 * timers follow from the matches.
 *
 * Memory: rows above the watermark; per key with matches under way these and the rows they hold.
 * WITHIN bounds the latter by time: a heap has one entry for each such key.
 *
 * Invariants
 *   M1  within a waiting batch rows are in the order of ORDER BY
 *   M2  a slot is removed at the end of a mark when its key is idle
 */
#include <stdlib.h>

#include "base/env.h"
#include "base/mem.h"
#include "op/match_codec.h"
#include "op/rows_back.h"
#include "op/sort_key.h"
#include "op/timers.h"
#include "op/windowing.h"

/* A batch whose rows wait. */
struct waiting {
	struct wr_batch *batch; /* dense, ordered (M1); owned */
	int64_t *ms;            /* per row: its time; owned, with bits and slot */
	uint64_t *bits;         /* per row: wr_match_eval_bits */
	uint8_t **slot;         /* per row that is due: of its key, or NULL: nothing to do */
	uint32_t head, due;     /* rows before head are done, those before due are due */
	struct wr_text keys;    /* sort keys of the columns behind the time; empty: none */
	uint32_t *key_end;      /* per row: where its sort key ends; NULL: none */
};

/* A row that is due. */
struct due {
	uint32_t waiting, row; /* which batch, and which of its rows */
};

struct op_match {
	struct wr_op op;
	struct wr_arena arena; /* of the plan's copies */
	struct wr_matcher matcher;
	const struct wr_match *match; /* the node's */
	struct wr_match_saver saver;
	struct wr_state_field row_field; /* of a waiting row that is saved */
	struct wr_state_codec row_codec;
	struct wr_codec key, input; /* of the key and the row of such a record */
	struct wr_rows_back back;   /* these rows on their way back */
	struct wr_state *state;     /* key -> struct wr_match_key */
	struct waiting *waiting;    /* owned, as are the arrays below */
	uint32_t waiting_count, waiting_capacity;
	struct due *due; /* rows to be taken at this mark, in order */
	uint32_t due_count, due_capacity;
	uint32_t done;                /* of them */
	struct wr_match_event *event; /* rows at work: WR_MATCH_EVENTS_MAX */
	bool marking;                 /* a mark is being worked on: *more was said */
	struct wr_timers timers;      /* one per key with matches under way, if there is WITHIN */
	uint64_t next_timer;          /* number of the next timer */
	int64_t sent_ms;              /* watermark of the last mark */
	uint32_t emitted;             /* rows at this call of on_mark */
};

static wr_status *match_emit(void *user)
{
	struct op_match *self = user;
	struct wr_batch *batch;

	WR_TRY(wr_match_eval_flush(&self->matcher.eval, &batch));
	if (batch == NULL)
		return NULL;
	batch->watermark = self->sent_ms;
	self->emitted += wr_batch_count(batch);
	return wr_out_emit(&self->op.out, batch);
}

/* --- saving and loading
 * ------------------------------------------------------------------------------- */

/* Rows in the order in which they wait. */
static void waiting_save(struct wr_op *op, struct wr_snapshot_out *out)
{
	struct op_match *self = (struct op_match *)op;
	struct wr_column **key =
	    wr_calloc((size_t)self->match->partition_count + 1, sizeof(struct wr_column *));
	struct wr_text scratch;

	wr_text_init(&scratch);
	for (uint32_t w = 0; w < self->waiting_count; w++) {
		const struct waiting *waiting = &self->waiting[w];

		for (uint32_t k = 0; k < self->match->partition_count; k++)
			key[k] = waiting->batch->column[self->match->partition[k]];
		for (uint32_t i = waiting->head; i < waiting->batch->rows; i++) {
			struct wr_text *text;

			wr_text_clear(&scratch);
			wr_codec_encode(&self->key, &scratch, key, i);
			text = wr_op_put_begin(out, wr_text_str(&scratch), scratch.len);
			wr_text_clear(&scratch);
			wr_codec_encode(&self->input, &scratch, waiting->batch->column, i);
			wr_value_put_bytes(text, wr_text_str(&scratch), scratch.len);
			wr_op_put_end(out);
		}
	}
	wr_text_release(&scratch);
	wr_free(key);
}

static wr_status *waiting_load(struct wr_op *op, const struct wr_op_record *record)
{
	struct op_match *self = (struct op_match *)op;
	struct wr_str row = record->value->field[0];

	if (self->back.row == NULL)
		wr_rows_back_init(&self->back, &op->node->input[0]->schema, self->match->partition,
				  self->match->partition_count, 0);
	if (row.data == NULL || !wr_rows_back_add(&self->back, record->key, row, NULL))
		return wr_record_damaged(op, "a waiting row");
	return NULL;
}

/* What is kept and how it is saved: the state, the rows that wait, the clock. */
static wr_status *open_state(struct op_match *self)
{
	const struct wr_schema *input = &self->op.node->input[0]->schema;
	struct wr_state_decl decl = {.name = "matches",
				     .meaning = self->op.node->state_name,
				     .value_size = sizeof(struct wr_match_key),
				     .pinned =
					 true, /* timers and rows that wait know their slots */
				     .codec = &self->saver.codec,
				     .codec_ctx = &self->saver};

	_Static_assert(sizeof(struct wr_match_key) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_match_saver_init(&self->saver, &self->matcher, &self->arena, input);
	wr_op_key_columns(&self->op, 0, self->match->partition, self->match->partition_count,
			  &self->arena, &decl);
	WR_TRY(wr_op_state_open(&self->op, &decl, &self->state));
	self->row_field = wr_field_of(&self->arena, "row", WR_FIELD_ROW, input);
	self->row_codec = (struct wr_state_codec){.field_count = 1, .field = &self->row_field};
	wr_codec_init(&self->key, &self->arena, decl.key_type, decl.key_count);
	wr_codec_init(&self->input, &self->arena, self->row_field.type, input->count);
	decl.name = "waiting";
	decl.value_size = 0;
	decl.codec = &self->row_codec;
	wr_op_extra(&self->op, &decl, waiting_save, waiting_load);
	wr_op_clock(&self->op, "watermark_ms", &self->sent_ms);
	return NULL;
}

static wr_status *match_init(struct wr_op *op)
{
	struct op_match *self = (struct op_match *)op;

	wr_arena_init(&self->arena);
	self->match = op->node->u.match;
	self->sent_ms = WR_WATERMARK_MIN;
	self->event = wr_malloc(WR_MATCH_EVENTS_MAX * sizeof *self->event);
	self->matcher.emit = match_emit;
	self->matcher.user = self;
	WR_TRY(wr_matcher_init(&self->matcher, op, &self->arena));
	return open_state(self);
}

/* --- rows that come
 * ----------------------------------------------------------------------------------- */

static void waiting_release(struct waiting *waiting)
{
	wr_batch_free(waiting->batch);
	wr_free(waiting->ms);
	wr_free(waiting->key_end);
	wr_text_release(&waiting->keys);
}

/* The sort key of a row: what decides between rows of the same time. */
static const char *sort_key(const struct waiting *waiting, uint32_t row, uint32_t *len)
{
	uint32_t start = row == 0 ? 0 : waiting->key_end[row - 1];

	*len = waiting->key_end[row] - start;
	return waiting->keys.data + start;
}

/* <0, 0, >0: rows by time and sort key. */
static int compare_rows(const struct waiting *a, uint32_t row_a, const struct waiting *b,
			uint32_t row_b)
{
	const char *key_a, *key_b;
	uint32_t len_a, len_b;

	if (a->ms[row_a] != b->ms[row_b])
		return a->ms[row_a] < b->ms[row_b] ? -1 : 1;
	if (a->key_end == NULL)
		return 0;
	key_a = sort_key(a, row_a, &len_a);
	key_b = sort_key(b, row_b, &len_b);
	return wr_sort_key_compare(key_a, len_a, key_b, len_b);
}

static int compare_in_batch(const void *a, const void *b, void *user)
{
	uint32_t row_a = *(const uint32_t *)a, row_b = *(const uint32_t *)b;
	int order = compare_rows(user, row_a, user, row_b);

	return order != 0 ? order : row_a < row_b ? -1 : row_a > row_b;
}

/* Times and sort keys of the batch. */
static void waiting_measure(const struct op_match *self, struct waiting *waiting)
{
	const struct wr_match *match = self->match;
	const struct wr_batch *batch = waiting->batch;
	int64_t now_ms;

	if (match->processing_time) {
		now_ms = wr_op_wall_ms(&self->op);
		for (uint32_t i = 0; i < batch->rows; i++)
			waiting->ms[i] = now_ms;
	} else {
		wr_window_times(batch->column[match->order[0].column], batch->rows, waiting->ms);
	}
	if (match->order_count == 1)
		return;
	wr_text_clear(&waiting->keys);
	if (waiting->key_end == NULL)
		waiting->key_end = wr_malloc(((size_t)batch->rows + 1) * sizeof *waiting->key_end);
	for (uint32_t i = 0; i < batch->rows; i++) {
		wr_sort_key_put(&waiting->keys, match->order + 1, match->order_count - 1,
				batch->column, i);
		waiting->key_end[i] = (uint32_t)waiting->keys.len;
	}
}

/* Brings the rows of a batch into their order (M1). */
static void waiting_order(const struct op_match *self, struct waiting *waiting)
{
	uint32_t rows = waiting->batch->rows, *index;
	struct wr_batch *ordered;
	bool in_order = true;

	for (uint32_t i = 1; i < rows && in_order; i++)
		in_order = compare_rows(waiting, i - 1, waiting, i) <= 0;
	if (in_order)
		return;
	index = wr_malloc(((size_t)rows + 1) * sizeof *index);
	for (uint32_t i = 0; i < rows; i++)
		index[i] = i;
	qsort_r(index, rows, sizeof *index, compare_in_batch, waiting);
	ordered = wr_batch_gather(waiting->batch, index, rows);
	wr_batch_free(waiting->batch);
	wr_free(index);
	waiting->batch = ordered;
	waiting_measure(self, waiting);
}

/* Sends late rows away; the others stay in the batch. */
static wr_status *drop_late(struct op_match *self, struct wr_batch *batch)
{
	uint32_t column = self->match->order[0].column, count = 0, kept = 0;
	int64_t *ms, *end;
	uint32_t *late, *stay;
	wr_status *status = NULL;

	if (self->match->processing_time)
		return NULL;
	ms = wr_malloc(((size_t)batch->rows + 1) * 2 * sizeof *ms);
	end = ms + batch->rows + 1;
	late = wr_malloc(((size_t)batch->rows + 1) * sizeof *late);
	stay = wr_malloc(((size_t)batch->rows + 1) * sizeof *stay);
	wr_window_times(batch->column[column], batch->rows, ms);
	for (uint32_t i = 0; i < batch->rows; i++) {
		int64_t watermark_ms = wr_batch_watermark(batch, i);

		if (watermark_ms == WR_WATERMARK_MIN || ms[i] > watermark_ms) {
			stay[kept++] = i;
			continue;
		}
		end[count] = WR_WATERMARK_MIN;
		late[count++] = i;
	}
	if (count > 0) {
		wr_count(&self->op.late_rows, count);
		status = self->op.env->late(self->op.env, &self->op, batch, late, end, count);
		batch->sel = stay;
		batch->sel_count = kept;
	} else {
		wr_free(stay);
	}
	wr_free(ms);
	wr_free(late);
	return status;
}

/* Rows begin to wait; takes over the batch. */
static wr_status *wait_for(struct op_match *self, struct wr_batch *batch)
{
	size_t room = (size_t)batch->rows + 1;
	struct waiting *waiting;

	if (self->waiting_count == self->waiting_capacity) {
		self->waiting_capacity = WR_MAX(16, 2 * self->waiting_capacity);
		self->waiting = wr_realloc(self->waiting,
					   (size_t)self->waiting_capacity * sizeof *self->waiting);
	}
	waiting = &self->waiting[self->waiting_count++];
	*waiting = (struct waiting){.batch = batch};
	waiting->ms = wr_malloc(3 * room * sizeof *waiting->ms);
	waiting->bits = (uint64_t *)(waiting->ms + room);
	waiting->slot = (uint8_t **)(waiting->bits + room);
	wr_text_init(&waiting->keys);
	waiting_measure(self, waiting);
	waiting_order(self, waiting);
	return wr_match_eval_bits(&self->matcher.eval, waiting->batch, waiting->bits);
}

static wr_status *match_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_match *self = (struct op_match *)op;
	wr_status *status;

	WR_ASSERT(input == 0 && !self->marking);
	wr_batch_compact(batch);
	status = drop_late(self, batch);
	if (status != NULL || wr_batch_count(batch) == 0) {
		wr_batch_free(batch);
		return status;
	}
	wr_batch_compact(batch);
	return wait_for(self, batch);
}

/* --- rows that are due
 * -------------------------------------------------------------------------------- */

/* How many rows of the batch have a time up to `ms`. */
static uint32_t rows_until(const struct waiting *waiting, int64_t ms)
{
	uint32_t from = waiting->head, to = waiting->batch->rows;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (waiting->ms[middle] <= ms)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The slots of the rows that are due: made where a row may start a match (first == true), looked
 * up for the others. */
static wr_status *find_slots(struct op_match *self, struct waiting *waiting, bool first)
{
	uint32_t count = 0, *row = wr_malloc(((size_t)waiting->due + 1) * sizeof *row);
	uint8_t **slot = wr_malloc(((size_t)waiting->due + 1) * sizeof *slot);
	struct wr_op_keys keys;
	wr_status *status = NULL;

	for (uint32_t i = waiting->head; i < waiting->due; i++)
		if (wr_matcher_may_start(&self->matcher, waiting->bits[i]) == first)
			row[count++] = i;
	if (count > 0) {
		wr_op_keys_take(&keys, waiting->batch, self->match->partition,
				self->match->partition_count, row, count, true);
		status = first ? wr_state_upsert(self->state, 0, &keys.keys, slot, NULL)
			       : wr_state_find(self->state, 0, &keys.keys, slot);
		wr_op_keys_release(&keys);
	}
	for (uint32_t i = 0; i < count && status == NULL; i++)
		waiting->slot[row[i]] = slot[i];
	wr_free(row);
	wr_free(slot);
	return status;
}

static int compare_due(const void *a, const void *b, void *user)
{
	const struct op_match *self = user;
	const struct due *x = a, *y = b;
	int order =
	    compare_rows(&self->waiting[x->waiting], x->row, &self->waiting[y->waiting], y->row);

	if (order != 0)
		return order;
	if (x->waiting != y->waiting) /* batches stand in the order of arrival */
		return x->waiting < y->waiting ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Lists the rows that are due and have something to do, in order. */
static void list_due(struct op_match *self)
{
	bool in_order = true;

	self->due_count = self->done = 0;
	for (uint32_t w = 0; w < self->waiting_count; w++) {
		const struct waiting *waiting = &self->waiting[w];

		for (uint32_t i = waiting->head; i < waiting->due; i++) {
			if (waiting->slot[i] == NULL)
				continue;
			if (self->due_count == self->due_capacity) {
				self->due_capacity = WR_MAX(256, 2 * self->due_capacity);
				self->due = wr_realloc(self->due, (size_t)self->due_capacity *
								      sizeof *self->due);
			}
			self->due[self->due_count++] = (struct due){w, i};
			if (self->due_count > 1)
				in_order = in_order &&
					   compare_due(&self->due[self->due_count - 2],
						       &self->due[self->due_count - 1], self) < 0;
		}
	}
	if (!in_order)
		qsort_r(self->due, self->due_count, sizeof *self->due, compare_due, self);
}

/* Finds out what is due at the mark. */
static wr_status *mark_begin(struct op_match *self, int64_t until_ms)
{
	for (uint32_t w = 0; w < self->waiting_count; w++) {
		self->waiting[w].due = rows_until(&self->waiting[w], until_ms);
		WR_TRY(find_slots(self, &self->waiting[w], true));
	}
	for (uint32_t w = 0; w < self->waiting_count; w++)
		WR_TRY(find_slots(self, &self->waiting[w], false));
	list_due(self);
	self->matcher.pool = self->matcher.eval.pool = wr_state_pool(self->state, 0);
	self->marking = true;
	return NULL;
}

/* Notes when the key must be looked at again, unless a timer will see to that. */
static void set_timer(struct op_match *self, uint8_t *slot)
{
	struct wr_match_key *key = (struct wr_match_key *)slot;
	int64_t due_ms;

	if (key->timers > 0 || !wr_matcher_deadline(&self->matcher, key, &due_ms))
		return;
	wr_timers_push(&self->timers,
		       (struct wr_timer){.time = due_ms, .id = self->next_timer++, .slot = slot});
	key->timers++;
}

/* Keys get their timers back. One without matches had a timer to wait for: it is looked at at the
 * next mark, and goes (M2). */
static void restore_timers(struct op_match *self)
{
	uint64_t cursor = 0;
	uint8_t *slot;

	while (wr_state_scan(self->state, 0, &cursor, &slot, 1) == 1) {
		struct wr_match_key *key = (struct wr_match_key *)slot;

		set_timer(self, slot);
		if (!wr_match_key_is_idle(key))
			continue;
		wr_timers_push(&self->timers, (struct wr_timer){.time = WR_WATERMARK_MIN + 1,
								.id = self->next_timer++,
								.slot = slot});
		key->timers++;
	}
}

static wr_status *match_restored(struct wr_op *op)
{
	struct op_match *self = (struct op_match *)op;
	wr_status *status = NULL;

	restore_timers(self);
	if (self->back.row == NULL)
		return NULL;
	wr_rows_back_finish(&self->back);
	for (uint32_t c = 0; c < self->back.count && status == NULL; c++) {
		struct wr_batch *batch = self->back.chunk[c].batch;

		self->back.chunk[c].batch = NULL;
		status = wait_for(self, batch);
	}
	wr_rows_back_release(&self->back);
	return status;
}

/* Feeds rows that are due, as many at a time as are of different keys; stops when enough has been
 * emitted. */
static wr_status *feed(struct op_match *self)
{
	while (self->done < self->due_count && self->emitted < WR_OP_EMIT_ROWS) {
		uint32_t count = 0;
		wr_status *status;

		for (; count < WR_MATCH_EVENTS_MAX && self->done + count < self->due_count;
		     count++) {
			struct due due = self->due[self->done + count];
			struct waiting *waiting = &self->waiting[due.waiting];
			struct wr_match_key *key = (struct wr_match_key *)waiting->slot[due.row];

			if (key->busy)
				break;
			key->busy = 1;
			self->event[count] = (struct wr_match_event){.batch = waiting->batch,
								     .row = due.row,
								     .bits = waiting->bits[due.row],
								     .ms = waiting->ms[due.row],
								     .key = key};
		}
		status = wr_matcher_rows(&self->matcher, self->event, count);
		for (uint32_t i = 0; i < count && status == NULL; i++) {
			self->event[i].key->busy = 0;
			set_timer(self, (uint8_t *)self->event[i].key);
		}
		self->done += count;
		WR_TRY(status);
	}
	return NULL;
}

/* Lets time pass for keys whose matches end by it; returns slots of keys that may be idle. */
static wr_status *expire(struct op_match *self, int64_t until_ms)
{
	uint8_t *slot;

	while (wr_timers_due(&self->timers, until_ms) && self->emitted < WR_OP_EMIT_ROWS) {
		struct wr_match_key *key;

		slot = wr_timers_pop(&self->timers).slot;
		key = (struct wr_match_key *)slot;
		key->timers--;
		wr_state_touch(self->state, 0, &slot, 1);
		WR_TRY(wr_matcher_time(&self->matcher, key, until_ms));
		set_timer(self, slot);
		if (wr_match_key_is_idle(key) && !key->doomed)
			WR_TRY(wr_state_remove(self->state, 0, &slot, 1));
	}
	return NULL;
}

/* Removes the keys of rows that were due and that are idle now (M2), each once. */
static wr_status *forget_idle(struct op_match *self)
{
	uint8_t **slot = wr_malloc(((size_t)self->due_count + 1) * sizeof *slot);
	uint32_t count = 0;
	wr_status *status;

	for (uint32_t i = 0; i < self->due_count; i++) {
		uint8_t *at = self->waiting[self->due[i].waiting].slot[self->due[i].row];
		struct wr_match_key *key = (struct wr_match_key *)at;

		if (!wr_match_key_is_idle(key) || key->doomed)
			continue;
		key->doomed = 1;
		slot[count++] = at;
	}
	status = wr_state_remove(self->state, 0, slot, count);
	wr_free(slot);
	return status;
}

/* Copies the rows that still wait, so that a few of them do not keep a whole batch. */
static void waiting_shrink(const struct op_match *self, struct waiting *waiting)
{
	uint32_t left = waiting->batch->rows - waiting->head, *index;
	struct waiting small = {0};
	size_t room = (size_t)left + 1;

	if (waiting->head < 64 || left > waiting->head / 4)
		return;
	index = wr_malloc(room * sizeof *index);
	for (uint32_t i = 0; i < left; i++)
		index[i] = waiting->head + i;
	small.batch = wr_batch_gather(waiting->batch, index, left);
	small.ms = wr_malloc(3 * room * sizeof *small.ms);
	small.bits = (uint64_t *)(small.ms + room);
	small.slot = (uint8_t **)(small.bits + room);
	memcpy(small.bits, waiting->bits + waiting->head, left * sizeof *small.bits);
	wr_text_init(&small.keys);
	memcpy(small.ms, waiting->ms + waiting->head, left * sizeof *small.ms);
	if (waiting->key_end != NULL) {
		const char *from = sort_key(waiting, waiting->head, index);
		uint32_t before = (uint32_t)(from - waiting->keys.data);

		small.key_end = wr_malloc(room * sizeof *small.key_end);
		wr_text_add(&small.keys, from, waiting->keys.len - before);
		for (uint32_t i = 0; i < left; i++)
			small.key_end[i] = waiting->key_end[waiting->head + i] - before;
	}
	wr_free(index);
	waiting_release(waiting);
	*waiting = small;
}

/* Drops the batches that are done, and copies the rest of those that are mostly done. */
static void drop_done(struct op_match *self)
{
	uint32_t kept = 0;

	for (uint32_t w = 0; w < self->waiting_count; w++) {
		struct waiting *waiting = &self->waiting[w];

		waiting->head = waiting->due;
		if (waiting->head == waiting->batch->rows) {
			waiting_release(waiting);
			continue;
		}
		waiting_shrink(self, waiting);
		self->waiting[kept++] = *waiting;
	}
	self->waiting_count = kept;
	self->due_count = self->done = 0;
}

static wr_status *match_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_match *self = (struct op_match *)op;
	bool by_clock = self->match->processing_time;
	int64_t until_ms = by_clock ? WR_WATERMARK_MAX : mark->watermark_ms, time_ms = until_ms;

	self->emitted = 0;
	*more = false;
	if (by_clock)
		time_ms = wr_op_wall_ms(&self->op);
	if (until_ms == WR_WATERMARK_MIN)
		return NULL;
	if (!self->marking)
		WR_TRY(mark_begin(self, until_ms));
	WR_TRY(feed(self));
	if (self->done == self->due_count && self->marking) {
		WR_TRY(forget_idle(self));
		drop_done(self);
		self->marking = false;
	}
	if (!self->marking)
		WR_TRY(expire(self, time_ms));
	WR_TRY(match_emit(self));
	*more = self->marking || wr_timers_due(&self->timers, time_ms);
	self->marking = *more;
	if (!*more)
		self->sent_ms = mark->watermark_ms;
	return NULL;
}

static void match_release(struct wr_op *op)
{
	struct op_match *self = (struct op_match *)op;

	for (uint32_t w = 0; w < self->waiting_count; w++)
		waiting_release(&self->waiting[w]);
	wr_free(self->waiting);
	wr_free(self->due);
	wr_free(self->event);
	wr_timers_release(&self->timers);
	wr_matcher_release(&self->matcher);
	wr_match_saver_release(&self->saver);
	if (self->back.row != NULL)
		wr_rows_back_release(&self->back);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

static uint64_t match_state_bytes(const struct wr_op *op)
{
	const struct op_match *self = (const struct op_match *)op;
	uint64_t bytes = wr_state_bytes(self->state) +
			 (uint64_t)self->timers.capacity * sizeof *self->timers.heap;

	for (uint32_t w = 0; w < self->waiting_count; w++)
		bytes += (uint64_t)self->waiting[w].batch->rows *
			 (24 + 8 * self->op.node->input[0]->schema.count);
	return bytes;
}

const struct wr_op_type wr_op_match = {
    .name = "match",
    .version = 1,
    .size = sizeof(struct op_match),
    .init = match_init,
    .process = match_process,
    .on_mark = match_on_mark,
    .restored = match_restored,
    .release = match_release,
    .state_bytes = match_state_bytes,
};
