/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_rows - see pg_cdc.h: the rows that are there when a job begins, chunk by chunk.
 *
 * One connection takes a snapshot and finds where chunks end, in the order of the primary key;
 * `readers` others share that snapshot, each copying a chunk, and are emptied in the order of the
 * chunks: while one chunk is taken in the next are on their way. A chunk is a block, so that a
 * position is always an end of a chunk.
 *
 * A table without a primary key is one chunk: until all of it is read there is no position, and a
 * connection that breaks ends the job.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/pg_cdc.h"

#define CHUNK_BYTES   (4u << 20) /* of a chunk: it is a block in memory */
#define READERS_MAX   16
#define COPY_HEAD     19 /* signature, flags and length of the extension */
#define COPY_HEAD_LEN 15 /* where that length is */

struct chunk {
	bool last;                 /* to the end of the table */
	struct wr_pg_cdc_part end; /* upto; last: none */
};

struct rows {
	struct wr_source *source;
	struct wr_pg *pg;        /* has the snapshot */
	struct wr_text snapshot; /* as pg_current_snapshot() says it */
	struct wr_text exported; /* what the readers set */
	uint64_t chunk_rows;
	bool planned_all; /* the last chunk is being read */
	uint32_t reader_count;
	struct wr_pg reader[READERS_MAX];
	struct chunk chunk[READERS_MAX]; /* per reader, the one it copies */
	uint64_t first, next;            /* chunks: first being read, next to plan */
	struct wr_pg_cdc_part from; /* the last chunk planned ends here; key_count 0: nothing was */
};

static void part_clear(struct wr_pg_cdc_part *part)
{
	for (uint32_t i = 0; i < part->key_count; i++)
		wr_text_release(&part->upto[i]);
	part->key_count = 0;
}

static void part_copy(struct wr_pg_cdc_part *to, const struct wr_pg_cdc_part *from)
{
	part_clear(to);
	for (uint32_t i = 0; i < from->key_count; i++) {
		wr_text_init(&to->upto[i]);
		wr_text_add(&to->upto[i], from->upto[i].data, from->upto[i].len);
	}
	to->key_count = from->key_count;
}

/* --- the snapshot -------------------------------------------------------------------------------
 */

/* Rows that make a chunk of a few megabytes. */
static wr_status *size_chunks(struct rows *rows)
{
	const struct wr_pg_calls *call = &rows->pg->target->call;
	struct wr_text sql;
	PGresult *result;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_puts(&sql, "SELECT (pg_table_size(oid) / greatest(reltuples, 1))::int8::text FROM "
			   "pg_class WHERE reltuples >= 0 AND oid = ");
	wr_pg_put_literal(&sql, rows->source->table.sql_name, strlen(rows->source->table.sql_name));
	wr_text_puts(&sql, "::regclass");
	status = wr_pg_exec(rows->pg, wr_text_str(&sql), &result);
	wr_text_release(&sql);
	rows->chunk_rows = rows->source->chunk_rows;
	if (status != NULL)
		return status;
	if (call->PQntuples(result) == 1) {
		uint64_t bytes = strtoull(call->PQgetvalue(result, 0, 0), NULL, 10);

		rows->chunk_rows =
		    WR_MIN(rows->chunk_rows, WR_MAX(CHUNK_BYTES / WR_MAX(bytes, 1), 1));
	}
	call->PQclear(result);
	return NULL;
}

static wr_status *take_snapshot(struct rows *rows)
{
	struct wr_pg_cdc_position *at = &rows->source->at;
	const struct wr_pg_calls *call = &rows->pg->target->call;
	PGresult *result;
	uint64_t lsn;
	bool good;

	WR_TRY(wr_pg_exec(rows->pg,
			  WR_PG_MAY_IDLE "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT "
					 "pg_current_snapshot()::text, pg_export_snapshot(), "
					 "pg_current_wal_insert_lsn()::text",
			  &result));
	wr_text_puts(&rows->snapshot, call->PQgetvalue(result, 0, 0));
	wr_text_puts(&rows->exported, call->PQgetvalue(result, 0, 1));
	good = wr_pgo_lsn_read(call->PQgetvalue(result, 0, 2), &lsn);
	call->PQclear(result);
	if (!good)
		return wr_pg_cdc_wrong(rows->source, "the server does not say where its log ends");
	at->seen_lsn = WR_MAX(at->seen_lsn, lsn);
	return size_chunks(rows);
}

static wr_status *open_reader(struct rows *rows, struct wr_pg *reader)
{
	struct wr_text sql;
	wr_status *status;

	wr_pg_init(reader, &rows->source->target, rows->source->host);
	rows->reader_count++;
	WR_TRY(wr_pg_connect(reader));
	wr_text_init(&sql);
	wr_text_puts(&sql, WR_PG_MAY_IDLE
		     "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ");
	wr_pg_put_literal(&sql, wr_text_str(&rows->exported), rows->exported.len);
	status = wr_pg_exec(reader, wr_text_str(&sql), NULL);
	wr_text_release(&sql);
	return status;
}

/* --- chunks -------------------------------------------------------------------------------------
 */

/* " FROM table": its own rows and those of its partitions, but none of tables that inherit from it,
 * whose changes are theirs. */
static void put_table(const struct wr_source *source, struct wr_text *sql)
{
	wr_text_printf(sql, " FROM %s%s", source->partitioned ? "" : "ONLY ",
		       source->table.sql_name);
}

/* " WHERE (key) > (from)", as far as there is one. */
static void put_from(const struct rows *rows, struct wr_text *sql)
{
	if (rows->from.key_count == 0)
		return;
	wr_text_puts(sql, " WHERE (");
	wr_pg_cdc_put_key(rows->source, sql);
	wr_text_puts(sql, ") > (");
	wr_pg_cdc_put_upto(rows->source, &rows->from, sql);
	wr_text_puts(sql, ")");
}

/* The key of the row that ends the chunk behind `from`. */
static wr_status *find_end(struct rows *rows, struct chunk *chunk)
{
	const struct wr_source *source = rows->source;
	const struct wr_pg_calls *call = &rows->pg->target->call;
	struct wr_text sql;
	PGresult *result;
	wr_status *status;

	part_clear(&chunk->end);
	chunk->last = source->key_count == 0;
	if (chunk->last)
		return NULL;
	wr_text_init(&sql);
	for (uint32_t i = 0; i < source->key_count; i++) {
		wr_text_puts(&sql, i == 0 ? "SELECT " : ", ");
		wr_pg_put_name(&sql, source->table.column[source->key[i]].name);
		wr_text_puts(&sql, "::text");
	}
	put_table(source, &sql);
	put_from(rows, &sql);
	wr_text_puts(&sql, " ORDER BY ");
	for (uint32_t i = 0; i < source->key_count; i++) {
		wr_text_puts(&sql, i == 0 ? "" : ", ");
		wr_text_printf(&sql, "%s.", source->table.sql_name);
		wr_pg_put_name(&sql, source->table.column[source->key[i]].name);
	}
	wr_text_printf(&sql, " OFFSET %llu LIMIT 1", (unsigned long long)(rows->chunk_rows - 1));
	status = wr_pg_exec(rows->pg, wr_text_str(&sql), &result);
	wr_text_release(&sql);
	if (status != NULL)
		return status;
	chunk->last = call->PQntuples(result) == 0;
	for (uint32_t i = 0; !chunk->last && i < source->key_count; i++) {
		wr_text_init(&chunk->end.upto[i]);
		wr_text_puts(&chunk->end.upto[i], call->PQgetvalue(result, 0, (int)i));
		chunk->end.key_count++;
	}
	call->PQclear(result);
	return NULL;
}

static void put_copy(const struct rows *rows, const struct chunk *chunk, struct wr_text *sql)
{
	const struct wr_source *source = rows->source;
	bool any = false;

	wr_text_puts(sql, "COPY (SELECT");
	for (uint32_t i = 0; i < source->layout->count; i++) {
		const struct wr_pg_cdc_column *column = &source->layout->column[i];

		if (column->attribute < 0)
			continue;
		wr_text_puts(sql, any ? ", " : " ");
		wr_pg_put_name(sql, source->table.column[column->attribute].name);
		if (column->as_text)
			wr_text_puts(sql, column->type->kind == WR_ARRAY ? "::text[]" : "::text");
		any = true;
	}
	put_table(source, sql);
	put_from(rows, sql);
	if (!chunk->last) {
		wr_text_puts(sql, rows->from.key_count == 0 ? " WHERE (" : " AND (");
		wr_pg_cdc_put_key(source, sql);
		wr_text_puts(sql, ") <= (");
		wr_pg_cdc_put_upto(source, &chunk->end, sql);
		wr_text_puts(sql, ")");
	}
	wr_text_puts(sql, ") TO STDOUT (FORMAT binary)");
}

/* Has a free reader begin with the next chunk. */
static wr_status *plan_chunk(struct rows *rows)
{
	uint32_t index = (uint32_t)(rows->next % rows->source->readers);
	struct chunk *chunk = &rows->chunk[index];
	struct wr_pg *reader = &rows->reader[index];
	struct wr_text sql;
	wr_status *status = NULL;

	if (rows->reader_count == index)
		WR_TRY(open_reader(rows, reader));
	WR_TRY(find_end(rows, chunk));
	wr_text_init(&sql);
	put_copy(rows, chunk, &sql);
	if (!reader->target->call.PQsendQuery(reader->conn, wr_text_str(&sql)))
		status = wr_pg_error(reader, NULL);
	else
		status = wr_pg_flush(reader);
	wr_text_release(&sql);
	rows->next++;
	rows->planned_all = chunk->last;
	part_copy(&rows->from, &chunk->end);
	return status;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* One row of COPY as a record: its number of columns, and their values as records have them. */
static wr_status *add_row(struct rows *rows, const char *at, const char *end)
{
	struct wr_source *source = rows->source;
	uint32_t there = 0;

	for (uint32_t i = 0; i < source->layout->count; i++)
		there += source->layout->column[i].attribute >= 0;
	if (end - at < 2)
		return wr_pg_cdc_wrong(source, "the server sends a row that ends too early");
	if (wr_pg_get16(at) == UINT16_MAX) /* behind the last row */
		return NULL;
	if (wr_pg_get16(at) != there)
		return wr_pg_cdc_wrong(source, "the server sends %u columns in place of %u",
				       wr_pg_get16(at), there);
	at += 2;
	wr_pg_cdc_record(source, WR_INSERT, 0);
	for (uint32_t i = 0; i < source->layout->count; i++) {
		int32_t len = -1;

		if (source->layout->column[i].attribute >= 0) {
			if (end - at < 4)
				break;
			len = (int32_t)wr_pg_get32(at);
			at += 4;
		}
		if (len > end - at)
			return wr_pg_cdc_wrong(source,
					       "the server sends a value that ends too early");
		wr_pg_cdc_value(source, len < 0 ? NULL : at, (uint32_t)WR_MAX(len, 0));
		at += WR_MAX(len, 0);
	}
	return at == end ? NULL
			 : wr_pg_cdc_wrong(source, "the server sends a row of another shape");
}

/* A block of a table that is one chunk: full enough to go, without a position. */
static wr_status *put_some(struct rows *rows)
{
	if (rows->source->key_count > 0 || wr_pg_cdc_filled(rows->source) < CHUNK_BYTES)
		return NULL;
	return wr_pg_cdc_put(rows->source, NULL, NULL);
}

/* Takes in all rows of the chunk that the reader copies. */
static wr_status *read_chunk(struct rows *rows, struct wr_pg *reader)
{
	const struct wr_pg_calls *call = &reader->target->call;
	bool head = true, ready;
	PGresult *result;
	wr_status *status = NULL;
	char *data;
	int len;

	WR_TRY(wr_pg_result(reader, &result)); /* COPY has begun */
	call->PQclear(result);
	while (status == NULL && (len = call->PQgetCopyData(reader->conn, &data, 1)) >= 0) {
		const char *at = data;

		if (len == 0) {
			status = wr_pg_wait(reader, false, 0, &ready);
			if (status == NULL && !call->PQconsumeInput(reader->conn))
				status = wr_pg_error(reader, NULL);
			continue;
		}
		if (head && len >= COPY_HEAD)
			at += COPY_HEAD + wr_pg_get32(data + COPY_HEAD_LEN);
		head = false;
		status = at > data + len ? wr_pg_cdc_wrong(rows->source, "COPY begins with no head")
					 : add_row(rows, at, data + len);
		call->PQfreemem(data);
		if (status == NULL)
			status = put_some(rows);
	}
	if (status != NULL)
		return status;
	for (result = NULL;;) { /* the end of COPY, or its error */
		WR_TRY(wr_pg_result(reader, &result));
		if (result == NULL)
			return NULL;
		call->PQclear(result);
	}
}

/* A chunk is in: the position behind it. */
static void note_chunk(struct rows *rows, const struct chunk *chunk)
{
	struct wr_pg_cdc_position *at = &rows->source->at;
	struct wr_pg_cdc_part *part = at->part_count > 0 ? &at->part[at->part_count - 1] : NULL;

	if (part == NULL || part->snapshot.len != rows->snapshot.len ||
	    memcmp(part->snapshot.data, rows->snapshot.data, rows->snapshot.len) != 0) {
		part = wr_pg_cdc_position_add(at);
		wr_text_add(&part->snapshot, rows->snapshot.data, rows->snapshot.len);
		WR_REQUIRE(wr_pg_snapshot_read(
		    &part->seen, (struct wr_str){part->snapshot.data, part->snapshot.len}));
	}
	part_copy(part, &chunk->end);
	at->snapshot_done = chunk->last;
}

static wr_status *read_all(struct rows *rows)
{
	const struct wr_pg_cdc_position *at = &rows->source->at;

	if (at->part_count >= WR_PG_CDC_SNAPSHOTS_MAX)
		return wr_pg_cdc_wrong(rows->source, "its rows were begun to be read %u times",
				       at->part_count);
	if (at->part_count > 0)
		part_copy(&rows->from, &at->part[at->part_count - 1]);
	WR_TRY(take_snapshot(rows));
	while (!at->snapshot_done) {
		uint32_t index = (uint32_t)(rows->first % rows->source->readers);

		while (!rows->planned_all && rows->next < rows->first + rows->source->readers)
			WR_TRY(plan_chunk(rows));
		WR_TRY(read_chunk(rows, &rows->reader[index]));
		note_chunk(rows, &rows->chunk[index]);
		WR_TRY(wr_pg_cdc_put(rows->source, NULL, NULL));
		rows->first++;
	}
	return wr_pg_exec(rows->pg, "COMMIT", NULL);
}

wr_status *wr_pg_cdc_rows(struct wr_source *source, struct wr_pg *pg)
{
	struct rows *rows = wr_calloc(1, sizeof *rows);
	wr_status *status;

	WR_ASSERT(source->readers >= 1 && source->readers <= READERS_MAX);
	rows->source = source;
	rows->pg = pg;
	wr_text_init(&rows->snapshot);
	wr_text_init(&rows->exported);
	status = read_all(rows);
	if (status != NULL && source->filling != NULL) {
		wr_pg_cdc_block_free(&source->filling->item);
		source->filling = NULL;
	}
	for (uint32_t i = 0; i < rows->reader_count; i++) {
		wr_pg_release(&rows->reader[i]);
		part_clear(&rows->chunk[i].end);
	}
	part_clear(&rows->from);
	wr_text_release(&rows->snapshot);
	wr_text_release(&rows->exported);
	wr_free(rows);
	return status;
}
