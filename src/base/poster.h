/* SPDX-License-Identifier: Apache-2.0
 *
 * poster - messages to a receiver that may be slow or away: a bounded queue, a thread of its own,
 * and retries.
 *
 * The receiver is an HTTP server, which gets every message as a POST, or a file, which gets every
 * message as a line. Who sends never waits: when the queue is full the message is dropped and
 * counted. Messages go out one at a time, in their order. One that the receiver refuses (a 4xx that
 * waiting does not mend), or that `attempts` attempts did not bring there, has failed: it is
 * counted, the reason is kept, and the next one goes out.
 *
 * One poster per receiver: one that is away holds up no other. The thread begins with the first
 * message.
 *
 * Invariant
 *   P1  sent = posted + failed + dropped + waiting, at any moment.
 *
 * Thread: any, but for close, after which nobody may call.
 */
#ifndef WR_BASE_POSTER_H
#define WR_BASE_POSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/env.h"

struct wr_poster;

/* Texts are copied. Zeros and NULLs are the usual. */
struct wr_poster_options {
	const char *what; /* who posts, for messages: "OpenLineage" */
	const char *url;  /* http://..., https://... or file:PATH */
	/* "Name: value" of every message besides its Content-Type, the last one NULL; NULL: none */
	const char *const *headers;
	const char *user;      /* "name:password" of basic authentication; NULL: none */
	const char *token;     /* a bearer token; NULL: none */
	const char *trust;     /* PEM file of certificates; NULL: the system's */
	uint32_t messages_max; /* that wait; 0: 1,000 */
	size_t bytes_max;      /* of those; 0: 8 MB */
	uint32_t attempts;     /* 0: 5 */
	int64_t pause_us;      /* after the first attempt, doubled after others; 0: 0.5 s */
	int64_t timeout_us;    /* of an attempt; 0: 10 s */
	/* Deliveries begin to fail (the reason), or work again (NULL); on the poster's thread.
	 * NULL: nobody is told. */
	void (*told)(void *own, const char *reason);
	void *own;
};

struct wr_poster_counts {
	uint64_t sent;    /* that were handed in */
	uint64_t posted;  /* that arrived */
	uint64_t failed;  /* that did not */
	uint64_t dropped; /* for which there was no room, or no time before the end */
	uint64_t waiting;
	uint64_t retries; /* attempts beyond the first of a message */
};

/* A user error if the address is none, or the library for HTTP is missing. */
wr_status *wr_poster_open(struct wr_env *env, const struct wr_poster_options *options,
			  struct wr_poster **out);
/* Hands a message in: it is copied. `path` is appended to the URL ("/v1/traces"; "" for nothing; a
 * file has no use for it); `type` is its Content-Type. false: dropped. */
bool wr_poster_send(struct wr_poster *poster, const char *path, const char *type, const void *body,
		    size_t len);
void wr_poster_counts(struct wr_poster *poster, struct wr_poster_counts *out);
/* Copies the reason of the last failure, "" if there was none. */
void wr_poster_reason(struct wr_poster *poster, char *out, size_t size);
/* Waits until nothing waits, at most `us`; false: something does. */
bool wr_poster_drain(struct wr_poster *poster, int64_t us);
/* Ends it: what waits has `us` to go out, the rest is dropped. NULL allowed. */
void wr_poster_close(struct wr_poster *poster, int64_t us);

#endif
