/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_encode - batches into bytes, on every worker: the columns that belong into records,
 * partition by partition, or record by record where only the last one of a key counts.
 *
 * Thread: a writer belongs to one worker; of the sink it reads only what open() has settled.
 */
#include "base/mem.h"
#include "connectors/filesystem_sink.h"
#include "data/print.h"
#include "data/zone.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

struct wr_writer {
	struct wr_sink *sink;
	struct wr_encoder *encoder;
	struct wr_encoded keys; /* upserts: of the batch's rows */
	struct wr_zone *zone;   /* of TIMESTAMP_LTZ in partition names; NULL: UTC */
};

/* Rows of one partition within a batch. */
struct group {
	uint32_t *row; /* physical; owned */
	uint32_t count, capacity;
};

wr_status *wr_fs_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	struct wr_writer *writer = wr_calloc(1, sizeof *writer);
	wr_status *status;

	writer->sink = sink;
	wr_encoded_init(&writer->keys);
	if (sink->args->zone_id != NULL)
		WR_TRY_OUT(status, wr_zone_open(sink->args->zone_id, &writer->zone));
	WR_TRY_OUT(status,
		   sink->args->format->encoder_new(&sink->columns.format, &writer->encoder));
	*out = writer;
	return NULL;
out:
	wr_fs_writer_free(writer);
	return status;
}

void wr_fs_writer_free(struct wr_writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->encoder != NULL)
		writer->sink->args->format->encoder_free(writer->encoder);
	wr_encoded_release(&writer->keys);
	wr_zone_close(writer->zone);
	wr_free(writer);
}

void wr_fs_chunk_free(struct wr_chunk *chunk)
{
	struct wr_fs_index *index = chunk->own;

	if (index == NULL)
		return;
	for (uint32_t i = 0; i < index->slice_count; i++)
		wr_free(index->slice[i].partition);
	wr_free(index->slice);
	wr_free(index->record);
	wr_free(index);
	chunk->own = NULL;
}

/* The batch with the columns of the records alone. */
static struct wr_batch *encode_view(const struct wr_sink *sink, const struct wr_batch *batch)
{
	struct wr_batch *view = wr_batch_share(batch);
	uint32_t count = sink->columns.format.schema->count;
	struct wr_column **column = wr_calloc(count + 1, sizeof(struct wr_column *));

	for (uint32_t i = 0; i < count; i++)
		column[i] = wr_column_ref(batch->column[sink->columns.physical[i]]);
	for (uint32_t i = 0; i < view->column_count; i++)
		wr_column_unref(view->column[i]);
	wr_free(view->column);
	view->column = column;
	view->column_count = count;
	return view;
}

/* Rows of a view that count from now on (owned by the view). */
static void view_select(struct wr_batch *view, uint32_t *sel_moved, uint32_t count)
{
	wr_free(view->sel);
	view->sel = sel_moved;
	view->sel_count = count;
}

/* --- keys ---------------------------------------------------------------------------------------
 */

/* The hashes of the rows' primary keys. */
static void encode_keys(struct wr_writer *writer, const struct wr_batch *batch,
			struct wr_fs_record *record, uint32_t count)
{
	const struct wr_connector_args *args = writer->sink->args;
	struct wr_column **key = wr_calloc(args->primary_key_count, sizeof(struct wr_column *));

	for (uint32_t k = 0; k < args->primary_key_count; k++)
		key[k] = batch->column[args->primary_key[k]];
	wr_codec_encode_batch(&writer->sink->key, &writer->keys, key, batch->sel, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t len;
		const char *bytes = wr_encoded_row(&writer->keys, i, &len);
		XXH128_hash_t hash = XXH3_128bits(bytes, len);

		record[i].key = (struct wr_fs_key){hash.low64, (uint32_t)hash.high64};
	}
	wr_free(key);
}

/* Encodes row by row, so that every record's length is known. */
static wr_status *encode_upserts(struct wr_writer *writer, const struct wr_batch *batch,
				 struct wr_chunk *chunk)
{
	const struct wr_format *format = writer->sink->args->format;
	uint32_t count = wr_batch_count(batch);
	struct wr_fs_index *index = wr_calloc(1, sizeof *index);
	struct wr_batch *view = encode_view(writer->sink, batch);
	wr_status *status = NULL;

	chunk->own = index;
	index->record_count = count;
	index->record = wr_calloc(count + 1, sizeof *index->record);
	encode_keys(writer, batch, index->record, count);
	view_select(view, wr_malloc(sizeof(uint32_t)), 1);
	wr_free(view->kind);
	view->kind = NULL;
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		uint32_t row = wr_batch_row(batch, i);
		size_t before = chunk->bytes.len;

		if (!wr_kind_is_add(wr_batch_kind(batch, row)))
			continue;
		view->sel[0] = row;
		status = format->encode(writer->encoder, view, &chunk->bytes, NULL);
		index->record[i].len = (uint32_t)(chunk->bytes.len - before);
	}
	wr_batch_free(view);
	return status;
}

/* --- partitions ---------------------------------------------------------------------------------
 */

/* Appends "a=1/b=x" for a row. */
static void partition_path(const struct wr_writer *writer, const struct wr_batch *batch,
			   uint32_t row, struct wr_text *path)
{
	const struct wr_connector_args *args = writer->sink->args;
	struct wr_text value;

	wr_text_init(&value);
	for (uint32_t p = 0; p < args->partition_count; p++) {
		const struct wr_column *column = batch->column[writer->sink->columns.partition[p]];

		wr_text_clear(&value);
		if (wr_column_is_valid(column, row))
			wr_value_print(&value, column, row, writer->zone);
		if (value.len == 0)
			wr_text_puts(&value,
				     wr_options_str(args->options, "partition.default-name"));
		if (p != 0)
			wr_text_putc(path, '/');
		wr_fs_escape(path, args->partition_key[p], strlen(args->partition_key[p]));
		wr_text_putc(path, '=');
		wr_fs_escape(path, value.data, value.len);
	}
	wr_text_release(&value);
}

static bool same_partition(const struct wr_sink *sink, const struct wr_batch *batch, uint32_t a,
			   uint32_t b)
{
	for (uint32_t p = 0; p < sink->args->partition_count; p++) {
		const struct wr_column *column = batch->column[sink->columns.partition[p]];

		if (!wr_value_equal(column, a, column, b))
			return false;
	}
	return true;
}

/* Sorts the rows by partition; partitions in the order of their first rows. */
static void group_rows(struct wr_writer *writer, const struct wr_batch *batch,
		       struct wr_map *groups)
{
	struct group *group = NULL;
	struct wr_text path;
	uint32_t count = wr_batch_count(batch), last = 0;

	wr_text_init(&path);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i);

		if (group == NULL || !same_partition(writer->sink, batch, last, row)) {
			wr_text_clear(&path);
			partition_path(writer, batch, row, &path);
			group = wr_map_get(groups, path.data);
		}
		if (group == NULL) {
			group = wr_calloc(1, sizeof *group);
			wr_map_put(groups, path.data, group);
		}
		if (group->count == group->capacity) {
			group->capacity = group->capacity == 0 ? 16 : group->capacity * 2;
			group->row = wr_realloc(group->row, group->capacity * sizeof *group->row);
		}
		group->row[group->count++] = row;
		last = row;
	}
	wr_text_release(&path);
}

/* Encodes partition after partition. */
static wr_status *encode_partitions(struct wr_writer *writer, const struct wr_batch *batch,
				    struct wr_chunk *chunk)
{
	const struct wr_format *format = writer->sink->args->format;
	struct wr_fs_index *index = wr_calloc(1, sizeof *index);
	struct wr_batch *view = encode_view(writer->sink, batch);
	wr_status *status = NULL;
	struct wr_map groups;

	chunk->own = index;
	wr_map_init(&groups);
	group_rows(writer, batch, &groups);
	index->slice = wr_calloc(groups.count + 1, sizeof *index->slice);
	for (uint32_t g = 0; g < groups.count; g++) {
		struct group *group = groups.entry[g].value;
		size_t before = chunk->bytes.len;

		view_select(view, group->row, group->count);
		if (status == NULL)
			status = format->encode(writer->encoder, view, &chunk->bytes, NULL);
		index->slice[g] =
		    (struct wr_fs_slice){wr_strdup(groups.entry[g].key), chunk->bytes.len - before};
		index->slice_count++;
		wr_free(group);
	}
	wr_batch_free(view);
	wr_map_release(&groups);
	return status;
}

/* --- all together -------------------------------------------------------------------------------
 */

/* Rows that take others back can only be written where those can be taken back. */
static wr_status *check_kinds(const struct wr_sink *sink, const struct wr_batch *batch)
{
	const struct wr_connector_args *args = sink->args;

	if (args->format->changelog || sink->upserts || batch->kind == NULL)
		return NULL;
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint8_t kind = wr_batch_kind(batch, wr_batch_row(batch, i));

		if (kind != WR_INSERT)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "Table '%s' gets an update (%s), which %s cannot take "
					  "with format '%s'",
					  args->table, wr_row_kind_str(kind),
					  sink->mode == WR_FS_STREAM ? "a stream of bytes"
					  : args->partition_count > 0
					      ? "a table with PARTITIONED BY"
					      : "a table without PRIMARY KEY",
					  args->format->name),
			    "Write one file such as 'path' = 'out.json' and declare a PRIMARY KEY, "
			    "or use a changelog format such as 'debezium-json'");
	}
	return NULL;
}

wr_status *wr_fs_writer_encode(struct wr_writer *writer, const struct wr_batch *batch,
			       struct wr_chunk *chunk)
{
	struct wr_sink *sink = writer->sink;
	const struct wr_format *format = sink->args->format;
	struct wr_batch *view;
	wr_status *status;

	chunk->own = NULL;
	WR_TRY(check_kinds(sink, batch));
	if (sink->upserts)
		status = encode_upserts(writer, batch, chunk);
	else if (sink->args->partition_count > 0)
		status = encode_partitions(writer, batch, chunk);
	else if (batch->column_count == sink->columns.format.schema->count)
		return format->encode(writer->encoder, batch, &chunk->bytes, NULL);
	else {
		view = encode_view(sink, batch);
		status = format->encode(writer->encoder, view, &chunk->bytes, NULL);
		wr_batch_free(view);
	}
	if (status != NULL)
		wr_fs_chunk_free(chunk);
	return status;
}
