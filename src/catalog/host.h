/* SPDX-License-Identifier: Apache-2.0
 *
 * host - what the runtime offers an open source or sink: to be woken, to say that it waits, to ask
 * for a checkpoint, to give up a row.
 *
 * A connector never prints, sleeps blindly or ends a job by itself; it tells its host. A host
 * outlives what it was given to. wr_host_none is one that does nothing, for tools and tests.
 *
 * Thread: any, but for reject.
 */
#ifndef WR_CATALOG_HOST_H
#define WR_CATALOG_HOST_H

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

/* A row that the other side refuses for good, although the connection works: too large, against a
 * constraint, of a type it cannot take. */
struct wr_reject {
	struct wr_str raw;  /* the row as it was sent, or as JSON */
	const char *kind;   /* static word: "too-large", "constraint", "type", "refused" */
	const char *text;   /* what the other side says, one sentence */
	const char *origin; /* where it was going: topic, table */
};

struct wr_host;
struct wr_row_sampler;

struct wr_host_ops {
	/* A source: claim may have something where it had nothing. A sink: nothing. Cheap. */
	void (*wake)(struct wr_host *host);
	/* The job ends without finishing: whoever waits for the outside world leaves at once, with
	 * a status or without. Asked at least every 100 ms of a wait. */
	bool (*stopping)(struct wr_host *host);
	/* It cannot go on for the moment and tries again by itself; `reason` is one sentence
	 * ("broker 127.0.0.1:9092 does not answer"). Said to the user once, until resumed or
	 * another reason. */
	void (*waiting)(struct wr_host *host, const char *reason);
	/* It goes on; says so if `waiting` was said. */
	void (*resumed)(struct wr_host *host);
	/* Something worth a line that stops nothing ("partition 7 of topic 'x' is new"). */
	void (*notice)(struct wr_host *host, const char *text);
	/* Much is held until the next checkpoint: one should come soon. No effect without
	 * checkpoints. */
	void (*checkpoint_wanted)(struct wr_host *host);
	/* A sink: a checkpoint has begun whose mark has not come here yet, so that no row may wait
	 * for one (connectors/outbox.h). */
	bool (*checkpoint_due)(struct wr_host *host);
	/* A sink gives up a row, as the error handling says: counted, to the dead letters, or a
	 * status that ends the job. Only from write, flush and prepare, on their thread. */
	wr_status *(*reject)(struct wr_host *host, const struct wr_reject *reject);
};

struct wr_host {
	const struct wr_host_ops *ops; /* never NULL */
	const char *job;               /* the job's name; never NULL, may be "" */
	bool checkpoints;              /* the job makes them */
	int64_t checkpoint_ms;         /* ... so far apart, from begin to begin */
	const char
	    *readers; /* a source: what its rows go to, "totals, alerts"; never NULL, may be "" */
	const void *run; /* the same for all attempts of a job; other jobs have others */
	struct wr_row_sampler *traces; /* a source: which of its rows are traced; NULL: none */
	bool refusals_fail;            /* a sink: a row that it gives up ends the job */
};

/* Does nothing, never stops, refuses no row. Immutable. */
struct wr_host *wr_host_none(void);

static inline void wr_host_wake(struct wr_host *host)
{
	host->ops->wake(host);
}
static inline bool wr_host_stopping(struct wr_host *host)
{
	return host->ops->stopping(host);
}
static inline void wr_host_waiting(struct wr_host *host, const char *reason)
{
	host->ops->waiting(host, reason);
}
static inline void wr_host_resumed(struct wr_host *host)
{
	host->ops->resumed(host);
}
static inline void wr_host_notice(struct wr_host *host, const char *text)
{
	host->ops->notice(host, text);
}
static inline void wr_host_checkpoint_wanted(struct wr_host *host)
{
	host->ops->checkpoint_wanted(host);
}
static inline bool wr_host_checkpoint_due(struct wr_host *host)
{
	return host->ops->checkpoint_due(host);
}
static inline wr_status *wr_host_reject(struct wr_host *host, const struct wr_reject *reject)
{
	return host->ops->reject(host, reject);
}

#endif
