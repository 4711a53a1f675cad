/* SPDX-License-Identifier: Apache-2.0
 *
 * poster_http - messages as POSTs, by http_client.h, which keeps its connection.
 *
 * Any 2xx is an arrival. 408, 429 and 5xx, and no answer at all, may pass; other answers will not.
 */
#include "base/arena.h"
#include "base/http_client.h"
#include "base/mem.h"
#include "base/poster_inner.h"

#include <stdio.h>

#define ANSWER_MAX  (1 << 20) /* more is no answer */
#define REASON_MAX  256       /* bytes of an answer that are told */
#define TIMEOUT_US  10000000
#define WAIT_MAX_US INT64_C(3600000000)

struct http_way {
	struct wr_arena arena; /* of the texts */
	struct wr_http_client *client;
	const char *url, *safe; /* safe: without a login, for messages */
	struct wr_text answer;
};

static const char *copy(struct wr_arena *arena, const char *text)
{
	return text != NULL ? wr_arena_strdup(arena, text) : NULL;
}

static void copy_headers(struct wr_arena *arena, const char *const *headers,
			 struct wr_http_client_options *out)
{
	uint32_t count = 0;

	while (headers != NULL && headers[count] != NULL)
		count++;
	const char **own = WR_NEW_ARRAY(arena, const char *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		own[i] = wr_arena_strdup(arena, headers[i]);
	out->header = own;
	out->header_count = count;
}

/* Paths are appended to the URL, so it has no slash at its end. */
static wr_status *check_url(struct http_way *way, const char *what)
{
	const char *host = strstr(way->url, "://");
	const char *at = strrchr(way->url, '@');
	size_t len = strlen(way->url);

	if (strncmp(way->url, "http://", 7) != 0 && strncmp(way->url, "https://", 8) != 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s: '%s' is no address", what, way->url),
		    "Write http://HOST:PORT, https://HOST:PORT or file:PATH");
	while (len > 0 && way->url[len - 1] == '/')
		len--;
	way->url = wr_arena_strndup(&way->arena, way->url, len);
	way->safe = at != NULL ? wr_arena_printf(&way->arena, "%.*s%s", (int)(host + 3 - way->url),
						 way->url, at + 1)
			       : way->url;
	return NULL;
}

static void http_close(void *own)
{
	struct http_way *way = own;

	if (way == NULL)
		return;
	wr_http_client_free(way->client);
	wr_text_release(&way->answer);
	wr_arena_release(&way->arena);
	wr_free(way);
}

/* Texts are copied, as the options need not outlive this call. */
static wr_status *http_open(struct wr_env *env, const struct wr_poster_options *options, void **out)
{
	struct http_way *way = wr_calloc(1, sizeof *way);
	struct wr_arena *arena = &way->arena;
	wr_status *status;

	*out = NULL;
	wr_arena_init(arena);
	wr_text_init(&way->answer);
	struct wr_http_client_options client = {
	    .what = wr_arena_strdup(arena, options->what),
	    .user_info = copy(arena, options->user),
	    .token = copy(arena, options->token),
	    .trust = copy(arena, options->trust),
	    .call_ms = (options->timeout_us != 0 ? options->timeout_us : TIMEOUT_US) / 1000,
	    .answer_max = ANSWER_MAX,
	};
	copy_headers(arena, options->headers, &client);
	way->url = wr_arena_strdup(arena, options->url);
	status = check_url(way, options->what);
	if (status == NULL)
		status = wr_http_client_new(&client, &way->client);
	if (status != NULL)
		http_close(way);
	else
		*out = way;
	return status;
}

/* What the answer, or its absence, means. */
static void judge(struct http_way *way, const char *path, uint32_t code,
		  struct wr_post_attempt *out)
{
	int64_t wait_us;

	if (code == 0) {
		out->end = WR_POST_AGAIN;
		snprintf(out->reason, sizeof out->reason, "%s%s does not answer: %s", way->safe,
			 path, wr_http_client_error(way->client));
		return;
	}
	if (code >= 200 && code < 300)
		return;
	wait_us = wr_http_client_retry_after(way->client) * 1000000;
	out->end = code == 408 || code == 429 || code >= 500 ? WR_POST_AGAIN : WR_POST_REFUSED;
	out->wait_us = wait_us < WAIT_MAX_US ? wait_us : WAIT_MAX_US;
	snprintf(out->reason, sizeof out->reason, "%s%s answers with HTTP %u %.*s", way->safe, path,
		 code, REASON_MAX, wr_text_str(&way->answer));
}

static bool goes_on(void *own)
{
	return !__atomic_load_n((const bool *)own, __ATOMIC_RELAXED);
}

static void http_post(void *own, const struct wr_post *post, const bool *stop,
		      struct wr_post_attempt *out)
{
	struct http_way *way = own;
	struct wr_text url;

	wr_text_init(&url);
	wr_text_printf(&url, "%s%s", way->url, post->path);
	struct wr_http_call call = {
	    .method = "POST",
	    .url = url.data,
	    .body = {post->body, post->len},
	    .type = post->type,
	    .wait = goes_on,
	    .own = (void *)stop,
	};
	judge(way, post->path, wr_http_client_call(way->client, &call, &way->answer), out);
	wr_text_release(&url);
}

const struct wr_post_way wr_post_http = {http_open, http_post, http_close};
