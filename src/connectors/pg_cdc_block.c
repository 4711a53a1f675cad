/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_block - see pg_cdc.h: records into blocks, and blocks into batches.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "connectors/pg_cdc.h"

#define IDLE_US 1000000 /* between two calls of `idle` while there is no room */

/* --- filling ------------------------------------------------------------------------------------
 */

static struct wr_pg_cdc_block *filling(struct wr_source *source)
{
	if (source->filling == NULL) {
		struct wr_pg_cdc_block *block = wr_calloc(1, sizeof *block);

		block->layout = source->layout;
		wr_text_init(&block->records);
		wr_text_init(&block->position);
		source->filling = block;
	}
	return source->filling;
}

void wr_pg_cdc_record(struct wr_source *source, uint8_t kind, int64_t time_us)
{
	struct wr_pg_cdc_block *block = filling(source);

	WR_ASSERT(block->layout == source->layout);
	wr_text_putc(&block->records, (char)kind);
	wr_text_add(&block->records, &time_us, sizeof time_us);
	block->rows++;
}

void wr_pg_cdc_value(struct wr_source *source, const char *data, uint32_t len)
{
	char head[4];

	wr_pg_put32(head, data != NULL ? len : UINT32_MAX);
	wr_text_add(&source->filling->records, head, sizeof head);
	if (data != NULL)
		wr_text_add(&source->filling->records, data, len);
}

size_t wr_pg_cdc_filled(const struct wr_source *source)
{
	return source->filling != NULL ? source->filling->records.len : 0;
}

/* The records move into a buffer that columns can keep. */
static void block_close(struct wr_source *source, struct wr_pg_cdc_block *block)
{
	block->buf = wr_buf_new(block->records.len);
	if (block->records.len > 0)
		memcpy(block->buf->data, block->records.data, block->records.len);
	block->item.bytes = block->records.len;
	wr_text_release(&block->records);
	block->lsn = source->put_lsn = source->at.lsn;
	source->put_skip = source->at.skip;
	if (source->at.snapshot_done || source->key_count > 0)
		wr_pg_cdc_position_put(&source->at, &block->position);
	else
		source->some_rows = true;
	block->block.own = block;
	block->block.origin = source->name;
	block->block.range.buf = block->buf;
	block->block.range.data = block->buf->data;
	block->block.range.len = block->item.bytes;
}

wr_status *wr_pg_cdc_put(struct wr_source *source, wr_status *(*idle)(void *user), void *user)
{
	struct wr_pg_cdc_block *block = filling(source);

	block_close(source, block);
	source->filling = NULL;
	while (!wr_feed_put(source->feed, &block->item, IDLE_US)) {
		wr_status *status = NULL;

		if (wr_feed_stopping(source->feed))
			status = wr_status_new(WR_RETRY, "The job ends");
		else if (idle != NULL)
			status = idle(user);
		if (status == NULL)
			continue;
		wr_pg_cdc_block_free(&block->item);
		return status;
	}
	return NULL;
}

void wr_pg_cdc_block_free(struct wr_feed_item *item)
{
	struct wr_pg_cdc_block *block = (struct wr_pg_cdc_block *)item;

	if (block == NULL)
		return;
	wr_buf_unref(block->buf);
	wr_text_release(&block->records);
	wr_text_release(&block->position);
	wr_free(block);
}

/* --- reading ------------------------------------------------------------------------------------
 */

struct wr_reader {
	struct wr_source *source;
	const struct wr_pg_cdc_layout *layout; /* that the decoders are for; NULL: none */
	struct wr_pg_decoder *decoder;         /* per column of the layout */
	uint32_t max_rows;
};

wr_status *wr_pg_cdc_reader_new(struct wr_source *source, struct wr_reader **out)
{
	struct wr_reader *reader = wr_calloc(1, sizeof *reader);
	uint64_t max_rows = source->args->max_rows;

	reader->source = source;
	reader->max_rows =
	    max_rows == 0 ? WR_BATCH_ROWS_MAX : (uint32_t)WR_MIN(max_rows, WR_BATCH_ROWS_MAX);
	*out = reader;
	return NULL;
}

static void decoders_release(struct wr_reader *reader)
{
	for (uint32_t i = 0; reader->layout != NULL && i < reader->layout->count; i++)
		if (reader->layout->column[i].oid != 0)
			wr_pg_decoder_release(&reader->decoder[i]);
	wr_free(reader->decoder);
	reader->decoder = NULL;
	reader->layout = NULL;
}

void wr_pg_cdc_reader_free(struct wr_reader *reader)
{
	if (reader == NULL)
		return;
	decoders_release(reader);
	wr_free(reader);
}

/* Decoders for the block's columns. */
static void decoders_for(struct wr_reader *reader, const struct wr_pg_cdc_layout *layout)
{
	if (reader->layout == layout)
		return;
	decoders_release(reader);
	reader->layout = layout;
	reader->decoder = wr_calloc(layout->count + 1, sizeof *reader->decoder);
	for (uint32_t i = 0; i < layout->count; i++)
		if (layout->column[i].oid != 0)
			wr_pg_decoder_init(&reader->decoder[i], layout->column[i].oid,
					   layout->column[i].type, reader->source->zone);
}

/* A value that cannot be taken: its row is bad. */
static void bad_value(struct wr_block *block, const char *record, const char *end,
		      const char *column, const char *why)
{
	struct wr_bad_record *bad = wr_bad_list_add(&block->range.bad);

	bad->kind = "type";
	bad->offset = (uint64_t)(record - block->range.data);
	bad->length = (uint32_t)(end - record);
	bad->row = block->range.rows;
	bad->unplaced = true;
	bad->column = column;
	snprintf(bad->text, sizeof bad->text, "%s", why);
}

/* The values of a record, one after the other; those that are appended come after all were checked.
 */
static const char *decode_values(struct wr_reader *reader, struct wr_block *block,
				 const char *record, uint32_t row, bool *good)
{
	const struct wr_pg_cdc_layout *layout = reader->layout;
	const char *at = record + WR_PG_CDC_RECORD_HEAD;
	const char *wrong[2] = {NULL, NULL}; /* column, why */

	for (int pass = 0; pass < 2 && wrong[0] == NULL; pass++) {
		at = record + WR_PG_CDC_RECORD_HEAD;
		for (uint32_t i = 0; i < layout->count; i++) {
			int32_t len = (int32_t)wr_pg_get32(at);
			struct wr_pg_decoder *decoder = &reader->decoder[i];
			const char *why = NULL;

			at += 4;
			if (layout->column[i].oid == 0)
				continue;
			if (wr_pg_decoder_appends(decoder))
				why = pass == 0 ? wr_pg_check(decoder, at, len)
						: wr_pg_decode(decoder, row, at, len);
			else if (pass == 0)
				why = wr_pg_decode(decoder, row, at, len);
			if (why != NULL && wrong[0] == NULL) {
				wrong[0] = layout->column[i].name;
				wrong[1] = why;
			}
			at += len > 0 ? len : 0;
		}
	}
	*good = wrong[0] == NULL;
	if (!*good)
		bad_value(block, record, at, wrong[0], wrong[1]);
	return at;
}

/* A column of `rows` NULLs. */
static struct wr_column *null_column(const struct wr_type *type, uint32_t rows)
{
	struct wr_builder *builder = wr_builder_new(type, rows);
	struct wr_column *column;

	for (uint32_t i = 0; i < rows; i++)
		wr_builder_null(builder);
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* One of the metadata columns. */
static struct wr_column *metadata_column(const struct wr_source *source, uint32_t index,
					 const int64_t *time_us, uint32_t rows)
{
	const struct wr_connector_args *args = source->args;
	const char *key = args->metadata_key[index - args->physical_count];
	struct wr_builder *builder = wr_builder_new(args->schema->field[index].type, rows);
	const char *dot = strchr(source->name, '.');
	struct wr_column *column;

	for (uint32_t i = 0; i < rows; i++) {
		if (strcmp(key, "op_ts") == 0)
			wr_builder_i64(builder, time_us[i] / 1000);
		else if (strcmp(key, "schema_name") == 0)
			wr_builder_str(builder, source->name, (size_t)(dot - source->name));
		else if (strcmp(key, "table_name") == 0)
			wr_builder_str(builder, dot + 1, strlen(dot + 1));
		else
			wr_builder_str(builder, source->database, strlen(source->database));
	}
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* The decoded columns, NULLs for those that are not there, and metadata, in the order of wanted. */
static struct wr_batch *make_batch(struct wr_reader *reader, const int64_t *time_us, uint8_t *kind,
				   uint32_t rows)
{
	const struct wr_connector_args *args = reader->source->args;
	struct wr_batch *batch = wr_batch_new(args->wanted_count, rows);
	uint32_t physical = 0;
	bool inserts = true;

	for (uint32_t i = 0; i < args->wanted_count; i++) {
		const struct wr_pg_cdc_column *column = &reader->layout->column[physical];

		if (args->wanted[i] >= args->physical_count) {
			batch->column[i] =
			    metadata_column(reader->source, args->wanted[i], time_us, rows);
			continue;
		}
		batch->column[i] = column->oid == 0
				       ? null_column(column->type, rows)
				       : wr_pg_decoder_finish(&reader->decoder[physical], rows);
		physical++;
	}
	for (uint32_t i = 0; i < rows; i++)
		inserts = inserts && kind[i] == WR_INSERT;
	if (!inserts)
		memcpy(wr_batch_kinds(batch), kind, rows);
	return batch;
}

wr_status *wr_pg_cdc_decode(struct wr_reader *reader, struct wr_block *block, struct wr_batch **out)
{
	struct wr_pg_cdc_block *own = block->own;
	struct wr_decode_range *range = &block->range;
	uint32_t limit = range->rows_max != 0 ? range->rows_max : reader->max_rows, rows = 0;
	const char *at = range->data + range->pos, *end = range->data + range->len;
	uint8_t kind[WR_BATCH_ROWS_MAX];
	int64_t time_us[WR_BATCH_ROWS_MAX];

	*out = NULL;
	if (at == end)
		return NULL;
	decoders_for(reader, own->layout);
	for (uint32_t i = 0; i < own->layout->count; i++)
		if (own->layout->column[i].oid != 0)
			wr_pg_decoder_begin(&reader->decoder[i], limit, range->buf);
	while (at < end && rows < limit) {
		bool good;

		kind[rows] = (uint8_t)*at;
		memcpy(&time_us[rows], at + 1, sizeof time_us[rows]);
		at = decode_values(reader, block, at, rows, &good);
		rows += good;
		range->rows += good;
	}
	range->pos = (size_t)(at - range->data);
	*out = make_batch(reader, time_us, kind, rows);
	return NULL;
}
