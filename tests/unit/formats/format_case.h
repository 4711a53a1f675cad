/* SPDX-License-Identifier: Apache-2.0
 *
 * format_case - a format with a table, for tests: columns and options as in a script, rows in and
 * out as text.
 *
 * Decoded rows print as lines of tab-separated values (NULL is \N; changelog formats: the kind
 * first); a bad record prints as "!line offset length kind column: text".
 *
 * Texts of formats in which every line is a record are read as lines and as messages.
 */
#ifndef WR_TESTS_FORMAT_CASE_H
#define WR_TESTS_FORMAT_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "data/print.h"
#include "formats/formats.h"

struct format_case {
	struct wr_arena arena;
	const struct wr_format *format;
	struct wr_schema schema;
	struct wr_options options;
	struct wr_format_args args;
	uint32_t wanted[64];
};

/* --- columns --------------------------------------------------------------------------------- */

static void case_space(const char **p)
{
	while (**p == ' ')
		(*p)++;
}

/* A name, a type word or a number. */
static const char *case_word(struct format_case *c, const char **p)
{
	case_space(p);
	bool quoted = **p == '`';
	const char *start = *p += quoted;
	while (quoted ? **p != '`' : **p != '\0' && strchr(" ,()<>", **p) == NULL)
		(*p)++;
	const char *word = wr_arena_strndup(&c->arena, start, (size_t)(*p - start));
	*p += quoted;
	return word;
}

static bool case_take(const char **p, char c)
{
	case_space(p);
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static const struct wr_type *case_type(struct format_case *c, const char **p);

static const struct wr_type *case_row(struct format_case *c, const char **p)
{
	const char *name[32];
	const struct wr_type *type[32];
	uint32_t count = 0;

	do {
		name[count] = case_word(c, p);
		type[count++] = case_type(c, p);
	} while (case_take(p, ','));
	return wr_type_row(&c->arena, count, name, type);
}

static const struct wr_type *case_type(struct format_case *c, const char **p)
{
	static const struct {
		const char *word;
		const struct wr_type *type;
	} plain[] = {{"BOOLEAN", &WR_T_BOOLEAN},   {"TINYINT", &WR_T_TINYINT},
		     {"SMALLINT", &WR_T_SMALLINT}, {"INT", &WR_T_INT},
		     {"BIGINT", &WR_T_BIGINT},     {"FLOAT", &WR_T_FLOAT},
		     {"DOUBLE", &WR_T_DOUBLE},     {"STRING", &WR_T_STRING},
		     {"BYTES", &WR_T_BYTES},       {"DATE", &WR_T_DATE}};
	static const struct {
		const char *word;
		enum wr_kind kind;
		int fallback;
	} sized[] = {{"TIME", WR_TIME, 0},
		     {"TIMESTAMP", WR_TIMESTAMP, 6},
		     {"TIMESTAMP_LTZ", WR_TIMESTAMP_LTZ, 6},
		     {"CHAR", WR_CHAR, 1},
		     {"VARCHAR", WR_VARCHAR, 1}};
	const char *word = case_word(c, p);
	const struct wr_type *type = NULL;
	int number[2] = {-1, 0};

	for (size_t i = 0; i < WR_COUNT(plain); i++) {
		if (strcmp(word, plain[i].word) == 0)
			return plain[i].type;
	}
	if (case_take(p, '<')) {
		if (strcmp(word, "ROW") == 0) {
			type = case_row(c, p);
		} else if (strcmp(word, "ARRAY") == 0) {
			type = wr_type_array(&c->arena, case_type(c, p));
		} else {
			const struct wr_type *key = case_type(c, p);
			assert_true(case_take(p, ','));
			type = wr_type_map(&c->arena, key, case_type(c, p));
		}
		assert_true(case_take(p, '>'));
		return type;
	}
	if (case_take(p, '(')) {
		number[0] = (int)strtol(case_word(c, p), NULL, 10);
		if (case_take(p, ','))
			number[1] = (int)strtol(case_word(c, p), NULL, 10);
		assert_true(case_take(p, ')'));
	}
	if (strcmp(word, "DECIMAL") == 0)
		return wr_type_decimal(&c->arena, number[0], number[1]);
	for (size_t i = 0; i < WR_COUNT(sized); i++) {
		if (strcmp(word, sized[i].word) != 0)
			continue;
		int n = number[0] >= 0 ? number[0] : sized[i].fallback;
		return wr_kind_is_string(sized[i].kind)
			   ? wr_type_length(&c->arena, sized[i].kind, n)
			   : wr_type_precision(&c->arena, sized[i].kind, n);
	}
	fail_msg("type %s", word);
	return NULL;
}

/* --- open and close ----------------------------------------------------------------------------
 */

static WR_UNUSED const struct wr_format *case_format(const char *name)
{
	for (uint32_t i = 0; wr_formats[i] != NULL; i++) {
		if (strcmp(wr_formats[i]->name, name) == 0)
			return wr_formats[i];
	}
	fail_msg("format %s", name);
	return NULL;
}

/* `columns` as in CREATE TABLE; `options`: "key=value" strings, ended by NULL; NULL: none. */
static WR_UNUSED void case_open(struct format_case *c, const char *format, const char *columns,
				const char *const *options)
{
	*c = (struct format_case){.format = case_format(format)};
	wr_arena_init(&c->arena);
	c->schema.field = WR_NEW_ARRAY(&c->arena, struct wr_field, 64);
	do {
		struct wr_field *field = &c->schema.field[c->schema.count];
		field->name = case_word(c, &columns);
		field->type = case_type(c, &columns);
		c->wanted[c->schema.count] = c->schema.count;
		c->schema.count++;
	} while (case_take(&columns, ','));
	assert_int_equal(*columns, '\0');
	wr_options_init(&c->options, &c->arena, "option of the format", c->format->options,
			c->format->option_count);
	for (; options != NULL && *options != NULL; options++) {
		const char *equal = strchr(*options, '=');
		char *key = wr_arena_strndup(&c->arena, *options, (size_t)(equal - *options));
		assert_null(wr_options_set(&c->options, key, equal + 1));
	}
	c->args = (struct wr_format_args){.schema = &c->schema,
					  .wanted = c->wanted,
					  .wanted_count = c->schema.count,
					  .options = &c->options,
					  .zone_id = "UTC"};
}

static WR_UNUSED void case_close(struct format_case *c)
{
	wr_arena_release(&c->arena);
}

/* --- decode ------------------------------------------------------------------------------------
 */

static void case_print_batch(struct wr_text *out, const struct wr_batch *batch, bool kinds)
{
	for (uint32_t row = 0; row < batch->rows; row++) {
		if (kinds)
			wr_text_printf(out, "%s\t", wr_row_kind_str(wr_batch_kind(batch, row)));
		for (uint32_t i = 0; i < batch->column_count; i++) {
			if (i != 0)
				wr_text_putc(out, '\t');
			wr_value_print_tsv(out, batch->column[i], row, NULL);
		}
		wr_text_putc(out, '\n');
	}
}

static void case_print_bad(struct wr_text *out, const struct wr_bad_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct wr_bad_record *bad = &list->record[i];
		assert_non_null(bad->kind);
		wr_text_printf(out, "!%llu %llu+%u %s", (unsigned long long)bad->line + bad->span,
			       (unsigned long long)bad->offset, bad->length, bad->kind);
		wr_text_printf(out, " %s: %s\n", bad->column != NULL ? bad->column : "-",
			       bad->text);
	}
}

/* Decodes one range; rows first, then the bad records. */
static WR_UNUSED void case_decode_range(struct format_case *c, struct wr_text *out,
					const char *bytes, size_t len, uint32_t max_rows,
					bool first, uint64_t *ignored)
{
	struct wr_decoder *decoder;
	struct wr_buf *buf = wr_buf_new(len);
	struct wr_batch *batch;
	uint32_t rows = 0;

	memcpy(buf->data, bytes, len);
	memset(buf->data + len, '"', 64); /* what lies behind a range means nothing */
	struct wr_decode_range range = {.buf = buf, .data = buf->data, .len = len, .first = first};
	assert_null(c->format->decoder_new(&c->args, &decoder));
	for (;;) {
		assert_null(c->format->decode(decoder, &range, max_rows, &batch));
		if (batch == NULL)
			break;
		assert_true(batch->rows != 0 && batch->rows <= max_rows);
		assert_int_equal(batch->column_count, c->args.wanted_count);
		rows += batch->rows;
		case_print_batch(out, batch, c->format->changelog);
		wr_batch_free(batch);
	}
	assert_int_equal(range.pos, range.len);
	assert_int_equal(range.rows, rows);
	if (ignored != NULL)
		*ignored = range.bad.ignored;
	case_print_bad(out, &range.bad);
	wr_bad_list_release(&range.bad);
	c->format->decoder_free(decoder);
	wr_buf_unref(buf);
}

/* Decodes the lines of the text as messages of one range, as case_decode_range prints them. */
static WR_UNUSED void case_lines_as_messages(struct format_case *c, struct wr_text *out,
					     const char *bytes, size_t len, uint32_t max_rows)
{
	struct wr_decoder *decoder;
	struct wr_buf *buf = wr_buf_new(len + 1);
	struct wr_record_span *span = wr_malloc((len + 1) * sizeof *span);
	uint32_t *row_span = wr_malloc(max_rows * sizeof *row_span), last = 0, count = 0;
	struct wr_batch *batch;

	memcpy(buf->data, bytes, len);
	memset(buf->data + len + 1, '"', 64);
	buf->data[len] = '\n';
	for (size_t at = 0, end; at < len; at = end + 1) {
		end = at + (size_t)((const char *)memchr(buf->data + at, '\n', len + 1 - at) -
				    (buf->data + at));
		bool crlf = end > at && buf->data[end - 1] == '\r';
		if (crlf)
			buf->data[end - 1] = '\n';
		span[count++] = (struct wr_record_span){(uint32_t)at, (uint32_t)(end - at) - crlf};
	}
	struct wr_decode_range range = {.buf = buf,
					.data = buf->data,
					.len = len + 1,
					.span = span,
					.span_count = count,
					.row_span = row_span};
	assert_null(c->format->decoder_new(&c->args, &decoder));
	for (;;) {
		assert_null(c->format->decode(decoder, &range, max_rows, &batch));
		if (batch == NULL)
			break;
		assert_true(batch->rows != 0 && batch->rows <= max_rows);
		for (uint32_t i = 0; i < batch->rows; i++) {
			assert_true(row_span[i] >= last && row_span[i] < count);
			last = row_span[i];
		}
		case_print_batch(out, batch, c->format->changelog);
		wr_batch_free(batch);
	}
	assert_int_equal(range.span_next, count);
	case_print_bad(out, &range.bad);
	wr_bad_list_release(&range.bad);
	c->format->decoder_free(decoder);
	wr_buf_unref(buf);
	wr_free(span);
	wr_free(row_span);
}

/* Decodes the whole text with several batch sizes, which must agree. The result is the arena's. */
static WR_UNUSED const char *case_decode_n(struct format_case *c, const char *bytes, size_t len)
{
	static const uint32_t sizes[] = {1, 2, WR_BATCH_ROWS_MAX};
	const char *first = NULL;

	for (size_t i = 0; i < WR_COUNT(sizes); i++) {
		struct wr_text out;
		wr_text_init(&out);
		case_decode_range(c, &out, bytes, len, sizes[i], true, NULL);
		if (first == NULL)
			first = wr_arena_strndup(&c->arena, wr_text_str(&out), out.len);
		else
			assert_string_equal(first, wr_text_str(&out));
		if (c->format->lines && c->format->messages && (len == 0 || *bytes != '\xEF')) {
			wr_text_clear(&out);
			case_lines_as_messages(c, &out, bytes, len, sizes[i]);
			assert_string_equal(first, wr_text_str(&out));
		}
		wr_text_release(&out);
	}
	return first;
}

static WR_UNUSED const char *case_decode(struct format_case *c, const char *text)
{
	return case_decode_n(c, text, strlen(text));
}

/* One table, one text, one expectation. */
static WR_UNUSED void case_expect(const char *format, const char *columns,
				  const char *const *options, const char *text, const char *want)
{
	struct format_case c;

	case_open(&c, format, columns, options);
	const char *got = case_decode(&c, text);
	if (strcmp(got, want) != 0)
		print_message("input: %s\n", text);
	assert_string_equal(got, want);
	case_close(&c);
}

/* --- encode ------------------------------------------------------------------------------------
 */

/* Rows read with `reader` (same columns), written with the case's format. The result is the
 * arena's. */
static WR_UNUSED const char *case_encode(struct format_case *c, const struct wr_format *reader,
					 const char *text, wr_status **status)
{
	struct wr_options options;
	struct wr_format_args args = c->args;
	struct wr_decoder *decoder;
	struct wr_encoder *encoder;
	struct wr_batch *batch;
	struct wr_text out;
	size_t len = strlen(text);
	struct wr_buf *buf = wr_buf_new(len);
	struct wr_decode_range range = {.buf = buf, .data = buf->data, .len = len, .first = true};
	wr_status *failed = NULL;

	memcpy(buf->data, text, len);
	wr_options_init(&options, &c->arena, "option", reader->options, reader->option_count);
	args.options = &options;
	assert_null(reader->decoder_new(&args, &decoder));
	assert_null(c->format->encoder_new(&c->args, &encoder));
	wr_text_init(&out);
	while (failed == NULL) {
		assert_null(reader->decode(decoder, &range, WR_BATCH_ROWS_MAX, &batch));
		if (batch == NULL)
			break;
		failed = c->format->encode(encoder, batch, &out, NULL);
		wr_batch_free(batch);
	}
	assert_int_equal(range.bad.count, 0);
	const char *result = wr_arena_strndup(&c->arena, wr_text_str(&out), out.len);
	wr_text_release(&out);
	c->format->encoder_free(encoder);
	reader->decoder_free(decoder);
	wr_bad_list_release(&range.bad);
	wr_buf_unref(buf);
	if (status != NULL)
		*status = failed;
	else
		assert_null(failed);
	return result;
}

/* --- files -------------------------------------------------------------------------------------
 */

/* A whole file (wr_free it), or NULL when it is not there: tests over shared data skip then. */
static WR_UNUSED char *case_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	size_t capacity = 1 << 16;

	if (file == NULL)
		return NULL;
	char *data = wr_malloc(capacity);
	*len = 0;
	for (size_t got; (got = fread(data + *len, 1, capacity - *len - 1, file)) != 0;) {
		*len += got;
		if (*len + 1 == capacity)
			data = wr_realloc(data, capacity *= 2);
	}
	data[*len] = '\0';
	fclose(file);
	return data;
}

/* The folder of the shared data: ${WEIR_SHARED}, or beside the project. */
static WR_UNUSED const char *case_shared(void)
{
	const char *folder = getenv("WEIR_SHARED");
	static const char *const guess[] = {"../shared", "../../shared", "../../../shared"};

	for (size_t i = 0; folder == NULL && i < WR_COUNT(guess); i++) {
		size_t len;
		char path[256];
		snprintf(path, sizeof path, "%s/oracle/README.md", guess[i]);
		char *data = case_file(path, &len);
		if (data != NULL)
			folder = guess[i];
		wr_free(data);
	}
	return folder;
}

#endif
