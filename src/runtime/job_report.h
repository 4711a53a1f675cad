/* SPDX-License-Identifier: Apache-2.0
 *
 * job_report - the figures of a job as JSON, for programs that watch it.
 *
 * Thread: any, between open and close of the job.
 */
#ifndef WR_RUNTIME_JOB_REPORT_H
#define WR_RUNTIME_JOB_REPORT_H

#include "runtime/job.h"

/* A member with a comma in front of it. */
void wr_report_number(struct wr_text *out, const char *name, uint64_t value);
/* The same of a text; NULL is null. */
void wr_report_text(struct wr_text *out, const char *name, const char *text);
/* Milliseconds; a time below 0 is null. */
void wr_report_time(struct wr_text *out, const char *name, int64_t us);
/* The counters, the watermark and the checkpoints of `stats`. */
void wr_report_stats(struct wr_text *out, const struct wr_job_stats *stats);
/* "stages": of each its operators, and where the time of its tasks has gone so far. */
void wr_report_stages(struct wr_text *out, const struct wr_job *job);
/* "tables": rows of each, and how far behind it is. */
void wr_report_tables(struct wr_text *out, const struct wr_job *job);

#endif
