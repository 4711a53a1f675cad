/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_latest - messages that are held for a while, of which only the last one of each key is sent
 * ('sink.buffer-flush.*' of upsert-kafka).
 *
 * The lists that come are kept as they are; a table of keys knows which message of which list is
 * the last of its key. When they are taken, those go into one list, in the order in which they
 * came.
 *
 * Thread: one at a time.
 */
#ifndef WR_CONNECTORS_KAFKA_LATEST_H
#define WR_CONNECTORS_KAFKA_LATEST_H

#include "connectors/message.h"

struct wr_kafka_latest;

struct wr_kafka_latest *wr_kafka_latest_new(void);
void wr_kafka_latest_free(struct wr_kafka_latest *latest); /* NULL allowed */
/* Adds the messages of a list. `bytes` is taken over (and is empty then). */
void wr_kafka_latest_add(struct wr_kafka_latest *latest, struct wr_text *bytes);
uint32_t wr_kafka_latest_count(const struct wr_kafka_latest *latest); /* keys */
size_t wr_kafka_latest_bytes(const struct wr_kafka_latest *latest);   /* of all that is kept */
/* Appends the list of the last messages and forgets everything. */
void wr_kafka_latest_take(struct wr_kafka_latest *latest, struct wr_text *out);

#endif
