/* SPDX-License-Identifier: Apache-2.0
 *
 * connector - the vtable of a connector: where tables get their rows and put them.
 *
 * A source is cut into numbered blocks (runtime: epoch k processes block k of every source).
 * claim() hands out block after block, one caller at a time, cheaply: raw bytes or a range of event
 * numbers. The work, decode(), runs on the worker that claimed it, in parallel with other blocks.
 * The content of block k must not depend on who decodes it or on how many workers there are (P1).
 *
 * A source may have several ordered streams, its splits (the partitions of a topic): each block is
 * of one. The runtime keeps a watermark and the idleness of each; the source's watermark is that of
 * the split that is furthest behind.
 *
 * A sink is fed in two steps: encode() on every worker in parallel (batch -> chunk), then write()
 * of the chunks, one caller at a time in the order of the stream.
 *
 * Thread: struct wr_source / wr_sink are shared; claim and write are serialised by the caller. A
 * wr_reader or wr_writer belongs to one worker.
 */
#ifndef WR_CATALOG_CONNECTOR_H
#define WR_CATALOG_CONNECTOR_H

#include "base/env.h"
#include "catalog/embed.h"
#include "catalog/format.h"
#include "catalog/host.h"

/* One option as the user wrote it. */
struct wr_given {
	const char *key;   /* as written */
	const char *value; /* as written */
	struct wr_pos pos; /* of the key in the script */
};

struct wr_connector_args {
	struct wr_env *env;                   /* clocks and files */
	const struct wr_connector *connector; /* that these are for */
	const char *table;                    /* name, for messages */
	struct wr_pos pos;                    /* of the table's declaration */
	const struct wr_schema
	    *schema; /* physical columns, then the metadata columns that the table declares */
	uint32_t physical_count;         /* schema->field[0..physical_count) are physical */
	const char *const *metadata_key; /* per metadata column, its key */
	const uint32_t *wanted; /* source: indexes into schema that are read, in output order */
	uint32_t wanted_count;
	const struct wr_options *options; /* read by the connector's own table, hints applied */
	const struct wr_given *
	    given; /* all WITH options as written, hints applied (for wildcards: 'fields.x.kind') */
	uint32_t given_count;
	const struct wr_format *format;    /* from 'format'; NULL: the connector needs none */
	struct wr_format_args format_args; /* ready for the format (its own columns only) */
	/* From 'key.format'; NULL: none. `format` is then that of the values ('value.format' is
	 * another name of 'format'). */
	const struct wr_format *key_format;
	struct wr_format_args key_args; /* ready for it: the columns of the key */
	const uint32_t *key_column;     /* per column of key_args.schema, its index in `schema` */
	const uint32_t *value_column;   /* per column of format_args.schema, its index in `schema`;
					   NULL:   they are the physical columns in order */
	const char *const *partition_key; /* PARTITIONED BY columns */
	uint32_t partition_count;
	const uint32_t *primary_key; /* indexes into schema; sink upserts */
	uint32_t primary_key_count;
	const char *zone_id; /* session time zone */
	bool overwrite;      /* sink: INSERT OVERWRITE, what is there goes at commit */
	/* Source: conditions over the wanted columns that push_filter has taken. Rows that do not
	 * fulfil them need not come; the engine looks again. */
	const struct wr_expr *const *pushed;
	uint32_t pushed_count;
	uint64_t limit; /* source: more rows (that fulfil all of `pushed`) are not used; 0: any */
	uint64_t max_rows;      /* a batch's row limit (weir.batch.max-rows) */
	int64_t block_delay_us; /* between two blocks of a source (weir.test.block-delay) */
	uint64_t block_bytes;   /* of a source's block (weir.source.block-size); 0: the usual */
	/* What the program has given for the table (embed.h), as embed_use wants it; lives as long
	 * as the plan. NULL: nothing. */
	struct wr_embed *embed;
	bool source_watermark; /* source: WATERMARK FOR ... AS SOURCE_WATERMARK() */
};

/* A numbered piece of a source. Made by claim, filled further by decode, freed by the runtime with
 * block_free. */
struct wr_block {
	uint64_t index;               /* 0, 1, 2 ... in the order of claims */
	struct wr_decode_range range; /* raw bytes, for formats */
	uint64_t from, to;            /* event numbers [from, to), for generators */
	const char
	    *origin; /* file name (or topic-partition) for messages; lives as long as the source */
	uint64_t offset;      /* of the block's first byte in its origin */
	bool origin_starts;   /* first block of its origin: line numbers start again */
	uint32_t split;       /* which of the source's streams it is of; 0 where there is one */
	bool split_ends;      /* nothing more comes of the split: it holds back no watermark */
	int64_t watermark_ms; /* args->source_watermark: the source's watermark behind the block */
	void *own;            /* the connector's; freed by block_free */
	void *unread;         /* the connector's: where decode is to read range.data from first */
};

struct wr_expr;
struct wr_source;
struct wr_lookup;
struct wr_reader;
struct wr_sink;
struct wr_writer;

enum wr_claim {
	WR_CLAIM_BLOCK, /* *out is the next block */
	WR_CLAIM_WAIT,  /* nothing now; ask again (an unbounded source that is idle, a rate limit);
			 *wait_us says when */
	WR_CLAIM_END    /* the input is finished */
};

/* Where a source stands in a split, and where the split ends at the moment. */
struct wr_split_lag {
	const char *origin; /* topic; for the time of the call */
	int64_t partition;  /* of it */
	int64_t offset;     /* of the next record to be handed out */
	int64_t end;        /* behind the last record; -1: not known */
};

/* What the runtime knows about a split when it asks for a block. */
struct wr_split_view {
	int64_t
	    watermark_ms; /* of what was handed out and decoded so far; WR_WATERMARK_MIN: none */
	bool held; /* ahead of the others by more than 'scan.watermark.alignment.max-drift' */
};

/* What a claim is asked for, and what it answers besides the block. */
struct wr_claim_ask {
	const struct wr_split_view *split; /* of the splits known so far; later ones: none */
	uint32_t split_count;              /* number of split */
	uint64_t rows_max; /* more rows are not wanted in the block (a rate limit); 0: no limit */
	uint32_t split_total; /* out: splits that there are by now, numbers 0 .. split_total - 1;
				 those without a block yet hold the watermark back, too. Set to
				 split_count before the call; 1 where there are no splits */
	int64_t wait_us; /* out, with WR_CLAIM_WAIT: worth asking again after this; the host's wake
			    comes before it where there is one. Set to a default before the call */
};

/* Where a bad record stands and what it was, for messages and dead letters. */
struct wr_place {
	const char *origin; /* file or topic; NULL: unknown; lives as long as the source */
	int64_t partition;  /* of the topic; -1: none */
	int64_t
	    offset; /* of the message in its partition, or of the byte in the file; -1: unknown */
	bool is_message;      /* offset counts messages */
	struct wr_str key;    /* of the message; data NULL: none */
	struct wr_str raw;    /* the record; data NULL: unknown */
	int64_t timestamp_ms; /* of the message; -1: none */
	int64_t attempts;     /* to read it, that have failed; 0: this is the first */
};

/* Encoded rows on their way to write(). */
struct wr_chunk {
	struct wr_text bytes;     /* encoded records, or empty */
	uint64_t rows;            /* rows in it */
	uint32_t partition;       /* connector's */
	void *own;                /* connector's; freed by write or chunk_free */
	struct wr_traced *traced; /* of its rows, those whose way is traced; the runtime's */
};

/* What comes out of a source. */
enum wr_source_rows {
	WR_SOURCE_INSERTS, /* +I alone */
	WR_SOURCE_CHANGES, /* +I, -U, +U, -D with whole rows */
	WR_SOURCE_UPSERTS  /* rows by primary key: no -U; -D may have the key alone */
};

/* When rows that a sink has written are seen by others. */
enum wr_sink_shows {
	WR_SHOWS_AT_ONCE,   /* or nearly so */
	WR_SHOWS_AT_COMMIT, /* in a job with checkpoints at the commit of the next one; else at once
			     */
	WR_SHOWS_WHOLE      /* the same; else when the job ends */
};

struct wr_connector {
	const char *name; /* 'connector' = '...' */
	const char *doc;
	const struct wr_option *options; /* option_count rows, besides 'connector', 'format' and the
					    runtime's own keys */
	uint32_t option_count;
	const struct wr_metadata_column *metadata; /* ended by a NULL key; NULL: none */
	bool rows_by_name; /* as in wr_format, for connectors that make columns themselves */
	bool needs_format;
	bool messages; /* rows are messages with keys: 'key.format', 'key.fields', 'value.format'
			  ... */
	bool upserts;  /* of messages: the last value of each PRIMARY KEY counts, a missing value
			  deletes it. Its tables need a PRIMARY KEY, which is the key's fields */
	/* What the rows of a source are that has no changelog format. MAY; NULL: +I, or, with
	 * `upserts`, those. */
	enum wr_source_rows (*source_rows)(const struct wr_connector_args *args);
	bool bounded; /* a source of it ends by itself (may be overridden by is_bounded) */
	/* Checks options at analysis time (values, combinations, a missing file or folder, types).
	 * MUST be quick. MAY be NULL. */
	wr_status *(*check)(const struct wr_connector_args *args, bool for_sink);
	bool (*is_bounded)(const struct wr_connector_args *args); /* MAY */
	/* Appends what OpenLineage calls the thing that the table stands for: its namespace
	 * ("kafka://host:9092") and its name in it. MAY; NULL: it is known to Weir alone. */
	void (*dataset)(const struct wr_connector_args *args, struct wr_text *space,
			struct wr_text *name);
	/* Whether the other side can evaluate a condition over args->wanted with exactly the same
	 * result; appends it as it is said there, for EXPLAIN. MAY. */
	bool (*push_filter)(const struct wr_connector_args *args, const struct wr_expr *condition,
			    struct wr_text *shown);
	/* Appends how a table is read with what was handed over, for EXPLAIN: ", access=[scan]".
	 * MAY. */
	void (*show_access)(const struct wr_connector_args *args, struct wr_text *shown);
	bool takes_limit; /* args->limit saves work */
	/* The source can say its watermark itself (SOURCE_WATERMARK()): decode gives each batch
	 * `watermark`, or `row_watermark`, of what it knows within the block, and the last one is
	 * the block's. */
	bool watermarks;
	/* It traces rows itself (host->traces): decode gives batches `traced`, as their records
	 * say. A sink's encode finds them in its batch. */
	bool traces;
	/* What a table of it shares with the program, made when it is declared in an embedded
	 * session. MAY. */
	struct wr_embed *(*embed_new)(void);
	/* A new reference to what a plan that uses the table holds of it. MAY; NULL: to the same
	 * object. */
	struct wr_embed *(*embed_use)(struct wr_embed *embed);

	/* --- source; source_open NULL: cannot be read. `host` outlives the source --- */
	wr_status *(*source_open)(const struct wr_connector_args *args, struct wr_host *host,
				  struct wr_source **out);
	/* Never waits. A client that fetches ahead does so within a bound, and wakes the host when
	 * something has come where nothing was. */
	wr_status *(*claim)(struct wr_source *source, struct wr_claim_ask *ask,
			    struct wr_block **out, enum wr_claim *result);
	/* Where a record of the block stands. MAY; NULL: block->origin and bytes. */
	void (*place)(struct wr_source *source, const struct wr_block *block,
		      const struct wr_bad_record *record, struct wr_place *place);
	wr_status *(*reader_new)(struct wr_source *source, struct wr_reader **out);
	/* Next batch of the block, NULL when it is used up. Columns as args.wanted. */
	wr_status *(*decode)(struct wr_reader *reader, struct wr_block *block,
			     struct wr_batch **out);
	void (*reader_free)(struct wr_reader *reader); /* NULL allowed */
	void (*block_free)(struct wr_source *source, struct wr_block *block);
	/* Appends what a checkpoint needs to continue behind the last block handed out; NULL: not
	 * replayable. */
	wr_status *(*position)(struct wr_source *source, struct wr_text *out);
	/* Appends what such a position means, in words, for tools. MAY; NULL: it is text itself.
	 * false: the bytes are damaged. */
	bool (*position_text)(const char *bytes, size_t len, struct wr_text *out);
	wr_status *(*seek)(struct wr_source *source, const char *bytes, size_t len);
	/* Splits keep their numbers: a position lists them in that order, seek takes them up in it,
	 * new ones come behind. */
	bool splits; /* a source may have several; false: block->split is always 0 */
	/* A checkpoint with this position is durable and its sinks have committed: what lies before
	 * may be let go of (offsets of the group, the log of a database). On the checkpoint's
	 * thread, beside claim. A failure is told to the host and tried again with the next one.
	 * MAY. */
	void (*confirm)(struct wr_source *source, const char *bytes, size_t len);
	/* Calls `each` for every split: how far the source is behind, as far as it knows without
	 * waiting. Any thread, beside claim. MAY. */
	void (*lag)(struct wr_source *source,
		    void (*each)(void *own, const struct wr_split_lag *lag), void *own);
	void (*source_close)(struct wr_source *source); /* NULL is not passed */

	/* --- look-ups by key; lookup_open NULL: cannot be asked. One per worker, for its thread.
	 * A question is asked, then its answer is taken batch by batch; a client of an outside
	 * system may send everything in lookup_ask and wait in lookup_next. --- */
	/* How many questions may be open at a time: asked, and their answers not taken to the end.
	 * Answers come in the order of the questions. One for all rows is open alone. MAY; NULL: 1.
	 */
	uint32_t (*lookup_questions)(const struct wr_connector_args *args);
	/* key: the columns of args->schema (all among args->wanted) that rows are asked for by. */
	wr_status *(*lookup_open)(const struct wr_connector *connector,
				  const struct wr_connector_args *args, const uint32_t *key,
				  uint32_t key_count, struct wr_host *host, struct wr_lookup **out);
	/* Asks for the rows of `count` distinct keys without NULLs (a column for each of `key`, of
	 * its type; they stay until the answer has been taken); key NULL: for all rows. */
	wr_status *(*lookup_ask)(struct wr_lookup *lookup, struct wr_column *const *key,
				 uint32_t count);
	/* The next rows of the answer: columns as args->wanted, no selection, in any order, and per
	 * row the number of its key in (*asked)[row] (the lookup's, until the next call; not set
	 * when all were asked for). *out NULL: that was all. *again: the answer begins anew, what
	 * came of it before is to be forgotten. */
	wr_status *(*lookup_next)(struct wr_lookup *lookup, struct wr_batch **out,
				  const uint32_t **asked, bool *again);
	void (*lookup_close)(struct wr_lookup *lookup); /* NULL is not passed */

	/* --- sink; sink_open NULL: cannot be written --- */
	bool accepts_updates; /* takes -U/+U/-D (or the format is a changelog format); else only +I
			       */
	bool ignores_update_before; /* accepts_updates, but -U need not come */
	bool remembered; /* what it shows lives in its memory alone: the rows that are there are
			    kept as state in front of it, and sent again when a job goes on */
	/* Bytes of memory that this takes, whoever has opened it. Any thread. MAY. */
	uint64_t (*remembers)(const struct wr_connector_args *args);
	/* Whether the sink keeps the last row of each PRIMARY KEY, where one is declared. MAY;
	 * NULL: it does. */
	bool (*keeps_keys)(const struct wr_connector_args *args);
	bool blocks; /* write, flush and prepare may wait for the outside world: they get a thread
			of their own (and look at the host's `stopping` while they wait) */
	wr_status *(*sink_open)(const struct wr_connector_args *args, struct wr_host *host,
				struct wr_sink **out);
	wr_status *(*writer_new)(struct wr_sink *sink, struct wr_writer **out);
	wr_status *(*encode)(struct wr_writer *writer, const struct wr_batch *batch,
			     struct wr_chunk *chunk);
	void (*writer_free)(struct wr_writer *writer);
	wr_status *(*write)(struct wr_sink *sink,
			    struct wr_chunk *chunk); /* the chunk's content is taken over */
	void (*chunk_free)(struct wr_chunk *chunk);  /* MAY; bytes are released by the runtime */
	wr_status *(*flush)(struct wr_sink *sink);   /* at idle times and marks; MAY */
	/* Nothing is to be written for the moment: may be called again and again, at least every 20
	 * ms while the input pauses. `last`: nothing will come any more. On the thread of write.
	 * MAY. */
	wr_status *(*idle)(struct wr_sink *sink, bool last);
	/* What the rows written so far have for a watermark: at marks, before flush and prepare.
	 * MAY. */
	void (*watermark)(struct wr_sink *sink, int64_t watermark_ms);
	/* --- exactly once; MAY, all of the three or none (then a run that is restored may write
	 * again what it had written since the checkpoint: at least once) --- prepare: at the mark
	 * of a checkpoint, after all rows of its epochs were written (and, with `last`, after all
	 * rows): makes them durable and appends to `out` what commit needs to make them visible and
	 * what restore needs to go on behind them. Same thread as write. commit: the checkpoint is
	 * durable: makes visible what `bytes` (of prepare) name. May run on another thread beside
	 * write, one commit at a time, and again for the same bytes after a crash: what is done
	 * stays done. `sink` is one that was opened, with or without restore. restore: before the
	 * first write of a job that goes on from a checkpoint: commit has been called for `bytes`;
	 * what was written behind them is removed. */
	wr_status *(*prepare)(struct wr_sink *sink, bool last, struct wr_text *out);
	wr_status *(*commit)(struct wr_sink *sink, const char *bytes, size_t len);
	wr_status *(*restore)(struct wr_sink *sink, const char *bytes, size_t len);
	/* MAY; NULL: at once. */
	enum wr_sink_shows (*shows)(const struct wr_connector_args *args);
	/* End: commit true makes what was written visible and whole (what a last prepare
	 * and commit have not done yet); if no last prepare came before, a restore may still go on
	 * behind the last one (the job was stopped). False leaves nothing that looks whole, but
	 * what the last prepare named stays for a restore. */
	wr_status *(*sink_close)(struct wr_sink *sink, bool commit);
};

/* The registries (connectors/registry.c, formats/registry.c); lists end with NULL. */
struct wr_registry {
	const struct wr_connector *const *connectors; /* ended by NULL */
	const struct wr_format *const *formats;       /* ended by NULL */
};

#endif
