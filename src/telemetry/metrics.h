/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics - the figures of a process and its jobs, for Prometheus (/metrics) and for OTLP.
 *
 * One table of families makes both; names are the same. They follow Prometheus's conventions: base
 * units (seconds, bytes), counters end in _total. Labels are the job's name, the operator's number
 * and name, the table, the partition. Histograms have bounds of powers of four microseconds;
 * latencies are in seconds.
 *
 * Bounded: OPERATORS_MAX operators a job and WR_METRICS_PARTITIONS partitions a table have series
 * of their own, and jobs beyond JOBS_MAX have none; weir_metrics_left_out says how many were left
 * out.
 *
 * A job's operators begin anew with each attempt, and so do their counters: for Prometheus, a
 * reset.
 *
 * Thread: any.
 */
#ifndef WR_TELEMETRY_METRICS_H
#define WR_TELEMETRY_METRICS_H

#include "engine/run.h"

struct wr_metrics;

/* Whose figures they are. */
struct wr_metrics_of {
	struct wr_env *env; /* clocks */
	int64_t began_us;   /* monotonic: the process */
	/* Calls `each` for every job that has a run, which is there meanwhile. MAY be NULL: there
	 * are no jobs. */
	void (*jobs)(void *own,
		     void (*each)(void *look, const char *id, const char *name, bool runs,
				  struct wr_run *run),
		     void *look);
	/* The run of such a job stays from hold to let; NULL: it is gone. */
	struct wr_run *(*hold)(void *own, const char *id);
	void (*let)(void *own, struct wr_run *run);
	/* MAY: families of others, by the functions of metrics_inner.h. */
	void (*more)(void *own, struct wr_metrics *metrics);
	void *own; /* of the callbacks */
};

/* Appends all of them in Prometheus's text format. */
void wr_metrics_print(const struct wr_metrics_of *of, struct wr_text *out);
/* Writes all of them as OTLP's messages of type Metric, items of ScopeMetrics' list. */
void wr_metrics_otlp(const struct wr_metrics_of *of, struct wr_otlp_writer *out);
/* A family of one number without labels; for `more`. */
void wr_metrics_single(struct wr_metrics *metrics, const char *name, const char *type,
		       const char *help, double value);

#endif
