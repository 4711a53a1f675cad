/* SPDX-License-Identifier: Apache-2.0
 *
 * poster - the queue and the thread; see poster.h.
 */
#include "base/poster.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/poster_inner.h"
#include "base/thread.h"
#include "base/wait.h"

#define PAUSE_US_MAX 30000000 /* between two attempts */

struct wr_poster {
	struct wr_env *env;
	const struct wr_post_way *way; /* to the receiver */
	void *receiver;                /* its own */
	uint32_t messages_max, attempts;
	size_t bytes_max;
	int64_t pause_us;
	void (*told)(void *own, const char *reason);
	void *own;
	bool fails; /* the last attempt did; of the thread */

	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t work;  /* a message, or the end */
	pthread_cond_t done;  /* nothing waits any more */
	pthread_t thread;
	bool started;
	bool closing; /* no pauses any more */
	bool stop;    /* at once; read without the lock by an attempt */
	struct wr_post *first, **last;
	size_t bytes; /* of bodies that wait */
	struct wr_poster_counts count;
	char reason[WR_POSTER_REASON_BYTES];
};

/* The thread is not begun here: an idle poster costs nothing. */
wr_status *wr_poster_open(struct wr_env *env, const struct wr_poster_options *options,
			  struct wr_poster **out)
{
	struct wr_poster *poster = wr_calloc(1, sizeof *poster);
	bool file = strncmp(options->url, "file:", 5) == 0;
	wr_status *status;

	*out = NULL;
	poster->env = env;
	poster->way = file ? &wr_post_file : &wr_post_http;
	poster->messages_max = options->messages_max != 0 ? options->messages_max : 1000;
	poster->bytes_max = options->bytes_max != 0 ? options->bytes_max : 8 << 20;
	poster->attempts = options->attempts != 0 ? options->attempts : 5;
	poster->pause_us = options->pause_us != 0 ? options->pause_us : 500000;
	poster->told = options->told;
	poster->own = options->own;
	poster->last = &poster->first;
	status = poster->way->open(env, options, &poster->receiver);
	if (status != NULL) {
		wr_free(poster);
		return status;
	}
	pthread_mutex_init(&poster->lock, NULL);
	wr_cond_init(&poster->work);
	wr_cond_init(&poster->done);
	*out = poster;
	return NULL;
}

/* Tells of the first failure after a success, and of the first success after a failure. */
static void tell(struct wr_poster *poster, const char *reason)
{
	bool fails = reason != NULL;

	if (fails != poster->fails && poster->told != NULL)
		poster->told(poster->own, reason);
	poster->fails = fails;
}

/* Waits before the next attempt; false: there is none, since the poster ends. */
static bool pause_before(struct wr_poster *poster, uint32_t attempt, int64_t asked_us)
{
	int64_t us = poster->pause_us << (attempt < 16 ? attempt : 16);
	struct timespec deadline;
	bool go_on;

	us = us > asked_us ? us : asked_us;
	deadline = wr_deadline(us < PAUSE_US_MAX ? us : PAUSE_US_MAX);
	pthread_mutex_lock(&poster->lock);
	while (!poster->closing && wr_cond_wait_until(&poster->work, &poster->lock, &deadline))
		;
	go_on = !poster->closing;
	poster->count.retries += go_on;
	pthread_mutex_unlock(&poster->lock);
	return go_on;
}

/* All attempts of a message; whether it arrived. */
static bool deliver(struct wr_poster *poster, const struct wr_post *post)
{
	struct wr_post_attempt result;

	for (uint32_t i = 0; i < poster->attempts; i++) {
		if (i != 0 && !pause_before(poster, i - 1, result.wait_us))
			break;
		result = (struct wr_post_attempt){0};
		poster->way->post(poster->receiver, post, &poster->stop, &result);
		tell(poster, result.end == WR_POST_DONE ? NULL : result.reason);
		if (result.end == WR_POST_DONE)
			return true;
		pthread_mutex_lock(&poster->lock);
		snprintf(poster->reason, sizeof poster->reason, "%s", result.reason);
		pthread_mutex_unlock(&poster->lock);
		if (result.end == WR_POST_REFUSED)
			break;
	}
	return false;
}

/* The first message stays in the queue while it is delivered, so that who drains waits for it. */
static void *poster_main(void *argument)
{
	struct wr_poster *poster = argument;

	pthread_mutex_lock(&poster->lock);
	for (;;) {
		struct wr_post *post = poster->first;

		if (poster->stop || (post == NULL && poster->closing))
			break;
		if (post == NULL) {
			pthread_cond_wait(&poster->work, &poster->lock);
			continue;
		}
		pthread_mutex_unlock(&poster->lock);
		bool arrived = deliver(poster, post);
		pthread_mutex_lock(&poster->lock);
		poster->first = post->next;
		if (poster->first == NULL)
			poster->last = &poster->first;
		poster->bytes -= post->len;
		poster->count.waiting--;
		if (arrived)
			poster->count.posted++;
		else
			poster->count.failed++;
		wr_free(post);
		if (poster->first == NULL)
			pthread_cond_broadcast(&poster->done);
	}
	pthread_cond_broadcast(&poster->done);
	pthread_mutex_unlock(&poster->lock);
	return NULL;
}

/* One piece of memory for all of a message. */
static struct wr_post *post_new(const char *path, const char *type, const void *body, size_t len)
{
	size_t path_size = strlen(path) + 1, type_size = strlen(type) + 1;
	struct wr_post *post = wr_malloc(sizeof *post + len + path_size + type_size);

	post->next = NULL;
	post->len = len;
	if (len != 0)
		memcpy(post->body, body, len);
	post->path = memcpy(post->body + len, path, path_size);
	post->type = memcpy(post->body + len + path_size, type, type_size);
	return post;
}

/* Never waits for the receiver. */
bool wr_poster_send(struct wr_poster *poster, const char *path, const char *type, const void *body,
		    size_t len)
{
	bool takes;

	pthread_mutex_lock(&poster->lock);
	poster->count.sent++;
	if (!poster->started)
		poster->started =
		    wr_thread_start(&poster->thread, "weir-poster", poster_main, poster);
	takes = poster->started && !poster->closing &&
		poster->count.waiting < poster->messages_max &&
		len <= poster->bytes_max - poster->bytes;
	if (takes) {
		struct wr_post *post = post_new(path, type, body, len);

		*poster->last = post;
		poster->last = &post->next;
		poster->bytes += len;
		poster->count.waiting++;
		pthread_cond_broadcast(&poster->work);
	} else {
		poster->count.dropped++;
	}
	pthread_mutex_unlock(&poster->lock);
	return takes;
}

void wr_poster_counts(struct wr_poster *poster, struct wr_poster_counts *out)
{
	pthread_mutex_lock(&poster->lock);
	*out = poster->count;
	pthread_mutex_unlock(&poster->lock);
}

void wr_poster_reason(struct wr_poster *poster, char *out, size_t size)
{
	pthread_mutex_lock(&poster->lock);
	snprintf(out, size, "%s", poster->reason);
	pthread_mutex_unlock(&poster->lock);
}

/* Under the lock. */
static bool drain(struct wr_poster *poster, int64_t us)
{
	struct timespec deadline = wr_deadline(us);

	while (poster->first != NULL && wr_cond_wait_until(&poster->done, &poster->lock, &deadline))
		;
	return poster->first == NULL;
}

bool wr_poster_drain(struct wr_poster *poster, int64_t us)
{
	pthread_mutex_lock(&poster->lock);
	bool empty = drain(poster, us);
	pthread_mutex_unlock(&poster->lock);
	return empty;
}

/* The attempt under way is ended when the time is over. */
void wr_poster_close(struct wr_poster *poster, int64_t us)
{
	if (poster == NULL)
		return;
	pthread_mutex_lock(&poster->lock);
	poster->closing = true;
	pthread_cond_broadcast(&poster->work);
	drain(poster, us);
	__atomic_store_n(&poster->stop, true, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&poster->lock);
	if (poster->started)
		pthread_join(poster->thread, NULL);
	while (poster->first != NULL) {
		struct wr_post *post = poster->first;

		poster->first = post->next;
		wr_free(post);
	}
	poster->way->close(poster->receiver);
	pthread_cond_destroy(&poster->work);
	pthread_cond_destroy(&poster->done);
	pthread_mutex_destroy(&poster->lock);
	wr_free(poster);
}
