/* SPDX-License-Identifier: Apache-2.0
 *
 * avro - the format 'avro': messages that are one record each, of the schema that the table's
 * columns have in Avro (avro_derive.c). Nothing in a message says its schema, so columns, their
 * types and their nullability must be those of the writer.
 */
#include "formats/avro.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mem.h"
#include "formats/avro_file.h"
#include "formats/avro_read.h"
#include "formats/avro_write.h"
#include "formats/formats.h"
#include "formats/messages.h"

/* Records without a byte that a block may have: of a column of nothing a file of a few bytes could
 * make billions of rows. */
#define EMPTY_RECORDS_MAX 4096u

static const char *const avro_encodings[] = {"binary", NULL};

static const struct wr_option avro_options[] = {
    {.name = "encoding",
     .type = WR_OPTION_ENUM,
     .fallback = "binary",
     .values = avro_encodings,
     .doc = "How values are written; only binary is there."},
    WR_AVRO_OPTION_LEGACY,
    {.name = "codec",
     .type = WR_OPTION_ENUM,
     .fallback = "snappy",
     .values = wr_avro_codec_names,
     .doc = "How the blocks of files that are written are packed."},
};

struct wr_decoder {
	struct wr_messages messages;
	struct wr_avro_schema *schema;
	struct wr_avro_program *program; /* of the table's schema */
	/* Of files. */
	const char *header_of; /* the range's header that `header` is of */
	struct wr_avro_header header;
	struct wr_avro_program *file; /* of that header's schema */
	struct wr_buf *buf;           /* holds the records of the block being read; NULL: none */
	struct wr_avro_in in;         /* the next of them */
	struct wr_avro_block block;   /* being read */
	uint64_t left;                /* records of it that are left */
};

struct wr_encoder {
	struct wr_avro_schema *schema;
	struct wr_avro_writer *writer;
	bool messages;            /* records stand alone */
	enum wr_avro_codec codec; /* of files */
	char sync[WR_AVRO_SYNC_BYTES];
	struct wr_text text; /* files: the records of a block */
};

wr_status *wr_avro_table_schema(const struct wr_format_args *args, struct wr_avro_schema **out)
{
	bool legacy = wr_options_bool(args->options, "timestamp_mapping.legacy");
	struct wr_text text;

	*out = NULL;
	wr_text_init(&text);
	wr_status *status = wr_avro_derive(&text, args->schema, WR_AVRO_RECORD_NAME, legacy);
	if (status == NULL)
		status = wr_avro_schema_parse(&(struct wr_str){text.data, text.len}, 1, out);
	wr_text_release(&text);
	return status;
}

struct wr_avro_program *wr_avro_program_of(struct wr_rows *rows, const struct wr_avro_type *writer,
					   const struct wr_avro_type *reader)
{
	struct wr_avro_want *want = wr_calloc(rows->count + 1, sizeof *want);

	for (uint32_t i = 0; i < rows->count; i++) {
		const struct wr_field *field = &rows->schema->field[rows->wanted[i]];
		want[i] = (struct wr_avro_want){field->name, field->type, &rows->vec[i]};
	}
	struct wr_avro_program *program = wr_avro_program_new(writer, reader, want, rows->count);
	wr_free(want);
	return program;
}

static wr_status *avro_check(const struct wr_format_args *args, bool for_sink)
{
	struct wr_avro_schema *schema;

	WR_TRY(wr_avro_table_schema(args, &schema));
	wr_avro_schema_unref(schema);
	return NULL;
}

/* --- decode ------------------------------------------------------------
 */

bool wr_avro_read_message(struct wr_avro_program *program, const char *data, const char *end,
			  uint32_t row, struct wr_message_fault *fault)
{
	struct wr_avro_in in = {.p = data, .end = end, .fault = fault};

	return wr_avro_read_row(program, &in, row);
}

static enum wr_message_result avro_read(struct wr_messages *messages, const char *data, size_t len,
					struct wr_message_fault *fault, wr_status **status)
{
	struct wr_decoder *decoder = (struct wr_decoder *)messages;

	return wr_avro_read_message(decoder->program, data, data + len, messages->rows.rows, fault)
		   ? WR_MESSAGE_ROW
		   : WR_MESSAGE_BAD;
}

/* The program is of the table's own schema, which needs no registry. */
/* The program is of the table's own schema, which needs no registry. */
static wr_status *avro_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct wr_avro_schema *schema;

	WR_TRY(wr_avro_table_schema(args, &schema));
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);
	wr_rows_init(&decoder->messages.rows, args, false);
	decoder->messages.read = avro_read;
	decoder->schema = schema;
	decoder->program = wr_avro_program_of(&decoder->messages.rows, schema->root, NULL);
	*out = decoder;
	return NULL;
}

/* --- files --------------------------------------------------------------------------------------
 */

static wr_status *avro_file_open(const struct wr_format_args *args, const char *data, size_t len,
				 size_t *header_len)
{
	struct wr_avro_header header;

	WR_TRY(wr_avro_header_read(data, len, true, &header));
	*header_len = header.len;
	wr_avro_schema_unref(header.schema);
	return NULL;
}

static size_t avro_file_frame(const char *header, size_t header_len, const char *data, size_t len)
{
	return wr_avro_blocks(header + header_len - WR_AVRO_SYNC_BYTES, data, len);
}

/* The sync marker is made of the schema: all writers of a table have the same. */
static void make_sync(const struct wr_text *schema, char *sync)
{
	XXH128_canonical_t hash;

	XXH128_canonicalFromHash(&hash, XXH3_128bits(schema->data, schema->len));
	memcpy(sync, hash.digest, WR_AVRO_SYNC_BYTES);
}

/* The text of the schema, with the sync marker of its files. */
static wr_status *derive_file(const struct wr_format_args *args, struct wr_text *schema, char *sync)
{
	bool legacy = wr_options_bool(args->options, "timestamp_mapping.legacy");

	WR_TRY(wr_avro_derive(schema, args->schema, WR_AVRO_RECORD_NAME, legacy));
	make_sync(schema, sync);
	return NULL;
}

static wr_status *avro_file_header(const struct wr_format_args *args, struct wr_text *out)
{
	char sync[WR_AVRO_SYNC_BYTES];
	struct wr_text schema;

	wr_text_init(&schema);
	wr_status *status = derive_file(args, &schema, sync);
	if (status == NULL)
		wr_avro_put_header(out, (struct wr_str){schema.data, schema.len},
				   (enum wr_avro_codec)wr_options_i64(args->options, "codec"),
				   sync);
	wr_text_release(&schema);
	return status;
}

/* The block that is being read is over. */
static void leave_block(struct wr_decoder *decoder)
{
	wr_buf_unref(decoder->buf);
	decoder->buf = NULL;
	decoder->left = 0;
}

/* The header of the range, if it is another one than before. */
static wr_status *take_header(struct wr_decoder *decoder, const struct wr_decode_range *range)
{
	if (decoder->header_of == range->header)
		return NULL;
	leave_block(decoder);
	wr_avro_program_free(decoder->file);
	wr_avro_schema_unref(decoder->header.schema);
	decoder->file = NULL;
	decoder->header_of = NULL;
	WR_TRY(wr_avro_header_read(range->header, range->header_len, true, &decoder->header));
	if (decoder->header.len == 0)
		return wr_status_new(WR_USER_ERROR, "The Avro file has no header");
	decoder->file =
	    wr_avro_program_of(&decoder->messages.rows, decoder->header.schema->root, NULL);
	decoder->header_of = range->header;
	return NULL;
}

/* Notes that a block, or what is left of it, is lost. */
static void bad_block(struct wr_decode_range *range, const char *start, const char *end,
		      const struct wr_message_fault *fault)
{
	struct wr_bad_record *bad = wr_bad_list_add(&range->bad);

	bad->offset = (uint64_t)(start - range->data);
	bad->length = (uint32_t)(end - start);
	bad->row = range->rows;
	bad->kind = fault->kind;
	bad->column = fault->column;
	snprintf(bad->text, sizeof bad->text, "%s", fault->text);
}

/* Opens the next block of the range; one that is damaged is noted and left behind. */
static void next_block(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	const char *p = range->data + range->pos, *end = range->data + range->len;
	struct wr_avro_block *block = &decoder->block;
	struct wr_message_fault fault = {.kind = "syntax"};
	const char *why = "a block that is damaged or not all there";
	size_t len = 0;

	if (wr_avro_block_at(decoder->header.sync, p, end, block) == WR_AVRO_BLOCK) {
		len = block->size;
		if (decoder->header.codec == WR_AVRO_NO_CODEC)
			decoder->buf = wr_buf_ref(range->buf);
		else
			decoder->buf = wr_avro_unpack(decoder->header.codec, block, &len, &why);
	} else {
		block->next = wr_avro_resync(decoder->header.sync, p, end);
	}
	if (block->next == NULL)
		block->next = end;
	if (decoder->buf != NULL && block->records > len + EMPTY_RECORDS_MAX) {
		why = "a block with more records than bytes";
		wr_buf_unref(decoder->buf);
		decoder->buf = NULL;
	}
	if (decoder->buf == NULL) {
		snprintf(fault.text, sizeof fault.text, "%s", why);
		bad_block(range, p, block->next, &fault);
		range->pos = (size_t)(block->next - range->data);
		return;
	}
	const char *data =
	    decoder->header.codec == WR_AVRO_NO_CODEC ? block->data : decoder->buf->data;
	decoder->in = (struct wr_avro_in){.p = data, .end = data + len};
	decoder->left = block->records;
}

/* Notes the record that begins at `start` as bad. One that can be skipped is lost alone; else
 * nobody knows where the next one begins. */
static void bad_record(struct wr_decoder *decoder, struct wr_decode_range *range, const char *start,
		       const struct wr_message_fault *fault)
{
	const struct wr_avro_block *block = &decoder->block;
	struct wr_message_fault said = *fault, ignored;
	struct wr_avro_in skip = {.p = start, .end = decoder->in.end, .fault = &ignored};
	bool alone = wr_avro_skip(&skip, decoder->header.schema->root);

	snprintf(said.text, sizeof said.text, "record %llu of a block of %llu%s: %.80s",
		 (unsigned long long)(block->records - decoder->left + 1),
		 (unsigned long long)block->records,
		 alone ? "" : ", after which the others are lost", fault->text);
	bad_block(range, block->start, block->next, &said);
	decoder->in.p = skip.p;
	decoder->left = alone ? decoder->left - 1 : 0;
}

/* Reads records of the block into rows. */
static void read_block(struct wr_decoder *decoder, struct wr_decode_range *range, uint32_t max_rows)
{
	struct wr_rows *rows = &decoder->messages.rows;
	struct wr_message_fault fault;

	while (decoder->left != 0 && rows->rows < max_rows) {
		const char *start = decoder->in.p;
		wr_rows_next(rows);
		fault = (struct wr_message_fault){.kind = "syntax"};
		decoder->in.fault = &fault;
		decoder->in.depth = 0;
		if (!wr_avro_read_row(decoder->file, &decoder->in, rows->rows)) {
			wr_rows_take_back(rows);
			bad_record(decoder, range, start, &fault);
			continue;
		}
		rows->rows++;
		range->rows++;
		decoder->left--;
	}
}

/* Batches out of blocks. */
static wr_status *decode_file(struct wr_decoder *decoder, struct wr_decode_range *range,
			      uint32_t max_rows, struct wr_batch **out)
{
	struct wr_rows *rows = &decoder->messages.rows;

	*out = NULL;
	WR_TRY(take_header(decoder, range));
	if (range->pos == 0 && range->rows == 0) {
		leave_block(decoder);
		if (range->first)
			range->pos = WR_MIN(range->header_len, range->len);
	}
	while (*out == NULL) {
		if (decoder->left == 0 && range->pos >= range->len)
			return NULL;
		if (decoder->left == 0)
			next_block(decoder, range);
		if (decoder->buf == NULL)
			continue;
		wr_rows_begin(rows, max_rows, (size_t)WR_MIN(decoder->left, UINT32_MAX));
		read_block(decoder, range, max_rows);
		*out = wr_rows_finish(rows, decoder->buf);
		if (decoder->left == 0) {
			range->pos = (size_t)(decoder->block.next - range->data);
			leave_block(decoder);
		}
	}
	return NULL;
}

static wr_status *avro_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			      uint32_t max_rows, struct wr_batch **out)
{
	return range->header != NULL ? decode_file(decoder, range, max_rows, out)
				     : wr_messages_decode(&decoder->messages, range, max_rows, out);
}

static void avro_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	leave_block(decoder);
	wr_avro_program_free(decoder->file);
	wr_avro_schema_unref(decoder->header.schema);
	wr_avro_program_free(decoder->program);
	wr_avro_schema_unref(decoder->schema);
	wr_rows_release(&decoder->messages.rows);
	wr_free(decoder);
}

/* --- encode ------------------------------------------------------------
 */

static void avro_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_avro_writer_free(encoder->writer);
	wr_avro_schema_unref(encoder->schema);
	wr_text_release(&encoder->text);
	wr_free(encoder);
}

/* The writer, of the same schema. */
/* The writer, of the same schema. */
static wr_status *avro_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);

	wr_text_init(&encoder->text);
	encoder->messages = args->messages;
	encoder->codec = (enum wr_avro_codec)wr_options_i64(args->options, "codec");
	wr_status *status = wr_avro_table_schema(args, &encoder->schema);
	if (status == NULL)
		status = derive_file(args, &encoder->text, encoder->sync);
	if (status == NULL)
		status = wr_avro_writer_new(encoder->schema->root, args->schema, &encoder->writer);
	if (status != NULL) {
		avro_encoder_free(encoder);
		return status;
	}
	*out = encoder;
	return NULL;
}

static wr_status *write_row(struct wr_encoder *encoder, struct wr_text *out,
			    const struct wr_batch *batch, uint32_t row)
{
	return wr_avro_write_row(encoder->writer, out, batch->column, row);
}

/* Of files a batch is a block. */
static wr_status *avro_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			      struct wr_text *out, struct wr_record_span *span)
{
	uint32_t count = wr_batch_count(batch);

	if (encoder->messages || span != NULL)
		return wr_messages_encode(encoder, batch, out, span, write_row);
	if (count == 0)
		return NULL;
	wr_text_clear(&encoder->text);
	WR_TRY(wr_messages_encode(encoder, batch, &encoder->text, NULL, write_row));
	return wr_avro_put_block(out, encoder->codec, encoder->sync, count, encoder->text.data,
				 encoder->text.len);
}

const struct wr_format wr_format_avro = {
    .name = "avro",
    .doc = "A message is an Avro record of the schema that the columns have in Avro.",
    .options = avro_options,
    .option_count = WR_COUNT(avro_options),
    .check = avro_check,
    .messages = true,
    .file_open = avro_file_open,
    .file_frame = avro_file_frame,
    .file_header = avro_file_header,
    .decoder_new = avro_decoder_new,
    .decode = avro_decode,
    .decoder_free = avro_decoder_free,
    .encoder_new = avro_encoder_new,
    .encode = avro_encode,
    .encoder_free = avro_encoder_free,
};
