/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_parts - metrics of the parts of jobs: sources, operators, sinks.
 */
#include <math.h>
#include <stdio.h>

#include "analyze/node.h"
#include "data/batch.h"
#include "telemetry/metrics_inner.h"

#define OPERATORS_MAX 256 /* of a job, with series of their own */

/* --- sources ------------------------------------------------------------------------------------
 */

static void put_source_lag(struct wr_metrics *metrics)
{
	wr_metrics_family(metrics, "weir_source_lag_records", "gauge",
			  "Records between where the source is and the ends of its partitions.");
	for (uint32_t i = 0; i < metrics->job_count; i++)
		for (uint32_t s = 0; s < metrics->job[i].source_count; s++) {
			const struct wr_metrics_source *source = &metrics->job[i].source[s];

			if (source->known == 0)
				continue;
			wr_metrics_begin(metrics, &metrics->job[i]);
			wr_metrics_label(metrics, "table", source->table);
			wr_metrics_value(metrics, (double)source->lag);
		}
}

static void put_partition_lag(struct wr_metrics *metrics)
{
	static const char name[] = "weir_source_partition_lag_records";

	wr_metrics_family(metrics, name, "gauge",
			  "Records between where the source is and the end of a partition.");
	for (uint32_t i = 0; i < metrics->job_count; i++)
		for (uint32_t s = 0; s < metrics->job[i].source_count; s++) {
			const struct wr_metrics_source *source = &metrics->job[i].source[s];
			uint32_t shown = WR_MIN(source->count, WR_METRICS_PARTITIONS);

			metrics->left_out += source->count - shown;
			for (uint32_t p = 0; p < shown; p++) {
				char number[32];

				if (source->behind[p] < 0)
					continue;
				snprintf(number, sizeof number, "%lld",
					 (long long)source->partition[p]);
				wr_metrics_begin(metrics, &metrics->job[i]);
				wr_metrics_label(metrics, "table", source->table);
				wr_metrics_label(metrics, "partition", number);
				wr_metrics_value(metrics, (double)source->behind[p]);
			}
		}
}

/* The seconds that a source is behind: by its watermark, unless it has read all that there is. */
static void put_lag_seconds(struct wr_metrics *metrics)
{
	wr_metrics_family(metrics, "weir_source_lag_seconds", "gauge",
			  "How far the source's watermark is behind the clock; 0 when nothing is "
			  "left to read.");
	for (uint32_t i = 0; i < metrics->job_count; i++) {
		const struct wr_metrics_job *job = &metrics->job[i];

		for (uint32_t o = 0; job->observed != NULL && o < job->observed->op_count; o++) {
			const struct wr_observed_op *op = &job->observed->op[o];
			int64_t ms = op->sum.watermark_ms;
			bool read = false;

			if (op->node->kind != WR_N_SCAN || ms == WR_WATERMARK_MIN ||
			    ms == WR_WATERMARK_MAX)
				continue;
			for (uint32_t s = 0; s < job->source_count; s++)
				read =
				    read || (job->source[s].table == op->node->u.scan.table->name &&
					     job->source[s].known > 0 && job->source[s].lag == 0);
			wr_metrics_begin(metrics, job);
			wr_metrics_label(metrics, "table", op->node->u.scan.table->name);
			wr_metrics_value(metrics, read ? 0 : (double)(metrics->wall_ms - ms) / 1e3);
		}
	}
}

/* --- operators ----------------------------------------------------------------------------------
 */

static double op_rows_in(const struct wr_observed_op *op)
{
	return (double)op->sum.rows_in;
}
static double op_rows_out(const struct wr_observed_op *op)
{
	return (double)op->sum.rows_out;
}
static double op_late(const struct wr_observed_op *op)
{
	return (double)op->sum.late;
}
static double op_bad(const struct wr_observed_op *op)
{
	return (double)op->sum.bad;
}
static double op_filtered(const struct wr_observed_op *op)
{
	return op->node->kind == WR_N_SCAN ? (double)op->sum.filtered : NAN;
}
static double op_duplicates(const struct wr_observed_op *op)
{
	return op->node->kind == WR_N_DEDUP && op->sum.rows_in >= op->sum.rows_out
		   ? (double)(op->sum.rows_in - op->sum.rows_out)
		   : NAN;
}
static double op_state(const struct wr_observed_op *op)
{
	return (double)op->sum.state_bytes;
}
static double op_busy(const struct wr_observed_op *op)
{
	return (double)op->sum.busy_us / 1e6;
}
static double op_blocked(const struct wr_observed_op *op)
{
	return (double)op->sum.blocked_us / 1e6;
}
static double op_incidents(const struct wr_observed_op *op)
{
	return (double)op->sum.incidents;
}
static double op_watermark(const struct wr_observed_op *op)
{
	int64_t ms = op->sum.watermark_ms;

	return ms == WR_WATERMARK_MIN || ms == WR_WATERMARK_MAX ? NAN : (double)ms / 1e3;
}
static double op_skew(const struct wr_observed_op *op)
{
	return op->subtask_count > 1 ? wr_observed_skew(op) : NAN;
}

static const struct {
	const char *name, *type, *help;                   /* as Prometheus wants them */
	double (*value)(const struct wr_observed_op *op); /* NAN: it has none */
} op_families[] = {
    {"weir_operator_rows_in_total", "counter", "Rows taken; of a source: read.", op_rows_in},
    {"weir_operator_rows_out_total", "counter", "Rows given; of a sink: written.", op_rows_out},
    {"weir_operator_rows_late_total", "counter", "Rows that came too late.", op_late},
    {"weir_operator_rows_bad_total", "counter",
     "Records that could not be read, rows that could not be evaluated or written.", op_bad},
    {"weir_operator_rows_filtered_total", "counter",
     "Rows that the condition of a source left out.", op_filtered},
    {"weir_operator_duplicates_total", "counter",
     "Rows that a deduplication has left out, as seen before.", op_duplicates},
    {"weir_operator_state_bytes", "gauge", "State.", op_state},
    {"weir_operator_busy_seconds_total", "counter", "Time that it took itself.", op_busy},
    {"weir_operator_backpressure_seconds_total", "counter",
     "Time that its tasks waited for room behind them.", op_blocked},
    {"weir_operator_backpressure_incidents_total", "counter", "Waits for room of a second or more.",
     op_incidents},
    {"weir_operator_watermark_timestamp_seconds", "gauge", "Watermark behind it, since 1970.",
     op_watermark},
    {"weir_operator_skew_ratio", "gauge",
     "Rows by key: those of the subtask that has most of them, over the average.", op_skew},
};

/* The labels of an operator, behind that of its job; `id` has room for its number. */
static void put_op_labels(struct wr_metrics *metrics, const struct wr_observed_op *op, char id[16])
{
	snprintf(id, 16, "%u", op->node->id);
	wr_metrics_label(metrics, "operator", id);
	wr_metrics_label(metrics, "operator_name", op->name);
	if (op->node->kind == WR_N_SCAN)
		wr_metrics_label(metrics, "table", op->node->u.scan.table->name);
	else if (op->node->kind == WR_N_SINK && op->node->u.sink.table != NULL)
		wr_metrics_label(metrics, "table", op->node->u.sink.table->name);
}

static uint32_t ops_of(const struct wr_metrics_job *job)
{
	return job->observed == NULL ? 0 : WR_MIN(job->observed->op_count, OPERATORS_MAX);
}

static void put_operators(struct wr_metrics *metrics)
{
	for (uint32_t f = 0; f < WR_COUNT(op_families); f++) {
		wr_metrics_family(metrics, op_families[f].name, op_families[f].type,
				  op_families[f].help);
		for (uint32_t i = 0; i < metrics->job_count; i++)
			for (uint32_t o = 0; o < ops_of(&metrics->job[i]); o++) {
				const struct wr_observed_op *op = &metrics->job[i].observed->op[o];
				double value = op_families[f].value(op);
				char id[16];

				if (isnan(value))
					continue;
				wr_metrics_begin(metrics, &metrics->job[i]);
				put_op_labels(metrics, op, id);
				wr_metrics_value(metrics, value);
			}
	}
}

/* How long calls of operators took: a batch, or a part of a mark. */
static void put_processing(struct wr_metrics *metrics)
{
	static const char name[] = "weir_operator_processing_seconds";

	wr_metrics_family(metrics, name, "histogram",
			  "How long an operator took for a batch, or for a part of a mark.");
	for (uint32_t i = 0; i < metrics->job_count; i++) {
		const struct wr_metrics_job *job = &metrics->job[i];

		if (job->observed != NULL)
			metrics->left_out += job->observed->op_count - ops_of(job);
		for (uint32_t o = 0; o < ops_of(job); o++) {
			const struct wr_observed_op *op = &job->observed->op[o];
			char id[16];

			wr_metrics_begin(metrics, job);
			put_op_labels(metrics, op, id);
			wr_metrics_histogram(metrics, &op->took);
		}
	}
}

/* --- sinks --------------------------------------------------------------------------------------
 */

static double sink_rows(const struct wr_observed_sink *sink)
{
	return (double)sink->rows;
}
static double sink_uncommitted(const struct wr_observed_sink *sink)
{
	return sink->transactional ? (double)sink->uncommitted_rows : NAN;
}
static double sink_commits(const struct wr_observed_sink *sink)
{
	return sink->transactional ? (double)sink->commits : NAN;
}
static double sink_errors(const struct wr_observed_sink *sink)
{
	return (double)sink->rejected;
}
static double sink_slow(const struct wr_observed_sink *sink)
{
	return (double)sink->slow_rows;
}
static double sink_age(const struct wr_observed_sink *sink)
{
	return sink->written_ago_us < 0 ? NAN : (double)sink->written_ago_us / 1e6;
}

static const struct {
	const char *name, *type, *help;                       /* as Prometheus wants them */
	double (*value)(const struct wr_observed_sink *sink); /* NAN: it has none */
} sink_families[] = {
    {"weir_sink_rows_total", "counter", "Rows written.", sink_rows},
    {"weir_sink_uncommitted_rows", "gauge", "Rows written that a commit has to make visible.",
     sink_uncommitted},
    {"weir_sink_commits_total", "counter", "Commits.", sink_commits},
    {"weir_sink_errors_total", "counter", "Rows that the other side has refused.", sink_errors},
    {"weir_sink_slo_violations_total", "counter",
     "Rows that took longer from source to sink than weir.slo.latency.", sink_slow},
    {"weir_sink_last_write_age_seconds", "gauge", "Since rows were written last.", sink_age},
};

static void put_sinks(struct wr_metrics *metrics)
{
	for (uint32_t f = 0; f < WR_COUNT(sink_families); f++) {
		wr_metrics_family(metrics, sink_families[f].name, sink_families[f].type,
				  sink_families[f].help);
		for (uint32_t i = 0; i < metrics->job_count; i++) {
			const struct wr_metrics_job *job = &metrics->job[i];

			for (uint32_t s = 0; job->observed != NULL && s < job->observed->sink_count;
			     s++) {
				double value = sink_families[f].value(&job->observed->sink[s]);

				if (isnan(value))
					continue;
				wr_metrics_begin(metrics, job);
				wr_metrics_label(metrics, "table", job->observed->sink[s].table);
				wr_metrics_value(metrics, value);
			}
		}
	}
}

/* From the reading of a row to its writing, or to the commit that makes it visible. */
static void put_latency(struct wr_metrics *metrics)
{
	static const char name[] = "weir_sink_latency_seconds";

	wr_metrics_family(
	    metrics, name, "histogram",
	    "From the reading of the first row of an epoch to the writing of its rows, "
	    "or to the commit that makes them visible.");
	for (uint32_t i = 0; i < metrics->job_count; i++) {
		const struct wr_metrics_job *job = &metrics->job[i];

		for (uint32_t s = 0; job->observed != NULL && s < job->observed->sink_count; s++) {
			wr_metrics_begin(metrics, job);
			wr_metrics_label(metrics, "table", job->observed->sink[s].table);
			wr_metrics_histogram(metrics, &job->observed->sink[s].latency);
		}
	}
}

void wr_metrics_parts(struct wr_metrics *metrics)
{
	put_source_lag(metrics);
	put_partition_lag(metrics);
	put_lag_seconds(metrics);
	put_operators(metrics);
	put_processing(metrics);
	put_sinks(metrics);
	put_latency(metrics);
}
