/* SPDX-License-Identifier: Apache-2.0
 *
 * operations - see operations.h.
 *
 * Who is answered: an operation has the exchange of who waits, until either its thread or the
 * keeper, whose clock has run out, takes it under the lock and answers.
 */
#include "server/operations.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crew.h"
#include "base/env.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "server/server.h"

#define KEPT_BYTES_MAX (64u << 20) /* of the answers of all that have ended */

struct wr_operation {
	struct wr_operations *operations;
	struct wr_operation *next; /* under lock: the one that began before it */
	char id[WR_OPERATION_ID_LEN + 1];
	struct wr_operation_ask ask; /* `job` is owned; `own` until it has run */
	int64_t began_ms;
	/* Under lock. */
	int64_t ended_ms;                  /* 0: it runs */
	uint32_t code;                     /* HTTP status of the answer */
	struct wr_text body;               /* of it */
	struct wr_http_exchange *exchange; /* who waits for it; NULL: nobody (any more) */
	int64_t until_us;                  /* monotonic: how long he does */
	void (*cancel)(void *own);         /* NULL: it cannot be cancelled now */
	void *cancel_own;
	bool cancelled;
};

struct wr_operations {
	struct wr_server *server;
	struct wr_crew *crew;
	pthread_t keeper; /* answers those who have waited long enough */
	bool has_keeper;
	pthread_mutex_t lock;
	pthread_cond_t changed;     /* for the keeper */
	struct wr_operation *first; /* under lock: the newest */
	bool ending;                /* under lock */
};

static bool is_good(const struct wr_operation *operation)
{
	return operation->code < 400;
}

/* The error's object of an answer {"error":{...}}. */
static void put_error(struct wr_text *out, const struct wr_text *body)
{
	size_t head = strlen("{\"error\":");

	if (body->len > head + 1)
		wr_text_add(out, body->data + head, body->len - head - 1);
	else
		wr_text_puts(out, "null");
}

/* As JSON; `whole`: with what came of it. Under lock. */
static void describe(const struct wr_operation *operation, bool whole, struct wr_text *out)
{
	bool ended = operation->ended_ms != 0;

	wr_text_printf(out, "{\"operation\":\"%s\",\"kind\":\"%s\",\"job\":", operation->id,
		       operation->ask.kind);
	wr_text_json(out, operation->ask.job);
	wr_text_printf(out, ",\"state\":\"%s\",\"started_ms\":%lld,\"ended_ms\":",
		       !ended               ? "running"
		       : is_good(operation) ? "done"
					    : "failed",
		       (long long)operation->began_ms);
	if (ended)
		wr_text_printf(out, "%lld", (long long)operation->ended_ms);
	else
		wr_text_puts(out, "null");
	if (!whole) {
		wr_text_putc(out, '}');
		return;
	}
	wr_text_puts(out, ",\"result\":");
	wr_text_puts(out, ended && is_good(operation) ? wr_text_str(&operation->body) : "null");
	wr_text_puts(out, ",\"error\":");
	if (ended && !is_good(operation))
		put_error(out, &operation->body);
	else
		wr_text_puts(out, "null");
	wr_text_putc(out, '}');
}

static void operation_free(struct wr_operation *operation)
{
	if (operation->ask.own != NULL)
		operation->ask.free(operation->ask.own);
	wr_free((char *)operation->ask.job);
	wr_text_release(&operation->body);
	wr_free(operation);
}

/* Forgets the oldest that have ended, as many as are too many. Under lock. */
static void forget(struct wr_operations *operations)
{
	struct wr_operation **at = &operations->first;
	uint32_t ended = 0;
	size_t bytes = 0;

	while (*at != NULL) {
		struct wr_operation *operation = *at;

		if (operation->ended_ms != 0) {
			ended++;
			bytes += operation->body.len;
		}
		if (operation->ended_ms != 0 && ended > 1 &&
		    (ended > WR_OPERATIONS_MAX || bytes > KEPT_BYTES_MAX)) {
			*at = operation->next;
			operation_free(operation);
		} else {
			at = &operation->next;
		}
	}
}

/* The exchange is taken: it is answered with what is known now. */
static void answer_accepted(struct wr_http_exchange *exchange, struct wr_text *body)
{
	struct wr_http_reply reply = {.code = 202, .body = *body};

	wr_http_answer(exchange, &reply);
}

/* --- at work ------------------------------------------------------------------------------------
 */

static void work(void *argument)
{
	struct wr_operation *operation = argument;
	struct wr_operations *operations = operation->operations;
	struct wr_http_reply reply = {.code = 200};
	struct wr_http_exchange *exchange;

	operation->ask.run(operations->server, operation, operation->ask.own, &reply);
	operation->ask.free(operation->ask.own);
	operation->ask.own = NULL;
	pthread_mutex_lock(&operations->lock);
	operation->cancel = NULL;
	operation->code = reply.code;
	wr_text_add(&operation->body, wr_text_str(&reply.body), reply.body.len);
	operation->ended_ms = wr_wall_us(operations->server->env) / 1000;
	exchange = operation->exchange;
	operation->exchange = NULL;
	forget(operations);
	pthread_mutex_unlock(&operations->lock);
	if (exchange != NULL)
		wr_http_answer(exchange, &reply);
	else
		wr_text_release(&reply.body);
}

/* The one whose client has waited long enough, and the time until the next one; under lock. */
static struct wr_operation *find_late(struct wr_operations *operations, int64_t *pause_us)
{
	int64_t now_us = wr_mono_us(operations->server->env);

	*pause_us = (int64_t)WR_OPERATION_WAIT_MS_MAX * 1000;
	for (struct wr_operation *one = operations->first; one != NULL; one = one->next) {
		if (one->exchange == NULL)
			continue;
		if (one->until_us <= now_us)
			return one;
		*pause_us = WR_MIN(*pause_us, one->until_us - now_us);
	}
	return NULL;
}

static void *keeper_main(void *argument)
{
	struct wr_operations *operations = argument;

	pthread_mutex_lock(&operations->lock);
	while (!operations->ending) {
		struct wr_http_exchange *exchange;
		struct wr_operation *late;
		struct wr_text body;
		int64_t pause_us;

		late = find_late(operations, &pause_us);
		if (late == NULL) {
			wr_cond_wait_us(&operations->changed, &operations->lock, pause_us);
			continue;
		}
		exchange = late->exchange;
		late->exchange = NULL;
		wr_text_init(&body);
		describe(late, true, &body);
		pthread_mutex_unlock(&operations->lock);
		answer_accepted(exchange, &body);
		pthread_mutex_lock(&operations->lock);
	}
	pthread_mutex_unlock(&operations->lock);
	return NULL;
}

/* --- asked for ----------------------------------------------------------------------------------
 */

/* ?wait_ms=N; false: the reply says what is wrong with it. */
static bool read_wait(const struct wr_http_request *request, struct wr_http_reply *reply,
		      int64_t *wait_ms)
{
	const char *text = wr_http_query(request, "wait_ms");
	char *end = NULL;

	*wait_ms = text != NULL ? strtoll(text, &end, 10) : WR_OPERATION_WAIT_MS;
	if (text == NULL ||
	    (*text >= '0' && *text <= '9' && *end == '\0' && *wait_ms <= WR_OPERATION_WAIT_MS_MAX))
		return true;
	wr_http_error(reply, 400, "invalid_request", "wait_ms=%s is no number of 0 to %d", text,
		      WR_OPERATION_WAIT_MS_MAX);
	return false;
}

static struct wr_operation *operation_new(struct wr_operations *operations,
					  const struct wr_operation_ask *ask)
{
	struct wr_operation *operation = wr_calloc(1, sizeof *operation);
	struct wr_env *env = operations->server->env;
	uint64_t number[2];

	env->ops->random(env, number, sizeof number);
	snprintf(operation->id, sizeof operation->id, "%016llx%016llx",
		 (unsigned long long)number[0], (unsigned long long)number[1]);
	operation->operations = operations;
	operation->ask = *ask;
	operation->ask.job = wr_strdup(ask->job);
	operation->began_ms = wr_wall_us(env) / 1000;
	wr_text_init(&operation->body);
	return operation;
}

/* There is no thread for it. */
static void refuse(struct wr_operations *operations, struct wr_operation *operation, bool ending,
		   const struct wr_http_request *request, struct wr_http_reply *reply)
{
	if (ending)
		wr_http_fail(reply, wr_server_stopping());
	else
		wr_http_error(reply, 503, "unavailable",
			      "%d operations are under way, and no more can be: GET "
			      "/v1/operations tells which",
			      WR_OPERATIONS_MAX);
	operation_free(operation);
}

void wr_operations_begin(struct wr_operations *operations, const struct wr_operation_ask *ask,
			 const struct wr_http_request *request, struct wr_http_reply *reply)
{
	struct wr_operation *operation = operation_new(operations, ask);
	bool began = false, ending;
	int64_t wait_ms;

	if (!read_wait(request, reply, &wait_ms)) {
		operation_free(operation);
		return;
	}
	pthread_mutex_lock(&operations->lock);
	ending = operations->ending;
	if (!ending)
		began = wr_crew_run(operations->crew, work, operation);
	if (began) { /* its end needs the lock */
		operation->next = operations->first;
		operations->first = operation;
	}
	if (began && wait_ms > 0) {
		operation->until_us = wr_mono_us(operations->server->env) + wait_ms * 1000;
		operation->exchange = wr_http_later(request);
		pthread_cond_signal(&operations->changed);
	} else if (began) {
		reply->code = 202;
		describe(operation, true, &reply->body);
	}
	pthread_mutex_unlock(&operations->lock);
	if (!began)
		refuse(operations, operation, ending, request, reply);
}

bool wr_operation_on_cancel(struct wr_operation *operation, void (*cancel)(void *own), void *own)
{
	struct wr_operations *operations = operation->operations;
	bool may;

	pthread_mutex_lock(&operations->lock);
	may = !operation->cancelled;
	operation->cancel = may ? cancel : NULL;
	operation->cancel_own = own;
	pthread_mutex_unlock(&operations->lock);
	return may;
}

/* Under lock, which keeps what is cancelled alive. */
static void cancel_it(struct wr_operation *operation)
{
	operation->cancelled = true;
	if (operation->cancel != NULL)
		operation->cancel(operation->cancel_own);
}

static struct wr_operation *find(struct wr_operations *operations, const char *id)
{
	struct wr_operation *one = operations->first;

	while (one != NULL && strcmp(one->id, id) != 0)
		one = one->next;
	return one;
}

enum wr_operation_cancel wr_operations_cancel(struct wr_operations *operations, const char *id)
{
	enum wr_operation_cancel result = WR_CANCEL_UNKNOWN;
	struct wr_operation *one;

	pthread_mutex_lock(&operations->lock);
	one = find(operations, id);
	if (one != NULL)
		result = one->cancel != NULL ? WR_CANCEL_DONE : WR_CANCEL_NO;
	if (result == WR_CANCEL_DONE)
		cancel_it(one);
	pthread_mutex_unlock(&operations->lock);
	return result;
}

bool wr_operations_describe(struct wr_operations *operations, const char *id, struct wr_text *out)
{
	struct wr_operation *one;

	pthread_mutex_lock(&operations->lock);
	one = find(operations, id);
	if (one != NULL)
		describe(one, true, out);
	pthread_mutex_unlock(&operations->lock);
	return one != NULL;
}

void wr_operations_list(struct wr_operations *operations, struct wr_text *out)
{
	wr_text_puts(out, "{\"operations\":[");
	pthread_mutex_lock(&operations->lock);
	for (struct wr_operation *one = operations->first; one != NULL; one = one->next) {
		if (one != operations->first)
			wr_text_putc(out, ',');
		describe(one, false, out);
	}
	pthread_mutex_unlock(&operations->lock);
	wr_text_puts(out, "]}");
}

/* --- open and close -----------------------------------------------------------------------------
 */

wr_status *wr_operations_open(struct wr_server *server, struct wr_operations **out)
{
	struct wr_operations *operations = wr_calloc(1, sizeof *operations);

	*out = operations;
	operations->server = server;
	operations->crew = wr_crew_new("weir-operation", WR_OPERATIONS_MAX);
	pthread_mutex_init(&operations->lock, NULL);
	wr_cond_init(&operations->changed);
	operations->has_keeper =
	    wr_thread_start(&operations->keeper, "weir-keeper", keeper_main, operations);
	return operations->has_keeper
		   ? NULL
		   : wr_status_new(WR_FATAL, "Cannot start a thread for the server");
}

void wr_operations_end(struct wr_operations *operations)
{
	if (operations == NULL)
		return;
	pthread_mutex_lock(&operations->lock);
	operations->ending = true;
	pthread_cond_signal(&operations->changed);
	for (struct wr_operation *one = operations->first; one != NULL; one = one->next)
		if (one->ended_ms == 0)
			cancel_it(one);
	pthread_mutex_unlock(&operations->lock);
	wr_crew_free(operations->crew); /* all have ended, and answered */
	operations->crew = NULL;
	if (operations->has_keeper)
		pthread_join(operations->keeper, NULL);
	operations->has_keeper = false;
}

void wr_operations_close(struct wr_operations *operations)
{
	if (operations == NULL)
		return;
	wr_operations_end(operations);
	while (operations->first != NULL) {
		struct wr_operation *one = operations->first;

		operations->first = one->next;
		operation_free(one);
	}
	pthread_cond_destroy(&operations->changed);
	pthread_mutex_destroy(&operations->lock);
	wr_free(operations);
}
