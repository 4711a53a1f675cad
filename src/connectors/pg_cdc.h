/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc - the inner side of the connector 'postgres-cdc': a table's rows, then its changes.
 *
 *     feed's thread:   prepare (table, publication, slot) -> rows, chunk by chunk -> changes
 *     claim:           takes blocks out of the feed; the position goes along with each
 *     workers:         decode a block's records into columns
 *
 * The slot is made before the first row is read: from then on PostgreSQL keeps its log. Rows are
 * read under a snapshot, and of the changes only those count that the snapshot has not seen
 * (pg_cdc_position.h), so that nothing is lost, doubled or out of order between the two.
 *
 * A record in a block is a row with its kind:
 *
 *      0   1  kind, enum wr_row_kind
 *      1   8  time of the commit, us since 1970; 0: a row that was there
 *      9      per column that is read, in the order of the output: 4 bytes of length (big-endian,
 *             -1: NULL) and the value, in PostgreSQL's binary form
 *
 * Thread: the fields say whose they are.
 */
#ifndef WR_CONNECTORS_PG_CDC_H
#define WR_CONNECTORS_PG_CDC_H

#include <stdatomic.h>

#include "base/buf.h"
#include "connectors/feed.h"
#include "connectors/pg_cdc_position.h"
#include "connectors/pg_client.h"
#include "connectors/pg_type.h"
#include "connectors/pgoutput.h"

#define WR_PG_CDC_RECORD_HEAD 9 /* bytes before the values */

/* A column that is read. */
struct wr_pg_cdc_column {
	const char *name;           /* as declared */
	const struct wr_type *type; /* as declared */
	int32_t
	    attribute; /* index in the table of the database; -1: not there, its values are NULL */
	uint32_t raw_oid; /* of its type as Relation messages have it (domains, enums); 0: none */
	uint32_t there;   /* the same, looking through domains; 0: not there */
	uint32_t oid;     /* that its values are decoded as; 0: not there */
	bool as_text;     /* the server makes a text, or texts, of each value */
};

/* How the columns of a block's records are to be read. Immutable; lives as long as the source. */
struct wr_pg_cdc_layout {
	uint32_t count;
	struct wr_pg_cdc_column *column; /* physical columns among args->wanted, in that order */
};

struct wr_pg_cdc_block {
	struct wr_feed_item item; /* in the feed */
	struct wr_block block;    /* handed out; block.own is this */
	const struct wr_pg_cdc_layout *layout;
	struct wr_buf *buf;      /* of the records */
	struct wr_text records;  /* while it is filled */
	uint32_t rows;           /* records; 0: nothing but a position */
	struct wr_text position; /* behind it; empty: there is none */
	uint64_t lsn;            /* at.lsn behind it */
};

enum wr_pg_cdc_startup {
	WR_PG_CDC_INITIAL,   /* the rows that are there, then changes */
	WR_PG_CDC_LATEST,    /* changes from now on */
	WR_PG_CDC_COMMITTED, /* changes from where the slot stands */
	WR_PG_CDC_SNAPSHOT   /* the rows that are there alone */
};

struct wr_source {
	const struct wr_connector_args *args;
	struct wr_host *host;
	struct wr_arena arena;           /* of open, then the thread's */
	struct wr_pg_target target;      /* ordinary connections */
	struct wr_pg_target replication; /* the one that changes come over */
	const char *name;                /* schema.table, as declared */
	const char *real_name;           /* the thread's: as PostgreSQL spells it */
	uint32_t oid;                    /* the thread's: its number there */
	bool partitioned;                /* the thread's: its rows lie in partitions */
	const char *database;            /* its name */
	struct wr_zone *zone;            /* of the session; NULL: UTC */
	const char *slot, *publication;
	bool upserts;        /* 'changelog-mode' = 'upsert' */
	bool truncate_skips; /* 'truncate.handling' = 'skip' */
	enum wr_pg_cdc_startup startup;
	uint64_t chunk_rows;
	uint32_t readers; /* connections that read rows */
	int64_t heartbeat_us;
	int64_t answer_us; /* 'connection.answer-timeout' */
	/* The claimer's. */
	struct wr_feed *feed;    /* NULL: nothing was claimed yet */
	struct wr_text position; /* behind the last block handed out; empty: none */
	uint64_t blocks;
	/* Both. */
	atomic_ullong confirmed; /* changes up to here need not be kept by the server */
	/* The thread's. */
	struct wr_pg_cdc_position at; /* behind what was read */
	uint64_t put_lsn, put_skip;   /* at.lsn and at.skip, of what was put into the feed */
	int64_t patience_us;          /* silence that is borne: grows with each that was not */
	int64_t beat_us; /* the last heartbeat, whatever the connection; 0: none was due yet */
	bool some_rows;  /* rows of a table without a key are in the feed */
	struct wr_pg_table table; /* as it was last seen */
	struct wr_pg_cdc_layout *layout;
	uint32_t key_count;               /* of the database's primary key; 0: none */
	uint32_t key[WR_PG_CDC_KEYS_MAX]; /* indexes into table.column */
	struct wr_pg_cdc_block *filling;  /* NULL: none */
};

/* --- pg_cdc.c: what the connector's vtable has */
struct wr_pg_access wr_pg_cdc_access(const struct wr_connector_args *args, struct wr_arena *arena);
wr_status *wr_pg_cdc_open(const struct wr_connector_args *args, struct wr_host *host,
			  struct wr_source **out);
wr_status *wr_pg_cdc_claim(struct wr_source *source, struct wr_claim_ask *ask,
			   struct wr_block **out, enum wr_claim *result);
void wr_pg_cdc_release(struct wr_source *source, struct wr_block *block);
wr_status *wr_pg_cdc_position(struct wr_source *source, struct wr_text *out);
wr_status *wr_pg_cdc_seek(struct wr_source *source, const char *bytes, size_t len);
void wr_pg_cdc_confirm(struct wr_source *source, const char *bytes, size_t len);
void wr_pg_cdc_close(struct wr_source *source);

/* --- pg_cdc_table.c: the table, its publication, its slot */
/* Looks at the table and makes what is missing. The slot's place becomes at.lsn when nothing was
 * read yet. */
wr_status *wr_pg_cdc_prepare(struct wr_source *source, struct wr_pg *pg);
/* Whether changes of the table still come: it was not dropped, renamed or taken out of the
 * publication. */
wr_status *wr_pg_cdc_still_there(const struct wr_source *source, struct wr_pg *pg);
/* Whether the publication tells all that is read: every kind of change, every row, every column. */
wr_status *wr_pg_cdc_check_published(const struct wr_source *source, struct wr_pg *pg);
/* Whether the old rows of a partition come whole; `oid` is that of a table that may be one. */
wr_status *wr_pg_cdc_check_partition(const struct wr_source *source, struct wr_pg *pg,
				     uint32_t oid);
/* A layout for the columns that the table has now, as it was just read. */
wr_status *wr_pg_cdc_layout(struct wr_source *source, struct wr_pg *pg,
			    const struct wr_pg_table *table);

/* --- pg_cdc_block.c: blocks being filled (the thread) and read (workers) */
/* Begins a record; then wr_pg_cdc_value for each column of the layout. */
void wr_pg_cdc_record(struct wr_source *source, uint8_t kind, int64_t time_us);
/* data NULL: a NULL. */
void wr_pg_cdc_value(struct wr_source *source, const char *data, uint32_t len);
/* Bytes in the block being filled. */
size_t wr_pg_cdc_filled(const struct wr_source *source);
/* Hands over what was filled, with the position `at` behind it, waiting until there is room;
 * `idle` is called every second meanwhile (MAY). No block: the position alone. */
wr_status *wr_pg_cdc_put(struct wr_source *source, wr_status *(*idle)(void *user), void *user);
void wr_pg_cdc_block_free(struct wr_feed_item *item);
wr_status *wr_pg_cdc_reader_new(struct wr_source *source, struct wr_reader **out);
wr_status *wr_pg_cdc_decode(struct wr_reader *reader, struct wr_block *block,
			    struct wr_batch **out);
void wr_pg_cdc_reader_free(struct wr_reader *reader);

/* --- pg_cdc_rows.c: the rows that are there. A status WR_RETRY: from the last whole chunk on,
 * under a new snapshot */
wr_status *wr_pg_cdc_rows(struct wr_source *source, struct wr_pg *pg);

/* --- pg_cdc_text.c: values of types that are read as their text */
/* The value that was last made a text, and the text. */
struct wr_pg_cdc_text {
	struct wr_text raw, text;
	bool is_set;
};
void wr_pg_cdc_texts_release(struct wr_pg_cdc_text *last, uint32_t count);
/* Puts a value of a change, in binary form, as the text that the server makes of it. `last`: of
 * the column. */
wr_status *wr_pg_cdc_put_text(struct wr_source *source, struct wr_pg *pg,
			      const struct wr_pg_cdc_column *column, struct wr_pg_cdc_text *last,
			      struct wr_str value);

/* --- pg_cdc_change.c: a change as records */
struct wr_pg_cdc_changes {
	struct wr_source *source;
	struct wr_pg *pg;      /* an ordinary connection: asked which chunk a key was in */
	uint32_t table;        /* OID of ours; 0: no Relation message has come */
	uint32_t column_count; /* of the Relation message */
	int32_t *attribute;    /* per column of the layout: its place in tuples; -1: not there */
	struct wr_pg_cdc_text *last;     /* per column of the layout */
	uint32_t last_count;             /* of last */
	int32_t key[WR_PG_CDC_KEYS_MAX]; /* per column of the key: its place in tuples */
	uint32_t xid;                    /* of the transaction */
	int64_t time_us;                 /* of its commit */
	bool *sees; /* per part of the position: its snapshot sees the transaction */
	bool any_sees, all_see;
};
void wr_pg_cdc_changes_release(struct wr_pg_cdc_changes *changes);
void wr_pg_cdc_begin(struct wr_pg_cdc_changes *changes, const struct wr_pgo_message *message);
wr_status *wr_pg_cdc_relation(struct wr_pg_cdc_changes *changes,
			      const struct wr_pgo_message *message);
wr_status *wr_pg_cdc_change(struct wr_pg_cdc_changes *changes,
			    const struct wr_pgo_message *message);

/* --- pg_cdc_stream.c: the changes. WR_RETRY: the connection is gone, from `at` on again */
wr_status *wr_pg_cdc_stream(struct wr_source *source, struct wr_pg *pg);

/* What is wrong, with the table's name in front. */
wr_status *wr_pg_cdc_wrong(const struct wr_source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
wr_status *wr_pg_cdc_renamed(const struct wr_source *source, const char *name);
/* "a, b" as an SQL list of names or, with `literal`, of `part`'s texts with their types. */
void wr_pg_cdc_put_key(const struct wr_source *source, struct wr_text *sql);
void wr_pg_cdc_put_upto(const struct wr_source *source, const struct wr_pg_cdc_part *part,
			struct wr_text *sql);

#endif
