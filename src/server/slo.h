/* SPDX-License-Identifier: Apache-2.0
 *
 * slo - how much of an error budget is left, and how fast it burns: arithmetic over counters of
 * good and bad, with the time as an argument.
 *
 * An objective says which share of events is to be good (runtime/objectives.h). Events are rows, or
 * milliseconds. The rest, 1 - share, is the error budget. Definitions:
 *
 *     burn(W)    = (bad / total within W) / (1 - share)
 *     remaining  = 1 - burn(the budget's window)
 *
 * A burn of 1 (100 %) uses up the budget exactly when its window ends. It is judged over two
 * windows at once, a long one and a short one that ends the alert soon after things are well again
 * ("Alerting on SLOs", 6: multiwindow, multi-burn-rate alerts, in: The Site Reliability Workbook,
 * O'Reilly 2018, https://sre.google/workbook/alerting-on-slos/): a severity holds when both burn at
 * its threshold or faster. By default warn: 50 % over 1 h, page: 200 % over 30 min; the short ones
 * are a twelfth, as there.
 *
 * Where events are milliseconds the total of a window is its length, so that what was not looked at
 * counts as good, and a job that has just begun does not page at once. Where they are rows, fewer
 * than `events_min` of them within the long window say nothing.
 *
 * Memory: two rings of buckets an objective, a fine one for the windows that alert and a coarse one
 * for the budget's; a window is measured to a bucket, and so may be longer by one.
 *
 * Invariants
 *   W1  A bucket of a ring whose index is not that of its time counts nothing.
 *   W2  Time does not go back within a ring: what comes with an older time is of the newest bucket.
 *
 * Thread: the caller's.
 */
#ifndef WR_SERVER_SLO_H
#define WR_SERVER_SLO_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/objectives.h"

enum wr_severity { WR_SEVERITY_NONE, WR_SEVERITY_WARN, WR_SEVERITY_PAGE };
const char *wr_severity_name(enum wr_severity severity);

/* --- counters of bad and all events by time --- */

struct wr_slo_bucket {
	int64_t index; /* time / width_ms */
	uint64_t bad, total;
};

struct wr_slo_window {
	int64_t width_ms; /* of a bucket */
	uint32_t count;   /* buckets */
	int64_t newest;   /* index; -1: nothing was counted */
	struct wr_slo_bucket *bucket;
};

/* For sums over up to span_ms. */
void wr_slo_window_init(struct wr_slo_window *window, int64_t span_ms, int64_t width_ms);
void wr_slo_window_release(struct wr_slo_window *window);
void wr_slo_window_add(struct wr_slo_window *window, int64_t now_ms, uint64_t bad, uint64_t total);
/* Of the buckets that have a part within the last span_ms. */
struct wr_slo_bucket wr_slo_window_sum(const struct wr_slo_window *window, int64_t now_ms,
				       int64_t span_ms);

/* --- objectives --- */

struct wr_slo_policy {
	int64_t budget_ms; /* the budget's window */
	struct {
		int64_t window_ms; /* the long one */
		double burn;       /* from which on */
	} at[3];                   /* of WARN and PAGE; [0] is not used */
	int64_t short_part;        /* short windows are such a part of the long ones; 0: none */
	uint64_t events_min;       /* rows within a long window, to be judged */
};

struct wr_slo {
	enum wr_objective_kind kind;
	struct wr_objective objective; /* share 0: none is declared any more */
	struct wr_slo_window fine, coarse;
};

struct wr_slo_burn {
	struct wr_slo_bucket events; /* of the long window */
	double burn, short_burn;     /* short_burn: of the long one where there is no other */
	int64_t short_ms;            /* 0: none */
	bool holds;                  /* both reach the threshold */
};

struct wr_slo_verdict {
	enum wr_severity severity;
	struct wr_slo_burn at[3];    /* by severity */
	struct wr_slo_bucket events; /* of the budget's window */
	double remaining;            /* of the budget; below 0: overdrawn */
};

void wr_slo_init(struct wr_slo *slo, enum wr_objective_kind kind,
		 const struct wr_slo_policy *policy);
void wr_slo_release(struct wr_slo *slo);
/* Whether its events are milliseconds. */
bool wr_slo_is_time(enum wr_objective_kind kind);
/* "latency", "success", "lag.records" ... */
const char *wr_slo_name(enum wr_objective_kind kind);
void wr_slo_add(struct wr_slo *slo, int64_t now_ms, uint64_t bad, uint64_t total);
void wr_slo_judge(const struct wr_slo *slo, const struct wr_slo_policy *policy, int64_t now_ms,
		  struct wr_slo_verdict *out);

#endif
