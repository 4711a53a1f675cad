/* SPDX-License-Identifier: Apache-2.0
 *
 * message - messages of a broker <-> rows, for every connector that has messages.
 *
 * A message has a key, a value, or one of them, and particulars: topic, partition, offset,
 * timestamp, headers. A table's columns lie in the key ('key.format'), in the value
 * ('value.format') or among the particulars (METADATA).
 *
 * Reading: the connector puts blocks together (wr_messages) when it is asked for one: all bytes are
 * copied, so that the client library has its messages back at once. The worker that has the block
 * decodes it (wr_message_reader): values column by column through the format, then the keys of the
 * rows that came out, then the particulars that the query reads.
 *
 *     claim:    set = wr_messages_new(...); wr_messages_append(set, &message)...;
 *               wr_messages_to_block(set, block)
 *     decode:   wr_message_decode(reader, block, &batch)
 *     place:    wr_message_place(block, record, &place)
 *     block_free: wr_messages_free(block->own)
 *
 * Writing: wr_message_encode makes a chunk's bytes out of a batch: all values, all keys, all
 * headers, then a table of the messages. The bytes have no addresses in them: they may be copied,
 * stored and read again by wr_message_list (layout in message_encode.c).
 *
 * Values that are missing (tombstones): in an upsert table a deletion of the key; else no row, but
 * for formats in which nothing is a value, too (raw: NULL).
 *
 * Thread: a wr_messages belongs to whoever fills it, then it does not change; a reader or writer
 * belongs to one worker.
 */
#ifndef WR_CONNECTORS_MESSAGE_H
#define WR_CONNECTORS_MESSAGE_H

#include "catalog/connector.h"

/* What the timestamp of a message is. */
enum wr_message_time {
	WR_MESSAGE_NO_TIME, /* "NoTimestampType" */
	WR_MESSAGE_CREATED, /* "CreateTime": the sender's */
	WR_MESSAGE_APPENDED /* "LogAppendTime": the broker's */
};

struct wr_message_header {
	struct wr_str name;
	struct wr_str value; /* data NULL: none */
};

/* One message. Everything in it is borrowed. */
struct wr_message {
	struct wr_str key;         /* data NULL: none; an empty one has data */
	struct wr_str value;       /* data NULL: a tombstone; an empty one has data */
	int64_t offset;            /* in its partition; reading */
	int64_t timestamp_ms;      /* -1: none */
	enum wr_message_time time; /* what it is; reading */
	int32_t leader_epoch;      /* -1: unknown; reading */
	const struct wr_message_header *header;
	uint32_t header_count; /* number of header */
};

/* METADATA columns of messages, ended by a NULL key: topic, partition, headers, leader-epoch,
 * offset, timestamp, timestamp-type; headers and timestamp can be written. A connector may take the
 * table as it is. */
extern const struct wr_metadata_column wr_message_metadata[];

/* --- reading: blocks */

/* What a source needs of its messages. */
struct wr_message_wants {
	bool headers;      /* wr_messages_append keeps them */
	bool times;        /* the kind of the timestamp (the timestamp itself is always kept) */
	bool leader_epoch; /* it is kept */
	bool values; /* some column is read from the values (else their bytes are kept just for
			the messages about bad rows) */
};
struct wr_message_wants wr_message_wants_of(const struct wr_connector_args *args);

/* The messages of one block, all of one partition, in order. */
struct wr_messages;

/* `topic` lives as long as the source. `partition` -1: there are none. `count` and `bytes` (keys
 * and values) are a good guess; it grows. */
struct wr_messages *wr_messages_new(const struct wr_message_wants *wants, const char *topic,
				    int32_t partition, uint32_t count, size_t bytes);
void wr_messages_free(struct wr_messages *set); /* NULL allowed */
/* Copies it. false: the set is full (WR_MESSAGES_BYTES_MAX); nothing was done. The first message
 * always fits. */
bool wr_messages_append(struct wr_messages *set, const struct wr_message *message);
#define WR_MESSAGES_BYTES_MAX (1u << 30) /* spans count in 32 bits */
/* The way of the row made of the message appended last is traced. */
void wr_messages_trace(struct wr_messages *set, struct wr_row_trace *trace_moved);
uint32_t wr_messages_count(const struct wr_messages *set);
size_t wr_messages_bytes(const struct wr_messages *set); /* of keys and values */
/* Makes it the content of a zeroed block: block->own, range, origin, offset. The caller fills in
 * index and split. */
void wr_messages_to_block(struct wr_messages *set, struct wr_block *block);

/* --- reading: rows */

struct wr_message_reader;

/* `upsert`: tombstones are deletions, with the key alone; every key field is needed. */
wr_status *wr_message_reader_new(const struct wr_connector_args *args, bool upsert,
				 struct wr_message_reader **out);
/* Next batch of the block: columns as args->wanted; NULL: it is used up. As wr_connector.decode. */
wr_status *wr_message_decode(struct wr_message_reader *reader, struct wr_block *block,
			     struct wr_batch **out);
void wr_message_reader_free(struct wr_message_reader *reader); /* NULL allowed */
/* As wr_connector.place. */
void wr_message_place(const struct wr_block *block, const struct wr_bad_record *record,
		      struct wr_place *place);

/* --- writing */

struct wr_message_writer;

/* `upsert`: rows are values by key; deletions, and -U whose +U does not follow, are tombstones. */
wr_status *wr_message_writer_new(const struct wr_connector_args *args, bool upsert,
				 struct wr_message_writer **out);
/* Makes `chunk->bytes` and `chunk->rows` (messages: of upserts a -U that is replaced is none) out
 * of the batch. The chunk may have been empty or cleared before. */
wr_status *wr_message_encode(struct wr_message_writer *writer, const struct wr_batch *batch,
			     struct wr_chunk *chunk);
void wr_message_writer_free(struct wr_message_writer *writer); /* NULL allowed */

/* The messages of such bytes. They stay where they are; whoever reads keeps them. */
struct wr_message_list {
	const char *data;    /* of the chunk */
	const char *headers; /* in it: an entry a header */
	const char *table;   /* in it: an entry a message */
	uint32_t count;      /* messages */
};
/* false: the bytes are damaged (they may come out of a checkpoint). */
bool wr_message_list_open(struct wr_message_list *list, struct wr_str bytes);
/* Message `i`; `message->header` stays NULL, header_count says how many there are. */
void wr_message_at(const struct wr_message_list *list, uint32_t i, struct wr_message *message);
/* Message `i` of a list. */
struct wr_message_pick {
	const struct wr_message_list *list;
	uint32_t i;
};
/* Appends the bytes of a list of these messages, in this order. */
void wr_message_list_pick(const struct wr_message_pick *pick, uint32_t count, struct wr_text *out);
/* Its header `h`. */
struct wr_message_header wr_message_header_at(const struct wr_message_list *list, uint32_t i,
					      uint32_t h);

#endif
