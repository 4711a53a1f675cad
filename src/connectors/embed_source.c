/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_source - a source that is callbacks of the program: read appends rows, which are a block.
 *
 * read is called by claim, so one call after the other; what it has appended is the block, and the
 * position behind it is what `position` says then. A watermark that it raises holds behind the
 * rows. A source of pieces names one in claim, and reads it in decode, on the worker's thread.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "connectors/embed_function.h"
#include "expr/appender.h"

#define WAIT_MS     10      /* until the next read, unless the callback says otherwise */
#define SPLITS_MAX  65536   /* of a source */
#define WAIT_MS_MAX 3600000 /* of a callback */

struct weir_waker {
	struct wr_host *host; /* of the source */
};

/* A block of a source of pieces. */
struct piece_block {
	struct wr_block block; /* `own` is NULL until it has been read */
	struct wr_text name;   /* of the piece; owned */
	bool is_read;
};

struct wr_source {
	struct wr_source_function *function;  /* a reference */
	const struct wr_connector_args *args; /* the plan's */
	struct wr_host *host;                 /* woken from other threads while it is in the list */
	struct weir_waker waker;              /* handed to `started` */
	bool started;                         /* `started` was called */
	struct wr_source *next;               /* of the function's list; under its lock */
	void *self;                           /* the program's */
	bool opened;                          /* `open` went well: close is called */
	bool ended;                           /* read said so */
	struct weir_appender out;             /* what read writes to */
	int64_t watermark_ms;                 /* that it said last */
};

struct wr_reader {
	const struct wr_connector_args *args;
	struct wr_source *source; /* outlives it */
	struct weir_appender out; /* what read_piece writes to */
};

static wr_status *failed(const struct wr_source *source, const char *callback)
{
	const struct weir_source *given = &source->function->given;

	return wr_function_failed("Source", given->name, callback,
				  given->why != NULL ? given->why(source->self) : NULL);
}

/* --- opening */

static void leave(struct wr_source *source)
{
	struct wr_source_function *function = source->function;
	struct wr_source **at = &function->open;

	pthread_mutex_lock(&function->lock);
	while (*at != NULL && *at != source)
		at = &(*at)->next;
	if (*at != NULL)
		*at = source->next;
	pthread_mutex_unlock(&function->lock);
}

static void source_close(struct wr_source *source)
{
	const struct weir_source *given = &source->function->given;

	leave(source);
	if (source->opened && given->close != NULL)
		given->close(source->self);
	wr_appender_release(&source->out);
	wr_embed_unref(&source->function->embed);
	wr_free(source);
}

static wr_status *source_begin(struct wr_source *source)
{
	struct wr_source_function *function = source->function;

	WR_TRY(wr_appender_init(&source->out, source->args->schema, source->args->zone_id,
				WR_BATCH_ROWS_MAX));
	if (function->given.open != NULL &&
	    function->given.open(function->given.user, &source->self) != 0)
		return failed(source, "open");
	source->opened = true;
	pthread_mutex_lock(&function->lock);
	source->next = function->open;
	function->open = source;
	pthread_mutex_unlock(&function->lock);
	return NULL;
}

static wr_status *source_open(const struct wr_connector_args *args, struct wr_host *host,
			      struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);
	wr_status *status;

	source->function = (struct wr_source_function *)wr_embed_ref(args->embed);
	source->args = args;
	source->host = host;
	source->waker = (struct weir_waker){host};
	source->self = source->function->given.user;
	source->watermark_ms = WR_WATERMARK_MIN;
	status = source_begin(source);
	if (status == NULL)
		*out = source;
	else
		source_close(source);
	return status;
}

/* --- reading */

/* What the callback has appended, and the watermark behind it. */
static struct wr_block *block_new(struct wr_source *source, int64_t watermark_ms)
{
	struct wr_block *block = wr_calloc(1, sizeof *block);

	block->own = wr_appender_take(&source->out);
	block->origin = source->args->table;
	block->watermark_ms = watermark_ms;
	return block;
}

/* Rows that are wanted at a time. */
static uint32_t rows_wanted(const struct wr_source *source, const struct wr_claim_ask *ask)
{
	uint64_t rows = source->args->max_rows;

	return (uint32_t)(ask->rows_max > 0 ? WR_MIN(rows, ask->rows_max) : rows);
}

static bool is_answer(enum weir_code code)
{
	return code == WEIR_OK || code == WEIR_WOULD_BLOCK || code == WEIR_END;
}

/* Nothing now, or nothing more. */
static enum wr_claim nothing(struct wr_source *source, int64_t wait_ms, struct wr_claim_ask *ask)
{
	ask->wait_us = WR_MIN(WR_MAX(wait_ms, 0), WAIT_MS_MAX) * 1000;
	return source->ended ? WR_CLAIM_END : WR_CLAIM_WAIT;
}

static void piece_block_free(struct piece_block *block)
{
	wr_batch_free(block->block.own);
	wr_text_release(&block->name);
	wr_free(block);
}

/* The next piece is named. */
static wr_status *claim_piece(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result)
{
	const struct weir_source *given = &source->function->given;
	struct piece_block *block = wr_calloc(1, sizeof *block);
	struct weir_bytes_out name = {.text = &block->name};
	struct weir_piece piece = {&name, rows_wanted(source, ask), 0, 1, false};
	int64_t wait_ms = WAIT_MS;
	enum weir_code code = WEIR_END;

	wr_text_init(&block->name);
	if (!source->ended)
		code = given->piece(source->self, &piece, &wait_ms);
	source->ended = code == WEIR_END;
	ask->split_total = WR_MAX(ask->split_total, piece.split_count);
	if (code == WEIR_OK && piece.split < SPLITS_MAX && piece.split_count <= SPLITS_MAX) {
		block->block.origin = source->args->table;
		block->block.split = piece.split;
		block->block.split_ends = piece.split_ends;
		block->block.watermark_ms = WR_WATERMARK_MIN;
		*out = &block->block;
		*result = WR_CLAIM_BLOCK;
		return NULL;
	}
	piece_block_free(block);
	if (code == WEIR_OK)
		return wr_status_new(WR_USER_ERROR, "Source '%s' has more than %u splits",
				     given->name, SPLITS_MAX);
	if (!is_answer(code))
		return failed(source, "piece");
	*result = nothing(source, wait_ms, ask);
	return NULL;
}

static void start(struct wr_source *source)
{
	const struct weir_source *given = &source->function->given;

	source->started = true;
	if (given->started != NULL)
		given->started(source->self, &source->waker);
}

static wr_status *source_claim(struct wr_source *source, struct wr_claim_ask *ask,
			       struct wr_block **out, enum wr_claim *result)
{
	const struct weir_source *given = &source->function->given;
	uint32_t rows = rows_wanted(source, ask);
	int64_t watermark_ms = source->watermark_ms, wait_ms = WAIT_MS;
	enum weir_code code = WEIR_END;
	wr_status *mistake;

	if (!source->started)
		start(source);
	if (given->piece != NULL)
		return claim_piece(source, ask, out, result);
	if (!source->ended)
		code = given->read(source->self, &source->out, rows, &watermark_ms, &wait_ms);
	mistake = wr_appender_mistake(&source->out);
	if (mistake != NULL)
		return mistake;
	if (!is_answer(code))
		return failed(source, "read");
	source->ended = code == WEIR_END;
	watermark_ms = WR_MIN(watermark_ms, WR_WATERMARK_MAX - 1); /* END alone ends the input */
	if (source->out.rows > 0 || watermark_ms > source->watermark_ms) {
		source->watermark_ms = WR_MAX(source->watermark_ms, watermark_ms);
		*out = block_new(source, source->watermark_ms);
		*result = WR_CLAIM_BLOCK;
		return NULL;
	}
	*result = nothing(source, wait_ms, ask);
	return NULL;
}

static wr_status *source_reader_new(struct wr_source *source, struct wr_reader **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->args = source->args;
	(*out)->source = source;
	if (source->function->given.piece == NULL)
		return NULL;
	return wr_appender_init(&(*out)->out, source->args->schema, source->args->zone_id,
				WR_BATCH_ROWS_MAX);
}

static void source_reader_free(struct wr_reader *reader)
{
	if (reader != NULL)
		wr_appender_release(&reader->out);
	wr_free(reader);
}

/* Reads the piece of a block. */
static wr_status *read_piece(struct wr_reader *reader, struct piece_block *piece)
{
	const struct weir_source *given = &reader->source->function->given;
	const char *name = wr_text_str(&piece->name);
	int failure = given->read_piece(reader->source->self, name, piece->name.len, &reader->out,
					&piece->block.watermark_ms);
	wr_status *mistake = wr_appender_mistake(&reader->out);

	piece->is_read = true;
	piece->block.watermark_ms = WR_MIN(piece->block.watermark_ms, WR_WATERMARK_MAX - 1);
	if (mistake != NULL)
		return mistake;
	if (failure != 0)
		return wr_function_failed("Source", given->name, "read_piece", NULL);
	piece->block.own = wr_appender_take(&reader->out);
	return NULL;
}

/* The columns that are wanted; block->from: rows that have been given so far. */
static wr_status *source_decode(struct wr_reader *reader, struct wr_block *block,
				struct wr_batch **out)
{
	const struct wr_connector_args *args = reader->args;
	const struct wr_batch *batch;
	uint32_t from = (uint32_t)block->from, rows;

	*out = NULL;
	if (reader->source->function->given.piece != NULL &&
	    !((struct piece_block *)block)->is_read)
		WR_TRY(read_piece(reader, (struct piece_block *)block));
	batch = block->own;
	if (batch == NULL || from == batch->rows)
		return NULL;
	rows = (uint32_t)WR_MIN(batch->rows - from, args->max_rows);
	*out = wr_batch_new(args->wanted_count, rows);
	for (uint32_t i = 0; i < args->wanted_count; i++)
		(*out)->column[i] = wr_column_slice(batch->column[args->wanted[i]], from, rows);
	block->from += rows;
	block->range.rows += rows;
	return NULL;
}

static void source_block_free(struct wr_source *source, struct wr_block *block)
{
	if (source->function->given.piece != NULL) {
		piece_block_free((struct piece_block *)block);
		return;
	}
	wr_batch_free(block->own);
	wr_free(block);
}

/* --- positions */

static wr_status *source_position(struct wr_source *source, struct wr_text *out)
{
	struct weir_bytes_out bytes = {.text = out};

	if (source->function->given.position(source->self, &bytes) != 0)
		return failed(source, "position");
	return NULL;
}

static wr_status *source_seek(struct wr_source *source, const char *bytes, size_t len)
{
	if (source->function->given.seek(source->self, bytes, len) != 0)
		return failed(source, "seek");
	return NULL;
}

WR_PUBLIC void weir_wake(struct weir_waker *waker)
{
	wr_host_wake(waker->host);
}

/* --- making */

static bool source_is_bounded(const struct wr_connector_args *args)
{
	return !((const struct wr_source_function *)args->embed)->given.unbounded;
}

const struct wr_connector wr_source_function_connector = {
    .name = "source-function",
    .doc = "Rows that callbacks of the program give.",
    .is_bounded = source_is_bounded,
    .watermarks = true,
    .source_open = source_open,
    .claim = source_claim,
    .reader_new = source_reader_new,
    .decode = source_decode,
    .reader_free = source_reader_free,
    .block_free = source_block_free,
    .position = source_position,
    .seek = source_seek,
    .source_close = source_close,
};

static void function_free(struct wr_embed *embed)
{
	struct wr_source_function *function = (struct wr_source_function *)embed;

	WR_ASSERT(function->open == NULL);
	pthread_mutex_destroy(&function->lock);
	wr_arena_release(&function->arena);
	wr_free(function);
}

wr_status *wr_source_function_new(const struct weir_source *given, struct wr_source_function **out)
{
	struct wr_source_function *function;
	struct weir_source copy;

	WR_TRY(wr_function_copy(&copy, sizeof copy, given, "weir_source"));
	if (copy.name == NULL || *copy.name == '\0')
		return wr_status_new(WR_USER_ERROR, "A source has no name");
	if (copy.columns == NULL)
		return wr_status_new(WR_USER_ERROR, "Source '%s' has no columns", copy.name);
	if ((copy.piece == NULL) != (copy.read_piece == NULL))
		return wr_status_new(WR_USER_ERROR,
				     "Source '%s' has one of `piece` and `read_piece`: it is to "
				     "have both or none",
				     copy.name);
	if (copy.read == NULL && copy.piece == NULL)
		return wr_status_new(WR_USER_ERROR, "Source '%s' has no `read`", copy.name);
	if ((copy.position == NULL) != (copy.seek == NULL))
		return wr_status_new(WR_USER_ERROR,
				     "Source '%s' has one of `position` and `seek`: it is to have "
				     "both or none",
				     copy.name);
	function = wr_calloc(1, sizeof *function);
	wr_embed_init(&function->embed, function_free);
	wr_arena_init(&function->arena);
	pthread_mutex_init(&function->lock, NULL);
	function->given = copy;
	function->given.name = wr_arena_strdup(&function->arena, copy.name);
	function->given.columns = wr_arena_strdup(&function->arena, copy.columns);
	function->connector = wr_source_function_connector;
	function->connector.splits = copy.piece != NULL;
	if (copy.position == NULL) {
		function->connector.position = NULL;
		function->connector.seek = NULL;
	}
	*out = function;
	return NULL;
}

void wr_source_function_wake(struct wr_source_function *function)
{
	pthread_mutex_lock(&function->lock);
	for (struct wr_source *source = function->open; source != NULL; source = source->next)
		wr_host_wake(source->host);
	pthread_mutex_unlock(&function->lock);
}
