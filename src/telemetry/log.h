/* SPDX-License-Identifier: Apache-2.0
 *
 * log - lines on standard error: as text, or as JSON, one object a line.
 *
 *     weir: job totals: warning: Table 'orders' waits: broker b:9092 does not answer
 *     {"ts":"2026-03-01T12:00:00.123456Z","level":"warn","message":"Table 'orders' waits: ...",
 *      "job":"totals","job_id":"9c...","table":"orders","trace_id":"..."}
 *
 * Whoever says something never waits: lines go into a bounded ring, and a thread of the log's own
 * writes them. Where its reader is too slow, lines are dropped; how many is the next thing that is
 * written (and wr_log_dropped).
 *
 * Thread: any, but for new and free.
 */
#ifndef WR_TELEMETRY_LOG_H
#define WR_TELEMETRY_LOG_H

#include "base/env.h"
#include "base/text.h"

enum wr_log_level { WR_LOG_DEBUG, WR_LOG_INFO, WR_LOG_WARN, WR_LOG_ERROR };

/* What a line is about; every member may be NULL or 0: then it says nothing of it. */
struct wr_log_about {
	const char *job;     /* its name */
	const char *job_id;  /* of a server's job */
	const char *table;   /* or operator */
	uint64_t checkpoint; /* its number */
	const char *hint;    /* what to do */
	/* Correlation: of the request that asked for it, and of the job's trace. */
	const char *request_id, *trace_id;
	/* Of a request that was answered; method NULL: it is about none. */
	const char *method, *path, *user;
	int code;
	int64_t took_us;
};

struct wr_log;

/* Writes to that file descriptor; `json`: else text. */
struct wr_log *wr_log_new(struct wr_env *env, int fd, bool json, enum wr_log_level level);
/* What is left is written, if it can be within a second. NULL allowed. */
void wr_log_free(struct wr_log *log);
/* A text that begins with "warning: " is a warning, whatever `level` says. `about` NULL: nothing in
 * particular. */
void wr_log_say(struct wr_log *log, enum wr_log_level level, const struct wr_log_about *about,
		const char *text);
/* Bytes as they are, in their place among the lines. */
void wr_log_write(struct wr_log *log, const char *text);
/* What was said so far is written when this returns, if it can be within a second. */
void wr_log_flush(struct wr_log *log);
bool wr_log_shows(const struct wr_log *log, enum wr_log_level level);
bool wr_log_is_json(const struct wr_log *log);
/* Lines that were dropped so far. */
uint64_t wr_log_dropped(struct wr_log *log);

#endif
