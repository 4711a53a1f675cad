/* SPDX-License-Identifier: Apache-2.0
 *
 * avro - the format 'avro': messages that are one record each, of the schema that the table's
 * columns have in Avro (avro_derive.c). Nothing in a message says its schema, so columns, their
 * types and their nullability must be those of the writer.
 */
#include "formats/avro.h"

#include <stdio.h>

#include "base/mem.h"
#include "formats/avro_read.h"
#include "formats/avro_write.h"
#include "formats/formats.h"
#include "formats/messages.h"

static const char *const avro_encodings[] = {"binary", NULL};

static const struct wr_option avro_options[] = {
    {.name = "encoding",
     .type = WR_OPTION_ENUM,
     .fallback = "binary",
     .values = avro_encodings,
     .doc = "How values are written; only binary is there."},
    WR_AVRO_OPTION_LEGACY,
};

struct wr_decoder {
	struct wr_messages messages;
	struct wr_avro_schema *schema;
	struct wr_avro_program *program;
};

struct wr_encoder {
	struct wr_avro_schema *schema;
	struct wr_avro_writer *writer;
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

static wr_status *avro_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			      uint32_t max_rows, struct wr_batch **out)
{
	return wr_messages_decode(&decoder->messages, range, max_rows, out);
}

static void avro_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
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
	wr_free(encoder);
}

/* The writer, of the same schema. */
/* The writer, of the same schema. */
static wr_status *avro_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);

	wr_status *status = wr_avro_table_schema(args, &encoder->schema);
	if (status == NULL)
		status = wr_avro_writer_new(encoder->schema->root, args->schema, &encoder->writer);
	if (status != NULL) {
		avro_encoder_free(encoder);
		return status;
	}
	*out = encoder;
	return NULL;
}

/* A record a row; of a row that cannot be written the batch leaves nothing. */
/* A record a row; of a row that cannot be written the batch leaves nothing. */
static wr_status *avro_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			      struct wr_text *out, struct wr_record_span *span)
{
	uint32_t count = wr_batch_count(batch);
	size_t before = out->len;

	for (uint32_t i = 0; i < count; i++) {
		size_t start = out->len;
		wr_status *status =
		    wr_avro_write_row(encoder->writer, out, batch->column, wr_batch_row(batch, i));
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

const struct wr_format wr_format_avro = {
    .name = "avro",
    .doc = "A message is an Avro record of the schema that the columns have in Avro.",
    .options = avro_options,
    .option_count = WR_COUNT(avro_options),
    .check = avro_check,
    .messages = true,
    .decoder_new = avro_decoder_new,
    .decode = avro_decode,
    .decoder_free = avro_decoder_free,
    .encoder_new = avro_encoder_new,
    .encode = avro_encode,
    .encoder_free = avro_encoder_free,
};
