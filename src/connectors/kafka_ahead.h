/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_ahead - sends the messages of a checkpoint while the checkpoint is still being made
 * durable: a thread of the sink that takes all steps of a commit but the last one.
 *
 *     prepare   wr_kafka_ahead_send        on the sink's thread, never waits
 *     commit    wr_kafka_ahead_claim       the thread has come to its end; the transaction is the
 *               wr_kafka_transaction_commit     caller's: usually one request is left
 *               wr_kafka_ahead_release
 *
 * A transaction hides what others write behind it from readers, so it is not held for long: if the
 * commit does not come within WR_KAFKA_HOLD_MS (it was a savepoint, or the checkpoint failed), it
 * is thrown away, and a commit that comes later sends all again.
 *
 * Thread: see each function.
 */
#ifndef WR_CONNECTORS_KAFKA_AHEAD_H
#define WR_CONNECTORS_KAFKA_AHEAD_H

#include "connectors/kafka_transaction.h"

#define WR_KAFKA_HOLD_MS     2000
#define WR_KAFKA_AHEAD_BYTES (4u << 20) /* more are copied for nothing: their time is sending */

struct wr_kafka_ahead {
	struct wr_kafka_transaction *transaction; /* whoever is `busy` has it */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool started, ends;         /* under lock */
	bool busy;                  /* under lock: the thread or a claimer works */
	bool wanted;                /* under lock: something is to be sent */
	struct wr_text bytes;       /* under lock: that */
	struct wr_commit_mark mark; /* under lock: under this mark */
};

void wr_kafka_ahead_init(struct wr_kafka_ahead *ahead, struct wr_kafka_transaction *transaction);
/* Nobody claims any more. */
void wr_kafka_ahead_release_all(struct wr_kafka_ahead *ahead);
void wr_kafka_ahead_send(struct wr_kafka_ahead *ahead, const struct wr_commit_mark *mark,
			 struct wr_str bytes);
void wr_kafka_ahead_claim(struct wr_kafka_ahead *ahead);
void wr_kafka_ahead_release(struct wr_kafka_ahead *ahead);

#endif
