/* SPDX-License-Identifier: Apache-2.0
 *
 * interval_join - joins rows whose times lie within fixed bounds of each other:
 * lower <= left time - right time <= upper. Both inputs only insert, and so does the output.
 *
 * Each side keeps its rows under the join key in the order of their times; a row that comes is
 * joined at once with the other side's rows within its bounds. A left row at t can meet right rows
 * up to t - lower, a right row at t left rows up to t + upper: once the watermark (the lower one of
 * both inputs; the clock for processing time) has passed that, the row is dropped, and shown with
 * NULLs first if it has found no partner and its side is preserved. One timer per key says when the
 * key has rows to drop.
 *
 * Results carry the times of both inputs, which may lie behind the watermark by the larger bound:
 * what comes behind sees watermarks that are held back by it.
 *
 * Late rows join with what is still kept. A late row that can meet nobody any more, as everything
 * within its bounds has been dropped, is late for good: shown with NULLs when its side is
 * preserved, else counted and handed to the late rows. A NULL in the key or the time matches
 * nothing.
 *
 * Saved: per key the rows of both sides with their times and whether they have matched; timers
 * follow from the times.
 *
 * Memory: the rows of both inputs within their bounds of the watermark.
 *
 * Invariants
 *   J1  a key in the state has rows, and `due` is when its first row goes
 *   J2  for every key there is a timer at `due`; other timers that point to it are stale
 */
#include "base/env.h"
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/interval_join.h"
#include "op/windowing.h"

#define NEVER  INT64_MAX
#define DOOMED INT64_MIN /* as `due`: the slot is about to be removed */

/* What is kept under one key. */
struct slot {
	struct wr_timed_list side[2]; /* left, right */
	int64_t due;                  /* the watermark at which its first row goes */
	int64_t unused;
};

/* When a row of side s at time_ms goes. */
static int64_t row_due(const struct op_interval_join *self, uint32_t s, int64_t time_ms)
{
	return time_ms + self->reach_ms[s] + 1;
}

static const char *const saved_numbers[] = {"matches", "time_ms"};

static void join_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct slot *kept = (const struct slot *)slot;

	(void)ctx;
	for (uint32_t s = 0; s < 2; s++)
		wr_timed_list_save(&kept->side[s], out);
}

static void join_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct slot *kept = (struct slot *)slot;

	(void)ctx;
	for (uint32_t s = 0; s < 2; s++)
		wr_timed_list_clear(&kept->side[s], pool);
}

static bool join_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	struct op_interval_join *self = ctx;
	struct slot *kept = (struct slot *)slot;

	kept->due = NEVER;
	for (uint32_t s = 0; s < 2; s++) {
		struct wr_timed_list *list = &kept->side[s];

		if (!wr_timed_list_load(list, pool, &self->writer.side[s].codec, value->field[s])) {
			join_drop(ctx, pool, slot);
			return false;
		}
		if (list->count > 0)
			kept->due =
			    WR_MIN(kept->due, row_due(self, s, wr_timed_list_at(list, 0)->time_ms));
	}
	return true;
}

wr_status *wr_interval_join_open(struct op_interval_join *self,
				 const struct wr_interval_join_config *config,
				 struct wr_expr *condition)
{
	struct wr_op *op = &self->op;
	const struct wr_node *node = op->node;
	const struct wr_interval *interval = &config->interval;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct slot),
				     .codec = &self->saved,
				     .codec_ctx = self};

	self->config = *config;
	self->watermark_ms = WR_WATERMARK_MIN;
	self->reach_ms[0] = -interval->lower_ms;
	self->reach_ms[1] = interval->upper_ms;
	if (!interval->processing_time)
		op->hold_ms = WR_MAX(0, WR_MAX(self->reach_ms[0], self->reach_ms[1]));
	wr_encoded_init(&self->encoded);
	WR_TRY(wr_join_writer_open(&self->writer, op, config->join, condition));
	for (uint32_t s = 0; s < 2; s++)
		self->field[s] = wr_timed_list_field(&self->writer.arena, s == 0 ? "left" : "right",
						     &node->input[s]->schema, saved_numbers);
	self->saved = (struct wr_state_codec){2, self->field, join_save, join_load, join_drop};
	_Static_assert(sizeof(struct slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_op_key_columns(op, 0, config->key[0], config->key_count, &self->writer.arena, &decl);
	wr_op_clock(op, "watermark_ms", &self->watermark_ms);
	wr_op_clock(op, "sent_ms", &self->writer.watermark);
	decl.pinned = true; /* timers know their slots */
	return wr_op_state_open(op, &decl, &self->state);
}

static wr_status *join_init(struct wr_op *op)
{
	const struct wr_node *node = op->node;
	struct wr_interval_join_config config = {
	    .interval = node->u.join.interval,
	    .key = {node->u.join.left_key, node->u.join.right_key},
	    .key_count = node->u.join.key_count,
	    .join = node->u.join.join};

	return wr_interval_join_open((struct op_interval_join *)op, &config,
				     node->u.join.condition);
}

/* Every key gets its timer back (J2). */
wr_status *wr_interval_join_restored(struct wr_op *op)
{
	struct op_interval_join *self = (struct op_interval_join *)op;
	uint64_t cursor = 0;
	uint8_t *slot;

	while (wr_state_scan(self->state, 0, &cursor, &slot, 1) == 1) {
		int64_t due = ((struct slot *)slot)->due;

		if (due != NEVER)
			wr_timers_push(&self->timers, (struct wr_timer){.time = due, .slot = slot});
	}
	return NULL;
}

/* Whether rows of side s without a match are shown. */
static bool preserved(const struct op_interval_join *self, uint32_t s)
{
	enum wr_join_kind join = self->config.join;

	return join == WR_J_FULL || join == (s == 0 ? WR_J_LEFT : WR_J_RIGHT);
}

/* Emits a row of side s with a row of the other side (NULL: none). */
static wr_status *put(struct op_interval_join *self, uint32_t s, const struct wr_kept_row *one,
		      const struct wr_kept_row *other)
{
	return wr_join_writer_put(&self->writer, s == 0 ? one : other, s == 0 ? other : one,
				  WR_INSERT);
}

/* Joins a row of side s with those of the other side's rows within its bounds that match. */
static wr_status *join_row(struct op_interval_join *self, uint32_t s, struct wr_kept_row *one,
			   const struct wr_row_list *others, const uint8_t *matched)
{
	for (uint32_t i = 0; i < others->count; i++) {
		if (matched != NULL && !matched[i])
			continue;
		one->matches = 1;
		others->row[i].matches = 1;
		WR_TRY(put(self, s, one, &others->row[i]));
	}
	return NULL;
}

/* Keeps a row for rows to come. */
static void keep(struct op_interval_join *self, uint32_t s, struct slot *slot,
		 const struct wr_kept_row *one)
{
	int64_t due = row_due(self, s, one->time_ms);

	wr_timed_list_add(&slot->side[s], wr_state_pool(self->state, 0), one->time_ms, one->bytes,
			  one->len)
	    ->matches = one->matches;
	if (due >= slot->due)
		return;
	slot->due = due;
	wr_timers_push(&self->timers, (struct wr_timer){.time = due, .slot = (uint8_t *)slot});
}

/* The rows of a batch: which have a key and a time, and where those go. */
struct arrived {
	const struct wr_batch *batch;
	uint32_t side;
	int64_t *time_ms;           /* per row */
	uint32_t *row;              /* those with key and time */
	uint32_t count;             /* of row */
	struct slot **slot;         /* per entry of row */
	struct wr_kept_row *kept;   /* per row of the batch: as it is kept */
	struct wr_row_list *others; /* per row of the batch: within its bounds */
	uint32_t *late;             /* rows that are late for good */
	int64_t *late_end;          /* when their last partner went */
	uint32_t late_count;        /* of late */
};

/* One row. `slot` NULL: its key or time is NULL. */
static wr_status *join_one(struct op_interval_join *self, struct arrived *in, uint32_t row,
			   struct slot *slot, const uint8_t *matched)
{
	struct wr_kept_row *one = &in->kept[row];
	uint32_t s = in->side;
	int64_t due = row_due(self, s, one->time_ms);

	if (slot != NULL) {
		WR_TRY(join_row(self, s, one, &in->others[row], matched));
		if (due > self->watermark_ms) {
			keep(self, s, slot, one);
			return NULL;
		}
	}
	if (one->matches > 0)
		return NULL;
	if (preserved(self, s))
		return put(self, s, one, NULL);
	if (slot != NULL) {
		in->late_end[in->late_count] = due;
		in->late[in->late_count++] = row;
	}
	return NULL;
}

/* Fills in->time_ms and in->row. */
static void read_rows(struct op_interval_join *self, struct arrived *in)
{
	const struct wr_interval *interval = &self->config.interval;
	const uint32_t *key = self->config.key[in->side];
	const struct wr_column *time =
	    in->batch->column[in->side == 0 ? interval->left_time : interval->right_time];
	int64_t now_ms = interval->processing_time ? wr_op_wall_ms(&self->op) : 0;

	if (!interval->processing_time)
		wr_window_times(time, in->batch->rows, in->time_ms);
	for (uint32_t i = 0; i < in->batch->rows; i++) {
		bool blank = !interval->processing_time && !wr_column_is_valid(time, i);

		if (interval->processing_time)
			in->time_ms[i] = now_ms;
		for (uint32_t k = 0; k < self->config.key_count && !blank; k++)
			blank = !wr_column_is_valid(in->batch->column[key[k]], i);
		if (!blank)
			in->row[in->count++] = i;
	}
}

/* Finds or makes the slots of in->row. */
static wr_status *find_slots(struct op_interval_join *self, struct arrived *in)
{
	const uint32_t *key = self->config.key[in->side];
	uint8_t *is_new = wr_malloc(in->count + 1);
	struct wr_op_keys keys;
	wr_status *status;

	wr_op_keys_take(&keys, in->batch, key, self->config.key_count,
			in->count == in->batch->rows ? NULL : in->row, in->count, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, (uint8_t **)in->slot, is_new);
	for (uint32_t i = 0; i < in->count && status == NULL; i++)
		if (is_new[i])
			in->slot[i]->due = NEVER;
	wr_op_keys_release(&keys);
	wr_free(is_new);
	return status;
}

/* Slots made for rows that were not kept go again (J1). */
static wr_status *forget_empty(struct op_interval_join *self, const struct arrived *in)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < in->count; i++) {
		struct slot *slot = in->slot[i];

		if (slot->due != NEVER)
			continue;
		slot->due = DOOMED;
		in->slot[doomed++] = slot;
	}
	return wr_state_remove(self->state, 0, (uint8_t *const *)in->slot, doomed);
}

/* Encodes the rows and finds what each may join with. The rows of the batch are kept on their own
 * side, so that what they may join with stays. */
static void find_others(struct op_interval_join *self, struct arrived *in)
{
	wr_codec_encode_batch(&self->writer.side[in->side].codec, &self->encoded, in->batch->column,
			      NULL, in->batch->rows);
	for (uint32_t i = 0; i < in->batch->rows; i++) {
		struct wr_kept_row *one = &in->kept[i];

		*one = (struct wr_kept_row){.time_ms = in->time_ms[i]};
		one->bytes = (char *)wr_encoded_row(&self->encoded, i, &one->len);
	}
	for (uint32_t i = 0; i < in->count; i++) {
		uint32_t row = in->row[i];

		in->others[row] =
		    wr_timed_list_range(&in->slot[i]->side[1 - in->side],
					in->time_ms[row] - self->reach_ms[1 - in->side],
					in->time_ms[row] + self->reach_ms[in->side]);
	}
}

static wr_status *join_rows(struct op_interval_join *self, struct arrived *in)
{
	struct wr_join_probe probe = {
	    .side = in->side, .count = in->batch->rows, .row = in->kept, .others = in->others};
	uint32_t at = 0, to = 0;

	read_rows(self, in);
	WR_TRY(find_slots(self, in));
	find_others(self, in);
	for (uint32_t from = 0; from < in->batch->rows; from = to) {
		const uint8_t *matched;

		WR_TRY(wr_join_writer_probe(&self->writer, &probe, from, &to, &matched));
		for (uint32_t i = from; i < to; i++) {
			bool has_slot = at < in->count && in->row[at] == i;

			WR_TRY(join_one(self, in, i, has_slot ? in->slot[at] : NULL, matched));
			at += has_slot;
			matched += matched != NULL ? in->others[i].count : 0;
		}
	}
	WR_TRY(wr_join_writer_flush(&self->writer));
	WR_TRY(forget_empty(self, in));
	if (in->late_count == 0)
		return NULL;
	wr_count(&self->op.late_rows, in->late_count);
	return self->op.env->late(self->op.env, &self->op, in->batch, in->late, in->late_end,
				  in->late_count);
}

wr_status *wr_interval_join_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_interval_join *self = (struct op_interval_join *)op;
	struct arrived in = {.batch = batch, .side = input};
	wr_status *status;

	wr_batch_compact(batch);
	in.time_ms = wr_malloc(((size_t)batch->rows + 1) * 2 * sizeof *in.time_ms);
	in.late_end = in.time_ms + batch->rows + 1;
	in.row = wr_malloc(((size_t)batch->rows + 1) * 2 * sizeof *in.row);
	in.late = in.row + batch->rows + 1;
	in.slot = wr_malloc(((size_t)batch->rows + 1) * sizeof(struct slot *));
	in.kept = wr_malloc(((size_t)batch->rows + 1) * sizeof *in.kept);
	in.others = wr_calloc((size_t)batch->rows + 1, sizeof *in.others);
	status = join_rows(self, &in);
	wr_free(in.kept);
	wr_free(in.others);
	wr_free(in.time_ms);
	wr_free(in.row);
	wr_free(in.slot);
	wr_batch_free(batch);
	return status;
}

/* Drops what the watermark has passed, at most a batch of each side; false: that was not all. */
static wr_status *expire_slot(struct op_interval_join *self, struct slot *slot, bool *empty)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	slot->due = NEVER;
	for (uint32_t s = 0; s < 2; s++) {
		struct wr_timed_list *list = &slot->side[s];
		uint32_t gone = 0;

		while (gone < list->count && gone < WR_BATCH_ROWS_MAX &&
		       row_due(self, s, wr_timed_list_at(list, gone)->time_ms) <=
			   self->watermark_ms) {
			struct wr_kept_row *one = wr_timed_list_at(list, gone++);

			if (one->matches == 0 && preserved(self, s))
				WR_TRY(put(self, s, one, NULL));
		}
		wr_timed_list_drop(list, pool, gone);
		if (list->count > 0)
			slot->due =
			    WR_MIN(slot->due, row_due(self, s, wr_timed_list_at(list, 0)->time_ms));
	}
	*empty = slot->due == NEVER;
	if (!*empty)
		wr_timers_push(&self->timers,
			       (struct wr_timer){.time = slot->due, .slot = (uint8_t *)slot});
	return NULL;
}

wr_status *wr_interval_join_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_interval_join *self = (struct op_interval_join *)op;
	uint64_t emitted = op->out.rows;

	if (!self->config.interval.processing_time || (mark->flags & WR_MARK_END))
		self->watermark_ms = WR_MAX(self->watermark_ms, mark->watermark_ms);
	else
		self->watermark_ms = wr_op_wall_ms(&self->op);
	while (wr_timers_due(&self->timers, self->watermark_ms) &&
	       op->out.rows - emitted < WR_OP_EMIT_ROWS) {
		struct wr_timer timer = wr_timers_pop(&self->timers);
		struct slot *slot = (struct slot *)timer.slot;
		bool empty;

		if (slot->due != timer.time) /* stale (J2) */
			continue;
		wr_state_touch(self->state, 0, &timer.slot, 1);
		WR_TRY(expire_slot(self, slot, &empty));
		if (empty)
			WR_TRY(wr_state_remove(self->state, 0, &timer.slot, 1));
	}
	WR_TRY(wr_join_writer_flush(&self->writer));
	*more = wr_timers_due(&self->timers, self->watermark_ms);
	if (!*more && mark->watermark_ms != WR_WATERMARK_MIN)
		self->writer.watermark = mark->watermark_ms == WR_WATERMARK_MAX
					     ? WR_WATERMARK_MAX
					     : mark->watermark_ms - op->hold_ms;
	return NULL;
}

void wr_interval_join_release(struct wr_op *op)
{
	struct op_interval_join *self = (struct op_interval_join *)op;

	wr_join_writer_release(&self->writer);
	wr_state_close(self->state);
	wr_timers_release(&self->timers);
	wr_encoded_release(&self->encoded);
}

uint64_t wr_interval_join_bytes(const struct wr_op *op)
{
	const struct op_interval_join *self = (const struct op_interval_join *)op;

	return wr_state_bytes(self->state) +
	       (uint64_t)self->timers.capacity * sizeof *self->timers.heap;
}

const struct wr_op_type wr_op_interval_join = {
    .name = "interval_join",
    .version = 1,
    .size = sizeof(struct op_interval_join),
    .init = join_init,
    .process = wr_interval_join_process,
    .on_mark = wr_interval_join_on_mark,
    .restored = wr_interval_join_restored,
    .release = wr_interval_join_release,
    .state_bytes = wr_interval_join_bytes,
};
