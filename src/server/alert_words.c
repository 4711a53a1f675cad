/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_words - alerts as JSON.
 */
#include <stdio.h>

#include "data/datetime.h"
#include "runtime/job_report.h"
#include "server/alerts_inner.h"

/* What a budget burns for says where to look. */
static const char *const slo_runbooks[WR_OBJECTIVE_KINDS] = {
    [WR_OBJECTIVE_LATENCY] = "backpressure", [WR_OBJECTIVE_SUCCESS] = "schema-mismatch",
    [WR_OBJECTIVE_LAG_RECORDS] = "lag",      [WR_OBJECTIVE_LAG_TIME] = "lag",
    [WR_OBJECTIVE_FRESHNESS] = "lag",        [WR_OBJECTIVE_CHECKPOINT_AGE] = "checkpoint-failure",
};

const char *wr_alert_runbook(const struct wr_alert *alert)
{
	if (alert->rule == WR_RULE_BUDGET_BURNS)
		for (uint32_t i = 0; i < WR_OBJECTIVE_KINDS; i++)
			if (strcmp(alert->part, wr_slo_name(i)) == 0)
				return slo_runbooks[i];
	return wr_alert_rules[alert->rule].runbook;
}

void wr_alert_put_time(struct wr_text *out, int64_t ms)
{
	char text[WR_TIME_TEXT_MAX];
	size_t len = wr_timestamp_print(text, ms, 0, 3);

	text[10] = 'T'; /* "2026-11-22 10:00:00.000" */
	wr_text_add(out, text, len);
	wr_text_putc(out, 'Z');
}

static void put_runbook(const struct wr_alerts *alerts, const struct wr_alert *alert,
			struct wr_text *out)
{
	wr_text_printf(out, "%s%s%s", wr_text_str(&alerts->runbooks), wr_alert_runbook(alert),
		       alerts->runbook_end);
}

void wr_alert_put_page(const struct wr_alerts *alerts, const struct wr_alert *alert,
		       struct wr_text *out)
{
	wr_text_printf(out, "%s/ui/jobs/%s", wr_text_str(&alerts->url), alert->job_id);
}

/* A member of which the value is what `put` prints. */
static void put_link(const struct wr_alerts *alerts, const struct wr_alert *alert, const char *name,
		     void (*put)(const struct wr_alerts *, const struct wr_alert *,
				 struct wr_text *),
		     struct wr_text *out)
{
	struct wr_text text;

	wr_text_init(&text);
	put(alerts, alert, &text);
	wr_report_text(out, name, wr_text_str(&text));
	wr_text_release(&text);
}

static void put_ms(struct wr_text *out, const char *name, int64_t ms)
{
	if (ms != 0)
		wr_text_printf(out, ",\"%s\":%lld", name, (long long)ms);
	else
		wr_text_printf(out, ",\"%s\":null", name);
}

void wr_alert_report(const struct wr_alerts *alerts, const struct wr_alert *alert,
		     struct wr_text *out)
{
	static const char *const states[] = {"pending", "firing", "resolved"};

	wr_text_printf(out, "{\"id\":\"%s\",\"alert\":\"%s\",\"state\":\"%s\",\"severity\":\"%s\"",
		       alert->id, wr_alert_rules[alert->rule].name, states[alert->state],
		       wr_severity_name(alert->severity));
	wr_report_text(out, "slo", *alert->part != '\0' ? alert->part : NULL);
	wr_report_text(out, "job", alert->job);
	wr_report_text(out, "job_id", alert->job_id);
	wr_report_text(out, "cause", alert->sentence);
	put_link(alerts, alert, "runbook", put_runbook, out);
	put_link(alerts, alert, "page", wr_alert_put_page, out);
	put_ms(out, "since_ms", alert->since_ms);
	put_ms(out, "fired_ms", alert->fired_ms);
	put_ms(out, "resolved_ms", alert->resolved_ms);
	wr_report_text(out, "silenced_by", *alert->silenced != '\0' ? alert->silenced : NULL);
	wr_report_text(out, "told",
		       alert->told != WR_SEVERITY_NONE ? wr_severity_name(alert->told) : NULL);
	put_ms(out, "told_ms", alert->told_ms);
	wr_report_text(out, "acknowledged_by", alert->ack_by);
	put_ms(out, "acknowledged_ms", alert->ack_by != NULL ? alert->ack_ms : 0);
	wr_report_text(out, "comment", alert->ack_by != NULL ? alert->ack_comment : NULL);
	wr_text_putc(out, '}');
}

static void put_labels(const struct wr_alert *alert, struct wr_text *out)
{
	wr_text_printf(out, "\"labels\":{\"alertname\":\"%s\",\"severity\":\"%s\"",
		       wr_alert_rules[alert->rule].name, wr_severity_name(alert->severity));
	wr_report_text(out, "job_name", alert->job);
	wr_report_text(out, "job_id", alert->job_id);
	if (*alert->part != '\0')
		wr_report_text(out, "slo", alert->part);
	wr_text_putc(out, '}');
}

void wr_alert_put_posted(const struct wr_alerts *alerts, const struct wr_alert *alert,
			 int64_t ends_ms, bool fingerprint, struct wr_text *out)
{
	wr_text_putc(out, '{');
	if (fingerprint)
		wr_text_printf(out, "\"status\":\"%s\",\"fingerprint\":\"%s\",",
			       ends_ms != 0 ? "resolved" : "firing", alert->id);
	put_labels(alert, out);
	wr_text_puts(out, ",\"annotations\":{\"summary\":");
	wr_text_json(out, alert->sentence);
	put_link(alerts, alert, "runbook", put_runbook, out);
	if (alert->ack_by != NULL)
		wr_report_text(out, "acknowledged_by", alert->ack_by);
	wr_text_puts(out, "},\"startsAt\":\"");
	wr_alert_put_time(out, alert->fired_ms);
	wr_text_puts(out, "\",\"endsAt\":\"");
	if (ends_ms != 0)
		wr_alert_put_time(out, ends_ms);
	else
		wr_text_puts(out, "0001-01-01T00:00:00Z"); /* as Alertmanager writes "not yet" */
	wr_text_putc(out, '"');
	put_link(alerts, alert, "generatorURL", wr_alert_put_page, out);
	wr_text_putc(out, '}');
}
