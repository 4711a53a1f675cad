/* SPDX-License-Identifier: Apache-2.0
 *
 * watch - see watch.h.
 *
 * Bounded: WR_WATCH_ROWS rows a side, each of ROW_BYTES_MAX; WR_HEAVY_KEYS keys an exchange, of
 * KEYS_PER_BATCH rows a batch.
 */
#include "base/env.h"
#include "base/mem.h"
#include "data/print.h"
#include "runtime/job_inner.h"

#define VALUE_BYTES_MAX 256  /* shown of a value */
#define ROW_BYTES_MAX   8192 /* of a row: columns behind that are left out */
#define KEYS_PER_BATCH  64

void wr_watch_init(struct wr_watch *watch, struct wr_job *job)
{
	watch->job = job;
	watch->node_count = job->plan->next_id;
	pthread_mutex_init(&watch->lock, NULL);
}

static void clear_keys(struct wr_watch *watch)
{
	for (uint32_t i = 0; i < watch->job->graph.edge_count; i++) {
		wr_heavy_release(&watch->key[i].heavy);
		wr_free(watch->key[i].group);
		watch->key[i].group = NULL;
	}
}

void wr_watch_release(struct wr_watch *watch)
{
	for (uint32_t i = 0; watch->ring != NULL && i < watch->node_count * 2; i++)
		for (uint32_t k = 0; k < WR_WATCH_ROWS; k++)
			wr_text_release(&watch->ring[i].row[k]);
	for (uint32_t k = 0; k < WR_WATCH_ROWS; k++)
		wr_text_release(&watch->late.row[k]);
	if (watch->key != NULL)
		clear_keys(watch);
	wr_free(watch->ring);
	wr_free(watch->key);
	wr_zone_close(watch->zone);
	pthread_mutex_destroy(&watch->lock);
}

/* Under lock. */
static void open_zone(struct wr_watch *watch)
{
	if (watch->zone == NULL)
		wr_status_free(wr_zone_open(watch->job->options.zone_id, &watch->zone));
}

bool wr_watch_open(struct wr_watch *watch)
{
	struct wr_job *job = watch->job;
	bool was_on;

	pthread_mutex_lock(&watch->lock);
	was_on = wr_watch_is_on(watch);
	if (watch->ring == NULL) {
		watch->ring = wr_calloc((size_t)watch->node_count * 2 + 1, sizeof *watch->ring);
		watch->key = wr_calloc(job->graph.edge_count + 1, sizeof *watch->key);
		open_zone(watch);
	}
	if (!was_on)
		clear_keys(watch);
	atomic_store(&watch->until_us, wr_mono_us(job->options.env) + WR_WATCH_US);
	atomic_store(&watch->on, true);
	pthread_mutex_unlock(&watch->lock);
	return !was_on;
}

/* The time now; the watch closes when nobody has asked for long. */
static int64_t look_at_clock(struct wr_watch *watch)
{
	int64_t now_us = wr_mono_us(watch->job->options.env);

	if (now_us > atomic_load_explicit(&watch->until_us, memory_order_relaxed))
		atomic_store(&watch->on, false);
	return now_us;
}

/* Appends the value as a JSON string of limited length, or null. */
static void put_value(struct wr_watch *watch, struct wr_text *out, struct wr_text *scratch,
		      const struct wr_column *column, uint32_t row)
{
	if (column == NULL || !wr_column_is_valid(column, row)) {
		wr_text_puts(out, "null");
		return;
	}
	wr_text_clear(scratch);
	wr_value_print(scratch, column, row, watch->zone);
	if (scratch->len > VALUE_BYTES_MAX) {
		size_t len = VALUE_BYTES_MAX;

		while (len > 0 && ((unsigned char)scratch->data[len] & 0xc0) == 0x80)
			len--; /* not within a character */
		scratch->len = len;
		wr_text_puts(scratch, "...");
	}
	wr_text_json(out, wr_text_str(scratch));
}

static void put_row(struct wr_watch *watch, struct wr_text *out, struct wr_text *scratch,
		    const struct wr_batch *batch, uint32_t row)
{
	wr_text_printf(out, "{\"kind\":\"%s\",\"at_ms\":%lld,\"row\":[",
		       wr_row_kind_str(wr_batch_kind(batch, row)),
		       (long long)wr_wall_us(watch->job->options.env) / 1000);
	for (uint32_t c = 0; c < batch->column_count && out->len < ROW_BYTES_MAX; c++) {
		if (c > 0)
			wr_text_putc(out, ',');
		put_value(watch, out, scratch, batch->column[c], row);
	}
	wr_text_puts(out, "]}");
}

/* Keeps the last rows of the batch, unless one was shown a short while ago. */
static void show_rows(struct wr_watch *watch, uint32_t ring_index, const struct wr_schema *schema,
		      const struct wr_batch *batch)
{
	int64_t now_us = look_at_clock(watch);
	uint32_t rows = wr_batch_count(batch);
	uint32_t first = rows > WR_WATCH_ROWS ? rows - WR_WATCH_ROWS : 0;
	struct wr_row_ring *ring;
	struct wr_text scratch;

	pthread_mutex_lock(&watch->lock);
	ring = &watch->ring[ring_index];
	if (ring->schema != NULL && now_us - ring->shown_us < WR_WATCH_PACE_US) {
		pthread_mutex_unlock(&watch->lock);
		return;
	}
	ring->shown_us = now_us;
	ring->schema = schema;
	wr_text_init(&scratch);
	for (uint32_t i = first; i < rows; i++) {
		struct wr_text *text = &ring->row[ring->next++ % WR_WATCH_ROWS];

		wr_text_clear(text);
		put_row(watch, text, &scratch, batch, wr_batch_row(batch, i));
	}
	wr_text_release(&scratch);
	pthread_mutex_unlock(&watch->lock);
}

void wr_watch_in(struct wr_task *task, const struct wr_task_step *step,
		 const struct wr_batch *batch)
{
	const struct wr_node *node = step->plan->node;
	uint32_t input = step->plan->kind == WR_STEP_OP ? step->op->input : 0;

	if (wr_batch_count(batch) > 0 && input < node->input_count)
		show_rows(&task->job->watch, node->id * 2, &node->input[input]->schema, batch);
}

void wr_watch_out(struct wr_task *task, int32_t parent, const struct wr_batch *batch)
{
	const struct wr_node *node = NULL;

	if (parent >= 0 && task->stage->step[parent].kind == WR_STEP_OP)
		node = task->stage->step[parent].node;
	else if (parent == WR_PARENT_HEAD && task->stage->source != NULL)
		node = task->stage->source->node;
	if (node != NULL && wr_batch_count(batch) > 0)
		show_rows(&task->job->watch, node->id * 2 + 1, &node->schema, batch);
}

/* Names a key: its columns with commas in between. */
static void name_key(struct wr_watch *watch, const struct wr_edge *edge,
		     const struct wr_batch *batch, uint32_t row, struct wr_text *out)
{
	for (uint32_t i = 0; i < edge->key_count && out->len < VALUE_BYTES_MAX; i++) {
		if (i > 0)
			wr_text_puts(out, ", ");
		if (batch->column[edge->key[i]] != NULL)
			wr_value_print(out, batch->column[edge->key[i]], row, watch->zone);
	}
	if (out->len > VALUE_BYTES_MAX)
		out->data[out->len = VALUE_BYTES_MAX] = '\0';
}

void wr_watch_keys(struct wr_edge *edge, const struct wr_batch *batch)
{
	struct wr_watch *watch = edge->watch;
	uint32_t rows = wr_batch_count(batch), step = rows / KEYS_PER_BATCH + 1;
	struct wr_edge_keys *keys;

	(void)look_at_clock(watch);
	pthread_mutex_lock(&watch->lock);
	keys = &watch->key[edge->id];
	if (keys->group == NULL)
		keys->group = wr_calloc(edge->max_parallelism, sizeof *keys->group);
	watch->key_dice = watch->key_dice * 1664525 + 1013904223;
	for (uint32_t i = (watch->key_dice >> 8) % step; i < rows; i += step) {
		uint32_t row = wr_batch_row(batch, i);
		uint64_t hash = batch->hash[row];
		struct wr_heavy_key *key;
		bool named;

		keys->group[wr_key_group(hash, edge->max_parallelism)]++;
		key = wr_heavy_add(&keys->heavy, hash, &named);
		if (!named)
			name_key(watch, edge, batch, row, &key->text);
	}
	pthread_mutex_unlock(&watch->lock);
}

/* --- late rows ----------------------------------------------------------------------------------
 */

/* "NAME": ms, or null where it is not known. */
static void put_time(struct wr_text *out, const char *name, int64_t ms)
{
	if (ms == WR_WATERMARK_MIN)
		wr_text_printf(out, ",\"%s\":null", name);
	else
		wr_text_printf(out, ",\"%s\":%lld", name, (long long)ms);
}

/* {"at_ms":1,"operator":"window","watermark_ms":2,"window_end_ms":1,"late_by_ms":2,"row":{"a":"b"}}
 */
static void put_late(struct wr_watch *watch, struct wr_text *out, struct wr_text *scratch,
		     const struct wr_op *op, const struct wr_batch *batch, uint32_t row,
		     int64_t end_ms)
{
	const struct wr_schema *schema = &op->node->input[op->input]->schema;
	int64_t watermark_ms = wr_batch_watermark(batch, row);
	bool known = end_ms != WR_WATERMARK_MIN;

	wr_text_printf(out, "{\"at_ms\":%lld,\"operator\":\"%s\"",
		       (long long)wr_wall_us(watch->job->options.env) / 1000, op->type->name);
	put_time(out, "watermark_ms", watermark_ms);
	put_time(out, "window_end_ms", end_ms);
	put_time(out, "late_by_ms", known ? watermark_ms - (end_ms - 1) : WR_WATERMARK_MIN);
	wr_text_puts(out, ",\"row\":{");
	for (uint32_t c = 0; c < batch->column_count && out->len < ROW_BYTES_MAX; c++) {
		wr_text_puts(out, c > 0 ? "," : "");
		wr_text_json(out, c < schema->count ? schema->field[c].name : "");
		wr_text_putc(out, ':');
		put_value(watch, out, scratch, batch->column[c], row);
	}
	wr_text_puts(out, "}}");
}

void wr_watch_late(struct wr_task *task, const struct wr_op *op, const struct wr_batch *batch,
		   const uint32_t *row, const int64_t *end_ms, uint32_t count)
{
	struct wr_watch *watch = &task->job->watch;
	struct wr_row_ring *ring = &watch->late;
	int64_t now_us = wr_mono_us(watch->job->options.env);
	struct wr_text scratch;

	pthread_mutex_lock(&watch->lock);
	if (ring->next > 0 && now_us - ring->shown_us < WR_WATCH_PACE_US) {
		pthread_mutex_unlock(&watch->lock);
		return;
	}
	ring->shown_us = now_us;
	open_zone(watch);
	wr_text_init(&scratch);
	for (uint32_t i = count > WR_WATCH_ROWS ? count - WR_WATCH_ROWS : 0; i < count; i++) {
		struct wr_text *text = &ring->row[ring->next++ % WR_WATCH_ROWS];

		wr_text_clear(text);
		put_late(watch, text, &scratch, op, batch, row[i], end_ms[i]);
	}
	wr_text_release(&scratch);
	pthread_mutex_unlock(&watch->lock);
}

void wr_watch_late_report(struct wr_watch *watch, struct wr_text *out)
{
	const struct wr_row_ring *ring = &watch->late;
	uint32_t count;

	wr_text_putc(out, '[');
	pthread_mutex_lock(&watch->lock);
	count = (uint32_t)WR_MIN(ring->next, (uint64_t)WR_WATCH_ROWS);
	for (uint32_t i = 1; i <= count; i++) {
		wr_text_puts(out, i > 1 ? "," : "");
		wr_text_puts(out, wr_text_str(&ring->row[(ring->next - i) % WR_WATCH_ROWS]));
	}
	pthread_mutex_unlock(&watch->lock);
	wr_text_putc(out, ']');
}
