/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_partition - see kafka_partition.h.
 */
#include "connectors/kafka_partition.h"

#include "base/macros.h"

#define SEED  0x9747b28cu
#define SCALE 0x5bd1e995u

#define BATCH_HEAD 61 /* bytes in front of the records of a batch */

uint32_t wr_kafka_murmur2(struct wr_str key)
{
	const unsigned char *at = (const unsigned char *)key.data;
	uint32_t hash = SEED ^ (uint32_t)key.len;
	size_t left = key.len;

	for (; left >= 4; left -= 4, at += 4) {
		uint32_t word =
		    at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;

		word *= SCALE;
		word ^= word >> 24;
		hash = (hash * SCALE) ^ (word * SCALE);
	}
	if (left > 0) {
		for (size_t i = left; i-- > 0;)
			hash ^= (uint32_t)at[i] << 8 * i;
		hash *= SCALE;
	}
	hash ^= hash >> 13;
	hash *= SCALE;
	return hash ^ hash >> 15;
}

/* The next partition in turn. */
static uint32_t turn(struct wr_kafka_spread *spread)
{
	spread->current = (spread->current + 1) % spread->count;
	spread->gone = 0;
	return spread->current;
}

uint32_t wr_kafka_spread_next(struct wr_kafka_spread *spread, struct wr_str key, size_t bytes)
{
	WR_ASSERT(spread->count > 0);
	switch (spread->kind) {
	case WR_KAFKA_SPREAD_FIXED: return 0;
	case WR_KAFKA_SPREAD_ROUND_ROBIN: return turn(spread);
	default:
		if (key.data != NULL)
			return (wr_kafka_murmur2(key) & INT32_MAX) % spread->count;
		if (spread->gone >= WR_KAFKA_STICKY_BYTES || spread->current >= spread->count)
			turn(spread);
		spread->gone += bytes;
		return spread->current;
	}
}

void wr_kafka_spread_sort(const uint32_t *partition, uint32_t n, uint32_t count, uint32_t *order,
			  uint32_t *first)
{
	memset(first, 0, (count + 1) * sizeof *first);
	for (uint32_t i = 0; i < n; i++) {
		WR_ASSERT(partition[i] < count);
		first[partition[i] + 1]++;
	}
	for (uint32_t p = 0; p < count; p++)
		first[p + 1] += first[p];
	for (uint32_t i = 0; i < n; i++)
		order[first[partition[i]]++] = i;
	for (uint32_t p = count; p > 0; p--)
		first[p] = first[p - 1];
	first[0] = 0;
}

uint32_t wr_kafka_number_size(int64_t number)
{
	uint64_t zigzag = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);

	return zigzag == 0 ? 1 : (uint32_t)(63 - __builtin_clzll(zigzag)) / 7 + 1;
}

uint64_t wr_kafka_message_size(struct wr_str key, struct wr_str value, uint32_t header_count,
			       uint64_t headers)
{
	uint64_t body = 3; /* attributes, differences of time and offset to the batch's: 0 */

	body += wr_kafka_number_size(key.data != NULL ? (int64_t)key.len : -1) + key.len;
	body += wr_kafka_number_size(value.data != NULL ? (int64_t)value.len : -1) + value.len;
	body += wr_kafka_number_size(header_count) + headers;
	return BATCH_HEAD + wr_kafka_number_size((int64_t)body) + body;
}
