/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_operations - /v1/operations: what was asked for and takes its time (operations.h).
 */
#include "server/operations.h"
#include "server/server.h"

static void get_operations(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	wr_operations_list(server->operations, &reply->body);
}

static void no_operation(struct wr_http_reply *reply, const char *id)
{
	wr_http_error(reply, 404, "not_found",
		      "There is no operation '%s': the last %d that have ended are remembered, "
		      "until the server ends",
		      id, WR_OPERATIONS_MAX);
}

static void get_operation(struct wr_server *server, const struct wr_http_request *request,
			  struct wr_http_reply *reply)
{
	if (!wr_operations_describe(server->operations, request->param[0], &reply->body))
		no_operation(reply, request->param[0]);
}

static void delete_operation(struct wr_server *server, const struct wr_http_request *request,
			     struct wr_http_reply *reply)
{
	switch (wr_operations_cancel(server->operations, request->param[0])) {
	case WR_CANCEL_UNKNOWN: no_operation(reply, request->param[0]); break;
	case WR_CANCEL_NO:
		wr_http_error(reply, 409, "conflict",
			      "The operation '%s' has ended, or is one that cannot be cancelled: "
			      "replays can",
			      request->param[0]);
		break;
	case WR_CANCEL_DONE: wr_text_puts(&reply->body, "{}"); break;
	}
}

const struct wr_http_route wr_routes_operations[] = {
    {"GET", "/v1/operations", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_operations},
    {"GET", "/v1/operations/{operation}", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_operation},
    {"DELETE", "/v1/operations/{operation}", WR_ROLE_OPERATOR, WR_ROUTE_QUICK, delete_operation},
    {0}};
