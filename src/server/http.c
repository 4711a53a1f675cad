/* SPDX-License-Identifier: Apache-2.0
 *
 * http - see http.h. libmicrohttpd calls on_target with the first line of a request, and then
 * on_request three or more times: with its head, with pieces of its body, and when the body is
 * whole; after a connection that slept, once more.
 */
#include "server/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/env.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "server/http_inner.h"
#include "server/server.h"

#define CONNECTION_MEMORY 32768 /* bytes: heads of requests, and what is on its way out */
#define IDLE_S            120   /* a connection on which nothing moves for so long is closed */
#define STREAM_PIECE      16384 /* bytes that are taken of a stream at once */
#define DAEMON_THREADS    2
#define STOP_MS           3000 /* that the end waits for clients to take their answers */

static const char *const httpd_names[] = {HTTPD_CALLS(WR_MODULE_NAME)};
static const struct wr_module_spec httpd_module = {
    .what = "The server",
    .package = "libmicrohttpd12",
    .sonames = {"libmicrohttpd.so.12"},
    .names = httpd_names,
    .count = WR_COUNT(httpd_names),
};

/* --- replies ------------------------------------------------------------------------------------
 */

void wr_http_problem(struct wr_text *out, const char *name, const wr_status *status)
{
	wr_text_puts(out, "{\"code\":");
	wr_text_json(out, name);
	wr_text_puts(out, ",\"message\":");
	wr_text_json(out, status->text);
	if (status->hint != NULL) {
		wr_text_puts(out, ",\"hint\":");
		wr_text_json(out, status->hint);
	}
	if (status->pos.line > 0)
		wr_text_printf(out, ",\"line\":%u,\"column\":%u,\"offset\":%u,\"length\":%u",
			       status->pos.line, status->pos.column, status->pos.offset,
			       status->pos.length);
	wr_text_putc(out, '}');
}

/* The body that says what was wrong. That the server stops is told alike, whoever it stands in the
 * way of. */
static void put_error(struct wr_http_reply *reply, uint32_t code, const char *name,
		      const wr_status *status)
{
	if (status->reason == WR_STOPPING) {
		code = 503;
		name = "stopping";
	} else if (status->reason == WR_DISK_FULL) {
		code = 507; /* WebDAV's Insufficient Storage */
		name = "disk_full";
	}
	reply->code = code;
	reply->type = NULL;
	wr_text_clear(&reply->body);
	wr_text_puts(&reply->body, "{\"error\":");
	wr_http_problem(&reply->body, name, status);
	wr_text_putc(&reply->body, '}');
}

void wr_http_error(struct wr_http_reply *reply, uint32_t code, const char *name, const char *format,
		   ...)
{
	wr_status *status;
	va_list args;

	va_start(args, format);
	status = wr_status_vnew(WR_USER_ERROR, format, args);
	va_end(args);
	put_error(reply, code, name, status);
	wr_status_free(status);
}

void wr_http_error_of(struct wr_http_reply *reply, uint32_t code, const char *name,
		      wr_status *status)
{
	put_error(reply, code, name, status);
	wr_status_free(status);
}

void wr_http_fail(struct wr_http_reply *reply, wr_status *status)
{
	if (status->class == WR_USER_ERROR)
		put_error(reply, 400, "invalid_request", status);
	else if (status->class == WR_FATAL)
		put_error(reply, 500, "internal", status);
	else
		put_error(reply, 503, "unavailable", status);
	wr_status_free(status);
}

const char *wr_http_query(const struct wr_http_request *request, const char *name)
{
	struct wr_http_exchange *exchange = request->exchange;

	return exchange->http->call.MHD_lookup_connection_value(exchange->connection,
								MHD_GET_ARGUMENT_KIND, name);
}

const char *wr_http_header(const struct wr_http_request *request, const char *name)
{
	struct wr_http_exchange *exchange = request->exchange;

	return exchange->http->call.MHD_lookup_connection_value(exchange->connection,
								MHD_HEADER_KIND, name);
}

/* --- streams ------------------------------------------------------------------------------------
 */

/* A stream with its connection. */
struct attached {
	struct wr_http *http;
	struct wr_http_stream *stream; /* one reference */
	struct MHD_Connection *connection;
};

static void stream_suspend(void *argument)
{
	struct attached *self = argument;

	self->http->call.MHD_suspend_connection(self->connection);
}

static void stream_resume(void *argument)
{
	struct attached *self = argument;

	self->http->call.MHD_resume_connection(self->connection);
}

static ssize_t stream_read(void *argument, uint64_t at, char *out, size_t max)
{
	struct attached *self = argument;
	ptrdiff_t got = wr_http_stream_read(self->stream, out, max);

	return got < 0 ? MHD_CONTENT_READER_END_OF_STREAM : got;
}

/* The answer is over, or its client gone. */
static void stream_done(void *argument)
{
	struct attached *self = argument;
	struct wr_http_stream *stream = self->stream;
	struct wr_http *http = self->http;

	pthread_mutex_lock(&http->lock);
	if (stream->previous != NULL)
		stream->previous->next = stream->next;
	else
		http->streams = stream->next;
	if (stream->next != NULL)
		stream->next->previous = stream->previous;
	pthread_mutex_unlock(&http->lock);
	wr_http_stream_close(stream);
	wr_http_stream_unref(stream);
	wr_free(self);
}

/* The stream becomes the answer, and is in the list of those that beat and are ended. */
static struct MHD_Response *stream_response(struct wr_http_exchange *exchange)
{
	struct attached *self = wr_calloc(1, sizeof *self);
	struct wr_http_stream *stream = exchange->reply.stream;
	struct wr_http *http = exchange->http;
	bool stopping;

	*self = (struct attached){http, stream, exchange->connection};
	exchange->reply.stream = NULL;
	stream->suspend = stream_suspend;
	stream->resume = stream_resume;
	stream->connection = self;
	pthread_mutex_lock(&http->lock);
	stream->next = http->streams;
	if (stream->next != NULL)
		stream->next->previous = stream;
	http->streams = stream;
	stopping = http->stopping;
	pthread_mutex_unlock(&http->lock);
	if (stopping)
		wr_http_stream_close(stream);
	http->call.MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT,
					     http->options.stream_idle_s);
	return http->call.MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE,
							    stream_read, self, stream_done);
}

/* --- one request --------------------------------------------------------------------------------
 */

/* The body of a reply becomes the response's. */
static struct MHD_Response *text_response(struct wr_http_exchange *exchange)
{
	struct wr_text *body = &exchange->reply.body;

	if (exchange->route == NULL && exchange->http->options.refused != NULL)
		exchange->http->options.refused(&exchange->reply);
	return exchange->http->call.MHD_create_response_from_buffer(
	    body->len, (void *)wr_text_str(body), MHD_RESPMEM_MUST_COPY);
}

/* The reply with its headers goes out. */
static enum MHD_Result send_reply(struct wr_http_exchange *exchange)
{
	const struct wr_httpd_calls *call = &exchange->http->call;
	struct wr_http_reply *reply = &exchange->reply;
	bool streams = reply->stream != NULL;
	const char *type = streams               ? reply->stream->type
			   : reply->type != NULL ? reply->type
						 : "application/json";
	struct MHD_Response *response =
	    streams ? stream_response(exchange) : text_response(exchange);
	enum MHD_Result done;

	if (response == NULL)
		return MHD_NO;
	call->MHD_add_response_header(response, "Content-Type", type);
	call->MHD_add_response_header(response, "Cache-Control",
				      reply->cache != NULL ? reply->cache : "no-store");
	call->MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	call->MHD_add_response_header(response, "X-Request-Id", exchange->request.request_id);
	call->MHD_add_response_header(response, "X-Frame-Options", "SAMEORIGIN");
	if (reply->allow != NULL)
		call->MHD_add_response_header(response, "Allow", reply->allow);
	if (reply->location != NULL)
		call->MHD_add_response_header(response, "Location", reply->location);
	if (reply->encoding != NULL)
		call->MHD_add_response_header(response, "Content-Encoding", reply->encoding);
	if (reply->etag != NULL)
		call->MHD_add_response_header(response, "ETag", reply->etag);
	if (reply->policy != NULL) {
		call->MHD_add_response_header(response, "Content-Security-Policy", reply->policy);
		call->MHD_add_response_header(response, "Referrer-Policy", "same-origin");
	}
	if (reply->code == 401)
		call->MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"weir\"");
	done = call->MHD_queue_response(exchange->connection, reply->code, response);
	call->MHD_destroy_response(response);
	return done;
}

/* Whether the Host is one of this machine's own names: a page of another site that has its name
 * point here is refused. */
static bool host_is_local(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (uint32_t i = 0; i < WR_COUNT(names); i++) {
		size_t len = strlen(names[i]);

		if (strncasecmp(host, names[i], len) == 0 &&
		    (host[len] == '\0' || host[len] == ':'))
			return true;
	}
	return false;
}

/* Pages of other sites get no answer: their Origin is not this server's Host. */
static bool origin_fits(const struct wr_http_exchange *exchange)
{
	const char *origin = wr_http_header(&exchange->request, "Origin");
	const char *host = wr_http_header(&exchange->request, "Host");
	const char *name;

	if (exchange->http->auth->count == 0 && host != NULL && !host_is_local(host))
		return false;
	if (origin == NULL || host == NULL)
		return true;
	name = strstr(origin, "://");
	return name != NULL && strcasecmp(name + 3, host) == 0;
}

/* Fowler, Noll, Vo: FNV-1a. */
static uint32_t address_hash(const void *address, size_t len)
{
	const unsigned char *byte = address;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 16777619u;
	return hash;
}

/* Counts the request. */
static bool within_rate(struct wr_http_exchange *exchange)
{
	struct wr_http *http = exchange->http;
	const union MHD_ConnectionInfo *info = http->call.MHD_get_connection_info(
	    exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
	int64_t second = wr_mono_us(wr_env_system()) / 1000000;
	struct wr_http_rate *cell;
	uint32_t hash;
	bool within;

	if (http->options.rate_max == 0 || address == NULL)
		return true;
	if (address->sa_family == AF_INET)
		hash = address_hash(&((const struct sockaddr_in *)address)->sin_addr, 4);
	else
		hash = address_hash(&((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	pthread_mutex_lock(&http->lock);
	cell = &http->rate[hash % WR_HTTP_RATE_CELLS];
	if (cell->second != second)
		*cell = (struct wr_http_rate){.second = second};
	within = cell->count++ < http->options.rate_max;
	pthread_mutex_unlock(&http->lock);
	return within;
}

/* The reply says what is wrong, and what to do. The status is taken. */
static void refuse(struct wr_http_exchange *exchange, uint32_t code, const char *name,
		   wr_status *status, const char *hint)
{
	wr_http_error_of(&exchange->reply, code, name, wr_status_hint(status, "%s", hint));
}

/* Whoever has sent a login is not told to send one. */
static void refuse_login(struct wr_http_exchange *exchange)
{
	if (wr_http_header(&exchange->request, "Authorization") == NULL)
		refuse(exchange, 401, "login_needed",
		       wr_status_new(WR_USER_ERROR, "A login is needed"),
		       "Basic with a user's name and password, or Bearer with a token");
	else
		refuse(exchange, 401, "login_needed",
		       wr_status_new(WR_USER_ERROR,
				     "No user has this name and password, or this token"),
		       "server.users has those who may log in");
}

/* All that can be said with the head alone; the reply is there when it is refused. */
static void check_head(struct wr_http_exchange *exchange)
{
	struct wr_http_request *request = &exchange->request;
	const struct wr_auth *auth = exchange->http->auth;
	const struct wr_http_route *route;

	wr_http_route_find(exchange);
	route = exchange->route;
	if (route == NULL)
		return;
	request->who = wr_auth_header(auth, wr_http_header(request, "Authorization"));
	if (!origin_fits(exchange))
		wr_http_error(&exchange->reply, 403, "foreign_origin",
			      "Requests of other sites' pages are not answered");
	else if (!within_rate(exchange))
		refuse(exchange, 429, "too_many_requests",
		       wr_status_new(WR_USER_ERROR, "More than %u requests in a second",
				     exchange->http->options.rate_max),
		       "Ask again in a second; server.http.rate is the bound");
	else if (route->flags & WR_ROUTE_OPEN)
		return;
	else if (request->who == NULL)
		refuse_login(exchange);
	else if (request->who->role < route->role)
		refuse(exchange, 403, "forbidden",
		       wr_status_new(WR_USER_ERROR, "%s is %s; this takes the role %s",
				     request->who->name, wr_role_name(request->who->role),
				     wr_role_name(route->role)),
		       "Log in as somebody who has it");
	else
		return;
	exchange->route = NULL;
}

static void add_body(struct wr_http_exchange *exchange, const char *data, size_t len)
{
	if (exchange->route == NULL)
		return;
	if (exchange->body.len + len > exchange->http->options.body_max) {
		refuse(exchange, 413, "too_large",
		       wr_status_new(WR_USER_ERROR, "A request has at most %zu bytes",
				     exchange->http->options.body_max),
		       "Send less at once; server.request.max-size is the bound");
		exchange->route = NULL;
		return;
	}
	wr_text_add(&exchange->body, data, len);
}

static void call_handler(struct wr_http_exchange *exchange)
{
	exchange->route->handle(exchange->http->server, &exchange->request, &exchange->reply);
}

/* The connection of a handler that has its own thread goes on, now or when the answer is there. */
static void handle_aside(void *argument)
{
	struct wr_http_exchange *exchange = argument;
	struct wr_http *http = exchange->http;
	bool given;

	call_handler(exchange);
	pthread_mutex_lock(&http->lock);
	exchange->returned = true;
	given = !exchange->later || exchange->given;
	exchange->answered = given;
	pthread_mutex_unlock(&http->lock);
	if (given)
		http->call.MHD_resume_connection(exchange->connection);
}

/* The same on a thread of the crew. */
static void handle_slow(void *argument)
{
	struct wr_http_exchange *exchange = argument;

	exchange->request.spare = true;
	handle_aside(exchange);
}

struct wr_http_exchange *wr_http_later(const struct wr_http_request *request)
{
	struct wr_http_exchange *exchange = request->exchange;
	struct wr_http *http = exchange->http;

	WR_ASSERT(!(exchange->route->flags & WR_ROUTE_QUICK));
	pthread_mutex_lock(&http->lock);
	exchange->later = true;
	http->later++;
	pthread_mutex_unlock(&http->lock);
	return exchange;
}

void wr_http_answer(struct wr_http_exchange *exchange, struct wr_http_reply *reply)
{
	struct wr_http *http = exchange->http;

	pthread_mutex_lock(&http->lock);
	wr_text_release(&exchange->reply.body);
	exchange->reply = *reply;
	exchange->given = true;
	exchange->answered = exchange->returned;
	if (exchange->returned)
		http->call.MHD_resume_connection(exchange->connection);
	if (--http->later == 0)
		pthread_cond_broadcast(&http->all_out);
	pthread_mutex_unlock(&http->lock);
}

/* The request is whole: answers it, or leaves that to the pool. */
static enum MHD_Result dispatch(struct wr_http_exchange *exchange)
{
	struct wr_http *http = exchange->http;

	exchange->request.body = (struct wr_str){wr_text_str(&exchange->body), exchange->body.len};
	if (exchange->route == NULL)
		return send_reply(exchange);
	if (exchange->route->flags & WR_ROUTE_QUICK) {
		call_handler(exchange);
		exchange->answered = true;
		return send_reply(exchange);
	}
	pthread_mutex_lock(&http->lock);
	if (http->stopping) {
		pthread_mutex_unlock(&http->lock);
		wr_http_fail(&exchange->reply, wr_server_stopping());
		return send_reply(exchange);
	}
	http->call.MHD_suspend_connection(exchange->connection);
	if (!(exchange->route->flags & WR_ROUTE_SLOW) ||
	    !wr_crew_run(http->crew, handle_slow, exchange)) {
		if (http->waiting == NULL)
			http->waiting = exchange;
		else
			http->last->next = exchange;
		http->last = exchange;
		pthread_cond_signal(&http->work);
	}
	pthread_mutex_unlock(&http->lock);
	return MHD_YES;
}

/* The request is whole: the end of the server waits for its answer to be out. */
static void count_answering(struct wr_http_exchange *exchange)
{
	struct wr_http *http = exchange->http;

	exchange->answering = true;
	pthread_mutex_lock(&http->lock);
	http->answering++;
	pthread_mutex_unlock(&http->lock);
}

/* The answer is out, or nobody takes it. */
static void count_answered(struct wr_http *http)
{
	pthread_mutex_lock(&http->lock);
	if (--http->answering == 0 && http->stopping)
		pthread_cond_broadcast(&http->all_out);
	pthread_mutex_unlock(&http->lock);
}

/* Called first, with the target as it was sent. What it returns is on_request's `own`. */
static void *on_target(void *argument, const char *target, struct MHD_Connection *connection)
{
	struct wr_http_exchange *exchange = wr_calloc(1, sizeof *exchange);

	exchange->http = argument;
	exchange->connection = connection;
	wr_arena_init(&exchange->arena);
	exchange->sent_path = wr_arena_strndup(&exchange->arena, target, strcspn(target, "?"));
	exchange->reply.code = 200;
	return exchange;
}

/* Called for the head, for pieces of the body, at its end, and after a sleep. */
static enum MHD_Result on_request(void *argument, struct MHD_Connection *connection,
				  const char *path, const char *method, const char *version,
				  const char *data, size_t *len, void **own)
{
	struct wr_http_exchange *exchange = *own;

	if (exchange->request.method == NULL) {
		exchange->request.method = wr_arena_strdup(&exchange->arena, method);
		exchange->request.path = wr_arena_strdup(&exchange->arena, path);
		exchange->request.exchange = exchange;
		wr_http_identify(exchange);
		check_head(exchange);
		return MHD_YES;
	}
	if (*len > 0) {
		add_body(exchange, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (exchange->answered)
		return send_reply(exchange);
	count_answering(exchange);
	return dispatch(exchange);
}

/* The answer is out, or the client gone. */
static void on_completed(void *argument, struct MHD_Connection *connection, void **own,
			 enum MHD_RequestTerminationCode how)
{
	struct wr_http_exchange *exchange = *own;

	if (exchange == NULL)
		return;
	if (exchange->request.method != NULL) /* its head could be read */
		wr_http_log(exchange);
	if (exchange->answering && how == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
		wr_http_log_stalled(exchange);
	if (exchange->answering)
		count_answered(exchange->http);
	wr_text_release(&exchange->body);
	wr_text_release(&exchange->reply.body);
	wr_http_stream_unref(exchange->reply.stream);
	wr_arena_release(&exchange->arena);
	wr_free(exchange);
	*own = NULL;
}

/* --- threads ------------------------------------------------------------------------------------
 */

/* Answers what waits, until the server stops and nothing waits. */
static void *pool_main(void *argument)
{
	struct wr_http *http = argument;

	pthread_mutex_lock(&http->lock);
	for (;;) {
		struct wr_http_exchange *exchange = http->waiting;

		if (exchange == NULL) {
			if (http->stopping)
				break;
			pthread_cond_wait(&http->work, &http->lock);
			continue;
		}
		http->waiting = exchange->next;
		pthread_mutex_unlock(&http->lock);
		handle_aside(exchange);
		pthread_mutex_lock(&http->lock);
	}
	pthread_mutex_unlock(&http->lock);
	return NULL;
}

/* Looks after silent streams. */
static void *beat_main(void *argument)
{
	struct wr_http *http = argument;

	pthread_mutex_lock(&http->lock);
	while (!http->stopping) {
		struct timespec deadline = wr_deadline((int64_t)WR_STREAM_BEAT_S * 1000000);

		while (!http->stopping && wr_cond_wait_until(&http->work, &http->lock, &deadline)) {
			if (http->waiting != NULL) /* it was meant for the pool */
				pthread_cond_signal(&http->work);
		}
		for (struct wr_http_stream *stream = http->streams; stream != NULL;
		     stream = stream->next)
			wr_http_stream_beat(stream);
	}
	pthread_mutex_unlock(&http->lock);
	return NULL;
}

/* --- open and close -----------------------------------------------------------------------------
 */

static void on_log(void *argument, const char *format, va_list args)
{
	/* Of clients that break off, mostly; what fails here is told by the calls' results. */
}

/* The address as the library wants it. */
static wr_status *read_address(const struct wr_http_options *options,
			       struct sockaddr_storage *address, uint32_t *flags)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, options->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(options->port);
		return NULL;
	}
	if (inet_pton(AF_INET6, options->address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(options->port);
		*flags |= MHD_USE_IPv6;
		return NULL;
	}
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'%s' is no address to listen on", options->address),
	    "Give numbers: 127.0.0.1, ::1, 0.0.0.0");
}

/* Begins to listen. */
static wr_status *start_daemon(struct wr_http *http)
{
	const struct wr_http_options *options = &http->options;
	uint32_t flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	const union MHD_DaemonInfo *info;
	struct sockaddr_storage address;
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->cert},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->key},
	    {MHD_OPTION_END, 0, NULL},
	};

	WR_TRY(read_address(options, &address, &flags));
	if (options->cert != NULL)
		flags |= MHD_USE_TLS;
	else
		tls[0].option = MHD_OPTION_END;
	http->daemon = http->call.MHD_start_daemon(
	    flags, options->port, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_URI_LOG_CALLBACK, on_target, http,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)options->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_THREAD_POOL_SIZE, (unsigned)DAEMON_THREADS, MHD_OPTION_ARRAY, tls,
	    MHD_OPTION_END);
	if (http->daemon == NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "Cannot listen on %s port %u: %s",
				  options->address, options->port,
				  errno != 0 ? strerror(errno) : "the certificate or key is wrong"),
		    "Set server.http.port to a free port (0 takes any)");
	info = http->call.MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
	http->port = info != NULL ? info->port : options->port;
	return NULL;
}

wr_status *wr_http_open(struct wr_server *server, const struct wr_http_options *options,
			const struct wr_http_route *const *routes, const struct wr_auth *auth,
			struct wr_http **out)
{
	struct wr_http *http = wr_calloc(1, sizeof *http);
	wr_status *status;

	http->server = server;
	http->options = *options;
	http->routes = routes;
	http->auth = auth;
	pthread_mutex_init(&http->lock, NULL);
	wr_cond_init(&http->work);
	wr_cond_init(&http->all_out);
	http->crew = wr_crew_new("weir-slow", WR_HTTP_SLOW_MAX);
	*out = http;
	http->thread = wr_calloc(options->threads + 1, sizeof *http->thread);
	WR_TRY_OUT(status, wr_module_open(&httpd_module, &http->call));
	for (uint32_t i = 0; i <= options->threads; i++) {
		if (!wr_thread_start(&http->thread[i], i == 0 ? "weir-beat" : "weir-http",
				     i == 0 ? beat_main : pool_main, http)) {
			status = wr_status_new(WR_FATAL, "Cannot start a thread for the server");
			goto out;
		}
		http->thread_count++;
	}
	errno = 0;
	status = start_daemon(http);
out:
	if (status != NULL) {
		wr_http_close(http);
		*out = NULL;
	}
	return status;
}

uint16_t wr_http_port(const struct wr_http *http)
{
	return http->port;
}

bool wr_http_secure(const struct wr_http *http)
{
	return http->options.cert != NULL;
}

/* All that others answer is answered, and then all answers are out: the library's end would break
 * them off. */
static void wait_for_answers(struct wr_http *http)
{
	struct timespec deadline;

	pthread_mutex_lock(&http->lock);
	while (http->later > 0)
		pthread_cond_wait(&http->all_out, &http->lock);
	deadline = wr_deadline((int64_t)STOP_MS * 1000);
	while (http->answering > 0 && wr_cond_wait_until(&http->all_out, &http->lock, &deadline))
		continue;
	pthread_mutex_unlock(&http->lock);
}

void wr_http_close(struct wr_http *http)
{
	int listening = -1;

	if (http == NULL)
		return;
	if (http->daemon != NULL)
		listening = http->call.MHD_quiesce_daemon(http->daemon);
	pthread_mutex_lock(&http->lock);
	http->stopping = true;
	for (struct wr_http_stream *stream = http->streams; stream != NULL; stream = stream->next)
		wr_http_stream_close(stream);
	pthread_cond_broadcast(&http->work);
	pthread_mutex_unlock(&http->lock);
	for (uint32_t i = 0; i < http->thread_count; i++)
		pthread_join(http->thread[i], NULL);
	wr_crew_free(http->crew);
	wait_for_answers(http);
	if (http->daemon != NULL)
		http->call.MHD_stop_daemon(http->daemon);
	if (listening >= 0)
		close(listening);
	pthread_cond_destroy(&http->all_out);
	pthread_cond_destroy(&http->work);
	pthread_mutex_destroy(&http->lock);
	wr_free(http->thread);
	wr_free(http);
}
