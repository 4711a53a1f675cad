/* SPDX-License-Identifier: Apache-2.0
 *
 * group_agg - GROUP BY over an endless stream: an updating result per key.
 *
 * Rows of an epoch are folded into the key's accumulators; at the mark the net change of each
 * touched key is emitted: +I for a key that is new, -U/+U when its values differ from those before
 * the epoch, -D when its last row is gone. A key that did not change emits nothing. What a key
 * showed before the epoch is computed when the epoch first touches it.
 *
 * Slot: a count of the rows in the group (for -D), flags, then the accumulators. DISTINCT is this
 * with no accumulators. A global aggregate (no keys) is one such group: nothing before its first
 * row, -D when the last one is taken back. (In batch mode it has a result without rows too.)
 *
 * With a time to live, a key that was not touched for that long is forgotten, without a word: the
 * next row of it begins anew.
 *
 * Memory: one slot per key (with a time to live: of that time), and per epoch one row per touched
 * key (bounded by the rows of the epoch).
 *
 * Invariants
 *   G1  TOUCHED is set iff the slot is in `touched` of this epoch
 *   G2  SHOWN is set iff the last thing emitted for the key was +I or +U
 *   G3  between epochs no slot is TOUCHED: what a checkpoint saves has none
 */
#include "op/aggregate_codec.h"
#include "op/partial.h"
#include "op/touched.h"
#include "op/ttl.h"

#include "base/env.h"
#include "base/mem.h"
#include "data/builder.h"

enum { TOUCHED = 1, SHOWN = 2 };

struct head {
	int64_t rows;   /* in the group: additions less retractions */
	uint32_t flags; /* TOUCHED, SHOWN */
	uint32_t old;   /* TOUCHED: its row in `before`; else, if keys expire, when it last was */
};

_Static_assert(sizeof(struct head) == sizeof(struct wr_partial),
	       "partial results have the layout of a slot");

struct op_group_agg {
	struct wr_op op;
	struct wr_aggs aggs;
	struct wr_state *state;      /* key -> head, accumulators; namespace 0 */
	struct wr_arena arena;       /* of what describes the state */
	struct wr_state_codec codec; /* of the state */
	struct wr_touched touched;   /* slots of this epoch */
	struct wr_builder *
	    *before; /* per item: values before the epoch, one row per touched slot */
	struct wr_column *
	    *before_column; /* the same, finished while a mark is being worked off; else NULL */
	struct wr_ttl ttl;
	uint64_t sweep_next; /* where the next sweep goes on */
};

/* Fields of a slot: these, then the accumulators. */
enum { FIELD_ROWS, FIELD_SHOWN, FIELD_USED, FIELDS };

static void group_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct op_group_agg *self = ctx;
	const struct head *head = (const struct head *)slot;

	WR_ASSERT(!(head->flags & TOUCHED)); /* G3 */
	wr_value_put_number(out, head->rows);
	wr_value_put_number(out, (head->flags & SHOWN) != 0);
	if (self->ttl.unit_ms > 0)
		wr_value_put_number(out, wr_ttl_save(&self->ttl, head->old));
	else
		wr_value_put_absent(out);
	wr_aggs_save(&self->aggs, slot, out);
}

/* Of another query's state: rows must be there, a key that was never timed was used now. */
static bool group_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		       const struct wr_value *value)
{
	const struct op_group_agg *self = ctx;
	struct head *head = (struct head *)slot;
	int64_t shown, used;

	if (!wr_value_number(value->field[FIELD_ROWS], &head->rows) ||
	    !wr_value_number(value->field[FIELD_SHOWN], &shown))
		return false;
	head->flags = shown != 0 ? SHOWN : 0;
	head->old = self->ttl.now;
	if (value->field[FIELD_USED].data != NULL) {
		if (!wr_value_number(value->field[FIELD_USED], &used))
			return false;
		head->old = wr_ttl_load(&self->ttl, used);
	}
	return wr_aggs_load(&self->aggs, pool, slot, value->field + FIELDS);
}

static void group_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	wr_aggs_drop(&((const struct op_group_agg *)ctx)->aggs, pool, slot);
}

static void group_codec(struct op_group_agg *self)
{
	struct wr_state_field *field =
	    WR_NEW_ARRAY(&self->arena, struct wr_state_field, FIELDS + self->aggs.count);

	field[FIELD_ROWS] = (struct wr_state_field){.name = "rows", .kind = WR_FIELD_NUMBER};
	field[FIELD_SHOWN] = (struct wr_state_field){.name = "shown", .kind = WR_FIELD_NUMBER};
	field[FIELD_USED] = (struct wr_state_field){.name = "used ms", .kind = WR_FIELD_NUMBER};
	wr_aggs_fields(&self->aggs, &self->arena, field + FIELDS);
	self->codec = (struct wr_state_codec){.field_count = FIELDS + self->aggs.count,
					      .field = field,
					      .save = group_save,
					      .load = group_load,
					      .drop = group_drop};
}

static wr_status *group_init(struct wr_op *op)
{
	struct op_group_agg *self = (struct op_group_agg *)op;
	const struct wr_node *node = op->node;
	struct wr_state_decl decl = {.name = "groups", .meaning = node->state_name};

	wr_arena_init(&self->arena);
	wr_aggs_init(&self->aggs, node, sizeof(struct head));
	wr_op_key_columns(op, 0, node->u.agg.key, node->u.agg.key_count, &self->arena, &decl);
	decl.value_size = self->aggs.slot_size;
	decl.ttl_ms = node->u.agg.state_ttl_ms;
	group_codec(self);
	decl.codec = &self->codec;
	decl.codec_ctx = self;
	wr_ttl_start(&self->ttl, decl.ttl_ms, op->env->env);
	self->before = wr_calloc(self->aggs.count + 1, sizeof *self->before);
	self->before_column = wr_calloc(self->aggs.count + 1, sizeof *self->before_column);
	for (uint32_t i = 0; i < self->aggs.count; i++)
		self->before[i] = wr_builder_new(self->aggs.item[i].call->type, 64);
	return wr_op_state_open(op, &decl, &self->state);
}

static bool is_expired(const struct op_group_agg *self, const uint8_t *slot)
{
	const struct head *head = (const struct head *)slot;

	return !(head->flags & TOUCHED) && wr_ttl_expired(&self->ttl, head->old);
}

/* Keys that come back after their time begin anew. */
static void group_renew(struct op_group_agg *self, uint8_t *const *slot, uint8_t *is_new,
			uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (is_new[i] || !is_expired(self, slot[i]))
			continue;
		wr_aggs_drop(&self->aggs, wr_state_pool(self->state, 0), slot[i]);
		memset(slot[i], 0, self->aggs.slot_size);
		((struct head *)slot[i])->old = self->ttl.now;
		is_new[i] = 1;
	}
}

/* Drops the expired keys of a piece of the state. */
static wr_status *group_sweep(struct op_group_agg *self)
{
	uint64_t left = wr_ttl_sweep(&self->ttl, wr_state_count(self->state, 0));
	uint8_t *slot[64];

	while (left > 0) {
		uint32_t count =
		    wr_state_scan(self->state, 0, &self->sweep_next, slot, WR_COUNT(slot));
		uint32_t doomed = 0;

		if (count == 0)
			self->sweep_next = 0;
		if (count == 0)
			return NULL;
		for (uint32_t i = 0; i < count; i++)
			if (is_expired(self, slot[i]))
				slot[doomed++] = slot[i];
		wr_state_touch(self->state, 0, slot, doomed);
		for (uint32_t i = 0; i < doomed; i++)
			wr_aggs_drop(&self->aggs, wr_state_pool(self->state, 0), slot[i]);
		WR_TRY(wr_state_remove(self->state, 0, slot, doomed));
		left -= WR_MIN(left, (uint64_t)count);
	}
	return NULL;
}

/* Notes the slots that this epoch touches for the first time, with the values they showed. */
static void group_touch(struct op_group_agg *self, uint8_t *const *slot, const uint8_t *is_new,
			uint32_t count)
{
	uint32_t first = self->touched.count, added;
	struct wr_column **old = wr_calloc(self->aggs.count + 1, sizeof *old);

	for (uint32_t i = 0; i < count; i++) {
		struct head *head = (struct head *)slot[i];

		if (is_new[i])
			wr_aggs_start(&self->aggs, slot[i]);
		if (head->flags & TOUCHED)
			continue;
		head->flags |= TOUCHED;
		head->old = self->touched.count;
		wr_touched_add(&self->touched, slot[i]);
	}
	added = self->touched.count - first;
	for (uint32_t at = 0; at < added;) {
		uint32_t n = WR_MIN(added - at, WR_BATCH_ROWS_MAX);

		wr_aggs_values(&self->aggs, self->touched.slot + first + at, n, old);
		for (uint32_t i = 0; i < self->aggs.count; i++) {
			wr_builder_append_rows(self->before[i], old[i], NULL, n);
			wr_column_unref(old[i]);
		}
		at += n;
	}
	wr_free(old);
}

/* Merges partial results of a local half. */
static void group_merge(struct op_group_agg *self, const struct wr_batch *batch,
			uint8_t *const *slot)
{
	uint8_t **from = wr_malloc((batch->rows + 1) * sizeof *from);

	for (uint32_t i = 0; i < batch->rows; i++) {
		from[i] = wr_partial_slot(batch, i);
		((struct head *)slot[i])->rows += ((const struct wr_partial *)from[i])->rows;
	}
	wr_aggs_merge(&self->aggs, wr_state_pool(self->state, 0), slot, from, batch->rows);
	wr_free(from);
}

static wr_status *group_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_group_agg *self = (struct op_group_agg *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot, *is_new, *retract = NULL;
	uint32_t rows;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	rows = batch->rows;
	wr_op_keys_take(&keys, batch, node->u.agg.key, node->u.agg.key_count, NULL, rows, true);
	slot = wr_malloc((rows + 1) * sizeof *slot);
	is_new = wr_calloc(rows + 1, 1);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, is_new);
	if (status == NULL) {
		if (self->ttl.unit_ms > 0) {
			wr_ttl_tick(&self->ttl, wr_op_mono_ms(op));
			group_renew(self, slot, is_new, rows);
		}
		group_touch(self, slot, is_new, rows);
		if (wr_partial_is(node, batch)) {
			group_merge(self, batch, slot);
			goto out;
		}
		if (batch->kind != NULL) {
			retract = wr_malloc(rows + 1);
			for (uint32_t i = 0; i < rows; i++)
				retract[i] = !wr_kind_is_add(batch->kind[i]);
		}
		for (uint32_t i = 0; i < rows; i++)
			((struct head *)slot[i])->rows += retract != NULL && retract[i] ? -1 : 1;
		wr_aggs_update(&self->aggs, wr_state_pool(self->state, 0), slot, batch, NULL,
			       retract, rows);
	}
out:
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(is_new);
	wr_free(retract);
	wr_batch_free(batch);
	return status;
}

/* What one touched slot emits. */
enum change { NOTHING, APPEARS, CHANGES, DISAPPEARS };

static enum change group_change(const struct op_group_agg *self, const struct head *head,
				struct wr_column *const *now, uint32_t now_row, uint32_t before_row)
{
	if (head->rows <= 0)
		return head->flags & SHOWN ? DISAPPEARS : NOTHING;
	if (!(head->flags & SHOWN))
		return APPEARS;
	for (uint32_t i = 0; i < self->aggs.count; i++)
		if (!wr_value_equal(now[i], now_row, self->before_column[i], before_row))
			return CHANGES;
	return NOTHING;
}

/* Picks rows of two columns (before, now) into one. */
static struct wr_column *pick(struct wr_column *before, struct wr_column *now, uint32_t now_start,
			      const uint32_t *index, uint32_t count)
{
	struct wr_column *both[2] = {before, now};
	uint32_t lens[2] = {now_start, now->len};
	struct wr_column *all = wr_column_concat(both, lens, 2);
	struct wr_column *out = wr_column_gather(all, index, count);

	wr_column_unref(all);
	return out;
}

/* The changes of slots [from, from + count) as a batch; may be NULL. */
static struct wr_batch *group_batch(struct op_group_agg *self, uint32_t from, uint32_t count)
{
	const struct wr_node *node = self->op.node;
	uint32_t keys = node->u.agg.key_count, items = self->aggs.count, rows = 0;
	bool before_wanted = node->traits.needs_update_before;
	struct wr_column **now = wr_calloc(items + 1, sizeof *now),
			 **old = wr_calloc(items + 1, sizeof *old);
	struct wr_column **key = wr_calloc(keys + 1, sizeof *key);
	uint32_t *which = wr_malloc((2 * count + 1) * sizeof *which),
		 *of_slot = wr_malloc((2 * count + 1) * sizeof *which);
	uint8_t *kind = wr_malloc(2 * count + 1);
	struct wr_batch *batch = NULL;

	wr_aggs_values(&self->aggs, self->touched.slot + from, count, now);
	wr_state_slot_keys(self->state, 0, self->touched.slot + from, count, key);
	for (uint32_t i = 0; i < items; i++)
		old[i] = wr_column_slice(self->before_column[i], from, count);
	for (uint32_t i = 0; i < count; i++) {
		struct head *head = (struct head *)self->touched.slot[from + i];
		enum change change = group_change(self, head, now, i, from + i);

		if (change == DISAPPEARS || (change == CHANGES && before_wanted)) {
			which[rows] = i;
			of_slot[rows] = i;
			kind[rows++] = change == DISAPPEARS ? WR_DELETE : WR_UPDATE_BEFORE;
		}
		if (change == APPEARS || change == CHANGES) {
			which[rows] = count + i;
			of_slot[rows] = i;
			kind[rows++] = change == APPEARS ? WR_INSERT : WR_UPDATE_AFTER;
		}
		head->flags &= ~(uint32_t)TOUCHED;
		head->old = self->ttl.now;
		if (change == APPEARS)
			head->flags |= SHOWN;
		if (change == DISAPPEARS)
			head->flags &= ~(uint32_t)SHOWN;
	}
	if (rows > 0) {
		batch = wr_batch_new(keys + items, rows);
		for (uint32_t i = 0; i < keys; i++)
			batch->column[i] = wr_column_gather(key[i], of_slot, rows);
		for (uint32_t i = 0; i < items; i++)
			batch->column[keys + i] = pick(old[i], now[i], count, which, rows);
		memcpy(wr_batch_kinds(batch), kind, rows);
	}
	for (uint32_t i = 0; i < items; i++) {
		wr_column_unref(now[i]);
		wr_column_unref(old[i]);
	}
	for (uint32_t i = 0; i < keys; i++)
		wr_column_unref(key[i]);
	wr_free(now);
	wr_free(old);
	wr_free(key);
	wr_free(which);
	wr_free(of_slot);
	wr_free(kind);
	return batch;
}

/* Forgets groups without rows among the slots worked off. */
static wr_status *group_forget(struct op_group_agg *self, uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++) {
		uint8_t *slot = self->touched.slot[i];

		if (((struct head *)slot)->rows > 0)
			continue;
		wr_aggs_drop(&self->aggs, wr_state_pool(self->state, 0), slot);
		WR_TRY(wr_state_remove(self->state, 0, &slot, 1));
	}
	return NULL;
}

static void group_end_epoch(struct op_group_agg *self)
{
	for (uint32_t i = 0; i < self->aggs.count; i++) {
		wr_column_unref(self->before_column[i]);
		self->before_column[i] = NULL;
	}
	wr_touched_clear(&self->touched);
}

/* A global aggregate that has seen no row by the end of a batch job shows its empty result. */
static wr_status *group_show_empty(struct op_group_agg *self, const struct wr_mark *mark)
{
	uint64_t hash = 0;
	struct wr_keys keys = {.rows = 1, .hash = &hash};
	uint8_t *slot, is_new;

	if (!self->op.node->u.agg.row_if_empty || !(mark->flags & WR_MARK_END) ||
	    wr_state_count(self->state, 0) > 0)
		return NULL;
	WR_TRY(wr_state_upsert(self->state, 0, &keys, &slot, &is_new));
	group_touch(self, &slot, &is_new, 1);
	((struct head *)slot)->rows = 1;
	return NULL;
}

static wr_status *group_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_group_agg *self = (struct op_group_agg *)op;
	uint32_t emitted = 0, step = WR_MAX(op->env->batch_rows_max / 2, 1);

	WR_TRY(group_show_empty(self, mark));
	if (self->ttl.unit_ms > 0 && self->touched.next == 0) {
		wr_ttl_tick(&self->ttl, wr_op_mono_ms(op));
		WR_TRY(group_sweep(self));
	}
	if (self->touched.count == 0)
		return NULL;
	if (self->touched.next == 0)
		for (uint32_t i = 0; i < self->aggs.count; i++)
			self->before_column[i] = wr_builder_finish(self->before[i]);
	while (self->touched.next < self->touched.count && emitted < WR_OP_EMIT_ROWS) {
		uint32_t count = WR_MIN(self->touched.count - self->touched.next, step);
		struct wr_batch *batch;

		WR_TRY(wr_aggs_fault(&self->aggs, self->touched.slot + self->touched.next, count));
		batch = group_batch(self, self->touched.next, count);
		WR_TRY(group_forget(self, self->touched.next, count));
		self->touched.next += count;
		if (batch == NULL)
			continue;
		emitted += batch->rows;
		batch->watermark = mark->watermark_ms;
		WR_TRY(wr_out_emit(&op->out, batch));
	}
	*more = self->touched.next < self->touched.count;
	if (!*more)
		group_end_epoch(self);
	return NULL;
}

static void group_release(struct wr_op *op)
{
	struct op_group_agg *self = (struct op_group_agg *)op;

	for (uint32_t i = 0; i < self->aggs.count && self->before != NULL; i++) {
		wr_builder_free(self->before[i]);
		wr_column_unref(self->before_column[i]);
	}
	wr_free(self->before);
	wr_free(self->before_column);
	wr_touched_release(&self->touched);
	wr_state_close(self->state);
	wr_aggs_release(&self->aggs);
	wr_arena_release(&self->arena);
}

static uint64_t group_state_bytes(const struct wr_op *op)
{
	const struct op_group_agg *self = (const struct op_group_agg *)op;

	uint64_t bytes =
	    wr_state_bytes(self->state) + self->touched.capacity * sizeof *self->touched.slot;

	for (uint32_t i = 0; i < self->aggs.count; i++)
		bytes += (uint64_t)self->before[i]->capacity * (self->before[i]->width + 1);
	return bytes;
}

const struct wr_op_type wr_op_group_agg = {
    .name = "group_agg",
    .version = 1,
    .size = sizeof(struct op_group_agg),
    .init = group_init,
    .process = group_process,
    .on_mark = group_on_mark,
    .release = group_release,
    .state_bytes = group_state_bytes,
};
