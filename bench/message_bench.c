/* SPDX-License-Identifier: Apache-2.0
 *
 * message_bench - what a binary message costs: `message_bench FORMAT [ROWS [COLUMNS]]`, FORMAT avro
 *or protobuf, or avro-c for that library's own generic reader over the same messages.
 *
 * Makes messages of ten columns with the format's own encoder, decodes them on one thread in ranges
 *of about a megabyte, as a broker's messages are, and prints rows a second and nanoseconds a row of
 * the thread's CPU time; for encoding, too.
 *
 *	cc -O3 -std=gnu17 -D_GNU_SOURCE -Isrc bench/message_bench.c -Lbuild -lweir -lavro -lpthread
 *
 * with the static library (all of libweir.a and what `pkg-config --libs --static weir` names).
 */
#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/avro_schema.h"
#include "formats/formats.h"

#define RANGE_ROWS 8192u

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct wr_field field[] = {
    {"id", &WR_T_BIGINT},      {"user_id", &WR_T_INT}, {"url", &WR_T_STRING},
    {"amount", &WR_T_DOUBLE},  {"rate", &WR_T_FLOAT},  {"paid", &WR_T_BOOLEAN},
    {"at", &WR_T_TIMESTAMP3},  {"city", &WR_T_STRING}, {"count", &WR_T_BIGINT},
    {"comment", &WR_T_STRING},
};
static const char *const shape =
    "{\"id\":%d,\"user_id\":%d,\"url\":\"https://example.org/path/%d\",\"amount\":%d.25,"
    "\"rate\":0.5,\"paid\":true,\"at\":\"2024-05-06 07:08:%02d.123\",\"city\":\"Oslo\","
    "\"count\":%d,\"comment\":\"%s\"}\n";

/* RANGE_ROWS rows of JSON, decoded into batches. */
static uint32_t make_batches(struct wr_format_args args, struct wr_arena *arena,
			     struct wr_batch **out)
{
	struct wr_options options;
	struct wr_decoder *decoder;
	struct wr_text text;
	uint32_t count = 0;

	wr_options_init(&options, arena, "json", wr_format_json.options,
			wr_format_json.option_count);
	args.options = &options;
	wr_text_init(&text);
	for (int i = 0; i < (int)RANGE_ROWS; i++)
		wr_text_printf(&text, shape, i * 7919, i % 1000, i, i, i % 60, i * 3,
			       i % 3 == 0 ? "a comment that is somewhat longer" : "short");
	struct wr_buf *buf = wr_buf_new(text.len);
	memcpy(buf->data, text.data, text.len);
	struct wr_decode_range range = {
	    .buf = buf, .data = buf->data, .len = text.len, .first = true};
	wr_status_free(wr_format_json.decoder_new(&args, &decoder));
	do {
		wr_status_free(
		    wr_format_json.decode(decoder, &range, WR_BATCH_ROWS_MAX, &out[count]));
	} while (out[count++] != NULL);
	return count - 1;
}

static void report(const char *what, uint64_t rows, uint64_t bytes, double seconds)
{
	printf("%-24s %6.2f M rows/s  %6.1f ns a row  %7.1f MB/s\n", what,
	       (double)rows / seconds / 1e6, seconds * 1e9 / (double)rows,
	       (double)bytes / seconds / 1e6);
}

/* avro-c's generic values over the same messages. */
static void run_avro_c(const struct wr_schema *schema, const struct wr_text *bytes,
		       const struct wr_record_span *span, uint64_t rows)
{
	struct wr_text text;
	avro_schema_t avro;
	avro_value_t value;
	uint64_t total = 0;

	wr_text_init(&text);
	wr_status_free(wr_avro_derive(&text, schema, WR_AVRO_RECORD_NAME, true));
	if (avro_schema_from_json_length(text.data, text.len, &avro) != 0) {
		fprintf(stderr, "%s\n", avro_strerror());
		exit(1);
	}
	avro_value_iface_t *class = avro_generic_class_from_schema(avro);
	avro_generic_value_new(class, &value);
	avro_reader_t reader = avro_reader_memory(bytes->data, (int64_t)bytes->len);
	double start = cpu_seconds();
	for (uint64_t i = 0; i < rows; i++) {
		const struct wr_record_span *s = &span[i % RANGE_ROWS];
		avro_reader_memory_set_source(reader, bytes->data + s->start, s->size);
		avro_value_reset(&value);
		if (avro_value_read(reader, &value) != 0)
			fprintf(stderr, "%s\n", avro_strerror());
		total += s->size;
	}
	report("avro-c, generic reader", rows, total, cpu_seconds() - start);
}

struct bench {
	const struct wr_format *format;
	struct wr_format_args args;
	uint64_t rows; /* at least so many are written and read */
	struct wr_text out;
	struct wr_record_span span[RANGE_ROWS];
};

/* Writes the batches again and again; the last round stays in `out`. */
static wr_status *run_encode(struct bench *b, struct wr_batch *const *batch, uint32_t count)
{
	struct wr_encoder *encoder;
	double seconds = 0;
	uint64_t bytes = 0;
	uint64_t done = 0;

	WR_TRY(b->format->encoder_new(&b->args, &encoder));
	for (; done < b->rows; done += RANGE_ROWS) {
		uint32_t at = 0;
		wr_text_clear(&b->out);
		double start = cpu_seconds();
		for (uint32_t i = 0; i < count; i++) {
			WR_TRY(b->format->encode(encoder, batch[i], &b->out, b->span + at));
			at += batch[i]->rows;
		}
		seconds += cpu_seconds() - start;
		bytes += b->out.len;
	}
	report("encode", done, bytes, seconds);
	return NULL;
}

static wr_status *run_decode(struct bench *b)
{
	struct wr_decoder *decoder;
	double seconds = 0;
	uint64_t bytes = 0;
	uint64_t done = 0;

	WR_TRY(b->format->decoder_new(&b->args, &decoder));
	for (; done < b->rows; done += RANGE_ROWS) {
		struct wr_buf *buf = wr_buf_new(b->out.len);
		struct wr_batch *got;
		memcpy(buf->data, b->out.data, b->out.len); /* new bytes, as a broker's are */
		struct wr_decode_range range = {.buf = buf,
						.data = buf->data,
						.len = b->out.len,
						.span = b->span,
						.span_count = RANGE_ROWS};
		double start = cpu_seconds();
		do {
			WR_TRY(b->format->decode(decoder, &range, WR_BATCH_ROWS_MAX, &got));
			if (got != NULL)
				wr_batch_free(got);
		} while (got != NULL);
		seconds += cpu_seconds() - start;
		if (range.bad.count != 0 || range.rows != RANGE_ROWS)
			return wr_status_new(WR_USER_ERROR, "%u bad messages: %s", range.bad.count,
					     range.bad.record[0].text);
		wr_buf_unref(buf);
		bytes += b->out.len;
	}
	report("decode", done, bytes, seconds);
	return NULL;
}

int main(int argc, char **argv)
{
	static uint32_t wanted[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	static struct bench bench;
	struct wr_schema schema = {WR_COUNT(wanted), field};
	struct wr_batch *batch[16];
	struct wr_options options;
	struct wr_arena arena;

	const char *name = argc > 1 ? argv[1] : "avro";
	for (uint32_t i = 0; wr_formats[i] != NULL; i++) {
		if (strncmp(wr_formats[i]->name, name, strlen(wr_formats[i]->name)) == 0)
			bench.format = wr_formats[i];
	}
	if (bench.format == NULL) {
		fprintf(stderr, "no format '%s'\n", name);
		return 2;
	}
	bench.rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 5000000;
	wr_arena_init(&arena);
	wr_options_init(&options, &arena, "format", bench.format->options,
			bench.format->option_count);
	for (int i = 4; i + 1 < argc; i += 2)
		wr_status_free(wr_options_set(&options, argv[i], argv[i + 1]));
	bench.args = (struct wr_format_args){.schema = &schema,
					     .wanted = wanted,
					     .wanted_count = WR_COUNT(wanted),
					     .options = &options,
					     .zone_id = "UTC",
					     .messages = true};
	uint32_t count = make_batches(bench.args, &arena, batch);
	wr_status *status = run_encode(&bench, batch, count);
	if (argc > 3)
		bench.args.wanted_count = (uint32_t)strtoul(argv[3], NULL, 10);
	if (status == NULL && strcmp(name, "avro-c") == 0)
		run_avro_c(&schema, &bench.out, bench.span, bench.rows);
	else if (status == NULL)
		status = run_decode(&bench);
	if (status != NULL)
		fprintf(stderr, "%s\n", status->text);
	return status != NULL;
}
