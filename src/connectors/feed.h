/* SPDX-License-Identifier: Apache-2.0
 *
 * feed - a thread of a source that fetches ahead from a client that waits, and the bounded queue
 * between it and the workers' claims.
 *
 *     thread:  put, put, ... and at last returns: NULL the input is finished, or why it is not
 *     claim:   take -> an item | nothing yet | the end
 *
 * The host is woken when an item comes where nothing was. The queue is bounded by bytes: one item
 * is always taken in. After the thread has returned its items are handed out first, then its
 * status, once.
 *
 * Thread: put and stopping are the thread's; take of one claimer at a time; close of the owner.
 */
#ifndef WR_CONNECTORS_FEED_H
#define WR_CONNECTORS_FEED_H

#include "base/env.h"
#include "base/status.h"
#include "catalog/host.h"

struct wr_feed;

/* The head of an item: embedded at the start of what is handed over. */
struct wr_feed_item {
	struct wr_feed_item *next; /* the feed's */
	uint64_t bytes;            /* that it counts for */
};

struct wr_feed_config {
	struct wr_host *host;
	const char *name;   /* of the thread, at most 15 characters */
	uint64_t bytes_max; /* of what is queued */
	wr_status *(*main)(struct wr_feed *feed, void *user);
	void (*item_free)(struct wr_feed_item *item); /* of those that nobody takes */
	void *user;                                   /* of main */
};

/* Starts the thread; `config` is copied. */
wr_status *wr_feed_start(const struct wr_feed_config *config, struct wr_feed **out);
/* Stops the thread, waits for it, and frees what is left. NULL allowed. */
void wr_feed_close(struct wr_feed *feed);

/* Hands an item over, waiting for room at most wait_us. False: there is none yet, or the feed is
 * stopping; the item stays the caller's. */
bool wr_feed_put(struct wr_feed *feed, struct wr_feed_item *item_moved, int64_t wait_us);
/* The source is being closed, or the job ends: main is to return soon. */
bool wr_feed_stopping(struct wr_feed *feed);
/* The source's host, which also says `stopping` when the feed is: for clients that wait. */
struct wr_host *wr_feed_host(struct wr_feed *feed);
/* Whether everything put was taken. */
bool wr_feed_is_empty(struct wr_feed *feed);
/* Waits so long, or until the feed is stopping. */
void wr_feed_rest(struct wr_feed *feed, int64_t us);

/* The next item, or NULL: nothing yet, or (*ended) the thread has returned and all is taken. A
 * status is what it returned. */
wr_status *wr_feed_take(struct wr_feed *feed, struct wr_feed_item **item, bool *ended);

#endif
