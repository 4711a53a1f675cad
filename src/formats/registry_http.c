/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_http - one client of HTTP per registry (base/http_client.h); it keeps its connection.
 */
#include "formats/registry_http.h"

#include "base/env.h"
#include "base/http_client.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/secret.h"
#include "formats/registry_client.h"

#define ROUNDS     4      /* times that all URLs are tried */
#define PAUSE_US   200000 /* between the first two rounds; doubles */
#define URLS_MAX   16
#define MEDIA_TYPE "application/vnd.schemaregistry.v1+json"

static const char *const headers[] = {"Content-Type: " MEDIA_TYPE,
				      "Accept: " MEDIA_TYPE ", application/json"};

struct wr_registry_http {
	struct wr_arena arena; /* of the options' texts */
	struct wr_http_client_options options;
	struct wr_http_client *client;
	uint32_t url_count;
	const char *url[URLS_MAX];  /* without a slash at the end */
	const char *safe[URLS_MAX]; /* for messages: without a login */
	uint32_t current;           /* that answered last */
};

/* Takes the options' URLs apart. */
static wr_status *read_urls(struct wr_registry_http *http, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		const char *start = text + strspn(text, " ");
		const char *end = text + len;
		text += len + (text[len] == ',');
		while (end > start && (end[-1] == ' ' || end[-1] == '/'))
			end--;
		if (end <= start)
			continue;
		if (http->url_count == URLS_MAX)
			return wr_status_new(WR_USER_ERROR, "'url' has more than %d addresses",
					     URLS_MAX);
		char *url = wr_arena_strndup(&http->arena, start, (size_t)(end - start));
		const char *host = strstr(url, "://");
		const char *at = strrchr(url, '@');
		bool login = host != NULL && at != NULL && at > host;
		http->safe[http->url_count] =
		    login ? wr_arena_printf(&http->arena, "%.*s%s", (int)(host + 3 - url), url,
					    at + 1)
			  : url;
		http->url[http->url_count++] = url;
	}
	if (http->url_count == 0)
		return wr_status_new(WR_USER_ERROR, "'url' has no address of a schema registry");
	return NULL;
}

static wr_status *read_secret(struct wr_registry_http *http, const struct wr_options *options,
			      const char *name, const char **out)
{
	return wr_secret_read(wr_env_system(), &http->arena, name, wr_options_str(options, name),
			      out);
}

static wr_status *read_options(struct wr_registry_http *http, const struct wr_options *options)
{
	struct wr_http_client_options *to = &http->options;

	*to = (struct wr_http_client_options){.what = "A schema registry",
					      .header = headers,
					      .header_count = WR_COUNT(headers),
					      .answer_max = WR_REGISTRY_ANSWER_MAX};
	WR_TRY(read_urls(http, wr_options_str(options, "url")));
	WR_TRY(read_secret(http, options, "basic-auth.user-info", &to->user_info));
	WR_TRY(read_secret(http, options, "bearer-auth.token", &to->token));
	WR_TRY(read_secret(http, options, "ssl.keystore.password", &to->own_password));
	to->trust = wr_options_str(options, "ssl.truststore.location");
	to->own = wr_options_str(options, "ssl.keystore.location");
	to->connect_ms = wr_options_i64(options, "properties.http.connect.timeout.ms");
	to->call_ms = wr_options_i64(options, "properties.http.read.timeout.ms");
	return NULL;
}

wr_status *wr_registry_http_new(const struct wr_options *options, struct wr_registry_http **out)
{
	struct wr_registry_http *http = wr_calloc(1, sizeof *http);

	*out = NULL;
	wr_arena_init(&http->arena);
	wr_status *status = read_options(http, options);
	if (status == NULL)
		status = wr_http_client_new(&http->options, &http->client);
	if (status != NULL) {
		wr_registry_http_free(http);
		return status;
	}
	*out = http;
	return NULL;
}

void wr_registry_http_free(struct wr_registry_http *http)
{
	if (http == NULL)
		return;
	wr_http_client_free(http->client);
	wr_arena_release(&http->arena);
	wr_free(http);
}

const char *wr_registry_http_url(const struct wr_registry_http *http)
{
	return http->safe[http->current];
}

/* Whether the same request may have another answer later, or elsewhere. */
static bool may_pass(long code)
{
	return code == 0 || code == 408 || code == 429 || code >= 500;
}

wr_status *wr_registry_http_call(struct wr_registry_http *http, const char *path,
				 struct wr_str body, long *code, struct wr_text *answer)
{
	struct wr_env *env = wr_env_system();
	struct wr_http_call call = {.method = body.data != NULL ? "POST" : "GET", .body = body};
	struct wr_text url;

	wr_text_init(&url);
	for (int round = 0; round < ROUNDS; round++) {
		if (round != 0)
			env->ops->sleep_us(env, (int64_t)PAUSE_US << (round - 1));
		for (uint32_t i = 0; i < http->url_count; i++) {
			uint32_t at = (http->current + i) % http->url_count;
			wr_text_clear(&url);
			wr_text_printf(&url, "%s%s", http->url[at], path);
			call.url = wr_text_str(&url);
			*code = wr_http_client_call(http->client, &call, answer);
			if (may_pass(*code))
				continue;
			http->current = at;
			wr_text_release(&url);
			return NULL;
		}
	}
	wr_text_release(&url);
	wr_status *status =
	    *code != 0
		? wr_status_new(WR_RESTART, "The schema registry at %s fails: HTTP %ld %.300s",
				wr_registry_http_url(http), *code, wr_text_str(answer))
		: wr_status_new(WR_RESTART, "The schema registry at %s does not answer: %s",
				wr_registry_http_url(http), wr_http_client_error(http->client));
	return wr_status_hint(status, "Check 'url' and that the registry runs");
}
