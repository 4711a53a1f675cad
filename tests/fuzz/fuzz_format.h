/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_format - decodes hostile bytes with a format and checks what must hold for any input: all
 * bytes are consumed, batches keep their invariants, and neither the size of batches nor where the
 * input is cut into blocks changes the number of rows and bad records.
 *
 * The first byte of the input picks options and sizes, the rest is the text.
 */
#ifndef WR_FUZZ_FORMAT_H
#define WR_FUZZ_FORMAT_H

#include <stdlib.h>

#include "base/limits.h"
#include "formats/formats.h"

#define FUZZ_REQUIRE(cond) ((cond) ? (void)0 : abort())

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

/* The whole input in one range, then cut in two where the format allows it. */
static void fuzz_decode(const struct wr_format *format, const struct wr_format_args *args,
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
}

static inline void fuzz_set(struct wr_options *options, const char *name, const char *value)
{
	FUZZ_REQUIRE(wr_options_set(options, name, value) == NULL);
}

#endif
