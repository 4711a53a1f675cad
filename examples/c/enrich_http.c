/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_http - each order with what a web service says about its product: asynchronous requests,
 * at most 32 in flight, in the order of the orders, tried three times.
 *
 *     cc enrich_http.c $(pkg-config --cflags --libs weir libcurl) -lpthread -o enrich_http
 *     ./enrich_http orders.csv http://localhost:8000/products/
 *
 * A request that fails three times leaves the product's name NULL.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <weir/weir.h>

#define ANSWER_BYTES 256 /* of a name at most */

/* One call of the service, on a thread of its own. */
struct call {
	struct weir_request *request;
	int64_t order, product; /* copies: the row may be gone when the answer comes */
	char url[512];
	char answer[ANSWER_BYTES];
	size_t size;
};

static size_t take(char *bytes, size_t size, size_t count, void *user)
{
	struct call *call = user;
	size_t len = size * count;

	if (call->size + len > sizeof call->answer)
		return 0; /* too long for a name: the request fails */
	memcpy(call->answer + call->size, bytes, len);
	call->size += len;
	return len;
}

static void *run_call(void *arg)
{
	struct call *call = arg;
	CURL *curl = curl_easy_init();
	CURLcode code;
	struct weir_appender *out;

	curl_easy_setopt(curl, CURLOPT_URL, call->url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 2000L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	code = curl_easy_perform(curl);
	if (code == CURLE_OK) {
		out = weir_request_output(call->request);
		weir_append_i64(out, call->order);
		weir_append_i64(out, call->product);
		weir_append_bytes(out, call->answer, call->size);
		weir_append_end(out);
		weir_request_done(call->request);
	} else {
		weir_request_fail(call->request, curl_easy_strerror(code));
	}
	curl_easy_cleanup(curl);
	free(call);
	return NULL;
}

static int start(void *user, struct weir_request *request, const struct weir_row *order)
{
	struct call *call = calloc(1, sizeof *call);
	pthread_t thread;

	weir_get_i64(order, 0, &call->order);
	weir_get_i64(order, 1, &call->product);
	call->request = request;
	snprintf(call->url, sizeof call->url, "%s%lld", (const char *)user,
		 (long long)call->product);
	if (pthread_create(&thread, NULL, run_call, call) != 0) {
		free(call);
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

/* The last attempt has failed, too: the order without a name. */
static int give_up(void *user, const struct weir_row *order, const char *why,
		   struct weir_appender *out)
{
	(void)user, (void)why;
	weir_append_value(out, order, 0);
	weir_append_value(out, order, 1);
	weir_append_null(out);
	weir_append_end(out);
	return 0;
}

static const char tables[] =
    "CREATE TABLE orders (id BIGINT, product BIGINT)"
    "  WITH ('connector' = 'filesystem', 'path' = '${orders}', 'format' = 'csv');"
    "CREATE TABLE named (id BIGINT, product BIGINT, name STRING) WITH ('connector' = 'print')";

int main(int argc, char **argv)
{
	struct weir_async names = {.size = sizeof names,
				   .name = "names",
				   .columns = "id BIGINT, product BIGINT, name STRING",
				   .capacity = 32,
				   .timeout_ms = 2500,
				   .attempts = 3,
				   .retry_ms = 100,
				   .start = start,
				   .fallback = give_up};
	struct weir_session *session;
	struct weir_flow *flow;
	struct weir_error *error = NULL;
	enum weir_code code;

	if (argc < 3) {
		fprintf(stderr, "usage: %s ORDERS.csv URL\n", argv[0]);
		return 2;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	session = weir_session_new();
	weir_set_variable(session, "orders", argv[1]);
	names.user = argv[2];
	code = weir_execute(session, tables, NULL, &error);
	if (code == WEIR_OK) {
		flow = weir_flow_new(session, "enrichment");
		weir_insert_into(weir_async(weir_from_sql(flow, "TABLE orders"), &names), "named");
		code = weir_flow_run(flow, NULL, &error);
		weir_flow_free(flow);
	}
	if (code != WEIR_OK)
		fputs(weir_error_report(error), stderr);
	weir_error_free(error);
	weir_session_free(session);
	curl_global_cleanup();
	return (int)code;
}
