/* SPDX-License-Identifier: Apache-2.0
 *
 * http - the HTTP side of a server: requests go to the handlers of a table of routes.
 *
 * libmicrohttpd speaks the protocol (and TLS) on a few threads that wait for all connections. A
 * handler is called with the whole request. Handlers marked WR_ROUTE_QUICK answer on such a thread
 * and must not wait for anything; the others run on threads of a pool and may take their time,
 * while the connection sleeps. Those that may wait for long (WR_ROUTE_SLOW) have a thread each, so
 * that the pool is there for the others; and a handler can leave its answer to somebody else
 * (wr_http_later).
 *
 *     request -> route (404, 405) -> origin (403) -> login (401, 403) -> size (413) -> handler ->
 * reply
 *
 * An answer is a text, or a stream: bytes that come as time goes by (http_stream.h).
 *
 * Errors are JSON, {"error": what wr_http_problem appends}.
 *
 * Thread: open and close that of the server; handlers run beside each other.
 */
#ifndef WR_SERVER_HTTP_H
#define WR_SERVER_HTTP_H

#include "base/text.h"
#include "base/trace.h"
#include "server/auth.h"
#include "server/http_stream.h"

#define WR_HTTP_PARAMS_MAX 4 /* in a route's path */
#define WR_HTTP_SLOW_MAX   128

struct wr_server;
struct wr_http_exchange;

/* All that a handler may know of a request; valid until it returns. */
struct wr_http_request {
	const char *method, *path;             /* "POST", "/v1/jobs/totals/stop" */
	const char *param[WR_HTTP_PARAMS_MAX]; /* what stands for "{...}", decoded, in its order */
	struct wr_str body;                    /* "" when there is none; a NUL is behind it */
	const struct wr_principal *who;        /* never NULL */
	const char *request_id;                /* of X-Request-Id, else one of its own */
	struct wr_trace_context trace;         /* of traceparent; not set: there is none */
	bool spare;                            /* who waits in it keeps no thread of the pool */
	struct wr_http_exchange *exchange;     /* for wr_http_query and wr_http_header */
};

/* Zeroed, with code 200, before the handler is called. */
struct wr_http_reply {
	uint32_t code;                 /* HTTP status */
	const char *type;              /* a literal; NULL: application/json */
	struct wr_text body;           /* taken over */
	const char *location;          /* MAY: a Location header; in the body's life; copied */
	const char *allow;             /* MAY: an Allow header, of 405; in the request's life */
	const char *cache;             /* MAY: Cache-Control, a literal; NULL: no-store */
	const char *encoding;          /* MAY: Content-Encoding, a literal */
	const char *etag;              /* MAY: ETag, with its quotes, a literal */
	const char *policy;            /* MAY: Content-Security-Policy, a literal; of HTML */
	struct wr_http_stream *stream; /* in place of the body; a reference, taken over */
};

enum wr_http_route_flag {
	WR_ROUTE_QUICK = 1, /* answers at once, on a thread that serves all connections */
	WR_ROUTE_OPEN = 2,  /* without a login: health, the page's files */
	WR_ROUTE_SLOW = 4   /* may wait for long, for a job or for rows: holds no thread of the pool
			       (of WR_HTTP_SLOW_MAX that wait at once, those beyond do) */
};

struct wr_http_route {
	const char *method; /* "GET" (also HEAD), "POST", "PUT", "PATCH", "DELETE" */
	const char *path;   /* "/v1/jobs/{job}/stop"; a last segment "*" is the rest of the path */
	enum wr_role role;  /* least one that may */
	uint32_t flags;     /* of enum wr_http_route_flag */
	void (*handle)(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply);
};

/* Decoded; NULL: not there. Valid as long as the request. */
const char *wr_http_query(const struct wr_http_request *request, const char *name);
/* The first name of the query for which `known` is false; NULL: all are known. It lasts as long as
 * the request. */
const char *wr_http_query_unknown(const struct wr_http_request *request,
				  bool (*known)(const char *name, void *own), void *own);
const char *wr_http_header(const struct wr_http_request *request, const char *name);

/* In a handler, with the reply whole: packs a body of some size when the client takes gzip. Not for
 * routes that are QUICK: it takes 2 ms a MB or more. */
void wr_http_gzip(const struct wr_http_request *request, struct wr_http_reply *reply);

/* Appends what was wrong, for programs and people:
 * {"code":"not_found","message":"...","hint":"...", "line":1,"column":8,"offset":7,"length":3};
 * offset and length are bytes of the text. */
void wr_http_problem(struct wr_text *out, const char *name, const wr_status *status);

/* In a handler, as the last thing it does with request and reply: the answer comes by
 * wr_http_answer. */
struct wr_http_exchange *wr_http_later(const struct wr_http_request *request);
/* Once, any thread, also before the handler has returned. */
void wr_http_answer(struct wr_http_exchange *exchange, struct wr_http_reply *reply_moved);

/* Makes the reply an error; `name` is for programs: "not_found". */
void wr_http_error(struct wr_http_reply *reply, uint32_t code, const char *name, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));
/* The same of a status, which is freed. */
void wr_http_error_of(struct wr_http_reply *reply, uint32_t code, const char *name,
		      wr_status *status_moved);
/* The same of a status, which is freed: 400 for the user's errors, 503 for what may pass, else 500.
 */
void wr_http_fail(struct wr_http_reply *reply, wr_status *status_moved);

struct wr_http_options {
	const char *address;      /* numeric, "127.0.0.1", "::1" */
	uint16_t port;            /* 0: any free one */
	const char *cert, *key;   /* PEM, whole; NULL: no TLS */
	uint32_t connections_max; /* beyond them a connection is refused */
	size_t body_max;          /* bytes of a request */
	uint32_t stream_idle_s;   /* that the reader of a stream may take nothing */
	uint32_t
	    rate_max; /* requests of one address in a second, beyond which they get 429; 0: any */
	uint32_t threads; /* of the pool */
	/* MAY: rewrites what was refused before a handler saw it, for protocols whose errors look
	 * otherwise. */
	void (*refused)(struct wr_http_reply *reply);
};

struct wr_http;
/* `routes`: NULL-terminated list of tables that each end with a route without a method. The
 * options' texts stay. */
wr_status *wr_http_open(struct wr_server *server, const struct wr_http_options *options,
			const struct wr_http_route *const *routes, const struct wr_auth *auth,
			struct wr_http **out);
uint16_t wr_http_port(const struct wr_http *http);
bool wr_http_secure(const struct wr_http *http);
/* Streams end, requests that have begun are answered, then everything is closed. */
void wr_http_close(struct wr_http *http);

#endif
