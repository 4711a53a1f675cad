/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_confluent - 'protobuf-confluent': Protobuf messages whose types are in a schema registry.
 *
 * A message begins with a zero byte and the number of a schema, the text of a .proto file; then
 * comes which of its types the message has, as a path of indexes (the second message within the
 * first of the file: 0 1), in Avro's numbers: how many there are, then each; a single 0 is the path
 * 0. Then the message.
 *
 * Programs are made at the first message of a number and path. Columns that the type does not have
 * are NULL, as types grow; columns that it has otherwise make its messages bad.
 *
 * What is written has the type that the columns make, or 'schema'; it is registered at the first
 * row.
 */
#include <stdio.h>

#include "base/mem.h"
#include "formats/avro_schema.h"
#include "formats/enrolment.h"
#include "formats/formats.h"
#include "formats/proto.h"
#include "formats/proto_derive.h"
#include "formats/proto_write.h"
#include "formats/registry_known.h"

#define PROGRAMS_MAX   256u /* types of one decoder; older ones are made again */
#define PATH_BYTES_MAX 64u  /* of a path of indexes: messages are not nested deeper */

static const struct wr_option confluent_options[] = {
    WR_REGISTRY_OPTIONS,
    {.name = "message-name",
     .type = WR_OPTION_STRING,
     .doc = "Of 'schema', the type to write, with its package. Default: its first."},
    WR_PROTO_OPTIONS,
};

/* What a number and a path mean. */
struct known_type {
	struct wr_registry_known base;
	uint32_t path_len; /* bytes of path */
	char path[PATH_BYTES_MAX];
	struct wr_proto_schema *schema;
	struct wr_proto_program *program; /* NULL: it cannot be used, see base.fault */
};

struct wr_decoder {
	struct wr_messages messages;
	struct wr_format_args args; /* the plan's */
	struct wr_registry *registry;
	bool ignore; /* ignore-parse-errors */
	uint32_t known_count;
	uint32_t last; /* the one that was used last */
	struct known_type known[PROGRAMS_MAX];
};

struct wr_encoder {
	struct wr_enrolment enrolment;
	struct wr_text path; /* as it stands in messages */
	struct wr_proto_schema *schema;
	struct wr_proto_writer *writer;
};

/* --- types
 * ------------------------------------------------------------------------------------------ */

/* A number as in Avro; false: it does not end. */
static bool get_index(const char **p, const char *end, int64_t *out)
{
	struct wr_wire in = {*p, end};
	uint64_t value;

	if (!wr_wire_varint(&in, &value))
		return false;
	*p = in.p;
	*out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
	return true;
}

/* Goes behind the path at `p`. */
static bool skip_path(const char **p, const char *end)
{
	int64_t count, index;

	if (!get_index(p, end, &count) || count < 0 || count > PATH_BYTES_MAX)
		return false;
	for (; count > 0; count--) {
		if (!get_index(p, end, &index) || index < 0)
			return false;
	}
	return true;
}

/* The message itself, or the next one behind it that is no entry of a map: those have no index. */
static const struct wr_proto_message *next_type(const struct wr_proto_message *message)
{
	while (message != NULL && message->is_map)
		message = message->next;
	return message;
}

/* The message that the path leads to; NULL: there is none. */
static const struct wr_proto_message *follow(const struct wr_proto_schema *schema, const char *path,
					     uint32_t len)
{
	const char *end = path + len;
	const struct wr_proto_message *list = schema->first;
	const struct wr_proto_message *found = NULL;
	int64_t count, index = 0;

	if (!get_index(&path, end, &count))
		return NULL;
	for (int64_t i = 0; i < (count == 0 ? 1 : count); i++) {
		if (count != 0 && !get_index(&path, end, &index))
			return NULL;
		for (found = next_type(list); found != NULL && index > 0; index--)
			found = next_type(found->next);
		if (found == NULL)
			return NULL;
		list = found->first;
	}
	return found;
}

/* A schema out of the texts of the registry. */
static wr_status *parse_schema(const struct wr_str *text, uint32_t count,
			       struct wr_proto_schema **out)
{
	struct wr_proto_builder builder;
	wr_status *status = NULL;

	*out = NULL;
	wr_proto_builder_init(&builder);
	for (uint32_t i = 0; status == NULL && i < count; i++)
		status = wr_proto_add_text(&builder, text[i]);
	if (status == NULL)
		return wr_proto_builder_finish(&builder, out);
	wr_proto_builder_release(&builder);
	return status;
}

/* --- decode
 * ------------------------------------------------------------------------------------------ */

static void known_release(struct known_type *known)
{
	wr_proto_program_free(known->program);
	wr_proto_schema_unref(known->schema);
	*known = (struct known_type){0};
}

/* Makes the program of a schema; what is wrong goes into the fault. */
static void compile(struct wr_decoder *decoder, struct known_type *known)
{
	struct wr_rows *rows = &decoder->messages.rows;
	const struct wr_proto_message *message =
	    follow(known->schema, known->path, known->path_len);

	if (message == NULL) {
		wr_registry_known_fault(&known->base, "type",
					"it has no type at the message's path");
		return;
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct wr_field *field = &rows->schema->field[rows->wanted[i]];
		wr_status *status = NULL;
		if (wr_proto_field_named(message, field->name) != NULL)
			status = wr_proto_check_column(message, field->name, field->type);
		else if (!field->type->nullable)
			status = wr_status_new(WR_USER_ERROR,
					       "It has no field '%s', and the column "
					       "is NOT NULL",
					       field->name);
		if (status == NULL)
			continue;
		wr_registry_known_fault(&known->base, "type", status->text);
		wr_status_free(status);
		return;
	}
	known->program = wr_proto_program_of(&decoder->args, rows, message);
}

/* What an answer of the registry is for. */
struct taker {
	struct wr_decoder *decoder;
	struct known_type *known;
};

static wr_status *take_schema(void *own, const struct wr_registry_schema *answer)
{
	struct taker *taker = own;

	WR_TRY(parse_schema(answer->text, answer->count, &taker->known->schema));
	compile(taker->decoder, taker->known);
	return NULL;
}

static wr_status *ask(struct wr_decoder *decoder, struct known_type *known)
{
	static const struct wr_registry_kind protobuf = {"PROTOBUF", "a Protobuf schema",
							 take_schema};
	struct taker taker = {decoder, known};

	return wr_registry_known_ask(&known->base, decoder->registry, &protobuf, &taker);
}

static bool is_of(const struct known_type *known, uint32_t number, const char *path, uint32_t len)
{
	return known->base.number == number && known->path_len == len &&
	       memcmp(known->path, path, len) == 0;
}

/* What the number and path mean; NULL with a status: the registry could not be asked. */
static struct known_type *find(struct wr_decoder *decoder, uint32_t number, const char *path,
			       uint32_t len, wr_status **status)
{
	uint32_t i = decoder->last;
	struct known_type *known = &decoder->known[i];

	if (decoder->known_count != 0 && WR_LIKELY(is_of(known, number, path, len)) &&
	    WR_LIKELY(known->base.again_us == 0))
		return known;
	for (i = 0; i < decoder->known_count; i++) {
		if (is_of(&decoder->known[i], number, path, len))
			break;
	}
	if (i == PROGRAMS_MAX) {
		while (decoder->known_count != 0)
			known_release(&decoder->known[--decoder->known_count]);
		i = 0;
	}
	known = &decoder->known[i];
	bool fresh = i == decoder->known_count;
	if (fresh) {
		known->base.number = number;
		known->path_len = len;
		memcpy(known->path, path, len);
	}
	if (fresh || wr_registry_known_is_due(&known->base)) {
		*status = ask(decoder, known);
		if (*status != NULL)
			return NULL;
	}
	decoder->known_count += fresh;
	decoder->last = i;
	return known;
}

static enum wr_message_result bad(struct wr_decoder *decoder)
{
	return decoder->ignore ? WR_MESSAGE_IGNORE : WR_MESSAGE_BAD;
}

/* A message: its head, its path, the program of both. */
static enum wr_message_result confluent_read(struct wr_messages *messages, const char *data,
					     size_t len, struct wr_message_fault *fault,
					     wr_status **status)
{
	struct wr_decoder *decoder = (struct wr_decoder *)messages;
	const char *end = data + len;
	const char *p = data + WR_REGISTRY_HEAD;
	uint32_t number;

	if (!wr_registry_head(data, len, &number) || !skip_path(&p, end) ||
	    p - data - WR_REGISTRY_HEAD > PATH_BYTES_MAX) {
		snprintf(fault->text, sizeof fault->text,
			 "the message does not begin with a zero byte, the number of a schema and "
			 "the path of a type");
		return bad(decoder);
	}
	uint32_t path_len = (uint32_t)(p - data - WR_REGISTRY_HEAD);
	struct known_type *known = find(decoder, number, data + WR_REGISTRY_HEAD, path_len, status);
	if (known == NULL)
		return WR_MESSAGE_STOP;
	if (WR_UNLIKELY(known->program == NULL)) {
		*fault = known->base.fault;
		return bad(decoder);
	}
	return wr_proto_read_row(known->program, p, end, messages->rows.rows, fault)
		   ? WR_MESSAGE_ROW
		   : bad(decoder);
}

static void confluent_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	for (uint32_t i = 0; i < decoder->known_count; i++)
		known_release(&decoder->known[i]);
	wr_registry_free(decoder->registry);
	wr_rows_release(&decoder->messages.rows);
	wr_free(decoder);
}

/* Nothing is asked before the first message. */
static wr_status *confluent_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);

	wr_rows_init(&decoder->messages.rows, args, false);
	decoder->messages.read = confluent_read;
	decoder->args = *args;
	decoder->ignore = wr_options_bool(args->options, "ignore-parse-errors");
	wr_status *status = wr_registry_new(args->options, &decoder->registry);
	if (status != NULL) {
		confluent_decoder_free(decoder);
		return status;
	}
	*out = decoder;
	return NULL;
}

static wr_status *confluent_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
				   uint32_t max_rows, struct wr_batch **out)
{
	return wr_messages_decode(&decoder->messages, range, max_rows, out);
}

/* --- encode
 * ------------------------------------------------------------------------------------------ */

static void put_index(struct wr_text *out, int64_t value)
{
	char *p = wr_text_reserve(out, 10);

	out->len += (size_t)(wr_avro_put_long(p, value) - p);
}

/* The indexes that lead to a message, deepest last; the number of them. */
static uint32_t find_path(const struct wr_proto_message *list,
			  const struct wr_proto_message *wanted, int64_t *index, uint32_t depth)
{
	int64_t i = 0;

	list = next_type(list);
	for (; list != NULL && depth < PATH_BYTES_MAX; list = next_type(list->next), i++) {
		index[depth] = i;
		if (list == wanted)
			return depth + 1;
		uint32_t count = find_path(list->first, wanted, index, depth + 1);
		if (count != 0)
			return count;
	}
	return 0;
}

/* The schema's text and the type in it. */
static wr_status *open_schema(const struct wr_format_args *args, struct wr_text *text,
			      struct wr_proto_schema **schema,
			      const struct wr_proto_message **message)
{
	const char *given = wr_options_str(args->options, "schema");
	const char *name = wr_options_str(args->options, "message-name");

	*schema = NULL;
	if (given != NULL)
		wr_text_puts(text, given);
	else
		WR_TRY(wr_proto_derive(text, args->schema));
	struct wr_str str = {text->data, text->len};
	WR_TRY(parse_schema(&str, 1, schema));
	*message = (*schema)->first;
	if (name != NULL)
		WR_TRY(wr_proto_find(*schema, name, message));
	if (*message == NULL)
		return wr_status_new(WR_USER_ERROR, "The Protobuf schema has no message");
	return wr_proto_check_columns(*message, args->schema);
}

/* Options and, of a sink, the columns; the registry is not asked. */
static wr_status *confluent_check(const struct wr_format_args *args, bool for_sink)
{
	const struct wr_proto_message *message;
	struct wr_proto_schema *schema = NULL;
	struct wr_text text;

	WR_TRY(wr_registry_check(args->options));
	if (!for_sink)
		return NULL;
	wr_text_init(&text);
	wr_status *status = open_schema(args, &text, &schema, &message);
	wr_proto_schema_unref(schema);
	wr_text_release(&text);
	return status;
}

static void confluent_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_proto_writer_free(encoder->writer);
	wr_proto_schema_unref(encoder->schema);
	wr_enrolment_release(&encoder->enrolment);
	wr_text_release(&encoder->path);
	wr_free(encoder);
}

static wr_status *prepare_writer(struct wr_encoder *encoder, const struct wr_format_args *args)
{
	const struct wr_proto_message *message;
	int64_t index[PATH_BYTES_MAX];

	WR_TRY(wr_enrolment_init(&encoder->enrolment, "PROTOBUF", args));
	WR_TRY(open_schema(args, &encoder->enrolment.schema, &encoder->schema, &message));
	uint32_t count = find_path(encoder->schema->first, message, index, 0);
	if (count == 1 && index[0] == 0) {
		put_index(&encoder->path, 0);
	} else {
		put_index(&encoder->path, count);
		for (uint32_t i = 0; i < count; i++)
			put_index(&encoder->path, index[i]);
	}
	encoder->writer = wr_proto_writer_new(
	    message, args->schema, wr_options_str(args->options, "write-null-string-literal"));
	return NULL;
}

/* The schema is made here and registered at the first row. */
static wr_status *confluent_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);

	wr_text_init(&encoder->path);
	wr_status *status = prepare_writer(encoder, args);
	if (status != NULL) {
		confluent_encoder_free(encoder);
		return status;
	}
	*out = encoder;
	return NULL;
}

/* A message: the head, the path of its type, the row. */
static wr_status *write_message(struct wr_encoder *encoder, struct wr_text *out,
				const struct wr_batch *batch, uint32_t row)
{
	wr_registry_put_head(out, encoder->enrolment.number);
	wr_text_add(out, encoder->path.data, encoder->path.len);
	return wr_proto_write_row(encoder->writer, out, batch->column, row);
}

static wr_status *confluent_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
				   struct wr_text *out, struct wr_record_span *span)
{
	if (wr_batch_count(batch) > 0)
		WR_TRY(wr_enrolment_begin(&encoder->enrolment));
	return wr_messages_encode(encoder, batch, out, span, write_message);
}

const struct wr_format wr_format_protobuf_confluent = {
    .name = "protobuf-confluent",
    .doc = "A message is a Protobuf message whose type is in a schema registry.",
    .options = confluent_options,
    .option_count = WR_COUNT(confluent_options),
    .rows_by_name = true,
    .check = confluent_check,
    .messages = true,
    .decoder_new = confluent_decoder_new,
    .decode = confluent_decode,
    .decoder_free = confluent_decoder_free,
    .encoder_new = confluent_encoder_new,
    .encode = confluent_encode,
    .encoder_free = confluent_encoder_free,
};
