/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_transaction - the steps of kafka_commit.h with librdkafka and real brokers.
 *
 * A note is the metadata of the offset that the group, named as the transactional id, has for
 * partition 0 of the sink's topic; the offset itself is the number of the commit, for people who
 * look. The group has no members and reads nothing.
 *
 * What librdkafka's errors become: one that can be called again with the same handle (it says
 * "retriable": a call that took longer than its time) is AGAIN; what no retry mends (no right, no
 * such topic, a message that is too large) ends the commit; all else is LOST. Whether a producer
 * was fenced by another instance or given up after transaction.timeout.ms its errors do not tell;
 * the note does.
 *
 * Thread: one at a time: that of open, then that of commits.
 */
#ifndef WR_CONNECTORS_KAFKA_TRANSACTION_H
#define WR_CONNECTORS_KAFKA_TRANSACTION_H

#include "connectors/kafka_commit.h"
#include "connectors/kafka_producer.h"
#include "connectors/outbox.h"
#include "connectors/retry.h"

struct wr_kafka_transaction {
	struct wr_kafka_producer *producer; /* the owner's */
	struct wr_kafka_commit commit;
	struct wr_retrying retrying; /* for producers that are made anew */
	rd_kafka_t *asker; /* a consumer of the group, while a note is asked for; else NULL */
	/* What is to be sent: records, each a list of messages with 4 bytes of length before it;
	 * then, of what the outbox gave, those that have not been sent in this transaction. */
	struct wr_str ahead;
	const char *bytes; /* of the outbox; NULL: none */
	size_t len;
	bool whole;        /* nothing comes behind that: all is to be acknowledged */
	uint64_t sent;     /* records that the open transaction has, from the commit's first on */
	atomic_bool leave; /* the sink is being closed: nothing is waited for */
	bool open;         /* a transaction is */
	int64_t step_us;   /* monotonic: when a step was tried first; 0: it has not failed */
	char reason[WR_KAFKA_REASON_BYTES]; /* of the last failure, for the host */
};

void wr_kafka_transaction_init(struct wr_kafka_transaction *transaction,
			       struct wr_kafka_producer *producer,
			       const struct wr_retry_options *retry);
/* Announces the instance. Waits until the brokers answer; a status if the job stops first. */
wr_status *wr_kafka_transaction_announce(struct wr_kafka_transaction *transaction);
/* Makes the commit `mark` happen, once: what the outbox gave and was not sent ahead is sent now. */
wr_status *wr_kafka_transaction_commit(struct wr_kafka_transaction *transaction,
				       const struct wr_commit_mark *mark, const char *bytes,
				       size_t len);
/* All of that but the last step. bytes NULL: everything has been sent ahead, and only is to be
 * acknowledged. True: done. False: the commit will have to do it all. */
bool wr_kafka_transaction_hold(struct wr_kafka_transaction *transaction,
			       const struct wr_commit_mark *mark, const char *bytes, size_t len);
/* Sends the next records of the commit, which `mark` will have; nothing is waited for but room.
 * True: done. False: nothing of the commit is sent any more. */
bool wr_kafka_transaction_stream(struct wr_kafka_transaction *transaction,
				 const struct wr_commit_mark *mark, struct wr_str records);
/* Throws away what is held, if anything is. */
void wr_kafka_transaction_drop(struct wr_kafka_transaction *transaction);

#endif
