/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_queries - /v1/queries: texts of SQL that users have saved under a name, for all of them.
 */
#include "base/mem.h"
#include "server/json_members.h"
#include "server/server.h"

#define KIND        "query" /* of the store's documents */
#define QUERIES_MAX 10000
#define NAME_MAX    200 /* bytes */

struct listing {
	struct wr_text *out; /* the body of the reply */
	const char *name;    /* looked for; NULL: none */
	uint32_t count;
	bool found; /* a query of that name */
};

/* {"name":"...", and what the document has. */
static wr_status *put_query(void *own, const char *name, const char *json)
{
	struct listing *listing = own;

	if (listing->count++ > 0)
		wr_text_putc(listing->out, ',');
	wr_text_puts(listing->out, "{\"name\":");
	wr_text_json(listing->out, name);
	wr_text_printf(listing->out, ",%s", json + 1);
	return NULL;
}

static wr_status *count_query(void *own, const char *name, const char *json)
{
	struct listing *listing = own;

	listing->count++;
	listing->found = listing->found || strcmp(name, listing->name) == 0;
	return NULL;
}

static void get_queries(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	struct listing listing = {.out = &reply->body};
	wr_status *status;

	wr_text_puts(&reply->body, "{\"queries\":[");
	status = wr_meta_each_document(server->store, KIND, put_query, &listing);
	wr_text_puts(&reply->body, "]}");
	if (status != NULL)
		wr_http_fail(reply, status);
}

static void no_query(struct wr_http_reply *reply, const char *name)
{
	wr_http_error(reply, 404, "not_found", "No query is saved as '%s'", name);
}

static void get_query(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	struct listing listing = {.out = &reply->body};
	struct wr_text json;
	bool found = false;
	wr_status *status;

	wr_text_init(&json);
	status = wr_meta_get_document(server->store, KIND, request->param[0], &json, &found);
	if (status != NULL)
		wr_http_fail(reply, status);
	else if (!found)
		no_query(reply, request->param[0]);
	else
		put_query(&listing, request->param[0], json.data);
	wr_text_release(&json);
}

static wr_status *check_room(struct wr_server *server, const char *name)
{
	struct listing listing = {.name = name};

	if (strlen(name) > NAME_MAX)
		return wr_status_new(WR_USER_ERROR, "A query's name has at most %d bytes",
				     NAME_MAX);
	WR_TRY(wr_meta_each_document(server->store, KIND, count_query, &listing));
	if (listing.count >= QUERIES_MAX && !listing.found)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "There are %d queries already", QUERIES_MAX),
		    "Delete some");
	return NULL;
}

static void put_one(struct wr_server *server, const struct wr_http_request *request,
		    struct wr_http_reply *reply)
{
	const char *sql = NULL;
	const struct wr_member fields[] = {{"sql", WR_MEMBER_TEXT, &sql, true}};
	struct listing listing = {.out = &reply->body};
	struct wr_arena arena;
	struct wr_text json;
	wr_status *status;

	wr_arena_init(&arena);
	wr_text_init(&json);
	WR_TRY_OUT(status, wr_members_read(request->body, &arena, fields, WR_COUNT(fields)));
	WR_TRY_OUT(status, check_room(server, request->param[0]));
	wr_text_puts(&json, "{\"sql\":");
	wr_text_json(&json, sql);
	wr_text_puts(&json, ",\"owner\":");
	wr_text_json(&json, request->who->name);
	wr_text_printf(&json, ",\"changed_ms\":%lld}", (long long)wr_wall_us(server->env) / 1000);
	WR_TRY_OUT(status, wr_meta_put_document(server->store, KIND, request->param[0], json.data));
	put_query(&listing, request->param[0], json.data);
out:
	if (status != NULL)
		wr_http_fail(reply, status);
	wr_text_release(&json);
	wr_arena_release(&arena);
}

static void delete_one(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply)
{
	struct wr_text json;
	bool found = false;
	wr_status *status;

	wr_text_init(&json);
	status = wr_meta_get_document(server->store, KIND, request->param[0], &json, &found);
	if (status == NULL && found)
		status = wr_meta_drop_document(server->store, KIND, request->param[0]);
	if (status != NULL)
		wr_http_fail(reply, status);
	else if (!found)
		no_query(reply, request->param[0]);
	else
		wr_text_puts(&reply->body, "{}");
	wr_text_release(&json);
}

const struct wr_http_route wr_routes_queries[] = {
    {"GET", "/v1/queries", WR_ROLE_VIEWER, 0, get_queries},
    {"GET", "/v1/queries/{name}", WR_ROLE_VIEWER, 0, get_query},
    {"PUT", "/v1/queries/{name}", WR_ROLE_OPERATOR, 0, put_one},
    {"DELETE", "/v1/queries/{name}", WR_ROLE_OPERATOR, 0, delete_one},
    {0}};
