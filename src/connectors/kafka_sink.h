/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_sink - writing to a topic: what the connectors 'kafka' and 'upsert-kafka' put into their
 * sink slots.
 *
 * Rows become messages on the workers (message.h); one thread hands them to librdkafka in the order
 * of the stream, partition by partition (kafka_producer.h), so that the order within a partition is
 * that of the stream.
 *
 *   'sink.delivery-guarantee'
 *   none            handed over and forgotten
 *   at-least-once   prepare waits until the brokers have acknowledged everything, so a checkpoint
 *                   names no message that could be lost
 *   exactly-once    messages wait in an outbox (outbox.h), prepare puts them into the checkpoint,
 *                   and commit sends them in one transaction (kafka_commit.h)
 *
 * Thread: as the slots of wr_connector; write, flush and prepare may wait (`blocks`).
 */
#ifndef WR_CONNECTORS_KAFKA_SINK_H
#define WR_CONNECTORS_KAFKA_SINK_H

#include "catalog/connector.h"

enum wr_kafka_guarantee { WR_KAFKA_NONE, WR_KAFKA_AT_LEAST_ONCE, WR_KAFKA_EXACTLY_ONCE };

extern const char *const wr_kafka_guarantees[];
extern const char *const wr_kafka_partitioners[]; /* as enum wr_kafka_spread_kind */

/* Rows of the connectors' option tables; `topic`, `properties.*` and those of retry.h and outbox.h
 * come besides. */
/* clang-format off */
#define WR_KAFKA_SINK_OPTION_ROWS                                                                  \
	{.name = "sink.delivery-guarantee", .type = WR_OPTION_ENUM, .fallback = "at-least-once",   \
	 .values = wr_kafka_guarantees,                                                            \
	 .doc = "`none`, `at-least-once`, or `exactly-once`: messages are sent in transactions, "  \
		"one a checkpoint."},                                                              \
	{.name = "sink.transactional-id-prefix", .type = WR_OPTION_STRING,                         \
	 .doc = "With `exactly-once`: names the transactions and the group that notes them. It "   \
		"must differ between the tables and jobs that write to the same brokers. Default: "\
		"`weir-<job>-<table>`."}
#define WR_KAFKA_PARTITIONER_ROW                                                                   \
	{.name = "sink.partitioner", .type = WR_OPTION_ENUM, .fallback = "default",                \
	 .values = wr_kafka_partitioners,                                                          \
	 .doc = "`default`: by the key as Kafka's Java clients do, messages without key spread; "  \
		"`fixed`: all to the first partition; `round-robin`: one after the other (not "    \
		"with 'key.fields')."}
#define WR_KAFKA_UPSERT_OPTION_ROWS                                                                \
	{.name = "sink.buffer-flush.max-rows", .type = WR_OPTION_INT, .fallback = "0", .min = 0,   \
	 .max = 100000000,                                                                         \
	 .doc = "Rows are held until there are so many; of each key only the last one is sent. 0: "\
		"none are held."},                                                                 \
	{.name = "sink.buffer-flush.interval", .type = WR_OPTION_DURATION, .fallback = "0 s",      \
	 .doc = "Rows are held no longer than this. Both options must be set together."}
/* clang-format on */

/* As the slots of wr_connector. `upsert`: of 'upsert-kafka'. */
wr_status *wr_kafka_sink_check(const struct wr_connector_args *args, bool upsert);
wr_status *wr_kafka_sink_open(const struct wr_connector_args *args, struct wr_host *host,
			      bool upsert, struct wr_sink **out);
wr_status *wr_kafka_sink_writer_new(struct wr_sink *sink, struct wr_writer **out);
wr_status *wr_kafka_sink_encode(struct wr_writer *writer, const struct wr_batch *batch,
				struct wr_chunk *chunk);
void wr_kafka_sink_writer_free(struct wr_writer *writer);
wr_status *wr_kafka_sink_write(struct wr_sink *sink, struct wr_chunk *chunk);
wr_status *wr_kafka_sink_flush(struct wr_sink *sink);
enum wr_sink_shows wr_kafka_sink_shows(const struct wr_connector_args *args);
wr_status *wr_kafka_sink_prepare(struct wr_sink *sink, bool last, struct wr_text *out);
wr_status *wr_kafka_sink_commit(struct wr_sink *sink, const char *bytes, size_t len);
wr_status *wr_kafka_sink_restore(struct wr_sink *sink, const char *bytes, size_t len);
wr_status *wr_kafka_sink_close(struct wr_sink *sink, bool commit);

#endif
