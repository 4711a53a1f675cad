/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_out - rows on their way into a table of PostgreSQL: how they are encoded, collected, and put
 * into the table.
 *
 * A row is encoded once, on the worker that has it: its fields as COPY has them (4 bytes of length,
 * -1 for NULL; the value), columns of the PRIMARY KEY first. A chunk of a table without a key is
 * what COPY takes, tuple by tuple (2 bytes with the number of fields in front of each); with a key
 * each row has a head: 4 bytes with the size of its fields, 4 with that of the key's (both
 * little-endian), 1 with the kind.
 *
 * Rows are put into the table in batches. Without a key: COPY FROM STDIN. With one: of each key
 * only its last change of the batch; a DELETE and an INSERT ... ON CONFLICT, each with its columns
 * as arrays, transposed from the rows by copying. Columns that have no binary form of ours (inet
 * and the like) travel as text and are cast; then rows without a key are INSERTed in this way, too.
 *
 * When the server refuses a batch for one of its rows, the batch is put again in a transaction with
 * savepoints, in halves of halves, until the rows that are refused stand alone: O(log n) statements
 * for each.
 */
#ifndef WR_CONNECTORS_PG_OUT_H
#define WR_CONNECTORS_PG_OUT_H

#include "connectors/pg_client.h"
#include "connectors/pg_type.h"

/* A table as a sink. */
struct wr_pg_out_table {
	const struct wr_connector_args *args;
	struct wr_pg_table table;
	uint32_t count;        /* columns written */
	uint32_t key_count;    /* first of them; 0: rows are appended */
	const uint32_t *order; /* per column: its index in args->schema */
	const struct wr_pg_encoder *encoder;
	const char *const *cast; /* per column: type to cast to; NULL: none */
	bool copies;             /* COPY can take the rows */
	struct wr_zone *zone;    /* owned; NULL: UTC */
	const char *copy_sql, *insert_sql, *delete_sql;
	const struct wr_format *json; /* rows that are refused are shown in it */
	struct wr_format_args json_args;
};

/* Reads what the database has; everything but the zone lives in `arena`. */
wr_status *wr_pg_out_table_init(struct wr_pg_out_table *out, struct wr_pg *pg,
				struct wr_arena *arena, const struct wr_connector_args *args);
void wr_pg_out_table_release(struct wr_pg_out_table *out);

/* --- rows that are refused --- */

struct wr_pg_refusal {
	char *raw; /* the row as JSON; owned */
	size_t raw_len;
	const char *kind; /* static */
	char *text;       /* why; owned */
};
struct wr_pg_refusals {
	struct wr_pg_refusal *item; /* owned */
	uint32_t count, capacity;
};
void wr_pg_refusals_add(struct wr_pg_refusals *refusals, struct wr_str raw, const char *kind,
			const char *text);
void wr_pg_refusals_clear(struct wr_pg_refusals *refusals);
/* As bytes and back; false: damaged. */
void wr_pg_refusals_put(const struct wr_pg_refusals *refusals, struct wr_text *out);
bool wr_pg_refusals_get(struct wr_pg_refusals *refusals, struct wr_str bytes);

/* --- encoding --- */

/* Appends the rows of a batch; those that cannot be encoded become refusals. Returns how many were
 * encoded. */
uint32_t wr_pg_out_encode(const struct wr_pg_out_table *table, const struct wr_batch *batch,
			  struct wr_text *out, struct wr_pg_refusals *refused);

/* --- a batch of rows --- */

struct wr_pg_out_row {
	const char *fields; /* in one of the chunks */
	uint32_t size;      /* of all of them */
	uint32_t key_size;  /* of those of the key */
	uint32_t hash;      /* of the key */
	uint8_t kind;       /* enum wr_row_kind */
};

struct wr_pg_batch {
	const struct wr_pg_out_table *table;
	struct wr_text *chunk; /* owned, with their bytes */
	uint32_t chunk_count, chunk_capacity;
	struct wr_pg_out_row *row; /* with a key: the last change of each; else made when needed */
	uint32_t row_count, row_capacity;
	uint32_t *slot; /* with a key: index + 1 into row, by hash; 0: free */
	uint32_t mask;  /* slots - 1; 0: none */
	uint64_t rows;  /* added */
	uint64_t bytes; /* of the chunks */
};
void wr_pg_batch_init(struct wr_pg_batch *batch, const struct wr_pg_out_table *table);
void wr_pg_batch_release(struct wr_pg_batch *batch);
/* Takes over the bytes of a chunk. */
void wr_pg_batch_add(struct wr_pg_batch *batch, struct wr_text *bytes_moved, uint64_t rows);
void wr_pg_batch_clear(struct wr_pg_batch *batch);

/* Puts the batch into the table, within the transaction that is open, if one is. careful: row by
 * row if need be, those that the server refuses into `refused`; needs a transaction. Otherwise such
 * an error comes out (wr_pg_refuses_row). */
wr_status *wr_pg_batch_put(struct wr_pg_batch *batch, struct wr_pg *pg, bool careful,
			   struct wr_pg_refusals *refused);
/* All of its rows are given up. */
void wr_pg_batch_refuse_all(struct wr_pg_batch *batch, const char *kind, const char *text,
			    struct wr_pg_refusals *refused);
/* Whether putting it takes more than one statement. */
bool wr_pg_batch_is_many(const struct wr_pg_batch *batch);

#endif
