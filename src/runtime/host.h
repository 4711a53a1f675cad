/* SPDX-License-Identifier: Apache-2.0
 *
 * host - the runtime's side of catalog/host.h: one per open source and sink, and what all of a job
 * share.
 *
 * A host outlives its connector; the job outlives its hosts. Connectors may call from threads of
 * their own as soon as they are opened: while the job is still being put together, and until they
 * have been closed.
 *
 * wake, told as a story, since a wake-up must not be lost between a claim that found nothing and
 * the note how long to wait: (1) the claimer reads `wakes`, (2) asks the connector, (3) notes the
 * time, (4) reads `wakes` again, and forgets the time if it has changed. A waker (a) has put its
 * data where claim finds it, (b) counts `wakes` up, (c) forgets the time, (d) wakes a worker that
 * sleeps. Either (b) comes before (4), or (c) behind (3).
 *
 * What is said: "warning: Table 'x' waits: reason" once until it is resumed or there is another
 * reason, then "Table 'x' goes on". Whoever comes and goes all the time is not repeated for
 * WR_HOST_QUIET_US.
 *
 * Thread: any, but for init, release and reject.
 */
#ifndef WR_RUNTIME_HOST_H
#define WR_RUNTIME_HOST_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/env.h"
#include "catalog/host.h"
#include "runtime/exchange.h"

#define WR_HOST_QUIET_US 10000000 /* the same reason is not said again before */

/* What all hosts of a job share; the job's. */
struct wr_hosts {
	struct wr_env *env;            /* its clock */
	struct wr_wakeup wakeup;       /* of its workers */
	const atomic_bool *failed;     /* the job has failed */
	const atomic_bool *cancelled;  /* the user wants it to end */
	const atomic_bool *given_up;   /* the same, before the job can be told; NULL: never */
	const char *job;               /* its name; "" without one */
	bool checkpoints;              /* it makes them */
	int64_t checkpoint_ms;         /* ... so far apart, from begin to begin */
	atomic_bool checkpoint_wanted; /* somebody holds much: taken back when one begins */
	atomic_uint memory_tight;      /* workers that want the sources slower (budget.h) */
	struct wr_row_sampler *traces; /* of its rows; NULL: none are traced */
	void (*say)(void *user, const char *text); /* MAY: a line for the user; any thread */
	void *user;                                /* of the callback */
};

struct wr_task;

struct wr_table_host {
	struct wr_host host;         /* what connectors get */
	struct wr_hosts *shared;     /* of the job */
	const char *table;           /* name, for what is said */
	atomic_llong *wait_until_us; /* of a source: forgotten by wake; NULL: a sink */
	struct wr_task *task;        /* of a sink: that writes it; NULL: not open */
	atomic_uint wakes;           /* counted up by wake */
	pthread_mutex_t lock;
	bool ready;             /* initialised */
	atomic_bool is_waiting; /* `reason` holds; written under lock */
	bool said;              /* under lock: the user knows that it waits */
	struct wr_text reason;  /* under lock: the last one */
	int64_t said_us;        /* under lock: when it was said (monotonic); 0: never */
};

/* `wait_until_us`: when a source is worth asking again; NULL: it is a sink. */
void wr_table_host_init(struct wr_table_host *host, struct wr_hosts *shared, const char *table,
			atomic_llong *wait_until_us);
/* The connector is closed. NULL members allowed: one that was never initialised. */
void wr_table_host_release(struct wr_table_host *host);
/* A sink has come back from a call with an error. True: because it left its wait, the job being
 * about to end; then the error says nothing. The user is told what is missing. */
bool wr_table_host_left(struct wr_table_host *host);
/* If it waits, appends "table 'x': reason", behind a "; " where there is something already. */
void wr_table_host_waits(struct wr_table_host *host, struct wr_text *out);

#endif
