/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_alerts - metrics of alerts and error budgets, for the first JOBS_MAX jobs that have any.
 */
#include <stddef.h>

#include "server/alerts_inner.h"
#include "server/server.h"
#include "telemetry/metrics_inner.h"

#define SLOS_MAX   1000 /* objectives with series of their own */
#define ALERTS_MAX 1000 /* alerts */

/* The labels of a budget; the caller ends the line. */
static void begin_slo(struct wr_metrics *metrics, const struct wr_alert_watch *watch,
		      const struct wr_slo *slo)
{
	wr_metrics_begin(metrics, NULL);
	wr_metrics_label(metrics, "job_name", watch->name);
	wr_metrics_label(metrics, "slo", wr_slo_name(slo->kind));
}

enum family { OBJECTIVE, REMAINING, BURN };

/* The lines of a budget in a family. */
static void put_slo(struct wr_metrics *metrics, const struct wr_alerts *alerts,
		    const struct wr_alert_watch *watch, const struct wr_slo *slo,
		    enum family family)
{
	struct wr_slo_verdict verdict;

	wr_slo_judge(slo, &alerts->options.policy, metrics->wall_ms, &verdict);
	if (family != BURN) {
		begin_slo(metrics, watch, slo);
		wr_metrics_value(metrics,
				 family == OBJECTIVE ? slo->objective.share : verdict.remaining);
		return;
	}
	for (enum wr_severity at = WR_SEVERITY_WARN; at <= WR_SEVERITY_PAGE; at++)
		for (int part = 0; part < 2; part++) {
			begin_slo(metrics, watch, slo);
			wr_metrics_label(metrics, "severity", wr_severity_name(at));
			wr_metrics_label(metrics, "window", part == 0 ? "long" : "short");
			wr_metrics_value(metrics, part == 0 ? verdict.at[at].burn
							    : verdict.at[at].short_burn);
		}
}

/* A family, for every objective of a job that runs or should. */
static void put_slos(struct wr_metrics *metrics, const struct wr_alerts *alerts, enum family family)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < alerts->watch.count; i++) {
		const struct wr_alert_watch *watch = alerts->watch.entry[i].value;

		for (uint32_t k = 0; k < WR_OBJECTIVE_KINDS; k++) {
			if (!watch->live || watch->slo[k] == NULL)
				continue;
			if (count++ < SLOS_MAX)
				put_slo(metrics, alerts, watch, watch->slo[k], family);
		}
	}
}

/* As Prometheus' own ALERTS: 1 for each that fires. */
static void put_alerts(struct wr_metrics *metrics, const struct wr_alerts *alerts)
{
	uint32_t count = 0;

	wr_metrics_family(metrics, "weir_alert_firing", "gauge", "An alert that fires.");
	for (uint32_t i = 0; i < alerts->alert.count; i++) {
		const struct wr_alert *alert = alerts->alert.entry[i].value;

		if (alert->state != WR_ALERT_FIRING)
			continue;
		if (count++ == ALERTS_MAX)
			break;
		wr_metrics_begin(metrics, NULL);
		wr_metrics_label(metrics, "job_name", alert->job);
		/* Two jobs may have had the name, one after the other. */
		wr_metrics_label(metrics, "job_id", alert->job_id);
		wr_metrics_label(metrics, "alertname", wr_alert_rules[alert->rule].name);
		wr_metrics_label(metrics, "severity", wr_severity_name(alert->severity));
		if (*alert->part != '\0')
			wr_metrics_label(metrics, "slo", alert->part);
		wr_metrics_label(metrics, "silenced", *alert->silenced != '\0' ? "true" : "false");
		wr_metrics_value(metrics, 1);
	}
}

static const struct {
	const char *name, *type, *help; /* as Prometheus wants them */
	size_t at;                      /* in struct wr_poster_counts */
} target_families[] = {
    {"weir_alert_notifications_total", "counter", "Notifications that have arrived.",
     offsetof(struct wr_poster_counts, posted)},
    {"weir_alert_notifications_failed_total", "counter",
     "Notifications that were refused, or given up after all attempts.",
     offsetof(struct wr_poster_counts, failed)},
    {"weir_alert_notifications_dropped_total", "counter",
     "Notifications for which the queue had no room.", offsetof(struct wr_poster_counts, dropped)},
    {"weir_alert_notifications_waiting", "gauge", "Notifications that wait to be sent.",
     offsetof(struct wr_poster_counts, waiting)},
};

static void put_target(struct wr_metrics *metrics, size_t at, const char *name,
		       const struct wr_alert_target *target)
{
	struct wr_poster_counts counts;

	if (target->poster == NULL)
		return;
	wr_poster_counts(target->poster, &counts);
	wr_metrics_begin(metrics, NULL);
	wr_metrics_label(metrics, "receiver", name);
	wr_metrics_value(metrics, (double)*(uint64_t *)((char *)&counts + at));
}

void wr_metrics_alerts(struct wr_metrics *metrics, struct wr_alerts *alerts)
{
	if (alerts == NULL) /* the server begins, or has ended */
		return;
	pthread_mutex_lock(&alerts->lock);
	wr_metrics_family(metrics, "weir_slo_objective_ratio", "gauge",
			  "Share of rows or time that is to be good.");
	put_slos(metrics, alerts, OBJECTIVE);
	wr_metrics_family(metrics, "weir_slo_budget_remaining_ratio", "gauge",
			  "Share of the error budget that is left; below 0: overdrawn.");
	put_slos(metrics, alerts, REMAINING);
	wr_metrics_family(metrics, "weir_slo_burn_rate", "gauge",
			  "How fast the error budget burns: 1 uses it up when its window ends.");
	put_slos(metrics, alerts, BURN);
	put_alerts(metrics, alerts);
	wr_metrics_single(metrics, "weir_alerts_left_out", "gauge",
			  "Jobs and alerts that are not watched, since there are too many.",
			  (double)alerts->left_out);
	for (uint32_t f = 0; f < WR_COUNT(target_families); f++) {
		wr_metrics_family(metrics, target_families[f].name, target_families[f].type,
				  target_families[f].help);
		put_target(metrics, target_families[f].at, "webhook", &alerts->webhook);
		put_target(metrics, target_families[f].at, "alertmanager", &alerts->manager);
	}
	pthread_mutex_unlock(&alerts->lock);
}
