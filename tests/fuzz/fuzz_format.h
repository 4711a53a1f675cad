/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_format - decodes hostile bytes with a format and checks what must hold for any input: all
 * bytes are consumed, batches keep their invariants, and neither the size of batches nor where the
 * input is cut into blocks changes the number of rows and bad records. The bytes are read as lines
 * and as messages, which must be the same where a line end always ends a record.
 *
 * The first byte of the input picks options and sizes, the rest is the text.
 */
#ifndef WR_FUZZ_FORMAT_H
#define WR_FUZZ_FORMAT_H

#include <stdlib.h>

#include "base/limits.h"
#include "formats/formats.h"

#define FUZZ_REQUIRE(cond) ((cond) ? (void)0 : abort())

/* Takes the byte of an input that picks options and sizes. */
static inline uint8_t fuzz_pick(const uint8_t **bytes, size_t *len)
{
	if (*len == 0)
		return 0;
	--*len;
	return *(*bytes)++;
}

struct fuzz_count {
	uint64_t rows;
	uint64_t bad;
	uint64_t ignored;
};

/* Touches every value, so that a wrong pointer is seen. */
static void fuzz_touch_column(const struct wr_column *column, uint32_t rows)
{
	uint8_t sink = 0;

	FUZZ_REQUIRE(column->len >= rows);
	for (uint32_t i = 0; i < rows; i++) {
		if (!wr_column_is_valid(column, i))
			continue;
		if (column->phys == WR_P_STR) {
			const struct wr_view *view = &WR_DATA(column, struct wr_view)[i];
			for (uint32_t k = 0; k < view->len; k++)
				sink ^= (uint8_t)wr_view_data(view)[k];
		} else if (column->phys == WR_P_LIST || column->phys == WR_P_MAP) {
			struct wr_span span = WR_DATA(column, struct wr_span)[i];
			for (uint32_t k = 0; k < column->child_count; k++)
				FUZZ_REQUIRE((uint64_t)span.start + span.len <=
					     column->child[k]->len);
		}
	}
	__asm__ volatile("" : : "r"(sink));
	for (uint32_t i = 0; i < column->child_count; i++)
		fuzz_touch_column(column->child[i], column->child[i]->len);
}

/* Decodes bytes[0..len) as one range and adds to `count`. */
static void fuzz_range(const struct wr_format *format, const struct wr_format_args *args,
		       struct wr_decoder *decoder, const uint8_t *bytes, size_t len, bool first,
		       uint32_t max_rows, struct fuzz_count *count)
{
	struct wr_buf *buf = wr_buf_new(len);
	struct wr_decode_range range = {.buf = buf, .data = buf->data, .len = len, .first = first};
	struct wr_batch *batch;

	memcpy(buf->data, bytes, len);
	for (;;) {
		FUZZ_REQUIRE(format->decode(decoder, &range, max_rows, &batch) == NULL);
		if (batch == NULL)
			break;
		FUZZ_REQUIRE(batch->rows != 0 && batch->rows <= max_rows &&
			     batch->column_count == args->wanted_count);
		for (uint32_t i = 0; i < batch->column_count; i++)
			fuzz_touch_column(batch->column[i], batch->rows);
		count->rows += batch->rows;
		wr_batch_free(batch);
	}
	FUZZ_REQUIRE(range.pos == len);
	for (uint32_t i = 0; i < range.bad.count; i++)
		FUZZ_REQUIRE(range.bad.record[i].offset + range.bad.record[i].length <= len &&
			     range.bad.record[i].kind != NULL);
	count->bad += range.bad.count;
	count->ignored += range.bad.ignored;
	wr_bad_list_release(&range.bad);
	wr_buf_unref(buf);
}

/* Decodes the messages of one range, from `first` on `count` of them. */
static void fuzz_spans(const struct wr_format *format, const struct wr_format_args *args,
		       struct wr_decoder *decoder, struct wr_buf *buf,
		       const struct wr_record_span *span, uint32_t span_count, uint32_t max_rows,
		       struct fuzz_count *count)
{
	uint32_t row_span[WR_BATCH_ROWS_MAX], last = 0;
	struct wr_decode_range range = {.buf = buf,
					.data = buf->data,
					.len = buf->size,
					.span = span,
					.span_count = span_count,
					.row_span = row_span};
	struct wr_batch *batch;

	for (;;) {
		FUZZ_REQUIRE(format->decode(decoder, &range, max_rows, &batch) == NULL);
		if (batch == NULL)
			break;
		FUZZ_REQUIRE(batch->rows != 0 && batch->rows <= max_rows);
		for (uint32_t i = 0; i < batch->column_count; i++)
			fuzz_touch_column(batch->column[i], batch->rows);
		for (uint32_t i = 0; i < batch->rows; i++) {
			FUZZ_REQUIRE(row_span[i] >= last && row_span[i] < span_count);
			last = row_span[i];
		}
		count->rows += batch->rows;
		wr_batch_free(batch);
	}
	FUZZ_REQUIRE(range.span_next == span_count);
	for (uint32_t i = 0; i < range.bad.count; i++) {
		const struct wr_bad_record *bad = &range.bad.record[i];

		FUZZ_REQUIRE(bad->span < span_count && bad->kind != NULL &&
			     bad->offset >= span[bad->span].start &&
			     bad->offset + bad->length <=
				 span[bad->span].start + span[bad->span].size);
	}
	count->bad += range.bad.count;
	count->ignored += range.bad.ignored;
	wr_bad_list_release(&range.bad);
}

/* The pieces between `cut` as messages: all in one range, then each in its own. */
static struct fuzz_count fuzz_messages(const struct wr_format *format,
				       const struct wr_format_args *args, const uint8_t *bytes,
				       size_t len, uint8_t cut, uint32_t max_rows)
{
	struct wr_record_span *span = calloc(len + 2, sizeof *span);
	struct wr_buf *buf = wr_buf_new(len + 1);
	struct fuzz_count whole = {0}, small = {0}, single = {0};
	struct wr_decoder *decoder;
	uint32_t count = 0, start = 0;

	memcpy(buf->data, bytes, len);
	buf->data[len] = '\n';
	for (uint32_t at = 0; at <= len; at++) {
		if (at < len && bytes[at] != cut)
			continue;
		buf->data[at] = '\n';
		if (at < len || start < at)
			span[count++] = (struct wr_record_span){start, at - start};
		start = at + 1;
	}
	FUZZ_REQUIRE(format->decoder_new(args, &decoder) == NULL);
	fuzz_spans(format, args, decoder, buf, span, count, WR_BATCH_ROWS_MAX, &whole);
	fuzz_spans(format, args, decoder, buf, span, count, max_rows, &small);
	FUZZ_REQUIRE(memcmp(&whole, &small, sizeof whole) == 0);
	for (uint32_t i = 0; i < count && count <= 64; i++)
		fuzz_spans(format, args, decoder, buf, span + i, 1, max_rows, &single);
	FUZZ_REQUIRE(count > 64 || memcmp(&whole, &single, sizeof whole) == 0);
	format->decoder_free(decoder);
	wr_buf_unref(buf);
	free(span);
	return whole;
}

/* The whole input in one range, then cut in two where the format allows it. */
static inline void fuzz_decode(const struct wr_format *format, const struct wr_format_args *args,
			       const uint8_t *bytes, size_t len, uint32_t max_rows)
{
	struct wr_decoder *decoder;
	struct fuzz_count whole = {0};
	struct fuzz_count small = {0};
	struct fuzz_count cut = {0};
	uint32_t quoted = 0;

	FUZZ_REQUIRE(format->decoder_new(args, &decoder) == NULL);
	fuzz_range(format, args, decoder, bytes, len, true, WR_BATCH_ROWS_MAX, &whole);
	fuzz_range(format, args, decoder, bytes, len, true, max_rows, &small);
	FUZZ_REQUIRE(memcmp(&whole, &small, sizeof whole) == 0);
	struct wr_buf *buf = wr_buf_new(len / 2);
	memcpy(buf->data, bytes, len / 2);
	size_t at = format->frame(args, buf->data, len / 2, &quoted);
	wr_buf_unref(buf);
	FUZZ_REQUIRE(at <= len / 2);
	if (at != 0) {
		fuzz_range(format, args, decoder, bytes, at, true, max_rows, &cut);
		fuzz_range(format, args, decoder, bytes + at, len - at, false, max_rows, &cut);
		FUZZ_REQUIRE(memcmp(&whole, &cut, sizeof whole) == 0);
	}
	format->decoder_free(decoder);
	if (format->lines && (len < 3 || bytes[0] != 0xEF)) {
		cut = fuzz_messages(format, args, bytes, len, '\n', max_rows);
		FUZZ_REQUIRE(memcmp(&whole, &cut, sizeof whole) == 0);
	}
	fuzz_messages(format, args, bytes, len, 0, max_rows);
}

static inline void fuzz_set(struct wr_options *options, const char *name, const char *value)
{
	FUZZ_REQUIRE(wr_options_set(options, name, value) == NULL);
}

#endif
