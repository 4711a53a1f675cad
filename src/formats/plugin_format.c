/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_format - see plugin_format.h.
 *
 * Decoders give records to the plugin and an appender for all columns of the table; of its batches
 * the wanted columns are handed on. A record makes one row or none, so that a batch is never fuller
 * than it may be and rows know which message they are of.
 */
#include "formats/plugin_format.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "catalog/plugin_table.h"
#include "expr/appender.h"
#include "formats/json.h"
#include "formats/rows.h"

#define FORMAT_SIZE_MIN (offsetof(struct weir_format, encode) + sizeof(void *))

struct wr_decoder {
	const struct weir_format *given;
	void *self;               /* the plugin's */
	bool opened;              /* `open` was called: `close` is to be, too */
	struct wr_rows rows;      /* lines and bad records; has no columns and no rows */
	struct wr_schema schema;  /* all columns; those that are not wanted take NULL */
	struct weir_appender out; /* of it */
	const uint32_t *wanted;   /* indexes into schema, in output order */
	uint32_t wanted_count;    /* number of wanted */
};

struct wr_encoder {
	const struct weir_format *given;
	void *self;                /* as above */
	bool opened;               /* as above */
	bool lines;                /* records may hold no line ends */
	struct weir_result result; /* of the rows */
};

static const struct weir_format *given_of(const struct wr_format_args *args)
{
	const struct wr_plugin_format *plugin =
	    (const void *)((const char *)args->format - offsetof(struct wr_plugin_format, format));

	return &plugin->given;
}

static wr_status *plugin_check(const struct wr_format_args *args, bool for_sink)
{
	const struct weir_format *given = given_of(args);
	struct weir_table table;
	wr_status *status;

	if (!for_sink && given->decode == NULL)
		return wr_status_new(WR_USER_ERROR, "Format '%s' cannot be read", given->name);
	if (given->check == NULL)
		return NULL;
	status =
	    wr_plugin_table_init(&table, args->table, args->schema, args->options, args->zone_id);
	if (status == NULL && given->check(given->user, &table, for_sink) != 0)
		status = wr_plugin_table_failed(&table, "Format", given->name);
	wr_plugin_table_release(&table);
	return status;
}

static wr_status *plugin_open(const struct wr_format_args *args, bool for_sink, void **self,
			      bool *opened)
{
	const struct weir_format *given = given_of(args);
	struct weir_table table;
	wr_status *status;

	*self = given->user;
	if (given->open == NULL)
		return NULL;
	status =
	    wr_plugin_table_init(&table, args->table, args->schema, args->options, args->zone_id);
	*opened = status == NULL;
	if (status == NULL && given->open(given->user, &table, for_sink, self) != 0)
		status = wr_plugin_table_failed(&table, "Format", given->name);
	wr_plugin_table_release(&table);
	return status;
}

static void plugin_close(const struct weir_format *given, bool opened, void *self)
{
	if (opened && given->close != NULL)
		given->close(self);
}

/* --- decode -----------------------------------------------------------------------------------
 */

static bool is_wanted(const struct wr_format_args *args, uint32_t column)
{
	for (uint32_t i = 0; i < args->wanted_count; i++)
		if (args->wanted[i] == column)
			return true;
	return false;
}

static void plugin_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	plugin_close(decoder->given, decoder->opened, decoder->self);
	wr_appender_release(&decoder->out);
	wr_rows_release(&decoder->rows);
	wr_free(decoder);
}

static wr_status *plugin_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);
	struct wr_format_args none = *args;
	struct wr_arena *arena = &decoder->rows.arena;
	wr_status *status;

	none.wanted_count = 0;
	wr_rows_init(&decoder->rows, &none, false);
	decoder->given = given_of(args);
	decoder->wanted = args->wanted;
	decoder->wanted_count = args->wanted_count;
	decoder->schema.count = args->schema->count;
	decoder->schema.field = WR_NEW_ARRAY(arena, struct wr_field, args->schema->count + 1);
	for (uint32_t i = 0; i < args->schema->count; i++) {
		struct wr_field *field = &decoder->schema.field[i];

		*field = args->schema->field[i];
		if (!is_wanted(args, i))
			field->type = wr_type_nullable(arena, field->type, true);
	}
	status =
	    wr_appender_init(&decoder->out, &decoder->schema, args->zone_id, WR_BATCH_ROWS_MAX);
	if (status == NULL)
		status = plugin_open(args, false, &decoder->self, &decoder->opened);
	if (status == NULL)
		*out = decoder;
	else
		plugin_decoder_free(decoder);
	return status;
}

/* What is wrong with the record that the plugin has just seen; NULL: nothing. */
static wr_status *judge(struct wr_decoder *decoder, int result, uint32_t before)
{
	wr_status *mistake = wr_appender_mistake(&decoder->out);

	if (mistake == NULL && result != 0)
		mistake = wr_status_new(WR_USER_ERROR, "Format '%s' refuses the record",
					decoder->given->name);
	if (mistake == NULL && decoder->out.rows > before + 1)
		mistake = wr_status_new(WR_USER_ERROR, "Format '%s' makes %u rows of the record",
					decoder->given->name, decoder->out.rows - before);
	return mistake;
}

/* Makes [record, end) a row, or notes what is wrong with it. */
static void decode_record(struct wr_decoder *decoder, struct wr_decode_range *range,
			  const struct wr_rows_text *text, const char *record, const char *end)
{
	struct weir_appender *out = &decoder->out;
	size_t len = (size_t)(end - record);
	uint32_t before = out->rows;
	struct wr_bad_record *bad;
	wr_status *mistake;

	if (len > WR_RECORD_BYTES_MAX)
		mistake = wr_status_new(WR_USER_ERROR, "The record is too long");
	else
		mistake =
		    judge(decoder, decoder->given->decode(decoder->self, record, len, out), before);
	if (mistake == NULL) {
		range->rows += out->rows - before;
		return;
	}
	for (uint32_t i = 0; i < out->result.column_count; i++)
		wr_builder_truncate(out->column[i], before);
	out->rows = before;
	bad = wr_rows_bad(&decoder->rows, range, text, record, end);
	bad->kind = len > WR_RECORD_BYTES_MAX ? "too-long" : "syntax";
	snprintf(bad->text, sizeof bad->text, "%s", mistake->text);
	wr_status_free(mistake);
}

static void decode_lines(struct wr_decoder *decoder, struct wr_decode_range *range,
			 uint32_t max_rows)
{
	while (range->pos < range->len && decoder->out.rows < max_rows) {
		struct wr_rows_text text = wr_rows_text(&decoder->rows, range);
		const char *p = text.at;

		while (p < text.limit && decoder->out.rows < max_rows) {
			const char *next =
			    (const char *)memchr(p, '\n', (size_t)(text.limit - p)) + 1;
			bool crlf = next - p > 1 && next[-2] == '\r';

			decode_record(decoder, range, &text, p, next - 1 - crlf);
			range->lines++;
			p = next;
		}
		range->pos = WR_MIN((size_t)(p - text.base), range->len);
	}
}

static void decode_messages(struct wr_decoder *decoder, struct wr_decode_range *range,
			    uint32_t max_rows)
{
	for (; range->span_next < range->span_count && decoder->out.rows < max_rows;
	     range->span_next++) {
		struct wr_rows_text text = wr_rows_message(&decoder->rows, range);

		wr_rows_note(range, decoder->out.rows);
		decode_record(decoder, range, &text, text.at, text.limit - 1);
	}
	if (range->span_next == range->span_count)
		range->pos = range->len;
}

static wr_status *plugin_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
				uint32_t max_rows, struct wr_batch **out)
{
	struct wr_batch *all;

	*out = NULL;
	wr_rows_start(&decoder->rows, range);
	if (range->span != NULL)
		decode_messages(decoder, range, max_rows);
	else
		decode_lines(decoder, range, max_rows);
	all = wr_appender_take(&decoder->out);
	if (all == NULL)
		return NULL;
	*out = wr_batch_new(decoder->wanted_count, all->rows);
	for (uint32_t i = 0; i < decoder->wanted_count; i++)
		(*out)->column[i] = wr_column_ref(all->column[decoder->wanted[i]]);
	wr_batch_free(all);
	return NULL;
}

/* --- encode -----------------------------------------------------------------------------------
 */

static void plugin_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	plugin_close(encoder->given, encoder->opened, encoder->self);
	wr_result_release(&encoder->result);
	wr_free(encoder);
}

static wr_status *plugin_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);
	wr_status *status;

	encoder->given = given_of(args);
	encoder->lines = !args->messages;
	status = wr_result_init(&encoder->result, args->schema, false, args->zone_id);
	if (status == NULL)
		status = plugin_open(args, true, &encoder->self, &encoder->opened);
	if (status == NULL)
		*out = encoder;
	else
		plugin_encoder_free(encoder);
	return status;
}

static wr_status *encode_row(struct wr_encoder *encoder, const struct weir_row *row,
			     struct wr_text *text)
{
	struct weir_bytes_out out = {.text = text};
	size_t start = text->len;
	int result = encoder->given->encode(encoder->self, row, &out);

	if (result != 0 || out.failure[0] != '\0')
		return wr_status_new(WR_USER_ERROR, "Format '%s' refuses a row%s%s",
				     encoder->given->name, out.failure[0] != '\0' ? ": " : "",
				     out.failure);
	if (encoder->lines && memchr(text->data + start, '\n', text->len - start) != NULL)
		return wr_status_new(WR_USER_ERROR,
				     "Format '%s' makes a record with a line end, which a file "
				     "cannot have",
				     encoder->given->name);
	return NULL;
}

static wr_status *plugin_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
				struct wr_text *out, struct wr_record_span *span)
{
	uint32_t count = wr_batch_count(batch);
	size_t before = out->len;

	wr_text_reserve(out, 1); /* there is memory to look at, whatever the plugin writes */
	for (uint32_t i = 0; i < count; i++) {
		struct weir_row row = {&encoder->result, batch, wr_batch_row(batch, i)};
		size_t start = out->len;
		wr_status *status = encode_row(encoder, &row, out);

		if (status != NULL) {
			out->len = before;
			return status;
		}
		if (span != NULL)
			span[i] =
			    (struct wr_record_span){(uint32_t)start, (uint32_t)(out->len - start)};
		wr_text_putc(out, '\n');
	}
	return NULL;
}

/* --- making -----------------------------------------------------------------------------------
 */

wr_status *wr_plugin_format_new(struct wr_arena *arena, const struct weir_format *given,
				const struct wr_plugin_format **out)
{
	struct wr_plugin_format *plugin = WR_NEW(arena, struct wr_plugin_format);
	struct weir_format *own = &plugin->given;
	bool text;

	WR_TRY(wr_plugin_copy(own, sizeof *own, given, FORMAT_SIZE_MIN, "weir_format"));
	if (own->name == NULL || *own->name == '\0')
		return wr_status_new(WR_USER_ERROR, "A format has no name");
	if (own->decode == NULL && own->encode == NULL)
		return wr_status_new(WR_USER_ERROR, "Format '%s' has neither `decode` nor `encode`",
				     own->name);
	text = !(own->flags & WEIR_MESSAGES_ALONE);
	plugin->format = (struct wr_format){
	    .name = own->name,
	    .doc = own->doc != NULL ? own->doc : "",
	    .option_count = own->option_count,
	    .check = plugin_check,
	    .messages = true,
	    .lines = text,
	    .frame = text ? wr_lines_frame : NULL,
	    .decoder_new = plugin_decoder_new,
	    .decode = plugin_decode,
	    .decoder_free = plugin_decoder_free,
	};
	if (own->encode != NULL) {
		plugin->format.encoder_new = plugin_encoder_new;
		plugin->format.encode = plugin_encode;
		plugin->format.encoder_free = plugin_encoder_free;
	}
	*out = plugin;
	return wr_plugin_options(arena, wr_arena_printf(arena, "format '%s'", own->name),
				 own->options, own->option_count, &plugin->format.options);
}
