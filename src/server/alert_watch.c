/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_watch - see alert_watch.h.
 */
#include "server/alert_watch.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/mem.h"

#define RULE_BUCKETS 30      /* of the windows of the rules */
#define DAMAGE_MS    3600000 /* a damaged checkpoint that was passed over is told for so long */

void wr_alert_facts_release(struct wr_alert_facts *facts)
{
	wr_text_release(&facts->error);
	wr_text_release(&facts->damage);
	wr_text_release(&facts->waiting);
	wr_text_release(&facts->why);
}

static void window_init(struct wr_slo_window *window, int64_t span_ms)
{
	wr_slo_window_init(window, span_ms, WR_MAX(span_ms / RULE_BUCKETS, 1));
}

/* Objectives are declared with the first look at the running job. */
struct wr_alert_watch *wr_alert_watch_new(const char *id, const char *name,
					  const struct wr_alert_limits *limits)
{
	struct wr_alert_watch *watch = wr_calloc(1, sizeof *watch);

	snprintf(watch->id, sizeof watch->id, "%s", id);
	watch->name = wr_strdup(name);
	window_init(&watch->restarts, limits->window_ms);
	window_init(&watch->failed, limits->window_ms);
	window_init(&watch->bad, limits->window_ms);
	window_init(&watch->late, limits->window_ms);
	window_init(&watch->rejected, limits->window_ms);
	window_init(&watch->damages, DAMAGE_MS);
	return watch;
}

static void slo_free(struct wr_slo *slo)
{
	if (slo != NULL)
		wr_slo_release(slo);
	wr_free(slo);
}

/* NULL is allowed. */
void wr_alert_watch_free(struct wr_alert_watch *watch)
{
	if (watch == NULL)
		return;
	for (uint32_t i = 0; i < WR_OBJECTIVE_KINDS; i++)
		slo_free(watch->slo[i]);
	wr_slo_window_release(&watch->restarts);
	wr_slo_window_release(&watch->failed);
	wr_slo_window_release(&watch->bad);
	wr_slo_window_release(&watch->late);
	wr_slo_window_release(&watch->rejected);
	wr_slo_window_release(&watch->damages);
	wr_free(watch->name);
	wr_free(watch);
}

/* The objectives are those from now on. What was counted for another bound is of another one. */
static void declare(struct wr_alert_watch *watch, const struct wr_objectives *objectives,
		    const struct wr_slo_policy *policy)
{
	watch->objectives = *objectives;
	for (uint32_t i = 0; i < WR_OBJECTIVE_KINDS; i++) {
		const struct wr_objective *objective = &objectives->of[i];
		struct wr_slo *slo = watch->slo[i];

		if (slo != NULL &&
		    (objective->share == 0 || objective->bound != slo->objective.bound)) {
			slo_free(slo);
			slo = watch->slo[i] = NULL;
			watch->changed = true;
		}
		if (objective->share == 0)
			continue;
		if (slo == NULL) {
			slo = watch->slo[i] = wr_calloc(1, sizeof *slo);
			wr_slo_init(slo, i, policy);
			watch->changed = true;
		}
		slo->objective = *objective;
	}
}

/* How much a counter has grown; one that is smaller has begun anew. */
static uint64_t grown(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static void count_events(struct wr_alert_watch *watch, enum wr_objective_kind kind, int64_t now_ms,
			 uint64_t bad, uint64_t total)
{
	if (watch->slo[kind] == NULL || total == 0)
		return;
	wr_slo_add(watch->slo[kind], now_ms, WR_MIN(bad, total), total);
	watch->changed = true;
}

/* What rows were, since the last look. */
static void count_rows(struct wr_alert_watch *watch, const struct wr_alert_facts *facts,
		       int64_t now_ms)
{
	const struct wr_alert_counters *now = &facts->count, *last = &watch->last;
	uint64_t in = grown(now->rows_in, last->rows_in);
	uint64_t bad = grown(now->rows_bad, last->rows_bad);
	uint64_t late = grown(now->rows_late, last->rows_late);
	uint64_t rejected = grown(now->rejected, last->rejected);
	uint64_t failed = grown(now->checkpoints_failed, last->checkpoints_failed);
	uint64_t restarts = grown(now->restarts, last->restarts);

	wr_slo_window_add(&watch->restarts, now_ms, restarts, restarts);
	wr_slo_window_add(&watch->failed, now_ms, failed,
			  failed + grown(now->checkpoints, last->checkpoints));
	wr_slo_window_add(&watch->bad, now_ms, bad, in + bad);
	wr_slo_window_add(&watch->late, now_ms, WR_MIN(late, in + bad), in + bad);
	wr_slo_window_add(&watch->rejected, now_ms, rejected, rejected);
	count_events(watch, WR_OBJECTIVE_LATENCY, now_ms, grown(now->slow, last->slow),
		     grown(now->written, last->written));
	count_events(watch, WR_OBJECTIVE_SUCCESS, now_ms, bad + late, in + bad);
}

/* Time of which is said whether it was good. */
static void count_time(struct wr_alert_watch *watch, enum wr_objective_kind kind, int64_t value,
		       int64_t now_ms, int64_t elapsed_ms)
{
	bool bad = watch->slo[kind] != NULL && value > watch->slo[kind]->objective.bound;

	if (value >= 0)
		count_events(watch, kind, now_ms, bad ? (uint64_t)elapsed_ms : 0,
			     (uint64_t)elapsed_ms);
}

bool wr_alert_job_is_live(enum wr_server_job_state state)
{
	return state != WR_JOB_FINISHED && state != WR_JOB_CANCELED && state != WR_JOB_SUSPENDED;
}

static bool is_down(enum wr_server_job_state state)
{
	return state == WR_JOB_RESTARTING || state == WR_JOB_FAILED;
}

/* A job that is down reads, writes and keeps nothing: that time is bad for every objective of
 * time. */
static void count_times(struct wr_alert_watch *watch, const struct wr_alert_facts *facts,
			int64_t now_ms, int64_t elapsed_ms)
{
	static const int64_t never = INT64_MAX;
	const struct wr_alert_facts down = {.lag_records = never,
					    .lag_ms = never,
					    .output_age_ms = never,
					    .watermark_lag_ms = never,
					    .checkpoint_age_ms = never};

	if (is_down(facts->state))
		facts = &down;
	else if (!facts->figures)
		return;
	count_time(watch, WR_OBJECTIVE_LAG_RECORDS, facts->lag_records, now_ms, elapsed_ms);
	count_time(watch, WR_OBJECTIVE_LAG_TIME, facts->lag_ms, now_ms, elapsed_ms);
	count_time(watch, WR_OBJECTIVE_FRESHNESS,
		   watch->objectives.by_watermark ? facts->watermark_lag_ms : facts->output_age_ms,
		   now_ms, elapsed_ms);
	count_time(watch, WR_OBJECTIVE_CHECKPOINT_AGE, facts->checkpoint_age_ms, now_ms,
		   elapsed_ms);
}

void wr_alert_watch_see(struct wr_alert_watch *watch, const struct wr_alert_facts *facts,
			const struct wr_slo_policy *policy, int64_t now_ms, int64_t elapsed_max_ms)
{
	int64_t elapsed_ms = watch->seen_ms == 0 ? 0 : now_ms - watch->seen_ms;
	uint64_t damages = grown(facts->count.damages, watch->last.damages);

	elapsed_ms = WR_MAX(WR_MIN(elapsed_ms, elapsed_max_ms), 0);
	wr_slo_window_add(&watch->damages, now_ms, damages, damages);
	watch->last.damages = facts->count.damages;
	if (facts->figures) {
		declare(watch, &facts->objectives, policy);
		count_rows(watch, facts, now_ms);
		watch->last = facts->count;
	}
	count_times(watch, facts, now_ms, elapsed_ms);
	if (facts->state != WR_JOB_RESTARTING)
		watch->bad_state_ms = 0;
	else if (watch->bad_state_ms == 0)
		watch->bad_state_ms = now_ms;
	watch->seen_ms = now_ms;
	watch->live = wr_alert_job_is_live(facts->state);
}
