/* SPDX-License-Identifier: Apache-2.0
 *
 * rows - batches of wanted columns, filled row by row.
 */
#include "formats/rows.h"

#include "base/limits.h"
#include "base/mem.h"
#include "formats/scan.h"

#define ROWS_CELLS_MAX (512u << 10) /* cells that a batch starts with at most: wide tables grow */

void wr_rows_init(struct wr_rows *rows, const struct wr_format_args *args, bool kinds)
{
	*rows = (struct wr_rows){
	    .schema = args->schema, .count = args->wanted_count, .wanted = args->wanted};
	wr_arena_init(&rows->arena);
	rows->vec = WR_NEW_ARRAY(&rows->arena, struct wr_vec, rows->count + 1);
	for (uint32_t i = 0; i < rows->count; i++) {
		wr_vec_init(&rows->vec[i], &rows->arena, args->schema->field[args->wanted[i]].type);
		rows->list_count += wr_vec_list_count(&rows->vec[i]);
	}
	rows->list_len = WR_NEW_ARRAY(&rows->arena, uint32_t, rows->list_count + 1);
	if (kinds)
		rows->kind = wr_malloc(WR_BATCH_ROWS_MAX);
}

void wr_rows_release(struct wr_rows *rows)
{
	for (uint32_t i = 0; i < rows->count; i++)
		wr_vec_release(&rows->vec[i]);
	wr_buf_unref(rows->tail);
	wr_free(rows->kind);
	wr_arena_release(&rows->arena);
}

void wr_rows_begin(struct wr_rows *rows, uint32_t max_rows, size_t estimate)
{
	uint32_t capacity = WR_MIN(max_rows, ROWS_CELLS_MAX / (rows->count + 1));

	WR_ASSERT(!rows->active && max_rows != 0 && max_rows <= WR_BATCH_ROWS_MAX);
	capacity = (uint32_t)WR_MIN((size_t)WR_MAX(capacity, 1u), WR_MAX(estimate, (size_t)1));
	for (uint32_t i = 0; i < rows->count; i++)
		wr_vec_begin(&rows->vec[i], capacity);
	rows->capacity = capacity;
	rows->max_rows = max_rows;
	rows->rows = 0;
	rows->active = true;
}

void wr_rows_grow(struct wr_rows *rows)
{
	uint32_t capacity = WR_MIN(rows->capacity * 2, rows->max_rows);

	WR_ASSERT(rows->capacity < rows->max_rows);
	for (uint32_t i = 0; i < rows->count; i++)
		wr_vec_grow(&rows->vec[i], capacity);
	rows->capacity = capacity;
}

void wr_rows_take_back(struct wr_rows *rows)
{
	uint32_t count = 0;

	if (rows->list_count == 0)
		return;
	for (uint32_t i = 0; i < rows->count; i++)
		wr_vec_restore(&rows->vec[i], rows->list_len, &count);
}

struct wr_batch *wr_rows_finish(struct wr_rows *rows, struct wr_buf *block)
{
	WR_ASSERT(rows->active);
	rows->active = false;
	if (rows->rows == 0) {
		for (uint32_t i = 0; i < rows->count; i++)
			wr_vec_release(&rows->vec[i]);
		return NULL;
	}
	struct wr_batch *batch = wr_batch_new(rows->count, rows->rows);
	for (uint32_t i = 0; i < rows->count; i++)
		batch->column[i] = wr_vec_finish(&rows->vec[i], rows->rows, block, rows->tail);
	if (rows->kind != NULL)
		memcpy(wr_batch_kinds(batch), rows->kind, rows->rows);
	return batch;
}

void wr_rows_start(struct wr_rows *rows, struct wr_decode_range *range)
{
	if (!wr_rows_fresh(range))
		return;
	wr_buf_unref(rows->tail);
	rows->tail = NULL;
	if (range->first && range->len >= 3 && memcmp(range->data, "\xEF\xBB\xBF", 3) == 0)
		range->pos = 3;
}

void wr_rows_tail(struct wr_rows *rows, const struct wr_decode_range *range)
{
	const char *at = range->data + range->pos;
	size_t left = range->len - range->pos;

	if (rows->tail != NULL)
		return;
	rows->tail = wr_buf_new(left + 1);
	memcpy(rows->tail->data, at, left);
	rows->tail->data[left] = '\n';
	rows->tail_of = at;
}

struct wr_rows_text wr_rows_text(struct wr_rows *rows, const struct wr_decode_range *range)
{
	const char *at = range->data + range->pos;
	size_t left = range->len - range->pos;
	const char *limit = rows->tail == NULL ? wr_scan_last_line(at, left) : at;

	if (limit != at)
		return (struct wr_rows_text){at, limit, range->data};
	wr_rows_tail(rows, range);
	const char *copy = rows->tail->data;
	size_t size = (size_t)(range->data + range->len - rows->tail_of);
	return (struct wr_rows_text){copy + (at - rows->tail_of), copy + size + 1,
				     copy - (rows->tail_of - range->data)};
}

bool wr_rows_smooth(struct wr_rows *rows, const struct wr_decode_range *range)
{
	struct wr_rows_text text = wr_rows_message(rows, range);
	const struct wr_record_span *last = &range->span[range->span_count - 1];

	if (memchr(text.at, '\n', (size_t)(text.limit - text.at - 1)) == NULL)
		return false;
	WR_ASSERT(text.base == range->data);
	wr_buf_unref(rows->tail);
	rows->tail_of = text.at;
	rows->tail_end = range->data + last->start + last->size + 1;
	rows->tail = wr_buf_new((size_t)(rows->tail_end - rows->tail_of));
	memcpy(rows->tail->data, rows->tail_of, (size_t)(rows->tail_end - rows->tail_of));
	for (uint32_t i = range->span_next; i < range->span_count; i++) {
		const struct wr_record_span *span = &range->span[i];
		char *at = rows->tail->data + (range->data + span->start - rows->tail_of);
		char *end = at + span->size;

		while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL)
			*at = '\r';
	}
	return true;
}

struct wr_bad_record *wr_rows_bad(struct wr_rows *rows, struct wr_decode_range *range,
				  const struct wr_rows_text *text, const char *record,
				  const char *end)
{
	struct wr_bad_record *bad = wr_bad_list_add(&range->bad);

	bad->offset = (uint64_t)(record - text->base);
	bad->length = (uint32_t)(end - record);
	bad->line = range->lines;
	bad->row = range->rows;
	bad->span = range->span != NULL ? range->span_next : 0;
	return bad;
}
