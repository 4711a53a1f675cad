/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_message - decodes hostile bytes as messages, and checks what must hold for any input: every
 * message is consumed, as a row, as a bad one or not at all; batches keep their invariants; and the
 * size of batches changes nothing.
 *
 * The input is cut into messages: each begins with a byte that says its length.
 */
#ifndef WR_FUZZ_MESSAGE_H
#define WR_FUZZ_MESSAGE_H

#include "fuzz_format.h"

#define FUZZ_MESSAGES_MAX 64u

#ifndef FUZZ_MAY_FAIL
#define FUZZ_MAY_FAIL false /* decode may end with a status, which then counts as nothing */
#endif

/* Decodes the messages in batches of max_rows and adds to `count`. */
static void fuzz_binary(const struct wr_format *format, const struct wr_format_args *args,
			const struct wr_buf *bytes, const struct wr_record_span *span,
			uint32_t span_count, uint32_t max_rows, struct fuzz_count *count)
{
	struct wr_decoder *decoder;
	struct wr_buf *buf = wr_buf_new(bytes->size);
	uint32_t row_span[WR_BATCH_ROWS_MAX];
	struct wr_status *status = NULL;
	struct wr_batch *batch;
	struct wr_decode_range range = {.buf = buf,
					.data = buf->data,
					.len = bytes->size,
					.span = span,
					.span_count = span_count,
					.row_span = row_span};

	memcpy(buf->data, bytes->data, bytes->size);
	FUZZ_REQUIRE(format->decoder_new(args, &decoder) == NULL);
	for (;;) {
		status = format->decode(decoder, &range, max_rows, &batch);
		FUZZ_REQUIRE(status == NULL || FUZZ_MAY_FAIL);
		if (status != NULL || batch == NULL)
			break;
		FUZZ_REQUIRE(batch->rows != 0 && batch->rows <= max_rows &&
			     batch->column_count == args->wanted_count);
		for (uint32_t i = 0; i < batch->column_count; i++)
			fuzz_touch_column(batch->column[i], batch->rows);
		for (uint32_t i = 0; i < batch->rows; i++)
			FUZZ_REQUIRE(row_span[i] < span_count);
		count->rows += batch->rows;
		wr_batch_free(batch);
	}
	FUZZ_REQUIRE(status != NULL || range.span_next == span_count);
	for (uint32_t i = 0; i < range.bad.count; i++)
		FUZZ_REQUIRE(range.bad.record[i].span < span_count &&
			     range.bad.record[i].kind != NULL);
	count->bad += range.bad.count;
	count->ignored += range.bad.ignored;
	if (status != NULL)
		*count = (struct fuzz_count){0};
	wr_status_free(status);
	wr_bad_list_release(&range.bad);
	format->decoder_free(decoder);
	wr_buf_unref(buf);
}

static inline void fuzz_binary_messages(const struct wr_format *format,
					const struct wr_format_args *args, const uint8_t *bytes,
					size_t len)
{
	struct wr_record_span span[FUZZ_MESSAGES_MAX];
	struct fuzz_count whole = {0};
	struct fuzz_count small = {0};
	uint32_t count = 0;
	struct wr_buf *buf = wr_buf_new(len + FUZZ_MESSAGES_MAX);
	size_t used = 0;

	while (len != 0 && count < FUZZ_MESSAGES_MAX) {
		size_t size = WR_MIN((size_t)bytes[0], len - 1);
		span[count++] = (struct wr_record_span){(uint32_t)used, (uint32_t)size};
		memcpy(buf->data + used, bytes + 1, size);
		buf->data[used + size] = '\n';
		used += size + 1;
		bytes += size + 1;
		len -= size + 1;
	}
	buf->size = used;
	fuzz_binary(format, args, buf, span, count, WR_BATCH_ROWS_MAX, &whole);
	fuzz_binary(format, args, buf, span, count, 1, &small);
	FUZZ_REQUIRE(memcmp(&whole, &small, sizeof whole) == 0);
	wr_buf_unref(buf);
}

#endif
