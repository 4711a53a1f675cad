/* SPDX-License-Identifier: Apache-2.0
 *
 * operations - what is asked of the server over HTTP and may take long: stops, savepoints,
 * restarts, replays.
 *
 * Each is worked on by a thread of its own. Who asked waits for the answer up to `wait_ms`, and
 * holds no thread meanwhile; then, or at once with 0, he gets 202 and the operation's id, and asks
 * for it under GET /v1/operations/{id}. An operation whose client has gone goes on.
 *
 *     running -> done | failed
 *
 * Bounded: WR_OPERATIONS_MAX at once, and as many again that have ended are remembered.
 *
 * Thread: any.
 */
#ifndef WR_SERVER_OPERATIONS_H
#define WR_SERVER_OPERATIONS_H

#include "server/http.h"

#define WR_OPERATIONS_MAX        256
#define WR_OPERATION_ID_LEN      32
#define WR_OPERATION_WAIT_MS     60000 /* unless the request says another: ?wait_ms=N */
#define WR_OPERATION_WAIT_MS_MAX 3600000

struct wr_server;
struct wr_operations;
struct wr_operation;

struct wr_operation_ask {
	const char *kind; /* a literal: "stop" */
	const char *job;  /* copied */
	/* Does it, and fills the reply as a handler of a route does (without streams). */
	void (*run)(struct wr_server *server, struct wr_operation *operation, void *own,
		    struct wr_http_reply *reply);
	void (*free)(void *own);
	void *own; /* moved: freed when it has run, or cannot */
};

wr_status *wr_operations_open(struct wr_server *server, struct wr_operations **out);
/* Those that can be cancelled are; no other begins. Who waits is answered. */
void wr_operations_end(struct wr_operations *operations);
void wr_operations_close(struct wr_operations *operations);

/* In a handler, as the last thing it does: begins it, and answers. */
void wr_operations_begin(struct wr_operations *operations, const struct wr_operation_ask *ask,
			 const struct wr_http_request *request, struct wr_http_reply *reply);

/* Within `run`: what a cancel calls, on another thread, until it is set to NULL. false: it is
 * cancelled already, and nothing was set. */
bool wr_operation_on_cancel(struct wr_operation *operation, void (*cancel)(void *own), void *own);

/* Appends JSON: one, false: there is none; or all in short, the newest first. */
bool wr_operations_describe(struct wr_operations *operations, const char *id, struct wr_text *out);
void wr_operations_list(struct wr_operations *operations, struct wr_text *out);

enum wr_operation_cancel {
	WR_CANCEL_UNKNOWN, /* there is no such operation */
	WR_CANCEL_NO,      /* it has ended, or cannot be cancelled */
	WR_CANCEL_DONE     /* it ends soon */
};
enum wr_operation_cancel wr_operations_cancel(struct wr_operations *operations, const char *id);

#endif
