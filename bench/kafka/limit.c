/* SPDX-License-Identifier: Apache-2.0
 *
 * limit - what librdkafka itself can do on this machine: the limit that jobs over Kafka are
 * measured against. It knows nothing of JSON but where the amount stands.
 *
 *   limit fill BROKER TOPIC FILE [keyed]   writes the file's lines as messages
 *   limit read BROKER TOPIC COUNT          reads COUNT messages with the batch API
 *   limit write BROKER TOPIC COUNT         writes COUNT messages of 75 bytes
 *   limit copy BROKER FROM TO COUNT        reads COUNT and writes those with an amount above
 * 90
 *
 * Prints one line: what, messages, seconds, messages per second.
 */
#include "client.h"

#define BATCH 4096

static double now_s(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *user)
{
	(void)client;
	(void)user;
	if (message->err != 0)
		die("not delivered: %s", rd_kafka_err2str(message->err));
}

static rd_kafka_t *producer(const char *broker)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	set(conf, "bootstrap.servers", broker);
	set(conf, "linger.ms", "5");
	set(conf, "acks", "all");
	set(conf, "queue.buffering.max.messages", "1000000");
	set(conf, "batch.num.messages", "10000");
	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	return client_new(RD_KAFKA_PRODUCER, conf);
}

/* A consumer at the beginning of all partitions. */
static rd_kafka_t *consumer(const char *broker, const char *topic)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *client;

	set(conf, "bootstrap.servers", broker);
	set(conf, "group.id", "limit");
	set(conf, "enable.auto.commit", "false");
	set(conf, "queued.max.messages.kbytes", "65536");
	set(conf, "queued.min.messages", "1000000");
	client = client_new(RD_KAFKA_CONSUMER, conf);
	assign_all(client, topic, 0);
	return client;
}

/* Writes messages; waits while the client's queue is full. */
static void put(rd_kafka_t *client, const char *topic, const char *value, size_t len,
		const char *key, size_t key_len)
{
	for (;;) {
		rd_kafka_resp_err_t error = rd_kafka_producev(
		    client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_VALUE((void *)value, len),
		    RD_KAFKA_V_KEY(key, key_len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		    RD_KAFKA_V_END);
		if (error == 0)
			return;
		if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			die("%s", rd_kafka_err2str(error));
		rd_kafka_poll(client, 5);
	}
}

static long fill(const char *broker, const char *topic, const char *path, int keyed)
{
	rd_kafka_t *client = producer(broker);
	FILE *file = fopen(path, "r");
	char line[4096];
	long count = 0;

	if (file == NULL)
		die("cannot read %s", path);
	while (fgets(line, sizeof line, file) != NULL) {
		size_t len = strcspn(line, "\n");
		char *user = strchr(line, ':') + 1;

		put(client, topic, line, len, keyed ? user : NULL, keyed ? strcspn(user, ",") : 0);
		if ((++count & 1023) == 0)
			rd_kafka_poll(client, 0);
	}
	fclose(file);
	rd_kafka_flush(client, 60000);
	rd_kafka_destroy(client);
	return count;
}

/* Reads `count` messages and hands each on. */
static long read_all(const char *broker, const char *topic, long count,
		     void (*each)(const rd_kafka_message_t *message, void *user), void *user)
{
	rd_kafka_t *client = consumer(broker, topic);
	rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
	static rd_kafka_message_t *message[BATCH];
	long got = 0;

	while (got < count) {
		ssize_t some = rd_kafka_consume_batch_queue(queue, 1000, message, BATCH);

		for (ssize_t i = 0; i < some; i++) {
			if (message[i]->err != 0)
				die("%s", rd_kafka_message_errstr(message[i]));
			if (each != NULL)
				each(message[i], user);
			rd_kafka_message_destroy(message[i]);
		}
		got += some;
	}
	rd_kafka_queue_destroy(queue);
	rd_kafka_consumer_close(client);
	rd_kafka_destroy(client);
	return got;
}

struct copy {
	rd_kafka_t *client;
	const char *topic;
	long written;
};

static void copy_one(const rd_kafka_message_t *message, void *user)
{
	struct copy *copy = user;
	const char *amount = memmem(message->payload, message->len, "\"amount\":", 9);

	if (amount == NULL || strtod(amount + 9, NULL) <= 90)
		return;
	put(copy->client, copy->topic, message->payload, message->len, NULL, 0);
	if ((++copy->written & 1023) == 0)
		rd_kafka_poll(copy->client, 0);
}

static long write_all(const char *broker, const char *topic, long count)
{
	static const char value[] = "{\"user_id\":12786,\"url\":\"/p/"
				    "741\",\"amount\":19.64,\"ts\":\"2024-01-01 00:00:00\"}";
	rd_kafka_t *client = producer(broker);

	for (long i = 0; i < count; i++) {
		put(client, topic, value, sizeof value - 1, NULL, 0);
		if ((i & 1023) == 0)
			rd_kafka_poll(client, 0);
	}
	rd_kafka_flush(client, 60000);
	rd_kafka_destroy(client);
	return count;
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";
	double begin = now_s(), seconds;
	long count = 0;

	if (strcmp(what, "fill") == 0 && argc >= 5) {
		count = fill(argv[2], argv[3], argv[4], argc > 5);
	} else if (strcmp(what, "read") == 0 && argc == 5) {
		count = read_all(argv[2], argv[3], strtol(argv[4], NULL, 10), NULL, NULL);
	} else if (strcmp(what, "write") == 0 && argc == 5) {
		count = write_all(argv[2], argv[3], strtol(argv[4], NULL, 10));
	} else if (strcmp(what, "copy") == 0 && argc == 6) {
		struct copy copy = {.client = producer(argv[2]), .topic = argv[4]};

		count = read_all(argv[2], argv[3], strtol(argv[5], NULL, 10), copy_one, &copy);
		rd_kafka_flush(copy.client, 60000);
		rd_kafka_destroy(copy.client);
	} else {
		die("usage: limit fill|read|write|copy BROKER TOPIC ...");
	}
	seconds = now_s() - begin;
	printf("%s %ld messages %.3f s %.0f messages/s\n", what, count, seconds,
	       (double)count / seconds);
	return 0;
}
