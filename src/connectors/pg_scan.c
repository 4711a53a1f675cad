/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_scan - a table of PostgreSQL as a bounded source.
 *
 * The database sends COPY (SELECT ...) TO STDOUT in binary form; a thread cuts the tuples into
 * blocks behind a bounded queue (feed.h), the workers decode them. With 'scan.partition.*' there
 * are several ranges of a column: each is a split, CONNECTIONS_MAX of them are read at a time, in
 * their order, and claim takes a block from each in turn.
 *
 * Ranges are read at different moments, but as of the same one: a connection of its own takes a
 * snapshot and exports it, and each range is read under it ('scan.partition.one-snapshot'). That
 * connection's transaction is open until the last range has been read. Should it break, the ranges
 * that have not begun are read under a new snapshot, which is said; and so are those that are left
 * when a job goes on from a checkpoint.
 *
 * A position is the number of rows of each range that were handed out. A range that was done is not
 * read again; one that was being read is read again up to its place and goes on behind it. For that
 * the server is told to read in the order of the table's pages, which is the same every time as
 * long as nobody changes the table.
 *
 * A connection that breaks before the first block of its range is made again; after it the job goes
 * back to its checkpoint.
 */
#include <inttypes.h>
#include <pthread.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/varint.h"
#include "connectors/feed.h"
#include "connectors/jdbc.h"
#include "connectors/pg_where.h"
#include "connectors/retry.h"

#define CONNECTIONS_MAX 4            /* at a time: more only make the disk of the server seek */
#define BLOCK_BYTES     (256u << 10) /* a block's columns stay in the cache of the worker */
#define QUEUE_BYTES     (8u << 20)   /* read ahead, per connection */
#define PUT_WAIT_US     1000000

/* In the order of the table's pages, whatever others read. */
#define STABLE_ORDER "SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0"

struct wr_reader {
	struct wr_pg_rows rows;
	uint32_t rows_max; /* of a batch */
};

/* A range of the table; the whole of it where there are none. */
struct range {
	struct wr_source *source;
	uint32_t number;      /* = split */
	int64_t lower, upper; /* of the partition column, both included */
	struct wr_feed *feed; /* reading it; NULL: not yet, or done */
	uint64_t skip;        /* rows that were handed out before a restore */
	uint64_t rows;        /* handed out in all */
	bool done;            /* all of it was handed out */
	bool put;             /* its feed has put a block: no second attempt; the feed's */
};

/* Who has the snapshot that all ranges are read under. */
struct exporter {
	bool used;            /* there is one; constant */
	pthread_mutex_t lock; /* of what follows: the threads of the ranges meet here */
	struct wr_pg pg;      /* its transaction is open while there is a snapshot */
	struct wr_text name;  /* of the snapshot; empty: none */
	bool any;             /* there has been one */
};

/* A block on its way through a feed. */
struct item {
	struct wr_feed_item head;
	struct wr_block *block;
};

struct wr_source {
	struct wr_arena arena;
	const struct wr_connector_args *args;
	struct wr_host *host;
	struct wr_pg_target target;
	struct wr_pg_source_table table;
	const char *partition; /* quoted column; NULL: none */
	struct exporter exporter;
	uint32_t range_count;
	struct range *range;
	uint32_t turn;  /* range that is asked first next time */
	uint64_t index; /* of the next block */
};

static void block_release(struct wr_block *block)
{
	wr_buf_unref(block->range.buf);
	wr_free(block);
}

static void free_item(struct wr_feed_item *head)
{
	block_release(((struct item *)head)->block);
	wr_free(head);
}

/* --- the statement --- */

static void put_conditions(struct wr_text *sql, const struct range *range)
{
	const struct wr_connector_args *args = range->source->args;
	const char *word = " WHERE ";
	uint64_t limit = args->limit;

	if (range->source->partition != NULL) {
		wr_text_printf(sql, "%s%s BETWEEN %" PRId64 " AND %" PRId64, word,
			       range->source->partition, range->lower, range->upper);
		word = " AND ";
	}
	for (uint32_t i = 0; i < args->pushed_count; i++) {
		struct wr_text condition;

		wr_text_init(&condition);
		if (wr_pg_where(args, range->source->table.where, args->pushed[i], &condition)) {
			wr_text_printf(sql, "%s%s", word, wr_text_str(&condition));
			word = " AND ";
		} else {
			limit = 0; /* rows may come that do not count */
		}
		wr_text_release(&condition);
	}
	if (limit > 0)
		wr_text_printf(sql, " LIMIT %" PRIu64, limit);
}

/* --- the snapshot --- */

static wr_status *take_snapshot(struct wr_source *source)
{
	struct exporter *exporter = &source->exporter;
	PGresult *result;

	WR_TRY(wr_pg_connect(&exporter->pg));
	/* Nothing is done in this transaction, on purpose. */
	WR_TRY(wr_pg_exec(&exporter->pg,
			  WR_PG_MAY_IDLE "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
					 "SELECT pg_export_snapshot()",
			  &result));
	wr_text_puts(&exporter->name, source->target.call.PQgetvalue(result, 0, 0));
	source->target.call.PQclear(result);
	if (exporter->any)
		wr_host_notice(source->host,
			       "the connection that kept the snapshot is gone: the ranges that "
			       "have not been begun are read as of now");
	exporter->any = true;
	return NULL;
}

/* Appends the name of the snapshot, taking one if there is none. */
static wr_status *get_snapshot(struct wr_source *source, struct wr_host *host, struct wr_text *name)
{
	struct exporter *exporter = &source->exporter;
	wr_status *status = NULL;

	pthread_mutex_lock(&exporter->lock);
	if (exporter->name.len == 0) {
		exporter->pg.host = host;
		status = take_snapshot(source);
		exporter->pg.host = source->host;
	}
	if (status != NULL)
		wr_pg_close(&exporter->pg);
	else
		wr_text_add(name, exporter->name.data, exporter->name.len);
	pthread_mutex_unlock(&exporter->lock);
	return status;
}

/* The snapshot, if it is still this one, is of no use any more. */
static void drop_snapshot(struct wr_source *source, const struct wr_text *name)
{
	struct exporter *exporter = &source->exporter;

	pthread_mutex_lock(&exporter->lock);
	if (exporter->name.len == name->len &&
	    memcmp(exporter->name.data, name->data, name->len) == 0) {
		wr_pg_close(&exporter->pg);
		wr_text_clear(&exporter->name);
	}
	pthread_mutex_unlock(&exporter->lock);
}

/* Begins a transaction under the snapshot of all. */
static wr_status *begin_under_snapshot(struct wr_source *source, struct wr_pg *pg)
{
	struct wr_text name, sql;
	wr_status *status;

	wr_text_init(&name);
	wr_text_init(&sql);
	status = get_snapshot(source, pg->host, &name);
	if (status == NULL) {
		wr_text_puts(&sql, WR_PG_MAY_IDLE "BEGIN ISOLATION LEVEL REPEATABLE READ; SET "
						  "TRANSACTION SNAPSHOT ");
		wr_pg_put_literal(&sql, name.data, name.len);
		status = wr_pg_exec(pg, wr_text_str(&sql), NULL);
		if (status != NULL && pg->sqlstate[0] != '\0') { /* nobody has it any more */
			drop_snapshot(source, &name);
			status->class = WR_RETRY;
		}
	}
	wr_text_release(&sql);
	wr_text_release(&name);
	return status;
}

/* --- the thread of a range --- */

/* A block being filled. */
struct filling {
	struct wr_feed *feed;
	struct range *range;
	struct wr_block *block; /* NULL: none begun */
	size_t size;            /* bytes that it is to have */
};

/* False: the feed is given up. */
static bool put_block(struct filling *filling)
{
	struct item *item;

	if (filling->block == NULL)
		return true;
	item = wr_calloc(1, sizeof *item);
	item->block = filling->block;
	item->head.bytes = item->block->range.buf->size;
	filling->block = NULL;
	filling->range->put = true;
	while (!wr_feed_put(filling->feed, &item->head, PUT_WAIT_US)) {
		if (!wr_feed_stopping(filling->feed))
			continue;
		free_item(&item->head);
		return false;
	}
	return true;
}

static void begin_block(struct filling *filling, size_t at_least)
{
	struct wr_block *block = wr_calloc(1, sizeof *block);

	block->range.buf = wr_buf_new(WR_MAX(filling->size, at_least));
	block->range.data = block->range.buf->data;
	block->split = filling->range->number;
	block->origin = filling->range->source->args->table;
	filling->block = block;
}

static bool add_tuple(struct filling *filling, struct wr_str tuple)
{
	struct wr_block *block = filling->block;

	if (block != NULL && block->range.len + tuple.len > block->range.buf->size) {
		if (!put_block(filling))
			return false;
		block = NULL;
	}
	if (block == NULL)
		begin_block(filling, tuple.len);
	block = filling->block;
	memcpy(block->range.buf->data + block->range.len, tuple.data, tuple.len);
	block->range.len += tuple.len;
	block->to++;
	return true;
}

/* Takes the tuples of a COPY that has begun. */
static wr_status *read_tuples(struct filling *filling, struct wr_pg *pg)
{
	struct wr_pg_copy copy = {.pg = pg};
	uint64_t skip = filling->range->skip;
	wr_status *status;
	struct wr_str tuple;

	for (;;) {
		status = wr_pg_copy_next(&copy, &tuple);
		if (status != NULL || tuple.data == NULL)
			break;
		if (skip > 0)
			skip--;
		else if (!add_tuple(filling, tuple))
			break;
	}
	wr_pg_copy_release(&copy);
	if (status == NULL && tuple.data == NULL)
		(void)put_block(filling);
	return status;
}

/* One attempt to read a range. */
struct attempt {
	struct wr_feed *feed;
	struct range *range;
	struct wr_pg pg;
};

static wr_status *read_range(void *user)
{
	struct attempt *attempt = user;
	struct range *range = attempt->range;
	const struct wr_connector_args *args = range->source->args;
	struct filling filling = {.feed = attempt->feed,
				  .range = range,
				  .size = args->block_bytes > 0 ? args->block_bytes : BLOCK_BYTES};
	struct wr_text sql;
	wr_status *status = wr_pg_connect(&attempt->pg);
	PGresult *result = NULL;

	if (status != NULL)
		return status;
	wr_text_init(&sql);
	wr_text_puts(&sql, "COPY (");
	wr_pg_put_select(&sql, &range->source->table);
	put_conditions(&sql, range);
	wr_text_puts(&sql, ") TO STDOUT (FORMAT binary)");
	status = wr_pg_exec(&attempt->pg, STABLE_ORDER, NULL);
	if (status == NULL && range->source->exporter.used)
		status = begin_under_snapshot(range->source, &attempt->pg);
	if (status == NULL)
		status = wr_pg_exec(&attempt->pg, wr_text_str(&sql), &result);
	if (status == NULL) {
		range->source->target.call.PQclear(result);
		status = read_tuples(&filling, &attempt->pg);
	}
	if (filling.block != NULL)
		block_release(filling.block);
	wr_text_release(&sql);
	wr_pg_close(&attempt->pg);
	if (status != NULL && status->class == WR_RETRY && range->put)
		status->class = WR_RESTART;
	return status;
}

static wr_status *range_main(struct wr_feed *feed, void *user)
{
	struct wr_host *host = wr_feed_host(feed);
	struct range *range = user;
	struct attempt attempt = {.feed = feed, .range = range};
	struct wr_retry_options options = {.initial_us = 100000, .max_us = 10000000, .jitter = 0.5};
	struct wr_retrying retrying;
	enum wr_retry_end end;
	wr_status *status;

	wr_pg_init(&attempt.pg, &range->source->target, host);
	wr_retrying_init(&retrying, &options, range->source->args->env, host);
	status = wr_retrying_run(&retrying, read_range, &attempt, &end);
	wr_pg_release(&attempt.pg);
	return status;
}

/* --- ranges --- */

/* As Flink cuts them: of nearly the same size, the larger ones first. */
static void cut_ranges(struct wr_source *source, int64_t lower, int64_t upper)
{
	uint64_t values = (uint64_t)upper - (uint64_t)lower + 1, count = source->range_count, size,
		 large;

	if (values != 0 && values < count)
		count = source->range_count = (uint32_t)values;
	if (values == 0) /* all of BIGINT */
		values = UINT64_MAX;
	size = (values - 1) / count + 1;
	large = values - (size - 1) * count;
	for (uint32_t i = 0; i < count; i++) {
		struct range *range = &source->range[i];

		range->lower = lower;
		range->upper = (int64_t)((uint64_t)lower + size - 1 - (i >= large ? 1 : 0));
		if (i + 1 == count)
			range->upper = upper;
		lower = (int64_t)((uint64_t)range->upper + 1);
	}
}

static wr_status *read_partition(struct wr_source *source)
{
	const struct wr_options *options = source->args->options;
	const char *name = wr_options_str(options, "scan.partition.column");
	const struct wr_pg_table_column *column;
	struct wr_text text;

	if (name == NULL)
		return NULL;
	column = wr_pg_table_find(&source->table.table, name);
	if (column == NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s': %s in PostgreSQL (%s) has no column '%s'",
				  source->args->table, source->table.table.sql_name,
				  source->target.database, name),
		    "Mend 'scan.partition.column'");
	switch (column->type) {
	case WR_PG_INT2:
	case WR_PG_INT4:
	case WR_PG_INT8:
	case WR_PG_NUMERIC:
	case WR_PG_FLOAT4:
	case WR_PG_FLOAT8: break;
	default:
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s': 'scan.partition.column' is '%s', which is %s in "
				  "PostgreSQL",
				  source->args->table, name, column->type_text),
		    "Name a column of numbers");
	}
	wr_text_init(&text);
	wr_pg_put_name(&text, column->name);
	source->partition = wr_arena_strdup(&source->arena, wr_text_str(&text));
	wr_text_release(&text);
	cut_ranges(source, wr_options_i64(options, "scan.partition.lower-bound"),
		   wr_options_i64(options, "scan.partition.upper-bound"));
	return NULL;
}

/* --- the slots --- */

static wr_status *open_source(struct wr_source *source, const struct wr_pg_access *access)
{
	const struct wr_connector_args *args = source->args;
	struct wr_pg pg;
	wr_status *status;

	WR_TRY(wr_pg_target_init(&source->target, &source->arena, args, access));
	wr_pg_init(&pg, &source->target, source->host);
	status = wr_pg_connect_first(&pg);
	if (status == NULL)
		status = wr_pg_source_table_read(&pg, &source->arena, args, &source->table);
	wr_pg_release(&pg);
	if (status != NULL)
		return status;
	source->range_count = 1;
	if (wr_options_str(args->options, "scan.partition.column") != NULL)
		source->range_count = (uint32_t)wr_options_i64(args->options, "scan.partition.num");
	source->range = WR_NEW_ARRAY(&source->arena, struct range, source->range_count);
	for (uint32_t i = 0; i < source->range_count; i++) {
		source->range[i].source = source;
		source->range[i].number = i;
	}
	WR_TRY(read_partition(source));
	source->exporter.used = source->range_count > 1 &&
				wr_options_bool(args->options, "scan.partition.one-snapshot");
	return NULL;
}

wr_status *wr_pg_source_open(const struct wr_connector_args *args, struct wr_host *host,
			     struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);
	struct wr_pg_access access = wr_jdbc_access(args);
	wr_status *status;

	wr_arena_init(&source->arena);
	source->args = args;
	source->host = host;
	pthread_mutex_init(&source->exporter.lock, NULL);
	wr_text_init(&source->exporter.name);
	wr_pg_init(&source->exporter.pg, &source->target, host);
	status = open_source(source, &access);
	if (status != NULL) {
		wr_pg_source_close(source);
		source = NULL;
	}
	*out = source;
	return status;
}

void wr_pg_source_close(struct wr_source *source)
{
	for (uint32_t i = 0; source->range != NULL && i < source->range_count; i++)
		wr_feed_close(source->range[i].feed);
	wr_pg_release(&source->exporter.pg);
	wr_text_release(&source->exporter.name);
	pthread_mutex_destroy(&source->exporter.lock);
	wr_arena_release(&source->arena);
	wr_free(source);
}

/* Begins as many ranges as may be read at a time. */
static wr_status *start_ranges(struct wr_source *source)
{
	uint32_t running = 0;

	for (uint32_t i = 0; i < source->range_count && running < CONNECTIONS_MAX; i++) {
		struct range *range = &source->range[i];

		if (range->done)
			continue;
		running++;
		if (range->feed == NULL)
			WR_TRY(wr_feed_start(
			    &(struct wr_feed_config){
				.host = source->host,
				.name = "weir-jdbc",
				.bytes_max = QUEUE_BYTES,
				.item_free = free_item,
				.main = range_main,
				.user = range,
			    },
			    &range->feed));
	}
	return NULL;
}

/* What a range has now; a block without rows tells that it has ended. */
static wr_status *ask_range(struct range *range, struct wr_block **out)
{
	struct wr_source *source = range->source;
	struct wr_feed_item *item;
	bool ended;

	*out = NULL;
	WR_TRY(wr_feed_take(range->feed, &item, &ended));
	if (item == NULL && !ended)
		return NULL;
	if (ended) {
		wr_feed_close(range->feed);
		range->feed = NULL;
		range->done = true;
		*out = wr_calloc(1, sizeof **out);
		(*out)->split = range->number;
		(*out)->split_ends = true;
		(*out)->origin = source->args->table;
	} else {
		*out = ((struct item *)item)->block;
		wr_free(item);
	}
	(*out)->index = source->index++;
	(*out)->offset = range->rows;
	range->rows += (*out)->to;
	return NULL;
}

wr_status *wr_pg_claim(struct wr_source *source, struct wr_claim_ask *ask, struct wr_block **out,
		       enum wr_claim *result)
{
	uint32_t count = source->range_count;
	bool any = false;

	WR_TRY(start_ranges(source));
	ask->split_total = count;
	*out = NULL;
	for (uint32_t i = 0; i < count && *out == NULL; i++) {
		uint32_t number = (source->turn + i) % count;
		struct range *range = &source->range[number];

		any = any || !range->done;
		if (range->feed == NULL ||
		    (number < ask->split_count && ask->split != NULL && ask->split[number].held))
			continue;
		WR_TRY(ask_range(range, out));
		if (*out != NULL)
			source->turn = number + 1;
	}
	if (!any && source->exporter.used)
		drop_snapshot(source, &source->exporter.name);
	*result = *out != NULL ? WR_CLAIM_BLOCK : any ? WR_CLAIM_WAIT : WR_CLAIM_END;
	ask->wait_us = 100000; /* the host is woken */
	return NULL;
}

void wr_pg_block_free(struct wr_source *source, struct wr_block *block)
{
	(void)source;
	block_release(block);
}

wr_status *wr_pg_reader_new(struct wr_source *source, struct wr_reader **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->rows_max = (uint32_t)WR_MIN(source->args->max_rows, (uint64_t)WR_BATCH_ROWS_MAX);
	return wr_pg_rows_init(&(*out)->rows, source->args, &source->table);
}

wr_status *wr_pg_decode_block(struct wr_reader *reader, struct wr_block *block,
			      struct wr_batch **out)
{
	return wr_pg_rows_decode(&reader->rows, &block->range, reader->rows_max, out);
}

void wr_pg_reader_free(struct wr_reader *reader)
{
	if (reader == NULL)
		return;
	wr_pg_rows_release(&reader->rows);
	wr_free(reader);
}

/* Number of ranges, then per range its rows times 2, + 1 if it is done. */
wr_status *wr_pg_position(struct wr_source *source, struct wr_text *out)
{
	wr_varint_put(out, source->range_count);
	for (uint32_t i = 0; i < source->range_count; i++)
		wr_varint_put(out, source->range[i].rows * 2 + source->range[i].done);
	return NULL;
}

bool wr_pg_position_text(const char *bytes, size_t len, struct wr_text *out)
{
	const char *end = bytes + len;
	uint64_t count, value, done = 0, rows = 0;

	bytes = wr_varint_get(bytes, end, &count);
	for (uint64_t i = 0; bytes != NULL && i < count; i++) {
		bytes = wr_varint_get(bytes, end, &value);
		if (bytes == NULL)
			return false;
		rows += value / 2;
		done += value & 1;
	}
	if (bytes != NULL)
		wr_text_printf(out, "%" PRIu64 " rows, %" PRIu64 " of %" PRIu64 " ranges read",
			       rows, done, count);
	return bytes != NULL;
}

wr_status *wr_pg_seek(struct wr_source *source, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	uint64_t count = 0, value;

	bytes = wr_varint_get(bytes, end, &count);
	if (bytes != NULL && count != source->range_count)
		return wr_status_hint(
		    wr_status_new(
			WR_USER_ERROR,
			"Table '%s': the checkpoint was made while it was read in %" PRIu64
			" ranges, now there are %u",
			source->args->table, count, source->range_count),
		    "Set 'scan.partition.*' as it was then");
	for (uint32_t i = 0; bytes != NULL && i < count; i++) {
		bytes = wr_varint_get(bytes, end, &value);
		if (bytes == NULL)
			break;
		source->range[i].rows = source->range[i].skip = value / 2;
		source->range[i].done = value & 1;
	}
	if (bytes != NULL)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_FATAL,
			  "What the checkpoint keeps of table '%s' (its place) is "
			  "damaged",
			  source->args->table),
	    "Restore an older checkpoint");
}
