/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway - Flink's SQL Gateway REST protocol, versions 1 to 4: Flink's sql-client and JDBC driver
 * talk to the server as to Flink.
 *
 *     POST sessions -> handle; POST statements -> operation; GET operations/{o}/result/{token} ...
 *
 * It has a port of its own (server.gateway.port): Flink's /v1/sessions and the server's own
 * /v1/sessions are different things, and a client that is given an address appends its paths to it.
 * A port keeps each protocol whole, with its own form of errors, and lets a firewall tell them
 * apart. Users and TLS are the server's.
 *
 * A session is a client (client.h). A statement is an operation: executed on a thread of its own,
 * in the order of the session's statements; its rows are pulled by the requests that fetch them.
 *
 * Thread: open and close that of the server.
 */
#ifndef WR_SERVER_GATEWAY_H
#define WR_SERVER_GATEWAY_H

#include "server/http.h"

struct wr_gateway;

wr_status *wr_gateway_open(struct wr_server *server, struct wr_gateway **out);
/* Statements under way are cancelled. After the port has been closed. */
void wr_gateway_close(struct wr_gateway *gateway);

/* NULL-terminated, for wr_http_open. */
extern const struct wr_http_route *const wr_gateway_routes[];
/* Makes the reply an error, of a job that failed or of the request; `status` is freed. */
void wr_gateway_fail(struct wr_http_reply *reply, bool job_failed, wr_status *status_moved);
/* A refusal of the HTTP side in the form of Flink's errors: for wr_http_options. */
void wr_gateway_refused(struct wr_http_reply *reply);

#endif
