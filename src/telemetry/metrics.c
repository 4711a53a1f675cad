/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics - see metrics.h. All jobs are looked at first, since the series of a family have to stand
 * together; they are held until everything is written.
 */
#include "telemetry/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "data/batch.h"
#include "telemetry/metrics_inner.h"
#include "weir/version.h"

#define JOBS_MAX 200

/* --- series -------------------------------------------------------------------------------------
 */

static void end_family(struct wr_metrics *metrics)
{
	if (metrics->name != NULL && metrics->form->end != NULL)
		metrics->form->end(metrics);
	metrics->name = NULL;
}

void wr_metrics_family(struct wr_metrics *metrics, const char *name, const char *type,
		       const char *help)
{
	end_family(metrics);
	metrics->name = name;
	metrics->type = type;
	metrics->help = help;
	metrics->series = 0;
	if (metrics->form->family != NULL)
		metrics->form->family(metrics);
}

void wr_metrics_begin(struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	metrics->of = job;
	metrics->label_count = 0;
	if (job != NULL)
		wr_metrics_label(metrics, "job_name", job->name);
}

void wr_metrics_label(struct wr_metrics *metrics, const char *name, const char *value)
{
	WR_REQUIRE(metrics->label_count < WR_METRICS_LABELS_MAX);
	metrics->label[metrics->label_count++] = (struct wr_metrics_label){name, value};
}

void wr_metrics_value(struct wr_metrics *metrics, double value)
{
	metrics->form->value(metrics, value);
	metrics->series++;
}

void wr_metrics_histogram(struct wr_metrics *metrics, const struct wr_histogram_sum *sum)
{
	metrics->form->histogram(metrics, sum);
	metrics->series++;
}

void wr_metrics_single(struct wr_metrics *metrics, const char *name, const char *type,
		       const char *help, double value)
{
	wr_metrics_family(metrics, name, type, help);
	wr_metrics_begin(metrics, NULL);
	wr_metrics_value(metrics, value);
}

/* --- the process --------------------------------------------------------------------------------
 */

/* A number of a file of /proc/self, behind `name`; -1: there is none. */
static double proc_number(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	char line[256];
	double value = -1;
	size_t len = strlen(name);

	while (file != NULL && value < 0 && fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, name, len) == 0)
			value = strtod(line + len, NULL);
	if (file != NULL)
		fclose(file);
	return value;
}

/* CPU, memory, and what was read and written. */
static void put_process(struct wr_metrics *metrics)
{
	double rss_kb = proc_number("/proc/self/status", "VmRSS:");
	double read_bytes = proc_number("/proc/self/io", "read_bytes:");
	double write_bytes = proc_number("/proc/self/io", "write_bytes:");
	struct rusage usage;

	wr_metrics_family(metrics, "weir_build_info", "gauge", "The version that runs.");
	wr_metrics_begin(metrics, NULL);
	wr_metrics_label(metrics, "version", WEIR_VERSION);
	wr_metrics_value(metrics, 1);
	wr_metrics_single(metrics, "process_start_time_seconds", "gauge",
			  "When the process began, in seconds since 1970.",
			  (double)metrics->began_ms / 1e3);
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		wr_metrics_single(
		    metrics, "process_cpu_seconds_total", "counter", "CPU time of the process.",
		    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	if (rss_kb >= 0)
		wr_metrics_single(metrics, "process_resident_memory_bytes", "gauge",
				  "Memory of the process that is resident.", rss_kb * 1024);
	if (read_bytes >= 0)
		wr_metrics_single(metrics, "weir_process_read_bytes_total", "counter",
				  "Bytes that the process has had read from storage.", read_bytes);
	if (write_bytes >= 0)
		wr_metrics_single(metrics, "weir_process_written_bytes_total", "counter",
				  "Bytes that the process has had written to storage.",
				  write_bytes);
}

/* --- jobs ---------------------------------------------------------------------------------------
 */

static bool is_time(int64_t ms)
{
	return ms != WR_WATERMARK_MIN && ms != WR_WATERMARK_MAX;
}

/* Values of a job; NAN: there is none. */
static double job_up(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return job->runs;
}
static double job_seconds(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return (double)job->stats.elapsed_us / 1e6;
}
static double job_restarts(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return (double)job->sums.restarts;
}
static double job_rows_in(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return (double)job->sums.rows_in;
}
static double job_rows_out(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return (double)job->sums.rows_out;
}
static double job_rows_late(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return (double)job->sums.rows_late;
}
static double job_rows_bad(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return (double)job->sums.rows_bad;
}
static double job_success(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	double good = (double)job->sums.rows_in, bad = (double)job->sums.rows_bad;

	return good + bad > 0 ? good / (good + bad) : NAN;
}
static double job_state_bytes(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return (double)job->stats.state_bytes;
}
static double job_watermark(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return is_time(job->stats.watermark_ms) ? (double)job->stats.watermark_ms / 1e3 : NAN;
}
static double job_watermark_lag(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return is_time(job->stats.watermark_ms)
		   ? (double)(metrics->wall_ms - job->stats.watermark_ms) / 1e3
		   : NAN;
}
static double job_checkpoints(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return job->stats.checkpoint.on ? (double)job->sums.checkpoints : NAN;
}
static double job_failed(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	return job->stats.checkpoint.on ? (double)job->stats.checkpoint.failed : NAN;
}
static double job_age(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	bool known = job->stats.checkpoint.on && job->stats.checkpoint.age_us >= 0;

	return known ? (double)job->stats.checkpoint.age_us / 1e6 : NAN;
}
static double job_bytes(const struct wr_metrics *metrics, const struct wr_metrics_job *job)
{
	bool known = job->stats.checkpoint.on && job->stats.checkpoint.number > 0;

	return known ? (double)job->stats.checkpoint.bytes : NAN;
}

static const struct {
	const char *name, *type, *help; /* as Prometheus wants them */
	double (*value)(const struct wr_metrics *metrics,
			const struct wr_metrics_job *job); /* NAN: it has none */
} job_families[] = {
    {"weir_job_up", "gauge", "Whether the job runs.", job_up},
    {"weir_job_running_seconds", "gauge", "How long its attempt has been running.", job_seconds},
    {"weir_job_restarts_total", "counter", "Restarts after failures.", job_restarts},
    {"weir_job_rows_in_total", "counter", "Rows read from its sources.", job_rows_in},
    {"weir_job_rows_out_total", "counter", "Rows written to its sinks.", job_rows_out},
    {"weir_job_rows_late_total", "counter", "Rows that came too late.", job_rows_late},
    {"weir_job_rows_bad_total", "counter",
     "Records and rows that could not be read, evaluated or written.", job_rows_bad},
    {"weir_job_success_ratio", "gauge", "Share of the records that were not bad.", job_success},
    {"weir_job_state_bytes", "gauge", "State of its operators.", job_state_bytes},
    {"weir_job_watermark_timestamp_seconds", "gauge", "Its lowest watermark, since 1970.",
     job_watermark},
    {"weir_job_watermark_lag_seconds", "gauge", "How far its watermark is behind the clock.",
     job_watermark_lag},
    {"weir_job_checkpoints_total", "counter", "Checkpoints that were completed.", job_checkpoints},
    {"weir_job_checkpoints_failed_total", "counter",
     "Checkpoints of its attempt that were given up.", job_failed},
    {"weir_job_checkpoint_age_seconds", "gauge", "Since the last checkpoint was completed.",
     job_age},
    {"weir_job_checkpoint_size_bytes", "gauge", "Size of the last checkpoint.", job_bytes},
};

static void put_jobs(struct wr_metrics *metrics)
{
	for (uint32_t f = 0; f < WR_COUNT(job_families); f++) {
		wr_metrics_family(metrics, job_families[f].name, job_families[f].type,
				  job_families[f].help);
		for (uint32_t i = 0; i < metrics->job_count; i++) {
			double value = job_families[f].value(metrics, &metrics->job[i]);

			if (isnan(value))
				continue;
			wr_metrics_begin(metrics, &metrics->job[i]);
			wr_metrics_value(metrics, value);
		}
	}
	wr_metrics_family(metrics, "weir_job_checkpoint_duration_seconds", "histogram",
			  "How long checkpoints took.");
	for (uint32_t i = 0; i < metrics->job_count; i++) {
		if (metrics->job[i].observed == NULL || !metrics->job[i].stats.checkpoint.on)
			continue;
		wr_metrics_begin(metrics, &metrics->job[i]);
		wr_metrics_histogram(metrics, &metrics->job[i].observed->checkpoints);
	}
}

/* --- the look -----------------------------------------------------------------------------------
 */

struct looker {
	struct wr_metrics *metrics;       /* gets what is seen */
	const struct wr_metrics_of *jobs; /* to hold each */
};

static void add_lag(void *own, const struct wr_split_lag *split)
{
	struct wr_metrics_source *source = own;
	int64_t behind = split->end < 0 ? -1 : WR_MAX(split->end - split->offset, 0);

	if (source->count < WR_METRICS_PARTITIONS) {
		source->partition[source->count] = split->partition;
		source->behind[source->count] = behind;
	}
	source->count++;
	if (behind < 0)
		return;
	source->known++;
	source->lag += (uint64_t)behind;
}

static void look_at_sources(struct wr_metrics_job *out, const struct wr_job *job)
{
	uint32_t tables = wr_job_table_count(job);

	out->source = wr_calloc(tables + 1, sizeof *out->source);
	for (uint32_t i = 0; i < tables; i++) {
		struct wr_table_stats stats;

		wr_job_table_stats(job, i, &stats);
		if (!stats.is_source)
			break;
		out->source[out->source_count].table = stats.table;
		wr_job_table_lag(job, i, add_lag, &out->source[out->source_count++]);
	}
}

/* wr_metrics_of.jobs. */
static void look_at_job(void *own, const char *id, const char *name, bool runs, struct wr_run *run)
{
	struct looker *looker = own;
	struct wr_metrics *metrics = looker->metrics;
	struct wr_metrics_job *out;
	struct wr_job *job;

	if (metrics->job_count == JOBS_MAX) {
		metrics->left_out++;
		return;
	}
	metrics->job = wr_realloc(metrics->job, (metrics->job_count + 1) * sizeof *metrics->job);
	out = &metrics->job[metrics->job_count++];
	*out = (struct wr_metrics_job){.name = wr_strdup(name), .runs = runs};
	wr_run_look(run, &out->sums, &out->stats);
	out->age_us = wr_mono_us(looker->jobs->env) - out->sums.began_us;
	/* By its id, and once more than each does: it is let when all is printed. */
	out->run = looker->jobs->hold(looker->jobs->own, id);
	job = out->run != NULL ? wr_run_hold(out->run) : NULL;
	if (job == NULL)
		return;
	out->observed = wr_observe(job);
	look_at_sources(out, job);
}

static void let_jobs(struct looker *looker)
{
	for (uint32_t i = 0; i < looker->metrics->job_count; i++) {
		struct wr_metrics_job *job = &looker->metrics->job[i];

		wr_observed_free(job->observed);
		wr_free(job->source);
		wr_free(job->name);
		if (job->run == NULL)
			continue;
		wr_run_let(job->run);
		looker->jobs->let(looker->jobs->own, job->run);
	}
	wr_free(looker->metrics->job);
}

/* Looks, and writes all of it in the form that the metrics say. */
static void write_all(const struct wr_metrics_of *of, struct wr_metrics *metrics)
{
	struct looker looker = {metrics, of};

	metrics->wall_ms = wr_wall_us(of->env) / 1000;
	metrics->began_ms = metrics->wall_ms - (wr_mono_us(of->env) - of->began_us) / 1000;
	if (of->jobs != NULL)
		of->jobs(of->own, look_at_job, &looker);
	put_process(metrics);
	put_jobs(metrics);
	wr_metrics_parts(metrics);
	wr_metrics_single(
	    metrics, "weir_metrics_left_out", "gauge",
	    "Jobs, operators and partitions that have no series, since there are too many.",
	    (double)metrics->left_out);
	if (of->more != NULL)
		of->more(of->own, metrics);
	end_family(metrics);
	let_jobs(&looker);
}

void wr_metrics_print(const struct wr_metrics_of *of, struct wr_text *out)
{
	write_all(of, &(struct wr_metrics){.form = &wr_metrics_text_form, .out = out});
}

void wr_metrics_otlp(const struct wr_metrics_of *of, struct wr_otlp_writer *out)
{
	write_all(of, &(struct wr_metrics){.form = &wr_metrics_otlp_form, .otlp = out});
}
