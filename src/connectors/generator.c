/* SPDX-License-Identifier: Apache-2.0
 *
 * generator - handing out ranges of row numbers, at a rate.
 */
#include "connectors/generator.h"

#include "base/env.h"
#include "base/mem.h"
#include "data/number.h"

#define RATE_BLOCKS_PER_SECOND 50 /* with a rate: blocks of 20 ms, so that rows flow evenly */
#define SECOND_US              1000000

struct wr_source *wr_generator_new(struct wr_env *env, void *own, void (*free_own)(void *own),
				   uint64_t count, uint64_t rate, uint64_t block_bytes,
				   const char *origin)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);

	source->env = env;
	source->own = own;
	source->free_own = free_own;
	source->count = count;
	source->rate = rate;
	source->block_rows = WR_GENERATOR_BLOCK_ROWS;
	if (block_bytes > 0)
		source->block_rows = WR_MIN(WR_MAX(block_bytes / WR_GENERATOR_ROW_BYTES, 1),
					    WR_GENERATOR_BLOCK_ROWS);
	source->started_us = -1;
	source->origin = origin;
	return source;
}

void wr_generator_close(struct wr_source *source)
{
	if (source == NULL)
		return;
	source->free_own(source->own);
	wr_free(source);
}

/* Rows of the next block; with a rate, those that are due or will be within a moment. */
static uint64_t block_rows(const struct wr_source *source)
{
	uint64_t rows = source->block_rows;

	if (source->rate != 0)
		rows = WR_MIN(rows, WR_MAX(source->rate / RATE_BLOCKS_PER_SECOND, (uint64_t)1));
	return WR_MIN(rows, source->count - source->next);
}

/* Microseconds until row number `row` is due: row k is due at its place on the clock, the first one
 * at once. */
static int64_t due_in_us(const struct wr_source *source, uint64_t row, int64_t now_us)
{
	double us = (double)(row - source->first) * SECOND_US / (double)source->rate;

	return source->started_us + (int64_t)us - now_us;
}

wr_status *wr_generator_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result)
{
	uint64_t rows = block_rows(source);

	if (ask->rows_max > 0)
		rows = WR_MIN(rows, ask->rows_max);
	if (source->next >= source->count) {
		*result = WR_CLAIM_END;
		return NULL;
	}
	if (source->rate != 0) {
		int64_t now_us = wr_mono_us(source->env);
		if (source->started_us < 0) {
			source->started_us = now_us;
			source->first = source->next;
		}
		int64_t due_us = due_in_us(source, source->next + rows - 1, now_us);
		if (due_us > 0) {
			*result = WR_CLAIM_WAIT;
			ask->wait_us = due_us;
			return NULL;
		}
	}
	struct wr_block *block = wr_calloc(1, sizeof *block);
	block->index = source->index++;
	block->from = source->next;
	block->to = source->next += rows;
	block->origin = source->origin;
	block->offset = block->from;
	block->origin_starts = block->from == 0;
	*out = block;
	*result = WR_CLAIM_BLOCK;
	return NULL;
}

void wr_generator_block_free(struct wr_source *source, struct wr_block *block)
{
	wr_free(block);
}

wr_status *wr_generator_position(struct wr_source *source, struct wr_text *out)
{
	wr_text_printf(out, "%llu %llu", (unsigned long long)source->next,
		       (unsigned long long)source->index);
	return NULL;
}

wr_status *wr_generator_seek(struct wr_source *source, const char *bytes, size_t len)
{
	const char *space = memchr(bytes, ' ', len);
	size_t row_len = space != NULL ? (size_t)(space - bytes) : 0;
	int64_t next = -1, index = -1;

	if (space == NULL || !wr_i64_read(bytes, row_len, &next) ||
	    !wr_i64_read(space + 1, len - row_len - 1, &index) || next < 0 || index < 0)
		return wr_status_hint(wr_status_new(WR_FATAL,
						    "What the checkpoint keeps of %s (its place) "
						    "is damaged",
						    source->origin),
				      "Restore an older checkpoint");
	source->next = (uint64_t)next;
	source->index = (uint64_t)index;
	return NULL;
}
