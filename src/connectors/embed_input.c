/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_input - the connector 'input': a table whose rows a program pushes (weir_input_* of
 * weir.h).
 *
 * The rows wait in the table's queue (embed_queue.h); a block is what the job's reader takes of it
 * at a time. Nothing is decoded: batches share the columns that were pushed.
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/embed_queue.h"
#include "connectors/registry.h"

#define BLOCK_ITEMS 16u     /* of a block at most */
#define BLOCK_ROWS  16384u  /* of a block at most */
#define WAIT_US     1000000 /* until the next look, if nobody wakes */

static const char *const changelogs[] = {"inserts", "changes", "upserts", NULL};

static const struct wr_option input_options[] = {
    {.name = "input.capacity",
     .type = WR_OPTION_INT,
     .fallback = "65536",
     .min = 1,
     .max = INT64_C(1000000000),
     .doc = "Rows that wait at most: for the slowest job that reads the table, and for the next "
	    "checkpoint where jobs make them. Pushing more waits."},
    {.name = "input.changelog",
     .type = WR_OPTION_ENUM,
     .fallback = "inserts",
     .values = changelogs,
     .doc = "What is pushed: `inserts` alone, `changes` (rows of all kinds, a change as its row "
	    "before and its row after) or `upserts` (rows by PRIMARY KEY, deletions)."},
    {.name = "input.bounded",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "The program will end the input (weir_input_end), so that batch mode can read it."},
};

struct wr_source {
	const struct wr_connector_args *args; /* the plan's */
	struct wr_input *input;               /* a reference */
	struct wr_input_reader *reader;       /* the job's place; the queue's */
};

struct wr_reader {
	const struct wr_connector_args *args;
};

/* What a block has, and how far it has been decoded. */
struct taken {
	struct wr_input_item item[BLOCK_ITEMS]; /* with references */
	uint32_t offset[BLOCK_ITEMS];           /* first row of each that is meant */
	uint32_t count;                         /* number of item */
	uint32_t next;                          /* item to be decoded next */
	uint32_t done;                          /* rows of it that were */
	int64_t watermark_ms;                   /* before it, within the block */
};

static enum wr_source_rows input_rows(const struct wr_connector_args *args)
{
	switch (wr_options_i64(args->options, "input.changelog")) {
	case 1: return WR_SOURCE_CHANGES;
	case 2: return WR_SOURCE_UPSERTS;
	default: return WR_SOURCE_INSERTS;
	}
}

static bool input_is_bounded(const struct wr_connector_args *args)
{
	return wr_options_bool(args->options, "input.bounded");
}

static wr_status *input_check(const struct wr_connector_args *args, bool for_sink)
{
	if (args->embed == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s' has rows only when a program pushes them",
				 args->table),
		    "Connector 'input' is for programs that use libweir: weir_input_open and "
		    "weir_input_push");
	if (input_rows(args) == WR_SOURCE_UPSERTS && args->primary_key_count == 0)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, args->pos,
						   "Table '%s' with 'input.changelog' = 'upserts' "
						   "needs a PRIMARY KEY",
						   args->table),
				      "Declare PRIMARY KEY (...) NOT ENFORCED");
	return NULL;
}

static wr_status *input_open(const struct wr_connector_args *args, struct wr_host *host,
			     struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);

	source->args = args;
	source->input = ((struct wr_input_use *)args->embed)->input;
	(void)wr_embed_ref(&source->input->embed);
	source->reader = wr_input_open(args, host);
	*out = source;
	return NULL;
}

static wr_status *input_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result)
{
	uint64_t rows = ask->rows_max > 0 ? WR_MIN(ask->rows_max, BLOCK_ROWS) : BLOCK_ROWS;
	struct taken taken;
	struct wr_block *block;

	if (!wr_input_take(source->input, source->reader, rows, taken.item, taken.offset,
			   BLOCK_ITEMS, &taken.count)) {
		*result = WR_CLAIM_END;
		return NULL;
	}
	if (taken.count == 0) {
		*result = WR_CLAIM_WAIT;
		ask->wait_us = WAIT_US;
		return NULL;
	}
	taken.next = taken.done = 0;
	taken.watermark_ms = WR_WATERMARK_MIN;
	block = wr_calloc(1, sizeof *block);
	block->own = wr_malloc(sizeof taken);
	memcpy(block->own, &taken, sizeof taken);
	block->watermark_ms = WR_WATERMARK_MIN;
	for (uint32_t i = 0; i < taken.count; i++)
		if (taken.item[i].rows == NULL)
			block->watermark_ms = taken.item[i].watermark_ms;
	block->origin = source->args->table;
	*out = block;
	*result = WR_CLAIM_BLOCK;
	return NULL;
}

static wr_status *input_reader_new(struct wr_source *source, struct wr_reader **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->args = source->args;
	return NULL;
}

static void input_reader_free(struct wr_reader *reader)
{
	wr_free(reader);
}

/* Rows [from, from + rows) of a batch of the queue, with the columns that are wanted. */
static struct wr_batch *share(const struct wr_connector_args *args, const struct wr_batch *batch,
			      uint32_t from, uint32_t rows)
{
	struct wr_batch *out = wr_batch_new(args->wanted_count, rows);
	bool whole = rows == batch->rows;

	for (uint32_t i = 0; i < args->wanted_count; i++) {
		struct wr_column *column = batch->column[args->wanted[i]];

		out->column[i] =
		    whole ? wr_column_ref(column) : wr_column_slice(column, from, rows);
	}
	if (batch->kind != NULL) {
		out->kind = wr_malloc(rows);
		memcpy(out->kind, batch->kind + from, rows);
	}
	return out;
}

static wr_status *input_decode(struct wr_reader *reader, struct wr_block *block,
			       struct wr_batch **out)
{
	struct taken *taken = block->own;
	const struct wr_input_item *item;
	uint32_t rows;

	while (taken->next < taken->count && taken->item[taken->next].rows == NULL)
		taken->watermark_ms = taken->item[taken->next++].watermark_ms;
	*out = NULL;
	if (taken->next == taken->count)
		return NULL;
	item = &taken->item[taken->next];
	rows = (uint32_t)WR_MIN(reader->args->max_rows, item->count - taken->done);
	*out =
	    share(reader->args, item->rows->batch, taken->offset[taken->next] + taken->done, rows);
	(*out)->watermark = taken->watermark_ms;
	block->range.rows += rows;
	taken->done += rows;
	if (taken->done < item->count)
		return NULL;
	taken->done = 0;
	taken->next++;
	return NULL;
}

static void input_block_free(struct wr_source *source, struct wr_block *block)
{
	struct taken *taken = block->own;

	for (uint32_t i = 0; i < taken->count; i++)
		wr_input_rows_unref(taken->item[i].rows);
	wr_free(taken);
	wr_free(block);
}

/* "rows=N", and " watermark=MS" where there is one. */
static wr_status *input_position(struct wr_source *source, struct wr_text *out)
{
	struct wr_input_position at = wr_input_position(source->input, source->reader);

	wr_text_printf(out, "rows=%llu", (unsigned long long)at.rows);
	if (at.watermark_ms != WR_WATERMARK_MIN)
		wr_text_printf(out, " watermark=%lld", (long long)at.watermark_ms);
	return NULL;
}

/* false: it is damaged. */
static bool read_position(const char *bytes, size_t len, struct wr_input_position *at)
{
	char text[64];
	unsigned long long rows;
	long long watermark_ms = WR_WATERMARK_MIN;
	int used = 0, rest = 0;

	if (len == 0 || len >= sizeof text)
		return false;
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (sscanf(text, "rows=%llu%n", &rows, &used) != 1)
		return false;
	if ((size_t)used < len &&
	    (sscanf(text + used, " watermark=%lld%n", &watermark_ms, &rest) != 1 ||
	     (size_t)(used + rest) != len))
		return false;
	*at = (struct wr_input_position){rows, watermark_ms};
	return true;
}

static wr_status *input_seek(struct wr_source *source, const char *bytes, size_t len)
{
	struct wr_input_position at;

	if (!read_position(bytes, len, &at))
		return wr_status_new(WR_FATAL, "The saved position of table '%s' is damaged",
				     source->args->table);
	return wr_input_seek(source->input, source->reader, &at);
}

static void input_confirm(struct wr_source *source, const char *bytes, size_t len)
{
	struct wr_input_position at;

	if (read_position(bytes, len, &at))
		wr_input_confirm(source->input, source->reader, &at);
}

static void input_close(struct wr_source *source)
{
	wr_input_close(source->input, source->reader);
	wr_embed_unref(&source->input->embed);
	wr_free(source);
}

const struct wr_connector wr_connector_input = {
    .name = "input",
    .doc = "Rows that a program pushes through libweir.",
    .options = input_options,
    .option_count = WR_COUNT(input_options),
    .check = input_check,
    .is_bounded = input_is_bounded,
    .source_rows = input_rows,
    .watermarks = true,
    .embed_new = wr_input_new,
    .embed_use = wr_input_use,
    .source_open = input_open,
    .claim = input_claim,
    .reader_new = input_reader_new,
    .decode = input_decode,
    .reader_free = input_reader_free,
    .block_free = input_block_free,
    .position = input_position,
    .seek = input_seek,
    .confirm = input_confirm,
    .source_close = input_close,
};
