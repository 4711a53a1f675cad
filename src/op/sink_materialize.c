/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_materialize - which row of each primary key of a sink is to be seen, when rows of several
 * upsert keys of the query may meet under one primary key.
 *
 * All rows of a key are kept, the last one to come last. At the mark each key that was touched
 * shows one of them and emits what has changed (+I, +U without -U, -D):
 *
 *   DEDUPLICATE   the last one; when it is taken back, the one before it
 *   NOTHING       the one that is shown, as long as it is there; else the first one. The others are
 *                 forgotten at the mark
 *   ERROR         the job fails when there is more than one
 *
 * A row is recognised by the query's upsert key if it has one, else by all its columns. Where the
 * order of arrival depends on the number of workers, rows of one epoch are ordered by their bytes,
 * so that the answer does not depend on it.
 *
 * Saved: the rows of each key in the order of arrival, with their epochs. What is shown is one of
 * them, found as it was before.
 *
 * Memory: all rows of all keys, and what is shown of each key once more.
 *
 * Invariants
 *   M1  a slot is in `touched` iff its flag is set
 */
#include "base/mem.h"
#include "base/limits.h"
#include "data/codec.h"
#include "data/print.h"
#include "op/aggregate.h"
#include "op/fields.h"
#include "op/touched.h"

struct mat_row {
	char *bytes;     /* in the pool: the upsert key, if there is one, and the encoded row */
	uint32_t id_len; /* bytes that it is recognised by: of the key, else all */
	uint32_t len;    /* of both */
	uint64_t hash;   /* of what it is recognised by */
	int64_t epoch;   /* that it came in */
};

struct mat_slot {
	struct mat_row *row; /* in the order of arrival; in the pool; NULL while capacity is 0 */
	char *shown;         /* the encoded row as last emitted; in the pool; NULL: none */
	uint32_t count, capacity;
	uint32_t shown_len;
	uint32_t touched; /* 1: M1 */
};

struct op_materialize {
	struct wr_op op;
	struct wr_arena arena;           /* of the codecs */
	struct wr_codec codec, id_codec; /* of the row; of what it is recognised by */
	struct wr_state *state;          /* primary key -> struct mat_slot */
	struct wr_state_field field;     /* of a saved slot */
	struct wr_state_codec saved;
	int64_t epoch;               /* marks seen */
	struct wr_touched touched;   /* slots of this epoch */
	struct wr_builder **builder; /* per column */
	uint8_t *kind;               /* of the rows written; room for a batch */
	uint32_t rows, limit;        /* written; at most */
	int64_t watermark;           /* of the last mark */
	struct wr_column **id;       /* scratch: columns that a row is recognised by */
	uint32_t id_len;             /* of what is in the scratch text */
	struct wr_text scratch;
};

/* --- rows of a key ------------------------------------------------------------------------- */

static void row_remove(struct wr_agg_pool *pool, struct mat_slot *slot, uint32_t at)
{
	wr_agg_pool_drop(pool, slot->row[at].bytes, (size_t)slot->row[at].len + 1);
	memmove(slot->row + at, slot->row + at + 1, (slot->count - at - 1) * sizeof *slot->row);
	slot->count--;
}

/* Appends a copy. */
static void row_add(struct wr_agg_pool *pool, struct mat_slot *slot, const struct mat_row *row)
{
	struct mat_row *added;

	if (slot->count == slot->capacity) {
		uint32_t capacity = slot->capacity == 0 ? 1 : 2 * slot->capacity;
		struct mat_row *grown = wr_agg_pool_alloc(pool, capacity * sizeof *grown);

		if (slot->count > 0)
			memcpy(grown, slot->row, slot->count * sizeof *grown);
		if (slot->capacity > 0)
			wr_agg_pool_drop(pool, slot->row, slot->capacity * sizeof *grown);
		slot->row = grown;
		slot->capacity = capacity;
	}
	added = &slot->row[slot->count++];
	*added = *row;
	added->bytes = wr_agg_pool_alloc(pool, (size_t)row->len + 1);
	memcpy(added->bytes, row->bytes, row->len);
}

/* Position of the row that is recognised as this one; count: there is none. */
static uint32_t row_find(const struct mat_slot *slot, const struct mat_row *row)
{
	uint32_t at = slot->count;

	/* The last one: of equal rows the one that came last goes first. */
	while (at > 0) {
		const struct mat_row *one = &slot->row[--at];

		if (one->hash == row->hash && one->id_len == row->id_len &&
		    memcmp(one->bytes, row->bytes, row->id_len) == 0)
			return at;
	}
	return slot->count;
}

/* What row i is recognised by, into the empty scratch text; nothing when that is the whole row. */
static void row_id(struct op_materialize *self, struct wr_column *const *column, uint32_t i)
{
	const struct wr_column_set *id = &self->op.node->u.changelog.row_key;

	wr_text_clear(&self->scratch);
	for (uint32_t k = 0; k < id->count; k++)
		self->id[k] = column[id->column[k]];
	if (id->count > 0)
		wr_codec_encode(&self->id_codec, &self->scratch, self->id, i);
	self->id_len = (uint32_t)self->scratch.len;
}

/* The row whose bytes have been appended to that. */
static struct mat_row row_of(const struct op_materialize *self, int64_t epoch)
{
	struct mat_row row = {.bytes = self->scratch.data,
			      .id_len = self->id_len,
			      .len = (uint32_t)self->scratch.len,
			      .epoch = epoch};

	if (self->op.node->u.changelog.row_key.count == 0)
		row.id_len = row.len;
	row.hash = wr_codec_hash(row.bytes, row.id_len);
	return row;
}

static const char *row_bytes(const struct op_materialize *self, const struct mat_row *row,
			     uint32_t *len)
{
	uint32_t skip = self->op.node->u.changelog.row_key.count > 0 ? row->id_len : 0;

	*len = row->len - skip;
	return row->bytes + skip;
}

/* By epoch, then by bytes. */
static int row_compare(const struct mat_row *a, const struct mat_row *b)
{
	int order;

	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	order = memcmp(a->bytes, b->bytes, WR_MIN(a->len, b->len));
	return order != 0 ? order : a->len < b->len ? -1 : a->len > b->len;
}

/* The first or the last row of the key. */
static uint32_t pick(const struct op_materialize *self, const struct mat_slot *slot, bool last)
{
	uint32_t best = 0;

	if (self->op.node->u.changelog.by_arrival)
		return last ? slot->count - 1 : 0;
	for (uint32_t i = 1; i < slot->count; i++)
		if ((row_compare(&slot->row[i], &slot->row[best]) > 0) == last)
			best = i;
	return best;
}

static void shown_drop(struct wr_agg_pool *pool, struct mat_slot *slot)
{
	if (slot->shown != NULL)
		wr_agg_pool_drop(pool, slot->shown, (size_t)slot->shown_len + 1);
	slot->shown = NULL;
	slot->shown_len = 0;
}

static void shown_set(struct wr_agg_pool *pool, struct mat_slot *slot, const char *bytes,
		      uint32_t len)
{
	slot->shown = wr_agg_pool_alloc(pool, (size_t)len + 1);
	slot->shown_len = len;
	memcpy(slot->shown, bytes, len);
}

/* --- saving and loading -------------------------------------------------------------------- */

static const char *const saved_numbers[] = {"epoch"};

static void mat_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct mat_slot *kept = (const struct mat_slot *)slot;
	size_t begin = wr_value_begin(out);

	WR_ASSERT(!kept->touched);
	for (uint32_t i = 0; i < kept->count; i++) {
		uint32_t len;
		const char *bytes = row_bytes(ctx, &kept->row[i], &len);

		wr_value_entry_number(out, kept->row[i].epoch);
		wr_value_entry_row(out, bytes, len);
	}
	wr_value_end(out, begin);
}

static void mat_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct mat_slot *kept = (struct mat_slot *)slot;

	(void)ctx;
	shown_drop(pool, kept);
	while (kept->count > 0)
		row_remove(pool, kept, kept->count - 1);
	if (kept->capacity > 0)
		wr_agg_pool_drop(pool, kept->row, kept->capacity * sizeof *kept->row);
	*kept = (struct mat_slot){0};
}

/* At a mark the row that is shown is the one that would be picked. */
static bool mat_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		     const struct wr_value *value)
{
	struct op_materialize *self = ctx;
	struct mat_slot *kept = (struct mat_slot *)slot;
	struct wr_str field = value->field[0], bytes;
	const char *at = field.data, *shown;
	struct wr_column **column = wr_calloc((size_t)self->codec.count + 1, sizeof *column);
	bool good = at != NULL && wr_field_columns(&self->codec, field, 1, self->builder, column);
	int64_t epoch;
	uint32_t len;

	while (good && wr_value_next_row(field, &at, &epoch, 1, &bytes)) {
		struct mat_row row;

		row_id(self, column, kept->count);
		wr_text_add(&self->scratch, bytes.data, bytes.len);
		row = row_of(self, epoch);
		row_add(pool, kept, &row);
	}
	wr_field_columns_drop(&self->codec, column);
	wr_free(column);
	if (kept->count == 0)
		return good;
	shown =
	    row_bytes(self,
		      &kept->row[pick(self, kept,
				      self->op.node->u.changelog.conflict != WR_CONFLICT_NOTHING)],
		      &len);
	shown_set(pool, kept, shown, len);
	return true;
}

/* One state by primary key. */
static wr_status *mat_init(struct wr_op *op)
{
	struct op_materialize *self = (struct op_materialize *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *schema = &node->schema;
	const struct wr_column_set *id = &node->u.changelog.row_key;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = node->state_name,
				     .value_size = sizeof(struct mat_slot),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type **types, **id_types;

	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	self->watermark = WR_WATERMARK_MIN;
	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, schema->count + 1);
	id_types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, schema->count + 1);
	self->builder = wr_calloc(schema->count + 1, sizeof *self->builder);
	self->id = wr_calloc(schema->count + 1, sizeof(struct wr_column *));
	for (uint32_t i = 0; i < schema->count; i++) {
		types[i] = schema->field[i].type;
		self->builder[i] = wr_builder_new(types[i], 64);
	}
	for (uint32_t i = 0; i < id->count; i++)
		id_types[i] = types[id->column[i]];
	self->kind = wr_malloc(self->limit + 1);
	wr_codec_init(&self->codec, &self->arena, types, schema->count);
	wr_codec_init(&self->id_codec, &self->arena, id_types, id->count);
	self->field = wr_field_rows(&self->arena, "rows", schema, saved_numbers, 1);
	self->saved = (struct wr_state_codec){1, &self->field, mat_save, mat_load, mat_drop};
	_Static_assert(sizeof(struct mat_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_op_key_columns(op, 0, node->u.changelog.key, node->u.changelog.key_count, &self->arena,
			  &decl);
	wr_op_clock(op, "epoch", &self->epoch);
	wr_op_clock(op, "watermark_ms", &self->watermark);
	return wr_op_state_open(op, &decl, &self->state);
}

/* --- changes ------------------------------------------------------------------------------- */

/* M1 */
static void mat_touch(struct op_materialize *self, struct mat_slot *slot)
{
	if (slot->touched)
		return;
	slot->touched = 1;
	wr_touched_add(&self->touched, (uint8_t *)slot);
}

/* Adds the row. One that it replaces gives it its place where the first one counts, else it comes
 * last. */
static void mat_add(struct op_materialize *self, struct mat_slot *slot, struct mat_row *row)
{
	const struct wr_node *node = self->op.node;
	uint32_t at = node->u.changelog.row_key.count > 0 ? row_find(slot, row) : slot->count;
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	struct mat_row added;

	if (at < slot->count && node->u.changelog.conflict == WR_CONFLICT_NOTHING)
		row->epoch = slot->row[at].epoch;
	if (at < slot->count)
		row_remove(pool, slot, at);
	row_add(pool, slot, row);
	if (node->u.changelog.conflict != WR_CONFLICT_NOTHING || at + 1 >= slot->count)
		return;
	added = slot->row[slot->count - 1];
	memmove(slot->row + at + 1, slot->row + at, (slot->count - 1 - at) * sizeof added);
	slot->row[at] = added;
}

/* One change. */
static void mat_change(struct op_materialize *self, struct mat_slot *slot,
		       const struct wr_batch *batch, uint32_t i)
{
	struct mat_row row;
	uint32_t at;

	row_id(self, batch->column, i);
	wr_codec_encode(&self->codec, &self->scratch, batch->column, i);
	row = row_of(self, self->epoch);
	mat_touch(self, slot);
	if (wr_kind_is_add(wr_batch_kind(batch, i))) {
		mat_add(self, slot, &row);
		return;
	}
	at = row_find(slot, &row);
	if (at < slot->count)
		row_remove(wr_state_pool(self->state, 0), slot, at);
}

/* Notes the changes; all is shown at the mark. */
static wr_status *mat_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_materialize *self = (struct op_materialize *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	uint8_t **slot;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	wr_op_keys_take(&keys, batch, node->u.changelog.key, node->u.changelog.key_count, NULL,
			batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, NULL);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++)
		mat_change(self, (struct mat_slot *)slot[i], batch, i);
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_batch_free(batch);
	return status;
}

/* --- what is shown ------------------------------------------------------------------------- */

/* NOTHING: the first row, which is the one that is shown as long as it is there. All others go. */
static uint32_t pick_first(struct op_materialize *self, struct mat_slot *slot)
{
	uint32_t at = pick(self, slot, false);

	for (uint32_t i = slot->count; i-- > 0;)
		if (i != at) {
			row_remove(wr_state_pool(self->state, 0), slot, i);
			at -= i < at;
		}
	return at;
}

/* More than one row under a primary key. */
static wr_status *mat_conflict(struct op_materialize *self, const struct mat_slot *slot)
{
	const struct wr_node *node = self->op.node;
	struct wr_column *key[WR_COLUMNS_MAX];
	uint8_t *at[1] = {(uint8_t *)(uintptr_t)slot};
	struct wr_text text;
	wr_status *status;

	wr_state_slot_keys(self->state, 0, at, 1, key);
	wr_text_init(&text);
	for (uint32_t i = 0; i < node->u.changelog.key_count; i++) {
		uint32_t column = node->u.changelog.key[i];

		wr_text_printf(&text, "%s%s = ", i > 0 ? ", " : "",
			       node->schema.field[column].name);
		wr_value_print(&text, key[i], 0, NULL);
		wr_column_unref(key[i]);
	}
	status = wr_status_hint(
	    wr_status_at(WR_USER_ERROR, node->pos,
			 "Primary key constraint violation: multiple distinct records with the "
			 "same primary key detected in table '%s' (%s)",
			 node->u.changelog.table, wr_text_str(&text)),
	    "Use ON CONFLICT DO NOTHING to keep the first record, or DO DEDUPLICATE to keep the "
	    "last one");
	wr_text_release(&text);
	return status;
}

/* Emits what has been written. */
static wr_status *mat_flush(struct op_materialize *self)
{
	uint32_t columns = self->op.node->schema.count;
	struct wr_batch *batch;

	if (self->rows == 0)
		return NULL;
	batch = wr_batch_new(columns, self->rows);
	for (uint32_t i = 0; i < columns; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	memcpy(wr_batch_kinds(batch), self->kind, self->rows);
	batch->watermark = self->watermark;
	self->rows = 0;
	return wr_out_emit(&self->op.out, batch);
}

static wr_status *mat_put(struct op_materialize *self, const char *bytes, uint32_t len,
			  enum wr_row_kind kind)
{
	WR_REQUIRE(wr_codec_decode(&self->codec, bytes, bytes + len, self->builder) != NULL);
	self->kind[self->rows++] = (uint8_t)kind;
	return self->rows == self->limit ? mat_flush(self) : NULL;
}

/* Nothing is left of the key. */
static wr_status *mat_gone(struct op_materialize *self, struct mat_slot *slot)
{
	uint8_t *at[1] = {(uint8_t *)slot};

	if (slot->shown != NULL)
		WR_TRY(mat_put(self, slot->shown, slot->shown_len, WR_DELETE));
	shown_drop(wr_state_pool(self->state, 0), slot);
	if (slot->capacity > 0)
		wr_agg_pool_drop(wr_state_pool(self->state, 0), slot->row,
				 slot->capacity * sizeof *slot->row);
	return wr_state_remove(self->state, 0, at, 1);
}

/* Emits what has changed of one key. */
static wr_status *mat_key(struct op_materialize *self, struct mat_slot *slot)
{
	enum wr_conflict conflict = self->op.node->u.changelog.conflict;
	const char *bytes;
	uint32_t at, len;
	bool had = slot->shown != NULL;

	slot->touched = 0;
	if (slot->count == 0)
		return mat_gone(self, slot);
	if (conflict == WR_CONFLICT_ERROR && slot->count > 1)
		return mat_conflict(self, slot);
	at = conflict == WR_CONFLICT_NOTHING ? pick_first(self, slot) : pick(self, slot, true);
	bytes = row_bytes(self, &slot->row[at], &len);
	if (had && slot->shown_len == len && memcmp(slot->shown, bytes, len) == 0)
		return NULL;
	WR_TRY(mat_put(self, bytes, len, had ? WR_UPDATE_AFTER : WR_INSERT));
	shown_drop(wr_state_pool(self->state, 0), slot);
	shown_set(wr_state_pool(self->state, 0), slot, bytes, len);
	return NULL;
}

/* Key by key, as far as there is room. */
static wr_status *mat_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_materialize *self = (struct op_materialize *)op;
	uint64_t emitted = op->out.rows;

	while (self->touched.next < self->touched.count && op->out.rows - emitted < WR_OP_EMIT_ROWS)
		WR_TRY(mat_key(self, (struct mat_slot *)self->touched.slot[self->touched.next++]));
	WR_TRY(mat_flush(self));
	*more = self->touched.next < self->touched.count;
	if (*more)
		return NULL;
	wr_touched_clear(&self->touched);
	self->watermark = mark->watermark_ms;
	self->epoch++;
	return NULL;
}

/* Accepts a half-made operator. */
static void mat_release(struct wr_op *op)
{
	struct op_materialize *self = (struct op_materialize *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->id);
	wr_free(self->kind);
	wr_touched_release(&self->touched);
	wr_text_release(&self->scratch);
	wr_state_close(self->state);
	wr_arena_release(&self->arena);
}

static uint64_t mat_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_materialize *)op)->state);
}

const struct wr_op_type wr_op_sink_materialize = {
    .name = "sink_materialize",
    .version = 1,
    .size = sizeof(struct op_materialize),
    .init = mat_init,
    .process = mat_process,
    .on_mark = mat_on_mark,
    .release = mat_release,
    .state_bytes = mat_state_bytes,
};
