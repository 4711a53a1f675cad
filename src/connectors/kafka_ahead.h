/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_ahead - sends the messages of a commit before its checkpoint is durable: a thread of the
 * sink that takes all steps of a commit but the last one.
 *
 *     write      wr_kafka_ahead_add         a record, as the outbox gets it: never waits
 *     prepare    wr_kafka_ahead_prepare     what was added so far is the commit `mark`
 *     commit     wr_kafka_ahead_claim       the transaction is the caller's
 *                wr_kafka_transaction_commit    usually one request is left
 *                wr_kafka_ahead_release
 *
 * Told as a story, with checkpoints close together (`streams`)
 *   1  The first record after a commit begins a transaction, with the mark that the next prepare
 *      will have. Nobody sees what is in it before the commit, so the others need not hurry, and
 *      the brokers are spared: they go in pieces, at most WR_KAFKA_PIECES in an interval unless
 *      these are large.
 *   2  After a prepare the records before it are sent to their end and waited for. Those behind it
 *      belong to the next commit and wait here for it, up to WR_KAFKA_AHEAD_BYTES. What does not
 *      find room is not sent ahead: only a beginning of a commit is, the rest comes from the
 *      outbox.
 *   3  The commit sends what has not been sent, and takes the last step. Then 1.
 * With checkpoints far apart nothing is sent before the prepare: a transaction hides what others
 * write behind it from their readers. For the same reason, if the commit does not come in time (the
 * checkpoint failed, or is slow), the transaction is thrown away, and the commit sends all of it.
 * After anything that fails the commit does, too; it says what fails.
 *
 * Thread: add and prepare on the sink's, claim and release on that of commits.
 */
#ifndef WR_CONNECTORS_KAFKA_AHEAD_H
#define WR_CONNECTORS_KAFKA_AHEAD_H

#include "connectors/kafka_transaction.h"

#define WR_KAFKA_STREAM_MS   2000 /* checkpoints that are further apart are not streamed */
#define WR_KAFKA_HOLD_MS     2000 /* so long after the next checkpoint should have come */
#define WR_KAFKA_AHEAD_BYTES (4u << 20)
#define WR_KAFKA_PIECE_BYTES (256u << 10) /* is sent whenever it was sent last */
#define WR_KAFKA_PIECES      5
#define WR_KAFKA_PIECE_MS    10 /* but not so soon one after the other */

struct wr_kafka_ahead {
	struct wr_kafka_transaction *transaction; /* whoever is `busy` has it */
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t changed;
	bool started, ends;
	bool streams;     /* fixed */
	int64_t piece_us; /* fixed: between two pieces */
	int64_t hold_us;  /* fixed: a transaction is thrown away after it */

	bool busy;                  /* the thread or a claimer works */
	bool broken;                /* until the next commit nothing is sent ahead */
	bool prepared;              /* `mark` is of a prepare, and not committed */
	bool finished;              /* ... whose records are all sent, or are left to the commit */
	int64_t begun_us;           /* monotonic: of the transaction that is held; 0: none */
	struct wr_commit_mark mark; /* of the last prepare; before it, the one that it will have */

	/* Records, counted from the first one of the commit that comes next. */
	uint64_t added, at_prepare; /* all; those before the last prepare */
	uint64_t sent;
	int64_t sent_us; /* monotonic: of the last piece */
	/* Those that wait here, as the transaction takes them: [queued, queue_end). Above `sent`:
	 * some before them had no room. Below `added`: some behind them had none. */
	struct wr_text queue;
	uint64_t queued, queue_end;
	size_t queue_prepared; /* bytes of it that are before the last prepare */
	struct wr_text going;  /* being sent; of whoever is `busy` */
	struct wr_text bytes;  /* of the last prepare, if it is not all sent or in `queue` */
};

/* `mark`: that of the first prepare. checkpoint_ms: between two checkpoints. */
void wr_kafka_ahead_init(struct wr_kafka_ahead *ahead, struct wr_kafka_transaction *transaction,
			 const struct wr_commit_mark *mark, int64_t checkpoint_ms);
/* Nobody claims any more. */
void wr_kafka_ahead_release_all(struct wr_kafka_ahead *ahead);
/* A record that was put into the outbox, too. */
void wr_kafka_ahead_add(struct wr_kafka_ahead *ahead, struct wr_str record);
/* `bytes`: what the outbox gave for the commit. */
void wr_kafka_ahead_prepare(struct wr_kafka_ahead *ahead, const struct wr_commit_mark *mark,
			    struct wr_str bytes);
void wr_kafka_ahead_claim(struct wr_kafka_ahead *ahead);
/* mark NULL: nothing has happened. Else the commit `mark` with so many records has. */
void wr_kafka_ahead_release(struct wr_kafka_ahead *ahead, const struct wr_commit_mark *mark,
			    uint64_t records);

#endif
