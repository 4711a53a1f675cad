/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_jobs - /v1/jobs: jobs over HTTP.
 *
 * What is done to a job is an order (job_order.h): it may wait for the job's end.
 */
#include "base/limits.h"
#include "base/macros.h"
#include "server/job_order.h"
#include "server/jobs_stream.h"
#include "server/json_members.h"
#include "server/server.h"

/* --- all jobs -----------------------------------------------------------------------------------
 */

static void get_jobs(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	wr_jobs_list(server->jobs, &reply->body);
}

/* Submits what the body says. */
static void post_jobs(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	struct wr_job_spec spec = {.owner = request->who->name,
				   .origin = {request->request_id, request->trace}};
	struct wr_pairs settings = {0};
	const struct wr_member fields[] = {{"name", WR_MEMBER_TEXT, &spec.name, false},
					   {"sql", WR_MEMBER_TEXT, &spec.sql, true},
					   {"settings", WR_MEMBER_PAIRS, &settings, false},
					   {"restore", WR_MEMBER_TEXT, &spec.restore, false},
					   {"upgrade", WR_MEMBER_BOOL, &spec.upgrade, false}};
	char id[WR_JOB_ID_LEN + 1];
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	WR_TRY_OUT(status, wr_members_read(request->body, &arena, fields, WR_COUNT(fields)));
	spec.key = settings.key;
	spec.value = settings.value;
	spec.setting_count = settings.count;
	WR_TRY_OUT(status, wr_jobs_submit(server->jobs, &spec, id));
	reply->code = 201;
	wr_text_printf(&reply->body, "{\"id\":\"%s\"}", id);
out:
	if (status != NULL)
		wr_job_order_fail(server, NULL, reply, status);
	wr_arena_release(&arena);
}

/* --- one job ------------------------------------------------------------------------------------
 */

static void get_job(struct wr_server *server, const struct wr_http_request *request,
		    struct wr_http_reply *reply)
{
	bool secrets = request->who->role >= WR_ROLE_OPERATOR;

	if (!wr_jobs_describe(server->jobs, request->param[0], secrets, &reply->body))
		wr_job_order_fail(server, request->param[0], reply,
				  wr_jobs_unknown(request->param[0]));
}

/* --- what may take its time --------------------------------------------------------------------
 */

/* What is to be done to a job, and how. */
struct ask {
	struct wr_job_order order;
	enum wr_job_stop how;
	const char *folder, *restore, *sql;
	int64_t parallelism;
	bool apply;
};

static struct ask *ask_new(const struct wr_http_request *request,
			   wr_status *(*act)(struct wr_server *server,
					     struct wr_operation *operation, void *own,
					     struct wr_text *body))
{
	return wr_job_order_new(sizeof(struct ask), request, act);
}

static wr_status *do_forget(struct wr_server *server, struct wr_operation *operation, void *own,
			    struct wr_text *body)
{
	const struct ask *ask = own;
	WR_TRY(wr_jobs_forget(server->jobs, ask->order.job));
	wr_text_puts(body, "{}");
	return NULL;
}

static void delete_job(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply)
{
	wr_job_order_begin(server, request, reply, "forget", &ask_new(request, do_forget)->order,
			   NULL);
}

/* {"savepoint": path or null}. */
static void put_savepoint(struct wr_text *body, const struct wr_text *path)
{
	wr_text_puts(body, "{\"savepoint\":");
	if (path->len > 0)
		wr_text_json(body, path->data);
	else
		wr_text_puts(body, "null");
	wr_text_putc(body, '}');
}

/* The mode of stopping; an error when there is none of that name. */
static wr_status *read_mode(const char *name, enum wr_job_stop *how)
{
	static const char *const modes[] = {"cancel", "savepoint", "drain"};

	for (*how = WR_STOP_CANCEL; *how <= WR_STOP_DRAIN; ++*how)
		if (strcmp(modes[*how], name) == 0)
			return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "There is no mode '%s' of stopping", name),
	    "There are cancel, savepoint and drain");
}

static wr_status *do_stop(struct wr_server *server, struct wr_operation *operation, void *own,
			  struct wr_text *body)
{
	const struct ask *ask = own;
	struct wr_text path;
	wr_status *status;

	wr_text_init(&path);
	status = wr_jobs_stop(server->jobs, ask->order.job, ask->how, ask->folder, &path);
	if (status == NULL)
		put_savepoint(body, &path);
	wr_text_release(&path);
	return status;
}

/* Stops the job as the body says; it is done when it has ended. */
static void post_stop(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	struct ask *ask = ask_new(request, do_stop);
	const char *mode = "cancel";
	const struct wr_member members[] = {{"mode", WR_MEMBER_TEXT, &mode, false},
					    {"folder", WR_MEMBER_TEXT, &ask->folder, false}};
	wr_status *status =
	    wr_members_read(request->body, &ask->order.arena, members, WR_COUNT(members));

	if (status == NULL)
		status = read_mode(mode, &ask->how);
	if (status == NULL && ask->folder != NULL && ask->how != WR_STOP_SAVEPOINT)
		status = wr_status_new(WR_USER_ERROR,
				       "'folder' is of a savepoint, and the mode is '%s'", mode);
	wr_job_order_begin(server, request, reply, "stop", &ask->order, status);
}

static wr_status *do_savepoint(struct wr_server *server, struct wr_operation *operation, void *own,
			       struct wr_text *body)
{
	const struct ask *ask = own;
	struct wr_text path;
	wr_status *status;

	wr_text_init(&path);
	status = wr_jobs_savepoint(server->jobs, ask->order.job, ask->folder, &path);
	if (status == NULL)
		put_savepoint(body, &path);
	wr_text_release(&path);
	return status;
}

static void post_savepoint(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	struct ask *ask = ask_new(request, do_savepoint);
	const struct wr_member members[] = {{"folder", WR_MEMBER_TEXT, &ask->folder, false}};

	wr_job_order_begin(
	    server, request, reply, "savepoint", &ask->order,
	    wr_members_read(request->body, &ask->order.arena, members, WR_COUNT(members)));
}

static wr_status *do_restart(struct wr_server *server, struct wr_operation *operation, void *own,
			     struct wr_text *body)
{
	const struct ask *ask = own;
	WR_TRY(wr_jobs_restart(server->jobs, ask->order.job, ask->restore));
	wr_text_puts(body, "{}");
	return NULL;
}

/* Begins a job that has ended. */
static void post_restart(struct wr_server *server, const struct wr_http_request *request,
			 struct wr_http_reply *reply)
{
	struct ask *ask = ask_new(request, do_restart);
	const struct wr_member members[] = {{"restore", WR_MEMBER_TEXT, &ask->restore, false}};

	wr_job_order_begin(
	    server, request, reply, "restart", &ask->order,
	    wr_members_read(request->body, &ask->order.arena, members, WR_COUNT(members)));
}

static wr_status *do_rescale(struct wr_server *server, struct wr_operation *operation, void *own,
			     struct wr_text *body)
{
	const struct ask *ask = own;
	WR_TRY(wr_jobs_rescale(server->jobs, ask->order.job, (uint32_t)ask->parallelism));
	wr_text_puts(body, "{}");
	return NULL;
}

/* Goes on with another number of workers. */
static void post_rescale(struct wr_server *server, const struct wr_http_request *request,
			 struct wr_http_reply *reply)
{
	struct ask *ask = ask_new(request, do_rescale);
	const struct wr_member members[] = {
	    {"parallelism", WR_MEMBER_NUMBER, &ask->parallelism, true}};

	wr_status *status =
	    wr_members_read(request->body, &ask->order.arena, members, WR_COUNT(members));

	if (status == NULL && (ask->parallelism < 1 || ask->parallelism > WR_WORKERS_MAX))
		status = wr_status_new(WR_USER_ERROR, "A job has 1 to %d workers", WR_WORKERS_MAX);
	wr_job_order_begin(server, request, reply, "rescale", &ask->order, status);
}

static wr_status *do_update(struct wr_server *server, struct wr_operation *operation, void *own,
			    struct wr_text *body)
{
	const struct ask *ask = own;
	struct wr_text report;
	wr_status *status;

	wr_text_init(&report);
	status = wr_jobs_update(server->jobs, ask->order.job, ask->sql, ask->apply, &report);
	if (status == NULL)
		wr_text_printf(body, "{%s,\"applied\":%s}", report.data,
			       ask->apply ? "true" : "false");
	wr_text_release(&report);
	return status;
}

/* The report, and with "apply" the change. */
static void post_update(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	struct ask *ask = ask_new(request, do_update);
	const struct wr_member members[] = {{"sql", WR_MEMBER_TEXT, &ask->sql, true},
					    {"apply", WR_MEMBER_BOOL, &ask->apply, false}};

	wr_status *status =
	    wr_members_read(request->body, &ask->order.arena, members, WR_COUNT(members));

	if (status == NULL && *ask->sql == '\0')
		status = wr_status_new(WR_USER_ERROR, "'sql' is empty");
	wr_job_order_begin(server, request, reply, "update", &ask->order, status);
}

/* --- history ------------------------------------------------------------------------------------
 */

/* What a function says of the job, or its error. */
static void get_text(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply,
		     wr_status *(*say)(struct wr_jobs *, const char *, struct wr_text *))
{
	wr_status *status = say(server->jobs, request->param[0], &reply->body);

	if (status == NULL)
		return;
	wr_text_clear(&reply->body);
	wr_job_order_fail(server, request->param[0], reply, status);
}

static void get_checkpoints(struct wr_server *server, const struct wr_http_request *request,
			    struct wr_http_reply *reply)
{
	get_text(server, request, reply, wr_jobs_checkpoints);
}

static void get_exceptions(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	get_text(server, request, reply, wr_jobs_exceptions);
}

static void get_lineage(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	get_text(server, request, reply, wr_jobs_lineage);
}

static void get_logs(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	get_text(server, request, reply, wr_jobs_logs);
}

/* --- streams ------------------------------------------------------------------------------------
 */

/* Of a job, or (NULL) of all. */
static void stream(struct wr_server *server, const char *job, struct wr_http_reply *reply)
{
	reply->stream = wr_job_streams_add(wr_jobs_streams(server->jobs), job);
	if (reply->stream == NULL)
		wr_http_error(reply, 503, "unavailable", "Too many look on already");
}

static void get_stream(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply)
{
	stream(server, NULL, reply);
}

static void get_job_stream(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	struct wr_text text;

	wr_text_init(&text);
	if (wr_jobs_describe_short(server->jobs, request->param[0], &text))
		stream(server, request->param[0], reply);
	else
		wr_job_order_fail(server, request->param[0], reply,
				  wr_jobs_unknown(request->param[0]));
	wr_text_release(&text);
}

const struct wr_http_route wr_routes_jobs[] = {
    {"GET", "/v1/jobs", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_jobs},
    {"POST", "/v1/jobs", WR_ROLE_OPERATOR, 0, post_jobs},
    {"GET", "/v1/stream", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_stream},
    {"GET", "/v1/jobs/{job}", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_job},
    {"DELETE", "/v1/jobs/{job}", WR_ROLE_OPERATOR, 0, delete_job},
    {"POST", "/v1/jobs/{job}/stop", WR_ROLE_OPERATOR, 0, post_stop},
    {"POST", "/v1/jobs/{job}/savepoint", WR_ROLE_OPERATOR, 0, post_savepoint},
    {"POST", "/v1/jobs/{job}/restart", WR_ROLE_OPERATOR, 0, post_restart},
    {"POST", "/v1/jobs/{job}/rescale", WR_ROLE_OPERATOR, 0, post_rescale},
    {"POST", "/v1/jobs/{job}/update", WR_ROLE_OPERATOR, 0, post_update},
    {"GET", "/v1/jobs/{job}/checkpoints", WR_ROLE_VIEWER, 0, get_checkpoints},
    {"GET", "/v1/jobs/{job}/exceptions", WR_ROLE_VIEWER, 0, get_exceptions},
    {"GET", "/v1/jobs/{job}/lineage", WR_ROLE_VIEWER, 0, get_lineage},
    {"GET", "/v1/jobs/{job}/logs", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_logs},
    {"GET", "/v1/jobs/{job}/stream", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_job_stream},
    {0}};
