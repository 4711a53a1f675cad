/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_otlp - metrics as OTLP's JSON: a Metric object per family that has a series.
 *
 * Counters are monotonic sums, cumulative since the job's run began (what is of its operators:
 * since its attempt did, as their counters begin anew). Histograms have explicit bounds; the counts
 * of their buckets do not include those below, as they do in Prometheus's text.
 */
#include <math.h>

#include "base/trace_inner.h"
#include "telemetry/metrics_inner.h"

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

/* Opens the metric with its first series; the head of a data point. */
static void begin_point(struct wr_metrics *metrics)
{
	struct wr_text *out = metrics->out;

	if (metrics->series == 0) {
		if (out->len > 0)
			wr_text_putc(out, ',');
		wr_text_printf(out, "{\"name\":\"%s\",\"description\":", metrics->name);
		wr_text_json(out, metrics->help);
		wr_text_printf(out, ",\"unit\":\"%s\",\"%s\":{\"dataPoints\":[",
			       unit(metrics->name),
			       is_type(metrics, "counter")     ? "sum"
			       : is_type(metrics, "histogram") ? "histogram"
							       : "gauge");
	} else {
		wr_text_putc(out, ',');
	}
	wr_text_puts(out, "{\"attributes\":[");
	for (uint32_t i = 0; i < metrics->label_count; i++) {
		if (i > 0)
			wr_text_putc(out, ',');
		wr_otlp_text(out, metrics->label[i].name, metrics->label[i].value);
	}
	wr_text_putc(out, ']');
	if (!is_type(metrics, "gauge"))
		wr_text_printf(out, ",\"startTimeUnixNano\":\"%lld000000\"",
			       (long long)start_ms(metrics));
	wr_text_printf(out, ",\"timeUnixNano\":\"%lld000000\"", (long long)metrics->wall_ms);
}

/* Whole numbers are integers in OTLP, too. */
static void put_value(struct wr_metrics *metrics, double value)
{
	begin_point(metrics);
	if (value == floor(value) && fabs(value) < 1e15)
		wr_text_printf(metrics->out, ",\"asInt\":\"%.0f\"}", value);
	else
		wr_text_printf(metrics->out, ",\"asDouble\":%.9g}", value);
}

static void put_histogram(struct wr_metrics *metrics, const struct wr_histogram_sum *sum)
{
	struct wr_text *out = metrics->out;
	uint64_t below = 0;

	begin_point(metrics);
	wr_text_printf(out, ",\"count\":\"%llu\",\"sum\":%.9g,\"bucketCounts\":[",
		       (unsigned long long)sum->total, (double)sum->sum / 1e6);
	for (uint32_t power = WR_METRICS_POWER_FIRST; power <= WR_METRICS_POWER_LAST; power += 2) {
		uint64_t at_most = wr_histogram_at_most(sum, (uint64_t)1 << power);

		wr_text_printf(out, "\"%llu\",", (unsigned long long)(at_most - below));
		below = at_most;
	}
	wr_text_printf(out, "\"%llu\"],\"explicitBounds\":[",
		       (unsigned long long)(sum->total - below));
	for (uint32_t power = WR_METRICS_POWER_FIRST; power <= WR_METRICS_POWER_LAST; power += 2)
		wr_text_printf(out, "%s%.10g", power > WR_METRICS_POWER_FIRST ? "," : "",
			       (double)((uint64_t)1 << power) / 1e6);
	wr_text_puts(out, "]}");
}

static void end_family(struct wr_metrics *metrics)
{
	if (metrics->series == 0)
		return;
	wr_text_puts(metrics->out, "]");
	if (!is_type(metrics, "gauge"))
		wr_text_puts(metrics->out, ",\"aggregationTemporality\":2");
	if (is_type(metrics, "counter"))
		wr_text_puts(metrics->out, ",\"isMonotonic\":true");
	wr_text_puts(metrics->out, "}}");
}

const struct wr_metrics_form wr_metrics_otlp_form = {
    .value = put_value, .histogram = put_histogram, .end = end_family};
