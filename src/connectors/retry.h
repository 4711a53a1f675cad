/* SPDX-License-Identifier: Apache-2.0
 *
 * retry - what a sink does when the outside world does not take its rows for the moment: it tries
 * again, after growing pauses, and after too many failures leaves the other side alone for a while.
 *
 * The decisions are functions of facts (struct wr_retry, the time, a random number). An operation
 * is what is tried as a whole: a batch of rows, a transaction, a connection.
 *
 *   begin -> NOW:   try it.       failed -> LATER:  wait so long, then begin again
 *         -> LATER: the circuit             -> NEVER:  attempts are used up
 *            is open                  succeeded: the next operation starts afresh
 *         -> NEVER: the same, and
 *            nothing is waited for
 *
 * Pauses: initial, twice that, four times ... at most max; each shortened by a random part of up to
 * `jitter` of it, so that many jobs do not come back at the same moment.
 *
 * The circuit breaker counts failures in a row over all operations. CLOSED is the usual; after
 * `failures` of them it is OPEN, and nothing is tried for the reset timeout; then one attempt is
 * made (HALF_OPEN), which closes it or opens it again. Rows that may be given up (attempts have an
 * end, and 'sink.on-failure' = 'dead-letter') do not wait for an open circuit but are given up at
 * once; others wait.
 *
 * The loop (struct wr_retrying) puts clock, random numbers and the host around it: it waits in
 * steps of at most 100 ms, says so once when it takes longer, and leaves when the job stops.
 *
 * Thread: one owner. A sink that writes and commits on two threads has one for each.
 */
#ifndef WR_CONNECTORS_RETRY_H
#define WR_CONNECTORS_RETRY_H

#include "base/env.h"
#include "base/option.h"
#include "catalog/host.h"

enum wr_on_failure {
	WR_ON_FAILURE_FAIL,       /* the job fails (and restarts, as its strategy says) */
	WR_ON_FAILURE_DEAD_LETTER /* the rows are refused: wr_host_reject, kind "unreachable" */
};

struct wr_retry_options {
	uint32_t attempts_max; /* per operation, the first one counted; 0: without end */
	int64_t initial_us;    /* the first pause, above 0 */
	int64_t max_us;        /* the longest one, at least initial_us */
	double jitter;         /* 0..1: part of a pause that is left to chance */
	uint32_t failures;     /* in a row that open the circuit; 0: there is no breaker */
	int64_t reset_us;      /* how long it stays open */
	enum wr_on_failure on_failure;
};

enum wr_circuit { WR_CIRCUIT_CLOSED, WR_CIRCUIT_OPEN, WR_CIRCUIT_HALF_OPEN };

struct wr_retry {
	struct wr_retry_options options;
	uint32_t attempts;       /* of the current operation that have failed */
	int64_t pause_us;        /* the last pause, before chance; 0: none yet */
	uint32_t failed_in_row;  /* attempts, over all operations */
	enum wr_circuit circuit; /* see above */
	int64_t opened_us;       /* monotonic: when it opened */
};

enum wr_attempt {
	WR_ATTEMPT_NOW,   /* go on with the operation */
	WR_ATTEMPT_LATER, /* after *wait_us */
	WR_ATTEMPT_NEVER  /* give it up: as options.on_failure says */
};

void wr_retry_init(struct wr_retry *retry, const struct wr_retry_options *options);
/* Before each attempt. */
enum wr_attempt wr_retry_begin(struct wr_retry *retry, int64_t now_us, int64_t *wait_us);
/* An attempt has failed in a way that may pass. chance: uniform in [0, 1). Never NOW. After NEVER
 * the next begin is that of another operation. */
enum wr_attempt wr_retry_failed(struct wr_retry *retry, int64_t now_us, double chance,
				int64_t *wait_us);
void wr_retry_succeeded(struct wr_retry *retry);

/* --- the loop around it */

struct wr_retrying {
	struct wr_env *env;
	struct wr_host *host;
	struct wr_retry retry;
	int64_t since_us; /* monotonic: of the first failure of the operation; 0: none */
	bool said;        /* the host has been told that it waits */
};

void wr_retrying_init(struct wr_retrying *retrying, const struct wr_retry_options *options,
		      struct wr_env *env, struct wr_host *host);

enum wr_retry_end {
	WR_RETRY_DONE,    /* it has succeeded, or failed in a way that no retry helps against */
	WR_RETRY_USED_UP, /* attempts are used up, or the circuit is open: the rows are given up */
	WR_RETRY_STOPPED  /* the job stops */
};

/* Calls `attempt` until it returns NULL or a status that is not of class WR_RETRY, or it is to be
 * given up. Returns the last status: NULL after success; with USED_UP and STOPPED one is always
 * there (and what to do with it is up to the caller: with on_failure FAIL it is to be returned). */
wr_status *wr_retrying_run(struct wr_retrying *retrying, wr_status *(*attempt)(void *user),
			   void *user, enum wr_retry_end *end);

/* The same in steps, for clients that answer by callbacks. Before an attempt: waits while the
 * circuit is open. After one that failed with `reason` (one sentence): waits. Both return NOW: go
 * on with it, NEVER: it is given up, LATER: the job stops. */
enum wr_attempt wr_retrying_begin(struct wr_retrying *retrying);
enum wr_attempt wr_retrying_failed(struct wr_retrying *retrying, const char *reason);
void wr_retrying_succeeded(struct wr_retrying *retrying);
/* Waits for wait_us or until the job stops: false. */
bool wr_retrying_wait(struct wr_retrying *retrying, int64_t wait_us);

/* --- options of a table; WR_RETRY_OPTION_ROWS goes into the connector's list of options */

/* clang-format off */
#define WR_RETRY_OPTION_ROWS                                                                       \
	{.name = "sink.retry.max-attempts", .type = WR_OPTION_INT, .min = 1, .max = 1000000,       \
	 .doc = "How often the sink tries to write rows that the other side does not take for "    \
		"the moment, before `sink.on-failure` holds; without it there is no end."},        \
	{.name = "sink.retry.initial-delay", .type = WR_OPTION_DURATION, .fallback = "100 ms",     \
	 .min = 1, .max = 86400000,                                                                \
	 .doc = "Pause before the second attempt; it doubles from one to the next."},              \
	{.name = "sink.retry.max-delay", .type = WR_OPTION_DURATION, .fallback = "10 s", .min = 1, \
	 .max = 86400000, .doc = "The longest pause between two attempts."},                       \
	{.name = "sink.retry.jitter", .type = WR_OPTION_DOUBLE, .fallback = "0.5",                 \
	 .doc = "Part of each pause that is left to chance: 0 to 1."},                             \
	{.name = "sink.circuit-breaker.failures", .type = WR_OPTION_INT, .min = 1, .max = 1000000, \
	 .doc = "After so many failures in a row nothing is tried for "                            \
		"`sink.circuit-breaker.reset-timeout`; without it, attempts go on."},              \
	{.name = "sink.circuit-breaker.reset-timeout", .type = WR_OPTION_DURATION,                 \
	 .fallback = "30 s", .min = 1, .max = 86400000,                                            \
	 .doc = "After this one attempt is made; if it succeeds all go on, else it is waited as "  \
		"long again."},                                                                    \
	{.name = "sink.on-failure", .type = WR_OPTION_ENUM, .fallback = "fail",                    \
	 .values = wr_on_failure_names,                                                            \
	 .doc = "What happens when `sink.retry.max-attempts` are used up: `fail` (the job), or "   \
		"`dead-letter`: the rows are bad rows, as `error-handling.mode` says."}
/* clang-format on */
#define WR_RETRY_OPTION_COUNT 7
extern const char *const wr_on_failure_names[];

/* Reads and checks them; errors name option and table. For check() and sink_open. */
wr_status *wr_retry_options_read(const struct wr_options *options, const char *table,
				 struct wr_pos pos, struct wr_retry_options *out);

#endif
