/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_notify - which alerts are told now.
 *
 * The webhook hears of groups. A group has something to tell when one of its alerts fires and was
 * not told, or not as bad as it is, or is resolved and was told as firing; silenced and
 * acknowledged ones wait. It tells all of its alerts at once: the first time after group-wait, then
 * at most every group-interval, and again every repeat-interval while they go on. While one
 * notification is on its way the group sends no other.
 *
 * Whether one has arrived is seen by the poster's counts, as it sends in order. If it has not, its
 * alerts have not been told, and the group tells them anew after group-interval: what goes wrong
 * between the receiver's taking it and this program's knowing is told twice, and nothing never.
 *
 * The Alertmanager groups by itself: it hears of all alerts at every change, and every minute,
 * with an end a few minutes ahead, so that they end with this server, too.
 */
#include <stdio.h>

#include "base/mem.h"
#include "runtime/job_report.h"
#include "server/alerts_inner.h"

#define FORGET_MS  86400000 /* after its end an alert is not waited for any longer */
#define MANAGER_IT 4        /* the end that it is given is so many intervals ahead */

/* --- who has something to tell ------------------------------------------------------------------
 */

static bool is_silenced(const struct wr_alert *alert)
{
	return *alert->silenced != '\0';
}

static bool has_news(const struct wr_alert *alert)
{
	if (alert->state == WR_ALERT_FIRING)
		return !is_silenced(alert) && alert->ack_by == NULL &&
		       alert->told < alert->severity;
	return alert->state == WR_ALERT_RESOLVED && alert->told != WR_SEVERITY_NONE;
}

static bool may_repeat(const struct wr_alert *alert)
{
	return alert->state == WR_ALERT_FIRING && !is_silenced(alert) && alert->ack_by == NULL;
}

/* Whether a notification of its group shows it. */
static bool is_shown(const struct wr_alert *alert)
{
	return (alert->state == WR_ALERT_FIRING && !is_silenced(alert)) ||
	       (alert->state == WR_ALERT_RESOLVED && alert->told != WR_SEVERITY_NONE);
}

/* The label that a group is by, and its value; NULL: each alert is a group. */
static const char *group_label(const struct wr_alerts *alerts, const struct wr_alert *alert,
			       const char **value)
{
	switch (alerts->options.group_by) {
	case WR_GROUP_JOB: *value = alert->job; return "job_name";
	case WR_GROUP_CAUSE: *value = wr_alert_rules[alert->rule].name; return "alertname";
	case WR_GROUP_EACH: break;
	}
	*value = alert->id;
	return NULL;
}

static struct wr_alert_group *group_of(struct wr_alerts *alerts, const struct wr_alert *alert,
				       const char **name)
{
	struct wr_alert_group *group;

	group_label(alerts, alert, name);
	group = wr_map_get(&alerts->group, *name);
	if (group == NULL) {
		group = wr_calloc(1, sizeof *group);
		wr_map_put(&alerts->group, *name, group);
	}
	return group;
}

/* --- a notification -----------------------------------------------------------------------------
 */

/* What an Alertmanager's webhook says of a group, up to its list of alerts. */
static void put_head(const struct wr_alerts *alerts, const struct wr_alert *first,
		     enum wr_severity worst, uint32_t left_out, struct wr_text *out)
{
	const char *value, *label = group_label(alerts, first, &value);
	struct wr_text labels;

	wr_text_init(&labels);
	if (label != NULL) {
		wr_text_printf(&labels, "\"%s\":", label);
		wr_text_json(&labels, value);
	}
	wr_text_puts(out, "{\"version\":\"4\",\"groupKey\":");
	wr_text_json(out, value);
	wr_text_printf(out,
		       ",\"truncatedAlerts\":%u,\"status\":\"%s\",\"severity\":\"%s\","
		       "\"receiver\":\"webhook\",\"groupLabels\":{%s},\"commonLabels\":{%s},"
		       "\"commonAnnotations\":{}",
		       left_out, worst != WR_SEVERITY_NONE ? "firing" : "resolved",
		       wr_severity_name(worst), wr_text_str(&labels), wr_text_str(&labels));
	wr_report_text(out, "externalURL", wr_text_str(&alerts->url));
	wr_text_puts(out, ",\"alerts\":[");
	wr_text_release(&labels);
}

/* The alerts of a group, in the order in which they came. */
static uint32_t members_of(struct wr_alerts *alerts, const char *name,
			   struct wr_alert *member[WR_ALERT_TOLD_MAX], uint32_t *left_out)
{
	uint32_t count = 0;

	*left_out = 0;
	for (uint32_t i = 0; i < alerts->alert.count; i++) {
		struct wr_alert *alert = alerts->alert.entry[i].value;
		const char *of;

		group_label(alerts, alert, &of);
		if (!is_shown(alert) || strcmp(of, name) != 0)
			continue;
		if (count < WR_ALERT_TOLD_MAX)
			member[count++] = alert;
		else
			++*left_out;
	}
	return count;
}

static bool hand_over(struct wr_alert_target *target, const char *path, const struct wr_text *body)
{
	bool taken =
	    wr_poster_send(target->poster, path, "application/json", body->data, body->len);

	target->accepted += taken;
	return taken;
}

/* The notification is numbered as the poster takes it; until it has ended its alerts are on their
 * way. */
static void send_group(struct wr_alerts *alerts, const char *name, struct wr_alert_group *group)
{
	struct wr_alert *member[WR_ALERT_TOLD_MAX];
	uint32_t left_out, count = members_of(alerts, name, member, &left_out);
	enum wr_severity worst = WR_SEVERITY_NONE;
	struct wr_text body;

	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++)
		if (member[i]->state == WR_ALERT_FIRING)
			worst = WR_MAX(worst, member[i]->severity);
	wr_text_init(&body);
	put_head(alerts, member[0], worst, left_out, &body);
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(&body, i > 0 ? "," : "");
		wr_alert_put_posted(alerts, member[i], member[i]->resolved_ms, true, &body);
	}
	wr_text_puts(&body, "]}\n");
	group->sent_ms = alerts->now_ms;
	group->change_ms = 0;
	if (hand_over(&alerts->webhook, "", &body)) {
		group->sending = alerts->webhook.accepted;
		alerts->notified[worst]++;
		for (uint32_t i = 0; i < count; i++) {
			member[i]->sending = group->sending;
			member[i]->sending_as = member[i]->state == WR_ALERT_FIRING
						    ? member[i]->severity
						    : WR_SEVERITY_NONE;
		}
	}
	wr_text_release(&body);
}

/* --- what has arrived ---------------------------------------------------------------------------
 */

static void was_told(struct wr_alerts *alerts, struct wr_alert *alert)
{
	alert->told = alert->sending_as;
	alert->told_ms = alerts->now_ms;
	wr_alert_put(alerts, alert);
}

/* Up to which number notifications have come to an end, and whether all of those since the last
 * step arrived. */
static uint64_t ended(struct wr_alert_target *target, bool *arrived)
{
	struct wr_poster_counts counts;

	wr_poster_counts(target->poster, &counts);
	*arrived = counts.failed == target->failed;
	target->failed = counts.failed;
	target->done = counts.posted + counts.failed;
	return target->done;
}

void wr_alerts_take_ends(struct wr_alerts *alerts)
{
	uint64_t done;
	bool arrived;

	if (alerts->webhook.poster == NULL)
		return;
	done = ended(&alerts->webhook, &arrived);
	for (uint32_t i = 0; i < alerts->alert.count; i++) {
		struct wr_alert *alert = alerts->alert.entry[i].value;

		if (alert->sending == 0 || alert->sending > done)
			continue;
		alert->sending = 0;
		if (arrived)
			was_told(alerts, alert);
	}
	for (uint32_t i = 0; i < alerts->group.count; i++) {
		struct wr_alert_group *group = alerts->group.entry[i].value;

		if (group->sending != 0 && group->sending <= done)
			group->sending = 0;
	}
}

/* --- the steps ----------------------------------------------------------------------------------
 */

/* See the head of the file. */
static bool is_due(const struct wr_alerts *alerts, const struct wr_alert_group *group, bool repeats)
{
	const struct wr_alert_options *options = &alerts->options;
	int64_t now_ms = alerts->now_ms;

	if (group->sending != 0)
		return false;
	if (group->change_ms != 0 && group->sent_ms == 0)
		return now_ms - group->change_ms >= options->group_wait_ms;
	if (group->change_ms != 0)
		return now_ms - group->sent_ms >= options->group_interval_ms;
	return repeats && group->sent_ms != 0 && now_ms - group->sent_ms >= options->repeat_ms;
}

/* Which groups there are, and which of them have news. */
static void look_at_groups(struct wr_alerts *alerts)
{
	for (uint32_t i = 0; i < alerts->group.count; i++) {
		struct wr_alert_group *group = alerts->group.entry[i].value;

		group->alive = group->sending != 0;
		group->news = group->repeats = false;
	}
	for (uint32_t i = 0; i < alerts->alert.count; i++) {
		const struct wr_alert *alert = alerts->alert.entry[i].value;
		struct wr_alert_group *group;
		const char *name;

		if (alert->state == WR_ALERT_PENDING)
			continue;
		group = group_of(alerts, alert, &name);
		group->alive = true;
		group->news = group->news || has_news(alert);
		group->repeats = group->repeats || may_repeat(alert);
		/* As before a restart of the server. */
		group->sent_ms = WR_MAX(group->sent_ms, alert->told_ms);
	}
}

/* Groups without alerts go. */
static void tell_groups(struct wr_alerts *alerts)
{
	wr_alerts_take_ends(alerts);
	look_at_groups(alerts);
	for (uint32_t i = alerts->group.count; i-- > 0;) {
		struct wr_alert_group *group = alerts->group.entry[i].value;
		const char *name = alerts->group.entry[i].key;

		if (!group->alive) {
			wr_free(wr_map_remove(&alerts->group, name));
			continue;
		}
		if (!group->news)
			group->change_ms = 0;
		else if (group->change_ms == 0)
			group->change_ms = alerts->now_ms;
		if (is_due(alerts, group, group->repeats))
			send_group(alerts, name, group);
	}
}

/* All alerts to the Alertmanager: those that fire, and the ends of those that it has heard of. */
static void tell_manager(struct wr_alerts *alerts)
{
	int64_t period_ms = alerts->options.manager_interval_ms;
	uint32_t count = 0;
	struct wr_text body;

	if (!alerts->manager_changed && alerts->now_ms - alerts->manager_ms < period_ms)
		return;
	wr_text_init(&body);
	for (uint32_t i = 0; i < alerts->alert.count; i++) {
		const struct wr_alert *alert = alerts->alert.entry[i].value;
		bool fires = alert->state == WR_ALERT_FIRING && !is_silenced(alert);
		bool ends = alert->state == WR_ALERT_RESOLVED && alert->manager_knows;

		if (!fires && !ends)
			continue;
		wr_text_puts(&body, count++ > 0 ? "," : "[");
		wr_alert_put_posted(alerts, alert,
				    fires ? alerts->now_ms + MANAGER_IT * period_ms
					  : alert->resolved_ms,
				    false, &body);
	}
	wr_text_puts(&body, "]\n");
	if (count == 0 || hand_over(&alerts->manager, "/api/v2/alerts", &body)) {
		alerts->manager_ms = alerts->now_ms;
		alerts->manager_changed = false;
		for (uint32_t i = 0; i < alerts->alert.count; i++) {
			struct wr_alert *alert = alerts->alert.entry[i].value;
			bool fires = alert->state == WR_ALERT_FIRING && !is_silenced(alert);

			if (fires != alert->manager_knows &&
			    (fires || alert->state == WR_ALERT_RESOLVED)) {
				alert->manager_knows = fires;
				wr_alert_put(alerts, alert);
			}
		}
	}
	wr_text_release(&body);
}

/* Which silence or window each alert is under now. */
static void mark_silenced(struct wr_alerts *alerts)
{
	for (uint32_t i = 0; i < alerts->alert.count; i++) {
		struct wr_alert *alert = alerts->alert.entry[i].value;
		const char *by = wr_silences_find(
		    &alerts->silences, alert->job, wr_alert_rules[alert->rule].name,
		    wr_severity_name(alert->severity), alerts->now_ms);

		if ((by != NULL) != is_silenced(alert))
			alerts->manager_changed = true;
		snprintf(alert->silenced, sizeof alert->silenced, "%s", by != NULL ? by : "");
	}
}

/* Whether nobody has to hear of its end any more. */
static bool is_done(const struct wr_alerts *alerts, const struct wr_alert *alert)
{
	if (alert->state != WR_ALERT_RESOLVED || alert->sending != 0)
		return false;
	return ((alerts->webhook.poster == NULL || alert->told == WR_SEVERITY_NONE) &&
		(alerts->manager.poster == NULL || !alert->manager_knows)) ||
	       alerts->now_ms - alert->resolved_ms > FORGET_MS;
}

/* One step, after all jobs have been judged. */
void wr_alerts_notify(struct wr_alerts *alerts)
{
	mark_silenced(alerts);
	if (alerts->webhook.poster != NULL)
		tell_groups(alerts);
	if (alerts->manager.poster != NULL)
		tell_manager(alerts);
	for (uint32_t i = alerts->alert.count; i-- > 0;) {
		struct wr_alert *alert = alerts->alert.entry[i].value;

		if (is_done(alerts, alert))
			wr_alert_remove(alerts, alert);
	}
}
