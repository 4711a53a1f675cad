/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_partition - which partition a message goes to, and messages put in order of partitions.
 *
 * Keys land where Kafka's Java clients put them (the positive part of murmur2, modulo the number of
 * partitions), so that topics written by others can be joined partition by partition. Messages
 * without a key stick to one partition until about a batch has gone there, then to the next.
 *
 * To hand messages over partition by partition costs the client library half of what a message at a
 * time does; within a partition their order stays.
 *
 * Thread: one owner.
 */
#ifndef WR_CONNECTORS_KAFKA_PARTITION_H
#define WR_CONNECTORS_KAFKA_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum wr_kafka_spread_kind {
	WR_KAFKA_SPREAD_DEFAULT,    /* by key, else sticky */
	WR_KAFKA_SPREAD_FIXED,      /* all to the first partition */
	WR_KAFKA_SPREAD_ROUND_ROBIN /* a message each */
};

struct wr_kafka_spread {
	enum wr_kafka_spread_kind kind;
	uint32_t count;   /* partitions of the topic; above 0 */
	uint32_t current; /* where messages without a key go now */
	uint64_t gone;    /* bytes that went there in a row */
};

#define WR_KAFKA_STICKY_BYTES 16384 /* as the batch.size of Java's producer */

/* MurmurHash2 (Austin Appleby, public domain) with the seed of Kafka's Java clients. */
uint32_t wr_kafka_murmur2(struct wr_str key);
/* The partition of a message; key.data NULL: it has none. `bytes`: its size. */
uint32_t wr_kafka_spread_next(struct wr_kafka_spread *spread, struct wr_str key, size_t bytes);
/* Counting sort: `order[]` gets the indexes of the `n` messages by partition, in their order, and
 * first[p] .. first[p + 1] are those of partition p (`first` has count + 1 places). */
void wr_kafka_spread_sort(const uint32_t *partition, uint32_t n, uint32_t count, uint32_t *order,
			  uint32_t *first);

/* Bytes of a message alone in a batch as it travels: what the limit of a topic (max.message.bytes)
 * is about. headers: bytes of them, each with the lengths of its name and value in front. */
uint64_t wr_kafka_message_size(struct wr_str key, struct wr_str value, uint32_t header_count,
			       uint64_t headers);
/* Bytes of a number in a message: zigzag, 7 bits a byte. */
uint32_t wr_kafka_number_size(int64_t number);

#endif
