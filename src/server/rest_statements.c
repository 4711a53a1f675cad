/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_statements - /v1/sessions, /v1/statements, /v1/scripts: SQL over HTTP.
 *
 * A statement without a session gets one of its own, which ends with its result.
 *
 *     400  the statement is wrong        403  the role may not        404  no such session, result
 *     409  a job failed, or somebody else takes the rows              410  the page has passed
 *     429  there are too many sessions
 */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/error.h"
#include "server/error_json.h"
#include "server/json_members.h"
#include "server/server.h"
#include "server/statements.h"

#define PAGE_MAX     10000 /* rows of a page */
#define PAGE_DEFAULT 1000
#define WAIT_MAX_MS  30000
#define WAIT_MS      1000

/* --- sessions -----------------------------------------------------------------------------------
 */

static void no_session(struct wr_http_reply *reply, const char *id)
{
	wr_http_error(reply, 404, "not_found", "There is no session '%s', or it was closed", id);
}

/* A full table passes; else the settings are wrong. */
static void fail_open(struct wr_http_reply *reply, wr_status *status)
{
	if (status->class == WR_RETRY)
		wr_http_error_of(reply, 429, "too_many_sessions", status);
	else
		wr_http_fail(reply, status);
}

static void put_session(const struct wr_client *client, struct wr_text *out)
{
	wr_text_printf(out, "{\"session\":\"%s\",\"name\":", wr_client_id(client));
	wr_text_json(out, wr_client_name(client));
	wr_text_putc(out, '}');
}

static void post_session(struct wr_server *server, const struct wr_http_request *request,
			 struct wr_http_reply *reply)
{
	struct wr_client *client;
	struct wr_pairs settings = {0};
	const char *name = NULL;
	const struct wr_member fields[] = {{"name", WR_MEMBER_TEXT, &name, false},
					   {"settings", WR_MEMBER_PAIRS, &settings, false}};
	struct wr_arena arena; /* of the texts below */
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_members_read(request->body, &arena, fields, WR_COUNT(fields));
	if (status == NULL)
		status = wr_client_open(server->clients, request->who, name, settings.key,
					settings.value, settings.count, &client);
	if (status == NULL) {
		reply->code = 201;
		put_session(client, &reply->body);
		wr_client_unref(client);
	} else {
		fail_open(reply, status);
	}
	wr_arena_release(&arena);
}

static void get_sessions(struct wr_server *server, const struct wr_http_request *request,
			 struct wr_http_reply *reply)
{
	wr_text_puts(&reply->body, "{\"sessions\":");
	wr_clients_list(server->clients, request->who, &reply->body);
	wr_text_putc(&reply->body, '}');
}

static void get_session(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	struct wr_client *client = wr_client_find(server->clients, request->who, request->param[0]);
	struct wr_settings_json listing = {&reply->body, false};

	if (client == NULL) {
		no_session(reply, request->param[0]);
		return;
	}
	put_session(client, &reply->body);
	reply->body.len--; /* goes on */
	wr_text_puts(&reply->body, ",\"settings\":{");
	wr_client_settings(client, wr_settings_json_add, &listing);
	wr_text_puts(&reply->body, "}}");
	wr_client_unref(client);
}

static void delete_session(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	struct wr_client *client = wr_client_find(server->clients, request->who, request->param[0]);

	if (client == NULL) {
		no_session(reply, request->param[0]);
		return;
	}
	wr_client_close(client);
	wr_text_puts(&reply->body, "{}");
}

static void post_cancel(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	struct wr_client *client = wr_client_find(server->clients, request->who, request->param[0]);

	if (client == NULL) {
		no_session(reply, request->param[0]);
		return;
	}
	wr_client_cancel(client);
	wr_client_unref(client);
	wr_text_puts(&reply->body, "{}");
}

/* --- statements ---------------------------------------------------------------------------------
 */

/* What a request asks for. */
struct order {
	struct wr_arena arena;
	const char *sql, *session; /* the second NULL: none */
	struct wr_pairs settings;  /* of a session of its own */
	struct wr_client *client;  /* a reference */
	struct wr_job_origin origin;
};

static void order_release(struct order *order)
{
	wr_client_unref(order->client);
	wr_arena_release(&order->arena);
}

/* Reads the body and finds, or opens, the session; false: the reply says why not. */
static bool order_read(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply, struct order *order)
{
	const struct wr_member fields[] = {{"sql", WR_MEMBER_TEXT, &order->sql, true},
					   {"session", WR_MEMBER_TEXT, &order->session, false},
					   {"settings", WR_MEMBER_PAIRS, &order->settings, false}};
	wr_status *status;

	*order = (struct order){.origin = {request->request_id, request->trace}};
	wr_arena_init(&order->arena);
	status = wr_members_read(request->body, &order->arena, fields, WR_COUNT(fields));
	if (status == NULL && order->session != NULL && order->settings.count > 0)
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "A statement of a session has no settings"),
		    "SET them, or give them to POST /v1/sessions");
	if (status != NULL) {
		wr_http_fail(reply, status);
		return false;
	}
	if (order->session != NULL) {
		order->client = wr_client_find(server->clients, request->who, order->session);
		if (order->client == NULL)
			no_session(reply, order->session);
		return order->client != NULL;
	}
	status = wr_client_open(server->clients, request->who, NULL, order->settings.key,
				order->settings.value, order->settings.count, &order->client);
	if (status != NULL)
		fail_open(reply, status);
	return status == NULL;
}

/* What came of a statement; one with rows goes among the results. */
static wr_status *put_outcome(struct wr_server *server, struct wr_client *client,
			      struct wr_outcome *outcome, struct wr_text *out,
			      char id[WR_CLIENT_ID_LEN + 1])
{
	id[0] = '\0';
	if (outcome->kind == WR_OUTCOME_ROWS)
		return wr_statements_add(server->statements, wr_client_ref(client), outcome, out,
					 id);
	wr_text_printf(
	    out, "{\"statement\":null,\"session\":\"%s\",\"kind\":\"%s\",\"word\":\"%s\"",
	    wr_client_id(client), outcome->kind == WR_OUTCOME_DONE ? "done" : "job", outcome->word);
	if (outcome->kind == WR_OUTCOME_JOB)
		wr_text_printf(out, ",\"job\":\"%s\"", outcome->job);
	wr_text_putc(out, '}');
	return NULL;
}

static void post_statement(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	struct weir_error *error = NULL;
	char id[WR_CLIENT_ID_LEN + 1];
	struct wr_outcome outcome;
	wr_status *status;
	struct order order;

	if (!order_read(server, request, reply, &order)) {
		order_release(&order);
		return;
	}
	if (wr_client_execute(order.client, order.sql, &order.origin, &outcome, &error) !=
	    WEIR_OK) {
		wr_http_fail_error(reply, error, outcome.forbidden);
	} else {
		status = put_outcome(server, order.client, &outcome, &reply->body, id);
		if (status != NULL)
			wr_http_fail(reply, status);
	}
	if (order.session == NULL)
		wr_client_close_after(order.client);
	order_release(&order);
}

/* Where a statement begins: columns are counted in characters. */
struct place {
	uint32_t lines;   /* before its line */
	uint32_t columns; /* before it, in its line */
	uint32_t offset;  /* bytes before it */
};

static void move_on(struct place *place, const char *from, const char *to)
{
	for (; from < to; from++) {
		if (*from == '\n') {
			place->lines++;
			place->columns = 0;
		} else if ((*from & 0xc0) != 0x80) {
			place->columns++;
		}
	}
}

/* The error with its place in the script. */
static void shift(struct weir_error *error, struct place place)
{
	wr_status *status = error->status;

	if (status->pos.line == 1)
		status->pos.column += place.columns;
	if (status->pos.line > 0) {
		status->pos.line += place.lines;
		status->pos.offset += place.offset;
	}
}

/* A statement of a script, sql[begin, end); false: the reply is its error. */
static bool run_part(struct wr_server *server, struct order *order, struct wr_http_reply *reply,
		     const char *begin, const char *end, struct place place,
		     char id[WR_CLIENT_ID_LEN + 1])
{
	char *sql = wr_strndup(begin, (size_t)(end - begin));
	struct weir_error *error = NULL;
	struct wr_outcome outcome;
	wr_status *status = NULL;
	enum weir_code code =
	    wr_client_execute(order->client, sql, &order->origin, &outcome, &error);

	if (code == WEIR_OK)
		status = put_outcome(server, order->client, &outcome, &reply->body, id);
	wr_free(sql);
	if (status != NULL)
		wr_http_fail(reply, status);
	if (code == WEIR_OK)
		return status == NULL;
	shift(error, place);
	wr_http_fail_error(reply, error, outcome.forbidden);
	return false;
}

static void drop(struct wr_server *server, const struct wr_http_request *request, const char *id)
{
	struct wr_statement *statement = wr_statements_find(server->statements, request->who, id);

	if (statement == NULL)
		return;
	wr_statements_drop(server->statements, statement);
	wr_statement_unref(statement);
}

/* One after the other; the first that fails ends it, and the results of those before: nobody learns
 * their names. */
static void run_script(struct wr_server *server, const struct wr_http_request *request,
		       struct order *order, struct wr_http_reply *reply, const uint32_t *begin,
		       const uint32_t *end, uint32_t count)
{
	char(*id)[WR_CLIENT_ID_LEN + 1] = wr_calloc(count + 1, sizeof *id);
	struct place place = {0};
	uint32_t from = 0;
	bool good = true;

	wr_text_puts(&reply->body, "{\"statements\":[");
	for (uint32_t i = 0; i < count && good; i++) {
		move_on(&place, order->sql + from, order->sql + begin[i]);
		from = place.offset = begin[i];
		if (i > 0)
			wr_text_putc(&reply->body, ',');
		good = run_part(server, order, reply, order->sql + begin[i], order->sql + end[i],
				place, id[i]);
	}
	if (good)
		wr_text_puts(&reply->body, "]}");
	for (uint32_t i = 0; i < count && !good; i++)
		drop(server, request, id[i]);
	wr_free(id);
}

static void post_script(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	uint32_t *begin, *end, count;
	struct order order;
	wr_status *status;

	if (!order_read(server, request, reply, &order)) {
		order_release(&order);
		return;
	}
	status = wr_client_split(order.sql, &begin, &end, &count);
	if (status != NULL) {
		wr_http_fail(reply, status);
	} else {
		run_script(server, request, &order, reply, begin, end, count);
		wr_free(begin);
		wr_free(end);
	}
	if (order.session == NULL)
		wr_client_close_after(order.client);
	order_release(&order);
}

/* --- results ------------------------------------------------------------------------------------
 */

/* NULL: the reply says that there is none. */
static struct wr_statement *find(struct wr_server *server, const struct wr_http_request *request,
				 struct wr_http_reply *reply)
{
	struct wr_statement *statement =
	    wr_statements_find(server->statements, request->who, request->param[0]);

	if (statement == NULL)
		wr_http_error(reply, 404, "not_found", "There is no result '%s', or it has ended",
			      request->param[0]);
	return statement;
}

/* A number of the query string, at most `max`; false: the reply says that it is none. */
static bool read_number(const struct wr_http_request *request, const char *name, uint64_t max,
			uint64_t *out, struct wr_http_reply *reply)
{
	const char *text = wr_http_query(request, name);
	char *end;

	if (text == NULL)
		return true;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *out <= max)
		return true;
	wr_http_error(reply, 400, "invalid_request",
		      "'%s' is to be a whole number, 0 to %llu, not '%s'", name,
		      (unsigned long long)max, text);
	return false;
}

/* Whether values are asked for as texts; false: the reply says that the word is none. */
static bool read_values(const struct wr_http_request *request, bool *texts,
			struct wr_http_reply *reply)
{
	const char *word = wr_http_query(request, "values");

	*texts = word != NULL && strcmp(word, "text") == 0;
	if (word == NULL || *texts || strcmp(word, "json") == 0)
		return true;
	wr_http_error(reply, 400, "invalid_request", "'values' is to be json or text");
	return false;
}

static void answer(enum wr_statement_answer given, struct wr_http_reply *reply)
{
	if (given == WR_STATEMENT_GONE)
		wr_http_error(reply, 410, "gone",
			      "The page has passed, or has not come yet: the last page and the "
			      "next one can be asked for");
	else if (given == WR_STATEMENT_TAKEN)
		wr_http_error(reply, 409, "conflict",
			      "Another request takes the rows of this result");
}

static void get_rows(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	uint64_t max = PAGE_DEFAULT, wait_ms = WAIT_MS;
	struct wr_statement_wish wish = {.spare = request->spare};
	struct wr_statement *statement;

	if (!read_number(request, "token", INT64_MAX, &wish.token, reply) ||
	    !read_values(request, &wish.texts, reply) ||
	    !read_number(request, "max", PAGE_MAX, &max, reply) ||
	    !read_number(request, "wait_ms", WAIT_MAX_MS, &wait_ms, reply))
		return;
	statement = find(server, request, reply);
	if (statement == NULL)
		return;
	wish.max = (uint32_t)max;
	wish.wait_ms = (int64_t)wait_ms;
	answer(wr_statement_page(statement, &wish, &reply->body), reply);
	wr_statement_unref(statement);
}

static void get_stream(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply)
{
	struct wr_statement *statement;
	bool texts;

	if (!read_values(request, &texts, reply))
		return;
	statement = find(server, request, reply);
	if (statement == NULL)
		return;
	answer(wr_statement_stream(statement, texts, &reply->stream), reply);
	wr_statement_unref(statement);
}

static void get_statement(struct wr_server *server, const struct wr_http_request *request,
			  struct wr_http_reply *reply)
{
	struct wr_statement *statement = find(server, request, reply);

	if (statement == NULL)
		return;
	wr_statement_describe(statement, &reply->body);
	wr_statement_unref(statement);
}

static void delete_statement(struct wr_server *server, const struct wr_http_request *request,
			     struct wr_http_reply *reply)
{
	struct wr_statement *statement = find(server, request, reply);

	if (statement == NULL)
		return;
	wr_statements_drop(server->statements, statement);
	wr_statement_unref(statement);
	wr_text_puts(&reply->body, "{}");
}

const struct wr_http_route wr_routes_statements[] = {
    {"GET", "/v1/sessions", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_sessions},
    {"POST", "/v1/sessions", WR_ROLE_VIEWER, 0, post_session},
    {"GET", "/v1/sessions/{session}", WR_ROLE_VIEWER, 0, get_session},
    {"DELETE", "/v1/sessions/{session}", WR_ROLE_VIEWER, 0, delete_session},
    {"POST", "/v1/sessions/{session}/cancel", WR_ROLE_VIEWER, 0, post_cancel},
    {"POST", "/v1/statements", WR_ROLE_VIEWER, WR_ROUTE_SLOW, post_statement},
    {"POST", "/v1/scripts", WR_ROLE_VIEWER, WR_ROUTE_SLOW, post_script},
    {"GET", "/v1/statements/{statement}", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_statement},
    {"DELETE", "/v1/statements/{statement}", WR_ROLE_VIEWER, 0, delete_statement},
    {"GET", "/v1/statements/{statement}/rows", WR_ROLE_VIEWER, WR_ROUTE_SLOW, get_rows},
    {"GET", "/v1/statements/{statement}/stream", WR_ROLE_VIEWER, 0, get_stream},
    {0}};
