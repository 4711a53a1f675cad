/* SPDX-License-Identifier: Apache-2.0
 *
 * over_sorted - OVER windows whose order is no time attribute: aggregates over all rows of the
 * partition up to the current one (ROWS) or up to its last peer (RANGE), as an updating result.
 *
 * A new row changes the results of all rows behind it, so results are shown at marks: a touched
 * partition is gone through in its order, and the rows whose results differ from what was shown are
 * emitted: -D for rows that went, +I for those that came, -U/+U for the others. The input may
 * change, too.
 *
 * Rows with equal sort keys are peers; with RANGE they have one result. Among them the order of
 * arrival counts where it is that of the source, else that of their bytes (rank.h), so that the
 * answer does not depend on batches.
 *
 * Saved: the rows of a partition in their order and their results, which are what has been shown.
 *
 * Cost: the rows of a touched partition, per mark. Memory: all rows, their results once per group
 * of peers, two pointers per row.
 *
 * Invariants
 *   O1  a slot is in `touched` iff its flag is set
 *   O2  shown rows are in the order of the ranking; row and result are held
 */
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/rank.h"
#include "op/sort_key.h"
#include "op/touched.h"

/* A row with its result: the encoded values of all calls, shared by peers. */
struct shown {
	struct wr_ranked_row *row;
	struct wr_ranked_row *result; /* key_len 0: nothing but bytes */
};

struct sorted_slot {
	struct wr_ranking ranking;
	struct shown *shown; /* in the pool; NULL while capacity is 0 */
	uint32_t shown_count, shown_capacity;
	uint64_t touched; /* 1: O1 */
};

struct op_sorted {
	struct wr_op op;
	struct wr_arena arena;          /* of the codecs */
	struct wr_codec codec, results; /* of the input row; of the results */
	struct wr_state *state;         /* partition -> struct sorted_slot */
	struct wr_state_field field[2]; /* of a saved slot */
	struct wr_state_codec saved;
	bool by_arrival;          /* arrival orders peers */
	bool by_row;              /* ROWS: every row is a group of its own */
	uint64_t seq;             /* rows that have arrived */
	struct wr_agg_item *item; /* the node's calls; owned */
	struct wr_aggs aggs;
	struct wr_agg_pool *pool;     /* of the accumulators */
	uint8_t *acc;                 /* one slot of accumulators */
	uint8_t **slot;               /* WR_BATCH_ROWS_MAX times `acc` */
	uint32_t *row;                /* scratch: WR_BATCH_ROWS_MAX row numbers */
	struct wr_builder **argument; /* per input column: what the calls read; else NULL */
	struct shown *now;            /* scratch: what the partition is to show */
	size_t now_capacity;
	struct wr_touched touched;   /* slots of this epoch */
	struct wr_builder **builder; /* per output column */
	uint8_t *kind;               /* of the rows written; room for a batch */
	uint32_t rows;               /* written */
	struct wr_text scratch;
};

/* --- saving and loading
 * --------------------------------------------------------------------------- */

/* Replaces what has been shown by rows and results that are held already. */
static void set_shown(struct sorted_slot *slot, struct wr_agg_pool *pool, const struct shown *shown,
		      uint32_t count)
{
	for (uint32_t i = 0; i < slot->shown_count; i++) {
		wr_ranked_unref(slot->shown[i].row, pool);
		wr_ranked_unref(slot->shown[i].result, pool);
	}
	if (slot->shown_capacity < count || (count == 0 && slot->shown_capacity > 0)) {
		if (slot->shown_capacity > 0)
			wr_agg_pool_drop(pool, slot->shown,
					 slot->shown_capacity * sizeof *slot->shown);
		slot->shown_capacity = count == 0 ? 0 : WR_MAX(2 * slot->shown_capacity, count);
		slot->shown =
		    count == 0
			? NULL
			: wr_agg_pool_alloc(pool, slot->shown_capacity * sizeof *slot->shown);
	}
	if (count > 0)
		memcpy(slot->shown, shown, count * sizeof *slot->shown);
	slot->shown_count = count;
}

static void sorted_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct sorted_slot *kept = (const struct sorted_slot *)slot;
	size_t begin;

	(void)ctx;
	WR_ASSERT(!kept->touched && kept->shown_count == kept->ranking.count);
	wr_ranking_save(&kept->ranking, out);
	begin = wr_value_begin(out);
	for (uint32_t i = 0; i < kept->shown_count; i++)
		wr_value_entry_row(out, kept->shown[i].result->bytes, kept->shown[i].result->len);
	wr_value_end(out, begin);
}

static void sorted_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct sorted_slot *kept = (struct sorted_slot *)slot;

	(void)ctx;
	set_shown(kept, pool, NULL, 0);
	wr_ranking_drop(&kept->ranking, pool);
}

static struct wr_ranked_row *result_new(struct wr_agg_pool *pool, const char *bytes, size_t len)
{
	struct wr_ranked_row *result = wr_agg_pool_alloc(pool, sizeof *result + len);

	result->len = (uint32_t)len;
	memcpy(result->bytes, bytes, len);
	return result;
}

/* Gives the loaded rows their results; neighbours with equal ones share them. false: damaged. */
static bool load_results(struct op_sorted *self, struct wr_agg_pool *pool, struct sorted_slot *kept,
			 struct wr_str field)
{
	struct wr_ranked_place place = {0};
	const char *at = field.data;
	struct shown *shown;
	struct wr_str bytes;
	uint32_t count = 0;
	bool good = at != NULL && kept->ranking.count < UINT32_MAX / 2;

	shown = wr_malloc((kept->ranking.count + 1) * sizeof *shown);
	while (good && wr_value_next_row(field, &at, NULL, 0, &bytes)) {
		struct wr_ranked_row *last = count > 0 ? shown[count - 1].result : NULL;

		good = count < kept->ranking.count && wr_value_is_row(&self->results, bytes);
		if (!good)
			break;
		if (last == NULL || last->len != bytes.len ||
		    memcmp(last->bytes, bytes.data, bytes.len) != 0)
			last = result_new(pool, bytes.data, bytes.len);
		shown[count].row = wr_ranked_ref(wr_ranking_row(&kept->ranking, place));
		shown[count++].result = wr_ranked_ref(last);
		wr_ranking_next(&kept->ranking, &place);
	}
	set_shown(kept, pool, shown, count);
	wr_free(shown);
	return good && at != NULL && count == kept->ranking.count;
}

static bool sorted_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
			const struct wr_value *value)
{
	struct op_sorted *self = ctx;
	struct sorted_slot *kept = (struct sorted_slot *)slot;
	struct wr_ranked_form form = {.codec = &self->codec,
				      .order = self->op.node->u.over.order,
				      .order_count = self->op.node->u.over.order_count,
				      .builder = self->builder,
				      .scratch = &self->scratch};

	if (wr_ranking_load(&kept->ranking, pool, &form, value->field[0], &self->seq) &&
	    load_results(self, pool, kept, value->field[1]))
		return true;
	sorted_drop(ctx, pool, slot);
	return false;
}

/* --- set up
 * --------------------------------------------------------------------------------------- */

/* The calls as aggregates, and builders for what they read. */
static void init_calls(struct op_sorted *self)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *input = &node->input[0]->schema;
	uint32_t count = node->u.over.item_count;

	self->item = wr_calloc(count + 1, sizeof *self->item);
	self->argument = wr_calloc(input->count + 1, sizeof *self->argument);
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_over_item *item = &node->u.over.item[i];
		bool *read = wr_calloc(input->count + 1, sizeof *read);

		self->item[i] = (struct wr_agg_item){.function = item->function,
						     .arg = item->arg,
						     .arg_count = item->arg_count,
						     .distinct = item->distinct,
						     .filter = item->filter,
						     .call = item->call,
						     .pos = item->pos};
		for (uint32_t a = 0; a < item->arg_count; a++)
			wr_expr_columns(item->arg[a], read);
		if (item->filter != NULL)
			wr_expr_columns(item->filter, read);
		for (uint32_t c = 0; c < input->count; c++)
			if (read[c] && self->argument[c] == NULL)
				self->argument[c] = wr_builder_new(input->field[c].type, 64);
		wr_free(read);
	}
	wr_aggs_init_items(&self->aggs, self->item, count, 0, true);
	self->pool = wr_agg_pool_new();
	self->acc = wr_calloc(1, self->aggs.slot_size);
	wr_aggs_start(&self->aggs, self->acc);
	self->slot = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *self->slot);
	self->row = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *self->row);
	for (uint32_t i = 0; i < WR_BATCH_ROWS_MAX; i++)
		self->slot[i] = self->acc;
}

/* Codecs, builders, state. */
static wr_status *sorted_init(struct wr_op *op)
{
	struct op_sorted *self = (struct op_sorted *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;
	struct wr_schema results = {.count = node->u.over.item_count,
				    .field = node->schema.field + input->count};
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct sorted_slot),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type **types;

	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	init_calls(self);
	self->by_arrival = wr_node_arrival_counts(node->input[0]);
	self->by_row = node->u.over.item_count > 0 && node->u.over.item[0].rows;
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, node->schema.count + 1);
	self->builder = wr_calloc(node->schema.count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < node->schema.count; i++) {
		types[i] = i < input->count ? input->field[i].type
					    : self->item[i - input->count].call->type;
		self->builder[i] = wr_builder_new(types[i], 64);
	}
	wr_codec_init(&self->codec, &self->arena, types, input->count);
	wr_codec_init(&self->results, &self->arena, types + input->count, node->u.over.item_count);
	self->kind = wr_malloc(WR_BATCH_ROWS_MAX);
	self->field[0] = wr_ranking_field(&self->arena, "rows", input);
	self->field[1] = wr_field_rows(&self->arena, "results", &results, NULL, 0);
	self->saved =
	    (struct wr_state_codec){2, self->field, sorted_save, sorted_load, sorted_drop};
	_Static_assert(sizeof(struct sorted_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_op_key_columns(op, 0, node->u.over.partition, node->u.over.partition_count, &self->arena,
			  &decl);
	return wr_op_state_open(op, &decl, &self->state);
}

/* --- rows in
 * -------------------------------------------------------------------------------------- */

/* Adds or takes back one row. Returns whether the partition has changed. */
static bool sorted_row(struct op_sorted *self, struct sorted_slot *slot,
		       const struct wr_batch *batch, uint32_t row)
{
	const struct wr_node *node = self->op.node;
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	struct wr_ranked_probe probe = {.seq = self->by_arrival ? ++self->seq : 0};
	struct wr_ranked_place place;

	wr_text_clear(&self->scratch);
	wr_sort_key_put(&self->scratch, node->u.over.order, node->u.over.order_count, batch->column,
			row);
	probe.key_len = (uint32_t)self->scratch.len;
	wr_codec_encode(&self->codec, &self->scratch, batch->column, row);
	probe.bytes = self->scratch.data;
	probe.len = (uint32_t)self->scratch.len;
	if (wr_kind_is_add(wr_batch_kind(batch, row))) {
		wr_ranking_add(&slot->ranking, pool, &probe);
		return true;
	}
	if (!wr_ranking_find(&slot->ranking, &probe, &place))
		return false; /* takes back what never came */
	wr_ranking_remove(&slot->ranking, pool, place);
	return true;
}

static void touch(struct op_sorted *self, uint8_t *slot)
{
	if (((struct sorted_slot *)slot)->touched)
		return;
	((struct sorted_slot *)slot)->touched = 1;
	wr_touched_add(&self->touched, slot);
}

/* Rows go into their partitions; nothing is shown before the mark. */
static wr_status *sorted_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_sorted *self = (struct op_sorted *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot, *is_new;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	is_new = wr_calloc((size_t)batch->rows + 1, 1);
	wr_op_keys_take(&keys, batch, node->u.over.partition, node->u.over.partition_count, NULL,
			batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, is_new);
	/* A new partition is touched even if it stays empty: the mark then forgets it. */
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++)
		if (sorted_row(self, (struct sorted_slot *)slot[i], batch, i) || is_new[i])
			touch(self, slot[i]);
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(is_new);
	wr_batch_free(batch);
	return status;
}

/* --- results
 * -------------------------------------------------------------------------------------- */

static bool same_bytes(const struct wr_ranked_row *a, const struct wr_ranked_row *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Whether two neighbours have one result. */
static bool same_group(const struct op_sorted *self, const struct wr_ranked_row *a,
		       const struct wr_ranked_row *b)
{
	return !self->by_row && a->key_len == b->key_len &&
	       memcmp(a->bytes, b->bytes, a->key_len) == 0;
}

/* The accumulators' results are those of now[from, to). */
static wr_status *end_group(struct op_sorted *self, uint64_t from, uint64_t to)
{
	struct wr_column **value = wr_calloc(self->aggs.count + 1, sizeof *value);
	struct wr_ranked_row *result;
	wr_status *status = wr_aggs_fault(&self->aggs, &self->acc, 1);

	if (status == NULL) {
		wr_aggs_values(&self->aggs, &self->acc, 1, value);
		wr_text_clear(&self->scratch);
		wr_codec_encode(&self->results, &self->scratch, value, 0);
		result = wr_agg_pool_alloc(wr_state_pool(self->state, 0),
					   sizeof *result + self->scratch.len);
		result->refs = (uint32_t)(to - from);
		result->len = (uint32_t)self->scratch.len;
		memcpy(result->bytes, self->scratch.data, self->scratch.len);
		for (uint64_t i = from; i < to; i++)
			self->now[i].result = result;
	}
	for (uint32_t i = 0; i < self->aggs.count; i++)
		wr_column_unref(value[i]);
	wr_free(value);
	return status;
}

/* Folds `count` rows, now[at...], group by group; *group: where the group begun before them does.
 */
static wr_status *fold_rows(struct op_sorted *self, uint64_t at, uint32_t count, uint64_t *group)
{
	struct wr_batch *batch = wr_batch_new(self->op.node->input[0]->schema.count, count);
	wr_status *status = NULL;
	uint32_t from = 0;

	for (uint32_t c = 0; c < batch->column_count; c++)
		if (self->argument[c] != NULL)
			batch->column[c] = wr_builder_finish(self->argument[c]);
	for (uint32_t i = 0; i < count; i++)
		self->row[i] = i;
	for (uint32_t i = 0; i <= count && status == NULL; i++) {
		bool ends = i == count ||
			    (at + i > 0 &&
			     !same_group(self, self->now[at + i - 1].row, self->now[at + i].row));

		if (!ends)
			continue;
		if (i > from)
			wr_aggs_update(&self->aggs, self->pool, self->slot, batch, self->row + from,
				       NULL, i - from);
		from = i;
		if (i < count) {
			status = end_group(self, *group, at + i);
			*group = at + i;
		}
	}
	wr_batch_free(batch);
	return status;
}

/* Makes `now` for a partition: its rows in order with their results. */
static wr_status *compute(struct op_sorted *self, const struct wr_ranking *ranking)
{
	struct wr_ranked_place place = {0};
	uint64_t at = 0, group = 0;
	wr_status *status = NULL;

	if (self->now_capacity < ranking->count) {
		self->now_capacity = WR_MAX(2 * self->now_capacity, ranking->count);
		self->now = wr_realloc(self->now, self->now_capacity * sizeof *self->now);
	}
	while (at < ranking->count && status == NULL) {
		uint32_t count = 0;

		for (; at + count < ranking->count && count < WR_BATCH_ROWS_MAX; count++) {
			struct wr_ranked_row *row = wr_ranking_row(ranking, place);

			WR_REQUIRE(wr_codec_decode(&self->codec, row->bytes + row->key_len,
						   row->bytes + row->len, self->argument) != NULL);
			self->now[at + count] = (struct shown){.row = row};
			wr_ranking_next(ranking, &place);
		}
		status = fold_rows(self, at, count, &group);
		at += count;
	}
	if (status == NULL && at > 0)
		status = end_group(self, group, at);
	wr_aggs_drop(&self->aggs, self->pool, self->acc);
	memset(self->acc, 0, self->aggs.slot_size);
	wr_aggs_start(&self->aggs, self->acc);
	return status;
}

/* --- rows out
 * ------------------------------------------------------------------------------------- */

/* Emits what has been written. */
static wr_status *sorted_flush(struct op_sorted *self)
{
	struct wr_batch *batch;

	if (self->rows == 0)
		return NULL;
	batch = wr_batch_new(self->op.node->schema.count, self->rows);
	for (uint32_t i = 0; i < batch->column_count; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	memcpy(wr_batch_kinds(batch), self->kind, self->rows);
	self->rows = 0;
	batch->watermark = WR_WATERMARK_MIN; /* an updating result is never late */
	return wr_out_emit(&self->op.out, batch);
}

/* Writes one change; emits when the batch is full. */
static wr_status *put(struct op_sorted *self, const struct shown *shown, enum wr_row_kind kind)
{
	const struct wr_ranked_row *row = shown->row, *result = shown->result;
	uint32_t columns = self->op.node->input[0]->schema.count;

	WR_REQUIRE(wr_codec_decode(&self->codec, row->bytes + row->key_len, row->bytes + row->len,
				   self->builder) != NULL);
	WR_REQUIRE(wr_codec_decode(&self->results, result->bytes, result->bytes + result->len,
				   self->builder + columns) != NULL);
	self->kind[self->rows++] = (uint8_t)kind;
	if (self->rows < WR_MIN(self->op.env->batch_rows_max, WR_BATCH_ROWS_MAX))
		return NULL;
	return sorted_flush(self);
}

/* Moves *k to the place of `row` in a list; false: it is not there. */
static bool seek(const struct shown *list, uint64_t count, uint64_t *k,
		 const struct wr_ranked_row *row)
{
	struct wr_ranked_probe probe = wr_ranked_probe_of(row);

	while (*k < count && list[*k].row != row && wr_ranked_compare(list[*k].row, &probe) < 0)
		++*k;
	return *k < count && list[*k].row == row;
}

/* Rows that went, then those that came or changed. */
static wr_status *emit_changes(struct op_sorted *self, const struct sorted_slot *slot)
{
	bool before = self->op.node->traits.needs_update_before;
	uint64_t count = slot->ranking.count, k = 0;

	for (uint32_t i = 0; i < slot->shown_count; i++)
		if (!seek(self->now, count, &k, slot->shown[i].row))
			WR_TRY(put(self, &slot->shown[i], WR_DELETE));
	k = 0;
	for (uint64_t i = 0; i < count; i++) {
		if (!seek(slot->shown, slot->shown_count, &k, self->now[i].row)) {
			WR_TRY(put(self, &self->now[i], WR_INSERT));
		} else if (!same_bytes(slot->shown[k].result, self->now[i].result)) {
			if (before)
				WR_TRY(put(self, &slot->shown[k], WR_UPDATE_BEFORE));
			WR_TRY(put(self, &self->now[i], WR_UPDATE_AFTER));
		}
	}
	return NULL;
}

/* What was computed is now what has been shown; results have their holds already. */
static void keep_shown(struct op_sorted *self, struct sorted_slot *slot)
{
	uint64_t count = slot->ranking.count;

	WR_REQUIRE(count < UINT32_MAX / 2);
	for (uint64_t i = 0; i < count; i++)
		(void)wr_ranked_ref(self->now[i].row);
	set_shown(slot, wr_state_pool(self->state, 0), self->now, (uint32_t)count);
}

/* Shows the changes of one partition; forgets it when it has no rows. */
static wr_status *show_partition(struct op_sorted *self, uint8_t *at)
{
	struct sorted_slot *slot = (struct sorted_slot *)at;

	slot->touched = 0;
	WR_TRY(compute(self, &slot->ranking));
	WR_TRY(emit_changes(self, slot));
	keep_shown(self, slot);
	if (slot->ranking.count > 0)
		return NULL;
	wr_ranking_drop(&slot->ranking, wr_state_pool(self->state, 0));
	return wr_state_remove(self->state, 0, &at, 1);
}

/* Partition by partition, as long as there is room. */
static wr_status *sorted_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_sorted *self = (struct op_sorted *)op;
	uint64_t emitted = op->out.rows;

	(void)mark;
	while (self->touched.next < self->touched.count && op->out.rows - emitted < WR_OP_EMIT_ROWS)
		WR_TRY(show_partition(self, self->touched.slot[self->touched.next++]));
	WR_TRY(sorted_flush(self));
	*more = self->touched.next < self->touched.count;
	if (!*more)
		wr_touched_clear(&self->touched);
	return NULL;
}

/* Also of what was initialised halfway. */
static void sorted_release(struct wr_op *op)
{
	struct op_sorted *self = (struct op_sorted *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->schema.count; i++)
		wr_builder_free(self->builder[i]);
	for (uint32_t i = 0; self->argument != NULL && i < op->node->input[0]->schema.count; i++)
		wr_builder_free(self->argument[i]);
	wr_free(self->builder);
	wr_free(self->argument);
	wr_aggs_release(&self->aggs);
	wr_free(self->item);
	wr_agg_pool_free(self->pool);
	wr_free(self->acc);
	wr_free(self->slot);
	wr_free(self->row);
	wr_free(self->now);
	wr_touched_release(&self->touched);
	wr_free(self->kind);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

static uint64_t sorted_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_sorted *)op)->state);
}

const struct wr_op_type wr_op_over_sorted = {
    .name = "over",
    .version = 1,
    .size = sizeof(struct op_sorted),
    .init = sorted_init,
    .process = sorted_process,
    .on_mark = sorted_on_mark,
    .release = sorted_release,
    .state_bytes = sorted_state_bytes,
};
