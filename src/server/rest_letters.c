/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_letters - dead letters and late rows of a job over HTTP.
 *
 *     404  there is no such job          409  its letters are being replayed
 *     400  it keeps none, or what is asked for cannot be
 */
#include <stdlib.h>

#include "formats/base64.h"
#include "server/job_order.h"
#include "server/jobs_letters.h"
#include "server/json_members.h"
#include "server/server.h"

/* A number of the query within 0..max; false: the reply says that it is none. */
static bool read_number(const struct wr_http_request *request, struct wr_http_reply *reply,
			const char *name, int64_t max, int64_t *number)
{
	const char *text = wr_http_query(request, name);
	char *end;

	if (text == NULL)
		return true;
	*number = strtoll(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && *number <= max)
		return true;
	wr_http_error(reply, 400, "invalid_request", "%s=%s is no number of 0 to %lld", name, text,
		      (long long)max);
	return false;
}

static void get_letters(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	struct wr_letters_page page = {.filter = {.table = wr_http_query(request, "table"),
						  .kind = wr_http_query(request, "error_kind"),
						  .error = wr_http_query(request, "error")},
				       .before = wr_http_query(request, "before")};
	int64_t limit = 50;
	wr_status *status;

	if (!read_number(request, reply, "limit", WR_LETTERS_PAGE_MAX, &limit) ||
	    !read_number(request, reply, "from_ms", INT64_MAX / 2, &page.filter.from_ms) ||
	    !read_number(request, reply, "to_ms", INT64_MAX / 2, &page.filter.to_ms))
		return;
	page.limit = (uint32_t)WR_MAX(limit, 1);
	status = wr_jobs_letters(server->jobs, request->param[0], &page, &reply->body);
	if (status != NULL)
		wr_job_order_fail(server, request->param[0], reply, status);
}

static void get_late_rows(struct wr_server *server, const struct wr_http_request *request,
			  struct wr_http_reply *reply)
{
	int64_t limit = 100;
	wr_status *status;

	if (!read_number(request, reply, "limit", WR_LETTERS_PAGE_MAX, &limit))
		return;
	status = wr_jobs_late_rows(server->jobs, request->param[0], (uint32_t)WR_MAX(limit, 1),
				   &reply->body);
	if (status == NULL)
		return;
	wr_text_clear(&reply->body);
	wr_job_order_fail(server, request->param[0], reply, status);
}

/* --- replay -------------------------------------------------------------------------------------
 */

struct replay {
	struct wr_job_order order;
	struct wr_replay_ask ask;
};

static wr_status *do_replay(struct wr_server *server, struct wr_operation *operation, void *own,
			    struct wr_text *body)
{
	const struct replay *replay = own;

	return wr_jobs_replay(server->jobs, replay->order.job, &replay->ask, operation, body);
}

/* The one of the two that is given. */
static wr_status *read_payload(struct replay *replay, const char *text, const char *base64)
{
	size_t len = base64 != NULL ? strlen(base64) : 0;
	char *bytes;

	if (text != NULL && base64 != NULL)
		return wr_status_new(WR_USER_ERROR,
				     "'payload' and 'payload_base64' are the same in two ways");
	if (text != NULL)
		replay->ask.payload = wr_str_of(text);
	if (base64 == NULL)
		return NULL;
	bytes = WR_NEW_ARRAY(&replay->order.arena, char, wr_base64_decoded_max(len) + 1);
	if (!wr_base64_decode(base64, len, bytes, &replay->ask.payload.len))
		return wr_status_new(WR_USER_ERROR, "'payload_base64' is not base64");
	replay->ask.payload.data = bytes;
	return NULL;
}

static wr_status *read_replay(const struct wr_http_request *request, struct replay *replay)
{
	struct wr_replay_ask *ask = &replay->ask;
	const char *payload = NULL, *base64 = NULL;
	struct wr_texts ids = {0};
	int64_t limit = WR_LETTERS_REPLAY_MAX;
	const struct wr_member members[] = {
	    {"table", WR_MEMBER_TEXT, &ask->filter.table, false},
	    {"error_kind", WR_MEMBER_TEXT, &ask->filter.kind, false},
	    {"error", WR_MEMBER_TEXT, &ask->filter.error, false},
	    {"from_ms", WR_MEMBER_NUMBER, &ask->filter.from_ms, false},
	    {"to_ms", WR_MEMBER_NUMBER, &ask->filter.to_ms, false},
	    {"ids", WR_MEMBER_TEXTS, &ids, false},
	    {"payload", WR_MEMBER_TEXT, &payload, false},
	    {"payload_base64", WR_MEMBER_TEXT, &base64, false},
	    {"into", WR_MEMBER_TEXT, &ask->into, false},
	    {"again", WR_MEMBER_BOOL, &ask->again, false},
	    {"dry_run", WR_MEMBER_BOOL, &ask->dry_run, false},
	    {"limit", WR_MEMBER_NUMBER, &limit, false}};

	WR_TRY(wr_members_read(request->body, &replay->order.arena, members, WR_COUNT(members)));
	ask->filter.id = ids.text;
	ask->filter.id_count = ids.count;
	if (ask->filter.from_ms < 0 || ask->filter.to_ms < 0)
		return wr_status_new(WR_USER_ERROR,
				     "'from_ms' and 'to_ms' are milliseconds since 1970");
	if (limit < 1 || limit > WR_LETTERS_REPLAY_MAX)
		return wr_status_new(WR_USER_ERROR, "'limit' is 1 to %d", WR_LETTERS_REPLAY_MAX);
	if (ids.text != NULL && (ids.count < 1 || ids.count > WR_LETTERS_PAGE_MAX))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'ids' are 1 to %d letters", WR_LETTERS_PAGE_MAX),
		    "For more say by table, error and time which");
	if ((payload != NULL || base64 != NULL) && ids.count != 1)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "A payload stands for one letter"),
		    "Give 'ids' with the one");
	ask->limit = (uint64_t)limit;
	return read_payload(replay, payload, base64);
}

static void post_replay(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	struct replay *replay = wr_job_order_new(sizeof *replay, request, do_replay);

	wr_job_order_begin(server, request, reply, "replay", &replay->order,
			   read_replay(request, replay));
}

const struct wr_http_route wr_routes_letters[] = {
    {"GET", "/v1/jobs/{job}/dead-letters", WR_ROLE_VIEWER, WR_ROUTE_SLOW, get_letters},
    {"POST", "/v1/jobs/{job}/dead-letters/replay", WR_ROLE_OPERATOR, 0, post_replay},
    {"GET", "/v1/jobs/{job}/late-rows", WR_ROLE_VIEWER, WR_ROUTE_SLOW, get_late_rows},
    {0}};
