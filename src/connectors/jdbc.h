/* SPDX-License-Identifier: Apache-2.0
 *
 * jdbc - the parts of the connector 'jdbc': what its scans, look-ups and sinks share.
 *
 *   jdbc.c        options and the vtable; in every build
 *   pg_scan.c     a source: COPY (SELECT ...) TO STDOUT, read ahead by threads
 *   pg_rows.c     rows of COPY's binary form into batches
 *   pg_where.c    conditions as SQL that means the same
 *   pg_lookup.c   keys asked for, several batches at a time; pg_answer.c: what comes back
 *   pg_sink.c     rows written: appended, or one per key
 *
 * below them the client (pg_client.h) and the values (pg_type.h).
 */
#ifndef WR_CONNECTORS_JDBC_H
#define WR_CONNECTORS_JDBC_H

#include "connectors/pg_client.h"
#include "connectors/pg_type.h"
#include "connectors/pg_where.h"

/* The access to the database that the options of a table describe. */
struct wr_pg_access wr_jdbc_access(const struct wr_connector_args *args);

/* --- columns that are read --- */

/* A table of the database as one of Weir's reads it. */
struct wr_pg_source_table {
	struct wr_pg_table table;
	uint32_t count;                   /* columns read: args->wanted */
	const char **select;              /* per column: its expression for SELECT */
	uint32_t *oid;                    /* per column: type of what arrives */
	const struct wr_type **type;      /* per column: of Weir's */
	struct wr_pg_where_column *where; /* per column: for conditions */
};
/* Reads what the database has and checks that the columns fit. */
wr_status *wr_pg_source_table_read(struct wr_pg *pg, struct wr_arena *arena,
				   const struct wr_connector_args *args,
				   struct wr_pg_source_table *out);
/* Appends "SELECT a, b FROM t", without conditions. */
void wr_pg_put_select(struct wr_text *sql, const struct wr_pg_source_table *table);

/* --- rows of COPY's binary form --- */

/* Decodes tuples (a count of fields, then each with its length) into batches. */
struct wr_pg_rows {
	const struct wr_connector_args *args;
	uint32_t count; /* columns */
	struct wr_pg_decoder *decoder;
	struct wr_zone *zone; /* owned; NULL: UTC */
	bool appends;         /* some decoder has to be checked first */
	const char **value;   /* per column, of such a row */
	int32_t *size;        /* their lengths */
};
wr_status *wr_pg_rows_init(struct wr_pg_rows *rows, const struct wr_connector_args *args,
			   const struct wr_pg_source_table *table);
void wr_pg_rows_release(struct wr_pg_rows *rows);
/* The next batch of a range of tuples, as wr_connector's decode; *out NULL: none is left. */
wr_status *wr_pg_rows_decode(struct wr_pg_rows *rows, struct wr_decode_range *range,
			     uint32_t rows_max, struct wr_batch **out);

/* --- a stream of tuples --- */

/* Takes the tuples of a COPY TO STDOUT that has begun, without the head and the end mark. */
struct wr_pg_copy {
	struct wr_pg *pg;
	bool head_read; /* the stream's head is behind */
	char *tuple;    /* the last one, libpq's */
};
/* Waits for the next tuple; it stays until the next call. data NULL: the end. */
wr_status *wr_pg_copy_next(struct wr_pg_copy *copy, struct wr_str *tuple);
void wr_pg_copy_release(struct wr_pg_copy *copy);

/* --- slots of the vtable (catalog/connector.h) --- */

wr_status *wr_pg_source_open(const struct wr_connector_args *args, struct wr_host *host,
			     struct wr_source **out);
wr_status *wr_pg_claim(struct wr_source *source, struct wr_claim_ask *ask, struct wr_block **out,
		       enum wr_claim *result);
wr_status *wr_pg_reader_new(struct wr_source *source, struct wr_reader **out);
wr_status *wr_pg_decode_block(struct wr_reader *reader, struct wr_block *block,
			      struct wr_batch **out);
void wr_pg_reader_free(struct wr_reader *reader);
void wr_pg_block_free(struct wr_source *source, struct wr_block *block);
wr_status *wr_pg_position(struct wr_source *source, struct wr_text *out);
bool wr_pg_position_text(const char *bytes, size_t len, struct wr_text *out);
wr_status *wr_pg_seek(struct wr_source *source, const char *bytes, size_t len);
void wr_pg_source_close(struct wr_source *source);

wr_status *wr_pg_lookup_open(const struct wr_connector *connector,
			     const struct wr_connector_args *args, const uint32_t *key,
			     uint32_t key_count, struct wr_host *host, struct wr_lookup **out);
uint32_t wr_pg_lookup_questions(const struct wr_connector_args *args);
wr_status *wr_pg_lookup_ask(struct wr_lookup *lookup, struct wr_column *const *key, uint32_t count);
wr_status *wr_pg_lookup_next(struct wr_lookup *lookup, struct wr_batch **out,
			     const uint32_t **asked, bool *again);
void wr_pg_lookup_close(struct wr_lookup *lookup);

wr_status *wr_pg_sink_open(const struct wr_connector_args *args, struct wr_host *host,
			   struct wr_sink **out);
wr_status *wr_pg_writer_new(struct wr_sink *sink, struct wr_writer **out);
wr_status *wr_pg_encode_chunk(struct wr_writer *writer, const struct wr_batch *batch,
			      struct wr_chunk *chunk);
void wr_pg_writer_free(struct wr_writer *writer);
wr_status *wr_pg_write(struct wr_sink *sink, struct wr_chunk *chunk);
void wr_pg_chunk_free(struct wr_chunk *chunk);
wr_status *wr_pg_flush_sink(struct wr_sink *sink);
wr_status *wr_pg_idle(struct wr_sink *sink, bool last);
wr_status *wr_pg_prepare(struct wr_sink *sink, bool last, struct wr_text *out);
wr_status *wr_pg_commit(struct wr_sink *sink, const char *bytes, size_t len);
wr_status *wr_pg_restore(struct wr_sink *sink, const char *bytes, size_t len);
wr_status *wr_pg_sink_close(struct wr_sink *sink, bool commit);

#endif
