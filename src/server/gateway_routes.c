/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_routes - the requests of Flink's SQL Gateway. Paths begin with a version, /v1 to /v4, or
 * with none, which is the last one.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "data/error.h"
#include "engine/settings.h"
#include "server/gateway_inner.h"
#include "server/json_members.h"
#include "server/server.h"
#include "weir/version.h"

/* --- what a request is about --------------------------------------------------------------------
 */

static void fail(struct wr_gateway_call *call, const char *format, const char *what)
{
	wr_gateway_fail(call->reply, false, wr_status_new(WR_USER_ERROR, format, what));
}

static void not_found(struct wr_gateway_call *call)
{
	wr_http_error(call->reply, 404, "not_found", "Not found: %s", call->request->path);
	wr_gateway_refused(call->reply);
}

/* Reads the version and finds what the path names; false: the reply says why not. */
static bool call_begin(struct wr_gateway_call *call, struct wr_server *server,
		       const struct wr_http_request *request, struct wr_http_reply *reply)
{
	bool bare = strncmp(request->path, "/sessions", 9) == 0 ||
		    strcmp(request->path, "/info") == 0 ||
		    strcmp(request->path, "/api_versions") == 0;
	const char *version = bare ? NULL : request->param[0];
	const char *const *param = request->param + (version != NULL ? 1 : 0);

	*call = (struct wr_gateway_call){.server = server,
					 .request = request,
					 .reply = reply,
					 .version = WR_GATEWAY_VERSION_MAX};
	for (int i = 0; i < 3; i++)
		call->param[i] = param[i];
	if (version != NULL) {
		if (version[0] != 'v' || version[1] < '1' ||
		    version[1] > '0' + WR_GATEWAY_VERSION_MAX || version[2] != '\0') {
			not_found(call);
			return false;
		}
		call->version = version[1] - '0';
	}
	if (call->param[0] == NULL)
		return true;
	call->client = wr_client_find(server->clients, request->who, call->param[0]);
	if (call->client == NULL) {
		fail(call, "Session '%s' does not exist: it was closed, or not used for too long",
		     call->param[0]);
		return false;
	}
	if (call->param[1] == NULL || strstr(request->path, "/operations/") == NULL)
		return true;
	call->operation = wr_operation_find(server->gateway, call->param[0], call->param[1]);
	if (call->operation == NULL)
		fail(call, "Can not find the submitted operation in the session: '%s'",
		     call->param[1]);
	return call->operation != NULL;
}

static void call_end(struct wr_gateway_call *call)
{
	wr_operation_unref(call->operation);
	wr_client_unref(call->client);
}

static void serve(struct wr_server *server, const struct wr_http_request *request,
		  struct wr_http_reply *reply, void (*answer)(struct wr_gateway_call *call))
{
	struct wr_gateway_call call;

	if (call_begin(&call, server, request, reply))
		answer(&call);
	call_end(&call);
}

/* --- sessions -----------------------------------------------------------------------------------
 */

/* Options that the engine does not know are kept beside the session: clients send all that Flink's
 * configuration has, and ask for it. */
static wr_status *set_property(struct wr_gateway *gateway, struct wr_gateway_session *session,
			       struct wr_client *client, const char *key, const char *value)
{
	wr_status *status = wr_client_set(client, key, value);
	void *old;

	if (status == NULL || wr_option_find(wr_settings, wr_settings_count, key) != NULL)
		return status;
	wr_status_free(status);
	pthread_mutex_lock(&gateway->lock);
	old = wr_map_remove(&session->properties, key);
	wr_map_put(&session->properties, key, wr_strdup(value));
	pthread_mutex_unlock(&gateway->lock);
	wr_free(old);
	return NULL;
}

static wr_status *set_properties(struct wr_gateway *gateway, struct wr_client *client,
				 const struct wr_pairs *pairs)
{
	struct wr_gateway_session *session = wr_gateway_session(gateway, wr_client_id(client));
	wr_status *status = NULL;

	for (uint32_t i = 0; i < pairs->count && status == NULL; i++)
		status = set_property(gateway, session, client, pairs->key[i], pairs->value[i]);
	pthread_mutex_lock(&gateway->lock);
	wr_gateway_session_unref(session);
	pthread_mutex_unlock(&gateway->lock);
	return status;
}

static void open_session(struct wr_gateway_call *call)
{
	struct wr_gateway *gateway = call->server->gateway;
	struct wr_client *client = NULL;
	struct wr_pairs properties = {0};
	const char *name = NULL;
	const struct wr_member fields[] = {{"sessionName", WR_MEMBER_TEXT, &name, false},
					   {"properties", WR_MEMBER_PAIRS, &properties, false}};
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_members_read(call->request->body, &arena, fields, WR_COUNT(fields));
	if (status == NULL)
		status = wr_client_open(call->server->clients, call->request->who, name, NULL, NULL,
					0, &client);
	if (status == NULL)
		status = set_properties(gateway, client, &properties);
	if (status == NULL) {
		wr_text_printf(&call->reply->body, "{\"sessionHandle\":\"%s\"}",
			       wr_client_id(client));
		wr_client_unref(client);
	} else {
		if (client != NULL) {
			wr_gateway_session_drop(gateway, wr_client_id(client));
			wr_client_close(client);
		}
		wr_gateway_fail(call->reply, false, status);
	}
	wr_arena_release(&arena);
}

static void close_session(struct wr_gateway_call *call)
{
	wr_gateway_session_drop(call->server->gateway, call->param[0]);
	wr_client_close(call->client);
	call->client = NULL;
	wr_text_puts(&call->reply->body, "{\"status\":\"CLOSED\"}");
}

static void heartbeat(struct wr_gateway_call *call)
{
	wr_text_puts(&call->reply->body, "{}"); /* to be found is to be used */
}

static void get_session(struct wr_gateway_call *call)
{
	struct wr_gateway *gateway = call->server->gateway;
	struct wr_gateway_session *session = wr_gateway_session(gateway, call->param[0]);
	struct wr_settings_json listing = {&call->reply->body, false};

	wr_text_puts(listing.out, "{\"properties\":{");
	wr_client_settings(call->client, wr_settings_json_add, &listing);
	pthread_mutex_lock(&gateway->lock);
	for (uint32_t i = 0; i < session->properties.count; i++)
		wr_settings_json_add(&listing, session->properties.entry[i].key,
				     session->properties.entry[i].value);
	wr_gateway_session_unref(session);
	pthread_mutex_unlock(&gateway->lock);
	wr_text_puts(listing.out, "}}");
}

/* --- statements ---------------------------------------------------------------------------------
 */

/* Reads the body of a statement; false: the reply says what is wrong. */
static bool read_statement(struct wr_gateway_call *call, struct wr_arena *arena, const char **sql)
{
	struct wr_pairs config = {0};
	int64_t timeout = 0;
	const struct wr_member fields[] = {{"statement", WR_MEMBER_TEXT, sql, true},
					   {"executionTimeout", WR_MEMBER_NUMBER, &timeout, false},
					   {"executionConfig", WR_MEMBER_PAIRS, &config, false}};
	wr_status *status = wr_members_read(call->request->body, arena, fields, WR_COUNT(fields));

	if (status == NULL && timeout > 0)
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "executionTimeout is not supported, as in Flink"),
		    "Cancel the operation when it has taken too long");
	if (status == NULL && config.count > 0)
		status = set_properties(call->server->gateway, call->client, &config);
	if (status != NULL)
		wr_gateway_fail(call->reply, false, status);
	return status == NULL;
}

static void execute_statement(struct wr_gateway_call *call)
{
	const char *sql = NULL;
	struct wr_operation *operation;
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	if (read_statement(call, &arena, &sql)) {
		status = wr_operation_begin(call, sql, &operation);
		if (status != NULL) {
			wr_gateway_fail(call->reply, false, status);
		} else {
			wr_text_printf(&call->reply->body, "{\"operationHandle\":\"%s\"}",
				       operation->id);
			wr_operation_unref(operation);
		}
	}
	wr_arena_release(&arena);
}

/* Executes here and now; rows are not given. */
static void configure_session(struct wr_gateway_call *call)
{
	const struct wr_job_origin origin = {call->request->request_id, call->request->trace};
	struct weir_error *error = NULL;
	struct wr_outcome outcome;
	const char *sql = NULL;
	struct wr_arena arena;
	wr_status *status = NULL;

	wr_arena_init(&arena);
	if (read_statement(call, &arena, &sql)) {
		enum weir_code code =
		    wr_client_execute(call->client, sql, &origin, &outcome, &error);

		if (code != WEIR_OK)
			status = wr_status_copy(error->status);
		else if (outcome.kind == WR_OUTCOME_ROWS)
			wr_client_done(call->client, outcome.cursor);
		if (code == WEIR_OK && outcome.kind != WR_OUTCOME_DONE)
			status = wr_status_hint(wr_status_new(WR_USER_ERROR,
							      "%s does not configure a session",
							      outcome.word),
						"Send it to /statements");
		weir_error_free(error);
		if (status != NULL)
			wr_gateway_fail(call->reply, false, status);
		else
			wr_text_puts(&call->reply->body, "{}");
	}
	wr_arena_release(&arena);
}

static void put_status(struct wr_gateway_call *call, const char *name)
{
	wr_text_printf(&call->reply->body, "{\"status\":\"%s\"}", name);
}

static void get_status(struct wr_gateway_call *call)
{
	put_status(call, wr_operation_status_name(call->operation));
}

static void cancel_operation(struct wr_gateway_call *call)
{
	if (wr_operation_cancel(call->operation))
		put_status(call, "CANCELED");
	else
		fail(call, "The operation has ended, and is %s",
		     wr_operation_status_name(call->operation));
}

static void close_operation(struct wr_gateway_call *call)
{
	wr_operation_close(call->operation);
	put_status(call, "CLOSED");
}

static void fetch_results(struct wr_gateway_call *call)
{
	const char *format = wr_http_query(call->request, "rowFormat");
	char *end;
	uint64_t token;

	errno = 0;
	token = strtoull(call->param[2], &end, 10);
	if (errno != 0 || end == call->param[2] || *end != '\0')
		fail(call, "'%s' is no token of a page", call->param[2]);
	else if (format != NULL && strcmp(format, "JSON") != 0 && strcmp(format, "PLAIN_TEXT") != 0)
		fail(call, "rowFormat is JSON or PLAIN_TEXT, not '%s'", format);
	else
		wr_operation_fetch(call->operation, call->version,
				   format != NULL && *format == 'P' ? WR_ROW_PLAIN : WR_ROW_JSON,
				   token, call->reply);
}

/* --- the gateway itself -------------------------------------------------------------------------
 */

static void get_info(struct wr_gateway_call *call)
{
	wr_text_puts(&call->reply->body,
		     "{\"productName\":\"Weir\",\"version\":\"" WEIR_VERSION "\"}");
}

static void get_versions(struct wr_gateway_call *call)
{
	wr_text_puts(&call->reply->body, "{\"versions\":[\"V1\",\"V2\",\"V3\",\"V4\"]}");
}

/* What Flink's protocol has and this server has not. */
static void refuse_script(struct wr_gateway_call *call)
{
	wr_gateway_fail(
	    call->reply, false,
	    wr_status_hint(wr_status_new(WR_USER_ERROR,
					 "Scripts are not deployed: there is no cluster "
					 "to deploy them to"),
			   "Send its statements one after the other, or the script to "
			   "POST /v1/jobs of the REST API"));
}

static void refuse_refresh(struct wr_gateway_call *call)
{
	wr_gateway_fail(
	    call->reply, false,
	    wr_status_hint(wr_status_new(WR_USER_ERROR,
					 "Materialized tables are not refreshed: a job keeps them "
					 "fresh all the time"),
			   "Nothing needs to be done"));
}

static void complete_statement(struct wr_gateway_call *call)
{
	wr_gateway_complete(call);
}

/* clang-format off */
#define HANDLERS(X)                                                                                \
	X(get_info) X(get_versions) X(open_session) X(close_session) X(heartbeat) X(get_session)   \
	X(execute_statement) X(configure_session) X(get_status) X(cancel_operation)                \
	X(close_operation) X(fetch_results) X(complete_statement) X(refuse_script)                \
	X(refuse_refresh)
/* clang-format on */
#define HANDLER(name)                                                                              \
	static void on_##name(struct wr_server *server, const struct wr_http_request *request,     \
			      struct wr_http_reply *reply)                                         \
	{                                                                                          \
		serve(server, request, reply, name);                                               \
	}
HANDLERS(HANDLER)

#define BOTH(method, path, flags, name)                                                            \
	{method, "/{version}" path, WR_ROLE_VIEWER, flags, name},                                  \
	{                                                                                          \
		method, path, WR_ROLE_VIEWER, flags, name                                          \
	}

static const struct wr_http_route routes[] = {
    BOTH("GET", "/info", WR_ROUTE_QUICK, on_get_info),
    BOTH("GET", "/api_versions", WR_ROUTE_QUICK, on_get_versions),
    BOTH("POST", "/sessions", 0, on_open_session),
    BOTH("GET", "/sessions/{session}", 0, on_get_session),
    BOTH("DELETE", "/sessions/{session}", 0, on_close_session),
    BOTH("POST", "/sessions/{session}/heartbeat", 0, on_heartbeat),
    BOTH("POST", "/sessions/{session}/configure-session", 0, on_configure_session),
    BOTH("POST", "/sessions/{session}/statements", 0, on_execute_statement),
    BOTH("GET", "/sessions/{session}/operations/{operation}/status", 0, on_get_status),
    BOTH("POST", "/sessions/{session}/operations/{operation}/cancel", 0, on_cancel_operation),
    BOTH("DELETE", "/sessions/{session}/operations/{operation}/close", 0, on_close_operation),
    BOTH("GET", "/sessions/{session}/operations/{operation}/result/{token}", 0, on_fetch_results),
    BOTH("GET", "/sessions/{session}/complete-statement", 0, on_complete_statement),
    BOTH("POST", "/sessions/{session}/scripts", 0, on_refuse_script),
    BOTH("POST", "/sessions/{session}/materialized-tables/{table}/refresh", 0, on_refuse_refresh),
    {0},
};

const struct wr_http_route *const wr_gateway_routes[] = {routes, NULL};
