/* SPDX-License-Identifier: Apache-2.0
 *
 * log - see log.h. The ring is one buffer of bytes that lines are appended to; the thread takes all
 * of it at once, so that two buffers change places.
 */
#include "telemetry/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"

#define WAITING_MAX (1u << 20) /* bytes of lines that wait */
#define PIECE       4096       /* bytes at once: so many a pipe takes as a whole, or none */
#define GRACE_US    1000000    /* for what is left at the end */
#define POLL_MS     100

struct wr_log {
	struct wr_env *env;
	int fd;
	bool json;
	enum wr_log_level level;
	pthread_t thread;
	bool has_thread; /* to be joined */
	pthread_mutex_t lock;
	pthread_cond_t changed;         /* there are lines, or it stops */
	pthread_cond_t written;         /* ... and now there are none */
	bool writing;                   /* under lock: the thread has lines */
	struct wr_text waiting;         /* under lock: lines */
	uint64_t dropped, dropped_told; /* under lock: lines; those that were told of */
	bool stopping;                  /* under lock */
	int64_t stop_by_us;             /* under lock: monotonic */
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* --- lines --------------------------------------------------------------------------------------
 */

/* ,"name":"value" */
static void put_member(struct wr_text *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	wr_text_printf(out, ",\"%s\":", name);
	wr_text_json(out, value);
}

/* What tables say begins with "Table 'NAME'" (runtime/host.c). */
static void put_table(struct wr_text *out, const char *text)
{
	static const char begin[] = "Table '";
	const char *end;
	char *name;

	if (strncmp(text, begin, sizeof begin - 1) != 0)
		return;
	text += sizeof begin - 1;
	end = strchr(text, '\'');
	if (end == NULL)
		return;
	name = wr_strndup(text, (size_t)(end - text));
	put_member(out, "table", name);
	wr_free(name);
}

static void put_json(struct wr_text *out, int64_t wall_us, enum wr_log_level level,
		     const struct wr_log_about *about, const char *text)
{
	time_t second = (time_t)(wall_us / 1000000);
	struct tm tm;
	char when[32];

	gmtime_r(&second, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	wr_text_printf(out, "{\"ts\":\"%s.%06dZ\",\"level\":\"%s\",\"message\":", when,
		       (int)(wall_us % 1000000), level_names[level]);
	wr_text_json(out, text);
	put_member(out, "job", about->job);
	put_member(out, "job_id", about->job_id);
	if (about->table != NULL)
		put_member(out, "table", about->table);
	else
		put_table(out, text);
	if (about->checkpoint != 0)
		wr_text_printf(out, ",\"checkpoint\":%llu", (unsigned long long)about->checkpoint);
	put_member(out, "hint", about->hint);
	put_member(out, "request_id", about->request_id);
	put_member(out, "trace_id", about->trace_id);
	put_member(out, "method", about->method);
	put_member(out, "path", about->path);
	put_member(out, "user", about->user);
	if (about->method != NULL)
		wr_text_printf(out, ",\"code\":%d,\"duration_us\":%lld", about->code,
			       (long long)about->took_us);
	wr_text_puts(out, "}\n");
}

/* "weir: job totals: text"; line ends in it would look like other lines. */
static void put_text(struct wr_text *out, enum wr_log_level level, const struct wr_log_about *about,
		     const char *text, bool warns)
{
	wr_text_puts(out, "weir: ");
	if (about->job != NULL)
		wr_text_printf(out, "job %s: ", about->job);
	wr_text_printf(out, "%s%s", level == WR_LOG_WARN && warns ? "warning: " : "", text);
	if (about->method != NULL)
		wr_text_printf(out, " %s %s %d %lld us%s%s", about->method, about->path,
			       about->code, (long long)about->took_us,
			       about->user != NULL ? " " : "",
			       about->user != NULL ? about->user : "");
	wr_text_putc(out, '\n');
	if (about->hint != NULL)
		wr_text_printf(out, "  %s\n", about->hint);
}

/* Hands bytes to the thread, or drops them. */
static void put(struct wr_log *log, const char *bytes, size_t len)
{
	pthread_mutex_lock(&log->lock);
	if (log->waiting.len + len > WAITING_MAX) {
		log->dropped++;
	} else {
		wr_text_add(&log->waiting, bytes, len);
		pthread_cond_signal(&log->changed);
	}
	pthread_mutex_unlock(&log->lock);
}

void wr_log_say(struct wr_log *log, enum wr_log_level level, const struct wr_log_about *about,
		const char *text)
{
	static const char warning[] = "warning: ";
	static const struct wr_log_about nothing = {0};
	bool warns = strncmp(text, warning, sizeof warning - 1) == 0;
	struct wr_text line = {0};

	if (warns) {
		text += sizeof warning - 1;
		level = WR_MAX(level, WR_LOG_WARN);
	}
	if (level < log->level)
		return;
	about = about != NULL ? about : &nothing;
	if (log->json)
		put_json(&line, wr_wall_us(log->env), level, about, text);
	else
		put_text(&line, level, about, text, warns);
	put(log, line.data, line.len);
	wr_text_release(&line);
}

void wr_log_write(struct wr_log *log, const char *text)
{
	put(log, text, strlen(text));
}

void wr_log_flush(struct wr_log *log)
{
	struct timespec deadline = wr_deadline(GRACE_US);

	pthread_mutex_lock(&log->lock);
	while ((log->waiting.len > 0 || log->writing) &&
	       wr_cond_wait_until(&log->written, &log->lock, &deadline))
		;
	pthread_mutex_unlock(&log->lock);
}

bool wr_log_shows(const struct wr_log *log, enum wr_log_level level)
{
	return level >= log->level;
}

bool wr_log_is_json(const struct wr_log *log)
{
	return log->json;
}

uint64_t wr_log_dropped(struct wr_log *log)
{
	uint64_t dropped;

	pthread_mutex_lock(&log->lock);
	dropped = log->dropped;
	pthread_mutex_unlock(&log->lock);
	return dropped;
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* Whether the end of the process does not wait any longer. */
static bool is_over(struct wr_log *log)
{
	bool over;

	pthread_mutex_lock(&log->lock);
	over = log->stopping && wr_mono_us(log->env) > log->stop_by_us;
	pthread_mutex_unlock(&log->lock);
	return over;
}

/* Writes piece by piece, each when the reader has room for it; false: nobody reads any more. */
static bool write_all(struct wr_log *log, const char *bytes, size_t len)
{
	while (len > 0) {
		struct pollfd ready = {.fd = log->fd, .events = POLLOUT};
		ssize_t written;

		if (poll(&ready, 1, POLL_MS) <= 0) {
			if (is_over(log))
				return false;
			continue;
		}
		written = write(log->fd, bytes, WR_MIN(len, PIECE));
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (written < 0)
			continue;
		bytes += written;
		len -= (size_t)written;
	}
	return true;
}

/* The lines that wait, moved, and how many were dropped since the last time. false: the end. */
static bool take(struct wr_log *log, struct wr_text *lines, uint64_t *dropped)
{
	struct wr_text empty = *lines;
	bool more;

	pthread_mutex_lock(&log->lock);
	log->writing = false;
	if (log->waiting.len == 0)
		pthread_cond_broadcast(&log->written);
	while (log->waiting.len == 0 && !log->stopping)
		pthread_cond_wait(&log->changed, &log->lock);
	log->writing = more = log->waiting.len > 0;
	*lines = log->waiting;
	log->waiting = empty;
	*dropped = log->dropped - log->dropped_told;
	log->dropped_told = log->dropped;
	pthread_mutex_unlock(&log->lock);
	return more;
}

static void *run(void *own)
{
	struct wr_log *log = own;
	struct wr_text lines = {0};
	bool good = true;
	uint64_t dropped;

	wr_text_init(&lines);
	while (take(log, &lines, &dropped)) {
		good = good && write_all(log, lines.data, lines.len);
		wr_text_clear(&lines);
		if (good && dropped > 0) {
			char text[128];

			snprintf(text, sizeof text,
				 "warning: %llu lines of the log were dropped: whoever reads them "
				 "is too slow",
				 (unsigned long long)dropped);
			wr_log_say(log, WR_LOG_WARN, NULL, text);
		}
	}
	wr_text_release(&lines);
	return NULL;
}

struct wr_log *wr_log_new(struct wr_env *env, int fd, bool json, enum wr_log_level level)
{
	struct wr_log *log = wr_calloc(1, sizeof *log);

	*log = (struct wr_log){.env = env, .fd = fd, .json = json, .level = level};
	pthread_mutex_init(&log->lock, NULL);
	wr_cond_init(&log->changed);
	wr_cond_init(&log->written);
	log->has_thread = wr_thread_start(&log->thread, "weir-log", run, log);
	return log;
}

void wr_log_free(struct wr_log *log)
{
	if (log == NULL)
		return;
	pthread_mutex_lock(&log->lock);
	log->stopping = true;
	log->stop_by_us = wr_mono_us(log->env) + GRACE_US;
	pthread_cond_signal(&log->changed);
	pthread_mutex_unlock(&log->lock);
	if (log->has_thread)
		pthread_join(log->thread, NULL);
	wr_text_release(&log->waiting);
	pthread_cond_destroy(&log->written);
	pthread_cond_destroy(&log->changed);
	pthread_mutex_destroy(&log->lock);
	wr_free(log);
}
