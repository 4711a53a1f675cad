/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_alerts - alerts, objectives, silences, runbooks (alerts.h).
 *
 *     404  there is no such alert, silence or runbook     409  the alert does not fire
 */
#include <stdlib.h>

#include "base/mem.h"
#include "server/json_members.h"
#include "server/server.h"

#define HISTORY     100 /* events, unless ?history= says otherwise */
#define HISTORY_MAX 1000
#define TEXT_MAX    250 /* characters of a reason, comment or pattern */
#define SILENCE_MS  (INT64_C(366) * 86400000)

/* With as much of the history as is asked for. */
static void get_alerts(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply)
{
	const char *text = wr_http_query(request, "history");
	unsigned long history = HISTORY;
	wr_status *status;
	char *end;

	if (text != NULL) {
		history = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || *end != '\0' || history > HISTORY_MAX) {
			wr_http_error(reply, 400, "bad_request",
				      "history=%s is no number of events within 0 and %d", text,
				      HISTORY_MAX);
			return;
		}
	}
	status = wr_alerts_report(server->alerts, (uint32_t)history, &reply->body);
	if (status != NULL)
		wr_http_fail(reply, status);
}

static wr_status *check_text(const char *name, const char *text)
{
	uint32_t count = 0;

	for (; text != NULL && *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count <= TEXT_MAX ? NULL
				 : wr_status_new(WR_USER_ERROR, "'%s' has more than %d characters",
						 name, TEXT_MAX);
}

/* Who asks sees to it. */
static void acknowledge(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	const char *comment = NULL;
	const struct wr_member fields[] = {{"comment", WR_MEMBER_TEXT, &comment, false}};
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_members_read(request->body, &arena, fields, WR_COUNT(fields));
	if (status == NULL)
		status = check_text("comment", comment);
	if (status != NULL)
		wr_http_fail(reply, status);
	else if (!wr_alerts_acknowledge(server->alerts, request->param[0], request->who->name,
					comment, &reply->body, &status))
		wr_http_error(reply, 404, "not_found", "There is no alert '%s': see /v1/alerts",
			      request->param[0]);
	else if (status != NULL)
		wr_http_error_of(reply, 409, "conflict", status);
	wr_arena_release(&arena);
}

static void get_slos(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	wr_alerts_report_slos(server->alerts, &reply->body);
}

static void get_silences(struct wr_server *server, const struct wr_http_request *request,
			 struct wr_http_reply *reply)
{
	wr_alerts_silences(server->alerts, &reply->body);
}

/* What is to be silenced, and when: from now unless it is said, until ends_ms or for duration_ms.
 */
static wr_status *read_silence(const struct wr_http_request *request, struct wr_arena *arena,
			       int64_t now_ms, struct wr_silence *out)
{
	int64_t duration_ms = 0;
	const struct wr_member fields[] = {
	    {"job", WR_MEMBER_TEXT, &out->job, false},
	    {"alert", WR_MEMBER_TEXT, &out->alert, false},
	    {"severity", WR_MEMBER_TEXT, &out->severity, false},
	    {"starts_ms", WR_MEMBER_NUMBER, &out->starts_ms, false},
	    {"ends_ms", WR_MEMBER_NUMBER, &out->ends_ms, false},
	    {"duration_ms", WR_MEMBER_NUMBER, &duration_ms, false},
	    {"reason", WR_MEMBER_TEXT, &out->reason, true},
	};

	out->starts_ms = now_ms;
	WR_TRY(wr_members_read(request->body, arena, fields, WR_COUNT(fields)));
	WR_TRY(check_text("job", out->job));
	WR_TRY(check_text("alert", out->alert));
	WR_TRY(check_text("reason", out->reason));
	if (*out->reason == '\0')
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "The silence has no reason"),
				      "Say why in 'reason': others will look for it");
	if (out->severity != NULL && strcmp(out->severity, "warn") != 0 &&
	    strcmp(out->severity, "page") != 0)
		return wr_status_new(WR_USER_ERROR, "'severity' is to be warn or page");
	if (duration_ms < 0 || duration_ms > SILENCE_MS || out->starts_ms < 0 ||
	    out->starts_ms > now_ms + SILENCE_MS)
		return wr_status_new(WR_USER_ERROR, "A silence begins and lasts within a year");
	if (out->ends_ms == 0)
		out->ends_ms = out->starts_ms + duration_ms;
	if (out->ends_ms <= WR_MAX(out->starts_ms, now_ms) ||
	    out->ends_ms > now_ms + 2 * SILENCE_MS)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The silence is over before it begins, or too "
						 "long"),
		    "Give duration_ms, or ends_ms in milliseconds since 1970, within two years");
	return NULL;
}

/* It is of who asks. */
static void post_silence(struct wr_server *server, const struct wr_http_request *request,
			 struct wr_http_reply *reply)
{
	struct wr_silence silence = {.owner = request->who->name};
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = read_silence(request, &arena, wr_wall_us(server->env) / 1000, &silence);
	if (status == NULL)
		status = wr_alerts_silence(server->alerts, &silence, &reply->body);
	if (status != NULL)
		wr_http_fail(reply, status);
	else
		reply->code = 201;
	wr_arena_release(&arena);
}

static void delete_silence(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	wr_status *status;

	if (!wr_alerts_unsilence(server->alerts, request->param[0], &status))
		wr_http_error(reply, 404, "not_found", "There is no silence '%s': see /v1/silences",
			      request->param[0]);
	else if (status != NULL)
		wr_http_fail(reply, status);
	else
		wr_text_puts(&reply->body, "{}");
}

static void get_runbook(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	for (const struct wr_runbook *one = wr_runbooks; one->name != NULL; one++) {
		if (strcmp(one->name, request->param[0]) != 0)
			continue;
		reply->type = "text/plain; charset=utf-8";
		reply->cache = "no-cache";
		wr_text_puts(&reply->body, one->text);
		return;
	}
	wr_http_error_of(reply, 404, "not_found",
			 wr_status_hint(wr_status_new(WR_USER_ERROR, "There is no runbook '%s'",
						      request->param[0]),
					"Alerts link to theirs: GET /v1/alerts"));
}

const struct wr_http_route wr_routes_alerts[] = {
    {"GET", "/v1/alerts", WR_ROLE_VIEWER, 0, get_alerts},
    {"POST", "/v1/alerts/{alert}/acknowledge", WR_ROLE_OPERATOR, 0, acknowledge},
    {"GET", "/v1/slos", WR_ROLE_VIEWER, 0, get_slos},
    {"GET", "/v1/silences", WR_ROLE_VIEWER, 0, get_silences},
    {"POST", "/v1/silences", WR_ROLE_OPERATOR, 0, post_silence},
    {"DELETE", "/v1/silences/{silence}", WR_ROLE_OPERATOR, 0, delete_silence},
    {"GET", "/v1/runbooks/{runbook}", WR_ROLE_VIEWER, WR_ROUTE_OPEN, get_runbook},
    {0},
};
