/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_http - see shell_http.h.
 */
#include "cli/shell_http.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/http_client.h"
#include "base/macros.h"
#include "base/mem.h"

#define ANSWER_MAX        (256u << 20) /* a page of rows, of which the last may be long */
#define CONNECT_MS        10000
#define NAP_US            250000 /* between two tries, and two looks at what takes its time */
#define OPERATION_WAIT_MS 10000  /* then it is asked after */

static const char *const headers[] = {"Content-Type: application/json", "Accept: application/json"};

struct wr_shell_http {
	const struct wr_shell_login *login; /* not owned */
	struct wr_http_client *client;
	struct wr_text url;                     /* of the request under way */
	struct wr_text text;                    /* the answer */
	struct wr_json_doc doc;                 /* of it; its texts point there */
	const struct wr_shell_request *request; /* under way */
	struct wr_text trouble;                 /* why it takes long; empty: it does not */
	bool given_up;                          /* the request is: nobody waits any more */
	bool cut;                               /* the answer is not whole */
};

wr_status *wr_shell_http_new(const struct wr_shell_login *login, int64_t call_ms,
			     struct wr_shell_http **out)
{
	struct wr_http_client_options options = {.what = "--server",
						 .header = headers,
						 .header_count = WR_COUNT(headers),
						 .user_info = login->user,
						 .token = login->token,
						 .trust = login->ca_file,
						 .insecure = login->insecure,
						 .connect_ms = CONNECT_MS,
						 .call_ms = call_ms,
						 .answer_max = ANSWER_MAX};
	struct wr_shell_http *http;
	struct wr_http_client *client;

	*out = NULL;
	WR_TRY(wr_http_client_new(&options, &client));
	http = wr_calloc(1, sizeof *http);
	http->login = login;
	http->client = client;
	wr_json_init(&http->doc);
	*out = http;
	return NULL;
}

void wr_shell_http_free(struct wr_shell_http *http)
{
	if (http == NULL)
		return;
	wr_http_client_free(http->client);
	wr_json_release(&http->doc);
	wr_text_release(&http->url);
	wr_text_release(&http->text);
	wr_text_release(&http->trouble);
	wr_free(http);
}

/* Why the last call had no answer. */
static const char *why_none(const struct wr_shell_http *http)
{
	return http->cut ? "its answer was cut off, or is no JSON"
			 : wr_http_client_error(http->client);
}

static bool on_wait(void *own)
{
	struct wr_shell_http *http = own;
	const struct wr_shell_request *request = http->request;

	if (request->wait != NULL &&
	    !request->wait(request->own, http->trouble.len > 0 ? http->trouble.data : NULL))
		http->given_up = true;
	return !http->given_up;
}

/* Codes that pass: too much to do, or a proxy before a server that is away. */
static bool passes(uint32_t code)
{
	return code == 0 || code == 429 || (code >= 502 && code <= 504);
}

/* Whether the same request is made again, and that the server is away is said once. */
static bool try_again(struct wr_shell_http *http, uint32_t code, int64_t since_us)
{
	const struct wr_shell_request *request = http->request;
	struct wr_env *env = wr_env_system();
	bool harmless = strcmp(request->method, "GET") == 0 ||
			(code == 0 && wr_http_client_unsent(http->client));

	if (request->impatient || http->given_up || !harmless ||
	    wr_mono_us(env) - since_us > WR_SHELL_PATIENCE_MS * INT64_C(1000))
		return false;
	if (http->trouble.len == 0) {
		wr_text_printf(&http->trouble,
			       "The server at %s does not answer; trying again (%s)",
			       http->login->server,
			       code == 0                    ? why_none(http)
			       : code == 502 || code == 504 ? "what stands before it gets no answer"
							    : "it has too much to do");
		if (!request->quiet)
			fprintf(stderr, "weir: %s\n", http->trouble.data);
	}
	for (int64_t until_us = wr_mono_us(env) + NAP_US; wr_mono_us(env) < until_us;) {
		if (!on_wait(http))
			return false;
		env->ops->sleep_us(env, NAP_US / 10);
	}
	return true;
}

/* A connection that breaks within the head of an answer gives libcurl a good one without a body: it
 * is none. */
static uint32_t call_once(struct wr_shell_http *http, const struct wr_http_call *call)
{
	uint32_t code = wr_http_client_call(http->client, call, &http->text);

	wr_json_release(&http->doc);
	wr_json_init(&http->doc);
	if (code != 0 && !wr_json_parse(&http->doc, wr_text_str(&http->text), http->text.len))
		http->doc.count = 0;
	http->cut = code >= 200 && code < 300 && http->doc.count == 0 && !http->request->plain;
	return http->cut ? 0 : code;
}

uint32_t wr_shell_http_ask(struct wr_shell_http *http, const struct wr_shell_request *request)
{
	int64_t since_us = wr_mono_us(wr_env_system());
	struct wr_http_call call = {
	    .method = request->method, .once = request->once, .wait = on_wait, .own = http};
	uint32_t code;

	wr_text_clear(&http->url);
	wr_text_printf(&http->url, "%s%s", http->login->server, request->path);
	call.url = http->url.data;
	if (request->body != NULL)
		call.body = wr_str_of(request->body);
	http->request = request;
	http->given_up = false;
	wr_text_clear(&http->trouble);
	do
		code = call_once(http, &call);
	while (passes(code) && try_again(http, code, since_us));
	if (code != 0 && http->trouble.len > 0 && !request->quiet)
		fputs("weir: The server answers again\n", stderr);
	return code;
}

const char *wr_shell_http_text(const struct wr_shell_http *http)
{
	return wr_text_str(&http->text);
}

const struct wr_json_doc *wr_shell_http_answer(const struct wr_shell_http *http)
{
	return &http->doc;
}

/* --- errors -------------------------------------------------------------------------------------
 */

wr_status *wr_shell_http_problem(const struct wr_json_doc *doc, uint32_t object)
{
	struct wr_arena arena;
	const char *message, *hint;
	wr_status *status;

	wr_arena_init(&arena);
	message = wr_shell_json_text(doc, object, "message", &arena);
	hint = wr_shell_json_text(doc, object, "hint", &arena);
	status = wr_status_new(WR_USER_ERROR, "%s", message != NULL ? message : "It failed");
	if (hint != NULL)
		wr_status_hint(status, "%s", hint);
	status->pos = (struct wr_pos){
	    .line = (uint32_t)wr_shell_json_number(doc, object, "line"),
	    .column = (uint32_t)wr_shell_json_number(doc, object, "column"),
	    .offset = (uint32_t)wr_shell_json_number(doc, object, "offset"),
	    .length = (uint32_t)wr_shell_json_number(doc, object, "length"),
	};
	wr_arena_release(&arena);
	return status;
}

/* There was no answer. */
static wr_status *no_answer(const struct wr_shell_http *http)
{
	const char *why = why_none(http);
	wr_status *status = wr_status_new(WR_USER_ERROR, "The server at %s does not answer: %s",
					  http->login->server, why);

	if (strstr(why, "certificate") != NULL || strstr(why, "SSL") != NULL)
		return wr_status_hint(status, "--ca-file FILE names the authority of its "
					      "certificate; --insecure believes whoever answers");
	if (strstr(why, "Empty reply") != NULL)
		return wr_status_hint(
		    status, "Where the server has TLS, write https://; the port is that of the "
			    "first address that weir serve prints");
	return wr_status_hint(status, "Check the address, and that weir serve runs there");
}

wr_status *wr_shell_http_error(const struct wr_shell_http *http, uint32_t code)
{
	const struct wr_json_doc *doc = &http->doc;
	uint32_t object = UINT32_MAX;
	wr_status *status;

	if (code == 0)
		return no_answer(http);
	if (doc->count > 0 && doc->node[0].kind == WR_JSON_OBJECT)
		object = wr_json_get(doc, 0, wr_str_of("error"));
	if (object == UINT32_MAX || doc->node[object].kind != WR_JSON_OBJECT)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "What answers at %s is no server of Weir: HTTP %u %.200s",
				  http->login->server, code, wr_text_str(&http->text)),
		    "Check the address: the port is that of the first one that weir serve prints");
	status = wr_shell_http_problem(doc, object);
	if (code == 401)
		wr_status_hint(status, "Log in: --user NAME, --token TOKEN or --token-file FILE");
	if (code == 403 && status->hint == NULL)
		wr_status_hint(status, "Log in as somebody who may: --user NAME, --token TOKEN or "
				       "--token-file FILE");
	return status;
}

/* --- what takes its time ------------------------------------------------------------------------
 */

/* Asks after an operation until it has ended; false: it is given up. */
static bool follow(struct wr_shell_http *http, const char *id, uint32_t *code)
{
	struct wr_env *env = wr_env_system();
	char path[128];
	struct wr_shell_request request = {.method = "GET", .path = path};

	snprintf(path, sizeof path, "/v1/operations/%s", id);
	for (;;) {
		*code = wr_shell_http_ask(http, &request);
		if (*code != 200)
			return false;
		if (!wr_shell_json_is(&http->doc, 0, "state", "running"))
			return true;
		env->ops->sleep_us(env, NAP_US);
	}
}

wr_status *wr_shell_http_operate(struct wr_shell_http *http, const struct wr_shell_request *asked,
				 uint32_t *code, uint32_t *result)
{
	struct wr_shell_request request = *asked;
	wr_status *status = NULL;
	struct wr_arena arena;
	struct wr_text path;
	const char *id;

	wr_text_init(&path);
	wr_arena_init(&arena);
	wr_text_printf(&path, "%s?wait_ms=%d", asked->path, OPERATION_WAIT_MS);
	request.path = path.data;
	*result = 0;
	*code = wr_shell_http_ask(http, &request);
	id = wr_shell_json_text(&http->doc, 0, "operation", &arena);
	if (*code == 202 && id != NULL) {
		if (follow(http, id, code))
			*result = wr_json_get(&http->doc, 0, wr_str_of("result"));
		else
			status = wr_shell_http_error(http, *code);
		if (status != NULL) {
			wr_status_hint(status, "Whether it was done is not known: look before it "
					       "is asked for again");
			*code = 0;
		} else if (!wr_shell_json_is(&http->doc, 0, "state", "done")) {
			*code = 409;
			status = wr_shell_http_problem(
			    &http->doc, wr_json_get(&http->doc, 0, wr_str_of("error")));
		}
	} else if (*code < 200 || *code >= 300) {
		status = wr_shell_http_error(http, *code);
		if (*code == 0 && !wr_http_client_unsent(http->client))
			wr_status_hint(status, "Whether it was done is not known: look before it "
					       "is asked for again");
	}
	wr_arena_release(&arena);
	wr_text_release(&path);
	return status;
}

/* --- members ------------------------------------------------------------------------------------
 */

static const struct wr_json_node *member(const struct wr_json_doc *doc, uint32_t object,
					 const char *key)
{
	uint32_t at;

	if (object >= doc->count || doc->node[object].kind != WR_JSON_OBJECT)
		return NULL;
	at = wr_json_get(doc, object, wr_str_of(key));
	return at != UINT32_MAX ? &doc->node[at] : NULL;
}

const char *wr_shell_json_text(const struct wr_json_doc *doc, uint32_t object, const char *key,
			       struct wr_arena *arena)
{
	const struct wr_json_node *node = member(doc, object, key);

	return node != NULL && node->kind == WR_JSON_STRING
		   ? wr_arena_strndup(arena, node->text, node->len)
		   : NULL;
}

int64_t wr_shell_json_number(const struct wr_json_doc *doc, uint32_t object, const char *key)
{
	const struct wr_json_node *node = member(doc, object, key);
	char text[32];

	if (node == NULL || node->kind != WR_JSON_INTEGER || node->len >= sizeof text)
		return 0;
	memcpy(text, node->text, node->len);
	text[node->len] = '\0';
	return strtoll(text, NULL, 10);
}

bool wr_shell_json_true(const struct wr_json_doc *doc, uint32_t object, const char *key)
{
	const struct wr_json_node *node = member(doc, object, key);

	return node != NULL && node->kind == WR_JSON_TRUE;
}

bool wr_shell_json_is(const struct wr_json_doc *doc, uint32_t object, const char *key,
		      const char *text)
{
	const struct wr_json_node *node = member(doc, object, key);

	return node != NULL && node->kind == WR_JSON_STRING &&
	       wr_str_eq((struct wr_str){node->text, node->len}, text);
}

uint32_t wr_shell_json_list(const struct wr_json_doc *doc, uint32_t object, const char *key,
			    uint32_t *count)
{
	const struct wr_json_node *node = member(doc, object, key);

	*count = 0;
	if (node == NULL || (node->kind != WR_JSON_ARRAY && node->kind != WR_JSON_OBJECT))
		return UINT32_MAX;
	*count = node->count;
	return (uint32_t)(node - doc->node);
}
