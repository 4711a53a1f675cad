/* SPDX-License-Identifier: Apache-2.0
 *
 * user_async - requests of weir_async: what the operator on its worker and the threads of the
 * program that end requests have in common.
 *
 * A desk hands requests out and takes their ends. The operator takes a request for each attempt,
 * lets `start` have it, and later takes those that have ended. A request that nobody waits for any
 * more (it timed out, the job is over) is forgotten: its end means nothing, it is free after it.
 *
 * The handle that the program has points into its request, at the byte that says for which use of
 * it (modulo 64): an end that comes twice does not hit the next use.
 *
 * Lifetime: the desk lives until the operator has closed it and every request that it handed out
 * has been ended. It has its own copies of all it needs then.
 *
 * Thread: take, give_back, forget, ended and close are the operator's; the functions of
 * weir/window.h may be called by any thread. One lock a desk; wake is called under it, so that it
 * is not called behind close.
 *
 * Invariants
 *   Q1  a request is free, out, ended (in the list of those) or forgotten
 *   Q2  `output` is written by the program while the request is out or forgotten, and read by the
 * operator while it is ended
 */
#ifndef WR_OP_USER_ASYNC_H
#define WR_OP_USER_ASYNC_H

#include <pthread.h>

#include "expr/appender.h"
#include "op/op.h"

#define WR_REQUEST_ALIGN    64   /* of requests, and uses that are told apart */
#define WR_REQUEST_TEXT_MAX 1000 /* bytes kept of why one has failed */

enum wr_request_state { WR_REQUEST_FREE, WR_REQUEST_OUT, WR_REQUEST_ENDED, WR_REQUEST_FORGOTTEN };

struct weir_request {
	char use[WR_REQUEST_ALIGN]; /* handles point in here */
	struct wr_desk *desk;
	uint32_t uses;               /* so far */
	enum wr_request_state state; /* under the desk's lock */
	struct weir_appender output; /* what the result is appended to */
	char *failed;                /* ended: why it has failed; owned; NULL: it has not */
	struct weir_request *next;   /* free, or ended: in the desk's list */
	struct weir_request *all;    /* the one made before it */
	void *entry;                 /* the operator's: what it is for */
	void *memory;                /* as it was allocated */
};

struct wr_desk {
	pthread_mutex_t lock;     /* of all but `arena`, `schema` and `zone_id` */
	struct wr_arena arena;    /* of the schema */
	struct wr_schema schema;  /* of the output */
	char *zone_id;            /* for texts of TIMESTAMP_LTZ */
	struct weir_request *all; /* every one ever made */
	struct weir_request *free, *free_last;
	struct weir_request *ended, *ended_last; /* in the order in which they ended */
	atomic_uint ended_count;                 /* of these */
	uint32_t out;                            /* requests out or forgotten */
	const struct wr_op_env *env;             /* whom to wake; NULL: closed */
};

struct wr_desk *wr_desk_new(const struct wr_op_env *env, const struct wr_schema *schema);
/* Nobody waits for what is out. */
void wr_desk_close(struct wr_desk *desk);
/* A request that is out, with an empty output; and what the program gets of it. */
wr_status *wr_desk_take(struct wr_desk *desk, void *entry, struct weir_request **out);
static inline struct weir_request *wr_request_handle(struct weir_request *request)
{
	return (struct weir_request *)(request->use + request->uses % WR_REQUEST_ALIGN);
}
/* The ones that have ended so far, linked by `next`; the operator gives each back. */
struct weir_request *wr_desk_ended(struct wr_desk *desk);
/* `start` has failed: it is free. false: it has ended all the same, and is in the list. */
bool wr_desk_withdraw(struct wr_desk *desk, struct weir_request *request);
/* One that has ended, or (state OUT) that the program does not know: it is free. */
void wr_desk_give_back(struct wr_desk *desk, struct weir_request *request);
/* Nobody waits for it any more. false: it has just ended, and is in the list. */
bool wr_desk_forget(struct wr_desk *desk, struct weir_request *request);

#endif
