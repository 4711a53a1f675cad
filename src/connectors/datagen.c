/* SPDX-License-Identifier: Apache-2.0
 *
 * datagen - the connector 'datagen': rows out of nothing, with Flink's options.
 *
 * Values depend on the row number and the seed alone. Timestamps are the wall clock, unless a seed
 * is given: then row n has the time at which it would come at the rate, from 2024-01-01 on, so that
 * the whole table is the same every time.
 */
#include "connectors/datagen.h"

#include "base/env.h"
#include "base/limits.h"
#include "base/mem.h"
#include "connectors/registry.h"

static const struct wr_option datagen_options[] = {
    {.name = "rows-per-second",
     .type = WR_OPTION_INT,
     .fallback = "10000",
     .min = 1,
     .max = INT64_MAX,
     .doc = "Rows per second."},
    {.name = "number-of-rows",
     .type = WR_OPTION_INT,
     .min = 0,
     .max = INT64_MAX,
     .doc = "Rows in all; unset: no end, unless a sequence ends."},
    {.name = "seed",
     .type = WR_OPTION_INT,
     .fallback = "0",
     .doc = "Other seeds make other rows; when given, timestamps too depend on nothing else."},
    {.name = "scan.parallelism",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = 1024,
     .doc = "Accepted for scripts that set it; the rows do not depend on it."},
    {.name = "fields.*",
     .type = WR_OPTION_STRING,
     .doc = "fields.NAME.kind (random, sequence), .min, .max, .max-past, .length, .var-len, "
	    ".null-rate, .start, .end."},
};

struct wr_reader {
	const struct wr_datagen *datagen;
};

static void datagen_free(void *own)
{
	struct wr_datagen *datagen = own;

	wr_arena_release(&datagen->arena);
	wr_free(datagen);
}

static wr_status *datagen_check(const struct wr_connector_args *args, bool for_sink)
{
	struct wr_datagen datagen = {0};

	wr_arena_init(&datagen.arena);
	wr_status *status = wr_datagen_plan(&datagen, args);
	wr_arena_release(&datagen.arena);
	return status;
}

static bool datagen_is_bounded(const struct wr_connector_args *args)
{
	struct wr_datagen datagen = {0};

	if (wr_options_get(args->options, "number-of-rows")->is_set)
		return true;
	wr_arena_init(&datagen.arena);
	wr_status *status = wr_datagen_plan(&datagen, args);
	bool bounded = status == NULL && datagen.limit != UINT64_MAX;
	wr_status_free(status);
	wr_arena_release(&datagen.arena);
	return bounded;
}

static wr_status *datagen_open(const struct wr_connector_args *args, struct wr_host *host,
			       struct wr_source **out)
{
	struct wr_datagen *datagen = wr_calloc(1, sizeof *datagen);
	const struct wr_option_value *rows = wr_options_get(args->options, "number-of-rows");

	wr_arena_init(&datagen->arena);
	datagen->max_rows = (uint32_t)WR_MIN(args->max_rows, (uint64_t)WR_BATCH_ROWS_MAX);
	datagen->env = args->env;
	datagen->rate = (uint64_t)wr_options_i64(args->options, "rows-per-second");
	wr_status *status = wr_datagen_plan(datagen, args);
	if (status != NULL) {
		datagen_free(datagen);
		return status;
	}
	uint64_t count = rows->is_set ? (uint64_t)rows->number : UINT64_MAX;
	*out = wr_generator_new(args->env, datagen, datagen_free, WR_MIN(count, datagen->limit),
				datagen->rate, args->block_bytes, "datagen");
	return NULL;
}

static wr_status *datagen_reader_new(struct wr_source *source, struct wr_reader **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->datagen = source->own;
	return NULL;
}

static void datagen_reader_free(struct wr_reader *reader)
{
	wr_free(reader);
}

static wr_status *datagen_decode(struct wr_reader *reader, struct wr_block *block,
				 struct wr_batch **out)
{
	const struct wr_datagen *datagen = reader->datagen;
	uint32_t count = (uint32_t)WR_MIN(block->to - block->from, (uint64_t)datagen->max_rows);

	*out = NULL;
	if (count == 0)
		return NULL;
	int64_t now_ms = wr_wall_us(datagen->env) / 1000;
	struct wr_batch *batch = wr_batch_new(datagen->count, count);
	for (uint32_t i = 0; i < datagen->count; i++)
		batch->column[i] =
		    wr_datagen_make(datagen, &datagen->node[i], block->from, count, now_ms);
	block->from += count;
	*out = batch;
	return NULL;
}

const struct wr_connector wr_connector_datagen = {
    .name = "datagen",
    .doc = "Random rows and sequences.",
    .options = datagen_options,
    .option_count = WR_COUNT(datagen_options),
    .check = datagen_check,
    .is_bounded = datagen_is_bounded,
    .source_open = datagen_open,
    .claim = wr_generator_claim,
    .reader_new = datagen_reader_new,
    .decode = datagen_decode,
    .reader_free = datagen_reader_free,
    .block_free = wr_generator_block_free,
    .position = wr_generator_position,
    .seek = wr_generator_seek,
    .source_close = wr_generator_close,
};
