/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_lag - how far behind the ends of its partitions a source is.
 *
 * Every fetch carries the partition's end, and librdkafka keeps it: that costs nothing. But a job
 * that is held up does not fetch, and then the end that is known is old, just when somebody looks.
 * So being asked makes the keeper ask the brokers for the ends (`lag_asked`), at most every few
 * seconds; the next look has them. Who asks never waits for a broker.
 *
 * Offsets are counted: the marks at the ends of transactions, and messages that were compacted
 * away, count, too.
 *
 * Thread: wr_kafka_lag: any; wr_kafka_lag_refresh: the keeper's.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/kafka_source.h"

/* The offset behind the last message of a split, as far as it is known; -1: it is not. Under lock.
 */
static int64_t end_of(struct wr_source *source, const struct wr_kafka_split *split)
{
	int64_t low = 0, high = WR_KAFKA_NO_OFFSET;

	if (split->ended)
		return split->next;
	if (source->client.call.rd_kafka_get_watermark_offsets(source->handle, split->topic,
							       split->partition, &low, &high) !=
		RD_KAFKA_RESP_ERR_NO_ERROR ||
	    high < 0)
		high = WR_KAFKA_NO_OFFSET;
	high = WR_MAX(high, split->seen_end);
	if (high != WR_KAFKA_NO_OFFSET && split->end != WR_KAFKA_NO_OFFSET)
		high = WR_MIN(high, split->end);
	return high == WR_KAFKA_NO_OFFSET ? -1 : WR_MAX(high, split->next);
}

void wr_kafka_lag(struct wr_source *source, void (*each)(void *own, const struct wr_split_lag *lag),
		  void *own)
{
	pthread_mutex_lock(&source->lock);
	for (uint32_t i = 0; i < source->split_count && source->started; i++) {
		const struct wr_kafka_split *split = source->split[i];
		struct wr_split_lag lag = {.origin = split->topic,
					   .partition = split->partition,
					   .offset = split->next,
					   .end = end_of(source, split)};

		each(own, &lag);
	}
	source->lag_asked = true;
	pthread_mutex_unlock(&source->lock);
}

/* The splits that have not ended. */
static struct wr_kafka_found *live_splits(struct wr_source *source, uint32_t *count)
{
	struct wr_kafka_found *found;

	*count = 0;
	pthread_mutex_lock(&source->lock);
	found = wr_calloc(source->split_count + 1, sizeof *found);
	for (uint32_t i = 0; i < source->split_count && source->lag_asked; i++)
		if (!source->split[i]->ended)
			found[(*count)++] =
			    (struct wr_kafka_found){.topic = source->split[i]->topic,
						    .partition = source->split[i]->partition};
	source->lag_asked = false;
	pthread_mutex_unlock(&source->lock);
	return found;
}

void wr_kafka_lag_refresh(struct wr_source *source)
{
	uint32_t count;
	struct wr_kafka_found *found = live_splits(source, &count);
	wr_status *status = wr_kafka_offsets(source, found, count, WR_KAFKA_AT_END);

	pthread_mutex_lock(&source->lock);
	for (uint32_t i = 0; i < count && status == NULL; i++)
		wr_kafka_split_find(source, found[i].topic, found[i].partition)->seen_end =
		    found[i].offset;
	pthread_mutex_unlock(&source->lock);
	wr_status_free(status); /* what is wrong shows where messages are read */
	wr_free(found);
}
