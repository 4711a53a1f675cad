/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_operation - statements of Flink's clients: begun by one request, executed on a thread of
 * their own, asked about by others.
 *
 *     PENDING -> RUNNING -> FINISHED | ERROR;  any of the first three -> CANCELED
 */
#include <stdio.h>

#include "base/mem.h"
#include "base/thread.h"
#include "data/error.h"
#include "engine/api_cursor.h"
#include "server/gateway_inner.h"
#include "server/server.h"

static void operation_free(struct wr_operation *operation)
{
	struct wr_gateway *gateway = operation->gateway;

	wr_client_done(operation->client, operation->outcome.cursor);
	wr_client_unref(operation->client);
	pthread_mutex_lock(&gateway->lock);
	wr_gateway_session_unref(operation->session);
	pthread_mutex_unlock(&gateway->lock);
	wr_status_free(operation->error);
	wr_text_release(&operation->columns);
	wr_text_release(&operation->last);
	wr_arena_release(&operation->arena);
	pthread_mutex_destroy(&operation->lock);
	wr_free(operation->sql);
	wr_free(operation);
}

void wr_operation_unref(struct wr_operation *operation)
{
	if (operation != NULL && atomic_fetch_sub(&operation->refs, 1) == 1)
		operation_free(operation);
}

void wr_operation_fail(struct wr_operation *operation, bool job_failed, wr_status *error)
{
	pthread_mutex_lock(&operation->lock);
	wr_status_free(operation->error);
	operation->error = error;
	operation->job_failed = job_failed;
	if (operation->status != WR_OPERATION_CANCELED)
		operation->status = WR_OPERATION_ERROR;
	pthread_mutex_unlock(&operation->lock);
}

const char *wr_operation_status_name(struct wr_operation *operation)
{
	static const char *const names[] = {"PENDING", "RUNNING", "FINISHED", "CANCELED", "ERROR"};
	enum wr_operation_status status;

	pthread_mutex_lock(&operation->lock);
	status = operation->status;
	pthread_mutex_unlock(&operation->lock);
	return names[status];
}

/* --- executing ----------------------------------------------------------------------------------
 */

/* false: it was cancelled while it waited for its turn. */
static bool await_turn(struct wr_operation *operation)
{
	struct wr_gateway *gateway = operation->gateway;
	bool runs;

	pthread_mutex_lock(&gateway->lock);
	while (operation->session->turn != operation->number)
		pthread_cond_wait(&gateway->changed, &gateway->lock);
	pthread_mutex_lock(&operation->lock);
	runs = operation->status == WR_OPERATION_PENDING;
	if (runs)
		operation->status = WR_OPERATION_RUNNING;
	pthread_mutex_unlock(&operation->lock);
	pthread_mutex_unlock(&gateway->lock);
	return runs;
}

static void execute(struct wr_operation *operation)
{
	struct weir_error *error = NULL;
	struct wr_outcome outcome;
	enum weir_code code = wr_client_execute(operation->client, operation->sql,
						&operation->origin, &outcome, &error);

	if (code != WEIR_OK) {
		wr_operation_fail(operation, code == WEIR_ERROR_JOB, wr_status_copy(error->status));
		weir_error_free(error);
		return;
	}
	pthread_mutex_lock(&operation->lock);
	operation->outcome = outcome;
	wr_operation_ready(operation);
	if (operation->status == WR_OPERATION_RUNNING)
		operation->status = WR_OPERATION_FINISHED;
	else if (outcome.kind == WR_OUTCOME_ROWS)
		wr_cursor_cancel(outcome.cursor);
	pthread_mutex_unlock(&operation->lock);
}

static void *operation_main(void *own)
{
	struct wr_operation *operation = own;
	struct wr_gateway *gateway = operation->gateway;

	if (await_turn(operation))
		execute(operation);
	pthread_mutex_lock(&gateway->lock);
	operation->session->turn++;
	pthread_cond_broadcast(&gateway->changed);
	pthread_mutex_unlock(&gateway->lock);
	wr_operation_unref(operation);
	pthread_mutex_lock(&gateway->lock);
	gateway->executing--;
	pthread_cond_broadcast(&gateway->changed);
	pthread_mutex_unlock(&gateway->lock);
	return NULL;
}

static bool has_ended(struct wr_operation *operation)
{
	bool ended;

	pthread_mutex_lock(&operation->lock);
	ended = !operation->taken && operation->outcome.cursor == NULL &&
		operation->status != WR_OPERATION_PENDING &&
		operation->status != WR_OPERATION_RUNNING;
	pthread_mutex_unlock(&operation->lock);
	return ended;
}

/* The oldest that has ended leaves the session; NULL: none has. Under the gateway's lock. */
static struct wr_operation *take_oldest(struct wr_gateway_session *session)
{
	struct wr_operation **found = NULL, *operation;

	for (struct wr_operation **at = &session->first; *at != NULL; at = &(*at)->next)
		if (has_ended(*at))
			found = at;
	if (found == NULL)
		return NULL;
	operation = *found;
	*found = operation->next;
	session->count--;
	return operation;
}

/* Enters it into its session and begins its thread. */
static wr_status *enter(struct wr_operation *operation)
{
	struct wr_gateway *gateway = operation->gateway;
	struct wr_gateway_session *session = operation->session;
	struct wr_operation *old = NULL;
	wr_status *status = NULL;
	pthread_t thread;

	pthread_mutex_lock(&gateway->lock);
	if (session->count >= WR_GATEWAY_SESSION_OPERATIONS)
		old = take_oldest(session);
	operation->number = session->given;
	atomic_store(&operation->refs, 3); /* the session's, the thread's, the caller's */
	if (gateway->stopping)
		status = wr_status_new(WR_RETRY, "The server stops");
	else if (session->count >= WR_GATEWAY_SESSION_OPERATIONS ||
		 gateway->executing >= WR_GATEWAY_EXECUTING)
		status = wr_status_hint(
		    wr_status_new(WR_RETRY, "Too many statements are under way"),
		    "Close operations that are not needed any more, or try again later");
	else if (!wr_thread_start(&thread, "weir-gateway", operation_main, operation))
		status = wr_status_new(WR_RETRY, "Cannot start a thread for the statement");
	if (status == NULL) {
		pthread_detach(thread);
		gateway->executing++;
		session->given++;
		session->count++;
		operation->next = session->first;
		session->first = operation;
	}
	pthread_mutex_unlock(&gateway->lock);
	wr_operation_unref(old);
	return status;
}

wr_status *wr_operation_begin(const struct wr_gateway_call *call, const char *sql,
			      struct wr_operation **out)
{
	struct wr_gateway *gateway = call->server->gateway;
	struct wr_operation *operation = wr_calloc(1, sizeof *operation);
	wr_status *status;

	wr_arena_init(&operation->arena);
	operation->gateway = gateway;
	operation->client = wr_client_ref(call->client);
	operation->session = wr_gateway_session(gateway, wr_client_id(call->client));
	operation->sql = wr_strdup(sql);
	operation->origin.request_id =
	    wr_arena_strdup(&operation->arena, call->request->request_id);
	operation->origin.trace = call->request->trace;
	wr_client_make_id(gateway->server->env, operation->id);
	pthread_mutex_init(&operation->lock, NULL);
	wr_text_init(&operation->columns);
	wr_text_init(&operation->last);
	status = enter(operation);
	if (status != NULL)
		operation_free(operation);
	else
		*out = operation;
	return status;
}

/* --- asked about --------------------------------------------------------------------------------
 */

struct wr_operation *wr_operation_find(struct wr_gateway *gateway, const char *session_id,
				       const char *id)
{
	struct wr_gateway_session *session;
	struct wr_operation *found = NULL;

	pthread_mutex_lock(&gateway->lock);
	session = wr_map_get(&gateway->sessions, session_id);
	for (struct wr_operation *at = session != NULL ? session->first : NULL; at != NULL;
	     at = at->next)
		if (strcmp(at->id, id) == 0)
			found = at;
	if (found != NULL)
		atomic_fetch_add(&found->refs, 1);
	pthread_mutex_unlock(&gateway->lock);
	return found;
}

bool wr_operation_cancel(struct wr_operation *operation)
{
	bool runs = false, ends;

	pthread_mutex_lock(&operation->lock);
	ends = operation->status == WR_OPERATION_PENDING ||
	       operation->status == WR_OPERATION_RUNNING || operation->outcome.cursor != NULL;
	if (ends) {
		runs = operation->status == WR_OPERATION_RUNNING;
		operation->status = WR_OPERATION_CANCELED;
		if (operation->outcome.cursor != NULL)
			wr_cursor_cancel(operation->outcome.cursor);
	}
	pthread_mutex_unlock(&operation->lock);
	if (runs)
		wr_client_cancel(operation->client);
	return ends;
}

void wr_operation_close(struct wr_operation *operation)
{
	struct wr_gateway *gateway = operation->gateway;
	bool there = false;

	pthread_mutex_lock(&gateway->lock);
	for (struct wr_operation **at = &operation->session->first; *at != NULL;
	     at = &(*at)->next) {
		if (*at != operation)
			continue;
		*at = operation->next;
		operation->session->count--;
		there = true;
		break;
	}
	pthread_mutex_unlock(&gateway->lock);
	wr_operation_cancel(operation);
	if (there)
		wr_operation_unref(operation);
}
