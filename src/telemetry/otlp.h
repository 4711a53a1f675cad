/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp - exports spans and metrics to an OpenTelemetry collector: OTLP over HTTP, in JSON or
 * Protobuf (base/otlp_writer.h).
 *
 * A thread of its own takes finished spans out of its tracer's queue (base/trace.h), looks at the
 * metrics every now and then, and posts both. Nobody waits for it: a collector that is slow or away
 * makes the queue full, and what does not fit is dropped and counted.
 *
 * What can pass (no answer, 429, 502, 503, 504) is tried again, ATTEMPTS_MAX times, with pauses
 * that grow, or as long as Retry-After says; then those spans, or that look at the metrics, are
 * given up. What a collector says it has not taken (partial success) is counted with them. The user
 * is told of the first failure, and when it goes on.
 *
 * The end: what is there is sent once more, for as long as otel.exporter.otlp.timeout.
 *
 * Thread: open and close one; the rest any.
 */
#ifndef WR_TELEMETRY_OTLP_H
#define WR_TELEMETRY_OTLP_H

#include "base/trace.h"
#include "telemetry/metrics.h"
#include "telemetry/settings.h"

struct wr_otlp;

struct wr_otlp_for {
	const struct wr_options *options; /* of a table with WR_TELEMETRY_OPTION_ROWS; they stay */
	const struct wr_metrics_of *metrics;       /* the figures; stays */
	void (*say)(void *user, const char *text); /* MAY: what the user should know; any thread */
	void *user;                                /* of the callback */
};

/* *out NULL, without an error: the options say that nothing is exported. */
wr_status *wr_otlp_open(const struct wr_otlp_for *what, struct wr_otlp **out);
/* Sends what is left. */
void wr_otlp_close(struct wr_otlp *otlp); /* NULL allowed */
/* Where spans go; NULL: nowhere. Lives until close. */
struct wr_tracer *wr_otlp_tracer(struct wr_otlp *otlp); /* NULL allowed */
/* Writes its own figures (weir_otlp_*). NULL allowed: there are none. */
void wr_otlp_metrics(struct wr_otlp *otlp, struct wr_metrics *metrics);

#endif
