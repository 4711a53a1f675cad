/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_otlp - metrics as OTLP has them: a Metric per family that has a series.
 *
 * Counters are monotonic sums, cumulative since the job's run began (what is of its operators:
 * since its attempt did, as their counters begin anew). Histograms have explicit bounds; the counts
 * of their buckets do not include those below, as they do in Prometheus's text.
 */
#include <math.h>

#include "base/macros.h"
#include "telemetry/metrics_inner.h"

/* Of a histogram. */
#define BOUNDS ((WR_METRICS_POWER_LAST - WR_METRICS_POWER_FIRST) / 2 + 1)

/* The unit, which the name says. */
static const char *unit(const char *name)
{
	if (strstr(name, "_seconds") != NULL)
		return "s";
	return strstr(name, "_bytes") != NULL ? "By" : "1";
}

static bool is_type(const struct wr_metrics *metrics, const char *type)
{
	return strcmp(metrics->type, type) == 0;
}

/* Since when the series is counted, ms. */
static int64_t start_ms(const struct wr_metrics *metrics)
{
	const struct wr_metrics_job *job = metrics->of;

	if (job == NULL)
		return metrics->began_ms;
	if (strncmp(metrics->name, "weir_job_", 9) == 0 && is_type(metrics, "counter"))
		return metrics->wall_ms - job->age_us / 1000;
	return metrics->wall_ms - job->stats.elapsed_us / 1000;
}

/* What a family is in OTLP. */
static const struct kind {
	const char *type, *name; /* of the family; of the field in Metric */
	uint32_t number;         /* of that field */
	uint32_t attributes;     /* number of the field of a data point that has them */
} kinds[] = {{"counter", "sum", 7, 7}, {"gauge", "gauge", 5, 7}, {"histogram", "histogram", 9, 9}};

static const struct kind *kind_of(const struct wr_metrics *metrics)
{
	uint32_t i = 0;

	while (!is_type(metrics, kinds[i].type))
		WR_REQUIRE(++i < WR_COUNT(kinds));
	return &kinds[i];
}

/* Opens the metric with its first series; the head of a data point. */
static struct wr_otlp_writer *begin_point(struct wr_metrics *metrics)
{
	struct wr_otlp_writer *out = metrics->otlp;
	const struct kind *kind = kind_of(metrics);

	if (metrics->series == 0) {
		wr_otlp_item(out, 2);
		wr_otlp_string(out, "name", 1, metrics->name);
		wr_otlp_string(out, "description", 2, metrics->help);
		wr_otlp_string(out, "unit", 3, unit(metrics->name));
		wr_otlp_begin(out, kind->name, kind->number);
		wr_otlp_list(out, "dataPoints");
	}
	wr_otlp_item(out, 1);
	wr_otlp_list(out, "attributes");
	for (uint32_t i = 0; i < metrics->label_count; i++)
		wr_otlp_attribute(out, kind->attributes, metrics->label[i].name,
				  metrics->label[i].value);
	wr_otlp_end(out);
	if (!is_type(metrics, "gauge"))
		wr_otlp_fixed(out, "startTimeUnixNano", 2, start_ms(metrics) * 1000000);
	wr_otlp_fixed(out, "timeUnixNano", 3, metrics->wall_ms * 1000000);
	return out;
}

/* Whole numbers are integers in OTLP, too. */
static void put_value(struct wr_metrics *metrics, double value)
{
	struct wr_otlp_writer *out = begin_point(metrics);

	if (value == floor(value) && fabs(value) < 1e15)
		wr_otlp_fixed(out, "asInt", 6, (int64_t)value);
	else
		wr_otlp_double(out, "asDouble", 4, value);
	wr_otlp_end(out);
}

static void put_histogram(struct wr_metrics *metrics, const struct wr_histogram_sum *sum)
{
	struct wr_otlp_writer *out = begin_point(metrics);
	uint64_t counts[BOUNDS + 1], below = 0;
	double bounds[BOUNDS];

	for (uint32_t i = 0; i < BOUNDS; i++) {
		uint64_t bound_us = (uint64_t)1 << (WR_METRICS_POWER_FIRST + 2 * i);
		uint64_t at_most = wr_histogram_at_most(sum, bound_us);

		counts[i] = at_most - below;
		bounds[i] = (double)bound_us / 1e6;
		below = at_most;
	}
	counts[BOUNDS] = sum->total - below;
	wr_otlp_fixed(out, "count", 4, (int64_t)sum->total);
	wr_otlp_double(out, "sum", 5, (double)sum->sum / 1e6);
	wr_otlp_fixed_list(out, "bucketCounts", 6, counts, BOUNDS + 1);
	wr_otlp_double_list(out, "explicitBounds", 7, bounds, BOUNDS);
	wr_otlp_end(out);
}

static void end_family(struct wr_metrics *metrics)
{
	struct wr_otlp_writer *out = metrics->otlp;

	if (metrics->series == 0)
		return;
	wr_otlp_end(out);
	if (!is_type(metrics, "gauge"))
		wr_otlp_small(out, "aggregationTemporality", 2, 2);
	if (is_type(metrics, "counter"))
		wr_otlp_true(out, "isMonotonic", 3);
	wr_otlp_end(out);
	wr_otlp_end(out);
}

const struct wr_metrics_form wr_metrics_otlp_form = {
    .value = put_value, .histogram = put_histogram, .end = end_family};
