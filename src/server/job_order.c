/* SPDX-License-Identifier: Apache-2.0
 *
 * job_order - see job_order.h.
 */
#include "server/job_order.h"

#include "base/mem.h"
#include "server/server.h"

void wr_job_order_fail(struct wr_server *server, const char *job, struct wr_http_reply *reply,
		       wr_status *status)
{
	struct wr_text text;

	wr_text_init(&text);
	if (job != NULL && !wr_jobs_describe_short(server->jobs, job, &text))
		wr_http_error_of(reply, 404, "not_found", status);
	else if (status->class == WR_RETRY)
		wr_http_error_of(reply, 409, "conflict", status);
	else
		wr_http_fail(reply, status);
	wr_text_release(&text);
}

static void order_free(void *own)
{
	struct wr_job_order *order = own;

	wr_arena_release(&order->arena);
	wr_free(order);
}

static void order_run(struct wr_server *server, struct wr_operation *operation, void *own,
		      struct wr_http_reply *reply)
{
	struct wr_job_order *order = own;
	wr_status *status = order->act(server, operation, order, &reply->body);

	if (status != NULL)
		wr_job_order_fail(server, order->job, reply, status);
}

void *wr_job_order_new(size_t size, const struct wr_http_request *request,
		       wr_status *(*act)(struct wr_server *server, struct wr_operation *operation,
					 void *order, struct wr_text *body))
{
	struct wr_job_order *order = wr_calloc(1, size);

	WR_ASSERT(size >= sizeof *order);
	wr_arena_init(&order->arena);
	order->job = wr_arena_strdup(&order->arena, request->param[0]);
	order->act = act;
	return order;
}

void wr_job_order_begin(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply, const char *kind, struct wr_job_order *order,
			wr_status *status)
{
	struct wr_operation_ask ask = {
	    .kind = kind, .job = order->job, .run = order_run, .free = order_free, .own = order};

	if (status == NULL) {
		wr_operations_begin(server->operations, &ask, request, reply);
		return;
	}
	wr_job_order_fail(server, order->job, reply, status);
	order_free(order);
}
