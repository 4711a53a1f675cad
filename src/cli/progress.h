/* SPDX-License-Identifier: Apache-2.0
 *
 * progress - one live line on standard error while a job runs, and a summary when it has ended.
 *
 * The line is drawn by a thread of its own, only on a terminal and only when the job runs longer
 * than a moment.
 */
#ifndef WR_CLI_PROGRESS_H
#define WR_CLI_PROGRESS_H

#include "runtime/job.h"

struct wr_progress;
struct wr_cli_telemetry;

/* Notes, and what is said at the end, go through the log of `telemetry`; NULL: they are written as
 * they come. */
struct wr_progress *wr_progress_new(bool quiet, struct wr_cli_telemetry *telemetry);
void wr_progress_free(struct wr_progress *progress);
void wr_progress_begin(struct wr_progress *progress, struct wr_job *job, const char *name);
void wr_progress_end(struct wr_progress *progress, const struct wr_job_stats *stats, bool ok);

/* A line about a checkpoint; only a log that shows everything has it. */
void wr_progress_checkpoint(struct wr_progress *progress, const struct wr_checkpoint_event *event);
/* A line that the user should see, quiet or not. Any thread. */
void wr_progress_note(struct wr_progress *progress, const char *text);

#endif
