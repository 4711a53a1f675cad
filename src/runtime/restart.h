/* SPDX-License-Identifier: Apache-2.0
 *
 * restart - whether and when a job that has failed begins again: Flink's strategies.
 *
 * Pure functions over a small history; the caller knows the clock, waits and restarts. A failure
 * that comes from the script or the data would come again: those are not asked for here (see
 * wr_restart_can_help).
 */
#ifndef WR_RUNTIME_RESTART_H
#define WR_RUNTIME_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum wr_restart_type {
	WR_RESTART_NONE,
	WR_RESTART_FIXED_DELAY,
	WR_RESTART_EXPONENTIAL_DELAY,
	WR_RESTART_FAILURE_RATE
};

#define WR_RESTART_RATE_MAX 1000 /* failures remembered: restart-strategy.failure-rate.* */

/* restart-strategy.*; times in milliseconds. */
struct wr_restart_options {
	enum wr_restart_type type;
	/* fixed-delay */
	int64_t attempts;
	int64_t delay_ms; /* failure-rate, too */
	/* exponential-delay */
	int64_t initial_ms, max_ms; /* backoff */
	double multiplier;          /* above 1 */
	double jitter;              /* 0..1: share of the backoff that is left to chance */
	int64_t reset_ms;           /* after as long without a failure the backoff starts anew */
	int64_t attempts_max;       /* before such a reset; INT64_MAX: any number */
	/* failure-rate */
	int64_t failures_max;     /* per interval, 1..WR_RESTART_RATE_MAX */
	int64_t rate_interval_ms; /* see above */
};

/* What has happened to one job so far. Zeroed at first. */
struct wr_restart_history {
	uint64_t attempts;   /* restarts so far */
	uint64_t in_row;     /* exponential-delay: since the last reset */
	int64_t backoff_ms;  /* exponential-delay: of the next restart; 0: the initial one */
	int64_t last_us;     /* monotonic: when the last failure was; 0: never */
	uint32_t time_count; /* failure-rate: times in use */
	int64_t time_us[WR_RESTART_RATE_MAX]; /* failure-rate: of the last failures, oldest first */
};

/* Whether beginning again could mend it: not what a script or its data did. */
bool wr_restart_can_help(const wr_status *failure);

/* A failure at now_us: whether to restart, and after how many milliseconds. `chance` is a random
 * number 0..1. */
bool wr_restart_decide(const struct wr_restart_options *options, struct wr_restart_history *history,
		       int64_t now_us, double chance, int64_t *delay_ms);

#endif
