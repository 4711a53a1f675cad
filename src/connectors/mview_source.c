/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_source - a materialized table as a bounded source: the rows of one version.
 *
 * If the query's conditions name keys (mview_keys.c), their rows are looked up; else the shards are
 * read, some of them in a block, so that workers decode side by side.
 *
 * All sources of a query read the same version of a view. It is chosen when the first block is
 * wanted: a view that has not been shown since the process began is waited for, READY_MS at most.
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/mview_table.h"

#define READY_MS   5000
#define POLL_US    2000 /* while it is not ready */
#define BLOCK_ROWS 4096 /* about, of a scan */

struct wr_source {
	struct wr_mview *view; /* a reference */
	const struct wr_connector_args *args;
	struct wr_host *host;
	struct wr_mview_pin *pin;  /* NULL: no block was claimed yet */
	struct wr_mview_keys keys; /* of a look-up */
	bool lookup;
	int64_t began_us; /* of the wait for the view; 0: it has not begun */
	uint32_t shard;   /* next one; of a look-up: next key */
	uint32_t shards;  /* of a block */
	uint64_t blocks;  /* handed out */
};

struct wr_reader {
	struct wr_source *source;
	struct wr_mview_output out;
};

/* What a block is about. */
struct part {
	struct wr_mview_cursor cursor; /* of a scan */
	uint32_t key, count;           /* of a look-up: keys [key, key + count) */
};

wr_status *wr_mview_source_open(const struct wr_connector_args *args, struct wr_host *host,
				struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);

	source->view = wr_mview_ref((struct wr_mview *)args->embed);
	source->args = args;
	source->host = host;
	source->lookup = wr_mview_keys_read(args, &source->keys);
	*out = source;
	return NULL;
}

void wr_mview_source_close(struct wr_source *source)
{
	wr_mview_unpin(source->view, source->pin);
	wr_mview_keys_release(&source->keys);
	wr_mview_unref(source->view);
	wr_free(source);
}

/* So many shards have about BLOCK_ROWS rows. */
static void set_shards(struct wr_source *source)
{
	struct wr_mview_info info;

	wr_mview_look(source->view, &info);
	source->shards =
	    info.rows < BLOCK_ROWS
		? WR_MVIEW_SHARDS
		: (uint32_t)WR_MAX(1, WR_MVIEW_SHARDS * (uint64_t)BLOCK_ROWS / info.rows);
}

/* Pins the version to be read; *ready: there is one. */
static wr_status *source_begin(struct wr_source *source, bool *ready)
{
	int64_t now_us = wr_mono_us(source->args->env);

	*ready = atomic_load(&source->view->shown) > 0;
	if (!*ready) {
		if (source->began_us == 0)
			source->began_us = now_us;
		if (now_us - source->began_us < READY_MS * 1000)
			return NULL;
		return wr_status_hint(
		    wr_status_new(WR_RETRY,
				  "Materialized table '%s' is not ready: its job has not shown "
				  "any rows since it began",
				  source->view->name),
		    "Look at the job (SHOW JOBS); while it takes up its state, ask again later");
	}
	source->pin = wr_mview_pin(source->view, source->host->run);
	set_shards(source);
	return NULL;
}

static uint32_t parts(const struct wr_source *source)
{
	return source->lookup ? source->keys.count : WR_MVIEW_SHARDS;
}

/* --- positions: of which view, which version, how many parts were handed out; 0: none yet ----- */

wr_status *wr_mview_position(struct wr_source *source, struct wr_text *out)
{
	if (source->pin != NULL)
		wr_text_printf(out, "%llu:%llu:%u", (unsigned long long)source->view->made_us,
			       (unsigned long long)source->pin->version, source->shard);
	else
		wr_text_puts(out, "0:0:0");
	return NULL;
}

/* What was read to its end is not read again. In the middle, the version must still be there. */
wr_status *wr_mview_seek(struct wr_source *source, const char *bytes, size_t len)
{
	unsigned long long made, version;
	char text[80];
	uint32_t part;

	snprintf(text, sizeof text, "%.*s", (int)WR_MIN(len, sizeof text - 1), bytes);
	if (sscanf(text, "%llu:%llu:%u", &made, &version, &part) != 3)
		return wr_status_new(WR_FATAL, "The position in materialized table '%s' is damaged",
				     source->view->name);
	if (made == 0)
		return NULL;
	source->pin = wr_mview_pin(source->view, source->host->run);
	set_shards(source);
	source->shard = part;
	if (part >= parts(source) ||
	    (made == source->view->made_us && version == source->pin->version))
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Materialized table '%s' has changed since the checkpoint was made: its "
			  "rows of then are not there to be read on",
			  source->view->name),
	    "Begin the job anew");
}

/* --- blocks -------------------------------------------------------------------------------- */

static struct wr_block *block_new(struct wr_source *source, const struct part *part)
{
	struct wr_block *block = wr_calloc(1, sizeof *block);
	struct part *own = wr_malloc(sizeof *own);

	*own = *part;
	block->own = own;
	block->origin = source->args->table;
	block->index = source->blocks++;
	return block;
}

wr_status *wr_mview_claim(struct wr_source *source, struct wr_claim_ask *ask, struct wr_block **out,
			  enum wr_claim *result)
{
	uint32_t all = parts(source), count;
	struct part part = {0};
	bool ready = true;

	if (source->pin == NULL)
		WR_TRY(source_begin(source, &ready));
	if (!ready) {
		*result = WR_CLAIM_WAIT;
		ask->wait_us = POLL_US;
		return NULL;
	}
	if (source->shard >= all) {
		*result = WR_CLAIM_END;
		return NULL;
	}
	count = source->lookup ? all : WR_MIN(source->shards, all - source->shard);
	if (source->lookup)
		part = (struct part){.key = 0, .count = count};
	else
		part.cursor = (struct wr_mview_cursor){.shard = source->shard,
						       .shard_end = source->shard + count};
	source->shard += count;
	*out = block_new(source, &part);
	*result = WR_CLAIM_BLOCK;
	return NULL;
}

void wr_mview_block_free(struct wr_source *source, struct wr_block *block)
{
	(void)source;
	wr_free(block->own);
	wr_free(block);
}

wr_status *wr_mview_reader_new(struct wr_source *source, struct wr_reader **out)
{
	const struct wr_connector_args *args = source->args;

	*out = wr_calloc(1, sizeof **out);
	(*out)->source = source;
	wr_mview_output_init(&(*out)->out, source->view, args->wanted, args->wanted_count);
	return NULL;
}

void wr_mview_reader_free(struct wr_reader *reader)
{
	if (reader == NULL)
		return;
	wr_mview_output_release(&reader->out);
	wr_free(reader);
}

wr_status *wr_mview_decode(struct wr_reader *reader, struct wr_block *block, struct wr_batch **out)
{
	struct wr_source *source = reader->source;
	struct part *part = block->own;
	uint32_t rows = (uint32_t)WR_MIN(source->args->max_rows, (uint64_t)WR_BATCH_ROWS_MAX);
	uint64_t version;

	*out = NULL;
	while (source->lookup && part->count > 0 && reader->out.rows == 0) {
		uint32_t count = WR_MIN(part->count, rows);

		wr_mview_get(source->view, source->pin, source->keys.key, part->key, count,
			     &reader->out, NULL, &version);
		part->key += count;
		part->count -= count;
	}
	if (!source->lookup)
		WR_TRY(wr_mview_read(source->view, source->pin, &part->cursor, &reader->out, rows));
	*out = wr_mview_output_take(&reader->out);
	if (*out != NULL)
		block->range.rows += (*out)->rows;
	return NULL;
}
