/* SPDX-License-Identifier: Apache-2.0
 *
 * format - the vtable of a format: bytes -> columns and columns -> bytes.
 *
 * Decoding is by block: many records in one piece of memory, straight into columns. Only wanted
 * columns are decoded; other fields are skipped. A record that cannot be decoded becomes an entry
 * of the error list and no row; everything else of the block still decodes.
 *
 * Thread: a decoder or encoder belongs to one worker; the args are shared and immutable.
 */
#ifndef WR_CATALOG_FORMAT_H
#define WR_CATALOG_FORMAT_H

#include "base/option.h"
#include "base/text.h"
#include "data/batch.h"

struct wr_metadata_column {
	const char *key; /* METADATA FROM 'key' */
	const struct wr_type *type;
	const char *doc; /* for the manual */
	bool writable;   /* a sink takes it */
};

/* What a format is opened with. Everything lives in the plan's arena. */
struct wr_format_args {
	const struct wr_format *format; /* that is opened; set where it may be a plugin's */
	const char *table;              /* its name, for messages */
	const struct wr_schema *
	    schema; /* physical columns of the table, in table order, then metadata of the format */
	uint32_t metadata_count;         /* the last columns of schema are metadata */
	const char *const *metadata_key; /* of each of them: a key of the format's `metadata` */
	const uint32_t *wanted;          /* indexes into schema, in output order; decode only */
	uint32_t wanted_count;           /* output columns; may be 0 (COUNT(*)) */
	const struct wr_options
	    *options; /* read by the format's own table, prefix taken off ("ignore-parse-errors") */
	const char *zone_id; /* session time zone */
	const char
	    *topic;    /* that the messages are of, for subjects of a schema registry; NULL: none */
	bool messages; /* records are messages, not lines */
	bool is_key;   /* they are the messages' keys */
};

struct wr_expr;

/* One record that could not be decoded (or whose field could not), or whose row could not be
 * used. */
struct wr_bad_record {
	uint64_t offset; /* of the record's first byte, from the start of the decoded range */
	uint32_t length; /* bytes of the record (without its line end) */
	uint64_t line; /* lines before the record in the decoded range (0: it is the first line) */
	uint32_t row;  /* rows of the range decoded before it: where it stood among the good ones */
	uint32_t span; /* messages: which one */
	bool key;      /* messages: it is about the key; offset and length are the key's */
	const char *kind; /* static word: "syntax", "type", "missing-field", "encoding", "too-long";
			     of rows: "evaluation", "row-time" */
	const struct wr_expr *expr;   /* "evaluation": what failed; the source's */
	enum wr_status_reason reason; /* "evaluation" */
	bool unplaced;                /* where the record stands is not known */
	const char *column;           /* the column it is about, or NULL; in the schema's arena */
	char text[160]; /* what is wrong, one sentence with the offending value shortened */
};

struct wr_bad_list {
	struct wr_bad_record *record; /* owned, malloc */
	uint32_t count;
	uint32_t capacity;
	uint64_t ignored; /* fields or records silently set to NULL or skipped by the format's own
			     ignore-parse-errors */
};
void wr_bad_list_release(struct wr_bad_list *list);
struct wr_bad_record *wr_bad_list_add(struct wr_bad_list *list); /* zeroed; never NULL */

/* Where one record lies in a piece of memory. */
struct wr_record_span {
	uint32_t start; /* offset of its first byte */
	uint32_t size;  /* bytes, without a line end; WR_RECORD_NONE: there is no record */
};
/* The bytes from `start` to `end` in the text. */
static inline struct wr_record_span wr_record_span_of(const struct wr_text *text, size_t start,
						      const char *end)
{
	return (struct wr_record_span){(uint32_t)start, (uint32_t)(end - text->data - start)};
}
#define WR_RECORD_NONE UINT32_MAX /* only formats with `nulls` read and write such: NULL */

/* A range of whole records being decoded batch by batch. It is text in which line ends separate the
 * records, or (`span` set) messages of a broker: record i is span[i], line ends within it are part
 * of it, and behind each there is a '\n' that belongs to no record. */
struct wr_decode_range {
	struct wr_buf *buf; /* holds the bytes; string views may point into it (wr_column_keep) */
	const char *data;  /* first byte of the range; readable (not meaningful) for 64 bytes behind
			      the end */
	size_t len;        /* bytes */
	size_t pos;        /* bytes consumed so far; len: done */
	uint64_t lines;    /* line ends consumed so far */
	uint32_t rows;     /* rows produced so far */
	uint32_t rows_max; /* of a batch; 0: what the reader says */
	const char *header; /* of the file, with `file_open`; NULL: none */
	size_t header_len;  /* bytes of it */
	bool
	    first; /* the range starts a file: byte order mark and header lines are to be skipped */
	const struct wr_record_span *span; /* messages; NULL: lines */
	uint32_t span_count;               /* number of them */
	uint32_t span_next; /* messages: the next one to decode (in place of pos); set to
			       span_count: done */
	uint32_t *row_span; /* messages, out: per row of the batch just made, its span; room for a
			       batch; NULL: not wanted */
	struct wr_bad_list bad; /* filled by decode; released by the caller */
};

struct wr_decoder;
struct wr_encoder;

struct wr_format {
	const char *name;                /* 'format' = '...' */
	const char *doc;                 /* one or two sentences */
	const struct wr_option *options; /* option_count rows; names without the format's prefix */
	uint32_t option_count;
	bool rows_by_name; /* fields of a ROW are found by name: a ROW type with some of the fields
			      decodes just those */
	bool changelog; /* rows carry kinds (debezium-json ...): the source is not insert-only; the
			   sink takes updates */

	/* Of a changelog format: whether its rows replace each other by PRIMARY KEY, without -U,
	 * and -D may have the key alone. MAY; NULL: never. */
	bool (*upserts)(const struct wr_format_args *args);

	/* Checks types and option combinations at analysis time; message names the column. MAY. */
	wr_status *(*check)(const struct wr_format_args *args, bool for_sink);

	/* What records tell besides the table's columns, ended by a NULL key; NULL: nothing. Tables
	 * of messages read them as 'value.<key>'. */
	const struct wr_metadata_column *metadata;
	bool nulls;    /* a message without a value is a row of NULL, too */
	bool messages; /* decode takes ranges of messages (of text: where `frame` is) */
	bool lines; /* a line end always ends a record: where one ends can be found from any place
		     */
	/* Bytes at data[0..len) that are whole records when more bytes may follow (the rest is
	 * carried over to the next block); `*quoted` carries a tiny scan state between calls over
	 * the same stream (0 at first). Returns 0 when no record ends in the data. */
	size_t (*frame)(const struct wr_format_args *args, const char *data, size_t len,
			uint32_t *quoted);

	/* Files that begin with a header, without which their blocks mean nothing. All MAY be NULL,
	 * together; there is no `frame` then. A range that starts a file begins with the header;
	 * all others have it beside them. */
	/* The header at data[0..len): *header_len 0: it goes on behind. A user error: it is none.
	 */
	wr_status *(*file_open)(const struct wr_format_args *args, const char *data, size_t len,
				size_t *header_len);
	/* As `frame`, behind the header. */
	size_t (*file_frame)(const char *header, size_t header_len, const char *data, size_t len);
	/* Appends what a new file begins with. The encoder then appends whole blocks, as the args
	 * say that records are not messages. */
	wr_status *(*file_header)(const struct wr_format_args *args, struct wr_text *out);

	wr_status *(*decoder_new)(const struct wr_format_args *args, struct wr_decoder **out);
	/* Makes the next batch (up to max_rows rows, wanted columns in order, kinds if changelog)
	 * from range->pos on. *out is NULL when the range is consumed. Bad records go to
	 * range->bad. A status is fatal. */
	wr_status *(*decode)(struct wr_decoder *decoder, struct wr_decode_range *range,
			     uint32_t max_rows, struct wr_batch **out);
	void (*decoder_free)(struct wr_decoder *decoder);

	/* NULL: the format cannot be written. */
	wr_status *(*encoder_new)(const struct wr_format_args *args, struct wr_encoder **out);
	/* Appends the batch's selected rows as records (formats of lines: with line ends). `span`:
	 * where each row's record lies in `out` (without its line end); NULL: not wanted. A row
	 * that cannot be encoded: user error naming the column. */
	wr_status *(*encode)(struct wr_encoder *encoder, const struct wr_batch *batch,
			     struct wr_text *out, struct wr_record_span *span);
	void (*encoder_free)(struct wr_encoder *encoder);
};

#endif
