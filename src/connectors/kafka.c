/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka - options and vtables of the connectors 'kafka' and 'upsert-kafka'.
 *
 * In a build without librdkafka's header both are there, with their options, and say so.
 */
#include "base/module.h"
#include "connectors/dataset.h"
#include "connectors/kafka_sink.h"
#include "connectors/message.h"
#include "connectors/outbox.h"
#include "connectors/registry.h"
#include "connectors/retry.h"

#ifdef WR_HAVE_RDKAFKA
#include "connectors/kafka_source.h"
#else
static const char *const wr_kafka_startups[] = {
    "earliest-offset", "latest-offset", "group-offsets", "timestamp", "specific-offsets", NULL};
static const char *const wr_kafka_bounds[] = {"unbounded", "latest-offset",    "group-offsets",
					      "timestamp", "specific-offsets", NULL};
static const char *const wr_kafka_losts[] = {"fail", "earliest", "latest", NULL};
#endif

/* clang-format off */
#define TOPIC_ROWS                                                                                 \
	{.name = "topic", .type = WR_OPTION_STRING,                                                \
	 .doc = "The topic; read from: several with ; between them."},                             \
	{.name = "topic-pattern", .type = WR_OPTION_STRING,                                        \
	 .doc = "Read from: all topics whose whole name matches this regular expression, also "    \
		"those that are made while the job runs."},                                        \
	{.name = "properties.*", .type = WR_OPTION_STRING,                                         \
	 .doc = "Options of the client, `properties.bootstrap.servers` above all. All names of "   \
		"librdkafka are known, and those of Kafka's Java clients that have a "             \
		"counterpart. A value `${env:NAME}` or `${file:PATH}` is read from there."}
#define BOUND_ROWS                                                                                 \
	{.name = "scan.bounded.mode", .type = WR_OPTION_ENUM, .fallback = "unbounded",             \
	 .values = wr_kafka_bounds,                                                                \
	 .doc = "Where reading ends. latest-offset: where the partitions end when the job begins " \
		"(with read_committed: before the first open transaction); group-offsets, "       \
		"timestamp, specific-offsets: as for the start."},                                 \
	{.name = "scan.bounded.timestamp-millis", .type = WR_OPTION_INT, .min = 0,                 \
	 .max = INT64_MAX,                                                                         \
	 .doc = "For timestamp: milliseconds since 1970. A partition ends at its first message "   \
		"of this time or later, and without one where it ends when the job begins."},      \
	{.name = "scan.bounded.specific-offsets", .type = WR_OPTION_STRING,                        \
	 .doc = "For specific-offsets: 'partition:0,offset:42;partition:1,offset:300'. The "       \
		"message with the offset is not read; partitions that are not named are not "      \
		"read."},                                                                          \
	{.name = "scan.topic-partition-discovery.interval", .type = WR_OPTION_DURATION,            \
	 .fallback = "5 min",                                                                      \
	 .doc = "How often the brokers are asked for new partitions (and topics, of a pattern), "  \
		"which are read from their beginning; 0: never. Tables with an end keep those "    \
		"they began with."},                                                               \
	{.name = "scan.offset-out-of-range", .type = WR_OPTION_ENUM, .fallback = "fail",           \
	 .values = wr_kafka_losts,                                                                 \
	 .doc = "What to do when the offset where reading is to go on is not there: messages are " \
		"no longer retained, or the topic was made anew. fail: stop; earliest: what is "   \
		"there; latest: what comes from now on. Default: `properties.auto.offset.reset` "  \
		"where it is given."}
#define ACCEPTED_ROWS                                                                              \
	{.name = "sink.transaction-naming-strategy", .type = WR_OPTION_STRING,                     \
	 .doc = "Accepted; transactions have one name, and nothing is left in doubt."}
/* clang-format on */

static const struct wr_option kafka_options[] = {
    TOPIC_ROWS,
    {.name = "scan.startup.mode",
     .type = WR_OPTION_ENUM,
     .fallback = "group-offsets",
     .values = wr_kafka_startups,
     .doc = "Where a job begins that is not restored. group-offsets: what the group "
	    "(`properties.group.id`) has committed, else as `properties.auto.offset.reset` says."},
    {.name = "scan.startup.timestamp-millis",
     .type = WR_OPTION_INT,
     .min = 0,
     .max = INT64_MAX,
     .doc = "For timestamp: milliseconds since 1970. A partition begins at its first message of "
	    "this time or later."},
    {.name = "scan.startup.specific-offsets",
     .type = WR_OPTION_STRING,
     .doc = "For specific-offsets: 'partition:0,offset:42;partition:1,offset:300'. Partitions "
	    "that are not named begin at the group's offset, else at their beginning."},
    BOUND_ROWS,
    WR_KAFKA_SINK_OPTION_ROWS,
    WR_KAFKA_PARTITIONER_ROW,
    WR_OUTBOX_OPTION_ROWS,
    ACCEPTED_ROWS,
    WR_RETRY_OPTION_ROWS,
};

static const struct wr_option upsert_kafka_options[] = {
    TOPIC_ROWS,
    BOUND_ROWS,
    WR_KAFKA_SINK_OPTION_ROWS,
    WR_KAFKA_UPSERT_OPTION_ROWS,
    WR_OUTBOX_OPTION_ROWS,
    ACCEPTED_ROWS,
    WR_RETRY_OPTION_ROWS,
};

#ifdef WR_HAVE_RDKAFKA

static wr_status *kafka_check(const struct wr_connector_args *args, bool for_sink)
{
	return for_sink ? wr_kafka_sink_check(args, false) : wr_kafka_source_check(args, false);
}

static wr_status *upsert_kafka_check(const struct wr_connector_args *args, bool for_sink)
{
	return for_sink ? wr_kafka_sink_check(args, true) : wr_kafka_source_check(args, true);
}

/* clang-format off */
#define SOURCE_SLOTS                                                                               \
	.is_bounded = wr_kafka_is_bounded,                                                         \
	.claim = wr_kafka_claim,                                                                   \
	.place = wr_kafka_place,                                                                   \
	.reader_new = wr_kafka_reader_new,                                                         \
	.decode = wr_kafka_decode,                                                                 \
	.reader_free = wr_kafka_reader_free,                                                       \
	.block_free = wr_kafka_block_free,                                                         \
	.position = wr_kafka_position,                                                             \
	.position_text = wr_kafka_position_text,                                                   \
	.seek = wr_kafka_seek,                                                                     \
	.splits = true,                                                                            \
	.confirm = wr_kafka_confirm,                                                               \
	.lag = wr_kafka_lag,                                                                       \
	.source_close = wr_kafka_source_close
#define SINK_SLOTS                                                                                 \
	.blocks = true,                                                                            \
	.writer_new = wr_kafka_sink_writer_new,                                                    \
	.encode = wr_kafka_sink_encode,                                                            \
	.writer_free = wr_kafka_sink_writer_free,                                                  \
	.write = wr_kafka_sink_write,                                                              \
	.flush = wr_kafka_sink_flush,                                                              \
	.shows = wr_kafka_sink_shows,                                                              \
	.prepare = wr_kafka_sink_prepare,                                                          \
	.commit = wr_kafka_sink_commit,                                                            \
	.restore = wr_kafka_sink_restore,                                                          \
	.sink_close = wr_kafka_sink_close
/* clang-format on */

static wr_status *kafka_sink_open(const struct wr_connector_args *args, struct wr_host *host,
				  struct wr_sink **out)
{
	return wr_kafka_sink_open(args, host, false, out);
}

static wr_status *upsert_kafka_sink_open(const struct wr_connector_args *args, struct wr_host *host,
					 struct wr_sink **out)
{
	return wr_kafka_sink_open(args, host, true, out);
}

#else

static wr_status *kafka_check(const struct wr_connector_args *args, bool for_sink)
{
	return wr_status_place(
	    wr_module_not_built("connector for Kafka", "librdkafka-dev", "kafka"), args->pos);
}

#define upsert_kafka_check kafka_check
#define SOURCE_SLOTS       .is_bounded = NULL

/* Never reached: the check comes first. */
static wr_status *wr_kafka_source_open(const struct wr_connector_args *args, struct wr_host *host,
				       struct wr_source **out)
{
	return kafka_check(args, false);
}

#define wr_upsert_kafka_source_open wr_kafka_source_open
#define SINK_SLOTS                  .blocks = true

static wr_status *kafka_sink_open(const struct wr_connector_args *args, struct wr_host *host,
				  struct wr_sink **out)
{
	return kafka_check(args, true);
}

#define upsert_kafka_sink_open kafka_sink_open

#endif

/* A topic keeps all messages. */
static bool keeps_no_keys(const struct wr_connector_args *args)
{
	return false;
}

static void kafka_dataset(const struct wr_connector_args *args, struct wr_text *space,
			  struct wr_text *name)
{
	const char *topic = wr_options_str(args->options, "topic");

	const char *servers = NULL;

	if (topic == NULL)
		topic = wr_options_str(args->options, "topic-pattern");
	for (uint32_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].key, "properties.bootstrap.servers") == 0)
			servers = args->given[i].value;
	wr_dataset_kafka(servers, topic != NULL ? topic : "", space, name);
}

const struct wr_connector wr_connector_kafka = {
    .name = "kafka",
    .doc = "Topics of Apache Kafka, read and written.",
    .options = kafka_options,
    .option_count = WR_COUNT(kafka_options),
    .metadata = wr_message_metadata,
    .traces = true,
    .needs_format = true,
    .messages = true,
    .check = kafka_check,
    .dataset = kafka_dataset,
    .source_open = wr_kafka_source_open,
    SOURCE_SLOTS,
    .keeps_keys = keeps_no_keys,
    .sink_open = kafka_sink_open,
    SINK_SLOTS,
};

const struct wr_connector wr_connector_upsert_kafka = {
    .name = "upsert-kafka",
    .doc = "Topics of Apache Kafka in which the last message of each key counts; one without a "
	   "value deletes it.",
    .options = upsert_kafka_options,
    .option_count = WR_COUNT(upsert_kafka_options),
    .metadata = wr_message_metadata,
    .traces = true,
    .needs_format = true,
    .messages = true,
    .upserts = true,
    .check = upsert_kafka_check,
    .dataset = kafka_dataset,
    .source_open = wr_upsert_kafka_source_open,
    SOURCE_SLOTS,
    .accepts_updates = true,
    .ignores_update_before = true,
    .sink_open = upsert_kafka_sink_open,
    SINK_SLOTS,
};
