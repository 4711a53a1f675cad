/* SPDX-License-Identifier: Apache-2.0
 *
 * window_rank - Top-N per window: the first rows of each partition of a window in an order, emitted
 * when it closes.
 *
 * Rows carry their window (window_end names the state's namespace). Of each partition only the best
 * offset + fetch rows are kept: a row goes in when it beats the last one, and what falls out is
 * freed. Ties keep the order of arrival; where the last row by time is wanted (keep_last), of
 * several with that time it is the last to arrive. When the watermark reaches window_end - 1 the
 * window's partitions are emitted in the order in which they appeared.
 *
 * Saved: the rows of a partition in their order; sort keys are made again.
 *
 * Slot: the rows of the partition, an array in the state's pool, sorted by their sort keys
 * (sort_key.h).
 */
#include "base/mem.h"
#include "data/codec.h"
#include "data/zone.h"
#include "op/aggregate.h"
#include "op/fields.h"
#include "op/sort_key.h"
#include "op/windowing.h"

struct kept {
	char *bytes;      /* sort key, then the encoded row; in the pool */
	uint32_t key_len; /* bytes of the sort key */
	uint32_t len;     /* bytes of both */
};

struct partition {
	struct kept *list; /* in the pool; NULL while capacity is 0 */
	uint32_t count, capacity;
};

struct op_window_rank {
	struct wr_op op;
	struct wr_arena arena;       /* of the codec */
	struct wr_codec codec;       /* of the input row */
	struct wr_state *state;      /* namespace: window end */
	struct wr_state_field field; /* of a saved slot */
	struct wr_state_codec saved;
	struct wr_builder **builder; /* per input column */
	struct wr_builder *
	    *loader;             /* the same, for rows that are loaded while others are emitted */
	struct wr_builder *rank; /* of the rank column */
	struct wr_text scratch;
	uint64_t keep; /* offset + fetch */
	int tie;       /* what `compare` must be above for a new row to go in front: 0, or -1 */
	bool firing;
	int64_t firing_end;
	uint64_t cursor;
	int64_t sent_ms; /* watermark of the last mark */
};

/* Makes room for one more row. */
static void partition_grow(struct partition *partition, struct wr_agg_pool *pool)
{
	uint32_t capacity = partition->capacity == 0 ? 2 : 2 * partition->capacity;
	struct kept *list;

	if (partition->count < partition->capacity)
		return;
	list = wr_agg_pool_alloc(pool, capacity * sizeof *list);
	if (partition->count > 0) {
		memcpy(list, partition->list, partition->count * sizeof *list);
		wr_agg_pool_drop(pool, partition->list, partition->capacity * sizeof *list);
	}
	partition->list = list;
	partition->capacity = capacity;
}

/* A copy in the pool. */
static struct kept kept_new(struct wr_agg_pool *pool, const struct wr_text *text, uint32_t key_len)
{
	struct kept kept = {.key_len = key_len, .len = (uint32_t)text->len};

	kept.bytes = wr_agg_pool_alloc(pool, kept.len);
	memcpy(kept.bytes, text->data, kept.len);
	return kept;
}

static void rank_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct partition *partition = (const struct partition *)slot;
	size_t begin = wr_value_begin(out);

	(void)ctx;
	for (uint32_t i = 0; i < partition->count; i++) {
		const struct kept *kept = &partition->list[i];

		wr_value_entry_row(out, kept->bytes + kept->key_len, kept->len - kept->key_len);
	}
	wr_value_end(out, begin);
}

static void rank_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct partition *partition = (struct partition *)slot;

	(void)ctx;
	for (uint32_t i = 0; i < partition->count; i++)
		wr_agg_pool_drop(pool, partition->list[i].bytes, partition->list[i].len);
	if (partition->capacity > 0)
		wr_agg_pool_drop(pool, partition->list,
				 partition->capacity * sizeof *partition->list);
	*partition = (struct partition){0};
}

static bool rank_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	struct op_window_rank *self = ctx;
	const struct wr_node *node = self->op.node;
	struct partition *partition = (struct partition *)slot;
	struct wr_str field = value->field[0], row;
	const char *at = field.data;
	struct wr_column **column;
	bool good;

	if (at == NULL)
		return true;
	column = wr_calloc((size_t)self->codec.count + 1, sizeof *column);
	good = wr_field_columns(&self->codec, field, 0, self->loader, column);
	while (good && wr_value_next_row(field, &at, NULL, 0, &row)) {
		uint32_t key_len;

		wr_text_clear(&self->scratch);
		wr_sort_key_put(&self->scratch, node->u.sort.order, node->u.sort.order_count,
				column, partition->count);
		key_len = (uint32_t)self->scratch.len;
		wr_text_add(&self->scratch, row.data, row.len);
		partition_grow(partition, pool);
		partition->list[partition->count++] = kept_new(pool, &self->scratch, key_len);
	}
	wr_field_columns_drop(&self->codec, column);
	wr_free(column);
	return good;
}

static wr_status *rank_init(struct wr_op *op)
{
	struct op_window_rank *self = (struct op_window_rank *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;
	struct wr_state_decl decl = {.name = "windows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct partition),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type **types;

	wr_arena_init(&self->arena);
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, input->count + 1);
	wr_text_init(&self->scratch);
	self->sent_ms = WR_WATERMARK_MIN;
	self->tie = node->u.sort.keep_last ? -1 : 0;
	self->keep = (uint64_t)(node->u.sort.offset + node->u.sort.fetch);
	self->builder = wr_calloc(input->count + 1, sizeof *self->builder);
	self->loader = wr_calloc(input->count + 1, sizeof *self->loader);
	for (uint32_t i = 0; i < input->count; i++) {
		types[i] = input->field[i].type;
		self->builder[i] = wr_builder_new(types[i], 256);
		self->loader[i] = wr_builder_new(types[i], 16);
	}
	self->rank = wr_builder_new(&WR_T_BIGINT_NN, 256);
	wr_codec_init(&self->codec, &self->arena, types, input->count);
	self->field = wr_field_rows(&self->arena, "rows", input, NULL, 0);
	self->saved = (struct wr_state_codec){1, &self->field, rank_save, rank_load, rank_drop};
	_Static_assert(sizeof(struct partition) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_op_key_columns(op, 0, node->u.sort.partition, node->u.sort.partition_count, &self->arena,
			  &decl);
	wr_op_clock(op, "watermark_ms", &self->sent_ms);
	return wr_op_state_open(op, &decl, &self->state);
}

static int compare(const struct kept *a, const char *key, uint32_t key_len)
{
	return wr_sort_key_compare(a->bytes, a->key_len, key, key_len);
}

/* Puts a row (sort key and bytes in `scratch`) where it belongs, if it is good enough. */
static void partition_insert(struct op_window_rank *self, struct partition *partition,
			     struct wr_agg_pool *pool, uint32_t key_len)
{
	const struct wr_text *text = &self->scratch;
	uint32_t at = partition->count;

	while (at > 0 && compare(&partition->list[at - 1], text->data, key_len) > self->tie)
		at--;
	if (at >= self->keep)
		return;
	if (partition->count == self->keep) {
		struct kept *last = &partition->list[--partition->count];

		wr_agg_pool_drop(pool, last->bytes, last->len);
	}
	partition_grow(partition, pool);
	memmove(partition->list + at + 1, partition->list + at,
		(partition->count - at) * sizeof *partition->list);
	partition->list[at] = kept_new(pool, text, key_len);
	partition->count++;
}

/* Folds rows of one window. */
static wr_status *rank_fold(struct op_window_rank *self, const struct wr_batch *batch, int64_t end,
			    const uint32_t *row, uint32_t count)
{
	const struct wr_node *node = self->op.node;
	struct wr_op_keys keys;
	uint8_t **slot = wr_malloc((count + 1) * sizeof *slot);
	wr_status *status;

	wr_op_keys_take(&keys, batch, node->u.sort.partition, node->u.sort.partition_count, row,
			count, false);
	status = wr_state_upsert(self->state, end, &keys.keys, slot, NULL);
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		uint32_t key_len;

		wr_text_clear(&self->scratch);
		wr_sort_key_put(&self->scratch, node->u.sort.order, node->u.sort.order_count,
				batch->column, row[i]);
		key_len = (uint32_t)self->scratch.len;
		wr_codec_encode(&self->codec, &self->scratch, batch->column, row[i]);
		partition_insert(self, (struct partition *)slot[i], wr_state_pool(self->state, end),
				 key_len);
	}
	wr_op_keys_release(&keys);
	wr_free(slot);
	return status;
}

static wr_status *rank_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_window_rank *self = (struct op_window_rank *)op;
	int32_t end_column = op->node->input[0]->traits.window_end;
	int64_t *end = wr_malloc(((size_t)batch->rows + 1) * 2 * sizeof *end),
		*late_end = end + batch->rows + 1;
	uint32_t *left = wr_malloc(((size_t)batch->rows + 1) * 3 * sizeof *left),
		 *some = left + batch->rows + 1;
	uint32_t *late = some + batch->rows + 1, count = 0, late_count = 0;
	wr_status *status = NULL;

	WR_REQUIRE(end_column >= 0);
	wr_window_times(batch->column[end_column], batch->rows, end);
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);

		if (wr_window_fired(end[row], wr_batch_watermark(batch, row))) {
			late_end[late_count] = end[row];
			late[late_count++] = row;
		} else {
			left[count++] = row;
		}
	}
	while (count > 0 && status == NULL) {
		int64_t one = end[left[0]];
		uint32_t picked = wr_window_pick(end, left, &count, some);

		status = rank_fold(self, batch, one, some, picked);
	}
	if (status == NULL && late_count > 0) {
		wr_count(&op->late_rows, late_count);
		status = op->env->late(op->env, op, batch, late, late_end, late_count);
	}
	wr_free(end);
	wr_free(left);
	wr_batch_free(batch);
	return status;
}

/* Emits the rows put into the builders. */
static wr_status *rank_flush(struct op_window_rank *self, uint32_t rows)
{
	const struct wr_node *node = self->op.node;
	uint32_t columns = node->input[0]->schema.count;
	struct wr_batch *batch;

	if (rows == 0)
		return NULL;
	batch = wr_batch_new(node->schema.count, rows);
	for (uint32_t i = 0; i < columns; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	if (node->u.sort.emit_rank)
		batch->column[columns] = wr_builder_finish(self->rank);
	else
		wr_builder_reset(self->rank);
	batch->watermark = self->sent_ms;
	return wr_out_emit(&self->op.out, batch);
}

/* Appends the wanted ranks of one partition; emits full batches. */
static wr_status *rank_partition(struct op_window_rank *self, const struct partition *partition,
				 uint32_t *rows)
{
	uint32_t limit = WR_MIN(self->op.env->batch_rows_max, WR_BATCH_ROWS_MAX);

	for (uint32_t i = (uint32_t)self->op.node->u.sort.offset; i < partition->count; i++) {
		const struct kept *kept = &partition->list[i];

		WR_REQUIRE(wr_codec_decode(&self->codec, kept->bytes + kept->key_len,
					   kept->bytes + kept->len, self->builder) != NULL);
		wr_builder_i64(self->rank, (int64_t)i + 1);
		if (++*rows == limit) {
			WR_TRY(rank_flush(self, *rows));
			*rows = 0;
		}
	}
	return NULL;
}

static wr_status *rank_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_window_rank *self = (struct op_window_rank *)op;
	uint32_t rows = 0, emitted = 0, count;
	uint8_t *slot[64];
	int64_t end;

	while (emitted < WR_OP_EMIT_ROWS) {
		if (!self->firing) {
			if (!wr_state_first_namespace(self->state, INT64_MIN, &end) ||
			    !wr_window_fired(end, mark->watermark_ms))
				break;
			self->firing = true;
			self->firing_end = end;
			self->cursor = 0;
		}
		count = wr_state_scan(self->state, self->firing_end, &self->cursor, slot, 64);
		for (uint32_t i = 0; i < count; i++) {
			emitted += ((struct partition *)slot[i])->count;
			WR_TRY(rank_partition(self, (struct partition *)slot[i], &rows));
		}
		if (count == 0) {
			self->firing = false;
			wr_state_drop_namespace(self->state, self->firing_end);
		}
	}
	WR_TRY(rank_flush(self, rows));
	*more = self->firing || (wr_state_first_namespace(self->state, INT64_MIN, &end) &&
				 wr_window_fired(end, mark->watermark_ms));
	if (!*more)
		self->sent_ms = mark->watermark_ms;
	return NULL;
}

static void rank_release(struct wr_op *op)
{
	struct op_window_rank *self = (struct op_window_rank *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->input[0]->schema.count; i++) {
		wr_builder_free(self->builder[i]);
		wr_builder_free(self->loader[i]);
	}
	wr_free(self->builder);
	wr_free(self->loader);
	wr_builder_free(self->rank);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

static uint64_t rank_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_window_rank *)op)->state);
}

static int64_t rank_next_ms(const struct wr_op *op)
{
	int64_t end;

	return wr_state_first_namespace(((const struct op_window_rank *)op)->state, INT64_MIN, &end)
		   ? end - 1
		   : INT64_MAX;
}

const struct wr_op_type wr_op_window_rank = {
    .name = "window_rank",
    .version = 1,
    .size = sizeof(struct op_window_rank),
    .init = rank_init,
    .process = rank_process,
    .on_mark = rank_on_mark,
    .release = rank_release,
    .state_bytes = rank_state_bytes,
    .next_ms = rank_next_ms,
};
