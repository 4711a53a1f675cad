/* SPDX-License-Identifier: Apache-2.0
 *
 * cdc - messages of changes into rows with kinds, and back.
 *
 * A message is scanned once to check it and to find its fields; then its rows are read. Its changes
 * stay in one batch where they fit; a batch of one row can end between them, and the next call goes
 * on with change number `next`.
 */
#include "formats/cdc.h"

#include "base/limits.h"
#include "base/mem.h"
#include "formats/cdc_filter.h"

/* A wanted column that is not of the row, but of the message. */
struct extra {
	const struct wr_cdc_extra *from;
	struct wr_json_node *node;
	struct wr_vec *vec;
	const char *at; /* first byte of its value in the current message; NULL: none */
};

struct wr_decoder {
	struct wr_rows rows;
	struct wr_json_reader reader;
	const struct wr_cdc_form *form;
	struct wr_json_object *object; /* the wanted columns */
	struct wr_cdc_items items;     /* of the current message */
	uint32_t next;                 /* change of the message to go on with */
	bool envelope;                 /* schema-include */
	struct wr_cdc_filter *filter;  /* NULL: all messages count */
	struct extra *extra;           /* wanted metadata */
	uint32_t extra_count;          /* number of extra */
};

/* --- decode -------------------------------------------------------------------------------------
 */

void wr_cdc_add(struct wr_cdc_items *items, const char *value, const char *overlay, uint8_t kind)
{
	if (items->count == items->capacity) {
		items->capacity = WR_MAX(items->capacity * 2, 4u);
		items->item = wr_realloc(items->item, items->capacity * sizeof *items->item);
	}
	items->item[items->count++] = (struct wr_cdc_item){value, overlay, kind};
}

bool wr_cdc_is(const char *p, const char *word)
{
	size_t len = strlen(word);

	return p[0] == '"' && strncmp(p + 1, word, len) == 0 && p[1 + len] == '"';
}

/* The wanted columns that are metadata. */
static void extras_new(struct wr_decoder *decoder, const struct wr_format_args *args)
{
	const struct wr_cdc_form *form = decoder->form;
	uint32_t physical = args->schema->count - args->metadata_count;

	decoder->extra = WR_NEW_ARRAY(&decoder->rows.arena, struct extra, args->metadata_count + 1);
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		uint32_t column = args->wanted[i], k = 0;
		struct extra *extra = &decoder->extra[decoder->extra_count];

		if (column < physical)
			continue;
		while (strcmp(form->metadata[k].key, args->metadata_key[column - physical]) != 0)
			k++;
		extra->from = &form->extra[k];
		extra->vec = &decoder->rows.vec[i];
		extra->node = wr_json_node_new(&decoder->reader,
					       extra->from->type != NULL ? extra->from->type
									 : extra->vec->type,
					       args->schema->field[column].name, extra->vec);
		decoder->extra_count++;
	}
}

wr_status *wr_cdc_decoder_new(const struct wr_format_args *args, const struct wr_cdc_form *form,
			      struct wr_decoder **out)
{
	struct wr_cdc_filter *filter = NULL;
	struct wr_decoder *decoder;

	if (form->filters)
		WR_TRY(wr_cdc_filter_new(args->options, form->name, &filter));
	decoder = wr_calloc(1, sizeof *decoder);
	decoder->filter = filter;
	wr_rows_init(&decoder->rows, args, true);
	wr_json_reader_init(&decoder->reader, &decoder->rows.arena);
	wr_json_reader_options(&decoder->reader, args->options);
	decoder->form = form;
	decoder->envelope = form->envelope && wr_options_bool(args->options, "schema-include");
	decoder->object = wr_json_columns_new(&decoder->reader, args, &decoder->rows);
	extras_new(decoder, args);
	*out = decoder;
	return NULL;
}

void wr_cdc_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	wr_cdc_filter_free(decoder->filter);
	wr_json_columns_release(decoder->object);
	for (uint32_t i = 0; i < decoder->extra_count; i++)
		wr_json_node_release(decoder->extra[i].node);
	wr_json_reader_release(&decoder->reader);
	wr_rows_release(&decoder->rows);
	wr_free(decoder->items.item);
	wr_free(decoder);
}

/* Finds fields of the object at `p` (which is JSON): value[i] is the first byte of names[i]'s
 * value, NULL when it is not there or null. */
static void find_fields(const char *p, const char *const *names, const char **value)
{
	struct wr_json_fault fault;

	for (uint32_t i = 0; names[i] != NULL; i++)
		value[i] = NULL;
	for (p = wr_json_space(p + 1); *p != '}'; p = wr_json_space(p)) {
		struct wr_json_string key;
		p = wr_json_string(wr_json_space(p + (*p == ',')), &key, &fault);
		p = wr_json_space(wr_json_space(p) + 1);
		for (uint32_t i = 0; names[i] != NULL; i++) {
			if (strlen(names[i]) == key.len && memcmp(names[i], key.data, key.len) == 0)
				value[i] = *p == 'n' ? NULL : p;
		}
		p = wr_json_skip(p, &fault);
	}
}

/* A message that is JSON but not what the form expects; returns false. */
static bool refuse(struct wr_json_reader *reader, const char *message)
{
	reader->kind = "syntax";
	reader->message = message;
	return false;
}

/* Finds the wanted metadata of the object at `p`; `outer`: it encloses the message. */
static void find_extras(struct wr_decoder *decoder, const char *p, bool outer)
{
	const char *value;

	for (uint32_t i = 0; i < decoder->extra_count; i++) {
		struct extra *extra = &decoder->extra[i];
		const char *const field[] = {extra->from->field, NULL};
		const char *const inner[] = {extra->from->inner, NULL};

		if (extra->from->outer != outer)
			continue;
		find_fields(p, field, &value);
		if (value != NULL && inner[0] != NULL && *value == '{')
			find_fields(value, inner, &value);
		else if (inner[0] != NULL)
			value = NULL;
		extra->at = value;
	}
}

/* Reads them into the next row. */
static bool read_extras(struct wr_decoder *decoder)
{
	for (uint32_t i = 0; i < decoder->extra_count; i++) {
		struct extra *extra = &decoder->extra[i];

		if (extra->at == NULL)
			wr_vec_null(extra->vec, decoder->rows.rows);
		else if (wr_json_read(&decoder->reader, extra->node, extra->at,
				      decoder->rows.rows) == NULL)
			return false;
	}
	return true;
}

/* The changes of the message, an object. */
static bool plan_object(struct wr_decoder *decoder, const char *p)
{
	struct wr_json_reader *reader = &decoder->reader;
	const char *value[WR_CDC_FIELDS_MAX], *message;
	bool takes = true;

	if (decoder->filter != NULL) {
		find_fields(p, wr_cdc_filter_fields, value);
		message = wr_cdc_filter_takes(decoder->filter, value, &takes);
		if (message != NULL)
			return refuse(reader, message);
	}
	if (!takes)
		return true;
	if (decoder->extra_count > 0)
		find_extras(decoder, p, false);
	find_fields(p, decoder->form->fields, value);
	message = decoder->form->plan(value, &decoder->items);
	return message == NULL || refuse(reader, message);
}

/* Takes the message at `p` apart; *end is its line end, which has to be `stop` if that is given. */
static bool plan_message(struct wr_decoder *decoder, const char *p, const char *stop,
			 const char **end)
{
	static const char *const payload[] = {"payload", NULL};
	struct wr_json_reader *reader = &decoder->reader;
	const char *value[WR_CDC_FIELDS_MAX];

	decoder->items.count = 0;
	p = wr_json_space(p);
	*end = wr_json_skip(p, &reader->fault);
	if (*end == NULL || (*end = wr_json_line_end(reader, *end)) == NULL ||
	    (stop != NULL && *end != stop))
		return false;
	if (*p == 'n')
		return true; /* null is a tombstone: no change */
	if (*p != '{')
		return refuse(reader, "the message is no JSON object");
	for (uint32_t i = 0; i < decoder->extra_count; i++)
		decoder->extra[i].at = NULL;
	if (decoder->envelope) {
		find_extras(decoder, p, true);
		find_fields(p, payload, value);
		p = value[0];
		if (p == NULL || *p != '{')
			return refuse(reader, "the message has no object \"payload\", which "
					      "'schema-include' expects");
	}
	return plan_object(decoder, p);
}

/* Reads one change into the next row, without making it one. */
static bool read_item(struct wr_decoder *decoder, const struct wr_cdc_item *item)
{
	struct wr_json_reader *reader = &decoder->reader;
	struct wr_rows *rows = &decoder->rows;

	if (*item->value != '{' || (item->overlay != NULL && *item->overlay != '{'))
		return refuse(reader, "the row of the message is no JSON object");
	wr_rows_next(rows);
	if (wr_json_read_object(reader, decoder->object, item->value, rows->rows) == NULL)
		return false;
	if (item->overlay != NULL &&
	    wr_json_read_overlay(reader, decoder->object, item->overlay, rows->rows) == NULL)
		return false;
	rows->kind[rows->rows] = item->kind;
	return read_extras(decoder);
}

/* Reads all changes once over: a message that does not fit into one batch must be known to be good
 * before its first change is handed out. */
static bool try_items(struct wr_decoder *decoder)
{
	uint64_t ignored = decoder->reader.ignored;
	bool good = true;

	for (uint32_t i = 0; good && i < decoder->items.count; i++) {
		good = read_item(decoder, &decoder->items.item[i]);
		if (good)
			wr_rows_take_back(&decoder->rows);
	}
	decoder->reader.ignored = ignored;
	return good;
}

/* Reads the message at `line`; returns its line end, which is `stop` if that is given. NULL: the
 * batch is full. */
static const char *read_message(struct wr_decoder *decoder, struct wr_decode_range *range,
				const struct wr_rows_text *text, const char *line, const char *stop)
{
	struct wr_rows *rows = &decoder->rows;
	const struct wr_cdc_items *items = &decoder->items;
	uint32_t before = rows->rows;
	const char *end = line + (line[0] == '\r' && line[1] == '\n');

	if (*end == '\n' && (stop == NULL || end == stop))
		return end;
	wr_json_fault_clear(&decoder->reader);
	wr_rows_next(rows);
	bool good = plan_message(decoder, line, stop, &end);
	if (!good && stop != NULL && wr_rows_smooth(rows, range)) {
		struct wr_rows_text smooth = wr_rows_message(rows, range);

		wr_rows_take_back(rows);
		return read_message(decoder, range, &smooth, smooth.at, smooth.limit - 1);
	}
	if (good && rows->rows != 0 && rows->rows + items->count > rows->max_rows)
		return NULL;
	if (good && items->count > rows->max_rows && decoder->next == 0)
		good = try_items(decoder);
	while (good && decoder->next < items->count) {
		if (rows->rows == rows->max_rows) {
			range->rows += rows->rows - before;
			return NULL;
		}
		good = read_item(decoder, &items->item[decoder->next++]);
		wr_rows_note(range, rows->rows);
		rows->rows += good;
	}
	decoder->next = 0;
	if (good) {
		range->rows += rows->rows - before;
		return end;
	}
	rows->rows = before;
	wr_json_reject(&decoder->reader, rows, range, text, line);
	return memchr(line, '\n', (size_t)(text->limit - line));
}

static void decode_lines(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;
	bool full = false;

	while (range->pos < range->len && rows->rows < rows->max_rows && !full) {
		struct wr_rows_text text = wr_rows_text(rows, range);
		const char *p = text.at;
		while (p < text.limit && rows->rows < rows->max_rows) {
			const char *end = read_message(decoder, range, &text, p, NULL);
			full = end == NULL;
			if (full)
				break;
			p = end + 1;
			range->lines++;
		}
		range->pos = WR_MIN((size_t)(p - text.base), range->len);
	}
}

static void decode_messages(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;

	while (range->span_next < range->span_count && rows->rows < rows->max_rows) {
		struct wr_rows_text text = wr_rows_message(rows, range);

		if (read_message(decoder, range, &text, text.at, text.limit - 1) == NULL)
			break;
		range->span_next++;
	}
}

wr_status *wr_cdc_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			 uint32_t max_rows, struct wr_batch **out)
{
	if (wr_rows_fresh(range))
		decoder->next = 0;
	wr_rows_start(&decoder->rows, range);
	wr_rows_begin(&decoder->rows, max_rows, wr_rows_left(range));
	if (range->span != NULL)
		decode_messages(decoder, range);
	else
		decode_lines(decoder, range);
	range->bad.ignored += decoder->reader.ignored;
	decoder->reader.ignored = 0;
	*out = wr_rows_finish(&decoder->rows, range->buf);
	return NULL;
}

/* --- encode
 * --------------------------------------------------------------------------------------- */

struct wr_encoder {
	struct wr_arena arena;
	struct wr_json_writer writer;
	const struct wr_cdc_form *form;
	struct wr_json_field_out *field;
	struct wr_json_node_out **node;
};

wr_status *wr_cdc_check(const struct wr_format_args *args, bool for_sink, const char *who)
{
	const struct wr_option *table = args->options->table;

	if (for_sink && wr_option_find(table, args->options->count, "schema-include") != NULL &&
	    wr_options_bool(args->options, "schema-include")) {
		wr_status *status = wr_status_new(
		    WR_USER_ERROR, "Format '%s' cannot write messages with a schema", who);
		return wr_status_hint(status, "Set '%s.schema-include' to 'false'", who);
	}
	if (wr_option_find(table, args->options->count, "table.include") != NULL) {
		struct wr_cdc_filter *filter = NULL;

		WR_TRY(wr_cdc_filter_new(args->options, who, &filter));
		wr_cdc_filter_free(filter);
	}
	return wr_json_check_types(args, for_sink, who);
}

wr_status *wr_cdc_encoder_new(const struct wr_format_args *args, const struct wr_cdc_form *form,
			      struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);
	uint32_t count = args->schema->count;

	wr_arena_init(&encoder->arena);
	wr_json_writer_init(&encoder->writer, &encoder->arena, args->options);
	encoder->form = form;
	encoder->field = wr_json_fields_new(&encoder->writer, args->schema);
	encoder->node = WR_NEW_ARRAY(&encoder->arena, struct wr_json_node_out *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		encoder->node[i] =
		    wr_json_node_out_new(&encoder->writer, args->schema->field[i].type);
	*out = encoder;
	return NULL;
}

void wr_cdc_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_arena_release(&encoder->arena);
	wr_free(encoder);
}

static char *put_word(struct wr_json_writer *writer, char *p, const char *word)
{
	size_t len = strlen(word);

	p = wr_json_writer_room(writer, p, len);
	memcpy(p, word, len);
	return p + len;
}

wr_status *wr_cdc_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			 struct wr_text *out, struct wr_record_span *span)
{
	struct wr_json_writer *writer = &encoder->writer;
	const struct wr_cdc_form *form = encoder->form;
	uint32_t count = wr_batch_count(batch);
	size_t before = out->len;
	char *p = wr_json_writer_begin(writer, out);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i);
		uint8_t kind = wr_batch_kind(batch, row);
		bool add = wr_kind_is_add(kind);
		const char *behind = add ? form->insert[1] : form->remove[1];
		size_t start = (size_t)(p - out->data);

		if (form->behind != NULL)
			behind = form->behind[kind];
		p = put_word(writer, p, add ? form->insert[0] : form->remove[0]);
		p = wr_json_put_fields(writer, p, encoder->field, encoder->node, batch->column,
				       batch->column_count, row);
		if (p == NULL) {
			out->len = before;
			return wr_json_writer_fault(writer);
		}
		p = put_word(writer, p, behind);
		if (span != NULL)
			span[i] = wr_record_span_of(out, start, p - 1);
	}
	wr_json_writer_end(writer, p);
	return NULL;
}
