/* SPDX-License-Identifier: Apache-2.0
 *
 * proto - the format 'protobuf': messages of one type, which a descriptor file (or a .proto file)
 * tells; columns are fields of its name.
 */
#include <stdio.h>

#include "base/env.h"
#include "base/mem.h"
#include "formats/formats.h"
#include "formats/messages.h"
#include "formats/proto.h"
#include "formats/proto_write.h"

#define DESCRIPTOR_BYTES_MAX (64u << 20)

static const struct wr_option proto_options[] = {
    {.name = "descriptor-file",
     .type = WR_OPTION_STRING,
     .doc = "The types: what 'protoc --include_imports --descriptor_set_out' writes, or a .proto "
	    "file that imports none but Google's own."},
    {.name = "message-name",
     .type = WR_OPTION_STRING,
     .doc = "The type of the messages, with its package. Default: the only one, or the last one of "
	    "message-class-name."},
    {.name = "message-class-name",
     .type = WR_OPTION_STRING,
     .doc = "Java's name of the type, for scripts that set it; its last part is looked for."},
    WR_PROTO_OPTIONS,
};

struct wr_decoder {
	struct wr_messages messages;
	struct wr_proto_schema *schema;
	struct wr_proto_program *program;
	bool ignore; /* ignore-parse-errors */
};

struct wr_encoder {
	struct wr_proto_schema *schema;
	struct wr_proto_writer *writer;
};

/* --- the type
 * -------------------------------------------------------------------------------------------- */

wr_status *wr_proto_check_columns(const struct wr_proto_message *message,
				  const struct wr_schema *schema)
{
	for (uint32_t i = 0; i < schema->count; i++)
		WR_TRY(
		    wr_proto_check_column(message, schema->field[i].name, schema->field[i].type));
	return NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static wr_status *read_file(const char *path, struct wr_proto_schema **out)
{
	struct wr_proto_builder builder;
	char *data;
	size_t len;

	WR_TRY(wr_env_read_file(wr_env_system(), path, DESCRIPTOR_BYTES_MAX, &data, &len));
	wr_proto_builder_init(&builder);
	wr_status *status = ends_with(path, ".proto")
				? wr_proto_add_text(&builder, (struct wr_str){data, len})
				: wr_proto_add_descriptors(&builder, (struct wr_str){data, len});
	wr_free(data);
	if (status != NULL) {
		wr_proto_builder_release(&builder);
		return status;
	}
	return wr_proto_builder_finish(&builder, out);
}

/* The only message of the last file. */
static wr_status *only_message(const struct wr_proto_schema *schema,
			       const struct wr_proto_message **out)
{
	*out = schema->first;
	if (*out != NULL && (*out)->next == NULL)
		return NULL;
	wr_status *status =
	    wr_status_new(WR_USER_ERROR, "'protobuf.message-name' is missing: the descriptor file "
					 "has several messages, or none");
	return wr_status_hint(status, "Set it to one of them, with its package");
}

/* The table's type, its columns checked. */
static wr_status *open_type(const struct wr_format_args *args, struct wr_proto_schema **schema,
			    const struct wr_proto_message **out)
{
	const char *path = wr_options_str(args->options, "descriptor-file");
	const char *name = wr_options_str(args->options, "message-name");

	*schema = NULL;
	if (path == NULL) {
		wr_status *status =
		    wr_status_new(WR_USER_ERROR, "'protobuf.descriptor-file' is missing: there are "
						 "no Java classes here to take the type from");
		return wr_status_hint(status, "Make the file with 'protoc --include_imports "
					      "--descriptor_set_out=FILE'");
	}
	if (name == NULL)
		name = wr_options_str(args->options, "message-class-name");
	WR_TRY(read_file(path, schema));
	wr_status *status =
	    name != NULL ? wr_proto_find(*schema, name, out) : only_message(*schema, out);
	if (status == NULL)
		status = wr_proto_check_columns(*out, args->schema);
	if (status == NULL)
		return NULL;
	wr_proto_schema_unref(*schema);
	*schema = NULL;
	return status;
}

static wr_status *proto_check(const struct wr_format_args *args, bool for_sink)
{
	const struct wr_proto_message *message;
	struct wr_proto_schema *schema;

	WR_TRY(open_type(args, &schema, &message));
	wr_proto_schema_unref(schema);
	return NULL;
}

struct wr_proto_program *wr_proto_program_of(const struct wr_format_args *args,
					     struct wr_rows *rows,
					     const struct wr_proto_message *message)
{
	struct wr_proto_want *want = wr_calloc(rows->count + 1, sizeof *want);

	for (uint32_t i = 0; i < rows->count; i++) {
		const struct wr_field *field = &rows->schema->field[rows->wanted[i]];
		want[i] = (struct wr_proto_want){field->name, field->type, &rows->vec[i]};
	}
	struct wr_proto_program *program = wr_proto_program_new(
	    message, wr_options_bool(args->options, "read-default-values"), want, rows->count);
	wr_free(want);
	return program;
}

/* --- decode
 * ------------------------------------------------------------------------------------------------
 */

static enum wr_message_result proto_read(struct wr_messages *messages, const char *data, size_t len,
					 struct wr_message_fault *fault, wr_status **status)
{
	struct wr_decoder *decoder = (struct wr_decoder *)messages;

	if (wr_proto_read_row(decoder->program, data, data + len, messages->rows.rows, fault))
		return WR_MESSAGE_ROW;
	return decoder->ignore ? WR_MESSAGE_IGNORE : WR_MESSAGE_BAD;
}

/* The program is made once: all messages are of one type. */
static wr_status *proto_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	const struct wr_proto_message *message;
	struct wr_proto_schema *schema;

	WR_TRY(open_type(args, &schema, &message));
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);
	wr_rows_init(&decoder->messages.rows, args, false);
	decoder->messages.read = proto_read;
	decoder->schema = schema;
	decoder->ignore = wr_options_bool(args->options, "ignore-parse-errors");
	decoder->program = wr_proto_program_of(args, &decoder->messages.rows, message);
	*out = decoder;
	return NULL;
}

static wr_status *proto_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			       uint32_t max_rows, struct wr_batch **out)
{
	return wr_messages_decode(&decoder->messages, range, max_rows, out);
}

static void proto_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	wr_proto_program_free(decoder->program);
	wr_proto_schema_unref(decoder->schema);
	wr_rows_release(&decoder->messages.rows);
	wr_free(decoder);
}

/* --- encode
 * -----------------------------------------------------------------------------------------------
 */

static wr_status *proto_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	const struct wr_proto_message *message;
	struct wr_proto_schema *schema;

	WR_TRY(open_type(args, &schema, &message));
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);
	encoder->schema = schema;
	encoder->writer = wr_proto_writer_new(
	    message, args->schema, wr_options_str(args->options, "write-null-string-literal"));
	*out = encoder;
	return NULL;
}

static wr_status *write_row(struct wr_encoder *encoder, struct wr_text *out,
			    const struct wr_batch *batch, uint32_t row)
{
	return wr_proto_write_row(encoder->writer, out, batch->column, row);
}

static wr_status *proto_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			       struct wr_text *out, struct wr_record_span *span)
{
	return wr_messages_encode(encoder, batch, out, span, write_row);
}

static void proto_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_proto_writer_free(encoder->writer);
	wr_proto_schema_unref(encoder->schema);
	wr_free(encoder);
}

const struct wr_format wr_format_protobuf = {
    .name = "protobuf",
    .doc = "A message is a Protobuf message of a type that a descriptor file tells.",
    .options = proto_options,
    .option_count = WR_COUNT(proto_options),
    .rows_by_name = true,
    .check = proto_check,
    .messages = true,
    .decoder_new = proto_decoder_new,
    .decode = proto_decode,
    .decoder_free = proto_decoder_free,
    .encoder_new = proto_encoder_new,
    .encode = proto_encode,
    .encoder_free = proto_encoder_free,
};
