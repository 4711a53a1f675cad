/* SPDX-License-Identifier: Apache-2.0
 *
 * sort - ORDER BY an ascending time attribute: rows wait until the watermark reaches their time and
 * leave in order. (With LIMIT or OFFSET it is a Top-N: rank.c.)
 *
 * A row is late when its time is not above that of the last row which has left, as if record by
 * record: when the watermark before a row has risen, the rows at or below it have left at that
 * moment, whether or not the mark that lets them out has come (P1).
 *
 * By processing time rows are in order when they come.
 *
 * Memory: the rows above the watermark, and those of one epoch below it.
 */
#include "base/mem.h"
#include "data/codec.h"
#include "op/ranking.h"
#include "op/sort_key.h"
#include "op/windowing.h"

struct sort_slot {
	struct wr_ranking rows;
	uint64_t unused;
};

struct op_sort {
	struct wr_op op;
	struct wr_arena arena;       /* of the codec */
	struct wr_codec codec;       /* of a row */
	bool by_clock;               /* the time attribute is processing time */
	bool wide;                   /* times are nanoseconds of 16 bytes; else milliseconds of 8 */
	struct wr_state *state;      /* one slot, once there have been rows */
	struct wr_state_field field; /* of it when it is saved */
	struct wr_state_codec saved;
	struct wr_ranking *waiting;  /* in that slot, or `none` */
	struct wr_ranking none;      /* empty */
	uint64_t seq;                /* rows that have arrived */
	int64_t seen_ms;             /* the highest watermark seen */
	int64_t left_ms;             /* time of the last row that has left when it rose */
	int64_t gone_ms;             /* the latest of those that left at marks since then */
	int64_t sent_ms;             /* watermark of the last mark */
	struct wr_builder **builder; /* per column */
	struct wr_text scratch;
};

static void sort_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	(void)ctx;
	wr_ranking_save(&((const struct sort_slot *)slot)->rows, out);
}

static bool sort_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	struct op_sort *self = ctx;
	struct wr_ranked_form form = {.codec = &self->codec,
				      .order = self->op.node->u.sort.order,
				      .order_count = self->op.node->u.sort.order_count,
				      .builder = self->builder,
				      .scratch = &self->scratch};

	return wr_ranking_load(&((struct sort_slot *)slot)->rows, pool, &form, value->field[0],
			       &self->seq);
}

static void sort_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	(void)ctx;
	wr_ranking_drop(&((struct sort_slot *)slot)->rows, pool);
}

static wr_status *sort_init(struct wr_op *op)
{
	struct op_sort *self = (struct op_sort *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct sort_slot),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type *time = input->field[node->u.sort.order[0].column].type;
	const struct wr_type **types;

	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	self->by_clock = time->time == WR_TIME_PROC;
	self->wide = wr_type_phys(time) == WR_P_I128;
	self->seen_ms = self->left_ms = self->gone_ms = self->sent_ms = WR_WATERMARK_MIN;
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, input->count + 1);
	self->builder = wr_calloc(input->count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < input->count; i++) {
		types[i] = input->field[i].type;
		self->builder[i] = wr_builder_new(types[i], 64);
	}
	wr_codec_init(&self->codec, &self->arena, types, input->count);
	_Static_assert(sizeof(struct sort_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	self->waiting = &self->none;
	self->field = wr_ranking_field(&self->arena, "rows", input);
	self->saved = (struct wr_state_codec){1, &self->field, sort_save, sort_load, sort_drop};
	wr_op_clock(op, "seen_ms", &self->seen_ms);
	wr_op_clock(op, "left_ms", &self->left_ms);
	wr_op_clock(op, "gone_ms", &self->gone_ms);
	wr_op_clock(op, "watermark_ms", &self->sent_ms);
	decl.pinned = true; /* the slot is kept */
	return wr_op_state_open(op, &decl, &self->state);
}

/* Finds or makes the slot, which is going to be changed. */
static wr_status *sort_slot(struct op_sort *self)
{
	uint64_t hash = 0; /* of a key without columns */
	struct wr_keys keys = {.rows = 1, .hash = &hash};
	uint8_t *slot;

	WR_TRY(wr_state_upsert(self->state, 0, &keys, &slot, NULL));
	self->waiting = &((struct sort_slot *)slot)->rows;
	return NULL;
}

static wr_status *sort_restored(struct wr_op *op)
{
	struct op_sort *self = (struct op_sort *)op;

	return wr_state_count(self->state, 0) > 0 ? sort_slot(self) : NULL;
}

/* Where the rows later than `ms` begin: the sort key of the next millisecond (sort_key.h) is a
 * probe. */
static struct wr_ranked_place later_than(const struct op_sort *self, int64_t ms)
{
	char bytes[17] = {1};
	uint32_t size = self->wide ? 16 : 8;
	struct wr_ranked_probe probe = {.bytes = bytes, .key_len = 1 + size, .len = 1 + size};
	wr_i128 value = ((wr_i128)ms + 1) * (self->wide ? 1000000 : 1);

	if (ms == WR_WATERMARK_MAX)
		return (struct wr_ranked_place){.leaf = self->waiting->leaf_count};
	for (uint32_t i = 0; i < size; i++)
		bytes[1 + i] = (char)(uint8_t)(value >> (8 * (size - 1 - i)));
	bytes[1] = (char)((uint8_t)bytes[1] ^ 0x80);
	return wr_ranking_search(self->waiting, &probe);
}

/* The milliseconds at the head of a sort key. */
static int64_t row_ms(const struct op_sort *self, const struct wr_ranked_row *row)
{
	uint32_t size = self->wide ? 16 : 8;
	unsigned __int128 value = 0;
	wr_i128 time, ms;

	for (uint32_t i = 0; i < size; i++)
		value = value << 8 | (uint8_t)row->bytes[1 + i];
	value ^= (unsigned __int128)1 << (8 * size - 1);
	if (!self->wide)
		return (int64_t)(uint64_t)value;
	time = (wr_i128)value;
	ms = time / 1000000;
	return (int64_t)(time < 0 && ms * 1000000 != time ? ms - 1 : ms);
}

/* The watermark has risen: notes the last row that leaves. Rows that came at or below the one
 * before leave record by record only now, though a mark may have shown them meanwhile. */
static void sort_advance(struct op_sort *self, int64_t watermark_ms)
{
	struct wr_ranked_place place;

	if (watermark_ms <= self->seen_ms)
		return;
	self->seen_ms = watermark_ms;
	self->left_ms = WR_MAX(self->left_ms, self->gone_ms);
	place = later_than(self, watermark_ms);
	if (place.leaf == 0 && place.at == 0)
		return;
	if (place.at == 0) {
		place.leaf--;
		place.at = self->waiting->leaf[place.leaf]->count;
	}
	place.at--;
	self->left_ms = WR_MAX(self->left_ms, row_ms(self, wr_ranking_row(self->waiting, place)));
}

/* Keeps a row that is not late. */
static void sort_keep(struct op_sort *self, const struct wr_batch *batch, uint32_t row)
{
	const struct wr_node *node = self->op.node;
	struct wr_ranked_probe probe = {.seq = ++self->seq};

	wr_text_clear(&self->scratch);
	wr_sort_key_put(&self->scratch, node->u.sort.order, node->u.sort.order_count, batch->column,
			row);
	probe.key_len = (uint32_t)self->scratch.len;
	wr_codec_encode(&self->codec, &self->scratch, batch->column, row);
	probe.bytes = self->scratch.data;
	probe.len = (uint32_t)self->scratch.len;
	wr_ranking_add(self->waiting, wr_state_pool(self->state, 0), &probe);
}

static wr_status *sort_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_sort *self = (struct op_sort *)op;
	uint32_t *late, late_count = 0;
	int64_t *time, *end;
	wr_status *status;

	WR_ASSERT(input == 0);
	if (self->by_clock)
		return wr_out_emit(&op->out, batch);
	status = sort_slot(self);
	if (status != NULL) {
		wr_batch_free(batch);
		return status;
	}
	wr_batch_compact(batch);
	time = wr_malloc(((size_t)batch->rows + 1) * 2 * sizeof *time);
	end = time + batch->rows + 1;
	late = wr_malloc(((size_t)batch->rows + 1) * sizeof *late);
	wr_window_times(batch->column[op->node->u.sort.order[0].column], batch->rows, time);
	for (uint32_t i = 0; i < batch->rows; i++) {
		sort_advance(self, wr_batch_watermark(batch, i));
		if (self->left_ms == WR_WATERMARK_MIN || time[i] > self->left_ms) {
			sort_keep(self, batch, i);
			continue;
		}
		end[late_count] = WR_WATERMARK_MIN;
		late[late_count++] = i;
	}
	wr_count(&op->late_rows, late_count);
	if (late_count > 0)
		status = op->env->late(op->env, op, batch, late, end, late_count);
	wr_free(time);
	wr_free(late);
	wr_batch_free(batch);
	return status;
}

/* Emits what has been written. */
static wr_status *sort_flush(struct op_sort *self, uint32_t *rows)
{
	struct wr_batch *batch;

	if (*rows == 0)
		return NULL;
	batch = wr_batch_new(self->op.node->schema.count, *rows);
	for (uint32_t i = 0; i < batch->column_count; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	*rows = 0;
	batch->watermark = self->sent_ms;
	return wr_out_emit(&self->op.out, batch);
}

static bool sort_due(const struct op_sort *self, int64_t watermark_ms)
{
	const struct wr_ranked_row *row;

	if (self->waiting->count == 0 || watermark_ms == WR_WATERMARK_MIN)
		return false;
	row = wr_ranking_row(self->waiting, (struct wr_ranked_place){0});
	return row_ms(self, row) <= watermark_ms;
}

static wr_status *sort_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_sort *self = (struct op_sort *)op;
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	uint32_t limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX), rows = 0;

	sort_advance(self, mark->watermark_ms);
	if (sort_due(self, mark->watermark_ms))
		WR_TRY(sort_slot(self));
	for (uint32_t n = 0; n < WR_OP_EMIT_ROWS && sort_due(self, mark->watermark_ms); n++) {
		struct wr_ranked_place first = {0};
		const struct wr_ranked_row *row = wr_ranking_row(self->waiting, first);

		self->gone_ms = WR_MAX(self->gone_ms, row_ms(self, row));
		WR_REQUIRE(wr_codec_decode(&self->codec, row->bytes + row->key_len,
					   row->bytes + row->len, self->builder) != NULL);
		wr_ranking_remove(self->waiting, pool, first);
		if (++rows == limit)
			WR_TRY(sort_flush(self, &rows));
	}
	WR_TRY(sort_flush(self, &rows));
	*more = sort_due(self, mark->watermark_ms);
	if (!*more)
		self->sent_ms = mark->watermark_ms;
	return NULL;
}

static void sort_release(struct wr_op *op)
{
	struct op_sort *self = (struct op_sort *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

static uint64_t sort_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_sort *)op)->state);
}

const struct wr_op_type wr_op_sort = {
    .name = "sort",
    .version = 1,
    .size = sizeof(struct op_sort),
    .init = sort_init,
    .process = sort_process,
    .on_mark = sort_on_mark,
    .restored = sort_restored,
    .release = sort_release,
    .state_bytes = sort_state_bytes,
};
