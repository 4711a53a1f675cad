/* SPDX-License-Identifier: Apache-2.0
 *
 * topic - see topic.h.
 */
#include "topic.h"

#include <stdio.h>

#include "base/mem.h"
#include "data/builder.h"

#define BLOCK_ROWS 7
#define BEGIN_MS   INT64_C(1767225620000) /* 2026-01-01 00:00:20 */

struct wr_source {
	const struct wr_connector_args *args;
	uint32_t splits;                  /* number of them */
	uint64_t rows;                    /* of each */
	uint64_t at[WR_TOPIC_SPLITS_MAX]; /* next row of each */
};

struct wr_reader {
	const struct wr_connector_args *args;
};

static const struct wr_option topic_options[] = {
    {.name = "splits",
     .type = WR_OPTION_INT,
     .fallback = "3",
     .min = 1,
     .max = WR_TOPIC_SPLITS_MAX},
    {.name = "rows", .type = WR_OPTION_INT, .fallback = "100", .min = 0, .max = 1000000},
};

static wr_status *topic_open(const struct wr_connector_args *args, struct wr_host *host,
			     struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);

	source->args = args;
	source->splits = (uint32_t)wr_options_i64(args->options, "splits");
	source->rows = (uint64_t)wr_options_i64(args->options, "rows");
	*out = source;
	return NULL;
}

/* The split of the next block; UINT32_MAX: all that have rows are held. *left: rows that are left.
 */
static uint32_t topic_choose(const struct wr_source *source, const struct wr_claim_ask *ask,
			     uint64_t *left)
{
	uint64_t sum = 0;
	uint32_t first;

	for (uint32_t i = 0; i < source->splits; i++)
		sum += source->at[i];
	*left = source->splits * source->rows - sum;
	/* Runs of blocks of one split, so that splits are apart. */
	first = (uint32_t)((sum / 50 * UINT64_C(0x9E3779B97F4A7C15) >> 33) % source->splits);
	for (uint32_t k = 0; k < source->splits; k++) {
		uint32_t i = (first + k) % source->splits;
		bool held = i < ask->split_count && ask->split[i].held;

		if (!held && source->at[i] < source->rows)
			return i;
	}
	return UINT32_MAX;
}

static wr_status *topic_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result)
{
	uint64_t left, rows = BLOCK_ROWS;
	uint32_t split = topic_choose(source, ask, &left);

	ask->split_total = source->splits;
	*result = left == 0 ? WR_CLAIM_END : WR_CLAIM_WAIT;
	if (split == UINT32_MAX)
		return NULL;
	if (ask->rows_max > 0)
		rows = WR_MIN(rows, ask->rows_max);
	*out = wr_calloc(1, sizeof **out);
	(*out)->split = split;
	(*out)->origin = "topic";
	(*out)->from = source->at[split];
	(*out)->to = source->at[split] = WR_MIN(source->at[split] + rows, source->rows);
	(*out)->split_ends = (*out)->to == source->rows;
	*result = WR_CLAIM_BLOCK;
	return NULL;
}

static wr_status *topic_reader_new(struct wr_source *source, struct wr_reader **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->args = source->args;
	return NULL;
}

static void topic_reader_free(struct wr_reader *reader)
{
	wr_free(reader);
}

static struct wr_column *make_column(const struct wr_block *block, const struct wr_field *field,
				     uint32_t rows)
{
	struct wr_builder *builder = wr_builder_new(field->type, rows);
	struct wr_column *column;

	for (uint64_t i = block->from; i < block->from + rows; i++) {
		int64_t ms = BEGIN_MS + (int64_t)i * 100 * (block->split + 1);

		wr_builder_i64(builder, field->name[0] == 't'   ? ms
					: field->name[0] == 's' ? (int64_t)block->split
								: (int64_t)i);
	}
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

static wr_status *topic_decode(struct wr_reader *reader, struct wr_block *block,
			       struct wr_batch **out)
{
	const struct wr_connector_args *args = reader->args;
	uint32_t rows = (uint32_t)WR_MIN(block->to - block->from, args->max_rows);

	*out = NULL;
	if (rows == 0)
		return NULL;
	*out = wr_batch_new(args->wanted_count, rows);
	for (uint32_t i = 0; i < args->wanted_count; i++)
		(*out)->column[i] = make_column(block, &args->schema->field[args->wanted[i]], rows);
	block->from += rows;
	return NULL;
}

static void topic_block_free(struct wr_source *source, struct wr_block *block)
{
	wr_free(block);
}

static wr_status *topic_position(struct wr_source *source, struct wr_text *out)
{
	for (uint32_t i = 0; i < source->splits; i++)
		wr_text_printf(out, "%llu ", (unsigned long long)source->at[i]);
	return NULL;
}

static wr_status *topic_seek(struct wr_source *source, const char *bytes, size_t len)
{
	unsigned long long at;
	int used;

	for (uint32_t i = 0; i < source->splits; i++, bytes += used) {
		if (sscanf(bytes, "%llu %n", &at, &used) != 1)
			return wr_status_new(WR_FATAL, "The position of the topic is damaged");
		source->at[i] = at;
	}
	return NULL;
}

static void topic_close(struct wr_source *source)
{
	wr_free(source);
}

const struct wr_connector wr_connector_topic = {
    .name = "topic",
    .doc = "Splits, for the simulation.",
    .options = topic_options,
    .option_count = WR_COUNT(topic_options),
    .bounded = true,
    .source_open = topic_open,
    .claim = topic_claim,
    .reader_new = topic_reader_new,
    .decode = topic_decode,
    .reader_free = topic_reader_free,
    .block_free = topic_block_free,
    .position = topic_position,
    .seek = topic_seek,
    .splits = true,
    .source_close = topic_close,
};
