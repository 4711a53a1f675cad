/* SPDX-License-Identifier: Apache-2.0
 *
 * latency - how long a message takes from one topic to another, whoever carries it over.
 *
 *   latency BROKER IN OUT RATE SECONDS [forward] [committed]
 *
 * One thread writes RATE messages a second to IN (linger 1 ms), each with the time at which it was
 * due; another reads OUT and takes the difference, so that a stall counts for all the messages that
 * wait in it. IN and OUT the same: one hop. `forward`: a third thread carries the messages over by
 * librdkafka alone (two raw hops). `committed`: OUT is read with read_committed. The first second
 * is left out. Prints p50, p99, p99.9 and the most, in ms, and how many messages came.
 */
#include "client.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_int reading, done; /* readers at their topic's end; nothing more is written */

static long now_us(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000L + at.tv_nsec / 1000;
}

struct run {
	const char *broker, *in, *out;
	long rate, seconds;
	int committed;
	int *sample_us; /* by arrival */
	long samples;
};

static rd_kafka_t *producer(const char *broker, const char *linger)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	set(conf, "bootstrap.servers", broker);
	set(conf, "linger.ms", linger);
	set(conf, "acks", "all");
	return client_new(RD_KAFKA_PRODUCER, conf);
}

/* A consumer at the end of all partitions. */
static rd_kafka_t *consumer(const char *broker, const char *topic, int committed)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *client;

	set(conf, "bootstrap.servers", broker);
	set(conf, "group.id", "latency");
	set(conf, "enable.auto.commit", "false");
	set(conf, "fetch.wait.max.ms", "10");
	set(conf, "isolation.level", committed ? "read_committed" : "read_uncommitted");
	client = client_new(RD_KAFKA_CONSUMER, conf);
	assign_all(client, topic, 1);
	return client;
}

static void put(rd_kafka_t *client, const char *topic, const void *value, size_t len)
{
	rd_kafka_resp_err_t error =
	    rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_VALUE((void *)value, len),
			      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);

	if (error != 0)
		die("%s", rd_kafka_err2str(error));
	rd_kafka_poll(client, 0);
}

static void *write_main(void *argument)
{
	struct run *run = argument;
	rd_kafka_t *client = producer(run->broker, "1");
	long begin_us = now_us(), sent = 0, total = run->rate * run->seconds;

	while (sent < total) {
		long due = (now_us() - begin_us) * run->rate / 1000000;

		for (; sent < due && sent < total; sent++) {
			char text[128];
			int len =
			    snprintf(text, sizeof text,
				     "{\"id\":%ld,\"sent\":%ld,\"amount\":91.5,\"url\":\"/p/741\"}",
				     sent, begin_us + sent * 1000000 / run->rate);

			put(client, run->in, text, (size_t)len);
		}
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	rd_kafka_flush(client, 10000);
	rd_kafka_destroy(client);
	atomic_store(&done, 1);
	return NULL;
}

static void *forward_main(void *argument)
{
	struct run *run = argument;
	rd_kafka_t *client = consumer(run->broker, run->in, 0);
	rd_kafka_t *out = producer(run->broker, "1");

	atomic_fetch_add(&reading, 1);
	while (!atomic_load(&done)) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);

		if (message == NULL)
			continue;
		if (message->err == 0)
			put(out, run->out, message->payload, message->len);
		rd_kafka_message_destroy(message);
	}
	rd_kafka_flush(out, 10000);
	rd_kafka_destroy(out);
	rd_kafka_consumer_close(client);
	rd_kafka_destroy(client);
	return NULL;
}

/* Takes the times until all have come, or nothing for three seconds after the last was written. */
static void *read_main(void *argument)
{
	struct run *run = argument;
	rd_kafka_t *client = consumer(run->broker, run->out, run->committed);
	long total = run->rate * run->seconds, last_us = now_us(), seen = 0;

	atomic_fetch_add(&reading, 1);
	while (seen < total && !(atomic_load(&done) && now_us() - last_us > 3000000)) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);
		const char *sent;

		if (message == NULL)
			continue;
		if (message->err != 0)
			die("%s", rd_kafka_message_errstr(message));
		last_us = now_us();
		sent = memmem(message->payload, message->len, "\"sent\":", 7);
		if (sent == NULL)
			die("a message without \"sent\": %.*s", (int)message->len,
			    (char *)message->payload);
		if (seen++ >= run->rate)
			run->sample_us[run->samples++] =
			    (int)(last_us - strtol(sent + 7, NULL, 10));
		rd_kafka_message_destroy(message);
	}
	rd_kafka_consumer_close(client);
	rd_kafka_destroy(client);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static double at_ms(const struct run *run, double part)
{
	long index = (long)(part * (double)run->samples);

	return run->sample_us[index < run->samples ? index : run->samples - 1] / 1000.0;
}

int main(int argc, char **argv)
{
	struct run run = {0};
	pthread_t reader, forwarder, writer;
	int forward = 0;

	if (argc < 6)
		die("usage: latency BROKER IN OUT RATE SECONDS [forward] [committed]");
	run.broker = argv[1];
	run.in = argv[2];
	run.out = argv[3];
	run.rate = strtol(argv[4], NULL, 10);
	run.seconds = strtol(argv[5], NULL, 10);
	for (int i = 6; i < argc; i++) {
		forward |= strcmp(argv[i], "forward") == 0;
		run.committed |= strcmp(argv[i], "committed") == 0;
	}
	run.sample_us = calloc((size_t)(run.rate * run.seconds) + 1, sizeof(int));
	pthread_create(&reader, NULL, read_main, &run);
	if (forward)
		pthread_create(&forwarder, NULL, forward_main, &run);
	while (atomic_load(&reading) < 1 + forward)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	pthread_create(&writer, NULL, write_main, &run);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	if (forward)
		pthread_join(forwarder, NULL);
	if (run.samples == 0)
		die("nothing came on topic %s", run.out);
	qsort(run.sample_us, (size_t)run.samples, sizeof(int), compare);
	printf("p50 %.2f p99 %.2f p99.9 %.2f max %.2f ms, %ld of %ld messages\n", at_ms(&run, 0.5),
	       at_ms(&run, 0.99), at_ms(&run, 0.999), at_ms(&run, 1), run.samples + run.rate,
	       run.rate * run.seconds);
	free(run.sample_us);
	return 0;
}
