/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_producer - see kafka_producer.h.
 */
#include "connectors/kafka_producer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"

#define TOPIC_MESSAGE_MAX 1048588 /* max.message.bytes of a topic where nobody set it */
#define BATCH_BYTES       1000000 /* librdkafka's batch.size */
#define ANSWER_MS         10000   /* of questions about the topic */
#define UNKNOWN_US        3000000 /* a topic that is being made is known after this */
#define REFRESH_US        60000000
#define SILENT_US         5000000 /* without an answer: that is said */
#define ASK_US            1000000 /* between two questions whether the topic is still there */
#define NUMBER_BYTES      24

/* linger.ms 0: a message that comes alone goes at once; under load messages come list by list, and
 * what comes while requests are under way goes together. retry.backoff.ms: in a transaction that
 * follows upon another the brokers answer "not yet" for a few milliseconds. */
static const struct wr_kafka_setting plain_settings[] = {
    {"enable.idempotence", "true", false},
    {"linger.ms", "0", false},
    {"message.timeout.ms", "0", false},
    {"queue.buffering.max.messages", "200000", false},
    {"queue.buffering.max.kbytes", "65536", false},
    {"socket.nagle.disable", "true", false},
    {NULL, NULL, false},
};
static const struct wr_kafka_setting transaction_settings[] = {
    {"enable.idempotence", "true", true},
    {"linger.ms", "0", false},
    {"retry.backoff.ms", "3", false},
    {"queue.buffering.max.messages", "200000", false},
    {"queue.buffering.max.kbytes", "65536", false},
    {"socket.nagle.disable", "true", false},
    {NULL, NULL, false},
};

bool wr_kafka_is_refusal(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE: return true;
	default: return false;
	}
}

/* --- delivery reports ---------------------------------------------------------------------------
 */

/* A row that the brokers will not take, whatever is tried; the kind of it; NULL: it is the table's
 * fault, or the connection's. */
static const char *kind_of_refusal(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return "too-large";
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return "refused";
	default: return NULL;
	}
}

static wr_status *reject(struct wr_kafka_producer *producer, struct wr_str raw, const char *kind,
			 const char *text)
{
	struct wr_reject reject = {
	    .raw = raw, .kind = kind, .text = text, .origin = producer->topic};

	return wr_host_reject(producer->client->host, &reject);
}

static void keep_status(struct wr_kafka_producer *producer, wr_status *status)
{
	if (producer->status == NULL)
		producer->status = status;
	else
		wr_status_free(status);
}

/* A message was not delivered. */
static void on_failure(struct wr_kafka_producer *producer, const rd_kafka_message_t *message)
{
	const char *kind = kind_of_refusal(message->err);
	wr_status *status;

	if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
	    message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
		return;
	if (kind != NULL && producer->rejects) {
		status = reject(producer, (struct wr_str){message->payload, message->len}, kind,
				producer->client->call.rd_kafka_err2str(message->err));
		if (status != NULL)
			keep_status(producer, status);
		return;
	}
	producer->failed = true;
	if (producer->status != NULL)
		return;
	status = wr_kafka_status(producer->client, producer->topic, "a message was not delivered",
				 message->err, NULL);
	/* Not again by the same call: the messages are with the checkpoint or before it. */
	status->class = wr_kafka_is_refusal(message->err) ? WR_USER_ERROR : WR_RESTART;
	keep_status(producer, status);
}

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
	struct wr_kafka_client *client = opaque;
	struct wr_kafka_producer *producer = client->own;

	producer->messages--;
	producer->bytes -= (int64_t)(message->len + message->key_len);
	if (WR_LIKELY(message->err == RD_KAFKA_RESP_ERR_NO_ERROR))
		wr_kafka_client_works(client);
	else
		on_failure(producer, message);
}

/* --- the handle ---------------------------------------------------------------------------------
 */

void wr_kafka_producer_init(struct wr_kafka_producer *producer, struct wr_kafka_client *client,
			    const struct wr_connector_args *args)
{
	*producer = (struct wr_kafka_producer){.client = client, .args = args};
	producer->topic = wr_options_str(args->options, "topic");
	client->own = producer;
}

/* A number that the configuration has. */
static int64_t conf_number(const struct wr_kafka_calls *call, rd_kafka_conf_t *conf,
			   const char *name)
{
	char text[NUMBER_BYTES] = "";
	size_t size = sizeof text;

	if (call->rd_kafka_conf_get(conf, name, text, &size) != RD_KAFKA_CONF_OK)
		return 0;
	return strtoll(text, NULL, 10);
}

static void conf_set_number(const struct wr_kafka_calls *call, rd_kafka_conf_t *conf,
			    const char *name, int64_t number)
{
	char text[NUMBER_BYTES];

	snprintf(text, sizeof text, "%lld", (long long)number);
	call->rd_kafka_conf_set(conf, name, text, NULL, 0);
}

/* What the table has not set itself. */
static void conf_complete(struct wr_kafka_producer *producer, rd_kafka_conf_t *conf)
{
	const struct wr_kafka_calls *call = &producer->client->call;
	int64_t max = producer->message_max > 0 ? producer->message_max : TOPIC_MESSAGE_MAX;

	if (conf_number(call, conf, "message.max.bytes") == 1000000) /* librdkafka's default */
		conf_set_number(call, conf, "message.max.bytes", WR_MAX(max, 1000));
	producer->limit = conf_number(call, conf, "message.max.bytes");
	if (producer->message_max > 0)
		conf_set_number(
		    call, conf, "batch.size",
		    WR_MIN(producer->message_max, conf_number(call, conf, "batch.size")));
	producer->transaction_ms = conf_number(call, conf, "transaction.timeout.ms");
	producer->messages_max = conf_number(call, conf, "queue.buffering.max.messages");
	if (producer->messages_max == 0)
		producer->messages_max = INT32_MAX;
	producer->bytes_max = conf_number(call, conf, "queue.buffering.max.kbytes") * 1024;
	if (producer->transactional_id != NULL)
		call->rd_kafka_conf_set(conf, "transactional.id", producer->transactional_id, NULL,
					0);
	call->rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
}

wr_status *wr_kafka_producer_open(struct wr_kafka_producer *producer)
{
	struct wr_kafka_client *client = producer->client;
	rd_kafka_conf_t *conf;

	WR_ASSERT(producer->handle == NULL);
	WR_TRY(wr_kafka_client_conf(
	    client, producer->args, RD_KAFKA_PRODUCER,
	    producer->transactional_id != NULL ? transaction_settings : plain_settings, &conf));
	conf_complete(producer, conf);
	wr_kafka_client_forget(client);
	WR_TRY(wr_kafka_client_new(client, RD_KAFKA_PRODUCER, conf, &producer->handle));
	producer->at = client->call.rd_kafka_topic_new(producer->handle, producer->topic, NULL);
	producer->failed = false;
	producer->messages = producer->bytes = producer->unknown_us = 0;
	return producer->at != NULL
		   ? NULL
		   : wr_kafka_status(client, producer->topic, "the topic cannot be written",
				     client->call.rd_kafka_last_error(), NULL);
}

void wr_kafka_producer_close(struct wr_kafka_producer *producer)
{
	const struct wr_kafka_calls *call = &producer->client->call;

	if (producer->handle == NULL)
		return;
	if (producer->messages > 0) {
		call->rd_kafka_purge(producer->handle,
				     RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		call->rd_kafka_poll(producer->handle, 0);
	}
	if (producer->at != NULL)
		call->rd_kafka_topic_destroy(producer->at);
	call->rd_kafka_destroy(producer->handle);
	producer->handle = NULL;
	producer->at = NULL;
	producer->messages = producer->bytes = 0;
	wr_status_free(producer->status);
	producer->status = NULL;
}

void wr_kafka_producer_release(struct wr_kafka_producer *producer)
{
	if (producer->client != NULL)
		wr_kafka_producer_close(producer);
	wr_free(producer->message);
	wr_free(producer->partition);
	wr_free(producer->order);
	wr_free(producer->first);
	*producer = (struct wr_kafka_producer){0};
}

/* --- the topic ----------------------------------------------------------------------------------
 */

static rd_kafka_resp_err_t ask_partitions(struct wr_kafka_producer *producer, int wait_ms)
{
	const struct wr_kafka_calls *call = &producer->client->call;
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code =
	    call->rd_kafka_metadata(producer->handle, 0, producer->at, &metadata, wait_ms);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return code;
	if (metadata->topic_cnt == 1) {
		code = metadata->topics[0].err;
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[0].partition_cnt > 0)
			producer->spread.count = (uint32_t)metadata->topics[0].partition_cnt;
	}
	call->rd_kafka_metadata_destroy(metadata);
	return code != RD_KAFKA_RESP_ERR_NO_ERROR || producer->spread.count > 0
		   ? code
		   : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/* Reads max.message.bytes out of an answer; one that has none (no right to ask) changes nothing. */
static void take_message_max(struct wr_kafka_producer *producer, const rd_kafka_event_t *event)
{
	const struct wr_kafka_calls *call = &producer->client->call;
	const rd_kafka_DescribeConfigs_result_t *result =
	    call->rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)event);
	const rd_kafka_ConfigResource_t **resource;
	const rd_kafka_ConfigEntry_t **entry;
	size_t count = 0, entries = 0;

	if (result == NULL)
		return;
	resource = call->rd_kafka_DescribeConfigs_result_resources(result, &count);
	if (count != 1 || call->rd_kafka_ConfigResource_error(resource[0]) != 0)
		return;
	entry = call->rd_kafka_ConfigResource_configs(resource[0], &entries);
	for (size_t i = 0; i < entries; i++)
		if (strcmp(call->rd_kafka_ConfigEntry_name(entry[i]), "max.message.bytes") == 0 &&
		    call->rd_kafka_ConfigEntry_value(entry[i]) != NULL)
			producer->message_max =
			    strtoll(call->rd_kafka_ConfigEntry_value(entry[i]), NULL, 10);
}

/* How large a message may be. Without an answer the default holds. */
static void ask_message_max(struct wr_kafka_producer *producer)
{
	const struct wr_kafka_calls *call = &producer->client->call;
	rd_kafka_ConfigResource_t *resource =
	    call->rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, producer->topic);
	rd_kafka_AdminOptions_t *options =
	    call->rd_kafka_AdminOptions_new(producer->handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_queue_t *queue = call->rd_kafka_queue_new(producer->handle);
	rd_kafka_event_t *event;

	call->rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, NULL, 0);
	call->rd_kafka_DescribeConfigs(producer->handle, &resource, 1, options, queue);
	event = call->rd_kafka_queue_poll(queue, ANSWER_MS);
	producer->message_max = TOPIC_MESSAGE_MAX;
	if (event != NULL) {
		take_message_max(producer, event);
		call->rd_kafka_event_destroy(event);
	}
	call->rd_kafka_queue_destroy(queue);
	call->rd_kafka_AdminOptions_destroy(options);
	call->rd_kafka_ConfigResource_destroy(resource);
}

static int64_t now_us(const struct wr_kafka_producer *producer)
{
	return wr_mono_us(producer->args->env);
}

/* Brokers that are down are noticed by librdkafka; ones that are silent, here. */
static void say_silence(struct wr_kafka_producer *producer, int64_t since_us, const char *what)
{
	if (now_us(producer) - since_us > SILENT_US && !atomic_load(&producer->client->waits))
		wr_kafka_client_waits(producer->client, what, RD_KAFKA_RESP_ERR__TIMED_OUT);
}

/* Waits until the brokers say what partitions there are; a topic may be made by the question. */
static wr_status *learn_partitions(struct wr_kafka_producer *producer)
{
	struct wr_kafka_client *client = producer->client;
	int64_t unknown_us = 0, began_us = now_us(producer);

	while (!wr_host_stopping(client->host)) {
		rd_kafka_resp_err_t code = ask_partitions(producer, WR_KAFKA_STEP_MS);
		wr_status *status;

		if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
			producer->learned_us = now_us(producer);
			wr_kafka_client_works(client);
			return NULL;
		}
		client->call.rd_kafka_poll(producer->handle, 0);
		say_silence(producer, began_us, "the topic cannot be looked up");
		status = wr_kafka_client_fatal(client);
		if (status != NULL)
			return status;
		if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && unknown_us == 0)
			unknown_us = now_us(producer);
		if (wr_kafka_is_refusal(code) && (code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
						  now_us(producer) - unknown_us > UNKNOWN_US))
			return wr_kafka_status(client, producer->topic,
					       "the topic cannot be written", code, NULL);
		if (code != RD_KAFKA_RESP_ERR__TIMED_OUT && code != RD_KAFKA_RESP_ERR__TRANSPORT)
			producer->args->env->ops->sleep_us(producer->args->env, 50000);
	}
	return NULL;
}

wr_status *wr_kafka_producer_learn(struct wr_kafka_producer *producer)
{
	WR_TRY(learn_partitions(producer));
	if (producer->spread.count == 0 || producer->message_max > 0)
		return NULL;
	ask_message_max(producer);
	if (producer->limit == producer->message_max && producer->message_max >= BATCH_BYTES)
		return NULL;
	wr_kafka_producer_close(producer);
	return wr_kafka_producer_open(producer);
}

void wr_kafka_producer_refresh(struct wr_kafka_producer *producer)
{
	int64_t now = now_us(producer);

	if (producer->handle == NULL || now - producer->learned_us < REFRESH_US)
		return;
	producer->learned_us = now;
	ask_partitions(producer, WR_KAFKA_STEP_MS);
}

/* --- messages -----------------------------------------------------------------------------------
 */

/* Room for the messages of a list and for the partitions. */
static void make_room(struct wr_kafka_producer *producer, uint32_t count)
{
	if (producer->room < count) {
		wr_free(producer->message);
		wr_free(producer->partition);
		wr_free(producer->order);
		producer->message = wr_calloc(count, sizeof *producer->message);
		producer->partition = wr_calloc(count, sizeof *producer->partition);
		producer->order = wr_calloc(count, sizeof *producer->order);
		producer->room = count;
	}
	if (producer->partitions < producer->spread.count) {
		wr_free(producer->first);
		producer->partitions = producer->spread.count;
		producer->first = wr_calloc(producer->partitions + 1, sizeof *producer->first);
	}
}

wr_status *wr_kafka_producer_poll(struct wr_kafka_producer *producer)
{
	wr_status *status;

	if (producer->handle != NULL)
		producer->client->call.rd_kafka_poll(producer->handle, 0);
	status = producer->status;
	producer->status = NULL;
	return status;
}

/* Messages for a topic that was deleted librdkafka keeps for ever: after a silence the brokers are
 * asked whether it is still there. */
static void look_for_topic(struct wr_kafka_producer *producer)
{
	int64_t now = now_us(producer);

	if (now - producer->heard_us < SILENT_US || now - producer->learned_us < ASK_US)
		return;
	producer->learned_us = now;
	if (ask_partitions(producer, WR_KAFKA_STEP_MS) != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		producer->unknown_us = 0;
	else if (producer->unknown_us == 0)
		producer->unknown_us = now;
	if (producer->unknown_us == 0 || now - producer->unknown_us < UNKNOWN_US)
		return;
	producer->failed = true;
	keep_status(producer, wr_kafka_status(producer->client, producer->topic,
					      "messages are not acknowledged",
					      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
					      "the brokers have no such topic any more"));
}

/* Waits for delivery reports, for a step at most. */
static void wait_reports(struct wr_kafka_producer *producer)
{
	int64_t messages = producer->messages;

	producer->client->call.rd_kafka_poll(producer->handle, WR_KAFKA_STEP_MS);
	if (producer->messages < messages) {
		producer->heard_us = now_us(producer);
		return;
	}
	say_silence(producer, producer->heard_us, "messages are not acknowledged");
	look_for_topic(producer);
}

/* Waits until there is room for so many messages and bytes more; false: the job stops, or a message
 * has failed. */
static bool wait_room(struct wr_kafka_producer *producer, int64_t messages, int64_t bytes)
{
	const struct wr_kafka_calls *call = &producer->client->call;

	while (producer->messages > 0 && (producer->messages + messages > producer->messages_max ||
					  producer->bytes + bytes > producer->bytes_max)) {
		if (producer->status != NULL || wr_host_stopping(producer->client->host))
			return false;
		call->rd_kafka_poll(producer->handle, WR_KAFKA_STEP_MS);
	}
	return producer->status == NULL;
}

/* The error of a message that librdkafka did not take. */
static wr_status *not_taken(struct wr_kafka_producer *producer, struct wr_str raw,
			    rd_kafka_resp_err_t code)
{
	const char *kind = kind_of_refusal(code);
	wr_status *status;

	if (kind != NULL && producer->rejects)
		return reject(producer, raw, kind, producer->client->call.rd_kafka_err2str(code));
	status = wr_kafka_client_fatal(producer->client);
	if (status == NULL)
		status = wr_kafka_status(producer->client, producer->topic,
					 "a message was not taken", code, NULL);
	if (!wr_kafka_is_refusal(code))
		status->class = WR_RESTART;
	producer->failed = true;
	return status;
}

/* A message with headers or a timestamp of its own: one call each. */
static wr_status *send_one(struct wr_kafka_producer *producer, const struct wr_message_list *list,
			   uint32_t i, uint32_t partition)
{
	const struct wr_kafka_calls *call = &producer->client->call;
	rd_kafka_headers_t *headers = NULL;
	rd_kafka_resp_err_t code;
	struct wr_message message;

	wr_message_at(list, i, &message);
	if (message.header_count > 0)
		headers = call->rd_kafka_headers_new(message.header_count);
	for (uint32_t h = 0; h < message.header_count; h++) {
		struct wr_message_header header = wr_message_header_at(list, i, h);

		call->rd_kafka_header_add(
		    headers, header.name.data, (ssize_t)header.name.len, header.value.data,
		    header.value.data != NULL ? (ssize_t)header.value.len : 0);
	}
	code = call->rd_kafka_producev(
	    producer->handle, RD_KAFKA_V_RKT(producer->at),
	    RD_KAFKA_V_PARTITION((int32_t)partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	    RD_KAFKA_V_KEY((void *)message.key.data, message.key.len),
	    RD_KAFKA_V_VALUE((void *)message.value.data, message.value.len),
	    RD_KAFKA_V_TIMESTAMP(WR_MAX(message.timestamp_ms, 0)), RD_KAFKA_V_HEADERS(headers),
	    RD_KAFKA_V_END);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
		producer->messages++;
		producer->bytes += (int64_t)(message.key.len + message.value.len);
		return NULL;
	}
	if (headers != NULL)
		call->rd_kafka_headers_destroy(headers);
	return not_taken(producer, message.value, code);
}

/* The messages that were sorted to one partition. */
static wr_status *send_partition(struct wr_kafka_producer *producer, rd_kafka_message_t *message,
				 uint32_t count, uint32_t partition)
{
	const struct wr_kafka_calls *call = &producer->client->call;
	int taken = call->rd_kafka_produce_batch(producer->at, (int32_t)partition,
						 RD_KAFKA_MSG_F_COPY, message, (int)count);
	wr_status *status = NULL;

	for (uint32_t i = 0; i < count; i++) {
		if (WR_LIKELY(taken == (int)count || message[i].err == 0)) {
			producer->messages++;
			producer->bytes += (int64_t)(message[i].len + message[i].key_len);
		} else if (status == NULL) {
			status =
			    not_taken(producer, (struct wr_str){message[i].payload, message[i].len},
				      message[i].err);
		}
	}
	return status;
}

static uint64_t header_bytes(const struct wr_message_list *list, uint32_t i, uint32_t count)
{
	uint64_t bytes = 0;

	for (uint32_t h = 0; h < count; h++) {
		struct wr_message_header header = wr_message_header_at(list, i, h);

		bytes += wr_kafka_number_size((int64_t)header.name.len) + header.name.len +
			 wr_kafka_number_size(header.value.data != NULL ? (int64_t)header.value.len
									: -1) +
			 header.value.len;
	}
	return bytes;
}

int64_t wr_kafka_producer_size(const struct wr_message_list *list, uint32_t i,
			       const struct wr_message *message)
{
	return (int64_t)wr_kafka_message_size(message->key, message->value, message->header_count,
					      header_bytes(list, i, message->header_count));
}

wr_status *wr_kafka_producer_reject(struct wr_kafka_producer *producer,
				    const struct wr_message *message, int64_t size, int64_t max)
{
	char text[160];

	snprintf(text, sizeof text, "the message has %lld bytes, the topic takes %lld",
		 (long long)size, (long long)max);
	return reject(producer, message->value, "too-large", text);
}

/* Picks a partition for each message. */
static void place_messages(struct wr_kafka_producer *producer, const struct wr_message_list *list,
			   bool *plain, int64_t *bytes)
{
	struct wr_message message;

	*plain = true;
	*bytes = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		size_t size;

		wr_message_at(list, i, &message);
		size = message.key.len + message.value.len;
		*plain &= message.header_count == 0 && message.timestamp_ms < 0;
		*bytes += (int64_t)size;
		producer->partition[i] = wr_kafka_spread_next(&producer->spread, message.key, size);
	}
}

/* All of a list, sorted by partition. */
static wr_status *send_sorted(struct wr_kafka_producer *producer,
			      const struct wr_message_list *list)
{
	uint32_t *first = producer->first;
	struct wr_message message;

	wr_kafka_spread_sort(producer->partition, list->count, producer->spread.count,
			     producer->order, first);
	for (uint32_t k = 0; k < list->count; k++) {
		wr_message_at(list, producer->order[k], &message);
		producer->message[k] = (rd_kafka_message_t){
		    .payload = (void *)message.value.data,
		    .len = message.value.len,
		    .key = (void *)message.key.data,
		    .key_len = message.key.len,
		};
	}
	for (uint32_t p = 0; p < producer->spread.count; p++)
		if (first[p + 1] > first[p])
			WR_TRY(send_partition(producer, producer->message + first[p],
					      first[p + 1] - first[p], p));
	return NULL;
}

wr_status *wr_kafka_producer_send(struct wr_kafka_producer *producer,
				  const struct wr_message_list *list)
{
	bool plain;
	int64_t bytes;
	wr_status *status = NULL;

	if (list->count == 0)
		return NULL;
	if (producer->messages == 0)
		producer->heard_us = now_us(producer);
	make_room(producer, list->count);
	place_messages(producer, list, &plain, &bytes);
	if (!wait_room(producer, list->count, bytes))
		return wr_kafka_producer_poll(producer);
	if (plain)
		status = send_sorted(producer, list);
	for (uint32_t i = 0; i < list->count && !plain && status == NULL; i++)
		status = send_one(producer, list, i, producer->partition[i]);
	return status != NULL ? status : wr_kafka_producer_poll(producer);
}

wr_status *wr_kafka_producer_drain(struct wr_kafka_producer *producer)
{
	wr_status *status = wr_kafka_producer_poll(producer);

	producer->heard_us = now_us(producer);
	while (status == NULL && producer->messages > 0 &&
	       !wr_host_stopping(producer->client->host)) {
		wait_reports(producer);
		status = producer->status;
		producer->status = NULL;
	}
	return status;
}
