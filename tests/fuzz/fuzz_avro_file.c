/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_avro_file - hostile container files of Avro: as they are, or with a good header and then
 * blocks whose records, sizes and packing are the input's. The size of batches changes nothing, and
 * blocks are found at the same places however much of them is there.
 */
#include "base/varint.h"
#include "formats/avro_file.h"
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char sync_marker[] = "0123456789abcdef";

static const char *const schemas[] = {
    "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"i\",\"type\":\"int\"},"
    "{\"name\":\"s\",\"type\":[\"null\",\"string\"]}]}",
    "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\","
    "\"items\":\"long\"}},{\"name\":\"x\",\"type\":{\"type\":\"map\",\"values\":\"bytes\"}}]}",
    "{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}",
    "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"s\",\"type\":\"null\"},"
    "{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"f\",\"size\":3}}]}"};

/* A file out of the input. */
static void make_file(struct wr_text *file, uint8_t pick, const uint8_t *bytes, size_t len)
{
	enum wr_avro_codec codec = (enum wr_avro_codec)(pick >> 1 & 3);

	if (pick & 1) {
		wr_text_add(file, bytes, len);
		return;
	}
	wr_avro_put_header(file, wr_str_of(schemas[pick >> 3 & 3]), codec, sync_marker);
	while (len >= 3) {
		size_t size = WR_MIN((size_t)bytes[2], len - 3);

		if (bytes[1] & 1) { /* packed well, with any number of records */
			wr_status_free(wr_avro_put_block(file, codec, sync_marker, bytes[0],
							 (const char *)bytes + 3, size));
		} else {
			wr_text_putc(file, (char)bytes[0]);
			wr_text_putc(file, (char)bytes[1]);
			wr_text_add(file, bytes + 3, size);
			wr_text_add(file, sync_marker, WR_AVRO_SYNC_BYTES);
		}
		bytes += 3 + size;
		len -= 3 + size;
	}
}

static struct fuzz_count decode(const struct wr_format_args *args, const struct wr_text *file,
				size_t header_len, uint32_t max_rows)
{
	struct wr_buf *buf = wr_buf_new(file->len);
	struct wr_decode_range range = {.buf = buf,
					.data = buf->data,
					.len = file->len,
					.first = true,
					.header = buf->data,
					.header_len = header_len};
	struct fuzz_count count = {0};
	struct wr_decoder *decoder;
	struct wr_batch *batch;

	memcpy(buf->data, file->data, file->len);
	FUZZ_REQUIRE(wr_format_avro.decoder_new(args, &decoder) == NULL);
	for (;;) {
		FUZZ_REQUIRE(wr_format_avro.decode(decoder, &range, max_rows, &batch) == NULL);
		if (batch == NULL)
			break;
		FUZZ_REQUIRE(batch->rows <= max_rows && batch->column_count == args->wanted_count);
		for (uint32_t i = 0; i < batch->column_count; i++)
			fuzz_touch_column(batch->column[i], batch->rows);
		count.rows += batch->rows;
		wr_batch_free(batch);
	}
	FUZZ_REQUIRE(range.pos == file->len);
	for (uint32_t i = 0; i < range.bad.count; i++)
		FUZZ_REQUIRE(range.bad.record[i].offset + range.bad.record[i].length <= file->len &&
			     range.bad.record[i].kind != NULL);
	count.bad = range.bad.count;
	wr_bad_list_release(&range.bad);
	wr_format_avro.decoder_free(decoder);
	wr_buf_unref(buf);
	return count;
}

/* Blocks of the beginning of a file are blocks of the file. */
static void check_frames(const struct wr_text *file, size_t header_len)
{
	size_t rest = file->len - header_len, last = 0;

	for (size_t part = 0; part <= rest; part += 1 + rest / 16) {
		char *copy = malloc(part + 1);
		size_t found;

		memcpy(copy, file->data + header_len, part);
		found = wr_format_avro.file_frame(file->data, header_len, copy, part);
		FUZZ_REQUIRE(found <= part && found >= last);
		last = found;
		free(copy);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint32_t wanted[] = {0, 1, 2, 3};
	struct wr_arena arena;
	struct wr_options options;
	struct fuzz_count whole, small;
	struct wr_text file;
	size_t header_len = 0;

	if (len == 0 || len > 8192) /* each block may have thousands of rows without a byte */
		return 0;
	wr_arena_init(&arena);
	struct wr_field field[] = {{"i", &WR_T_INT},
				   {"s", &WR_T_STRING},
				   {"a", wr_type_array(&arena, &WR_T_BIGINT)},
				   {"f", &WR_T_BYTES}};
	struct wr_schema schema = {4, field};
	wr_options_init(&options, &arena, "avro", wr_format_avro.options,
			wr_format_avro.option_count);
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = 4,
				      .options = &options,
				      .zone_id = "UTC"};
	wr_text_init(&file);
	make_file(&file, bytes[0], bytes + 1, len - 1);
	wr_status *status =
	    wr_format_avro.file_open(&args, wr_text_str(&file), file.len, &header_len);
	FUZZ_REQUIRE(status == NULL || bytes[0] & 1);
	if (status == NULL && header_len > 0) {
		whole = decode(&args, &file, header_len, WR_BATCH_ROWS_MAX);
		small = decode(&args, &file, header_len, 3);
		FUZZ_REQUIRE(memcmp(&whole, &small, sizeof whole) == 0);
		check_frames(&file, header_len);
	}
	wr_status_free(status);
	wr_text_release(&file);
	wr_arena_release(&arena);
	return 0;
}
