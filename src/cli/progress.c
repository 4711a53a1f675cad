/* SPDX-License-Identifier: Apache-2.0
 *
 * progress - see progress.h.
 */
#include "cli/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "cli/telemetry.h"

#define FIRST_MS 400 /* a shorter job shows no line */
#define EVERY_MS 250

struct wr_progress {
	bool quiet;
	struct wr_cli_telemetry *telemetry; /* the command's; NULL: it has none */
	struct wr_log *log;                 /* its log; NULL: the same */
	bool terminal;
	struct wr_job *job; /* under lock; NULL: none runs */
	const char *name;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool drawing; /* thread runs */
	bool drawn;   /* a line is on the terminal */
};

static bool is_json(const struct wr_progress *progress)
{
	return progress->log != NULL && wr_log_is_json(progress->log);
}

struct wr_progress *wr_progress_new(bool quiet, struct wr_cli_telemetry *telemetry)
{
	struct wr_progress *progress = wr_calloc(1, sizeof *progress);

	progress->quiet = quiet;
	progress->telemetry = telemetry;
	progress->log = telemetry != NULL ? wr_cli_telemetry_log(telemetry) : NULL;
	progress->terminal = isatty(STDERR_FILENO) != 0 && !is_json(progress);
	pthread_mutex_init(&progress->lock, NULL);
	wr_cond_init(&progress->change);
	return progress;
}

void wr_progress_free(struct wr_progress *progress)
{
	pthread_cond_destroy(&progress->change);
	pthread_mutex_destroy(&progress->lock);
	wr_free(progress);
}

/* Resident memory in MB. */
static double memory_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size = 0, resident = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* "2024-01-01 10:00:00 (lag 12.3 s)" or what there is to say instead. */
static void watermark_text(int64_t watermark_ms, char *text, size_t size)
{
	time_t seconds = (time_t)(watermark_ms / 1000);
	struct tm tm;
	char stamp[32];
	double lag;

	if (watermark_ms == WR_WATERMARK_MIN || watermark_ms == WR_WATERMARK_MAX ||
	    watermark_ms < 0) {
		snprintf(text, size, "none");
		return;
	}
	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
	lag = (double)wr_wall_us(wr_env_system()) / 1e6 - (double)watermark_ms / 1e3;
	snprintf(text, size, "%s (lag %.0f s)", stamp, lag);
}

/* "checkpoint 12 (3.4 s ago), " or nothing. */
static void checkpoint_text(const struct wr_checkpoint_stats *stats, char *text, size_t size)
{
	text[0] = '\0';
	if (!stats->on)
		return;
	if (stats->age_us < 0)
		snprintf(text, size, "no checkpoint yet, ");
	else
		snprintf(text, size, "checkpoint %llu (%.1f s ago), ",
			 (unsigned long long)stats->number, (double)stats->age_us / 1e6);
}

static void draw(struct wr_progress *progress, struct wr_job_stats *last)
{
	struct wr_job_stats now;
	char watermark[64], checkpoint[64];
	double seconds;

	wr_job_stats(progress->job, &now);
	seconds = (double)(now.elapsed_us - last->elapsed_us) / 1e6;
	watermark_text(now.watermark_ms, watermark, sizeof watermark);
	checkpoint_text(&now.checkpoint, checkpoint, sizeof checkpoint);
	fprintf(stderr,
		"\r\033[K%s: %.0f rows/s, in %llu, out %llu, late %llu, bad %llu, watermark %s, "
		"%smemory %.0f MB",
		progress->name, seconds > 0 ? (double)(now.rows_in - last->rows_in) / seconds : 0,
		(unsigned long long)now.rows_in, (unsigned long long)now.rows_out,
		(unsigned long long)now.rows_late, (unsigned long long)now.rows_bad, watermark,
		checkpoint, memory_mb());
	fflush(stderr);
	*last = now;
	progress->drawn = true;
}

static void *draw_main(void *argument)
{
	struct wr_progress *progress = argument;
	struct wr_job_stats last = {0};
	int64_t wait_ms = FIRST_MS;

	pthread_mutex_lock(&progress->lock);
	while (progress->job != NULL) {
		wr_cond_wait_us(&progress->change, &progress->lock, wait_ms * 1000);
		if (progress->job != NULL)
			draw(progress, &last);
		wait_ms = EVERY_MS;
	}
	pthread_mutex_unlock(&progress->lock);
	return NULL;
}

void wr_progress_begin(struct wr_progress *progress, struct wr_job *job, const char *name)
{
	if (progress->quiet || !progress->terminal)
		return;
	progress->job = job;
	progress->name = name;
	progress->drawing =
	    wr_thread_start(&progress->thread, "weir-progress", draw_main, progress);
}

/* A line of the summary, which is cleared; as text it is as it is. */
static void tell(struct wr_progress *progress, struct wr_text *line)
{
	if (is_json(progress)) {
		line->data[line->len - 1] = '\0';
		wr_cli_telemetry_say(progress->telemetry, WR_LOG_INFO, 0, line->data, NULL);
	} else if (progress->log != NULL) {
		wr_log_write(progress->log, line->data);
	} else {
		fputs(line->data, stderr);
	}
	wr_text_clear(line);
}

void wr_progress_end(struct wr_progress *progress, const struct wr_job_stats *stats, bool ok)
{
	double seconds = (double)stats->elapsed_us / 1e6;
	struct wr_text text = {0};

	if (progress->drawing) {
		pthread_mutex_lock(&progress->lock);
		progress->job = NULL;
		pthread_cond_signal(&progress->change);
		pthread_mutex_unlock(&progress->lock);
		pthread_join(progress->thread, NULL);
		progress->drawing = false;
		if (progress->drawn)
			fputs("\r\033[K", stderr);
		progress->drawn = false;
	}
	if (progress->quiet)
		return;
	wr_text_printf(
	    &text, "%s: rows in %llu, rows out %llu, late %llu, bad %llu, %.0f rows/s, %.3f s\n",
	    ok ? "done" : "failed", (unsigned long long)stats->rows_in,
	    (unsigned long long)stats->rows_out, (unsigned long long)stats->rows_late,
	    (unsigned long long)stats->rows_bad, seconds > 0 ? (double)stats->rows_in / seconds : 0,
	    seconds);
	tell(progress, &text);
	if (stats->checkpoint.on) {
		wr_text_printf(
		    &text,
		    "checkpoints: %llu, failed %llu, the last one %.3f MB in %.0f ms, longest "
		    "pause %.1f ms\n",
		    (unsigned long long)stats->checkpoint.done,
		    (unsigned long long)stats->checkpoint.failed,
		    (double)stats->checkpoint.bytes / 1e6,
		    (double)stats->checkpoint.duration_us / 1e3,
		    (double)stats->checkpoint.pause_us / 1e3);
		tell(progress, &text);
	}
	wr_text_release(&text);
}

void wr_progress_checkpoint(struct wr_progress *progress, const struct wr_checkpoint_event *event)
{
	char text[96];

	if (event->number == 0 || event->failure != NULL)
		return;
	snprintf(text, sizeof text, "Checkpoint %llu: %llu bytes in %lld ms",
		 (unsigned long long)event->number, (unsigned long long)event->bytes,
		 (long long)(event->duration_us / 1000));
	wr_cli_telemetry_say(progress->telemetry, WR_LOG_DEBUG, event->number, text, NULL);
}

/* Where the live line is, nobody else may write; what is no terminal is written by the log, which
 * waits for no reader. */
void wr_progress_note(struct wr_progress *progress, const char *text)
{
	if (!progress->terminal && progress->telemetry != NULL) {
		wr_cli_telemetry_say(progress->telemetry, WR_LOG_INFO, 0, text, NULL);
		return;
	}
	pthread_mutex_lock(&progress->lock);
	fprintf(stderr, "%sweir: %s\n", progress->drawn ? "\r\033[K" : "", text);
	progress->drawn = false;
	pthread_mutex_unlock(&progress->lock);
}
