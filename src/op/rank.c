/* SPDX-License-Identifier: Apache-2.0
 *
 * rank - Top-N per partition as an updating result: the rows of ranks [first, keep) in an order.
 *
 * Rows of an epoch go into (and, over a changing input, out of) the ranking of their partition; at
 * the mark each touched partition emits the difference between what it has shown and what it is to
 * show: with the rank among the columns a change per rank (-U/+U, +I or -D where the number of rows
 * changes), else the rows that left (-D) and those that came (+I). Takings-back come first, so that
 * a sink with a key ends with the new row.
 *
 * Over inserts only, a row that falls behind the last wanted rank can never come back and is not
 * kept. Over changes all rows are.
 *
 * Ties: the first arrival wins, where arrival is that of the source. Behind operators that emit at
 * marks the order of arrival depends on how rows were batched, so there the other columns decide,
 * ascending: the same answer for every batch size and number of workers.
 *
 * Saved: the rows of a partition in their order. What has been shown of them follows: at a mark it
 * is the rows of the wanted ranks.
 *
 * Memory: the rows kept; per partition one pointer per row shown.
 *
 * Invariants
 *   N1  a slot is in `touched` iff its flag is set
 */
#include "op/rank.h"

#include "base/mem.h"
#include "op/aggregate.h"
#include "op/sort_key.h"
#include "op/touched.h"

struct rank_slot {
	struct wr_ranking ranking;
	struct wr_ranked_row **shown; /* held; in the pool; NULL while capacity is 0 */
	uint32_t shown_count, shown_capacity;
	uint64_t touched; /* 1: N1 */
};

static bool sortable(const struct wr_type *type)
{
	return wr_type_phys(type) <= WR_P_STR;
}

struct wr_sort_key *wr_rank_total_order(struct wr_arena *arena, const struct wr_node *node,
					uint32_t *count)
{
	const struct wr_schema *input = &node->input[0]->schema;
	uint32_t given = node->u.sort.order_count;
	struct wr_sort_key *order =
	    WR_NEW_ARRAY(arena, struct wr_sort_key, given + input->count + 1);

	*count = given;
	if (given > 0)
		memcpy(order, node->u.sort.order, given * sizeof *order);
	for (uint32_t i = 0; i < input->count; i++) {
		bool used = !sortable(input->field[i].type);

		for (uint32_t k = 0; k < given; k++)
			used = used || order[k].column == i;
		if (!used)
			order[(*count)++] = (struct wr_sort_key){.column = i, .nulls_first = true};
	}
	return order;
}

/* The order, and which ranks are wanted. */
static void rank_wants(struct op_rank *self)
{
	const struct wr_node *node = self->op.node;

	self->by_arrival = wr_node_arrival_counts(node->input[0]);
	self->order = wr_rank_total_order(&self->arena, node, &self->order_count);
	if (self->by_arrival)
		self->order_count = node->u.sort.order_count;
	self->first = (uint64_t)node->u.sort.offset;
	self->keep = UINT64_MAX;
	if (node->u.sort.fetch >= 0)
		self->keep = self->first + (uint64_t)node->u.sort.fetch;
	self->forgets = node->input[0]->traits.changes == WR_CHANGES_INSERT;
}

/* Collects what the partition is to show into `now`. */
static uint32_t rank_collect(struct op_rank *self, const struct wr_ranking *ranking)
{
	uint64_t end = WR_MIN(self->keep, ranking->count), count;
	struct wr_ranked_place place;

	if (end <= self->first)
		return 0;
	count = end - self->first;
	if (self->now_capacity < count) {
		self->now_capacity = WR_MAX(2 * self->now_capacity, count);
		self->now = wr_realloc(self->now, self->now_capacity * sizeof *self->now);
	}
	place = wr_ranking_at(ranking, self->first);
	for (uint64_t i = 0; i < count; i++) {
		self->now[i] = wr_ranking_row(ranking, place);
		wr_ranking_next(ranking, &place);
	}
	return (uint32_t)count;
}

/* What was collected is now what has been shown. */
static void rank_shown(struct op_rank *self, struct wr_agg_pool *pool, struct rank_slot *slot,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		(void)wr_ranked_ref(self->now[i]);
	for (uint32_t i = 0; i < slot->shown_count; i++)
		wr_ranked_unref(slot->shown[i], pool);
	if (slot->shown_capacity < count || (count == 0 && slot->shown_capacity > 0)) {
		if (slot->shown_capacity > 0)
			wr_agg_pool_drop(pool, slot->shown,
					 slot->shown_capacity * sizeof(struct wr_ranked_row *));
		slot->shown_capacity = count == 0 ? 0 : WR_MAX(2 * slot->shown_capacity, count);
		slot->shown = count == 0
				  ? NULL
				  : wr_agg_pool_alloc(pool, slot->shown_capacity *
								sizeof(struct wr_ranked_row *));
	}
	if (count > 0)
		memcpy(slot->shown, self->now, count * sizeof(struct wr_ranked_row *));
	slot->shown_count = count;
}

static void rank_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct rank_slot *partition = (const struct rank_slot *)slot;

	(void)ctx;
	WR_ASSERT(!partition->touched);
	wr_ranking_save(&partition->ranking, out);
}

static bool rank_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	struct op_rank *self = ctx;
	struct rank_slot *partition = (struct rank_slot *)slot;
	struct wr_ranked_form form = {.codec = &self->codec,
				      .order = self->order,
				      .order_count = self->order_count,
				      .builder = self->builder,
				      .scratch = &self->scratch};

	if (!wr_ranking_load(&partition->ranking, pool, &form, value->field[0], &self->seq))
		return false;
	rank_shown(self, pool, partition, rank_collect(self, &partition->ranking));
	return true;
}

static void rank_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct rank_slot *partition = (struct rank_slot *)slot;

	rank_shown(ctx, pool, partition, 0);
	wr_ranking_drop(&partition->ranking, pool);
}

wr_status *wr_rank_init(struct wr_op *op)
{
	struct op_rank *self = (struct op_rank *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct rank_slot),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type **types;

	_Static_assert(sizeof(struct rank_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	rank_wants(self);
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, input->count + 1);
	self->builder = wr_calloc(input->count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < input->count; i++) {
		types[i] = input->field[i].type;
		self->builder[i] = wr_builder_new(types[i], 64);
	}
	self->rank = wr_builder_new(&WR_T_BIGINT_NN, 64);
	self->kind = wr_malloc(WR_BATCH_ROWS_MAX);
	wr_codec_init(&self->codec, &self->arena, types, input->count);
	self->field = wr_ranking_field(&self->arena, "rows", input);
	self->saved = (struct wr_state_codec){1, &self->field, rank_save, rank_load, rank_drop};
	wr_op_key_columns(op, 0, node->u.sort.partition, node->u.sort.partition_count, &self->arena,
			  &decl);
	return wr_op_state_open(op, &decl, &self->state);
}

/* Whether the row is behind the last wanted rank, and never comes into it. The start of its sort
 * key, which is what the user ordered by, tells for most rows; the rest need not be encoded. */
static bool rank_behind(struct op_rank *self, const struct wr_ranking *ranking,
			const struct wr_batch *batch, uint32_t row)
{
	const struct wr_ranked_row *last;
	uint32_t given = self->op.node->u.sort.order_count;

	if (!self->forgets || ranking->count < self->keep)
		return false;
	if (self->keep == 0)
		return true;
	last = wr_ranking_row(ranking, wr_ranking_last(ranking));
	wr_text_clear(&self->scratch);
	wr_sort_key_put(&self->scratch, self->order, given, batch->column, row);
	return memcmp(wr_text_str(&self->scratch), last->bytes,
		      WR_MIN(self->scratch.len, (size_t)last->key_len)) > 0;
}

/* The partition is about to be changed (N1). */
static void rank_touch(struct op_rank *self, uint8_t *slot)
{
	struct rank_slot *partition = (struct rank_slot *)slot;

	if (partition->touched)
		return;
	wr_state_touch(self->state, 0, &slot, 1);
	partition->touched = 1;
	wr_touched_add(&self->touched, slot);
}

/* Adds or takes back one row. */
static void rank_row(struct op_rank *self, struct rank_slot *slot, const struct wr_batch *batch,
		     uint32_t row)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	struct wr_ranking *ranking = &slot->ranking;
	struct wr_ranked_probe probe = {.seq = self->by_arrival ? ++self->seq : 0};
	struct wr_ranked_place place;

	if (rank_behind(self, ranking, batch, row))
		return;
	wr_text_clear(&self->scratch);
	wr_sort_key_put(&self->scratch, self->order, self->order_count, batch->column, row);
	probe.key_len = (uint32_t)self->scratch.len;
	wr_codec_encode(&self->codec, &self->scratch, batch->column, row);
	probe.bytes = self->scratch.data;
	probe.len = (uint32_t)self->scratch.len;
	if (!wr_kind_is_add(wr_batch_kind(batch, row))) {
		if (!wr_ranking_find(ranking, &probe, &place))
			return; /* takes back what never came */
		rank_touch(self, (uint8_t *)slot);
		wr_ranking_remove(ranking, pool, place);
		return;
	}
	if (self->forgets && ranking->count >= self->keep) {
		place = wr_ranking_last(ranking);
		if (wr_ranked_compare(wr_ranking_row(ranking, place), &probe) <= 0)
			return;
		rank_touch(self, (uint8_t *)slot);
		wr_ranking_remove(ranking, pool, place);
	}
	rank_touch(self, (uint8_t *)slot);
	wr_ranking_add(ranking, pool, &probe);
}

wr_status *wr_rank_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_rank *self = (struct op_rank *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot, *is_new;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	is_new = wr_calloc((size_t)batch->rows + 1, 1);
	wr_op_keys_take(&keys, batch, node->u.sort.partition, node->u.sort.partition_count, NULL,
			batch->rows, true);
	status = wr_op_keys_slots(&keys, op, self->state, slot, is_new);
	/* A new partition is touched even if it stays empty: the mark then forgets it. */
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		if (is_new[i])
			rank_touch(self, slot[i]);
		rank_row(self, (struct rank_slot *)slot[i], batch, i);
	}
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(is_new);
	wr_batch_free(batch);
	return status;
}

static wr_status *rank_flush(struct op_rank *self)
{
	const struct wr_node *node = self->op.node;
	uint32_t columns = node->input[0]->schema.count;
	struct wr_batch *batch;
	bool inserts = true;

	if (self->rows == 0)
		return NULL;
	batch = wr_batch_new(node->schema.count, self->rows);
	for (uint32_t i = 0; i < columns; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	if (node->u.sort.emit_rank)
		batch->column[columns] = wr_builder_finish(self->rank);
	for (uint32_t i = 0; i < self->rows; i++)
		inserts = inserts && self->kind[i] == WR_INSERT;
	if (!inserts)
		memcpy(wr_batch_kinds(batch), self->kind, self->rows);
	self->rows = 0;
	batch->watermark = WR_WATERMARK_MIN; /* an updating result is never late */
	return wr_out_emit(&self->op.out, batch);
}

/* Writes one change; emits when the batch is full. */
static wr_status *rank_put(struct op_rank *self, const struct wr_ranked_row *row, uint64_t rank,
			   enum wr_row_kind kind)
{
	WR_REQUIRE(wr_codec_decode(&self->codec, row->bytes + row->key_len, row->bytes + row->len,
				   self->builder) != NULL);
	if (self->op.node->u.sort.emit_rank)
		wr_builder_i64(self->rank, (int64_t)rank);
	self->kind[self->rows++] = (uint8_t)kind;
	if (self->rows < WR_MIN(self->op.env->batch_rows_max, WR_BATCH_ROWS_MAX))
		return NULL;
	return rank_flush(self);
}

static bool same_row(const struct wr_ranked_row *a, const struct wr_ranked_row *b)
{
	return a == b || (a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* Rank by rank. */
static wr_status *emit_ranks(struct op_rank *self, const struct rank_slot *slot, uint32_t count)
{
	uint32_t both = WR_MIN(slot->shown_count, count);
	bool before = self->op.node->traits.needs_update_before;

	for (uint32_t i = before ? 0 : both; i < slot->shown_count; i++)
		if (i >= both || !same_row(slot->shown[i], self->now[i]))
			WR_TRY(rank_put(self, slot->shown[i], self->first + i + 1,
					i < both ? WR_UPDATE_BEFORE : WR_DELETE));
	for (uint32_t i = 0; i < count; i++)
		if (i >= both || !same_row(slot->shown[i], self->now[i]))
			WR_TRY(rank_put(self, self->now[i], self->first + i + 1,
					i < both ? WR_UPDATE_AFTER : WR_INSERT));
	return NULL;
}

/* The rows of one sorted list that the other has not. */
static wr_status *emit_missing(struct op_rank *self, struct wr_ranked_row *const *list,
			       uint32_t count, struct wr_ranked_row *const *other,
			       uint32_t other_count, enum wr_row_kind kind)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct wr_ranked_probe probe = wr_ranked_probe_of(list[i]);
		int order = 1;

		while (k < other_count && other[k] != list[i] &&
		       (order = wr_ranked_compare(other[k], &probe)) < 0)
			k++;
		if (k < other_count && (other[k] == list[i] || order == 0))
			k++;
		else
			WR_TRY(rank_put(self, list[i], 0, kind));
	}
	return NULL;
}

/* Emits the changes of one partition; forgets it when it has no rows. */
static wr_status *rank_partition(struct op_rank *self, uint8_t *at)
{
	struct rank_slot *slot = (struct rank_slot *)at;
	uint32_t count = rank_collect(self, &slot->ranking);

	slot->touched = 0;
	if (self->op.node->u.sort.emit_rank) {
		WR_TRY(emit_ranks(self, slot, count));
	} else {
		WR_TRY(emit_missing(self, slot->shown, slot->shown_count, self->now, count,
				    WR_DELETE));
		WR_TRY(emit_missing(self, self->now, count, slot->shown, slot->shown_count,
				    WR_INSERT));
	}
	rank_shown(self, wr_state_pool(self->state, 0), slot, count);
	if (slot->ranking.count > 0)
		return NULL;
	wr_ranking_drop(&slot->ranking, wr_state_pool(self->state, 0));
	return wr_state_remove(self->state, 0, &at, 1);
}

wr_status *wr_rank_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_rank *self = (struct op_rank *)op;
	uint64_t emitted = op->out.rows;

	(void)mark;
	while (self->touched.next < self->touched.count && op->out.rows - emitted < WR_OP_EMIT_ROWS)
		WR_TRY(rank_partition(self, self->touched.slot[self->touched.next++]));
	WR_TRY(rank_flush(self));
	*more = self->touched.next < self->touched.count;
	if (!*more)
		wr_touched_clear(&self->touched);
	return NULL;
}

void wr_rank_release(struct wr_op *op)
{
	struct op_rank *self = (struct op_rank *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->input[0]->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_builder_free(self->rank);
	wr_free(self->kind);
	wr_touched_release(&self->touched);
	wr_free(self->now);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

uint64_t wr_rank_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_rank *)op)->state);
}

const struct wr_op_type wr_op_rank = {
    .name = "rank",
    .version = 1,
    .size = sizeof(struct op_rank),
    .init = wr_rank_init,
    .process = wr_rank_process,
    .on_mark = wr_rank_on_mark,
    .release = wr_rank_release,
    .state_bytes = wr_rank_state_bytes,
};
