/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_report - a job as JSON: in short for lists, or whole.
 *
 * Figures of a job that runs are those of its run; of one that has ended, those it ended with.
 */
#include "base/mem.h"
#include "base/secret.h"
#include "runtime/job_report.h"
#include "server/jobs_inner.h"

#define SAMPLE_US 1000000 /* rates are of at least as long */

/* A number, or null below 0. */
static void put_known(struct wr_text *out, const char *name, int64_t number)
{
	if (number < 0)
		wr_text_printf(out, ",\"%s\":null", name);
	else
		wr_text_printf(out, ",\"%s\":%lld", name, (long long)number);
}

/* What a look at the job gives. */
struct look {
	bool running; /* figures of its run; else those it ended with */
	struct wr_run_sums sums;
	struct wr_job_stats stats;
	int64_t lag;              /* -1: unknown */
	double in_s, out_s;       /* rows in a second */
	struct wr_text waiting;   /* for what; of a whole one */
	struct wr_text statement; /* that runs */
	struct wr_text report;    /* stages and tables, members of an object */
};

static void add_lag(void *own, const struct wr_split_lag *split)
{
	int64_t *lag = own;

	if (split->end >= 0)
		*lag = WR_MAX(*lag, 0) + (split->end - split->offset);
}

/* What only a job that is there can say. */
static void look_into(struct wr_run *run, bool whole, struct look *look)
{
	struct wr_job *job = wr_run_hold(run);

	for (uint32_t i = 0; job != NULL && i < wr_job_table_count(job); i++)
		wr_job_table_lag(job, i, add_lag, &look->lag);
	if (job != NULL && whole)
		wr_job_waiting(job, &look->waiting);
	wr_run_let(run);
	if (!whole)
		return;
	if (wr_run_name(run) != NULL)
		wr_text_puts(&look->statement, wr_run_name(run));
	wr_run_report(run, &look->report);
}

/* Rows in a second since the sample before; a sample that is old enough becomes that one.
 * Under lock. */
static void rates(struct wr_server_job *job, struct look *look)
{
	int64_t now_us = wr_mono_us(job->jobs->env), span_us;

	if (job->sample[1].at_us == 0 || now_us - job->sample[1].at_us >= SAMPLE_US) {
		job->sample[0] = job->sample[1];
		job->sample[1].at_us = now_us;
		job->sample[1].rows_in = look->sums.rows_in;
		job->sample[1].rows_out = look->sums.rows_out;
	}
	span_us = now_us - job->sample[0].at_us;
	if (job->sample[0].at_us == 0 || span_us <= 0)
		return;
	look->in_s = (double)(look->sums.rows_in - job->sample[0].rows_in) * 1e6 / (double)span_us;
	look->out_s =
	    (double)(look->sums.rows_out - job->sample[0].rows_out) * 1e6 / (double)span_us;
}

static void take_figures(const struct wr_server_job *job, struct look *look)
{
	const struct wr_job_figures *figures = &job->figures;

	look->sums.rows_in = (uint64_t)figures->rows_in;
	look->sums.rows_out = (uint64_t)figures->rows_out;
	look->sums.rows_late = (uint64_t)figures->rows_late;
	look->sums.rows_bad = (uint64_t)figures->rows_bad;
	look->sums.restarts = (uint64_t)figures->restarts;
	look->sums.checkpoints = (uint64_t)figures->checkpoints;
	if (job->report != NULL)
		wr_text_puts(&look->report, job->report);
}

/* Looks at a job that stays meanwhile. A run is looked into without the lock: what its connectors
 * hold is not waited for by others, and may itself wait for it. */
static void look_at(struct wr_server_job *job, bool whole, struct look *look)
{
	struct wr_jobs *jobs = job->jobs;
	struct wr_job_run *run = NULL;

	*look = (struct look){.lag = -1, .stats.watermark_ms = WR_WATERMARK_MIN};
	look->stats.checkpoint.age_us = -1;
	pthread_mutex_lock(&jobs->lock);
	if (job->run != NULL && job->state == WR_JOB_RUNNING)
		(run = job->run)->refs++;
	else
		take_figures(job, look);
	pthread_mutex_unlock(&jobs->lock);
	if (run == NULL)
		return;
	look->running = true;
	wr_run_look(&run->run, &look->sums, &look->stats);
	look_into(&run->run, whole, look);
	pthread_mutex_lock(&jobs->lock);
	rates(job, look);
	wr_server_job_run_unref(jobs, run);
	pthread_mutex_unlock(&jobs->lock);
}

static void look_release(struct look *look)
{
	wr_text_release(&look->waiting);
	wr_text_release(&look->statement);
	wr_text_release(&look->report);
}

static void put_checkpoint(const struct look *look, struct wr_text *out)
{
	const struct wr_checkpoint_stats *stats = &look->stats.checkpoint;

	wr_text_printf(out, ",\"checkpoint\":{\"number\":%llu", (unsigned long long)stats->number);
	wr_report_time(out, "age_ms", stats->age_us);
	wr_report_time(out, "duration_ms", stats->duration_us);
	wr_report_number(out, "bytes", stats->bytes);
	wr_report_number(out, "done", look->sums.checkpoints);
	wr_report_number(out, "failed", stats->failed);
	wr_text_putc(out, '}');
}

/* And how far it is behind the clock. */
static void put_watermark(struct wr_server_job *job, const struct look *look, struct wr_text *out)
{
	int64_t watermark_ms = look->stats.watermark_ms;
	bool known = watermark_ms != WR_WATERMARK_MIN && watermark_ms != WR_WATERMARK_MAX;

	if (!known) {
		wr_text_puts(out, ",\"watermark_ms\":null,\"watermark_lag_ms\":null");
		return;
	}
	wr_text_printf(out, ",\"watermark_ms\":%lld,\"watermark_lag_ms\":%lld",
		       (long long)watermark_ms,
		       (long long)(wr_wall_us(job->jobs->env) / 1000 - watermark_ms));
}

/* The members of both forms, after "{". Under lock. */
static void put_short(struct wr_server_job *job, const struct look *look, struct wr_text *out)
{
	int64_t now_ms = wr_wall_us(job->jobs->env) / 1000;

	wr_text_puts(out, "\"id\":");
	wr_text_json(out, job->id);
	wr_report_text(out, "name", job->name);
	wr_report_text(out, "state", wr_server_job_state_name(wr_server_job_state_now(job)));
	wr_report_text(out, "changing", job->changing);
	wr_report_text(out, "owner", job->owner);
	put_known(out, "created_ms", job->created_ms);
	put_known(out, "started_ms", job->started_ms > 0 ? job->started_ms : -1);
	put_known(out, "ended_ms", job->ended_ms > 0 ? job->ended_ms : -1);
	put_known(out, "uptime_ms", job->active ? now_ms - job->started_ms : -1);
	wr_report_number(out, "restarts", look->sums.restarts);
	wr_report_number(out, "rows_in", look->sums.rows_in);
	wr_report_number(out, "rows_out", look->sums.rows_out);
	wr_report_number(out, "rows_late", look->sums.rows_late);
	wr_report_number(out, "rows_bad", look->sums.rows_bad);
	wr_text_printf(out, ",\"rows_in_per_s\":%.1f,\"rows_out_per_s\":%.1f", look->in_s,
		       look->out_s);
	put_watermark(job, look, out);
	wr_report_number(out, "state_bytes", look->stats.state_bytes);
	put_checkpoint(look, out);
	put_known(out, "lag", look->lag);
	wr_report_text(out, "error", job->error);
}

/* What it executes. Under lock. */
static void put_script(const struct wr_server_job *job, bool secrets, struct wr_text *out)
{
	char *sql = wr_strdup(job->sql);
	struct wr_arena arena;

	wr_arena_init(&arena);
	if (!secrets)
		wr_secret_blot(sql, strlen(sql));
	wr_report_text(out, "sql", sql);
	wr_text_puts(out, ",\"settings\":{");
	for (uint32_t i = 0; i < job->setting_count; i++) {
		const char *value = job->value[i];

		wr_text_puts(out, i > 0 ? "," : "");
		wr_text_json(out, job->key[i]);
		wr_text_putc(out, ':');
		wr_text_json(out, secrets ? value : wr_secret_hide(&arena, job->key[i], value));
	}
	wr_text_putc(out, '}');
	wr_arena_release(&arena);
	wr_free(sql);
}

/* The rest of the whole form. Under lock. */
static void put_rest(const struct wr_server_job *job, const struct look *look, bool secrets,
		     struct wr_text *out)
{
	wr_report_text(out, "hint", job->hint);
	put_script(job, secrets, out);
	put_known(out, "parallelism", job->parallelism > 0 ? (int64_t)job->parallelism : -1);
	wr_report_text(out, "restored_from", job->restore);
	wr_report_text(out, "checkpoint_folder", job->folder);
	if (look->running) {
		wr_report_text(out, "waiting", look->waiting.len > 0 ? look->waiting.data : NULL);
		wr_report_text(out, "statement",
			       look->statement.len > 0 ? look->statement.data : NULL);
	}
	wr_text_puts(out, wr_text_str(&look->report));
}

/* An object of the job, which stays meanwhile. */
static void put_job(struct wr_server_job *job, bool whole, bool secrets, struct wr_text *out)
{
	struct look look;

	look_at(job, whole, &look);
	wr_text_putc(out, '{');
	pthread_mutex_lock(&job->jobs->lock);
	put_short(job, &look, out);
	if (whole)
		put_rest(job, &look, secrets, out);
	pthread_mutex_unlock(&job->jobs->lock);
	wr_text_putc(out, '}');
	look_release(&look);
}

bool wr_server_job_rates(struct wr_server_job *job, double *in_s, double *out_s)
{
	struct look look;
	bool running;

	look_at(job, false, &look);
	running = look.running;
	*in_s = look.in_s;
	*out_s = look.out_s;
	look_release(&look);
	return running;
}

struct wr_server_job **wr_server_jobs_hold(struct wr_jobs *jobs, uint32_t *count)
{
	struct wr_server_job **job;

	pthread_mutex_lock(&jobs->lock);
	*count = jobs->count;
	job = wr_calloc(*count + 1, sizeof *job);
	for (uint32_t i = 0; i < *count; i++)
		(job[i] = jobs->job[i])->users++;
	pthread_mutex_unlock(&jobs->lock);
	return job;
}

void wr_jobs_list(struct wr_jobs *jobs, struct wr_text *out)
{
	uint32_t count;
	struct wr_server_job **job = wr_server_jobs_hold(jobs, &count);

	wr_text_puts(out, "{\"jobs\":[");
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(out, i > 0 ? "," : "");
		put_job(job[i], false, false, out);
		wr_server_job_done(job[i], false);
	}
	wr_text_puts(out, "]}");
	wr_free(job);
}

/* One job in either form; false: there is none. */
static bool describe(struct wr_jobs *jobs, const char *name, bool whole, bool secrets,
		     struct wr_text *out)
{
	struct wr_server_job *job;
	wr_status *status = wr_server_job_work(jobs, name, NULL, &job);

	if (status != NULL) {
		wr_status_free(status);
		return false;
	}
	put_job(job, whole, secrets, out);
	wr_server_job_done(job, false);
	return true;
}

bool wr_jobs_describe_short(struct wr_jobs *jobs, const char *name, struct wr_text *out)
{
	return describe(jobs, name, false, false, out);
}

bool wr_jobs_describe(struct wr_jobs *jobs, const char *name, bool secrets, struct wr_text *out)
{
	return describe(jobs, name, true, secrets, out);
}

/* --- what is remembered -------------------------------------------------------------------------
 */

/* The id of a job. */
static wr_status *id_of(struct wr_jobs *jobs, const char *name, char id[WR_JOB_ID_LEN + 1])
{
	const struct wr_server_job *job;

	pthread_mutex_lock(&jobs->lock);
	job = wr_jobs_find(jobs, name);
	if (job != NULL)
		memcpy(id, job->id, sizeof job->id);
	pthread_mutex_unlock(&jobs->lock);
	return job != NULL ? NULL : wr_jobs_unknown(name);
}

/* {"NAME":[...]} of the notes of a kind. */
static wr_status *put_notes(struct wr_jobs *jobs, const char *name, const char *kind,
			    uint32_t limit, struct wr_text *out)
{
	char id[WR_JOB_ID_LEN + 1];

	WR_TRY(id_of(jobs, name, id));
	wr_text_printf(out, "{\"%ss\":[", kind);
	WR_TRY(wr_meta_each_note(jobs->server->store, kind, id, limit, wr_meta_note_json, out));
	wr_text_puts(out, "]}");
	return NULL;
}

wr_status *wr_jobs_checkpoints(struct wr_jobs *jobs, const char *name, struct wr_text *out)
{
	return put_notes(jobs, name, "checkpoint", WR_JOB_NOTES, out);
}

wr_status *wr_jobs_exceptions(struct wr_jobs *jobs, const char *name, struct wr_text *out)
{
	return put_notes(jobs, name, "exception", WR_JOB_EXCEPTIONS, out);
}

wr_status *wr_jobs_logs(struct wr_jobs *jobs, const char *name, struct wr_text *out)
{
	struct wr_server_job *job;
	uint64_t first;

	WR_TRY(wr_server_job_work(jobs, name, NULL, &job));
	wr_text_puts(out, "{\"lines\":[");
	pthread_mutex_lock(&jobs->log_lock);
	first = job->line_count > WR_JOB_LOG_LINES ? job->line_count - WR_JOB_LOG_LINES : 0;
	for (uint64_t i = first; i < job->line_count; i++) {
		const struct wr_job_line *line = &job->line[i % WR_JOB_LOG_LINES];

		wr_text_printf(out, "%s{\"at_ms\":%lld", i > first ? "," : "",
			       (long long)line->at_ms);
		wr_report_text(out, "text", line->text);
		wr_text_putc(out, '}');
	}
	pthread_mutex_unlock(&jobs->log_lock);
	wr_text_puts(out, "]}");
	wr_server_job_done(job, false);
	return NULL;
}
