/* SPDX-License-Identifier: Apache-2.0
 *
 * local_agg - the local half of an aggregate: folds the rows of a batch that have the same key (and
 * lie in the same slice of time) into one, when that makes the batch much shorter.
 *
 * It keeps no state: what comes in leaves in the same call, as rows or as partial results
 * (partial.h). What is folded is decided on the batches themselves, by a sample of each:
 *
 *     few keys        every row is folded, if that makes the batch half as long
 *     some hot keys   the rows of these are folded, the others pass
 *     neither         the batch passes; the next ones pass unlooked at, twice as many each time up
 *                     to a bound
 *
 * The answer does not depend on it (plan/two_phase.c): a batch has a key in one of the two forms.
 *
 * Windows: a row that is late for any window of its slice must reach the global half as it is, to
 * be counted or to wait there. A batch with such a row, or with a window boundary inside, passes.
 *
 * Groups are found with a table of the batch: hash, then equality of the keys.
 *
 * With one worker nothing is gained by folding first, so rows pass (unless the user asks for two
 * phases).
 */
#include "base/mem.h"
#include "op/partial.h"
#include "op/windowing.h"

#define SAMPLE_ROWS 256u /* of a batch, looked at first */
#define HOT_ROWS    12u  /* a key with as many of the sample's rows is hot */
#define HOT_MAX     16u  /* hot keys of a batch */
#define SKIP_MAX    64u  /* batches passed without a look at most: a key may become hot later */

struct op_local_agg {
	struct wr_op op;
	struct wr_aggs aggs;
	bool windowed; /* groups by slice, too */
	int64_t slice_ms;
	uint32_t skip;      /* batches still to be passed */
	uint32_t skip_next; /* how many after the next vain attempt */
	uint32_t *table;    /* of a batch: group + 1, 0 is free; 2 * WR_BATCH_ROWS_MAX */
	uint32_t *group;    /* per row of the batch */
	uint32_t *first;    /* per group: its first row */
	uint8_t **slot;     /* per row */
	int64_t *slice_end; /* per row, windowed */
	uint8_t *retract;   /* per row */
};

static wr_status *local_init(struct wr_op *op)
{
	struct op_local_agg *self = (struct op_local_agg *)op;
	const struct wr_node *node = op->node;

	wr_aggs_init(&self->aggs, node, sizeof(struct wr_partial));
	self->windowed = node->u.agg.window != NULL;
	if (self->windowed)
		self->slice_ms = wr_window_slice_ms(node->u.agg.window);
	self->skip_next = 1;
	self->table = wr_calloc(2 * (size_t)WR_BATCH_ROWS_MAX, sizeof *self->table);
	self->group = wr_malloc(2 * (size_t)WR_BATCH_ROWS_MAX * sizeof *self->group);
	self->first = self->group + WR_BATCH_ROWS_MAX;
	self->slot = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *self->slot);
	self->slice_end = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *self->slice_end);
	self->retract = wr_malloc(WR_BATCH_ROWS_MAX);
	return NULL;
}

/* Sends the batch on as it is: one more column, NULL. */
static wr_status *local_pass(struct op_local_agg *self, struct wr_batch *batch)
{
	uint32_t count = batch->column_count;

	batch->column = wr_realloc(batch->column, (count + 1) * sizeof(struct wr_column *));
	batch->column[count] = wr_column_null(&WR_T_BYTES);
	batch->column_count++;
	return wr_out_emit(&self->op.out, batch);
}

/* The slices of the rows; false: some row is late for a window, or the watermark changes on the
 * way.
 */
static bool local_slices(struct op_local_agg *self, const struct wr_batch *batch)
{
	const struct wr_window *window = self->op.node->u.agg.window;
	int64_t start = INT64_MIN, end = INT64_MIN;

	if (batch->row_watermark != NULL)
		return false;
	wr_window_times(batch->column[window->time_column], batch->rows, self->slice_end);
	for (uint32_t i = 0; i < batch->rows; i++) {
		int64_t ms = self->slice_end[i];

		if (ms < start || ms >= end) {
			struct wr_window_range range;

			start = wr_window_start(ms, self->slice_ms, window->offset_ms);
			end = start + self->slice_ms;
			range = wr_window_of_slice(window, end);
			if (wr_window_fired(WR_MIN(range.first_end, range.last_end),
					    batch->watermark))
				return false;
		}
		self->slice_end[i] = end;
	}
	return true;
}

static bool same_group(const struct op_local_agg *self, const struct wr_op_keys *keys, uint32_t a,
		       uint32_t b)
{
	if (keys->hash[a] != keys->hash[b] ||
	    (self->windowed && self->slice_end[a] != self->slice_end[b]))
		return false;
	for (uint32_t i = 0; i < keys->count; i++)
		if (!wr_value_equal(keys->column[i], a, keys->column[i], b))
			return false;
	return true;
}

/* Numbers the groups of rows [0, rows). Returns how many there are; more than `limit`: gave up. */
static uint32_t find_groups(struct op_local_agg *self, const struct wr_op_keys *keys, uint32_t rows,
			    uint32_t limit)
{
	uint32_t mask = 63, groups = 0;

	while (mask < 2 * rows - 1)
		mask = 2 * mask + 1;
	WR_ASSERT(mask < 2 * WR_BATCH_ROWS_MAX);
	memset(self->table, 0, (mask + 1) * sizeof *self->table);
	for (uint32_t i = 0; i < rows; i++) {
		uint64_t mixed = keys->hash[i];
		uint32_t at;

		if (self->windowed)
			mixed ^= (uint64_t)self->slice_end[i] * 0x9e3779b97f4a7c15ull;
		at = (uint32_t)(mixed ^ (mixed >> 32)) & mask;
		while (self->table[at] != 0 &&
		       !same_group(self, keys, self->first[self->table[at] - 1], i))
			at = (at + 1) & mask;
		if (self->table[at] == 0) {
			if (groups == limit)
				return limit + 1;
			self->first[groups] = i;
			self->table[at] = ++groups;
		}
		self->group[i] = self->table[at] - 1;
	}
	return groups;
}

/* Finds hot keys among `groups` groups of the sample and numbers them from 0; first[] are their
 * first rows. Returns how many; 0 when they are too few rows together. */
static uint32_t hot_groups(struct op_local_agg *self, uint32_t groups)
{
	uint32_t count[SAMPLE_ROWS] = {0}, hot = 0, covered = 0;

	for (uint32_t i = 0; i < SAMPLE_ROWS; i++)
		count[self->group[i]]++;
	for (uint32_t g = 0; g < groups && hot < HOT_MAX; g++) {
		if (count[g] < HOT_ROWS)
			continue;
		covered += count[g];
		self->first[hot++] = self->first[g];
	}
	return covered >= SAMPLE_ROWS / 8 ? hot : 0;
}

/* Numbers the rows of hot keys; the others get UINT32_MAX. */
static void find_hot(struct op_local_agg *self, const struct wr_op_keys *keys, uint32_t rows,
		     uint32_t hot)
{
	uint64_t hash[HOT_MAX];

	for (uint32_t h = 0; h < hot; h++)
		hash[h] = keys->hash[self->first[h]];
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t h = 0;

		while (h < hot &&
		       (hash[h] != keys->hash[i] || !same_group(self, keys, self->first[h], i)))
			h++;
		self->group[i] = h < hot ? h : UINT32_MAX;
	}
}

/* The groups of the batch, or 0: folding all of it does not pay. *hot: hot keys then. */
static uint32_t local_groups(struct op_local_agg *self, const struct wr_op_keys *keys,
			     uint32_t rows, uint32_t *hot)
{
	uint32_t limit = self->op.node->u.agg.always ? rows : rows / 2;

	*hot = 0;
	if (rows >= 2 * SAMPLE_ROWS && limit < rows) {
		uint32_t groups = find_groups(self, keys, SAMPLE_ROWS, SAMPLE_ROWS);

		if (groups > SAMPLE_ROWS / 4) {
			*hot = hot_groups(self, groups);
			return 0;
		}
	}
	rows = find_groups(self, keys, rows, limit);
	return rows > limit ? 0 : rows;
}

/* Accumulators of the groups in one buffer, made of rows row[0..count) (NULL: all). */
static struct wr_buf *local_fold(struct op_local_agg *self, const struct wr_batch *batch,
				 const uint32_t *row, uint32_t count, uint32_t groups)
{
	uint32_t size = self->aggs.slot_size;
	struct wr_buf *buf = wr_buf_new((size_t)groups * size);
	uint8_t *slots = (uint8_t *)buf->data;
	const uint8_t *retract = batch->kind != NULL ? self->retract : NULL;

	memset(slots, 0, (size_t)groups * size);
	for (uint32_t g = 0; g < groups; g++)
		wr_aggs_start(&self->aggs, slots + (size_t)g * size);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t r = row != NULL ? row[i] : i;
		bool add = batch->kind == NULL || wr_kind_is_add(batch->kind[r]);

		self->slot[i] = slots + (size_t)self->group[r] * size;
		self->retract[i] = !add;
		((struct wr_partial *)self->slot[i])->rows += add ? 1 : -1;
	}
	wr_aggs_update(&self->aggs, NULL, self->slot, batch, row, retract, count);
	return buf;
}

/* The batch of partial results: keys and time of each group's first row, and the accumulators. */
static struct wr_batch *local_batch(struct op_local_agg *self, const struct wr_batch *batch,
				    const struct wr_op_keys *keys, const uint32_t *row,
				    uint32_t rows, uint32_t groups)
{
	const struct wr_node *node = self->op.node;
	uint32_t count = batch->column_count, size = self->aggs.slot_size;
	struct wr_batch *out = wr_batch_new(count + 1, groups);
	struct wr_buf *buf = local_fold(self, batch, row, rows, groups);
	struct wr_column *partial = wr_column_new(&WR_T_BYTES, groups);
	struct wr_view *view;

	for (uint32_t k = 0; k < node->u.agg.key_count + (self->windowed ? 1 : 0); k++) {
		uint32_t c = k < node->u.agg.key_count ? node->u.agg.key[k]
						       : node->u.agg.window->time_column;

		if (out->column[c] == NULL)
			out->column[c] = wr_column_gather(batch->column[c], self->first, groups);
	}
	view = WR_DATA(partial, struct wr_view);
	for (uint32_t g = 0; g < groups; g++)
		view[g] = wr_view_of(buf->data + (size_t)g * size, size);
	wr_column_keep(partial, buf);
	wr_buf_unref(buf);
	out->column[count] = partial;
	out->hash = wr_malloc((groups + 1) * sizeof *out->hash);
	for (uint32_t g = 0; g < groups; g++)
		out->hash[g] = keys->hash[self->first[g]];
	out->watermark = batch->watermark;
	out->ingest_us = batch->ingest_us;
	return out;
}

/* Folds the rows of hot keys; the others pass behind them. */
static wr_status *local_hot(struct op_local_agg *self, struct wr_batch *batch,
			    struct wr_op_keys *keys, uint32_t hot)
{
	uint32_t *folded = wr_malloc(((size_t)batch->rows + 1) * sizeof *folded), count = 0;
	wr_status *status;

	find_hot(self, keys, batch->rows, hot);
	batch->sel = wr_malloc(((size_t)batch->rows + 1) * sizeof *batch->sel);
	batch->sel_count = 0;
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (self->group[i] != UINT32_MAX)
			folded[count++] = i;
		else
			batch->sel[batch->sel_count++] = i;
	}
	status = wr_out_emit(&self->op.out, local_batch(self, batch, keys, folded, count, hot));
	wr_free(folded);
	if (status == NULL && batch->sel_count > 0) {
		batch->hash = keys->hash;
		keys->hash = NULL;
		return local_pass(self, batch);
	}
	wr_batch_free(batch);
	return status;
}

/* With the keys of the batch at hand. */
static wr_status *local_keys(struct op_local_agg *self, struct wr_batch *batch,
			     struct wr_op_keys *keys)
{
	uint32_t hot, groups = local_groups(self, keys, batch->rows, &hot);
	struct wr_batch *out;

	if (groups > 0 || hot > 0)
		self->skip_next = 1;
	if (hot > 0)
		return local_hot(self, batch, keys, hot);
	if (groups > 0) {
		out = local_batch(self, batch, keys, NULL, batch->rows, groups);
		wr_batch_free(batch);
		return wr_out_emit(&self->op.out, out);
	}
	self->skip = self->skip_next;
	self->skip_next = WR_MIN(2 * self->skip_next, SKIP_MAX);
	batch->hash = keys->hash;
	keys->hash = NULL;
	return local_pass(self, batch);
}

static wr_status *local_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_local_agg *self = (struct op_local_agg *)op;
	const struct wr_node *node = op->node;
	struct wr_op_keys keys;
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	wr_free(batch->hash); /* of another exchange */
	batch->hash = NULL;
	if (self->skip > 0 && !node->u.agg.always) {
		self->skip--;
		return local_pass(self, batch);
	}
	if (batch->rows < 2 || (op->env->workers == 1 && !node->u.agg.always) ||
	    (self->windowed && !local_slices(self, batch)))
		return local_pass(self, batch);
	wr_op_keys_take(&keys, batch, node->u.agg.key, node->u.agg.key_count, NULL, batch->rows,
			false);
	status = local_keys(self, batch, &keys);
	wr_op_keys_release(&keys);
	return status;
}

static void local_release(struct wr_op *op)
{
	struct op_local_agg *self = (struct op_local_agg *)op;

	wr_aggs_release(&self->aggs);
	wr_free(self->table);
	wr_free(self->group);
	wr_free(self->slot);
	wr_free(self->slice_end);
	wr_free(self->retract);
}

const struct wr_op_type wr_op_local_agg = {
    .name = "local_agg",
    .version = 1,
    .size = sizeof(struct op_local_agg),
    .init = local_init,
    .process = local_process,
    .release = local_release,
};
