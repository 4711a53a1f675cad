/* SPDX-License-Identifier: Apache-2.0
 *
 * client - what the programs of this folder share: giving up with a message, settings of
 * librdkafka, where the partitions of a topic begin.
 */
#ifndef BENCH_KAFKA_CLIENT_H
#define BENCH_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline void die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(1);
}

static inline void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char error[256];

	if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
		die("%s", error);
}

/* A client of these settings, which it takes over. */
static inline rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
	char error[256];
	rd_kafka_t *client = rd_kafka_new(type, conf, error, sizeof error);

	if (client == NULL)
		die("%s", error);
	return client;
}

/* Has the consumer read all partitions of the topic, from their beginnings or from their ends. */
static inline void assign_all(rd_kafka_t *client, const char *topic, int from_end)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
	const struct rd_kafka_metadata *metadata;

	rd_kafka_poll_set_consumer(client);
	if (rd_kafka_metadata(client, 0, handle, &metadata, 10000) != 0 ||
	    metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0)
		die("no topic %s", topic);
	for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
		int64_t low, high;

		if (rd_kafka_query_watermark_offsets(client, topic, i, &low, &high, 10000) != 0)
			die("no offsets of %s", topic);
		rd_kafka_topic_partition_list_add(list, topic, i)->offset = from_end ? high : low;
	}
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_topic_destroy(handle);
	rd_kafka_assign(client, list);
	rd_kafka_topic_partition_list_destroy(list);
}

#endif
