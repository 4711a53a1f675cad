/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_join - joins each left row with the rows that a table has for its key when the row comes.
 *
 * The keys of a batch are asked for at once (lookup_cache), then every left row goes on with each
 * of its rows that satisfies the rest of the condition, with its own kind of change, in its own
 * place in the stream: row watermarks go with it. LEFT gives a row without any a row of NULLs. A
 * NULL in the key finds nothing.
 *
 * A table that takes several questions at a time is asked for the keys of a batch while the answers
 * for those before it are on their way: batches wait, in their order, until there are as many as
 * that, or until the mark of the epoch. So the stream is the same as if each had been waited for.
 *
 * Candidates are tested by the batch: first all of them are numbered, then the condition is
 * evaluated over up to a batch of them at a time, then the results are written in order.
 *
 * Keys may have many rows: of what comes out for a batch up to WR_OP_EMIT_ROWS rows go on at a
 * time, and batches that come meanwhile wait, too.
 *
 * Memory: the cache, the batches that wait, and one byte per candidate of a batch.
 */
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/lookup_cache.h"

#define AHEAD 12 /* slots fetched ahead */

/* A batch and what the table has for it. */
struct asked {
	struct wr_batch *batch;     /* NULL: none */
	uint32_t *row;              /* rows without NULL in the key */
	uint32_t count;             /* of row */
	struct wr_lookup_turn turn; /* slot[i]: for row[i]; nothing if count is 0 */
};

/* How far the oldest batch has been written. */
struct place {
	uint32_t row;     /* of the batch: the next one */
	uint32_t i;       /* of asked.row: the next one */
	uint32_t right;   /* of the rows that `row` has: the next one */
	bool any;         /* `row` has come out */
	size_t candidate; /* of matched: the next one */
	uint32_t emitted; /* by this call */
};

struct op_lookup_join {
	struct wr_op op;
	struct wr_lookup_cache cache;
	struct wr_program *condition; /* the rest; NULL: none */
	struct wr_builder **builder;  /* per right column: output, or candidates being tested */
	uint32_t limit;               /* rows of a batch */
	uint32_t *from;               /* per row being written: its left row; room for a batch */
	uint32_t rows;                /* being written */
	uint8_t *matched;             /* per candidate */
	size_t matched_capacity;
	struct asked *waiting;   /* a ring of cache.turns_max */
	uint32_t first, waits;   /* of the ring: the oldest, and how many */
	struct place place;      /* in the oldest, while op.pending is set */
	struct wr_batch **later; /* come while it was being written: later_count */
	uint32_t later_count, later_capacity;
};

static const struct wr_schema *right_schema(const struct op_lookup_join *self)
{
	return &self->op.node->input[1]->schema;
}

static wr_status *join_init(struct wr_op *op)
{
	struct op_lookup_join *self = (struct op_lookup_join *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *right = right_schema(self);

	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	self->from = wr_calloc(self->limit + 1, sizeof *self->from);
	self->builder = wr_calloc(right->count + 1, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < right->count; i++)
		self->builder[i] = wr_builder_new(right->field[i].type, 64);
	WR_TRY(wr_lookup_cache_init(&self->cache, op));
	self->waiting = wr_calloc(self->cache.turns_max, sizeof *self->waiting);
	if (node->u.join.condition == NULL)
		return NULL;
	return wr_program_clocked((struct wr_expr *const *)&node->u.join.condition, 1,
				  node->input[0]->schema.count + right->count, op->env->zone_id,
				  op->env->env, &self->condition);
}

/* The rows put so far as a batch: left columns gathered, right ones built. */
static struct wr_batch *take_rows(struct op_lookup_join *self, const struct wr_batch *left)
{
	uint32_t columns = left->column_count, right = right_schema(self)->count;
	struct wr_batch *batch = wr_batch_gather(left, self->from, self->rows);
	struct wr_column **all = wr_calloc(columns + right + 1, sizeof *all);

	memcpy(all, batch->column, columns * sizeof *all);
	for (uint32_t i = 0; i < right; i++)
		all[columns + i] = wr_builder_finish(self->builder[i]);
	wr_free(batch->column);
	batch->column = all;
	batch->column_count = columns + right;
	self->rows = 0;
	return batch;
}

/* Puts a left row with a right one (NULL: none). */
static void put(struct op_lookup_join *self, uint32_t row, const struct wr_kept_row *right)
{
	WR_ASSERT(self->rows < self->limit);
	self->from[self->rows++] = row;
	for (uint32_t i = 0; right == NULL && i < right_schema(self)->count; i++)
		wr_builder_null(self->builder[i]);
	if (right != NULL)
		WR_REQUIRE(wr_codec_decode(&self->cache.codec, right->bytes,
					   right->bytes + right->len, self->builder) != NULL);
}

/* Evaluates the condition over what has been put: matched[0..rows). */
static wr_status *test_rows(struct op_lookup_join *self, const struct wr_batch *left,
			    uint8_t *matched)
{
	uint32_t rows = self->rows, kept = 0;
	struct wr_batch *batch = take_rows(self, left);
	uint32_t *sel = wr_malloc((rows + 1) * sizeof *sel);
	struct wr_eval *eval = wr_program_eval(self->condition);
	wr_status *status = wr_program_filter(self->condition, batch, sel, &kept);

	memset(matched, 0, rows);
	for (uint32_t i = 0; i < kept && status == NULL; i++)
		matched[sel[i]] = 1;
	for (uint32_t i = 0; i < eval->error_count && status == NULL; i++)
		status = self->op.env->row_error(self->op.env, &self->op, &eval->error[i]);
	wr_free(sel);
	wr_batch_free(batch);
	return status;
}

static uint32_t rows_of(const struct asked *in, uint32_t i)
{
	return in->turn.slot[i] != NULL ? in->turn.slot[i]->list.count : 0;
}

/* Slots, their rows and the bytes of these lie anywhere: they are on their way into the cache
 * before row `i` of those with a key is looked at. (Always inline: gcc takes a function that only
 * fetches ahead for one without effect, and drops the call.) */
static inline __attribute__((always_inline)) void fetch_ahead(const struct asked *in, uint32_t i)
{
	if (i + 3 * AHEAD < in->count && in->turn.slot[i + 3 * AHEAD] != NULL)
		__builtin_prefetch(in->turn.slot[i + 3 * AHEAD]);
	if (i + 2 * AHEAD < in->count && in->turn.slot[i + 2 * AHEAD] != NULL)
		__builtin_prefetch(in->turn.slot[i + 2 * AHEAD]->list.row);
	if (i + AHEAD < in->count && rows_of(in, i + AHEAD) > 0)
		__builtin_prefetch(in->turn.slot[i + AHEAD]->list.row[0].bytes);
}

/* Fills self->matched for all candidates in order, if there is a condition. */
static wr_status *test_all(struct op_lookup_join *self, const struct asked *in)
{
	size_t total = 0, at = 0;

	if (self->condition == NULL)
		return NULL;
	for (uint32_t i = 0; i < in->count; i++)
		total += rows_of(in, i);
	if (self->matched_capacity < total) {
		self->matched_capacity = WR_MAX(2 * self->matched_capacity, total);
		self->matched = wr_realloc(self->matched, self->matched_capacity);
	}
	for (uint32_t i = 0; i < in->count; i++)
		for (uint32_t r = 0; r < rows_of(in, i); r++) {
			put(self, in->row[i], &in->turn.slot[i]->list.row[r]);
			if (self->rows < self->limit)
				continue;
			WR_TRY(test_rows(self, in->batch, self->matched + at));
			at += self->limit;
		}
	return self->rows > 0 ? test_rows(self, in->batch, self->matched + at) : NULL;
}

static wr_status *emit_row(struct op_lookup_join *self, const struct asked *in, uint32_t row,
			   const struct wr_kept_row *right)
{
	put(self, row, right);
	self->place.emitted++;
	return self->rows < self->limit ? NULL
					: wr_out_emit(&self->op.out, take_rows(self, in->batch));
}

/* Writes what the left row at place->row has left; up to WR_OP_EMIT_ROWS in all. */
static wr_status *emit_left(struct op_lookup_join *self, const struct asked *in)
{
	struct place *place = &self->place;
	bool has_key = place->i < in->count && in->row[place->i] == place->row;
	uint32_t rows = has_key ? rows_of(in, place->i) : 0;

	if (has_key && place->right == 0)
		fetch_ahead(in, place->i);
	while (place->right < rows) {
		const struct wr_kept_row *right = &in->turn.slot[place->i]->list.row[place->right];

		if (place->emitted >= WR_OP_EMIT_ROWS)
			return NULL;
		place->right++;
		if (self->condition != NULL && !self->matched[place->candidate++])
			continue;
		place->any = true;
		WR_TRY(emit_row(self, in, place->row, right));
	}
	if (!place->any && self->op.node->u.join.join == WR_J_LEFT)
		WR_TRY(emit_row(self, in, place->row, NULL));
	place->i += has_key;
	place->row++;
	place->right = 0;
	place->any = false;
	return NULL;
}

/* Writes results in the order of the left rows, from where it stopped on. */
static wr_status *emit_some(struct op_lookup_join *self, const struct asked *in)
{
	struct place *place = &self->place;

	place->emitted = 0;
	while (place->row < in->batch->rows && place->emitted < WR_OP_EMIT_ROWS)
		WR_TRY(emit_left(self, in));
	return self->rows > 0 ? wr_out_emit(&self->op.out, take_rows(self, in->batch)) : NULL;
}

static bool key_has_null(const struct wr_node *node, const struct wr_batch *batch, uint32_t row)
{
	for (uint32_t k = 0; k < node->u.join.key_count; k++)
		if (!wr_column_is_valid(batch->column[node->u.join.left_key[k]], row))
			return true;
	return false;
}

static void asked_release(struct op_lookup_join *self, struct asked *in)
{
	wr_lookup_turn_release(&self->cache, &in->turn);
	wr_batch_free(in->batch);
	wr_free(in->row);
	*in = (struct asked){0};
}

/* Asks for the keys of a batch. */
static wr_status *ask(struct op_lookup_join *self, struct wr_batch *batch, struct asked *in)
{
	const struct wr_node *node = self->op.node;
	struct wr_op_keys keys;
	wr_status *status;

	in->batch = batch;
	in->row = wr_malloc(((size_t)batch->rows + 1) * sizeof *in->row);
	for (uint32_t i = 0; i < batch->rows; i++)
		if (!key_has_null(node, batch, i))
			in->row[in->count++] = i;
	wr_op_keys_take(&keys, batch, node->u.join.left_key, node->u.join.key_count, in->row,
			in->count, false);
	status = wr_lookup_cache_begin(&self->cache, &keys.keys, &in->turn);
	wr_op_keys_release(&keys);
	return status;
}

/* Goes on to write what the table has for the oldest batch. */
static wr_status *answer_on(struct op_lookup_join *self)
{
	struct asked *in = &self->waiting[self->first];

	WR_TRY(emit_some(self, in));
	self->op.pending = self->place.row < in->batch->rows;
	if (self->op.pending)
		return NULL;
	self->place = (struct place){0};
	WR_TRY(wr_lookup_cache_end(&self->cache, &in->turn));
	asked_release(self, in);
	self->first = (self->first + 1) % self->cache.turns_max;
	self->waits--;
	return NULL;
}

static wr_status *answer_first(struct op_lookup_join *self)
{
	struct asked *in = &self->waiting[self->first];

	WR_TRY(wr_lookup_cache_take(&self->cache, &in->turn));
	WR_TRY(test_all(self, in));
	return answer_on(self);
}

/* Batches that have come while one was being written. */
static struct wr_batch *take_later(struct op_lookup_join *self)
{
	struct wr_batch *batch = self->later[0];

	self->later_count--;
	memmove(self->later, self->later + 1, self->later_count * sizeof(void *));
	return batch;
}

static void put_later(struct op_lookup_join *self, struct wr_batch *batch)
{
	if (self->later_count == self->later_capacity) {
		self->later_capacity = WR_MAX(8u, 2 * self->later_capacity);
		self->later = wr_realloc(self->later, self->later_capacity * sizeof(void *));
	}
	self->later[self->later_count++] = batch;
}

/* Asks for the keys of the batches that have come, and writes what is to be written first. */
static wr_status *go_on(struct op_lookup_join *self)
{
	while (!self->op.pending && self->later_count > 0) {
		struct asked *in;

		if (self->waits == self->cache.turns_max) {
			WR_TRY(answer_first(self));
			continue;
		}
		in = &self->waiting[(self->first + self->waits++) % self->cache.turns_max];
		WR_TRY(ask(self, take_later(self), in));
		/* Nothing to wait for, or nothing to be gained by it. */
		if (self->waits == 1 && (in->turn.missing_count == 0 || self->cache.turns_max == 1))
			WR_TRY(answer_first(self));
	}
	return NULL;
}

static wr_status *join_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_lookup_join *self = (struct op_lookup_join *)op;

	(void)input;
	wr_batch_compact(batch);
	put_later(self, batch);
	return go_on(self);
}

static wr_status *join_resume(struct wr_op *op)
{
	struct op_lookup_join *self = (struct op_lookup_join *)op;

	WR_TRY(answer_on(self));
	return go_on(self);
}

static wr_status *join_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_lookup_join *self = (struct op_lookup_join *)op;

	(void)mark;
	WR_ASSERT(!op->pending && self->later_count == 0);
	if (self->waits > 0)
		WR_TRY(answer_first(self));
	*more = self->waits > 0;
	return NULL;
}

static void join_release(struct wr_op *op)
{
	struct op_lookup_join *self = (struct op_lookup_join *)op;

	for (uint32_t i = 0; self->waiting != NULL && i < self->cache.turns_max; i++)
		asked_release(self, &self->waiting[i]);
	wr_free(self->waiting);
	for (uint32_t i = 0; i < self->later_count; i++)
		wr_batch_free(self->later[i]);
	wr_free(self->later);
	wr_lookup_cache_release(&self->cache);
	wr_program_free(self->condition);
	for (uint32_t i = 0; self->builder != NULL && i < right_schema(self)->count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->from);
	wr_free(self->matched);
}

static uint64_t join_state_bytes(const struct wr_op *op)
{
	return wr_lookup_cache_bytes(&((const struct op_lookup_join *)op)->cache);
}

const struct wr_op_type wr_op_lookup_join = {
    .name = "lookup_join",
    .version = 1,
    .size = sizeof(struct op_lookup_join),
    .keeps_rows = true,
    .init = join_init,
    .process = join_process,
    .resume = join_resume,
    .on_mark = join_on_mark,
    .release = join_release,
    .state_bytes = join_state_bytes,
};
