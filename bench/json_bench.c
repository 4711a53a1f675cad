/* SPDX-License-Identifier: Apache-2.0
 *
 * json_bench - what decoding the clicks input costs: `json_bench FILE [COLUMNS [encode]]`; with
 * `encode` every batch is written as JSON again.
 *
 * Reads the file in blocks of WR_BLOCK_BYTES, decodes them into batches on one thread, and prints
 * the CPU time (user and system apart), megabytes per second and nanoseconds a row. To be compared
 * with `reference parse FILE`, which does the same with everything known at compile time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "formats/formats.h"

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec * 1e-6;
}

int main(int argc, char **argv)
{
	static struct wr_field field[] = {{.name = "user_id", .type = &WR_T_INT},
					  {.name = "url", .type = &WR_T_STRING},
					  {.name = "amount", .type = &WR_T_DOUBLE},
					  {.name = "ts", .type = &WR_T_TIMESTAMP3}};
	static const uint32_t wanted[] = {0, 1, 2, 3};
	struct wr_schema schema = {.count = WR_COUNT(field), .field = field};
	struct wr_arena arena;
	struct wr_options options;
	struct wr_decoder *decoder;
	struct wr_encoder *encoder;
	struct wr_text out;
	uint64_t rows = 0;
	uint64_t bytes = 0;
	uint64_t bad = 0;
	double sum = 0;
	size_t kept = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: json_bench FILE [COLUMNS [encode]]\n");
		return 2;
	}
	FILE *file = fopen(argv[1], "r");
	if (file == NULL) {
		perror(argv[1]);
		return 1;
	}
	wr_arena_init(&arena);
	wr_options_init(&options, &arena, "format json", wr_format_json.options,
			wr_format_json.option_count);
	struct wr_format_args args = {
	    .schema = &schema,
	    .wanted = wanted,
	    .wanted_count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : WR_COUNT(wanted),
	    .options = &options,
	    .zone_id = "UTC"};
	wr_status *status = wr_format_json.decoder_new(&args, &decoder);
	bool encode = argc > 3;
	wr_text_init(&out);
	if (status == NULL)
		status = wr_format_json.encoder_new(&args, &encoder);
	struct wr_buf *next = wr_buf_new(WR_BLOCK_BYTES);
	for (;;) {
		size_t got = fread(next->data + kept, 1, WR_BLOCK_BYTES - kept, file);
		size_t len = kept + got;
		uint32_t quoted = 0;
		if (len == 0)
			break;
		size_t whole =
		    got == 0 ? len : wr_format_json.frame(&args, next->data, len, &quoted);
		struct wr_buf *buf = next;
		next = wr_buf_new(WR_BLOCK_BYTES);
		kept = len - whole;
		memcpy(next->data, buf->data + whole, kept);
		struct wr_decode_range range = {.buf = buf, .data = buf->data, .len = whole};
		struct wr_batch *batch;
		while (status == NULL &&
		       (status = wr_format_json.decode(decoder, &range, WR_BATCH_ROWS_MAX,
						       &batch)) == NULL &&
		       batch != NULL) {
			rows += batch->rows;
			if (batch->column_count > 3)
				sum += WR_DATA(batch->column[2], double)[0] +
				       (double)WR_DATA(batch->column[3], int64_t)[0];
			wr_text_clear(&out);
			if (encode)
				status = wr_format_json.encode(encoder, batch, &out, NULL);
			wr_batch_free(batch);
		}
		bad += range.bad.count;
		bytes += whole;
		wr_bad_list_release(&range.bad);
		wr_buf_unref(buf);
	}
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	double user = seconds(&usage.ru_utime);
	printf("rows %llu bad %llu user %.3f s sys %.3f s %.0f MB/s %.1f ns/row (check %g)\n",
	       (unsigned long long)rows, (unsigned long long)bad, user, seconds(&usage.ru_stime),
	       (double)bytes / user * 1e-6, user / (double)rows * 1e9, sum);
	wr_text_release(&out);
	wr_format_json.encoder_free(encoder);
	wr_format_json.decoder_free(decoder);
	wr_buf_unref(next);
	wr_arena_release(&arena);
	fclose(file);
	return status != NULL;
}
