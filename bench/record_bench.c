/* SPDX-License-Identifier: Apache-2.0
 *
 * record_bench - the same records as lines and as messages: `record_bench [json|csv [ROUNDS]]`.
 *
 * Three ways to the same rows: a range of lines; a range of messages; messages that are copied into
 * a block (wr_messages_append), as a broker's connector does it, and read from it. Prints the best
 * nanoseconds a row of CPU time of each; the first two should not differ by more than 5 %.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/message.h"
#include "formats/formats.h"

#define ROWS 20000u

static struct wr_field field[] = {{"user_id", &WR_T_INT},
				  {"url", &WR_T_STRING},
				  {"amount", &WR_T_DOUBLE},
				  {"ts", &WR_T_TIMESTAMP3}};
static const uint32_t wanted[] = {0, 1, 2, 3};
static struct wr_schema schema = {4, field};

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Decodes the range; returns the number of rows. */
static uint32_t decode(const struct wr_format *format, const struct wr_format_args *args,
		       struct wr_decode_range range)
{
	struct wr_decoder *decoder;
	struct wr_batch *batch;

	if (format->decoder_new(args, &decoder) != NULL)
		abort();
	for (;;) {
		if (format->decode(decoder, &range, WR_BATCH_ROWS_MAX, &batch) != NULL)
			abort();
		if (batch == NULL)
			break;
		wr_batch_free(batch);
	}
	format->decoder_free(decoder);
	return range.rows;
}

/* The way of a broker's messages. */
static uint32_t through_set(const struct wr_connector_args *args, const char *data,
			    const struct wr_record_span *span, uint32_t count, size_t bytes)
{
	struct wr_message_wants wants = wr_message_wants_of(args);
	struct wr_messages *set = wr_messages_new(&wants, "t", 0, count, bytes);
	struct wr_message_reader *reader;
	struct wr_block block = {0};
	struct wr_batch *batch;

	for (uint32_t i = 0; i < count; i++) {
		struct wr_message message = {.value = {data + span[i].start, span[i].size},
					     .offset = i,
					     .timestamp_ms = 1,
					     .leader_epoch = -1};
		wr_messages_append(set, &message);
	}
	wr_messages_to_block(set, &block);
	if (wr_message_reader_new(args, false, &reader) != NULL)
		abort();
	for (;;) {
		if (wr_message_decode(reader, &block, &batch) != NULL)
			abort();
		if (batch == NULL)
			break;
		wr_batch_free(batch);
	}
	wr_message_reader_free(reader);
	wr_messages_free(set);
	return block.range.rows;
}

int main(int argc, char **argv)
{
	bool csv = argc > 1 && strcmp(argv[1], "csv") == 0;
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 200;
	const struct wr_format *format = csv ? &wr_format_csv : &wr_format_json;
	struct wr_record_span *span = wr_malloc(ROWS * sizeof *span);
	double best[3] = {1e9, 1e9, 1e9};
	struct wr_options options;
	struct wr_arena arena;
	struct wr_text text;

	wr_arena_init(&arena);
	wr_options_init(&options, &arena, "option", format->options, format->option_count);
	wr_text_init(&text);
	for (uint32_t i = 0; i < ROWS; i++) {
		size_t start = text.len;

		wr_text_printf(
		    &text,
		    csv ? "%u,https://example.org/page/%u,%u.25,2024-05-06 07:08:%02u.123"
			: "{\"user_id\":%u,\"url\":\"https://example.org/page/"
			  "%u\",\"amount\":%u.25,\"ts\":\"2024-05-06 07:08:%02u.123\"}",
		    i, i * 7919, i % 1000, i % 60);
		span[i] = (struct wr_record_span){(uint32_t)start, (uint32_t)(text.len - start)};
		wr_text_putc(&text, '\n');
	}
	struct wr_buf *buf = wr_buf_new(text.len);
	memcpy(buf->data, text.data, text.len);
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = 4,
				      .options = &options,
				      .zone_id = "UTC"};
	struct wr_connector_args table = {.schema = &schema,
					  .physical_count = 4,
					  .wanted = wanted,
					  .wanted_count = 4,
					  .format = format,
					  .format_args = args};
	struct wr_decode_range lines = {.buf = buf, .data = buf->data, .len = text.len};
	struct wr_decode_range messages = lines;

	messages.span = span;
	messages.span_count = ROWS;
	for (int round = 0; round < rounds; round++) {
		for (int way = 0; way < 3; way++) {
			double start = cpu_seconds();
			uint32_t rows = way == 0 ? decode(format, &args, lines)
					: way == 1
					    ? decode(format, &args, messages)
					    : through_set(&table, buf->data, span, ROWS, text.len);
			double took = (cpu_seconds() - start) / rows * 1e9;

			if (rows != ROWS)
				abort();
			best[way] = took < best[way] ? took : best[way];
		}
	}
	printf("%s: lines %.1f, messages %.1f, copied and read %.1f ns a row\n", format->name,
	       best[0], best[1], best[2]);
	wr_text_release(&text);
	wr_arena_release(&arena);
	wr_buf_unref(buf);
	wr_free(span);
	return 0;
}
