/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_info - what the server is, and whether it is well.
 */
#include "server/server.h"
#include "weir/version.h"

static void get_info(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	wr_text_printf(&reply->body,
		       "{\"version\":\"%s\",\"uptime_ms\":%lld,\"user\":", WEIR_VERSION,
		       (long long)(wr_mono_us(server->env) - server->began_us) / 1000);
	wr_text_json(&reply->body, request->who->name);
	wr_text_printf(&reply->body, ",\"role\":\"%s\",\"login\":%s}",
		       wr_role_name(request->who->role),
		       server->config->auth.count > 0 ? "true" : "false");
}

static void get_health(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply)
{
	reply->type = "text/plain; charset=utf-8";
	wr_text_puts(&reply->body, "ok\n");
}

/* openapi.json, as tools/embed makes it when Weir is built. */
extern const char wr_openapi[];
extern const size_t wr_openapi_len;

static void get_openapi(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	reply->cache = "no-cache";
	wr_text_add(&reply->body, wr_openapi, wr_openapi_len);
}

const struct wr_http_route wr_routes_info[] = {
    {"GET", "/v1/info", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_info},
    {"GET", "/v1/openapi.json", WR_ROLE_NONE, WR_ROUTE_QUICK | WR_ROUTE_OPEN, get_openapi},
    {"GET", "/healthz", WR_ROLE_NONE, WR_ROUTE_QUICK | WR_ROUTE_OPEN, get_health},
    {0},
};
