/* SPDX-License-Identifier: Apache-2.0
 *
 * silences - see silences.h.
 */
#include "server/silences.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "runtime/job_report.h"
#include "server/json_members.h"

#define KIND    "silence"               /* of the store's documents */
#define KEEP_MS (INT64_C(7) * 86400000) /* after its end */
#define DAY_MIN 1440

enum { FIELD_JOBS, FIELD_ALERTS, FIELD_DAYS, FIELD_FROM, FIELD_TO, FIELD_ZONE, FIELD_REASON };
const struct wr_config_fields wr_maintenance_fields = {
    .name = "server.alerts.maintenance",
    .hint = "A maintenance window has from and to (\"22:00\"), and may have jobs, alerts, days "
	    "(\"mon-fri,sun\"), zone and reason",
    .field = {"jobs", "alerts", "days", "from", "to", "zone", "reason"},
};

/* --- windows of weir.yaml -----------------------------------------------------------------------
 */

static wr_status *bad_window(const struct wr_maintenance *window, const char *field,
			     const char *text, const char *wanted)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "server.alerts.maintenance: '%s' of %s is %s", text,
					    window->name, wanted),
			      "%s: %s", field, wr_maintenance_fields.hint);
}

/* "22:00" as minutes of the day; 24:00 is its end. */
static bool read_minute(const char *text, int32_t *minute)
{
	unsigned hour, min;
	char end;

	if (text == NULL || sscanf(text, "%2u:%2u%c", &hour, &min, &end) != 2 || min > 59 ||
	    hour * 60 + min > DAY_MIN)
		return false;
	*minute = (int32_t)(hour * 60 + min);
	return true;
}

/* The number of a day's name, of three letters; -1: it is none. */
static int day_of(const char *name, size_t len)
{
	static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

	for (int i = 0; i < 7; i++)
		if (len == 3 && strncasecmp(name, names[i], 3) == 0)
			return i;
	return -1;
}

/* "mon-fri,sun" as bits. */
static bool read_days(const char *text, uint8_t *days)
{
	if (text == NULL) {
		*days = 0x7f;
		return true;
	}
	while (*text != '\0') {
		size_t len = strcspn(text, ","), dash = WR_MIN(strcspn(text, "-"), len);
		int first = day_of(text, dash);
		int last = dash < len ? day_of(text + dash + 1, len - dash - 1) : first;

		if (first < 0 || last < 0)
			return false;
		for (int day = first;; day = (day + 1) % 7) {
			*days |= (uint8_t)(1U << day);
			if (day == last)
				break;
		}
		text += len + (text[len] == ',');
		text += strspn(text, " ");
	}
	return *days != 0;
}

/* An entry of server.alerts.maintenance. */
static wr_status *read_window(struct wr_silences *silences, uint32_t row, const char *const *given)
{
	struct wr_maintenance *window = &silences->window[silences->window_count];

	*window = (struct wr_maintenance){
	    .job = given[FIELD_JOBS], .alert = given[FIELD_ALERTS], .reason = given[FIELD_REASON]};
	snprintf(window->name, sizeof window->name, "maintenance-%u", row);
	if (!read_minute(given[FIELD_FROM], &window->from_min))
		return bad_window(window, "from", given[FIELD_FROM] ? given[FIELD_FROM] : "",
				  "no time of a day, as 22:00");
	if (!read_minute(given[FIELD_TO], &window->to_min))
		return bad_window(window, "to", given[FIELD_TO] ? given[FIELD_TO] : "",
				  "no time of a day, as 22:00");
	if (!read_days(given[FIELD_DAYS], &window->days))
		return bad_window(window, "days", given[FIELD_DAYS], "no list of days");
	if (given[FIELD_ZONE] != NULL)
		WR_TRY(wr_zone_open(given[FIELD_ZONE], &window->zone));
	silences->window_count++;
	return NULL;
}

/* Whether the window is open. One that goes over midnight is of the day on which it begins. */
static bool is_open(const struct wr_maintenance *window, int64_t now_ms)
{
	int64_t minute = wr_zone_to_local(window->zone, now_ms) / 60000;
	int day = (int)((minute / DAY_MIN + 4) % 7); /* 1970 began on a Thursday */
	int32_t at = (int32_t)(minute % DAY_MIN);
	bool today = (window->days >> day & 1) != 0;
	bool yesterday = (window->days >> (day + 6) % 7 & 1) != 0;

	if (window->from_min < window->to_min)
		return today && at >= window->from_min && at < window->to_min;
	return (today && at >= window->from_min) || (yesterday && at < window->to_min);
}

/* --- silences -----------------------------------------------------------------------------------
 */

static size_t size_of(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

static const char *put(char **at, const char *text)
{
	char *copy = *at;

	if (text == NULL)
		return NULL;
	memcpy(copy, text, strlen(text) + 1);
	*at += strlen(text) + 1;
	return copy;
}

/* With its texts in one piece of memory. */
static struct wr_silence *copy_silence(const struct wr_silence *from)
{
	size_t size = size_of(from->job) + size_of(from->alert) + size_of(from->severity) +
		      size_of(from->owner) + size_of(from->reason);
	struct wr_silence *silence = wr_malloc(sizeof *silence + size);
	char *at = (char *)(silence + 1);

	*silence = *from;
	silence->job = put(&at, from->job);
	silence->alert = put(&at, from->alert);
	silence->severity = put(&at, from->severity);
	silence->owner = put(&at, from->owner);
	silence->reason = put(&at, from->reason);
	return silence;
}

/* The members behind the id. */
static void put_members(const struct wr_silence *silence, struct wr_text *out)
{
	wr_report_text(out, "job", silence->job);
	wr_report_text(out, "alert", silence->alert);
	wr_report_text(out, "severity", silence->severity);
	wr_text_printf(out, ",\"starts_ms\":%lld,\"ends_ms\":%lld,\"created_ms\":%lld",
		       (long long)silence->starts_ms, (long long)silence->ends_ms,
		       (long long)silence->created_ms);
	wr_report_text(out, "owner", silence->owner);
	wr_report_text(out, "reason", silence->reason);
}

/* A silence as a document. */
static wr_status *store(struct wr_silences *silences, const struct wr_silence *silence)
{
	struct wr_text json;
	wr_status *status;

	wr_text_init(&json);
	wr_text_puts(&json, "{\"version\":1");
	put_members(silence, &json);
	wr_text_putc(&json, '}');
	status = wr_meta_put_document(silences->store, KIND, silence->id, json.data);
	wr_text_release(&json);
	return status;
}

/* What store wrote. */
static wr_status *load(void *own, const char *name, const char *json)
{
	struct wr_silences *silences = own;
	struct wr_silence read = {0};
	int64_t version = 0;
	const struct wr_member fields[] = {
	    {"version", WR_MEMBER_NUMBER, &version, false},
	    {"job", WR_MEMBER_TEXT, &read.job, false},
	    {"alert", WR_MEMBER_TEXT, &read.alert, false},
	    {"severity", WR_MEMBER_TEXT, &read.severity, false},
	    {"starts_ms", WR_MEMBER_NUMBER, &read.starts_ms, true},
	    {"ends_ms", WR_MEMBER_NUMBER, &read.ends_ms, true},
	    {"created_ms", WR_MEMBER_NUMBER, &read.created_ms, false},
	    {"owner", WR_MEMBER_TEXT, &read.owner, false},
	    {"reason", WR_MEMBER_TEXT, &read.reason, false},
	};
	struct wr_arena arena;
	wr_status *status;

	if (silences->count == WR_SILENCES_MAX)
		return NULL;
	wr_arena_init(&arena);
	status = wr_members_read(wr_str_of(json), &arena, fields, WR_COUNT(fields));
	snprintf(read.id, sizeof read.id, "%s", name);
	if (status == NULL)
		silences->silence[silences->count++] = copy_silence(&read);
	wr_arena_release(&arena);
	return status;
}

wr_status *wr_silences_open(struct wr_silences *silences, struct wr_metastore *meta,
			    struct wr_env *env, const struct wr_config_list *windows)
{
	*silences = (struct wr_silences){.store = meta, .env = env};
	for (uint32_t row = 0; row < WR_CONFIG_ROWS; row++)
		if (wr_config_list_has(windows, row))
			WR_TRY(read_window(silences, row, windows->value[row]));
	return wr_meta_each_document(meta, KIND, load, silences);
}

void wr_silences_release(struct wr_silences *silences)
{
	for (uint32_t i = 0; i < silences->count; i++)
		wr_free(silences->silence[i]);
	for (uint32_t i = 0; i < silences->window_count; i++)
		wr_zone_close(silences->window[i].zone);
	silences->count = silences->window_count = 0;
}

/* Forgets those that have been over for long. */
static void trim(struct wr_silences *silences, int64_t now_ms)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < silences->count; i++) {
		struct wr_silence *silence = silences->silence[i];
		bool over = now_ms - silence->ends_ms > KEEP_MS;

		if (over && wr_meta_drop_document(silences->store, KIND, silence->id) == NULL)
			wr_free(silence);
		else
			silences->silence[kept++] = silence;
	}
	silences->count = kept;
}

wr_status *wr_silences_add(struct wr_silences *silences, struct wr_silence *silence, int64_t now_ms)
{
	uint8_t bytes[WR_SILENCE_ID_LEN / 2];
	wr_status *status;

	trim(silences, now_ms);
	if (silences->count == WR_SILENCES_MAX)
		return wr_status_hint(
		    wr_status_new(WR_RETRY, "There are %d silences already", WR_SILENCES_MAX),
		    "Make one that is for more than one job or alert");
	silences->env->ops->random(silences->env, bytes, sizeof bytes);
	for (uint32_t i = 0; i < sizeof bytes; i++)
		snprintf(silence->id + 2 * i, 3, "%02x", bytes[i]);
	silence->created_ms = now_ms;
	status = store(silences, silence);
	if (status == NULL)
		silences->silence[silences->count++] = copy_silence(silence);
	return status;
}

bool wr_silences_end(struct wr_silences *silences, const char *id, int64_t now_ms,
		     wr_status **status)
{
	*status = NULL;
	for (uint32_t i = 0; i < silences->count; i++) {
		struct wr_silence *silence = silences->silence[i];

		if (strcmp(silence->id, id) != 0)
			continue;
		silence->ends_ms = WR_MIN(silence->ends_ms, now_ms);
		silence->starts_ms = WR_MIN(silence->starts_ms, silence->ends_ms);
		*status = store(silences, silence);
		return true;
	}
	return false;
}

static bool fits(const char *pattern, const char *text)
{
	return pattern == NULL || fnmatch(pattern, text, 0) == 0;
}

const char *wr_silences_find(const struct wr_silences *silences, const char *job, const char *alert,
			     const char *severity, int64_t now_ms)
{
	for (uint32_t i = 0; i < silences->count; i++) {
		const struct wr_silence *one = silences->silence[i];

		if (now_ms >= one->starts_ms && now_ms < one->ends_ms && fits(one->job, job) &&
		    fits(one->alert, alert) && fits(one->severity, severity))
			return one->id;
	}
	for (uint32_t i = 0; i < silences->window_count; i++) {
		const struct wr_maintenance *window = &silences->window[i];

		if (is_open(window, now_ms) && fits(window->job, job) && fits(window->alert, alert))
			return window->name;
	}
	return NULL;
}

/* --- report -------------------------------------------------------------------------------------
 */

void wr_silence_report(const struct wr_silence *silence, int64_t now_ms, struct wr_text *out)
{
	wr_text_printf(out, "{\"id\":\"%s\",\"state\":\"%s\"", silence->id,
		       now_ms >= silence->ends_ms    ? "expired"
		       : now_ms < silence->starts_ms ? "pending"
						     : "active");
	put_members(silence, out);
	wr_text_putc(out, '}');
}

/* A window of weir.yaml, and whether it is open. */
static void report_window(const struct wr_maintenance *window, int64_t now_ms, struct wr_text *out)
{
	static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	bool any = false;

	wr_text_printf(out, "{\"name\":\"%s\",\"open\":%s", window->name,
		       is_open(window, now_ms) ? "true" : "false");
	wr_report_text(out, "job", window->job);
	wr_report_text(out, "alert", window->alert);
	wr_text_puts(out, ",\"days\":[");
	for (int day = 0; day < 7; day++)
		if ((window->days >> day & 1) != 0) {
			wr_text_printf(out, "%s\"%s\"", any ? "," : "", names[day]);
			any = true;
		}
	wr_text_printf(out, "],\"from\":\"%02d:%02d\",\"to\":\"%02d:%02d\"", window->from_min / 60,
		       window->from_min % 60, window->to_min / 60, window->to_min % 60);
	wr_report_text(out, "zone", window->zone != NULL ? wr_zone_id(window->zone) : "UTC");
	wr_report_text(out, "reason", window->reason);
	wr_text_putc(out, '}');
}

void wr_silences_report(const struct wr_silences *silences, int64_t now_ms, struct wr_text *out)
{
	wr_text_puts(out, "{\"silences\":[");
	for (uint32_t i = silences->count; i-- > 0;) { /* the newest first */
		wr_silence_report(silences->silence[i], now_ms, out);
		wr_text_puts(out, i > 0 ? "," : "");
	}
	wr_text_puts(out, "],\"maintenance\":[");
	for (uint32_t i = 0; i < silences->window_count; i++) {
		wr_text_puts(out, i > 0 ? "," : "");
		report_window(&silences->window[i], now_ms, out);
	}
	wr_text_puts(out, "]}");
}
