/* SPDX-License-Identifier: Apache-2.0
 *
 * telemetry - see telemetry.h.
 */
#include "server/telemetry.h"

#include <unistd.h>

#include "server/server.h"

/* --- the jobs, for metrics ----------------------------------------------------------------------
 */

/* A look at the jobs, which knows no states. */
struct look {
	void (*each)(void *look, const char *id, const char *name, bool runs, struct wr_run *run);
	void *own; /* of each */
};

static void each_job(void *own, const char *id, const char *name, enum wr_server_job_state state,
		     struct wr_run *run)
{
	const struct look *look = own;

	look->each(look->own, id, name, state == WR_JOB_RUNNING, run);
}

static void each(void *own,
		 void (*each)(void *look, const char *id, const char *name, bool runs,
			      struct wr_run *run),
		 void *look)
{
	struct wr_server *server = own;

	if (server->jobs != NULL)
		wr_jobs_each(server->jobs, each_job, &(struct look){each, look});
}

static struct wr_run *hold(void *own, const char *id)
{
	return wr_jobs_hold(((struct wr_server *)own)->jobs, id);
}

static void let(void *own, struct wr_run *run)
{
	wr_jobs_let(((struct wr_server *)own)->jobs, run);
}

static void more(void *own, struct wr_metrics *metrics)
{
	struct wr_server *server = own;

	wr_otlp_metrics(server->telemetry.otlp, metrics);
	wr_metrics_alerts(metrics, server->alerts);
	wr_metrics_single(metrics, "weir_log_lines_dropped_total", "counter",
			  "Lines of the log that nobody read in time.",
			  (double)wr_log_dropped(server->telemetry.log));
}

/* --- open and close -----------------------------------------------------------------------------
 */

static void say(void *own, const char *text)
{
	wr_log_say(((struct wr_server *)own)->telemetry.log, WR_LOG_WARN, NULL, text);
}

void wr_server_telemetry_open(struct wr_server *server)
{
	const struct wr_options *options = &server->config->options;
	struct wr_server_telemetry *telemetry = &server->telemetry;

	telemetry->log =
	    wr_log_new(server->env, STDERR_FILENO, wr_options_i64(options, "log.format") != 0,
		       (enum wr_log_level)wr_options_i64(options, "log.level"));
	telemetry->requests = wr_options_bool(options, "log.requests");
	telemetry->metrics = (struct wr_metrics_of){.env = server->env,
						    .began_us = server->began_us,
						    .jobs = each,
						    .hold = hold,
						    .let = let,
						    .more = more,
						    .own = server};
}

wr_status *wr_server_telemetry_export(struct wr_server *server)
{
	struct wr_otlp_for what = {.options = &server->config->options,
				   .metrics = &server->telemetry.metrics,
				   .say = say,
				   .user = server};

	return wr_otlp_open(&what, &server->telemetry.otlp);
}

void wr_server_telemetry_end(struct wr_server *server)
{
	wr_otlp_close(server->telemetry.otlp);
	server->telemetry.otlp = NULL;
}

void wr_server_telemetry_close(struct wr_server *server)
{
	wr_log_free(server->telemetry.log);
}
