/* SPDX-License-Identifier: Apache-2.0
 *
 * upgrade - what a changed script would take over: `weir check-upgrade`. Nothing is read but the
 * checkpoint, and nothing is written.
 */
#ifndef WR_ENGINE_UPGRADE_H
#define WR_ENGINE_UPGRADE_H

#include "engine/session.h"
#include "runtime/fit.h"

struct wr_upgrade {
	struct wr_str script;   /* the new one */
	struct wr_str old;      /* the one before; data NULL: not given */
	const char *checkpoint; /* a checkpoint, a job's folder, or that of all jobs; NULL: what the
				   old script would keep */
	const struct wr_variables *variables; /* of both scripts */
	/* A part of the job `job`; in order. */
	wr_status *(*row)(void *user, const char *job, const struct wr_fit_row *row);
	void (*say)(void *user, const char *text); /* damaged checkpoints that were passed over */
	void *user;
	uint32_t jobs;    /* out: of the new script */
	uint32_t misfits; /* out: parts that do not go on as they are */
	bool in_old;      /* out: an error is in the old script */
};

/* Compares; the sessions' listeners are not asked. Jobs of both scripts are matched by name, then
 * by place. */
wr_status *wr_session_upgrade(struct wr_session *session, struct wr_session *old_session,
			      struct wr_upgrade *upgrade);

#endif
