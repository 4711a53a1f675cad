/* SPDX-License-Identifier: Apache-2.0
 *
 * output - see output.h.
 *
 * A row is first made one line of text in its format; for the table format cells are separated by
 * CELL and laid out when widths are known. What `final` counts and sorts are these lines.
 */
#include "cli/output.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/print.h"
#include "formats/formats.h"

#define CELL      '\x1f' /* between the cells of a line of the table format */
#define HELD_MAX  1000   /* rows the table format looks at to learn its widths */
#define WIDTH_MAX 60     /* characters of a cell shown, unless the owner wants more */

void wr_output_init(struct wr_output *output, FILE *file, enum wr_result_mode mode,
		    enum wr_result_format format)
{
	*output = (struct wr_output){.file = file, .wanted = mode, .format = format};
	wr_arena_init(&output->arena);
	wr_text_init(&output->line);
	wr_map_init(&output->lines);
}

void wr_output_release(struct wr_output *output)
{
	if (output->encoder != NULL)
		output->codec->encoder_free(output->encoder);
	output->encoder = NULL;
	for (uint32_t i = 0; i < output->held_count; i++)
		wr_free(output->held[i]);
	wr_free(output->held);
	wr_free(output->width);
	wr_zone_close(output->zone);
	wr_map_release(&output->lines);
	wr_text_release(&output->line);
	wr_arena_release(&output->arena);
	uint32_t width = output->width_max;
	wr_output_init(output, output->file, output->wanted, output->format);
	output->width_max = width;
}

static const struct wr_format *find_format(const char *name)
{
	for (uint32_t i = 0; wr_formats[i] != NULL; i++)
		if (strcmp(wr_formats[i]->name, name) == 0)
			return wr_formats[i];
	return NULL;
}

static wr_status *open_encoder(struct wr_output *output, const char *name)
{
	output->codec = find_format(name);
	WR_REQUIRE(output->codec != NULL);
	wr_options_init(&output->options, &output->arena, "result format", output->codec->options,
			output->codec->option_count);
	output->args = (struct wr_format_args){
	    .schema = output->schema, .options = &output->options, .zone_id = output->zone_id};
	return output->codec->encoder_new(&output->args, &output->encoder);
}

/* `# name TYPE<TAB>name TYPE ...` */
static void print_tsv_header(struct wr_output *output)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_text_puts(&text, "# ");
	for (uint32_t i = 0; i < output->schema->count; i++) {
		wr_text_printf(&text, "%s%s ", i > 0 ? "\t" : "", output->schema->field[i].name);
		wr_type_print(&text, output->schema->field[i].type);
	}
	fprintf(output->file, "%s\n", wr_text_str(&text));
	wr_text_release(&text);
}

/* A name as a field of CSV: in quotes when it needs them. */
static void print_csv_name(struct wr_output *output, const char *name)
{
	if (strpbrk(name, ",\"\n") == NULL) {
		fputs(name, output->file);
		return;
	}
	fputc('"', output->file);
	for (; *name != '\0'; name++) {
		if (*name == '"')
			fputc('"', output->file);
		fputc(*name, output->file);
	}
	fputc('"', output->file);
}

static void print_csv_header(struct wr_output *output)
{
	if (output->mode == WR_RESULT_CHANGELOG)
		fputs("op,", output->file);
	for (uint32_t i = 0; i < output->schema->count; i++) {
		fputs(i > 0 ? "," : "", output->file);
		print_csv_name(output, output->schema->field[i].name);
	}
	fputc('\n', output->file);
}

wr_status *wr_output_begin(struct wr_output *output, const struct wr_schema *schema, bool updating,
			   bool ordered, const char *zone_id)
{
	output->schema = schema;
	output->zone_id = zone_id;
	output->rows = 0;
	output->mode = output->wanted;
	if (output->mode == WR_RESULT_AUTO)
		output->mode = updating ? WR_RESULT_FINAL : WR_RESULT_ROWS;
	if (output->mode == WR_RESULT_FINAL && ordered && !updating)
		output->mode = WR_RESULT_ROWS; /* as they come they are the table at the end */
	WR_TRY(wr_zone_open(zone_id, &output->zone));
	output->width = wr_calloc(schema->count + 2, sizeof *output->width);
	output->header_done = false;
	if (output->format == WR_FORMAT_TSV)
		print_tsv_header(output);
	if (output->format == WR_FORMAT_CSV) {
		print_csv_header(output);
		return open_encoder(output, "csv");
	}
	return output->format == WR_FORMAT_JSON ? open_encoder(output, "json") : NULL;
}

/* Flink casts values to STRING to show them, and so the NULL of a type that is NOT NULL (a decimal
 * that overflowed, RPAD without a pad) is an empty text. */
static bool shows_empty(const struct wr_column *column, const struct wr_type *type, uint32_t row)
{
	return !type->nullable && (type->kind == WR_DECIMAL || wr_kind_is_string(type->kind)) &&
	       !wr_column_is_valid(column, row);
}

/* Appends the row as one line without its end. */
static wr_status *row_text(struct wr_output *output, const struct wr_batch *batch, uint32_t row,
			   struct wr_text *text)
{
	struct wr_batch one;
	uint32_t sel[1] = {row};

	if (output->codec == NULL) {
		for (uint32_t i = 0; i < batch->column_count; i++) {
			if (i > 0)
				wr_text_putc(text, output->format == WR_FORMAT_TSV ? '\t' : CELL);
			if (output->format == WR_FORMAT_TSV &&
			    shows_empty(batch->column[i], output->schema->field[i].type, row))
				continue;
			if (output->format == WR_FORMAT_TSV)
				wr_value_print_tsv(text, batch->column[i], row, output->zone);
			else
				wr_value_print(text, batch->column[i], row, output->zone);
		}
		return NULL;
	}
	one = *batch;
	one.sel = sel;
	one.sel_count = 1;
	one.kind = NULL;
	WR_TRY(output->codec->encode(output->encoder, &one, text, NULL));
	while (text->len > 0 &&
	       (text->data[text->len - 1] == '\n' || text->data[text->len - 1] == '\r'))
		text->data[--text->len] = '\0';
	return NULL;
}

/* --- table */

static uint32_t char_count(const char *text, size_t len)
{
	uint32_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static void table_rule(struct wr_output *output, uint32_t columns)
{
	for (uint32_t i = 0; i < columns; i++) {
		fputs(i == 0 ? "+" : "", output->file);
		for (uint32_t k = 0; k < output->width[i] + 2; k++)
			fputc('-', output->file);
		fputc('+', output->file);
	}
	fputc('\n', output->file);
}

static uint32_t table_columns(const struct wr_output *output)
{
	return output->schema->count + (output->mode == WR_RESULT_CHANGELOG ? 1 : 0);
}

/* Whether a column is shown right-aligned. */
static bool is_number(const struct wr_output *output, uint32_t column)
{
	uint32_t shift = output->mode == WR_RESULT_CHANGELOG ? 1 : 0;

	return column >= shift &&
	       wr_kind_is_numeric(output->schema->field[column - shift].type->kind);
}

/* Prints one cell, cut to the column's width; control characters become spaces. */
static void table_cell(struct wr_output *output, uint32_t column, const char *text, size_t len)
{
	uint32_t chars = char_count(text, len), shown = WR_MIN(chars, output->width[column]);
	uint32_t pad = output->width[column] - shown, done = 0;
	bool right = is_number(output, column);

	fputs(column == 0 ? "| " : " ", output->file);
	for (uint32_t i = 0; right && i < pad; i++)
		fputc(' ', output->file);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c & 0xc0) != 0x80 && done++ == shown)
			break;
		fputc(c < 0x20 ? ' ' : c, output->file);
	}
	for (uint32_t i = 0; !right && i < pad; i++)
		fputc(' ', output->file);
	fputs(" |", output->file);
}

static void table_line(struct wr_output *output, const char *line)
{
	uint32_t columns = table_columns(output);

	for (uint32_t i = 0; i < columns; i++) {
		const char *end = strchr(line, CELL);
		size_t len = end != NULL && i + 1 < columns ? (size_t)(end - line) : strlen(line);

		table_cell(output, i, line, len);
		line += len + (end != NULL ? 1 : 0);
	}
	fputc('\n', output->file);
}

static uint32_t width_max(const struct wr_output *output)
{
	return output->width_max > 0 ? output->width_max : WIDTH_MAX;
}

/* Learns widths from the held lines, prints the header and the lines. */
static void table_release_held(struct wr_output *output)
{
	uint32_t columns = table_columns(output), shift = columns - output->schema->count;

	for (uint32_t i = 0; i < columns; i++) {
		const char *name = i < shift ? "op" : output->schema->field[i - shift].name;

		output->width[i] = WR_MIN(char_count(name, strlen(name)), width_max(output));
	}
	for (uint32_t r = 0; r < output->held_count; r++) {
		const char *line = output->held[r];

		for (uint32_t i = 0; i < columns; i++) {
			const char *end = strchr(line, CELL);
			size_t len =
			    end != NULL && i + 1 < columns ? (size_t)(end - line) : strlen(line);
			uint32_t chars = WR_MIN(char_count(line, len), width_max(output));

			output->width[i] = WR_MAX(output->width[i], chars);
			line += len + (end != NULL ? 1 : 0);
		}
	}
	table_rule(output, columns);
	for (uint32_t i = 0; i < columns; i++) {
		const char *name = i < shift ? "op" : output->schema->field[i - shift].name;

		table_cell(output, i, name, strlen(name));
	}
	fputc('\n', output->file);
	table_rule(output, columns);
	for (uint32_t r = 0; r < output->held_count; r++) {
		table_line(output, output->held[r]);
		wr_free(output->held[r]);
	}
	output->held_count = 0;
	output->header_done = true;
}

static void table_put(struct wr_output *output, const char *line)
{
	if (output->header_done) {
		table_line(output, line);
		return;
	}
	if (output->held_count == output->held_capacity) {
		output->held_capacity = WR_MAX(64, 2 * output->held_capacity);
		output->held =
		    wr_realloc(output->held, output->held_capacity * sizeof *output->held);
	}
	output->held[output->held_count++] = wr_strdup(line);
	if (output->held_count == HELD_MAX)
		table_release_held(output);
}

/* --- rows */

/* Lines are kept as C strings: a byte 0 becomes 1 2, and a byte 1 becomes 1 1, until they are
 * printed. */
static void hide_zeros(struct wr_text *line)
{
	struct wr_text hidden;

	if (line->len == 0 ||
	    (memchr(line->data, 0, line->len) == NULL && memchr(line->data, 1, line->len) == NULL))
		return;
	wr_text_init(&hidden);
	for (size_t i = 0; i < line->len; i++) {
		if ((unsigned char)line->data[i] > 1) {
			wr_text_putc(&hidden, line->data[i]);
			continue;
		}
		wr_text_putc(&hidden, 1);
		wr_text_putc(&hidden, line->data[i] == 0 ? 2 : 1);
	}
	wr_text_clear(line);
	wr_text_add(line, wr_text_str(&hidden), hidden.len);
	wr_text_release(&hidden);
}

/* The other way round, to the file. */
static void print_line(struct wr_output *output, const char *line)
{
	if (strchr(line, 1) == NULL) {
		fputs(line, output->file);
	} else {
		for (; *line != '\0'; line++) {
			if (*line == 1)
				fputc(*++line == 1, output->file);
			else
				fputc(*line, output->file);
		}
	}
	fputc('\n', output->file);
}

static void put_line(struct wr_output *output, const char *line)
{
	output->rows++;
	if (output->format == WR_FORMAT_TABLE)
		table_put(output, line);
	else
		print_line(output, line);
}

/* The row kind in front of a line. */
static void put_kind(struct wr_output *output, uint8_t kind, struct wr_text *text)
{
	switch (output->format) {
	case WR_FORMAT_TABLE: wr_text_printf(text, "%s%c", wr_row_kind_str(kind), CELL); break;
	case WR_FORMAT_CSV: wr_text_printf(text, "%s,", wr_row_kind_str(kind)); break;
	case WR_FORMAT_JSON:
		wr_text_printf(text, "{\"op\":\"%s\",\"row\":", wr_row_kind_str(kind));
		break;
	default: wr_text_printf(text, "%s\t", wr_row_kind_str(kind)); break;
	}
}

/* `final`: counts the line up or down. */
static void count_line(struct wr_output *output, const char *line, uint8_t kind)
{
	intptr_t count = (intptr_t)wr_map_get(&output->lines, line);

	wr_map_put(&output->lines, line, (void *)(count + (wr_kind_is_add(kind) ? 1 : -1)));
}

wr_status *wr_output_rows(struct wr_output *output, const struct wr_batch *batch)
{
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);
		uint8_t kind = wr_batch_kind(batch, row);

		wr_text_clear(&output->line);
		if (output->mode == WR_RESULT_CHANGELOG)
			put_kind(output, kind, &output->line);
		WR_TRY(row_text(output, batch, row, &output->line));
		if (output->mode == WR_RESULT_CHANGELOG && output->format == WR_FORMAT_JSON)
			wr_text_putc(&output->line, '}');
		hide_zeros(&output->line);
		if (output->mode == WR_RESULT_FINAL)
			count_line(output, wr_text_str(&output->line), kind);
		else
			put_line(output, wr_text_str(&output->line));
	}
	return ferror(output->file)
		   ? wr_status_new(WR_USER_ERROR, "Cannot write the result to standard output")
		   : NULL;
}

wr_status *wr_output_flush(struct wr_output *output)
{
	if (output->mode != WR_RESULT_FINAL && output->format != WR_FORMAT_TABLE)
		fflush(output->file);
	return NULL;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp((*(const struct wr_map_entry *const *)a)->key,
		      (*(const struct wr_map_entry *const *)b)->key);
}

/* The table at the end: rows that are still there, sorted. */
static void put_final(struct wr_output *output)
{
	const struct wr_map_entry **entry = wr_calloc(output->lines.count + 1, sizeof *entry);

	for (uint32_t i = 0; i < output->lines.count; i++)
		entry[i] = &output->lines.entry[i];
	qsort(entry, output->lines.count, sizeof *entry, compare_lines);
	for (uint32_t i = 0; i < output->lines.count; i++)
		for (intptr_t n = (intptr_t)entry[i]->value; n > 0; n--)
			put_line(output, entry[i]->key);
	wr_free(entry);
}

wr_status *wr_output_end(struct wr_output *output)
{
	wr_status *status = NULL;

	if (output->mode == WR_RESULT_FINAL)
		put_final(output);
	if (output->format == WR_FORMAT_TABLE) {
		if (!output->header_done)
			table_release_held(output);
		table_rule(output, table_columns(output));
		fprintf(output->file, "%llu row%s\n", (unsigned long long)output->rows,
			output->rows == 1 ? "" : "s");
	}
	if (fflush(output->file) != 0)
		status = wr_status_new(WR_USER_ERROR, "Cannot write the result to standard output");
	wr_output_release(output);
	return status;
}
