/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_keeper - the thread of a source for everything that has to wait for a broker.
 *
 * It makes the client, finds the partitions and their offsets and starts reading them; then it
 * serves the client's errors, looks for new partitions, finds a new place for a split whose offset
 * is gone, stops splits that have ended, and finds out when brokers answer again.
 *
 * Errors that may pass are waited out, told to the host once. Others become source->failure, which
 * the next claim returns. That a topic does not exist must be said CHECKS times in a row: a broker
 * that is just starting may not know all of them yet.
 *
 * A queue that is full, told as a story: librdkafka's thread of a broker sees that the queues of
 * all its partitions hold enough, sends no fetch, and sleeps, for up to a second, since nothing
 * that happens to a queue wakes it. The claims drain the queues in a small part of that. So a claim
 * that sees a queue go below half of the limit asks for a poke: the keeper asks the leader for the
 * partition's end, which goes through that very thread and wakes it.
 *
 * Thread: its own. source->lock is not held while a broker is asked.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "connectors/kafka_source.h"

#define TICK_MS    100  /* between two looks at the client's errors */
#define RETRY_MS   500  /* before asking again a broker that did not answer */
#define LOOK_MS    5000 /* between two looks whether the topics are still there */
#define LAG_MS     1000 /* between two questions for the partitions' ends */
#define PROBE_MS   500  /* between two attempts to reach brokers that are away */
#define PROBE_ASK  1000 /* waiting for their answer */
#define CHECKS     4    /* times that a topic is said not to exist before it is believed */
#define CHECK_MS   1000 /* between them */
#define TEXT_BYTES 512

/* --- starting -----------------------------------------------------------------------------------
 */

static struct wr_kafka_found *find(struct wr_kafka_found_list *list,
				   const struct wr_kafka_split *split)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (list->found[i].partition == split->partition &&
		    strcmp(list->found[i].topic, split->topic) == 0)
			return &list->found[i];
	return NULL;
}

/* A restored split that the table does not ask for any more. */
static void split_leave(struct wr_source *source, struct wr_kafka_split *split)
{
	char text[TEXT_BYTES];

	split->ended = true;
	source->live_count--;
	snprintf(text, sizeof text,
		 "partition %d of topic '%s', which the checkpoint was reading, is "
		 "none of the table's any more: it is left",
		 split->partition, split->topic);
	wr_host_notice(source->client.host, text);
}

/* Keeps of the list the partitions that are no splits yet. */
static void keep_new(struct wr_source *source, struct wr_kafka_found_list *list)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->count; i++)
		if (wr_kafka_split_find(source, list->found[i].topic, list->found[i].partition) ==
		    NULL)
			list->found[kept++] = list->found[i];
	list->count = kept;
}

/* Adds the splits of a list, and starts those that do not run yet. */
static wr_status *add_splits(struct wr_source *source, const struct wr_kafka_found_list *list)
{
	wr_status *status = NULL;
	uint32_t before;

	pthread_mutex_lock(&source->lock);
	before = source->split_count;
	for (uint32_t i = 0; i < list->count; i++)
		wr_kafka_split_add(source, list->found[i].topic, list->found[i].partition,
				   list->found[i].offset, list->found[i].end);
	for (uint32_t i = source->started ? before : 0; i < source->split_count && status == NULL;
	     i++) {
		struct wr_kafka_split *split = source->split[i];

		if (!split->ended)
			status = wr_kafka_split_start(source, split);
		atomic_store(&split->ready, true);
	}
	source->started = status == NULL;
	pthread_mutex_unlock(&source->lock);
	wr_host_wake(source->client.host);
	return status;
}

/* Restored: what is left of the saved splits, and the partitions that are new since. */
static wr_status *go_on(struct wr_source *source, struct wr_kafka_found_list *list)
{
	pthread_mutex_lock(&source->lock);
	for (uint32_t i = 0; i < source->split_count; i++)
		if (!source->split[i]->ended && find(list, source->split[i]) == NULL)
			split_leave(source, source->split[i]);
	pthread_mutex_unlock(&source->lock);
	keep_new(source, list);
	if (source->plan.bound != WR_KAFKA_UNBOUNDED)
		list->count = 0;
	return wr_kafka_offsets(source, list->found, list->count, WR_KAFKA_AT_BEGINNING);
}

/* Finds out what is to be read from where, and begins. WR_RETRY: once more. */
static wr_status *begin(struct wr_source *source)
{
	struct wr_kafka_found_list list;
	wr_status *status = wr_kafka_topics(source, &list);

	if (status == NULL)
		status = wr_kafka_handle_fit(source, list.count);
	if (status == NULL)
		status = source->restored ? go_on(source, &list) : wr_kafka_startup(source, &list);
	if (status == NULL)
		status = add_splits(source, &list);
	wr_kafka_found_release(&list);
	return status;
}

/* --- while it runs ------------------------------------------------------------------------------
 */

static int64_t now_ms(struct wr_source *source)
{
	return wr_mono_us(source->args->env) / 1000;
}

/* A split whose partition is gone, as an error. */
static wr_status *missing(struct wr_source *source, struct wr_kafka_found_list *list)
{
	const struct wr_kafka_split *gone = NULL;
	char text[TEXT_BYTES];

	pthread_mutex_lock(&source->lock);
	for (uint32_t i = 0; i < source->split_count && gone == NULL; i++)
		if (!source->split[i]->ended && find(list, source->split[i]) == NULL)
			gone = source->split[i];
	pthread_mutex_unlock(&source->lock);
	if (gone == NULL)
		return NULL;
	snprintf(text, sizeof text, "partition %d is not there any more", gone->partition);
	return wr_kafka_status(&source->client, gone->topic, "it cannot be read",
			       RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, text);
}

/* Looks at the topics again: whether those that are read are there, and for new partitions. */
static wr_status *look(struct wr_source *source, bool for_new)
{
	struct wr_kafka_found_list list;
	char text[TEXT_BYTES];
	wr_status *status = wr_kafka_topics(source, &list);

	if (status == NULL)
		status = missing(source, &list);
	if (status == NULL && for_new) {
		keep_new(source, &list);
		status = wr_kafka_offsets(source, list.found, list.count, WR_KAFKA_AT_BEGINNING);
		for (uint32_t i = 0; i < list.count && status == NULL; i++) {
			snprintf(text, sizeof text,
				 "partition %d of topic '%s' is new: it is read from "
				 "its beginning",
				 list.found[i].partition, list.found[i].topic);
			wr_host_notice(source->client.host, text);
		}
		if (status == NULL && list.count > 0)
			status = add_splits(source, &list);
	}
	wr_kafka_found_release(&list);
	return status;
}

/* The error of a split whose offset is not there. */
static wr_status *lost_status(struct wr_source *source, const struct wr_kafka_split *split,
			      int64_t first, int64_t last)
{
	wr_status *status = wr_status_new(
	    WR_USER_ERROR,
	    "Table '%s', topic '%s' partition %d: offset %lld, where reading was to go on, is not "
	    "there: the partition has the offsets %lld to %lld (%s)",
	    source->args->table, split->topic, split->partition, (long long)split->next,
	    (long long)first, (long long)last,
	    split->next < first ? "older messages are no longer retained"
				: "the topic may have been made anew");

	return wr_status_hint(
	    status,
	    "Choose where to go on: 'scan.offset-out-of-range' = 'earliest' takes what is there, "
	    "'latest' what comes from now on; what lies in between is not read");
}

/* A new place for a split whose offset is not there, as the table says. */
static wr_status *relocate(struct wr_source *source, struct wr_kafka_split *split)
{
	struct wr_kafka_found first = {.topic = split->topic, .partition = split->partition},
			      last = first;
	char text[TEXT_BYTES];
	wr_status *status;

	WR_TRY(wr_kafka_offsets(source, &first, 1, WR_KAFKA_AT_BEGINNING));
	WR_TRY(wr_kafka_offsets(source, &last, 1, WR_KAFKA_AT_END));
	if (source->plan.lost == WR_KAFKA_LOST_FAIL)
		return lost_status(source, split, first.offset, last.offset);
	if (source->plan.lost == WR_KAFKA_LOST_LATEST)
		first = last;
	snprintf(text, sizeof text,
		 "offset %lld of partition %d of topic '%s' is not there: goes on at "
		 "offset %lld",
		 (long long)split->next, split->partition, split->topic, (long long)first.offset);
	wr_host_notice(source->client.host, text);
	pthread_mutex_lock(&source->lock);
	wr_kafka_split_stop(source, split, true);
	split->next = first.offset;
	split->lost = false;
	status = wr_kafka_split_start(source, split);
	atomic_store(&split->ready, true);
	pthread_mutex_unlock(&source->lock);
	wr_host_wake(source->client.host);
	return status;
}

/* Wakes librdkafka's threads of the brokers whose partitions' queues have room again. */
static void poke(struct wr_source *source)
{
	const struct wr_kafka_calls *call = &source->client.call;
	rd_kafka_topic_partition_list_t *list = NULL;

	pthread_mutex_lock(&source->lock);
	for (uint32_t i = 0; i < source->split_count; i++) {
		struct wr_kafka_split *split = source->split[i];

		if (!split->hungry)
			continue;
		split->hungry = false;
		if (list == NULL)
			list = call->rd_kafka_topic_partition_list_new(1);
		call->rd_kafka_topic_partition_list_add(list, split->topic, split->partition)
		    ->offset = WR_KAFKA_AT_END;
	}
	source->poke = false;
	pthread_mutex_unlock(&source->lock);
	if (list == NULL)
		return;
	call->rd_kafka_offsets_for_times(source->handle, list, TICK_MS);
	call->rd_kafka_topic_partition_list_destroy(list);
}

/* Splits that have ended are not fetched any more; those that are lost get a place. */
static wr_status *tend(struct wr_source *source)
{
	struct wr_kafka_split *lost = NULL;

	pthread_mutex_lock(&source->lock);
	for (uint32_t i = 0; i < source->split_count; i++) {
		struct wr_kafka_split *split = source->split[i];

		if (split->ended && split->handle != NULL)
			wr_kafka_split_stop(source, split, true);
		else if (split->lost)
			lost = split;
	}
	source->tend = false;
	pthread_mutex_unlock(&source->lock);
	return lost != NULL ? relocate(source, lost) : NULL;
}

/* Whether brokers that were away answer. */
static void probe(struct wr_source *source)
{
	const struct wr_kafka_calls *call = &source->client.call;
	const struct rd_kafka_metadata *metadata;

	if (call->rd_kafka_metadata(source->handle, 0, NULL, &metadata, PROBE_ASK) !=
	    RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	call->rd_kafka_metadata_destroy(metadata);
	wr_kafka_client_works(&source->client);
}

/* --- the thread ---------------------------------------------------------------------------------
 */

/* Waits until there is something to do, or up to `ms`; false: the source closes. */
static bool rest(struct wr_source *source, int64_t ms)
{
	struct timespec deadline = wr_deadline(ms * 1000);
	bool closing;

	pthread_mutex_lock(&source->lock);
	while (!source->closing && !source->poke && !source->tend)
		if (!wr_cond_wait_until(&source->changed, &source->lock, &deadline))
			break;
	closing = source->closing;
	pthread_mutex_unlock(&source->lock);
	return !closing;
}

static void fail(struct wr_source *source, wr_status *status)
{
	pthread_mutex_lock(&source->lock);
	wr_status_free(source->failure);
	source->failure = status;
	pthread_mutex_unlock(&source->lock);
	wr_host_wake(source->client.host);
}

/* A text without the table's name, which the host says. */
static const char *without_table(const struct wr_source *source, const char *text)
{
	size_t len = strlen("Table ''") + strlen(source->args->table);

	if (strlen(text) <= len)
		return text;
	text += len;
	return text + strspn(text, ", ");
}

/* An error that may pass is said, and true comes back; others end the source. */
static bool passes(struct wr_source *source, wr_status *status)
{
	if (status->class != WR_RETRY) {
		fail(source, status);
		return false;
	}
	if (!atomic_load(&source->client.waits))
		wr_host_waiting(source->client.host, without_table(source, status->text));
	atomic_store(&source->client.waits, true); /* after it, as in wr_kafka_client_waits */
	wr_status_free(status);
	return true;
}

/* Starts the source, however long the brokers take to answer. */
static bool keeper_begin(struct wr_source *source)
{
	wr_status *status = wr_kafka_handle_make(source, 1);
	int checks = 0;

	if (status == NULL)
		status = wr_kafka_group_make(source);

	while (status == NULL) {
		status = begin(source);
		if (status == NULL)
			return true;
		if (source->handle != NULL)
			source->client.call.rd_kafka_poll(source->handle, 0);
		if (status->class == WR_RETRY) {
			wr_status *fatal = wr_kafka_client_fatal(&source->client);

			if (fatal != NULL) {
				wr_status_free(status);
				status = fatal;
				break;
			}
			passes(source, status);
			status = NULL;
		} else if (++checks < CHECKS && source->restored && !source->started) {
			wr_status_free(status);
			status = NULL;
		}
		if (status == NULL && !rest(source, RETRY_MS))
			return false;
	}
	fail(source, status);
	return false;
}

/* When what is due next; ms of the monotonic clock. */
struct agenda {
	int64_t look_ms;  /* the next look at the topics */
	int64_t new_ms;   /* from then on, one for new partitions */
	int64_t lag_ms;   /* from then on, an answer to who wants to know the lag */
	int64_t probe_ms; /* the next attempt to reach brokers that are away */
	int checks;       /* looks in a row that missed something */
};

/* A look at the topics, if one is due. */
static wr_status *keeper_look(struct wr_source *source, struct agenda *agenda, int64_t now)
{
	bool grows = source->plan.bound == WR_KAFKA_UNBOUNDED && source->plan.discovery_ms > 0;
	bool for_new = grows && now >= agenda->new_ms;
	bool unknown = atomic_exchange(&source->unknown, false) && agenda->checks == 0;
	wr_status *status;

	if (now < agenda->look_ms && !for_new && !unknown)
		return NULL;
	status = look(source, for_new);
	agenda->look_ms = now + (status == NULL ? LOOK_MS : CHECK_MS);
	if (for_new)
		agenda->new_ms = status == NULL ? now + source->plan.discovery_ms : agenda->look_ms;
	if (status == NULL)
		agenda->checks = 0;
	if (status == NULL || status->class == WR_RETRY || ++agenda->checks >= CHECKS)
		return status;
	wr_status_free(status);
	return NULL;
}

/* One round of what is due. NULL: all is well. */
static wr_status *keeper_round(struct wr_source *source, struct agenda *agenda)
{
	int64_t now = now_ms(source);

	source->client.call.rd_kafka_poll(source->handle, 0);
	wr_kafka_group_poll(source);
	WR_TRY(wr_kafka_client_fatal(&source->client));
	poke(source);
	WR_TRY(tend(source));
	if (atomic_load(&source->client.waits) && now >= agenda->probe_ms) {
		probe(source);
		agenda->probe_ms = now_ms(source) + PROBE_MS;
	}
	if (atomic_load(&source->client.waits))
		return NULL;
	if (now >= agenda->lag_ms) {
		wr_kafka_lag_refresh(source);
		agenda->lag_ms = now + LAG_MS;
	}
	return keeper_look(source, agenda, now);
}

static void *keeper_main(void *own)
{
	struct wr_source *source = own;
	struct agenda agenda = {0};
	wr_status *status;

	if (!keeper_begin(source))
		return NULL;
	agenda.look_ms = now_ms(source) + LOOK_MS;
	agenda.new_ms = now_ms(source) + source->plan.discovery_ms;
	while (rest(source, TICK_MS)) {
		status = keeper_round(source, &agenda);
		if (status != NULL && !passes(source, status))
			return NULL;
	}
	return NULL;
}

wr_status *wr_kafka_keeper_begin(struct wr_source *source)
{
	WR_ASSERT(!source->keeper_runs);
	if (!wr_thread_start(&source->keeper, "weir-kafka-in", keeper_main, source))
		return wr_status_new(WR_FATAL, "Table '%s': no thread can be made",
				     source->args->table);
	source->keeper_runs = true;
	return NULL;
}

void wr_kafka_keeper_end(struct wr_source *source)
{
	if (source->keeper_runs) {
		pthread_mutex_lock(&source->lock);
		source->closing = true;
		pthread_cond_signal(&source->changed);
		pthread_mutex_unlock(&source->lock);
		pthread_join(source->keeper, NULL);
		source->keeper_runs = false;
	}
	for (uint32_t i = 0; i < source->split_count; i++)
		wr_kafka_split_stop(source, source->split[i], false);
	if (source->handle != NULL)
		source->client.call.rd_kafka_destroy(source->handle);
	if (source->group != NULL)
		source->client.call.rd_kafka_destroy(source->group);
	source->handle = source->group = NULL;
}
