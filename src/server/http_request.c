/* SPDX-License-Identifier: Apache-2.0
 *
 * http_request - how a request is known beyond itself: its id, its trace, its line of the log; and
 * the names of its query.
 */
#include <stdio.h>

#include "server/http_inner.h"
#include "server/server.h"

#define ID_MAX 128 /* bytes of an X-Request-Id that is taken over */

/* Letters, digits and a few signs: the id goes into logs and headers. */
static bool is_id(const char *text)
{
	size_t len =
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=");

	return len > 0 && len <= ID_MAX && text[len] == '\0';
}

void wr_http_identify(struct wr_http_exchange *exchange)
{
	struct wr_http_request *request = &exchange->request;
	const char *id = wr_http_header(request, "X-Request-Id");
	const char *parent = wr_http_header(request, "traceparent");
	struct wr_env *env = wr_env_system();
	uint64_t random;

	exchange->began_us = wr_mono_us(env);
	if (parent != NULL)
		wr_trace_parent_read(wr_str_of(parent), &request->trace);
	if (id != NULL && is_id(id)) {
		request->request_id = wr_arena_strdup(&exchange->arena, id);
		return;
	}
	env->ops->random(env, &random, sizeof random);
	request->request_id =
	    wr_arena_printf(&exchange->arena, "%016llx", (unsigned long long)random);
}

void wr_http_log(struct wr_http_exchange *exchange)
{
	struct wr_server_telemetry *telemetry = &exchange->http->server->telemetry;
	const struct wr_http_request *request = &exchange->request;
	char trace[WR_TRACE_ID_LEN + 1];

	if (!telemetry->requests)
		return;
	wr_trace_id_write(&request->trace, trace);
	wr_log_say(
	    telemetry->log, WR_LOG_INFO,
	    &(struct wr_log_about){.request_id = request->request_id,
				   .trace_id = wr_trace_is_set(&request->trace) ? trace : NULL,
				   .method = request->method,
				   .path = request->path,
				   .user = request->who != NULL ? request->who->name : NULL,
				   .code = (int)exchange->reply.code,
				   .took_us = wr_mono_us(wr_env_system()) - exchange->began_us},
	    "request");
}

void wr_http_log_stalled(struct wr_http_exchange *exchange)
{
	const struct wr_http_request *request = &exchange->request;
	struct wr_text line;

	wr_text_init(&line);
	wr_text_printf(&line,
		       "A client took nothing of the answer to %s %.200s for too long: its "
		       "connection is closed",
		       request->method, request->path);
	wr_log_say(exchange->http->server->telemetry.log, WR_LOG_WARN,
		   &(struct wr_log_about){.request_id = request->request_id}, wr_text_str(&line));
	wr_text_release(&line);
}

/* A look at the names of a query. */
struct names {
	bool (*known)(const char *name, void *own);
	void *own;
	const char *unknown; /* the first; NULL: none so far */
};

static enum MHD_Result look_at_name(void *argument, enum MHD_ValueKind kind, const char *name,
				    const char *value)
{
	struct names *names = argument;

	(void)kind;
	(void)value;
	if (!names->known(name, names->own))
		names->unknown = name;
	return names->unknown == NULL ? MHD_YES : MHD_NO;
}

const char *wr_http_query_unknown(const struct wr_http_request *request,
				  bool (*known)(const char *name, void *own), void *own)
{
	struct wr_http_exchange *exchange = request->exchange;
	struct names names = {known, own, NULL};

	exchange->http->call.MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND,
						       look_at_name, &names);
	return names.unknown;
}
