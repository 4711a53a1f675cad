/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_input - see diff_input.h. A file is read in blocks; records that end in the block are cut
 * off it, what is left moves to its start.
 */
#include "cli/diff_input.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/csv_scan.h"
#include "formats/json_scan.h"

#define READ_BEHIND 64 /* bytes that the scanners may look at behind the end */

static const struct wr_csv_dialect csv = {.separator = ',', .quote = '"', .escape = '\n'};

void wr_diff_columns_init(struct wr_diff_columns *columns)
{
	wr_map_init(&columns->index);
}

void wr_diff_columns_release(struct wr_diff_columns *columns)
{
	wr_map_release(&columns->index);
}

uint32_t wr_diff_columns_find(const struct wr_diff_columns *columns, const char *name)
{
	return (uint32_t)(uintptr_t)wr_map_get(&columns->index, name) - 1;
}

wr_status *wr_diff_input_open(struct wr_diff_input *input, const char *path, enum wr_diff_form form,
			      bool header, struct wr_diff_columns *columns)
{
	*input = (struct wr_diff_input){.env = wr_env_system(),
					.path = path,
					.form = form,
					.header = header,
					.columns = columns};
	WR_TRY(wr_fs_files_init(&input->files, input->env, path, NULL, false));
	return wr_fs_files_scan(&input->files);
}

void wr_diff_input_close(struct wr_diff_input *input)
{
	wr_fs_files_release(&input->files);
	wr_text_release(&input->block);
	wr_text_release(&input->scratch);
	wr_free(input->name);
	wr_free(input->cell);
	*input = (struct wr_diff_input){0};
}

struct wr_str wr_diff_input_value(const struct wr_diff_input *input, uint32_t column)
{
	const struct wr_diff_cell *cell;

	if (column >= input->cell_count || input->cell[column].row != input->row)
		return (struct wr_str){NULL, 0};
	cell = &input->cell[column];
	return (struct wr_str){wr_text_str(&input->scratch) + cell->offset, cell->len};
}

static wr_status *input_error(const struct wr_diff_input *input, const char *cause)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s', record %llu: %s",
					    input->file->path, (unsigned long long)input->record,
					    cause),
			      "Say what the files hold with --input json, csv, changelog-json or "
			      "debezium-json");
}

/* --- cells */

/* The column of that name, made when it is new. */
static wr_status *column_of(struct wr_diff_input *input, const char *name, size_t len,
			    uint32_t *out)
{
	struct wr_map *index = &input->columns->index;
	uint32_t found = (uint32_t)(uintptr_t)wr_map_get_n(index, name, len);

	if (found == 0) {
		char *text;

		if (index->count == WR_COLUMNS_MAX)
			return input_error(input, "more columns than a table can have");
		text = wr_strndup(name, len);
		found = index->count + 1;
		wr_map_put(index, text, (void *)(uintptr_t)found);
		wr_free(text);
	}
	*out = found - 1;
	if (*out >= input->cell_count) {
		uint32_t count = WR_MAX(16, WR_MAX(2 * input->cell_count, found));

		input->cell = wr_realloc(input->cell, count * sizeof *input->cell);
		memset(input->cell + input->cell_count, 0,
		       (count - input->cell_count) * sizeof *input->cell);
		input->cell_count = count;
	}
	return NULL;
}

/* The value is what has been added to the scratch from `offset` on. */
static void set_cell(struct wr_diff_input *input, uint32_t column, size_t offset)
{
	input->cell[column] =
	    (struct wr_diff_cell){offset, input->scratch.len - offset, input->row};
}

/* Columns of the folders key=value that the file lies in. */
static wr_status *partition_cells(struct wr_diff_input *input)
{
	const char *at = input->file->relative, *slash;
	wr_status *status = NULL;

	for (; status == NULL && (slash = strchr(at, '/')) != NULL; at = slash + 1) {
		const char *equals = memchr(at, '=', (size_t)(slash - at));
		size_t offset = input->scratch.len;
		struct wr_text name;
		uint32_t column = 0;

		if (equals == NULL || equals == at)
			continue;
		wr_text_init(&name);
		wr_fs_unescape(&name, at, (size_t)(equals - at));
		status = column_of(input, wr_text_str(&name), name.len, &column);
		wr_text_release(&name);
		wr_fs_unescape(&input->scratch, equals + 1, (size_t)(slash - equals - 1));
		if (status == NULL && strncmp(equals + 1, "__DEFAULT_PARTITION__", 21) != 0)
			set_cell(input, column, offset);
	}
	return status;
}

static wr_status *row_begin(struct wr_diff_input *input)
{
	input->row++;
	wr_text_clear(&input->scratch);
	return partition_cells(input);
}

/* --- JSON */

/* The text of a string token behind the scratch. */
static void add_string(struct wr_diff_input *input, const struct wr_json_string *string)
{
	char *out = wr_text_reserve(&input->scratch, string->len + 1);
	size_t len = string->len;

	if (string->escaped)
		len = wr_json_unescape(out, string);
	else
		memcpy(out, string->data, len);
	input->scratch.len += len;
	input->scratch.data[input->scratch.len] = '\0';
}

/* One field of a row: *p is at the quote of its name, then behind its value. */
static wr_status *json_field(struct wr_diff_input *input, const char **p)
{
	struct wr_json_fault fault;
	struct wr_json_string string;
	size_t name = input->scratch.len, value;
	uint32_t column = 0;

	*p = wr_json_string(*p, &string, &fault);
	add_string(input, &string);
	*p = wr_json_space(wr_json_space(*p) + 1);
	value = input->scratch.len;
	WR_TRY(column_of(input, input->scratch.data + name, value - name, &column));
	input->cell[column].row = 0;
	if (**p == 'n') {
		*p += 4;
		return NULL;
	}
	if (**p == '"') {
		*p = wr_json_string(*p, &string, &fault);
		add_string(input, &string);
	} else {
		*p = wr_json_print_tree(&input->scratch, *p, true);
	}
	set_cell(input, column, value);
	return NULL;
}

/* The object at `p`, which is known to be JSON, as a row. */
static wr_status *json_row(struct wr_diff_input *input, const char *p, enum wr_row_kind kind)
{
	if (*p != '{')
		return input_error(input, "The row is no JSON object");
	WR_TRY(row_begin(input));
	for (p = wr_json_space(p + 1); *p != '}';) {
		WR_TRY(json_field(input, &p));
		p = wr_json_space(p);
		if (*p == ',')
			p = wr_json_space(p + 1);
	}
	return input->each(input->user, input, kind);
}

/* The fields of a change: what is not there stays NULL. */
struct change {
	const char *op, *data, *before, *after; /* the values' first bytes */
	bool other;                             /* there are further fields */
};

static struct change change_of(const char *p)
{
	struct change change = {0};
	struct wr_json_fault fault;
	struct wr_json_string name;

	for (p = wr_json_space(p + 1); *p != '}';) {
		p = wr_json_string(p, &name, &fault);
		p = wr_json_space(wr_json_space(p) + 1);
		if (name.len == 2 && memcmp(name.data, "op", 2) == 0)
			change.op = p;
		else if (name.len == 4 && memcmp(name.data, "data", 4) == 0)
			change.data = p;
		else if (name.len == 6 && memcmp(name.data, "before", 6) == 0)
			change.before = *p == 'n' ? NULL : p;
		else if (name.len == 5 && memcmp(name.data, "after", 5) == 0)
			change.after = *p == 'n' ? NULL : p;
		else
			change.other = true;
		p = wr_json_space(wr_json_skip(p, &fault));
		if (*p == ',')
			p = wr_json_space(p + 1);
	}
	return change;
}

/* {"op":"+U","data":{}} */
static wr_status *changelog_record(struct wr_diff_input *input, const struct change *change)
{
	for (int kind = WR_INSERT; change->op != NULL && kind <= WR_DELETE; kind++)
		if (strncmp(change->op + 1, wr_row_kind_str((uint8_t)kind), 2) == 0 &&
		    change->data != NULL)
			return json_row(input, change->data, (enum wr_row_kind)kind);
	return input_error(input, "It is no change with \"op\" and \"data\"");
}

/* {"before":{},"after":{},"op":"u"} */
static wr_status *debezium_record(struct wr_diff_input *input, const struct change *change)
{
	bool update = change->before != NULL && change->after != NULL;

	if (change->before == NULL && change->after == NULL)
		return input_error(input, "It is no change with \"before\" or \"after\"");
	if (change->before != NULL)
		WR_TRY(json_row(input, change->before, update ? WR_UPDATE_BEFORE : WR_DELETE));
	if (change->after == NULL)
		return NULL;
	return json_row(input, change->after, update ? WR_UPDATE_AFTER : WR_INSERT);
}

static wr_status *json_record(struct wr_diff_input *input, const char *p)
{
	struct wr_json_fault fault;
	struct change change;
	const char *end;

	p = wr_json_space(p);
	if (*p == '\n')
		return NULL;
	end = wr_json_skip(p, &fault);
	if (end == NULL || *wr_json_space(end) != '\n' || *p != '{')
		return input_error(input, "It is no JSON object");
	if (input->form == WR_DIFF_JSON)
		return json_row(input, p, WR_INSERT);
	change = change_of(p);
	if (input->form == WR_DIFF_AUTO) {
		input->form = WR_DIFF_JSON;
		if (change.op != NULL && change.data != NULL && !change.other)
			input->form = WR_DIFF_CHANGELOG;
		else if (change.op != NULL && (change.before != NULL || change.after != NULL))
			input->form = WR_DIFF_DEBEZIUM;
	}
	if (input->form == WR_DIFF_CHANGELOG)
		return changelog_record(input, &change);
	return input->form == WR_DIFF_DEBEZIUM ? debezium_record(input, &change)
					       : json_row(input, p, WR_INSERT);
}

/* --- CSV */

static void add_csv(struct wr_diff_input *input, const struct wr_csv_field *field)
{
	char *out = wr_text_reserve(&input->scratch, field->len + 1);
	size_t len = field->len;

	if (field->escaped)
		len = wr_csv_unescape(&csv, field, out);
	else
		memcpy(out, field->data, len);
	input->scratch.len += len;
	input->scratch.data[input->scratch.len] = '\0';
}

/* Notes the column of field `i`: the name in a header, or c1, c2 ... */
static wr_status *csv_name(struct wr_diff_input *input, uint32_t i, const char *name, size_t len)
{
	char number[16];

	if (name == NULL) {
		len = (size_t)snprintf(number, sizeof number, "c%u", i + 1);
		name = number;
	}
	input->name = wr_realloc(input->name, (i + 1) * sizeof *input->name);
	input->name_count = i + 1;
	return column_of(input, name, len, &input->name[i]);
}

/* A line: the header of the file, or a row. An empty field without quotes is NULL. */
static wr_status *csv_record(struct wr_diff_input *input, const char *p, const char *limit)
{
	bool names = input->header && input->record == 1;
	struct wr_csv_field field;
	const char *fault;

	WR_TRY(row_begin(input));
	for (uint32_t i = 0;; i++, p++) {
		size_t offset = input->scratch.len;

		p = wr_csv_read_field(&csv, p, limit, &field, &fault);
		if (p == NULL)
			return input_error(input, "A quote is not closed, or something follows it");
		add_csv(input, &field);
		if (names)
			WR_TRY(csv_name(input, i, input->scratch.data + offset,
					input->scratch.len - offset));
		else if (i >= input->name_count && input->header)
			return input_error(input, "It has more fields than the header");
		else if (i >= input->name_count)
			WR_TRY(csv_name(input, i, NULL, 0));
		if (!names && (field.len > 0 || field.quoted))
			set_cell(input, input->name[i], offset);
		if (*p != csv.separator)
			break;
	}
	return names ? NULL : input->each(input->user, input, WR_INSERT);
}

/* --- files */

/* Reads on; what is left of the block moves to its start. */
static wr_status *fill(struct wr_diff_input *input)
{
	struct wr_text *block = &input->block;
	enum wr_fs_read result = WR_FS_IDLE;
	size_t got = 0;
	char *out;

	out = wr_text_reserve(block, WR_BLOCK_BYTES + READ_BEHIND);
	memmove(block->data, block->data + input->pos, block->len - input->pos);
	out -= input->pos;
	block->len -= input->pos;
	input->pos = 0;
	if (block->len > WR_RECORD_BYTES_MAX)
		return input_error(input, "It is longer than a record may be");
	while (result == WR_FS_IDLE)
		WR_TRY(
		    wr_fs_stream_read(&input->stream, out, WR_BLOCK_BYTES, 100000, &got, &result));
	block->len += got;
	if (result == WR_FS_END) {
		input->ended = true;
		if (block->len > 0 && block->data[block->len - 1] != '\n')
			block->data[block->len++] = '\n';
	}
	memset(block->data + block->len, 0, READ_BEHIND);
	return NULL;
}

/* The end of the record at `pos`, or NULL when it does not end in the block. */
static const char *record_end(const struct wr_diff_input *input)
{
	const char *p = input->block.data + input->pos;
	size_t left = input->block.len - input->pos;
	const char *line = memchr(p, '\n', left), *last;

	if (line == NULL)
		return NULL;
	if (input->form != WR_DIFF_CSV)
		return line + 1;
	last = memrchr(p, '\n', left);
	line = wr_csv_record_end(&csv, p, last + 1);
	return line == NULL && input->ended ? last + 1 : line;
}

static wr_status *file_records(struct wr_diff_input *input)
{
	for (;;) {
		const char *p = wr_text_str(&input->block) + input->pos, *end;

		if (input->pos < input->block.len && input->form == WR_DIFF_AUTO && *p != '{')
			input->form = WR_DIFF_CSV;
		end = input->pos < input->block.len ? record_end(input) : NULL;
		if (end == NULL && input->ended)
			return NULL;
		if (end == NULL) {
			WR_TRY(fill(input));
			continue;
		}
		input->record++;
		if (input->form == WR_DIFF_CSV)
			WR_TRY(csv_record(input, p, end));
		else
			WR_TRY(json_record(input, p));
		input->pos = (size_t)(end - input->block.data);
	}
}

wr_status *wr_diff_input_each(struct wr_diff_input *input, wr_diff_each *each, void *user)
{
	wr_status *status = NULL;

	input->each = each;
	input->user = user;
	for (uint32_t i = 0; status == NULL && i < input->files.count; i++) {
		input->file = input->files.file[i];
		input->record = 0;
		input->ended = false;
		input->name_count = 0;
		input->pos = input->block.len = 0;
		WR_TRY(wr_fs_stream_open(&input->stream, input->env, input->file->path));
		status = file_records(input);
		wr_fs_stream_close(&input->stream);
	}
	return status;
}
