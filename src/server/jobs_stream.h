/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_stream - jobs as they are now, every second, as server-sent events: "jobs" with what
 * wr_jobs_list says, or "job" with one in short and "operators" with its operators
 * (runtime/observe.h) while it runs.
 *
 * Thread: any.
 */
#ifndef WR_SERVER_JOBS_STREAM_H
#define WR_SERVER_JOBS_STREAM_H

#include "server/http_stream.h"
#include "server/jobs.h"

struct wr_job_streams;

struct wr_job_streams *wr_job_streams_new(struct wr_jobs *jobs);
/* What jobs do is remembered from now on, whether somebody looks or not. */
void wr_job_streams_begin(struct wr_job_streams *streams);
/* All streams end. */
void wr_job_streams_free(struct wr_job_streams *streams);
/* A stream, with one reference, of a job (by id or name) or (NULL) all; NULL: there are too many.
 * That of a job ends when the job is forgotten. */
struct wr_http_stream *wr_job_streams_add(struct wr_job_streams *streams, const char *job);

#endif
