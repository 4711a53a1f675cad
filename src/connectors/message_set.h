/* SPDX-License-Identifier: Apache-2.0
 *
 * message_set - how the messages of one block lie in memory.
 *
 * Two pieces of memory, for the values and for the keys, with a '\n' behind each of them (which the
 * scanners of text stop at); everything else in arrays with an entry a message. Messages without
 * value or key have spans of WR_RECORD_NONE bytes; formats that do not know such read `dense`,
 * where they are left out.
 *
 * Invariants
 *   M1  spans lie one behind the other in the order of the messages
 *   M2  after wr_messages_to_block nothing changes
 */
#ifndef WR_CONNECTORS_MESSAGE_SET_H
#define WR_CONNECTORS_MESSAGE_SET_H

#include "connectors/message.h"

/* One part of all messages. */
struct wr_message_part {
	struct wr_buf *buf;           /* the bytes; NULL: none so far */
	size_t len;                   /* of them */
	struct wr_record_span *span;  /* per message; owned */
	uint32_t missing;             /* messages without it */
	struct wr_record_span *dense; /* those that are there, when some are missing; owned */
	uint32_t *message;            /* per span of dense, its message; owned */
	uint32_t *before; /* per message, spans of dense before it, and all at the end */
};

/* One header; its bytes are in `header_bytes`. */
struct wr_message_pair {
	struct wr_record_span name;
	struct wr_record_span value; /* WR_RECORD_NONE bytes: none */
};

struct wr_messages {
	struct wr_message_wants wants;
	const char *topic; /* lives as long as the source */
	int32_t partition; /* -1: none */
	uint32_t count;    /* messages */
	uint32_t capacity; /* entries of the arrays */
	struct wr_message_part value, key;
	int64_t *offset;
	int64_t *timestamp_ms; /* -1: none */
	uint8_t *time;         /* enum wr_message_time; NULL: not wanted */
	int32_t *leader_epoch; /* -1: unknown; NULL: not wanted */
	uint32_t *header_end;  /* per message, the number of pairs up to it; NULL: not wanted */
	struct wr_message_pair *pair; /* of all messages */
	uint32_t pair_count;          /* used */
	uint32_t pair_capacity;       /* allocated */
	struct wr_buf *header_bytes;  /* names and values; NULL: none so far */
	size_t header_len;            /* of them */
	struct wr_traced *traced;     /* by message; owned; NULL: none is traced */
};

#endif
