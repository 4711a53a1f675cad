/* SPDX-License-Identifier: Apache-2.0
 *
 * multi_join - a chain of regular joins on one key, as one operator: every input keeps its rows
 * once, under the key, and there are no intermediate results.
 *
 * The result for a key is what nested loops over the inputs give, from the first to the last: a row
 * of input d goes with the rows before it if the condition of d holds; when none does, LEFT goes on
 * with NULLs and INNER with nothing. When a row of input j comes or goes, the loops run with that
 * row alone at j and with the kept ones elsewhere: that is the change of the result. Where j is
 * joined by LEFT, the first partner that comes takes back the form with NULLs, and the last one
 * that goes brings it back.
 *
 * A NULL in the key matches nothing: such a row of the first input is shown if all others are LEFT,
 * of another input it is forgotten.
 *
 * Saved: per input and key the rows in the order of arrival. Looking for partners changes nothing
 * of the other inputs unless rows of theirs have expired.
 *
 * Memory: every row of every input, once; with a time to live those of that time.
 */
#include "base/env.h"
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/row_list.h"

#define DOOMED UINT32_MAX /* as the capacity of an empty list: its slot is about to be removed */

/* One input. */
struct side {
	uint32_t columns, first;     /* of its schema; number of its first column in the output */
	struct wr_codec codec;       /* of its rows */
	struct wr_state *state;      /* key -> struct wr_row_list */
	struct wr_state_field field; /* of a saved slot */
	struct wr_state_codec saved;
	struct wr_ttl ttl;            /* of its rows */
	uint64_t sweep_next;          /* where the next sweep goes on */
	struct wr_program *condition; /* with the inputs before it; NULL: none */
	struct wr_builder *
	    *candidate;   /* per column up to its own: rows being tested; NULL: not read */
	uint8_t *matched; /* per row of its list, while the loops are below */
	uint32_t matched_capacity;
};

struct op_multi_join {
	struct wr_op op;
	struct wr_arena arena;       /* of the codecs */
	struct side *side;           /* per input */
	uint32_t count;              /* inputs */
	struct wr_builder **builder; /* per output column */
	uint8_t *kind;               /* of the rows written; room for a batch */
	uint32_t rows, limit;        /* written; at most */
	int64_t watermark;           /* of the batches it makes */
	struct wr_encoded encoded;   /* rows of the batch */
	/* the loops: */
	uint32_t input;                    /* whose row has come or gone */
	const struct wr_kept_row *changed; /* that row */
	bool add;                          /* it has come */
	struct wr_row_list **list;         /* per input: the rows of the key; NULL: none */
	const struct wr_kept_row **now;    /* per input: the row of this turn; NULL: none */
};

/* The condition of an input and builders for what it reads. */
static wr_status *side_condition(struct op_multi_join *self, uint32_t d)
{
	struct wr_expr *condition = self->op.node->u.multi.condition[d];
	struct side *side = &self->side[d];
	uint32_t columns = side->first + side->columns;
	bool *read;

	if (condition == NULL)
		return NULL;
	read = WR_NEW_ARRAY(&self->arena, bool, columns + 1);
	wr_expr_columns(condition, read);
	side->candidate = wr_calloc(columns + 1, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < columns; i++)
		if (read[i])
			side->candidate[i] =
			    wr_builder_new(self->op.node->schema.field[i].type, 64);
	return wr_program_clocked(&condition, 1, columns, self->op.env->zone_id, self->op.env->env,
				  &side->condition);
}

static void side_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	wr_row_list_save((const struct wr_row_list *)slot, WR_MATCHES_NONE,
			 &((const struct side *)ctx)->ttl, out);
}

static bool side_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	const struct side *side = ctx;

	return wr_row_list_load((struct wr_row_list *)slot, pool, &side->codec, &side->ttl,
				value->field[0]);
}

static void side_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	(void)ctx;
	wr_row_list_drop((struct wr_row_list *)slot, pool);
}

/* An input's codec, state and condition. */
static wr_status *side_init(struct op_multi_join *self, uint32_t d, uint32_t first)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *schema = &node->input[d]->schema;
	const struct wr_type **types =
	    WR_NEW_ARRAY(&self->arena, const struct wr_type *, schema->count + 1);
	struct side *side = &self->side[d];
	struct wr_state_decl decl = {.name = wr_arena_printf(&self->arena, "input%u", d),
				     .meaning = node->state_name,
				     .value_size = sizeof(struct wr_row_list),
				     .ttl_ms = node->u.multi.ttl_ms[d],
				     .codec = &side->saved,
				     .codec_ctx = side};

	side->columns = schema->count;
	side->first = first;
	for (uint32_t i = 0; i < schema->count; i++)
		types[i] = schema->field[i].type;
	wr_codec_init(&side->codec, &self->arena, types, schema->count);
	wr_ttl_start(&side->ttl, decl.ttl_ms, self->op.env->env);
	side->field = wr_row_list_field(&self->arena, "rows", schema);
	side->saved = (struct wr_state_codec){1, &side->field, side_save, side_load, side_drop};
	wr_op_key_columns(&self->op, d, node->u.multi.key[d], node->u.multi.key_count, &self->arena,
			  &decl);
	WR_TRY(wr_op_state_open(&self->op, &decl, &side->state));
	return side_condition(self, d);
}

static wr_status *join_init(struct wr_op *op)
{
	struct op_multi_join *self = (struct op_multi_join *)op;
	const struct wr_node *node = op->node;
	uint32_t first = 0;

	wr_arena_init(&self->arena);
	wr_encoded_init(&self->encoded);
	self->count = node->input_count;
	self->watermark = WR_WATERMARK_MIN;
	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	self->kind = wr_malloc(self->limit + 1);
	self->side = wr_calloc(self->count, sizeof *self->side);
	self->list = wr_calloc(self->count, sizeof *self->list);
	self->now = wr_calloc(self->count, sizeof *self->now);
	self->builder = wr_calloc(node->schema.count + 1, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < node->schema.count; i++)
		self->builder[i] = wr_builder_new(node->schema.field[i].type, 64);
	for (uint32_t d = 0; d < self->count; d++) {
		WR_TRY(side_init(self, d, first));
		first += node->input[d]->schema.count;
	}
	wr_op_clock(op, "watermark_ms", &self->watermark);
	return NULL;
}

static bool is_left(const struct op_multi_join *self, uint32_t d)
{
	return d > 0 && self->op.node->u.multi.join[d] == WR_J_LEFT;
}

/* --- writing --------------------------------------------------------------------------------- */

static wr_status *flush(struct op_multi_join *self)
{
	struct wr_batch *batch;
	bool inserts = true;

	if (self->rows == 0)
		return NULL;
	batch = wr_batch_new(self->op.node->schema.count, self->rows);
	for (uint32_t i = 0; i < batch->column_count; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	for (uint32_t i = 0; i < self->rows; i++)
		inserts = inserts && self->kind[i] == WR_INSERT;
	if (!inserts)
		memcpy(wr_batch_kinds(batch), self->kind, self->rows);
	self->rows = 0;
	batch->watermark = self->watermark;
	return wr_out_emit(&self->op.out, batch);
}

static void decode(const struct side *side, const struct wr_kept_row *row,
		   struct wr_builder *const *builder)
{
	if (row != NULL) {
		WR_REQUIRE(wr_codec_decode(&side->codec, row->bytes, row->bytes + row->len,
					   builder) != NULL);
		return;
	}
	for (uint32_t i = 0; i < side->columns; i++)
		if (builder[i] != NULL)
			wr_builder_null(builder[i]);
}

/* Writes the rows of this turn. */
static wr_status *put(struct op_multi_join *self, uint8_t kind)
{
	for (uint32_t d = 0; d < self->count; d++)
		decode(&self->side[d], self->now[d], self->builder + self->side[d].first);
	self->kind[self->rows++] = kind;
	return self->rows == self->limit ? flush(self) : NULL;
}

/* --- the loops ------------------------------------------------------------------------------- */

/* Tests up to a batch of rows of input d with the rows of this turn before it. */
static wr_status *test_some(struct op_multi_join *self, uint32_t d, const struct wr_kept_row *row,
			    uint32_t count, uint8_t *matched)
{
	struct side *side = &self->side[d];
	uint32_t columns = side->first + side->columns, kept = 0;
	struct wr_batch *batch = wr_batch_new(columns, count);
	uint32_t *sel = wr_malloc((count + 1) * sizeof *sel);
	struct wr_eval *eval = wr_program_eval(side->condition);
	wr_status *status;

	for (uint32_t r = 0; r < count; r++)
		for (uint32_t i = 0; i <= d; i++)
			decode(&self->side[i], i < d ? self->now[i] : &row[r],
			       side->candidate + self->side[i].first);
	for (uint32_t i = 0; i < columns; i++)
		if (side->candidate[i] != NULL)
			batch->column[i] = wr_builder_finish(side->candidate[i]);
	memset(matched, 0, count);
	status = wr_program_filter(side->condition, batch, sel, &kept);
	for (uint32_t i = 0; i < kept && status == NULL; i++)
		matched[sel[i]] = 1;
	for (uint32_t i = 0; i < eval->error_count && status == NULL; i++)
		status = self->op.env->row_error(self->op.env, &self->op, &eval->error[i]);
	wr_batch_free(batch);
	wr_free(sel);
	return status;
}

/* side[d].matched[i] = whether row i goes with the rows of this turn before it; *any: one does. */
static wr_status *test_rows(struct op_multi_join *self, uint32_t d, const struct wr_row_list *list,
			    bool *any)
{
	struct side *side = &self->side[d];
	uint32_t count = list != NULL ? list->count : 0;

	*any = false;
	if (side->matched_capacity < count) {
		side->matched_capacity = WR_MAX(2 * side->matched_capacity, count);
		side->matched = wr_realloc(side->matched, side->matched_capacity);
	}
	if (side->condition == NULL) {
		if (count > 0)
			memset(side->matched, 1, count);
		*any = count > 0;
		return NULL;
	}
	for (uint32_t from = 0; from < count; from += WR_BATCH_ROWS_MAX)
		WR_TRY(test_some(self, d, list->row + from, WR_MIN(count - from, WR_BATCH_ROWS_MAX),
				 side->matched + from));
	for (uint32_t i = 0; i < count && !*any; i++)
		*any = side->matched[i] != 0;
	return NULL;
}

static wr_status *loop(struct op_multi_join *self, uint32_t d, uint8_t kind);

/* Goes on with a row of input d, or with NULLs. */
static wr_status *turn(struct op_multi_join *self, uint32_t d, const struct wr_kept_row *row,
		       uint8_t kind)
{
	self->now[d] = row;
	return loop(self, d + 1, kind);
}

/* The input whose row has changed: its other rows only say whether the NULLs are shown. */
static wr_status *loop_changed(struct op_multi_join *self, uint32_t d, uint8_t kind)
{
	struct wr_row_list one = {.row = (struct wr_kept_row *)self->changed, .count = 1};
	bool matches, others = true;

	WR_TRY(test_rows(self, d, &one, &matches));
	if (!matches)
		return NULL;
	if (is_left(self, d))
		WR_TRY(test_rows(self, d, self->list[d], &others));
	if (!others && self->add)
		WR_TRY(turn(self, d, NULL, WR_DELETE));
	WR_TRY(turn(self, d, self->changed, kind));
	if (!others && !self->add)
		WR_TRY(turn(self, d, NULL, WR_INSERT));
	return NULL;
}

/* Inputs d and up, for the rows of this turn before d. */
static wr_status *loop(struct op_multi_join *self, uint32_t d, uint8_t kind)
{
	const struct wr_row_list *list;
	bool any;

	if (d == self->count)
		return put(self, kind);
	if (d == self->input)
		return loop_changed(self, d, kind);
	list = self->list[d];
	WR_TRY(test_rows(self, d, list, &any));
	for (uint32_t i = 0; list != NULL && i < list->count; i++)
		if (self->side[d].matched[i])
			WR_TRY(turn(self, d, &list->row[i], kind));
	return !any && is_left(self, d) ? turn(self, d, NULL, kind) : NULL;
}

/* Whether some input that must have a row for the key has none. */
static bool is_hopeless(const struct op_multi_join *self)
{
	for (uint32_t d = 0; d < self->count; d++)
		if (d != self->input && !is_left(self, d) &&
		    (self->list[d] == NULL || self->list[d]->count == 0))
			return true;
	return false;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* A row whose key has a NULL. */
static wr_status *lonely_row(struct op_multi_join *self, uint8_t kind)
{
	for (uint32_t d = 1; d < self->count; d++)
		if (self->input != 0 || !is_left(self, d))
			return NULL;
	memset(self->list, 0, self->count * sizeof *self->list);
	return loop(self, 0, kind);
}

/* One row: kept or forgotten, and what that changes. */
static wr_status *change_row(struct op_multi_join *self, uint8_t kind)
{
	struct side *side = &self->side[self->input];
	struct wr_agg_pool *pool = wr_state_pool(side->state, 0);
	struct wr_row_list *own = self->list[self->input];
	const struct wr_kept_row *row = self->changed;

	if (!self->add) {
		int64_t at = wr_row_list_find(own, row->bytes, row->len);

		if (at < 0) /* takes back what never came: nothing has been shown for it */
			return NULL;
		wr_row_list_remove(own, pool, (uint32_t)at);
	}
	if (!is_hopeless(self))
		WR_TRY(loop(self, 0, kind));
	if (self->add)
		wr_row_list_add(own, pool, row->bytes, row->len)->stamp = side->ttl.now;
	return NULL;
}

/* Rows of a slot that are expired are not there any more. */
static void expire(struct side *side, uint8_t *slot)
{
	struct wr_row_list *list = (struct wr_row_list *)slot;

	if (list->count == 0 || !wr_ttl_expired(&side->ttl, list->row[0].stamp))
		return;
	wr_state_touch(side->state, 0, &slot, 1);
	wr_row_list_expire(list, wr_state_pool(side->state, 0), &side->ttl);
}

/* The batch's rows in their lists: slot[d * rows + i]. */
static wr_status *find_lists(struct op_multi_join *self, const struct wr_op_keys *keys,
			     uint8_t **slot, uint32_t rows)
{
	for (uint32_t d = 0; d < self->count; d++) {
		struct side *side = &self->side[d];
		uint8_t **to = slot + (size_t)d * rows;

		if (d == self->input)
			WR_TRY(wr_state_upsert(side->state, 0, &keys->keys, to, NULL));
		else
			WR_TRY(wr_state_peek(side->state, 0, &keys->keys, to));
		if (side->ttl.unit_ms == 0)
			continue;
		wr_ttl_tick(&side->ttl, wr_op_mono_ms(&self->op));
		for (uint32_t i = 0; i < rows; i++)
			if (to[i] != NULL)
				expire(side, to[i]);
	}
	return NULL;
}

/* Keys that have no rows any more go; each slot once. */
static wr_status *forget_empty(struct op_multi_join *self, uint8_t **slot, uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct wr_row_list *list = (struct wr_row_list *)slot[i];

		if (list->count > 0 || list->capacity == DOOMED)
			continue;
		list->capacity = DOOMED;
		slot[doomed++] = slot[i];
	}
	return wr_state_remove(self->side[self->input].state, 0, slot, doomed);
}

static wr_status *join_rows(struct op_multi_join *self, const struct wr_batch *batch,
			    const struct wr_op_keys *keys, uint8_t **slot)
{
	uint32_t rows = batch->rows;

	WR_TRY(find_lists(self, keys, slot, rows));
	wr_codec_encode_batch(&self->side[self->input].codec, &self->encoded, batch->column, NULL,
			      rows);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_kept_row row = {0};
		uint8_t kind = wr_batch_kind(batch, i);

		row.bytes = (char *)wr_encoded_row(&self->encoded, i, &row.len);
		self->changed = &row;
		self->add = wr_kind_is_add(kind);
		for (uint32_t d = 0; d < self->count; d++)
			self->list[d] = (struct wr_row_list *)slot[(size_t)d * rows + i];
		WR_TRY(wr_op_keys_have_null(keys, i) ? lonely_row(self, kind)
						     : change_row(self, kind));
	}
	WR_TRY(flush(self));
	return forget_empty(self, slot + (size_t)self->input * rows, rows);
}

static wr_status *join_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_multi_join *self = (struct op_multi_join *)op;
	struct wr_op_keys keys;
	uint8_t **slot;
	wr_status *status;

	self->input = input;
	wr_batch_compact(batch);
	slot = wr_malloc(((size_t)batch->rows + 1) * self->count * sizeof *slot);
	wr_op_keys_take(&keys, batch, op->node->u.multi.key[input], op->node->u.multi.key_count,
			NULL, batch->rows, true);
	status = join_rows(self, batch, &keys, slot);
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_batch_free(batch);
	return status;
}

/* Drops expired rows of a piece of an input's state. */
static wr_status *sweep(struct op_multi_join *self, struct side *side)
{
	uint64_t left;
	uint8_t *slot[64];

	wr_ttl_tick(&side->ttl, wr_op_mono_ms(&self->op));
	left = wr_ttl_sweep(&side->ttl, wr_state_count(side->state, 0));
	while (left > 0) {
		uint32_t count =
		    wr_state_scan(side->state, 0, &side->sweep_next, slot, WR_COUNT(slot));
		uint32_t doomed = 0;

		if (count == 0)
			side->sweep_next = 0;
		if (count == 0)
			return NULL;
		for (uint32_t i = 0; i < count; i++) {
			expire(side, slot[i]);
			if (((struct wr_row_list *)slot[i])->count == 0)
				slot[doomed++] = slot[i];
		}
		WR_TRY(wr_state_remove(side->state, 0, slot, doomed));
		left -= WR_MIN(left, (uint64_t)count);
	}
	return NULL;
}

/* Notes the watermark, the lowest one of all inputs: rows joined later are not late to it. */
static wr_status *join_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_multi_join *self = (struct op_multi_join *)op;

	(void)more;
	self->watermark = mark->watermark_ms;
	for (uint32_t d = 0; d < self->count; d++)
		if (self->side[d].ttl.unit_ms > 0)
			WR_TRY(sweep(self, &self->side[d]));
	return NULL;
}

static void join_release(struct wr_op *op)
{
	struct op_multi_join *self = (struct op_multi_join *)op;

	for (uint32_t d = 0; self->side != NULL && d < self->count; d++) {
		struct side *side = &self->side[d];

		wr_state_close(side->state);
		wr_program_free(side->condition);
		for (uint32_t i = 0; side->candidate != NULL && i < side->first + side->columns;
		     i++)
			wr_builder_free(side->candidate[i]);
		wr_free(side->candidate);
		wr_free(side->matched);
	}
	for (uint32_t i = 0; self->builder != NULL && i < op->node->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->side);
	wr_free(self->list);
	wr_free(self->now);
	wr_free(self->kind);
	wr_encoded_release(&self->encoded);
	wr_arena_release(&self->arena);
}

static uint64_t join_state_bytes(const struct wr_op *op)
{
	const struct op_multi_join *self = (const struct op_multi_join *)op;
	uint64_t bytes = 0;

	for (uint32_t d = 0; d < self->count; d++)
		bytes += wr_state_bytes(self->side[d].state);
	return bytes;
}

const struct wr_op_type wr_op_multi_join = {
    .name = "multi_join",
    .version = 1,
    .size = sizeof(struct op_multi_join),
    .init = join_init,
    .process = join_process,
    .on_mark = join_on_mark,
    .release = join_release,
    .state_bytes = join_state_bytes,
};
