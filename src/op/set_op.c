/* SPDX-License-Identifier: Apache-2.0
 *
 * set_op - INTERSECT and EXCEPT, with and without ALL, over changing inputs; and COLLAPSE, which
 * has one input and keeps it as it is: shown once, at the end, it is the final rows of a changelog.
 *
 * Per distinct row it counts how often each side has it. How often the row is in the result follows
 * from the two counts; at the mark the difference to what has been shown is emitted for the rows of
 * the epoch. NULLs are equal here.
 *
 * Saved: both counts; what has been shown follows from them at a mark.
 *
 * Memory: one slot per distinct row of either side.
 */
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/touched.h"

struct counts {
	int64_t side[2]; /* how often each side has the row */
	int64_t shown;   /* how often it has been emitted */
	int64_t touched; /* 1: in the list of this epoch */
};

struct op_set_op {
	struct wr_op op;
	struct wr_arena arena;          /* of what describes the state */
	uint32_t *key;                  /* all columns; in the arena */
	struct wr_state *state;         /* row -> counts */
	struct wr_state_field field[2]; /* of a saved slot */
	struct wr_state_codec saved;
	struct wr_touched touched; /* slots of this epoch */
};

/* How often the row belongs to the result. */
static int64_t result_count(const struct wr_node *node, const struct counts *counts)
{
	int64_t left = WR_MAX(counts->side[0], 0), right = WR_MAX(counts->side[1], 0);

	if (node->kind == WR_N_COLLAPSE)
		return left;
	if (node->u.set_op.all)
		return node->u.set_op.except ? WR_MAX(left - right, 0) : WR_MIN(left, right);
	return node->u.set_op.except ? left > 0 && right == 0 : left > 0 && right > 0;
}

static void set_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct counts *counts = (const struct counts *)slot;

	(void)ctx;
	WR_ASSERT(!counts->touched);
	wr_value_put_number(out, counts->side[0]);
	wr_value_put_number(out, counts->side[1]);
}

static bool set_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		     const struct wr_value *value)
{
	const struct op_set_op *self = ctx;
	struct counts *counts = (struct counts *)slot;

	(void)pool;
	if (!wr_value_number(value->field[0], &counts->side[0]) ||
	    !wr_value_number(value->field[1], &counts->side[1]))
		return false;
	counts->shown = result_count(self->op.node, counts);
	return true;
}

static wr_status *set_init(struct wr_op *op)
{
	struct op_set_op *self = (struct op_set_op *)op;
	const struct wr_schema *schema = &op->node->schema;
	struct wr_state_decl decl = {.name = "rows",
				     .meaning = op->node->state_name,
				     .value_size = sizeof(struct counts),
				     .codec = &self->saved,
				     .codec_ctx = self};
	const struct wr_type **type;

	_Static_assert(sizeof(struct counts) % 16 == 0, "a slot is a multiple of 16 bytes");
	wr_arena_init(&self->arena);
	self->key = WR_NEW_ARRAY(&self->arena, uint32_t, schema->count + 1);
	type = WR_NEW_ARRAY(&self->arena, const struct wr_type *, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++) {
		self->key[i] = i;
		type[i] = schema->field[i].type;
	}
	wr_op_key_columns(op, 0, self->key, schema->count, &self->arena, &decl);
	decl.key_type = type; /* those of both inputs together */
	self->field[0] = (struct wr_state_field){.name = "left", .kind = WR_FIELD_NUMBER};
	self->field[1] = (struct wr_state_field){.name = "right", .kind = WR_FIELD_NUMBER};
	self->saved = (struct wr_state_codec){2, self->field, set_save, set_load, NULL};
	return wr_op_state_open(op, &decl, &self->state);
}

static wr_status *set_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_set_op *self = (struct op_set_op *)op;
	struct wr_op_keys keys;
	uint8_t **slot;
	wr_status *status;

	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * sizeof *slot);
	wr_op_keys_take(&keys, batch, self->key, op->node->schema.count, NULL, batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, NULL);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		struct counts *counts = (struct counts *)slot[i];

		counts->side[input] += wr_kind_is_add(wr_batch_kind(batch, i)) ? 1 : -1;
		if (!counts->touched)
			wr_touched_add(&self->touched, slot[i]);
		counts->touched = 1;
	}
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_batch_free(batch);
	return status;
}

/* Emits `rows` rows made from the slots' keys. */
static wr_status *set_batch(struct op_set_op *self, uint8_t *const *slot, const uint8_t *kind,
			    uint32_t rows)
{
	struct wr_batch *batch;

	if (rows == 0)
		return NULL;
	batch = wr_batch_new(self->op.node->schema.count, rows);
	wr_state_slot_keys(self->state, 0, slot, rows, batch->column);
	memcpy(wr_batch_kinds(batch), kind, rows);
	return wr_out_emit(&self->op.out, batch);
}

/* The changes of slots [from, from + count): each may be due several times. */
static wr_status *set_emit(struct op_set_op *self, uint32_t from, uint32_t count)
{
	uint32_t limit = WR_MIN(self->op.env->batch_rows_max, WR_BATCH_ROWS_MAX), rows = 0;
	uint8_t **slot = wr_malloc((limit + 1) * sizeof *slot);
	uint8_t *kind = wr_malloc(limit + 1);
	wr_status *status = NULL;

	for (uint32_t i = from; i < from + count && status == NULL; i++) {
		struct counts *counts = (struct counts *)self->touched.slot[i];
		int64_t wanted = result_count(self->op.node, counts);

		counts->touched = 0;
		while (counts->shown != wanted && status == NULL) {
			bool add = counts->shown < wanted;

			counts->shown += add ? 1 : -1;
			slot[rows] = self->touched.slot[i];
			kind[rows++] = add ? WR_INSERT : WR_DELETE;
			if (rows < limit)
				continue;
			status = set_batch(self, slot, kind, rows);
			rows = 0;
		}
	}
	if (status == NULL)
		status = set_batch(self, slot, kind, rows);
	wr_free(slot);
	wr_free(kind);
	return status;
}

static wr_status *set_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_set_op *self = (struct op_set_op *)op;
	uint32_t count = WR_MIN(self->touched.count - self->touched.next, WR_OP_EMIT_ROWS);

	if (count > 0)
		WR_TRY(set_emit(self, self->touched.next, count));
	for (uint32_t i = self->touched.next; i < self->touched.next + count; i++) {
		const struct counts *counts = (const struct counts *)self->touched.slot[i];

		if (counts->side[0] == 0 && counts->side[1] == 0)
			WR_TRY(wr_state_remove(self->state, 0, &self->touched.slot[i], 1));
	}
	self->touched.next += count;
	*more = self->touched.next < self->touched.count;
	if (!*more)
		wr_touched_clear(&self->touched);
	return NULL;
}

static void set_release(struct wr_op *op)
{
	struct op_set_op *self = (struct op_set_op *)op;

	wr_state_close(self->state);
	wr_touched_release(&self->touched);
	wr_arena_release(&self->arena);
}

static uint64_t set_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_set_op *)op)->state);
}

const struct wr_op_type wr_op_set_op = {
    .name = "set_op",
    .version = 1,
    .size = sizeof(struct op_set_op),
    .init = set_init,
    .process = set_process,
    .on_mark = set_on_mark,
    .release = set_release,
    .state_bytes = set_state_bytes,
};
