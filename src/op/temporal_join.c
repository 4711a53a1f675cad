/* SPDX-License-Identifier: Apache-2.0
 *
 * temporal_join - joins each left row with the version that the right table had at the row's time.
 *
 * A right row is a version of its key from its own time until the next version's; a deletion ends
 * the versions before it. Left rows wait until the watermark (the lower one of both inputs) reaches
 * their time, since versions up to then may still come; then each is joined with the latest version
 * of its key that is not later than itself, and goes on with its own kind of change. LEFT shows it
 * with NULLs when there is none or the rest of the condition does not hold. So there is one result
 * per left row at most, and nothing is taken back.
 *
 * Keys are compared as groups are: NULL is a key like others, as in Flink. Two versions of one
 * time: the last one to come counts. -U on the right is of no use: the +U behind it is the next
 * version.
 *
 * For a view that keeps the last row of each key (in_order), a row that is older than one before it
 * is no version.
 *
 * A left row that comes behind the watermark is joined at the next mark with what is kept. When the
 * versions of its time have been dropped, INNER hands it to the late rows.
 *
 * Saved: per key both lists with their times and kinds of change; timers follow from them.
 *
 * Memory: left rows above the watermark; of each key the version at the watermark and those above.
 *
 * Invariants
 *   T1  a key in the state has rows or versions
 *   T2  for every key with work to do there is a timer at `due`; others that point to it are stale
 */
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/timed_list.h"
#include "op/timers.h"
#include "op/windowing.h"

#define NEVER  INT64_MAX
#define DOOMED INT64_MIN /* as `due`: the slot is about to be removed */

/* What is kept under one key. kept_row.matches holds the kind of change. */
struct slot {
	struct wr_timed_list left;    /* waiting rows */
	struct wr_timed_list version; /* of the right table */
	int64_t due;                  /* when there is work: a left row, a deletion to forget */
	uint64_t pruned;              /* versions have been dropped: what was before is not known */
};

struct op_temporal_join {
	struct wr_op op;
	struct wr_join_writer writer;
	struct wr_state *state;         /* key -> struct slot */
	struct wr_state_field field[3]; /* of a saved slot */
	struct wr_state_codec saved;
	struct wr_timers timers;
	struct wr_encoded encoded; /* rows of the batch */
	int64_t watermark_ms;      /* of the last mark */
};

/* Notes that a key has work at `due`. */
static void wake(struct op_temporal_join *self, struct slot *slot, int64_t due)
{
	if (due >= slot->due)
		return;
	slot->due = due;
	wr_timers_push(&self->timers, (struct wr_timer){.time = due, .slot = (uint8_t *)slot});
}

static const char *const saved_numbers[] = {"kind", "time_ms"};

static void join_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct slot *kept = (const struct slot *)slot;

	(void)ctx;
	wr_timed_list_save(&kept->left, out);
	wr_timed_list_save(&kept->version, out);
	wr_value_put_number(out, (int64_t)kept->pruned);
}

static void join_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct slot *kept = (struct slot *)slot;

	(void)ctx;
	wr_timed_list_clear(&kept->left, pool);
	wr_timed_list_clear(&kept->version, pool);
}

/* Whether all are kinds of change. */
static bool are_kinds(const struct wr_timed_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (wr_timed_list_at(list, i)->matches > WR_DELETE)
			return false;
	return true;
}

static bool join_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	struct op_temporal_join *self = ctx;
	struct slot *kept = (struct slot *)slot;
	const struct wr_join_side *side = self->writer.side;
	int64_t pruned;

	kept->due = NEVER;
	if (wr_timed_list_load(&kept->left, pool, &side[0].codec, value->field[0]) &&
	    wr_timed_list_load(&kept->version, pool, &side[1].codec, value->field[1]) &&
	    wr_value_number(value->field[2], &pruned) && are_kinds(&kept->left) &&
	    are_kinds(&kept->version)) {
		kept->pruned = pruned != 0;
		return true;
	}
	join_drop(ctx, pool, slot);
	return false;
}

static wr_status *join_init(struct wr_op *op)
{
	struct op_temporal_join *self = (struct op_temporal_join *)op;
	const struct wr_node *node = op->node;
	struct wr_state_decl decl = {.name = "versions",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct slot),
				     .codec = &self->saved,
				     .codec_ctx = self};

	self->watermark_ms = WR_WATERMARK_MIN;
	wr_encoded_init(&self->encoded);
	WR_TRY(wr_join_writer_init(&self->writer, op));
	self->field[0] = wr_timed_list_field(&self->writer.arena, "left", &node->input[0]->schema,
					     saved_numbers);
	self->field[1] = wr_timed_list_field(&self->writer.arena, "versions",
					     &node->input[1]->schema, saved_numbers);
	self->field[2] = (struct wr_state_field){.name = "pruned", .kind = WR_FIELD_NUMBER};
	self->saved = (struct wr_state_codec){3, self->field, join_save, join_load, join_drop};
	_Static_assert(sizeof(struct slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_op_key_columns(op, 0, node->u.join.left_key, node->u.join.key_count, &self->writer.arena,
			  &decl);
	wr_op_clock(op, "watermark_ms", &self->watermark_ms);
	wr_op_clock(op, "sent_ms", &self->writer.watermark);
	decl.pinned = true; /* timers know their slots */
	return wr_op_state_open(op, &decl, &self->state);
}

/* Keys get their timers back (T2): there is work for the first left row, and for the first deletion
 * above the watermark. */
static void wake_again(struct op_temporal_join *self, struct slot *slot)
{
	if (slot->left.count > 0)
		wake(self, slot, wr_timed_list_at(&slot->left, 0)->time_ms);
	for (uint32_t i = 0; i < slot->version.count; i++) {
		const struct wr_kept_row *version = wr_timed_list_at(&slot->version, i);

		if (version->time_ms > self->watermark_ms &&
		    !wr_kind_is_add((uint8_t)version->matches)) {
			wake(self, slot, version->time_ms);
			return;
		}
	}
}

static wr_status *join_restored(struct wr_op *op)
{
	struct op_temporal_join *self = (struct op_temporal_join *)op;
	uint64_t cursor = 0;
	uint8_t *slot;

	while (wr_state_scan(self->state, 0, &cursor, &slot, 1) == 1)
		wake_again(self, (struct slot *)slot);
	return NULL;
}

static bool is_left(const struct op_temporal_join *self)
{
	return self->op.node->u.join.join == WR_J_LEFT;
}

/* Drops the versions that no row above the watermark can ask for. */
static void prune(struct op_temporal_join *self, struct slot *slot)
{
	struct wr_timed_list *list = &slot->version;
	uint32_t passed;

	if (list->count == 0 || self->watermark_ms == WR_WATERMARK_MIN)
		return;
	passed = wr_timed_list_until(list, self->watermark_ms);
	if (passed == 0)
		return;
	/* The last one holds on, unless it says that there is none. */
	if (wr_kind_is_add((uint8_t)wr_timed_list_at(list, passed - 1)->matches))
		passed--;
	if (passed == 0)
		return;
	slot->pruned = 1;
	wr_timed_list_drop(list, wr_state_pool(self->state, 0), passed);
}

/* A right row becomes a version. */
static void add_version(struct op_temporal_join *self, struct slot *slot,
			const struct wr_kept_row *one, uint8_t kind)
{
	struct wr_timed_list *list = &slot->version;
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	if (kind == WR_UPDATE_BEFORE)
		return;
	if (self->op.node->u.join.in_order && list->count > 0 &&
	    wr_timed_list_at(list, list->count - 1)->time_ms > one->time_ms)
		return;
	wr_timed_list_add(list, pool, one->time_ms, one->bytes, one->len)->matches = kind;
	prune(self, slot);
	if (!wr_kind_is_add(kind))
		wake(self, slot, one->time_ms);
}

/* Joins a left row with the version of its time. */
static wr_status *join_left(struct op_temporal_join *self, struct slot *slot,
			    const struct wr_kept_row *left)
{
	uint32_t until = wr_timed_list_until(&slot->version, left->time_ms);
	struct wr_row_list one = {.count = 1};
	uint8_t matched = 0, kind = (uint8_t)left->matches;

	if (until > 0) {
		one.row = wr_timed_list_at(&slot->version, until - 1);
		if (wr_kind_is_add((uint8_t)one.row->matches))
			WR_TRY(wr_join_writer_match(&self->writer, 0, left, &one, &matched));
	}
	if (matched)
		return wr_join_writer_put(&self->writer, left, one.row, kind);
	return is_left(self) ? wr_join_writer_put(&self->writer, left, NULL, kind) : NULL;
}

/* The rows of a batch. */
struct arrived {
	const struct wr_batch *batch;
	uint32_t input;
	int64_t *time_ms;    /* per row */
	struct slot **slot;  /* per row */
	uint32_t *late;      /* left rows whose versions are gone */
	int64_t *late_end;   /* when they went */
	uint32_t late_count; /* of late */
};

/* A left row waits, or is late for good. */
static void add_left(struct op_temporal_join *self, struct arrived *in, uint32_t row,
		     const struct wr_kept_row *one)
{
	struct slot *slot = in->slot[row];

	if (!is_left(self) && one->time_ms < self->watermark_ms && slot->pruned &&
	    wr_timed_list_until(&slot->version, one->time_ms) == 0) {
		in->late_end[in->late_count] = one->time_ms + 1;
		in->late[in->late_count++] = row;
		return;
	}
	wr_timed_list_add(&slot->left, wr_state_pool(self->state, 0), one->time_ms, one->bytes,
			  one->len)
	    ->matches = one->matches;
	wake(self, slot, one->time_ms);
}

/* A row without a time has no version; on the right it is none. */
static wr_status *add_row(struct op_temporal_join *self, struct arrived *in, uint32_t row)
{
	const struct wr_interval *times = &self->op.node->u.join.interval;
	const struct wr_column *time =
	    in->batch->column[in->input == 0 ? times->left_time : times->right_time];
	struct wr_kept_row one = {.time_ms = in->time_ms[row]};
	uint8_t kind = wr_batch_kind(in->batch, row);

	one.bytes = (char *)wr_encoded_row(&self->encoded, row, &one.len);
	one.matches = kind;
	if (!wr_column_is_valid(time, row))
		return in->input == 0 && is_left(self)
			   ? wr_join_writer_put(&self->writer, &one, NULL, kind)
			   : NULL;
	if (in->input == 0)
		add_left(self, in, row, &one);
	else
		add_version(self, in->slot[row], &one, kind);
	return NULL;
}

static bool is_empty(const struct slot *slot)
{
	return slot->left.count == 0 && slot->version.count == 0 && !slot->pruned;
}

/* Finds or makes the slots of all rows. */
static wr_status *find_slots(struct op_temporal_join *self, struct arrived *in)
{
	const struct wr_node *node = self->op.node;
	const uint32_t *key = in->input == 0 ? node->u.join.left_key : node->u.join.right_key;
	uint8_t *is_new = wr_malloc((size_t)in->batch->rows + 1);
	struct wr_op_keys keys;
	wr_status *status;

	wr_op_keys_take(&keys, in->batch, key, node->u.join.key_count, NULL, in->batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, (uint8_t **)in->slot, is_new);
	for (uint32_t i = 0; i < in->batch->rows && status == NULL; i++)
		if (is_new[i])
			in->slot[i]->due = NEVER;
	wr_op_keys_release(&keys);
	wr_free(is_new);
	return status;
}

/* Slots made for rows that were not kept go again (T1). */
static wr_status *forget_empty(struct op_temporal_join *self, const struct arrived *in)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < in->batch->rows; i++) {
		struct slot *slot = in->slot[i];

		if (!is_empty(slot) || slot->due == DOOMED)
			continue;
		slot->due = DOOMED;
		in->slot[doomed++] = slot;
	}
	return wr_state_remove(self->state, 0, (uint8_t *const *)in->slot, doomed);
}

static wr_status *add_rows(struct op_temporal_join *self, struct arrived *in)
{
	const struct wr_interval *times = &self->op.node->u.join.interval;
	uint32_t rows = in->batch->rows;

	wr_window_times(in->batch->column[in->input == 0 ? times->left_time : times->right_time],
			rows, in->time_ms);
	wr_codec_encode_batch(&self->writer.side[in->input].codec, &self->encoded,
			      in->batch->column, NULL, rows);
	WR_TRY(find_slots(self, in));
	for (uint32_t i = 0; i < rows; i++)
		WR_TRY(add_row(self, in, i));
	WR_TRY(wr_join_writer_flush(&self->writer));
	WR_TRY(forget_empty(self, in));
	if (in->late_count == 0)
		return NULL;
	wr_count(&self->op.late_rows, in->late_count);
	return self->op.env->late(self->op.env, &self->op, in->batch, in->late, in->late_end,
				  in->late_count);
}

static wr_status *join_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct arrived in = {.batch = batch, .input = input};
	size_t room;
	wr_status *status;

	wr_batch_compact(batch);
	room = (size_t)batch->rows + 1;
	in.time_ms = wr_malloc(2 * room * sizeof *in.time_ms);
	in.late_end = in.time_ms + room;
	in.late = wr_malloc(room * sizeof *in.late);
	in.slot = wr_malloc(room * sizeof(struct slot *));
	status = add_rows((struct op_temporal_join *)op, &in);
	wr_free(in.time_ms);
	wr_free(in.late);
	wr_free(in.slot);
	wr_batch_free(batch);
	return status;
}

/* Joins the rows of a key that the watermark has reached, at most a batch of them, and drops the
 * versions behind it. */
static wr_status *fire(struct op_temporal_join *self, struct slot *slot)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	uint32_t ready = WR_MIN(wr_timed_list_until(&slot->left, self->watermark_ms),
				(uint32_t)WR_BATCH_ROWS_MAX);

	for (uint32_t i = 0; i < ready; i++)
		WR_TRY(join_left(self, slot, wr_timed_list_at(&slot->left, i)));
	wr_timed_list_drop(&slot->left, pool, ready);
	slot->due = NEVER;
	if (slot->left.count > 0)
		wake(self, slot, wr_timed_list_at(&slot->left, 0)->time_ms);
	if (slot->due > self->watermark_ms)
		prune(self, slot);
	wake_again(self, slot);
	return NULL;
}

static wr_status *join_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_temporal_join *self = (struct op_temporal_join *)op;
	uint64_t emitted = op->out.rows;

	self->watermark_ms = WR_MAX(self->watermark_ms, mark->watermark_ms);
	while (wr_timers_due(&self->timers, self->watermark_ms) &&
	       op->out.rows - emitted < WR_OP_EMIT_ROWS) {
		struct wr_timer timer = wr_timers_pop(&self->timers);
		struct slot *slot = (struct slot *)timer.slot;

		if (slot->due != timer.time) /* stale (T2) */
			continue;
		wr_state_touch(self->state, 0, &timer.slot, 1);
		WR_TRY(fire(self, slot));
		if (slot->left.count == 0 && slot->version.count == 0)
			WR_TRY(wr_state_remove(self->state, 0, &timer.slot, 1));
	}
	WR_TRY(wr_join_writer_flush(&self->writer));
	*more = wr_timers_due(&self->timers, self->watermark_ms);
	if (!*more)
		self->writer.watermark = mark->watermark_ms;
	return NULL;
}

static void join_release(struct wr_op *op)
{
	struct op_temporal_join *self = (struct op_temporal_join *)op;

	wr_join_writer_release(&self->writer);
	wr_state_close(self->state);
	wr_timers_release(&self->timers);
	wr_encoded_release(&self->encoded);
}

static uint64_t join_state_bytes(const struct wr_op *op)
{
	const struct op_temporal_join *self = (const struct op_temporal_join *)op;

	return wr_state_bytes(self->state) +
	       (uint64_t)self->timers.capacity * sizeof *self->timers.heap;
}

const struct wr_op_type wr_op_temporal_join = {
    .name = "temporal_join",
    .version = 1,
    .size = sizeof(struct op_temporal_join),
    .init = join_init,
    .process = join_process,
    .on_mark = join_on_mark,
    .restored = join_restored,
    .release = join_release,
    .state_bytes = join_state_bytes,
};
