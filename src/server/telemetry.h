/* SPDX-License-Identifier: Apache-2.0
 *
 * telemetry - what a server tells of itself: its log, its metrics, and both and its traces to an
 * OpenTelemetry collector.
 *
 * Thread: open and close those of the server; the rest any.
 */
#ifndef WR_SERVER_TELEMETRY_H
#define WR_SERVER_TELEMETRY_H

#include "telemetry/log.h"
#include "telemetry/otlp.h"

struct wr_server;
struct wr_config;

struct wr_server_telemetry {
	struct wr_log *log;
	struct wr_otlp *otlp;         /* NULL: nothing is exported */
	struct wr_metrics_of metrics; /* of the process and all jobs */
	bool requests;                /* log.requests: those that were answered are in the log */
};

/* First the log, then, when the jobs can be asked, the export. */
void wr_server_telemetry_open(struct wr_server *server);
wr_status *wr_server_telemetry_export(struct wr_server *server);
/* The last spans go; no job runs any more. */
void wr_server_telemetry_end(struct wr_server *server);
void wr_server_telemetry_close(struct wr_server *server);

#endif
