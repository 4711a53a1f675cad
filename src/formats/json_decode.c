/* SPDX-License-Identifier: Apache-2.0
 *
 * json_decode - lines or messages of JSON into batches.
 *
 * A record is a line, as in Flink's file source, or a message: an object is a row, an array is a
 * row for each of its objects. An array is checked as a whole first; then it is read object by
 * object, and a batch may end within it (`array`).
 *
 * Invariants
 *   D1  a bad record leaves no row, no element and no state behind
 *   D2  range->pos is at the start of a line between calls
 *   D3  a line or message is read up to its end, `stop` of a message, or not at all
 */
#include "formats/json.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/json_read.h"
#include "formats/rows.h"

struct wr_decoder {
	struct wr_rows rows;
	struct wr_json_reader reader;
	struct wr_json_object *object; /* the wanted columns */
	size_t array;                  /* offset in the line of the next element of the array being
					  read; 0: none */
};

void wr_json_reader_options(struct wr_json_reader *reader, const struct wr_options *options)
{
	reader->iso = wr_options_i64(options, "timestamp-format.standard") == WR_JSON_TIME_ISO;
	reader->ignore_errors = wr_options_bool(options, "ignore-parse-errors");
}

struct wr_json_object *wr_json_columns_new(struct wr_json_reader *reader,
					   const struct wr_format_args *args, struct wr_rows *rows)
{
	struct wr_json_object *object = wr_json_object_new(reader, args->wanted_count);
	uint32_t physical = args->schema->count - args->metadata_count;

	for (uint32_t i = 0; i < args->schema->count; i++) {
		if (wr_type_has_kind(args->schema->field[i].type, WR_DECIMAL))
			reader->decimals = true;
	}
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		const struct wr_field *field = &args->schema->field[args->wanted[i]];
		if (args->wanted[i] >= physical)
			continue;
		wr_json_object_add(
		    object, field->name,
		    wr_json_node_new(reader, field->type, field->name, &rows->vec[i]));
	}
	return object;
}

void wr_json_columns_release(struct wr_json_object *object)
{
	for (uint32_t i = 0; i < object->field_count; i++)
		wr_json_node_release(object->field[i].node);
}

wr_status *wr_json_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);
	struct wr_json_reader *reader = &decoder->reader;

	wr_rows_init(&decoder->rows, args, false);
	wr_json_reader_init(reader, &decoder->rows.arena);
	wr_json_reader_options(reader, args->options);
	reader->fail_on_missing = wr_options_bool(args->options, "fail-on-missing-field");
	decoder->object = wr_json_columns_new(reader, args, &decoder->rows);
	*out = decoder;
	return NULL;
}

void wr_json_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	wr_json_columns_release(decoder->object);
	wr_json_reader_release(&decoder->reader);
	wr_rows_release(&decoder->rows);
	wr_free(decoder);
}

/* A line that was no record, or one whose fault is in the reader. */
void wr_json_reject(struct wr_json_reader *reader, struct wr_rows *rows,
		    struct wr_decode_range *range, const struct wr_rows_text *text,
		    const char *record)
{
	const char *end = range->span != NULL
			      ? text->limit - 1
			      : memchr(record, '\n', (size_t)(text->limit - record));

	WR_ASSERT(end != NULL);
	if (end > record && end[-1] == '\r')
		end--;
	wr_rows_take_back(rows);
	if (reader->ignore_errors) {
		range->bad.ignored++;
		return;
	}
	struct wr_bad_record *bad = wr_rows_bad(rows, range, text, record, end);
	bad->column = reader->column;
	if (end - record > WR_RECORD_BYTES_MAX) {
		bad->kind = "too-long";
		snprintf(bad->text, sizeof bad->text, "the record has %td bytes, more than %u",
			 end - record, WR_RECORD_BYTES_MAX);
		return;
	}
	bad->kind = reader->kind != NULL                     ? reader->kind
		    : reader->fault.kind == WR_JSON_ENCODING ? "encoding"
							     : "syntax";
	wr_json_fault_print(reader, record, end, bad->text, sizeof bad->text);
}

void wr_json_fault_clear(struct wr_json_reader *reader)
{
	reader->kind = NULL;
	reader->column = NULL;
	reader->want = NULL;
	reader->message = NULL;
	reader->fault = (struct wr_json_fault){WR_JSON_SYNTAX, NULL};
}

/* A value that is neither object nor array where a row should be. */
static const char *reject_scalar(struct wr_json_reader *reader, const char *p)
{
	const char *end = wr_json_skip(p, &reader->fault);

	if (end == NULL || wr_json_line_end(reader, end) == NULL)
		return NULL;
	reader->kind = "type";
	reader->want = &WR_T_JSON_OBJECT;
	reader->fault.at = p;
	return NULL;
}

/* Reads elements of the array in the line at `line` until it ends or the batch is full. Returns the
 * line end; NULL: the array is not finished, or (with *bad) the line is no array of rows. */
static const char *read_array(struct wr_decoder *decoder, struct wr_decode_range *range,
			      const struct wr_rows_text *text, const char *line, const char *stop,
			      bool *bad)
{
	struct wr_json_reader *reader = &decoder->reader;
	struct wr_rows *rows = &decoder->rows;
	const char *p = line + decoder->array;

	*bad = false;
	if (decoder->array == 0) {
		p = wr_json_space(line);
		const char *end = wr_json_skip(p, &reader->fault);
		end = end != NULL ? wr_json_line_end(reader, end) : NULL;
		*bad = end == NULL || (stop != NULL && end != stop);
		if (*bad)
			return NULL;
		p = wr_json_space(p + 1);
	}
	while (*p != ']') {
		if (rows->rows == rows->max_rows) {
			decoder->array = (size_t)(p - line);
			return NULL;
		}
		if (*p == ',')
			p = wr_json_space(p + 1);
		struct wr_json_fault fault;
		const char *end = wr_json_skip(p, &fault);
		wr_json_fault_clear(reader);
		wr_rows_next(rows);
		if (*p != '{') {
			reader->kind = "type";
			reader->want = &WR_T_JSON_OBJECT;
			reader->fault.at = p;
			wr_json_reject(reader, rows, range, text, line);
		} else if (wr_json_read_object(reader, decoder->object, p, rows->rows) == NULL) {
			wr_json_reject(reader, rows, range, text, line);
		} else {
			wr_rows_note(range, rows->rows);
			rows->rows++;
			range->rows++;
		}
		p = wr_json_space(end);
	}
	decoder->array = 0;
	return wr_json_line_end(reader, p + 1);
}

/* Reads the record at `line`; returns its line end, which is `stop` of a message (D3). NULL: the
 * batch is full within it. */
static const char *read_record(struct wr_decoder *decoder, struct wr_decode_range *range,
			       const struct wr_rows_text *text, const char *line, const char *stop)
{
	struct wr_json_reader *reader = &decoder->reader;
	struct wr_rows *rows = &decoder->rows;
	const char *p = line;
	uint64_t ignored = reader->ignored;
	bool bad = true;

	if (WR_UNLIKELY(*p != '{')) {
		const char *end = p + (p[0] == '\r' && p[1] == '\n');
		if (*end == '\n' && (stop == NULL || end == stop))
			return end; /* an empty line is no record */
		p = wr_json_space(p);
	}
	wr_json_fault_clear(reader);
	wr_rows_next(rows);
	if (WR_LIKELY(*p == '{')) {
		p = wr_json_read_object(reader, decoder->object, p, rows->rows);
		if (WR_LIKELY(p != NULL && (p = wr_json_line_end(reader, p)) != NULL &&
			      p - line <= WR_RECORD_BYTES_MAX && (stop == NULL || p == stop))) {
			wr_rows_note(range, rows->rows);
			rows->rows++;
			range->rows++;
			return p;
		}
	} else if (*p == '[') {
		p = read_array(decoder, range, text, line, stop, &bad);
		if (p != NULL || !bad)
			return p;
	} else {
		reject_scalar(reader, p);
	}
	if (stop != NULL && wr_rows_smooth(rows, range)) {
		struct wr_rows_text smooth = wr_rows_message(rows, range);

		wr_rows_take_back(rows);
		reader->ignored = ignored;
		return read_record(decoder, range, &smooth, smooth.at, smooth.limit - 1);
	}
	wr_json_reject(reader, rows, range, text, line);
	return memchr(line, '\n', (size_t)(text->limit - line));
}

static void decode_lines(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;

	while (range->pos < range->len && rows->rows < rows->max_rows) {
		struct wr_rows_text text = wr_rows_text(rows, range);
		const char *p = text.at;
		while (p < text.limit && rows->rows < rows->max_rows) {
			const char *end = read_record(decoder, range, &text, p, NULL);
			if (end == NULL)
				break;
			p = end + 1;
			range->lines++;
		}
		range->pos = WR_MIN((size_t)(p - text.base), range->len);
	}
}

/* Reads the message [line, stop) if it is an object and nothing is wrong with it. */
static inline bool read_object(struct wr_decoder *decoder, const char *line, const char *stop)
{
	struct wr_json_reader *reader = &decoder->reader;
	struct wr_rows *rows = &decoder->rows;
	uint64_t ignored = reader->ignored;

	if (WR_UNLIKELY(*line != '{'))
		return false;
	wr_json_fault_clear(reader);
	wr_rows_next(rows);
	const char *p = wr_json_read_object(reader, decoder->object, line, rows->rows);
	if (WR_LIKELY(p != NULL && wr_json_line_end(reader, p) == stop &&
		      stop - line <= WR_RECORD_BYTES_MAX)) {
		rows->rows++;
		return true;
	}
	wr_rows_take_back(rows);
	reader->ignored = ignored;
	return false;
}

static void decode_messages(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;

	while (range->span_next < range->span_count && rows->rows < rows->max_rows) {
		struct wr_rows_text text = wr_rows_message(rows, range);

		if (WR_LIKELY(read_object(decoder, text.at, text.limit - 1))) {
			wr_rows_note(range, rows->rows - 1);
			range->rows++;
		} else if (read_record(decoder, range, &text, text.at, text.limit - 1) == NULL) {
			break;
		}
		range->span_next++;
	}
}

wr_status *wr_json_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			  uint32_t max_rows, struct wr_batch **out)
{
	if (wr_rows_fresh(range))
		decoder->array = 0;
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
