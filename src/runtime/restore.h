/* SPDX-License-Identifier: Apache-2.0
 *
 * restore - a job that has not run yet takes over what a checkpoint holds.
 *
 * Order: states, sources and sinks of the checkpoint are matched by name with those of the job, and
 * what does not fit is refused before anything changes. Then sinks repeat their commit (the crash
 * may have come before it) and remove what they had written behind the checkpoint, workers load the
 * keys that they own now, each in a thread of its own, and sources go on at their positions. The
 * first epoch is the one behind the checkpoint's.
 *
 * Stages all of whose sources had ended are finished from the beginning; who reads from them sees
 * their end.
 *
 * Thread: that of wr_job_open.
 */
#ifndef WR_RUNTIME_RESTORE_H
#define WR_RUNTIME_RESTORE_H

#include "state/store.h"

struct wr_job;

struct wr_restore_options {
	const struct wr_manifest *manifest; /* NULL: the job begins anew */
	bool latest;  /* the manifest is the newest one of the job's own folder: one that has come
			 there  until this run has taken the folder over counts in its place */
	bool replay;  /* sinks begin anew: what they had written stays as it is */
	bool upgrade; /* what does not fit is rebuilt or dropped; else it is refused */
	void (*say)(void *user, const char *text); /* MAY: what was dropped or rebuilt */
	void *user;                                /* of the callback */
};

wr_status *wr_restore(struct wr_job *job, const struct wr_restore_options *options);

#endif
