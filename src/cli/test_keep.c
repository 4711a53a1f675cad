/* SPDX-License-Identifier: Apache-2.0
 *
 * test_keep - what the tables and SELECTs of a test get: rows as lines of JSON or CSV, in a file
 * for each.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/test_run.h"
#include "formats/formats.h"

/* An encoder for some of the columns. */
struct coder {
	const struct wr_format *format;
	struct wr_schema schema;
	struct wr_options options;
	struct wr_format_args args;
	struct wr_encoder *encoder;
	const uint32_t *column; /* of the batch; NULL: all */
};

struct wr_test_keeper {
	struct wr_arena arena;
	struct coder row, key; /* key.encoder NULL: there is none */
	struct wr_text line;
};

static const struct wr_format *format_of(const char *name)
{
	const struct wr_format *const *format = wr_formats;

	while (strcmp((*format)->name, name) != 0)
		format++;
	return *format;
}

static wr_status *coder_open(struct coder *coder, struct wr_arena *arena,
			     const struct wr_schema *schema, const uint32_t *column, uint32_t count,
			     const char *format, const char *zone_id)
{
	coder->format = format_of(format);
	coder->schema = *schema;
	coder->column = column;
	if (column != NULL) {
		coder->schema.count = count;
		coder->schema.field = WR_NEW_ARRAY(arena, struct wr_field, count);
		for (uint32_t i = 0; i < count; i++)
			coder->schema.field[i] = schema->field[column[i]];
	}
	wr_options_init(&coder->options, arena, "option", coder->format->options,
			coder->format->option_count);
	coder->args = (struct wr_format_args){.format = coder->format,
					      .schema = &coder->schema,
					      .options = &coder->options,
					      .zone_id = zone_id};
	return coder->format->encoder_new(&coder->args, &coder->encoder);
}

/* Appends a row without a line end. */
static wr_status *coder_row(struct coder *coder, const struct wr_batch *batch, uint32_t row,
			    struct wr_text *out)
{
	struct wr_column *columns[WR_COLUMNS_MAX];
	struct wr_batch one = *batch;
	uint32_t sel[1] = {row};

	one.sel = sel;
	one.sel_count = 1;
	one.kind = NULL;
	if (coder->column != NULL) {
		for (uint32_t i = 0; i < coder->schema.count; i++)
			columns[i] = batch->column[coder->column[i]];
		one.column = columns;
		one.column_count = coder->schema.count;
	}
	WR_TRY(coder->format->encode(coder->encoder, &one, out, NULL));
	while (out->len > 0 && strchr("\r\n", out->data[out->len - 1]) != NULL)
		out->data[--out->len] = '\0';
	return NULL;
}

static void coder_close(struct coder *coder)
{
	if (coder->encoder != NULL)
		coder->format->encoder_free(coder->encoder);
}

wr_status *wr_test_keeper_new(struct wr_test_run *run, const char *table,
			      const struct wr_schema *schema, const uint32_t *key,
			      uint32_t key_count, const char *zone_id, struct wr_test_keeper **out)
{
	const struct wr_test_output *output = wr_test_case_output(run->test, table);
	bool csv = output != NULL && output->form == WR_TEST_CSV;
	struct wr_test_keeper *keeper = wr_calloc(1, sizeof *keeper);
	wr_status *status;

	wr_arena_init(&keeper->arena);
	status = coder_open(&keeper->row, &keeper->arena, schema, NULL, 0, csv ? "csv" : "json",
			    zone_id);
	if (status == NULL && key_count > 0)
		status = coder_open(&keeper->key, &keeper->arena, schema, key, key_count, "json",
				    zone_id);
	if (status != NULL) {
		wr_test_keeper_free(keeper);
		return status;
	}
	*out = keeper;
	return NULL;
}

void wr_test_keeper_free(struct wr_test_keeper *keeper)
{
	if (keeper == NULL)
		return;
	coder_close(&keeper->row);
	coder_close(&keeper->key);
	wr_text_release(&keeper->line);
	wr_arena_release(&keeper->arena);
	wr_free(keeper);
}

/* Appends a line in which line ends, within a field of CSV, are two characters. */
static void add_line(struct wr_text *out, const struct wr_text *line)
{
	for (size_t i = 0; i < line->len; i++) {
		if (line->data[i] == '\n')
			wr_text_puts(out, "\\n");
		else
			wr_text_putc(out, line->data[i]);
	}
	wr_text_putc(out, '\n');
}

wr_status *wr_test_keep(struct wr_test_keeper *keeper, const struct wr_batch *batch,
			struct wr_text *out)
{
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);

		wr_text_clear(&keeper->line);
		wr_text_printf(&keeper->line, "%s ", wr_row_kind_str(wr_batch_kind(batch, row)));
		if (keeper->key.encoder != NULL)
			WR_TRY(coder_row(&keeper->key, batch, row, &keeper->line));
		wr_text_putc(&keeper->line, WR_TEST_KEY);
		WR_TRY(coder_row(&keeper->row, batch, row, &keeper->line));
		add_line(out, &keeper->line);
	}
	return NULL;
}

/* --- files --------------------------------------------------------------------------------------
 */

void wr_test_kept_path(const char *folder, const char *table, struct wr_text *path)
{
	wr_text_printf(path, "%s/kept-%s", folder, table);
}

static wr_status *cannot(const struct wr_test_kept *kept)
{
	return wr_status_new(WR_USER_ERROR, "Cannot write '%s': %s", kept->path, strerror(errno));
}

static struct wr_test_kept *find_kept(const struct wr_test_run *run, const char *name)
{
	struct wr_test_kept *kept = run->kept;

	while (kept != NULL && strcmp(kept->name, name) != 0)
		kept = kept->next;
	return kept;
}

wr_status *wr_test_kept_open(struct wr_test_run *run, const char *table, struct wr_test_kept **out)
{
	struct wr_test_kept *kept;
	struct wr_text name, path;
	uint32_t number = 1;

	wr_text_init(&name);
	wr_text_puts(&name, table);
	while ((kept = find_kept(run, name.data)) != NULL && kept->open) {
		wr_text_clear(&name);
		wr_text_printf(&name, "%s#%u", table, ++number);
	}
	if (kept == NULL) {
		kept = wr_calloc(1, sizeof *kept);
		wr_text_init(&path);
		wr_test_kept_path(run->folder, name.data, &path);
		kept->name = wr_strdup(name.data);
		kept->path = path.data;
		kept->next = run->kept;
		run->kept = kept;
		kept->file = fopen(kept->path, "w");
	}
	wr_text_release(&name);
	kept->open = true;
	*out = kept;
	return kept->file != NULL ? NULL : cannot(kept);
}

wr_status *wr_test_kept_write(struct wr_test_kept *kept, const struct wr_text *lines)
{
	if (lines->len > 0 && fwrite(lines->data, 1, lines->len, kept->file) != lines->len)
		return cannot(kept);
	kept->at += lines->len;
	return NULL;
}

wr_status *wr_test_kept_flush(struct wr_test_kept *kept)
{
	return fflush(kept->file) == 0 ? NULL : cannot(kept);
}

wr_status *wr_test_kept_cut(struct wr_test_kept *kept, uint64_t at)
{
	WR_TRY(wr_test_kept_flush(kept));
	if (ftruncate(fileno(kept->file), (off_t)at) != 0 ||
	    fseek(kept->file, (long)at, SEEK_SET) != 0)
		return cannot(kept);
	kept->at = at;
	return NULL;
}

void wr_test_kept_release(struct wr_test_run *run)
{
	struct wr_test_kept *next;

	for (struct wr_test_kept *kept = run->kept; kept != NULL; kept = next) {
		next = kept->next;
		if (kept->file != NULL)
			fclose(kept->file);
		wr_free(kept->name);
		wr_free(kept->path);
		wr_free(kept);
	}
	run->kept = NULL;
}
