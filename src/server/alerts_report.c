/* SPDX-License-Identifier: Apache-2.0
 *
 * alerts_report - alerts, objectives and silences for those who ask (rest_alerts.c), and
 * acknowledgements.
 */
#include "base/mem.h"
#include "runtime/job_report.h"
#include "server/alerts_inner.h"

/* --- alerts -------------------------------------------------------------------------------------
 */

/* How a receiver takes what it is sent. */
static void put_target(const char *name, const struct wr_alert_target *target, struct wr_text *out)
{
	struct wr_poster_counts counts;
	char reason[512];

	if (target->poster == NULL)
		return;
	wr_poster_counts(target->poster, &counts);
	wr_poster_reason(target->poster, reason, sizeof reason);
	wr_text_printf(out, "%s{\"receiver\":\"%s\"", out->data[out->len - 1] == '[' ? "" : ",",
		       name);
	wr_report_number(out, "arrived", counts.posted);
	wr_report_number(out, "failed", counts.failed);
	wr_report_number(out, "dropped", counts.dropped);
	wr_report_number(out, "waiting", counts.waiting);
	wr_report_number(out, "retries", counts.retries);
	wr_report_text(out, "last_error", *reason != '\0' ? reason : NULL);
	wr_text_putc(out, '}');
}

wr_status *wr_alerts_report(struct wr_alerts *alerts, uint32_t history, struct wr_text *out)
{
	uint32_t firing = 0, silenced = 0;
	wr_status *status;

	pthread_mutex_lock(&alerts->lock);
	wr_text_puts(out, "{\"alerts\":[");
	for (uint32_t i = 0; i < alerts->alert.count; i++) {
		const struct wr_alert *alert = alerts->alert.entry[i].value;

		wr_text_puts(out, i > 0 ? "," : "");
		wr_alert_report(alerts, alert, out);
		firing += alert->state == WR_ALERT_FIRING;
		silenced += alert->state == WR_ALERT_FIRING && *alert->silenced != '\0';
	}
	wr_text_printf(out, "],\"firing\":%u,\"silenced\":%u,\"history\":[", firing, silenced);
	status = wr_meta_each_note(alerts->store, "alert", "", history, wr_meta_note_json, out);
	wr_text_puts(out, "],\"notifications\":[");
	put_target("webhook", &alerts->webhook, out);
	put_target("alertmanager", &alerts->manager, out);
	wr_text_puts(out, "]}");
	pthread_mutex_unlock(&alerts->lock);
	return status;
}

bool wr_alerts_acknowledge(struct wr_alerts *alerts, const char *id, const char *who,
			   const char *comment, struct wr_text *out, wr_status **status)
{
	struct wr_alert *alert;
	bool found;

	*status = NULL;
	pthread_mutex_lock(&alerts->lock);
	alert = wr_map_get(&alerts->alert, id);
	found = alert != NULL;
	if (found && alert->state != WR_ALERT_FIRING) {
		*status = wr_status_hint(wr_status_new(WR_RETRY, "Alert '%s' does not fire", id),
					 "Only what fires can be acknowledged");
	} else if (found) {
		wr_alert_set_text(&alert->ack_by, who);
		wr_alert_set_text(&alert->ack_comment, comment);
		alert->ack_ms = wr_wall_us(alerts->env) / 1000;
		wr_alert_put(alerts, alert);
		wr_alert_report(alerts, alert, out);
	}
	pthread_mutex_unlock(&alerts->lock);
	return found;
}

/* --- objectives ---------------------------------------------------------------------------------
 */

/* A severity's two windows. */
static void put_burn(const struct wr_slo_policy *policy, const struct wr_slo_verdict *verdict,
		     enum wr_severity severity, struct wr_text *out)
{
	const struct wr_slo_burn *burn = &verdict->at[severity];

	wr_text_printf(
	    out,
	    "{\"severity\":\"%s\",\"window_ms\":%lld,\"burn\":%.6g,"
	    "\"short_window_ms\":%lld,\"short_burn\":%.6g,\"threshold\":%.6g,"
	    "\"holds\":%s}",
	    wr_severity_name(severity), (long long)policy->at[severity].window_ms, burn->burn,
	    (long long)(burn->short_ms > 0 ? burn->short_ms : policy->at[severity].window_ms),
	    burn->short_burn, policy->at[severity].burn, burn->holds ? "true" : "false");
}

/* An objective with its budget now. */
static void put_slo(struct wr_alerts *alerts, const struct wr_alert_watch *watch,
		    const struct wr_slo *slo, struct wr_text *out)
{
	const struct wr_slo_policy *policy = &alerts->options.policy;
	struct wr_slo_verdict verdict;

	wr_slo_judge(slo, policy, wr_wall_us(alerts->env) / 1000, &verdict);
	wr_text_puts(out, out->data[out->len - 1] == '[' ? "{\"job\":" : ",{\"job\":");
	wr_text_json(out, watch->name);
	wr_text_printf(out,
		       ",\"job_id\":\"%s\",\"slo\":\"%s\",\"objective\":%.10g,\"bound\":%lld,"
		       "\"events\":\"%s\",\"window_ms\":%lld",
		       watch->id, wr_slo_name(slo->kind), slo->objective.share,
		       (long long)slo->objective.bound, wr_slo_is_time(slo->kind) ? "ms" : "rows",
		       (long long)policy->budget_ms);
	wr_report_number(out, "bad", verdict.events.bad);
	wr_report_number(out, "total", verdict.events.total);
	wr_text_printf(out, ",\"budget_remaining\":%.6g,\"severity\":\"%s\",\"burn\":[",
		       verdict.remaining, wr_severity_name(verdict.severity));
	put_burn(policy, &verdict, WR_SEVERITY_WARN, out);
	wr_text_putc(out, ',');
	put_burn(policy, &verdict, WR_SEVERITY_PAGE, out);
	wr_text_puts(out, "]}");
}

void wr_alerts_report_slos(struct wr_alerts *alerts, struct wr_text *out)
{
	pthread_mutex_lock(&alerts->lock);
	wr_text_puts(out, "{\"slos\":[");
	for (uint32_t i = 0; i < alerts->watch.count; i++) {
		const struct wr_alert_watch *watch = alerts->watch.entry[i].value;

		for (uint32_t k = 0; k < WR_OBJECTIVE_KINDS; k++)
			if (watch->live && watch->slo[k] != NULL)
				put_slo(alerts, watch, watch->slo[k], out);
	}
	wr_text_puts(out, "]}");
	pthread_mutex_unlock(&alerts->lock);
}

/* --- silences -----------------------------------------------------------------------------------
 */

void wr_alerts_silences(struct wr_alerts *alerts, struct wr_text *out)
{
	pthread_mutex_lock(&alerts->lock);
	wr_silences_report(&alerts->silences, wr_wall_us(alerts->env) / 1000, out);
	pthread_mutex_unlock(&alerts->lock);
}

wr_status *wr_alerts_silence(struct wr_alerts *alerts, struct wr_silence *silence,
			     struct wr_text *out)
{
	int64_t now_ms = wr_wall_us(alerts->env) / 1000;
	wr_status *status;

	pthread_mutex_lock(&alerts->lock);
	status = wr_silences_add(&alerts->silences, silence, now_ms);
	if (status == NULL)
		wr_silence_report(silence, now_ms, out);
	pthread_mutex_unlock(&alerts->lock);
	return status;
}

bool wr_alerts_unsilence(struct wr_alerts *alerts, const char *id, wr_status **status)
{
	bool found;

	pthread_mutex_lock(&alerts->lock);
	found = wr_silences_end(&alerts->silences, id, wr_wall_us(alerts->env) / 1000, status);
	pthread_mutex_unlock(&alerts->lock);
	return found;
}
