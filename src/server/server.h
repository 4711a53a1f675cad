/* SPDX-License-Identifier: Apache-2.0
 *
 * server - `weir serve`: one process with a catalog, jobs, and ports for those who ask.
 *
 * Parts are opened in the order of the members below and closed in the opposite one; each knows the
 * server and those before it.
 *
 * Thread: open, run and close that of main; stop any, signal handlers too. The members do not
 * change in between.
 */
#ifndef WR_SERVER_SERVER_H
#define WR_SERVER_SERVER_H

#include "runtime/budget.h"
#include "connectors/mview.h"
#include "server/alerts.h"
#include "server/client.h"
#include "server/config.h"
#include "server/gateway.h"
#include "server/http.h"
#include "server/jobs.h"
#include "server/metastore.h"
#include "server/operations.h"
#include "server/pg.h"
#include "server/statements.h"
#include "server/telemetry.h"

struct wr_server {
	struct wr_env *env;
	const struct wr_config *config;
	int64_t began_us; /* monotonic */
	int stop[2];      /* a pipe: a byte ends wr_server_run */
	struct wr_server_telemetry telemetry;
	struct wr_budget_pool memory; /* of all jobs and queries */
	struct wr_metastore *store;
	struct wr_lineage_events *lineage;    /* told of its jobs; NULL: nobody is */
	struct wr_mviews *views;              /* the rows of materialized tables */
	struct wr_view_streams *view_streams; /* for those who look on */
	struct wr_jobs *jobs;
	struct wr_alerts *alerts;
	struct wr_clients *clients;
	struct wr_statements *statements; /* results of the REST API */
	struct wr_gateway *gateway;       /* Flink's protocol */
	struct wr_operations *operations; /* that take long */
	struct wr_http *http;
	struct wr_pgs *pg;            /* NULL: it does not speak PostgreSQL's protocol */
	struct wr_http *gateway_http; /* its port; NULL: it is not spoken */
};

/* Everything is there and answers when this returns; jobs have begun. */
wr_status *wr_server_open(const struct wr_config *config, struct wr_server **out);
/* Returns when wr_server_stop was called. */
void wr_server_run(struct wr_server *server);
void wr_server_stop(struct wr_server *server);
/* What is said to who asks for something new meanwhile: of WR_STOPPING. The caller's. */
wr_status *wr_server_stopping(void);
/* Jobs make a last checkpoint; connections are closed. */
void wr_server_close(struct wr_server *server);

/* Tables of routes, a file each; NULL-terminated. */
extern const struct wr_http_route *const wr_server_routes[];
extern const struct wr_http_route wr_routes_observe[];
extern const struct wr_http_route wr_routes_alerts[];
extern const struct wr_http_route wr_routes_info[];
extern const struct wr_http_route wr_routes_statements[];
extern const struct wr_http_route wr_routes_catalog[];
extern const struct wr_http_route wr_routes_completion[];
extern const struct wr_http_route wr_routes_queries[];
extern const struct wr_http_route wr_routes_jobs[];
extern const struct wr_http_route wr_routes_operations[];
extern const struct wr_http_route wr_routes_letters[];
extern const struct wr_http_route wr_routes_views[];
extern const struct wr_http_route wr_routes_page[];

#endif
