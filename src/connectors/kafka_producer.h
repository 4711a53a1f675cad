/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_producer - a producer of librdkafka and what it has been given: messages go in list by
 * list, partition by partition, within a bound, and are counted until they are acknowledged.
 *
 *     init -> open -> learn -> (send ... | drain)* -> close -> open ... -> release
 *
 * The bound is kept here, by counting, and not by librdkafka's own "queue full": that would refuse
 * a message in the middle of a list and take the ones behind it, out of order.
 *
 * Messages that the brokers refuse for good (too large, not valid) are rejected to the host where
 * that is allowed (`rejects`), else they are an error. librdkafka sends all others again by itself
 * until they are through (message.timeout.ms is 0, unless the table says something else), in order
 * (enable.idempotence).
 *
 * Waiting happens in steps of at most WR_KAFKA_STEP_MS; after each the host is asked whether the
 * job stops.
 *
 * Thread: one at a time. Delivery reports are served by send, drain and poll, on their thread.
 */
#ifndef WR_CONNECTORS_KAFKA_PRODUCER_H
#define WR_CONNECTORS_KAFKA_PRODUCER_H

#include "connectors/kafka_client.h"
#include "connectors/kafka_partition.h"
#include "connectors/message.h"

#define WR_KAFKA_STEP_MS 100

struct wr_kafka_producer {
	struct wr_kafka_client *client;       /* its `own` is this */
	const struct wr_connector_args *args; /* of the table; borrowed */
	const char *topic;                    /* its name; the table's text */
	const char *transactional_id;         /* NULL: none; the owner's */
	bool rejects; /* called on the thread that may call wr_host_reject */

	rd_kafka_t *handle;            /* NULL: closed */
	rd_kafka_topic_t *at;          /* the topic */
	struct wr_kafka_spread spread; /* `count` 0: the topic is not known yet */
	int64_t message_max;           /* bytes that the topic takes; 0: not known */
	int64_t limit;                 /* bytes that the handle takes (message.max.bytes) */
	int64_t transaction_ms;        /* transaction.timeout.ms */
	int64_t learned_us;            /* monotonic: when spread.count was asked for */
	int64_t unknown_us;            /* monotonic: since when it is not there; 0: it is */

	int64_t messages, bytes;         /* given and not acknowledged yet */
	int64_t messages_max, bytes_max; /* their bound */
	wr_status *status;               /* of messages that failed: the first; NULL: none */
	int64_t heard_us;                /* monotonic: of the last acknowledgement */
	bool dropped;                    /* messages were not given over, since the job stops */
	bool failed;                     /* ... and the handle is of no use (in a transaction) */

	rd_kafka_message_t *message; /* of one call; room for `room` */
	uint32_t *partition, *order; /* the same */
	uint32_t *first;             /* per partition; room for `partitions` + 1 */
	uint32_t room, partitions;
};

/* All of it is the caller's; release in any case. */
void wr_kafka_producer_init(struct wr_kafka_producer *producer, struct wr_kafka_client *client,
			    const struct wr_connector_args *args);
/* Makes a handle. */
wr_status *wr_kafka_producer_open(struct wr_kafka_producer *producer);
/* Asks the brokers about the topic, waiting until they answer: its partitions, how large a message
 * may be. May make the handle anew. NULL with spread.count 0: the job stops. */
wr_status *wr_kafka_producer_learn(struct wr_kafka_producer *producer);
/* Asks for the partitions again if that is long ago; nothing waits long for the answer. */
void wr_kafka_producer_refresh(struct wr_kafka_producer *producer);
/* Gives over all messages of the list, waiting for room. */
wr_status *wr_kafka_producer_send(struct wr_kafka_producer *producer,
				  const struct wr_message_list *list);
/* Serves what has come back, without waiting. The status of messages that failed, once. */
wr_status *wr_kafka_producer_poll(struct wr_kafka_producer *producer);
/* Waits until everything is acknowledged, or the job stops (`messages` says). */
wr_status *wr_kafka_producer_drain(struct wr_kafka_producer *producer);
/* Drops what is not acknowledged, and the handle. */
void wr_kafka_producer_close(struct wr_kafka_producer *producer);
void wr_kafka_producer_release(struct wr_kafka_producer *producer);
/* Bytes of a message, as the topic counts them. */
int64_t wr_kafka_producer_size(const struct wr_message_list *list, uint32_t i,
			       const struct wr_message *message);
/* Gives up a message that is too large. */
wr_status *wr_kafka_producer_reject(struct wr_kafka_producer *producer,
				    const struct wr_message *message, int64_t size, int64_t max);
/* Whether a code will not pass, whatever is tried. */
bool wr_kafka_is_refusal(rd_kafka_resp_err_t code);

#endif
