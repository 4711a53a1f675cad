/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_ahead - see kafka_ahead.h.
 */
#include "connectors/kafka_ahead.h"

#include <time.h>

#include "base/macros.h"

/* Sends what is wanted, up to the last step. What fails here will fail again for the commit, which
 * says so. Under lock, which is free meanwhile. */
static void send_wanted(struct wr_kafka_ahead *ahead)
{
	struct wr_text bytes = ahead->bytes;
	struct wr_commit_mark mark = ahead->mark;

	ahead->wanted = false;
	ahead->busy = true;
	wr_text_init(&ahead->bytes);
	pthread_mutex_unlock(&ahead->lock);
	wr_status_free(
	    wr_kafka_transaction_commit(ahead->transaction, &mark, bytes.data, bytes.len, true));
	wr_text_release(&bytes);
	pthread_mutex_lock(&ahead->lock);
	ahead->busy = false;
	pthread_cond_broadcast(&ahead->changed);
}

/* Waits for something to do, under lock; false: what is held has been held for too long. */
static bool wait_changed(struct wr_kafka_ahead *ahead)
{
	struct timespec until;

	if (ahead->busy || !ahead->transaction->commit.held) {
		pthread_cond_wait(&ahead->changed, &ahead->lock);
		return true;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WR_KAFKA_HOLD_MS / 1000;
	return pthread_cond_timedwait(&ahead->changed, &ahead->lock, &until) == 0;
}

static void *ahead_run(void *user)
{
	struct wr_kafka_ahead *ahead = user;

	pthread_mutex_lock(&ahead->lock);
	while (!ahead->ends) {
		if (ahead->wanted && !ahead->busy) {
			send_wanted(ahead);
		} else if (!wait_changed(ahead) && !ahead->busy && !ahead->wanted) {
			ahead->busy = true;
			pthread_mutex_unlock(&ahead->lock);
			wr_kafka_transaction_drop(ahead->transaction);
			pthread_mutex_lock(&ahead->lock);
			ahead->busy = false;
			pthread_cond_broadcast(&ahead->changed);
		}
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

void wr_kafka_ahead_init(struct wr_kafka_ahead *ahead, struct wr_kafka_transaction *transaction)
{
	*ahead = (struct wr_kafka_ahead){.transaction = transaction};
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	ahead->started = pthread_create(&ahead->thread, NULL, ahead_run, ahead) == 0;
}

void wr_kafka_ahead_release_all(struct wr_kafka_ahead *ahead)
{
	if (ahead->transaction == NULL)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->ends = true;
	atomic_store(&ahead->transaction->leave, true);
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	if (ahead->started)
		pthread_join(ahead->thread, NULL);
	wr_kafka_transaction_drop(ahead->transaction);
	wr_text_release(&ahead->bytes);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
}

void wr_kafka_ahead_send(struct wr_kafka_ahead *ahead, const struct wr_commit_mark *mark,
			 struct wr_str bytes)
{
	if (!ahead->started || bytes.len > WR_KAFKA_AHEAD_BYTES)
		return;
	pthread_mutex_lock(&ahead->lock);
	wr_text_clear(&ahead->bytes);
	wr_text_add(&ahead->bytes, bytes.data, bytes.len);
	ahead->mark = *mark;
	ahead->wanted = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

void wr_kafka_ahead_claim(struct wr_kafka_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	while (ahead->busy || ahead->wanted)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	ahead->busy = true;
	pthread_mutex_unlock(&ahead->lock);
}

void wr_kafka_ahead_release(struct wr_kafka_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->busy = false;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}
