/* SPDX-License-Identifier: Apache-2.0
 *
 * http_inner - what the parts of the HTTP side share: the library, an exchange, the threads.
 *
 * Thread: as each says.
 */
#ifndef WR_SERVER_HTTP_INNER_H
#define WR_SERVER_HTTP_INNER_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/crew.h"
#include "base/module.h"
#include "server/http.h"
#include "server/http_stream_inner.h"

/* clang-format off */
#define HTTPD_CALLS(X)                                                                             \
	X(MHD_start_daemon)                                                                        \
	X(MHD_stop_daemon)                                                                         \
	X(MHD_quiesce_daemon)                                                                      \
	X(MHD_get_daemon_info)                                                                     \
	X(MHD_get_connection_info)                                                                 \
	X(MHD_get_connection_values)                                                               \
	X(MHD_set_connection_option)                                                               \
	X(MHD_lookup_connection_value)                                                             \
	X(MHD_suspend_connection)                                                                  \
	X(MHD_resume_connection)                                                                   \
	X(MHD_queue_response)                                                                      \
	X(MHD_create_response_from_buffer)                                                         \
	X(MHD_create_response_from_callback)                                                       \
	X(MHD_add_response_header)                                                                 \
	X(MHD_destroy_response)
/* clang-format on */

struct wr_httpd_calls {
	HTTPD_CALLS(WR_MODULE_FIELD)
};

/* Counts the requests of an address within a second; addresses that share a cell share its rate. */
#define WR_HTTP_RATE_CELLS 1024
struct wr_http_rate {
	int64_t second;
	uint32_t count;
};

struct wr_http {
	struct wr_server *server;
	struct wr_httpd_calls call;
	struct wr_http_options options;
	const struct wr_http_route *const *routes;
	const struct wr_auth *auth;
	struct MHD_Daemon *daemon;
	uint16_t port; /* that it listens on */
	pthread_mutex_t lock;
	struct wr_http_stream *streams;   /* under lock: attached to connections */
	struct wr_http_exchange *waiting; /* under lock: for a thread of the pool, first to last */
	struct wr_http_exchange *last;    /* under lock */
	pthread_cond_t work;              /* waiting, or stopping */
	bool stopping;                    /* under lock */
	pthread_t *thread;                /* of the pool, and one for the beats */
	uint32_t thread_count;            /* that were started */
	struct wr_crew *crew;             /* of handlers that may wait for long */
	uint32_t later;                   /* under lock: answers that somebody else gives */
	uint32_t answering;     /* under lock: requests that are whole, their answers not out */
	pthread_cond_t all_out; /* later, or while it stops answering, is 0 */
	struct wr_http_rate rate[WR_HTTP_RATE_CELLS]; /* under lock */
};

/* A request with its answer. */
struct wr_http_exchange {
	struct wr_http *http;
	struct MHD_Connection *connection;
	struct wr_arena arena;
	struct wr_http_request request;
	const char *sent_path; /* not decoded, without the query */
	struct wr_http_reply reply;
	const struct wr_http_route *route; /* NULL: the reply is there already */
	struct wr_text body;
	bool answered;    /* the reply is complete */
	bool answering;   /* counted in http->answering */
	bool later;       /* under http->lock: somebody else gives the answer */
	bool returned;    /* the same: the handler of such a one has */
	bool given;       /* the same: the answer is there */
	int64_t began_us; /* monotonic */
	struct wr_http_exchange *next;
};

/* http_request.c: gives the request its id and trace; puts it into the log, if that is wanted. */
void wr_http_identify(struct wr_http_exchange *exchange);
void wr_http_log(struct wr_http_exchange *exchange);
/* Says why the connection was closed: its client took nothing of the answer. */
void wr_http_log_stalled(struct wr_http_exchange *exchange);

/* http_route.c: finds the route and its parameters; else the reply says why. */
void wr_http_route_find(struct wr_http_exchange *exchange);

#endif
