/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange - moves batches and marks between the workers of two stages.
 *
 * An edge has one bounded queue per (producer, consumer) pair of workers. The order in which a
 * consumer takes messages depends only on epochs and worker numbers, never on timing (P1):
 *
 *   sequenced edges (from a source stage): each epoch was made by one worker. The consumer takes
 * the epochs in their order, from whichever queue holds the next one. aligned edges (from any other
 * stage): each epoch is made by all producers. The consumer takes epoch k from producer 0, then 1,
 * and so on.
 *
 * Order must not stall: while the consumer waits for producer 0, producer 1 could fill its queue,
 * stop, stop the source above it, and with it producer 0. So what arrives early for the current
 * epoch is taken out of the queues and kept aside (wr_receiver_stash); an epoch is bounded.
 *
 * Backpressure: nobody blocks. A sender whose queue is full keeps the rest of its step in an
 * overflow list and its task is not run again until the list has drained.
 *
 * Thread: a sender belongs to the producing worker, a receiver to the consuming one; the queues are
 * between them.
 *
 * Invariants
 *   X1  epochs in one queue never go back; each epoch ends with its mark
 *   X2  a producer of a sequenced edge sends the mark of each epoch it made to every consumer
 *   X3  after a mark with WR_MARK_END nothing more comes on the edge
 */
#ifndef WR_RUNTIME_EXCHANGE_H
#define WR_RUNTIME_EXCHANGE_H

#include "base/queue.h"
#include "catalog/connector.h"
#include "op/op.h"

#define WR_EDGE_QUEUE                                                                              \
	32 /* messages per pair: two or three blocks of batches, enough to hide hand-over latency  \
	    */

struct wr_message {
	struct wr_batch *batch;                     /* rows; NULL for marks and chunks */
	struct wr_chunk *chunk;                     /* encoded rows for a sink; NULL otherwise */
	void (*chunk_free)(struct wr_chunk *chunk); /* the connector's; may be NULL */
	struct wr_mark mark;                        /* of a mark; `epoch` is set for all messages */
};

#define WR_WAKE_ALL     UINT32_MAX       /* all workers */
#define WR_WAKE_CLAIMER (UINT32_MAX - 1) /* one that sleeps and can claim a block, if any does */

/* Called when a queue of worker `worker` has changed: wakes it if it sleeps. */
struct wr_wakeup {
	void (*wake)(void *user, uint32_t worker);
	void *user;
};

struct wr_edge {
	uint32_t id;             /* index in the graph */
	bool sequenced;          /* see above */
	enum wr_distribution to; /* WR_D_KEYS: split by hash; WR_D_SINGLE: all to worker 0;
				    WR_D_BROADCAST: to all; WR_D_ANY: to the worker's own */
	const uint32_t *key;     /* columns, WR_D_KEYS */
	uint32_t key_count;
	bool hashed;                   /* hashes that a batch carries are those of the key */
	uint32_t max_parallelism;      /* key groups */
	uint32_t producers, consumers; /* workers that have an instance of the stage on each side */
	uint32_t first_producer, first_consumer; /* the first one of them */
	struct wr_queue **queue;                 /* producers x consumers; owned */
	struct wr_watch *watch;                  /* the job's; NULL: none */
	struct wr_wakeup wakeup;
};

wr_status *wr_edge_open(struct wr_edge *edge); /* makes the queues; the fields above are set */
void wr_edge_close(struct wr_edge *edge);      /* frees queues and what is left in them */

/* The sending side of one worker. */
struct wr_sender {
	struct wr_edge *edge;
	uint32_t worker; /* the producer, counted from the edge's first one */
	uint64_t epoch;  /* of what is being sent */
	struct wr_message *
	    *overflow;               /* per consumer: the messages waiting for room, oldest first */
	uint32_t *overflow_count;    /* per consumer: of those that wait */
	uint32_t *overflow_sent;     /* per consumer: in front of them, gone already */
	uint32_t *overflow_capacity; /* per consumer */
	uint32_t *index;             /* scratch of the split: rows per consumer */
	uint64_t stalls;             /* times a queue was full: backpressure */
};
void wr_sender_init(struct wr_sender *sender, struct wr_edge *edge, uint32_t worker);
void wr_sender_release(struct wr_sender *sender);
/* Sends a batch, split by key if the edge says so. Takes it over. */
void wr_sender_batch(struct wr_sender *sender, struct wr_batch *batch_moved);
/* `chunk_free`: of the connector, for one that nobody takes; NULL: it has none. */
void wr_sender_chunk(struct wr_sender *sender, struct wr_chunk *chunk_moved,
		     void (*chunk_free)(struct wr_chunk *chunk));
/* Sends the mark to every consumer. */
void wr_sender_mark(struct wr_sender *sender, const struct wr_mark *mark);
/* Moves overflow into the queues; false while some is left (the task must not run). */
bool wr_sender_drain(struct wr_sender *sender);

/* Messages of the current epoch taken out of a queue before their turn, oldest first. */
struct wr_stash {
	struct wr_message **message; /* owned */
	uint32_t count, capacity;
	uint32_t next; /* first one not handed out */
	bool complete; /* the epoch's mark is among them: nothing more is taken */
};

/* The receiving side of one worker. */
struct wr_receiver {
	struct wr_edge *edge;
	uint32_t worker;     /* the consumer, counted from the edge's first one */
	uint64_t epoch;      /* being received */
	int32_t producer;    /* whose messages of this epoch are being taken; -1: not known yet */
	bool done;           /* the mark of `epoch` has come from all producers it has to */
	bool ended;          /* X3 */
	struct wr_mark mark; /* watermark and flags of the epoch so far */
	int64_t seen_ms;     /* watermark of its last whole epoch; wr_noted */
	int64_t seen_idle;   /* that was idle (1), has ended (2), or neither; wr_noted */
	struct wr_stash *stash; /* per producer: taken from its queue before its turn; owned */
};
void wr_receiver_init(struct wr_receiver *receiver, struct wr_edge *edge, uint32_t worker);
void wr_receiver_release(struct wr_receiver *receiver);
/* Takes what has arrived of the current epoch out of the queues and keeps it, whoever sent it:
 * while a task waits for one producer or edge, another must not stand before a full queue, for the
 * first may in the end be waiting for that one. At most one epoch is kept. */
void wr_receiver_stash(struct wr_receiver *receiver);
/* The next batch or chunk of the current epoch, or NULL: nothing there now, or the epoch is done
 * (see `done`). */
struct wr_message *wr_receiver_next(struct wr_receiver *receiver);
/* Goes on to the next epoch; only when done. */
void wr_receiver_advance(struct wr_receiver *receiver);
/* Before the first message: the producers had ended before, nothing will come. */
void wr_receiver_end(struct wr_receiver *receiver);
void wr_message_free(struct wr_message *message); /* with what it holds */

#endif
