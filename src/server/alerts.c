/* SPDX-License-Identifier: Apache-2.0
 *
 * alerts - the thread that looks, judges and tells; see alerts.h.
 */
#include "server/alerts.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/thread.h"
#include "base/wait.h"
#include "server/alerts_inner.h"
#include "server/server.h"

#define STORE_MS 60000   /* between two writings of the budgets */
#define LAST_US  2000000 /* that what waits to be sent has when the server ends */
#define GAPS     3       /* looks that a gap without any counts as, at most */

/* A line of the server's log. `what` and `why`, which may be NULL, are copied. */
static void say(struct wr_alerts *alerts, enum wr_log_level level, const char *what,
		const char *why)
{
	struct wr_text line;

	wr_text_init(&line);
	wr_text_printf(&line, "Alerts: %s%s%s", what, why != NULL ? ": " : "",
		       why != NULL ? why : "");
	wr_log_say(alerts->server->telemetry.log, level, NULL, line.data);
	wr_text_release(&line);
}

void wr_alerts_say(struct wr_alerts *alerts, struct wr_status *status, const char *what)
{
	if (status != NULL)
		say(alerts, WR_LOG_ERROR, what, status->text);
	wr_status_free(status);
}

/* --- options ------------------------------------------------------------------------------------
 */

static double real(const struct wr_options *options, const char *name)
{
	return wr_options_get(options, name)->real;
}

static void read_policy(const struct wr_options *options, struct wr_slo_policy *policy)
{
	policy->budget_ms = wr_options_i64(options, "server.slo.window");
	policy->at[WR_SEVERITY_WARN].window_ms = wr_options_i64(options, "server.slo.warn.window");
	policy->at[WR_SEVERITY_WARN].burn = real(options, "server.slo.warn.burn");
	policy->at[WR_SEVERITY_PAGE].window_ms = wr_options_i64(options, "server.slo.page.window");
	policy->at[WR_SEVERITY_PAGE].burn = real(options, "server.slo.page.burn");
	policy->short_part = wr_options_i64(options, "server.slo.short-part");
	policy->events_min = (uint64_t)wr_options_i64(options, "server.slo.min-rows");
}

/* server.alerts.off. */
static wr_status *read_off(const char *text, bool off[WR_RULE_COUNT])
{
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, ", ");
		bool found = len == 0;

		for (uint32_t i = 0; i < WR_RULE_COUNT; i++)
			if (strlen(wr_alert_rules[i].name) == len &&
			    strncmp(wr_alert_rules[i].name, text, len) == 0)
				off[i] = found = true;
		if (!found)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "server.alerts.off: there is no alert '%.*s'", (int)len,
					  text),
			    "docs/ALERTS.md lists them, as WeirHotKey");
		text += len + (text[len] != '\0');
	}
	return NULL;
}

/* server.alerts.*: from when on rules hold. */
static wr_status *read_limits(const struct wr_options *options, struct wr_alert_limits *limits)
{
	limits->window_ms = wr_options_i64(options, "server.alerts.window");
	limits->for_ms = wr_options_i64(options, "server.alerts.for");
	limits->restarts = wr_options_i64(options, "server.alerts.restarts");
	limits->failed_checkpoints = wr_options_i64(options, "server.alerts.failed-checkpoints");
	limits->checkpoint_age_ms = wr_options_i64(options, "server.alerts.checkpoint-age");
	limits->bad_share = real(options, "server.alerts.bad-share");
	limits->late_share = real(options, "server.alerts.late-share");
	limits->blocked_share = real(options, "server.alerts.backpressure-share");
	limits->skew = real(options, "server.alerts.skew");
	limits->skew_rows = wr_options_i64(options, "server.alerts.skew-rows");
	limits->waiting_ms = wr_options_i64(options, "server.alerts.waiting");
	limits->lag_ms = wr_options_i64(options, "server.alerts.lag-time");
	limits->lag_records = wr_options_i64(options, "server.alerts.lag-records");
	return read_off(wr_options_str(options, "server.alerts.off"), limits->off);
}

/* All options; an error names the one that is wrong. */
static wr_status *read_options(struct wr_alerts *alerts, const struct wr_options *options)
{
	struct wr_alert_options *out = &alerts->options;

	read_policy(options, &out->policy);
	out->interval_ms = wr_options_i64(options, "server.alerts.interval");
	out->resolve_after_ms = wr_options_i64(options, "server.alerts.resolve-after");
	out->group_by = (enum wr_alert_grouping)wr_options_i64(options, "server.alerts.group-by");
	out->group_wait_ms = wr_options_i64(options, "server.alerts.group-wait");
	out->group_interval_ms = wr_options_i64(options, "server.alerts.group-interval");
	out->repeat_ms = wr_options_i64(options, "server.alerts.repeat-interval");
	out->manager_interval_ms = wr_options_i64(options, "server.alerts.alertmanager.interval");
	return read_limits(options, &out->limits);
}

/* --- receivers ----------------------------------------------------------------------------------
 */

/* Of a poster's thread. */
static void on_told(void *own, const char *reason)
{
	if (reason != NULL)
		say(own, WR_LOG_WARN, "a notification does not arrive, and is tried again", reason);
	else
		say(own, WR_LOG_INFO, "notifications arrive again", NULL);
}

/* "server.alerts.webhook", "server.alerts.alertmanager". */
static wr_status *open_target(struct wr_alerts *alerts, const struct wr_options *options,
			      const char *name, struct wr_alert_target *target)
{
	struct wr_poster_options poster = {
	    .what = name,
	    .messages_max = (uint32_t)wr_options_i64(options, "server.alerts.queue"),
	    .attempts = (uint32_t)wr_options_i64(options, "server.alerts.attempts"),
	    .timeout_us = wr_options_i64(options, "server.alerts.timeout") * 1000,
	    .told = on_told,
	    .own = alerts};
	struct wr_arena arena;
	wr_status *status;
	char key[64];

	snprintf(key, sizeof key, "%s.url", name);
	poster.url = wr_options_str(options, key);
	if (poster.url == NULL)
		return NULL;
	wr_arena_init(&arena);
	snprintf(key, sizeof key, "%s.token", name);
	status =
	    wr_secret_read(alerts->env, &arena, key, wr_options_str(options, key), &poster.token);
	if (status == NULL)
		status = wr_poster_open(alerts->env, &poster, &target->poster);
	wr_arena_release(&arena);
	return status;
}

/* --- open and close -----------------------------------------------------------------------------
 */

wr_status *wr_alerts_open(struct wr_server *server, struct wr_alerts **out)
{
	const struct wr_options *options = &server->config->options;
	struct wr_alerts *alerts = wr_calloc(1, sizeof *alerts);
	wr_status *status;

	*out = alerts;
	alerts->server = server;
	alerts->env = server->env;
	alerts->store = server->store;
	pthread_mutex_init(&alerts->lock, NULL);
	wr_cond_init(&alerts->wake);
	wr_map_init(&alerts->watch);
	wr_map_init(&alerts->alert);
	wr_map_init(&alerts->group);
	WR_TRY_OUT(status, read_options(alerts, options));
	WR_TRY_OUT(status, wr_silences_open(&alerts->silences, server->store, server->env,
					    &server->config->maintenance));
	WR_TRY_OUT(status, open_target(alerts, options, "server.alerts.webhook", &alerts->webhook));
	WR_TRY_OUT(status,
		   open_target(alerts, options, "server.alerts.alertmanager", &alerts->manager));
	status = wr_alerts_load(alerts);
out:
	if (status != NULL) {
		wr_alerts_close(alerts);
		*out = NULL;
	}
	return status;
}

/* What is in front of links, when the port is known. */
static void make_links(struct wr_alerts *alerts)
{
	const struct wr_options *options = &alerts->server->config->options;
	const char *url = wr_options_str(options, "server.alerts.url");
	const char *runbooks = wr_options_str(options, "server.alerts.runbooks");
	const char *address = wr_options_str(options, "server.http.address");

	if (url != NULL)
		wr_text_puts(&alerts->url, url);
	else
		wr_text_printf(&alerts->url, strchr(address, ':') ? "%s://[%s]:%u" : "%s://%s:%u",
			       wr_http_secure(alerts->server->http) ? "https" : "http", address,
			       wr_http_port(alerts->server->http));
	while (alerts->url.len > 0 && alerts->url.data[alerts->url.len - 1] == '/')
		alerts->url.data[--alerts->url.len] = '\0';
	alerts->runbook_end = runbooks != NULL ? ".md" : "";
	if (runbooks != NULL)
		wr_text_printf(&alerts->runbooks, "%s%s", runbooks,
			       runbooks[strlen(runbooks) - (*runbooks != '\0')] == '/' ? "" : "/");
	else
		wr_text_printf(&alerts->runbooks, "%s/v1/runbooks/", wr_text_str(&alerts->url));
}

/* Looks without the lock, judges under it. */
static void *alerts_main(void *argument)
{
	struct wr_alerts *alerts = argument;

	pthread_mutex_lock(&alerts->lock);
	while (!alerts->stopping) {
		struct timespec next = wr_deadline(alerts->options.interval_ms * 1000);
		struct wr_alert_look look;

		pthread_mutex_unlock(&alerts->lock);
		wr_alert_look(alerts->server, &alerts->options.limits, &look);
		pthread_mutex_lock(&alerts->lock);
		wr_alerts_tick(alerts, &look, wr_wall_us(alerts->env) / 1000);
		pthread_mutex_unlock(&alerts->lock);
		wr_alert_look_release(&look);
		pthread_mutex_lock(&alerts->lock);
		while (!alerts->stopping && wr_cond_wait_until(&alerts->wake, &alerts->lock, &next))
			;
	}
	pthread_mutex_unlock(&alerts->lock);
	return NULL;
}

wr_status *wr_alerts_start(struct wr_alerts *alerts)
{
	pthread_mutex_lock(&alerts->lock);
	make_links(alerts);
	pthread_mutex_unlock(&alerts->lock);
	alerts->started = wr_thread_start(&alerts->thread, "weir-alerts", alerts_main, alerts);
	return alerts->started ? NULL : wr_status_new(WR_FATAL, "Cannot start a thread for alerts");
}

/* What arrived meanwhile is known to have been told. */
void wr_alerts_stop(struct wr_alerts *alerts)
{
	if (alerts == NULL)
		return;
	pthread_mutex_lock(&alerts->lock);
	alerts->stopping = true;
	pthread_cond_broadcast(&alerts->wake);
	pthread_mutex_unlock(&alerts->lock);
	if (!alerts->started)
		return;
	pthread_join(alerts->thread, NULL);
	alerts->started = false;
	if (alerts->webhook.poster != NULL)
		wr_poster_drain(alerts->webhook.poster, LAST_US);
	pthread_mutex_lock(&alerts->lock);
	wr_alerts_take_ends(alerts);
	wr_alerts_put_budgets(alerts);
	pthread_mutex_unlock(&alerts->lock);
}

void wr_alerts_close(struct wr_alerts *alerts)
{
	if (alerts == NULL)
		return;
	wr_alerts_stop(alerts);
	wr_poster_close(alerts->webhook.poster, 0);
	wr_poster_close(alerts->manager.poster, LAST_US);
	for (uint32_t i = 0; i < alerts->watch.count; i++)
		wr_alert_watch_free(alerts->watch.entry[i].value);
	for (uint32_t i = 0; i < alerts->alert.count; i++)
		wr_alert_free(alerts->alert.entry[i].value);
	for (uint32_t i = 0; i < alerts->group.count; i++)
		wr_free(alerts->group.entry[i].value);
	wr_map_release(&alerts->watch);
	wr_map_release(&alerts->alert);
	wr_map_release(&alerts->group);
	wr_silences_release(&alerts->silences);
	wr_text_release(&alerts->url);
	wr_text_release(&alerts->runbooks);
	pthread_cond_destroy(&alerts->wake);
	pthread_mutex_destroy(&alerts->lock);
	wr_free(alerts);
}

/* --- a step -------------------------------------------------------------------------------------
 */

/* The watch over a job; NULL: it has ended, and nobody watched over it. */
static struct wr_alert_watch *watch_of(struct wr_alerts *alerts, const struct wr_alert_facts *facts)
{
	struct wr_alert_watch *watch = wr_map_get(&alerts->watch, facts->id);

	if (watch == NULL && wr_alert_job_is_live(facts->state)) {
		watch = wr_alert_watch_new(facts->id, facts->name, &alerts->options.limits);
		wr_map_put(&alerts->watch, facts->id, watch);
	}
	if (watch != NULL)
		wr_alert_set_text(&watch->name, facts->name);
	return watch;
}

/* Counts and judges one job. */
static void see_job(struct wr_alerts *alerts, const struct wr_alert_facts *facts)
{
	struct wr_alert_watch *watch = watch_of(alerts, facts);

	if (watch == NULL)
		return;
	wr_alert_watch_see(watch, facts, &alerts->options.policy, alerts->now_ms,
			   GAPS * alerts->options.interval_ms);
	alerts->at = watch;
	wr_alert_judge(watch, facts, &alerts->options.limits, &alerts->options.policy,
		       alerts->now_ms, wr_alert_found, alerts);
	watch->seen_ms = alerts->now_ms;
}

/* Jobs that are forgotten go, and so do their budgets. */
static void forget_jobs(struct wr_alerts *alerts)
{
	for (uint32_t i = alerts->watch.count; i-- > 0;) {
		struct wr_alert_watch *watch = alerts->watch.entry[i].value;

		if (watch->seen_ms == alerts->now_ms)
			continue;
		wr_alerts_drop_budget(alerts, watch->id);
		wr_map_remove(&alerts->watch, watch->id);
		wr_alert_watch_free(watch);
	}
	for (uint32_t i = alerts->alert.count; i-- > 0;) {
		struct wr_alert *alert = alerts->alert.entry[i].value;

		if (wr_map_get(&alerts->watch, alert->job_id) == NULL)
			wr_alert_orphaned(alerts, alert);
	}
}

void wr_alerts_tick(struct wr_alerts *alerts, const struct wr_alert_look *look, int64_t now_ms)
{
	alerts->now_ms = now_ms;
	alerts->left_out = look->left_out;
	for (uint32_t i = 0; i < look->count; i++)
		see_job(alerts, &look->facts[i]);
	alerts->at = NULL;
	if (look->left_out == 0)
		forget_jobs(alerts);
	wr_alerts_notify(alerts);
	if (now_ms - alerts->stored_ms < STORE_MS && now_ms >= alerts->stored_ms)
		return;
	alerts->stored_ms = now_ms;
	wr_alerts_put_budgets(alerts);
}
