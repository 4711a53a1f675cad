/* SPDX-License-Identifier: Apache-2.0
 *
 * window_correct - rows within the allowed lateness correct windows that have fired.
 *
 * Before such rows are folded, what the windows showed for their keys is merged into `corrected`
 * (namespace = window end), once per key and epoch. At the mark each kept key is compared with what
 * its window shows now: -U/+U when it changed, +I when the window had nothing for the key.
 *
 * A slot's header holds SHOWED: the window had a result for the key.
 */
#include "op/window_agg.h"

#include "base/mem.h"

enum { SHOWED = 1 };

/* Merges what the slices of window `end` hold for the keys into dst[i] (NULL: skip); notes SHOWED.
 */
static wr_status *merge_keys(struct op_window_agg *self, int64_t end, const struct wr_keys *keys,
			     uint8_t *const *dst, struct wr_agg_pool *pool)
{
	int64_t start =
	    self->op.node->u.agg.attached ? end - 1 : wr_window_start_of(&self->window, end);
	int64_t slice_end = start;
	uint8_t **src = wr_malloc((keys->rows + 1) * sizeof *src);
	wr_status *status = NULL;

	while (status == NULL && wr_state_first_namespace(self->slices, slice_end, &slice_end) &&
	       slice_end <= end) {
		status = wr_state_peek(self->slices, slice_end, keys, src);
		for (uint32_t i = 0; i < keys->rows && status == NULL; i++) {
			uint8_t *to = dst[i];

			if (to == NULL || src[i] == NULL)
				continue;
			*(uint32_t *)to |= SHOWED;
			wr_aggs_merge(&self->aggs, pool, &to, &src[i], 1);
		}
	}
	wr_free(src);
	return status;
}

wr_status *wr_window_agg_before_correction(struct op_window_agg *self, int64_t slice_end,
					   int64_t watermark_ms, const struct wr_keys *keys)
{
	struct wr_window_range range = wr_window_agg_range(self, slice_end);
	uint8_t **slot = wr_malloc((keys->rows + 1) * sizeof *slot),
		*is_new = wr_malloc(keys->rows + 1);
	wr_status *status = NULL;

	for (int64_t end = range.first_end; end <= range.last_end && status == NULL;
	     end += range.step_ms) {
		if (!wr_window_fired(end, self->fired_ms))
			break;
		if (wr_window_fired(end + self->allowed_ms, watermark_ms))
			continue;
		status = wr_state_upsert(self->corrected, end, keys, slot, is_new);
		for (uint32_t i = 0; i < keys->rows && status == NULL; i++) {
			if (is_new[i])
				wr_aggs_start(&self->aggs, slot[i]);
			else
				slot[i] = NULL;
		}
		if (status == NULL)
			status =
			    merge_keys(self, end, keys, slot, wr_state_pool(self->corrected, end));
	}
	wr_free(slot);
	wr_free(is_new);
	return status;
}

/* One column of -U/+U rows: index < count picks the old value, else the new one. */
static struct wr_column *interleave(struct wr_column *old, struct wr_column *now, uint32_t count,
				    const uint32_t *index, uint32_t rows)
{
	struct wr_column *both[2];
	uint32_t lens[2] = {count, count};
	struct wr_column *all, *out;

	both[0] = wr_column_flatten(old, count);
	both[1] = wr_column_flatten(now, count);
	all = wr_column_concat(both, lens, 2);
	out = wr_column_gather(all, index, rows);
	wr_column_unref(both[0]);
	wr_column_unref(both[1]);
	wr_column_unref(all);
	return out;
}

/* Whether any aggregate of row i differs. */
static bool row_differs(const struct op_window_agg *self, const struct wr_batch *old,
			const struct wr_batch *now, uint32_t i)
{
	uint32_t keys = self->op.node->u.agg.key_count;

	for (uint32_t c = keys; c < keys + self->aggs.count; c++)
		if (!wr_value_equal(old->column[c], i, now->column[c], i))
			return true;
	return false;
}

/* Emits the changes between two states of the same keys of a window. */
static wr_status *emit_changes(struct op_window_agg *self, uint8_t *const *slot,
			       struct wr_batch *old, struct wr_batch *now, uint32_t count)
{
	uint32_t *index = wr_malloc((2 * count + 1) * sizeof *index), rows = 0;
	uint8_t *kind = wr_malloc(2 * count + 1);
	struct wr_batch *batch = NULL;

	for (uint32_t i = 0; i < count; i++) {
		bool showed = *(const uint32_t *)slot[i] & SHOWED;

		if (showed && !row_differs(self, old, now, i))
			continue;
		if (showed && self->op.node->traits.needs_update_before) {
			kind[rows] = WR_UPDATE_BEFORE;
			index[rows++] = i;
		}
		kind[rows] = showed ? WR_UPDATE_AFTER : WR_INSERT;
		index[rows++] = count + i;
	}
	if (rows > 0) {
		batch = wr_batch_new(now->column_count, rows);
		for (uint32_t c = 0; c < now->column_count; c++)
			batch->column[c] =
			    interleave(old->column[c], now->column[c], count, index, rows);
		memcpy(wr_batch_kinds(batch), kind, rows);
		batch->watermark = self->sent_ms;
	}
	wr_free(index);
	wr_free(kind);
	wr_batch_free(old);
	wr_batch_free(now);
	return batch != NULL ? wr_out_emit(&self->op.out, batch) : NULL;
}

/* Compares up to WR_WINDOW_CHUNK kept keys of one window with what it shows now. */
static wr_status *correct_chunk(struct op_window_agg *self, int64_t end, uint8_t *const *slot,
				uint32_t count)
{
	struct wr_column **key = wr_calloc(self->key_count + 1, sizeof *key);
	uint64_t hash[WR_WINDOW_CHUNK];
	struct wr_keys keys = {.rows = count, .column = key, .hash = hash};
	uint8_t *now[WR_WINDOW_CHUNK];
	wr_status *status;

	wr_state_slot_keys(self->corrected, end, slot, count, key);
	wr_keys_hash(key, self->key_count, count, hash);
	status = wr_state_upsert(self->merged, end, &keys, now, NULL);
	if (status == NULL) {
		for (uint32_t i = 0; i < count; i++)
			wr_aggs_start(&self->aggs, now[i]);
		status = merge_keys(self, end, &keys, now, wr_state_pool(self->merged, end));
	}
	for (uint32_t i = 0; i < self->key_count; i++)
		wr_column_unref(key[i]);
	wr_free(key);
	if (status != NULL)
		return status;
	return emit_changes(self, slot, wr_window_agg_rows(self, self->corrected, end, slot, count),
			    wr_window_agg_rows(self, self->merged, end, now, count), count);
}

wr_status *wr_window_agg_correct(struct op_window_agg *self, int64_t watermark_ms)
{
	int64_t end = INT64_MIN;

	while (wr_state_first_namespace(self->corrected, end, &end)) {
		uint64_t cursor = 0;
		uint32_t count,
		    limit = WR_MIN(WR_WINDOW_CHUNK, WR_MAX(self->op.env->batch_rows_max / 2, 1));
		uint8_t *slot[WR_WINDOW_CHUNK];

		if (!wr_window_fired(end + self->allowed_ms, watermark_ms))
			continue;
		while ((count = wr_state_scan(self->corrected, end, &cursor, slot, limit)) > 0)
			WR_TRY(correct_chunk(self, end, slot, count));
		wr_state_drop_namespace(self->corrected, end);
		wr_state_drop_namespace(self->merged, end);
	}
	return NULL;
}
