/* SPDX-License-Identifier: Apache-2.0
 *
 * listener - what a run of a script tells its caller.
 *
 * Thread: result_rows and result_mark come from a worker of the job, notice from any, the rest from
 * the thread that runs the script. One at a time, but for notice.
 */
#ifndef WR_ENGINE_LISTENER_H
#define WR_ENGINE_LISTENER_H

#include "runtime/job.h"

/* Every member may be NULL. */
struct wr_listener {
	/* A bare SELECT begins: `updating` when rows may be taken back, `ordered` when they come in
	 * the order of an ORDER BY. */
	wr_status *(*result_begin)(void *user, const struct wr_schema *schema, bool updating,
				   bool ordered);
	wr_status *(*result_rows)(void *user, const struct wr_batch *batch);
	wr_status *(*result_mark)(void *user, const struct wr_mark *mark);
	wr_status *(*result_end)(void *user);
	/* Output of SHOW, DESCRIBE, EXPLAIN and SET: lines. */
	wr_status *(*text)(void *user, const char *text);
	/* A job runs: stats may be asked for from any thread until job_end returns. */
	void (*job_begin)(void *user, struct wr_job *job, const char *name);
	void (*job_end)(void *user, const struct wr_job_stats *stats, bool ok);
	/* An attempt of the job has failed, and the job restarts. */
	void (*job_failed)(void *user, const wr_status *why);
	/* A checkpoint or savepoint of the job was made, or failed. Thread: that of checkpoints. */
	void (*checkpoint)(void *user, const struct wr_checkpoint_event *event);
	/* A row was bad, of which kind and why; `table`: NULL: unknown. Any thread. */
	void (*bad_row)(void *user, const char *kind, const char *table, const char *text);
	/* Something that the user should know while a job runs: a line. Any thread. */
	void (*notice)(void *user, const char *text);
	void *user;
};

#endif
