/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_state - findings make alerts: pending, firing, resolved.
 *
 * An alert that comes back before its end was told is the same one again, and nothing is told.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "server/alerts_inner.h"

void wr_alert_set_text(char **at, const char *text)
{
	char *copy = text != NULL ? wr_strdup(text) : NULL;

	wr_free(*at);
	*at = copy;
}

/* FNV-1a of all three. */
void wr_alert_make_id(enum wr_alert_rule_id rule, const char *part, const char *job_id,
		      char id[WR_ALERT_ID_LEN + 1])
{
	const char *const texts[] = {wr_alert_rules[rule].name, part, job_id};
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (uint32_t i = 0; i < WR_COUNT(texts); i++)
		for (const char *c = texts[i];; c++) {
			hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
			if (*c == '\0')
				break;
		}
	snprintf(id, WR_ALERT_ID_LEN + 1, "%016" PRIx64, hash);
}

void wr_alert_free(struct wr_alert *alert)
{
	if (alert == NULL)
		return;
	wr_free(alert->job);
	wr_free(alert->sentence);
	wr_free(alert->ack_by);
	wr_free(alert->ack_comment);
	wr_free(alert);
}

void wr_alert_remove(struct wr_alerts *alerts, struct wr_alert *alert)
{
	if (alert->state != WR_ALERT_PENDING)
		wr_alert_drop(alerts, alert);
	wr_map_remove(&alerts->alert, alert->id);
	wr_alert_free(alert);
}

/* A new one; NULL: there is no room. */
static struct wr_alert *add(struct wr_alerts *alerts, const struct wr_finding *finding,
			    const char *id)
{
	struct wr_alert *alert;

	if (alerts->alert.count == WR_ALERTS_MAX) {
		alerts->left_out++;
		return NULL;
	}
	alert = wr_calloc(1, sizeof *alert);
	snprintf(alert->id, sizeof alert->id, "%s", id);
	snprintf(alert->job_id, sizeof alert->job_id, "%s", alerts->at->id);
	alert->rule = finding->rule;
	alert->part = finding->part;
	alert->since_ms = alerts->now_ms;
	wr_map_put(&alerts->alert, alert->id, alert);
	return alert;
}

/* From now on somebody should know. */
static void fire(struct wr_alerts *alerts, struct wr_alert *alert)
{
	alert->state = WR_ALERT_FIRING;
	alert->fired_ms = alerts->now_ms;
	alert->resolved_ms = 0;
	alerts->manager_changed = true;
	wr_alert_put(alerts, alert);
	wr_alert_note(alerts, alert, "firing");
}

/* It fires, and holds. */
static void go_on(struct wr_alerts *alerts, struct wr_alert *alert,
		  const struct wr_finding *finding)
{
	if (finding->severity <= alert->severity)
		return;
	alert->severity = finding->severity;
	wr_alert_set_text(&alert->ack_by, NULL); /* that was of something less bad */
	alerts->manager_changed = true;
	wr_alert_put(alerts, alert);
	wr_alert_note(alerts, alert, "firing");
}

/* The rule says so now. */
static void holds(struct wr_alerts *alerts, struct wr_alert *alert,
		  const struct wr_finding *finding)
{
	alert->clear_ms = 0;
	wr_alert_set_text(&alert->job, alerts->at->name);
	/* The sentence of the worst is kept. */
	if (alert->state != WR_ALERT_FIRING || finding->severity >= alert->severity)
		wr_alert_set_text(&alert->sentence, wr_text_str(&finding->sentence));
	if (alert->state == WR_ALERT_FIRING) {
		go_on(alerts, alert, finding);
		return;
	}
	alert->severity = finding->severity;
	if (alert->state == WR_ALERT_RESOLVED ||
	    alerts->now_ms - alert->since_ms >= finding->for_ms)
		fire(alerts, alert);
}

static void resolve(struct wr_alerts *alerts, struct wr_alert *alert)
{
	alert->state = WR_ALERT_RESOLVED;
	alert->resolved_ms = alerts->now_ms;
	alerts->manager_changed = true;
	wr_alert_put(alerts, alert);
	wr_alert_note(alerts, alert, "resolved");
}

/* The rule says that it is not so. */
static void is_clear(struct wr_alerts *alerts, struct wr_alert *alert)
{
	if (alert->state == WR_ALERT_PENDING) {
		wr_alert_remove(alerts, alert);
		return;
	}
	if (alert->state == WR_ALERT_RESOLVED)
		return;
	if (alert->clear_ms == 0)
		alert->clear_ms = alerts->now_ms;
	if (alerts->now_ms - alert->clear_ms >= alerts->options.resolve_after_ms)
		resolve(alerts, alert);
}

void wr_alert_found(void *own, const struct wr_finding *finding)
{
	struct wr_alerts *alerts = own;
	char id[WR_ALERT_ID_LEN + 1];
	struct wr_alert *alert;

	wr_alert_make_id(finding->rule, finding->part, alerts->at->id, id);
	alert = wr_map_get(&alerts->alert, id);
	switch (finding->state) {
	case WR_FINDING_UNKNOWN: break; /* it stays what it is */
	case WR_FINDING_CLEAR:
		if (alert != NULL)
			is_clear(alerts, alert);
		break;
	case WR_FINDING_HOLDS:
		if (alert == NULL)
			alert = add(alerts, finding, id);
		if (alert != NULL)
			holds(alerts, alert, finding);
		break;
	}
}

void wr_alert_orphaned(struct wr_alerts *alerts, struct wr_alert *alert)
{
	if (alert->state == WR_ALERT_PENDING)
		wr_alert_remove(alerts, alert);
	else if (alert->state == WR_ALERT_FIRING)
		resolve(alerts, alert);
}
