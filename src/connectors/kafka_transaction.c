/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_transaction - see kafka_transaction.h.
 */
#include "connectors/kafka_transaction.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/macros.h"
#include "base/mem.h"

#define CALL_MS  1000    /* of one call; it is made again until it is through */
#define SAY_US   3000000 /* a step that takes longer is worth a word */
#define PAUSE_US 5000    /* between two calls of a step that answer at once */
#define ABORT_MS 1000    /* what is left open when a sink gives up; the brokers do it, too */

static int64_t now_us(const struct wr_kafka_transaction *transaction)
{
	return wr_mono_us(transaction->producer->args->env);
}

/* What an error means; it is destroyed. */
static wr_status *judge(struct wr_kafka_transaction *transaction, rd_kafka_error_t *error,
			const char *what, enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_client *client = transaction->producer->client;
	rd_kafka_resp_err_t code;

	*outcome = WR_KAFKA_OK;
	if (error == NULL)
		return NULL;
	code = client->call.rd_kafka_error_code(error);
	if (wr_kafka_is_refusal(code))
		return wr_kafka_error_status(client, transaction->producer->topic, what, error);
	snprintf(transaction->reason, sizeof transaction->reason, "%s: %s", what,
		 client->call.rd_kafka_error_string(error));
	*outcome = client->call.rd_kafka_error_is_retriable(error) ? WR_KAFKA_AGAIN : WR_KAFKA_LOST;
	client->call.rd_kafka_error_destroy(error);
	client->call.rd_kafka_poll(transaction->producer->handle, 0);
	return NULL;
}

/* A named place between two steps: an error of it is an answer that was lost. */
static void pass(struct wr_kafka_transaction *transaction, enum wr_fault fault,
		 enum wr_kafka_outcome *outcome)
{
	wr_status *status = *outcome == WR_KAFKA_OK ? wr_fault_pass(fault) : NULL;

	if (status == NULL)
		return;
	snprintf(transaction->reason, sizeof transaction->reason, "%s", status->text);
	wr_status_free(status);
	*outcome = WR_KAFKA_LOST;
}

/* --- the steps ----------------------------------------------------------------------------------
 */

/* The handle is made before the first answer of a broker: what fails here is the table's fault. */
static wr_status *step_open(void *user, enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_transaction *transaction = user;
	struct wr_kafka_producer *producer = transaction->producer;
	struct wr_kafka_client *client = producer->client;
	wr_status *status;

	if (producer->handle == NULL)
		WR_TRY(wr_kafka_producer_open(producer));
	if (producer->spread.count == 0 || producer->message_max == 0) {
		WR_TRY(wr_kafka_producer_learn(producer));
		if (producer->spread.count == 0)
			return wr_status_new(WR_RETRY, "The job stops");
	}
	status =
	    judge(transaction, client->call.rd_kafka_init_transactions(producer->handle, CALL_MS),
		  "transactions cannot begin", outcome);
	if (status == NULL && *outcome != WR_KAFKA_OK) {
		status = wr_kafka_client_fatal(client);
		if (status != NULL && *outcome == WR_KAFKA_LOST) {
			wr_status_free(status); /* fenced meanwhile: the next one */
			status = NULL;
		}
	}
	pass(transaction, WR_FAULT_KAFKA_OPENED, outcome);
	return status;
}

/* Who asks: a consumer that never reads. (The producer could by ListConsumerGroupOffsets, but
 * librdkafka 2.0 dies of answers to it that say "not now".) It sees nothing that an open
 * transaction has. */
static wr_status *open_asker(struct wr_kafka_transaction *transaction)
{
	struct wr_kafka_producer *producer = transaction->producer;
	const struct wr_kafka_setting settings[] = {
	    {"group.id", producer->transactional_id, true},
	    {"isolation.level", "read_committed", true},
	    {"enable.auto.commit", "false", true},
	    {"socket.nagle.disable", "true", false},
	    {"retry.backoff.ms", "5", false},
	    {NULL, NULL, false},
	};
	rd_kafka_conf_t *conf;

	if (transaction->asker != NULL)
		return NULL;
	WR_TRY(wr_kafka_client_conf(producer->client, producer->args, RD_KAFKA_CONSUMER, settings,
				    &conf));
	return wr_kafka_client_new(producer->client, RD_KAFKA_CONSUMER, conf, &transaction->asker);
}

static void close_asker(struct wr_kafka_transaction *transaction)
{
	if (transaction->asker != NULL)
		transaction->producer->client->call.rd_kafka_destroy_flags(
		    transaction->asker, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	transaction->asker = NULL;
}

/* The note out of an offset; one without is an error: the group is somebody else's. */
static wr_status *take_note(const struct wr_kafka_producer *producer,
			    const rd_kafka_topic_partition_t *place, struct wr_commit_mark *found)
{
	if (place->offset < 0)
		return NULL;
	if (place->metadata != NULL &&
	    wr_commit_mark_get(found, (struct wr_str){place->metadata, place->metadata_size}))
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s': the consumer group '%s' has an offset of topic '%s' that is "
			  "not Weir's",
			  producer->args->table, producer->transactional_id, producer->topic),
	    "Set 'sink.transactional-id-prefix' to a name that no consumer group has");
}

static wr_status *step_ask(void *user, struct wr_commit_mark *found, enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_transaction *transaction = user;
	struct wr_kafka_producer *producer = transaction->producer;
	struct wr_kafka_client *client = producer->client;
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t code;
	wr_status *status = NULL;

	*found = (struct wr_commit_mark){0};
	*outcome = WR_KAFKA_OK;
	WR_TRY(open_asker(transaction));
	list = client->call.rd_kafka_topic_partition_list_new(1);
	client->call.rd_kafka_topic_partition_list_add(list, producer->topic, 0);
	code = wr_kafka_committed(client, transaction->asker, list, CALL_MS);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		status = take_note(producer, &list->elems[0], found);
	client->call.rd_kafka_topic_partition_list_destroy(list);
	client->call.rd_kafka_poll(producer->handle, 0);
	if (status != NULL)
		return status;
	if (wr_kafka_is_refusal(code))
		return wr_kafka_status(client, producer->topic,
				       "what was committed cannot be looked up", code, NULL);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
		snprintf(transaction->reason, sizeof transaction->reason,
			 "what was committed cannot be looked up: %s",
			 client->call.rd_kafka_err2str(code));
		*outcome = WR_KAFKA_AGAIN;
		return NULL;
	}
	close_asker(transaction);
	wr_kafka_client_works(client);
	pass(transaction, WR_FAULT_KAFKA_ASKED, outcome);
	return NULL;
}

static wr_status *step_begin(void *user, enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_transaction *transaction = user;
	struct wr_kafka_producer *producer = transaction->producer;
	wr_status *status =
	    judge(transaction, producer->client->call.rd_kafka_begin_transaction(producer->handle),
		  "a transaction cannot begin", outcome);

	transaction->open = status == NULL && *outcome == WR_KAFKA_OK;
	transaction->sent = 0;
	pass(transaction, WR_FAULT_KAFKA_BEGUN, outcome);
	return status;
}

/* What became of messages that were given over. */
static wr_status *judge_messages(struct wr_kafka_transaction *transaction, wr_status *status,
				 enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_producer *producer = transaction->producer;

	if (status != NULL && status->class == WR_USER_ERROR)
		return status;
	if (status != NULL || producer->failed) {
		const char *text = status != NULL ? strstr(status->text, "a message") : NULL;

		snprintf(transaction->reason, sizeof transaction->reason, "%.*s",
			 (int)sizeof transaction->reason - 1,
			 text != NULL ? text : "messages were not delivered");
		wr_status_free(status);
		*outcome = WR_KAFKA_LOST;
		return NULL;
	}
	if ((transaction->whole && producer->messages > 0) ||
	    wr_host_stopping(producer->client->host))
		return wr_status_new(WR_RETRY,
				     "The job stops while messages are being committed; its "
				     "checkpoint has them");
	return NULL;
}

/* Gives over one record. */
static wr_status *send_record(struct wr_kafka_transaction *transaction, struct wr_str record,
			      enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_producer *producer = transaction->producer;
	struct wr_message_list list;
	wr_status *status;

	if (!wr_message_list_open(&list, record))
		return wr_status_new(WR_USER_ERROR,
				     "The messages of table '%s' in the checkpoint are damaged",
				     producer->args->table);
	status = wr_kafka_producer_send(producer, &list);
	transaction->sent++;
	pass(transaction, WR_FAULT_KAFKA_SENDING, outcome);
	return status;
}

/* The records that came ahead. */
static wr_status *send_ahead(struct wr_kafka_transaction *transaction,
			     enum wr_kafka_outcome *outcome)
{
	struct wr_str rest = transaction->ahead;
	wr_status *status = NULL;

	transaction->ahead = (struct wr_str){0};
	while (rest.len > 0 && status == NULL && *outcome == WR_KAFKA_OK &&
	       !transaction->producer->failed) {
		uint32_t len;

		memcpy(&len, rest.data, sizeof len);
		WR_ASSERT(rest.len - sizeof len >= len);
		status =
		    send_record(transaction, (struct wr_str){rest.data + sizeof len, len}, outcome);
		rest.data += sizeof len + len;
		rest.len -= sizeof len + len;
	}
	return status;
}

/* The records of the outbox that were not sent ahead. */
static wr_status *send_rest(struct wr_kafka_transaction *transaction,
			    enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_producer *producer = transaction->producer;
	struct wr_outbox_reader reader;
	struct wr_str record;
	wr_status *status = wr_outbox_open(&reader, transaction->bytes, transaction->len);
	uint64_t skip = transaction->sent;

	if (status == NULL && skip > reader.records) { /* T4 does not hold: never */
		snprintf(transaction->reason, sizeof transaction->reason,
			 "more was sent than the checkpoint has");
		*outcome = WR_KAFKA_LOST;
	}
	while (status == NULL && *outcome == WR_KAFKA_OK && !producer->failed &&
	       transaction->sent < reader.records) {
		status = wr_outbox_next(&reader, &record);
		if (status != NULL || record.data == NULL)
			break;
		if (skip > 0)
			skip--;
		else
			status = send_record(transaction, record, outcome);
	}
	wr_outbox_close(&reader);
	return status;
}

static wr_status *step_send(void *user, enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_transaction *transaction = user;
	struct wr_kafka_producer *producer = transaction->producer;
	wr_status *status;

	*outcome = WR_KAFKA_OK;
	status = send_ahead(transaction, outcome);
	if (status == NULL && transaction->bytes != NULL && *outcome == WR_KAFKA_OK)
		status = send_rest(transaction, outcome);
	if (status == NULL && transaction->whole && !producer->failed && *outcome == WR_KAFKA_OK)
		status = wr_kafka_producer_drain(producer);
	if (*outcome == WR_KAFKA_OK)
		status = judge_messages(transaction, status, outcome);
	if (transaction->whole)
		pass(transaction, WR_FAULT_KAFKA_SENT, outcome);
	return status;
}

static wr_status *step_note(void *user, const struct wr_commit_mark *note,
			    enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_transaction *transaction = user;
	struct wr_kafka_producer *producer = transaction->producer;
	const struct wr_kafka_calls *call = &producer->client->call;
	rd_kafka_topic_partition_list_t *list = call->rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *place =
	    call->rd_kafka_topic_partition_list_add(list, producer->topic, 0);
	rd_kafka_consumer_group_metadata_t *group =
	    call->rd_kafka_consumer_group_metadata_new(producer->transactional_id);
	const struct wr_commit_mark *goal = transaction->commit.goal;
	struct wr_text text;
	wr_status *status;

	wr_text_init(&text);
	wr_commit_mark_put(note, &text);
	place->offset =
	    goal != NULL ? (int64_t)(goal->part[goal->count - 1].number & INT64_MAX) : 1;
	place->metadata = text.data;
	place->metadata_size = text.len;
	status = judge(
	    transaction,
	    call->rd_kafka_send_offsets_to_transaction(producer->handle, list, group, CALL_MS),
	    "the commit cannot be noted", outcome);
	place->metadata = NULL; /* the text's own */
	place->metadata_size = 0;
	wr_text_release(&text);
	call->rd_kafka_consumer_group_metadata_destroy(group);
	call->rd_kafka_topic_partition_list_destroy(list);
	pass(transaction, WR_FAULT_KAFKA_NOTED, outcome);
	return status;
}

static wr_status *step_commit(void *user, enum wr_kafka_outcome *outcome)
{
	struct wr_kafka_transaction *transaction = user;
	struct wr_kafka_producer *producer = transaction->producer;
	wr_status *status =
	    judge(transaction,
		  producer->client->call.rd_kafka_commit_transaction(producer->handle, CALL_MS),
		  "the transaction was not committed", outcome);

	if (status == NULL && *outcome == WR_KAFKA_OK) {
		transaction->open = false;
		wr_kafka_client_works(producer->client);
		wr_retrying_succeeded(&transaction->retrying);
		transaction->step_us = 0;
	}
	pass(transaction, WR_FAULT_KAFKA_COMMITTED, outcome);
	return status;
}

/* A handle that was fenced or failed cannot abort; another one can, and the brokers will. */
static void step_close(void *user)
{
	struct wr_kafka_transaction *transaction = user;
	struct wr_kafka_producer *producer = transaction->producer;
	const struct wr_kafka_calls *call = &producer->client->call;

	if (transaction->open && producer->handle != NULL && !producer->failed) {
		rd_kafka_error_t *error;

		call->rd_kafka_purge(producer->handle,
				     RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		error = call->rd_kafka_abort_transaction(producer->handle, ABORT_MS);
		if (error != NULL)
			call->rd_kafka_error_destroy(error);
	}
	transaction->open = false;
	close_asker(transaction);
	wr_kafka_producer_close(producer);
	producer->spread.count = 0; /* the next one looks whether the topic is still there */
	wr_kafka_client_forget(producer->client);
}

/* The same step again at once: the calls wait by themselves, but some answer "not now". */
static wr_status *pause_again(struct wr_kafka_transaction *transaction)
{
	struct wr_kafka_client *client = transaction->producer->client;
	int64_t now = now_us(transaction);

	if (transaction->step_us == 0)
		transaction->step_us = now;
	if (now - transaction->step_us > SAY_US && !atomic_load(&client->waits))
		wr_kafka_client_waits(client, transaction->reason, RD_KAFKA_RESP_ERR__TIMED_OUT);
	if (!atomic_load(&transaction->leave) && wr_retrying_wait(&transaction->retrying, PAUSE_US))
		return NULL;
	return wr_status_new(WR_RETRY, "The job stops: %s", transaction->reason);
}

static wr_status *step_pause(void *user, bool again)
{
	struct wr_kafka_transaction *transaction = user;

	if (again)
		return pause_again(transaction);
	transaction->step_us = 0;
	if (atomic_load(&transaction->leave))
		return wr_status_new(WR_RETRY, "The sink is closed");
	switch (wr_retrying_failed(&transaction->retrying, transaction->reason)) {
	case WR_ATTEMPT_NOW: return NULL;
	case WR_ATTEMPT_LATER:
		return wr_status_new(WR_RETRY, "The job stops: %s", transaction->reason);
	default:
		return wr_status_hint(
		    wr_status_new(WR_RESTART,
				  "Table '%s': the attempts to commit messages are used up: %s",
				  transaction->producer->args->table, transaction->reason),
		    "Raise 'sink.retry.max-attempts', or leave it out");
	}
}

static const struct wr_kafka_commit_ops steps = {
    .open = step_open,
    .ask = step_ask,
    .begin = step_begin,
    .send = step_send,
    .note = step_note,
    .commit = step_commit,
    .close = step_close,
    .pause = step_pause,
};

/* --- what is asked for --------------------------------------------------------------------------
 */

void wr_kafka_transaction_init(struct wr_kafka_transaction *transaction,
			       struct wr_kafka_producer *producer,
			       const struct wr_retry_options *retry)
{
	*transaction = (struct wr_kafka_transaction){.producer = producer};
	wr_kafka_commit_init(&transaction->commit, producer->args->env);
	wr_retrying_init(&transaction->retrying, retry, producer->args->env,
			 producer->client->host);
}

static wr_status *run(struct wr_kafka_transaction *transaction, const struct wr_commit_mark *goal,
		      bool hold)
{
	struct wr_kafka_producer *producer = transaction->producer;

	transaction->step_us = 0;
	WR_TRY(wr_kafka_commit_run(&transaction->commit, goal, hold, &steps, transaction));
	if (transaction->commit.step != WR_KAFKA_SUPERSEDED)
		return NULL;
	/* Fatal: a restart would take it back from the other one, which would restart, too. */
	return wr_status_hint(
	    wr_status_new(WR_FATAL,
			  "Table '%s': another job (or this one, started a second time) writes to "
			  "topic '%s' with the same 'sink.transactional-id-prefix' = '%s'; it came "
			  "later, so this one stops",
			  producer->args->table, producer->topic, producer->transactional_id),
	    "Stop one of the two, or give one of them another 'sink.transactional-id-prefix'");
}

wr_status *wr_kafka_transaction_announce(struct wr_kafka_transaction *transaction)
{
	return run(transaction, NULL, false);
}

wr_status *wr_kafka_transaction_commit(struct wr_kafka_transaction *transaction,
				       const struct wr_commit_mark *mark, const char *bytes,
				       size_t len)
{
	wr_status *status;

	transaction->bytes = bytes;
	transaction->len = len;
	transaction->whole = true;
	status = run(transaction, mark, false);
	transaction->bytes = NULL;
	if (status == NULL && transaction->commit.unknown)
		wr_host_notice(
		    transaction->producer->client->host,
		    "warning: the note of what was committed to the topic is gone (the topic was "
		    "made "
		    "anew, or the group's offsets have expired); the rows of the checkpoint were "
		    "sent, and may be there twice");
	return status;
}

bool wr_kafka_transaction_hold(struct wr_kafka_transaction *transaction,
			       const struct wr_commit_mark *mark, const char *bytes, size_t len)
{
	transaction->bytes = bytes;
	transaction->len = len;
	transaction->whole = true;
	wr_status_free(run(transaction, mark, true));
	transaction->bytes = NULL;
	return transaction->commit.held;
}

bool wr_kafka_transaction_stream(struct wr_kafka_transaction *transaction,
				 const struct wr_commit_mark *mark, struct wr_str records)
{
	transaction->ahead = records;
	transaction->whole = false;
	wr_status_free(run(transaction, mark, true));
	transaction->ahead = (struct wr_str){0};
	return transaction->commit.held;
}

void wr_kafka_transaction_drop(struct wr_kafka_transaction *transaction)
{
	wr_kafka_commit_drop(&transaction->commit, &steps, transaction);
}
