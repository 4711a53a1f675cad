/* SPDX-License-Identifier: Apache-2.0
 *
 * slo - see slo.h.
 */
#include "server/slo.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define FINE_PARTS   60  /* buckets of the shorter window that alerts: 5 of its short one */
#define FINE_MAX     360 /* buckets of the longer one */
#define COARSE_PARTS 720 /* buckets of the budget's window */

const char *wr_severity_name(enum wr_severity severity)
{
	static const char *const names[] = {"none", "warn", "page"};

	return names[severity];
}

const char *wr_slo_name(enum wr_objective_kind kind)
{
	static const char *const names[WR_OBJECTIVE_KINDS] = {
	    "latency", "success", "lag.records", "lag.time", "freshness", "checkpoint-age"};

	return names[kind];
}

bool wr_slo_is_time(enum wr_objective_kind kind)
{
	return kind != WR_OBJECTIVE_LATENCY && kind != WR_OBJECTIVE_SUCCESS;
}

/* --- counters -----------------------------------------------------------------------------------
 */

void wr_slo_window_init(struct wr_slo_window *window, int64_t span_ms, int64_t width_ms)
{
	WR_ASSERT(span_ms > 0 && width_ms > 0);
	window->width_ms = width_ms;
	window->count = (uint32_t)(span_ms / width_ms) + 2;
	window->newest = -1;
	window->bucket = wr_calloc(window->count, sizeof *window->bucket);
}

void wr_slo_window_release(struct wr_slo_window *window)
{
	wr_free(window->bucket);
	window->bucket = NULL;
}

void wr_slo_window_add(struct wr_slo_window *window, int64_t now_ms, uint64_t bad, uint64_t total)
{
	int64_t index = now_ms / window->width_ms;
	struct wr_slo_bucket *bucket;

	WR_ASSERT(bad <= total);
	/* A clock that was far ahead and was put right: what it counted is of no time that is. */
	if (window->newest - index >= window->count) {
		memset(window->bucket, 0, window->count * sizeof *window->bucket);
		window->newest = index;
	}
	if (index < window->newest) /* W2 */
		index = window->newest;
	window->newest = index;
	bucket = &window->bucket[index % window->count];
	if (bucket->index != index) /* W1 */
		*bucket = (struct wr_slo_bucket){.index = index};
	bucket->bad += bad;
	bucket->total += total;
}

struct wr_slo_bucket wr_slo_window_sum(const struct wr_slo_window *window, int64_t now_ms,
				       int64_t span_ms)
{
	int64_t last = WR_MAX(now_ms / window->width_ms, window->newest);
	int64_t first = WR_MAX((now_ms - span_ms) / window->width_ms, 0);
	struct wr_slo_bucket sum = {.index = last};

	for (uint32_t i = 0; i < window->count; i++) {
		const struct wr_slo_bucket *bucket = &window->bucket[i];

		if (bucket->index < first || bucket->index > last)
			continue;
		sum.bad += bucket->bad;
		sum.total += bucket->total;
	}
	return sum;
}

/* --- objectives ---------------------------------------------------------------------------------
 */

void wr_slo_init(struct wr_slo *slo, enum wr_objective_kind kind,
		 const struct wr_slo_policy *policy)
{
	int64_t warn = policy->at[WR_SEVERITY_WARN].window_ms;
	int64_t page = policy->at[WR_SEVERITY_PAGE].window_ms;
	int64_t width = WR_MAX(WR_MIN(warn, page) / FINE_PARTS, WR_MAX(warn, page) / FINE_MAX);

	*slo = (struct wr_slo){.kind = kind};
	wr_slo_window_init(&slo->fine, WR_MAX(warn, page), WR_MAX(width, 1));
	wr_slo_window_init(&slo->coarse, policy->budget_ms,
			   WR_MAX(policy->budget_ms / COARSE_PARTS, 1));
}

void wr_slo_release(struct wr_slo *slo)
{
	wr_slo_window_release(&slo->fine);
	wr_slo_window_release(&slo->coarse);
}

void wr_slo_add(struct wr_slo *slo, int64_t now_ms, uint64_t bad, uint64_t total)
{
	wr_slo_window_add(&slo->fine, now_ms, bad, total);
	wr_slo_window_add(&slo->coarse, now_ms, bad, total);
}

/* The events of a window; where they are time, all of it. */
static struct wr_slo_bucket events_of(const struct wr_slo *slo, const struct wr_slo_window *window,
				      int64_t now_ms, int64_t span_ms)
{
	struct wr_slo_bucket events = wr_slo_window_sum(window, now_ms, span_ms);

	if (wr_slo_is_time(slo->kind)) {
		events.total = (uint64_t)span_ms;
		events.bad = WR_MIN(events.bad, events.total);
	}
	return events;
}

static double burn_of(const struct wr_slo *slo, struct wr_slo_bucket events)
{
	return events.total == 0
		   ? 0
		   : (double)events.bad / (double)events.total / (1 - slo->objective.share);
}

/* A severity's two windows. */
static void judge_at(const struct wr_slo *slo, const struct wr_slo_policy *policy,
		     enum wr_severity severity, int64_t now_ms, struct wr_slo_burn *out)
{
	int64_t span_ms = policy->at[severity].window_ms;
	/* 1 - 0.99 is not quite 0.01. */
	double threshold = policy->at[severity].burn * (1 - 1e-9);

	out->events = events_of(slo, &slo->fine, now_ms, span_ms);
	out->burn = out->short_burn = burn_of(slo, out->events);
	if (policy->short_part > 0) {
		out->short_ms = WR_MAX(span_ms / policy->short_part, 1);
		out->short_burn = burn_of(slo, events_of(slo, &slo->fine, now_ms, out->short_ms));
	}
	out->holds = out->burn >= threshold && out->short_burn >= threshold &&
		     out->events.bad > 0 && out->events.total >= policy->events_min;
}

void wr_slo_judge(const struct wr_slo *slo, const struct wr_slo_policy *policy, int64_t now_ms,
		  struct wr_slo_verdict *out)
{
	WR_ASSERT(slo->objective.share > 0 && slo->objective.share < 1);
	*out = (struct wr_slo_verdict){0};
	out->events = events_of(slo, &slo->coarse, now_ms, policy->budget_ms);
	out->remaining = 1 - burn_of(slo, out->events);
	for (enum wr_severity at = WR_SEVERITY_WARN; at <= WR_SEVERITY_PAGE; at++) {
		judge_at(slo, policy, at, now_ms, &out->at[at]);
		if (out->at[at].holds)
			out->severity = at;
	}
}
