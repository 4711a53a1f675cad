/* SPDX-License-Identifier: Apache-2.0
 *
 * server - see server.h.
 */
#include "server/server.h"
#include "server/view_streams.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/lineage_events.h"
#include "engine/memory_limit.h"
#include "server/catalog_session.h"

#define PEM_MAX (1 << 20) /* bytes of a certificate or key */

const struct wr_http_route *const wr_server_routes[] = {wr_routes_info,
							wr_routes_statements,
							wr_routes_catalog,
							wr_routes_completion,
							wr_routes_queries,
							wr_routes_jobs,
							wr_routes_observe,
							wr_routes_views,
							wr_routes_operations,
							wr_routes_alerts,
							wr_routes_letters,
							wr_routes_page,
							NULL};

/* A PEM file; *text NULL when none is given. */
static wr_status *read_pem(struct wr_server *server, const char *key, char **text)
{
	const char *file = wr_options_str(&server->config->options, key);
	size_t len;

	return file == NULL ? NULL : wr_env_read_file(server->env, file, PEM_MAX, text, &len);
}

/* With what the configuration says of it. */
static wr_status *open_http(struct wr_server *server)
{
	const struct wr_options *options = &server->config->options;
	struct wr_http_options http = {
	    .address = wr_options_str(options, "server.http.address"),
	    .port = (uint16_t)wr_options_i64(options, "server.http.port"),
	    .connections_max = (uint32_t)wr_options_i64(options, "server.http.connections"),
	    .body_max = (size_t)wr_options_i64(options, "server.request.max-size"),
	    .stream_idle_s = (uint32_t)WR_MIN(
		wr_options_i64(options, "server.results.idle-timeout") / 1000, INT32_MAX),
	    .rate_max = (uint32_t)wr_options_i64(options, "server.http.rate"),
	    .threads = (uint32_t)wr_options_i64(options, "server.http.threads")};
	char *cert = NULL, *pem = NULL;
	wr_status *status;

	WR_TRY_OUT(status, read_pem(server, "server.tls.cert", &cert));
	WR_TRY_OUT(status, read_pem(server, "server.tls.key", &pem));
	http.cert = cert;
	http.key = pem;
	WR_TRY_OUT(status, wr_http_open(server, &http, wr_server_routes, &server->config->auth,
					&server->http));
	if (wr_options_i64(options, "server.gateway.port") < 0)
		goto out;
	http.address = wr_options_str(options, "server.gateway.address");
	http.port = (uint16_t)wr_options_i64(options, "server.gateway.port");
	http.refused = wr_gateway_refused;
	status = wr_http_open(server, &http, wr_gateway_routes, &server->config->auth,
			      &server->gateway_http);
out:
	wr_free(cert);
	wr_free(pem);
	return status;
}

/* Lineage events begin to fail, or arrive again. */
static void on_lineage(void *own, const char *reason)
{
	struct wr_server *server = own;
	struct wr_text line;

	wr_text_init(&line);
	wr_text_puts(&line, reason != NULL ? "Lineage events do not arrive: "
					   : "Lineage events arrive again");
	wr_text_puts(&line, reason != NULL ? reason : "");
	wr_log_say(server->telemetry.log, reason != NULL ? WR_LOG_WARN : WR_LOG_INFO, NULL,
		   line.data);
	wr_text_release(&line);
}

/* Checks the settings of sessions; what all of them may use of the memory; where lineage goes. */
static wr_status *read_settings(struct wr_server *server)
{
	struct wr_listener nobody = {0};
	struct wr_session *session = wr_session_new(&nobody);
	wr_status *status = wr_catalog_session_settings(server, session);

	server->memory.limit = wr_memory_limit(wr_session_settings(session), server->env);
	if (status == NULL)
		status = wr_lineage_events_open(server->env, wr_session_settings(session),
						on_lineage, server, &server->lineage);
	wr_session_free(session);
	return status;
}

wr_status *wr_server_open(const struct wr_config *config, struct wr_server **out)
{
	struct wr_server *server = wr_calloc(1, sizeof *server);
	wr_status *status = NULL;

	server->env = wr_env_system();
	server->config = config;
	server->began_us = wr_mono_us(server->env);
	server->stop[0] = server->stop[1] = -1;
	*out = server;
	wr_server_telemetry_open(server);
	if (pipe(server->stop) != 0)
		status = wr_status_new(WR_FATAL, "Cannot make a pipe");
	if (status == NULL)
		status = read_settings(server);
	if (status == NULL)
		status =
		    wr_meta_open(wr_options_str(&config->options, "server.data"), &server->store);
	server->views = wr_mviews_new();
	server->view_streams = wr_view_streams_new(server->telemetry.log);
	if (status == NULL)
		status = wr_jobs_open(server, &server->jobs);
	if (status == NULL)
		status = wr_alerts_open(server, &server->alerts);
	if (status == NULL)
		status = wr_server_telemetry_export(server);
	if (status == NULL && wr_options_bool(&config->options, "server.jobs.start"))
		status = wr_jobs_start(server->jobs);
	if (status == NULL)
		status = wr_clients_open(server, &server->clients);
	if (status == NULL && wr_options_bool(&config->options, "server.jobs.start"))
		status = wr_clients_views_start(server);
	if (status == NULL)
		status = wr_statements_open(server, &server->statements);
	if (status == NULL)
		status = wr_gateway_open(server, &server->gateway);
	if (status == NULL)
		status = wr_operations_open(server, &server->operations);
	if (status == NULL)
		status = open_http(server);
	if (status == NULL)
		status = wr_pgs_open(server, &server->pg);
	if (status == NULL)
		status = wr_alerts_start(server->alerts);
	if (status != NULL) {
		wr_server_close(server);
		*out = NULL;
	}
	return status;
}

void wr_server_run(struct wr_server *server)
{
	char byte;

	while (read(server->stop[0], &byte, 1) < 0)
		; /* a signal handler has run */
}

wr_status *wr_server_stopping(void)
{
	return wr_status_hint(
	    wr_status_because(wr_status_new(WR_RETRY, "The server is stopping"), WR_STOPPING),
	    "Ask again when it has started");
}

void wr_server_stop(struct wr_server *server)
{
	ssize_t written = write(server->stop[1], "", 1);

	(void)written; /* a full pipe ends it as well */
}

void wr_server_close(struct wr_server *server)
{
	if (server == NULL)
		return;
	wr_alerts_stop(server->alerts); /* before jobs end: that is no alert */
	wr_jobs_suspend(server->jobs);
	wr_operations_end(server->operations);
	wr_statements_end(server->statements); /* threads of HTTP wait for their rows */
	wr_view_streams_end(server->view_streams);
	wr_pgs_close(server->pg);
	wr_http_close(server->gateway_http);
	wr_http_close(server->http);
	wr_operations_close(server->operations);
	wr_gateway_close(server->gateway);
	wr_statements_close(server->statements);
	wr_clients_close(server->clients);
	wr_server_telemetry_end(server);
	wr_alerts_close(server->alerts);
	wr_jobs_close(server->jobs);
	wr_lineage_events_close(server->lineage);
	wr_view_streams_free(server->view_streams);
	wr_mviews_unref(server->views);
	wr_meta_close(server->store);
	wr_server_telemetry_close(server);
	for (int i = 0; i < 2; i++)
		if (server->stop[i] >= 0)
			close(server->stop[i]);
	wr_free(server);
}
