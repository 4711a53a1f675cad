/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_kv - tables (k STRING, v BIGINT) for the tests of the file sink, and writing rows to
 * them.
 */
#ifndef WR_TESTS_FILESYSTEM_KV_H
#define WR_TESTS_FILESYSTEM_KV_H

#include "filesystem_case.h"

/* A table (k STRING, v BIGINT). */
static void kv_table(struct table *table)
{
	table_init(table);
	table_column(table, "k", &WR_T_STRING);
	table_column(table, "v", &WR_T_BIGINT);
}

static void kv_key(struct table *table)
{
	table->key[0] = 0;
	table->args.primary_key_count = 1;
}

struct row {
	uint8_t kind;
	const char *k; /* NULL: NULL */
	int64_t v;
};

static struct wr_batch *kv_batch(const struct row *row, uint32_t count)
{
	struct wr_builder *k = wr_builder_new(&WR_T_STRING, count);
	struct wr_builder *v = wr_builder_new(&WR_T_BIGINT, count);
	struct wr_batch *batch = wr_batch_new(2, count);

	for (uint32_t i = 0; i < count; i++) {
		if (row[i].k != NULL)
			wr_builder_str(k, row[i].k, strlen(row[i].k));
		else
			wr_builder_null(k);
		wr_builder_i64(v, row[i].v);
		if (row[i].kind != WR_INSERT)
			wr_batch_kinds(batch)[i] = row[i].kind;
	}
	batch->column[0] = wr_builder_finish(k);
	batch->column[1] = wr_builder_finish(v);
	wr_builder_free(k);
	wr_builder_free(v);
	return batch;
}

/* Encodes and writes a batch. */
static wr_status *sink_batch(struct wr_sink *sink, struct wr_writer *writer,
			     struct wr_batch *batch_moved)
{
	struct wr_chunk chunk = {.rows = wr_batch_count(batch_moved)};
	wr_status *status;

	wr_text_init(&chunk.bytes);
	status = wr_fs_writer_encode(writer, batch_moved, &chunk);
	wr_batch_free(batch_moved);
	if (status == NULL) {
		status = wr_fs_sink_write(sink, &chunk);
		wr_fs_chunk_free(&chunk);
	}
	wr_text_release(&chunk.bytes);
	return status;
}

static wr_status *sink_rows(struct wr_sink *sink, const struct row *row, uint32_t count)
{
	struct wr_writer *writer;

	WR_TRY(wr_fs_writer_new(sink, &writer));
	wr_status *status = sink_batch(sink, writer, kv_batch(row, count));
	wr_fs_writer_free(writer);
	return status;
}

#endif
