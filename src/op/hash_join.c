/* SPDX-License-Identifier: Apache-2.0
 *
 * hash_join - regular equi joins over keyed state; both inputs may change.
 *
 * Each side keeps its rows under the join key. A row that comes in is matched with the other side's
 * rows of its key (the rest of the condition evaluated on all of them at once) and emits its joined
 * rows with its own kind of change. Sides that are preserved (LEFT, RIGHT, FULL, SEMI, ANTI) keep
 * per row how many rows it matches: when that leaves or reaches zero, the row's unmatched form is
 * taken back or shown.
 *
 *   LEFT   (l, NULL) is shown while l has no match            SEMI  l is shown while it has a match
 *   ANTI   l is shown while it has none
 *
 * A NULL in a key matches nothing (unless keys are compared with IS NOT DISTINCT FROM); such rows
 * are not kept.
 *
 * With a time to live, rows are dropped that long after they came, without a word: what they were
 * part of stays as it was shown.
 *
 * Saved: per key and side the rows in the order of arrival, with their matches. Looking for
 * partners changes nothing of the other side, unless its rows count their matches or have expired:
 * only then are its keys part of the next checkpoint.
 *
 * Memory: every row of both inputs, once; with a time to live those of that time.
 */
#include "base/env.h"
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/row_list.h"

#define DOOMED UINT32_MAX /* as the capacity of an empty list: its slot is about to be removed */

struct op_hash_join {
	struct wr_op op;
	struct wr_join_writer writer;
	struct kept_side { /* what the codec of a side's state needs */
		struct op_hash_join *join;
		uint32_t side;
		struct wr_state_field field;
		struct wr_state_codec codec;
	} kept[2];
	struct wr_state *state[2]; /* per side: key -> struct wr_row_list */
	struct wr_encoded encoded; /* rows of the batch */
	struct wr_kept_row *row;   /* the same, for the list; room for the batch */
	uint32_t row_capacity;
	struct wr_ttl ttl[2];   /* per side */
	uint64_t sweep_next[2]; /* per side: where the next sweep goes on */
};

/* A batch on its way through. */
struct joined {
	uint32_t side, rows;
	struct wr_row_list **own;   /* per row; NULL: its key has a NULL */
	struct wr_row_list *others; /* per row: those of its key */
	const struct wr_batch *batch;
};

static bool expires(const struct op_hash_join *self)
{
	return self->ttl[0].unit_ms > 0 || self->ttl[1].unit_ms > 0;
}

static void tick(struct op_hash_join *self)
{
	int64_t now_ms = expires(self) ? wr_op_mono_ms(&self->op) : 0;

	wr_ttl_tick(&self->ttl[0], now_ms);
	wr_ttl_tick(&self->ttl[1], now_ms);
}

/* Whether rows of side s without a match are part of the result (or decide it). */
static bool preserved(const struct op_hash_join *self, uint32_t s)
{
	switch (self->op.node->u.join.join) {
	case WR_J_LEFT:
	case WR_J_SEMI:
	case WR_J_ANTI: return s == 0;
	case WR_J_RIGHT: return s == 1;
	case WR_J_FULL: return true;
	default: return false;
	}
}

static void side_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct kept_side *kept = ctx;
	bool counted = preserved(kept->join, kept->side);

	wr_row_list_save((const struct wr_row_list *)slot,
			 counted ? WR_MATCHES_COUNTED : WR_MATCHES_NONE,
			 &kept->join->ttl[kept->side], out);
}

static bool side_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	const struct kept_side *kept = ctx;

	return wr_row_list_load((struct wr_row_list *)slot, pool,
				&kept->join->writer.side[kept->side].codec,
				&kept->join->ttl[kept->side], value->field[0]);
}

static void side_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	(void)ctx;
	wr_row_list_drop((struct wr_row_list *)slot, pool);
}

/* The state of a side. */
static wr_status *side_open(struct op_hash_join *self, uint32_t s)
{
	const struct wr_node *node = self->op.node;
	struct kept_side *kept = &self->kept[s];
	struct wr_state_decl decl = {.name = s == 0 ? "left" : "right",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct wr_row_list),
				     .ttl_ms = s == 0 ? node->u.join.left_ttl_ms
						      : node->u.join.right_ttl_ms,
				     .codec = &kept->codec,
				     .codec_ctx = kept};

	_Static_assert(sizeof(struct wr_row_list) % 16 == 0, "a slot is a multiple of 16 bytes");
	kept->join = self;
	kept->side = s;
	kept->field = wr_row_list_field(&self->writer.arena, "rows", &node->input[s]->schema);
	kept->codec = (struct wr_state_codec){1, &kept->field, side_save, side_load, side_drop};
	wr_ttl_start(&self->ttl[s], decl.ttl_ms, self->op.env->env);
	wr_op_key_columns(&self->op, s, s == 0 ? node->u.join.left_key : node->u.join.right_key,
			  node->u.join.key_count, &self->writer.arena, &decl);
	return wr_op_state_open(&self->op, &decl, &self->state[s]);
}

static wr_status *join_init(struct wr_op *op)
{
	struct op_hash_join *self = (struct op_hash_join *)op;

	wr_encoded_init(&self->encoded);
	WR_TRY(wr_join_writer_init(&self->writer, op));
	WR_TRY(side_open(self, 0));
	WR_TRY(side_open(self, 1));
	wr_op_clock(op, "watermark_ms", &self->writer.watermark);
	return NULL;
}

/* Emits a row of side s with a row of the other side (NULL: none). */
static wr_status *put(struct op_hash_join *self, uint32_t s, const struct wr_kept_row *one,
		      const struct wr_kept_row *other, uint8_t kind)
{
	return wr_join_writer_put(&self->writer, s == 0 ? one : other, s == 0 ? other : one, kind);
}

/* A row of side s alone: shown when it has no match (outer joins, ANTI), or when it has one (SEMI).
 */
static wr_status *put_alone(struct op_hash_join *self, uint32_t s, const struct wr_kept_row *one,
			    bool has_match, bool add)
{
	bool wants_match = self->op.node->u.join.join == WR_J_SEMI;

	if (!preserved(self, s) || has_match != wants_match)
		return NULL;
	return put(self, s, one, NULL, add ? WR_INSERT : WR_DELETE);
}

/* The other side's row gained or lost a match. */
static wr_status *other_changes(struct op_hash_join *self, uint32_t s, struct wr_kept_row *other,
				bool add)
{
	uint32_t before = other->matches;

	if (!preserved(self, 1 - s))
		return NULL;
	WR_ASSERT(add || before > 0);
	other->matches = add ? before + 1 : before - 1;
	if ((before == 0) == (other->matches == 0))
		return NULL;
	WR_TRY(put_alone(self, 1 - s, other, before != 0, false));
	return put_alone(self, 1 - s, other, other->matches != 0, true);
}

/* Joins one row of side s with the other side's rows of its key. */
static wr_status *join_row(struct op_hash_join *self, uint32_t s, const struct wr_kept_row *one,
			   const struct wr_row_list *others, const uint8_t *matched, uint8_t kind,
			   uint32_t *matches)
{
	enum wr_join_kind join = self->op.node->u.join.join;
	bool pairs = join != WR_J_SEMI && join != WR_J_ANTI, add = wr_kind_is_add(kind);

	*matches = 0;
	for (uint32_t i = 0; i < others->count; i++) {
		if (matched != NULL && !matched[i])
			continue;
		++*matches;
		if (add)
			WR_TRY(other_changes(self, s, &others->row[i], true));
		if (pairs)
			WR_TRY(put(self, s, one, &others->row[i], kind));
		if (!add)
			WR_TRY(other_changes(self, s, &others->row[i], false));
	}
	return NULL;
}

/* One row: matched, shown alone if it has to be, kept or forgotten. `own` NULL: its key has a NULL.
 */
static wr_status *join_one(struct op_hash_join *self, uint32_t s, const struct wr_kept_row *one,
			   struct wr_row_list *own, const struct wr_row_list *others,
			   const uint8_t *matched, uint8_t kind)
{
	bool add = wr_kind_is_add(kind);
	struct wr_agg_pool *pool = wr_state_pool(self->state[s], 0);
	uint32_t matches;
	struct wr_kept_row *kept;
	int64_t at = 0;

	if (own != NULL && !add) {
		at = wr_row_list_find(own, one->bytes, one->len);
		if (at < 0) /* takes back what never came: nothing has been shown for it */
			return NULL;
	}
	WR_TRY(join_row(self, s, one, others, matched, kind, &matches));
	WR_TRY(put_alone(self, s, one, matches > 0, add));
	if (own == NULL)
		return NULL;
	if (!add) {
		wr_row_list_remove(own, pool, (uint32_t)at);
		return NULL;
	}
	kept = wr_row_list_add(own, pool, one->bytes, one->len);
	kept->matches = matches;
	kept->stamp = self->ttl[s].now;
	return NULL;
}

/* Joins the rows of a batch, in their order. A row's partners do not change while the batch is
 * joined: it adds to its own side only. */
static wr_status *join_rows(struct op_hash_join *self, const struct joined *joined)
{
	struct wr_join_probe probe = {.side = joined->side,
				      .count = joined->rows,
				      .row = self->row,
				      .others = joined->others};
	uint32_t to = 0;

	for (uint32_t from = 0; from < joined->rows; from = to) {
		const uint8_t *matched;

		WR_TRY(wr_join_writer_probe(&self->writer, &probe, from, &to, &matched));
		for (uint32_t i = from; i < to; i++) {
			WR_TRY(join_one(self, joined->side, &self->row[i], joined->own[i],
					&joined->others[i], matched,
					wr_batch_kind(joined->batch, i)));
			matched += matched != NULL ? joined->others[i].count : 0;
		}
	}
	return wr_join_writer_flush(&self->writer);
}

/* Encodes the rows of a batch. */
static void encode_rows(struct op_hash_join *self, uint32_t s, const struct wr_batch *batch)
{
	if (self->row_capacity < batch->rows) {
		self->row_capacity = batch->rows;
		self->row = wr_realloc(self->row, self->row_capacity * sizeof *self->row);
	}
	wr_codec_encode_batch(&self->writer.side[s].codec, &self->encoded, batch->column, NULL,
			      batch->rows);
	for (uint32_t i = 0; i < batch->rows; i++) {
		self->row[i] = (struct wr_kept_row){0};
		self->row[i].bytes = (char *)wr_encoded_row(&self->encoded, i, &self->row[i].len);
	}
}

/* Keys that have no rows any more go; each slot once. */
static wr_status *forget_empty(struct op_hash_join *self, uint32_t s, uint8_t **slot,
			       uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct wr_row_list *list = (struct wr_row_list *)slot[i];

		if (list->count > 0 || list->capacity == DOOMED)
			continue;
		list->capacity = DOOMED;
		slot[doomed++] = slot[i];
	}
	return wr_state_remove(self->state[s], 0, slot, doomed);
}

/* Rows of a slot that are expired are not there any more. */
static void expire(struct op_hash_join *self, uint32_t s, uint8_t *slot)
{
	struct wr_row_list *list = (struct wr_row_list *)slot;

	if (list->count == 0 || !wr_ttl_expired(&self->ttl[s], list->row[0].stamp))
		return;
	wr_state_touch(self->state[s], 0, &slot, 1);
	wr_row_list_expire(list, wr_state_pool(self->state[s], 0), &self->ttl[s]);
}

static void drop_expired(struct op_hash_join *self, uint32_t s, uint8_t *const *slot,
			 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (slot[i] != NULL)
			expire(self, s, slot[i]);
}

/* The slots of the other side: to be changed only where its rows count their matches. */
static wr_status *find_others(struct op_hash_join *self, uint32_t s, const struct wr_keys *keys,
			      uint8_t **slot)
{
	if (preserved(self, s))
		return wr_state_find(self->state[s], 0, keys, slot);
	return wr_state_peek(self->state[s], 0, keys, slot);
}

static wr_status *join_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_hash_join *self = (struct op_hash_join *)op;
	const uint32_t *key = input == 0 ? op->node->u.join.left_key : op->node->u.join.right_key;
	struct wr_op_keys keys;
	struct joined joined = {.side = input, .batch = batch};
	uint8_t **slot, **other;
	wr_status *status;

	wr_batch_compact(batch);
	tick(self);
	joined.rows = batch->rows;
	slot = wr_malloc(((size_t)batch->rows + 1) * 3 * sizeof *slot);
	other = slot + batch->rows + 1;
	joined.own = (struct wr_row_list **)(other + batch->rows + 1);
	joined.others = wr_calloc((size_t)batch->rows + 1, sizeof *joined.others);
	wr_op_keys_take(&keys, batch, key, op->node->u.join.key_count, NULL, batch->rows, true);
	status = wr_state_upsert(self->state[input], 0, &keys.keys, slot, NULL);
	if (status == NULL)
		status = find_others(self, 1 - input, &keys.keys, other);
	if (status == NULL && expires(self)) {
		drop_expired(self, input, slot, batch->rows);
		drop_expired(self, 1 - input, other, batch->rows);
	}
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		bool blank = !op->node->u.join.null_equal && wr_op_keys_have_null(&keys, i);

		joined.own[i] = blank ? NULL : (struct wr_row_list *)slot[i];
		if (!blank && other[i] != NULL)
			joined.others[i] = *(struct wr_row_list *)other[i];
	}
	encode_rows(self, input, batch);
	if (status == NULL)
		status = join_rows(self, &joined);
	if (status == NULL)
		status = forget_empty(self, input, slot, batch->rows);
	wr_op_keys_release(&keys);
	wr_free(joined.others);
	wr_free(slot);
	wr_batch_free(batch);
	return status;
}

/* Drops expired rows of a piece of side s. */
static wr_status *sweep(struct op_hash_join *self, uint32_t s)
{
	uint64_t left = wr_ttl_sweep(&self->ttl[s], wr_state_count(self->state[s], 0));
	uint8_t *slot[64];

	while (left > 0) {
		uint32_t count =
		    wr_state_scan(self->state[s], 0, &self->sweep_next[s], slot, WR_COUNT(slot));
		uint32_t doomed = 0;

		if (count == 0)
			self->sweep_next[s] = 0;
		if (count == 0)
			return NULL;
		for (uint32_t i = 0; i < count; i++) {
			expire(self, s, slot[i]);
			if (((struct wr_row_list *)slot[i])->count == 0)
				slot[doomed++] = slot[i];
		}
		WR_TRY(wr_state_remove(self->state[s], 0, slot, doomed));
		left -= WR_MIN(left, (uint64_t)count);
	}
	return NULL;
}

/* Notes the watermark, the lower one of both inputs: rows joined later are not late to it. */
static wr_status *join_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_hash_join *self = (struct op_hash_join *)op;

	(void)more;
	self->writer.watermark = mark->watermark_ms;
	tick(self);
	for (uint32_t s = 0; s < 2; s++)
		if (self->ttl[s].unit_ms > 0)
			WR_TRY(sweep(self, s));
	return NULL;
}

static void join_release(struct wr_op *op)
{
	struct op_hash_join *self = (struct op_hash_join *)op;

	wr_join_writer_release(&self->writer);
	wr_state_close(self->state[0]);
	wr_state_close(self->state[1]);
	wr_encoded_release(&self->encoded);
	wr_free(self->row);
}

static uint64_t join_state_bytes(const struct wr_op *op)
{
	const struct op_hash_join *self = (const struct op_hash_join *)op;

	return wr_state_bytes(self->state[0]) + wr_state_bytes(self->state[1]);
}

const struct wr_op_type wr_op_hash_join = {
    .name = "hash_join",
    .version = 1,
    .size = sizeof(struct op_hash_join),
    .init = join_init,
    .process = join_process,
    .on_mark = join_on_mark,
    .release = join_release,
    .state_bytes = join_state_bytes,
};
