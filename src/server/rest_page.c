/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_page - the files of the web page. Its views have paths of their own below /ui/, which the
 * page itself understands.
 *
 * The files are the same for everybody and need no login: the page asks for it, and sends it with
 * each request for what is worth protecting.
 *
 * All clients that show pages take gzip; to others a file is sent all the same, as there is no
 * other. Names of assets have the hash of what is in them and are kept for ever; the page itself is
 * asked for again each time, and is sent only when it is another one.
 *
 * A build without Node has no page: browsers then get one that says so, and what there is instead.
 */
#include <string.h>

#include "server/page.h"
#include "server/server.h"

/* Nothing from elsewhere, no script and no style but the page's own files. */
#define POLICY                                                                                     \
	"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "           \
	"form-action 'self'; frame-ancestors 'self'"

static const char no_page[] =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Weir</title>"
    "<meta name=viewport content='width=device-width'><meta name=color-scheme content='light "
    "dark'>"
    "<h1>Weir runs, but this build has no page</h1>"
    "<p>The page is made with Node 20.19 or later, which was not there when Weir was built. "
    "<code>./dev build</code> gets one and makes it; all else works as it is:"
    "<ul><li><code>weir sql</code>: the shell"
    "<li><a href=/v1/jobs>/v1/jobs</a>: the jobs, by REST (<a href=/v1/openapi.json>all "
    "routes</a>)"
    "<li><a href=/metrics>/metrics</a>: for Prometheus"
    "<li><a href=/readyz>/readyz</a>: whether it is ready</ul>";

/* Whether the client has the file already. */
static bool has(const struct wr_http_request *request, const char *etag)
{
	const char *known = wr_http_header(request, "If-None-Match");

	return known != NULL && strstr(known, etag) != NULL;
}

static void send_file(const struct wr_http_request *request, const struct wr_page_file *file,
		      bool keep, struct wr_http_reply *reply)
{
	reply->type = file->type;
	reply->etag = file->etag;
	reply->cache = keep ? "public, max-age=31536000, immutable" : "no-cache";
	if (has(request, file->etag)) {
		reply->code = 304;
		return;
	}
	if (file->plain)
		reply->policy = POLICY;
	else
		reply->encoding = "gzip";
	wr_text_add(&reply->body, file->data, file->len);
}

/* To browsers as a page, to programs as an error like others. */
static void send_no_page(const struct wr_http_request *request, struct wr_http_reply *reply)
{
	const char *accept = wr_http_header(request, "Accept");

	if (accept == NULL || strstr(accept, "text/html") == NULL) {
		wr_http_error(
		    reply, 404, "not_found",
		    "This build of Weir has no page: Node was not there when it was built");
		return;
	}
	reply->code = 404;
	reply->type = "text/html; charset=utf-8";
	reply->policy = "default-src 'none'";
	wr_text_puts(&reply->body, no_page);
}

static const struct wr_page_file *find(const char *folder, const char *name)
{
	size_t len = strlen(folder);

	for (const struct wr_page_file *file = wr_page_files; file->path != NULL; file++)
		if (strncmp(file->path, folder, len) == 0 && strcmp(file->path + len, name) == 0)
			return file;
	return NULL;
}

static void get_page(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	const struct wr_page_file *file = find("", "index.html");

	if (file != NULL)
		send_file(request, file, false, reply);
	else
		send_no_page(request, reply);
}

static void get_asset(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	const struct wr_page_file *file = find("assets/", request->param[0]);

	if (file != NULL)
		send_file(request, file, true, reply);
	else
		wr_http_error(reply, 404, "not_found", "The page has no file '%s'",
			      request->param[0]);
}

const struct wr_http_route wr_routes_page[] = {
    {"GET", "/", WR_ROLE_NONE, WR_ROUTE_QUICK | WR_ROUTE_OPEN, get_page},
    {"GET", "/ui/*", WR_ROLE_NONE, WR_ROUTE_QUICK | WR_ROUTE_OPEN, get_page},
    {"GET", "/assets/*", WR_ROLE_NONE, WR_ROUTE_QUICK | WR_ROUTE_OPEN, get_asset},
    {0},
};
