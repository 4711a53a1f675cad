/* SPDX-License-Identifier: Apache-2.0
 *
 * message_columns - the particulars of messages (METADATA) as columns.
 *
 * Thread: whoever has the block.
 */
#ifndef WR_CONNECTORS_MESSAGE_COLUMNS_H
#define WR_CONNECTORS_MESSAGE_COLUMNS_H

#include "connectors/message.h"

/* In the order of wr_message_metadata. */
enum wr_message_column {
	WR_MESSAGE_TOPIC,
	WR_MESSAGE_PARTITION,
	WR_MESSAGE_HEADERS,
	WR_MESSAGE_LEADER_EPOCH,
	WR_MESSAGE_OFFSET,
	WR_MESSAGE_TIMESTAMP,
	WR_MESSAGE_TIMESTAMP_TYPE
};
/* UINT32_MAX: it is none of them. */
uint32_t wr_message_column_find(const char *key);

/* A topic's name as a column, kept from batch to batch. */
struct wr_message_topic {
	const char *topic; /* the set's; NULL: none so far */
	struct wr_column *column;
};
void wr_message_topic_release(struct wr_message_topic *topic);

/* The column for messages message[0..count). */
struct wr_column *wr_message_column_make(struct wr_message_topic *topic,
					 const struct wr_messages *set,
					 enum wr_message_column which, const struct wr_type *type,
					 const uint32_t *message, uint32_t count);

#endif
