/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_http - one easy handle of libcurl per client; it keeps its connection.
 */
#include "formats/registry_http.h"

#include "base/env.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/module.h"
#include "base/secret.h"
#include "formats/registry_client.h"

#ifdef WR_HAVE_CURL

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdio.h>

#define ROUNDS     4      /* times that all URLs are tried */
#define PAUSE_US   200000 /* between the first two rounds; doubles */
#define URLS_MAX   16
#define MEDIA_TYPE "application/vnd.schemaregistry.v1+json"
/* clang-format off */
#define CURL_CALLS(X)                                                                              \
	X(curl_global_init)                                                                        \
	X(curl_easy_init)                                                                          \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_reset)                                                                         \
	X(curl_easy_perform)                                                                       \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_strerror)                                                                      \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)
/* clang-format on */

struct curl_calls {
	CURL_CALLS(WR_MODULE_FIELD)
};
static const char *const curl_names[] = {CURL_CALLS(WR_MODULE_NAME)};
static const struct wr_module_spec curl_module = {
    .what = "A schema registry",
    .package = "libcurl4",
    .sonames = {"libcurl.so.4", "libcurl-gnutls.so.4"},
    .names = curl_names,
    .count = WR_COUNT(curl_names),
};

struct wr_registry_http {
	struct wr_arena arena; /* of the options' texts */
	struct curl_calls call;
	CURL *curl;
	struct curl_slist *headers;
	uint32_t url_count;
	const char *url[URLS_MAX];  /* without a slash at the end */
	const char *safe[URLS_MAX]; /* for messages: without a login */
	uint32_t current;           /* that answered last */
	const char *user_info;      /* user:password, or NULL */
	const char *token;          /* or NULL */
	const char *trust;          /* PEM file, or NULL */
	const char *own;            /* certificate and key, or NULL */
	const char *own_password;   /* or NULL */
	long connect_ms;            /* longest time of a connection */
	long read_ms;               /* longest time of a request */
	struct wr_text *answer;     /* of the request under way */
	bool too_long;              /* the answer was cut off */
	char error[CURL_ERROR_SIZE];
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
	WR_TRY(read_urls(http, wr_options_str(options, "url")));
	WR_TRY(read_secret(http, options, "basic-auth.user-info", &http->user_info));
	WR_TRY(read_secret(http, options, "bearer-auth.token", &http->token));
	WR_TRY(read_secret(http, options, "ssl.keystore.password", &http->own_password));
	http->trust = wr_options_str(options, "ssl.truststore.location");
	http->own = wr_options_str(options, "ssl.keystore.location");
	http->connect_ms = (long)wr_options_i64(options, "properties.http.connect.timeout.ms");
	http->read_ms = (long)wr_options_i64(options, "properties.http.read.timeout.ms");
	return NULL;
}

/* The handle is made once and reset before each request, so that connections stay. */
wr_status *wr_registry_http_new(const struct wr_options *options, struct wr_registry_http **out)
{
	struct wr_registry_http *http = wr_calloc(1, sizeof *http);

	*out = NULL;
	wr_arena_init(&http->arena);
	wr_status *status = read_options(http, options);
	if (status == NULL)
		status = wr_module_open(&curl_module, &http->call);
	if (status == NULL) {
		http->call.curl_global_init(CURL_GLOBAL_DEFAULT);
		http->curl = http->call.curl_easy_init();
		http->headers = http->call.curl_slist_append(NULL, "Content-Type: " MEDIA_TYPE);
		http->headers = http->call.curl_slist_append(http->headers, "Accept: " MEDIA_TYPE
									    ", application/json");
		if (http->curl == NULL || http->headers == NULL)
			status = wr_status_no_memory();
	}
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
	if (http->headers != NULL)
		http->call.curl_slist_free_all(http->headers);
	if (http->curl != NULL)
		http->call.curl_easy_cleanup(http->curl);
	wr_arena_release(&http->arena);
	wr_free(http);
}

const char *wr_registry_http_url(const struct wr_registry_http *http)
{
	return http->safe[http->current];
}

/* libcurl hands over a piece of the answer. */
static size_t take_answer(char *data, size_t size, size_t count, void *own)
{
	struct wr_registry_http *http = own;
	size_t len = size * count;

	if (http->answer->len + len > WR_REGISTRY_ANSWER_MAX) {
		http->too_long = true;
		return 0;
	}
	wr_text_add(http->answer, data, len);
	return len;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Certificates and logins of the request. */
static void set_security(struct wr_registry_http *http)
{
	CURL *curl = http->curl;

	if (http->trust != NULL)
		http->call.curl_easy_setopt(curl, CURLOPT_CAINFO, http->trust);
	if (http->own != NULL) {
		bool pkcs12 = ends_with(http->own, ".p12") || ends_with(http->own, ".pfx");
		http->call.curl_easy_setopt(curl, CURLOPT_SSLCERT, http->own);
		http->call.curl_easy_setopt(curl, CURLOPT_SSLCERTTYPE, pkcs12 ? "P12" : "PEM");
		if (!pkcs12)
			http->call.curl_easy_setopt(curl, CURLOPT_SSLKEY, http->own);
		if (http->own_password != NULL)
			http->call.curl_easy_setopt(curl, CURLOPT_KEYPASSWD, http->own_password);
	}
	if (http->user_info != NULL) {
		http->call.curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		http->call.curl_easy_setopt(curl, CURLOPT_USERPWD, http->user_info);
	} else if (http->token != NULL) {
		http->call.curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		http->call.curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, http->token);
	}
}

/* One request to one URL; *code 0: no answer, http->error says why. */
static void perform(struct wr_registry_http *http, const char *url, struct wr_str body, long *code,
		    struct wr_text *answer)
{
	const struct curl_calls *call = &http->call;
	CURL *curl = http->curl;

	*code = 0;
	wr_text_clear(answer);
	http->answer = answer;
	http->too_long = false;
	http->error[0] = '\0';
	call->curl_easy_reset(curl); /* keeps the connection */
	call->curl_easy_setopt(curl, CURLOPT_URL, url);
	call->curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	call->curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	call->curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
	call->curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
	call->curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, http->connect_ms);
	call->curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, http->read_ms);
	call->curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	call->curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
	set_security(http);
	if (body.data != NULL) {
		call->curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		call->curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
	}
	CURLcode result = call->curl_easy_perform(curl);
	if (result == CURLE_OK)
		call->curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, code);
	else if (http->too_long)
		snprintf(http->error, sizeof http->error, "its answer is too long");
	else if (http->error[0] == '\0')
		snprintf(http->error, sizeof http->error, "%s", call->curl_easy_strerror(result));
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
	struct wr_text url;

	wr_text_init(&url);
	for (int round = 0; round < ROUNDS; round++) {
		if (round != 0)
			env->ops->sleep_us(env, (int64_t)PAUSE_US << (round - 1));
		for (uint32_t i = 0; i < http->url_count; i++) {
			uint32_t at = (http->current + i) % http->url_count;
			wr_text_clear(&url);
			wr_text_printf(&url, "%s%s", http->url[at], path);
			perform(http, wr_text_str(&url), body, code, answer);
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
				wr_registry_http_url(http), http->error);
	return wr_status_hint(status, "Check 'url' and that the registry runs");
}

#else

wr_status *wr_registry_http_new(const struct wr_options *options, struct wr_registry_http **out)
{
	*out = NULL;
	return wr_module_not_built("A schema registry", "libcurl4-openssl-dev", "registry");
}

void wr_registry_http_free(struct wr_registry_http *http)
{
}

const char *wr_registry_http_url(const struct wr_registry_http *http)
{
	return "";
}

wr_status *wr_registry_http_call(struct wr_registry_http *http, const char *path,
				 struct wr_str body, long *code, struct wr_text *answer)
{
	return wr_module_not_built("A schema registry", "libcurl4-openssl-dev", "registry");
}

#endif

void wr_registry_http_escape(struct wr_text *out, const char *text)
{
	for (; *text != '\0'; text++) {
		uint8_t c = (uint8_t)*text;
		bool plain = (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 ||
			     c == '-' || c == '_' || c == '.' || c == '~';
		if (plain)
			wr_text_putc(out, *text);
		else
			wr_text_printf(out, "%%%02X", c);
	}
}
