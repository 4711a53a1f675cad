/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_handle - the clients of a source: how they are configured, and how one partition is read.
 *
 * What librdkafka fetches ahead is bounded for each partition, in messages and in bytes, and both
 * bounds shrink where there are many partitions, so that all together stay within a bound, too.
 *
 * Thread: the keeper's, or whoever closes the source behind it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "connectors/kafka_source.h"

#define TEXT_BYTES  512
#define NUMBER_SIZE 24

/* Bounds of what is fetched ahead: of a partition, and of all of a source together. */
#define QUEUE_ROWS      30000
#define QUEUE_ROWS_MIN  500
#define QUEUE_ROWS_ALL  500000 /* librdkafka needs about 300 bytes besides a message's own */
#define QUEUE_KB        8192
#define QUEUE_KB_MIN    128
#define QUEUE_KB_ALL    131072
#define FETCH_BYTES_MAX (1 << 20)
#define KB              1024

/* The group's offsets could not be written. */
static void say_not_committed(struct wr_kafka_client *client, rd_kafka_resp_err_t code)
{
	char text[TEXT_BYTES];

	snprintf(text, sizeof text,
		 "the offsets of group '%s' could not be committed: %s (the next "
		 "checkpoint tries again; checkpoints themselves do not need them)",
		 client->group, client->call.rd_kafka_err2str(code));
	wr_host_notice(client->host, text);
}

/* The group's offsets were written, or not: then a later checkpoint tries again. */
static void on_commit(rd_kafka_t *handle, rd_kafka_resp_err_t code,
		      rd_kafka_topic_partition_list_t *offsets, void *own)
{
	struct wr_kafka_client *client = own;

	for (int i = 0; i < offsets->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		code = offsets->elems[i].err;
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET ||
	    wr_kafka_passes(code))
		return;
	say_not_committed(client, code);
}

/* Takes the answers to commits. A group that the user may not use has no coordinator to ask, and
 * the commits wait: what librdkafka says of it, once, is said in their place. */
void wr_kafka_group_poll(struct wr_source *source)
{
	rd_kafka_resp_err_t code;

	if (source->group == NULL)
		return;
	source->client.call.rd_kafka_poll(source->group, 0);
	code = wr_kafka_group_error(&source->client, source->group);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		say_not_committed(&source->client, code);
}

/* Makes the consumer, with queues for so many partitions. */
wr_status *wr_kafka_handle_make(struct wr_source *source, uint32_t partitions)
{
	const struct wr_kafka_calls *call = &source->client.call;
	uint32_t count = WR_MAX(partitions, 1u);
	uint32_t rows = WR_MIN(WR_MAX(QUEUE_ROWS_ALL / count, QUEUE_ROWS_MIN), QUEUE_ROWS);
	uint32_t kb = WR_MIN(WR_MAX(QUEUE_KB_ALL / count, QUEUE_KB_MIN), QUEUE_KB);
	char rows_text[NUMBER_SIZE], kb_text[NUMBER_SIZE], bytes_text[NUMBER_SIZE];
	size_t size = sizeof rows_text;
	const struct wr_kafka_setting settings[] = {
	    {"enable.auto.commit", "false", true},
	    {"enable.auto.offset.store", "false", true},
	    {"group.id", "", true}, /* see wr_kafka_group_make */
	    {"group.instance.id", "", true},
	    {"auto.offset.reset", "error", true}, /* the keeper decides */
	    {"enable.partition.eof", source->plan.bound != WR_KAFKA_UNBOUNDED ? "true" : "false",
	     true},
	    {"isolation.level", "read_uncommitted", false},
	    {"queued.min.messages", rows_text, false},
	    {"queued.max.messages.kbytes", kb_text, false},
	    {"fetch.message.max.bytes", bytes_text, false},
	    {"fetch.wait.max.ms", "100", false},
	    {"fetch.error.backoff.ms", "50", false},
	    {"fetch.queue.backoff.ms", "5", false}, /* later versions have it */
	    {"reconnect.backoff.max.ms", "1000", false},
	    {"socket.timeout.ms", "30000", false},
	    {"socket.keepalive.enable", "true", false},
	    {"socket.nagle.disable", "true", false},
	    {"log.connection.close", "false", false},
	    {NULL, NULL, false},
	};
	rd_kafka_conf_t *conf;

	snprintf(rows_text, sizeof rows_text, "%u", rows);
	snprintf(kb_text, sizeof kb_text, "%u", kb);
	snprintf(bytes_text, sizeof bytes_text, "%u", WR_MIN(kb * KB / 2, FETCH_BYTES_MAX));
	WR_TRY(wr_kafka_client_conf(&source->client, source->args, RD_KAFKA_CONSUMER, settings,
				    &conf));
	if (call->rd_kafka_conf_get(conf, "queued.min.messages", rows_text, &size) ==
	    RD_KAFKA_CONF_OK)
		source->queue_rows = (uint32_t)strtoul(rows_text, NULL, 10);
	size = sizeof kb_text;
	if (call->rd_kafka_conf_get(conf, "queued.max.messages.kbytes", kb_text, &size) ==
	    RD_KAFKA_CONF_OK)
		source->queue_bytes = strtod(kb_text, NULL) * KB;
	return wr_kafka_client_new(&source->client, RD_KAFKA_CONSUMER, conf, &source->handle);
}

/* Troubles with connections are those of the other client, too, which says them: this one, which is
 * idle between checkpoints, may lose its connection without being missed. */
static void on_group_error(rd_kafka_t *handle, int code, const char *reason, void *own)
{
}

/* The client for the group's offsets, where there is a group. */
wr_status *wr_kafka_group_make(struct wr_source *source)
{
	static const struct wr_kafka_setting settings[] = {
	    {"enable.auto.commit", "false", true},
	    {"enable.auto.offset.store", "false", true},
	    {"group.instance.id", "", true},
	    {"statistics.interval.ms", "", true},
	    {"reconnect.backoff.max.ms", "1000", false},
	    {"log.connection.close", "false", false},
	    {NULL, NULL, false},
	};
	rd_kafka_conf_t *conf;

	if (source->client.group == NULL)
		return NULL;
	WR_TRY(wr_kafka_client_conf(&source->client, source->args, RD_KAFKA_CONSUMER, settings,
				    &conf));
	source->client.call.rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
	source->client.call.rd_kafka_conf_set_error_cb(conf, on_group_error);
	return wr_kafka_client_new(&source->client, RD_KAFKA_CONSUMER, conf, &source->group);
}

/* Something may have come where nothing was; under the queue's lock, on a thread of librdkafka. */
static void on_queue(rd_kafka_t *handle, void *own)
{
	struct wr_kafka_split *split = own;

	atomic_store_explicit(&split->ready, true, memory_order_release);
	wr_host_wake(split->source->client.host);
}

/* Lets the client read a split from split->next on. */
wr_status *wr_kafka_split_start(struct wr_source *source, struct wr_kafka_split *split)
{
	const struct wr_kafka_calls *call = &source->client.call;

	split->handle = call->rd_kafka_topic_new(source->handle, split->topic, NULL);
	if (split->handle != NULL)
		split->queue = call->rd_kafka_queue_get_partition(source->handle, split->topic,
								  split->partition);
	if (split->queue == NULL)
		return wr_kafka_status(&source->client, split->topic, "it cannot be read",
				       call->rd_kafka_last_error(), NULL);
	call->rd_kafka_queue_cb_event_enable(split->queue, on_queue, split);
	if (call->rd_kafka_consume_start(split->handle, split->partition, split->next) == 0)
		return NULL;
	return wr_kafka_status(&source->client, split->topic, "it cannot be read",
			       call->rd_kafka_last_error(), NULL);
}

/* Gives back what a split holds of the client. `halt`: it is no longer fetched; not where the
 * client ends anyway: librdkafka loses count of a partition that is halted after its topic was
 * deleted, and would wait for it for ever. */
void wr_kafka_split_stop(struct wr_source *source, struct wr_kafka_split *split, bool halt)
{
	const struct wr_kafka_calls *call = &source->client.call;

	for (uint32_t i = split->held_next; i < split->held_count; i++)
		call->rd_kafka_message_destroy(split->held[i]);
	wr_free(split->held);
	split->held = NULL;
	split->held_count = split->held_next = 0;
	if (split->queue != NULL) {
		call->rd_kafka_queue_cb_event_enable(split->queue, NULL, NULL);
		if (halt)
			call->rd_kafka_consume_stop(split->handle, split->partition);
		call->rd_kafka_queue_destroy(split->queue);
	}
	if (split->handle != NULL)
		call->rd_kafka_topic_destroy(split->handle);
	split->queue = NULL;
	split->handle = NULL;
}

/* The client again, with smaller queues, where many partitions share the memory. */
wr_status *wr_kafka_handle_fit(struct wr_source *source, uint32_t partitions)
{
	if ((uint64_t)partitions * QUEUE_ROWS <= QUEUE_ROWS_ALL &&
	    (uint64_t)partitions * QUEUE_KB <= QUEUE_KB_ALL)
		return NULL;
	source->client.call.rd_kafka_destroy(source->handle);
	source->handle = NULL;
	return wr_kafka_handle_make(source, partitions);
}
