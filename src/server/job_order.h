/* SPDX-License-Identifier: Apache-2.0
 *
 * job_order - something that is to be done to a job, asked for over HTTP: an operation
 * (operations.h) with its own arena, and the errors that all of them have.
 *
 *     404  there is no such job          409  it is not in a state for that, or its name is taken
 *
 * Who needs more than the job's name puts the order first in a struct of his own:
 *
 *     struct stop { struct wr_job_order order; const char *folder; };
 *     struct stop *stop = wr_job_order_new(sizeof *stop, request, do_stop);
 *     wr_job_order_begin(server, request, reply, "stop", &stop->order, status);
 *
 * Thread: of the request; `act` is called on that of the operation.
 */
#ifndef WR_SERVER_JOB_ORDER_H
#define WR_SERVER_JOB_ORDER_H

#include "base/arena.h"
#include "server/http.h"
#include "server/operations.h"

struct wr_job_order {
	struct wr_arena arena; /* of what the request said */
	const char *job;       /* its id or its name, as the path says */
	/* Does it, and appends the answer. */
	wr_status *(*act)(struct wr_server *server, struct wr_operation *operation, void *order,
			  struct wr_text *body);
};

/* `size` bytes that begin with a struct wr_job_order; what is behind it is zero. */
void *wr_job_order_new(size_t size, const struct wr_http_request *request,
		       wr_status *(*act)(struct wr_server *server, struct wr_operation *operation,
					 void *order, struct wr_text *body));

/* Moves both. As the last thing that a handler does: begins it, unless the request has an error. */
void wr_job_order_begin(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply, const char *kind, struct wr_job_order *order,
			wr_status *status);

/* The error of what was asked of a job (NULL: a new one). Moves the status. */
void wr_job_order_fail(struct wr_server *server, const char *job, struct wr_http_reply *reply,
		       wr_status *status);

#endif
