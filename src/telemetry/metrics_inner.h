/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_inner - what metrics.c has looked at, for the files that print families of metrics:
 *
 *     metrics          the look, the process, jobs
 *     metrics_parts    sources, operators, sinks
 *
 * and for those that write them in a form:
 *
 *     metrics_text     Prometheus
 *     metrics_otlp     OpenTelemetry
 */
#ifndef WR_TELEMETRY_METRICS_INNER_H
#define WR_TELEMETRY_METRICS_INNER_H

#include "runtime/observe.h"
#include "telemetry/metrics.h"

#define WR_METRICS_PARTITIONS 64 /* of a table, with series of their own */

/* How far a source's partitions are behind. */
struct wr_metrics_source {
	const char *table;     /* as long as the look */
	uint32_t count, known; /* partitions; those whose ends are known */
	uint64_t lag;          /* records of all known ones */
	/* Numbers of the first ones, and records that they are behind; -1: not known. */
	int64_t partition[WR_METRICS_PARTITIONS], behind[WR_METRICS_PARTITIONS];
};

/* A job when it was looked at; all of it is the look's own. */
struct wr_metrics_job {
	char *name;              /* owned */
	bool runs;               /* as of the look */
	struct wr_run_sums sums; /* of all its attempts */
	struct wr_job_stats stats;
	int64_t age_us;                   /* since its run began */
	struct wr_observed *observed;     /* NULL: it does not run; valid while it is held */
	struct wr_run *run;               /* held; NULL: it does not run */
	uint32_t source_count;            /* number of source */
	struct wr_metrics_source *source; /* owned */
};

/* A series of the family that is being written. */
struct wr_metrics_label {
	const char *name, *value; /* static; the caller's until the value is given */
};
#define WR_METRICS_LABELS_MAX 8

/* How the series are written. All of a family come one after the other. */
struct wr_metrics_form {
	void (*family)(struct wr_metrics *metrics); /* it begins; MAY */
	void (*value)(struct wr_metrics *metrics, double value);
	void (*histogram)(struct wr_metrics *metrics, const struct wr_histogram_sum *sum);
	void (*end)(struct wr_metrics *metrics); /* of the family; MAY */
};
extern const struct wr_metrics_form wr_metrics_text_form, wr_metrics_otlp_form;

struct wr_metrics {
	const struct wr_metrics_form *form;
	struct wr_text *out;         /* what is written; NULL in OTLP */
	struct wr_otlp_writer *otlp; /* the same in OTLP; NULL elsewhere */
	int64_t wall_ms;             /* the clock of the look */
	int64_t began_ms;            /* when the process began */
	uint32_t job_count;          /* number of job */
	struct wr_metrics_job *job;  /* owned */
	uint64_t left_out;           /* jobs, operators and partitions without series */
	/* The family, and the series that is being written. */
	const char *name, *type, *help;
	uint32_t series; /* of the family so far */
	struct wr_metrics_label label[WR_METRICS_LABELS_MAX];
	uint32_t label_count;
	const struct wr_metrics_job *of; /* whose the series is; NULL: the process's */
};

/* A family begins: "counter", "gauge" or "histogram"; the one before has ended. */
void wr_metrics_family(struct wr_metrics *metrics, const char *name, const char *type,
		       const char *help);
/* A series of it: with the job's label (NULL: none), those that follow, and its value. */
void wr_metrics_begin(struct wr_metrics *metrics, const struct wr_metrics_job *job);
void wr_metrics_label(struct wr_metrics *metrics, const char *name, const char *value);
void wr_metrics_value(struct wr_metrics *metrics, double value);
/* Of microseconds, shown in seconds. */
void wr_metrics_histogram(struct wr_metrics *metrics, const struct wr_histogram_sum *sum);
/* The bounds of histograms are 2^power us, from FIRST to LAST in steps of 2: 16 us to 18 minutes.
 */
#define WR_METRICS_POWER_FIRST 4
#define WR_METRICS_POWER_LAST  30
/* metrics_parts.c */
void wr_metrics_parts(struct wr_metrics *metrics);

#endif
