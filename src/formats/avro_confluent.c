/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_confluent - Avro whose schemas are in a registry: 'avro-confluent', a record a message, and
 * 'debezium-avro-confluent', a change a message ({before, after, op}).
 *
 * A message begins with the number of the schema that it was written with. The first message of a
 * number makes a program of that schema and the wanted columns (avro_read.h); later ones find it by
 * the number. So schemas may change while the table is read: a field that is not there any more, or
 * not yet, is NULL or has the default of 'schema'.
 *
 * A number that the registry does not know makes its messages bad; it is asked again only after a
 * while. A registry that does not answer is no fault of the message: the call fails.
 *
 * What is written has the schema of the columns, or 'schema'; it is registered at the first row.
 */
#include <stdio.h>

#include "base/mem.h"
#include "formats/avro.h"
#include "formats/avro_write.h"
#include "formats/enrolment.h"
#include "formats/formats.h"
#include "formats/registry_known.h"

#define PROGRAMS_MAX   256u /* schemas of one decoder; older ones are made again */
#define PUT_BRANCH_MAX 10u  /* bytes of a number */

static const struct wr_option confluent_options[] = {WR_REGISTRY_OPTIONS, WR_AVRO_OPTION_LEGACY};

/* What one number means. */
struct known_schema {
	struct wr_registry_known base;
	struct wr_avro_schema *schema;       /* NULL: it cannot be used, see base.fault */
	struct wr_avro_program *program;     /* of the record, or of the rows after a change */
	struct wr_avro_program *before;      /* of the rows before a change */
	const struct wr_avro_type *envelope; /* of changes: {before, after, op} */
	int field[3];                        /* of changes: which fields those are */
};

struct wr_decoder {
	struct wr_messages messages;
	struct wr_registry *registry;
	struct wr_avro_schema *reader; /* of 'schema', or NULL */
	bool changes;                  /* debezium-avro-confluent */
	uint32_t known_count;
	uint32_t last; /* the one that was used last */
	struct known_schema known[PROGRAMS_MAX];
};

struct wr_encoder {
	struct wr_enrolment enrolment;
	struct wr_avro_schema *schema;
	const struct wr_avro_type *record; /* of changes: the envelope; else NULL */
	struct wr_avro_writer *writer;     /* of rows */
};

/* --- schemas of the table
 * -------------------------------------------------------------------------- */

/* The schema of rows, or of changes of rows, as Flink derives it. */
static wr_status *derive(const struct wr_format_args *args, bool changes, struct wr_text *out)
{
	bool legacy = wr_options_bool(args->options, "timestamp_mapping.legacy");

	if (!changes)
		return wr_avro_derive(out, args->schema, WR_AVRO_RECORD_NAME, legacy);
	wr_text_puts(out,
		     "{\"type\":\"record\",\"name\":\"record\",\"namespace\":\"org.apache."
		     "flink.avro.generated\",\"fields\":[{\"name\":\"before\",\"type\":[\"null\",");
	WR_TRY(wr_avro_derive(out, args->schema, WR_AVRO_RECORD_NAME "_before", legacy));
	wr_text_puts(out, "],\"default\":null},{\"name\":\"after\",\"type\":[\"null\",");
	WR_TRY(wr_avro_derive(out, args->schema, WR_AVRO_RECORD_NAME "_after", legacy));
	wr_text_puts(out, "],\"default\":null},{\"name\":\"op\",\"type\":[\"null\",\"string\"],"
			  "\"default\":null}]}");
	return NULL;
}

static wr_status *parse_option(const struct wr_format_args *args, struct wr_avro_schema **out)
{
	const char *text = wr_options_str(args->options, "schema");
	struct wr_str str = text != NULL ? wr_str_of(text) : (struct wr_str){0};

	*out = NULL;
	if (text == NULL)
		return NULL;
	wr_status *status = wr_avro_schema_parse(&str, 1, out);
	return wr_status_hint(status, "Mend the Avro schema in the format's option 'schema'");
}

static const struct wr_avro_type *without_null(const struct wr_avro_type *type)
{
	int null_branch = wr_avro_null_branch(type);

	return type->kind == WR_AVRO_UNION && type->count == 2 && null_branch >= 0
		   ? type->child[1 - null_branch]
		   : type;
}

/* Fields of an envelope: false when it is none. */
static bool find_envelope(const struct wr_avro_type *type, int field[3])
{
	static const char *const name[3] = {"before", "after", "op"};

	for (int k = 0; k < 3; k++) {
		field[k] = -1;
		for (uint32_t i = 0; type->kind == WR_AVRO_RECORD && i < type->count; i++) {
			if (strcmp(type->field[i].name, name[k]) == 0)
				field[k] = (int)i;
		}
		if (field[k] < 0)
			return false;
		const struct wr_avro_type *inner = without_null(type->field[field[k]].type);
		if (inner->kind != (k == 2 ? WR_AVRO_STRING : WR_AVRO_RECORD))
			return false;
	}
	return true;
}

/* Options and, of a sink, the columns; the registry is not asked. */
static wr_status *check(const struct wr_format_args *args, bool for_sink, bool changes)
{
	struct wr_avro_schema *schema;
	struct wr_text text;

	WR_TRY(wr_registry_check(args->options));
	WR_TRY(parse_option(args, &schema));
	wr_avro_schema_unref(schema);
	if (schema != NULL || !for_sink)
		return NULL;
	wr_text_init(&text);
	wr_status *status = derive(args, changes, &text);
	wr_text_release(&text);
	return status;
}

/* --- decode
 * ---------------------------------------------------------------------------------------- */

static void known_release(struct known_schema *known)
{
	wr_avro_program_free(known->program);
	wr_avro_program_free(known->before);
	wr_avro_schema_unref(known->schema);
	*known = (struct known_schema){0};
}

/* Programs of a schema that was read. */
static void compile(struct wr_decoder *decoder, struct known_schema *known)
{
	struct wr_rows *rows = &decoder->messages.rows;
	const struct wr_avro_type *root = known->schema->root;
	const struct wr_avro_type *reader = decoder->reader != NULL ? decoder->reader->root : NULL;
	int field[3];

	if (!decoder->changes) {
		known->program = wr_avro_program_of(rows, root, reader);
		return;
	}
	root = without_null(root);
	if (!find_envelope(root, known->field)) {
		wr_registry_known_fault(&known->base, "type",
					"it is no record of before, after and op");
		return;
	}
	if (reader != NULL && find_envelope(without_null(reader), field))
		reader = without_null(without_null(reader)->field[field[1]].type);
	known->envelope = root;
	known->before =
	    wr_avro_program_of(rows, without_null(root->field[known->field[0]].type), reader);
	known->program =
	    wr_avro_program_of(rows, without_null(root->field[known->field[1]].type), reader);
}

/* What an answer of the registry is for. */
struct taker {
	struct wr_decoder *decoder;
	struct known_schema *known;
};

static wr_status *take_schema(void *own, const struct wr_registry_schema *answer)
{
	struct taker *taker = own;

	WR_TRY(wr_avro_schema_parse(answer->text, answer->count, &taker->known->schema));
	compile(taker->decoder, taker->known);
	return NULL;
}

static wr_status *ask(struct wr_decoder *decoder, struct known_schema *known)
{
	static const struct wr_registry_kind avro = {"AVRO", "an Avro schema", take_schema};
	struct taker taker = {decoder, known};

	return wr_registry_known_ask(&known->base, decoder->registry, &avro, &taker);
}

/* What the number means; NULL with a status: the registry could not be asked. */
static struct known_schema *find(struct wr_decoder *decoder, uint32_t number, wr_status **status)
{
	struct known_schema *known = &decoder->known[decoder->last];
	uint32_t i = decoder->last;

	if (WR_UNLIKELY(decoder->known_count == 0 || known->base.number != number)) {
		for (i = 0; i < decoder->known_count && decoder->known[i].base.number != number;)
			i++;
		known = &decoder->known[i % PROGRAMS_MAX];
	}
	if (i == decoder->known_count) {
		if (i == PROGRAMS_MAX) {
			while (decoder->known_count != 0)
				known_release(&decoder->known[--decoder->known_count]);
			i = 0;
			known = &decoder->known[0];
		}
		known->base.number = number;
		*status = ask(decoder, known);
		if (*status != NULL)
			return NULL;
		decoder->known_count++;
	} else if (WR_UNLIKELY(wr_registry_known_is_due(&known->base))) {
		*status = ask(decoder, known);
		if (*status != NULL)
			return NULL;
	}
	decoder->last = i;
	return known;
}

/* Where the parts of a change are. */
struct change {
	const char *row[2]; /* before and after: their first bytes; NULL: null */
	char op;            /* 0: none */
};

/* The value of a field that may be null: false when something is wrong; *value NULL: null. */
static bool open_union(struct wr_avro_in *in, const struct wr_avro_type *type, const char **value)
{
	int64_t branch = -1;

	if (type->kind == WR_AVRO_UNION && !wr_avro_get_long(in, &branch))
		return false;
	*value = type->kind == WR_AVRO_UNION && branch == wr_avro_null_branch(type) ? NULL : in->p;
	if (type->kind != WR_AVRO_UNION || branch == 0 || branch == 1)
		return true;
	return wr_avro_fail(in, "syntax", "branch %lld of a union of 2", (long long)branch);
}

/* Walks over the envelope. */
static bool find_parts(const struct known_schema *known, struct wr_avro_in *in,
		       struct change *change)
{
	const char *op = NULL;

	for (uint32_t i = 0; i < known->envelope->count; i++) {
		const struct wr_avro_type *type = known->envelope->field[i].type;
		int part = (int)i == known->field[0]   ? 0
			   : (int)i == known->field[1] ? 1
			   : (int)i == known->field[2] ? 2
						       : -1;
		const char **value = part == 2 ? &op : &change->row[part < 0 ? 0 : part];
		if (part < 0) {
			if (!wr_avro_skip(in, type))
				return false;
			continue;
		}
		if (!open_union(in, type, value))
			return false;
		if (*value != NULL && !wr_avro_skip(in, without_null(type)))
			return false;
	}
	/* a text of one byte: its length, which is zigzag 2, and the byte */
	change->op = op != NULL && op[0] == 2 ? op[1] : 0;
	return true;
}

static enum wr_message_result refuse(struct wr_message_fault *fault, const char *text)
{
	fault->kind = "syntax";
	snprintf(fault->text, sizeof fault->text, "%s", text);
	return WR_MESSAGE_BAD;
}

/* Reads a row of a change into the next row. */
static enum wr_message_result read_part(struct wr_messages *messages,
					struct wr_avro_program *program, const char *row,
					const char *end, uint8_t kind, enum wr_message_result good,
					struct wr_message_fault *fault)
{
	struct wr_rows *rows = &messages->rows;

	if (!wr_avro_read_message(program, row, end, rows->rows, fault))
		return WR_MESSAGE_BAD;
	rows->kind[rows->rows] = kind;
	return good;
}

/* An update: the row before, then the row after. At the first part both are read, as a message is
 * good or bad as a whole. */
static enum wr_message_result read_update(struct wr_decoder *decoder, struct known_schema *known,
					  const struct change *change, const char *end,
					  struct wr_message_fault *fault)
{
	struct wr_messages *messages = &decoder->messages;

	if (change->row[0] == NULL)
		return refuse(fault, "an update without its \"before\"; in PostgreSQL set REPLICA "
				     "IDENTITY FULL for the table");
	if (change->row[1] == NULL)
		return refuse(fault, "an update without its \"after\"");
	if (messages->part != 0)
		return read_part(messages, known->program, change->row[1], end, WR_UPDATE_AFTER,
				 WR_MESSAGE_ROW, fault);
	if (!wr_avro_read_message(known->program, change->row[1], end, messages->rows.rows, fault))
		return WR_MESSAGE_BAD;
	wr_rows_take_back(&messages->rows);
	return read_part(messages, known->before, change->row[0], end, WR_UPDATE_BEFORE,
			 WR_MESSAGE_MORE, fault);
}

/* A message of changes behind its head. */
static enum wr_message_result read_change(struct wr_decoder *decoder, struct known_schema *known,
					  const char *data, const char *end,
					  struct wr_message_fault *fault)
{
	struct wr_messages *messages = &decoder->messages;
	struct wr_avro_in in = {.p = data, .end = end, .fault = fault};
	struct change change = {0};

	if (!find_parts(known, &in, &change))
		return WR_MESSAGE_BAD;
	switch (change.op) {
	case 'c':
	case 'r':
		if (change.row[1] == NULL)
			return refuse(fault, "an insertion without its \"after\"");
		return read_part(messages, known->program, change.row[1], end, WR_INSERT,
				 WR_MESSAGE_ROW, fault);
	case 'u': return read_update(decoder, known, &change, end, fault);
	case 'd':
		if (change.row[0] == NULL)
			return refuse(fault, "a deletion without its \"before\"; in PostgreSQL set "
					     "REPLICA IDENTITY FULL for the table");
		return read_part(messages, known->before, change.row[0], end, WR_DELETE,
				 WR_MESSAGE_ROW, fault);
	default: return refuse(fault, "\"op\" is none of c, r, u, d");
	}
}

/* A message: its head, the program of its schema, its rows. */
static enum wr_message_result confluent_read(struct wr_messages *messages, const char *data,
					     size_t len, struct wr_message_fault *fault,
					     wr_status **status)
{
	struct wr_decoder *decoder = (struct wr_decoder *)messages;
	uint32_t number;

	if (len == 0 && decoder->changes)
		return WR_MESSAGE_NONE; /* a tombstone */
	if (!wr_registry_head(data, len, &number))
		return refuse(fault,
			      "the message does not begin with a zero byte and the number of "
			      "a schema");
	struct known_schema *known = find(decoder, number, status);
	if (known == NULL)
		return WR_MESSAGE_STOP;
	if (WR_UNLIKELY(known->program == NULL)) {
		*fault = known->base.fault;
		return WR_MESSAGE_BAD;
	}
	const char *end = data + len;
	data += WR_REGISTRY_HEAD;
	if (decoder->changes)
		return read_change(decoder, known, data, end, fault);
	return wr_avro_read_message(known->program, data, end, messages->rows.rows, fault)
		   ? WR_MESSAGE_ROW
		   : WR_MESSAGE_BAD;
}

static void confluent_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	for (uint32_t i = 0; i < decoder->known_count; i++)
		known_release(&decoder->known[i]);
	wr_avro_schema_unref(decoder->reader);
	wr_registry_free(decoder->registry);
	wr_rows_release(&decoder->messages.rows);
	wr_free(decoder);
}

/* Nothing is asked before the first message. */
static wr_status *decoder_new(const struct wr_format_args *args, bool changes,
			      struct wr_decoder **out)
{
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);

	wr_rows_init(&decoder->messages.rows, args, changes);
	decoder->messages.read = confluent_read;
	decoder->changes = changes;
	wr_status *status = parse_option(args, &decoder->reader);
	if (status == NULL)
		status = wr_registry_new(args->options, &decoder->registry);
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
 * ----------------------------------------------------------------------------------------- */

static void confluent_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_avro_writer_free(encoder->writer);
	wr_avro_schema_unref(encoder->schema);
	wr_enrolment_release(&encoder->enrolment);
	wr_free(encoder);
}

/* The schema's text and what writes it. */
static wr_status *prepare_writer(struct wr_encoder *encoder, const struct wr_format_args *args,
				 bool changes)
{
	const char *text = wr_options_str(args->options, "schema");
	int field[3];

	if (text != NULL)
		wr_text_puts(&encoder->enrolment.schema, text);
	else
		WR_TRY(derive(args, changes, &encoder->enrolment.schema));
	struct wr_str str = {encoder->enrolment.schema.data, encoder->enrolment.schema.len};
	WR_TRY(wr_avro_schema_parse(&str, 1, &encoder->schema));
	const struct wr_avro_type *type = encoder->schema->root;
	if (!changes)
		return wr_avro_writer_new(type, args->schema, &encoder->writer);
	if (!find_envelope(type, field))
		return wr_status_new(WR_USER_ERROR,
				     "The schema is no record of before, after and op");
	encoder->record = type;
	return wr_avro_writer_new(without_null(type->field[field[1]].type), args->schema,
				  &encoder->writer);
}

/* The schema is made here and registered at the first row. */
static wr_status *encoder_new(const struct wr_format_args *args, bool changes,
			      struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);

	wr_status *status = wr_enrolment_init(&encoder->enrolment, "AVRO", args);
	if (status == NULL)
		status = prepare_writer(encoder, args, changes);
	if (status != NULL) {
		confluent_encoder_free(encoder);
		return status;
	}
	*out = encoder;
	return NULL;
}

static void put_long(struct wr_text *out, int64_t value)
{
	char *p = wr_text_reserve(out, PUT_BRANCH_MAX);

	out->len += (size_t)(wr_avro_put_long(p, value) - p);
}

/* The number of a union's branch in front of a value that is there, or is not. */
static wr_status *put_branch(struct wr_text *out, const struct wr_avro_field *field, bool there)
{
	int null_branch = wr_avro_null_branch(field->type);

	if (field->type->kind == WR_AVRO_UNION)
		put_long(out, there ? 1 - null_branch : null_branch);
	return there || null_branch >= 0
		   ? NULL
		   : wr_status_new(WR_USER_ERROR, "The schema's field '%s' must take null",
				   field->name);
}

/* A change: an insertion has only the row after, a deletion only the one before. */
static wr_status *write_change(struct wr_encoder *encoder, struct wr_text *out,
			       const struct wr_batch *batch, uint32_t row)
{
	bool add = wr_kind_is_add(wr_batch_kind(batch, row));

	for (uint32_t i = 0; i < encoder->record->count; i++) {
		const struct wr_avro_field *field = &encoder->record->field[i];
		bool after = strcmp(field->name, "after") == 0;
		if (after || strcmp(field->name, "before") == 0) {
			WR_TRY(put_branch(out, field, after == add));
			if (after == add)
				WR_TRY(wr_avro_write_row(encoder->writer, out, batch->column, row));
		} else if (strcmp(field->name, "op") == 0) {
			WR_TRY(put_branch(out, field, true));
			put_long(out, 1);
			wr_text_putc(out, add ? 'c' : 'd');
		} else if (field->has_default) {
			wr_text_add(out, field->fallback.data, field->fallback.len);
		} else {
			return wr_status_new(
			    WR_USER_ERROR, "The schema's field '%s' needs a default", field->name);
		}
	}
	return NULL;
}

/* A message a row, or a change a message. */
static wr_status *write_message(struct wr_encoder *encoder, struct wr_text *out,
				const struct wr_batch *batch, uint32_t row)
{
	wr_registry_put_head(out, encoder->enrolment.number);
	return encoder->record != NULL
		   ? write_change(encoder, out, batch, row)
		   : wr_avro_write_row(encoder->writer, out, batch->column, row);
}

static wr_status *confluent_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
				   struct wr_text *out, struct wr_record_span *span)
{
	if (wr_batch_count(batch) > 0)
		WR_TRY(wr_enrolment_begin(&encoder->enrolment));
	return wr_messages_encode(encoder, batch, out, span, write_message);
}

/* --- the formats
 * -------------------------------------------------------------------------------------- */

#define CONFLUENT_FORMAT(id, text, is_changes, by_name, about)                                     \
	static wr_status *id##_check(const struct wr_format_args *args, bool for_sink)             \
	{                                                                                          \
		return check(args, for_sink, is_changes);                                          \
	}                                                                                          \
	static wr_status *id##_decoder_new(const struct wr_format_args *args,                      \
					   struct wr_decoder **out)                                \
	{                                                                                          \
		return decoder_new(args, is_changes, out);                                         \
	}                                                                                          \
	static wr_status *id##_encoder_new(const struct wr_format_args *args,                      \
					   struct wr_encoder **out)                                \
	{                                                                                          \
		return encoder_new(args, is_changes, out);                                         \
	}                                                                                          \
	const struct wr_format wr_format_##id = {                                                  \
	    .name = text,                                                                          \
	    .doc = about,                                                                          \
	    .options = confluent_options,                                                          \
	    .option_count = WR_COUNT(confluent_options),                                           \
	    .rows_by_name = by_name,                                                               \
	    .changelog = is_changes,                                                               \
	    .check = id##_check,                                                                   \
	    .messages = true,                                                                      \
	    .decoder_new = id##_decoder_new,                                                       \
	    .decode = confluent_decode,                                                            \
	    .decoder_free = confluent_decoder_free,                                                \
	    .encoder_new = id##_encoder_new,                                                       \
	    .encode = confluent_encode,                                                            \
	    .encoder_free = confluent_encoder_free,                                                \
	}

CONFLUENT_FORMAT(avro_confluent, "avro-confluent", false, true,
		 "A message is an Avro record whose schema is in a schema registry.");
CONFLUENT_FORMAT(debezium_avro_confluent, "debezium-avro-confluent", true, false,
		 "Changes as Debezium writes them with a schema registry: before, after, op.");
