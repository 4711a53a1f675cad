/* SPDX-License-Identifier: Apache-2.0
 *
 * config - see config.h.
 */
#include "server/config.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/secret.h"
#include "engine/settings.h"
#include "server/silences.h"
#include "telemetry/settings.h"

#define FILE_MAX (1 << 20) /* bytes of weir.yaml */

static const char *const alert_groupings[] = {"job", "cause", "each", NULL};

const struct wr_option wr_config_table[] = {
    {"server.data", WR_OPTION_STRING, "weir-data",
     "Folder of the server's catalog and, unless execution.checkpointing.dir says otherwise, of "
     "its "
     "jobs' checkpoints.",
     NULL, 0, 0, false},
    {"server.http.address", WR_OPTION_STRING, "127.0.0.1",
     "Address of the REST API and the page; any but the loopback needs server.users.", NULL, 0, 0,
     false},
    {"server.http.port", WR_OPTION_INT, "8081", "Port of the REST API and the page; 0: any.", NULL,
     0, 65535, false},
    {"server.http.connections", WR_OPTION_INT, "2000", "Connections that are open at once.", NULL,
     1, 100000, false},
    {"server.http.rate", WR_OPTION_INT, "0",
     "Requests of one address in a second, beyond which they are refused; 0: any.", NULL, 0,
     INT32_MAX, false},
    {"server.http.threads", WR_OPTION_INT, "8", "Requests that are worked on at once.", NULL, 1,
     256, false},
    {"server.request.max-size", WR_OPTION_MEMORY, "4 mb", "Bytes of a request.", NULL, 1024,
     1 << 30, false},
    {"server.tls.cert", WR_OPTION_STRING, NULL,
     "Certificate of the server and of who signed it, a PEM file; every port then speaks TLS.",
     NULL, 0, 0, false},
    {"server.tls.key", WR_OPTION_STRING, NULL, "Key of server.tls.cert, a PEM file.", NULL, 0, 0,
     false},
    {"server.tls.required", WR_OPTION_BOOL, "true",
     "Passwords and tokens go over TLS unless the address is the loopback; false where something "
     "in front of the server speaks TLS.",
     NULL, 0, 0, false},
    {"server.pg.port", WR_OPTION_INT, "-1",
     "Port of the PostgreSQL protocol; 0: any; -1: it is not spoken.", NULL, -1, 65535, false},
    {"server.pg.address", WR_OPTION_STRING, "127.0.0.1", "Address of the PostgreSQL protocol.",
     NULL, 0, 0, false},
    {"server.gateway.port", WR_OPTION_INT, "-1",
     "Port of Flink's SQL Gateway protocol, which Flink has on 8083: its sql-client "
     "connects here; 0: any; -1: it is not spoken.",
     NULL, -1, 65535, false},
    {"server.gateway.address", WR_OPTION_STRING, "127.0.0.1",
     "Address of Flink's SQL Gateway protocol.", NULL, 0, 0, false},
    {"server.sessions.max", WR_OPTION_INT, "1000", "Sessions of clients that are open at once.",
     NULL, 1, 100000, false},
    {"server.sessions.idle-timeout", WR_OPTION_DURATION, "30 min",
     "A session that is not used for so long is closed.", NULL, 1000, INT64_MAX, false},
    {"server.results.max-size", WR_OPTION_MEMORY, "64 mb",
     "Rows of a result that wait for its reader; beyond that its query waits.", NULL, 1 << 16,
     INT64_MAX, false},
    {"server.results.idle-timeout", WR_OPTION_DURATION, "5 min",
     "A result whose rows nobody asks for, or takes, for so long is ended.", NULL, 1000, INT64_MAX,
     false},
    {"server.jobs.start", WR_OPTION_BOOL, "true",
     "Jobs that ran when the server ended begin with it, from their last checkpoints.", NULL, 0, 0,
     false},
    {"server.jobs.retained", WR_OPTION_INT, "1000",
     "Jobs that have finished or were canceled and stay in the list; beyond that the oldest are "
     "forgotten, with their checkpoints.",
     NULL, 0, 9000, false},
    WR_TELEMETRY_OPTION_ROWS,
    {"log.requests", WR_OPTION_BOOL, "false",
     "Every request of the REST API that was answered is in the log.", NULL, 0, 0, false},
    {"server.slo.window", WR_OPTION_DURATION, "30 d", "Over which an error budget is meant.", NULL,
     60000, INT64_C(366) * 86400000, false},
    {"server.slo.warn.window", WR_OPTION_DURATION, "1 h",
     "Long window of a warning that an error budget burns.", NULL, 1000, 86400000, false},
    {"server.slo.warn.burn", WR_OPTION_DOUBLE, "0.5",
     "Burn from which on there is a warning; 1 uses the budget up when server.slo.window ends.",
     NULL, 0, 0, false},
    {"server.slo.page.window", WR_OPTION_DURATION, "30 min",
     "Long window of a page that an error budget burns.", NULL, 1000, 86400000, false},
    {"server.slo.page.burn", WR_OPTION_DOUBLE, "2", "Burn from which on there is a page.", NULL, 0,
     0, false},
    {"server.slo.short-part", WR_OPTION_INT, "12",
     "The burn is also to be there over such a part of the long window, so that an alert ends soon "
     "after things are well again; 0: there is no short window.",
     NULL, 0, 60, false},
    {"server.slo.min-rows", WR_OPTION_INT, "10",
     "Shares of fewer rows than these say nothing: objectives of latency and success, bad and late "
     "records.",
     NULL, 1, INT64_MAX, false},
    {"server.alerts.interval", WR_OPTION_DURATION, "5 s",
     "How often jobs are looked at for alerts.", NULL, 50, 3600000, false},
    {"server.alerts.off", WR_OPTION_STRING, NULL,
     "Alerts that there are not to be, as 'WeirHotKey, WeirLateRows'.", NULL, 0, 0, false},
    {"server.alerts.for", WR_OPTION_DURATION, "5 min",
     "How long lag, back pressure, a hot key or a restart lasts before it is an alert.", NULL, 0,
     INT64_MAX, false},
    {"server.alerts.resolve-after", WR_OPTION_DURATION, "1 min",
     "How long the cause of an alert is away before the alert is over.", NULL, 0, INT64_MAX, false},
    {"server.alerts.window", WR_OPTION_DURATION, "15 min",
     "Within which restarts, failed checkpoints, bad and late records and refused rows are "
     "counted.",
     NULL, 1000, 86400000, false},
    {"server.alerts.restarts", WR_OPTION_INT, "3", "Restarts that are an alert.", NULL, 1,
     INT32_MAX, false},
    {"server.alerts.failed-checkpoints", WR_OPTION_INT, "3",
     "Failed checkpoints that are an alert.", NULL, 1, INT32_MAX, false},
    {"server.alerts.checkpoint-age", WR_OPTION_DURATION, "15 min",
     "Age of the last checkpoint beyond which there is an alert.", NULL, 0, INT64_MAX, false},
    {"server.alerts.bad-share", WR_OPTION_DOUBLE, "0.01",
     "Share of bad records beyond which there is an alert.", NULL, 0, 0, false},
    {"server.alerts.late-share", WR_OPTION_DOUBLE, "0.01",
     "Share of late rows beyond which there is an alert.", NULL, 0, 0, false},
    {"server.alerts.backpressure-share", WR_OPTION_DOUBLE, "0.8",
     "Share of an operator's time in back pressure beyond which there is an alert.", NULL, 0, 0,
     false},
    {"server.alerts.skew", WR_OPTION_DOUBLE, "3",
     "Rows of an operator's busiest subtask over the average, beyond which there is an alert.",
     NULL, 0, 0, false},
    {"server.alerts.skew-rows", WR_OPTION_INT, "1000",
     "Rows in a second from which on an operator's skew counts.", NULL, 0, INT64_MAX, false},
    {"server.alerts.waiting", WR_OPTION_DURATION, "1 min",
     "How long a source or sink waits for a broker or database before it is an alert.", NULL, 0,
     INT64_MAX, false},
    {"server.alerts.lag-time", WR_OPTION_DURATION, "5 min",
     "How far a source may be behind the clock before it is an alert.", NULL, 0, INT64_MAX, false},
    {"server.alerts.lag-records", WR_OPTION_INT, "100000",
     "Records that may be left to read before it is an alert.", NULL, 0, INT64_MAX, false},
    {"server.alerts.url", WR_OPTION_STRING, NULL,
     "Where people find this server, for the links of alerts, as 'https://weir.example'; unset: "
     "its "
     "address and port.",
     NULL, 0, 0, false},
    {"server.alerts.runbooks", WR_OPTION_STRING, NULL,
     "Where runbooks are, NAME.md behind it; unset: this server's own copy, /v1/runbooks/NAME.",
     NULL, 0, 0, false},
    {"server.alerts.group-by", WR_OPTION_ENUM, "job",
     "What is told in one notification: the alerts of a job, those of a cause (over all jobs), or "
     "each by itself.",
     alert_groupings, 0, 0, false},
    {"server.alerts.group-wait", WR_OPTION_DURATION, "10 s",
     "How long the first notification of a group waits for more alerts.", NULL, 0, INT64_MAX,
     false},
    {"server.alerts.group-interval", WR_OPTION_DURATION, "1 min",
     "How long lies at least between two notifications of a group.", NULL, 0, INT64_MAX, false},
    {"server.alerts.repeat-interval", WR_OPTION_DURATION, "4 h",
     "After as long alerts that go on, and that nobody has acknowledged, are told again.", NULL,
     1000, INT64_MAX, false},
    {"server.alerts.webhook.url", WR_OPTION_STRING, NULL,
     "Where notifications are sent as JSON, 'http://...', 'https://...' or 'file:PATH'; unset: "
     "nowhere.",
     NULL, 0, 0, false},
    {"server.alerts.webhook.token", WR_OPTION_STRING, NULL,
     "Bearer token of the webhook, as '${env:NAME}' or '${file:PATH}'.", NULL, 0, 0, false},
    {"server.alerts.alertmanager.url", WR_OPTION_STRING, NULL,
     "An Alertmanager ('http://127.0.0.1:9093'), which gets all alerts by its API v2; unset: none.",
     NULL, 0, 0, false},
    {"server.alerts.alertmanager.token", WR_OPTION_STRING, NULL,
     "Bearer token of the Alertmanager, as '${env:NAME}' or '${file:PATH}'.", NULL, 0, 0, false},
    {"server.alerts.alertmanager.interval", WR_OPTION_DURATION, "1 min",
     "How often the Alertmanager hears of alerts that go on.", NULL, 100, 3600000, false},
    {"server.alerts.timeout", WR_OPTION_DURATION, "10 s",
     "How long the sending of a notification may take.", NULL, 100, 600000, false},
    {"server.alerts.attempts", WR_OPTION_INT, "10",
     "How often the sending of a notification is tried, with growing pauses.", NULL, 1, 1000,
     false},
    {"server.alerts.queue", WR_OPTION_INT, "256",
     "Notifications that wait to be sent; beyond that they are dropped, counted, and made anew "
     "later.",
     NULL, 1, 100000, false},
};
const uint32_t wr_config_count = WR_COUNT(wr_config_table);

void wr_config_init(struct wr_config *config)
{
	*config = (struct wr_config){0};
	wr_arena_init(&config->arena);
	wr_options_init(&config->options, &config->arena, "option of the server", wr_config_table,
			wr_config_count);
}

void wr_config_release(struct wr_config *config)
{
	wr_free(config->key);
	wr_free(config->value);
	wr_arena_release(&config->arena);
}

static const struct wr_config_fields user_fields = {
    .name = "server.users",
    .hint = "A user has name, role (viewer, operator, admin), and password or token or both",
    .field = {"name", "role", "password", "token"},
};

/* A key of a list: NAME.NUMBER.FIELD; false: it is of none. */
static bool set_in_list(struct wr_config *config, const char *key, const char *value,
			wr_status **status)
{
	const struct {
		const struct wr_config_fields *fields;
		struct wr_config_list *list;
	} lists[] = {{&user_fields, &config->users},
		     {&wr_slo_rule_fields, &config->slo_rules},
		     {&wr_maintenance_fields, &config->maintenance}};

	for (uint32_t i = 0; i < WR_COUNT(lists); i++) {
		size_t len = strlen(lists[i].fields->name);

		if (strncmp(key, lists[i].fields->name, len) != 0 || key[len] != '.')
			continue;
		*status = wr_config_list_set(lists[i].list, lists[i].fields, &config->arena,
					     key + len + 1, value);
		return true;
	}
	return false;
}

wr_status *wr_config_set(struct wr_config *config, const char *key, const char *value)
{
	uint32_t at = config->setting_count;
	wr_status *status;

	if (set_in_list(config, key, value, &status))
		return status;
	if (strncmp(key, "server.", 7) == 0 || wr_telemetry_is_option(key)) {
		status =
		    wr_options_set(&config->options, key, wr_arena_strdup(&config->arena, value));
		if (status != NULL && status->hint == NULL &&
		    wr_option_find(wr_config_table, wr_config_count, key) == NULL)
			wr_status_hint(status, "See weir serve --print-config for all of them; "
					       "lists, as server.users, stand in weir.yaml alone");
		return status;
	}
	if (wr_option_find(wr_settings, wr_settings_count, key) == NULL &&
	    !wr_setting_is_accepted(key))
		return wr_option_unknown(wr_settings, wr_settings_count, "option", key);
	if (at == config->setting_room) {
		config->setting_room = at * 2 + 16;
		config->key = wr_realloc(config->key, config->setting_room * sizeof *config->key);
		config->value =
		    wr_realloc(config->value, config->setting_room * sizeof *config->value);
	}
	config->key[at] = wr_arena_strdup(&config->arena, key);
	config->value[at] = wr_arena_strdup(&config->arena, value);
	config->setting_count = at + 1;
	return NULL;
}

static wr_status *set_own(void *own, const char *key, const char *value)
{
	return wr_config_set(own, key, value);
}

wr_status *wr_config_read(struct wr_config *config, struct wr_env *env, const char *file)
{
	wr_status *status;
	char *text;
	size_t len;

	WR_TRY(wr_env_read_file(env, file, FILE_MAX, &text, &len));
	config->file = wr_arena_strdup(&config->arena, file);
	status = wr_yaml_read(text, len, file, set_own, config);
	wr_free(text);
	return status;
}

/* One of server.users, with its secrets read. */
static wr_status *make_user(struct wr_config *config, struct wr_env *env, const char *const *given)
{
	struct wr_user *user = &config->auth.user[config->auth.count];
	char what[128];

	if (given[0] == NULL || *given[0] == '\0')
		return wr_status_new(WR_USER_ERROR, "A user of server.users has no name");
	if (wr_auth_user(&config->auth, given[0]) != NULL)
		return wr_status_new(WR_USER_ERROR, "server.users has '%s' twice", given[0]);
	user->is.name = given[0];
	user->is.role = given[1] == NULL ? WR_ROLE_VIEWER : wr_role_of(given[1]);
	if (user->is.role == WR_ROLE_NONE)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' of server.users has the role '%s', which "
						    "there is not",
						    given[0], given[1]),
				      "Roles are viewer, operator and admin");
	if (given[2] == NULL && given[3] == NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' of server.users cannot log in", given[0]),
		    "Give a password or a token, as '${env:NAME}' or "
		    "'${file:PATH}'");
	snprintf(what, sizeof what, "server.users: the password of %s", given[0]);
	WR_TRY(wr_secret_read(env, &config->arena, what, given[2], &user->password));
	snprintf(what, sizeof what, "server.users: the token of %s", given[0]);
	WR_TRY(wr_secret_read(env, &config->arena, what, given[3], &user->token));
	if ((user->password != NULL && *user->password == '\0') ||
	    (user->token != NULL && *user->token == '\0'))
		return wr_status_new(WR_USER_ERROR, "%s is empty", what);
	config->auth.count++;
	return NULL;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* What listens on a network has users, and does not take their passwords in clear. */
static wr_status *check_address(const struct wr_config *config, const char *key)
{
	const char *address = wr_options_str(&config->options, key);

	if (is_loopback(address))
		return NULL;
	if (config->auth.count == 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "%s is %s, which others can reach, and there are no users", key,
				  address),
		    "Name server.users, or listen on 127.0.0.1");
	if (wr_options_str(&config->options, "server.tls.cert") == NULL &&
	    wr_options_bool(&config->options, "server.tls.required"))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "%s is %s, and without TLS passwords could be read on the way",
				  key, address),
		    "Set server.tls.cert and server.tls.key, or server.tls.required: false where "
		    "something in front of it speaks TLS");
	return NULL;
}

/* A setting of server.slo.rules. */
static wr_status *check_setting(void *own, const char *key, const char *value)
{
	struct wr_option_value read;

	return wr_option_read(wr_option_find(wr_settings, wr_settings_count, key), value, &read);
}

wr_status *wr_config_finish(struct wr_config *config, struct wr_env *env)
{
	WR_TRY(wr_telemetry_environment(&config->options));
	config->auth.user = WR_NEW_ARRAY(&config->arena, struct wr_user, WR_CONFIG_ROWS);
	for (uint32_t i = 0; i < WR_CONFIG_ROWS; i++)
		if (wr_config_list_has(&config->users, i))
			WR_TRY(make_user(config, env, config->users.value[i]));
	WR_TRY(wr_config_slo_rules(config, NULL, check_setting, NULL));
	if ((wr_options_str(&config->options, "server.tls.cert") == NULL) !=
	    (wr_options_str(&config->options, "server.tls.key") == NULL))
		return wr_status_new(WR_USER_ERROR,
				     "server.tls.cert and server.tls.key go together");
	WR_TRY(check_address(config, "server.http.address"));
	if (wr_options_i64(&config->options, "server.pg.port") >= 0)
		WR_TRY(check_address(config, "server.pg.address"));
	if (wr_options_i64(&config->options, "server.gateway.port") >= 0)
		WR_TRY(check_address(config, "server.gateway.address"));
	return NULL;
}
