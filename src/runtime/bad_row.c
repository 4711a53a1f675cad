/* SPDX-License-Identifier: Apache-2.0
 *
 * bad_row - finds the bytes of a row by decoding its block again.
 */
#include "runtime/bad_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Starts the second reading at the block's first byte. */
static void again_begin(struct wr_source_task *task)
{
	wr_bad_row_reset(task);
	task->again = *task->block;
	task->again.range.pos = 0;
	task->again.range.span_next = 0;
	task->again.range.lines = 0;
	task->again.range.rows = 0;
	task->again.range.rows_max = 1;
	task->again.range.row_span = &task->again_span;
	task->again.range.bad = (struct wr_bad_list){0};
	task->again_active = true;
}

/* Decodes one more row; false: there is none, or it cannot be decoded now. The reader is another
 * one: the first reading may stand within a record, and goes on there. */
static bool again_step(struct wr_source_task *task)
{
	const struct wr_connector *connector = task->shared->connector;
	struct wr_batch *batch = NULL;
	wr_status *status = NULL;
	bool more;

	if (task->again_reader == NULL)
		status = connector->reader_new(task->shared->source, &task->again_reader);
	if (status == NULL)
		status = connector->decode(task->again_reader, &task->again, &batch);
	more = status == NULL && batch != NULL;
	wr_status_free(status);
	wr_batch_free(batch);
	return more;
}

/* The record within the bytes [from, to) that were read for it: behind bad records and blank
 * lines; in the first bytes of a file, which may have a header, the last line. */
static void cut_record(const struct wr_decode_range *range, size_t from, uint64_t line, bool head,
		       struct wr_bad_record *record)
{
	size_t to = range->pos;
	const struct wr_bad_record *bad =
	    range->bad.count > 0 ? &range->bad.record[range->bad.count - 1] : NULL;

	if (bad != NULL && bad->offset + bad->length > from) {
		from = (size_t)bad->offset + bad->length;
		line = bad->line;
	}
	if (to == from) { /* the record has more rows */
		const char *end = memchr(range->data + from, '\n', range->len - from);
		to = end != NULL ? (size_t)(end - range->data) : range->len;
	}
	while (to > from && (range->data[to - 1] == '\n' || range->data[to - 1] == '\r'))
		to--;
	for (size_t at = from; at < to; at++) {
		bool blank = from == at && (range->data[at] == ' ' || range->data[at] == '\r');

		if (range->data[at] == '\n' && (head || from == at)) {
			from = at + 1;
			line++;
		} else if (blank) {
			from = at + 1;
		}
	}
	record->offset = from;
	record->length = (uint32_t)(to - from);
	record->line = line;
}

/* The message that the row decoded last is of. */
static void take_span(const struct wr_decode_range *range, struct wr_bad_record *record)
{
	record->span = range->row_span[0];
	record->offset = range->span[record->span].start;
	record->length = range->span[record->span].size;
	if (record->length == WR_RECORD_NONE)
		record->length = 0;
}

/* Fills the record's place; false: it cannot be told. */
static bool find_row(struct wr_source_task *task, uint64_t row, struct wr_bad_record *record)
{
	struct wr_decode_range *range = &task->again.range;

	if (task->block->range.data == NULL || row == UINT64_MAX)
		return false;
	if (!task->again_active || range->rows > row)
		again_begin(task);
	while (range->rows <= row) {
		size_t from = range->pos;
		uint64_t line = range->lines;
		bool head = range->first && range->rows == 0;

		if (!again_step(task))
			return false;
		if (range->rows > row && range->span != NULL)
			take_span(range, record);
		else if (range->rows > row)
			cut_record(range, from, line, head, record);
	}
	return true;
}

struct wr_bad_record *wr_bad_row_add(struct wr_source_task *task, uint64_t row)
{
	struct wr_bad_record place = {.unplaced = true}, *record;

	if (task->block != NULL && task->shared->error_mode != WR_ERROR_IGNORE)
		place.unplaced = !find_row(task, row, &place);
	record = wr_bad_list_add(&task->block->range.bad);
	*record = place;
	record->row = row == UINT64_MAX ? 0 : (uint32_t)row;
	return record;
}

void wr_bad_row_failed(struct wr_source_task *task, uint64_t row, const struct wr_eval_error *error)
{
	struct wr_bad_record *record = wr_bad_row_add(task, row);

	record->kind = "evaluation";
	record->expr = error->expr;
	record->reason = error->reason;
	snprintf(record->text, sizeof record->text, "%s",
		 error->text != NULL ? error->text : "An expression failed");
}

/* By the rows before them; of the same row, in the order in which they were found. */
static int by_row(const void *a, const void *b)
{
	const struct wr_bad_record *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return 0;
}

void wr_bad_row_sort(struct wr_bad_list *list)
{
	if (list->count > 1)
		qsort(list->record, list->count, sizeof *list->record, by_row);
}

void wr_bad_row_reset(struct wr_source_task *task)
{
	if (task->again_active)
		wr_bad_list_release(&task->again.range.bad);
	task->again_active = false;
}
