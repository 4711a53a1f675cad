/* SPDX-License-Identifier: Apache-2.0
 *
 * json_confluent - 'json-confluent': JSON whose schema is in a schema registry.
 *
 * A message is a zero byte, the number of a schema, and JSON as of the format 'json', which reads
 * and writes it. A reader needs no schema, so it asks for none; a message without the head is taken
 * for plain JSON, as topics have both while their writers change. What is written has a JSON Schema
 * of the columns, or 'schema', which is registered at the first row.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "formats/enrolment.h"
#include "formats/formats.h"
#include "formats/json.h"
#include "formats/json_schema.h"
#include "formats/registry_client.h"

struct wr_decoder {
	struct wr_decoder *json;     /* of the format 'json' */
	struct wr_record_span *span; /* of the range, without heads */
	uint32_t capacity;           /* of span */
};

struct wr_encoder {
	struct wr_enrolment enrolment;
	struct wr_encoder *json;     /* of the format 'json' */
	struct wr_text text;         /* the rows without heads */
	struct wr_record_span *span; /* of them */
};

static wr_status *confluent_check(const struct wr_format_args *args, bool for_sink)
{
	WR_TRY(wr_registry_check(args->options));
	return wr_format_json.check(args, for_sink);
}

/* --- decode
 * ------------------------------------------------------------------------------------------ */

static wr_status *confluent_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct wr_decoder *json;

	WR_TRY(wr_format_json.decoder_new(args, &json));
	*out = wr_calloc(1, sizeof **out);
	(*out)->json = json;
	return NULL;
}

/* Reads the range as if its messages began behind their heads. */
static wr_status *confluent_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
				   uint32_t max_rows, struct wr_batch **out)
{
	struct wr_decode_range inner = *range;
	uint32_t number;

	if (range->span_count > decoder->capacity) {
		decoder->capacity = range->span_count;
		wr_free(decoder->span);
		decoder->span = wr_calloc(decoder->capacity, sizeof *decoder->span);
	}
	for (uint32_t i = 0; i < range->span_count; i++) {
		struct wr_record_span span = range->span[i];
		if (span.size != WR_RECORD_NONE &&
		    wr_registry_head(range->data + span.start, span.size, &number)) {
			span.start += WR_REGISTRY_HEAD;
			span.size -= WR_REGISTRY_HEAD;
		}
		decoder->span[i] = span;
	}
	inner.span = decoder->span;
	wr_status *status = wr_format_json.decode(decoder->json, &inner, max_rows, out);
	inner.span = range->span;
	*range = inner;
	return status;
}

static void confluent_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	wr_format_json.decoder_free(decoder->json);
	wr_free(decoder->span);
	wr_free(decoder);
}

/* --- encode
 * ------------------------------------------------------------------------------------------ */

static void confluent_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	if (encoder->json != NULL)
		wr_format_json.encoder_free(encoder->json);
	wr_enrolment_release(&encoder->enrolment);
	wr_text_release(&encoder->text);
	wr_free(encoder->span);
	wr_free(encoder);
}

/* The schema is made here and registered at the first row. */
static wr_status *confluent_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);
	const char *given = wr_options_str(args->options, "schema");

	wr_status *status = wr_enrolment_init(&encoder->enrolment, "JSON", args);
	wr_text_init(&encoder->text);
	encoder->span = wr_calloc(WR_BATCH_ROWS_MAX, sizeof *encoder->span);
	if (given != NULL)
		wr_text_puts(&encoder->enrolment.schema, given);
	else
		wr_json_derive_schema(&encoder->enrolment.schema, args->schema);
	if (status == NULL)
		status = wr_format_json.encoder_new(args, &encoder->json);
	if (status != NULL) {
		confluent_encoder_free(encoder);
		return status;
	}
	*out = encoder;
	return NULL;
}

/* JSON into a text of its own, then each row behind its head. */
static wr_status *confluent_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
				   struct wr_text *out, struct wr_record_span *span)
{
	uint32_t count = wr_batch_count(batch);

	if (count > 0)
		WR_TRY(wr_enrolment_begin(&encoder->enrolment));
	wr_text_clear(&encoder->text);
	WR_TRY(wr_format_json.encode(encoder->json, batch, &encoder->text, encoder->span));
	for (uint32_t i = 0; i < count; i++) {
		struct wr_record_span row = encoder->span[i];
		size_t start = out->len;
		wr_registry_put_head(out, encoder->enrolment.number);
		wr_text_add(out, encoder->text.data + row.start, row.size);
		if (span != NULL)
			span[i] =
			    (struct wr_record_span){(uint32_t)start, (uint32_t)(out->len - start)};
	}
	return NULL;
}

static const struct wr_option confluent_options[] = {
    WR_REGISTRY_OPTIONS,  WR_JSON_OPTION_MISSING,     WR_JSON_OPTION_IGNORE,
    WR_JSON_OPTION_TIME,  WR_JSON_OPTION_NULL_KEY,    WR_JSON_OPTION_NULL_LITERAL,
    WR_JSON_OPTION_PLAIN, WR_JSON_OPTION_IGNORE_NULL, WR_JSON_OPTION_PARSER};

const struct wr_format wr_format_json_confluent = {
    .name = "json-confluent",
    .doc = "A message is JSON whose schema is in a schema registry.",
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
