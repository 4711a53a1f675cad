/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_text - metrics in Prometheus's text format.
 */
#include <math.h>

#include "telemetry/metrics_inner.h"

/* "# HELP" and "# TYPE". */
static void family(struct wr_metrics *metrics)
{
	wr_text_printf(metrics->out, "# HELP %s %s\n# TYPE %s %s\n", metrics->name, metrics->help,
		       metrics->name, metrics->type);
}

/* A label's value: backslash, quote and line end are escaped. */
static void put_escaped(struct wr_text *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			wr_text_puts(out, "\\n");
		else if (*value == '\\' || *value == '"')
			wr_text_printf(out, "\\%c", *value);
		else
			wr_text_putc(out, *value);
	}
}

/* The series' name with its labels, and one more where `more` is given; `suffix`: of a histogram.
 */
static void put_series(struct wr_metrics *metrics, const char *suffix, const char *more,
		       const char *more_value)
{
	struct wr_text *out = metrics->out;
	bool labels = metrics->label_count > 0 || more != NULL;

	wr_text_printf(out, "%s%s%s", metrics->name, suffix, labels ? "{" : "");
	for (uint32_t i = 0; i < metrics->label_count; i++) {
		wr_text_printf(out, "%s%s=\"", i > 0 ? "," : "", metrics->label[i].name);
		put_escaped(out, metrics->label[i].value);
		wr_text_putc(out, '"');
	}
	if (more != NULL)
		wr_text_printf(out, "%s%s=\"%s\"", metrics->label_count > 0 ? "," : "", more,
			       more_value);
	wr_text_puts(out, labels ? "} " : " ");
}

/* Whole numbers without a fraction, others with all their digits. */
static void put_number(struct wr_text *out, double value)
{
	if (value == floor(value) && fabs(value) < 1e15)
		wr_text_printf(out, "%.0f\n", value);
	else
		wr_text_printf(out, "%.9g\n", value);
}

static void put_value(struct wr_metrics *metrics, double value)
{
	put_series(metrics, "", NULL, NULL);
	put_number(metrics->out, value);
}

static void put_histogram(struct wr_metrics *metrics, const struct wr_histogram_sum *sum)
{
	for (uint32_t power = WR_METRICS_POWER_FIRST; power <= WR_METRICS_POWER_LAST; power += 2) {
		struct wr_text bound = {0};

		wr_text_printf(&bound, "%.10g", (double)((uint64_t)1 << power) / 1e6);
		put_series(metrics, "_bucket", "le", wr_text_str(&bound));
		wr_text_release(&bound);
		put_number(metrics->out, (double)wr_histogram_at_most(sum, (uint64_t)1 << power));
	}
	put_series(metrics, "_bucket", "le", "+Inf");
	put_number(metrics->out, (double)sum->total);
	put_series(metrics, "_sum", NULL, NULL);
	put_number(metrics->out, (double)sum->sum / 1e6);
	put_series(metrics, "_count", NULL, NULL);
	put_number(metrics->out, (double)sum->total);
}

const struct wr_metrics_form wr_metrics_text_form = {
    .family = family, .value = put_value, .histogram = put_histogram};
