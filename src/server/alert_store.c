/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_store - alerts and budgets as documents of the store.
 *
 *     "alert"   by the alert's id: firing, or resolved and not told yet
 *     "slo"     by the job's id: its objectives with the buckets that are not empty, each three
 *               numbers: the bucket's index, bad, total
 *     notes     of kind "alert": the history
 *
 * What cannot be stored is said, and alerts go on: a restart would tell them again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "expr/json_doc.h"
#include "runtime/job_report.h"
#include "server/alerts_inner.h"
#include "server/json_members.h"

#define ALERT  "alert"
#define BUDGET "slo"

/* --- alerts -------------------------------------------------------------------------------------
 */

static void put_number(struct wr_text *out, const char *name, int64_t value)
{
	wr_text_printf(out, ",\"%s\":%lld", name, (long long)value);
}

/* All of it, in place of what is stored. */
void wr_alert_put(struct wr_alerts *alerts, const struct wr_alert *alert)
{
	struct wr_text json;

	wr_text_init(&json);
	wr_text_printf(&json, "{\"rule\":\"%s\"", wr_alert_rules[alert->rule].name);
	wr_report_text(&json, "part", alert->part);
	wr_report_text(&json, "job", alert->job);
	wr_report_text(&json, "job_id", alert->job_id);
	wr_report_text(&json, "sentence", alert->sentence);
	put_number(&json, "severity", alert->severity);
	put_number(&json, "state", alert->state);
	put_number(&json, "since_ms", alert->since_ms);
	put_number(&json, "fired_ms", alert->fired_ms);
	put_number(&json, "resolved_ms", alert->resolved_ms);
	put_number(&json, "told", alert->told);
	put_number(&json, "told_ms", alert->told_ms);
	put_number(&json, "manager_knows", alert->manager_knows);
	wr_report_text(&json, "ack_by", alert->ack_by);
	wr_report_text(&json, "ack_comment", alert->ack_comment);
	put_number(&json, "ack_ms", alert->ack_ms);
	wr_text_putc(&json, '}');
	wr_alerts_say(alerts, wr_meta_put_document(alerts->store, ALERT, alert->id, json.data),
		      "An alert is not in the store");
	wr_text_release(&json);
}

void wr_alert_drop(struct wr_alerts *alerts, const struct wr_alert *alert)
{
	wr_alerts_say(alerts, wr_meta_drop_document(alerts->store, ALERT, alert->id),
		      "An alert stays in the store");
}

void wr_alert_note(struct wr_alerts *alerts, const struct wr_alert *alert, const char *event)
{
	struct wr_text json;

	wr_text_init(&json);
	wr_text_printf(
	    &json, "{\"id\":\"%s\",\"event\":\"%s\",\"alert\":\"%s\",\"severity\":\"%s\"",
	    alert->id, event, wr_alert_rules[alert->rule].name, wr_severity_name(alert->severity));
	wr_report_text(&json, "slo", *alert->part != '\0' ? alert->part : NULL);
	wr_report_text(&json, "job", alert->job);
	wr_report_text(&json, "job_id", alert->job_id);
	wr_report_text(&json, "cause", alert->sentence);
	wr_text_putc(&json, '}');
	wr_alerts_say(alerts,
		      wr_meta_note(alerts->store, ALERT, "", json.data, WR_ALERT_HISTORY_MAX),
		      "An alert is not in the history");
	wr_text_release(&json);
}

/* The rule of a name; false: a newer version had it. */
static bool find_rule(const char *name, enum wr_alert_rule_id *rule)
{
	for (*rule = 0; *rule < WR_RULE_COUNT; ++*rule)
		if (strcmp(wr_alert_rules[*rule].name, name) == 0)
			return true;
	return false;
}

/* The literal for an objective's name; "": it is none. */
static const char *find_part(const char *name)
{
	for (uint32_t i = 0; i < WR_OBJECTIVE_KINDS; i++)
		if (strcmp(wr_slo_name(i), name) == 0)
			return wr_slo_name(i);
	return "";
}

/* What wr_alert_put wrote. */
static wr_status *read_alert(struct wr_alert *alert, struct wr_arena *arena, const char *json)
{
	const char *rule = "", *part = "", *job = "", *job_id = "", *sentence = "", *ack_by = NULL,
		   *ack_comment = NULL;
	int64_t severity = 0, state = 0, told = 0, manager = 0;
	const struct wr_member fields[] = {
	    {"rule", WR_MEMBER_TEXT, &rule, true},
	    {"part", WR_MEMBER_TEXT, &part, true},
	    {"job", WR_MEMBER_TEXT, &job, true},
	    {"job_id", WR_MEMBER_TEXT, &job_id, true},
	    {"sentence", WR_MEMBER_TEXT, &sentence, true},
	    {"severity", WR_MEMBER_NUMBER, &severity, true},
	    {"state", WR_MEMBER_NUMBER, &state, true},
	    {"since_ms", WR_MEMBER_NUMBER, &alert->since_ms, true},
	    {"fired_ms", WR_MEMBER_NUMBER, &alert->fired_ms, true},
	    {"resolved_ms", WR_MEMBER_NUMBER, &alert->resolved_ms, false},
	    {"told", WR_MEMBER_NUMBER, &told, false},
	    {"told_ms", WR_MEMBER_NUMBER, &alert->told_ms, false},
	    {"manager_knows", WR_MEMBER_NUMBER, &manager, false},
	    {"ack_by", WR_MEMBER_TEXT, &ack_by, false},
	    {"ack_comment", WR_MEMBER_TEXT, &ack_comment, false},
	    {"ack_ms", WR_MEMBER_NUMBER, &alert->ack_ms, false},
	};

	WR_TRY(wr_members_read(wr_str_of(json), arena, fields, WR_COUNT(fields)));
	if (!find_rule(rule, &alert->rule))
		return wr_status_new(WR_USER_ERROR, "There is no alert '%s'", rule);
	alert->part = find_part(part);
	alert->severity = severity == WR_SEVERITY_PAGE ? WR_SEVERITY_PAGE : WR_SEVERITY_WARN;
	alert->told = (enum wr_severity)WR_MIN(WR_MAX(told, 0), WR_SEVERITY_PAGE);
	alert->state = state == WR_ALERT_RESOLVED ? WR_ALERT_RESOLVED : WR_ALERT_FIRING;
	alert->manager_knows = manager != 0;
	snprintf(alert->job_id, sizeof alert->job_id, "%s", job_id);
	wr_alert_set_text(&alert->job, job);
	wr_alert_set_text(&alert->sentence, sentence);
	wr_alert_set_text(&alert->ack_by, ack_by);
	wr_alert_set_text(&alert->ack_comment, ack_comment);
	wr_alert_make_id(alert->rule, alert->part, alert->job_id, alert->id);
	return NULL;
}

/* One that cannot be read is passed over, and comes again if it still holds. */
static wr_status *load_alert(void *own, const char *name, const char *json)
{
	struct wr_alerts *alerts = own;
	struct wr_alert *alert = wr_calloc(1, sizeof *alert);
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = read_alert(alert, &arena, json);
	wr_arena_release(&arena);
	if (status == NULL && alerts->alert.count < WR_ALERTS_MAX &&
	    wr_map_get(&alerts->alert, alert->id) == NULL)
		wr_map_put(&alerts->alert, alert->id, alert);
	else
		wr_alert_free(alert);
	wr_alerts_say(alerts, status, "An alert of the store is passed over");
	return NULL;
}

/* --- budgets ------------------------------------------------------------------------------------
 */

/* Buckets that are empty or too old are left out. */
static void put_window(struct wr_text *out, const char *name, const struct wr_slo_window *window)
{
	const char *comma = "";

	wr_text_printf(out, ",\"%s_ms\":%lld,\"%s\":[", name, (long long)window->width_ms, name);
	for (uint32_t i = 1; i <= window->count; i++) { /* from the oldest on */
		const struct wr_slo_bucket *bucket =
		    &window->bucket[(uint64_t)(window->newest + i) % window->count];

		if (bucket->total == 0 || bucket->index + window->count <= window->newest)
			continue;
		wr_text_printf(out, "%s%lld,%" PRIu64 ",%" PRIu64, comma, (long long)bucket->index,
			       bucket->bad, bucket->total);
		comma = ",";
	}
	wr_text_putc(out, ']');
}

/* All objectives of a job. */
static void put_budget(struct wr_alerts *alerts, struct wr_alert_watch *watch)
{
	const char *comma = "";
	struct wr_text json;

	wr_text_init(&json);
	wr_text_puts(&json, "{\"name\":");
	wr_text_json(&json, watch->name);
	wr_text_printf(&json, ",\"by_watermark\":%s,\"slos\":[",
		       watch->objectives.by_watermark ? "true" : "false");
	for (uint32_t i = 0; i < WR_OBJECTIVE_KINDS; i++) {
		const struct wr_slo *slo = watch->slo[i];

		if (slo == NULL)
			continue;
		wr_text_printf(&json, "%s{\"kind\":\"%s\",\"share\":%.17g,\"bound\":%lld", comma,
			       wr_slo_name(i), slo->objective.share,
			       (long long)slo->objective.bound);
		put_window(&json, "fine", &slo->fine);
		put_window(&json, "coarse", &slo->coarse);
		wr_text_putc(&json, '}');
		comma = ",";
	}
	wr_text_puts(&json, "]}");
	wr_alerts_say(alerts, wr_meta_put_document(alerts->store, BUDGET, watch->id, json.data),
		      "An error budget is not in the store");
	wr_text_release(&json);
	watch->changed = false;
}

void wr_alerts_put_budgets(struct wr_alerts *alerts)
{
	for (uint32_t i = 0; i < alerts->watch.count; i++) {
		struct wr_alert_watch *watch = alerts->watch.entry[i].value;

		if (watch->changed)
			put_budget(alerts, watch);
	}
}

void wr_alerts_drop_budget(struct wr_alerts *alerts, const char *job_id)
{
	wr_alerts_say(alerts, wr_meta_drop_document(alerts->store, BUDGET, job_id),
		      "The error budget of a job that is gone stays in the store");
}

/* A number of the document; 0: it is none. */
static double number_of(const struct wr_json_doc *doc, uint32_t at)
{
	char text[64];

	if (at == UINT32_MAX ||
	    (doc->node[at].kind != WR_JSON_INTEGER && doc->node[at].kind != WR_JSON_DECIMAL))
		return 0;
	snprintf(text, sizeof text, "%.*s", (int)doc->node[at].len, doc->node[at].text);
	return strtod(text, NULL);
}

static uint32_t member(const struct wr_json_doc *doc, uint32_t object, const char *name)
{
	return wr_json_get(doc, object, wr_str_of(name));
}

/* The buckets, which may be wider or narrower by now. Doubles hold times and rows until 2^53. */
static void read_window(const struct wr_json_doc *doc, uint32_t object, const char *width_name,
			const char *name, struct wr_slo_window *window)
{
	double width_ms = number_of(doc, member(doc, object, width_name));
	uint32_t list = member(doc, object, name);

	if (list == UINT32_MAX || doc->node[list].kind != WR_JSON_ARRAY)
		return;
	/* Numbers alone: a node each. */
	for (uint32_t at = list + 1; at + 2 < doc->node[list].end; at += 3) {
		double bad = number_of(doc, at + 1), total = number_of(doc, at + 2);

		if (bad >= 0 && bad <= total)
			wr_slo_window_add(window, (int64_t)(number_of(doc, at) * width_ms),
					  (uint64_t)bad, (uint64_t)total);
	}
}

/* An element of "slos". */
static void read_slo(struct wr_alerts *alerts, struct wr_alert_watch *watch,
		     const struct wr_json_doc *doc, uint32_t at)
{
	uint32_t kind_at = member(doc, at, "kind");
	double share = number_of(doc, member(doc, at, "share"));

	for (uint32_t i = 0; kind_at != UINT32_MAX && i < WR_OBJECTIVE_KINDS; i++) {
		const struct wr_str kind = {doc->node[kind_at].text, doc->node[kind_at].len};
		struct wr_slo *slo;

		if (!wr_str_eq(kind, wr_slo_name(i)) || watch->slo[i] != NULL || share <= 0 ||
		    share >= 1)
			continue;
		slo = watch->slo[i] = wr_calloc(1, sizeof *slo);
		wr_slo_init(slo, i, &alerts->options.policy);
		slo->objective =
		    (struct wr_objective){share, (int64_t)number_of(doc, member(doc, at, "bound"))};
		watch->objectives.of[i] = slo->objective;
		read_window(doc, at, "fine_ms", "fine", &slo->fine);
		read_window(doc, at, "coarse_ms", "coarse", &slo->coarse);
	}
}

/* Of a job that may not have begun yet, or that is gone: the first step forgets that. */
static wr_status *load_budget(void *own, const char *name, const char *json)
{
	struct wr_alerts *alerts = own;
	struct wr_alert_watch *watch;
	struct wr_json_doc doc;
	uint32_t list, by;

	if (strlen(name) > WR_JOB_ID_LEN || wr_map_get(&alerts->watch, name) != NULL)
		return NULL;
	wr_json_init(&doc);
	if (wr_json_parse(&doc, json, strlen(json)) && doc.node[0].kind == WR_JSON_OBJECT) {
		watch = wr_alert_watch_new(name, "", &alerts->options.limits);
		by = member(&doc, 0, "by_watermark");
		watch->objectives.by_watermark =
		    by != UINT32_MAX && doc.node[by].kind == WR_JSON_TRUE;
		list = member(&doc, 0, "slos");
		if (list != UINT32_MAX && doc.node[list].kind == WR_JSON_ARRAY)
			for (uint32_t at = list + 1; at < doc.node[list].end; at = doc.node[at].end)
				if (doc.node[at].kind == WR_JSON_OBJECT)
					read_slo(alerts, watch, &doc, at);
		wr_map_put(&alerts->watch, watch->id, watch);
	}
	wr_json_release(&doc);
	return NULL;
}

wr_status *wr_alerts_load(struct wr_alerts *alerts)
{
	WR_TRY(wr_meta_each_document(alerts->store, ALERT, load_alert, alerts));
	return wr_meta_each_document(alerts->store, BUDGET, load_budget, alerts);
}
