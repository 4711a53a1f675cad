/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_target - where a database is: Flink's options and JDBC's URL as libpq's parameters.
 *
 * A JDBC URL is libpq's own after "jdbc:", but for the parameters behind '?': those that mean
 * something to libpq get its name, those that tune the JDBC driver are taken and have no effect,
 * others are refused by name. What username and password say comes over what the URL says.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "base/secret.h"
#include "connectors/pg_client.h"

#define PARAMS_MAX       40    /* parameters of a URL and our own */
#define CONNECT_MS       10000 /* one attempt: longer than any handshake */
#define KEEPALIVE_IDLE_S "10"
#define KEEPALIVE_STEP_S "5"
#define KEEPALIVE_COUNT  "3"
#define UNANSWERED_MS    "30000" /* a server that does not take what was sent is gone */

static const char *const pg_names[] = {WR_PG_CALLS(WR_MODULE_NAME)};
static const struct wr_module_spec pg_module = {
    .what = "The connector for PostgreSQL",
    .package = "libpq5",
    .sonames = {"libpq.so.5"},
    .names = pg_names,
    .count = WR_COUNT(pg_names),
};

/* Parameters of JDBC's driver; libpq NULL: taken, without effect here. */
static const struct {
	const char *jdbc, *libpq;
} url_params[] = {
    {"user", "user"},
    {"password", "password"},
    {"sslmode", "sslmode"},
    {"sslrootcert", "sslrootcert"},
    {"sslcert", "sslcert"},
    {"sslkey", "sslkey"},
    {"sslpassword", "sslpassword"},
    {"gssEncMode", "gssencmode"},
    {"ApplicationName", "application_name"},
    {"connectTimeout", "connect_timeout"},
    {"options", "options"},
    {"reWriteBatchedInserts", NULL},
    {"prepareThreshold", NULL},
    {"preparedStatementCacheQueries", NULL},
    {"preparedStatementCacheSizeMiB", NULL},
    {"defaultRowFetchSize", NULL},
    {"binaryTransfer", NULL},
    {"stringtype", NULL},
    {"autosave", NULL},
    {"preferQueryMode", NULL},
    {"loginTimeout", NULL},
    {"cancelSignalTimeout", NULL},
    {"tcpKeepAlive", NULL},
    {"logUnclosedConnections", NULL},
    {"readOnly", NULL},
    {"loggerLevel", NULL},
    {"assumeMinServerVersion", NULL},
    {"targetServerType", NULL},
    {"hostRecheckSeconds", NULL},
    {"loadBalanceHosts", NULL},
    {"sslfactory", NULL},
};

/* Parameters being collected. */
struct params {
	struct wr_arena *arena;
	uint32_t count;
	const char *keyword[PARAMS_MAX + 1], *value[PARAMS_MAX + 1];
	int64_t answer_ms; /* socketTimeout; 0: none */
};

static void add(struct params *params, const char *keyword, const char *value)
{
	WR_REQUIRE(params->count < PARAMS_MAX);
	params->keyword[params->count] = keyword;
	params->value[params->count++] = value;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* A part of a URL with its %xx as bytes. */
static const char *unescape(struct wr_arena *arena, const char *text, size_t len)
{
	char *out = wr_arena_strndup(arena, text, len), *to = out;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len && hex(text[i + 1]) >= 0 &&
		    hex(text[i + 2]) >= 0) {
			*to++ = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
			i += 2;
		} else {
			*to++ = text[i];
		}
	}
	*to = '\0';
	return out;
}

static wr_status *unknown_param(const char *name)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The 'url' has the parameter '%s', which is not known",
			  name),
	    "Parameters that count: user, password, sslmode, sslrootcert, sslcert, sslkey, "
	    "currentSchema, ApplicationName, connectTimeout, options; or write the url as "
	    "libpq does, from 'postgresql://' on");
}

/* One "name=value" behind the '?' of a JDBC URL. */
static wr_status *read_param(struct params *params, const char *text, size_t len)
{
	const char *equal = memchr(text, '=', len), *name, *value;

	if (len == 0)
		return NULL;
	name = unescape(params->arena, text, equal != NULL ? (size_t)(equal - text) : len);
	value = equal != NULL ? unescape(params->arena, equal + 1, len - (size_t)(equal - text) - 1)
			      : "";
	if (params->count + 12 > PARAMS_MAX)
		return wr_status_new(WR_USER_ERROR, "The 'url' has too many parameters");
	if (strcmp(name, "currentSchema") == 0) {
		add(params, "options", wr_arena_printf(params->arena, "-c search_path=%s", value));
		return NULL;
	}
	if (strcmp(name, "ssl") == 0) {
		if (strcasecmp(value, "false") != 0)
			add(params, "sslmode", "verify-full");
		return NULL;
	}
	if (strcmp(name, "socketTimeout") == 0) { /* seconds */
		params->answer_ms = strtoll(value, NULL, 10) * 1000;
		return NULL;
	}
	for (uint32_t i = 0; i < WR_COUNT(url_params); i++) {
		if (strcmp(url_params[i].jdbc, name) != 0)
			continue;
		if (url_params[i].libpq != NULL)
			add(params, url_params[i].libpq, value);
		return NULL;
	}
	return unknown_param(name);
}

/* Splits a JDBC URL; `base` gets libpq's "postgresql://host:port/db". */
static wr_status *read_jdbc(struct params *params, const char *url, const char **base)
{
	const char *rest = url + strlen("jdbc:postgresql:"), *query = strchr(rest, '?');
	size_t len = query != NULL ? (size_t)(query - rest) : strlen(rest);

	if (strncmp(rest, "//", 2) == 0) {
		*base = wr_arena_printf(params->arena, "postgresql:%.*s", (int)len, rest);
	} else { /* jdbc:postgresql:database, jdbc:postgresql:/ */
		while (len > 0 && *rest == '/') {
			rest++;
			len--;
		}
		*base =
		    wr_arena_printf(params->arena, "postgresql://localhost/%.*s", (int)len, rest);
	}
	while (query != NULL) {
		const char *next = strchr(++query, '&');

		WR_TRY(read_param(params, query,
				  next != NULL ? (size_t)(next - query) : strlen(query)));
		query = next;
	}
	return NULL;
}

static wr_status *bad_url(void)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The 'url' is not one of a PostgreSQL database"),
	    "Write it as 'jdbc:postgresql://host:5432/database', or as libpq does: "
	    "'postgresql://host:5432/database' or 'host=... dbname=...'");
}

/* libpq's own forms. */
static bool is_libpq(const char *url)
{
	return strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0 ||
	       (strchr(url, '=') != NULL && strstr(url, "://") == NULL);
}

/* The URL as parameters; the first is "dbname". */
static wr_status *read_url(struct params *params, const char *url)
{
	const char *base = url;

	add(params, "dbname", "");
	if (strncmp(url, "jdbc:postgresql:", 16) == 0) {
		WR_TRY(read_jdbc(params, url, &base));
	} else if (strncmp(url, "jdbc:", 5) == 0) {
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The connector 'jdbc' reaches PostgreSQL only; the 'url' names "
				  "another database"),
		    "Write the url as 'jdbc:postgresql://host:5432/database'");
	} else if (!is_libpq(url)) {
		return bad_url();
	}
	params->value[0] = base;
	return NULL;
}

wr_status *wr_pg_access_check(const struct wr_pg_access *access)
{
	struct wr_arena arena;
	struct params params = {.arena = &arena};
	wr_status *status;

	wr_arena_init(&arena);
	status = read_url(&params, access->url);
	wr_arena_release(&arena);
	return status;
}

/* "host:port/database" of the parameters, for messages: without user and password. */
static wr_status *name_database(struct wr_pg_target *target, struct wr_arena *arena)
{
	char *error = NULL;
	PQconninfoOption *all = target->call.PQconninfoParse(target->value[0], &error);
	const char *host = NULL, *port = NULL, *name = NULL;

	if (all == NULL) { /* what libpq says may hold the password */
		target->call.PQfreemem(error);
		return bad_url();
	}
	for (PQconninfoOption *one = all; one->keyword != NULL; one++) {
		if (one->val == NULL)
			continue;
		if (strcmp(one->keyword, "host") == 0 ||
		    (strcmp(one->keyword, "hostaddr") == 0 && host == NULL))
			host = one->val;
		else if (strcmp(one->keyword, "port") == 0)
			port = one->val;
		else if (strcmp(one->keyword, "dbname") == 0)
			name = one->val;
	}
	target->database = wr_arena_printf(arena, "%s:%s/%s", host != NULL ? host : "localhost",
					   port != NULL ? port : "5432", name != NULL ? name : "");
	target->call.PQconninfoFree(all);
	return NULL;
}

/* What every connection of ours has. */
static void add_own(struct params *params, const struct wr_pg_access *access)
{
	bool named = false;

	for (uint32_t i = 0; i < params->count; i++)
		named = named || strcmp(params->keyword[i], "application_name") == 0;
	if (!named)
		add(params, "application_name", "weir");
	if (access->replication != NULL)
		add(params, "replication", access->replication);
	add(params, "client_encoding", "UTF8");
	add(params, "keepalives_idle", KEEPALIVE_IDLE_S);
	add(params, "keepalives_interval", KEEPALIVE_STEP_S);
	add(params, "keepalives_count", KEEPALIVE_COUNT);
	add(params, "tcp_user_timeout", UNANSWERED_MS);
}

wr_status *wr_pg_target_init(struct wr_pg_target *target, struct wr_arena *arena,
			     const struct wr_connector_args *args,
			     const struct wr_pg_access *access)
{
	struct params params = {.arena = arena};
	const char *user, *password;

	*target = (struct wr_pg_target){.table = args->table,
					.zone_id = args->zone_id,
					.connect_ms = CONNECT_MS,
					.first_connect_ms = access->max_retry_ms};
	WR_TRY(wr_module_open(&pg_module, &target->call));
	WR_TRY(read_url(&params, access->url));
	target->answer_ms = access->answer_ms > 0 ? access->answer_ms : params.answer_ms;
	WR_TRY(wr_secret_read(args->env, arena, "username", access->username, &user));
	WR_TRY(wr_secret_read(args->env, arena, "password", access->password, &password));
	if (user != NULL)
		add(&params, "user", user);
	if (password != NULL)
		add(&params, "password", password);
	add_own(&params, access);
	target->keyword = WR_NEW_ARRAY(arena, const char *, params.count + 1);
	target->value = WR_NEW_ARRAY(arena, const char *, params.count + 1);
	for (uint32_t i = 0; i < params.count; i++) {
		target->keyword[i] = wr_arena_strdup(arena, params.keyword[i]);
		target->value[i] = wr_arena_strdup(arena, params.value[i]);
	}
	return name_database(target, arena);
}
