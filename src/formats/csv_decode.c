/* SPDX-License-Identifier: Apache-2.0
 *
 * csv_decode - lines or messages of CSV into batches, by the rules of Flink's csv format.
 *
 * Fields are matched with columns by position. More fields than columns make a record bad (one
 * empty one at the end is allowed), fewer too when a missing one is wanted. A field that does not
 * fit its type makes its record bad; with 'ignore-parse-errors' it becomes NULL.
 *
 * Of a message the first record counts, behind comments; what follows it is not read, as in Flink.
 *
 * UTF-8 is checked once per range; only when that fails, record by record.
 *
 * Invariants
 *   D1  a bad record leaves no row and no element behind
 *   D2  range->pos is at the start of a record between calls
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"
#include "formats/base64.h"
#include "formats/csv.h"
#include "formats/rows.h"
#include "formats/scan.h"
#include "data/utf8.h"

#define SHOWN_BYTES 40 /* of an offending value */

struct csv_column {
	struct wr_vec *vec; /* NULL: not wanted */
	const char *name;
};

struct wr_decoder {
	struct wr_rows rows;
	struct wr_csv_dialect dialect;
	struct csv_column *column; /* per column of the table */
	uint32_t column_count;
	uint32_t last_wanted; /* columns up to the last wanted one */
	uint32_t skip;        /* records to skip at the start of a file: the header */
	bool check_text;      /* the range is not all UTF-8 */
	struct wr_text scratch;
	uint64_t ignored; /* fields set to NULL */
	/* The fault of the current record. */
	const char *kind;
	const char *fault_column;
	char fault[sizeof(((struct wr_bad_record *)0)->text)];
};

wr_status *wr_csv_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct wr_csv_dialect dialect;

	WR_TRY(wr_csv_dialect_read(&dialect, args->options));
	struct wr_decoder *decoder = wr_calloc(1, sizeof *decoder);
	wr_rows_init(&decoder->rows, args, false);
	wr_text_init(&decoder->scratch);
	decoder->dialect = dialect;
	decoder->column_count = args->schema->count;
	decoder->column =
	    WR_NEW_ARRAY(&decoder->rows.arena, struct csv_column, args->schema->count + 1);
	for (uint32_t i = 0; i < args->schema->count; i++)
		decoder->column[i].name = args->schema->field[i].name;
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		decoder->column[args->wanted[i]].vec = &decoder->rows.vec[i];
		decoder->last_wanted = WR_MAX(decoder->last_wanted, args->wanted[i] + 1);
	}
	decoder->skip = (uint32_t)wr_options_i64(args->options, "skip-lines") +
			wr_options_bool(args->options, "header");
	*out = decoder;
	return NULL;
}

void wr_csv_decoder_free(struct wr_decoder *decoder)
{
	if (decoder == NULL)
		return;
	wr_text_release(&decoder->scratch);
	wr_rows_release(&decoder->rows);
	wr_free(decoder);
}

/* --- values -------------------------------------------------------------------------------------
 */

/* The text of one value, and whether it stays where it is. */
struct csv_text {
	const char *data;
	size_t len;
	bool stays; /* within the decoded bytes, with readable bytes behind it */
};

static struct csv_text trim(struct csv_text text)
{
	while (text.len != 0 && (uint8_t)text.data[0] <= ' ') {
		text.data++;
		text.len--;
	}
	while (text.len != 0 && (uint8_t)text.data[text.len - 1] <= ' ')
		text.len--;
	return text;
}

static bool put_int(struct wr_vec *vec, uint32_t row, struct csv_text text)
{
	const char *start = text.data + (text.len != 0 && *text.data == '-');
	int64_t value;
	uint64_t sum;
	unsigned digits;

	if (WR_LIKELY(text.stays && wr_scan_digits(start, &sum, &digits) == text.data + text.len &&
		      digits - 1 < 18)) {
		value = start != text.data ? -(int64_t)sum : (int64_t)sum;
	} else {
		text = trim(text);
		if (!wr_i64_read(text.data, text.len, &value))
			return false;
	}
	switch (vec->phys) {
	case WR_P_I8: ((int8_t *)vec->data)[row] = (int8_t)value; return value == (int8_t)value;
	case WR_P_I16: ((int16_t *)vec->data)[row] = (int16_t)value; return value == (int16_t)value;
	case WR_P_I32: ((int32_t *)vec->data)[row] = (int32_t)value; return value == (int32_t)value;
	default: ((int64_t *)vec->data)[row] = value; return true;
	}
}

static bool put_double(struct wr_vec *vec, uint32_t row, struct csv_text text)
{
	double *out = (double *)vec->data + row;

	if (text.stays && wr_scan_double(text.data, out) == text.data + text.len)
		return true;
	text = trim(text);
	return wr_double_parse(text.data, text.len, out);
}

static bool put_timestamp(struct wr_vec *vec, uint32_t row, struct csv_text text)
{
	int64_t ms;
	int32_t nano;

	text = trim(text);
	if (!wr_timestamp_read(text.data, text.len, ' ', vec->type->kind == WR_TIMESTAMP_LTZ, &ms,
			       &nano))
		return false;
	wr_timestamp_cut(vec->type->precision, &ms, &nano);
	if (vec->phys == WR_P_I64)
		((int64_t *)vec->data)[row] = ms;
	else
		((wr_i128 *)vec->data)[row] = wr_ns_join(ms, nano);
	return true;
}

/* java.sql.Date: "yyyy-[m]m-[d]d"; days beyond the end of a month run into the next. */
static bool put_date(struct wr_vec *vec, uint32_t row, struct csv_text text)
{
	const char *p = text.data;
	const char *end = p + text.len;
	int32_t part[2] = {0, 0};
	int32_t year = 0;
	int digits = 0;

	for (; p < end && *p >= '0' && *p <= '9' && digits < 5; p++, digits++)
		year = year * 10 + (*p - '0');
	if (digits != 4)
		return false;
	for (int i = 0; i < 2; i++) {
		if (p == end || *p++ != '-')
			return false;
		for (digits = 0; p < end && *p >= '0' && *p <= '9' && digits < 3; p++, digits++)
			part[i] = part[i] * 10 + (*p - '0');
		if (digits < 1 || digits > 2)
			return false;
	}
	if (p != end || part[0] < 1 || part[0] > 12 || part[1] < 1 || part[1] > 31)
		return false;
	((int32_t *)vec->data)[row] = (int32_t)(wr_days_from_civil(year, part[0], 1) + part[1] - 1);
	return true;
}

static bool put_time(struct wr_vec *vec, uint32_t row, struct csv_text text)
{
	int32_t *out = (int32_t *)vec->data + row;

	/* midnight is 00:00 alone here */
	if (text.len >= 2 && memcmp(text.data, "24", 2) == 0)
		return false;
	if (!wr_time_read(text.data, text.len, true, false, out))
		return false;
	*out -= *out % WR_MS_SECOND; /* Flink keeps whole seconds only */
	return true;
}

static bool put_bytes(struct wr_vec *vec, uint32_t row, struct csv_text text)
{
	char *out = wr_strout_reserve(&vec->out, wr_base64_decoded_max(text.len));
	size_t len;

	if (!wr_base64_decode(text.data, text.len, out, &len))
		return false;
	wr_strout_commit(&vec->out, row, (uint32_t)len);
	return true;
}

static bool put_decimal(struct wr_vec *vec, uint32_t row, struct csv_text text, bool *null)
{
	text = trim(text);
	enum wr_decimal_result result =
	    wr_decimal_parse(text.data, text.len, vec->type->precision, vec->type->scale,
			     (wr_i128 *)vec->data + row);
	*null = result == WR_DECIMAL_OVERFLOW;
	return result != WR_DECIMAL_INVALID;
}

static bool put_value(struct wr_decoder *decoder, struct wr_vec *vec, uint32_t row,
		      struct csv_text text);

/* The end of the element at `p`: the next delimiter or the end. */
static const char *element_end(const struct wr_csv_dialect *dialect, const char *p, const char *end)
{
	const char *found = NULL;

	if (dialect->element_len != 0)
		found = memmem(p, (size_t)(end - p), dialect->element, dialect->element_len);
	return found != NULL ? found : end;
}

static bool put_array(struct wr_decoder *decoder, struct wr_vec *vec, uint32_t row,
		      struct csv_text text)
{
	const struct wr_csv_dialect *dialect = &decoder->dialect;
	struct wr_vec *elements = &vec->child[0];
	uint32_t start = elements->len;
	const char *end = text.data + text.len;

	if (trim(text).len != 0) {
		for (const char *p = text.data;; p += dialect->element_len) {
			const char *stop = element_end(dialect, p, end);
			struct csv_text part = {p, (size_t)(stop - p), text.stays};
			if (!put_value(decoder, elements, wr_vec_add(elements), part))
				return false;
			p = stop;
			if (p == end)
				break;
		}
	}
	((struct wr_span *)vec->data)[row] = (struct wr_span){start, elements->len - start};
	return true;
}

/* Too few elements are a fault, too many are dropped. */
static bool put_row(struct wr_decoder *decoder, struct wr_vec *vec, uint32_t row,
		    struct csv_text text)
{
	const struct wr_csv_dialect *dialect = &decoder->dialect;
	const char *end = text.data + text.len;
	const char *p = text.data;

	if (text.len == 0)
		return false;
	for (uint32_t i = 0; i < vec->child_count; i++) {
		if (p == NULL) {
			if (!dialect->ignore_errors)
				return false;
			wr_vec_null(&vec->child[i], row);
			continue;
		}
		const char *stop = element_end(dialect, p, end);
		struct csv_text part = {p, (size_t)(stop - p), text.stays};
		if (!put_value(decoder, &vec->child[i], row, part))
			return false;
		p = stop == end ? NULL : stop + dialect->element_len;
	}
	return true;
}

/* One value; false: it does not fit. */
static bool put_typed(struct wr_decoder *decoder, struct wr_vec *vec, uint32_t row,
		      struct csv_text text, bool *null)
{
	struct csv_text word;

	switch (vec->type->kind) {
	case WR_CHAR:
	case WR_VARCHAR:
		if (text.stays)
			wr_vec_view(vec, row, text.data, text.len);
		else
			wr_vec_copy(vec, row, text.data, text.len);
		return true;
	case WR_DOUBLE: return put_double(vec, row, text);
	case WR_FLOAT:
		word = trim(text);
		return wr_float_parse(word.data, word.len, (float *)vec->data + row);
	case WR_BOOLEAN:
		word = trim(text);
		((uint8_t *)vec->data)[row] =
		    wr_str_eq_nocase((struct wr_str){word.data, word.len}, "true");
		return true;
	case WR_DECIMAL: return put_decimal(vec, row, text, null);
	case WR_DATE: return put_date(vec, row, text);
	case WR_TIME: return put_time(vec, row, text);
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return put_timestamp(vec, row, text);
	case WR_BINARY:
	case WR_VARBINARY: return put_bytes(vec, row, text);
	case WR_ARRAY: return put_array(decoder, vec, row, text);
	case WR_ROW: return put_row(decoder, vec, row, text);
	default: return put_int(vec, row, text);
	}
}

/* One value, or NULL where the options say so. */
static bool put_value(struct wr_decoder *decoder, struct wr_vec *vec, uint32_t row,
		      struct csv_text text)
{
	const struct wr_csv_dialect *dialect = &decoder->dialect;
	bool null = false;

	if (dialect->null_literal != NULL && text.len == dialect->null_len &&
	    memcmp(text.data, dialect->null_literal, text.len) == 0) {
		wr_vec_null(vec, row);
		return true;
	}
	if (WR_LIKELY(put_typed(decoder, vec, row, text, &null) && !null)) {
		wr_vec_valid(vec, row);
		return true;
	}
	if (!null && !dialect->ignore_errors)
		return false;
	decoder->ignored += !null;
	wr_vec_null(vec, row);
	return true;
}

/* --- records -------------------------------------------------------------------------------------
 */

/* Notes what is wrong; returns false. */
static bool __attribute__((format(printf, 4, 5)))
reject(struct wr_decoder *decoder, const char *kind, const char *column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(decoder->fault, sizeof decoder->fault, format, args);
	va_end(args);
	decoder->kind = kind;
	decoder->fault_column = column;
	return false;
}

static bool put_field(struct wr_decoder *decoder, const struct csv_column *column,
		      const struct wr_csv_field *field)
{
	struct csv_text text = {field->data, field->len, true};
	struct wr_text type;

	if (WR_UNLIKELY(field->escaped)) {
		wr_text_clear(&decoder->scratch);
		char *out = wr_text_reserve(&decoder->scratch, field->len);
		text =
		    (struct csv_text){out, wr_csv_unescape(&decoder->dialect, field, out), false};
	}
	if (WR_LIKELY(put_value(decoder, column->vec, decoder->rows.rows, text)))
		return true;
	int shown = (int)WR_MIN(text.len, (size_t)SHOWN_BYTES);
	while (shown > 0 && (size_t)shown < text.len && ((uint8_t)text.data[shown] & 0xC0) == 0x80)
		shown--;
	wr_text_init(&type);
	wr_type_print(&type, column->vec->type);
	reject(decoder, "type", column->name, "'%.*s%s' is no %s", shown, text.data,
	       text.len > SHOWN_BYTES ? "..." : "", wr_text_str(&type));
	wr_text_release(&type);
	return false;
}

/* Wanted columns for which the record has no field. */
static bool put_missing(struct wr_decoder *decoder, uint32_t count)
{
	if (!decoder->dialect.ignore_errors)
		return reject(decoder, "missing-field", decoder->column[count].name,
			      "the record has %u of %u fields", count, decoder->column_count);
	for (uint32_t i = count; i < decoder->column_count; i++) {
		if (decoder->column[i].vec != NULL)
			wr_vec_null(decoder->column[i].vec, decoder->rows.rows);
	}
	return true;
}

/* Reads the record at `p` into row rows.rows; *end is its line end. */
static bool read_record(struct wr_decoder *decoder, const char *p, const char *limit,
			const char **end)
{
	const struct wr_csv_dialect *dialect = &decoder->dialect;
	const char *record = p;
	struct wr_csv_field field;
	const char *fault;
	uint32_t count = 0;

	for (;; count++) {
		const char *stop = wr_csv_read_field(dialect, p, limit, &field, &fault);
		bool last = stop != NULL && *stop != dialect->separator;
		if (WR_UNLIKELY(stop == NULL))
			return reject(
			    decoder, "syntax",
			    count < decoder->column_count ? decoder->column[count].name : NULL,
			    fault == p ? "the quote at byte %td of the record is not closed"
				       : "there is text behind the quote at byte %td of the "
					 "record",
			    fault - record);
		if (WR_LIKELY(count < decoder->column_count)) {
			const struct csv_column *column = &decoder->column[count];
			if (column->vec != NULL && !put_field(decoder, column, &field))
				return false;
		} else if (count > decoder->column_count || !last || field.len != 0 ||
			   field.quoted) {
			return reject(decoder, "syntax", NULL,
				      "the record has more fields than the %u columns of the table",
				      decoder->column_count);
		}
		p = stop + 1;
		if (last) {
			*end = stop;
			count++;
			break;
		}
	}
	return count >= decoder->last_wanted || put_missing(decoder, count);
}

/* The record [record, next) is bad. */
static void note_bad(struct wr_decoder *decoder, struct wr_decode_range *range,
		     const struct wr_rows_text *text, const char *record, const char *next)
{
	const char *end = next - 1;

	wr_rows_take_back(&decoder->rows);
	if (decoder->dialect.ignore_errors) {
		range->bad.ignored++;
		return;
	}
	if (end > record && *end == '\n' && end[-1] == '\r')
		end--;
	struct wr_bad_record *bad = wr_rows_bad(&decoder->rows, range, text, record, end);
	bad->kind = decoder->kind;
	bad->column = decoder->fault_column;
	memcpy(bad->text, decoder->fault, sizeof bad->text);
}

/* Line ends of [from, to), which quoted fields may hold too. */
static uint64_t count_lines(const char *from, const char *to)
{
	uint64_t count = 0;

	while (from < to && (from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
		count++;
		from++;
	}
	return count;
}

/* Reads one record; returns the byte behind it. NULL: it goes on behind the text, into the last
 * line of the range. */
static const char *next_record(struct wr_decoder *decoder, struct wr_decode_range *range,
			       const struct wr_rows_text *text, const char *p)
{
	const char *end = NULL;
	const char *next;

	if (WR_UNLIKELY(wr_csv_is_comment(&decoder->dialect, p)))
		return wr_csv_record_end(&decoder->dialect, p, text->limit);
	wr_rows_next(&decoder->rows);
	uint64_t ignored = decoder->ignored;
	bool good = read_record(decoder, p, text->limit, &end);
	if (WR_LIKELY(good)) {
		next = end + 1 + (end[0] == '\r' && end[1] == '\n');
	} else {
		decoder->ignored = ignored; /* what is not kept is counted as one */
		next = wr_csv_record_end(&decoder->dialect, p, text->limit);
		if (range->span != NULL)
			next = text->limit;
		if (next == NULL && text->base == range->data &&
		    text->limit != range->data + range->len) {
			wr_rows_take_back(&decoder->rows);
			return NULL;
		}
		if (next == NULL) /* a quote that nothing closes spoils one line only */
			next = (const char *)memchr(p, '\n', (size_t)(text->limit - p)) + 1;
	}
	if (WR_UNLIKELY(next - p > WR_RECORD_BYTES_MAX))
		good = reject(decoder, "too-long", NULL, "the record has %td bytes, more than %u",
			      next - p, WR_RECORD_BYTES_MAX);
	else if (WR_UNLIKELY(decoder->check_text && !wr_utf8_valid(p, (size_t)(next - p))))
		good = reject(decoder, "encoding", NULL, "the record is not UTF-8");
	if (WR_LIKELY(good)) {
		decoder->rows.rows++;
		range->rows++;
	} else {
		note_bad(decoder, range, text, p, next);
	}
	return next;
}

/* Skips the header of a file. */
static void skip_header(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	for (uint32_t i = 0; range->first && i < decoder->skip && range->pos < range->len; i++) {
		struct wr_rows_text text = wr_rows_text(&decoder->rows, range);
		const char *next = wr_csv_record_end(&decoder->dialect, text.at, text.limit);
		if (next == NULL && text.limit != range->data + range->len &&
		    text.base == range->data) {
			wr_rows_tail(&decoder->rows, range); /* it goes on in the last line */
			i--;
			continue;
		}
		if (next == NULL)
			next = text.limit;
		range->lines += count_lines(text.at, next);
		range->pos = WR_MIN((size_t)(next - text.base), range->len);
	}
}

static void decode_lines(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;

	while (range->pos < range->len && rows->rows < rows->max_rows) {
		struct wr_rows_text text = wr_rows_text(rows, range);
		const char *p = text.at;
		while (p < text.limit && rows->rows < rows->max_rows) {
			const char *next = next_record(decoder, range, &text, p);
			if (next == NULL)
				break;
			bool simple = next[-1] == '\n' && next - p < 256 &&
				      memchr(p, '\n', (size_t)(next - p)) == next - 1;
			range->lines += simple ? 1 : count_lines(p, next);
			p = next;
		}
		range->pos = WR_MIN((size_t)(p - text.base), range->len);
		if (p < text.limit && rows->rows < rows->max_rows)
			wr_rows_tail(rows, range);
	}
}

static void decode_messages(struct wr_decoder *decoder, struct wr_decode_range *range)
{
	struct wr_rows *rows = &decoder->rows;

	for (; range->span_next < range->span_count && rows->rows < rows->max_rows;
	     range->span_next++) {
		struct wr_rows_text text = wr_rows_message(rows, range);
		const char *p = text.at;

		while (p < text.limit && wr_csv_is_comment(&decoder->dialect, p))
			p = wr_csv_record_end(&decoder->dialect, p, text.limit);
		if (p >= text.limit && p != text.at)
			continue;
		wr_rows_note(range, rows->rows);
		next_record(decoder, range, &text, p);
	}
}

wr_status *wr_csv_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			 uint32_t max_rows, struct wr_batch **out)
{
	struct wr_rows *rows = &decoder->rows;
	bool fresh = wr_rows_fresh(range);

	wr_rows_start(rows, range);
	if (fresh) {
		decoder->check_text = !wr_utf8_valid(range->data, range->len);
		skip_header(decoder, range);
	}
	wr_rows_begin(rows, max_rows, wr_rows_left(range));
	if (range->span != NULL)
		decode_messages(decoder, range);
	else
		decode_lines(decoder, range);
	range->bad.ignored += decoder->ignored;
	decoder->ignored = 0;
	*out = wr_rows_finish(rows, range->buf);
	return NULL;
}
