/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_commit - how an exactly-once Kafka sink makes the messages of one checkpoint visible once.
 *
 * The messages are in a durable checkpoint, so nothing is ever in doubt for long: one transaction
 * has all of them and a note, and who does not know whether it has happened reads the note. The
 * note is the metadata of an offset of the group that belongs to the sink, committed within the
 * same transaction: a commit mark (commit_mark.h) that names every commit that has happened.
 *
 *     OPEN      a new producer with the sink's transactional id. The brokers settle what an earlier
 *               producer of it had open, and refuse whatever that still sends (they fence it)
 *     ASK       the note is read. Nothing is open any more, so that it is final
 *     BEGIN     a transaction
 *     NOTE      the new note goes into the transaction
 *     SEND      all messages of the checkpoint, until the brokers have acknowledged them
 *     COMMIT    messages and note become visible, or neither
 *
 * NOTE comes first because of what clients do when the brokers are still busy with the transaction
 * before ("concurrent transactions"): the request of a note is repeated after retry.backoff.ms, 3
 * here; that of a message after 20 ms, which nobody can change.
 *
 * The usual commit is BEGIN to COMMIT with the producer that is there. After any outcome that
 * leaves something open (a lost answer, a message that failed, a transaction that was given up by
 * the brokers after transaction.timeout.ms, a fenced producer) the producer is closed, and it goes
 * on with OPEN and ASK: the note says whether the messages are there; if not, all are sent again.
 *
 * Told as a story, the crash or outage
 *   1  before COMMIT was sent: the brokers abort the transaction (at OPEN, or after the timeout);
 *      its messages and its note are never seen; ASK finds the old note: sent again.
 *   2  after COMMIT was taken, before its answer came: OPEN waits until it is done; ASK finds the
 *      new note: done.
 *   3  between, the answer says nothing ("timed out"): asked again with the same producer as long
 *      as it allows that, else OPEN, and 1 or 2 holds.
 *
 * Messages are on their way before the checkpoint that has them is durable, or has even begun: the
 * steps up to SEND are taken ahead (`hold`), SEND as often as there is something, and COMMIT waits
 * for the word. If the checkpoint fails, or was a savepoint, the next one has its messages, too,
 * and more: the transaction goes on with a new note. If the word does not come for long, or
 * anything fails, the transaction is thrown away, and nobody has seen it; COMMIT with all messages
 * begins another.
 *
 * A second instance of the same sink (a job that was started twice) fences the first. Since time-
 * outs look the same to the first one, each instance announces itself before anything else: it
 * commits a note with a run of its own as the last part. Who has announced itself and finds another
 * one's part behind its own has been superseded, and stops. Between OPEN and the announcement of
 * the second the first may open again and go on; then the second announces itself once more.
 *
 * Invariants
 *   T1  messages are sent only after a note was found that does not name them, or in the first
 *       transaction for them after such a note
 *   T2  the note that is committed names all that the found one named (the oldest run is left out
 *       when there are WR_COMMIT_PARTS of them)
 *   T3  nothing is committed by an instance that found another one's part behind its own
 *   T4  of two prepared commits of a run, of which the first has not happened, the second begins
 *       with the messages of the first; and what is sent ahead is a beginning of what the commit
 *       has. (The caller's: an outbox is like that.)
 *
 * This file decides (struct wr_kafka_commit); what is done, and with which client, is up to the
 * caller's functions (struct wr_kafka_commit_ops).
 *
 * Thread: one at a time.
 */
#ifndef WR_CONNECTORS_KAFKA_COMMIT_H
#define WR_CONNECTORS_KAFKA_COMMIT_H

#include "connectors/commit_mark.h"

enum wr_kafka_step {
	WR_KAFKA_OPEN,
	WR_KAFKA_ASK,
	WR_KAFKA_BEGIN,
	WR_KAFKA_NOTE,
	WR_KAFKA_SEND,
	WR_KAFKA_COMMIT,
	WR_KAFKA_CLOSE,     /* the producer is thrown away; then a pause, then OPEN */
	WR_KAFKA_DONE,      /* end: it has happened */
	WR_KAFKA_SUPERSEDED /* end: another instance is at work */
};

/* How a step ended. */
enum wr_kafka_outcome {
	WR_KAFKA_OK,
	WR_KAFKA_AGAIN, /* not yet; the same call can be made again */
	WR_KAFKA_LOST   /* it may have happened or not; the producer is of no use any more */
};

struct wr_kafka_commit {
	enum wr_kafka_step step;
	bool usable;                       /* there is a producer, nothing is open */
	bool announced;                    /* a note with `own` as its last part was committed */
	struct wr_commit_mark found;       /* the note as it is, while `usable` */
	struct wr_commit_mark own;         /* the announcement, the first commit of this run */
	const struct wr_commit_mark *goal; /* what is to happen; NULL: the announcement */
	struct wr_commit_mark note;        /* of the transaction that is open */
	bool held;                         /* all but COMMIT is done for a goal ... */
	struct wr_commit_part held_part;   /* ... whose commit this is */
	bool unknown;     /* nothing was found of the goal's run: the note has been lost */
	bool done_before; /* with DONE: the note that was found named it already */
};

/* What a caller can do. Each step may return a status instead, which ends the run: it is wrong for
 * good, or the job stops. */
struct wr_kafka_commit_ops {
	wr_status *(*open)(void *user, enum wr_kafka_outcome *outcome);
	/* found->count 0: there is no note. */
	wr_status *(*ask)(void *user, struct wr_commit_mark *found, enum wr_kafka_outcome *outcome);
	wr_status *(*begin)(void *user, enum wr_kafka_outcome *outcome);
	wr_status *(*send)(void *user, enum wr_kafka_outcome *outcome);
	wr_status *(*note)(void *user, const struct wr_commit_mark *note,
			   enum wr_kafka_outcome *outcome);
	wr_status *(*commit)(void *user, enum wr_kafka_outcome *outcome);
	void (*close)(
	    void *user); /* nothing of the producer is left; it may be that there is none */
	/* Before a step is repeated (`again`) or a new producer is made. */
	wr_status *(*pause)(void *user, bool again);
};

/* A sink that has just been opened. `env` draws its run. */
void wr_kafka_commit_init(struct wr_kafka_commit *commit, struct wr_env *env);
/* Begins what is to be done: `goal` (kept by the caller until the end), or the announcement. True:
 * the producer that is there has something else open, and is to be closed first. */
bool wr_kafka_commit_start(struct wr_kafka_commit *commit, const struct wr_commit_mark *goal);
/* The step after `commit->step`, which ended so. */
void wr_kafka_commit_next(struct wr_kafka_commit *commit, enum wr_kafka_outcome outcome);
/* Takes the steps up to the end, DONE or SUPERSEDED, or a status. After a status the producer is
 * closed; the same can be started again. `hold`: not beyond SEND, and only with a producer that is
 * there, never waiting for another; `held` says whether all went well. A run with the same goal, or
 * with a later one of the same run, goes on there: it sends what more there is. */
wr_status *wr_kafka_commit_run(struct wr_kafka_commit *commit, const struct wr_commit_mark *goal,
			       bool hold, const struct wr_kafka_commit_ops *ops, void *user);

/* Gives up what is held, if anything is; the producer is closed. */
void wr_kafka_commit_drop(struct wr_kafka_commit *commit, const struct wr_kafka_commit_ops *ops,
			  void *user);

#endif
