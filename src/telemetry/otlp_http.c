/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_http - see otlp_http.h.
 */
#include "telemetry/otlp_http.h"

#include <stdatomic.h>

#include "base/deflate.h"
#include "base/env.h"
#include "base/http_client.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/otlp_writer.h"
#include "base/secret.h"
#include "telemetry/settings.h"
#include "weir/version.h"

#define ANSWER_MAX  65536 /* bytes of an answer */
#define HEADERS_MAX 64    /* of a request */

struct wr_otlp_http {
	struct wr_arena arena; /* of what the options say */
	struct wr_http_client *client;
	const char *header[HEADERS_MAX];
	uint32_t header_count;
	uint32_t headers_left;       /* for which there was no room */
	bool gzip;                   /* bodies are compressed */
	_Atomic int64_t deadline_us; /* of all requests; 0: none */
};

static void add_header(void *own, const char *key, const char *value)
{
	struct wr_otlp_http *http = own;

	if (http->header_count == HEADERS_MAX || strpbrk(key, "\r\n") != NULL ||
	    strpbrk(value, "\r\n") != NULL)
		http->headers_left++;
	else
		http->header[http->header_count++] =
		    wr_arena_printf(&http->arena, "%s: %s", key, value);
}

/* Content, and what the user adds. */
static wr_status *make_headers(struct wr_otlp_http *http, const struct wr_options *options)
{
	static const char name[] = "otel.exporter.otlp.headers";
	bool json = wr_options_i64(options, "otel.exporter.otlp.protocol") == WR_OTLP_JSON;
	const char *given;

	add_header(http, "Content-Type", json ? "application/json" : "application/x-protobuf");
	add_header(http, "User-Agent", "weir-otlp/" WEIR_VERSION);
	if (http->gzip)
		add_header(http, "Content-Encoding", "gzip");
	WR_TRY(wr_secret_read(wr_env_system(), &http->arena, name, wr_options_str(options, name),
			      &given));
	if (given != NULL)
		WR_TRY(wr_telemetry_pairs(name, given, add_header, http));
	return http->headers_left == 0
		   ? NULL
		   : wr_status_new(WR_USER_ERROR,
				   "'%s' has more than %d headers, or one with a line end", name,
				   HEADERS_MAX);
}

wr_status *wr_otlp_http_new(const struct wr_options *options, struct wr_otlp_http **out)
{
	struct wr_otlp_http *http = wr_calloc(1, sizeof *http);
	wr_status *status;

	wr_arena_init(&http->arena);
	http->gzip = wr_options_i64(options, "otel.exporter.otlp.compression") != 0;
	status = make_headers(http, options);
	if (status == NULL) {
		struct wr_http_client_options client = {
		    .what = "OTLP",
		    .header = http->header,
		    .header_count = http->header_count,
		    .trust = wr_options_str(options, "otel.exporter.otlp.certificate"),
		    .call_ms = wr_options_i64(options, "otel.exporter.otlp.timeout"),
		    .answer_max = ANSWER_MAX};

		status = wr_http_client_new(&client, &http->client);
	}
	if (status != NULL) {
		wr_otlp_http_free(http);
		return status;
	}
	*out = http;
	return NULL;
}

void wr_otlp_http_free(struct wr_otlp_http *http)
{
	if (http == NULL)
		return;
	wr_http_client_free(http->client);
	wr_arena_release(&http->arena);
	wr_free(http);
}

void wr_otlp_http_hurry(struct wr_otlp_http *http, int64_t deadline_us)
{
	atomic_store(&http->deadline_us, deadline_us);
}

/* wr_http_call.wait */
static bool has_time(void *own)
{
	int64_t deadline_us = atomic_load(&((struct wr_otlp_http *)own)->deadline_us);

	return deadline_us == 0 || wr_mono_us(wr_env_system()) <= deadline_us;
}

void wr_otlp_http_post(struct wr_otlp_http *http, const char *url, const struct wr_text *body,
		       struct wr_otlp_answer *answer)
{
	struct wr_text zipped = {0};
	struct wr_http_call call = {.method = "POST", .url = url, .wait = has_time, .own = http};

	call.body = (struct wr_str){body->data, body->len};
	if (http->gzip) {
		WR_REQUIRE(wr_deflate(call.body, WR_DEFLATE_GZIP, WR_DEFLATE_USUAL, &zipped));
		call.body = (struct wr_str){zipped.data, zipped.len};
	}
	answer->code = wr_http_client_call(http->client, &call, &answer->body);
	answer->retry_after = answer->code != 0 ? wr_http_client_retry_after(http->client) : 0;
	if (answer->code == 0) {
		wr_text_clear(&answer->body);
		wr_text_puts(&answer->body, wr_http_client_error(http->client));
	}
	wr_text_release(&zipped);
}
