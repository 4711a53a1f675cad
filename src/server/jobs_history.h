/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_history - how fast each job was in the last minutes; see jobs_history.c.
 */
#ifndef WR_SERVER_JOBS_HISTORY_H
#define WR_SERVER_JOBS_HISTORY_H

#include "base/text.h"
#include "server/jobs.h"

/* How fast each running job is now; to be called every second. */
void wr_jobs_remember(struct wr_jobs *jobs);
/* {"jobs":[{"id":"...","points":[[AT_MS, ROWS IN A SECOND IN, OUT], ...]}]}, oldest first. */
void wr_jobs_history(struct wr_jobs *jobs, struct wr_text *out);

#endif
