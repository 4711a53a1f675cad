/* SPDX-License-Identifier: Apache-2.0
 *
 * messages - the loops over a range of messages and over the rows of a batch.
 */
#include "formats/messages.h"

#include <stdio.h>

#include "base/limits.h"

/* Adds a message to the list of bad ones. */
static void note_bad(struct wr_messages *messages, struct wr_decode_range *range,
		     const struct wr_record_span *span, const struct wr_message_fault *fault)
{
	struct wr_bad_record *bad = wr_bad_list_add(&range->bad);

	bad->offset = span->start;
	bad->length = span->size;
	bad->line = range->span_next;
	bad->row = range->rows;
	bad->span = range->span_next;
	bad->kind = fault->kind;
	bad->column = fault->column;
	snprintf(bad->text, sizeof bad->text, "%s", fault->text);
}

static enum wr_message_result read_one(struct wr_messages *messages,
				       const struct wr_decode_range *range,
				       const struct wr_record_span *span,
				       struct wr_message_fault *fault, wr_status **status)
{
	*fault = (struct wr_message_fault){.kind = "syntax"};
	if (span->size <= WR_RECORD_BYTES_MAX)
		return messages->read(messages, range->data + span->start, span->size, fault,
				      status);
	fault->kind = "too-long";
	snprintf(fault->text, sizeof fault->text, "the message has %u bytes; there may be %u",
		 span->size, WR_RECORD_BYTES_MAX);
	return WR_MESSAGE_BAD;
}

/* Reads the next message, or the next part of it, into the next row. */
static wr_status *step(struct wr_messages *messages, struct wr_decode_range *range)
{
	struct wr_rows *rows = &messages->rows;
	const struct wr_record_span *span = &range->span[range->span_next];
	struct wr_message_fault fault;
	wr_status *status = NULL;

	wr_rows_next(rows);
	enum wr_message_result result = read_one(messages, range, span, &fault, &status);
	if (result == WR_MESSAGE_STOP)
		return status;
	if (result == WR_MESSAGE_ROW || result == WR_MESSAGE_MORE) {
		if (range->row_span != NULL)
			range->row_span[rows->rows] = range->span_next;
		rows->rows++;
		range->rows++;
	} else {
		wr_rows_take_back(rows);
	}
	if (result == WR_MESSAGE_BAD)
		note_bad(messages, range, span, &fault);
	range->bad.ignored += result == WR_MESSAGE_IGNORE;
	if (result == WR_MESSAGE_MORE) {
		messages->part++;
		return NULL;
	}
	messages->part = 0;
	range->span_next++;
	return NULL;
}

wr_status *wr_messages_decode(struct wr_messages *messages, struct wr_decode_range *range,
			      uint32_t max_rows, struct wr_batch **out)
{
	struct wr_rows *rows = &messages->rows;
	wr_status *status = NULL;

	WR_ASSERT(range->span != NULL || range->len == 0);
	*out = NULL;
	if (range->span_next == 0 && range->rows == 0)
		messages->part = 0; /* a range left in its middle is not gone on with */
	if (range->span_next >= range->span_count) {
		range->pos = range->len;
		return NULL;
	}
	wr_rows_begin(rows, max_rows, (size_t)(range->span_count - range->span_next) * 2);
	while (status == NULL && range->span_next < range->span_count && rows->rows < max_rows)
		status = step(messages, range);
	if (range->span_next == range->span_count)
		range->pos = range->len;
	*out = wr_rows_finish(rows, range->buf);
	if (status == NULL)
		return NULL;
	wr_batch_free(*out);
	*out = NULL;
	return status;
}

wr_status *wr_messages_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			      struct wr_text *out, struct wr_record_span *span,
			      wr_status *(*write)(struct wr_encoder *encoder, struct wr_text *out,
						  const struct wr_batch *batch, uint32_t row))
{
	uint32_t count = wr_batch_count(batch);
	size_t before = out->len;

	for (uint32_t i = 0; i < count; i++) {
		size_t start = out->len;
		wr_status *status = write(encoder, out, batch, wr_batch_row(batch, i));

		if (status != NULL) {
			out->len = before;
			return status;
		}
		if (span != NULL)
			span[i] =
			    (struct wr_record_span){(uint32_t)start, (uint32_t)(out->len - start)};
	}
	return NULL;
}
