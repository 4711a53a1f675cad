/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_observe - a look into a job that runs: its graph, its operators, rows and keys that flow,
 * and why there is no output (runtime/observe.h, why.h); and /metrics (metrics.h).
 *
 *     404  there is no such job or operator          409  it does not run at the moment
 */
#include <stdlib.h>

#include "base/mem.h"
#include "expr/json_doc.h"
#include "runtime/ask.h"
#include "runtime/observe.h"
#include "runtime/why.h"
#include "server/server.h"

#define STATE_WAIT_S 2 /* for the worker that has a key */

/* The running job, held; NULL: the reply says why not. Ended by let_job. */
static struct wr_job *hold_job(struct wr_server *server, const struct wr_http_request *request,
			       struct wr_http_reply *reply, struct wr_run **run)
{
	const char *name = request->param[0];
	struct wr_job *job = NULL;
	struct wr_text text;

	*run = wr_jobs_hold(server->jobs, name);
	if (*run != NULL)
		job = wr_run_hold(*run);
	if (job != NULL)
		return job;
	if (*run != NULL)
		wr_run_let(*run);
	wr_jobs_let(server->jobs, *run);
	wr_text_init(&text);
	if (wr_jobs_describe_short(server->jobs, name, &text))
		wr_http_error(reply, 409, "not_running",
			      "Job '%s' does not run at the moment: there is nothing to look at",
			      name);
	else
		wr_http_error_of(reply, 404, "not_found", wr_jobs_unknown(name));
	wr_text_release(&text);
	return NULL;
}

static void let_job(struct wr_server *server, struct wr_run *run)
{
	wr_run_let(run);
	wr_jobs_let(server->jobs, run);
}

static void get_graph(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	struct wr_run *run;
	struct wr_job *job = hold_job(server, request, reply, &run);

	if (job == NULL)
		return;
	wr_report_graph(&reply->body, job);
	let_job(server, run);
}

static void get_operators(struct wr_server *server, const struct wr_http_request *request,
			  struct wr_http_reply *reply)
{
	struct wr_run *run;
	struct wr_job *job = hold_job(server, request, reply, &run);

	if (job == NULL)
		return;
	wr_report_operators(&reply->body, job, true);
	let_job(server, run);
}

static void get_why(struct wr_server *server, const struct wr_http_request *request,
		    struct wr_http_reply *reply)
{
	const char *format = wr_http_query(request, "format");
	bool as_text = format != NULL && strcmp(format, "text") == 0;
	struct wr_run *run;
	struct wr_job *job;

	if (format != NULL && !as_text && strcmp(format, "json") != 0) {
		wr_http_error(reply, 400, "bad_request", "format=%s is neither json nor text",
			      format);
		return;
	}
	job = hold_job(server, request, reply, &run);
	if (job == NULL)
		return;
	if (as_text) {
		reply->type = "text/plain; charset=utf-8";
		wr_why_print(&reply->body, job);
	} else {
		wr_report_why(&reply->body, job);
	}
	let_job(server, run);
}

/* A number of the path or query within 0..max; `otherwise` when there is none. */
static bool read_number(const char *text, uint32_t otherwise, uint32_t max, uint32_t *number)
{
	unsigned long value;
	char *end;

	*number = otherwise;
	if (text == NULL)
		return true;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || value > max)
		return false;
	*number = (uint32_t)value;
	return true;
}

/* The operator of the path; false: the reply says that there is none. */
static bool read_operator(const struct wr_http_request *request, struct wr_http_reply *reply,
			  uint32_t *id)
{
	if (read_number(request->param[1], 0, UINT32_MAX / 4, id))
		return true;
	wr_http_error(reply, 404, "not_found",
		      "There is no operator '%s': see /v1/jobs/{job}/graph", request->param[1]);
	return false;
}

static void get_samples(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	const char *text = wr_http_query(request, "max");
	struct wr_run *run;
	struct wr_job *job;
	uint32_t id, max;

	if (!read_operator(request, reply, &id))
		return;
	if (!read_number(text, 20, 1000000, &max)) {
		wr_http_error(reply, 400, "bad_request", "max=%s is no number of rows", text);
		return;
	}
	job = hold_job(server, request, reply, &run);
	if (job == NULL)
		return;
	if (!wr_report_samples(&reply->body, job, id, max))
		wr_http_error(reply, 404, "not_found",
			      "There is no operator %u: see /v1/jobs/{job}/graph", id);
	let_job(server, run);
}

static void get_hot_keys(struct wr_server *server, const struct wr_http_request *request,
			 struct wr_http_reply *reply)
{
	struct wr_run *run;
	struct wr_job *job;
	uint32_t id;

	if (!read_operator(request, reply, &id))
		return;
	job = hold_job(server, request, reply, &run);
	if (job == NULL)
		return;
	if (!wr_report_hot_keys(&reply->body, job, id))
		wr_http_error(reply, 404, "not_found",
			      "There is no operator %u: see /v1/jobs/{job}/graph", id);
	let_job(server, run);
}

/* The values of a key: a JSON array, or one value as it is; *count UINT32_MAX: it is no JSON. */
static const char **read_key(const char *text, struct wr_arena *arena, struct wr_json_doc *doc,
			     uint32_t *count)
{
	const char **key = WR_NEW_ARRAY(arena, const char *, 1);
	uint32_t n = 0;

	*count = text != NULL;
	key[0] = text;
	if (text == NULL || *text != '[')
		return key;
	*count = UINT32_MAX;
	if (!wr_json_parse(doc, text, strlen(text)))
		return key;
	key = WR_NEW_ARRAY(arena, const char *, doc->node[0].count + 1);
	for (uint32_t i = 1; i < doc->count; i = doc->node[i].end, n++) {
		const struct wr_json_node *node = &doc->node[i];

		if (node->kind == WR_JSON_ARRAY || node->kind == WR_JSON_OBJECT)
			return key;
		key[n] = node->kind == WR_JSON_NULL   ? NULL
			 : node->kind == WR_JSON_TRUE ? "TRUE"
			 : node->kind == WR_JSON_FALSE
			     ? "FALSE"
			     : wr_arena_strndup(arena, node->text, node->len);
	}
	*count = n;
	return key;
}

/* The error of what was asked of an operator's state; FOUND has none. */
static void refuse_state(struct wr_http_reply *reply, enum wr_answer answer, uint32_t id,
			 const char *key)
{
	switch (answer) {
	case WR_ANSWER_FOUND: break;
	case WR_ANSWER_ABSENT:
		wr_http_error(reply, 404, "no_such_key",
			      "Operator %u remembers nothing of the key %s", id,
			      key != NULL ? key : "()");
		break;
	case WR_ANSWER_NO_OPERATOR:
		wr_http_error(reply, 404, "not_found",
			      "There is no operator %u: see /v1/jobs/{job}/graph", id);
		break;
	case WR_ANSWER_NO_STATE:
		wr_http_error(reply, 404, "no_state", "Operator %u remembers nothing by key", id);
		break;
	case WR_ANSWER_BUSY:
		wr_http_error(reply, 503, "busy",
			      "The subtask with the key did not come to answer within %d s: try "
			      "again",
			      STATE_WAIT_S);
		break;
	}
}

/* What an operator remembers of a key. */
static void get_state(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	const char *text = wr_http_query(request, "key");
	struct wr_state_question question = {.wait_us = STATE_WAIT_S * 1000000ll};
	enum wr_answer answer = WR_ANSWER_FOUND;
	struct wr_json_doc doc;
	struct wr_arena arena;
	struct wr_run *run;
	struct wr_job *job;
	wr_status *status;

	if (!read_operator(request, reply, &question.node))
		return;
	job = hold_job(server, request, reply, &run);
	if (job == NULL)
		return;
	wr_arena_init(&arena);
	wr_json_init(&doc);
	question.key = read_key(text, &arena, &doc, &question.key_count);
	if (question.key_count == UINT32_MAX) {
		wr_http_error(reply, 400, "bad_request",
			      "key=%s is neither a value nor a JSON array of values", text);
	} else {
		status = wr_report_state(&reply->body, job, &question, &answer);
		if (status != NULL)
			wr_http_error_of(reply, 400, "bad_request", status);
		else
			refuse_state(reply, answer, question.node, text);
	}
	let_job(server, run);
	wr_json_release(&doc);
	wr_arena_release(&arena);
}

static void get_metrics(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	wr_metrics_print(&server->telemetry.metrics, &reply->body);
	wr_http_gzip(request, reply);
}

const struct wr_http_route wr_routes_observe[] = {
    {"GET", "/v1/jobs/{job}/graph", WR_ROLE_VIEWER, 0, get_graph},
    {"GET", "/v1/jobs/{job}/operators", WR_ROLE_VIEWER, 0, get_operators},
    {"GET", "/v1/jobs/{job}/operators/{operator}/samples", WR_ROLE_VIEWER, 0, get_samples},
    {"GET", "/v1/jobs/{job}/operators/{operator}/hot-keys", WR_ROLE_VIEWER, 0, get_hot_keys},
    {"GET", "/v1/jobs/{job}/operators/{operator}/state", WR_ROLE_OPERATOR, 0, get_state},
    {"GET", "/v1/jobs/{job}/why", WR_ROLE_VIEWER, 0, get_why},
    {"GET", "/metrics", WR_ROLE_VIEWER, 0, get_metrics},
    {0},
};
