/* SPDX-License-Identifier: Apache-2.0
 *
 * http_route - which handler a path has. Its segments are told apart before they are decoded: a
 * name may have a slash, sent as %2F.
 */
#include <string.h>

#include "server/http_inner.h"

/* The next segment of a path, behind its slash; the path moves behind it. */
static struct wr_str segment(const char **path)
{
	size_t len = strcspn(*path, "/");
	struct wr_str found = {*path, len};

	*path += len;
	return found;
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* A segment without its %XX: what is none, and %00, stays as it is. */
static const char *decoded(struct wr_arena *arena, struct wr_str raw)
{
	char *text = wr_arena_strndup(arena, raw.data, raw.len), *out = text;

	for (const char *at = text; *at != '\0'; at++) {
		int high = *at == '%' ? digit_of(at[1]) : -1;
		int low = high >= 0 ? digit_of(at[2]) : -1;

		if (low >= 0 && high * 16 + low > 0) {
			*out++ = (char)(high * 16 + low);
			at += 2;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
	return text;
}

/* Whether a segment that was sent is that of a pattern. */
static bool same(struct wr_arena *arena, struct wr_str sent, struct wr_str want)
{
	if (memchr(sent.data, '%', sent.len) != NULL)
		sent = wr_str_of(decoded(arena, sent));
	return sent.len == want.len && memcmp(sent.data, want.data, want.len) == 0;
}

/* Whether the path, as it was sent, is one of the pattern, whose parameters are noted. */
static bool fits(struct wr_http_exchange *exchange, const char *pattern, const char *path)
{
	uint32_t params = 0;

	memset(exchange->request.param, 0, sizeof exchange->request.param);
	while (*pattern == '/' && *path == '/') {
		struct wr_str want, got;

		pattern++;
		path++;
		if (strcmp(pattern, "*") == 0) {
			exchange->request.param[params] =
			    decoded(&exchange->arena, wr_str_of(path));
			return true;
		}
		want = segment(&pattern);
		got = segment(&path);
		if (want.len > 0 && want.data[0] == '{') {
			if (got.len == 0 || params == WR_HTTP_PARAMS_MAX)
				return false;
			exchange->request.param[params++] = decoded(&exchange->arena, got);
		} else if (!same(&exchange->arena, got, want)) {
			return false;
		}
	}
	return *pattern == '\0' && *path == '\0';
}

void wr_http_route_find(struct wr_http_exchange *exchange)
{
	struct wr_http_request *request = &exchange->request;
	const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
	const char *known = NULL; /* methods of the path */

	for (const struct wr_http_route *const *table = exchange->http->routes; *table != NULL;
	     table++) {
		for (const struct wr_http_route *route = *table; route->method != NULL; route++) {
			if (!fits(exchange, route->path, exchange->sent_path))
				continue;
			if (strcmp(route->method, method) == 0) {
				exchange->route = route;
				return;
			}
			known = known == NULL ? route->method
					      : wr_arena_printf(&exchange->arena, "%s, %s", known,
								route->method);
		}
	}
	exchange->reply.allow = known;
	if (known != NULL)
		wr_http_error_of(&exchange->reply, 405, "method_not_allowed",
				 wr_status_hint(wr_status_new(WR_USER_ERROR, "%s does not take %s",
							      request->path, request->method),
						"It takes %s", known));
	else
		wr_http_error_of(
		    &exchange->reply, 404, "not_found",
		    wr_status_hint(
			wr_status_new(WR_USER_ERROR, "There is nothing at %s", request->path),
			"GET /v1/openapi.json says what there is"));
}
