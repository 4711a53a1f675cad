/* SPDX-License-Identifier: Apache-2.0
 *
 * feed - see feed.h.
 */
#include "connectors/feed.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"

#define REST_US 100000 /* longest wait between two looks at the host */

struct wr_feed {
	struct wr_host host; /* the first member: wr_feed_host */
	struct wr_feed_config config;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t room;        /* something was taken, or it stops */
	struct wr_feed_item *first; /* under lock */
	struct wr_feed_item **end;  /* under lock: where the next one goes */
	uint64_t bytes;             /* under lock: queued */
	bool returned;              /* under lock: the thread has */
	wr_status *status;          /* under lock: what it returned; NULL once taken */
	atomic_bool stop;           /* the owner closes it */
};

/* --- the host that the thread waits with: the source's own, but for `stopping` */

static struct wr_host *outer(struct wr_host *host)
{
	return ((struct wr_feed *)host)->config.host;
}

static void host_wake(struct wr_host *host)
{
	wr_host_wake(outer(host));
}

static bool host_stopping(struct wr_host *host)
{
	return wr_feed_stopping((struct wr_feed *)host);
}

static void host_waiting(struct wr_host *host, const char *reason)
{
	wr_host_waiting(outer(host), reason);
}

static void host_resumed(struct wr_host *host)
{
	wr_host_resumed(outer(host));
}

static void host_notice(struct wr_host *host, const char *text)
{
	wr_host_notice(outer(host), text);
}

static void host_checkpoint_wanted(struct wr_host *host)
{
	wr_host_checkpoint_wanted(outer(host));
}

static bool host_checkpoint_due(struct wr_host *host)
{
	return outer(host)->ops->checkpoint_due(outer(host));
}

static wr_status *host_reject(struct wr_host *host, const struct wr_reject *reject)
{
	return wr_host_reject(outer(host), reject);
}

static const struct wr_host_ops host_ops = {
    .wake = host_wake,
    .stopping = host_stopping,
    .waiting = host_waiting,
    .resumed = host_resumed,
    .notice = host_notice,
    .checkpoint_wanted = host_checkpoint_wanted,
    .checkpoint_due = host_checkpoint_due,
    .reject = host_reject,
};

struct wr_host *wr_feed_host(struct wr_feed *feed)
{
	return &feed->host;
}

static void *feed_main(void *argument)
{
	struct wr_feed *feed = argument;
	wr_status *status = feed->config.main(feed, feed->config.user);

	pthread_mutex_lock(&feed->lock);
	feed->returned = true;
	feed->status = status;
	pthread_mutex_unlock(&feed->lock);
	wr_host_wake(feed->config.host);
	return NULL;
}

wr_status *wr_feed_start(const struct wr_feed_config *config, struct wr_feed **out)
{
	struct wr_feed *feed = wr_calloc(1, sizeof *feed);

	feed->host = *config->host;
	feed->host.ops = &host_ops;
	feed->config = *config;
	feed->end = &feed->first;
	pthread_mutex_init(&feed->lock, NULL);
	wr_cond_init(&feed->room);
	*out = feed; /* main may look at where its caller keeps it */
	if (!wr_thread_start(&feed->thread, "weir-feed", feed_main, feed)) {
		*out = NULL;
		pthread_cond_destroy(&feed->room);
		pthread_mutex_destroy(&feed->lock);
		wr_free(feed);
		return wr_status_new(WR_FATAL, "Cannot start the thread '%s'", config->name);
	}
	pthread_setname_np(feed->thread, config->name);
	return NULL;
}

void wr_feed_close(struct wr_feed *feed)
{
	if (feed == NULL)
		return;
	atomic_store(&feed->stop, true);
	pthread_mutex_lock(&feed->lock);
	pthread_cond_broadcast(&feed->room);
	pthread_mutex_unlock(&feed->lock);
	pthread_join(feed->thread, NULL);
	while (feed->first != NULL) {
		struct wr_feed_item *item = feed->first;

		feed->first = item->next;
		feed->config.item_free(item);
	}
	wr_status_free(feed->status);
	pthread_cond_destroy(&feed->room);
	pthread_mutex_destroy(&feed->lock);
	wr_free(feed);
}

bool wr_feed_stopping(struct wr_feed *feed)
{
	return atomic_load(&feed->stop) || wr_host_stopping(feed->config.host);
}

static bool has_room(const struct wr_feed *feed)
{
	return feed->first == NULL || feed->bytes < feed->config.bytes_max;
}

bool wr_feed_put(struct wr_feed *feed, struct wr_feed_item *item, int64_t wait_us)
{
	bool fits, first = false;

	pthread_mutex_lock(&feed->lock);
	while (wait_us > 0 && !has_room(feed) && !wr_feed_stopping(feed)) {
		int64_t some_us = WR_MIN(wait_us, REST_US);

		wr_cond_wait_us(&feed->room, &feed->lock, some_us);
		wait_us -= some_us;
	}
	fits = has_room(feed) && !wr_feed_stopping(feed);
	if (fits) {
		first = feed->first == NULL;
		item->next = NULL;
		*feed->end = item;
		feed->end = &item->next;
		feed->bytes += item->bytes;
	}
	pthread_mutex_unlock(&feed->lock);
	if (first)
		wr_host_wake(feed->config.host);
	return fits;
}

bool wr_feed_is_empty(struct wr_feed *feed)
{
	bool empty;

	pthread_mutex_lock(&feed->lock);
	empty = feed->first == NULL;
	pthread_mutex_unlock(&feed->lock);
	return empty;
}

void wr_feed_rest(struct wr_feed *feed, int64_t us)
{
	pthread_mutex_lock(&feed->lock);
	for (; us > 0 && !wr_feed_stopping(feed); us -= REST_US)
		wr_cond_wait_us(&feed->room, &feed->lock, WR_MIN(us, REST_US));
	pthread_mutex_unlock(&feed->lock);
}

wr_status *wr_feed_take(struct wr_feed *feed, struct wr_feed_item **item, bool *ended)
{
	wr_status *status = NULL;

	*ended = false;
	pthread_mutex_lock(&feed->lock);
	*item = feed->first;
	if (*item != NULL) {
		feed->first = (*item)->next;
		if (feed->first == NULL)
			feed->end = &feed->first;
		feed->bytes -= (*item)->bytes;
		pthread_cond_signal(&feed->room);
	} else if (feed->returned) {
		*ended = true;
		status = feed->status;
		feed->status = NULL;
	}
	pthread_mutex_unlock(&feed->lock);
	return status;
}
