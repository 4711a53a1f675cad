/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_case - what the tests of the connector for files share: a folder that goes away, a
 * format of lines ("a,b,c"), and tables over it.
 */
#ifndef WR_TESTS_FILESYSTEM_CASE_H
#define WR_TESTS_FILESYSTEM_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/filesystem.h"
#include "connectors/filesystem_sink.h"
#include "data/print.h"

/* --- the format ---------------------------------------------------------------------------------
 */

struct wr_decoder {
	const struct wr_format_args *args;
};
struct wr_encoder {
	const struct wr_format_args *args;
};

static size_t line_frame(const struct wr_format_args *args, const char *data, size_t len,
			 uint32_t *quoted)
{
	const char *end = memrchr(data, '\n', len);

	return end != NULL ? (size_t)(end - data) + 1 : 0;
}

static wr_status *line_decoder_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->args = args;
	return NULL;
}

static void line_decoder_free(struct wr_decoder *decoder)
{
	wr_free(decoder);
}

/* One field into the builder of its type. */
static void line_field(struct wr_builder *builder, const char *text, size_t len)
{
	char number[24];

	if (builder->phys == WR_P_STR) {
		wr_builder_str(builder, text, len);
		return;
	}
	assert_true(len < sizeof number);
	memcpy(number, text, len);
	number[len] = '\0';
	if (builder->phys == WR_P_I32)
		wr_builder_i32(builder, (int32_t)strtol(number, NULL, 10));
	else
		wr_builder_i64(builder, strtoll(number, NULL, 10));
}

/* Lines into rows; a line that begins with '!' is bad. */
static wr_status *line_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			      uint32_t max_rows, struct wr_batch **out)
{
	const struct wr_format_args *args = decoder->args;
	struct wr_builder *builder[8];
	uint32_t rows = 0;
	volatile char behind WR_UNUSED = 0;

	for (int i = 0; i < 64; i++) /* readable, whatever it is */
		behind ^= range->data[range->len + (size_t)i];
	*out = NULL;
	for (uint32_t i = 0; i < args->wanted_count; i++)
		builder[i] = wr_builder_new(args->schema->field[args->wanted[i]].type, 16);
	while (range->pos < range->len && rows < max_rows) {
		const char *line = range->data + range->pos;
		size_t left = range->len - range->pos;
		const char *end = memchr(line, '\n', left);
		size_t len = end != NULL ? (size_t)(end - line) : left;
		const char *at = line;

		range->pos += len + (end != NULL);
		if (len > 0 && line[0] == '!') {
			struct wr_bad_record *bad = wr_bad_list_add(&range->bad);

			bad->line = range->lines;
			bad->offset = (uint64_t)(line - range->data);
			bad->length = (uint32_t)len;
			bad->kind = "syntax";
		} else {
			for (uint32_t f = 0, w = 0; f < args->schema->count; f++) {
				const char *comma = memchr(at, ',', (size_t)(line + len - at));
				const char *to = comma != NULL ? comma : line + len;

				if (w < args->wanted_count && args->wanted[w] == f)
					line_field(builder[w++], at, (size_t)(to - at));
				at = comma != NULL ? comma + 1 : to;
			}
			rows++;
		}
		range->lines += end != NULL;
	}
	range->rows += rows;
	if (rows > 0) {
		*out = wr_batch_new(args->wanted_count, rows);
		for (uint32_t i = 0; i < args->wanted_count; i++)
			(*out)->column[i] = wr_builder_finish(builder[i]);
	}
	for (uint32_t i = 0; i < args->wanted_count; i++)
		wr_builder_free(builder[i]);
	return NULL;
}

static wr_status *line_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->args = args;
	return NULL;
}

static void line_encoder_free(struct wr_encoder *encoder)
{
	wr_free(encoder);
}

static wr_status *line_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			      struct wr_text *out, struct wr_record_span *span)
{
	assert_int_equal(batch->column_count, encoder->args->schema->count);
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		for (uint32_t c = 0; c < batch->column_count; c++) {
			if (c > 0)
				wr_text_putc(out, ',');
			wr_value_print(out, batch->column[c], wr_batch_row(batch, i), NULL);
		}
		wr_text_putc(out, '\n');
	}
	return NULL;
}

static const struct wr_format line_format = {
    .name = "line",
    .frame = line_frame,
    .decoder_new = line_decoder_new,
    .decode = line_decode,
    .decoder_free = line_decoder_free,
    .encoder_new = line_encoder_new,
    .encode = line_encode,
    .encoder_free = line_encoder_free,
};

/* --- a table ------------------------------------------------------------------------------------
 */

struct table {
	struct wr_arena arena;
	struct wr_schema schema, physical;
	struct wr_field field[8];
	uint32_t wanted[8];
	uint32_t key[8];
	const char *metadata[8];
	const char *partition[8];
	struct wr_options options;
	struct wr_connector_args args;
	struct wr_fs_setup setup;
	char folder[64]; /* of the test; removed at the end */
};

static void table_init(struct table *table)
{
	memset(table, 0, sizeof *table);
	wr_arena_init(&table->arena);
	snprintf(table->folder, sizeof table->folder, "/tmp/weir-fs-XXXXXX");
	assert_non_null(mkdtemp(table->folder));
	wr_options_init(&table->options, &table->arena, "option", wr_connector_filesystem.options,
			wr_connector_filesystem.option_count);
	table->schema.field = table->field;
	table->physical.field = table->field;
	table->args = (struct wr_connector_args){.env = wr_env_system(),
						 .table = "t",
						 .schema = &table->schema,
						 .metadata_key = table->metadata,
						 .wanted = table->wanted,
						 .options = &table->options,
						 .format = &line_format,
						 .format_args = {.schema = &table->physical},
						 .partition_key = table->partition,
						 .primary_key = table->key};
	table->setup = wr_fs_setup(&table->args);
}

static void table_column(struct table *table, const char *name, const struct wr_type *type)
{
	uint32_t i = table->schema.count++;

	table->field[i] = (struct wr_field){name, type};
	table->wanted[i] = i;
	table->physical.count = table->args.physical_count = table->args.wanted_count = i + 1;
}

static WR_UNUSED void table_metadata(struct table *table, const char *key,
				     const struct wr_type *type)
{
	uint32_t i = table->schema.count++;

	table->field[i] = (struct wr_field){key, type};
	table->wanted[i] = i;
	table->metadata[i - table->args.physical_count] = key;
	table->args.wanted_count = i + 1;
}

static WR_UNUSED void table_partition(struct table *table, const char *name)
{
	table->partition[table->args.partition_count++] = name;
}

static WR_UNUSED void table_option(struct table *table, const char *name, const char *value)
{
	wr_status *status =
	    wr_options_set(&table->options, name, wr_arena_strdup(&table->arena, value));

	assert_null(status);
}

/* The path of a name in the test's folder. */
static const char *in_folder(struct table *table, const char *name)
{
	return wr_arena_printf(&table->arena, "%s/%s", table->folder, name);
}

static void table_path(struct table *table, const char *name)
{
	table_option(table, "path", name[0] != '\0' ? in_folder(table, name) : table->folder);
}

static void remove_tree(const char *path);
static wr_status *remove_name(void *ctx, const char *name)
{
	struct wr_text path;

	wr_text_init(&path);
	wr_fs_join(&path, ctx, name);
	remove_tree(path.data);
	wr_text_release(&path);
	return NULL;
}
static void remove_tree(const char *path)
{
	struct wr_env *env = wr_env_system();
	struct wr_file_info info;

	assert_null(env->ops->stat(env, path, &info));
	if (info.is_dir)
		assert_null(env->ops->list(env, path, remove_name, (void *)path));
	wr_status_free(env->ops->remove(env, path));
}

static void table_release(struct table *table)
{
	remove_tree(table->folder);
	wr_arena_release(&table->arena);
}

/* --- files --------------------------------------------------------------------------------------
 */

static void put_bytes(struct table *table, const char *name, const char *bytes, size_t len)
{
	const char *path = in_folder(table, name);
	struct wr_env *env = wr_env_system();
	struct wr_text folder;

	wr_text_init(&folder);
	wr_fs_folder(&folder, path);
	assert_null(env->ops->make_dirs(env, folder.data));
	assert_null(wr_env_write_file(env, path, bytes, len));
	wr_text_release(&folder);
}

static WR_UNUSED void put_file(struct table *table, const char *name, const char *text)
{
	put_bytes(table, name, text, strlen(text));
}

/* A file's text, in the table's arena. */
static WR_UNUSED const char *get_file(struct table *table, const char *name)
{
	char *data;
	size_t len;

	assert_null(
	    wr_env_read_file(wr_env_system(), in_folder(table, name), 1u << 26, &data, &len));
	const char *copy = wr_arena_strndup(&table->arena, data, len);
	wr_free(data);
	return copy;
}

static wr_status *list_name(void *ctx, const char *name)
{
	wr_text_printf(ctx, "%s\n", name);
	return NULL;
}

/* The names in a folder, each with a line end. */
static WR_UNUSED const char *names(struct table *table, const char *folder)
{
	struct wr_env *env = wr_env_system();
	struct wr_text text;

	wr_text_init(&text);
	wr_status_free(env->ops->list(env, in_folder(table, folder), list_name, &text));
	const char *copy = wr_arena_strdup(&table->arena, wr_text_str(&text));
	wr_text_release(&text);
	return copy;
}

static WR_UNUSED void assert_error(wr_status *status, const char *part)
{
	assert_non_null(status);
	if (strstr(status->text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", status->text, part);
	wr_status_free(status);
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* What a whole read gave. */
struct reading {
	struct wr_text rows; /* values with '|', rows with '\n' */
	uint32_t blocks, waits;
	uint64_t bytes, lines, bad;
	uint32_t starts;      /* blocks that start a file */
	uint64_t largest;     /* bytes of the largest block */
	const char *bad_kind; /* of the last bad record */
};

static void reading_release(struct reading *reading)
{
	wr_text_release(&reading->rows);
	memset(reading, 0, sizeof *reading);
}

static wr_status *read_block(struct reading *reading, struct wr_reader *reader,
			     struct wr_block *block, uint64_t max_rows)
{
	for (;;) {
		struct wr_batch *batch;

		WR_TRY(wr_fs_reader_decode(reader, block, &batch));
		if (batch == NULL)
			break;
		assert_true(max_rows == 0 || batch->rows <= max_rows);
		for (uint32_t i = 0; i < batch->rows; i++) {
			for (uint32_t c = 0; c < batch->column_count; c++) {
				wr_text_puts(&reading->rows, c > 0 ? "|" : "");
				wr_value_print(&reading->rows, batch->column[c], i, NULL);
			}
			wr_text_putc(&reading->rows, '\n');
		}
		wr_batch_free(batch);
	}
	reading->blocks++;
	reading->bytes += block->range.len;
	reading->lines += block->range.lines;
	reading->bad += block->range.bad.count;
	reading->starts += block->origin_starts;
	reading->largest = WR_MAX(reading->largest, block->range.len);
	if (block->range.bad.count > 0)
		reading->bad_kind = block->range.bad.record[block->range.bad.count - 1].kind;
	return NULL;
}

/* Claims and decodes until the end, or until `waits_max` claims in a row had nothing. */
static wr_status *read_some(struct table *table, struct wr_source *source, uint32_t waits_max,
			    struct reading *reading)
{
	struct wr_reader *reader = NULL;
	wr_status *status;
	uint32_t waits = 0;
	uint64_t next = UINT64_MAX;

	WR_TRY(wr_fs_reader_new(source, &reader));
	for (;;) {
		struct wr_block *block = NULL;
		enum wr_claim result;
		struct wr_claim_ask ask = {0};

		WR_TRY_OUT(status, wr_fs_source_claim(source, &ask, &block, &result));
		if (result == WR_CLAIM_END || (result == WR_CLAIM_WAIT && ++waits > waits_max))
			break;
		if (result == WR_CLAIM_WAIT) {
			reading->waits++;
			usleep(1000);
			continue;
		}
		waits = 0;
		assert_true(next == UINT64_MAX || block->index == next);
		next = block->index + 1;
		assert_true(block->range.first == block->origin_starts);
		assert_true(!block->origin_starts || block->offset == 0);
		status = read_block(reading, reader, block, table->args.max_rows);
		wr_fs_block_free(source, block);
		if (status != NULL)
			goto out;
	}
out:
	wr_fs_reader_free(reader);
	return status;
}

static wr_status *read_all(struct table *table, struct reading *reading)
{
	struct wr_source *source;

	memset(reading, 0, sizeof *reading);
	wr_text_init(&reading->rows);
	WR_TRY(wr_fs_source_open(&table->args, &table->setup, &source));
	wr_status *status = read_some(table, source, 0, reading);
	wr_fs_source_close(source);
	return status;
}

static WR_UNUSED void assert_rows(struct table *table, const char *want)
{
	struct reading reading;
	wr_status *status = read_all(table, &reading);

	if (status != NULL)
		fail_msg("%s", status->text);
	assert_string_equal(wr_text_str(&reading.rows), want);
	reading_release(&reading);
}

#endif
