/* SPDX-License-Identifier: Apache-2.0
 *
 * http_client - see http_client.h. An easy handle of libcurl, driven by a multi handle: that one
 * returns while there is no answer yet, so that the caller can look around.
 */
#include "base/http_client.h"

#include "base/macros.h"
#include "base/mem.h"
#include "base/module.h"

#ifdef WR_HAVE_CURL

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdio.h>

/* clang-format off */
#define KEEPALIVE_S 20L /* without a byte: then, and as often again, whether it is there */

#define CURL_CALLS(X)                                                                              \
	X(curl_global_init)                                                                        \
	X(curl_easy_init)                                                                          \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_reset)                                                                         \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_strerror)                                                                      \
	X(curl_multi_init)                                                                         \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_perform)                                                                      \
	X(curl_multi_poll)                                                                         \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_strerror)                                                                     \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)
/* clang-format on */

struct curl_calls {
	CURL_CALLS(WR_MODULE_FIELD)
};
static const char *const curl_names[] = {CURL_CALLS(WR_MODULE_NAME)};

struct wr_http_client {
	struct wr_http_client_options options;
	struct curl_calls call;
	CURL *curl;
	CURLM *multi;
	struct curl_slist *headers;
	struct wr_text *answer; /* of the call under way; the caller's */
	bool too_long;          /* the answer was cut off */
	int64_t retry_after;    /* seconds; of the last answer */
	bool unsent;            /* no connection could be made for the last call */
	char error[CURL_ERROR_SIZE];
};

static wr_status *client_open(struct wr_http_client *client)
{
	struct wr_module_spec module = {
	    .what = client->options.what,
	    .package = "libcurl4",
	    .sonames = {"libcurl.so.4", "libcurl-gnutls.so.4"},
	    .names = curl_names,
	    .count = WR_COUNT(curl_names),
	};
	struct curl_calls *call = &client->call;

	WR_TRY(wr_module_open(&module, call));
	call->curl_global_init(CURL_GLOBAL_DEFAULT);
	client->curl = call->curl_easy_init();
	client->multi = call->curl_multi_init();
	/* No question whether a large body is welcome: it costs a second with some servers. */
	client->headers = call->curl_slist_append(NULL, "Expect:");
	for (uint32_t i = 0; i < client->options.header_count; i++)
		client->headers =
		    call->curl_slist_append(client->headers, client->options.header[i]);
	return client->curl == NULL || client->multi == NULL || client->headers == NULL
		   ? wr_status_no_memory()
		   : NULL;
}

wr_status *wr_http_client_new(const struct wr_http_client_options *options,
			      struct wr_http_client **out)
{
	struct wr_http_client *client = wr_calloc(1, sizeof *client);
	wr_status *status;

	client->options = *options;
	status = client_open(client);
	if (status != NULL) {
		wr_http_client_free(client);
		client = NULL;
	}
	*out = client;
	return status;
}

void wr_http_client_free(struct wr_http_client *client)
{
	if (client == NULL)
		return;
	if (client->headers != NULL)
		client->call.curl_slist_free_all(client->headers);
	if (client->curl != NULL)
		client->call.curl_easy_cleanup(client->curl);
	if (client->multi != NULL)
		client->call.curl_multi_cleanup(client->multi);
	wr_free(client);
}

const char *wr_http_client_error(const struct wr_http_client *client)
{
	return client->error;
}

int64_t wr_http_client_retry_after(const struct wr_http_client *client)
{
	return client->retry_after;
}

bool wr_http_client_unsent(const struct wr_http_client *client)
{
	return client->unsent;
}

/* libcurl hands over a piece of the answer. */
static size_t take_answer(char *data, size_t size, size_t count, void *own)
{
	struct wr_http_client *client = own;
	size_t len = size * count;

	if (len > client->options.answer_max ||
	    client->answer->len > client->options.answer_max - len) {
		client->too_long = true;
		return 0;
	}
	wr_text_add(client->answer, data, len);
	return len;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Certificates and logins of a call. */
static void set_security(struct wr_http_client *client)
{
	const struct wr_http_client_options *options = &client->options;
	__typeof__(client->call.curl_easy_setopt) set = client->call.curl_easy_setopt;
	CURL *curl = client->curl;

	if (options->trust != NULL)
		set(curl, CURLOPT_CAINFO, options->trust);
	if (options->insecure) {
		set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (options->own != NULL) {
		bool pkcs12 = ends_with(options->own, ".p12") || ends_with(options->own, ".pfx");

		set(curl, CURLOPT_SSLCERT, options->own);
		set(curl, CURLOPT_SSLCERTTYPE, pkcs12 ? "P12" : "PEM");
		if (!pkcs12)
			set(curl, CURLOPT_SSLKEY, options->own);
		if (options->own_password != NULL)
			set(curl, CURLOPT_KEYPASSWD, options->own_password);
	}
	if (options->user_info != NULL) {
		set(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		set(curl, CURLOPT_USERPWD, options->user_info);
	} else if (options->token != NULL) {
		set(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		set(curl, CURLOPT_XOAUTH2_BEARER, options->token);
	}
}

/* All that libcurl has to know of a call. */
static void set_call(struct wr_http_client *client, const struct wr_http_call *call,
		     struct curl_slist *headers)
{
	__typeof__(client->call.curl_easy_setopt) set = client->call.curl_easy_setopt;
	CURL *curl = client->curl;

	client->call.curl_easy_reset(curl); /* keeps the connection */
	set(curl, CURLOPT_URL, call->url);
	set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	set(curl, CURLOPT_NOSIGNAL, 1L);
	set(curl, CURLOPT_HTTPHEADER, headers != NULL ? headers : client->headers);
	set(curl, CURLOPT_ERRORBUFFER, client->error);
	set(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)client->options.connect_ms);
	set(curl, CURLOPT_TIMEOUT_MS, (long)client->options.call_ms);
	set(curl, CURLOPT_TCP_KEEPALIVE, 1L); /* who waits for long learns that the other is gone */
	set(curl, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	set(curl, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
	set(curl, CURLOPT_WRITEFUNCTION, take_answer);
	set(curl, CURLOPT_WRITEDATA, client);
	set(curl, CURLOPT_FRESH_CONNECT, (long)call->once);
	set_security(client);
	if (strcmp(call->method, "GET") == 0)
		return;
	set(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
	set(curl, CURLOPT_POSTFIELDS, call->body.data != NULL ? call->body.data : "");
	set(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

/* The headers of a call whose body has a type of its own; NULL: the client's do. */
static struct curl_slist *typed_headers(struct wr_http_client *client, const char *type)
{
	const struct curl_calls *curl = &client->call;
	struct curl_slist *headers = NULL;
	struct wr_text line;

	if (type == NULL)
		return NULL;
	wr_text_init(&line);
	wr_text_printf(&line, "Content-Type: %s", type);
	headers = curl->curl_slist_append(NULL, line.data);
	wr_text_release(&line);
	for (const struct curl_slist *at = client->headers; at != NULL; at = at->next)
		headers = curl->curl_slist_append(headers, at->data);
	return headers;
}

/* Until libcurl has a result, or the caller wants none. */
static CURLcode drive(struct wr_http_client *client, const struct wr_http_call *call)
{
	const struct curl_calls *curl = &client->call;
	CURLMcode code;
	int running, left;
	CURLMsg *message;

	for (;;) {
		code = curl->curl_multi_perform(client->multi, &running);
		if (code == CURLM_OK && running == 0)
			break;
		if (code == CURLM_OK)
			code = curl->curl_multi_poll(client->multi, NULL, 0, WR_HTTP_CLIENT_LOOK_MS,
						     NULL);
		if (code != CURLM_OK) {
			snprintf(client->error, sizeof client->error, "%s",
				 curl->curl_multi_strerror(code));
			return CURLE_FAILED_INIT;
		}
		if (call->wait != NULL && !call->wait(call->own)) {
			snprintf(client->error, sizeof client->error, "it was given up");
			return CURLE_ABORTED_BY_CALLBACK;
		}
	}
	message = curl->curl_multi_info_read(client->multi, &left);
	return message != NULL ? message->data.result : CURLE_FAILED_INIT;
}

/* What the head of the answer says. */
static void take_head(struct wr_http_client *client, long *code)
{
	curl_off_t retry_after = 0;

	client->call.curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, code);
	client->call.curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &retry_after);
	client->retry_after = (int64_t)retry_after;
}

uint32_t wr_http_client_call(struct wr_http_client *client, const struct wr_http_call *call,
			     struct wr_text *answer)
{
	const struct curl_calls *curl = &client->call;
	struct curl_slist *headers = typed_headers(client, call->type);
	CURLcode result;
	long code = 0;

	wr_text_clear(answer);
	client->answer = answer;
	client->too_long = false;
	client->error[0] = '\0';
	set_call(client, call, headers);
	curl->curl_multi_add_handle(client->multi, client->curl);
	result = drive(client, call);
	curl->curl_multi_remove_handle(client->multi, client->curl);
	curl->curl_slist_free_all(headers);
	client->unsent = result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
			 result == CURLE_COULDNT_RESOLVE_PROXY;
	if (result == CURLE_OK)
		take_head(client, &code);
	else if (client->too_long)
		snprintf(client->error, sizeof client->error, "its answer is too long");
	else if (client->error[0] == '\0')
		snprintf(client->error, sizeof client->error, "%s",
			 curl->curl_easy_strerror(result));
	return (uint32_t)code;
}

#else

wr_status *wr_http_client_new(const struct wr_http_client_options *options,
			      struct wr_http_client **out)
{
	*out = NULL;
	return wr_module_not_built(options->what, "libcurl4-openssl-dev", "registry");
}

void wr_http_client_free(struct wr_http_client *client)
{
}

uint32_t wr_http_client_call(struct wr_http_client *client, const struct wr_http_call *call,
			     struct wr_text *answer)
{
	return 0;
}

const char *wr_http_client_error(const struct wr_http_client *client)
{
	return "";
}

int64_t wr_http_client_retry_after(const struct wr_http_client *client)
{
	return 0;
}

bool wr_http_client_unsent(const struct wr_http_client *client)
{
	return true;
}

#endif

void wr_http_escape(struct wr_text *out, const char *text)
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
