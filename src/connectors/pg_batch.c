/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_batch - see pg_out.h: rows collected, of each key the last change, and put into the table.
 */
#include <xxhash.h>

#include "base/mem.h"
#include "connectors/pg_out.h"

#define COPY_HEAD      "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
#define COPY_HEAD_SIZE 19
#define COPY_PIECE     (256u << 10) /* handed to libpq at a time, which holds a copy of it */
#define ROW_HEAD       9
#define STATEMENT_ROWS 20000 /* of an INSERT: what the server holds of it stays a few megabytes */

void wr_pg_batch_init(struct wr_pg_batch *batch, const struct wr_pg_out_table *table)
{
	*batch = (struct wr_pg_batch){.table = table};
}

void wr_pg_batch_clear(struct wr_pg_batch *batch)
{
	for (uint32_t i = 0; i < batch->chunk_count; i++)
		wr_text_release(&batch->chunk[i]);
	batch->chunk_count = batch->row_count = 0;
	batch->rows = batch->bytes = 0;
	if (batch->mask > 0)
		memset(batch->slot, 0, ((size_t)batch->mask + 1) * sizeof *batch->slot);
}

void wr_pg_batch_release(struct wr_pg_batch *batch)
{
	wr_pg_batch_clear(batch);
	wr_free(batch->chunk);
	wr_free(batch->row);
	wr_free(batch->slot);
	*batch = (struct wr_pg_batch){0};
}

/* --- of each key the last change -----------------------------------------------------------------
 */

static void grow_slots(struct wr_pg_batch *batch)
{
	uint32_t size = batch->mask == 0 ? 1024 : (batch->mask + 1) * 2;

	wr_free(batch->slot);
	batch->slot = wr_calloc(size, sizeof *batch->slot);
	batch->mask = size - 1;
	for (uint32_t i = 0; i < batch->row_count; i++) {
		uint32_t at = batch->row[i].hash & batch->mask;

		while (batch->slot[at] != 0)
			at = (at + 1) & batch->mask;
		batch->slot[at] = i + 1;
	}
}

static struct wr_pg_out_row *new_row(struct wr_pg_batch *batch)
{
	if (batch->row_count == batch->row_capacity) {
		batch->row_capacity = WR_MAX(1024u, 2 * batch->row_capacity);
		batch->row = wr_realloc(batch->row, batch->row_capacity * sizeof *batch->row);
	}
	return &batch->row[batch->row_count++];
}

/* Puts a row in the place of the one with its key, or in a new one. */
static void put_keyed(struct wr_pg_batch *batch, const struct wr_pg_out_row *row)
{
	uint32_t at;

	if (batch->mask == 0 || batch->row_count * 2 > batch->mask)
		grow_slots(batch);
	for (at = row->hash & batch->mask; batch->slot[at] != 0; at = (at + 1) & batch->mask) {
		struct wr_pg_out_row *old = &batch->row[batch->slot[at] - 1];

		if (old->hash == row->hash && old->key_size == row->key_size &&
		    memcmp(old->fields, row->fields, row->key_size) == 0) {
			*old = *row;
			return;
		}
	}
	*new_row(batch) = *row;
	batch->slot[at] = batch->row_count;
}

static void index_keyed(struct wr_pg_batch *batch, const struct wr_text *chunk)
{
	const char *at = chunk->data, *end = chunk->data + chunk->len;

	while (at < end) {
		struct wr_pg_out_row row = {.fields = at + ROW_HEAD, .kind = (uint8_t)at[8]};

		memcpy(&row.size, at, sizeof row.size);
		memcpy(&row.key_size, at + 4, sizeof row.key_size);
		row.hash = (uint32_t)XXH3_64bits(row.fields, row.key_size);
		put_keyed(batch, &row);
		at = row.fields + row.size;
	}
	WR_ASSERT(at == end);
}

/* The rows of chunks without a key. */
static void index_tuples(struct wr_pg_batch *batch)
{
	batch->row_count = 0;
	for (uint32_t i = 0; i < batch->chunk_count; i++) {
		const char *at = batch->chunk[i].data, *end = at + batch->chunk[i].len;

		while (at < end) {
			struct wr_pg_out_row *row = new_row(batch);

			*row = (struct wr_pg_out_row){.fields = at + 2, .kind = WR_INSERT};
			at += 2;
			for (uint32_t f = 0; f < batch->table->count; f++) {
				int32_t size = (int32_t)wr_pg_get32(at);

				at += 4 + (size > 0 ? size : 0);
			}
			row->size = (uint32_t)(at - row->fields);
		}
	}
}

void wr_pg_batch_add(struct wr_pg_batch *batch, struct wr_text *bytes, uint64_t rows)
{
	if (bytes->len == 0)
		return;
	if (batch->chunk_count == batch->chunk_capacity) {
		batch->chunk_capacity = WR_MAX(64u, 2 * batch->chunk_capacity);
		batch->chunk =
		    wr_realloc(batch->chunk, batch->chunk_capacity * sizeof *batch->chunk);
	}
	batch->chunk[batch->chunk_count++] = *bytes;
	batch->rows += rows;
	batch->bytes += bytes->len;
	wr_text_init(bytes);
	if (batch->table->key_count > 0)
		index_keyed(batch, &batch->chunk[batch->chunk_count - 1]);
}

bool wr_pg_batch_is_many(const struct wr_pg_batch *batch)
{
	bool deletes = false;

	if (batch->table->key_count == 0)
		return !batch->table->copies;
	for (uint32_t i = 0; i < batch->row_count && !deletes; i++)
		deletes = batch->row[i].kind == WR_DELETE;
	return deletes || batch->row_count > STATEMENT_ROWS;
}

/* --- COPY ----------------------------------------------------------------------------------------
 */

static wr_status *copy_bytes(struct wr_pg *pg, const char *data, size_t len)
{
	while (len > 0) {
		size_t piece = WR_MIN(len, (size_t)COPY_PIECE);
		int sent = pg->target->call.PQputCopyData(pg->conn, data, (int)piece);

		if (sent < 0)
			return wr_pg_error(pg, NULL);
		WR_TRY(wr_pg_flush(pg));
		if (sent == 0)
			continue;
		data += piece;
		len -= piece;
	}
	return NULL;
}

/* Ends the stream and takes the answer. */
static wr_status *copy_end(struct wr_pg *pg)
{
	wr_status *status;
	PGresult *result;
	int sent;

	while ((sent = pg->target->call.PQputCopyEnd(pg->conn, NULL)) == 0)
		WR_TRY(wr_pg_flush(pg));
	if (sent < 0)
		return wr_pg_error(pg, NULL);
	WR_TRY(wr_pg_flush(pg));
	status = wr_pg_result(pg, &result);
	while (status == NULL && result != NULL) {
		pg->target->call.PQclear(result);
		status = wr_pg_result(pg, &result);
	}
	if (status != NULL) { /* leaves the connection free for what comes next */
		wr_status *rest = NULL;

		do {
			wr_status_free(rest);
			rest = wr_pg_result(pg, &result);
			pg->target->call.PQclear(result);
		} while (rest == NULL && result != NULL);
		wr_status_free(rest);
	}
	return status;
}

/* An error while rows are on their way is known to the server's answer only. */
static wr_status *copy_failed(struct wr_pg *pg, wr_status *status)
{
	PGresult *result;
	wr_status *answer = wr_pg_result(pg, &result);

	pg->target->call.PQclear(result);
	if (answer == NULL)
		return status;
	wr_status_free(status);
	return answer;
}

static wr_status *copy_begin(struct wr_pg_batch *batch, struct wr_pg *pg)
{
	PGresult *result;

	WR_TRY(wr_pg_exec(pg, batch->table->copy_sql, &result));
	pg->target->call.PQclear(result);
	return copy_bytes(pg, COPY_HEAD, COPY_HEAD_SIZE);
}

/* All chunks as they are. */
static wr_status *copy_all(struct wr_pg_batch *batch, struct wr_pg *pg)
{
	wr_status *status = copy_begin(batch, pg);

	for (uint32_t i = 0; i < batch->chunk_count && status == NULL; i++)
		status = copy_bytes(pg, batch->chunk[i].data, batch->chunk[i].len);
	if (status == NULL)
		status = copy_bytes(pg, "\377\377", 2);
	return status == NULL ? copy_end(pg) : copy_failed(pg, status);
}

static wr_status *copy_rows(struct wr_pg_batch *batch, struct wr_pg *pg,
			    const struct wr_pg_out_row *row, uint32_t count)
{
	wr_status *status = copy_begin(batch, pg);
	char fields[2];

	wr_pg_put16(fields, (uint16_t)batch->table->count);
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		status = copy_bytes(pg, fields, sizeof fields);
		if (status == NULL)
			status = copy_bytes(pg, row[i].fields, row[i].size);
	}
	if (status == NULL)
		status = copy_bytes(pg, "\377\377", 2);
	return status == NULL ? copy_end(pg) : copy_failed(pg, status);
}

/* --- columns as arrays
 * ----------------------------------------------------------------------------- */

#define ARRAY_HEAD 20

/* The rows of one kind (deletes, or the others) as one array for each of the first columns. Returns
 * how many rows they are. */
static uint32_t transpose(const struct wr_pg_out_table *table, const struct wr_pg_out_row *row,
			  uint32_t count, bool deletes, uint32_t columns, struct wr_text *array)
{
	uint32_t taken = 0;

	for (uint32_t c = 0; c < columns; c++) {
		(void)wr_text_reserve(&array[c], ARRAY_HEAD);
		array[c].len = ARRAY_HEAD;
	}
	for (uint32_t i = 0; i < count; i++) {
		const char *at = row[i].fields;

		if ((row[i].kind == WR_DELETE) != deletes)
			continue;
		taken++;
		for (uint32_t c = 0; c < columns; c++) {
			int32_t size = (int32_t)wr_pg_get32(at);
			size_t len = 4 + (size > 0 ? (size_t)size : 0);

			memcpy(wr_text_reserve(&array[c], len), at, len);
			array[c].len += len;
			at += len;
		}
	}
	for (uint32_t c = 0; c < columns; c++) {
		char *to = array[c].data;

		to = wr_pg_put32(to, 1); /* dimensions */
		to = wr_pg_put32(to, 1); /* there may be NULLs */
		to = wr_pg_put32(to, table->encoder[c].oid);
		to = wr_pg_put32(to, taken);
		wr_pg_put32(to, 1); /* lower bound */
	}
	return taken;
}

/* Runs a statement over rows of one kind. */
static wr_status *put_arrays(struct wr_pg_batch *batch, struct wr_pg *pg, const char *sql,
			     const struct wr_pg_out_row *row, uint32_t count, bool deletes)
{
	const struct wr_pg_out_table *table = batch->table;
	uint32_t columns = deletes ? table->key_count : table->count;
	struct wr_text *array = wr_calloc(columns + 1, sizeof *array);
	const char **value = wr_calloc(columns + 1, sizeof *value);
	int *length = wr_calloc(columns + 1, sizeof *length);
	Oid *type = wr_calloc(columns + 1, sizeof *type);
	wr_status *status = NULL;

	if (transpose(table, row, count, deletes, columns, array) > 0) {
		struct wr_pg_params params = {
		    .count = (int)columns, .type = type, .value = value, .length = length};

		for (uint32_t c = 0; c < columns; c++) {
			value[c] = array[c].data;
			length[c] = (int)array[c].len;
			type[c] = wr_pg_array(table->encoder[c].oid);
		}
		status = wr_pg_exec_params(pg, sql, &params, NULL);
	}
	for (uint32_t c = 0; c < columns; c++)
		wr_text_release(&array[c]);
	wr_free(array);
	wr_free(value);
	wr_free(length);
	wr_free(type);
	return status;
}

/* Some rows, in one go. */
static wr_status *put_rows(struct wr_pg_batch *batch, struct wr_pg *pg,
			   const struct wr_pg_out_row *row, uint32_t count)
{
	const struct wr_pg_out_table *table = batch->table;

	if (table->copies)
		return copy_rows(batch, pg, row, count);
	for (uint32_t i = 0; i < count; i += STATEMENT_ROWS) {
		uint32_t some = WR_MIN(count - i, (uint32_t)STATEMENT_ROWS);

		if (table->key_count > 0)
			WR_TRY(put_arrays(batch, pg, table->delete_sql, row + i, some, true));
		WR_TRY(put_arrays(batch, pg, table->insert_sql, row + i, some, false));
	}
	return NULL;
}

/* --- rows that are refused
 * ------------------------------------------------------------------------- */

/* A row as JSON. */
static void show_row(const struct wr_pg_out_table *table, const struct wr_pg_out_row *row,
		     struct wr_text *out)
{
	struct wr_batch *batch = wr_batch_new(table->args->physical_count, 1);
	struct wr_encoder *encoder = NULL;
	const char *at = row->fields;
	wr_status *status;

	for (uint32_t i = 0; i < table->count; i++) {
		const struct wr_type *type = table->args->schema->field[table->order[i]].type;
		int32_t size = (int32_t)wr_pg_get32(at);
		struct wr_pg_decoder decoder;

		at += 4;
		if (wr_pg_read_fit(table->encoder[i].oid, false, type) == WR_PG_FITS) {
			wr_pg_decoder_init(&decoder, table->encoder[i].oid, type, table->zone);
			wr_pg_decoder_begin(&decoder, 1, NULL);
			(void)wr_pg_decode(&decoder, 0, at, size);
			batch->column[table->order[i]] = wr_pg_decoder_finish(&decoder, 1);
			wr_pg_decoder_release(&decoder);
		} else {
			batch->column[table->order[i]] = wr_column_null(type);
		}
		at += size > 0 ? size : 0;
	}
	status = table->json->encoder_new(&table->json_args, &encoder);
	if (status == NULL)
		status = table->json->encode(encoder, batch, out, NULL);
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
	wr_status_free(status);
	if (encoder != NULL)
		table->json->encoder_free(encoder);
	wr_batch_free(batch);
}

static void refuse(struct wr_pg_batch *batch, const struct wr_pg *pg,
		   const struct wr_pg_out_row *row, struct wr_pg_refusals *refused)
{
	struct wr_text raw;

	wr_text_init(&raw);
	show_row(batch->table, row, &raw);
	wr_pg_refusals_add(refused, (struct wr_str){raw.data, raw.len}, wr_pg_refusal_kind(pg),
			   wr_text_str(&pg->text));
	wr_text_release(&raw);
}

void wr_pg_batch_refuse_all(struct wr_pg_batch *batch, const char *kind, const char *text,
			    struct wr_pg_refusals *refused)
{
	struct wr_text raw;

	if (batch->table->key_count == 0)
		index_tuples(batch);
	wr_text_init(&raw);
	for (uint32_t i = 0; i < batch->row_count; i++) {
		wr_text_clear(&raw);
		show_row(batch->table, &batch->row[i], &raw);
		wr_pg_refusals_add(refused, (struct wr_str){raw.data, raw.len}, kind, text);
	}
	wr_text_release(&raw);
}

/* Puts rows behind a savepoint; those that are refused are looked for in halves. */
static wr_status *put_halves(struct wr_pg_batch *batch, struct wr_pg *pg,
			     const struct wr_pg_out_row *row, uint32_t count,
			     struct wr_pg_refusals *refused)
{
	wr_status *status;

	WR_TRY(wr_pg_exec(pg, "SAVEPOINT weir_row", NULL));
	status = put_rows(batch, pg, row, count);
	if (status == NULL)
		return wr_pg_exec(pg, "RELEASE SAVEPOINT weir_row", NULL);
	if (!wr_pg_refuses_row(pg))
		return status;
	wr_status_free(status);
	if (count == 1)
		refuse(batch, pg, row, refused);
	WR_TRY(wr_pg_exec(pg, "ROLLBACK TO SAVEPOINT weir_row; RELEASE SAVEPOINT weir_row", NULL));
	if (count == 1)
		return NULL;
	WR_TRY(put_halves(batch, pg, row, count / 2, refused));
	return put_halves(batch, pg, row + count / 2, count - count / 2, refused);
}

wr_status *wr_pg_batch_put(struct wr_pg_batch *batch, struct wr_pg *pg, bool careful,
			   struct wr_pg_refusals *refused)
{
	if (batch->rows == 0)
		return NULL;
	if (!careful && batch->table->copies)
		return copy_all(batch, pg);
	if (batch->table->key_count == 0)
		index_tuples(batch);
	if (!careful)
		return put_rows(batch, pg, batch->row, batch->row_count);
	WR_TRY(wr_pg_exec(pg, "SET CONSTRAINTS ALL IMMEDIATE", NULL));
	return put_halves(batch, pg, batch->row, batch->row_count, refused);
}
